"""`catalysis derive`: every case as JSON, its claim accepted by the checker, bad choices refused in one line."""

import json
import re
from pathlib import Path

import pytest
import sympy

from catalysis.cli import main
from proofs_check.certificate import check_certificate

CASES = [
    [],
    ["--labels"],
    ["--batch", "mini"],
    ["--batch", "full", "--no-half-loss"],
    ["--dim", "2"],
    ["--dim", "3", "--labels"],
    ["--activation", "relu"],
    ["--activation", "relu", "--labels", "--batch", "full"],
    ["--activation", "leaky-relu"],
    ["--activation", "leaky-relu", "--slope", "1/10", "--batch", "mini"],
]

LONG = [case for i, case in enumerate(CASES) if i not in (0, 4, 6)]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["derive", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(case, marks=[pytest.mark.slow] if case in LONG else [], id=" ".join(case))
        for case in CASES
    ],
)
def test_json_of_every_case_and_its_proof(capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    status, out, err = run(capsys, *options, "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    for key in ("state", "update", "canonical", "linearised", "thresholds", "validity"):
        assert found[key], key
        assert all(isinstance(value, str) for value in found[key].values())
    document = {"format": "catalysis-certificate", "version": 1, "producer": "t", "claims": found["claims"]}
    verdicts = check_certificate(json.dumps(document).encode())
    assert verdicts and all(v.proved for v in verdicts)


def test_the_printed_update_is_that_of_the_talk(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "--json")
    update = json.loads(out)["update"]
    mu, lam, eta, n, x = sympy.symbols("mu lambda eta n x")
    names = {"mu": mu, "lambda_": lam, "eta": eta, "n": n, "x": x}

    def value(text: str) -> sympy.Expr:
        return sympy.sympify(text.replace("lambda", "lambda_"), locals=names)

    assert sympy.expand(value(update["mu"]) - (1 - eta * lam * x + eta**2 * x**2 * mu**2 / n) * mu) == 0
    step = value(update["lambda"]) - lam - mu**2 * eta / n * (eta * lam * x**2 - 4 * x)
    assert sympy.expand(step) == 0


def test_the_story_ends_at_the_thresholds_and_is_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, out, _ = run(capsys, "-o", str(tmp_path / "new"))
    assert status == 0
    assert out.index("The network and its loss") < out.index("T S T^t") < out.index("2/(eta*x)")
    assert r"\lambda_{\mathrm{crit}}" in (tmp_path / "new" / "derivation.tex").read_text()
    (verdict,) = check_certificate((tmp_path / "new" / "certificate.json").read_bytes())
    assert verdict.proved and "R1" in verdict.statement


def test_latex(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "--latex", "--json")
    assert json.loads(out)["thresholds"]["lambda_crit"] == r"\frac{2}{\eta x}"


@pytest.mark.parametrize(
    ("options", "known"),
    [
        (["--activation", "gelu"], "linear, relu, leaky-relu"),
        (["--batch", "some"], "single, mini, full"),
        (["--dim", "0"], "1 to 10"),
        (["--dim", "11"], "to_numpy_gram"),
        (["--activation", "relu", "--dim", "2"], "linear with any number of inputs"),
        (["--slope", "1/2"], "leaky-relu"),
        (["--activation", "leaky-relu", "--slope", "2"], "[-1, 1]"),
        (["--activation", "leaky-relu", "--slope", "__import__('os')"], "--slope: expected"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_unknown_or_contradictory_choices(
    capsys: pytest.CaptureFixture[str], options: list[str], known: str
) -> None:
    status, out, err = run(capsys, *options)
    assert (status, out) == (2, "")
    assert known in err and err.count("\n") == 1


@pytest.mark.parametrize("options", [[], ["--activation", "relu"], ["--dim", "2", "--labels"]], ids=" ".join)
def test_the_text_is_readable_and_latex_comes_only_when_asked(
    capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    _, out, _ = run(capsys, *options)
    assert "\\" not in out and "**" not in out and "{" not in out
    _, latex, _ = run(capsys, *options, "--latex")
    assert r"\begin{aligned}" in latex and r"\frac" in latex


@pytest.mark.parametrize("options", [["--no-half-loss"], ["--dim", "2"]], ids=" ".join)
def test_readable_formulas_say_what_the_document_says(
    capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    """Each line "mu' = ..." of the step with the reduced map, read back as a formula."""
    from sympy.parsing.sympy_parser import implicit_multiplication, parse_expr, standard_transformations

    _, out, _ = run(capsys, *options)
    told = dict(
        line.strip().split("' = ")
        for line in out.split("6. The reduced map")[1].split("7. ")[0].splitlines()[2:-1]
    )
    update = json.loads(run(capsys, *options, "--json")[1])["update"]
    assert told.keys() == update.keys()
    names = {name: sympy.Symbol(name) for name in (*update, "eta", "n", "x", "s")} | {
        "lambda_": sympy.Symbol("l")
    }

    def value(text: str) -> sympy.Expr:
        text = re.sub(r"\blambda\b", "lambda_", text.replace("^", "**"))
        rules = (*standard_transformations, implicit_multiplication)
        return parse_expr(text, local_dict=names, transformations=rules)

    for name, formula in update.items():
        assert sympy.expand(value(told[name]) - value(formula)) == 0, name
