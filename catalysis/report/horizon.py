"""A spike within finitely many steps, for people."""

from __future__ import annotations

from catalysis.choices.question import Outlook
from catalysis.choices.rates_within import AdviceWithin
from catalysis.exact.numbers import decimal_above
from catalysis.exact.result import Enclosure
from catalysis.products.spikes import SpikeBounds, norms
from catalysis.report.frame import Frame
from catalysis.report.tables import both, bracket, short
from catalysis.spikes.horizon import SpikeWithin
from catalysis.spikes.passage import FirstPassage

_LEMMAS = {"stable": "S1", "short": "S9", "counts": "S9", "pair": "S9, S10", "lattice": "S9, S10"}


def within_text(result: SpikeWithin, passage: FirstPassage | None = None) -> list[Frame]:
    """The probability within T steps (or to stay above a level), and when a sure spike comes."""
    place = f"at lambda = {short(result.curvature)}, linear regime"
    if result.factor is None:
        assert result.floor is not None
        event = f"P(|mu_t| >= {short(result.floor)} |mu_0| for all t <= {result.steps})"
    else:
        event = f"P(max |mu_t| >= {short(result.factor)} |mu_0| within {result.steps} steps)"
    lemmas = _LEMMAS.get(result.method, "S9, S11") + (", S12" if _cut(result) else "")
    rows = [("probability", _value(result.enclosure, result.digits), f"proved ({lemmas})")]
    notes = [] if result.shortfall is None else [f"Note: {result.shortfall}."]
    if passage is not None:
        rows.append(("E[first passage]", *_mean(passage)))
        notes += [f"Note on the first passage: {passage.shortfall}."] if passage.shortfall else []
    return [Frame.of(f"{event} {place}", ("", "value", "verdict"), rows, *notes)]


def product_within_text(found: SpikeBounds) -> list[Frame]:
    """A spike of a random product within T steps, from above, in each norm that has a bound."""
    bounds = {norm.name: found.bounds(norm.name).upper for norm in norms(found.walk)}
    rows = [
        (f"in the norm of the {name}", f"at most {decimal_above(value, 10)}", "proved (V11)")
        for name, value in bounds.items()
    ]
    title = f"P(max |e_t| >= {short(found.factor)} |e_0| within {found.steps} steps)"
    return [Frame.of(title, ("", "value", "verdict"), rows)]


def rates_within_text(found: AdviceWithin) -> list[Frame]:
    """The outlook of each set of learning rates within T steps."""
    accepted = short(found.question.probability)
    proved = "proved (A7)" if found.certifiable else "proved by this program, not in the certificate (A7)"
    words = {
        Outlook.RARE: (f"probability at most {accepted}", proved),
        Outlook.LIKELY: (f"probability above {accepted}", proved),
        Outlook.UNDECIDED: ("", "undecided"),
    }
    rows = [(both(c.start), both(c.end), c.outlook.value, *words[c.outlook]) for c in found.cells]
    title = f"A spike to the scale within {found.steps} steps"
    notes = [f"Undecided: {found.reason}."] if found.reason else []
    return [Frame.of(title, ("eta from", "to", "outlook", "", "verdict"), rows, *notes)]


def _cut(result: SpikeWithin) -> bool:
    return result.followed is not None and result.followed.steps < result.steps


def _mean(passage: FirstPassage) -> tuple[str, str]:
    if passage.infinite:
        return "infinite", "proved (S13)"
    if passage.enclosure is None:
        return "not known", f"undecided: {passage.reason}"
    return f"{_value(passage.enclosure, passage.digits)} steps", "proved (S13)"


def _value(found: Enclosure, digits: int) -> str:
    return short(found.lower) if found.lower == found.upper else bracket(found, digits + 3)
