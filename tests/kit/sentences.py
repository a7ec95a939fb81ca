"""Sentences of the checker read back, and judged by computations that share nothing with it."""

import itertools
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import exp, lcm, log
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
import pytest

from catalysis.certificate.document import certificate_of, claim
from catalysis.nonlinear.landing import landing
from kit.good_certificates import Model, certificate, data_set
from kit.good_choices import GOOD, a_good, hand_made
from kit.good_phases import BOXES, HIT_OF_A_CATAPULT, LANDINGS, POINTS, box, point
from kit.good_width import NAMES, good, good_loss
from kit.spike_oracle import cramer, is_deflationary, real
from kit.steps_oracle import passage, reaching, staying

F = Fraction
Json = Any
NUMBER = r"(-?[0-9][0-9./]*(?:e-?[0-9]+)?)"
WALK_SAYS_ONE = Path(__file__).parent / "walk_of_a_likely_cell.json"


def numbers(pattern: str, text: str) -> tuple[Fraction, ...]:
    """The numbers where the pattern has #, which must occur exactly once."""
    found = re.findall(pattern.replace("#", NUMBER), text)
    assert len(found) == 1, (pattern, text)
    return tuple(F(q) for q in ((found[0],) if isinstance(found[0], str) else found[0]))


@dataclass(frozen=True)
class Told:
    """Data set and step as the opening words tell them."""

    samples: tuple[tuple[Fraction, Fraction], ...]
    counted: bool
    rate: Fraction
    step: Json

    def __hash__(self) -> int:
        return hash((self.samples, self.counted, self.rate, str(self.step)))

    @classmethod
    def by(cls, text: str, step: str | None = None) -> "Told":
        rows = re.findall(rf"x = {NUMBER}, (p =|count) {NUMBER}", text)
        (rate,) = numbers("learning rate #;", text)
        words = text.split("sha256")[1].split(": ")[0] if step is None else step
        return cls(tuple((F(x), F(k)) for x, _, k in rows), rows[0][1] == "count", rate, cls._step(words))

    @staticmethod
    def _step(words: str) -> Json:
        found = re.search(r"minibatches of (\d+) (with|without) replacement", words)
        if found:
            return {"kind": "minibatch", "size": int(found[1]), "replacement": found[2] == "with"}
        assert "one sample a step" in words or "full batch" in words
        return {"kind": "single" if "one sample a step" in words else "full_batch"}

    @property
    def data(self) -> Json:
        rows = [(str(x), int(k) if self.counted else str(k)) for x, k in self.samples]
        return data_set(*rows, learning_rate=str(self.rate))

    def model(self, step: Json | None = None) -> Model:
        return Model(self.data, self.step if step is None else step)

    def pairs(self, q: Fraction) -> list[tuple[Fraction, Fraction]]:
        model = self.model()
        return [(abs(1 - q * xi), p) for xi, p in model.rates.items()] + [(F(1), model.idle)] * bool(
            model.idle
        )


def chance(pairs: list[tuple[Fraction, Fraction]], square: Fraction) -> tuple[float, float]:
    """Bounds of the probability that the walk ever reaches the root of `square`, over counts, in doubles."""
    return _chance(tuple(pairs), square)


