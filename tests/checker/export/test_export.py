"""`proofs-check --coq`: what is written for Coq, what is refused, and that no text of a certificate becomes code.

Nothing here needs Coq; test_coqc.py lets Coq judge the files.
"""

import json
import re
import tomllib
from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from typing import Any

import mpmath as mp
import pytest
from checker.linear import test_claims, test_family
from checker.spikes import test_horizon, test_lattice, test_spike
from kit import ROOT, good_phases, good_products, good_width
from kit.good_certificates import RARE, SINGLE, TALK, certificate, data_set, regions_claim

from catalysis.certificate.document import certificate_of, claim
from catalysis.derivation import ShallowNetwork, derive
from catalysis.nonlinear.landing import landing
from catalysis.products.exponent import product_exponent
from catalysis.products.walk import MatrixWalk
from proofs_check.__main__ import main
from proofs_check.certificate import check_certificate
from proofs_check.core.budget import BUDGET, Work
from proofs_check.core.rule import Setting
from proofs_check.export import coq
from proofs_check.export.coq import NotExpressible
from proofs_check.export.folder import Entry, Export, export
from proofs_check.export.kinds import REASONS, WRITERS
from proofs_check.export.matrices import squares
from proofs_check.export.moments import all_parts, written
from proofs_check.rules import RULES

Json = Any
THRESHOLDS = {"kind": "thresholds", "step": SINGLE, "lambda_crit": "200/169", "lambda_max": "400/169"}


PRODUCTS = (
    "half up", "half down", "square", "three up", "three up by tensors", "three down", "mean square",
    "mean square of a batch", "power mean up", "power mean down", "words up", "words down", "volume", "radius",
    "radius of a batch", "exponent", "falling", "moment drift", "spike", "spike of a kernel", "axis", "spike by cells",
    "spike of pushes", "spike in time", "no spike", "stable", "stable batch", "stable momentum", "stable cells",
    "flat spike",
)  # fmt: skip


def landing_of(name: str) -> Json:
    walk, at = good_phases.LANDINGS[name]
    return certificate_of(walk.dataset, [claim(landing(walk, at))])


def ruin_of_a_gambler() -> Json:
    """Factors 2 and 1/2, from 1 to 128: (499/501)^7."""
    with mp.workdps(100):
        return test_lattice.fair("100", *test_lattice.around(Fraction(499, 501) ** 7))


def lattice_with_a_pole() -> Json:
    """Factors 2, 0 and 1/2."""
    pairs = [
        (Fraction(2), Fraction(49, 100)),
        (Fraction(0), Fraction(1, 50)),
        (Fraction(1, 2), Fraction(49, 100)),
    ]
    with mp.workdps(100):
        return test_lattice.lattice(test_lattice.samples_of(pairs), pairs, "100", "0", "0.3")


def long_walk() -> Json:
    """Three factors over so many steps that there are hundreds of thousands of products."""
    found = test_horizon.a_good("cells")
    found["claims"][0] |= {"steps": 1000, "upper": "1"}
    return found


def rate_at_a_pole() -> Json:
    """The factors 0, 1/2 and 5/2 at lambda = 1: theta and its derivative."""
    data = data_set(("1", "1/4"), ("1.5", "1/2"), ("3.5", "1/4"))
    claim = {"kind": "exponent_rate", "step": SINGLE, "lambda": "1"}
    theta, rate = {"lower": "1.1", "upper": "1.4"}, {"lower": "-40", "upper": "0"}
    return certificate(data, claim | {"exponent": theta, "rate": rate})


def family_at_a_pole(z: str, s: tuple[str, str], p: tuple[str, str]) -> Json:
    """A box where a factor of positive weight vanishes, so that G = -inf."""
    box = {"s": {"from": s[0], "to": s[1]}, "p": {"from": p[0], "to": p[1]}}
    return certificate(None, {"kind": "family_sign", "curvature": {"fixed": z}, "sign": "negative", **box})


def exponent_without_moments() -> Json:
    """That lambda_1 < 0, and no bound of theta."""
    found = good_products.good("falling")
    claim = found["claims"][0]
    bounds = {"regime": "deflationary", "lower": "0", "upper": "inf", "below": None, "above": None}
    claim |= {"kind": "product_exponent", "lyapunov": claim.pop("proof"), **bounds}
    return found


