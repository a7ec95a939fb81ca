"""The claim `phase`: what becomes of a start, or of a box of starts, of the full-batch map (N1 to N11, N14).

The starts of the box satisfy the hypotheses of one form (phase_convergent, phase_divergent, phase_critical, phase_hit,
phase_slow)  =>  all of them have what that form says, but for exact hits where it says so (N9: a null set).
"""

from typing import Any

from proofs_check.core.reading import Refused, extent, fields, index, positive, quoted
from proofs_check.core.rule import Rule, Setting
from proofs_check.nonlinear.phase_box import Box, read_side
from proofs_check.nonlinear.phase_convergent import Convergent
from proofs_check.nonlinear.phase_critical import Critical
from proofs_check.nonlinear.phase_divergent import Divergent
from proofs_check.nonlinear.phase_form import Asked, Bounds, Form, read_steps
from proofs_check.nonlinear.phase_hit import MOST_STEPS as MOST_HIT_STEPS
from proofs_check.nonlinear.phase_hit import Hit
from proofs_check.nonlinear.phase_slow import Slow

KEYS = {
    "lazy": (("steps",), ("final_L", "peak_loss", "hit", "no_hit")),
    "catapult": (("steps", "rise"), ("final_L", "peak_loss", "hit", "no_hit", "except_hits", "slow")),
    "divergent": (("steps",), ("except_hits",)),
    "critical": ((), ("steps", "hit", "final_L", "peak_loss")),
}
OF_SINGLE_STARTS = ("final_L", "peak_loss", "hit", "no_hit", "slow")
UNITS = 60
"""Booked for reading a claim and putting it into words."""


def read(claim: dict[str, Any], setting: Setting) -> Form:
    name = claim.get("phase")
    if not isinstance(name, str) or name not in KEYS:
        raise Refused(f"the phase is {quoted(name)}, none of {', '.join(KEYS)}")
    required, optional = KEYS[name]
    fields(claim, "the claim", ("kind", "x", "kappa", "L", "phase", *required), optional)
    setting.work.spend(UNITS, 2 * extent(claim)[1])
    for key in ("no_hit", "except_hits"):
        if key in claim and claim[key] is not True:
            raise Refused(f"{key} is not true")
    box = Box(positive(claim["x"], "x"), read_side(claim["kappa"], "kappa"), read_side(claim["L"], "L"))
    if box.L[1] <= 0 or box.L[0] < 0:
        raise Refused("L is not positive")
    if not box.is_single and any(key in claim for key in OF_SINGLE_STARTS):
        raise Refused(f"{', '.join(OF_SINGLE_STARTS)} are for single starts")
    return _read_form(claim, name, Asked(box, setting.work, extent(claim)[1]))


def prove(statement: Form) -> set[str]:
    return statement.prove()


def say(statement: Form) -> str:
    but = (
        " unless kappa_t = 0 exactly for some t (a null set of starts, N9)"
        if statement.leaves_out_hits
        else ""
    )
    return f"{statement.asked.box.words()}{but}: {statement.words()}"


def _read_form(claim: dict[str, Any], name: str, asked: Asked) -> Form:
    if "slow" in claim:
        return _read_slow(claim, asked)
    if "hit" in claim:
        return _read_hit(claim, name, asked)
    if name == "critical":
        if any(key in claim for key in ("steps", "final_L", "peak_loss")):
            raise Refused("steps, final_L and peak_loss belong to a critical start with a hit")
        return Critical(asked)
    if name == "divergent":
        return Divergent(asked, read_steps(claim), "except_hits" in claim)
    rise = index(claim["rise"], "rise") if name == "catapult" else None
    return Convergent(asked, read_steps(claim), rise, "except_hits" in claim, Bounds.read(claim))


def _read_slow(claim: dict[str, Any], asked: Asked) -> Slow:
    at_start = index(claim["steps"], "steps") == index(claim["rise"], "rise") == 0
    if not at_start or "hit" in claim or "except_hits" in claim:
        raise Refused("slow belongs to a catapult with steps and rise 0, without hit and except_hits")
    return Slow(asked, positive(claim["slow"], "slow"), Bounds.read(claim))


def _read_hit(claim: dict[str, Any], name: str, asked: Asked) -> Hit:
    if "no_hit" in claim or "except_hits" in claim:
        raise Refused("hit goes with neither no_hit nor except_hits")
    hit = index(claim["hit"], "hit")
    if not 1 <= hit <= MOST_HIT_STEPS or "steps" not in claim or index(claim["steps"], "steps") != hit:
        raise Refused(f"hit is not from 1 to {MOST_HIT_STEPS}, or steps is something else")
    rise = index(claim["rise"], "rise") if name == "catapult" else None
    return Hit(asked, name, hit, rise, Bounds.read(claim))


RULE = Rule(read, prove, say)
