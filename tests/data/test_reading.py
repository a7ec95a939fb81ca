"""Data sets: exact reading, exact invariants, and one-line errors that name the file and the field."""

import json
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import EXAMPLES, LOGS, VECTORS

from catalysis.data.reading import DataError, Dataset, Sample, load_dataset, parse_rational, parse_samples
from catalysis.diagnosis.diagnosis import diagnose
from catalysis.products.kernel import load_vectors
from catalysis.products.kernel_exact import load_kernel

HALF = Fraction(1, 2)

rationals = st.fractions(max_denominator=10**12)
positive = st.fractions(min_value=Fraction(1, 10**9), max_denominator=10**12)


def error_of(call: Callable[[], Any]) -> str:
    with pytest.raises(DataError) as caught:
        call()
    text = str(caught.value)
    assert text.isprintable(), "one line, safe for every terminal"
    return text


# Numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", Fraction(3)),
        ("-3", Fraction(-3)),
        ("+3", Fraction(3)),
        ("007", Fraction(7)),
        ("1.3", Fraction(13, 10)),
        (".5", HALF),
        ("5.", Fraction(5)),
        ("1e-3", Fraction(1, 1000)),
        ("-2.5E+4", Fraction(-25000)),
        ("13/10", Fraction(13, 10)),
        ("-6/4", Fraction(-3, 2)),
        (" 1/2\t", HALF),
        ("0.1", Fraction(1, 10)),
        ("0e7", Fraction(0)),
        ("9" * 4000, Fraction(10**4000 - 1)),
        ("1e3999", Fraction(10**3999)),
        ("1e-3999", Fraction(1, 10**3999)),
        ("1e+00000000000000003", Fraction(1000)),
    ],
)
def test_numbers_are_read_exactly(text: str, value: Fraction) -> None:
    assert parse_rational(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "nan",
            "NaN",
            "inf",
            "-Infinity",
            "0x10",
            "1_000",
            "1_0.5",
            "1,5",
            "1 2",
            "- 1",
            "--1",
            "1e",
            "e5",
        ),
        *(".", "+", "1.2.3", "1/2/3", "1/0", "0/0", "1/-2", "1.5/2", "1 / 2", "1e1.5", "1\n", "\n1", "1\x00"),
        *(
            "\u0661",
            "\u0661/2",
            "1/\u0662",
            "\uff11",
            "1\u00b2",
            "\u00bd",
            "\u22121",
            "1\u00a0",
            "one",
            "True",
            "__import__('os')",
            "2**9",
        ),
        *("1e999999999", "1e-5000", "-1e4000", "1e4000", "1e-4000", "0e999999999", "1e" + "9" * 3000),
        *(
            "1" * 4001,
            "1" * 10_000_000,
            "1/" + "3" * 4000,
            "0." + "0" * 4000,
            "1" * 3999 + "e2",
            "1e-99999999999",
        ),
    ],
)
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    message = error_of(lambda: parse_rational(text, what="field"))
    assert message.startswith("field: expected ")
    assert len(message) < 200


@given(rationals)
def test_ratios_round_trip(q: Fraction) -> None:
    assert parse_rational(str(q)) == q


@given(st.integers(-(10**30), 10**30), st.integers(-40, 40))
def test_decimals_round_trip(digits: int, exponent: int) -> None:
    value = Fraction(digits) * Fraction(10) ** exponent
    assert parse_rational(f"{digits}e{exponent}") == value
    assert parse_rational(f"{Decimal(f'{digits}e{exponent}'):f}") == value


@given(st.text())
def test_text_is_a_number_or_a_data_error(text: str) -> None:
    try:
        value = parse_rational(text)
    except DataError as error:
        assert str(error).isprintable()
    else:
        assert value == Fraction(text)


@pytest.fixture
def low_digit_limit() -> Iterator[None]:
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    yield
    sys.set_int_max_str_digits(limit)


@pytest.mark.usefixtures("low_digit_limit")
def test_the_digit_limit_of_int_does_not_matter() -> None:
    assert parse_rational("1" + "0" * 3000) == 10**3000
    assert parse_rational("1/1" + "0" * 3000) == Fraction(1, 10**3000)
    assert "at most 4000 digits" in error_of(lambda: parse_rational("1e" + "1" * 900))


# Invariants


