"""Arrays from .npy and .npz files that anybody may have made: no pickles, nothing larger than the file says.

Whatever is wrong is a DataError of one line.
"""

from __future__ import annotations

import lzma
import struct
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from catalysis.exact.numbers import DataError, shown

Array = npt.NDArray[Any]

MAX_BYTES = 210_000_000
"""A kernel of 5000 samples in doubles, and a little more."""
_MAX_ARRAYS = 20
_BROKEN = (
    OSError,
    ValueError,
    EOFError,
    KeyError,
    TypeError,
    SyntaxError,
    MemoryError,
    OverflowError,
    RuntimeError,
    struct.error,
    tokenize.TokenError,
    Warning,  # of headers that Python 2 wrote
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


def read_arrays(path: Path, names: tuple[str, ...]) -> Array | dict[str, Array]:
    """The array of a .npy file, or those of a .npz file that have one of these names. Raises DataError."""
    with _readable():
        if path.suffix.lower() == ".npy":
            with path.open("rb") as file:
                return _array(file, path.stat().st_size, "array")
        return dict(_members(path, names))


@contextmanager
def _readable() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    except DataError:
        raise
    except _BROKEN as error:
        text = " ".join(str(error).split())[:80]
        raise DataError(f"expected a file of numpy: {text or type(error).__name__}") from None


def _members(path: Path, names: tuple[str, ...]) -> Iterator[tuple[str, Array]]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if len(entries) > _MAX_ARRAYS or len({entry.filename for entry in entries}) != len(entries):
            raise DataError(f"expected at most {_MAX_ARRAYS} arrays, each name once")
        wanted = [entry for entry in entries if entry.filename in {f"{name}.npy" for name in names}]
        if sum(entry.file_size for entry in wanted) > MAX_BYTES:
            raise DataError(f"expected arrays of at most {MAX_BYTES} bytes together")
        for entry in wanted:
            name = entry.filename.removesuffix(".npy")
            with archive.open(entry) as file:
                yield name, _array(file, entry.file_size, name)


def _array(file: IO[bytes], size: int, name: str) -> Array:
    """Header first: what it promises has to fit into the bytes that are there."""
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise DataError(f"{name}: expected version 1 or 2 of the format of numpy")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, by_columns, dtype = read(file)
    if dtype.kind not in "fiuU" or dtype.hasobject:
        raise DataError(f"{name}: expected numbers (no pickled objects), found {shown(str(dtype))}")
    count = 1
    for length in shape:
        count *= int(length)
    if count < 0 or count * dtype.itemsize > size:
        raise DataError(f"{name}: expected {shape} entries, found a file too short for them")
    data = file.read(count * dtype.itemsize)
    if len(data) != count * dtype.itemsize:
        raise DataError(f"{name}: expected {shape} entries, found a file too short for them")
    return np.frombuffer(data, dtype, count).reshape(shape, order="F" if by_columns else "C")
