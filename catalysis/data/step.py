"""Which samples one step of SGD averages over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

from catalysis.exact.numbers import DataError, shown, whole

_MAX_BATCH = 10**18 - 1


@dataclass(frozen=True)
class Step:
    """Which samples one step of SGD averages over.

    Parameters
    ----------
    kind : str
        "single": one sample; "minibatch": the mean of `size` samples; "full_batch": all.
    size : int, 1 to 10^18 - 1
        The batch size; 1 unless a minibatch is asked for.
    replacement : bool
        Independent samples of a minibatch, else different items of the data set.

    Raises
    ------
    DataError
        Unless the arguments are as above.

    Examples
    --------
    >>> from catalysis import LinearWalk, Step, catapult_window
    >>> walk = LinearWalk("examples/talk-1.toml", Step.full_batch())
    >>> str(catapult_window(walk).lambda_crit)
    '400/269'
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
        """The mean of some samples.

        Parameters
        ----------
        size : int >= 1
            The batch size.
        replacement : bool
            Independent samples, else different items.

        Returns
        -------
        Step
            Of the kind "minibatch".

        Raises
        ------
        DataError
            For another size.

        Examples
        --------
        >>> from catalysis import Step
        >>> Step.minibatch(32).describe()
        'minibatch of 32 with replacement'
        """
        return cls("minibatch", size, replacement)

    @classmethod
    def full_batch(cls) -> Self:
        """The mean of all samples.

        Returns
        -------
        Step
            Of the kind "full_batch".

        Examples
        --------
        >>> from catalysis import Step
        >>> Step.full_batch().describe()
        'full batch'
        """
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
