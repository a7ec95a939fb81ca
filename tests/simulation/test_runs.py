"""Whole runs: the same numbers wherever they are computed, resumable, and clear about bad input."""

import json
import math
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from kit import ROOT

from catalysis.data.law import Step
from catalysis.data.reading import load_dataset, parse_samples
from catalysis.data.walk import LinearWalk
from catalysis.simulation import MemoryNeeded, ResumeError, completed, open_executor, run_all, simulate
from catalysis.simulation.blocks import PlainWalk, Task
from catalysis.simulation.executors import HereExecutor
from catalysis.simulation.laws import WalkLaw
from catalysis.simulation.streams import root_of

TALK = LinearWalk(load_dataset(ROOT / "examples" / "talk-1.toml"))
AT = Fraction("1.42")
FIELDS = ("estimate", "standard_error", "effective_sample_size", "seconds", "replica_steps_per_second")


def numbers(result) -> dict:
    """What must not depend on where and when it was computed."""
    document = result.to_json()
    return {
        k: v
        for k, v in document.items()
        if k not in ("seconds", "replica_steps_per_second", "resumed_blocks")
    }


def test_the_walk_and_its_json() -> None:
    result = simulate(TALK, AT, steps=100, replicas=200_000, seed=1, factor=10, tilt=False)
    document = json.loads(json.dumps(result.to_json()))
    assert set(FIELDS) <= set(document)
    rare = simulate(TALK, AT, steps=100, replicas=20_000, seed=1, factor=10, tilt=True)
    assert rare.tilt == pytest.approx(1.69945229385)
    error = math.hypot(result.estimate.standard_error, rare.estimate.standard_error)
    assert abs(result.estimate.value - rare.estimate.value) < 5 * error
    mean, deviation = result.final
    assert abs(mean - 100 * WalkLaw.at(TALK.law, AT).drift) < 5 * deviation


def test_the_tilt_is_chosen_where_plain_sampling_sees_nothing() -> None:
    assert simulate(TALK, AT, steps=50, replicas=10**6, factor=2).tilt is None
    rare = simulate(TALK, AT, steps=None, replicas=20_000, factor=10**6)
    assert rare.tilt is not None
    assert abs(rare.estimate.value - 4.9398e-11) < 5 * rare.estimate.standard_error
    huge = simulate(TALK, AT, steps=None, replicas=1000, factor=Fraction(10) ** 400)
    assert huge.to_json()["estimate"].endswith("E-680")
    unlikely = simulate(TALK, Fraction("1.1"), steps=100, replicas=1000, factor=2)  # stable: no tilt, no hits
    assert unlikely.tilt is None
    assert unlikely.estimate.value is None


@pytest.mark.parametrize(
    ("factor", "value"), [(1024, Fraction(1, 1024)), (1000, Fraction(1, 1024)), (512, Fraction(1, 512))]
)
def test_on_a_lattice_all_weights_are_the_same(factor: int, value: Fraction) -> None:
    """Factors 1/2 and 2: P(sup >= K) = 1/2^k, k rounded up. No spread, so no error; no weight exceeds 1/K."""
    doubling = LinearWalk(parse_samples("x=1/2:2/3, x=3:1/3"))
    found = simulate(doubling, 1, steps=None, replicas=1000, factor=factor).estimate
    assert found.value == pytest.approx(float(value), rel=1e-9)
    assert found.standard_error is None and "1000 weights are the same" in found.note
    q = 1 - 0.05 ** (1 / 1000)
    low, high = found.interval
    assert low == pytest.approx(float(value) * (1 - q), rel=1e-9)
    assert high == pytest.approx(float(value) * (1 - q) + q / factor, rel=1e-9)


def test_maps_agree_with_each_other() -> None:
    """At a large width and a low level the reduced map and the network are the walk."""
    common = {"steps": 30, "factor": 3, "seed": 4, "tilt": False}
    walk = simulate(TALK, AT, replicas=300_000, **common)
    reduced = simulate(TALK, AT, replicas=100_000, map="reduced", width=10**10, **common)
    network = simulate(TALK, AT, replicas=3000, map="network", width=150, mu0=1e-3, **common)
    for other in (reduced, network):
        error = math.hypot(walk.estimate.standard_error, other.estimate.standard_error)
        assert abs(walk.estimate.value - other.estimate.value) < 5 * error
    assert network.to_json()["mean_final"] == pytest.approx(1.42, rel=1e-3)


def test_a_spike_given_by_kappa() -> None:
    by_kappa = simulate(TALK, AT, steps=60, replicas=50_000, width=10**4, mu0=2.0, kappa=0.08, tilt=False)
    by_factor = simulate(TALK, AT, steps=60, replicas=50_000, factor=4, tilt=False)
    assert by_kappa.estimate.value == by_factor.estimate.value
    reduced = simulate(TALK, AT, steps=2000, replicas=20_000, map="reduced", width=10**12, kappa=0.1)
    assert reduced.tilt is not None
    assert abs(reduced.estimate.value - 1.7742e-9) < 5 * reduced.estimate.standard_error


