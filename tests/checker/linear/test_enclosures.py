"""The checker's laws, drift, moments, order of points and tangency algebra against brute force."""

import math
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath as mp
import pytest
from kit.good_certificates import Model, data_set, real

from proofs_check.core import minibatch
from proofs_check.core.arithmetic import Undecided
from proofs_check.core.budget import Work
from proofs_check.core.data import Step, read_data
from proofs_check.core.law import Case, law_of
from proofs_check.core.reading import Refused
from proofs_check.linear.drift import _slope, drift, factors
from proofs_check.linear.gaps import gap_ends
from proofs_check.linear.moment import _moment, _slopes
from proofs_check.linear.points import NearPole, Point, at_most, gap_of
from proofs_check.linear.tangency import Factors, check_critical, check_unit_product, read_factors


def random_case(rng: random.Random, most: int = 4) -> tuple[Case, Model]:
    """A random small data set and single step, for the checker and by brute force."""
    xs = sorted(
        {Fraction(rng.randrange(0, 60), rng.choice((1, 7, 10))) for _ in range(rng.randrange(1, most + 1))}
    )
    xs = xs if xs[-1] else [Fraction(1)]
    data = data_set(
        *((str(x), rng.randrange(1, 5)) for x in xs), learning_rate=str(Fraction(rng.randrange(1, 9), 3))
    )
    law = law_of(read_data(data, Work()), Step("single"), Work())
    return Case(law, Work(), 4096), Model(data, {"kind": "single"})


def assert_holds(bounds: tuple[int, int | None], truth: Any, prec: int) -> None:
    """lo <= truth <= hi for an mpmath number good to far more than `prec` bits."""
    scaled = truth * mp.mpf(2) ** prec
    slack = mp.mpf(10) ** -30 * (1 + abs(scaled) * mp.mpf(2) ** -prec)
    assert bounds[0] <= scaled + slack
    assert bounds[1] is None or scaled - slack <= bounds[1]


def random_curvature(rng: random.Random, model: Model) -> Fraction:
    """A positive rational, often close to a pole."""
    q = Fraction(rng.randrange(1, 4000), rng.randrange(1, 500))
    if rng.random() < 0.5:
        return rng.choice(model.poles) + rng.choice((1, -1)) * model.poles[0] / int(
            f"1{'0' * rng.randrange(1, 30)}"
        )
    return q


def test_drift_and_slope_hold_the_truth() -> None:
    rng = random.Random(1)
    with mp.workdps(120):
        for _ in range(400):
            case, model = random_case(rng)
            q, prec = random_curvature(rng, model), rng.randrange(16, 200)
            if q in model.poles:
                continue
            assert_holds(drift(case, q, prec), model.drift(q), prec)
            ns, _ = factors(case.law, q)
            assert_holds(_slope(case.law, ns, q.denominator, prec), model.slope(q), prec)


def test_drift_near_poles_holds_the_truth() -> None:
    rng = random.Random(2)
    with mp.workdps(300):
        for _ in range(400):
            case, model = random_case(rng)
            prec = rng.randrange(16, 150)
            point = NearPole(
                rng.randrange(len(model.poles)), rng.choice((1, -1)), Fraction(rng.randrange(-20, 4000), 10)
            )
            at = model.poles[point.pole]
            position = real(at) + point.side * mp.exp(-real(point.t))
            try:
                gap = gap_of(case, point, "the point")
            except Refused:
                gap = None
            true_gap = sum(position > real(p) for p in model.poles)
            wanted = point.pole + (point.side > 0)
            assert (gap is not None) == (position > 0 and true_gap == wanted)
            if gap is not None:
                assert gap == true_gap
                try:
                    assert_holds(drift(case, point, prec), model.drift(position), prec)
                except Undecided:
                    assert prec < 100


def test_points_of_one_gap_are_ordered_truly() -> None:
    rng = random.Random(3)
    compared = 0
    with mp.workdps(300):
        for _ in range(600):
            case, model = random_case(rng)
            gap = rng.randrange(len(model.poles) + 1)
            a, b = (random_point(rng, case, gap) for _ in range(2))
            if a is None or b is None or a == b:
                continue
            compared += 1
            assert at_most(case, a, b) == (place(model, a) < place(model, b))
    assert compared > 200


def random_point(rng: random.Random, case: Case, gap: int) -> Point | None:
    """A point in the gap, or None."""
    low, high = gap_ends(case, gap)
    side = rng.choice((0, 1, -1))
    point: Point
    if side == 0:
        width = (high or low + 3) - low
        point = low + width * Fraction(1, rng.choice((2, 3, 10**9, 10**40)))
        if rng.random() < 0.5:
            point = 2 * low + width - point
    else:
        pole = gap - 1 if side > 0 else gap
        if not 0 <= pole < len(case.law.weights):
            return None
        point = NearPole(pole, side, Fraction(rng.randrange(-5, 200), rng.choice((1, 3))))
    try:
        return point if gap_of(case, point, "") == gap else None
    except Refused:
        return None


def place(model: Model, point: Point) -> Any:
    if isinstance(point, Fraction):
        return real(point)
    pole = model.poles[point.pole]
    return real(pole) + point.side * mp.exp(-real(point.t))