def test_the_parts_of_a_data_set() -> None:
    data = parse_samples("-1:1/4, 1:1/4, x=2:1/2", name="signs", learning_rate="0.1")
    assert data.samples == (
        Sample(Fraction(-1), Fraction(1), Fraction(1, 4)),
        Sample(Fraction(1), Fraction(1), Fraction(1, 4)),
        Sample(None, Fraction(2), HALF),
    )
    assert (data.name, data.learning_rate, data.total_count, data.notes) == (
        "signs",
        Fraction(1, 10),
        None,
        (),
    )
    assert data.merged() == (Sample(None, Fraction(1), HALF), Sample(None, Fraction(2), HALF))
    assert data.with_learning_rate("2.5").learning_rate == Fraction(5, 2)
    assert data.with_learning_rate("2.5").samples == data.samples
    listed = "Sample(s=-1, p=1/4), Sample(s=1, p=1/4), Sample(x=2, p=1/2)"
    assert repr(data) == f"Dataset('signs', learning_rate=1/10, samples=[{listed}])"
    assert repr(parse_samples(",".join("123456789"))).endswith("Sample(s=6, count=1), 3 more])")


def test_json_of_a_data_set() -> None:
    data = parse_samples("-1:1/4, 1.5:1/4, x=1:1/2", name="mixed")
    assert data.to_json() == {
        "name": "mixed",
        "learning_rate": "1",
        "samples": [{"x": "1", "p": "3/4"}, {"x": "9/4", "p": "1/4"}],
    }
    counted = parse_samples("2, 1, -2, 0").with_learning_rate(Fraction(1, 3))
    assert counted.to_json()["learning_rate"] == "1/3"
    assert counted.to_json()["samples"] == [
        {"x": "0", "count": 1},
        {"x": "1", "count": 1},
        {"x": "4", "count": 2},
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"s": Fraction(2)}, "x: expected the square of s"),
        ({"x": Fraction(-1)}, "x: expected a number >= 0"),
        ({"x": 0.25}, "x: expected a Fraction"),
        ({"p": Fraction(0)}, "p: expected a number > 0"),
        ({"p": Fraction(-1, 2)}, "p: expected a number > 0"),
        ({"p": 1}, "p: expected a Fraction"),
        ({"count": 0}, "count: expected a positive integer"),
        ({"count": True}, "count: expected a number"),
        ({"count": 10**18}, "count: expected a positive integer below 10^18"),
        ({"x": Fraction(10**4000)}, "x: expected a number of at most 4000 digits"),
        ({"s": Fraction(1, 10**4000)}, "s: expected a number of at most 4000 digits"),
    ],
)
def test_a_sample_checks_itself(fields: dict[str, Any], expected: str) -> None:
    fields = {"s": None, "x": Fraction(1), "p": Fraction(1)} | fields
    assert error_of(lambda: Sample(**fields)).startswith(expected)


def sample(x: int, p: Fraction, count: int | None = None) -> Sample:
    return Sample(None, Fraction(x), p, count)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"samples": ()}, "samples: expected at least one"),
        ({"samples": (sample(1, HALF),)}, "p: expected weights that sum to 1, their sum is 1/2 = 0.5"),
        ({"samples": (sample(0, Fraction(1)),)}, "s: expected some sample that is not 0"),
        ({"learning_rate": Fraction(0)}, "eta: expected a number > 0, found 0"),
        ({"learning_rate": Fraction(-1, 3)}, "eta: expected a number > 0, found -1/3"),
        ({"learning_rate": 0.5}, "eta: expected a Fraction"),
        ({"name": ""}, "name: expected"),
        ({"name": "a\nb"}, "name: expected"),
        ({"name": "a" * 201}, "name: expected"),
        ({"name": None}, "name: expected"),
        ({"samples": (sample(1, HALF, 1), sample(2, HALF))}, "count: expected a count for every sample"),
        ({"samples": (sample(1, HALF, 1), sample(2, HALF, 2))}, "p: expected the count divided by the sum"),
        (
            {"samples": (sample(1, HALF, 5 * 10**17), sample(2, HALF, 5 * 10**17))},
            "count: expected counts that",
        ),
    ],
)
def test_a_data_set_checks_itself(fields: dict[str, Any], expected: str) -> None:
    fields = {"name": "n", "learning_rate": Fraction(1), "samples": (sample(1, Fraction(1)),)} | fields
    assert error_of(lambda: Dataset(**fields)).startswith(expected)


