"""The starts that a claim `phase` is about, and the brackets that it carries."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.reading import Refused, fields, number
from proofs_check.core.wording import ends, exact, mark
from proofs_check.nonlinear.phase_orbit import Start

Side = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Box:
    """The starts of the claim: a side from = to is that number, else the open interval."""

    x: Fraction
    kappa: Side
    L: Side

    @property
    def is_single(self) -> bool:
        return self.kappa[0] == self.kappa[1] and self.L[0] == self.L[1]

    @property
    def is_still(self) -> bool:
        return self.kappa[0] == self.kappa[1] == 0

    def start(self) -> Start:
        """In the letters l, v, cut down to 2 |u| <= l. Refused if the box contains no start."""
        near, far = sorted(abs(self.x * k) for k in self.kappa)
        if self.kappa[0] < 0 < self.kappa[1]:
            near = Fraction(0)
        high = self.x * self.L[1]
        if 2 * near > high or (2 * near == high and not self.is_single):
            raise Refused("the box contains no start")
        low = max(self.x * self.L[0], 2 * near)
        return Start((low, high), (near**2, min(far**2, high**2 / 4)), not self.is_single)

    def words(self) -> str:
        kappa, L = (_side_words(*side) for side in (self.kappa, self.L))
        opening = f"For full batches with mean curvature x = {exact(self.x)}"
        if self.is_single:
            return f"{opening}, the start kappa_0 {kappa}, L_0 {L}"
        moving = "" if self.is_still else ", not 0"
        return f"{opening}, every start with kappa_0 {kappa}{moving}, L_0 {L}, 2 |kappa_0| <= L_0"


def read_side(value: Any, where: str) -> Side:
    return _read(value, where, ("from", "to"))


def read_bracket(value: Any, where: str) -> Side:
    return _read(value, where, ("lower", "upper"))


def _read(value: Any, where: str, keys: tuple[str, str]) -> Side:
    table = fields(value, where, keys)
    low, high = (number(table[key], f"{where}.{key}") for key in keys)
    if low > high:
        raise Refused(f"{where}.{keys[0]} is above {where}.{keys[1]}")
    return low, high


def closed(bounds: Side) -> str:
    low, high = ends(*bounds)
    return f"[{low}, {high}]{mark(*bounds)}"


def _side_words(low: Fraction, high: Fraction) -> str:
    return f"= {exact(low)}" if low == high else f"in ({exact(low)}, {exact(high)})"
