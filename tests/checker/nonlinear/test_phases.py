"""The checker of phases and landing zones: good claims proved, changed ones refused unless they stay true."""

# ruff: noqa: E741  l is the letter of the lemmas

import copy
import json
from fractions import Fraction
from typing import Any

import mpmath as mp
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from kit.good_phases import BOXES, LANDINGS, POINTS, box, point, side, walk_of

from catalysis.certificate.document import certificate_of, claim
from catalysis.certificate.nonlinear import phase_map_claims
from catalysis.data.dataset import Dataset
from catalysis.nonlinear.landing import landing
from catalysis.nonlinear.phase import phase
from catalysis.nonlinear.phase_map import phase_map
from proofs_check.certificate import Verdict, check_certificate
from proofs_check.core.budget import Work
from proofs_check.nonlinear.phase_orbit import (
    Image,
    Start,
    final_is_at_least,
    final_is_at_most,
    has_no_later_hit,
)

F = Fraction
Json = Any


def check(entry: Json, dataset: Dataset | None = None) -> Verdict:
    return check_certificate(json.dumps(certificate_of(dataset, [entry])).encode())[0]


@pytest.mark.parametrize("name", POINTS)
def test_every_phase_is_proved(name: str) -> None:
    verdict = check(point(*POINTS[name]))
    assert verdict.proved, verdict.statement
    assert "[N" in verdict.statement and f"x = {point(*POINTS[name])['x']}" in verdict.statement


@pytest.mark.parametrize("x", [F(1), F(1, 3), F(169, 100)])
def test_every_box_of_a_map_is_proved(x: F) -> None:
    found = phase_map(x, (F(-5, 2) / x, F(5, 2) / x), (F(0), F(5) / x), depth=7)
    listed = phase_map_claims(found)
    verdicts = check_certificate(json.dumps(certificate_of(None, listed)).encode())
    assert len(listed) > 50 and all(v.proved for v in verdicts)


def changed(entry: Json, **new: Any) -> Json:
    """A copy with some keys replaced; None takes a key away."""
    other = copy.deepcopy(entry)
    for key, value in new.items():
        if value is None:
            other.pop(key, None)
        else:
            other[key] = value
    return other


def false_or_unproved(name: str) -> list[Json]:
    """Changes that make the claim false, or leave it without proof."""
    entry = point(*POINTS[name])
    words = ("lazy", "catapult", "divergent", "critical")
    found = [changed(entry, phase=word) for word in words if word != entry["phase"]]
    found += [changed(entry, phase=word, rise=None) for word in words if word != entry["phase"]]
    found += [
        changed(entry, phase=w, rise=None, final_L=None, peak_loss=None, no_hit=None, hit=None)
        for w in words
        if w not in (entry["phase"], "critical")
    ]
    found += [
        changed(entry, kind="phases"),
        changed(entry, x="0"),
        changed(entry, x="-1"),
        changed(entry, extra="1"),
    ]
    found += [changed(entry, kappa=side(1, 0)), changed(entry, L=side(-1, 1)), changed(entry, L=side(0, 0))]
    found += [changed(entry, kappa=side(100, 100)), changed(entry, L={"from": "1"})]
    if "steps" in entry:
        wrong = [None, -1, "1", 1.5, 10**17, True]
        found += [changed(entry, steps=w) for w in wrong if w is not None] + [changed(entry, steps=None)]
    if "final_L" in entry:
        low, high = (F(entry["final_L"][key]) for key in ("lower", "upper"))
        width = max(high - low, F(1, 10**12))
        for a, b in ((low + width, high + 2 * width), (low - 3 * width, low - 2 * width), (high, low - 1)):
            found.append(changed(entry, final_L={"lower": str(a), "upper": str(b)}))
        found.append(changed(entry, final_L={"lower": "0"}))
    if "peak_loss" in entry:
        low, high = (F(entry["peak_loss"][key]) for key in ("lower", "upper"))
        for a, b in ((low * 2, high * 3), (low / 3, high / 2), (F(1, 2), F(99, 100))):
            found.append(changed(entry, peak_loss={"lower": str(a), "upper": str(b)}))
    if "hit" in entry:
        found += [changed(entry, hit=k, steps=k) for k in (0, 2, 3, 13)] + [changed(entry, steps=3)]
    return found


@pytest.mark.parametrize("name", POINTS)
def test_changed_claims_are_refused(name: str) -> None:
    for entry in false_or_unproved(name):
        assert not check(entry).proved, entry


def test_a_rise_at_the_wrong_step_is_refused() -> None:
    entry = point(*POINTS["late-catapult"])
    assert entry["rise"] == 1
    for rise in (0, 2 * entry["steps"], entry["steps"], -1, "1"):
        assert not check(changed(entry, rise=rise)).proved


