"""Propositions: LaTeX that compiles whatever a data set is called, and says no more than the claim it is made of."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import EXAMPLES
from kit.good_certificates import IDLE, IRRATIONAL, RARE, certificate, regions_claim

import catalysis
from catalysis import proposition
from catalysis.certificate.certify import certify
from catalysis.certificate.document import certificate_of, claim, digest_of, write_certificate
from catalysis.cli.main import main
from catalysis.data.dataset import Dataset
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import decimal_above
from catalysis.report import claim_words, latex
from catalysis.report.claim_words import WORDS, _Cell, band_rows
from catalysis.report.propositions import propositions

TALK = str(EXAMPLES / "talk-1.toml")
EVIL = r"""a_b^c $x$ {50%} #1 \input{/etc/passwd} & ~ "q" <tag> größe λ 🙂 `'"""
_ENDS = re.compile(r"\\(begin|end)\{(\w+)\}")
Json = Any


def is_latex(text: str) -> None:
    """Balanced braces, dollars and environments; marks that LaTeX reads as commands stand only where they belong."""
    body = "\n".join(line for line in text.split("\n") if not line.startswith("%"))
    assert "%" not in body.replace(r"\%", "") and "#" not in body.replace(r"\#", "")
    plain = re.sub(r"\\[\\{}$%&#_]", "", body)
    depth = 0
    for letter in plain:
        depth += (letter == "{") - (letter == "}")
        assert depth >= 0
    assert depth == 0
    opened: list[str] = []
    for kind, name in _ENDS.findall(plain):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert not opened
    parts = plain.split("$")
    assert len(parts) % 2 == 1
    outside = re.sub(r"\\begin\{tabular\}.*?\\end\{tabular\}", "", "".join(parts[::2]), flags=re.DOTALL)
    assert not set("_^&~") & set(outside.replace("Lemma~", "").replace("Lemmas~", "").replace("claim~", ""))
    assert all(ord(letter) < 0x180 for letter in text)


def numbers(text: str) -> list[Fraction]:
    found = re.findall(r"(-?\d+(?:\.\d+)?(?:/\d+)?)(?: \\cdot 10\^\{(-?\d+)\})?", text)
    return [Fraction(a) * Fraction(10) ** int(e or 0) for a, e in found]


def bracket(text: str, before: str) -> tuple[Fraction, Fraction]:
    """The one closed interval after these words."""
    found = re.findall(re.escape(before) + r" ?\\in \[(.*?),\\, (.*?)\]", text)
    assert len(found) == 1, (before, text)
    (low,), (high,) = (numbers(end) for end in found[0])
    return low, high


@pytest.fixture(scope="module")
def certified() -> tuple[Json, str]:
    """What `certify` certifies, and its propositions."""
    document = certify(catalysis.as_walk(str(EXAMPLES / "three-changes.toml"))).document()
    return document, propositions(document, digest_of(document))


def test_every_claim_of_certify_has_its_proposition(certified: tuple[Json, str]) -> None:
    document, text = certified
    is_latex(text)
    assert {one["kind"] for one in document["claims"]} <= WORDS.keys()
    assert text.count(r"\begin{proposition}") == text.count(r"\begin{proof}") == len(document["claims"])
    sha = digest_of(document)
    assert sha in text and text.replace(r"\allowbreak ", "").count(sha) == 1 + len(document["claims"])
    assert all(f"claim~{i} " in text for i in range(len(document["claims"])))
    assert text.count("the probabilities $0.1$ and $0.9$") == len(document["claims"])  # each stands alone


