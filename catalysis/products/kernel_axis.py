"""The learning-rate axis of a kernel for SGD with batches and momentum: closed forms, exact ones where quick.

Lemmas V1, V2, V5, V13, V17 and V20 of docs/products.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from catalysis.data.linear_regime import RESTS_ON
from catalysis.exact.numbers import (
    DataError,
    Number,
    decimal_above,
    decimal_below,
    exact,
    exact_text,
    positive,
    whole,
)
from catalysis.exact.result import Enclosure, Result, Verdict
from catalysis.products.axis import (
    InflationaryPiece,
    MeanSquareThreshold,
    RegimePiece,
    inflationary_pieces,
    mean_square_threshold,
)
from catalysis.products.closed import (
    BatchStep,
    ClosedLower,
    ClosedSpike,
    ClosedUpper,
    closed_lower,
    closed_spike,
    closed_upper,
    mean_lower,
)
from catalysis.products.kernel import VectorData, as_vectors
from catalysis.products.kernel_sums import Kernel, KernelSums, kernel_sums
from catalysis.products.large_kernel import LargeKernel
from catalysis.products.walk import MatrixWalk

MOST_RANK, MOST_WORK = 80, 1_000_000
"""The exact mean square (V5) is tried up to this rank d, and m d^2: some seconds."""

_DIGITS = 10


@dataclass(frozen=True)
class Optimizer:
    """How a step is taken: heavy-ball momentum, and batches with or without replacement."""

    momentum: Fraction
    batch_size: int
    replacement: bool

    @property
    def single(self) -> bool:
        return self.batch_size == 1

    def sharing(self, kernel: Kernel) -> Fraction:
        """kappa of V5b."""
        if self.replacement or self.single:
            return Fraction(1, self.batch_size)
        if kernel.counts is None:
            raise DataError(
                "replacement: expected True for samples with weights p: drawing without needs counts"
            )
        total = sum(kernel.counts)
        if self.batch_size >= total:
            raise DataError(
                f"batch_size: expected a number below {total}, the number of samples: with all of them in every step "
                "nothing is random, and gradient descent is stable up to 2 (1 + momentum)/lambda_max"
            )
        return Fraction(total - self.batch_size, self.batch_size * (total - 1))

    def fields(self) -> dict[str, Any]:
        return {
            "momentum": exact_text(self.momentum),
            "batch_size": self.batch_size,
            "replacement": self.replacement,
        }


@dataclass(frozen=True)
class KernelSpike:
    """P(the event at `factor`) is at most `upper` for every start, at the learning rate of `bound` (V20d, V11).

    Without momentum, where `bound` holds for all times, at all smaller ones as well: the constant rises with eta.
    """

    bound: ClosedSpike
    factor: Fraction
    steps: int | None

    @property
    def upper(self) -> Fraction:
        return self.bound.probability(self.factor, self.steps)

    @property
    def below_too(self) -> bool:
        """Whether it holds at all smaller learning rates."""
        return not self.bound.step.momentum and self.bound.rate == 1

    @property
    def event(self) -> str:
        when = "sup_t" if self.steps is None else f"max_(t <= {self.steps})"
        if self.bound.step.momentum:
            return f"{when} of the mean loss >= K^2 (sigma/2) |e_0|^2"
        return f"{when} |e_t| >= K |e_0| in the parameters"

    def fields(self) -> dict[str, Any]:
        return {
            "factor": exact_text(self.factor),
            "steps": self.steps,
            "eta": exact_text(self.bound.eta),
            "smaller_eta_too": self.below_too,
            "event": self.event,
            "probability": {"lower": "0", "upper": decimal_above(self.upper, _DIGITS)},
        }


@dataclass(frozen=True, repr=False)
class KernelAdvice(Result):
    """What is proved along the learning rate of a kernel, for one optimizer and batch size, without weight decay.

    Certified: no step enlarges the error up to `stable_up_to` (V2; None with momentum); k(2) < 0, so the mean square
    falls, theta >= 2 and the error dies out almost surely, for every start, below `mean_square[0]`; k(2) >= 0 from
    `mean_square[1]` on; theta <= 1 beyond `mean_grows.eta` (V20c); inflationary (V1, single samples without momentum)
    on `inflationary`. The best of V20 (`below`, `above`) and V5 (`quadratic`, small ranks without momentum).

    Attributes
    ----------
    stable_up_to : Fraction or None
        2/max K_ii.
    mean_square : tuple of two Fractions
        k(2) < 0 below the first, k(2) >= 0 from the second on.
    regimes : tuple of RegimePiece
        In order.
    spike : KernelSpike or None
        The bound of a probability, if a factor was given.
    """

    dataset: Kernel
    optimizer: Optimizer
    sums: KernelSums
    below: ClosedUpper
    above: ClosedLower
    mean_grows: ClosedLower
    quadratic: MeanSquareThreshold | None
    inflationary: tuple[InflationaryPiece, ...]
    eta: Fraction | None = None
    spike: KernelSpike | None = None

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone."""
        return {key: getattr(self, key) for key in self.__dataclass_fields__}

    @property
    def stable_up_to(self) -> Fraction | None:
        """2/max K_ii: exact for single samples and batches with replacement, without replacement at least this."""
        return None if self.optimizer.momentum else 2 / max(self.sums.diagonal)

    @property
    def stable_exactly(self) -> bool:
        return not self.optimizer.momentum and (self.optimizer.single or self.optimizer.replacement)

    @cached_property
    def mean_square(self) -> tuple[Fraction, Fraction]:
        """k(2) < 0 below the first, k(2) >= 0 from the second on."""
        low, high = self.below.eta, self.above.eta
        known = self.quadratic
        if known is not None and known.below is not None:
            low = max(low, known.below.eta)
        if known is not None and known.above is not None:
            high = min(high, known.above.eta)
        return low, high

    @property
    def lemmas(self) -> tuple[str, str]:
        """Of the two ends of `mean_square`."""
        low, high = self.mean_square
        upper = "V20b" if self.above.form == "samples" else "V20c"
        return "V20a" if low == self.below.eta else "V5", upper if high == self.above.eta else "V5"

    @property
    def regimes(self) -> tuple[RegimePiece, ...]:
        """The whole axis (0, inf), in order."""
        found = (
            [RegimePiece("stable", Fraction(0), self.stable_up_to)] if self.stable_up_to is not None else []
        )
        falls = "deflationary" if self.stable_exactly else "deflationary or stable"
        proved = [(falls, Fraction(0), self.mean_square[0])]
        later: list[tuple[str, Fraction, Fraction | None]] = [
            *proved,
            *(("inflationary", piece.start, piece.end) for piece in self.inflationary),
        ]
        for regime, start, end in later:
            at = found[-1].end if found else Fraction(0)
            if at is None or (end is not None and end <= at):
                continue
            if start > at:
                found.append(RegimePiece("undecided", at, start))
            found.append(RegimePiece(regime, max(start, at), end))
        last = found[-1].end
        return tuple(found) if last is None else (*found, RegimePiece("undecided", last, None))

    @property
    def regime(self) -> str | None:
        """At `eta`, if one was asked."""
        if self.eta is None:
            return None
        if self.stable_up_to is not None and self.eta <= self.stable_up_to:
            return "stable"
        return next(p.regime for p in self.regimes if p.end is None or self.eta < p.end)

    @property
    def verdict(self) -> Verdict:
        return Verdict.PROVED if self.regime != "undecided" else Verdict.UNDECIDED

    @property
    def number(self) -> Enclosure | None:
        """Where k(2) is first not negative (without momentum: eta_ms)."""
        return Enclosure(*self.mean_square)

    @property
    def formula(self) -> str:
        return r"\eta_{\mathrm{ms}}"

    def fields(self) -> dict[str, Any]:
        low, high = self.mean_square
        stable = self.stable_up_to
        found: dict[str, Any] = {
            "verdict": self.verdict.value,
            **self.optimizer.fields(),
            "stable_up_to": None if stable is None else exact_text(stable),
            "mean_square": {"lower": decimal_below(low, _DIGITS), "upper": decimal_above(high, _DIGITS)},
            "lemmas": list(self.lemmas),
            "theta_at_most_1_beyond": decimal_above(self.mean_grows.eta, _DIGITS),
            "axis": [piece.to_json() for piece in self.regimes],
            "top_eigenvalue": {
                "lower": decimal_below(self.sums.top.lower, _DIGITS),
                "upper": decimal_above(self.sums.top.upper, _DIGITS),
            },
            "eta": None if self.eta is None else exact_text(self.eta),
            "regime": self.regime,
            "spike": None if self.spike is None else self.spike.fields(),
            "rests_on": RESTS_ON,
        }
        if self.verdict is Verdict.UNDECIDED:
            found["reason"] = (
                "eta lies between the two ends of the mean square, or beyond, where V20 proves no regime"
            )
        return found


