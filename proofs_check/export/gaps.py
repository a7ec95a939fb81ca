"""Gaps, points and exact zeros of a law, as lemmas."""

from fractions import Fraction

from proofs_check.core.budget import Work
from proofs_check.export.coq import lemma, listed, real
from proofs_check.export.law import CoqLaw
from proofs_check.linear.exact import _exponents
from proofs_check.linear.points import Point

IN_ORDER = "first [lra | digits]"


def point(at: Point, law: CoqLaw) -> str:
    if isinstance(at, Fraction):
        return real(at)
    sign = "+" if at.side > 0 else "-"
    return f"({real(law.pole(at.pole))} {sign} exp (- {real(at.t)}))"


def ends(law: CoqLaw, k: int) -> tuple[str, str]:
    """The ends of gap k."""
    low = real(law.pole(k - 1)) if k else "0"
    return low, real(law.pole(k)) if k < law.moving else "p_infty"


def gap_lemma(law: CoqLaw, k: int) -> str:
    """That no pole lies in gap k."""
    low, high = ends(law, k)
    name, statement = f"gap_{k}", f"gap w {low} {high}"
    place = law.size - 1 - k
    if k == 0:
        p, x = map(real, law.pairs[place])
        proof = (
            f"apply (ordered_first w (firstn {place} w) {high} {p} {x} rates_in_order); [reflexivity | lra]."
        )
    elif k == law.moving:
        place = law.idle
        p, x = map(real, law.pairs[place])
        none = "now intros q y []" if not law.idle else "intros q y [E | []]; now injection E"
        proof = (
            f"apply (ordered_last w (firstn {place} w) (skipn {place + 1} w) {low} {p} {x} rates_in_order); "
            f"[reflexivity | lra | {none}]."
        )
    else:
        (p, x), (q, y) = (map(real, law.pairs[place + i]) for i in (0, 1))
        proof = (
            f"apply (ordered_gap w (firstn {place} w) (skipn {place + 2} w) {low} {high} {p} {x} {q} {y} "
            "rates_in_order); [reflexivity | lra | lra]."
        )
    return lemma(name, statement, proof)


def exact_zero(name: str, law: CoqLaw, at: Fraction, base: tuple[int, ...]) -> str:
    """That the drift vanishes at a rational point: every factor is a product of powers of the base (D5)."""
    rows = []
    for p, x in law.pairs:
        found = _factored(abs(1 - at * x), base)
        powers = f"[{'; '.join(map(str, found))}]%Z" if found else "[]"
        rows.append(f"({real(p)}, ({real(x)}, {powers}))")
    beyond = "".join("destruct j as [|j]; [cbn [expect nth fst snd]; lra | ]. " for _ in base)
    proof = (
        f"apply (zero_by_base {listed(map(str, base))} {real(at)}\n  {listed(rows)}).\n"
        "  - repeat constructor; lra.\n"
        "  - each_sample; base_power.\n"
        f"  - intros j. {beyond}cbn [expect nth fst snd]; destruct j; lra.\n"
        "  - reflexivity."
    )
    return lemma(name, f"is_zero w {real(at)}", f"\n  {proof}")


def _factored(q: Fraction, base: tuple[int, ...]) -> list[int]:
    """The exponents of q over the base."""
    up, down = (_exponents(n, base, Work(), "a factor") for n in (q.numerator, q.denominator))
    return [up.get(b, 0) - down.get(b, 0) for b in base]