def test_the_numbers_are_those_of_the_claims_or_weaker(certified: tuple[Json, str]) -> None:
    document, text = certified
    parts = re.findall(r"\\begin\{proposition\}.*?\\end\{proposition\}", text, re.DOTALL)
    for stated, part in zip(document["claims"], parts, strict=True):
        if stated["kind"] == "exponent" and stated["regime"] == "deflationary":
            ends = stated["exponent"]
            low, high = bracket(part, r"\leq 1\}")
        elif stated["kind"] == "exponent_rate":
            ends = stated["rate"]
            low, high = bracket(part, r"\theta'(\lambda)")
        elif stated["kind"] == "spike":
            ends = stated
            low, high = bracket(part, r"\text{ for some } t)")
        else:
            continue
        true = Fraction(ends["lower"]), Fraction(ends["upper"])
        assert low <= true[0] <= true[1] <= high and high - low <= 3 * (true[1] - true[0])
        assert Fraction(stated["lambda"]) in numbers(part)


def test_zeros_in_their_brackets(certified: tuple[Json, str]) -> None:
    document, text = certified
    (listing,) = (
        c for c in document["claims"] if c["kind"] == "sign_regions" and c["step"]["kind"] == "single"
    )
    (part,) = (p for p in text.split(r"\begin{proposition}") if "exactly 3 zeros" in p)
    for k, zero in enumerate(listing["zeros"], 1):
        low, high = bracket(part, f"z_{{{k}}}")
        assert low <= Fraction(zero["lower"]) < Fraction(zero["upper"]) <= high
        assert f"crossed {zero['direction']}wards" in part
    assert r"$G < 0$ on $(z_{2}, z_{3})$ and $G > 0$ on $(z_{3}, \infty)$" in part


RATIONALS = st.fractions(min_value=0, max_value=9, max_denominator=10**6)


@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.fractions(min_value="1e-6", max_value=1, max_denominator=10**6), min_size=2, max_size=25),
    st.data(),
)
def test_rows_of_a_band_hold_on_all_of_their_interval(steps: list[Fraction], data: Any) -> None:
    """Whatever theta does within its cells, it obeys the row: rounding the ends of the rows is no exception."""
    cells, at = [], Fraction(1)
    for step in steps:
        low, high = sorted(data.draw(st.tuples(RATIONALS, RATIONALS)))
        kind = data.draw(st.integers(0, 3))
        lower, upper = ((None, None), (Fraction(0), Fraction(0)), (low, None), (low, high))[kind]
        cells.append(_Cell(at, at + step, lower, upper))
        at += step
    rows = band_rows(cells)
    assert all(before[1] == after[0] for before, after in pairwise(rows))  # nothing is left out between them
    assert rows[0][0] >= 1 and rows[-1][1] <= at
    for start, end, words in rows:
        assert start < end and Fraction(decimal_above(start, 20)) == start
        for cell in cells:
            if cell.start < end and cell.end > start:
                assert implied(cell, words)


def implied(cell: _Cell, words: str) -> bool:
    found = numbers(words.replace(r"\theta(\lambda)", ""))
    if words.endswith(r"= \infty"):
        return cell.lower is None
    if words.endswith("= 0"):
        return cell.upper == 0
    holds = cell.lower is None or cell.lower >= found[0]
    return holds and (len(found) == 1 or (cell.upper is not None and cell.upper <= found[1]))


def test_hostile_names_are_only_names() -> None:
    samples = catalysis.load_dataset(TALK).samples
    text = proposition(catalysis.catapult_window(LinearWalk(Dataset(EVIL, Fraction(1), samples))))
    is_latex(text)
    assert r"\input" not in text.replace(r"\textbackslash{}input", "") and r"\{50\%\} \#1" in text
    assert "größe ? ?" in text


def test_words_of_a_tangency() -> None:
    found = catalysis.sign_regions(str(EXAMPLES / "tangency.toml"))
    text = proposition(found)
    is_latex(text)
    assert sum(zero.kind == "tangency" for zero in found.zeros) == text.count("touched from below") > 0


@pytest.mark.parametrize("data", [RARE, IDLE, IRRATIONAL], ids=["rare", "idle", "irrational"])
def test_words_of_hand_made_claims(data: Json) -> None:
    stated = regions_claim(data)
    text = propositions(certificate(data, stated), "0" * 64)
    is_latex(text)
    assert text.count("crossed ") == sum(zero["kind"] == "crossing" for zero in stated["zeros"])


