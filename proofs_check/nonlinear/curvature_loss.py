"""The claim `curvature_loss`: the curvature falls below L_1 = eta to after a spike, or without one.

W9: P(|kappa| reaches c) >= a (a lemma of width_lower.py), from every state of the boxes L falls below L_1 within N
steps with probability at least b, lower <= a b, 2 c <= L_0, L_1 < L_0  =>  with probability at least `lower` both do.
W10: 0 < t <= 2, k_0 <= eps, m = M^+(t) < 1, (1 + (k_0/eps)^t) exp(-s D/eps^2) <= upper, s = (1 - m)/(2 (1 + m))
=>  with probability at most `upper` L falls below L_1 while |kappa| <= eps up to and at that time.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import Undecided
from proofs_check.core.budget import decide
from proofs_check.core.reading import Refused, fields, index, items, number, positive
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import exact, rounded
from proofs_check.nonlinear.width_boxes import Falls
from proofs_check.nonlinear.width_closed import exp_above, log_of, log_power, moment
from proofs_check.nonlinear.width_lower import Lower, read_lower
from proofs_check.nonlinear.width_start import KEYS, Start, read_start

MOST_BITS = 8192
MOST_BITS_OF_NUMBERS = 1024
MOST_PARTS = 1000
MOST_STEPS = 60


@dataclass(frozen=True)
class Spike:
    """With probability at least `lower` the level is reached and the curvature falls soon after."""

    lower: Fraction
    reached: Lower
    falls: Falls

    def prove(self) -> set[str]:
        start, falls = self.reached.start, self.falls
        if not (0 <= self.lower <= 1 and 0 <= self.reached.value <= 1):
            raise Refused("spike.lower or spike.reached is no probability")
        if not all(1 <= n <= MOST_PARTS for n in falls.parts) or falls.steps > MOST_STEPS:
            raise Refused(
                f"spike.parts are not numbers from 1 to {MOST_PARTS}, or spike.steps exceeds {MOST_STEPS}"
            )
        start.book(falls.level, falls.L1, self.reached.value, self.lower, most=MOST_BITS_OF_NUMBERS)
        if 2 * falls.level > start.L0:
            raise Refused("spike.kappa exceeds L_0/2")
        used = self.reached.prove()
        if self.lower > 0 and self.reached.value * falls.least() < self.lower:
            raise Refused("spike.lower exceeds what reaching the level and the boxes give")
        return used | {"W9"}

    def words(self, to: str) -> str:
        idle = " (steps with x = 0 are not counted)" if self.falls.start.case.law.idle else ""
        return (
            f"with probability at least {rounded(self.lower, 12, False)} |kappa| reaches {exact(self.falls.level)} "
            f"and the curvature falls below {to} not later than {self.falls.steps} steps after{idle}"
        )


@dataclass(frozen=True)
class Quiet:
    """With probability at most `upper` the curvature falls while |kappa| <= level; without exponent, upper is 1."""

    start: Start
    L1: Fraction
    level: Fraction
    exponent: Fraction | None
    upper: Fraction

    def prove(self) -> set[str]:
        if not 0 <= self.upper <= 1:
            raise Refused("quiet.upper is no probability")
        if self.exponent is None:
            if self.upper != 1:
                raise Refused("quiet.upper is below 1 without a proof")
            return {"W10"}
        if self.exponent > 2 or self.start.high > self.level or self.upper == 0:
            raise Refused("quiet.exponent exceeds 2, the start exceeds quiet.kappa, or quiet.upper is 0")
        self.start.book(self.level, self.L1, self.exponent, self.upper)
        self._compare(self.exponent)
        return {"W10"}

    def words(self, to: str) -> str:
        return (
            f"with probability at most {rounded(self.upper, 12, True)} the curvature falls below {to} without |kappa| "
            f"exceeding {exact(self.level)} up to and at that time"
        )

    def _compare(self, t: Fraction) -> None:
        """log(1 + (k_0/eps)^t) <= s D/eps^2 + log upper."""
        start = self.start
        walk, D = start.walk(self.L1, self.level, above=True), start.fall(self.L1)

        def holds(prec: int) -> bool | None:
            one = 1 << prec
            m = Fraction(moment(start, walk, t, prec)[1], one)
            if m >= 1:
                raise Undecided
            fall = (1 - m) / (2 * (1 + m)) * D / self.level**2 * one
            power = exp_above(start, log_power(start, start.high / self.level, t, prec)[1], prec)
            head = log_of(start, 1 + Fraction(power, one), prec)[1]
            rest = log_of(start, self.upper, prec)[0]
            return True if head <= fall.numerator // fall.denominator + rest else None

        decide(holds, min(start.case.most_bits, MOST_BITS), "quiet.upper")


@dataclass(frozen=True)
class Statement:
    """Both ways for the curvature to fall below `to`."""

    opening: str
    to: Fraction
    spike: Spike
    quiet: Quiet


def read(claim: dict[str, Any], setting: Setting) -> Statement:
    fields(claim, "the claim", ("kind", "step", *KEYS, "to", "spike", "quiet"))
    told, to = read_start(claim, setting), positive(claim["to"], "to")
    assert setting.data is not None
    L1 = setting.data.learning_rate * to
    spike = _read_spike(told.start, L1, claim["spike"])
    return Statement(told.words, to, spike, _read_quiet(told.start, L1, claim["quiet"]))


def prove(statement: Statement) -> set[str]:
    if statement.quiet.L1 >= statement.quiet.start.L0:
        raise Refused("to is not below lambda")
    return statement.spike.prove() | statement.quiet.prove()


def say(statement: Statement) -> str:
    to = exact(statement.to)
    return f"{statement.opening}{statement.spike.words(to)}; {statement.quiet.words(to)}"


def _read_spike(start: Start, L1: Fraction, value: Any) -> Spike:
    table = fields(value, "spike", ("kappa", "lower", "reached", "reach_proof", "steps", "parts"))
    level = positive(table["kappa"], "spike.kappa")
    lower, reached = number(table["lower"], "spike.lower"), number(table["reached"], "spike.reached")
    parts = [index(n, "spike.parts") for n in items(table["parts"], "spike.parts")]
    if len(parts) != 2:
        raise Refused("spike.parts are not two numbers")
    falls = Falls(start, level, L1, index(table["steps"], "spike.steps"), (parts[0], parts[1]))
    return Spike(lower, read_lower(start, level, reached, table["reach_proof"]), falls)


def _read_quiet(start: Start, L1: Fraction, value: Any) -> Quiet:
    table = fields(value, "quiet", ("kappa", "upper"), ("exponent",))
    level, upper = positive(table["kappa"], "quiet.kappa"), number(table["upper"], "quiet.upper")
    exponent = positive(table["exponent"], "quiet.exponent") if "exponent" in table else None
    return Quiet(start, L1, level, exponent, upper)


RULE = Rule(read, prove, say)
