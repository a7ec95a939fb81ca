"""Simulation: the linear walk, the reduced map and the network, with numpy alone.

Nothing here is certified and nothing here knows a certified number: a tilt arrives as a plain number.
docs/simulation.md says what is simulated, how exactly, and how its errors are estimated.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "Batches": "network",
    "Estimate": "estimates",
    "MemoryNeeded": "memory",
    "Network": "network",
    "NetworkEnds": "network",
    "ReducedEnds": "reduced_map",
    "ResumeError": "resume",
    "SimulationResult": "runs",
    "Start": "reduced_map",
    "StepLaw": "laws",
    "TiltedReducedMap": "rare_events",
    "TiltedWalk": "rare_events",
    "Trajectories": "reduced_map",
    "WalkLaw": "laws",
    "WalkPaths": "walk",
    "completed": "executors",
    "cramer_tilt": "laws",
    "network_ends": "network",
    "open_executor": "executors",
    "reduced_ends": "reduced_map",
    "run_all": "executors",
    "simulate": "runs",
    "trajectories": "reduced_map",
    "walk_paths": "walk",
}

__all__ = [*_PUBLIC]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"catalysis.simulation.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module 'catalysis.simulation' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
