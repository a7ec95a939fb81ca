"""Every check agrees with the right certified value and disagrees with a wrong one."""

import json
import math
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from kit import EXAMPLES, SCALAR_EXAMPLES

from catalysis.crosscheck import CheckLine, crosscheck, exponent, whole, widths
from catalysis.crosscheck.agreement import bernstein, empirical_bernstein, surely_seen, within_play
from catalysis.crosscheck.catapults import Catapults
from catalysis.crosscheck.drift import DriftSign, drift_sign_at, drift_signs
from catalysis.crosscheck.exponent import LinearExponent
from catalysis.crosscheck.growth import FullBatchDivergence, NoDivergence, OneStepGrowth
from catalysis.crosscheck.landing import Landing
from catalysis.crosscheck.network import NetworkAgainstMap
from catalysis.crosscheck.table import CrossCheck, Outcome
from catalysis.crosscheck.whole import _checks, _horizon_checks
from catalysis.crosscheck.widths import WidthLaw
from catalysis.data.dataset import Dataset
from catalysis.data.reading import load_dataset, parse_samples
from catalysis.data.walk import LinearWalk
from catalysis.drift.regions import sign_regions
from catalysis.exact.errors import InputError
from catalysis.exact.result import Enclosure
from catalysis.figures.crosscheck import draw, save
from catalysis.simulation.laws import StepLaw
from catalysis.simulation.streams import root_of

TALK = load_dataset(EXAMPLES / "talk-1.toml")
THREE = load_dataset(EXAMPLES / "three-changes.toml")
RARE = load_dataset(EXAMPLES / "rare.toml")


@cache
def all_checks(dataset) -> tuple:
    return tuple(_checks(dataset, root_of(5)))


def checks_of(dataset, kind: type) -> list:
    return [check for check in all_checks(dataset) if isinstance(check, kind)]


def verdicts(check) -> list[bool | None]:
    return [line.agree for line in check.run().lines]


@pytest.mark.parametrize("dataset", [TALK, THREE], ids=["talk-1", "three-changes"])
def test_thresholds_of_one_step(dataset) -> None:
    """(a) and (b): lambda_crit and lambda_max, single samples and full batch."""
    checks = checks_of(dataset, OneStepGrowth)
    assert len(checks) == 4
    for check in checks:
        assert verdicts(check) == [True]
        for wrong in (Fraction(1000001, 1000000), Fraction(99, 100), Fraction(2)):
            assert verdicts(replace(check, certified=check.certified * wrong)) == [False]


@pytest.mark.slow
def test_divergence_of_full_batch() -> None:
    """(b): one width after another."""
    checks = checks_of(TALK, FullBatchDivergence)
    assert [check.width for check in checks] == [10**2, 10**4, 10**8, 10**12]
    for check in checks:
        assert verdicts(check) == [True]
        assert verdicts(replace(check, certified=check.certified * Fraction(100001, 100000))) == [False]


def test_no_divergence_below_lambda_max() -> None:
    (check,) = checks_of(TALK, NoDivergence)
    assert verdicts(check) == [True]
    assert verdicts(replace(check, certified=check.certified * Fraction(11, 10))) == [False]


@pytest.mark.slow
@pytest.mark.parametrize("dataset", [TALK, THREE, RARE], ids=["talk-1", "three-changes", "rare"])
def test_sign_of_the_drift(dataset) -> None:
    """(c): both sides of each zero; 10^-690 from a pole too."""
    checks = checks_of(dataset, DriftSign)
    assert len(checks) == 2 * len(sign_regions(LinearWalk(dataset)).inside)
    for index, check in enumerate(checks):
        assert verdicts(check) == [True]
        wrong = {"sign": -check.sign} if index % 2 else {"certified": check.certified * 1.6}
        assert verdicts(replace(check, **wrong)) == [False]


