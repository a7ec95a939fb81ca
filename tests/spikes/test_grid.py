"""Grid bounds against closed forms, the walk over counts, enumeration and importance sampling."""

import math
from collections import defaultdict
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from catalysis.exact.balls import as_float, precision
from catalysis.exact.errors import InputError
from catalysis.exponent.exponent import Regime
from catalysis.exponent.factors import StepFactors
from catalysis.simulation import TiltedWalk, WalkLaw
from catalysis.simulation.streams import root_of, stream_of
from catalysis.spikes.cells import OnTheEdge, Ruler, Tilted, directed, tilts
from catalysis.spikes.counts import count_walk_bounds
from catalysis.spikes.grid import GridBounds, grid_bounds
from catalysis.spikes.grid_solve import Table, settle

F = Fraction


def walk(*pairs: tuple[str, str]) -> StepFactors:
    return StepFactors.from_pairs((F(r), F(p)) for r, p in pairs)


def random_walk(size: int, seed: int, share: Fraction, *, gaussian: bool = True) -> StepFactors:
    """|1 - lambda x| for random samples, lambda so far into the window."""
    stream = np.random.default_rng(seed)
    s = stream.standard_normal(size) if gaussian else stream.uniform(0.2, 1, size)
    x = [F(round(float(v) ** 2 * 10**6), 10**6) for v in s]
    curvature = 2 / max(x) * (1 + share)
    return StepFactors.from_pairs((abs(1 - curvature * v), F(1, size)) for v in x)


def bounds(steps: StepFactors, level: Any, width: Any, **options: Any) -> GridBounds:
    found = grid_bounds(steps, F(level), relative_width=F(width), **options)
    assert 0 <= found.lower <= found.upper <= 1
    return found


def reached(found: GridBounds) -> GridBounds:
    assert found.limited_by is None
    assert found.width is not None and found.width <= found.relative_width
    return found


def within_steps(steps: StepFactors, level: Fraction, horizon: int) -> Fraction:
    """P(the level is reached within so many moving steps), exactly: a lower bound."""
    alive: dict[Fraction, Fraction] = {F(1): F(1)}
    hit = F(0)
    for _ in range(horizon):
        after: dict[Fraction, Fraction] = defaultdict(Fraction)
        for place, mass in alive.items():
            for r, q in zip(steps.factors, steps.moving_weights, strict=True):
                if place * r >= level:
                    hit += mass * q
                else:
                    after[place * r] += mass * q
        alive = after
    return hit


# --- closed forms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "level",
    ["2", "1.0000001", "16", *(pytest.param(K, marks=pytest.mark.slow) for K in ("16.5", str(2**20)))],
)
def test_gamblers_ruin_with_ties_at_the_level(level: str) -> None:
    """P(sup >= 2^k) = ((1-p)/p)^-k; all steps are whole cells, so ties at the level cost nothing."""
    found = reached(bounds(walk(("2", "1/3"), ("1/2", "2/3")), level, "1/300"))
    truth = F(1, 2 ** math.ceil(math.log2(float(level))))
    assert found.lower <= truth <= found.upper


@pytest.mark.slow
def test_three_powers_of_one_number() -> None:
    """Steps +2, +1, -1, probability of +h from the roots of the lattice recursion."""
    p2, p1, p0 = 0.1, 0.1, 0.8
    # P(h) = sum A_j z_j^h with z_j the roots inside the unit disc of p2 + p1 z... P = 1 at h = 0, -1
    roots = [z for z in np.roots([p0, -1, p1, p2]) if abs(z) < 1 - 1e-9]
    matrix = np.array([[z**h for z in roots] for h in (0, -1)])
    weights = np.linalg.solve(matrix, np.ones(2))
    steps = walk(("4", "1/10"), ("2", "1/10"), ("1/2", "4/5"))
    for h in (1, 4):
        truth = sum(float(np.real(a * z**h)) for a, z in zip(weights, roots, strict=True))
        found = reached(bounds(steps, 2**h, "1/500"))
        assert float(found.lower) * (1 - 1e-9) <= truth <= float(found.upper) * (1 + 1e-9)


# --- the walk over counts --------------------------------------------------------------------------------

