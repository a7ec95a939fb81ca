"""The kind `spike_within`: a spike within T steps, or how long |mu| stays above a level (S1, S9 to S12)."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import (
    Interval,
    exp_interval,
    log_of,
    log_precision,
    log_ratio,
    power,
    times,
)
from proofs_check.core.budget import Work, decide
from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, fields, index, positive, quoted
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import bracket, exact
from proofs_check.linear.drift import factors
from proofs_check.spikes.event import EVENT_KEYS, read_bounds
from proofs_check.spikes.lattice import power_of
from proofs_check.spikes.row import Masses, walk_row

Range = tuple[Fraction, Fraction]
Moves = list[tuple[int, int]]

FEWEST_BITS, MOST_BITS = 40, 1 << 11
MOST_STEPS = 1 << 18
MOST_STATES = 1 << 20
MOST_POWER_BITS = 1 << 20
_SPARE = 64


@dataclass(frozen=True)
class Course:
    """A walk from 1 with the factors r_i > 0 (1 may be one) of probability p_i, the rest being the factor 0.

    It stops at the first step at which it is at least `level`; above `level`, if `strict`: then it is the
    walk of 1/|mu|, and what is asked is that it neither stops nor dies.
    """

    factors: tuple[Fraction, ...]
    weights: tuple[Fraction, ...]
    level: Fraction
    strict: bool
    work: Work

    def weights_at(self, bits: int) -> list[int]:
        """The weights in units of 2^-bits, rounded down."""
        return [(p.numerator << bits) // p.denominator for p in self.weights]

    def stops_at(self, counts: tuple[int, ...]) -> bool:
        """Whether it stops where each factor was drawn so many times, exactly."""
        parts = [(r, c) for r, c in zip(self.factors, counts, strict=True) if c]
        bits = sum(c * max(r.numerator, r.denominator).bit_length() for r, c in parts)
        if bits > MOST_POWER_BITS:
            raise Refused("whether a count has reached the level takes too large powers")
        self.work.spend(4 * len(parts) + 4, bits)
        above, below = self.level.denominator, self.level.numerator
        for r, c in parts:
            above, below = above * r.numerator**c, below * r.denominator**c
        return above > below or (above == below and not self.strict)


@dataclass(frozen=True)
class Proof:
    """How the course is followed: `method`, for `steps` steps, at `bits` bits.

    "lattice" has `span`, "cells" has `width`, `reach` and perhaps `slope`. `tilt` bounds what comes after the steps.
    """

    method: str
    steps: int = 0
    bits: int = 0
    span: Fraction | None = None
    width: Fraction = Fraction(1)
    reach: Fraction = Fraction(0)
    tilt: Fraction | None = None
    slope: Fraction | None = None


@dataclass(frozen=True)
class Within:
    """That the probability that |mu| reaches `level` times its start within T steps, or (`stays`) that it is at
    least `level` times its start for all of T steps, lies in the bounds."""

    case: Case
    opening: str
    q: Fraction
    level: Fraction
    stays: bool
    horizon: int
    bounds: Range
    proof: Proof


_FIELDS: dict[object, tuple[str, ...]] = {
    "stable": (),
    "short": (),
    "counts": ("steps", "bits"),
    "pair": ("steps", "bits"),
    "lattice": ("steps", "bits", "span"),
    "cells": ("steps", "bits", "width", "reach"),
}


def read(claim: dict[str, Any], setting: Setting) -> Within:
    stays = "floor" in claim
    key = "floor" if stays else "factor"
    fields(claim, "the claim", (*EVENT_KEYS, key, "steps", "lower", "upper", "proof"))
    case, opening = setting.case(claim)
    q, level = positive(claim["lambda"], "lambda"), positive(claim[key], key)
    if stays and level > 1:
        raise Refused("floor is above 1")
    if not stays and level <= 1:
        raise Refused("factor is not above 1")
    horizon = index(claim["steps"], "steps")
    proof = read_proof(claim["proof"])
    if proof.steps > horizon:
        raise Refused("proof.steps is above steps")
    return Within(case, opening, q, level, stays, horizon, read_bounds(claim), proof)


def read_proof(value: Any) -> Proof:
    method = value.get("method") if isinstance(value, dict) else None
    if not isinstance(method, str) or method not in _FIELDS:
        raise Refused(f"proof.method is {quoted(method)}, which is none")
    more = ("tilt", "slope") if method == "cells" else ("tilt",)
    fields(value, "proof", ("method", *_FIELDS[method]), more if _FIELDS[method] else ())
    if not _FIELDS[method]:
        return Proof(method)
    steps, bits = index(value["steps"], "proof.steps"), index(value["bits"], "proof.bits")
    if steps > MOST_STEPS or not FEWEST_BITS <= bits <= MOST_BITS:
        raise Refused("proof.steps or proof.bits is out of range")
    span = positive(value["span"], "proof.span") if method == "lattice" else None
    if span is not None and span <= 1:
        raise Refused("proof.span is not above 1")
    numbers = {
        key: positive(value[key], f"proof.{key}")
        for key in ("width", "reach", "tilt", "slope")
        if key in value
    }
    return Proof(method, steps, bits, span, **numbers)


def prove(statement: Within) -> set[str]:
    if not _FIELDS[statement.proof.method]:
        return _prove_never(statement)
    course, proof = course_of(statement.case, statement.q, statement.level, statement.stays), statement.proof
    low, high, used = followed(course, proof, statement.horizon)
    _check_inside(statement.bounds, low, high, proof.bits)
    return used


def followed(course: Course, proof: Proof, horizon: int) -> tuple[int, int, set[str]]:
    """Bounds of what is asked of the course within `horizon` steps, in units of 2^-bits, and the lemmas used."""
    low, high = _METHODS[proof.method](course, proof)
    used = {"S9", *_LEMMAS[proof.method]}
    if proof.steps < horizon:
        used.add("S12")
        low, high = (0, high) if course.strict else (low, high + _later(course, proof))
    return low, high, used


_LEMMAS = {"counts": (), "pair": ("S10",), "lattice": ("S10",), "cells": ("S11",)}


def _prove_never(statement: Within) -> set[str]:
    """S1: lambda xi* <= 2, or no step at all, K > 1 => the probability is 0. S9, "short": R > 1, R^T < K => it is 0."""
    case, q, short = statement.case, statement.q, statement.proof.method == "short"
    grows = statement.horizon > 0 and case.law.stretches(q)
    if statement.stays or grows != short or (short and not _too_short(statement)):
        raise Refused("the event may happen")
    if statement.bounds[0] > 0:
        raise Refused("the probability is 0, outside the bounds")
    return {"S9" if short else "S1"}


def _too_short(statement: Within) -> bool:
    """T log R < log K, R the largest factor, which is above 1."""
    case, largest = statement.case, statement.q * statement.case.law.largest_rate - 1
    size = max(max(q.numerator, q.denominator) for q in (largest, statement.level)).bit_length()

    def holds(prec: int) -> bool | None:
        case.work.spend_on_logs(2, prec, size)
        rise, level = times(statement.horizon, log_of(largest, prec)), log_of(statement.level, prec)
        return True if rise[1] < level[0] else False if rise[0] >= level[1] else None

    return decide(holds, case.most_bits, "whether T steps can reach the level")


def _check_inside(bounds: Range, low: int, high: int, bits: int) -> None:
    unit = 1 << bits
    if bounds[0].numerator * unit > low * bounds[0].denominator:
        raise Refused("the walk of so many steps does not prove lower")
    if min(high, unit) * bounds[1].denominator > bounds[1].numerator * unit:
        raise Refused("the walk of so many steps does not prove upper")


def course_of(case: Case, q: Fraction, level: Fraction, stays: bool) -> Course:
    """The factors of |mu|, or (`stays`) of 1/|mu|, equal ones merged, in decreasing order."""
    law = case.law
    case.work.spend_on_divisions(
        6 * len(law.weights) + 4, law.bits + max(q.numerator, q.denominator).bit_length()
    )
    ns, d = factors(law, q)
    merged: dict[Fraction, int] = {Fraction(1): law.idle} if law.idle else {}
    for n, weight in zip(ns, law.weights, strict=True):
        if n:
            r = Fraction(d, abs(n)) if stays else Fraction(abs(n), d)
            merged[r] = merged.get(r, 0) + weight
    order = sorted(merged, reverse=True)
    weights = tuple(Fraction(merged[r], law.total) for r in order)
    return Course(tuple(order), weights, 1 / level if stays else level, stays, case.work)


def _asked(course: Course, masses: Masses) -> Interval:
    found = masses.alive if course.strict else masses.stopped
    return found, found + masses.lost


def _by_counts(course: Course, proof: Proof) -> Interval:
    """S9 over the counts themselves."""
    bits, weights = proof.bits, course.weights_at(proof.bits)
    layer, stopped, lost = {(0,) * len(weights): 1 << bits}, 0, 0
    for _ in range(proof.steps):
        if len(layer) * len(weights) > MOST_STATES:
            raise Refused(f"a layer of the walk has more than {MOST_STATES} counts")
        course.work.spend(len(layer) * len(weights) * (2 + len(weights) // 4), bits)
        sums: dict[tuple[int, ...], int] = {}
        for counts, mass in layer.items():
            for i, weight in enumerate(weights):
                key = (*counts[:i], counts[i] + 1, *counts[i + 1 :])
                sums[key] = sums.get(key, 0) + weight * mass
        lost += len(sums) + len(weights)
        layer = {}
        for key, total in sums.items():
            if course.stops_at(key):
                stopped += total >> bits
            else:
                layer[key] = total >> bits
    return _asked(course, Masses(stopped, sum(layer.values()), lost))


def pair_row(course: Course, proof: Proof) -> tuple[Moves, list[int]]:
    """S10 with two factors: after t steps the walk is where the larger was drawn n times, the smaller t - n times."""
    if len(course.factors) != 2:
        raise Refused("there are not two factors")
    large, small = course.factors
    size = max(course.level.numerator, large.numerator, small.denominator, large.denominator).bit_length()
    prec = proof.bits + 2 * _SPARE + size.bit_length()
    course.work.spend_on_logs(4, prec, size)
    low, high, level = log_of(small, prec), log_of(large, prec), log_of(course.level, prec)
    rise = high[0] - low[1], high[1] - low[0]
    course.work.spend(proof.steps)
    barriers = [
        _count_at_level(course, t, _first(level, low, rise, t, course.strict))
        for t in range(1, proof.steps + 1)
    ]
    moves = list(zip((1, 0), course.weights_at(proof.bits), strict=True))
    return moves, barriers


def _first(level: Interval, drift: Interval, rise: Interval, t: int, strict: bool = False) -> Interval:
    """The least and the largest possible least n with n rise + t drift >= level (above level, if `strict`)."""
    if rise[0] <= 0:
        raise Refused("two factors are too close to each other")
    low, high = level[0] - t * drift[1], level[1] - t * drift[0]
    if strict:
        return low // rise[low >= 0] + 1, high // rise[high < 0] + 1
    return -(-low // rise[low >= 0]), -(-high // rise[high < 0])


def _count_at_level(course: Course, t: int, place: Interval) -> int:
    """The count of the larger factor from which on the course stops, exactly; t + 1 if it does not."""
    low, high = max(0, place[0]), min(t + 1, place[1])
    while low < high:
        middle = (low + high) // 2
        if course.stops_at((middle, t - middle)):
            high = middle
        else:
            low = middle + 1
    return low


def lattice_row(course: Course, proof: Proof) -> tuple[Moves, list[int]]:
    """S10 where all factors are powers of the span g: the level is between two powers, or one."""
    span = proof.span
    assert span is not None
    _require_factors(course)
    powers = [power_of(r, span, course.work) for r in course.factors]
    moves = [(n, p) for n, p in zip(powers, course.weights_at(proof.bits), strict=True) if n is not None]
    if len(moves) < len(powers):
        raise Refused("a factor is no power of proof.span")
    place = _power_at_level(course, span)
    return moves, [place] * proof.steps


def _require_factors(course: Course) -> None:
    if not course.factors:
        raise Refused("there is no factor but 0")


def _power_at_level(course: Course, span: Fraction) -> int:
    """The least n with g^n >= level, or above level if the course is strict; level >= 1."""
    level = course.level
    place, reached = 0, Fraction(1)
    while reached < level or (course.strict and reached == level):
        bits = max(reached.numerator, reached.denominator, level.numerator).bit_length()
        if bits > MOST_POWER_BITS // 4:
            raise Refused("the level takes too large powers of proof.span")
        course.work.spend_on_divisions(2, bits)
        place, reached = place + 1, reached * span
    return place


def _by_cells(course: Course, proof: Proof) -> Interval:
    """S11: log r_i = drift + n_i h + rest_i, the rests of mean 0; two walks, to a level nearer or farther by `reach`.

    What the rests add up to stays within `reach` on one side but for a small chance; for certain if reach >= T extent.
    """
    _require_factors(course)
    prec = proof.bits + _SPARE
    numbers = (proof.width, proof.reach, course.level, *course.factors, *course.weights)
    size = max(max(q.numerator, q.denominator) for q in numbers).bit_length()
    course.work.spend_on_logs(len(course.factors) + 2, prec, size)
    course.work.spend_on_divisions(8 * len(course.factors) + 16, prec + 2 * size)
    logs, h = [log_of(r, prec) for r in course.factors], proof.width
    shifts = [_nearest(log[0] - logs[0][0], h, prec) for log in logs]
    height = (h.numerator << prec) // h.denominator, -((-h.numerator << prec) // h.denominator)
    rests = [_minus(log, times(n, height)) for log, n in zip(logs, shifts, strict=True)]
    extent = max(hi for _, hi in rests) - min(lo for lo, _ in rests)
    mean = _mean(rests, course.weights)
    level, reach = log_of(course.level, prec), (proof.reach.numerator << prec) // proof.reach.denominator
    course.work.spend(2 * proof.steps)
    moves = list(zip(shifts, course.weights_at(proof.bits), strict=True))
    near = [_first((level[0] - reach - 1, level[1] - reach), mean, height, t)[0] for t in _times(proof)]
    far = [_first((level[0] + reach, level[1] + reach + 1), mean, height, t)[1] for t in _times(proof)]
    beside = [_minus(rest, mean) for rest in rests]
    left = (
        0 if reach >= proof.steps * extent else _left_to_chance(course, proof, (extent, beside), reach, prec)
    )
    one, other = (_on_row(course, moves, barriers, proof) for barriers in (near, far))
    low, high = (one, other) if course.strict else (other, one)
    return low[0] - left, high[1] + left


def _times(proof: Proof) -> range:
    return range(1, proof.steps + 1)


def _nearest(log: int, height: Fraction, prec: int) -> int:
    """The integer nearest to log/height."""
    unit = height.numerator << prec
    return (2 * log * height.denominator + unit) // (2 * unit)


def _minus(one: Interval, other: Interval) -> Interval:
    return one[0] - other[1], one[1] - other[0]


def _mean(values: list[Interval], weights: tuple[Fraction, ...]) -> Interval:
    """The mean under the condition that the factor is not 0."""
    parts = [times(p, value) for p, value in zip(weights, values, strict=True)]
    return times(1 / sum(weights, Fraction(0)), (sum(lo for lo, _ in parts), sum(hi for _, hi in parts)))


def _left_to_chance(
    course: Course, proof: Proof, rests: tuple[int, list[Interval]], reach: int, prec: int
) -> int:
    """At most the chance that the rests add up to `reach` on one side, at proof.bits: exp(-2 reach^2/(T extent^2)) by
    Hoeffding and Doob; with a slope s the larger of E exp(+-s rest), to the power T, times exp(-s reach)."""
    course.work.spend_on_logs(1, prec, 0)
    if proof.slope is None:
        exponent = -((2 * reach * reach << prec) // (proof.steps * rests[0] ** 2))
    else:
        most = max(_mean_of_exp(course, rests[1], sign * proof.slope, prec) for sign in (1, -1))
        exponent = proof.steps * log_ratio(most, 1 << prec, prec)[1] - times(proof.slope, (reach, reach))[0]
    high = exp_interval((exponent, exponent), prec)[1]
    if high is None:
        raise Refused("proof.slope is too steep")
    return -(-high >> (prec - proof.bits))


def _mean_of_exp(course: Course, rests: list[Interval], slope: Fraction, prec: int) -> int:
    """An upper bound, at `prec`, of E exp(slope rest) under the condition that the factor is not 0."""
    course.work.spend_on_logs(len(rests) + 1, prec, 0)
    total = Fraction(0)
    for rest, p in zip(rests, course.weights, strict=True):
        high = exp_interval(times(slope, rest), prec)[1]
        if high is None:
            raise Refused("proof.slope is too steep")
        total += p * high
    mean = total / sum(course.weights, Fraction(0))
    return -(-mean.numerator // mean.denominator)


def _on_row(course: Course, moves: Moves, barriers: list[int], proof: Proof) -> Interval:
    return _asked(course, follow_row(course, moves, barriers, proof))


def follow_row(
    course: Course, moves: Moves, barriers: list[int], proof: Proof, *, recorded: bool = False
) -> Masses:
    """The row from its cell 0, the shifts made non-negative by letting it move along."""
    if not barriers:
        return Masses(0, 1 << proof.bits, 0)
    least = min(n for n, _ in moves)
    ahead = [(n - least, weight) for n, weight in moves]
    beyond = [barrier - t * least for t, barrier in enumerate(barriers, 1)]
    return walk_row(ahead, beyond, proof.bits, not course.strict, course.work, recorded)


def _later(course: Course, proof: Proof) -> int:
    """S12: M(s) <= 1, s > 0 => the level is reached after n steps for the first time with probability at most
    M(s)^n level^-s; without an s, 1."""
    bits, tilt = proof.bits, proof.tilt
    if tilt is None:
        return 1 << bits
    _require_factors(course)
    prec = bits + _SPARE
    log_prec = log_precision(tilt, prec)
    size = max(max(q.numerator, q.denominator) for q in (tilt, course.level, *course.factors)).bit_length()
    course.work.spend_on_logs(2 * len(course.factors) + 4, log_prec, size)
    moment = 0
    for r, p in zip(course.factors, course.weights, strict=True):
        high = power(log_of(r, log_prec), log_prec, tilt, prec)[1]
        if high is None:
            raise Refused("M(tilt) is above 1")
        moment -= -p.numerator * high // p.denominator
    if moment > 1 << prec:
        raise Refused("M(tilt) is above 1")
    log = proof.steps * log_ratio(moment, 1 << prec, prec)[1] - times(tilt, log_of(course.level, prec))[0]
    found = exp_interval((log, log), prec)[1]
    assert found is not None  # both parts of the exponent are at most 0
    return -(-found >> _SPARE)


_METHODS: dict[str, Callable[[Course, Proof], Interval]] = {
    "counts": _by_counts,
    "pair": lambda course, proof: _on_row(course, *pair_row(course, proof), proof),
    "lattice": lambda course, proof: _on_row(course, *lattice_row(course, proof), proof),
    "cells": _by_cells,
}


def say(statement: Within) -> str:
    if statement.stays:
        event = f"|mu_t| >= {exact(statement.level)} |mu_0| for all t <= {statement.horizon}"
    else:
        event = f"max |mu_t| over t <= {statement.horizon} is at least {exact(statement.level)} |mu_0|"
    return (
        f"{statement.opening}at lambda = {exact(statement.q)} the probability that {event} in the linear regime, "
        f"mu_0 not 0, lies in {bracket(*statement.bounds, shape='[]')}"
    )


WITHIN = Rule(read, prove, say)
