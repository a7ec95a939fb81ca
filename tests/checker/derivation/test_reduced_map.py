"""The checker of reduced maps: it accepts what is derived, and nothing else."""

import copy
import json
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from kit import exact_neurons
from kit.share import part, some_then_all

from catalysis.certificate.document import claim as certified
from catalysis.derivation import BATCHES, ShallowNetwork, derive
from proofs_check import certificate
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused
from proofs_check.core.rule import Setting
from proofs_check.derivation import network as rederived
from proofs_check.derivation import reduced_map
from proofs_check.derivation.sparse import Polynomial

CASES = [
    *[ShallowNetwork(inputs=d, labels=y, half_loss=h) for d in (1, 2, 3) for y in (False, True) for h in (False, True)],
    *[ShallowNetwork("relu", labels=y, half_loss=h) for y in (False, True) for h in (False, True)],
    *[ShallowNetwork("leaky-relu", labels=y, slope=c) for y in (False, True) for c in (None, "1/10", 0, -1)],
    ShallowNetwork("leaky-relu", half_loss=False),
]  # fmt: skip
SMALL = [
    ShallowNetwork(),
    ShallowNetwork(labels=True),
    ShallowNetwork("relu"),
    ShallowNetwork("leaky-relu", slope="1/3"),
]

Claim = dict[str, Any]


def named(network: ShallowNetwork) -> str:
    flags = [w for w, on in (("labels", network.labels), ("no-half", not network.half_loss)) if on]
    return "-".join([network.activation, str(network.inputs), str(network.slope), *flags])


def prove(claim: Claim, work: Work | None = None) -> str:
    """What the checker says of the claim."""
    verdict = certificate._check_claim(0, claim, Setting(None, work or Work()))
    if not verdict.proved:
        raise Refused(verdict.statement)
    return verdict.statement


@cache
def claim_text(network: ShallowNetwork, batch: str = "single") -> str:
    claim = certified(derive(network, batch))
    return json.dumps(claim)


def claim_of(network: ShallowNetwork, batch: str = "single") -> Claim:
    return dict(json.loads(claim_text(network, batch)))


STEP_OF = cache(rederived.step_of)
UPDATE_OF = cache(rederived.update_of)


@pytest.fixture
def derived_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checker's derivations are pure: remembered, thousands of changed claims are compared in no time."""
    monkeypatch.setattr(reduced_map, "step_of", STEP_OF)


@pytest.mark.parametrize("network", CASES, ids=named)
def test_every_derived_map_is_proved(network: ShallowNetwork) -> None:
    assert prove(claim_of(network)).startswith("For the network F(s) = ")


@pytest.mark.parametrize("network", SMALL, ids=named)
@pytest.mark.parametrize("batch", BATCHES)
def test_the_statement_names_the_case(network: ShallowNetwork, batch: str) -> None:
    words = prove(claim_of(network, batch))
    assert reduced_map.STEPS[batch] in words and f"{network.activation} phi" in words
    assert ("F - y" in words) is network.labels


def test_the_statement_says_the_map_of_the_talk() -> None:
    words = prove(claim_of(ShallowNetwork()))
    assert "mu' = mu - eta lambda mu x + n^-1 eta^2 mu^3 x^2" in words
    assert "lambda' = lambda - 4 n^-1 eta mu^2 x + n^-1 eta^2 lambda mu^2 x^2" in words
    assert "kappa' = kappa - L kappa x + kappa^3 x^2, L' = L - 4 kappa^2 x + L kappa^2 x^2" in words
    assert "alpha' = alpha (1 - 1/2 alpha x + 1/2 beta x)^2" in words
    assert "lambda_crit = 2/(eta x), lambda_max = 4/(eta x)" in words
    assert words.endswith("[R1, R2, R3, R4, R6, R7, R8, R9]")


# ------------------------------------------------------------------ refusals


