"""Upper bounds of P(A), A = {|kappa| reaches c}: one class for each `upper_proof`."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from proofs_check.core.budget import decide
from proofs_check.core.reading import Refused, fields, index, items, number, positive, quoted
from proofs_check.linear.moment import moment_at_most_one
from proofs_check.nonlinear.aligned_cells import check_aligned, check_bottom
from proofs_check.nonlinear.aligned_table import KEYS, AlignedTable, read_aligned
from proofs_check.nonlinear.width_cells import check_table
from proofs_check.nonlinear.width_closed import exp_above, falls, log_of, log_power, moment
from proofs_check.nonlinear.width_start import Start, Told, bits
from proofs_check.nonlinear.width_table import SCALE, Table, integers, read_table
from proofs_check.nonlinear.words import Words

MOST_BITS = 4096
MOST_BARRIER_BITS = 1024
MOST_PIECES = 64
SLOPE_UNIT = 10**6


@dataclass(frozen=True)
class Upper(ABC):
    """P(A) <= value for the level c."""

    told: Told
    level: Fraction
    value: Fraction

    @property
    def start(self) -> Start:
        return self.told.start

    @abstractmethod
    def prove(self) -> set[str]:
        """The lemmas used."""

    def check_below(self) -> None:
        """k_0 < c."""
        if self.start.high >= self.level:
            raise Refused("the start is not below the level")


class Trivial(Upper):
    """Every probability is at most 1."""

    def prove(self) -> set[str]:
        if self.value != 1:
            raise Refused("upper is below 1 without a proof")
        return set()


class Stable(Upper):
    """W1c: x* L_0 <= 2, k_0 < c  =>  P(A) = 0."""

    def prove(self) -> set[str]:
        self.check_below()
        if self.start.x[-1] * self.start.L0 > 2:
            raise Refused("eta lambda max x exceeds 2")
        return {"W1"}


@dataclass(frozen=True)
class Barrier(Upper):
    """W12: B < L_0, k_0 < c, Phi convex with the slopes g_j >= 0 on [B, L_0], k_0^2 + Phi(L_0) < c^2, and in every
    interval and piece of q, for every x with F = x L - 1 - x^2 q > 1 there, F^2 - 1 <= g x (4 - x L) with g the slope
    at the lowest image  =>  P(A) = 0.
    """

    bottom: Fraction  # of any sign
    slopes: tuple[int, ...]
    pieces: int

    def prove(self) -> set[str]:
        self.check_below()
        start, count = self.start, len(self.slopes)
        start.book(self.level, self.bottom, most=MOST_BARRIER_BITS)
        if self.bottom >= start.L0:
            raise Refused("the bottom is not below L_0")
        if any(a > b for a, b in pairwise((0, *self.slopes))) or self.bottom * start.x[-1] > 2:
            raise Refused("the slopes decrease or are negative, or the bottom exceeds 2/max x")
        high = Fraction(-(-start.high * SLOPE_UNIT**3 // 1), SLOPE_UNIT**3)
        size = 2 * max(bits(q) for q in (*start.x, start.L0, self.level, self.bottom, high))
        start.case.work.spend_on_divisions(48 * count * self.pieces * len(start.x), 2 * size)
        step, phi = (start.L0 - self.bottom) / count, Fraction(0)
        most = high**2 + step * sum(self.slopes) / SLOPE_UNIT
        if most >= self.level**2:
            raise Refused("k_0^2 + Phi(L_0) is not below the square of the level")
        for j, slope in enumerate(self.slopes):
            self._check(self.bottom + j * step, step, most - phi)
            phi += step * slope / SLOPE_UNIT
        return {"W0", "W12"}

    def _check(self, low: Fraction, step: Fraction, reach: Fraction) -> None:
        """One interval of L."""
        for piece in range(self.pieces):
            near, far = reach * piece / self.pieces, reach * (piece + 1) / self.pieces
            for x in self.start.x:
                factor = x * (low + step) - 1 - x * x * near
                if factor <= 1:
                    continue
                place = (low - far * x * (4 - x * low) - self.bottom) // step
                fall = x * (4 - x * (low + step))
                if place < 0 or factor**2 - 1 > fall * self.slopes[place] / SLOPE_UNIT:
                    raise Refused("k^2 + Phi(L) may increase")


@dataclass(frozen=True)
class Theorem(Upper):
    """W2: b >= 1, M(b; lambda) <= 1, k_0 < c  =>  P(A) <= (k_0/c)^b."""

    exponent: Fraction

    def prove(self) -> set[str]:
        self.check_below()
        self.check_exponent()
        self.compare(Fraction(1))
        return {"W2"}

    def check_exponent(self) -> None:
        start = self.start
        start.book(self.level, self.exponent)
        if self.exponent < 1 or not moment_at_most_one(start.case, self.exponent, self.told.curvature):
            raise Refused("the exponent is below 1 or M(exponent; lambda) is above 1")

    def compare(self, entry: Fraction) -> None:
        """entry (k_0/c)^b <= value, entry > 0."""
        start = self.start
        if self.value <= 0:
            raise Refused("upper is 0 without a proof")

        def holds(prec: int) -> bool | None:
            lo, hi = log_power(start, start.high / self.level, self.exponent, prec)
            rest = log_of(start, self.value / entry, prec)
            return True if hi <= rest[0] else False if lo > rest[1] else None

        if not decide(holds, start.case.most_bits, "upper"):
            raise Refused("upper is below the bound that the proof gives")


@dataclass(frozen=True)
class ByTable(Theorem):
    """W5, W6: the hypotheses of W2, and every cell of the table satisfies W6  =>  P(A) <= Y (k_0/c)^b."""

    proof: dict[str, Any]

    def prove(self) -> set[str]:
        self.check_below()
        self.check_exponent()
        table = read_table(self.proof, self.start, self.level, self.exponent)
        check_table(self.start, table, upper=True)
        entry = self._entry(table)
        if entry:
            self.compare(entry)
        return {"W0", "W2", "W5", "W6"}

    def _entry(self, table: Table) -> Fraction:
        """The largest entry of the top row where the start may lie; Z_J below the grid."""
        start, top = self.start, table.rows[-1]
        columns = {table.column_of(kappa) for kappa in (start.low, start.high)}
        found = [table.below_grid(start.growth) if n < 0 else top[n] for n in columns]
        return Fraction(max(found), SCALE)


@dataclass(frozen=True)
class ByAlignedTable(Theorem):
    """W5, W6, W11: W2 at L_0 for b and at the bottom for b', every cell, row 0  =>  P(A) <= Y (k_0/c)^b."""

    beneath: Fraction
    proof: dict[str, Any]

    def prove(self) -> set[str]:
        self.check_below()
        self.check_exponent()
        table = read_aligned(self.proof, "upper_proof", self.start, self.level)
        self._check_beneath(table)
        check_aligned(self.start, table, upper=True)
        self.compare(max(self._entry(table), Fraction(1, SCALE)))
        return {"W0", "W2", "W5", "W6", "W11"}

    def _check_beneath(self, table: AlignedTable) -> None:
        """W2 for b' at the bottom, and row 0 above it."""
        start, curvature = self.start, self.told.curvature * table.bottom / self.start.L0
        start.book(curvature, self.beneath)
        if self.beneath < self.exponent or not moment_at_most_one(start.case, self.beneath, curvature):
            raise Refused("beneath is smaller than the exponent, or M(beneath; bottom) is above 1")
        check_bottom(start, table, self.beneath - self.exponent)

    def _entry(self, table: AlignedTable) -> Fraction:
        """The best column of the top row that holds the start, or the largest of some; Z_J below the grid."""
        start, top = self.start, table.rows[-1]
        covers = table.covers(*table.depths(start.low, start.high, start.L0))
        found = [max(top[n] for n in columns) for columns in covers] or [table.below_grid(start)]
        return Fraction(min(found), SCALE)


