"""The kind `spike`: P(sup_t |mu_t| >= K |mu_0|) in the linear regime, between two bounds (S1 to S5, S8)."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import log_of, log_ratio, times
from proofs_check.core.budget import Work, decide
from proofs_check.core.reading import Refused, fields, index, number, quoted
from proofs_check.core.rule import Rule, Setting
from proofs_check.linear.drift import sign_of_drift
from proofs_check.linear.exact import check_exact_zero, read_base
from proofs_check.linear.exponents import Range, prove_bracket, read_bracket
from proofs_check.linear.points import gap_of
from proofs_check.spikes.event import EVENT_KEYS, Event, level_key, read_bounds, read_event, within
from proofs_check.spikes.lattice import prove_lattice
from proofs_check.spikes.walk import Walk, count_walk

MOST_WALK_BITS = 1 << 13
FEWEST_WALK_BITS = 96

Bounds = Range


@dataclass(frozen=True)
class Replay:
    """How a walk over counts is replayed: so many layers, masses up to `drop` left out, at `bits` bits."""

    steps: int
    drop: Fraction
    bits: int


@dataclass(frozen=True)
class Spike:
    """That the probability of the event lies in the bounds, and the regime.

    `method` is "stable", "certain", "lundberg", "lattice" or "counts"; `theta` is a bracket of the exponent for
    the last three, `span` belongs to "lattice", `replay` to "counts"; `base` (or None) shows that G = 0 for a
    certain event.
    """

    event: Event
    opening: str
    bounds: Bounds
    method: str
    theta: Range | None
    span: Fraction | None
    replay: Replay | None
    base: tuple[int, ...] | None

    @property
    def regime(self) -> str:
        if self.method == "certain":
            return "inflationary" if self.base is None else "critical"
        return "stable" if self.method == "stable" else "deflationary"


_FIELDS: dict[object, tuple[str, ...]] = {
    "stable": ("method",),
    "certain": ("method",),
    "lundberg": ("method", "exponent"),
    "lattice": ("method", "exponent", "span"),
    "counts": ("method", "exponent", "steps", "drop", "bits"),
}


def read(claim: dict[str, Any], setting: Setting) -> Spike:
    fields(claim, "the claim", (*EVENT_KEYS, level_key(claim), "lower", "upper", "proof"))
    case, opening = setting.case(claim)
    event, bounds, proof = read_event(claim, case), read_bounds(claim), claim["proof"]
    method = proof.get("method") if isinstance(proof, dict) else None
    if not isinstance(method, str) or method not in _FIELDS:
        raise Refused(f"proof.method is {quoted(method)}, which is none")
    fields(proof, "proof", _FIELDS[method], ("base",) if method == "certain" else ())
    theta = read_bracket(proof["exponent"]) if "exponent" in proof else None
    span = number(proof["span"], "proof.span") if method == "lattice" else None
    if span is not None and span <= 1:
        raise Refused("proof.span is not above 1")
    replay = read_replay(proof, "proof") if method == "counts" else None
    base = tuple(read_base(proof["base"], "proof.base")) if "base" in proof else None
    return Spike(event, opening, bounds, method, theta, span, replay, base)


def read_replay(proof: Any, where: str) -> Replay:
    """The fields `steps`, `drop` and `bits`."""
    steps, bits = (index(proof[key], f"{where}.{key}") for key in ("steps", "bits"))
    drop = number(proof["drop"], f"{where}.drop")
    if not FEWEST_WALK_BITS <= bits <= MOST_WALK_BITS or not 0 <= drop < 1:
        raise Refused(f"{where}.bits or {where}.drop is out of range")
    return Replay(steps, drop, bits)


def prove(statement: Spike) -> tuple[str, ...]:
    if statement.event.grows != (statement.method != "stable"):
        raise Refused(f"lambda xi* {'exceeds' if statement.method == 'stable' else 'does not exceed'} 2")
    return _PROOFS[statement.method](statement)


def _prove_stable(statement: Spike) -> tuple[str, ...]:
    """S1: lambda xi* <= 2, K > 1 => the probability is 0."""
    _check_is(statement.bounds, 0)
    return ("S1",)


def _prove_certain(statement: Spike) -> tuple[str, ...]:
    """S2: lambda xi* > 2, no pole, G > 0 or (D5) G = 0 => the probability is 1."""
    event = statement.event
    gap_of(event.case, event.q, "lambda")
    _check_is(statement.bounds, 1)
    if statement.base is not None:
        check_exact_zero(event.case, event.q, statement.base, "lambda")
        return ("D5", "S2")
    if sign_of_drift(event.case, event.q) < 0:
        raise Refused("G is negative at lambda")
    return ("S2",)


def _check_is(bounds: Bounds, value: int) -> None:
    if not bounds[0] <= value <= bounds[1]:
        raise Refused(f"the probability is {value}, outside the bounds")


def _prove_lundberg(statement: Spike) -> tuple[str, ...]:
    """S3: lo < theta < hi (E2), R the largest factor => (K R)^-hi <= the probability <= K^-lo."""
    event, theta, bounds = statement.event, _proved_theta(statement), statement.bounds
    largest = event.largest_factor()
    size = max(q.numerator for q in (largest, event.level)).bit_length()

    def holds(prec: int) -> bool | None:
        event.case.work.spend_on_logs(8, prec, size)
        level = log_of(event.level, prec)
        level = level[0] // event.root, -(-level[1] // event.root)
        factor = log_of(largest, prec)
        low = times(-theta[1], (level[0] + factor[0], level[1] + factor[1]))
        return within(bounds, low, times(-theta[0], level), prec)

    if not decide(holds, event.case.most_bits, "the bounds of S3"):
        raise Refused("the bounds of S3 do not lie inside lower and upper")
    return ("E1", "E2", "S3")


def _prove_lattice(statement: Spike) -> tuple[str, ...]:
    """S8 (`prove_lattice`), by the bracket of theta (E2)."""
    theta, span = _proved_theta(statement), statement.span
    assert span is not None
    prove_lattice(statement.event, theta, span, statement.bounds)
    return ("E1", "E2", "S8")


def _prove_counts(statement: Spike) -> tuple[str, ...]:
    """S4 (`prove_counts`), by the bracket of theta (E2)."""
    theta, replay, event = _proved_theta(statement), statement.replay, statement.event
    assert replay is not None
    prove_counts(event.walk(), theta, replay, statement.bounds, event.case.work)
    return ("E1", "E2", "S3", "S4")


def _proved_theta(statement: Spike) -> Range:
    assert statement.theta is not None
    prove_bracket(statement.event.case, statement.event.q, statement.theta)
    return statement.theta


_PROOFS: dict[str, Callable[[Spike], tuple[str, ...]]] = {
    "stable": _prove_stable,
    "certain": _prove_certain,
    "lundberg": _prove_lundberg,
    "lattice": _prove_lattice,
    "counts": _prove_counts,
}


def prove_counts(walk: Walk, theta: Range, replay: Replay, bounds: Bounds, work: Work) -> None:
    """S4: lo < theta < hi, the interval of the walk over counts times K^-lo inside the bounds (the probability
    is at most K^-lo, S3) => the probability is inside them."""
    prec = replay.bits
    low, high = count_walk(walk, theta, replay.steps, replay.drop, prec, work)
    high = min(high, 1 << prec)  # S3
    scale = times(-theta[0], walk.log_level(prec))
    if low <= 0 < bounds[0] or high <= 0:
        raise Refused("the walk over counts finds no mass")
    least = scale[0] + log_ratio(low, 1 << prec, prec)[0] if low > 0 else scale[0]
    most = scale[1] + log_ratio(high, 1 << prec, prec)[1]
    if not within(bounds, (least, least), (most, most), prec):
        raise Refused("the walk over counts does not prove the bounds")


def say(statement: Spike) -> str:
    return f"{statement.opening}{statement.event.in_words(statement.regime, statement.bounds)}"


SPIKE = Rule(read, prove, say)