def test_too_few_steps_are_refused() -> None:
    for name, few in (("catapult", 2), ("lazy-above-2", 0), ("divergent", 1), ("near-four", 20), ("slow", 0)):
        entry = point(*POINTS[name])
        assert entry["steps"] > few
        assert not check(changed(entry, steps=few)).proved, name


def test_what_holds_later_is_not_proved_at_once() -> None:
    """Without any step the lemmas for l <= 2, and for a loss that no longer rises, do not apply."""
    entry = changed(point(1, F(1, 10**4), F(5, 2)), steps=0, no_hit=None, final_L=None, peak_loss=None)
    assert check(entry).proved
    assert not check(changed(entry, final_L={"lower": "1.45", "upper": "2.5"})).proved
    assert not check(changed(entry, peak_loss={"lower": "1", "upper": "1"})).proved
    assert not check(changed(entry, no_hit=True)).proved


def test_no_hit_is_proved_not_believed() -> None:
    entry = changed(point(*POINTS["hit"]), hit=None)
    assert not check(changed(entry, no_hit=True)).proved
    assert not check(changed(point(*POINTS["catapult"]), no_hit=False)).proved
    assert not check(changed(point(*POINTS["lazy-edge"]), no_hit=True, steps=0)).proved


def test_a_hit_next_to_its_denial_is_refused() -> None:
    for entry in (point(1, F(1, 2), F(5, 4)), point(*POINTS["hit"])):
        assert check(entry).proved and entry["hit"] == 1
        assert not check(changed(entry, no_hit=True)).proved
    assert not check(changed(point(*POINTS["hit"]), except_hits=True)).proved


def test_a_slow_catapult_needs_its_inequality() -> None:
    entry = point(*POINTS["creeping"])
    assert "slow" in entry and entry["steps"] == 0
    for bound in ("1", "1/2", "1/1000000", "0", "-1/10", str(F(entry["slow"]) * F(999999, 10**6))):
        assert not check(changed(entry, slow=bound)).proved, bound
    assert not check(changed(entry, slow=None)).proved
    for L in (2, F(5, 2), 2 + F(1, 10**5), 2 - F(1, 10**6)):
        assert not check(changed(entry, L=side(L, L))).proved
    assert not check(changed(entry, steps=1)).proved and not check(changed(entry, rise=1)).proved
    assert check(changed(entry, final_L=None, peak_loss=None)).proved


@pytest.mark.parametrize("entry", BOXES)
def test_boxes_up_to_their_exact_edges_are_proved(entry: Json) -> None:
    verdict = check(entry)
    assert verdict.proved, verdict.statement


@pytest.mark.parametrize(
    "entry",
    [
        box((0, 1), (0, F(201, 100)), "lazy", steps=0),
        box((0, 1), (0, 2), "lazy", steps=0, except_hits=True),
        box((F(1, 2), 1), (2, F(226, 100)), "lazy", steps=0),
        box((F(49, 100), 1), (2, F(9, 4)), "lazy", steps=0),
        box((0, F(1, 2)), (F(9, 4), 4), "catapult", steps=0, rise=0),
        box((0, F(51, 100)), (F(9, 4), 4), "catapult", steps=0, rise=0, except_hits=True),
        box((0, F(1, 2)), (F(224, 100), 4), "catapult", steps=0, rise=0, except_hits=True),
        box((0, F(1, 2)), (F(9, 4), F(401, 100)), "catapult", steps=0, rise=0, except_hits=True),
        box((0, F(1, 2)), (4, 4), "catapult", steps=0, rise=0, except_hits=True),
        box((-1, 1), (4, 9), "divergent", steps=0),
        box((-1, 1), (F(399, 100), 9), "divergent", steps=0, except_hits=True),
        box((-1, 1), (4, 4), "divergent", steps=0, except_hits=True),
        box((-1, 1), (4, 9), "divergent", steps=3, except_hits=True),
        box((1, F(11, 10)), (5, 6), "divergent", steps=5),
        box((3, 4), (0, 6), "lazy", steps=0),
        box((0, 0), (1, 1), "lazy", steps=0),
        box((0, F(1, 100)), (1, 9), "critical"),
        box((-1, 1), (4, 5), "critical"),
        box((0, 1), (0, 2), "lazy", steps=0, final_L={"lower": "0", "upper": "2"}),
        box((0, 1), (0, 2), "lazy", steps=0, no_hit=True),
    ],
)
def test_boxes_beyond_their_edges_are_refused(entry: Json) -> None:
    assert not check(entry).proved


