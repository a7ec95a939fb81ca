"""The checker on claims `spike`: good ones proved, and most of all bad ones refused."""

import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath as mp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.good_certificates import TALK, TOUCH, Model, certificate, data_set, mutations
from kit.share import some_then_all
from kit.spike_oracle import Pairs, cramer, hitting, is_deflationary, real

from catalysis.certificate.document import certificate_of, claim
from catalysis.data.law import Step
from catalysis.data.reading import parse_samples
from catalysis.data.walk import LinearWalk
from catalysis.exact.result import Enclosure
from catalysis.spikes import carried
from catalysis.spikes.probability import HittingProbability, hitting_probability
from proofs_check.certificate import Verdict, check_certificate
from proofs_check.core.budget import BUDGET, Work
from proofs_check.spikes.walk import Walk, count_walk

F = Fraction
Json = Any
SINGLE = {"kind": "single"}
RUIN = data_set(("1", "2/3"), ("6", "1/3"))  # at 1/2: factors 1/2 and 2
KILLED = data_set(("1/2", "1/2"), ("1", "1/4"), ("3", "1/4"))  # at 1: factors 1/2, 0, 2
IDLE = data_set(("0", "1/4"), ("1/2", "1/2"), ("3", "1/4"))
COUNTED = data_set(("1", 2), ("2", 1), ("4", 1))
TWINS = data_set(("1/2", "1/4"), ("3/2", "1/2"), ("3", "1/4"))  # at 1: factors 1/2, 1/2, 2
FOUR = data_set(("1/2", "1/4"), ("4/5", "1/4"), ("9/4", "1/4"), ("5/2", "1/4"))


@pytest.fixture(autouse=True)
def many_digits() -> Iterator[None]:
    with mp.workdps(40):
        yield


def check(document: Json) -> list[Verdict]:
    return check_certificate(json.dumps(document).encode())


def accepted(document: Json) -> bool:
    return all(verdict.proved for verdict in check(document))


def refusal(document: Json) -> str:
    (verdict,) = check(document)
    assert not verdict.proved
    return verdict.statement


# --- making claims without the package -----------------------------------------------------------------------


def spike(data: Json, at: str, level: str, lower: Any, upper: Any, proof: Json, **other: Any) -> Json:
    entry = {"kind": "spike", "step": SINGLE, "lambda": at, "factor": level, "lower": lower, "upper": upper}
    return certificate(data, entry | {"proof": proof} | other)


def pairs_of(data: Json, step: Json, at: Fraction) -> Pairs:
    model = Model(data, step)
    pairs = [(abs(1 - at * xi), p) for xi, p in model.rates.items()]
    return [*pairs, (F(1), model.idle)] if model.idle else pairs


def decimal(x: Any, places: int, up: bool) -> str:
    scaled = mp.ceil(x * mp.mpf(10) ** places) if up else mp.floor(x * mp.mpf(10) ** places)
    return str(F(int(scaled), 10**places))


def counted(data: Json, at: str, level: str, steps: int, step: Json = SINGLE, play: str = "1e-5") -> Json:
    """Method `counts`; the bounds come from a sum over levels, a share `play` wider on both sides."""
    pairs = pairs_of(data, step, F(at))
    theta = cramer(pairs)
    lower, upper = hitting(pairs, F(level), steps)
    room, tiny = mp.mpf(play), mp.mpf(10) ** -28
    proof = {
        "method": "counts",
        "exponent": {"lower": decimal(theta - tiny, 30, False), "upper": decimal(theta + tiny, 30, True)},
        "steps": steps,
        "drop": "0",
        "bits": 128,
    }
    ends = decimal(lower * (1 - room), 40, False), decimal(upper * (1 + room), 40, True)
    return spike(data, at, level, *ends, proof, step=step)


def lundberg(data: Json, at: str, level: str) -> Json:
    pairs = pairs_of(data, SINGLE, F(at))
    theta, largest = cramer(pairs), max(r for r, _ in pairs)
    lower, upper = real(F(level) * largest) ** -theta, real(F(level)) ** -theta
    bracket = {"lower": decimal(theta, 20, False), "upper": decimal(theta + mp.mpf(10) ** -20, 20, True)}
    ends = decimal(lower * mp.mpf("0.999999"), 25, False), decimal(upper * mp.mpf("1.000001"), 25, True)
    return spike(data, at, level, *ends, {"method": "lundberg", "exponent": bracket})


def squared(document: Json) -> Json:
    entry = document["claims"][0]
    entry["factor_squared"] = str(F(entry.pop("factor")) ** 2)
    return document