@pytest.mark.parametrize(
    ("weights", "shown"),
    [
        (["1/2", "1/3"], "5/6 = 0.833333333333"),
        (["0.5", "0.51"], "101/100 = 1.01"),
        (["0.5", "0.4999999999999999999"], "9999999999999999999/10000000000000000000 = 1 - 1E-19"),
        (["0.5", "0.5" + "0" * 50 + "1"], "about 1 + 1E-52"),
        (["1e3000", "1e-3000"], "about 1.00000000000E+3000"),
    ],
)
def test_the_sum_of_the_weights_is_shown(weights: list[str], shown: str) -> None:
    text = ", ".join(f"{i}:{p}" for i, p in enumerate(weights, 1))
    message, hint, _ = error_of(lambda: parse_samples(text)).partition(" (rounded?")
    assert message.endswith(f"their sum is {shown}")
    assert bool(hint) == (shown[:3] in ("101", "999", "abo") and "3000" not in shown)


def test_weights_without_a_usable_common_denominator() -> None:
    text = ",".join(f"{i}:1/{10**300 + i}" for i in range(1, 30))
    assert "common denominator" in error_of(lambda: parse_samples(text))


def test_numbers_too_long_for_a_certificate() -> None:
    assert "square of s: expected a number of at most 4000 digits" in error_of(
        lambda: parse_samples("1e-2500")
    )


# Text


def test_samples_as_text() -> None:
    talk = parse_samples("1:1/2, x=2:0.5", name="talk")
    assert talk == Dataset(
        "talk", Fraction(1), (Sample(Fraction(1), Fraction(1), HALF), Sample(None, Fraction(2), HALF))
    )
    assert parse_samples(" s = 1 : 1/2 ,  x =2 : .5 ", name="talk") == talk


def test_repeated_samples_merge_and_keep_their_sign() -> None:
    data = parse_samples("1, -1, 1.0, x=1, 2/2, x=1")
    assert [(s.s, s.x, s.p, s.count) for s in data.samples] == [
        (1, 1, HALF, 3),
        (-1, 1, Fraction(1, 6), 1),
        (None, 1, Fraction(1, 3), 2),
    ]
    assert data.total_count == 6
    assert [(s.x, s.p) for s in parse_samples("1:1/4, 2:1/2, 1:1/4").samples] == [(1, HALF), (4, HALF)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "samples: samples: expected at least one sample"),
        (" ", "samples: samples: expected at least one sample"),
        ("1,,2", "item 2: s: expected an integer, a decimal or a ratio, found ''"),
        ("1,", "item 2: s: expected"),
        ("1:1/2, 2", "item 2: expected p for all samples, count for all, or neither"),
        ("1, 2:1/2", "item 2: expected p for all"),
        ("y=1", "item 1: expected the keys s, x, p, count, found 'y'"),
        ("p=1", "item 1: expected either s or x"),
        ("1:", "item 1: p: expected an integer"),
        ("1:1/2:1/2", "item 1: p: expected an integer"),
        ("1:-1, 2:2", "item 1: p: expected a number > 0, found -1"),
        ("1:0, 2:1", "item 1: p: expected a number > 0, found 0"),
        ("x=-1", "item 1: x: expected a number >= 0, found -1"),
        ("0", "s: expected some sample that is not 0"),
        ("nan", "item 1: s: expected an integer"),
        ("1\x1b[31m", "found '1\\x1b[31m'"),
    ],
)
def test_bad_text(text: str, expected: str) -> None:
    assert expected in error_of(lambda: parse_samples(text))


def test_bad_learning_rate_of_text() -> None:
    assert "eta: expected a number > 0, found 0" in error_of(lambda: parse_samples("1", learning_rate="0"))
    data = parse_samples("1")
    assert "eta: expected a number > 0, found -2" in error_of(lambda: data.with_learning_rate(-2))
    assert "eta: expected an integer" in error_of(lambda: data.with_learning_rate("fast"))


# Files


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


Written = Callable[[str, str | bytes], Path]

SAME_DATA = {
    "a.toml": 'name = "n"\neta = "0.5"\nsamples = [{ s = "-1.5", p = "1/4" }, { x = 2, p = 0.75 }]',
    "b.toml": 'eta = 5e-1\nname = "n"\n[[samples]]\ns = -1.5\np = 2_5.0e-2\n[[samples]]\nx = 2\np = ".75"',
    "c.json": '{"name": "n", "eta": "1/2", "samples": [{"s": -1.5, "p": "0.25"}, {"p": "3/4", "x": 2}]}',
    "d.JSON": '\ufeff{"name": "n", "eta": 0.5, "samples": [{"s": "-3/2", "p": 25e-2}, {"p": 0.75, "x": 2}]}',
}


