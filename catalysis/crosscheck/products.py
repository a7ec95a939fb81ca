"""A random product, certified and simulated: lambda_1, k(2), theta, spikes, and the network's law of widths."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from catalysis.crosscheck.agreement import within_play
from catalysis.crosscheck.table import Check, CheckLine, CrossCheck, Outcome
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, exact
from catalysis.exact.result import Enclosure, Progress
from catalysis.exponent.exponent import Regime
from catalysis.products.answer import ProductAnswer, product_answer
from catalysis.products.cells import Mesh
from catalysis.products.walk import MatrixWalk
from catalysis.products.workshop import as_product
from catalysis.simulation.cluster import Notice
from catalysis.simulation.estimates import Estimate, Tally
from catalysis.simulation.executors import open_executor, process_count, run_all
from catalysis.simulation.laws import Floats
from catalysis.simulation.product_runs import simulate_network
from catalysis.simulation.products import (
    Measured,
    ProductLaw,
    Tilt,
    exponent,
    lyapunov,
    moment,
    spike_probability,
)
from catalysis.simulation.runs import seed_text
from catalysis.simulation.streams import Seed, child_of, root_of
from catalysis.simulation.vector_network import Level, NetworkRun, VectorNetwork, VectorNetworkEnds

MOST_WORK = 50_000
"""m d^2 up to which a walk is simulated here."""

WIDTHS = (10**4, 10**6, 10**8)
"""At which the network's law (n/eta)^(-theta/2) is measured."""

_FAR = 5.5  # standard errors; a normal number is further from its mean once in 2.6e7
_REPLICAS, _STEPS = 4000, 500
_SPIKE_WORK = 200_000  # replicas times samples
_PLAIN_STEPS = 1000
_HIGH = 1e6  # the further level of a slope, times the first one
_NODES = 512
_LEVEL = 0.1  # eta max|s|^2 |mu| / n^(1/2), a spike of the network
_WIDTH_STEPS, _MOST_THETA = 2000, 6.0
_NET_WIDTH = 10**4

Bounds = tuple[Fraction | None, Fraction | None]


def crosscheck_product(
    walk: object,
    *,
    factor: Number = 10,
    seed: Seed = 1,
    workers: Number | None = None,
    dask: str | None = None,
    progress: Progress | None = None,
    notice: Notice | None = None,
) -> CrossCheck:
    """The certified answer on a MatrixWalk beside simulations: lambda_1, k(2), theta, P(sup |e_t| >= factor |e_0|).

    Deflationary single samples also drive the network at several widths. factor > 1; the rest as for `crosscheck`. A
    line says agree, disagree, or (None) nothing to compare. Raises InputError.
    """
    started, product, level = time.perf_counter(), as_product(walk), exact(factor, "factor")
    if level <= 1:
        raise InputError("factor: expected a number > 1")
    process_count(workers)
    root = root_of(seed)
    if product.size * product.dimension**2 > MOST_WORK:
        raise InputError(f"walk: expected m d^2 of at most {MOST_WORK} for a cross-check")
    single = product.expanded()
    if single.size * single.dimension**2 > MOST_WORK:
        raise InputError(f"walk: expected m d^2 of at most {MOST_WORK} for a cross-check")
    checks = _checks(product, single, product_answer(single, level), level, root)
    with open_executor(workers, dask, notice) as executor:
        outcomes = run_all(_run, checks, executor, progress=progress)
    return CrossCheck.of(product, seed_text(root), outcomes, time.perf_counter() - started)


def _run(check: Check) -> Outcome:
    return check.run()


