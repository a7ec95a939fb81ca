"""Batch sizes and orders: against enumeration, closed forms and exact paths."""

import itertools
import json
import math
from fractions import Fraction
from typing import Any

import mpmath as mp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.good_certificates import Model

from catalysis.certificate import choices as comparison_claims
from catalysis.certificate.document import NotCertifiable, claim
from catalysis.choices.batch_sizes import compare_batches
from catalysis.choices.finite_width import MapPath, finite_width_orders
from catalysis.choices.orders import easy_phase, epoch_counts, epoch_draws, epoch_orders
from catalysis.cli.main import main
from catalysis.data.dataset import Dataset
from catalysis.data.law import Step
from catalysis.data.reading import load_dataset, parse_samples
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict
from catalysis.exponent.exponent import Regime

F = Fraction
TALK = parse_samples("x=1:1/2, x=1.69:1/2")
COUNTER = load_dataset("examples/small-batch-counterexample.toml")


def real(q: Fraction) -> Any:
    return mp.mpf(q.numerator) / q.denominator


@st.composite
def counted(draw: st.DrawFn) -> Dataset:
    xs = draw(st.lists(st.fractions(F(1, 8), F(4), max_denominator=8), min_size=2, max_size=3, unique=True))
    return Dataset.from_arrays(x=xs, counts=[draw(st.integers(1, 3)) for _ in xs])


# --- batch sizes -------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(counted(), st.fractions(F(1, 4), F(4), max_denominator=8))
def test_exponents_of_batches_against_enumeration(dataset: Dataset, curvature: Fraction) -> None:
    result = compare_batches(dataset, curvature, sizes=(1, 2), without_replacement=True)
    with mp.workdps(50):
        for line in result.lines:
            theta = Model(dataset.to_json(), line.step.to_json()).exponent(curvature)
            found = line.exponent.enclosure
            if found is not None:
                assert real(found.lower) < theta < real(found.upper)
            else:
                assert theta == (mp.inf if line.exponent.regime is Regime.STABLE else 0)


@settings(max_examples=25, deadline=None)
@given(
    counted(),
    st.fractions(F(1, 4), F(4), max_denominator=8),
    st.fractions(F(1), F(6), max_denominator=4),
)
def test_the_moments_fall_with_the_batch(dataset: Dataset, curvature: Fraction, theta: Fraction) -> None:
    """B1 and B3, by enumerating batches: with replacement, without, full batch."""
    data, total = dataset.to_json(), dataset.total_count
    assert total is not None
    with mp.workdps(30):

        def moment(step: Step) -> Any:
            return Model(data, step.to_json()).moment(theta, curvature)

        slack = 1 + mp.mpf(10) ** -25
        drawn = [moment(Step.minibatch(b)) for b in (1, 2, 3)]
        apart = [moment(Step.minibatch(b, replacement=False)) for b in range(1, min(total, 4) + 1)]
        full = moment(Step.full_batch())
        for row in (drawn, apart):
            assert all(b <= a * slack for a, b in itertools.pairwise(row)) and full <= row[-1] * slack
        assert all(b <= a * slack for a, b in zip(drawn, apart, strict=False))


def test_the_talk_with_its_first_curvature() -> None:
    result = compare_batches(TALK, F("1.42"), factor=F(1000))
    assert [line.step.size for line in result.lines] == [1, 2, 4, 8, 1]
    assert result.lines[-1].step.kind == "full_batch" and result.verdict is Verdict.PROVED
    assert all(r.verdict is Verdict.PROVED and r.follows_from == "B2" for r in result.relations)
    upper = [line.probability.enclosure.upper for line in result.lines]  # type: ignore[union-attr]
    assert upper == sorted(upper, reverse=True) and upper[-1] == 0
    bound = result.lines[0].bound_for_larger
    assert bound is not None and abs(float(bound) - 1.69945229385) < 1e-10


def test_the_counterexample_in_closed_form() -> None:
    """At the pole lambda = 1: theta_1 = log2(5/4), theta_2 = log2(17/16)."""
    result = compare_batches(COUNTER, F(1))
    found = [line.exponent.enclosure for line in result.lines]
    for enclosure, value in zip(found, (F(5, 4), F(17, 16)), strict=False):
        assert enclosure is not None
        with mp.workdps(30):
            assert real(enclosure.lower) < mp.log(real(value), 2) < real(enclosure.upper)
    assert found[-1] is None and result.lines[-1].regime == "inflationary"
    assert [r.verdict for r in result.relations] == [Verdict.REFUTED] * 4
    assert all(r.follows_from is None and r.order.sign == -1 for r in result.relations)
    assert result.verdict is Verdict.PROVED


