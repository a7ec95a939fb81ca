"""The claim `order_bound`: the running maximum of |mu|/|mu_0| over an epoch, r(x) = |1 - lambda eta x|.

O1: one item after the other, each once  =>  every order ends at prod r^k, and ascending x has the least maximum.
O2: the same  =>  descending x has the largest maximum, prod max(r, 1)^k.
O3: prod r^k <= 1 (a pole, a bound of its logarithm, or G = 0 by D5)  =>  no number of epochs exceeds that.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.choices.numbers import Bracket, read_bracket
from proofs_check.core.arithmetic import Interval, log_ratio
from proofs_check.core.budget import decide
from proofs_check.core.data import read_step
from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, fields, positive
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import bracket, exact
from proofs_check.linear.drift import factors
from proofs_check.linear.exact import check_exact_zero, read_base


@dataclass(frozen=True)
class Statement:
    """The logarithms of both products lie in the brackets; `product` is None for the product 0."""

    opening: str
    case: Case
    curvature: Fraction
    copies: int
    product: Bracket | None
    largest: Bracket
    base: tuple[int, ...] | None

    @property
    def stays_bounded(self) -> bool:
        """Whether O3 applies."""
        return self.product is None or self.product[1] <= 0 or self.base is not None


def read(claim: dict[str, Any], setting: Setting) -> Statement:
    extra = ("base",) if "base" in claim else ()
    fields(claim, "the claim", ("kind", "step", "lambda", "log_product", "log_largest", *extra))
    case, opening = setting.case(claim)
    assert setting.data is not None
    if read_step(claim["step"]).kind != "single":
        raise Refused("the step is not a single sample")
    copies = setting.data.total // case.law.total if setting.data.counted else 1
    dead = claim["log_product"] == "-inf"
    return Statement(
        opening,
        case,
        positive(claim["lambda"], "lambda"),
        copies,
        None if dead else read_bracket(claim["log_product"], "log_product"),
        read_bracket(claim["log_largest"], "log_largest"),
        tuple(read_base(claim["base"], "base")) if extra else None,
    )


def prove(statement: Statement) -> set[str]:
    case, q = statement.case, statement.curvature
    if (statement.product is None) != (case.law.pole_number(q) is not None):
        raise Refused("log_product is -inf, or lambda a pole, but not both")
    _check_product(statement, statement.largest, above_one=True, what="log_largest")
    if statement.product is not None:
        _check_product(statement, statement.product, above_one=False, what="log_product")
    used = {"O1", "O2"}
    if statement.base is not None:
        if statement.product is None:
            raise Refused("a base is superfluous at a pole")
        check_exact_zero(case, q, list(statement.base), "lambda")
        used.add("D5")
    return used | ({"O3"} if statement.stays_bounded else set())


def say(statement: Statement) -> str:
    product = "0" if statement.product is None else _exp_of(statement.product)
    end = "; over any number of epochs, each in any order, it never exceeds the largest value either"
    return (
        f"{statement.opening}at constant lambda = {exact(statement.curvature)} an epoch of "
        f"{statement.case.law.total * statement.copies} draws multiplies |mu| by {product} in every order; the running "
        "maximum of |mu|/|mu_0| over the epoch is least in ascending order of x, where it is the maximum of 1 and that "
        f"product, and largest in descending order, where it is {_exp_of(statement.largest)}"
        f"{end if statement.stays_bounded else ''}"
    )


def _exp_of(bounds: Bracket) -> str:
    return f"exp(y) with y in {bracket(*bounds, shape='[]')}"


def _check_product(statement: Statement, bounds: Bracket, *, above_one: bool, what: str) -> None:
    """The log of the product of all factors (or, if `above_one`, of those above 1) lies in the bounds."""
    case, copies = statement.case, statement.copies
    case.work.spend(4 * len(case.law.weights), case.law.bits)
    ns, d = factors(case.law, statement.curvature)
    pairs = ((abs(n), k * copies) for n, k in zip(ns, case.law.weights, strict=True))
    chosen = [(n, k) for n, k in pairs if n > d or not above_one]

    def holds(prec: int) -> bool | None:
        case.work.spend_on_logs(len(chosen), prec + d.bit_length())
        lo, hi = _sum_of_logs(chosen, d, prec)
        low, high = (q * (1 << prec) for q in bounds)
        return True if low <= lo and hi <= high else False if hi < low or lo > high else None

    if not decide(holds, case.most_bits, what):
        raise Refused(f"{what} is wrong")


def _sum_of_logs(chosen: Iterable[tuple[int, int]], d: int, prec: int) -> Interval:
    lo = hi = 0
    for n, k in chosen:
        log = log_ratio(n, d, prec)
        lo, hi = lo + k * log[0], hi + k * log[1]
    return lo, hi


RULE = Rule(read, prove, say)
