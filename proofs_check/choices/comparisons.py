"""The claims about batch sizes (B1 to B4): `batch_bound`, `batch_order`; about orders (O1 to O5): `order_bound`,
`easy_phase`, `order_counterexample`."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import (
    Interval,
    Undecided,
    log_between,
    log_precision,
    log_ratio,
    power,
    times,
)
from proofs_check.core.budget import Work, decide
from proofs_check.core.data import read_step
from proofs_check.core.law import Case
from proofs_check.core.reading import fields, index, items, number, positive
from proofs_check.core.refusal import Refused
from proofs_check.core.setting import Setting
from proofs_check.core.wording import bracket, describe_step, ends, exact, lemmas, mark, rounded
from proofs_check.linear.drift import factors
from proofs_check.linear.exact import check_exact_zero, read_base
from proofs_check.linear.exponents import check_bracket
from proofs_check.linear.moment import moment_above_one, moment_at_most_one

MOST_DRAWS = 6
MOST_STATE_BITS = 1 << 17

Brackets = tuple[Fraction, Fraction]


def prove_batch_bound(claim: dict[str, Any], setting: Setting) -> str:
    """B2, B3: M(q) <= 1 for one batch and q >= 1, so theta >= q for it and all larger ones."""
    fields(claim, "the claim", ("kind", "step", "lambda", "exponent"))
    case, opening = setting.case(claim)
    q, bound = positive(claim["lambda"], "lambda"), number(claim["exponent"], "exponent")
    step = read_step(claim["step"])
    if step.kind == "full_batch" or bound < 1:
        raise Refused("the step is full batch or the exponent is below 1")
    if not moment_at_most_one(case, bound, q):
        raise Refused("M(exponent; lambda) is above 1")
    assert setting.data is not None
    counted = setting.data.counted
    larger = "for every larger batch drawn in this way"
    used = {"B1", "B2", "E2"}
    if step.replacement and counted:
        larger += ", for all batches of at least this size drawn without replacement"
        used.add("B3")
    return (
        f"{opening}at lambda = {exact(q)}, theta >= {exact(bound)} for this step, {larger} and for full batch "
        f"{lemmas(used)}"
    )


def prove_batch_order(claim: dict[str, Any], setting: Setting) -> str:
    """B4: theta of one kind of step is below t, that of another at least t."""
    fields(claim, "the claim", ("kind", "lambda", "lower", "higher", "between"))
    q, t = positive(claim["lambda"], "lambda"), positive(claim["between"], "between")
    lower, _ = setting.case({**claim, "step": claim["lower"]})
    higher, _ = setting.case({**claim, "step": claim["higher"]})
    if not moment_above_one(lower, t, q):
        raise Refused("M(between; lambda) is below 1 for the step with the lower exponent")
    if not moment_at_most_one(higher, t, q):
        raise Refused("M(between; lambda) is above 1 for the step with the higher exponent")
    first, second = (describe_step(read_step(claim[key])) for key in ("lower", "higher"))
    return (
        f"For {setting.data_words}: at lambda = {exact(q)} the exponent theta of {first} is below {exact(t)}, "
        f"that of {second} is at least {exact(t)} [B4, E2]"
    )


def prove_order_bound(claim: dict[str, Any], setting: Setting) -> str:
    """O1, O2, O3: the running maximum over the orders of one epoch, and over reshuffled ones."""
    has_base = "base" in claim
    keys = ("kind", "step", "lambda", "log_product", "log_largest", *(("base",) if has_base else ()))
    fields(claim, "the claim", keys)
    case, opening = _single(claim, setting)
    assert setting.data is not None
    q = positive(claim["lambda"], "lambda")
    dead = case.law.pole_number(q) is not None
    if (claim["log_product"] == "-inf") != dead:
        raise Refused("log_product is -inf, or lambda a pole, but not both")
    copies = setting.data.total // case.law.total if setting.data.counted else 1
    largest = _read_bracket(claim["log_largest"], "log_largest")
    _check_log_product(case, q, copies, largest, above=True, what="log_largest")
    words, used = "0", {"O1", "O2"}
    bounded = dead
    if not dead:
        product = _read_bracket(claim["log_product"], "log_product")
        _check_log_product(case, q, copies, product, above=False, what="log_product")
        words = f"exp(y) with y in {bracket(*product, shape='[]')}"
        bounded = product[1] <= 0
    if has_base:
        if dead:
            raise Refused("a base is superfluous at a pole")
        check_exact_zero(case, q, read_base(claim["base"], "base"), "lambda")
        bounded = True
        used.add("D5")
    top = f"exp(y) with y in {bracket(*largest, shape='[]')}"
    end = ""
    if bounded:
        used.add("O3")
        end = "; over any number of epochs, each in any order, it never exceeds the largest value either"
    return (
        f"{opening}at constant lambda = {exact(q)} an epoch of {case.law.total * copies} draws multiplies |mu| by "
        f"{words} in every order; the running maximum of |mu|/|mu_0| over the epoch is least in ascending order of x, "
        f"where it is the maximum of 1 and that product, and largest in descending order, where it is {top}{end} "
        f"{lemmas(used)}"
    )


def prove_easy_phase(claim: dict[str, Any], setting: Setting) -> str:
    """O4: Lundberg's bounds after T draws of easy samples."""
    fields(claim, "the claim", ("kind", "step", "lambda", "factor", "steps", "exponent", "lower", "upper"))
    case, opening = setting.case(claim)
    q, level = positive(claim["lambda"], "lambda"), number(claim["factor"], "factor")
    steps = index(claim["steps"], "steps")
    if level <= 1 or q * case.law.largest_rate <= 2:
        raise Refused("the factor is at most 1 or lambda xi* does not exceed 2")
    theta = check_bracket(case, q, claim["exponent"])
    lower, upper = number(claim["lower"], "lower"), number(claim["upper"], "upper")
    if lower < 0 or upper < lower:
        raise Refused("lower is negative or above upper")
    largest = q * case.law.largest_rate - 1
    if lower > 0 and not _phase_compares(case, q, steps, theta[1], level * largest, lower, below=True):
        raise Refused("lower exceeds Lundberg's lower bound times M_1^steps")
    if upper < 1 and not _phase_compares(case, q, steps, theta[0], level, upper, below=False):
        raise Refused("upper is below Lundberg's upper bound times M_1^steps")
    return (
        f"{opening}at constant lambda = {exact(q)}, after {steps} independent draws of samples with "
        "|1 - lambda xi| <= 1 and then independent draws of all, the probability "
        f"that |mu_t| >= {exact(level)} |mu_0| for some t lies in "
        f"[{_outwards(lower, upper)}] [E1, E2, O4]"
    )


