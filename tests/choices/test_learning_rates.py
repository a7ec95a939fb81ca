"""Which learning rates are safe: every set against exponents of many digits and probabilities worked out plainly."""

import json
from fractions import Fraction
from itertools import pairwise
from math import log
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.good_certificates import Model

from catalysis.choices.learning_rates import Advice, advise
from catalysis.choices.question import Outlook, Question
from catalysis.choices.rate_cells import CellProver, extreme_steps
from catalysis.cli.main import main
from catalysis.data.dataset import Dataset
from catalysis.data.law import Step
from catalysis.data.reading import load_dataset, parse_samples
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict
from catalysis.report.learning_rates import advice_text
from catalysis.spikes.probability import hitting_probability

F = Fraction
TALK = parse_samples("x=1:1/2, x=1.69:1/2")
EXAMPLES = ["talk-1.toml", "talk-2.toml", "three-changes.toml", "tangency.toml", "rare.toml", "michelson.csv"]


def model_of(advice: Advice) -> Model:
    """The data set by brute force, its learning rate replaced by lambda_0."""
    question = advice.question
    return Model(question.walk.dataset.to_json(), question.walk.step.to_json())


def level_of(advice: Advice, rate: Fraction) -> Any:
    question = advice.question
    square = question.scale**2 * question.width / (rate * question.mu0**2)
    return mp.sqrt(mp.mpf(square.numerator) / square.denominator)


def plain_probability(dataset: Dataset, z: Fraction, level: float, layers: int = 3000) -> float:
    """P(sup |mu| >= level |mu_0|) for two samples, untilted, in doubles, over counts."""
    (up, p), (down, q) = sorted(((abs(1 - z * s.x), float(s.p)) for s in dataset.merged()), reverse=True)
    assert up > 1
    if down == 0:
        return p ** int(np.ceil(log(level) / log(up) - 1e-12))
    steps = log(up), log(down)
    alive, crossed = np.ones(1), 0.0
    for t in range(1, layers + 1):
        alive = np.concatenate([q * alive, [0.0]]) + np.concatenate([[0.0], p * alive])
        height = np.arange(t + 1) * steps[0] + (t - np.arange(t + 1)) * steps[1]
        over = height >= log(level) - 1e-12
        crossed += float(alive[over].sum())
        alive[over] = 0.0
        if alive.sum() < 1e-12 * crossed:
            break
    return crossed


def points_of(start: Fraction, end: Fraction | None) -> list[Fraction]:
    """Places inside a set: both ends and some between."""
    last = start * 2 if end is None else end
    return [start + (last - start) * share for share in (F(0), F(1, 3), F(1))]


def check_against_exponents(advice: Advice) -> None:
    """Every cell that the exponent proves, at several learning rates, with 20 digits."""
    model, question = model_of(advice), advice.question
    p = mp.mpf(question.probability.numerator) / question.probability.denominator
    with mp.workdps(20):
        for cell in advice.cells:
            for rate in points_of(cell.start, cell.end):
                if rate == 0 or cell.outlook is Outlook.UNDECIDED or "A5" in cell.lemmas:
                    continue
                level = level_of(advice, rate)
                if cell.outlook is Outlook.STABLE:
                    assert rate * model.largest <= 2
                    assert level > 1 or (rate == cell.end and level == 1)
                elif cell.outlook is Outlook.OUTSIDE:
                    assert rate * model.largest >= 4
                elif cell.outlook is Outlook.INFLATIONARY:
                    if rate == cell.start and "A4d" in cell.lemmas:
                        continue
                    assert rate not in model.poles and model.drift(rate) > -(mp.mpf(10) ** -30)
                    assert 2 < rate * model.largest <= 4
                elif cell.outlook is Outlook.RARE:
                    theta = model.exponent(rate)
                    assert level > 1 and (theta == mp.inf or level**-theta <= p)
                else:
                    largest = real_factor(model, rate)
                    assert level <= 1 or (level * largest) ** -model.exponent(rate) > p


def real_factor(model: Model, rate: Fraction) -> Any:
    factor = rate * model.largest - 1
    return mp.mpf(factor.numerator) / factor.denominator


