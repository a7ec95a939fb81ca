"""The kind `product_exponent`: theta between two numbers, and the deflationary regime. Lemma V0d.

Hypotheses: k(lower) <= 0 (`below`, rho <= 1); k(upper) > 0, or k(upper) >= 0 and lambda_1 < 0 (`above`); lambda_1 < 0
by `lyapunov`, or by rho < 1 in `below`. Conclusion: lower <= theta <= upper.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from proofs_check.core.reading import number, positive
from proofs_check.core.refusal import Refused
from proofs_check.core.rule import Rule
from proofs_check.core.setting import Setting
from proofs_check.products.lyapunov import Lyapunov, prove_lyapunov
from proofs_check.products.moments import Moment, prove_moment
from proofs_check.products.walk import Walk, read_walk
from proofs_check.products.words import bound


@dataclass(frozen=True)
class ProductExponent:
    """That lower <= theta <= upper (None: inf), and if `deflationary` that lambda_1 < 0."""

    walk: Walk
    deflationary: bool
    lower: Fraction
    upper: Fraction | None
    witnesses: tuple[Any, Any, Any]

    @cached_property
    def lyapunov(self) -> Lyapunov | None:
        return prove_falling(self.witnesses[0], self.walk)

    @cached_property
    def below(self) -> Moment | None:
        return self._moment(1, "below", "upper", self.lower)

    @cached_property
    def above(self) -> Moment | None:
        return None if self.upper is None else self._moment(2, "above", "lower", self.upper)

    def _moment(self, k: int, where: str, side: str, s: Fraction) -> Moment | None:
        if self.witnesses[k] is None:
            return None
        found = prove_moment(self.witnesses[k], where, self.walk)
        if found.side != side or found.s != s:
            raise Refused(f"{where} is not the proof of its bound")
        return found


def prove_falling(value: Any, walk: Walk) -> Lyapunov | None:
    """A proof of lambda_1 < 0, or None."""
    if value is None:
        return None
    found = prove_lyapunov(value, "lyapunov", walk, "upper")
    if found.bound >= 0:
        raise Refused("lyapunov.bound is not negative")
    return found


def read(claim: dict[str, Any], setting: Setting) -> ProductExponent:
    walk = read_walk(claim, setting, ("regime", "lower", "upper", "lyapunov", "below", "above"))
    if claim["regime"] not in ("deflationary", None):
        raise Refused("regime is neither deflationary nor null")
    lower = number(claim["lower"], "lower")
    upper = None if claim["upper"] == "inf" else positive(claim["upper"], "upper")
    if lower < 0 or (upper is not None and upper < lower):
        raise Refused("lower is negative or above upper")
    if (claim["below"] is None) != (lower == 0) or (claim["above"] is None) != (upper is None):
        raise Refused("a bound has no proof, or a proof no bound")
    witnesses = claim["lyapunov"], claim["below"], claim["above"]
    if witnesses == (None, None, None):
        raise Refused("the claim says nothing")
    return ProductExponent(walk, claim["regime"] is not None, lower, upper, witnesses)


def prove(statement: ProductExponent) -> tuple[str, ...]:
    """V0d: k(lower) <= 0; k(upper) > 0, or k(upper) >= 0 and lambda_1 < 0."""
    lyapunov, below, above = statement.lyapunov, statement.below, statement.above
    if below is not None and below.rho > 1:
        raise Refused("below: rho is above 1")
    falls = lyapunov is not None or (below is not None and below.rho < 1)
    if above is not None and not (above.rho > 1 or (above.rho == 1 and falls)):
        raise Refused("above: rho is below 1, or it is 1 and lambda_1 < 0 is not proved")
    if statement.deflationary and not falls:
        raise Refused("lambda_1 < 0 is not proved")
    return ("V0", *(name for proof in (lyapunov, below, above) if proof is not None for name in proof.used))


def say(statement: ProductExponent) -> str:
    told = []
    if statement.deflationary:
        regime = "deflationary" if statement.upper is not None else "deflationary or stable"
        told.append(f"{regime}: lambda_1 < 0, almost surely e_n -> 0 for every start")
    if statement.lower:
        told.append(f"theta >= {bound(statement.lower, up=False)}")
    if statement.upper is not None:
        told.append(f"theta <= {bound(statement.upper, up=True)}")
    if not told:
        told.append("lambda_1 < 0, almost surely e_n -> 0 for every start")
    return f"{statement.walk.opening()}{'; '.join(told)}"


RULE = Rule(read, prove, say)
