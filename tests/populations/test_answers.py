"""Regimes, drift, theta and thresholds of populations; tails; bad input; the common protocol."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from kit import EXAMPLES
from kit.protocol import NUMBERS, keeps_the_protocol, refuses

from catalysis.crosscheck.tails import crosscheck_tail
from catalysis.data.population import is_law, parse_law
from catalysis.exact.errors import InputError
from catalysis.exact.result import Enclosure, Verdict
from catalysis.exponent.exponent import cramer_exponent
from catalysis.exponent.solve import Regime
from catalysis.populations.answer import LawAnswer, law_answer
from catalysis.populations.arch import arch_exponent
from catalysis.populations.extremal import _Table, arch_extremal_index
from catalysis.populations.laws import Population
from catalysis.populations.tails import tail_answer, words
from catalysis.populations.threshold import largest_curvature, law_thresholds, mean_square
from catalysis.products.kernel import load_vectors
from catalysis.products.walk import MatrixWalk
from catalysis.report.populations import law_text
from catalysis.simulation.tails import draw_samples, hill

F = Fraction
FILE = str(EXAMPLES / "talk-1.toml")
PLANE = str(EXAMPLES / "plane.csv")


def real(value: Fraction) -> Any:
    return mp.mpf(value.numerator) / value.denominator


def theta(found: LawAnswer) -> Enclosure:
    assert isinstance(found.number, Enclosure)
    return found.number


# Closed forms.


@pytest.mark.parametrize(
    ("text", "eta"),
    [("normal(0, 3/10)", F(200, 27)), ("x ~ exponential(1)", F(1)), ("uniform(0, 1)", F(10, 3))],
)
def test_theta_is_two_where_the_second_moment_is_one(text: str, eta: Fraction) -> None:
    assert law_thresholds(text, digits=4).mean_square == eta
    assert 2 in theta(law_answer(text, eta))


def test_theta_of_uniform_samples_is_one_at_four() -> None:
    found = law_answer("uniform(0, 1)", 4)
    assert 1 in theta(found) and found.regime is Regime.DEFLATIONARY


@pytest.mark.parametrize(("d", "b"), [pytest.param(2, 1, marks=pytest.mark.slow), (100, 5)])
def test_isotropic_theta_is_two_exactly(d: int, b: int) -> None:
    eta = F(2 * b, 4 * (d + b + 1))
    assert law_thresholds("normal(0, 2)", dimension=d, batch_size=b, digits=1).mean_square == eta
    assert 2 in theta(law_answer("normal(0, 2)", eta, dimension=d, batch_size=b, digits=2))


@pytest.mark.slow
def test_the_drift_in_the_plane() -> None:
    """E log((1 + |1 - cW|)/2), W exponential with mean 2: Jensen's formula over the angle."""

    def drift(c: Any) -> Any:
        return mp.quad(
            lambda w: mp.exp(-w / 2) / 2 * mp.log((1 + abs(1 - c * w)) / 2), [0, 1 / c, 8 / c, 40 / c]
        )

    zero = law_thresholds("normal(0, 1)", dimension=2, digits=4)
    assert zero.unique and zero.zero is not None
    assert drift(real(zero.zero.lower)) < 0 < drift(real(zero.zero.upper))
    assert zero.zero.width < F(1, 10**4)


@pytest.mark.slow
def test_the_published_window_and_study() -> None:
    """d = 100, b = 1: the window of 0 < theta < 2, and the drift at the learning rates of a published study."""
    found = law_thresholds("normal(0, 1)", dimension=100, digits=5)
    assert found.mean_square == F(1, 51)
    assert found.zero is not None and abs(found.zero.midpoint - F("0.0196310347447")) < F(1, 10**6)
    study = {"0.039474": "0.0357124", "0.033158": "0.0213055", "0.024737": "0.0062781"}
    for eta, drift in study.items():
        answer = law_answer("normal(0, 1)", eta, dimension=100, digits=5)
        assert answer.regime is Regime.INFLATIONARY and answer.drift.lower is not None
        assert F(drift) < answer.drift.lower and answer.drift.upper < F(drift) + F(2, 10**7)


