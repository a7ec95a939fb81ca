"""The checker on advice, batch sizes and orders: good claims proved, every false change refused."""

import copy
import itertools
import json
from fractions import Fraction
from math import exp, log
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from kit.good_certificates import Model, certificate, data_set, mutations
from kit.good_choices import GOOD, TALK, a_good, good_once, hand_made
from kit.share import some_then_all
from kit.steps_oracle import reaching

from catalysis.certificate.choices import claims_of
from catalysis.certificate.spikes import replay_fields
from catalysis.choices.learning_rates import advise
from catalysis.choices.orders import easy_phase, epoch_orders
from catalysis.choices.question import Question
from catalysis.choices.rate_cells import extreme_steps
from catalysis.data.law import Step
from catalysis.data.reading import load_dataset
from catalysis.data.walk import LinearWalk
from catalysis.spikes.probability import hitting_bounds
from proofs_check import certificate as certificates
from proofs_check.certificate import Verdict, check_certificate
from proofs_check.core import rule as settings_of_checker
from proofs_check.core.budget import Work

Json = Any
F = Fraction
EPS = 1e-6


def check(document: Json) -> list[Verdict]:
    return check_certificate(json.dumps(document).encode())


def accepted(document: Json) -> bool:
    return all(verdict.proved for verdict in check(document))


WALK_CELLS = (2, 4)
""" The rare and the likely cell of "advice by walks" that keep their walks."""

WALK_PLACES = {
    (i, *rest)
    for i in WALK_CELLS
    for rest in (
        ("from",),
        ("to",),
        ("regime",),
        ("walk",),
        *(("walk", key) for key in ("exponent", "steps", "drop", "bits")),
        *(("walk", "exponent", end) for end in ("lower", "upper")),
    )
}

# --- the truth, worked out plainly -------------------------------------------------------------------


def probability(data: Json, z: Fraction, level: float, layers: int = 1500) -> float:
    """P(sup |mu| >= level |mu_0|) at eta lambda = z for two samples, over counts, in doubles."""
    total = sum(F(row.get("p", row.get("count"))) for row in data["samples"])
    pairs = [
        (abs(1 - z * F(row["x"])), float(F(row.get("p", row.get("count"))) / total))
        for row in data["samples"]
    ]
    (up, p), (down, q) = sorted(pairs, reverse=True)
    if level <= 1:
        return 1.0
    if up <= 1:
        return 0.0
    if down == 0:
        return p ** int(np.ceil(log(level) / log(up) - 1e-12))
    if p * log(up) + q * log(down) >= 0:
        return 1.0
    alive, crossed = np.ones(1), 0.0
    for t in range(1, layers + 1):
        alive = np.concatenate([q * alive, [0.0]]) + np.concatenate([[0.0], p * alive])
        counts = np.arange(t + 1)
        over = counts * log(up) + (t - counts) * log(down) >= log(level) - 1e-12
        crossed += float(alive[over].sum())
        alive[over] = 0.0
        if alive.sum() < 1e-7 * crossed:
            break
    return crossed


def is_true(document: Json) -> bool:
    return all(_is_true(document.get("data"), claim) for claim in document["claims"])


def _is_true(data: Json, claim: Json) -> bool:
    truths = {
        "advice": _advice_is_true,
        "advice_within": _within_is_true,
        "batch_bound": _bound_is_true,
        "batch_order": _order_is_true,
        "order_bound": _epoch_is_true,
        "easy_phase": _phase_is_true,
    }
    if claim["kind"] == "order_counterexample":
        return _counterexample_is_true(claim)
    return truths[claim["kind"]](data, claim)


def _within_is_true(data: Json, claim: Json) -> bool:
    """Both ends of every cell and a place between them, all words of draws counted; at most 14 steps."""
    p, curvature = F(claim["probability"]), F(claim["lambda0"])
    start = F(claim["scale"]) ** 2 * F(claim["width"]) / F(claim["mu0"]) ** 2
    model = Model(data | {"learning_rate": str(curvature)}, claim["step"])
    for cell in claim["cells"]:
        low, high = F(cell["from"]), F(cell["to"])
        for rate in (low, (low + 2 * high) / 3, high):
            pairs = [((1 - rate * xi) ** 2, w) for xi, w in model.rates.items()]
            pairs += [(F(1), model.idle)] if model.idle else []
            truth = reaching(pairs, start / rate, min(claim["steps"], 14)) if start > rate else F(1)
            assert truth is not None
            if truth > p if cell["regime"] == "rare" else truth <= p and claim["steps"] <= 14:
                return False
    return True


