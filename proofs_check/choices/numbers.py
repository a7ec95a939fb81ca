"""Small things that several rules of this room share: brackets, logarithms, sizes."""

from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import Interval, log_ratio
from proofs_check.core.budget import Work
from proofs_check.core.reading import fields, number
from proofs_check.core.refusal import Refused
from proofs_check.core.wording import ends, mark

Bracket = tuple[Fraction, Fraction]


def read_bracket(value: Any, where: str) -> Bracket:
    """`{"lower": q, "upper": q}`, in order."""
    table = fields(value, where, ("lower", "upper"))
    bounds = number(table["lower"], f"{where}.lower"), number(table["upper"], f"{where}.upper")
    if bounds[0] > bounds[1]:
        raise Refused(f"{where}.lower is above {where}.upper")
    return bounds


def outwards(bounds: Bracket) -> str:
    """ "[lower, upper]", long ends rounded outwards."""
    low, high = ends(*bounds)
    return f"[{low}, {high}{mark(*bounds)}]"


def log(q: Fraction, prec: int) -> Interval:
    """log q for q > 0."""
    return log_ratio(q.numerator, q.denominator, prec)


def book_ratios(work: Work, count: int, size: int) -> None:
    """Book `count` sums or products of fractions: a common divisor is quadratic in their length."""
    work.spend(count * (4 + (size * size >> 18)))


def bits(*numbers: Fraction) -> int:
    """The size of the longest numerator or denominator."""
    return max(max(q.numerator.bit_length(), q.denominator.bit_length()) for q in numbers)
