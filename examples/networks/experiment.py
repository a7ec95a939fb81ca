"""One network at learning rates on both sides of every edge that is certified of its kernel at the start."""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from cases import Case

from catalysis import EmpiricalKernel, KernelAdvice, advise_kernel
from catalysis.crosscheck.followed import SnapshotRegime, Training
from catalysis.torch import empirical_kernel

SIDE = 0.05
"""How far from an edge, as a share of it."""
BETWEEN = (3.0, 5.0, 6.0)
"""Further values of eta max K_ii."""
LOOK = 4
"""Steps between two looks at all residuals."""
PLAY = 1e-4
"""Rounding and curvature of the network may make a norm rise that never rises in the linear regime."""
SPIKE, DECAYED, DIVERGED, LINEAR = 1e3, 1e-3, 1e13, 1e2
"""Times the norm at the start: a spike; low enough to stop; given up; up to here the linear walk is compared."""


WALKED = 1e6
"""The comparison ends also where the linear walk alone has risen so far."""
FALLEN = 100
"""So far below its peak a network has recovered."""


@dataclass(frozen=True)
class Edge:
    """A learning rate where something certified changes; `proved` False for rules that are only believed."""

    name: str
    eta: float
    proved: bool = True


def edges(advice: KernelAdvice, momentum: float) -> list[Edge]:
    """Of one kernel, in order."""
    largest = float(max(advice.sums.diagonal))
    low, high = map(float, advice.mean_square)
    found = [Edge(f"mean square ({', '.join(dict.fromkeys(advice.lemmas))})", low)]
    if high > low * (1 + 2 * SIDE):
        found.append(Edge(f"k(2) >= 0 ({advice.lemmas[1]})", high))
    if momentum:
        found.append(Edge("theta <= 1 (V20c)", float(advice.mean_grows.eta)))
        found.append(Edge("2(1 + momentum)/max K_ii", 2 * (1 + momentum) / largest, False))
    else:
        found.append(Edge("stable (V2)", 2 / largest))
        found.append(Edge("4/max K_ii", 4 / largest, False))
    found += [Edge("inflationary (V1)", float(piece.start)) for piece in advice.inflationary[:1]]
    return sorted(found, key=lambda edge: edge.eta)


def rates(found: list[Edge], largest: float) -> list[float]:
    """Both sides of every edge, and eta max K_ii = 3, 5 and 6; none twice."""
    sides = [edge.eta * (1 + side) for edge in found for side in (-SIDE, SIDE)]
    sides = sorted(sides + [load / largest for load in BETWEEN])
    kept: list[float] = []
    for rate in sides:
        if not kept or rate > kept[-1] * (1 + SIDE / 4):
            kept.append(float(f"{rate:.6g}"))
    return kept


@dataclass(frozen=True)
class Seen:
    """What a network did: norms of e = Theta - Theta* in the span of the gradients, over the one at the start.

    `apart` is the largest |log| of its norm over that of the linear walk with the same samples, up to 100-fold rises of
    the network.
    """

    rise: float
    end: float
    steps: int
    diverged: bool
    apart: float
    load_end: float | None
    drift: int | None

    @property
    def words(self) -> str:
        if self.diverged:
            return "diverges"
        if self.rise <= 1 + PLAY:
            return f"never rises, ends at {self.end:.1e}"
        return f"{'a spike, ' if self.rise >= SPIKE else ''}{self.rise:.2g}-fold, ends at {self.end:.1e}"


class Norm:
    """|P e| = (u^T K^-1 u)^(1/2) from residuals u, K at the start."""

    def __init__(self, gram: Any) -> None:
        values, vectors = np.linalg.eigh(gram)
        kept = values > 1e-12 * values[-1]
        self.root = (vectors[:, kept] / np.sqrt(values[kept])).T

    def __call__(self, u: Any) -> float:
        return float(np.linalg.norm(self.root @ u))


