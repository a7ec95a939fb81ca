"""`family_sign`: the theorems F1 and F2 of Family.v."""

from fractions import Fraction
from typing import Any

from proofs_check.core.rule import Setting
from proofs_check.export.coq import Theory, real, theorem
from proofs_check.export.regions import BASE
from proofs_check.linear.family import FamilySign

IMPORTS = ("Definitions", "Law", "Exponent", "Bands", "Regions", "Numbers", "Family")


def family_sign(statement: FamilySign, claim: dict[str, Any], setting: Setting) -> Theory:
    """The sign of G on a box, from its corners."""
    s0, s1, p0, p1 = (real(v) for v in (*statement.s, *statement.p))
    z = _curvature(statement)
    said = f"forall s p, {s0} <= s <= {s1} -> {p0} <= p <= {p1} ->\n  " + (
        f"off_poles s p {z} /\\ 0 < drift (two s p) {z}"
        if statement.positive
        else f"at_pole s p {z} \\/ drift (two s p) {z} < 0"
    )
    order = f"assert (O : 0 <= {s0} <= {s1} /\\ 0 <= {p0} <= {p1} /\\ {p1} <= 1) by lra"
    use = f"{_lemma(statement)} {s0} {s1} {p0} {p1} O {_point(statement)}"
    where = "first [lra | left; lra | right; lra | right; left; lra | right; right; lra]"
    sides = {(True, True): f"[lra | {where} | ", (True, False): f"[lra | {where} | "}
    lifted = "" if statement.positive else "apply at_pole_or_negative. "
    before = sides.get(
        (statement.positive, statement.share is None), f"[{where} | " if statement.share else "["
    )
    proof = (
        f"\n  {order}. intros s p Hs Hp. {lifted}apply ({use});\n  {before}"
        "unfold corners; each_sample; unfold share_point;\n"
        f"  [{' | '.join(_corner(statement, s, p) for s in statement.s for p in statement.p)}] | exact (conj Hs Hp)]."
    )
    return Theory((theorem("family", said, proof),), "family", IMPORTS, BASE + 1)


def _curvature(statement: FamilySign) -> str:
    return f"(share_point {_point(statement)} s)" if statement.share is not None else _point(statement)


def _point(statement: FamilySign) -> str:
    """The fixed z, or the c of c/max(1, s^2)."""
    if statement.share is not None:
        return real(2 + 2 * statement.share)
    assert statement.fixed is not None
    return real(statement.fixed)


def _lemma(statement: FamilySign) -> str:
    sign = "positive" if statement.positive else "negative"
    return f"family_{sign}" if statement.share is None else f"family_share_{sign}"


def _corner(statement: FamilySign, s: Fraction, p: Fraction) -> str:
    """The sign there: a weight may be 0, a factor may be 0."""
    known = f"rewrite (Rmax_{'left' if s <= 1 else 'right'}) by lra; " if statement.share is not None else ""
    z = statement.curvature(s)
    sign = "above" if statement.positive else "below"
    if p < 1 and z == 1:
        return f"{known}apply {sign}_pole_a; [apply Rabs_zero; lra | lra]"
    if p > 0 and z * s * s == 1:
        return f"{known}apply {sign}_pole_b; [apply Rabs_zero; lra | lra]"
    if p in (0, 1):
        return f"{known}apply {sign}_{'second' if p else 'first'}; [lra | digits{' | digits' * statement.positive}]"
    return f"{known}{'apply above_both; [digits | digits | digits]' if statement.positive else 'intros _ _; digits'}"
