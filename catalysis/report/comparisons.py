"""Comparisons for people: tables with the verdict and the lemma beside every number."""

from __future__ import annotations

from catalysis.choices.batch_sizes import BatchComparison, BatchLine, BatchRelation
from catalysis.choices.finite_width import FiniteWidthOrders, MapPath
from catalysis.choices.orders import EasyPhase, EpochOrders
from catalysis.exact.result import Enclosure, Verdict
from catalysis.report.frame import Frame
from catalysis.report.tables import bracket, exponent_value, short


def batches_text(result: BatchComparison) -> list[Frame]:
    """theta over batch sizes, then the order of neighbours."""
    event = [] if result.factor is None else [f"P(|mu| grows {short(result.factor)}-fold)"]
    columns = ("step", "regime", "theta", *event, "proved for every larger batch")
    lines = [
        (
            line.step.describe(),
            line.regime or "undecided",
            exponent_value(line.exponent),
            *([_probability(line)] if event else []),
            _for_larger(line),
        )
        for line in result.lines
    ]
    orders = [
        (relation.first.walk.step.describe(), relation.second.walk.step.describe(), *_relation(relation))
        for relation in result.relations
    ]
    notes = [f"left out: {step.describe()} ({why})" for step, why in result.left_out]
    return [
        Frame.of(f"Batch sizes at lambda = {short(result.curvature)}", columns, lines, *notes),
        Frame.of("Is the larger batch safer?", ("smaller", "larger", "theta", "verdict"), orders),
    ]


def _probability(line: BatchLine) -> str:
    found = None if line.probability is None else line.probability.enclosure
    if found is None or line.probability is None:
        return "?"
    return f"{bracket(found, 4)} ({line.probability.method})"


def _for_larger(line: BatchLine) -> str:
    if line.step.kind == "full_batch":
        return ""
    bound = line.to_json()["every_larger_batch_at_least"]
    if bound is None:
        return "nothing: theta < 1"
    return (
        "stable (B2)"
        if bound == "inf"
        else f"theta >= {exponent_value(line.exponent).split(',')[0].lstrip('[')} (B2)"
    )


def _relation(relation: BatchRelation) -> tuple[str, str]:
    sign, between = relation.order.sign, relation.order.between
    if sign is None:
        known = relation.verdict is Verdict.PROVED
        return ("not smaller", f"proved ({relation.follows_from})") if known else ("?", "undecided")
    if sign == 0:
        return "equal", "proved (E1)"
    words = "larger" if sign > 0 else "SMALLER"
    lemma = f"B4 at {'' if between is None else short(between)}"
    if sign > 0 and relation.follows_from:
        lemma += f", {relation.follows_from}"
    return words, f"{'proved' if sign > 0 else 'refuted'} ({lemma})"


_REPEATED = {
    True: "Reshuffled epochs, however many, never exceed the largest value above: proved (O3). "
    "The polynomial law of spikes belongs to independent draws.",
    False: "|mu| grows without bound under all orders of repeated epochs: proved (O3).",
    None: "The sign of G here is undecided: allow more bits.",
}


def epoch_text(result: EpochOrders) -> list[Frame]:
    """One epoch and many of them."""
    title = f"Orders of one epoch ({result.items} draws) at constant lambda = {short(result.curvature)}"
    least = result.to_json()["log_least_maximum"]
    product = "-inf (a factor is 0)" if result.log_product is None else bracket(result.log_product, 12)
    rows = [
        ("least, in ascending x (easy first)", _pair(least["lower"], least["upper"]), "proved (O1)"),
        ("largest, in descending x", bracket(result.log_largest, 12), "proved (O2)"),
        ("at the end, in every order", product, "proved (O1)"),
    ]
    columns = ("running maximum of |mu|/|mu_0|", "log of it", "verdict")
    return [Frame.of(title, columns, rows, _REPEATED[result.bounded])]


def _pair(lower: str, upper: str) -> str:
    return lower if lower == upper else f"[{lower}, {upper}]"


def phase_text(result: EasyPhase) -> list[Frame]:
    """An easy phase first."""
    title = f"{result.steps} draws of easy samples (r <= 1) first, then all: P(|mu| grows {short(result.factor)}-fold)"
    verdict = "proved (O4)" if result.verdict is Verdict.PROVED else "undecided"
    rows = [
        ("without the phase (Lundberg)", _shown(result.without), "proved (A3)"),
        ("both bounds are multiplied by", _shown(result.damping), "proved (O4)"),
        ("with the phase", _shown(result.bounds), verdict),
    ]
    return [Frame.of(title, ("", "value", "verdict"), rows)]


def _shown(value: Enclosure | None) -> str:
    return "?" if value is None else bracket(value, 6)


def finite_width_text(result: FiniteWidthOrders) -> list[Frame]:
    """Orders along the map at finite width."""
    title = f"{result.orders} orders at finite width from kappa = {short(result.kappa)}, L = {short(result.L)}, exactly"
    paths = {
        "ascending": result.ascending,
        "descending": result.descending,
        "best": result.best,
        "worst": result.worst,
    }
    rows = [
        (", ".join(short(x) for x in path.order), name, *_numbers(path), "exact (O5)")
        for name, path in paths.items()
    ]
    good = result.ascending_is_best is Verdict.PROVED
    words = (
        f"Ascending order is {'' if good else 'NOT '}the best here: {'proved' if good else 'refuted'} (O5)."
    )
    columns = ("order of x", "", "largest |kappa|", "last |kappa|", "verdict")
    return [Frame.of(title, columns, rows, words)]


def _numbers(path: MapPath) -> tuple[str, str]:
    return short(path.running_maximum), short(abs(path.final_kappa))
