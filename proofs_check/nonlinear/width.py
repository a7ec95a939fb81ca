"""The claim `width_spike`: P(|kappa| reaches c) in the reduced map at finite width, by the lemmas of docs/width.md."""

from fractions import Fraction
from typing import Any

from proofs_check.core.budget import decide
from proofs_check.core.reading import fields, index, number, positive, quoted
from proofs_check.core.refusal import Refused
from proofs_check.core.setting import Setting
from proofs_check.core.wording import bracket, exact, lemmas
from proofs_check.linear.moment import moment_at_most_one
from proofs_check.nonlinear.width_table import SCALE, Table, check_table, read_table
from proofs_check.nonlinear.width_walk import Start, bounded, exp_of, falls, log_power, loss, moment, start_of

START = ("lambda", "width", "mu0")


def prove_width_spike(claim: dict[str, Any], setting: Setting) -> str:
    """lower <= P(sup |kappa_t| >= kappa) <= upper."""
    keys = ("kind", "step", *START, "kappa", "lower", "upper", "lower_proof", "upper_proof")
    fields(claim, "the claim", keys)
    start, opening = read_start(claim, setting)
    level = positive(claim["kappa"], "kappa")
    lower, upper = number(claim["lower"], "lower"), number(claim["upper"], "upper")
    if not 0 <= lower <= upper <= 1:
        raise Refused("not 0 <= lower <= upper <= 1")
    used = check_lower(start, level, lower, claim["lower_proof"])
    used |= check_upper(start, level, upper, positive(claim["lambda"], "lambda"), claim["upper_proof"])
    return (
        f"{opening}the probability that |kappa| ever reaches {exact(level)} lies in "
        f"{bracket(lower, upper, shape='[]')} {lemmas(used)}"
    )


def read_start(claim: dict[str, Any], setting: Setting) -> tuple[Start, str]:
    """The start that a claim names, and the words for it."""
    case, opening = setting.case(claim)
    assert setting.data is not None
    curvature, width = positive(claim["lambda"], "lambda"), positive(claim["width"], "width")
    mu0 = number(claim["mu0"], "mu0")
    if width < 1 or mu0 == 0:
        raise Refused("width is below 1 or mu0 is 0")
    start = start_of(case, setting.data.learning_rate, curvature, width, mu0)
    words = (
        f"{opening}in the reduced map of a network of width {exact(width)} with mu_0 = {exact(mu0)} and "
        f"lambda_0 = {exact(curvature)} (so kappa_0 = eta mu_0/sqrt(width), L_0 = eta lambda_0), "
    )
    return start, words


def _method(proof: Any, where: str) -> str:
    method = proof.get("method") if isinstance(proof, dict) else None
    if not isinstance(method, str):
        raise Refused(f"{where} has no method")
    return method


def check_upper(start: Start, level: Fraction, upper: Fraction, curvature: Fraction, proof: Any) -> set[str]:
    """P(A) <= upper; the lemmas used."""
    method = _method(proof, "upper_proof")
    if method == "trivial":
        fields(proof, "upper_proof", ("method",))
        if upper != 1:
            raise Refused("upper is below 1 without a proof")
        return set()
    if start.high >= level:
        raise Refused("the start is not below the level")
    if method == "stable":
        fields(proof, "upper_proof", ("method",))
        if start.x[-1] * start.L0 > 2:
            raise Refused("eta lambda max x exceeds 2")
        return {"W1"}
    if method == "closed form":
        return _upper_closed_form(start, level, upper, proof)
    if method not in ("theorem", "table"):
        raise Refused(f"upper_proof has the unknown method {quoted(method)}")
    extra = ("edges", "table") if method == "table" else ()
    fields(proof, "upper_proof", ("method", "exponent", *extra))
    exponent = positive(proof["exponent"], "upper_proof.exponent")
    bounded(start, level, exponent)
    if exponent < 1 or not moment_at_most_one(start.case, exponent, curvature):
        raise Refused("the exponent is below 1 or M(exponent; lambda) is above 1")
    entry, used = Fraction(1), {"W2"}
    if method == "table":
        table = read_table(proof, start, level, exponent)
        check_table(start, table, upper=True)
        entry, used = _entry_above(start, table), {"W0", "W5", "W6"}
    if entry:
        _compare_power(start, entry, start.high / level, exponent, upper)
    return used


def _entry_above(start: Start, table: Table) -> Fraction:
    """The largest entry of the top row where the start may lie."""
    columns = {table.column_of(start.low), table.column_of(start.high)}
    top = table.rows[-1]
    found = [table.below_grid(start.growth) if n < 0 else top[n] for n in columns]
    return Fraction(max(found), SCALE)


def _compare_power(
    start: Start, entry: Fraction, ratio: Fraction, exponent: Fraction, upper: Fraction
) -> None:
    """entry ratio^exponent <= upper."""
    if upper <= 0:
        raise Refused("upper is 0 without a proof")

    def holds(prec: int) -> bool | None:
        lo, hi = log_power(start, ratio, exponent, prec)
        rest = log_power(start, upper / entry, Fraction(1), prec)
        return True if hi <= rest[0] else False if lo > rest[1] else None

    if not decide(holds, start.case.most_bits, "upper"):
        raise Refused("upper is below the bound that the proof gives")