@lru_cache(maxsize=20_000)
def _chance(pairs: tuple[tuple[Fraction, Fraction], ...], square: Fraction) -> tuple[float, float]:
    moving: dict[float, float] = defaultdict(float)
    for r, p in pairs:
        moving[float(r)] += float(p)
    idle, dead = moving.pop(1.0, 0.0), moving.pop(0.0, 0.0)
    if square <= 1 or max(moving, default=0) <= 1:
        return (1.0, 1.0) if square <= 1 else (0.0, 0.0)
    if not is_deflationary(list(pairs)):
        return 1.0, 1.0
    steps = [(log(r), p / (1 - idle)) for r, p in moving.items()]
    assert dead + idle + sum(moving.values()) == pytest.approx(1)
    alive, crossed, level = {(0,) * len(steps): (1.0, 0.0)}, 0.0, log(square) / 2 - 1e-12
    for _ in range(400):
        after: dict[tuple[int, ...], tuple[float, float]] = {}
        for counts, (mass, height) in alive.items():
            for i, (r, q) in enumerate(steps):
                place = (*counts[:i], counts[i] + 1, *counts[i + 1 :])
                known = after.get(place)
                after[place] = (mass * q, height + r) if known is None else (known[0] + mass * q, known[1])
        crossed += sum(mass for mass, height in after.values() if height >= level)
        alive = {c: (mass, h) for c, (mass, h) in after.items() if h < level and mass > 1e-16}
        if sum(mass for mass, _ in alive.values()) < 1e-13:
            break
    theta = float(cramer(list(pairs)))
    rest = sum(mass * exp(theta * (height - level)) for mass, height in alive.values())
    return crossed * (1 - 1e-9), (crossed + rest) * (1 + 1e-9) + 1e-12


# --- within some steps ---------------------------------------------------------------------------------------


def judge_spike_within(text: str) -> None:
    told = Told.by(text)
    (q,) = numbers("at lambda = # the probability", text)
    low, high = numbers(r"mu_0 not 0, lies in \[#, #\]", text)
    if "for all t" in text:
        level, steps = numbers(r"\|mu_t\| >= # \|mu_0\| for all t <= #", text)
        truth = staying(told.pairs(q), level, min(int(steps), 14))
        assert truth is not None and low <= truth and (steps > 14 or truth <= high)
        return
    steps, level = numbers(r"max \|mu_t\| over t <= # is at least # \|mu_0\|", text)
    truth = reaching(told.pairs(q), level, min(int(steps), 14))
    assert truth is not None and truth <= high and (steps > 14 or low <= truth)


def judge_first_passage(text: str) -> None:
    told = Told.by(text)
    q, level = numbers(r"at lambda = # the expectation of the first t with \|mu_t\| >= # \|mu_0\|", text)
    pairs = told.pairs(q)
    drift = -1.0 if any(r == 0 for r, _ in pairs) else sum(float(p) * log(r) for r, p in pairs)
    if max(r for r, _ in pairs) <= 1 or drift < 1e-12:
        assert "is infinite" in text
        return
    low, high = numbers(r"mu_0 not 0, lies in \[#, #\]", text)
    least, most = passage(pairs, level, 40 if len(pairs) == 2 else 12)
    assert low <= most and least <= high


# --- choices -------------------------------------------------------------------------------------------


def judge_advice(text: str) -> None:
    curvature, mu, n = numbers(r"from lambda_0 = # and \|mu_0\| = # at width n = #,", text)
    (scale,) = numbers(r"\|mu_t\| >= # sqrt\(n/eta\)", text)
    told = Told.by(text, text.split(", its learning rate replaced")[0].split("sha256")[1])
    told = Told(told.samples, told.counted, curvature, told.step)
    largest, start = told.model().largest, scale**2 * n / mu**2
    phrases = text.split("is bounded as follows; ")[1].split(" [A")[0].split("; ")
    reached = F(0)
    for phrase in phrases:
        words, place = phrase.split(" for eta ")
        low, high = _interval(place)
        assert low == reached, "a gap or an overlap"
        reached = high if high is not None else F(-1)
        for eta in _inside(low, high, place):
            if words == "outside the window":
                assert eta * largest > 4
            elif words != "undecided":
                _judge_rate(words, chance(told.pairs(eta), start / eta), told, eta)
    assert reached == -1


def _interval(place: str) -> tuple[Fraction, Fraction | None]:
    if place.startswith("> "):
        return F(place[2:]), None
    low, high = numbers(r"in [\[(]#, #[\])]", place)
    return low, high


def _inside(low: Fraction, high: Fraction | None, place: str) -> list[Fraction]:
    """Some numbers of the interval, and those ends that it says to include."""
    top = 3 * low if high is None else high
    found = [low + (top - low) * F(k, 17) for k in (1, 8, 15)]
    found += [low] if "[" in place and low else []
    return found + ([top] if "]" in place else [])


