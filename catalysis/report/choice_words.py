"""What the claims on learning rates, batch sizes and orders say, in LaTeX (docs/advice.md, docs/comparisons.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from catalysis.certificate.document import Claim
from catalysis.report.latex import above, below, equal, listed, within
from catalysis.report.said import Said, exactly, rational, step_lemmas

EXPONENT = r"\theta(\lambda) = \sup\{\theta \geq 0 : \mathbb{E} |1 - \lambda \eta x|^\theta \leq 1\}"
_CONSTANT = r"let $\mu_{t+1} = (1 - \lambda \eta x_t)\, \mu_t$, $\mu_0 \neq 0$"
_MOST_ROWS = 24
_LIKELY = "likely"
_ROWS = {
    "stable": r"$P(\eta) = 0$",
    "rare": r"$P(\eta) \leq p$",
    _LIKELY: r"$P(\eta) > p$",
    "inflationary": r"$P(\eta) = 1$",
}


def _advice(stated: Claim) -> Said:
    return Said(
        "Learning rates",
        _table(stated),
        tuple(_advice_lemmas(stated["cells"])),
        _premise(stated),
        any_rate=True,
    )


def _advice_within(stated: Claim) -> Said:
    steps, title = stated["steps"], "Learning rates within some steps"
    lemmas = {lemma for cell in stated["cells"] for lemma in step_lemmas(cell["proof"], steps)}
    premise = _premise(stated, rf"t \leq {steps}")
    return Said(title, _table(stated), ("A7", *sorted(lemmas)), premise, any_rate=True)


def _table(stated: Claim) -> str:
    """The intervals of learning rates and what holds there."""
    rows = list(_rates(stated["cells"]))
    lines = " \\\\\n".join(
        f"${above(a)} < \\eta < {below(b)}$ & {_ROWS[name]}" for name, a, b in rows[:_MOST_ROWS]
    )
    more = f" The certificate has {len(rows) - _MOST_ROWS} more intervals." if len(rows) > _MOST_ROWS else ""
    return f"Then\n\\begin{{center}}\\begin{{tabular}}{{ll}}\n{lines}\n\\end{{tabular}}\\end{{center}}\n{more}".strip()


def _premise(stated: Claim, time: str = "t") -> str:
    size, mu = exactly(rational(stated["width"])), exactly(abs(rational(stated["mu0"])))
    scale = rational(stated["scale"])
    factor = "" if scale == 1 else rf"{exactly(scale)}\, "
    return (
        rf"For every $\eta > 0$ let $\mu_{{t+1}} = (1 - \lambda_0 \eta x_t)\, \mu_t$ with "
        rf"$\lambda_0 {equal(rational(stated['lambda0']))}$, $|\mu_0| = {mu}$, and $P(\eta)$ the probability that "
        rf"$|\mu_t| \geq {factor}\sqrt{{n/\eta}}$ for some ${time}$, $n = {size}$. "
        rf"Let $p {equal(rational(stated['probability']))}$."
    )


def _rates(cells: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Fraction, Fraction]]:
    """Neighbouring cells that say the same as one interval; without its ends, all that is said is true of it."""
    last: tuple[str, Fraction, Fraction] | None = None
    for cell in cells:
        name = cell["regime"]
        if name not in _ROWS:
            continue
        start, end = rational(cell["from"]), rational(cell["to"])
        if last is not None and last[0] == name and last[2] == start:
            last = name, last[1], end
            continue
        if last is not None:
            yield last
        last = name, start, end
    if last is not None:
        yield last


def _advice_lemmas(cells: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    names = {cell["regime"] for cell in cells}
    by_exponent, by_walk = (any(key in cell for cell in cells) for key in ("exponent", "walk"))
    at_once = any(cell["regime"] == _LIKELY and not {"walk", "exponent"} & cell.keys() for cell in cells)
    kinds = {
        ("A1",): at_once,
        ("A2",): "stable" in names,
        ("A4",): by_exponent or "inflationary" in names,
        ("A5",): by_walk,
        ("A6", "T1"): True,
        ("D4",): "inflationary" in names,
        ("E1", "E2", "S3", "S4"): by_walk,
        ("E3", "E4"): by_exponent,
    }
    found = dict.fromkeys(code for codes, used in kinds.items() if used for code in codes)
    yield from sorted(found, key=lambda code: (code[0], int(code[1:])))


def _batch_bound(stated: Claim) -> Said:
    text = (
        rf"At $\lambda {equal(rational(stated['lambda']))}$ the exponent ${EXPONENT}$ is at least "
        rf"${exactly(rational(stated['exponent']))}$ for this step, for every larger batch drawn in the same "
        rf"way, and for "
        "full batch."
    )
    return Said("Exponents of larger batches", text, ("B1", "B2", "E2"))


def _batch_order(stated: Claim) -> Said:
    t = exactly(rational(stated["between"]))
    premise = rf"For each kind of step let $x$ be the curvature that it draws, and ${EXPONENT}$."
    text = (
        rf"At $\lambda {equal(rational(stated['lambda']))}$ the exponent of {_step(stated['lower'])} is below ${t}$, "
        rf"that of {_step(stated['higher'])} is at least ${t}$."
    )
    return Said("Exponents of two kinds of step", text, ("B4", "E2"), premise, of_data=True, own_draws=True)


def _step(step: Mapping[str, Any]) -> str:
    kind = step["kind"]
    if kind == "single":
        return "single samples"
    if kind == "full_batch":
        return "full batch"
    return f"batches of {step['size']} samples {'with' if step['replacement'] else 'without'} replacement"


def _order_bound(stated: Claim) -> Said:
    product = stated["log_product"]
    dead = product == "-inf"
    whole = "0" if dead else f"e^y, y {_within(product)}"
    bounded = dead or "base" in stated or rational(product["upper"]) <= 0
    premise = (
        "An epoch draws every item of the data set once (without numbers of items, each value as often as the "
        "smallest "
        rf"whole numbers in the ratio of the probabilities say); {_CONSTANT}, and consider $\max_t "
        rf"|\mu_t|/|\mu_0|$ over the epoch, "
        r"$t = 0$ included."
    )
    text = (
        rf"At $\lambda {equal(rational(stated['lambda']))}$ an epoch multiplies $|\mu|$ by ${whole}$ in every "
        rf"order. The maximum is "
        "least in ascending order of $x$, where it is the larger of 1 and that product, and largest in "
        "descending order, where it is "
        rf"$e^y$, $y {_within(stated['log_largest'])}$."
    )
    if bounded:
        text += " Over any number of epochs, each in any order, it never exceeds the largest value either."
    lemmas = ("O1", "O2", *(("O3",) if bounded else ()), *(("D5",) if "base" in stated else ()))
    return Said("Orders of an epoch", text, lemmas, premise, of_data=True, own_draws=True)


def _within(ends: Mapping[str, Any]) -> str:
    return within(rational(ends["lower"]), rational(ends["upper"]))


def _easy_phase(stated: Claim) -> Said:
    steps = stated["steps"]
    premise = (
        rf"For $\lambda > 0$ {_CONSTANT}, where the first {steps} of the $x_t$ are instead independent draws "
        rf"of $x$ given that "
        r"$|1 - \lambda \eta x| \leq 1$."
    )
    event = rf"|\mu_t| \geq {exactly(rational(stated['factor']))}\, |\mu_0|"
    place = equal(rational(stated["lambda"]))
    text = rf"At $\lambda {place}$, $\mathbb{{P}}({event} \text{{ for some }} t) {_within(stated)}$."
    return Said("A spike after an easy phase", text, ("E1", "E2", "O4"), premise)


def _order_counterexample(stated: Claim) -> Said:
    first, second = (listed(f"${exactly(rational(x))}$" for x in stated[key]) for key in ("first", "second"))
    larger = stated["differ_in"] == "running_maximum"
    premise = (
        r"Let $L_{t+1} = L_t - \kappa_t^2 x_t (4 - x_t L_t)$, $\kappa_{t+1} = (1 - x_t L_t + x_t^2 "
        r"\kappa_t^2)\, \kappa_t$ from "
        rf"$\kappa_0 {equal(rational(stated['kappa']))}$, $L_0 {equal(rational(stated['L']))}$."
    )
    text = (
        rf"Under $x_t$ = {first}, in this order, $\max_t |\kappa_t|$ is larger than under {second}."
        if larger
        else (
            rf"Under $x_t$ = {first}, in this order, the last $|\kappa_t|$ is another one than under {second}."
        )
    )
    tail = (
        "So ascending order is not the best one at finite width."
        if larger
        else "So the end depends on the order."
    )
    return Said("Orders at finite width", f"{text} {tail}", ("O5",), premise)


CHOICE_WORDS = {
    "advice": _advice,
    "advice_within": _advice_within,
    "batch_bound": _batch_bound,
    "batch_order": _batch_order,
    "order_bound": _order_bound,
    "easy_phase": _easy_phase,
    "order_counterexample": _order_counterexample,
}
