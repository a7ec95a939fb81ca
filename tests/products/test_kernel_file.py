"""Kernel files: what is read is what was written, repaired where rounding alone is amiss, refused where more is."""

import copy
import io
import json
import pickle
import re
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import ROOT

from catalysis import (
    EmpiricalKernel,
    InputError,
    KernelMeta,
    LargeKernel,
    VectorData,
    as_vectors,
    load_kernel,
    load_vectors,
    read_kernel,
)
from catalysis.products import numpy_file
from catalysis.products.definite import is_definite, is_semidefinite
from catalysis.products.kernel_repair import LARGEST_SHIFT, rounded_gram
from catalysis.report.products import vectors_line

RNG = np.random.default_rng(7)


def low_rank(samples: int, rank: int, seed: int = 0) -> np.ndarray[Any, Any]:
    x = np.random.default_rng(seed).normal(size=(samples, rank))
    return np.asarray(x @ x.T)


def as_array(data: VectorData) -> np.ndarray[Any, Any]:
    return np.array([[float(v) for v in row] for row in data.rows])


def vectors(kernel: EmpiricalKernel) -> VectorData:
    data = kernel.data()
    assert isinstance(data, VectorData)
    return data


def test_there_and_back(tmp_path: Path) -> None:
    meta = KernelMeta("net", "mean", "3", "float32", 2048, 10, "ab" * 32)
    kernel = EmpiricalKernel(low_rank(5, 9), meta, counts=(1, 2, 1, 1, 3))
    kernel.save(tmp_path / "k.npz")
    found = read_kernel(tmp_path / "k.npz")
    assert found.meta == meta and found.counts == kernel.counts and np.array_equal(found.table, kernel.table)
    assert load_vectors(tmp_path / "k.npz") == load_kernel(tmp_path / "k.npz") == kernel.data()
    assert as_vectors(kernel) == kernel.data()
    thirds = EmpiricalKernel(np.eye(3), p=(Fraction(1, 3),) * 3)
    thirds.save(tmp_path / "p.npz")
    assert load_vectors(tmp_path / "p.npz").p == (Fraction(1, 3),) * 3


def test_what_was_repaired_is_said() -> None:
    data = vectors(EmpiricalKernel(low_rank(60, 5), KernelMeta("net", "mean", width=64, step=3)))
    assert data.origin is not None and data.origin.shift > 0 and data.origin.definite == "proved"
    heading = data.heading()["kernel"]
    assert heading["meta"]["width"] == 64 and heading["factor"] == "2"
    assert json.dumps(heading) and Fraction(heading["shift"]) == data.origin.shift
    text = str(vectors_line(data))
    for words in (
        "width 64, step 3",
        "mean of u^2",
        "so K is multiplied by 2;",
        "rounded to multiples of 2^-",
        "added",
    ):
        assert words in text
    assert "every certified number is for the repaired matrix" in text
    assert pickle.loads(pickle.dumps(data)) == data == copy.deepcopy(data)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 60), st.integers(1, 70), st.integers(0, 10**6), st.floats(1e-8, 1e8))
def test_the_repair_is_definite_short_and_small(samples: int, rank: int, seed: int, scale: float) -> None:
    gram = low_rank(samples, rank, seed) * scale
    data = vectors(EmpiricalKernel(gram))
    matrix, den = data.integers
    assert is_semidefinite(matrix) and den & (den - 1) == 0
    assert max(abs(int(v)) for row in matrix.tolist() for v in row).bit_length() <= 42
    assert data.origin is not None
    change = as_array(data) - gram
    unit, shift = float(data.origin.unit), float(data.origin.shift)
    assert np.abs(change - shift * np.eye(samples)).max() <= unit
    assert shift <= LARGEST_SHIFT * gram.diagonal().max() + unit


def test_what_is_exact_is_left_alone() -> None:
    """Low rank is kept where exact elimination decides: momentum asks for a small rank."""
    x = np.array([[1.0, 2], [3, 4], [0.5, -1], [2, 2]])
    data = vectors(EmpiricalKernel(x @ x.T))
    assert as_array(data).tolist() == (x @ x.T).tolist() and data.rank() == 2
    assert data.origin is not None and data.origin.shift == 0


