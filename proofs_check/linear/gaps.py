"""The gaps of a law: gap 0 is (0, pi_1), gap k is (pi_k, pi_(k+1)), gap m is (pi_m, inf)."""

from fractions import Fraction

from proofs_check.core.law import Case, Law


def gap_at(law: Law, q: Fraction) -> int | None:
    """The gap that holds q > 0, or None if q is a pole."""
    below, up_to = law.poles_below(q)
    return below if below == up_to else None


def gap_ends(case: Case, k: int) -> tuple[Fraction, Fraction | None]:
    """The ends of gap k, the upper one None for infinity."""
    law = case.law
    case.work.spend_on_divisions(3, law.bits)
    return (law.pole(k - 1) if k else Fraction(0), law.pole(k) if k < len(law.numerators) else None)


def gaps_meeting(law: Law, start: Fraction, end: Fraction | None) -> range:
    """The gaps that meet the open interval (start, end), 0 <= start < end; end None is infinity."""
    first = law.poles_below(start)[1] if start else 0
    last = len(law.numerators) if end is None else law.poles_below(end)[0]
    return range(first, last + 1)