def test_the_exponent_falls_as_the_learning_rate_grows() -> None:
    values = [theta(law_answer("student(6)", F(n, 10), digits=6)) for n in (1, 2, 4, 8)]
    assert all(b.upper < a.lower for a, b in itertools.pairwise(values))
    assert values[0].upper < 3


def test_a_mixture_of_atoms_is_the_finite_data_set() -> None:
    finite = cramer_exponent(FILE, "1.42").enclosure
    mixed = theta(law_answer("1/2 * atom(1) + 1/2 * atom(1.3)", "1.42"))
    assert finite is not None and mixed.lower < finite.upper and finite.lower < mixed.upper


def test_a_mixture_with_an_atom_at_the_pole() -> None:
    found = law_answer("1/2 * atom(1) + 1/2 * normal(0, 2)", 1)
    assert found.drift.lower is None and found.regime is Regime.DEFLATIONARY
    assert not law_thresholds("1/2 * atom(1) + 1/2 * normal(0, 2)", digits=4).unique


def test_bounded_laws_have_a_stable_regime_and_unbounded_ones_have_none() -> None:
    assert law_answer("uniform(-1, 1)", 2).regime is Regime.STABLE
    assert law_thresholds("uniform(-1, 1)", digits=3).stable_up_to == 2
    assert law_answer("normal(0, 1)", "1/100").regime is Regime.DEFLATIONARY
    assert law_thresholds("normal(0, 1)", digits=3).stable_up_to == 0
    assert law_answer("truncated(normal(0, 1), -1/2, 1/3)", 8, digits=3).regime is Regime.STABLE
    assert law_answer("truncated(normal(0, 1), -1/2, 1/3)", "8.01", digits=3).regime is Regime.DEFLATIONARY
    assert largest_curvature(Population(parse_law("truncated(normal(0, 1), -1/2, 1/3)"))) == F(1, 4)
    assert largest_curvature(Population(parse_law("x ~ truncated(gamma(2, 1), 1, 4)"))) == 4


def test_a_truncated_law_that_cuts_nothing_off_is_the_law() -> None:
    far = theta(law_answer("truncated(normal(0, 3/10), -20, 20)", 2, digits=8))
    whole = theta(law_answer("normal(0, 3/10)", 2, digits=8))
    assert far.lower < whole.upper and whole.lower < far.upper
    assert parse_law("truncated(uniform(0, 2), 1, 3)") == parse_law("uniform(1, 2)")
    assert mean_square(Population(parse_law("truncated(student(4), -2, 2)"))) is None


@pytest.mark.parametrize(
    ("text", "once"),
    [
        ("truncated(student(4), -2, 2)", True),
        ("truncated(normal(0, 1), -2, 1)", False),
        ("truncated(normal(0, 1), 1, 2)", True),
        ("truncated(normal(1, 1), -2, 2)", False),
        ("x ~ truncated(gamma(2, 1), 1, 4)", True),
    ],
)
def test_truncated_laws_of_one_threshold(text: str, once: bool) -> None:
    assert Population(parse_law(text)).log_concave is once


def test_an_exponent_beyond_the_search_is_a_proved_lower_bound() -> None:
    found = law_answer("normal(0, 1)", "1/50", dimension=100, batch_size=5, digits=4)
    assert found.verdict is Verdict.PROVED and found.number is None
    assert (
        found.fields()["exponent"] == {"lower": "64", "upper": None} and "64" in found.fields()["shortfall"]
    )


def test_digits_that_do_not_tell_the_drift_from_zero() -> None:
    found = law_answer("normal(0, 1)", "2.4212495210", digits=2)
    assert found.verdict is Verdict.UNDECIDED and "more digits" in found.fields()["reason"]


