"""The claim `curvature_loss`: the curvature falls after a spike (W9), or without one (W10)."""

from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import Undecided
from proofs_check.core.budget import decide
from proofs_check.core.reading import fields, index, items, number, positive
from proofs_check.core.refusal import Refused
from proofs_check.core.setting import Setting
from proofs_check.core.wording import exact, lemmas, rounded
from proofs_check.nonlinear.width import check_lower, read_start
from proofs_check.nonlinear.width_walk import Start, bounded, exp_of, log_power, moment

BITS = 64
MOST_NODES = 400_000
UNITS_PER_NODE = 40
MOST_BITS_OF_NUMBERS = 1024

Box = tuple[int, int, int, int]


def prove_curvature_loss(claim: dict[str, Any], setting: Setting) -> str:
    """Both bounds; the lemmas are named."""
    fields(claim, "the claim", ("kind", "step", "lambda", "width", "mu0", "to", "spike", "quiet"))
    start, opening = read_start(claim, setting)
    assert setting.data is not None
    to = positive(claim["to"], "to")
    L1 = setting.data.learning_rate * to
    if L1 >= start.L0:
        raise Refused("to is not below lambda")
    spike, used = _check_spike(start, L1, claim["spike"], exact(to))
    quiet = _check_quiet(start, L1, claim["quiet"], exact(to))
    return f"{opening}{spike}; {quiet} {lemmas({*used, 'W9', 'W10'})}"


def _check_spike(start: Start, L1: Fraction, value: Any, to: str) -> tuple[str, set[str]]:
    table = fields(value, "spike", ("kappa", "lower", "reached", "reach_proof", "steps", "parts"))
    level = positive(table["kappa"], "spike.kappa")
    lower, reached = number(table["lower"], "spike.lower"), number(table["reached"], "spike.reached")
    if not (0 <= lower <= 1 and 0 <= reached <= 1):
        raise Refused("spike.lower or spike.reached is no probability")
    steps = index(table["steps"], "spike.steps")
    parts = [index(n, "spike.parts") for n in items(table["parts"], "spike.parts")]
    if len(parts) != 2 or not all(1 <= n <= 1000 for n in parts) or steps > 60:
        raise Refused("spike.parts are not two numbers from 1 to 1000, or spike.steps exceeds 60")
    bounded(start, level, L1, reached, lower, most=MOST_BITS_OF_NUMBERS)
    if 2 * level > start.L0:
        raise Refused("spike.kappa exceeds L_0/2")
    used = check_lower(start, level, reached, table["reach_proof"])
    if lower > 0:
        nodes = parts[0] * parts[1] * (len(start.x) + 1) ** steps
        if nodes > MOST_NODES * 8:
            raise Refused("too many boxes and paths")
        if reached * _Boxes(start, L1, steps).least(level, parts[0], parts[1]) < lower:
            raise Refused("spike.lower exceeds what reaching the level and the boxes give")
    idle = " (steps with x = 0 are not counted)" if start.case.law.idle else ""
    words = (
        f"with probability at least {rounded(lower, 12, False)} |kappa| reaches {exact(level)} and the curvature "
        f"falls below {to} not later than {steps} steps after{idle}"
    )
    return words, used


class _Boxes:
    """The chance that L falls below a target, from boxes of states, at 2^-BITS."""

    def __init__(self, start: Start, target: Fraction, steps: int) -> None:
        self.start, self.steps = start, steps
        self.rates = [_ends(x) for x in start.x]
        self.L1 = target
        self.target = _ends(target)[0]
        self.nodes = 0
        self.bits = start.total.bit_length()

    def least(self, level: Fraction, a: int, b: int) -> Fraction:
        """The least over a x b equal boxes that cover [c, max(c R, |kappa_0|)] x [L_1, L_0], |kappa| <= L_0/2."""
        L0, reach = self.start.L0, max(level * self.start.growth, self.start.high)
        top = min(reach, L0 / 2)
        best = self.start.total**self.steps
        for i in range(a):
            low, high = (level + (top - level) * Fraction(n, a) for n in (i, i + 1))
            for j in range(b):
                bottom, ceiling = (self.L1 + (L0 - self.L1) * Fraction(n, b) for n in (j, j + 1))
                box = _ends(low)[0], _ends(high)[1], _ends(bottom)[0], _ends(ceiling)[1]
                best = min(best, self._chance(box, self.steps))
        return Fraction(best, self.start.total**self.steps)

    def _chance(self, box: Box, steps: int) -> int:
        """In units of total^-steps."""
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise Refused("too many boxes and paths")
        self.start.case.work.spend(UNITS_PER_NODE)
        self.start.case.work.spend(1 + len(self.rates), self.bits * steps)
        if box[3] < self.target:
            return int(self.start.total**steps)
        if steps == 0:
            return 0
        box = (box[0], box[1], max(box[2], self.target), box[3])
        return sum(
            weight * self._chance(_image(box, *rate), steps - 1)
            for weight, rate in zip(self.start.weights, self.rates, strict=True)
        )


