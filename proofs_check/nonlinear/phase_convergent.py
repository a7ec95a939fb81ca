"""Lazy paths and catapults, followed in intervals (N1 to N5, N11).

N3: x L_0 < 4, w_t >= 0 for t < T, and at T l <= 2, or l <= 3 and w >= 0  =>  the loss never rises.
N2, N3: x L_0 < 4, w_t < 0 and v_t > 0 (or but for hits)  =>  the loss rises in step t + 1, and kappa -> 0.
N4: l_T <= 2 and its inequalities  =>  the bounds of the limit. N5: f_t != 0 before T and its inequality  =>  no hit.
N3: the loss does not rise from T on  =>  the peak is that of the path up to T.
"""

from dataclasses import dataclass

from proofs_check.core.reading import Refused
from proofs_check.nonlinear.phase_box import Side
from proofs_check.nonlinear.phase_form import Bounds, Form, settle
from proofs_check.nonlinear.phase_orbit import (
    Image,
    Start,
    final_is_at_least,
    final_is_at_most,
    has_no_later_hit,
)


@dataclass(frozen=True)
class Path:
    """What a path was seen to do at one precision: the last image, and what held at the steps before it."""

    last: Image
    never_rose: bool
    rose: bool
    missed_zero: bool
    missed_before_rise: bool
    top: tuple[int, int]


@dataclass(frozen=True)
class Convergent(Form):
    """A lazy start (rise None) or a catapult that rises in step rise + 1; `steps` is the T of the lemmas."""

    steps: int
    rise: int | None
    except_hits: bool
    bounds: Bounds

    @property
    def leaves_out_hits(self) -> bool:
        return self.except_hits

    def prove(self) -> set[str]:
        box, start = self.asked.box, self.asked.box.start()
        if start.l[1] > 4 or (start.l[1] == 4 and box.L[0] == box.L[1]):
            raise Refused("x L_0 is not below 4")
        if self.rise is not None and self.rise > self.steps:
            raise Refused("rise is above steps")
        if box.is_still:
            raise Refused("kappa_0 = 0 is critical")
        settle(self.asked, lambda prec: self._holds(start, prec), f"the phase {self._name}")
        used = {"N1", "N2", "N3"} | (set() if box.is_single else {"N11"})
        return used | ({"N4"} if self.bounds.final else set()) | ({"N5"} if self.bounds.no_hit else set())

    def words(self) -> str:
        loss = "the loss never rises" if self.rise is None else f"the loss rises in step {self.rise + 1}"
        return "; ".join(
            [f"{self._name}: {loss}, L never increases and kappa tends to 0", *self.bounds.words()]
        )

    @property
    def _name(self) -> str:
        return "lazy" if self.rise is None else "catapult"

    def _holds(self, start: Start, prec: int) -> tuple[bool, Image]:
        path = self._follow(start, prec)
        last, quiet = path.last, _is_quiet(start, path.last, self.steps)
        proved = path.never_rose and quiet if self.rise is None else path.rose
        if self.rise is not None and not self.except_hits:
            proved = proved and path.missed_before_rise
        flat = start.l[1] <= 2 if self.steps == 0 else last.l[1] <= 2 << prec
        if self.bounds.final is not None:
            low, high = (self.asked.box.x * q for q in self.bounds.final)
            proved = proved and flat and final_is_at_least(last, low) and final_is_at_most(last, high)
        if self.bounds.peak is not None:
            proved = proved and quiet and _peak_holds(self.bounds.peak, start, path)
        if self.bounds.no_hit:
            proved = proved and flat and path.missed_zero and has_no_later_hit(last)
        return proved, last

    def _follow(self, start: Start, prec: int) -> Path:
        """The images of steps 0 to `steps`; step 0 is judged exactly."""
        image, work = Image.of(start, prec), self.asked.work
        image.book(self.steps, work)
        never_rose, rose, missed = True, False, start.v[0] > 0
        missed_before_rise, top = missed, (0, 0)
        t = 0
        while True:
            if t > 0:
                top = max(top[0], image.v[0]), max(top[1], image.v[1])
            w = image.surplus()
            if t == self.rise:
                rose = start.surplus_is_negative() if t == 0 else w[1] < 0
                missed_before_rise = missed
            if t == self.steps:
                return Path(image, never_rose, rose, missed, missed_before_rise, top)
            never_rose = never_rose and (start.surplus_is_not_negative() if t == 0 else w[0] >= 0)
            f = image.factor()
            missed = missed and (f[0] > 0 or f[1] < 0)
            t, image = t + 1, image.step(work)


def _is_quiet(start: Start, last: Image, steps: int) -> bool:
    """N3: from the last image on the loss does not rise."""
    if steps == 0:
        return start.l[1] <= 2 or (start.l[1] <= 3 and start.surplus_is_not_negative())
    one = 1 << last.prec
    return last.l[1] <= 2 * one or (last.l[1] <= 3 * one and last.surplus()[0] >= 0)


def _peak_holds(bounds: Side, start: Start, path: Path) -> bool:
    """The greatest v_t/v_0, 1 at t = 0, lies within the bounds. Asked of single starts alone."""
    v, one = start.v[0], 1 << path.last.prec
    low = bounds[0] <= 1 or bounds[0] * v * one <= path.top[0]
    return low and bounds[1] >= 1 and path.top[1] <= bounds[1] * v * one
