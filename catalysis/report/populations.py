"""Populations and tails for people."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from catalysis.exact.numbers import decimal_above, decimal_below
from catalysis.exact.result import Enclosure
from catalysis.exponent.solve import Regime
from catalysis.populations.answer import LawAnswer
from catalysis.populations.tails import TailAnswer, words
from catalysis.populations.threshold import LawThresholds
from catalysis.report.frame import Frame
from catalysis.report.tables import bracket, short

_MEANINGS = {
    Regime.STABLE: "no step enlarges the error",
    Regime.DEFLATIONARY: "the error dies out, but spikes of any height happen",
    Regime.INFLATIONARY: "the error grows almost surely",
    Regime.UNDECIDED: "the sign of the drift is not proved",
}
CARRIED_BY_ARB = "proved by Arb alone, not in the certificate"


def law_text(found: LawAnswer, carried: Collection[str] = ()) -> list[Frame]:
    """Regime, drift and theta at one learning rate; `carried` are the claims that a certificate holds."""
    proved = f"proved ({moment_lemmas(found)})"
    alone = f"{proved}; {CARRIED_BY_ARB}"
    regime = proved if {"law_exponent", "isotropic_exponent"} & set(carried) else alone
    zero_or_inf = found.theta is None and bool(carried)
    theta = proved if "law_exponent" in carried or zero_or_inf else alone
    drift = proved if "law_drift" in carried else alone
    if found.regime is Regime.UNDECIDED:
        regime = theta = "undecided"
    rows = [
        ("regime", found.regime.value, regime),
        _drift_row(found, drift),
        ("exponent theta", _theta(found), theta),
    ]
    title = f"{found.population.text()}, eta = {short(found.eta)}, lambda = {short(found.curvature)}"
    notes = [f"{found.regime.value}: {_MEANINGS[found.regime]}."]
    if found.reason is not None:
        notes.append(f"Undecided: {found.reason}.")
    if found.shortfall is not None:
        notes.append(f"Shortfall: {found.shortfall}.")
    return [Frame.of(title, ("", "value", "verdict"), rows, *notes)]


def _drift_row(found: LawAnswer, verdict: str) -> tuple[str, str, str]:
    name = "drift E log R"
    if found.drift.lower is None:
        return name, "-inf", "exact (P1): a step makes the error 0 with a positive chance"
    return name, _pair(found.drift.lower, found.drift.upper, found.digits + 2), verdict


def moment_lemmas(found: LawAnswer) -> str:
    """Which lemmas of docs/laws.md enclose the moments."""
    if found.regime is Regime.STABLE:
        return "P1"
    if found.population.dimension > 1:
        return "P1, P5, P6"
    if any(part.between for part in found.population.law.parts):
        return "P1, P3, P4, P12"
    kinds = {(part.kind, part.variable) for part in found.population.law.parts}
    by_arb = {("exponential", "s"), ("lognormal", "s"), ("lognormal", "x")}
    centred = found.population.deviation is not None
    if kinds & by_arb or (any(kind == "normal" for kind, _ in kinds) and not centred):
        return "P1, P3, P4"
    return "P1, P3"


def thresholds_text(found: LawThresholds, carried: Collection[str] = ()) -> list[Frame]:
    """The learning rates at which something changes; `carried` are the claims that a certificate holds."""
    proved = "proved (P1)" if "law_drift" in carried else f"proved (P1); {CARRIED_BY_ARB}"
    mean = "?" if found.mean_square is None else short(found.mean_square)
    zero = "?" if found.zero is None else bracket(found.zero, found.digits + 3)
    rows = [
        ("no step enlarges the error up to", short(found.stable_up_to), "exact (P1)"),
        ("mean square falls up to (theta = 2)", mean, "exact (P1)" if found.mean_square else "not known"),
        (
            "the drift turns positive at",
            zero,
            "undecided" if found.zero is None else proved,
        ),
    ]
    notes = []
    if found.stable_up_to == 0:
        notes.append(
            "The law is unbounded: some steps enlarge the error at every learning rate, none is stable."
        )
    if found.unique:
        notes.append("The drift changes sign once, and theta falls as the learning rate grows (P2).")
    elif found.zero is not None:
        notes.append("Between the ends the drift changes sign; that it does so nowhere else is not proved.")
    title = f"{found.population.text()}, lambda = {short(found.curvature)}"
    return [Frame.of(title, ("", "eta", "verdict"), rows, *notes)]


def tail_text(found: TailAnswer) -> list[Frame]:
    """Whether there is a stationary law, its tail, and on which hypotheses that rests."""
    stationary = {True: "there is one", False: "there is none", None: "?"}[found.stationary]
    decided = found.stationary is not None
    rows = [("stationary law", stationary, "proved (P7)" if decided else "undecided")]
    if found.tail is not None:
        low, high = found.tail
        value = "inf" if low is None else _pair(low, high, found.digits + 2)
        rows.append(("tail index", value, "proved (P8)"))
    title = f"SGD with noise, eta = {short(found.eta)}, lambda = {short(found.curvature)}"
    hypotheses = [(one.text, one.status) for one in found.hypotheses]
    return [
        Frame.of(title, ("", "value", "verdict"), rows, *words(found)),
        Frame.of("Hypotheses", ("", "status"), hypotheses),
    ]


def _theta(found: LawAnswer) -> str:
    if found.theta is None:
        return "?" if found.number is None else str(found.number)
    return _pair(found.theta.lower, found.theta.upper, found.digits + 2)


def _pair(lower: Fraction | None, upper: Fraction | None, digits: int) -> str:
    if lower is not None and upper is not None:
        return bracket(Enclosure(lower, upper), digits)
    low = "?" if lower is None else decimal_below(lower, digits)
    return f"[{low}, {'?' if upper is None else decimal_above(upper, digits)}]"
