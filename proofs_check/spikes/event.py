"""The event of a spike, and what the two kinds of claims about its probability have in common."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import Interval, log_of
from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, number, positive
from proofs_check.core.wording import bracket, exact
from proofs_check.linear.drift import factors
from proofs_check.spikes.walk import Walk

EVENT_KEYS = ("kind", "step", "lambda")


@dataclass(frozen=True)
class Event:
    """That |mu| reaches K times its start, K^root = level > 1, at curvature q."""

    case: Case
    q: Fraction
    level: Fraction
    root: int

    @property
    def grows(self) -> bool:
        """Whether some factor exceeds 1."""
        return self.case.law.stretches(self.q)

    def largest_factor(self) -> Fraction:
        """R, where it exceeds 1."""
        law = self.case.law
        self.case.work.spend_on_divisions(
            4, law.bits + max(self.q.numerator, self.q.denominator).bit_length()
        )
        return self.q * law.largest_rate - 1

    def walk(self) -> Walk:
        """The factors that move, equal ones merged, under the condition that a step is not idle."""
        law = self.case.law
        bits = law.bits + max(self.q.numerator, self.q.denominator).bit_length()
        self.case.work.spend_on_divisions(4 * len(law.weights) + 4, bits)
        ns, d = factors(law, self.q)
        merged: dict[int, int] = {}
        for n, weight in zip(ns, law.weights, strict=True):
            merged[abs(n)] = merged.get(abs(n), 0) + weight
        moving = law.total - law.idle - merged.pop(d, 0)
        merged.pop(0, None)
        order = sorted(merged, reverse=True)
        rs, qs = [Fraction(n, d) for n in order], [Fraction(merged[n], moving) for n in order]
        return Walk(tuple(rs), tuple(qs), self.level, self.root)

    def in_words(self, regime: str, bounds: tuple[Fraction, Fraction]) -> str:
        level = f"sqrt({exact(self.level)})" if self.root == 2 else exact(self.level)
        return (
            f"at lambda = {exact(self.q)} the regime is {regime} and P(sup |mu_t| >= K |mu_0|), K = {level}, "
            f"in the linear regime lies in {bracket(*bounds, shape='[]')}"
        )


def level_key(claim: dict[str, Any]) -> str:
    """The field that gives the level."""
    return "factor_squared" if "factor_squared" in claim else "factor"


def read_event(claim: dict[str, Any], case: Case) -> Event:
    """The fields `lambda` and `factor` or `factor_squared`."""
    key = level_key(claim)
    q, level = positive(claim["lambda"], "lambda"), positive(claim[key], key)
    if level <= 1:
        raise Refused(f"{key} is not above 1")
    return Event(case, q, level, 2 if key == "factor_squared" else 1)


def read_bounds(claim: dict[str, Any]) -> tuple[Fraction, Fraction]:
    """The fields `lower` and `upper`."""
    bounds = number(claim["lower"], "lower"), number(claim["upper"], "upper")
    if not 0 <= bounds[0] <= bounds[1] <= 1:
        raise Refused("lower and upper are not in order between 0 and 1")
    return bounds


def within(bounds: tuple[Fraction, Fraction], low: Interval, high: Interval, prec: int) -> bool | None:
    """Whether lower <= exp(low) and exp(high) <= upper, or upper is 1; None if undecided."""
    answers: list[bool | None] = []
    if bounds[0] > 0:
        at = log_of(bounds[0], prec)
        answers.append(True if at[1] <= low[0] else False if at[0] > low[1] else None)
    if bounds[1] < 1:
        if bounds[1] <= 0:
            return False
        at = log_of(bounds[1], prec)
        answers.append(True if high[1] <= at[0] else False if high[0] > at[1] else None)
    return False if False in answers else None if None in answers else True
