"""Spike probabilities against other ways to them: another sum, closed forms, simulation, exact algebra."""

import itertools
import math
import pickle
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from kit.spike_oracle import Pairs, cramer, hitting, is_deflationary, real

from catalysis.crosscheck.exponent import log_probability
from catalysis.data.reading import load_dataset, parse_samples
from catalysis.data.walk import LinearWalk
from catalysis.exact.balls import ball, precision
from catalysis.exact.errors import InputError
from catalysis.exact.result import Enclosure, Verdict
from catalysis.exponent.exponent import Regime, cramer_exponent
from catalysis.exponent.factors import StepFactors
from catalysis.simulation.laws import WalkLaw, cramer_tilt
from catalysis.simulation.streams import root_of, stream_of
from catalysis.spikes.arithmetics import Doubles, Fixed
from catalysis.spikes.counts import _Walk, count_walk_bounds
from catalysis.spikes.lattice import Relations, lattice_of
from catalysis.spikes.limits import spike_constant, width_law
from catalysis.spikes.lundberg import lundberg_bounds
from catalysis.spikes.plan import plan_walk
from catalysis.spikes.probability import hitting_bounds, hitting_probability

F = Fraction
TALK = LinearWalk(load_dataset("examples/talk-1.toml"))


@pytest.fixture(autouse=True)
def many_digits() -> Iterator[None]:
    with mp.workdps(40):
        yield


def holds(enclosure: Enclosure | None, bounds: tuple[Any, Any]) -> bool:
    """Whether two proved brackets of one number agree, and the enclosure holds the tighter one."""
    assert enclosure is not None
    lower, upper = real(enclosure.lower), real(enclosure.upper)
    return bool(lower <= bounds[1] and bounds[0] <= upper)


def around(enclosure: Enclosure | None, value: Any) -> bool:
    assert enclosure is not None
    return bool(real(enclosure.lower) <= value <= real(enclosure.upper))


# --- the walk over counts ------------------------------------------------------------------------------

SMALL: list[tuple[Pairs, Fraction, int]] = [
    ([(F(7, 5), F(1, 2)), (F(2, 5), F(1, 2))], F(20), 150),
    ([(F(2), F(1, 3)), (F(1, 2), F(2, 3))], F(16), 200),
    ([(F(2), F(1, 3)), (F(1, 2), F(2, 3))], F(17), 200),
    ([(F(2), F(1, 3)), (F(0), F(2, 3))], F(16), 30),
    ([(F(3, 2), F(1, 4)), (F(1), F(1, 4)), (F(1, 2), F(1, 4)), (F(0), F(1, 4))], F(9), 60),
    ([(F(5, 2), F(1, 10)), (F(6, 5), F(3, 10)), (F(1, 3), F(6, 10))], F(10), 40),
    ([(F(3, 2), F(1, 2)), (F(4, 3), F(1, 4)), (F(0), F(1, 4))], F(30), 30),
    ([(F(8), F(1, 50)), (F(4), F(1, 50)), (F(1, 2), F(48, 50))], F(64), 40),
]


@pytest.mark.parametrize("digits", [3, 6, 9, 14])
@pytest.mark.parametrize(("pairs", "level", "layers"), SMALL)
def test_counts_agree_with_a_sum_over_levels(pairs: Pairs, level: F, layers: int, digits: int) -> None:
    walk = count_walk_bounds(StepFactors.from_pairs(pairs), level, digits=digits)
    assert holds(walk.enclosure, hitting(pairs, level, layers))
    assert walk.enclosure is not None
    assert walk.enclosure.width <= walk.enclosure.lower / 10**digits


