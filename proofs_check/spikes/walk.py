"""The walk over counts (S4) on integers rounded down; whatever is lost on the way is counted and bounded.

Masses are integers in units of 2^-prec. A row holds the masses of all counts that differ in the first two
factors only, by the count of the first one: the level grows along a row, so what has crossed is its end.
"""

from dataclasses import dataclass
from fractions import Fraction

from proofs_check.core.arithmetic import (
    Interval,
    exp_interval,
    log_of,
    log_precision,
    log_ratio,
    power,
    times,
)
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused

MOST_IN_LAYER = 1 << 20
MOST_IN_KEYS = 1 << 25
"""Counts in all the keys of a layer: some hundreds of megabytes."""

MOST_EXACT_BITS = 1 << 18
LEAST_WEIGHT_BITS = 48
"""Steps whose tilted weight is below 2^(this - prec) are left out, and what they carry is counted as lost."""

_SPARE = 64  # more bits for logarithms that are multiplied by counts

Row = tuple[int, list[int]]
Key = tuple[int, ...]


@dataclass(frozen=True)
class Walk:
    """Factors r_i > 0, not 1, decreasing, with r_1 > 1, and the probabilities q_i of a step that is not idle.

    They sum to at most 1, the rest being the factor 0. The walk has reached its level K as soon as
    prod r_i^(root c_i) >= level: so K^root = level.
    """

    factors: tuple[Fraction, ...]
    weights: tuple[Fraction, ...]
    level: Fraction
    root: int

    def log_level(self, prec: int) -> Interval:
        """log K."""
        log = log_of(self.level, prec)
        return log[0] // self.root, -(-log[1] // self.root)

    def log_factors(self, prec: int) -> list[Interval]:
        return [log_of(r, prec) for r in self.factors]


def count_walk(
    walk: Walk, theta: tuple[Fraction, Fraction], steps: int, drop: Fraction, prec: int, work: Work
) -> Interval:
    """An interval at `prec` for P(the walk reaches K) * K^lo, by `steps` layers; lo < theta < hi given."""
    replay = _Replay(walk, theta, prec, work)
    edge = (drop.numerator << prec) // drop.denominator
    for done in range(1, steps + 1):
        replay.step(done, edge)
        if not replay.rows:
            break
    return replay.result(steps)