def _judge_rate(words: str, truth: tuple[float, float], told: Told, eta: Fraction) -> None:
    if words == "the probability is 0":
        assert truth[1] == 0
    elif words == "it is 1":
        assert truth[0] > 1 - 1e-6, (eta, truth)
    elif words == "it is 1 and G > 0":
        assert truth[0] > 1 - 1e-6
        assert told.model().drift(eta) > 0
    else:
        (p,) = numbers("it is (?:at most|more than) #$", words)
        assert truth[0] <= p if "at most" in words else truth[1] > p, (words, eta, truth)


def judge_advice_within(text: str) -> None:
    curvature, mu, n = numbers(r"from lambda_0 = # and \|mu_0\| = # at width n = #,", text)
    scale, steps = numbers(r"\|mu_t\| >= # sqrt\(n/eta\) for some t <= #", text)
    told = Told.by(text, text.split(", its learning rate replaced")[0].split("sha256")[1])
    told = Told(told.samples, told.counted, curvature, told.step)
    start = scale**2 * n / mu**2
    for phrase in text.split(f"for some t <= {steps} is ")[1].split(" [A")[0].split("; "):
        words, place = phrase.split(" for eta ")
        low, high = _interval(place)
        for eta in _inside(low, high, place):
            pairs = [(r**2, p) for r, p in told.pairs(eta)]
            truth = reaching(pairs, start / eta, min(int(steps), 12)) if start > eta else F(1)
            assert truth is not None
            (p,) = numbers("(?:at most|above) #$", words)
            if steps <= 12 or "above" not in words:
                assert truth <= p if "at most" in words else truth > p, (words, eta, truth)


def judge_batch_bound(text: str) -> None:
    told = Told.by(text)
    q, bound = numbers("at lambda = #, theta >= # for this step", text)
    steps, size = [told.step], told.step.get("size", 1)
    way = told.step.get("replacement", True)
    items = sum(k for _, k in told.samples) if told.counted else F(0)
    if "for every larger batch drawn in this way" in text:
        steps += [_batch(b, way) for b in (size + 1, size + 2) if way or b <= items]
    if "for all batches of at least this size drawn without replacement" in text:
        steps += [_batch(b, False) for b in range(size, int(items) + 1)]
    assert text.split(" [")[0].endswith("and for full batch")
    for step in [*steps, {"kind": "full_batch"}]:
        assert told.model(step).exponent(q) >= real(bound) * (1 - mp.mpf(10) ** -9)


def _batch(size: int, replacement: bool) -> Json:
    return {"kind": "minibatch", "size": size, "replacement": replacement}


def judge_batch_order(text: str) -> None:
    (q,) = numbers("at lambda = # the exponent", text)
    (t,), (s,) = numbers("is below #,", text), numbers(r"is at least # \[", text)
    first, second = re.findall(r"theta of (.*) is below .*, that of (.*) is at least", text)[0]
    assert Told.by(text, first).model().exponent(q) < real(t)
    assert Told.by(text, second).model().exponent(q) >= real(s)


def judge_order_bound(text: str) -> None:
    """All orders of an epoch, and of two."""
    told = Told.by(text)
    (q,) = numbers("at constant lambda = # an", text)
    (draws,) = numbers("an epoch of # draws", text)
    weights = [k for _, k in told.samples]
    whole = [w * (1 if told.counted else lcm(*(v.denominator for v in weights))) for w in weights]
    xs = [x for (x, _), k in zip(told.samples, whole, strict=True) for _ in range(int(k))]
    assert len(xs) == draws
    tops = {order: _top(order, q * told.rate) for order in set(itertools.permutations(xs))}
    product, least, most = (
        _top(xs, q * told.rate)[1],
        min(t for t, _ in tops.values()),
        max(t for t, _ in tops.values()),
    )
    assert "ascending order of x, where it is the maximum of 1 and that product" in text
    assert tops[tuple(sorted(xs))][0] == least == max(F(1), product)
    assert tops[tuple(sorted(xs, reverse=True))][0] == most
    _holds(r"where it is exp\(y\) with y in \[#, #\]", text, most)
    if "multiplies |mu| by 0 in every order" in text:
        assert product == 0
    else:
        _holds(r"multiplies \|mu\| by exp\(y\) with y in \[#, #\]", text, product)
    if "over any number of epochs, each in any order, it never exceeds the largest value either" in text:
        few = list(tops)[:12]
        assert all(_top((*a, *b, *a), q * told.rate)[0] <= most for a in few for b in few)


