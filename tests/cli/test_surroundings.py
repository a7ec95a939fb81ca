"""What surrounds a command must not change its answer: its reader, encodings, disks, matplotlib's settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kit import EXAMPLES, ROOT

from catalysis.cli.main import main

TALK = str(EXAMPLES / "talk-1.toml")
TWO = ("--samples", "1:1/2, x=1.69:1/2")
UNICODE = 'name = "größe λ <b>&amp;</b> \\\\ $x_1$ %s"\nsamples = [ {s="1"}, {s="1.3"} ]\n'
PICTURES = {f"{name}.{kind}" for name in ("drift", "exponent") for kind in ("svg", "pdf", "png")}
CERTIFIED = {"certificate.json", "report.html", *PICTURES}
FULL = Path("/dev/full")


def started(
    folder: Path, *arguments: str, shell: str = "", **surroundings: str
) -> subprocess.CompletedProcess[bytes]:
    """`python -m catalysis` in a process of its own, in this folder."""
    program = [sys.executable, "-m", "catalysis", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **surroundings}
    if shell:
        program = ["bash", "-o", "pipefail", "-c", f'"$@" {shell}', "bash", *program]
    return subprocess.run(program, cwd=folder, env=environment, capture_output=True, timeout=120, check=False)


@pytest.mark.slow
def test_nothing_around_it_keeps_certify_from_its_files(tmp_path: Path) -> None:
    """A name that the console cannot print, a matplotlibrc that asks for LaTeX, a backend that is not installed."""
    (tmp_path / "unicode.toml").write_text(UNICODE, encoding="utf-8")
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\n")
    done = started(tmp_path, "certify", "unicode.toml", PYTHONIOENCODING="ascii", MPLBACKEND="nonsense")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"gr??e ? <b>") and b"re-prove it with" in done.stdout
    assert {path.name for path in (tmp_path / "unicode-certified").iterdir()} == CERTIFIED
    page = (tmp_path / "unicode-certified" / "report.html").read_text(encoding="utf-8")
    assert "größe λ &lt;b&gt;&amp;amp;&lt;/b&gt;" in page


@pytest.fixture(scope="module")
def plain_figure(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of one figure where nothing is configured."""
    folder = tmp_path_factory.mktemp("plain")
    assert started(folder, "figure", "catapult").returncode == 0
    return {path.name: path.read_bytes() for path in (folder / "figures").iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("configuration", "surroundings"),
    [
        (b"text.usetex: True\n", {}),
        (b"font.size: none\nno.such.key: 1\n", {}),
        (b"font.family: \xff\xfe\n", {}),
        (b"backend: no_such_backend\naxes.facecolor: black\n", {}),
        (b"", {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}),
        (b"", {"MPLBACKEND": "module://no_such_module"}),
        (b"", {"MPLBACKEND": "nonsense"}),
        (b"", {"MATPLOTLIBRC": "/no/such/file"}),
    ],
)
def test_figures_do_not_read_the_users_configuration(
    tmp_path: Path, configuration: bytes, surroundings: dict[str, str], plain_figure: dict[str, bytes]
) -> None:
    if configuration:
        (tmp_path / "matplotlibrc").write_bytes(configuration)
    done = started(tmp_path, "figure", "catapult", **surroundings)
    assert (done.returncode, done.stderr) == (0, b"")
    for name, drawn in plain_figure.items():
        assert (tmp_path / "figures" / name).read_bytes() == drawn


