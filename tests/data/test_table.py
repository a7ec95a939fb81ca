"""Tables as they come: what is understood, what is asked about, and what is said of it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from catalysis.data.reading import load_dataset, parse_dataset, parse_samples
from catalysis.data.table import TableFormat
from catalysis.exact.numbers import DataError

F = Fraction


def read(text: str, **how: object) -> object:
    return parse_dataset(text.encode(), name="t", table=TableFormat(**how))  # type: ignore[arg-type]


def inputs(text: str, **how: object) -> list[Fraction | None]:
    return [sample.s for sample in read(text, **how).samples]  # type: ignore[attr-defined]


def refused(text: str, **how: object) -> str:
    with pytest.raises(DataError) as caught:
        read(text, **how)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_column_by_its_name() -> None:
    text = "id,weight,note\n7,1.5,a\n8,2,b\n"
    found = read(text, column="weight")
    assert [s.s for s in found.samples] == [F(3, 2), F(2)]  # type: ignore[attr-defined]
    assert found.origin == "from column weight"  # type: ignore[attr-defined]
    assert found.notes == ("columns not used: id, note",)  # type: ignore[attr-defined]
    squares = read(text, column="x=weight")
    assert [s.x for s in squares.samples] == [F(3, 2), F(2)]  # type: ignore[attr-defined]
    assert [s.s for s in squares.samples] == [None, None]  # type: ignore[attr-defined]
    assert "columns are id, weight, note: --column NAME" in refused(text)
    assert "column: expected one of id, weight, note, found 'wait'" in refused(text, column="wait")


def test_a_column_called_x_is_said_to_hold_squares_unless_it_is_asked_for() -> None:
    """R's write.csv(x) makes one."""
    text = '"x"\n3.6\n1.8\n'
    found = read(text)
    assert [s.x for s in found.samples] == [F("3.6"), F("1.8")]  # type: ignore[attr-defined]
    assert found.notes == ("column x holds squares: x = s^2 (inputs called x: --column x)",)  # type: ignore[attr-defined]
    assert inputs(text, column="x") == [F("3.6"), F("1.8")]


def test_a_column_of_counts() -> None:
    text = "s,n\n1,3\n2,1\n"
    found = read(text, count_column="n")
    assert [s.count for s in found.samples] == [3, 1]  # type: ignore[attr-defined]
    assert [s.count for s in read(text, column="s", count_column="n").samples] == [3, 1]  # type: ignore[attr-defined]
    assert "count-column: expected one of s, n, found 'm'" in refused(text, count_column="m")


@pytest.mark.parametrize(("separator", "name"), [(";", "';'"), ("\t", "tab"), ("|", "'|'")])
def test_other_separators_are_asked_about_and_read(separator: str, name: str) -> None:
    text = f"s{separator}count\n1{separator}2\n"
    assert inputs(text, separator=separator) == [F(1)]
    assert f"separated by {name}?" in refused(text)


def test_decimal_commas() -> None:
    text = "s;count\n1,5;2\n-2;1\n"
    assert inputs(text, separator=";", decimal=",") == [F(3, 2), F(-2)]
    assert "a decimal comma?" in refused(text, separator=";")
    assert "decimal comma, found '1.5'" in refused("s;count\n1.5;2\n", separator=";", decimal=",")
    assert inputs("1,5\n2\n", separator=";", decimal=",") == [F(3, 2), F(2)]
    assert "--sep ';'" in refused("s\n1,5\n", decimal=",")


@pytest.mark.parametrize("first", [0, 1])
def test_an_index_column_is_recognised(first: int) -> None:
    """As pandas writes it (from 0), and R (from 1, in quotes)."""
    rows = "".join(f'"{i}",{i + 3}\n' for i in range(first, first + 12))
    found = read('"","s"\n' + rows)
    assert len(found.samples) == 12  # type: ignore[attr-defined]
    assert found.notes == ("the first column, an index without a name, is left out",)  # type: ignore[attr-defined]


def test_a_first_column_that_is_no_index_is_asked_about() -> None:
    assert "an index column?" in refused(",s\n5,1\n7,1.3\n")
    assert inputs(",s\n5,1\n7,1.3\n", column="s") == [F(1), F("1.3")]