class _Replay:
    """The layers of a walk over counts."""

    def __init__(self, walk: Walk, theta: tuple[Fraction, Fraction], prec: int, work: Work) -> None:
        self.walk, self.theta, self.prec, self.work = walk, theta, prec, work
        self.log_prec = log_precision(theta[1], prec + _SPARE)
        count = len(walk.factors)
        ends = (theta[1], walk.level, *walk.factors, *walk.weights)
        size = max(max(q.numerator, q.denominator) for q in ends).bit_length()
        work.spend_on_logs(6 * count + 6, self.log_prec, size)
        self.logs = walk.log_factors(self.log_prec)
        self.log_level = walk.log_level(self.log_prec)
        self.weights = [self._tilted(i) for i in range(count)]
        self.used = [a >= 1 << LEAST_WEIGHT_BITS for a in self.weights]
        self.log_ratios = [
            log_ratio(q.numerator << prec, q.denominator * a, self.log_prec)
            for q, a in zip(walk.weights, self.weights, strict=True)
        ]
        self.rows: dict[Key, Row] = {(0,) * max(0, count - 2): (0, [1 << prec])}
        self.lost = self.crossed_lo = self.crossed_hi = 0

    def _tilted(self, i: int) -> int:
        """a_i >= q_i r_i^lo."""
        high = power(self.logs[i], self.log_prec, self.theta[0], self.prec)[1]
        if high is None:
            raise Refused("a tilted weight is too large")
        q = self.walk.weights[i]
        return -(-q.numerator * high // q.denominator)

    def step(self, done: int, edge: int) -> None:
        """From layer done - 1 to layer done."""
        kinds = len(self.weights)
        size = sum(len(row) + 1 for _, row in self.rows.values())
        if size * kinds > MOST_IN_LAYER:
            raise Refused(f"a layer of the walk has more than {MOST_IN_LAYER} counts")
        in_keys = kinds * kinds * len(self.rows)
        if in_keys > MOST_IN_KEYS:
            raise Refused("the walk over counts has too many factors")
        self.work.spend(in_keys // 8)
        self.work.spend_on_rows(size * kinds + 32 * kinds * len(self.rows), self.prec)
        faint = sum(a for a, used in zip(self.weights, self.used, strict=True) if not used)
        if faint:
            alive = sum(sum(row) for _, row in self.rows.values())
            self.lost += -(-alive * faint >> self.prec)
        sums: dict[Key, Row] = {}
        for key, row in self.rows.items():
            self._add(sums, key, self._along(row))
            for i in range(2, kinds):
                if self.used[i]:
                    a, (start, masses) = self.weights[i], row
                    self._add(sums, _raised(key, i - 2), (start, [a * v for v in masses]))
        self.rows = {}
        for key, (start, masses) in sums.items():
            self.lost += len(masses)
            self._keep(done, key, start, [v >> self.prec for v in masses], edge)

    def _along(self, row: Row) -> Row:
        """What the first two factors make of a row, in units of 2^(-2 prec)."""
        start, masses = row
        first = self.weights[0] if self.used[0] else 0
        if len(self.weights) == 1:
            return start + 1, [first * v for v in masses]
        second = self.weights[1] if self.used[1] else 0
        return start, [first * v + second * w for v, w in zip([0, *masses], [*masses, 0], strict=True)]

    def _add(self, rows: dict[Key, Row], key: Key, row: Row) -> None:
        """Add a row to the one that is there already."""
        if key not in rows:
            rows[key] = row
            return
        (a, left), (b, right) = sorted((rows[key], row), key=lambda entry: entry[0])
        overlap = a + len(left) - b
        if overlap < 0:
            self.work.spend(-10 * overlap)
            left, overlap = [*left, *[0] * -overlap], 0
        both = min(overlap, len(right))
        here = len(left) - overlap
        joined = left[:here] + [v + w for v, w in zip(left[here : here + both], right, strict=False)]
        rows[key] = a, joined + left[here + both :] + right[both:]

    def _keep(self, done: int, key: Key, start: int, masses: list[int], edge: int) -> None:
        """Split a new row into what has crossed, what is dropped and what goes on."""
        first = self._first_crossed(done, key, start, len(masses))
        for place in range(first, len(masses)):
            if masses[place]:
                self._cross(self._counts(done, key, start + place), masses[place])
        low, high = 0, first
        while low < high and masses[low] <= edge:
            self.lost += masses[low]
            low += 1
        while low < high and masses[high - 1] <= edge:
            high -= 1
            self.lost += masses[high]
        if low < high:
            self.rows[key] = start + low, masses[low:high]

    def _counts(self, done: int, key: Key, first: int) -> list[int]:
        if len(self.weights) == 1:
            return [first]
        return [first, done - first - sum(key), *key]

    def _first_crossed(self, done: int, key: Key, start: int, length: int) -> int:
        """The place from which on a row has reached the level; the level grows strictly along the row."""
        low, high = 0, length
        while low < high:
            middle = (low + high) // 2
            if self._has_crossed(self._counts(done, key, start + middle)):
                high = middle
            else:
                low = middle + 1
        return low

    def _has_crossed(self, counts: list[int]) -> bool:
        lo = sum(c * log[0] for c, log in zip(counts, self.logs, strict=True)) - self.log_level[1]
        if lo > 0:
            return True
        hi = sum(c * log[1] for c, log in zip(counts, self.logs, strict=True)) - self.log_level[0]
        return False if hi < 0 else self._reaches(counts)

    def _reaches(self, counts: list[int]) -> bool:
        """prod r_i^(root c_i) >= level, exactly."""
        parts = [(r, c * self.walk.root) for r, c in zip(self.walk.factors, counts, strict=True) if c]
        bits = sum(c * max(r.numerator, r.denominator).bit_length() for r, c in parts)
        if bits > MOST_EXACT_BITS:
            raise Refused("whether a count has reached the level takes too large powers")
        self.work.spend(4 * len(parts) + 4, bits)
        above, below = self.walk.level.denominator, self.walk.level.numerator
        for r, c in parts:
            above, below = above * r.numerator**c, below * r.denominator**c
        return above >= below

    def _cross(self, counts: list[int], mass: int) -> None:
        """Add mass * prod (q_i/a_i)^c_i * K^lo."""
        self.work.spend_on_logs(2, self.prec)
        self.work.spend(len(counts), self.log_prec)
        scale = times(self.theta[0], self.log_level)
        lo = scale[0] + sum(c * log[0] for c, log in zip(counts, self.log_ratios, strict=True))
        hi = scale[1] + sum(c * log[1] for c, log in zip(counts, self.log_ratios, strict=True))
        drop = self.log_prec - self.prec
        worth = exp_interval((lo >> drop, -(-hi >> drop)), self.prec)
        if worth[1] is None:
            raise Refused("a crossing weighs too much")
        self.crossed_lo += mass * worth[0] >> self.prec
        self.crossed_hi += -(-mass * worth[1] >> self.prec)

    def result(self, steps: int) -> Interval:
        """S4: what crossed; what is alive at its least and at its most; what was lost at its most."""
        alive = sum(sum(row) for _, row in self.rows.values())
        return self.crossed_lo + (alive * self._least_worth(steps) >> self.prec), (
            self.crossed_hi + alive + self.lost
        )

    def _least_worth(self, steps: int) -> int:
        """K^lo (K R)^-hi min(1, q_i r_i^hi / a_i)^steps at `prec`, rounded down."""
        lo, hi = self.theta
        log = times(lo, self.log_level)[0] - times(hi, self.log_level)[1] - times(hi, self.logs[0])[1]
        changes = [
            times(hi, self.logs[i])[0] + self.log_ratios[i][0] for i, used in enumerate(self.used) if used
        ]
        log += steps * min([0, *changes])
        self.work.spend_on_logs(2, self.prec)
        return exp_interval((log >> (self.log_prec - self.prec),) * 2, self.prec)[0]


def _raised(key: Key, place: int) -> Key:
    """The key with one more of one factor."""
    return (*key[:place], key[place] + 1, *key[place + 1 :])
