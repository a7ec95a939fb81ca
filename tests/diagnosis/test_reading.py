"""Logs from files, lists and streams: columns as people name them, one line for what cannot be read, sizes."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from kit import EXAMPLES
from kit.protocol import NO_NUMBERS, NUMBERS, WHOLE, keeps_the_protocol, refuses

from catalysis import InputError, LossLog, Verdict, diagnose
from catalysis.cli.main import main
from catalysis.diagnosis.reading import Columns, load_log

EXAMPLE = EXAMPLES / "loss-log.csv"
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_text(text: str) -> Path:
        path = tmp_path / "log.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write_text


@pytest.mark.parametrize(
    "text",
    [
        "step,loss\n0,1\n2,3\n",
        "Wall time,Step,Value\n1700000000.5,0,1\n1700000001.5,2,3\n",
        "iteration;train_loss\n0;1\n2;3\n",
        "\ufeffEpoch\tTrain Loss\n0\t1\n2\t3\n",
        "# made by hand\n\nstep,something\n0,1\n2,3\n",
        '"step","loss","what"\n0,1,"a, b"\n1,,\n2,3,"c"\n',
        "step,lr,loss\r\n0,0.1,1\r\n2,0.1,3\r\n",
    ],
)
def test_columns_as_people_name_them(text: str, write: Write) -> None:
    log = load_log(write(text), Columns())
    assert log.steps.tolist() == [0, 2] and np.exp(log.log_loss) == pytest.approx([1, 3])
    assert log.name == "log" and (log.rates is not None) == ("lr" in text)


def test_columns_can_be_named(write: Write) -> None:
    path = write("t,a,b,rate\n0,1,5,2\n1,2,6,2\n")
    log = load_log(path, Columns("b", "t", "rate"))
    assert (
        np.exp(log.log_loss) == pytest.approx([5, 6])
        and log.rates is not None
        and log.rates.tolist() == [2, 2]
    )
    ends = load_log(write("step,loss\n0,1\n1,\n2,2\n3,\n4,\n"), Columns())
    assert ends.rows == 2 and "3 rows without a loss passed over, the last 2" in ends.notes[0]
    assert load_log(write("loss\n1\n2\n"), Columns()).notes == (
        "no column of steps: rows are counted from 0",
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "no lines"),
        ("1,2\n3,4\n", "header"),
        ("a,b\n1,2\n", "column: expected the name .*'a', 'b'"),
        ("step,loss\n", "at least 2 finite losses > 0, found none"),
        ("step,loss\n0,1\n", "at least 2 finite losses"),
        ("step,loss\n0,nan\n1,inf\n", "found none"),
        ("step,loss\n0,1\n1,x\n", "line 3: expected a number, found 'x'"),
        ("step,loss\n0,1\n1\n", "line 3: expected 2 columns, found 1"),
        ("# c\nstep,loss\n0,1\n1,-2\n", "line 4: expected losses >= 0, found -2"),
        ("step,loss\n0,1\n5,1\n5,2\n", "line 4: expected steps that increase, found 5 after 5"),
        ("step,loss\n0,1\nnan,1\n", "line 3: expected a step"),
        ("step,loss\n0,1\n1e300,1\n", "line 3: expected a step"),
        ('step,loss\n0,"1\n', "CSV"),
        ("loss,loss\n0,1\n", None),
    ],
)
def test_a_log_that_cannot_be_read_is_one_line(
    text: str, line: str | None, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(text)
    assert main(["diagnose", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and str(path) in err
    with pytest.raises(InputError, match=line):
        diagnose(path)


def test_other_bad_input_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "binary.csv").write_bytes(b"step,loss\n\xff\xfe,\x00\n")
    for arguments in (
        (),
        (str(tmp_path / "none.csv"),),
        (str(tmp_path),),
        (str(tmp_path / "binary.csv"),),
        (str(EXAMPLE), "--column", "nothing"),
        (str(EXAMPLE), "--column", "step"),
        (str(EXAMPLE), "--lr-column", "loss"),
        (str(EXAMPLE), "--factor", "1"),
        (str(EXAMPLE), "--factor", "x"),
        (str(EXAMPLE), "--window", "3"),
        (str(EXAMPLE), "--tail", "5"),
    ):
        assert main(["diagnose", *arguments]) == 2, arguments
        out, err = capsys.readouterr()
        assert out == "" and err.count("\n") == 1 and "expected" in err, err


def test_a_stream(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(EXAMPLE.read_text()))
    assert main(["diagnose", "-", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["log"]["name"] == "standard input" and len(found["spikes"]) == 127
    monkeypatch.setattr("sys.stdin", io.StringIO("step,loss\n0,x\n"))
    assert main(["diagnose", "-"]) == 2
    assert capsys.readouterr().err.startswith("catalysis: standard input: line 2: expected a number")


def test_what_is_printed_is_measured(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["diagnose", str(EXAMPLE), "-o", str(tmp_path)]) == 0
    out, _ = capsys.readouterr()
    (next_step,) = (line for line in out.splitlines() if line.startswith("Next: "))
    assert "catalysis kernel kernel.npz --eta 1 --momentum BETA" in next_step
    assert next_step.endswith("It proves nothing of this log.") and "proved" not in out[
        : out.index("Next: ")
    ].replace("Nothing here is proved", "")
    assert "127 spikes (measured)" in out and "twice the index" in out and "Nothing here is proved" in out
    for line in out.splitlines():
        if line.startswith("  ") and line.split()[0] in (
            "looks",
            "tail",
            "theta",
            "rises",
            "falls",
            "drift",
            "return",
        ):
            assert line.rstrip().endswith("measured")
    assert "proved (" not in out
    assert {path.name for path in tmp_path.iterdir()} == {
        "diagnosis.png",
        "diagnosis.pdf",
        "diagnosis.svg",
    }  # no certificate


def test_an_array_a_list_a_file_and_a_log_give_the_same() -> None:
    found = diagnose(EXAMPLE)
    log = found.log
    assert isinstance(log, LossLog) and log.rates is not None
    losses = np.exp(log.log_loss)
    for other in (
        diagnose(log),
        diagnose(str(EXAMPLE)),
        diagnose(losses, learning_rates=log.rates),
        diagnose(losses.tolist(), steps=log.steps.tolist(), learning_rates=log.rates.tolist()),
        diagnose(tuple(log.log_loss), log_loss=True, steps=log.steps, learning_rates=log.rates),
    ):
        assert [one.rows for one in other.spikes] == [one.rows for one in found.spikes]
        assert other.tail is not None and found.tail is not None
        assert other.tail.value == pytest.approx(found.tail.value)
    assert diagnose(log) == found != diagnose(log, factor=3)


def test_the_protocol_of_results() -> None:
    for found in (
        diagnose(EXAMPLE),
        diagnose([1, 2]),
        diagnose([1, 9, 1] * 30, learning_rates=[np.nan] * 90),
    ):
        keeps_the_protocol(found)
        assert found.verdict is Verdict.MEASURED
        document = found.to_json()
        assert "NaN" not in json.dumps(document) and "Infinity" not in json.dumps(document)
        assert hash(copy.deepcopy(found.log)) == hash(found.log) and found.log != found


def test_arguments_in_every_form() -> None:
    losses = [1, 5, 1, 1] * 30
    for value in NUMBERS:
        assert diagnose(losses, factor=value).rule.factor == 1.5
    for count in WHOLE:
        assert diagnose(losses, window=count).rule.window == 12
    refuses(lambda bad: diagnose(losses, factor=bad), "factor", (*NO_NUMBERS, 1, 0, -3, "1e101"))
    refuses(lambda bad: diagnose(losses, window=bad), "window", (*NO_NUMBERS, 3, 12.5))
    refuses(lambda bad: diagnose(losses, tail=bad), "tail", (*NO_NUMBERS[1:], 19))
    refuses(lambda bad: diagnose(losses, log_loss=bad), "log_loss", (None, 1, "yes"))
    wrong = (1, 1.5, object(), [[1, 2]], ["a", "b"], [1, None], [1j, 2], [True, False], b"12")
    refuses(lambda bad: diagnose(bad), "losses", (None, *wrong))
    refuses(lambda bad: diagnose(losses, steps=bad), "steps", (*wrong, [1, 2]))
    refuses(lambda bad: diagnose(losses, learning_rates=bad), "learning_rates", (*wrong, [1, 2]))
    for name in ("column", "step_column", "lr_column"):
        refuses(lambda bad, name=name: diagnose(EXAMPLE, **{name: bad}), name, ("x", 1, [], object()))
        refuses(lambda bad, name=name: diagnose(losses, **{name: bad}), name, ("loss",))
    refuses(lambda bad: diagnose(EXAMPLE, steps=bad), "steps", ([1, 2],))
    refuses(lambda bad: diagnose(bad, log_loss=True), "log-loss", ([1, 1e300],))
    refuses(lambda bad: diagnose(bad), "log-loss", ([1, -1],))


@pytest.mark.parametrize("rows", [2, 100, 10_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_sizes(rows: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chance = np.random.default_rng(rows)
    y = np.concatenate(
        [[0.0], np.cumsum(chance.normal(-0.0001, 0.1, rows - 1))]
    ) + 0.1 * chance.standard_normal(rows)
    path = tmp_path / "log.csv"
    np.savetxt(
        path, np.column_stack([np.arange(rows), np.exp(y)]), "%d,%.8g", header="step,loss", comments=""
    )
    assert main(["diagnose", str(path), "--json", "-o", str(tmp_path / "out")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == "measured" and found["log"]["rows"] == rows