GOOD: dict[str, Callable[[], Json]] = {
    "stable": lambda: spike(TALK, "200/169", "1.01", "0", "0", {"method": "stable"}),
    "inflationary": lambda: spike(TALK, "1.6", "1000", "1", "1", {"method": "certain"}),
    "critical": lambda: spike(TOUCH, "3/4", "1000", "1", "1", {"method": "certain", "base": ["2"]}),
    "lundberg": lambda: lundberg(TALK, "1.42", "1000"),
    "lundberg at a pole": lambda: lundberg(KILLED, "1", "10"),
    "lundberg, square": lambda: squared(lundberg(TALK, "1.42", "1000")),
    "counts": lambda: counted(TALK, "1.42", "10", 60),
    "counts, tie": lambda: counted(RUIN, "1/2", "16", 60),
    "counts, tie of squares": lambda: squared(counted(RUIN, "1/2", "16", 60)),
    "counts at a pole": lambda: counted(KILLED, "1", "8", 30),
    "counts, idle": lambda: counted(IDLE, "1", "8", 60),
    "counts, pairs": lambda: counted(
        COUNTED, "1", "3", 12, {"kind": "minibatch", "size": 2, "replacement": False}
    ),
    "counts, equal factors": lambda: counted(TWINS, "1", "8", 40),
    "counts, four": lambda: counted(FOUR, "1", "5", 16, play="1e-4"),
}


@cache
def good_document(name: str) -> str:
    with mp.workdps(60):
        return json.dumps(GOOD[name]())


def a_good(name: str) -> Json:
    return json.loads(good_document(name))


@cache
def truth(data: str, step: str, at: Fraction, square: Fraction) -> tuple[Any, Any]:
    """Bounds of P(sup |mu| >= sqrt(square))."""
    pairs = [(r * r, p) for r, p in pairs_of(json.loads(data), json.loads(step), at)]
    merged: dict[Fraction, Fraction] = {}
    for r, p in pairs:
        merged[r] = merged.get(r, F(0)) + p
    moving = sum(r not in (0, 1) for r in merged)
    return hitting(list(merged.items()), square, {1: 40, 2: 60, 3: 24}.get(moving, 12))


def is_true(document: Json) -> bool:
    """Whether every claim is true; False also where the oracle is too coarse to tell."""
    for entry in document["claims"]:
        at = F(entry["lambda"])
        square = F(entry["factor_squared"]) if "factor_squared" in entry else F(entry["factor"]) ** 2
        bounds = truth(json.dumps(document["data"]), json.dumps(entry["step"]), at, square)
        slack = mp.mpf(10) ** -30
        if not real(F(entry["lower"])) <= bounds[1] + slack or not bounds[0] - slack <= real(
            F(entry["upper"])
        ):
            return False
        if entry["proof"]["method"] in ("lundberg", "counts"):
            theta = cramer(pairs_of(document["data"], entry["step"], at))
            bracket = entry["proof"]["exponent"]
            if not real(F(bracket["lower"])) <= theta <= real(F(bracket["upper"])):
                return False
    return True


@pytest.mark.parametrize("name", GOOD)
def test_good_claims_are_proved_and_true(name: str) -> None:
    document = a_good(name)
    (verdict,) = check(document)
    assert verdict.proved, verdict.statement
    assert is_true(document)
    entry = document["claims"][0]
    assert (
        f"lambda = {F(entry['lambda'])}" in verdict.statement
        or "." in entry["lambda"]
        or "/" in entry["lambda"]
    )
    assert "[S" in verdict.statement or ", S" in verdict.statement


# --- one field at a time -----------------------------------------------------------------------------------

STILL_FINE = {"steps", "bits", "base", "claims", "replacement", "size", "samples", "count"}


@some_then_all
@pytest.mark.parametrize("name", GOOD)
def test_one_changed_field_is_refused_unless_the_claim_stays_true(name: str, every: int) -> None:
    document = a_good(name)
    refused = 0
    for path, changed in mutations(document, every):
        if not accepted(changed):
            refused += 1
            continue
        before, after = at_path(document, path), at_path(changed, path)
        if path in {("producer",), ("data", "name")}:
            assert isinstance(after, str)
            continue
        assert path[-1] in STILL_FINE or (isinstance(before, str) and isinstance(after, str)), path
        assert is_true(changed), (path, before, after)
    assert refused > 150 // every


def at_path(document: Json, path: tuple[Any, ...]) -> Json:
    for key in path:
        document = document[key]
    return document


