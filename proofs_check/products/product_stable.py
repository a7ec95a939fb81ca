"""The kind `product_stable`: no product grows, theta = inf. Lemmas V2, V8d.

Hypotheses, by form: eigenvalues: |c| <= 1 and |c - eta K_ii| <= 1 for all i (single samples, or batches with
replacement). norm: Q > 0 and A_i^T Q A_i <= Q for all i (for all batches, if they are drawn without replacement).
cells: |A_i u| v(A_i u) <= |u| v(u) for all i and u, v > 0.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from proofs_check.core.reading import fields, quoted
from proofs_check.core.refusal import Refused
from proofs_check.core.rule import Rule
from proofs_check.core.setting import Setting
from proofs_check.products.definite import require_definite, require_semidefinite
from proofs_check.products.plane import ONE, Plane, read_table_of_cells
from proofs_check.products.ranges import require_ranges
from proofs_check.products.tables import Numbers, read_symmetric
from proofs_check.products.walk import Walk, difference, negative, read_walk
from proofs_check.products.words import bound


@dataclass(frozen=True)
class ProductStable:
    """That the norm of the state never grows, or stays below a constant times that of the start."""

    walk: Walk
    witness: Any

    @cached_property
    def proof(self) -> tuple[str, tuple[str, ...]]:
        """What is bounded, and the lemmas."""
        form = self.witness.get("form") if isinstance(self.witness, dict) else None
        rule = FORMS.get(form) if isinstance(form, str) else None
        if rule is None:
            raise Refused(f"proof has the unknown form {quoted(form)}")
        keys, prove_form = rule
        found: tuple[str, tuple[str, ...]] = prove_form(
            self.walk, fields(self.witness, "proof", ("form", *keys))
        )
        return found


def _eigenvalues(walk: Walk, table: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    walk.require_vectors()
    if not (walk.single or walk.step.replacement):
        raise Refused("the form eigenvalues needs single samples or batches with replacement")
    walk.work.spend_on_divisions(2 * walk.count, walk.product.diagonal.bits)
    if abs(walk.c) > 1 or any(abs(walk.factor(i)) > 1 for i in range(walk.count)):
        raise Refused("a step may increase the norm of the parameters")
    return "the Euclidean norm of the parameters never grows", ("V2",)


def _norm(walk: Walk, table: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    q = read_symmetric(table["Q"], "proof.Q", walk.size, walk.work)
    require_definite(q, walk.work, "proof.Q")
    if walk.single or walk.step.replacement:  # a batch is a mean of single samples, and a norm convex
        require_ranges(walk, q, None, Numbers((1,) * walk.count, 1), None, "proof")
    else:
        for image in walk.batch_images(q):
            require_semidefinite(
                negative(difference(image, ONE, q, walk.work)), walk.work, "a batch: Q less its image"
            )
    return "the norm of a matrix Q > 0 never grows", ("V2", "V12")


def _cells(walk: Walk, table: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    plane = Plane(walk, read_table_of_cells(table, "proof", walk.work))
    plane.require_each(ONE, ONE)
    return f"the maximum norm never exceeds {bound(plane.spread, up=True)} times that of the start", ("V8",)


FORMS: dict[str, Any] = {
    "eigenvalues": ((), _eigenvalues),
    "norm": (("Q",), _norm),
    "cells": (("nodes", "values"), _cells),
}


def read(claim: dict[str, Any], setting: Setting) -> ProductStable:
    return ProductStable(read_walk(claim, setting, ("proof",)), claim["proof"])


def prove(statement: ProductStable) -> tuple[str, ...]:
    """A norm (or nearly one) that no matrix increases."""
    return (*statement.proof[1], "V0")


def say(statement: ProductStable) -> str:
    return f"{statement.walk.opening()}stable, theta = inf: for every start {statement.proof[0]}"


RULE = Rule(read, prove, say)
