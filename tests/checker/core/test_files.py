"""The checker as a program: files it refuses, what it prints, what it imports, what it can be made to cost."""

import ast
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from kit import ROOT
from kit.good_certificates import COUNTS, SINGLE, TALK, certificate, data_set

import proofs_check
from proofs_check.__main__ import main
from proofs_check.certificate import Verdict, check_certificate
from proofs_check.core.budget import Work
from proofs_check.core.reading import MOST_BYTES
from proofs_check.core.rule import Rule
from proofs_check.linear.thresholds import THRESHOLDS as THRESHOLDS_RULE

Json = Any

THRESHOLDS = {"kind": "thresholds", "step": SINGLE, "lambda_crit": "200/169", "lambda_max": "400/169"}
GOOD = certificate(TALK, THRESHOLDS)
WRONG = certificate(TALK, THRESHOLDS | {"lambda_crit": "1"})


def write(folder: Path, name: str, content: Json) -> str:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def sole(raw: bytes) -> Verdict:
    (verdict,) = check_certificate(raw)
    return verdict


# --- the file ----------------------------------------------------------------------------------------


def test_every_truncated_file_is_refused() -> None:
    raw = json.dumps(GOOD).encode()
    assert sole(raw).proved
    for end in range(len(raw)):
        verdict = sole(raw[:end])
        assert not verdict.proved
        assert verdict.statement.startswith("no valid certificate: ")


SPOILT: list[tuple[str, str, str, str]] = [
    ("a key twice", '"version": 1', '"version": 1, "version": 1', "a key twice"),
    ("a key twice, deep", '"x": "1",', '"x": "1", "x": "1",', "a key twice"),
    ("an unknown version", '"version": 1', '"version": 2', "version"),
    ("a version as text", '"version": 1', '"version": "1"', "version"),
    ("a version as a float", '"version": 1', '"version": 1.0', "not an exact number"),
    ("a version as truth", '"version": 1', '"version": true', "version"),
    ("no version", '"version": 1, ', "", "lacks"),
    ("another format", "catalysis-certificate", "catalysis-certificates", "format"),
    ("NaN", '"x": "1",', '"x": NaN,', "not an exact number"),
    ("NaN as text", '"x": "1",', '"x": "NaN",', "not an exact number"),
    ("infinity", '"x": "1",', '"x": Infinity,', "not an exact number"),
    ("minus infinity", '"x": "1",', '"x": -Infinity,', "not an exact number"),
    ("a float", '"x": "1",', '"x": 1.0,', "not an exact number"),
    ("a float with exponent", '"x": "1",', '"x": 1e400,', "not an exact number"),
    ("an integer for a number", '"x": "1",', '"x": 1,', "as a string"),
    ("a long integer", '"x": "1",', '"x": ' + "1" * 5000 + ",", "too long"),
    ("a long number", '"x": "1",', '"x": "' + "1" * 4001 + '",', "not an exact number"),
    ("an exponent", '"x": "1",', '"x": "1e0",', "not an exact number"),
    ("a plus sign", '"x": "1",', '"x": "+1",', "not an exact number"),
    ("a space", '"x": "1",', '"x": " 1",', "not an exact number"),
    ("a newline", '"x": "1",', '"x": "1\\n",', "not an exact number"),
    ("a bare point", '"x": "1",', '"x": "1.",', "not an exact number"),
    ("underscores", '"x": "1",', '"x": "1_0",', "not an exact number"),
    ("other digits", '"x": "1",', '"x": "\\u0661",', "not an exact number"),
    ("a zero denominator", '"p": "1/2"', '"p": "1/0"', "has no value"),
    ("a signed denominator", '"p": "1/2"', '"p": "1/-2"', "not an exact number"),
    ("an extra key above", '"version": 1', '"version": 1, "comment": ""', "unknown key"),
    ("an extra key in the data", '"name"', '"comment": "", "name"', "unknown key"),
    ("no claims", '"claims"', '"assertions"', "lacks"),
    ("a long producer", '"tests"', '"' + "t" * 201 + '"', "producer"),
    ("data that is null", '"data": {', '"data": null, "old": {', "unknown key"),
    ("two documents", '{"format"', '{} {"format"', "not JSON"),
    ("a byte order mark", '{"format"', '\ufeff{"format"', "not JSON"),
]


@pytest.mark.parametrize(
    ("old", "new", "reason"), [case[1:] for case in SPOILT], ids=[case[0] for case in SPOILT]
)
def test_spoilt_files_are_refused(old: str, new: str, reason: str) -> None:
    text = json.dumps(GOOD)
    assert old in text
    verdict = sole(text.replace(old, new, 1).encode())
    assert not verdict.proved
    assert reason in verdict.statement
    assert verdict.statement.isprintable()


