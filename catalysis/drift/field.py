"""Sums over all poles for many places: clusters of far rates by expansions with a proved remainder (Lemma D7).

With y = 1/lambda the drift is `sum p_j log|y - xi_j| - W log y`, the potential of charges p_j on a line. Rates are
kept as integers, multiples of one unit; a tree of intervals holds them; what is far from an interval enters it as
one polynomial, what is near is multiplied out. Building costs O(m), a place O(1).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import comb, factorial, prod

import numpy as np
import numpy.typing as npt
from flint import arb, arb_mat, arb_poly

from catalysis.data.walk import LinearWalk
from catalysis.drift.place import NearPole, Position
from catalysis.exact.balls import Ball, ball, precision, rational
from catalysis.exact.memory import uncollected

BITS = 128
"""The working precision of expansions and of places."""

_TERMS = 40  # the degree of the expansions; (radii)/(distance) is at most 1/2
_LEAF = 32
_AT_ONCE = 512  # so many rates enter their moments directly
_GUARD = 90  # neighbouring rates are at least 2^_GUARD units apart
_LONGEST = 4096  # the bits of a rate in units, else there is no field
_MARGIN = 1 << 20  # of an interval beyond its rates, in units
_CHUNK = 8
_TOLD = 2.0**-40  # differences of doubles that are larger, relative, are good to a thousandth


@dataclass
class Node:
    """The rates `low <= j < high`, upwards, with the gaps above each; all within `radius` of `centre`, in units."""

    low: int
    high: int
    centre: int
    radius: int
    parent: Node | None
    parts: tuple[Node, ...] = ()
    moments: list[Ball] = field(default_factory=list)
    far: list[Node] = field(default_factory=list)
    near: list[Node] = field(default_factory=list)
    local: arb_poly | None = None


class Field:
    """G at places in the gaps between the poles, as balls; see `build`."""

    def __init__(self, walk: LinearWalk, unit_bits: int, gaps: range) -> None:
        self.walk, self.unit_bits = walk, unit_bits
        self.rates = [_rounded(rate, unit_bits) for rate in reversed(walk.rates)]
        self.weights = walk.integer_weights[::-1]
        self.total = walk.total_weight
        self.first, self.last = walk.size - max(gaps) - 1, walk.size - min(gaps) - 1
        with precision(BITS), uncollected():
            self.nodes = [self._node(0, len(self.rates), None)]
            self._pair(self.nodes[0])
            self._downwards()
            ends = [node for node in self.nodes if not node.parts and self._wanted(node)]
            self.leaves = [Leaf(self, node) for node in sorted(ends, key=lambda node: node.low)]
            self.starts = [leaf.node.low for leaf in self.leaves]
            self.moving = arb(sum(self.weights)) / self.total
            self.remainder = arb(0, 2.0**-_TERMS) / (_TERMS + 1)
            self.slope_remainder = arb(0, 2.0**-_TERMS)

    @classmethod
    def build(cls, walk: LinearWalk, gaps: range) -> Field | None:
        """The field for places in the `gaps` k, 0 < k < m; None where rates are too close for it."""
        least = _least_difference(walk)
        if not 1e-300 < least < 1e300 or not walk.float_rates[0] < 1e300:
            return None
        unit_bits = _GUARD + 2 - int(np.floor(np.log2(min(least, float(walk.float_rates[-1])))))
        if unit_bits + int(np.log2(walk.float_rates[0])) > _LONGEST:
            return None
        return cls(walk, max(unit_bits, 0), gaps)

    def _wanted(self, node: Node) -> bool:
        return node.low <= self.last and node.high > self.first

    def _node(self, low: int, high: int, parent: Node | None) -> Node:
        bottom, top = self.rates[low], self.rates[min(high, len(self.rates) - 1)]
        centre = (bottom + top) // 2
        return Node(low, high, centre, max(top - centre, centre - bottom) + _MARGIN, parent)

    def _split(self, node: Node) -> tuple[Node, ...]:
        """The halves of its interval; none for a leaf."""
        if not node.parts and node.high - node.low > _LEAF:
            middle = (self.rates[node.low] + self.rates[node.high - 1]) // 2
            cut = bisect_right(self.rates, middle, node.low, node.high)
            node.parts = (self._node(node.low, cut, node), self._node(cut, node.high, node))
            self.nodes += node.parts
        return node.parts

    def _moments(self, node: Node) -> list[Ball]:
        """The moments `sum p_j ((xi_j - centre)/radius)^n`."""
        if not node.moments and node.high - node.low <= _AT_ONCE:
            node.moments = self._own_moments(node)
        elif not node.moments:
            total = arb_poly([0])
            for part in self._split(node):
                scale = arb(part.radius) / node.radius
                shift = arb(part.centre - node.centre) / node.radius
                own = zip(self._moments(part), _powers(scale), _FACTORIALS, strict=True)
                moved = [s / f for s, f in zip(_powers(shift), _FACTORIALS, strict=True)]
                total += arb_poly([m * s / f for m, s, f in own]) * arb_poly(moved)
            node.moments = [total[n] * f for n, f in enumerate(_FACTORIALS)]
        return node.moments

    def _own_moments(self, node: Node) -> list[Ball]:
        """In doubles: n factors, each and each product within 2^-53 of itself, as is the weight; sums by halves.

        Together at most (2 n + 14) 2^-53 of the weights' sum, as no ratio exceeds 1; and what underflows.
        """
        weights = self.weights[node.low : node.high]
        ratios = np.array([(u - node.centre) / node.radius for u in self.rates[node.low : node.high]])
        powers = np.empty((_TERMS + 1, len(weights)))
        powers[0] = 1.0 if len(set(weights)) == 1 else [k / self.total for k in weights]
        np.multiply.accumulate(np.broadcast_to(ratios, (_TERMS, len(weights))), axis=0, out=powers[1:])
        powers[1:] *= powers[0]
        scale = arb(weights[0]) / self.total if len(set(weights)) == 1 else arb(1)
        while (count := powers.shape[1]) > 1:  # at most _AT_ONCE terms
            powers[:, : count // 2] += powers[:, (count + 1) // 2 :]
            powers = powers[:, : (count + 1) // 2]
        mass, doubt = arb(sum(weights)) / self.total, arb(0, 1) * arb(2) ** -53
        sums = powers[:, 0].tolist()
        return [s * scale + mass * doubt * (2 * n + 14) + _UNDERFLOW for n, s in enumerate(sums)]

    def _pair(self, root: Node) -> None:
        """Every node with what is far from it and not from its parent, every leaf with its near leaves."""
        waiting = [(root, root)]
        while waiting:
            target, source = waiting.pop()
            if not self._wanted(target):
                continue
            distance = abs(target.centre - source.centre)
            if distance >= 2 * (target.radius + source.radius):
                target.far.append(source)
                continue
            leaf, other = target.high - target.low <= _LEAF, source.high - source.low <= _LEAF
            if leaf and other:
                target.near.append(source)
            elif leaf or (not other and source.radius >= target.radius):
                waiting += [(target, part) for part in self._split(source)]
            else:
                waiting += [(part, source) for part in self._split(target)]

    def _downwards(self) -> None:
        """The polynomial of each node in (y - centre)/radius."""
        for node in [node for node in self.nodes if self._wanted(node)]:
            own = self._entering(node) if node.far else arb_poly([0])
            parent = node.parent
            if parent is not None and parent.local is not None:
                shift = arb(node.centre - parent.centre) / parent.radius
                own += parent.local(arb_poly([shift, arb(node.radius) / parent.radius]))
            node.local = own

    def _entering(self, node: Node) -> arb_poly:
        """The potential of all far sources of the node, as a polynomial of degree _TERMS in (y - centre)/radius.

        A source enters by the terms of total degree up to _TERMS of `log|z + eta - delta|` (D7).
        """
        count = len(node.far)
        entries: list[list[Ball]] = []
        ratios, logs = [], arb(0)
        for source in node.far:
            z = arb(node.centre - source.centre)
            entries.append(
                [p * m for p, m in zip(_powers(source.radius / z), self._moments(source), strict=True)]
            )
            ratios.append(_powers(node.radius / z))
            logs += self._moments(source)[0] * abs(z).log()
        columns = arb_mat(_TERMS + 1, count, [entry[n] for n in range(_TERMS + 1) for entry in entries])
        rows = (_MIXED * columns).entries()
        found = [logs + sum(rows[:count], arb(0))]
        for k in range(1, _TERMS + 1):
            found.append(sum((rows[k * count + i] * ratios[i][k] for i in range(count)), arb(0)))
        return arb_poly(found)

    def leaf(self, low: int) -> Leaf:
        """The leaf with the gap above rate `low`, counted upwards."""
        return self.leaves[bisect_right(self.starts, low) - 1]

    def leaf_gaps(self, gaps: range) -> Iterator[tuple[Leaf, range]]:
        """The gaps, increasing, cut at the ends of leaves."""
        m, gap = self.walk.size, gaps.start
        while gap < gaps.stop:
            leaf = self.leaf(m - gap - 1)
            stop = min(gaps.stop, m - leaf.node.low)
            yield leaf, range(gap, stop)
            gap = stop

    def drift(self, position: Position, bits: int) -> Ball:
        """A ball that holds G at a place in one of the gaps."""
        with precision(BITS):
            if isinstance(position, Fraction):
                place, own = self._at(position), None
            else:
                place, own = (
                    self._beside(position, position.t, position.t),
                    len(self.rates) - 1 - position.index,
                )
            rest = self._sum(place, own)
            return rest if own is None else rest + self._own(position)  # type: ignore[arg-type]

    def drift_at_ends(self, lower: NearPole, upper: NearPole, bits: int) -> tuple[Ball, Ball]:
        """Balls that hold G at both ends of a bracket beside a pole."""
        with precision(BITS):
            place = self._beside(lower, lower.t, upper.t)
            rest = self._sum(place, len(self.rates) - 1 - lower.index)
            return rest + self._own(lower), rest + self._own(upper)

    def drift_and_slope(self, curvature: Fraction, bits: int) -> tuple[Ball, Ball]:
        """Balls that hold G and G' at a place in one of the gaps."""
        with precision(BITS):
            place = self._at(curvature)
            steep = place.leaf.slope(place) - self.moving
            return self._sum(place, None), -steep / ball(curvature)

    def _at(self, curvature: Fraction) -> Place:
        unit = (curvature.denominator << self.unit_bits) // curvature.numerator
        return Place(self.leaf(bisect_right(self.rates, unit) - 1), unit, 2)

    def _beside(self, near: NearPole, t: Fraction, other: Fraction) -> Place:
        """y = xi/(1 +- xi exp(-t)) for all t between the two."""
        own = len(self.rates) - 1 - near.index
        leaf = self.leaf(own if near.side < 0 else own - 1)
        with precision(max(BITS, self.rates[own].bit_length() + 16)):
            rate = ball(self.walk.rates[near.index])
            y = rate * (1 << self.unit_bits) / (1 + near.side * rate * (-ball(t).union(ball(other))).exp())
            if not y.is_finite() or not y < 2 * self.rates[-1]:
                return Place(leaf, 1, 1 << 2 * _LONGEST)
            middle = _whole(arb(y.mid()).floor())
            error = _whole(arb(y.rad()).ceil()) + 3
        return Place(leaf, middle, error)

    def _own(self, near: NearPole) -> Ball:
        weight = arb(self.weights[len(self.rates) - 1 - near.index]) / self.total
        return weight * (arb(rational(self.walk.rates[near.index])).log() - ball(near.t))

    def _sum(self, place: Place, without: int | None) -> Ball:
        """sum p_j log|1 - lambda xi_j|, one rate left out."""
        leaf, unit = place.leaf, place.unit
        logs, nearest = leaf.logs(unit, without)
        blurred = leaf.blurred(place, nearest)
        if blurred is None:
            return arb("nan")
        moving = self.moving if without is None else self.moving - arb(self.weights[without]) / self.total
        value = logs + leaf.polynomial(leaf.coordinate(unit)) - moving * arb(unit).log()
        return value + self.remainder + blurred


