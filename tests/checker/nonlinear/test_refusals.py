"""Each hypothesis of the rules of this room broken alone: refused, with its reason; their costs, booked before."""

import copy
import json
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from kit.good_certificates import certificate, data_set
from kit.good_phases import HIT_OF_A_CATAPULT, POINTS, box, point
from kit.good_width import good, good_loss

from proofs_check import certificate as certificates
from proofs_check.certificate import Verdict, check_certificate
from proofs_check.core.budget import Work
from proofs_check.nonlinear import width_boxes

F = Fraction
Json = Any
UNIT = 10**15
TRIVIAL = {"method": "trivial"}


def check(document: Json) -> Verdict:
    return check_certificate(json.dumps(document).encode())[0]


def edited(document: Json, edits: dict[str, Json]) -> Json:
    """A copy with fields of its claim (dotted paths) replaced; ... takes one away."""
    document = copy.deepcopy(document)
    for path, value in edits.items():
        *where, last = path.split(".")
        place = document["claims"][0]
        for key in where:
            place = place[key]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return document


def refused(document: Json, reason: str) -> None:
    verdict = check(document)
    assert not verdict.proved
    assert reason in verdict.statement


LOSS: list[tuple[dict[str, Json], str]] = [
    ({"spike.lower": "-1"}, "no probability"),
    ({"spike.reached": "1.1"}, "no probability"),
    ({"spike.parts": [0, 4]}, "spike.parts are not numbers from 1"),
    ({"spike.parts": [4, 1001]}, "spike.parts are not numbers from 1"),
    ({"spike.parts": [4]}, "not two numbers"),
    ({"spike.steps": 61}, "exceeds 60"),
    ({"spike.kappa": "0.72"}, "exceeds L_0/2"),
    ({"spike.lower": "0.9"}, "exceeds what reaching"),
    ({"spike.steps": 40}, "too many boxes and paths"),
    ({"spike.parts": [1000, 500]}, "too many boxes and paths"),
    ({"quiet.upper": "2"}, "quiet.upper is no probability"),
    ({"quiet.exponent": ...}, "below 1 without a proof"),
    ({"quiet.exponent": "2.1"}, "exceeds 2"),
    ({"quiet.kappa": "0.0000001"}, "the start exceeds quiet.kappa"),
    ({"quiet.upper": "0"}, "quiet.upper is 0"),
    ({"quiet.upper": "1/" + "9" * 40}, "quiet.upper is not decided"),
    ({"quiet.kappa": "0.7"}, "quiet.upper is not decided"),
    ({"to": "1.42"}, "to is not below lambda"),
]


@pytest.mark.parametrize(("edits", "reason"), LOSS)
def test_losses(edits: dict[str, Json], reason: str) -> None:
    refused(edited(good_loss(), edits), reason)


def test_a_loss_without_a_spike_or_a_proof_of_the_quiet_way_is_proved() -> None:
    edits = {"spike.lower": "0", "quiet.upper": "1", "quiet.exponent": ...}
    assert check(edited(good_loss(), edits)).proved


