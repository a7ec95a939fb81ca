"""What is said of random products, read back from the sentence and held against floats that share nothing with it.

The same judges hear every changed certificate that is accepted: whatever is proved must be true.
"""

import copy
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from kit.good_products import (
    GOOD,
    document,
    drift,
    exponent,
    good,
    growth,
    jumps,
    model,
    rows,
    table_of,
)
from kit.good_products import checked as check
from kit.share import part, some_then_all

F = Fraction
Json = Any
NUMBER = r"(-?[0-9][0-9./]*(?:e-?[0-9]+)?)"
SLACK = 2e-3
SLOW = ("axis", "spike", "cells")
HEAVY = ("heavy-ball momentum", "momentum")


def numbers(pattern: str, text: str) -> list[float]:
    """The numbers where the pattern has #, which must occur exactly once."""
    found = re.findall(pattern.replace("#", NUMBER), text)
    assert len(found) == 1, (pattern, text)
    return [float(F(q)) for q in ((found[0],) if isinstance(found[0], str) else found[0])]


def told(pattern: str, text: str) -> list[float] | None:
    return numbers(pattern, text) if re.search(pattern.replace("#", NUMBER), text) else None


class Case:
    """The product of a certificate, with the rates that the sentence tells."""

    def __init__(self, found: Json, text: str) -> None:
        self.entry = found["claims"][0]
        self.product = found["products"][self.entry["product"]]
        self.text = text
        for words, key in (("learning rate", "eta"), ("lambda", "lambda"), ("momentum", "beta"), HEAVY):
            if key in self.entry:
                assert numbers(rf", {words} #[, ]", text) == [float(F(self.entry[key]))]
        if float(F(self.entry.get("weight_decay", "0"))):
            assert numbers("weight decay # and", text) == [float(F(self.entry["weight_decay"]))]
        step = self.entry.get("step")
        if step is not None:
            manner = "with" if step["replacement"] else "without"
            assert f"minibatches of {step['size']} {manner} replacement: " in text

    def steps(self, eta: float | None = None) -> Any:
        return model(self.product, self.entry, eta)


def judge_moment(case: Case) -> None:
    s, rho = numbers(r"k\(#\) [<>]= log rho with rho = #", case.text)
    truth = size_of_moment(case, s)
    upper = "<= log rho" in case.text
    assert truth <= rho * (1 + SLACK) if upper else truth >= rho * (1 - SLACK)
    judge_theta(case)


def size_of_moment(case: Case, s: float) -> float:
    """exp k(s), for components of dimension 1 and 2."""
    matrices, p = case.steps()
    if matrices.shape[1] <= 2 or s == 2:
        return growth((matrices, p), s)
    parts = [(matrices[:, :2, :2], p), (matrices[:, 2:, 2:], p)]  # "volume of a block": two orthogonal parts
    last = float(p @ np.abs(parts[1][0][:, 0, 0]) ** s)
    return max(growth(parts[0], s), last)


def judge_theta(case: Case) -> None:
    low, high = told(r"theta >= #(?:;| \[)", case.text), told(r"theta <= #(?:;| \[)", case.text)
    if low is not None:
        assert size_of_moment(case, low[0]) <= 1 + SLACK
    if high is not None:
        assert size_of_moment(case, high[0]) >= 1 - SLACK


def judge_radius(case: Case) -> None:
    low, high = numbers(r"# (?:\[rounded down\] )?<= r <= #", case.text)
    assert low * (1 - 1e-9) <= growth(case.steps(), 2) <= high * (1 + 1e-9)


