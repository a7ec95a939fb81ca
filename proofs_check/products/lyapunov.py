"""Proofs of bounds of the top Lyapunov exponent: Lemmas V1, V8, V10, V17, V18.

Hypotheses, by form: quadratic, upper: Q > 0, c_i > 0, sum (p_i/c_i) A_i^T Q A_i <= Q, (1/2) sum p_i log c_i <= bound.
volume, lower: (1/r) sum p_i log|det A_i| >= bound, no determinant 0. cells: the inequality on every cell.
moment: upper, k(s) <= log rho, log rho <= s bound. words: a proof for the walk of the products of n steps, n bound.
Conclusion: lambda_1 <= bound (>=).
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.reading import Refused, fields, index, number, quoted
from proofs_check.products.definite import require_definite, require_semidefinite
from proofs_check.products.listing import single_steps, word_walk
from proofs_check.products.moments import EVERY, prove_moment
from proofs_check.products.plane import Plane, read_table_of_cells
from proofs_check.products.powers import mean_log_above, mean_log_at_most
from proofs_check.products.tables import Numbers, Table, as_numbers, read_numbers, read_symmetric
from proofs_check.products.volume import span_words, volume_factors
from proofs_check.products.walk import Walk, difference, negative

ONE = Fraction(1)


@dataclass(frozen=True)
class Lyapunov:
    """lambda_1 <= bound (side "upper") or >= bound; `place` says where a volume was taken."""

    side: str
    bound: Fraction
    used: tuple[str, ...]
    starts: str
    place: str = ""

    @property
    def upper(self) -> bool:
        return self.side == "upper"


def prove_lyapunov(value: Any, where: str, walk: Walk, only: str | None = None) -> Lyapunov:
    """Read a Lyapunov proof (of one side only, if it is named) and prove it, or refuse."""
    form = value.get("form") if isinstance(value, dict) else None
    rule = FORMS.get(form) if isinstance(form, str) else None
    if rule is None:
        raise Refused(f"{where} has the unknown form {quoted(form)}")
    sides, keys, prove = rule
    table = fields(value, where, ("form", "side", "bound", *keys))
    if table["side"] not in sides or only not in (None, table["side"]):
        raise Refused(f"{where}.side is not one that is proved here")
    walk.require_matrices(where)
    if form not in WHOLE:
        walk = single_steps(walk)
    found: Lyapunov = prove(table, number(table["bound"], f"{where}.bound"), where, walk)
    return found


def _quadratic(table: dict[str, Any], bound: Fraction, where: str, walk: Walk) -> Lyapunov:
    q = read_symmetric(table["Q"], f"{where}.Q", walk.size, walk.work)
    c = read_growth(table["c"], f"{where}.c", walk)
    require_definite(q, walk.work, f"{where}.Q")
    require_drift(walk, q, c, where)
    if not mean_log_at_most([c[i] for i in range(walk.count)], walk.p, 2 * bound, walk.work):
        raise Refused(f"{where}: half the mean of log c_i is not proved to be at most the bound")
    return Lyapunov("upper", bound, ("V10", "V12"), "every start")


def read_growth(value: Any, where: str, walk: Walk) -> Numbers:
    """The c_i > 0."""
    c = read_numbers(value, where, walk.count, walk.work)
    if min(c.top) <= 0:
        raise Refused(f"{where} has an entry that is not positive")
    return c


def require_drift(walk: Walk, q: Table, c: Numbers, where: str) -> None:
    """V10: sum (p_i/c_i) A_i^T Q A_i <= Q."""
    inverse = as_numbers([1 / c[i] for i in range(walk.count)], walk.work, f"inverses of {where}.c")
    mean = walk.mean(walk.p.times(inverse, walk.work), q)
    require_semidefinite(
        negative(difference(mean, ONE, q, walk.work)), walk.work, f"{where}: Q less its mean"
    )


def _volume(table: dict[str, Any], bound: Fraction, where: str, walk: Walk) -> Lyapunov:
    volume = volume_factors(walk, table["samples"], where)
    if not mean_log_above(volume.bases, volume.weights, bound * volume.size, walk.work, strict=False):
        raise Refused(f"{where}: the mean logarithm of the volume is not proved to be at least the bound")
    starts = "Lebesgue-almost every start"
    return Lyapunov("lower", bound, ("V1", *volume.used), starts, span_words(volume.samples))


def _cells(table: dict[str, Any], bound: Fraction, where: str, walk: Walk) -> Lyapunov:
    Plane(walk, read_table_of_cells(table, where, walk.work)).require(None, bound, table["side"])
    return Lyapunov(table["side"], bound, ("V8",), "every start")


def _moment(table: dict[str, Any], bound: Fraction, where: str, walk: Walk) -> Lyapunov:
    """V0a: s lambda_1 <= k(s)."""
    found = prove_moment(table["proof"], f"{where}.proof", walk)
    if not found.upper:
        raise Refused(f"{where}.proof is one of the other side")
    if not mean_log_at_most([found.rho], Numbers((1,), 1), found.s * bound, walk.work):
        raise Refused(f"{where}: log rho is not proved to be at most s times the bound")
    return Lyapunov("upper", bound, found.used, EVERY)


def _words(table: dict[str, Any], bound: Fraction, where: str, walk: Walk) -> Lyapunov:
    """V18."""
    n = index(table["length"], f"{where}.length")
    found = prove_lyapunov(table["proof"], f"{where}.proof", word_walk(walk, n), table["side"])
    if (found.bound > n * bound) if found.upper else (found.bound < n * bound):
        raise Refused(f"{where}.proof does not prove this bound")
    return Lyapunov(found.side, bound, ("V18", *found.used), found.starts)


WHOLE = ("moment", "words")
"""The forms that take a minibatch as it is; for all others its batches are listed."""

FORMS: dict[str, Any] = {
    "quadratic": (("upper",), ("Q", "c"), _quadratic),
    "volume": (("lower",), ("samples",), _volume),
    "cells": (("upper", "lower"), ("nodes", "values"), _cells),
    "moment": (("upper",), ("proof",), _moment),
    "words": (("upper", "lower"), ("length", "proof"), _words),
}
