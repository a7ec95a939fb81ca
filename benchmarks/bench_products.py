"""Random products of matrices: how long proofs take, beside simulations that see as sharply.

    python benchmarks/bench_products.py

Prints one line for each case, CPU seconds beside wall seconds (where other work shares the cores, compare the former).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from catalysis.crosscheck.products import law_of
from catalysis.products.answer import plane_matrices
from catalysis.products.kernel import VectorData
from catalysis.products.momentum_boxes import Box, Momentum
from catalysis.products.momentum_cells import prove_sign
from catalysis.products.plane import drift_bounds, exponent_bounds
from catalysis.products.walk import MatrixWalk
from catalysis.products.workshop import Workshop
from catalysis.simulation.products import ProductLaw, ProductSpike, Tilt, lyapunov
from catalysis.simulation.streams import root_of, stream_of
from catalysis.simulation.vector_network import NetworkRun, VectorNetwork
from proofs_check.core.budget import Work
from proofs_check.products.cells import Inequality, Table

_STEPS, _REPLICAS = 2000, 2000
_NET_STEPS = 100


def walk(d: int, m: int, level: Fraction, seed: int = 1) -> MatrixWalk:
    """Standard normal features of three decimals; eta max K_ii = level."""
    drawn = np.random.default_rng(seed).normal(size=(m, d))
    data = VectorData.from_features([[Fraction(round(float(v) * 1000), 1000) for v in row] for row in drawn])
    return MatrixWalk.from_data(data, eta=level / max(data.diagonal))


def row(name: str, work: Callable[[], Any], say: Callable[[Any], str]) -> Any:
    start, cpu = time.perf_counter(), time.process_time()
    found = work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - start
    print(f"{name:44} {cpu:8.3f} {wall:8.3f}   {say(found)}", flush=True)
    return found


def matrices(d: int, m: int) -> None:
    """V5 both sides, and V3 at s = 1, each from a fresh walk."""
    where = f"d = {d}, m = {m}"
    for name, work in (
        ("V5, k(2) from both sides", lambda shop: [shop.mean_square(side) for side in ("lower", "upper")]),
        ("V3, k(1) from above", lambda shop: [shop.prove(Fraction(1), "upper")]),
    ):
        shop = Workshop(walk(d, m, Fraction(3)))
        row(
            f"{where}: {name}",
            lambda work=work, shop=shop: work(shop),
            lambda found: ", ".join("-" if one is None else f"rho = {float(one.rho):.9f}" for one in found),
        )


def plane() -> None:
    product = walk(2, 20, Fraction(7, 2))
    tables, weights = plane_matrices(product), product.weights
    where = "d = 2, m = 20"
    width = Fraction(1, 1000)
    row(
        f"{where}: theta to 1e-3 (V8)",
        lambda: exponent_bounds(tables, weights, width),
        lambda found: f"{[None if b is None else float(b.power) for b in found]}",
    )
    low, high = row(
        f"{where}: lambda_1 to 1e-3 (V8)",
        lambda: drift_bounds(tables, weights, width),
        lambda found: f"{[None if b is None else float(b.bound) for b in found]}",
    )
    if low is not None and high is not None:
        for bound in (low, high):
            asked = Inequality(
                tuple(tables), tuple(weights), None, bound.bound, "upper" if bound.side > 0 else "lower"
            )
            table = Table(bound.table.nodes, bound.table.values)
            row(
                f"{where}: proofs_check, one side",
                lambda asked=asked, table=table: asked.check(table, Work(10**12)),
                lambda _, table=table: f"{len(table.nodes)} cells",
            )
    law = law_of(product)
    start = time.process_time()
    found = lyapunov(law, steps=_STEPS, replicas=_REPLICAS, seed=1)
    spent = time.process_time() - start
    # half the width as two standard errors
    more = (found.standard_error / (float(width) / 4)) ** 2
    steps = _STEPS * _REPLICAS
    print(
        f"{where}: simulated lambda_1 = {found.value:.5f} +- {found.standard_error:.1g} after "
        f"{steps:.2g} steps in {spent:.2f} s; 95 % within 1e-3: {steps * more:.2g} steps, {spent * more:.2f} s;"
        f" within 1e-6: {steps * more * 1e6:.2g} steps"
    )


def simulations() -> None:
    """Replica-steps per second of CPU: the walk plainly and tilted, and the network at any width."""
    for d, m in ((2, 20), (10, 100)):
        product = walk(d, m, Fraction(3))
        law, where = ProductLaw(*product.in_doubles()), f"d = {d}, m = {m}"
        inputs, p = product.inputs_in_doubles()
        net = NetworkRun(VectorNetwork(inputs, p, float(product.eta), 10**6), _NET_STEPS)
        for name, run in (
            (
                "walk",
                lambda law=law: (
                    ProductSpike(law, 1e100, _NET_STEPS).run(2048, stream_of(root_of(1), 0)).steps
                ),
            ),
            (
                "walk, tilted",
                lambda law=law: (
                    ProductSpike(law, 1e100, _NET_STEPS, Tilt.by_matrix(law, 2.0))
                    .run(2048, stream_of(root_of(1), 0))
                    .steps
                ),
            ),
            ("network", lambda net=net: net.run(2048, stream_of(root_of(1), 0)).hit.size * _NET_STEPS),
        ):
            start = time.process_time()
            steps = run()
            spent = time.process_time() - start
            print(
                f"{where}: {name}: {steps / spent / 1e6:.2g} million replica-steps a second of CPU",
                flush=True,
            )


def box() -> None:
    momentum = Momentum("heavy_ball", Fraction(1), (Fraction(1), Fraction(169, 100)), (Fraction(1, 2),) * 2)
    for f, regime in ((Fraction(1), "inflationary"), (Fraction(13, 16), "deflationary")):
        beta = Fraction(9, 10) if regime == "inflationary" else Fraction(7, 10)
        h = Fraction(1, 256)
        row(
            f"momentum: one box, f = {float(f):g}, beta = {float(beta):g}",
            lambda f=f, beta=beta, h=h: prove_sign(momentum, Box((f - h, f + h), (beta - h, beta + h))),
            lambda found: f"lambda_1 {'<=' if found.side > 0 else '>='} {float(found.bound):.3g}",
        )


def main() -> None:
    print(f"{'case':44} {'CPU s':>8} {'wall s':>8}")
    matrices(10, 100)
    plane()
    simulations()
    box()
    matrices(50, 500)


if __name__ == "__main__":
    main()
