"""kernels.cu on a device, through CuPy (extra `gpu`)."""

from __future__ import annotations

import importlib
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from catalysis.exact.errors import InputError
from catalysis.simulation.guide import Guide
from catalysis.simulation.kernels import Kernel, Kernels
from catalysis.simulation.philox import Key

_THREADS = 256


class CudaKernels:
    """The kernels on the current device; numbers are passed in the types of their signatures."""

    def __init__(self, cupy: Any) -> None:
        names = [f"{kernel}<{bits}>" for kernel in ("walk", "reduced") for bits in (8, 16)]
        text = files("catalysis.simulation").joinpath("kernels.cu").read_text("utf-8")
        self.xp = cupy
        self.module = cupy.RawModule(
            code=text, options=("--std=c++17", "--fmad=false"), name_expressions=names
        )

    def run(
        self, kernel: Kernel, state: tuple[Any, ...], key: Key, guide: Guide, number: int, draws: int
    ) -> None:
        replicas = state[0].size
        words = (np.uint32(word) for word in (replicas, *key.key, key.group))
        arguments = (
            *state,
            *words,
            np.uint64(number),
            np.uint64(draws),
            guide.first,
            guide.cumulative,
            guide.values,
        )
        launch = self.module.get_function(f"{kernel}<{guide.bits}>")
        launch((-(-replicas // _THREADS),), (_THREADS,), arguments)


@cache
def cuda_kernels() -> Kernels:
    """Raises InputError without CuPy or without a device."""
    return CudaKernels(load_cupy())


def load_cupy() -> Any:
    """CuPy, where a device answers. Raises InputError otherwise."""
    try:
        cupy = importlib.import_module("cupy")
    except ImportError:
        raise _no_device("CuPy is not installed (pip install 'catalysis[gpu]')") from None
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except RuntimeError as error:
        raise _no_device(f"no device answers: {str(error).splitlines()[0]}") from None
    if not count:
        raise _no_device("this machine has no device")
    return cupy


def _no_device(why: str) -> InputError:
    return InputError(f"device: expected 'cpu', found 'cuda': {why}")
