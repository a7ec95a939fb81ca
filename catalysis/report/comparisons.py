"""Comparisons for people: tables with the verdict and the lemma beside every number."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from catalysis.choices.batch_sizes import BatchComparison, BatchLine, BatchRelation
from catalysis.choices.finite_width import FiniteWidthOrders, MapPath
from catalysis.choices.orders import EasyPhase, EpochOrders
from catalysis.exact.result import Enclosure, Verdict
from catalysis.report.tables import bracket, exponent_value, short


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", header_style="", box=None, padding=(0, 2)
    )
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def batches_text(result: BatchComparison) -> RenderableType:
    """theta over batch sizes, then the order of neighbours."""
    with_factor = result.factor is not None
    columns = ["step", "regime", "theta"]
    if result.factor is not None:
        columns.append(f"P(|mu| grows {short(result.factor)}-fold)")
    table = _table(
        f"Batch sizes at lambda = {short(result.curvature)}", *columns, "proved for every larger batch"
    )
    for line in result.lines:
        cells = [line.step.describe(), line.regime or "undecided", exponent_value(line.exponent)]
        if with_factor:
            cells.append(_probability(line))
        table.add_row(*cells, _for_larger(line))
    orders = _table("Is the larger batch safer?", "smaller", "larger", "theta", "verdict")
    for relation in result.relations:
        orders.add_row(
            relation.first.walk.step.describe(), relation.second.walk.step.describe(), *_relation(relation)
        )
    return Group(table, Text(""), orders)


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


def epoch_text(result: EpochOrders) -> RenderableType:
    """One epoch and many of them."""
    table = _table(
        f"Orders of one epoch ({result.items} draws) at constant lambda = {short(result.curvature)}",
        "running maximum of |mu|/|mu_0|",
        "log of it",
        "verdict",
    )
    least = result.to_json()["log_least_maximum"]
    table.add_row("least, in ascending x (easy first)", _pair(least["lower"], least["upper"]), "proved (O1)")
    table.add_row("largest, in descending x", bracket(result.log_largest, 12), "proved (O2)")
    product = "-inf (a factor is 0)" if result.log_product is None else bracket(result.log_product, 12)
    table.add_row("at the end, in every order", product, "proved (O1)")
    words = {
        True: "Reshuffled epochs, however many, never exceed the largest value above: proved (O3). "
        "The polynomial law of spikes belongs to independent draws.",
        False: "|mu| grows without bound under all orders of repeated epochs: proved (O3).",
        None: "The sign of G here is undecided: allow more bits.",
    }[result.bounded]
    return Group(table, Text(words))


def _pair(lower: str, upper: str) -> str:
    return lower if lower == upper else f"[{lower}, {upper}]"


def phase_text(result: EasyPhase) -> RenderableType:
    """An easy phase first."""
    table = _table(
        f"{result.steps} draws of easy samples (r <= 1) first, then all: P(|mu| grows {short(result.factor)}-fold)",
        "",
        "value",
        "verdict",
    )
    table.add_row("without the phase (Lundberg)", _shown(result.without), "proved (A3)")
    table.add_row("both bounds are multiplied by", _shown(result.damping), "proved (O4)")
    verdict = "proved (O4)" if result.verdict is Verdict.PROVED else "undecided"
    table.add_row("with the phase", _shown(result.bounds), verdict)
    return table


def _shown(value: Enclosure | None) -> str:
    return "?" if value is None else bracket(value, 6)


def finite_width_text(result: FiniteWidthOrders) -> RenderableType:
    """Orders along the map at finite width."""
    table = _table(
        f"{result.orders} orders at finite width from kappa = {short(result.kappa)}, L = {short(result.L)}, exactly",
        "order of x",
        "",
        "largest |kappa|",
        "last |kappa|",
        "verdict",
    )
    rows = (
        ("ascending", result.ascending),
        ("descending", result.descending),
        ("best", result.best),
        ("worst", result.worst),
    )
    for name, path in rows:
        table.add_row(", ".join(short(x) for x in path.order), name, *_numbers(path), "exact (O5)")
    good = result.ascending_is_best is Verdict.PROVED
    words = (
        f"Ascending order is {'' if good else 'NOT '}the best here: {'proved' if good else 'refuted'} (O5)."
    )
    return Group(table, Text(words))


def _numbers(path: MapPath) -> tuple[str, str]:
    return short(path.running_maximum), short(abs(path.final_kappa))