def check_cover(advice: Advice) -> None:
    """The sets follow each other from 0 to infinity, and neighbours differ."""
    sets = advice.sets
    assert sets[0].start == 0 and sets[-1].end is None
    assert all(a.end == b.start for a, b in pairwise(sets))
    assert all((a.outlook, a.at_once) != (b.outlook, b.at_once) for a, b in pairwise(sets))
    assert all(s.end is None or s.start < s.end for s in sets)


@pytest.mark.parametrize(
    ("name", "probability"),
    [
        pytest.param(name, F(1, 10 ** (3 + 6 * (i % 2))), marks=[pytest.mark.slow] * (i % 3 == 2))
        for i, name in enumerate(EXAMPLES)
    ],
)
def test_examples_hold_against_exponents_of_many_digits(name: str, probability: Fraction) -> None:
    advice = advise(load_dataset(f"examples/{name}"), F(2), F(10**6), F(1), probability, max_work=0)
    check_cover(advice)
    check_against_exponents(advice)
    outlooks = [s.outlook for s in advice.sets]
    assert outlooks[:2] == [Outlook.STABLE, Outlook.RARE] and outlooks[-1] is Outlook.OUTSIDE
    assert Outlook.LIKELY in outlooks


@st.composite
def data_sets(draw: st.DrawFn) -> Dataset:
    xs = draw(st.lists(st.fractions(F(1, 10), F(4), max_denominator=12), min_size=1, max_size=4, unique=True))
    if draw(st.booleans()):
        xs = [*xs, F(0)]
    counts = [draw(st.integers(1, 9)) for _ in xs]
    return Dataset.from_arrays(x=xs, counts=counts)


@settings(max_examples=12, deadline=None)
@given(
    data_sets(),
    st.fractions(F(1, 5), F(5), max_denominator=9),
    st.integers(1, 10**6),
    st.fractions(F(-40), F(40), max_denominator=7).filter(bool),
    st.fractions(F(1, 1000), F(9, 10), max_denominator=1000),
)
def test_random_questions(
    dataset: Dataset, lambda0: Fraction, width: int, mu0: Fraction, p: Fraction
) -> None:
    advice = advise(dataset, lambda0, F(width), mu0, p, tolerance=F(1, 20), max_work=0, max_cells=100)
    check_cover(advice)
    check_against_exponents(advice)


@pytest.mark.parametrize(
    ("name", "p"),
    [
        ("talk-1.toml", F(1, 1000)),
        pytest.param("talk-2.toml", F(1, 30), marks=pytest.mark.slow),
        pytest.param("tangency.toml", F(1, 7), marks=pytest.mark.slow),
    ],
)
def test_narrowed_slivers_hold_against_plain_probabilities(name: str, p: Fraction) -> None:
    dataset = load_dataset(f"examples/{name}")
    advice = advise(dataset, F(2), F(10**4), F(1), p)
    narrowed = [cell for cell in advice.cells if "A5" in cell.lemmas]
    assert narrowed and advice.verdict is Verdict.PROVED
    kinds = [[cell for cell in narrowed if cell.outlook is kind] for kind in (Outlook.RARE, Outlook.LIKELY)]
    for cell in (kinds[0][-1], kinds[1][0], kinds[1][-1]):
        assert cell.end is not None
        for rate in (cell.start, cell.end):
            found = plain_probability(dataset, 2 * rate, float(level_of(advice, rate)))
            assert (
                found <= float(p) * (1 + 1e-9)
                if cell.outlook is Outlook.RARE
                else found > float(p) * (1 - 1e-9)
            )
    sliver = next(s for s in advice.sets if s.outlook is Outlook.UNDECIDED)
    assert sliver.end is not None
    edges = [
        plain_probability(dataset, 2 * at, float(level_of(advice, at))) for at in (sliver.start, sliver.end)
    ]
    assert edges[0] <= float(p) <= edges[1] and edges[1] < 1.5 * edges[0]