def judge_lyapunov(case: Case) -> None:
    (bound,) = numbers("lambda_1 [<>]= #", case.text)
    matrices, p = case.steps()
    blocks = [(matrices, p)] if matrices.shape[1] == 2 else [(matrices[:, :2, :2], p)]
    truth = max(drift(block) for block in blocks)
    if matrices.shape[1] == 3:
        truth = max(truth, float(p @ np.log(np.abs(matrices[:, 2, 2]))))
    assert truth <= bound + SLACK if "lambda_1 <=" in case.text else truth >= bound - SLACK
    assert ("inflationary" in case.text) == ("lambda_1 >=" in case.text and bound > 0)
    assert ("e_n -> 0" in case.text) == ("lambda_1 <=" in case.text and bound < 0)


def judge_exponent(case: Case) -> None:
    judge_theta(case)
    if "lambda_1 < 0" in case.text:
        assert drift(case.steps()) < SLACK


def judge_stable(case: Case) -> None:
    assert "theta = inf" in case.text
    matrices, _ = case.steps()
    if "parameters" in case.text:
        assert max(np.linalg.norm(a, 2) for a in matrices) <= 1 + 1e-9
        return
    constant = told("never exceeds #", case.text)
    random = np.random.default_rng(3)
    for _ in range(100):
        whole = np.eye(2)
        for k in random.integers(len(matrices), size=60):
            whole = matrices[k] @ whole
            assert np.abs(whole).sum(1).max() <= (100 if constant is None else constant[0] * (1 + 1e-9))


def judge_spike(case: Case) -> None:
    if "momentum" in case.entry:
        judge_loss(case)
        return
    gram = rows(case.product) if "features" in case.product or "gram" in case.product else None
    sizes: dict[str, Callable[[Any], Any]] = {
        "Euclidean norm of the state": lambda e: np.linalg.norm(e, axis=1),
        "Euclidean norm of the parameters": lambda e: np.linalg.norm(e, axis=1),
        "Euclidean norm of all residuals": lambda e: np.linalg.norm(e @ gram.T, axis=1),  # type: ignore[union-attr]
        "maximum norm of the state": lambda e: np.abs(e).max(1),
    }
    parts = re.findall(
        r"in the ((?:Euclidean|maximum) norm .*?) (?=[0-9])"
        + f"{NUMBER}[^<]*<= P.*? >= {NUMBER} .*? <= {NUMBER}",
        case.text,
    )
    assert len(parts) == len(case.entry["probability"])
    times = [int(t) for t in re.findall(r"P\(max_\(t <= ([0-9]+)\)", case.text)]
    assert bool(times) == ("steps" in case.entry) and len(times) in (0, len(parts))
    assert case.text.count("P(sup_t") == len(parts) - len(times)
    time = times[0] if times else 150
    for name, low, level, high in parts:
        for truth in jumps(case.steps(), sizes[name], float(F(level)), time):
            assert float(F(low)) - 0.03 <= truth <= float(F(high)) + 0.03


def judge_loss(case: Case) -> None:
    """Momentum: the mean of the squared residuals, from starts with e_(-1) = e_0."""
    level, high, top = numbers(r"u_i\(e_t\)\^2 >= #\^2 sigma \|e_0\|\^2\) <= #, sigma = #", case.text)
    assert "every start with e_(-1) = e_0, 0 <= P" in case.text
    g, weights = rows(case.product), case.product.get("count", case.product.get("p"))
    p = np.array([float(F(v)) for v in weights])
    p, d = p / p.sum(), g.shape[1]
    assert np.linalg.eigvalsh((g.T * p) @ g).max() <= top * (1 + 1e-9)
    times = [int(t) for t in re.findall(r"P\(max_\(t <= ([0-9]+)\)", case.text)]
    assert bool(times) == ("steps" in case.entry)

    def loss(z: Any) -> Any:
        return np.sqrt(((z[:, :d] @ g.T) ** 2) @ p)

    def most(z: Any) -> Any:
        return np.sqrt(top) * np.linalg.norm(z[:, :d], axis=1)

    for truth in jumps(case.steps(), loss, level, times[0] if times else 150, most):
        assert truth <= high + 0.03