@pytest.mark.parametrize("name", SAME_DATA)
def test_toml_and_json_say_the_same(written: Written, name: str) -> None:
    assert load_dataset(written(name, SAME_DATA[name])) == Dataset(
        "n",
        HALF,
        (
            Sample(Fraction(-3, 2), Fraction(9, 4), Fraction(1, 4)),
            Sample(None, Fraction(2), Fraction(3, 4)),
        ),
    )


def test_a_path_may_be_text_and_gives_the_name(written: Written) -> None:
    path = written("my data.toml", "samples = [{ s = 1, count = 2 }, { s = 3, count = '1' }]")
    data = load_dataset(str(path))
    assert (data.name, data.learning_rate, data.total_count) == ("my data", 1, 3)
    assert load_dataset(written("a\nb.csv", "1\n")).name == "a_b"


def test_bare_floats_are_read_from_their_text(written: Written) -> None:
    text = "0.1000000000000000055511151231257827021181583404541015625000000000000000000000000000001"
    assert load_dataset(written("a.toml", f"samples = [{{ s = {text} }}]")).samples[0].s == Fraction(text)
    assert load_dataset(written("a.json", f'{{"samples": [{{"s": {text}}}]}}')).samples[0].s == Fraction(text)


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("s\n1\n-1\n1\n", [("s", 1, 2), ("s", -1, 1)]),
        ("x\r\n1\r\n2\r\n", [("x", 1, 1), ("x", 2, 1)]),
        ("# from the lab\n\n  # more\ncount, s\n3, 1/2\n\n1 ,2\n#end", [("s", HALF, 3), ("s", 2, 1)]),
        ('"s"\n"0.5"\n', [("s", HALF, 1)]),
        ("1\n2\n1\n", [("s", 1, 2), ("s", 2, 1)]),
        ("# bare\n-1e-1", [("s", Fraction(-1, 10), 1)]),
        ("\ufeffs\n1", [("s", 1, 1)]),
    ],
)
def test_csv(written: Written, content: str, rows: list[tuple[str, Any, int]]) -> None:
    data = load_dataset(written("a.csv", content))
    assert [("x" if r.s is None else "s", r.x if r.s is None else r.s, r.count) for r in data.samples] == rows


def test_csv_with_weights(written: Written) -> None:
    data = load_dataset(written("a.csv", "p,x\n1/3,4\n2/3,0\n"))
    assert data.samples == (
        Sample(None, Fraction(4), Fraction(1, 3)),
        Sample(None, Fraction(0), Fraction(2, 3)),
    )


