"""Which samples one step of SGD averages over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

from catalysis.exact.numbers import DataError, shown, whole

_MAX_BATCH = 10**18 - 1


@dataclass(frozen=True)
class Step:
    """Which samples one step of SGD averages over.

    `kind` "single": one sample. "minibatch": the mean of `size >= 1` samples, independent ones with
    `replacement`, else different items of the data set. "full_batch": all. `size` is below 10^18 and 1 unless a
    minibatch is asked for. Raises DataError.
    """

    kind: Literal["single", "minibatch", "full_batch"] = "single"
    size: int = 1
    replacement: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.kind, str) or self.kind not in ("single", "minibatch", "full_batch"):
            raise DataError(f"step: expected single, minibatch or full_batch, found {shown(self.kind)}")
        object.__setattr__(self, "size", whole(self.size, "batch size", least=1, most=_MAX_BATCH))
        if not isinstance(self.replacement, bool):
            raise DataError(f"replacement: expected true or false, found {shown(self.replacement)}")
        if self.kind != "minibatch" and (self.size, self.replacement) != (1, True):
            raise DataError(
                f"step: expected a size or a replacement only for a minibatch, not for {self.kind}"
            )

    @classmethod
    def minibatch(cls, size: int, replacement: bool = True) -> Self:
        """The mean of `size` samples, independent or, without `replacement`, different items."""
        return cls("minibatch", size, replacement)

    @classmethod
    def full_batch(cls) -> Self:
        """The mean of all samples."""
        return cls("full_batch")

    def to_json(self) -> dict[str, Any]:
        """The `step` of a claim, see docs/certificate.md."""
        if self.kind != "minibatch":
            return {"kind": self.kind}
        return {"kind": self.kind, "size": self.size, "replacement": self.replacement}

    def describe(self) -> str:
        """The step in words."""
        if self.kind == "minibatch":
            return f"minibatch of {self.size} {'with' if self.replacement else 'without'} replacement"
        return "one sample" if self.kind == "single" else "full batch"


SINGLE = Step()