def test_counts_agree_with_every_single_path() -> None:
    """All sequences of seven steps, exactly; the walk stopped there, its bounds by hand."""
    pairs = [(F(3, 2), F(1, 3)), (F(5, 4), F(1, 6)), (F(1, 3), F(1, 2))]
    level, theta, crossed = F(4), cramer(pairs), F(0)
    most = mp.mpf(0)
    for path in itertools.product(pairs, repeat=7):
        height, weight = F(1), math.prod(p for _, p in path)
        hit = False
        for r, _ in path:
            height *= r
            hit = hit or height >= level
        if hit:
            crossed += weight
        else:
            most += real(weight) * real(height / level) ** theta
    least = most * mp.mpf("1.5") ** -theta
    walk = count_walk_bounds(StepFactors.from_pairs(pairs), level, digits=10)
    assert holds(walk.enclosure, (real(crossed) + least, real(crossed) + most))
    assert walk.enclosure is not None
    assert real(crossed) + least <= real(walk.enclosure.lower)
    assert real(walk.enclosure.upper) <= real(crossed) + most


@st.composite
def walks(draw: st.DrawFn) -> Pairs:
    size = draw(st.integers(2, 3))
    factors = draw(
        st.lists(
            st.fractions(0, 3, max_denominator=9).filter(lambda r: r != 1),
            min_size=size,
            max_size=size,
            unique=True,
        )
    )
    parts = draw(st.lists(st.integers(1, 20), min_size=size + 1, max_size=size + 1))
    idle = draw(st.booleans())
    pairs = [(r, F(k, sum(parts))) for r, k in zip(factors, parts, strict=False)]
    rest = F(parts[-1], sum(parts))
    return [*pairs, (F(1) if idle else F(1, 7), rest)]


@settings(deadline=None, max_examples=10)
@given(walks(), st.fractions(F(51, 50), 40, max_denominator=50), st.integers(1, 8))
def test_random_walks_agree_with_a_sum_over_levels(pairs: Pairs, level: F, digits: int) -> None:
    agrees_with_a_sum_over_levels(pairs, level, digits)


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(walks(), st.fractions(F(51, 50), 40, max_denominator=50), st.integers(1, 8))
def test_many_random_walks_agree_with_a_sum_over_levels(pairs: Pairs, level: F, digits: int) -> None:
    agrees_with_a_sum_over_levels(pairs, level, digits)


def agrees_with_a_sum_over_levels(pairs: Pairs, level: F, digits: int) -> None:
    with mp.workdps(40):
        assume(is_deflationary(pairs))
        steps = StepFactors.from_pairs(pairs)
        assume(plan_walk(steps, level, digits).work <= 1_000_000)
        bounds = hitting_bounds(steps, level, digits=digits)
        assert holds(bounds.enclosure, hitting(pairs, level, 12))
        assert bounds.lundberg.enclosure is not None and bounds.enclosure is not None
        assert bounds.lundberg.enclosure.lower <= bounds.enclosure.lower
        assert bounds.enclosure.upper <= bounds.lundberg.enclosure.upper


@settings(deadline=None, max_examples=40)
@given(
    st.fractions(F(21, 20), 5, max_denominator=30),
    st.fractions(F(1, 100), F(49, 100), max_denominator=100),
    st.fractions(0, F(1, 2), max_denominator=10),
    st.integers(1, 12),
    st.sampled_from([F(0), F(1, 10**30), F(-1, 10**30), F(1, 3)]),
    st.integers(1, 13),
)
def test_gamblers_ruin(span: F, up: F, idle: F, rungs: int, shift: F, digits: int) -> None:
    """Up and down by one rung: P = (p/q)^k to reach rung k; a level just above a rung needs one more."""
    level = span**rungs * (1 + shift)
    assume(level > 1 and shift < span - 1)
    moves = [(span, up * (1 - idle)), (1 / span, (1 - up) * (1 - idle))]
    steps = StepFactors.from_pairs([*moves, (F(1), idle)] if idle else moves)
    needed = rungs + 1 if shift > 0 else rungs
    truth = (up / (1 - up)) ** needed
    cheap = plan_walk(steps, level, digits).work <= 1_000_000
    for on_a_lattice in (True, False) if cheap else (True,):
        bounds = hitting_bounds(steps, level, digits=digits, on_a_lattice=on_a_lattice)
        assert bounds.enclosure is not None and truth in bounds.enclosure
        if bounds.limited_by is None:
            assert bounds.enclosure.width <= truth / 10**digits
        assert bounds.limited_by is None or not on_a_lattice


