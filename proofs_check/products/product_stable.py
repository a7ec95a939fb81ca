"""The kind `product_stable`: no product grows, theta = inf. Lemmas V2, V8d, V17.

Hypotheses, by form: eigenvalues: |c| <= 1 and |c - eta K_ii| <= 1 for all i (a batch is a mean of single
steps, and a norm convex). norm: Q > 0 and A_i^T Q A_i <= Q for all i (for all batches, if they are drawn without
replacement).
cells: |A_i u| v(A_i u) <= |u| v(u) for all i and u, v > 0.
items: batches without replacement, |c| <= 1, (1 + c) N >= (eta/b) sum min(count_i, b) a_i a_i^T, N = I or K_JJ.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from proofs_check.core.reading import Refused, fields, quoted
from proofs_check.core.rule import Rule, Setting
from proofs_check.products.definite import require_definite, require_semidefinite
from proofs_check.products.listing import single_steps
from proofs_check.products.plane import ONE, Plane, read_table_of_cells
from proofs_check.products.ranges import require_ranges
from proofs_check.products.tables import Numbers, Table, combination, read_symmetric, unit, weighted
from proofs_check.products.walk import Walk, difference, negative, read_walk
from proofs_check.products.words import bound

PARAMETERS = "the Euclidean norm of the parameters never grows"


@dataclass(frozen=True)
class Stable:
    """What is bounded, in words, and the lemmas: the norm of Q, the parameters' (q None), or that of cells."""

    words: str
    used: tuple[str, ...]
    q: Table | None = None
    cells: Plane | None = None


@dataclass(frozen=True)
class ProductStable:
    """That the norm of the state never grows, or stays below a constant times that of the start."""

    walk: Walk
    witness: Any

    @cached_property
    def proof(self) -> Stable:
        return prove_stable(self.witness, "proof", self.walk)


def prove_stable(value: Any, where: str, walk: Walk) -> Stable:
    """Read a proof that no product grows and prove it, or refuse."""
    form = value.get("form") if isinstance(value, dict) else None
    rule = FORMS.get(form) if isinstance(form, str) else None
    if rule is None:
        raise Refused(f"{where} has the unknown form {quoted(form)}")
    if walk.beta or form != "eigenvalues":
        walk.require_matrices(where)
    keys, prove_form = rule
    found: Stable = prove_form(walk, fields(value, where, ("form", *keys)), where)
    return found


def _eigenvalues(walk: Walk, table: dict[str, Any], where: str) -> Stable:
    if walk.frame.kind != "kernel":
        walk.require_vectors()
    walk.work.spend_on_divisions(2 * walk.count, walk.product.diagonal.bits)
    if abs(walk.c) > 1 or any(abs(walk.factor(i)) > 1 for i in range(walk.count)):
        raise Refused("a step may increase the norm of the parameters")
    return Stable(PARAMETERS, ("V2",))


def _items(walk: Walk, table: dict[str, Any], where: str) -> Stable:
    """V17b: the top eigenvalue of a batch is at most that of all items."""
    if walk.single or walk.step.replacement or abs(walk.c) > 1:
        raise Refused("items prove batches without replacement alone, with |c| <= 1")
    times = Numbers(tuple(min(n, walk.step.size) for n in walk.p.top), walk.step.size)
    a = walk.ab[0]
    norm = unit(walk.size) if walk.frame.inner is None else walk.frame.inner
    gap = combination([(1 + walk.c, norm), (-walk.eta, weighted(times, a, a, walk.work))], walk.work)
    require_semidefinite(gap, walk.work, f"{where}: the room that all items leave")
    return Stable(PARAMETERS, ("V17", "V12"))


def _norm(walk: Walk, table: dict[str, Any], where: str) -> Stable:
    q = read_symmetric(table["Q"], f"{where}.Q", walk.size, walk.work)
    require_definite(q, walk.work, f"{where}.Q")
    if walk.single or walk.step.replacement:  # a batch is a mean of single samples, and a norm convex
        require_ranges(walk, q, None, Numbers((1,) * walk.count, 1), None, where)
    else:
        for image in walk.batch_images(q):
            require_semidefinite(
                negative(difference(image, ONE, q, walk.work)), walk.work, "a batch: Q less its image"
            )
    return Stable("the norm of a matrix Q > 0 never grows", ("V2", "V12"), q)


def _cells(walk: Walk, table: dict[str, Any], where: str) -> Stable:
    plane = Plane(single_steps(walk), read_table_of_cells(table, where, walk.work))
    plane.require_each(ONE, ONE)
    told = f"the maximum norm never exceeds {bound(plane.spread, up=True)} times that of the start"
    return Stable(told, ("V8",), cells=plane)


FORMS: dict[str, Any] = {
    "eigenvalues": ((), _eigenvalues),
    "items": ((), _items),
    "norm": (("Q",), _norm),
    "cells": (("nodes", "values"), _cells),
}


def read(claim: dict[str, Any], setting: Setting) -> ProductStable:
    return ProductStable(read_walk(claim, setting, ("proof",)), claim["proof"])


def prove(statement: ProductStable) -> tuple[str, ...]:
    """A norm (or nearly one) that no matrix increases."""
    return (*statement.proof.used, "V0")


def say(statement: ProductStable) -> str:
    return f"{statement.walk.opening()}stable, theta = inf: for every start {statement.proof.words}"


RULE = Rule(read, prove, say)
