"""The zeros and sign regions of G for people: the catapult window first, the rest in one line unless it is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from catalysis.certificate.linear import carries_brackets
from catalysis.drift.place import NearPole
from catalysis.drift.regions import SignRegions, Zero
from catalysis.drift.thresholds import Thresholds, catapult_window
from catalysis.drift.writing import Written, written
from catalysis.exact.balls import DEFAULT_MAX_BITS
from catalysis.exact.result import Enclosure
from catalysis.report.frame import Frame
from catalysis.report.tables import both, bracket, exactly, short

_MOST_ROWS = 40
_DIGITS = 18
_ARROWS = {1: "crossing, up", -1: "crossing, down", 0: "tangency"}

End = Fraction | Zero | None


@dataclass(frozen=True)
class _Row:
    """A sign region, or the part of one before or behind a threshold."""

    place: str
    start: End
    end: End
    sign: int


def regions_text(result: SignRegions, *, everything: bool = False) -> list[Frame]:
    """The zeros and the sign regions of G, with the lemma behind each line; `everything`: beyond lambda_max too."""
    limits = catapult_window(result.walk)
    number = {id(zero): f"z{i + 1}" for i, zero in enumerate(result.inside)}
    beyond = [zero for zero in result.inside if zero.side_of(limits.lambda_max, DEFAULT_MAX_BITS) == 1]
    count = len(result.inside) if everything else len(result.inside) - len(beyond)
    frames = [_zeros(result, number, count)]
    if not result.complete:
        return [*frames, _open_gaps(result)]
    return [*frames, _regions(result, number, limits, beyond, everything)]


def _zeros(result: SignRegions, number: dict[int, str], count: int) -> Frame:
    interval = f"({short(result.start)}, {'inf' if result.end is None else short(result.end)})"
    # a zero is written so that it is told from its neighbours
    shown = written(result.inside[: min(count, _MOST_ROWS) + 1], result.digits)[:count]
    rows = [
        (
            number[id(w.zero)],
            _ARROWS[w.zero.direction],
            _place(w, result.digits),
            f"proved ({_lemma(w.zero)})",
        )
        for w in shown[:_MOST_ROWS]
    ]
    notes = []
    if count > _MOST_ROWS:
        notes.append(f"  ... and {count - _MOST_ROWS} more (--json lists all)")
    if left := len(result.inside) - count:
        last = bracket(result.inside[-1].enclosure(), 8)
        notes.append(f"  and {left} beyond lambda_max, the last near {last} (regions --all lists them)")
    if not carries_brackets(result):
        notes.append(
            "  brackets: proved by this program; a certificate holds their number and the sign in each gap"
        )
    title = f"Zeros of G on {interval}: {len(result.inside)}"
    if not rows:
        return Frame.lines(title, *notes)
    return Frame.of(title, ("", "kind", "lambda", "verdict"), rows, *notes)


def _place(found: Written, digits: int) -> str:
    """A zero with the digits that tell it from its neighbours."""
    fewest = max(_DIGITS, digits + 2)
    if isinstance(found.zero.lower, NearPole):
        return zero_text(found.zero, max(fewest, found.log.places))
    return zero_text(
        found.zero, found.bracket.places if found.bracket.places > max(20, digits + 2) else fewest
    )


def zero_text(zero: Zero, digits: int = _DIGITS) -> str:
    """A zero in its bracket, or exactly; very near a pole by its log-distance."""
    if zero.exact is not None:
        return exactly(zero.exact)
    if isinstance(zero.lower, NearPole):
        sign, log = "+" if zero.lower.side > 0 else "-", zero.log_distance(digits)
        t = bracket(Enclosure(-log.upper, -log.lower), digits)
        return f"{short(zero.lower.pole)} {sign} exp(-t), t in {t}"
    return bracket(zero.enclosure(digits), digits)


def _lemma(zero: Zero) -> str:
    if zero.polynomial is not None:
        return "D6"
    return "D2" if zero.exact is None else "D2, D5"


def _regions(
    result: SignRegions, number: dict[int, str], limits: Thresholds, beyond: list[Zero], everything: bool
) -> Frame:
    rows = list(_split(result, limits, set(map(id, beyond))))
    kept = rows if everything else [row for row in rows if row.place != "beyond"] or rows
    cells = [
        (
            row.place,
            _end(row.start, number, limits),
            _end(row.end, number, limits),
            "positive (inflationary)" if row.sign > 0 else "negative",
            "proved (D1-D3)",
        )
        for row in kept[:_MOST_ROWS]
    ]
    notes = [f"  ... and {len(kept) - _MOST_ROWS} more"] if len(kept) > _MOST_ROWS else []
    if left := rows[len(kept) :]:
        signs = " and ".join({1: "positive", -1: "negative"}[s] for s in sorted({row.sign for row in left}))
        parts = f"{len(left)} more regions" if len(left) > 1 else "one more region"
        notes.append(f"  beyond lambda_max: {parts}, {signs} (regions --all lists them)")
    notes.append("The list is complete: proved, gap by gap (D1).")
    columns = ("", "from", "to", "sign", "verdict")
    return Frame.of("Sign regions of G", columns, cells, *notes)


def _split(result: SignRegions, limits: Thresholds, beyond: set[int]) -> Iterator[_Row]:
    """The regions, cut at lambda_crit and lambda_max."""
    for region in result.regions:
        cuts: list[End] = [region.start]
        for limit in (limits.lambda_crit, limits.lambda_max):
            if _before(region.start, limit, beyond) and _after(region.end, limit, beyond):
                cuts.append(limit)
        for start, end in zip(cuts, [*cuts[1:], region.end], strict=True):
            yield _Row(_name(start, limits, beyond), start, end, region.sign)


def _side(place: End, limit: Fraction, beyond: set[int]) -> int | None:
    if place is None:
        return 1
    if isinstance(place, Fraction):
        return (place > limit) - (place < limit)
    return 1 if id(place) in beyond else place.side_of(limit, DEFAULT_MAX_BITS)


def _before(place: End, limit: Fraction, beyond: set[int]) -> bool:
    return _side(place, limit, beyond) == -1


def _after(place: End, limit: Fraction, beyond: set[int]) -> bool:
    return _side(place, limit, beyond) == 1


def _name(start: End, limits: Thresholds, beyond: set[int]) -> str:
    if _side(start, limits.lambda_max, beyond) in (0, 1):
        return "beyond"
    return "stable" if _side(start, limits.lambda_crit, beyond) == -1 else "window"


def _open_gaps(result: SignRegions) -> Frame:
    lines = [f"The list is NOT known to be complete: {len(result.undecided)} gaps undecided."]
    for gap in result.undecided[:_MOST_ROWS]:
        left, right = result.walk.gap_ends(gap.gap)
        to = "inf" if right is None else short(right)
        lines.append(f"  undecided on ({short(left)}, {to}): {gap.reason}")
    return Frame.lines(*lines)


def _end(value: End, number: dict[int, str], limits: Thresholds) -> str:
    if isinstance(value, Zero):
        return number[id(value)]
    if value is None:
        return "inf"
    names = {limits.lambda_crit: "lambda_crit", limits.lambda_max: "lambda_max"}
    return f"{names[value]} = {decimal_text(value)}" if value in names else short(value)


def decimal_text(value: Fraction) -> str:
    """A number in decimals, cut off where it goes on."""
    return both(value).rpartition(" = ")[2]
