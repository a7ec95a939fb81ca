"""What a rule is: how one kind of claim is read, proved and said.

A claim becomes a Statement: a frozen object that holds what is asserted, in exact numbers, and the witnesses. What is
said is built from the same object that was proved, never from the claim's text.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from proofs_check.core.setting import Setting
from proofs_check.core.wording import lemmas

S = TypeVar("S")


@dataclass(frozen=True)
class Rule(Generic[S]):
    """`read` parses a claim or refuses it; `prove` refuses or returns the lemmas used; `say` words the statement."""

    read: Callable[[dict[str, Any], Setting], S]
    prove: Callable[[S], Iterable[str]]
    say: Callable[[S], str]

    def check(self, claim: dict[str, Any], setting: Setting) -> str:
        """The proved statement, its lemmas behind it. Raises `Refused` with the reason if it is not proved."""
        statement = self.read(claim, setting)
        used = self.prove(statement)
        return f"{self.say(statement)} {lemmas(used)}"
