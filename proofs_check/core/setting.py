"""What the claims of one certificate share: the data, the laws worked out from it, the budget."""

from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from proofs_check.core.budget import MOST_BITS, Work
from proofs_check.core.data import Data, Step, read_step
from proofs_check.core.law import Case, Law, law_of
from proofs_check.core.reading import longest
from proofs_check.core.refusal import Refused
from proofs_check.core.wording import describe_data, describe_step

LAWS_KEPT = 4


class Setting:
    """The data set (or None) and the products (unread) of a certificate and its budget; keeps the last few laws.

    `kept` is where rules keep what they have worked out from the products.
    """

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
        most_bits = min(MOST_BITS, 1024 + 8 * max(4 * longest(claim), law.bits))
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
