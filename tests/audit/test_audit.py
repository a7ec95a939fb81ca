"""The audit: verdicts as recorded and resting on the checker, numbers against mpmath, commands that run."""

import copy
import json
import math
import pickle
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath as mp
import pytest
import sympy
from kit import ROOT

from catalysis.audit import AuditReport, AuditVerdict, Claim, Finding, audit, catalogue, network, run
from catalysis.audit.claims import NotExamined, documented
from catalysis.cli import main
from catalysis.data.talk import first_example
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict
from catalysis.exponent.exponent import cramer_exponent
from proofs_check.__main__ import main as check

CLAIMS = {claim.id: claim for claim in catalogue()}


SLOW = "no-loss-without-spikes"


@pytest.fixture(scope="module")
def report() -> AuditReport:
    return audit(name for name in CLAIMS if name != SLOW)


def test_every_claim_is_as_recorded(report: AuditReport) -> None:
    assert [one.claim.id for one in report.differing] == []
    assert len(report.examined) + 1 == len(CLAIMS) == len(catalogue())


@pytest.mark.slow
def test_the_slowest_claim_is_as_recorded() -> None:
    (one,) = audit([SLOW]).examined
    assert one.as_recorded and one.statements and not one.refusals
    (spike, lower), (quiet, upper) = ((name, float(text[3:])) for name, text in one.finding.numbers)
    assert "through" in spike and "throughout" in quiet and lower > 1000 * upper
    # W10 with the numbers of its claim, against its formula in many digits
    claim = one.finding.certificates[0]["claims"][0]
    eps, t = (mp.mpf(float(Fraction(claim["quiet"][key]))) for key in ("kappa", "exponent"))
    with mp.workdps(30):
        L0, L1 = mp.mpf("1.4"), mp.mpf("1.3")
        x = mp.mpf(1), mp.mpf("1.69")
        m = sum(max(abs(1 - v * L0), abs(1 - v * L1 + v * v * eps**2)) ** t for v in x) / 2
        fall = (L0 - L1) / max(v * (4 - v * L1) for v in x)
        rate = (1 - m) / (2 * (1 + m))
        bound = (1 + (mp.mpf("1e-6") / eps) ** t) * mp.exp(-rate * fall / eps**2)
        assert bound <= upper <= bound * (1 + mp.mpf("1e-3"))


def test_a_verdict_that_needs_a_proof_has_one(report: AuditReport) -> None:
    for one in report.examined:
        assert not one.refusals
        if one.verdict.needs_proof:
            assert one.statements and one.finding.certificates and one.claim.commands
        if one.verdict is AuditVerdict.NOT_EXAMINED:
            assert one.finding.reason
        if one.verdict is AuditVerdict.MEASURED:
            assert one.finding.numbers
        assert one.claim.claim.endswith(".") and one.claim.checked.endswith(".")


def test_what_is_off_in_print_comes_with_the_corrected_statement() -> None:
    for claim in CLAIMS.values():
        if claim.recorded in (AuditVerdict.REFUTED, AuditVerdict.CORRECTED):
            assert re.search(r"[Cc]orrected|the claim holds", claim.checked), claim.id


def test_the_docs_list_every_claim_with_its_recorded_verdict() -> None:
    text = (ROOT / "docs" / "audit.md").read_text()
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| ([a-z ]+) \|", text, re.MULTILINE))
    assert rows == {claim.id: claim.recorded.value for claim in CLAIMS.values()}


# --- the verdict rests on the checker ----------------------------------------------------------------


def _claim(examine: Callable[[], Finding], recorded: AuditVerdict = AuditVerdict.PROVED) -> Claim:
    return Claim("made-up", "drift", "A claim.", "A check.", recorded, examine)


def _good() -> Finding:
    exponent = cramer_exponent(LinearWalk(first_example()), Fraction(7, 5))
    return Finding(AuditVerdict.PROVED, certificates=(documented(first_example(), [exponent]),))