def _advice_is_true(data: Json, claim: Json) -> bool:
    """Some learning rates inside every cell, the ends a little inwards."""
    curvature, p = F(claim["lambda0"]), float(F(claim["probability"]))
    start = F(claim["scale"]) ** 2 * F(claim["width"]) / F(claim["mu0"]) ** 2
    largest = max(F(row["x"]) for row in data["samples"]) * curvature
    ends = [F(0), *(F(cell["to"]) for cell in claim["cells"][:-1])]
    if [F(cell["from"]) for cell in claim["cells"]] != ends or claim["cells"][-1]["to"] != "inf":
        return False
    runs = [list(run) for _, run in itertools.groupby(claim["cells"], key=lambda cell: cell["regime"])]
    for run in runs:
        low = F(run[0]["from"])
        high = 2 * low if run[-1]["to"] == "inf" else F(run[-1]["to"])
        for share in (F(1, 10**7), 1 - F(1, 10**7)):
            rate = low + share * (high - low)
            if not _rate_is(run[0]["regime"], data, rate, curvature, start, largest, p):
                return False
    return True


def _rate_is(
    regime: str, data: Json, rate: Fraction, curvature: Fraction, start: Fraction, largest: Fraction, p: float
) -> bool:
    if regime == "undecided":
        return True
    if regime == "outside window":
        return rate * largest >= 4
    found = probability(data, rate * curvature, float(start / rate) ** 0.5)
    return {
        "stable": found == 0,
        "rare": found <= p * (1 + EPS),
        "likely": found > p * (1 - EPS),
        "inflationary": found == 1,
    }[regime]


def _theta(data: Json, step: Json, curvature: Fraction) -> Any:
    return Model(data, step).exponent(curvature)


def _bound_is_true(data: Json, claim: Json) -> bool:
    at, bound = F(claim["lambda"]), F(claim["exponent"])
    size = claim["step"].get("size", 1)
    way = claim["step"].get("replacement", True)
    steps = [claim["step"], {"kind": "full_batch"}]
    for more in (size + 1, size + 2):
        if way or more <= sum(row["count"] for row in data["samples"]):
            steps.append({"kind": "minibatch", "size": more, "replacement": way})
    return bound >= 1 and all(_theta(data, s, at) > float(bound) * (1 - EPS) for s in steps)


def _order_is_true(data: Json, claim: Json) -> bool:
    at, t = F(claim["lambda"]), float(F(claim["between"]))
    low, high = (_theta(data, claim[key], at) for key in ("lower", "higher"))
    return bool(low < t * (1 + EPS) and high > t * (1 - EPS))


def _epoch_is_true(data: Json, claim: Json) -> bool:
    at = F(claim["lambda"]) * F(data["learning_rate"])
    total = sum(F(row.get("p", row.get("count"))) for row in data["samples"])
    weights = [F(row.get("p", row.get("count"))) / total for row in data["samples"]]
    common = np.lcm.reduce([w.denominator for w in weights])
    factors = [
        (abs(1 - at * F(row["x"])), int(w * int(common)))
        for row, w in zip(data["samples"], weights, strict=True)
    ]
    large = sum(k * log(r) for r, k in factors if r > 1)
    if not _holds(claim["log_largest"], large):
        return False
    if any(r == 0 for r, _ in factors):
        return bool(claim["log_product"] == "-inf")
    return claim["log_product"] != "-inf" and _holds(
        claim["log_product"], sum(k * log(r) for r, k in factors)
    )


def _holds(table: Json, value: float) -> bool:
    return float(F(table["lower"])) - EPS <= value <= float(F(table["upper"])) + EPS


def _phase_is_true(data: Json, claim: Json) -> bool:
    """The probability itself, averaged over all easy phases, lies inside the bounds."""
    z, level = F(claim["lambda"]) * F(data["learning_rate"]), float(F(claim["factor"]))
    factors = [abs(1 - z * F(row["x"])) for row in data["samples"]]
    calm = [r for r in factors if r <= 1]
    assert len(calm) == 1, "the good claim has one easy sample"
    left = level / float(calm[0]) ** claim["steps"] if calm[0] else float("inf")
    found = 0.0 if left == float("inf") else probability(data, z, left)
    return float(F(claim["lower"])) * (1 - EPS) <= found <= float(F(claim["upper"])) * (1 + EPS)


