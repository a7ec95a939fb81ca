"""The claim `advice` (A1 to A6): what a spike to the scale sqrt(n/eta) is worth for every learning rate."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import Interval, log_precision, log_ratio, power, times
from proofs_check.core.budget import Work, decide
from proofs_check.core.data import read_step
from proofs_check.core.law import Case
from proofs_check.core.reading import fields, items, number, positive, quoted
from proofs_check.core.refusal import Refused
from proofs_check.core.setting import Setting
from proofs_check.core.wording import describe_step, exact, lemmas
from proofs_check.linear.drift import factors, sign_of_drift
from proofs_check.linear.exponents import check_lower, check_upper
from proofs_check.linear.points import gap_of
from proofs_check.spikes.spike import check_counts
from proofs_check.spikes.walk import Walk

WORDS = {
    "stable": "the probability is 0",
    "rare": "it is at most {p}",
    "likely": "it is more than {p}",
    "inflationary": "it is 1 and G > 0",
}
SILENT = {"outside window": "outside the window", "undecided": "undecided"}


@dataclass(frozen=True)
class Question:
    """The case with lambda_0 as its learning rate, so that its points are learning rates; A = c^2 n/mu_0^2."""

    case: Case
    start_rate: Fraction
    probability: Fraction

    @property
    def stable_up_to(self) -> Fraction:
        return 2 / self.case.law.largest_rate

    @property
    def window_up_to(self) -> Fraction:
        return 4 / self.case.law.largest_rate


Cut = tuple[Fraction, Fraction]


def prove_advice(claim: dict[str, Any], setting: Setting) -> str:
    """Every cell of a partition of the learning rates (0, inf)."""
    keys = ("kind", "step", "lambda0", "width", "mu0", "scale", "probability", "cells")
    fields(claim, "the claim", keys)
    if setting.data is None:
        raise Refused("the claim needs data")
    curvature = positive(claim["lambda0"], "lambda0")
    width, scale = positive(claim["width"], "width"), positive(claim["scale"], "scale")
    mu, p = number(claim["mu0"], "mu0"), positive(claim["probability"], "probability")
    if width < 1 or mu == 0 or p >= 1:
        raise Refused("width is below 1, mu0 is 0 or probability is not below 1")
    setting.work.spend(4 * len(setting.data.weights))  # a law for this claim alone, no other uses it
    case = Setting(replace(setting.data, learning_rate=curvature), setting.work).case_only(claim)
    question = Question(case, scale**2 * width / mu**2, p)
    cells = _read_cells(question, items(claim["cells"], "cells"))
    used = {lemma for i, cell in enumerate(cells) for lemma in _check_cell(question, cell, f"cells[{i}]")}
    return (
        f"For {setting.data_words} and {describe_step(read_step(claim['step']))}, its learning rate replaced "
        f"by a free eta, from lambda_0 = {exact(curvature)} and |mu_0| = {exact(abs(mu))} at width n = {exact(width)}, "
        f"with constant curvature: the probability that |mu_t| >= {exact(scale)} sqrt(n/eta) for some t >= 0 is "
        f"bounded as follows; {'; '.join(_words(question, cells))} {lemmas(used)}"
    )


def _read_cells(question: Question, listed: list[Any]) -> list[dict[str, Any]]:
    """The cells, adjacent from 0 to inf, with `from` and `to` read (None is infinity)."""
    cells: list[dict[str, Any]] = []
    for i, value in enumerate(listed):
        where = f"cells[{i}]"
        question.case.work.spend(8, question.case.law.bits)
        table = fields(value, where, ("regime", "from", "to"), ("exponent", "at", "walk"))
        start = number(table["from"], f"{where}.from")
        end = None if table["to"] == "inf" else number(table["to"], f"{where}.to")
        if start != (cells[-1]["to"] if cells else 0) or (end is not None and end <= start):
            raise Refused(f"{where} is empty or does not continue the cell before")
        if (end is None) != (i == len(listed) - 1):
            raise Refused(f"{where}.to is inf, or the last cell does not end there")
        cells.append({**table, "from": start, "to": end})
    if len(cells) < 2:
        raise Refused("cells has fewer than two entries")
    return cells


def _check_cell(question: Question, cell: dict[str, Any], where: str) -> set[str]:
    """What the cell says, proved; the lemmas used."""
    regime, start, end = cell["regime"], cell["from"], cell["to"]
    extra = cell.keys() & {"exponent", "at", "walk"}
    if start == 0:
        if regime != "stable" or extra or end != min(question.stable_up_to, question.start_rate):
            raise Refused(f"{where} is not the stable cell up to min(2/xi*, A)")
        return {"A2"}
    if end is None:
        if regime != "outside window" or extra or start != question.window_up_to:
            raise Refused(f"{where} is not the cell outside the window from 4/xi*")
        return {"A6", "T1"}
    if end > question.window_up_to:
        raise Refused(f"{where} reaches beyond the window")
    if regime == "likely" and not extra & {"exponent", "walk"}:
        if start != question.start_rate or extra:
            raise Refused(f"{where} does not start where the start is the event, and has no exponent")
        return {"A1"}
    if regime == "inflationary" and start == question.stable_up_to and not extra:
        if len(question.case.law.weights) > 1:
            raise Refused(f"{where} starts at 2/xi* and there is more than one rate")
        return {"A4d"}
    if start < question.stable_up_to or (regime == "likely" and start == question.stable_up_to):
        raise Refused(f"{where} starts below 2/xi*, or at it where no spike is possible")
    if regime == "undecided" and not extra:
        return set()
    if regime == "inflationary" and not extra:
        return _check_inflationary(question.case, (start, end), where)
    if regime in ("rare", "likely") and extra == {"walk"}:
        _check_walk(question, cell["walk"], (start, end), regime == "rare", where)
        return {"A5", "E1", "E2", "S3", "S4"}
    if regime in ("rare", "likely") and "exponent" in extra and "walk" not in extra:
        return (_check_rare if regime == "rare" else _check_likely)(question, cell, (start, end), where)
    raise Refused(f"{where} has the regime {quoted(regime)}, unknown or with the wrong fields")


def _check_inflationary(case: Case, cut: Cut, where: str) -> set[str]:
    """A4c."""
    if gap_of(case, cut[0], f"{where}.from") != gap_of(case, cut[1], f"{where}.to"):
        raise Refused(f"{where} does not lie in one gap")
    if not all(sign_of_drift(case, end) > 0 for end in cut):
        raise Refused(f"G is not positive at both ends of {where}")
    return {"A4c", "D4"}


def _check_rare(question: Question, cell: dict[str, Any], cut: Cut, where: str) -> set[str]:
    """A4a: theta >= b on the cell and K(to)^-b <= p, that is b log(A/to) >= 2 log(1/p)."""
    if cut[1] >= question.start_rate:
        raise Refused(f"{where} reaches up to A, where the start is the event")
    b = positive(cell["exponent"], f"{where}.exponent")
    if not _reaches(question, b, question.start_rate / cut[1], Fraction(1), at_least=True):
        raise Refused(f"the level to the power -exponent exceeds the probability in {where}")
    return {"A4a"} | check_lower(question.case, cut, b, cell, where)


def _check_likely(question: Question, cell: dict[str, Any], cut: Cut, where: str) -> set[str]:
    """A4b: theta <= b on the cell and (K(from) R(to))^-b > p, that is b log(A/from) + 2 b log R(to) < 2 log(1/p)."""
    if cut[0] >= question.start_rate or "at" in cell:
        raise Refused(f"{where} starts at A or beyond, or has a tangent")
    b = positive(cell["exponent"], f"{where}.exponent")
    largest = cut[1] * question.case.law.largest_rate - 1
    if not _reaches(question, b, question.start_rate / cut[0], largest, at_least=False):
        raise Refused(
            f"the level and the overshoot to the power -exponent do not exceed the probability in {where}"
        )
    return {"A4b"} | check_upper(question.case, cut, b, where)


def _check_walk(question: Question, proof: Any, cut: Cut, rare: bool, where: str) -> None:
    """A5: the walk of the extreme factors over the cell, replayed over counts (S4), against the probability."""
    table = fields(proof, f"{where}.walk", ("exponent", "steps", "drop", "bits"))
    level = question.start_rate / cut[1 if rare else 0]
    if level <= 1:
        raise Refused(f"{where} reaches up to A, where the start is the event")
    walk = _extreme_walk(question.case, cut, level, rare)
    bounds = (Fraction(0), question.probability) if rare else (question.probability, Fraction(1))
    theta = _check_exponent(question.case, walk, table["exponent"], f"{where}.walk")
    check_counts(walk, theta, table, bounds, question.case.work)


def _check_exponent(case: Case, walk: Walk, value: Any, where: str) -> tuple[Fraction, Fraction]:
    """E2 for the walk of a cell: 0 < lower < upper and M(lower) < 1 < M(upper); some factor exceeds 1."""
    table = fields(value, f"{where}.exponent", ("lower", "upper"))
    lower = positive(table["lower"], f"{where}.exponent.lower")
    upper = number(table["upper"], f"{where}.exponent.upper")

    def above(theta: Fraction) -> bool:
        def side(prec: int) -> bool | None:
            lo, hi = _moment_of(walk, theta, prec, case.work)
            one = 1 << prec
            return True if lo > one else False if hi is not None and hi < one else None

        return decide(side, case.most_bits, "a moment of the walk of a cell against 1")

    if not lower < upper or above(lower) or not above(upper):
        raise Refused(f"{where}.exponent does not bracket the exponent")
    return lower, upper


def _moment_of(walk: Walk, theta: Fraction, prec: int, work: Work) -> tuple[int, int | None]:
    """sum q_i r_i^theta over the moving steps; the upper end None for infinity."""
    log_prec = log_precision(theta, prec)
    lo, hi, bounded = 0, 0, True
    for r, q in zip(walk.factors, walk.weights, strict=True):
        work.spend_on_logs(3, log_prec + max(_bits(r), _bits(q)))
        low, high = power(_log(r, log_prec), log_prec, theta, prec)
        low, top = times(q, (low, high or low))
        lo, hi, bounded = lo + low, hi + top, bounded and high is not None
    return lo, hi if bounded else None


def _extreme_walk(case: Case, cut: Cut, level: Fraction, largest: bool) -> Walk:
    """The walk of the largest (or smallest) factor of each sample over the cell, idle steps left out."""
    law = case.law
    case.work.spend(16 * len(law.weights), law.bits)
    (ns, d), (ms, e) = factors(law, cut[0]), factors(law, cut[1])
    merged: dict[Fraction, int] = {}
    for n, m, weight in zip(ns, ms, law.weights, strict=True):
        ends = abs(Fraction(n, d)), abs(Fraction(m, e))
        factor = max(ends) if largest else Fraction(0) if n * m <= 0 else min(ends)
        merged[factor] = merged.get(factor, 0) + weight
    moving = law.total - law.idle - merged.pop(Fraction(1), 0)
    merged.pop(Fraction(0), None)
    order = sorted(merged, reverse=True)
    if not order or order[0] <= 1:
        raise Refused("no factor of a walk over a cell exceeds 1")
    return Walk(tuple(order), tuple(Fraction(merged[r], moving) for r in order), level, 2)


def _reaches(question: Question, b: Fraction, square: Fraction, factor: Fraction, *, at_least: bool) -> bool:
    """Whether b (log square + 2 log factor) >= 2 log(1/p), or < if not `at_least`. Equality is not decided."""
    work, p = question.case.work, question.probability

    def holds(prec: int) -> bool | None:
        work.spend_on_logs(3, prec + max(map(_bits, (square, factor, p, b))))
        level, over = _log(square, prec), _log(factor, prec)
        lo, hi = times(b, (level[0] + 2 * over[0], level[1] + 2 * over[1]))
        rarity = _log(1 / p, prec)
        above = True if lo >= 2 * rarity[1] else False if hi < 2 * rarity[0] else None
        return above if at_least or above is None else not above

    return decide(holds, question.case.most_bits, "a power of the level against the probability")


def _log(q: Fraction, prec: int) -> Interval:
    return log_ratio(q.numerator, q.denominator, prec)


def _bits(q: Fraction) -> int:
    return max(q.numerator.bit_length(), q.denominator.bit_length())


def _words(question: Question, cells: list[dict[str, Any]]) -> list[str]:
    """One phrase for each run of cells with the same regime; A4d does not hold at its start."""
    p, open_start = question.probability, question.stable_up_to
    runs: list[list[Any]] = []
    for cell in cells:
        sure = cell["regime"] == "likely" and not cell.keys() & {"exponent", "walk"}
        key = "it is 1" if sure else {**WORDS, **SILENT}[cell["regime"]].format(p=exact(p))
        if runs and runs[-1][0] == key:
            runs[-1][2] = cell["to"]
        else:
            runs.append([key, cell["from"], cell["to"]])
    growing = WORDS["inflationary"]
    return [
        f"{key} for eta {_range(start, end, start == 0, start == 0 or (key == growing and start == open_start))}"
        for key, start, end in runs
    ]


def _range(start: Fraction, end: Fraction | None, first: bool, is_open: bool) -> str:
    """The interval in words; the first one, up to the stable end or A, leaves out both its ends."""
    if end is None:
        return f"> {exact(start)}"
    return f"in {'(' if is_open else '['}{exact(start)}, {exact(end)}{')' if first else ']'}"