def test_the_probability_inside_each_set_by_another_method() -> None:
    advice = advise(TALK, F(2), F(10**6), F(1), F(1, 1000))
    walk = LinearWalk(TALK.with_learning_rate(2))
    for line in advice.sets:
        if line.end is None or line.outlook in (Outlook.UNDECIDED, Outlook.OUTSIDE):
            continue
        rate = (line.start + line.end) / 2
        found = hitting_probability(walk, rate, advice.question.start_rate / rate, squared=True).enclosure
        assert found is not None
        expected = {
            Outlook.STABLE: found.upper == 0,
            Outlook.RARE: found.upper <= F(1, 1000),
            Outlook.LIKELY: found.lower > F(1, 1000),
            Outlook.INFLATIONARY: found.lower == 1,
        }
        assert expected[line.outlook], line


def test_known_numbers_of_the_talk() -> None:
    advice = advise(TALK, F(2), F(10**6), F(1), F(1, 1000))
    sets = advice.sets
    assert [s.outlook.value for s in sets] == [
        "stable",
        "rare",
        "undecided",
        "likely",
        "inflationary",
        "outside window",
    ]
    assert sets[0].end == F(100, 169) and sets[-1].start == F(200, 169)
    assert abs(float(sets[4].start) - 1.5917159763313609 / 2) < 1e-5
    assert float(sets[2].start) == pytest.approx(0.7458, abs=2e-4)
    assert advice.verdict is Verdict.PROVED and (sets[2].relative_width or 1) < F(1, 1000)


def test_the_learning_rate_of_the_data_is_ignored() -> None:
    first = advise(TALK, F(2), F(100), F(1), F(1, 10), tolerance="1/50")
    second = advise(TALK.with_learning_rate("1/7"), F(2), F(100), F(1), F(1, 10), tolerance="1/50")
    assert first.fields() == second.fields()


def test_scale_and_start_enter_together() -> None:
    first = advise(TALK, F(2), F(100), F(1, 2), F(1, 10), scale=F(3, 2), tolerance="1/50")
    second = advise(TALK, F(2), F(900), F(-1), F(1, 10), scale=F(1), tolerance="1/50")
    assert [s.to_json() for s in first.sets] == [s.to_json() for s in second.sets]


def test_accepting_more_makes_more_learning_rates_rare() -> None:
    ends = []
    for p in (F(1, 10**6), F(1, 10**3), F(1, 10)):
        advice = advise(TALK, F(2), F(10**6), F(1), p, max_work=0)
        rare = next(s for s in advice.sets if s.outlook is Outlook.RARE)
        ends.append(rare.end)
    assert all(a is not None and b is not None and a < b for a, b in pairwise(ends))


@pytest.mark.parametrize(
    ("mu0", "expected"),
    [
        (F(100), ["stable", "likely", "outside window"]),
        (F(4), ["stable", "rare", "undecided", "likely", "likely", "outside window"]),
    ],
)
def test_a_start_beyond_the_level(mu0: Fraction, expected: list[str]) -> None:
    advice = advise(TALK, F(2), F(10), mu0, F(1, 100))
    assert [s.outlook.value for s in advice.sets] == expected
    start = F(10) / mu0**2
    surely = [s for s in advice.sets if s.at_once]
    assert len(surely) == 1 and surely[0].start == start and surely[0].end == F(200, 169)
    assert advice.at(start) is Outlook.LIKELY
    check_cover(advice)
    check_against_exponents(advice)


def test_a_start_that_is_the_event_just_where_stability_ends() -> None:
    advice = advise(TALK, F(2), F(169, 100), F(169, 100), F(1, 100))
    assert advice.question.start_rate == advice.question.stable_up_to == F(100, 169)
    assert [s.outlook.value for s in advice.sets] == ["stable", "likely", "outside window"]
    assert advice.at(F(100, 169)) is Outlook.LIKELY and advice.at(F(99, 169)) is Outlook.STABLE
    beyond = advise(TALK, F(2), F(10), F(1, 10), F(1, 100))
    assert beyond.question.start_rate > beyond.question.window_up_to
    assert not any(s.at_once for s in beyond.sets)