def _holds(pattern: str, text: str, value: Fraction) -> None:
    low, high = numbers(pattern, text)
    assert real(low) - mp.mpf(10) ** -12 <= mp.log(real(value)) <= real(high) + mp.mpf(10) ** -12


def _top(order: Any, q: Fraction) -> tuple[Fraction, Fraction]:
    here = top = F(1)
    for x in order:
        here *= abs(1 - q * x)
        top = max(top, here)
    return top, here


def judge_easy_phase(text: str) -> None:
    told = Told.by(text)
    draws = r"after # independent draws of samples with \|1 - lambda xi\| <= 1"
    q, steps = numbers(rf"at constant lambda = #, {draws}", text)
    level, low, high = numbers(r"that \|mu_t\| >= # \|mu_0\| for some t lies in \[#, #\]", text)
    pairs = told.pairs(q)
    easy = [(r, p) for r, p in pairs if r <= 1]
    reached: dict[Fraction, Fraction] = {F(1): F(1)}
    for _ in range(int(steps)):
        after: dict[Fraction, Fraction] = {}
        for (here, mass), (r, p) in itertools.product(reached.items(), easy):
            after[here * r] = after.get(here * r, F(0)) + mass * p / sum(p for _, p in easy)
        reached = after
    ends = [(mass, chance(pairs, (level / here) ** 2)) for here, mass in reached.items() if here]
    assert sum(float(m) * c[0] for m, c in ends) >= low * (1 - F(1, 10**6))
    assert sum(float(m) * c[1] for m, c in ends) <= high * (1 + F(1, 10**6))


def judge_order_counterexample(text: str) -> None:
    assert "kappa' = (1 - x L + x^2 kappa^2) kappa, L' = L - kappa^2 x (4 - x L)" in text
    kappa, L = numbers("started at kappa = #, L = #,", text)
    orders = re.findall(r"x = ([-0-9./, ]+) \(about ([-0-9.e]+)\)", text)
    (first, a), (second, b) = [([F(x) for x in order.split(", ")], F(about)) for order, about in orders]
    assert first == sorted(first)
    assert sorted(second) == first
    tops, lasts = zip(*(_finite(order, kappa, L) for order in (first, second)), strict=True)
    if "has a larger running maximum of |kappa|" in text:
        assert tops[0] > tops[1]
        found = tops
        assert "so ascending order is not the best" in text
    else:
        found = lasts
        assert (lasts[0] > lasts[1]) == ("ends at a larger |kappa|" in text)
        assert (lasts[0] < lasts[1]) == ("ends at a smaller |kappa|" in text)
        assert "so the end depends on the order" in text
    assert all(abs(q - w) <= abs(q) / 10**5 for q, w in zip(found, (a, b), strict=True))


def _finite(draws: list[Fraction], k: Fraction, L: Fraction) -> tuple[Fraction, Fraction]:
    top = abs(k)
    for x in draws:
        k, L = k - x * L * k + x**2 * k**3, L - 4 * x * k**2 + x**2 * k**2 * L
        top = max(top, abs(k))
    return top, abs(k)


# --- phases --------------------------------------------------------------------------------------------


def judge_phase(text: str) -> None:
    (x,) = numbers("with mean curvature x = #,", text)
    for kappa, L in _starts(text):
        steps, assertion = 3000 if "limit of L" in text else 400, text.split(": ", 2)[1:]
        path = _path(x, kappa, L, steps)
        if (
            " unless kappa_t = 0 exactly for some t (a null set of starts, N9)" in text
            and path.hit is not None
        ):
            continue
        _judge_path(assertion[0], assertion[1].split(" [N")[0], path)


