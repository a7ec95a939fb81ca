"""Two-sample families {(1, 1 - p), (s, p)}: boxes of (s, p) where SGD is proved inflationary or deflationary.

Lemmas F1, F2 and F3 of docs/families.md: the signs of G at the four corners settle a whole box.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import arb

from catalysis.exact.balls import Ball, ball, ladder, precision, sign
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, exact, exact_text, positive, shown, whole
from catalysis.exact.result import Progress, Result, Verdict

DEFAULT_DEPTH = 7
MAX_DEPTH = 11
"""2^11 cells a side; the grid then takes 4 MB and the work some seconds."""

CORNER_BITS = 256

Range = tuple[Fraction, Fraction]
AnyRange = tuple[Number, Number]
"""What `family_map` takes as the ends of a side of the box."""


@dataclass(frozen=True)
class TwoSampleFamily:
    """The data sets {(1, 1 - p), (s, p)} at a curvature: exactly one of the two fields is given.

    Parameters
    ----------
    fixed : Number > 0
        z = eta lambda, the same for all.
    share : Number, 0 < share < 1
        tau: z = (2 + 2 tau)/max(1, s^2), the point of each data set's own catapult window with the share tau
        of the window below it.

    Raises
    ------
    InputError
        Unless exactly one is given, in its range.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from catalysis import TwoSampleFamily
    >>> str(TwoSampleFamily(share="1/2").curvature(Fraction(2)))
    '3/4'
    """

    fixed: Fraction | None = None
    share: Fraction | None = None

    def __post_init__(self) -> None:
        if (self.fixed is None) == (self.share is None):
            raise InputError("curvature: expected either a fixed lambda or a share of the window")
        if self.fixed is not None:
            object.__setattr__(self, "fixed", positive(self.fixed, "fixed"))
        if self.share is not None:
            object.__setattr__(self, "share", positive(self.share, "share"))
            if self.share >= 1:
                raise InputError(f"share: expected a number in (0, 1), found {exact_text(self.share)}")

    def curvature(self, s: Fraction) -> Fraction:
        """z = eta lambda for the data sets with this s."""
        if self.fixed is not None:
            return self.fixed
        return self._top / max(Fraction(1), s * s)

    @property
    def _top(self) -> Fraction:
        assert self.share is not None
        return 2 + 2 * self.share

    def forbids(self, s: Range, wanted: int) -> bool:
        """Whether the corners prove nothing on [s0, s1] for this sign: hypotheses of F1 and F2."""
        low, high = s[0] ** 2, s[1] ** 2
        if wanted > 0:
            poles = [1 / self.fixed] if self.fixed is not None else [1 / self._top, self._top]
            return any(low <= pole <= high for pole in poles)
        return self.share is not None and low <= 1 <= high

    def to_json(self) -> dict[str, str]:
        if self.fixed is not None:
            return {"fixed": exact_text(self.fixed)}
        assert self.share is not None
        return {"share": exact_text(self.share)}


@dataclass(frozen=True, repr=False)
class SignBox(Result):
    """Certified (F1, F2): G has the `sign` (+1 inflationary, -1 deflationary) at every (s, p) of the box."""

    family: TwoSampleFamily
    sign: int
    s: Range
    p: Range

    @property
    def area(self) -> Fraction:
        return (self.s[1] - self.s[0]) * (self.p[1] - self.p[0])

    @property
    def verdict(self) -> Verdict:
        return Verdict.PROVED

    def fields(self) -> dict[str, Any]:
        return {"verdict": self.verdict.value, "curvature": self.family.to_json(), **self.cell()}

    def cell(self) -> dict[str, Any]:
        """The box in a map, where the family is known."""
        name = "positive" if self.sign > 0 else "negative"
        return {"sign": name, "s": range_json(self.s), "p": range_json(self.p)}


@dataclass(frozen=True, repr=False)
class FamilyMap(Result):
    """A box of (s, p) cut into proved and open parts, to the stated depth.

    Certified: each of `boxes`, which have disjoint interiors (F3); nothing is said about the rest, whose area
    is exactly `open_area`.

    Attributes
    ----------
    boxes : tuple of SignBox
        What is proved.
    total_area, open_area : Fraction
        Of the whole box, and of what is open.
    """

    family: TwoSampleFamily
    s: Range
    p: Range
    depth: int
    boxes: tuple[SignBox, ...]

    def __repr__(self) -> str:
        return (
            f"FamilyMap({self.family}, {len(self.boxes)} boxes, inflationary {float(self.area(1)):.4g}, "
            f"deflationary {float(self.area(-1)):.4g}, open {float(self.open_area):.4g})"
        )

    @property
    def total_area(self) -> Fraction:
        return (self.s[1] - self.s[0]) * (self.p[1] - self.p[0])

    def area(self, sign: int) -> Fraction:
        """The exact area proved to have this sign."""
        return sum((box.area for box in self.boxes if box.sign == sign), Fraction(0))

    @property
    def open_area(self) -> Fraction:
        return self.total_area - self.area(1) - self.area(-1)

    @property
    def verdict(self) -> Verdict:
        """Of the whole box; each of `boxes` is proved by itself."""
        return Verdict.UNDECIDED if self.open_area else Verdict.PROVED

    def fields(self) -> dict[str, Any]:
        document = {
            "verdict": self.verdict.value,
            "curvature": self.family.to_json(),
            "s": range_json(self.s),
            "p": range_json(self.p),
            "depth": self.depth,
            "total_area": exact_text(self.total_area),
            "positive_area": exact_text(self.area(1)),
            "negative_area": exact_text(self.area(-1)),
            "open_area": exact_text(self.open_area),
            "boxes": [box.cell() for box in self.boxes],
        }
        return document if self.reason is None else {**document, "reason": self.reason}

    @property
    def reason(self) -> str | None:
        """Why the whole box is not settled."""
        if not self.open_area:
            return None
        share = f"{float(self.open_area / self.total_area):.3g}"
        return f"a share of {share} is open at depth {self.depth}: allow more (--depth)"


def range_json(ends: Range) -> dict[str, str]:
    """A closed interval with exact ends."""
    return {"from": exact_text(ends[0]), "to": exact_text(ends[1])}


def sign_box(family: TwoSampleFamily, s: AnyRange, p: AnyRange) -> SignBox | None:
    """The box with its sign if the corners settle it (F1, F2), else None. Raises InputError for a bad box."""
    family, s, p = _box(family, s, p)
    signs = {_sign(family, a, q) for a in s for q in p}
    (found,) = signs if len(signs) == 1 else (None,)
    return None if found is None or family.forbids(s, found) else SignBox(family, found, s, p)


def family_map(
    family: TwoSampleFamily,
    s: AnyRange,
    p: AnyRange,
    *,
    depth: int = DEFAULT_DEPTH,
    progress: Progress | None = None,
) -> FamilyMap:
    """Cut a box of two-sample data sets into inflationary, deflationary and open parts, by repeated quartering.

    Certified box by box (F1 to F3): the sign of G for every data set in it.

    Parameters
    ----------
    family : TwoSampleFamily
        The data sets {(1, 1 - p), (s, p)}, and the curvature at which they are looked at.
    s, p : pair of Number
        0 <= s[0] < s[1] and 0 <= p[0] < p[1] <= 1.
    depth : int, 0 to 11
        How often an undecided box is cut in four.
    progress : callable
        Called as `progress(done, total)`, in cells of the finest grid.

    Returns
    -------
    FamilyMap
        Settled cells that make up a rectangle are merged; nothing is said about `open_area`.

    Raises
    ------
    InputError
        For bad arguments.

    Examples
    --------
    >>> from catalysis import TwoSampleFamily, family_map
    >>> found = family_map(TwoSampleFamily(share="1/2"), ("1.2", "1.8"), ("0.4", "0.6"), depth=4)
    >>> str(found.area(-1)), str(found.area(1)), str(found.total_area)
    ('231/3200', '249/6400', '3/25')
    """
    family, s, p = _box(family, s, p)
    if s[0] == s[1] or p[0] == p[1]:
        raise InputError("s, p: expected from < to")
    depth = whole(depth, "depth", most=MAX_DEPTH)
    grid = _Grid(family, s, p, depth)
    labels = grid.settle(progress)
    boxes = tuple(grid.box(sign, columns, rows) for sign, columns, rows in _rectangles(labels))
    return FamilyMap(family, s, p, depth, boxes)


def _box(family: object, s: object, p: object) -> tuple[TwoSampleFamily, Range, Range]:
    if not isinstance(family, TwoSampleFamily):
        raise InputError(f"family: expected a TwoSampleFamily, found {shown(family)}")
    s, p = _range(s, "s"), _range(p, "p")
    if not 0 <= s[0] <= s[1]:
        raise InputError(f"s: expected 0 <= from <= to, found {exact_text(s[0])}..{exact_text(s[1])}")
    if not 0 <= p[0] <= p[1] <= 1:
        raise InputError(f"p: expected 0 <= from <= to <= 1, found {exact_text(p[0])}..{exact_text(p[1])}")
    return family, s, p


def _range(value: object, what: str) -> Range:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise InputError(f"{what}: expected two numbers, from and to, found {shown(value)}")
    return exact(value[0], what), exact(value[1], what)


def _logs(family: TwoSampleFamily, s: Fraction, bits: int) -> tuple[Ball | None, Ball | None]:
    """log|1 - z| and log|1 - z s^2|; None for -inf. Call within `precision(bits)`."""
    z = family.curvature(s)
    sizes = abs(1 - z), abs(1 - z * s * s)
    first, second = (ball(size).log() if size else None for size in sizes)
    return first, second


def _drift_sign(logs: tuple[Ball | None, Ball | None], p: Fraction) -> int | None:
    """The sign of (1 - p) log|1 - z| + p log|1 - z s^2|, None if undecided (or 0)."""
    total = arb(0)
    for weight, log in zip((1 - p, p), logs, strict=True):
        if weight == 0:
            continue
        if log is None:
            return -1
        total += ball(weight) * log
    return sign(total) or None


def _sign(family: TwoSampleFamily, s: Fraction, p: Fraction) -> int | None:
    for bits in ladder(CORNER_BITS):
        with precision(bits):
            found = _drift_sign(_logs(family, s, bits), p)
        if found is not None:
            return found
    return None


class _Grid:
    """The lines of the finest grid, with the logarithms of each column worked out once."""

    def __init__(self, family: TwoSampleFamily, s: Range, p: Range, depth: int) -> None:
        self.family, self.side = family, 1 << depth
        self.s = [s[0] + (s[1] - s[0]) * i / self.side for i in range(self.side + 1)]
        self.p = [p[0] + (p[1] - p[0]) * j / self.side for j in range(self.side + 1)]
        with precision(64):
            self.logs = [_logs(family, a, 64) for a in self.s]
        self.known: dict[tuple[int, int], int | None] = {}

    def corner(self, i: int, j: int) -> int | None:
        if (i, j) not in self.known:
            with precision(64):
                found = _drift_sign(self.logs[i], self.p[j])
            self.known[i, j] = _sign(self.family, self.s[i], self.p[j]) if found is None else found
        return self.known[i, j]

    def cell(self, i: int, j: int, size: int) -> int:
        """+1 or -1 if the square of `size` cells from (i, j) on is settled, else 0."""
        first = self.corner(i, j)
        if first is None or self.family.forbids((self.s[i], self.s[i + size]), first):
            return 0
        others = ((i + size, j), (i, j + size), (i + size, j + size))
        return first if all(self.corner(*other) == first for other in others) else 0

    def settle(self, progress: Progress | None) -> npt.NDArray[np.int8]:
        """The sign of each cell of the finest grid, 0 where it is open; first index s, second p."""
        labels = np.zeros((self.side, self.side), np.int8)
        waiting, done = [(0, 0, self.side)], 0
        while waiting:
            i, j, size = waiting.pop()
            found = self.cell(i, j, size)
            if not found and size > 1:
                half = size // 2
                waiting += [(i + a, j + b, half) for a in (0, half) for b in (0, half)]
                continue
            labels[i : i + size, j : j + size] = found
            before, done = done, done + size * size
            if progress is not None and (before // self.side != done // self.side):
                progress(done, self.side**2)
        return labels

    def box(self, found: int, columns: tuple[int, int], rows: tuple[int, int]) -> SignBox:
        """The merged box; its own corners are corners of settled cells, so it is settled as a whole."""
        s, p = (self.s[columns[0]], self.s[columns[1]]), (self.p[rows[0]], self.p[rows[1]])
        corners = {self.corner(i, j) for i in columns for j in rows}
        if corners != {found} or self.family.forbids(s, found):
            raise AssertionError("a merged box is not settled by its corners")
        return SignBox(self.family, found, s, p)


@dataclass
class _Open:
    """A rectangle that may still grow by the next column."""

    sign: int
    rows: tuple[int, int]
    start: int

    def closed(self, end: int) -> tuple[int, tuple[int, int], tuple[int, int]]:
        return self.sign, (self.start, end), self.rows


def _rectangles(
    labels: npt.NDArray[np.int8],
) -> Iterator[tuple[int, tuple[int, int], tuple[int, int]]]:
    """Sign, columns and rows of rectangles that cover the settled cells, each cell once."""
    growing: list[_Open] = []
    for i, column in enumerate(labels):
        runs = set(_runs(column))
        kept = [one for one in growing if (one.sign, one.rows) in runs]
        yield from (one.closed(i) for one in growing if (one.sign, one.rows) not in runs)
        old = {(one.sign, one.rows) for one in kept}
        growing = kept + [_Open(found, rows, i) for found, rows in sorted(runs - old)]
    yield from (one.closed(len(labels)) for one in growing)


def _runs(column: npt.NDArray[np.int8]) -> Iterator[tuple[int, tuple[int, int]]]:
    """The stretches of equal sign, without the open ones."""
    cuts = [0, *(np.flatnonzero(np.diff(column)) + 1).tolist(), column.size]
    for start, end in pairwise(cuts):
        if column[start]:
            yield int(column[start]), (start, end)
