"""`exponent`, `exponent_band`, `exponent_rate`: the theorems E1 to E5 of Exponent.v, Bands.v and Rate.v."""

from fractions import Fraction
from typing import Any

from proofs_check.core.rule import Setting
from proofs_check.export.coq import NotExpressible, Theory, lemma, real, theorem
from proofs_check.export.gaps import ends, exact_zero, gap_lemma
from proofs_check.export.law import LINEAR, CoqLaw, coq_law
from proofs_check.export.regions import A_LOGARITHM, BASE, NO_POLE, SIGN, opening
from proofs_check.linear.exponent import Exponent
from proofs_check.linear.exponent_band import Band, Cell
from proofs_check.linear.exponent_rate import ExponentRate
from proofs_check.linear.gaps import gaps_meeting
from proofs_check.linear.points import gap_of

A_CELL = Fraction(1, 25)

TAME = (
    "apply exponent_stable; [exact (proj1 data) | apply each_factor; unfold w; each_sample; factor_at_most]"
)


def exponent(statement: Exponent, claim: dict[str, Any], setting: Setting) -> Theory:
    """E1, E2, D5."""
    law, q = coq_law(statement.case.law), real(statement.q)
    made = {
        "stable": _stable,
        "deflationary": _deflationary,
        "inflationary": _inflationary,
        "critical": _critical,
    }[statement.regime](statement, law, q)
    parts = (*opening(law, claim, setting), *made)
    return Theory(parts, "exponent", LINEAR, BASE + 12 * A_LOGARITHM * law.size)


def _stable(statement: Exponent, law: CoqLaw, q: str) -> list[str]:
    return [theorem("exponent", f"theta w {q} = p_infty", f"{TAME}.")]


def moment_lemmas(law: CoqLaw, q: str, lower: Fraction, upper: Fraction) -> list[str]:
    """M(lower) < 1 < M(upper)."""
    return [
        lemma("moment_below", f"moment w {q} {real(lower)} < 1", f"{SIGN}."),
        lemma("moment_above", f"1 < moment w {q} {real(upper)}", f"{SIGN}."),
    ]


def _deflationary(statement: Exponent, law: CoqLaw, q: str) -> list[str]:
    assert statement.theta is not None
    lower, upper = map(real, statement.theta)
    said = f"deflationary w {q} /\\ exists t, theta w {q} = Finite t /\\ {lower} < t < {upper}"
    proof = "apply exponent_claim; [exact data | lra | exact moment_below | exact moment_above]."
    return [*moment_lemmas(law, q, *statement.theta), theorem("exponent", said, proof)]


def rate(statement: ExponentRate, claim: dict[str, Any], setting: Setting) -> Theory:
    """E2, E5 off the poles."""
    if statement.case.law.pole_number(statement.q) is not None:
        raise NotExpressible("the rate of change of theta at a pole")
    law, q = coq_law(statement.case.law), real(statement.q)
    (lower, upper), (least, most) = (map(real, pair) for pair in (statement.theta, statement.rate))
    said = (
        f"deflationary w {q} /\\ exists t d, theta w {q} = Finite t /\\ {lower} < t < {upper} /\\\n"
        f"  locally {q} (fun l => is_finite (theta w l)) /\\\n"
        f"  is_derive (fun l => Rbar.real (theta w l)) {q} d /\\ {least} <= d <= {most}"
    )
    proof = (
        f"apply (exponent_rate_claim w {q} {lower} {upper} {least} {most} data); "
        f"[lra | exact moment_below | exact moment_above | {NO_POLE} | intros t Ht; rate_between w t]."
    )
    parts = (
        *opening(law, claim, setting),
        *moment_lemmas(law, q, *statement.theta),
        theorem("rate", said, proof),
    )
    return Theory(parts, "rate", (*LINEAR, "Rate"), BASE + 30 * A_LOGARITHM * law.size)


def unstable_lemma(law: CoqLaw, q: str) -> str:
    """Some factor exceeds 1: that of the largest rate."""
    last = law.size - 1
    p, x = map(real, law.pairs[last])
    proof = (
        f"exists {p}, {x}. split; [apply (nth_error_In w {last}); reflexivity | "
        f"unfold factor; rewrite Rabs_left by lra; lra]."
    )
    return lemma("grows", f"unstable w {q}", proof)


def _inflationary(statement: Exponent, law: CoqLaw, q: str) -> list[str]:
    said = f"unstable w {q} /\\ no_pole w {q} /\\ 0 < drift w {q} /\\ theta w {q} = 0"
    proof = (
        f"assert (N : no_pole w {q}) by ({NO_POLE}). assert (G : 0 < drift w {q}) by {SIGN}.\n"
        "  split; [exact grows|]. split; [exact N|]. split; [exact G|]. exact (exponent_zero w (proj1 data) _ N G)."
    )
    return [unstable_lemma(law, q), theorem("exponent", said, f"\n  {proof}")]


def _critical(statement: Exponent, law: CoqLaw, q: str) -> list[str]:
    said = f"unstable w {q} /\\ is_zero w {q} /\\ theta w {q} = 0"
    proof = (
        "split; [exact grows|]. split; [exact known|].\n"
        f"  apply (exponent_inflationary w {q} (proj1 data) grows (proj1 known)). rewrite (proj2 known). lra."
    )
    known = exact_zero("known", law, statement.q, statement.base)
    return [unstable_lemma(law, q), known, theorem("exponent", said, f"\n  {proof}")]


