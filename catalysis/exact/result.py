"""What every public function returns: verdicts, enclosures, and the one protocol of results.

A result is a small frozen object that says what was asked, what is known and with which verdict; where it is undecided,
or less sharp than asked, it says which limit was reached and what would decide more.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from typing import Any, Protocol

from catalysis import for_results
from catalysis.exact.numbers import decimal, decimal_above, decimal_below, exact_text

Progress = Callable[[int, int], None]
"""What long work calls as it goes on: steps done, steps in all."""

JSON_FORMAT = 1
"""The version of the envelope around every JSON document; docs/json.md describes it."""

_SHOWN_ENTRIES = 20
_SHOWN_CHARACTERS = 160
_LATEX_CHARACTERS = 20


class Verdict(enum.Enum):
    """What is known of a claim. `MEASURED` numbers come from a simulation or a fit: nothing is proved of them."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    MEASURED = "measured"


@dataclass(frozen=True)
class Enclosure:
    """A real number known to lie in `[lower, upper]`.

    Parameters
    ----------
    lower, upper : Fraction
        The ends, exact, lower <= upper.

    Raises
    ------
    ValueError
        Unless lower <= upper.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from catalysis import Enclosure
    >>> found = Enclosure(Fraction(1, 3), Fraction(2, 5))
    >>> found.decimals(2), str(found.width), Fraction(1, 2) in found
    (('0.33', '0.4'), '1/15', False)
    """

    lower: Fraction
    upper: Fraction

    def __post_init__(self) -> None:
        if self.lower > self.upper:
            raise ValueError("an enclosure needs lower <= upper")

    @property
    def width(self) -> Fraction:
        """upper - lower."""
        return self.upper - self.lower

    @property
    def midpoint(self) -> Fraction:
        """The middle, exactly."""
        return (self.lower + self.upper) / 2

    def __contains__(self, value: Fraction) -> bool:
        return self.lower <= value <= self.upper

    def __repr__(self) -> str:
        lower, upper = self.decimals()
        return f"[{lower}, {upper}]"

    def __float__(self) -> float:
        """The double nearest to the midpoint: the width is dropped, so never for proving."""
        return float(self.midpoint)

    def decimals(self, digits: int = 20) -> tuple[str, str]:
        """Decimal strings rounded outwards, `digits` significant digits (exact ones stay shorter)."""
        return decimal_below(self.lower, digits), decimal_above(self.upper, digits)

    def to_json(self, digits: int = 20) -> dict[str, str]:
        """Lower and upper end as decimal strings, rounded outwards."""
        lower, upper = self.decimals(digits)
        return {"lower": lower, "upper": upper}


class Source(Protocol):
    """What a question was asked of: a data set, or a walk on one."""

    def heading(self) -> dict[str, Any]:
        """The keys `data`, `eta` and `step` of the envelope, as far as they apply."""


