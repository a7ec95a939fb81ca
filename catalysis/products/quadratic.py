"""From matrices and slopes found in doubles to proofs: rounding, a margin, exact verification (V3, V4, V5, V9, V10)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np
from flint import fmpz_mat

from catalysis.exact.balls import ball, precision
from catalysis.products.operators import Floats, FloatWalk, Leading, PositiveMap, as_floats
from catalysis.products.proofs import (
    ChordProof,
    Inverse,
    LyapunovProof,
    MeanSquareProof,
    QuadraticProof,
    Side,
    above,
    below,
    mean_log,
    offset,
    power,
    shortened,
    tuples,
)
from catalysis.products.search import Found, FoundChords, chords
from catalysis.products.walk import MatrixWalk, Ratio

_TOLERANCES = (1e-11, 1e-9, 1e-7, 1e-5, 1e-3, 1e-2)
_SLOPE_BITS = 40
_NOISE = 1e-13
_LEAST_SLOPE, _LARGEST_SLOPE = 1e-30, 1e30


def exactly(value: float, bits: int = _SLOPE_BITS) -> Fraction:
    """A dyadic number of so many bits near a double > 0."""
    return shortened(Fraction(value), up=True, bits=bits)


def rounded(walk: MatrixWalk, fine: FloatWalk, q: Floats, unit: float | None = None) -> fmpz_mat | None:
    """Q in the walk's own coordinates, as multiples of `unit` (as nearly exact ones, if None); None if not finite."""
    own = fine.back.T @ q @ fine.back
    own = np.where(walk.coupled, (own + own.T) / 2, 0.0)
    top = float(np.abs(own).max())
    if not math.isfinite(top) or top == 0:
        return None
    _drop_faint_blocks(walk, own)
    places = 60 - math.frexp(top)[1] if unit is None else -math.frexp(unit)[1]
    return fmpz_mat([[_integer(float(v), places) for v in row] for row in own])


def _drop_faint_blocks(walk: MatrixWalk, own: Floats) -> None:
    """Blocks that are noise beside others become 0."""
    linked = walk.coupled
    if linked.all():
        return
    sizes = np.where(linked, np.abs(own), 0.0).max(axis=1)
    block = np.array([sizes[row].max() for row in linked])
    own[block < 1e-12 * block.max()] = 0.0


def _integer(value: float, places: int) -> int:
    mantissa, exponent = math.frexp(value)
    shift = exponent - 53 + places
    number = int(mantissa * (1 << 53))
    return number << shift if shift >= 0 else (number + (1 << (-shift - 1))) >> -shift


def _unit(fine: FloatWalk, level: float) -> float:
    """A rounding unit of Q that the margin I of (level - T)(Q) = I bears."""
    values = np.linalg.eigvalsh(fine.back.T @ fine.back)
    spread = float(values[-1] / values[0])
    return float(0.01 * values[0] / (fine.size * (abs(level) + 10 * spread)))


def candidates(
    walk: MatrixWalk, fine: FloatWalk, operator: PositiveMap, top: Leading, level: float, *, upper: bool
) -> Iterator[fmpz_mat]:
    """Matrices Q for which T(Q) <= level Q (>= level Q) is likely."""
    if upper:
        q = operator.resolvent(level, top)
        if not _plausible(level * q - operator.image(q), q):
            return
        for unit in (_unit(fine, level), None):
            found = rounded(walk, fine, q, unit)
            if found is not None:
                yield found
        return
    for q in (top.q, operator.resolvent(level, top)):
        hopeful = _plausible(operator.image(q) - level * q, q) and _plausible(q, q)
        found = rounded(walk, fine, q) if hopeful else None
        if found is not None:
            yield found


def _plausible(gap: Floats, q: Floats) -> bool:
    """Whether doubles leave it open that a symmetric matrix is positive semidefinite; q sets the scale of noise."""
    if not (np.isfinite(gap).all() and np.isfinite(q).all()):
        return False
    return float(np.linalg.eigvalsh((gap + gap.T) / 2)[0]) >= -_NOISE * float(np.abs(q).max())