@pytest.mark.parametrize("rungs", [1, 4, 30])
@pytest.mark.parametrize("down", [2, 3])
def test_one_rung_up_several_down(rungs: int, down: int) -> None:
    """Up by one rung only: P = y^k, where y in (0, 1) solves y = p + (1 - p) y^(1 + down)."""
    p = F(1, 2)
    steps = StepFactors.from_pairs([(F(3, 2), p), (F(2, 3) ** down, 1 - p)])
    y = mp.findroot(lambda t: real(p) + real(1 - p) * t ** (1 + down) - t, 0.55)
    assert abs(y - 1) > 0.1
    bounds = hitting_bounds(steps, F(3, 2) ** rungs, digits=9)
    assert around(bounds.enclosure, y**rungs)


@pytest.mark.parametrize("level", [F(2), F(15), F(16), F(1601, 100), F(2) ** 1000])
def test_a_walk_that_only_grows_or_dies(level: F) -> None:
    q = F(2, 7)
    steps = StepFactors.from_pairs([(F(2), q), (F(0), 1 - q)])
    climbs = next(k for k in itertools.count() if F(2) ** k >= level)
    bounds = hitting_bounds(steps, level, digits=9)
    assert bounds.enclosure is not None and q**climbs in bounds.enclosure


def test_doubles_and_integers_enclose_the_same_number() -> None:
    steps = StepFactors.of(TALK, F("1.42"))
    for level in (F(10) ** 6, F(10) ** 60, F("1.0000001"), F(7)):
        fine = count_walk_bounds(steps, level, digits=16).enclosure
        assert not plan_walk(steps, level, 16).in_doubles and plan_walk(steps, level, 9).in_doubles
        assert fine is not None
        for digits in (1, 3, 6, 9):
            found = count_walk_bounds(steps, level, digits=digits).enclosure
            assert found is not None and found.lower <= fine.lower and fine.upper <= found.upper


@pytest.mark.parametrize("digits", [3, 14])
@pytest.mark.parametrize("slack", [F(1, 100), F(1, 10)])
@pytest.mark.parametrize(("pairs", "level", "layers"), SMALL)
def test_a_vague_exponent_gives_wide_bounds_and_true_ones(
    pairs: Pairs, level: F, layers: int, slack: F, digits: int
) -> None:
    """The lemma needs only lo < theta < hi; so a walk cut short with a vague bracket still holds the number."""
    steps = StepFactors.from_pairs(pairs)
    plan = plan_walk(steps, level, digits)
    theta = plan.exponent
    vague = Enclosure(theta.lower * (1 - slack), theta.upper * (1 + slack))
    for count in (1, 5, 20):
        cut = replace(plan, exponent=vague, steps=count - 64)
        with precision(plan.bits):
            found = _Walk(steps, level, 12, cut).run(None)
        assert found.steps <= count
        assert holds(found.enclosure, hitting(pairs, level, layers))


@settings(deadline=None, max_examples=40)
@given(st.fractions(F(1, 10**6), 2), st.integers(60, 200))
def test_tilted_weights_are_rounded_up(value: F, bits: int) -> None:
    with precision(bits + 64):
        for arithmetic in (
            Doubles([ball(value)], [ball(value)], bits),
            Fixed([ball(value)], [ball(value)], bits),
        ):
            assert value <= arithmetic.exact_weight(0) <= value * (1 + F(1, 2**30)) + F(2, 2**bits)


def test_the_talk_at_142() -> None:
    found = hitting_probability(TALK, F("1.42"), F(10) ** 6, digits=9)
    assert found.verdict is Verdict.PROVED and found.method == "counts" and found.enclosure is not None
    assert F("4.93981818049e-11") <= found.enclosure.lower <= found.enclosure.upper <= F("4.93981818179e-11")
    assert found.exponent.enclosure is not None
    assert F("1.69945229385") < found.exponent.enclosure.lower < F("1.69945229386")
    document = found.to_json()
    assert document["probability"] == {"lower": "4.93981818049e-11", "upper": "4.93981818179e-11"}
    assert document["regime"] == "deflationary" and document["verdict"] == "proved"


