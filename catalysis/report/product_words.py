"""What the claims on random products of matrices say, in LaTeX: vectors, kernels, momentum "
"(docs/certificate-products.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from catalysis.certificate.document import Claim
from catalysis.report.latex import above as at_most
from catalysis.report.latex import below as at_least
from catalysis.report.latex import equal, listed, name, within
from catalysis.report.said import Said, exactly, rational

THETA = r"$\theta = \sup\{s > 0 : k(s) \leq 0\}$"
K_OF_S = r"$k(s) = \lim_n \tfrac1n \log \mathbb{E} |\Pi_n|^s$"
LYAPUNOV = r"$\lambda_1 = \lim_n \tfrac1n \mathbb{E} \log |\Pi_n|$"
_DIES = r"almost surely $e_t \to 0$, for every start"
_VECTORS = ("features", "gram")
_NORMS = {
    "state": r"the Euclidean norm of the state",
    "parameters": r"the Euclidean norm of the parameters",
    "residuals": r"the Euclidean norm of all residuals $(g_i \cdot e)_i$",
    "maximum": r"the maximum norm of the state",
}


def _premise(stated: Claim, *terms: str, rate: bool = True) -> str:
    """The product, how a step is taken, and the letters that the statement uses."""
    product = stated["product"]
    start = {**_START, "matrices": _matrices, "heavy_ball": _momentum, "nesterov": _momentum}[product["kind"]]
    words = start(stated, product, rate)
    letters = f" Let $\\Pi_n$ be the product of the first $n$ matrices{_where(stated)}, " if terms else ""
    return f"{words}{letters}{listed(terms)}." if terms else words


def _vectors(stated: Claim, product: Mapping[str, Any], rate: bool) -> str:
    count = len(product[product["kind"]])
    known = (
        f"the features of the {count} samples of {_name(product)}"
        if product["kind"] == "features"
        else f"vectors whose Gram matrix is that of the {count} samples of {_name(product)}"
    )
    doubt = ""
    if product["kind"] == "gram" and stated["coordinates"]["kind"] == "kernel":
        doubt = " (that there are such vectors, the matrix being positive semidefinite, is a hypothesis)"
    eta = f"$\\eta {equal(rational(stated['eta']))}$" if rate else r"$\eta > 0$"
    whole = "" if stated["coordinates"]["kind"] == "features" else r" in the span of the $g_i$"
    return (
        f"Let $g_1, \\dots, g_{{{count}}}$ be {known}{doubt}, drawn with their weights (the certificate lists "
        f"them), and {eta}. "
        f"Let ${_step(stated)}$ with independent steps, $e_0 \\neq 0${whole}."
    )


_START = {"features": _vectors, "gram": _vectors}


def _step(stated: Claim) -> str:
    keep = 1 - rational(stated.get("eta", 0)) * rational(stated.get("weight_decay", 0))
    first = "e_t" if keep == 1 else rf"{exactly(keep)}\, e_t"
    step = stated.get("step")
    if step is None:
        pushed = r"\eta (g_i \cdot e_t)\, g_i"
    else:
        pushed = rf"\tfrac{{\eta}}{{{step['size']}}} \sum_{{i \in B_t}} (g_i \cdot e_t)\, g_i"
    heavy = stated.get("momentum")
    carried = "" if heavy is None else rf" + {exactly(rational(heavy))}\, (e_t - e_{{t-1}})"
    drawn = r",\quad i = i_t \text{ a sample}"
    if step is not None:
        how = "independent samples" if step["replacement"] else "samples drawn without replacement"
        drawn = rf",\quad B_t \text{{ a batch of {step['size']} {how}}}"
    return f"e_{{t+1}} = {first} - {pushed}{carried}{drawn}"


def _momentum(stated: Claim, product: Mapping[str, Any], rate: bool) -> str:
    eta, decay = rational(stated["eta"]), rational(stated["weight_decay"])
    keep, beta = exactly(1 - eta * decay), exactly(rational(stated["beta"]))
    return (
        f"{_curvatures(product)}, $\\eta {equal(eta)}$, $\\lambda {equal(rational(stated['lambda']))}$ and "
        f"${_heavy_step(product['kind'], keep, beta)}$, with the state $e_t = (\\mu_t, \\mu_{{t-1}})$, $e_0 \\neq 0$."
    )


def _curvatures(product: Mapping[str, Any]) -> str:
    return (
        f"Let $x_0, x_1, \\dots$ be independent, each one of the {len(product['curvatures'])} curvatures of "
        f"{_name(product)} with its probability (the certificate lists them)"
    )


def _heavy_step(kind: str, keep: str, beta: str) -> str:
    """One step of the error; `keep` is 1 - eta w, from the decay."""
    last = r"\mu_{t-1}" if keep == "1" else rf"{keep}\, \mu_{{t-1}}"
    if kind == "heavy_ball":
        return rf"\mu_{{t+1}} = ({keep} - \eta \lambda x_t)\, \mu_t + {beta}\, (\mu_t - {last})"
    return rf"\mu_{{t+1}} = ({keep} - \eta \lambda x_t)\, (\mu_t + {beta}\, (\mu_t - \mu_{{t-1}}))"


def _matrices(stated: Claim, product: Mapping[str, Any], rate: bool) -> str:
    size, count = len(product["matrices"][0]), len(product["matrices"])
    return (
        f"Let $e_{{t+1}} = A_{{i_t}} e_t$, $e_0 \\neq 0$, with independent $i_t$, $A_i$ one of the {count} "
        f"matrices of {size} rows of "
        f"{_name(product)} with its probability (the certificate lists them)."
    )


def _where(stated: Claim) -> str:
    """What the matrices act on: pairs with momentum; of vectors that may not span their space, their span."""
    if "momentum" in stated:
        return " of the state $(e_t, e_{t-1})$"
    product = stated["product"]
    span = product["kind"] in _VECTORS and stated["coordinates"]["kind"] != "features"
    return " on that span" if span else ""


def _name(product: Mapping[str, Any]) -> str:
    return name(str(product["name"]))


def moment_lemmas(proof: Mapping[str, Any]) -> set[str]:
    """Those that a moment proof rests on, the inner ones too."""
    form, upper, square = proof["form"], proof["side"] == "upper", rational(proof["s"]) == 2
    own = {
        "quadratic": {"V5" if square else "V3" if upper else "V4", "V12"},
        "chords": {"V9", "V12", *(("V14",) if proof.get("inverse") is not None else ())},
        "volume": {"V1"},
        "cells": {"V8"},
        "sample": {"V2"},
        "power_mean": {"V17"},
        "smaller_batch": {"V17"},
        "mean": {"V17"},
        "words": {"V18"},
        "tensor": {"V15"},
        "polytope": {"V7"},
        "sums": {"V20"},
    }[form]
    inner = proof.get("proof")
    return own | (moment_lemmas(inner) if isinstance(inner, Mapping) else set())


def _lyapunov_lemmas(proof: Mapping[str, Any]) -> set[str]:
    form, inner = proof["form"], proof.get("proof")
    if form == "moment":
        return {"V0"} | moment_lemmas(proof["proof"])
    own = {"quadratic": {"V10", "V12"}, "volume": {"V1"}, "cells": {"V8"}, "words": {"V18"}}[form]
    return own | (_lyapunov_lemmas(inner) if isinstance(inner, Mapping) else set())


def _ordered(lemmas: set[str]) -> tuple[str, ...]:
    return tuple(sorted(lemmas, key=lambda code: int(code[1:])))


_STABLE = {
    "eigenvalues": ("$|e_{t+1}| \\leq |e_t|$ for every $t$ in the Euclidean norm of the parameters", ("V2",)),
    "items": (
        "$|e_{t+1}| \\leq |e_t|$ for every $t$ in the Euclidean norm of the parameters",
        ("V12", "V17"),
    ),
    "norm": (
        "a norm, that of a positive definite matrix of the certificate, never grows along $e_t$",
        ("V2", "V12"),
    ),
    "cells": ("$\\sup_t |e_t|$ is at most a constant times $|e_0|$", ("V8",)),
}


def _product_stable(stated: Claim) -> Said:
    words, lemmas = _STABLE[stated["proof"]["form"]]
    text = rf"For every start {words}, and $\theta = \infty$."
    return Said("Stable", text, ("V0", *lemmas), _premise(stated, K_OF_S, THETA))


def _product_moment(stated: Claim) -> Said:
    proof = stated["proof"]
    s, rho, upper = rational(proof["s"]), rational(proof["rho"]), proof["side"] == "upper"
    sign, told = (r"\leq", at_most(rho)) if upper else (r"\geq", at_least(rho))
    text = rf"$k({exactly(s)}) {sign} \log {told}$"
    if upper and rho <= 1:
        text += rf", so $\theta \geq {exactly(s)}$"
    elif not upper and rho > 1:
        text += rf", so $\theta \leq {exactly(s)}$"
    lemmas = _ordered({"V0"} | moment_lemmas(proof))
    return Said("A moment of the product", f"Then {text}.", lemmas, _premise(stated, K_OF_S, THETA))


def _product_radius(stated: Claim) -> Said:
    value = within(rational(stated["lower"]), rational(stated["upper"]))
    used = moment_lemmas(stated["below"]) | moment_lemmas(stated["above"])
    text = (
        r"The spectral radius $r$ of $Q \mapsto \mathbb{E} A^T Q A$, $A$ the matrix of a step, satisfies "
        rf"$r {value}$, and $k(2) = \log r$."
    )
    return Said("The mean square", text, _ordered({"V5"} | used), _premise(stated, K_OF_S))


def _product_lyapunov(stated: Claim) -> Said:
    proof = stated["proof"]
    bound, upper = rational(proof["bound"]), proof["side"] == "upper"
    sign, told = (r"\leq", at_most(bound)) if upper else (r"\geq", at_least(bound))
    text = rf"$\lambda_1 {sign} {told}$"
    if upper and bound < 0:
        text += f"; {_DIES}"
    elif not upper and bound > 0:
        text += (
            r", so $\theta = 0$: the walk is inflationary, and almost surely $|\Pi_n|$ grows exponentially"
        )
    lemmas = _ordered({"V0"} | _lyapunov_lemmas(proof))
    return Said("Top Lyapunov exponent", f"Then {text}.", lemmas, _premise(stated, LYAPUNOV, K_OF_S, THETA))


def _product_exponent(stated: Claim) -> Said:
    told, used = [], {"V0"}
    below_, above_ = stated["below"], stated["above"]
    falls = stated["lyapunov"] is not None or (below_ is not None and rational(below_["rho"]) < 1)
    if falls:
        told.append(rf"$\lambda_1 < 0$ and {_DIES}")
    if rational(stated["lower"]):
        told.append(rf"$\theta \geq {at_least(rational(stated['lower']))}$")
    if stated["upper"] != "inf":
        told.append(rf"$\theta \leq {at_most(rational(stated['upper']))}$")
    used |= set() if stated["lyapunov"] is None else _lyapunov_lemmas(stated["lyapunov"])
    used |= set().union(*(moment_lemmas(one) for one in (below_, above_) if one is not None))
    return Said(
        "Regime and exponent",
        f"Then {'; '.join(told)}.",
        _ordered(used),
        _premise(stated, LYAPUNOV, K_OF_S, THETA),
    )


def _product_spike(stated: Claim) -> Said:
    factor = exactly(rational(stated["factor"]))
    steps = stated.get("steps")
    extent = r"\text{ for some } t" if steps is None else rf"\text{{ for some }} t \leq {steps}"
    lemmas = _ordered(set(_spike_lemmas(stated)))
    if "mean_loss" in stated["probability"]:
        return _loss_spike(stated, factor, extent, lemmas)
    parts = [
        rf"$\mathbb{{P}}(|e_t| \geq {factor}\, |e_0| {extent}) {_probability(ends)}$ in {_NORMS[norm]}"
        for norm, ends in stated["probability"].items()
    ]
    return Said("Probability of a spike", f"For every start {'; '.join(parts)}.", lemmas, _premise(stated))


def _loss_spike(stated: Claim, factor: str, extent: str, lemmas: tuple[str, ...]) -> Said:
    """Momentum on vectors: the mean of the squared residuals, from a start at rest."""
    sigma = at_most(rational(_innermost(stated["above"]["moment"])["sigma"]))
    event = rf"\sum_i p_i (g_i \cdot e_t)^2 \geq {factor}^2 \cdot {sigma}\, |e_0|^2 {extent}"
    text = (
        rf"For every start with $e_{{-1}} = e_0$, $\mathbb{{P}}({event}) "
        rf"{_probability(stated['probability']['mean_loss'])}$; "
        "$|.|$ is the Euclidean norm of the parameters and $p_i$ the probability of the sample $i$."
    )
    return Said("Probability of a spike", text, lemmas, _premise(stated))


def _innermost(proof: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = proof.get("proof")
    return _innermost(inner) if isinstance(inner, Mapping) else proof


def _probability(ends: Mapping[str, Any]) -> str:
    return within(rational(ends["lower"]), rational(ends["upper"]))


def _spike_lemmas(stated: Claim) -> Iterator[str]:
    yield "V11"
    if stated["lyapunov"] is not None:
        yield from _lyapunov_lemmas(stated["lyapunov"])
    for side in ("above", "below"):
        proof = stated[side]
        if proof is None:
            continue
        if "stable" in proof:
            yield from _STABLE[proof["stable"]["form"]][1]
        else:
            yield from moment_lemmas(proof["moment"])
            yield from ("V14",) if proof.get("inverse") is not None else ()


def _mean_square(stated: Claim) -> Said:
    lower, upper = rational(stated["lower"]), rational(stated["upper"])
    used = moment_lemmas(stated["below"]) | moment_lemmas(stated["above"])
    if "momentum" in stated:
        text = (
            rf"For every $0 < \eta < {at_least(lower)}$ one has $k(2) < 0$, so $\theta \geq 2$ and {_DIES}; "
            rf"for every "
            rf"$\eta \geq {at_most(upper)}$ one has $k(2) \geq 0$."
        )
    else:
        used |= {"V5"}
        text = rf"There is an $\eta_2 {within(lower, upper)}$ with $k(2) \leq 0$ exactly for $0 < \eta \leq \eta_2$."
    return Said("Mean-square threshold", text, _ordered(used), _premise(stated, K_OF_S, THETA, rate=False))


def _product_axis(stated: Claim) -> Said:
    lines = [
        rf"$|e_{{t+1}}| \leq |e_t|$ for all $t$ and all starts exactly for $0 < \eta "
        rf"{_at_most(stated['stable_up_to'])}$"
    ]
    for level in stated["levels"]:
        s = exactly(rational(level["exponent"]))
        if level["below"] is not None:
            lines.append(
                rf"$\theta \geq {s}$ for $0 < \eta \leq {at_least(rational(level['below']['eta']))}$"
            )
        if level["above"] is not None:
            lines.append(rf"$\theta \leq {s}$ for $\eta > {at_most(rational(level['above']['eta']))}$")
    if stated["falling"] is not None:
        lines.append(rf"$\lambda_1 < 0$ for $0 < \eta \leq {at_least(rational(stated['falling']['eta']))}$")
    for falls, start, end in _stretches(stated["pieces"]):
        lines.append(f"$\\lambda_1 {'<' if falls else '>'} 0$ {_over(start, end)}")
    for one in stated["inflationary"]:
        last = None if one["to"] == "inf" else rational(one["to"])
        lines.append(rf"$\lambda_1 > 0$ {_over(rational(one['from']), last)}")
    text = "\n".join(
        [
            r"\begin{enumerate}",
            *(f"\\item {line};" for line in lines[:-1]),
            f"\\item {lines[-1]}.",
            r"\end{enumerate}",
        ]
    )
    premise = _premise(stated, LYAPUNOV, K_OF_S, THETA, rate=False)
    premise += r" Where $\lambda_1 < 0$, $e_t \to 0$ almost surely; where $\lambda_1 > 0$, $\theta = 0$."
    return Said("The learning-rate axis", f"Then\n{text}", _ordered(set(_axis_lemmas(stated))), premise)


def _at_most(value: Any) -> str:
    """`<= q`, which is exact or has to be short."""
    text = equal(rational(value))
    return text.replace("=", r"\leq", 1) if text.startswith("=") else rf"\leq q, q {text}"


def _over(start: Fraction, end: Fraction | None) -> str:
    if end is None:
        return rf"for $\eta \geq {at_most(start)}$"
    return rf"for ${at_most(start)} \leq \eta \leq {at_least(end)}$"


def _stretches(pieces: Sequence[Mapping[str, Any]]) -> Iterator[tuple[bool, Fraction, Fraction]]:
    """Pieces with the same sign that meet as one interval."""
    last: tuple[bool, Fraction, Fraction] | None = None
    for piece in pieces:
        falls = piece.get("side", "upper") == "upper"
        start, end = rational(piece["from"]), rational(piece["to"])
        if last is not None and last[0] == falls and start <= last[2]:
            last = falls, last[1], max(last[2], end)
            continue
        if last is not None:
            yield last
        last = falls, start, end
    if last is not None:
        yield last


def _axis_lemmas(stated: Claim) -> Iterator[str]:
    yield "V2"
    rates = [
        rate for level in stated["levels"] for rate in (level["below"], level["above"]) if rate is not None
    ]
    rates += [] if stated["falling"] is None else [stated["falling"]]
    if rates or stated["inflationary"] or any("side" not in piece for piece in stated["pieces"]):
        yield "V13"
    for rate in rates:
        yield from moment_lemmas(rate["proof"])
    for piece in stated["pieces"]:
        yield from ("V8", "V16") if piece.get("form") == "cells" else ("V10", "V12")
    if stated["inflationary"]:
        yield "V1"


_REGIMES = (
    ("mean square", r"stable in mean square ($k(2) < 0$, so $\theta \geq 2$)"),
    ("upper", r"deflationary or stable ($\lambda_1 < 0$)"),
    ("lower", r"inflationary ($\lambda_1 > 0$, so $\theta = 0$)"),
)


def _momentum_map(stated: Claim) -> Said:
    shares = _shares(stated)
    parts = [f"{words} {_covering(shares[kind])}" for kind, words in _REGIMES if kind in shares]
    low, high = (exactly(rational(end)) for end in stated["fractions"])
    first, last = (exactly(rational(end)) for end in stated["betas"])
    product = stated["product"]
    keep = exactly(1 - rational(stated["eta"]) * rational(stated["weight_decay"]))
    own = rf"{keep} + 1/(1 + 2\beta)" if product["kind"] == "nesterov" else rf"(1 + {keep})(1 + \beta)"
    moved = _heavy_step(product["kind"], keep, r"\beta")
    premise = (
        rf"{_curvatures(product)}, $x^*$ the largest, $\eta {equal(rational(stated['eta']))}$, "
        rf"${moved}$ and $\eta \lambda x^* = f ({own})$, where "
        rf"${low} \leq f \leq {high}$ and ${first} \leq \beta \leq {last}$. Let $\Pi_n$ be the product of the "
        rf"first $n$ matrices "
        rf"of the state $(\mu_t, \mu_{{t-1}})$, {listed((LYAPUNOV, K_OF_S, THETA))}."
    )
    text = f"In the plane of $(f, \\beta)$ the walk is {'; it is '.join(parts)}; the certificate lists the boxes."
    used = {"V5"} if "mean square" in shares else set()
    used |= {"V19"} if shares.keys() - {"mean square"} else set()
    return Said("Regimes over curvature and momentum", text, _ordered(used), premise)


def _covering(share: Fraction) -> str:
    if share == 1:
        return "everywhere on this rectangle"
    return f"on boxes that cover the share ${at_least(share)}$ of this rectangle at least"


def _shares(stated: Claim) -> dict[str, Fraction]:
    """The exact share of the rectangle that the boxes of each regime cover."""
    columns, rows = stated["grid"]
    found: dict[str, Fraction] = {}
    for i, j, k, m, witness in stated["boxes"]:
        kind = "mean square" if isinstance(witness, list) else stated["tables"][witness]["side"]
        found[kind] = found.get(kind, Fraction(0)) + Fraction((j - i) * (m - k), columns * rows)
    return found


PRODUCT_WORDS = {
    "product_stable": _product_stable,
    "product_moment": _product_moment,
    "product_radius": _product_radius,
    "product_lyapunov": _product_lyapunov,
    "product_exponent": _product_exponent,
    "product_spike": _product_spike,
    "mean_square": _mean_square,
    "product_axis": _product_axis,
    "momentum_map": _momentum_map,
}