@pytest.mark.parametrize(("loss", "factor"), [("half mean", 1), ("half sum", 1), ("mean", 2), ("sum", 2)])
def test_the_loss_convention_by_one_step(loss: str, factor: int) -> None:
    """An optimizer's step on this loss, by hand, is the program's step on the kernel that is read."""
    x = np.array([[1.0, 0.5], [0.25, 2]])
    target, batch, rate = np.array([0.5, -1.0]), 2, 0.125
    residuals = x @ target
    size = {"half mean": 1 / batch, "mean": 2 / batch, "half sum": 1.0, "sum": 2.0}[loss]
    by_hand = residuals - rate * size * (x @ x.T) @ residuals
    for kind, table in (("gram", x @ x.T), ("features", x)):
        kernel = EmpiricalKernel(table, KernelMeta(loss=loss), kind)  # type: ignore[arg-type]
        data = vectors(kernel)
        assert data.diagonal == tuple(factor * Fraction(v) for v in (x @ x.T).diagonal())
        gram = np.array([[int(v) for v in row] for row in data.gram[0].tolist()]) / data.gram[1]
        eta = rate * (batch if loss.endswith("sum") else 1)
        assert np.allclose(residuals - eta / batch * gram @ residuals, by_hand, atol=1e-12)
        assert data.origin is not None
        assert ("learning rate times the batch size" in data.origin.lines()[1]) == loss.endswith("sum")


def test_of_all_outputs_one_or_the_sum_is_taken(tmp_path: Path) -> None:
    jacobian = RNG.normal(size=(4, 3, 7))
    table = np.einsum("iad,jbd->iajb", jacobian, jacobian)
    EmpiricalKernel(table, KernelMeta(outputs="all")).save(tmp_path / "all.npz")
    with pytest.raises(InputError, match=r"all.npz.*outputs 'sum' or an index 0 to 2"):
        load_vectors(tmp_path / "all.npz")
    for outputs, features in [("sum", jacobian.sum(1)), (2, jacobian[:, 2])]:
        data = load_kernel(tmp_path / "all.npz", outputs=outputs)
        assert isinstance(data, VectorData) and np.allclose(as_array(data), features @ features.T)
        assert data.origin is not None and data.origin.meta.outputs == str(outputs)
    for outputs in (3, -1, "x", 1.5, None, True):
        with pytest.raises(InputError, match="outputs"):
            read_kernel(tmp_path / "all.npz").reduced(outputs)
    with pytest.raises(InputError, match="expected none"):
        EmpiricalKernel(np.eye(2)).reduced("sum")


def test_not_semidefinite_beyond_rounding() -> None:
    for samples in (3, 60):
        gram = low_rank(samples, samples)
        gram -= (np.linalg.eigvalsh(gram)[0] + 1e-4) * np.eye(samples)
        with pytest.raises(InputError, match=r"least eigenvalue is about -.*1e-06 can be repaired"):
            EmpiricalKernel(gram).data()
    crooked = np.eye(3)
    crooked[0, 1] = 1e-3
    with pytest.raises(InputError, match="symmetric"):
        EmpiricalKernel(crooked).data()
    crooked[0, 1] = 1e-9
    assert vectors(EmpiricalKernel(crooked)).origin.asymmetry == 1e-9  # type: ignore[union-attr]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_entries_that_are_no_numbers(bad: float) -> None:
    gram = np.eye(3)
    gram[1, 2] = bad
    with pytest.raises(InputError, match=r"gram: expected finite numbers, found .* at \(2, 3\)"):
        EmpiricalKernel(gram).data()


@pytest.mark.parametrize("table", [np.zeros((2, 2)), -np.eye(2), np.eye(2) * 1e-200, np.eye(2) * 1e200])
def test_entries_out_of_range(table: Any) -> None:
    with pytest.raises(InputError, match="gram: expected"):
        EmpiricalKernel(table).data()


@pytest.mark.parametrize(
    "table", [None, "x", [], object(), [["a"]], [[1, 2]], [1, 2], True, [[1, 2], [3]], [[1j]]]
)
def test_tables_that_are_none(table: Any) -> None:
    with pytest.raises(InputError, match="gram: expected"):
        EmpiricalKernel(table)


META = {"format": "catalysis kernel 1"}