def test_the_talk_itself_refutes_that_larger_is_safer() -> None:
    (first, second) = compare_batches(TALK, F("1.55"), sizes=(2, 1)).relations
    assert first.first.walk.step == Step() and first.verdict is Verdict.REFUTED
    assert first.second.regime is Regime.INFLATIONARY and first.first.regime is Regime.DEFLATIONARY
    assert second.order.sign == 0


def test_the_witness_lies_between_the_exponents() -> None:
    for dataset, curvature in (
        (TALK, F("1.42")),
        (COUNTER, F(1)),
        (load_dataset("examples/three-changes.toml"), F("0.7")),
    ):
        for relation in compare_batches(dataset, curvature).relations:
            t, sign = relation.order.between, relation.order.sign
            if t is None:
                assert sign == 0
                continue
            pair = (relation.first, relation.second)[:: sign or 1]
            with mp.workdps(40):
                data = dataset.to_json()
                moments = [Model(data, e.walk.step.to_json()).moment(t, curvature) for e in pair]
            assert moments[0] > 1 >= moments[1]


def test_without_replacement_is_held_against_with() -> None:
    dataset = Dataset.from_arrays(x=["1", "1.69"], counts=[3, 3])
    result = compare_batches(dataset, F("1.42"), sizes=(1, 2, 3), without_replacement=True)
    by_lemma = [r for r in result.relations if r.follows_from == "B3"]
    assert len(by_lemma) == 2 and all(r.order.sign == 1 for r in by_lemma)
    assert len(result.lines) == 1 + 2 + 2 + 1


@pytest.mark.parametrize(
    "bad",
    [
        {"curvature": F(0)},
        {"curvature": F(1), "sizes": ()},
        {"curvature": F(1), "sizes": (2, 2)},
        {"curvature": F(1), "sizes": (0,)},
        {"curvature": F(1), "factor": F(1)},
        {"curvature": F(1), "without_replacement": True},
        {"curvature": F(1), "sizes": (10**9,), "max_bits": 64},
    ],
)
def test_bad_batches(bad: dict[str, Any]) -> None:
    dataset = load_dataset("examples/michelson.csv") if "max_bits" in bad else TALK
    with pytest.raises(InputError):
        compare_batches(dataset, bad.pop("curvature"), **bad)


# --- orders ------------------------------------------------------------------------------------------


def running_maximum(order: tuple[Fraction, ...], curvature: Fraction) -> Fraction:
    product = largest = F(1)
    for x in order:
        product *= abs(1 - curvature * x)
        largest = max(largest, product)
    return largest


def exp_of(enclosure: Any) -> tuple[float, float]:
    return math.exp(float(enclosure.lower)), math.exp(float(enclosure.upper))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.fractions(F(0), F(4), max_denominator=4), min_size=1, max_size=5).filter(any),
    st.fractions(F(1, 8), F(3), max_denominator=8),
)
def test_all_orders_of_an_epoch(xs: list[Fraction], curvature: Fraction) -> None:
    """O1 and O2 by enumeration: ascending is least, descending largest."""
    dataset = Dataset.from_arrays(x=xs)
    result = epoch_orders(LinearWalk(dataset), curvature)
    assert result.items == len(xs) and epoch_draws(LinearWalk(dataset)) == sorted(xs)
    every = {order: running_maximum(order, curvature) for order in set(itertools.permutations(xs))}
    ascending = tuple(sorted(xs))
    assert every[ascending] == min(every.values())
    assert every[ascending[::-1]] == max(every.values())
    product = math.prod(abs(1 - curvature * x) for x in xs)
    assert every[ascending] == max(F(1), product)
    lower, upper = exp_of(result.log_largest)
    assert lower * (1 - 1e-12) <= float(max(every.values())) <= upper * (1 + 1e-12)
    if product == 0:
        assert result.log_product is None and result.bounded
    else:
        assert result.log_product is not None
        lower, upper = exp_of(result.log_product)
        assert lower * (1 - 1e-12) <= float(product) <= upper * (1 + 1e-12)
        assert result.bounded == (product <= 1)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_reshuffled_epochs_stay_below(data: st.DataObject) -> None:
    """O3: several epochs in drawn orders."""
    xs = [F(1, 2), F(1), F(5, 4), F(19, 10)]
    curvature = F(3, 2)
    result = epoch_orders(LinearWalk(Dataset.from_arrays(x=xs)), curvature)
    assert result.bounded
    epochs = [tuple(data.draw(st.permutations(xs))) for _ in range(3)]
    bound = math.prod(max(abs(1 - curvature * x), F(1)) for x in xs)
    assert running_maximum(tuple(itertools.chain(*epochs)), curvature) <= bound


