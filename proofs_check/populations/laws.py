"""The laws that a claim may name, all of the curvature X, read at one z."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import log_of
from proofs_check.core.reading import Refused, fields, items, number, positive, quoted
from proofs_check.core.wording import exact
from proofs_check.populations.densities import Density, LogNormal, Powers, Samples, Stretch, Student
from proofs_check.populations.moments import (
    AtomLaw,
    DensityLaw,
    GammaLaw,
    MixtureLaw,
    Population,
    Single,
    UniformLaw,
)

MOST_PARTS = 50
Between = tuple[Fraction, Fraction] | None


def read_law(value: Any, rate: Fraction) -> Population:
    """The law of a claim, of the curvature X, at z = `rate`."""
    if not isinstance(value, dict) or value.get("kind") != "mixture":
        return _single(value, rate)
    parts = []
    listed = items(fields(value, "law", ("kind", "parts"))["parts"], "parts")
    if len(listed) > MOST_PARTS:
        raise Refused(f"law has more than {MOST_PARTS} parts")
    for entry in listed:
        table = fields(entry, "part", ("weight", "law"))
        parts.append((positive(table["weight"], "weight"), _single(table["law"], rate)))
    if sum(weight for weight, _ in parts) != 1:
        raise Refused("the weights of the law do not sum to 1")
    return MixtureLaw(tuple(parts))


def _single(value: Any, z: Fraction) -> Single:
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind == "gamma":
        table = fields(value, "law", ("kind", "shape", "scale"))
        return GammaLaw(positive(table["shape"], "shape"), positive(table["scale"], "scale"), z)
    if kind == "uniform":
        table = fields(value, "law", ("kind", "low", "high"))
        low, high = number(table["low"], "low"), positive(table["high"], "high")
        if not 0 <= low < high:
            raise Refused("law does not have 0 <= low < high")
        return UniformLaw(low, high, z)
    if kind == "atom":
        at = number(fields(value, "law", ("kind", "value"))["value"], "value")
        if at < 0:
            raise Refused("a value of X is negative")
        return AtomLaw(at, abs(1 - z * at))
    if kind == "truncated":
        table = fields(value, "law", ("kind", "of", "low", "high"))
        low, high = number(table["low"], "low"), number(table["high"], "high")
        if low >= high:
            raise Refused("law does not have low < high")
        return _density(table["of"], z, (low, high))
    return _density(value, z, None)


def _density(value: Any, z: Fraction, between: Between) -> DensityLaw:
    """A law with a density that is integrated by panels; `between` cuts s for a square, X for other laws."""
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind == "square":
        return _square(fields(value, "law", ("kind", "of"))["of"], z, between)
    if between is not None and between[0] < 0:
        raise Refused("a law of X is cut below 0")
    stretch = Stretch(1, z * between[0], z * between[1]) if between else Stretch(1, Fraction(0), None)
    if kind == "lognormal":
        table = fields(value, "law", ("kind", "mean", "deviation"))
        mean, deviation = number(table["mean"], "mean"), positive(table["deviation"], "deviation")
        rate = 1 / (2 * deviation**2)
        text = f"the lognormal law, log X of mean {exact(mean)} and standard deviation {exact(deviation)}"
        constant = rate * _gap(between, mean) ** 2
        return _of_x(text, LogNormal((stretch,), z, mean, rate, constant), stretch, between)
    if kind == "gamma" and between:
        table = fields(value, "law", ("kind", "shape", "scale"))
        shape, scale = positive(table["shape"], "shape"), positive(table["scale"], "scale")
        text = f"the gamma law of shape {exact(shape)} and scale {exact(scale)}"
        top = min(max((shape - 1) * scale, between[0]), between[1])
        constant = top / scale - ((shape - 1) * _log(z * top) if top else 0)
        return _of_x(text, Powers((stretch,), shape - 1, -1 / (z * scale), constant), stretch, between)
    raise Refused(f"the unknown law {quoted(kind)}")


def _of_x(text: str, density: Density, stretch: Stretch, between: Between) -> DensityLaw:
    cut = f", given {exact(between[0])} <= X <= {exact(between[1])}" if between else ""
    return DensityLaw(text + cut, density, stretch.high is not None and stretch.high <= 2)


@dataclass(frozen=True)
class _Samples:
    """A law of s before it is squared; `one_side`: positive, or, if whole, the same on both sides of 0."""

    text: str
    between: Between
    one_side: bool = False

    def stretches(self, z: Fraction) -> tuple[Stretch, ...]:
        """Each sign of s; one that counts for both where that is enough."""
        if self.between is None:
            sides = (1,) if self.one_side else (1, -1)
            return tuple(Stretch(side, Fraction(0), None) for side in sides)
        low, high = self.between
        found = []
        if high > 0:
            found.append(Stretch(1, z * max(low, Fraction(0)) ** 2, z * high**2))
        if low < 0:
            found.append(Stretch(-1, z * min(high, Fraction(0)) ** 2, z * low**2))
        return tuple(found)

    def squared(self, density: Density, most: Fraction | None = None, cut: bool = True) -> DensityLaw:
        given = (
            f", given {exact(self.between[0])} <= s <= {exact(self.between[1])}"
            if self.between and cut
            else ""
        )
        stable = all(one.high is not None and one.high <= 2 for one in density.stretches)
        return DensityLaw(f"the law of s^2, {self.text}{given}", density, stable, most)


def _square(value: Any, z: Fraction, between: Between) -> DensityLaw:
    """The law of s^2."""
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind == "normal":
        return _normal(fields(value, "law", ("kind", "mean", "deviation")), z, between)
    if kind == "student":
        return _student(fields(value, "law", ("kind", "freedom", "scale")), z, between)
    if kind == "exponential":
        mean = positive(fields(value, "law", ("kind", "mean"))["mean"], "mean")
        low = between[0] if between else Fraction(0)
        if low < 0:
            raise Refused("a positive law is cut below 0")
        of = _Samples(f"s exponential of mean {exact(mean)}", between, True)
        return of.squared(Samples(of.stretches(z), z, Fraction(0), -1 / mean, low / mean))
    if kind == "uniform" and between is None:
        table = fields(value, "law", ("kind", "low", "high"))
        low, high = number(table["low"], "low"), number(table["high"], "high")
        if low >= high:
            raise Refused("law does not have low < high")
        of = _Samples(f"s uniform on [{exact(low)}, {exact(high)}]", (low, high))
        return of.squared(Powers(of.stretches(z), Fraction(-1, 2)), cut=False)
    raise Refused(f"the unknown law {quoted(kind)}")


def _normal(table: dict[str, Any], z: Fraction, between: Between) -> DensityLaw:
    mean, deviation = number(table["mean"], "mean"), positive(table["deviation"], "deviation")
    rate = 1 / (2 * deviation**2)
    nearest = min(max(mean, between[0]), between[1]) if between else mean
    of = _Samples(f"s normal of mean {exact(mean)} and standard deviation {exact(deviation)}", between)
    constant = rate * ((nearest - mean) ** 2 - mean**2)
    return of.squared(Samples(of.stretches(z), z, rate, 2 * rate * mean, constant))


def _student(table: dict[str, Any], z: Fraction, between: Between) -> DensityLaw:
    freedom, scale = positive(table["freedom"], "freedom"), positive(table["scale"], "scale")
    of = _Samples(f"s {exact(scale)} times a Student t of {exact(freedom)} degrees of freedom", between, True)
    density = Student(of.stretches(z), freedom, z * scale**2 * freedom)
    return of.squared(density, None if between else freedom / 2)


def _gap(between: Between, mean: Fraction) -> Fraction:
    """About the distance of `mean` from the logarithms of the range: any rational is right."""
    if between is None:
        return Fraction(0)
    low = _log(between[0]) if between[0] else mean
    return min(max(mean, low), _log(between[1])) - mean


def _log(q: Fraction) -> Fraction:
    """About log q."""
    lo, hi = log_of(q, 64)
    return Fraction(lo + hi, 2**65)
