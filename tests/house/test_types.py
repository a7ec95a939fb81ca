"""What a user's own script sees under `mypy --strict`: real types, never Any."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from kit import ROOT

import catalysis

SCRIPT = """
from fractions import Fraction
from catalysis import (
    CramerExponent, InputError, LinearWalk, Verdict, advise, cramer_exponent, hitting_probability, load_dataset,
    sign_regions, simulate,
)

walk = LinearWalk(load_dataset("a.toml"))
theta: CramerExponent = cramer_exponent(walk, Fraction(142, 100))
if theta.verdict is Verdict.PROVED and theta.enclosure is not None:
    print(float(theta.enclosure), theta.to_json())
reveal_type(cramer_exponent)
reveal_type(sign_regions(walk).zeros)
reveal_type(hitting_probability(walk, Fraction(1), Fraction(10)).verdict)
reveal_type(simulate)
reveal_type(advise)
"""


def revealed(script: str, folder: Path) -> tuple[int, list[str], str]:
    """Status, revealed types and output of `mypy --strict` on a script outside of the repository."""
    file = folder / "script.py"
    file.write_text(script)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        "--cache-dir",
        str(folder / "cache"),
    ]
    environment = {**os.environ, "MYPYPATH": str(ROOT)}
    done = subprocess.run(
        [*command, str(file)], capture_output=True, text=True, cwd=folder, env=environment, check=False
    )
    return done.returncode, re.findall(r'Revealed type is "(.*)"', done.stdout), done.stdout + done.stderr


@pytest.mark.slow
def test_a_script_of_a_user_has_types(tmp_path: Path) -> None:
    names = list(catalysis._PUBLIC)
    everything = [f"from catalysis import {', '.join(names)}", *(f"reveal_type({name})" for name in names)]
    script = "\n".join([SCRIPT, *everything, ""])
    status, types, output = revealed(script, tmp_path)
    errors = [line for line in output.splitlines() if "script.py" in line and ": error:" in line]
    assert not errors, errors
    assert len(types) == 5 + len(catalysis._PUBLIC)
    assert all(one != "Any" and "-> Any" not in one for one in types), types
    assert "Zero" in types[1] and types[2].endswith("Verdict")
    assert status in (0, 1)  # what the stubs of other packages lack is not the user's error


@pytest.mark.slow
def test_a_wrong_argument_is_seen(tmp_path: Path) -> None:
    wrong = "from catalysis import cramer_exponent\ncramer_exponent(1.5, object())\n"
    _, _, output = revealed(wrong, tmp_path)
    assert re.search(r"script.py:2: error: .*incompatible type", output), output
