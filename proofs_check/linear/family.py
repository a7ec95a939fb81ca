"""The claim `family_sign` (F1, F2): the sign of G on a box of two-sample data sets, from its four corners."""

from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import log_ratio, times
from proofs_check.core.budget import MOST_BITS, Work, decide
from proofs_check.core.reading import fields, longest, number, positive, quoted
from proofs_check.core.refusal import Refused
from proofs_check.core.setting import Setting
from proofs_check.core.wording import exact

Range = tuple[Fraction, Fraction]


def prove_family_sign(claim: dict[str, Any], setting: Setting) -> str:
    """G > 0 or G < 0 for every s and p of the box; needs no data."""
    fields(claim, "the claim", ("kind", "curvature", "sign", "s", "p"))
    fixed, share = _read_curvature(claim["curvature"])
    s, p = _read_range(claim["s"], "s"), _read_range(claim["p"], "p")
    if p[1] > 1:
        raise Refused("p.to is above 1")
    if claim["sign"] not in ("positive", "negative"):
        raise Refused(f"the unknown sign {quoted(claim['sign'])}")
    wanted = 1 if claim["sign"] == "positive" else -1
    setting.work.spend(100)
    setting.work.spend(16, 32 * longest(claim))
    _check_hypotheses(wanted, s[0] ** 2, s[1] ** 2, fixed, share)
    most_bits = min(MOST_BITS, 1024 + 32 * longest(claim))
    for a in s:
        for q in p:
            if _sign(setting.work, _curvature(a, fixed, share), a * a, q, most_bits) != wanted:
                raise Refused("G does not have the sign at a corner of the box")
    return _statement(wanted, s, p, fixed, share)


def _read_curvature(value: Any) -> tuple[Fraction | None, Fraction | None]:
    """The fixed z = eta lambda, or the share of the window; the other one is None."""
    if isinstance(value, dict) and "fixed" in value:
        return positive(fields(value, "curvature", ("fixed",))["fixed"], "curvature.fixed"), None
    share = positive(fields(value, "curvature", ("share",))["share"], "curvature.share")
    if share >= 1:
        raise Refused("curvature.share is not below 1")
    return None, share


def _read_range(value: Any, where: str) -> Range:
    table = fields(value, where, ("from", "to"))
    low, high = number(table["from"], f"{where}.from"), number(table["to"], f"{where}.to")
    if not 0 <= low <= high:
        raise Refused(f"{where} does not satisfy 0 <= from <= to")
    return low, high


def _curvature(s: Fraction, fixed: Fraction | None, share: Fraction | None) -> Fraction:
    if fixed is not None:
        return fixed
    assert share is not None
    return (2 + 2 * share) / max(Fraction(1), s * s)


def _check_hypotheses(
    wanted: int, low: Fraction, high: Fraction, fixed: Fraction | None, share: Fraction | None
) -> None:
    """What F1 and F2 ask of [s0^2, s1^2] beside the corners."""
    poles = [1 / fixed] if fixed is not None else []
    if share is not None:
        poles = [1 / (2 + 2 * share), 2 + 2 * share]
    if wanted > 0 and any(low <= pole <= high for pole in poles):
        raise Refused("a pole lies in the range of s, so G is not positive there")
    if wanted < 0 and share is not None and low <= 1 <= high:
        raise Refused("s = 1 lies in the range of s, so G is not negative there")


def _sign(work: Work, z: Fraction, y: Fraction, p: Fraction, most_bits: int) -> int:
    """The sign of (1 - p) log|1 - z| + p log|1 - z y|, with 0 log 0 = 0; refused if it is not seen."""
    parts = [(1 - p, abs(1 - z)), (p, abs(1 - z * y))]
    parts = [(weight, size) for weight, size in parts if weight != 0]
    if any(size == 0 for _, size in parts):
        return -1

    def sign(prec: int) -> int | None:
        lo = hi = 0
        for weight, size in parts:
            long = max(size.numerator, size.denominator, weight.denominator).bit_length()
            work.spend(4, prec + long)
            work.spend_on_logs(1, prec)
            low, high = times(weight, log_ratio(size.numerator, size.denominator, prec))
            lo, hi = lo + low, hi + high
        return 1 if lo > 0 else -1 if hi < 0 else None

    return decide(sign, most_bits, "the sign of G at a corner")


def _statement(wanted: int, s: Range, p: Range, fixed: Fraction | None, share: Fraction | None) -> str:
    if share is None:
        assert fixed is not None
        place, lemma = f"eta lambda = {exact(fixed)}", "F1"
    else:
        place, lemma = f"eta lambda = {exact(2 + 2 * share)}/max(1, s^2)", "F2"
    return (
        f"For every data set with the two samples 1 (probability 1 - p) and s (probability p), at {place}: "
        f"G {'>' if wanted > 0 else '<'} 0 for all s in [{exact(s[0])}, {exact(s[1])}] "
        f"and p in [{exact(p[0])}, {exact(p[1])}] [{lemma}]"
    )
