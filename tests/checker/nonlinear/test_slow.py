"""Slow catapults (N14): whatever is proved without the path agrees with the path; and each bound is about sharp."""

import json
from fractions import Fraction
from typing import Any

import mpmath as mp
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.good_certificates import certificate
from kit.good_phases import box

from proofs_check.certificate import check_certificate

F = Fraction
Json = Any


def proved(entry: Json) -> bool:
    return check_certificate(json.dumps(certificate(None, entry)).encode())[0].proved


def path(l0: Fraction, v0: Fraction) -> tuple[Any, Any, bool]:
    """The limit of l, the greatest v/v_0, and whether the loss rises in step 1, in 40 digits."""
    here, v = (mp.mpf(q.numerator) / q.denominator for q in (l0, v0))
    first, top = v, v
    rises = v * (1 - here + v) ** 2 > v
    for _ in range(20_000):
        here, v = here - v * (4 - here), v * (1 - here + v) ** 2
        top = max(top, v)
        if v < mp.mpf(10) ** -34:
            break
    return here, top / first, rises


def needed(l0: Fraction, v0: Fraction) -> Fraction | None:
    """About the least B of N14, by bisection; None if 1/2 is not enough."""

    def enough(B: Fraction) -> bool:
        energy, total = (2 - l0) ** 2 + 2 * v0, 2 * B / (2 - B) + B**2 / 2
        return energy + total * (4 * B**2 + 4 * B**3 + 3 * B**4 / 2) <= B**2

    grid = [l0 - 2 + (F(1, 2) - (l0 - 2)) * F(k, 64) for k in range(65)]
    return next((B for B in grid if enough(B)), None)


@settings(max_examples=60, deadline=None)
@given(
    st.fractions(F(1, 100), F(1, 5), max_denominator=200),
    st.fractions(F(1, 5000), F(1, 2), max_denominator=5000),
    st.sampled_from([F(1), F(3, 7), F(169, 100)]),
    st.fractions(F(9, 10), F(11, 10), max_denominator=50),
    st.fractions(F(1, 2), F(3, 2), max_denominator=50),
    st.fractions(F(1, 2), F(3, 2), max_denominator=50),
    st.booleans(),
)
def test_what_is_proved_of_a_slow_catapult_is_true(
    e: Fraction, share: Fraction, x: Fraction, stretch: Fraction, low: Fraction, high: Fraction, peak: bool
) -> None:
    """Bounds around the edge of what the lemma gives, each moved in both directions."""
    l0, root = 2 + e, share * e
    B = needed(l0, root**2)
    B = (B or F(1, 2)) * stretch
    entry = box((root / x, root / x), (l0 / x, l0 / x), "catapult", steps=0, rise=0, slow=str(B), no_hit=True)
    entry["x"] = str(x)
    if peak:
        edge = F(0), B**2 / 2 / root**2
        entry["peak_loss"] = {"lower": str(e**2 / 2 / root**2 * low), "upper": str(edge[1] * high)}
    else:
        entry["final_L"] = {"lower": str((2 - B * low) / x), "upper": str((2 - e * high) / x)}
    if not proved(entry):
        return
    with mp.workdps(40):
        final, top, rises = path(l0, root**2)
        assert rises
        tiny, key = mp.mpf(10) ** -20, "peak_loss" if peak else "final_L"
        ends = [F(entry[key][end]) * (1 if peak else x) for end in ("lower", "upper")]
        lower, upper = (mp.mpf(q.numerator) / q.denominator for q in ends)
        truth = top if peak else final
        assert lower <= truth * (1 + tiny)
        assert truth <= upper * (1 + tiny)


def test_the_edges_of_the_lemma_are_accepted_and_beyond_them_refused() -> None:
    e, root = F(1, 50), F(1, 500)
    l0 = 2 + e
    B = needed(l0, root**2)
    assert B is not None
    h = e**2 + 2 * root**2 - (2 * B / (2 - B) + B**2 / 2) * B**4 / 2
    entry = box((root, root), (l0, l0), "catapult", steps=0, rise=0, slow=str(B))
    tiny = F(1, 10**9)
    for low, high, good in (
        (2 - B, F(2), True),
        (2 - B + tiny, F(2), False),
        (F(0), 2 - e * F(99, 100), True),
        (F(0), 2 - e * F(12, 10), False),
        (F(0), 2 + tiny, False),
    ):
        assert proved(entry | {"final_L": {"lower": str(low), "upper": str(high)}}) is good
    least = (h - B**4) / 2 / root**2
    for low, high, good in (
        (least, B**2 / 2 / root**2, True),
        (least + tiny, B**2 / 2 / root**2, False),
        (least, B**2 / 2 / root**2 - tiny, False),
        (F(1), B**2 / 2 / root**2, True),
    ):
        assert proved(entry | {"peak_loss": {"lower": str(low), "upper": str(high)}}) is good
