"""The first five lines of a report: window, signs, exponent, spikes, and how much of it is proved."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from catalysis.certificate.certify import Certified, NotDone
from catalysis.drift.regions import SignRegions
from catalysis.drift.zeros import Zero
from catalysis.exact.numbers import decimal_below
from catalysis.exponent.exponent import Regime
from catalysis.report.frame import greek
from catalysis.report.regions import zero_text
from catalysis.report.tables import bracket, exponent_value, short

_MOST_PIECES = 3
_DIGITS = 6


def summary_lines(result: Certified, digest: str | None) -> Sequence[str]:
    """Five lines, each with its lemma."""
    lines = (_window(result), _signs(result), _exponent(result), _spike(result), _proved(result, digest))
    return [greek(line) for line in lines]


def _window(result: Certified) -> str:
    limits = result.limits
    return (
        f"Catapult window: lambda between {_both(limits.lambda_crit)} and {_both(limits.lambda_max)}. Up to its lower "
        "end no step enlarges |mu| (exactly, T1)."
    )


def _both(value: Fraction) -> str:
    """An exact number, and about how large it is where that takes a division."""
    text = short(value)
    return f"{text} ({decimal_below(value, 6)}...)" if "/" in text else text


def _signs(result: Certified) -> str:
    regions = result.regions
    if isinstance(regions, NotDone) or not regions.complete:
        return f"Sign regions of the log-drift G: undecided ({regions.reason})."
    count = len(regions.zeros)
    return f"The log-drift G has exactly {count} zero{'s' if count > 1 else ''}; {_positive(regions)} (proved, D1-D3)."


def _positive(regions: SignRegions) -> str:
    """Where G > 0."""
    pieces = [
        f"from {_at(r.start)} on" if r.end is None else f"between {_at(r.start)} and {_at(r.end)}"
        for r in regions.regions
        if r.sign > 0
    ]
    more = len(pieces) - _MOST_PIECES
    shown = pieces if more <= 0 else [*pieces[:_MOST_PIECES], f"on {more} more intervals"]
    return f"G > 0 (inflationary: a spike is certain in the linear regime) for lambda {', '.join(shown)}"


def _at(end: object) -> str:
    if isinstance(end, Zero):
        return _both(end.exact) if end.exact is not None else zero_text(end, _DIGITS + 4)
    return str(end)


def _exponent(result: Certified) -> str:
    last = [e for e in result.exponents if e.regime is Regime.DEFLATIONARY][-1:]
    if not last:
        return "Cramer exponent theta: none of the curvatures looked at is deflationary (E1)."
    (one,) = last
    return f"Cramer exponent: at lambda = {short(one.curvature)} theta lies in {exponent_value(one)} (proved, E2)."


def _spike(result: Certified) -> str:
    last = [spike for spike in result.spikes if spike.enclosure is not None][-1:]
    if not last:
        return "Spikes: no probability was computed; the cells below bound them by the exponent."
    (one,) = last
    assert one.enclosure is not None
    return (
        f"Spikes: at lambda = {short(one.curvature)} |mu| ever grows {short(one.factor)}-fold with a probability in "
        f"{bracket(one.enclosure, _DIGITS)} (linear regime, proved)."
    )


def _proved(result: Certified, digest: str | None) -> str:
    if digest is None:
        return f"{result.summary} No certificate was written."
    return f"{result.summary} The certificate has the SHA-256 digest {digest}."
