"""Spike probabilities of random products: the scalar case, simulation, changed proofs."""

from __future__ import annotations

import copy
import itertools
import json
import pickle
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from kit.products_data import steps_of

from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict
from catalysis.products.exponent import ProductExponent, product_exponent
from catalysis.products.spikes import form_of, norms, spike_bounds, spikes_of
from catalysis.products.walk import MatrixWalk
from catalysis.spikes.probability import hitting_probability

WIDE = [[1, 0], ["1/2", 1], ["-3/2", "1/3"], [1, 1]]


def wide(eta: str = "0.95") -> MatrixWalk:
    return MatrixWalk.from_features(WIDE, eta=eta)


@cache
def known() -> ProductExponent:
    return product_exponent(wide())


def test_one_dimension_is_the_talk() -> None:
    walk = MatrixWalk.from_features([[1], ["1.3"]], eta="1.42")
    scalar = LinearWalk(walk.data.scalar().with_learning_rate("1.42"))  # type: ignore[union-attr]
    known = hitting_probability(scalar, Fraction(1), Fraction(100)).enclosure
    found = spike_bounds(walk, 100)
    assert known is not None
    for norm in ("parameters", "residuals", None):
        bounds = found.bounds(norm)
        assert bounds.lower <= known.lower and known.upper <= bounds.upper
        assert bounds.upper < 3 * bounds.lower


def frequency(
    walk: MatrixWalk, factor: float, norm: np.ndarray[Any, Any], start: np.ndarray[Any, Any]
) -> float:
    rng = np.random.default_rng(3)
    matrices, p = steps_of(walk)
    e = np.tile(start, (4000, 1))
    first = np.sqrt(start @ norm @ start)
    hit = np.zeros(len(e), bool)
    for _ in range(300):
        e = np.einsum("nab,nb->na", matrices[rng.choice(len(p), len(e), p=p)], e)
        hit |= np.sqrt(np.einsum("na,ab,nb->n", e, norm, e)) >= factor * first
    return float(hit.mean())


@pytest.mark.parametrize("start", [(1.0, 0.0), (0.3, -1.0)])
def test_simulated_frequencies(start: tuple[float, float]) -> None:
    walk, factor = wide(), 3
    found = spikes_of(known(), Fraction(factor))
    rows = np.array([[float(Fraction(v)) for v in row] for row in WIDE])
    for name, norm in (("parameters", np.eye(2)), ("residuals", rows.T @ rows)):
        bounds, seen = found.bounds(name), frequency(walk, factor, norm, np.array(start))
        assert float(bounds.lower) <= seen + 0.05 and seen - 0.05 <= float(bounds.upper)
    assert float(found.bounds().lower) > 0


@pytest.mark.slow
def test_norms_in_residual_coordinates() -> None:
    """The parameters' norm is the same in both coordinates; with a kernel of lower rank, too."""
    walk = wide()
    gram = [[sum(Fraction(a) * Fraction(b) for a, b in zip(x, y, strict=True)) for y in WIDE] for x in WIDE]
    other = MatrixWalk.from_gram(gram, eta="0.95")
    assert other.dimension == 2 and [n.name for n in norms(other)] == ["parameters", "residuals"]
    for name in ("parameters", "residuals"):
        a, b = spike_bounds(walk, 50).bounds(name), spike_bounds(other, 50).bounds(name)
        assert float(a.upper) == pytest.approx(float(b.upper), rel=1e-2)
        assert float(a.lower) == pytest.approx(float(b.lower), rel=1e-1)


def test_constants_of_other_norms() -> None:
    """gamma = (beta/alpha)^(s/2k) above, its inverse below (V11c, V11e)."""
    found = spikes_of(known(), Fraction(1000))
    for proof, sign in ((found.above, 1), (found.below, -1)):
        assert proof is not None
        form = form_of(proof.moment)
        assert form is not None
        for r in proof.ranges:
            gamma = (float(r.beta) / float(r.alpha)) ** (sign * float(proof.moment.s) / (2 * form[1]))
            ratio = float(proof.bound(Fraction(1000), r.name)) / float(proof.bound(Fraction(1000)))
            assert ratio == pytest.approx(gamma, rel=1e-9)


def test_refusals() -> None:
    walk = wide()
    found = spikes_of(known(), Fraction(10))
    assert found.above is not None and found.below is not None
    for proof in (found.above, found.below):
        assert proof.holds(walk)
        thinner = tuple(replace(r, beta=r.beta * Fraction(9, 10)) for r in proof.ranges)
        assert not replace(proof, ranges=thinner).holds(walk)
        higher = tuple(replace(r, alpha=r.alpha * Fraction(11, 10)) for r in proof.ranges)
        assert not replace(proof, ranges=higher).holds(walk)
        renamed = tuple(replace(r, name="other") for r in proof.ranges)
        assert not replace(proof, ranges=renamed).holds(walk)
    step = found.below.largest_step
    assert step is not None
    assert not replace(found.below, largest_step=step * Fraction(99, 100)).holds(walk)
    assert not replace(found.below, largest_step=None).holds(walk)