def brute(x: F, kappa: F, L: F) -> tuple[str, Any, Any]:
    """The phase in 60 digits."""
    x_, k, l = (mp.mpf(q.numerator) / q.denominator for q in (x, kappa, L))
    first, top, rose = k, abs(k), False
    for _ in range(3000):
        new = (1 - x_ * l + (x_ * k) ** 2) * k
        l -= k**2 * x_ * (4 - x_ * l)
        rose = rose or abs(new) > abs(k) * (1 + mp.mpf(10) ** -50)
        k, top = new, max(top, abs(new))
        if x_ * l > 10**6:
            return "divergent", mp.inf, mp.inf
        if abs(k) < mp.mpf(10) ** -30:
            break
    return "catapult" if rose else "lazy", l, (top / first) ** 2


@settings(max_examples=80, deadline=None)
@given(
    st.fractions(0, 5, max_denominator=20),
    st.fractions(-1, 1, max_denominator=20),
    st.sampled_from(["lazy", "catapult", "divergent"]),
    st.integers(0, 12),
    st.integers(0, 3),
    st.fractions(0, 2, max_denominator=50),
    st.fractions(0, 2, max_denominator=50),
    st.booleans(),
)
def test_what_is_proved_of_a_random_claim_is_true(
    L: F, share: F, name: str, steps: int, rise: int, low: F, width: F, with_final: bool
) -> None:
    """Whatever the witness: a proved statement agrees with plain iteration."""
    kappa = L / 2 * share
    assume(L > 0)
    entry = box((kappa, kappa), (L, L), name, steps=steps)
    if name == "catapult":
        entry["rise"] = rise
    if with_final and name != "divergent":
        entry["final_L"] = {"lower": str(low), "upper": str(low + width)}
    if not check(entry).proved:
        return
    with mp.workdps(60):
        truth, final, _ = brute(F(1), kappa, L)
        assert truth == name
        if "final_L" in entry:
            assert mp.mpf(low.numerator) / low.denominator <= final + mp.mpf(10) ** -20
            high = low + width
            # plain iteration stops above the limit when it is slow
            assert final <= mp.mpf(high.numerator) / high.denominator + mp.mpf("0.01")


@settings(max_examples=100, deadline=None)
@given(
    st.fractions(0, 2, max_denominator=64),
    st.fractions(0, 1, max_denominator=64),
    st.fractions(0, 2, max_denominator=64),
)
def test_inequalities_of_the_final_curvature(l: F, share: F, bound: F) -> None:
    """N4 and N5 in integers, against floating-point iteration."""
    v = (l / 2 * share) ** 2
    image = Image.of(Start((l, l), (v, v), False), 80)
    a, b, missed = float(l), float(v), True
    at_least, at_most, no_hit = (
        final_is_at_least(image, bound),
        final_is_at_most(image, bound),
        has_no_later_hit(image),
    )
    for _ in range(4000):
        missed = missed and abs(1 - a + b) > 1e-9
        a, b = a - b * (4 - a), b * (1 - a + b) ** 2
    if at_least:
        assert a >= float(bound) - 1e-9
    if at_most and b < 1e-20:
        assert a <= float(bound) + 1e-9
    if no_hit and b > 0:
        assert missed