def test_curvature_and_learning_rate_count_by_their_product() -> None:
    assert theta(law_answer("normal(0, 1)", 1, curvature="1/2")) == theta(law_answer("normal(0, 1)", "1/2"))


def test_batches_of_a_normal_law_are_chi_square() -> None:
    batch = law_answer("normal(0, 1)", 1, batch_size=3)
    same = law_answer("x ~ gamma(3/2, 2/3)", 1)
    assert theta(batch) == theta(same)


# ARCH(1), as in a textbook.


@pytest.mark.parametrize(
    ("size", "kappa"),
    [("0.1", "13.24"), ("0.3", "4.180"), ("0.5", "2.365"), ("0.7", "1.586"), ("0.9", "1.152")],
)
def test_kappa_of_arch(size: str, kappa: str) -> None:
    found = arch_exponent(size, 20)
    assert found is not None and abs(found.midpoint - F(kappa)) < F(1, 200)
    k = mp.mpf(str(found.decimals(20)[0]))
    with mp.workdps(30):
        assert abs((2 * mp.mpf(size)) ** k * mp.gamma(k + 0.5) - mp.sqrt(mp.pi)) < 1e-4


def test_extremal_indices_of_arch() -> None:
    for size, seen in (
        ("0.1", 0.997601),
        ("0.5", 0.721533),
        ("0.9", 0.459022),
    ):  # 1e6 paths, error up to 5e-4
        found = arch_extremal_index(size, cells=1024)
        assert float(found.index.lower) - 0.0015 < seen < float(found.index.upper) + 0.0015
        assert found.index.width < F(1, 200)
    keeps_the_protocol(found)
    with pytest.raises(InputError, match="size"):
        arch_extremal_index(2)


def test_a_cell_starts_at_its_end() -> None:
    """If all cells count as 1 the image is P(xi > i delta - n delta), from the left end on the lower side."""
    for side, start in (("upper", 0), ("lower", 1)):
        table = _Table(F(1, 2), F(1, 8), 32, side, 1.0)
        for i, value in enumerate(table.image(np.ones(32), 0.0, 0, 4)):
            exact = float(mp.erfc(mp.sqrt(mp.exp(mp.mpf(i + start - 32) / 8))))
            assert abs(value - exact) < 1e-12


def test_finer_cells_lie_inside_coarser_ones() -> None:
    coarse, fine = (arch_extremal_index("0.5", cells=n).index for n in (256, 1024))
    assert coarse.lower < fine.lower < fine.upper < coarse.upper


# Tails.


def test_the_tail_index_is_the_exponent() -> None:
    found = tail_answer(FILE, "1.42")
    assert found.stationary and found.power_law
    finite = cramer_exponent(FILE, "1.42").enclosure
    assert isinstance(found.number, Enclosure) and finite is not None
    assert found.number.lower < finite.upper and finite.lower < found.number.upper
    assert "not of a density" in " ".join(words(found))


def test_no_stationary_law_where_the_drift_is_positive() -> None:
    found = tail_answer("normal(0, 1)", "0.024737", dimension=100)
    assert found.stationary is False and found.number is None and found.fields()["tail_index"] is None


def test_stable_steps_leave_all_moments() -> None:
    found = tail_answer(FILE, 1)
    assert found.stationary and float(found) == float("inf") and found.power_law is False


def test_an_isometry_has_no_stationary_law() -> None:
    """e' = -e + Q; signs +-1 by chance as well (P7)."""
    for text in ("x ~ atom(2)", "x ~ 1/2*atom(2) + 1/2*atom(0)"):
        found = tail_answer(text, 1)
        assert found.stationary is False and found.verdict is Verdict.PROVED
        assert "|F| = 1" in words(found)[1] and [one.status for one in found.hypotheses] == ["assumed"]


