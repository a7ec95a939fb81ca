"""The claim `order_counterexample`: two orders of the same draws along the map at finite width.

O5: kappa_0 != 0, 2 |kappa_0| <= L_0, the draws x >= 0 of both orders the same, the first ascending, and the exact
values differ as claimed  =>  ascending order is not the best at finite width, or the end depends on the order.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any

from proofs_check.choices.numbers import bits
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused, fields, items, number, positive, quoted
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import exact, rounded

MOST_DRAWS = 6
MOST_STATE_BITS = 1 << 18
SHOWN_BITS = 64
UNITS = 60
"""Booked for reading a claim and putting it into words."""
UNITS_A_STEP = 20

Draws = tuple[Fraction, ...]


@dataclass(frozen=True)
class Statement:
    """Along `first` the largest, or the last, |kappa| is not what it is along `second`."""

    work: Work
    kappa: Fraction
    curvature: Fraction
    first: Draws
    second: Draws
    differ_in: str

    @cached_property
    def values(self) -> tuple[int, int, int]:
        """What is compared, along both orders, and the denominator that both share."""
        ends = [_follow(draws, self.kappa, self.curvature, self.work) for draws in (self.first, self.second)]
        a, b = (end[0 if self.differ_in == "running_maximum" else 1] for end in ends)
        return a, b, ends[0][2]


def read(claim: dict[str, Any], setting: Setting) -> Statement:
    fields(claim, "the claim", ("kind", "kappa", "L", "first", "second", "differ_in"))
    kappa, curvature = number(claim["kappa"], "kappa"), positive(claim["L"], "L")
    first, second = (_read_draws(claim[key], key) for key in ("first", "second"))
    setting.work.spend(UNITS)
    setting.work.spend(4, bits(kappa, curvature, *first, *second))
    if claim["differ_in"] not in ("running_maximum", "final"):
        raise Refused(f"differ_in is {quoted(claim['differ_in'])}, neither running_maximum nor final")
    return Statement(setting.work, kappa, curvature, first, second, claim["differ_in"])


def prove(statement: Statement) -> set[str]:
    first, second = list(statement.first), list(statement.second)
    if statement.kappa == 0 or statement.curvature < 2 * abs(statement.kappa):
        raise Refused("kappa is 0, or L is below 2 |kappa|")
    if first != sorted(first) or sorted(second) != first:
        raise Refused("first is not ascending, or second not another order of the same draws")
    a, b, _ = statement.values
    if statement.differ_in == "running_maximum" and a <= b:
        raise Refused("the running maximum in ascending order is not the larger one")
    if a == b:
        raise Refused("the last |kappa| is the same")
    return {"O5"}


def say(statement: Statement) -> str:
    a, b, s = statement.values
    what, tail = f"ends at a {'larger' if a > b else 'smaller'} |kappa|", "so the end depends on the order"
    if statement.differ_in == "running_maximum":
        what, tail = "has a larger running maximum of |kappa|", "so ascending order is not the best"
    first, second = (", ".join(exact(x) for x in draws) for draws in (statement.first, statement.second))
    return (
        "The map kappa' = (1 - x L + x^2 kappa^2) kappa, L' = L - kappa^2 x (4 - x L), "
        f"started at kappa = {exact(statement.kappa)}, L = {exact(statement.curvature)}, "
        f"{what} under the draws x = {first} (about {_about(a, s)}) than under x = {second} "
        f"(about {_about(b, s)}), {tail}"
    )


def _about(n: int, d: int) -> str:
    """The first digits of n/d, which may be very long."""
    shift = SHOWN_BITS + d.bit_length() - n.bit_length()
    cut = max(0, d.bit_length() - 2 * SHOWN_BITS)
    return rounded(
        Fraction((n << max(shift, 0) >> cut) // (d << max(-shift, 0) >> cut)) / Fraction(2) ** shift, 6, False
    )


def _read_draws(value: Any, where: str) -> Draws:
    listed = items(value, where)
    if not 2 <= len(listed) <= MOST_DRAWS:
        raise Refused(f"{where} does not have 2 to {MOST_DRAWS} entries")
    draws = tuple(number(x, f"{where}[{i}]") for i, x in enumerate(listed))
    if min(draws) < 0:
        raise Refused(f"{where} has a negative entry")
    return draws


def _follow(draws: Draws, kappa: Fraction, curvature: Fraction, work: Work) -> tuple[int, int, int]:
    """The largest |kappa| along the draws, the start included, the last one, and the denominator of both.

    In integers over a common denominator s, x = u/v: kappa = a/s, L = b/s, the next denominator is v^2 s^3. Nothing is
    cancelled: all orders pass through the same denominators, and products are far cheaper than common divisors.
    """
    s, v = lcm(kappa.denominator, curvature.denominator), lcm(*(x.denominator for x in draws))
    a, b = kappa.numerator * (s // kappa.denominator), curvature.numerator * (s // curvature.denominator)
    top = abs(a)
    for x in draws:
        u = x.numerator * (v // x.denominator)
        size = max(part.bit_length() for part in (a, b, s, u, v))
        if size > MOST_STATE_BITS:
            raise Refused("the numbers along the map grow too long")
        work.spend(UNITS_A_STEP)
        work.spend(2, 3 * size)
        grow = (v * s) ** 2
        a, b = a * (grow - u * v * b * s + (u * a) ** 2), b * grow - a * a * u * (4 * v * s - u * b)
        s, top = s * grow, max(top * grow, abs(a))
    return top, abs(a), s


RULE = Rule(read, prove, say)
