"""The drift at many places: far poles together, by expansions with a proved remainder (FF1), near ones one by one.

In the coordinate Y = scale/lambda the drift times the total weight is `sum k_j log|Y - u_j| - K log Y`, u_j the
numerators of the rates, K the sum of all k_j. FF1 and its proof: docs/certificate.md, "Many gaps".
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import comb, prod
from operator import mul

from proofs_check.core.arithmetic import Interval, enclose, log_ratio
from proofs_check.core.law import Case, Law
from proofs_check.linear.drift import CHUNK, log_of_product
from proofs_check.linear.points import NearPole, nearness


@dataclass(frozen=True)
class Degree:
    """The total degree `terms` at which expansions end; all that is rounded in one loses less than 2^lost units for
    each unit of weight (FF1)."""

    terms: int
    lost: int

    @cached_property
    def rows(self) -> list[list[int]]:
        """The binomials of FF1."""
        terms = range(self.terms + 1)
        return [[comb(k + n - 1, n) if k else 0 for n in range(self.terms - k + 1)] for k in terms]


SIGNS, BRACKETS = Degree(24, 40), Degree(48, 64)
"""For signs in the middle of gaps, and at the ends of brackets, where G is a thousand million times smaller."""

PREC = 128
"""Fixed point: units of 2^-PREC."""

LEAF = 32


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
    degree: Degree


class FarField:
    """The leaves of a law, each worked out when it is first asked for."""

    def __init__(self, case: Case, degree: Degree = SIGNS) -> None:
        self.case, self.law, self.degree = case, case.law, degree
        law = self.law
        m = len(law.numerators)
        case.work.spend(4 * m, law.bits)
        self.sums = [0]
        for k in law.weights:
            self.sums.append(self.sums[-1] + k)
        self.mass = self.sums[-1]
        self.root = self._cluster(0, m)
        self.parts: dict[tuple[int, int], tuple[Cluster, ...]] = {}
        self.leaves: dict[tuple[int, int], Leaf] = {}

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
        cluster = self.root
        while halves := self._halves(cluster):
            cluster = halves[0] if j < halves[0].high else halves[1]
        key = cluster.low, cluster.high
        if key not in self.leaves:
            self.leaves[key] = self._leaf(cluster)
        return self.leaves[key]

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
        weight = sum(s.weight for s in far)
        return Leaf(centre, radius, _alike(self.law, near), expansion, weight, width, self.degree)

    def _expansion(self, centre: int, radius: int, far: Sequence[Cluster]) -> tuple[tuple[int, ...], int]:
        """FF1, summed over the sources; each adds weight log|z| to the constant term."""
        terms, rows = self.degree.terms, self.degree.rows
        self.case.work.spend(len(far) * terms * terms // 16, self.mass.bit_length())
        self.case.work.spend_on_logs(len(far), PREC, self.law.bits)
        total, width = [0] * (terms + 1), 0
        for source in far:
            z = centre - source.centre
            lo, hi = log_ratio(abs(z), 1, PREC)
            width += source.weight * (hi - lo)
            shrunk = [
                a * b >> PREC
                for a, b in zip(self._moments(source), _powers(source.radius, z, terms), strict=True)
            ]
            total[0] += source.weight * lo - sum(shrunk[n] // n for n in range(1, terms + 1))
            scale = _powers(radius, z, terms)
            for k in range(1, terms + 1):
                mixed = (sum(map(mul, rows[k], shrunk)) * scale[k] >> PREC) // k
                total[k] += mixed if k % 2 else -mixed
        return tuple(total), width

    def _moments(self, cluster: Cluster) -> tuple[int, ...]:
        """sum k_j ((u_j - centre)/radius)^n in units, n = 0, ..., terms."""
        if not cluster.moments:
            us, ks = (row[cluster.low : cluster.high] for row in (self.law.numerators, self.law.weights))
            self.case.work.spend_on_rows(len(us) * self.degree.terms, PREC + self.mass.bit_length())
            ratios = [((u - cluster.centre) << PREC) // cluster.radius for u in us]
            powers, moments = [1 << PREC] * len(us), []
            for _ in range(self.degree.terms + 1):
                moments.append(sum(map(mul, ks, powers)))
                powers = [p * r >> PREC for p, r in zip(powers, ratios, strict=True)]
            cluster.moments = tuple(moments)
        return cluster.moments


def _powers(n: int, d: int, terms: int) -> list[int]:
    """(n/d)^0, ..., (n/d)^terms in units, |n/d| <= 1/2; the j-th is off by less than 2 j."""
    ratio, found = (n << PREC) // d, [1 << PREC]
    for _ in range(terms):
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
    far = _far_sum(leaf, y)
    lo += far[0] - count * scale[1] - field.mass * size[1]
    hi += far[1] - count * scale[0] - field.mass * size[0]
    return lo, hi


def _far_sum(leaf: Leaf, y: Fraction) -> Interval:
    """sum k_j log|y - u_j| over the far rates, |y - centre| <= radius (FF1)."""
    value = _value(leaf, y, leaf.expansion)
    terms, lost = leaf.degree.terms, leaf.degree.lost
    doubt = leaf.far * ((1 << PREC - terms) // (terms + 1) + (1 << lost)) + 1
    return value - doubt, value + leaf.width + doubt


def drifts_beside(field: FarField, points: Sequence[NearPole]) -> list[Interval] | None:
    """The same at points beside one side of one pole, in the inner gap there; the other rates are enclosed once, over
    all the points. None where that is too wide.

    At Y = u v/(v +- u e), e = exp(-t): the own rate gives log(u/v) - t, near ones |v (u - u_j) -+ u u_j e|/(u v), and
    far ones are looked at for the least e: FF1 (b) bounds what they change up to the largest.
    """
    law, side, v = field.law, points[0].side, field.law.scale
    own = len(law.numerators) - 1 - points[0].pole
    u, leaf = law.numerators[own], field.leaf(own - 1 if side > 0 else own)
    ts = sorted(points, key=lambda point: point.t)
    (e_lo, _, scale), (_, e_hi, _) = (nearness(field.case, point, PREC) for point in (ts[-1], ts[0]))
    _book_beside(field, leaf, scale)
    lo = hi = count = 0
    for weight, us in leaf.near:
        ends = [_beside(v * (u - w) << scale, u * w, side, e_lo, e_hi) for w in us if w != u]
        if any(low <= 0 for low, _ in ends):
            return None
        log = log_of_product(ends, PREC)
        lo, hi, count = lo + weight * log[0], hi + weight * log[1], count + weight * len(ends)
    common, k = log_ratio(u * v, 1, PREC, scale), law.weights[own]
    y, other = (Fraction(u * v << scale, (v << scale) + side * u * e) for e in (e_lo, e_hi))
    assert (
        max(abs(y - leaf.centre), abs(other - leaf.centre)) <= leaf.radius
    )  # no near factor vanishes on the way
    moved = leaf.far * abs(other - y) * (1 << PREC) / leaf.radius
    far, size = _far_sum(leaf, y), [log_ratio(q.numerator, q.denominator, PREC) for q in sorted((y, other))]
    lo += far[0] + (-moved // 1) - count * common[1] - leaf.far * size[1][1]
    hi += far[1] - (-moved // 1) - count * common[0] - leaf.far * size[0][0]
    rate, found = log_ratio(u, v, PREC), []
    for t in (enclose(point.t, PREC) for point in points):
        found.append((lo + k * (rate[0] - t[1]), hi + k * (rate[1] - t[0])))
    return found


def _beside(far: int, near: int, side: int, e_lo: int, e_hi: int) -> Interval:
    """|far - side near e| for e from e_lo to e_hi, where it has no zero; else the lower end is not positive."""
    if (far < 0) == (side > 0):
        return abs(far) + near * e_lo, abs(far) + near * e_hi
    return abs(far) - near * e_hi, abs(far) - near * e_lo


def tangent_below(field: FarField, j: int, y: Fraction) -> bool:
    """D3 with c = scale/y, proved here: in units of the total weight `G'(c)(e - c) = Y G_Y (u - Y)/u` at the pole
    e = scale/u."""
    _, value = drift_there(field, j, y)
    if value >= 0:
        return False
    slope = slope_there(field, j, y)
    ends = [(u - y) / u for u in field.law.numerators[j : j + 2]]
    return all(value + max(s * end for s in slope) < 0 for end in ends)


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
    terms, lost = leaf.degree.terms, leaf.degree.lost
    doubt = leaf.far * ((1 << PREC - terms) + (terms + 1 << lost))
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
    work.spend(field.degree.terms // 4, PREC + field.mass.bit_length())
    work.spend_on_logs(len(leaf.near) + 2, PREC, bits)


def _book_beside(field: FarField, leaf: Leaf, scale: int) -> None:
    work, bits = field.case.work, scale + 2 * field.law.bits
    near = sum(len(us) for _, us in leaf.near)
    work.spend_on_rows(2 * near, PREC + bits)
    work.spend(field.degree.terms // 4, PREC + field.mass.bit_length())
    work.spend_on_divisions(4, bits)
    work.spend_on_logs(len(leaf.near) + 4, PREC, bits)


def gap_index(law: Law, gap: int) -> int:
    """The j with gap `gap` between u_j and u_(j+1)."""
    return len(law.numerators) - gap - 1


def place_in(law: Law, gap: int, share: Fraction) -> Fraction:
    """u_j + share (u_(j+1) - u_j) of the gap, 0 < share < 1."""
    j = gap_index(law, gap)
    low, high = law.numerators[j], law.numerators[j + 1]
    return low + share * (high - low)
