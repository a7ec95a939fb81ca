"""Arrays from .npy, .npz and .safetensors files that anybody may have made: no pickles, nothing larger than the file.

Whatever is wrong is a DataError of one line.
"""

from __future__ import annotations

import json
import lzma
import math
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
    AttributeError,
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
    """The array of a .npy file, or those of the other files that have one of these names. Raises DataError."""
    with _readable():
        if path.suffix.lower() == ".npy":
            with path.open("rb") as file:
                return _array(file, path.stat().st_size, "array")
        if path.suffix.lower() == ".safetensors":
            return dict(_safe_tensors(path, names))
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
    count = math.prod(shape)
    if count < 0 or count * dtype.itemsize > size:
        raise DataError(f"{name}: expected {shape} entries, found a file too short for them")
    data = file.read(count * dtype.itemsize)
    if len(data) != count * dtype.itemsize:
        raise DataError(f"{name}: expected {shape} entries, found a file too short for them")
    return np.frombuffer(data, dtype, count).reshape(shape, order="F" if by_columns else "C")


_SAFE = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4"}
_MAX_HEADER = 100_000


def _safe_tensors(path: Path, names: tuple[str, ...]) -> Iterator[tuple[str, Array]]:
    """A header in JSON with places and types, then bytes; `meta` is a text of the header's `__metadata__`."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    if len(content) < 8 or start > min(len(content), _MAX_HEADER):
        raise DataError(f"expected a header of at most {_MAX_HEADER} bytes")
    header = json.loads(content[8:start])
    texts = header.get("__metadata__", {}) if isinstance(header, dict) else None
    if not isinstance(texts, dict):
        raise DataError("expected a header that is an object")
    if "meta" in texts:
        yield "meta", np.array(str(texts["meta"]))
    for name in header.keys() & set(names) - {"meta"}:
        yield name, _safe_tensor(header[name], content[start:], name)


def _safe_tensor(entry: Any, data: bytes, name: str) -> Array:
    first, last = (int(v) for v in entry["data_offsets"])
    shape = tuple(int(v) for v in entry["shape"])
    if entry["dtype"] not in _SAFE:
        raise DataError(f"{name}: expected one of {', '.join(_SAFE)}, found {shown(entry['dtype'])}")
    dtype = np.dtype(_SAFE[entry["dtype"]])
    if not 0 <= first <= last <= len(data) or min(shape, default=0) < 0:
        raise DataError(f"{name}: expected places inside of the file")
    if math.prod(shape) * dtype.itemsize != last - first:
        raise DataError(f"{name}: expected {shape} entries, found {last - first} bytes")
    return np.frombuffer(data[first:last], dtype).reshape(shape)
