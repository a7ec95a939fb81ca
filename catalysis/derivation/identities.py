"""The derived map as a certificate claim: its polynomials, coefficient by coefficient.

The format is the claim kind `reduced_map` of docs/reduced_map.md, section "The claim".
"""

from collections.abc import Iterator, Mapping
from typing import Any

import sympy

from catalysis.derivation.canonical import Canonical
from catalysis.derivation.closing import Closing
from catalysis.derivation.diagonal import Diagonal
from catalysis.derivation.letters import EPSILON, ETA, WIDTH, letter
from catalysis.derivation.limits import Linearised
from catalysis.derivation.thresholds import thresholds

Term = list[Any]


def terms(expression: sympy.Expr) -> list[Term]:
    """A polynomial as `[coefficient, {letter: exponent}]` pairs, with `epsilon` for `n^(-1/2)`."""
    plain = sympy.expand(expression.subs(WIDTH, EPSILON**-2))
    letters = sorted(plain.free_symbols, key=lambda s: str(s.name))
    if not letters:
        return [] if plain == 0 else [[str(plain), {}]]
    polynomial = sympy.Poly(plain, *letters)
    return [
        [str(coefficient), {s.name: power for s, power in zip(letters, powers, strict=True) if power}]
        for powers, coefficient in polynomial.terms()
    ]


def all_terms(expressions: Mapping[str, sympy.Expr]) -> dict[str, list[Term]]:
    return {name: terms(expression) for name, expression in expressions.items()}


def reduced_map_claim(
    closing: Closing, batch: str, canonical: Canonical, diagonal: Diagonal | None, linearised: Linearised
) -> dict[str, Any]:
    """The claim: the case, and the polynomials of the step in each of its forms."""
    network = closing.network
    claim: dict[str, Any] = {
        "kind": "reduced_map",
        "activation": network.activation,
        "inputs": network.inputs,
        "batch": batch,
        "labels": network.labels,
        "half_loss": network.half_loss,
    }
    if network.activation == "leaky-relu":
        claim["slope"] = "any" if network.exact_slope is None else str(network.exact_slope)
    update = {name: moved.xreplace(closing.drives) for name, moved in closing.moved.items()}
    claim["update"] = all_terms(update)
    claim["linearised"] = all_terms(linearised.update)
    claim["canonical"] = all_terms(canonical.update)
    if diagonal is not None:
        claim["diagonal_roots"] = all_terms(diagonal.roots)
    if linearised.uncoupled and not network.labels:
        claim["thresholds"] = {name: str(multiple) for name, multiple in _multiples(closing, linearised)}
    return claim


def _multiples(closing: Closing, linearised: Linearised) -> Iterator[tuple[str, sympy.Rational]]:
    """The thresholds of the curvature as multiples of `1/(eta x)`, x being the moment of the same class."""
    found = thresholds(closing, linearised)
    for part in closing.blocks:
        for name in ("lambda_crit", "lambda_max"):
            full = letter(name, part.side).name
            yield full, sympy.cancel(found[full] * ETA * letter("x", part.side))