@dataclass(frozen=True)
class Orbit:
    x: Any
    kappas: list[Any]
    Ls: list[Any]

    @property
    def hit(self) -> int | None:
        return next((t for t, k in enumerate(self.kappas) if abs(k) < mp.mpf(10) ** -70), None)

    @property
    def rises(self) -> list[int]:
        pairs = itertools.pairwise(map(abs, self.kappas))
        return [t + 1 for t, (a, b) in enumerate(pairs) if b > a * (1 + mp.mpf(10) ** -60)]

    @property
    def peak(self) -> Any:
        return (max(map(abs, self.kappas)) / abs(self.kappas[0])) ** 2


def _path(x: Fraction, kappa: Fraction, L: Fraction, steps: int) -> Orbit:
    x_, k, here = real(x), real(kappa), real(L)
    found = Orbit(x_, [k], [here])
    for _ in range(steps):
        if abs(k) < mp.mpf(10) ** -75 or here > mp.mpf(10) ** 6:
            break
        k, here = (1 - x_ * here + (x_ * k) ** 2) * k, here - k**2 * x_ * (4 - x_ * here)
        found.kappas.append(k)
        found.Ls.append(here)
    return found


def _starts(text: str) -> Iterator[tuple[Fraction, Fraction]]:
    """The single start, or a mesh inside the box that is named."""
    if ", the start kappa_0" in text:
        kappa, L = numbers("the start kappa_0 = #, L_0 = #[: ]", text.replace(" unless", ": unless"))
        yield kappa, L
        return
    assert "every start with kappa_0" in text
    assert "2 |kappa_0| <= L_0" in text
    opening = text.split(" unless")[0].split(", 2 |kappa_0|")[0]
    found = 0
    bottom, top = _ends("L_0", opening)
    kappas = _mesh("kappa_0", opening, top / 2)
    corners = [(kappa, (2 * abs(kappa) + top) / 2) for kappa in kappas]
    for kappa, L in [*itertools.product(kappas, _mesh("L_0", opening, top)), *corners]:
        if bottom <= L and 2 * abs(kappa) <= L and (kappa or "not 0" not in opening):
            found += 1
            yield kappa, L
    assert found, "a sentence about no start at all"


def _ends(letter: str, opening: str) -> tuple[Fraction, Fraction]:
    (side,) = re.findall(rf"{letter} (= {NUMBER}|in \({NUMBER}, {NUMBER}\))", opening)
    return (F(side[1]), F(side[1])) if side[1] else (F(side[2]), F(side[3]))


def _mesh(letter: str, opening: str, most: Fraction) -> list[Fraction]:
    """Some numbers of the box, up to this size."""
    low, high = _ends(letter, opening)
    low, high = max(low, min(high, -most)), min(high, max(low, most))
    return [low] if low == high else [low + (high - low) * F(k, 1009) for k in (3, 300, 611, 1006)]


def _judge_path(name: str, words: str, path: Orbit) -> None:
    tiny, settled = mp.mpf(10) ** -20, abs(path.kappas[-1]) < mp.mpf(10) ** -10
    if "nothing moves" in words:
        assert all(k == path.kappas[0] for k in path.kappas)
    elif "x L stays 4" in words:
        assert all(abs(path.x * L - 4) < tiny for L in path.Ls[:30])
        assert all(abs(path.x * k) <= 2 + tiny for k in path.kappas[:30])
        assert "moves by u^3 - 3u, that is 2 cos t to 2 cos 3t" in words
        u = [path.x * k for k in path.kappas[:10]]
        assert all(abs(b - (a**3 - 3 * a)) < tiny for a, b in itertools.pairwise(u))
    elif name == "divergent":
        assert path.Ls[-1] > 10**5
        assert all(b > a for a, b in itertools.pairwise(path.Ls))
        assert path.hit is None or "no kappa_t is 0" not in words
    elif "= 0 exactly" in words:
        _judge_hit(name, words, path)
    else:
        _judge_convergent(name, words, path, settled)


