"""Lemma V20: the mean square of batches and heavy-ball momentum from K_ii, tau_i = sum_j p_j K_ij^2 and a bound of the
top eigenvalue of Sigma alone.

Hypotheses, upper: no decay, kappa > 0, sigma >= sum p_i K_ii, or sigma >= sum_j |K_ij| p_j w_j / w_i for all i with all
w_i > 0; eta sigma < 2 (1 + beta); Phi >= kappa eta (K_ii/D(0) + (tau_i/sigma)(1/D(sigma) - 1/D(0))) for all i, where
D(s) = 2 (1 - beta) - eta c s, c = (1 - beta)/(1 + beta) - kappa. rho >= 1 if Phi <= 1, else rho >= 1 + (Phi - 1) M,
M = eta sigma max(D(0), D(sigma)) for beta = 0, else a^2/min(2 a/D(0), (2 a - eta sigma)/D(sigma)), a = 1 + beta.
Lower: eta (kappa K_ii + c tau_i/K_ii) >= 2 (1 - beta) for all K_ii > 0; or for a y with y^T K y > 0
eta sum p_i (K y)_i^2 >= 2 (1 + beta) y^T K y.
Conclusion: k(2) <= log rho; for Phi <= 1 k(2) < 0 at all smaller learning rates. k(2) >= 0 at this and all larger ones.
"""

from dataclasses import dataclass
from fractions import Fraction
from operator import mul
from typing import Any

from proofs_check.core.reading import Refused, positive
from proofs_check.products.product import Product
from proofs_check.products.tables import Numbers, forms, read_numbers, weighted
from proofs_check.products.walk import Walk

ONE = Fraction(1)


@dataclass(frozen=True)
class Closed:
    """An upper bound: `sigma` >= the top eigenvalue; `constant` of V20d, in the norm `norm`; whether Phi <= 1."""

    sigma: Fraction
    constant: Fraction
    norm: str
    falls: bool


def prove_upper(walk: Walk, sigma: Any, vector: Any, rho: Fraction, where: str) -> Closed:
    """k(2) <= log rho."""
    top, kappa = positive(sigma, f"{where}.sigma"), _sharing(walk, where)
    _require_top(walk, top, vector, where)
    load, beta = walk.eta * top, walk.beta
    if load >= 2 * (1 + beta):
        raise Refused(f"{where}: eta sigma is not below 2 (1 + beta)")
    slope = (1 - beta) / (1 + beta) - kappa
    first, last = 2 * (1 - beta), 2 * (1 - beta) - slope * load  # positive, as load < 2 (1 + beta)
    by_k, by_tau = kappa * walk.eta / first, kappa * walk.eta * (1 / last - 1 / first) / top
    excess = max(by_k * k + by_tau * tau for k, tau in _samples(walk)) - 1
    constant, most = _spike(beta, load, first, last)
    if rho < (ONE if excess <= 0 else 1 + excess * most):
        raise Refused(f"{where}: the closed form does not prove this rho")
    return Closed(top, constant, "mean_loss" if beta else "parameters", excess <= 0)


def _spike(beta: Fraction, load: Fraction, first: Fraction, last: Fraction) -> tuple[Fraction, Fraction]:
    """The constant of V20d, and what an excess of 1 adds to rho."""
    if not beta:
        return max(first / last, last / first), load * max(first, last)
    a = 1 + beta
    start = max((1 - beta) ** 2 / first, ((1 - beta) ** 2 + 2 * beta * load / a) / last)
    held = min(2 * a / first, (2 * a - load) / last) / a**2
    return start / (held * load), 1 / held


def prove_lower(walk: Walk, vector: Any, where: str) -> None:
    """k(2) >= 0, by all samples or by the mean step."""
    kappa, beta = _sharing(walk, where), walk.beta
    if vector is not None:
        if walk.eta * _quotient(walk, vector, where) < 2 * (1 + beta):
            raise Refused(f"{where}: the mean step is not proved to grow")
        return
    slope = (1 - beta) / (1 + beta) - kappa
    if any(walk.eta * (kappa * k + slope * tau / k) < 2 * (1 - beta) for k, tau in _samples(walk)):
        raise Refused(f"{where}: a sample is too small for the closed form")


