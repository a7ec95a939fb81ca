"""Lemma V1: what every step multiplies the volume by, in the span of all samples or of a component of the kernel."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.budget import Work
from proofs_check.core.reading import index, items
from proofs_check.core.refusal import Refused
from proofs_check.products.frame import component_of
from proofs_check.products.tables import Numbers, Table
from proofs_check.products.walk import Walk

SHOWN = 8


@dataclass(frozen=True)
class Volume:
    """|det A| is bases[i] with probability weights[i], on an invariant space of dimension `size`."""

    bases: list[Fraction]
    weights: Numbers
    size: int
    samples: tuple[int, ...] | None
    used: tuple[str, ...]


def span_words(samples: tuple[int, ...] | None) -> str:
    """Where a volume is taken, if not in the whole space."""
    if samples is None:
        return ""
    shown = ", ".join(map(str, samples[:SHOWN]))
    more = f", ... ({len(samples)} of them)" if len(samples) > SHOWN else ""
    return f" (by the span of the samples {shown}{more}, orthogonal to all others)"


def read_component(walk: Walk, value: Any, where: str) -> tuple[int, ...] | None:
    """None, or a component of the graph K_ij != 0 by its samples."""
    if value is None:
        return None
    walk.require_vectors()
    samples = [index(i, f"{where}.samples") for i in items(value, f"{where}.samples")]
    if not samples or samples[0] >= walk.count or not walk.product.diagonal.top[samples[0]]:
        raise Refused(f"{where}.samples is not a component of the kernel")
    if component_of(walk.product, samples[0], walk.work) != samples:
        raise Refused(f"{where}.samples is not a component of the kernel, in order")
    return tuple(samples)


def volume_factors(walk: Walk, value: Any, where: str) -> Volume:
    """The factors for `samples` as in a certificate."""
    samples = read_component(walk, value, where)
    if walk.matrices:
        bases = [abs(determinant(m, walk.work)) for m in walk.matrices]
        return Volume(bases, walk.p, walk.size, None, ())
    size = walk.size if samples is None else walk.frame.rank(samples, walk.work)
    walk.work.spend_on_divisions(4 * walk.count, 2000 * size if walk.c != 1 else 2000)
    power = abs(walk.c) ** (size - 1)
    inside = set(range(walk.count) if samples is None else samples)
    idle = power * abs(walk.c)
    bases = [power * abs(walk.factor(i)) if i in inside else idle for i in range(walk.count)]
    return Volume(bases, walk.p, size, samples, () if samples is None else ("V0",))


def determinant(m: Table, work: Work) -> Fraction:
    """By elimination without fractions (Bareiss)."""
    size, previous, sign = len(m.rows), 1, 1
    work.spend(size**3, size * m.bits)
    rows = [list(row) for row in m.rows]
    for k in range(size):
        place = next((i for i in range(k, size) if rows[i][k]), None)
        if place is None:
            return Fraction(0)
        if place != k:
            rows[k], rows[place], sign = rows[place], rows[k], -sign
        pivot, row = rows[k][k], rows[k]
        for i in range(k + 1, size):
            factor = rows[i][k]
            rows[i] = [(x * pivot - factor * y) // previous for x, y in zip(rows[i], row, strict=True)]
        previous = pivot
    return Fraction(sign * previous, m.den**size)