def polynomials(claim: Claim) -> Iterator[list[Any]]:
    """Every list of terms in the claim."""
    for key in ("update", "linearised", "canonical", "diagonal_roots"):
        yield from claim.get(key, {}).values()


def changed_terms(claim: Claim) -> Iterator[None]:
    """The claim with one coefficient, exponent or letter changed, one term lost or doubled, one after the other."""
    for terms in polynomials(claim):
        for k, (coefficient, powers) in enumerate(terms):
            for other in (str(Fraction(coefficient) + 1), str(-Fraction(coefficient)), "0"):
                terms[k][0] = other
                yield
            terms[k][0] = coefficient
            for letter in powers:
                terms[k][1] = powers | {letter: powers[letter] + 1}
                yield
                terms[k][1] = {("x" if key == letter else key): power for key, power in powers.items()}
                if terms[k][1] != powers:
                    yield
            terms[k][1] = {key: power for key, power in list(powers.items())[1:]}
            if powers:
                yield
            terms[k][1] = powers
            lost = terms.pop(k)
            yield
            terms.insert(k, lost)
            terms.append(lost)
            yield
            terms.pop()


@pytest.mark.usefixtures("derived_once")
@some_then_all
@pytest.mark.parametrize("network", [*SMALL, ShallowNetwork(inputs=2, labels=True)], ids=named)
def test_one_change_in_one_term_is_refused(network: ShallowNetwork, every: int) -> None:
    claim = claim_of(network)
    count = 0
    for n, _ in enumerate(changed_terms(claim)):
        if n % every:
            continue
        count += 1
        with pytest.raises(Refused):
            prove(claim)
    assert count > 100 // every and claim == claim_of(network)
    prove(claim)


@pytest.mark.usefixtures("derived_once")
@some_then_all
@pytest.mark.parametrize("network", CASES, ids=named)
def test_each_changed_coefficient_is_refused(network: ShallowNetwork, every: int) -> None:
    claim = claim_of(network)
    if every > 1 and network.inputs == 3:  # hundreds of terms
        every *= 3
    for terms in polynomials(claim):
        for term in part(terms, every):
            kept, term[0] = term[0], str(Fraction(term[0]) + Fraction(1, 7))
            with pytest.raises(Refused, match="not the network's polynomial"):
                prove(claim)
            term[0] = kept
    prove(claim)


@pytest.mark.usefixtures("derived_once")
@pytest.mark.parametrize("network", CASES, ids=named)
def test_a_claim_of_another_network_is_refused(network: ShallowNetwork) -> None:
    original = claim_of(network)
    others: list[Claim] = [
        {"half_loss": not network.half_loss},
        {"labels": not network.labels},
        {"inputs": network.inputs % 3 + 1},
        *[{"activation": a} for a in reduced_map.ACTIVATIONS if a != network.activation],
    ]
    others += [{"slope": c} for c in ("1/7", "2/3") if "slope" in original]
    for change in others:
        with pytest.raises(Refused):
            prove(original | change)


HOSTILE = [None, True, -1, 0, 4, 10**30, "1", "", [], {}, [[]], "x" * 5000]


@pytest.mark.usefixtures("derived_once")
@pytest.mark.parametrize("network", SMALL, ids=named)
def test_fields_are_strict(network: ShallowNetwork) -> None:
    claim = claim_of(network)
    for key in claim:
        with pytest.raises(Refused):
            prove({k: v for k, v in claim.items() if k != key})
        for value in HOSTILE:
            if value != claim[key] or isinstance(value, bool) is not isinstance(claim[key], bool):
                with pytest.raises(Refused):
                    prove(claim | {key: value})
    for extra in ("note", "slope" if "slope" not in claim else "width"):
        with pytest.raises(Refused):
            prove(claim | {extra: "1"})