def test_full_batch_has_no_rare_learning_rates() -> None:
    advice = advise(TALK, F(2), F(100), F(1), F(1, 100), step=Step.full_batch())
    kinds = [s.outlook.value for s in advice.sets]
    assert kinds == ["stable", "inflationary", "outside window"] and advice.verdict is Verdict.PROVED
    assert advice.at(2 / (2 * F(269, 200))) is Outlook.STABLE
    assert advice.sets[0].end == 2 / (2 * F(269, 200))


def test_minibatches_are_answered_too() -> None:
    single = advise(TALK, F(2), F(10**4), F(1), F(1, 100), max_work=0)
    pairs = advise(TALK, F(2), F(10**4), F(1), F(1, 100), step=Step.minibatch(2), tolerance="1/100")
    check_cover(pairs)
    check_against_exponents(pairs)
    assert pairs.sets[0].end == single.sets[0].end


def test_the_tolerance_is_kept_for_few_samples() -> None:
    for tolerance in (F(1, 100), F(1, 5000)):
        advice = advise(TALK, F(2), F(10**4), F(1), F(1, 100), tolerance=tolerance)
        assert advice.verdict is Verdict.PROVED and not advice.wide
    coarse = advise(TALK, F(2), F(10**4), F(1), F(1, 100), max_work=0, tolerance=F(1, 5000))
    assert coarse.verdict is Verdict.PROVED and coarse.wide and "max_work" in str(coarse.shortfall)
    nothing = advise(TALK, F(2), F(10**4), F(1), F(1, 100), max_work=0, max_cells=0, tolerance=F(9, 10))
    assert nothing.shortfall is None or nothing.wide


@settings(max_examples=30, deadline=None)
@given(
    data_sets(),
    st.fractions(F(1, 10), F(3), max_denominator=50),
    st.fractions(F(1, 50), F(1), max_denominator=50),
)
def test_extreme_factors_are_extreme(dataset: Dataset, start: Fraction, width: Fraction) -> None:
    question = Question(LinearWalk(dataset), F(100), F(1), F(1, 10))
    cut = start, start + width
    top, low = (extreme_steps(question, cut, largest=largest) for largest in (True, False))
    for share in (F(0), F(1, 7), F(1, 2), F(1)):
        rate = start + share * width
        mean = sum(
            p * abs(1 - rate * x) for x, p in zip(question.walk.law.x, question.walk.law.p, strict=True)
        )
        ends = [sum(r * p for r, p in zip(s.factors, s.weights, strict=True)) + s.idle for s in (low, top)]
        assert ends[0] <= mean <= ends[1]
    poles = [pole for pole in question.walk.poles if cut[0] <= pole <= cut[1]]
    assert (low.dead > 0) == bool(poles)


def test_a_cell_across_a_pole_is_not_proved_by_concavity() -> None:
    dataset = parse_samples("x=1:1/10, x=3:9/10")
    question = Question(LinearWalk(dataset), F(10**6), F(1), F(1, 2))
    prover = CellProver(question)
    assert prover.cell(F(9985, 10000), F(10015, 10000)) is None
    assert prover.inflationary(F(99, 100), F(101, 100)) is None


@settings(max_examples=60, deadline=None)
@given(
    st.fractions(F(3, 5), F(11, 10), max_denominator=60),
    st.fractions(F(1, 200), F(1, 5), max_denominator=200),
    st.fractions(F(1, 100), F(1, 2), max_denominator=100),
)
def test_the_bounds_of_wide_cells(start: Fraction, width: Fraction, p: Fraction) -> None:
    """A4a and A4b with the level and the largest factor taken at the right ends."""
    end = min(start + width, F(200, 169))
    question = Question(LinearWalk(TALK.with_learning_rate(2)), F(10), F(1), p)
    prover = CellProver(question)
    low, high = (mp.sqrt(mp.mpf(10 * at.denominator) / at.numerator) for at in (end, start))
    largest = float(end * F("3.38") - 1)
    accepted = mp.mpf(p.numerator) / p.denominator
    needed, allowed = prover.needed_for_rare(end), prover.allowed_for_likely(start, end)
    assert needed is not None and allowed is not None
    assert low ** -mp.mpf(float(needed)) <= accepted * (1 + 1e-12)
    assert (high * largest) ** -mp.mpf(float(allowed)) > accepted * (1 - 1e-12)
    assert low ** -mp.mpf(float(needed * F(999998, 1000000))) > accepted * (1 - 1e-12)
    assert (high * largest) ** -mp.mpf(float(allowed * F(1000002, 1000000))) <= accepted * (1 + 1e-12)


