"""The claim `spike`: P(sup_t |mu_t| >= K |mu_0|) in the linear regime, between two bounds (S1 to S5)."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import Interval, log_ratio, times
from proofs_check.core.budget import Work, decide
from proofs_check.core.law import Case
from proofs_check.core.reading import fields, index, number, positive, quoted
from proofs_check.core.refusal import Refused
from proofs_check.core.setting import Setting
from proofs_check.core.wording import bracket, exact, lemmas
from proofs_check.linear.drift import factors, sign_of_drift
from proofs_check.linear.exact import check_exact_zero, read_base
from proofs_check.linear.exponents import check_bracket
from proofs_check.linear.points import gap_of
from proofs_check.spikes.walk import Walk, count_walk

MOST_WALK_BITS = 1 << 13
FEWEST_WALK_BITS = 96

Bounds = tuple[Fraction, Fraction]


def prove_spike(claim: dict[str, Any], setting: Setting) -> str:
    """The probability of a spike, by the method that the claim names."""
    level_key = "factor_squared" if "factor_squared" in claim else "factor"
    fields(claim, "the claim", ("kind", "step", "lambda", level_key, "lower", "upper", "proof"))
    case, opening = setting.case(claim)
    q, level = positive(claim["lambda"], "lambda"), positive(claim[level_key], level_key)
    if level <= 1:
        raise Refused(f"{level_key} is not above 1")
    bounds = number(claim["lower"], "lower"), number(claim["upper"], "upper")
    if not 0 <= bounds[0] <= bounds[1] <= 1:
        raise Refused("lower and upper are not in order between 0 and 1")
    event = Event(case, q, level, 2 if level_key == "factor_squared" else 1)
    regime, used = _prove(event, claim["proof"], bounds)
    words = f"sqrt({exact(level)})" if event.root == 2 else exact(level)
    return (
        f"{opening}at lambda = {exact(q)} the regime is {regime} and P(sup |mu_t| >= K |mu_0|), K = {words}, "
        f"in the linear regime lies in {bracket(*bounds, shape='[]')} {lemmas(used)}"
    )


@dataclass(frozen=True)
class Event:
    """That |mu| reaches K times its start, K^root = level, at curvature q."""

    case: Case
    q: Fraction
    level: Fraction
    root: int

    @property
    def grows(self) -> bool:
        """Whether some factor exceeds 1."""
        return self.q * self.case.law.largest_rate > 2

    def walk(self) -> Walk:
        """The factors that move, equal ones merged, under the condition that a step is not idle."""
        law = self.case.law
        ns, d = factors(law, self.q)
        self.case.work.spend(4 * len(ns), d.bit_length())
        merged: dict[int, int] = {}
        for n, weight in zip(ns, law.weights, strict=True):
            merged[abs(n)] = merged.get(abs(n), 0) + weight
        moving = law.total - law.idle - merged.pop(d, 0)
        merged.pop(0, None)
        order = sorted(merged, reverse=True)
        rs, qs = [Fraction(n, d) for n in order], [Fraction(merged[n], moving) for n in order]
        return Walk(tuple(rs), tuple(qs), self.level, self.root)


def _prove(event: Event, proof: Any, bounds: Bounds) -> tuple[str, list[str]]:
    """The regime and the lemmas used."""
    method = proof.get("method") if isinstance(proof, dict) else None
    if method == "stable":
        fields(proof, "proof", ("method",))
        if event.grows:
            raise Refused("lambda xi* exceeds 2")
        _check_is(bounds, Fraction(0))
        return "stable", ["S1"]
    if method not in ("certain", "lundberg", "counts"):
        raise Refused(f"proof.method is {quoted(method)}, which is none")
    if not event.grows:
        raise Refused("lambda xi* does not exceed 2")
    if method == "certain":
        return _prove_certain(event, proof, bounds)
    walk_fields = ("steps", "drop", "bits") if method == "counts" else ()
    fields(proof, "proof", ("method", "exponent", *walk_fields))
    theta = check_bracket(event.case, event.q, proof["exponent"])
    if method == "lundberg":
        _check_lundberg(event, theta, bounds)
        return "deflationary", ["E1", "E2", "S3"]
    check_counts(event.walk(), theta, proof, bounds, event.case.work)
    return "deflationary", ["E1", "E2", "S3", "S4"]


def _check_is(bounds: Bounds, value: Fraction) -> None:
    if not bounds[0] <= value <= bounds[1]:
        raise Refused(f"the probability is {value}, outside the bounds")


def _prove_certain(event: Event, proof: Any, bounds: Bounds) -> tuple[str, list[str]]:
    """S2: G > 0, or G = 0 by a base."""
    fields(proof, "proof", ("method",), ("base",))
    gap_of(event.case, event.q, "lambda")
    _check_is(bounds, Fraction(1))
    if "base" in proof:
        check_exact_zero(event.case, event.q, read_base(proof["base"], "proof.base"), "lambda")
        return "critical", ["D5", "S2"]
    if sign_of_drift(event.case, event.q) < 0:
        raise Refused("G is negative at lambda")
    return "inflationary", ["S2"]


def _check_lundberg(event: Event, theta: Bounds, bounds: Bounds) -> None:
    """S3: lower <= (K R)^-hi and K^-lo <= upper."""
    ns, d = factors(event.case.law, event.q)
    largest = Fraction(max(map(abs, ns)), d)

    def holds(prec: int) -> bool | None:
        event.case.work.spend_on_logs(6, prec)
        level = _log(event.level, prec)
        level = level[0] // event.root, -(-level[1] // event.root)
        factor = _log(largest, prec)
        low = times(-theta[1], (level[0] + factor[0], level[1] + factor[1]))
        return _between(bounds, low, times(-theta[0], level), prec)

    if not decide(holds, event.case.most_bits, "the bounds of S3"):
        raise Refused("the bounds of S3 do not lie inside lower and upper")


def check_counts(walk: Walk, theta: Bounds, proof: Any, bounds: Bounds, work: Work) -> None:
    """S4: the interval of the walk over counts, times K^-lo, lies inside the bounds; lo < theta < hi proved."""
    steps, prec = index(proof["steps"], "proof.steps"), index(proof["bits"], "proof.bits")
    drop = number(proof["drop"], "proof.drop")
    if not FEWEST_WALK_BITS <= prec <= MOST_WALK_BITS or not 0 <= drop < 1:
        raise Refused("proof.bits or proof.drop is out of range")
    low, high = count_walk(walk, theta, steps, drop, prec, work)
    high = min(high, 1 << prec)  # S3
    scale = times(-theta[0], walk.log_level(prec))
    if low <= 0 < bounds[0] or high <= 0:
        raise Refused("the walk over counts finds no mass")
    least = scale[0] + log_ratio(low, 1 << prec, prec)[0] if low > 0 else scale[0]
    most = scale[1] + log_ratio(high, 1 << prec, prec)[1]
    if not _between(bounds, (least, least), (most, most), prec):
        raise Refused("the walk over counts does not prove the bounds")


def _between(bounds: Bounds, low: Interval, high: Interval, prec: int) -> bool | None:
    """Whether lower <= exp(low) and exp(high) <= upper, or upper is 1; None if undecided."""
    answers: list[bool | None] = []
    if bounds[0] > 0:
        at = _log(bounds[0], prec)
        answers.append(True if at[1] <= low[0] else False if at[0] > low[1] else None)
    if bounds[1] < 1:
        if bounds[1] <= 0:
            return False
        at = _log(bounds[1], prec)
        answers.append(True if high[1] <= at[0] else False if high[0] > at[1] else None)
    return False if False in answers else None if None in answers else True


def _log(q: Fraction, prec: int) -> Interval:
    return log_ratio(q.numerator, q.denominator, prec)
