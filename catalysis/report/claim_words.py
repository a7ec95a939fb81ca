"""What each kind of claim says, in LaTeX: one function a kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from catalysis.certificate.document import Claim
from catalysis.exact.numbers import decimal_above, decimal_below
from catalysis.exact.result import latex_decimal
from catalysis.report.choice_words import CHOICE_WORDS, EXPONENT
from catalysis.report.latex import DIGITS, above, below, equal, listed, within
from catalysis.report.product_words import PRODUCT_WORDS
from catalysis.report.said import Said, exactly, step_lemmas
from catalysis.report.said import rational as _q

DRIFT = r"G(\lambda) = \mathbb{E} \log |1 - \lambda \eta x|"
NETWORK = (
    r"Let $L_{t+1} = L_t - \kappa_t^2 x_t (4 - x_t L_t)$, "
    r"$\kappa_{t+1} = (1 - x_t L_t + x_t^2 \kappa_t^2)\, \kappa_t$, where $\lambda_t = L_t/\eta$ is the curvature"
)
_MOST_ROWS = 14
_BAND_DIGITS = 4
_PLACE_DIGITS = (6, 9, 12, 20)

Words = Callable[[Claim], Said]


def _at(stated: Claim) -> str:
    return rf"\lambda {equal(_q(stated['lambda']))}"


def _thresholds(stated: Claim) -> Said:
    crit, largest = equal(_q(stated["lambda_crit"])), equal(_q(stated["lambda_max"]))
    text = (
        rf"Let $x^*$ be the largest value of $x$. Then $2/(\eta x^*) {crit}$ and $4/(\eta x^*) {largest}$: "
        rf"exactly for "
        rf"$\lambda \leq 2/(\eta x^*)$ no step enlarges $|\mu_t|$."
    )
    return Said("Thresholds", text, ("T1",))


def _drift(stated: Claim) -> Said:
    value = within(_q(stated["lower"]), _q(stated["upper"]))
    place = stated["lambda"]
    at = rf"\lambda = {_near_pole(place)}" if isinstance(place, dict) else _at(stated)
    return Said("Log-drift", rf"At ${at}$ the log-drift ${DRIFT}$ satisfies $G(\lambda) {value}$.", ("D1",))


def _near_pole(place: Claim) -> str:
    sign = "+" if place["side"] == "above" else "-"
    return f"{exactly(_q(place['pole']))} {sign} e^{{-{exactly(_q(place['t']))}}}"


def _sign(stated: Claim) -> Said:
    relation = ">" if stated["sign"] == "positive" else "<"
    low, high = _q(stated["from"]), _q(stated["to"])
    if low == high:
        where = rf"$\lambda {equal(low)}$"
    elif Fraction(decimal_above(low, DIGITS)) < Fraction(decimal_below(high, DIGITS)):
        where = rf"$\lambda \in [{above(low)},\, {below(high)}]$"
    else:
        where = rf"$\lambda \in [a, b]$, where $a {equal(low)}$ and $b {equal(high)}$"
    text = rf"The log-drift ${DRIFT}$ satisfies $G(\lambda) {relation} 0$ for every {where}."
    return Said("Sign of the log-drift", text, ("D1", "D3", "D4"))


def _sign_regions(stated: Claim) -> Said:
    ends = [region["to"] for region in stated["regions"] if isinstance(region["to"], dict)]
    zeros = [stated["zeros"][end["zero"]] for end in ends]
    first, last, where = _open_interval(stated)
    count = f"exactly {len(zeros)} zero{'' if len(zeros) == 1 else 's'}" if zeros else "no zero"
    text = rf"On $({first},\, {last})${where} the log-drift ${DRIFT}$ has {count}"
    if zeros:
        text += f": {'; '.join(_zero(k, zero) for k, zero in enumerate(zeros, 1))}"
    names = [first, *(f"z_{{{k}}}" for k in range(1, len(zeros) + 1)), last]
    signs = listed(
        rf"$G {'>' if region['sign'] == 'positive' else '<'} 0$ on $({names[k]}, {names[k + 1]})$"
        for k, region in enumerate(stated["regions"])
    )
    return Said(
        "Sign regions of the log-drift",
        rf"{text}. Moreover {signs}, where at the points $1/(\eta x)$ the value $-\infty$ counts as negative.",
        _region_lemmas(stated["zeros"]),
    )


def _zero_count(stated: Claim) -> Said:
    (first, last, where), count = _open_interval(stated), stated["zeros"]
    zeros = f"exactly {count} zero{'' if count == 1 else 's'}"
    text = rf"On $({first},\, {last})${where} the log-drift ${DRIFT}$ has {zeros}."
    return Said("Zeros of the log-drift", text, ("D1", "D2", "D3", "FF1"))


def _open_interval(stated: Claim) -> tuple[str, str, str]:
    """Its ends, which no rounding may move (a zero may be near), and what the letters mean if they are too long."""
    ends = {
        "a": equal(_q(stated["from"])),
        "b": "= \\infty" if stated["to"] == "inf" else equal(_q(stated["to"])),
    }
    first, last = (text[2:] if text.startswith("= ") else letter for letter, text in ends.items())
    long = [f"${letter} {text}$" for letter, text in ends.items() if not text.startswith("= ")]
    return first, last, f", where {' and '.join(long)}," if long else ""


def _region_lemmas(zeros: Iterable[Claim]) -> tuple[str, ...]:
    used = [
        ("D5", any("base" in zero for zero in zeros)),
        ("D6", any("polynomial" in zero for zero in zeros)),
    ]
    return ("D1", "D2", "D3", *(lemma for lemma, is_used in used if is_used))


def _zero(number: int, zero: Claim) -> str:
    kind = "touched from below" if zero["kind"] == "tangency" else f"crossed {zero['direction']}wards"
    if "exact" in zero:
        return rf"$z_{{{number}}} {equal(_q(zero['exact']))}$, {kind}"
    lower, upper = zero["lower"], zero["upper"]
    if not isinstance(lower, dict):
        return rf"$z_{{{number}}} {within(_q(lower), _q(upper))}$, {kind}"
    sign = "+" if lower["side"] == "above" else "-"
    t = sorted((_q(lower["t"]), _q(upper["t"])))
    place = rf"$z_{{{number}}} = {exactly(_q(lower['pole']))} {sign} e^{{-t_{{{number}}}}}$"
    return rf"{place} with $t_{{{number}}} {within(*t)}$, {kind}"


def _exponent(stated: Claim) -> Said:
    regime, value = stated["regime"], stated["exponent"]
    lemmas: tuple[str, ...]
    if isinstance(value, dict):
        found, lemmas = within(_q(value["lower"]), _q(value["upper"])), ("E1", "E2")
        words = r"$\mathbb{E} \log |1 - \lambda \eta x| < 0$, some factor exceeds $1$, and"
    elif regime == "stable":
        found, lemmas, words = r"= \infty", ("E1",), "no step enlarges $|\\mu_t|$, and"
    else:
        sign = ">" if regime == "inflationary" else "="
        found, words = "= 0", rf"$\mathbb{{E}} \log |1 - \lambda \eta x| {sign} 0$, and"
        lemmas = ("E1",) if regime == "inflationary" else ("E1", "D5")
    text = rf"At ${_at(stated)}$ the walk is {regime}: {words} ${EXPONENT} {found}$."
    return Said(f"Cram\\'er exponent at ${_at(stated)}$", text, lemmas)


def _exponent_rate(stated: Claim) -> Said:
    theta, rate = stated["exponent"], stated["rate"]
    text = (
        rf"At ${_at(stated)}$ the exponent ${EXPONENT} {within(_q(theta['lower']), _q(theta['upper']))}$ is "
        rf"differentiable in $\lambda$, and $\theta'(\lambda) {within(_q(rate['lower']), _q(rate['upper']))}$."
    )
    return Said(f"Slope of the exponent at ${_at(stated)}$", text, ("E2", "E5"))


@dataclass(frozen=True)
class _Cell:
    start: Fraction
    end: Fraction
    lower: Fraction | None
    upper: Fraction | None

    @classmethod
    def of(cls, entry: Claim) -> _Cell:
        lower, upper = (None if entry[key] == "inf" else _q(entry[key]) for key in ("lower", "upper"))
        return cls(_q(entry["from"]), _q(entry["to"]), lower, upper)


def _exponent_band(stated: Claim) -> Said:
    rows = band_rows([_Cell.of(entry) for entry in stated["cells"]])
    lines = " \\\\\n".join(
        f"${above(a)} \\leq \\lambda \\leq {below(b)}$ & ${value}$" for a, b, value in rows
    )
    text = (
        rf"The exponent ${EXPONENT}$ satisfies"
        "\n\\begin{center}\\begin{tabular}{ll}\n"
        f"{lines}\n"
        "\\end{tabular}\\end{center}"
    )
    return Said("Bounds of the Cram\\'er exponent", text, ("E1", "E3", "E4"))


def band_rows(cells: Sequence[_Cell]) -> list[tuple[Fraction, Fraction, str]]:
    """Bounds on short decimal intervals: each from all cells that overlap it, so that rounded ends stay true."""
    return [
        (start, end, _bounds([cell for cell in cells if cell.start < end and cell.end > start]))
        for start, end in pairwise(_row_ends(cells))
    ]


def _row_ends(cells: Sequence[_Cell]) -> list[Fraction]:
    """The borders of the groups, rounded with as few digits as keep them apart, the outer ones inwards."""
    groups = _groups(cells)
    first, last = groups[0][0].start, groups[-1][-1].end
    borders = [(before[-1].end, after[0].upper == 0) for before, after in pairwise(groups)]
    for digits in _PLACE_DIGITS:
        inner = [(decimal_above if zero else decimal_below)(place, digits) for place, zero in borders]
        ends = [_q(text) for text in (decimal_above(first, digits), *inner, decimal_below(last, digits))]
        if all(one < other for one, other in pairwise(ends)):
            return ends
    return [first, *(place for place, _ in borders), last]


def _groups(cells: Sequence[_Cell]) -> list[Sequence[_Cell]]:
    """At most about a dozen, theta = 0 apart."""
    stride = -(-len(cells) // _MOST_ROWS)
    groups: list[list[_Cell]] = []
    for cell in cells:
        last = groups[-1] if groups else None
        if (
            last is None
            or (last[-1].upper == 0) != (cell.upper == 0)
            or (len(last) >= stride and cell.upper != 0)
        ):
            groups.append([cell])
        else:
            last.append(cell)
    return [tuple(group) for group in groups]


def _bounds(cells: Sequence[_Cell]) -> str:
    lowers = [cell.lower for cell in cells if cell.lower is not None]
    if not lowers:
        return r"\theta(\lambda) = \infty"
    low = latex_decimal(decimal_below(min(lowers), _BAND_DIGITS))
    uppers = [cell.upper for cell in cells]
    finite = [upper for upper in uppers if upper is not None]
    if len(finite) < len(uppers):
        return rf"\theta(\lambda) \geq {low}"
    if not max(finite):
        return r"\theta(\lambda) = 0"
    return rf"{low} \leq \theta(\lambda) \leq {latex_decimal(decimal_above(max(finite), _BAND_DIGITS))}"


_SPIKE_LEMMAS = {
    "stable": ("S1",),
    "certain": ("S2",),
    "lundberg": ("E2", "S3"),
    "lattice": ("E2", "S8"),
    "counts": ("E2", "S3", "S4"),
}


def _spike(stated: Claim) -> Said:
    return _spike_words(stated, _SPIKE_LEMMAS[stated["proof"]["method"]])


def _spike_grid(stated: Claim) -> Said:
    pieces = "cells_per_step" not in stated
    return _spike_words(
        stated, ("SG1", "SG6", "SG7", "SG8", "SG9") if pieces else ("SG1", "SG2", "SG3", "SG4", "SG5")
    )


def _spike_words(stated: Claim, lemmas: Sequence[str]) -> Said:
    if "factor_squared" in stated:
        event = rf"|\mu_t|^2 \geq {exactly(_q(stated['factor_squared']))}\, |\mu_0|^2"
    else:
        event = rf"|\mu_t| \geq {exactly(_q(stated['factor']))}\, |\mu_0|"
    value = within(_q(stated["lower"]), _q(stated["upper"]))
    return Said(
        f"Probability of a spike at ${_at(stated)}$",
        rf"At ${_at(stated)}$, $\mathbb{{P}}({event} \text{{ for some }} t) {value}$.",
        lemmas,
    )


def _spike_within(stated: Claim) -> Said:
    steps, stays = stated["steps"], "floor" in stated
    level = exactly(_q(stated["floor" if stays else "factor"]))
    reached = "for all" if stays else "for some"
    event = rf"|\mu_t| \geq {level}\, |\mu_0| \text{{ {reached} }} t \leq {steps}"
    value = within(_q(stated["lower"]), _q(stated["upper"]))
    proof = stated["proof"]
    lemmas = step_lemmas(proof, steps)
    title = "How long a spike lasts" if stays else "Probability of a spike within some steps"
    return Said(title, rf"At ${_at(stated)}$, $\mathbb{{P}}({event}) {value}$.", lemmas)


def _first_passage(stated: Claim) -> Said:
    method = stated["proof"]["method"]
    first = rf"\mathbb{{E}} \inf\{{t : |\mu_t| \geq {exactly(_q(stated['factor']))}\, |\mu_0|\}}"
    value = r"= \infty" if "mean" in stated else within(_q(stated["lower"]), _q(stated["upper"]))
    lemmas = (*(("D5",) if method == "critical" else ()), *(("S10",) if method == "lattice" else ()), "S13")
    return Said("When a spike comes", rf"At ${_at(stated)}$, ${first} {value}$.", lemmas)


def _landing(stated: Claim) -> Said:
    zone = listed(f"$[{below(_q(one['from']))},\\, {above(_q(one['to']))}]$" for one in stated["zone"])
    premise = rf"{NETWORK}, $0 < 2 |\kappa_0| \leq L_0$ and $\lambda_0 {equal(_q(stated['lambda0']))}$."
    text = (
        r"Almost surely $\lambda_t$ never increases, $\kappa_t \to 0$, and either $\kappa_t = 0$ for some $t$ "
        r"(impossible for $(\kappa_0, L_0)$ outside a null set of the plane) or the limit of $\lambda_t$ lies in "
        rf"{'the union of ' if len(stated['zone']) > 1 else ''}{zone}."
    )
    return Said("Where the curvature lands", text, ("N9", "N12", *_region_lemmas(stated["zeros"])), premise)


def _width_spike(stated: Claim) -> Said:
    start = (
        rf"$L_0 = \eta \lambda$ with $\lambda {equal(_q(stated['lambda']))}$ and "
        rf"$\kappa_0 = \eta \mu_0/\sqrt{{n}}$ with $\mu_0 {equal(_q(stated['mu0']))}$, $n "
        rf"{equal(_q(stated['width']))}$"
    )
    value = within(_q(stated["lower"]), _q(stated["upper"]))
    text = (
        rf"Then $\mathbb{{P}}(|\kappa_t| \geq {exactly(_q(stated['kappa']))} \text{{ for some }} t) {value}$."
    )
    lemmas = ("W0", "W1", "W2", "W3", "W4", "W5", "W6", "W7", "W11", "W12", "W13", "W14", "W15")
    return Said("Probability of a spike at finite width", text, lemmas, f"{NETWORK}, {start}.")


_PHASES = {
    "lazy": r"$|\kappa_{t+1}| \leq |\kappa_t|$ for every $t$, and $\kappa_t \to 0$",
    "catapult": r"$|\kappa_{t+1}| > |\kappa_t|$ for some $t$, and yet $\kappa_t \to 0$",
    "divergent": r"$L_t$ increases to infinity and $\kappa_t$ is unbounded",
    "critical": r"$x L_t = 4$ for every $t$, or $\kappa_t = 0$ for some $t$",
}
_PHASE_LEMMAS = {
    "lazy": ("N1", "N2", "N3", "N4", "N5", "N11"),
    "catapult": ("N1", "N2", "N3", "N4", "N5", "N9", "N11"),
    "divergent": ("N1", "N6", "N7", "N9", "N11"),
    "critical": ("N1", "N8"),
}


def _phase(stated: Claim) -> Said:
    name = stated["phase"]
    but = r" and $\kappa_t \neq 0$ for every $t$" if "except_hits" in stated else ""
    premise = (
        rf"Let $x {equal(_q(stated['x']))}$, {NETWORK[4:].split(', where')[0].replace('x_t', 'x')}, "
        rf"with a start $2 |\kappa_0| \leq L_0$, {_side('kappa_0', stated['kappa'])}, "
        rf"{_side('L_0', stated['L'])}{but}."
    )
    parts = [_PHASES[name]]
    for key, number in (("final_L", r"\lim L_t"), ("peak_loss", r"\max_t (\kappa_t/\kappa_0)^2")):
        if key in stated:
            parts.append(rf"${number} {within(_q(stated[key]['lower']), _q(stated[key]['upper']))}$")
    lemmas = (*_PHASE_LEMMAS[name], *(("N14",) if "slow" in stated else ()))
    return Said(f"A {name} start", f"Then {'; moreover '.join(parts)}.", lemmas, premise)


def _side(letter: str, side: Claim) -> str:
    """One number, or the open interval between two."""
    low, high = _q(side["from"]), _q(side["to"])
    sign = "\\" if letter == "kappa_0" else ""
    if low == high:
        return f"${sign}{letter} {equal(low)}$"
    return f"${sign}{letter} \\in ({above(low)},\\, {below(high)})$"


def _family_sign(stated: Claim) -> Said:
    s, p = (f"[{above(_q(stated[k]['from']))},\\, {below(_q(stated[k]['to']))}]" for k in ("s", "p"))
    curvature = stated["curvature"]
    if "fixed" in curvature:
        place = rf"$z {equal(_q(curvature['fixed']))}$"
    else:
        place = rf"$z = c/\max(1, s^2)$ with $c {equal(2 + 2 * _q(curvature['share']))}$"
    relation = ">" if stated["sign"] == "positive" else "<"
    text = (
        rf"For all $s \in {s}$ and $p \in {p}$, {place} satisfies "
        rf"$(1 - p) \log |1 - z| + p \log |1 - z s^2| {relation} 0$."
    )
    return Said("Sign of the log-drift of two samples", text, ("F1", "F2"))


WORDS: dict[str, Words] = {
    "thresholds": _thresholds,
    "drift": _drift,
    "sign": _sign,
    "sign_regions": _sign_regions,
    "zero_count": _zero_count,
    "exponent": _exponent,
    "exponent_rate": _exponent_rate,
    "exponent_band": _exponent_band,
    "spike": _spike,
    "spike_grid": _spike_grid,
    "spike_within": _spike_within,
    "first_passage": _first_passage,
    "landing": _landing,
    "width_spike": _width_spike,
    "family_sign": _family_sign,
    "phase": _phase,
    **CHOICE_WORDS,
    **PRODUCT_WORDS,
}
"""The kinds of claims for which there are words."""
