"""Lemma V8: both sides of k(s) and of the top exponent for products of 2 x 2 matrices, and the checker's own proof."""

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalysis.products.cells import CellBound, Mesh, prove
from proofs_check.core.budget import Refused, Work
from proofs_check.products.cells import Inequality, Table

HALVES = (Fraction(1, 2), Fraction(1, 2))


def heavy_ball(z: Fraction, beta: Fraction, xs: tuple[Fraction, ...]) -> tuple:
    return tuple(((1 + beta - z * x, -beta), (Fraction(1), Fraction(0))) for x in xs)


def features(eta: Fraction, rows: list[tuple[Fraction, Fraction]]) -> tuple:
    return tuple(((1 - eta * a * a, -eta * a * b), (-eta * a * b, 1 - eta * b * b)) for a, b in rows)


def recheck(found: CellBound, matrices: tuple, weights: tuple, **changes: object) -> None:
    side = "upper" if found.side > 0 else "lower"
    asked = Inequality(matrices, weights, found.power, found.bound, side)
    Inequality.check(replace(asked, **changes), Table(found.table.nodes, found.table.values), Work(10**12))


TALK = (Fraction(1), Fraction(169, 100))


@pytest.mark.parametrize(
    ("beta", "fraction", "lambda1"),
    [("1/2", "1/2", -0.3221), ("9/10", "1/2", -0.0309), ("9/10", "7/10", -0.0127), ("9/10", "9/10", 0.0464)],
)
def test_the_top_exponent_of_the_heavy_ball(beta: str, fraction: str, lambda1: float) -> None:
    """The values of a long simulation, to its four digits, from both sides; the checker agrees."""
    b = Fraction(beta)
    matrices = heavy_ball(Fraction(fraction) * 2 * (1 + b) / TALK[1], b, TALK)
    middle = Fraction(str(lambda1))
    for side in (1, -1):
        found = prove(matrices, HALVES, None, middle + side * Fraction(1, 1000), side)
        assert found is not None
        recheck(found, matrices, HALVES)
        with pytest.raises(Refused):
            recheck(found, matrices, HALVES, bound=middle - side * Fraction(1, 1000))
    assert prove(matrices, HALVES, None, middle - Fraction(1, 1000), 1, most_nodes=3000) is None


@pytest.mark.parametrize(("z", "theta"), [("9/5", "4.518"), ("213/100", "0.595")])
def test_the_exponent_of_the_heavy_ball(z: str, theta: str) -> None:
    matrices = heavy_ball(Fraction(z), Fraction(1, 2), TALK)
    for side in (1, -1):
        s = Fraction(theta) * (1 - side * Fraction(1, 200))
        found = prove(matrices, HALVES, s, Fraction(1), side)
        assert found is not None
        recheck(found, matrices, HALVES)
        with pytest.raises(Refused):
            recheck(found, matrices, HALVES, exponent=Fraction(theta) * (1 + side * Fraction(1, 100)))


def test_momentum_makes_two_samples_inflationary_at_half_their_own_threshold() -> None:
    """Each sample alone is stable up to eta lambda x = 2 (1 + beta)."""
    b, xs = Fraction(9, 10), (Fraction(1), Fraction(3))
    matrices = heavy_ball((1 + b) / 3, b, xs)
    found = prove(matrices, HALVES, None, Fraction(1, 100), -1)
    assert found is not None
    recheck(found, matrices, HALVES)


entry = st.fractions(min_value=-2, max_value=2, max_denominator=12)
matrix = st.tuples(st.tuples(entry, entry), st.tuples(entry, entry)).filter(
    lambda a: abs(a[0][0] * a[1][1] - a[0][1] * a[1][0]) > Fraction(1, 10)
)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(matrix, min_size=2, max_size=3),
    st.fractions(min_value=Fraction(1, 2), max_value=4, max_denominator=4),
)
@pytest.mark.slow
def test_random_matrices_lie_between_bounds_of_short_products(listed: list, s: Fraction) -> None:
    """k(s) <= log rho is refuted by no product of eight: E n(A_8 ... A_1 u)^s <= rho^8 max v/min v, and from below."""
    matrices, m = tuple(listed), len(listed)
    weights = (Fraction(1, m),) * m
    mesh = Mesh(matrices, weights)
    rho, _ = mesh.table(float(s))
    if not np.isfinite(rho) or rho < 1e-3:
        return
    for side in (1, -1):
        bound = Fraction(round(rho * (1 + side * 0.05) * 10**6), 10**6)
        found = prove(matrices, weights, s, bound, side, most_nodes=800)
        if found is None:
            continue
        recheck(found, matrices, weights)
        values = [float(v) for v in found.table.values]
        spread, steps = max(values) / min(values), 6
        for u in ((1.0, 0.3), (-0.7, 1.0), (1.0, 1.0)):
            mean = 0.0
            for word in product(range(m), repeat=steps):
                y = np.array(u)
                for i in word:
                    y = np.array([[float(x) for x in row] for row in matrices[i]]) @ y
                mean += np.abs(y).max() ** float(s) / m**steps
            if side > 0:
                assert mean <= float(bound) ** steps * spread * (1 + 1e-9)
            else:
                assert mean >= float(bound) ** steps / spread * (1 - 1e-9)


def test_a_direction_that_is_sent_to_zero_gives_no_lower_bound() -> None:
    """Two projections whose product vanishes: the top exponent is -inf."""
    matrices = (
        ((Fraction(1), Fraction(0)), (Fraction(0), Fraction(0))),
        ((Fraction(0),) * 2, (Fraction(0), Fraction(1))),
    )
    assert prove(matrices, HALVES, None, Fraction(-1000), -1, most_nodes=1000) is None


def test_the_checker_refuses_changed_tables() -> None:
    matrices = heavy_ball(Fraction(9, 5), Fraction(1, 2), TALK)
    found = prove(matrices, HALVES, Fraction(22, 5), Fraction(1), 1)
    assert found is not None
    recheck(found, matrices, HALVES)
    nodes, values = list(found.table.nodes), list(found.table.values)
    work, asked = Work(10**12), Inequality(matrices, HALVES, found.power, found.bound, "upper")
    for changed in (
        Table(tuple(nodes[:-1]), tuple(values)),
        Table(tuple(nodes[1:]), tuple(values[1:])),
        Table(tuple(nodes[::-1]), tuple(values)),
        Table(
            tuple(n for n in nodes if n != 2), tuple(v for n, v in zip(nodes, values, strict=True) if n != 2)
        ),
        Table((*nodes, Fraction(4)), (*values, values[0])),
        Table(tuple(nodes), (*values[:40], -values[40], *values[41:])),
        Table(tuple(nodes), (*values[:40], values[40] / 2, *values[41:])),
        Table(tuple(nodes), (*values[:40], values[40] * 2, *values[41:])),
    ):
        with pytest.raises(Refused):
            asked.check(changed, work)
    for moved in ((matrices[1], matrices[1]), heavy_ball(Fraction(2), Fraction(1, 2), TALK)):
        with pytest.raises(Refused):
            replace(asked, matrices=moved).check(Table(tuple(nodes), tuple(values)), work)
