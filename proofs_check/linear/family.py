"""The kind `family_sign`: the sign of G on a box of two-sample data sets, from its four corners."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import log_of, times
from proofs_check.core.budget import MOST_BITS, Work, decide
from proofs_check.core.reading import Refused, extent, fields, number, positive, quoted
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import exact

Range = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class FamilySign:
    """That G has one sign for the samples 1 (probability 1 - p) and s (p), for all s and p of the box, at
    z = eta lambda = `fixed`, or at z = (2 + 2 share)/max(1, s^2)."""

    work: Work
    most_bits: int
    fixed: Fraction | None
    share: Fraction | None
    positive: bool
    s: Range
    p: Range

    def curvature(self, s: Fraction) -> Fraction:
        """z at a corner."""
        if self.fixed is not None:
            return self.fixed
        assert self.share is not None
        return (2 + 2 * self.share) / max(Fraction(1), s * s)


def read(claim: dict[str, Any], setting: Setting) -> FamilySign:
    fields(claim, "the claim", ("kind", "curvature", "sign", "s", "p"))
    fixed, share = _read_curvature(claim["curvature"])
    s, p = _read_range(claim["s"], "s"), _read_range(claim["p"], "p")
    if p[1] > 1:
        raise Refused("p.to is above 1")
    if claim["sign"] not in ("positive", "negative"):
        raise Refused(f"the unknown sign {quoted(claim['sign'])}")
    size = 32 * extent(claim)[1]
    setting.work.spend_on_divisions(16, size)
    bits = min(MOST_BITS, 1024 + size)
    return FamilySign(setting.work, bits, fixed, share, claim["sign"] == "positive", s, p)


def _read_curvature(value: Any) -> tuple[Fraction | None, Fraction | None]:
    """The fixed z, or the share of the window; the other one is None."""
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


def prove(statement: FamilySign) -> tuple[str, ...]:
    """F1 (fixed z), F2 (share): no pole in the range of s if positive (for a share and a negative sign: s = 1
    not in it), G of that sign at the four corners => of that sign on the box."""
    _check_hypotheses(statement)
    wanted = 1 if statement.positive else -1
    for s in statement.s:
        for p in statement.p:
            if _sign(statement, statement.curvature(s), s * s, p) != wanted:
                raise Refused("G does not have the sign at a corner of the box")
    return ("F1" if statement.share is None else "F2",)


def _check_hypotheses(statement: FamilySign) -> None:
    """What is asked of [s0^2, s1^2] beside the corners."""
    low, high = statement.s[0] ** 2, statement.s[1] ** 2
    poles = [1 / statement.fixed] if statement.fixed is not None else []
    if statement.share is not None:
        end = 2 + 2 * statement.share
        poles = [1 / end, end]
    if statement.positive and any(low <= pole <= high for pole in poles):
        raise Refused("a pole lies in the range of s, so G is not positive there")
    if not statement.positive and statement.share is not None and low <= 1 <= high:
        raise Refused("s = 1 lies in the range of s, so G is not negative there")


def _sign(statement: FamilySign, z: Fraction, y: Fraction, p: Fraction) -> int:
    """The sign of (1 - p) log|1 - z| + p log|1 - z y|, with 0 log 0 = 0; refused if it is not seen."""
    parts = [(weight, size) for weight, size in ((1 - p, abs(1 - z)), (p, abs(1 - z * y))) if weight != 0]
    if any(size == 0 for _, size in parts):
        return -1

    def sign(prec: int) -> int | None:
        lo = hi = 0
        for weight, size in parts:
            long = max(size.numerator, size.denominator, weight.denominator).bit_length()
            statement.work.spend_on_divisions(2, prec + long)
            statement.work.spend_on_logs(1, prec)
            low, high = times(weight, log_of(size, prec))
            lo, hi = lo + low, hi + high
        return 1 if lo > 0 else -1 if hi < 0 else None

    return decide(sign, statement.most_bits, "the sign of G at a corner")


def say(statement: FamilySign) -> str:
    if statement.fixed is not None:
        place = exact(statement.fixed)
    else:
        assert statement.share is not None
        place = f"{exact(2 + 2 * statement.share)}/max(1, s^2)"
    s, p = (f"[{exact(low)}, {exact(high)}]" for low, high in (statement.s, statement.p))
    return (
        "For every data set with the two samples 1 (probability 1 - p) and s (probability p), at eta lambda = "
        f"{place}: G {'>' if statement.positive else '<'} 0 for all s in {s} and p in {p}"
    )


FAMILY_SIGN = Rule(read, prove, say)
