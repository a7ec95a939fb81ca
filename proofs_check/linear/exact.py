"""Exact zeros of the drift at rational points (D5): trial division by a base, no power multiplied out."""

from collections.abc import Sequence
from fractions import Fraction
from math import gcd
from typing import Any

from proofs_check.core.budget import Work
from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, items, number
from proofs_check.linear.drift import factors


def read_base(value: Any, where: str) -> list[int]:
    """A list of integers >= 2, written as exact numbers."""
    base = [number(b, f"{where}[{j}]") for j, b in enumerate(items(value, where))]
    if any(b.denominator != 1 or b < 2 for b in base):
        raise Refused(f"{where} holds something else than integers >= 2")
    return [b.numerator for b in base]


def check_exact_zero(case: Case, q: Fraction, base: Sequence[int], where: str) -> None:
    """D5: every |1 - q xi_i| is a product of powers of the base, and for each base element the exponents,
    weighted by the k_i, sum to zero => G(q) = 0, for a rational q > 0 in a gap."""
    law, work = case.law, case.work
    work.spend(len(base))
    work.spend_on_divisions(len(law.weights), law.bits + max(q.numerator, q.denominator).bit_length())
    ns, d = factors(law, q)
    totals: dict[int, int] = {}
    for n, weight in zip(ns, law.weights, strict=True):
        common = gcd(n, d)
        for part, direction in ((abs(n) // common, weight), (d // common, -weight)):
            for b, exponent in _exponents(part, base, work, where).items():
                totals[b] = totals.get(b, 0) + direction * exponent
    if any(totals.values()):
        raise Refused(f"the base does not prove that G vanishes at {where}: its exponents do not cancel")


def _exponents(n: int, base: Sequence[int], work: Work, where: str) -> dict[int, int]:
    """e_b > 0 with n = prod b^e_b, n > 0, by dividing as often as it goes, element after element."""
    exponents: dict[int, int] = {}
    for b in base:
        if n == 1:
            break
        while True:
            work.spend(2 + (n.bit_length() * b.bit_length() >> 19))
            quotient, rest = divmod(n, b)
            if rest:
                break
            n, exponents[b] = quotient, exponents.get(b, 0) + 1
    if n != 1:
        raise Refused(f"the base does not factor every |1 - lambda xi| at {where}")
    return exponents
