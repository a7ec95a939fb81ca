"""A population: the law that fresh samples are drawn from, as a user writes it.

`normal(0, 3/10)` is a law of s (mean and standard deviation), x = s^2; `x ~ exponential(2)` one of x itself;
`9/10 * normal(0, 1) + 1/10 * atom(2)` a mixture; `truncated(normal(0, 1), -2, 2)` a law given that its variable lies
between two numbers.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal, TypeAlias

from catalysis.exact.numbers import DataError, exact_text, parse_rational, shown

Variable: TypeAlias = Literal["s", "x"]

PARAMETERS: dict[str, tuple[str, ...]] = {
    "normal": ("mean", "standard deviation"),
    "uniform": ("lower end", "upper end"),
    "exponential": ("mean",),
    "lognormal": ("mean of the logarithm", "standard deviation of the logarithm"),
    "student": ("degrees of freedom", "scale"),
    "gamma": ("shape", "scale"),
    "chi-square": ("degrees of freedom",),
    "atom": ("value",),
}
"""The laws that are known, and what their parameters are."""

TRUNCATED = "truncated"
KNOWN = (
    ", ".join(f"{kind}({', '.join(names)})" for kind, names in PARAMETERS.items())
    + f", {TRUNCATED}(law, low, high)"
)
_POSITIVE = ("exponential", "lognormal", "gamma", "chi-square")
_OF_X_ALONE = ("gamma", "chi-square")
_OF_S_ALONE = ("normal", "student")
_MOST_PARTS = 50
_TERM = re.compile(r"(?:([^*()]+)\*)?\s*([a-z-]+)\s*\(([^()]*)\)")
_BETWEEN = re.compile(
    rf"((?:[^*()]+\*)?)\s*{TRUNCATED}\s*\(\s*([a-z-]+\s*\([^()]*\))\s*,([^(),]*),([^(),]*)\)"
)


@dataclass(frozen=True)
class Part:
    """One law of a mixture: `weight` of it, a law of `variable`, given that it lies in `between` if that is set.

    Raises DataError for parameters out of range.
    """

    weight: Fraction
    variable: Variable
    kind: str
    parameters: tuple[Fraction, ...]
    between: tuple[Fraction, Fraction] | None = None

    def __post_init__(self) -> None:
        names = PARAMETERS.get(self.kind)
        if names is None:
            raise DataError(f"law: expected one of {KNOWN}, found {shown(self.kind)}")
        if len(self.parameters) != len(names):
            raise DataError(
                f"law {self.kind}: expected {len(names)} parameters ({', '.join(names)}), "
                f"found {len(self.parameters)}"
            )
        if self.kind in (_OF_X_ALONE if self.variable == "s" else _OF_S_ALONE):
            other = "x" if self.variable == "s" else "s"
            raise DataError(f"law {self.kind}: expected a law of {other}: write {other} ~ {self.kind}(...)")
        if not 0 < self.weight <= 1:
            raise DataError(f"law {self.kind}: expected a weight in (0, 1], found {self.weight}")
        self._check_ranges(dict(zip(names, self.parameters, strict=True)))
        if self.between is not None:
            self._check_between(*self.between)

    def _check_ranges(self, named: dict[str, Fraction]) -> None:
        for name, value in named.items():
            if (
                name not in ("mean", "lower end", "upper end", "value", "mean of the logarithm")
                and value <= 0
            ):
                raise DataError(f"law {self.kind}: expected a {name} > 0, found {value}")
        if self.kind == "exponential" and named["mean"] <= 0:
            raise DataError(f"law exponential: expected a mean > 0, found {named['mean']}")
        if self.kind == "uniform":
            low, high = self.parameters
            if low >= high:
                raise DataError(f"law uniform: expected a lower end below the upper one, found {low}, {high}")
        if self.variable == "x" and min(self.parameters[:1]) < 0 and self.kind in ("uniform", "atom"):
            raise DataError(f"law {self.kind}: expected x >= 0, found {self.parameters[0]}")

    def _check_between(self, low: Fraction, high: Fraction) -> None:
        if low >= high:
            raise DataError(
                f"law {TRUNCATED}: expected low < high, found {exact_text(low)}, {exact_text(high)}"
            )
        if self.kind in ("atom", "uniform"):
            raise DataError(f"law {TRUNCATED}: expected a law with a density to cut, found {self.kind}")
        if low < 0 and self.kind in _POSITIVE:
            raise DataError(f"law {TRUNCATED}: expected low >= 0 for {self.kind}, found {exact_text(low)}")

    @property
    def text(self) -> str:
        whole = f"{self.kind}({', '.join(map(exact_text, self.parameters))})"
        return (
            whole
            if self.between is None
            else f"{TRUNCATED}({', '.join([whole, *map(exact_text, self.between)])})"
        )


@dataclass(frozen=True)
class PopulationLaw:
    """A law of s or of x, x = s^2: one part, or a mixture of several, whose weights sum to 1. Raises DataError."""

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.parts) <= _MOST_PARTS:
            raise DataError(f"law: expected 1 to {_MOST_PARTS} parts, found {len(self.parts)}")
        total = sum((part.weight for part in self.parts), Fraction(0))
        if total != 1:
            raise DataError(f"law: expected weights that sum to 1, found {exact_text(total)}")
        if len({part.variable for part in self.parts}) > 1:
            raise DataError("law: expected all parts of the same variable, s or x")
        if all(part.kind == "atom" and part.parameters[0] == 0 for part in self.parts):
            raise DataError("law: expected more than the value 0")

    @property
    def variable(self) -> Variable:
        return self.parts[0].variable

    @property
    def text(self) -> str:
        """As it is written."""
        terms = [p.text if p.weight == 1 else f"{exact_text(p.weight)} * {p.text}" for p in self.parts]
        return f"{self.variable} ~ {' + '.join(terms)}"

    def heading(self) -> dict[str, Any]:
        """How the envelope of a result names this law."""
        digest = hashlib.sha256(self.text.encode()).hexdigest()
        return {"data": {"name": self.text, "sha256": digest}}


def parse_law(text: object) -> PopulationLaw:
    """A law of samples from text.

    Parameters
    ----------
    text : str
        Such as "normal(0, 3/10)" (a law of s) or "x ~ 1/2*uniform(0, 1) + 1/2*atom(2)" (of x = s^2).

    Returns
    -------
    PopulationLaw
        One part, or a mixture whose weights sum to 1.

    Raises
    ------
    DataError
        It says what was expected and which laws are known.

    Examples
    --------
    >>> from catalysis import parse_law
    >>> law = parse_law("x ~ 1/2*uniform(0, 1) + 1/2*atom(2)")
    >>> law.variable, len(law.parts), law.text
    ('x', 2, 'x ~ 0.5 * uniform(0, 1) + 0.5 * atom(2)')
    """
    if not isinstance(text, str):
        raise DataError(f"law: expected text such as 'normal(0, 3/10)', found {shown(text)}")
    if len(text) > 4000:
        raise DataError(f"law: expected at most 4000 characters, found {len(text)}")
    left, tilde, right = text.partition("~")
    variable, body = (left.strip(), right) if tilde else ("s", text)
    if variable not in ("s", "x"):
        raise DataError(f"law: expected s ~ ... or x ~ ..., found {shown(variable)}")
    parts = tuple(_part(term, variable) for term in body.split("+"))  # type: ignore[arg-type]
    return PopulationLaw(parts)


def as_law(law: object) -> PopulationLaw:
    """The law itself, or what `parse_law` makes of text. Raises DataError."""
    return law if isinstance(law, PopulationLaw) else parse_law(law)


def is_law(text: str) -> bool:
    """Whether the text is meant as a law: a known name before a parenthesis."""
    return any(re.search(rf"(^|[\s*~+]){re.escape(kind)}\s*\(", text) for kind in (*PARAMETERS, TRUNCATED))


def _part(term: str, variable: Variable) -> Part:
    """One term of the sum, `weight * law(...)`; `truncated(uniform, ...)` is a uniform law itself."""
    cut = _BETWEEN.fullmatch(term.strip())
    if cut is None:
        return _whole(term, variable)
    weight, law, *ends = cut.groups()
    low, high = (parse_rational(end, what=f"law {TRUNCATED}") for end in ends)
    part = _whole(weight + law, variable)
    if part.kind == "uniform" and low < high:
        a, b = max(part.parameters[0], low), min(part.parameters[1], high)
        if a >= b:
            raise DataError(f"law {TRUNCATED}: expected an interval that meets {part.text}")
        return replace(part, parameters=(a, b))
    return replace(part, between=(low, high))


def _whole(term: str, variable: Variable) -> Part:
    match = _TERM.fullmatch(term.strip())
    if match is None:
        raise DataError(f"law: expected one of {KNOWN}, found {shown(term.strip())}")
    weight, kind, inside = match.groups()
    values = tuple(parse_rational(v, what=f"law {kind}") for v in inside.split(",")) if inside.strip() else ()
    if kind == "student" and len(values) == 1:
        values = (*values, Fraction(1))
    return Part(
        Fraction(1) if weight is None else parse_rational(weight, what="weight"), variable, kind, values
    )
