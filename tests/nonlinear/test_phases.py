"""Phases of the full-batch map against iteration with many digits, closed forms, and simulation."""

# ruff: noqa: E741  l is the letter of the lemmas

import json
import random
from fractions import Fraction
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from catalysis.certificate.document import certificate_of, claim
from catalysis.cli import main
from catalysis.exact.balls import precision
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict
from catalysis.nonlinear.boxes import Boxes, Found, Interval, follow_below_four
from catalysis.nonlinear.orbit import State, bracket_final, find_exact_hit, step_exactly
from catalysis.nonlinear.phase import Phase, PhaseName, phase
from catalysis.nonlinear.phase_map import PhaseBox, phase_map
from catalysis.nonlinear.slow import slow_catapult
from catalysis.simulation import Batches, Network, Start, StepLaw, network_ends, reduced_ends
from proofs_check.certificate import check_certificate

F = Fraction
LAZY, CATAPULT = PhaseName.LAZY, PhaseName.CATAPULT
DIVERGENT, CRITICAL = PhaseName.DIVERGENT, PhaseName.CRITICAL


def real(q: F) -> Any:
    return mp.mpf(q.numerator) / q.denominator


def brute(x: F, kappa: F, L: F, steps: int = 4000) -> tuple[str, Any, Any, bool]:
    """Phase, L at the end, peak of the loss, and whether kappa got below 1e-40: by plain iteration, 60 digits."""
    x_, k, l = real(x), real(kappa), real(L)
    first, top, rose = k, abs(k), False
    for _ in range(steps):
        new = (1 - x_ * l + x_**2 * k**2) * k
        l = l - k**2 * x_ * (4 - x_ * l)
        rose = rose or abs(new) > abs(k) * (1 + mp.mpf(10) ** -50)
        k = new
        top = max(top, abs(k))
        if x_ * l > 10**6:
            return "divergent", mp.inf, mp.inf, False
        if abs(k) < mp.mpf(10) ** -40:
            return "catapult" if rose else "lazy", l, (top / first) ** 2, True
    return "catapult" if rose else "lazy", l, (top / first) ** 2, False


def starts(low: float = 0, high: float = 6) -> st.SearchStrategy[tuple[F, F, F]]:
    """x, kappa_0, L_0 with l = x L between the limits."""
    share = st.fractions(-1, 1, max_denominator=60)
    level = st.fractions(F(low), F(high), max_denominator=60)
    rate = st.fractions(F(1, 5), F(5), max_denominator=9)

    def build(x: F, l: F, t: F, power: int) -> tuple[F, F, F]:
        return x, l / x / 2 * t * abs(t) ** power, l / x

    return st.builds(build, rate, level, share, st.sampled_from([0, 0, 3, 8]))


@settings(max_examples=25, deadline=None)
@given(starts())
def test_the_phase_is_that_of_plain_iteration(start: tuple[F, F, F]) -> None:
    x, kappa, L = start
    assume(L > 0 and kappa != 0 and x * L != 4)
    result = phase(x, kappa, L)
    assert result.verdict is Verdict.PROVED and result.phase is not None
    if isinstance(result.exact_hit, int) and not isinstance(result.exact_hit, bool):
        return
    with mp.workdps(60):
        name, final, peak, settled = brute(x, kappa, L)
        assert result.phase.value == name
        if result.phase is DIVERGENT:
            assert (
                result.final_L is None
                and result.to_json()["peak_loss"] == "inf"
                and result.exact_hit is False
            )
            return
        assert result.final_L is not None and result.peak_loss is not None
        tiny = mp.mpf(10) ** -40
        assert real(result.final_L.lower) <= final + tiny  # L only falls
        assert not settled or final <= real(result.final_L.upper) + tiny
        low, high = real(result.peak_loss.lower), real(result.peak_loss.upper)
        assert low * (1 - tiny) <= peak <= high * (1 + tiny)