def _counterexample_is_true(claim: Json) -> bool:
    first, second = ([F(x) for x in claim[key]] for key in ("first", "second"))
    kappa, curvature = F(claim["kappa"]), F(claim["L"])
    if sorted(first) != first or sorted(second) != first or curvature < 2 * abs(kappa):
        return False
    ends = []
    for draws in (first, second):
        k, c, top = kappa, curvature, abs(kappa)
        for x in draws:
            k, c = k - x * c * k + x**2 * k**3, c - 4 * x * k**2 + x**2 * k**2 * c
            top = max(top, abs(k))
        ends.append((top, abs(k)))
    if claim["differ_in"] == "running_maximum":
        return ends[0][0] > ends[1][0]
    return bool(claim["differ_in"] == "final" and ends[0][1] != ends[1][1])


# --- good claims, and every place changed ------------------------------------------------------------


@pytest.mark.parametrize("name", GOOD)
def test_good_claims_are_proved_and_true(name: str) -> None:
    assert set(good_once()) == set(GOOD)
    (verdict,) = check(a_good(name))
    assert verdict.proved, verdict.statement
    assert is_true(a_good(name))


@some_then_all
@pytest.mark.parametrize("name", GOOD)
def test_changed_claims_are_refused_or_true(name: str, every: int) -> None:
    refused, truths = 0, {stated(a_good(name)): True}
    for path, changed in mutations(a_good(name), every):
        if path[:1] == ("producer",) or path[:2] == ("data", "name") or not is_worth_a_walk(name, path):
            continue
        if not accepted(changed):
            refused += 1
            continue
        key = stated(changed)
        if key not in truths:
            truths[key] = is_true(changed)
        assert truths[key], path
    assert refused > 100 // every


def stated(document: Json) -> str:
    """The document without the witnesses: what it claims."""
    changed = copy.deepcopy(document)
    for cell in changed["claims"][0].get("cells", ()):
        for key in ("exponent", "at", "walk", "proof"):
            cell.pop(key, None)
    return json.dumps(changed)


def is_worth_a_walk(name: str, path: tuple[Any, ...]) -> bool:
    """Each change of the certificate with walks replays them all: only what concerns the walks is changed."""
    return name != "advice by walks" or (path[:3] == ("claims", 0, "cells") and path[3:] in WALK_PLACES)


def edited(name: str, edits: dict[tuple[Any, ...], Json]) -> Json:
    """A good document with places of its claim replaced."""
    document = a_good(name)
    for path, value in edits.items():
        place = document["claims"][0]
        for key in path[:-1]:
            place = place[key]
        if value is ...:
            del place[path[-1]]
        else:
            place[path[-1]] = value
    return document


def cell_index(name: str, regime: str, key: str | None = None) -> int:
    cells = a_good(name)["claims"][0]["cells"]
    return next(
        i for i, cell in enumerate(cells) if cell["regime"] == regime and (key is None or key in cell)
    )


def moved(name: str, i: int, end: str) -> Json:
    """The border between cells i and i + 1 elsewhere."""
    return edited(name, {("cells", i, "to"): end, ("cells", i + 1, "from"): end})


def test_borders_moved_too_far_are_refused() -> None:
    """Each border, from the side that is then claimed wrongly."""
    name = "advice"
    cells = a_good(name)["claims"][0]["cells"]
    for i, cell in enumerate(cells[:-1]):
        here, length = F(cell["to"]), F(cell["to"]) - F(cell["from"])
        for there in (here + F(1, 50), here - length / 2):
            changed = moved(name, i, str(there))
            assert not accepted(changed) or is_true(changed), (i, there)
    stable = moved(name, 0, str(F(100, 169) + F(1, 10**12)))
    assert not accepted(stable)
    window = moved(name, len(cells) - 2, str(F(200, 169) + F(1, 10**12)))
    assert not accepted(window)


@pytest.mark.parametrize("name", ["advice", "advice by walks"])
@pytest.mark.parametrize(
    ("regime", "other"),
    [
        ("rare", "likely"),
        ("likely", "rare"),
        ("likely", "inflationary"),
        ("inflationary", "rare"),
        ("inflationary", "stable"),
        ("undecided", "rare"),
        ("undecided", "likely"),
        ("stable", "rare"),
        ("outside window", "inflationary"),
        ("undecided", "outside window"),
    ],
)
def test_other_regimes_are_refused(name: str, regime: str, other: str) -> None:
    cells = a_good(name)["claims"][0]["cells"]
    for i, cell in enumerate(cells):
        if cell["regime"] == regime:
            assert not accepted(edited(name, {("cells", i, "regime"): other}))


