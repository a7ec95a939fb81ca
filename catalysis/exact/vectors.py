"""Logarithms and powers of whole arrays of doubles, with errors proved from single roundings. Lemmas H1 to H3.

The platform's `log`, `exp` and `pow` are never asked. `log2_near` and `exp2_near` are the two kernels, with
errors in units of `UNIT`; the `enclose_...` functions give proved ends for any doubles.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import factorial, frexp, ldexp

import numpy as np
import numpy.typing as npt
from flint import arb

from catalysis.exact.balls import dyadic, nearest_double, precision

Floats = npt.NDArray[np.float64]

UNIT = 2.0**-53
"""u: one rounding errs by at most this, relative."""

NEAR = 64
"""`log2_near` takes doubles from 2^-NEAR to 2^NEAR."""

LARGEST_POWER = 127.0
"""`exp2_near` takes doubles up to this size."""

_BITS = 80
_PLACES = 8  # of the mantissa, in the look-up tables
_STEPS = 1 << _PLACES
_TWICE = 2.0 * _STEPS
_DROPPED = 52 - _PLACES
_HALF = np.int64(1 << (_DROPPED - 1))
_BASE = np.int64((1023 - NEAR) << _PLACES)
_SHIFT = 3.0 * 2.0**43
_SHIFT_BITS = np.float64(_SHIFT).view(np.int64)
_POWER_BASE = np.int64(128 << _PLACES)
_WIDEST = 1000.0
_IN_ANY_ORDER = 512  # so few terms are left to numpy's order of summation; of more, runs are summed first
_RUN = 64


@dataclass(frozen=True, eq=False)
class _Tables:
    """What H1 and H2 look up, and the coefficients of their polynomials."""

    logs: Floats
    powers: Floats
    few_logs: tuple[float, ...]
    few_powers: tuple[float, ...]
    log_series: tuple[float, ...]
    power_series: tuple[float, ...]
    ln2: float
    per_ln2: float


@cache
def tables() -> _Tables:
    """The tables of H1 and H2, worked out by Arb when first used."""
    with precision(_BITS):
        ln2 = arb(2).log()
        logs = np.array([_double((1 + arb(i) / _STEPS).log() / ln2) for i in range(_STEPS)])
        powers = np.array([_double((ln2 * i / _STEPS).exp()) for i in range(_STEPS)])
        log_series = tuple(_double(arb((-1) ** (k + 1)) / (k * ln2)) for k in range(1, 6))
        power_series = tuple(_double(ln2**j / factorial(j)) for j in range(1, 5))
        ends = _double(ln2), _double(1 / ln2)
    exponents = np.arange(-NEAR, NEAR + 1, dtype=np.float64)
    shifts = np.arange(-128, 129)
    return _Tables(
        (exponents[:, None] + logs[None, :]).ravel(),
        np.ldexp(powers[None, :], shifts[:, None]).ravel(),
        (*logs.tolist(), 1.0),
        tuple(powers.tolist()),
        log_series,
        power_series,
        *ends,
    )


def _double(value: arb) -> float:
    return nearest_double(dyadic(value))


@cache
def rounds_to_nearest() -> bool:
    """Whether a few operations come out as the setting of H1 says; if not, nothing here may be used."""
    ones = np.ones(32)
    tie, above, third = ones + UNIT, ones + UNIT * (1 + 2.0**-20), ones / 3.0
    return bool(
        (tie == 1.0).all()
        and (above == 1.0 + 2 * UNIT).all()
        and (-ones - UNIT * (1 + 2.0**-20) == -1.0 - 2 * UNIT).all()
        and (third == 6004799503160661 * 2.0**-54).all()
        and ((ones + 2.0**-30) * (ones - 2.0**-30) == 1.0).all()
        and (np.sqrt(2 * ones) == 6369051672525773 * 2.0**-52).all()
    )


def log2_near(x: Floats) -> Floats:
    """log2 of doubles in `2^-64 .. 2^64`: errs by at most `UNIT (3 |result| + 2)` (H1). Anything elsewhere."""
    if _across(x):
        return log2_near(x.T).T
    known = tables()
    # bits of x, rounded to the places kept: an index, and as a double the number c of H1
    index = x.view(np.int64) + _HALF
    index >>= _DROPPED
    c = (index << _DROPPED).view(np.float64)
    s = x - c
    s /= c
    index -= _BASE
    found = np.take(known.logs, index, mode="clip")
    found += _horner(known.log_series, s, c)
    return found


def exp2_near(y: Floats) -> Floats:
    """2^y for `|y| <= 127`: errs by at most `3 UNIT` of the result (H2). Anything elsewhere."""
    if _across(y):
        return exp2_near(y.T).T
    known = tables()
    shifted = y + _SHIFT
    index = shifted.view(np.int64) - (_SHIFT_BITS - _POWER_BASE)
    shifted -= _SHIFT
    f = y - shifted
    found = np.take(known.powers, index, mode="clip")
    growth = _horner(known.power_series, f, shifted)
    growth *= found
    found += growth
    return found


def _across(x: Floats) -> bool:
    """Whether columns, not rows, lie together in memory: the tables are looked up in the order of memory."""
    return x.ndim == 2 and x.flags.f_contiguous and not x.flags.c_contiguous


def log2_one(x: float) -> float:
    """`log2_near` of one double, by Python's floats (H1)."""
    known = tables()
    mantissa, exponent = frexp(x)
    place = int(mantissa * _TWICE + 0.5)
    c = place / _TWICE
    s = (mantissa - c) / c
    a, b, d, e, f = known.log_series
    return (exponent - 1 + known.few_logs[place - _STEPS]) + s * (a + s * (b + s * (d + s * (e + s * f))))


