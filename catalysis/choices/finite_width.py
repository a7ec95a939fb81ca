"""The order of samples at finite width: the map itself, in exact rationals (O5).

One step draws x and moves kappa' = (1 - x L + x^2 kappa^2) kappa, L' = L - kappa^2 x (4 - x L).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, brief, exact, exact_text, shown
from catalysis.exact.result import Enclosure, Result, Verdict

MOST_STEPS = 6
_MOST_START_BITS = 400


@dataclass(frozen=True)
class MapPath:
    """One order of draws: the largest |kappa| along it (the start included) and the last state, exact."""

    order: tuple[Fraction, ...]
    running_maximum: Fraction
    final_kappa: Fraction
    final_curvature: Fraction

    @classmethod
    def of(cls, order: Sequence[Fraction], kappa: Fraction, L: Fraction) -> MapPath:
        """Follow the map."""
        largest = abs(kappa)
        for x in order:
            square = kappa * kappa
            kappa, L = (1 - x * L + x * x * square) * kappa, L - square * x * (4 - x * L)
            largest = max(largest, abs(kappa))
        return cls(tuple(order), largest, kappa, L)


@dataclass(frozen=True, repr=False)
class FiniteWidthOrders(Result):
    """All orders of a few draws at finite width, compared exactly.

    `ascending` is the order of increasing x, `best` one with the least running maximum of |kappa|, `worst`
    one with the largest. Exact, no rounding: proved by enumeration (O5).

    Attributes
    ----------
    ascending, descending, best, worst : MapPath
        The paths along four orders.
    orders : int
        How many different orders there are.
    """

    kappa: Fraction
    L: Fraction
    orders: int
    ascending: MapPath
    descending: MapPath
    best: MapPath
    worst: MapPath

    @property
    def verdict(self) -> Verdict:
        return Verdict.PROVED

    @property
    def ascending_is_best(self) -> Verdict:
        """Of "ascending x has the least running maximum", which O1 proves at infinite width."""
        good = self.ascending.running_maximum == self.best.running_maximum
        return Verdict.PROVED if good else Verdict.REFUTED

    @property
    def final_differs(self) -> bool:
        """Whether |kappa| at the end depends on the order (it does not at infinite width)."""
        return abs(self.ascending.final_kappa) != abs(self.descending.final_kappa)

    def fields(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "kappa0": exact_text(self.kappa),
            "L0": exact_text(self.L),
            "orders": self.orders,
            "ascending_is_best": self.ascending_is_best.value,
            "final_depends_on_order": self.final_differs,
            **{
                name: _path_json(path)
                for name, path in (
                    ("ascending", self.ascending),
                    ("descending", self.descending),
                    ("best", self.best),
                    ("worst", self.worst),
                )
            },
        }


def _path_json(path: MapPath) -> dict[str, Any]:
    return {
        "order": [exact_text(x) for x in path.order],
        "running_maximum": Enclosure(path.running_maximum, path.running_maximum).to_json(15),
        "final_kappa": Enclosure(path.final_kappa, path.final_kappa).to_json(15),
    }


def finite_width_orders(draws: Iterable[Number], kappa: Number, L: Number) -> FiniteWidthOrders:
    """Follow the map at finite width along every order of a few draws, exactly (O5).

    Parameters
    ----------
    draws : iterable of 2 to 6 Numbers >= 0
        The curvatures x that are drawn.
    kappa : Number, not 0
        kappa_0 = eta mu_0/sqrt(n).
    L : Number >= 2 |kappa|
        L_0 = eta lambda_0 (every network has that); numbers here have at most 400 bits.

    Returns
    -------
    FiniteWidthOrders
        `ascending`, `best` and `worst` orders with their running maxima.

    Raises
    ------
    InputError
        Unless the arguments are as above.

    Examples
    --------
    >>> from catalysis import finite_width_orders
    >>> orders = finite_width_orders([1, "1.69", 1], "0.1", "1.42")
    >>> orders.orders, orders.ascending_is_best.value, orders.final_differs
    (3, 'proved', True)
    """
    if isinstance(draws, str) or not isinstance(draws, Iterable):
        raise InputError(f"draws: expected 2 to {MOST_STEPS} values x >= 0, found {shown(draws)}")
    given = list(draws)
    values = [_short_enough(x, "draws") for x in given[: MOST_STEPS + 1]]
    start, curvature = _short_enough(kappa, "kappa"), _short_enough(L, "L")
    if not 2 <= len(values) <= MOST_STEPS:
        raise InputError(f"draws: expected 2 to {MOST_STEPS} values x >= 0, found {len(given)}")
    if min(values) < 0:
        raise InputError(f"draws: expected values x >= 0, found {brief(min(values))}")
    if start == 0 or 2 * abs(start) > curvature:
        raise InputError("kappa, L: expected kappa != 0 and L >= 2 |kappa|")
    ordered = sorted(values)
    paths = [MapPath.of(order, start, curvature) for order in _orders(ordered)]
    return FiniteWidthOrders(
        start,
        curvature,
        len(paths),
        paths[0],
        paths[-1],
        min(paths, key=lambda path: path.running_maximum),
        max(paths, key=lambda path: path.running_maximum),
    )


def _short_enough(value: Number, what: str) -> Fraction:
    number = exact(value, what)
    if number.denominator.bit_length() + number.numerator.bit_length() > _MOST_START_BITS:
        raise InputError(f"{what}: expected a number of at most {_MOST_START_BITS} bits")
    return number


def _orders(ordered: list[Fraction]) -> Iterator[list[Fraction]]:
    """All distinct orders, ascending first and descending last."""
    if not ordered:
        yield []
        return
    for i, x in enumerate(ordered):
        if i and x == ordered[i - 1]:
            continue
        for rest in _orders(ordered[:i] + ordered[i + 1 :]):
            yield [x, *rest]