@pytest.mark.parametrize(
    "claims", [[], {}, None, "all", [None], [[]], [{}], [{"kind": []}], [{"kind": "sign_region"}]]
)
def test_claims_that_are_none(claims: Json) -> None:
    assert not sole(json.dumps(GOOD | {"claims": claims}).encode()).proved


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"1", b'"x"', b"\xff\xfe", b"\x00", b"{}" * 2])
def test_files_that_are_something_else(raw: bytes) -> None:
    assert not sole(raw).proved


def test_a_fault_of_the_checker_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    for rule in (Rule(broken, broken, broken), replace(THRESHOLDS_RULE, prove=broken)):
        monkeypatch.setitem(proofs_check.rules.RULES, "thresholds", rule)
        assert "the checker failed with ZeroDivisionError" in sole(json.dumps(GOOD).encode()).statement


def test_a_fault_in_the_words_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(proofs_check.rules.RULES, "thresholds", replace(THRESHOLDS_RULE, say=broken))
    assert "the checker failed with ZeroDivisionError" in sole(json.dumps(GOOD).encode()).statement


# --- the command -------------------------------------------------------------------------------------


def test_exit_status_and_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, wrong = write(tmp_path, "good.json", GOOD), write(tmp_path, "wrong.json", WRONG)
    torn = write(tmp_path, "torn.json", json.dumps(GOOD)[:-2])
    assert main([good]) == 0
    assert "step:\n    proved: lambda_crit = 200/169 and " in capsys.readouterr().out
    assert main([good, wrong]) == 1
    out = capsys.readouterr().out
    assert 'not proved: claim 0 ("thresholds"): lambda_crit is not 2' in out
    assert "1 of 2 claims proved" in out
    assert main([torn]) == 1
    assert "no valid certificate" in capsys.readouterr().out


FULL = THRESHOLDS | {"step": {"kind": "full_batch"}, "lambda_crit": "400/269", "lambda_max": "800/269"}
FAMILY = {
    "kind": "family_sign",
    "curvature": {"fixed": "1/10"},
    **{key: {"from": "1/2", "to": "1/2"} for key in ("s", "p")},
    "sign": "negative",
}


