"""Enclosures of M(s) = E|1 - z X|^s for the laws that a claim may name."""

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from proofs_check.core.arithmetic import Interval, Undecided, enclose, log_of, power, times
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused
from proofs_check.core.wording import exact
from proofs_check.populations.densities import Density, moment
from proofs_check.populations.special import exponential, kummer, log_gamma, multiply, sine_of_pi, size_of

MOST_RATIO, MOST_POWER = 400, 400
"""Bounds of 1/(z scale) and of s: beyond, the series is too long."""


@dataclass(frozen=True)
class GammaLaw:
    """X has the gamma law; `a` = 1/(z scale)."""

    shape: Fraction
    scale: Fraction
    z: Fraction

    stable = False
    most = None
    lemmas = ("P3",)

    @property
    def least(self) -> Fraction:
        """s has to lie above."""
        return -min(self.shape, Fraction(1))

    def words(self) -> str:
        return f"the gamma law of shape {exact(self.shape)} and scale {exact(self.scale)}"

    def moment(self, s: Fraction, prec: int, work: Work) -> Interval:
        """P3: with k the shape, M(s) =

        a^k Gamma(s+1)/Gamma(k+s+1) (1 - sin(pi k)/sin(pi (s+k))) 1F1(k; k+s+1; -a)
        + a^-s Gamma(s+k)/Gamma(k) 1F1(-s; 1-s-k; -a),

        for s > -min(k, 1), s + k no integer.
        """
        k, a = self.shape, 1 / (self.z * self.scale)
        if (s + k).denominator == 1:
            raise Refused("the shape plus a power of the claim is an integer")
        if a > MOST_RATIO or abs(s) > MOST_POWER or k > MOST_POWER:
            raise Refused("a number of the claim is too large for the series")
        wp = prec + 16 + int(3 * a) // 2
        size = size_of(k, a, s)
        work.spend_on_logs(6, wp, 2 * size)
        work.spend_on_divisions(30, 2 * size)
        log_a = log_of(a, wp)
        turn = sine_of_pi(s + k, wp)
        if turn[0] <= 0 <= turn[1]:
            raise Undecided
        share = _one_less(_quotient(sine_of_pi(k, wp), turn, wp), wp)
        first = self._scaled(times(k, log_a), (s + 1, k + s + 1), wp, work)
        second = self._scaled(times(-s, log_a), (s + k, k), wp, work)
        below = multiply(multiply(first, share, wp), kummer(k, k + s + 1, a, wp, work), wp)
        above = multiply(second, kummer(-s, 1 - s - k, a, wp, work), wp)
        extra = wp - prec
        return (below[0] + above[0]) >> extra, -(-(below[1] + above[1]) >> extra)

    @staticmethod
    def _scaled(log: Interval, gammas: tuple[Fraction, Fraction], wp: int, work: Work) -> Interval:
        """exp(log) Gamma(first)/Gamma(second)."""
        top, bottom = log_gamma(gammas[0], wp, work), log_gamma(gammas[1], wp, work)
        return exponential((log[0] + top[0] - bottom[1], log[1] + top[1] - bottom[0]), wp)


@dataclass(frozen=True)
class UniformLaw:
    """X is uniform on [low, high]."""

    low: Fraction
    high: Fraction
    z: Fraction

    least = Fraction(-1)
    most = None
    lemmas = ("P3",)

    @property
    def stable(self) -> bool:
        return self.z * self.high <= 2

    def words(self) -> str:
        return f"the uniform law on [{exact(self.low)}, {exact(self.high)}]"

    def moment(self, s: Fraction, prec: int, work: Work) -> Interval:
        """The integral of |y - 1|^s over [z low, z high], over z (high - low)."""
        if abs(s) > MOST_POWER:
            raise Refused("a number of the claim is too large for the series")
        size = size_of(self.z, self.low, self.high, s)
        work.spend_on_logs(4, prec, 2 * size)
        work.spend_on_divisions(30, 4 * size)
        first, last = (
            self._primitive(self.z * self.low, s, prec),
            self._primitive(self.z * self.high, s, prec),
        )
        return times(
            1 / ((s + 1) * self.z * (self.high - self.low)), (last[0] - first[1], last[1] - first[0])
        )

    @staticmethod
    def _primitive(y: Fraction, s: Fraction, prec: int) -> Interval:
        """sign(y - 1) |y - 1|^(s+1)."""
        if y == 1:
            return 0, 0
        lo, hi = power(log_of(abs(y - 1), prec + 16), prec + 16, s + 1, prec)
        if hi is None:
            raise Undecided
        return (lo, hi) if y > 1 else (-hi, -lo)


