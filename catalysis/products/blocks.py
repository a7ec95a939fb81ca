"""Kernels of all outputs of a network: a step is `I - eta J_i^T J_i`, of the rank of the outputs.

`J_i` has a row for each output of sample i; the kernel's diagonal block is `J_i J_i^T`. docs/kernels.md, "Several
outputs".
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.exact.numbers import DataError, exact_text, shown
from catalysis.exact.result import Enclosure, Result, Verdict
from catalysis.products.definite import first_bad_pivot
from catalysis.products.kernel import MAX_GRAM, VectorData, over_common_denominator, weights_of
from catalysis.products.kernel_exact import exact_rows
from catalysis.products.kernel_file import EmpiricalKernel, read_kernel
from catalysis.products.walk import MatrixWalk

MAX_ROWS = 48
"""Samples times outputs up to which the steps are listed as matrices."""
MAX_OUTPUTS = 48
_HALVINGS = 40


@dataclass(frozen=True, repr=False)
class BlockKernel(Result):
    """The kernel of all outputs, exact and repaired: `data` has a row for each output of each sample.

    Certified: stable (no step enlarges the error, for every start) for all `eta <= stable_up_to.lower`, and for no
    `eta > stable_up_to.upper` (V2, at `2/max_i` of the top eigenvalue of `J_i J_i^T`).
    """

    data: VectorData
    outputs: int
    p: tuple[Fraction, ...]
    stable_up_to: Enclosure

    @property
    def source(self) -> Any:
        return self.data

    @property
    def verdict(self) -> Verdict:
        return Verdict.PROVED

    @property
    def number(self) -> Enclosure:
        return self.stable_up_to

    @property
    def formula(self) -> str:
        return r"2/\max_i \lambda_{\max}(J_i J_i^T)"

    def fields(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "samples": len(self.p),
            "outputs": self.outputs,
            "stable_up_to": self.stable_up_to.to_json(12),
            "lemma": "V2",
        }

    def walk(self, eta: object, *, weight_decay: object = 0) -> MatrixWalk:
        """SGD on single samples as a product of matrices, for `mean_square` and the rest.

        Parameters
        ----------
        eta : Number > 0
            The learning rate.
        weight_decay : Number >= 0
            Decoupled decay.

        Returns
        -------
        MatrixWalk
            Of general matrices, in residual coordinates.

        Raises
        ------
        InputError
            Beyond 48 rows.

        Examples
        --------
        >>> import numpy as np
        >>> from catalysis import EmpiricalKernel, KernelMeta, block_kernel
        >>> table = np.einsum("ij,ab->iajb", [[2.0, 1.0], [1.0, 2.0]], np.eye(2))
        >>> kernel = block_kernel(EmpiricalKernel(table, KernelMeta("two", "half mean", "all")))
        >>> kernel.walk("0.5").dimension
        4
        """
        if len(self.data.p) > MAX_ROWS:
            raise DataError(
                f"outputs: expected at most {MAX_ROWS} samples times outputs to list the steps as matrices, found"
                f" {len(self.data.p)}; 'sum' or one output has no such limit"
            )
        rows = MatrixWalk.from_data(self.data, eta=eta, weight_decay=weight_decay)
        name = f"{self.data.name[:120]}, all outputs, eta {exact_text(rows.eta)[:40]}"
        matrices = [_step(rows, range(first, first + self.outputs)) for first in self._firsts()]
        return MatrixWalk.from_matrices(matrices, self.p, name=name)

    def _firsts(self) -> range:
        return range(0, len(self.data.p), self.outputs)


def _step(rows: MatrixWalk, block: range) -> list[list[Fraction]]:
    """c I - eta sum a_r b_r^T over the rows of one sample."""
    assert rows.rank_one is not None
    shares = [Fraction(0)] * rows.size
    for row in block:
        shares[rows.rank_one.place[row]] += 1
    step = rows.combined(shares)
    return [[Fraction(int(v), step.den) for v in row] for row in step.top.tolist()]


def block_kernel(kernel: EmpiricalKernel | str | os.PathLike[str]) -> BlockKernel:
    """The exact kernel of all outputs of a network.

    Certified (V2): where SGD on single samples is stable, see `BlockKernel`.

    Parameters
    ----------
    kernel : EmpiricalKernel with outputs "all", or a kernel file
        At most 500 samples times outputs.

    Returns
    -------
    BlockKernel
        `stable_up_to` encloses the learning rate; `walk(eta)` is the product of matrices.

    Raises
    ------
    InputError
        For anything else.

    Examples
    --------
    >>> import numpy as np
    >>> from catalysis import EmpiricalKernel, KernelMeta, block_kernel
    >>> table = np.einsum("ij,ab->iajb", [[2.0, 1.0], [1.0, 2.0]], np.eye(3))
    >>> kernel = block_kernel(EmpiricalKernel(table, KernelMeta("two samples", "half mean", "all")))
    >>> kernel.outputs, kernel.stable_up_to
    (3, [1, 1])
    """
    found = read_kernel(kernel) if isinstance(kernel, str | os.PathLike) else kernel
    if not isinstance(found, EmpiricalKernel) or found.meta.outputs != "all":
        raise DataError(f"kernel: expected one of all outputs, found {shown(kernel)}")
    samples, outputs = found.table.shape[:2]
    if samples * outputs > MAX_GRAM or outputs > MAX_OUTPUTS:
        raise DataError(
            f"outputs: expected at most {MAX_GRAM} samples times outputs and {MAX_OUTPUTS} outputs, found {samples}"
            f" x {outputs}; outputs 'sum' or an index have no such limit"
        )
    data = exact_rows(found)
    tops = [_top(block) for block in _blocks(data, outputs)]
    weights, _ = weights_of(found.p, found.counts, samples)
    return BlockKernel(
        data, outputs, weights, Enclosure(2 / max(t[1] for t in tops), 2 / max(t[0] for t in tops))
    )


def _blocks(data: VectorData, outputs: int) -> Iterator[list[list[Fraction]]]:
    for first in range(0, len(data.p), outputs):
        chosen = range(first, first + outputs)
        yield [[data.rows[i][j] for j in chosen] for i in chosen]


def _top(block: list[list[Fraction]]) -> tuple[Fraction, Fraction]:
    """Bounds of the top eigenvalue: `t I - K >= 0` is decided by exact elimination (V12a)."""
    low = max(block[i][i] for i in range(len(block)))
    high = max(sum((abs(v) for v in row), Fraction(0)) for row in block)
    if low == high:
        return low, high
    unit = (high - low) / 2**_HALVINGS
    below, above = 0, 2**_HALVINGS
    while above - below > 1:
        middle = (below + above) // 2
        if _dominates(low + middle * unit, block):
            above = middle
        else:
            below = middle
    return low + below * unit, low + above * unit


def _dominates(t: Fraction, block: list[list[Fraction]]) -> bool:
    rows = [[(t if i == j else 0) - v for j, v in enumerate(row)] for i, row in enumerate(block)]
    return first_bad_pivot(over_common_denominator(rows)[0]) is None