@pytest.mark.parametrize(
    ("kappa", "L"),
    [(F(1, 10), F(5, 2)), (F(7, 4), F(39, 10)), (F(1, 10**7), F(3)), (F(11, 10), F(5, 2)), (F(-1, 3), F(1))],
)
def test_final_curvature_to_many_digits(kappa: F, L: F) -> None:
    result = phase(F(1), kappa, L, digits=25)
    with mp.workdps(90):
        k, l = real(kappa), real(L)
        for _ in range(3000):
            k, l = (1 - l + k * k) * k, l - k * k * (4 - l)
        assert result.final_L is not None and result.final_L.width < F(1, 10**25)
        low, high = real(result.final_L.lower), real(result.final_L.upper)
        assert low <= l + mp.mpf(10) ** -60 and l <= high


def test_named_starts() -> None:
    assert phase(F(1), F(1, 10), F(5, 2)).phase is CATAPULT
    assert phase(F(1), F(1, 10), F(2)).phase is LAZY
    assert phase(F(1), F(1), F(27, 10)).phase is LAZY  # above 2, but kappa is large
    assert phase(F(1), F(1, 2), F(9, 4)).phase is LAZY  # x L = 2 + u^2 exactly
    assert phase(F(1), F(1, 2), F(9, 4) + F(1, 10**40)).phase is CATAPULT
    assert phase(F(1), F(7, 4), F(39, 10)).first_rise == 2  # falls first, then rises
    assert phase(F(1), F(1, 2), F(5)).phase is DIVERGENT
    assert phase(F(2), F(1, 2), F(2)).phase is CRITICAL  # x L = 4
    assert phase(F(1), F(0), F(3)).phase is CRITICAL


@pytest.mark.parametrize("step", [F(1, 10**30), F(-1, 10**30)])
def test_next_to_four_both_sides_are_decided(step: F) -> None:
    result = phase(F(1), F(1, 3), 4 + step)
    assert result.phase is (DIVERGENT if step > 0 else CATAPULT) and result.exact_hit is False


def test_edge_of_the_starts_ends_at_zero() -> None:
    """alpha or beta = 0: then l_inf = 0 exactly (N2), though the map needs for ever."""
    for kappa, L in ((F(-3, 4), F(3, 2)), (F(1), F(5, 2))):  # the second reaches the edge in one step
        result = phase(F(1), kappa, L)
        assert result.final_L is not None and (result.final_L.lower, result.final_L.upper) == (0, 0)


def test_exact_hits_are_found_and_named() -> None:
    result = phase(F(1), F(3, 2), F(13, 4))
    assert (result.phase, result.exact_hit) == (LAZY, 1)
    assert result.final_L is not None and result.final_L.lower == result.final_L.upper == F(25, 16)
    above = phase(F(1), F(2), F(5))
    assert (above.phase, above.exact_hit) == (CRITICAL, 1) and above.note is not None
    assert find_exact_hit(F(5), F(3)) is None
    assert step_exactly(F(2), F(1)) == (0, 0)


@pytest.mark.parametrize("kappa", [F(1, 10**3), F(1, 10**6), F(1, 10**12)])
def test_slow_end_next_to_two_is_bracketed(kappa: F) -> None:
    """From x L = 2 the fall is sqrt(2) x kappa; the map takes 1/kappa steps, the bracket (N4) none."""
    result = phase(F(1), kappa, F(2), max_steps=10)
    assert result.phase is LAZY and result.final_L is not None
    fall = 2 - result.final_L.midpoint
    assert abs(fall**2 / (2 * kappa**2) - 1) < 3 * kappa + F(1, 10**6)
    assert result.final_L.width < 3 * kappa**2 + F(1, 10**16)


def test_a_rise_too_long_to_follow_is_bounded() -> None:
    """N14: from 2 + e the map ends near 2 - e, after a peak of x kappa near e / sqrt 2."""
    e = F(1, 10**6)
    result = phase(F(1), F(1, 10**9), 2 + e)
    assert result.phase is CATAPULT and result.exact_hit is False and "--max-steps" in str(result.shortfall)
    assert result.final_L is not None and abs((2 - result.final_L.midpoint) / e - 1) < 10 * e
    assert result.peak_loss is not None and abs(result.peak_loss.midpoint * F(2, 10**18) / e**2 - 1) < 10 * e
    wide = phase(F(1), F(1, 10**9), F(27, 10), max_steps=3)
    assert wide.phase is CATAPULT and wide.final_L is not None and wide.final_L.upper == wide.L0
    assert wide.slow_bound is None and not wide.settled