def test_a_header_that_is_a_number() -> None:
    """pandas writes 0 for a series without a name."""
    found = read("0\n3.6\n1.8\n")
    assert found.notes == ("no header: 3 values read as s, the first is 0",)  # type: ignore[attr-defined]
    assert inputs("0\n3.6\n1.8\n", column="0") == [F("3.6"), F("1.8")]
    message = refused('"2019"\n3.6\n1.8\n')
    assert "quoted number 2019" in message and "--column 2019" in message
    assert "columns are (no name), 0: --column NAME" in refused(",0\n0,3.6\n1,1.8\n")
    assert inputs(",0\n0,3.6\n1,1.8\n", column="0") == [F("3.6"), F("1.8")]


@pytest.mark.parametrize("missing", ["", "NA", "NaN", "n/a", "NULL", "?"])
def test_missing_values_only_when_said(missing: str) -> None:
    text = f"s,count\n1,2\n{missing},1\n3,1\n"
    message = refused(text)
    assert "line 3: s" in message and "--drop-missing" in message
    found = read(text, drop_missing=True)
    assert [s.s for s in found.samples] == [1, 3]  # type: ignore[attr-defined]
    assert found.notes == ("1 row without a value left out",)  # type: ignore[attr-defined]


def test_weights_that_are_rounded_or_percentages() -> None:
    third = "s,p\n1,0.333\n2,0.333\n3,0.333\n"
    assert "rounded?" in refused(third) and "0.999" in refused(third)
    found = read(third, normalise=True)
    assert [s.p for s in found.samples] == [F(1, 3)] * 3  # type: ignore[attr-defined]
    assert found.notes == ("weights summed to 999/1000 = 0.999: each divided by that",)  # type: ignore[attr-defined]
    percent = "s,p\n1,40\n2,60\n"
    assert "percentages?" in refused(percent)
    assert [s.p for s in read(percent, normalise=True).samples] == [F(2, 5), F(3, 5)]  # type: ignore[attr-defined]
    assert "sum to 1 up to rounding" in refused("s,p\n1,0.4\n2,0.4\n", normalise=True)
    assert parse_samples("1:0.33, 2:0.67", normalise=True).notes == ()


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("s\n\u22121.5\n", "U+2212 minus?"),
        ("s\n1,5\n", "expected 1 columns"),
        ("s;count\n1;2\n", "separated by ';'?"),
        ("s\n50%\n", "a percentage?"),
        ("loss\n1\n", "--column loss reads it as s"),
    ],
)
def test_errors_name_the_cause(text: str, cause: str) -> None:
    assert cause in refused(text)


def test_utf16_is_named() -> None:
    for encoding in ("utf-16", "utf-16-le"):
        with pytest.raises(DataError, match="UTF-16"):
            parse_dataset("s\n1\n".encode(encoding))


def test_bytes_of_every_format() -> None:
    assert parse_dataset(b'{"samples": [{"s": "1"}]}').name == "stdin"
    assert parse_dataset(b'eta = "1/2"\nsamples = [{ s = "1" }]').learning_rate == F(1, 2)
    assert parse_dataset(b"1\n2\n").total_count == 2
    with pytest.raises(DataError, match="content"):
        parse_dataset("text")  # type: ignore[arg-type]


def test_tables_by_tab_and_formats_that_are_no_tables(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("s\tcount\n1\t2\n")
    assert load_dataset(tmp_path / "a.tsv").total_count == 2
    (tmp_path / "a.toml").write_text('samples = [{ s = "1", p = "99.9" }, { s = "2", p = "0.1" }]')
    assert load_dataset(tmp_path / "a.toml", TableFormat(normalise=True)).samples[0].p == F(999, 1000)
    with pytest.raises(DataError, match="expected a table"):
        load_dataset(tmp_path / "a.toml", TableFormat(column="s"))


@pytest.mark.parametrize(
    "how",
    [
        {"separator": "ab"},
        {"separator": "1"},
        {"separator": ""},
        {"decimal": ";"},
        {"column": "s", "count_column": "s"},
        {"decimal": ",", "separator": ","},
    ],
)
def test_formats_that_fit_no_table(how: dict[str, str]) -> None:
    with pytest.raises(DataError):
        TableFormat(**how)  # type: ignore[arg-type]