def judge_edge_of_momentum(case: Case) -> None:
    low, high = (
        numbers("learning rates 0 < eta < #: theta", case.text)[0],
        numbers("all eta >= #", case.text)[0],
    )
    for share in (1e-3, 0.3, 0.8, 1 - 1e-6):
        assert growth(case.steps(low * share), 2) < 1 + (1e-12 if low < 1e-9 else 0)  # doubles do not tell
    for share in (1 + 1e-9, 1.1, 2, 10):
        assert growth(case.steps(high * share), 2) >= 1 - 1e-9


def judge_mean_square(case: Case) -> None:
    if "momentum" in case.entry:
        judge_edge_of_momentum(case)
        return
    low, high = numbers(r"# (?:\[rounded down\] )?<= eta_ms <= #", case.text)
    assert growth(case.steps(low * (1 - 1e-9)), 2) <= 1 + 1e-12
    assert growth(case.steps(high * (1 + 1e-9)), 2) >= 1 - 1e-12


def judge_axis(case: Case) -> None:
    (stable,) = numbers("stable for 0 < eta <= # and not", case.text)
    assert max(np.linalg.norm(a, 2) for a in case.steps(stable)[0]) <= 1 + 1e-9
    assert max(np.linalg.norm(a, 2) for a in case.steps(stable * 1.01)[0]) > 1
    for sign, s, eta in re.findall(rf"theta ([<>]=) {NUMBER} for eta [<>]=? {NUMBER}", case.text):
        truth = growth(case.steps(float(F(eta))), float(F(s)))
        assert truth <= 1 + SLACK if sign == ">=" else truth >= 1 - SLACK
    for name, start, end in re.findall(SIGNED, case.text):
        low = float(F(start))
        far = 2 * low if not end else float(F(end))
        for share in (1e-6, 0.3, 0.7, 1) if low < far else (0,):
            truth = drift(case.steps(low + share * (far - low)))
            assert truth < SLACK if name == "deflationary" else truth > -SLACK


SIGNED = rf"(deflationary|inflationary) for {NUMBER} (?:\[rounded up\] )?<=? eta(?: <= {NUMBER})?"


def judge_map(case: Case) -> None:
    """The shares are those of the boxes, and at random points of each box its regime is true."""
    entry, random = case.entry, np.random.default_rng(4)
    ends = [[float(F(v)) for v in entry[key]] for key in ("fractions", "betas")]
    assert numbers("rectangle # <= f <= #, # <= beta <= #,", case.text) == [*ends[0], *ends[1]]
    c = 1 - float(F(entry["eta"])) * float(F(entry["weight_decay"]))
    told = {"mean square": "stable in mean square", "upper": "deflationary", "lower": "inflationary"}
    area = dict.fromkeys(told, F(0))
    largest, nesterov = max(F(x) for x in case.product["curvatures"]), case.product["kind"] == "nesterov"
    for i, j, k, m, witness in entry["boxes"]:
        regime = "mean square" if isinstance(witness, list) else entry["tables"][witness]["side"]
        area[regime] += F((j - i) * (m - k), entry["grid"][0] * entry["grid"][1])
        for _ in range(3):
            f, beta = (
                low + (high - low) * random.uniform(a, b) / count
                for (low, high), a, b, count in zip(ends, (i, k), (j, m), entry["grid"], strict=True)
            )
            threshold = c + 1 / (1 + 2 * beta) if nesterov else (1 + c) * (1 + beta)
            rate = f * threshold / float(F(entry["eta"]) * largest)
            steps = model(case.product, {**entry, "lambda": str(F(rate)), "beta": str(F(beta))})
            if regime == "mean square":
                assert growth(steps, 2) < 1
            else:
                assert drift(steps) < SLACK if regime == "upper" else drift(steps) > -SLACK
    for regime, words in told.items():
        found = re.search(rf"{words} [^;]*?(everywhere on it|cover {NUMBER} of it)", case.text)
        assert (found is not None) == bool(area[regime])
        if found is not None:
            share = F(1) if found[1].startswith("every") else F(found[2])
            assert share == area[regime]
    rest = re.search(rf"nothing is said of the rest, {NUMBER} of it", case.text)
    assert (F(0) if rest is None else F(rest[1])) == 1 - sum(area.values())


