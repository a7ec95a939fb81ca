"""A ReLU network in one dimension as two linear ones (N13): what a data set is for each sign class."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Literal

from catalysis.data.dataset import Dataset, Sample
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError

SignClass = Literal["plus", "minus"]
CLASSES: tuple[SignClass, ...] = ("plus", "minus")


def class_walk(walk: LinearWalk, sign_class: SignClass) -> LinearWalk | None:
    """The walk of the neurons with w > 0 ("plus") or w < 0 ("minus"): other samples are idle steps, x = 0.

    None if every sample is idle for the class: then its neurons never move. Raises InputError if the sign of
    an input is not known (a data set given by x = s^2).
    """
    samples = [_seen(sample, 1 if sign_class == "plus" else -1) for sample in walk.dataset.samples]
    if not any(sample.x for sample in samples):
        return None
    name = f"{walk.dataset.name[:150]} (neurons with w {'>' if sign_class == 'plus' else '<'} 0)"
    dataset = Dataset(name, walk.dataset.learning_rate, tuple(samples), walk.dataset.notes)
    return LinearWalk(dataset, walk.step)


def _seen(sample: Sample, side: int) -> Sample:
    if sample.s is None and sample.x > 0:
        raise InputError("s: expected inputs with their signs for relu, found only squares x")
    if sample.s is not None and side * sample.s > 0:
        return sample
    return replace(sample, s=Fraction(0), x=Fraction(0))