TALK = walk(("0.42", "1/2"), ("1.3998", "1/2"))
CASES = {
    "talk": (TALK, "1000000"),
    "three": (walk(("3/2", "1/5"), ("6/5", "1/5"), ("1/3", "3/5")), "100"),
    "idle": (walk(("3/2", "1/5"), ("1", "1/2"), ("1/3", "3/10")), "50"),
    "dead": (walk(("3/2", "3/5"), ("0", "2/5")), "20"),
    "dead and idle": (walk(("3/2", "3/10"), ("1/2", "1/10"), ("1", "1/5"), ("0", "2/5")), "20"),
    "just above 1": (walk(("3/2", "1/5"), ("6/5", "1/5"), ("1/3", "3/5")), "1.0000001"),
    "equal to a factor": (walk(("3/2", "1/5"), ("6/5", "1/5"), ("1/3", "3/5")), "6/5"),
}


@pytest.mark.parametrize("case", [pytest.param(c, marks=[pytest.mark.slow] * (c == "talk")) for c in CASES])
def test_agrees_with_the_walk_over_counts(case: str) -> None:
    steps, level = CASES[case]
    found = bounds(steps, level, "1/50")
    fine = count_walk_bounds(steps, F(level), digits=6).enclosure
    assert fine is not None
    assert found.lower <= fine.upper and fine.lower <= found.upper
    assert found.width is not None and found.width < F(1, 10)


@pytest.mark.slow
def test_squared_walk_is_the_same_event() -> None:
    steps, level = CASES["three"]
    found, squared = bounds(steps, level, "1/50"), bounds(steps.squared(), F(level) ** 2, "1/50")
    assert found.lower == pytest.approx(float(squared.lower), rel=1e-6)
    assert found.upper == pytest.approx(float(squared.upper), rel=1e-6)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.fractions(0, 2, max_denominator=12), st.integers(1, 9)), min_size=2, max_size=5),
    st.fractions(F(7, 6), 6, max_denominator=7),
)
def test_random_walks_against_enumeration(rows: list[tuple[Fraction, int]], level: Fraction) -> None:
    total = sum(k for _, k in rows)
    steps = StepFactors.from_pairs((r, F(k, total)) for r, k in rows)
    exponent = steps.exponent(digits=20)
    assume(exponent.regime is Regime.DEFLATIONARY)
    assert exponent.enclosure is not None
    assume(exponent.enclosure.lower > F(1, 20))
    found = bounds(steps, level, "1/4", max_work=20_000_000)
    assert within_steps(steps, level, 5) <= found.upper
    # by S3 what is alive after the horizon comes back with probability at most (place / level)^theta
    assert found.lower <= _upper_by_enumeration(steps, level, 5, float(exponent.enclosure.lower))


def _upper_by_enumeration(steps: StepFactors, level: Fraction, horizon: int, theta: float) -> float:
    alive: dict[Fraction, float] = {F(1): 1.0}
    hit = 0.0
    for _ in range(horizon):
        after: dict[Fraction, float] = defaultdict(float)
        for place, mass in alive.items():
            for r, q in zip(steps.factors, steps.moving_weights, strict=True):
                if place * r >= level:
                    hit += mass * float(q)
                else:
                    after[place * r] += mass * float(q)
        alive = after
    left = sum(mass * float(place / level) ** theta for place, mass in alive.items())
    return (hit + left) * (1 + 1e-9)


# --- importance sampling ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "share", "level", "gaussian"),
    [
        (10, "3/10", 10**6, True),
        (10, "3/10", 3, False),
        (100, "3/10", 10**6, False),
        pytest.param(100, "3/5", 10**4, True, marks=pytest.mark.slow),
        pytest.param(100, "1/50", 2, False, marks=pytest.mark.slow),
        (40, "1/10", "1.01", False),
    ],
)
def test_importance_sampling_lies_inside(size: int, share: str, level: Any, gaussian: bool) -> None:
    steps = random_walk(size, size + 1, F(share), gaussian=gaussian)
    found = reached(bounds(steps, level, "1/20"))
    logs = np.array([math.log(r) for r in steps.factors])
    law = WalkLaw(logs, np.array([float(q) for q in steps.moving_weights]))
    exponent = steps.exponent().enclosure
    assert exponent is not None
    hits = TiltedWalk.of(law, math.log(F(level)), float(exponent.midpoint)).hits(
        40_000, stream_of(root_of(1))
    )
    weights = np.exp(hits.log_weight)
    mean, error = float(weights.mean()), float(weights.std()) / math.sqrt(len(weights))
    assert float(found.lower) - 4 * error <= mean <= float(found.upper) + 4 * error


def test_refining_nests_the_bounds() -> None:
    steps = random_walk(30, 5, F(3, 10))
    coarse, fine = bounds(steps, 1000, "1/5"), bounds(steps, 1000, "1/50")
    assert coarse.lower <= fine.upper and fine.lower <= coarse.upper
    assert fine.width is not None and coarse.width is not None and fine.width < coarse.width


