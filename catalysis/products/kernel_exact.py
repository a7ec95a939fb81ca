"""From a kernel in doubles to exact data: rounded, repaired, multiplied as its loss asks. docs/kernels.md, "Repair"."""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction

import numpy as np

from catalysis.exact.numbers import DataError, at
from catalysis.products.kernel import (
    EXACT_UP_TO,
    MAX_FEATURES,
    MAX_GRAM,
    MAX_SAMPLES,
    NotSemidefinite,
    VectorData,
    weights_of,
)
from catalysis.products.kernel_file import EmpiricalKernel, read_kernel
from catalysis.products.kernel_origin import Definite, KernelOrigin
from catalysis.products.kernel_repair import (
    Integers,
    Rounded,
    beyond_rounding,
    rounded,
    rounded_gram,
    shift_by_factor,
    shifts,
)
from catalysis.products.large_kernel import MAX_LARGE, LargeKernel


def load_kernel(
    path: str | os.PathLike[str], *, outputs: object = None, count_column: str = "counts"
) -> VectorData | LargeKernel:
    """Exact data of a network's kernel file (.npz), repaired (docs/kernels.md).

    Parameters
    ----------
    path : file name
        As `EmpiricalKernel.save` writes it.
    outputs : "sum" or int
        Which function to take of a kernel of all outputs.
    count_column : str
        The name of the weights.

    Returns
    -------
    VectorData or LargeKernel
        The latter beyond 500 samples.

    Raises
    ------
    DataError
        It names the file.

    Examples
    --------
    >>> from catalysis import load_kernel
    >>> kernel = load_kernel("examples/digits-kernel.npz")
    >>> type(kernel).__name__, len(kernel.p)
    ('VectorData', 24)
    """
    kernel = read_kernel(path, count_column=count_column)
    with at(str(path)):
        return (kernel if outputs is None else kernel.reduced(outputs)).data()


def exact_kernel(kernel: EmpiricalKernel) -> VectorData | LargeKernel:
    """A kernel as exact data; what was changed is said by its `origin`. Raises DataError."""
    if kernel.meta.outputs == "all":
        last = kernel.table.shape[1] - 1
        raise DataError(
            "outputs: expected one function: with all outputs a step is no matrix of rank one; reduce the kernel by"
            f" outputs 'sum' or an index 0 to {last}, or ask block_kernel"
        )
    if kernel.samples > MAX_LARGE:
        raise DataError(f"{kernel.kind}: expected at most {MAX_LARGE} samples, found {kernel.samples}")
    doubled = 2 if kernel.meta.factor() == 2 else 1
    if kernel.kind == "features" and (
        kernel.samples <= MAX_SAMPLES and doubled * kernel.table.shape[1] <= MAX_FEATURES
    ):
        return _features(kernel, doubled)
    gram = rounded_gram(kernel.gram)
    return _proved(kernel, gram) if kernel.samples <= MAX_GRAM else _large(kernel, gram)


def exact_rows(kernel: EmpiricalKernel) -> VectorData:
    """A kernel of all outputs with each output of a sample as a row of its own, each as likely."""
    return _proved(replace(kernel, counts=None, p=None), rounded_gram(kernel.gram))


def _features(kernel: EmpiricalKernel, copies: int) -> VectorData:
    """Rounded features; (x, x) for x doubles K."""
    table = rounded(kernel.table, "features")
    weights, counts = weights_of(kernel.p, kernel.counts, kernel.samples)
    origin = _origin(kernel, table, 0, "exact", None)
    rows = _rows(np.hstack([table.integers] * copies), table.unit)
    return VectorData(kernel.meta.name, "features", rows, weights, counts, origin=origin)


def _proved(kernel: EmpiricalKernel, gram: Rounded) -> VectorData:
    """With the least shift that makes it provably semidefinite."""
    weights, counts = weights_of(kernel.p, kernel.counts, len(gram.integers))
    for shift in shifts(gram, EXACT_UP_TO):
        origin = _origin(kernel, gram, shift, "proved", None)
        rows = _rows(gram.shifted(shift), gram.unit * origin.factor)
        try:
            return VectorData(kernel.meta.name, "gram", rows, weights, counts, origin=origin)
        except NotSemidefinite:
            continue
    raise beyond_rounding(gram)


def _large(kernel: EmpiricalKernel, gram: Rounded) -> LargeKernel:
    """Semidefinite by its features where they are there, else as doubles find."""
    shift = _by_features(kernel, gram)
    if shift:
        origin = _origin(kernel, gram, shift, "features", None)
    else:
        found = shift_by_factor(gram)
        if found is None:
            raise beyond_rounding(gram)
        shift, least = found
        origin = _origin(kernel, gram, shift, "assumed", least / float(gram.integers.diagonal().max()))
    weights, counts = weights_of(kernel.p, kernel.counts, kernel.samples)
    unit = gram.unit * origin.factor
    return LargeKernel(kernel.meta.name, gram.shifted(shift), unit, weights, counts, origin)


def _by_features(kernel: EmpiricalKernel, gram: Rounded) -> int:
    """A shift beyond the rounding of X X^T: entries are wrong by at most d 2^-52 max K_ii and a unit; 0 if too large.

    The error of an inner product in doubles is below d 2^-53 / (1 - d 2^-53) |x| |y|, in whatever order; a symmetric
    matrix with entries of at most e has a least eigenvalue of at least -m e.
    """
    if kernel.kind != "features":
        return 0
    samples, columns = kernel.table.shape
    top = int(gram.integers.diagonal().max()) + 1
    least = samples * (1 + Fraction(top * columns, 2**52))
    shift = 1 << int(least).bit_length()
    return shift if shift <= gram.most else 0


def _origin(
    kernel: EmpiricalKernel, table: Rounded, shift: int, definite: Definite, least: float | None
) -> KernelOrigin:
    factor = kernel.meta.factor(kernel.table.shape[1] if kernel.meta.outputs == "all" else 1)
    return KernelOrigin(kernel.meta, factor, table.unit, shift * table.unit, definite, least, table.asymmetry)


def _rows(table: Integers, unit: Fraction) -> tuple[tuple[Fraction, ...], ...]:
    return tuple(tuple(int(k) * unit for k in row) for row in table.tolist())
