"""The reduced map at finite width, many replicas at a time.

In canonical coordinates kappa = eta mu / sqrt(n), L = eta lambda one step with curvature x is

    kappa' = (1 - x L + x^2 kappa^2) kappa,      L' = L - kappa^2 x (4 - x L),

and the width enters through kappa_0 alone. kappa is kept as a double and a power of two, so that its size
stays known long after it would have underflowed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from catalysis.exact.errors import InputError
from catalysis.simulation.fast import Advance, load_numba
from catalysis.simulation.laws import Floats, StepLaw
from catalysis.simulation.memory import check_memory
from catalysis.simulation.sampling import Sampler
from catalysis.simulation.streams import Seed, root_of, stream_of
from catalysis.simulation.walk import LANES, check_counts
from catalysis.simulation.words import Integers

Engine = Literal["numpy", "numba"]

DIVERGED = 1e30
"""A replica whose L exceeds this has diverged; L no longer turns back there."""

SMALLEST_START = 1e-50

# A kappa below 2^-400 is stored as a number near 2^-300 with an offset, until that number exceeds 2^-200. The
# squares of such numbers change nothing in L or in the factor, just as the true ones would.
_LOWEST, _MIDDLE, _HIGHEST = 2.0**-400, -300, 2.0**-200
_CHUNK = 64
_GROWTH_BITS = 140.0
_ROWS = 16  # steps drawn at once: their codes fit the first-level cache


@dataclass(frozen=True)
class Start:
    """Where replicas begin: `0 < 2 |kappa| <= L`, as for every network.

    Raises InputError otherwise, and for a |kappa| below 1e-50.
    """

    kappa: float
    L: float

    def __post_init__(self) -> None:
        if not (0 < self.L < math.inf):
            raise InputError(f"L: expected a number in (0, inf), found {self.L}")
        if not abs(self.kappa) >= SMALLEST_START:
            raise InputError(f"kappa: expected |kappa| of at least {SMALLEST_START}, found {self.kappa}")
        if not 2 * abs(self.kappa) <= self.L * (1 + 1e-12):
            raise InputError(
                f"no network has this start: expected |kappa| <= L/2 = {self.L / 2:g}, found {abs(self.kappa):g}"
            )

    @classmethod
    def of(cls, *, curvature: float, learning_rate: float, mu: float, width: float) -> Start:
        """The start of a network: kappa = eta mu / sqrt(n), L = eta lambda. Raises InputError."""
        if not (1 <= width < math.inf):
            raise InputError(f"width: expected a number of at least 1, found {width}")
        if not (mu != 0 and math.isfinite(mu)):
            raise InputError(f"mu0: expected a number that is not 0, found {mu}")
        return cls(learning_rate * mu / math.sqrt(width), learning_rate * curvature)


@dataclass(eq=False)
class Lanes:
    """Replicas under way, arrays of shape (lanes,). The true kappa is `kappa * 2^-offset`.

    `top` is the largest kappa^2 so far, inf after divergence.
    """

    kappa: Floats
    L: Floats
    top: Floats = field(init=False)
    offset: Integers = field(init=False)

    def __post_init__(self) -> None:
        self.top = self.kappa * self.kappa
        self.offset = np.zeros(self.kappa.size, np.int64)

    @classmethod
    def begin(cls, start: Start, lanes: int) -> Lanes:
        return cls(np.full(lanes, start.kappa), np.full(lanes, start.L))

    def log_kappa(self) -> Floats:
        """log|kappa|, -inf where kappa is 0."""
        with np.errstate(divide="ignore"):
            return np.log(np.abs(self.kappa)) - self.offset * math.log(2)  # type: ignore[no-any-return]

    def keep(self, kept: npt.NDArray[np.bool_] | Integers) -> None:
        """Go on with these lanes only."""
        self.kappa, self.L, self.top = self.kappa[kept], self.L[kept], self.top[kept]
        self.offset = self.offset[kept]

    def normalise(self) -> None:
        """Shift what became too small or large for its offset; set diverged lanes aside at kappa = 0."""
        self.shift()
        self.set_aside()

    def shift(self) -> None:
        size = np.abs(self.kappa)
        far = np.flatnonzero(((size < _LOWEST) & (size > 0)) | ((size > _HIGHEST) & (self.offset > 0)))
        if far.size:
            shift = np.maximum(_MIDDLE - np.frexp(self.kappa[far])[1], -self.offset[far])
            self.kappa[far] = np.ldexp(self.kappa[far], shift)
            self.offset[far] += shift

    def set_aside(self) -> None:
        diverged = np.flatnonzero(~(self.L < DIVERGED))
        self.kappa[diverged], self.L[diverged], self.top[diverged] = 0.0, np.inf, np.inf


class ReducedMap:
    """The map of a law of curvatures, ready to run."""

    def __init__(self, law: StepLaw, engine: Engine = "numpy") -> None:
        self.law = law
        self.sampler = Sampler.of(law.p)
        self.x_by_code = self.sampler.by_code(law.x)
        self.largest = float(law.x.max())
        self.advance: Advance = load_numba() if engine == "numba" else advance

    def run(self, lanes: Lanes, steps: int, stream: np.random.Generator) -> None:
        """Move all lanes by `steps` steps, in place."""
        done = 0
        with np.errstate(all="ignore"):
            while done < steps:
                chunk = min(self.chunk(lanes), steps - done)
                for first in range(0, chunk, _ROWS):
                    rows = min(_ROWS, chunk - first)
                    codes = self.sampler.draw(stream, rows * lanes.kappa.size).reshape(rows, -1)
                    self.advance(codes, self.x_by_code, lanes.kappa, lanes.L, lanes.top)
                lanes.normalise()
                done += chunk

    def chunk(self, lanes: Lanes) -> int:
        """For how many steps no lane can outgrow its offset: a stored number stays below 2^-60."""
        largest = float(lanes.L.max(initial=0.0, where=lanes.L < DIVERGED))
        return max(1, min(_CHUNK, int(_GROWTH_BITS / math.log2(2 + self.largest * largest))))


def advance(codes: npt.NDArray[np.integer], x_by_code: Floats, kappa: Floats, L: Floats, top: Floats) -> None:
    """Move all replicas by the steps in the rows of `codes`, in place; `top` follows max kappa^2.

    The same operations in the same order as the compiled kernel: the results agree to the last bit.
    """
    x, a, b, c = (np.empty_like(kappa) for _ in range(4))
    index = np.empty(kappa.size, np.intp)
    for row in codes:
        index[...] = row
        np.take(x_by_code, index, out=x, mode="wrap")
        np.multiply(kappa, kappa, out=a)
        np.multiply(x, a, out=a)  # x kappa^2
        np.multiply(x, L, out=b)  # x L
        np.multiply(x, a, out=c)
        np.subtract(b, c, out=c)
        np.subtract(1.0, c, out=c)
        np.multiply(kappa, c, out=kappa)
        np.subtract(4.0, b, out=b)
        np.multiply(a, b, out=a)
        np.subtract(L, a, out=L)
        np.multiply(kappa, kappa, out=a)
        np.maximum(top, a, out=top)


@dataclass(frozen=True, eq=False)
class ReducedEnds:
    """What became of each replica of the reduced map, arrays of shape (replicas,).

    `peak`: sup |kappa| over t = 0..steps, inf after divergence; `log_kappa`: the last log|kappa|, -inf where
    kappa became exactly 0; `L`: the last L, inf after divergence.
    """

    peak: Floats
    log_kappa: Floats
    L: Floats

    @property
    def diverged(self) -> npt.NDArray[np.bool_]:
        return np.isinf(self.L)


def reduced_ends(
    law: StepLaw, start: Start, *, steps: int, replicas: int, seed: Seed, engine: Engine = "numpy"
) -> ReducedEnds:
    """Run `replicas` replicas over `steps` steps (both at least 1) from the same start.

    Raises InputError for bad arguments, MemoryNeeded.
    """
    check_counts(steps=steps, replicas=replicas)
    check_memory(replicas * 40, "the arrays of all replicas", "ask for fewer replicas at a time")
    root, reduced = root_of(seed), ReducedMap(law, engine)
    parts = [
        ends_of_lanes(reduced, start, steps, min(LANES, replicas - first), stream_of(root, first // LANES))
        for first in range(0, replicas, LANES)
    ]
    return ReducedEnds(*(np.concatenate([getattr(p, n) for p in parts]) for n in ("peak", "log_kappa", "L")))


def ends_of_lanes(
    reduced: ReducedMap, start: Start, steps: int, lanes: int, stream: np.random.Generator
) -> ReducedEnds:
    """The same for so few replicas that they stay in the cache, from one stream."""
    state = Lanes.begin(start, lanes)
    reduced.run(state, steps, stream)
    return ReducedEnds(np.sqrt(state.top), state.log_kappa(), state.L)


@dataclass(frozen=True, eq=False)
class Trajectories:
    """Whole paths, arrays of shape (steps + 1, replicas): log|kappa_t| and L_t.

    After divergence log|kappa| is nan and L inf.
    """

    log_kappa: Floats
    L: Floats

    def log_loss(self, law: StepLaw) -> Floats:
        """log of the training loss in units of n/eta^2: sum p_i x_i kappa^2 / 2, shape (steps + 1, replicas)."""
        return 2 * self.log_kappa + math.log(float(law.p @ law.x) / 2)


def trajectories(law: StepLaw, start: Start, *, steps: int, replicas: int, seed: Seed) -> Trajectories:
    """Record `replicas` paths of `steps` steps (both at least 1).

    Raises InputError for bad arguments, MemoryNeeded where the record would not fit.
    """
    check_counts(steps=steps, replicas=replicas)
    check_memory((steps + 1) * replicas * 16, "the record of all steps", "ask for fewer replicas or steps")
    reduced, stream = ReducedMap(law), stream_of(root_of(seed), 0)
    lanes = Lanes.begin(start, replicas)
    record = Trajectories(np.empty((steps + 1, replicas)), np.empty((steps + 1, replicas)))
    for t in range(steps + 1):
        if t:
            reduced.run(lanes, 1, stream)
        record.log_kappa[t] = np.where(lanes.L < DIVERGED, lanes.log_kappa(), np.nan)
        record.L[t] = lanes.L
    return record
