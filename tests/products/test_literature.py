"""Certified numbers beside those of others: mean-square thresholds of SGD, and the usual rule for momentum.

One dimension, 2h/(h^2 + p Var), is in test_momentum.py.
"""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from catalysis.certificate.document import certificate_of
from catalysis.certificate.products import answer_parts, unlike
from catalysis.data.dataset import Dataset
from catalysis.exponent.exponent import Regime
from catalysis.products.answer import product_answer
from catalysis.products.axis import mean_square_threshold
from catalysis.products.momentum import largest_fraction
from catalysis.products.walk import MatrixWalk
from proofs_check.certificate import check_certificate


def mulayoff_michaeli(g: np.ndarray, share: float) -> float:
    """2/lambda_max(C^+ D), C = (H + H)/2 as a Kronecker sum, D = (1 - p) H x H + p mean(H_i x H_i) (2024, theorem 5).

    H_i = g_i g_i^T, H their mean; p = 1/B with replacement, (n - B)/(B (n - 1)) without.
    """
    each = g[:, :, None] * g[:, None, :]
    h, one = each.mean(axis=0), np.eye(g.shape[1])
    c = (np.kron(h, one) + np.kron(one, h)) / 2
    d = (1 - share) * np.kron(h, h) + share * np.mean([np.kron(v, v) for v in each], axis=0)
    return float(2 / np.linalg.eigvals(np.linalg.pinv(c) @ d).real.max())


@pytest.mark.parametrize(("n", "d", "seed"), [(5, 2, 1), (12, 3, 2), (7, 4, 3), (20, 5, 4)])
@pytest.mark.parametrize(("size", "replacement"), [(1, True), (2, True), (2, False), (4, True), (4, False)])
def test_the_mean_square_threshold_is_that_of_mulayoff_and_michaeli(
    n: int, d: int, seed: int, size: int, replacement: bool
) -> None:
    drawn = np.random.default_rng(seed).integers(-300, 301, (n, d))
    table = [[Fraction(int(v), 100) for v in row] for row in drawn]
    share = 1 / size if replacement else (n - size) / (size * (n - 1))
    known = mulayoff_michaeli(drawn / 100, share)
    walk = MatrixWalk.from_features(table, eta=1, batch=size, replacement=replacement, counts=[1] * n)
    found = mean_square_threshold(walk, digits=9).number
    assert found is not None and found.width < 2e-9 * float(found.upper)
    assert float(found.lower) * (1 - 1e-10) <= known <= float(found.upper) * (1 + 1e-10)


def test_the_usual_rule_for_momentum_is_not_safe_for_sgd() -> None:
    """At half of 2 (1 + beta)/lambda_max, x = 1, 3 and beta = 0.9: each sample stable, the product inflationary."""
    beta, x = Fraction(9, 10), [Fraction(1), Fraction(3)]
    rate = (1 + beta) / max(x)  # half of the rule
    two = Dataset.from_arrays(x=x, name="two samples")
    walk = MatrixWalk.heavy_ball(two, rate, beta)
    assert rate == Fraction(19, 30) and largest_fraction(walk) == Fraction(1, 2)
    tables, _ = walk.in_doubles()
    assert max(abs(np.linalg.eigvals(table)).max() for table in tables) < 0.95
    answer = product_answer(walk)
    low, high = answer.lambda1
    assert answer.regime is Regime.INFLATIONARY and low is not None and high is not None
    assert Fraction(12, 1000) <= low < high <= Fraction(13, 1000)
    document = certificate_of(None, unlike(answer_parts(answer)))
    verdicts = check_certificate(json.dumps(document).encode())
    assert verdicts and all(verdict.proved for verdict in verdicts)
    assert any("lambda_1 >= " in verdict.statement for verdict in verdicts), verdicts