def prove_moment(
    walk: MatrixWalk, fine: FloatWalk, s: Fraction, side: Side, found: Found, rho: Fraction | None = None
) -> QuadraticProof | None:
    """V3 (upper, s <= 2) or V4 (lower, s >= 2) with the slopes found; rho as given, or as near as can be proved."""
    slopes, offsets, spent = _slopes(walk, s, found.energies)
    upper = side == "upper"
    operator = _operator(walk, fine, s, slopes)
    top = operator.leading()
    for target in _targets(top.value, spent if upper else -spent, rho, upper):
        level = float(target - spent if upper else target + spent)
        if (level <= top.value) if upper else (level >= top.value):
            continue
        for q in candidates(walk, fine, operator, top, level, upper=upper):
            proof = QuadraticProof(s, side, target, tuples(q), slopes, offsets)
            if proof.holds(walk):
                return proof
    return None


def _slopes(
    walk: MatrixWalk, s: Fraction, energies: Floats
) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...], Fraction]:
    """Rational w_i, d_i, and sum p_i d_i."""
    if s == 2:
        return (), (), Fraction(0)
    q = float(s) / 2
    floats = np.clip(q * energies ** (q - 1), _LEAST_SLOPE, _LARGEST_SLOPE)
    slopes = tuple(exactly(float(w)) for w in floats)
    with precision(128):
        offsets = tuple(above(offset(s, w)) for w in slopes)
    spent = sum((p * d for p, d in zip(walk.weights, offsets, strict=True)), Fraction(0))
    return slopes, offsets, spent


def _operator(walk: MatrixWalk, fine: FloatWalk, s: Fraction, slopes: tuple[Fraction, ...]) -> PositiveMap:
    if s == 2:
        return fine.whole_step()
    return fine.weighted(fine.p * np.array([float(w) for w in slopes]))


def _targets(value: float, spent: Fraction, rho: Fraction | None, upper: bool) -> Iterator[Fraction]:
    """Values of rho to try, nearest first."""
    if rho is not None:
        yield rho
        return
    for tolerance in _TOLERANCES:
        level = value * (1 + tolerance if upper else 1 - tolerance)
        target = shortened(Fraction(level) + spent, up=upper, bits=50)
        if target > 0:
            yield target


def prove_lyapunov(walk: MatrixWalk, fine: FloatWalk, found: Found) -> LyapunovProof | None:
    """V10 with the energies found, enlarged by as little as can be proved."""
    for tolerance in _TOLERANCES:
        floats = np.clip(found.energies * (1 + tolerance), _LEAST_SLOPE, _LARGEST_SLOPE)
        c = tuple(1 / exactly(1 / float(v)) for v in floats)  # 1/c dyadic: a short common denominator
        operator = fine.weighted(fine.p / np.array([float(v) for v in c]))
        top = operator.leading()
        if top.value >= 1:
            continue
        with precision(128):
            bound = above(mean_log(walk.weights, c) / 2)
        for q in candidates(walk, fine, operator, top, 1.0, upper=True):
            proof = LyapunovProof(bound, tuples(q), c)
            if proof.holds(walk):
                return proof
    return None


def prove_chords(
    walk: MatrixWalk,
    fine: FloatWalk,
    s: Fraction,
    side: Side,
    found: FoundChords,
    rho: Fraction | None = None,
) -> ChordProof | None:
    """V9 at the matrix found."""
    q = rounded(walk, fine, found.q)
    if q is None:
        return None
    low, high = fine.ranges(found.q)
    for slack in (1e-9, 1e-6, 1e-4):
        inverse = approximate_inverse(q, slack) if by_inverse(walk) else None
        spans = _spans(low, high, slack)
        lines = _lines(spans, s, side)
        for target in [rho] if rho is not None else _rates(fine, found.q, lines, side, slack):
            proof = ChordProof(s, side, target, tuples(q), spans, lines, inverse)
            if target > 0 and proof.holds(walk):
                return proof
    return None


def by_inverse(walk: MatrixWalk) -> bool:
    """Whether ranges are proved by V14, one inequality for all samples, rather than one by one."""
    return walk.rank_one is not None and walk.dimension > 1


