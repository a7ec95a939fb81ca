"""Worker processes end with the run, whatever ends it; the blocks that were finished stay."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kit import ROOT
from kit.waiting import becomes, blocks

from catalysis.exact.errors import InputError
from catalysis.simulation import open_executor, run_all

LONG = [
    "simulate",
    str(ROOT / "examples" / "talk-1.toml"),
    "--lambda",
    "1.42",
    "--steps",
    "20000",
    "--no-tilt",
]
LONG += ["--replicas", "50000000", "--workers", "2"]

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")


def members(session: int) -> set[int]:
    """The processes of a session that are alive (zombies are not)."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, owner = path.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(owner) == session and state != "Z":
            found.add(int(path.parent.name))
    return found


def begun(*options: str) -> subprocess.Popen[str]:
    """A long run with two workers, in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "catalysis.cli", *LONG, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("whom", ["parent", "all"])
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda s: s.name)
def test_no_worker_outlives_the_command(tmp_path: Path, ending: signal.Signals, whom: str) -> None:
    file = tmp_path / "run.npz"
    process = begun("--resume", str(file))
    try:
        assert becomes(lambda: blocks(file) > 0, 60)
        assert len(members(process.pid)) >= 3
        before = blocks(file)
        (os.kill if whom == "parent" else os.killpg)(process.pid, ending)
        out, err = process.communicate(timeout=20)
        assert becomes(lambda: not members(process.pid), 10)
    finally:
        for pid in members(process.pid):
            os.kill(pid, signal.SIGKILL)
    assert out == "" and "Traceback" not in err
    if ending is signal.SIGINT:
        assert process.returncode == 130 and "goes on from there" in err
    assert blocks(file) >= before


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.2, 0.5, 0.8, 1.1, 1.5])
def test_an_interrupt_while_workers_start(delay: float) -> None:
    """No traceback of a half-loaded worker, and none left."""
    process = begun()
    time.sleep(delay)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert becomes(lambda: not members(process.pid), 10)
    if err.count("Traceback") > (delay < 0.4):  # before the program has begun Python speaks
        pytest.xfail("Python's own helper process or thread was hit as it started, and spoke")


def _sleep(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def _write_at_last(path: Path) -> None:
    path.with_suffix(".begun").touch()
    time.sleep(20)
    path.touch()


def _die(_: int) -> None:
    os._exit(3)


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").exists()


def test_an_exception_ends_workers_in_the_midst_of_a_job(tmp_path: Path) -> None:
    pids: list[int] = []
    with pytest.raises(RuntimeError, match="enough"), open_executor(workers=2) as pool:
        pids = run_all(_sleep, [0.2, 0.2], pool)
        for name in "abcd":
            pool.submit(_write_at_last, tmp_path / name)
        assert becomes(lambda: len(list(tmp_path.iterdir())) == 2, 20)
        raise RuntimeError("enough")
    assert not any(alive(pid) for pid in pids)
    assert [path.suffix for path in tmp_path.iterdir()] == [".begun"] * 2  # and not ended


@pytest.mark.slow
def test_a_worker_that_is_killed_is_one_line() -> None:
    with (
        pytest.raises(InputError, match="workers: one of the processes ended before its work"),
        open_executor(workers=2) as pool,
    ):
        run_all(_die, range(2), pool)
