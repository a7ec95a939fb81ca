"""Whole columns at once give what rows one by one give: samples in their order, notes, and every refusal."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalysis.data import table
from catalysis.data.columns import quick_samples
from catalysis.data.dataset import Dataset
from catalysis.data.table import TableFormat, from_table
from catalysis.exact.errors import InputError

NUMBERS = st.one_of(
    st.sampled_from(
        ["0", "-0", "1", "+1", "1.0", "01.50", "2.", "-3", "1e2", "1E-2", "-2.5e+1", "0.000", "1e-300"]
    ),
    st.decimals(-100, 100, places=3).map(str),
)
CELLS = st.one_of(
    NUMBERS,
    st.sampled_from([" 1", "2 ", "\t3", ".5", "1/2", "", "NA", "x", '"4"', "1e9999", "1_0", "\u0661"]),
)
WEIGHTS = {
    "count": st.one_of(st.integers(1, 9).map(str), st.sampled_from(["0", "-1", "1.5", "2e0", "9" * 18])),
    "p": st.sampled_from(["0.5", "1/2", "0.25", "0", "-1", "0.3"]),
}


def read(text: str, how: TableFormat) -> Dataset | str:
    try:
        return from_table(text, "t", how)
    except InputError as error:
        return str(error)


def both(text: str, how: TableFormat = table.PLAIN) -> tuple[Dataset | str, Dataset | str]:
    quick = read(text, how)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "quick_samples", lambda *given: None)
        return quick, read(text, how)


def alike(one: Dataset | str, other: Dataset | str) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return (one, one.notes, one.origin, one.fingerprint()) == (
        other,
        other.notes,
        other.origin,
        other.fingerprint(),
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_columns_are_read_as_rows(data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(["s", "x"]))
    weight = data.draw(st.sampled_from([None, "count", "p"]))
    cells = data.draw(st.lists(data.draw(st.sampled_from([NUMBERS, CELLS])), min_size=1, max_size=6))
    lines = [key if weight is None else f"{weight},{key}"]
    for cell in cells:
        lines.append(cell if weight is None else f"{data.draw(WEIGHTS[weight])},{cell}")
    how = TableFormat(normalise=data.draw(st.booleans()))
    ending = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    assert alike(*both(ending.join(lines) + data.draw(st.sampled_from(["", ending])), how))


@pytest.mark.parametrize(
    "text",
    [
        "s\n1\n\n2\n  \n# comment\n3",
        "s,t\n1,a\n2,b",
        ",s\n0,1.5\n1,1.5",
        ",s\n1,1.5\n2,-1.5",
        ",s\n1,1.5\n3,-1.5",
        "1\n2\n2.0",
        "s\n1,2\n3",
        "s,count\n1,3\n-1,3\n1.0,2",
        "s,count,p\n1,1,1",
        "s\n" + "9" * 200,
        "s,count\n1," + "9" * 17 + "\n2," + "9" * 17,
    ],
)
def test_tables_of_other_shapes(text: str) -> None:
    assert alike(*both(text))
    column = TableFormat(column="s", drop_missing=True)
    assert alike(*both(text, column))


def test_the_quick_way_is_taken() -> None:
    lines: Callable[[], list[str]] = lambda: ["1.5", "-1.5", "1.50", "2e1"]  # noqa: E731
    found = quick_samples([("s", 0)], 1, lines(), ",")
    assert found is not None
    assert [(str(s.s), s.count) for s in found] == [("3/2", 2), ("-3/2", 1), ("20", 1)]
    assert quick_samples([("x", 0)], 1, lines(), ",") is None