@pytest.mark.parametrize(
    "meta",
    [
        "",
        "{",
        "[" * 5000,
        "[]",
        "{}",
        '{"format": "catalysis kernel 2"}',
        json.dumps(META | {"other": 1}),
        json.dumps(META | {"loss": "l1"}),
        json.dumps(META | {"loss": ["mean"]}),
        json.dumps(META | {"outputs": 3}),
        json.dumps(META | {"outputs": "-1"}),
        json.dumps(META | {"digest": "../x"}),
        json.dumps(META | {"width": 0}),
        json.dumps(META | {"width": "x"}),
        json.dumps(META | {"step": -1}),
        json.dumps(META | {"name": "a\nb"}),
        json.dumps(META | {"name": "x" * 30_000}),
        json.dumps(META | {"name": None}),
    ],
)
def test_bad_meta(meta: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "k.npz", gram=np.eye(2), meta=np.array(meta))
    with pytest.raises(InputError, match=r"k.npz: \w+: ") as caught:
        load_kernel(tmp_path / "k.npz")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300 + len(str(tmp_path))


def _npz(path: Path, **members: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)


def _npy(array: Any, pickled: bool = False) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=pickled)
    return out.getvalue()


def _promising(shape: str, dtype: str = "<f8") -> bytes:
    head = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode()


def _sprung() -> None:
    raise AssertionError("a pickle was opened")


class Trap:
    def __reduce__(self) -> Any:
        return _sprung, ()


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"gram": b""},
        {"gram": b"\x93NUMPY"},
        {"gram": b"\x93NUMPY\x09\x00" + b"x" * 200},
        {"gram": _npy(np.array([[{}]], object), pickled=True)},
        {"gram": _npy(np.eye(2)), "meta": _npy(np.array({}), pickled=True)},
        {"gram": _npy(np.eye(2)), "meta": _npy(np.array(["a", "b"]))},
        {"gram": _npy(np.eye(2)), "meta": _npy(np.array(3.0))},
        {"gram": _promising("(1000000, 1000000)")},
        {"gram": _promising("(-1, 2)")},
        {"gram": _promising("(2, 2)")},
        {"gram": _promising("(2, 2)", "|O")},
        {"gram": _promising("(2, 2)", "<c16") + b"\0" * 64},
        {"gram": _promising("(" * 50)},
        {"gram": _promising("()") + b"\0" * 8},
        {"gram": _npy(np.array([["a"]]))},
        {"gram": _npy(np.eye(2)), "features": _npy(np.eye(2))},
        {"gram": _npy(np.eye(2)), "counts": _npy(np.array([1.5, 1]))},
        {"gram": _npy(np.eye(2)), "counts": _npy(np.array([1, 1, 1]))},
        {"gram": _npy(np.eye(2)), "counts": _npy(np.array([1, 1])), "p": _npy(np.array([0.5, 0.5]))},
        {"gram": _npy(np.eye(2)), "p": _npy(np.array([0.1, 0.2]))},
        {"gram": _npy(np.eye(2)), "p": _npy(np.array(["x", "1/2"]))},
        {"gram": _npy(np.ones((3, 2)))},
        {"gram": _npy(np.ones((2, 2, 2, 2)))},
        {"features": _npy(np.zeros((2, 2))), "meta": _npy(np.array(json.dumps(META)))},
        {f"a{i}": _npy(np.eye(1)) for i in range(30)},
    ],
)
def test_hostile_files_end_in_one_line(members: dict[str, bytes], tmp_path: Path) -> None:
    _npz(tmp_path / "k.npz", **members)
    for read in (load_kernel, load_vectors):
        with pytest.raises(InputError, match=r"k\.npz: ") as caught:
            read(tmp_path / "k.npz")
        assert "\n" not in str(caught.value)


def test_pickles_are_never_opened(tmp_path: Path) -> None:
    _npz(tmp_path / "k.npz", gram=_npy(np.array([[Trap()]], object), pickled=True))
    (tmp_path / "k.npy").write_bytes(_npy(np.array([[Trap()]], object), pickled=True))
    for name in ("k.npz", "k.npy"):
        with pytest.raises(InputError, match=r"no pickled objects\), found 'object'"):
            load_vectors(tmp_path / name, kind="gram")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"x" * 100])
def test_files_that_are_no_archive(content: bytes, tmp_path: Path) -> None:
    for name in ("k.npz", "k.npy"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=name):
            load_vectors(tmp_path / name, kind="gram")


