"""What a data set is: training inputs with exact weights, and a learning rate."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from itertools import groupby, pairwise
from typing import Any, Self

from catalysis.exact.memory import uncollected
from catalysis.exact.numbers import (
    MAX_DIGITS,
    MAX_RATIO_BITS,
    DataError,
    Number,
    at,
    brief,
    check_length,
    decimal,
    exact,
    exact_text,
    is_float,
    nearest_doubles,
    positive,
    shown,
)

FLOAT_NOTE = "floats taken at their exact binary value"

MAX_COUNT = 10**18
"""The counts of a data set sum to less than this."""

MAX_NAME = 200

SAMPLE_KEYS = ("s", "x", "p", "count")

Row = tuple[str, object]
"""Where a sample stands, and what should be a mapping from SAMPLE_KEYS to numbers."""


@dataclass(frozen=True, repr=False, slots=True)
class Sample:
    """A training input and its probability.

    Parameters
    ----------
    s : Fraction or None
        The signed input; None where only `x` is known.
    x : Fraction >= 0
        The curvature s^2.
    p : Fraction > 0
        The probability.
    count : int >= 1
        How often the input occurs, if known.

    Raises
    ------
    DataError
        If a field is out of its range, or x is not s^2.

    Examples
    --------
    >>> from catalysis import parse_samples
    >>> sample = parse_samples("1:1/2, x=2:1/2").samples[1]
    >>> sample.s, str(sample.x), str(sample.p)
    (None, '2', '1/2')
    """

    s: Fraction | None
    x: Fraction
    p: Fraction
    count: int | None = None

    def __post_init__(self) -> None:
        if self.s is not None and check_length(self.s, "s") ** 2 != self.x:
            raise DataError("x: expected the square of s")
        _check_curvature(self.x, "x")
        _check_positive(self.p, "p")
        if self.count is not None:
            _count(self.count)

    def __repr__(self) -> str:
        value = f"x={brief(self.x)}" if self.s is None else f"s={brief(self.s)}"
        return f"Sample({value}, {f'p={brief(self.p)}' if self.count is None else f'count={self.count}'})"


def trusted_sample(s: Fraction | None, x: Fraction, p: Fraction, count: int | None) -> Sample:
    """A sample whose fields are known to be in their ranges, unchecked: ten times as fast."""
    made = _new(Sample)
    _set_s(made, s)
    _set_x(made, x)
    _set_p(made, p)
    _set_count(made, count)
    return made


_new = object.__new__
_set_s, _set_x, _set_p, _set_count = (getattr(Sample, name).__set__ for name in ("s", "x", "p", "count"))


@dataclass(frozen=True, repr=False)
class Dataset:
    """A finite law of training inputs, with a learning rate; every number is rational.

    Usually made by `load_dataset`, `parse_samples`, `from_arrays` or `from_rows`.

    Parameters
    ----------
    name : str
        Shown in results and certificates.
    learning_rate : Fraction > 0
        eta.
    samples : tuple of Sample
        Their weights `p` sum to exactly 1, some `x` is positive; counts are known for all or for none, and
        then `p = count / total_count`.
    notes : tuple of str
        What was done when the data were read.
    origin : str
        The file that they were read from, if any.

    Raises
    ------
    DataError
        Where one of these does not hold.

    Examples
    --------
    >>> from catalysis import Dataset
    >>> data = Dataset.from_arrays([1, "1.3"], p=["1/2", "1/2"], learning_rate="0.1", name="mine")
    >>> data.name, len(data.samples), data.fingerprint()[:8]
    ('mine', 2, '42b4d1a8')
    """

    name: str
    learning_rate: Fraction
    samples: tuple[Sample, ...]
    notes: tuple[str, ...] = field(default=(), compare=False)
    origin: str = field(default="", compare=False)
    """Where in a table the samples stood, for people."""

    def __post_init__(self) -> None:
        check_name(self.name)
        _check_positive(self.learning_rate, "eta")
        if not isinstance(self.samples, tuple) or not all(isinstance(s, Sample) for s in self.samples):
            raise DataError("samples: expected a tuple of samples (from_arrays and from_rows make one)")
        if not self.samples:
            raise DataError("samples: expected at least one sample")
        _check_counts(self.samples)
        total = _sum_of_weights(self.samples)
        if total != 1:
            advice = (
                f" ({FLOAT_NOTE}; give strings, or counts)" if FLOAT_NOTE in self.notes else _advice(total)
            )
            raise DataError(f"p: expected weights that sum to 1, their sum is {_near_one(total)}{advice}")
        if not any(sample.x for sample in self.samples):
            raise DataError("s: expected some sample that is not 0")

    def __repr__(self) -> str:
        more = len(self.samples) - 6
        listed = ", ".join(map(repr, self.samples[:6])) + (f", {more} more" if more > 0 else "")
        return f"Dataset({self.name!r}, learning_rate={brief(self.learning_rate)}, samples=[{listed}])"

    @property
    def total_count(self) -> int | None:
        """The number of items of the data set, None where only their weights are known."""
        counts = _counts(self.samples)
        return sum(counts) if counts else None

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: what has been worked out from them is worked out again."""
        return {key: value for key, value in self.__dict__.items() if key not in _WORKED_OUT}

    def merged(self) -> tuple[Sample, ...]:
        """The samples by curvature: `x` strictly increasing, equal `x` merged, signs dropped."""
        with uncollected():
            return self._merged

    @cached_property
    def _merged(self) -> tuple[Sample, ...]:
        # rounding is monotone: doubles sort, and the numbers themselves where these agree
        doubles = nearest_doubles([sample.x for sample in self.samples])
        order = sorted(range(len(doubles)), key=doubles.__getitem__)
        ordered = [self.samples[i] for i in order]
        cuts = [k for k in range(1, len(order)) if doubles[order[k - 1]] != doubles[order[k]]]
        if len(cuts) == len(order) - 1:
            return tuple(map(_unsigned, ordered))
        merged: list[Sample] = []
        for start, stop in pairwise([0, *cuts, len(order)]):
            if stop == start + 1:
                merged.append(_unsigned(ordered[start]))
            else:
                near = sorted(ordered[start:stop], key=_curvature)
                merged += [_as_one(list(alike)) for _, alike in groupby(near, key=_curvature)]
        return tuple(merged)

    def with_learning_rate(self, eta: Number) -> Self:
        """The same samples with another learning rate.

        Parameters
        ----------
        eta : Number > 0
            The learning rate.

        Returns
        -------
        Dataset
            All else as here.

        Raises
        ------
        DataError
            Unless eta > 0.

        Examples
        --------
        >>> from catalysis import catapult_window, load_dataset
        >>> data = load_dataset("examples/talk-1.toml").with_learning_rate("0.1")
        >>> str(catapult_window(data).lambda_crit)
        '2000/169'
        """
        return replace(self, learning_rate=positive(eta, "eta"))

    def to_json(self) -> dict[str, Any]:
        """The `data` object of a certificate, see docs/certificate.md."""
        return {
            "name": self.name,
            "learning_rate": str(self.learning_rate),
            "samples": [
                {"x": str(s.x), "p": str(s.p)} if s.count is None else {"x": str(s.x), "count": s.count}
                for s in self.merged()
            ],
        }

    def fingerprint(self) -> str:
        """The SHA-256 by which certificates and the checker name this data set (docs/certificate.md)."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        merged = self.merged()
        counted = merged[0].count is not None
        lines = [_hexadecimal(self.learning_rate), "count" if counted else "p"]
        for sample in merged:
            weight = _hexadecimal(sample.p) if sample.count is None else f"{sample.count:x}"
            lines.append(f"{_hexadecimal(sample.x)} {weight}")
        return sha256("\n".join(lines).encode()).hexdigest()

    def heading(self) -> dict[str, Any]:
        """How the envelope of a result names this data set."""
        return {
            "data": {"name": self.name, "sha256": self.fingerprint()},
            "eta": exact_text(self.learning_rate),
        }

    @classmethod
    def from_rows(
        cls,
        name: str,
        learning_rate: object,
        rows: Iterable[Row],
        *,
        notes: Sequence[str] = (),
        origin: str = "",
        normalise: bool = False,
    ) -> Self:
        """A data set from samples as they were written: numbers read exactly, equal samples merged.

        Parameters
        ----------
        name : str
            The name of the data set.
        learning_rate : Number > 0
            eta.
        rows : iterable of (place, mapping)
            Where a sample stands, and its `s` or `x`, with `p`, `count` or neither: the same in all rows
            (neither: each row counts 1).
        notes : sequence of str
            May grow while the rows are read.
        origin : str
            The file that they come from.
        normalise : bool
            Weights whose sum is within 1 % of 1 (or 100: percentages) are divided by it, which `notes` then
            say.

        Returns
        -------
        Dataset
            With a `Sample` for each different input.

        Raises
        ------
        DataError
            It names the row and the field.

        Examples
        --------
        >>> from catalysis import Dataset
        >>> rows = [("row 1", {"s": "1", "count": 3}), ("row 2", {"x": "2", "count": 1})]
        >>> [(str(sample.x), str(sample.p)) for sample in Dataset.from_rows("mine", 1, rows).samples]
        [('1', '3/4'), ('2', '1/4')]
        """
        eta = _check_positive(exact(learning_rate, "eta"), "eta")
        return cls.from_samples(name, eta, _merge(rows), notes=notes, origin=origin, normalise=normalise)

    @classmethod
    def from_samples(
        cls,
        name: str,
        eta: Fraction,
        samples: tuple[Sample, ...],
        *,
        notes: Sequence[str] = (),
        origin: str = "",
        normalise: bool = False,
    ) -> Self:
        """A data set from samples, no two alike; `normalise` as in `from_rows`. Raises DataError."""
        said = tuple(notes)
        if normalise and samples and samples[0].count is None:
            total = _sum_of_weights(samples)
            samples = _normalised(samples, total)
            said += (f"weights summed to {_near_one(total)}: each divided by that",) if total != 1 else ()
        return cls(name, eta, samples, said, origin)

    @classmethod
    def from_arrays(
        cls,
        s: Iterable[object] | None = None,
        *,
        x: Iterable[object] | None = None,
        p: Iterable[object] | None = None,
        counts: Iterable[object] | None = None,
        learning_rate: object = "1",
        name: str = "array",
    ) -> Self:
        """A data set from one-dimensional arrays or sequences of one length, float or exact.

        Parameters
        ----------
        s, x : array of numbers, shape (m,)
            The inputs, or their squares: give one of the two. A Counter brings its counts along.
        p, counts : array of numbers, shape (m,)
            The weights: one of the two, or neither (then each entry counts 1).
        learning_rate : Number > 0
            eta.
        name : str
            The name of the data set.

        Returns
        -------
        Dataset
            Floats are taken at their exact binary value; `notes` says so.

        Raises
        ------
        DataError
            It names the entry.

        Examples
        --------
        >>> import numpy as np
        >>> from catalysis import Dataset
        >>> data = Dataset.from_arrays(np.array([1.0, 1.5]), counts=[3, 1])
        >>> [str(sample.p) for sample in data.samples], data.notes
        (['3/4', '1/4'], ('floats taken at their exact binary value',))
        """
        with at(name):
            s, x, counts = _uncounted(s, x, counts)
            given = {"s": s, "x": x, "p": p, "count": counts}
            columns = {key: _entries(values, key) for key, values in given.items() if values is not None}
            if ("s" in columns) == ("x" in columns):
                raise DataError("expected either s or x")
            if len({len(column) for column in columns.values()}) > 1:
                lengths = ", ".join(f"{len(column)} of {key}" for key, column in columns.items())
                raise DataError(f"expected as many entries in each array, found {lengths}")
            cells = zip(*columns.values(), strict=True)
            rows = ((f"entry {i}", dict(zip(columns, row, strict=True))) for i, row in enumerate(cells))
            floats = any(is_float(v) for column in ([learning_rate], *columns.values()) for v in column)
            return cls.from_rows(name, learning_rate, rows, notes=(FLOAT_NOTE,) if floats else ())


_WORKED_OUT = ("_merged", "_fingerprint")


def _as_one(alike: list[Sample]) -> Sample:
    """Samples of one curvature as one, without its sign."""
    first = alike[0]
    if len(alike) == 1:
        return _unsigned(first)
    counts = [sample.count for sample in alike if sample.count is not None]
    return trusted_sample(None, first.x, _sum_of_weights(alike), sum(counts) if counts else None)


def _unsigned(sample: Sample) -> Sample:
    return sample if sample.s is None else trusted_sample(None, sample.x, sample.p, sample.count)


def _curvature(sample: Sample) -> Fraction:
    return sample.x


def _hexadecimal(value: Fraction) -> str:
    return f"{value.numerator:x}/{value.denominator:x}"


def check_name(name: object) -> str:
    """The name itself, if it is printable text of at most MAX_NAME characters. Raises DataError."""
    if isinstance(name, str) and name.isprintable() and 0 < len(name) <= MAX_NAME:
        return name
    raise DataError(f"name: expected 1 to {MAX_NAME} printable characters, found {shown(name)}")


def known_fields(content: object, known: Sequence[str]) -> Mapping[str, object]:
    """The mapping itself, if all its keys are known. Raises DataError."""
    if not isinstance(content, Mapping):
        raise DataError(f"expected the keys {', '.join(known)}, found {shown(content)}")
    for key in content:
        if key not in known:
            raise DataError(f"expected the keys {', '.join(known)}, found {shown(key)}")
    return content


def _merge(rows: Iterable[Row]) -> tuple[Sample, ...]:
    """Rows to samples, in the order of first appearance."""
    weights: dict[tuple[Fraction | None, Fraction], Fraction] = {}
    kind = None
    for place, content in rows:
        with at(place):
            cells = known_fields(content, SAMPLE_KEYS)
            key, previous = _value(cells), kind
            kind, weight = _weight(cells)
            if previous not in (None, kind):
                raise DataError("expected p for all samples, count for all, or neither for all")
            weights[key] = check_length(weights.get(key, Fraction(0)) + weight, kind)
    if kind == "p":
        return tuple(Sample(s, x, p) for (s, x), p in weights.items())
    total = sum(weights.values())
    return tuple(Sample(s, x, n / total, n.numerator) for (s, x), n in weights.items())


def _value(cells: Mapping[str, object]) -> tuple[Fraction | None, Fraction]:
    if ("s" in cells) == ("x" in cells):
        raise DataError("expected either s or x")
    if "x" in cells:
        return None, _check_curvature(exact(cells["x"], "x"), "x")
    s = exact(cells["s"], "s")
    return s, _check_curvature(s * s, "the square of s")


def _weight(cells: Mapping[str, object]) -> tuple[str, Fraction]:
    """Which kind of weight a row has, and the weight."""
    if "p" in cells and "count" in cells:
        raise DataError("expected p or count, not both")
    if "p" in cells:
        return "p", _check_positive(exact(cells["p"], "p"), "p")
    if "count" in cells:
        return "count", Fraction(_count(cells["count"]))
    return "neither", Fraction(1)


def _check_curvature(value: Fraction, what: str) -> Fraction:
    if check_length(value, what) < 0:
        raise DataError(f"{what}: expected a number >= 0, found {brief(value)}")
    return value


def _check_positive(value: Fraction, what: str) -> Fraction:
    if check_length(value, what) <= 0:
        raise DataError(f"{what}: expected a number > 0, found {brief(value)}")
    return value


def _count(value: object) -> int:
    count = exact(value, "count")
    if count.denominator != 1 or not 0 < count < MAX_COUNT:
        raise DataError(f"count: expected a positive integer below 10^18, found {brief(count)}")
    return count.numerator


def _counts(samples: Iterable[Sample]) -> list[int]:
    return [sample.count for sample in samples if sample.count is not None]


def _check_counts(samples: Sequence[Sample]) -> None:
    counts = _counts(samples)
    total = sum(counts)
    if counts and len(counts) < len(samples):
        raise DataError("count: expected a count for every sample, or for none")
    if total >= MAX_COUNT:
        raise DataError("count: expected counts that sum to less than 10^18")
    if any(s.count is not None and s.p.numerator * total != s.count * s.p.denominator for s in samples):
        raise DataError("p: expected the count divided by the sum of all counts")


def _sum_of_weights(samples: Iterable[Sample]) -> Fraction:
    """The sum of p over a common denominator, which is refused before it grows out of bounds."""
    numerators: dict[int, int] = {}
    for sample in samples:
        d = sample.p.denominator
        numerators[d] = numerators.get(d, 0) + sample.p.numerator
    common = 1
    for d in numerators:
        common = math.lcm(common, d)
        if common.bit_length() > MAX_RATIO_BITS:
            raise DataError(f"p: expected weights with a common denominator of at most {MAX_DIGITS} digits")
    return Fraction(sum(n * (common // d) for d, n in numerators.items()), common)


def _near(total: Fraction, whole_: int) -> bool:
    """Whether a sum differs from 1 (or 100) by rounding alone."""
    return abs(total - whole_) <= Fraction(whole_, 100)


def _normalised(samples: tuple[Sample, ...], total: Fraction) -> tuple[Sample, ...]:
    if not (_near(total, 1) or _near(total, 100)):
        raise DataError(f"p: expected weights that sum to 1 up to rounding, their sum is {_near_one(total)}")
    return tuple(replace(sample, p=sample.p / total) for sample in samples)


def _advice(total: Fraction) -> str:
    """What may be meant by weights that do not sum to 1."""
    if _near(total, 100):
        return " (percentages? --normalise, or normalise=True, divides by their sum)"
    if _near(total, 1):
        return " (rounded? --normalise, or normalise=True, divides by their sum)"
    return ""


def _near_one(total: Fraction) -> str:
    """A sum of weights as a ratio and as a decimal, in which a difference from 1 stays visible."""
    rounded = decimal(total)
    if Decimal(rounded) == 1:
        rounded = f"1 {'+' if total > 1 else '-'} {decimal(abs(total - 1))}"
    ratio = brief(total)
    return f"about {rounded}" if ratio.startswith("~") else f"{ratio} = {rounded}"


def _uncounted(s: Any, x: Any, counts: Any) -> tuple[Any, Any, Any]:
    """A Counter as its entries and their counts; everything else as it is."""
    for value in (s, x):
        if isinstance(value, Counter):
            if counts is not None:
                raise DataError("counts: expected none beside a Counter")
            entries, counts = list(value), list(value.values())
            return (entries, x, counts) if value is s else (s, entries, counts)
    return s, x, counts


def _entries(values: Iterable[object], what: str) -> list[object]:
    if isinstance(values, Mapping):
        raise DataError(f"{what}: expected a sequence, found a mapping (give its keys, and counts=)")
    if what != "count" and getattr(values, "name", None) == "count" and hasattr(values, "index"):
        raise DataError(  # what pandas' value_counts() makes
            f"{what}: expected the values, found their counts (give {what}=series.index, counts=series)"
        )
    try:
        if not isinstance(values, str | bytes):
            return list(values)
    except TypeError:  # an array without dimensions cannot be iterated
        pass
    raise DataError(f"{what}: expected a one-dimensional array, found {shown(values)}")
