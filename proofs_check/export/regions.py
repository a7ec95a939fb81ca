"""`thresholds`, `drift`, `sign`, `sign_regions`: the theorems D1 to D6 of Drift.v, put together by Regions.v."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from proofs_check.core.data import read_step
from proofs_check.core.rule import Setting
from proofs_check.export.coq import NotExpressible, Theory, lemma, listed, real, theorem
from proofs_check.export.gaps import IN_ORDER, ends, exact_zero, gap_lemma, point
from proofs_check.export.law import LINEAR, CoqLaw, coq_law, law_parts
from proofs_check.linear.drift_value import DriftValue
from proofs_check.linear.gaps import gap_ends, gaps_meeting
from proofs_check.linear.points import NearPole, gap_of
from proofs_check.linear.regions import Listing, Regions, order, prove_listing
from proofs_check.linear.sign import Sign
from proofs_check.linear.sign_regions import SignRegions
from proofs_check.linear.thresholds import Thresholds
from proofs_check.linear.zeros import Listed, Tangency

BASE = Fraction(3, 2)
"""Seconds for the start of Coq and the libraries."""

A_LOGARITHM = Fraction(1, 100)
"""Seconds for a factor in an enclosure."""

SIGN = "sign_of w"
WAYS = {"up": "up", "down": "down", "tangency": "touch"}


def opening(law: CoqLaw, claim: dict[str, object], setting: Setting) -> list[str]:
    assert setting.data is not None
    return law_parts(law, setting.data, read_step(claim["step"]))


def thresholds(statement: Thresholds, claim: dict[str, object], setting: Setting) -> Theory:
    """T1."""
    law = coq_law(statement.case.law)
    last = law.size - 1
    p, x = map(real, law.pairs[last])
    critical, largest = real(statement.critical), real(statement.largest)
    said = (
        "exists p x, In (p, x) w /\\ (forall q y, In (q, y) w -> y <= x) /\\\n"
        f"  {critical} = 2 / x /\\ {largest} = 4 / x"
    )
    proof = (
        f"exists {p}, {x}. repeat split; try lra.\n"
        f"  - apply (nth_error_In w {last}); reflexivity.\n"
        f"  - intros q y I. assert (F : List.Forall (fun d => snd d <= {x}) w) by (unfold w; each_sample; lra).\n"
        "    rewrite List.Forall_forall in F. exact (F _ I)."
    )
    return Theory(
        (*opening(law, claim, setting), theorem("thresholds", said, f"\n  {proof}")),
        "thresholds",
        LINEAR,
        BASE + A_LOGARITHM * law.size,
    )


def drift(statement: DriftValue, claim: dict[str, object], setting: Setting) -> Theory:
    """The definition of G."""
    law = coq_law(statement.case.law)
    at = point(statement.at, law)
    k = gap_of(statement.case, statement.at, "lambda")
    said = f"no_pole w {at} /\\ {real(statement.lower)} < drift w {at} < {real(statement.upper)}"
    proof = f"split; [apply (gap_{k}); simpl; {IN_ORDER_OR_EASY} | split; {SIGN}]."
    made = [gap_lemma(law, k), theorem("drift_value", said, proof)]
    parts = (*opening(law, claim, setting), *(far(made) if isinstance(statement.at, NearPole) else made))
    return Theory(parts, "drift_value", LINEAR, BASE + 2 * A_LOGARITHM * law.size)


IN_ORDER_OR_EASY = "first [lra | easy | digits]"
NO_POLE = "apply no_pole_intro; unfold w; each_sample; lra"
TANGENT_SIGNS = f"{SIGN} | {SIGN}"


def sign(statement: Sign, claim: dict[str, object], setting: Setting) -> Theory:
    """D3, D4."""
    law = coq_law(statement.case.law)
    low, high = real(statement.start), real(statement.end)
    made = _positive(statement, law) if statement.positive else _negative(statement, law)
    said = (
        f"forall lam, {low} <= lam <= {high} -> 0 < drift w lam"
        if statement.positive
        else f"forall lam, {low} <= lam <= {high} -> no_pole w lam -> drift w lam < 0"
    )
    parts = (*opening(law, claim, setting), *made[:-1], theorem("sign", said, made[-1]))
    return Theory(parts, "sign", LINEAR, BASE + 3 * A_LOGARITHM * law.size * len(made))


def _positive(statement: Sign, law: CoqLaw) -> list[str]:
    k = gap_of(statement.case, statement.start, "from")
    low, high = ends(law, k)
    inside = f"apply inside_open; [exact gap_{k} | lra | simpl; {IN_ORDER_OR_EASY}]"
    proof = (
        f"apply (positive_piece w {low} {high} (law_weights w (proj1 data)) moves gap_{k} "
        f"{real(statement.start)} {real(statement.end)}); [{inside} | {inside} | {SIGN} | {SIGN}]."
    )
    return [gap_lemma(law, k), proof]


def _negative(statement: Sign, law: CoqLaw) -> list[str]:
    """One negative piece for each gap that the interval meets."""
    start, end = statement.start, statement.end
    if start == end:
        raise NotExpressible("the sign at a single point")
    witnesses = iter(statement.witnesses)
    parts, cuts = [], [start]
    for k in gaps_meeting(statement.case.law, start, end):
        low, high = gap_ends(statement.case, k)
        left, right = max(start, low), end if high is None else min(end, high)
        c = next(witnesses) if k else None
        parts += [
            gap_lemma(law, k),
            lemma(f"piece_{k}", f"negative_on w {real(left)} {real(right)}", _piece(law, k, c, left, right)),
        ]
        cuts.append(right)
    names = [f"piece_{k}" for k in gaps_meeting(statement.case.law, start, end)]
    joined = names[-1]
    for name, cut in zip(reversed(names[:-1]), reversed(cuts[1:-1]), strict=True):
        joined = f"(negative_join w _ {real(cut)} _ {name} {joined})"
    return [*parts, f"exact {joined}."]


def _piece(law: CoqLaw, k: int, c: Fraction | None, start: Fraction, end: Fraction) -> str:
    low, high = ends(law, k)
    left, right = real(start), real(end)
    if c is None:
        place = law.size - 1
        p, x = map(real, law.pairs[place])
        known = f"exists {p}, {x}; split; [apply (nth_error_In w {place}); reflexivity | lra]"
        return f"apply (negative_first w {high} {left} {right} data moves gap_0); [lra | lra | {known}]."
    if k == law.moving:
        p, x = map(real, law.pairs[law.idle])
        known = f"exists {p}, {x}; split; [apply (nth_error_In w {law.idle}); reflexivity | lra]"
        return f"apply (negative_end w {low} {left} {right} data moves gap_{k}); [lra | {known} | {SIGN}]."
    return (
        f"apply (negative_tangent w {low} {high} {real(c)} {left} {right} data moves gap_{k}); "
        f"[lra | lra | lra | {NO_POLE} | {TANGENT_SIGNS}]."
    )


def sign_regions(statement: SignRegions, claim: dict[str, object], setting: Setting) -> Theory:
    """D1 to D6: the complete list of zeros and regions."""
    law = coq_law(statement.listing.case.law)
    found = region_parts(statement.listing, law)
    parts = (*opening(law, claim, setting), *found.parts)
    return Theory(parts, "zeros", LINEAR, BASE + found.seconds)


@dataclass(frozen=True)
class RegionParts:
    """Lemmas that end with the theorems `regions` and `zeros`."""

    parts: list[str]
    seconds: Fraction


def region_parts(listing: Listing, law: CoqLaw) -> RegionParts:
    found = prove_listing(listing)
    gaps = list(gaps_meeting(listing.case.law, listing.start, listing.end))
    parts: list[str] = []
    own: dict[int, list[int]] = {k: [] for k in gaps}
    for i, zero in enumerate(found.zeros):
        own[zero.gap].append(i)
    for k in gaps:
        parts.append(gap_lemma(law, k))
        for i in own[k]:
            parts += _zero_lemmas(listing.zeros[i], i, k, law)
        parts.append(_region_lemma(listing, law, k, own[k]))
    parts.append(_whole(listing, law, gaps, own))
    parts += _restricted(listing, found, law)
    steep = sum(_weight(zero) for zero in listing.zeros)
    if any(isinstance(zero.lower, NearPole) for zero in listing.zeros):
        parts = far(parts)
    seconds = A_LOGARITHM * law.size * (2 * steep + 4 * len(listing.negative)) + Fraction(len(gaps), 3)
    return RegionParts(parts, seconds)


def far(parts: list[str]) -> list[str]:
    """The same proofs with more digits, for points beside a pole."""
    return [part.replace("digits", "far_digits").replace("sign_of w", "far_sign_of w") for part in parts]


def _weight(zero: Listed) -> Fraction:
    """Points beside a pole need many digits."""
    if isinstance(zero.lower, NearPole):
        return 1 + abs(zero.lower.t) / 4
    return Fraction(1)


def place(zero: Listed, law: CoqLaw) -> str:
    if zero.exact is not None:
        return f"At {real(zero.exact)}"
    return f"Between {point(zero.lower, law)} {point(zero.upper, law)}"


def entry(zero: Listed, law: CoqLaw) -> str:
    return f"({WAYS[zero.kind]}, {place(zero, law)})"


def _zero_lemmas(zero: Listed, i: int, k: int, law: CoqLaw) -> list[str]:
    """That the gap has the zero at its place."""
    low, high = ends(law, k)
    said = f"has_zero w {low} {high} ({place(zero, law)})"
    if zero.exact is not None:
        known = exact_zero(f"known_{i}", law, zero.exact, zero.base)
        proof = f"apply zero_known; [lra | simpl; {IN_ORDER_OR_EASY} | exact known_{i}]."
        return [known, lemma(f"zero_{i}", said, proof)]
    if isinstance(zero, Tangency):
        raise NotExpressible("a tangency at a point that is not rational")
    proof = (
        f"apply (zero_{'rises' if zero.kind == 'up' else 'falls'} w {low} {high} _ _ gap_{k}); "
        f"[{IN_ORDER} | {IN_ORDER} | simpl; {IN_ORDER_OR_EASY} | {SIGN} | {SIGN}]."
    )
    return [lemma(f"zero_{i}", said, proof)]


def _region_lemma(listing: Listing, law: CoqLaw, k: int, own: Sequence[int]) -> str:
    low, high = ends(law, k)
    zeros = [listing.zeros[i] for i in own]
    said = f"sign_regions w negative {low} {high} [{'; '.join(entry(zero, law) for zero in zeros)}]"
    if k == 0:
        proof = "exact (region_first w _ data moves gap_0)."
    elif k == law.moving:
        proof = f"exact (region_last w {low} data moves _ gap_{k} zero_{own[0]})."
    elif not zeros:
        c = real(listing.negative[k])
        proof = f"apply (region_tangent w {low} data moves {high} {c} gap_{k}); [lra | {NO_POLE} | {TANGENT_SIGNS}]."
    elif len(zeros) == 2:
        proof = (
            f"apply (region_two w {low} data moves {high} _ _ gap_{k} zero_{own[0]} zero_{own[1]}); "
            f"simpl; {IN_ORDER}."
        )
    else:
        at = real(zeros[0].exact or 0)
        slope = "write_out w; first [lra | field]"
        proof = (
            f"apply (region_touch w {low} data moves {high} {at} _ gap_{k}); "
            f"[lra | simpl; {IN_ORDER_OR_EASY} | exact known_{own[0]} | {slope} | reflexivity]."
        )
    return lemma(f"region_{k}", said, proof)


def _whole(listing: Listing, law: CoqLaw, gaps: list[int], own: dict[int, list[int]]) -> str:
    """All gaps, put together at the poles."""
    low, high = ends(law, gaps[0])[0], ends(law, gaps[-1])[1]
    zeros = listed(entry(zero, law) for zero in listing.zeros)
    steps = []
    for k in gaps[:-1]:
        before, pole = ends(law, k)
        at = law.size - 1 - k
        p, x = map(real, law.pairs[at])
        head = listed(entry(listing.zeros[i], law) for i in own[k])
        steps.append(
            f"refine (glue w {head} negative {before} {pole} {high} _ {p} {x} region_{k} _ eq_refl _ _ _ _); "
            f"[ | lra | simpl; {IN_ORDER_OR_EASY} | apply (nth_error_In w {at}); reflexivity | lra]."
        )
    proof = "\n  ".join([*steps, f"exact region_{gaps[-1]}."])
    return lemma("whole", f"sign_regions w negative {low} {high} {zeros}", f"\n  {proof}")


def _restricted(listing: Listing, found: Regions, law: CoqLaw) -> list[str]:
    """The theorems on the interval that was asked for."""
    first = found.inside[0] if found.inside else _count_before(listing, found)
    last = first + len(found.inside)
    start, end = real(listing.start), "p_infty" if listing.end is None else real(listing.end)
    kept = listed(entry(zero, law) for zero in listing.zeros[first:last])
    dropped = listed(entry(zero, law) for zero in listing.zeros[:first])
    rest = listed(entry(zero, law) for zero in listing.zeros[last:])
    places = listed(place(zero, law) for zero in listing.zeros[first:last])
    there = f"repeat constructor; simpl; {IN_ORDER}"
    easy = "simpl; first [exact I | lra | easy | digits]"
    low, high = (ends(law, k) for k in (_first_gap(listing), _last_gap(listing, law)))
    proof = (
        f"\n  apply (finish w {kept} _ _ _ {high[1]} {rest}); [ | {easy} | {there} | {easy}].\n"
        f"  apply (begin_at w {dropped} negative {low[0]}); [exact whole | lra | {easy} | {there} | {easy}]."
        if listing.end is not None
        else f"\n  apply (begin_at w {dropped} negative {low[0]}); [exact whole | lra | {easy} | {there} | {easy}]."
    )
    said = f"sign_regions w {found.signs[0]} {start} {end} {kept}"
    complete = (
        f"exists zs, Forall2 lies zs {places} /\\\n"
        f"  forall lam : R, ({start} < lam /\\ Rbar_lt lam {end} /\\ is_zero w lam) <-> In lam zs"
    )
    return [
        theorem("regions", said, proof),
        theorem("zeros", complete, "exact (complete w _ _ _ _ regions)."),
    ]


def _first_gap(listing: Listing) -> int:
    return gaps_meeting(listing.case.law, listing.start, listing.end)[0]


def _last_gap(listing: Listing, law: CoqLaw) -> int:
    return gaps_meeting(listing.case.law, listing.start, listing.end)[-1]


def _count_before(listing: Listing, found: Regions) -> int:
    """How many zeros lie at or before the start, if none is inside: all that are not beyond the end."""
    places = (order(listing.case, zero, listing.start, "a zero") for zero in found.zeros)
    return sum(place <= 0 for place in places)