def approximate_inverse(q: fmpz_mat, slack: float) -> Inverse:
    """Q^-1 (1 + about slack^2/64), rounded: ranges change by no more than slack, even at a double root of V14.

    A step of Newton's method, in integers, squares the precision of doubles.
    """
    bits = max(int(v).bit_length() for v in q.entries())
    floats = as_floats(Ratio(q, 1 << bits))
    near = np.linalg.inv(floats)
    values = np.linalg.eigvalsh(floats)
    places = 60 - math.frexp(float(np.abs(near).max()))[1]
    first = fmpz_mat([[_integer(float(v), places) for v in row] for row in (near + near.T) / 2])
    unit = 1 << places + bits if places + bits >= 0 else 1  # the inverse is first/unit, nearly
    better = first * (2 * unit) - first * q * first  # over unit^2
    spare = 6 + max(0, round(-2 * math.log2(slack)))
    better = better * ((1 << spare) + 1)  # over unit^2 2^spare
    lost = max(int(v).bit_length() for v in better.entries())
    kept = spare + 12 + len(values).bit_length() + max(0, round(math.log2(values[-1] / values[0])))
    drop = max(0, lost - kept)
    exponent = 2 * (unit.bit_length() - 1) + spare - drop
    rows = [[(int(v) + (1 << drop >> 1)) >> drop for v in row] for row in better.tolist()]
    top = fmpz_mat(rows)
    return (
        Inverse(tuples(top), 1 << exponent) if exponent >= 0 else Inverse(tuples(top * (1 << -exponent)), 1)
    )


def _spans(low: Floats, high: Floats, slack: float) -> tuple[tuple[Fraction, Fraction], ...]:
    pairs = []
    for a, b in zip(low, high, strict=True):
        margin = slack * float(b) + 1e-300
        lower = shortened(Fraction(max(0.0, float(a) - margin)), up=False, bits=40)
        pairs.append((lower, shortened(Fraction(float(b) + margin), up=True, bits=40)))
    return tuple(pairs)


def _lines(
    spans: tuple[tuple[Fraction, Fraction], ...], s: Fraction, side: Side
) -> tuple[tuple[Fraction, Fraction], ...]:
    """a_i, b_i of V9 at rational ends."""
    low, high = np.array([[float(v) for v in span] for span in spans]).T
    lines = []
    for (first, last), slope in zip(spans, chords(low, high, float(s) / 2)[1], strict=True):
        b = exactly(float(slope)) if slope > 0 else Fraction(0)
        with precision(192):
            ends = [power(x, s / 2) - ball(b * x) for x in (first, last)]
            a = max(above(e) for e in ends) if side == "upper" else min(below(e) for e in ends)
        lines.append((a, b))
    return tuple(lines)


def _rates(
    fine: FloatWalk, q: Floats, lines: tuple[tuple[Fraction, Fraction], ...], side: Side, slack: float
) -> Iterator[Fraction]:
    a, b = np.array([[float(v) for v in line] for line in lines]).T
    inverse = np.linalg.inv(np.linalg.cholesky(q))
    values = np.linalg.eigvalsh(inverse @ fine.combination(fine.p * b, q) @ inverse.T) + float(fine.p @ a)
    upper = side == "upper"
    rho = float(values[-1] if upper else values[0])
    for tolerance in (1e-12, 1e-10, slack, 10 * slack):
        margin = tolerance * max(abs(rho), float(fine.p @ np.abs(a)))
        yield shortened(Fraction(rho + margin if upper else rho - margin), up=upper, bits=50)


def prove_mean_square(
    walk: MatrixWalk, fine_at: Callable[[Fraction], FloatWalk], eta: Fraction, side: Side
) -> MeanSquareProof | None:
    """V5c at one learning rate: T(Q) <= Q proves eta_ms >= eta, T(Q) >= Q the other side."""
    fine = fine_at(eta)
    operator = fine.whole_step()
    top = operator.leading()
    lower = side == "lower"
    if (top.value >= 1) if lower else (top.value <= 1):
        return None
    for q in candidates(walk.with_eta(eta), fine, operator, top, 1.0, upper=lower):
        proof = MeanSquareProof(eta, side, tuples(q))
        if proof.holds(walk):
            return proof
    return None