# --- the edges -------------------------------------------------------------------------------------------


def test_nearly_critical_and_steep_walks() -> None:
    gentle = walk(("2", "499/1000"), ("1/2", "501/1000"))  # theta = log2(501/499) = 0.0058
    found = bounds(gentle, 2**10, "1/100")
    truth = F(499, 501) ** 10
    assert found.lower <= truth <= found.upper
    assert found.width is not None and found.width < F(1, 20)
    steep = random_walk(30, 3, F(1, 100), gaussian=False)
    exponent = steps_exponent(steep)
    assert exponent > 50
    reached(bounds(steep, "1.2", "1/20"))


def steps_exponent(steps: StepFactors) -> float:
    found = steps.exponent().enclosure
    assert found is not None
    return float(found.midpoint)


def test_a_rare_step_up() -> None:
    """The largest factor has probability 10^-12: the table goes down to that size."""
    steps = walk(("3/2", "1/1000000000000"), ("1/2", "999999999999/1000000000000"))
    found = reached(bounds(steps, "1.4", "1/100"))
    fine = count_walk_bounds(steps, F("1.4"), digits=6).enclosure
    assert fine is not None and found.lower <= fine.upper and fine.lower <= found.upper


def test_bad_input_and_limits() -> None:
    with pytest.raises(InputError, match="factor"):
        grid_bounds(TALK, F(1))
    with pytest.raises(InputError, match="relative_width"):
        grid_bounds(TALK, F(2), relative_width=F(0))
    with pytest.raises(InputError, match="deflationary"):
        grid_bounds(walk(("2", "1/2"), ("1", "1/2")), F(2))
    with pytest.raises(InputError, match="deflationary"):
        grid_bounds(walk(("1/2", "1")), F(2))
    nothing = bounds(TALK, 10, "1/100", max_work=10)
    assert (nothing.lower, nothing.upper, nothing.above) == (0, 1, None)
    assert nothing.limited_by is not None and nothing.to_json()["verdict"] == "undecided"
    little = bounds(random_walk(50, 1, F(3, 10)), 1000, "1/100000", max_work=10**7)
    assert little.limited_by is not None and little.lower > 0 and little.work <= 10**7
    short = bounds(random_walk(50, 1, F(3, 10)), 1000, "1/1000", max_cells=4096)
    assert short.limited_by is not None and short.cells <= 4096
    assert "cells" in short.limited_by


def test_progress_is_told_and_json_is_complete() -> None:
    seen: list[tuple[int, int]] = []
    found = grid_bounds(TALK, F(10), relative_width=F(1, 10), progress=lambda *now: seen.append(now))
    assert seen == sorted(seen) and seen[-1][0] == found.work <= seen[-1][1]
    assert found.to_json()["verdict"] == "proved"
    assert "GridBounds" in repr(found) and len(repr(found)) < 1000


# --- the parts of the proof ------------------------------------------------------------------------------


def a_table(side: int) -> Table:
    steps = CASES["three"][0]
    exponent = steps.exponent(digits=20).enclosure
    assert exponent is not None
    tilted = Tilted(steps, side, tilts(exponent, side))
    cells = Ruler(steps, F(100)).cells(64)
    start = 1.0 if side > 0 else 0.3
    table, bits = settle(Table(tilted, cells, 64 * 20, start), 1e-5, lambda _: None)
    assert bits < 40
    return table


@pytest.mark.parametrize("side", [1, -1])
def test_the_pass_that_proves_refuses_spoilt_tables(side: int) -> None:
    table = a_table(side)
    assert table.holds()
    good, far = table.values.copy(), table.far
    for k in (0, 1, 63, 64, 700, len(good) - 1):
        spoilt = good.copy()
        spoilt[k] *= 1 - side * 1e-3
        table.put(spoilt, far)
        assert not table.holds(), k
    table.put(good, far * (1 - side * 1e-4))
    assert not table.holds()
    table.put(good * 0, far)
    assert not table.holds()
    table.put(good * math.nan, far)
    assert not table.holds()
    table.put(good, far)
    assert table.holds()


