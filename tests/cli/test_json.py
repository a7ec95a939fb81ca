"""Every `--json` document: the envelope, the fields that scripts read, null where undecided; the page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from kit import EXAMPLES, ROOT

import catalysis
from catalysis.cli.main import load, main
from catalysis.cli.options import app
from catalysis.crosscheck import whole

TALK = str(EXAMPLES / "talk-1.toml")
AT = ("--lambda", "1.42")
PROVED = ("proved", "undecided")
SIMULATED = (
    "estimate",
    "standard_error",
    "effective_sample_size",
    "seconds",
    "replica_steps_per_second",
)

COMMANDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "thresholds": (("thresholds", TALK), ("lambda_crit", "lambda_max")),
    "regions": (("regions", TALK), ("poles", "zeros", "regions", "complete")),
    "exponent": (("exponent", TALK, *AT), ("lambda", "regime", "exponent")),
    "band": (("exponent", TALK, "--from", "1.5", "--to", "1.6", "--tolerance", "1"), ("band",)),
    "curve": (("exponent", TALK, "--lambda", "1.1..1.7", "--points", "3"), ("points",)),
    "spike": (("spike", TALK, *AT, "--factor", "10"), ("probability", "lundberg")),
    "spike-within": (
        ("spike", TALK, *AT, "--factor", "10", "--steps", "9"),
        ("steps", "probability", "method", "first_passage"),
    ),
    "spike-length": (("spike", TALK, *AT, "--floor", "1/2", "--steps", "9"), ("floor", "probability")),
    "spike-scale": (("spike", TALK, *AT, "--width", "99", "--mu0", "1"), ("probability", "lundberg")),
    "spike-width": (
        ("spike", TALK, *AT, "--width", "99", "--mu0", "1", "--kappa", "1/2"),
        ("probability",),
    ),
    "advise": (
        ("advise", TALK, "--lambda0", "2", "--width", "99", "--mu0", "1", "--probability", "1/2"),
        ("sets",),
    ),
    "batches": (("batches", TALK, *AT, "--sizes", "1,2"), ("lines", "relations")),
    "order": (
        ("order", TALK, *AT, "--kappa0", "1/10", "--easy-steps", "3"),
        ("easy_phase", "finite_width"),
    ),
    "landing": (("landing", TALK, "--lambda0", "2"), ("zone",)),
    "landing-relu": (
        ("landing", "--samples", "1:1/2, -1.3:1/2", "--lambda0", "2", "--activation", "relu"),
        ("classes",),
    ),
    "reduction": (("reduction", TALK, *AT, "--width", "99", "--mu0", "1", "--to", "1.41"), ()),
    "phase": (
        ("phase", "--x", "1", "--kappa0", "1/10", "--L0", "5/2"),
        ("phase", "final_L", "peak_loss"),
    ),
    "phase-map": (
        ("phase", "--x", "1", "--kappa0", "0..1", "--L0", "1..3", "--depth", "2"),
        ("cells", "undecided_area"),
    ),
    "derive": (
        ("derive",),
        ("state", "update", "canonical", "linearised", "thresholds", "validity"),
    ),
    "family": (("family", "--s", "0..2", "--p", "0..1", "--share", "1/2", "--depth", "2"), ("boxes",)),
    "law": (("law", "normal(0, 3/10)", "--eta", "2"), ("regime", "drift", "exponent")),
    "law-zero": (("law", "normal(0, 3/10)"), ("zero", "unique", "mean_square")),
    "tail": (("tail", TALK, "--eta", "1.42"), ("stationary", "tail_index", "finite_moments_below")),
    "tail-law": (
        ("tail", "normal(0, 1)", "--eta", "1"),
        ("stationary", "tail_index", "finite_moments_below"),
    ),
    "simulate": (("simulate", TALK, *AT, "--steps", "9", "--replicas", "99"), SIMULATED),
    "simulate-vectors": (
        ("simulate", str(EXAMPLES / "plane.csv"), "--eta", "0.6", "--steps", "9", "--replicas", "99"),
        (*SIMULATED, "lambda1", "second_moment", "exponent"),
    ),
    "simulate-network": (
        (
            "simulate",
            str(EXAMPLES / "plane.csv"),
            *("--eta", "0.6", "--map", "network", "--width", "99", "--steps", "9", "--replicas", "99"),
        ),
        (*SIMULATED, "eta_max_kernel", "width"),
    ),
    "crosscheck-vectors": (("crosscheck", str(EXAMPLES / "plane.csv"), "--eta", "0.4"), ("checks",)),
    "crosscheck": (("crosscheck", "--samples", "1:1", "--workers", "1"), ("checks",)),
    "certify": (
        ("certify", "--samples", "1:1"),
        ("thresholds", "regions", "exponents", "spikes", "proved", "files"),
    ),
    "kernel": (
        ("kernel", str(EXAMPLES / "plane.csv"), "--width", "1/10"),
        ("stable_up_to", "mean_square", "axis", "exponents"),
    ),
    "kernel-closed": (
        ("kernel", str(EXAMPLES / "plane.csv"), "--batch-size", "2", "--momentum", "1/2"),
        ("stable_up_to", "mean_square", "axis", "top_eigenvalue", "rests_on"),
    ),
    "kernel-rate": (
        ("kernel", str(EXAMPLES / "plane.csv"), "--eta", "0.4", "--factor", "10"),
        ("regime", "lambda1", "exponent", "second_moment", "probability"),
    ),
    "momentum": (
        ("momentum", TALK, "--lambda", "1/2", "--beta", "1/2"),
        ("regime", "lambda1", "exponent", "second_moment", "largest_fraction"),
    ),
    "momentum-map": (
        ("momentum", TALK, "--map", "--fractions", "0.8..0.9", "--beta", "0.2..0.3", "--depth", "0"),
        ("method", "weight_decay", "fractions", "betas", "areas", "everywhere", "boxes"),
    ),
    "diagnose": (
        ("diagnose", str(EXAMPLES / "loss-log.csv")),
        ("spikes", "tail_index", "exponent", "phase", "rise", "fall", "return_times", "rests_on"),
    ),
    "figure": (("figure", "catapult"), ("figures",)),
    "audit": (("audit", "gd-update"), ("claims",)),
    "examples": (("examples",), ("examples", "files")),
}
LONG = {
    "spike-width",
    "crosscheck",
    "crosscheck-vectors",
    "simulate-vectors",
    "figure",
    "advise",
    "spike-scale",
}
WITHOUT_DATA = {"phase", "phase-map", "derive", "family", "figure", "audit", "diagnose", "examples"}
OTHER_STEPS = {"batches", "crosscheck", "kernel-closed"}
CHECK = ("name", "certified", "simulated", "standard_error", "agree")


def document(
    capsys: pytest.CaptureFixture[str], *arguments: str, statuses: tuple[int, ...] = (0,)
) -> dict[str, Any]:
    """The one document of a command, and nothing beside it."""
    status = main([*arguments, "--json"])
    out, err = capsys.readouterr()
    assert status in statuses and err == "" and out.count("\n") == 1
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] if name in LONG else []) for name in COMMANDS],
)
def test_every_command_speaks_in_the_envelope(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(whole, "_landing_checks", lambda *_: [])
    arguments, fields = COMMANDS[name]
    found = document(capsys, *arguments)
    assert found["program"] == f"catalysis {catalysis.__version__}" and found["format"] == 1
    assert found["result"].isidentifier() and isinstance(found["verdict"], str)
    assert found.keys() >= set(fields)
    assert (isinstance(found.get("data"), dict) and "sha256" in found["data"]) == (name not in WITHOUT_DATA)
    if name not in WITHOUT_DATA:
        assert found["data"].keys() == {"name", "sha256"} and len(found["data"]["sha256"]) == 64
        assert (found["eta"] is None) == (name in ("advise", "kernel", "kernel-closed", "law-zero"))
        assert name in OTHER_STEPS or found["step"]["kind"] == "single"
    if name.startswith("crosscheck"):
        assert all(line.keys() >= set(CHECK) for line in found["checks"])


def test_every_command_is_listed_here() -> None:
    load()
    names = {command.name for command in app.registered_commands} - {"figures"}  # as `figure`, of all
    assert {arguments[0] for arguments, _ in COMMANDS.values()} == names


@pytest.mark.parametrize(
    ("arguments", "fields"),
    [
        (("exponent", TALK, "--lambda", f"{269 * 10**100 + 169}/{169 * 10**100}"), ("regime", "exponent")),
        (
            ("spike", TALK, "--lambda", f"{269 * 10**100 + 169}/{169 * 10**100}", "--factor", "10"),
            ("probability",),
        ),
    ],
    ids=["exponent", "spike"],
)
def test_undecided_is_null(
    arguments: tuple[str, ...], fields: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    found = document(capsys, *arguments, "--max-bits", "64")
    assert found["verdict"] == "undecided"
    assert {field: found[field] for field in fields} == dict.fromkeys(fields)


def test_what_was_written_is_named_alike_by_all(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("order", "phase"):
        arguments, _ = COMMANDS[name]
        nothing = document(capsys, *arguments)
        assert (nothing["certificate"], nothing["sha256"], nothing["files"]) == (None, None, [])
        found = document(capsys, *arguments, "-o", name)
        assert found["certificate"] == f"{name}/certificate.json" and found["certificate"] in found["files"]
        assert len(found["sha256"]) == 64 and all(Path(file).exists() for file in found["files"])


def test_the_example_of_the_page_is_real(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    (command, shown) = re.findall(r"```sh\n(.*?)\n```\n+```json\n(.*?)```", page, re.DOTALL)[0]
    arguments = command.split()
    assert (arguments[0], arguments[-1]) == ("catalysis", "--json")
    found = document(capsys, *arguments[1:-1])
    assert json.loads(shown).items() <= found.items()


def test_the_page_names_every_kind_of_result(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    load()
    for command in app.registered_commands:
        assert f"`{command.name}`" in page, command.name


# --- parts that do not apply ---------------------------------------------------------------------------


def test_an_order_says_what_does_not_apply(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Seven draws are too many orders to follow, and no sample is easy: the epoch is answered all the same."""
    seven = ("order", "--samples", "x=2, x=3, x=4, x=5, x=6, x=7, x=8", "--lambda", "5/4")
    found = document(capsys, *seven, "--kappa0", "1/10", "--easy-steps", "3")
    assert found["finite_width"] is None and "2 to 6" in found["finite_width_reason"]
    assert found["easy_phase"] is None and "none" in found["easy_phase_reason"]
    assert found["log_largest_maximum"] and found["verdict"] == "undecided"
    assert main([*seven, "--kappa0", "1/10", "-o", str(tmp_path / "out")]) == 0
    out, _ = capsys.readouterr()
    assert "finite width: not here (draws: expected 2 to 6" in out and "proved (O1)" in out
    for wrong in (
        ("--kappa0", "0"),
        ("--kappa0", "2"),
        ("--easy-steps", "-1"),
        ("--easy-steps", "1", "--factor", "1"),
    ):
        assert main([*seven, *wrong]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_column_without_a_name_is_asked_about(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "index.csv").write_text(",s\n5,1\n7,1.3\n")
    assert main(["thresholds", str(tmp_path / "index.csv")]) == 2
    err = capsys.readouterr().err
    assert "an index column?" in err and err.count("\n") == 1
