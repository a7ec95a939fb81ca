"""Where the zeros and maxima of G might be: floats and luck, nothing certified.

Works for all gaps at once in the coordinate `t = -log(distance to the nearer pole)`, in which zeros
`exp(-c/p_i)` away from a pole are as easy as any. Poles closer to each other than doubles can tell
are kept apart by carrying each rate as a sum of two doubles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from catalysis.data.walk import LinearWalk
from catalysis.drift.field import FarFloats, Field, Leaf
from catalysis.drift.place import NearPole
from catalysis.drift.search_few import NEWTON_DONE, TOO_CLOSE, FewSearch, Proposal
from catalysis.exact.balls import log_size

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Evaluation = Callable[[Floats], tuple[Floats, Floats]]

# So many factors are held in memory at once.
_ENTRIES = 500_000
# So few rates are searched without arrays.
_FEW = 12


class _Frame:
    """G around the poles `index` on the sides `side`: one row a problem, rates scaled to at most 1."""

    def __init__(
        self, high: Floats, low: Floats, weights: Floats, index: Ints, side: Floats, far: FarFloats | None
    ) -> None:
        self.rates, self.weights, self.index, self.side, self.far = high, weights, index, side, far
        self.rows = np.arange(len(index))
        own = high[index][:, None]
        self.constant = ((own - high[None, :]) + (low[index][:, None] - low[None, :])) / own
        self.own_weight = weights[index]
        self.own_log = np.log(high[index])

    def subset(self, keep: Ints) -> _Frame:
        part = object.__new__(_Frame)
        part.rates, part.weights, part.far = self.rates, self.weights, self.far
        part.index, part.side, part.rows = self.index[keep], self.side[keep], np.arange(len(keep))
        part.constant = self.constant[keep]
        part.own_weight, part.own_log = self.own_weight[keep], self.own_log[keep]
        return part

    def _factors(self, t: Floats) -> tuple[Floats, Floats]:
        shift = (self.side * np.exp(-t))[:, None] * self.rates[None, :]
        factor = self.constant - shift
        factor[self.rows, self.index] = 1.0
        shift[self.rows, self.index] = 0.0
        return shift, factor

    def value(self, t: Floats) -> tuple[Floats, Floats]:
        """G and dG/dt."""
        shift, factor = self._factors(t)
        g = np.log(np.abs(factor)) @ self.weights + self.own_weight * (self.own_log - t)
        slope = (shift / factor) @ self.weights - self.own_weight
        if self.far is not None:
            value, first, _ = self._far(t)
            return g + value, slope + first
        return g, slope

    def _far(self, t: Floats) -> tuple[Floats, Floats, Floats]:
        assert self.far is not None
        return self.far.at(self.index, self.rates[self.index], self.side * np.exp(-t))

    def slope(self, t: Floats) -> tuple[Floats, Floats]:
        """dG/dt and d^2G/dt^2."""
        shift, factor = self._factors(t)
        ratio = shift / factor
        slope = ratio @ self.weights - self.own_weight
        curve = -(ratio * (factor + shift) / factor) @ self.weights
        if self.far is not None:
            _, first, second = self._far(t)
            return slope + first, curve + second
        return slope, curve

    def at_pole(self) -> Floats:
        """The t at which G would vanish if only the own factor moved."""
        at = np.full(len(self.index), np.inf)
        _, factor = self._factors(at)
        rest = np.log(np.abs(factor)) @ self.weights
        if self.far is not None:
            rest += self._far(at)[0]
        return self.own_log + rest / self.own_weight


def _lost(numerator: int, denominator: int, high: float) -> float:
    """What the double `high` lacks of a ratio."""
    n, d = high.as_integer_ratio()
    return (numerator * d - n * denominator) / (denominator * d)


def _solve(
    f: Callable[[_Frame, Floats], tuple[Floats, Floats]],
    frame: _Frame,
    low: Floats,
    high: Floats,
    start: Floats,
    tolerance: float,
) -> Floats:
    """Newton kept inside a shrinking bracket: f(low) > 0 > f(high), row by row."""
    low, high, t = low.copy(), high.copy(), start.copy()
    outside = ~((low < t) & (t < high))
    t[outside] = 0.5 * (low + high)[outside]
    active = np.arange(len(t))
    part = frame
    for _ in range(80):
        value, slope = f(part, t[active])
        positive = value > 0
        low[active] = np.where(positive, t[active], low[active])
        high[active] = np.where(positive, high[active], t[active])
        step = t[active] - value / slope
        middle = 0.5 * (low[active] + high[active])
        inside = (step >= low[active]) & (step <= high[active])  # step = t where the value is 0
        new = np.where(inside, step, middle)
        moving = np.abs(new - t[active]) > tolerance * np.maximum(1.0, np.abs(new))
        t[active] = new
        if not moving.all():
            kept = np.flatnonzero(moving)
            if not len(kept):
                break
            active, part = active[kept], part.subset(kept)
    return t


def _expand(
    f: Callable[[_Frame, Floats], tuple[Floats, Floats]], frame: _Frame, t: Floats, step: float, wanted: int
) -> Floats:
    """Move t in doubling steps until f has the wanted sign (NaN where it never has)."""
    t, reach = t.copy(), np.full(len(t), step)
    waiting = np.arange(len(t))
    for _ in range(1100):
        value, _ = f(frame.subset(waiting), t[waiting])
        waiting = waiting[~(np.sign(value) == wanted)]
        if not len(waiting):
            return t
        t[waiting] += reach[waiting]
        reach[waiting] *= 2.0
    t[waiting] = np.nan
    return t


def propose(walk: LinearWalk, gaps: range, field: Field | None = None) -> Iterator[Proposal | None]:
    """A proposal for each gap of `gaps` (0 < gap <= m, with a field < m), in order; None where doubles cannot see."""
    if field is not None:
        leaves = list(field.leaf_gaps(gaps))
        search = _Search(walk, _span([leaf.members() for leaf, _ in leaves]))
        for leaf, part in leaves:
            with np.errstate(all="ignore"):
                found = search.within(leaf).run(part)
            yield from found
        return
    search = _Search(walk, range(walk.size))
    if walk.size <= _FEW:
        few = search.few()
        yield from (few.propose(gap) if search.sees(gap) else None for gap in gaps)
        return
    at_once = max(1, _ENTRIES // walk.size)
    for first in range(gaps.start, gaps.stop, at_once):
        with np.errstate(all="ignore"):
            found = search.run(range(first, min(first + at_once, gaps.stop)))
        yield from found


def _span(members: Sequence[Sequence[int]]) -> range:
    """From the least to the largest, each increasing."""
    if not members:
        return range(0)
    return range(min(some[0] for some in members), max(some[-1] for some in members) + 1)


class _Search:
    """Only what lies near the gaps is worked out: the rates of these `indices`."""

    def __init__(self, walk: LinearWalk, indices: range) -> None:
        self.walk = walk
        up, down = walk.rates[0].denominator, walk.rates[0].numerator
        some = slice(indices.start, indices.stop)
        scaled = [(rate.numerator * up, rate.denominator * down) for rate in walk.rates[some]]
        high = [n / d for n, d in scaled]
        self.high, self.low = np.zeros(walk.size), np.zeros(walk.size)
        self.high[some] = high
        self.low[some] = [_lost(n, d, value) for (n, d), value in zip(scaled, high, strict=True)]
        self.weights = walk.float_weights
        self.log_scale = log_size(walk.rates[0])
        self.visible = (self.high > 1e-290) & (self.weights > 1e-290)
        self.members: Ints | None = None
        self.far: FarFloats | None = None

    def within(self, leaf: Leaf) -> _Search:
        """The search in the gaps of a leaf, in which far rates are one polynomial."""
        part = object.__new__(_Search)
        part.walk, part.log_scale = self.walk, self.log_scale
        members = part.members = np.array(leaf.members(), dtype=np.intp)
        part.high, part.low = self.high[members], self.low[members]
        part.weights, part.visible = self.weights[members], self.visible[members]
        part.far = leaf.floats()
        return part

    def local(self, index: Ints) -> Ints:
        return index if self.members is None else np.searchsorted(self.members, index)

    def few(self) -> FewSearch:
        """The same numbers, for the search without arrays."""
        rates = self.high.tolist(), self.low.tolist(), self.weights.tolist()
        return FewSearch(self.walk, *rates, self.log_scale)

    def sees(self, gap: int) -> bool:
        """Whether the poles around the gap are within the range of doubles."""
        return bool(self.visible[gap - 1 : gap + 1].all())

    def frame(self, index: Ints, side: Floats) -> _Frame:
        return _Frame(self.high, self.low, self.weights, index, side, self.far)

    def place(self, index: int, side: float, t: float) -> NearPole:
        whole = index if self.members is None else int(self.members[index])
        return NearPole.at(self.walk.poles[whole], whole, int(side), t + self.log_scale)

    def run(self, gaps: range) -> list[Proposal | None]:
        seen, inside = self.visible, np.array([k for k in gaps if k < self.walk.size], dtype=np.intp)
        inner = inside[seen[self.local(inside - 1)] & seen[self.local(inside)]]
        found: dict[int, Proposal] = self._between(inner) if len(inner) else {}
        if gaps and gaps[-1] == self.walk.size and seen[-1]:
            last = self._last()
            if last is not None:
                found[self.walk.size] = last
        return [found.get(k) for k in gaps]

    def _last(self) -> Proposal | None:
        index = self.walk.size - 1
        frame = self.frame(np.array([index]), np.array([1.0]))
        near = _expand(_Frame.value, frame, frame.own_log.copy(), -0.7, 1)
        far = _expand(_Frame.value, frame, np.maximum(near, frame.at_pole()) + 1.0, 1.0, -1)
        t = _solve(_Frame.value, frame, near, far, frame.at_pole(), NEWTON_DONE)
        return (
            Proposal(self.walk.size, None, (self.place(index, 1, float(t[0])),))
            if np.isfinite(t[0])
            else None
        )

    def _between(self, gaps: Ints) -> dict[int, Proposal]:
        left, right = self.local(gaps - 1), self.local(gaps)
        difference = (self.high[left] - self.high[right]) + (self.low[left] - self.low[right])
        middle_t = -np.log(difference / (self.high[left] * self.high[right]) / 2)
        at_left = self.frame(left, np.ones(len(gaps)))
        middle_value, middle_slope = at_left.value(middle_t)
        go_left = middle_slope > 0
        base = np.where(go_left, left, right)
        side = np.where(go_left, 1.0, -1.0)
        frame = self.frame(base, side)
        far = _expand(_Frame.slope, frame, middle_t + 1.0, 1.0, -1)
        top = _solve(_Frame.slope, frame, middle_t, far, middle_t + 1.0, 1e-12)
        best, _ = frame.value(top)
        positive = np.flatnonzero(best > TOO_CLOSE)
        zeros = self._zeros(positive, left, right, frame, middle_t, middle_value, top)
        found = {}
        for row, gap in enumerate(gaps):
            if not np.isfinite(top[row]) or not abs(best[row]) > TOO_CLOSE:
                continue
            pair = zeros.get(row, ())
            if best[row] > 0 and not (pair and all(np.isfinite(z[2]) for z in pair)):
                continue
            found[int(gap)] = Proposal(
                int(gap),
                self.place(int(base[row]), side[row], float(top[row])),
                tuple(self.place(*z) for z in pair),
            )
        return found

    def _zeros(
        self,
        rows: Ints,
        left: Ints,
        right: Ints,
        frame: _Frame,
        middle_t: Floats,
        middle: Floats,
        top: Floats,
    ) -> dict[int, tuple[tuple[int, float, float], ...]]:
        """The two zeros of each positive gap, in increasing order, as (pole, side, t)."""
        if not len(rows):
            return {}
        split = rows[middle[rows] > 0]  # one zero in each half, each towards its own pole
        lopsided = rows[~(middle[rows] > 0)]  # both in the half of the maximiser
        index = np.concatenate([left[split], right[split], frame.index[lopsided]])
        side = np.concatenate([np.ones(len(split)), -np.ones(len(split)), frame.side[lopsided]])
        near = np.concatenate([middle_t[split], middle_t[split], top[lopsided]])
        towards = self.frame(index, side)
        guess = towards.at_pole()
        far = _expand(_Frame.value, towards, np.maximum(near, guess) + 1.0, 1.0, -1)
        t = _solve(_Frame.value, towards, near, far, guess, NEWTON_DONE)
        found: dict[int, tuple[tuple[int, float, float], ...]] = {}
        n = len(split)
        for i, row in enumerate(split):
            found[int(row)] = ((int(left[row]), 1.0, float(t[i])), (int(right[row]), -1.0, float(t[n + i])))
        if len(lopsided):
            part = frame.subset(lopsided)

            def negated(f: _Frame, at: Floats) -> tuple[Floats, Floats]:
                g, slope = f.value(at)
                return -g, -slope

            start = 0.5 * (middle_t + top)[lopsided]
            outer = _solve(negated, part, middle_t[lopsided], top[lopsided], start, NEWTON_DONE)
            for i, row in enumerate(lopsided):
                pole, s = int(part.index[i]), float(part.side[i])
                inside, outside = (pole, s, float(t[2 * n + i])), (pole, s, float(outer[i]))
                found[int(row)] = (inside, outside) if s > 0 else (outside, inside)
        return found
