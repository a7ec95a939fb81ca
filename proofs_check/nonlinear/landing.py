"""The claim `landing`: where the curvature of SGD can end.

N12, N9: lambda_0 xi* < 4, kappa_0 != 0, and every sign region of (0, lambda_0) where G is negative (complete by D1 to
D6) lies with its ends in one piece of the zone  =>  almost surely lambda never increases, kappa -> 0, and kappa_t = 0
for some t (for a null set of starts) or the limit of lambda lies in the zone.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs_check.core.law import Case
from proofs_check.core.reading import Refused, fields, items, number, positive
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import exact
from proofs_check.linear.regions import Listing, Regions, order, prove_listing, read_listing
from proofs_check.linear.zeros import Zero

Piece = tuple[Fraction, Fraction]
UNITS_A_PIECE = 10


@dataclass(frozen=True)
class Statement:
    """The zone; the listed zeros and regions are the witnesses."""

    opening: str
    case: Case
    lambda0: Fraction
    zone: tuple[Piece, ...]
    listed: Listing


def read(claim: dict[str, Any], setting: Setting) -> Statement:
    fields(claim, "the claim", ("kind", "step", "lambda0", "zone", "zeros", "negative_gaps", "regions"))
    case, opening = setting.case(claim)
    lambda0 = positive(claim["lambda0"], "lambda0")
    zone = _read_zone(claim["zone"], case)
    return Statement(opening, case, lambda0, zone, read_listing(claim, case, Fraction(0), lambda0))


def prove(statement: Statement) -> set[str]:
    case, lambda0 = statement.case, statement.lambda0
    if lambda0 * case.law.largest_rate >= 4:
        raise Refused("lambda0 is not below 4 divided by the largest rate")
    _check_zone(statement.zone, lambda0)
    found = prove_listing(statement.listed)
    _check_cover(case, found, statement.zone, lambda0)
    return {*found.used, "N9", "N12"}


def say(statement: Statement) -> str:
    pieces = " or ".join(f"[{exact(low)}, {exact(high)}]" for low, high in statement.zone)
    return (
        f"{statement.opening}from every start at lambda_0 = {exact(statement.lambda0)} with kappa_0 not 0, "
        "at any width, almost surely lambda never increases, kappa tends to 0, and either kappa_t = 0 exactly for "
        f"some t (impossible outside a null set of starts) or the limit of lambda lies in {pieces}, "
        "which holds all lambda in (0, lambda_0) with G <= 0"
    )


def _read_zone(value: Any, case: Case) -> tuple[Piece, ...]:
    zone = []
    for i, entry in enumerate(items(value, "zone")):
        where = f"zone[{i}]"
        case.work.spend(UNITS_A_PIECE)
        table = fields(entry, where, ("from", "to"))
        zone.append((number(table["from"], f"{where}.from"), number(table["to"], f"{where}.to")))
    return tuple(zone)


def _check_zone(zone: tuple[Piece, ...], lambda0: Fraction) -> None:
    """Ordered, disjoint, within [0, lambda0]."""
    before = Fraction(-1)
    for i, (low, high) in enumerate(zone):
        if low > high or low < 0 or high > lambda0 or low <= before:
            raise Refused(f"zone[{i}] is out of order or not within [0, lambda0]")
        before = high


def _check_cover(case: Case, found: Regions, zone: tuple[Piece, ...], lambda0: Fraction) -> None:
    """Every negative region with its ends lies in one piece."""
    cuts: list[Fraction | Zero] = [Fraction(0), *(found.zeros[i] for i in found.inside), lambda0]

    def reaches(q: Fraction, k: int, side: int) -> bool:
        """Whether q is at or beyond cut k, towards `side`."""
        cut = cuts[k]
        if isinstance(cut, Fraction):
            return side * (q - cut) >= 0
        return side * order(case, cut, q, f"zeros[{found.inside[k - 1]}]") <= 0

    here = 0
    for k, sign in enumerate(found.signs):
        if sign != "negative":
            continue
        while here < len(zone) and not reaches(zone[here][1], k + 1, 1):
            here += 1
        if here == len(zone) or not reaches(zone[here][0], k, -1):
            raise Refused(f"the zone leaves out a part of regions[{k}], where G is negative")


RULE = Rule(read, prove, say)
