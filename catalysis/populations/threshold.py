"""The learning rates of a population: where a step can grow, where the mean square grows, where the drift turns."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.data.population import Part
from catalysis.exact.balls import precision
from catalysis.exact.numbers import Number, exact_text, positive, whole
from catalysis.exact.result import Enclosure, Result, Source, Verdict
from catalysis.exponent.solve import DEFAULT_DIGITS
from catalysis.populations.answer import MAX_LAW_DIGITS, AnyLaw, Setting, bounds_json, read_population
from catalysis.populations.laws import Population
from catalysis.populations.solve import drift_bounds
from catalysis.populations.truncated import largest

_MOST_STEPS, _COARSE = 80, 5


@dataclass(frozen=True, repr=False)
class LawThresholds(Result):
    """Certified: no step enlarges the error up to `stable_up_to` (0 for an unbounded law); E R^2 <= 1 up to
    `mean_square` (theta = 2 there, exact; None without a closed form or a finite fourth moment); the drift is
    negative at `zero.lower` and positive at `zero.upper`, and if `unique` it changes sign nowhere else (P2).

    Attributes
    ----------
    stable_up_to, mean_square : Fraction
        As above.
    zero : Enclosure or None
        Where the drift changes its sign.
    unique : bool
        Whether it does so once.
    """

    population: Population
    curvature: Fraction
    digits: int
    stable_up_to: Fraction
    mean_square: Fraction | None
    zero: Enclosure | None
    unique: bool

    @property
    def source(self) -> Source:
        return Setting(self.population, None)

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.zero is None else Verdict.PROVED

    @property
    def number(self) -> Enclosure | None:
        return self.zero

    @property
    def formula(self) -> str:
        return r"\eta_0"

    def fields(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "verdict": self.verdict.value,
            "law": self.population.law.text,
            "lambda": exact_text(self.curvature),
            "dimension": self.population.dimension,
            "batch_size": self.population.batch,
            "digits": self.digits,
            "stable_up_to": exact_text(self.stable_up_to),
            "mean_square": None if self.mean_square is None else exact_text(self.mean_square),
            "zero": None
            if self.zero is None
            else bounds_json(self.zero.lower, self.zero.upper, self.digits + 2),
            "unique": self.unique,
        }
        if self.zero is None:
            found["reason"] = "no change of sign was found: ask for single learning rates (eta)"
        return found


def law_thresholds(
    law: AnyLaw,
    *,
    curvature: Number = 1,
    dimension: int = 1,
    batch_size: int = 1,
    digits: int = DEFAULT_DIGITS,
) -> LawThresholds:
    """Certify the learning rate at which the drift of a population changes its sign (P2).

    Parameters
    ----------
    law, curvature, dimension, batch_size
        As for `law_answer`.
    digits : int, 1 to 200
        Significant digits that are wanted.

    Returns
    -------
    LawThresholds
        `zero`, and up to where a step cannot enlarge the error, or the mean square does not grow.

    Raises
    ------
    InputError
        As `law_answer` does.

    Examples
    --------
    >>> from catalysis import law_thresholds
    >>> thresholds = law_thresholds("normal(0, 1)")
    >>> str(thresholds.mean_square), thresholds.zero.decimals(10), thresholds.unique
    ('2/3', ('2.421249521', '2.421249522'), True)
    """
    population = read_population(law, dimension, batch_size)
    at = positive(curvature, "curvature")
    places = whole(digits, "digits", least=1, most=MAX_LAW_DIGITS)
    with precision(64):
        zero = _Turn(population, places).find()
    largest, mean = largest_curvature(population), mean_square(population)
    return LawThresholds(
        population,
        at,
        places,
        Fraction(0) if largest is None else 2 / largest / at,
        None if mean is None else mean / at,
        None if zero is None else Enclosure(zero.lower / at, zero.upper / at),
        population.log_concave,
    )


class _Turn:
    """The search for z with a drift below 0, and one above, close together."""

    def __init__(self, population: Population, digits: int) -> None:
        self.population, self.digits = population, digits
        self.low, self.high = Fraction(0), None  # type: tuple[Fraction, Fraction | None]
        self.values: list[tuple[Fraction, Fraction]] = []

    def find(self) -> Enclosure | None:
        if not self._bracket():
            return None
        places = min(_COARSE, self.digits)
        for _ in range(_MOST_STEPS):
            at = self._guess()
            width = at / 10**self.digits / 4
            found = self.sign(at, places)
            moved = abs(self.values[-1][0] - self.values[-2][0])
            if places == self.digits + 3 and (found is None or moved < width):
                self.sign(at - width, places)
                self.sign(at + width, places)
                break
            if found is None or moved < at / 10 ** (_COARSE - 1):
                places = self.digits + 3
        assert self.high is not None
        return Enclosure(self.low, self.high)

    def sign(self, z: Fraction, places: int) -> int | None:
        """The sign of the drift, remembered, by bounds of so many decimals."""
        drift = drift_bounds(self.population.factor(z), places)
        found = drift.sign
        if found == -1 and z > self.low:
            self.low = z
        if found == 1 and (self.high is None or z < self.high):
            self.high = z
        if drift.lower is not None:
            self.values.append((z, (drift.lower + drift.upper) / 2))
        return found

    def _bracket(self) -> bool:
        """Doubling up to a positive drift, then halving down to a negative one."""
        z, found = mean_square(self.population) or Fraction(1), None
        for _ in range(_MOST_STEPS):
            found = self.sign(z, _COARSE)
            if found == 1:
                break
            z *= 2
        for _ in range(_MOST_STEPS if self.high is not None else 0):
            if self.low > 0:
                break
            z /= 2
            self.sign(z, _COARSE)
        return self.low > 0 and self.high is not None and len(self.values) > 1

    def _guess(self) -> Fraction:
        """The secant of the last two drifts, inside the bracket, with a few digits more than are asked."""
        assert self.high is not None
        (a, ga), (b, gb) = self.values[-2:]
        guess = b - gb * (b - a) / (gb - ga) if ga != gb else self.low
        if not self.low < guess < self.high:
            guess = (self.low + self.high) / 2
        unit = self.high / Fraction(10) ** (self.digits + 3)
        return Fraction(round(guess / unit)) * unit


def largest_curvature(population: Population) -> Fraction | None:
    """The supremum of X; None where there is none."""
    ends = [_largest(part) for part in population.law.parts]
    known = [end for end in ends if end is not None]
    return max(known) if population.dimension == 1 and len(known) == len(ends) else None


def _largest(part: Part) -> Fraction | None:
    if part.between:
        return largest(part)
    if part.kind not in ("atom", "uniform"):
        return None
    most = max(abs(value) for value in part.parameters)
    return most if part.variable == "x" else most**2


def mean_square(population: Population) -> Fraction | None:
    """The z at which E R^2 = 1, exactly: 2 E X/E X^2, and 2b/(sigma^2 (d + b + 1)) for isotropic features."""
    if population.deviation is not None:
        size = population.dimension + population.batch + 1
        return Fraction(2 * population.batch) / (population.deviation**2 * size)
    if population.gamma is not None:
        shape, scale = population.gamma
        return 2 / ((shape + 1) * scale)
    first, second = Fraction(0), Fraction(0)
    for part in population.law.parts:
        moments = _moments(part)
        if moments is None:
            return None
        first += part.weight * moments[0]
        second += part.weight * moments[1]
    return 2 * first / second


def _moments(part: Part) -> tuple[Fraction, Fraction] | None:
    """E X and E X^2 of one part, where they are rational and finite."""
    if part.between:
        return None
    squared = part.variable == "s"
    raw = [_raw_moment(part, k) for k in ((2, 4) if squared else (1, 2))]
    return None if raw[0] is None or raw[1] is None else (raw[0], raw[1])


def _raw_moment(part: Part, k: int) -> Fraction | None:
    """E v^k of the variable itself, k = 1, 2 or 4."""
    a, b = (*part.parameters, Fraction(0))[:2]
    if part.kind == "atom":
        return a**k
    if part.kind == "uniform":
        return (b ** (k + 1) - a ** (k + 1)) / ((k + 1) * (b - a))
    if part.kind == "normal":
        return a**2 + b**2 if k == 2 else a**4 + 6 * a**2 * b**2 + 3 * b**4
    if part.kind == "exponential":
        return a**k * {1: 1, 2: 2, 4: 24}[k]
    if part.kind == "gamma":
        return a * b if k == 1 else a * (a + 1) * b**2
    if part.kind == "chi-square":
        return a if k == 1 else a * (a + 2)
    if part.kind == "student" and a > k:
        variance = b**2 * a / (a - 2)
        return variance if k == 2 else 3 * variance**2 * (a - 2) / (a - 4)
    return None
