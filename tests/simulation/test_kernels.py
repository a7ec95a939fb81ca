"""kernels.cu, compiled as C++ and run on the CPU, against numpy: replica by replica, to the last bit.

Marked `gpu`, the same on a device (needs the extra `gpu` and one).
"""

import math
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fractions import Fraction
from importlib.resources import files
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from kit import EXAMPLES, ROOT, emulated_cupy

from catalysis.data.reading import load_dataset
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.simulation import MemoryNeeded, ResumeError, Start, StepLaw, WalkLaw, simulate
from catalysis.simulation.blocks import Task
from catalysis.simulation.counted import CountedReducedMap, CountedWalk
from catalysis.simulation.cuda import cuda_kernels, load_cupy
from catalysis.simulation.guide import Guide
from catalysis.simulation.kernels import Kernel, numpy_kernels
from catalysis.simulation.philox import Key
from catalysis.simulation.reduced_map import Lanes, ReducedMap
from catalysis.simulation.sampling import Sampler
from catalysis.simulation.streams import root_of, stream_of
from catalysis.simulation.words import ClassPlan
from catalysis.spikes.horizon import spike_within

TALK = LinearWalk(load_dataset(EXAMPLES / "talk-1.toml"))
AT = Fraction("1.42")
KEY = Key((0x12345678, 0x9ABCDEF0), 0x0FEDCBA9)
REPLICAS = 300


def weights(m: int) -> np.ndarray:
    return np.random.default_rng(m).dirichlet(np.full(m, 2.0))


