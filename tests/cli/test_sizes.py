"""Every command that takes data, on 2 to 100,000 samples: an answer or one clear line within two minutes of work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from resource import RLIMIT_CPU, setrlimit

import pytest
from kit import ROOT

SIZES = (2, 100, 10_000, 100_000)
SECONDS = 120
AT = ("--lambda", "1.42")

COMMANDS: dict[str, tuple[str, ...]] = {
    "thresholds": ("thresholds",),
    "regions": ("regions",),
    "exponent": ("exponent", *AT),
    "band": ("exponent", "--from", "1.3", "--to", "1.6"),
    "spike": ("spike", *AT, "--factor", "10"),
    "spike-width": ("spike", *AT, "--width", "1000", "--mu0", "1", "--kappa", "1/2"),
    "advise": ("advise", "--lambda0", "2", "--width", "1000", "--mu0", "1", "--probability", "1/100"),
    "batches": ("batches", *AT, "--sizes", "1,2"),
    "order": ("order", *AT),
    "landing": ("landing", "--lambda0", "2"),
    "reduction": ("reduction", *AT, "--width", "1000", "--mu0", "1", "--to", "1.41"),
    "momentum": ("momentum", *AT, "--beta", "0.5", "--factor", "10"),
    "kernel": ("kernel",),
    "kernel-rate": ("kernel", "--eta", "1.2", "--factor", "10"),
    "tail": ("tail", *AT),
    "simulate": ("simulate", *AT, "--factor", "10", "--steps", "50", "--replicas", "1000"),
    "crosscheck": ("crosscheck",),
    "certify": ("certify",),
}


def data(folder: Path, size: int) -> str:
    """That many different samples between 1 and 1.3, as a file."""
    path = folder / f"samples-{size}.csv"
    rows = (f"{1 + 0.3 * i / (size - 1):.9f}" for i in range(size))
    path.write_text("\n".join(["s", *rows]) + "\n")
    return path.name


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", COMMANDS)
def test_an_answer_or_one_line(name: str, size: int, tmp_path: Path) -> None:
    program, *options = COMMANDS[name]
    done = subprocess.run(
        [sys.executable, "-m", "catalysis", program, data(tmp_path, size), *options, "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=10 * SECONDS,
        preexec_fn=partial(
            setrlimit, RLIMIT_CPU, (SECONDS, SECONDS)
        ),  # busy or not, the machine cuts off the work
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    if done.returncode == 2:
        assert done.stdout == "" and done.stderr.count("\n") == 1 and "expected" in done.stderr
    else:
        assert done.returncode in (0, 1)
        assert json.loads(done.stdout)["verdict"]