def _judge_hit(name: str, words: str, path: Orbit) -> None:
    t, last = numbers("kappa_# = 0 exactly, and L stays at #;", words)
    assert path.hit == t
    assert abs(path.Ls[-1] - real(last)) < mp.mpf(10) ** -20
    (peak,) = numbers(r"the greatest \(kappa_t/kappa_0\)\^2 is #$", words)
    assert abs(path.peak - real(peak)) < mp.mpf(10) ** -20
    if "the loss never rises" in words:
        assert not path.rises
    else:
        assert numbers("the loss rises in step # first", words)[0] == path.rises[0]
    truth = "critical" if path.Ls[0] * path.x >= 4 else "catapult" if path.rises else "lazy"
    assert name == truth


def _judge_convergent(name: str, words: str, path: Orbit, settled: bool) -> None:
    assert path.x * path.Ls[0] < 4
    if name == "lazy":
        assert "the loss never rises" in words
        assert not path.rises
    else:
        assert name == "catapult"
        assert (
            numbers("the loss rises in step #, L never increases and kappa tends to 0", words)[0]
            in path.rises
        )
    assert "L never increases and kappa tends to 0" in words
    assert all(b <= a for a, b in itertools.pairwise(path.Ls))
    if "the limit of L lies in" in words:
        low, high = numbers(r"the limit of L lies in \[#, #\]", words)
        assert real(low) <= path.Ls[-1] + mp.mpf(10) ** -20
        assert not settled or path.Ls[-1] <= real(high) + mp.mpf(10) ** -15
    if "the greatest" in words:
        low, high = numbers(r"the greatest \(kappa_t/kappa_0\)\^2 lies in \[#, #\]", words)
        assert path.peak <= real(high) * (1 + mp.mpf(10) ** -20)
        assert not settled or real(low) <= path.peak * (1 + mp.mpf(10) ** -20)
    if "no kappa_t is 0" in words:
        assert all(k != 0 and abs(k) > mp.mpf(10) ** -70 for k in path.kappas[:40])


# --- stochastic maps -----------------------------------------------------------------------------------


@dataclass
class Crowd:
    """Many paths of the map at once; `weights` make up for draws with other probabilities than the law's."""

    told: Told
    kappa: Any
    L: Any
    weights: Any
    rng: Any
    chances: Any

    @classmethod
    def of(cls, told: Told, kappa: float, L: float, count: int, tilt: float = 0.0) -> "Crowd":
        p = np.array([float(w / sum(k for _, k in told.samples)) for _, w in told.samples])
        factors = np.array([abs(1 - float(x) * L) for x, _ in told.samples]) ** tilt
        q = p * factors / (p * factors).sum()
        full = np.ones(count)
        return cls(told, full * kappa, full * L, full.copy(), np.random.default_rng(7), (p, q))

    def step(self) -> None:
        p, q = self.chances
        i = self.rng.choice(len(q), size=len(self.L), p=q)
        x = np.array([float(x) for x, _ in self.told.samples])[i]
        self.weights = self.weights * (p / q)[i]
        k, L = self.kappa, self.L
        self.kappa, self.L = (1 - x * L + (x * k) ** 2) * k, L - k**2 * x * (4 - x * L)


def _near(estimates: Any) -> tuple[float, float]:
    spread = 6 * float(np.std(estimates)) / len(estimates) ** 0.5
    return float(np.mean(estimates)) - spread, float(np.mean(estimates)) + spread


def judge_landing(text: str) -> None:
    told = Told.by(text)
    (lambda0,) = numbers("from every start at lambda_0 = # with kappa_0 not 0", text)
    pieces = re.findall(rf"\[{NUMBER}, {NUMBER}\]", text.split("the limit of lambda lies in")[1])
    zone = [(F(a), F(b)) for a, b in pieces]
    model = told.model()
    for i in range(1, 400):
        q = lambda0 * F(i, 400)
        if q in model.poles or model.drift(q) <= 0:
            assert any(a <= q <= b for a, b in zone), q
    crowd = Crowd.of(told, 0.01, float(lambda0 * told.rate), 400)
    for _ in range(3000):
        before = crowd.L
        crowd.step()
        assert (before >= crowd.L).all(), "lambda never increases"
    ended = crowd.L[np.abs(crowd.kappa) < 1e-6] / float(told.rate)
    if len(ended) <= 300:
        raise ValueError("too few of the paths have come to rest")
    inside = np.zeros(len(ended), dtype=bool)
    for a, b in zone:
        inside |= (ended >= float(a) - 1e-9) & (ended <= float(b) + 1e-9)
    assert inside.mean() > 0.99


