"""Vector data: samples given by their features (or the network's gradients), or by their Gram matrix; exact weights.

Everything else in this room asks for the Gram matrix `K_ij = g_i . g_j` alone. docs/products.md, "Setting".
"""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from flint import fmpz_mat

from catalysis.data.dataset import FLOAT_NOTE, MAX_COUNT, Dataset, check_name
from catalysis.exact.numbers import DataError, at, brief, check_length, exact, is_float, shown, whole
from catalysis.products.definite import first_bad_pivot, is_definite, scaled_float
from catalysis.products.kernel_origin import KernelOrigin
from catalysis.products.numpy_file import MAX_BYTES, read_arrays

if TYPE_CHECKING:
    from catalysis.products.kernel_file import EmpiricalKernel

Kind = Literal["features", "gram"]
Row = tuple[Fraction, ...]

MAX_SAMPLES, MAX_FEATURES, MAX_GRAM = 1000, 100, 500
MAX_FILE_BYTES = 50_000_000
EXACT_UP_TO = 48
"""Gram matrices of at most so many samples are semidefinite or not by exact elimination, whatever their rank."""


class NotSemidefinite(DataError):
    """A Gram matrix that was not proved positive semidefinite."""


@dataclass(frozen=True, repr=False)
class VectorData:
    """Samples with features in R^d (`kind` "features", a row each), or known by their Gram matrix ("gram").

    Every number is rational, `p` sums to 1, counts are known for all samples or for none. A Gram matrix is symmetric
    and positive semidefinite (proved, V12); not all features vanish. `origin` of what was read from a network's
    kernel. Raises DataError otherwise.
    """

    name: str
    kind: Kind
    rows: tuple[Row, ...]
    p: tuple[Fraction, ...]
    counts: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()
    origin: KernelOrigin | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        _check_sizes(self.kind, self.rows)
        if len(self.p) != len(self.rows):
            raise DataError(
                f"p: expected a weight for each of the {len(self.rows)} samples, found {len(self.p)}"
            )
        if min(self.p) <= 0 or sum(self.p) != 1:
            raise DataError("p: expected positive weights that sum to 1")
        if not any(any(row) for row in self.rows):
            raise DataError(f"{self.kind}: expected some entry that is not 0")
        if self.kind == "gram":
            _check_gram(self)

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: what has been worked out from them is worked out again."""
        return {key: getattr(self, key) for key in self.__dataclass_fields__}

    def __repr__(self) -> str:
        size = f"{len(self.rows)} samples"
        return f"VectorData({self.name!r}, {self.kind}, {size}, {len(self.rows[0])} columns)"

    @classmethod
    def from_features(cls, features: object, **options: Any) -> Self:
        """Samples from an array of features.

        Parameters
        ----------
        features : array of numbers, shape (m, d)
            A row a sample.
        **options
            `p`, `counts` or neither (then each row counts 1), and `name`.

        Returns
        -------
        VectorData
            Of the kind "features"; equal rows are merged.

        Raises
        ------
        DataError
            It names the row.

        Examples
        --------
        >>> from catalysis import VectorData
        >>> data = VectorData.from_features([[1, 0], [1, 1]], counts=[2, 1])
        >>> [str(p) for p in data.p]
        ['2/3', '1/3']
        """
        return cls._from_array("features", features, **options)

    @classmethod
    def from_gram(cls, gram: object, **options: Any) -> Self:
        """Samples from their Gram matrix.

        Parameters
        ----------
        gram : array of numbers, shape (m, m)
            Symmetric and positive semidefinite, which is proved (V12).
        **options
            `p`, `counts` or neither (then each sample counts 1), and `name`.

        Returns
        -------
        VectorData
            Of the kind "gram".

        Raises
        ------
        DataError
            It names the entry, or says that the matrix is not positive semidefinite.

        Examples
        --------
        >>> from catalysis import VectorData
        >>> VectorData.from_gram([[2, 1], [1, 2]]).rank()
        2
        """
        return cls._from_array("gram", gram, **options)

    @classmethod
    def _from_array(
        cls,
        kind: Kind,
        array: object,
        *,
        p: Iterable[object] | None = None,
        counts: Iterable[object] | None = None,
        name: str = "array",
    ) -> Self:
        entries = _table(array, kind)
        rows = tuple(tuple(exact(v, f"{kind}[{i}]") for v in row) for i, row in enumerate(entries))
        floats = any(is_float(v) for row in entries for v in row)
        weights, numbers = weights_of(p, counts, len(rows))
        return cls(name, kind, rows, weights, numbers, (FLOAT_NOTE,) if floats else ())

    @cached_property
    def integers(self) -> tuple[fmpz_mat, int]:
        """The rows as an integer matrix over one denominator."""
        return over_common_denominator(self.rows)

    @cached_property
    def gram(self) -> tuple[fmpz_mat, int]:
        """K as an integer matrix over one denominator."""
        rows, den = self.integers
        return (rows, den) if self.kind == "gram" else (rows * rows.transpose(), den * den)

    @cached_property
    def diagonal(self) -> tuple[Fraction, ...]:
        """The K_ii: the curvatures of the samples."""
        if self.kind == "gram":
            return tuple(row[i] for i, row in enumerate(self.rows))
        return tuple(sum((x * x for x in row), Fraction(0)) for row in self.rows)

    def scalar(self, samples: Sequence[int] | None = None) -> Dataset:
        """The scalar data set x_i = K_ii (V1).

        Parameters
        ----------
        samples : sequence of int
            Some samples alone; the others count as idle (x = 0). None for all.

        Returns
        -------
        Dataset
            With eta = 1.

        Raises
        ------
        DataError
            If no sample is left that moves.

        Examples
        --------
        >>> from catalysis import load_vectors
        >>> data = load_vectors("examples/plane.csv").scalar()
        >>> [str(sample.x) for sample in data.merged()]
        ['1', '5/4', '4']
        """
        chosen = set(range(len(self.p)) if samples is None else samples)
        rows = [
            (f"sample {i + 1}", {"x": k if i in chosen else Fraction(0), "p": p})
            for i, (k, p) in enumerate(zip(self.diagonal, self.p, strict=True))
        ]
        return Dataset.from_rows(f"diagonal of {self.name}"[:200], "1", rows)

    @cached_property
    def components(self) -> tuple[tuple[int, ...], ...]:
        """The connected components of the graph K_ij != 0, without samples that vanish (V0e)."""
        gram = self.gram[0].tolist()
        left = [i for i, k in enumerate(self.diagonal) if k]
        found: list[tuple[int, ...]] = []
        while left:
            part, edge = {left[0]}, [left[0]]
            while edge:
                row = gram[edge.pop()]
                new = [j for j in left if j not in part and row[j]]
                part.update(new)
                edge += new
            found.append(tuple(sorted(part)))
            left = [i for i in left if i not in part]
        return tuple(found)

    def rank(self, samples: Sequence[int] | None = None) -> int:
        """The rank of K, or of its part that belongs to some samples."""
        if samples is None and self.kind == "features":
            return int(self.integers[0].rank())
        table = self.gram[0].tolist()
        chosen = range(len(table)) if samples is None else samples
        return int(fmpz_mat([[table[i][j] for j in chosen] for i in chosen]).rank())

    def fingerprint(self) -> str:
        """The SHA-256 of kind, rows and weights, all exact."""
        lines = [self.kind, "p" if self.counts is None else "count"]
        for i, row in enumerate(self.rows):
            weight = _hexadecimal(self.p[i]) if self.counts is None else f"{self.counts[i]:x}"
            lines.append(" ".join([*map(_hexadecimal, row), weight]))
        return sha256("\n".join(lines).encode()).hexdigest()

    def heading(self) -> dict[str, Any]:
        """How the envelope of a result names this data."""
        kernel = {} if self.origin is None else {"kernel": self.origin.fields()}
        return {"data": {"name": self.name, "sha256": self.fingerprint()}, **kernel}


def over_common_denominator(rows: Sequence[Sequence[Fraction]]) -> tuple[fmpz_mat, int]:
    """A rational matrix as integers over their least common denominator."""
    den = math.lcm(*(v.denominator for row in rows for v in row))
    if den.bit_length() > 20_000:
        raise DataError("numbers: expected a common denominator of at most 6000 digits")
    entries = [v.numerator * (den // v.denominator) for row in rows for v in row]
    return fmpz_mat(len(rows), len(rows[0]), entries), den


def _check_sizes(kind: str, rows: Sequence[Row]) -> None:
    if not rows or not rows[0] or any(len(row) != len(rows[0]) for row in rows):
        raise DataError(f"{kind}: expected a table of numbers, each row as long as the first")
    samples, columns = len(rows), len(rows[0])
    if kind == "gram":
        if samples != columns:
            raise DataError(f"gram: expected a square matrix, found {samples} x {columns}")
        if samples > MAX_GRAM:
            raise DataError(f"gram: expected at most {MAX_GRAM} samples, found {samples}")
    elif samples > MAX_SAMPLES or columns > MAX_FEATURES:
        raise DataError(
            f"features: expected at most {MAX_SAMPLES} x {MAX_FEATURES}, found {samples} x {columns}"
            f" (a Gram matrix may have {MAX_GRAM} samples)"
        )


def _check_gram(data: VectorData) -> None:
    rows = data.rows
    for i, row in enumerate(rows):
        for j in range(i):
            if row[j] != rows[j][i]:
                a, b = brief(row[j]), brief(rows[j][i])
                raise DataError(
                    f"gram: expected a symmetric matrix, found {a} at ({i + 1}, {j + 1}), {b} across"
                )
    matrix = data.integers[0]
    if len(rows) > EXACT_UP_TO and is_definite(matrix):
        return
    bad = _bad_small_minor(rows)
    if bad is None and len(rows) <= EXACT_UP_TO:
        k = first_bad_pivot(matrix)
        bad = None if k is None else f"the part of the first {k + 1} samples is not"
        if k is None:
            return
    if bad is None:
        bad = _negative_direction(matrix)
        if bad is None and semidefinite_by_pivots(matrix):
            return
    raise NotSemidefinite(
        f"gram: expected a positive semidefinite matrix: {bad or 'this could not be proved'}"
    )


def _bad_small_minor(rows: Sequence[Row]) -> str | None:
    for i, row in enumerate(rows):
        if row[i] < 0:
            return f"entry ({i + 1}, {i + 1}) is {brief(row[i])}"
        for j in range(i):
            if row[j] ** 2 > row[i] * rows[j][j]:
                return f"the minor of samples {j + 1}, {i + 1} is negative"
    return None


def _negative_direction(matrix: fmpz_mat) -> str | None:
    """A proof that a symmetric matrix has a negative eigenvalue, from a vector that doubles suggest."""
    size = matrix.nrows()
    top = max(int(matrix[i, i]).bit_length() for i in range(size))
    floats = np.array([[scaled_float(int(v), -top) for v in row] for row in matrix.tolist()])
    values, vectors = np.linalg.eigh(floats)
    v = fmpz_mat(size, 1, [int(x * 2**40) for x in vectors[:, 0]])
    if (v.transpose() * matrix * v)[0, 0] < 0:
        return f"an eigenvalue is negative, about {values[0] / values[-1]:.2g} of the largest"
    return None


def semidefinite_by_pivots(matrix: fmpz_mat) -> bool:
    """Whether a matrix of lower rank is proved semidefinite: the part on its pivot columns is positive definite."""
    pivots = pivot_columns(matrix)[0]
    table = matrix.tolist()
    return is_definite(fmpz_mat([[table[i][j] for j in pivots] for i in pivots]))


def pivot_columns(matrix: fmpz_mat) -> tuple[list[int], fmpz_mat, int]:
    """Pivot columns J, and the reduced row echelon form R (over its denominator) with M = M_J R."""
    reduced, den, rank = matrix.rref()
    rows = reduced.tolist()[: int(rank)]
    pivots = [next(j for j, v in enumerate(row) if v) for row in rows]
    return pivots, fmpz_mat(rows), int(den)


def _table(array: object, what: str) -> list[list[object]]:
    """A table of cells: nested sequences, or an array of two dimensions."""
    if isinstance(array, np.ndarray):
        if array.ndim != 2:
            raise DataError(f"{what}: expected an array of two dimensions, found {array.ndim}")
        return [list(row) for row in array.tolist()]
    if not isinstance(array, str | bytes) and isinstance(array, Iterable):
        rows = list(array)
        if rows and all(isinstance(r, Iterable) and not isinstance(r, str | bytes) for r in rows):
            return [list(row) for row in rows]
    raise DataError(f"{what}: expected a table of numbers, found {shown(array)}")


def weights_of(
    p: Iterable[object] | None, counts: Iterable[object] | None, samples: int
) -> tuple[tuple[Fraction, ...], tuple[int, ...] | None]:
    """Weights and counts from what is given of them; nothing is 1 each."""
    if p is not None and counts is not None:
        raise DataError("p: expected p or counts, not both")
    if p is not None:
        return tuple(exact(v, "p") for v in _listed(p, "p")), None
    given = [1] * samples if counts is None else _listed(counts, "counts")
    numbers = tuple(whole(v, "counts", least=1, most=MAX_COUNT) for v in given)
    total = sum(numbers)
    return tuple(Fraction(n, total) for n in numbers), numbers


def _listed(values: Iterable[object], what: str) -> list[object]:
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise DataError(f"{what}: expected a sequence of numbers, found {shown(values)}")
    return list(values)


def as_vectors(data: object, what: str = "data") -> VectorData:
    """The one door for vector data.

    Parameters
    ----------
    data : VectorData, EmpiricalKernel, file name, or array of features
        An array or a sequence of rows has a sample a row.
    what : str
        The name of the argument in error messages.

    Returns
    -------
    VectorData
        The samples, each counting 1 where nothing else is said.

    Raises
    ------
    DataError
        For anything else; it names `what`.

    Examples
    --------
    >>> from catalysis import as_vectors
    >>> data = as_vectors([[1, 0], [1, 1]])
    >>> [str(curvature) for curvature in data.diagonal], data.rank()
    (['1', '2'], 2)
    """
    if isinstance(data, VectorData):
        return data
    from catalysis.products.kernel_file import EmpiricalKernel

    if isinstance(data, EmpiricalKernel):
        return small(data)
    if isinstance(data, str | os.PathLike):
        return load_vectors(os.fspath(data))
    return VectorData.from_features(data, name=what)


def is_vector_file(path: str | os.PathLike[str]) -> bool:
    """Whether a file holds a table of vectors: .npy, .npz, .safetensors, or a .csv of columns not named s or x."""
    path = Path(path)
    if path.suffix.lower() in (".npy", ".npz", ".safetensors"):
        return True
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        lines = (line for line in file if line.strip() and not line.lstrip().startswith("#"))
        header = {cell.strip() for cell in next(csv.reader([next(lines, "")]), [])}
    return not header & {"s", "x", ""} and len(header - {"p", "count"}) > 1


def load_vectors(path: str | Path, *, kind: Kind = "features", count_column: str = "count") -> VectorData:
    """Vector data in a file: a table of features, or of a Gram matrix.

    Parameters
    ----------
    path : file name
        A .csv (its header names the columns, `p` or `count` are weights), .npy, .npz (`features` or `gram`,
        and `p` or `count`) or .safetensors file, or a kernel file.
    kind : str
        "features" or "gram", for a table that does not say it.
    count_column : str
        Another name for `count`.

    Returns
    -------
    VectorData
        Text and integers exactly; a Gram matrix of floats, and a kernel file, repaired (docs/kernels.md).

    Raises
    ------
    DataError
        It names the file and the place.

    Examples
    --------
    >>> from catalysis import load_vectors
    >>> load_vectors("examples/plane.csv")
    VectorData('plane', features, 3 samples, 2 columns)
    """
    path = Path(path)
    readers = {".csv": _from_csv, ".npy": _from_numpy, ".npz": _from_numpy, ".safetensors": _from_numpy}
    with at(str(path)):
        if not path.is_file():
            raise DataError("expected a regular file, found none of this name")
        most = MAX_FILE_BYTES if path.suffix.lower() == ".csv" else MAX_BYTES
        if path.stat().st_size > most:
            raise DataError(f"expected a file of at most {most} bytes")
        reader = readers.get(path.suffix.lower())
        if reader is None:
            raise DataError(f"expected a file that ends in {', '.join(readers)}")
        name = "".join(c if c.isprintable() else "_" for c in path.stem)[:200]
        return reader(path, name, kind, count_column)


def _from_numpy(path: Path, name: str, kind: Kind, count: str) -> VectorData:
    """Integers and features without `meta` at their exact value; a kernel, and a Gram matrix of floats, repaired."""
    content = read_arrays(path, ("features", "gram", "p", "counts", "meta", count))
    if isinstance(content, np.ndarray):
        _check_count_column(count, ())
        content = {kind: content}
    else:
        _check_count_column(count, content)
    kinds: list[Kind] = [k for k in ("features", "gram") if k in content]
    if len(kinds) != 1:
        raise DataError("expected one array named features or gram")
    if "meta" in content or (kinds[0] == "gram" and content["gram"].dtype.kind == "f"):
        return _repaired(content, name, count)
    weights = {key: list(content[key]) if key in content else None for key in ("p", count)}
    return VectorData._from_array(
        kinds[0], content[kinds[0]], name=name, p=weights["p"], counts=weights[count]
    )


def _repaired(content: dict[str, Any], name: str, count: str) -> VectorData:
    from catalysis.products.kernel_file import kernel_of

    return small(kernel_of(content, name, count))


def small(kernel: EmpiricalKernel) -> VectorData:
    """The exact data of a kernel that is not too large for exact linear algebra. Raises DataError."""
    if kernel.samples <= (MAX_GRAM if kernel.kind == "gram" else MAX_SAMPLES):
        found = kernel.data()
        if isinstance(found, VectorData):
            return found
    raise DataError(
        f"{kernel.kind}: expected at most {MAX_GRAM} samples, or {MAX_SAMPLES} with {MAX_FEATURES} features,"
        f" found {kernel.samples} (load_kernel reads more)"
    )


def _from_csv(path: Path, name: str, kind: Kind, count: str) -> VectorData:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise DataError("expected a readable text file in UTF-8") from None
    lines = [
        (number, [cell.strip() for cell in row])
        for number, row in enumerate(csv.reader(text.splitlines()), 1)
        if row and not row[0].lstrip().startswith("#")
    ]
    if len(lines) < 2:
        raise DataError("expected a header that names the columns, and a line for each sample")
    header = lines[0][1]
    _check_count_column(count, header)
    columns = [j for j, title in enumerate(header) if title not in ("p", count)]
    _check_header([header[j] for j in columns])
    rows: list[list[Fraction]] = []
    weights: dict[str, list[object]] = {key: [] for key in ("p", count) if key in header}
    for number, cells in lines[1:]:
        if len(cells) != len(header):
            raise DataError(f"line {number}: expected {len(header)} columns, found {len(cells)}")
        with at(f"line {number}"):
            rows.append([exact(cells[j], header[j] or f"column {j + 1}") for j in columns])
        for key in weights:
            weights[key].append(cells[header.index(key)])
    return VectorData._from_array(kind, rows, name=name, p=weights.get("p"), counts=weights.get(count))


def _check_header(names: Sequence[str]) -> None:
    """A line of numbers is a sample whose header is missing; it is not to be lost."""
    if names and all(_is_number(name) for name in names):
        raise DataError(
            "line 1: expected a header that names the columns, found numbers: add a line of names"
        )
    for name in names:
        if name and names.count(name) > 1:
            raise DataError(f"line 1: expected different names of columns, found {name[:60]!r} twice")


def _is_number(text: str) -> bool:
    try:
        exact(text, "name")
    except DataError:
        return False
    return True


def _check_count_column(name: str, present: Iterable[str]) -> None:
    """A column of counts that is asked for by name has to be there."""
    if name != "count" and name not in present:
        raise DataError(f"count column: expected one named {name[:60]!r}, found none")


def _hexadecimal(value: Fraction) -> str:
    value = check_length(value, "number")
    return f"{value.numerator:x}/{value.denominator:x}"
