"""What a rule is: how one kind of claim is read, proved and said; and what the claims of a certificate share.

A claim becomes a Statement: a frozen object that holds what is asserted, in exact numbers, and the witnesses. What is
said is built from the same object that was proved, never from the claim's text.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, Generic, TypeVar

from proofs_check.core.budget import MOST_BITS, Work
from proofs_check.core.data import Data, Step, read_step
from proofs_check.core.law import Case, Law, law_of
from proofs_check.core.reading import Refused, extent
from proofs_check.core.wording import describe_data, describe_step

S = TypeVar("S")
LAWS_KEPT = 4


class Setting:
    """The data set (or None), the products (unread; `kept`: what rules worked out of them), the budget, some laws."""

    def __init__(self, data: Data | None, work: Work, products: Any = None) -> None:
        self.data = data
        self.work = work
        self.products = products
        self.kept: dict[Any, Any] = {}
        self._laws: dict[tuple[Fraction, Step], Law] = {}

    def case(self, claim: dict[str, Any]) -> tuple[Case, str]:
        """The case of the claim's step, and the words for data and step that open its statement."""
        case = self.case_only(claim)
        return case, f"For {self.data_words} and {describe_step(read_step(claim['step']))}: "

    def case_only(self, claim: dict[str, Any], learning_rate: Fraction | None = None) -> Case:
        """The case of the claim's step, at the learning rate of the data if no other is given.

        The precision is capped by the length of the numbers involved: long ones may need more.
        """
        if self.data is None:
            raise Refused("the claim needs data")
        data = self.data if learning_rate is None else replace(self.data, learning_rate=learning_rate)
        law = self._law(data, read_step(claim["step"]))
        self.work.spend(8, law.bits)  # comparisons with its ends, in the claim and in the words
        most_bits = min(MOST_BITS, 1024 + 8 * max(4 * extent(claim)[1], law.bits))
        return Case(law, self.work, most_bits)

    @cached_property
    def data_words(self) -> str:
        """The data set in one line; its fingerprint takes a while, so it is worked out once."""
        assert self.data is not None
        self.work.spend_on_divisions(2 * len(self.data.weights) + 8, self.data.bits)
        return describe_data(self.data)

    def _law(self, data: Data, step: Step) -> Law:
        key = data.learning_rate, step
        if key not in self._laws:
            while len(self._laws) >= LAWS_KEPT:
                del self._laws[next(iter(self._laws))]
            self._laws[key] = law_of(data, step, self.work)
        return self._laws[key]


@dataclass(frozen=True)
class Rule(Generic[S]):
    """`read` parses a claim or refuses it; `prove` refuses or returns the lemmas used; `say` words the statement."""

    read: Callable[[dict[str, Any], Setting], S]
    prove: Callable[[S], Iterable[str]]
    say: Callable[[S], str]

    def check(self, claim: dict[str, Any], setting: Setting) -> str:
        """The proved statement, its lemmas behind it. Raises `Refused` with the reason if it is not proved."""
        statement = self.read(claim, setting)
        used = sorted(set(self.prove(statement)))
        return f"{self.say(statement)} [{', '.join(used)}]"