BAD_FILES = [
    ("a.txt", "1", "expected a file that ends in .toml, .json, .csv"),
    ("a", "1", "expected a file that ends in .toml, .json, .csv"),
    ("a.csv", b"s\n\xff\n", "expected UTF-8 text, found something else at byte 2"),
    ("a.toml", b"\x80", "expected UTF-8 text"),
    ("a.csv", b"1\n" * 25_000_001, "expected a file of at most 50000000 bytes"),
    ("a.csv", b"1" * 51_000_000, "expected a file of at most 50000000 bytes"),
    ("a.toml", b"1" * 10_000_000, "expected a file of at most 5000000 bytes"),
    # TOML and JSON: syntax
    ("a.toml", "samples = [", "expected TOML: "),
    ("a.toml", "a = 1\na = 2", "expected TOML: "),
    ("a.toml", "a = " + "[" * 100_000, "expected TOML: nested too deeply"),
    ("a.toml", "a." * 1_000_000 + "a = 1", "line 1: expected keys with at most 100 dots"),
    (
        "a.toml",
        "samples = [{ s = " + "1" * 5000 + " }]",
        "an integer: expected a number of at most 4000 digits",
    ),
    ("a.json", "{", "expected JSON: "),
    ("a.json", "", "expected JSON: "),
    ("a.json", "[" * 100_000, "expected JSON: nested too deeply"),
    ("a.json", '{"samples": [{"s": ' + "1" * 5000 + "}]}", "an integer: expected at most 4000 characters"),
    ("a.json", '{"eta": 1, "eta": 2, "samples": []}', "expected each key once, found 'eta' twice"),
    ("a.json", '{"samples": [{"s": 1, "s": 2}]}', "expected each key once, found 's' twice"),
    ("a.json", '{"samples": [{"s": NaN}]}', "expected finite numbers, found NaN"),
    ("a.json", '{"samples": [{"s": -Infinity}]}', "expected finite numbers, found -Infinity"),
    # TOML and JSON: shape
    ("a.json", "[]", "expected the keys name, eta, samples, found something of type list"),
    ("a.json", "null", "expected the keys name, eta, samples, found None"),
    ("a.toml", "", "samples: expected a list"),
    ("a.toml", "samples = 3", "samples: expected a list"),
    ("a.toml", "samples = {}", "samples: expected a list"),
    ("a.toml", "samples = []", "samples: expected at least one sample"),
    (
        "a.toml",
        "learning_rate = 1\nsamples = []",
        "expected the keys name, eta, samples, found 'learning_rate'",
    ),
    ("a.toml", "samples = [{ s = 1, w = 2 }]", "sample 1: expected the keys s, x, p, count, found 'w'"),
    ("a.toml", "samples = [1, 2]", "sample 1: expected the keys s, x, p, count, found something of type int"),
    ("a.toml", "samples = [{ p = 1 }]", "sample 1: expected either s or x"),
    ("a.toml", "samples = [{ s = 1, x = 1 }]", "sample 1: expected either s or x"),
    ("a.toml", "samples = [{ s = 1, p = 1, count = 1 }]", "sample 1: expected p or count, not both"),
    ("a.toml", "samples = [{ s = 1, p = 1 }, { s = 2, count = 1 }]", "sample 2: expected p for all samples"),
    ("a.toml", "samples = [{ s = 1, count = 3 }, { s = 2 }]", "sample 2: expected p for all samples"),
    ("a.toml", "name = 5\nsamples = [{ s = 1 }]", "name: expected 1 to 200 printable characters"),
    ("a.json", '{"name": "\\ud800", "samples": [{"s": 1}]}', "name: expected 1 to 200 printable characters"),
    # TOML and JSON: numbers
    (
        "a.toml",
        "samples = [{ s = nan }]",
        "sample 1: s: expected an integer, a decimal or a ratio, found 'nan'",
    ),
    ("a.toml", "samples = [{ s = 1 }, { s = -inf }]", "sample 2: s: expected an integer"),
    (
        "a.toml",
        "samples = [{ s = 'abc' }]",
        "sample 1: s: expected an integer, a decimal or a ratio, found 'abc'",
    ),
    ("a.toml", "samples = [{ s = true }]", "sample 1: s: expected a number, found True"),
    ("a.toml", "samples = [{ s = [1] }]", "sample 1: s: expected a number, found something of type list"),
    (
        "a.toml",
        "samples = [{ s = 1979-05-27 }]",
        "sample 1: s: expected a number, found something of type date",
    ),
    ("a.json", '{"samples": [{"s": null}]}', "sample 1: s: expected a number, found None"),
    ("a.toml", "samples = [{ s = 1e999999999 }]", "sample 1: s: expected a number of at most 4000 digits"),
    ("a.json", '{"samples": [{"s": 1e-5000}]}', "sample 1: s: expected a number of at most 4000 digits"),
    ("a.toml", "samples = [{ x = -1 }]", "sample 1: x: expected a number >= 0, found -1"),
    (
        "a.toml",
        "samples = [{ s = 1, p = '1/2' }]",
        "p: expected weights that sum to 1, their sum is 1/2 = 0.5",
    ),
    (
        "a.toml",
        "samples = [{ s = 1, p = 2 }, { s = 2, p = -1 }]",
        "sample 2: p: expected a number > 0, found -1",
    ),
    (
        "a.toml",
        "samples = [{ s = 1, p = 2 }, { s = 1, p = -1 }]",
        "sample 2: p: expected a number > 0, found -1",
    ),
    (
        "a.toml",
        "samples = [{ s = 1, p = 1 }, { s = 2, p = 0 }]",
        "sample 2: p: expected a number > 0, found 0",
    ),
    ("a.toml", "samples = [{ s = 1, count = 0 }]", "sample 1: count: expected a positive integer"),
    ("a.toml", "samples = [{ s = 1, count = -3 }]", "sample 1: count: expected a positive integer"),
    ("a.toml", "samples = [{ s = 1, count = 1.5 }]", "sample 1: count: expected a positive integer"),
    ("a.toml", "samples = [{ s = 1, count = true }]", "sample 1: count: expected a number, found True"),
    (
        "a.toml",
        "samples = [{ s = 1, count = 1000000000000000000 }]",
        "sample 1: count: expected a positive integer",
    ),
    ("a.toml", "samples = [{ s = 0 }, { x = 0 }]", "s: expected some sample that is not 0"),
    ("a.toml", "eta = 0\nsamples = [{ s = 1 }]", "eta: expected a number > 0, found 0"),
    ("a.toml", "eta = '-1/2'\nsamples = [{ s = 1 }]", "eta: expected a number > 0, found -1/2"),
    ("a.toml", "eta = inf\nsamples = [{ s = 1 }]", "eta: expected an integer"),
    ("a.toml", "eta = true\nsamples = [{ s = 1 }]", "eta: expected a number, found True"),
    # CSV
    ("a.csv", "", "expected a header with a column s or x, found no lines"),
    ("a.csv", "# nothing\n\n", "expected a header with a column s or x, found no lines"),
    ("a.csv", "s\n", "samples: expected at least one sample"),
    ("a.csv", "p\n1\n", "line 1: expected a column s or x, found neither"),
    ("a.csv", "#\nexpt,s\n1,1\n", "line 2: expected the keys s, x, p, count, found 'expt'"),
    ("a.csv", "s,s\n1,1\n", "line 1: expected each column once"),
    ("a.csv", "s,x\n1,1\n", "line 2: expected either s or x"),
    ("a.csv", "s,p,count\n1,1,1\n", "line 2: expected p or count, not both"),
    ("a.csv", "1,2\n3,4\n", "line 1: expected the keys s, x, p, count, found '1'"),
    ("a.csv", "nan\n1\n", "line 1: expected the keys s, x, p, count, found 'nan'"),
    ("a.csv", "1\n2\nthree\n", "line 3: s: expected an integer, a decimal or a ratio, found 'three'"),
    ("a.csv", "# c\ns\n1\n\nNaN\n", "line 5: s: expected an integer, a decimal or a ratio, found 'NaN'"),
    ("a.csv", "s,p\n1,1/2\n2\n", "line 3: expected 2 columns, found 1"),
    ("a.csv", "s\n1\n1,2\n", "line 3: expected 1 columns, found 2"),
    ("a.csv", "s,p\n1,\n", "line 2: p: expected an integer, a decimal or a ratio, found ''"),
    ("a.csv", 's\n"1\n2"\n', "line 2: expected CSV: "),
    ("a.csv", "s\n" + "1" * 200_000, "line 2: expected CSV: field larger than field limit"),
    ("a.csv", "s\n" + "1" * 9_000, "line 2: s: expected at most 4000 characters, found 9000"),
    ("a.csv", "s,p\n1,0.3\n2,0.3\n", "p: expected weights that sum to 1, their sum is 3/5 = 0.6"),
    ("a.csv", "s,count\n1,0\n", "line 2: count: expected a positive integer"),
    ("a.csv", "s\n0\n-0\n", "s: expected some sample that is not 0"),
    ("a.csv", "s\n__import__('os').system('x')\n", "line 2: s: expected an integer"),
]