def test_an_epoch_holds_the_counts_as_they_are() -> None:
    walk = LinearWalk(Dataset.from_arrays(x=["0", "1", "2"], counts=[2, 4, 6]))
    assert epoch_counts(walk) == [6, 4, 2] and len(epoch_draws(walk)) == 12
    weights = LinearWalk(parse_samples("x=1:1/3, x=4:2/3"))
    assert epoch_counts(weights) == [2, 1] and epoch_draws(weights) == [1, 4, 4]


def test_at_a_tangency_epochs_are_bounded_by_algebra() -> None:
    walk = LinearWalk(load_dataset("examples/tangency.toml"))
    result = epoch_orders(walk, F(3, 4))
    assert result.drift_sign == 0 and result.base == (2,) and result.bounded
    assert result.log_product is not None and result.log_product.lower == result.log_product.upper == 0


@pytest.mark.parametrize("steps", [0, 1, 4])
def test_an_easy_phase_by_enumeration(steps: int) -> None:
    """O4: the bounds are the mean of Lundberg's over all easy phases; the damping is M_1^T."""
    dataset, curvature, level = parse_samples("x=1/2:1/4, x=1:1/4, x=1.69:1/2"), F("1.3"), F(50)
    walk = LinearWalk(dataset)
    result = easy_phase(walk, curvature, level, steps)
    theta = result.exponent
    assert (
        theta is not None
        and result.easy == F(1, 2)
        and result.damping is not None
        and result.bounds is not None
    )
    with mp.workdps(30):
        middle = real(theta.midpoint)
        calm = [abs(1 - curvature * x) for x in (F(1, 2), F(1))]
        largest = curvature * F("1.69") - 1
        total = [mp.mpf(0), mp.mpf(0)]
        for phase in itertools.product(calm, repeat=steps):
            left = real(level / math.prod(phase, start=F(1)))
            total[0] += (left * real(largest)) ** -middle / 2**steps
            total[1] += left**-middle / 2**steps
        assert mp.almosteq(total[0], real(result.bounds.lower), 1e-12)
        assert mp.almosteq(total[1], real(result.bounds.upper), 1e-12)
        damping = (sum(real(r) ** middle for r in calm) / 2) ** steps
        assert mp.almosteq(damping, real(result.damping.midpoint), 1e-12)


def test_an_easy_phase_in_other_regimes() -> None:
    walk = LinearWalk(TALK)
    stable, grown = easy_phase(walk, F(1), F(10), 5), easy_phase(walk, F("1.7"), F(10), 5)
    assert stable.regime is Regime.STABLE and stable.bounds is not None and stable.bounds.upper == 0
    assert grown.regime is Regime.INFLATIONARY and grown.bounds is not None and grown.bounds.lower == 1
    far = easy_phase(walk, F("1.42"), F(10), 10**9)
    assert far.bounds is not None and far.bounds.lower == 0 and far.bounds.upper < F(1, 10**3000)
    with pytest.raises(NotCertifiable):
        claim(stable)


def test_an_easy_phase_at_a_pole_and_with_idle_steps() -> None:
    walk = LinearWalk(parse_samples("x=0:1/4, x=1:1/4, x=2.5:1/2"))
    result = easy_phase(walk, F(1), F(10), 3)
    assert result.easy == F(1, 2) and result.damping is not None
    assert F(1, 8) in result.damping  # half of the easy draws kill, half are idle


@pytest.mark.parametrize(("level", "steps"), [(F(1), 3), (F(1, 2), 3), (F(10), -1), (F(10), 10**9 + 1)])
def test_bad_phases(level: Fraction, steps: int) -> None:
    with pytest.raises(InputError):
        easy_phase(LinearWalk(TALK), F("1.42"), level, steps)


def test_other_bad_orders() -> None:
    with pytest.raises(InputError, match="easy"):
        easy_phase(LinearWalk(parse_samples("x=1:1")), F(3), F(2), 1)
    with pytest.raises(InputError, match="curvature"):
        epoch_orders(LinearWalk(TALK), F(0))
    with pytest.raises(InputError, match="single samples"):
        epoch_orders(LinearWalk(TALK, Step.minibatch(2)), F(1))
    for draws, kappa, L in (
        ([F(1)], F(1, 10), F(1)),
        ([F(1)] * 7, F(1, 10), F(1)),
        ([F(1), F(-2)], F(1, 10), F(1)),
        ([F(1), F(2)], F(0), F(1)),
        ([F(1), F(2)], F(1, 10), F(1, 10)),
    ):
        with pytest.raises(InputError):
            finite_width_orders(draws, kappa, L)