@pytest.mark.parametrize(
    ("e", "kappa"), [(F(1, 100), F(1, 10**4)), (F(1, 30), F(1, 50)), (F(1, 1000), F(1, 5000))]
)
def test_slow_catapults_against_their_paths(e: F, kappa: F) -> None:
    slow, followed = slow_catapult(2 + e, kappa**2), phase(F(1), kappa, 2 + e, max_steps=200_000)
    assert slow is not None and followed.settled
    assert followed.final_L is not None and followed.peak_loss is not None
    assert slow.final.lower <= followed.final_L.lower and followed.final_L.upper <= slow.final.upper
    assert slow.peak.lower <= followed.peak_loss.lower and followed.peak_loss.upper <= slow.peak.upper


def test_too_little_precision_is_undecided_not_wrong() -> None:
    result = phase(F(1), F(1, 3), 4 + F(1, 10**60), max_bits=64)
    assert result.phase is None and result.verdict is Verdict.UNDECIDED and "--max-bits" in str(result.reason)
    assert result.to_json()["phase"] is None


def test_critical_follows_the_cosine() -> None:
    with mp.workdps(40):
        t = mp.mpf("0.7")
        u = 2 * mp.cos(t)
        for _ in range(20):
            u, t = u**3 - 3 * u, 3 * t
            assert abs(u - 2 * mp.cos(t)) < mp.mpf(10) ** -25
    result = phase(F(1), F(1), F(4))
    assert result.peak_loss is not None and result.peak_loss.upper == 4


@settings(max_examples=80, deadline=None)
@given(
    st.fractions(F(1, 100), 2, max_denominator=200),
    st.fractions(0, 1, max_denominator=100),
    st.integers(0, 4),
)
def test_brackets_of_the_final_curvature(l: F, share: F, power: int) -> None:
    """N4 at any state with l <= 2, against 3000 steps."""
    v = (l / 2 * share ** (power + 1)) ** 2
    assume(v > 0)
    with precision(200):
        bounds = bracket_final(State.of(l, v))
    assert 0 <= bounds[0] <= bounds[1] <= l + F(1, 10**30)
    a, b = float(l), float(v)
    for _ in range(3000):
        a, b = a - b * (4 - a), b * (1 - a + b) ** 2
    assert float(bounds[0]) - 1e-12 <= a
    if b < 1e-30:
        assert a <= float(bounds[1]) + 1e-12


@pytest.mark.parametrize(
    ("x", "kappa", "L", "named"),
    [
        (F(0), F(0), F(1), "x"),
        (F(1), F(0), F(0), "L0"),
        (F(1), F(3, 5), F(1), "|kappa0| <= L0/2"),
    ],
)
def test_bad_starts_are_named(x: F, kappa: F, L: F, named: str) -> None:
    with pytest.raises(InputError, match=named.replace("|", r"\|")):
        phase(x, kappa, L)


# Boxes and maps


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(0, 4), min_size=2, max_size=2),
    st.lists(st.floats(0, 4), min_size=2, max_size=2),
    st.data(),
)
def test_the_image_of_a_box_holds_the_images_of_its_states(ls: Any, vs: Any, data: Any) -> None:
    (l0, l1), (v0, v1) = sorted(ls), sorted(vs)
    t, s = (data.draw(st.fractions(0, 1, max_denominator=8)) for _ in range(2))
    l, v = F(l0) + (F(l1) - F(l0)) * t, F(v0) + (F(v1) - F(v0)) * s
    assume(4 * v <= l * l)
    box = Boxes(*(Interval(np.array([a]), np.array([b])) for a, b in ((l0, l1), (v0, v1))))
    image = box.step()
    l, v = step_exactly(l, v)
    assert F(float(image.l.lo[0])) <= l <= F(float(image.l.hi[0]))
    assert F(float(image.v.lo[0])) <= v <= F(float(image.v.hi[0]))


def random_start(cell: PhaseBox, chance: random.Random) -> tuple[F, F] | None:
    """A rational start inside a box, or None."""
    for _ in range(20):
        kappa, L = (a + (b - a) * F(chance.randint(1, 999), 1000) for a, b in (cell.kappa, cell.L))
        if 2 * abs(kappa) <= L and kappa != 0:
            return kappa, L
    return None


