"""Lower bounds of P(A), A = {|kappa| reaches c}: one class for each `lower_proof`."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import Undecided
from proofs_check.core.budget import decide
from proofs_check.core.reading import Refused, fields, index, positive, quoted
from proofs_check.nonlinear.aligned_cells import check_aligned
from proofs_check.nonlinear.aligned_table import KEYS, AlignedTable, read_aligned
from proofs_check.nonlinear.width_cells import check_table
from proofs_check.nonlinear.width_closed import log_of, log_power, loss
from proofs_check.nonlinear.width_start import Start
from proofs_check.nonlinear.width_table import SCALE, Table, read_table
from proofs_check.nonlinear.words import Words

MOST_BITS = 4096

Carried = tuple[Fraction, Fraction]
"""A lower bound of P(A) divided by a power of k, as an entry, and the k that goes with it."""


@dataclass(frozen=True)
class Lower(ABC):
    """P(A) >= value for the level c."""

    start: Start
    level: Fraction
    value: Fraction

    @abstractmethod
    def prove(self) -> set[str]:
        """The lemmas used."""

    def check_below(self) -> None:
        """k_0 < c."""
        if self.start.high >= self.level:
            raise Refused("the start is not below the level")


class Trivial(Lower):
    """No probability is below 0."""

    def prove(self) -> set[str]:
        if self.value:
            raise Refused("lower is above 0 without a proof")
        return set()


class Reached(Lower):
    """k_0 >= c  =>  P(A) = 1."""

    def prove(self) -> set[str]:
        if self.start.low < self.level:
            raise Refused("the start is not proved to be at the level")
        return set()


@dataclass(frozen=True)
class ClosedForm(Lower):
    """W3 with d = c, V = 1: L_1 < L_0, M^-(h) > 1, g > 0, k_0 < c  =>  P(A) >= (1 - e)(k_0/(c R^+))^h."""

    exponent: Fraction
    L1: Fraction

    def prove(self) -> set[str]:
        self.check_below()
        self.start.book(self.level, self.exponent, self.L1)
        if self.L1 >= self.start.L0:
            raise Refused("L1 is not below L_0")
        reach = self.start.reach(self.L1, self.level)
        carry = Carry(self.start, self.level, self.L1, self.exponent)
        carry.check([(Fraction(1), reach)], self.value)
        return {"W0", "W3"}


@dataclass(frozen=True)
class ByWords(Lower):
    """W14: every box holds the images that name it  =>  P(A) >= V."""

    words: Words

    def prove(self) -> set[str]:
        self.check_below()
        if self.value > 0 and self.words.below(self.value) < self.value:
            raise Refused("lower is above the bound that the proof gives")
        return {"W0", "W1", "W14"}


@dataclass(frozen=True)
class ByTable(Lower):
    """W5, W7: every cell of the table satisfies W7, W1(d)  =>  P(A) >= Y (k_0/c)^theta; by W3 from below the grid."""

    exponent: Fraction
    proof: dict[str, Any]

    def prove(self) -> set[str]:
        self.check_below()
        table = read_table(self.proof, self.start, self.level, self.exponent)
        check_table(self.start, table, upper=False)
        columns = [table.column_of(kappa) for kappa in (self.start.low, self.start.high)]
        if ("start" in self.proof) != (columns[0] < 0):
            raise Refused("lower_proof.start is needed exactly if the start lies below the grid")
        if "start" in self.proof:
            FromBelow.read(self.start, table, self.proof["start"]).check(self.value)
            return {"W0", "W3", "W5", "W7"}
        self._compare(Fraction(min(table.rows[-1][n] for n in columns), SCALE))
        return {"W0", "W5", "W7"}

    def _compare(self, entry: Fraction) -> None:
        """entry (k_0/c)^theta >= value."""
        start = self.start
        if self.value == 0:
            return
        if entry <= 0:
            raise Refused("the entry at the start is not positive")

        def holds(prec: int) -> bool | None:
            lo, hi = log_power(start, start.low / self.level, self.exponent, prec)
            rest = log_of(start, self.value / entry, prec)
            return True if lo >= rest[1] else False if hi < rest[0] else None

        if not decide(holds, start.case.most_bits, "lower"):
            raise Refused("lower is above the bound that the proof gives")


@dataclass(frozen=True)
class FromBelow:
    """W3 from the start to the edge d, then the table on [d, d R^+) x [L_1, L_0], L_1 in the uppermost rows."""

    start: Start
    table: Table
    edge: int
    exponent: Fraction
    L1: Fraction

    @classmethod
    def read(cls, start: Start, table: Table, value: Any) -> "FromBelow":
        where = "lower_proof.start"
        fields(value, where, ("edge", "exponent", "L1"))
        h, L1 = (positive(value[key], f"{where}.{key}") for key in ("exponent", "L1"))
        return cls(start, table, index(value["edge"], f"{where}.edge"), h, L1)

    def check(self, lower: Fraction) -> None:
        start, table = self.start, self.table
        start.book(self.exponent, self.L1, table.level)
        if self.edge >= table.columns:
            raise Refused("lower_proof.start.edge is no column")
        step = (start.L0 - 2 / start.x[-1]) / table.intervals
        if not start.L0 - step <= self.L1 < start.L0:
            raise Refused("lower_proof.start.L1 does not lie in the uppermost rows")
        d = table.edge(self.edge)
        reach = start.reach(self.L1, d)
        if reach > table.level or start.high >= d:
            raise Refused("lower_proof.start.edge is too high or below the start")
        carry = Carry(start, d, self.L1, self.exponent, table.exponent, table.level)
        carry.check(self._ends(reach, 1 - (start.L0 - self.L1) / step), lower)

    def _ends(self, reach: Fraction, share: Fraction) -> list[Carried]:
        """The least entry between L_1 and L_0 at both ends of each column that meets [d, d R^+)."""
        table, top, below = self.table, self.table.rows[-1], self.table.rows[-2]
        last = max(n for n in range(self.edge, table.columns) if n == self.edge or table.edge(n) < reach)
        self.start.case.work.spend(60 * (last + 1 - self.edge))
        found = []
        for n in range(self.edge, last + 1):
            entry = min(Fraction(top[n]), (1 - share) * below[n] + share * top[n]) / SCALE
            found += [(entry, table.edge(n)), (entry, table.edge(n + 1))]
        return found


@dataclass(frozen=True)
class ByAlignedTable(ByTable):
    """W5, W7, W11: every cell satisfies W7, W1(d)  =>  P(A) >= Y (k_0/c)^theta; by W3 from a start further down."""

    def prove(self) -> set[str]:
        self.check_below()
        table = read_aligned(self.proof, "lower_proof", self.start, self.level)
        check_aligned(self.start, table, upper=False)
        if "start" in self.proof:
            AlignedFromBelow.read_aligned(self.start, table, self.proof["start"]).check(self.value)
            return {"W0", "W3", "W5", "W7", "W11"}
        covers = table.covers(*table.depths(self.start.low, self.start.high, self.start.L0))
        if not covers:
            raise Refused("the start lies below the grid, and lower_proof.start is missing")
        self._compare(Fraction(max(min(table.rows[-1][n] for n in columns) for columns in covers), SCALE))
        return {"W0", "W5", "W7", "W11"}


@dataclass(frozen=True)
class AlignedFromBelow:
    """W3 from the start to d, then the table on [d, d R^+) x [L_1, L_0], L_1 in the uppermost rows."""

    start: Start
    table: AlignedTable
    d: Fraction
    exponent: Fraction
    L1: Fraction

    @classmethod
    def read_aligned(cls, start: Start, table: AlignedTable, value: Any) -> "AlignedFromBelow":
        where = "lower_proof.start"
        fields(value, where, ("kappa", "exponent", "L1"))
        d, h, L1 = (positive(value[key], f"{where}.{key}") for key in ("kappa", "exponent", "L1"))
        return cls(start, table, d, h, L1)

    def check(self, lower: Fraction) -> None:
        start, table = self.start, self.table
        start.book(self.d, self.exponent, self.L1, table.level)
        step = (start.L0 - table.bottom) / table.intervals
        if not start.L0 - step <= self.L1 < start.L0:
            raise Refused("lower_proof.start.L1 does not lie in the uppermost rows")
        reach = start.reach(self.L1, self.d)
        if reach > table.level or start.high >= self.d:
            raise Refused("lower_proof.start.kappa is too high or below the start")
        shallow, deep = table.depths(self.d, reach, start.L0)[0], table.depths(self.d, reach, self.L1)[1]
        if deep > table.deep[0]:
            raise Refused("lower_proof.start.kappa lies below the grid")
        met = [n for n in range(table.columns) if table.deep[n] >= shallow and deep >= table.shallow[n]]
        start.case.work.spend(60 * len(met))
        share = 1 - (start.L0 - self.L1) / step
        carry = Carry(start, self.d, self.L1, self.exponent, table.exponent, table.level)
        carry.check([end for n in met for end in self._ends(n, reach, share)], lower)

    def _ends(self, n: int, reach: Fraction, share: Fraction) -> list[Carried]:
        """The least entry of a column between L_1 and L_0, with bounds of the least and the largest k that it holds."""
        table, top, below = self.table, self.table.rows[-1], self.table.rows[-2]
        entry = min(Fraction(top[n]), (1 - share) * below[n] + share * top[n]) / SCALE
        least = table.kappa(table.deep[n], self.start.L0, up=False)
        most = table.kappa(table.shallow[n], self.L1, up=True)
        return [(entry, max(self.d, least)), (entry, min(reach, most))]


@dataclass(frozen=True)
class Carry:
    """W3 to the edge d, with V = entry (k/c)^theta beyond it."""

    start: Start
    d: Fraction
    L1: Fraction
    exponent: Fraction
    theta: Fraction = Fraction(0)
    level: Fraction = Fraction(1)

    def check(self, ends: list[Carried], lower: Fraction) -> None:
        """(1 - e) entry (k/c)^theta (k_0/k)^h >= lower at all ends."""
        if lower == 0:
            return
        if any(entry <= 0 for entry, _ in ends):
            raise Refused("an entry between the start and the level is not positive")

        start = self.start
        walk = start.walk(self.L1, self.d, above=False)
        scale = start.reach(self.L1, self.d) ** 2 / start.fall(self.L1)

        def holds(prec: int) -> bool | None:
            one = 1 << prec
            e = loss(start, walk, scale, self.exponent, prec)
            if e >= one:
                raise Undecided
            kept = log_of(self.start, Fraction(one - e, one) / lower, prec)[0]
            return True if all(kept + self._worth(*end, prec) >= 0 for end in ends) else None

        decide(holds, min(self.start.case.most_bits, MOST_BITS), "lower")

    def _worth(self, entry: Fraction, k: Fraction, prec: int) -> int:
        """The logarithm of entry (k/c)^theta (k_0/k)^h from below."""
        start = self.start
        worth = log_of(start, entry, prec)[0] + log_power(start, start.low / k, self.exponent, prec)[0]
        return worth + log_power(start, k / self.level, self.theta, prec)[0]


def read_lower(
    start: Start, level: Fraction, value: Fraction, proof: Any, shared: Words | None = None
) -> Lower:
    """The bound by its method; `shared` are the words of the upper bound, if it has some."""
    method = proof.get("method") if isinstance(proof, dict) else None
    if not isinstance(method, str) or method not in METHODS:
        raise Refused(f"lower_proof has the unknown method {quoted(method)}")
    optional = OPTIONAL.get(method, ())
    table = fields(proof, "lower_proof", ("method", *METHODS[method]), optional)
    place = start, level, value
    if method == "trivial":
        return Trivial(*place)
    if method == "reached":
        return Reached(*place)
    if method == "words":
        return ByWords(*place, _words(start, level, table, shared))
    exponent = positive(table["exponent"], "lower_proof.exponent")
    if method == "table":
        return ByTable(*place, exponent, table)
    if method == "aligned table":
        return ByAlignedTable(*place, exponent, table)
    return ClosedForm(*place, exponent, positive(table["L1"], "lower_proof.L1"))


def _words(start: Start, level: Fraction, table: dict[str, Any], shared: Words | None) -> Words:
    """Its own words, or those of the upper bound."""
    if "layers" in table:
        return Words.read(start, level, table["layers"], "lower_proof.layers")
    if shared is None:
        raise Refused("lower_proof.layers is missing, and the upper bound has no words")
    return shared


METHODS = {
    "trivial": (),
    "reached": (),
    "words": (),
    "closed form": ("exponent", "L1"),
    "table": ("exponent", "edges", "table"),
    "aligned table": KEYS,
}

OPTIONAL = {"table": ("start",), "aligned table": ("start",), "words": ("layers",)}