def _checks(
    product: MatrixWalk,
    walk: MatrixWalk,
    answer: ProductAnswer,
    factor: Fraction,
    root: np.random.SeedSequence,
) -> list[Check]:
    law, second = law_of(walk), answer.second.number
    squares: Bounds = (None, None) if second is None else (second.lower, second.upper)
    checks: list[Check] = [
        ExponentCheck("lambda_1", answer.lambda1, law, child_of(root, 0)),
        ExponentCheck("k(2)", squares, law, child_of(root, 1)),
    ]
    if answer.probability is not None:
        checks.append(SpikeCheck.of(walk, answer, factor, child_of(root, 3)))
    low, high = answer.theta
    if answer.regime is not Regime.DEFLATIONARY:
        return checks
    checks.append(ExponentCheck("theta", answer.theta, law, child_of(root, 2)))
    if low and high is not None:
        checks.append(SlopeCheck.of(walk, answer, factor, child_of(root, 4)))
        if product.data is not None and product.single and not product.weight_decay and high < _MOST_THETA:
            checks.append(WidthsCheck.of(product, answer, child_of(root, 5)))
    if product.data is not None and product.single and not product.weight_decay:
        checks.append(CurvatureCheck(product, child_of(root, 6)))
    return checks


@dataclass(frozen=True, eq=False)
class ExponentCheck:
    """lambda_1, k(2) or theta between proved bounds."""

    name: str
    bounds: Bounds
    law: ProductLaw
    seed: np.random.SeedSequence

    def run(self) -> Outcome:
        kinds: dict[str, Callable[[], Measured | None]] = {
            "lambda_1": lambda: lyapunov(self.law, steps=_STEPS, replicas=_REPLICAS, seed=self.seed),
            "k(2)": lambda: moment(self.law, 2.0, steps=_STEPS, replicas=_REPLICAS, seed=self.seed),
            "theta": lambda: exponent(self.law, steps=_STEPS, replicas=_REPLICAS, seed=self.seed),
        }
        return Outcome((beside(self.name, self.bounds, kinds[self.name]()),))


@dataclass(frozen=True, eq=False)
class SpikeCheck:
    """P(sup |e_t| >= K |e_0|) from one start; the bounds hold for (almost) every start."""

    regime: Regime
    law: ProductLaw
    tilt: Tilt | None
    norm: str
    factor: float
    bounds: Enclosure
    seed: np.random.SeedSequence

    @classmethod
    def of(
        cls, walk: MatrixWalk, answer: ProductAnswer, factor: Fraction, seed: np.random.SeedSequence
    ) -> SpikeCheck:
        bounds, falling = answer.probability, answer.regime is Regime.DEFLATIONARY
        assert bounds is not None
        law = _law_in(walk, answer)
        tilt = tilt_of(walk, answer, law) if falling else None
        return cls(answer.regime, law, tilt, answer.norm, float(factor), bounds, seed)

    def run(self) -> Outcome:
        name = f"P(sup |e_t| >= {self.factor:g} |e_0|), {self.norm} norm"
        shown = f"[{float(self.bounds.lower):.4g}, {float(self.bounds.upper):.4g}]"
        steps = None if self.tilt is not None else _PLAIN_STEPS
        found = estimate(self.law, self.tilt, self.factor, steps, self.norm == "maximum", self.seed)
        if self.tilt is None:
            return Outcome((self._plain(name, shown, found),))
        if found.value is None:
            return Outcome((CheckLine(name, shown, None, None, None, found.reason or "too few samples"),))
        error = found.standard_error or 0.0
        play = _FAR * error
        agree = float(self.bounds.lower) - play <= found.value <= float(self.bounds.upper) + play
        return Outcome((CheckLine(name, shown, found.value, error, agree),))

    def _plain(self, name: str, shown: str, found: Estimate) -> CheckLine:
        """Within some steps: at most P, and no spike at all where P = 0."""
        share = found.hits / found.samples
        error = math.sqrt(share * (1 - share) / found.samples)
        agree: bool | None = share - _FAR * error <= float(self.bounds.upper)
        if agree and share + _FAR * error < float(self.bounds.lower):
            agree = None
        note = f"within {_PLAIN_STEPS} steps"
        return CheckLine(name, shown, share, error, agree, note)


