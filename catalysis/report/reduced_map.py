"""A derivation for people: step by step, then the formulas in one table; and as LaTeX."""

from __future__ import annotations

from typing import Any

from catalysis.derivation import ReducedMap
from catalysis.report.derivation import derivation_steps
from catalysis.report.frame import Frame
from catalysis.report.readable import readable

_LEMMAS = {"update": "R1-R4", "canonical": "R6", "diagonal": "R7", "linearised": "R8", "thresholds": "R9"}


def derivation_text(reduced: ReducedMap, fields: dict[str, Any], *, latex: bool = False) -> list[Frame]:
    """The derivation step by step, then the map in a table; `fields` are those of its JSON document."""
    story = [
        Frame(f"{number}. {step.heading}", notes=(step.text, step.latex if latex else readable(step.latex)))
        for number, step in enumerate(derivation_steps(reduced), 1)
    ]
    parts = [
        (form, name, text, lemma)
        for form, lemma in _LEMMAS.items()
        for name, text in (fields[form] or {}).items()
    ]
    parts += [("valid while", name, text, "R5") for name, text in fields["validity"].items()]
    rows = [
        (form, name, text if latex else text.replace("**", "^"), lemma) for form, name, text, lemma in parts
    ]
    return [*story, Frame.of("The map", ("form", "", "formula", "lemma"), rows, _claim(fields))]


def _claim(fields: dict[str, Any]) -> str:
    if not fields["claims"]:
        return "proved for every width by lemmas R1 to R5; no claim is written beyond three inputs"
    return "proved for every width; the claim is checked without sympy by proofs-check (-o DIR writes it)"


def derivation_latex(reduced: ReducedMap) -> str:
    """The steps as paragraphs with displayed formulas."""
    text = "\n\n".join(
        f"\\paragraph{{{step.heading}.}} {step.text}\n\\[\n{step.latex}\n\\]"
        for step in derivation_steps(reduced)
    )
    return text.replace("T S T^t", "$T S T^t$") + "\n"
