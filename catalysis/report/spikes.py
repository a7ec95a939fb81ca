"""Spike probabilities for people."""

from __future__ import annotations

from collections.abc import Sequence

from catalysis.exact.result import Enclosure
from catalysis.exponent.exponent import Regime
from catalysis.report.frame import Frame
from catalysis.report.tables import bracket, short
from catalysis.spikes.interval import SpikeOverInterval
from catalysis.spikes.limits import SpikeConstant, WidthLaw, span_text
from catalysis.spikes.probability import HittingProbability

_LEMMAS = {
    "stable": "S1",
    "certain": "S2",
    "lundberg": "S3",
    "lattice": "S8",
    "counts": "S4",
    "grid": "SG1 to SG5",
    "pieces": "SG1, SG6 to SG9",
    "none": "",
}


def spike_text(
    result: HittingProbability, constant: SpikeConstant, law: WidthLaw | None = None
) -> list[Frame]:
    """The probability between its bounds, with the Lundberg bounds, the exponent and the constant."""
    digits = result.bounds.digits + 3
    rows = [("probability", _value(result.enclosure, digits), _verdict(result))]
    if result.finer is not None:
        lemma = _LEMMAS[result.bounds.method]
        words = f"proved by this program ({lemma}), not in the certificate"
        rows.append(("finer", _value(result.finer, digits), words))
    notes = []
    if result.reason is not None:
        notes.append(f"Undecided: {result.reason}.")
    if result.shortfall is not None:
        notes.append(f"Fewer than {result.bounds.digits} digits: {result.shortfall}.")
    if result.regime is Regime.DEFLATIONARY:
        rows += _deflationary_rows(result, constant, law, digits)
        notes.append(_limit_words(constant))
    return [Frame.of(_event(result, law), ("", "value", "verdict"), rows, *notes)]


def at_once_text(law: WidthLaw) -> list[Frame]:
    """The probability where the start is at the level."""
    place = f"P({_width_event(law)}) at lambda = {short(law.curvature)}, linear regime"
    row = ("probability", "1", "proved (exactly, A1)")
    return [Frame.of(place, ("", "value", "verdict"), [row], "The start itself is at the level.")]


def _deflationary_rows(
    result: HittingProbability, constant: SpikeConstant, law: WidthLaw | None, digits: int
) -> list[tuple[str, str, str]]:
    rows = [
        ("Lundberg bounds", _value(result.lundberg, 8), "proved (S3)"),
        ("exponent theta", _value(result.exponent.enclosure, 15), "proved (E2)"),
        ("C(K) = P K^theta", _value(constant.enclosure, digits), "proved (S6)"),
    ]
    if law is not None:
        rows.append(("A = P (n/eta)^(theta/2)", _value(law.constant, digits), "proved (S7)"))
    return rows


def spikes_text(results: Sequence[HittingProbability]) -> list[Frame]:
    """Several probabilities of one event, one line each; nothing where there are none."""
    if not results:
        return []
    title = f"P(sup |mu_t| >= {short(results[0].factor)} |mu_0|), linear regime"
    columns = ("lambda", "probability", "Lundberg bounds", "verdict")
    return [Frame.of(title, columns, map(spike_cells, results))]


def spike_cells(result: HittingProbability) -> tuple[str, str, str, str]:
    """Curvature, probability, Lundberg bounds and the lemma: a proved bracket, of as many digits as it has."""
    proved = "undecided" if result.enclosure is None else f"proved ({_LEMMAS[result.method]})"
    values = _value(result.enclosure, result.bounds.digits + 3), _value(result.lundberg, 5)
    return (short(result.curvature), *values, proved)


def _event(result: HittingProbability, law: WidthLaw | None) -> str:
    place = f"at lambda = {short(result.curvature)} ({result.regime.value}), linear regime"
    if law is not None:
        event = _width_event(law)
    elif result.squared:
        event = f"sup |mu_t|^2 >= {short(result.factor)} |mu_0|^2"
    else:
        event = f"sup |mu_t| >= {short(result.factor)} |mu_0|"
    return f"P({event}) {place}"


def _width_event(law: WidthLaw) -> str:
    level = "" if law.scale == 1 else f"{short(law.scale)} "
    return f"sup |mu_t| >= {level}sqrt(n/eta), n = {short(law.width)}, mu_0 = {short(law.mu0)}"


def _value(enclosure: Enclosure | None, digits: int) -> str:
    return "?" if enclosure is None else bracket(enclosure, digits)


def _verdict(result: HittingProbability) -> str:
    if result.enclosure is None:
        return "undecided"
    exact = {"stable": "exactly, ", "certain": "exactly, "}.get(result.method, "")
    return f"proved ({exact}{_LEMMAS[result.method]})"


def _limit_words(constant: SpikeConstant) -> str:
    if constant.lattice is None:
        return "No lattice: C(K) tends to a limit as K grows (S6)."
    return (
        f"Lattice: every factor is a power of {span_text(constant.lattice)}, so C(K) oscillates in log K for ever "
        "and has no limit (S6)."
    )


def interval_text(result: SpikeOverInterval) -> list[Frame]:
    """The probability over an interval of curvatures, and the exponent that it rests on."""
    low, high = ("inf" if end is None else short(end) for end in result.exponent)
    proved = "undecided" if result.reason else "proved (S20), not in the certificate"
    rows = [
        ("probability", _value(result.enclosure, 6), proved),
        ("exponent theta", low if low == high else f"[{low}, {high}]", "proved (E3, E4)"),
    ]
    notes = [] if result.reason is None else [f"Undecided: {result.reason}."]
    title = (
        f"P(sup |mu_t| >= {short(result.factor)} |mu_0|) for every lambda in [{short(result.start)}, "
        f"{short(result.end)}], linear regime"
    )
    return [Frame.of(title, ("", "value", "verdict"), rows, *notes)]