def exp2_one(y: float) -> float:
    """`exp2_near` of one double, by Python's floats (H2)."""
    known = tables()
    k = (y + _SHIFT) - _SHIFT
    f, place = y - k, int(k * _STEPS)
    a, b, c, d = known.power_series
    power = ldexp(known.few_powers[place & (_STEPS - 1)], place >> _PLACES)
    return power + power * (f * (a + f * (b + f * (c + f * d))))


def _horner(series: tuple[float, ...], s: Floats, room: Floats) -> Floats:
    """s times the polynomial with these coefficients, worked out in `room`."""
    np.multiply(s, series[-1], out=room)
    for coefficient in series[-2::-1]:
        room += coefficient
        room *= s
    return room


def total(terms: Floats) -> Floats:
    """The sum along the first axis: every term passes at most `roundings(len(terms))` additions (H4)."""
    while (count := len(terms)) > _IN_ANY_ORDER:
        rows = count // _RUN
        runs = terms[: rows * _RUN].reshape(rows, _RUN, *terms.shape[1:])
        terms = np.concatenate([np.add.reduce(runs, axis=1), terms[rows * _RUN :]])
    return np.asarray(np.add.reduce(terms, axis=0))


def roundings(count: int) -> int:
    """How many additions a term of a `total` of so many passes at most."""
    passed = 0
    while count > _IN_ANY_ORDER:
        count, passed = count // _RUN + count % _RUN, passed + _RUN - 1
    return passed + count - 1


def log2(x: Floats) -> Floats:
    """log2 of any doubles > 0: errs by at most `UNIT (|result| + 6)` (H3a); nan elsewhere."""
    x = np.asarray(x, np.float64)
    with np.errstate(all="ignore"):
        mantissa, exponent = np.frexp(x)
        found = log2_near(np.ascontiguousarray(mantissa))
        found += exponent
        return np.where((x > 0) & (x < np.inf), found, np.nan)


def enclose_log(x: Floats) -> tuple[Floats, Floats]:
    """Proved bounds of log x (H3c); nan where x is no finite double > 0."""
    found = log2(x) * tables().ln2
    return _around(found, UNIT * (5 * np.abs(found) + 6))


def enclose_exp(x: Floats) -> tuple[Floats, Floats]:
    """Proved bounds of exp x (H3c); nan where x is."""
    with np.errstate(over="ignore"):
        y = np.asarray(x, np.float64) * tables().per_ln2
    return _enclose_exp2(y, 3 + 1.5 * np.abs(y))


def enclose_power(x: Floats, s: float) -> tuple[Floats, Floats]:
    """Proved bounds of x^s for a double `|s| <= 2^20` (H3c); nan where x is no finite double > 0."""
    if not abs(s) <= 2.0**20:
        raise ValueError("s: expected a number up to 2^20 in size")
    y = s * log2(x)
    return _enclose_exp2(y, 3 + 1.5 * np.abs(y) + 5 * abs(s))


def _enclose_exp2(y: Floats, units: Floats) -> tuple[Floats, Floats]:
    """Bounds of a number whose log2 is about y, when `units` bound the error as in H3c."""
    with np.errstate(all="ignore"):
        inside = np.clip(y, -_WIDEST, _WIDEST)
        whole = np.rint(inside)
        found = np.ldexp(exp2_near(inside - whole), np.nan_to_num(whole).astype(np.int64))
        low, high = _around(found, UNIT * (units + 1) * found)
        low = np.where(y <= -_WIDEST, 0.0, np.where(y >= _WIDEST, 2.0 ** (_WIDEST - 1), low))
        high = np.where(y <= -_WIDEST, 2.0 ** (1 - _WIDEST), np.where(y >= _WIDEST, np.inf, high))
    return np.where(np.isnan(y), np.nan, low), np.where(np.isnan(y), np.nan, high)


def _around(middle: Floats, error: Floats) -> tuple[Floats, Floats]:
    """middle -+ error, the error counted one thousandth up for its own roundings; no numbers without the setting."""
    error = error * (1.001 if rounds_to_nearest() else np.nan)
    return middle - error, middle + error
