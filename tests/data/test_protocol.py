"""The doors of the data room: what counts bring along, and what each argument refuses."""

from __future__ import annotations

import copy
import pickle
from collections import Counter, OrderedDict
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from kit import EXAMPLES
from kit.protocol import NO_NUMBERS, NUMBERS, WHOLE, keeps_the_protocol, refuses

from catalysis.data.dataset import Dataset, Sample
from catalysis.data.law import CurvatureLaw, curvature_law
from catalysis.data.reading import as_dataset, load_dataset, parse_samples
from catalysis.data.step import Step
from catalysis.data.walk import LinearWalk, as_walk
from catalysis.exact.errors import InputError

FILE = EXAMPLES / "talk-1.toml"


class ValueCounts:
    """What pandas' value_counts() makes: the counts, named so, with the values as index."""

    name = "count"

    def __init__(self, counts: dict[float, int]) -> None:
        self.index, self.counts = list(counts), list(counts.values())

    def __iter__(self) -> Iterator[int]:
        return iter(self.counts)


def test_a_counter_brings_its_counts() -> None:
    for found in (
        Dataset.from_arrays(Counter([1, 1, 1, 2])),
        as_dataset(Counter([1, 1, 1, 2])),
        Dataset.from_arrays([1, 2], counts=[3, 1]),
    ):
        assert [(s.s, s.p, s.count) for s in found.samples] == [
            (1, Fraction(3, 4), 3),
            (2, Fraction(1, 4), 1),
        ]
    by_curvature = Dataset.from_arrays(x=Counter({Fraction(2): 5}))
    assert [(s.x, s.count) for s in by_curvature.samples] == [(2, 5)]


def test_what_would_drop_its_counts_is_refused() -> None:
    """A mapping or a series of counts, taken for a sequence, would be read as its keys or as its counts."""
    for mapping in ({1: 3, 2: 1}, {"s": [1, 2], "count": [3, 4]}, OrderedDict({0.5: 3})):
        with pytest.raises(InputError, match="counts="):
            Dataset.from_arrays(mapping)
    with pytest.raises(InputError, match=r"series\.index, counts=series"):
        Dataset.from_arrays(ValueCounts({1.0: 3, 2.0: 1}))
    series = ValueCounts({1.0: 3, 2.0: 1})
    assert Dataset.from_arrays(series.index, counts=series).total_count == 4
    with pytest.raises(InputError, match="none beside a Counter"):
        Dataset.from_arrays(Counter([1, 1]), counts=[2])
    for counts in (Counter({1: 0}), Counter({1: -2}), Counter({1: 1, 2: 0})):
        with pytest.raises(InputError, match="count"):
            Dataset.from_arrays(counts)


def test_a_learning_rate_may_be_given_in_any_form() -> None:
    dataset = load_dataset(FILE)
    assert len({dataset.with_learning_rate(v) for v in NUMBERS}) == 1
    assert len({Dataset.from_arrays([1, 2], learning_rate=v).learning_rate for v in NUMBERS}) == 1
    assert len({parse_samples("1, 2", learning_rate=v).learning_rate for v in NUMBERS}) == 1
    for ask in (
        dataset.with_learning_rate,
        lambda v: Dataset.from_arrays([1, 2], learning_rate=v),
        lambda v: parse_samples("1, 2", learning_rate=v),
    ):
        refuses(ask, "eta", (*NO_NUMBERS, 0, -1))


def test_samples_may_be_given_in_any_form() -> None:
    assert len({Dataset.from_arrays([v]).samples for v in NUMBERS}) == 1
    assert Dataset.from_arrays(np.array([1.5, 2.0])).samples == Dataset.from_arrays(["1.5", 2]).samples
    refuses(lambda v: Dataset.from_arrays([v]), "s", NO_NUMBERS)
    refuses(lambda v: Dataset.from_arrays([1], p=[v]), "p", (*NO_NUMBERS, 0, -1, 2))
    refuses(lambda v: Dataset.from_arrays([1], counts=[v]), "count", (*NO_NUMBERS, 0, -1, 1.5, 10**18))
    refuses(Dataset.from_arrays, "array", (None, 1, "12", b"12", [], object()))


def test_files_texts_and_data_are_named() -> None:
    refuses(load_dataset, "path", (None, 1, [], object()))
    refuses(parse_samples, "text", (None, 1, [], object()))
    refuses(as_dataset, "data", (None, 1, [], [None], True, object(), 1.5))
    refuses(as_walk, "walk", (None, 1, [], [None], object()))
    refuses(lambda v: LinearWalk(load_dataset(FILE), v), "step", (None, 1, "single", object()))
    refuses(lambda v: Dataset("d", Fraction(1), v), "samples", (None, [], (), (1,), "x"))
    assert as_dataset(str(FILE)) == as_dataset(Path(FILE)) == load_dataset(FILE)


def test_steps_and_laws() -> None:
    dataset = load_dataset(FILE)
    assert len({Step.minibatch(v) for v in WHOLE}) == 1
    refuses(Step.minibatch, "batch size", (*NO_NUMBERS, 0, -1, 1.5, 10**18))
    refuses(lambda v: Step("minibatch", 2, v), "replacement", (None, 1, "x"))
    refuses(lambda v: Step(v), "step", (None, 1, "x", [], np.array(["a", "b"])))
    refuses(lambda v: curvature_law(v), "dataset", (None, 1, [], object()))
    refuses(lambda v: curvature_law(dataset, v), "step", (None, 1, "x"))
    refuses(lambda v: curvature_law(dataset, max_atoms=v), "max_atoms", (None, "x", 0, 1.5))
    law = curvature_law(str(FILE), Step.minibatch(2))
    assert isinstance(law, CurvatureLaw) and law == curvature_law(dataset, Step.minibatch(2))
    keeps_the_protocol(law)


def test_data_survives_pickling_and_copying() -> None:
    dataset = load_dataset(FILE)
    walk = LinearWalk(dataset, Step.minibatch(3))
    walk.balls(64)  # what has been worked out is left behind
    for thing in (dataset, dataset.samples[0], walk, walk.step, Sample(None, Fraction(2), Fraction(1))):
        assert pickle.loads(pickle.dumps(thing)) == thing == copy.deepcopy(thing)
        assert "\n" not in repr(thing)