def run(case: Case, start: tuple[Any, Any, Any], kernel: EmpiricalKernel, eta: float, steps: int) -> Seen:
    """Train a copy of the network, and the linear walk beside it."""
    origin, X, y = start
    model, momentum = deepcopy(origin), float(case.momentum)
    optimizer = torch.optim.SGD(model.parameters(), lr=eta, momentum=momentum)
    stream, gram, norm = np.random.Generator(np.random.SFC64(case.seed)), kernel.gram, Norm(kernel.gram)
    with torch.no_grad():
        u = (model(X).reshape(-1) - y).cpu().numpy()
    first, before = norm(u), u.copy()
    rise, now, apart, linear, t = 1.0, 1.0, 0.0, True, 0
    for t in range(1, steps + 1):
        picked = stream.integers(len(X), size=case.batch)
        value = (model(X[picked]).reshape(-1) - y[picked]).square().mean() / 2
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        if linear:
            pull = gram[:, picked] @ u[picked] * (eta / case.batch)
            u, before = u - pull + momentum * (u - before), u
        if t % LOOK and t < steps:
            continue
        with torch.no_grad():
            seen = (model(X).reshape(-1) - y).cpu().numpy()
        now = norm(seen) / first if np.isfinite(seen).all() else math.inf
        rise = max(rise, now)
        linear = linear and rise < LINEAR and now > DECAYED
        if linear:
            walked = norm(u) / first
            apart = max(apart, abs(math.log(now / walked)))
            linear = walked < WALKED
        if not DECAYED < now < DIVERGED or (rise >= SPIKE and now < rise / FALLEN):
            break
    if not now < DIVERGED:
        return Seen(math.inf, math.inf, t, True, apart, None, None)
    last = empirical_kernel(model, X).diagonal.tolist()
    drift = SnapshotRegime.of_diagonal(last, training(case, eta)).drift
    return Seen(rise, now, t, False, apart, eta * max(last), drift)


def training(case: Case, eta: float) -> Training:
    return Training(Fraction(eta), case.batch, Fraction(case.momentum))


def agree(regime: str, seen: Seen) -> bool | None:
    """Whether the network did what is proved of the linear regime; None where that says nothing or it ran too short."""
    if regime == "stable":
        return seen.rise <= 1 + PLAY
    if regime.startswith("deflationary"):
        if seen.rise >= SPIKE or seen.diverged:
            return False
        return True if seen.end < 0.1 else None
    if regime == "inflationary":
        return True if seen.rise >= SPIKE else False if seen.end < 0.1 else None
    return None


def recovered(momentum: float, seen: Seen) -> bool | None:
    """Whether a spike was followed by decay 100-fold below it (single samples without momentum: and G < 0); not proved.

    None without a spike, and where the run ended before.
    """
    if seen.rise < SPIKE:
        return None
    if seen.diverged:
        return False
    fell = seen.end < seen.rise / FALLEN and (seen.drift in (-1, None) or bool(momentum))
    return True if fell else None


def table(case: Case, steps: int, device: str) -> dict[str, Any]:
    """All rates of one case."""
    start = case.start(device)
    kernel = empirical_kernel(start[0], start[1], name=case.name, width=case.width)
    advice = advise_kernel(kernel, momentum=case.momentum, batch_size=case.batch)
    found, largest = edges(advice, float(case.momentum)), float(max(advice.sums.diagonal))
    values = np.linalg.eigvalsh(kernel.gram)
    lines = []
    for eta in rates(found, largest):
        regime = advice_at(advice, eta)
        seen = run(case, start, kernel, eta, steps)
        lines.append({
            "eta": eta,
            "load": eta * largest,
            "certified": regime,
            "seen": seen.words,
            **{key: finite(value) for key, value in asdict(seen).items()},
            "agree": agree(regime, seen),
            "recovered": recovered(float(case.momentum), seen),
        })  # fmt: skip
    return {
        "case": case.fields(),
        "steps": steps,
        "parameters": kernel.meta.parameters,
        "kernel": {"least": values[0], "top": values[-1], "min": kernel.diagonal.min(), "max": largest},
        "edges": [asdict(edge) | {"load": edge.eta * largest} for edge in found],
        "lines": lines,
    }


def finite(value: Any) -> Any:
    """JSON has no infinities."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def advice_at(advice: KernelAdvice, eta: float) -> str:
    """The regime that is proved at a learning rate."""
    at = Fraction(eta)
    if advice.stable_up_to is not None and at <= advice.stable_up_to:
        return "stable"
    return next(p.regime for p in advice.regimes if p.end is None or at < p.end)