@dataclass(frozen=True)
class FarFloats:
    """The far potential of a leaf in doubles, y in units of the largest rate: a guess, nothing proved.

    `coefficients` in `(y - centre)/radius`, `mass` the weight of the far rates, `coordinates` those of the near ones.
    """

    coefficients: npt.NDArray[np.float64]
    mass: float
    radius: float
    coordinates: npt.NDArray[np.float64]

    def at(
        self, index: npt.NDArray[np.intp], own: npt.NDArray[np.float64], shift: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Its part of G, dG/dt and d^2G/dt^2 at y = own/(1 + own shift) beside near rates, shift = +-exp(-t)."""
        y = own / (1 + own * shift)
        moved = -own * shift * y / self.radius
        first = y * y * shift  # dy/dt
        second = first * (2 * y * shift - 1)
        n = len(self.coefficients)
        e = (self.coordinates[index] + moved)[:, None]
        powers = np.concatenate(
            [np.ones((len(y), 1)), np.cumprod(np.repeat(e, n - 1, axis=1), axis=1)], axis=1
        )
        c, k = self.coefficients, np.arange(n)
        value = powers @ c - self.mass * np.log(y)
        slope = powers[:, :-1] @ (c[1:] * k[1:]) / self.radius - self.mass / y
        curve = powers[:, :-2] @ (c[2:] * k[2:] * k[1:-1]) / self.radius**2 + self.mass / y**2
        return value, slope * first, curve * first**2 + slope * second


@dataclass(frozen=True)
class Place:
    """Some y in units, known to within `error` units, in the gaps of a leaf."""

    leaf: Leaf
    unit: int
    error: int


class Leaf:
    """What a place in the gaps of a leaf sees: near rates one by one, far ones as a polynomial."""

    def __init__(self, whole: Field, node: Node) -> None:
        self.whole, self.node = whole, node
        self.indices = sorted(j for near in node.near for j in range(near.low, near.high))
        assert node.local is not None
        self.polynomial = node.local
        groups: dict[int, list[int]] = {}
        for j in self.indices:
            groups.setdefault(whole.weights[j], []).append(j)
        self.groups = [(k, [whole.rates[j] for j in js]) for k, js in groups.items()]

    @cached_property
    def steep(self) -> arb_poly:
        return self.polynomial.derivative()

    def coordinate(self, unit: int) -> Ball:
        return arb(unit - self.node.centre) / self.node.radius

    def logs(self, unit: int, without: int | None) -> tuple[Ball, int]:
        """sum p_j log|y - xi_j| over the near rates, and the least difference."""
        left_out = None if without is None else self.whole.rates[without]
        total, nearest = arb(0), 1 << _LONGEST
        for weight, rates in self.groups:
            sizes = [abs(unit - u) for u in rates if u != left_out]
            if not sizes:
                continue
            nearest = min(nearest, min(sizes))
            product = arb(prod(sizes[:_CHUNK]))
            for i in range(_CHUNK, len(sizes), _CHUNK):
                product *= prod(sizes[i : i + _CHUNK])
            total += weight * product.log()
        return total / self.whole.total, nearest

    def blurred(self, place: Place, nearest: int) -> Ball | None:
        """How much the doubt about the place and the rates moves the logs of all differences; None beyond the leaf."""
        doubt = 2 * place.error
        room = min(nearest, self.node.radius, place.unit)
        if room <= 2 * doubt or abs(place.unit - self.node.centre) + doubt > self.node.radius:
            return None
        return arb(0, 1) * doubt / (room - doubt)

    def slope(self, place: Place) -> Ball:
        """sum p_j y/(y - xi_j) over all rates. Each quotient falls short of the near one by less than a unit."""
        unit = place.unit
        above = unit << BITS
        total, sizes, nearest = arb(0), arb(0), 1 << 2 * _LONGEST
        for weight, rates in self.groups:
            differences = [unit - u for u in rates]
            least = min(map(abs, differences))
            nearest = min(nearest, least)
            if not least:
                return arb("nan")
            quotients = [above // d for d in differences]
            whole = sum(quotients)
            total += weight * (arb(whole).union(arb(whole + len(quotients))))
            sizes += weight * (sum(map(abs, quotients)) + len(quotients))
        blurred = self.blurred(place, nearest)
        if blurred is None:
            return arb("nan")
        scale = arb(self.whole.total) * (1 << BITS)
        near = (total + 3 * blurred * sizes) / scale
        ratio = arb(unit) / self.node.radius
        far = self.steep(self.coordinate(unit)) + self.whole.slope_remainder
        return (
            near + (far + 3 * blurred) * ratio
        )  # far quotients are below the ratio, their weights sum to at most 1

    def floats(self) -> FarFloats:
        """The far potential in doubles, for searching."""
        top = self.whole.rates[-1]
        coefficients = np.array([float(c) for c in self.polynomial.coeffs()] or [0.0])
        mass = float(self.whole.moving) - sum(k * len(us) for k, us in self.groups) / self.whole.total
        coefficients[0] -= mass * float(arb(top).log())
        coordinates = np.array(
            [(self.whole.rates[j] - self.node.centre) / self.node.radius for j in reversed(self.indices)]
        )
        return FarFloats(coefficients, mass, self.node.radius / top, coordinates)

    def members(self) -> list[int]:
        """The walk's indices of the near rates, increasing."""
        return [len(self.whole.rates) - 1 - j for j in reversed(self.indices)]


def _least_difference(walk: LinearWalk) -> float:
    """About, or a little less than, the least difference of two rates: by doubles where these tell."""
    rates = walk.float_rates
    differences = rates[:-1] - rates[1:]
    if (differences > _TOLD * rates[:-1]).all() and rates[0] < np.inf:
        return float(differences.min()) * (1 - 2.0**-10)
    return min(
        (a.numerator * b.denominator - b.numerator * a.denominator) / (a.denominator * b.denominator)
        for a, b in pairwise(walk.rates)
    )


def _whole(value: Ball) -> int:
    found = value.unique_fmpz()
    assert found is not None  # an exact integer
    return int(found)


def _rounded(rate: Fraction, bits: int) -> int:
    return (rate.numerator << bits) // rate.denominator


def _powers(value: Ball) -> list[Ball]:
    found = [arb(1)]
    for _ in range(_TERMS):
        found.append(found[-1] * value)
    return found


def _mixed() -> arb_mat:
    """Row k, column l: the coefficient of eta^k delta^l in log(1 + eta - delta), for k + l <= _TERMS."""
    with precision(BITS + 64):
        rows = [[arb(0), *(arb(-1) / n for n in range(1, _TERMS + 1))]]
        for k in range(1, _TERMS + 1):
            sign = 1 if k % 2 else -1
            rows.append(
                [arb(sign * comb(k + n - 1, n)) / k if k + n <= _TERMS else arb(0) for n in range(_TERMS + 1)]
            )
        return arb_mat(rows)


_MIXED = _mixed()
_UNDERFLOW = arb(0, 2.0**-900)
_FACTORIALS = [factorial(n) for n in range(_TERMS + 1)]
