"""A start of the reduced map at finite width, in exact numbers (W0, W1), and what bounds its factors (W3, W4)."""

from dataclasses import dataclass, replace
from fractions import Fraction
from math import isqrt
from typing import Any

from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, number, positive
from proofs_check.core.rule import Setting
from proofs_check.core.wording import exact

KEYS = ("lambda", "width", "mu0")
ROOT_BITS = 100
MOST_SIZE = 1 << 14
"""Bits a number of a closed form may have."""

Factors = list[tuple[Fraction, int]]


@dataclass(frozen=True)
class Start:
    """x_i in increasing order with integer weights (no idle step, W0), L_0, low <= |kappa_0| <= high."""

    case: Case
    x: tuple[Fraction, ...]
    weights: tuple[int, ...]
    L0: Fraction
    low: Fraction
    high: Fraction

    @property
    def total(self) -> int:
        return sum(self.weights)

    @property
    def unit(self) -> Fraction:
        """The power of 2 with 1 <= L_0/unit < 2: what is rounded to fixed bits is rounded in it."""
        unit = Fraction(2) ** (self.L0.numerator.bit_length() - self.L0.denominator.bit_length())
        return unit if unit <= self.L0 else unit / 2

    def in_units(self, unit: Fraction) -> "Start":
        """The same paths with k/unit, L/unit and x unit in place of k, L and x. Booked."""
        size = max(bits(q) for q in (*self.x, self.L0, self.low, self.high, unit))
        self.case.work.spend_on_divisions(len(self.x) + 3, 2 * size)
        x = tuple(x * unit for x in self.x)
        return replace(self, x=x, L0=self.L0 / unit, low=self.low / unit, high=self.high / unit)

    @property
    def growth(self) -> Fraction:
        """R of W1."""
        return max(Fraction(1), self.x[-1] * self.L0 - 1)

    def range_of(self, x: Fraction, L1: Fraction, cap: Fraction) -> tuple[Fraction, Fraction]:
        """The range of |1 - x L + x^2 k^2| over [L1, L_0] x [0, cap]: the signed one falls in L and rises in k."""
        low, high = (1 - x * L + (x * k) ** 2 for L, k in ((self.L0, Fraction(0)), (L1, cap)))
        return max(Fraction(0), low, -high), max(-low, high)

    def walk(self, L1: Fraction, cap: Fraction, above: bool) -> Factors:
        """r^+ or r^- with the weights."""
        size = 2 * max(bits(q) for q in (*self.x, self.L0, L1, cap))
        self.case.work.spend_on_divisions(16 * len(self.x), size)
        ranges = (self.range_of(x, L1, cap) for x in self.x)
        return [(found[above], weight) for found, weight in zip(ranges, self.weights, strict=True)]

    def reach(self, L1: Fraction, cap: Fraction) -> Fraction:
        """cap R^+: no step from k <= cap, L in [L1, L_0] leads beyond."""
        return cap * max(factor for factor, _ in self.walk(L1, cap, above=True))

    def fall(self, L1: Fraction) -> Fraction:
        """D = (L_0 - L_1) / max x_i (4 - x_i L_1)."""
        return (self.L0 - L1) / max(x * (4 - x * L1) for x in self.x)

    def book(self, *numbers: Fraction, most: int = MOST_SIZE) -> None:
        """Refuse numbers so long that the closed forms would take too much time; book what they take."""
        size = max(bits(q) for q in (*numbers, *self.x, self.L0, self.high))
        if size > most:
            raise Refused("a number is too long for a closed form")
        self.case.work.spend_on_divisions(16 * len(self.x) + 80, 2 * size)


@dataclass(frozen=True)
class Told:
    """A start and the words for it."""

    start: Start
    curvature: Fraction
    words: str


def read_start(claim: dict[str, Any], setting: Setting) -> Told:
    """The start that a claim names; refused unless x* L_0 <= 4 and 2 |kappa_0| <= L_0."""
    case, opening = setting.case(claim)
    assert setting.data is not None
    curvature, width = positive(claim["lambda"], "lambda"), positive(claim["width"], "width")
    mu0, rate = number(claim["mu0"], "mu0"), setting.data.learning_rate
    if width < 1 or mu0 == 0:
        raise Refused("width is below 1 or mu0 is 0")
    words = (
        f"{opening}in the reduced map of a network of width {exact(width)} with mu_0 = {exact(mu0)} and "
        f"lambda_0 = {exact(curvature)} (so kappa_0 = eta mu_0/sqrt(width), L_0 = eta lambda_0), "
    )
    return Told(_start(case, rate, rate * curvature, (rate * mu0) ** 2 / width), curvature, words)


def _start(case: Case, rate: Fraction, L0: Fraction, square: Fraction) -> Start:
    law = case.law
    if L0 / rate * law.largest_rate > 4:
        raise Refused("eta lambda max x exceeds 4")
    if 4 * square > L0 * L0:
        raise Refused("|kappa_0| exceeds L_0/2")
    size = law.bits + bits(rate) + bits(square)
    case.work.spend_on_divisions(8 * len(law.numerators) + 40, size)
    x = tuple(Fraction(u, law.scale) / rate for u in law.numerators)
    return Start(case, x, law.weights, L0, *root(square))


def root(square: Fraction) -> tuple[Fraction, Fraction]:
    """low <= sqrt(square) <= high for square > 0: equal if the root is rational, else neighbours of a binary grid.

    n/d in lowest terms is a square if and only if n d is one, and then its root is sqrt(n d)/d. Otherwise low is the
    largest multiple of 2^-m with low^2 <= n/d, where m gives it ROOT_BITS bits or one more.
    """
    n, d = square.numerator, square.denominator
    whole = isqrt(n * d)
    if whole * whole == n * d:
        return Fraction(whole, d), Fraction(whole, d)
    m = ROOT_BITS + (d.bit_length() - n.bit_length()) // 2 + 1
    unit = Fraction(2) ** -m
    steps = isqrt(int(square / unit**2))
    return steps * unit, (steps + 1) * unit


def bits(q: Fraction) -> int:
    return max(abs(q.numerator), q.denominator).bit_length()
