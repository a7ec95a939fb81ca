"""Where a kernel comes from: what its file says, what its loss means for a learning rate, how rounding was repaired.

docs/kernels.md describes the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, Literal

from catalysis.exact.numbers import DataError, decimal, exact_text, shown, whole

FORMAT = "catalysis kernel 1"
MAX_META = 20_000

Definite = Literal["proved", "exact", "features", "assumed"]

LOSSES = {
    "half mean": "the mean of u^2/2 over a batch",
    "mean": "the mean of u^2 over a batch (and over outputs)",
    "half sum": "the sum of u^2/2 over a batch",
    "sum": "the sum of u^2 over a batch",
}
"""What the loss of a step may be; `u` is a sample's residual."""

_TEXTS = ("name", "loss", "outputs", "dtype", "digest")
_DIGEST = re.compile(r"[0-9a-f]{8,128}")


@dataclass(frozen=True)
class KernelMeta:
    """What a kernel file says of itself.

    Parameters
    ----------
    name : str
        Of the network.
    loss : str
        "half mean", "mean", "half sum" or "sum" of u^2 over a batch (docs/kernels.md).
    outputs : str
        "single", "sum", "all", or the index of an output as text.
    dtype : str
        The precision that it was computed in.
    width, step : int
        Of the network, and of its training.
    digest : str
        The SHA-256 of the parameters.
    parameters, frozen : int
        How many have gradients here, and how many do not.

    Raises
    ------
    DataError
        For anything else.

    Examples
    --------
    >>> from catalysis import KernelMeta
    >>> str(KernelMeta("net", "mean").factor())
    '2'
    """

    name: str = "kernel"
    loss: str = "half mean"
    outputs: str = "single"
    dtype: str = "float64"
    width: int | None = None
    step: int | None = None
    digest: str | None = None
    parameters: int | None = None
    frozen: int | None = None

    def __post_init__(self) -> None:
        for key in _TEXTS:
            value = getattr(self, key)
            if key == "digest" and value is None:
                continue
            if not isinstance(value, str) or not value.isprintable() or not 1 <= len(value) <= 200:
                raise DataError(f"{key}: expected up to 200 printable characters, found {shown(value)}")
        if self.loss not in LOSSES:
            raise DataError(f"loss: expected one of {', '.join(LOSSES)}, found {shown(self.loss)}")
        if self.outputs not in ("single", "sum", "all") and not re.fullmatch("[0-9]{1,9}", self.outputs):
            found = shown(self.outputs)
            raise DataError(f"outputs: expected single, sum, all or the index of an output, found {found}")
        if self.digest is not None and not _DIGEST.fullmatch(self.digest):
            raise DataError(f"digest: expected hexadecimal digits, found {shown(self.digest)}")
        for key, least in (("width", 1), ("step", 0), ("parameters", 1), ("frozen", 0)):
            if getattr(self, key) is not None:
                object.__setattr__(self, key, whole(getattr(self, key), key, least=least, most=10**15))

    @classmethod
    def read(cls, text: str) -> KernelMeta:
        """The meta of a file, JSON."""
        if len(text) > MAX_META:
            raise DataError(f"meta: expected at most {MAX_META} characters, found {len(text)}")
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise DataError("meta: expected JSON") from None
        if not isinstance(found, Mapping) or found.get("format") != FORMAT:
            raise DataError(f"meta: expected an object with format {FORMAT!r}")
        if unknown := found.keys() - {"format", *cls.__dataclass_fields__}:
            raise DataError(f"meta: expected no key {shown(min(unknown))}")
        return cls(**{key: value for key, value in found.items() if key != "format"})

    def text(self) -> str:
        """As the file has it."""
        return json.dumps({"format": FORMAT, **asdict(self)})

    def factor(self, outputs: int = 1) -> Fraction:
        """What K is multiplied by: a step of this loss on residuals of K is one of u^2/2 on that."""
        if self.loss == "mean":
            return Fraction(2, outputs)
        return Fraction(2 if self.loss == "sum" else 1)


@dataclass(frozen=True)
class KernelOrigin:
    """What certified numbers for a kernel speak of: the matrix in the file, repaired.

    Entries were rounded to multiples of `unit`, `shift` was added to the diagonal, and all was multiplied by `factor`.
    `definite`: how it is known that the matrix is positive semidefinite. `least` is its least eigenvalue
    over its largest diagonal entry, measured; `asymmetry` likewise, of the matrix in the file.
    """

    meta: KernelMeta
    factor: Fraction
    unit: Fraction
    shift: Fraction
    definite: Definite
    least: float | None = None
    asymmetry: float = 0.0

    def fields(self) -> dict[str, Any]:
        """JSON."""
        return {
            "meta": asdict(self.meta),
            "factor": exact_text(self.factor),
            "rounding": exact_text(self.unit),
            "shift": exact_text(self.shift),
            "definite": self.definite,
            "least_eigenvalue": self.least,
            "asymmetry": self.asymmetry,
        }

    def lines(self) -> tuple[str, ...]:
        """For people."""
        return (self._about(), self._loss(), self._repair(), self._definite())

    def _about(self) -> str:
        meta = self.meta
        parts = [f"outputs {meta.outputs}", f"computed in {meta.dtype}"]
        parts += [] if meta.width is None else [f"width {meta.width}"]
        parts += [] if meta.step is None else [f"step {meta.step}"]
        parts += [] if meta.parameters is None else [f"{meta.parameters} parameters"]
        parts += [f"{meta.frozen} frozen ones left out"] if meta.frozen else []
        parts += [] if meta.digest is None else [f"parameters sha256 {meta.digest[:12]}"]
        return f"kernel of a network: {', '.join(parts)}"

    def _loss(self) -> str:
        loss = self.meta.loss
        scaled = f", so K is multiplied by {exact_text(self.factor)}" if loss in ("mean", "sum") else ""
        rate = "eta is the optimizer's learning rate" + (" times the batch size" * loss.endswith("sum"))
        return f"loss: {LOSSES[loss]}{scaled}; {rate}"

    def _repair(self) -> str:
        if self.definite == "exact":
            return (
                f"repaired: features rounded to multiples of {power_text(self.unit)};"
                " every certified number is for the rounded ones"
            )
        added = f", then {power_text(self.shift)} added to the diagonal" if self.shift else ""
        return (
            f"repaired: made symmetric, entries rounded to multiples of {power_text(self.unit)}{added};"
            " every certified number is for the repaired matrix"
        )

    def _definite(self) -> str:
        if self.definite == "proved":
            return "the repaired matrix is positive semidefinite (proved by this program, V12)"
        if self.definite == "exact":
            return "positive semidefinite: the Gram matrix of the rounded features"
        if self.definite == "features":
            return "positive semidefinite: X X^T of the features, and the shift exceeds the rounding of every product"
        least = (
            "" if self.least is None else f", measured least eigenvalue {self.least:.2g} of the largest K_ii"
        )
        return f"positive semidefinite is assumed: it is a Gram matrix of gradients{least}"


def power_text(value: Fraction) -> str:
    """A power of two as such, times what else there is."""
    top, den = value.numerator, value.denominator
    if den & (den - 1) == 0 and top & (top - 1) == 0 and top:
        return f"2^{top.bit_length() - den.bit_length()}"
    return decimal(value)
