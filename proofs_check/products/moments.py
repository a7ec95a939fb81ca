"""Moment proofs, E V(A e) <= rho V(e) or >= rho V(e) for every e: Lemmas V1 to V5, V7 to V9, V14, V15, V17, V18, V20.

Hypotheses, by form (q = s/2, T_v(Q) = sum v_i A_i^T Q A_i):
quadratic: upper, s <= 2, Q > 0, d_i >= (1 - q)(q/w_i)^(q/(1-q)), T_pw(Q) <= (rho - sum p_i d_i) Q; lower, s >= 2,
  Q >= 0, Q != 0, d_i >= (q - 1)(w_i/q)^(q/(q-1)), T_pw(Q) >= (rho + sum p_i d_i) Q; s = 2: T(Q) <= rho Q (>=).
chords: Q > 0, l_i Q <= A_i^T Q A_i <= u_i Q, a_i + b_i X >= X^q at l_i and u_i (upper, s >= 2; lower, s <= 2: <=),
  T_pb(Q) <= (rho - sum p_i a_i) Q (>=).
volume, sample: lower, a number at least rho. cells: the inequality on every cell. tensor: a proof of the form quadratic
  or chords at s/k for the walk of symmetric tensors of order k. words: a proof for the walk of the products of n steps.
power_mean: a proof of the same side at t >= s (upper), t <= s (lower), rho against its rho^(s/t). smaller_batch: upper,
  s >= 1, a proof for smaller batches, with replacement or drawn alike. mean: lower, s >= 1, |y^T N (E A) y'| large.
polytope: s >= 1, see polytope.py. sums: s = 2, see closed.py; lower: rho <= 1.
Conclusion: k(s) <= log rho (>=).
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from proofs_check.core.budget import Work
from proofs_check.core.data import Step
from proofs_check.core.reading import Refused, fields, index, items, positive, quoted
from proofs_check.products.closed import Closed, prove_lower, prove_upper
from proofs_check.products.definite import require_definite, require_semidefinite
from proofs_check.products.listing import chance_alone, single_steps, word_walk
from proofs_check.products.plane import Plane, read_table_of_cells
from proofs_check.products.polytope import (
    Polytope,
    read_polytope,
    require_functionals,
    require_vertices,
)
from proofs_check.products.powers import at_least, at_most, mean_at_least, size_of
from proofs_check.products.ranges import require_ranges
from proofs_check.products.tables import (
    Numbers,
    Table,
    forms,
    product,
    read_numbers,
    read_pairs,
    read_symmetric,
    unit,
)
from proofs_check.products.tensor import power_walk
from proofs_check.products.volume import volume_factors
from proofs_check.products.walk import Walk, difference, negative, read_batch

SIDES = ("upper", "lower")
HEAD = ("form", "s", "side", "rho")


@dataclass(frozen=True)
class Moment:
    """k(s) <= log rho (side "upper") or >= log rho. `starts`: those whose E|e_n|^s tells it; None: E|Pi_n|^s does."""

    form: str
    s: Fraction
    side: str
    rho: Fraction
    used: tuple[str, ...] = ()
    starts: str | None = "every start"
    q: Table | None = None
    cells: Plane | None = None
    order: int = 1
    power: Walk | None = None
    polytope: Polytope | None = None
    closed: Closed | None = None

    @property
    def upper(self) -> bool:
        return self.side == "upper"


EVERY, SOME, ALMOST = "every start", "some starts", "every start with a residual {} that is not 0"
GENERIC = "every start outside the zeros of one polynomial (not 0 itself)"


def prove_moment(value: Any, where: str, walk: Walk) -> Moment:
    """Read a moment proof and prove it, or refuse."""
    form = value.get("form") if isinstance(value, dict) else None
    rule = FORMS.get(form) if isinstance(form, str) else None
    if rule is None:
        raise Refused(f"{where} has the unknown form {quoted(form)}")
    keys, prove = rule
    table = fields(value, where, (*HEAD, *keys))
    if table["side"] not in SIDES:
        raise Refused(f"{where}.side is neither upper nor lower")
    s, rho = positive(table["s"], f"{where}.s"), positive(table["rho"], f"{where}.rho")
    if form != "sums":
        walk.require_matrices(where)
    if not (form in WHOLE or (form == "quadratic" and s == 2)):
        walk = single_steps(walk)
    found: Moment = prove(Moment(str(form), s, table["side"], rho), table, where, walk)
    return found


def _quadratic(asked: Moment, table: dict[str, Any], where: str, walk: Walk) -> Moment:
    if (asked.s > 2) if asked.upper else (asked.s < 2):
        raise Refused(f"{where}: the form quadratic proves no {asked.side} bound for this s")
    q = read_symmetric(table["Q"], f"{where}.Q", walk.size, walk.work)
    starts = _require_form(asked, q, where, walk.work)
    if asked.s == 2:
        if items(table["slopes"], f"{where}.slopes") or items(table["offsets"], f"{where}.offsets"):
            raise Refused(f"{where} has slopes or offsets at s = 2")
        _compare(asked, walk.step_mean(q), asked.rho, q, where, walk.work)
        return replace(asked, used=("V5", "V12"), q=q, starts=starts)
    w = read_numbers(table["slopes"], f"{where}.slopes", walk.count, walk.work)
    d = read_numbers(table["offsets"], f"{where}.offsets", walk.count, walk.work)
    for i in range(walk.count):
        _require_tangent(asked, w[i], d[i], f"{where}, sample {i}", walk.work)
    spent = walk.p.times(d, walk.work).total
    mean = walk.mean(walk.p.times(w, walk.work), q)
    _compare(asked, mean, asked.rho - spent if asked.upper else asked.rho + spent, q, where, walk.work)
    return replace(asked, used=("V3" if asked.upper else "V4", "V12"), q=q, starts=starts)


def _require_form(asked: Moment, q: Table, where: str, work: Work) -> str:
    """Q > 0, or for a lower bound Q >= 0, Q != 0; for which starts V(e_0) > 0."""
    if asked.upper:
        require_definite(q, work, f"{where}.Q")
        return EVERY
    try:
        require_definite(q, work, f"{where}.Q")
        return EVERY
    except Refused:
        require_semidefinite(q, work, f"{where}.Q")
        if not any(any(row) for row in q.rows):
            raise Refused(f"{where}.Q is 0") from None
        return SOME


def _require_tangent(asked: Moment, w: Fraction, d: Fraction, where: str, work: Work) -> None:
    """X^q <= w X + d for all X >= 0 (V3), or X^q >= w X - d (V4)."""
    q = asked.s / 2
    if asked.upper:
        if w <= 0 or not at_most(q / w, q / (1 - q), d / (1 - q), work):
            raise Refused(f"{where}: the offset is too small for the slope")
    elif w < 0 or not at_most(w / q, q / (q - 1), d / (q - 1), work):
        raise Refused(f"{where}: the offset is too small for the slope")


def _compare(asked: Moment, mean: Table, factor: Fraction, q: Table, where: str, work: Work) -> None:
    gap = difference(mean, factor, q, work)
    require_semidefinite(
        negative(gap) if asked.upper else gap, work, f"{where}: the difference of both sides"
    )


def _chords(asked: Moment, table: dict[str, Any], where: str, walk: Walk) -> Moment:
    if (asked.s < 2) if asked.upper else (asked.s > 2):
        raise Refused(f"{where}: the form chords proves no {asked.side} bound for this s")
    q = read_symmetric(table["Q"], f"{where}.Q", walk.size, walk.work)
    require_definite(q, walk.work, f"{where}.Q")
    low, high = read_pairs(table["ranges"], f"{where}.ranges", walk.count, walk.work)
    a, b = read_pairs(table["chords"], f"{where}.chords", walk.count, walk.work)
    used = require_ranges(walk, q, low, high, table["inverse"], where)
    for i in range(walk.count):
        for x in (low[i], high[i]):
            _require_chord(asked, a[i] + b[i] * x, x, f"{where}, sample {i}", walk.work)
    spent = walk.p.times(a, walk.work).total
    mean = walk.mean(walk.p.times(b, walk.work), q)
    _compare(asked, mean, asked.rho - spent, q, where, walk.work)
    return replace(asked, used=("V9", "V12", *used), q=q)


def _require_chord(asked: Moment, value: Fraction, x: Fraction, where: str, work: Work) -> None:
    holds = at_most if asked.upper else at_least
    if not holds(x, asked.s / 2, value, work):
        raise Refused(f"{where}: the chord is on the wrong side of the power")


def _require_lower(asked: Moment, where: str) -> None:
    if asked.upper:
        raise Refused(f"{where}: the form {asked.form} proves lower bounds alone")


def _volume(asked: Moment, table: dict[str, Any], where: str, walk: Walk) -> Moment:
    _require_lower(asked, where)
    volume = volume_factors(walk, table["samples"], where)
    if not mean_at_least(volume.bases, volume.weights, asked.s / volume.size, asked.rho, walk.work):
        raise Refused(f"{where}: the mean of the volume is not proved to be at least rho")
    return replace(asked, used=("V1", *volume.used), starts=None)


def _sample(asked: Moment, table: dict[str, Any], where: str, walk: Walk) -> Moment:
    _require_lower(asked, where)
    i = index(table["sample"], f"{where}.sample")
    walk.require_vectors()
    if i >= walk.count:
        raise Refused(f"{where}.sample is not the index of a sample")
    chance = chance_alone(walk, i)
    if not (chance and walk.product.diagonal[i]) or not at_least(
        abs(walk.factor(i)), asked.s, asked.rho / chance, walk.work
    ):
        raise Refused(f"{where}: the sample alone does not grow as claimed")
    return replace(asked, used=("V2",), starts=ALMOST.format(i))


def _cells(asked: Moment, table: dict[str, Any], where: str, walk: Walk) -> Moment:
    plane = Plane(walk, read_table_of_cells(table, where, walk.work))
    plane.require(asked.s, asked.rho, asked.side)
    return replace(asked, used=("V8",), cells=plane)


def _tensor(asked: Moment, table: dict[str, Any], where: str, walk: Walk) -> Moment:
    order, inner, within = index(table["order"], f"{where}.order"), table["proof"], f"{where}.proof"
    if not isinstance(inner, dict) or inner.get("form") not in ("quadratic", "chords"):
        raise Refused(f"{within} is neither quadratic nor of chords")
    if inner.get("inverse") is not None:
        raise Refused(f"{within}: an inverse does not belong to a power")
    power = power_walk(walk, order)
    found = prove_moment(inner, within, power)
    if order < 1 or found.s * order != asked.s or (found.side, found.rho) != (asked.side, asked.rho):
        raise Refused(f"{within} does not prove this bound")
    starts = GENERIC if found.starts == SOME else EVERY
    return replace(asked, used=("V15", *found.used), starts=starts, q=found.q, order=order, power=power)


def _polytope(asked: Moment, table: dict[str, Any], where: str, walk: Walk) -> Moment:
    if asked.s < 1:
        raise Refused(f"{where}: the form polytope proves nothing for s < 1")
    polytope = read_polytope(walk, table["vectors"], where, upper=asked.upper)
    if asked.upper:
        if items(table["multiples"], f"{where}.multiples"):
            raise Refused(f"{where} has multiples for an upper bound")
        require_vertices(polytope, asked.s, asked.rho, table["bases"], where)
    else:
        require_functionals(polytope, asked.s, asked.rho, table["bases"], table["multiples"], where)
    return replace(asked, used=("V7",), polytope=polytope)


def _inner(asked: Moment, table: dict[str, Any], where: str, walk: Walk) -> Moment:
    found = prove_moment(table["proof"], f"{where}.proof", walk)
    if found.side != asked.side:
        raise Refused(f"{where}.proof is one of the other side")
    return found


def _words(asked: Moment, table: dict[str, Any], where: str, walk: Walk) -> Moment:
    """V18."""
    n = index(table["length"], f"{where}.length")
    found = _inner(asked, table, where, word_walk(walk, n))
    walk.work.spend(n, n * size_of(asked.rho))
    if found.s != asked.s or not _reaches(asked, asked.rho**n, found.rho):
        raise Refused(f"{where}.proof does not prove this bound")
    return replace(asked, used=("V18", *found.used), starts=found.starts)


def _power_mean(asked: Moment, table: dict[str, Any], where: str, walk: Walk) -> Moment:
    """V17a."""
    found = _inner(asked, table, where, walk)
    if (found.s < asked.s) if asked.upper else (found.s > asked.s):
        raise Refused(f"{where}.proof has an s on the wrong side")
    holds = at_most if asked.upper else at_least
    if not holds(found.rho, asked.s / found.s, asked.rho, walk.work):
        raise Refused(f"{where}.proof does not prove this bound")
    return replace(asked, used=("V17", *found.used), starts=found.starts)


def _smaller_batch(asked: Moment, table: dict[str, Any], where: str, walk: Walk) -> Moment:
    """V17c."""
    walk.require_vectors()
    if asked.s < 1 or not asked.upper:
        raise Refused(f"{where}: smaller batches prove upper bounds for s >= 1 alone")
    step = Step("single") if table["step"] is None else read_batch(table["step"], walk.product)
    if step.size > walk.step.size or not (step.replacement or step.size == 1 or not walk.step.replacement):
        raise Refused(f"{where}.step is not one of smaller batches, with replacement or drawn alike")
    found = _inner(asked, table, where, replace(walk, step=step))
    if (found.s, found.rho) != (asked.s, asked.rho):
        raise Refused(f"{where}.proof does not prove this bound")
    norm = found.q if found.order == 1 else None
    return replace(asked, used=("V17", *found.used), starts=EVERY, q=norm)


def _mean(asked: Moment, table: dict[str, Any], where: str, walk: Walk) -> Moment:
    """V17d: y^T N' y and y^T N' (E A) y in the vectors N y = sum y_j a_j of residual coordinates, or y of features."""
    walk.require_vectors()
    if asked.s < 1:
        raise Refused(f"{where}: the mean proves lower bounds for s >= 1 alone")
    _require_lower(asked, where)
    work, a = walk.work, walk.ab[0]
    y = Table([read_numbers(table["vector"], f"{where}.vector", walk.size, work).top])
    norm = unit(walk.size) if walk.frame.inner is None else walk.frame.inner
    size = forms(norm, y, work)[0]
    loads = product(a, y, work)
    squares = Numbers(tuple(v[0] ** 2 for v in loads.rows), loads.den**2)
    drawn = walk.p.times(squares, work).total
    if not size or not at_least(abs(walk.c - walk.eta * drawn / size), asked.s, asked.rho, work):
        raise Refused(f"{where}: the mean step does not grow as claimed")
    return replace(asked, used=("V17",), starts=None)


def _sums(asked: Moment, table: dict[str, Any], where: str, walk: Walk) -> Moment:
    """V20."""
    if asked.s != 2:
        raise Refused(f"{where}: the form sums proves bounds of the mean square alone")
    if asked.upper:
        closed = prove_upper(walk, table["sigma"], table["vector"], asked.rho, where)
        return replace(asked, used=("V20",), closed=closed)
    if asked.rho > 1 or table["sigma"] is not None:
        raise Refused(f"{where}: rho is above 1, or sigma stands in a lower bound")
    prove_lower(walk, table["vector"], where)
    return replace(asked, used=("V20",), starts=None)


def _reaches(asked: Moment, rho: Fraction, proved: Fraction) -> bool:
    return rho >= proved if asked.upper else rho <= proved


WHOLE = ("sample", "words", "power_mean", "smaller_batch", "mean", "sums")
"""The forms that take a minibatch as it is; for all others its batches are listed."""

FORMS: dict[str, Any] = {
    "quadratic": (("Q", "slopes", "offsets"), _quadratic),
    "chords": (("Q", "ranges", "chords", "inverse"), _chords),
    "volume": (("samples",), _volume),
    "sample": (("sample",), _sample),
    "cells": (("nodes", "values"), _cells),
    "tensor": (("order", "proof"), _tensor),
    "polytope": (("vectors", "bases", "multiples"), _polytope),
    "words": (("length", "proof"), _words),
    "power_mean": (("proof",), _power_mean),
    "smaller_batch": (("step", "proof"), _smaller_batch),
    "mean": (("vector",), _mean),
    "sums": (("sigma", "vector"), _sums),
}
