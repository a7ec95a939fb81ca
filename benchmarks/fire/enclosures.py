"""Random enclosures of the checker's arithmetic held against mpmath with many digits: none may leave out the truth.

Numbers near 1, near powers of two, tiny, huge, with long denominators; precisions from 1 bit to 2048.
"""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from functools import partial
from random import Random
from typing import Any

import mpmath as mp

from proofs_check.core import arithmetic

F = Fraction
BATCH = 1000
Enclosure = tuple[int, int | None]


def real(q: Fraction | int) -> Any:
    return mp.mpf(q.numerator) / q.denominator


def positive(rng: Random) -> Fraction:
    """A positive rational of any size."""
    bits = rng.choice((2, 5, 20, 64, 200, 900))
    n, d = rng.getrandbits(bits) + 1, rng.getrandbits(bits) + 1
    tiny = F(rng.choice((1, -1)), (rng.getrandbits(8) + 2) << rng.randrange(rng.choice((10, 100, 600))))
    match rng.randrange(8):
        case 0 | 1:
            return F(n, d)
        case 2:
            return 1 + tiny
        case 3:
            return F(2) ** rng.randrange(-90, 90) * (1 + tiny)
        case 4:
            return F(rng.randrange(256, 512) + rng.choice((0, tiny)), 256) if tiny > -1 else F(1)
        case 5:
            return F(n << rng.randrange(3000), d)
        case 6:
            return F(n, d << rng.randrange(3000))
        case _:
            return F(n, 10 ** rng.randrange(1, 60))


def precision(rng: Random) -> int:
    return rng.choice((1, 8, 16, 32, 53, 64, 64, 64, 128, 128, 200, 256, rng.randrange(1, 300)))


Truth = tuple[Enclosure, int, Callable[[], tuple[Any, Any]], int]
"""The enclosure, its precision, the truth (its least and largest value), its size in bits before the point."""

TOUCHING = mp.mpf(2) ** -100
"""Units of the last place by which an end may seem to be missed: exact values are met exactly, and rounded here."""


def log(q: Fraction) -> Any:
    """log q without cancellation near 1."""
    if abs(q - 1) < F(1, 2):
        return mp.log1p(real(q - 1))
    return mp.log(mp.mpf(q.numerator)) - mp.log(mp.mpf(q.denominator))


def of_log(rng: Random) -> Truth:
    q, prec, shift = positive(rng), precision(rng), rng.choice((0, 0, rng.randrange(-(10**6), 10**6)))
    bounds = arithmetic.log_ratio(q.numerator, q.denominator, prec, shift)

    def truth() -> tuple[Any, Any]:
        value = log(q) + shift * mp.log(2)
        return value, value

    return bounds, prec, truth, 20


def of_log_between(rng: Random) -> Truth:
    prec, d = precision(rng), rng.getrandbits(rng.choice((3, 40, 200))) + 1
    low = rng.getrandbits(rng.choice((3, 40, 200))) + 1
    high = low + rng.choice((0, 1, rng.randrange(low + 1), low << 5))
    bounds = arithmetic.log_between(low, high, d, prec)
    return bounds, prec, lambda: (log(F(low, d)), log(F(high, d))), 20


def of_exp(rng: Random) -> Truth:
    prec = precision(rng)
    sizes = (0, 1, 1, 1, 1, 7, 50, 50, rng.choice((500, 3000)))
    low = (rng.getrandbits(prec + 1) - (1 << prec)) * rng.choice(sizes) >> rng.choice((0, 0, 5, prec))
    high = low + rng.choice((0, 0, 1, rng.getrandbits(prec)))
    bounds = arithmetic.exp_interval((low, high), prec)
    size = max(0, high >> prec) * 3 // 2
    return bounds, prec, lambda: (mp.exp(mp.ldexp(low, -prec)), mp.exp(mp.ldexp(high, -prec))), size


def of_power(rng: Random) -> Truth:
    r, exponent, prec = positive(rng), positive(rng) * rng.choice((1, -1)), precision(rng)
    exponent = 1 / exponent if abs(exponent) > 10**4 else exponent
    if rng.random() < 0.98 and abs(exponent * _magnitude(r)) > 1000:
        exponent = exponent / (abs(exponent * _magnitude(r)) // 100 + 1)
    bits = arithmetic.log_precision(exponent, prec)
    bounds = arithmetic.power(arithmetic.log_of(r, bits), bits, exponent, prec)

    def truth() -> tuple[Any, Any]:
        value = mp.exp(real(exponent) * log(r)) if size < 1 << 18 else mp.inf
        return value, value

    size = max(0, int(exponent * _magnitude(r))) + 40
    return bounds, prec, truth, size


def _magnitude(r: Fraction) -> int:
    """About log2 r, a little beyond."""
    size = r.numerator.bit_length() - r.denominator.bit_length()
    return size + (1 if size >= 0 else -1)


def of_rational(rng: Random) -> Truth:
    """`enclose` and `times`, against fractions."""
    q, r, prec = positive(rng) * rng.choice((1, -1)), positive(rng) * rng.choice((1, -1)), precision(rng)
    bounds = arithmetic.times(r, arithmetic.enclose(q, prec))
    exact = q * r * (1 << prec)
    return bounds, 0, lambda: (exact, exact), 0


def of_log_two(rng: Random) -> Truth:
    prec = rng.randrange(1, 2048)
    return arithmetic.log_two(prec), prec, lambda: (mp.log(2), mp.log(2)), 0


KINDS: dict[str, tuple[Callable[[Random], Truth], int]] = {
    "log": (of_log, 28),
    "log of an interval": (of_log_between, 12),
    "exp": (of_exp, 24),
    "power": (of_power, 24),
    "rational": (of_rational, 10),
    "log 2": (of_log_two, 2),
}


def holds(found: Truth) -> bool:
    """Whether the truth lies in the enclosure, decided with 200 bits more than it has."""
    (low, high), prec, truth, size = found
    if not prec:
        least, most = truth()
        return bool(low <= least and high is not None and most <= high)
    with mp.workprec(prec + min(size, 1 << 18) + 200):
        least, most = (mp.ldexp(value, prec) for value in truth())
        return bool(low <= least + TOUCHING and (high is None or most <= high + TOUCHING))


def violations(seed: int, kind: str, start: int) -> list[str]:
    make = KINDS[kind][0]
    return [
        f"{kind} {number}"
        for number in range(start, start + BATCH)
        if not holds(make(Random(f"{seed}:{kind}:{number}")))
    ]


def shares(total: int) -> dict[str, int]:
    whole = sum(weight for _, weight in KINDS.values())
    return {kind: -(-total * weight // whole // BATCH) * BATCH for kind, (_, weight) in KINDS.items()}


def report(seed: int, total: int, workers: int) -> int:
    """Prints a Markdown table; 1 if a truth lies outside its enclosure."""
    rows, bad = ["| function | enclosures | violated |", "| --- | ---: | ---: |"], []
    for kind, count in shares(total).items():
        found = [case for part in _run(seed, kind, count, workers) for case in part]
        rows.append(f"| {kind} | {count:,} | {len(found)} |")
        print(rows[-1], file=sys.stderr, flush=True)
        bad += found
    print("\n".join([*rows, "", f"seed {seed}", *bad[:50]]))
    return 1 if bad else 0


def _run(seed: int, kind: str, count: int, workers: int) -> Iterator[list[str]]:
    starts, one = range(0, count, BATCH), partial(violations, seed, kind)
    if workers == 1:
        yield from map(one, starts)
        return
    with ProcessPoolExecutor(workers) as executor:
        yield from executor.map(one, starts)
