"""The command line of the certified core: the JSON that scripts read, bad input, files written whole or not."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from kit import EXAMPLES

from catalysis.cli.main import main
from catalysis.cli.output import output_folder
from catalysis.exact.errors import InputError
from proofs_check.certificate import check_certificate

TALK = str(EXAMPLES / "talk-1.toml")
TOUCH = str(EXAMPLES / "tangency.toml")
Json = Any


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command in an empty folder; returns status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(list(arguments))
        out, err = capsys.readouterr()
        return status, out, err

    return run


def document(call: Any, *arguments: str) -> Json:
    """The one JSON document that a command with --json prints."""
    status, out, err = call(*arguments, "--json")
    assert (status, err) == (0, "")
    assert out.count("\n") == 1
    return json.loads(out)


def lies_in(value: str, given: Json) -> bool:
    return Fraction(given["lower"]) < Fraction(value) < Fraction(given["upper"])


# --- what scripts read ---------------------------------------------------------------------------------


def test_thresholds(call: Any) -> None:
    found = document(call, "thresholds", TALK)
    assert (found["verdict"], found["lambda_crit"], found["lambda_max"]) == ("proved", "200/169", "400/169")
    assert document(call, "thresholds", TALK, "--full-batch")["lambda_crit"] == "400/269"
    assert document(call, "thresholds", TALK, "--eta", "1/2")["lambda_max"] == "800/169"
    assert (
        document(call, "thresholds", "--samples", "1:1/2, x=2:1/2", "--batch-size", "3")["lambda_crit"] == "1"
    )


def test_thresholds_of_minibatches_without_replacement(call: Any, tmp_path: Path) -> None:
    """Two different items of x = 1, 1, 4: the largest mean is 5/2."""
    (tmp_path / "d.csv").write_text("s,count\n1,2\n2,1\n")
    found = document(call, "thresholds", "d.csv", "--batch-size", "2", "--without-replacement")
    assert (found["lambda_crit"], found["lambda_max"]) == ("0.8", "1.6")


def test_regions(call: Any) -> None:
    found = document(call, "regions", str(EXAMPLES / "three-changes.toml"))
    assert set(found) >= {"verdict", "poles", "zeros", "regions", "complete"}
    assert found["verdict"] == "proved" and found["complete"] is True
    assert found["poles"] == ["1/3", "1"]
    goals = ["0.716830822988", "0.997990", "1.001900"]
    assert [z["kind"] for z in found["zeros"]] == ["crossing"] * 3
    for zero, goal in zip(found["zeros"], goals, strict=True):
        assert abs(Fraction(zero["lower"]) - Fraction(goal)) < Fraction(1, 10**5)
        assert Fraction(zero["lower"]) <= Fraction(zero["upper"])
        assert set(zero) == {"kind", "lower", "upper", "pole", "side", "log_distance"}
        assert set(zero["log_distance"]) == {"lower", "upper"}
    assert [(z["pole"], z["side"]) for z in found["zeros"]] == [
        ("1", "below"),
        ("1", "below"),
        ("1", "above"),
    ]
    assert [r["sign"] for r in found["regions"]] == ["negative", "positive", "negative", "positive"]
    ends = [found["regions"][0]["from"], *(r["to"] for r in found["regions"])]
    assert ends[0] == "0" and ends[-1] == "inf"
    assert [e["lower"] for e in ends[1:-1]] == [z["lower"] for z in found["zeros"]]


def test_regions_of_an_interval_and_of_a_tangency(call: Any) -> None:
    found = document(call, "regions", TOUCH, "--from", "1/2", "--to", "1")
    assert found["poles"] == ["1"]
    (zero,) = found["zeros"]
    assert (zero["kind"], zero["exact"], zero["lower"], zero["upper"]) == ("tangency", "0.75", "0.75", "0.75")
    assert [(r["sign"], r["from"], r["to"]) for r in found["regions"]] == [
        ("negative", "0.5", "0.75"),
        ("negative", "0.75", "1"),
    ]


def test_undecided_regions_are_null(call: Any) -> None:
    samples = "x=2:1/3, x=3:1/6, x=5:1/6, x=30:1/3"
    found = document(
        call, "regions", "--samples", samples, "--eta", "1/30", "--max-degree", "1", "--max-bits", "256"
    )
    assert (found["verdict"], found["complete"], found["regions"]) == ("undecided", False, None)
    assert "--max-degree" in found["undecided"][0]["reason"]


def test_exponent_at_a_point(call: Any) -> None:
    found = document(call, "exponent", TALK, "--lambda", "1.42")
    assert (found["verdict"], found["lambda"], found["regime"]) == ("proved", "1.42", "deflationary")
    assert lies_in("1.699452293854868", found["exponent"])
    assert Fraction(found["rate"]["lower"]) < Fraction(found["rate"]["upper"]) < 0


@pytest.mark.parametrize(
    ("at", "regime", "exponent"),
    [("200/169", "stable", "inf"), ("2", "inflationary", "0"), ("269/169", "critical", "0")],
)
def test_exponent_at_the_borders(call: Any, at: str, regime: str, exponent: str) -> None:
    found = document(call, "exponent", TALK, "--lambda", at)
    assert (found["regime"], found["exponent"], found["rate"]) == (regime, exponent, None)


def test_an_undecided_exponent_is_null(call: Any) -> None:
    at = str(Fraction(269, 169) + Fraction(1, 10**100))
    found = document(call, "exponent", TALK, "--lambda", at, "--max-bits", "64")
    assert (found["verdict"], found["regime"], found["exponent"]) == ("undecided", None, None)


def test_a_thousand_digits(call: Any) -> None:
    found = document(call, "exponent", TALK, "--lambda", "1.42", "--digits", "1000")["exponent"]
    assert len(found["lower"]) > 1000
    assert Fraction(found["upper"]) - Fraction(found["lower"]) < Fraction(1, 10**999)


def test_exponent_band(call: Any) -> None:
    found = document(call, "exponent", TALK, "--from", "1.2", "--to", "1.7", "--tolerance", "1/4")
    cells = found["band"]
    assert (cells[0]["from"], cells[-1]["to"]) == ("1.2", "1.7")
    assert all(a["to"] == b["from"] for a, b in pairwise(cells))
    assert cells[-1]["exponent"] == "0"
    narrow = [
        c["exponent"]
        for c in cells
        if isinstance(c["exponent"], dict) and Fraction(c["exponent"]["lower"]) < 20
    ]
    assert narrow and all(Fraction(e["upper"]) - Fraction(e["lower"]) <= Fraction(1, 4) for e in narrow)


def test_text_names_verdict_and_lemma(call: Any) -> None:
    for arguments, words in (
        (("thresholds", TALK), ("200/169", "exact (T1)")),
        (("regions", TALK), ("269/169 exactly", "proved (D2, D5)", "complete: proved")),
        (("exponent", TALK, "--lambda", "1.42"), ("deflationary", "proved (E2)")),
        (("exponent", TALK, "--from", "1.3", "--to", "1.4"), ("proved (E3, E4)",)),
    ):
        status, out, err = call(*arguments)
        assert (status, err) == (0, "")
        assert all(word in out for word in words), out


# --- the main job --------------------------------------------------------------------------------------


def test_certify_writes_a_folder_that_the_checker_accepts(call: Any, tmp_path: Path) -> None:
    status, out, err = call("certify", TALK)
    assert (status, err) == (0, "")
    folder = tmp_path / "talk-1-certified"
    names = {f"{name}.{kind}" for name in ("drift", "exponent") for kind in ("svg", "pdf", "png")}
    names |= {"certificate.json", "report.html"}
    assert {path.name for path in folder.iterdir()} == names
    assert "proofs-check" in out and "269/169 exactly" in out
    assert all(v.proved for v in check_certificate((folder / "certificate.json").read_bytes()))


@pytest.mark.slow
def test_certify_json(call: Any, tmp_path: Path) -> None:
    found = document(call, "certify", TALK, "-o", "out")
    counted = found["proved"]
    assert (found["verdict"] == "proved") == (counted["count"] == counted["of"])
    assert found["thresholds"]["lambda_crit"] == "200/169"
    assert found["regions"]["complete"] is True
    assert all(Path(name).exists() for name in found["files"])
    raw = (tmp_path / "out" / "certificate.json").read_bytes()
    import hashlib

    assert hashlib.sha256(raw).hexdigest() == found["sha256"]
    assert found["sha256"] in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.slow
def test_certify_of_samples_and_of_full_batch(call: Any, tmp_path: Path) -> None:
    assert document(call, "certify", "--samples", "1:1/2, 2:1/2", "--full-batch")["verdict"] == "proved"
    raw = (tmp_path / "samples-certified" / "certificate.json").read_bytes()
    assert all(v.proved for v in check_certificate(raw))


@pytest.mark.slow
def test_certify_escapes_names_in_the_page(call: Any, tmp_path: Path) -> None:
    name = "<script>alert(1)</script> & 'x' $x_1$"
    (tmp_path / "evil.toml").write_text(f'name = "{name}"\nsamples = [{{ s = "1", p = "1" }}]\n')
    assert call("certify", "evil.toml")[0] == 0
    page = (tmp_path / "evil-certified" / "report.html").read_text()
    own = re.sub(
        r'<script(?: type="application/json" id="cells")?>(?!alert).*?</script>', "", page, flags=re.S
    )
    assert "<script" not in own and "&lt;script&gt;" in own


def test_an_interrupted_certify_leaves_no_certificate(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    status, _, err = call("certify", TALK)
    assert (status, err) == (130, "catalysis: interrupted\n")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_an_error_before_the_work(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setattr(
        "catalysis.certificate.certify.certify", lambda *_, **__: pytest.fail("the work was begun")
    )
    status, out, err = call("certify", TALK, "-o", "taken")
    assert (status, out) == (2, "") and err.startswith("catalysis: taken: expected a folder")
    assert (tmp_path / "taken").read_text() == "a file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(InputError, match="expected a folder"):
        output_folder(tmp_path / "inside")


# --- bad input -----------------------------------------------------------------------------------------

BAD_FILES = {
    "sum.toml": 'samples = [{ s = "1", p = "1/2" }, { s = "2", p = "1/3" }]',
    "negative.toml": 'samples = [{ s = "1", p = "-1/2" }, { s = "2", p = "3/2" }]',
    "zero.toml": 'samples = [{ s = "1", p = "0" }, { s = "2", p = "1" }]',
    "still.toml": 'samples = [{ s = "0", p = "1" }]',
    "empty.toml": "samples = []",
    "nothing.toml": "",
    "text.toml": 'samples = [{ s = "one", p = "1" }]',
    "nan.toml": 'samples = [{ s = "nan", p = "1" }]',
    "nan2.toml": "samples = [{ s = nan, p = 1 }]",
    "inf.toml": 'samples = [{ s = "inf", p = "1" }]',
    "eta.toml": 'eta = "0"\nsamples = [{ s = "1", p = "1" }]',
    "eta2.toml": 'eta = "-1"\nsamples = [{ s = "1", p = "1" }]',
    "long.toml": 'samples = [{ s = "1e999999999", p = "1" }]',
    "code.toml": "samples = [{ s = \"__import__('os').system('touch ran')\", p = \"1\" }]",
    "column.csv": "a,b\n1,2\n",
    "line.csv": "s\n" + "1" * 10_000_000,
    "broken.json": "{",
    "digits.json": '{"samples": [{"s": "' + "7" * 4001 + '", "p": "1"}]}',
    "what.txt": "1 2 3",
}


@pytest.mark.parametrize("name", sorted(BAD_FILES))
@pytest.mark.parametrize("command", ["thresholds", "certify"])
def test_bad_files_cost_one_line_and_write_nothing(
    call: Any, tmp_path: Path, name: str, command: str
) -> None:
    (tmp_path / name).write_text(BAD_FILES[name])
    status, out, err = call(command, name, "--json")
    assert (status, out) == (2, "")
    assert err.startswith("catalysis: ") and err.count("\n") == 1 and name in err and len(err) < 400
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("thresholds",), "data"),
        (("thresholds", "missing.toml"), "missing.toml"),
        (("thresholds", "."), "."),
        (("thresholds", TALK, "--samples", "1:1"), "data"),
        (("thresholds", "--samples", "1:1/2"), "1/2"),
        (("thresholds", "--samples", ""), "samples"),
        (("thresholds", TALK, "--eta", "0"), "--eta"),
        (("thresholds", TALK, "--eta", "1e999999999"), "--eta"),
        (("thresholds", TALK, "--full-batch", "--batch-size", "2"), "--full-batch"),
        (("thresholds", TALK, "--without-replacement"), "--without-replacement"),
        (("thresholds", TALK, "--batch-size", "2", "--without-replacement"), "count"),
        (("thresholds", TALK, "--batch-size", "0"), "batch size"),
        (("regions", TALK, "--batch-size", "10000000"), "atoms"),
        (("thresholds", TALK, "--batch-size", "two"), "--batch-size"),
        (("regions", TALK, "--from", "2", "--to", "1"), "--from"),
        (("regions", TALK, "--from", "-1"), "--from"),
        (("regions", TALK, "--from", "inf"), "--from"),
        (("regions", TALK, "--to", "nan"), "--to"),
        (("regions", TALK, "--max-bits", "1"), "--max-bits"),
        (("regions", TALK, "--digits", "0"), "--digits"),
        (("exponent", TALK), "--lambda"),
        (("exponent", TALK, "--lambda", "0"), "--lambda"),
        (("exponent", TALK, "--lambda", "1", "--from", "1"), "--lambda"),
        (("exponent", TALK, "--from", "1"), "--from"),
        (("exponent", TALK, "--from", "2", "--to", "1"), "--from"),
        (("exponent", TALK, "--from", "1", "--to", "2", "--tolerance", "0"), "--tolerance"),
        (("exponent", TALK, "--from", "1", "--to", "2", "--ceiling", "1/2"), "--ceiling"),
        (("exponent", TALK, "--lambda", "1", "--digits", "99999"), "--digits"),
        (("certify", TALK, "--no-such-option"), "--no-such-option"),
        (("nonsense",), "nonsense"),
    ],
)
def test_bad_options_cost_one_line(call: Any, arguments: tuple[str, ...], word: str) -> None:
    status, out, err = call(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("catalysis: ") and err.count("\n") == 1 and word in err


# --- what the command line loads -----------------------------------------------------------------------

HEAVY = ("numpy", "flint", "sympy", "matplotlib", "rich")


def loaded_after(*arguments: str) -> set[str]:
    """The heavy modules in memory after a command, in a fresh interpreter."""
    script = (
        "import sys, io, contextlib\n"
        "from catalysis.cli.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        f"    main({list(arguments)!r})\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


@pytest.mark.parametrize("arguments", [("--help",), ("certify", "--help")])
def test_help_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert not loaded_after(*arguments) & {"numpy", "flint", "sympy", "matplotlib"}


def test_numbers_load_neither_sympy_nor_matplotlib() -> None:
    assert not loaded_after("regions", TALK, "--json") & {"sympy", "matplotlib"}


def test_a_start_at_the_level_is_a_spike(call: Any, tmp_path: Path) -> None:
    asked = ("spike", TALK, "--lambda", "1.42", "--width", "1", "--mu0", "1")
    found = document(call, *asked, "-o", "out")
    assert found["verdict"] == "proved" and found["probability"] == {"lower": "1", "upper": "1"}
    assert found["certificate"] is None and found["method"] == "start"
    _, text, _ = call(*asked)
    assert "proved (exactly, A1)" in text


@pytest.mark.parametrize(
    ("asked", "titles", "picture"),
    [
        (("spike", TALK, "--lambda", "1.42", "--factor", "100"), ["Probability of a spike at "], "spike"),
        (
            ("spike", TALK, "--lambda", "1.42", "--factor", "9", "--steps", "5"),
            ["Probability of a spike within some steps", "When a spike comes"],
            None,
        ),
        (("spike", TALK, "--lambda", "1.41..1.42", "--factor", "9"), ["Bounds of the Cram"], "exponent"),
        (("exponent", TALK, "--lambda", "1.42"), ["Cram", "Slope of the exponent at "], "exponent"),
        (("exponent", TALK, "--lambda", "1.2..1.5", "--points", "2"), ["Cram"] * 2, None),
    ],
)
def test_latex_is_of_the_certificate_that_is_written(
    call: Any, tmp_path: Path, asked: tuple[str, ...], titles: list[str], picture: str | None
) -> None:
    status, out, _ = call(*asked, "--latex", "-o", "out")
    words = (tmp_path / "out" / "propositions.tex").read_text()
    assert status == 0 and out.endswith(f"\n{words}")
    raw = (tmp_path / "out" / "certificate.json").read_bytes()
    assert all(one.proved for one in check_certificate(raw))
    found = re.findall(r"\\begin\{proposition\}\[(.*?)\]\n", words)
    assert len(found) == len(titles) and all(map(str.startswith, found, titles))
    assert f"SHA-256 {hashlib.sha256(raw).hexdigest()}\n" in words
    assert picture is None or (tmp_path / "out" / f"{picture}.png").exists()
    assert document(call, *asked, "--latex")["propositions"] == words


def test_latex_of_what_is_undecided_says_so(call: Any) -> None:
    near_zero = f"{269 * 10**100 + 169}/{169 * 10**100}"
    _, out, _ = call("exponent", TALK, "--lambda", near_zero, "--latex", "--max-bits", "64")
    assert "undecided" in out and out.endswith("\n% no proposition: nothing that was found has a claim\n")


def test_certify_says_what_it_leaves_out(call: Any, tmp_path: Path) -> None:
    found = document(call, "certify", TALK, "--max-work", "1", "-o", "out")
    assert found["verdict"] == "undecided" and found["regions"]["regions"] is found["band"] is None
    assert {Path(name).name for name in found["files"]} == {"certificate.json", "report.html"}
    assert "not begun" in (tmp_path / "out" / "report.html").read_text()
