"""The kind `product_spike`: bounds of P(sup_t |e_t| >= K |e_0|) for every start. Lemma V11.

Hypotheses: `above`: E V(A e) <= V(e); `below`: E V(A e) >= V(e), V(A_i e) <= R^s V(e) for all i (for
cells n(A_i e) <= R n(e) will do: V <= max v n^s), lambda_1 < 0. V is
|.|_Q^s with alpha N <= Q <= beta N, gamma = (beta/alpha)^(s/2); or n^s v (cells), gamma = max v/min v, N the maximum;
or P^s for a polytope norm P, alpha N <= P^2 <= beta N.
Conclusion: the probability in the norm N is at most gamma K^-s and at least (K R)^-s/gamma.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from proofs_check.core.reading import Refused, fields, items, number, positive
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import exact
from proofs_check.products.definite import require_semidefinite
from proofs_check.products.moments import EVERY, Moment, prove_moment
from proofs_check.products.plane import power_below
from proofs_check.products.polytope import inverse, require_range, require_steps
from proofs_check.products.powers import at_least, at_most
from proofs_check.products.product_exponent import prove_falling
from proofs_check.products.ranges import require_ranges
from proofs_check.products.tables import Numbers, Table, product, unit
from proofs_check.products.walk import Walk, difference, negative, read_walk
from proofs_check.products.words import between

ONE = Fraction(1)
NORMS = {
    "state": "the Euclidean norm of the state",
    "parameters": "the Euclidean norm of the parameters",
    "residuals": "the Euclidean norm of all residuals",
    "maximum": "the maximum norm of the state",
}
OF = {"state": ("state",), "features": ("parameters", "residuals"), "residuals": ("parameters", "residuals")}


@dataclass(frozen=True)
class Side:
    """A moment proof; the largest factor R of a step (lower side); alpha, beta for norms that are compared with Q."""

    moment: Moment
    step: Fraction
    ranges: dict[str, tuple[Fraction, Fraction]]
    used: tuple[str, ...]


@dataclass(frozen=True)
class ProductSpike:
    """That for each norm lower <= P(sup_t |e_t| >= factor |e_0|) <= upper, for every start."""

    walk: Walk
    factor: Fraction
    probability: dict[str, tuple[Fraction, Fraction]]
    lyapunov: Any
    witnesses: tuple[Any, Any]

    @cached_property
    def above(self) -> Side | None:
        return None if self.witnesses[0] is None else _prove_above(self.witnesses[0], self.walk)

    @cached_property
    def below(self) -> Side | None:
        return None if self.witnesses[1] is None else _prove_below(self.witnesses[1], self.walk)


def read(claim: dict[str, Any], setting: Setting) -> ProductSpike:
    walk = read_walk(claim, setting, ("factor", "probability", "lyapunov", "above", "below"))
    walk.require_single()
    factor = positive(claim["factor"], "factor")
    if factor <= 1:
        raise Refused("factor is not above 1")
    known = (*OF[walk.frame.kind], "maximum")
    told = fields(claim["probability"], "probability", (), known)
    if not told:
        raise Refused("probability is empty")
    probability = {}
    for name, value in told.items():
        table = fields(value, f"probability.{name}", ("lower", "upper"))
        ends = number(table["lower"], f"{name}.lower"), number(table["upper"], f"{name}.upper")
        if not 0 <= ends[0] <= ends[1] <= 1:
            raise Refused(f"probability.{name} is not 0 <= lower <= upper <= 1")
        probability[name] = ends
    return ProductSpike(walk, factor, probability, claim["lyapunov"], (claim["above"], claim["below"]))


def prove(statement: ProductSpike) -> tuple[str, ...]:
    """V11, for each norm that is named."""
    above, below = statement.above, statement.below
    falling = prove_falling(statement.lyapunov, statement.walk)
    if below is not None and falling is None:
        raise Refused("below: lambda_1 < 0 is not proved")
    for name, (lower, upper) in statement.probability.items():
        if upper < 1 and not _is_above(above, name, statement.factor, upper, statement.walk):
            raise Refused(f"probability.{name}.upper is not proved")
        if lower > 0 and not _is_below(below, name, statement.factor, lower, statement.walk):
            raise Refused(f"probability.{name}.lower is not proved")
    proofs = (above, below, falling)
    return ("V11", *(name for proof in proofs if proof is not None for name in proof.used))


def _is_above(side: Side | None, name: str, k: Fraction, upper: Fraction, walk: Walk) -> bool:
    """gamma K^-s <= upper."""
    if side is None or name not in side.ranges:
        return False
    (alpha, beta), s = side.ranges[name], side.moment.s
    if side.moment.cells is not None:
        return at_most(1 / k, s, upper * alpha / beta, walk.work)
    return at_most(beta / (alpha * k**2), s / 2, upper, walk.work)


def _is_below(side: Side | None, name: str, k: Fraction, lower: Fraction, walk: Walk) -> bool:
    """(K R)^-s / gamma >= lower."""
    if side is None or name not in side.ranges:
        return False
    (alpha, beta), s, reach = side.ranges[name], side.moment.s, k * side.step
    if side.moment.cells is not None:
        return at_least(1 / reach, s, lower * beta / alpha, walk.work)
    return at_least(alpha / (beta * reach**2), s / 2, lower, walk.work)


def _prove_above(value: Any, walk: Walk) -> Side:
    table = fields(value, "above", ("moment", "ranges"))
    moment = prove_moment(table["moment"], "above.moment", walk)
    if not moment.upper or moment.rho > 1:
        raise Refused("above.moment is not an upper bound with rho at most 1")
    return Side(moment, ONE, _ranges(table["ranges"], "above.ranges", moment, walk), moment.used)


def _prove_below(value: Any, walk: Walk) -> Side:
    table = fields(value, "below", ("moment", "ranges", "largest_step"), ("inverse", "steps"))
    moment = prove_moment(table["moment"], "below.moment", walk)
    if moment.upper or moment.rho < 1:
        raise Refused("below.moment is not a lower bound with rho at least 1")
    step = number(table["largest_step"], "below.largest_step")
    if step < 1:
        raise Refused("below.largest_step is below 1")
    ranges = _ranges(table["ranges"], "below.ranges", moment, walk)
    if moment.polytope is not None:
        if table.get("inverse") is not None:
            raise Refused("below.inverse does not belong to the form polytope")
        require_steps(moment.polytope, step, table.get("steps"), "below.steps")
        return Side(moment, step, ranges, moment.used)
    if "steps" in table:
        raise Refused("below.steps belongs to the form polytope")
    return Side(
        moment, step, ranges, (*moment.used, *_require_step(table.get("inverse"), moment, step, walk))
    )


def _require_step(inverse: Any, moment: Moment, step: Fraction, walk: Walk) -> tuple[str, ...]:
    """V(A_i e) <= R^s V(e) for all i; for cells n(A_i e) <= R n(e) does as well."""
    if moment.cells is not None:
        if inverse is not None:
            raise Refused("below.inverse does not belong to the form cells")
        if step < moment.cells.row_sum:
            moment.cells.require_each(moment.s, power_below(step, moment.s, walk.work))
        return ()
    assert moment.q is not None
    square = step**2
    return require_ranges(
        walk, moment.q, None, Numbers((square.numerator,) * walk.count, square.denominator), inverse, "below"
    )


def _ranges(value: Any, where: str, moment: Moment, walk: Walk) -> dict[str, tuple[Fraction, Fraction]]:
    """alpha N <= Q <= beta N for each norm of the list; min v and max v for cells."""
    shaped = moment.cells is not None or moment.polytope is not None
    if not shaped and (moment.q is None or moment.starts != EVERY):
        raise Refused(f"{where}: the moment has no matrix Q > 0")
    found: dict[str, tuple[Fraction, Fraction]] = {}
    for entry in items(value, where):
        table = fields(entry, where, ("norm", "alpha", "beta"))
        name, alpha, beta = table["norm"], positive(table["alpha"], where), positive(table["beta"], where)
        if moment.cells is not None or name not in OF[walk.frame.kind] or name in found:
            raise Refused(f"{where} names a norm twice, or one that is unknown here")
        if moment.polytope is not None:
            require_range(moment.polytope, *_both(name, walk), alpha, beta, where)
        else:
            assert moment.q is not None
            _compare(name, moment.q, alpha, beta, where, walk)
        found[name] = alpha, beta
    if moment.cells is not None:
        values = moment.cells.table.values
        found["maximum"] = min(values), max(values)
    return found


def _compare(name: str, q: Table, alpha: Fraction, beta: Fraction, where: str, walk: Walk) -> None:
    """alpha N <= Q <= beta N; for N = K_JJ^-1 it reads alpha Q <= Q K_JJ Q <= beta Q."""
    work, frame = walk.work, walk.frame
    if name == "parameters" and frame.inner is not None:
        middle, norm = product(product(q, frame.inner, work), q, work), q
    else:
        middle, norm = q, _norm(name, walk)
    require_semidefinite(difference(middle, alpha, norm, work), work, f"{where}: alpha of {name}")
    require_semidefinite(negative(difference(middle, beta, norm, work)), work, f"{where}: beta of {name}")


def _both(name: str, walk: Walk) -> tuple[Table, Table]:
    """The matrix of a norm and its inverse."""
    if name == "parameters" and walk.frame.inner is not None:
        return inverse(walk.frame.inner, walk.work, name), walk.frame.inner
    norm = _norm(name, walk)
    return norm, inverse(norm, walk.work, name)


def _norm(name: str, walk: Walk) -> Table:
    """N: I, or X^T X in features and R R^T in residual coordinates."""
    if name != "residuals":
        return unit(walk.size)
    columns = walk.ab[1].columns
    return product(columns, columns, walk.work)


def say(statement: ProductSpike) -> str:
    event = f"P(sup_t |e_t| >= {exact(statement.factor)} |e_0|)"
    bounds = statement.probability.items()
    told = "; ".join(f"in {NORMS[name]} {between(lower, event, upper)}" for name, (lower, upper) in bounds)
    return f"{statement.walk.opening()}for every start, {told}"


RULE = Rule(read, prove, say)