@pytest.mark.usefixtures("derived_once")
@pytest.mark.parametrize("network", SMALL, ids=named)
def test_polynomials_are_strict(network: ShallowNetwork) -> None:
    original = claim_of(network)
    for key in ("update", "linearised", "canonical", "diagonal_roots"):
        name, terms = next(iter(original[key].items()))
        broken = [
            {},
            original[key] | {"other": []},
            {k: v for k, v in original[key].items() if k != name},
            *[original[key] | {name: value} for value in (None, {}, "0", [], [None] * len(terms))],
            *[
                original[key] | {name: [term, *terms[1:]]}
                for term in ([], ["1"], ["1", []], ["1", {}, {}], "1")
            ],
            *[
                original[key] | {name: [[c, terms[0][1]], *terms[1:]]}
                for c in (1, 1.0, "1/0", "1e3", " 1", None)
            ],
            *[
                original[key] | {name: [[terms[0][0], terms[0][1] | {"mu": power}], *terms[1:]]}
                for power in (0, -1, True, 1.0, "1", 10**18, None)
            ],
            original[key] | {name: [["1", {f"l{k}": 1 for k in range(1000)}], *terms[1:]]},
        ]
        for value in broken:
            with pytest.raises(Refused):
                prove(original | {key: value})


@pytest.mark.parametrize("network", [ShallowNetwork(), ShallowNetwork("relu", half_loss=False)], ids=named)
def test_thresholds_are_proved_to_be_those_of_the_map(network: ShallowNetwork) -> None:
    original = claim_of(network)
    for name, value in original["thresholds"].items():
        for other in (str(Fraction(value) + 1), f"-{value}", "0", 2, None):
            changed = copy.deepcopy(original)
            changed["thresholds"][name] = other
            with pytest.raises(Refused):
                prove(changed)
    assert set(original["thresholds"].values()) == ({"2", "4"} if network.half_loss else {"1", "2"})


@pytest.mark.parametrize("slope", ["1.5", "-3/2", "1" * 201, "any ", "1/0", 0, None])
def test_slopes_are_exact_short_and_at_most_one(slope: Any) -> None:
    with pytest.raises(Refused, match="slope"):
        prove(claim_of(ShallowNetwork("leaky-relu", slope="1/3")) | {"slope": slope})


def test_a_long_slope_costs_little() -> None:
    slope = "0." + "1" * 58
    words = prove(claim_of(ShallowNetwork("leaky-relu", slope=slope, labels=True)))
    assert len(words) < 20_000


def test_work_is_booked_before_it_is_done() -> None:
    with pytest.raises(Refused, match="budget"):
        prove(claim_of(ShallowNetwork()), Work(10))
    work = Work()
    prove(claim_of(ShallowNetwork()), work)
    assert work.left < Work().left


def test_more_inputs_than_the_format_holds_are_refused() -> None:
    for inputs in (4, 1000, 10**12):
        with pytest.raises(Refused, match="inputs"):
            prove(claim_of(ShallowNetwork()) | {"inputs": inputs})


# ------------------------------------------------------------------ the checker's own derivation, against exact neurons

fractions = st.fractions(-2, 2, max_denominator=5)
vectors = {d: st.tuples(*[fractions] * d) for d in (1, 2, 3)}
weights_of = {d: st.tuples(*[fractions.filter(bool)] * d) for d in (1, 2, 3)}
rates = st.fractions(0, 2, max_denominator=7)


