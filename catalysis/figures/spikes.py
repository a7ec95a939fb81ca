"""Training-loss spikes over steps for several batch sizes: one path each from the same start."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure

from catalysis.data.dataset import Dataset
from catalysis.data.law import Step, curvature_law
from catalysis.figures.drawn import WIDTHS, Drawn, Size
from catalysis.figures.style import PALETTE, styled
from catalysis.simulation import Start, StepLaw, trajectories

CURVATURE, WIDTH, MU0, STEPS, SEED = 0.48, 10**6, 1.0, 800, 1
BATCHES = (1, 2, 8)


def rare_large_sample() -> Dataset:
    """x = 1/20 with probability 0.96, x = 8 with probability 0.04."""
    rows = [("common", {"x": "1/20", "p": "0.96"}), ("rare", {"x": "8", "p": "0.04"})]
    return Dataset.from_rows("rare-large", "1", rows)


def draw(size: Size) -> Drawn:
    """A data set with one rare large sample: SGD meets it alone, larger batches dilute it."""
    dataset = rare_large_sample()
    steps = [(f"batches of {b}" if b > 1 else "one sample a step", Step.minibatch(b)) for b in BATCHES]
    steps.append(("full batch", Step.full_batch()))
    start = Start.of(curvature=CURVATURE, learning_rate=1.0, mu=MU0, width=WIDTH)
    with styled():
        figure = Figure(figsize=(WIDTHS[size], 4.6), layout="constrained")
        axes = figure.subplots(len(steps), 1, sharex=True, sharey=True)
        full = StepLaw.of(curvature_law(dataset))
        for panel, colour, (name, step) in zip(axes, PALETTE, steps, strict=False):
            law = StepLaw.of(curvature_law(dataset, step))
            path = trajectories(law, start, steps=STEPS, replicas=1, seed=SEED)
            logs = (path.log_loss(full)[:, 0] + math.log(WIDTH)) / math.log(10)
            panel.plot(np.maximum(logs, -12), color=colour, lw=0.9)
            last = float(path.L[-1, 0])
            panel.set_title(f"{name}: ends at λ = {last:.4f}", loc="left", fontsize=8)
            panel.axhline(logs[0], color="0.6", lw=0.6, ls="--")
        axes[-1].set(xlabel="step", ylim=(-7, 5), xlim=(0, STEPS))
        figure.supylabel("log₁₀ of the training loss E(x) μ²/2", fontsize=8)
        caption = (
            "The reduced map at width n = 10^6, eta = 1, for x = 1/20 (probability 0.96) and x = 8 (0.04), started at "
            f"lambda = {CURVATURE}, mu = {MU0:g}: inside the window (1/4, 1/2) of single samples, far below the full "
            f"batch's threshold 2/E x = 5.43. One simulated path for each batch size, seed {SEED}: an illustration, "
            "not a statistic. Dashed: the loss at the start."
        )
        return Drawn(figure, caption, "measured")
