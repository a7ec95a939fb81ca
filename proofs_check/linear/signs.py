"""The claims `thresholds` (T1), `drift` and `sign` (D1, D3, D4)."""

from fractions import Fraction
from typing import Any

from proofs_check.core.budget import decide
from proofs_check.core.law import Case
from proofs_check.core.reading import fields, items, number, positive, quoted
from proofs_check.core.refusal import Refused
from proofs_check.core.setting import Setting
from proofs_check.core.wording import ends, exact, mark, point
from proofs_check.linear.drift import check_negative_piece, drift, sign_of_drift
from proofs_check.linear.points import gap_of, read_point


def prove_thresholds(claim: dict[str, Any], setting: Setting) -> str:
    """T1: lambda_crit = 2/xi* and lambda_max = 4/xi*, exactly."""
    fields(claim, "the claim", ("kind", "step", "lambda_crit", "lambda_max"))
    case, opening = setting.case(claim)
    for key, factor in (("lambda_crit", 2), ("lambda_max", 4)):
        if number(claim[key], key) != factor / case.law.largest_rate:
            raise Refused(f"{key} is not {factor} divided by the largest rate")
    crit, largest = (exact(factor / case.law.largest_rate) for factor in (2, 4))
    return f"{opening}lambda_crit = {crit} and lambda_max = {largest} [T1]"


def prove_drift(claim: dict[str, Any], setting: Setting) -> str:
    """lower < G(lambda) < upper, for a positive lambda that is no pole."""
    fields(claim, "the claim", ("kind", "step", "lambda", "lower", "upper"))
    case, opening = setting.case(claim)
    at = read_point(claim["lambda"], "lambda", case.law)
    gap_of(case, at, "lambda")
    lower, upper = number(claim["lower"], "lower"), number(claim["upper"], "upper")

    def holds(prec: int) -> bool | None:
        lo, hi = drift(case, at, prec)
        one = 1 << prec
        if lower * one < lo and hi < upper * one:
            return True
        return False if hi <= lower * one or lo >= upper * one else None

    if not decide(holds, case.most_bits, "the bracket of G"):
        raise Refused("G lies outside its bracket")
    low, high = ends(lower, upper)
    return (
        f"{opening}{low} < G < {high}{mark(lower, upper)} at lambda = {point(at, case.law)} [definition of G]"
    )


def prove_sign(claim: dict[str, Any], setting: Setting) -> str:
    """The sign of G on a closed interval."""
    fields(claim, "the claim", ("kind", "step", "sign", "from", "to", "witnesses"))
    case, opening = setting.case(claim)
    start, end = positive(claim["from"], "from"), number(claim["to"], "to")
    if end < start:
        raise Refused("to lies below from")
    listed = items(claim["witnesses"], "witnesses")
    witnesses = [number(c, f"witnesses[{i}]") for i, c in enumerate(listed)]
    if claim["sign"] == "positive":
        _check_positive(case, start, end, witnesses)
        sign, lemma = ">", "D4"
    elif claim["sign"] == "negative":
        _check_negative(case, start, end, witnesses)
        sign, lemma = "<", "D1, D3"
    else:
        raise Refused(f"the unknown sign {quoted(claim['sign'])}")
    return f"{opening}G {sign} 0 on [{exact(start)}, {exact(end)}] [{lemma}]"


def _check_positive(case: Case, start: Fraction, end: Fraction, witnesses: list[Fraction]) -> None:
    """D4: both ends in one gap, G > 0 at both."""
    if witnesses:
        raise Refused("a positive sign takes no witnesses")
    if gap_of(case, start, "from") != gap_of(case, end, "to"):
        raise Refused("from and to do not lie in one gap")
    for q, where in ((start, "from"), (end, "to")):
        if sign_of_drift(case, q) < 0:
            raise Refused(f"G is negative at {where}")


def _check_negative(case: Case, start: Fraction, end: Fraction, witnesses: list[Fraction]) -> None:
    """D1(a) in gap 0, D3 in every other gap that the interval meets; at the poles G = -inf."""
    law = case.law
    if start == end:
        gap = law.gap(start)
        gaps = [] if gap is None else [gap]
    else:
        gaps = list(law.gaps_meeting(start, end))
    gaps = [gap for gap in gaps if gap > 0]
    if len(witnesses) != len(gaps):
        raise Refused(f"{len(gaps)} witnesses are needed, {len(witnesses)} are given")
    for i, (gap, c) in enumerate(zip(gaps, witnesses, strict=True)):
        where = f"witnesses[{i}]"
        if c <= 0 or law.gap(c) != gap or not start <= c <= end:
            raise Refused(f"{where} does not lie in gap {gap} and in the interval")
        low, high = law.gap_ends(gap)
        if high is None or start == end:
            if c != end or sign_of_drift(case, c) > 0:
                raise Refused(f"{where} is not the end of the interval, or G is positive there")
        else:
            check_negative_piece(case, c, max(start, low), min(end, high), where)