@pytest.mark.slow
def test_figures_look_alike_whatever_matplotlib_was_told_before(tmp_path: Path) -> None:
    """Also in a notebook, where matplotlib is there already and has its own settings."""
    import matplotlib as mpl

    from catalysis.figures import draw
    from catalysis.figures.saving import save_figure

    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    save_figure(draw("catapult").figure, tmp_path / "a" / "same")
    with mpl.rc_context(
        {"text.usetex": True, "lines.linewidth": 9, "svg.fonttype": "path", "savefig.dpi": 30}
    ):
        save_figure(draw("catapult").figure, tmp_path / "b" / "same")
        assert mpl.rcParams["text.usetex"] is True
    for suffix in ("svg", "pdf", "png"):
        first, second = (tmp_path / folder / f"same.{suffix}" for folder in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    "encoding",
    ["cp1252", *(pytest.param(name, marks=pytest.mark.slow) for name in ("ascii", "latin-1:strict"))],
)
def test_a_console_without_the_letters_of_a_name(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "unicode.toml").write_text(UNICODE, encoding="utf-8")
    done = started(tmp_path, "thresholds", "unicode.toml", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    known = "größe ?" if encoding != "ascii" else "gr??e ?"
    assert done.stdout.startswith(known.encode(encoding.partition(":")[0]))
    assert b"200/169" in done.stdout
    wrong = started(tmp_path, "thresholds", "λ.toml", PYTHONIOENCODING=encoding)
    assert wrong.returncode == 2 and wrong.stderr.count(b"\n") == 1 and b"Traceback" not in wrong.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reader", "lines"),
    [("| true", 0), pytest.param("| head -1", 1, marks=pytest.mark.slow)],
    ids=["none", "head"],
)
def test_a_reader_that_goes_away_is_no_error(tmp_path: Path, reader: str, lines: int) -> None:
    """As after `| head -1`; the files are there by then."""
    done = started(tmp_path, "order", *TWO, "--lambda", "1.42", "-o", "out", shell=reader)
    assert (done.returncode, done.stderr, done.stdout.count(b"\n")) == (0, b"", lines)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"certificate.json"}
    done = started(tmp_path, "spike", "--help", shell=reader)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.slow
@pytest.mark.skipif(not FULL.exists(), reason="no full device")
@pytest.mark.parametrize(
    "options",
    [("-o", "out"), pytest.param(("--json", "-o", "out"), marks=pytest.mark.slow)],
    ids=["text", "json"],
)
def test_an_output_that_is_full_is_one_line(tmp_path: Path, options: tuple[str, ...]) -> None:
    done = started(tmp_path, "order", *TWO, "--lambda", "1.42", *options, shell=f"> {FULL}")
    assert done.returncode == 2
    assert done.stderr == b"catalysis: output: expected one that can be written (No space left on device)\n"
    assert (tmp_path / "out" / "certificate.json").exists()


@pytest.mark.slow
@pytest.mark.skipif(not FULL.exists(), reason="no full device")
def test_help_and_complaints_that_cannot_be_written(tmp_path: Path) -> None:
    done = started(tmp_path, "derive", "--dim", "0", shell=f"2> {FULL}")
    assert (done.returncode, done.stdout) == (2, b"")
    done = started(tmp_path, "--help", shell=f"> {FULL}")
    assert done.returncode == 2 and done.stderr.count(b"\n") == 1 and b"No space left" in done.stderr


WRITING: dict[str, tuple[str, ...]] = {
    "certify": ("certify", *TWO),
    "spike": ("spike", *TWO, "--lambda", "1.42", "--factor", "10"),
    "advise": ("advise", *TWO, "--lambda0", "2", "--width", "9", "--mu0", "1", "--probability", "1/2"),
    "batches": ("batches", *TWO, "--lambda", "1.42", "--sizes", "1"),
    "order": ("order", *TWO, "--lambda", "1.42"),
    "landing": ("landing", *TWO, "--lambda0", "2"),
    "phase": ("phase", "--x", "1", "--kappa0", "0.1", "--L0", "2.5"),
    "map": ("phase", "--x", "1", "--kappa0", "0..1", "--L0", "1..3", "--depth", "2"),
    "derive": ("derive",),
    "family": ("family", "--s", "0..2", "--p", "0..1", "--share", "1/2", "--depth", "2"),
    "reduction": ("reduction", *TWO, "--lambda", "1.42", "--width", "99", "--mu0", "1", "--to", "1.41"),
    "figure": ("figure", "catapult"),
    "diagnose": ("diagnose", str(EXAMPLES / "loss-log.csv")),
    "audit": ("audit", "gd-update"),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in ("certify", "phase", "order") else [pytest.mark.slow])
        for name in WRITING
    ],
)
def test_a_disk_that_fills_is_one_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every write after the probe of the folder fails: exit 2, nothing half written, no answer is shown."""
    real = Path.write_bytes

    def full(path: Path, content: Any) -> int:
        real(path, bytes(content)[:7])
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "write_bytes", full)
    status = main([*WRITING[name], "-o", "out"])
    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    assert err == "catalysis: out: expected a folder that can be written (No space left on device)\n"
    assert list(tmp_path.iterdir()) == []


def test_the_package_is_a_program(tmp_path: Path) -> None:
    done = started(tmp_path, "thresholds", TALK, "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["lambda_crit"] == "200/169"