def stable_kernel() -> Json:
    return good_products.made(product_exponent(MatrixWalk.from_gram(good_products.GRAM, eta="0.3")))


def from_the_other_side() -> Json:
    """The claim about finite width with mu_0 = -1."""
    found = good_width.good("closed forms")
    found["claims"][0]["mu0"] = "-1"
    return found


def beside_a_pole() -> Json:
    """A landing zone one end of which is a zero beside a pole."""
    made = certificate(RARE, regions_claim(RARE, end="1.2"))
    found = made["claims"][0]
    del found["from"], found["to"]
    made["claims"] = [found | {"kind": "landing", "lambda0": "1.2", "zone": [{"from": "0", "to": "1.2"}]}]
    return made


def in_five_dimensions() -> Json:
    rows = [[int(i == j) for j in range(5)] for i in range(5)]
    return good_products.made(product_exponent(MatrixWalk.from_features(rows, eta="0.8")))


def network(activation: str = "linear", batch: str = "single", **flags: Any) -> Json:
    return certificate_of(None, [claim(derive(ShallowNetwork(activation, **flags), batch))])


MAKERS: dict[str, Callable[[], Json]] = {
    **{f"linear, {name}": make for name, make in test_claims.GOOD.items()},
    **{f"spike, {name}": make for name, make in test_spike.GOOD.items()},
    **{f"horizon, {name}": partial(test_horizon.a_good, name) for name in test_horizon.GOOD},
    **{f"family, {i}": partial(test_family.document, claim) for i, claim in enumerate(test_family.GOOD)},
    **{f"product, {name}": partial(good_products.good, name) for name in PRODUCTS},
    **{f"width, {name}": partial(good_width.good, name) for name in good_width.NAMES},
    **{f"landing, {name}": partial(landing_of, name) for name in good_phases.LANDINGS},
    "family, pole of the first": partial(family_at_a_pole, "1", ("1/2", "3/4"), ("0", "1/2")),
    "family, pole of the second": partial(family_at_a_pole, "4", ("1/2", "51/100"), ("1/2", "1")),
    "product, exponent without moments": exponent_without_moments,
    "horizon, long": long_walk,
    "linear, rate at a pole": rate_at_a_pole,
    "spike, lattice": ruin_of_a_gambler,
    "spike, lattice with a pole": lattice_with_a_pole,
    "product, stable kernel": stable_kernel,
    "width, from the other side": from_the_other_side,
    "landing, beside a pole": beside_a_pole,
    "product, five dimensions": in_five_dimensions,
    "map": network,
    "map, labels": partial(network, labels=True),
    "map, relu": partial(network, "relu"),
}


@cache
def document(name: str) -> str:
    """A certificate of each sort, as text."""
    with mp.workdps(100):
        return json.dumps(MAKERS[name]())


def exported(given: Json) -> Export:
    raw = (given if isinstance(given, str) else json.dumps(given)).encode()
    return export(raw, check_certificate(raw), BUDGET)


def code_of(text: str) -> str:
    """The text without comments, which may be nested, read as Coq reads it."""
    depth, kept, place = 0, [], 0
    while place < len(text):
        if text.startswith("(*", place):
            depth, place = depth + 1, place + 2
        elif text.startswith("*)", place) and depth:
            depth, place = depth - 1, place + 2
        else:
            if depth:
                assert text[place] != '"', "a quote in a comment begins a string"
            else:
                kept.append(text[place])
            place += 1
    assert depth == 0
    return "".join(kept)


def claims_of(made: Export) -> list[str]:
    return [made.files[entry.file] for entry in made.entries if entry.file is not None]


@pytest.mark.parametrize("name", MAKERS)
def test_every_claim_is_written_or_named_with_a_reason(name: str) -> None:
    made = exported(document(name))
    (entry,) = made.entries
    assert entry.kind in RULES
    assert (entry.file is not None) or entry.reason
    assert entry.line() in made.files["README.md"].replace("- claim", "claim")
    for text in claims_of(made):
        code = code_of(text)
        assert not re.search(r"\b(Admitted|Axiom|Parameter|admit|Abort)\b", code)
        assert "interval." not in code  # enclosures state their precision, in the tactics of the library
        assert code.count("Proof.") == code.count("Qed.")
        assert "Theorem" in code