def changed(name: str, **edits: Any) -> Json:
    """The claim of a good document with some fields replaced; those of `proof` with the prefix proof_."""
    document = a_good(name)
    entry = document["claims"][0]
    for key, value in edits.items():
        holder, field = (entry["proof"], key[6:]) if key.startswith("proof_") else (entry, key)
        holder[field] = value
    return document


ALONE = {"method": "lundberg", "exponent": {"lower": "1.69945229", "upper": "1.69945230"}}

REFUSALS: list[tuple[str, str, dict[str, Any], str]] = [
    ("stable where it is not", "stable", {"lambda": "1.2"}, "exceeds 2"),
    ("stable with a positive bound", "stable", {"lower": "1/1000000", "upper": "1"}, "outside the bounds"),
    ("certain in the stable regime", "stable", {"proof": {"method": "certain"}}, "does not exceed 2"),
    ("certain in the deflationary regime", "inflationary", {"lambda": "1.42"}, "G is negative"),
    (
        "certain at a pole",
        "lundberg at a pole",
        {"proof": {"method": "certain"}, "lower": "1", "upper": "1"},
        "pole",
    ),
    ("less than certain", "inflationary", {"lower": "0.9", "upper": "0.999999"}, "outside the bounds"),
    ("critical without a base", "critical", {"proof": {"method": "certain"}}, "not decided"),
    ("critical with another base", "critical", {"proof_base": ["3"]}, "does not factor"),
    ("critical beside the tangency", "critical", {"lambda": "0.7500001"}, "base"),
    ("a level of one", "lundberg", {"factor": "1"}, "not above 1"),
    ("a level below one", "counts", {"factor": "1/2"}, "not above 1"),
    ("a negative level", "counts", {"factor": "-10"}, "not positive"),
    ("a curvature of zero", "counts", {"lambda": "0"}, "not positive"),
    ("bounds upside down", "counts", {"lower": "1", "upper": "0"}, "not in order"),
    ("an upper bound above one", "lundberg", {"upper": "1.1"}, "not in order"),
    ("a negative lower bound", "lundberg", {"lower": "-1"}, "not in order"),
    ("another level", "lundberg", {"factor": "1001"}, "do not lie inside"),
    ("a lower bound that is too high", "lundberg", {"lower": "0.0000079"}, "do not lie inside"),
    ("an upper bound that is too low", "lundberg", {"upper": "0.0000079"}, "do not lie inside"),
    (
        "an exponent that is too large",
        "lundberg",
        {"proof_exponent": {"lower": "1.7", "upper": "1.8"}},
        "above 1",
    ),
    (
        "an exponent that is too small",
        "counts",
        {"proof_exponent": {"lower": "1.6", "upper": "1.69"}},
        "below 1",
    ),
    (
        "a wide exponent",
        "lundberg",
        {"proof_exponent": {"lower": "1.69", "upper": "1.71"}},
        "do not lie inside",
    ),
    ("a sharp bound from the exponent alone", "counts", {"proof": ALONE}, "inside"),
    ("an unknown method", "counts", {"proof": {"method": "simulation"}}, "which is none"),
    ("no proof", "counts", {"proof": "counts"}, "which is none"),
    ("no steps", "counts", {"proof_steps": 0}, "does not prove the bounds"),
    ("too few steps", "counts", {"proof_steps": 40}, "does not prove the bounds"),
    ("a drop that loses too much", "counts", {"proof_drop": "1/100"}, "does not prove the bounds"),
    ("everything dropped", "counts", {"proof_drop": "0.999"}, "finds no mass"),
    ("a drop of one", "counts", {"proof_drop": "1"}, "out of range"),
    ("too few bits", "counts", {"proof_bits": 64}, "out of range"),
    ("too many bits", "counts", {"proof_bits": 10**6}, "out of range"),
    ("a tie missed", "counts, tie", {"lower": "0.031", "upper": "0.0313"}, "does not prove the bounds"),
    ("a level just above a tie", "counts, tie", {"factor": "16.0000000000000000000000001"}, "does not prove"),
    ("a square taken for the number", "counts, tie of squares", {"factor_squared": "16"}, "does not prove"),
    ("both kinds of level", "counts", {"factor_squared": "100"}, "unknown key"),
    ("another step", "counts", {"step": {"kind": "full_batch"}}, "does not exceed 2"),
    (
        "the killed mass forgotten",
        "counts at a pole",
        {"lower": "0.12", "upper": "0.13"},
        "does not prove the bounds",
    ),
]