JUDGES: dict[str, Callable[[Case], None]] = {
    "product_moment": judge_moment,
    "product_radius": judge_radius,
    "product_lyapunov": judge_lyapunov,
    "product_exponent": judge_exponent,
    "product_stable": judge_stable,
    "product_spike": judge_spike,
    "mean_square": judge_mean_square,
    "product_axis": judge_axis,
    "momentum_map": judge_map,
}


def unless_void(judge: Callable[[Case], None]) -> Callable[[Case], None]:
    """Of a table that is no Gram matrix nothing is said by a sentence that takes it for one, and says so."""

    def heard(case: Case) -> None:
        given = "taken as positive semidefinite without proof" in case.text
        assert given == (case.entry["coordinates"]["kind"] == "kernel" and case.product["kind"] == "gram")
        if given and np.linalg.eigvalsh(table_of(case.product)).min() < -1e-9:
            return
        judge(case)

    return heard


JUDGES = {kind: unless_void(judge) if kind != "momentum_map" else judge for kind, judge in JUDGES.items()}


def judge(found: Json, text: str) -> None:
    JUDGES[found["claims"][0]["kind"]](Case(found, text))


@pytest.mark.parametrize("name", GOOD)
def test_what_is_said_is_true(name: str) -> None:
    found = good(name)
    judge(found, check(found).statement)


def test_the_judges_hear_a_wrong_word() -> None:
    """Each sentence with a number moved by a tenth to the wrong side is found out."""
    for name, right, wrong in (
        ("half up", "rho = 0.96", "rho = 0.76"),
        ("half down", "rho = 0.86", "rho = 1.06"),
        ("radius", "<= r <= 1.07", "<= r <= 1.0"),
        ("falling", "<= -0.32", "<= -0.42"),
        ("exponent", "theta >= 1.5", "theta >= 2.5"),
        ("mean square", "1.044", "1.144"),
        ("axis", "theta >= 4 for eta <= 1.730", "theta >= 4 for eta <= 1.740"),
        ("axis by cells", "deflationary for 1.78 <= eta <= 1.8", "deflationary for 1.78 <= eta <= 1.95"),
        ("axis by cells", "inflationary for 1.92", "inflationary for 1.7"),
        ("axis of a line", "inflationary for 0.5213", "inflationary for 0.5113"),
        ("spike", "<= 0.4", "<= 0.0"),
        ("stable cells", "exceeds 1.6", "exceeds 0.6"),
        ("sums", "<= eta_ms <= 0.", "<= eta_ms <= 0.0"),
        ("sums of features", "eta < 0.", "eta < 2."),
        ("sums of features", "eta >= 2.", "eta >= 0."),
        ("sums spike", "<= 0.", "<= -1."),
        ("sums spike of momentum", "sigma = 3.", "sigma = 1."),
        ("map", "inflationary (", "deflationary ("),
        ("map of two", "cover 0.", "cover 0.1"),
    ):
        found = good(name)
        text = check(found).statement
        assert right in text, text
        with pytest.raises(AssertionError):
            judge(found, text.replace(right, wrong, 1))


def test_an_error_outside_of_the_span_is_not_spoken_of() -> None:
    """One sample (1, 0): a start (0, 1) never moves, so what is said of every start names the span."""
    line = {"kind": "features", "name": "line", "features": [["1", "0"]], "p": ["1"]}
    proof = {"form": "quadratic", "side": "upper", "bound": "-1/2", "Q": [["1"]], "c": ["1/4"]}
    head = {"product": 0, "eta": "1/2", "weight_decay": "0"}
    for where in ({"kind": "residuals", "pivots": [0]}, {"kind": "features"}):
        found = document(line, {"kind": "product_lyapunov", **head, "coordinates": where, "proof": proof})
        verdict = check(found)
        assert verdict.proved == (where["kind"] == "residuals")
        assert not verdict.proved or ", errors in the span of the samples" in verdict.statement
    assert "in the span" not in check(good("half up")).statement
    for name in ("radius", "sums"):
        assert good(name)["claims"][0]["coordinates"]["kind"] in ("residuals", "kernel")
        assert ", errors in the span of the samples" in check(good(name)).statement


