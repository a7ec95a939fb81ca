"""The kinds `family_sign` (a fine mesh of the box) and `reduced_map` (every neuron stepped in fractions)."""

import math
from fractions import Fraction
from random import Random
from typing import Any

import mpmath as mp
from kit import exact_neurons

from benchmarks.fire.judges.linear import Answer, below, every, real

F = Fraction
Json = Any
MESH = (F(0), F(1, 997), F(1, 9), F(1, 4), F(2, 5), F(1, 2), F(3, 5), F(3, 4), F(8, 9), F(996, 997), F(1))


def family_sign(document: Json) -> Answer:
    """G on the mesh, and next to s = 1 where that lies in the box."""
    claim = document["claims"][0]
    (s0, s1), (p0, p1) = ((F(claim[key]["from"]), F(claim[key]["to"])) for key in "sp")
    if max(len(str(q)) for q in (s0, s1, p0, p1)) > 300:
        return None
    spots = [s0 + (s1 - s0) * t for t in MESH] + [F(1)] * (s0 <= 1 <= s1)
    with mp.workdps(60):
        return every(
            _sign(claim, s, p0 + (p1 - p0) * u)
            for s in spots
            for u in (F(0), F(1, 3), F(1, 2), F(7, 9), F(1))
        )


def _sign(claim: Json, s: Fraction, p: Fraction) -> Answer:
    curvature = claim["curvature"]
    z = F(curvature["fixed"]) if "fixed" in curvature else (2 + 2 * F(curvature["share"])) / max(F(1), s * s)
    total, negative = mp.mpf(0), claim["sign"] == "negative"
    parts = [(weight, factor) for weight, factor in ((1 - p, 1 - z), (p, 1 - z * s * s)) if weight]
    if not all(factor for _, factor in parts):
        return negative
    if all(1e-9 < abs(factor) < 1e9 for _, factor in parts):
        quick = sum(float(weight) * math.log(abs(factor)) for weight, factor in parts)
        if abs(quick) > 1e-5:  # errors of doubles are below 1e-13 here
            return (quick < 0) == negative
    for weight, factor in parts:
        total += real(weight) * mp.log(abs(real(factor)))
    return below(total, mp.mpf(0)) if negative else below(mp.mpf(0), total)


# --- reduced maps ----------------------------------------------------------------------------------------


def reduced_map(document: Json) -> Answer:
    claim = document["claims"][0]
    slope = {"linear": F(1), "relu": F(0)}.get(claim["activation"])
    if slope is None:
        slope = F(-2, 7) if claim["slope"] == "any" else F(claim["slope"])
    return every(_one_network(claim, slope, Random(seed)) for seed in range(6))


def _one_network(claim: Json, slope: Fraction, rng: Random) -> Answer:
    """A random network of 4 neurons, so that epsilon = 1/2; `exact_neurons` holds mu and z over sqrt(n)."""
    classes, d = claim["activation"] != "linear", claim["inputs"]

    def draw() -> Fraction:
        return F(rng.randrange(-12, 13) or 1, 5)

    for _ in range(50):
        neurons = [(draw(), tuple(draw() for _ in range(d))) for _ in range(4)]
        count = 1 if claim["batch"] == "single" else 3
        samples = [
            exact_neurons.Sample(
                tuple(draw() for _ in range(d)), draw() if claim["labels"] else F(0), F(1, count)
            )
            for _ in range(count)
        ]
        rate = F(rng.randrange(1, 9), 40)
        moved = exact_neurons.step(neurons, samples, rate, slope, claim["half_loss"])
        if not (classes and exact_neurons.flips(neurons, moved)):
            break
    else:
        return None
    before = _scaled(exact_neurons.state(neurons, classes))
    data = _scaled(exact_neurons.moments(samples, classes, claim["labels"]))
    after = _scaled(exact_neurons.state(moved, classes))
    letters = {**before, **data, "eta": rate, "epsilon": F(1, 2), "slope": slope}
    if any(
        letter not in letters
        for terms in claim["update"].values()
        for _, powers in terms
        for letter in powers
    ):
        return False
    return (
        {name: _value(terms, letters) for name, terms in claim["update"].items()} == after
        and _linearised(claim, letters)
        and _canonical(claim, letters, after)
        and _thresholds(claim)
    )


def _scaled(numbers: dict[str, Fraction]) -> dict[str, Fraction]:
    return {k: v * (2 if k[:2] == "mu" or k[0] == "z" else 1) for k, v in numbers.items()}


def _value(terms: Json, letters: dict[str, Fraction]) -> Fraction:
    total = F(0)
    for coefficient, powers in terms:
        term = F(coefficient)
        for letter, power in powers.items():
            term *= letters[letter] ** power
        total += term
    return total


def _linearised(claim: Json, letters: dict[str, Fraction]) -> bool:
    """The update at epsilon = 0."""
    still = letters | {"epsilon": F(0)}
    names = claim["update"].keys() == claim["linearised"].keys()
    return names and all(
        _value(terms, still) == _value(claim["linearised"][n], still) for n, terms in claim["update"].items()
    )


def _canonical(claim: Json, letters: dict[str, Fraction], after: dict[str, Fraction]) -> bool:
    """kappa = eta mu/sqrt(n), L = eta lambda, zeta = eta z/sqrt(n), and so for their parts."""
    eta, epsilon = letters["eta"], letters["epsilon"]

    def scaled(numbers: dict[str, Fraction]) -> dict[str, Fraction]:
        found = {}
        for name, value in numbers.items():
            for old, new, factor in (
                ("mu", "kappa", eta * epsilon),
                ("lambda", "L", eta),
                ("z", "zeta", eta * epsilon),
                ("q", "Q", eta),
                ("C_", "K_", eta),
            ):
                if name.startswith(old):
                    found[new + name.removeprefix(old)] = factor * value
        return found

    here = letters | scaled(letters)
    given = claim["canonical"]
    wanted = scaled(after)
    return all(
        name not in wanted or _value(terms, here) == wanted[name] for name, terms in given.items()
    ) and ("diagonal_roots" not in claim or _diagonal(claim, here, wanted))


def _diagonal(claim: Json, here: dict[str, Fraction], after: dict[str, Fraction]) -> bool:
    """alpha, beta = L/2 +- kappa; each is multiplied by the square of its polynomial."""
    endings = ("_plus", "_minus") if "L_plus" in after else ("",)
    both = {"alpha": 1, "beta": -1}
    letters = here | {
        n + e: here[f"L{e}"] / 2 + s * here[f"kappa{e}"] for n, s in both.items() for e in endings
    }
    return all(
        letters[n + e] * _value(claim["diagonal_roots"][n + e], letters) ** 2
        == after[f"L{e}"] / 2 + s * after[f"kappa{e}"]
        for n, s in both.items()
        for e in endings
    )


def _thresholds(claim: Json) -> bool:
    """Linear growth of mu by 1 - f eta lambda x for linear phi: |.| = 1 at 2/f, and L' = L on the way to 4/f."""
    if "thresholds" not in claim or claim["activation"] != "linear" or claim["inputs"] != 1:
        return True
    f = 1 if claim["half_loss"] else 2
    return {k: F(v) for k, v in claim["thresholds"].items()} == {
        "lambda_crit": F(2, f),
        "lambda_max": F(4, f),
    }
