"""`catalysis simulate` and `catalysis crosscheck`: JSON, tables, exit statuses, interrupts, one-line errors."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from kit import ROOT

from catalysis.cli import main
from catalysis.crosscheck import CheckLine, whole
from catalysis.crosscheck.table import Outcome
from catalysis.simulation import product_runs, runs

TALK = str(ROOT / "examples" / "talk-1.toml")
FIELDS = {"estimate", "standard_error", "effective_sample_size", "seconds", "replica_steps_per_second"}

Captured = pytest.CaptureFixture[str]


def run(capsys: Captured, *arguments: str) -> tuple[int, str, str]:
    status = main(list(arguments))
    out, err = capsys.readouterr()
    return status, out, err


def simulated(capsys: Captured, *options: str) -> dict:
    status, out, err = run(capsys, "simulate", TALK, "--lambda", "1.42", *options, "--json")
    assert (status, err) == (0, "")
    assert out.count("\n") == 1
    return json.loads(out)


def test_plain_and_tilted_agree(capsys: Captured) -> None:
    common = ["--factor", "10", "--steps", "100", "--seed", "3"]
    plain = simulated(capsys, *common, "--no-tilt", "--replicas", "200000")
    tilted = simulated(capsys, *common, "--tilt", "--replicas", "20000")
    assert set(plain) >= FIELDS | {"verdict"}
    assert plain["tilt"] is None and tilted["tilt"] == pytest.approx(1.69945229)
    error = math.hypot(plain["standard_error"], tilted["standard_error"])
    assert abs(plain["estimate"] - tilted["estimate"]) < 5 * error
    again = simulated(capsys, *common, "--tilt", "--replicas", "20000")
    assert again["estimate"] == tilted["estimate"]


def test_a_probability_that_is_known(capsys: Captured) -> None:
    """s = 1/2 (2/3) and 3 (1/3) under another name: factors 1/2 and 2 at lambda = 1, P(sup >= 2^k) = 2^-k."""
    arguments = ["simulate", "--samples", "x=1/2:2/3, x=3:1/3", "--lambda", "1", "--factor", "1024", "--json"]
    status, out, _ = run(capsys, *arguments)
    found = json.loads(out)
    assert status == 0
    assert found["estimate"] == pytest.approx(2**-10, rel=1e-9)


@pytest.mark.parametrize(
    "options",
    [
        ["--map", "reduced", "--width", "1000000", "--kappa", "0.1", "--steps", "3000", "--replicas", "2000"],
        ["--map", "network", "--width", "20", "--steps", "20", "--replicas", "100", "--mu0", "0.5"],
        [
            "--map",
            "reduced",
            "--width",
            "9",
            "--steps",
            "50",
            "--replicas",
            "500",
            "--engine",
            "numpy",
            "--no-tilt",
        ],
        ["--steps", "50", "--replicas", "500", "--batch-size", "2"],
        ["--steps", "50", "--replicas", "500", "--full-batch"],
        ["--steps", "50", "--replicas", "500", "--engine", "philox"],
    ],
    ids=lambda options: " ".join(options[:2]),
)
def test_every_map_and_step(capsys: Captured, options: list[str]) -> None:
    found = simulated(capsys, *options)
    assert set(found) >= FIELDS
    status, out, err = run(capsys, "simulate", TALK, "--lambda", "1.42", *options)
    assert (status, err) == (0, "")
    assert "measured, not certified" in out and "95 % interval" in out


def test_no_estimate_is_null(capsys: Captured) -> None:
    found = simulated(capsys, "--factor", "1000", "--steps", "10", "--replicas", "100", "--no-tilt")
    assert found["estimate"] is None
    assert "too few samples" in found["reason"]
    assert found["interval"][0] == 0 and 0.01 < found["interval"][1] < 0.1
    _, out, _ = run(capsys, "simulate", TALK, "--lambda", "1.1", "--steps", "10", "--replicas", "100")
    assert "no estimate" in out


def test_every_number_reads_decimals_ratios_and_exponents(capsys: Captured) -> None:
    options = ["--steps", "2e1", "--replicas", "5e2", "--width", "1e4", "--seed", "3e0", "--workers", "1"]
    options += ["--map", "reduced", "--mu0", "1/2", "--factor", "5/2"]
    plain = ["--steps", "20", "--replicas", "500", "--width", "10000", "--seed", "3", "--workers", "1"]
    plain += ["--map", "reduced", "--mu0", "0.5", "--factor", "2.5"]
    one, other = (simulated(capsys, *form) for form in (options, plain))
    timing = ("seconds", "replica_steps_per_second")
    assert {k: v for k, v in one.items() if k not in timing} == {
        k: v for k, v in other.items() if k not in timing
    }


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("options", [[], ["--steps", "10"]], ids=["ever", "ten steps"])
def test_a_curvature_beyond_all_doubles(capsys: Captured, options: list[str], form: list[str]) -> None:
    """Every step is huge: P(|mu| grows tenfold) = 1, from a walk whose logs are about 9000."""
    common = ["simulate", "--samples", "x=3:1/3, x=1/2:2/3", "--lambda", "1e3990", "--factor", "10"]
    status, out, err = run(capsys, *common, "--replicas", "100", *options, *form)
    if not options:  # no tilt: there is no exponent, so a horizon is needed
        assert (status, out) == (2, "") and err.count("\n") == 1
        return
    assert (status, err) == (0, "")
    if form:
        found = json.loads(out)
        assert found["estimate"] == 1 and found["standard_error"] is None
        assert "no standard error" in found["note"]
    else:
        assert "E+3990" in out and "no standard error" in out


def test_numbers_that_no_double_holds(capsys: Captured) -> None:
    options = ["--factor", "1e400", "--replicas", "1000"]
    assert simulated(capsys, *options)["estimate"].endswith("E-680")
    _, out, _ = run(capsys, "simulate", TALK, "--lambda", "1.42", *options)
    assert "e-680" in out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--steps", "-5"], "steps: expected an integer of at least 1"),
        (["--steps", "many"], "steps"),
        (["--steps", "5", "--replicas", "0"], "replicas: expected an integer of at least 1"),
        (["--steps", "5", "--replicas", "-3"], "replicas: expected an integer of at least 1"),
        (["--steps", "5", "--map", "reduced"], "width: expected one for the map reduced"),
        (["--steps", "5", "--map", "reduced", "--width", "-1"], "width: expected an integer of at least 1"),
        (["--steps", "5", "--lambda", "0"], "--lambda: expected a number > 0"),
        (["--steps", "5", "--lambda", "-2"], "--lambda: expected a number > 0"),
        (["--steps", "5", "--lambda", "inf"], "--lambda: expected"),
        (["--steps", "5", "--map", "torus"], "map: expected one of walk, reduced, network"),
        (["--steps", "5", "--factor", "1"], "factor: expected a number above 1"),
        (["--steps", "5", "--factor", "0.1.1"], "factor: expected"),
        (["--steps", "5", "--mu0", "0"], "mu0: expected a number that is not 0"),
        (["--steps", "5", "--mu0", "1e400"], "mu0: expected a number below 1e308"),
        (["--steps", "5", "--kappa", "0.1"], "width: expected one for kappa"),
        (
            ["--steps", "5", "--engine", "fortran", "--map", "reduced", "--width", "9"],
            "engine: expected numpy",
        ),
        (["--steps", "5", "--device", "tpu"], "device: expected 'cpu' or 'cuda', found 'tpu'"),
        (["--steps", "5", "--workers", "-1"], "workers: expected an integer"),
        (["--steps", "5", "--seed", "-1"], "seed: expected an integer >= 0"),
        (["--steps", "5", "--lambda", "1.1", "--tilt"], "there is no positive exponent"),
        (["--no-tilt"], "steps: expected a number"),
        (["--steps", "5", "--resume", "/nowhere/at/all.npz"], "expected a place to write"),
        (["--steps", "5", "--map", "network", "--width", "100000000000"], "one replica would take 10 TB"),
        (["--steps", "1000000", "--replicas", "1000000000000", "--no-tilt"], "years of one core"),
        (
            ["--steps", "5", "--lambda", "1e400", "--map", "reduced", "--width", "5"],
            "lambda): expected a number below 1e308",
        ),
        (["--steps", "5", "--eta", "1e400", "--map", "network", "--width", "5"], "eta: expected a number"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input(capsys: Captured, options: list[str], message: str) -> None:
    where = [] if "--lambda" in options else ["--lambda", "1.42"]
    status, out, err = run(capsys, "simulate", TALK, *where, *options, "--json")
    assert (status, out) == (2, "")
    assert message in err and err.count("\n") == 1


LONG = ["simulate", TALK, "--lambda", "1.42", "--steps", "2000", "--replicas", "400000", "--factor", "10"]


@pytest.mark.slow
def test_an_interrupted_command_says_how_to_go_on(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long, file = [*LONG, "--no-tilt"], str(tmp_path / "run.npz")
    real = runs.completed

    def interrupted(*arguments, **options):
        for count, found in enumerate(real(*arguments, **options)):
            if count == 2:
                raise KeyboardInterrupt
            yield found

    with monkeypatch.context() as patch:
        patch.setattr(runs, "completed", interrupted)
        status, out, err = run(capsys, *long, "--json")
        assert (status, out) == (130, "")
        assert "--resume FILE" in err
        status, out, err = run(capsys, *long, "--resume", file, "--json")
    assert (status, out) == (130, "")
    assert file in err and "goes on from there" in err and err.count("\n") == 2
    _, resumed, _ = run(capsys, *long, "--resume", file, "--json")
    _, straight, _ = run(capsys, *long, "--json")
    one, two = json.loads(resumed), json.loads(straight)
    assert one["resumed_blocks"] == 2
    assert one["estimate"] == two["estimate"] and one["mean_final"] == two["mean_final"]
    status, _, err = run(capsys, *long, "--resume", file, "--seed", "9", "--json")
    assert status == 2 and "differs in seed" in err


def _blocks(file: Path) -> int:
    """How many blocks are in the file."""
    if not file.exists():
        return 0
    with np.load(file, allow_pickle=False) as arrays:
        return int(arrays["block"].size)


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_real_interrupt(capsys: Captured, tmp_path: Path, workers: str) -> None:
    file = tmp_path / "run.npz"
    long = ["simulate", TALK, "--lambda", "1.42", "--steps", "20000", "--replicas", "2000000", "--no-tilt"]
    long += ["--resume", str(file), "--workers", workers, "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "catalysis.cli", *long],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not _blocks(file) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert out == "" and "goes on from there" in err and "Traceback" not in err
    status, found, _ = run(capsys, *long)
    assert status == 0
    assert 0 < json.loads(found)["resumed_blocks"] < json.loads(found)["blocks"]


class Told:
    """A check whose outcome is given."""

    def __init__(self, *lines: CheckLine) -> None:
        self.lines = lines

    def run(self) -> Outcome:
        return Outcome(self.lines)


GOOD = CheckLine("the first line", 1.0, 1.001, 0.002, True)
OPEN = CheckLine("the second line", 1.0, None, None, None, "too few samples")
BAD = CheckLine("the third line", 2.0, 1.0, 0.001, False, "opposite sign")


@pytest.mark.slow
def test_crosscheck_agrees(capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "_landing_checks", lambda *_: [])
    samples = ["--samples", "1:1", "--workers", "1"]
    status, out, err = run(capsys, "crosscheck", *samples, "--json", "-o", str(tmp_path / "new"))
    found = json.loads(out)
    assert (status, err, found["verdict"]) == (0, "", "agreement")
    assert {"name", "certified", "simulated", "standard_error", "agree"} <= set(found["checks"][0])
    written = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert written == ["crosscheck.json", "crosscheck.pdf", "crosscheck.png", "crosscheck.svg"]
    assert json.loads((tmp_path / "new" / "crosscheck.json").read_text())["checks"] == found["checks"]


def test_a_disagreement_is_exit_1_and_names_what_differs(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "_checks", lambda *_: [Told(GOOD, OPEN), Told(BAD)])
    status, out, err = run(capsys, "crosscheck", TALK, "--workers", "1")
    assert status == 1
    assert err == (
        "catalysis: disagreement: the third line: certified 2, simulated 1 +- 0.001 (opposite sign)\n"
    )
    assert "1 agree, 1 DISAGREE, 1 open, 0 measured" in out
    status, out, _ = run(capsys, "crosscheck", TALK, "--workers", "1", "--json")
    assert status == 1
    assert json.loads(out)["verdict"] == "disagreement"
    assert [line["agree"] for line in json.loads(out)["checks"]] == [True, None, False]
    monkeypatch.setattr(whole, "_checks", lambda *_: [Told(GOOD, OPEN)])
    assert run(capsys, "crosscheck", TALK, "--workers", "1")[0] == 0


def test_a_wrong_certificate_is_found_out(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real table with one wrong certified number: lambda_crit for full batch, off by a millionth."""
    real = whole._threshold_checks

    def wrong(*arguments):
        checks = real(*arguments)
        place = next(
            i for i, c in enumerate(checks) if getattr(c, "name", "").startswith("lambda_crit, full")
        )
        object.__setattr__(checks[place], "certified", checks[place].certified * 1000001 / 1000000)
        return checks[: place + 1]

    monkeypatch.setattr(whole, "_threshold_checks", wrong)
    for other in ("_thinned", "_exponent_checks", "_landing_checks", "_network_checks"):
        monkeypatch.setattr(whole, other, lambda *_: [])
    status, _, err = run(capsys, "crosscheck", TALK, "--workers", "1")
    assert status == 1
    assert err.count("\n") == 1 and "lambda_crit, full batch: |mu| grows" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["no-such-file.toml"], "no-such-file.toml"),
        ([TALK, "--seed", "-1"], "seed: expected an integer >= 0"),
        ([TALK, "--workers", "-1"], "workers: expected an integer"),
        ([TALK, "--workers", "1", "--dask", "tcp://127.0.0.1:9"], "not both"),
        ([TALK, "--eta", "1e-400"], "below 1e308"),
        ([TALK, "-o", "/proc/no"], "expected a folder"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_bad_input_of_crosscheck(capsys: Captured, options: list[str], message: str) -> None:
    status, out, err = run(capsys, "crosscheck", *options, "--json")
    assert (status, out) == (2, "")
    assert message in err and err.count("\n") == 1


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from catalysis.cli import main; status = main(['simulate', '--help']); "
        "heavy = {'numpy', 'flint', 'sympy', 'matplotlib'} & set(sys.modules); assert not heavy, heavy; "
        "sys.exit(status)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert "--resume" in found.stdout


# --- samples that are vectors --------------------------------------------------------------------------

PLANE = str(ROOT / "examples" / "plane.csv")


def test_vectors_are_told_from_numbers(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the file where it is clear, else by --features or --gram: one column of numbers is the talk's walk."""
    monkeypatch.setattr(product_runs, "_REPLICAS", 100)
    monkeypatch.setattr(product_runs, "_STEPS", 40)
    options = ["--replicas", "500", "--steps", "30", "--factor", "2", "--no-tilt", "--json"]
    (tmp_path / "one.csv").write_text("a\n1\n1.3\n")
    (tmp_path / "gram.csv").write_text("a,b\n1,1.3\n1.3,1.69\n")
    found = []
    for file, how in (("one.csv", "--features"), ("gram.csv", "--gram")):
        arguments = [str(tmp_path / file), how, "--eta", "1", "--lambda", "1.42"]
        status, out, err = run(capsys, "simulate", *arguments, *options)
        assert (status, err) == (0, "")
        found.append(json.loads(out))
    assert found[0]["result"] == "ProductSimulation" and found[0]["eta"] == "1.42"
    assert found[0]["estimate"] == found[1]["estimate"]
    scalar = simulated(capsys, "--replicas", "5000", "--steps", "30", "--factor", "2", "--no-tilt")
    assert abs(found[0]["estimate"] - scalar["estimate"]) < 5 * found[0]["standard_error"]
    np.save(tmp_path / "table.npy", np.array([[1.0, 0.5], [0.25, 1.0]]))
    status, out, _ = run(capsys, "simulate", str(tmp_path / "table.npy"), "--eta", "1", *options)
    assert status == 0 and json.loads(out)["result"] == "ProductSimulation"


def test_a_network_says_what_a_spike_does_to_the_largest_curvature(capsys: Captured) -> None:
    arguments = ["--eta", "0.9", "--map", "network", "--width", "1e4", "--steps", "300", "--replicas", "100"]
    status, out, err = run(capsys, "simulate", PLANE, *arguments)
    assert (status, err) == (0, "") and "eta max K_ii, with a spike" in out
    _, out, _ = run(capsys, "simulate", PLANE, *arguments, "--json")
    kernel = json.loads(out)["eta_max_kernel"]
    assert kernel["after_spike"]["mean"] < 0.7 * kernel["before_spike"]["mean"]


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["simulate", PLANE, "--steps", "9"], "--eta"),
        (["simulate", PLANE, "--eta", "1", "--map", "reduced"], "--map"),
        (["simulate", PLANE, "--eta", "1", "--map", "network", "--steps", "9"], "--width"),
        (["simulate", PLANE, "--eta", "1", "--steps", "9", "--width", "9"], "--width"),
        (["simulate", PLANE, "--eta", "1", "--steps", "9", "--kappa", "1"], "--kappa"),
        (["simulate", PLANE, "--eta", "1", "--steps", "9", "--mu0", "2"], "--mu0"),
        (["simulate", PLANE, "--eta", "1", "--steps", "9", "--engine", "numpy"], "--engine"),
        (["simulate", PLANE, "--eta", "1", "--steps", "9", "--device", "cuda"], "--device"),
        (["simulate", PLANE, "--eta", "1", "--steps", "9", "--full-batch"], "--full-batch"),
        (["simulate", "--samples", "1", "--gram", "--eta", "1", "--steps", "9"], "--samples"),
        (["simulate", PLANE, "--gram", "--features", "--eta", "1", "--steps", "9"], "--gram"),
        (["simulate", "--gram", "--eta", "1", "--steps", "9"], "file"),
        (["simulate", PLANE, "--count-column", "n", "--eta", "1", "--steps", "9"], "count column"),
        (["crosscheck", PLANE], "--eta"),
        (["crosscheck", PLANE, "--eta", "1", "--factor", "1"], "factor"),
        (["crosscheck", "--samples", "1", "--gram", "--eta", "1"], "--samples"),
        (["crosscheck", TALK, "--factor", "3"], "--factor"),
    ],
)
def test_what_makes_no_sense_for_vectors_is_one_line(
    capsys: Captured, arguments: list[str], name: str
) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "") and err.count("\n") == 1 and name in err


@pytest.mark.slow
def test_a_crosscheck_of_vectors(capsys: Captured, tmp_path: Path) -> None:
    arguments = ["crosscheck", PLANE, "--eta", "0.6", "--workers", "1", "-o", str(tmp_path)]
    status, out, err = run(capsys, *arguments)
    assert (status, err) == (0, "") and "theta/2: slope of log P" in out and "0 DISAGREE" in out
    document = json.loads((tmp_path / "crosscheck.json").read_text())
    assert document["verdict"] == "agreement" and document["eta"] == "0.6"
    names = [line["name"] for line in document["checks"] if line["agree"]]
    assert names[:2] == ["lambda_1", "k(2)"] and any(
        name.startswith("eta max") for name in [line["name"] for line in document["checks"]]
    )
    assert (tmp_path / "crosscheck.png").exists()