@pytest.mark.parametrize("x", [pytest.param(F(1), marks=pytest.mark.slow), F(169, 100)])
def test_every_box_has_the_phase_of_its_starts(x: F) -> None:
    found = phase_map(x, (F(-5, 2) / x, F(5, 2) / x), (F(0), F(5) / x), depth=5)
    chance = random.Random(5)
    for cell in found.proved:
        start = random_start(cell, chance)
        if start is not None:
            point = phase(x, *start)
            assert point.phase is not None and (
                point.phase.value == cell.found.name.lower() or point.exact_hit
            )


def test_a_map_covers_its_rectangle_once() -> None:
    found = phase_map(F(1), (F(-1), F(2)), (F(1), F(5)), depth=5)
    total = sum((b - a) * (d - c) for a, b, c, d in ((*cell.kappa, *cell.L) for cell in found.cells))
    assert total == 3 * 4
    chance = random.Random(1)
    for _ in range(200):
        k, L = (
            F(chance.randint(-9999, 19999), 10**4) + F(1, 30011),
            F(chance.randint(10**4, 5 * 10**4 - 1), 10**4) + F(1, 30011),
        )
        inside = [c for c in found.cells if c.kappa[0] < k < c.kappa[1] and c.L[0] < L < c.L[1]]
        assert len(inside) == 1
    starts_area = sum(found.area_of(f) for f in Found if f is not Found.OUTSIDE)
    # |kappa| > L/2 cuts off a triangle on the left, with corners at kappa = -1/2, -1, and one on the right
    assert starts_area == 12 - F(1, 4) - F(9, 4)
    assert found.area_of(Found.OUTSIDE) == F(1, 4) + F(9, 4)
    assert found.to_json()["areas"]["outside"] == "2.5"


@pytest.mark.slow
def test_undecided_area_falls_with_depth() -> None:
    areas = [phase_map(F(1), (F(0), F(2)), (F(1), F(5)), depth=d).undecided_area for d in (3, 5, 7)]
    assert areas[0] > 3 * areas[1] > 9 * areas[2] > 0


def test_a_map_without_undecided_boxes_is_proved() -> None:
    found = phase_map(F(1), (F(0), F(1, 2)), (F(1), F(2)), depth=2)
    assert found.verdict is Verdict.PROVED and len(found.cells) == 1 and found.cells[0].found is Found.LAZY


def test_boxes_next_to_a_hit_leave_hits_out() -> None:
    """l = 1 + v runs through the box: its states may hit; a later rise is then claimed of the others only."""
    low, high = (np.array([q]) for q in (3.6, 3.61))
    box = Boxes(Interval(low, high), Interval(np.array([2.55]), np.array([2.66])))
    found = follow_below_four(box, 10)
    assert found.found[0] == Found.CATAPULT and found.except_hits[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ((F(1), F(0)), (F(0), F(1)), 3),
        ((F(0), F(1)), (F(1), F(1)), 3),
        ((F(3), F(4)), (F(0), F(1)), 3),
        ((F(0), F(1)), (F(0), F(1)), 13),
        ((F(0), F(10) ** 200), (F(0), F(10) ** 200), 3),
    ],
)
def test_bad_maps_are_refused(arguments: Any) -> None:
    kappa, L, depth = arguments
    with pytest.raises(InputError):
        phase_map(F(1), kappa, L, depth=depth)


# Against simulation


@pytest.mark.parametrize("L", [3.9, *(pytest.param(L, marks=pytest.mark.slow) for L in (1.5, 2.5, 3.5, 4.2))])
def test_simulated_networks_of_all_widths_agree(L: float) -> None:
    for width in (1e2, 1e4, 1e6, 1e8, 1e10, 1e12, 1e14):
        kappa = 1 / width**0.5
        result = phase(F(1), F(kappa), F(L))
        ends = reduced_ends(
            StepLaw(np.array([1.0]), np.array([1.0])), Start(kappa, L), steps=3000, replicas=1, seed=1
        )
        final, peak = float(ends.L[0]), float(ends.peak[0])
        if result.phase is DIVERGENT:
            assert peak > 1e6
            continue
        assert result.final_L is not None and result.peak_loss is not None
        assert float(result.final_L.lower) - 1e-6 < final < float(result.final_L.upper) + 1e-6
        assert (peak / kappa) ** 2 == pytest.approx(float(result.peak_loss.midpoint), rel=1e-6)
        assert (result.phase is LAZY) == (peak <= kappa * (1 + 1e-12))