def _start(text: str) -> tuple[Told, float, float]:
    told = Told.by(text)
    n, mu, q = numbers("of a network of width # with mu_0 = # and lambda_0 = # ", text)
    assert "(so kappa_0 = eta mu_0/sqrt(width), L_0 = eta lambda_0)" in text
    return told, float(told.rate * mu) / float(n) ** 0.5, float(told.rate * q)


def judge_width_spike(text: str) -> None:
    told, kappa, L = _start(text)
    level, low, high = numbers(r"the probability that \|kappa\| ever reaches # lies in \[#, #\]", text)
    least, most = _chance_at_width(told, kappa, L, float(level))
    assert low <= most, (low, most)
    assert high >= least, (least, high)


@lru_cache(maxsize=2000)
def _chance_at_width(told: Told, kappa: float, L: float, level: float) -> tuple[float, float]:
    """By simulation, tilted where the walk tells how."""
    pairs = told.pairs(F(L))
    tilt = float(told.model().exponent(F(L) / told.rate)) if is_deflationary(pairs) else 0.0
    crowd = Crowd.of(told, kappa, L, 20_000, tilt)
    worth = np.where(abs(kappa) >= level * (1 - 1e-12), 1.0, 0.0) * np.ones(20_000)
    for _ in range(600):
        crowd.step()
        now = (np.abs(crowd.kappa) >= level) & (worth == 0)
        worth[now] = crowd.weights[now]
    return _near(worth)


def judge_curvature_loss(text: str) -> None:
    told, kappa, L = _start(text)
    falls = "the curvature falls below #"
    a, c, to, steps = numbers(
        rf"with probability at least # \|kappa\| reaches # and {falls} not later than # steps after", text
    )
    b, to_, eps = numbers(
        rf"with probability at most # {falls} without \|kappa\| exceeding # up to and at that time", text
    )
    assert to == to_
    moving = tuple((x, k) for x, k in told.samples if x)
    assert (len(moving) < len(told.samples)) == ("(steps with x = 0 are not counted)" in text)
    told = Told(moving, told.counted, told.rate, told.step)
    spike, quiet = _ways_down(told, kappa, L, float(to * told.rate), float(c), float(steps), float(eps))
    assert a <= spike[1]
    assert b >= quiet[0]