LAWS = {
    "one": np.ones(1),
    "equal": np.full(2, 0.5),
    "borders": weights(2),
    "32": weights(32),
    "33": weights(33),
    "crowded": np.append(np.full(3000, 1e-8), 1 - 3e-5),
    "more than slots": np.full(70_000, 1 / 70_000),
    "never": np.array([0.25, 0.0, 0.75, 0.0]),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kernels")


@pytest.fixture
def emulated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """CuPy's place is taken, and the device is the CPU."""
    if emulated_cupy.COMPILER is None:
        pytest.skip("needs a C++ compiler: g++ or clang++")
    monkeypatch.setitem(sys.modules, "cupy", emulated_cupy.module(folder))
    cuda_kernels.cache_clear()
    yield
    cuda_kernels.cache_clear()


@pytest.fixture(params=["emulated", pytest.param("device", marks=pytest.mark.gpu)])
def cuda(request: pytest.FixtureRequest) -> None:
    """The kernels as C++, and, where it is asked for, on a device."""
    if request.param == "emulated":
        request.getfixturevalue("emulated")


def ends(
    kernels: object, kernel: Kernel, state: list[np.ndarray], guide: Guide, draws: int, number: int = 0
) -> list:
    """The state after so many draws, back on the CPU."""
    xp = kernels.xp
    arrays = tuple(xp.asarray(array.copy()) for array in state)
    kernels.run(kernel, arrays, KEY, guide.on(xp), number, draws)
    return [array if isinstance(array, np.ndarray) else array.get() for array in arrays]


def same(
    kernel: Kernel, state: list[np.ndarray], guide: Guide, draws: int, number: int = 0
) -> list[np.ndarray]:
    """What both give, to the last bit."""
    one, other = (ends(k(), kernel, state, guide, draws, number) for k in (numpy_kernels, cuda_kernels))
    for left, right in zip(one, other, strict=True):
        assert left.tobytes() == right.tobytes()
    return one


def walk_guide(p: np.ndarray) -> Guide:
    sampler = Sampler.of(p)
    steps = sampler.by_code(np.random.default_rng(0).normal(-0.1, 1.0, p.size))
    return Guide.of(sampler, steps, steps)


@pytest.mark.parametrize("law", LAWS)
def test_the_walk_replica_by_replica(cuda: None, law: str) -> None:
    state = [np.zeros(REPLICAS), np.zeros(REPLICAS)]
    for draws, number in ((1, 0), (16, 3), (37, 2**33)):
        same("walk", state, walk_guide(LAWS[law]), draws, number)


def test_words_and_killed_walks(cuda: None) -> None:
    """Classes of 34 steps by 16 bits, and a factor 0."""
    for law in (
        WalkLaw.at(TALK.law, AT),
        WalkLaw(np.array([-np.inf, 0.3, -0.2]), np.array([0.01, 0.5, 0.49])),
    ):
        draws = ClassPlan.of(law, 100).full
        guide = Guide.of(draws.sampler, draws.total, draws.peak)
        now, top = same("walk", [np.zeros(REPLICAS), np.zeros(REPLICAS)], guide, 9)
        assert (top >= 0).all() and (top >= now).all()
        assert np.isneginf(now).any() == np.isneginf(law.log_factors).any()


def map_state(kappa: float, L: float) -> list[np.ndarray]:
    lanes = Lanes.begin(Start(kappa, L), REPLICAS)
    return [lanes.kappa, lanes.L, lanes.top, lanes.offset]


def map_guide(x: np.ndarray, p: np.ndarray) -> Guide:
    sampler = Sampler.of(p)
    return Guide.of(sampler, sampler.by_code(x))


@pytest.mark.parametrize("start", [(1e-3, 1.42), (0.7, 2.3), (0.01, 5.0), (1e-8, 0.9)], ids=str)
@pytest.mark.parametrize("m", [2, 41])
def test_the_map_replica_by_replica(cuda: None, m: int, start: tuple[float, float]) -> None:
    """Spikes, divergence, and decay far below the smallest double and back to offset 0."""
    guide = map_guide(np.linspace(1.0, 1.69, m), weights(m))
    kappa, L, top, _ = same("reduced", map_state(*start), guide, 77)
    assert np.isinf(L).any() == (start[1] == 5.0)
    assert (np.isinf(top) == np.isinf(L)).all() and (kappa[np.isinf(L)] == 0).all()


def test_kappa_below_the_doubles_and_back(cuda: None) -> None:
    """Down with x = 1 for 900 steps, up with x = 3.9; exactly 0 stays 0."""
    down = same("reduced", map_state(1e-8, 0.9), map_guide(np.ones(1), np.ones(1)), 900)
    assert (down[3] > 2000).all() and (np.abs(down[0]) > 1e-150).all()
    up = same("reduced", down, map_guide(np.array([3.9]), np.ones(1)), 2200)
    assert (up[3] == 0).all() and (up[0] != 0).all()
    between = same("reduced", down, map_guide(np.array([1.0, 3.9]), np.array([0.25, 0.75])), 1500)
    assert ((between[3] > 0) & (np.abs(between[0]) > 2.0**-210)).any()


def test_below_and_back_in_one_launch(cuda: None) -> None:
    state = [np.full(REPLICAS, v) for v in (2.0**-398, 0.9, 1e-100)] + [np.zeros(REPLICAS, np.int64)]
    guide = map_guide(np.array([1.0, 3.9]), np.array([0.25, 0.75]))
    *_, early = same("reduced", state, guide, 20)
    *_, late = same("reduced", state, guide, 1600)
    assert ((early > 0) & (late == 0)).any()


def test_a_step_that_leaves_the_range_of_an_offset_is_no_peak(cuda: None) -> None:
    """2^-201 with the offset 500 times 1e12: stored, that is larger than the peak so far; the true one is 2^-662."""
    state = [np.full(3, 2.0**-201), np.full(3, 1e12), np.full(3, 1e-100), np.array([500, 500, 50])]
    kappa, _, top, offset = same("reduced", state, map_guide(np.ones(1), np.ones(1)), 1)
    logs = np.log2(np.abs(kappa)) - offset
    assert logs == pytest.approx(math.log2(1e12 - 1) - 201 - state[3], abs=1e-9)
    assert list(top) == [1e-100] * 3 and offset[2] == 0


def test_what_stands_still(cuda: None) -> None:
    """kappa = 0 stays 0; a lambda beyond 1e30 has diverged, one below has not."""
    L = np.array([1.0, 0.99e30, 1.01e30])
    guide = map_guide(np.ones(1), np.ones(1))
    kappa, found, top, _ = same("reduced", [np.zeros(3), L, np.ones(3), np.zeros(3, np.int64)], guide, 9)
    assert not kappa.any()
    assert list(found) == [1.0, 0.99e30, np.inf] and list(top) == [1.0, 1.0, np.inf]


def test_the_map_is_the_one_of_the_other_engines() -> None:
    """The outcomes of the streams, given to `ReducedMap`: the same numbers, whenever offsets are looked at."""

    class Given(ReducedMap):
        def run_codes(self, lanes: Lanes, codes: np.ndarray) -> None:
            for first in range(0, len(codes), 40):
                self.advance(codes[first : first + 40], self.law.x, lanes.kappa, lanes.L, lanes.top)
                lanes.normalise()

    law = StepLaw(np.array([1.0, 1.69]), np.array([0.4, 0.6]))
    for start in (Start(0.7, 2.3), Start(1e-8, 0.9)):
        guide, lanes = map_guide(law.x, law.p), Lanes.begin(start, REPLICAS)
        kappa, L, top, offset = ends(numpy_kernels(), "reduced", map_state(start.kappa, start.L), guide, 320)
        codes = np.concatenate([guide.outcomes(KEY, block, np.arange(REPLICAS)) for block in range(20)])
        Given(law).run_codes(lanes, codes)
        assert np.array_equal(L, lanes.L) and np.array_equal(top, lanes.top)
        logs = np.log(np.abs(kappa)) - offset * math.log(2)
        assert np.allclose(logs, lanes.log_kappa(), rtol=1e-14)


@pytest.mark.parametrize("law", LAWS)
def test_guides_draw_the_law_of_the_weights(law: str) -> None:
    """Cut at the cumulative weights: the outcome of a number u is the first whose cumulative weight exceeds it."""
    p = LAWS[law]
    guide, sampler = walk_guide(p), Sampler.of(p)
    found = np.concatenate([guide.outcomes(KEY, block, np.arange(3000)) for block in range(4)])
    assert found.min() >= 0 and found.max() < p.size and (p[found] > 0).all()
    words = np.stack(KEY.block(0, 0, np.arange(3000)))
    first = (words[0] & np.uint64(2**guide.bits - 1)).astype(float) / 2**guide.bits
    low = np.searchsorted(sampler.cumulative, first, "right")
    high = np.searchsorted(sampler.cumulative, first + 2.0**-guide.bits, "left")
    assert ((low <= found[0]) & (found[0] <= high)).all()
    for share, part in zip(
        *(
            np.add.reduceat(v, range(0, p.size, -(-p.size // 7)))
            for v in (p, np.bincount(found.ravel(), minlength=p.size))
        ),
        strict=True,
    ):
        assert abs(part - found.size * share) <= 5.5 * math.sqrt(found.size * share * (1 - share)) + 1e-9


# --- whole runs ------------------------------------------------------------------------------------------


def test_a_run_on_the_device_is_the_one_in_numpy(cuda: None) -> None:
    common = {"replicas": 60_000, "seed": 3, "factor": 3}
    for more in ({"steps": 50}, {"steps": 30, "map": "reduced", "width": 10**4}):
        one = simulate(TALK, AT, engine="philox", **common, **more)
        two = simulate(TALK, AT, device="cuda", **common, **more)
        assert (one.engine, two.engine) == ("philox", "cuda")
        assert one.tilt is None and one.estimate == two.estimate
        assert one.final == pytest.approx(two.final, rel=1e-12)


def test_networks_on_a_device_are_those_of_numpy_up_to_sums(cuda: None) -> None:
    """Starts and batches come from the same streams; a group holds more replicas."""
    run = {"map": "network", "width": 100, "mu0": 0.5, "steps": 20, "seed": 1, "factor": 2}
    one = simulate(TALK, AT, replicas=300, **run)
    two = simulate(TALK, AT, replicas=300, device="cuda", **run)
    assert (one.engine, two.engine) == ("numpy", "cuda") and one.estimate == two.estimate
    assert one.final == pytest.approx(two.final, rel=1e-9)


def test_the_walk_meets_the_certified_probability(cuda: None) -> None:
    """P(|mu| >= K |mu_0| within 50 steps), from the rational recursion; 4e5 replicas."""
    for factor, steps in ((2, 50), (20, 12)):
        known = spike_within(TALK, AT, factor, steps).enclosure
        found = simulate(
            TALK, AT, steps=steps, replicas=400_000, seed=5, factor=factor, device="cuda"
        ).estimate
        assert abs(found.value - float(known.midpoint)) < 5.5 * found.standard_error


def test_the_map_meets_its_exact_probability(cuda: None) -> None:
    """All 2^10 paths of the map, one by one."""
    law, (kappa, L), level = TALK.law, (0.05, 1.42), 0.1
    probability = 0.0
    for path in product(zip(map(float, law.x), map(float, law.p), strict=True), repeat=10):
        k, n, hit = kappa, L, False
        for x, _ in path:
            k, n = (1 - x * n + x * x * k * k) * k, n - k * k * x * (4 - x * n)
            hit |= abs(k) >= level
        probability += hit * math.prod(p for _, p in path)
    run = {"map": "reduced", "width": 100, "mu0": 0.5, "kappa": level, "steps": 10, "seed": 1}
    found = simulate(TALK, AT, replicas=200_000, device="cuda", **run).estimate
    assert 0.01 < probability < 0.99
    assert abs(found.value - probability) < 5.5 * found.standard_error


def test_blocks_depend_on_nothing_else_and_no_two_are_the_same(emulated: None) -> None:
    law = StepLaw.of(TALK.law)
    one = CountedWalk(40, numpy_kernels, law=WalkLaw.at(TALK.law, AT), level=1.0)
    other = CountedReducedMap(40, cuda_kernels, law=law, start=Start(1e-3, 1.42), level=0.1)
    for simulation in (one, other):
        task = Task(simulation, 10**12, root_of(1))
        assert task.replicas_per_block == 256 * 2**22
        run, streams = simulation.prepare(), [stream_of(root_of(1), 0, group) for group in (0, 0, 1)]
        first, again, second = (run(3000, stream) for stream in streams)
        assert first == again and first.final != second.final
        assert first.samples == 3000 and first.steps == 120_000
    assert CountedWalk(10**9, numpy_kernels, law=one.law, level=1.0).lanes == 2**18


def test_a_run_of_the_device_goes_on_in_numpy(emulated: None, tmp_path: Path) -> None:
    """The file says which streams were drawn from, not where; a run of the other streams is another one."""
    file = tmp_path / "run.npz"
    run = {"steps": 20, "replicas": 5000, "seed": 2, "factor": 3, "resume": file}
    first = simulate(TALK, AT, device="cuda", **run)
    again = simulate(TALK, AT, engine="philox", **run)
    assert again.resumed_blocks == again.blocks and again.estimate == first.estimate
    with pytest.raises(ResumeError, match="differs in block, stream"):
        simulate(TALK, AT, tilt=False, **run)


def test_the_kernels_are_in_the_wheel() -> None:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
    assert any(Path("simulation/kernels.cu").match(pattern) for pattern in data["catalysis"])


@pytest.mark.slow
def test_the_compiler_of_devices_takes_the_kernels_and_fuses_nothing(tmp_path: Path) -> None:
    """By nvcc, where one is: no multiplication and addition in one rounding, no state in slow memory."""
    nvcc = shutil.which("nvcc")
    if nvcc is None:
        pytest.skip("needs nvcc")
    source, out = tmp_path / "kernels.cu", tmp_path / "kernels.ptx"
    used = "".join(f"auto {k}_{b} = {k}<{b}>;\n" for k in ("walk", "reduced") for b in (8, 16))
    source.write_text(files("catalysis.simulation").joinpath("kernels.cu").read_text("utf-8") + used)
    command = [
        nvcc,
        "-std=c++17",
        "--fmad=false",
        "-Werror",
        "all-warnings",
        "-ptx",
        "-o",
        str(out),
        str(source),
    ]
    subprocess.run(command, check=True, capture_output=True)
    code = out.read_text()
    assert len(re.findall(r"\.entry", code)) == 4 and "mul.rn.f64" in code
    assert "fma" not in code and "ld.local" not in code


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"device": "gpu"}, "device: expected 'cpu' or 'cuda', found 'gpu'"),
        ({"device": "cuda", "engine": "numpy"}, "engine: expected none with device cuda, found numpy"),
        ({"device": "cuda", "tilt": True}, "tilt: expected plain sampling with device cuda"),
        ({"engine": "philox", "tilt": 1.5}, "tilt: expected plain sampling"),
        ({"device": "cuda", "steps": None}, "steps: expected a number"),
        ({"device": "cuda", "steps": 10**9, "replicas": 10**15}, "years of a device"),
        ({"engine": "philox", "steps": 10**6, "replicas": 10**12}, "years of one core"),
        ({"engine": "philox", "map": "network", "width": 50}, "map: expected walk or reduced"),
    ],
)
def test_what_a_device_does_not_do(emulated: None, arguments: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        simulate(TALK, AT, **{"steps": 5, "replicas": 10} | arguments)


def test_without_cupy_or_device_one_line_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(
        InputError,
        match=r"^device: expected 'cpu', found 'cuda': CuPy is not installed \(pip install 'catalysis\[gpu\]'\)$",
    ):
        simulate(TALK, AT, steps=5, replicas=10, device="cuda")
    fake = emulated_cupy.module(tmp_path, devices=0)
    monkeypatch.setitem(sys.modules, "cupy", fake)
    with pytest.raises(InputError, match="found 'cuda': this machine has no device"):
        load_cupy()

    def none() -> int:
        raise RuntimeError(
            "cudaErrorInsufficientDriver: CUDA driver version is insufficient\nfor CUDA runtime version"
        )

    fake.cuda.runtime.getDeviceCount = none
    with pytest.raises(
        InputError, match=r"no device answers: cudaErrorInsufficientDriver: [^\n]*insufficient$"
    ):
        load_cupy()


def test_a_device_whose_memory_is_full(emulated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(sys.modules["cupy"], "zeros", full)
    with pytest.raises(MemoryNeeded, match="device: expected one with more free memory"):
        simulate(TALK, AT, steps=5, replicas=10, device="cuda")
    monkeypatch.setattr(np, "zeros", full)
    with pytest.raises(MemoryError):
        simulate(TALK, AT, steps=5, replicas=10, engine="philox")
