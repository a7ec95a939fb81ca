"""Double zeros of the drift (D6): a polynomial that divides Q and modulo which a product is +-1.

With the leading coefficient l > 0 and y = l lambda the polynomial becomes monic over the integers, and
1 - lambda xi_i = (l v - u_i y)/(l v) with xi_i = u_i/v. So both questions are about integer polynomials in
y modulo a monic one, of degree < d. Such an element is its list of d coefficients, constant term first.
"""

from dataclasses import dataclass
from fractions import Fraction

from proofs_check.core.budget import Work
from proofs_check.core.law import Case
from proofs_check.core.reading import Refused

MOST_COEFFICIENT_BITS = 1 << 21
MOST_ELEMENT_BITS = 1 << 25

Element = list[int]


@dataclass(frozen=True)
class Ring:
    """Z[y] modulo a monic polynomial of degree d; `monic` holds its d lower coefficients."""

    monic: tuple[int, ...]
    work: Work

    def one(self) -> Element:
        return [1] + [0] * (len(self.monic) - 1)

    def times_linear(self, f: Element, a: int, b: int) -> Element:
        """(a + b y) f. The coefficients grow by a factor of at most |a| + |b| (1 + max |monic|)."""
        sizes = _bits(f), _bits([a, b, *self.monic])
        self.work.spend(3 * len(f) * (1 + (sizes[0] * (sizes[1] + 60) >> 20)))
        shifted = [0, *f[:-1]]
        top = f[-1]
        return [a * c + b * (s - top * g) for c, s, g in zip(f, shifted, self.monic, strict=True)]

    def square(self, f: Element) -> Element:
        """f^2, multiplied out and then reduced from the top."""
        degree = len(f)
        self.work.spend(2 * degree * degree, max(_bits(f), _bits(list(self.monic))))
        product = [0] * (2 * degree - 1)
        for i, c in enumerate(f):
            for j, e in enumerate(f):
                product[i + j] += c * e
        for top in range(2 * degree - 2, degree - 1, -1):
            c = product.pop()
            for j, g in enumerate(self.monic):
                product[top - degree + j] -= c * g
        return product


@dataclass(frozen=True)
class Factors:
    """The factors a - u_i y of a law in a ring, and how many bits each can add to the coefficients."""

    ring: Ring
    a: int
    growth: tuple[int, ...]


def read_factors(case: Case, q: list[int], where: str) -> Factors:
    """The ring of the polynomial q, of degree at least 1, leading coefficient not zero; refused from degree m on."""
    law = case.law
    degree = len(q) - 1
    if degree >= len(law.weights):
        raise Refused(f"{where}.polynomial has a larger degree than the polynomial of the critical points")
    if q[-1] < 0:
        q = [-c for c in q]
    lead = q[-1]
    size = max(map(abs, q)).bit_length() + degree * lead.bit_length()
    if size * degree > MOST_ELEMENT_BITS:
        raise Refused(f"{where}.polynomial is too large")
    case.work.spend(2 * degree, size)
    case.work.spend(2 * len(law.weights), law.bits + size)
    monic = tuple(c * lead ** (degree - 1 - j) for j, c in enumerate(q[:-1]))
    a, height = lead * law.scale, 1 + max(map(abs, monic))
    growth = tuple((a + u * height).bit_length() for u in law.numerators)
    return Factors(Ring(monic, case.work), a, growth)


def sign_at(case: Case, q: list[int], point: Fraction, where: str) -> int:
    """The sign of the polynomial q at a rational point a/b: that of sum q_j a^j b^(degree - j)."""
    a, b = point.numerator, point.denominator
    size = _bits(q) + len(q) * max(abs(a), b).bit_length()
    if size > MOST_COEFFICIENT_BITS:
        raise Refused(f"the polynomial of {where} at an end of the bracket is too large")
    case.work.spend(3 * len(q), size)
    value, power = 0, 1
    for c in reversed(q):
        value, power = value * a + c * power, power * b
    return (value > 0) - (value < 0)


def check_critical(case: Case, factors: Factors, where: str) -> None:
    """The polynomial divides Q = sum k_i xi_i prod_(j != i) (1 - lambda xi_j) over the rationals (D6)."""
    law, ring = case.law, factors.ring
    _bound(sum(factors.growth), ring, where)
    product, total = ring.one(), [0] * len(ring.monic)
    for u, k in zip(law.numerators, law.weights, strict=True):
        total = ring.times_linear(total, factors.a, -u)
        ring.work.spend(len(total) * (1 + (_bits(product) * law.bits >> 18)))
        total = [t + k * u * c for t, c in zip(total, product, strict=True)]
        product = ring.times_linear(product, factors.a, -u)
    if any(total):
        raise Refused(f"{where}.polynomial does not divide the polynomial of the critical points")


def check_unit_product(case: Case, factors: Factors, where: str) -> None:
    """prod (1 - lambda xi_i)^k_i = +1 or -1 modulo the polynomial (D6), by squaring and multiplying."""
    law, ring = case.law, factors.ring
    _bound(sum(k * bits for k, bits in zip(law.weights, factors.growth, strict=True)), ring, where)
    product = ring.one()
    for bit in reversed(range(max(law.weights).bit_length())):
        product = ring.square(product)
        ring.work.spend(len(law.weights))
        for u, k in zip(law.numerators, law.weights, strict=True):
            if k >> bit & 1:
                product = ring.times_linear(product, factors.a, -u)
    if any(product[1:]) or abs(product[0]) != factors.a ** sum(law.weights):
        raise Refused(f"the product of the factors at {where} is not +-1 modulo the polynomial")


def _bits(f: Element) -> int:
    return max(map(abs, f)).bit_length()


def _bound(bits: int, ring: Ring, where: str) -> None:
    if bits > MOST_COEFFICIENT_BITS or bits * len(ring.monic) > MOST_ELEMENT_BITS:
        raise Refused(f"the algebra of the tangency at {where} is too large")