def test_an_undecided_cell_may_stand_for_any() -> None:
    i = cell_index("advice", "rare")
    cell = a_good("advice")["claims"][0]["cells"][i]
    plain = {key: cell[key] for key in ("from", "to")} | {"regime": "undecided"}
    assert accepted(edited("advice", {("cells", i): plain}))
    assert not accepted(edited("advice", {("cells", i, "regime"): "undecided"}))  # with an exponent left over


def test_witnesses_that_do_not_prove_are_refused() -> None:
    rare, likely = cell_index("advice", "rare"), cell_index("advice", "likely")
    cells = a_good("advice")["claims"][0]["cells"]
    assert not accepted(edited("advice", {("cells", rare, "exponent"): str(F(cells[rare]["exponent"]) * 2)}))
    assert not accepted(edited("advice", {("cells", rare, "exponent"): str(F(cells[rare]["exponent"]) / 2)}))
    assert not accepted(
        edited("advice", {("cells", likely, "exponent"): str(F(cells[likely]["exponent"]) * 2)})
    )
    assert not accepted(
        edited("advice", {("cells", likely, "exponent"): str(F(cells[likely]["exponent"]) / 2)})
    )
    assert not accepted(edited("advice", {("cells", likely, "exponent"): ...}))


def test_walks_that_do_not_prove_are_refused() -> None:
    name = "advice by walks"
    cells = a_good(name)["claims"][0]["cells"]
    walks = [i for i, cell in enumerate(cells) if "walk" in cell]
    assert {cells[i]["regime"] for i in walks} == {"rare", "likely"}
    for i in walks:
        walk = ("cells", i, "walk")
        theta = cells[i]["walk"]["exponent"]
        assert not accepted(edited(name, {(*walk, "steps"): 2}))
        assert not accepted(edited(name, {(*walk, "steps"): 0}))
        assert not accepted(edited(name, {(*walk, "drop"): "1/2"}))
        assert not accepted(edited(name, {(*walk, "bits"): 16}))
        assert not accepted(edited(name, {(*walk, "bits"): 10**17}))
        assert not accepted(edited(name, {(*walk, "exponent", "lower"): theta["upper"]}))
        assert not accepted(edited(name, {(*walk, "exponent", "upper"): theta["lower"]}))
    top = "undecided"
    assert "A5" in check(a_good(name))[0].statement and top in check(a_good(name))[0].statement


def test_a_walk_over_a_wider_cell_is_refused() -> None:
    """The extreme factors are those of the cell that is claimed, not of the one that was searched."""
    name = "advice by walks"
    cells = a_good(name)["claims"][0]["cells"]
    i = 3
    (start, end), width = (F(cells[i][key]) for key in ("from", "to")), F(1, 50)
    assert "walk" in cells[i - 1] and "walk" in cells[i + 1]
    assert not accepted(
        moved(name, i - 1, str(start + width) if start + width < end else str((start + 9 * end) / 10))
    )
    assert not accepted(moved(name, i, str((9 * start + end) / 10)))


@pytest.mark.parametrize("key", ["width", "mu0", "scale", "probability", "lambda0"])
def test_another_question_is_another_claim(key: str) -> None:
    value = F(a_good("advice")["claims"][0][key])
    for factor in (F(1, 3), F(3)):
        changed = edited("advice", {(key,): str(value * factor)})
        assert not accepted(changed) or is_true(changed)
    for bad in ("0", "-1" if key != "mu0" else "0"):
        assert not accepted(edited("advice", {(key,): bad}))


def test_the_learning_rate_of_the_data_is_not_used() -> None:
    document = a_good("advice")
    document["data"]["learning_rate"] = "17/3"
    (verdict,) = check(document)
    assert verdict.proved and "replaced by a free eta" in verdict.statement


def test_other_data_is_another_claim() -> None:
    document = a_good("advice")
    document["data"] = data_set(("1", "1/2"), ("1.8", "1/2"))
    assert not accepted(document)


def test_counterexamples_the_wrong_way_round_are_refused() -> None:
    document = a_good("counterexample")
    entry = document["claims"][0]
    entry["lower"], entry["higher"] = entry["higher"], entry["lower"]
    assert not accepted(document)
    document = a_good("order")
    entry = document["claims"][0]
    entry["first"], entry["second"] = entry["second"], entry["first"]
    assert not accepted(document)