@pytest.mark.parametrize("text", ["x ~ atom(1)", "1/2*atom(1)+1/2*normal(0,1)", "1/3*atom(1)+2/3*atom(3/2)"])
def test_a_step_that_may_make_the_error_0_has_the_drift_minus_infinity(text: str) -> None:
    found = law_answer(text, 1, digits=4)
    assert found.drift.sign == -1 and found.fields()["drift"] == "-inf"
    (frame,) = law_text(found)
    assert ("drift E log R", "-inf") in [row[:2] for row in frame.rows]
    assert tail_answer(text, 1, digits=4).stationary


def test_noise_with_fewer_moments_decides() -> None:
    found = tail_answer("normal(0, 1)", 1, noise="student(1/2)")
    assert found.number == Enclosure(F(1, 2), F(1, 2)) and found.power_law is None
    assert [one.status for one in found.hypotheses] == ["assumed", "fails", "proved"]
    more = tail_answer("normal(0, 1)", 1, noise="student(3)")
    assert more.power_law and more.hypotheses[1].status == "proved"


def test_a_lattice_is_found() -> None:
    """Factors 2 and 1/4 are powers of 2: no limit is claimed."""
    found = tail_answer("x ~ 1/2*atom(3) + 1/2*atom(3/4)", 1)
    assert found.power_law is None and found.hypotheses[2].status == "fails"
    assert tail_answer("x ~ 1/2*atom(3/2) + 1/2*atom(5/2)", 1, digits=4).power_law
    from catalysis.data.reading import parse_samples

    finite = tail_answer(parse_samples("x=3:1/4, x=3/4:3/4"))
    assert finite.stationary and finite.power_law is None and finite.hypotheses[2].status == "fails"


@pytest.mark.slow
def test_tails_of_products() -> None:
    walk = MatrixWalk.from_data(load_vectors(PLANE), eta="0.6")
    found = tail_answer(walk)
    assert found.stationary and found.power_law and isinstance(found.number, Enclosure)
    blocks = MatrixWalk.from_features([[1, 0], [0, 2]], eta="0.55")
    apart = tail_answer(blocks)
    assert apart.power_law is None and apart.hypotheses[2].status == "not proved"


# Simulation beside it.


def test_hill_estimates_agree() -> None:
    found = crosscheck_tail("normal(0, 1)", 1, replicas=20_000, seed=3)
    assert found.agree and found.verdict is Verdict.MEASURED
    keeps_the_protocol(found)


def test_hill_of_an_exact_power_law() -> None:
    sizes = (np.arange(1, 10_001) / 10_001) ** (-1 / 1.5)
    assert abs(hill(np.sort(sizes), 1000) - 1.5) < 0.05


@pytest.mark.parametrize(
    "text", ["x ~ 1/4*gamma(2, 1) + 3/4*atom(3)", "student(5)", "uniform(1, 2)", "lognormal(0, 1/4)"]
)
def test_samples_have_the_mean_of_their_law(text: str) -> None:
    from catalysis.populations.threshold import _moments

    law = parse_law(text)
    values = draw_samples(law, 50_000, np.random.default_rng(1)) ** 2
    known = [_moments(part) for part in law.parts]
    if all(known):
        mean = float(sum(part.weight * m[0] for part, m in zip(law.parts, known, strict=True) if m))
        assert abs(values.mean() - mean) < 6 * values.std() / 50_000**0.5


def test_samples_of_a_truncated_law_stay_in_it() -> None:
    """z given |z| < 1: E z^2 = 1 - 2 phi(1)/(2 Phi(1) - 1) = 0.29112."""
    values = draw_samples(parse_law("truncated(normal(0, 1), -1, 1)"), 50_000, np.random.default_rng(1))
    assert np.abs(values).max() <= 1 and abs((values**2).mean() - 0.29112) < 0.01
    with pytest.raises(InputError, match="keeps more"):
        draw_samples(parse_law("truncated(normal(0, 1), 9, 10)"), 5, np.random.default_rng(1))


