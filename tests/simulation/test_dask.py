"""The same run on a Dask cluster; a cluster that is not there, is lost, or has nobody to work."""

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from kit import ROOT
from kit.waiting import becomes, blocks

from catalysis.data.reading import parse_samples
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.simulation import open_executor, simulate

WALK = LinearWalk(parse_samples("1:1/2, 1.3:1/2"))
RUN: dict[str, Any] = {"steps": 500, "replicas": 1_000_000, "seed": 5, "factor": 10, "tilt": False}
LONG = [
    "simulate",
    str(ROOT / "examples" / "talk-1.toml"),
    "--lambda",
    "1.42",
    "--steps",
    "20000",
    "--no-tilt",
]
LONG += ["--replicas", "50000000", "--json", "--dask"]

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # the cluster's own


@contextmanager
def cluster(workers: int) -> Iterator[Any]:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
    ) as found:
        yield found


@contextmanager
def command(address: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "catalysis.cli", *LONG, address, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_local_cluster_gives_the_same_numbers() -> None:
    here = simulate(WALK, Fraction("1.42"), **RUN)
    with cluster(2) as found:
        there = simulate(WALK, Fraction("1.42"), **RUN, dask=found.scheduler_address)
    assert here.blocks > 1
    assert here.estimate == there.estimate
    assert here.final == there.final


def test_a_job_that_fails_is_raised_here() -> None:
    with (
        cluster(1) as found,
        pytest.raises(ZeroDivisionError),
        open_executor(dask=found.scheduler_address) as executor,
    ):
        executor.submit(divmod, 1, 0).result()


def test_no_workers_is_said_once_and_waited_for() -> None:
    said: list[str] = []
    with cluster(0) as found:

        def hire(text: str) -> None:
            said.append(text)
            found.scale(1)

        result = simulate(WALK, Fraction("1.42"), **RUN, dask=found.scheduler_address, notice=hire)
        assert said == [f"dask: the scheduler at {found.scheduler_address} has no workers: waiting for one"]
    assert result.estimate == simulate(WALK, Fraction("1.42"), **RUN).estimate


def test_without_a_notice_it_is_a_warning() -> None:
    with cluster(0) as found, pytest.raises(RuntimeWarning, match="has no workers"), warned_as_errors():
        simulate(WALK, Fraction("1.42"), **RUN, dask=found.scheduler_address)


@contextmanager
def warned_as_errors() -> Iterator[None]:
    import warnings

    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="dask:")
        yield


def test_the_command_says_what_it_waits_for_and_can_be_interrupted() -> None:
    with cluster(0) as found, command(found.scheduler_address) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("catalysis: dask: the scheduler at") and "no workers" in line
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err and err.count("\n") == 2  # nothing is kept; interrupted


@pytest.mark.parametrize("workers", [0, 1])
def test_a_lost_scheduler_is_one_line(tmp_path: Path, workers: int) -> None:
    file = tmp_path / "run.npz"
    script = (
        "import sys; from distributed import LocalCluster\n"
        "if __name__ == '__main__':\n"
        f"    c = LocalCluster(n_workers={workers}, threads_per_worker=1, host='127.0.0.1', "
        "dashboard_address=None, silence_logs=50)\n"
        "    print(c.scheduler_address, flush=True); sys.stdin.readline()\n"
    )
    scheduler = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert scheduler.stdout is not None
        address = scheduler.stdout.readline().strip()
        with command(address, "--resume", str(file)) as process:
            assert process.stderr is not None
            if workers:
                assert becomes(lambda: blocks(file) > 0, 100)
            else:
                assert "no workers" in process.stderr.readline()
            scheduler.kill()
            out, err = process.communicate(timeout=60)
    finally:
        scheduler.kill()
        scheduler.communicate()
    assert (process.returncode, out) == (2, "")
    assert err.count("\n") == 1 and f"dask: the cluster at {address} was lost" in err


@pytest.mark.parametrize(
    "address", ["foo", "tcp://127.0.0.1:9", "tcp://", "moon://1.2.3.4:5", "127.0.0.1", "", "silent"]
)
def test_no_cluster_is_one_clear_line(address: str) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    try:
        if address == "silent":  # somebody answers who is no scheduler
            threading.Thread(target=server.accept, daemon=True).start()
            address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with command(address) as process:
            out, err = process.communicate(timeout=60)
    finally:
        server.close()
    assert (process.returncode, out) == (2, "")
    assert err.startswith(f"catalysis: dask: no cluster answers at {address}") and err.count("\n") == 1, err


def test_a_worker_is_no_scheduler() -> None:
    with cluster(1) as found:
        (worker,) = (one.worker_address for one in found.workers.values())
        with pytest.raises(
            InputError, match=f"no cluster answers at {worker}: expected a scheduler, found a Worker"
        ):
            simulate(WALK, Fraction("1.42"), **RUN, dask=worker)


def test_no_cluster_from_python_and_in_a_running_loop() -> None:
    import asyncio

    async def inside() -> None:
        simulate(WALK, Fraction("1.42"), **RUN, dask="moon://1.2.3.4:5")

    with pytest.raises(InputError, match="dask: no cluster answers at moon") as caught:
        asyncio.run(inside())
    assert "\n" not in str(caught.value)
