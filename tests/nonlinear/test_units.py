"""Data in other units: k, L and 1/x times a number make the same paths, and so the same bounds and certificates."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from catalysis import LinearWalk, curvature_reduction, parse_samples, width_spike
from catalysis.certificate.document import certificate_of, claim, exact_number
from catalysis.certificate.nonlinear import lower_proof, upper_proof
from catalysis.nonlinear import spike as room
from catalysis.nonlinear.bounds import LowerBound, UpperBound, closed_form_upper, table_lower, table_upper
from catalysis.nonlinear.problem import WidthProblem
from catalysis.nonlinear.scheme import solve
from catalysis.nonlinear.scheme_grid import grid_of
from catalysis.nonlinear.spike import WidthSpike
from catalysis.nonlinear.units import brought_back, unit_of
from proofs_check.certificate import check_certificate

F = Fraction


def walk_in(unit: Fraction) -> LinearWalk:
    return LinearWalk(parse_samples(f"x={1 / unit}:1/2, x={F('1.69') / unit}:1/2"))


def spike_in(unit: Fraction, curvature: str, width: int, kappa: str) -> WidthSpike:
    return width_spike(walk_in(unit), F(curvature) * unit, width, unit, F(kappa) * unit)


def is_proved(document: Any) -> bool:
    (found,) = check_certificate(json.dumps(document).encode())
    return found.proved


def test_the_unit_is_a_power_of_ten_near_the_start() -> None:
    for L0, unit in (("1.42", "1"), ("0.01", "1"), ("100", "1"), ("101", "100"), ("2e-320", "1e-320")):
        curvature = F(L0)
        walk = LinearWalk(parse_samples(f"x={2 / curvature}:1/2, x={1 / curvature}:1/2"))
        problem = WidthProblem.of(walk, curvature, 1, curvature / 8, curvature / 4)
        assert unit_of(problem) == F(unit)
        scaled = problem.in_units(F(unit))
        assert scaled.in_units(1 / F(unit)) == problem and scaled.growth == problem.growth


@pytest.mark.parametrize(
    ("question", "unit"),
    [
        (("1.42", 1000, "0.1"), "1e-200"),
        (("1.5", 10**4, "0.03"), "1e100"),
        (("1.42", 10**12, "0.001"), "1e-15"),
    ],
)
def test_bounds_and_certificates_are_the_same(question: tuple[str, int, str], unit: str) -> None:
    """Words, words with slabs, closed forms."""
    plain, found = (spike_in(u, *question) for u in (F(1), F(unit)))
    assert (found.lower.method, found.upper.method) == (plain.lower.method, plain.upper.method)
    for one, two in ((plain.lower.value, found.lower.value), (plain.upper.value, found.upper.value)):
        assert abs(one - two) <= one / 10**9
    assert is_proved(certificate_of(found.walk.dataset, [claim(found)]))


def test_tables_in_other_units() -> None:
    """The coarsest, in the units where L_0 is near 1; their places come back."""
    u = F("1e-200")
    problem = WidthProblem.of(walk_in(u), F("1.42") * u, 1111, u, u / 10)
    near = problem.in_units(unit_of(problem))
    up = solve(grid_of(near, max(near.level / 20, near.high * F(9, 10)), 6, 8), "upper", F("1.6994"))
    down = solve(grid_of(near, max(near.level / 300, near.low / 5), 6, 8), "lower", F("1.7"))
    assert up is not None and down is not None
    upper = brought_back(table_upper(near, up), u, problem)
    lower = brought_back(table_lower(near, down), u, problem)
    assert upper.table is not None and upper.table.grid.pivot == problem.top
    assert 0 < lower.value < upper.value < 1
    entry = {
        "kind": "width_spike",
        "step": {"kind": "single"},
        "lambda": exact_number(problem.curvature),
        "width": "1111",
        "mu0": exact_number(u),
        "kappa": exact_number(problem.level),
        "lower": exact_number(lower.value),
        "upper": exact_number(upper.value),
        "lower_proof": lower_proof(lower),
        "upper_proof": upper_proof(upper),
    }
    assert is_proved(certificate_of(problem.walk.dataset, [entry]))


def test_places_come_back() -> None:
    u = F(1000)
    problem = WidthProblem.of(walk_in(u), F("1.55") * u, 10**16, u, u / 100)
    near = problem.in_units(u)
    found = closed_form_upper(near)
    assert brought_back(found, F(1), near) is found
    back = brought_back(found, u, problem)
    assert found.L1 is not None and back.L1 == 1000 * found.L1 and back.value == found.value
    carried = LowerBound(F(1, 9), "table", F(2), F(1), None, F("0.01"))
    assert brought_back(carried, u, problem) == LowerBound(F(1, 9), "table", F(2), u, None, F(10))
    assert brought_back(UpperBound(F(1, 9), "theorem", F(2)), u, problem).exponent == 2


def test_reductions_in_other_units() -> None:
    plain, found = (
        curvature_reduction(walk_in(u), F("1.42") * u, 25, u / 2, F("1.41") * u, epsilon=u / 5)
        for u in (F(1), F(1000))
    )
    assert plain.spike.reach.method == found.spike.reach.method
    assert abs(plain.spike.value - found.spike.value) < F(1, 10**9)
    assert is_proved(certificate_of(found.walk.dataset, [claim(found)]))


def test_no_table_of_levels_whose_squares_doubles_do_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "closed_form_lower", lambda problem: LowerBound(F(0), "trivial"))
    found = width_spike(walk_in(F(1)), "1.42", 10**12, "1e-330", "1e-330")
    assert found.shortfall is not None and "no table is made" in found.shortfall