# --- regimes and extremes ------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [F("1.0000001"), F(2), F(10) ** 300])
def test_exact_regimes(level: F) -> None:
    stable = hitting_probability(TALK, F(200, 169), level)
    assert (stable.regime, stable.enclosure, stable.method) == (
        Regime.STABLE,
        Enclosure(F(0), F(0)),
        "stable",
    )
    certain = hitting_probability(TALK, F(2), level)
    assert (certain.regime, certain.enclosure, certain.method) == (
        Regime.INFLATIONARY,
        Enclosure(F(1), F(1)),
        "certain",
    )
    touching = LinearWalk(load_dataset("examples/tangency.toml"))
    critical = hitting_probability(touching, F(3, 4), level)
    assert critical.regime is Regime.CRITICAL and critical.enclosure == Enclosure(F(1), F(1))
    assert critical.exponent.base is not None


@pytest.mark.slow
def test_theta_near_zero_and_near_infinity() -> None:
    near_zero = hitting_probability(TALK, F("1.5917159763313609"), F(1000), digits=6)
    assert near_zero.verdict is Verdict.PROVED and near_zero.enclosure is not None
    assert near_zero.enclosure.lower > F("0.999999999")
    medium = hitting_probability(TALK, F("1.58"), F(1000), digits=4)
    assert medium.verdict is Verdict.PROVED and medium.method == "counts"
    huge = hitting_probability(TALK, F("1.19"), F(10), digits=6)
    assert huge.verdict is Verdict.PROVED and huge.enclosure is not None
    assert huge.enclosure.upper < F(1, 10**60)
    beyond = hitting_probability(TALK, F("1.1834319526627219"), F(10))
    assert beyond.verdict is Verdict.PROVED and beyond.enclosure is not None
    assert beyond.enclosure.lower == 0 < beyond.enclosure.upper < F(1, 10**3000)
    assert "too small" in str(beyond.shortfall)


def test_a_pole_kills_the_walk() -> None:
    """lambda = 1 makes the factor of x = 1 zero; x = 3 doubles, x = 1/2 halves."""
    walk = LinearWalk(parse_samples("1:1/4, x=3:1/4, x=1/2:1/2"))
    found = hitting_probability(walk, F(1), F(8), digits=9)
    pairs = [(F(2), F(1, 4)), (F(1, 2), F(1, 2)), (F(0), F(1, 4))]
    assert holds(found.enclosure, hitting(pairs, F(8), 120))


def test_idle_steps_do_not_matter() -> None:
    for extra in ("x=0:1/2", "x=2:1/2"):  # at lambda = 1 the factor of x = 2 is 1 as well
        walk = LinearWalk(parse_samples(f"x=5/2:1/8, x=1/2:3/8, {extra}"))
        found = hitting_probability(walk, F(1), F(6), digits=9)
        bare = hitting_bounds(
            StepFactors.from_pairs([(F(3, 2), F(1, 4)), (F(1, 2), F(3, 4))]), F(6), digits=9
        )
        assert found.bounds.enclosure == bare.enclosure


def test_equal_factors_on_both_sides_of_a_pole_are_merged() -> None:
    walk = LinearWalk(parse_samples("x=1/2:1/4, x=3/2:1/4, x=3:1/2"))
    steps = StepFactors.of(walk, F(1))
    assert steps == StepFactors((F(2), F(1, 2)), (F(1, 2), F(1, 2)))
    assert hitting_probability(walk, F(1), F(2)).regime is Regime.CRITICAL


