"""Good claims about populations, made without the package, and the judge of their words by quadrature."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import mpmath as mp

Json = Any
GAMMA = {"kind": "gamma", "shape": "1/2", "scale": "9/50"}
UNIFORM = {"kind": "uniform", "low": "0", "high": "1"}
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
    "isotropic up": {**SPHERE, "eta": "0.024737", "regime": "inflationary", "power": "1/10"},
    "isotropic two": {**SPHERE, "eta": "1/51", "regime": "deflationary", "power": "2"},
    "isotropic down": {**SPHERE, "batch": 5, "eta": "0.05", "regime": "deflationary", "power": "225/7"},
}


def certificate(claim: Json) -> Json:
    return {"format": "catalysis-certificate", "version": 1, "producer": "tests", "claims": [claim]}


def judge(document: Json, statement: str) -> None:
    """What the sentence says, held against quadrature; an AssertionError where it is not true."""
    claim = document["claims"][0]
    with mp.workdps(30):
        if claim["kind"] == "isotropic_exponent":
            _judge_isotropic(claim, statement)
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
    if law["kind"] == "gamma":
        k, scale = _real(law["shape"]), _real(law["scale"])
        far = scale * (k + 60)

        def density(x: Any) -> Any:
            return x ** (k - 1) * mp.exp(-x / scale) / mp.gamma(k) / scale**k

        ends = sorted({mp.mpf(0), scale * k / 2, 1 / z, 2 / z, far, 4 * far} - {mp.inf})
    else:
        low, high = _real(law["low"]), _real(law["high"])

        def density(x: Any) -> Any:
            return 1 / (high - low)

        ends = sorted({low, high} | ({1 / z} if low < 1 / z < high else set()))
    return mp.quad(lambda x: density(x) * what(abs(1 - z * x)), ends)


def _judge_law(claim: Json, statement: str) -> None:
    assert _exactly(r"R = \|1 - (\S+) X\|", statement) == Fraction(claim["rate"]), statement
    if "R <= 1 always (stable), theta = inf" in statement:
        assert (
            claim["law"]["kind"] == "uniform"
            and Fraction(claim["law"]["high"]) * Fraction(claim["rate"]) <= 2
        )
        return
    drift = _mean(claim, lambda r: mp.log(r) if r else mp.mpf(0))
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
