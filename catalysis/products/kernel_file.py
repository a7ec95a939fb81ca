"""Kernel files: a network's kernel with what it was computed from. Read, written, reduced to one output; in doubles.

`EmpiricalKernel.data()` is the exact, repaired data that the rest of this room asks. docs/kernels.md.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from catalysis.exact.numbers import DataError, at, shown, whole
from catalysis.products.kernel import VectorData, weights_of
from catalysis.products.kernel_origin import KernelMeta
from catalysis.products.large_kernel import LargeKernel
from catalysis.products.numpy_file import MAX_BYTES, read_arrays

Floats = npt.NDArray[np.float64]
Kind = Literal["gram", "features"]

_NAMES = ("gram", "features", "counts", "p", "meta")


@dataclass(frozen=True, eq=False)
class EmpiricalKernel:
    """A network's kernel in doubles: the Gram matrix of its gradients, or features.

    Parameters
    ----------
    table : array of floats, shape (m, m), (m, k, m, k) or (m, d)
        The Gram matrix of m samples, that of all k outputs, or features with a row a sample.
    meta : KernelMeta
        What it was computed from.
    kind : str
        "gram" or "features".
    counts, p : sequence
        Weights of the samples: one of the two, or neither.

    Raises
    ------
    DataError
        It names the argument.

    Examples
    --------
    >>> import numpy as np
    >>> from catalysis import EmpiricalKernel
    >>> kernel = EmpiricalKernel(np.array([[2.0, 1.0], [1.0, 2.0]]))
    >>> kernel.samples, kernel.diagonal.tolist(), round(kernel.top, 6)
    (2, [2.0, 2.0], 3.0)
    """

    table: Floats
    meta: KernelMeta = field(default_factory=KernelMeta)
    kind: Kind = "gram"
    counts: tuple[int, ...] | None = None
    p: tuple[Fraction, ...] | None = None

    def __post_init__(self) -> None:
        table = np.array(_numbers(self.table, self.kind), np.float64)
        table.setflags(write=False)
        object.__setattr__(self, "table", table)
        if not isinstance(self.meta, KernelMeta):
            raise DataError(f"meta: expected KernelMeta, found {shown(self.meta)}")
        _check_shape(table, self.kind, self.meta.outputs)
        self._check_weights()

    def _check_weights(self) -> None:
        for key in ("counts", "p"):
            given = getattr(self, key)
            if given is not None:
                weights = {"p": None, "counts": None, key: given}
                p, counts = weights_of(**weights, samples=self.samples)
                if len(p) != self.samples:
                    raise DataError(
                        f"{key}: expected one for each of the {self.samples} samples, found {len(p)}"
                    )
                if min(p) <= 0 or sum(p) != 1:
                    raise DataError("p: expected positive weights that sum to exactly 1 (or counts, or text)")
                object.__setattr__(self, key, p if key == "p" else counts)
        if self.counts is not None and self.p is not None:
            raise DataError("p: expected p or counts, not both")

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: what has been worked out from them is worked out again."""
        return {key: getattr(self, key) for key in self.__dataclass_fields__}

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.table.shape))
        return f"EmpiricalKernel({self.meta.name!r}, {self.kind} {size}, outputs {self.meta.outputs})"

    @property
    def samples(self) -> int:
        return len(self.table)

    @cached_property
    def gram(self) -> Floats:
        """The Gram matrix as a square table; with outputs "all" a row is one output of one sample."""
        if self.kind == "features":
            return self.table @ self.table.T
        rows = self.table.shape[0] * (self.table.shape[1] if self.table.ndim == 4 else 1)
        return self.table.reshape(rows, rows)

    @property
    def diagonal(self) -> Floats:
        """The curvatures K_ii, as computed."""
        return np.array(self.gram.diagonal())

    @cached_property
    def top(self) -> float:
        """The top eigenvalue, measured (in doubles)."""
        from scipy.linalg import eigh

        last = len(self.gram) - 1
        return float(eigh(self.gram, eigvals_only=True, subset_by_index=[last, last])[0])

    def reduced(self, outputs: object) -> Self:
        """Of a kernel of all outputs, that of one function of them.

        Parameters
        ----------
        outputs : "sum" or int
            Their sum, or the index of one, from 0.

        Returns
        -------
        EmpiricalKernel
            Of shape (m, m).

        Raises
        ------
        DataError
            For another output, or a kernel of one output.

        Examples
        --------
        >>> import numpy as np
        >>> from catalysis import EmpiricalKernel, KernelMeta
        >>> table = np.einsum("ij,ab->iajb", [[2.0, 1.0], [1.0, 2.0]], np.eye(3))
        >>> EmpiricalKernel(table, KernelMeta("two", "half mean", "all")).reduced("sum").diagonal.tolist()
        [6.0, 6.0]
        """
        if self.meta.outputs != "all":
            raise DataError(f"outputs: expected none for a kernel of outputs {self.meta.outputs!r}")
        if outputs == "sum":
            return self._of(self.table.sum(axis=(1, 3)), "sum")
        i = whole(outputs, "outputs", least=0, most=self.table.shape[1] - 1)
        return self._of(self.table[:, i, :, i], str(i))

    def _of(self, table: Floats, outputs: str) -> Self:
        return replace(self, table=table, meta=replace(self.meta, outputs=outputs))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it as a kernel file; `load_vectors`, `load_kernel` and the command `kernel` read it.

        Parameters
        ----------
        path : file name
            An .npz file.

        Returns
        -------
        None
            The file is written whole or not at all.

        Raises
        ------
        InputError
            For a name that does not end in .npz.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> import numpy as np
        >>> from catalysis import EmpiricalKernel, read_kernel
        >>> with TemporaryDirectory() as folder:
        ...     EmpiricalKernel(np.array([[2.0, 1.0], [1.0, 2.0]])).save(f"{folder}/kernel.npz")
        ...     print(read_kernel(f"{folder}/kernel.npz").samples)
        2
        """
        file = Path(path)
        if file.suffix != ".npz":
            raise DataError(f"path: expected a name that ends in .npz, found {shown(file.name)}")
        arrays: dict[str, Any] = {self.kind: self.table, "meta": np.array(self.meta.text())}
        if self.counts is not None:
            arrays["counts"] = np.array(self.counts)
        if self.p is not None:
            arrays["p"] = np.array([str(p) for p in self.p])
        try:
            with file.open("wb") as out:
                np.savez(out, **arrays)
        except OSError as error:
            raise DataError(f"path: {file}: {error.strerror or error}") from None

    def data(self) -> VectorData | LargeKernel:
        """Exact data, repaired (docs/kernels.md).

        Returns
        -------
        VectorData or LargeKernel
            The latter beyond 500 samples.

        Raises
        ------
        DataError
            If the table is no kernel up to rounding.

        Examples
        --------
        >>> import numpy as np
        >>> from catalysis import EmpiricalKernel
        >>> [float(k) for k in EmpiricalKernel(np.array([[2.0, 1.0], [1.0, 2.0]])).data().diagonal]
        [2.0, 2.0]
        """
        from catalysis.products.kernel_exact import exact_kernel

        return exact_kernel(self)


def _numbers(table: object, what: str) -> npt.NDArray[Any]:
    try:
        found = np.asarray(table)
    except (ValueError, TypeError):
        raise DataError(f"{what}: expected a table of numbers, found {shown(table)}") from None
    if found.dtype.kind not in "fiu" or not found.size:
        raise DataError(f"{what}: expected a table of numbers, found {shown(table)}")
    return found


def _check_shape(table: Floats, kind: Kind, outputs: str) -> None:
    size = " x ".join(map(str, table.shape))
    if kind == "features":
        if table.ndim != 2 or outputs == "all":
            raise DataError(f"features: expected a row for each sample (and outputs not all), found {size}")
    elif outputs == "all":
        if table.ndim != 4 or table.shape[:2] != table.shape[2:]:
            raise DataError(f"gram: expected m x k x m x k entries for outputs all, found {size}")
    elif table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise DataError(f"gram: expected a square matrix, found {size}")


def read_kernel(path: str | os.PathLike[str], *, count_column: str = "counts") -> EmpiricalKernel:
    """The kernel in a file, as it stands there, in doubles.

    Parameters
    ----------
    path : file name
        As `EmpiricalKernel.save` writes it.
    count_column : str
        The name of the weights.

    Returns
    -------
    EmpiricalKernel
        The table with its meta data, not repaired.

    Raises
    ------
    DataError
        It names the file.

    Examples
    --------
    >>> from catalysis import read_kernel
    >>> kernel = read_kernel("examples/digits-kernel.npz")
    >>> kernel.samples, round(kernel.top, 2)
    (24, 12.83)
    """
    file = Path(path)
    with at(str(file)):
        if not file.is_file():
            raise DataError("expected a regular file, found none of this name")
        if file.suffix.lower() not in (".npz", ".safetensors") or file.stat().st_size > MAX_BYTES:
            raise DataError(f"expected a kernel file: .npz or .safetensors, of at most {MAX_BYTES} bytes")
        found = read_arrays(file, (*_NAMES, count_column))
        assert isinstance(found, dict)
        return kernel_of(found, printable(file.stem), count_column)


def printable(stem: str) -> str:
    """A file's name as that of data."""
    return "".join(c if c.isprintable() else "_" for c in stem)[:200] or "kernel"


def kernel_of(
    arrays: dict[str, npt.NDArray[Any]], name: str, count_column: str = "counts"
) -> EmpiricalKernel:
    """A kernel from the arrays of a file; without `meta` it is one of the program's own convention."""
    kinds: list[Kind] = [k for k in ("gram", "features") if k in arrays]
    if len(kinds) != 1:
        raise DataError("expected one array named features or gram")
    meta = KernelMeta(name=name) if "meta" not in arrays else KernelMeta.read(_text(arrays["meta"]))
    counts, p = arrays.get(count_column, arrays.get("counts")), arrays.get("p")
    return EmpiricalKernel(arrays[kinds[0]], meta, kinds[0], _listed(counts), _listed(p))


def _text(meta: npt.NDArray[Any]) -> str:
    if meta.ndim or meta.dtype.kind != "U":
        raise DataError("meta: expected one text (JSON)")
    return str(meta.item())


def _listed(weights: npt.NDArray[Any] | None) -> Any:
    return None if weights is None else list(np.atleast_1d(weights))