@pytest.mark.parametrize("side", [1, -1])
def test_the_constant_beyond_needs_the_right_tilt(side: int) -> None:
    """The trivial table of Lundberg holds; one that claims a tenth more does not."""
    steps = CASES["three"][0]
    exponent = steps.exponent(digits=20).enclosure
    assert exponent is not None
    tilted = Tilted(steps, side, tilts(exponent, side))
    cells = Ruler(steps, F(100)).cells(16)
    least = float(steps.largest) ** -float(exponent.upper)
    slack = 1e-9 * side
    trivial = Table(tilted, cells, 160, 1.0 if side > 0 else least * (1 - 1e-9))
    found = trivial._sums(0, 160, tilted.weights, np.empty(160))
    assert (side * (trivial.values * (1 + slack) - found) >= 0).all()
    trivial.put(np.full(160, 0.9 if side > 0 else least * 1.1), 0.9 if side > 0 else least * 1.1)
    assert not trivial.holds()


@pytest.mark.parametrize("side", [1, -1])
def test_weights_and_edges_are_rounded_to_their_side(side: int) -> None:
    import mpmath as mp

    steps = random_walk(20, 2, F(3, 10))
    exponent = steps.exponent(digits=20).enclosure
    assert exponent is not None
    tilted = Tilted(steps, side, tilts(exponent, side))
    with mp.workdps(50):
        tilt = mp.mpf(tilted.tilt.numerator) / tilted.tilt.denominator
        for weight, r, q in zip(tilted.weights, steps.factors, steps.moving_weights, strict=True):
            truth = mp.mpf(q.numerator) / q.denominator * (mp.mpf(r.numerator) / r.denominator) ** tilt
            ratio = side * (mp.mpf(float(weight)) / truth - 1)
            assert 20 * 2.0**-52 < ratio < 60 * 2.0**-52 or truth < 1e-250
        largest = mp.mpf(steps.largest.numerator) / steps.largest.denominator
        values = tilted.at_the_level(32, 40)
        for j, value in enumerate(values[::-1]):
            truth = largest ** (-tilt * (j + (side < 0)) / 32)
            assert 0 <= side * (mp.mpf(float(value)) - truth) < 1e-14


def test_cells_are_where_the_logarithms_say() -> None:
    import mpmath as mp

    steps = random_walk(60, 4, F(1, 2))
    cells = Ruler(steps, F(100)).cells(1000)
    assert cells.shift[0] == 1000 and cells.whole[0] and not cells.whole[1:].any()
    with mp.workdps(60):
        unit = mp.log(mp.mpf(steps.largest.numerator) / steps.largest.denominator) / 1000
        for shift, r in zip(cells.shift, steps.factors, strict=True):
            assert mp.floor(mp.log(mp.mpf(r.numerator) / r.denominator) / unit + mp.mpf(10) ** -40) == shift


def test_steps_on_grid_points_are_seen_exactly() -> None:
    steps = walk(("8", "1/100"), ("4", "1/100"), ("1/2", "98/100"))
    cells = Ruler(steps, F(16)).cells(3)
    assert cells.shift.tolist() == [3, 2, -1] and cells.whole.all()
    assert Ruler(steps, F(16)).first_cells(3) == [(0, 0), (1, 1), (4, 4)]
    finer = Ruler(steps, F(16)).cells(4)  # log 4 / log 8 * 4 = 8/3 is no grid point
    assert finer.shift.tolist() == [4, 2, -2] and finer.whole.tolist() == [True, False, False]


def test_a_step_too_close_to_tell_is_refused() -> None:
    """1 + 10^-700 is no power of the largest factor, and no precision in use sees that."""
    near = 4 * (1 + F(1, 10**700))
    steps = StepFactors.from_pairs([(F(16), F(1, 100)), (near, F(1, 100)), (F(1, 2), F(98, 100))])
    with pytest.raises(OnTheEdge):
        Ruler(steps, F(20)).cells(32)
    found = bounds(steps, 20, "1/10")
    assert found.limited_by is not None and (found.lower, found.upper) == (0, 1)


def test_directed_doubles() -> None:
    with precision(200):
        from catalysis.exact.balls import ball

        third = ball(F(1, 3))
        assert directed(third, -1) < as_float(third) + 1e-17
        assert F(directed(third, -1)) < F(1, 3) < F(directed(third, 1))
        assert directed(ball(F(0)), 1) == 0.0


def test_an_unknown_start_cell_takes_the_worse_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the start known to two cells only, the bounds would be those of the worse one."""
    steps, level = CASES["three"]
    sharp = bounds(steps, level, "1/50", max_cells=512)
    exact = Ruler.first_cells
    monkeypatch.setattr(Ruler, "first_cells", lambda *a: [(max(0, k - 1), j) for k, j in exact(*a)])
    vague = bounds(steps, level, "1/50", max_cells=512)
    assert sharp.cells == vague.cells
    assert vague.lower < sharp.lower < sharp.upper < vague.upper
