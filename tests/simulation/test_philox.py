"""Philox4x32-10 against the known answers of its authors, and what a replica draws with."""

import numpy as np
import pytest

from catalysis.simulation.philox import Key, philox
from catalysis.simulation.streams import root_of, stream_of

# Random123, tests/kat_vectors, the lines "philox4x32 10": counter, key, answer.
KNOWN = [
    (
        "00000000 00000000 00000000 00000000",
        "00000000 00000000",
        "6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    ),
    (
        "ffffffff ffffffff ffffffff ffffffff",
        "ffffffff ffffffff",
        "408f276d 41c83b0e a20bc7c6 6d5451fd",
    ),
    (
        "243f6a88 85a308d3 13198a2e 03707344",
        "a4093822 299f31d0",
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]


def words(text: str) -> tuple[int, ...]:
    return tuple(int(word, 16) for word in text.split())


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_known_answers(counter: str, key: str, answer: str) -> None:
    first, second = words(key)
    assert tuple(int(word) for word in philox(words(counter), (first, second))) == words(answer)


def test_many_counters_at_once_are_one_after_another() -> None:
    together = np.stack(philox((np.arange(5), 7, np.arange(5) << 20, 9), (11, 13)))
    alone = [philox((i, 7, i << 20, 9), (11, 13)) for i in range(5)]
    assert np.array_equal(together.T, np.array(alone))


def test_no_two_blocks_of_a_group_are_the_same() -> None:
    """Of replicas, of numbers beyond 2^32, and of the further bits of each draw."""
    key = Key.of(stream_of(root_of(1), 0))
    places = [
        (number, which, replica)
        for number in (0, 1, 2**32, 2**40)
        for which in range(17)
        for replica in (0, 1, 2**22)
    ]
    blocks = {tuple(int(word) for word in key.block(*place)) for place in places}
    assert len(blocks) == len(places)


def test_groups_differ_and_a_seed_gives_the_same_key() -> None:
    keys = [
        Key.of(stream_of(root_of(seed), block, group))
        for seed in (0, 1)
        for block in (0, 1)
        for group in (0, 1)
    ]
    assert len(set(keys)) == 8
    assert keys[0] == Key.of(stream_of(root_of(0), 0, 0))
    assert all(0 <= word < 2**32 for key in keys for word in (*key.key, key.group))
