"""Finite-width bounds for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalysis.report.frame import Frame
from catalysis.report.tables import bracket, short

if TYPE_CHECKING:
    from fractions import Fraction

    from catalysis.nonlinear.bounds import LowerBound, UpperBound
    from catalysis.nonlinear.loss import CurvatureReduction
    from catalysis.nonlinear.spike import WidthSpike

_LEMMAS = {
    "stable": "no step lets |kappa| grow (W1)",
    "barrier": "kappa^2 + Phi(L) never increases (W12)",
    "theorem": "|kappa|^theta is a supermartingale (W2)",
    "closed form": "a walk of extreme factors (W3, W4)",
    "table": "table over cells of (kappa, L) (W5 to W8, W11)",
    "reached": "the start is at the level",
    "trivial": "nothing proved",
}


def by(bound: LowerBound | UpperBound) -> str:
    """The tool behind a bound, in words."""
    if bound.words is not None:
        return f"words in {bound.words.boxes} boxes ({', '.join(_of_words(bound))})"
    words = _LEMMAS[bound.method]
    if bound.table is not None:
        grid = bound.table.grid
        words += f", {grid.rows} x {grid.columns} cells"
    return words


def _of_words(bound: LowerBound | UpperBound) -> tuple[str, ...]:
    """The lemmas; the upper bound needs an exponent for what no box holds."""
    from catalysis.nonlinear.bounds import LowerBound

    if isinstance(bound, LowerBound) or bound.words is None or bound.words.tail.exponent is None:
        return ("W14",)
    return ("W14", "W15") if bound.words.tail.slabs else ("W2", "W14", "W15")


def decimal(value: Fraction, up: bool) -> str:
    """Six digits, rounded outwards."""
    from catalysis.exact.numbers import decimal_above, decimal_below

    return decimal_above(value, 6) if up else decimal_below(value, 6)


def _finer(bound: LowerBound | UpperBound) -> str:
    from catalysis.nonlinear.spike import NOT_CARRIED

    return f"{NOT_CARRIED}: {by(bound)}"


def spike_table(result: WidthSpike) -> list[Frame]:
    """Both bounds with the tool that gave each, and the linear regime beside them."""
    title = (
        f"P(|kappa| reaches {short(result.kappa)}) at width {short(result.width)}, mu_0 = {short(result.mu0)}"
    )
    rows = [
        ("at least", decimal(result.lower.value, False), by(result.lower)),
        ("at most", decimal(result.upper.value, True), by(result.upper)),
    ]
    if result.finer is not None:
        rows += [
            ("finer, at least", decimal(result.finer_lower.value, False), _finer(result.finer_lower)),
            ("finer, at most", decimal(result.finer_upper.value, True), _finer(result.finer_upper)),
        ]
    if result.linear is not None:
        rows.append(("linear regime", bracket(result.linear, 6), "for comparison (docs/spikes.md)"))
    return [Frame.of(title, ("", "bound", "proved by"), rows, _verdict(result))]


def _verdict(result: WidthSpike) -> str:
    words = f"verdict: {result.verdict.value}"
    words += "" if result.ratio is None else f"; at most / at least = {result.ratio:.3g}"
    if result.limited_by:
        words += f"; {result.limited_by}"
    return words


def reduction_table(result: CurvatureReduction) -> list[Frame]:
    """The two ways out of a sharp minimum, side by side."""
    title = f"How L falls from {short(result.L0)} below {short(result.L1)}"
    by_spike, quiet = result.spike, result.quiet
    idle = " with x > 0" if result.walk.law.idle else ""
    lemmas = "W3, W7" if by_spike.reach.words is None else "W14"
    rows = [
        (
            f"after a spike |kappa| >= {short(by_spike.level)}",
            f"at least {decimal(by_spike.value, False)}",
            f"reaching it ({lemmas}), then {by_spike.steps} steps{idle} (W9)",
        ),
        (
            f"with |kappa| <= {short(quiet.level)} throughout",
            f"at most {decimal(quiet.value, True)}",
            "exponential supermartingale (W10)",
        ),
    ]
    verdict = f"verdict: {result.verdict.value}. {result.conclusion}"
    return [Frame.of(title, ("way", "probability", "proved by"), rows, verdict)]
