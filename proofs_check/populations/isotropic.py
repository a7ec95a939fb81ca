"""The kind `isotropic_exponent`."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused, fields, index, positive, quoted
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import exact
from proofs_check.populations.law_exponent import below_one
from proofs_check.populations.moments import GammaLaw

MOST_DIMENSION = 500


@dataclass(frozen=True)
class Isotropic:
    """Features N(0, v I_d), batches of b at the learning rate eta: inflationary, or theta >= `least` >= 2."""

    dimension: int
    batch: int
    variance: Fraction
    eta: Fraction
    regime: str
    power: Fraction
    work: Work

    @property
    def c(self) -> Fraction:
        return self.eta * self.variance / self.batch

    @property
    def law(self) -> GammaLaw:
        """W ~ chi^2 with b + d - 1 degrees of freedom, at z = c."""
        return GammaLaw(Fraction(self.batch + self.dimension - 1, 2), Fraction(2), self.c)


def read(claim: dict[str, Any], setting: Setting) -> Isotropic:
    fields(claim, "the claim", ("kind", "dimension", "batch", "variance", "eta", "regime", "power"))
    dimension, batch = index(claim["dimension"], "dimension"), index(claim["batch"], "batch")
    if not (2 <= dimension <= MOST_DIMENSION and 1 <= batch <= MOST_DIMENSION):
        raise Refused(f"dimension is not in 2 to {MOST_DIMENSION}, or batch not in 1 to {MOST_DIMENSION}")
    regime, power = claim["regime"], positive(claim["power"], "power")
    if regime not in ("inflationary", "deflationary"):
        raise Refused(f"the unknown regime {quoted(regime)}")
    if regime == "deflationary" and power < 2:
        raise Refused("power is below 2")
    variance, eta = positive(claim["variance"], "variance"), positive(claim["eta"], "eta")
    return Isotropic(dimension, batch, variance, eta, regime, power, setting.work)


def prove(statement: Isotropic) -> tuple[str, ...]:
    """P5: |H u|^2 = 1 - B + B (1 - c W)^2 in law for every unit u, B in [0, 1] and W independent, E B > 0.

    P11: log is concave, so lambda_1 >= E B E log|1 - cW|: M_W(-h) < 1 => lambda_1 > 0. The power s/2 is convex for
    s >= 2: E|H u|^s <= 1 - E B + E B M_W(s): M_W(s) < 1 => k(s) < 0, so lambda_1 < 0 and theta > s.
    For s = 2 exactly: E|H u|^2 <= 1 iff c (b + d + 1) <= 2; k is strictly convex, so lambda_1 < 0 and theta >= 2.
    """
    if statement.regime == "inflationary":
        below_one(statement.law, -statement.power, True, statement.work)
        return ("P1", "P11", "P3", "P5")
    if statement.power == 2:
        if statement.c * (statement.batch + statement.dimension + 1) > 2:
            raise Refused("the second moment grows")
        return ("P1", "P5")
    below_one(statement.law, statement.power, True, statement.work)
    return ("P1", "P11", "P3", "P5")


def say(statement: Isotropic) -> str:
    opening = (
        f"For isotropic normal features of variance {exact(statement.variance)} in dimension {statement.dimension}, "
        f"fresh batches of {statement.batch}, eta = {exact(statement.eta)}: "
    )
    if statement.regime == "inflationary":
        return f"{opening}lambda_1 > 0 (inflationary), theta = 0"
    return f"{opening}lambda_1 < 0 (deflationary) and theta >= {exact(statement.power)}"


ISOTROPIC = Rule(read, prove, say)