def test_learning_rate_and_batches_enter() -> None:
    data = parse_samples("1:1/2, 1.3:1/2").with_learning_rate("1/10")
    scaled = simulate(LinearWalk(data), 10 * AT, steps=50, replicas=50_000, factor=3, tilt=False)
    plain = simulate(TALK, AT, steps=50, replicas=50_000, factor=3, tilt=False)
    assert scaled.estimate.value == plain.estimate.value
    batch = LinearWalk(TALK.dataset, Step.minibatch(4))
    assert (
        simulate(batch, AT, steps=50, replicas=50_000, factor=3, tilt=False).estimate.hits
        < plain.estimate.hits
    )
    full = LinearWalk(TALK.dataset, Step.full_batch())
    assert simulate(full, AT, steps=50, replicas=100, factor=3, tilt=False).estimate.hits == 0


def small_task(blocks: int = 3) -> Task:
    law = WalkLaw.at(TALK.law, AT)
    simulation = PlainWalk(law, math.log(2), 4000)
    task = Task(simulation, 0, root_of(3))
    return Task(simulation, task.replicas_per_block * blocks - 7, root_of(3))


def test_blocks_are_the_same_in_any_executor() -> None:
    task = small_task()
    here = run_all(task.block, range(task.blocks), HereExecutor())
    with ThreadPoolExecutor(3) as threads:
        assert run_all(task.block, range(task.blocks), threads) == here
    assert sum(t.samples for t in here) == task.replicas
    assert len({t.final for t in here}) == task.blocks  # no two blocks share a stream


@pytest.mark.slow
def test_workers_do_not_change_the_numbers() -> None:
    arguments = {"steps": 500, "replicas": 1_300_000, "seed": 5, "factor": 10, "tilt": False}
    seen: list[tuple[int, int]] = []
    alone = simulate(TALK, AT, **arguments, progress=lambda done, total: seen.append((done, total)))
    together = simulate(TALK, AT, **arguments, workers=2)
    assert alone.blocks > 2
    assert seen == [(k + 1, alone.blocks) for k in range(alone.blocks)]
    assert numbers(alone) == numbers(together)


@pytest.mark.parametrize("extra", [{}, {"map": "reduced", "width": 100}, {"map": "network", "width": 5}])
def test_the_seed_decides(extra: dict) -> None:
    arguments = {"steps": 20, "replicas": 2000, "factor": 1.5, "tilt": False} | extra
    first, again = (simulate(TALK, AT, seed=7, **arguments) for _ in range(2))
    assert numbers(first) == numbers(again)
    assert numbers(first) != numbers(simulate(TALK, AT, seed=8, **arguments))
    by_generator = [simulate(TALK, AT, seed=np.random.default_rng(1), **arguments) for _ in range(2)]
    assert numbers(by_generator[0]) == numbers(by_generator[1])


SHORT = {"steps": 50, "replicas": 1000, "seed": 2, "factor": 10, "tilt": False}
LONG = {"steps": 2000, "replicas": 400_000, "seed": 2, "factor": 10, "tilt": False}


def test_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "run.npz"

    def interrupt(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(TALK, AT, **LONG, resume=file, progress=interrupt)
    resumed = simulate(TALK, AT, **LONG, resume=file)
    assert resumed.resumed_blocks == 2
    assert resumed.blocks > 2
    assert numbers(resumed) == numbers(simulate(TALK, AT, **LONG))
    finished = simulate(TALK, AT, **LONG, resume=file)
    assert finished.resumed_blocks == finished.blocks
    assert numbers(finished) == numbers(resumed)
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]