@lru_cache(maxsize=2000)
def _ways_down(
    told: Told, kappa: float, L: float, target: float, level: float, steps: float, eps: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """The chances to fall below the target after a spike in time, and without one, by simulation."""
    moving = told.samples
    pairs = Told(moving, told.counted, F(1), told.step)
    total = sum(k for _, k in moving)
    shares = data_set(*[(str(x), str(k / total)) for x, k in moving])
    tilt = float(Model(shares, told.step).exponent(F(L)))
    crowd = Crowd.of(pairs, kappa, L, 20_000, tilt if tilt < 100 else 0.0)
    left = np.where(abs(kappa) >= level, steps, np.nan)
    left = left * np.ones(20_000)
    spiked, quietly, loud = np.zeros(20_000), np.zeros(20_000), np.zeros(20_000, dtype=bool)
    for _ in range(600):
        crowd.step()
        fallen, loud = target > crowd.L, loud | (np.abs(crowd.kappa) > eps)
        quietly = np.where(fallen & ~loud & (quietly == 0), crowd.weights, quietly)
        left = np.where(np.isnan(left) & (np.abs(crowd.kappa) >= level), steps + 1, left) - 1
        spiked = np.where(fallen & (left >= 0) & (spiked == 0), crowd.weights, spiked)
    return _near(spiked), _near(quietly)


# --- all of them ---------------------------------------------------------------------------------------

JUDGES: dict[str, Callable[[str], None]] = {
    name.removeprefix("judge_"): judge for name, judge in dict(globals()).items() if name.startswith("judge_")
}


def phase_document(entry: Json) -> Json:
    return certificate(None, entry)


def _of_landing(name: str) -> Json:
    walk, start = LANDINGS[name]
    return certificate_of(walk.dataset, [claim(landing(walk, start))])


def _hit(**changes: Json) -> Json:
    return {**point(*POINTS["hit"]), **changes}


SENTENCES: dict[str, Callable[[], Json]] = {
    **{f"choices: {name}": lambda name=name: a_good(name) for name in GOOD},
    "advice: a walk of a likely cell": lambda: json.loads(WALK_SAYS_ONE.read_text()),
    "advice: rare by an exponent below 1": lambda: hand_made(
        "1/2", {"regime": "rare", "from": "0.60", "to": "0.61", "exponent": "1.5"}
    ),
    "advice: one rate": lambda: _one_rate("1"),
    "advice: at once": lambda: _at_once("100"),
    "batch bound of a batch": lambda: {
        **a_good("batch bound"),
        "claims": [{"kind": "batch_bound", "step": _batch(2, True), "lambda": "1.3", "exponent": "1"}],
    },
    "order: final": lambda: {
        **a_good("order"),
        "claims": [a_good("order")["claims"][0] | {"differ_in": "final"}],
    },
    **{f"phase: {name}": lambda name=name: phase_document(point(*POINTS[name])) for name in POINTS},
    **{f"box: {i}": lambda i=i: phase_document(BOXES[i]) for i in range(len(BOXES))},
    "phase: hit of a catapult": lambda: phase_document(HIT_OF_A_CATAPULT),
    "phase: hit in a lazy path": lambda: phase_document(point(1, F(1, 2), F(5, 4))),
    "phase: still without a box": lambda: phase_document(box((0, 0), (2, 2), "critical")),
    "phase: still in a line": lambda: phase_document(box((0, 0), (0, 5), "critical")),
    **{f"landing: {name}": lambda name=name: _of_landing(name) for name in LANDINGS},
    **{f"width: {name}": lambda name=name: good(name) for name in NAMES},
    "loss: two samples": good_loss,
    "loss: idle steps": lambda: _idle_loss(),
}


def _one_rate(mu0: str) -> Json:
    cells = [
        ("stable", "0", "200/269"),
        ("inflationary", "200/269", "400/269"),
        ("outside window", "400/269", "inf"),
    ]
    listed = [{"regime": regime, "from": a, "to": b} for regime, a, b in cells]
    document = hand_made("1/2", {"regime": "undecided", "from": "0.6", "to": "0.61"}, mu0=mu0)
    document["claims"][0] |= {"step": {"kind": "full_batch"}, "cells": listed}
    return document


def _idle_loss() -> Json:
    spike = {"kappa": "1", "lower": "1", "reached": "1", "reach_proof": {"method": "reached"}, "steps": 1}
    entry = {"kind": "curvature_loss", "step": {"kind": "single"}, "lambda": "3", "width": "1", "mu0": "1"}
    entry |= {"to": "2.5", "spike": spike | {"parts": [4, 4]}, "quiet": {"kappa": "1", "upper": "1"}}
    return certificate(data_set(("0", "0.99"), ("1", "0.01")), entry)


def _at_once(mu0: str) -> Json:
    """The start is the event from eta = 100/10^4 on."""
    document = hand_made("1/2", {"regime": "undecided", "from": "0.6", "to": "0.61"}, mu0=mu0)
    cells = [("stable", "0", "0.01"), ("likely", "0.01", "200/169"), ("outside window", "200/169", "inf")]
    listed = [{"regime": regime, "from": a, "to": b} for regime, a, b in cells]
    document["claims"][0] |= {"width": "100", "cells": listed}
    return document
