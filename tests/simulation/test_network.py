"""The network against the reduced map: same starts, same laws, and the same paths in the mean."""

import math
from fractions import Fraction

import numpy as np
import pytest

from catalysis.crosscheck.agreement import bernstein
from catalysis.data.dataset import Dataset
from catalysis.data.law import Step, curvature_law
from catalysis.data.reading import parse_samples
from catalysis.simulation import Batches, MemoryNeeded, Network, Start, StepLaw, network_ends, reduced_ends
from catalysis.simulation import network_step as full_network
from catalysis.simulation.network import starting_weights
from catalysis.simulation.streams import root_of, stream_of

TALK = parse_samples("1:1/2, 1.3:1/2")
COUNTS = Dataset.from_arrays(["1", "1.3", "0.5"], counts=[2, 3, 1], name="counts")


@pytest.mark.parametrize("width", [1, 2, 7, 300])
@pytest.mark.parametrize("share", [0.001, -0.3, 0.5])
def test_starts_have_the_sums_asked_for(width: int, share: float) -> None:
    curvature, mu = 1.7, share * 1.7 * math.sqrt(width)
    a, w = starting_weights(curvature, mu, width, 5, stream_of(root_of(0)))
    assert a.shape == (5, width)
    assert w.shape == (5, width, 1)
    sums = full_network.sums(a, w)
    assert np.allclose(sums.mu, mu, rtol=1e-12, atol=1e-14)
    assert np.allclose(sums.curvature, curvature, rtol=1e-13)


@pytest.mark.parametrize(
    "step", [Step(), Step.minibatch(3), Step.minibatch(3, replacement=False), Step.full_batch()], ids=str
)
def test_batches_have_the_exact_law_of_the_mean_curvature(step: Step) -> None:
    law = curvature_law(COUNTS, step)
    batches = Batches.of(COUNTS.merged(), step.kind, step.size, step.replacement)
    n = 100_000
    s, p = batches.draw(n, stream_of(root_of(1)))
    drawn = np.broadcast_to((p * s[..., 0] ** 2).sum(axis=-1), (n,))
    for x, weight in zip(law.x, law.p, strict=True):
        share = float(np.mean(np.abs(drawn - float(x)) < 1e-12))
        assert abs(share - float(weight)) <= bernstein(float(weight * (1 - weight)), 1.0, n)


@pytest.mark.parametrize("step", [Step(), Step.minibatch(2)], ids=str)
@pytest.mark.parametrize("width", [1, 20])
def test_spikes_are_as_frequent_as_in_the_reduced_map(step: Step, width: int) -> None:
    curvature, mu, steps = 1.5, 0.3, 40
    batches = Batches.of(TALK.merged(), step.kind, step.size, step.replacement)
    network = Network(batches, 1.0, width, curvature, mu)
    ours = network_ends(network, steps=steps, replicas=3000, seed=2)
    start = Start.of(curvature=curvature, learning_rate=1.0, mu=mu, width=width)
    law = StepLaw.of(curvature_law(TALK, step))
    theirs = reduced_ends(law, start, steps=steps, replicas=200_000, seed=3)
    level = 2 * start.kappa if width > 1 else 1.05 * start.kappa
    share = float((theirs.peak >= level).mean())
    assert abs(float((ours.peak >= level).mean()) - share) <= bernstein(share * (1 - share), 1.0, 3000) * 1.2
    spread = float(theirs.L.var()), float(np.abs(theirs.L - theirs.L.mean()).max())
    assert abs(float(ours.L.mean() - theirs.L.mean())) <= bernstein(*spread, 3000) * 1.2


def test_full_batch_is_the_same_path_for_every_network() -> None:
    batches = Batches.of(TALK.merged(), "full_batch")
    ends = network_ends(Network(batches, 1.0, 30, 2.0, 0.5), steps=60, replicas=20, seed=0)
    start = Start.of(curvature=2.0, learning_rate=1.0, mu=0.5, width=30)
    law = StepLaw(np.array([1.345]), np.ones(1))
    exact = reduced_ends(law, start, steps=60, replicas=1, seed=0)
    assert np.allclose(ends.L, exact.L[0], rtol=1e-9)
    assert np.allclose(ends.peak, exact.peak[0], rtol=1e-9)


def test_relu_flips_are_counted() -> None:
    """A wild start flips signs; a start near the minimum does not. The linear activation has no classes."""
    batches = Batches.of(parse_samples("1:1/2, -1.3:1/2").samples, signed=True)
    wild = network_ends(Network(batches, 1.0, 10, 2.2, 2.0, slope=0.0), steps=30, replicas=50, seed=0)
    assert wild.flips.sum() > 0
    calm = network_ends(Network(batches, 0.01, 10, 2.2, 0.001, slope=0.0), steps=3, replicas=50, seed=0)
    assert (calm.flips == 0).mean() > 0.5
    linear = network_ends(Network(batches, 1.0, 10, 2.2, 2.0), steps=30, replicas=50, seed=0)
    assert (linear.flips == 0).all()


def test_divergence_is_marked_without_warnings() -> None:
    batches = Batches.of(TALK.merged())
    ends = network_ends(Network(batches, 1.0, 10, 8.0, 1.0), steps=100, replicas=20, seed=0)
    assert np.isinf(ends.L).all()
    assert np.isinf(ends.peak).all()


def test_unknown_signs_and_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="s: expected inputs with their signs"):
        Batches.of(parse_samples("x=1:1/2, x=2:1/2").samples, signed=True)
    with pytest.raises(ValueError, match="count: expected counts"):
        Batches.of(TALK.merged(), "minibatch", 2, False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 0}, "width: expected an integer"),
        ({"width": -1}, "width: expected an integer"),
        ({"curvature": math.inf}, "lambda: expected a number"),
        ({"mu": 0.0}, "mu0: expected a number"),
        ({"mu": 100.0}, "no network has this start"),
    ],
)
def test_bad_networks(change: dict, message: str) -> None:
    arguments = {"learning_rate": 1.0, "width": 10, "curvature": 1.5, "mu": 0.1} | change
    with pytest.raises(ValueError, match=message):
        Network(Batches.of(TALK.merged()), **arguments)


def test_a_network_that_does_not_fit_is_refused() -> None:
    with pytest.raises(MemoryNeeded, match=r"one replica would take .* take a smaller width"):
        Network(Batches.of(TALK.merged()), 1.0, 10**12, 1.5, 0.1)


def test_exact_fractions_are_rounded_once() -> None:
    assert Batches.of(parse_samples("1/3:1").samples).s[0] == float(Fraction(1, 3))


@pytest.mark.parametrize("slope", [1.0, 0.0])
@pytest.mark.parametrize("step", [Step(), Step.minibatch(3), Step.full_batch()], ids=str)
def test_arrays_of_another_namespace(step: Step, slope: float) -> None:
    """Of the strict array API, which computes by numpy: the same bits. lambda 4.5 diverges."""
    xp = pytest.importorskip("array_api_strict")
    batches = Batches.of(COUNTS.merged(), step.kind, step.size, step.replacement)
    for curvature in (1.5, 4.5):
        network = Network(batches, 1.0, 33, curvature, 0.4, slope)
        one = network.run(40, 20, stream_of(root_of(1)))
        two = network.run(40, 20, stream_of(root_of(1)), xp)
        for name in ("peak", "log_kappa", "L", "flips"):
            assert getattr(one, name).tobytes() == getattr(two, name).tobytes()