def test_a_hit_exactly_at_the_level_counts() -> None:
    """r = 2, 1/2: K = 16 is hit, and with log2 in doubles a tie is a matter of luck."""
    steps = StepFactors.from_pairs([(F(2), F(1, 3)), (F(1, 2), F(2, 3))])
    for level, truth in (
        (F(16), F(1, 16)),
        (F(16) + F(1, 10**50), F(1, 32)),
        (F(16) - F(1, 10**50), F(1, 16)),
    ):
        for digits in (6, 20):
            found = count_walk_bounds(steps, level, digits=digits).enclosure
            assert found is not None and truth in found


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.fractions(F(1, 9), 9, max_denominator=9).filter(lambda r: r != 1),
        min_size=1,
        max_size=3,
        unique=True,
    ),
    st.data(),
)
def test_ties_are_exact(factors: list[F], data: st.DataObject) -> None:
    counts = [data.draw(st.integers(0, 30)) for _ in factors]
    level = math.prod((r**c for r, c in zip(factors, counts, strict=True)), start=F(1))
    rows = np.array([counts, [c + 1 for c in counts]], dtype=np.int64)
    products = [
        math.prod((r ** int(c) for r, c in zip(factors, row, strict=True)), start=F(1)) for row in rows
    ]
    assert Relations(factors, level).ties(rows).tolist() == [product == level for product in products]


# --- the exponent of bare factors ------------------------------------------------------------------------


@pytest.mark.parametrize("curvature", ["1", "1.19", "1.42", "1.5917159763313609", "1.6", "2"])
def test_a_data_set_and_its_factors_have_one_exponent(curvature: str) -> None:
    one = cramer_exponent(TALK, F(curvature), digits=15)
    other = StepFactors.of(TALK, F(curvature)).exponent(digits=15)
    assert one.regime is other.regime
    if one.enclosure is not None:
        assert other.enclosure is not None
        assert max(one.enclosure.lower, other.enclosure.lower) <= min(
            one.enclosure.upper, other.enclosure.upper
        )


@settings(deadline=None, max_examples=40)
@given(walks())
def test_exponents_of_random_factors(pairs: Pairs) -> None:
    with mp.workdps(40):
        found = StepFactors.from_pairs(pairs).exponent(digits=12)
        if is_deflationary(pairs):
            assert found.regime is Regime.DEFLATIONARY and around(found.enclosure, cramer(pairs))
        else:
            assert found.enclosure is None
            assert (found.regime is Regime.STABLE) == (max(r for r, _ in pairs) <= 1)


@pytest.mark.slow
@settings(deadline=None, max_examples=30)
@given(walks(), st.fractions(F(101, 100), 1000, max_denominator=100))
def test_lundberg_bounds_are_the_powers(pairs: Pairs, level: F) -> None:
    with mp.workdps(40):
        assume(is_deflationary(pairs))
        theta, largest = cramer(pairs), max(r for r, _ in pairs)
        assume(theta < 300)
        found = lundberg_bounds(StepFactors.from_pairs(pairs), level).enclosure
        assert found is not None
        lower, upper = real(level * largest) ** -theta, real(level) ** -theta
        assert real(found.lower) <= lower * (1 + mp.mpf(10) ** -35)
        assert upper * (1 - mp.mpf(10) ** -35) <= real(found.upper)
        assert abs(real(found.lower) / lower - 1) < 1e-10 and abs(real(found.upper) / upper - 1) < 1e-10


# --- squares, constants, widths ---------------------------------------------------------------------------


def test_squares() -> None:
    plain = hitting_probability(TALK, F("1.42"), F(1000), digits=8)
    squared = hitting_probability(TALK, F("1.42"), F(1000) ** 2, digits=8, squared=True)
    assert plain.enclosure is not None and squared.enclosure is not None
    assert max(plain.enclosure.lower, squared.enclosure.lower) <= min(
        plain.enclosure.upper, squared.enclosure.upper
    )
    assert plain.exponent.enclosure is not None and squared.exponent.enclosure is not None
    assert squared.exponent.enclosure.lower < plain.exponent.enclosure.upper
    assert plain.exponent.enclosure.lower < squared.exponent.enclosure.upper
    assert "factor_squared" in squared.to_json()


@pytest.mark.parametrize(
    ("factors", "span", "powers"),
    [
        ([F(2), F(1, 2)], F(2), (1, -1)),
        ([F(8), F(4)], F(2), (3, 2)),
        ([F(9, 4), F(8, 27)], F(3, 2), (2, -3)),
        ([F(1, 4), F(1, 8)], F(2), (-2, -3)),
        ([F(4), F(1, 16)], F(4), (1, -2)),
        ([F(12), F(1, 144)], F(12), (1, -2)),
    ],
)
def test_lattices(factors: list[F], span: F, powers: tuple[int, ...]) -> None:
    found = lattice_of(factors)
    assert found is not None and found.span() == span and found.powers == powers


