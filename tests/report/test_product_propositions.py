"""Propositions of products and choices: every good claim has one, with the checker's lemmas and numbers no sharper."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from kit import EXAMPLES, good_choices
from kit.good_products import GOOD, good
from report.test_propositions import is_latex, numbers

import catalysis
from catalysis.certificate.document import digest_of
from catalysis.report.choice_words import CHOICE_WORDS
from catalysis.report.product_words import PRODUCT_WORDS
from catalysis.report.propositions import propositions
from proofs_check.certificate import check_certificate

F = Fraction
Json = Any
NAMES = [*GOOD, *(f"choice: {name}" for name in good_choices.GOOD)]
NOT_SAID = {"B3"}
"""Batches without replacement are not spoken of, so their lemma is not named."""


@cache
def made(name: str) -> tuple[Json, str, list[str]]:
    """A good certificate, its propositions, and what the checker says."""
    kind, _, rest = name.partition(": ")
    found = good_choices.a_good(rest) if kind == "choice" else good(name)
    document = json.loads(found) if isinstance(found, str) else found
    verdicts = check_certificate(json.dumps(document).encode())
    assert all(verdict.proved for verdict in verdicts)
    return document, propositions(document, digest_of(document)), [verdict.statement for verdict in verdicts]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_each_claim_has_its_proposition_with_the_lemmas_of_the_checker(name: str) -> None:
    document, text, sentences = made(name)
    is_latex(text)
    parts = text.split(r"\begin{proposition}")[1:]
    for stated, part, sentence in zip(document["claims"], parts, sentences, strict=True):
        used = set(re.findall(r"[A-Z]{1,2}\d+", sentence.rpartition("[")[2]))
        named = re.search(r"By Lemmas?~(.*?) of catalysis", part)
        assert named is not None
        assert used - NOT_SAID <= set(re.findall(r"[A-Z]{1,2}\d+", named[1])), sentence
        JUDGES.get(stated["kind"], lambda *_: None)(stated, part.split(r"\end{proposition}")[0])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs a LaTeX")
def test_they_compile(tmp_path: Path) -> None:
    shown = (
        "axis",
        "spike of a kernel",
        "map of nesterov",
        "exponent of a batch",
        "choice: advice",
        "choice: order bound",
    )
    text = "\n".join(made(name)[1] for name in shown)
    head = "\\documentclass{article}\n\\usepackage{amsmath, amssymb, amsthm}\n\\newtheorem{proposition}{Proposition}\n"
    (tmp_path / "paper.tex").write_text(
        head + "\\begin{document}\n" + text + "\n\\end{document}\n", encoding="utf-8"
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "paper.tex"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=120
    )
    assert done.returncode == 0, done.stdout[-2000:]


def test_every_kind_is_among_the_good_ones() -> None:
    """Of choices and products; their names alone, nothing is proved."""
    listed = {"choice: advice", "choice: batch bound", "choice: batch order", "choice: easy phase"}
    assert listed <= set(NAMES) and PRODUCT_WORDS.keys() >= {"product_spike", "mean_square", "product_axis"}
    assert not PRODUCT_WORDS.keys() & CHOICE_WORDS.keys()


def _one(pattern: str, text: str) -> Fraction:
    (found,) = re.findall(pattern, text)
    (value,) = numbers(found)
    return value


def _brackets(text: str) -> list[tuple[Fraction, Fraction]]:
    """All closed intervals, and exact values behind a probability."""
    ends = re.findall(r"\\in \[(.*?),\\, (.*?)\]", text)
    return [(numbers(a)[0], numbers(b)[0]) for a, b in ends]


def _moment(stated: Json, text: str) -> None:
    upper, rho = stated["proof"]["side"] == "upper", F(stated["proof"]["rho"])
    told = _one(r"\\log (-?[0-9][^$]*)\$", text)
    assert (rho <= told) if upper else (told <= rho)
    assert abs(told / rho - 1) < F(1, 10**9)
    for sign, s in re.findall(r"\\theta \\(geq|leq) ([0-9./]+)\$", text):
        assert F(s) == F(stated["proof"]["s"]) and ((rho <= 1) if sign == "geq" else (rho > 1))
        assert (sign == "geq") == upper


def _lyapunov(stated: Json, text: str) -> None:
    bound = F(stated["proof"]["bound"])
    upper = stated["proof"]["side"] == "upper"
    told = _one(rf"\\lambda_1 \\{'leq' if upper else 'geq'} (-?[0-9][^$]*)\$", text)
    assert (bound <= told) if upper else (told <= bound)
    assert ("to 0$, for every start" in text) == (upper and bound < 0)
    assert (r"\theta = 0$: the walk is inflationary" in text) == (not upper and bound > 0)


def _exponent(stated: Json, text: str) -> None:
    statement = text.rpartition(" Then ")[2]
    for key, sign in (("lower", "geq"), ("upper", "leq")):
        found = re.findall(rf"\\theta \\{sign} (.*?)\$", statement)
        asked = stated[key]
        assert bool(found) == (asked not in ("0", "inf"))
        for told in found:
            assert numbers(told)[0] <= F(asked) if sign == "geq" else F(asked) <= numbers(told)[0]
    falls = stated["lyapunov"] is not None or (stated["below"] is not None and F(stated["below"]["rho"]) < 1)
    assert (r"\lambda_1 < 0" in statement) == falls


def _spike(stated: Json, text: str) -> None:
    statement = text.rpartition("For every start")[2]
    told = [(F(0), F(0))] * statement.count(") = 0$") + _brackets(statement)
    assert len(told) == len(stated["probability"]) == statement.count(r"\mathbb{P}(")
    for ends in stated["probability"].values():
        low, high = F(ends["lower"]), F(ends["upper"])
        assert any(a <= low <= high <= b and b - a <= high - low + F(1, 10**9) for a, b in told)


def _mean_square(stated: Json, text: str) -> None:
    low, high = F(stated["lower"]), F(stated["upper"])
    if "momentum" in stated:
        assert _one(r"0 < \\eta < (.*?)\$ one", text) <= low and high <= _one(
            r"\\eta \\geq (.*?)\$ one", text
        )
    else:
        ((a, b),) = _brackets(text)
        assert a <= low <= high <= b


def _axis(stated: Json, text: str) -> None:
    signs = [(p.get("side", "upper") == "upper", F(p["from"]), F(p["to"])) for p in stated["pieces"]]
    signs += [(False, F(p["from"]), None if p["to"] == "inf" else F(p["to"])) for p in stated["inflationary"]]
    told = re.findall(r"\\lambda_1 ([<>]) 0\$ for \$(.*?) \\leq \\eta \\leq (.*?)\$", text)
    for sign, low, high in told:
        (a,), (b,) = numbers(low), numbers(high)
        places = (a, (a + b) / 2, b)
        assert all(
            any(
                falls == (sign == "<") and start <= x and (end is None or x <= end)
                for falls, start, end in signs
            )
            for x in places
        )
    for (low,) in (numbers(x) for x in re.findall(r"\\lambda_1 > 0\$ for \$\\eta \\geq (.*?)\$", text)):
        assert any(not falls and end is None and start <= low for falls, start, end in signs)
    for s, eta in re.findall(r"\\theta \\geq (\S+?)\$ for \$0 < \\eta \\leq (.*?)\$", text):
        assert any(
            F(e["exponent"]) == F(s) and numbers(eta)[0] <= F(e["below"]["eta"]) for e in stated["levels"]
        )
    for s, eta in re.findall(r"\\theta \\leq (\S+?)\$ for \$\\eta > (.*?)\$", text):
        levels = [e for e in stated["levels"] if e["above"] is not None and F(e["exponent"]) == F(s)]
        assert any(F(e["above"]["eta"]) <= numbers(eta)[0] for e in levels)


def _advice(stated: Json, text: str) -> None:
    names = {"= 0": "stable", r"\leq p": "rare", "> p": "likely", "= 1": "inflationary"}
    rows = re.findall(r"\$(.*?) < \\eta < (.*?)\$ & \$P\(\\eta\) (.*?)\$", text)
    assert rows
    for low, high, word in rows:
        (a,), (b,) = numbers(low), numbers(high)
        inside = [
            cell
            for cell in stated["cells"]
            if F(cell["from"]) < b and (cell["to"] == "inf" or F(cell["to"]) > a)
        ]
        assert inside and {cell["regime"] for cell in inside} == {names[word]}
        assert F(inside[0]["from"]) <= a < b <= F(inside[-1]["to"])


JUDGES: dict[str, Any] = {
    "product_moment": _moment,
    "product_lyapunov": _lyapunov,
    "product_exponent": _exponent,
    "product_spike": _spike,
    "mean_square": _mean_square,
    "product_axis": _axis,
    "advice": _advice,
    "easy_phase": lambda stated, text: _spike_like(stated, text),
}


def _spike_like(stated: Json, text: str) -> None:
    ((a, b),) = _brackets(text)
    assert a <= F(stated["lower"]) <= F(stated["upper"]) <= b


def test_the_method_of_a_result_writes_it() -> None:
    plane = catalysis.MatrixWalk.from_features([[1, 0], [0, 1], [1, 1]], eta="0.6")
    text = catalysis.moment_upper(plane, 2).proposition()
    is_latex(text)
    assert r"k(2) \leq \log" in text and "V5" in text and r"\eta = 0.6" in text
    relation = catalysis.compare_batches(str(EXAMPLES / "talk-1.toml"), "1.42", sizes=[1]).lines[0]
    assert relation.exponent.proposition().startswith(r"\begin{proposition}[Cram\'er exponent")


def test_long_ends_of_learning_rates_are_rounded_inwards() -> None:
    ends = ["0", *(f"{10**k + 1}/{3 * 10**k}" for k in (40, 39)), "1"]  # both a little above 1/3
    cells = [
        {"regime": name, "from": a, "to": b}
        for name, a, b in zip(("stable", "rare", "likely"), ends, ends[1:], strict=False)
    ]
    stated = {"lambda0": "2", "width": "9", "mu0": "1", "scale": "2", "probability": "1/9", "cells": cells}
    text = CHOICE_WORDS["advice"](stated).statement
    rows = re.findall(r"\$(.*?) < \\eta < (.*?)\$", text)
    (first,), (last,) = numbers(rows[0][1]), numbers(rows[-1][0])
    assert first <= F(ends[1]) < F(ends[2]) <= last
