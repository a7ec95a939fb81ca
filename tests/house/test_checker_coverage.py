"""The checker's own tests run every line and every branch of the checker."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from kit import ROOT


@pytest.mark.slow
def test_every_branch_of_the_checker_is_tested(tmp_path: Path) -> None:
    coverage = [sys.executable, "-m", "coverage"]
    environment = os.environ | {"COVERAGE_FILE": str(tmp_path / "coverage")}
    for arguments in (
        ["run", "--branch", "--source=proofs_check", "-m", "pytest", "-n", "0", "-q", "tests/checker"],
        ["report", "--show-missing", "--skip-covered", "--fail-under=100"],
    ):
        done = subprocess.run(
            [*coverage, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
