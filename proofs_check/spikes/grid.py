"""The kind `spike_grid`: P(sup_t |mu_t| >= K |mu_0|) between bounds that two tables prove (SG1 to SG9)."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import log_of, times
from proofs_check.core.budget import Work, decide
from proofs_check.core.reading import Refused, fields, index, items, positive
from proofs_check.core.rule import Rule, Setting
from proofs_check.linear.moment import moment_above_one
from proofs_check.spikes.back import Layout
from proofs_check.spikes.cells import MOST_CELLS, Ladder, Table
from proofs_check.spikes.event import EVENT_KEYS, Event, level_key, read_bounds, read_event
from proofs_check.spikes.pieces import Pieces, Prover

FEWEST_BITS, MOST_BITS = 8, 120
MOST_TABLE_CHARACTERS = 8 << 20
MOST_SLOTS = 1 << 20
"""Fine cells of the steps back."""

MOST_LAYOUT = (1 << 14, 1 << 14, 1 << 10, 1 << 10)
_LAYOUT = ("per_step", "fine", "generations", "reach")


@dataclass(frozen=True)
class SpikeGrid:
    """That the probability of the event lies in the bounds, by a table of upper and one of lower values."""

    event: Event
    opening: str
    bounds: tuple[Fraction, Fraction]
    per_step: int
    above: Table | Pieces
    below: Table | Pieces


def read(claim: dict[str, Any], setting: Setting) -> SpikeGrid:
    level = level_key(claim)
    whole = ("cells_per_step",) if "cells_per_step" in claim else ()
    fields(claim, "the claim", (*EVENT_KEYS, level, "lower", "upper", *whole, "above", "below"))
    # the precision is capped by the length of the numbers, not by that of the tables
    case, opening = setting.case({key: claim[key] for key in ("step", "lambda", level, "lower", "upper")})
    event, bounds = read_event(claim, case), read_bounds(claim)
    sides = (("above", 1), ("below", -1))
    if not whole:
        pieces = [_read_pieces(claim[key], key, side, case.work) for key, side in sides]
        return SpikeGrid(event, opening, bounds, 0, *pieces)
    per_step = index(claim["cells_per_step"], "cells_per_step")
    if not 1 <= per_step <= MOST_CELLS:
        raise Refused("cells_per_step is out of range")
    tables = [_read_table(claim[key], key, side, per_step, case.work) for key, side in sides]
    return SpikeGrid(event, opening, bounds, per_step, *tables)


def _read_pieces(value: Any, where: str, side: int, work: Work) -> Pieces:
    """The table of straight pieces: v_k + c for k = 1 .. n - 1, and c for all points beyond."""
    table = fields(value, where, ("tilt", "bits", "values", "mass", "drop", *_LAYOUT))
    per_step, fine, generations, reach = (index(table[key], f"{where}.{key}") for key in _LAYOUT)
    layout = Layout(per_step, fine, generations, reach, positive(table["drop"], f"{where}.drop"))
    if not all(
        1 <= number <= most
        for number, most in zip((per_step, fine, generations, reach), MOST_LAYOUT, strict=True)
    ):
        raise Refused(f"{where} has a layout that is out of range")
    if (layout.reach + 1) * layout.fine_per_step > MOST_SLOTS:
        raise Refused(f"{where} has too many fine cells")
    tilt, bits, numbers = _read_numbers(table, where, layout.reach * layout.per_step, work)
    mass, far = positive(table["mass"], f"{where}.mass"), numbers[-1]
    if mass > 1:
        raise Refused(f"{where}.mass is above 1")
    return Pieces(side, tilt, bits, layout, mass, [number - far for number in numbers[:-1]], far, where)


def _read_table(value: Any, where: str, side: int, per_step: int, work: Work) -> Table:
    """The table: hexadecimal numbers of one width, the last one for all cells beyond."""
    table = fields(value, where, ("tilt", "bits", "values"))
    tilt, bits, numbers = _read_numbers(table, where, per_step, work)
    return Table(side, tilt, bits, numbers[:-1], numbers[-1], where)


def _read_numbers(
    table: dict[str, Any], where: str, least: int, work: Work
) -> tuple[Fraction, int, list[int]]:
    """The tilt, the bits, and more than `least` numbers."""
    tilt, bits = positive(table["tilt"], f"{where}.tilt"), index(table["bits"], f"{where}.bits")
    if not FEWEST_BITS <= bits <= MOST_BITS:
        raise Refused(f"{where}.bits is out of range")
    lines = items(table["values"], f"{where}.values")
    if not all(isinstance(line, str) for line in lines):
        raise Refused(f"{where}.values holds something else than strings")
    characters = sum(map(len, lines))
    if characters > MOST_TABLE_CHARACTERS:
        raise Refused(f"{where}.values is too long")
    work.spend(1 + characters // 8)
    digits = bits // 4 + 1
    count = characters // digits
    if characters % digits or not least < count <= MOST_CELLS:
        raise Refused(f"{where}.values is no table of {digits} digits a cell, longer than {least}")
    text = "".join(lines)
    if set(text) - set("0123456789abcdef"):
        raise Refused(f"{where}.values holds something else than hexadecimal digits")
    numbers = [int(text[at : at + digits], 16) for at in range(0, characters, digits)]
    if max(numbers) >= 2 << bits or min(numbers) < 1:
        raise Refused(f"{where}.values holds a number that is 0 or not below 2")
    return tilt, bits, numbers


def prove(statement: SpikeGrid) -> tuple[str, ...]:
    """E1, E2: lambda xi* > 2, M(above.tilt) < 1 < M(below.tilt) => deflationary, theta between the tilts.

    SG1 to SG3 (`Ladder.prove`): a table that satisfies the inequality of every cell is a bound at every distance
    to the level. SG5 (`_bound_holds`): with one exact step from the start it gives a bound of the probability.
    """
    event, case = statement.event, statement.event.case
    if not event.grows:
        raise Refused("lambda xi* does not exceed 2")
    if moment_above_one(case, statement.above.tilt, event.q):
        raise Refused("M(above.tilt; lambda) is above 1")
    if not moment_above_one(case, statement.below.tilt, event.q):
        raise Refused("M(below.tilt; lambda) is below 1")
    if isinstance(statement.above, Pieces) or isinstance(statement.below, Pieces):
        return _prove_pieces(statement)
    ladder = Ladder(event.walk(), statement.per_step, case.work, case.most_bits)
    if not _bound_holds(ladder, statement.above, statement.bounds[1]):
        raise Refused("the table above does not prove upper")
    if not _bound_holds(ladder, statement.below, statement.bounds[0]):
        raise Refused("the table below does not prove lower")
    return ("E1", "E2", "SG1", "SG2", "SG3", "SG5")


def _prove_pieces(statement: SpikeGrid) -> tuple[str, ...]:
    """SG6 to SG9 (`Prover`): steps back from the level, then a table whose inequality holds at every point."""
    event, walk = statement.event, statement.event.walk()
    for table, bound, name in (
        (statement.above, statement.bounds[1], "upper"),
        (statement.below, statement.bounds[0], "lower"),
    ):
        assert isinstance(table, Pieces)
        if not Prover(walk, table, event.case.work, event.case.most_bits).bound_holds(bound):
            raise Refused(f"the table {table.where} does not prove {name}")
    return ("E1", "E2", "SG1", "SG6", "SG7", "SG8", "SG9")


def _bound_holds(ladder: Ladder, table: Table, bound: Fraction) -> bool:
    """Whether s + w K^-tilt <= bound (for a lower table >=), s and w of the first step."""
    sure, worth = ladder.first_step(table, ladder.prove(table))
    room = bound - sure
    if table.side > 0:
        return room > 0 and (worth <= 0 or _compare(ladder, table, worth, room))
    return room <= 0 or (worth > 0 and not _compare(ladder, table, worth, room))


def _compare(ladder: Ladder, table: Table, worth: Fraction, room: Fraction) -> bool:
    """Whether worth K^-tilt <= room, for positive numbers; equality is not decided."""

    longest = max(worth.numerator, worth.denominator, room.numerator, room.denominator)
    length = max(longest, ladder.walk.level.numerator).bit_length()

    def at_most(prec: int) -> bool | None:
        ladder.work.spend_on_logs(3, prec, length)
        power = times(-table.tilt, ladder.walk.log_level(prec))
        size, limit = log_of(worth, prec), log_of(room, prec)
        if power[1] + size[1] <= limit[0]:
            return True
        return False if power[0] + size[0] > limit[1] else None

    return decide(at_most, ladder.most_bits, "a bound against its table")


def say(statement: SpikeGrid) -> str:
    return f"{statement.opening}{statement.event.in_words('deflationary', statement.bounds)}"


SPIKE_GRID = Rule(read, prove, say)
