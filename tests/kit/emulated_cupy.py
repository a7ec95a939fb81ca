"""As much of CuPy as `catalysis.simulation.cuda` uses, on the CPU: kernels compiled as C++, arrays of numpy.

What CuPy would pass wrongly without a word (a number of another width than in the signature) is refused here.
"""

import ctypes
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

COMPILER = shutil.which("g++") or shutil.which("clang++")
HEADER = Path(__file__).with_name("cuda_as_cpp.hpp")

NAMES = (
    *(
        "abs",
        "any",
        "asarray",
        "count_nonzero",
        "float64",
        "full",
        "inf",
        "int64",
        "isfinite",
        "log",
        "maximum",
    ),
    *("moveaxis", "sign", "sqrt", "stack", "sum", "where", "zeros"),
)
"""Of numpy and of CuPy; what they do to arrays is the same."""

_TYPES = {"j": np.uint32, "y": np.uint64, "i": np.int32, "d": np.float64, "x": np.int64}


class RawModule:
    """cupy.RawModule(code=..., options=..., name_expressions=...)."""

    folder: Path  # where it is built, once

    def __init__(self, *, code: str, options: tuple[str, ...], name_expressions: list[str]) -> None:
        assert options == ("--std=c++17", "--fmad=false")
        self.path = self.folder / "kernels.so"
        names = [re.sub(r"\W", "_", name) for name in name_expressions]
        ends = [f"EXPOSE({n}, {e})" for n, e in zip(names, name_expressions, strict=True)]
        if not self.path.exists():
            self._compile("\n".join([f'#include "{HEADER}"', code, *ends, ""]))
        self.library = ctypes.CDLL(str(self.path))
        self.names = dict(zip(name_expressions, names, strict=True))

    def _compile(self, text: str) -> None:
        source = self.path.with_suffix(".cpp")
        source.write_text(text)
        command = [COMPILER, "-std=c++17", "-O1", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror"]
        command += ["-Wno-unknown-pragmas", "-shared", "-fPIC", "-o", str(self.path), str(source)]
        subprocess.run(command, check=True, capture_output=True, text=True)

    def get_function(self, name: str) -> Callable[..., None]:
        launch = getattr(self.library, f"launch_{self.names[name]}")
        types = getattr(self.library, f"types_{self.names[name]}")
        types.restype = ctypes.c_char_p
        wanted = types().decode().split()

        def function(grid: tuple[int], block: tuple[int], arguments: tuple[Any, ...]) -> None:
            held = [_held(a, kind) for a, kind in zip(arguments, wanted, strict=True)]
            addresses = (ctypes.c_void_p * len(held))(*(cell.ctypes.data for cell in held))
            launch(ctypes.c_uint(grid[0]), ctypes.c_uint(block[0]), addresses)

        return function


def _held(argument: Any, kind: str) -> np.ndarray:
    """A cell with the argument: the address of an array, or a number."""
    if kind.startswith("P"):
        assert isinstance(argument, np.ndarray) and argument.flags.c_contiguous
        assert argument.dtype == _TYPES[kind[-1]], (argument.dtype, kind)
        assert argument.flags.writeable or "K" in kind
        return np.array([argument.ctypes.data], np.uint64)
    assert isinstance(argument, np.generic) and argument.dtype == _TYPES[kind], (argument, kind)
    return np.array([argument])


def module(folder: Path, devices: int = 1) -> ModuleType:
    """A module to stand for cupy in `sys.modules`."""
    fake = ModuleType("cupy")
    for name in NAMES:
        setattr(fake, name, getattr(np, name))
    fake.cuda = SimpleNamespace(runtime=SimpleNamespace(getDeviceCount=lambda: devices))  # type: ignore[attr-defined]
    fake.RawModule = type("RawModule", (RawModule,), {"folder": folder})  # type: ignore[attr-defined]
    return fake
