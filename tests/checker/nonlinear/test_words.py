"""Trees of words (W14, W15): arbitrary trees against the enumeration of all paths in exact numbers, and refusals."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from kit.good_width import changed, good, verdict

from proofs_check.core.budget import Work
from proofs_check.core.law import Case, Law
from proofs_check.core.reading import Refused
from proofs_check.nonlinear.width_start import Start
from proofs_check.nonlinear.words import NOWHERE, ONE, UNITS_PER_IMAGE, ZERO, Words, _Step

F = Fraction
Json = Any
Box = tuple[Fraction, Fraction, Fraction, Fraction]
TINY = F(1, 10**20)
FINE = F(1, 10**12)  # asks for 40 bits beyond the guard


def start_of(x: list[Fraction], weights: list[int], L0: Fraction, low: Fraction, high: Fraction) -> Start:
    return Start(
        Case(Law((1,), 1, (1,), 0, 1), Work(10**9), 4096), tuple(sorted(x)), tuple(weights), L0, low, high
    )


def text(places: list[tuple[int, ...]]) -> list[str]:
    return [" ".join(map(str, layer)) for layer in places]


@st.composite
def starts(draw: Any) -> tuple[Start, Fraction]:
    """A start with x* L_0 up to 4, 2 |kappa_0| <= L_0, perhaps known up to an interval only, and a level above."""
    count = draw(st.integers(1, 3))
    x = draw(
        st.lists(st.fractions(F(1, 10), 2, max_denominator=20), min_size=count, max_size=count, unique=True)
    )
    weights = draw(st.lists(st.integers(1, 4), min_size=count, max_size=count))
    L0 = draw(st.one_of(st.fractions(F(3, 2), 4, max_denominator=20), st.just(F(4)))) / max(x)
    high = L0 / 2 * draw(st.fractions(F(1, 100), F(9, 10), max_denominator=100))
    low = high * draw(st.sampled_from([F(1), F(1), F(999, 1000), F(3, 4)]))
    level = high + (L0 / 2 - high) * draw(st.fractions(F(1, 50), 1, max_denominator=50))
    return start_of(x, weights, L0, low, high), level


@st.composite
def trees(draw: Any, many: int) -> list[tuple[int, ...]]:
    """Places at random: words are held together without any reason."""
    layers, boxes = [], 1
    for _ in range(draw(st.integers(0, 4))):
        most = draw(st.integers(1, 3))
        layers.append(
            tuple(draw(st.lists(st.integers(0, most), min_size=boxes * many, max_size=boxes * many)))
        )
        if not (boxes := max(layers[-1])):
            return layers
    return [*layers, (0,) * (boxes * many)]


def after(k: Fraction, L: Fraction, x: Fraction) -> tuple[Fraction, Fraction]:
    return abs(1 - x * L + x * x * k * k) * k, L - k * k * x * (4 - x * L)


def short(q: Fraction) -> Fraction:
    return q.limit_denominator(10**30)


def reached(start: Start, level: Fraction, k: Fraction, steps: int) -> Fraction:
    """P(|kappa| reaches the level within so many steps) from k, by all words; in numbers of 30 digits."""
    states, found = [(k, start.L0, F(1))], F(0)
    for _ in range(steps):
        new = []
        for k1, L1, p in states:
            for x, w in zip(start.x, start.weights, strict=True):
                k2, L2 = after(k1, L1, x)
                if k2 >= level:
                    found += p * w / start.total
                elif start.x[-1] * L2 > 2:
                    new.append((short(k2), short(L2), p * w / start.total))
        states = new
    return found


def an_exponent(start: Start) -> Fraction | None:
    """The largest of a few b >= 1 with M(b; L_0) <= 1, which W2 allows."""
    moment = lambda b: (  # noqa: E731
        sum(w * abs(1 - x * start.L0) ** b for x, w in zip(start.x, start.weights, strict=True)) / start.total
    )
    return max((F(b) for b in (1, 2, 3, 4, 6) if moment(b) <= 1), default=None)


def plain(start: Start, level: Fraction, places: list[tuple[int, ...]]) -> tuple[Fraction, Fraction] | None:
    """V and U of W14 with w = 1, once more, in fractions; None where a box holds nothing."""
    layers: list[list[Box]] = [[(start.low, start.high, start.L0, start.L0)]]
    codes: list[list[tuple[Fraction | int, Fraction | int]]] = []
    many = len(start.x)
    for layer in places:
        held: dict[int, Box] = {}
        found: list[tuple[Fraction | int, Fraction | int]] = []
        for n, place in enumerate(layer):
            k1, k2, L1, L2 = layers[-1][n // many]
            x = start.x[n % many]
            ends = 1 - x * L2 + x * x * k1 * k1, 1 - x * L1 + x * x * k2 * k2
            least = F(0) if ends[0] <= 0 <= ends[1] else min(map(abs, ends))
            near, far = least * k1, max(map(abs, ends)) * k2
            down, up = max(F(0), L1 - k2 * k2 * x * (4 - x * L1)), L2 - k1 * k1 * x * (4 - x * L2)
            u: Fraction | int = F(1) if far >= level or start.x[-1] * up > 2 else F(0)
            v: Fraction | int = F(near >= level)
            if place and near < level:
                u, v = F(1) if far >= level else place, place
                b = held.get(place, (near, F(0), down, up))
                far = min(far, level)
                held[place] = min(b[0], near), max(b[1], far), min(b[2], down), max(b[3], up)
            found.append((u, v))
        codes.append(found)
        if len(held) < max(layer):
            return None
        layers.append([held[n] for n in range(1, max(layer) + 1)])
    values: list[tuple[Fraction, Fraction]] = []
    for found in reversed(codes):
        rows = [found[n : n + many] for n in range(0, len(found), many)]
        sums = []
        for row in rows:
            both = [F(0), F(0)]
            for pair, w in zip(row, start.weights, strict=True):
                for side, code in enumerate(pair):
                    both[side] += (code if isinstance(code, Fraction) else values[code - 1][side]) * w
            sums.append((both[0] / start.total, both[1] / start.total))
        values = sums
    return values[0][1], values[0][0]


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_no_tree_says_more_than_the_paths(data: st.DataObject) -> None:
    """W14 by brute force: whatever is held together, V <= P(within the steps of the tree), P(within more) <= U."""
    start, level = data.draw(starts())
    places = data.draw(trees(len(start.x)))
    try:
        words = Words.read(start, level, text(places), "here")
        below, above = words.below(FINE), words.above(FINE, None)
    except Refused:
        assume(False)
    exact = plain(start, level, places)
    assume(exact is not None)  # an image exactly at the level is not seen to be there
    assert exact is not None
    least, most = exact
    assert below <= least and most <= above
    if all(plain(start, level * (1 + e), places) == exact for e in (-TINY, TINY)):  # nothing exactly there
        assert least - below < TINY and above - most < TINY
    assert words.above(FINE, an_exponent(start)) <= above
    more = {1: 12, 2: 7, 3: 5}[len(start.x)]
    for k in (start.low, start.high):
        assert below <= reached(start, level, k, len(places)) + TINY
        assert words.above(FINE, an_exponent(start)) >= reached(start, level, k, more) - TINY


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_every_path_stays_in_the_boxes_it_names(data: st.DataObject) -> None:
    start, level = data.draw(starts())
    many = len(start.x)
    places = data.draw(trees(many))
    try:
        words = Words.read(start, level, text(places), "here")
        codes = words._layers
    except Refused:
        assume(False)
    for word in product(range(many), repeat=min(len(places), 4)):
        k, L, box = start.high, start.L0, 0
        for t, i in enumerate(word):
            k, L = after(k, L, start.x[i])
            u, v = (codes[t][side][box * many + i] for side in (0, 1))
            if k >= level:
                assert u == 0 and (v >= 0 or v == -1)
                break
            assert v != 0  # not taken for one that has surely passed
            if u == -1:
                assert start.x[-1] * L <= 2
            if not (place := places[t][box * many + i]):
                break
            box = place - 1


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_images_of_states_lie_in_the_image_of_their_box(data: st.DataObject) -> None:
    """Boxes of any size, also those on which 1 - x L + x^2 q changes its sign."""
    start, level = data.draw(starts())
    part = st.fractions(0, 1, max_denominator=9)
    k = sorted(start.L0 / 2 * data.draw(part) for _ in range(2))
    L = sorted(start.L0 * data.draw(part) for _ in range(2))
    step, one = _Step(start, level, 80), 1 << 80
    box = int(k[0] * one), int(k[1] * one) + 1, int(L[0] * one), int(L[1] * one) + 1
    for i, x in enumerate(start.x):
        (k_lo, k_hi, L_lo, L_hi), above, below = step.image(box, i)
        assert k_lo >= 0 and L_lo >= 0
        for a, b in product((F(0), data.draw(part), F(1)), repeat=2):
            k1, L1 = k[0] + a * (k[1] - k[0]), L[0] + b * (L[1] - L[0])
            k2, L2 = after(k1, L1, x)
            assert k_lo <= k2 * one and max(F(0), L2) * one >= L_lo and L2 * one <= L_hi
            assert k2 * one <= k_hi or (k2 >= level and above == ONE)
            assert below == ZERO or k2 >= level


def test_both_ends_of_the_start_count() -> None:
    """From 1/10 the level 2/5 is not reached in a step, from 3/10 it is."""
    start = start_of([F(2)], [1], F(3, 2), F(1, 10), F(3, 10))
    words = Words.read(start, F(2, 5), ["0"], "here")
    assert words.above(FINE, F(4)) == 1 and words.below(FINE) == 0


def test_an_image_that_may_have_passed_counts_as_passed_above_and_not_below() -> None:
    """From [1/10, 3/10] x = 2 leads to [0.164, 0.492], across 2/5: u is 1 though a box is named for the rest."""
    start = start_of([F(1, 2), F(2)], [3, 1], F(3, 2), F(1, 10), F(3, 10))
    words = Words.read(start, F(2, 5), ["0 1", "0 0"], "here")
    (above, below), (u, v) = words._layers
    assert above[1] == ONE and below == [ZERO, 1]
    # the other sample leaves at most 3/10 (1/4 + 9/400): w = 2^(-9/4) >= 0.08175/0.4 for the exponent 1
    assert above[0] == NOWHERE - 9 and u[1] == ONE and v == [ZERO, ZERO]
    most = (F(3, 4) * F("0.2102241038134287") + F(1, 4), F(3, 4) * F("0.2102241038134286") + F(1, 4))
    assert most[1] < words.above(FINE, F(1)) < most[0] + FINE
    assert words.below(FINE) == 0


@pytest.mark.parametrize("unit", ["1e-200", "1e-15", "1e100"])
def test_the_bits_are_those_of_the_start_in_any_unit(unit: str) -> None:
    """Data in other units, the same places: x is held to as many bits as near 1."""
    u, name = F(unit), "words"
    places = good(name)["claims"][0]["upper_proof"]["layers"]
    plain = start_of([F(1), F("1.69")], [1, 1], F("1.42"), F("0.0316"), F("0.0317"))
    scaled = start_of([u, u * F("1.69")], [1, 1], F("1.42") / u, F("0.0316") / u, F("0.0317") / u)
    found = [
        Words.read(start, level, places, "here")
        for start, level in ((plain, F("0.1")), (scaled, F("0.1") / u))
    ]
    assert abs(found[0].below(FINE) - found[1].below(FINE)) < TINY < found[0].below(FINE)
    assert abs(found[0].above(FINE, None) - found[1].above(FINE, None)) < TINY


# Refusals


LAYERS = "upper_proof.layers"
REFUSED: list[tuple[str, list[tuple[str, Any]], str]] = [
    ("words", [("lambda", "1.43")], ""),
    ("words", [("lambda", "1.41")], ""),
    ("words", [("kappa", "0.101")], ""),
    ("words", [("kappa", "0.099")], ""),
    ("words", [("width", "1100")], "holds no image"),
    ("words", [("width", "900")], "holds no image"),
    ("words", [("width", "99")], "not below the level"),
    ("words", [("upper_proof.exponent", "1.7")], "above 1"),
    ("words", [("upper_proof.exponent", "0.9")], "below 1 or"),
    ("words", [("upper_proof.exponent", ...)], "upper is below"),
    ("words", [("upper_proof.exponent", "1.5")], "upper is below"),
    ("words", [("upper_proof.exponent", ...), ("upper_proof.slabs", ["1", "2"])], "no exponent"),
    ("words", [("upper_proof.slabs", ["1", "2"])], "not below 1, but"),
    ("words", [("lower", "0"), ("upper", "0")], "upper is 0"),
    ("words", [(LAYERS, ...)], "lacks"),
    ("words", [(LAYERS, [])], "is empty"),
    ("words", [(LAYERS, ["1 0"])], "names a box"),
    ("words", [(LAYERS, ["1 0 0"])], "wrong number"),
    ("words", [(LAYERS, ["1 0", "0 0", "0 0"])], "wrong number"),
    ("words", [(LAYERS, ["-1 0"])], "below 0"),
    ("words", [(LAYERS, ["2 0", "0 0 0 0"])], "holds no image"),
    ("words", [(LAYERS, ["0 0"])], "lower is above"),
    ("words", [(LAYERS, ["0 0"]), ("lower", "0")], "upper is below"),
    ("words", [("lower_proof.layers", ["0 0"])], "lower is above"),
    ("words", [("upper_proof", {"method": "trivial"}), ("upper", "1")], "layers is missing"),
    ("words, flat", [("upper_proof.slabs", ...)], "below 1 or"),
    ("words, flat", [("upper_proof.exponent", "1")], "not below 1, but"),
    ("words, flat", [("upper_proof.slabs", ["1", "1", "2"])], "do not increase"),
    ("words, flat", [("upper_proof.slabs", [])], "do not reach"),
    ("words, flat", [("upper_proof.slabs", ["1.19", "1.5"])], "do not reach"),
    ("words, flat", [("upper_proof.slabs", ["1", "1.49"])], "do not reach"),
    ("words, flat", [("upper_proof.slabs", ["0.1", "1.5"])], "exceeds 1 in a slab"),
    ("words, flat", [("upper_proof.exponent", "0.9")], "exceeds 1 in a slab"),
    ("words, flat", [("lambda", "1.49")], ""),
]


@pytest.mark.parametrize(("name", "edits", "reason"), REFUSED)
def test_changed_claims_are_refused(name: str, edits: list[tuple[str, Any]], reason: str) -> None:
    proved, statement = verdict(changed(name, *edits))
    assert not proved and reason in statement, statement


@pytest.mark.parametrize("name", ["words", "words, flat"])
def test_tighter_ends_are_refused(name: str) -> None:
    for key, factor in (("lower", "1.0000000001"), ("upper", "0.9999999999")):
        value = str(F(good(name)["claims"][0][key]) * F(factor))
        assert not verdict(changed(name, (key, value)))[0]


def test_a_lower_bound_needs_words_of_its_own_elsewhere() -> None:
    """Of the words of the upper bound it uses nothing but the places."""
    layers = good("words")["claims"][0]["upper_proof"]["layers"]
    edits = ("upper_proof", {"method": "trivial"}), ("upper", "1"), ("lower_proof.layers", layers)
    assert verdict(changed("words", *edits))[0]
    assert verdict(changed("words", ("lower", "0")))[0]


def test_too_many_places_are_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proofs_check.nonlinear.words.MOST_IMAGES", 100)
    proved, statement = verdict(good("words"))
    assert not proved and "more than 100 places" in statement


def test_work_is_booked_before_it_is_done() -> None:
    start = start_of([F(1), F(2)], [1, 1], F(3, 2), F(1, 10), F(1, 10))
    words = Words.read(start, F(1, 2), ["1 1", "0 0"], "here")
    left = start.case.work.left
    words.below(FINE)
    assert left - start.case.work.left > 4 * UNITS_PER_IMAGE
    start.case.work.left = 150
    with pytest.raises(Refused, match="budget"):
        Words.read(start, F(1, 2), ["1 1", "0 0"], "here").below(FINE)