def test_moments_and_their_slopes_hold_the_truth() -> None:
    rng = random.Random(4)
    with mp.workdps(80):
        for _ in range(250):
            case, model = random_case(rng)
            q, prec = random_curvature(rng, model), rng.randrange(24, 150)
            theta = Fraction(rng.randrange(1, 5000), rng.choice((100, 1000)))
            assert_holds(_moment(case, theta, q, prec), model.moment(theta, q), prec)
            if q in model.poles:
                continue
            lower, upper = theta, theta + Fraction(rng.randrange(0, 50), 100)
            try:
                by_curvature, by_theta = _slopes(case, lower, upper, q, prec)
            except Undecided:
                continue
            for t in (lower, (lower + upper) / 2, upper):
                exact = real(t)
                terms = [(real(p), real(xi), 1 - real(q) * real(xi)) for xi, p in model.rates.items()]
                assert_holds(
                    by_theta, mp.fsum(p * abs(r) ** exact * mp.log(abs(r)) for p, _, r in terms), prec
                )
                truth = -exact * mp.fsum(p * xi * mp.sign(r) * abs(r) ** (exact - 1) for p, xi, r in terms)
                assert_holds(by_curvature, truth, prec)


@pytest.mark.parametrize("packed", [False, True])
def test_laws_agree_with_enumeration(packed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Minibatches with and without replacement, by both ways of working them out."""
    if packed:
        monkeypatch.setattr(minibatch, "_value_by_value", _by_packing)
    rng = random.Random(5)
    for _ in range(150):
        xs = sorted({Fraction(rng.randrange(0, 12), rng.choice((1, 2, 3))) for _ in range(3)})
        xs = xs if xs[-1] else [Fraction(1)]
        data = data_set(*((str(x), rng.randrange(1, 4)) for x in xs), learning_rate="2/3")
        items = sum(row["count"] for row in data["samples"])
        for step in (
            Step("full_batch"),
            Step("minibatch", rng.randrange(1, 5), True),
            Step("minibatch", rng.randrange(1, items + 1), False),
        ):
            law = law_of(read_data(data, Work()), step, Work())
            model = Model(data, {"kind": step.kind, "size": step.size, "replacement": step.replacement})
            rates = {
                Fraction(u, law.scale): Fraction(k, law.total)
                for u, k in zip(law.numerators, law.weights, strict=True)
            }
            assert rates == model.rates
            assert Fraction(law.idle, law.total) == model.idle
            assert [law.pole(j) for j in range(len(law.weights))] == model.poles


def _by_packing(weights: minibatch.Ways, draws: int, replacement: bool) -> minibatch.Ways:
    lowest = min(weights)
    spacing = math.gcd(*(u - lowest for u in weights)) or 1
    offsets = {(u - lowest) // spacing: k for u, k in weights.items()}
    span, bits = (
        minibatch._extreme_sum(sorted(offsets.items(), reverse=True), draws, replacement),
        draws * sum(weights.values()).bit_length() + 1,
    )
    ways = minibatch._packed(offsets, draws, replacement, span, bits, Work())
    return {draws * lowest + spacing * u: k for u, k in ways.items()}


def remainder(f: list[Fraction], q: list[Fraction]) -> list[Fraction]:
    """f modulo q by schoolbook division, constant terms first."""
    f = f[:]
    while len(f) >= len(q):
        factor = f.pop() / q[-1]
        for j, c in enumerate(q[:-1]):
            f[len(f) - len(q) + 1 + j] -= factor * c
    return f


def multiply(f: list[Fraction], g: list[Fraction]) -> list[Fraction]:
    result = [Fraction(0)] * (len(f) + len(g) - 1)
    for i, a in enumerate(f):
        for j, b in enumerate(g):
            result[i + j] += a * b
    return result


def test_tangency_algebra_agrees_with_polynomial_division() -> None:
    """Divisibility of Q and the product modulo q, for random q and for the divisors of Q = q itself."""
    rng = random.Random(6)
    divided = 0
    for _ in range(300):
        case, model = random_case(rng, 5)
        law = case.law
        if len(law.weights) < 2:
            continue
        linear = [[Fraction(1), -xi] for xi in model.rates]
        q_total = [Fraction(0)] * len(linear)
        for i, (xi, k) in enumerate(zip(model.rates, law.weights, strict=True)):
            term = [k * xi]
            for j, f in enumerate(linear):
                term = multiply(term, f) if j != i else term
            q_total = [a + b for a, b in zip(q_total, term, strict=True)]
        scale = math.lcm(*(c.denominator for c in q_total))
        integral = [int(c * scale) for c in q_total]
        if rng.random() < 0.5:
            integral[rng.randrange(len(integral))] += rng.randrange(-2, 3)
        if rng.random() < 0.3:
            integral = [rng.randrange(-9, 10) for _ in range(rng.randrange(2, len(integral) + 1))]
        if integral[-1] == 0:
            continue
        q = [Fraction(c) for c in integral]
        elements = read_factors(case, integral, "q")
        divides = not any(remainder(q_total, q))
        divided += divides
        assert proves(check_critical, case, elements) == divides
        product = [Fraction(1)]
        for f, k in zip(linear, law.weights, strict=True):
            for _ in range(k):
                product = remainder(multiply(product, f), q)
        unit = abs(product[0]) == 1 and not any(product[1:])
        assert proves(check_unit_product, case, elements) == unit
    assert divided > 20


def proves(proof: Callable[[Case, Factors, str], None], case: Case, elements: Factors) -> bool:
    try:
        proof(case, elements, "q")
    except Refused:
        return False
    return True
