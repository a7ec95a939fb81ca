"""The kind `product_spike`: bounds of P(sup_t |e_t| >= K |e_0|) for every start, or up to a time T. Lemma V11.

Hypotheses: `above`: E V(A e) <= V(e), or up to T E V(A e) <= rho V(e), or no product grows (V2, V8d); `below`:
E V(A e) >= V(e), V(A_i e) <= R^s V(e) for all i (for cells n(A_i e) <= R n(e) will do: V <= max v n^s), lambda_1 < 0.
V is |.|_Q^s with alpha N <= Q <= beta N, gamma = (beta/alpha)^(s/2); or n^s v (cells), gamma = max v/min v, N the
maximum; or (v^T Q v)^(s/2k) with alpha M <= Q <= beta M, v^T M v = |e|_N^2k, gamma = (beta/alpha)^(s/2k);
or P^s for a polytope norm P, alpha N <= P^2 <= beta N, gamma = (beta/alpha)^(s/2). Of closed forms (V20d) gamma
belongs to the parameters, or with momentum to the event that sum p_i u_i^2 reaches K^2 sigma |e_0|^2, e_(-1) = e_0.
Conclusion: the probability in the norm N is at most gamma rho^T K^-s (rho^T = 1 without a T), or 0 for K^2 > beta/alpha
where no product grows, and at least (K R)^-s/gamma.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused, fields, index, items, number, positive
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import exact
from proofs_check.products.definite import require_semidefinite
from proofs_check.products.listing import single_steps
from proofs_check.products.moments import EVERY, Moment, prove_moment
from proofs_check.products.plane import power_above, power_below
from proofs_check.products.polytope import inverse, require_range, require_steps
from proofs_check.products.powers import at_least, at_most
from proofs_check.products.product_exponent import prove_falling
from proofs_check.products.product_stable import prove_stable
from proofs_check.products.ranges import require_ranges
from proofs_check.products.tables import Numbers, Table, product, unit
from proofs_check.products.tensor import inverse_power, norm_power
from proofs_check.products.walk import Walk, difference, negative, read_walk
from proofs_check.products.words import between, bound

ONE = Fraction(1)
NORMS = {
    "state": "the Euclidean norm of the state",
    "parameters": "the Euclidean norm of the parameters",
    "residuals": "the Euclidean norm of all residuals",
    "maximum": "the maximum norm of the state",
}
OF = {
    "state": ("state",),
    "features": ("parameters", "residuals"),
    "residuals": ("parameters", "residuals"),
    "kernel": ("parameters",),
}


@dataclass(frozen=True)
class Side:
    """A moment proof (None: no product grows); the largest factor R of a step (lower side); alpha, beta of norms."""

    moment: Moment | None
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
    steps: int | None

    @cached_property
    def above(self) -> Side | None:
        value = self.witnesses[0]
        if value is None:
            return None
        if isinstance(value, dict) and "stable" in value:
            return _prove_zero(value, self.walk)
        return _prove_above(value, self.walk, self.steps)

    @cached_property
    def below(self) -> Side | None:
        return None if self.witnesses[1] is None else _prove_below(self.witnesses[1], self.walk)


def read(claim: dict[str, Any], setting: Setting) -> ProductSpike:
    timed = "steps" in claim
    keys = ("factor", "probability", "lyapunov", "above", "below", *(("steps",) if timed else ()))
    walk = read_walk(claim, setting, keys, heavy=True)
    steps = index(claim["steps"], "steps") if timed else None
    if timed and (not steps or claim["below"] is not None):
        raise Refused("steps is 0, or stands beside a bound from below")
    factor = positive(claim["factor"], "factor")
    if factor <= 1:
        raise Refused("factor is not above 1")
    known = ("mean_loss",) if walk.beta else (*OF[walk.frame.kind], "maximum")
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
    return ProductSpike(walk, factor, probability, claim["lyapunov"], (claim["above"], claim["below"]), steps)


def prove(statement: ProductSpike) -> tuple[str, ...]:
    """V11, for each norm that is named."""
    above, below = statement.above, statement.below
    if statement.walk.beta and above is None:
        raise Refused("with momentum the event is known by a closed form alone")
    falling = prove_falling(statement.lyapunov, statement.walk)
    if below is not None and falling is None:
        raise Refused("below: lambda_1 < 0 is not proved")
    for name, (lower, upper) in statement.probability.items():
        if upper < 1 and not _is_above(above, name, statement, upper):
            raise Refused(f"probability.{name}.upper is not proved")
        if lower > 0 and not _is_below(below, name, statement.factor, lower, statement.walk):
            raise Refused(f"probability.{name}.lower is not proved")
    proofs = (above, below, falling)
    return ("V11", *(name for proof in proofs if proof is not None for name in proof.used))


def _is_above(side: Side | None, name: str, statement: ProductSpike, upper: Fraction) -> bool:
    """gamma rho^T K^-s <= upper, or K beyond the constant where no product grows."""
    if side is None or name not in side.ranges:
        return False
    (alpha, beta), moment, k, work = side.ranges[name], side.moment, statement.factor, statement.walk.work
    if moment is None:
        return k**2 > beta / alpha
    if statement.steps is not None and moment.rho > 1:
        upper /= power_above(moment.rho, Fraction(statement.steps), work)
    if moment.cells is not None:
        return at_most(1 / k, moment.s, upper * alpha / beta, work)
    degree = 2 * moment.order
    return at_most(beta / (alpha * k**degree), moment.s / degree, upper, work)


def _is_below(side: Side | None, name: str, k: Fraction, lower: Fraction, walk: Walk) -> bool:
    """(K R)^-s / gamma >= lower."""
    if side is None or name not in side.ranges:
        return False
    moment = side.moment
    assert moment is not None
    (alpha, beta), s, reach = side.ranges[name], moment.s, k * side.step
    if moment.cells is not None:
        return at_least(1 / reach, s, lower * beta / alpha, walk.work)
    degree = 2 * moment.order
    return at_least(alpha / (beta * reach**degree), s / degree, lower, walk.work)


def _prove_zero(value: Any, walk: Walk) -> Side:
    """V11d."""
    table = fields(value, "above", ("stable", "ranges"))
    found = prove_stable(table["stable"], "above.stable", walk)
    if found.q is None and found.cells is None:
        return Side(None, ONE, _ranges_of_parameters(table["ranges"], "above.ranges", walk), found.used)
    like = Moment("norm", Fraction(2), "upper", ONE, q=found.q, cells=found.cells)
    ranges = _ranges(table["ranges"], "above.ranges", like, walk)
    if found.cells is not None:
        ranges = {name: (alpha**2, beta**2) for name, (alpha, beta) in ranges.items()}
    return Side(None, ONE, ranges, found.used)


def _ranges_of_parameters(value: Any, where: str, walk: Walk) -> dict[str, tuple[Fraction, Fraction]]:
    """alpha N <= P <= beta N, P the norm of the parameters: N = P, or for the residuals, in the vectors N y or y,
    alpha sum a_i a_i^T <= M <= beta sum a_i a_i^T with M = I in features, K_JJ in residual coordinates."""
    work, found = walk.work, {}
    for name, (alpha, beta) in _read_ranges(value, where, walk).items():
        if name == "parameters":
            if not alpha <= 1 <= beta:
                raise Refused(f"{where}: alpha or beta of {name}")
        else:
            columns = walk.ab[0].columns
            norm = unit(walk.size) if walk.frame.inner is None else walk.frame.inner
            _require_between(
                norm, product(columns, columns, work), alpha, beta, f"{where}: {{}} of {name}", work
            )
        found[name] = alpha, beta
    return found


def _prove_above(value: Any, walk: Walk, steps: int | None) -> Side:
    table = fields(value, "above", ("moment", "ranges"))
    moment = prove_moment(table["moment"], "above.moment", walk)
    if not moment.upper or (moment.rho > 1 and steps is None):
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
    most, steps = step ** (2 * moment.order), moment.power or _extreme(walk, inverse)
    high = Numbers((most.numerator,) * steps.count, most.denominator)
    return require_ranges(steps, moment.q, None, high, inverse, "below")


def _extreme(walk: Walk, inverse: Any) -> Walk:
    """The steps that may be the largest in a norm: with replacement a batch may be copies of one sample."""
    if walk.single or walk.step.replacement or inverse is not None:
        return walk if walk.single else walk.samples
    return single_steps(walk)


def _ranges(value: Any, where: str, moment: Moment, walk: Walk) -> dict[str, tuple[Fraction, Fraction]]:
    """alpha M <= Q <= beta M for each norm of the list; min v and max v for cells; the constant of closed forms."""
    if moment.closed is not None:
        if items(value, where):
            raise Refused(f"{where} has entries, where the closed form has its own")
        return {moment.closed.norm: (ONE, moment.closed.constant)}
    if moment.cells is not None:
        if items(value, where):
            raise Refused(f"{where} names a norm twice, or one that is unknown here")
        values = moment.cells.table.values
        return {"maximum": (min(values), max(values))}
    if moment.polytope is None and (moment.q is None or moment.starts != EVERY):
        raise Refused(f"{where}: the moment has no matrix Q > 0")
    found = _read_ranges(value, where, walk)
    for name, (alpha, beta) in found.items():
        if moment.polytope is not None:
            require_range(moment.polytope, *_both(name, walk), alpha, beta, where)
        else:
            assert moment.q is not None
            _compare(name, moment.q, moment.order, alpha, beta, where, walk)
    return found


def _read_ranges(value: Any, where: str, walk: Walk) -> dict[str, tuple[Fraction, Fraction]]:
    found: dict[str, tuple[Fraction, Fraction]] = {}
    for entry in items(value, where):
        table = fields(entry, where, ("norm", "alpha", "beta"))
        name, alpha, beta = table["norm"], positive(table["alpha"], where), positive(table["beta"], where)
        if name not in OF[walk.frame.kind] or name in found:
            raise Refused(f"{where} names a norm twice, or one that is unknown here")
        found[name] = alpha, beta
    return found


def _compare(name: str, q: Table, k: int, alpha: Fraction, beta: Fraction, where: str, walk: Walk) -> None:
    """alpha M <= Q <= beta M; for M = W^-1, W = K_JJ or S(K_JJ) D^-1, it reads alpha Q <= Q W Q <= beta Q."""
    work, frame = walk.work, walk.frame
    if name == "parameters" and frame.inner is not None:
        middle, norm = product(product(q, inverse_power(frame.inner, k, work), work), q, work), q
    else:
        middle, norm = q, norm_power(_norm(name, walk), k, work)
    _require_between(middle, norm, alpha, beta, f"{where}: {{}} of {name}", work)


def _require_between(
    middle: Table, norm: Table, alpha: Fraction, beta: Fraction, where: str, work: Work
) -> None:
    """alpha N <= M <= beta N."""
    require_semidefinite(difference(middle, alpha, norm, work), work, where.format("alpha"))
    require_semidefinite(negative(difference(middle, beta, norm, work)), work, where.format("beta"))


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
    extent = "sup_t" if statement.steps is None else f"max_(t <= {statement.steps})"
    event = f"P({extent} |e_t| >= {exact(statement.factor)} |e_0|)"
    bounds = statement.probability.items()
    if statement.walk.beta:
        return f"{statement.walk.opening()}{_loss_words(statement, extent)}"
    told = "; ".join(f"in {NORMS[name]} {between(lower, event, upper)}" for name, (lower, upper) in bounds)
    return f"{statement.walk.opening()}for every start, {told}"


def _loss_words(statement: ProductSpike, extent: str) -> str:
    """Momentum: the mean of the squared residuals against its largest value at a distance."""
    assert statement.above is not None and statement.above.moment is not None
    closed = statement.above.moment.closed
    assert closed is not None
    lower, upper = statement.probability["mean_loss"]
    event = f"P({extent} sum_i p_i u_i(e_t)^2 >= {exact(statement.factor)}^2 sigma |e_0|^2)"
    return (
        f"for every start with e_(-1) = e_0, {between(lower, event, upper)}, sigma = {bound(closed.sigma, up=True)} "
        "(at least the top eigenvalue of sum p_i g_i g_i^T, |.| the Euclidean norm of the parameters)"
    )


RULE = Rule(read, prove, say)
