"""The order of samples at finite width: the map itself, in exact rationals (O5).

One step draws x and moves kappa' = (1 - x L + x^2 kappa^2) kappa, L' = L - kappa^2 x (4 - x L).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.exact.errors import InputError
from catalysis.exact.numbers import check_length, exact_text
from catalysis.exact.result import Enclosure, Verdict

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


@dataclass(frozen=True)
class FiniteWidthOrders:
    """All orders of a few draws at finite width, compared exactly.

    ``ascending`` is the order of increasing x, ``best`` one with the least running maximum of |kappa|, ``worst`` one
    with the largest. Exact, no rounding: proved by enumeration (O5).
    """

    kappa: Fraction
    L: Fraction
    orders: int
    ascending: MapPath
    descending: MapPath
    best: MapPath
    worst: MapPath

    @property
    def ascending_is_best(self) -> Verdict:
        """Of "ascending x has the least running maximum", which O1 proves at infinite width."""
        good = self.ascending.running_maximum == self.best.running_maximum
        return Verdict.PROVED if good else Verdict.REFUTED

    @property
    def final_differs(self) -> bool:
        """Whether |kappa| at the end depends on the order (it does not at infinite width)."""
        return abs(self.ascending.final_kappa) != abs(self.descending.final_kappa)

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": "proved",
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


def finite_width_orders(draws: Sequence[Fraction], kappa: Fraction, L: Fraction) -> FiniteWidthOrders:
    """Follow the map along every order of at most six draws of x, exactly.

    ``kappa`` = eta mu_0/sqrt(n) not 0, ``L`` = eta lambda_0 >= 2 |kappa| (every network has that). Raises InputError.
    """
    if not 2 <= len(draws) <= MOST_STEPS or any(x < 0 for x in draws):
        raise InputError(f"draws: expected 2 to {MOST_STEPS} values x >= 0, found {len(draws)}")
    if kappa == 0 or 2 * abs(kappa) > L:
        raise InputError("kappa0, L0: expected kappa0 != 0 and L0 >= 2 |kappa0|")
    for what, value in (("kappa0", kappa), ("L0", L), *(("x", x) for x in draws)):
        if (
            check_length(value, what).denominator.bit_length() + value.numerator.bit_length()
            > _MOST_START_BITS
        ):
            raise InputError(f"{what}: expected a number of at most {_MOST_START_BITS} bits")
    ordered = sorted(draws)
    paths = [MapPath.of(order, kappa, L) for order in _orders(ordered)]
    return FiniteWidthOrders(
        kappa,
        L,
        len(paths),
        paths[0],
        paths[-1],
        min(paths, key=lambda path: path.running_maximum),
        max(paths, key=lambda path: path.running_maximum),
    )


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
