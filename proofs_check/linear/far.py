"""The drift at many places: far poles together, by expansions with a proved remainder (FF1), near ones one by one.

In the coordinate Y = scale/lambda the drift times the total weight is `sum k_j log|Y - u_j| - K log Y`, u_j the
numerators of the rates, K the sum of all k_j. FF1 and its proof: docs/certificate.md, "Many gaps".
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb, prod
from operator import mul

from proofs_check.core.arithmetic import Interval, log_ratio
from proofs_check.core.law import Case, Law
from proofs_check.linear.drift import CHUNK, log_of_product

TERMS = 24
"""The total degree at which expansions end."""

PREC = 128
"""Fixed point: units of 2^-PREC."""

LEAF = 32
LOST = 40
"""Everything that is rounded in the expansions loses less than 2^LOST units for each unit of weight (FF1)."""

_ROWS = [[comb(k + n - 1, n) if k else 0 for n in range(TERMS - k + 1)] for k in range(TERMS + 1)]


@dataclass
class Cluster:
    """The rates `low <= j < high`: all u_j within `radius` >= 1 of `centre`."""

    low: int
    high: int
    centre: int
    radius: int
    weight: int
    moments: tuple[int, ...] = ()


@dataclass(frozen=True)
class Leaf:
    """Places Y between u_low and u_high: within `radius` of `centre`.

    `near`: for each weight the numerators of near rates. `expansion`: coefficients, in units, of the far rates' sum
    in (Y - centre)/radius; `far`: their weight; `width`: how much the interval of its constant term spans.
    """

    centre: int
    radius: int
    near: tuple[tuple[int, tuple[int, ...]], ...]
    expansion: tuple[int, ...]
    far: int
    width: int


class FarField:
    """The leaves of a law, each worked out when it is first asked for."""

    def __init__(self, case: Case) -> None:
        self.case, self.law = case, case.law
        law = self.law
        m = len(law.numerators)
        case.work.spend(4 * m, law.bits)
        self.sums = [0]
        for k in law.weights:
            self.sums.append(self.sums[-1] + k)
        self.mass = self.sums[-1]
        self.root = self._cluster(0, m)
        self.parts: dict[tuple[int, int], tuple[Cluster, ...]] = {}
        self.known: tuple[int, int, Leaf] | None = None

    def _cluster(self, low: int, high: int) -> Cluster:
        us = self.law.numerators
        centre = (us[low] + us[high - 1]) // 2
        return Cluster(low, high, centre, max(1, us[high - 1] - centre), self.sums[high] - self.sums[low])

    def _halves(self, cluster: Cluster) -> tuple[Cluster, ...]:
        """The rates up to the centre and those above it; nothing if they are few."""
        key = cluster.low, cluster.high
        if key not in self.parts:
            self.parts[key] = ()
            if cluster.high - cluster.low > LEAF:
                self.case.work.spend(20)
                cut = bisect_right(self.law.numerators, cluster.centre, *key)
                self.parts[key] = self._cluster(key[0], cut), self._cluster(cut, key[1])
        return self.parts[key]

    def leaf(self, j: int) -> Leaf:
        """The leaf with the places between u_j and u_(j+1)."""
        if self.known is None or not self.known[0] <= j < self.known[1]:
            cluster = self.root
            while halves := self._halves(cluster):
                cluster = halves[0] if j < halves[0].high else halves[1]
            self.known = cluster.low, cluster.high, self._leaf(cluster)
        return self.known[2]

    def _leaf(self, target: Cluster) -> Leaf:
        us = self.law.numerators
        low, high = us[target.low], us[min(target.high, len(us) - 1)]
        centre = (low + high) // 2
        radius = high - centre
        near: list[int] = []
        far: list[Cluster] = []
        waiting = [self.root]
        while waiting:
            source = waiting.pop()
            self.case.work.spend(2)
            if abs(centre - source.centre) >= 2 * (radius + source.radius):
                far.append(source)
            elif halves := self._halves(source):
                waiting += halves
            else:
                near += range(source.low, source.high)
        expansion, width = self._expansion(centre, radius, far)
        return Leaf(centre, radius, _alike(self.law, near), expansion, sum(s.weight for s in far), width)

    def _expansion(self, centre: int, radius: int, far: Sequence[Cluster]) -> tuple[tuple[int, ...], int]:
        """FF1, summed over the sources; each adds weight log|z| to the constant term."""
        self.case.work.spend(len(far) * TERMS * TERMS // 16, self.mass.bit_length())
        self.case.work.spend_on_logs(len(far), PREC, self.law.bits)
        total, width = [0] * (TERMS + 1), 0
        for source in far:
            z = centre - source.centre
            lo, hi = log_ratio(abs(z), 1, PREC)
            width += source.weight * (hi - lo)
            shrunk = [
                a * b >> PREC for a, b in zip(self._moments(source), _powers(source.radius, z), strict=True)
            ]
            total[0] += source.weight * lo - sum(shrunk[n] // n for n in range(1, TERMS + 1))
            scale = _powers(radius, z)
            for k in range(1, TERMS + 1):
                mixed = (sum(map(mul, _ROWS[k], shrunk)) * scale[k] >> PREC) // k
                total[k] += mixed if k % 2 else -mixed
        return tuple(total), width

    def _moments(self, cluster: Cluster) -> tuple[int, ...]:
        """sum k_j ((u_j - centre)/radius)^n in units, n = 0, ..., TERMS."""
        if not cluster.moments:
            us, ks = (row[cluster.low : cluster.high] for row in (self.law.numerators, self.law.weights))
            self.case.work.spend_on_rows(len(us) * TERMS, PREC + self.mass.bit_length())
            ratios = [((u - cluster.centre) << PREC) // cluster.radius for u in us]
            powers, moments = [1 << PREC] * len(us), []
            for _ in range(TERMS + 1):
                moments.append(sum(map(mul, ks, powers)))
                powers = [p * r >> PREC for p, r in zip(powers, ratios, strict=True)]
            cluster.moments = tuple(moments)
        return cluster.moments


def _powers(n: int, d: int) -> list[int]:
    """(n/d)^0, ..., (n/d)^TERMS in units, |n/d| <= 1/2; the j-th is off by less than 2 j."""
    ratio, found = (n << PREC) // d, [1 << PREC]
    for _ in range(TERMS):
        found.append(found[-1] * ratio >> PREC)
    return found


def _alike(law: Law, indices: Sequence[int]) -> tuple[tuple[int, tuple[int, ...]], ...]:
    groups: dict[int, list[int]] = {}
    for j in indices:
        groups.setdefault(law.weights[j], []).append(law.numerators[j])
    return tuple((k, tuple(us)) for k, us in groups.items())


def drift_there(field: FarField, j: int, y: Fraction) -> Interval:
    """The drift times the total weight, in units, at Y = y strictly between u_j and u_(j+1)."""
    leaf = field.leaf(j)
    a, b = y.numerator, y.denominator
    _book(field, leaf, y)
    lo = hi = 0
    for weight, us in leaf.near:
        sizes = [abs(a - b * u) for u in us]
        chunks = [prod(sizes[i : i + CHUNK]) for i in range(0, len(us), CHUNK)]
        log = log_of_product([(n, n) for n in chunks], PREC)
        lo, hi = lo + weight * log[0], hi + weight * log[1]
    scale = log_ratio(b, 1, PREC)  # a - b u is b times Y - u
    size = log_ratio(a, b, PREC)
    count = field.mass - leaf.far
    far = _value(leaf, y, leaf.expansion)
    doubt = leaf.far * ((1 << PREC - TERMS) // (TERMS + 1) + (1 << LOST)) + 1
    lo += far - doubt - count * scale[1] - field.mass * size[1]
    hi += far + leaf.width + doubt - count * scale[0] - field.mass * size[0]
    return lo, hi


def slope_there(field: FarField, j: int, y: Fraction) -> Interval:
    """Y times its derivative with respect to Y, in units."""
    leaf = field.leaf(j)
    a, b = y.numerator, y.denominator
    _book(field, leaf, y)
    lo = hi = 0
    for weight, us in leaf.near:
        part = sum([(a << PREC) // (a - b * u) for u in us])
        lo, hi = lo + weight * part, hi + weight * (part + len(us))
    steep = _value(leaf, y, [k * c for k, c in enumerate(leaf.expansion)][1:])
    doubt = leaf.far * ((1 << PREC - TERMS) + (TERMS + 1 << LOST))
    d, whole = leaf.radius * b, field.mass << PREC
    return lo + (steep - doubt) * a // d - whole, hi - (-(steep + doubt) * a // d) - whole


def _value(leaf: Leaf, y: Fraction, coefficients: Sequence[int]) -> int:
    """The polynomial at (y - centre)/radius, by Horner's rule."""
    e = ((y.numerator - leaf.centre * y.denominator) << PREC) // (leaf.radius * y.denominator)
    total = 0
    for c in reversed(coefficients):
        total = (total * e >> PREC) + c
    return total


def _book(field: FarField, leaf: Leaf, y: Fraction) -> None:
    work, bits = field.case.work, field.law.bits + y.denominator.bit_length()
    near = sum(len(us) for _, us in leaf.near)
    work.spend_on_rows(near, PREC + bits)
    work.spend(TERMS // 4, PREC + field.mass.bit_length())
    work.spend_on_logs(len(leaf.near) + 2, PREC, bits)


def gap_index(law: Law, gap: int) -> int:
    """The j with gap `gap` between u_j and u_(j+1)."""
    return len(law.numerators) - gap - 1


def place_in(law: Law, gap: int, share: Fraction) -> Fraction:
    """u_j + share (u_(j+1) - u_j) of the gap, 0 < share < 1."""
    j = gap_index(law, gap)
    low, high = law.numerators[j], law.numerators[j + 1]
    return low + share * (high - low)