@dataclass(frozen=True)
class BySlabs(ByAlignedTable):
    """W5, W6, W11, W13: in every slab of L the moment of the largest factors is at most 1, for b' and k <= c below the
    bottom and for b and k below the grid above it; every cell, row 0  =>  P(A) <= Y (k_0/c)^b.
    """

    ends: tuple[Fraction, ...]

    def prove(self) -> set[str]:
        self.check_below()
        table = read_aligned(self.proof, "upper_proof", self.start, self.level, least=0)
        if self.exponent >= 1 or self.beneath < self.exponent:
            raise Refused("upper_proof.exponent is not below 1, or beneath is smaller")
        self._check_slabs(table)
        check_bottom(self.start, table, self.beneath - self.exponent)
        check_aligned(self.start, table, upper=True)
        self.compare(max(self._entry(table), Fraction(1, SCALE)))
        return {"W0", "W5", "W6", "W11", "W13"}

    def _check_slabs(self, table: AlignedTable) -> None:
        if table.bottom not in self.ends:
            raise Refused("upper_proof.slabs leave out the bottom")
        deepest = table.kappa(table.deep[0], table.bottom, up=True)
        for low, high in slabs_of(self.start, self.ends, self.beneath):
            under = high <= table.bottom
            check_slab(
                self.start,
                (low, high),
                *((self.level, self.beneath) if under else (deepest, self.exponent)),
            )


