"""The kind `product_lyapunov`: lambda_1 <= bound, or >= bound."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from proofs_check.core.rule import Rule
from proofs_check.core.setting import Setting
from proofs_check.products.lyapunov import Lyapunov, prove_lyapunov
from proofs_check.products.walk import Walk, read_walk
from proofs_check.products.words import bound


@dataclass(frozen=True)
class ProductLyapunov:
    """That lambda_1 <= bound (side "upper") or >= bound, for the `proof` whose witness is given."""

    walk: Walk
    witness: Any

    @cached_property
    def proof(self) -> Lyapunov:
        return prove_lyapunov(self.witness, "proof", self.walk)


def read(claim: dict[str, Any], setting: Setting) -> ProductLyapunov:
    return ProductLyapunov(read_walk(claim, setting, ("proof",)), claim["proof"])


def prove(statement: ProductLyapunov) -> tuple[str, ...]:
    """A Lyapunov proof that holds."""
    return (*statement.proof.used, "V0")


def say(statement: ProductLyapunov) -> str:
    proof = statement.proof
    told = f"lambda_1 {'<=' if proof.upper else '>='} {bound(proof.bound, up=proof.upper)}{proof.place}"
    if proof.upper and proof.bound < 0:
        told += f", so almost surely e_n -> 0, for {proof.starts}"
    if not proof.upper and proof.bound > 0:
        told += f": inflationary, theta = 0; almost surely |e_n| grows exponentially, for {proof.starts}"
    return statement.walk.opening() + told


RULE = Rule(read, prove, say)