def test_a_cut_archive_and_one_that_swells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    EmpiricalKernel(np.eye(3)).save(tmp_path / "k.npz")
    whole = (tmp_path / "k.npz").read_bytes()
    for length in range(0, len(whole), 37):
        (tmp_path / "cut.npz").write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"cut\.npz"):
            load_kernel(tmp_path / "cut.npz")
    monkeypatch.setattr(numpy_file, "MAX_BYTES", 10**6)
    _npz(tmp_path / "bomb.npz", gram=_promising("(400, 400)") + b"\0" * (400 * 400 * 8))
    with pytest.raises(InputError, match="bytes"):
        load_kernel(tmp_path / "bomb.npz")


def _safe(path: Path, header: Any, data: bytes = b"") -> None:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def test_safetensors(tmp_path: Path) -> None:
    gram = low_rank(4, 4)
    meta = KernelMeta("net", "mean")
    entry = {"dtype": "F64", "shape": [4, 4], "data_offsets": [0, 128]}
    _safe(tmp_path / "k.safetensors", {"__metadata__": {"meta": meta.text()}, "gram": entry}, gram.tobytes())
    found = read_kernel(tmp_path / "k.safetensors")
    assert found.meta == meta and np.array_equal(found.table, gram)
    assert load_vectors(tmp_path / "k.safetensors") == EmpiricalKernel(gram, meta).data()


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"{",
        b"[" * 9000,
        [],
        3,
        {"__metadata__": 3},
        {"__metadata__": {"meta": {"a": 1}}, "gram": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}},
        {"gram": 3},
        {"gram": {}},
        {"gram": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, 8]}},
        {"gram": {"dtype": [], "shape": [1, 1], "data_offsets": [0, 8]}},
        {"gram": {"dtype": "F64", "shape": [1, 1], "data_offsets": [-8, 0]}},
        {"gram": {"dtype": "F64", "shape": [1, 1], "data_offsets": [0, 800]}},
        {"gram": {"dtype": "F64", "shape": [-1, -1], "data_offsets": [0, 8]}},
        {"gram": {"dtype": "F64", "shape": [10**9, 10**9], "data_offsets": [0, 8]}},
        {"gram": {"dtype": "F64", "shape": "11", "data_offsets": "08"}, "features": 1},
        {"gram": {"dtype": "F64", "shape": [[1]], "data_offsets": [0, 8]}},
    ],
)
def test_hostile_safetensors(header: Any, tmp_path: Path) -> None:
    _safe(tmp_path / "k.safetensors", header, np.ones(1).tobytes())
    for read in (load_kernel, load_vectors):
        with pytest.raises(InputError, match=r"k\.safetensors: ") as caught:
            read(tmp_path / "k.safetensors")
        assert "\n" not in str(caught.value)
    (tmp_path / "k.safetensors").write_bytes(b"\xff" * 20)
    with pytest.raises(InputError, match="header"):
        load_kernel(tmp_path / "k.safetensors")


def test_files_not_there(tmp_path: Path) -> None:
    for name in ("none.npz", "k.csv", "."):
        with pytest.raises(InputError, match="expected a"):
            load_kernel(tmp_path / name)
    with pytest.raises(InputError, match="path"):
        EmpiricalKernel(np.eye(2)).save(tmp_path / "k.txt")
    with pytest.raises(InputError, match=r"path: .*none"):
        EmpiricalKernel(np.eye(2)).save(tmp_path / "none" / "k.npz")


@pytest.mark.parametrize("width", [None, 64, "64", 64.0, np.int64(64), np.float64(64), Fraction(64)])
def test_numbers_of_every_kind(width: Any, tmp_path: Path) -> None:
    kernel = EmpiricalKernel(np.eye(2), KernelMeta(width=width, step=width), p=("1/4", 0.75))  # type: ignore[arg-type]
    kernel.save(tmp_path / "k.npz")
    assert read_kernel(tmp_path / "k.npz").meta.width in (None, 64)
    assert load_vectors(tmp_path / "k.npz").p == (Fraction(1, 4), Fraction(3, 4))


@pytest.mark.parametrize("wrong", ["x", [], float("nan"), float("inf"), True, object(), -1, 0.5])
@pytest.mark.parametrize("key", ["width", "step", "parameters", "frozen"])
def test_numbers_that_are_none(key: str, wrong: Any) -> None:
    with pytest.raises(InputError, match=key):
        KernelMeta(**{key: wrong})