@pytest.mark.parametrize("name", ["talk", 'a "name" and one sample a step: x\\', "and full batch: "])
def test_the_words_for_data_and_step_stand_once_above_their_claims(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Setting and line together are the statement, letter by letter, whatever the data are called."""
    wrong = WRONG["claims"][0]
    document = certificate(
        TALK | {"name": name}, THRESHOLDS, THRESHOLDS, FULL, wrong, FULL, FAMILY, THRESHOLDS
    )
    main([write(tmp_path, "c.json", document)])
    said, settings, above = [], 0, ""
    for line in capsys.readouterr().out.splitlines()[1:-1]:
        if line.startswith("  For "):
            above, settings = f"{line[2:]} ", settings + 1
        else:
            verdict, rest = line.lstrip().split(": ", 1)
            said.append((verdict == "proved", (above if line.startswith("    ") else "") + rest))
    assert said == [(v.proved, v.statement) for v in check_certificate(json.dumps(document).encode())]
    assert sum(proved for proved, _ in said) == 6 and settings == 4


@pytest.mark.parametrize("cells", [7, 8, 20])
def test_of_a_long_band_the_ends_are_printed(
    cells: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each interval that is printed is one of the statement's, word for word; --json has all."""
    places = [str(Fraction(k, 40)) for k in range(1, cells + 2)]
    band = [{"from": a, "to": b, "lower": "inf", "upper": "inf"} for a, b in pairwise(places)]
    document = certificate(TALK, {"kind": "exponent_band", "step": SINGLE, "cells": band})
    name = write(tmp_path, "c.json", document)
    assert main([name]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "proved: theta" in line)
    (verdict,) = check_certificate(json.dumps(document).encode())
    *said, lemmas = re.split(r"; | (?=\[E1)", line.partition("outwards, ")[2])
    whole = re.split(r"; | (?=\[E1)", verdict.statement.partition("outwards, ")[2])[:-1]
    kept = [cell for cell in said if cell.startswith("on [")]
    assert lemmas.startswith("[E1") and len(whole) == cells
    assert kept == (whole if cells == 7 else whole[:4] + whole[-3:])
    left = [cell for cell in said if not cell.startswith("on [")]
    assert left == ([] if cells == 7 else [f"likewise on {cells - 7} intervals between, which --json prints"])


def test_nothing_but_a_band_is_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever foreign text says."""
    main([write(tmp_path, "c.json", certificate(TALK, {"kind": "; on [" * 9}))])
    assert "likewise" not in capsys.readouterr().out


def test_one_false_claim_among_many_decides(tmp_path: Path) -> None:
    for position in range(3):
        claims = [THRESHOLDS] * 3
        claims[position] = claims[position] | {"lambda_max": "1"}
        assert main([write(tmp_path, "mixed.json", certificate(TALK, *claims))]) == 1


def test_json_output_is_one_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, wrong = write(tmp_path, "good.json", GOOD), write(tmp_path, "wrong.json", WRONG)
    assert main([good, wrong, "--json"]) == 1
    claims = json.loads(capsys.readouterr().out)["claims"]
    assert [claim["verdict"] for claim in claims] == ["proved", "not proved"]
    assert [claim["file"] for claim in claims] == [good, wrong]
    assert "lambda_crit = 200/169" in claims[0]["statement"]
    assert main([good, "--json"]) == 0


@pytest.mark.parametrize("extra", [[], ["--json"]])
def test_files_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], extra: list[str]
) -> None:
    good = write(tmp_path, "good.json", GOOD)
    for missing in (str(tmp_path), str(tmp_path / "missing\n.json"), str(tmp_path / "a" / "b")):
        assert main([good, missing, *extra]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.count("\n") == 1


def test_the_budget_can_be_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = write(tmp_path, "good.json", GOOD)
    assert main([good, "--budget", "100"]) == 1
    assert "budget" in capsys.readouterr().out
    assert main(["--budget", "1000000000", good]) == 0


def test_a_file_that_goes_away_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = write(tmp_path, "good.json", GOOD)

    def gone(*_: Any) -> Any:
        raise FileNotFoundError(2, "No such file", good)

    monkeypatch.setattr("proofs_check.__main__._check", gone)
    assert main([good]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--nonsense", "x"],
        ["--json"],
        *(["x", "--budget", n] for n in ("-1", "1.5", "ten", "1" * 19, "\u0661")),
    ],
)
def test_wrong_calls(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def run(*arguments: str, script: str | None = None) -> subprocess.CompletedProcess[str]:
    """Python without site packages, in an empty environment, with this source tree as its only path."""
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
    code = start + (script or "from proofs_check.__main__ import main; sys.exit(main(sys.argv[1:]))")
    command = [sys.executable, "-I", "-S", "-c", code, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=600, env={"LC_ALL": "C"}
    )


def test_the_program_runs_alone(tmp_path: Path) -> None:
    good, wrong = write(tmp_path, "g\u00f6\u00f6d.json", GOOD), write(tmp_path, "wrong.json", WRONG)
    assert run(good).returncode == 0
    assert run(good, wrong).returncode == 1
    assert run(good, str(tmp_path / "missing")).returncode == 2
    assert run().returncode == 2
    module = [sys.executable, "-m", "proofs_check", good]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    assert subprocess.run(module, capture_output=True, check=False, env=environment).returncode == 0


# --- what it imports ---------------------------------------------------------------------------------


def test_only_the_standard_library_is_named_in_an_import() -> None:
    allowed = sys.stdlib_module_names | {"proofs_check"}
    for path in Path(proofs_check.__file__).parent.glob("**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0
                names = [node.module or ""]
            assert {name.split(".")[0] for name in names} <= allowed, path


def test_only_the_standard_library_is_loaded(tmp_path: Path) -> None:
    good = write(tmp_path, "good.json", certificate(TALK, THRESHOLDS, {"kind": "reduced_map"}))
    script = (
        "from proofs_check.__main__ import main; main(sys.argv[1:]); "
        "print(sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    loaded = set(ast.literal_eval(run(good, script=script).stderr))
    assert "proofs_check" in loaded
    assert loaded - sys.stdlib_module_names - {"__main__", "proofs_check"} == set()


def test_no_floats_and_no_float_functions_in_the_checker() -> None:
    """Only integers and fractions: no float literal, no true division of integers, no math.log or exp."""
    for path in Path(proofs_check.__file__).parent.rglob("*.py"):
        name, tree = path.name, ast.parse(path.read_text())
        for node in ast.walk(tree):
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), name
            assert not (isinstance(node, ast.Name) and node.id == "float"), name
            if isinstance(node, ast.ImportFrom) and node.module == "math":
                assert {alias.name for alias in node.names} <= {
                    "gcd",
                    "comb",
                    "factorial",
                    "prod",
                    "isqrt",
                    "lcm",
                }


# --- what it can be made to cost ---------------------------------------------------------------------


def test_a_used_up_budget_refuses_the_rest() -> None:
    claim = {"kind": "drift", "step": SINGLE, "lambda": "3/2", "lower": "-1", "upper": "0"}
    verdicts = check_certificate(json.dumps(certificate(TALK, *[claim] * 60)).encode(), Work(6000))
    assert verdicts[0].proved
    assert not verdicts[-1].proved
    assert "budget" in verdicts[-1].statement


def test_large_files_and_deep_ones_are_refused() -> None:
    assert "bytes" in sole(b" " * (MOST_BYTES + 1)).statement
    for brackets in (b"[" * 10**6, b"[" * 10**6 + b"]" * 10**6, b'{"a":' * 10**6):
        assert "deep" in sole(b'{"claims": ' + brackets).statement or "not JSON" in sole(brackets).statement


NINES = "9" * 3990


def hostile_claims() -> dict[str, tuple[Json, Json]]:
    """Claims that would cost hours or gigabytes if taken as they come, and are refused at once."""
    tangency = {"kind": "tangency", "lower": "1/2", "upper": "9/10"}
    regions = {
        "kind": "sign_regions",
        "step": SINGLE,
        "from": "0",
        "to": "inf",
        "negative_gaps": [],
        "regions": [],
    }
    point = {"kind": "exponent", "step": SINGLE, "lambda": "3/2"}

    def batch(size: int, replacement: bool) -> Json:
        return THRESHOLDS | {"step": {"kind": "minibatch", "size": size, "replacement": replacement}}

    def zero(**fields: Json) -> Json:
        return regions | {"zeros": [tangency | fields]}

    huge = data_set(("1", 10**17), ("2", 10**17 - 1))
    cube = data_set(("2", 10**16 + 1), ("3", 10**16), ("5", 10**16), ("30", 10**16), learning_rate="1/30")
    quadratic = ["45", "-16", "1"]
    long = data_set(*((f"1/{10**1999 + i}", 1) for i in range(40, 0, -1)))
    return {
        "theta of 3990 digits": (
            TALK,
            point | {"regime": "deflationary", "exponent": {"lower": NINES, "upper": NINES + "0"}},
        ),
        "degree 100 000": (TALK, zero(polynomial=["1"] * 10**5)),
        "long coefficients": (TALK, zero(polynomial=[NINES, NINES], base=["2"])),
        "powers of 10^16": (cube, zero(polynomial=quadratic, lower="3", upper="4")),
        "a batch of 10^17": (huge, batch(10**17, True)),
        "half of 2 * 10^17 items": (huge, batch(10**17, False)),
        "a batch of 10^5 of three": (COUNTS, batch(10**5, True)),
        "coprime denominators": (long, THRESHOLDS),
        "a point far below a pole": (
            TALK,
            {
                "kind": "drift",
                "step": SINGLE,
                "lambda": {"pole": "1", "side": "above", "t": "-" + NINES},
                "lower": "0",
                "upper": "1",
            },
        ),
        "a bound too sharp to decide": (
            TALK,
            {
                "kind": "exponent_band",
                "step": SINGLE,
                "cells": [{"from": "400/269", "to": "3/2", "lower": "0", "upper": "1"}],
            },
        ),
        "a base of 10 000": (TALK, point | {"regime": "critical", "exponent": "0", "base": ["3"] * 10**4}),
    }


@pytest.mark.parametrize("name", hostile_claims())
def test_hostile_claims_are_refused(name: str) -> None:
    data, claim = hostile_claims()[name]
    verdict = sole(json.dumps(certificate(data, claim)).encode())
    assert not verdict.proved
    assert len(verdict.statement) < 1000


LIMITED = (
    "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29)); "
    "resource.setrlimit(resource.RLIMIT_CPU, (60, 60)); "
    "from proofs_check.__main__ import main; sys.exit(main(sys.argv[1:]))"
)


def many_samples(number: int) -> Json:
    return data_set(
        *((str(7 * i * i + i), i % 97 + 1) for i in range(1, number + 1)), learning_rate="1/1000000"
    )


def costly_files() -> dict[str, Json]:
    """Files that use up the whole budget."""
    wide = {"kind": "exponent", "step": SINGLE, "lambda": "3", "regime": "deflationary"}
    batches = [
        THRESHOLDS | {"step": {"kind": "minibatch", "size": 100 + i, "replacement": True}} for i in range(9)
    ]
    cells = [{"from": str(i), "to": str(i + 1), "lower": "0", "upper": "0"} for i in range(10**5, 2 * 10**5)]
    return {
        "long exponents": certificate(
            many_samples(1000), *[wide | {"exponent": {"lower": NINES, "upper": NINES + "0"}}] * 300
        ),
        "many cells": certificate(
            many_samples(1000), {"kind": "exponent_band", "step": SINGLE, "cells": cells}
        ),
        "many laws": certificate(COUNTS, *batches * 2000),
        "many claims": certificate(TALK, *[THRESHOLDS | {"lambda_max": "1"}] * 70_000),
        "many objects": "[" + "{}," * 2_700_000 + "{}]",
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", costly_files())
def test_costly_files_end_within_bounds(name: str, tmp_path: Path) -> None:
    """A minute of processor time and 512 MB of address space, enforced by the system; the promise is 10 s."""
    result = run(write(tmp_path, "costly.json", costly_files()[name]), script=LIMITED)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "MemoryError" not in result.stdout
