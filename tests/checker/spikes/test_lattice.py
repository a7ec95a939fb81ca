"""The checker on claims `spike` by the lattice of the factors (S8)."""

import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import mpmath as mp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.good_certificates import certificate, data_set
from kit.spike_oracle import Pairs, cramer, hitting, is_deflationary, real

from catalysis.certificate.document import certificate_of, claim
from catalysis.data.reading import parse_samples
from catalysis.data.walk import LinearWalk
from catalysis.spikes.probability import hitting_probability
from proofs_check.certificate import Verdict, check_certificate
from proofs_check.core.budget import Work
from proofs_check.spikes.lattice import power_of

F = Fraction
Json = Any
SINGLE = {"kind": "single"}
FAIR = (("1/2", "501/1000"), ("3", "499/1000"))  # at 1: factors 1/2 and 2


@pytest.fixture(autouse=True)
def many_digits() -> Iterator[None]:
    with mp.workdps(60):
        yield


def verdict_of(document: Json) -> Verdict:
    (verdict,) = check_certificate(json.dumps(document).encode())
    return verdict


def decimal(x: Any, places: int, up: bool) -> str:
    scaled = mp.ceil(x * mp.mpf(10) ** places) if up else mp.floor(x * mp.mpf(10) ** places)
    return str(F(int(scaled), 10**places))


def samples_of(pairs: Pairs) -> Json:
    """Data whose factors at 1 are these: x = 1 + r for r > 1, else 1 - r."""
    rows = sorted((1 + r if r > 1 else 1 - r, p) for r, p in pairs)
    return data_set(*((str(x), str(p)) for x, p in rows))


def lattice(
    data: Json, pairs: Pairs, level: str, lower: str, upper: str, span: str = "2", **other: Any
) -> Json:
    theta = cramer(pairs)
    tiny = mp.mpf(10) ** -40
    bracket = {"lower": decimal(theta - tiny, 50, False), "upper": decimal(theta + tiny, 50, True)}
    entry = {"kind": "spike", "step": SINGLE, "lambda": "1", "factor": level, "lower": lower, "upper": upper}
    proof = {"method": "lattice", "exponent": bracket, "span": span}
    return certificate(data, entry | {"proof": proof} | other)


def fair(level: str, lower: str, upper: str, **other: Any) -> Json:
    pairs = [(F(2), F(499, 1000)), (F(1, 2), F(501, 1000))]
    return lattice(data_set(*FAIR), pairs, level, lower, upper, **other)


def around(truth: Fraction, digits: int = 30) -> tuple[str, str]:
    step = F(1, 10**digits)
    low = truth // step * step
    return str(low), str(low + step)


@pytest.mark.parametrize(
    ("level", "points"),
    [
        ("1000", 10),
        ("1024", 10),
        ("1024.000000000000000000000000000000000000000000000001", 11),
        ("512", 9),
        ("512.000000000000000000000000000000000000000000000001", 10),
        ("1.00000001", 1),
        ("2", 1),
    ],
)
def test_the_ruin_of_a_gambler_is_proved_to_all_digits_and_not_moved(level: str, points: int) -> None:
    truth = F(499, 501) ** points
    lower, upper = around(truth)
    found = verdict_of(fair(level, lower, upper))
    assert found.proved, found.statement
    assert "S8" in found.statement
    for shift in (F(1, 10**30), F(-1, 10**30)):
        moved = fair(level, str(F(lower) + shift), str(F(upper) + shift))
        assert "S8 do not lie inside" in verdict_of(moved).statement


@pytest.mark.parametrize(
    ("square", "points"),
    [("4", 1), ("2", 1), ("8", 2), ("16", 2), ("17", 3), ("33", 3), ("64", 3), ("64.0000001", 4)],
)
def test_a_squared_level_means_its_root(square: str, points: int) -> None:
    """sqrt(2), sqrt(8), sqrt(33) lie between powers of 2; 4, 16 and 64 are squares of some."""
    lower, upper = around(F(499, 501) ** points)
    document = fair("2", lower, upper)
    entry = document["claims"][0]
    del entry["factor"]
    entry["factor_squared"] = square
    assert verdict_of(document).proved


def test_a_span_beside_one_and_a_level_below_it() -> None:
    """g = 1 + 2^-100, K < g: one step up is enough; p = 1/3 up, 2/3 down: g^theta = 2, P = 1/2."""
    g = 1 + F(1, 2**100)
    with mp.workdps(120):
        theta = mp.log(2) / mp.log(real(g))
        bracket = {"lower": decimal(theta, 20, False), "upper": decimal(theta, 20, True)}
    data = data_set((str(1 - 1 / g), "2/3"), (str(1 + g), "1/3"))
    entry = {"kind": "spike", "step": SINGLE, "lambda": "1", "factor": "1." + "0" * 30 + "1"}
    entry |= {"lower": "0.4999999999", "upper": "0.5000000001"}
    entry |= {"proof": {"method": "lattice", "exponent": bracket, "span": str(g)}}
    assert verdict_of(certificate(data, entry)).proved
    assert not verdict_of(certificate(data, entry | {"factor": "1." + "0" * 29 + "1"})).proved  # now n = 2


def weights(count: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(1, 20), min_size=count, max_size=count)


