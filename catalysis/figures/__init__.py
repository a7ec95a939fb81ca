"""The figures of the talk, each one function: `draw(name)` makes one, `NAMES` lists them. `plot(result)`: any result.

Curves are drawn from doubles and say nothing by themselves. What is certified is drawn as a band, a shaded
region or a box, and the caption, which stands beside the figure, says which it is.
"""

from __future__ import annotations

from importlib import import_module

from catalysis.exact.errors import InputError
from catalysis.figures.drawn import Drawn, as_size
from catalysis.figures.pictures import plot

_MODULES = {
    "catapult-map": "catapult_map",
    "catapult": "catapult",
    "drift": "drift",
    "exponent": "exponent",
    "spikes": "spikes",
    "landing": "landing",
    "momentum-map": "momentum_map",
    "phase-map": "phase_map",
    "window": "window",
}

NAMES = tuple(_MODULES)

__all__ = ["NAMES", "Drawn", "draw", "plot"]


def draw(name: str, size: str = "page") -> Drawn:
    """The figure of this name, with its caption, as wide as a `column` or a `page`.

    Raises InputError for an unknown name or size.
    """
    if name not in _MODULES:
        raise InputError(f"figure: expected one of {', '.join(NAMES)}, found {name[:60]!r}")
    found = import_module(f"catalysis.figures.{_MODULES[name]}").draw(as_size(size))
    assert isinstance(found, Drawn)
    return found