# --- finite width ------------------------------------------------------------------------------------


def test_ascending_order_is_not_the_best_at_finite_width() -> None:
    result = finite_width_orders([F(2), F(3)], F(1, 10), F(5, 4))
    assert result.ascending_is_best is Verdict.REFUTED and result.final_differs and result.orders == 2
    assert result.ascending.running_maximum == F("0.360350776")
    assert result.descending.running_maximum == F("0.319725616") == result.best.running_maximum
    assert result.best.order == (3, 2) and result.worst.order == (2, 3)


def test_paths_against_plain_numbers() -> None:
    kappa, curvature, largest = 0.1, 1.25, 0.1
    order = [F(3), F(1), F(2), F(2)]
    for x in map(float, order):
        kappa, curvature = (
            (1 - x * curvature + x * x * kappa**2) * kappa,
            curvature - kappa**2 * x * (4 - x * curvature),
        )
        largest = max(largest, abs(kappa))
    path = MapPath.of(order, F(1, 10), F(5, 4))
    assert float(path.final_kappa) == pytest.approx(kappa)
    assert float(path.final_curvature) == pytest.approx(curvature)
    assert float(path.running_maximum) == pytest.approx(largest)


def test_narrow_networks_have_the_order_of_wide_ones_only_in_the_limit() -> None:
    """With kappa -> 0 the map becomes the walk, and ascending order the best again."""
    tiny = finite_width_orders([F(1), F(3, 2), F(2), F(5, 2)], F(1, 10**6), F(5, 4))
    assert tiny.orders == 24 and tiny.ascending_is_best is Verdict.PROVED
    repeated = finite_width_orders([F(1), F(1), F(2)], F(1, 10), F(5, 4))
    assert repeated.orders == 3


# --- the commands ------------------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_batches_command(capsys: pytest.CaptureFixture[str]) -> None:
    document = run(
        capsys, "batches", "examples/small-batch-counterexample.toml", "--lambda", "1", "--sizes", "1,2"
    )
    assert document["verdict"] == "proved"
    assert [r["larger_batch_is_safer"] for r in document["relations"]] == ["refuted", "refuted"]
    assert document["lines"][0]["every_larger_batch_at_least"] is None
    assert main(["batches", "examples/talk-1.toml", "--lambda", "1.42", "--factor", "100"]) == 0
    text = capsys.readouterr().out
    assert "B2" in text and "full batch" in text and "proved" in text


def test_the_order_command(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["order", "--samples", "x=2, x=3", "--lambda", "5/4", "--kappa0", "1/10"]
    document = run(capsys, *arguments)
    assert document["finite_width"]["ascending_is_best"] == "refuted"
    assert document["reshuffled_epochs_bounded"] is False and document["easy_phase"] is None
    assert main([*arguments[:-2]]) == 0
    assert "O1" in capsys.readouterr().out
    document = run(capsys, "order", "examples/talk-1.toml", "--lambda", "1.42", "--easy-steps", "10")
    assert document["easy_phase"]["verdict"] == "proved" and document["reshuffled_epochs_bounded"] is True


@pytest.mark.parametrize(
    "arguments",
    [
        ["batches", "examples/talk-1.toml"],
        ["batches", "examples/talk-1.toml", "--lambda", "0"],
        ["batches", "examples/talk-1.toml", "--lambda", "1", "--sizes", "1,x"],
        ["batches", "examples/talk-1.toml", "--lambda", "1", "--sizes", "0"],
        ["batches", "examples/talk-1.toml", "--lambda", "1", "--factor", "1"],
        ["batches", "examples/talk-1.toml", "--lambda", "1", "--without-replacement"],
        ["order", "examples/talk-1.toml"],
        ["order", "examples/talk-1.toml", "--lambda", "1.42", "--easy-steps", "-1"],
        ["order", "examples/talk-1.toml", "--lambda", "1.42", "--easy-steps", "2", "--factor", "0.5"],
        ["order", "examples/talk-1.toml", "--lambda", "1.42", "--kappa0", "0"],
    ],
)
def test_bad_options_exit_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1


def test_claims_of_what_is_decided_only() -> None:
    result = compare_batches(COUNTER, F(1))
    kinds = [entry["kind"] for entry in comparison_claims.claims_of(result)]
    assert kinds == ["batch_order"] * 4
    best = finite_width_orders([F(0), F(1)], F(1, 10**6), F(1, 2))
    assert best.ascending_is_best is Verdict.PROVED
