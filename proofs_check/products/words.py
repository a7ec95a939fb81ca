"""Numbers and inequalities of this room in words: bounds rounded in the direction that keeps them true."""

from fractions import Fraction

from proofs_check.core.wording import exact, rounded

MOST_WIDTH = 24
DIGITS = 15


def bound(q: Fraction, *, up: bool) -> str:
    """q where it is short, else with 15 digits, rounded up (an upper bound) or down."""
    text = exact(q)
    if len(text) <= MOST_WIDTH:
        return text
    return f"{rounded(q, DIGITS, up)} [rounded {'up' if up else 'down'}]"


def between(lower: Fraction, name: str, upper: Fraction) -> str:
    """ "lower <= name <= upper"."""
    return f"{bound(lower, up=False)} <= {name} <= {bound(upper, up=True)}"
