"""Small things that several rules of this room share: brackets, sizes."""

from fractions import Fraction
from typing import Any

from proofs_check.core.reading import Refused, fields, number
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


def bits(*numbers: Fraction) -> int:
    """The size of the longest numerator or denominator."""
    return max(max(q.numerator.bit_length(), q.denominator.bit_length()) for q in numbers)