def test_a_zero_that_is_none_is_noticed() -> None:
    """A zero put elsewhere: on one of its sides G has the wrong sign."""
    regions = sign_regions(LinearWalk(TALK))
    zero = regions.zeros[0]
    moved = replace(zero, lower=zero.lower + Fraction(1, 2), upper=zero.upper + Fraction(1, 2), exact=None)
    checks = drift_signs(replace(regions, zeros=(moved,), inside=(moved,)), root_of(1))
    assert False in [verdict for check in checks for verdict in verdicts(check)]


def test_a_drift_too_small_for_the_sample_is_left_open() -> None:
    walk = LinearWalk(TALK)
    zero = Fraction(269, 169)
    check = drift_sign_at(walk, zero + Fraction(1, 10**7), 1, "close by", root_of(0))
    assert verdicts(check) == [None]


@pytest.mark.parametrize(
    "dataset",
    [TALK, pytest.param(THREE, marks=pytest.mark.slow, id="three-changes"), RARE],
    ids=lambda d: d.name,
)
def test_exponent_of_the_linear_walk(dataset) -> None:
    """(d): the probability inside the Lundberg bounds, and the slope of its logarithm."""
    for check in checks_of(dataset, LinearExponent):
        assert verdicts(check) == [True, True]
        for wrong in (0.93,) if check.lower < 1 else (1.07,):
            off = replace(check, lower=check.lower * wrong, upper=check.upper * wrong)
            assert verdicts(off)[1] is False
        far = replace(check, lower=check.lower * 6, upper=check.upper * 6)
        assert verdicts(far)[0] is False
        near = replace(check, lower=check.lower / 6, upper=check.upper / 6)
        assert verdicts(near)[0] is False


@pytest.mark.slow
@pytest.mark.parametrize("dataset", [TALK, THREE], ids=["talk-1", "three-changes"])
def test_landing_zone(dataset) -> None:
    """(e): and both pieces of the zone of the second example are landed in."""
    checks = [replace(check, replicas=256, rounds=10) for check in checks_of(dataset, Landing)]
    for check in checks:
        assert verdicts(check)[0] is True
        low, high = check.zone[0]
        shrunk = replace(check, zone=((low, high * 0.3), *check.zone[1:]))
        assert verdicts(shrunk)[0] is False
    if dataset is THREE:
        shares = [[line.simulated for line in check.run().lines[1:]] for check in checks]
        assert max(share[0] for share in shares) > 0.5
        assert max(share[1] for share in shares) > 0.1
        inside = next(check for check in checks if 0.998 < check.curvature < 1.002)
        assert verdicts(replace(inside, zone=inside.zone[:1]))[0] is False


@pytest.mark.parametrize(
    "dataset", [TALK, pytest.param(THREE, marks=pytest.mark.slow, id="three-changes")], ids=lambda d: d.name
)
def test_width_law(dataset) -> None:
    """(f): theta/2 as a slope over eight decades of the width."""
    (check,) = checks_of(dataset, WidthLaw)
    assert verdicts(check) == [True]
    for wrong in (0.9, 1.1):
        off = replace(check, lower=check.lower * wrong, upper=check.upper * wrong)
        assert verdicts(off) == [False]


def test_network_against_map() -> None:
    """(g): a map that is told slightly wrong curvatures is found out."""
    checks = checks_of(TALK, NetworkAgainstMap)
    assert [(check.activation, check.full_batch) for check in checks] == [
        ("linear", False),
        ("linear", True),
        ("relu", False),
    ]
    for check in checks:
        assert verdicts(check) == [True]
        assert verdicts(replace(check, x=check.x * (1 + 1e-7))) == [False]


def test_catapults_are_measured_only() -> None:
    """(h): smaller batches spike more here; nothing is certified about it."""
    (check,) = checks_of(TALK, Catapults)
    lines = check.run().lines
    assert {line.agree for line in lines} == {None}
    assert {line.certified for line in lines} == {None}
    assert lines[0].simulated > lines[1].simulated > lines[2].simulated
    assert lines[-1].simulated == 0