@pytest.mark.parametrize("factors", [[F(2), F(3)], [F(7, 5), F(2, 5)], [F(12), F(1, 18)], [F(6), F(1, 2)]])
def test_no_lattices(factors: list[F]) -> None:
    assert lattice_of(factors) is None


def test_the_constant_tends_to_a_limit_without_a_lattice() -> None:
    found = []
    walk = LinearWalk(parse_samples("x=5/2:1/5, x=7/3:3/20, x=1/2:13/20"))
    for level in (F(10) ** 10, F(10) ** 15, F(10) ** 20):
        constant = spike_constant(hitting_probability(walk, F(1), level, digits=5))
        assert constant.lattice is None and constant.enclosure is not None
        found.append(constant.enclosure)
    for one, other in itertools.pairwise(found):
        assert abs(float(one.midpoint / other.midpoint) - 1) < 0.03  # on a lattice of this step it is 0.5


def test_the_constant_oscillates_on_a_lattice() -> None:
    """r = 2, 1/2 with p = 1/3: theta = 1, P = 2^-k for 2^(k-1) < K <= 2^k, so C(K) = K 2^-k."""
    walk = LinearWalk(parse_samples("x=1:2/3, x=6:1/3"))
    for level in (F(17), F(20), F(31), F(32)):
        constant = spike_constant(hitting_probability(walk, F(1, 2), level, digits=8))
        assert constant.lattice is not None and constant.lattice.span() == 2
        assert constant.enclosure is not None and level / 32 in constant.enclosure
        assert constant.to_json()["lattice"] == {"span": "2"}


@pytest.mark.parametrize(("width", "scale"), [("1e6", "2"), ("1e5", "1"), ("123456.5", "1/3")])
def test_the_law_in_the_width(width: str, scale: str) -> None:
    found = width_law(TALK, F("1.42"), F(width), F(-1, 2), scale=F(scale), digits=7)
    theta = cramer([(F("1.3998"), F(1, 2)), (F("0.42"), F(1, 2))])
    level = real(F(scale)) * mp.sqrt(real(F(width))) * 2
    assert found.probability.squared == (width != "1e6")
    sides = [F(int(mp.floor(level * 10**12)), 10**12), F(int(mp.ceil(level * 10**12)), 10**12)]
    near = [hitting_probability(TALK, F("1.42"), side, digits=7).enclosure for side in sides]
    assert found.probability.enclosure is not None and near[0] is not None and near[1] is not None
    assert near[1].lower <= found.probability.enclosure.upper
    assert found.probability.enclosure.lower <= near[0].upper
    assert found.constant is not None
    middle = real(found.probability.enclosure.midpoint) * real(F(width)) ** (theta / 2)
    assert abs(real(found.constant.midpoint) / middle - 1) < 1e-6
    assert found.to_json()["width"] == str(F(width)) or "." in width


def test_the_learning_rate_enters_the_level() -> None:
    half = LinearWalk(TALK.dataset.with_learning_rate(F(1, 2)))
    one = width_law(TALK, F("1.42"), F(2000), F(1), digits=6)
    other = width_law(half, F("2.84"), F(1000), F(1), digits=6)
    assert one.probability.enclosure == other.probability.enclosure


# --- against simulation ------------------------------------------------------------------------------------

SIMULATED = [
    pytest.param("x=1:1/2, x=169/100:1/2", ["1.25", "1.42", "1.5"], marks=pytest.mark.slow),
    ("x=1:1/3, x=2:1/3, x=3/2:1/3", ["1.1", "1.3"]),
    ("x=0:1/4, x=1/2:1/4, x=1:1/4, x=3:1/4", ["0.8", "1"]),
]