def test_a_decay_that_is_none_is_not_spoken_of() -> None:
    found = good("map")
    assert ", weight decay 0.02 and one sample a step" in check(found).statement
    without = with_change(found, ("claims", 0, "weight_decay"), "0")
    verdict = check(without)
    assert verdict.proved and "decay" not in verdict.statement
    judge(without, verdict.statement)


def test_the_true_exponent_lies_in_the_bracket() -> None:
    found = good("exponent")
    low, high = numbers("theta >= #; theta <= #", check(found).statement)
    assert low - 0.01 <= exponent(model(found["products"][0], found["claims"][0])) <= high + 0.01


# --- changed certificates ---------------------------------------------------------------------------------------


def places(value: Json, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all leaves; long lists (the tables of cells) are one."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from places(part, (*here, key))
    elif isinstance(value, list) and 0 < len(value) < 10:
        for i, part in enumerate(value):
            yield from places(part, (*here, i))
    else:
        yield here


def changed(value: Json) -> list[Json]:
    """Values near and far."""
    if isinstance(value, bool) or value is None:
        return [not value, "1", {}]
    if isinstance(value, int):
        return [value + 1, value - 1, True, None]
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]+(?:[./][0-9]+)?", value):
        q = F(value)
        return [
            str(v) for v in (-q, 2 * q, q / 2, q * F(21, 20), q * F(19, 20), q * F(201, 200), q + 1, F(0))
        ] + [None]
    if isinstance(value, str):
        return ["upper", "lower", "quadratic", "volume", "inf", "", None]
    return [[], {}, None]


def with_change(found: Json, place: tuple[Any, ...], value: Json) -> Json:
    result = copy.deepcopy(found)
    here = result
    for key in place[:-1]:
        here = here[key]
    here[place[-1]] = value
    return result


SHORT = [n for n in GOOD if not any(word in n for word in SLOW)]


@some_then_all
@pytest.mark.parametrize("name", SHORT)
def test_a_changed_certificate_is_refused_or_true(name: str, every: int) -> None:
    found = good(name)
    parts = {"claims": found["claims"], "products": found["products"]}
    heard = {check(found).statement}
    changes = ((place, value) for place in places(parts) for value in changed(with_place(parts, place)))
    for place, value in part(changes, every):
        other = with_change(found, place, value)
        verdict = check(other)
        assert "checker failed" not in verdict.statement, (place, value, verdict.statement)
        if verdict.proved and verdict.statement not in heard:
            heard.add(verdict.statement)
            judge(other, verdict.statement)


@pytest.mark.parametrize("name", [n for n in GOOD if any(word in n for word in SLOW)])
@pytest.mark.slow
def test_a_changed_long_certificate_is_refused_or_true(name: str) -> None:
    found = good(name)
    parts = {"claims": found["claims"], "products": found["products"]}
    heard = {check(found).statement}
    waiting = list(places(parts))
    for k in np.random.default_rng(1).permutation(len(waiting))[: 30 if "cells" in name else 80]:
        values = changed(with_place(parts, waiting[k]))
        other = with_change(found, waiting[k], values[k % len(values)])
        verdict = check(other)
        assert "checker failed" not in verdict.statement, verdict.statement
        if verdict.proved and verdict.statement not in heard:
            heard.add(verdict.statement)
            judge(other, verdict.statement)


def with_place(value: Json, place: tuple[Any, ...]) -> Json:
    for key in place:
        value = value[key]
    return value