@pytest.mark.parametrize(("name", "content", "expected"), BAD_FILES, ids=range(len(BAD_FILES)))
def test_bad_files(written: Written, name: str, content: str | bytes, expected: str) -> None:
    path = written(name, content)
    message = error_of(lambda: load_dataset(path))
    assert message.startswith(f"{path}: {expected}")
    assert len(message) < len(str(path)) + 250


def test_no_file(tmp_path: Path) -> None:
    missing, folder = tmp_path / "missing.toml", tmp_path / "folder.csv"
    folder.mkdir()
    assert (
        error_of(lambda: load_dataset(missing)) == f"{missing}: expected a file, found nothing of this name"
    )
    assert error_of(lambda: load_dataset(folder)) == f"{folder}: expected a file, found a directory"
    assert "expected a readable file" in error_of(lambda: load_dataset(tmp_path / ("a" * 5000 + ".csv")))
    assert "found nothing of this name" in error_of(lambda: load_dataset("nul\0.csv"))
    assert "expected a regular file" in error_of(lambda: load_dataset("/dev/zero"))


def test_an_unreadable_file(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written("a.csv", "1")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert error_of(lambda: load_dataset(path)) == f"{path}: expected a readable file: Permission denied"


@given(
    st.lists(st.tuples(rationals, st.integers(1, 50)), min_size=1, max_size=6).filter(
        lambda r: any(s for s, _ in r)
    ),
    positive,
)
@settings(max_examples=40)
def test_all_ways_of_writing_agree(rows: list[tuple[Fraction, int]], eta: Fraction) -> None:
    s, counts = zip(*rows, strict=True)
    total = sum(counts)
    counted = Dataset.from_arrays(s, counts=counts, learning_rate=eta, name="a")
    weighted = Dataset.from_arrays(
        map(str, s), p=[Fraction(n, total) for n in counts], learning_rate=eta, name="a"
    )
    repeated = Dataset.from_arrays([v for v, n in rows for _ in range(n)], learning_rate=eta, name="a")
    text = ",".join(f"{v}:{Fraction(n, total)}" for v, n in rows)
    assert counted == repeated
    assert weighted == parse_samples(text, name="a", learning_rate=str(eta))
    assert [(i.s, i.x, i.p) for i in counted.samples] == [(i.s, i.x, i.p) for i in weighted.samples]
    assert counted.total_count == total
    assert sum(i.p for i in counted.samples) == 1
    for value in {abs(v) for v in s}:
        share = Fraction(sum(n for v, n in rows if abs(v) == value), total)
        assert Sample(None, value**2, share) in weighted.merged()
    xs = [Fraction(i["x"]) for i in json.loads(json.dumps(weighted.to_json()))["samples"]]
    assert xs == sorted({v * v for v in s})


# Arrays


def test_floats_are_taken_at_their_exact_binary_value() -> None:
    data = Dataset.from_arrays(np.array([0.1, -0.5, 0.1]))
    assert data.notes == ("floats taken at their exact binary value",)
    assert [(s.s, s.count) for s in data.samples] == [(Fraction(0.1), 2), (-HALF, 1)]
    assert data.samples[0].s != Fraction(1, 10)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5).filter(any))