def test_statements_of_larger_batches_need_an_exponent_of_one() -> None:
    counter = load_dataset("examples/small-batch-counterexample.toml")
    entry = {"kind": "batch_bound", "step": {"kind": "single"}, "lambda": "1", "exponent": "0.3"}
    assert not accepted(certificate(counter.to_json(), entry))
    with mp.workdps(20):
        assert mp.log(mp.mpf(5) / 4, 2) > 0.3  # true of this batch, false of the larger ones
    assert not accepted(certificate(counter.to_json(), entry | {"exponent": "1"}))


def test_bounded_epochs_need_a_product_below_one() -> None:
    statement = check(a_good("order bound"))[0].statement
    assert "O3" in statement and "never exceeds" in statement
    (claim,) = claims_of(epoch_orders(LinearWalk(TALK), F("1.7")))
    (verdict,) = check(certificate(TALK.to_json(), claim))
    assert verdict.proved and "O3" not in verdict.statement
    assert "O3" in check(a_good("order bound at zero"))[0].statement
    assert not accepted(edited("order bound at zero", {("base",): ["3"]}))
    without = check(edited("order bound at zero", {("base",): ...}))[0]
    assert without.proved and "O3" not in without.statement


def test_costly_claims_end() -> None:
    """Long numbers, many steps, hostile sizes: refused, and soon."""
    long = "0." + "1" * 3900
    hostile = [
        edited(
            "order", {("kappa",): long, ("L",): "9" * 3900, ("first",): [long] * 6, ("second",): [long] * 6}
        ),
        edited("easy phase", {("steps",): 10**17}),
        edited("easy phase", {("exponent", "lower"): "1" + "0" * 3000}),
        edited("advice", {("cells", 1, "exponent"): "9" * 3999}),
        edited("advice", {("mu0",): "1/" + "9" * 3990}),
    ]
    for document in hostile:
        assert not accepted(document) or is_true(document)


def test_the_data_set_is_described_once_for_all_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fingerprint of many samples takes long, and a certificate may hold thousands of claims."""
    calls: list[object] = []
    described = settings_of_checker.describe_data
    monkeypatch.setattr(
        settings_of_checker, "describe_data", lambda data: calls.append(data) or described(data)
    )
    for name in ("advice", "batch order"):
        document = copy.deepcopy(a_good(name))
        document["claims"] = document["claims"][:1] * 3
        calls.clear()
        verdicts = check(document)
        assert all(verdict.proved for verdict in verdicts)
        assert len({verdict.statement for verdict in verdicts}) == 1
        assert len(calls) == 1


def test_the_law_of_advice_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another lambda_0 is another place on the axis of the same law: more claims cost nothing for each sample."""
    budgets: list[Work] = []

    def a_budget() -> Work:
        budgets.append(Work())
        return budgets[-1]

    monkeypatch.setattr(certificates, "Work", a_budget)
    left = []
    for n in (1, 9):
        document = hand_made("1/2", {"regime": "undecided", "from": "0.6", "to": "0.61"})
        samples = [{"x": str(i), "count": 1} for i in range(1, 2001)]
        document["data"] = {"name": "many", "learning_rate": "7/3", "samples": samples}
        document["claims"] = [_silent(document["claims"][0], rate) for rate in range(1, n + 1)]
        assert accepted(document)
        left.append(budgets[-1].left)
    assert left[0] - left[1] <= 8 * 2000


def _silent(entry: Json, curvature: int) -> Json:
    """Nothing decided in the window of the samples 1, ..., 2000."""
    ends = "0", str(F(1, 1000 * curvature)), str(F(1, 500 * curvature)), "inf"
    regimes = "stable", "undecided", "outside window"
    listed = [{"regime": r, "from": a, "to": b} for r, a, b in zip(regimes, ends, ends[1:], strict=False)]
    return entry | {"lambda0": str(curvature), "cells": listed}


