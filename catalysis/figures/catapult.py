"""Loss and curvature during a catapult, at several widths."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from catalysis.figures.drawn import Drawn, Size
from catalysis.figures.style import MARKERS, PALETTE, panels, power_of_ten, styled
from catalysis.simulation import Start, StepLaw, trajectories

WIDTHS = (10**2, 10**4, 10**6, 10**8)
CURVATURE, MU0, STEPS = 3.0, 1.0, 60
_LINE: dict[str, Any] = {"lw": 0.8, "ms": 2.5, "markevery": 2}


def draw(size: Size) -> Drawn:
    """One sample s = 1, eta = 1, lambda_0 = 3, mu_0 = 1: the loss mu^2/2 and lambda, step by step."""
    law = StepLaw(np.array([1.0]), np.array([1.0]))
    with styled():
        figure, (loss, curvature) = panels(2, 2.6, size)
        for colour, marker, width in zip(PALETTE, MARKERS, WIDTHS, strict=False):
            start = Start.of(curvature=CURVATURE, learning_rate=1.0, mu=MU0, width=width)
            path = trajectories(law, start, steps=STEPS, replicas=1, seed=0)
            # (n / eta^2) kappa^2 / 2 = mu^2 / 2
            logs = (path.log_loss(law)[:, 0] + math.log(width)) / math.log(10)
            label = f"n = {power_of_ten(round(math.log10(width)))}"
            loss.plot(logs, marker=marker, color=colour, **_LINE, label=label)
            curvature.plot(path.L[:, 0], marker=marker, color=colour, **_LINE)
        loss.set(xlabel="step", ylabel="log₁₀ of the loss μ²/2", ylim=(-8, 9))
        loss.set_title("The loss rises to order n ...", loc="left")
        curvature.axhline(2, color="0.45", lw=0.9, ls="--")
        curvature.annotate("2/η", (STEPS, 2), xytext=(-16, 4), textcoords="offset points")
        curvature.set(xlabel="step", ylabel="curvature λ", ylim=(0, 3.2))
        curvature.set_title("... and the curvature falls below 2/η", loc="left")
        loss.legend(loc="upper right")
        caption = (
            f"Gradient descent with one sample s = 1, eta = 1, started at lambda = {CURVATURE:g}, mu = {MU0:g}: the "
            "reduced map, exact for the linear network at every width, iterated in doubles. |mu| doubles in each step "
            "at first, so a factor of 100 in the width delays the catapult by log 10/log 2 = 3.3 steps."
        )
        return Drawn(figure, caption, "computed")