def prove_order_counterexample(claim: dict[str, Any], setting: Setting) -> str:
    """O5: two orders of the same draws along the map at finite width, in rationals."""
    fields(claim, "the claim", ("kind", "kappa", "L", "first", "second", "differ_in"))
    kappa, curvature = number(claim["kappa"], "kappa"), positive(claim["L"], "L")
    first, second = (_read_draws(claim[key], key) for key in ("first", "second"))
    if kappa == 0 or curvature < 2 * abs(kappa):
        raise Refused("kappa is 0, or L is below 2 |kappa|")
    if first != sorted(first) or sorted(second) != first:
        raise Refused("first is not ascending, or second not another order of the same draws")
    paths = [_follow(draws, kappa, curvature, setting.work) for draws in (first, second)]
    opening = (
        "The map kappa' = (1 - x L + x^2 kappa^2) kappa, L' = L - kappa^2 x (4 - x L), "
        f"started at kappa = {exact(kappa)}, L = {exact(curvature)}, "
    )
    orders = [", ".join(exact(x) for x in draws) for draws in (first, second)]
    if claim["differ_in"] == "running_maximum":
        a, b = paths[0][0], paths[1][0]
        if not a > b:
            raise Refused("the running maximum in ascending order is not the larger one")
        what = "has a larger running maximum of |kappa|"
        tail = "so ascending order is not the best"
    elif claim["differ_in"] == "final":
        a, b = paths[0][1], paths[1][1]
        if a == b:
            raise Refused("the last |kappa| is the same")
        what, tail = (
            f"ends at a {'larger' if a > b else 'smaller'} |kappa|",
            "so the end depends on the order",
        )
    else:
        raise Refused("differ_in is neither running_maximum nor final")
    return (
        f"{opening}{what} under the draws x = {orders[0]} (about {rounded(a, 6, False)}) than under x = {orders[1]} "
        f"(about {rounded(b, 6, False)}), {tail} [O5]"
    )


def _single(claim: dict[str, Any], setting: Setting) -> tuple[Case, str]:
    case, opening = setting.case(claim)
    if read_step(claim["step"]).kind != "single":
        raise Refused("the step is not a single sample")
    return case, opening


def _read_bracket(value: Any, where: str) -> Brackets:
    table = fields(value, where, ("lower", "upper"))
    lower, upper = number(table["lower"], f"{where}.lower"), number(table["upper"], f"{where}.upper")
    if lower > upper:
        raise Refused(f"{where}.lower is above {where}.upper")
    return lower, upper


