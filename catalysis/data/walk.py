"""The multiplicative walk: what one step of the linearised dynamics does to |mu|.

At curvature lambda one step multiplies |mu| by `|1 - lambda xi_i|` with probability `p_i`, where
`xi_i = eta x_i` are the rates. Everything on the floor above asks questions about this object.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
from flint import arb, arb_mat

from catalysis.data.dataset import Dataset
from catalysis.data.law import CurvatureLaw, Step, curvature_law, largest_curvature
from catalysis.data.minibatch import LawTooLarge
from catalysis.data.reading import AnyData, as_dataset
from catalysis.exact.balls import Ball, ball, nearest_double, precision, rational
from catalysis.exact.memory import uncollected
from catalysis.exact.numbers import DataError, lowest, nearest_doubles, shown

Atom = TypeVar("Atom")

# A difference of two balls above CLOSE times their size loses less than GUARD bits.
GUARD, CLOSE = 32, 1e-7
_ROWS_KEPT = 4
_PRODUCTS_PER_LOG = 12


@dataclass(frozen=True)
class LinearWalk:
    """The walk of a data set: a step multiplies |mu| by |1 - lambda xi_i| with probability p_i.

    `rates` are the distinct positive xi_i = eta x_i in decreasing order, so that the `poles` 1/xi_i increase;
    `weights[i]` is the probability of `rates[i]`, `idle` that of a step with x = 0.

    Parameters
    ----------
    dataset : Dataset, or data (see as_dataset)
        The samples and the learning rate.
    step : Step
        One sample (the default), a minibatch or the full batch.

    Raises
    ------
    DataError
        For what is no data and no step.

    Examples
    --------
    >>> from catalysis import LinearWalk, Step
    >>> walk = LinearWalk("examples/talk-1.toml", Step.minibatch(2))
    >>> walk.size, [str(rate) for rate in walk.rates], [str(weight) for weight in walk.weights]
    (3, ['169/100', '269/200', '1'], ['1/4', '1/2', '1/4'])
    """

    dataset: Dataset
    step: Step = field(default_factory=Step)

    def __post_init__(self) -> None:
        object.__setattr__(self, "dataset", as_dataset(self.dataset))
        if not isinstance(self.step, Step):
            raise DataError(f"step: expected a Step, found {shown(self.step)}")

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: what has been worked out from them is worked out again."""
        return {"dataset": self.dataset, "step": self.step}

    def heading(self) -> dict[str, Any]:
        """How the envelope of a result names this walk."""
        return {**self.dataset.heading(), "step": self.step.to_json()}

    @cached_property
    def law(self) -> CurvatureLaw:
        with uncollected():
            return curvature_law(self.dataset, self.step)

    @cached_property
    def rates(self) -> tuple[Fraction, ...]:
        eta = self.dataset.learning_rate
        with uncollected():
            return self._moving(self.law.x if eta == 1 else tuple(eta * x for x in self.law.x))

    @cached_property
    def weights(self) -> tuple[Fraction, ...]:
        return self._moving(self.law.p)

    @cached_property
    def integer_weights(self) -> tuple[int, ...]:
        """k_i with p_i = k_i/N for the N of the whole law."""
        return self._moving(self.law.integer_weights)

    def _moving(self, atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
        """Those of the atoms x > 0, downwards."""
        return atoms[:0:-1] if self.law.x[0] == 0 else atoms[::-1]

    @cached_property
    def powers(self) -> tuple[tuple[int, ...], ...] | None:
        """How to build prod f_i^k_i: square, then multiply by the f_i listed, for each bit of the k_i.

        One log of that product costs less than a log for each weight if the k_i have few bits; else None.
        """
        weights = self.integer_weights
        bits = max(k.bit_length() for k in weights)
        products = bits + sum(k.bit_count() for k in weights)
        if products > self.size + _PRODUCTS_PER_LOG * (len(set(weights)) - 1):
            return None
        return tuple(tuple(i for i, k in enumerate(weights) if k >> bit & 1) for bit in reversed(range(bits)))

    @cached_property
    def total_weight(self) -> int:
        """N of p_i = k_i/N."""
        return sum(self.law.integer_weights)

    @cached_property
    def poles(self) -> tuple[Fraction, ...]:
        with uncollected():
            return tuple(lowest(rate.denominator, rate.numerator) for rate in self.rates)

    @cached_property
    def pole_set(self) -> frozenset[Fraction]:
        return frozenset(self.poles)

    @property
    def idle(self) -> Fraction:
        return self.law.idle

    @cached_property
    def size(self) -> int:
        """m, the number of distinct positive rates."""
        return len(self.rates)

    @cached_property
    def float_idle(self) -> float:
        """The nearest double of `idle`."""
        return nearest_double(self.idle)

    @cached_property
    def has_law(self) -> bool:
        """Whether the law of a step can be worked out; minibatches of many samples have too many atoms."""
        try:
            return bool(self.law)
        except LawTooLarge:
            return False

    @cached_property
    def largest_rate(self) -> Fraction:
        """xi* = eta x*, x* the largest curvature of a step: known without the law."""
        return self.dataset.learning_rate * largest_curvature(self.dataset, self.step)

    @cached_property
    def stable_up_to(self) -> Fraction:
        """2/xi*: no factor exceeds 1 up to here (T1)."""
        return 2 / self.largest_rate

    @cached_property
    def exact_rates(self) -> tuple[Any, ...]:
        """The rates as FLINT's rationals."""
        return tuple(rational(rate) for rate in self.rates)

    @cached_property
    def float_ratios(self) -> npt.NDArray[np.float64]:
        """`rates` over the largest one, as doubles in (0, 1] or 0: for searching, never for proving."""
        up, down = self.rates[0].denominator, self.rates[0].numerator
        return np.array([rate.numerator * up / (rate.denominator * down) for rate in self.rates])

    @cached_property
    def float_rates(self) -> npt.NDArray[np.float64]:
        """The nearest doubles, shape (m,): for searching, never for proving."""
        return np.array(nearest_doubles(self.rates))

    @cached_property
    def float_top(self) -> float:
        """The nearest double of the largest rate."""
        return nearest_double(self.rates[0])

    @cached_property
    def float_weights(self) -> npt.NDArray[np.float64]:
        """The nearest doubles of `weights`, shape (m,)."""
        return np.array(nearest_doubles(self.weights))

    @cached_property
    def float_range(self) -> bool:
        """Whether rates and weights are of the sizes that Lemma H4 takes."""
        numbers = np.concatenate([self.float_rates, self.float_weights, [self.float_idle or 1.0]])
        return bool(((numbers > 2.0**-300) & (numbers < 2.0**300)).all())

    @cached_property
    def _balls(self) -> dict[int, WalkBalls]:
        return {}

    def balls(self, bits: int) -> WalkBalls:
        """Rates and weights as balls at `bits` bits; made once for each precision."""
        known = self._balls
        if bits not in known:
            known[bits] = WalkBalls(self, bits)
        return known[bits]

    def gap_of(self, curvature: Fraction) -> int | None:
        """The index k of the gap that holds `curvature` (gap 0 ends at the first pole); None at a pole."""
        low = self.poles_below(curvature)
        return None if low < self.size and self.poles[low] == curvature else low

    def poles_below(self, curvature: Fraction) -> int:
        """How many poles lie below `curvature`."""
        return bisect_left(self.poles, curvature)

    def poles_up_to(self, curvature: Fraction) -> int:
        """How many poles lie at or below `curvature`."""
        return bisect_right(self.poles, curvature)

    def gap_ends(self, gap: int) -> tuple[Fraction, Fraction | None]:
        """The ends of a gap; None stands for infinity."""
        left = self.poles[gap - 1] if gap else Fraction(0)
        return left, self.poles[gap] if gap < self.size else None


AnyWalk: TypeAlias = LinearWalk | AnyData
"""What `as_walk` takes."""


def as_walk(walk: object, what: str = "walk") -> LinearWalk:
    """The one door for walks.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        Data stand for the walk of their single samples.
    what : str
        The name of the argument in error messages.

    Returns
    -------
    LinearWalk
        The walk itself, or that of the data.

    Raises
    ------
    DataError
        For anything else; it names `what`.

    Examples
    --------
    >>> from catalysis import as_walk
    >>> walk = as_walk("examples/talk-1.toml")
    >>> [str(pole) for pole in walk.poles]
    ['100/169', '1']
    """
    return walk if isinstance(walk, LinearWalk) else LinearWalk(as_dataset(walk, what))


@dataclass(frozen=True)
class WalkBalls:
    """The walk's numbers at one precision, each list made when it is first asked for."""

    walk: LinearWalk
    bits: int
    _around: dict[int, arb_mat] = field(default_factory=dict)

    @cached_property
    def _known(self) -> dict[int, Ball]:
        """The balls of the different weights k/N, by k."""
        first = dict(zip(self.walk.integer_weights, self.walk.weights, strict=True))
        with precision(self.bits):
            return {k: ball(weight) for k, weight in first.items()}

    @cached_property
    def rates(self) -> list[Ball]:
        with precision(self.bits), uncollected():
            return [arb(rate) for rate in self.walk.exact_rates]

    @cached_property
    def weights(self) -> list[Ball]:
        with uncollected():
            return [self._known[k] for k in self.walk.integer_weights]

    @cached_property
    def row(self) -> arb_mat:
        with precision(self.bits):
            return arb_mat(1, self.walk.size, self.weights)

    @cached_property
    def rate_row(self) -> arb_mat:
        with precision(self.bits):
            return arb_mat(1, self.walk.size, self.rates)

    @cached_property
    def fine_rate_row(self) -> arb_mat:
        with precision(self.bits + GUARD), uncollected():
            return arb_mat(1, self.walk.size, [arb(rate) for rate in self.walk.exact_rates])

    @cached_property
    def ones(self) -> arb_mat:
        return arb_mat(1, self.walk.size, [1] * self.walk.size)

    @cached_property
    def groups(self) -> list[tuple[Ball, tuple[int, ...]]]:
        """Equal weights together: one log serves a whole group."""
        by_weight: dict[int, list[int]] = {}
        for index, k in enumerate(self.walk.integer_weights):
            by_weight.setdefault(k, []).append(index)
        return [(self._known[k], tuple(indices)) for k, indices in by_weight.items()]

    def around(self, index: int) -> arb_mat:
        """The row `1 - xi_j/xi_i` for i = `index`, no digit lost where the rates nearly agree."""
        if index not in self._around:
            walk, bits = self.walk, self.bits
            ratios = walk.float_ratios
            with np.errstate(all="ignore"):
                close = np.flatnonzero(~(np.abs(1.0 - ratios / ratios[index]) > CLOSE))
            own = walk.exact_rates[index]
            with precision(bits + GUARD):
                row = self.ones - self.fine_rate_row / arb(own)
                for j in map(int, close):
                    row[0, j] = arb(1 - walk.exact_rates[j] / own)
            while len(self._around) >= _ROWS_KEPT:
                del self._around[next(iter(self._around))]
            self._around[index] = row
        return self._around[index]

    def expectation(self, values: list[Ball]) -> Ball:
        """sum p_i values_i over the moving atoms."""
        return (self.row * arb_mat(len(values), 1, values))[0, 0]
