"""Critical starts.

N8a, N1: x L_0 = 4 for the whole box  =>  x L stays 4 and u = x kappa moves by u^3 - 3u within [-2, 2].
N8b: kappa_0 = 0 for the whole box  =>  nothing moves.
"""

from dataclasses import dataclass

from proofs_check.core.reading import Refused
from proofs_check.nonlinear.phase_form import Form


@dataclass(frozen=True)
class Critical(Form):
    """One of the two, by the box."""

    def prove(self) -> set[str]:
        box = self.asked.box
        box.start()
        if box.is_still:
            return {"N8"}
        if box.L[0] == box.L[1] and box.x * box.L[0] == 4:
            return {"N1", "N8"}
        raise Refused("neither x L_0 = 4 nor kappa_0 = 0 for the whole box")

    def words(self) -> str:
        if self.asked.box.is_still:
            return "critical: nothing moves"
        moves = "moves by u^3 - 3u, that is 2 cos t to 2 cos 3t"
        return f"critical: x L stays 4, and u = x kappa, in [-2, 2] for ever, {moves}"
