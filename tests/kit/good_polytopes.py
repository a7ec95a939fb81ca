"""Small certificates by polytope norms (V7)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from catalysis.products.bounds import MomentBound
from catalysis.products.exponent import ProductExponent, product_exponent
from catalysis.products.polytope import FunctionalProof, HullProof
from catalysis.products.polytope_exponent import best_functionals, best_hull
from catalysis.products.spikes import SpikeBounds, by_polytope
from catalysis.products.walk import MatrixWalk

F = Fraction


def hull(walk: MatrixWalk, s: str, count: int = 6) -> HullProof:
    found = best_hull(walk, F(s), count)
    assert found is not None
    return found


def functionals(walk: MatrixWalk, s: str, count: int = 6) -> FunctionalProof:
    found = best_functionals(walk, F(s), count)
    assert found is not None
    return found


def upper(walk: MatrixWalk, s: str, count: int = 6) -> MomentBound:
    return MomentBound(walk, F(s), "upper", hull(walk, s, count))


def lower(walk: MatrixWalk, s: str, count: int = 6) -> MomentBound:
    return MomentBound(walk, F(s), "lower", functionals(walk, s, count))


def exponent(walk: MatrixWalk, below: str, above: str, count: int = 12) -> ProductExponent:
    """The same with polytopes on both sides."""
    known = product_exponent(walk)
    first, last = hull(walk, below, count), functionals(walk, above, count)
    return ProductExponent(walk, known.regime, first.s, last.s, first, last, known.lyapunov)


def spikes(walk: MatrixWalk, below: str, above: str, factor: int, count: int = 8) -> SpikeBounds:
    known = exponent(walk, below, above, count)
    falls, grows = by_polytope(walk, known.from_below), by_polytope(walk, known.from_above)
    assert falls is not None and grows is not None
    return SpikeBounds(walk, F(factor), known, falls, grows)


def polytopes(features: MatrixWalk, kernel: MatrixWalk, pushes: MatrixWalk) -> dict[str, Callable[[], Any]]:
    """Results by name."""
    return {
        "polytope up": lambda: upper(features, "3/2"),
        "polytope down": lambda: lower(features, "5/2"),
        "polytope up of a kernel": lambda: upper(kernel, "1"),
        "polytope down of a kernel": lambda: lower(kernel, "1"),
        "polytope up of pushes": lambda: upper(pushes, "3"),
        "polytope down of pushes": lambda: lower(pushes, "3/2"),
        "polytope theta": lambda: exponent(features, "1.5", "1.7"),
        "polytope spike": lambda: spikes(features, "1.5", "1.7", 3),
        "polytope spike of a kernel": lambda: spikes(kernel, "1.5", "1.8", 3),
        "polytope spike of pushes": lambda: spikes(pushes, "2.2", "2.5", 3),
    }