@settings(deadline=None, max_examples=25)
@given(
    powers=st.lists(st.integers(-3, 3), min_size=2, max_size=4, unique=True),
    ws=weights(4),
    dead=st.integers(0, 3),
    level=st.fractions(F(9, 8), 40, max_denominator=8),
    span=st.sampled_from([F(2), F(3, 2), F(4, 3)]),
)
def test_what_is_proved_holds_for_random_lattices(
    powers: list[int], ws: list[int], dead: int, level: Fraction, span: Fraction
) -> None:
    """Against the sum over levels: the bounds of S8 hold the probability and are accepted, tighter ones are not."""
    total = sum(ws[: len(powers)]) + dead
    pairs = [(span**n, F(w, total)) for n, w in zip(powers, ws, strict=False)]
    pairs += [(F(0), F(dead, total))] if dead else []
    if max(powers) < 1 or not is_deflationary(pairs):
        return
    theta = cramer(pairs)
    points = next(n for n in range(200) if span**n >= level)
    least = real(span) ** (-theta * (points + max(powers) - 1))
    most = real(span) ** (-theta * points)
    play = mp.mpf(10) ** -20
    data = samples_of(pairs)
    for low, high, holds in ((-play, play, True), (play, play, False), (-play, -play, False)):
        lower, upper = (
            decimal(least * (1 + low), 50, False),
            decimal(min(most * (1 + high), mp.mpf(1)), 50, True),
        )
        if F(lower) <= F(upper):
            assert verdict_of(lattice(data, pairs, str(level), lower, upper, str(span))).proved == holds
    found = hitting(pairs, level, 10)
    assert least <= found[1] * (1 + play) and found[0] <= most * (1 + play)


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("digits", [6, 40, 400])
@pytest.mark.parametrize(("level", "n"), [("1000", 10), ("64", 6), ("33", 6), ("1e30", 100)])
def test_what_the_package_finds_on_a_lattice_is_proved(
    squared: bool, digits: int, level: str, n: int
) -> None:
    walk = LinearWalk(parse_samples("x=3:499/1000, x=1/2:501/1000"))
    points = -(-n // 2) if squared else n
    result = hitting_probability(walk, 1, level, digits=digits, squared=squared)
    truth = F(499, 501) ** points
    assert result.enclosure is not None and truth in result.enclosure
    assert result.method == "lattice" and result.enclosure.width <= truth / 10**digits
    verdict = verdict_of(certificate_of(walk.dataset, [claim(result)]))
    assert verdict.proved and "S8" in verdict.statement


def test_a_tiny_probability_with_many_digits_is_proved() -> None:
    """(1/9)^4000 is about 10^-3817: numbers of the certificate near their longest."""
    walk = LinearWalk(parse_samples("x=3:1/10, x=1/2:9/10"))
    result = hitting_probability(walk, 1, 2**4000, digits=100)
    assert result.enclosure is not None and F(1, 9) ** 4000 in result.enclosure
    assert verdict_of(certificate_of(walk.dataset, [claim(result)])).proved


PLAIN = around(F(499, 501) ** 10)
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a span of one": ({"span": "1"}, "not above 1"),
    "a span below one": ({"span": "1/2"}, "not above 1"),
    "a negative span": ({"span": "-2"}, "not above 1"),
    "a span that no factor is a power of": ({"span": "3"}, "no power"),
    "a span of the square": ({"span": "4"}, "no power"),
    "a span with another denominator": ({"span": "4/3"}, "no power"),
    "an exponent too large": ({"exponent": {"lower": "0.1", "upper": "0.2"}}, "above 1"),
    "an exponent too small": ({"exponent": {"lower": "0.0001", "upper": "0.0002"}}, "below 1"),
    "no exponent": ({"exponent": None}, "not an object"),
    "a wide exponent": ({"exponent": {"lower": "0.005", "upper": "0.006"}}, "do not lie inside"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_each_hypothesis_of_the_lattice_alone(name: str) -> None:
    edits, reason = REFUSED[name]
    document = fair("1000", *PLAIN)
    document["claims"][0]["proof"] |= edits
    assert reason in verdict_of(document).statement


def test_one_factor_off_the_lattice_is_enough() -> None:
    data = data_set(("1/2", "1/4"), ("1/3", "1/4"), ("3", "1/2"))
    pairs = [(F(1, 2), F(1, 4)), (F(2, 3), F(1, 4)), (F(2), F(1, 2))]
    assert is_deflationary(pairs) is False
    data = data_set(("1/3", "1/2"), ("1/2", "1/4"), ("3", "1/4"))
    pairs = [(F(2, 3), F(1, 2)), (F(1, 2), F(1, 4)), (F(2), F(1, 4))]
    document = lattice(data, pairs, "8", "0", "1")
    assert "no power of proof.span" in verdict_of(document).statement


def test_without_a_deflationary_regime_nothing_is_proved() -> None:
    document = fair("1000", "0", "1")
    document["claims"][0]["lambda"] = "1/2"
    assert "does not exceed 2" in verdict_of(document).statement


@settings(max_examples=50)
@given(st.integers(-40, 40), st.fractions(F(31, 30), 5, max_denominator=30))
def test_powers_are_found_and_nothing_else(n: int, span: Fraction) -> None:
    assert power_of(span**n, span, Work()) == n
    assert power_of(span**n * F(1000003, 1000000), span, Work()) is None


def test_long_powers_are_booked_before_they_are_multiplied_out() -> None:
    work = Work(1000)
    with pytest.raises(Exception, match="budget"):
        power_of(F(2**20000 + 1), F(2), work)