def test_steps_laws_and_near_poles() -> None:
    counted = Dataset.from_arrays([1, 2], counts=[2, 3], name="counted")
    step = catalysis.Step.minibatch(2, replacement=False)
    text = proposition(catalysis.catapult_window(LinearWalk(counted, step)))
    assert "the numbers of items $2$ and $3$" in text and "2 samples drawn without replacement" in text
    many = Dataset.from_arrays(range(1, 20), name="many")
    assert "one of the 19 values of the data set" in proposition(catalysis.catapult_window(many))
    one = Dataset.from_arrays([3], name="one")
    assert "curvature of every sample be $9$" in proposition(catalysis.catapult_window(one))
    near = {"pole": "1/3", "side": "below", "t": "700"}
    zero = {"kind": "crossing", "direction": "down", "lower": {**near, "t": "699.5"}, "upper": near}
    assert claim_words._zero(2, zero) == (
        r"$z_{2} = 1/3 - e^{-t_{2}}$ with $t_{2} \in [699.5,\, 700]$, crossed downwards"
    )


def test_a_single_proposition_names_the_certificate_of_it_alone(tmp_path: Path) -> None:
    result = catalysis.cramer_exponent(TALK, "1.42")
    sha = write_certificate(str(tmp_path / "c.json"), certificate_of(result.walk.dataset, [claim(result)]))
    text = proposition(result)
    is_latex(text)
    assert sha in text.replace(r"\allowbreak ", "") and "Lemmas~E1 and E2 of catalysis" in text
    for other in (
        catalysis.log_drift(TALK, "1.42"),
        catalysis.sign_on_interval(TALK, "1.2", "1.5"),
        catalysis.exponent_rate(TALK, "1.42"),
        catalysis.exponent_band(TALK, "1.3", "1.4"),
        catalysis.hitting_probability(TALK, "1.42", 10),
        catalysis.landing(TALK, "2.3"),
        catalysis.phase(1, "0.1", "2.6"),
        catalysis.phase(1, "0.1", "4.5"),
        catalysis.phase(1, "0.1", "4"),
        catalysis.family_map(catalysis.TwoSampleFamily(None, Fraction(1, 2)), (0, 3), (0, 1), depth=2).boxes[
            0
        ],
    ):
        is_latex(proposition(other))


def test_what_has_no_proposition_says_so() -> None:
    undecided = catalysis.cramer_exponent(TALK, Fraction(269, 169) + Fraction(1, 10**400), max_bits=64)
    assert undecided.verdict.value == "undecided"
    with pytest.raises(InputError, match="result: expected a decided one"):
        proposition(undecided)
    with pytest.raises(InputError, match="result: expected a decided one"):
        proposition("no result")
    with pytest.raises(InputError, match="no proposition is written for claims of the kind law_exponent"):
        proposition(catalysis.law_answer("normal(0, 3/10)", 2, digits=2))


def test_results_of_several_claims_give_a_proposition_each() -> None:
    compared = catalysis.compare_batches(TALK, "1.42", sizes=[1, 2]).proposition()
    is_latex(compared)
    assert compared.count(r"\begin{proposition}") >= 3 and "claim~2 " in compared
    over = catalysis.spike_over(TALK, "1.4", "1.44", 50)
    assert over.proposition() == over.band.proposition()


@pytest.mark.parametrize("factor", [{"factor": 10}, {"floor": "1/2"}])
def test_steps_and_first_passages(factor: Json) -> None:
    if "factor" in factor:
        within = catalysis.spike_within(TALK, "1.42", 10, 9)
        event = r"\text{ for some } t \leq 9)"
    else:
        within = catalysis.spike_length(TALK, "1.42", "1/2", 9)
        event = r"\text{ for all } t \leq 9)"
    text = within.proposition()
    is_latex(text)
    low, high = bracket(text, event)
    assert low <= within.enclosure.lower <= within.enclosure.upper <= high and "S9" in text
    sure = catalysis.first_passage(TALK, "1.7", 10)
    low, high = bracket(sure.proposition(), r"|\mu_0|\}")
    assert sure.enclosure is not None and low <= sure.enclosure.lower <= sure.enclosure.upper <= high
    rare = catalysis.first_passage(TALK, "1.42", 10).proposition()
    assert r"|\mu_0|\} = \infty$" in rare and "S13" in rare