def test_a_good_certificate_establishes_the_verdict() -> None:
    assert run.examine(_claim(_good)).verdict is AuditVerdict.PROVED


def test_a_changed_certificate_or_a_missing_one_does_not() -> None:
    changed = _good()
    changed.certificates[0]["claims"][0]["lambda"] = "1.41"
    for bad in (changed, replace(_good(), certificates=()), replace(_good(), holds=False)):
        examined = run.examine(_claim(lambda bad=bad: bad))  # type: ignore[misc]
        assert examined.verdict is AuditVerdict.NOT_ESTABLISHED and not examined.as_recorded
    assert run.examine(_claim(lambda: changed)).refusals


def test_one_bad_claim_among_good_ones_is_enough() -> None:
    finding = _good()
    bad = {**finding.certificates[0]["claims"][0], "regime": "stable"}
    finding.certificates[0]["claims"].append(bad)
    examined = run.examine(_claim(lambda: finding))
    assert examined.verdict is AuditVerdict.NOT_ESTABLISHED and len(examined.statements) == 1


def test_a_differing_verdict_exits_with_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    claims = (_claim(_good), replace(_claim(NotExamined("why")), id="other"))
    monkeypatch.setattr(run, "catalogue", lambda: claims)
    assert main(["audit", "made-up", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "as recorded"
    assert main(["audit", "--json"]) == 1
    document: Any = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "differs" and document["differing"] == ["other"]
    assert main(["audit"]) == 1
    assert "DIFFERS" in capsys.readouterr().out


# --- the command -------------------------------------------------------------------------------------


def test_json_has_the_fields_that_scripts_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "theta-unique", "gd-update", "--json", "-o", str(tmp_path)]) == 0
    document: Any = json.loads(capsys.readouterr().out)
    first, second = document["claims"]
    assert (first["id"], second["id"]) == ("gd-update", "theta-unique")
    assert first["verdict"] == "refuted as printed" and first["evidence"]["statements"]
    files = [path for path in map(Path, document["files"]) if path.name != "audit.json"]
    assert [path.name for path in files] == ["gd-update.json", "theta-unique.json"]
    assert check([str(path) for path in files]) == 0
    capsys.readouterr()


def test_unknown_ids_and_bad_folders_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "gd-update", "nonsense"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "nonsense" in error and all(name in error for name in CLAIMS)
    (tmp_path / "file").write_text("")
    assert main(["audit", "gd-update", "-o", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    with pytest.raises(InputError):
        audit(["nonsense"])


def test_ids_in_every_form_and_nothing_else() -> None:
    (one,) = audit("gd-update").examined
    assert [found.claim.id for found in audit(iter(["gd-update"])).examined] == [one.claim.id]
    for bad in (None, 1, math.nan, True, object(), [1], [None], [["gd-update"]], "x"):
        with pytest.raises(InputError, match="ids: expected") as caught:
            audit(bad)  # type: ignore[arg-type]
        assert "\n" not in str(caught.value)


def test_the_protocol_of_results() -> None:
    found = audit(["gd-update", "other-experiments"])
    for twin in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert twin == found
    assert "\n" not in repr(found) and repr(found).startswith("AuditReport(")
    document = json.loads(json.dumps(found.to_json()))
    assert {"program", "format", "result", "verdict", "claims", "differing"} <= set(document)
    assert "claims[0]" in str(found) and "<table>" in found._repr_html_()
    assert found.verdict is Verdict.UNDECIDED  # one was not examined
    assert AuditReport(found.examined[:1]).verdict is Verdict.PROVED
    assert (
        AuditReport((replace(found.examined[0], verdict=AuditVerdict.PROVED),)).verdict is Verdict.UNDECIDED
    )
    with pytest.raises(TypeError):
        float(found)


def test_every_claim_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(catalogue())) == catalogue()


def test_progress_counts_claims() -> None:
    calls: list[tuple[int, int]] = []
    audit(["gd-update", "thresholds"], progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 2), (2, 2)]


