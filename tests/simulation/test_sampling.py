"""The sampler's tables imply exactly the law that they were made for, and draws follow them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalysis.simulation.sampling import Sampler
from catalysis.simulation.streams import root_of, stream_of


def implied_law(sampler: Sampler) -> np.ndarray:
    """What the tables say, worked out without drawing: the measure of each outcome's part of [0, 1]."""
    size = 2**sampler.bits
    law = np.bincount(sampler.outcome_of_code[: sampler.border], minlength=sampler.outcomes) / size
    ends = np.concatenate([[0.0], sampler.cumulative])
    for code in range(sampler.border, size):
        k = code - sampler.border
        if code < sampler.crowded:
            cut = min(1.0, sampler.cut[k])
            law[sampler.first[k]] += cut / size
            if cut < 1:
                law[sampler.first[k] + 1] += (1 - cut) / size
        else:
            left, right = sampler.slot[k] / size, (sampler.slot[k] + 1) / size
            law += np.maximum(0.0, np.minimum(right, ends[1:]) - np.maximum(left, ends[:-1]))
    return law


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=300),
    st.sampled_from([8, 16]),
    st.sampled_from([1.0, 3.0, 9.0]),
)
def test_tables_imply_the_law(weights: list[float], bits: int, power: float) -> None:
    p = np.array(weights) ** power
    if p.size > 2**bits:
        return
    sampler = Sampler.of(p, bits=bits)
    assert np.abs(implied_law(sampler) - p / p.sum()).max() < 1e-15
    # each outcome has a code, and the code leads back to it
    assert (sampler.outcome_of_code[sampler.code_of_outcome] == np.arange(p.size)).all()


@pytest.mark.parametrize("counts", [[128, 128], [96, 160], [1, 255], [1, 2, 5, 8, 240]])
def test_dyadic_laws_are_exact_and_need_no_second_draw(counts: list[int]) -> None:
    sampler = Sampler.of(np.array(counts) / 256, bits=8)
    assert sampler.border == 256
    assert (np.bincount(sampler.outcome_of_code) == counts).all()


@pytest.mark.parametrize(
    "p",
    [
        np.array([0.5, 0.5]),
        np.array([0.3, 0.7]),
        np.array([1e-4, 1 - 3e-4, 1e-4, 1e-4]),  # several outcomes inside one slot
        np.arange(1.0, 300.0),
        np.arange(1.0, 70_000.0),  # more outcomes than slots
    ],
    ids=["coin", "biased", "crowded", "many", "beyond slots"],
)
def test_draws_follow_the_law(p: np.ndarray) -> None:
    sampler, n = Sampler.of(p), 1_000_000
    codes = sampler.draw(stream_of(root_of(5)), n)
    found = np.bincount(sampler.outcome_of_code[codes], minlength=p.size)
    expected = n * p / p.sum()
    # chi squared over cells of at least 20, six standard deviations
    cells = np.add.reduceat(expected, np.arange(0, p.size, -(-p.size // 2000)))
    counts = np.add.reduceat(found, np.arange(0, p.size, -(-p.size // 2000)))
    keep = cells > 20
    chi = float((((counts - cells) ** 2 / cells)[keep]).sum())
    assert chi < keep.sum() + 6 * np.sqrt(2 * keep.sum())


def test_values_by_code() -> None:
    values = np.array([10.0, 20.0, 30.0])
    sampler = Sampler.of(np.array([0.2, 0.3, 0.5]))
    codes = sampler.draw(stream_of(root_of(0)), 1000)
    assert (sampler.by_code(values)[codes] == values[sampler.outcome_of_code[codes]]).all()
    assert set(sampler.by_code(values)[codes]) == {10.0, 20.0, 30.0}


def test_streams_are_those_of_spawn() -> None:
    spawned = np.random.SeedSequence(7).spawn(3)[2].spawn(2)[1]
    ours = stream_of(root_of(7), 2, 1)
    assert (
        ours.integers(0, 2**60, 5) == np.random.Generator(np.random.SFC64(spawned)).integers(0, 2**60, 5)
    ).all()
    generator = np.random.default_rng(1)
    assert root_of(generator).entropy != root_of(generator).entropy
    assert root_of(np.random.default_rng(1)).entropy == root_of(np.random.default_rng(1)).entropy
    for bad in (-1, 1.5, True, "seed"):
        with pytest.raises(ValueError, match="seed: expected an integer"):
            root_of(bad)  # type: ignore[arg-type]
