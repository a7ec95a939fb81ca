"""One judge for every kind: True, False, or None (not judged) for what an accepted mutant says.

None of them uses `catalysis` or `proofs_check`. Linear claims, spikes, families and reduced maps are judged by their
fields; what is said of choices, phases, width and products is read back from the printed sentence.
"""

import json
import re
from collections.abc import Callable
from fractions import Fraction
from hashlib import sha256
from typing import Any

import mpmath as mp
from kit import sentences
from kit.steps_oracle import claim_is_true

from benchmarks.fire.judges import exponents, families, linear, populations, probability, products
from benchmarks.fire.judges.linear import Answer, strings

Json = Any
exponents.install()
FIELDS: dict[str, Callable[[Json], Answer]] = {
    **dict.fromkeys(linear.JUDGES, linear.judge),
    "spike": probability.judge,
    "spike_grid": probability.judge,
    "spike_within": claim_is_true,
    "first_passage": claim_is_true,
    "family_sign": families.family_sign,
    "reduced_map": families.reduced_map,
}


def spelt_out(statement: str, document: Json) -> str:
    """The words without the marks of rounded ends; numbers named by a fingerprint looked up in the document."""
    words = re.sub(r" \[rounded [^\]]*\]", "", statement)
    named = {_fingerprint(q): str(q) for text in strings(document) if (q := _number(text)) is not None}

    def found(match: re.Match[str]) -> str:
        return named.get(match[1], match[0])

    return re.sub(r"-?[0-9.e-]+\.\.\. \(the rational number with fingerprint ([0-9a-f]{16})\)", found, words)


def _fingerprint(q: Fraction) -> str:
    return sha256(f"{q.numerator:x}/{q.denominator:x}".encode()).hexdigest()[:16]


def _number(text: str) -> Fraction | None:
    try:
        return Fraction(text) if len(text) > 15 else None
    except (ValueError, ZeroDivisionError):
        return None


def key(document: Json, statement: str) -> str:
    """What the judgement depends on: the ground and, where fields are judged, the claim."""
    claim = document["claims"][0]
    ground = document.get("products") if claim["kind"] in products.JUDGES else None
    if claim["kind"] in FIELDS:
        ground = [
            document.get("data"),
            {k: v for k, v in claim.items() if k not in ("proof", "above", "below")},
        ]
    elif claim["kind"] in populations.JUDGES:
        ground = claim
    elif claim["kind"] in products.JUDGES:
        ground = [ground, claim.get("coordinates")]
    return json.dumps([ground, statement])


def judge(document: Json, statement: str) -> tuple[Answer, str]:
    """The judgement, and why if it is not True."""
    kind = document["claims"][0]["kind"]
    if kind in FIELDS:
        return _by_fields(kind, document)
    if "fingerprint" in statement:
        statement = spelt_out(statement, document)
        if "fingerprint" in statement or len(statement) > 8000:
            return None, "numbers too long to be read back"
    else:
        statement = spelt_out(statement, {})
    if kind in products.JUDGES:
        return products.judge(document, statement)
    if kind in populations.JUDGES:
        return populations.judge(document, statement)
    try:
        with mp.workdps(100 if kind == "phase" else 40):
            sentences.JUDGES[kind](statement)
    except AssertionError as error:
        return False, f"the judge of its sentence: {str(error)[:200]}"
    except (ArithmeticError, ValueError, IndexError, KeyError, TypeError) as error:
        return None, f"the judge failed: {type(error).__name__}: {str(error)[:100]}"
    return True, ""


def _by_fields(kind: str, document: Json) -> tuple[Answer, str]:
    try:
        answer = FIELDS[kind](document)
    except (ArithmeticError, ValueError, IndexError, KeyError, TypeError) as error:
        return None, f"the judge failed: {type(error).__name__}: {str(error)[:100]}"
    return answer, "" if answer else "by its fields" if answer is False else "too near or too large to tell"
