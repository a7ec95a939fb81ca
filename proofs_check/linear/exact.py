"""Exact zeros of the drift at rational points (D5): trial division by a base, no power multiplied out."""

from fractions import Fraction
from typing import Any

from proofs_check.core.budget import Work
from proofs_check.core.law import Case
from proofs_check.core.reading import items, number
from proofs_check.core.refusal import Refused
from proofs_check.linear.drift import factors


def read_base(value: Any, where: str) -> list[int]:
    """A list of integers >= 2, written as exact numbers."""
    base = [number(b, f"{where}[{j}]") for j, b in enumerate(items(value, where))]
    if any(b.denominator != 1 or b < 2 for b in base):
        raise Refused(f"{where} holds something else than integers >= 2")
    return [b.numerator for b in base]


def check_exact_zero(case: Case, q: Fraction, base: list[int], where: str) -> None:
    """G(q) = 0 for a rational q > 0 in a gap: every |1 - q xi_i| is a product of powers of the base, and
    for each base element the exponents, weighted by the k_i, sum to zero (D5)."""
    ns, d = factors(case.law, q)
    totals = [0] * len(base)
    for n, weight in zip(ns, case.law.weights, strict=True):
        case.work.spend(1 + (d.bit_length() ** 2 >> 20))
        r = Fraction(abs(n), d)
        for part, direction in ((r.numerator, weight), (r.denominator, -weight)):
            for j, exponent in enumerate(_exponents(part, base, case.work, where)):
                totals[j] += direction * exponent
    if any(totals):
        raise Refused(f"the base does not prove that G vanishes at {where}: its exponents do not cancel")


def _exponents(n: int, base: list[int], work: Work, where: str) -> list[int]:
    """e_j with n = prod b_j^e_j, n > 0, by dividing as often as it goes."""
    exponents = []
    for b in base:
        e = 0
        while n > 1:
            work.spend(1 + (n.bit_length() * b.bit_length() >> 20))
            quotient, rest = divmod(n, b)
            if rest:
                break
            n, e = quotient, e + 1
        exponents.append(e)
    if n != 1:
        raise Refused(f"the base does not factor every |1 - lambda xi| at {where}")
    return exponents
