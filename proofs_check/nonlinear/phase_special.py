"""Starts of the claim `phase` that need no path: critical ones, exact hits, and slow catapults (N8, N14)."""

from typing import Any

from proofs_check.core.budget import Work
from proofs_check.core.reading import index, longest, positive
from proofs_check.core.refusal import Refused
from proofs_check.core.wording import exact, lemmas
from proofs_check.nonlinear.phase_box import Box, bracket, closed

MOST_HIT_STEPS = 12
MOST_EXACT_BITS = 1 << 14


def prove_critical(claim: dict[str, Any], box: Box) -> str:
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


def prove_hit(claim: dict[str, Any], name: str, box: Box, work: Work) -> str:
    """The whole path in fractions, up to kappa_t = 0."""
    if "no_hit" in claim or "except_hits" in claim:
        raise Refused("hit goes with neither no_hit nor except_hits")
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
            low, high = bracket(claim[key], key)
            if not low <= value <= high:
                raise Refused(f"{key} does not hold its value")
    rises_words = f"the loss rises in step {rises[0] + 1} first" if rises else "the loss never rises"
    peak = exact(max(squares) / squares[0])
    return (
        f"{name}: kappa_{hit} = 0 exactly, and L stays at {exact(l / box.x)}; {rises_words}, "
        f"the greatest (kappa_t/kappa_0)^2 is {peak} {lemmas({'N1', 'N8'})}"
    )


def prove_slow(claim: dict[str, Any], box: Box, work: Work) -> str:
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
        low, high = bounds = bracket(claim["final_L"], "final_L")
        room = 2 - box.x * high
        if not (box.x * low <= 2 - B and room >= 0 and least > 0 and room**2 <= least):
            raise Refused("final_L is not proved")
        words.append(f"the limit of L lies in {closed(bounds)}")
    if "peak_loss" in claim:
        low, high = bounds = bracket(claim["peak_loss"], "peak_loss")
        reached = low <= 1 or (least > 0 and 2 * low * v <= least - B**4)
        if not (reached and 2 * high * v >= B**2):
            raise Refused("peak_loss is not proved")
        words.append(f"the greatest (kappa_t/kappa_0)^2 lies in {closed(bounds)}")
    if "no_hit" in claim:
        words.append("no kappa_t is 0")
    return f"catapult: {'; '.join(words)} {lemmas({'N2', 'N3', 'N14'})}"
