"""A network followed through training: its curvatures as they were measured, and what is proved of each snapshot.

The curvatures are doubles. What is certified is certified for SGD on the exact values of those doubles, in the linear
regime of that snapshot. docs/networks.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis.crosscheck.table import CheckLine, plain
from catalysis.data.dataset import Dataset
from catalysis.data.linear_regime import RESTS_ON
from catalysis.data.walk import LinearWalk
from catalysis.drift.value import drift_sign
from catalysis.exact.numbers import exact_text
from catalysis.exact.result import Result, Verdict
from catalysis.products.kernel_axis import advise_kernel
from catalysis.products.kernel_file import EmpiricalKernel

_SPIKE = 100.0
"""Times the loss of the start: what counts as a spike of a run."""


@dataclass(frozen=True)
class Training:
    """How a network is trained: learning rate, heavy-ball momentum, samples a step.

    `eta` is that of the convention `u' = u - (eta/b) sum K_(.i) u_i` (docs/kernels.md, "What eta means").
    """

    eta: Fraction
    batch: int = 1
    momentum: Fraction = Fraction(0)
    replacement: bool = True

    def fields(self) -> dict[str, Any]:
        """JSON."""
        return {
            "eta": exact_text(self.eta),
            "batch": self.batch,
            "momentum": exact_text(self.momentum),
            "replacement": self.replacement,
        }


@dataclass(frozen=True)
class SnapshotRegime:
    """What is proved for the samples of one snapshot: the regime with its lemma, bounds of theta, the sign of G.

    `word` None where nothing is proved. V2 and V1 need the diagonal alone; V5 and V20 the kernel. `drift` is the sign
    of G of the diagonal, None with momentum, for batches, or where it is not decided.
    """

    word: str | None = None
    lemma: str | None = None
    theta: tuple[str | None, str | None] = (None, None)
    drift: int | None = None

    @classmethod
    def of_diagonal(cls, diagonal: Sequence[float], training: Training) -> SnapshotRegime:
        """Stable if eta max K_ii <= 2 (V2); inflationary if G > 0 (V1, single samples). Neither with momentum."""
        if training.momentum:
            return cls()
        rates = [training.eta * Fraction(k) for k in diagonal]
        single = training.batch == 1
        if max(rates) <= 2:
            inside = any(0 < rate < 2 for rate in rates)
            return cls("stable", "V2", ("inf", "inf"), (-1 if inside else 0) if single else None)
        if not single:
            return cls()
        sign = drift_sign(LinearWalk(Dataset.from_arrays(x=rates, name="diagonal")), 1).sign
        return cls("inflationary", "V1", ("0", "0"), sign) if sign == 1 else cls(drift=sign)

    @classmethod
    def of_kernel(cls, kernel: EmpiricalKernel, training: Training) -> SnapshotRegime:
        """With the mean square of the whole kernel (V5, V20), for the repaired matrix; the kernel of one output."""
        factor = float(kernel.meta.factor())
        first = cls.of_diagonal((factor * kernel.diagonal).tolist(), training)
        if first.word is not None:
            return first
        found = advise_kernel(
            kernel,
            momentum=training.momentum,
            batch_size=training.batch,
            replacement=training.replacement,
            eta=training.eta,
        )
        word = found.regime
        if word == "inflationary":
            return cls(word, "V1", ("0", "0"), first.drift)
        if word in ("deflationary", "deflationary or stable"):
            return cls(word, found.lemmas[0], ("2", None), first.drift)
        if training.eta > found.mean_grows.eta:
            return cls(None, "V20c", (None, "1"), first.drift)
        return first

    def fields(self) -> dict[str, Any]:
        """JSON."""
        return {
            "regime": self.word,
            "lemma": self.lemma,
            "theta": {"lower": self.theta[0], "upper": self.theta[1]},
        }


@dataclass(frozen=True)
class Snapshot:
    """A network after `step` steps: all measured but `regime`.

    `loss` is the mean of u^2/2 over the samples that are watched, `diagonal` their K_ii (times the factor of the loss's
    convention), `top` a lower estimate of the kernel's top eigenvalue, None where it was not asked.
    """

    step: int
    loss: float
    diagonal: tuple[float, ...]
    top: float | None
    regime: SnapshotRegime

    @property
    def largest(self) -> float:
        return max(self.diagonal)

    def fields(self, eta: float) -> dict[str, Any]:
        """JSON."""
        return {
            "step": self.step,
            "loss": plain(self.loss),
            "eta_max_kernel": eta * self.largest,
            "max_kernel": self.largest,
            "top_eigenvalue": self.top,
            **self.regime.fields(),
        }


@dataclass(frozen=True, repr=False)
class FollowedRun(Result):
    """A run of a network: loss, curvature and regime over its steps. Measured; each regime is proved for its snapshot.

    `samples` were watched, of `available`. `losses` are (step, loss) between the snapshots; `diverged_at` the step
    after which numbers were no longer finite. `checks` holds the start's regime against the end.
    """

    name: str
    training: Training
    steps: int
    samples: int
    available: int
    snapshots: tuple[Snapshot, ...]
    losses: tuple[tuple[int, float], ...] = ()
    diverged_at: int | None = None
    seed: str | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict.MEASURED

    @property
    def peak(self) -> float:
        """The largest loss seen."""
        return max([*(s.loss for s in self.snapshots), *(v for _, v in self.losses if not math.isnan(v))])

    @property
    def checks(self) -> tuple[CheckLine, ...]:
        """The regime that is certified at the start, and what the network did."""
        first, last = self.snapshots[0], self.snapshots[-1]
        if first.regime.word is None:
            note = "nothing is proved of the kernel at the start"
            return (CheckLine("loss, end over start", None, self._fall, None, None, note),)
        if first.regime.word == "inflationary":
            return (self._grown(first, last),)
        agree = True if self.diverged_at is None and last.loss <= first.loss else None
        note = "" if agree else "the loss did not fall within these steps: no contradiction by itself"
        return (CheckLine("loss, end over start", first.regime.word, self._fall, None, agree, note),)

    @property
    def _fall(self) -> float:
        first, last = self.snapshots[0].loss, self.snapshots[-1].loss
        return math.inf if self.diverged_at is not None else last / first if first else math.nan

    def _grown(self, first: Snapshot, last: Snapshot) -> CheckLine:
        """Started inflationary: at the end eta max K_ii should be lower, and G of the diagonal no longer positive."""
        eta = float(self.training.eta)
        name, value = "eta max K_ii at the end", eta * last.largest
        if self.diverged_at is not None:
            note = f"diverged at step {self.diverged_at}, eta max K_ii {eta * first.largest:.4g} at the start"
            return CheckLine(name, "inflationary at the start", None, None, None, note)
        if self.peak < _SPIKE * first.loss and last.regime.drift == 1:
            return CheckLine(
                name, "inflationary at the start", value, None, None, "no spike within these steps"
            )
        agree = last.regime.drift is not None and last.regime.drift < 0 and last.largest < first.largest
        note = f"{eta * first.largest:.4g} at the start; G of the diagonal at the end is {_SIGNS[last.regime.drift]}"
        return CheckLine(name, "inflationary at the start", value, None, agree, note)

    def fields(self) -> dict[str, Any]:
        eta = float(self.training.eta)
        return {
            "verdict": self.verdict.value,
            "name": self.name,
            **self.training.fields(),
            "steps": self.steps,
            "samples": self.samples,
            "available": self.available,
            "seed": self.seed,
            "diverged_at": self.diverged_at,
            "snapshots": [snapshot.fields(eta) for snapshot in self.snapshots],
            "losses": [[step, plain(loss)] for step, loss in self.losses],
            "checks": [line.to_json() for line in self.checks],
            "rests_on": RESTS_ON,
        }


_SIGNS = {-1: "negative", 0: "zero", 1: "positive", None: "not decided"}
