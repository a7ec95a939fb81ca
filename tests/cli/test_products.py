"""`kernel` and `momentum`: fields, text, certificates that the checker accepts, and one line for bad input."""

from __future__ import annotations

import io
import json
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from kit import EXAMPLES

from catalysis.cli.main import main
from catalysis.data.linear_regime import RESTS_ON
from proofs_check.__main__ import main as check

PLANE = str(EXAMPLES / "plane.csv")
STEEP = str(EXAMPLES / "steep-kernel.csv")
TWO = ("--samples", "x=1:1/2, x=3:1/2")
ONE_RATE = {
    "deflationary": ("kernel", PLANE, "--eta", "0.6", "--factor", "10"),
    "inflationary": ("kernel", PLANE, "--eta", "1.4"),
    "stable": ("kernel", PLANE, "--eta", "0.4", "--factor", "10"),
    "batch": ("kernel", PLANE, "--eta", "0.9", "--batch-size", "2", "--factor", "4"),
    "other batch": ("kernel", PLANE, "--eta", "0.6", "--batch-size", "2", "--without-replacement"),
    "decay": ("kernel", PLANE, "--eta", "0.6", "--weight-decay", "1/100"),
    "momentum": ("kernel", PLANE, "--eta", "0.2", "--momentum", "0.5", "--factor", "5"),
    "heavy ball": ("momentum", *TWO, "--lambda", "19/30", "--beta", "0.9"),
    "spikes": (
        "momentum",
        "--samples",
        "1:1/2, 1.3:1/2",
        "--lambda",
        "2.13",
        "--beta",
        "0.5",
        "--factor",
        "100",
    ),
    "nesterov": ("momentum", *TWO, "--lambda", "0.4", "--beta", "0.5", "--nesterov", "--factor", "4"),
    "small": (
        "momentum",
        *TWO,
        "--lambda",
        "0.1",
        "--beta",
        "0.5",
        "--weight-decay",
        "1/50",
        "--factor",
        "9",
    ),
}


