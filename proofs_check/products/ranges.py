"""Ranges of all samples: l_i Q <= A_i^T Q A_i <= u_i Q, directly or by Lemma V14.

Hypotheses of V14: A = c I - eta a b^T, Q > 0, P > 0, Q P Q >= Q; t = b^T P b, B = a^T Q a, g = a . b, tau = eta^2 B t
- 2 eta c g, delta = eta^2 c^2 (g^2 - t B). Conclusion: A^T Q A <= (c^2 + x) Q if x >= 0, 2 x >= tau and
x^2 - tau x + delta >= 0; A^T Q A >= (c^2 - y) Q if y >= 0, 2 y >= -tau and y^2 + tau y + delta >= 0.
"""

from fractions import Fraction
from typing import Any

from proofs_check.core.reading import Refused
from proofs_check.products.definite import require_definite, require_semidefinite
from proofs_check.products.powers import size_of
from proofs_check.products.tables import Numbers, Table, diagonal, forms, product, read_symmetric
from proofs_check.products.walk import Walk, difference, negative


def require_ranges(
    walk: Walk, q: Table, low: Numbers | None, high: Numbers, inverse: Any, where: str
) -> tuple[str, ...]:
    """Refuse unless l_i Q <= A_i^T Q A_i <= u_i Q for all i, Q > 0; no lower ends: only the upper side."""
    for i in range(walk.count):
        if (0 if low is None else low.top[i]) < 0 or high[i] < (0 if low is None else low[i]):
            raise Refused(f"{where}: the range of sample {i} is not 0 <= l <= u")
    if inverse is None:
        for i in range(walk.count):
            _direct(walk, q, i, None if low is None else low[i], high[i], f"{where}, sample {i}")
        return ()
    _by_inverse(walk, q, low, high, inverse, where)
    return ("V14",)


def _direct(walk: Walk, q: Table, i: int, low: Fraction | None, high: Fraction, where: str) -> None:
    image = walk.image(i, q)
    require_semidefinite(
        negative(difference(image, high, q, walk.work)), walk.work, f"{where}: the upper end of the range"
    )
    if low:
        require_semidefinite(
            difference(image, low, q, walk.work), walk.work, f"{where}: the lower end of the range"
        )


def _by_inverse(walk: Walk, q: Table, low: Numbers | None, high: Numbers, inverse: Any, where: str) -> None:
    walk.require_vectors()
    work, (a, b) = walk.work, walk.ab
    p = read_symmetric(inverse, f"{where}.inverse", walk.size, work)
    require_definite(p, work, f"{where}.inverse")
    both = product(product(q, p, work), q, work)
    require_semidefinite(difference(both, Fraction(1), q, work), work, f"{where}: Q P Q - Q")
    t, b_form, g = forms(p, b, work), forms(q, a, work), diagonal(a, b, work)
    c, eta = walk.c, walk.eta
    size = max(t.bits, b_form.bits, g.bits, high.bits) + size_of(c) + size_of(eta)
    work.spend_on_divisions(40 * walk.count, 4 * size)
    for i in range(walk.count):
        tau = eta**2 * b_form[i] * t[i] - 2 * eta * c * g[i]
        delta = (eta * c) ** 2 * (g[i] ** 2 - t[i] * b_form[i])
        if not _beyond(high[i] - c**2, tau, delta):
            raise Refused(f"{where}: the upper end of the range of sample {i} is not proved")
        if low is not None and low[i] and not _beyond(c**2 - low[i], -tau, delta):
            raise Refused(f"{where}: the lower end of the range of sample {i} is not proved")


def _beyond(x: Fraction, tau: Fraction, delta: Fraction) -> bool:
    """Whether x is at least 0 and at least the larger root of z^2 - tau z + delta (delta <= 0)."""
    return x >= 0 and 2 * x >= tau and x * x - tau * x + delta >= 0
