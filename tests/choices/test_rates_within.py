"""The learning-rate axis within T steps, against single learning rates."""

import copy
import json
import pickle
from fractions import Fraction
from itertools import pairwise

import pytest
from kit import EXAMPLES
from kit.spike_oracle import Pairs
from kit.steps_oracle import reaching

from catalysis.choices import rates_within
from catalysis.choices.learning_rates import advise
from catalysis.choices.question import Outlook, Question
from catalysis.choices.rates_within import AdviceWithin, advise_within
from catalysis.data.dataset import Dataset
from catalysis.data.reading import load_dataset
from catalysis.data.walk import LinearWalk
from catalysis.exact.errors import InputError

F = Fraction
TALK = load_dataset(EXAMPLES / "talk-1.toml")
THREE = Dataset.from_arrays(x=["0", "1", "2.3"])


def question(data: Dataset, probability: str, mu0: str = "1", width: str = "60") -> Question:
    return Question(LinearWalk(data.with_learning_rate(F(2))), F(width), F(mu0), F(probability))


def truth(asked: Question, rate: Fraction, steps: int) -> Fraction:
    walk = asked.walk
    pairs: Pairs = [((1 - rate * xi) ** 2, p) for xi, p in zip(walk.rates, walk.weights, strict=True)]
    found = reaching([*pairs, (F(1), walk.idle)] if walk.idle else pairs, asked.start_rate / rate, steps)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("data", "probability", "mu0", "steps"),
    [(TALK, "1/50", "1", 12), (TALK, "1/3", "4", 6), (THREE, "1/9", "3", 6), (TALK, "1/9", "9", 3)],
)
def test_cells_agree_with_single_learning_rates(
    data: Dataset, probability: str, mu0: str, steps: int
) -> None:
    asked = question(data, probability, mu0)
    found = advise_within(asked, steps, tolerance="1/100")
    assert found.cells and found.cells[0].start == asked.stable_up_to
    kinds = set()
    for cell in found.cells:
        kinds.add(cell.outlook)
        for share in (F(0), F(1, 3), F(1)):
            chance = truth(asked, cell.start + share * (cell.end - cell.start), steps)
            if cell.outlook is Outlook.RARE:
                assert chance <= asked.probability
            if cell.outlook is Outlook.LIKELY:
                assert chance > asked.probability
    assert Outlook.RARE in kinds or Outlook.LIKELY in kinds
    assert all(a.end == b.start for a, b in pairwise(found.cells))


def test_a_horizon_makes_no_learning_rate_worse() -> None:
    asked = question(TALK, "1/50")
    within, always = advise_within(asked, 40), advise(TALK, 2, 60, 1, "1/50")
    edge = max(cell.end for cell in within.cells if cell.outlook is Outlook.RARE)
    assert edge >= max(s.end for s in always.sets if s.outlook is Outlook.RARE and s.end is not None) * F(
        99, 100
    )


def test_the_protocol_and_the_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    result = advise_within(question(TALK, "1/50"), 5, tolerance="1/20")
    assert pickle.loads(pickle.dumps(result)) == result == copy.deepcopy(result)
    document = json.loads(json.dumps(result.to_json()))
    assert document["verdict"] == "proved" and document["steps"] == 5 and document["in_certificate"]
    nothing = advise_within(question(TALK, "1/50", "100", "1"), 5)
    assert isinstance(nothing, AdviceWithin) and nothing.cells == () and "\n" not in repr(nothing)
    told: list[int] = []
    advise_within(question(TALK, "1/50"), 0, progress=lambda done, _: told.append(done))
    assert told
    monkeypatch.setattr(rates_within, "_WORK", 1)
    slow = advise_within(question(TALK, "1/50"), 40, tolerance="1/2")
    assert slow.reason is None or "fewer steps" in slow.reason
    for steps, tolerance in ((-1, 1), ("x", 1), (5, 0), (5, None)):
        with pytest.raises(InputError, match=r"steps|tolerance"):
            advise_within(question(TALK, "1/50"), steps, tolerance=tolerance)  # type: ignore[arg-type]