@dataclass(frozen=True)
class ByWords(Upper):
    """W14: every box holds the images that name it; W15 for `exponent` or w = 1  =>  P(A) <= U."""

    words: Words
    exponent: Fraction | None
    ends: tuple[Fraction, ...] | None

    def prove(self) -> set[str]:
        self.check_below()
        if self.value <= 0:
            raise Refused("upper is 0 without a proof")
        used = self._check_exponent()
        if self.words.above(self.value, self.exponent) > self.value:
            raise Refused("upper is below the bound that the proof gives")
        return {"W0", "W1", "W14"} | used

    def _check_exponent(self) -> set[str]:
        """(k/c)^exponent bounds the probability from every state: W2, or slabs for exponents below 1."""
        if self.exponent is None:
            if self.ends is not None:
                raise Refused("upper_proof has slabs, but no exponent")
            return set()
        if self.ends is None:
            Theorem(self.told, self.level, self.value, self.exponent).check_exponent()
            return {"W2", "W15"}
        if self.exponent >= 1:
            raise Refused("upper_proof.exponent is not below 1, but has slabs")
        self.start.book(self.level, self.exponent, most=MOST_BARRIER_BITS)
        for slab in slabs_of(self.start, self.ends, self.exponent):
            check_slab(self.start, slab, self.level, self.exponent)
        return {"W15"}


def slabs_of(start: Start, ends: tuple[Fraction, ...], exponent: Fraction) -> list[tuple[Fraction, Fraction]]:
    """The slabs between `ends`, from 2/x* or below to L_0 or above (W13, W15)."""
    start.book(exponent, *ends, most=MOST_BARRIER_BITS)
    if any(a >= b for a, b in pairwise(ends)):
        raise Refused("upper_proof.slabs do not increase")
    if not ends or ends[0] * start.x[-1] > 2 or ends[-1] < start.L0:
        raise Refused("upper_proof.slabs do not reach from 2/max x to L_0")
    return list(pairwise(ends))


