"""The band around theta: it holds theta at random points of every cell, covers the interval, keeps the tolerance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import mpmath as mp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.core_data import refused, walk_of, walks
from kit.drift_oracle import Scan, real

from catalysis.data.walk import LinearWalk
from catalysis.exact.effort import TooLong
from catalysis.exact.errors import InputError
from catalysis.exact.result import Verdict
from catalysis.exponent.band import ExponentBand, band_regimes, exponent_band
from catalysis.exponent.exponent import Regime
from catalysis.exponent.solve import StepExponent

TALK = walk_of((1, 1), ("1.69", 1))
THREE = walk_of((1, 1), (3, 9))
LONE = walk_of((0, 1), (1, 1))


@pytest.fixture(autouse=True)
def many_digits() -> Iterator[None]:
    with mp.workdps(40):
        yield


def unhurried(max_examples: int) -> settings:
    """So many examples, each as long as it takes; the same ones every time."""
    return settings(
        max_examples=max_examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )


def below_or_at(walk: LinearWalk, theta: Fraction, at: Fraction) -> bool:
    """Is theta <= theta(at)? By the sign of log M; only at a finite, positive theta(at) can it be equal."""
    if theta == 0 or at * walk.rates[0] <= 2:
        return True
    if at not in walk.pole_set and Scan(list(zip(walk.rates, walk.weights, strict=True))).drift(at) >= 0:
        return False
    excess = mp.mpf(0)
    for rate, p in zip(walk.rates, walk.weights, strict=True):
        r = real(abs(1 - at * rate))
        excess += real(p) * (mp.expm1(real(theta) * mp.log(r)) if r else -1)
    return bool(excess <= 0)


def agree(band: ExponentBand, shares: tuple[Fraction, ...]) -> None:
    """The bounds of each cell at its ends and at the given shares of it."""
    walk = band.walk
    for cell in band.cells:
        for share in (Fraction(0), *shares, Fraction(1)):
            at = cell.start + share * (cell.end - cell.start)
            if cell.lower is None:
                assert at * walk.rates[0] <= 2
            else:
                assert below_or_at(walk, cell.lower, at), (cell, at)
            if cell.upper == 0:
                assert not below_or_at(walk, Fraction(1, 10**30), at), (cell, at)
            elif cell.upper is not None:
                assert not below_or_at(walk, cell.upper * (1 + Fraction(1, 10**30)), at), (cell, at)


def covers(band: ExponentBand, start: Fraction, end: Fraction) -> bool:
    adjacent = all(a.end == b.start for a, b in pairwise(band.cells))
    return adjacent and (band.cells[0].start, band.cells[-1].end) == (start, end)


@unhurried(20)
@given(
    walks(largest=5, extreme=False),
    st.fractions(Fraction(1, 2), 2, max_denominator=20),
    st.fractions(Fraction(1, 20), 1, max_denominator=20),
    st.sampled_from(["1/2", "1/10", "2"]),
    st.fractions(0, 1, max_denominator=1000),
)
def test_theta_stays_inside_every_cell(
    walk: LinearWalk, start: Fraction, length: Fraction, tolerance: str, share: Fraction
) -> None:
    crit = 2 / walk.rates[0]
    low, high = start * crit, (start + length) * crit
    band = exponent_band(walk, low, high, tolerance=Fraction(tolerance), max_cells=300)
    assert covers(band, low, high)
    agree(band, (share, Fraction(1, 3)))
    assert bool(band.wide) == bool(band.reason or band.shortfall)
    assert (band.verdict is Verdict.UNDECIDED) == any(c.lower == 0 and c.upper is None for c in band.wide)
    for cell in band.cells:
        narrow = (
            cell.lower is None
            or cell.lower >= 20
            or (cell.width is not None and cell.width <= Fraction(tolerance))
        )
        jump = walk.size == 1 and cell.start == crit
        assert narrow or jump or cell in band.wide
    assert not refused(band)


@pytest.mark.parametrize("tolerance", ["1", "1/10", "1/100"])
def test_the_tolerance_is_kept(tolerance: str) -> None:
    band = exponent_band(TALK, Fraction("1.25"), Fraction("1.7"), tolerance=Fraction(tolerance))
    assert band.verdict is Verdict.PROVED and not band.wide
    assert max(cell.width or 0 for cell in band.cells) <= Fraction(tolerance)
    agree(band, (Fraction(1, 2),))
    assert not refused(band)


def test_the_band_follows_theta_through_an_island() -> None:
    """x = 1, 3: inflationary, then deflationary again around the pole at 1, where theta is below 1."""
    cuts = [Fraction("0.716830822989"), Fraction("0.99798"), Fraction("1.00191")]
    band = exponent_band(THREE, Fraction("0.6"), Fraction("1.1"), tolerance=Fraction(1, 5), cuts=cuts)
    regimes = band_regimes(band)
    assert regimes.count(Regime.INFLATIONARY) >= 2
    agree(band, (Fraction(1, 7), Fraction(1, 2)))
    at_pole = [cell for cell in band.cells if Fraction(1) in (cell.start, cell.end)]
    assert len(at_pole) == 2 and all(cell.upper is not None and 0 < cell.upper < 1 for cell in at_pole)
    assert not refused(band)


def test_a_stable_interval_is_one_cell() -> None:
    band = exponent_band(TALK, Fraction(1, 10), Fraction(1))
    (cell,) = band.cells
    assert (cell.lower, cell.upper, band_regimes(band)) == (None, None, [Regime.STABLE])
    assert band.to_json()["band"] == [{"from": "0.1", "to": "1", "exponent": "inf"}]
    assert not refused(band)


def test_one_rate_jumps_from_infinity_to_zero() -> None:
    band = exponent_band(LONE, Fraction(1), Fraction(3))
    assert [(c.lower, c.upper) for c in band.cells] == [(None, None), (0, None), (0, 0)]
    assert band.verdict is Verdict.PROVED and band.cells[1].end - band.cells[1].start <= Fraction(1, 1000)
    agree(band, (Fraction(1, 2),))
    assert not refused(band)


def test_cells_beyond_the_limit_are_called_wide() -> None:
    band = exponent_band(TALK, Fraction("1.2"), Fraction("1.7"), tolerance=Fraction(1, 1000), max_cells=10)
    assert band.wide and (band.shortfall or band.verdict is Verdict.UNDECIDED)
    assert len(band.to_json()["wider_than_asked"]) == len(band.wide)
    assert covers(band, Fraction("1.2"), Fraction("1.7"))
    agree(band, (Fraction(1, 2),))
    assert not refused(band)


def test_a_moved_bound_is_refused() -> None:
    band = exponent_band(TALK, Fraction("1.3"), Fraction("1.58"), tolerance=Fraction(1, 2))
    for i, cell in enumerate(band.cells):
        assert cell.lower is not None and cell.upper is not None
        for changed in (replace(cell, lower=cell.upper), replace(cell, upper=cell.lower)):
            cells = (*band.cells[:i], changed, *band.cells[i + 1 :])
            assert refused(replace(band, cells=cells)), changed


def test_progress_is_reported_and_ends_at_the_total() -> None:
    seen: list[tuple[int, int]] = []
    exponent_band(TALK, Fraction("1.3"), Fraction("1.5"), progress=lambda a, b: seen.append((a, b)))
    assert seen and seen[-1][0] == seen[-1][1]


@pytest.mark.parametrize(
    ("start", "end", "tolerance", "ceiling"),
    [("0", "1", "1", "20"), ("2", "1", "1", "20"), ("1", "2", "0", "20"), ("1", "2", "1", "1/2")],
)
def test_bad_arguments_are_refused(start: str, end: str, tolerance: str, ceiling: str) -> None:
    with pytest.raises(InputError):
        exponent_band(
            TALK, Fraction(start), Fraction(end), tolerance=Fraction(tolerance), ceiling=Fraction(ceiling)
        )


@pytest.mark.parametrize("factor", [0.0, 0.8, 0.97, 1.03, 1.3])
def test_a_wrong_guess_of_theta_never_makes_a_false_band(
    factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the search believes is not what the band claims."""
    real = StepExponent.__float__
    monkeypatch.setattr(StepExponent, "__float__", lambda found: factor * real(found))
    band = exponent_band(TALK, Fraction("1.3"), Fraction("1.7"), tolerance=Fraction(1, 2), max_cells=20)
    agree(band, (Fraction(1, 2),))
    assert not refused(band)


def test_a_band_that_would_take_minutes_is_refused_beforehand() -> None:
    """By its marks alone, or by how far theta falls; one line says how long, and what would allow it."""
    many = LinearWalk([Fraction(1000 + i, 1000) for i in range(3000)])
    with pytest.raises(
        TooLong, match=r"^walk: a band of some \d+ cells .* about \d+ minutes: .* max_work=\d+$"
    ):
        exponent_band(many, many.poles[0], many.poles[-1])
    few = LinearWalk([Fraction(1), Fraction(13, 10)])
    arguments = {"start": "1.3", "end": "1.5", "tolerance": "1/2"}
    with pytest.raises(TooLong, match=r"expected a narrower interval, a larger tolerance") as refused:
        exponent_band(few, **arguments, max_work=5)
    assert refused.value.work is not None
    found = exponent_band(few, **arguments, max_work=refused.value.work)
    assert found.verdict is Verdict.PROVED and len(found.cells) > 5
