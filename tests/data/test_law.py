"""The law of one step's curvature, against the enumeration of all batches."""

from collections import defaultdict
from fractions import Fraction
from functools import cache
from itertools import combinations, product
from math import comb, gcd, prod
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import EXAMPLES

from catalysis.data import minibatch as batches
from catalysis.data.law import SINGLE, CurvatureLaw, Step, curvature_law
from catalysis.data.reading import DataError, Dataset, load_dataset, parse_samples

HALF = Fraction(1, 2)

# Few distinct values on coarse lattices make sums coincide; wide ones keep them apart.
values = st.one_of(
    st.integers(-4, 4).map(Fraction), st.fractions(min_value=-3, max_value=3, max_denominator=1000)
)


_some_values = st.lists(values, min_size=1, max_size=5).filter(any)
_weights = {n: st.lists(st.integers(1, 30), min_size=n, max_size=n) for n in range(1, 6)}


def counted(max_items: int = 7) -> st.SearchStrategy[Dataset]:
    return st.lists(values, min_size=1, max_size=max_items).filter(any).map(Dataset.from_arrays)


@st.composite
def weighted(draw: st.DrawFn) -> Dataset:
    s = draw(_some_values)
    k = draw(_weights[len(s)])
    return Dataset.from_arrays(s, p=[Fraction(n, sum(k)) for n in k])


def as_dict(law: CurvatureLaw) -> dict[Fraction, Fraction]:
    return dict(zip(law.x, law.p, strict=True))


def enumerate_with_replacement(data: Dataset, size: int) -> dict[Fraction, Fraction]:
    law: dict[Fraction, Fraction] = defaultdict(Fraction)
    for batch in product(data.samples, repeat=size):
        law[sum(s.x for s in batch) / Fraction(size)] += prod(s.p for s in batch)
    return dict(law)


def enumerate_without_replacement(data: Dataset, size: int) -> dict[Fraction, Fraction]:
    items = [s.x for s in data.samples for _ in range(s.count or 0)]
    law: dict[Fraction, Fraction] = defaultdict(Fraction)
    batch_list = list(combinations(items, size))
    for batch in batch_list:
        law[sum(batch) / Fraction(size)] += Fraction(1, len(batch_list))
    return dict(law)


def check(law: CurvatureLaw, data: Dataset) -> None:
    assert sum(law.p) == 1
    assert all(a < b for a, b in zip(law.x, law.x[1:], strict=False))
    assert law.mean == sum(p * x for x, p in zip(law.x, law.p, strict=True))
    assert law.mean == sum(s.p * s.x for s in data.samples), "every kind of step keeps the mean"
    assert law.largest == max(law.x)
    assert law.idle == as_dict(law).get(Fraction(0), 0)
    k, total = law.integer_weights, sum(law.integer_weights)
    assert gcd(*k) == 1
    assert tuple(Fraction(n, total) for n in k) == law.p


@given(weighted())
def test_single(data: Dataset) -> None:
    law = curvature_law(data)
    check(law, data)
    assert as_dict(law) == enumerate_with_replacement(data, 1)
    assert curvature_law(data, Step.minibatch(1)) == law


@given(weighted())
def test_full_batch(data: Dataset) -> None:
    law = curvature_law(data, Step.full_batch())
    check(law, data)
    assert law.p == (1,)


@given(weighted(), st.integers(1, 4))
def test_with_replacement(data: Dataset, size: int) -> None:
    law = curvature_law(data, Step.minibatch(size))
    check(law, data)
    assert as_dict(law) == enumerate_with_replacement(data, size)


@given(counted(), st.data())
def test_without_replacement(data: Dataset, choice: st.DataObject) -> None:
    size = choice.draw(st.integers(1, data.total_count or 0))
    law = curvature_law(data, Step.minibatch(size, replacement=False))
    check(law, data)
    assert as_dict(law) == enumerate_without_replacement(data, size)


@given(counted(max_items=12))
def test_the_ends_of_drawing_without_replacement(data: Dataset) -> None:
    everything = curvature_law(data, Step.minibatch(data.total_count or 0, False))
    assert everything == curvature_law(data, Step.full_batch())
    assert curvature_law(data, Step.minibatch(1, False)) == curvature_law(data)


@given(weighted(), st.integers(1, 5))
def test_both_algorithms_agree(data: Dataset, size: int) -> None:
    samples = data.merged()
    if len(samples) == 1:
        return
    lattice = batches._Lattice.of(samples)
    total = sum(n for n in curvature_law(data).integer_weights)
    weights = curvature_law(data).integer_weights

    def orders(i: int, drawn: int, more: int) -> int:
        return comb(drawn + more, more) * int(weights[i] ** more)

    slow = batches._draws(lattice.steps, [size] * len(samples), size, orders)
    assert batches._power(lattice.steps, weights, size) == slow
    assert sum(slow.values()) == total**size