@dataclass(frozen=True)
class AtomLaw:
    """X has one value; `size` = |1 - z value|."""

    value: Fraction
    size: Fraction

    most = None
    lemmas: ClassVar[tuple[str, ...]] = ()

    @property
    def least(self) -> Fraction:
        """s has to lie above: a factor 0 has no moments of negative order."""
        return Fraction(-1) if self.size else Fraction(0)

    @property
    def stable(self) -> bool:
        return self.size <= 1

    def words(self) -> str:
        return f"the one value {exact(self.value)}"

    def moment(self, s: Fraction, prec: int, work: Work) -> Interval:
        """size^s."""
        if not self.size:
            return 0, 0
        if abs(s) > MOST_POWER:
            raise Refused("a number of the claim is too large for the series")
        wp = prec + 16
        work.spend_on_logs(2, wp, size_of(self.size, s))
        lo, hi = power(log_of(self.size, wp), wp, s, prec)
        if hi is None:
            raise Undecided
        return lo, hi


@dataclass(frozen=True)
class DensityLaw:
    """X has a density whose moments are integrated by panels; `most`: E R^s is finite for s below it alone."""

    text: str
    density: Density
    stable: bool
    most: Fraction | None = None

    least = Fraction(-1)
    lemmas = ("P13",)

    def words(self) -> str:
        return self.text

    def moment(self, s: Fraction, prec: int, work: Work) -> Interval:
        """P13."""
        if abs(s) > MOST_POWER:
            raise Refused("a number of the claim is too large for the series")
        return moment(self.density, s, prec, work)


Single = GammaLaw | UniformLaw | AtomLaw | DensityLaw


@dataclass(frozen=True)
class MixtureLaw:
    """X has one of several laws, each with its chance."""

    parts: tuple[tuple[Fraction, Single], ...]

    @property
    def least(self) -> Fraction:
        return max(law.least for _, law in self.parts)

    @property
    def most(self) -> Fraction | None:
        return min((law.most for _, law in self.parts if law.most is not None), default=None)

    @property
    def lemmas(self) -> tuple[str, ...]:
        return tuple(sorted({name for _, law in self.parts for name in law.lemmas}))

    @property
    def stable(self) -> bool:
        return all(law.stable for _, law in self.parts)

    def words(self) -> str:
        return "the mixture of " + ", ".join(f"{exact(w)} of ({law.words()})" for w, law in self.parts)

    def moment(self, s: Fraction, prec: int, work: Work) -> Interval:
        """The sum of the weighted moments."""
        lo, hi = 0, 0
        for weight, law in self.parts:
            part = times(weight, law.moment(s, prec, work))
            lo, hi = lo + part[0], hi + part[1]
        return lo, hi


Population = Single | MixtureLaw


def _quotient(x: Interval, y: Interval, prec: int) -> Interval:
    """x/y for an interval y without 0."""
    ends = [Fraction(a << prec, b) for a in x for b in y]
    return min(ends) // 1, -(-max(ends) // 1)


def _one_less(x: Interval, prec: int) -> Interval:
    """1 - x."""
    one = enclose(Fraction(1), prec)[0]
    return one - x[1], one - x[0]