class Result:
    """The protocol of results: a subclass is a frozen dataclass (`repr=False`) that gives `verdict` and `fields`.

    `fields()` is the JSON-ready content: what was asked, the verdict, the values (None where undecided), and `reason`
    or `shortfall` where there is one. `number` is the answer where it is one number.
    """

    @property
    def verdict(self) -> Verdict:
        """What is known of what was asked."""
        raise NotImplementedError

    def fields(self) -> dict[str, Any]:
        """The content of the JSON document, without the envelope."""
        raise NotImplementedError

    @property
    def source(self) -> Source | None:
        """The walk or the data set that was asked about, if any."""
        found: Source | None = getattr(self, "walk", None) or getattr(self, "dataset", None)
        return found

    @property
    def number(self) -> Enclosure | Fraction | float | None:
        """The answer, where it is one number: an enclosure, an exact number, or infinity."""
        return None

    @property
    def formula(self) -> str | None:
        """LaTeX for what `number` is a number of."""
        return None

    def to_json(self) -> dict[str, Any]:
        """The JSON document of this result: its `fields` in the envelope (docs/json.md)."""
        return envelope(type(self).__name__, self.source, self.fields())

    def plot(self, size: str = "page") -> Any:
        """The picture of this result, with its caption: `.figure` is matplotlib's, `.save(name)` writes it.

        `size`: as wide as a `page` or a `column` of a paper. Raises InputError where there is no picture of it.
        """
        return for_results("plot")(self, size)

    def to_frame(self, part: str | None = None) -> Any:
        """The fields as a pandas DataFrame in doubles, bounds rounded outwards; never for proving.

        `part`: which list of the fields makes the rows; without one the first list of entries, else one row in all.
        Raises InputError where pandas is missing, or there is no such list.
        """
        return for_results("to_frame")(self, part)

    def proposition(self) -> str:
        """This result as a LaTeX proposition with hypotheses, lemmas and the digest of its certificate.

        Raises InputError if it is undecided, or of a kind for which no words are written.
        """
        found: str = for_results("proposition")(self)
        return found

    def __float__(self) -> float:
        """The double nearest to the number (of an enclosure: to its midpoint): never for proving."""
        if self.number is None:
            raise TypeError(f"{type(self).__name__} is not one number, or not decided: look at its fields")
        return float(self.number)

    def __repr__(self) -> str:
        parts = [f"{key}={_brief(value)}" for key, value in self.fields().items() if key not in _APART]
        text = ", ".join(parts)
        if len(text) > _SHOWN_CHARACTERS:
            text = text[: _SHOWN_CHARACTERS - 3] + "..."
        return f"{type(self).__name__}({text}{', ' if text else ''}{self.verdict.value})"

    def __str__(self) -> str:
        rows = list(_rows(self.to_json()))
        wide = max(len(key) for key, _ in rows)
        return "\n".join(f"{key.ljust(wide)}  {value}" for key, value in rows)

    def _repr_html_(self) -> str:
        cells = (
            f"<tr><th style='text-align:left'>{escape(k)}</th><td style='text-align:left'>{escape(v)}</td></tr>"
            for k, v in _rows(self.to_json())
        )
        return f"<table>{''.join(cells)}</table>"

    def _repr_latex_(self) -> str | None:
        """The statement in LaTeX, where the answer is one number."""
        value, name = self.number, self.formula
        if value is None or name is None:
            return None
        if isinstance(value, Enclosure):
            lower, upper = value.decimals(15)
            return f"${name} \\in [{latex_decimal(lower)}, {latex_decimal(upper)}]$"
        return f"${name} = {latex_decimal(str(value))}$"


_APART = ("verdict", "reason", "shortfall")


def envelope(name: str, source: Source | None, fields: Mapping[str, Any]) -> dict[str, Any]:
    """One JSON document: program, format, what kind of result, the data with its digest, and the fields."""
    from catalysis import __version__

    heading = {} if source is None else source.heading()
    return {"program": f"catalysis {__version__}", "format": JSON_FORMAT, "result": name, **heading, **fields}


def _rows(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A document as the lines of a table: a list as one line an entry, to a screenful."""
    for key, value in document.items():
        if key in ("program", "format", "result") or (value is None and key in _APART):
            continue
        if isinstance(value, list) and value:
            for i, entry in enumerate(value[:_SHOWN_ENTRIES]):
                yield f"{key}[{i}]", _brief(entry)
            if len(value) > _SHOWN_ENTRIES:
                yield key, f"... {len(value)} in all"
        else:
            yield key, _brief(value)


def _brief(value: Any) -> str:
    """A JSON value in few words."""
    if isinstance(value, Mapping):
        if value.keys() == {"lower", "upper"}:
            return f"[{value['lower']}, {value['upper']}]"
        return ", ".join(f"{key} {_brief(entry)}" for key, entry in value.items())
    if isinstance(value, list):
        return (
            f"{len(value)} entries"
            if len(value) > 3 or any(isinstance(v, Mapping) for v in value)
            else str(value)
        )
    if value is None:
        return "not known"
    return str(value).lower() if isinstance(value, bool) else str(value)


def latex(value: Fraction) -> str:
    """A number inside a formula: exact where short, as the fractions behind floats are not."""
    text = exact_text(value)
    return text if len(text) <= _LATEX_CHARACTERS else f"{{\\approx}} {latex_decimal(decimal(value))}"


def latex_decimal(number: str) -> str:
    """A decimal as LaTeX writes it."""
    if number in ("inf", "-inf"):
        return number.replace("inf", "\\infty")
    mantissa, e, exponent = number.lower().partition("e")
    return f"{mantissa} \\cdot 10^{{{exponent}}}" if e else number