def _sharing(walk: Walk, where: str) -> Fraction:
    if walk.product.kind not in ("features", "gram") or walk.matrices or walk.weight_decay:
        raise Refused(f"{where}: closed forms need features or a Gram matrix, and no weight decay")
    kappa = ONE if walk.single else walk.kappa
    if kappa <= 0:
        raise Refused(f"{where}: a batch of all samples has no closed form")
    return kappa


def _samples(walk: Walk) -> list[tuple[Fraction, Fraction]]:
    """K_ii and tau_i of the samples that do not vanish."""
    diagonal, seconds = walk.product.diagonal, _seconds(walk)
    walk.work.spend_on_divisions(8 * walk.count, max(diagonal.bits, seconds.bits) + 200)
    return [(diagonal[i], seconds[i]) for i in range(walk.count) if diagonal.top[i]]


def _seconds(walk: Walk) -> Numbers:
    """tau_i = sum_j p_j K_ij^2 = g_i^T Sigma g_i."""
    found, p, work = walk.product, walk.product.weights, walk.work
    if found.kind == "features":
        return forms(weighted(p, found.rows, found.rows, work), found.rows, work)
    work.spend_on_rows(2 * walk.count**2, found.rows.bits + p.bits)
    tops = tuple(sum(map(mul, p.top, map(mul, row, row))) for row in found.rows.rows)
    return Numbers(tops, found.rows.den**2 * p.den)


def _require_top(walk: Walk, top: Fraction, vector: Any, where: str) -> None:
    """top >= the largest eigenvalue of Sigma."""
    p, work = walk.product.weights, walk.work
    if vector is None:
        if walk.product.diagonal.times(p, work).total > top:
            raise Refused(f"{where}.sigma is below the mean of the K_ii")
        return
    w = read_numbers(vector, f"{where}.vector", walk.count, work)
    if min(w.top) <= 0:
        raise Refused(f"{where}.vector has an entry that is not positive")
    loads = list(map(mul, p.top, w.top))
    sums, den = _row_sums(walk, loads, absolute=True)
    limit = top * den * p.den
    work.spend(walk.count, limit.numerator.bit_length() + w.bits)
    if any(s * limit.denominator > limit.numerator * x for s, x in zip(sums, w.top, strict=True)):
        raise Refused(f"{where}.sigma is not proved by the vector")


def _quotient(walk: Walk, vector: Any, where: str) -> Fraction:
    """sum p_i (K y)_i^2 / y^T K y."""
    p, work = walk.product.weights, walk.work
    y = read_numbers(vector, f"{where}.vector", walk.count, work)
    image, den = _row_sums(walk, list(y.top), absolute=False)
    work.spend(3 * walk.count, max(map(int.bit_length, image)) + p.bits)
    under = sum(map(mul, y.top, image)) * p.den * den
    if under <= 0:
        raise Refused(f"{where}.vector is not one of the span")
    return Fraction(sum(map(mul, p.top, map(mul, image, image))), under)


def _row_sums(walk: Walk, loads: list[int], *, absolute: bool) -> tuple[list[int], int]:
    """sum_j K_ij loads_j (or |K_ij|) for every i, over a denominator."""
    rows, den = _kernel(walk.product, walk)
    walk.work.spend_on_rows(2 * walk.count**2, walk.product.diagonal.bits + max(map(int.bit_length, loads)))
    change = abs if absolute else int
    return [sum(map(mul, map(change, row), loads)) for row in rows], den


def _kernel(found: Product, walk: Walk) -> tuple[Any, int]:
    """K as integers over a denominator."""
    table = found.rows
    if found.kind == "gram":
        return table.rows, table.den
    walk.work.spend_on_rows(walk.count**2 * len(table.rows[0]), table.bits)
    return [[found.kernel(i, j) for j in range(walk.count)] for i in range(walk.count)], table.den**2
