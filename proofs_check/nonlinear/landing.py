"""The claim `landing`: where the curvature of SGD can end (N12), from the sign regions of G (D1 to D6)."""

from fractions import Fraction
from typing import Any

from proofs_check.core.law import Case
from proofs_check.core.reading import fields, items, number, positive
from proofs_check.core.refusal import Refused
from proofs_check.core.setting import Setting
from proofs_check.core.wording import exact, lemmas
from proofs_check.linear.regions import Regions, order, proved_regions
from proofs_check.linear.zeros import Zero

Piece = tuple[Fraction, Fraction]


def prove_landing(claim: dict[str, Any], setting: Setting) -> str:
    """Below the window's end, almost every path ends at kappa = 0 or with its curvature in the zone."""
    fields(claim, "the claim", ("kind", "step", "lambda0", "zone", "zeros", "negative_gaps", "regions"))
    case, opening = setting.case(claim)
    lambda0 = positive(claim["lambda0"], "lambda0")
    if lambda0 * case.law.largest_rate >= 4:
        raise Refused("lambda0 is not below 4 divided by the largest rate")
    found = proved_regions(claim, case, Fraction(0), lambda0)
    zone = _read_zone(claim["zone"], lambda0)
    _check_cover(case, found, zone, lambda0)
    pieces = " or ".join(f"[{exact(low)}, {exact(high)}]" for low, high in zone)
    return (
        f"{opening}from every start at lambda_0 = {exact(lambda0)} with kappa_0 not 0, at any width, almost surely "
        "lambda never increases, kappa tends to 0, and either kappa_t = 0 exactly for some t (impossible outside a "
        f"null set of starts) or the limit of lambda lies in {pieces}, which holds all lambda in (0, lambda_0) with "
        f"G <= 0 {lemmas({*found.used, 'N9', 'N12'})}"
    )


def _read_zone(value: Any, lambda0: Fraction) -> list[Piece]:
    """Ordered, disjoint, within [0, lambda0]."""
    zone: list[Piece] = []
    for i, entry in enumerate(items(value, "zone")):
        where = f"zone[{i}]"
        table = fields(entry, where, ("from", "to"))
        low, high = number(table["from"], f"{where}.from"), number(table["to"], f"{where}.to")
        if low > high or low < 0 or high > lambda0 or (zone and low <= zone[-1][1]):
            raise Refused(f"{where} is out of order or not within [0, lambda0]")
        zone.append((low, high))
    return zone


def _check_cover(case: Case, found: Regions, zone: list[Piece], lambda0: Fraction) -> None:
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