def _check_log_product(
    case: Case, q: Fraction, copies: int, bounds: Brackets, *, above: bool, what: str
) -> None:
    """The log of the product of all factors (or, if `above`, of those above 1) over an epoch lies in the bounds."""
    ns, d = factors(case.law, q)
    chosen = [
        (abs(n), k * copies) for n, k in zip(ns, case.law.weights, strict=True) if abs(n) > d or not above
    ]

    def holds(prec: int) -> bool | None:
        case.work.spend_on_logs(len(chosen), prec + d.bit_length())
        lo, hi = _sum_of_logs(chosen, d, prec)
        one = 1 << prec
        if bounds[0] * one <= lo and hi <= bounds[1] * one:
            return True
        return False if hi < bounds[0] * one or lo > bounds[1] * one else None

    if not decide(holds, case.most_bits, what):
        raise Refused(f"{what} is wrong")


def _sum_of_logs(chosen: Iterable[tuple[int, int]], d: int, prec: int) -> Interval:
    lo = hi = 0
    for n, k in chosen:
        log = log_ratio(n, d, prec)
        lo, hi = lo + k * log[0], hi + k * log[1]
    return lo, hi


def _phase_compares(
    case: Case, q: Fraction, steps: int, theta: Fraction, level: Fraction, bound: Fraction, *, below: bool
) -> bool:
    """Whether log bound <= steps log M_1(theta) - theta log level, or >= if not `below`."""

    def holds(prec: int) -> bool | None:
        case.work.spend_on_logs(2, prec + max(bound.denominator, level.numerator).bit_length())
        moment = _log_of_easy_moment(case, q, theta, prec)
        far = times(theta, log_ratio(level.numerator, level.denominator, prec))
        lo, hi = steps * moment[0] - far[1], steps * moment[1] - far[0]
        own = log_ratio(bound.numerator, bound.denominator, prec)
        if below:
            return True if own[1] <= lo else False if own[0] > hi else None
        return True if hi <= own[0] else False if lo > own[1] else None

    return decide(holds, case.most_bits, "a bound of the easy phase")


def _log_of_easy_moment(case: Case, q: Fraction, theta: Fraction, prec: int) -> Interval:
    """log of M_1(theta) = E[r^theta given r <= 1]; a factor 0 contributes 0, an idle step 1."""
    law, log_prec = case.law, log_precision(theta, prec)
    ns, d = factors(law, q)
    case.work.spend_on_logs(3 * len(ns), log_prec + d.bit_length())
    easy, lo, hi = law.idle, law.idle << prec, law.idle << prec
    for n, k in zip(ns, law.weights, strict=True):
        if abs(n) > d:
            continue
        easy += k
        if n:
            low, high = power(log_ratio(abs(n), d, log_prec), log_prec, theta, prec)
            if high is None:
                raise Undecided
            lo, hi = lo + k * low, hi + k * high
    if easy == 0:
        raise Refused("no sample is easy")
    return log_between(lo, hi, easy << prec, prec)


def _read_draws(value: Any, where: str) -> list[Fraction]:
    listed = items(value, where)
    if not 2 <= len(listed) <= MOST_DRAWS:
        raise Refused(f"{where} does not have 2 to {MOST_DRAWS} entries")
    draws = [number(x, f"{where}[{i}]") for i, x in enumerate(listed)]
    if min(draws) < 0:
        raise Refused(f"{where} has a negative entry")
    return draws


def _follow(
    draws: list[Fraction], kappa: Fraction, curvature: Fraction, work: Work
) -> tuple[Fraction, Fraction]:
    """The largest |kappa| along the draws, the start included, and the last one."""
    largest = abs(kappa)
    for x in draws:
        bits = max(_bits(kappa), _bits(curvature), _bits(x))
        if bits > MOST_STATE_BITS:
            raise Refused("the numbers along the map grow too long")
        work.spend(64, 8 * bits)
        square = kappa * kappa
        kappa, curvature = (
            (1 - x * curvature + x * x * square) * kappa,
            curvature - square * x * (4 - x * curvature),
        )
        largest = max(largest, abs(kappa))
    return largest, abs(kappa)


def _bits(q: Fraction) -> int:
    return max(q.numerator.bit_length(), q.denominator.bit_length())


def _outwards(lower: Fraction, upper: Fraction) -> str:
    low, high = ends(lower, upper)
    return f"{low}, {high}{mark(lower, upper)}"
