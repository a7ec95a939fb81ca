"""The claim `phase`: what becomes of a start, or of a box of starts, of the full-batch map (N1 to N11)."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.phase_orbit import (
    Image,
    Start,
    final_is_at_least,
    final_is_at_most,
    has_no_later_hit,
)
from proofs_check.reading import fields, index, longest, number, positive, quoted
from proofs_check.refusal import Refused
from proofs_check.setting import Setting
from proofs_check.wording import ends, exact, lemmas, mark
from proofs_check.work import Work

MOST_STEPS = 200_000
MOST_HIT_STEPS = 12
MOST_EXACT_BITS = 1 << 14
MOST_POINT_BITS = 1 << 14
MOST_BOX_BITS = 512

KEYS = {
    "lazy": (("steps",), ("final_L", "peak_loss", "hit", "no_hit")),
    "catapult": (("steps", "rise"), ("final_L", "peak_loss", "hit", "no_hit", "except_hits", "slow")),
    "divergent": (("steps",), ("except_hits",)),
    "critical": ((), ("steps", "hit", "final_L", "peak_loss")),
}

Side = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Box:
    """The starts of the claim: a side from = to is that number, else the open interval."""

    x: Fraction
    kappa: Side
    L: Side

    @property
    def is_single(self) -> bool:
        return self.kappa[0] == self.kappa[1] and self.L[0] == self.L[1]

    @property
    def is_still(self) -> bool:
        return self.kappa[0] == self.kappa[1] == 0

    def start(self) -> Start:
        """In the letters l, v, cut down to 2 |u| <= l."""
        near, far = sorted(abs(self.x * k) for k in self.kappa)
        if self.kappa[0] < 0 < self.kappa[1]:
            near = Fraction(0)
        high = self.x * self.L[1]
        if 2 * near > high or (2 * near == high and not self.is_single):
            raise Refused("the box contains no start")
        low = max(self.x * self.L[0], 2 * near)
        return Start((low, high), (near**2, min(far**2, high**2 / 4)), not self.is_single)

    def words(self) -> str:
        kappa, L = (_side_words(*side) for side in (self.kappa, self.L))
        opening = f"For full batches with mean curvature x = {exact(self.x)}"
        if self.is_single:
            return f"{opening}, the start kappa_0 {kappa}, L_0 {L}"
        return f"{opening}, every start with kappa_0 {kappa}, not 0, L_0 {L}, 2 |kappa_0| <= L_0"


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
    box = Box(positive(claim["x"], "x"), _side(claim["kappa"], "kappa"), _side(claim["L"], "L"))
    if box.L[1] <= 0 or box.L[0] < 0:
        raise Refused("L is not positive")
    own = ("final_L", "peak_loss", "hit", "no_hit", "slow")
    if not box.is_single and any(key in claim for key in own):
        raise Refused(f"{', '.join(own)} are for single starts")
    if "slow" in claim:
        return f"{box.words()}: {_prove_slow(claim, box, setting.work)}"
    if "hit" in claim:
        return f"{box.words()}: {_prove_hit(claim, name, box, setting.work)}"
    if name == "critical":
        return f"{box.words()}: {_prove_critical(claim, box)}"
    if name == "divergent":
        return f"{box.words()}{_exception(claim)}: {_prove_divergent(claim, box, setting.work)}"
    return f"{box.words()}{_exception(claim)}: {_prove_convergent(claim, name, box, setting.work)}"


def _side(value: Any, where: str) -> Side:
    table = fields(value, where, ("from", "to"))
    low, high = number(table["from"], f"{where}.from"), number(table["to"], f"{where}.to")
    if low > high:
        raise Refused(f"{where}.from is above {where}.to")
    return low, high


def _side_words(low: Fraction, high: Fraction) -> str:
    return f"= {exact(low)}" if low == high else f"in ({exact(low)}, {exact(high)})"


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
    bounds = {key: _bracket(claim[key], key) for key in ("final_L", "peak_loss") if key in claim}
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
        words.append(f"the limit of L lies in {_closed(bounds['final_L'])}")
    if "peak_loss" in bounds:
        words.append(f"the greatest (kappa_t/kappa_0)^2 lies in {_closed(bounds['peak_loss'])}")
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


def _prove_slow(claim: dict[str, Any], box: Box, work: Work) -> str:
    """N14, in fractions: a catapult from just above x L = 2, bounded without its path."""
    if claim["steps"] != 0 or claim["rise"] != 0 or "hit" in claim or "except_hits" in claim:
        raise Refused("slow belongs to a catapult with steps and rise 0, without hit and except_hits")
    start = box.start()
    (l, _), (v, _) = start.l, start.v  # noqa: E741
    B = positive(claim["slow"], "slow")
    work.spend(200, 16 * longest(claim))
    if not 2 + v < l < 4 or v == 0:
        raise Refused("the start does not lie between x L = 2 + (x kappa)^2 and 4")
    if 2 * B > 1:
        raise Refused("slow is above 1/2")
    energy, total = (2 - l) ** 2 + 2 * v, 2 * B / (2 - B) + B**2 / 2
    if energy + total * (4 * B**2 + 4 * B**3 + 3 * B**4 / 2) > B**2:
        raise Refused("slow does not satisfy the inequality of N14")
    least = energy - total * B**4 / 2
    words = ["the loss rises in step 1, L never increases and kappa tends to 0"]
    if "final_L" in claim:
        low, high = bounds = _bracket(claim["final_L"], "final_L")
        room = 2 - box.x * high
        if not (box.x * low <= 2 - B and room >= 0 and least > 0 and room**2 <= least):
            raise Refused("final_L is not proved")
        words.append(f"the limit of L lies in {_closed(bounds)}")
    if "peak_loss" in claim:
        low, high = bounds = _bracket(claim["peak_loss"], "peak_loss")
        reached = low <= 1 or (least > 0 and 2 * low * v <= least - B**4)
        if not (reached and 2 * high * v >= B**2):
            raise Refused("peak_loss is not proved")
        words.append(f"the greatest (kappa_t/kappa_0)^2 lies in {_closed(bounds)}")
    if "no_hit" in claim:
        words.append("no kappa_t is 0")
    return f"catapult: {'; '.join(words)} {lemmas({'N2', 'N3', 'N14'})}"


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


def _prove_critical(claim: dict[str, Any], box: Box) -> str:
    """N8: x L_0 = 4, or kappa_0 = 0."""
    if any(key in claim for key in ("steps", "final_L", "peak_loss")):
        raise Refused("steps, final_L and peak_loss belong to a critical start with a hit")
    box.start()
    if box.is_still:
        return f"critical: nothing moves {lemmas({'N8'})}"
    if box.L[0] == box.L[1] and box.x * box.L[0] == 4:
        return (
            "critical: x L stays 4, and u = x kappa, in [-2, 2] for ever, "
            f"moves by u^3 - 3u, that is 2 cos t to 2 cos 3t {lemmas({'N1', 'N8'})}"
        )
    raise Refused("neither x L_0 = 4 nor kappa_0 = 0 for the whole box")


# An exact hit


def _prove_hit(claim: dict[str, Any], name: str, box: Box, work: Work) -> str:
    """The whole path in fractions, up to kappa_t = 0."""
    hit = index(claim["hit"], "hit")
    if not 1 <= hit <= MOST_HIT_STEPS or "steps" not in claim or index(claim["steps"], "steps") != hit:
        raise Refused(f"hit is not from 1 to {MOST_HIT_STEPS}, or steps is something else")
    start = box.start()
    l, v = start.l[0], start.v[0]  # noqa: E741
    if start.l[0] != start.l[1] or start.v[0] != start.v[1]:
        raise Refused("the start is not single")
    begun, squares = l, [v]
    for _ in range(hit):
        size = sum(q.numerator.bit_length() + q.denominator.bit_length() for q in (l, v))
        if size > MOST_EXACT_BITS:
            raise Refused("the exact path gets too long")
        work.spend(40, 4 * size)
        f = 1 - l + v
        l, v = l - v * (4 - l), v * f * f  # noqa: E741
        squares.append(v)
    if v != 0 or squares[-2] == 0:
        raise Refused(f"kappa_{hit} is not 0, or was 0 before")
    rises = [t for t in range(hit) if squares[t + 1] > squares[t]]
    found = "critical" if begun >= 4 else "catapult" if rises else "lazy"
    if begun == 4 or name != found:
        raise Refused(f"the phase is not {name}")
    if name == "catapult" and index(claim["rise"], "rise") not in rises:
        raise Refused("the loss does not rise at that step")
    for key, value in (("final_L", l / box.x), ("peak_loss", max(squares) / squares[0])):
        if key in claim:
            low, high = _bracket(claim[key], key)
            if not low <= value <= high:
                raise Refused(f"{key} does not hold its value")
    rises_words = f"the loss rises in step {rises[0] + 1} first" if rises else "the loss never rises"
    peak = exact(max(squares) / squares[0])
    return (
        f"{name}: kappa_{hit} = 0 exactly, and L stays at {exact(l / box.x)}; {rises_words}, "
        f"the greatest (kappa_t/kappa_0)^2 is {peak} {lemmas({'N1', 'N8'})}"
    )


# Common


def _steps(claim: dict[str, Any]) -> int:
    steps = index(claim["steps"], "steps")
    if steps > MOST_STEPS:
        raise Refused(f"steps is above {MOST_STEPS}")
    return steps


def _bracket(value: Any, where: str) -> Side:
    table = fields(value, where, ("lower", "upper"))
    low, high = number(table["lower"], f"{where}.lower"), number(table["upper"], f"{where}.upper")
    if low > high:
        raise Refused(f"{where}.lower is above {where}.upper")
    return low, high


def _closed(bounds: Side) -> str:
    low, high = ends(*bounds)
    return f"[{low}, {high}]{mark(*bounds)}"


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
