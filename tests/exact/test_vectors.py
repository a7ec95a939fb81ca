"""Logarithms and powers of arrays hold what Lemmas H1 to H3 say: against Arb, point by point."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import fsum

import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from catalysis.exact import vectors
from catalysis.exact.balls import precision
from catalysis.exact.vectors import (
    UNIT,
    Floats,
    enclose_exp,
    enclose_log,
    enclose_power,
    exp2_near,
    log2,
    log2_near,
    rounds_to_nearest,
)

TINIEST, LARGEST = 5e-324, 1.7976931348623157e308
BITS = 120


def beside(*middles: float) -> Floats:
    """Each number and its neighbours."""
    around = [np.nextafter(m, side) for m in middles for side in (-np.inf, np.inf)]
    return np.array([*middles, *around])


def misses(found: Iterable[float], truth: Callable[[float], arb], at: Iterable[float]) -> Floats:
    """found - truth, true to 60 bits or more."""
    with precision(BITS):
        return np.array([float((arb(f) - truth(x)).mid()) for f, x in zip(found, at, strict=True)])


def log2_of(x: float) -> arb:
    return arb(x).log() / arb(2).log()


def check_logs(x: Floats) -> None:
    found = log2_near(x)
    assert (np.abs(misses(found.tolist(), log2_of, x.tolist())) <= UNIT * (3 * np.abs(found) + 2)).all()


def check_powers(y: Floats) -> None:
    found = exp2_near(y)
    apart = misses(found.tolist(), lambda v: arb(2) ** arb(v), y.tolist())
    assert (np.abs(apart) <= 3 * UNIT * found).all()


def logs_drawn(count: int, seed: int) -> Floats:
    """All sizes in 2^-64..2^64, numbers beside 1, beside the table's places and half-way between them."""
    rng = np.random.default_rng(seed)
    near_one = 1 + rng.choice([-1, 1], count // 4) * 2.0 ** -rng.uniform(1, 53, count // 4)
    places = (1 + rng.integers(0, 513, count // 4) / 512) * 2.0 ** rng.integers(-63, 63, count // 4)
    jitter = np.nextafter(places, rng.choice([0.0, np.inf], count // 4))
    return np.concatenate([2.0 ** rng.uniform(-64, 64, count - 3 * (count // 4)), near_one, places, jitter])


def powers_drawn(count: int, seed: int) -> Floats:
    """All sizes up to 127, tiny ones, and numbers beside the table's places and half-way between them."""
    rng = np.random.default_rng(seed)
    small = rng.choice([-1, 1], count // 4) * 2.0 ** -rng.uniform(0, 1000, count // 4)
    places = rng.integers(-127 * 512, 127 * 512 + 1, count // 4) / 512
    jitter = np.clip(np.nextafter(places, rng.choice([-200.0, 200.0], count // 4)), -127, 127)
    return np.concatenate([rng.uniform(-127, 127, count - 3 * (count // 4)), small, places, jitter])


def test_the_processor_rounds_as_the_lemmas_ask() -> None:
    assert rounds_to_nearest()


def test_the_kernels_keep_their_bounds() -> None:
    check_logs(np.concatenate([logs_drawn(20_000, 1), beside(1.0), [2.0**-64, 2.0**64]]))
    check_powers(np.concatenate([powers_drawn(20_000, 2), beside(0.0), [-127.0, 127.0]]))


@pytest.mark.slow
def test_a_million_points() -> None:
    check_logs(logs_drawn(500_000, 3))
    check_powers(powers_drawn(500_000, 4))


def test_the_bounds_are_not_far_from_what_happens() -> None:
    """A bound a hundred times too wide would hide a wrong table."""
    x = logs_drawn(5_000, 5)
    units = np.abs(misses(log2_near(x).tolist(), log2_of, x.tolist())) / (
        UNIT * (3 * np.abs(log2_near(x)) + 2)
    )
    assert 0.15 < units.max() <= 1


def encloses(ends: tuple[Floats, Floats], truth: Callable[[float], arb], at: Floats) -> None:
    with precision(BITS):
        for low, high, x in zip(*(e.tolist() for e in ends), at.tolist(), strict=True):
            value = truth(x)
            assert (low == 0 or arb(low) < value or arb(low) == value) and not value > arb(high), (
                x,
                low,
                high,
            )


def test_the_whole_range_is_enclosed() -> None:
    """Subnormal numbers and the ends of the exponent range included."""
    rng = np.random.default_rng(6)
    sizes = np.ldexp(1 + rng.random(2_000), rng.integers(-1074, 1024, 2_000))
    x = np.concatenate([sizes, beside(1.0, 2.0**-1022, 0.5), [TINIEST, 2 * TINIEST, LARGEST]])
    encloses(enclose_log(x), lambda v: arb(v).log(), x)
    assert (np.abs(misses(log2(x).tolist(), log2_of, x.tolist())) <= UNIT * (np.abs(log2(x)) + 6)).all()
    y = np.concatenate(
        [rng.uniform(-800, 800, 2_000), beside(0.0, 692.9, -692.9, 693.3, 709.78, -745.2), [1e300, -1e300]]
    )
    encloses(enclose_exp(y), lambda v: arb(v).exp(), np.clip(y, -1e4, 1e4))
    for s in (0.0, 1.0, -1.0, 0.3, -7.25, 2.0**20, 1e-300):
        encloses(enclose_power(x, s), lambda v, s=s: (arb(s) * arb(v).log()).exp(), x)  # type: ignore[misc]


def test_the_enclosures_are_narrow() -> None:
    low, high = enclose_log(np.array([3.0, 1e-300]))
    assert (high - low < 1e-15 * np.abs(low) * 4).all()
    low, high = enclose_power(np.array([3.0, 0.1]), 2.5)
    assert (high - low < 1e-14 * low).all()


@pytest.mark.parametrize("bad", [0.0, -1.0, -0.0, np.inf, -np.inf, np.nan])
def test_what_has_no_logarithm_is_no_number(bad: float) -> None:
    x = np.array([bad])
    assert np.isnan(enclose_log(x)).all() and np.isnan(enclose_power(x, 2.0)).all()


def test_what_is_no_number_has_no_power() -> None:
    assert np.isnan(enclose_exp(np.array([np.nan]))).all()
    with pytest.raises(ValueError, match="s: expected"):
        enclose_power(np.ones(1), 2.0**21)


@settings(deadline=None, max_examples=50, derandomize=True)
@given(
    st.lists(st.floats(min_value=TINIEST, allow_infinity=False), min_size=1, max_size=8), st.floats(-50, 50)
)
def test_any_doubles(numbers: list[float], s: float) -> None:
    """In any layout: a row, a column, every second one."""
    x = np.array(numbers)
    encloses(enclose_log(x), lambda v: arb(v).log(), x)
    encloses(enclose_power(x, s), lambda v: (arb(s) * arb(v).log()).exp(), x)
    for other in (x[:, None], np.repeat(x, 2)[::2], x[::-1]):
        assert log2(other).shape == other.shape and set(log2(other).ravel()) == set(log2(x))


def test_a_wrong_table_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison with Arb does fail where an entry is off by some units."""
    known = vectors.tables()
    wrong = vectors._Tables(
        known.logs * (1 + 8 * UNIT), known.powers * (1 + 8 * UNIT), *list(vars(known).values())[2:]
    )
    monkeypatch.setattr(vectors, "tables", lambda: wrong)
    with pytest.raises(AssertionError):
        check_logs(logs_drawn(400, 7))
    with pytest.raises(AssertionError):
        check_powers(powers_drawn(400, 8))


@pytest.mark.parametrize("count", [1, 2, 511, 512, 513, 640, 1000, 32768, 32769, 100_003])
def test_a_total_rounds_each_term_as_often_as_it_says(count: int) -> None:
    """Against the exact sum, for rows, for columns that lie together in memory, and for one column."""
    rng = np.random.default_rng(count)
    terms = rng.standard_normal((count, 2)) * 2.0 ** rng.integers(-30, 30, (count, 2))
    for given_ in (terms, np.asfortranarray(terms), terms[:, 0]):
        kept, found = given_.copy(), vectors.total(given_)
        assert (given_ == kept).all()
        for column, value in zip(np.atleast_2d(given_.T), np.atleast_1d(found), strict=True):
            slack = 1.01 * vectors.roundings(count) * UNIT * float(np.abs(column).sum())
            assert abs(value - fsum(column.tolist())) <= slack
    assert vectors.roundings(count) == (
        count - 1 if count <= 512 else 63 + vectors.roundings(count // 64 + count % 64)
    )
