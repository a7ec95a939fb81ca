"""`--steps` of spike, advise, kernel and momentum: what is said, what is written, what cannot be asked."""

from pathlib import Path

import pytest
from kit import EXAMPLES

from catalysis.cli.main import main
from proofs_check.certificate import check_certificate

TALK, PLANE = str(EXAMPLES / "talk-1.toml"), str(EXAMPLES / "plane.csv")
AT = ("spike", TALK, "--lambda", "1.42")
PUSHED = ("momentum", TALK, "--lambda", "1/2", "--beta", "1/2")


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 0
    return " ".join(capsys.readouterr().out.split())


def test_a_spike_within_steps_is_told_and_certified(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = told(capsys, *AT, "--factor", "10", "--steps", "1000", "-o", str(tmp_path))
    assert "within 1000 steps" in text and "S12" in text and "infinite proved (S13)" in text
    verdicts = check_certificate((tmp_path / "certificate.json").read_bytes())
    assert len(verdicts) == 2 and all(verdict.proved for verdict in verdicts)
    text = told(capsys, "spike", TALK, "--lambda", "1.8", "--factor", "10", "--steps", "9")
    assert "E[first passage] [" in text and "steps proved (S13)" in text
    assert "for all t <= 9" in told(capsys, *AT, "--floor", "1/2", "--steps", "9")


def test_other_commands_know_steps(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = told(capsys, *PUSHED, "--factor", "1000", "--steps", "20", "-o", str(tmp_path))
    assert "within 20 steps" in text and "proved (V11)" in text
    assert all(v.proved for v in check_certificate((tmp_path / "certificate.json").read_bytes()))
    asked = ("--lambda0", "2", "--width", "99", "--mu0", "1", "--probability", "1/9", "--tolerance", "1/9")
    text = told(capsys, "advise", TALK, *asked, "--steps", "5")
    assert "A spike to the scale within 5 steps" in text and "proved (A7)" in text
    assert "not in the certificate" not in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*AT, "--steps", "5"), "--factor or --floor"),
        ((*AT, "--factor", "2", "--floor", "1/2", "--steps", "5"), "--factor or --floor"),
        ((*AT, "--floor", "1/2"), "together with --steps"),
        ((*AT, "--floor", "2", "--steps", "5"), "in (0, 1]"),
        ((*AT, "--factor", "1", "--steps", "5"), "> 1"),
        ((*AT, "--factor", "2", "--steps", "5", "--width", "9"), "without --width"),
        ((*AT, "--factor", "2", "--steps", "5", "--tolerance", "1/9"), "together with --kappa"),
        ((*AT, "--factor", "2", "--steps", "5", "--digits", "13"), "digits"),
        ((*PUSHED, "--steps", "5"), "together with --factor"),
        (("kernel", PLANE, "--eta", "1", "--steps", "5"), "together with --factor"),
    ],
)
def test_what_cannot_be_asked(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    assert main(list(arguments)) == 2
    assert words in capsys.readouterr().err