def test_a_norm_that_is_not_the_states() -> None:
    """A stable momentum walk: its state may grow at first, and P = 0 is said of the norm Q alone."""
    found = spike_bounds(MatrixWalk.heavy_ball([1], "0.1", "0.5"), 2)
    assert found.stable and found.fields()["norm"] == "Q" and found.exponent.stable is not None
    assert found.exponent.stable.holds(found.walk)
    assert found.never is not None and found.never.holds(found.walk)
    gamma = (float(found.never.ranges[0].beta) / float(found.never.ranges[0].alpha)) ** 0.5
    assert spike_bounds(found.walk, str(gamma * 1.001)).bounds("state").upper == 0
    assert spike_bounds(found.walk, "1.01").bounds("state").upper == 1


@pytest.mark.parametrize("gram", [False, True])
def test_no_spike_in_any_norm_from_its_constant_on(gram: bool) -> None:
    """The residuals of a stable walk: none of many products passes gamma."""
    rows = np.array([[float(Fraction(v)) for v in row] for row in WIDE])
    exact = [[Fraction(v) for v in row] for row in WIDE]
    kernel = [[a * c + b * d for c, d in exact] for a, b in exact]
    walk = MatrixWalk.from_gram(kernel, eta="0.8") if gram else MatrixWalk.from_features(exact, eta="0.8")
    found = spike_bounds(walk, 2).never
    assert found is not None and found.holds(walk)
    constants = {r.name: float(r.beta / r.alpha) ** 0.5 for r in found.ranges}
    assert constants["parameters"] == 1
    largest = 0.0
    rng = np.random.default_rng(2)
    root = np.linalg.cholesky(rows.T @ rows).T
    for _ in range(200):
        whole = np.eye(2)
        for k in rng.integers(len(rows), size=rng.integers(1, 6)):
            whole = (np.eye(2) - 0.8 * np.outer(rows[k], rows[k])) @ whole
        largest = max(largest, np.linalg.norm(root @ whole @ np.linalg.inv(root), 2))
    assert 1 < largest <= constants["residuals"]
    assert not replace(found, ranges=(replace(found.ranges[-1], alpha=found.ranges[-1].alpha * 2),)).holds(
        walk
    )


@pytest.mark.parametrize(("eta", "steps", "factor"), [("0.95", 3, 5), ("1.9", 4, 30), ("8", 2, 1000)])
def test_spikes_within_a_time(eta: str, steps: int, factor: int) -> None:
    """All words of `steps` steps, from the worst of many starts."""
    walk = wide(eta)
    found = spike_bounds(walk, factor, steps=steps)
    bounds = found.bounds("parameters")
    matrices, p = steps_of(walk)
    angles = np.linspace(0, np.pi, 60)
    e = np.array([np.cos(angles), np.sin(angles)])
    truth = np.zeros(60)
    for word in itertools.product(range(len(p)), repeat=steps):
        state, hit = e, np.zeros(60, bool)
        for k in word:
            state = matrices[k] @ state
            hit |= np.linalg.norm(state, axis=0) >= factor
        truth += hit * np.prod(p[list(word)])
    assert bounds.lower == 0 and truth.max() <= float(bounds.upper) < 1
    assert found.above is not None and found.above.holds(walk, timed=True)
    assert found.fields()["steps"] == steps and found.below is None


@pytest.mark.parametrize("steps", [0, -1, "x", 1.5, True, [], 10**10])
def test_bad_times(steps: Any) -> None:
    with pytest.raises(InputError, match=r"^steps: "):
        spike_bounds(wide(), 2, steps=steps)


def test_no_bound_within_a_long_time() -> None:
    found = spike_bounds(wide("8"), 2, steps=10**6)
    assert found.verdict is Verdict.UNDECIDED and "after so many steps" in found.fields()["reason"]


def test_regimes_and_protocol() -> None:
    stable, growing, falling = (spike_bounds(wide(eta), 10) for eta in ("0.3", "8", "0.95"))
    assert falling == spikes_of(known(), Fraction(10))
    assert stable.stable and stable.fields()["probability"] == "0"
    assert growing.verdict is Verdict.UNDECIDED and growing.fields()["reason"]
    for result in (stable, growing, falling):
        assert pickle.loads(pickle.dumps(result)) == result and copy.deepcopy(result) == result
        assert "\n" not in repr(result)
        assert json.loads(json.dumps(result.to_json())) == result.to_json()


@pytest.mark.parametrize("factor", [None, "x", 1, "0.5", float("inf"), True, []])
def test_bad_factors(factor: Any) -> None:
    with pytest.raises(InputError, match=r"^factor: "):
        spike_bounds(wide(), factor)