@dataclass(frozen=True, eq=False)
class SlopeCheck:
    """theta as -d log P / d log K between two levels; what the constants of V11 leave open is its play."""

    law: ProductLaw
    tilt: Tilt
    bounds: tuple[float, float]
    play: float
    factor: float
    maximum: bool
    seed: np.random.SeedSequence

    @classmethod
    def of(
        cls, walk: MatrixWalk, answer: ProductAnswer, factor: Fraction, seed: np.random.SeedSequence
    ) -> SlopeCheck:
        low, high = answer.theta
        assert low is not None and high is not None and answer.probability is not None
        law = _law_in(walk, answer)
        least, most = answer.probability.lower, answer.probability.upper
        play = math.log(most / least) if least > 0 else math.inf
        ends = float(low), float(high)
        maximum = answer.norm == "maximum"
        return cls(law, tilt_of(walk, answer, law), ends, play, float(factor), maximum, seed)

    def run(self) -> Outcome:
        first, second = (
            estimate(self.law, self.tilt, level, None, self.maximum, child_of(self.seed, i))
            for i, level in enumerate((self.factor, self.factor * _HIGH))
        )
        name, apart = "theta: slope of log P", math.log(_HIGH)
        theta = f"[{self.bounds[0]:.7g}, {self.bounds[1]:.7g}]"
        if first.log_value is None or second.log_value is None:
            note = first.reason or second.reason or "too few samples"
            return Outcome((CheckLine(name, theta, None, None, None, note),))
        slope = (first.log_value - second.log_value) / apart
        error = math.hypot(first.relative_error or 0.0, second.relative_error or 0.0) / apart
        play = self.play / apart + _FAR * error
        agree = within_play(slope, *self.bounds, play)
        return Outcome((CheckLine(name, theta, slope, error, agree, f"play {play:.2g}"),))


@dataclass(frozen=True, eq=False)
class WidthsCheck:
    """The network's law (n/eta)^(-theta/2): the slope of log P in log n, by importance sampling at three widths.

    The play is theta/2 log R, R the largest factor of a step: an argument about the leading order, not a proved bound.
    """

    inputs: Floats
    p: Floats
    eta: float
    tilt: Tilt
    bounds: tuple[float, float]
    play: float
    seed: np.random.SeedSequence

    @classmethod
    def of(cls, walk: MatrixWalk, answer: ProductAnswer, seed: np.random.SeedSequence) -> WidthsCheck:
        inputs, p = walk.inputs_in_doubles()
        eta, (low, high) = float(walk.eta), answer.theta
        assert low is not None and high is not None
        law = ProductLaw.of_features(inputs, p, eta)
        step = max(abs(1 - eta * float((inputs**2).sum(axis=1).max())), 1.0)
        play = float(high / 2) * math.log(step)
        return cls(inputs, p, eta, tilt_of(walk, answer, law), (float(low / 2), float(high / 2)), play, seed)

    def run(self) -> Outcome:
        points = [self.at(width, child_of(self.seed, i)) for i, width in enumerate(WIDTHS)]
        name = "theta/2: slope of log P in the width of the network"
        shown = f"[{self.bounds[0]:.7g}, {self.bounds[1]:.7g}]"
        first, last = points[0], points[-1]
        if any(one.log_value is None for one in points) or first.log_value is None or last.log_value is None:
            return Outcome((CheckLine(name, shown, None, None, None, "too few samples"),))
        apart = math.log(WIDTHS[-1] / WIDTHS[0])
        slope = (first.log_value - last.log_value) / apart
        error = math.hypot(first.relative_error or 0.0, last.relative_error or 0.0) / apart
        play = self.play / apart + _FAR * error
        agree = within_play(slope, *self.bounds, play)
        return Outcome((CheckLine(name, shown, slope, error, agree, f"play {play:.2g}"),))

    def at(self, width: int, seed: np.random.SeedSequence) -> Estimate:
        """P(eta |mu| / n^(1/2) reaches the level) at one width."""
        return network_probability(
            VectorNetwork(self.inputs, self.p, self.eta, width), self.tilt, seed, _few(self.p.size)
        )


def network_probability(
    network: VectorNetwork, tilt: Tilt, seed: Seed, replicas: int, *, level: float = _LEVEL
) -> Estimate:
    """P(eta max|s|^2 |mu_t| / n^(1/2) reaches `level`), by importance sampling up to there."""
    largest = float((network.inputs**2).sum(axis=1).max())
    run = NetworkRun(network, _WIDTH_STEPS, Level(kappa=level / largest), tilt, first_passage=True)
    ends = VectorNetworkEnds.joined([run.block(job) for job in run.jobs(replicas, seed)])
    unit = float(ends.hit.max()) if np.any(ends.hit > -math.inf) else 0.0
    return Estimate.of(Tally.of_weights(ends.hit, unit), unit, weighted=True)


