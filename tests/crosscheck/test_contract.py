"""One door for arguments and the protocol of results."""

import copy
import json
import math
import pickle
from decimal import Decimal

import numpy as np
import pytest
from kit import EXAMPLES

from catalysis.crosscheck import CheckLine, CrossCheck, crosscheck, whole
from catalysis.crosscheck.table import Outcome, Series
from catalysis.data.reading import load_dataset
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict

FILE = EXAMPLES / "talk-1.toml"


@pytest.fixture(autouse=True)
def no_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The arguments are looked at before any check."""
    monkeypatch.setattr(whole, "_checks", lambda *_: [])


def test_data_and_numbers_in_every_form() -> None:
    for data in (FILE, str(FILE), load_dataset(FILE), ["1", "1.3"], np.array([1.0, 1.5])):
        assert crosscheck(data).dataset.samples
    for seed in (7, "7", "0.7e1", 7.0, Decimal(7), np.int64(7)):
        assert crosscheck(FILE, seed=seed, workers=seed and 1).seed == "7"


@pytest.mark.parametrize("bad", [None, "x", [], math.nan, math.inf, True, object()], ids=lambda v: str(v)[:8])
@pytest.mark.parametrize("name", ["dataset", "seed", "workers", "dask"])
def test_anything_else_is_refused_by_name(name: str, bad: object) -> None:
    if (name in ("workers", "dask") and bad is None) or (name, bad) == ("dask", "x"):
        return  # the default; no cluster answers there (tests/simulation/test_dask.py)
    with pytest.raises(
        InputError, match="x: expected" if (name, bad) == ("dataset", "x") else name
    ) as caught:
        crosscheck(**({"dataset": FILE} | {name: bad}))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("agree", [True, False, None])
def test_the_protocol_of_results(agree: bool | None) -> None:
    line = CheckLine("one", 1.0, math.inf, 0.1, agree)
    series = Series("widths", ((1.0, 2.0, 0.1),), {"theta": 1.5})
    table = CrossCheck.of(load_dataset(FILE), "0", [Outcome((line,), (series,))], 1.0)
    assert table.verdict is Verdict.MEASURED
    for twin in (pickle.loads(pickle.dumps(table)), copy.deepcopy(table)):
        assert twin == table
    assert "\n" not in repr(table) and repr(table).endswith("measured)")
    document = json.loads(json.dumps(table.to_json()))
    assert document["verdict"] == ("disagreement" if agree is False else "agreement")
    assert document["data"]["name"] == table.data == "talk-1"
    assert {"program", "format", "result", "eta"} <= set(document)
    assert "checks[0]" in str(table) and "<table>" in table._repr_html_()
    with pytest.raises(TypeError):
        float(table)
