"""Good certificates about finite width."""

import json
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from catalysis.certificate.document import certificate_of, claim, exact_number
from catalysis.data.reading import parse_samples
from catalysis.data.walk import LinearWalk
from catalysis.nonlinear.spike import width_spike
from proofs_check.certificate import check_certificate

F = Fraction
Json = Any
WALK = LinearWalk(parse_samples("x=1:1/2, x=1.69:1/2"))


def made(curvature: str, width: str, kappa: str, tolerance: str) -> Json:
    found = width_spike(WALK, F(curvature), F(width), F(1), F(kappa), tolerance=F(tolerance))
    return certificate_of(WALK.dataset, [claim(found)])


@cache
def _good(name: str) -> str:
    documents: dict[str, Callable[[], Json]] = {
        "closed forms": lambda: made("1.42", "1000000000000", "0.001", "2"),
        "below one": lambda: made("1.55", "10000000000000000", "0.01", "100"),
        "stable": lambda: made("1.1", "100", "0.2", "1"),
        "reached": lambda: made("1.42", "4", "0.5", "1"),
        "barrier": lambda: made("1.42", "1000000", "0.3", "2"),
        "table": lambda: _older("table"),
        "carried": lambda: _older("carried"),
        "slabs": _slabs,
        "words": lambda: made("1.42", "1000", "0.1", "2"),
        "words, flat": lambda: made("1.5", "10000", "0.03", "2"),
        "aligned": lambda: _tables("1.42", "1111", "0.1"),
        "aligned, carried": lambda: _tables("1.42", "1000000000000", "0.05"),
    }
    return json.dumps(documents[name]())


def _tables(curvature: str, width: str, kappa: str) -> Json:
    """The coarsest tables only, so that the checker is quick."""
    from catalysis.nonlinear.bounds import table_lower, table_upper
    from catalysis.nonlinear.problem import WidthProblem
    from catalysis.nonlinear.scheme import solve
    from catalysis.nonlinear.scheme_grid import grid_of

    problem = WidthProblem.of(WALK, F(curvature), F(width), F(1), F(kappa))
    up = solve(grid_of(problem, max(problem.level / 20, problem.high * F(9, 10)), 6, 8), "upper", F("1.6994"))
    down = solve(grid_of(problem, max(problem.level / 300, problem.low / 5), 6, 8), "lower", F("1.7"))
    assert up is not None and down is not None
    upper, lower = table_upper(problem, up), table_lower(problem, down)
    assert lower.value > 0
    return _document(problem, lower, upper)


def _document(problem: Any, lower: Any, upper: Any) -> Json:
    from catalysis.certificate.nonlinear import lower_proof, upper_proof

    entry = {
        "kind": "width_spike",
        "step": {"kind": "single"},
        "lambda": exact_number(problem.curvature),
        "width": exact_number(problem.width),
        "mu0": "1",
        "kappa": exact_number(problem.level),
        "lower": exact_number(lower.value),
        "upper": exact_number(upper.value),
        "lower_proof": lower_proof(lower),
        "upper_proof": upper_proof(upper),
    }
    return certificate_of(WALK.dataset, [entry])


def _older(name: str) -> Json:
    """A certificate with columns of kappa, as earlier releases made them."""
    return json.loads((Path(__file__).parent / "width_tables.json").read_text())[name]


def _slabs() -> Json:
    """A coarse table of an exponent below 1."""
    from catalysis.nonlinear.bounds import LowerBound, table_upper
    from catalysis.nonlinear.problem import WidthProblem
    from catalysis.nonlinear.scheme import solve
    from catalysis.nonlinear.scheme_grid import grid_of

    problem = WidthProblem.of(WALK, F("1.5"), F(10**4), F(1), F("0.03"))
    table = solve(grid_of(problem, problem.level / 20, 6, 8), "upper", F("0.813"))
    assert table is not None
    return _document(problem, LowerBound(F(0), "trivial"), table_upper(problem, table))


WORDS = ("words", "words, flat")
ALIGNED = ("aligned", "aligned, carried", "slabs")
NAMES = ("closed forms", "below one", "stable", "reached", "barrier", "table", "carried", *WORDS, *ALIGNED)


def good(name: str) -> Json:
    return json.loads(_good(name))


def changed(name: str, *edits: tuple[str, Any]) -> Json:
    """A good document with the claim's fields (dotted paths) replaced; ... removes one."""
    document = good(name)
    for path, value in edits:
        *where, last = path.split(".")
        place = document["claims"][0]
        for key in where:
            place = place[key]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return document


def verdict(document: Json) -> tuple[bool, str]:
    """Whether its one claim is proved, and what is said."""
    (found,) = check_certificate(json.dumps(document).encode())
    return found.proved, found.statement


@cache
def _good_loss() -> str:
    """A claim `curvature_loss` with so coarse a table that the checker is quick."""
    from catalysis.nonlinear.bounds import table_lower
    from catalysis.nonlinear.loss import CurvatureReduction, QuietRoute, SpikeRoute, least_chance, quiet_value
    from catalysis.nonlinear.problem import WidthProblem
    from catalysis.nonlinear.scheme import solve
    from catalysis.nonlinear.scheme_grid import grid_of

    problem = WidthProblem.of(WALK, F("1.42"), F(10**12), F(1), F("0.05"))
    grid = grid_of(problem, problem.level / 300, 6, 8)
    table = solve(grid, "lower", F("1.7"))
    assert table is not None
    reach, L1 = table_lower(problem, table), F("1.41")
    chance = least_chance(problem, problem.level, L1, 3, (16, 4))
    quiet = QuietRoute(F("0.002"), quiet_value(problem, L1, F("0.002"), F(1)) or F(1), F(1))
    spike = SpikeRoute(problem.level, reach.value * chance, reach, chance, 3, (16, 4))
    start = (WALK, F("1.42"), F(10**12), F(1), L1, F("1.42"), L1)
    return json.dumps(certificate_of(WALK.dataset, [claim(CurvatureReduction(*start, spike, quiet))]))


def good_loss() -> Json:
    return json.loads(_good_loss())
