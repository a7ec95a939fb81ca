"""The data set of a certificate, the kind of step, and their fingerprint."""

from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from math import gcd
from typing import Any

from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused, fields, index, items, number, positive, quoted

MOST_SAMPLES = 200_000
MOST_SCALE_BITS = 1 << 16
MOST_TOTAL_BITS = 1 << 27


@dataclass(frozen=True)
class Data:
    """Samples as integers: sample i has curvature numerators[i]/scale and probability weights[i]/total."""

    name: str
    learning_rate: Fraction
    numerators: tuple[int, ...]
    scale: int
    weights: tuple[int, ...]
    total: int
    counted: bool

    @property
    def bits(self) -> int:
        """The size of the largest integer in the samples."""
        return max(self.scale, self.numerators[-1], self.total).bit_length()

    def fingerprint(self) -> str:
        """The sha256 of "learning_rate", "p" or "count", then "x weight" for each sample, a line each.

        Rationals are written in lowest terms as hexadecimal "n/d", counts in hexadecimal.
        """
        lines = [_hexadecimal(self.learning_rate), "count" if self.counted else "p"]
        for u, k in zip(self.numerators, self.weights, strict=True):
            weight = f"{k:x}" if self.counted else _hexadecimal(Fraction(k, self.total))
            lines.append(f"{_hexadecimal(Fraction(u, self.scale))} {weight}")
        return sha256("\n".join(lines).encode()).hexdigest()


@dataclass(frozen=True)
class Step:
    """How one step draws its curvature: kind "single", "full_batch" or "minibatch"."""

    kind: str
    size: int = 1
    replacement: bool = True


def _hexadecimal(q: Fraction) -> str:
    return f"{q.numerator:x}/{q.denominator:x}"


def common_scale(numbers: list[Fraction], work: Work, what: str) -> tuple[tuple[int, ...], int]:
    """Integers u_i and the least v > 0 with numbers[i] = u_i/v, for a non-empty list of bounded size."""
    scale = 1
    for q in numbers:
        work.spend(2 + (scale.bit_length() * q.denominator.bit_length() >> 17))
        if scale % q.denominator:
            scale *= q.denominator // gcd(scale, q.denominator)
        if scale.bit_length() > MOST_SCALE_BITS:
            raise Refused(f"the common denominator of the {what} is too large")
    largest = max(abs(q.numerator).bit_length() for q in numbers)
    if (scale.bit_length() + largest) * len(numbers) > MOST_TOTAL_BITS:
        raise Refused(f"the {what} are too many and too long")
    return tuple(q.numerator * (scale // q.denominator) for q in numbers), scale


def read_data(value: Any, work: Work) -> Data:
    """The `data` object of a certificate; see docs/certificate.md for its rules."""
    table = fields(value, "data", ("name", "learning_rate", "samples"))
    if not isinstance(table["name"], str):
        raise Refused("data.name is not a string")
    learning_rate = positive(table["learning_rate"], "data.learning_rate")
    samples = items(table["samples"], "data.samples")
    if not 1 <= len(samples) <= MOST_SAMPLES:
        raise Refused(f"data.samples does not have 1 to {MOST_SAMPLES} entries")
    counted = isinstance(samples[0], dict) and "count" in samples[0]
    key = "count" if counted else "p"
    xs: list[Fraction] = []
    ps: list[Fraction] = []
    for i, sample in enumerate(samples):
        where = f"data.samples[{i}]"
        row = fields(sample, where, ("x", key))
        xs.append(number(row["x"], f"{where}.x"))
        ps.append(Fraction(index(row[key], f"{where}.count")) if counted else number(row[key], f"{where}.p"))
        if ps[-1] <= 0:
            raise Refused(f"{where} has no positive weight")
        if xs[-1] < 0 or (i > 0 and xs[-1] <= xs[-2]):
            raise Refused(f"{where}.x is negative or not above the one before")
    if xs[-1] == 0:
        raise Refused("every sample has x = 0")
    numerators, scale = common_scale(xs, work, "samples")
    weights, total = common_scale(ps, work, "probabilities")
    if counted:
        total = sum(weights)
    elif sum(weights) != total:
        raise Refused("the probabilities do not sum to 1")
    return Data(table["name"], learning_rate, numerators, scale, weights, total, counted)


def read_step(value: Any) -> Step:
    """The `step` of a claim."""
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind in ("single", "full_batch"):
        fields(value, "step", ("kind",))
        return Step(kind)
    if kind == "minibatch":
        table = fields(value, "step", ("kind", "size", "replacement"))
        size = index(table["size"], "step.size")
        if size < 1 or not isinstance(table["replacement"], bool):
            raise Refused("step.size is 0 or step.replacement is not true or false")
        return Step(kind, size, table["replacement"])
    raise Refused(f"step has the unknown kind {quoted(kind)}")