def value(polynomial: Polynomial, at: dict[str, Fraction]) -> Fraction:
    total = Fraction(0)
    for monomial, coefficient in polynomial.terms.items():
        for letter, power in monomial:
            coefficient *= at[letter] ** power
        total += coefficient
    return total


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize(
    "activation, inputs", [("linear", 1), ("linear", 2), ("linear", 3), ("relu", 1), ("leaky-relu", 1)]
)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_the_checker_derives_what_every_neuron_does(
    activation: str, inputs: int, labels: bool, data: st.DataObject
) -> None:
    """No part of the package takes part: the checker's polynomials against neurons stepped in fractions."""
    root = data.draw(st.integers(1, 2))
    neurons = [(data.draw(fractions), data.draw(weights_of[inputs])) for _ in range(root**2)]
    masses = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    label = fractions if labels else st.just(Fraction(0))
    samples = [
        exact_neurons.Sample(data.draw(vectors[inputs]), data.draw(label), Fraction(k, sum(masses)))
        for k in masses
    ]  # fmt: skip
    slope = {"linear": Fraction(1), "relu": Fraction(0)}.get(activation, Fraction(-2, 7))
    rate, half = data.draw(rates), data.draw(st.booleans())
    moved = exact_neurons.step(neurons, samples, rate, slope, half)
    classes = activation != "linear"
    if classes:
        assume(not exact_neurons.flips(neurons, moved))
    known = slope if data.draw(st.booleans()) or activation != "leaky-relu" else None
    network = rederived.Network(activation, inputs, "full", labels, half, known)

    def scaled(numbers: dict[str, Fraction]) -> dict[str, Fraction]:
        return {k: v * (root if k[:2] == "mu" or k[0] == "z" else 1) for k, v in numbers.items()}

    at = scaled(exact_neurons.state(neurons, classes) | exact_neurons.moments(samples, classes, labels))
    at |= {"eta": rate, "epsilon": Fraction(1, root), "slope": slope}
    after = scaled(exact_neurons.state(moved, classes))
    update = UPDATE_OF(network)
    assert {name: value(polynomial, at) for name, polynomial in update.items()} == after


def test_a_network_that_does_not_close_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quadratic activation in the checker's own derivation: the step is not linear in the neuron."""
    w, s = rederived.variable("w1"), rederived.variable("s1")
    squared = (rederived.NeuronClass("", ("w1",), w * w * s * s),)
    monkeypatch.setattr(rederived, "_classes", lambda network: squared)
    with pytest.raises(Refused, match="not linear"):
        rederived.update_of(rederived.Network("linear", 1, "single", False, True, Fraction(1)))


PLAIN = rederived.Network("linear", 1, "single", False, True, Fraction(1))


def test_what_would_not_fit_the_lemmas_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each inner check of the checker's derivation, given something that is wrong."""
    step = rederived.step_of(PLAIN)
    twice = rederived.constant(2)
    with pytest.raises(Refused, match="not linear in the neuron"):
        rederived._require_linear(rederived.variable("w1"), [rederived.variable("w1")], ["w1"])
    for drawn, label in ((["s1"], 0), (["s1"] * 3, 0), (["s1"], 2)):
        with pytest.raises(Refused, match="neither s s nor s y"):
            rederived._moment(PLAIN, drawn, label)
    with pytest.raises(Refused, match="does not divide"):
        rederived._divided(rederived.variable("w1"), "mu")
    with pytest.raises(Refused, match="not diagonal"):
        rederived.diagonal_roots_of(PLAIN, step.canonical | {"kappa": step.canonical["kappa"] * twice})
    for name in ("mu", "lambda"):
        for factor in (twice, rederived.variable("mu")):
            wrong = {name: step.update[name] * factor}
            with pytest.raises(Refused, match="thresholds"):
                rederived.thresholds_of(PLAIN, step.update | wrong, step.linearised | wrong)
    with pytest.raises(Refused, match="learning rate or width"):
        rederived.canonical_of({"mu": step.update["mu"] * rederived.variable("eta")})
    matrix = rederived._common_matrix(PLAIN, rederived._classes(PLAIN)[0])
    skew = [matrix[0], [matrix[1][0] * twice, matrix[1][1]]]
    monkeypatch.setattr(rederived, "_common_matrix", lambda *_: skew)
    with pytest.raises(Refused, match="does not close"):
        rederived.update_of(PLAIN)
    with pytest.raises(Refused, match="first row and column"):
        rederived.drives_of(PLAIN)
