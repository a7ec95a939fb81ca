"""A5: the walks of the extreme factors over a cell of learning rates, replayed over counts (S4)."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.choices.numbers import Bracket, bits, book_ratios, log, read_bracket
from proofs_check.core.arithmetic import log_precision, power, times
from proofs_check.core.budget import Work, decide
from proofs_check.core.law import Case
from proofs_check.core.reading import fields
from proofs_check.core.refusal import Refused
from proofs_check.linear.drift import factors
from proofs_check.spikes.spike import check_counts
from proofs_check.spikes.walk import Walk


@dataclass(frozen=True)
class Replay:
    """A bracket of the exponent of the walk of |mu|^2, and how the walk over counts goes."""

    exponent: Bracket
    table: dict[str, Any]
    where: str

    @classmethod
    def read(cls, value: Any, where: str) -> "Replay":
        table = fields(value, where, ("exponent", "steps", "drop", "bits"))
        exponent = read_bracket(table["exponent"], f"{where}.exponent")
        if not 0 < exponent[0] < exponent[1]:
            raise Refused(f"{where}.exponent is no bracket above 0")
        return cls(exponent, table, where)

    def check(self, case: Case, walk: Walk, bounds: Bracket) -> None:
        """The probability that the walk reaches its level lies inside the bounds: E2, then S4."""
        lower, upper = (_is_above_one(case, walk, theta) for theta in self.exponent)
        if lower or not upper:
            raise Refused(f"{self.where}.exponent does not bracket the exponent")
        check_counts(walk, self.exponent, self.table, bounds, case.work)


def extreme_walk(case: Case, cut: Bracket, level: Fraction, largest: bool) -> Walk:
    """The walk of the largest (or smallest) factor of each sample between two curvatures, idle steps left out.

    The factor of the largest sample exceeds 1: a rare cell ends beyond 2/xi*, a likely one starts there.
    """
    law = case.law
    size = law.bits + bits(*cut)
    book_ratios(case.work, 4 * len(law.weights), size)
    (ns, d), (ms, e) = factors(law, cut[0]), factors(law, cut[1])
    merged: dict[Fraction, int] = {}
    for n, m, weight in zip(ns, ms, law.weights, strict=True):
        ends = abs(Fraction(n, d)), abs(Fraction(m, e))
        factor = max(ends) if largest else Fraction(0) if n * m <= 0 else min(ends)
        merged[factor] = merged.get(factor, 0) + weight
    moving = law.total - law.idle - merged.pop(Fraction(1), 0)
    merged.pop(Fraction(0), None)
    order = sorted(merged, reverse=True)
    return Walk(tuple(order), tuple(Fraction(merged[r], moving) for r in order), level, 2)


def _is_above_one(case: Case, walk: Walk, theta: Fraction) -> bool:
    """Whether the moment of the walk at theta exceeds 1."""

    def side(prec: int) -> bool | None:
        lo, hi = _moment(walk, theta, prec, case.work)
        one = 1 << prec
        return True if lo > one else False if hi is not None and hi < one else None

    return decide(side, case.most_bits, "a moment of the walk of a cell against 1")


def _moment(walk: Walk, theta: Fraction, prec: int, work: Work) -> tuple[int, int | None]:
    """sum q_i r_i^theta over the moving steps; the upper end None for infinity."""
    log_prec = log_precision(theta, prec)
    lo, hi, bounded = 0, 0, True
    for r, q in zip(walk.factors, walk.weights, strict=True):
        work.spend_on_logs(7, log_prec + bits(r, q))
        low, high = power(log(r, log_prec), log_prec, theta, prec)
        low, top = times(q, (low, high or low))
        lo, hi, bounded = lo + low, hi + top, bounded and high is not None
    return lo, hi if bounded else None