@pytest.mark.parametrize(("samples", "curvatures"), SIMULATED)
def test_importance_sampling_lies_inside(samples: str, curvatures: list[str]) -> None:
    walk = LinearWalk(parse_samples(samples))
    for i, curvature in enumerate(curvatures):
        law = WalkLaw.at(walk.law, F(curvature))
        tilt = cramer_tilt(law)
        assert tilt is not None
        for j, level in enumerate((F("1.05"), F(30), F(10) ** 9)):
            found = hitting_probability(walk, F(curvature), level, digits=4)
            assert found.verdict is Verdict.PROVED and found.enclosure is not None
            seen = log_probability(law, math.log(level), tilt, stream_of(root_of(10 * i + j), 0))
            off = seen.value - math.log(found.enclosure.midpoint)
            assert abs(off) < 5 * seen.error + 1e-4, (curvature, level)


# --- bad input, limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [F(1), F(0), F(-3)])
def test_a_level_must_exceed_one(level: F) -> None:
    with pytest.raises(InputError, match="factor: expected a number > 1"):
        hitting_probability(TALK, F("1.42"), level)


def test_bad_input() -> None:
    with pytest.raises(InputError, match="curvature: expected a number > 0"):
        hitting_probability(TALK, F(0), F(2))
    with pytest.raises(InputError, match="digits: expected an integer from 1 to 3500"):
        hitting_probability(TALK, F("1.42"), F(2), digits=0)
    with pytest.raises(InputError, match="expected a deflationary walk"):
        count_walk_bounds(StepFactors.of(TALK, F(2)), F(2))
    for bad in ({"width": F(1, 2)}, {"mu0": F(0)}, {"scale": F(0)}, {"mu0": F(100), "digits": 0}):
        arguments = {"width": F(100), "mu0": F(1)} | bad
        with pytest.raises(InputError, match=r"^(width|mu0|scale|digits): expected"):
            width_law(TALK, F("1.42"), **arguments)
    for pairs in ([(F(2), F(1, 2))], [(F(-1), F(1))], [(F(2), F(0)), (F(1, 2), F(1))]):
        with pytest.raises(InputError):
            StepFactors.from_pairs(pairs)


@pytest.mark.parametrize(("width", "mu0", "scale"), [(1, 1, 1), (100, -100, 1), (100, 10, "1e-9")])
@pytest.mark.parametrize("curvature", ["1", "1.42", "50"])
def test_a_start_at_the_level_is_the_event(curvature: str, width: int, mu0: int, scale: int | str) -> None:
    """Probability 1, in every regime: what `advise` says of such learning rates."""
    found = width_law(TALK, curvature, width, mu0, scale=scale)
    assert found.verdict is Verdict.PROVED and found.number == Enclosure(F(1), F(1)) and float(found) == 1
    fields = found.fields()
    assert fields["method"] == "start" and F(fields["factor_squared"]) <= 1
    assert fields.keys() - {"factor_squared"} == width_law(TALK, curvature, 10**6, 1).fields().keys() - {
        "factor"
    }
    just_below = width_law(TALK, curvature, width, F(mu0), scale=F(scale) * F("1.0001") * abs(mu0) * 10**9)
    assert just_below.probability is not None
    assert pickle.loads(pickle.dumps(found)) == found


def test_too_much_work_is_refused_with_a_reason() -> None:
    found = hitting_probability(TALK, F("1.58"), F(10), digits=5, max_work=10_000)
    assert found.verdict is Verdict.PROVED and found.enclosure is not None
    assert "more than the 1.0e+04 allowed (--max-work)" in str(found.shortfall) and found.reason is None
    assert found.enclosure.lower > 0 and found.lundberg is not None
    assert found.bounds.enclosure is not None
    assert found.lundberg.lower <= found.bounds.enclosure.lower
    assert found.to_json()["shortfall"] == found.shortfall and "reason" not in found.to_json()


def test_progress_is_reported() -> None:
    seen: list[tuple[int, int]] = []
    hitting_probability(
        TALK, F("1.42"), F(10) ** 20, digits=6, progress=lambda done, total: seen.append((done, total))
    )
    assert seen and all(0 < done <= total for done, total in seen)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