@pytest.mark.parametrize(("name", "edits", "reason"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS])
def test_refusals(name: str, edits: dict[str, Any], reason: str) -> None:
    assert reason in refusal(changed(name, **edits))


def test_a_sharp_bound_on_the_wrong_side_is_refused() -> None:
    """Bounds of the right width moved by less than their width, up and down."""
    entry = a_good("counts")["claims"][0]
    lower, upper = F(entry["lower"]), F(entry["upper"])
    shift = (upper - lower) / 2
    for move in (shift, -shift):
        assert "does not prove" in refusal(
            changed("counts", lower=str(lower + move), upper=str(upper + move))
        )


TINY_EXPONENT = {"lower": "1/10000000000000000", "upper": "1/1000000000000000"}
HOSTILE = [
    {"proof_steps": 10**17, "factor": str(10**3000)},
    {"proof_steps": 10**17, "lambda": "1.5917159763313609", "proof_exponent": TINY_EXPONENT},
    {"proof_steps": 10**17, "proof_bits": 8192, "factor": str(10**1000)},
]


@pytest.mark.parametrize("edits", HOSTILE)
def test_hostile_claims_end_with_the_budget(edits: dict[str, Any]) -> None:
    raw, work = json.dumps(changed("counts", **edits)).encode(), Work(BUDGET // 25)
    (verdict,) = check_certificate(raw, work)
    assert "the budget of elementary operations is used up" in verdict.statement


def test_many_samples_are_refused_before_the_memory_is_gone() -> None:
    rows = tuple((str(F(n, 60)), "1/100") for n in range(20, 120))
    data = data_set(*rows)
    at = "1.05"
    pairs = pairs_of(data, SINGLE, F(at))
    assert is_deflationary(pairs)
    theta = cramer(pairs)
    proof = a_good("counts")["claims"][0]["proof"]
    proof |= {
        "exponent": {
            "lower": decimal(theta, 20, False),
            "upper": decimal(theta + mp.mpf(10) ** -20, 20, True),
        }
    }
    assert "counts" in refusal(spike(data, at, "1000000", "0", "1/2", proof))


# --- the walk itself ------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.fractions(F(1, 9), 3, max_denominator=9).filter(lambda r: r != 1),
        min_size=1,
        max_size=3,
        unique=True,
    ),
    st.lists(st.integers(1, 20), min_size=4, max_size=4),
    st.fractions(F(11, 10), 30, max_denominator=20),
    st.integers(0, 12),
    st.sampled_from([F(0), F(1, 10**6), F(1, 50)]),
    st.sampled_from([96, 130]),
    st.sampled_from([F(1, 10**24), F(1, 30)]),
)
def test_the_interval_holds_the_probability(
    factors: list[F], parts: list[int], level: F, steps: int, drop: F, bits: int, slack: F
) -> None:
    """Whatever is dropped, however few bits and however vague theta: the interval holds the probability."""
    with mp.workdps(40):
        order = sorted(factors, reverse=True)
        weights = [F(k, sum(parts)) for k in parts[: len(order)]]
        pairs = [*zip(order, weights, strict=True), (F(0), 1 - sum(weights))]
        if order[0] <= 1:
            return
        theta = cramer(pairs)
        low, high = F(decimal(theta, 25, False)) * (1 - slack), F(decimal(theta, 25, True)) * (1 + slack)
        walk = Walk(tuple(order), tuple(weights), level, 1)
        lo, hi = count_walk(walk, (low, high), steps, drop, bits, Work())
        bounds = hitting(pairs, level, 14)
        unit = real(level) ** -real(low) / mp.mpf(2) ** bits
        assert lo * unit <= bounds[1] and bounds[0] <= hi * unit


@pytest.mark.parametrize("prec", [56, 60, 70])
def test_what_rounding_down_loses_is_counted(prec: int) -> None:
    """Factors 3/2, 4/3 and 0: after twelve steps nothing is alive, and a few units are all the room there is."""
    for parts in ((1, 2, 4), (3, 1, 3), (5, 5, 1)):
        pairs = [(r, F(k, sum(parts))) for r, k in zip((F(3, 2), F(4, 3), F(0)), parts, strict=True)]
        level = F(11, 2)
        exact = hitting(pairs, level, 12)[0]
        theta = F(decimal(cramer(pairs), 36, False))
        walk = Walk((F(3, 2), F(4, 3)), (pairs[0][1], pairs[1][1]), level, 1)
        lo, hi = count_walk(walk, (theta, theta + F(1, 10**35)), 12, F(0), prec, Work())
        unit = real(level) ** -real(theta) / mp.mpf(2) ** prec
        assert lo * unit <= exact <= hi * unit and hi - lo < 2000


