"""The image of a box of starts under the full-batch map, in integer intervals (N1, N11 of phases.md)."""

from dataclasses import dataclass
from fractions import Fraction

from proofs_check.core.arithmetic import Interval, enclose
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused

MOST_STATE_BITS = 1 << 16
PRODUCTS_A_STEP = 28


@dataclass(frozen=True)
class Start:
    """Starts in the letters l = x L, v = (x kappa)^2: exact closed ranges; `open` if a side is an open interval."""

    l: tuple[Fraction, Fraction]  # noqa: E741  the letter of the lemmas
    v: tuple[Fraction, Fraction]
    open: bool

    @property
    def p(self) -> tuple[Fraction, Fraction]:
        """A range of l^2 - 4v >= 0."""
        low = self.l[0] ** 2 - 4 * self.v[1]
        return max(low, Fraction(0)), max(self.l[1] ** 2 - 4 * self.v[0], Fraction(0))

    def surplus_is_negative(self) -> bool:
        """w = 2 + v - l < 0 for all; the greatest value is not attained in an open box."""
        most = 2 + self.v[1] - self.l[0]
        return most < 0 or (most == 0 and self.open)

    def surplus_is_not_negative(self) -> bool:
        return 2 + self.v[0] - self.l[1] >= 0


@dataclass(frozen=True)
class Image:
    """Intervals that hold l, v and p = l^2 - 4v, at `prec` bits."""

    l: Interval  # noqa: E741
    v: Interval
    p: Interval
    prec: int

    @classmethod
    def of(cls, start: Start, prec: int) -> "Image":
        sides = (start.l, start.v, start.p)
        l, v, p = ((enclose(low, prec)[0], enclose(high, prec)[1]) for low, high in sides)  # noqa: E741
        return cls(l, v, p, prec)

    def book(self, steps: int, work: Work) -> None:
        """Book so many steps of a path with l <= 4, all at once: what is too long is refused unbegun."""
        work.spend(steps * PRODUCTS_A_STEP, self.prec)

    def factor(self) -> Interval:
        """f = 1 - l + v."""
        one = 1 << self.prec
        return one - self.l[1] + self.v[0], one - self.l[0] + self.v[1]

    def surplus(self) -> Interval:
        """w = 2 + v - l."""
        two = 2 << self.prec
        return two - self.l[1] + self.v[0], two - self.l[0] + self.v[1]

    def width(self) -> int:
        return max(self.l[1] - self.l[0], self.v[1] - self.v[0])

    def step(self, work: Work) -> "Image":
        """The image under one step (N11). `book` has booked it, up to the growth of a path above four."""
        size = max(self.l[1], self.v[1]).bit_length()
        if size > MOST_STATE_BITS:
            raise Refused("the path leaves the range of this checker")
        if size > self.prec + 3:
            work.spend(PRODUCTS_A_STEP, size)
        l, prec = self._next_l(), self.prec  # noqa: E741
        v = self._next_v()
        if self.l[1] <= 4 << prec:
            v = v[0], min(v[1], -(-l[1] * l[1] >> (prec + 2)))
        return Image(l, v, self._next_p(), prec)

    def _next_l(self) -> Interval:
        """l - v (4 - l): increasing in l; in v by the sign of l - 4."""
        four = 4 << self.prec
        rests = four - self.l[0], four - self.l[1]
        lo = self.l[0] - -(-(self.v[1] if rests[0] > 0 else self.v[0]) * rests[0] >> self.prec)
        hi = self.l[1] - ((self.v[0] if rests[1] > 0 else self.v[1]) * rests[1] >> self.prec)
        return max(lo, 0), min(hi, self.l[1]) if rests[1] >= 0 else hi

    def _next_v(self) -> Interval:
        """v f^2: corners, the zero of f, and the value 4 (l - 1)^3 / 27 where 3v = l - 1 on a side."""
        prec, one = self.prec, 1 << self.prec
        lows, highs = [], []
        for l in self.l:  # noqa: E741
            for v in self.v:
                exact = v * (one - l + v) ** 2  # at 3 prec
                lows.append(exact >> (2 * prec))
                highs.append(-(-exact >> (2 * prec)))
            c = l - one
            if c > 0 and 3 * self.v[0] <= c <= 3 * self.v[1]:
                highs.append(-(-4 * c**3 // (27 << (2 * prec))))
        f = self.factor()
        return (0 if f[0] <= 0 <= f[1] else min(lows)), max(highs)

    def _next_p(self) -> Interval:
        """p (1 - v)^2."""
        one = 1 << self.prec
        rests = abs(one - self.v[0]), abs(one - self.v[1])
        least = 0 if self.v[0] <= one <= self.v[1] else min(rests)
        return self.p[0] * least**2 >> (2 * self.prec), -(-self.p[1] * max(rests) ** 2 >> (2 * self.prec))


def final_is_at_least(image: Image, lower: Fraction) -> bool:
    """l_inf >= lower, by (N4b) or (N4d); for images with l <= 2."""
    if lower <= 0:
        return True
    prec = image.prec
    m = enclose(lower, prec)
    rest = (4 << prec) - 2 * image.l[1] + m[0]
    left = image.p[0] * rest * rest  # at 3 prec
    right = m[1] ** 2 * ((4 << prec) - image.l[0]) ** 2  # at 4 prec
    if m[1] <= image.l[0] and rest >= 0 and left << prec >= right:
        return True
    fall = enclose(2 - lower, prec)
    return _is_slow(image, fall)


def _is_slow(image: Image, fall: Interval) -> bool:
    """(N4d) with D in the interval `fall`; exact products, each side at its worst end."""
    prec = image.prec
    two = 2 << prec
    d, v = (two - image.l[1], two - image.l[0]), image.v[1]
    room = two - fall[1] - v
    if fall[0] < d[1] or room <= 0:
        return False
    return (fall[0] ** 2 - d[1] ** 2) * room >= (two + fall[1]) ** 2 * v


def final_is_at_most(image: Image, upper: Fraction) -> bool:
    """l_inf <= upper, by N2, (N4a) or (N4c); for images with l <= 2."""
    if upper < 0:
        return False
    prec = image.prec
    M, two = enclose(upper, prec), 2 << prec
    if image.l[1] <= M[0] or image.p[1] << prec <= M[0] ** 2:
        return True
    d = max(two - image.l[1], 0)
    return M[1] <= two and (two - M[0]) ** 2 <= d * d + (2 * image.v[0] << prec)


def has_no_later_hit(image: Image) -> bool:
    """N5, with D halfway between d and 1; for images with l <= 2."""
    one = 1 << image.prec
    if image.v[0] <= 0:
        return False
    if image.l[1] <= one:
        return True
    fall = (3 * one - image.l[0] + 1) >> 1
    return fall + image.v[1] < one and _is_slow(image, (fall, fall))