@cache
def ways_by_convolution(steps: tuple[int, ...], weights: tuple[int, ...], size: int) -> dict[int, int]:
    if size == 0:
        return {0: 1}
    law: dict[int, int] = defaultdict(int)
    for total, n in ways_by_convolution(steps, weights, size - 1).items():
        for step, weight in zip(steps, weights, strict=True):
            law[total + step] += weight * n
    return dict(law)


@pytest.mark.parametrize("x", [(0, 1, 2, 3, 4), (1, 2, 4, 8, 16), (0, 3, 5, 1000, 1001)])
def test_larger_batches_by_repeated_convolution(x: tuple[int, ...]) -> None:
    weights = (1, 5, 2, 2, 7)
    data = Dataset.from_arrays(x=x, counts=weights)
    expected = ways_by_convolution(x, weights, 30)
    law = curvature_law(data, Step.minibatch(30))
    assert as_dict(law) == {Fraction(t, 30): Fraction(n, 17**30) for t, n in expected.items()}


def test_the_hypergeometric_law() -> None:
    data = Dataset.from_arrays([0, 1], counts=[40, 60])
    for size in (1, 30, 50, 70, 100):
        law = curvature_law(data, Step.minibatch(size, replacement=False))
        assert as_dict(law) == {
            Fraction(n, size): Fraction(comb(60, n) * comb(40, size - n), comb(100, size))
            for n in range(size + 1)
            if n <= 60 and size - n <= 40
        }


def test_the_binomial_law_of_a_thousand() -> None:
    law = curvature_law(parse_samples("1:1/2, 1.3:1/2"), Step.minibatch(1000))
    assert law.p == tuple(Fraction(comb(1000, n), 2**1000) for n in range(1001))
    assert law.x == tuple((1000 - n + n * Fraction("1.69")) / 1000 for n in range(1001))


def test_ten_dyadic_samples_in_batches_of_eight() -> None:
    data = Dataset.from_arrays([Fraction(1, 2**i) for i in range(10)])
    law = curvature_law(data, Step.minibatch(8))
    check(law, data)
    assert law.p[-1] == law.p[0] == Fraction(1, 10**8)
    assert len(law.x) == 19876
    without = curvature_law(data, Step.minibatch(8, replacement=False))
    assert set(without.p) == {Fraction(1, 45)}


def test_michelson_in_batches() -> None:
    data = load_dataset(EXAMPLES / "michelson.csv")
    pairs = curvature_law(data, Step.minibatch(2, replacement=False))
    check(pairs, data)
    rest = curvature_law(data, Step.minibatch(98, replacement=False))
    check(rest, data)
    # 98 values leave two behind
    mean = pairs.mean
    assert rest.x == tuple((100 * mean - 2 * x) / 98 for x in reversed(pairs.x))
    assert rest.p == tuple(reversed(pairs.p))
    check(curvature_law(data, Step.minibatch(4)), data)


def test_signs_do_not_matter_and_idle_steps_are_kept() -> None:
    law = curvature_law(parse_samples("-1:1/4, 1:1/4, 0:1/2"))
    assert as_dict(law) == {Fraction(0): HALF, Fraction(1): HALF}
    assert law.idle == HALF
    assert curvature_law(parse_samples("1")).idle == 0


# Steps


@pytest.mark.parametrize(
    ("step", "json", "words"),
    [
        (SINGLE, {"kind": "single"}, "one sample"),
        (Step.full_batch(), {"kind": "full_batch"}, "full batch"),
        (
            Step.minibatch(4),
            {"kind": "minibatch", "size": 4, "replacement": True},
            "minibatch of 4 with replacement",
        ),
        (
            Step.minibatch(4, False),
            {"kind": "minibatch", "size": 4, "replacement": False},
            "minibatch of 4 without replacement",
        ),
    ],
)
def test_steps(step: Step, json: dict[str, Any], words: str) -> None:
    assert step.to_json() == json
    assert step.describe() == words


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "sgd"},
        {"kind": "minibatch", "size": 0},
        {"kind": "minibatch", "size": -1},
        {"kind": "minibatch", "size": 2.5},
        {"kind": "minibatch", "size": True},
        {"kind": "minibatch", "size": 10**18},
        {"kind": "minibatch", "replacement": 1},
        {"kind": "single", "size": 2},
        {"kind": "full_batch", "replacement": False},
    ],
)
def test_bad_steps(fields: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="expected"):
        Step(**fields)


@pytest.mark.parametrize(
    ("x", "p"),
    [
        ([], []),
        ([1], []),
        ([1, 1], [HALF, HALF]),
        ([2, 1], [HALF, HALF]),
        ([-1, 1], [HALF, HALF]),
        ([0], [1]),
        ([1], [HALF]),
        ([1, 2, 3], [1, -1, 1]),
        ([1, 2], [1, 0]),
    ],
)
def test_a_law_checks_itself(x: list[int], p: list[Fraction]) -> None:
    with pytest.raises(DataError, match="law: expected"):
        CurvatureLaw(tuple(map(Fraction, x)), tuple(map(Fraction, p)))
    with pytest.raises(DataError, match="law: expected Fractions"):
        CurvatureLaw((1.5,), (Fraction(1),))  # type: ignore[arg-type]