QUICK = sorted(
    {c for claim in CLAIMS.values() for c in claim.commands if " figure" not in c and " reduction" not in c}
)


@pytest.mark.parametrize("command", QUICK)
def test_the_commands_behind_the_evidence_run(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    name, *arguments = shlex.split(command)
    assert name == "catalysis"
    assert main([*arguments, "--json"]) == 0
    document: Any = json.loads(capsys.readouterr().out)
    assert document["verdict"] == ("undecided" if ".." in command else "proved")  # a map keeps an open area


# --- the numbers -------------------------------------------------------------------------------------


def numbers(report: AuditReport, name: str) -> dict[str, str]:
    (one,) = [one for one in report.examined if one.claim.id == name]
    return dict(one.finding.numbers)


def brackets(text: str) -> list[tuple[Any, Any]]:
    return [(mp.mpf(a), mp.mpf(b)) for a, b in re.findall(r"\[(-?[\d.e-]+), (-?[\d.e-]+)\]", text)]


def test_the_zeros_of_both_examples(report: AuditReport) -> None:
    found = numbers(report, "several-sign-changes")
    for name, x, p, start in (("talk-1", "1.69", "0.5", 1.59), ("talk-2", "2", "0.17", 1.82)):
        with mp.workdps(30):
            weight = mp.mpf(p)
            zero = mp.findroot(
                lambda z: (1 - weight) * mp.log(abs(1 - z)) + weight * mp.log(abs(1 - z * mp.mpf(x))),  # noqa: B023
                start,
            )
            ((low, high),) = brackets(found[f"zeros of G, {name}"])
            assert low < zero < high and high - low < 1e-10
    assert len(brackets(found["zeros of G, three-changes"])) == 3


def test_the_two_orders_of_drift(report: AuditReport) -> None:
    found = numbers(report, "g-not-comparable")
    with mp.workdps(30):
        true = [
            (mp.log(mp.mpf("0.54")) + mp.log(mp.mpf("1.54") * mp.mpf("1.69") - 1)) / 2,
            mp.log(mp.mpf("1.54") * mp.mpf("1.345") - 1),
            mp.log(2) / 2,
            mp.log(mp.mpf("0.5")),
        ]
        for (name, text), value in zip(found.items(), true, strict=True):
            ((low, high),) = brackets(text)
            assert low < value < high, name


def test_the_exponent_with_and_without_eta(report: AuditReport) -> None:
    with_eta, without = numbers(report, "theorem-five-eta").values()
    ((low, high),) = brackets(with_eta)
    with mp.workdps(30):
        theta = mp.findroot(
            lambda t: (mp.mpf("0.4") ** t + (mp.mpf("1.4") * mp.mpf("1.69") - 1) ** t) / 2 - 1, 1.9
        )
        assert low < theta < high
    assert without.startswith("inflationary")


def test_the_final_curvatures_of_the_phases(report: AuditReport) -> None:
    found = numbers(report, "phases")
    with mp.workdps(40):
        for level, phase in (("1.5", "lazy"), ("2.5", "catapult"), ("3.5", "catapult")):
            kappa, L = mp.mpf(1) / 100, mp.mpf(level)
            rose = False
            for _ in range(2000):
                new = (1 - L + kappa**2) * kappa
                rose = rose or abs(new) > abs(kappa)
                kappa, L = new, L - kappa**2 * (4 - L)
            text = found[f"x = 1, kappa_0 = 1/100, L_0 = {level}"]
            ((low, high),) = brackets(text)
            assert low < L < high and text.startswith(phase) and rose == (phase == "catapult")


def test_the_polynomial_law_lies_between_lundbergs_bounds(report: AuditReport) -> None:
    found = numbers(report, "polynomial-law")
    with mp.workdps(30):
        factors = mp.mpf("0.5"), mp.mpf("1.5") * mp.mpf("1.69") - 1
        theta = mp.findroot(lambda t: sum(r**t for r in factors) / 2 - 1, 0.87)
        for power, level in ((4, 100), (8, 10**4), (12, 10**6)):
            (low, high), constant = brackets(found[f"n = 10^{power}: P, A"])
            assert (level * factors[1]) ** -theta < low < high < mp.mpf(level) ** -theta
            assert constant[0] <= low * level**theta * (1 + mp.mpf("1e-5")) and low < constant[1]


def test_the_exponents_of_the_batches(report: AuditReport) -> None:
    found = numbers(report, "small-batches")
    with mp.workdps(30):
        for at, weights in (("1.4", {1: 2, 2: 4}), ("1.55", {1: 2})):
            for size in weights:
                x = [1 + mp.mpf("0.69") * k / size for k in range(size + 1)]
                p = [mp.binomial(size, k) / 2**size for k in range(size + 1)]
                r = [abs(1 - mp.mpf(at) * value) for value in x]
                start = {("1.4", 1): 1.9, ("1.4", 2): 3.0, ("1.55", 1): 0.4}[at, size]
                theta = mp.findroot(
                    lambda t: sum(w * f**t for w, f in zip(p, r, strict=True)) - 1,  # noqa: B023
                    start,
                )
                name = "one sample" if size == 1 else f"minibatch of {size} with replacement"
                ((low, high),) = brackets(found[f"talk-1 at lambda = {at}, {name}"])
                assert low < theta < high
    assert found["talk-1 at lambda = 1.55: P(eta lambda x_batch > 2), batches of 1 and 2"] == "1/2, 3/4"


def test_the_upper_bound_at_finite_width(report: AuditReport) -> None:
    found = numbers(report, "upper-bound")
    with mp.workdps(30):
        factors = mp.mpf("0.4"), mp.mpf("1.4") * mp.mpf("1.69") - 1
        theta = mp.findroot(lambda t: sum(r**t for r in factors) / 2 - 1, 1.9)
        for level in (1000, 100):
            (low, high), linear = brackets(found[f"n = 10^12, mu_0 = 1, c = 1/{level}: P"])
            true = (mp.mpf(10) ** -6 * level) ** theta
            assert true * (1 - mp.mpf("1e-6")) < high < true * (1 + mp.mpf("1e-6"))
            assert low < linear[0] < linear[1] < high


def test_one_exact_step_refutes_the_recap() -> None:
    """The same step in fractions, written out by hand."""
    a, w, eta = Fraction(1), Fraction(1), Fraction(1, 2)
    output = a * w
    a, w = a - eta * output * w, w - eta * output * a
    assert network._one_neuron() == (float(a * w), 0.5, 0.25) and a * w == Fraction(1, 4)


def test_the_gradient_by_hand() -> None:
    """F = s, l = s^2/2, dl/da = F s = s^2: 1 and 4, mean 5/2; without the factor 1/2 it is 5."""
    assert network._mean_gradient() == (2.5, 2.5, 5.0)


def test_printed_polynomials_are_read_as_sympy_reads_them() -> None:
    symbols = {name: sympy.Symbol(name) for name in ("mu", "eta", "lambda", "x", "n")}
    letters = {**symbols, "lambda_": symbols["lambda"]}
    for text in (network.MU_RIGHT, network.LAMBDA_RIGHT, network.MU_RECAP, network.LAMBDA_RECAP):
        parsed = sympy.sympify(text.replace("lambda", "lambda_").replace("^", "**"), locals=letters)
        assert sympy.expand(network._polynomial(text, symbols) - parsed) == 0


def test_a_wrong_printed_formula_is_told_from_a_right_one() -> None:
    derived = network._derived("single")
    assert network._same(derived.update, {"mu": network.MU_RIGHT})
    for wrong in (
        network.MU_RIGHT.replace("eta^2", "eta"),
        network.MU_RIGHT + " + mu",
        network.MU_RIGHT.replace("x^2", "x"),
    ):
        assert not network._same(derived.update, {"mu": wrong})