@dataclass(frozen=True, eq=False)
class CurvatureCheck:
    """What a spike does to eta max K_ii of the network: measured, nothing is certified."""

    walk: MatrixWalk
    seed: np.random.SeedSequence

    def run(self) -> Outcome:
        found = simulate_network(
            self.walk,
            width=_NET_WIDTH,
            replicas=max(200, _few(self.walk.size) // 8),
            steps=_PLAIN_STEPS,
            kappa=_LEVEL / float((self.walk.inputs_in_doubles()[0] ** 2).sum(axis=1).max()),
            seed=self.seed,
            tilt=True,
        )
        lines = []
        for when, mean in (("before", found.before), ("after", found.after)):
            name = f"eta max K_ii {when} a spike, network of width {_NET_WIDTH:,}"
            value, error = (None, None) if mean is None else (mean.value, mean.standard_error)
            note = "too few spikes" if mean is None else ""
            lines.append(CheckLine(name, None, value, error, None, note))
        return Outcome(tuple(lines))


def law_of(walk: MatrixWalk) -> ProductLaw:
    """The single steps in doubles, in the walk's own coordinates."""
    tables = [
        np.array([[int(v) / step.den for v in row] for row in step.top.tolist()]) for step in walk.steps
    ]
    return ProductLaw(np.array(tables), np.array([float(p) for p in walk.weights]))


def _law_in(walk: MatrixWalk, answer: ProductAnswer) -> ProductLaw:
    """In coordinates that fit the norm of the answer's probability."""
    return ProductLaw(*walk.in_doubles()) if answer.norm == "parameters" else law_of(walk)


def _few(samples: int) -> int:
    return max(500, min(_REPLICAS, _SPIKE_WORK // samples))


def estimate(
    law: ProductLaw, tilt: Tilt | None, factor: float, steps: int | None, maximum: bool, seed: Seed
) -> Estimate:
    """P(sup |e_t| >= factor |e_0|) from one start."""
    start = np.linspace(1.0, 2.0, law.dimension)
    replicas = _few(law.p.size) if tilt is not None else _REPLICAS
    return spike_probability(
        law, start, factor, replicas=replicas, steps=steps, seed=seed, tilt=tilt, maximum=maximum
    )


def beside(name: str, bounds: Bounds, found: Measured | None) -> CheckLine:
    """Does a measured value lie between proved bounds, up to its error? Open where either is missing."""
    low, high = bounds
    shown = f"[{_short(low, '-inf')}, {_short(high, 'inf')}]"
    if found is None:
        return CheckLine(name, shown, None, None, None, "the simulation saw no change of sign")
    if low is None and high is None:
        return CheckLine(name, None, found.value, found.standard_error, None, "nothing is proved")
    # a population of N replicas shifts k(s) by about 1/N
    play = _FAR * found.standard_error + 2 / found.replicas
    agree = (low is None or found.value >= float(low) - play) and (
        high is None or found.value <= float(high) + play
    )
    return CheckLine(name, shown, found.value, found.standard_error, agree)


def _short(value: Fraction | None, missing: str) -> str:
    return missing if value is None else f"{float(value):.7g}"


def tilt_of(walk: MatrixWalk, answer: ProductAnswer, law: ProductLaw) -> Tilt:
    """By theta: with the eigenfunction in the plane, without one elsewhere."""
    low, high = answer.theta
    s = float(low or 0) if high is None else float(high)
    if walk.dimension != 2:
        return Tilt(max(s, 0.1))
    tables = [[[Fraction(v) for v in row] for row in matrix] for matrix in law.matrices.tolist()]
    mesh = Mesh([((a, b), (c, d)) for (a, b), (c, d) in tables], walk.weights, _NODES)
    values: Floats = mesh.transfer.eigenfunction(s)[1]
    return Tilt(s, mesh.nodes, values) if math.isfinite(s) else Tilt(1.0)
