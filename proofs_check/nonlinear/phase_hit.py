"""A single start with an exact hit: its whole path in fractions.

N1, N8: kappa_t = 0 != kappa_(t-1)  =>  nothing moves from t on; the phase is critical above x L_0 = 4, below it a
catapult if the loss rose at some step, else lazy.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from proofs_check.core.reading import Refused
from proofs_check.core.wording import exact
from proofs_check.nonlinear.phase_form import Bounds, Form

MOST_STEPS = 12
MOST_EXACT_BITS = 1 << 14


@dataclass(frozen=True)
class Hit(Form):
    """kappa = 0 after `steps` steps, not before; `rise` is one of the steps at which the loss rises."""

    name: str
    steps: int
    rise: int | None
    bounds: Bounds

    def prove(self) -> set[str]:
        l, (*_, before, last) = self._path[0][0], self._squares  # noqa: E741
        if last != 0 or before == 0:
            raise Refused(f"kappa_{self.steps} is not 0, or was 0 before")
        found = "critical" if l >= 4 else "catapult" if self._rises else "lazy"
        if l == 4 or self.name != found:
            raise Refused(f"the phase is not {self.name}")
        if self.rise is not None and self.rise not in self._rises:
            raise Refused("the loss does not rise at that step")
        named = ("final_L", self.bounds.final, self._final), ("peak_loss", self.bounds.peak, self._peak)
        for key, bounds, value in named:
            if bounds is not None and not bounds[0] <= value <= bounds[1]:
                raise Refused(f"{key} does not hold its value")
        return {"N1", "N8"}

    def words(self) -> str:
        rises = (
            f"the loss rises in step {self._rises[0] + 1} first" if self._rises else "the loss never rises"
        )
        return (
            f"{self.name}: kappa_{self.steps} = 0 exactly, and L stays at {exact(self._final)}; {rises}, "
            f"the greatest (kappa_t/kappa_0)^2 is {exact(self._peak)}"
        )

    @cached_property
    def _path(self) -> list[tuple[Fraction, Fraction]]:
        """(l, v) at every step."""
        start = self.asked.box.start()
        found = [(start.l[0], start.v[0])]
        for _ in range(self.steps):
            l, v = found[-1]  # noqa: E741
            size = sum(q.numerator.bit_length() + q.denominator.bit_length() for q in (l, v))
            if size > MOST_EXACT_BITS:
                raise Refused("the exact path gets too long")
            self.asked.work.spend_on_divisions(24, 4 * size)
            found.append((l - v * (4 - l), v * (1 - l + v) ** 2))
        return found

    @property
    def _squares(self) -> list[Fraction]:
        return [v for _, v in self._path]

    @property
    def _rises(self) -> list[int]:
        return [t for t in range(self.steps) if self._squares[t + 1] > self._squares[t]]

    @property
    def _final(self) -> Fraction:
        return self._path[-1][0] / self.asked.box.x

    @property
    def _peak(self) -> Fraction:
        return max(self._squares) / self._squares[0]
