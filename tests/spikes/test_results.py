"""What the public functions about spikes take and return: the doors, the protocol of results, all sizes of data."""

import copy
import json
import pickle
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from kit import EXAMPLES

from catalysis.certificate.document import certificate_of, claim
from catalysis.data.dataset import Dataset
from catalysis.data.reading import load_dataset, parse_samples
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.result import Enclosure, Result, Verdict
from catalysis.exponent.factors import StepFactors
from catalysis.spikes.limits import spike_constant, width_law
from catalysis.spikes.lundberg import lundberg_bounds
from catalysis.spikes.plan import plan_walk
from catalysis.spikes.probability import hitting_bounds, hitting_probability
from proofs_check.certificate import check_certificate

F = Fraction
TALK = LinearWalk(load_dataset(EXAMPLES / "talk-1.toml"))
MANY = LinearWalk(Dataset.from_arrays(x=[F(100 + 7 * i % 100, 100) for i in range(30)]))

RESULTS: dict[str, Callable[[], Result]] = {
    "counts": lambda: hitting_probability(TALK, "1.42", 1000),
    "squared": lambda: hitting_probability(TALK, "1.42", 1000, squared=True),
    "grid": lambda: hitting_probability(MANY, "1.1", 1000, digits=1),
    "stable": lambda: hitting_probability(TALK, 1, 1000),
    "certain": lambda: hitting_probability(TALK, 2, 1000),
    "short": lambda: hitting_probability(TALK, "1.58", 10, max_work=10_000),
    "lundberg": lambda: lundberg_bounds(TALK, "1.42", 1000),
    "bare lundberg": lambda: lundberg_bounds(StepFactors.of(TALK, F("1.42")), 1000),
    "constant": lambda: spike_constant(hitting_probability(TALK, "1.42", 1000)),
    "no constant": lambda: spike_constant(hitting_probability(TALK, 1, 1000)),
    "width": lambda: width_law(TALK, "1.42", 10**6, "1/2", scale=2),
}


@pytest.mark.parametrize("name", RESULTS)
def test_the_protocol_of_results(name: str) -> None:
    result = RESULTS[name]()
    assert pickle.loads(pickle.dumps(result)) == result == copy.deepcopy(result)
    document = json.loads(json.dumps(result.to_json()))
    assert {"program", "format", "result", "verdict"} <= set(document)
    assert name == "bare lundberg" or {"data", "eta", "step"} <= set(document)
    assert document["verdict"] == result.verdict.value == "proved" and "reason" not in document
    assert "\n" not in repr(result) and str(result) and result._repr_html_().startswith("<table>")
    if name == "no constant":
        with pytest.raises(TypeError):
            float(result)
    else:
        assert isinstance(float(result), float) and str(result._repr_latex_()).startswith("$")


def test_fewer_digits_are_proved_with_a_shortfall_and_nothing_is_undecided_with_a_reason() -> None:
    short = hitting_probability(TALK, "1.58", 10, max_work=10_000)
    assert short.verdict is Verdict.PROVED and short.reason is None and "--max-work" in str(short.shortfall)
    near = F("1.5917159763313609467455621301775147928994")  # within 1e-40 of lambda_crit
    open_ = hitting_probability(TALK, near, 10, max_bits=64)
    if open_.enclosure is None:
        assert open_.verdict is Verdict.UNDECIDED and open_.shortfall is None and "bits" in str(open_.reason)


GOOD = ["1.42", F("1.42"), Decimal("1.42"), 1.42, np.float64(1.42)]
BAD = [None, "x", "", [], float("nan"), float("inf"), True, object(), 1j]
ARGUMENTS: dict[str, Callable[[Any], Any]] = {
    "curvature": lambda v: hitting_probability(TALK, v, 10, digits=2),
    "factor": lambda v: hitting_probability(TALK, "1.3", v, digits=2),
    "curvature of lundberg": lambda v: lundberg_bounds(TALK, v, 10),
    "factor of lundberg": lambda v: lundberg_bounds(TALK, "1.3", v),
    "level of bare lundberg": lambda v: lundberg_bounds(StepFactors.of(TALK, F("1.3")), v),
    "curvature of width": lambda v: width_law(TALK, v, 100, 1, digits=2),
    "width": lambda v: width_law(TALK, "1.3", v, "1/10", digits=2),
    "mu0": lambda v: width_law(TALK, "1.3", 100, v, digits=2),
    "scale": lambda v: width_law(TALK, "1.3", 100, 1, scale=v, digits=2),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_numbers_come_through_one_door(name: str) -> None:
    for value in [*GOOD, 2, np.int64(2)]:
        assert isinstance(ARGUMENTS[name](value), Result)
    for value in BAD:
        with pytest.raises(InputError, match=f"^{name.split()[0]}: expected"):
            ARGUMENTS[name](value)


@pytest.mark.parametrize("name", ["digits", "max_work", "max_bits"])
def test_whole_numbers_come_through_one_door(name: str) -> None:
    for value in (5, np.int64(5), "5", 5.0, F(5)):
        assert hitting_probability(TALK, 1, 10, **{name: value}).verdict is Verdict.PROVED
    for value in ["x", [], float("nan"), True, -1, F(1, 2)]:
        with pytest.raises(InputError, match=f"^{name}: expected"):
            hitting_probability(TALK, 1, 10, **{name: value})
    with pytest.raises(InputError, match=r"^digits: expected an integer from 1 to 3500"):
        hitting_probability(TALK, 1, 10, digits=10**5)


def test_data_come_through_one_door(tmp_path: Any) -> None:
    expected = hitting_probability(TALK, 1, 10).enclosure
    for data in (TALK.dataset, str(EXAMPLES / "talk-1.toml"), EXAMPLES / "talk-1.toml"):
        assert hitting_probability(data, 1, 10).enclosure == expected
        assert lundberg_bounds(data, 1, 10).enclosure == expected
        assert width_law(data, 1, 100, 1).probability.enclosure == expected
    assert hitting_probability(np.array([1.0, 1.3]), 1, 10).enclosure == expected
    for bad in (None, 3, object()):
        with pytest.raises(InputError, match=r"^walk: expected"):
            hitting_probability(bad, 1, 10)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"^probability: expected"):
        spike_constant(0.5)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"^factor: expected none"):
        lundberg_bounds(StepFactors.of(TALK, F(1)), 2, 3)  # type: ignore[call-overload]