def test_every_float_is_exact(values: list[float]) -> None:
    data = Dataset.from_arrays(np.array(values))
    assert {s.s for s in data.samples} == {Fraction(v) for v in values}


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble"])
def test_every_kind_of_numpy_float(dtype: str) -> None:
    value = np.array(["0.1"], dtype=dtype)
    assert Dataset.from_arrays(value).samples[0].s == Fraction(*map(int, value[0].as_integer_ratio()))
    assert Dataset.from_arrays(value).notes


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "uint64", "object"])
def test_numpy_integers_do_not_overflow(dtype: str) -> None:
    data = Dataset.from_arrays(np.array([100, 1], dtype=dtype), counts=np.array([120, 7], dtype=dtype))
    assert [(s.s, s.x, s.count) for s in data.samples] == [(100, 10_000, 120), (1, 1, 7)]
    assert data.notes == ()
    assert all(type(s.s.numerator) is int for s in data.samples if s.s is not None)


def test_mixed_sequences() -> None:
    data = Dataset.from_arrays([1, "1.3", Fraction(1, 3), Decimal("0.1"), np.str_("7")], learning_rate=2)
    assert [s.s for s in data.samples] == [1, Fraction(13, 10), Fraction(1, 3), Fraction(1, 10), 7]
    assert (data.notes, data.learning_rate) == ((), 2)
    assert Dataset.from_arrays(x=(v for v in (1, 2)), p=[0.5, "1/2"]).notes
    assert Dataset.from_arrays([1], learning_rate=0.1).learning_rate == Fraction(0.1)
    assert Dataset.from_arrays([1], learning_rate=0.1).notes


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, "expected either s or x"),
        ({"p": [1]}, "expected either s or x"),
        ({"s": [1], "x": [1]}, "expected either s or x"),
        ({"s": []}, "samples: expected at least one sample"),
        ({"s": [1, 2], "p": [1]}, "expected as many entries in each array, found 2 of s, 1 of p"),
        ({"s": [1], "p": [1], "counts": [1]}, "entry 0: expected p or count, not both"),
        ({"s": [1.0, float("nan")]}, "entry 1: s: expected a finite number, found nan"),
        ({"s": np.array([np.inf])}, "entry 0: s: expected a finite number, found inf"),
        ({"s": [Decimal("NaN")]}, "entry 0: s: expected a number"),
        ({"s": [Decimal("1e999999")]}, "entry 0: s: expected a number of at most 4000 digits"),
        ({"s": [10**5000]}, "entry 0: s: expected a number of at most 4000 digits"),
        ({"s": [1, "nan"]}, "entry 1: s: expected an integer, a decimal or a ratio"),
        ({"s": [True]}, "entry 0: s: expected a number, found True"),
        ({"s": np.array([True])}, "entry 0: s: expected a number, found True"),
        ({"s": [1j]}, "entry 0: s: expected a number, found something of type complex"),
        ({"s": [None]}, "entry 0: s: expected a number, found None"),
        ({"s": np.ones((2, 2))}, "entry 0: s: expected a number, found something of type ndarray"),
        ({"s": np.array(1.0)}, "s: expected a one-dimensional array, found something of type ndarray"),
        ({"s": 3}, "s: expected a one-dimensional array, found something of type int"),
        ({"s": "123"}, "s: expected a one-dimensional array, found '123'"),
        ({"s": [0.0, -0.0]}, "s: expected some sample that is not 0"),
        ({"s": [1], "counts": [1.5]}, "entry 0: count: expected a positive integer"),
        ({"s": [1, 2], "p": [0.5, -0.5]}, "entry 1: p: expected a number > 0"),
        ({"s": [1], "learning_rate": -1}, "eta: expected a number > 0"),
        ({"s": [1], "learning_rate": float("inf")}, "eta: expected a finite number, found inf"),
        ({"s": [1, 2, 3], "p": [0.1, 0.2, 0.7]}, "p: expected weights that sum to 1, their sum is"),
    ],
)
def test_bad_arrays(arguments: dict[str, Any], expected: str) -> None:
    assert error_of(lambda: Dataset.from_arrays(**arguments)).startswith(f"array: {expected}")


