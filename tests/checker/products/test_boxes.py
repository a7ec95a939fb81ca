"""Lemma V16: one inequality for all matrices A_i + sum t_k B_ik, |t_k| <= 1, judged by sampling t and the direction."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused
from proofs_check.products.cells import Inequality, Table

F = Fraction
PLENTY = 10**10
HALVES = (F(1, 2), F(1, 2))
ROWS = ((F(1), F(0)), (F(6, 5), F(8, 5)), (F(1, 2), F(-1)))
WEIGHTS = (F(1, 4), F(1, 4), F(1, 2))

Matrix = Any


def of_rank_one(factor: Fraction, g: tuple[Fraction, Fraction]) -> Matrix:
    return tuple(tuple(factor * x * y for y in g) for x in g)


def rates(start: Fraction, end: Fraction) -> tuple[tuple[Matrix, ...], tuple[tuple[Matrix, ...], ...]]:
    """The I - eta g g^T for all start <= eta <= end."""
    middle, half = (start + end) / 2, (end - start) / 2
    matrices = []
    for g in ROWS:
        (a, b), (c, d) = of_rank_one(-middle, g)
        matrices.append(((1 + a, b), (c, 1 + d)))
    return tuple(matrices), tuple((of_rank_one(-half, g),) for g in ROWS)


def psi(
    matrices: tuple[Matrix, ...], weights: tuple[Fraction, ...], s: float | None, size: int = 64
) -> Table:
    """An approximate eigenfunction, by interpolation in doubles."""
    tau = np.arange(size) * 4 / size
    u = np.where(tau <= 2, [np.ones(size), tau - 1], [3 - tau, np.ones(size)])
    y = np.array(matrices, dtype=float) @ u
    n = np.abs(y).max(axis=1)
    first = np.abs(y[:, 1]) <= np.abs(y[:, 0])
    with np.errstate(divide="ignore"):
        place = np.where(first, y[:, 1] / y[:, 0] + 1, 3 - y[:, 0] / y[:, 1]) % 4
    p = np.array(weights, dtype=float)
    v = np.zeros(size) if s is None else np.ones(size)
    for _ in range(400):
        at = np.interp(place, np.append(tau, 4), np.append(v, v[0]))
        new = p @ (np.log(n) + at) if s is None else p @ (n**s * at)
        v = (new + v) / 2 - new.mean() if s is None else new / new.max()
    return Table(tuple(F(x) for x in tau), tuple(F(round(float(x) * 2**40), 2**40) for x in v))


def excess(asked: Inequality, table: Table, t: np.ndarray, tau: float) -> float:
    """Left side minus right side in doubles."""
    nodes, values = (
        np.array([float(x) for x in (*seq, end)])
        for seq, end in ((table.nodes, 4), (table.values, table.values[0]))
    )

    def v(at: float) -> float:
        return float(np.interp(at % 4, nodes, values))

    u = np.array((1.0, tau - 1) if tau <= 2 else (3 - tau, 1.0))
    total = 0.0
    for i, (a, p) in enumerate(zip(asked.matrices, asked.weights, strict=True)):
        m = np.array(a, dtype=float)
        for k, b in enumerate(asked.spreads[i]):
            m = m + t[k] * np.array(b, dtype=float)
        y = m @ u
        n = np.abs(y).max()
        place = v(y[1] / y[0] + 1 if abs(y[1]) <= abs(y[0]) else 3 - y[0] / y[1])
        total += float(p) * (
            np.log(n) + place if asked.exponent is None else n ** float(asked.exponent) * place
        )
    return total - (v(tau) + float(asked.bound) if asked.exponent is None else float(asked.bound) * v(tau))


def proved(asked: Inequality, table: Table) -> bool:
    try:
        asked.check(table, Work(PLENTY))
    except Refused as refusal:
        assert "not proved" in str(refusal) or "sent to 0" in str(refusal)
        return False
    return True


entry = st.fractions(min_value=-2, max_value=2, max_denominator=8)
small = st.fractions(min_value=F(-1, 6), max_value=F(1, 6), max_denominator=24)


def matrix(entries: st.SearchStrategy[Fraction]) -> st.SearchStrategy[Matrix]:
    return st.tuples(st.tuples(entries, entries), st.tuples(entries, entries))


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    st.tuples(matrix(entry), matrix(entry)),
    st.tuples(st.tuples(matrix(small), matrix(small)), st.tuples(matrix(small), matrix(small))),
    st.sampled_from([None, F(1), F(5, 2)]),
    st.sampled_from(["upper", "lower"]),
    st.integers(0, 2**32 - 1),
)
def test_what_is_proved_of_a_family_holds_at_random_members(
    matrices: Any, spreads: Any, s: Fraction | None, side: str, seed: int
) -> None:
    """Any table, any family: the least bound that the checker accepts is one for every member and direction."""
    draw = np.random.default_rng(seed)
    nodes = tuple(F(k, 2) for k in range(8))
    low = 0 if s is None else 8
    table = Table(nodes, tuple(F(int(x), 16) for x in draw.integers(low, 24, size=8)))
    sign = 1 if side == "upper" else -1
    for bound in (F(1, 4), F(1, 2), F(1), F(2), F(4), F(200)):
        value = sign * bound if s is None else bound**sign
        asked = Inequality(matrices, HALVES, s, value, side, spreads)
        if not proved(asked, table):
            continue
        corners = [np.array(c, dtype=float) for c in ((-1, -1), (-1, 1), (1, -1), (1, 1))]
        for t in (*corners, *draw.uniform(-1, 1, size=(60, 2))):
            with np.errstate(divide="ignore"):
                assert sign * excess(asked, table, t, float(draw.uniform(0, 4))) <= 1e-9
        return


@pytest.mark.parametrize(
    ("start", "end", "s", "bound", "side"),
    [("11/20", "111/200", "1", "1", "upper"), ("27/20", "137/100", None, "0", "lower")],
)
def test_one_table_for_an_interval_of_learning_rates(
    start: str, end: str, s: str | None, bound: str, side: str
) -> None:
    """k(1) < 0, lambda_1 > 0 on the interval, by one table; not on a longer one, not the other sign."""
    a, b = F(start), F(end)
    power = None if s is None else F(s)
    matrices, spreads = rates(a, b)
    table = psi(matrices, WEIGHTS, None if s is None else float(s), 128)
    asked = Inequality(matrices, WEIGHTS, power, F(bound), side, spreads)
    assert proved(asked, table)
    other = Inequality(matrices, WEIGHTS, power, F(bound), "lower" if side == "upper" else "upper", spreads)
    assert not proved(other, table)
    wide, moved = rates(a - F(1, 2), b + F(1, 2))
    assert not proved(Inequality(wide, WEIGHTS, power, F(bound), side, moved), table)
    points = Inequality(matrices, WEIGHTS, power, F(bound), side)
    work, more = Work(PLENTY), Work(PLENTY)
    points.check(table, work)
    asked.check(table, more)
    assert more.left < work.left < PLENTY
