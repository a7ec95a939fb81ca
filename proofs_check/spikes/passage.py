"""The kind `first_passage`: the expected time until |mu| is at least K times its start (S13)."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import Interval, log_of, times
from proofs_check.core.budget import decide
from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, fields, index, number, positive, quoted
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import bracket, exact
from proofs_check.linear.drift import drift, sign_of_drift
from proofs_check.linear.exact import check_exact_zero, read_base
from proofs_check.linear.points import gap_of
from proofs_check.spikes.event import EVENT_KEYS
from proofs_check.spikes.horizon import (
    FEWEST_BITS,
    MOST_BITS,
    MOST_STEPS,
    Course,
    Proof,
    course_of,
    follow_row,
    lattice_row,
    pair_row,
)

_SPARE = 64

Range = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Passage:
    """That the expectation lies in the bounds, or (None) is infinite.

    `method` is "wald", "pair" or "lattice" (`row`), "falling" or, with a `base`, "critical".
    """

    case: Case
    opening: str
    q: Fraction
    level: Fraction
    bounds: Range | None
    method: str
    row: Proof | None
    base: tuple[int, ...]


_FIELDS: dict[object, tuple[str, ...]] = {
    "wald": (),
    "pair": ("steps", "bits"),
    "lattice": ("steps", "bits", "span"),
    "falling": (),
    "critical": ("base",),
}


def read(claim: dict[str, Any], setting: Setting) -> Passage:
    value = claim.get("proof")
    method = value.get("method") if isinstance(value, dict) else None
    if not isinstance(method, str) or method not in _FIELDS:
        raise Refused(f"proof.method is {quoted(method)}, which is none")
    infinite = method in ("falling", "critical")
    fields(
        claim, "the claim", (*EVENT_KEYS, "factor", "proof", *(("mean",) if infinite else ("lower", "upper")))
    )
    proof = fields(value, "proof", ("method", *_FIELDS[method]))
    if infinite and claim["mean"] != "inf":
        raise Refused("mean is not inf")
    case, opening = setting.case(claim)
    q, level = positive(claim["lambda"], "lambda"), positive(claim["factor"], "factor")
    if level <= 1:
        raise Refused("factor is not above 1")
    bounds = None if infinite else (number(claim["lower"], "lower"), number(claim["upper"], "upper"))
    if bounds is not None and not 0 <= bounds[0] <= bounds[1]:
        raise Refused("lower and upper are not in order above 0")
    base = tuple(read_base(proof["base"], "proof.base")) if method == "critical" else ()
    return Passage(case, opening, q, level, bounds, method, _read_row(method, proof), base)


def _read_row(method: str, proof: dict[str, Any]) -> Proof | None:
    if "steps" not in proof:
        return None
    steps, bits = index(proof["steps"], "proof.steps"), index(proof["bits"], "proof.bits")
    if steps > MOST_STEPS or not FEWEST_BITS <= bits <= MOST_BITS:
        raise Refused("proof.steps or proof.bits is out of range")
    span = positive(proof["span"], "proof.span") if method == "lattice" else None
    if span is not None and span <= 1:
        raise Refused("proof.span is not above 1")
    return Proof(method, steps, bits, span)


def prove(statement: Passage) -> tuple[str, ...]:
    if statement.bounds is None:
        return _prove_infinite(statement)
    case, q = statement.case, statement.q
    gap_of(case, q, "lambda")
    if sign_of_drift(case, q) < 0:
        raise Refused("G is negative at lambda")
    course = course_of(case, q, statement.level, False)
    followed = (0, 0, 1, 1) if statement.row is None else _overshoot(course, statement.row)
    _check_bounds(statement, course, *followed)
    return ("S13",) if statement.row is None else ("S10", "S13")


def _prove_infinite(statement: Passage) -> tuple[str, ...]:
    """S13: G = 0 (D5), or G < 0 or a factor is 0, or no factor exceeds 1 => the expectation is infinite."""
    case, q = statement.case, statement.q
    if statement.method == "critical":
        if not case.law.stretches(q):
            raise Refused("lambda xi* does not exceed 2")
        gap_of(case, q, "lambda")
        check_exact_zero(case, q, statement.base, "lambda")
        return ("D5", "S13")
    if case.law.stretches(q) and case.law.pole_number(q) is None and sign_of_drift(case, q) > 0:
        raise Refused("G is positive at lambda")
    return ("S13",)


def _overshoot(course: Course, row: Proof) -> tuple[int, int, int, int]:
    """Of what passes within so many steps, the mean of log(value/level), between two bounds; and of what does not
    the probability, at most; the last is the unit of all three."""
    rows = lattice_row if row.method == "lattice" else pair_row
    moves, barriers = rows(course, row)
    masses = follow_row(course, moves, barriers, row, recorded=True)
    prec = row.bits + _SPARE
    small, large = (Fraction(1), row.span) if row.span is not None else course.factors[::-1]
    size = max(max(q.numerator, q.denominator) for q in (small, large, course.level)).bit_length()
    course.work.spend_on_logs(3, prec, size)
    drift_, top, level = log_of(small, prec), log_of(large, prec), log_of(course.level, prec)
    height = top[0] - drift_[1], top[1] - drift_[0]
    course.work.spend(4 * len(masses.stops), prec)
    low = high = 0
    for step, mass, beyond in masses.stops:
        at = barriers[step - 1]
        least = times(at, height)[0] + step * drift_[0] - level[1]
        most = times(at, height)[1] + step * drift_[1] - level[0]
        low, high = low + mass * least + beyond * height[0], high + mass * most + beyond * height[1]
    unit = 1 << row.bits
    return low >> _SPARE, -(-high >> _SPARE), (unit - masses.stopped) << row.bits, unit << row.bits


def _check_bounds(statement: Passage, course: Course, low: int, high: int, missing: int, unit: int) -> None:
    """S13: log K + low <= G E <= log K + high + missing log R, in the bounds times G."""
    bounds, largest, case = statement.bounds, course.factors[0], statement.case
    assert bounds is not None
    size = max(max(q.numerator, q.denominator) for q in (*bounds, largest, course.level)).bit_length()

    def holds(prec: int) -> bool | None:
        case.work.spend_on_logs(2, prec, size)
        slope = drift(case, statement.q, prec)
        level, most = log_of(course.level, prec), log_of(largest, prec)
        least = level[0] + (low << prec) // unit, level[1] - (-low << prec) // unit
        last = _plus(level, (high << prec) // unit, -((-high << prec) // unit))
        last = _plus(last, missing * most[0] // unit, -(-missing * most[1] // unit))
        answers = [_at_most(times(bounds[0], slope), least), _at_most(last, times(bounds[1], slope))]
        return False if False in answers else None if None in answers else True

    if not decide(holds, case.most_bits, "the bounds of S13"):
        raise Refused("the bounds of S13 do not lie inside lower and upper")


def _plus(interval: Interval, low: int, high: int) -> Interval:
    return interval[0] + low, interval[1] + high


def _at_most(one: Interval, other: Interval) -> bool | None:
    """Whether one <= other; None if they overlap."""
    return True if one[1] <= other[0] else False if one[0] > other[1] else None


def say(statement: Passage) -> str:
    event = (
        f"{statement.opening}at lambda = {exact(statement.q)} the expectation of the first t with "
        f"|mu_t| >= {exact(statement.level)} |mu_0| in the linear regime, mu_0 not 0, "
    )
    if statement.bounds is None:
        return f"{event}is infinite"
    return f"{event}lies in {bracket(*statement.bounds, shape='[]')}"


PASSAGE = Rule(read, prove, say)
