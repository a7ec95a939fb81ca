"""A5: the walks of the extreme factors over a cell of learning rates, replayed over counts (S4)."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.choices.numbers import Bracket, bits, read_bracket
from proofs_check.core.budget import decide
from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, fields
from proofs_check.linear.drift import factors
from proofs_check.linear.moment import moment
from proofs_check.spikes.spike import Replay, prove_counts, read_replay
from proofs_check.spikes.walk import Walk


@dataclass(frozen=True)
class CellWalk:
    """A bracket of the exponent of the walk of |mu|^2, and how the walk over counts goes."""

    exponent: Bracket
    replay: Replay
    where: str

    @classmethod
    def read(cls, value: Any, where: str) -> "CellWalk":
        table = fields(value, where, ("exponent", "steps", "drop", "bits"))
        exponent = read_bracket(table["exponent"], f"{where}.exponent")
        if not 0 < exponent[0] < exponent[1]:
            raise Refused(f"{where}.exponent is no bracket above 0")
        return cls(exponent, read_replay(table, where), where)

    def check(self, case: Case, walk: Walk, bounds: Bracket) -> None:
        """The probability that the walk reaches its level lies inside the bounds: E2, then S4."""
        lower, upper = (_is_above_one(case, walk, theta) for theta in self.exponent)
        if lower or not upper:
            raise Refused(f"{self.where}.exponent does not bracket the exponent")
        prove_counts(walk, self.exponent, self.replay, bounds, case.work)


def extreme_walk(case: Case, cut: Bracket, level: Fraction, largest: bool) -> Walk:
    """The walk of the largest (or smallest) factor of each sample between two curvatures, idle steps left out.

    The factor of the largest sample exceeds 1: a rare cell ends beyond 2/xi*, a likely one starts there.
    """
    merged = extreme_factors(case, cut, largest)
    moving = case.law.total - case.law.idle - merged.pop(Fraction(1), 0)
    merged.pop(Fraction(0), None)
    order = sorted(merged, reverse=True)
    return Walk(tuple(order), tuple(Fraction(merged[r], moving) for r in order), level, 2)


def extreme_factors(case: Case, cut: Bracket, largest: bool) -> dict[Fraction, int]:
    """The largest (or smallest) factors of the samples between two curvatures, with their weights; no idle steps."""
    law = case.law
    size = law.bits + bits(*cut)
    case.work.spend_on_divisions(16 * len(law.weights), size)
    (ns, d), (ms, e) = factors(law, cut[0]), factors(law, cut[1])
    merged: dict[Fraction, int] = {}
    for n, m, weight in zip(ns, ms, law.weights, strict=True):
        ends = abs(Fraction(n, d)), abs(Fraction(m, e))
        factor = max(ends) if largest else Fraction(0) if n * m <= 0 else min(ends)
        merged[factor] = merged.get(factor, 0) + weight
    return merged


def _is_above_one(case: Case, walk: Walk, theta: Fraction) -> bool:
    """Whether the moment of the walk at theta exceeds 1."""
    steps = [(r.numerator, r.denominator) for r in walk.factors]

    def side(prec: int) -> bool | None:
        lo, hi = moment(steps, walk.weights, 1, theta, prec, case.work)
        one = 1 << prec
        return True if lo > one else False if hi is not None and hi < one else None

    return decide(side, case.most_bits, "a moment of the walk of a cell against 1")
