"""Trees of words (W14): boxes of states, layer by layer, in integers at 2^-prec rounded outwards, in a unit near L_0.

A box holds all images that name it, by construction; U and V are sums from the last layer to the first
=>  V <= P(A) <= U for the one box of layer 0.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from proofs_check.core.arithmetic import enclose, exp_interval, log_two
from proofs_check.core.reading import Refused, items
from proofs_check.nonlinear.width_start import Start, bits
from proofs_check.nonlinear.width_table import MOST_BITS_OF_NUMBERS, integers

MOST_IMAGES = 1_000_000
GUARD = 96
"""Bits that numbers have beyond those of the start and of the claim."""
UNITS_PER_IMAGE = 10
PARTS = 4
SHORT = 32

ONE, ZERO, NOWHERE = 0, -1, -2
"""What u or v of an image is: 1, 0, or (NOWHERE - e) w = 2^(-b e/PARTS); n > 0 is that of box n of the next layer."""

Box = tuple[int, int, int, int]
Sample = tuple[int, int, int, int]


@dataclass(frozen=True)
class Words:
    """For each layer, box and sample the box of the next layer that is named, counted from 1, or 0 for none."""

    start: Start
    level: Fraction
    places: tuple[tuple[int, ...], ...]

    @classmethod
    def read(cls, start: Start, level: Fraction, layers: Any, where: str) -> "Words":
        found, boxes, total = list[tuple[int, ...]](), 1, 0
        for t, text in enumerate(items(layers, where)):
            found.append(integers(text, f"{where}[{t}]", boxes * len(start.x)))
            total += len(found[-1])
            start.case.work.spend(len(found[-1]))
            if min(found[-1]) < 0 or total > MOST_IMAGES:
                raise Refused(f"{where} names a box below 0, or has more than {MOST_IMAGES} places")
            boxes = max(found[-1])
        if not found or boxes:
            raise Refused(f"{where} is empty, or its last layer names a box")
        start.book(level, most=MOST_BITS_OF_NUMBERS)
        return cls(start, level, tuple(found))

    def below(self, value: Fraction) -> Fraction:
        """V of the start, to the bits that `value` asks."""
        prec = self._bits(value)
        found = self._fold(1, {ONE: 1 << prec, ZERO: 0}.__getitem__, up=False)
        return Fraction(found, 1 << prec)

    def above(self, value: Fraction, exponent: Fraction | None) -> Fraction:
        """U of the start, with w of this exponent, or w = 1."""
        prec = self._bits(value)
        known = {ONE: 1 << prec, ZERO: 0}

        def worth(code: int) -> int:
            if code not in known:
                known[code] = self._nowhere(exponent, NOWHERE - code, prec)
            return known[code]

        return Fraction(self._fold(0, worth, up=True), 1 << prec)

    def _bits(self, value: Fraction) -> int:
        self.start.book(value, most=MOST_BITS_OF_NUMBERS)
        prec, total = GUARD + bits(value), self.start.total.bit_length()
        self.start.case.work.spend(2 * sum(map(len, self.places)), prec + total)
        return prec

    def _nowhere(self, exponent: Fraction | None, e: int, prec: int) -> int:
        """w where (k/c)^PARTS <= 2^-e, from above."""
        if exponent is None:
            return 1 << prec
        self.start.case.work.spend_on_logs(2, prec, bits(exponent))
        y = -(exponent.numerator * e * log_two(prec)[0] // (exponent.denominator * PARTS))
        high = exp_interval((y, y), prec)[1]
        assert high is not None  # y <= 0
        return high

    def _fold(self, side: int, worth: Callable[[int], int], up: bool) -> int:
        """Sums of p_i u_i (side 0) or p_i v_i, from the last layer to the first."""
        weights, total = self.start.weights, self.start.total
        many, values = len(weights), list[int]()
        for layer in reversed(self._layers):
            codes, found = layer[side], []
            for at in range(0, len(codes), many):
                summed = 0
                for weight, code in zip(weights, codes[at : at + many], strict=True):
                    summed += weight * (values[code - 1] if code > 0 else worth(code))
                found.append(-(-summed // total) if up else summed // total)
            values = found
        return values[0]

    @cached_property
    def _layers(self) -> list[tuple[list[int], list[int]]]:
        """The codes of u and of v of all images."""
        start, level = self.start.in_units(self.start.unit), self.level / self.start.unit
        prec = GUARD + int(1 / start.low).bit_length()
        size = max(prec, 2 * max(bits(q) for q in (*start.x, start.L0, level)))
        start.case.work.spend(UNITS_PER_IMAGE * sum(map(len, self.places)), 2 * prec)
        start.case.work.spend_on_divisions(8 * len(start.x) + 8, size)
        step = _Step(start, level, prec)
        boxes = [(enclose(start.low, prec)[0], enclose(start.high, prec)[1], *enclose(start.L0, prec))]
        layers = []
        for places in self.places:
            found: list[Box | None] = [None] * max(places)
            u, v = list[int](), list[int]()
            for n, place in enumerate(places):
                i = n % len(start.x)
                image, above, below = step.image(boxes[n // len(start.x)], i)
                if place and below != ONE:
                    found[place - 1] = _hull(found[place - 1], image)
                    above, below = place if above != ONE else ONE, place
                u.append(above)
                v.append(below)
            boxes = [box for box in found if box is not None]
            if len(boxes) < len(found):
                raise Refused("a box holds no image that may lie below the level")
            layers.append((u, v))
        return layers


class _Step:
    """The images of boxes under each sample."""

    def __init__(self, start: Start, level: Fraction, prec: int) -> None:
        self.prec, self.one = prec, 1 << prec
        self.level = enclose(level, prec)
        self.samples: list[Sample] = [(*enclose(x, prec), *enclose(x * x, prec)) for x in start.x]

    def image(self, box: Box, i: int) -> tuple[Box, int, int]:
        """The box of the image cut at the level, and the codes of u and v if none is named."""
        k_lo, k_hi, L_lo, L_hi = box
        x_lo, x_hi, xx_lo, xx_hi = self.samples[i]
        prec, one = self.prec, self.one
        low_q, high_q = k_lo * k_lo >> prec, -(-k_hi * k_hi >> prec)
        low_xL, high_xL = x_lo * L_lo >> prec, -(-x_hi * L_hi >> prec)
        least, most = one - high_xL + (xx_lo * low_q >> prec), one - low_xL - (-xx_hi * high_q >> prec)
        r_lo, r_hi = max(0, least, -most), max(-least, most)
        near = low_q * x_lo * max(0, 4 * one - high_xL) >> 2 * prec
        far = -(-high_q * x_hi * (4 * one - low_xL) >> 2 * prec)
        k_lo, k_hi, L_lo, L_hi = r_lo * k_lo >> prec, -(-r_hi * k_hi >> prec), max(0, L_lo - far), L_hi - near
        below = ONE if k_lo >= self.level[1] else ZERO
        above = self._above(k_hi, L_hi)
        return (k_lo, min(k_hi, self.level[1]), L_lo, L_hi), above, below

    def _above(self, k_hi: int, L_hi: int) -> int:
        if k_hi >= self.level[0]:
            return ONE
        if L_hi * self.samples[-1][1] <= 2 << 2 * self.prec:
            return ZERO
        ratio = (self.level[0] << SHORT) // max(k_hi, 1)
        square = ratio * ratio
        return NOWHERE - ((square * square).bit_length() - 1 - PARTS * SHORT)


def _hull(box: Box | None, other: Box) -> Box:
    if box is None:
        return other
    return min(box[0], other[0]), max(box[1], other[1]), min(box[2], other[2]), max(box[3], other[3])