def advise_kernel(
    data: object,
    *,
    momentum: Number = 0,
    batch_size: object = 1,
    replacement: bool = True,
    weight_decay: Number = 0,
    eta: Number | None = None,
    factor: Number | None = None,
    steps: object = None,
    sharp: bool = True,
) -> KernelAdvice:
    """The learning-rate axis of a kernel for SGD with heavy-ball momentum and batches.

    Certified: see `KernelAdvice` (V1, V2, V5, V20).

    Parameters
    ----------
    data : LargeKernel, VectorData, EmpiricalKernel, file name, or array of features
        The samples.
    momentum : Number, 0 <= momentum < 1
        beta.
    batch_size : int >= 1
        Samples a step.
    replacement : bool
        Without replacement the data need counts.
    weight_decay : Number
        Has to be 0.
    eta : Number > 0
        A learning rate to be asked about.
    factor : Number > 1
        K: also bound the probability of a spike, at `eta` or where V20a ends.
    steps : int
        The horizon of that spike; None for all times.
    sharp : bool
        Also exact forms (V5) where they take seconds.

    Returns
    -------
    KernelAdvice
        `regimes` covers (0, inf) in order; `mean_square` are the two ends between which k(2) changes sign.

    Raises
    ------
    InputError
        It names the argument.

    Examples
    --------
    >>> from catalysis import advise_kernel
    >>> advice = advise_kernel("examples/digits-kernel.npz", momentum="0.9", batch_size=8)
    >>> [float(f"{float(end):.3g}") for end in advice.mean_square]
    [2.12, 3.09]
    """
    kernel = as_kernel(data)
    optimizer = _optimizer(momentum, batch_size, replacement)
    if exact(weight_decay, "weight_decay") != 0:
        raise DataError(
            "weight_decay: expected 0 for the axis of a kernel; MatrixWalk.from_data takes weight decay at one eta"
        )
    rate = None if eta is None else positive(eta, "eta")
    sums = kernel_sums(kernel)
    step = BatchStep(optimizer.momentum, optimizer.sharing(kernel))
    advice = KernelAdvice(
        kernel,
        optimizer,
        sums,
        closed_upper(sums, step),
        closed_lower(sums, step),
        mean_lower(sums, step),
        _quadratic(kernel, optimizer) if sharp else None,
        _inflationary(kernel, optimizer),
        rate,
    )
    return _with_spike(advice, step, factor, steps)