def band(statement: Band, claim: dict[str, Any], setting: Setting) -> Theory:
    """E1, E3, E4, cell by cell."""
    law = coq_law(statement.case.law)
    parts: list[str] = []
    gaps: set[int] = set()
    for i, cell in enumerate(statement.cells):
        for k in _needed(statement, cell):
            if k not in gaps:
                gaps.add(k)
                parts.append(gap_lemma(law, k))
        parts.append(_cell(statement, cell, i, law))
    said = " /\\\n  ".join(f"({_bounds(cell)})" for cell in statement.cells)
    proof = "\n  " + " ".join(f"split; [exact cell_{i}|]." for i in range(len(statement.cells) - 1))
    parts.append(theorem("band", said, f"{proof} exact cell_{len(statement.cells) - 1}."))
    seconds = BASE + 2 * len(statement.cells) * (A_LOGARITHM * law.size + A_CELL)
    return Theory((*opening(law, claim, setting), *parts), "band", LINEAR, seconds)


def _needed(statement: Band, cell: Cell) -> list[int]:
    """The gap of the cell, where its proof asks for one."""
    if (cell.lower is not None and 0 < cell.lower < 1) or (cell.upper is not None and cell.upper < 1):
        return [gaps_meeting(statement.case.law, *cell.cut)[0]]
    return []


def _bounds(cell: Cell) -> str:
    low, high = map(real, cell.cut)
    said = f"forall lam, {low} <= lam <= {high} -> "
    if cell.lower is None:
        return f"{said}theta w lam = p_infty"
    bounds = [f"Rbar_le {real(cell.lower)} (theta w lam)"]
    if cell.upper is not None:
        bounds.append(f"Rbar_le (theta w lam) {real(cell.upper)}")
    return said + " /\\ ".join(bounds)


def _cell(statement: Band, cell: Cell, i: int, law: CoqLaw) -> str:
    if cell.lower is None:
        proof = "intros lam H. apply exponent_stable; [exact (proj1 data)|]. apply each_factor; unfold w; each_sample; "
        return lemma(f"cell_{i}", _bounds(cell), f"{proof}factor_at_most.")
    halves = [_lower(statement, cell, law)]
    if cell.upper is not None:
        halves.append(_upper(statement, cell, law))
    proof = (
        f"intros lam H. split; [{halves[0]} | {halves[1]}]." if halves[1:] else f"intros lam H. {halves[0]}."
    )
    return lemma(f"cell_{i}", _bounds(cell), proof)


def _lower(statement: Band, cell: Cell, law: CoqLaw) -> str:
    assert cell.lower is not None
    b, (low, high) = real(cell.lower), map(real, cell.cut)
    if cell.lower == 0:
        return "apply exponent_nonneg; exact (proj1 data)"
    if cell.lower >= 1:
        return f"apply (exponent_ray_below w (proj1 data) {b} {high}); [lra | {_at_most_one(statement, cell)} | lra]"
    assert cell.at is not None
    c, inside = real(cell.at), _inside(statement, cell, law)
    return (
        f"apply (exponent_cell_above w (proj1 data) {low} {high} {c} {b}); [lra | {inside} | lra | {NO_POLE} | "
        f"lra | {SIGN} | {SIGN} | exact H]"
    )


def _at_most_one(statement: Band, cell: Cell) -> str:
    """M(lower; to) <= 1, which may be an equality only where no factor exceeds 1 or the exponent is whole."""
    assert cell.lower is not None
    if cell.lower.denominator == 1 and cell.lower <= 60:
        return f"first [{SIGN} | whole_power w {cell.lower.numerator}]"
    return SIGN


def _inside(statement: Band, cell: Cell, law: CoqLaw) -> str:
    """That no pole lies inside the cell: part of the gap."""
    k = gaps_meeting(statement.case.law, *cell.cut)[0]
    high = "first [exact I | lra | easy]"
    return f"apply (part_of_gap w _ _ _ _ gap_{k}); [lra | simpl; {high}]"


def _upper(statement: Band, cell: Cell, law: CoqLaw) -> str:
    assert cell.upper is not None
    b, (low, high) = real(cell.upper), map(real, cell.cut)
    if cell.upper == 0:
        k = gap_of(statement.case, cell.cut[0], "from")
        left, right = ends(law, k)
        inside = f"apply inside_open; [exact gap_{k} | lra | simpl; first [lra | easy]]"
        return (
            f"rewrite (exponent_cell_zero w (proj1 data) {left} {right} {low} {high} lam moves gap_{k}); "
            f"[simpl; lra | {inside} | {inside} | {SIGN} | {SIGN} | exact H]"
        )
    if cell.upper >= 1:
        return (
            f"apply Rbar_lt_le, (exponent_ray_above w (proj1 data) {b} {low} lam); [lra | lra | {SIGN} | lra]"
        )
    return (
        f"apply Rbar_lt_le, (exponent_cell_below w (proj1 data) {low} {high} {b} lam); "
        f"[lra | {_inside(statement, cell, law)} | lra | {SIGN} | {SIGN} | exact H]"
    )