# Refusals, all of them before the work


def refusal(data: Dataset, step: Step, **limits: int) -> str:
    with pytest.raises(DataError) as caught:
        curvature_law(data, step, **limits)
    message = str(caught.value)
    assert message.isprintable()
    assert message.startswith(step.describe())
    return message


def test_without_replacement_needs_counts() -> None:
    data = parse_samples("1:1/2, 2:1/2")
    for size in (1, 2):
        assert "count: expected counts in the data set" in refusal(data, Step.minibatch(size, False))
    assert "batch size: expected at most 2, the number of items, found 3" in refusal(
        parse_samples("1, 2"), Step.minibatch(3, False)
    )


def no_work(*_: object) -> dict[int, int]:
    raise AssertionError("the work was begun")


TEN = ",".join(str(2**i) for i in range(10))
MANY = Dataset.from_arrays([1, 2], counts=[5 * 10**17, 4 * 10**17])
LONG = Dataset.from_arrays([Fraction(1, 10**90 + i) for i in range(400)])


@pytest.mark.parametrize(
    ("data", "step", "expected"),
    [
        (parse_samples(TEN), Step.minibatch(12), "atoms, it would have up to 293930"),
        (parse_samples(TEN), Step.minibatch(10**17), "atoms, it would have possibly over 10^18"),
        (parse_samples("1, 2"), Step.minibatch(10**6), "atoms, it would have up to 1000001"),
        (
            parse_samples("1, 2"),
            Step.minibatch(50_000),
            "weights of at most 32768 bits, they would have 50000",
        ),
        (parse_samples("1, 2"), Step.minibatch(30_000), "bits, it would have up to"),
        (MANY, Step.minibatch(10**17, False), "atoms, it would have up to"),
        (MANY, Step.minibatch(10**4, False), "weights of at most 32768 bits"),
        (
            Dataset.from_arrays([1, 2], counts=[1, 10**17]),
            Step.minibatch(10**16, False),
            "weights of at most",
        ),
        (LONG, Step.minibatch(2), "x: expected a common denominator of at most 131072 bits"),
        (LONG, Step.full_batch(), "x: expected a common denominator of at most 131072 bits"),
        (
            Dataset.from_arrays(list(range(1, 11)), counts=[100] * 10),
            Step.minibatch(100, False),
            "expected at most 100000000 products",
        ),
    ],
)
def test_too_large_a_law_is_not_begun(
    monkeypatch: pytest.MonkeyPatch, data: Dataset, step: Step, expected: str
) -> None:
    monkeypatch.setattr(batches, "_draws", no_work)
    monkeypatch.setattr(batches, "_power", no_work)
    assert expected in refusal(data, step)


def test_the_limit_on_atoms_is_the_callers() -> None:
    data = parse_samples("1, 2, 3.7")
    law = curvature_law(data, Step.minibatch(5), max_atoms=21)
    assert len(law.x) == 21
    assert "at most 20 atoms, it would have up to 21" in refusal(data, Step.minibatch(5), max_atoms=20)
    assert "at most 2 atoms, it would have up to 3" in refusal(data, SINGLE, max_atoms=2)
    assert "at most 2 atoms, it would have up to 3" in refusal(data, Step.minibatch(2, False), max_atoms=2)
    assert len(curvature_law(data, Step.full_batch(), max_atoms=1).x) == 1


def test_the_lattice_bounds_the_atoms_too() -> None:
    data = Dataset.from_arrays(x=range(1, 31))
    law = curvature_law(data, Step.minibatch(20))  # 10^13 multisets, 581 sums
    assert law.x == tuple(Fraction(n, 20) for n in range(20, 601))
    check(law, data)


@given(weighted(), st.integers(1, 5))
def test_the_bound_on_the_atoms_holds(data: Dataset, size: int) -> None:
    atoms = len(curvature_law(data, Step.minibatch(size)).x)
    if atoms > 1:
        with pytest.raises(DataError):
            curvature_law(data, Step.minibatch(size), max_atoms=atoms - 1)


def test_one_sample_in_batches_of_any_size() -> None:
    one = Dataset.from_arrays([3], counts=[5 * 10**17])
    for step in (Step.minibatch(10**17), Step.minibatch(10**17, False), Step.full_batch()):
        assert curvature_law(one, step) == CurvatureLaw((Fraction(9),), (Fraction(1),))


def test_laws_are_readable() -> None:
    law = curvature_law(parse_samples("1:1/3, 2:2/3"))
    assert repr(law) == "CurvatureLaw(2 atoms, x from 1 to 4, mean 3)"
    long = repr(curvature_law(Dataset.from_arrays([Fraction(1, 3**900), 1])))
    assert len(long) < 120
