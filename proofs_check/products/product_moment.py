"""The kind `product_moment`: k(s) <= log rho, or >= log rho."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import exact
from proofs_check.products.moments import Moment, prove_moment
from proofs_check.products.walk import Walk, read_walk
from proofs_check.products.words import bound


@dataclass(frozen=True)
class ProductMoment:
    """That k(s) <= log rho (side "upper") or >= log rho, for the `proof` whose witness is given."""

    walk: Walk
    witness: Any

    @cached_property
    def proof(self) -> Moment:
        return prove_moment(self.witness, "proof", self.walk)


def read(claim: dict[str, Any], setting: Setting) -> ProductMoment:
    return ProductMoment(read_walk(claim, setting, ("proof",), heavy=True), claim["proof"])


def prove(statement: ProductMoment) -> tuple[str, ...]:
    """A moment proof that holds."""
    return (*statement.proof.used, "V0")


def say(statement: ProductMoment) -> str:
    return f"{statement.walk.opening()}{moment_words(statement.proof)}"


def moment_words(proof: Moment) -> str:
    """What the proof says of k(s), of E|e_n|^s, and of theta."""
    s, rho = exact(proof.s), bound(proof.rho, up=proof.upper)
    sign, factor = ("<=", "at most a constant") if proof.upper else (">=", "at least a constant > 0")
    what = f"E|Pi_n|^{s}" if proof.starts is None else f"for {proof.starts} E|e_n|^{s}"
    told = f"k({s}) {sign} log rho with rho = {rho}: {what} is {factor} times rho^n"
    if proof.upper and proof.rho <= 1:
        return f"{told}; theta >= {s}"
    if not proof.upper and proof.rho > 1:
        return f"{told}; theta <= {s}"
    return told


RULE = Rule(read, prove, say)
