"""Simulation: the linear walk, the reduced map, random products and the networks, with numpy alone.

Nothing here is certified and nothing here knows a certified number: a tilt arrives as a plain number.
docs/simulation.md says what is simulated, how exactly, and how its errors are estimated.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PUBLIC = {
    "Batches": "network",
    "Estimate": "estimates",
    "Level": "vector_network",
    "Measured": "products",
    "MemoryNeeded": "memory",
    "Network": "network",
    "NetworkEnds": "network",
    "NetworkSimulation": "product_runs",
    "ProductLaw": "products",
    "ProductSimulation": "product_runs",
    "ReducedEnds": "reduced_map",
    "ResumeError": "resume",
    "SimulationResult": "runs",
    "Start": "reduced_map",
    "StepLaw": "laws",
    "Tilt": "products",
    "TiltedReducedMap": "rare_events",
    "TiltedWalk": "rare_events",
    "Trajectories": "reduced_map",
    "VectorNetwork": "vector_network",
    "VectorNetworkEnds": "vector_network",
    "WalkLaw": "laws",
    "WalkPaths": "walk",
    "completed": "executors",
    "cramer_tilt": "laws",
    "lyapunov": "products",
    "moment": "products",
    "network_ends": "network",
    "open_executor": "executors",
    "reduced_ends": "reduced_map",
    "run_all": "executors",
    "simulate": "runs",
    "simulate_network": "product_runs",
    "simulate_product": "product_runs",
    "spike_probability": "products",
    "trajectories": "reduced_map",
    "vector_network_ends": "vector_network",
    "walk_paths": "walk",
}

__all__ = [*_PUBLIC]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(f"catalysis.simulation.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module 'catalysis.simulation' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
