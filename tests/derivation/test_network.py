"""The compiled reduced maps beside a simulation of all neurons: the same path, to rounding times its amplification.

The amplification is measured along the path: each step adds the rounding of one sum over all neurons, and the
products of the derivatives of the steps carry it on.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from catalysis.derivation import ReducedMap, ShallowNetwork, derive
from catalysis.derivation.compile import CompiledMap
from catalysis.simulation import network_step as full_network

WIDTHS = (1, 2, 7, 100, 4096)
EPS = float(np.finfo(float).eps)
ROUNDING = 8.0
"""Roundings of a state by one step of n neurons, in units of eps times the sum of absolute values."""

Vector = np.ndarray


@dataclass(frozen=True)
class Run:
    """One network, its step size, and how samples come: one at a time, in batches, all at once."""

    network: ShallowNetwork
    batch: str
    learning_rate: float

    @property
    def slope(self) -> float:
        return float(self.network.exact_slope)

    def samples(self, rng: np.random.Generator) -> Iterator[tuple[Vector, Vector, Vector]]:
        """(s, y, p) of each step; y is 0 without labels."""
        d, labels = self.network.inputs, self.network.labels
        pool = rng.choice([-1.0, 1.0], size=(6, d)) * rng.uniform(0.5, 1.2, size=(6, d)) / np.sqrt(d)
        targets = rng.normal(size=6) * labels
        law = rng.dirichlet(np.ones(6))
        while True:
            if self.batch == "full":
                yield pool, targets, law
            else:
                drawn = rng.choice(6, p=law, size=1 if self.batch == "single" else 3)
                yield pool[drawn], targets[drawn], np.full(len(drawn), 1 / len(drawn))


def start(run: Run, width: int, rng: np.random.Generator) -> tuple[Vector, Vector]:
    a = rng.normal(size=width)
    w = rng.normal(size=(width, run.network.inputs))
    if run.network.piecewise:
        # weights away from 0, so that no neuron changes its sign
        a, w = a / 4, np.sign(w) * (1 + np.abs(w)) / 2
    return a, w


def observed(run: Run, a: Vector, w: Vector) -> Vector:
    """The state of the reduced map, in its order, from the neurons."""
    n, d = len(a), run.network.inputs
    if run.network.piecewise:
        return np.array([v for sums in full_network.class_sums(a, w) for v in sums])
    gram = full_network.gram(a, w)
    if d == 1:
        return np.array([np.sqrt(n) * gram[0, 1], gram[0, 0] + gram[1, 1]])
    upper = np.triu_indices(d)
    return np.concatenate([np.sqrt(n) * gram[0, 1:], gram[:1, 0], gram[1:, 1:][upper]])


def moments(run: Run, s: Vector, y: Vector, p: Vector) -> list[float]:
    """The data of the reduced map, in its order."""
    if run.network.piecewise:
        parts = [np.maximum(s[:, 0], 0), np.minimum(s[:, 0], 0)]
        x, z = [p @ part**2 for part in parts], [p @ (part * y) for part in parts]
    else:
        x = list(((s * p[:, None]).T @ s)[np.triu_indices(run.network.inputs)])
        z = list(s.T @ (p * y))
    return [*x, *(z if run.network.labels else [])]


def jacobian(step: object, state: Vector, rest: list[float]) -> Vector:
    """The derivative of the step at the state, by central differences."""
    h = 1e-6 * np.maximum(np.abs(state), np.max(np.abs(state)))
    shifted = np.concatenate([state[:, None] + np.diag(h), state[:, None] - np.diag(h)], axis=1)
    moved = np.array([np.broadcast_to(v, shifted.shape[1]) for v in step(*shifted, *rest)])  # type: ignore[operator]
    k = len(state)
    return (moved[:, :k] - moved[:, k:]) / (2 * h)


@dataclass(frozen=True)
class Comparison:
    """Both paths, the bound on their distance, and the step at which a neuron flipped (None: never)."""

    reduced: Vector
    network: Vector
    bound: Vector
    flipped_at: int | None
    flipped: int


def compare(
    run: Run, reduced: ReducedMap, step: CompiledMap, width: int, steps: int, seed: int, scale: float = 1.0
) -> Comparison:
    """Step both until a neuron flips, that step included."""
    rng = np.random.default_rng(seed)
    a, w = start(run, width, rng)
    state = observed(run, a, w)
    is_mu = np.array([name.startswith("mu") for name in reduced.state])
    paths, errors = [(state, state, np.zeros_like(state))], np.zeros((0, len(state), len(state)))
    samples = run.samples(rng)
    for t in range(steps):
        s, y, p = next(samples)
        rest = [*moments(run, s, y, p), scale * run.learning_rate, float(width)]
        moved = full_network.step(
            a, w, s, y, learning_rate=scale * run.learning_rate, slope=run.slope,
            half_loss=run.network.half_loss, p=p,
        )  # fmt: skip
        size = np.mean(a * a) + np.mean(w * w) * run.network.inputs
        size = max(size, np.mean(moved.a**2) + np.mean(moved.w**2) * run.network.inputs)
        rounding = ROUNDING * EPS * size * np.where(is_mu, np.sqrt(width), 1.0)
        # column k of each matrix: what has become of a rounding of state k at one earlier step
        errors = np.concatenate([jacobian(step, state, rest) @ errors, np.diag(rounding)[None]])
        bound = np.abs(errors).sum(axis=(0, 2))
        state = np.array(step(*state, *rest))
        a, w = moved.a, moved.w
        paths.append((state, observed(run, a, w), bound))
        if moved.flipped.any():
            return Comparison(*map(np.array, zip(*paths, strict=True)), t + 1, int(moved.flipped.sum()))
    return Comparison(*map(np.array, zip(*paths, strict=True)), None, 0)


RUNS = [
    *[Run(ShallowNetwork(labels=y), batch, 0.9) for y in (False, True) for batch in ("single", "mini", "full")],
    Run(ShallowNetwork(labels=True, half_loss=False), "single", 0.4),
    *[Run(ShallowNetwork(inputs=d, labels=y), b, 0.6) for d in (2, 3) for y, b in ((False, "single"), (True, "mini"))],
    *[Run(ShallowNetwork("relu", labels=y), b, 0.25) for y in (False, True) for b in ("single", "full")],
    *[Run(ShallowNetwork("leaky-relu", slope="1/10", labels=y), "mini", 0.25) for y in (False, True)],
    Run(ShallowNetwork("leaky-relu", slope="1/10", half_loss=False), "single", 0.15),
]  # fmt: skip


def named(run: Run) -> str:
    network = run.network
    words = [network.activation, str(network.inputs), run.batch]
    words += ["labels"] if network.labels else []
    return "-".join([*words, "half" if network.half_loss else "whole"])


SPARSE = [run if i in (0, 10) else pytest.param(run, marks=pytest.mark.slow) for i, run in enumerate(RUNS)]


@pytest.mark.parametrize("run", SPARSE, ids=named)
def test_the_network_follows_the_reduced_map(run: Run) -> None:
    reduced = derive(run.network, run.batch)
    compiled = reduced.to_numpy()
    for width in WIDTHS:
        result = compare(run, reduced, compiled, width, 300, seed=width)
        assert result.flipped_at is None, width
        assert np.all(np.abs(result.reduced - result.network) <= result.bound), width
        assert np.max(result.bound) <= 1e-9 * max(1.0, np.max(np.abs(result.reduced))), width


def test_a_catapult_is_followed_through_its_spike() -> None:
    """At a rate beyond lambda_crit the loss first rises by orders of magnitude; the paths stay together."""
    run = Run(ShallowNetwork(), "full", 1.0)
    reduced = derive(run.network, "full")
    rng = np.random.default_rng(4096)
    a, w = start(run, 4096, rng)
    s, y, p = next(run.samples(rng))
    ((x,), (mu, curvature)) = moments(run, s, y, p), observed(run, a, w)
    rate = 2.6 / (x * curvature)
    result = compare(run, reduced, reduced.to_numpy(), 4096, 300, seed=4096, scale=rate)
    distance = np.abs(result.reduced - result.network)
    assert np.all(distance <= result.bound)
    assert np.max(np.abs(result.network[:, 0])) > 20 * abs(mu)
    assert result.network[-1, 1] < 2 / (rate * x) < curvature
    assert np.max(result.bound) < 1e-6 * np.max(np.abs(result.network[:, 0]))


@pytest.mark.parametrize("width", [1, 50, 4096])
def test_a_flip_is_reported_and_ends_the_comparison(width: int) -> None:
    """A large step throws neurons over 0: up to then the paths agree, at the flip they part, and the step says so."""
    run = Run(ShallowNetwork("relu", labels=True), "single", 8.0 * np.sqrt(width))
    reduced = derive(run.network)
    compiled = reduced.to_numpy()
    found = [compare(run, reduced, compiled, width, 50, seed=seed) for seed in range(6)]
    flipped = [result for result in found if result.flipped_at is not None]
    assert flipped
    for result in flipped:
        t = result.flipped_at
        assert t is not None and 1 <= result.flipped <= width
        distance = np.abs(result.reduced - result.network)
        assert np.all(distance[:t] <= result.bound[:t])
        assert np.any(distance[t] > 1e3 * result.bound[t])


def test_the_validity_condition_sees_every_flip() -> None:
    """In floats: wherever |g a| < |w| holds for a neuron with room to spare, it does not flip."""
    rng = np.random.default_rng(5)
    reduced = derive(ShallowNetwork("relu"))
    (plus, minus) = (str(reduced.validity[side]) for side in ("plus", "minus"))
    assert plus == "eta*Abs(a_plus*mu_plus*x_plus)/sqrt(n) < w_plus"
    assert minus == "eta*Abs(a_minus*mu_minus*x_minus)/sqrt(n) < -w_minus"
    a, w = rng.normal(size=500), rng.normal(size=(500, 1))
    s, rate, root = 1.3, 60.0, np.sqrt(500)
    moved = full_network.step(a, w, [[s]], learning_rate=rate, slope=0.0)
    (mu, _), _ = full_network.class_sums(a, w)
    pull = np.where(w[:, 0] > 0, rate * np.abs(a * mu * s * s) / root, 0.0)
    safe = pull < np.abs(w[:, 0])
    assert moved.flipped.any() and safe.any() and not (moved.flipped & safe).any()


@pytest.mark.slow
def test_many_inputs_follow_the_gram_step() -> None:
    d, width = 20, 64
    run = Run(ShallowNetwork(inputs=d, labels=True), "mini", 0.3)
    step = derive(run.network, "mini").to_numpy_gram()
    rng = np.random.default_rng(20)
    a, w = start(run, width, rng)
    S = full_network.gram(a, w)
    samples = run.samples(rng)
    for _ in range(200):
        s, y, p = next(samples)
        S = step(S, (s * p[:, None]).T @ s, run.learning_rate, width, z=s.T @ (p * y))
        a, w, _ = full_network.step(a, w, s, y, learning_rate=run.learning_rate, p=p)
    assert np.allclose(S, full_network.gram(a, w), rtol=1e-10, atol=1e-11)


def test_replicas_are_stepped_side_by_side() -> None:
    rng = np.random.default_rng(1)
    a, w = rng.normal(size=(4, 9)), rng.normal(size=(4, 9, 1))
    s = rng.normal(size=(4, 3, 1))
    y = rng.normal(size=(4, 3))
    whole = full_network.step(a, w, s, y, learning_rate=0.3, slope=0.1)
    values = full_network.output(a, w, s, 0.1)
    for k in range(4):
        one = full_network.step(a[k], w[k], s[k], y[k], learning_rate=0.3, slope=0.1)
        assert np.allclose(whole.a[k], one.a) and np.allclose(whole.w[k], one.w)
        assert np.array_equal(whole.flipped[k], one.flipped)
        assert np.allclose(values[k], full_network.output(a[k], w[k], s[k], 0.1))


@pytest.mark.parametrize("slope", [1.0, 0.0, 0.1])
def test_the_step_is_minus_the_gradient_of_the_mean_loss(slope: float) -> None:
    """Against central differences of the loss itself."""
    rng = np.random.default_rng(2)
    a, w, s, y = rng.normal(size=5), rng.normal(size=(5, 1)), rng.normal(size=(4, 1)), rng.normal(size=4)
    p = rng.dirichlet(np.ones(4))

    def loss(a: Vector, w: Vector) -> float:
        return float(p @ (full_network.output(a, w, s, slope) - y) ** 2)

    moved = full_network.step(a, w, s, y, learning_rate=1.0, slope=slope, half_loss=False, p=p)
    for k in range(5):
        h = 1e-6 * np.eye(5)[k]
        assert (loss(a + h, w) - loss(a - h, w)) / 2e-6 == pytest.approx(a[k] - moved.a[k], abs=1e-8)
        down = (loss(a, w + h[:, None]) - loss(a, w - h[:, None])) / 2e-6
        assert down == pytest.approx(w[k, 0] - moved.w[k, 0], abs=1e-8)


def test_a_weight_of_zero_counts_as_flipped() -> None:
    moved = full_network.step([1.0, 1.0], [[0.0], [1.0]], [[1.0]], learning_rate=0.1, slope=0.0)
    assert moved.flipped.tolist() == [True, False]
    linear = full_network.step([1.0, 1.0], [[0.0], [-1.0]], [[1.0]], learning_rate=9.0)
    assert not linear.flipped.any()
    with pytest.raises(ValueError, match="scalar inputs"):
        full_network.step([1.0], [[1.0, 2.0]], [[1.0, 1.0]], learning_rate=0.1, slope=0.0)


def test_sums_of_all_and_of_classes() -> None:
    a, w = np.array([1.0, 2.0, 3.0, 4.0]), np.array([[1.0], [-1.0], [2.0], [0.0]])
    assert full_network.sums(a, w) == (5 / 2, 36 / 4)
    assert full_network.class_sums(a, w) == ((7 / 2, 15 / 4), (-1.0, 5 / 4))
