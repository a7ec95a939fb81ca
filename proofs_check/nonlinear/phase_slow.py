"""A single catapult from just above x L = 2, bounded without its path.

N14: 2 + v < l < 4, v > 0, 0 < B <= 1/2, H = (2 - l)^2 + 2 v, S = 2B/(2 - B) + B^2/2 and
H + S (4 B^2 + 4 B^3 + 3 B^4/2) <= B^2  =>  no exact hit, max v_t <= B^2/2, and, if h = H - S B^4/2 > 0,
2 - B <= l_inf <= 2 - sqrt(h) and max v_t >= (h - B^4)/2.
N3: w = 2 + v - l < 0  =>  the loss rises in step 1. N2: L never increases and kappa -> 0.
"""

from dataclasses import dataclass
from fractions import Fraction

from proofs_check.core.reading import Refused
from proofs_check.nonlinear.phase_box import Side
from proofs_check.nonlinear.phase_form import Bounds, Form


@dataclass(frozen=True)
class Slow(Form):
    """The B of the lemma, and what is claimed besides the phase."""

    slow: Fraction
    bounds: Bounds

    def prove(self) -> set[str]:
        start, B = self.asked.box.start(), self.slow
        l, v = start.l[0], start.v[0]  # noqa: E741
        self.asked.work.spend_on_divisions(80, 16 * self.asked.longest)
        if not (2 + v < l < 4 and v > 0):
            raise Refused("the start does not lie between x L = 2 + (x kappa)^2 and 4")
        if 2 * B > 1:
            raise Refused("slow is above 1/2")
        energy, total = (2 - l) ** 2 + 2 * v, 2 * B / (2 - B) + B**2 / 2
        if energy + total * (4 * B**2 + 4 * B**3 + 3 * B**4 / 2) > B**2:
            raise Refused("slow does not satisfy the inequality of N14")
        least = energy - total * B**4 / 2
        if self.bounds.final is not None and not self._final_holds(self.bounds.final, least):
            raise Refused("final_L is not proved")
        if self.bounds.peak is not None and not self._peak_holds(self.bounds.peak, v, least):
            raise Refused("peak_loss is not proved")
        return {"N2", "N3", "N14"}

    def words(self) -> str:
        rises = "the loss rises in step 1, L never increases and kappa tends to 0"
        return f"catapult: {'; '.join([rises, *self.bounds.words()])}"

    def _final_holds(self, bounds: Side, least: Fraction) -> bool:
        """x low <= 2 - B and 2 - x high <= sqrt(h)."""
        low, high = (self.asked.box.x * q for q in bounds)
        return low <= 2 - self.slow and least > 0 and 2 - high >= 0 and (2 - high) ** 2 <= least

    def _peak_holds(self, bounds: Side, v: Fraction, least: Fraction) -> bool:
        """low v <= (h - B^4)/2, or low <= 1 as v_0 is one of them; B^2/2 <= high v."""
        low, high = bounds
        reached = low <= 1 or (least > 0 and 2 * low * v <= least - self.slow**4)
        return reached and 2 * high * v >= self.slow**2
