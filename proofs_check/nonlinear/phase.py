"""The claim `phase`: what becomes of a start, or of a box of starts, of the full-batch map (N1 to N11)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from proofs_check.core.budget import Work
from proofs_check.core.reading import fields, index, longest, positive, quoted
from proofs_check.core.refusal import Refused
from proofs_check.core.setting import Setting
from proofs_check.core.wording import lemmas
from proofs_check.nonlinear.phase_box import Box, Side, bracket, closed, side
from proofs_check.nonlinear.phase_orbit import (
    Image,
    Start,
    final_is_at_least,
    final_is_at_most,
    has_no_later_hit,
)
from proofs_check.nonlinear.phase_special import prove_critical, prove_hit, prove_slow

MOST_STEPS = 200_000
MOST_POINT_BITS = 1 << 14
MOST_BOX_BITS = 512

KEYS = {
    "lazy": (("steps",), ("final_L", "peak_loss", "hit", "no_hit")),
    "catapult": (("steps", "rise"), ("final_L", "peak_loss", "hit", "no_hit", "except_hits", "slow")),
    "divergent": (("steps",), ("except_hits",)),
    "critical": ((), ("steps", "hit", "final_L", "peak_loss")),
}


@dataclass(frozen=True)
class Path:
    """What a path was seen to do at one precision: the last image, and what held at the steps before it."""

    last: Image
    never_rose: bool
    rose: bool
    missed_zero: bool
    missed_before_rise: bool
    top: tuple[int, int]


def prove_phase(claim: dict[str, Any], setting: Setting) -> str:
    """The phase of all starts of the box, with what else is claimed of a single one."""
    name = claim.get("phase")
    if not isinstance(name, str) or name not in KEYS:
        raise Refused(f"the phase is {quoted(name)}, none of {', '.join(KEYS)}")
    required, optional = KEYS[name]
    fields(claim, "the claim", ("kind", "x", "kappa", "L", "phase", *required), optional)
    for key in ("no_hit", "except_hits"):
        if key in claim and claim[key] is not True:
            raise Refused(f"{key} is not true")
    box = Box(positive(claim["x"], "x"), side(claim["kappa"], "kappa"), side(claim["L"], "L"))
    if box.L[1] <= 0 or box.L[0] < 0:
        raise Refused("L is not positive")
    own = ("final_L", "peak_loss", "hit", "no_hit", "slow")
    if not box.is_single and any(key in claim for key in own):
        raise Refused(f"{', '.join(own)} are for single starts")
    if "slow" in claim:
        return f"{box.words()}: {prove_slow(claim, box, setting.work)}"
    if "hit" in claim:
        return f"{box.words()}: {prove_hit(claim, name, box, setting.work)}"
    if name == "critical":
        return f"{box.words()}: {prove_critical(claim, box)}"
    if name == "divergent":
        return f"{box.words()}{_exception(claim)}: {_prove_divergent(claim, box, setting.work)}"
    return f"{box.words()}{_exception(claim)}: {_prove_convergent(claim, name, box, setting.work)}"


def _exception(claim: dict[str, Any]) -> str:
    return (
        " unless kappa_t = 0 exactly for some t (a null set of starts, N9)" if "except_hits" in claim else ""
    )


# Below four


def _prove_convergent(claim: dict[str, Any], name: str, box: Box, work: Work) -> str:
    """Lazy or catapult: N2, N3, and N4, N5 for what else is claimed."""
    start = box.start()
    if start.l[1] > 4 or (start.l[1] == 4 and box.L[0] == box.L[1]):
        raise Refused("x L_0 is not below 4")
    steps = _steps(claim)
    rise = index(claim["rise"], "rise") if name == "catapult" else None
    if rise is not None and rise > steps:
        raise Refused("rise is above steps")
    if box.is_still:
        raise Refused("kappa_0 = 0 is critical")
    bounds = {key: bracket(claim[key], key) for key in ("final_L", "peak_loss") if key in claim}
    used = {"N1", "N2", "N3"} | ({"N11"} if not box.is_single else set())

    def holds(prec: int) -> tuple[bool, Image]:
        path = _follow(start, steps, rise, prec, work)
        last = path.last
        quiet = _is_quiet(start, last, steps)
        flat = start.l[1] <= 2 if steps == 0 else last.l[1] <= 2 << prec
        proved = path.never_rose and quiet if rise is None else path.rose
        if rise is not None and "except_hits" not in claim:
            proved = proved and path.missed_before_rise
        if "final_L" in bounds:
            low, high = (box.x * q for q in bounds["final_L"])
            proved = proved and flat and final_is_at_least(last, low) and final_is_at_most(last, high)
        if "peak_loss" in bounds:
            proved = proved and quiet and _peak_holds(bounds["peak_loss"], start, path)
        if "no_hit" in claim:
            proved = proved and flat and path.missed_zero and has_no_later_hit(last)
        return proved, last

    _settle(holds, claim, box.is_single, f"the phase {name}")
    words = ["the loss never rises" if rise is None else f"the loss rises in step {rise + 1}"]
    words[0] += ", L never increases and kappa tends to 0"
    if "final_L" in bounds:
        used.add("N4")
        words.append(f"the limit of L lies in {closed(bounds['final_L'])}")
    if "peak_loss" in bounds:
        words.append(f"the greatest (kappa_t/kappa_0)^2 lies in {closed(bounds['peak_loss'])}")
    if "no_hit" in claim:
        used.add("N5")
        words.append("no kappa_t is 0")
    return f"{name}: {'; '.join(words)} {lemmas(used)}"


def _follow(start: Start, steps: int, rise: int | None, prec: int, work: Work) -> Path:
    """The images of steps 0 to `steps`; step 0 is judged exactly."""
    image = Image.of(start, prec)
    image.book(steps, work)
    never_rose, rose = True, False
    missed = start.v[0] > 0
    missed_before_rise = missed
    top = (0, 0)
    for t in range(steps + 1):
        if t > 0:
            top = max(top[0], image.v[0]), max(top[1], image.v[1])
        w = image.surplus()
        if t == rise:
            rose = start.surplus_is_negative() if t == 0 else w[1] < 0
            missed_before_rise = missed
        if t == steps:
            break
        if rise is None:
            never_rose = never_rose and (start.surplus_is_not_negative() if t == 0 else w[0] >= 0)
        f = image.factor()
        missed = missed and (f[0] > 0 or f[1] < 0)
        image = image.step(work)
    return Path(image, never_rose, rose, missed, missed_before_rise, top)


def _is_quiet(start: Start, last: Image, steps: int) -> bool:
    """N3: from the last image on the loss does not rise."""
    if steps == 0:
        return start.l[1] <= 2 or (start.l[1] <= 3 and start.surplus_is_not_negative())
    one = 1 << last.prec
    return last.l[1] <= 2 * one or (last.l[1] <= 3 * one and last.surplus()[0] >= 0)


def _peak_holds(bounds: Side, start: Start, path: Path) -> bool:
    """The greatest v_t/v_0, 1 at t = 0, lies within the bounds."""
    v, one = start.v[0], 1 << path.last.prec
    if v <= 0:
        return False
    low = bounds[0] <= 1 or bounds[0] * v * one <= path.top[0]
    return low and bounds[1] >= 1 and path.top[1] <= bounds[1] * v * one


# Four and above


def _prove_divergent(claim: dict[str, Any], box: Box, work: Work) -> str:
    """N6 outside the null set of N9; for all starts if N7 holds after some steps without a hit."""
    start = box.start()
    low = box.x * box.L[0]
    if start.l[0] < 4 or (start.l[0] == 4 and (box.L[0] == box.L[1] or low < 4)):
        raise Refused("x L_0 is not above 4")
    steps = _steps(claim)
    words = "divergent: L increases to infinity, kappa and the loss are unbounded"
    if "except_hits" in claim:
        if steps:
            raise Refused("steps is not 0, but the statement leaves out hits")
        return f"{words} {lemmas({'N1', 'N6', 'N9'})}"
    if start.v[0] <= 0:
        raise Refused("kappa_0 may be 0")

    def holds(prec: int) -> tuple[bool, Image]:
        image = Image.of(start, prec)
        image.book(steps, work)
        for _ in range(steps):
            f = image.factor()
            if f[0] <= 0 <= f[1]:
                return False, image
            image = image.step(work)
        return image.v[0] >= 2 * image.l[1], image

    if steps > 0 or start.v[0] < 2 * start.l[1]:
        _settle(holds, claim, box.is_single, "the phase divergent")
    used = {"N1", "N6", "N7"} | ({"N11"} if not box.is_single else set())
    return f"{words}, no kappa_t is 0 {lemmas(used)}"


# Common


def _steps(claim: dict[str, Any]) -> int:
    steps = index(claim["steps"], "steps")
    if steps > MOST_STEPS:
        raise Refused(f"steps is above {MOST_STEPS}")
    return steps


def _settle(
    holds: Callable[[int], tuple[bool, Image]], claim: dict[str, Any], single: bool, what: str
) -> None:
    """Ask at rising precision; stop where the image is narrow, and more bits would change nothing."""
    bits = 64 + 4 * min(longest(claim), 2000)
    most = max(MOST_POINT_BITS if single else MOST_BOX_BITS, 2 * bits)
    while bits <= most:
        proved, image = holds(bits)
        if proved:
            return
        if bits >= 512 and image.width() < 1 << (image.prec // 4):
            break
        bits *= 2
    raise Refused(f"{what} is not proved")