def check_slab(start: Start, slab: tuple[Fraction, Fraction], cap: Fraction, exponent: Fraction) -> None:
    """sum p_i f_i^exponent <= 1 for the largest factors of a slab, k <= cap."""
    low, high = slab
    start.book(low, high, cap, most=MOST_BARRIER_BITS)
    sizes = (max(abs(1 - x * high), abs(1 - x * low + (x * cap) ** 2)) for x in start.x)
    walk = [(size, weight) for size, weight in zip(sizes, start.weights, strict=True) if size]

    def holds(prec: int) -> bool | None:
        lo, hi = moment(start, walk, exponent, prec)
        return True if hi <= 1 << prec else False if lo > 1 << prec else None

    if not decide(holds, start.case.most_bits, "a moment in a slab"):
        raise Refused("the moment of the largest factors exceeds 1 in a slab")


@dataclass(frozen=True)
class ClosedForm(Upper):
    """W4: L_1 < L_0, M^+(b) <= 1, M^+(t) < 1, k_0 < c  =>  P(A) <= (k_0/c)^b + T."""

    exponent: Fraction
    L1: Fraction
    tail: Fraction

    def prove(self) -> set[str]:
        self.check_below()
        start = self.start
        start.book(self.level, self.exponent, self.tail, self.L1)
        if self.L1 >= start.L0:
            raise Refused("L1 is not below L_0")
        walk, D = start.walk(self.L1, self.level, above=True), start.fall(self.L1)

        def holds(prec: int) -> bool | None:
            if moment(start, walk, self.exponent, prec)[1] > 1 << prec:
                return None
            power = log_power(start, start.high / self.level, self.exponent, prec)[1]
            total = exp_above(start, power, prec) + falls(start, walk, self.level, D, self.tail, prec)
            return True if total <= self.value * (1 << prec) else None

        decide(holds, min(start.case.most_bits, MOST_BITS), "upper")
        return {"W0", "W4"}


def read_upper(told: Told, level: Fraction, value: Fraction, proof: Any) -> Upper:
    """The bound by its method."""
    method = proof.get("method") if isinstance(proof, dict) else None
    if not isinstance(method, str) or method not in METHODS:
        raise Refused(f"upper_proof has the unknown method {quoted(method)}")
    optional = OPTIONAL.get(method, ())
    table = fields(proof, "upper_proof", ("method", *METHODS[method]), optional)

    def witness(key: str) -> Fraction:
        return positive(table[key], f"upper_proof.{key}")

    place = told, level, value
    if method == "trivial":
        return Trivial(*place)
    if method == "stable":
        return Stable(*place)
    if method == "barrier":
        slopes, pieces = (
            integers(table["slopes"], "slopes", None),
            index(table["pieces"], "upper_proof.pieces"),
        )
        if not 1 <= pieces <= MOST_PIECES:
            raise Refused("upper_proof.pieces is not between 1 and 64")
        return Barrier(*place, number(table["bottom"], "upper_proof.bottom"), slopes, pieces)
    if method == "theorem":
        return Theorem(*place, witness("exponent"))
    if method == "table":
        return ByTable(*place, witness("exponent"), table)
    ends = None
    if "slabs" in table:
        slabs = items(table["slabs"], "slabs")
        ends = tuple(positive(end, f"upper_proof.slabs[{n}]") for n, end in enumerate(slabs))
    if method == "words":
        words = Words.read(told.start, level, table["layers"], "upper_proof.layers")
        return ByWords(*place, words, witness("exponent") if "exponent" in table else None, ends)
    if ends is not None:
        return BySlabs(*place, witness("exponent"), witness("beneath"), table, ends)
    if method == "aligned table":
        return ByAlignedTable(*place, witness("exponent"), witness("beneath"), table)
    return ClosedForm(*place, witness("exponent"), witness("L1"), witness("tail"))


METHODS = {
    "trivial": (),
    "stable": (),
    "barrier": ("bottom", "slopes", "pieces"),
    "theorem": ("exponent",),
    "table": ("exponent", "edges", "table"),
    "aligned table": (*KEYS, "beneath"),
    "words": ("layers",),
    "closed form": ("exponent", "L1", "tail"),
}

OPTIONAL = {"aligned table": ("slabs",), "words": ("exponent", "slabs")}
