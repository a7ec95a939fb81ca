"""Searching a table of straight pieces: sweeps by Fourier transforms, and averaged equations for the slow part.

Nothing here is a bound; `Pieces.holds` proves what was found (SG7, SG8 of docs/spikes_grid.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from catalysis.spikes.cells import Floats
from catalysis.spikes.grid_solve import Slow
from catalysis.spikes.pieces import Pieces

_COARSE = 400
_MOST_BITS = 48
_MOST_FLOPS = 3e9
_SLOWLY = 0.5  # in four sweeps
_PLAIN, _BETWEEN, _RELAXED = 30, 11, 0.7
Booking = Callable[[int], None]


@dataclass(frozen=True)
class Found:
    """A table that `Pieces.holds` proved: values and far in multiples of 2^-bits, the mass X_0 at the level."""

    values: Floats = field(repr=False, compare=False)
    far: float
    mass: float
    bits: int


class Sweep:
    """The equations v = R(v) + m X_0 +- E(v) with some slack, in units of the value beyond the table."""

    def __init__(self, pieces: Pieces, slack: float) -> None:
        self.pieces, self.slack = pieces, slack
        kernel = pieces.kernel
        length = pieces.pad + 1 + pieces.nodes - min(kernel.first, 0) + 8
        self.size = 1 << math.ceil(math.log2(length + len(kernel.weights)))
        self.weights = np.fft.rfft(kernel.weights, self.size)
        self.bends = np.fft.rfft(kernel.bends, self.size)
        self.total = pieces.back.mass(0)
        if not pieces.beyond[-1] > 0:
            raise Slow("the points of the tables are too far apart for so large an exponent")

    def mass(self, wanted: Floats) -> float:
        """X_0, from what v_0 should be."""
        return max((1 - float(wanted[0]) / float(self.pieces.beyond[-1])) / self.total, 1e-300)

    def wanted(self, values: Floats, far: float, mass: float) -> Floats:
        """What the points 0 .. n + N should be."""
        pieces, side = self.pieces, self.pieces.back.side
        line = pieces.line(values, far, mass)
        start = pieces.pad - pieces.kernel.first
        cut = slice(start, start + pieces.nodes)
        found = np.fft.irfft(self.weights * np.fft.rfft(line, self.size), self.size)[cut]
        bends = np.fft.irfft(self.bends * np.fft.rfft(pieces.kinks(line), self.size), self.size)[cut]
        most = np.maximum(bends, np.append(0, bends[:-1]))
        return np.asarray(
            found
            + (pieces.kernel.away + self.slack) * far
            + side * np.maximum(most, 0)
            + mass * pieces.source
        )


class Averages:
    """Galerkin's equations on every g-th point, for the smooth part of the error."""

    def __init__(self, pieces: Pieces) -> None:
        self.pieces = pieces
        self.group = -(-pieces.size // _COARSE)
        self.count = pieces.size // self.group
        g, kernel = self.group, pieces.kernel
        hat = 1 - np.abs(np.arange(1 - g, g)) / g
        spread = np.convolve(hat, hat) / g
        mass = spread[(len(spread) - 1) // 2 % g :: g]
        middle = len(mass) // 2
        blurred = np.convolve(kernel.weights, spread) if len(spread) < 400 else _fast(kernel.weights, spread)
        low = kernel.first - (len(spread) - 1) // 2
        matrix = np.zeros((self.count, self.count))
        places = np.arange(self.count)
        for offset in range(-middle, middle + 1):
            rows = places[(places + offset >= 0)]
            np.add.at(matrix, (rows, np.minimum(rows + offset, self.count - 1)), mass[middle + offset])
        for at in range((-low) % g, len(blurred), g):
            shift = (low + at) // g
            columns = places - shift
            inside = columns >= 0
            if abs(blurred[at]) > 1e-18:
                np.add.at(matrix, (places[inside], np.minimum(columns[inside], self.count - 1)), -blurred[at])
        rest = kernel.away
        matrix[:, -1] -= rest
        self.hat = hat
        self.inverse = np.linalg.inv(matrix)

    def correction(self, missing: Floats) -> Floats:
        """What to add at the points 1 .. n, from v's shortfall there."""
        g, n = self.group, self.pieces.size
        smooth = _fast(missing, self.hat / g)[g - 1 : g - 1 + n]
        nodes = self.inverse @ smooth[g - 1 :: g][: self.count]
        places = np.arange(1, self.count + 1) * g
        return np.asarray(np.interp(np.arange(1, n + 1), np.append(0, places), np.append(0, nodes)))


class Blocks:
    """The equations themselves, (1 - W) e = what is missing, in blocks of three diagonals, for steps of few cells."""

    def __init__(self, pieces: Pieces, block: int) -> None:
        kernel = pieces.kernel
        self.size, self.block = pieces.size, block
        self.count = -(-self.size // block)
        places = np.arange(block)
        reach = np.zeros(4 * block + 1)  # weight of the shift i - 2 block
        shifts = np.arange(kernel.first, kernel.longest + 1)
        reach[shifts + 2 * block] = kernel.weights
        shift = np.subtract.outer(places, places) + 2 * block
        here = np.eye(block) - reach[shift]
        ahead, behind = -reach[shift - block], -reach[shift + block]
        self.behind, self.ahead = behind, ahead
        last = here.copy()
        last[:, -1] += ahead.sum(axis=1)
        self.inverses: list[Floats] = []
        for at in range(self.count):
            matrix = last if at == self.count - 1 else here
            if at:
                matrix = matrix - behind @ self.inverses[-1] @ ahead
            self.inverses.append(np.linalg.inv(matrix))

    @classmethod
    def block_of(cls, pieces: Pieces) -> int | None:
        """How long a block has to be; None if the work would be too much."""
        kernel = pieces.kernel
        block = max(kernel.longest, -kernel.first) + 1
        return block if block * block * (pieces.size + block) <= _MOST_FLOPS else None

    def correction(self, missing: Floats) -> Floats:
        """What to add at the points 1 .. n, from v's shortfall there."""
        rest = np.zeros(self.count * self.block)
        rest[: len(missing)] = missing
        parts = rest.reshape(self.count, self.block).copy()
        for at in range(1, self.count):
            parts[at] -= self.behind @ (self.inverses[at - 1] @ parts[at - 1])
        found = np.zeros_like(parts)
        for at in range(self.count - 1, -1, -1):
            right = parts[at] - (self.ahead @ found[at + 1] if at + 1 < self.count else 0.0)
            found[at] = self.inverses[at] @ right
        return np.asarray(found.ravel()[: len(missing)])


def _fast(one: Floats, other: Floats) -> Floats:
    size = 1 << math.ceil(math.log2(len(one) + len(other)))
    found = np.fft.irfft(np.fft.rfft(one, size) * np.fft.rfft(other, size), size)
    return np.asarray(found[: len(one) + len(other) - 1])


def _solver(pieces: Pieces) -> Averages | Blocks:
    block = Blocks.block_of(pieces)
    return Averages(pieces) if block is None else Blocks(pieces, block)


def settle(pieces: Pieces, tolerance: float, book: Booking, most_sweeps: int = 700) -> Found:
    """Sweep until a table of short numbers near this one is proved. Raises Slow, or what `book` raises."""
    side, size = pieces.back.side, pieces.size
    sweep = Sweep(pieces, side * tolerance / 4)
    values, far, mass = np.full(size - 1, 0.1), 0.1, 0.5 / sweep.total
    goal, before, waited, extra = tolerance / 8, math.inf, 0, 0.0
    averages: Averages | Blocks | None = None
    for done in range(most_sweeps):
        book(60 * sweep.size)
        wanted = sweep.wanted(values, far, mass)
        new_far, new_mass = _end(pieces, wanted) * (1 + side * extra), sweep.mass(wanted)
        missing = np.append(wanted[1:size] - values, new_far - far)
        change = max(float(np.abs(missing).max()), abs(new_mass / mass - 1)) / max(new_far, 1e-300)
        if change <= goal:
            found = _shortened(pieces, wanted[1:size], new_far, new_mass, tolerance)
            if pieces.holds(found.values, found.far, found.mass):
                return found
            extra = max(tolerance, 6 * extra)  # the values still rise (fall) at the end
            goal = max(goal / 2, tolerance / 256)
        waited += 1
        if done > _PLAIN and waited > _BETWEEN and change > _SLOWLY * before:
            averages = averages or _solver(pieces)
            missing = missing + averages.correction(missing)
            waited = 0
        elif done > _PLAIN:
            missing = _RELAXED * missing
        if waited % 4 == 0:
            before = change
        values, far = values + missing[:-1], max(far + float(missing[-1]), 1e-300)
        mass = new_mass if done > _PLAIN else math.sqrt(mass * new_mass)
    raise Slow


def _end(pieces: Pieces, wanted: Floats) -> float:
    window = wanted[pieces.size - pieces.back.layout.per_step : pieces.size + 1]
    return float(window.max() if pieces.back.side > 0 else window.min())


def _shortened(pieces: Pieces, values: Floats, far: float, mass: float, tolerance: float) -> Found:
    """In multiples of 2^-bits, rounded to the safe side."""
    side = pieces.back.side
    bits = min(_MOST_BITS, max(16, math.ceil(-math.log2(max(far * tolerance / 64, 2.0**-_MOST_BITS)))))
    unit, rounding = 2.0**bits, np.ceil if side > 0 else np.floor
    short = rounding(values * unit) / unit
    mass *= 1 - side * tolerance * min(1.0, far) / 16
    mass = (math.floor if side > 0 else math.ceil)(mass * 2.0**52) / 2.0**52
    return Found(short, float(rounding(far * unit) / unit), mass, bits)
