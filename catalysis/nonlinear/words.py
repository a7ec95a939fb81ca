"""Trees of words: the start followed through all draws, words that meet nearly in one place held together (W14).

Boxes are found in doubles moved outwards; what is proved rests on the places that the boxes name, and on nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from catalysis.exact.numbers import decimal_above, decimal_below
from catalysis.nonlinear.problem import WidthProblem, short_below
from catalysis.nonlinear.scheme_power import Floats
from catalysis.nonlinear.slabs import slabs

Labels = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

LOSSES = (1e-3, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6, 3e-7, 1e-7)
"""What a group of words may lose, as a share of the answer: a finer tree takes two to three times the boxes."""

MOST_IMAGES = 300_000
"""Boxes times samples of a tree: some three seconds for the checker."""

CLOSE = Fraction(3, 2)
"""upper/lower up to which tables are not tried: they would hardly come closer."""

_MOST_IN_LAYER = 20_000
_MOST_LAYERS = 4000
_DEEPEST = Fraction(1, 10**150)  # k_0/c and c/L_0
_DIGITS = 12
_LEFT_OUT = 0.25  # images worth less than this share of a group's loss
_MARGIN = 1e-13
_SURE, _NEAR = 1e-12, 1e-9  # how far from the level a box must lie to be surely there, or below
_TINY = 1e-290  # near it doubles lose digits
_LEAST = 1e-250
_PARTS = 4  # w is rounded up to powers of 2^(-b/_PARTS)
_CURVES = 48  # curvatures at which theta(L) is worked out
_LARGEST_THETA = 60.0
_MOST_STEPS = 30  # of x* up to the level, that are told apart
_LAST_STEPS = 6.0  # how many steps more than those to the level the curvature matters for
_SHARES = tuple(Fraction(n, 1000) for n in (999, 990, 970, 940, 900, 800, 600))


@dataclass(frozen=True)
class Tail:
    """h(k, L) <= (k/c)^exponent (W15): by W2, or by `slabs`; 1 without an exponent."""

    exponent: Fraction | None = None
    slabs: tuple[Fraction, ...] | None = None


@dataclass(frozen=True, repr=False)
class Words:
    """A tree: for each layer the places, sample by sample and box by box, 0 for none, n for box n - 1 of the next.

    Certified: lower <= P(A) <= upper (W14).
    """

    layers: tuple[str, ...]
    boxes: int
    lower: Fraction
    upper: Fraction
    tail: Tail

    def __repr__(self) -> str:
        return f"Words({self.boxes} boxes, {len(self.layers)} steps)"

    @property
    def is_close(self) -> bool:
        return self.upper <= CLOSE * self.lower

    def gains_on(self, other: Words) -> bool:
        """Whether upper/lower - 1 is smaller by a tenth."""
        return 10 * (self.upper - self.lower) * other.lower < 9 * (other.upper - other.lower) * self.lower


class _Boxes(NamedTuple):
    """[k_lo, k_hi] x [L_lo, L_hi], and the logarithm of the probability of the words that lead there."""

    k_lo: Floats
    k_hi: Floats
    L_lo: Floats
    L_hi: Floats
    chance: Floats


class _Layer(NamedTuple):
    """What W14 asks of the images of a layer, arrays of shape (samples, boxes); `named` is -1 for none."""

    named: Labels
    reaches: Mask  # k^- >= c
    passes: Mask  # k^+ >= c
    stays: Mask  # x* L^+ <= 2
    octaves: Floats  # w = 2^(-b octaves/_PARTS)


def tail_of(problem: WidthProblem, theta: Fraction | None) -> Tail:
    """An exponent that holds for all states: `theta` itself if it is at least 1 (M(theta; L_0) <= 1 is proved by the
    caller), the best of some below it otherwise, or none.
    """
    if theta is not None and theta >= 1:
        return Tail(theta)
    for share in _SHARES:
        b = short_below((theta or Fraction(0)) * share, 6)
        if b > 0 and (found := slabs(problem, 2 / problem.top, problem.L0, problem.level, b)):
            return Tail(b, tuple(found))
    return Tail()


def trees(problem: WidthProblem, tail: Tail) -> Iterator[Words]:
    """Finer and finer ones, as long as that gains and none is too large."""
    before = None
    for loss in LOSSES:
        words = grow(problem, tail, loss)
        if words is None:
            return
        yield words
        if before is not None and before.lower and not words.gains_on(before):
            return
        before = words


def grow(problem: WidthProblem, tail: Tail, loss: float) -> Words | None:
    """The tree in which a group of words loses about `loss` of the answer; None if it has too many boxes, or where
    doubles do not reach.
    """
    if problem.low < _DEEPEST * problem.level or problem.level < _DEEPEST * problem.L0:
        return None
    with np.errstate(over="raise", invalid="raise"):
        try:
            return _grown(problem.in_units(_unit(problem.L0)), tail, loss)
        except FloatingPointError:
            return None


def _unit(L0: Fraction) -> Fraction:
    """The power of 2 with 1 <= L0/unit < 2: it changes no digit of a double."""
    unit = Fraction(2) ** (L0.numerator.bit_length() - L0.denominator.bit_length())
    return unit if unit <= L0 else unit / 2


def _grown(problem: WidthProblem, tail: Tail, loss: float) -> Words | None:
    forest = _Forest(problem, loss)
    boxes, layers, images = forest.root(), list[_Layer](), 0
    while boxes.k_lo.size:
        size = boxes.k_lo.size * len(problem.x)
        images += size
        if images > MOST_IMAGES or size > _MOST_IN_LAYER or len(layers) == _MOST_LAYERS:
            return None
        layer, boxes = forest.step(boxes)
        layers.append(layer)
    lower, upper = _values(forest.p, layers, tail)
    if not (0 <= lower <= upper <= 1 and upper >= _LEAST):  # nor if one is not a number
        return None
    texts = tuple(" ".join(map(str, (layer.named.T + 1).ravel().tolist())) for layer in layers)
    return Words(
        texts,
        images // len(problem.x),
        Fraction(decimal_below(Fraction(lower), _DIGITS)) if lower > _LEAST else Fraction(0),
        min(Fraction(1), Fraction(decimal_above(Fraction(upper), _DIGITS))),
        tail,
    )


def _values(p: Floats, layers: list[_Layer], tail: Tail) -> tuple[float, float]:
    """V and U of the start, from the last layer to the first."""
    room = 1e-15 * (len(p) + 10)
    b = 0.0 if tail.exponent is None else float(tail.exponent)
    below, above = np.zeros(1), np.zeros(1)
    for layer in reversed(layers):
        some = layer.named >= 0
        nowhere = np.where(layer.stays, 0.0, np.exp2(-b / _PARTS * layer.octaves) * (1 + 1e-12))
        u = np.where(layer.passes, 1.0, np.where(some, above[layer.named], nowhere))
        v = np.where(layer.reaches, 1.0, np.where(some, below[layer.named], 0.0))
        above = np.minimum((p @ u) * (1 + room) + _TINY, 1.0)
        below = np.maximum((p @ v) * (1 - room) - _TINY, 0.0)
    return float(below[0]), float(above[0])


class _Forest:
    """Steps of a tree, and how images are held together."""

    def __init__(self, problem: WidthProblem, loss: float) -> None:
        self.loss = loss
        self.x = np.array([float(x) for x in problem.x])[:, None]
        self.p = np.array([float(p) for p in problem.p])
        self.top, self.c, self.L0 = float(problem.top), float(problem.level), float(problem.L0)
        self.start = float(problem.low) * (1 - _MARGIN), float(problem.high) * (1 + _MARGIN)
        self.curves = np.linspace(2 / self.top, self.L0, _CURVES)
        self.thetas = _thetas(self.x, self.p, self.curves)
        self.theta = float(self.thetas[-1])
        factors = np.maximum(np.abs(1 - self.x[:, 0] * self.L0), 1e-9)
        tilted = self.p * factors**self.theta
        tilted /= tilted.sum()
        self.drift = max(float(tilted @ np.log(factors)), 0.02)
        self.turn = abs(float(tilted @ (self.x[:, 0] / np.maximum(factors, 0.05))))
        self.base = self.theta * math.log(self.start[0] / self.c)

    def root(self) -> _Boxes:
        low, high = self.start
        ends = self.L0 * (1 - _MARGIN), self.L0 * (1 + _MARGIN)
        return _Boxes(*(np.array([value]) for value in (low, high, *ends, 0.0)))

    def worth(self, chance: Floats, depth: Floats, L: Floats) -> Floats:
        """About the share of the answer that words of this chance have, which have come to c e^(-depth)."""
        theta = np.interp(L, self.curves, self.thetas)
        worth: Floats = np.exp(np.minimum(chance - theta * depth - self.base, 50.0))
        return worth

    def step(self, boxes: _Boxes) -> tuple[_Layer, _Boxes]:
        """The images of the boxes, and the boxes that hold those that are kept."""
        x, c, move = self.x, self.c, _MARGIN * self.L0
        low_q, high_q = boxes.k_lo**2, boxes.k_hi**2
        least, most = 1 - x * boxes.L_hi + x * x * low_q, 1 - x * boxes.L_lo + x * x * high_q
        sizes = np.abs(least), np.abs(most)
        r_lo = np.where((least <= 0) & (most >= 0), 0.0, np.minimum(*sizes)) - _MARGIN
        k_lo = np.maximum(r_lo, 0.0) * boxes.k_lo * (1 - _MARGIN)
        k_hi = (np.maximum(*sizes) + _MARGIN) * boxes.k_hi * (1 + _MARGIN)
        L_lo = np.maximum(boxes.L_lo - high_q * x * (4 - x * boxes.L_lo) - move, 0.0)
        L_hi = boxes.L_hi - low_q * x * (4 - x * boxes.L_hi) + move
        reaches, passes = k_lo >= c * (1 + _SURE), k_hi >= c * (1 - _SURE)
        stays = L_hi * self.top <= 2 * (1 - _SURE)
        k_hi = np.minimum(k_hi, c * (1 + _SURE))
        with np.errstate(divide="ignore", over="ignore"):
            chance = boxes.chance + np.log(self.p)[:, None]
            shallow, deep = np.log(c / k_hi), np.log(c / k_lo)
        worth = self.worth(chance, (shallow + np.minimum(deep, shallow + 9)) / 2, (L_lo + L_hi) / 2)
        kept = (
            (k_lo <= c * (1 - _NEAR)) & (k_lo > _TINY) & (worth > _LEFT_OUT * self.loss) & (passes | ~stays)
        )
        octaves = np.floor(np.maximum(_PARTS * shallow / math.log(2) - 1e-9, 0.0))
        named = np.full(kept.shape, -1)
        images = _Boxes(k_lo[kept], k_hi[kept], L_lo[kept], L_hi[kept], chance[kept])
        named[kept], held = self._held(images, worth[kept])
        return _Layer(named, reaches, passes, stays, octaves), held

    def _held(self, images: _Boxes, worth: Floats) -> tuple[Labels, _Boxes]:
        """Groups of images, and the least box around each."""
        if not worth.size:
            return np.zeros(0, np.intp), images
        depth = np.log(self.c / images.k_lo) / 2 + np.log(self.c / images.k_hi) / 2
        labels = self._groups(depth, (images.L_lo + images.L_hi) / 2, worth)
        sets = _Sets(labels)
        top = sets.reduce(np.maximum, images.chance)
        chance = top + np.log(sets.reduce(np.add, np.exp(images.chance - top[labels])))
        low = (sets.reduce(np.minimum, images[n]) for n in (0, 2))
        high = (sets.reduce(np.maximum, images[n]) for n in (1, 3))
        (k_lo, L_lo), (k_hi, L_hi) = low, high
        return labels, _Boxes(k_lo, k_hi, L_lo, L_hi, chance)

    def _groups(self, depth: Floats, L: Floats, worth: Floats) -> Labels:
        """Halved in log k or L until no group loses more than `loss`."""
        labels: Labels = np.unique(self._steps_left(depth, L), return_inverse=True)[1]
        while True:
            sets = _Sets(labels)
            near, far = sets.reduce(np.minimum, depth), sets.reduce(np.maximum, depth)
            low, high = sets.reduce(np.minimum, L), sets.reduce(np.maximum, L)
            steep = max(self.theta, 0.5)
            along_k = steep * (far - near)
            steps = (near + far) / 2 / self.drift + _LAST_STEPS
            along_L = steep * self.turn * steps * (high - low)
            lost = sets.reduce(np.add, worth) * np.expm1(np.minimum(along_k + along_L, 30.0))
            split = (lost > self.loss) & ((far > near) | (high > low))
            if not split.any():
                return labels
            by_k = along_k >= along_L
            middle = np.where(by_k, (near + far) / 2, (low + high) / 2)
            over = split[labels] & (np.where(by_k[labels], depth, L) > middle[labels])
            labels = np.unique(2 * labels + over, return_inverse=True)[1]

    def _steps_left(self, depth: Floats, L: Floats) -> Labels:
        """How many steps of x* lead to the level: there the probability jumps most."""
        y, k = self.top, self.c * np.exp(-depth)
        count, below = np.zeros(k.shape, np.intp), np.ones(k.shape, np.bool_)
        for _ in range(_MOST_STEPS):
            further = np.abs(1 - y * L + y * y * k * k) * k, L - k * k * y * (4 - y * L)
            k, L = (np.where(below, new, old) for new, old in zip(further, (k, L), strict=True))
            below &= k < self.c
            count += below
        return count


class _Sets:
    """Sums and extremes over the members of each label; every label up to the largest has some."""

    def __init__(self, labels: Labels) -> None:
        self.order = np.argsort(labels, kind="stable")
        self.first = np.searchsorted(labels[self.order], np.arange(labels.max() + 1))

    def reduce(self, function: np.ufunc, values: Floats) -> Floats:
        found: Floats = function.reduceat(values[self.order], self.first)
        return found


def _thetas(x: Floats, p: Floats, L: Floats) -> Floats:
    """About theta at each curvature: the largest t with M(t) <= 1."""
    logs = np.log(np.maximum(np.abs(1 - x * L), 1e-9))
    low, high = np.zeros(L.shape), np.full(L.shape, _LARGEST_THETA)
    for _ in range(50):
        middle = (low + high) / 2
        below = p @ np.exp(np.minimum(middle * logs, 600.0)) <= 1
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return low