def _ends(q: Fraction) -> tuple[int, int]:
    scaled = q.numerator << BITS
    return scaled // q.denominator, -(-scaled // q.denominator)


def _up(product: int) -> int:
    """The product of two numbers at 2^-BITS, rounded up."""
    return -(-product >> BITS)


def _image(box: Box, x_lo: int, x_hi: int) -> Box:
    """W9, rounded outwards. All numbers are >= 0 and x L <= 4."""
    k_lo, k_hi, L_lo, L_hi = box
    one = 1 << BITS
    xk_lo, xk_hi = x_lo * k_lo >> BITS, _up(x_hi * k_hi)
    xL_lo, xL_hi = x_lo * L_lo >> BITS, _up(x_hi * L_hi)
    least, most = one - xL_hi + (xk_lo * xk_lo >> BITS), one - xL_lo + _up(xk_hi * xk_hi)
    r_lo = 0 if least <= 0 <= most else min(abs(least), abs(most))
    r_hi = max(abs(least), abs(most))
    down = _up(_up(k_hi * xk_hi) * max(0, 4 * one - xL_lo))
    up = (k_lo * xk_lo >> BITS) * max(0, 4 * one - xL_hi) >> BITS
    return r_lo * k_lo >> BITS, _up(r_hi * k_hi), L_lo - down, L_hi - up


def _check_quiet(start: Start, L1: Fraction, value: Any, to: str) -> str:
    table = fields(value, "quiet", ("kappa", "upper"), ("exponent",))
    level, upper = positive(table["kappa"], "quiet.kappa"), number(table["upper"], "quiet.upper")
    if not 0 <= upper <= 1:
        raise Refused("quiet.upper is no probability")
    if "exponent" not in table:
        if upper != 1:
            raise Refused("quiet.upper is below 1 without a proof")
    else:
        t = positive(table["exponent"], "quiet.exponent")
        if t > 2:
            raise Refused("quiet.exponent exceeds 2")
        if start.high > level:
            raise Refused("the start exceeds quiet.kappa")
        if upper == 0:
            raise Refused("quiet.upper is 0")
        bounded(start, level, L1, t, upper, most=1 << 14)
        _compare(start, L1, level, t, upper)
    return (
        f"with probability at most {rounded(upper, 12, True)} the curvature falls below {to} without |kappa| "
        f"exceeding {exact(level)} up to and at that time"
    )


def _compare(start: Start, L1: Fraction, level: Fraction, t: Fraction, upper: Fraction) -> None:
    """(1 + (high/eps)^t) exp(-s D/eps^2) <= upper; the first factor enters by its logarithm, <= (high/eps)^t."""
    walk, D = start.walk(L1, level, above=True), start.fall(L1)

    def holds(prec: int) -> bool | None:
        one = 1 << prec
        m = moment(start, walk, t, prec)[1]
        if m >= one:
            raise Undecided
        s = Fraction(one - m, 2 * (one + m))
        fall = s * D / level**2 * one
        head = _log_of_one_plus(start, start.high / level, t, prec)
        rest = log_power(start, upper, Fraction(1), prec)[0]
        return True if head - fall.numerator // fall.denominator <= rest else None

    decide(holds, min(start.case.most_bits, 8192), "quiet.upper")


def _log_of_one_plus(start: Start, ratio: Fraction, t: Fraction, prec: int) -> int:
    """log(1 + ratio^t) rounded up, ratio <= 1."""
    power = exp_of(start, log_power(start, ratio, t, prec), prec)[1]
    return log_power(start, 1 + Fraction(power, 1 << prec), Fraction(1), prec)[1]
