"""Good claims about populations, made without the package, and the judge of their words by quadrature."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import mpmath as mp

Json = Any
GAMMA = {"kind": "gamma", "shape": "1/2", "scale": "9/50"}
UNIFORM = {"kind": "uniform", "low": "0", "high": "1"}
TAKEN = {"kind": "square", "of": {"kind": "normal", "mean": "0", "deviation": "3/10"}}
SPHERE = {"kind": "isotropic_exponent", "dimension": 100, "batch": 1, "variance": "1"}
GOOD: dict[str, Json] = {
    "deflationary": {
        "kind": "law_exponent",
        "law": GAMMA,
        "rate": "2",
        "regime": "deflationary",
        "exponent": {"lower": "9.3009", "upper": "9.301"},
    },
    "inflationary": {
        "kind": "law_exponent",
        "law": GAMMA,
        "rate": "30",
        "regime": "inflationary",
        "exponent": "0",
        "power": "1/30",
    },
    "exponential": {
        "kind": "law_exponent",
        "law": {"kind": "gamma", "shape": "1", "scale": "1"},
        "rate": "1/2",
        "regime": "deflationary",
        "exponent": {"lower": "5.37", "upper": "5.38"},
    },
    "stable": {"kind": "law_exponent", "law": UNIFORM, "rate": "2", "regime": "stable", "exponent": "inf"},
    "uniform": {
        "kind": "law_exponent",
        "law": UNIFORM,
        "rate": "3",
        "regime": "deflationary",
        "exponent": {"lower": "1.99", "upper": "2.01"},
    },
    "uniform at the pole": {
        "kind": "law_exponent",
        "law": {"kind": "uniform", "low": "1", "high": "7"},
        "rate": "1",
        "regime": "inflationary",
        "exponent": "0",
        "power": "1/10",
    },
    "drift": {
        "kind": "law_drift",
        "law": GAMMA,
        "rate": "2",
        "lower": "-0.2531576",
        "upper": "-0.2531575",
        "step": "1/123456789123",
    },
    "student": {
        "kind": "law_exponent",
        "law": {"kind": "square", "of": {"kind": "student", "freedom": "5", "scale": "2/3"}},
        "rate": "3/4",
        "regime": "deflationary",
        "exponent": {"lower": "1.34", "upper": "1.342"},
    },
    "normal with a mean": {
        "kind": "law_exponent",
        "law": {"kind": "square", "of": {"kind": "normal", "mean": "1", "deviation": "1/2"}},
        "rate": "1/2",
        "regime": "deflationary",
        "exponent": {"lower": "6.135", "upper": "6.136"},
    },
    "uniform samples": {
        "kind": "law_exponent",
        "law": {"kind": "square", "of": {"kind": "uniform", "low": "0", "high": "1"}},
        "rate": "4",
        "regime": "deflationary",
        "exponent": {"lower": "0.999", "upper": "1.001"},
    },
    "uniform samples of both signs": {
        "kind": "law_exponent",
        "law": {"kind": "square", "of": {"kind": "uniform", "low": "-1", "high": "2"}},
        "rate": "9",
        "regime": "inflationary",
        "exponent": "0",
        "power": "1/10",
    },
    "exponential samples": {
        "kind": "law_exponent",
        "law": {"kind": "square", "of": {"kind": "exponential", "mean": "1"}},
        "rate": "1/10",
        "regime": "deflationary",
        "exponent": {"lower": "2.942", "upper": "2.943"},
    },
    "lognormal": {
        "kind": "law_drift",
        "law": {"kind": "lognormal", "mean": "0", "deviation": "1"},
        "rate": "1/2",
        "lower": "-0.69984",
        "upper": "-0.69983",
        "step": "1/123456789",
    },
    "truncated normal": {
        "kind": "law_exponent",
        "law": {"kind": "truncated", "of": TAKEN, "low": "-1", "high": "1/2"},
        "rate": "4",
        "regime": "deflationary",
        "exponent": {"lower": "6.301", "upper": "6.302"},
    },
    "truncated on the left": {
        "kind": "law_drift",
        "law": {"kind": "truncated", "of": TAKEN, "low": "-2", "high": "-1/2"},
        "rate": "2",
        "lower": "-1.395",
        "upper": "-1.393",
        "step": "1/1000",
    },
    "truncated and stable": {
        "kind": "law_exponent",
        "law": {"kind": "truncated", "of": TAKEN, "low": "-1", "high": "1/2"},
        "rate": "2",
        "regime": "stable",
        "exponent": "inf",
    },
    "truncated lognormal": {
        "kind": "law_exponent",
        "law": {
            "kind": "truncated",
            "of": {"kind": "lognormal", "mean": "1/3", "deviation": "1/2"},
            "low": "0",
            "high": "3",
        },
        "rate": "1",
        "regime": "deflationary",
        "exponent": {"lower": "4.112", "upper": "4.113"},
    },
    "truncated gamma": {
        "kind": "law_exponent",
        "law": {
            "kind": "truncated",
            "of": {"kind": "gamma", "shape": "5/2", "scale": "1/3"},
            "low": "1",
            "high": "3",
        },
        "rate": "4/5",
        "regime": "deflationary",
        "exponent": {"lower": "17.19", "upper": "17.2"},
    },
    "truncated exponential": {
        "kind": "law_drift",
        "law": {
            "kind": "truncated",
            "of": {"kind": "square", "of": {"kind": "exponential", "mean": "2"}},
            "low": "1/2",
            "high": "3",
        },
        "rate": "1/3",
        "lower": "-0.694",
        "upper": "-0.693",
        "step": "1/100000",
    },
    "truncated student": {
        "kind": "law_drift",
        "law": {
            "kind": "truncated",
            "of": {"kind": "square", "of": {"kind": "student", "freedom": "3", "scale": "1"}},
            "low": "-1",
            "high": "2",
        },
        "rate": "1",
        "lower": "-0.4825",
        "upper": "-0.4824",
        "step": "1/123456789",
    },
    "mixture": {
        "kind": "law_exponent",
        "law": {
            "kind": "mixture",
            "parts": [
                {"weight": "1/2", "law": {"kind": "atom", "value": "1"}},
                {
                    "weight": "1/3",
                    "law": {"kind": "square", "of": {"kind": "student", "freedom": "9", "scale": "1"}},
                },
                {"weight": "1/6", "law": {"kind": "atom", "value": "3"}},
            ],
        },
        "rate": "1",
        "regime": "deflationary",
        "exponent": {"lower": "1.345", "upper": "1.346"},
    },
    "mixture that is stable": {
        "kind": "law_exponent",
        "law": {
            "kind": "mixture",
            "parts": [
                {"weight": "1/2", "law": {"kind": "atom", "value": "2"}},
                {"weight": "1/2", "law": UNIFORM},
            ],
        },
        "rate": "1",
        "regime": "stable",
        "exponent": "inf",
    },
    "arch": {"kind": "arch_exponent", "size": "1/2", "exponent": {"lower": "2.365", "upper": "2.3652"}},
    "isotropic up": {**SPHERE, "eta": "0.024737", "regime": "inflationary", "power": "1/10"},
    "isotropic two": {**SPHERE, "eta": "1/51", "regime": "deflationary", "power": "2"},
    "isotropic down": {**SPHERE, "batch": 5, "eta": "0.05", "regime": "deflationary", "power": "225/7"},
}


def certificate(claim: Json) -> Json:
    return {"format": "catalysis-certificate", "version": 1, "producer": "tests", "claims": [claim]}


def judge(document: Json, statement: str) -> None:
    """What the sentence says, held against quadrature; an AssertionError where it is not true."""
    claim = document["claims"][0]
    with mp.workdps(20):
        if claim["kind"] == "isotropic_exponent":
            _judge_isotropic(claim, statement)
        elif claim["kind"] == "arch_exponent":
            _judge_arch(claim, statement)
        else:
            _judge_law(claim, statement)


def _numbers(pattern: str, statement: str) -> list[Any]:
    found = re.search(pattern, statement)
    assert found, statement
    return [_real(text) for text in found.groups()]


def _real(text: str) -> Any:
    value = Fraction(text)
    return mp.mpf(value.numerator) / value.denominator


def _mean(claim: Json, what: Any) -> Any:
    """E what(|1 - z X|)."""
    law, z = claim["law"], _real(claim["rate"])
    parts = law["parts"] if law["kind"] == "mixture" else [{"weight": "1", "law": law}]
    return sum(_real(part["weight"]) * _mean_of_one(part["law"], z, what) for part in parts)


def _mean_of_one(law: Json, z: Any, what: Any) -> Any:
    """By quadrature of a density of x, s or log x, and of the same alone."""
    if law["kind"] == "atom":
        return what(abs(1 - z * _real(law["value"])))
    between = None
    if law["kind"] == "truncated":
        between, law = (_real(law["low"]), _real(law["high"])), law["of"]
    squared = law["kind"] == "square"
    law = law["of"] if squared else law
    kind, (a, b) = law["kind"], ([_real(v) for v in law.values() if v != law["kind"]] + [mp.mpf(0)])[:2]
    if kind == "lognormal":
        ends = (
            (a - 15 * b, a + 15 * b) if between is None else [mp.log(v) if v else a - 15 * b for v in between]
        )
        cuts = [-mp.log(z), a, a - 3 * b, a + 3 * b]
        return _ratio(lambda u: mp.npdf(u, a, b), lambda u: what(abs(1 - z * mp.exp(u))), ends, cuts)
    densities: dict[str, tuple[Any, tuple[Any, Any], list[Any]]] = {
        "normal": (lambda v: mp.npdf(v, a, b), (a - 15 * b, a + 15 * b), [a]),
        "student": (
            lambda v: (1 + (v / b) ** 2 / a) ** (-(a + 1) / 2) if b else 0,
            (-mp.inf, mp.inf),
            [3 * b, -3 * b],
        ),
        "exponential": (lambda v: mp.exp(-v / a) / a, (mp.mpf(0), 90 * a), [2 * a, 10 * a]),
        "uniform": (lambda v: mp.mpf(1), (a, b), []),
        "gamma": (
            lambda v: v ** (a - 1) * mp.exp(-v / b) if v else 0,
            (mp.mpf(0), 4 * b * (a + 60)),
            [b * a / 2],
        ),
    }
    density, ends, cuts = densities[kind]
    poles = [mp.sqrt(1 / z), -mp.sqrt(1 / z)] if squared else [1 / z]
    power = 2 if squared else 1
    return _ratio(density, lambda v: what(abs(1 - z * v**power)), between or ends, [*poles, *cuts, mp.mpf(0)])


def _ratio(density: Any, what: Any, ends: Any, cuts: list[Any]) -> Any:
    places = sorted({*ends, *(cut for cut in cuts if ends[0] < cut < ends[1])})
    return mp.quad(lambda v: density(v) * what(v), places) / mp.quad(density, places)


def _largest(law: Json) -> Fraction | None:
    """The largest X, None if there is none."""
    if law["kind"] == "mixture":
        each = [_largest(part["law"]) for part in law["parts"]]
        return None if None in each else max(one for one in each if one is not None)
    if law["kind"] == "atom":
        return Fraction(law["value"])
    of = law["of"] if law["kind"] in ("truncated", "square") else law
    if law["kind"] != "truncated" and of["kind"] != "uniform":
        return None
    ends = law if law["kind"] == "truncated" else of
    squared = law["kind"] == "square" or of["kind"] == "square"
    return max(abs(Fraction(ends[key])) for key in ("low", "high")) ** (2 if squared else 1)


def _numbers_of(value: Json) -> list[Fraction]:
    """All numbers of a law."""
    if isinstance(value, list):
        return [number for entry in value for number in _numbers_of(entry)]
    if isinstance(value, dict):
        return [number for key, entry in value.items() if key != "kind" for number in _numbers_of(entry)]
    return [Fraction(value)]


def _judge_arch(claim: Json, statement: str) -> None:
    size = _real(claim["size"])
    assert _exactly(r"E \((\S+) z\^2\)\^kappa = 1", statement) == Fraction(claim["size"]), statement
    low, high = _numbers(r"lies in \((\S+), (\S+?)\)", statement)

    def moment(k: Any) -> Any:
        return (2 * size) ** k * mp.gamma(k + mp.mpf(1) / 2) / mp.sqrt(mp.pi)

    assert moment(low) < 1 < moment(high), (low, high)


def _judge_law(claim: Json, statement: str) -> None:
    assert _exactly(r"R = \|1 - (\S+) X\|", statement) == Fraction(claim["rate"]), statement
    said = re.search(r"For X with (.*), drawn fresh in every step", statement)
    assert said is not None
    numbers = [Fraction(text) for text in re.findall(r"-?\d[\d./]*", said[1].replace("s^2", ""))]
    assert sorted(numbers) == sorted(_numbers_of(claim["law"])), statement
    if "R <= 1 always (stable), theta = inf" in statement:
        most = _largest(claim["law"])
        assert most is not None and most * Fraction(claim["rate"]) <= 2
        return
    drift = _mean(claim, lambda r: mp.log(r) if r else mp.mpf(-1000))
    if claim["kind"] == "law_drift":
        low, high = _numbers(r"(\S+) < E log R < ([^\s]+)", statement)
        assert low < drift < high, (low, drift, high)
        return
    if "E log R > 0 (inflationary), theta = 0" in statement:
        assert drift > 0, drift
        return
    assert "E log R < 0 (deflationary)" in statement and drift < 0, statement
    low, high = _numbers(r"theta in \((\S+), (\S+?)\)", statement)
    assert _mean(claim, lambda r: r**low) < 1 < _mean(claim, lambda r: r**high), (low, high)


def _exactly(pattern: str, statement: str) -> Fraction:
    found = re.search(pattern, statement)
    assert found, statement
    return Fraction(found[1])


def _judge_isotropic(claim: Json, statement: str) -> None:
    """R^2 = 1 - B + B (1 - cW)^2 by an integral over W of a hypergeometric function."""
    d, b = claim["dimension"], claim["batch"]
    assert f"in dimension {d}, fresh batches of {b}, eta = " in statement, statement
    assert _exactly(r"eta = ([^\s:]+):", statement) == Fraction(claim["eta"]), statement
    assert _exactly(r"variance (\S+)", statement) == Fraction(claim["variance"]), statement
    c = _real(claim["eta"]) * _real(claim["variance"]) / b
    n = d + b - 1

    def moment(s: Any) -> Any:
        def integrand(w: Any) -> Any:
            density = mp.exp(
                (mp.mpf(n) / 2 - 1) * mp.log(w) - w / 2 - mp.loggamma(mp.mpf(n) / 2) - n * mp.log(2) / 2
            )
            y = (1 - c * w) ** 2
            return density * mp.hyp2f1(-s / 2, mp.mpf(b) / 2, mp.mpf(n) / 2, 1 - y)

        wide = mp.sqrt(2 * n)
        ends = (n - 7 * wide, n - 2 * wide, n + 2 * wide, n + 14 * wide)
        return mp.quad(integrand, [mp.mpf(1) / 10**6, *(end for end in ends if end > 1)])

    if "lambda_1 > 0 (inflationary), theta = 0" in statement:
        assert moment(-mp.mpf(1) / 1000) < 1
        return
    (power,) = _numbers(r"lambda_1 < 0 \(deflationary\) and theta >= (\S+)", statement)
    assert moment(power * (1 - mp.mpf(1) / 1000)) < 1, power
