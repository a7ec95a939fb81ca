"""Text and numbers as LaTeX writes them: nothing in a name is read as a command, and numbers are rounded outwards."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from catalysis.exact.numbers import decimal_above, decimal_below, exact_text
from catalysis.exact.result import latex_decimal

DIGITS = 12
_MOST_DIGITS = 20
_LONGEST_EXACT = 24
_LONGEST_EQUAL = 60
_LAST_LETTER = "\u017f"
"""Beyond Latin letters pdflatex knows none without packages."""

_MARKS = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
        "&": r"\&",
        "%": r"\%",
        "#": r"\#",
        "_": r"\_",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
    }
)


def escaped(text: str) -> str:
    """Text with every mark that LaTeX would read as a command written out."""
    return text.translate(_MARKS)


def name(text: str) -> str:
    """A name in typewriter, for any LaTeX: letters that it may not know become `?`."""
    plain = "".join(c if " " <= c <= "~" or "\xa1" <= c <= _LAST_LETTER else "?" for c in text)
    letters = escaped(plain).replace(r"\textquotedbl{}", "''").replace("-", "{-}").replace("`", "{`}")
    return rf"\texttt{{{letters}}}"


def digest(text: str) -> str:
    """A long hexadecimal number that may be broken between lines."""
    parts = [text[at : at + 8] for at in range(0, len(text), 8)]
    broken = r"\allowbreak ".join(parts)
    return rf"\texttt{{{broken}}}"


def equal(value: Fraction) -> str:
    """`= value`, or `\\approx` where it is too long to print: then the certificate has it exactly."""
    text = exact_text(value)
    if len(text) <= _LONGEST_EQUAL:
        return f"= {latex_decimal(text)}"
    return rf"\approx {latex_decimal(decimal_below(value, DIGITS))}"


def _short(value: Fraction) -> str | None:
    """The number itself, if it is short and no row of zeros."""
    text = exact_text(value)
    return None if len(text) > _LONGEST_EXACT or text.lstrip("-").startswith("0.0000") else text


def below(value: Fraction, digits: int = DIGITS) -> str:
    """The number, or a short one below it."""
    return latex_decimal(_short(value) or decimal_below(value, digits))


def above(value: Fraction, digits: int = DIGITS) -> str:
    """The number, or a short one above it."""
    return latex_decimal(_short(value) or decimal_above(value, digits))


def within(lower: Fraction, upper: Fraction) -> str:
    """`\\in [lower, upper]`, rounded outwards with enough digits to see the width; `=` where both are one."""
    if lower == upper and len(exact_text(lower)) <= _LONGEST_EQUAL:
        return equal(lower)
    digits = max(DIGITS, _places(lower, upper))
    return rf"\in [{below(lower, digits)},\, {above(upper, digits)}]"


def listed(parts: Iterable[str]) -> str:
    """`a, b and c`."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def _places(lower: Fraction, upper: Fraction) -> int:
    """So many significant digits tell the ends apart, up to twenty."""
    size, width = max(abs(lower), abs(upper)), upper - lower
    if not width or not size:
        return DIGITS
    ratio = size / width
    return min(_MOST_DIGITS, len(str(ratio.numerator // ratio.denominator)) + 2)