def test_the_easy_phase_has_the_damping_it_says() -> None:
    entry = a_good("easy phase")["claims"][0]
    without = claims_of(easy_phase(LinearWalk(TALK), F("1.42"), F(100), 0))[0]
    ratio = float(F(entry["upper"]) / F(without["upper"]))
    assert ratio == pytest.approx(exp(3 * 1.69945229385 * log(0.42)), rel=1e-9)
    assert not accepted(edited("easy phase", {("upper",): str(F(entry["upper"]) * F(999, 1000))}))
    assert not accepted(edited("easy phase", {("lower",): str(F(entry["lower"]) * F(1001, 1000))}))
    assert accepted(edited("easy phase", {("lower",): "0", ("upper",): "1"}))


# --- by a hair -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", ["1/1000", "1/1000000000"])
def test_exponents_are_held_against_the_level_by_a_hair(p: str) -> None:
    """Rare needs b >= log(1/p)/log K(to), likely b < log(1/p)/log(K(from) R(to)), for any theta."""
    rarity, A = -log(F(p)), 10**6
    low, high = F("0.60"), F("0.61")
    needed = 2 * rarity / log(A / high)
    for share, good in ((1 + 1e-7, True), (1 - 1e-7, False)):
        cell = {"regime": "rare", "from": str(low), "to": str(high), "exponent": str(F(needed * share))}
        cell |= {"at": "0.605"} if needed < 1 else {}
        assert accepted(hand_made(p, cell)) is good
    low, high = F("0.77"), F("0.78")
    allowed = rarity / (log(A / low) / 2 + log(high * 2 * F("1.69") - 1))
    for share, good in ((1 - 1e-7, True), (1 + 1e-7, False)):
        cell = {"regime": "likely", "from": str(low), "to": str(high), "exponent": str(F(allowed * share))}
        assert accepted(hand_made(p, cell)) is good


@pytest.mark.parametrize(("regime", "low", "high"), [("rare", "0.73", "0.74"), ("likely", "0.75", "0.76")])
def test_walks_are_held_against_the_level_of_the_right_end(regime: str, low: str, high: str) -> None:
    """The accepted probability just above and just below that of the extreme walk at the right level."""
    rare, cut = regime == "rare", (F(low), F(high))
    question = Question(LinearWalk(TALK.with_learning_rate(2)), F(10**6), F(1), F(1, 2))
    steps = extreme_steps(question, cut, largest=rare).squared()
    level = question.start_rate / cut[1 if rare else 0]
    bounds = hitting_bounds(steps, level, digits=5)
    assert bounds.enclosure is not None and bounds.counts is not None
    walk = replay_fields(bounds.counts, root=2)
    for share, above in ((F(10001, 10000), True), (F(9999, 10000), False)):
        p = bounds.enclosure.midpoint * share
        cell = {"regime": regime, "from": low, "to": high, "walk": walk}
        assert accepted(hand_made(str(p), cell)) is (above is rare)


def test_a_stable_cell_ends_where_the_start_is_the_event() -> None:
    advice = advise(TALK, F(2), F(10), F(10), F(1, 100))
    document = certificate(TALK.to_json(), *claims_of(advice))
    assert accepted(document) and [c["to"] for c in document["claims"][0]["cells"]] == [
        "0.1",
        "200/169",
        "inf",
    ]
    for there in ("0.11", "0.09"):
        changed = copy.deepcopy(document)
        changed["claims"][0]["cells"][0]["to"] = changed["claims"][0]["cells"][1]["from"] = there
        assert not accepted(changed)
    cells = [
        {"regime": "stable", "from": "0", "to": "100/169"},
        {"regime": "undecided", "from": "100/169", "to": "200/169"},
        document["claims"][0]["cells"][-1],
    ]
    entry = document["claims"][0] | {"cells": cells}
    assert not accepted(certificate(TALK.to_json(), entry))
    assert accepted(certificate(TALK.to_json(), entry | {"mu0": "1"}))


def test_full_batch_is_inflationary_right_after_the_stable_cell() -> None:
    """A4d needs a single rate, and leaves its start out."""
    advice = advise(TALK, F(2), F(100), F(1), F(1, 20), step=Step.full_batch())
    document = certificate(TALK.to_json(), *claims_of(advice))
    (verdict,) = check(document)
    assert verdict.proved and "it is 1 and G > 0 for eta in (200/269, 400/269]" in verdict.statement
    cells = [
        {"regime": "stable", "from": "0", "to": "100/169"},
        {"regime": "inflationary", "from": "100/169", "to": "200/169"},
        {"regime": "outside window", "from": "200/169", "to": "inf"},
    ]
    single = document["claims"][0] | {"step": {"kind": "single"}, "cells": cells}
    assert not accepted(certificate(TALK.to_json(), single))
