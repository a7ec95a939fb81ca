"""The claim `spike_grid`: P(sup_t |mu_t| >= K |mu_0|) between bounds that two tables prove (SG1 to SG5)."""

from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import log_ratio, times
from proofs_check.core.budget import decide
from proofs_check.core.law import Case
from proofs_check.core.reading import fields, index, items, number, positive
from proofs_check.core.refusal import Refused
from proofs_check.core.setting import Setting
from proofs_check.core.wording import bracket, exact
from proofs_check.linear.moment import moment_above_one
from proofs_check.spikes.cells import MOST_CELLS, Ladder, Table
from proofs_check.spikes.spike import Event
from proofs_check.spikes.walk import Walk

FEWEST_BITS, MOST_BITS = 8, 120
MOST_TABLE_CHARACTERS = 8 << 20


def prove_spike_grid(claim: dict[str, Any], setting: Setting) -> str:
    """The probability of a spike by one pass over each table."""
    level_key = "factor_squared" if "factor_squared" in claim else "factor"
    keys = ("kind", "step", "lambda", level_key, "lower", "upper", "cells_per_step", "above", "below")
    fields(claim, "the claim", keys)
    case, opening = setting.case({key: claim[key] for key in ("step", "lambda", level_key, "lower", "upper")})
    q, level = positive(claim["lambda"], "lambda"), positive(claim[level_key], level_key)
    if level <= 1:
        raise Refused(f"{level_key} is not above 1")
    bounds = number(claim["lower"], "lower"), number(claim["upper"], "upper")
    if not 0 <= bounds[0] <= bounds[1] <= 1:
        raise Refused("lower and upper are not in order between 0 and 1")
    per_step = index(claim["cells_per_step"], "cells_per_step")
    if not 1 <= per_step <= MOST_CELLS:
        raise Refused("cells_per_step is out of range")
    event = Event(case, q, level, 2 if level_key == "factor_squared" else 1)
    if not event.grows:
        raise Refused("lambda xi* does not exceed 2")
    tilts = [_read_tilt(claim[key], key) for key in ("above", "below")]
    if moment_above_one(case, tilts[0], q):
        raise Refused("M(above.tilt; lambda) is above 1")
    if not moment_above_one(case, tilts[1], q):
        raise Refused("M(below.tilt; lambda) is below 1")
    ladder = Ladder(event.walk(), per_step, case.work, case.most_bits)
    _check_above(case, ladder, _read_table(claim["above"], "above", 1, ladder), bounds[1])
    _check_below(case, ladder, _read_table(claim["below"], "below", -1, ladder), bounds[0])
    words = f"sqrt({exact(level)})" if event.root == 2 else exact(level)
    return (
        f"{opening}at lambda = {exact(q)} the regime is deflationary and P(sup |mu_t| >= K |mu_0|), K = {words}, "
        f"in the linear regime lies in {bracket(*bounds, shape='[]')} [E1, E2, SG1, SG2, SG3, SG5]"
    )


def _read_tilt(value: Any, where: str) -> Fraction:
    table = fields(value, where, ("tilt", "bits", "values"))
    return positive(table["tilt"], f"{where}.tilt")


def _read_table(value: Any, where: str, side: int, ladder: Ladder) -> Table:
    """The table: hexadecimal numbers of one width, the last one for all cells beyond."""
    bits = index(value["bits"], f"{where}.bits")
    if not FEWEST_BITS <= bits <= MOST_BITS:
        raise Refused(f"{where}.bits is out of range")
    lines = items(value["values"], f"{where}.values")
    if not all(isinstance(line, str) for line in lines):
        raise Refused(f"{where}.values holds something else than strings")
    characters = sum(map(len, lines))
    if characters > MOST_TABLE_CHARACTERS:
        raise Refused(f"{where}.values is too long")
    ladder.work.spend(1 + characters // 4)
    digits = bits // 4 + 1
    count = characters // digits
    if characters % digits or not ladder.per_step < count <= MOST_CELLS:
        raise Refused(f"{where}.values is no table of {digits} digits a cell, longer than cells_per_step")
    text = "".join(lines)
    if set(text) - set("0123456789abcdef"):
        raise Refused(f"{where}.values holds something else than hexadecimal digits")
    numbers = [int(text[at : at + digits], 16) for at in range(0, characters, digits)]
    if max(numbers) >= 2 << bits or min(numbers) < 1:
        raise Refused(f"{where}.values holds a number that is 0 or not below 2")
    return Table(side, Fraction(value["tilt"]), bits, numbers[:-1], numbers[-1], where)


def _check_above(case: Case, ladder: Ladder, table: Table, upper: Fraction) -> None:
    """The table is a bound from above, and with one exact step from the start it gives `upper`."""
    sure, worth = ladder.first_step(table, ladder.prove(table))
    room = upper - sure
    if room <= 0 or not _compare(case, ladder.walk, table, worth, room):
        raise Refused("the table above does not prove upper")


def _check_below(case: Case, ladder: Ladder, table: Table, lower: Fraction) -> None:
    sure, worth = ladder.first_step(table, ladder.prove(table))
    room = lower - sure
    if room > 0 and _compare(case, ladder.walk, table, worth, room):
        raise Refused("the table below does not prove lower")


def _compare(case: Case, walk: Walk, table: Table, worth: Fraction, room: Fraction) -> bool:
    """Whether worth K^-tilt <= room, for positive numbers."""
    if worth <= 0:
        return True

    def at_most(prec: int) -> bool | None:
        case.work.spend_on_logs(3, prec)
        power = times(-table.tilt, walk.log_level(prec))
        size = log_ratio(worth.numerator, worth.denominator, prec)
        limit = log_ratio(room.numerator, room.denominator, prec)
        if power[1] + size[1] <= limit[0]:
            return True
        return False if power[0] + size[0] > limit[1] else None

    return decide(at_most, case.most_bits, "a bound against its table")
