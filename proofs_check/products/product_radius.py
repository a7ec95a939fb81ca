"""The kind `product_radius`: the spectral radius of T(Q) = E A^T Q A between two numbers. Lemmas V5a, V17d."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.reading import Refused, number
from proofs_check.core.rule import Rule, Setting
from proofs_check.products.moments import Moment, prove_moment
from proofs_check.products.walk import Walk, read_walk
from proofs_check.products.words import between


@dataclass(frozen=True)
class ProductRadius:
    """That lower <= r(T) <= upper; `witnesses` are the moment proofs of both sides."""

    walk: Walk
    lower: Fraction
    upper: Fraction
    witnesses: tuple[Any, Any]


def read(claim: dict[str, Any], setting: Setting) -> ProductRadius:
    walk = read_walk(claim, setting, ("lower", "upper", "below", "above"))
    ends = number(claim["lower"], "lower"), number(claim["upper"], "upper")
    return ProductRadius(walk, *ends, (claim["below"], claim["above"]))


def prove(statement: ProductRadius) -> tuple[str, ...]:
    """k(2) >= log lower and k(2) <= log upper, each by one matrix inequality."""
    below, above = statement.witnesses
    lower = mean_square_proof(below, "below", statement.walk, "lower", statement.lower, "mean")
    mean_square_proof(above, "above", statement.walk, "upper", statement.upper)
    return "V5", "V12", *lower.used


def mean_square_proof(value: Any, where: str, walk: Walk, side: str, rho: Fraction, *others: str) -> Moment:
    """A moment proof with s = 2, of the form quadratic (or one of `others`) and this side and rho."""
    proof = prove_moment(value, where, walk)
    if proof.form not in ("quadratic", *others) or proof.s != 2 or proof.side != side or proof.rho != rho:
        raise Refused(f"{where} is not the {side} bound of the mean square that the claim needs")
    return proof


def say(statement: ProductRadius) -> str:
    told = between(statement.lower, "r", statement.upper)
    return f"{statement.walk.opening()}{told} for the spectral radius r of Q -> E A^T Q A, k(2) = log r"


RULE = Rule(read, prove, say)