# Bad input.


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("cauchy(1)", "lognormal"),
        ("normal(0)", "standard deviation"),
        ("normal(0, 0)", "standard deviation"),
        ("normal(0, -1)", "standard deviation"),
        ("x ~ normal(0, 1)", "s ~ normal"),
        ("gamma(1, 1)", "x ~ gamma"),
        ("uniform(2, 1)", "lower end"),
        ("x ~ uniform(-1, 1)", "x >= 0"),
        ("exponential(0)", "mean"),
        ("student(0)", "degrees"),
        ("1/2 * normal(0, 1)", "sum to 1"),
        ("2 * normal(0, 1)", "weight"),
        ("y ~ normal(0, 1)", "s ~ ..."),
        ("normal 0 1", "normal(mean"),
        ("normal(a, 1)", "normal"),
        ("", "normal(mean"),
        ("normal(0, 1)" * 999, "4000"),
        ("atom(0)", "value 0"),
        ("+".join(["1/99*atom(1)"] * 99), "50"),
    ],
)
def test_what_is_no_law_is_refused_in_one_line(text: str, word: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_law(text)
    assert word in str(caught.value) and "\n" not in str(caught.value)


def test_what_is_known_of_no_law() -> None:
    for bad in ({"dimension": 2}, {"batch_size": 2}):
        with pytest.raises(InputError, match="expected 1"):
            law_answer("uniform(0, 1)", 1, **bad)
    for bad in ({"dimension": 0}, {"dimension": 1001}, {"batch_size": 0}, {"digits": 0}, {"max_bits": 1}):
        with pytest.raises(InputError, match=next(iter(bad))):
            law_answer("normal(0, 1)", 1, **bad)
    with pytest.raises(InputError, match="eta"):
        tail_answer("normal(0, 1)")
    assert is_law("normal(0,1)") and is_law("x ~ 1/2*atom(1)+1/2*atom(2)") and not is_law(FILE)


@pytest.mark.parametrize("text", [None, 3, [], object()])
def test_a_law_is_text(text: Any) -> None:
    with pytest.raises(InputError, match="law"):
        parse_law(text)


# The protocol.

RESULTS: dict[str, Callable[[], Any]] = {
    "deflationary": lambda: law_answer("normal(0, 3/10)", 2),
    "stable": lambda: law_answer("uniform(0, 1)", 1),
    "inflationary": lambda: law_answer("normal(0, 3/10)", 40),
    "undecided": lambda: law_answer("normal(0, 1)", "2.4212495210", digits=2),
    "thresholds": lambda: law_thresholds("normal(0, 3/10)"),
    "tail": lambda: tail_answer("normal(0, 3/10)", 2),
    "tail of data": lambda: tail_answer(FILE, "1.42"),
}


@pytest.mark.parametrize("name", [n for n in RESULTS if n != "thresholds"])
def test_results_keep_the_protocol(name: str) -> None:
    keeps_the_protocol(RESULTS[name]())


def test_thresholds_keep_the_protocol() -> None:
    found = RESULTS["thresholds"]()
    assert found.to_json()["eta"] is None and "\n" not in repr(found) and str(found)
    assert 26.9 < float(found) < 26.91


def test_the_door_for_numbers() -> None:
    values = [law_answer("normal(0, 1)", value, digits=3).eta for value in NUMBERS]
    assert set(values) == {F(3, 2)}
    refuses(lambda v: law_answer("normal(0, 1)", v), "eta")
    refuses(lambda v: law_answer("normal(0, 1)", 1, curvature=v), "curvature")
    refuses(lambda v: law_answer("normal(0, 1)", 1, digits=v), "digits")
    refuses(lambda v: tail_answer("normal(0, 1)", 1, curvature=v), "curvature")
    refuses(lambda v: law_thresholds("normal(0, 1)", curvature=v), "curvature")