def test_the_answer_for_single_learning_rates() -> None:
    advice = advise(TALK, F(2), F(10**6), F(1), F(1, 1000))
    cases = {
        "1/10": "stable",
        "7/10": "rare",
        "0.77": "likely",
        "9/10": "inflationary",
        "2": "outside window",
    }
    for rate, outlook in cases.items():
        assert advice.at(F(rate)).value == outlook
    with pytest.raises(InputError, match="learning rate"):
        advice.at(F(0))


BAD = [
    ({"lambda0": F(0)}, "lambda0"),
    ({"width": F(1, 2)}, "width"),
    ({"mu0": F(0)}, "mu0"),
    ({"probability": F(0)}, "probability"),
    ({"probability": F(1)}, "probability"),
    ({"probability": F(3, 2)}, "probability"),
    ({"scale": F(0)}, "scale"),
    ({"scale": F(-1)}, "scale"),
    ({"tolerance": F(1)}, "tolerance"),
    ({"tolerance": F(1, 10**12)}, "tolerance"),
]


@pytest.mark.parametrize(("bad", "field"), BAD)
def test_bad_input(bad: dict[str, Fraction], field: str) -> None:
    good: dict[str, Any] = {"lambda0": F(2), "width": F(100), "mu0": F(1), "probability": F(1, 10)}
    with pytest.raises(InputError, match=field):
        advise(TALK, **(good | bad))


ARGUMENTS = ["--lambda0", "2", "--width", "1e6", "--mu0", "1", "--probability", "1e-3"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--probability", "0"),
        ("--probability", "1"),
        ("--probability", "-0.5"),
        ("--width", "0.5"),
        ("--lambda0", "0"),
        ("--mu0", "0"),
        ("--scale", "0"),
        ("--tolerance", "2"),
        ("--mu0", "one"),
    ],
)
def test_bad_options_exit_with_2(option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = list(ARGUMENTS)
    if option in arguments:
        arguments[arguments.index(option) + 1] = value
    else:
        arguments += [option, value]
    assert main(["advise", "examples/talk-1.toml", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and option.strip("-") in captured.err


@pytest.mark.parametrize("missing", ["--lambda0", "--width", "--mu0", "--probability"])
def test_missing_options_exit_with_2(missing: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = list(ARGUMENTS)
    at = arguments.index(missing)
    del arguments[at : at + 2]
    assert main(["advise", "examples/talk-1.toml", *arguments]) == 2
    assert missing in capsys.readouterr().err


def test_the_command_prints_one_document_or_one_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["advise", "examples/talk-1.toml", *ARGUMENTS, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "proved" and "linear regime" in document["event"]
    assert document["sets"][0] == {"regime": "stable", "from": "0", "to": "100/169", "lemmas": ["A2"]}
    assert document["sets"][-1]["to"] == "inf"
    assert main(["advise", "examples/talk-1.toml", *ARGUMENTS]) == 0
    text = capsys.readouterr().out
    safe = "Safe in the linear regime of this data set, at the accepted"
    for word in ("stable", "rare", "likely", "inflationary", "linear regime", safe, "A4a"):
        assert word in text


def test_long_answers_are_cut_in_the_table_only() -> None:
    """Many poles in the window: many sets."""
    xs = [F(1) + F(k, 40) for k in range(20)] + [F(3)]
    dataset = Dataset.from_arrays(x=xs, counts=[1] * 20 + [400])
    advice = advise(dataset, F(1), F(100), F(1), F(1, 2), max_work=0)
    check_cover(advice)
    assert len(advice.sets) > 20
    assert advice_text(advice) is not None