@pytest.mark.slow
def test_a_whole_table() -> None:
    seen: list[tuple[int, int]] = []
    table = crosscheck(
        TALK, seed=np.random.default_rng(3), progress=lambda done, total: seen.append((done, total))
    )
    document = json.loads(json.dumps(table.to_json()))
    assert document["verdict"] == "agreement"
    assert {"name", "certified", "simulated", "standard_error", "agree"} <= set(document["checks"][0])
    assert seen[-1] == (len(seen), len(seen))
    assert len({line.name for line in table.lines}) == len(table.lines)


@pytest.mark.slow
def test_workers_do_not_change_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("_landing_checks", "_exponent_checks", "_threshold_checks", "_network_checks"):
        monkeypatch.setattr(whole, kind, lambda *_: [])
    alone, together = (crosscheck(THREE, seed=4, workers=workers) for workers in (1, 2))
    assert alone.lines == together.lines


@pytest.mark.slow
@pytest.mark.parametrize("path", SCALAR_EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_shipped_examples(path: Path, seed: int) -> None:
    table = crosscheck(load_dataset(path), seed=seed)
    assert table.disagreements == ()
    agreeing = [line for line in table.lines if line.agree]
    assert len(agreeing) > 15


@pytest.mark.slow
def test_odd_data_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sample (m = 1: no deflationary place beyond lambda_crit), and a largest sample too rare to be drawn."""
    monkeypatch.setattr(whole, "_landing_checks", lambda *_: [])
    table = crosscheck(parse_samples("2:1", learning_rate="1/3"))
    assert table.disagreements == ()
    assert not [line for line in table.lines if line.name.startswith("theta")]
    monkeypatch.setattr(whole, "_network_checks", lambda *_: [])
    rare = crosscheck(parse_samples("1:999999999/1000000000, 2:1/1000000000"))
    assert rare.disagreements == ()
    line = next(line for line in rare.lines if line.name.startswith("lambda_crit, single"))
    assert line.agree is None
    assert "too rare" in line.note


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 100, 10_000, 100_000])
def test_data_sets_of_every_size(size: int) -> None:
    """An answer, or one clear line."""
    data = Dataset.from_arrays([Fraction(size + k, 2 * size) for k in range(size)])
    if size > 2000:
        with pytest.raises(InputError, match=f"dataset: expected at most 2000 .* found {size}") as caught:
            crosscheck(data)
        assert "\n" not in str(caught.value)
    else:
        assert crosscheck(data, workers=2).disagreements == ()


def test_too_many_samples_are_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "_MOST_CURVATURES", 1)
    with pytest.raises(InputError, match=r"dataset: expected at most 1 different curvatures .* found 2"):
        crosscheck(TALK)


def test_disagreements_are_named() -> None:
    good = CheckLine("one", 1.0, 1.0, 0.1, True)
    bad = CheckLine("two", 1.0, math.inf, 0.1, False, "why")
    table = CrossCheck.of(TALK, "0", [Outcome((good,)), Outcome((bad,))], 1.0)
    assert table.disagreements == (bad,)
    document = json.loads(json.dumps(table.to_json()))
    assert document["verdict"] == "disagreement"
    assert document["checks"][1]["simulated"] == "inf"
    assert document["checks"][1]["note"] == "why"


@pytest.mark.slow
def test_the_picture(tmp_path: Path) -> None:
    checks = [checks_of(TALK, kind)[-1] for kind in (WidthLaw, Landing, Catapults, OneStepGrowth)]
    checks[1] = replace(checks[1], replicas=256, rounds=5)
    outcomes = [check.run() for check in checks]
    table = CrossCheck.of(TALK, "5", outcomes, 1.0)
    figure = draw(table)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[0] == "talk-1: certified against simulated, all agree"
    assert len(titles) == 4
    save(table, tmp_path / "table.png")
    assert (tmp_path / "table.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="Format"):
        save(table, tmp_path / "table.xyz")


def test_tolerances() -> None:
    """The bounds hold with room for normal sums, and exceed the normal quantile they replace."""
    n = 10**6
    assert bernstein(1.0, 5.0, n) > 5.4 / math.sqrt(n)
    assert empirical_bernstein(1.0, 5.0, n) > bernstein(1.0, 0.0, n)
    assert bernstein(1.0, 5.0, 4 * n) < bernstein(1.0, 5.0, n) / 1.9
    assert surely_seen(0.5, 100)
    assert not surely_seen(1e-3, 1000)
    assert within_play(1.0, 0.9, 0.95, 0.06) is True
    assert within_play(1.0, 0.9, 0.95, 0.04) is False
    assert within_play(1.0, 0.9, 0.95, 0.5) is None


def test_the_step_law_is_in_the_order_of_the_exact_one() -> None:
    law = StepLaw.of(LinearWalk(THREE).law)
    assert law.x.tolist() == [1.0, 3.0]
    assert law.p.tolist() == [0.1, 0.9]


def test_landing_depth_is_the_lundberg_bound_turned_upside_down() -> None:
    """s with sum p_i r_i^-s = 1 where G > 0; no depth inside the zone, and none that counts next to a zero of G."""
    check = checks_of(TALK, Landing)[0]
    L = np.array([1.3, 1.75, 269 / 169 * (1 + 1e-12)])
    inside, above, close = check.unlikely_depth(L)
    assert inside == math.inf
    assert close == math.inf
    s = math.log(4096 * 40 * 4000 * 200 / 1e-5) / (above - 40)
    assert sum(0.5 * abs(1 - 1.75 * x) ** -s for x in (1.0, 1.69)) == pytest.approx(1, abs=1e-9)
    narrow = replace(check, zone=((0.0, 1.0),))
    assert narrow.unlikely_depth(np.array([1.3]))[0] == 40


def test_a_list_of_zeros_that_is_not_complete_has_no_landing_zone() -> None:
    regions = sign_regions(LinearWalk(THREE), max_bits=16)
    assert not regions.complete
    assert whole._landing_checks(LinearWalk(THREE), regions, root_of(0)) == []


def test_a_step_of_the_network_has_a_bound_for_rounding() -> None:
    """Chaotic paths included: 20 seeds stay a thousand times below it."""
    check = checks_of(load_dataset(EXAMPLES / "tangency.toml"), NetworkAgainstMap)[0]
    apart = [replace(check, seed=np.random.SeedSequence(k)).run().lines[0].simulated for k in range(20)]
    assert max(apart) < 1e-15


def test_too_uneven_weights_and_too_long_walks_are_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    (width,) = checks_of(TALK, WidthLaw)
    monkeypatch.setattr(widths, "_LARGEST_WEIGHT", 0.5)
    assert verdicts(width) == [None]
    linear = checks_of(TALK, LinearExponent)[0]
    monkeypatch.setattr(exponent, "_MOST_WORK", 10.0)
    assert verdicts(linear) == [None]
    monkeypatch.undo()
    monkeypatch.setattr(exponent, "_LARGEST_TOLERANCE", 1e-9)
    assert verdicts(linear)[0] is None


@pytest.mark.parametrize("kind", [WidthLaw, pytest.param(LinearExponent, marks=pytest.mark.slow)])
def test_errors_are_those_of_repetition(kind: type) -> None:
    """The standard error of a slope against its spread over seeds."""
    check = checks_of(TALK, kind)[0]
    lines = [replace(check, seed=np.random.SeedSequence(k)).run().lines[-1] for k in range(6)]
    spread = float(np.std([line.simulated for line in lines], ddof=1))
    error = float(np.mean([line.standard_error for line in lines]))
    assert 0.3 < spread / error < 3


def test_a_spike_within_some_steps() -> None:
    for check in _horizon_checks(
        LinearWalk(load_dataset(EXAMPLES / "talk-1.toml")), np.random.SeedSequence(3)
    ):
        (line,) = check.run().lines
        assert line.agree and "within 50 steps" in line.name
        low, high = check.certified.lower, check.certified.upper
        for wrong in (Enclosure(high + Fraction(1, 30), high + Fraction(1, 20)), Enclosure(low / 9, low / 2)):
            assert replace(check, certified=wrong).run().lines[0].agree is False