@settings(max_examples=80, deadline=None)
@given(
    *[st.lists(st.fractions(0, 5, max_denominator=16), min_size=2, max_size=2)] * 2,
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_the_integer_image_holds_every_state(ls: Any, vs: Any, i: int, j: int) -> None:
    (l0, l1), (v0, v1) = sorted(ls), sorted(vs)
    l, v = l0 + (l1 - l0) * i / 4, v0 + (v1 - v0) * j / 4
    assume(4 * v <= l * l)
    image = Image.of(Start((l0, l1), (v0, v1), True), 40).step(Work())
    p = (l * l - 4 * v) * (1 - v) ** 2
    l, v = l - v * (4 - l), v * (1 - l + v) ** 2
    for value, (low, high) in ((l, image.l), (v, image.v), (p, image.p)):
        assert low <= value * (1 << 40) <= high


def test_no_bound_above_the_start_is_proved() -> None:
    """The edges of N4: nothing is at least m > l, not even where both sides of the inequality vanish."""
    for l, v in ((F(2), F(0)), (F(2), F(1, 100)), (F(1), F(0)), (F(3, 2), F(1, 1000))):
        image = Image.of(Start((l, l), (v, v), False), 64)
        for m in (l + F(1, 10**9), F(9, 4), F(5), F(100)):
            assert not final_is_at_least(image, m)


def test_boxes_with_two_phases_are_refused() -> None:
    found = phase_map(F(1), (F(1), F(2)), (F(3), F(4)), depth=4)
    mixed = 0
    for cell in found.cells:
        corners = [
            (a + (b - a) * F(i, 100), c + (d - c) * F(j, 100))
            for (a, b), (c, d) in ((cell.kappa, cell.L),)
            for i in (3, 97)
            for j in (3, 97)
        ]
        names = {phase(F(1), k, L).phase for k, L in corners if 2 * k <= L}
        if len(names) < 2:
            continue
        mixed += 1
        for t in range(5):
            entry = box(cell.kappa, cell.L, "catapult", steps=t, rise=t, except_hits=True)
            assert not check(entry).proved
            assert not check(box(cell.kappa, cell.L, "lazy", steps=t)).proved
    assert mixed > 10


# Hostile claims


@pytest.mark.parametrize(
    "entry",
    [
        box(("1/3", "1/3"), ("1e9", "1e9"), "lazy", steps=0),
        box(("1/3", "1/3"), ("3." + "1" * 3000, "3." + "1" * 3000), "catapult", steps=200_000, rise=200_000),
        box(("1/3", "1/3"), ("3", "3"), "lazy", steps=200_001),
        box((1, 2), (5, "9" * 3000), "divergent", steps=200_000),
        box((1, 1), ("9" * 3900, "9" * 3900), "divergent", steps=200_000),
        changed(point(1, 1, 4), phase=["critical"]),
        changed(
            point(*POINTS["hit"]),
            kappa=side("1" + "0" * 2000 + "/3", "1" + "0" * 2000 + "/3"),
            hit=12,
            steps=12,
        ),
    ],
)
def test_hostile_claims_end_soon(entry: Json) -> None:
    assert not check(entry).proved


# Landing zones


@pytest.mark.parametrize("name", LANDINGS)
def test_landing_zones_are_proved(name: str) -> None:
    walk, start = LANDINGS[name]
    entry = claim(landing(walk, start))
    verdict = check(entry, walk.dataset)
    assert verdict.proved and "N12" in verdict.statement and "almost surely" in verdict.statement


@pytest.mark.parametrize("name", LANDINGS)
def test_changed_landing_zones_are_refused(name: str) -> None:
    walk, start = LANDINGS[name]
    entry = claim(landing(walk, start))
    tiny = F(1, 10**6)
    wrong = [
        changed(entry, zone=[]),
        changed(entry, zone=entry["zone"][:-1]),
        changed(entry, zone=entry["zone"][1:]),
    ]
    for i, piece in enumerate(entry["zone"]):
        low, high = F(piece["from"]), F(piece["to"])
        for a, b in ((low + tiny, high), (low, high - tiny), (high, low), (low - 1, high), (low, high + 9)):
            zone = copy.deepcopy(entry["zone"])
            zone[i] = side(a, b)
            wrong.append(changed(entry, zone=zone))
        wrong.append(changed(entry, zone=[*entry["zone"], piece]))
    limit = 4 / walk.rates[0]
    wrong += [changed(entry, lambda0=str(q)) for q in (0, -1, limit, limit + 1, start - tiny, start + tiny)]
    wrong += [
        changed(entry, step={"kind": "full_batch"}),
        changed(entry, zeros=None),
        changed(entry, extra=1),
    ]
    wrong += [changed(entry, regions=entry["regions"][:-1]), changed(entry, regions=[])]
    if entry["zeros"]:
        wrong += [changed(entry, zeros=entry["zeros"][:-1]), changed(entry, zeros=entry["zeros"][1:])]
    single_atom = walk.size == 1
    for other in wrong:
        if single_atom and other["step"] != entry["step"]:
            continue
        if not check(other, walk.dataset).proved:
            continue
        # a change of lambda0 alone may leave a true claim whose zone is as wide as before
        assert other["lambda0"] != entry["lambda0"] and F(other["lambda0"]) < limit, other


def test_the_window_ends_below_four() -> None:
    """The same claim at lambda0 = 4 - 1/1000 and 4, its regions right in both."""
    walk = walk_of("1:1/2, 0:1/2")
    entry = claim(landing(walk, F(3)))
    for end, proved in (("3.999", True), ("4", False), ("4.1", False)):
        other = changed(entry, lambda0=end)
        assert other["regions"][-1]["to"] == "3"
        other["regions"][-1]["to"] = end
        assert check(other, walk.dataset).proved is proved


def test_a_landing_zone_needs_its_own_data() -> None:
    walk, start = LANDINGS["three"]
    entry = claim(landing(walk, start))
    assert not check(entry).proved
    assert not check(entry, walk_of("1:9/10, x=3:1/10").dataset).proved


def test_a_wider_zone_is_still_true() -> None:
    walk, start = LANDINGS["three"]
    entry = changed(claim(landing(walk, start)), zone=[side(0, 1)])
    assert check(entry, walk.dataset).proved