# --- what a certificate carries ----------------------------------------------------------------------------


def test_the_headline_is_what_the_certificate_carries() -> None:
    for name in ("counts", "squared", "grid", "stable", "certain", "short"):
        result: Any = RESULTS[name]()
        entry = claim(result)
        assert Enclosure(F(entry["lower"]), F(entry["upper"])) == result.enclosure, name
        (verdict,) = check_certificate(json.dumps(certificate_of(result.walk.dataset, [entry])).encode())
        assert verdict.proved, name
        fine = result.bounds.enclosure
        assert fine.lower <= result.enclosure.upper and result.enclosure.lower <= fine.upper


def test_nothing_is_searched_again_when_a_claim_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [RESULTS[name]() for name in ("counts", "squared", "grid", "short")]

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("searched again")

    for where in ("spikes.plan.plan_walk", "spikes.counts.plan_walk", "spikes.carried.plan_walk"):
        monkeypatch.setattr(f"catalysis.{where}", refuse)
    monkeypatch.setattr("catalysis.spikes.carried.count_walk_bounds", refuse)
    monkeypatch.setattr("catalysis.spikes.grid.grid_bounds", refuse)
    for result in made:
        assert claim(result)["kind"] in ("spike", "spike_grid")


# --- lattices ------------------------------------------------------------------------------------------------


def test_on_a_lattice_the_level_is_the_next_power() -> None:
    """Factors 2 and 1/2, nearly fair: P(sup >= 1000) = P(sup >= 1024) = (499/501)^10, and Lundberg is exact (S8)."""
    walk = LinearWalk(parse_samples("x=3:499/1000, x=1/2:501/1000"))
    truth = F(499, 501) ** 10
    for level, power in ((1000, 10), (1024, 10), (F(1024) + F(1, 10**40), 11), (F(10241, 10), 11), (2, 1)):
        found = hitting_probability(walk, 1, level, digits=12)
        fine = found.bounds.enclosure
        assert fine is not None and F(499, 501) ** power in fine and fine.width <= fine.lower / 10**12
        assert found.enclosure is not None and F(499, 501) ** power in found.enclosure
    found = hitting_probability(walk, 1, 1000, digits=40)
    assert found.method == "lattice" and found.finer is None and found.shortfall is None
    assert found.enclosure is not None and found.enclosure.width <= truth / 10**40


@pytest.mark.parametrize("powers", [(2, 1, -1), (3, -2), (2, -3)])
def test_lattice_bounds_hold_where_the_largest_factor_jumps(powers: tuple[int, ...]) -> None:
    weights = [F(1, 10)] * (len(powers) - 1)
    pairs = zip(powers, [*weights, 1 - sum(weights)], strict=True)
    steps = StepFactors.from_pairs((F(3, 2) ** n, p) for n, p in pairs)
    for level in (F(5), F(3, 2) ** 4, F(3, 2) ** 4 + F(1, 10**30)):
        by_lattice = hitting_bounds(steps, level, digits=7).enclosure
        plain = hitting_bounds(steps, level, digits=7, on_a_lattice=False)
        assert by_lattice is not None and plain.enclosure is not None and plain.limited_by is None
        assert max(by_lattice.lower, plain.enclosure.lower) <= min(by_lattice.upper, plain.enclosure.upper)


# --- all sizes -------------------------------------------------------------------------------------------------


def ladder(size: int) -> LinearWalk:
    return LinearWalk(Dataset.from_arrays(x=[F(size + 7919 * i % size, size) for i in range(size)]))


def check_size(walk: LinearWalk, max_work: int) -> None:
    plain = lundberg_bounds(walk, "1.2", 1000)
    found = hitting_probability(walk, "1.2", 1000, max_work=max_work)
    assert plain.enclosure is not None and found.enclosure is not None and found.bounds.enclosure is not None
    assert found.verdict is Verdict.PROVED
    assert plain.enclosure.lower <= found.bounds.enclosure.lower
    assert found.bounds.enclosure.upper <= plain.enclosure.upper
    assert found.shortfall is None or "\n" not in found.shortfall


@pytest.mark.parametrize("size", [2, 100, 1000])
def test_every_size_has_an_answer(size: int) -> None:
    check_size(ladder(size), 10**5)


@pytest.mark.slow
@pytest.mark.parametrize("size", [10_000, 100_000])
def test_large_sizes_have_an_answer(size: int) -> None:
    check_size(ladder(size), 10**6)


@pytest.mark.slow
def test_ten_thousand_samples_with_the_work_of_the_command() -> None:
    check_size(ladder(10_000), 400_000_000)


def test_the_work_of_very_many_factors_is_a_number() -> None:
    """Thousands of axes overflowed the estimate of the states."""
    plan = plan_walk(StepFactors.of(ladder(2000), F("1.2")), F(1000), 6)
    assert 1e20 < plan.work < 1e40 and plan.unit_bits < 1000
    assert "more than the 1.0e+06 allowed" in plan.too_much(10**6)