# --- what the package emits --------------------------------------------------------------------------------------

EMITTED = [
    ("1:1/2, x=1.69:1/2", "1.42", F(10) ** 6, 9, Step()),
    ("1:1/2, x=1.69:1/2", "1.42", F(10) ** 6, 14, Step()),
    ("1:1/2, x=1.69:1/2", "1", F(2), 6, Step()),
    ("1:1/2, x=1.69:1/2", "1.6", F(2), 6, Step()),
    ("1:1/2, x=1.69:1/2", "1.59", F(2), 2, Step()),
    ("1:1/3, x=4:2/3", "3/4", F(2), 4, Step()),
    ("x=1:2/3, x=6:1/3", "1/2", F(16), 9, Step()),
    ("x=1:1/3, x=2:1/3, x=3/2:1/3", "1.2", F(10) ** 5, 6, Step()),
    ("x=0:1/4, x=1:1/4, x=3:1/2", "1", F(16), 6, Step()),
    ("1:1/2, x=1.69:1/2", "1.1834319526627219", F(10), 6, Step()),
    ("1:1/2, x=1.69:1/2", "1.5", F(10), 2, Step.minibatch(3)),
    ("1:1/2, x=1.69:1/2", "1.55", F(10), 5, Step.full_batch()),
]


@pytest.mark.parametrize(("samples", "at", "level", "digits", "step"), EMITTED)
def test_what_the_package_claims_is_proved(samples: str, at: str, level: F, digits: int, step: Step) -> None:
    walk = LinearWalk(parse_samples(samples), step)
    for square in (False, True):
        result = hitting_probability(walk, F(at), level, digits=digits, squared=square)
        entry = claim(result)
        (verdict,) = check(certificate_of(walk.dataset, [entry]))
        assert verdict.proved, verdict.statement
        assert result.enclosure == Enclosure(F(entry["lower"]), F(entry["upper"]))
        fine = result.bounds.enclosure
        assert fine is not None and max(fine.lower, result.enclosure.lower) <= fine.upper
        assert result.finer is None


def test_a_claim_that_would_take_long_is_coarser_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    walk = LinearWalk(parse_samples("1:1/2, x=1.69:1/2"))
    for most, kind in ((8000, "counts"), (10, "lundberg")):
        monkeypatch.setattr(carried, "CHECKER_UPDATES", most)
        result = hitting_probability(walk, F("1.42"), F(10) ** 6, digits=9)
        entry = claim(result)
        assert entry["proof"]["method"] == kind == result.method
        assert accepted(certificate_of(walk.dataset, [entry]))
        stated = Enclosure(F(entry["lower"]), F(entry["upper"]))
        assert stated == result.enclosure and result.finer is not None and result.shortfall
        assert stated.lower < result.finer.lower and result.finer.upper <= stated.upper


def test_a_result_without_bounds_makes_no_claim() -> None:
    from catalysis.certificate.document import NotCertifiable
    from catalysis.exponent.exponent import Regime
    from catalysis.exponent.factors import StepExponent, StepFactors
    from catalysis.spikes.lundberg import lundberg_bounds
    from catalysis.spikes.probability import HittingBounds

    walk = LinearWalk(parse_samples("1:1/2, x=1.69:1/2"))
    steps = StepFactors.of(walk, F("1.42"))
    undecided = lundberg_bounds(steps, F(2), exponent=StepExponent(Regime.UNDECIDED, reason="no bits"))
    bounds = HittingBounds(steps, F(2), 6, undecided, None, "none", "no bits")
    with pytest.raises(NotCertifiable, match="no bits"):
        claim(HittingProbability(walk, F("1.42"), F(2), bounds))


def test_keys_of_very_many_factors_are_refused_before_they_are_made() -> None:
    """A layer of 7000 factors would keep 7000 keys of 7000 counts each: memory that no mass asks for."""
    count = 7000
    samples = [{"x": str(i), "count": 1} for i in range(1, count + 1)]
    data = {"name": "many", "learning_rate": f"1/{count}", "samples": samples}
    proof = {"method": "counts", "exponent": {"lower": "1", "upper": "20000"}}
    document = spike(data, "201/100", "1000", "0", "1", proof | {"steps": 2, "drop": "0", "bits": 96})
    assert "too many factors" in refusal(document)
