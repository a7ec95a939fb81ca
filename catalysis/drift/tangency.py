"""Exact zeros of G by algebra: at rational places (Lemma D5) and at tangencies (Lemma D6).

No ball can show that G is zero; a product of rationals that is +-1 can.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import gcd

from flint import fmpq_poly, fmpz_poly, nmod_poly

from catalysis.data.walk import LinearWalk
from catalysis.exact.balls import fraction, rational

DEFAULT_MAX_DEGREE = 256
DEFAULT_MAX_POWER_BITS = 2_000_000

# Primes for cheap refutations; any prime that keeps the leading coefficient will do.
_PRIMES = (2**61 - 1, 2**59 - 55, 2**57 - 13, 2**55 - 55, 2**53 - 111)


@dataclass(frozen=True)
class Tangency:
    """A double zero of G: the root of `polynomial` (constant term first) in `gap`.

    If it is rational, `exact` is the root and `base` proves the zero by Lemma D5.
    """

    gap: int
    polynomial: tuple[int, ...]
    exact: Fraction | None = None
    base: tuple[int, ...] | None = None


@dataclass(frozen=True)
class TooLarge:
    """The algebra was not begun or not finished: `reason` says which limit was met."""

    reason: str


def coprime_base(numbers: list[int]) -> tuple[int, ...]:
    """Pairwise coprime integers >= 2 such that each of `numbers` (>= 1) is a product of their powers."""
    base: list[int] = []
    for number in numbers:
        waiting = [number]
        while waiting:
            a = waiting.pop()
            if a == 1:
                continue
            for i, b in enumerate(base):
                common = gcd(a, b)
                if common > 1:
                    del base[i]
                    waiting += [a // common, b // common, common]
                    break
            else:
                base.append(a)
    return tuple(sorted(base))


def _exponent(number: int, factor: int) -> int:
    count = 0
    while number % factor == 0:
        number, count = number // factor, count + 1
    return count


def exponents(value: Fraction, base: tuple[int, ...]) -> tuple[int, ...]:
    """How often each element of a coprime base divides `value` > 0 (negative in the denominator)."""
    return tuple(_exponent(value.numerator, b) - _exponent(value.denominator, b) for b in base)


def base_of(values: Iterable[Fraction]) -> tuple[int, ...]:
    """A coprime base over which every one of the positive `values` is a product of powers."""
    return coprime_base([part for v in values for part in (v.numerator, v.denominator) if part > 1])


def unit_product_base(values: Sequence[Fraction], weights: Sequence[int]) -> tuple[int, ...] | None:
    """A coprime base that proves prod values_i^weights_i = 1 (values > 0); None if that is not so."""
    base = base_of(values)
    for b in base:
        total = sum(k * exponents(v, (b,))[0] for k, v in zip(weights, values, strict=True))
        if total != 0:
            return None
    return base


def exact_zero_base(walk: LinearWalk, curvature: Fraction) -> tuple[int, ...] | None:
    """A coprime base that proves G(curvature) = 0 by Lemma D5; None if G is not zero (or a pole)."""
    values = [abs(1 - curvature * rate) for rate in walk.rates]
    return None if 0 in values else unit_product_base(values, walk.integer_weights)


def _scaled(walk: LinearWalk) -> tuple[list[int], int]:
    """Integers X_i and D with xi_i = X_i/D, so that 1 - lambda xi_i = 1 - w X_i at w = lambda/D."""
    denominator = reduce(lambda a, b: a * b // gcd(a, b), (rate.denominator for rate in walk.rates), 1)
    return [int(rate * denominator) for rate in walk.rates], denominator


def critical_polynomial(scaled: list[int], weights: tuple[int, ...]) -> fmpz_poly:
    """Q(w) = sum k_i X_i prod_{j != i} (1 - w X_j), built by halves."""

    def build(low: int, high: int) -> tuple[fmpz_poly, fmpz_poly]:
        if high - low == 1:
            return fmpz_poly([weights[low] * scaled[low]]), fmpz_poly([1, -scaled[low]])
        middle = (low + high) // 2
        q1, p1 = build(low, middle)
        q2, p2 = build(middle, high)
        return q1 * p2 + q2 * p1, p1 * p2

    return build(0, len(scaled))[0]


def _common_degree(q: fmpz_poly, scaled: list[int], weights: tuple[int, ...], prime: int) -> int | None:
    """Degree of gcd(Q, prod (1 - w X_i)^k_i -+ 1) modulo `prime`, the larger one; None: prime unfit."""
    modulus = nmod_poly([int(c) % prime for c in q.coeffs()], prime)
    if modulus.degree() != q.degree():
        return None
    product = nmod_poly([1], prime)
    for x, k in zip(scaled, weights, strict=True):
        product = product * _power(nmod_poly([1, (-x) % prime], prime), k, modulus) % modulus
    one = nmod_poly([1], prime)
    return max(int(modulus.gcd(product - one).degree()), int(modulus.gcd(product + one).degree()))


def _power(base: nmod_poly, exponent: int, modulus: nmod_poly) -> nmod_poly:
    result, square = nmod_poly([1], modulus.modulus()), base % modulus
    while exponent:
        if exponent & 1:
            result = result * square % modulus
        square = square * square % modulus
        exponent >>= 1
    return result


def find_tangency(
    walk: LinearWalk,
    gap: int,
    *,
    max_degree: int = DEFAULT_MAX_DEGREE,
    max_power_bits: int = DEFAULT_MAX_POWER_BITS,
) -> Tangency | TooLarge | None:
    """Is the maximum of G in `gap` (0 < gap < m) exactly zero? A proof, None for no, or TooLarge.

    Residues modulo a prime refute cheaply whatever the weights; only a suspect is factored.
    """
    degree = walk.size - 1
    if degree > max_degree:
        return TooLarge(f"the tangency algebra has degree {degree}, the limit is {max_degree}")
    scaled, denominator = _scaled(walk)
    weights = walk.integer_weights
    q = critical_polynomial(scaled, weights)
    for prime in _PRIMES[:2]:
        if _common_degree(q, scaled, weights, prime) == 0:
            return None
    left, right = (pole / denominator for pole in (walk.poles[gap - 1], walk.poles[gap]))
    for factor, _ in q.factor()[1]:
        low, high = factor(rational(left)), factor(rational(right))
        if (low > 0) == (high > 0):
            continue
        return _decide(walk, gap, factor, scaled, denominator, max_power_bits)
    raise AssertionError("Q has a root in every gap")  # pragma: no cover


def _decide(
    walk: LinearWalk, gap: int, factor: fmpz_poly, scaled: list[int], denominator: int, max_power_bits: int
) -> Tangency | TooLarge | None:
    coefficients = [int(c) for c in factor.coeffs()]
    in_lambda = _primitive([Fraction(c, denominator**n) for n, c in enumerate(coefficients)])
    if len(coefficients) == 2:
        root = Fraction(-in_lambda[0], in_lambda[1])
        base = exact_zero_base(walk, root)
        return None if base is None else Tangency(gap, in_lambda, root, base)
    for prime in _PRIMES:
        if _common_degree(factor, scaled, walk.integer_weights, prime) == 0:
            return None
    estimate = sum(walk.integer_weights) * sum(c.bit_length() for c in coefficients)
    if estimate > max_power_bits:
        return TooLarge(f"the powers modulo the critical factor need about {estimate} bits")
    modulus = fmpq_poly(factor)
    product = fmpq_poly([1])
    for x, k in zip(scaled, walk.integer_weights, strict=True):
        power, square, exponent = fmpq_poly([1]), fmpq_poly([1, -x]), k
        while exponent:
            if exponent & 1:
                power = power * square % modulus
            square = square * square % modulus
            exponent >>= 1
        product = product * power % modulus
    if product == fmpq_poly([1]) or product == fmpq_poly([-1]):
        return Tangency(gap, in_lambda)
    return None


def _primitive(coefficients: list[Fraction]) -> tuple[int, ...]:
    """The proportional integer vector without a common factor."""
    scale = reduce(lambda a, b: a * b // gcd(a, b), (c.denominator for c in coefficients), 1)
    integers = [int(c * scale) for c in coefficients]
    common = reduce(gcd, integers, 0)
    return tuple(c // common for c in integers)


def evaluate(polynomial: tuple[int, ...], at: Fraction) -> Fraction:
    """The exact value of an integer polynomial (constant term first)."""
    return fraction(fmpq_poly(list(polynomial))(rational(at)))


def isolate_root(
    polynomial: tuple[int, ...], low: Fraction, high: Fraction, width: Fraction
) -> tuple[Fraction, Fraction]:
    """Bisect a sign change of an integer polynomial to `width`; the root stays strictly inside."""
    rising = evaluate(polynomial, low) < 0
    while high - low > width:
        middle = (low + high) / 2
        at_middle = evaluate(polynomial, middle)
        if at_middle == 0:  # a rational root: keep it strictly inside
            step = min(width, high - low) / 4
            return middle - step, middle + step
        if (at_middle < 0) == rising:
            low = middle
        else:
            high = middle
    return low, high