def answered(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main([*arguments, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    found: dict[str, Any] = json.loads(out)
    return found


QUICK = ("stable", "other batch", "small")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in ONE_RATE]
)
def test_one_rate_and_its_certificate(name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = answered(capsys, *ONE_RATE[name], "-o", str(tmp_path))
    assert found.keys() >= {"regime", "lambda1", "exponent", "second_moment", "verdict", "lemmas"}
    assert ("probability" in found) == ("--factor" in ONE_RATE[name])
    assert check([str(tmp_path / "certificate.json")]) == 0
    claims = json.loads((tmp_path / "certificate.json").read_text())["claims"]
    assert "not proved" not in capsys.readouterr().out
    expected = {"inflationary": "inflationary", "stable": "stable", "heavy ball": "inflationary"}
    assert name not in expected or found["regime"] == expected[name]
    kinds = {claim["kind"] for claim in claims}
    if isinstance(found["exponent"], dict) and found["exponent"]["lower"] != "0":
        carried = next(claim for claim in claims if claim["kind"] == "product_exponent")
        assert Fraction(carried["lower"]) >= Fraction(found["exponent"]["lower"])
        upper = found["exponent"]["upper"]
        assert upper is None or Fraction(carried["upper"]) <= Fraction(upper)
    assert "product_radius" in kinds


@pytest.mark.slow
@pytest.mark.parametrize("name", ["spikes", "deflationary"])
def test_what_is_printed_of_a_spike_is_carried(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = answered(capsys, *ONE_RATE[name], "-o", str(tmp_path))
    claims = json.loads((tmp_path / "certificate.json").read_text())["claims"]
    (spike,) = (claim for claim in claims if claim["kind"] == "product_spike")
    carried = spike["probability"][found["norm"]]
    assert Fraction(carried["lower"]) >= Fraction(found["probability"]["lower"]) > 0
    assert Fraction(carried["upper"]) <= Fraction(found["probability"]["upper"]) < 1


@pytest.mark.parametrize(
    "path", ["small.csv", *(pytest.param(p, marks=pytest.mark.slow) for p in (PLANE, STEEP))]
)
def test_the_axis_and_its_certificate(path: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    small = tmp_path / "small.csv"
    small.write_text("a,b,count\n1,0,3\n1/2,1,1\n")
    name = str(small) if path == "small.csv" else path
    found = answered(capsys, "kernel", name, "--width", "1/20", "-o", str(tmp_path))
    assert found["eta"] is None and found["step"] == {"kind": "single"}
    axis = found["axis"]
    assert axis[0] == {"regime": "stable", "from": "0", "to": found["stable_up_to"]}
    assert axis[-1]["regime"] == "inflationary" and axis[-1]["to"] == "inf"
    assert all(before["to"] == after["from"] for before, after in pairwise(axis))
    assert [line["exponent"] for line in found["exponents"]] == ["10", "4", "2", "1"]
    assert Fraction(found["mean_square"]["lower"]) < Fraction(found["mean_square"]["upper"])
    assert {Path(file).name for file in found["files"]} == {
        "certificate.json",
        "axis.svg",
        "axis.pdf",
        "axis.png",
    }
    assert check([str(tmp_path / "certificate.json")]) == 0


@pytest.mark.slow
def test_features_gram_and_counts_say_the_same(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = [[1, 0], [1, 1], [1, 1]]
    gram = tmp_path / "gram.npy"
    np.save(gram, np.array(rows) @ np.array(rows).T)
    listed, counted = tmp_path / "listed.csv", tmp_path / "counted.csv"
    listed.write_text("a,b\n1,0\n1,1\n1,1\n")
    counted.write_text("a,b,n\n1,0,1\n1,1,2\n")
    asked = [
        ("kernel", str(listed)),
        ("kernel", str(listed), "--features"),
        ("kernel", str(gram), "--gram"),
        ("kernel", str(counted), "--count-column", "n"),
    ]
    found = [answered(capsys, *arguments) for arguments in asked]
    for key in ("stable_up_to", "axis", "mean_square"):
        assert all(one[key] == found[0][key] for one in found[:2])
        assert all(one["stable_up_to"] == "1" for one in found)
    lower = max(Fraction(one["mean_square"]["lower"]) for one in found)
    upper = min(Fraction(one["mean_square"]["upper"]) for one in found)
    assert lower < upper


@pytest.mark.slow
def test_the_text_says_what_it_rests_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["momentum", *TWO, "--lambda", "19/30", "--beta", "0.9"]) == 0
    out = capsys.readouterr().out
    assert "stable while eta lambda x < 3.8; the largest is at 0.5 of that" in out
    assert "No sample alone is unstable, their random product is." in out
    assert "inflationary" in out and "proved (V8)" in out
    assert out.rstrip().endswith(
        f"Linear regime, SGD with heavy-ball momentum 0.9 and one sample a step. {RESTS_ON}"
    )
    assert main(["kernel", PLANE]) == 0
    out = capsys.readouterr().out
    assert "exact (V2)" in out and out.rstrip().endswith(f"SGD with one sample a step. {RESTS_ON}")


BAD = {
    "no file": ((), "file"),
    "asymmetric": (("asymmetric.csv", "--gram"), "symmetric"),
    "indefinite": (("indefinite.csv", "--gram"), "the minor of samples 1, 2 is negative"),
    "zero": (("zero.csv",), "not 0"),
    "both": (("good.csv", "--gram", "--features"), "at most one"),
    "no eta": (("good.csv", "--weight-decay", "1/2"), "--weight-decay: expected together with --eta"),
    "beta": (("good.csv", "--eta", "1", "--momentum", "1"), "[0, 1)"),
    "factor": (("good.csv", "--eta", "1", "--factor", "1"), "> 1"),
    "batch": (("good.csv", "--eta", "1", "--batch-size", "0"), "--batch-size"),
    "too large": (("good.csv", "--eta", "1", "--batch-size", "9", "--without-replacement"), "batch"),
    "replacement": (("good.csv", "--eta", "1", "--without-replacement"), "--batch-size"),
    "decay": (("good.csv", "--eta", "1", "--weight-decay", "-1"), "--weight-decay"),
    "column": (("good.csv", "--count-column", "n"), "'n'"),
    "rank": (("large.csv", "--eta", "1", "--momentum", "1/2", "--weight-decay", "1/9"), "rank at most 12"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("good.csv").write_text("a,b\n1,0\n1,1\n")
    Path("zero.csv").write_text("a,b\n0,0\n0,0\n")
    Path("asymmetric.csv").write_text("a,b\n1,2\n3,9\n")
    Path("indefinite.csv").write_text("a,b\n1,2\n2,1\n")
    rows = (",".join(str(int(i == j)) for j in range(13)) for i in range(13))
    Path("large.csv").write_text("\n".join([",".join("abcdefghijklm"), *rows]) + "\n")
    arguments, words = BAD[name]
    assert main(["kernel", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and words in err


@pytest.mark.parametrize("beta", [(), ("--beta", "1"), ("--beta", "-1/2"), ("--beta", "x")])
def test_momentum_needs_a_beta(beta: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["momentum", *TWO, "--lambda", "1", *beta]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "--beta" in err


def test_a_map_is_told_and_written_and_proved(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranges = ("--map", "--fractions", "0.3..0.7", "--beta", "0.3..0.8", "--depth", "1", "--nesterov")
    assert main(["momentum", *TWO, *ranges, "-o", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "stable in mean square" in out and "Fraction 1 is where" in out
    assert (tmp_path / "momentum-map.png").exists()
    assert check([str(tmp_path / "certificate.json")]) == 0
    assert "1 of 1 claims proved" in capsys.readouterr().out
    segment = ("--map", "--fractions", "0.72..0.74", "--beta", "0.9", "--depth", "1")
    assert main(["momentum", *TWO, *segment, "-o", str(tmp_path / "flat")]) == 0
    assert "All of it is inflationary: lambda_1 > 0" in capsys.readouterr().out
    assert not (tmp_path / "flat" / "momentum-map.png").exists()
    monkeypatch.setattr("catalysis.report.products.EASY", 0)
    assert main(["momentum", *TWO, *segment]) == 0
    assert "proofs-check --budget" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--map", "--lambda", "1"), "--lambda: not with --map"),
        (("--map", "--factor", "10"), "--factor: not with --map"),
        (("--lambda", "1", "--beta", "0.5", "--depth", "3"), "--depth: expected together with --map"),
        (("--map", "--beta", "0.5..x"), "--beta"),
        (("--map", "--beta", "0.5..1"), "betas"),
        (("--map", "--fractions", "0..1"), "fractions"),
        (("--map", "--fractions", "x"), "--fractions"),
    ],
)
def test_bad_maps_are_one_line(options: Any, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["momentum", *TWO, *options]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and words in err


@pytest.mark.parametrize("name", ["plane.csv", "plane.npz", "plane.npy"])
def test_vectors_from_stdin(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The kind of file is told by its first bytes; what is wrong with it is said of stdin."""
    file = tmp_path / name
    if file.suffix == ".csv":
        file.write_bytes(Path(PLANE).read_bytes())
    else:
        rows = np.array([[2, 0], [0, 1], [1, 1]])
        np.savez(file, features=rows) if file.suffix == ".npz" else np.save(file, rows)
    question = ("--eta", "0.01", "--json")
    program = (
        ("kernel", "-")
        if file.suffix == ".csv"
        else ("simulate", "-", "--features", "--replicas", "9", "--steps", "3")
    )
    for raw, bad in ((file.read_bytes(), False), (b"", True), (file.read_bytes()[:9], True)):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False, buffer=io.BytesIO(raw)))
        status = main([*program, *question])
        out, err = capsys.readouterr()
        if bad:
            assert status == 2 and err.startswith("catalysis: stdin: ") and err.count("\n") == 1
        else:
            assert (status, err) == (0, "") and json.loads(out)["data"]["name"] == "stdin"


def test_what_takes_seconds_is_announced_on_a_terminal(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "k.csv").write_text("a\n1\n")
    announced = "The axis of learning rates of single samples, where theta passes 10, 4, 2 and 1"
    assert main(["kernel", str(tmp_path / "k.csv")]) == 0
    out, err = capsys.readouterr()
    assert err.startswith(announced) and announced not in out
    assert main(["kernel", str(tmp_path / "k.csv"), "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == "" and out.count("\n") == 1