def test_numbers_are_rounded_outwards() -> None:
    third = Fraction(1, 3)
    long = Fraction(1, 3) + Fraction(1, 10**30)
    assert latex.equal(third) == "= 1/3" and latex.equal(long).startswith(r"\approx 0.333333333333")
    assert latex.within(third, third) == "= 1/3"
    low, high = numbers(latex.within(long, long + Fraction(1, 10**5)))
    assert low <= long and high >= long + Fraction(1, 10**5) and high - low < Fraction(2, 10**5)
    assert latex.below(Fraction(3, 10**9)) == r"3 \cdot 10^{-9}"
    assert latex.listed("ab") == "a and b" and latex.listed("a") == "a"


@pytest.mark.slow
def test_certify_prints_the_propositions_as_text_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "o")
    assert main(["certify", TALK, "--latex", "-o", out]) == 0
    text = (tmp_path / "o" / "propositions.tex").read_text()
    assert capsys.readouterr().out.endswith("\n\n" + text)
    document = json.loads((tmp_path / "o" / "certificate.json").read_text())
    assert text == propositions(document, digest_of(document))
    assert main(["certify", TALK, "--latex", "--json", "-o", out]) == 0
    document = json.loads(capsys.readouterr().out)
    assert str(tmp_path / "o" / "propositions.tex") in document["files"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs a LaTeX")
def test_it_compiles(certified: tuple[Json, str], tmp_path: Path) -> None:
    samples = catalysis.load_dataset(TALK).samples
    evil = proposition(catalysis.catapult_window(LinearWalk(Dataset(EVIL, Fraction(1), samples))))
    (tmp_path / "paper.tex").write_text(
        "\\documentclass{article}\n\\usepackage{amsmath, amssymb, amsthm}\n"
        "\\newtheorem{proposition}{Proposition}\n\\begin{document}\n"
        + certified[1]
        + evil
        + "\\end{document}\n",
        encoding="utf-8",
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "paper.tex"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=120
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "paper.pdf").stat().st_size > 10_000


def test_the_ends_of_an_interval_are_not_rounded_past_a_zero() -> None:
    data = str(EXAMPLES / "three-changes.toml")
    first, *_, last = (zero.enclosure(40) for zero in catalysis.sign_regions(data, digits=40).zeros)
    ends = first.lower - Fraction(1, 10**25), last.upper + Fraction(1, 10**25)
    short = [Fraction(round(end * 10**26), 10**26) for end in ends]
    for low, high in (short, [q + Fraction(1, 3 * 10**60) for q in short]):
        text = proposition(catalysis.sign_regions(data, low, high, digits=12))
        assert "exactly 3 zeros" in text
        printed = re.search(r"On \$\((.*?),\\, (.*?)\)\$", text)
        assert printed is not None
        if low in short:
            assert [Fraction(end) for end in printed.groups()] == short
        else:
            assert printed.groups() == ("a", "b") and r"where $a \approx 0.7168" in text
    is_latex(text)


def test_an_interval_that_is_shorter_than_its_rounding() -> None:
    start = Fraction(1, 3)
    stated = {"kind": "sign", "from": str(start), "to": str(start + Fraction(1, 10**70)), "sign": "negative"}
    said = WORDS["sign"](stated).statement
    assert r"$\lambda \in [a, b]$, where $a = 1/3$ and $b \approx 0.333" in said


def test_advice_over_an_interval_is_two_propositions() -> None:
    found = catalysis.advise_over(TALK, "1.9", "2.1", 10**6, 1, "1e-3", tolerance="0.2")
    assert proposition(found).count(r"\begin{proposition}") == 2