@pytest.mark.slow
def test_simulated_neurons_agree() -> None:
    """The full network, 100 neurons, both samples at each step: the same phase, peak and final curvature."""
    batches = Batches(np.array([0.5, 1.5]), np.array([0.5, 0.5]), "full_batch")
    x = F(5, 4)
    for L, mu in ((F(1), 1.0), (F(2), 2.0), (F(3), 1.0), (F(31, 10), 12.0)):
        ends = network_ends(Network(batches, 1.0, 100, float(L), mu), steps=2000, replicas=3, seed=2)
        result = phase(x, F(mu) / 10, L)
        assert result.final_L is not None and result.peak_loss is not None
        assert pytest.approx([float(result.final_L.midpoint)] * 3, abs=1e-6) == ends.L
        assert (ends.peak / mu * 10) ** 2 == pytest.approx([float(result.peak_loss.midpoint)] * 3, rel=1e-6)


# The command


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(list(arguments))
    return status, *capsys.readouterr()


def test_command_for_one_start(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    status, out, _ = run(
        capsys, "phase", "--x", "1", "--kappa0", "0.1", "--L0", "2.5", "--json", "-o", str(tmp_path / "p")
    )
    document = json.loads(out)
    assert status == 0 and document["phase"] == "catapult" and document["verdict"] == "proved"
    assert {"final_L", "peak_loss", "reason", "lemmas"} <= document.keys()
    assert all(v.proved for v in check_certificate((tmp_path / "p" / "certificate.json").read_bytes()))
    status, out, _ = run(
        capsys, "phase", "--x", "1", "--kappa0", "0.1", "--L0", "2.5", "--activation", "relu"
    )
    assert status == 0 and "catapult" in out and "N13" in out and "proved" in out


@pytest.mark.slow
def test_command_for_a_map(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    where = str(tmp_path / "m")
    options = ["--x", "1", "--kappa0", "-1/2..1", "--L0", "0..5", "--depth", "4"]
    status, out, _ = run(capsys, "phase", *options, "--json", "-o", where)
    document = json.loads(out)
    assert status == 0 and document["verdict"] == "undecided" and F(document["undecided_area"]) > 0
    assert {cell["phase"] for cell in document["cells"]} >= {"lazy", "catapult", "divergent", None}
    assert (tmp_path / "m" / "phase-map.svg").stat().st_size > 1000
    assert all(v.proved for v in check_certificate((tmp_path / "m" / "certificate.json").read_bytes()))
    status, out, _ = run(capsys, "phase", *options)
    assert status == 0 and "undecided" in out


@pytest.mark.parametrize(
    "options",
    [
        ["--x", "0", "--kappa0", "0", "--L0", "1"],
        ["--x", "1", "--kappa0", "1", "--L0", "1"],
        ["--x", "1", "--kappa0", "0", "--L0", "-1"],
        ["--x", "1", "--kappa0", "0..1", "--L0", "1"],
        ["--x", "1", "--kappa0", "0..x", "--L0", "1..2"],
        ["--x", "1", "--kappa0", "0", "--L0", "1", "--depth", "3"],
        ["--x", "1", "--kappa0", "0", "--L0", "1", "--activation", "tanh"],
    ],
)
def test_bad_options_are_one_line(capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    status, out, err = run(capsys, "phase", *options)
    assert status == 2 and not out and err.count("\n") == 1 and "Traceback" not in err


def test_repr_and_claims_of_undecided_results() -> None:
    result = phase(F(1), F(1, 3), 4 + F(1, 10**60), max_bits=64)
    assert "undecided" in repr(result)
    with pytest.raises(ValueError, match="max-bits"):
        claim(result)
    assert isinstance(phase(F(1), F(1, 3), F(3)), Phase)
    document = certificate_of(None, [claim(phase(F(1), F(1, 3), F(3)))])
    assert check_certificate(json.dumps(document).encode())[0].proved