WRITTEN = {
    "linear, thresholds": ["(1 / 2), (169 / 100)", "(200 / 169) = 2 / x"],
    "linear, thresholds, full batch": ["expect samples", "(400 / 269)"],
    "linear, drift": ["Definition eta : R := (1 / 2)", "(33 / 100) < drift w 3 < (17 / 50)"],
    "linear, drift near a pole": ["(1 + exp (- 40))"],
    "linear, sign, positive": ["0 < drift w lam"],
    "linear, sign, negative": ["no_pole w lam -> drift w lam < 0"],
    "linear, three zeros": ["sign_regions w negative 0 p_infty", "(up, Between", "(down, Between"],
    "linear, rational tangency": ["(touch, At (3 / 4))"],
    "linear, stable": ["theta w (200 / 169) = p_infty"],
    "linear, deflationary": ["theta w (71 / 50) = Finite t"],
    "linear, rate": ["is_derive (fun l => Rbar.real (theta w l))"],
    "family, 0": ["forall s p, 1 <= s <= 2 -> 0 <= p <= 1 ->", "0 < drift (two s p) 3"],
    "family, 3": ["drift (two s p) (share_point 3 s) < 0"],
    "horizon, counts": ["(83 / 1000) <= reach w 1 (2 * Rabs mu) 6 mu <= (831 / 10000)"],
    "horizon, pair that stays": ["(687 / 1000) <= stays w (8 / 5) (1 / 4) 5 mu <= (86 / 125)"],
    "horizon, wald": ["passage_mean w 3 (2 * Rabs mu) mu = Finite E /\\ (7 / 10) <= E <= (5 / 2)"],
    "horizon, critical": ["passage_mean w 1 (3 * Rabs mu) mu = p_infty"],
    "linear, band below 1": ["Rbar_le (3 / 10) (theta w lam) /\\ Rbar_le (theta w lam) (14 / 25)"],
    "spike, lundberg": ["ever w"],
    "spike, lundberg, square": ["sqrt"],
    "spike, counts": ["ever w"],
    "landing, scaled": ["orbit x (k0, (5 / 4)) t", "Definition c : list (R * R)"],
    "width, closed forms": ["sqrt 1000000000000", "reach_kappa c (1 / 1000) T"],
    "map": ["label_moment data = 0 ->", "(mu net) ^ 3"],
    "map, labels": ["let z := label_moment data in"],
    "product, half up": ["step_matrix 1 (11 / 10)", "over_words law T"],
    "product, half down": ["moment_above 2 law Q_moment", "carried_moment"],
    "product, radius": ["over_words law T", "Q_lower", "Q_upper"],
    "product, spike": ["reach_form 2 law (fun A => A) N 3 T e <="],
    "product, stable momentum": ["rows ["],
}


@pytest.mark.parametrize("name", WRITTEN)
def test_the_statement_holds_the_numbers_of_the_claim(name: str) -> None:
    (text,) = claims_of(exported(document(name)))
    for words in WRITTEN[name]:
        assert words in code_of(text)


@pytest.mark.parametrize("squared", [False, True])
def test_of_a_walk_over_counts_the_weaker_claim_is_written_and_named(squared: bool) -> None:
    """The bounds of S3, around those of the claim; for the level sqrt(100), too."""
    given = json.loads(document("spike, counts"))
    if squared:
        (claim,) = given["claims"]
        claim["factor_squared"] = str(Fraction(claim.pop("factor")) ** 2)
    made = exported(given)
    (text,) = claims_of(made)
    assert "the theorem is weaker, it states the wider bounds of S3" in " ".join(text.split())
    assert "the theorem is weaker" in made.entries[0].line() and "the theorem is weaker" not in code_of(text)
    lower, upper = (
        Fraction(a)
        for a in re.findall(r"-> \((.*?)\) <= ever .* <= \((.*?)\)\.", text.replace(" / ", "/"))[0]
    )
    assert lower < Fraction(given["claims"][0]["lower"]) < Fraction(given["claims"][0]["upper"]) < upper
    theta = mp.findroot(lambda t: (mp.mpf("0.42") ** t + mp.mpf("1.3998") ** t) / 2 - 1, 1.7)
    low, high = mp.mpf("13.998") ** -theta, mp.mpf(10) ** -theta
    assert low * (1 - mp.mpf("1e-5")) < mp.mpf(lower.numerator) / lower.denominator < low
    assert high < mp.mpf(upper.numerator) / upper.denominator < high * (1 + mp.mpf("1e-5"))


