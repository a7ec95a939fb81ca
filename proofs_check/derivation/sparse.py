"""Sparse polynomials over the rationals: coefficients by monomial, nothing more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

Monomial = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Polynomial:
    """A sparse polynomial: its coefficients by monomial, none of them zero."""

    terms: Mapping[Monomial, Fraction] = field(default_factory=dict)

    def __add__(self, other: Polynomial) -> Polynomial:
        return collect([*self.terms.items(), *other.terms.items()])

    def __neg__(self) -> Polynomial:
        return Polynomial({monomial: -c for monomial, c in self.terms.items()})

    def __sub__(self, other: Polynomial) -> Polynomial:
        return self + -other

    def __mul__(self, other: Polynomial) -> Polynomial:
        return collect((merge(p, q), c * d) for p, c in self.terms.items() for q, d in other.terms.items())

    def scaled(self, factor: Fraction) -> Polynomial:
        return self * constant(factor)

    @property
    def letters(self) -> set[str]:
        return {letter for monomial in self.terms for letter, _ in monomial}


def collect(terms: Iterable[tuple[Monomial, Fraction]]) -> Polynomial:
    total: dict[Monomial, Fraction] = {}
    for monomial, coefficient in terms:
        total[monomial] = total.get(monomial, Fraction(0)) + coefficient
    return Polynomial({monomial: c for monomial, c in total.items() if c != 0})


def merge(first: Monomial, second: Monomial) -> Monomial:
    powers = dict(first)
    for letter, power in second:
        powers[letter] = powers.get(letter, 0) + power
    return tuple(sorted((letter, power) for letter, power in powers.items() if power != 0))


def constant(value: Fraction | int) -> Polynomial:
    return collect([((), Fraction(value))])


def variable(letter: str) -> Polynomial:
    return Polynomial({((letter, 1),): Fraction(1)})


def derivative(polynomial: Polynomial, letter: str) -> Polynomial:
    """The formal derivative: `c x^k` becomes `k c x^(k - 1)`."""
    return collect(
        (merge(monomial, ((letter, -1),)), c * dict(monomial)[letter])
        for monomial, c in polynomial.terms.items()
        if letter in dict(monomial)
    )


def substitute(polynomial: Polynomial, values: Mapping[str, Polynomial]) -> Polynomial:
    """The polynomial with some of its letters replaced, multiplied out."""
    total = Polynomial()
    for monomial, c in polynomial.terms.items():
        kept = tuple((letter, power) for letter, power in monomial if letter not in values)
        product = Polynomial({kept: c})
        for letter, power in monomial:
            for _ in range(power if letter in values else 0):
                product = product * values[letter]
        total = total + product
    return total


def coefficient(polynomial: Polynomial, letter: str) -> Polynomial:
    """What stands before the first power of the letter."""
    return collect(
        (merge(monomial, ((letter, -1),)), c)
        for monomial, c in polynomial.terms.items()
        if dict(monomial).get(letter) == 1
    )
