"""Divergent starts.

N6, N9: x L_0 > 4  =>  L increases to infinity and kappa is unbounded, unless there is an exact hit.
N7: also v_0 > 0, f_t != 0 for t < T and v_T >= 2 l_T  =>  there is none.
"""

from dataclasses import dataclass

from proofs_check.core.reading import Refused
from proofs_check.nonlinear.phase_form import Form, settle
from proofs_check.nonlinear.phase_orbit import Image, Start


@dataclass(frozen=True)
class Divergent(Form):
    """Above four; with `except_hits` but for a null set of starts."""

    steps: int
    except_hits: bool

    @property
    def leaves_out_hits(self) -> bool:
        return self.except_hits

    def prove(self) -> set[str]:
        box, start = self.asked.box, self.asked.box.start()
        low = box.x * box.L[0]
        if start.l[0] < 4 or (start.l[0] == 4 and (box.L[0] == box.L[1] or low < 4)):
            raise Refused("x L_0 is not above 4")
        if self.except_hits:
            if self.steps:
                raise Refused("steps is not 0, but the statement leaves out hits")
            return {"N1", "N6", "N9"}
        if start.v[0] <= 0:
            raise Refused("kappa_0 may be 0")
        if self.steps > 0 or start.v[0] < 2 * start.l[1]:
            settle(self.asked, lambda prec: self._is_trapped(start, prec), "the phase divergent")
        return {"N1", "N6", "N7"} | (set() if box.is_single else {"N11"})

    def words(self) -> str:
        end = "" if self.except_hits else ", no kappa_t is 0"
        return f"divergent: L increases to infinity, kappa and the loss are unbounded{end}"

    def _is_trapped(self, start: Start, prec: int) -> tuple[bool, Image]:
        image, work = Image.of(start, prec), self.asked.work
        image.book(self.steps, work)
        for _ in range(self.steps):
            f = image.factor()
            if f[0] <= 0 <= f[1]:
                return False, image
            image = image.step(work)
        return image.v[0] >= 2 * image.l[1], image
