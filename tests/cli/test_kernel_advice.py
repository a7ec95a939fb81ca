"""`kernel` with momentum and batches, of large kernels; what every answer rests on; where the word safe may stand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from kit import EXAMPLES, ROOT
from kit.kernels import tanh_like

from catalysis.cli.main import main
from catalysis.data.linear_regime import RESTS_ON
from proofs_check.__main__ import main as check

PLANE = str(EXAMPLES / "plane.csv")
TALK = str(EXAMPLES / "talk-1.toml")
LINEAR = ("in the linear regime of this kernel", "in the linear regime of this data set")
ADVISE = (
    "advise",
    TALK,
    "--lambda0",
    "2",
    "--width",
    "99",
    "--mu0",
    "1",
    "--probability",
    "1/2",
    "--tolerance",
    "1/10",
)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 0
    return capsys.readouterr().out


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("kernel") / "k.npz"
    np.savez(path, gram=tanh_like(90))
    return str(path)


@pytest.mark.parametrize(
    "words",
    [
        ("--momentum", "0.9", "--batch-size", "32", "--factor", "10", "--steps", "1000"),
        pytest.param(("--batch-size", "8", "--without-replacement"), marks=pytest.mark.slow),
        ("--momentum", "1/2", "--eta", "0.5", "--factor", "3"),
        pytest.param(("--eta", "2.2"), marks=pytest.mark.slow),
        (),
    ],
)
def test_the_axis_of_a_kernel(
    kernel: str, words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = said(capsys, "kernel", kernel, *words, "-o", str(tmp_path))
    assert RESTS_ON in out and "In the linear regime of this kernel, with " in out
    assert ("with momentum no learning rate is proved" in out) == ("--momentum" in words)
    assert ("--full" in out) == (not words)
    assert check([str(tmp_path / "certificate.json")]) == 0 and (tmp_path / "axis.png").exists()
    capsys.readouterr()
    found = json.loads(said(capsys, "kernel", kernel, *words, "--json"))
    assert found["rests_on"] == RESTS_ON and found["result"] == "KernelAdvice"
    assert (found["regime"] is None) == ("--eta" not in words)
    assert (found["spike"] is None) == ("--factor" not in words)
    assert (found["eta"] is None) == ("--eta" not in words)
    assert found["step"]["kind"] == ("minibatch" if "--batch-size" in words else "single")


def test_beyond_the_edges_the_last_line_says_what_is_proved(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("kernel", "examples/digits-kernel.npz", "--momentum", "0.9", "--batch-size", "32", "--eta")
    said_at = [said(capsys, *words, eta).split("eta = ")[-1] for eta in ("6", "6.9", "7.5")]
    assert "proved:" not in said_at[0]
    assert "proved: the mean square does not fall." in said_at[1]
    assert "proved: the mean square does not fall, theta is at most 1." in said_at[2]


def test_batches_too_many_to_list_are_answered_by_sums(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--eta", "0.2", "--momentum", "1/2", "--batch-size", "8")
    out = said(capsys, "kernel", "examples/iris.csv", *words)
    assert "below 0.4937203455 the mean square of the error falls" in out


def test_a_kernel_of_many_samples_needs_no_certificate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "k.npz", gram=tanh_like(501))
    out = said(capsys, "kernel", str(tmp_path / "k.npz"), "--batch-size", "32", "-o", str(tmp_path / "out"))
    assert "at most 500 samples" in out and not (tmp_path / "out" / "certificate.json").exists()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--weight-decay", "0.1"), "--weight-decay: expected together with --eta"),
        (("--steps", "9"), "--steps"),
        (("--momentum", "1"), "--momentum: expected a number in [0, 1)"),
        (("--batch-size", "0"), "--batch-size"),
        (("--batch-size", "99", "--without-replacement"), "batch_size: expected a number below 4"),
        (("--full", "--momentum", "0.5"), "--full: expected without"),
        (("--factor", "3", "--momentum", "0.5", "--weight-decay", "1"), "--weight-decay: expected together"),
    ],
)
def test_bad_input_is_one_line(
    words: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["kernel", PLANE, *words]) == 2
    error = capsys.readouterr().err.strip()
    assert reason in error and "\n" not in error


@pytest.mark.parametrize(
    "words",
    [
        ADVISE,
        ("kernel", PLANE, "--eta", "0.4"),
        ("kernel", PLANE, "--batch-size", "2"),
        ("momentum", "--samples", "x=1:1/2, x=3:1/2", "--lambda", "1/9", "--beta", "1/2"),
    ],
)
def test_every_answer_says_what_it_rests_on(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert RESTS_ON in said(capsys, *words)
    assert json.loads(said(capsys, *words, "--json"))["rests_on"] == RESTS_ON


def unqualified(text: str) -> list[str]:
    """The places of the word safe without its condition in the same sentence."""
    flat = " ".join(text.split())
    sentences = re.split(r"(?<=[.;:|#])\s", flat)
    return [
        s
        for s in sentences
        if re.search(r"\bsafe(ly|r|st)?\b", s, re.I) and not any(where in s.lower() for where in LINEAR)
    ]


def test_safe_is_said_of_the_linear_regime_alone(kernel: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Printed text, the texts of the program, and the pages of these answers."""
    files = [
        *(ROOT / "catalysis" / "report" / f"{name}.py" for name in ("learning_rates", "products", "kernels")),
        ROOT / "catalysis" / "choices" / "learning_rates.py",
        *(ROOT / "catalysis" / "cli" / name for name in ("products.py", "advice.py")),
        *(ROOT / "catalysis" / "products").glob("kernel*.py"),
        *(
            ROOT / "docs" / f"{name}.md"
            for name in ("advice", "kernels", "products", "data", "certificate-products")
        ),
        ROOT / "README.md",
    ]
    told = {file.name: unqualified(file.read_text()) for file in files}
    told |= {
        words[0]: unqualified(said(capsys, *words))
        for words in (ADVISE, ("kernel", kernel, "--batch-size", "2"))
    }
    assert {name: found for name, found in told.items() if found} == {}
    assert "Safe in the linear regime of this data set, at the accepted" in said(capsys, *ADVISE)
    assert unqualified("A safe rate.") and not any(unqualified(f"A rate safe {where}.") for where in LINEAR)