REFUSED = {
    "linear, rate at a pole": "the rate of change of theta at a pole",
    "horizon, long": "a walk of 1000 steps",
    "horizon, passages of two": "a mean overshoot",
    "linear, irrational tangencies": "a tangency at a point that is not rational",
    "linear, sign, negative at a point": "the sign at a single point",
    "width, table": "ByTable",
    "width, reached": "a trivial bound",
    "map, relu": "networks of other activations",
    "product, axis": "V13",
    "product, stable kernel": "norms in residual coordinates",
    "product, five dimensions": "5 samples in 5 dimensions",
    "landing, beside a pole": "zeros beside a pole",
    "product, three up by tensors": "by tensor",
    "product, volume": "by volume",
    "product, words down": "27 samples in 2 dimensions",
    "product, falling": "lambda_1 by quadratic",
    "product, exponent without moments": "an exponent without a moment",
    "product, spike by cells": "a spike without an upper bound in the Euclidean norm",
    "product, spike of a kernel": "norms in residual coordinates",
    "product, stable cells": "stability by cells",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_expressed_is_named(name: str) -> None:
    made = exported(document(name))
    assert claims_of(made) == []
    assert REFUSED[name] in made.entries[0].line()
    assert set(made.files) == {"README.md"}


def test_every_kind_is_written_or_has_a_reason() -> None:
    assert set(WRITERS) | set(REASONS) == set(RULES)
    assert not set(WRITERS) & set(REASONS)


def test_the_folder_holds_all_that_its_files_import() -> None:
    files = exported(document("landing, talk")).files
    project = files["_CoqProject"].split("\n")
    for name, text in files.items():
        if name.endswith(".v"):
            assert name in project
            for line in re.findall(r"From Catalysis Require Import ([\w\s]+)\.", text):
                assert all(f"library/{module}.v" in files for module in line.split())
    assert "Claim_0_landing.landing_and_zone" in files["claims/Assumptions.v"]


# --- hostile text -------------------------------------------------------------------------------------


HOSTILE = [
    "*) Axiom bad : False. (*",
    '(* "',
    '"',
    "a\n*)\nAxiom bad : False.",
    "(*(*(*",
    "é*)",
    "\\*)",
    "**)",
    "(" + "*" * 50,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_never_becomes_code(name: str) -> None:
    """The code is that of the same data with a harmless name, whatever the name is."""
    samples = ("1", "1/2"), ("1.69", "1/2")
    (text,) = claims_of(exported(certificate(data_set(*samples, name=name), THRESHOLDS)))
    (harmless,) = claims_of(exported(certificate(data_set(*samples, name="talk"), THRESHOLDS)))
    assert code_of(text) == code_of(harmless)
    assert text != harmless


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_of_a_product_never_becomes_code(name: str) -> None:
    spoilt = json.loads(document("product, stable"))
    (harmless,) = claims_of(exported(spoilt))
    spoilt["products"][0]["name"] = name
    (text,) = claims_of(exported(spoilt))
    assert code_of(text) == code_of(harmless)


def test_a_comment_is_one_comment_whatever_it_says() -> None:
    for text in (*HOSTILE, *map(chr, range(256))):
        assert code_of(coq.comment(text)) == ""


def test_an_unknown_kind_and_a_false_claim_are_not_written() -> None:
    bad = certificate(
        TALK, {"kind": "*) Axiom bad : False. (*"}, THRESHOLDS | {"lambda_crit": "1"}, 3, THRESHOLDS
    )
    made = exported(bad)
    assert [entry.file for entry in made.entries] == [None, None, None, "claims/Claim_3_thresholds.v"]
    assert [entry.reason for entry in made.entries[:3]] == ["it is not proved"] * 3
    assert "bad" not in "".join(made.files.values())


# --- the command --------------------------------------------------------------------------------------


def write(folder: Path, document: Json) -> str:
    path = folder / "certificate.json"
    path.write_text(json.dumps(document))
    return str(path)


def test_the_command_writes_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    point = json.loads(document("linear, sign, negative at a point"))["claims"][0]
    name = write(tmp_path, certificate(TALK, THRESHOLDS, point))
    folder = tmp_path / "new" / "coq"
    assert main([name, "--coq", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "coq: claim 0 (thresholds): claims/Claim_0_thresholds.v, about 2 s" in out
    assert "coq: claim 1 (sign): not expressed: the sign at a single point" in out
    assert "coq: 1 of 2 claims written into" in out and "for the library" in out
    assert {path.name for path in folder.iterdir()} == {
        "Makefile",
        "_CoqProject",
        "README.md",
        "library",
        "claims",
    }
    assert {path.name for path in (folder / "claims").iterdir()} == {"Claim_0_thresholds.v", "Assumptions.v"}
    library = Path(coq.__file__).parents[1] / "coq"
    assert (folder / "library" / "Drift.v").read_text() == (library / "Drift.v").read_text()


def test_a_claim_that_is_not_proved_is_named_and_the_status_is_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = write(tmp_path, certificate(TALK, THRESHOLDS, THRESHOLDS | {"lambda_crit": "1"}))
    assert main([name, "--coq", str(tmp_path / "coq")]) == 1
    assert "coq: claim 1 (thresholds): not expressed: it is not proved" in capsys.readouterr().out
    assert (tmp_path / "coq" / "claims" / "Claim_0_thresholds.v").exists()


def test_nothing_is_written_if_nothing_is_proved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content in (certificate(TALK, THRESHOLDS | {"lambda_crit": "1"}), {"format": "none"}):
        assert main([write(tmp_path, content), "--coq", str(tmp_path / "coq")]) == 1
        assert "nothing is proved, nothing is written" in capsys.readouterr().out
        assert not (tmp_path / "coq").exists()


def test_claims_that_are_all_not_expressed_leave_the_index(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([write(tmp_path, json.loads(document("product, axis"))), "--coq", str(tmp_path / "coq")]) == 0
    assert "coq: 0 of 1 claims written" in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "coq").iterdir()] == ["README.md"]
    assert "None of them is expressed" in (tmp_path / "coq" / "README.md").read_text()


@pytest.mark.parametrize("present", ["folder", "file"])
def test_a_folder_that_exists_is_refused(
    present: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, folder = write(tmp_path, certificate(TALK, THRESHOLDS)), tmp_path / "coq"
    folder.mkdir() if present == "folder" else folder.write_text("")
    assert main([name, "--coq", str(folder)]) == 2
    out, error = capsys.readouterr()
    assert out == "" and error.count("\n") == 1 and "the folder exists; name a new one" in error


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    name = write(tmp_path, certificate(TALK, THRESHOLDS))
    assert main([name, "--coq", str(tmp_path / "file" / "coq")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("more", [["--json"], ["second"]])
def test_only_one_certificate_and_no_json(
    more: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = write(tmp_path, certificate(TALK, THRESHOLDS))
    with pytest.raises(SystemExit) as stopped:
        main([name, *more, "--coq", str(tmp_path / "coq")])
    assert stopped.value.code == 2
    assert "--coq takes one certificate" in capsys.readouterr().err
    assert not (tmp_path / "coq").exists()


def test_an_estimate_above_five_minutes_says_so() -> None:
    assert "(more than five minutes)" in Entry(0, "drift", "a.v", "", 1000).line()
    assert "minutes" not in Entry(0, "drift", "a.v", "", 10).line()


def test_a_law_of_too_many_rates_is_not_written() -> None:
    many = data_set(*((str(i), 1) for i in range(1, 500)))
    made = exported(
        certificate(
            many, {"kind": "thresholds", "step": SINGLE, "lambda_crit": "2/499", "lambda_max": "4/499"}
        )
    )
    assert "which would take Coq hours" in made.entries[0].line()


def test_a_fault_of_a_writer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise KeyError("moment")

    monkeypatch.setitem(WRITERS, "thresholds", fails)
    made = exported(certificate(TALK, THRESHOLDS))
    assert made.entries[0].reason == "writing it failed with KeyError"


def test_a_budget_that_does_not_suffice_for_a_second_reading_is_named() -> None:
    raw = json.dumps(certificate(TALK, THRESHOLDS)).encode()
    made = export(raw, check_certificate(raw), 20)
    assert "budget" in made.entries[0].reason


def test_a_matrix_that_is_not_semidefinite_is_no_sum_of_squares() -> None:
    for bad in ([[0, 1], [1, 0]], [[-1]]):
        with pytest.raises(NotExpressible):
            squares(bad)  # type: ignore[arg-type]


def test_bounds_about_different_steps_do_not_share_a_file() -> None:
    found = []
    for name in ("half up", "words up"):
        given = json.loads(document(f"product, {name}"))
        claim, setting = given["claims"][0], Setting(None, Work(), given["products"])
        statement = RULES["product_moment"].read(claim, setting)
        found.append(written(statement.walk, statement.witness, "moment"))
    with pytest.raises(NotExpressible, match="words of different lengths"):
        all_parts(*found)


def test_the_wheel_carries_the_library() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    carried = settings["tool"]["setuptools"]["package-data"]["proofs_check"]
    assert {"coq/*.v", "coq/Makefile", "coq/_CoqProject"} <= set(carried)


def lines_of(given: Json) -> str:
    """The index's line of the one claim, which is proved."""
    raw = json.dumps(given).encode()
    verdicts = check_certificate(raw)
    assert all(v.proved for v in verdicts), verdicts
    (entry,) = export(raw, verdicts, BUDGET).entries
    return entry.line()


def test_numbers_of_words_are_not_taken_for_those_of_steps() -> None:
    """A power mean over words would be weaker, the bound of lambda_1 stronger, than the claim."""
    words = json.loads(document("product, words up"))
    inner, claim = words["claims"][0]["proof"], words["claims"][0]
    mean = {"form": "power_mean", "s": "0.25", "side": "upper", "rho": "0.98", "proof": inner}
    assert "a power mean over words" in lines_of(words | {"claims": [claim | {"proof": mean}]})
    assert "and rho that of" in lines_of(words)
    by_moment = {"form": "moment", "side": "upper", "bound": "-0.09", "proof": inner}
    line = lines_of(words | {"claims": [claim | {"kind": "product_lyapunov", "proof": by_moment}]})
    assert f"(log rho)/({inner['length']} s) if Q is definite" in line


def test_a_power_mean_of_a_power_mean_is_named() -> None:
    given = json.loads(document("product, power mean up"))
    claim = given["claims"][0]
    twice = {"form": "power_mean", "s": "0.25", "side": "upper", "rho": "0.95", "proof": claim["proof"]}
    assert "a power mean of a power mean" in lines_of(given | {"claims": [claim | {"proof": twice}]})


def test_a_spike_bounded_by_1_alone_is_named() -> None:
    given = json.loads(document("product, spike"))
    trivial = {"parameters": {"lower": "0", "upper": "1"}}
    claim = given["claims"][0] | {"factor": "1.01", "probability": trivial}
    assert "not expressed" in lines_of(given | {"claims": [claim]})


def test_what_a_file_of_minibatches_leaves_out() -> None:
    given = json.loads(document("horizon, counts"))
    batches = {"kind": "minibatch", "size": 2, "replacement": True}
    claim = given["claims"][0] | {"step": batches, "lower": "0", "upper": "1"}
    assert "that the list is the law of the minibatch" in lines_of(given | {"claims": [claim]})


def test_a_pole_in_a_negative_box_is_said() -> None:
    (text,) = claims_of(exported(document("family, pole of the first")))
    assert "at_pole s p 1 \\/ drift (two s p) 1 < 0" in text
