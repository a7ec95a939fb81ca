"""The table of real networks (examples/networks): a tiny case, and a real one. Run with `-m torch`."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kit import ROOT

from catalysis import read_kernel

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")
from catalysis.torch import empirical_kernel  # noqa: E402

pytestmark = pytest.mark.torch
NAMES = ("cases", "experiment", "run")


@pytest.fixture(scope="module")
def table() -> Iterator[Any]:
    """The modules of the example; the default precision is put back."""
    folder, kind = str(ROOT / "examples" / "networks"), torch.get_default_dtype()
    sys.path.insert(0, folder)
    yield {name: importlib.import_module(name) for name in NAMES}
    sys.path.remove(folder)
    for name in NAMES:
        del sys.modules[name]
    torch.set_default_dtype(kind)


@pytest.fixture(scope="module")
def tiny(table: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    file = tmp_path_factory.mktemp("networks") / "tiny.json"
    case = table["cases"].Case("tanh", 128, samples=6)
    return table["run"].once(case, 250, "cpu", file), file


def test_a_tiny_case(table: Any, tiny: tuple[dict[str, Any], Path]) -> None:
    found, file = tiny
    assert json.loads(file.read_text()) == json.loads(json.dumps(found))
    names = [edge["name"] for edge in found["edges"]]
    assert names[0] == "stable (V2)" and any(name.startswith("inflationary") for name in names)
    loads = [line["load"] for line in found["lines"]]
    for edge in found["edges"]:
        assert any(load < edge["load"] for load in loads) and any(load > edge["load"] for load in loads)
    assert all(line["agree"] is not False for line in found["lines"])
    assert all(line["apart"] < 0.01 for line in found["lines"])
    assert found["lines"][0]["certified"] == "stable" and found["lines"][0]["agree"] is True


def test_a_case_is_not_run_twice(table: Any, tiny: tuple[dict[str, Any], Path], monkeypatch: Any) -> None:
    found, file = tiny
    run, case = table["run"], table["cases"].Case("tanh", 128, samples=6)
    monkeypatch.setattr(run, "table", lambda *_: {"case": "new", "steps": 0})
    assert run.once(case, 250, "cpu", file) == json.loads(json.dumps(found))
    other = file.with_name("other.json")
    other.write_text(file.read_text())
    assert run.once(case, 251, "cpu", other)["case"] == "new"


def test_the_table_in_markdown(table: Any, tiny: tuple[dict[str, Any], Path]) -> None:
    lines = table["run"].markdown([tiny[0]])
    rows = [line for line in lines if line.startswith("| tanh 128 |")]
    assert len(rows) == len(tiny[0]["lines"]) and all(row.count("|") == lines[0].count("|") for row in rows)
    assert any(line.startswith("* stable: ") for line in lines)


@pytest.mark.parametrize("case", range(14))
def test_every_network_starts(table: Any, case: int) -> None:
    """One number a sample, double precision, residuals of the size of the disturbance."""
    chosen = table["cases"].reduced()[case]
    model, X, y = chosen.start("cpu")
    u = (model(X).reshape(-1) - y).detach().numpy()
    assert u.shape == (24,) and u.dtype == np.float64
    assert 0 < np.abs(u).max() < 300 * chosen.disturbed


def test_a_linear_network_is_its_linear_walk(table: Any, monkeypatch: Any) -> None:
    """Where the kernel cannot move the network and the walk are one; a wrong kernel is seen."""
    experiment, cases = table["experiment"], table["cases"]
    monkeypatch.setitem(
        cases.NETWORKS, "flat", (lambda width: torch.nn.Linear(64, 1, bias=False), cases.digits)
    )
    case = cases.Case("flat", 1, batch=2, momentum="0.5", samples=5)
    start = case.start("cpu")
    kernel = empirical_kernel(start[0], start[1])
    eta = 0.5 / kernel.diagonal.max()
    assert experiment.run(case, start, kernel, eta, 100).apart < 1e-8
    wrong = type(kernel)(kernel.gram + 0.1 * np.diag(kernel.diagonal), kernel.meta)
    assert experiment.run(case, start, wrong, eta, 100).apart > 1e-3


def test_judging(table: Any) -> None:
    seen, agree, recovered = (getattr(table["experiment"], name) for name in ("Seen", "agree", "recovered"))
    calm, spike = seen(1.0, 1e-3, 9, False, 0.0, 1.9, -1), seen(1e6, 1e3, 9, False, 0.0, 1.6, -1)
    slow, lost = seen(1.5, 0.9, 9, False, 0.0, 2.2, -1), seen(np.inf, np.inf, 9, True, 0.0, None, None)
    assert [agree("stable", one) for one in (calm, spike, slow, lost)] == [True, False, False, False]
    assert [agree("deflationary", one) for one in (calm, spike, slow, lost)] == [True, False, None, False]
    assert [agree("inflationary", one) for one in (calm, spike, slow, lost)] == [False, True, None, True]
    assert [agree("undecided", one) for one in (calm, spike)] == [None, None]
    assert [recovered(0.0, one) for one in (calm, spike, slow, lost)] == [None, True, None, False]
    assert recovered(0.0, seen(1e6, 1e3, 9, False, 0.0, 2.6, 1)) is None


def test_a_real_case(table: Any, tmp_path: Path) -> None:
    """Two layers of 2048 ReLUs on 24 digits: certified of the kernel at the start, and seen."""
    case = next(case for case in table["cases"].reduced() if case.network == "relu" and case.batch == 1)
    found = table["run"].once(case, 800, "cpu", tmp_path / "real.json")
    judged = {line["certified"]: line["agree"] for line in found["lines"] if line["agree"] is not None}
    assert judged == {"stable": True, "deflationary": True, "inflationary": True}
    assert all(line["apart"] < 1e-3 for line in found["lines"])
    after = [line["load_end"] for line in found["lines"] if line["recovered"]]
    assert after and max(after) < 2.5


def test_the_shipped_kernel_is_that_of_the_first_case(table: Any) -> None:
    kernel = read_kernel(ROOT / "examples" / "digits-kernel.npz")
    model, X, _ = table["cases"].reduced()[0].start("cpu")
    assert np.allclose(kernel.gram, empirical_kernel(model, X).gram, rtol=1e-9)
