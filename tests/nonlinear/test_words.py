"""Trees of words (W14) as the program finds them: against all paths, against the checker, and their limits."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from catalysis import LinearWalk, parse_samples
from catalysis.nonlinear import words as room
from catalysis.nonlinear.problem import WidthProblem
from catalysis.nonlinear.spike import width_spike
from catalysis.nonlinear.words import Tail, Words, grow, tail_of, trees
from proofs_check.core.budget import Work
from proofs_check.core.law import Case, Law
from proofs_check.nonlinear.width_start import Start, root
from proofs_check.nonlinear.words import Words as Checked

F = Fraction
TALK = LinearWalk(parse_samples("x=1:1/2, x=1.69:1/2"))


def problem_of(samples: str, curvature: str, k0: str, c: str) -> WidthProblem:
    return WidthProblem.of(LinearWalk(parse_samples(samples)), F(curvature), F(1), F(k0), F(c))


def checked(problem: WidthProblem, words: Words) -> tuple[Fraction, Fraction]:
    """What proofs_check finds from the places alone."""
    scale = max(p.denominator for p in problem.p) ** 2
    weights = tuple(int(p * scale) for p in problem.p)
    assert sum(weights) == scale
    case = Case(Law((1,), 1, (1,), 0, 1), Work(10**9), 4096)
    start = Start(case, problem.x, weights, problem.L0, problem.low, problem.high)
    found = Checked.read(start, problem.level, list(words.layers), "here")
    return found.below(words.lower or F(1)), found.above(words.upper, words.tail.exponent)


@given(
    st.lists(st.fractions(F(1, 20), 2, max_denominator=40), min_size=1, max_size=4, unique=True),
    st.fractions(F(21, 10), 4, max_denominator=60),
    st.sampled_from([F(1, 10**9), F(1, 1000), F(1, 20), F(1, 3), F(9, 10)]),
    st.fractions(F(1, 20), 1, max_denominator=30),
    st.sampled_from([3e-2, 1e-3]),
)
@settings(max_examples=20, deadline=None)
def test_the_checker_finds_at_least_as_much(
    x: list[Fraction], steep: Fraction, near: Fraction, height: Fraction, loss: float
) -> None:
    """Boxes in doubles hold those in integers: no bound is tighter than what the places prove."""
    samples = ", ".join(f"x={q}:1/{len(x)}" for q in x)
    L0 = steep / max(x)
    level = height * L0 / 2
    problem = problem_of(samples, str(L0), str(near * level), str(level))
    words = grow(problem, Tail(), loss)
    assume(words is not None)
    assert words is not None
    below, above = checked(problem, words)
    assert words.lower <= below <= above <= words.upper
    assert words.upper - above <= above / 10**8 + F(1, 10**200)
    assert below - words.lower <= below / 10**8


def test_the_talk_within_a_tenth_or_two() -> None:
    """Importance sampling gives 1.774e-9."""
    problem = WidthProblem.of(TALK, "1.42", 10**12, 1, "0.1")
    found = [words for words in (grow(problem, Tail(F("1.6994")), loss) for loss in (1e-4, 1e-5)) if words]
    assert len(found) == 2
    for words in found:
        assert words.lower < F("1.774e-9") < words.upper
    assert found[0].upper < F("1.4") * found[0].lower and found[1].upper < F("1.2") * found[1].lower
    assert found[1].gains_on(found[0]) and not found[0].gains_on(found[1])
    assert repr(found[0]).startswith("Words(")


def test_finer_trees_come_as_long_as_they_gain(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = problem_of("x=1:1/2, x=1.69:1/2", "1.42", "0.02", "0.1")
    monkeypatch.setattr(room, "MOST_IMAGES", 20_000)
    found = list(trees(problem, Tail(F("1.6994"))))
    ratios = [words.upper / words.lower for words in found]
    assert len(found) > 3 and ratios == sorted(ratios, reverse=True)
    monkeypatch.setattr(room, "MOST_IMAGES", 2 * found[1].boxes)
    assert [words.boxes for words in trees(problem, Tail(F("1.6994")))] == [w.boxes for w in found[:2]]
    monkeypatch.setattr(room, "LOSSES", (1e-3, 9.9e-4, 9.8e-4))
    assert len(list(trees(problem, Tail(F("1.6994"))))) == 2  # nothing gained


def test_no_tree_where_doubles_end() -> None:
    tail = Tail(F("1.6994"))
    assert grow(problem_of("x=1:1/2, x=1.69:1/2", "1.42", "1e-160", "0.1"), tail, 1e-3) is None
    assert grow(WidthProblem.of(TALK, "1.42", 1, "1e-170", "1e-160"), tail, 1e-3) is None
    rare = problem_of("x=0.1:99/100, x=4:1/100", "0.99", "1e-140", "0.1")
    assert grow(rare, Tail(F(3)), 1e-1) is None  # below 1e-250


@pytest.mark.parametrize("unit", ["1e-320", "1e-15", "1e160"])
def test_units_change_nothing(unit: str) -> None:
    """k, L and 1/x times a number: the same paths, of which the squares may be beyond all doubles."""
    u = F(unit)
    plain = problem_of("x=1:1/2, x=1.69:1/2", "1.42", "0.01", "0.1")
    scaled = problem_of(
        f"x={1 / u}:1/2, x={F('1.69') / u}:1/2", f"{F('1.42') * u}", f"{u / 100}", f"{u / 10}"
    )
    here, there = (grow(problem, Tail(F("1.6994")), 1e-3) for problem in (plain, scaled))
    assert here is not None and there is not None
    assert here.boxes == there.boxes and abs(here.upper - there.upper) < F(1, 10**10)
    assert abs(here.lower - there.lower) < F(1, 10**10)


def test_doubles_that_overflow_or_are_no_numbers_make_no_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    u = 10**160
    problem = problem_of(
        f"x=1/{u}:1/2, x=169/{100 * u}:1/2", f"{155 * u // 100}", f"{u // 1000}", f"{u // 5}"
    )
    assert grow(problem, Tail(), 1e-1) is not None
    with monkeypatch.context() as patched:
        patched.setattr(room, "_unit", lambda L0: F(1))
        assert grow(problem, Tail(), 1e-1) is None
    for ends in ((math.nan, 1.0), (0.5, math.nan), (0.0, math.inf), (0.6, 0.5), (-0.1, 0.5)):
        monkeypatch.setattr(room, "_values", lambda *_, ends=ends: ends)
        assert grow(problem, Tail(), 1e-1) is None


def test_steps_end_at_the_level() -> None:
    """Beyond it kappa would grow without end, where doubles overflow."""
    problem = problem_of("x=0.1:1/2, x=2:1/2", "2", "0.08", "1")
    forest = room._Forest(problem, 1e-3)
    with np.errstate(all="raise"):
        left = forest._steps_left(np.array([1e-9, 1.0, 3.0]), np.array([0.5, 1.9, 1.9]))
    assert left.tolist() == [0, 30, 30]  # the others never come there
    assert grow(problem, Tail(), 1e-2) is not None


def test_exponents_for_every_state() -> None:
    steep = problem_of("x=1:1/2, x=1.69:1/2", "1.42", "0.001", "0.1")
    assert tail_of(steep, F("1.69")) == Tail(F("1.69"))
    flat = problem_of("x=1:1/2, x=1.69:1/2", "1.5", "0.001", "0.03")
    found = tail_of(flat, F("0.88"))
    assert found.exponent is not None and F("0.8") < found.exponent < F("0.88") and found.slabs is not None
    assert tail_of(flat, None) == Tail() == tail_of(flat, F(0))
    # where an inflationary part of the window lies below, no exponent holds for all states
    assert tail_of(problem_of("x=0.7:0.13, x=1.9:0.87", "1.42", "0.001", "0.1"), F("0.2")) == Tail()


def test_without_an_exponent_the_bounds_are_wider_but_hold() -> None:
    problem = problem_of("x=1:1/2, x=1.69:1/2", "1.5", "0.003", "0.03")
    best = grow(problem, tail_of(problem, F("0.88")), 1e-3)
    none = grow(problem, Tail(), 1e-3)
    assert best is not None and none is not None
    assert none.lower == best.lower and best.upper < none.upper <= 1
    assert best != none and best == replace(best)


@pytest.mark.parametrize(
    ("data", "start", "most"),
    [
        ("x=0.33:0.65, x=2.05:0.35", ("1478/1025", 10**8, 1, "739/20500"), "1.1"),
        ("x=1:1/2, x=1.69:1/2", ("1.42", 10**12, 1, "0.01"), "1.03"),
        ("x=1:1/2, x=1.69:1/2", ("1.42", 10**20, 1, "0.1"), "1.5"),
    ],
)
def test_how_close_two_samples_come(data: str, start: tuple[str, int, int, str], most: str) -> None:
    found = width_spike(LinearWalk(parse_samples(data)), *start, tolerance=1)
    assert (found.lower.method, found.upper.method) == ("words", "words")
    assert found.ratio is not None and found.ratio < float(most)


def test_start_of_the_root() -> None:
    """The start's interval is that of the root of eta^2 mu_0^2/n, rounded outwards."""
    problem = WidthProblem.of(TALK, "1.42", 2, "0.01", "0.1")
    low, high = root(F("0.0001") / 2)
    boxes = room._Forest(problem, 1e-3).root()
    assert boxes.k_lo[0] <= low and boxes.k_hi[0] >= high and boxes.L_lo[0] < F("1.42") < boxes.L_hi[0]