def test_paths_beyond_the_nodes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few boxes, but each followed along too many paths."""
    monkeypatch.setattr(width_boxes, "MOST_NODES", 50)
    edits = {"spike.parts": [1, 1], "spike.steps": 5, "to": "0.1", "quiet.upper": "1", "quiet.exponent": ...}
    refused(edited(good_loss(), edits), "too many boxes and paths")


WIDTH: list[tuple[str, dict[str, Json], str]] = [
    ("closed forms", {"mu0": "1000000"}, "|kappa_0| exceeds L_0/2"),
    ("closed forms", {"kappa": "0.0000001"}, "the start is not below the level"),
    ("closed forms", {"kappa": "0.0000001", "lower": "0", "lower_proof": TRIVIAL}, "the start is not below"),
    ("closed forms", {"lower_proof.L1": "1/" + "7" * 3998}, "lower is not decided"),
    ("table", {"kappa": "0.100" + "1" * 3900}, "too long"),
    ("closed forms", {"lower_proof.exponent": "9" * 300}, "lower is not decided"),
    ("closed forms", {"lower_proof.L1": "0.1", "kappa": "0.7"}, "lower is not decided"),
    ("below one", {"upper_proof.tail": "9" * 200}, "upper is not decided"),
    ("below one", {"upper_proof.tail": "1/100000"}, "upper is not decided"),
    ("below one", {"upper_proof.exponent": "9" * 300}, "upper is not decided"),
    ("stable", {"upper": "1/2", "lower": "1/3"}, "lower is above 0 without a proof"),
    ("table", {"lambda": "1.18"}, ""),
    (
        "table",
        {"upper_proof": TRIVIAL, "upper": "1", "lambda": "1.1", "kappa": "0.3"},
        "needs eta lambda max x > 2",
    ),
    ("carried", {"lower_proof.start.edge": 1000}, "no column"),
    ("carried", {"lower_proof.start.edge": 0, "kappa": "0.000002"}, ""),
]


@pytest.mark.parametrize(("name", "edits", "reason"), WIDTH)
def test_widths(name: str, edits: dict[str, Json], reason: str) -> None:
    refused(edited(good(name), edits), reason)


def test_an_edge_too_high_is_refused() -> None:
    document = good("carried")
    columns = len(document["claims"][0]["lower_proof"]["edges"].split()) - 1
    refused(edited(document, {"lower_proof.start.edge": columns - 1}), "too high or below the start")


def test_a_tail_above_two_is_another_form_of_w4() -> None:
    """At lambda = 1.42, theta = 1.699: M^+(t) < 1 for t below only, so tails above 2 need a larger theta."""
    entry = edited(good("closed forms"), {"lambda": "1.3", "lower": "0", "lower_proof": TRIVIAL})
    claim = entry["claims"][0]
    claim["upper"], claim["kappa"] = "1", "0.001"
    claim["upper_proof"] = {"method": "closed form", "exponent": "2.5", "L1": "1.29", "tail": "2.5"}
    assert check(entry).proved
    refused(edited(entry, {"upper": "0.0000000000001"}), "upper is not decided")
    refused(edited(entry, {"upper_proof.L1": "1.29999999999"}), "upper is not decided")


def table_claim(samples: Json, proof: Json, **changes: Json) -> Json:
    entry = {"kind": "width_spike", "step": {"kind": "single"}, "lambda": "3.9", "width": "1", "mu0": "0.12"}
    entry |= {"kappa": "0.3", "lower": "0", "upper": "1", "lower_proof": proof, "upper_proof": TRIVIAL}
    return certificate({"name": "a", "learning_rate": "1", "samples": samples}, entry | changes)


ONE = [{"x": "1", "p": "1"}]
TWO = [{"x": "0.25", "p": "0.95"}, {"x": "1", "p": "0.05"}]


def lower_table(edges: str, *rows: str, exponent: str = "2") -> Json:
    return {"method": "table", "exponent": exponent, "edges": f"{edges} {UNIT}", "table": list(rows)}


def test_tables_outside_their_lemmas_are_refused() -> None:
    zeros = lower_table(str(UNIT // 3), "0", "0")
    refused(table_claim(ONE, zeros, **{"lambda": "4"}), "kappa need not tend to 0")
    refused(table_claim(ONE, zeros, **{"lambda": "2"}), "needs eta lambda max x > 2")
    refused(table_claim(TWO, zeros, kappa="100"), "too large for a table")
    steep = lower_table(str(UNIT // 10), *["0"] * 40, "1")
    refused(table_claim(TWO, steep, kappa="1.5"), "more than a row apart")
    refused(table_claim(TWO, zeros | {"exponent": "0.5"}), "between 1 and 1000")


def test_an_upper_table_of_zeros_proves_zero_where_no_step_reaches_the_level() -> None:
    """x = 1, L in [2, 2.1], k from 0.5 on: |F| < 0.86, so no image passes 0.92 (and none from below, k R < 0.56)."""
    samples = [{"x": "0.5", "p": "0.5"}, {"x": "1", "p": "0.5"}]
    edges = [UNIT * (150 + n) // 276 for n in range(127)]
    fine = sorted({*edges, *((a + b) // 2 for a, b in pairwise(edges))})
    zeros = " ".join(["0"] * (len(fine) - 1))
    proof = {"method": "table", "exponent": "1", "edges": " ".join(map(str, fine)), "table": [zeros] * 2}
    start = {"lambda": "2.1", "mu0": "0.1", "kappa": "0.92", "upper": "0", "upper_proof": proof}
    assert check(table_claim(samples, TRIVIAL, **start)).proved
    refused(
        table_claim(TWO, TRIVIAL, upper="0", upper_proof=proof | {"exponent": "2.5"}), "fails in the cell"
    )


@pytest.mark.parametrize(
    ("claim", "samples"),
    [
        (
            {
                "lambda": "1.18",
                "L1": str(F("1.18") - F(1, 10**80)),
                "tail": "1000",
                "mu0": "0.001",
                "kappa": "0.01",
            },
            TWO,
        ),
        (
            {
                "lambda": f"1/{10**30}",
                "L1": f"1/{10**31}",
                "exponent": str(10**30),
                "tail": str(10**30),
                "mu0": f"1/{10**32}",
                "kappa": f"1/{10**31}",
            },
            ONE,
        ),
    ],
)
def test_closed_forms_beyond_every_scale_end_without_a_fault(claim: Json, samples: Json) -> None:
    """A power beyond exp(65536), a mean that is 1 to 64 bits."""
    claim = dict(claim)
    proof = {"method": "closed form", "exponent": claim.pop("exponent", "1")}
    proof |= {key: claim.pop(key) for key in ("L1", "tail")}
    verdict = check(table_claim(samples, TRIVIAL, upper_proof=proof, upper="1/2", **claim))
    assert verdict.proved or "upper is not decided" in verdict.statement, verdict.statement


def test_a_quiet_way_without_a_contracting_walk_is_undecided() -> None:
    """At kappa up to 0.7 the largest factors do not contract in the mean."""
    refused(edited(good_loss(), {"quiet.kappa": "0.7", "quiet.exponent": "2"}), "quiet.upper is not decided")


def test_a_loss_of_everything_is_undecided() -> None:
    """e >= 1: so little room for L that the path cannot stay above L_1."""
    refused(edited(good("closed forms"), {"lower_proof.L1": "1.4199999999999999"}), "lower is not decided")


def test_a_lower_table_may_claim_nothing() -> None:
    entry = edited(good("table"), {"lower": "0"})
    assert check(entry).proved


# --- phases --------------------------------------------------------------------------------------------


def test_the_loss_of_a_hit_rises_at_the_named_step() -> None:
    assert check(certificate(None, HIT_OF_A_CATAPULT)).proved
    refused(certificate(None, HIT_OF_A_CATAPULT | {"rise": 1}), "does not rise at that step")
    refused(
        certificate(None, HIT_OF_A_CATAPULT | {"peak_loss": {"lower": "0", "upper": "1"}}),
        "peak_loss does not",
    )


def test_an_exact_path_that_grows_too_long_is_refused() -> None:
    long = "1." + "3" * 2000
    entry = box((long, long), ("3.1", "3.1"), "lazy", steps=12, hit=12)
    refused(certificate(None, entry), "too long")


def test_a_path_that_leaves_the_range_is_refused() -> None:
    entry = box(("1/3", "1/3"), ("5", "5"), "divergent", steps=60)
    refused(certificate(None, entry), "leaves the range")


def test_a_slow_claim_at_another_step_is_refused() -> None:
    entry = point(*POINTS["creeping"])
    for wrong in ({"steps": False}, {"rise": False}, {"steps": 1}, {"except_hits": True, "no_hit": True}):
        assert not check(certificate(None, entry | wrong)).proved


# --- the budget ----------------------------------------------------------------------------------------


def many_columns(count: int) -> Json:
    """Images of a cell that meet most columns: all of them lie within a millionth of each other."""
    samples = [{"x": f"0.{60 + i}", "count": 1} for i in range(9)] + [{"x": "1", "count": 1}]
    edges = " ".join(map(str, range(UNIT // 10**9, UNIT // 10**9 + count)))
    zeros = " ".join(["0"] * count)
    proof = lower_table(edges, zeros, zeros, exponent="1")
    return table_claim(samples, proof, kappa="1", width="1000000000000", mu0="100000")


def test_long_slices_of_rows_are_booked_before_they_are_looked_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(certificates, "Work", lambda: Work(500_000))
    refused(many_columns(1_000), "budget")
    monkeypatch.setattr(certificates, "Work", lambda: Work(9_000_000))
    assert check(many_columns(1_000)).proved


def test_a_moment_of_zero_is_undecided() -> None:
    """The walk of the least factors is 0 in every sample where L may be anything below L_0."""
    entry = edited(good("closed forms"), {"lower_proof.L1": "1/" + "9" * 300})
    refused(entry, "lower is not decided")
    for name in ("closed forms", "below one"):
        assert "failed with" not in check(edited(good(name), {"lower_proof.L1": "1/" + "9" * 3000})).statement


def test_data_of_another_form_is_no_start() -> None:
    document = good("closed forms")
    document["data"] = data_set(("1", 1), ("1.69", 2))
    assert not check(document).proved
