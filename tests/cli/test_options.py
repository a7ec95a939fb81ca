"""The first minute: what `catalysis` alone says, how options are read and asked about, and what was read is said."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kit import EXAMPLES, ROOT

from catalysis import __version__
from catalysis.cli.main import MODULES, load, main
from catalysis.cli.options import GROUPS, app

TALK = str(EXAMPLES / "talk-1.toml")
TWO = ("--samples", "1:1/2, x=1.69:1/2")
REDUCED = ("simulate", *TWO, "--lambda", "1.42", "--map", "reduced")


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(list(arguments))
        out, err = capsys.readouterr()
        return status, out, err

    return run


def commands() -> set[str]:
    load()
    return {str(one.name) for one in app.registered_commands}


# --- help ----------------------------------------------------------------------------------------------


def test_alone_it_lists_the_commands_in_groups_and_three_to_start_from(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, out, err = call()
    assert (status, err) == (0, "")
    titles = re.findall(r"^(\w+):$", out, re.MULTILINE)
    assert titles[-5:] == ["Certify", "Ask", "Derive", "Simulate", "Draw"] == list(GROUPS)
    assert re.findall(r"^    catalysis (\w+)", out, re.MULTILINE) == ["thresholds", "spike", "certify"]
    for name in commands():
        assert re.search(rf"^  {name} ", out, re.MULTILINE), name


def test_every_command_stands_in_a_group() -> None:
    assert commands() <= {name for names in GROUPS.values() for name in names}


def test_each_command_is_found_in_its_module() -> None:
    """Only the module of the command asked for is loaded."""
    for file in (ROOT / "catalysis" / "cli").glob("*.py"):
        names = re.findall(r'^@command\("([\w-]+)"', file.read_text(encoding="utf-8"), re.MULTILINE)
        assert tuple(names) == MODULES.get(file.stem, ()), file.name
    assert commands() == {name for names in MODULES.values() for name in names}


def test_version_and_short_help(call: Any) -> None:
    assert call("--version") == (0, f"catalysis {__version__}\n", "")
    for arguments in (("-h",), ("spike", "-h")):
        assert call(*arguments) == call(*arguments[:-1], "--help")


def test_completion_is_offered(call: Any) -> None:
    assert "--install-completion" in call("-h")[1]


def test_what_is_required_is_marked_and_named_together(call: Any) -> None:
    text = " ".join(call("advise", "-h")[1].split())
    for name in ("--lambda0", "--width", "--mu0", "--probability"):
        assert re.search(rf"{name} NUMBER [^-]*\[required\]", text), name
    status, _, err = call("advise", TALK, "--mu0", "1")
    assert status == 2
    assert err == (
        "catalysis: --lambda0, --width, --probability: expected a number, found nothing "
        "(required; see catalysis advise -h)\n"
    )
    assert "--lambda: expected a number" in call("spike", TALK, "--factor", "3")[2]
    assert "data: expected one of DATA" in call("thresholds")[2]


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("thresold",), "thresholds"),
        (("spike", TALK, "--lamda", "1"), "--lambda"),
        (("spike", "--facto", "9"), "--factor"),
    ],
)
def test_did_you_mean(call: Any, arguments: tuple[str, ...], meant: str) -> None:
    status, out, err = call(*arguments)
    assert (status, out) == (2, "") and err.count("\n") == 1
    assert "Did you mean" in err and meant in err


# --- data ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    ["s\n1\n1.3\n", '{"samples": [{"s": "1"}, {"s": "1.3"}]}', 'samples = [{ s = "1" }, { s = "1.3" }]'],
)
def test_data_from_stdin(call: Any, monkeypatch: pytest.MonkeyPatch, content: str, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        sys, "stdin", SimpleNamespace(isatty=lambda: False, buffer=io.BytesIO(content.encode()))
    )
    status, out, err = call("thresholds", "-", "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert (found["data"]["name"], found["lambda_crit"]) == ("stdin", "200/169")


def test_options_of_tables_reach_the_table(call: Any, tmp_path: Path) -> None:
    file = tmp_path / "messy.csv"
    file.write_text("id;value;n\n7;1,0;3\n8;1,3;1\n9;NA;1\n")
    asked = ("--sep", ";", "--decimal", ",", "--column", "value", "--count-column", "n", "--drop-missing")
    status, out, err = call("thresholds", str(file), *asked)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert (
        lines[0] == "messy: 4 samples from column value (2 distinct curvatures); eta = 1; one sample a step"
    )
    assert lines[1:3] == ["note: column not used: id", "note: 1 row without a value left out"]
    assert "200/169 = 1.1834319..." in out
    for wrong in (("--sep", "ab"), ("--decimal", ";")):
        status, out, err = call("thresholds", str(file), *wrong)
        assert status == 2 and err.startswith(f"catalysis: {wrong[0]}: expected") and err.count("\n") == 1
    status, _, err = call("thresholds", *TWO, "--column", "s")
    assert status == 2 and "options for tables" in err


def test_weights_are_normalised_only_when_said(call: Any) -> None:
    rounded = ("--samples", "1:0.33, 1.1:0.33, 1.3:0.33")
    assert "rounded? --normalise" in call("thresholds", *rounded)[2]
    assert (
        "note: weights summed to 99/100 = 0.99: each divided by that"
        in call("thresholds", *rounded, "--normalise")[1]
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("thresholds",),
        ("regions",),
        ("exponent", "--lambda", "1.42"),
        ("spike", "--lambda", "1.42", "--factor", "10"),
        (
            "advise",
            "--lambda0",
            "2",
            "--width",
            "9",
            "--mu0",
            "1",
            "--probability",
            "1/2",
            "--tolerance",
            "1/5",
        ),
        ("batches", "--lambda", "1.42", "--sizes", "1"),
        ("order", "--lambda", "1.42"),
        ("landing", "--lambda0", "2"),
        ("simulate", "--lambda", "1.42", "--factor", "3", "--steps", "9", "--replicas", "9"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_the_first_line_says_what_was_read(call: Any, arguments: tuple[str, ...]) -> None:
    status, out, _ = call(arguments[0], TALK, *arguments[1:])
    assert status == 0
    assert re.match(r"talk-1: 2 weighted samples(; eta = 1)?(; one sample a step)?\n", out)


# --- numbers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plain", "other"),
    [
        (
            ("spike", *TWO, "--lambda", "1.42", "--factor", "100"),
            ("spike", *TWO, "--lambda", "142/100", "--factor", "1e2"),
        ),
        (
            ("exponent", *TWO, "--lambda", "1.42", "--digits", "20"),
            ("exponent", *TWO, "--lambda", "142e-2", "--digits", "2e1"),
        ),
        (
            ("batches", *TWO, "--lambda", "1.42", "--sizes", "1,2"),
            ("batches", *TWO, "--lambda", "1.42", "--sizes", "1.0,2e0"),
        ),
        (("thresholds", *TWO, "--batch-size", "3"), ("thresholds", *TWO, "--batch-size", "6/2")),
        (
            (
                "simulate",
                *TWO,
                "--lambda",
                "1.42",
                "--map",
                "reduced",
                "--width",
                "1000000",
                "--kappa",
                "0.1",
                "--steps",
                "10",
            ),
            (
                "simulate",
                *TWO,
                "--lambda",
                "1.42",
                "--map",
                "reduced",
                "--width",
                "1e6",
                "--kappa",
                "1/10",
                "--steps",
                "1e1",
            ),
        ),
        (
            ("derive", "--activation", "leaky-relu", "--slope", "0.1"),
            ("derive", "--activation", "leaky-relu", "--slope", "1e-1"),
        ),
        (
            ("phase", "--x", "1", "--kappa0", "0..1", "--L0", "1..3", "--depth", "2"),
            ("phase", "--x", "1e0", "--kappa0", "0..1e0", "--L0", "2/2..3", "--depth", "2e0"),
        ),
    ],
    ids=lambda arguments: arguments[0],
)
def test_every_number_may_be_written_as_any(
    call: Any, plain: tuple[str, ...], other: tuple[str, ...]
) -> None:
    results = []
    for arguments in (plain, other):
        if arguments[0] == "simulate":
            arguments = (*arguments, "--replicas", "1e1")
        status, out, err = call(*arguments, "--json")
        assert (status, err) == (0, "")
        results.append({key: v for key, v in json.loads(out).items() if "second" not in key})
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("exponent", *TWO, "--lambda", "1.42", "--digits", "1.5"),
            "--digits: expected an integer from 1 to 3500",
        ),
        (
            ("exponent", *TWO, "--lambda", "1.42", "--digits", "0"),
            "--digits: expected an integer from 1 to 3500",
        ),
        (("exponent", *TWO, "--lambda", "1.42", "--digits", "x"), "--digits: expected an integer"),
        (("thresholds", *TWO, "--batch-size", "-1"), "--batch-size: expected an integer of at least 0"),
        (("batches", *TWO, "--lambda", "1.42", "--sizes", "1,,2"), "--sizes (B,B,...): expected an integer"),
        (
            ("derive", "--activation", "leaky-relu", "--slope", "a"),
            "--slope: expected an integer",
        ),
        (("exponent", *TWO, "--lambda", "\u22121"), "U+2212 minus?"),
    ],
)
def test_what_is_no_number_is_one_line(call: Any, arguments: tuple[str, ...], message: str) -> None:
    status, out, err = call(*arguments)
    assert (status, out) == (2, "") and err.count("\n") == 1
    assert message in err


# --- text ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("thresholds", *TWO, "--batch-size", "2"),
        ("regions", *TWO),
        ("exponent", *TWO, "--lambda", "1.42"),
        ("exponent", *TWO, "--lambda", "1.42", "--digits", "100"),
        ("landing", *TWO, "--lambda0", "2"),
        ("batches", *TWO, "--lambda", "1.42", "--sizes", "1,2"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_tables_fit_the_columns_that_are_asked_for(
    call: Any, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    out = call(*arguments)[1]
    assert out and max(map(len, out.splitlines())) <= 80
    monkeypatch.delenv("COLUMNS")
    assert not any(line.endswith(" ") for line in call(*arguments)[1].splitlines())


def test_a_terminal_gets_no_escape_where_no_colour_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    from catalysis.cli.output import rendered
    from catalysis.report.frame import Frame

    monkeypatch.setattr(sys, "stdout", SimpleNamespace(isatty=lambda: True))
    frames = [Frame.of("Title", ("a", "b"), [("1", "2")])]
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in rendered(frames)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in rendered(frames)


def test_progress_without_colour_is_plain_lines_with_an_estimate(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from catalysis.cli import output

    clock = iter(range(0, 100, 3))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(output.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with output.ShowOptions().progress() as update:
        tell = output.stage(update, "cells")
        assert tell is not None
        for done in range(1, 5):
            tell(done, 10)
    err = capsys.readouterr().err
    assert "\x1b" not in err and re.search(r"cells 2/10, about \d+ s left", err)


def test_beyond_the_window_is_said(call: Any) -> None:
    for arguments in (("spike", *TWO, "--lambda", "3", "--factor", "9"), ("exponent", *TWO, "--lambda", "3")):
        assert "beyond lambda_max = 400/169 = 2.3668639..." in call(*arguments)[1]
    assert "beyond" not in call("exponent", *TWO, "--lambda", "1.42")[1]


def test_regions_show_the_window_first_and_all_when_asked(call: Any) -> None:
    tangency = str(EXAMPLES / "tangency.toml")
    short, full = call("regions", tangency)[1], call("regions", tangency, "--all")[1]
    assert "z1" in short and "z2" not in short
    assert (
        "and 1 beyond lambda_max" in short and "2 more regions, negative and positive (regions --all" in short
    )
    assert "z2" in full and "beyond  " in full
    assert "lambda_max = 1 " in full and "lambda_crit = 0.5 " in full
    assert "z2" in call("regions", tangency, "--from", "1/2")[1]
    assert len(json.loads(call("regions", tangency, "--json")[1])["zeros"]) == 2


def test_regions_show_the_digits_that_were_asked_for(call: Any) -> None:
    three = str(EXAMPLES / "three-changes.toml")
    text = call("regions", three, "--digits", "50")[1]
    assert re.search(r"\[0\.\d{50,}, 0\.\d{50,}\]", text)
    zeros = json.loads(call("regions", three, "--digits", "50", "--json")[1])["zeros"]
    assert all(len(zero["lower"]) > 50 for zero in zeros)
    phase = call("phase", "--x", "1", "--kappa0", "0.1", "--L0", "2.5", "--digits", "60")[1]
    assert re.search(r"1\.\d{60}", phase)


def test_stdin_in_a_process_of_its_own(tmp_path: Path) -> None:
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "catalysis", "thresholds", "-", "--json"],
        input=b"s\n1\n1.3\n",
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["lambda_max"] == "400/169"