def test_float_weights_that_miss_one_come_with_advice() -> None:
    message = error_of(lambda: Dataset.from_arrays([1, 2, 3], p=[0.1, 0.2, 0.7], name="lab"))
    assert message.startswith("lab: p: expected weights that sum to 1, their sum is ")
    assert message.endswith("(floats taken at their exact binary value; give strings, or counts)")


# Examples


def test_every_example_is_listed_and_explained() -> None:
    listed = (EXAMPLES / "README.md").read_text()
    files = [path for path in EXAMPLES.iterdir() if path.is_file() and path.suffix != ".md"]
    assert len(files) >= 6 and "`networks/`" in listed
    for path in files:
        assert f"`{path.name}`" in listed
        if path.suffix == ".npz":
            assert load_kernel(path).name
            continue
        assert path.read_text().startswith("# ")
        if path.name in LOGS:
            assert diagnose(path).log.name == path.stem
            continue
        found = load_vectors(path) if path.name in VECTORS else load_dataset(path)
        assert found.name == path.stem


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("talk-1", "1:1/2, 1.3:1/2"),
        ("talk-2", "1:0.83, x=2:0.17"),
        ("three-changes", "1:1/10, x=3:9/10"),
        ("tangency", "1:1/3, 2:2/3"),
    ],
)
def test_the_toml_examples(name: str, text: str) -> None:
    assert load_dataset(EXAMPLES / f"{name}.toml") == parse_samples(text, name=name)


def test_the_zeros_of_the_rare_example() -> None:
    import mpmath

    samples = load_dataset(EXAMPLES / "rare.toml").merged()
    assert [(s.x, s.count) for s in samples] == [(1, 1), (4, 499), (9, 500)]
    with mpmath.workdps(800):
        t = 499 * mpmath.log(3) + 500 * mpmath.log(8)
        assert mpmath.nstr(t / 1000, 13) == "1.587928302885"
        for side in (-1, 1):
            signs = []
            for offset in (-1, 1):
                point = 1 + side * mpmath.exp(-(t + offset))
                drift = sum(s.count * mpmath.log(abs(1 - point * int(s.x))) for s in samples if s.count)
                signs.append(mpmath.sign(drift))
            assert signs == [1, -1]


def test_michelson_is_as_measured() -> None:
    text = (EXAMPLES / "michelson.csv").read_text()
    assert "Licence: public domain" in text
    assert "Source: " in text
    rows = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert (rows[0], rows[1], rows[-1], len(rows)) == ("s", "0.850", "0.870", 101)
    data = load_dataset(EXAMPLES / "michelson.csv")
    assert (data.total_count, len(data.samples)) == (100, 30)
    values = [s.s for s in data.samples if s.s is not None for _ in range(s.count or 0)]
    mean = sum(values) / 100
    assert mean == Fraction("0.8524")
    assert round(float(sum((v - mean) ** 2 for v in values) / 99) ** 0.5, 4) == 0.0790
    series = [Fraction(row) * 1000 for row in rows[1:]]
    # The means of Michelson's five series, as tabulated everywhere
    assert [sum(series[i : i + 20]) / 20 for i in range(0, 100, 20)] == [
        909,
        856,
        845,
        Fraction(1641, 2),
        Fraction(1663, 2),
    ]