def _upper_closed_form(start: Start, level: Fraction, upper: Fraction, proof: Any) -> set[str]:
    """W4."""
    fields(proof, "upper_proof", ("method", "exponent", "L1", "tail"))
    exponent, tail = (positive(proof[key], f"upper_proof.{key}") for key in ("exponent", "tail"))
    L1 = positive(proof["L1"], "upper_proof.L1")
    bounded(start, level, exponent, tail, L1)
    if L1 >= start.L0:
        raise Refused("L1 is not below L_0")
    walk = start.walk(L1, level, above=True)

    def holds(prec: int) -> bool | None:
        if moment(start, walk, exponent, prec)[1] > 1 << prec:
            return None
        power = exp_of(start, log_power(start, start.high / level, exponent, prec), prec)
        total = power[1] + falls(start, level, L1, tail, prec)
        return True if total <= upper * (1 << prec) else None

    decide(holds, min(start.case.most_bits, 4096), "upper")
    return {"W0", "W4"}


def check_lower(start: Start, level: Fraction, lower: Fraction, proof: Any) -> set[str]:
    """P(A) >= lower; the lemmas used."""
    method = _method(proof, "lower_proof")
    if method == "trivial":
        fields(proof, "lower_proof", ("method",))
        if lower:
            raise Refused("lower is above 0 without a proof")
        return set()
    if method == "reached":
        fields(proof, "lower_proof", ("method",))
        if start.low < level:
            raise Refused("the start is not proved to be at the level")
        return set()
    if start.high >= level:
        raise Refused("the start is not below the level")
    if method == "closed form":
        fields(proof, "lower_proof", ("method", "exponent", "L1"))
        exponent, L1 = (positive(proof[key], f"lower_proof.{key}") for key in ("exponent", "L1"))
        bounded(start, level, exponent, L1)
        if L1 >= start.L0:
            raise Refused("L1 is not below L_0")
        reach = level * max(start.range_of(x, L1, level)[1] for x in start.x)
        _carry(start, level, L1, exponent, [(Fraction(1), reach)], lower)
        return {"W0", "W3"}
    if method != "table":
        raise Refused(f"lower_proof has the unknown method {quoted(method)}")
    fields(proof, "lower_proof", ("method", "exponent", "edges", "table"), ("start",))
    exponent = positive(proof["exponent"], "lower_proof.exponent")
    table = read_table(proof, start, level, exponent)
    check_table(start, table, upper=False)
    column = table.column_of(start.low)
    if ("start" in proof) != (column < 0):
        raise Refused("lower_proof.start is needed exactly if the start lies below the grid")
    if column >= 0:
        top = table.rows[-1]
        entry = Fraction(min(top[n] for n in {column, table.column_of(start.high)}), SCALE)
        _compare_below(start, entry, start.low / level, exponent, lower)
        return {"W0", "W5", "W7"}
    _lower_from_below(start, table, proof["start"], lower)
    return {"W0", "W3", "W5", "W7"}


def _compare_below(
    start: Start, entry: Fraction, ratio: Fraction, exponent: Fraction, lower: Fraction
) -> None:
    """entry ratio^exponent >= lower."""
    if lower == 0:
        return
    if entry <= 0:
        raise Refused("the entry at the start is not positive")

    def holds(prec: int) -> bool | None:
        lo, hi = log_power(start, ratio, exponent, prec)
        rest = log_power(start, lower / entry, Fraction(1), prec)
        return True if lo >= rest[1] else False if hi < rest[0] else None

    if not decide(holds, start.case.most_bits, "lower"):
        raise Refused("lower is above the bound that the proof gives")


def _lower_from_below(start: Start, table: Table, value: Any, lower: Fraction) -> None:
    """W3 from the start to an edge d, then the table on [d, d R^+) x [L_1, L_0]."""
    fields(value, "lower_proof.start", ("edge", "exponent", "L1"))
    edge = index(value["edge"], "lower_proof.start.edge")
    h, L1 = (positive(value[key], f"lower_proof.start.{key}") for key in ("exponent", "L1"))
    bounded(start, h, L1, table.level)
    if edge >= table.columns:
        raise Refused("lower_proof.start.edge is no column")
    step = (start.L0 - 2 / start.x[-1]) / table.intervals
    if not start.L0 - step <= L1 < start.L0:
        raise Refused("lower_proof.start.L1 does not lie in the uppermost rows")
    d = table.edge(edge)
    reach = d * max(start.range_of(x, L1, d)[1] for x in start.x)
    if reach > table.level or start.high >= d:
        raise Refused("lower_proof.start.edge is too high or below the start")
    s = (L1 - (start.L0 - step)) / step
    ends = []
    for n in range(edge, table.columns):
        if n > edge and table.edge(n) >= reach:
            break
        top, low = table.rows[-1][n], table.rows[-2][n]
        entry = min(Fraction(top), (1 - s) * low + s * top) / SCALE
        ends += [(entry, table.edge(n)), (entry, table.edge(n + 1))]
    start.case.work.spend(4 * len(ends), 4096)
    _carry(start, d, L1, h, ends, lower, table.exponent, table.level)


def _carry(
    start: Start,
    d: Fraction,
    L1: Fraction,
    h: Fraction,
    ends: list[tuple[Fraction, Fraction]],
    lower: Fraction,
    theta: Fraction = Fraction(0),
    c: Fraction = Fraction(1),
) -> None:
    """W3: (1 - e) entry (k/c)^theta (low/k)^h >= lower for each (entry, k) of `ends`."""
    if lower == 0:
        return
    if any(entry <= 0 for entry, _ in ends):
        raise Refused("an entry between the start and the level is not positive")

    def holds(prec: int) -> bool | None:
        one = 1 << prec
        e = loss(start, d, L1, h, prec)[1]
        if e >= one:
            return None
        kept = log_power(start, Fraction(one - e, one), Fraction(1), prec)[0]
        for entry, k in ends:
            value = kept + log_power(start, start.low / k, h, prec)[0]
            value += log_power(start, entry / lower, Fraction(1), prec)[0]
            if theta:
                value += log_power(start, k / c, theta, prec)[0]
            if value < 0:
                return None
        return True

    decide(holds, min(start.case.most_bits, 4096), "lower")