def as_kernel(data: object) -> Kernel:
    """The one door for kernels: as `as_vectors`, and larger ones. Raises DataError."""
    from catalysis.products.kernel_file import EmpiricalKernel

    if isinstance(data, LargeKernel):
        return data
    if isinstance(data, EmpiricalKernel):
        return data.data()
    return as_vectors(data)


def _optimizer(momentum: object, batch_size: object, replacement: object) -> Optimizer:
    beta = exact(momentum, "momentum")
    if not 0 <= beta < 1:
        raise DataError(f"momentum: expected a number in [0, 1), found {exact_text(beta)}")
    if not isinstance(replacement, bool):
        raise DataError("replacement: expected True or False")
    return Optimizer(beta, whole(batch_size, "batch_size", least=1, most=10**9), replacement)


def _with_spike(advice: KernelAdvice, step: BatchStep, factor: object, steps: object) -> KernelAdvice:
    if factor is None:
        if steps is not None:
            raise DataError("steps: expected together with factor")
        return advice
    level = exact(factor, "factor")
    if level <= 1:
        raise DataError(f"factor: expected a number > 1, found {exact_text(level)}")
    within = None if steps is None else whole(steps, "steps", least=1, most=10**12)
    bound = closed_spike(advice.sums, step, advice.below.eta if advice.eta is None else advice.eta)
    return advice if bound is None else replace(advice, spike=KernelSpike(bound, level, within))


def _quadratic(kernel: Kernel, optimizer: Optimizer) -> MeanSquareThreshold | None:
    """V5c where it takes seconds."""
    if optimizer.momentum or not isinstance(kernel, VectorData) or not quick(kernel):
        return None
    walk = MatrixWalk.from_data(
        kernel,
        eta=2 / max(kernel.diagonal),
        batch=optimizer.batch_size,
        replacement=optimizer.single or optimizer.replacement,
    )
    found = mean_square_threshold(walk)
    return None if found.below is None and found.above is None else found


def quick(kernel: VectorData) -> bool:
    """Whether exact forms of d x d matrices take seconds."""
    rank = kernel.rank()
    return rank <= MOST_RANK and len(kernel.p) * rank**2 <= MOST_WORK


def _inflationary(kernel: Kernel, optimizer: Optimizer) -> tuple[InflationaryPiece, ...]:
    """V1, V13c: single samples without momentum."""
    if optimizer.momentum or not optimizer.single or not isinstance(kernel, VectorData):
        return ()
    return tuple(inflationary_pieces(kernel))


def full_seconds(kernel: VectorData) -> float:
    """About how long `learning_rate_axis` takes, from a few measured kernels: for a decision, not for a promise."""
    rank = kernel.rank()
    return 2 + (len(kernel.p) * rank**2) ** 0.7 / 25 if rank > 2 else 10.0
