"""The claim of a derived map: its polynomials, coefficient by coefficient.

The format is the claim kind `reduced_map` of docs/reduced_map.md, section "The claim".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sympy

from catalysis.certificate.document import Claim, NotCertifiable, claim
from catalysis.derivation.letters import EPSILON, ETA, WIDTH, letter
from catalysis.derivation.reduced import ReducedMap

MAX_CLAIM_INPUTS = 3
"""Up to this input dimension the polynomials are multiplied out for a certificate."""

Term = list[Any]


def claims_of(result: ReducedMap) -> list[Claim]:
    """The claim of this map; none beyond MAX_CLAIM_INPUTS inputs."""
    return [claim(result)] if result.network.inputs <= MAX_CLAIM_INPUTS else []


def terms(expression: sympy.Expr) -> list[Term]:
    """A polynomial as `[coefficient, {letter: exponent}]` pairs, with `epsilon` for `n^(-1/2)`."""
    plain = expression.subs(WIDTH, EPSILON**-2)
    letters = sorted(plain.free_symbols, key=lambda s: str(s.name))
    if not letters:
        return [] if plain == 0 else [[str(plain), {}]]
    ring = sympy.QQ[letters].ring  # sums and products there: much sooner done than `expand`
    return [
        [str(coefficient), {s.name: power for s, power in zip(letters, powers, strict=True) if power}]
        for powers, coefficient in ring.from_expr(plain).terms()
    ]


def all_terms(expressions: Mapping[str, sympy.Expr]) -> dict[str, list[Term]]:
    return {name: terms(expression) for name, expression in expressions.items()}


@claim.register
def _(result: ReducedMap) -> Claim:
    closing, linearised = result.closing, result.linearised
    network = closing.network
    if network.inputs > MAX_CLAIM_INPUTS:
        raise NotCertifiable(f"beyond {MAX_CLAIM_INPUTS} inputs the lemmas alone carry the map")
    found: Claim = {
        "kind": "reduced_map",
        "activation": network.activation,
        "inputs": network.inputs,
        "batch": result.batch,
        "labels": network.labels,
        "half_loss": network.half_loss,
    }
    if network.activation == "leaky-relu":
        found["slope"] = "any" if network.exact_slope is None else str(network.exact_slope)
    update = {name: moved.xreplace(closing.drives) for name, moved in closing.moved.items()}
    found["update"] = all_terms(update)
    found["linearised"] = all_terms(linearised.update)
    found["canonical"] = all_terms(result.canonical.update)
    if result.diagonal is not None:
        found["diagonal_roots"] = all_terms(result.diagonal.roots)
    if linearised.uncoupled and not network.labels:
        found["thresholds"] = {name: str(multiple) for name, multiple in _multiples(result)}
    return found


def _multiples(result: ReducedMap) -> Iterator[tuple[str, sympy.Rational]]:
    """The thresholds of the curvature as multiples of `1/(eta x)`, x being the moment of the same class."""
    for part in result.closing.blocks:
        for name in ("lambda_crit", "lambda_max"):
            full = letter(name, part.side).name
            yield full, sympy.cancel(result.thresholds[full] * ETA * letter("x", part.side))