@pytest.mark.parametrize("wrong", ["x", [1], [1, 1, 1], [1, -1], [1, None], 3, object(), [True, True]])
@pytest.mark.parametrize("key", ["counts", "p"])
def test_weights_that_are_none(key: str, wrong: Any) -> None:
    with pytest.raises(InputError, match=key):
        EmpiricalKernel(np.eye(2), **{key: wrong}).data()


def test_arrays_without_meta_stay_what_they_were(tmp_path: Path) -> None:
    np.savez(tmp_path / "i.npz", gram=np.array([[2, 1], [1, 2]]), count=np.array([3, 1]))
    data = load_vectors(tmp_path / "i.npz")
    assert data.origin is None and data.counts == (3, 1)
    np.save(tmp_path / "f.npy", np.array([[0.1, 2]]))
    assert load_vectors(tmp_path / "f.npy").rows[0][0] == Fraction(0.1)
    np.save(tmp_path / "g.npy", low_rank(20, 3).astype(np.float64, order="F"))
    data = load_vectors(tmp_path / "g.npy", kind="gram")
    assert data.origin is not None and data.origin.shift > 0


# Large ones


def test_large_kernels_by_closed_forms(tmp_path: Path) -> None:
    samples = 520
    gram = low_rank(samples, 30)
    counts = tuple(int(c) for c in RNG.integers(1, 5, samples))
    EmpiricalKernel(gram, KernelMeta(loss="mean"), counts=counts).save(tmp_path / "k.npz")
    with pytest.raises(InputError, match="at most 500 samples"):
        load_vectors(tmp_path / "k.npz")
    found = load_kernel(tmp_path / "k.npz")
    assert isinstance(found, LargeKernel) and found.origin.definite == "assumed"
    assert "assumed: it is a Gram matrix of gradients, measured least" in found.origin.lines()[-1]
    assert np.linalg.eigvalsh(found.doubles())[0] > 0
    assert abs(found.top / np.linalg.eigvalsh(2 * gram)[-1] - 1) < 1e-6
    assert np.allclose(found.doubles(), 2 * gram, rtol=0, atol=1e-9 * gram.max())
    for i in (0, 17):
        exact = sum(p * (int(k) * found.unit) ** 2 for p, k in zip(found.p, found.units[i], strict=True))
        assert found.second_moments[i] == exact
    assert found.diagonal[3] == int(found.units[3, 3]) * found.unit
    assert pickle.loads(pickle.dumps(found)) == found == copy.deepcopy(found)
    assert len({found, load_kernel(tmp_path / "k.npz")}) == 1
    assert json.dumps(found.heading())


def test_sums_are_the_same_by_either_way() -> None:
    from catalysis.products.large_kernel import _fast_sums, _sums

    units = RNG.integers(-(2**41) + 1, 2**41, (40, 40))
    weights = [2**20 - 40, *[1] * 39]
    assert _fast_sums(units, weights) == _sums(units, weights)


def test_large_features_prove_their_gram_matrix() -> None:
    x = RNG.normal(size=(530, 300))
    found = EmpiricalKernel(x, kind="features").data()
    assert isinstance(found, LargeKernel) and found.origin.definite == "features"
    part = found.units[:60, :60].tolist()
    from flint import fmpz_mat

    assert is_definite(fmpz_mat(part))
    assert "X X^T" in found.origin.lines()[-1]


def test_a_large_kernel_beyond_rounding_is_refused() -> None:
    gram = low_rank(510, 20) - 1e-3 * np.eye(510)
    with pytest.raises(InputError, match="up to rounding"):
        EmpiricalKernel(gram).data()
    with pytest.raises(InputError, match="at most 5000"):
        EmpiricalKernel(np.zeros((5001, 1)) + 1, kind="features").data()


def test_top_and_diagonal_are_measured() -> None:
    kernel = EmpiricalKernel(low_rank(8, 8))
    assert abs(kernel.top - np.linalg.eigvalsh(kernel.table)[-1]) < 1e-9
    assert kernel.diagonal.tolist() == kernel.table.diagonal().tolist()
    assert rounded_gram(kernel.gram).asymmetry == 0
    assert "8 x 8" in repr(kernel)


def test_the_numpy_lines_of_the_page_make_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "kernels.md").read_text(), re.DOTALL)
    exec(code, {})
    data = load_vectors("kernel.npz")
    assert data.name == "my network" and data.origin is not None and data.origin.factor == 2
