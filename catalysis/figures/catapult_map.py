"""The catapult map in the (mu, lambda) plane: trajectories of the derived reduced map."""

from __future__ import annotations

import numpy as np

from catalysis.derivation import ShallowNetwork, derive
from catalysis.figures.drawn import Drawn, Size
from catalysis.figures.style import MARKERS, PALETTE, panels, styled

STARTS = ((1.4, "lazy"), (2.6, "catapult"), (3.2, "catapult"), (3.8, "catapult"), (4.15, "divergent"))
KAPPA0 = 0.06
STEPS = 400
TOP = 5.0


def draw(size: Size) -> Drawn:
    """Full batch with one sample, in kappa = eta mu / sqrt(n), L = eta lambda: the same at every width."""
    step = derive(ShallowNetwork("linear"), "full").to_numpy("canonical")
    with styled():
        figure, (axes,) = panels(1, 5.0 if size == "page" else 3.6, size)
        half = TOP / 2
        axes.fill_between([-half, 0, half], [TOP, 0, TOP], 0, color="0.88", lw=0)
        for level, name in ((2, "ηλ = 2: lazy below"), (4, "ηλ = 4: divergent above")):
            axes.axhline(level, color="0.45", lw=0.9, ls="--")
            axes.annotate(name, (-half, level), xytext=(4, 3), textcoords="offset points", fontsize=7)
        for colour, marker, (start, phase) in zip(PALETTE, MARKERS, STARTS, strict=False):
            kappa, L = np.array([KAPPA0]), np.array([start])
            path = [(KAPPA0, start)]
            for _ in range(STEPS):
                kappa, L = step(kappa, L, 1.0)
                if not abs(L[0]) < 3 * TOP:
                    break
                path.append((float(kappa[0]), float(L[0])))
            x, y = np.array(path).T
            label = f"ηλ₀ = {start:g}: {phase}"
            axes.plot(x, y, "-", color=colour, lw=0.7, alpha=0.55)
            axes.plot(x, y, marker, color=colour, ms=3, label=label)
            axes.plot(x[0], y[0], marker, color=colour, ms=6, mfc="white", mew=1.2)
            if phase != "divergent":
                axes.plot(x[-1], y[-1], "*", color=colour, ms=10, mec="black", mew=0.5)
        axes.text(1.3, 0.75, "no network\n2|κ| > L", color="0.35", fontsize=7)
        axes.set(
            xlim=(-half, half),
            ylim=(0, TOP),
            xlabel="κ = ημ/√n",
            ylabel="L = ηλ  (curvature)",
        )
        axes.legend(loc="lower left", borderpad=0.1)
        caption = (
            "Trajectories of the derived map of gradient descent with one sample s = 1 (exact at every width; iterated "
            f"in doubles). Open markers: starts with kappa = {KAPPA0}; stars: where they end. Lines join successive "
            "steps. No network has sums in the grey corners."
        )
        return Drawn(figure, caption, "computed")