def test_the_file_holds_plain_arrays(tmp_path: Path) -> None:
    file = tmp_path / "run.npz"
    simulate(TALK, AT, **SHORT, resume=file)
    with np.load(file, allow_pickle=False) as arrays:
        assert sorted(arrays) == ["block", "format", "run", "tally"]
        assert all(arrays[name].dtype != object for name in arrays)
        assert json.loads(str(arrays["run"]))["lambda"] == "71/50"


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"seed": 3}, "seed"),
        ({"factor": 11}, "event"),
        ({"steps": 51}, "steps"),
        ({"replicas": 1001}, "replicas"),
        ({"tilt": 1.0}, "tilt"),
    ],
)
def test_another_runs_file_is_refused(tmp_path: Path, change: dict, names: str) -> None:
    file = tmp_path / "run.npz"
    simulate(TALK, AT, **SHORT, resume=file)
    before = file.read_bytes()
    with pytest.raises(ResumeError, match=f"expected the file of this run.*differs in .*{names}"):
        simulate(TALK, AT, **(SHORT | change), resume=file)
    other = LinearWalk(parse_samples("1:1/3, 1.3:2/3"))
    with pytest.raises(ResumeError, match="differs in data"):
        simulate(other, AT, **SHORT, resume=file)
    assert file.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"not a zip", "pickle", "lines"])
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes | str) -> None:
    file = tmp_path / "run.npz"
    if content == "pickle":
        with file.open("wb") as stream:
            np.savez(stream, format=np.array([{"a": 1}], dtype=object))
    elif content == "lines":
        with file.open("wb") as stream:
            np.savez(stream, format=np.zeros(3), run=np.zeros(3), block=np.zeros(3), tally=np.zeros(3))
    else:
        file.write_bytes(content)
    with pytest.raises(ResumeError, match="expected a resume file") as caught:
        simulate(TALK, AT, **LONG, resume=file)
    assert "\n" not in str(caught.value)


def test_a_place_that_cannot_be_written_is_said_before_the_work(tmp_path: Path) -> None:
    for path in (tmp_path / "missing" / "run.npz", tmp_path):
        with pytest.raises(ResumeError, match="expected"):
            simulate(TALK, AT, **LONG, resume=path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": -1}, "steps: expected an integer of at least 1"),
        ({"steps": None, "tilt": False}, "steps: expected a number"),
        ({"replicas": 0}, "replicas: expected an integer of at least 1"),
        ({"map": "sphere"}, "map: expected one of walk, reduced, network"),
        ({"map": "reduced"}, "width: expected one for the map reduced"),
        ({"map": "reduced", "width": -4}, "width: expected an integer of at least 1"),
        ({"map": "network", "width": 10, "tilt": True}, "importance sampling is for the maps"),
        ({"factor": 1}, "factor: expected a number above 1"),
        ({"factor": math.inf}, "factor: expected a finite number"),
        ({"factor": 2, "kappa": 0.1, "width": 100}, "expected factor or kappa, not both"),
        ({"kappa": 0.1}, "width: expected one for kappa"),
        ({"kappa": 0.01, "width": 100}, r"kappa: expected a number above \|kappa_0\| = 0.1"),
        ({"mu0": 0.0}, "mu0: expected a number that is not 0"),
        ({"map": "reduced", "width": 1, "mu0": 5.0}, "no network has this start"),
        ({"tilt": -1.0}, r"tilt: expected a number > 0"),
        ({"seed": -1}, "seed: expected an integer >= 0"),
        ({"workers": -2}, "workers: expected an integer"),
        ({"workers": 2, "dask": "tcp://127.0.0.1:1"}, "expected workers or a Dask address, not both"),
        ({"engine": "fortran", "map": "reduced", "width": 10}, "engine: expected numpy, numba or philox"),
    ],
)
def test_bad_input_is_one_clear_line(change: dict, message: str) -> None:
    arguments = {"steps": 10, "replicas": 10} | change
    with pytest.raises(ValueError, match=message) as caught:
        simulate(TALK, AT, **arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("curvature", [Fraction(0), Fraction(-1), math.inf])
def test_bad_curvature(curvature) -> None:
    with pytest.raises(ValueError, match=r"curvature: expected a (finite )?number"):
        simulate(TALK, curvature, steps=10, replicas=10)


def test_no_exponent_no_tilt() -> None:
    with pytest.raises(ValueError, match="there is no positive exponent"):
        simulate(TALK, Fraction("1.8"), steps=10, replicas=10, tilt=True)


def test_a_width_that_does_not_fit() -> None:
    with pytest.raises(MemoryNeeded, match="one replica would take"):
        simulate(TALK, AT, steps=10, replicas=10, map="network", width=10**13)


def _square(value: int) -> int:
    if value == 13:
        raise RuntimeError("unlucky")
    return value * value


def test_executors() -> None:
    with open_executor() as here:
        assert run_all(_square, range(10), here) == [k * k for k in range(10)]
        with pytest.raises(RuntimeError, match="unlucky"):
            run_all(_square, range(20), here)
    with open_executor(workers=2) as pool:
        assert isinstance(pool, ProcessPoolExecutor)
        assert run_all(_square, range(10), pool) == [k * k for k in range(10)]
        with pytest.raises(RuntimeError, match="unlucky"):
            run_all(_square, range(30), pool)


def test_only_a_few_jobs_are_under_way() -> None:
    """A list without end costs no memory; leaving early is fine."""
    begun: list[int] = []

    def jobs():
        for k in range(10**9):
            begun.append(k)
            yield k

    with ThreadPoolExecutor(2) as threads:
        for count, _ in enumerate(completed(abs, jobs(), threads, ahead=4)):
            if count == 20:
                break
    assert len(begun) < 40
