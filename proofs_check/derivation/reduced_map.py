"""The kind `reduced_map`: the step of a network's sums, derived again and compared.

The claim names a network and a kind of step, and carries the polynomials of the step. The checker
derives them by itself from the definition of the network and compares every coefficient. The amount of
work depends on the network alone: what the claim carries is only compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused, fields, items, number, quoted
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import exact
from proofs_check.derivation.network import Network, drives_of, step_of
from proofs_check.derivation.sparse import Monomial, Polynomial

MOST_INPUTS = 3
MOST_SLOPE_CHARACTERS = 200
MOST_SHOWN_TERMS = 16

COST, SMALL_COST = 100_000, 20_000
"""Units of work booked for one claim: the largest network takes about 0.08 s, one without a free slope and with one
input below 0.01 s."""

ACTIVATIONS = ("linear", "relu", "leaky-relu")
STEPS = {
    "single": "on one sample",
    "mini": "on the mean loss of a batch of any size",
    "full": "on the mean loss of a whole data set",
}

Polynomials = dict[str, Polynomial]


@dataclass(frozen=True)
class ReducedMap:
    """That one step moves the sums of the network by `update`, at infinite width by `linearised`, in scaled letters
    by `canonical`; and where they exist: the diagonal form and the thresholds."""

    work: Work
    network: Network
    update: Polynomials
    linearised: Polynomials
    canonical: Polynomials
    roots: Polynomials
    thresholds: dict[str, Fraction]


def read(claim: dict[str, Any], setting: Setting) -> ReducedMap:
    network = _read_network(claim)
    extra = ["slope"] if network.activation == "leaky-relu" else []
    extra += ["diagonal_roots"] if network.inputs == 1 else []
    extra += ["thresholds"] if network.has_thresholds else []
    own = ("kind", "activation", "inputs", "batch", "labels", "half_loss")
    fields(claim, "the claim", (*own, "update", "linearised", "canonical", *extra))
    update, linearised, canonical = (
        _read_polynomials(claim[key], key) for key in ("update", "linearised", "canonical")
    )
    roots = _read_polynomials(claim["diagonal_roots"], "diagonal_roots") if network.inputs == 1 else {}
    thresholds = {}
    if network.has_thresholds:
        thresholds = {
            name: number(value, f"thresholds.{quoted(name)}")
            for name, value in _read_object(claim["thresholds"], "thresholds").items()
        }
    return ReducedMap(setting.work, network, update, linearised, canonical, roots, thresholds)


def _read_network(claim: dict[str, Any]) -> Network:
    activation = _choice(claim, "activation", ACTIVATIONS)
    inputs = claim.get("inputs")
    if type(inputs) is not int or not 1 <= inputs <= MOST_INPUTS:
        raise Refused(f"inputs is not an integer from 1 to {MOST_INPUTS}")
    if activation != "linear" and inputs != 1:
        raise Refused("a piecewise linear activation closes for one input only")
    batch = _choice(claim, "batch", tuple(STEPS))
    labels, half_loss = _flag(claim, "labels"), _flag(claim, "half_loss")
    return Network(activation, inputs, batch, labels, half_loss, _slope(claim, activation))


def _choice(claim: dict[str, Any], key: str, known: Sequence[str]) -> str:
    value = claim.get(key)
    if not isinstance(value, str) or value not in known:
        raise Refused(f"{key} is {quoted(value)}, none of {', '.join(known)}")
    return value


def _flag(claim: dict[str, Any], key: str) -> bool:
    value = claim.get(key)
    if not isinstance(value, bool):
        raise Refused(f"{key} is not true or false")
    return value


def _slope(claim: dict[str, Any], activation: str) -> Fraction | None:
    if activation != "leaky-relu":
        return Fraction(activation == "linear")
    text = claim.get("slope")
    if text == "any":
        return None
    if isinstance(text, str) and len(text) > MOST_SLOPE_CHARACTERS:
        raise Refused(f"slope has more than {MOST_SLOPE_CHARACTERS} characters")
    slope = number(text, "slope")
    if abs(slope) > 1:
        raise Refused("slope does not lie in [-1, 1]")
    return slope


def _read_object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused(f"{where} is not an object")
    return value


def _read_polynomials(value: Any, where: str) -> Polynomials:
    return {
        name: _read_polynomial(terms, f"{where}.{name}" if name.isidentifier() else where)
        for name, terms in _read_object(value, where).items()
    }


def _read_polynomial(value: Any, where: str) -> Polynomial:
    terms: dict[Monomial, Fraction] = {}
    for k, term in enumerate(items(value, where)):
        monomial, c = _read_term(term, f"{where}[{k}]")
        if monomial in terms or c == 0:
            raise Refused(f"{where} has a term twice, or one that is zero")
        terms[monomial] = c
    return Polynomial(terms)


def _read_term(term: Any, where: str) -> tuple[Monomial, Fraction]:
    """`[coefficient, {letter: exponent}]`."""
    pair = items(term, where)
    if len(pair) != 2 or not isinstance(pair[1], dict):
        raise Refused(f"{where} is not a coefficient and an object of exponents")
    if any(type(power) is not int or not 1 <= power <= 100 for power in pair[1].values()):
        raise Refused(f"{where} has an exponent that is not an integer from 1 to 100")
    return tuple(sorted(pair[1].items())), number(pair[0], where)


def prove(statement: ReducedMap) -> list[str]:
    """R1 to R9: the network, its loss and its step as named => its sums move by the derived polynomials, which
    must be the carried ones, name by name and coefficient by coefficient."""
    network = statement.network
    small = network.inputs == 1 and network.activation != "leaky-relu"
    statement.work.spend(SMALL_COST if small else COST)
    step = step_of(network)
    for where, carried, derived in (
        ("update", statement.update, step.update),
        ("linearised", statement.linearised, step.linearised),
        ("canonical", statement.canonical, step.canonical),
        ("diagonal_roots", statement.roots, step.roots),
    ):
        _compare(where, carried, derived)
    fields(statement.thresholds, "thresholds", step.thresholds)
    for name, value in step.thresholds.items():
        if statement.thresholds[name] != value:
            raise Refused(f"thresholds.{name} is not the network's threshold")
    return _lemmas(network)


def _compare(where: str, carried: Polynomials, derived: Mapping[str, Polynomial]) -> None:
    fields(carried, where, derived)
    for name, polynomial in derived.items():
        if len(carried[name].terms) != len(polynomial.terms):
            terms = len(polynomial.terms)
            raise Refused(f"{where}.{name} does not have the {terms} terms of the network's polynomial")
        if carried[name] != polynomial:
            raise Refused(f"{where}.{name} is not the network's polynomial")


def _lemmas(network: Network) -> list[str]:
    used = ["R1", "R2", "R3", "R4", "R6", "R8"]
    used += ["R5"] if network.activation != "linear" else []
    used += ["R7"] if network.inputs == 1 else []
    return used + (["R9"] if network.has_thresholds else [])


def say(statement: ReducedMap) -> str:
    network = statement.network
    parts = [
        f"{_opening(network)} {_matrices(drives_of(network))}, that is by {_equations(statement.update)}",
        f"with {_scaled(network)} by {_equations(statement.canonical)}",
        f"as n grows at fixed sums, in the limit by {_equations(statement.linearised)}",
    ]
    if statement.roots:
        parts.append(f"with alpha, beta = L/2 + kappa, L/2 - kappa: {_squares(statement.roots)}")
    if statement.thresholds:
        parts.append(_threshold_words(network, statement.thresholds))
    return "; ".join(parts)


def _opening(network: Network) -> str:
    """For which network and which step, and which sums are meant."""
    many = network.inputs > 1
    activation = f"with {network.activation} phi"
    if network.activation == "leaky-relu":
        activation += " of any slope" if network.slope is None else f" of slope {exact(network.slope)}"
    sums = (
        "mu_i = n^(-1/2) sum a w_i, q = n^-1 sum a^2, C_ij = n^-1 sum w_i w_j, x_ij = mean of s_i s_j"
        if many
        else "mu = n^(-1/2) sum a w, lambda = n^-1 sum (a^2 + w^2), x = mean of s^2"
    )
    sums += (", z_i = mean of s_i y" if many else ", z = mean of s y") if network.labels else ""
    where = "for every width n and every eta"
    if network.activation != "linear":
        where += ", if no weight w is 0 or changes its sign in the step"
        sums += (
            "; plus and minus: the sums over w > 0 and w < 0, the means with max(s, 0) and min(s, 0) for s"
        )
    loss = f"{'(F - y)^2' if network.labels else 'F^2'}{'/2' if network.half_loss else ''}"
    return (
        f"For the network F(s) = n^(-1/2) sum a phi(w{' .' if many else ''} s) {activation}, s in R^{network.inputs}, "
        f"and one step of gradient descent {STEPS[network.batch]}, loss {loss}, {where}: the sums ({sums}) move by"
    )


def _matrices(drives: Mapping[str, Polynomial]) -> str:
    """How the Gram matrices move."""
    return (
        "S' = T S T^t, S the Gram matrix n^-1 sum (a, w)(a, w)^t and T the identity less g in its first row and "
        f"column, {', '.join(f'{name} = {_text(g)}' for name, g in drives.items())}"
    )


def _scaled(network: Network) -> str:
    """The letters of the canonical form."""
    curvature = "L = eta lambda" if network.inputs == 1 else "Q = eta q, K = eta C"
    labels = ", zeta = eta z/sqrt(n)" if network.labels else ""
    return f"kappa = eta mu/sqrt(n), {curvature}{labels}"


def _equations(update: Mapping[str, Polynomial]) -> str:
    count = sum(len(polynomial.terms) for polynomial in update.values())
    if count > MOST_SHOWN_TERMS:
        return f"the {count} coefficients given for {', '.join(update)}"
    return ", ".join(f"{name}' = {_text(polynomial)}" for name, polynomial in update.items())


def _squares(roots: Mapping[str, Polynomial]) -> str:
    if sum(len(root.terms) for root in roots.values()) > MOST_SHOWN_TERMS:
        return f"each of {', '.join(roots)} is multiplied by the square of 1 - g or 1 + g, as given"
    return ", ".join(f"{name}' = {name} ({_text(root)})^2" for name, root in roots.items())


def _threshold_words(network: Network, thresholds: Mapping[str, Fraction]) -> str:
    values = [
        f"{name}{side} = {thresholds[name + side]}/(eta x{side})"
        for side in network.sides
        for name in ("lambda_crit", "lambda_max")
    ]
    return (
        "where mu is not 0 and x > 0, the factor of mu in that limit falls from 1 at lambda = 0 to -1 at lambda_crit, "
        f"and at finite width lambda falls below lambda_max and rises above it, {', '.join(values)}"
    )


def _text(polynomial: Polynomial) -> str:
    """The polynomial for people, with `epsilon` as a power of n; low degrees first."""
    ordered = sorted(polynomial.terms.items(), key=lambda term: (sum(k for _, k in term[0]), term[0]))
    words = [("- " if c < 0 else "+ ") + _term_text(monomial, abs(c)) for monomial, c in ordered]
    return (" ".join(words) or "0").removeprefix("+ ")


def _term_text(monomial: Monomial, c: Fraction) -> str:
    head = [] if c == 1 and monomial else [str(c)]
    return " ".join(head + [_power(letter, k) for letter, k in monomial])


def _power(letter: str, k: int) -> str:
    if letter == "epsilon":
        return f"n^-{k // 2}" if k % 2 == 0 else f"n^(-{k}/2)"
    return letter if k == 1 else f"{letter}^{k}"


REDUCED_MAP = Rule(read, prove, say)
