"""Good certificates of random products, small ones of every kind and form, and what is true of them in floats."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

import numpy as np

from catalysis.certificate.document import certificate_of, claim
from catalysis.certificate.kernels import advice_claims
from catalysis.data.reading import parse_samples
from catalysis.data.walk import LinearWalk
from catalysis.products.axis import LearningRateAxis, learning_rate_axis, mean_square_threshold
from catalysis.products.bounds import (
    LyapunovExponentBound,
    MomentBound,
    lyapunov_lower,
    lyapunov_upper,
    mean_square,
    moment_lower,
    moment_upper,
)
from catalysis.products.cells import prove
from catalysis.products.exponent import StableProof, product_exponent
from catalysis.products.kernel import VectorData
from catalysis.products.kernel_axis import advise_kernel
from catalysis.products.momentum_map import momentum_map
from catalysis.products.plane import stable_table
from catalysis.products.proofs import (
    MomentLyapunovProof,
    PowerMeanProof,
    SampleProof,
    SmallerBatchProof,
    VolumeProof,
    WordsLyapunovProof,
    WordsProof,
    proved,
)
from catalysis.products.rates import PlaneRates, sign_on
from catalysis.products.spikes import SpikeBounds, SpikeProof, _ranged, _with_step, spike_bounds
from catalysis.products.tensor_exponent import lower_by_powers, upper_by_powers
from catalysis.products.walk import MatrixWalk
from catalysis.products.workshop import Workshop
from kit.good_polytopes import polytopes
from proofs_check.certificate import Verdict, check_certificate

F = Fraction
Json = Any
Floats = Any
ROWS = [[1, 0], ["1/2", 1], ["-3/2", "1/3"]]
GRAM = [[2, 1, 3], [1, 2, 3], [3, 3, 6]]  # rank 2
APART = [[2, 1, 0, 0], [1, 2, 0, 0], [0, 0, 3, 0], [0, 0, 0, 0]]
PUSH = {"kind": "matrices", "name": "pushes", "p": ["2/3", "1/3"]}
PUSH |= {"matrices": [[["1/2", "1"], ["0", "1/3"]], [["3/2", "0"], ["0", "1/4"]]]}
STATE = {"kind": "state"}

FEATURES = MatrixWalk.from_features(ROWS, eta="1.1", counts=[1, 2, 1])
DECAY = MatrixWalk.from_features(ROWS, eta="0.9", weight_decay="1/10")
KERNEL = MatrixWalk.from_gram(GRAM, eta="0.4", counts=[1, 1, 2])
BLOCKS = MatrixWalk.from_gram(APART, eta="0.75")
HEAVY = MatrixWalk.heavy_ball([1, "1.3"], "2.9", "1/2", weight_decay="1/20")
NESTEROV = MatrixWalk.nesterov([1, "1.3"], "1.1", "1/3")
MATRICES = MatrixWalk.from_matrices(PUSH["matrices"], PUSH["p"])
BATCH = MatrixWalk.from_features(ROWS, eta="1.1", counts=[1, 2, 1], batch=2, replacement=False)
DRAWN = MatrixWalk.from_features(ROWS, eta="1.1", p=["1/4", "1/2", "1/4"], batch=3, replacement=True)
GROWING = MatrixWalk.from_features(ROWS, eta=3)
FLAT = MatrixWalk.from_features([[1, 1, 0], [2, 0, "1/2"], [1, -1, "1/2"], [0, 0, 0]], eta="0.45")
LONE = MatrixWalk.from_features(ROWS, eta="1", counts=[1, 2, 1], batch=2, replacement=False)
GRAIN = MatrixWalk.from_features(ROWS, eta="1.6", counts=[2, 2, 1], batch=2, replacement=False)
ROUGH = MatrixWalk.from_features([*ROWS, [-1, 0]], eta="1.5", p=["1/8", "1/2", "1/4", "1/8"], batch=3)
STRONG = MatrixWalk.from_gram(GRAM, eta="0.9", counts=[1, 1, 2], batch=3)
TAME = MatrixWalk.heavy_ball([1, "1.3"], "1/2", "1/2")


def made(result: Any) -> Json:
    return json.loads(json.dumps(certificate_of(None, [claim(result)])))


def document(product: Json, *claims: Json) -> Json:
    head = {"format": "catalysis-certificate", "version": 1, "producer": "by hand"}
    return copy.deepcopy({**head, "products": [product], "claims": list(claims)})


def pushed(kind: str, **keys: Json) -> Json:
    return document(PUSH, {"kind": kind, "product": 0, "coordinates": STATE, **keys})


def cells(table: Any, **keys: Json) -> Json:
    return {
        "form": "cells",
        **keys,
        "nodes": [str(n) for n in table.nodes],
        "values": [str(v) for v in table.values],
    }


def plane(s: str | None, bound: str, side: str) -> Json:
    """A proof by cells of the matrices of `PUSH`."""
    matrices = tuple(tuple(tuple(F(v) for v in row) for row in m) for m in PUSH["matrices"])
    weights = tuple(F(v) for v in PUSH["p"])
    power = None if s is None else F(s)
    found = prove(matrices, weights, power, F(bound), 1 if side == "upper" else -1)
    assert found is not None
    keys = {"side": side, "bound": bound} if s is None else {"s": s, "side": side, "rho": bound}
    return cells(found.table, **keys)


def plane_spike() -> Json:
    sides = {
        "above": {"moment": plane("2.2", "1", "upper"), "ranges": []},
        "below": {"moment": plane("2.4", "1", "lower"), "ranges": [], "largest_step": "8"},
    }
    probability = {"maximum": {"lower": "0.00001", "upper": "0.9"}}
    falling = plane(None, "-0.3", "upper")
    return pushed("product_spike", factor="3", probability=probability, lyapunov=falling, **sides)


def cells_in_time() -> Json:
    """V8 with rho > 1, up to a time."""
    above = {"moment": plane("3", "1.209", "upper"), "ranges": []}
    sides = {"above": above, "below": None, "lyapunov": None, "steps": 3}
    return pushed(
        "product_spike", factor="8", probability={"maximum": {"lower": "0", "upper": "0.9"}}, **sides
    )


def tame_cells() -> Json:
    below = F(1), F(0)
    found = stable_table((((F(1), F(-1, 2)), below), ((F(17, 20), F(-1, 2)), below)))
    assert found is not None
    product = {"kind": "heavy_ball", "name": "tame", "curvatures": ["1", "1.3"], "p": ["1/2", "1/2"]}
    rate = {"eta": "1", "weight_decay": "0", "lambda": "1/2", "beta": "1/2"}
    return document(
        product, {"kind": "product_stable", "product": 0, "coordinates": STATE, **rate, "proof": cells(found)}
    )


def by_chords(walk: MatrixWalk, s: str) -> MomentBound:
    """An upper bound by chords (V9), where symmetric powers would be sharper."""
    return MomentBound(walk, F(s), "upper", Workshop(walk).prove(F(s), "upper"))


def bound(walk: MatrixWalk, proof: Any) -> Json:
    """A moment bound by a given proof, which holds."""
    assert proof is not None and proved(walk, proof)
    return made(MomentBound(walk, proof.s, proof.side, proof))


def with_norm() -> Json:
    """V2 by Q = I, batch by batch, where V17b would do."""
    proof = StableProof(((1, 0), (0, 1)))
    assert proof.holds(LONE)
    return made(replace(product_exponent(LONE), stable=proof))


def power_mean(side: str, s: str, rho: str) -> Json:
    return bound(DRAWN, PowerMeanProof(F(s), F(rho), Workshop(DRAWN).mean_square(side)))  # type: ignore[arg-type]


def smaller_batch(size: int, s: str, *, replacement: bool = True) -> Any:
    """A proof for BATCH by smaller ones."""
    inner = Workshop(BATCH.with_batch(size, replacement=replacement)).prove(F(s), "upper")
    return SmallerBatchProof(size, replacement, inner)


def words(length: int, s: str, side: str) -> Json:
    inner = Workshop(FEATURES.words(length)).prove(F(s), side)
    assert inner is not None
    rho = F(float(inner.rho) ** (1 / length)).limit_denominator(10**6) + F(
        1 if side == "upper" else -1, 10**5
    )
    return bound(FEATURES, WordsProof(length, rho, inner))


def radius_by_mean() -> Json:
    found = mean_square(STRONG)
    return made(replace(found, below=Workshop(STRONG).by_mean(F(2))))


def words_drift() -> Json:
    inner = Workshop(FEATURES.words(2)).lyapunov_above
    proof = WordsLyapunovProof(2, inner.bound / 2, inner)  # type: ignore[union-attr, arg-type]
    assert proof.holds(FEATURES)
    return made(LyapunovExponentBound(FEATURES, "upper", proof))


def moment_drift() -> Json:
    second = Workshop(DRAWN).mean_square("upper")
    assert second is not None
    proof = MomentLyapunovProof(F(-1, 5), second)
    assert proof.holds(DRAWN)
    return made(LyapunovExponentBound(DRAWN, "upper", proof))


def spike_by(walk: MatrixWalk, above: Any, below: Any = None, steps: int | None = None) -> Json:
    """The bounds that given proofs give."""
    sides = [None if p is None else _ranged(walk, SpikeProof(p)) for p in (above, None)]
    if below is not None:
        sides[1] = _with_step(Workshop(walk), below)
        assert sides[1] is not None
    assert all(p is None or p.holds(walk, timed=steps is not None) for p in sides)
    return made(SpikeBounds(walk, F(3), product_exponent(walk), sides[0], sides[1], steps=steps))


def by_sums(kind: str, walk: MatrixWalk = KERNEL, **options: Any) -> Json:
    """The claim of one kind on a kernel's axis by closed forms (V20)."""
    found = advice_claims(advise_kernel(walk.data, **{"sharp": False, **options}))
    (entry,) = [one for one in found if one["kind"] == kind]
    return json.loads(json.dumps(certificate_of(None, [entry])))


def in_features(found: Json) -> Json:
    """In coordinates that a reader proves to span."""
    found["claims"][0]["coordinates"] = {"kind": "features"}
    return found


def sums_moment(side: str, eta: str, **options: Any) -> Json:
    """A moment bound by closed forms at one eta, beyond the falling mean square; entries of K over a unit."""
    found = by_sums("mean_square", batch_size=2, **options)
    entry, kernel = found["claims"][0], found["products"][0]
    kernel |= {"gram": [[str(7 * int(v)) for v in row] for row in kernel["gram"]], "unit": "1/7"}
    proof = {**entry["below" if side == "upper" else "above"], "rho": "1" if side == "lower" else "4"}
    for key in ("lower", "upper", "below", "above"):
        del entry[key]
    entry |= {"kind": "product_moment", "eta": eta, "weight_decay": "0", "proof": proof}
    return found


def by_trace() -> Json:
    """The top eigenvalue by the mean of the K_ii."""
    found = sums_moment("upper", "0.45")
    found["claims"][0]["proof"] |= {"vector": None, "sigma": "4"}
    return found


def tensors(walk: MatrixWalk) -> Json:
    shop = Workshop(walk)
    above = next(p for p in lower_by_powers(shop) if p.form == "tensor")
    below = next(p for p in upper_by_powers(shop) if p.form == "tensor")
    return spike_by(walk, above, below)


def no_spike_by_cells() -> Json:
    found = tame_cells()
    entry = found["claims"][0]
    stable = entry.pop("proof")
    entry |= {
        "kind": "product_spike",
        "factor": "4",
        "probability": {"maximum": {"lower": "0", "upper": "0"}},
    }
    entry |= {"lyapunov": None, "above": {"stable": stable, "ranges": []}, "below": None}
    return found


def a_sample() -> Json:
    found = made(moment_upper(FEATURES, 3))
    factor = abs(1 - F("1.1") * (F(9, 4) + F(1, 9)))
    rho = str(F(1, 4) * factor**3)
    found["claims"][0]["proof"] = {"form": "sample", "s": "3", "side": "lower", "rho": rho, "sample": 2}
    return found


def a_volume(samples: list[int] | None, rho: str) -> Json:
    found = made(moment_upper(BLOCKS, 3))
    found["claims"][0]["proof"] = {
        "form": "volume",
        "s": "3",
        "side": "lower",
        "rho": rho,
        "samples": samples,
    }
    return found


AXIS = [[1, 0], ["1/2", 1], [1, 0], [1, 0]]


@cache
def _axis() -> LearningRateAxis:
    return learning_rate_axis(AXIS, width="1/20")


def axis_by_matrices() -> Json:
    return made(replace(_axis(), cells=()))


def axis_by_cells() -> Json:
    """Two intervals of either sign, and no other proof."""
    data = VectorData.from_features(AXIS)
    rates, intervals = (
        PlaneRates(data),
        ((1, "1.78", "1.79"), (1, "1.79", "1.8"), (-1, "1.9", "1.91"), (-1, "1.92", "2")),
    )
    cells = []
    for side, start, end in intervals:
        found = sign_on(rates, F(start), F(end), side)
        assert found is not None
        cells.append(found[0])
    bare = replace(_axis(), levels=(), start=None, pieces=(), inflationary=(), cells=tuple(cells))
    return made(bare)


def axis_of_a_line() -> Json:
    """Rank 1: x = 1, 4. G is negative around its pole at 1, too."""
    axis = learning_rate_axis(VectorData.from_features([[1], [2]], p=["1/10", "9/10"]))
    return made(replace(axis, levels=()))


def a_map(samples: str, fractions: Any, betas: Any, method: Any, depth: int) -> Json:
    """A small map of momentum, with a weight decay."""
    walk = LinearWalk(parse_samples(f"x={samples}"))
    return made(
        momentum_map(walk, fractions=fractions, betas=betas, method=method, weight_decay="1/50", depth=depth)
    )


GOOD: dict[str, Callable[[], Json]] = {
    "stable": lambda: made(product_exponent(MatrixWalk.from_features(ROWS, eta="0.8"))),
    "stable batch": lambda: made(
        product_exponent(MatrixWalk.from_gram(GRAM, eta="0.3", batch=2, replacement=True))
    ),
    "stable norm": with_norm,
    "stable items": lambda: made(product_exponent(LONE)),
    "stable items of a kernel": lambda: made(
        product_exponent(MatrixWalk.from_gram(GRAM, eta="0.35", counts=[1, 1, 2], batch=3, replacement=False))
    ),
    "stable momentum": lambda: made(product_exponent(TAME)),
    "stable cells": tame_cells,
    "half up": lambda: made(moment_upper(FEATURES, "1/2")),
    "half down": lambda: made(moment_lower(FEATURES, "1/2")),
    "flat up": lambda: made(by_chords(FLAT, "3")),
    "flat spike": lambda: made(spike_bounds(FLAT, 2)),
    "half down of a decay": lambda: made(moment_lower(DECAY, "3/2")),
    "three up": lambda: made(by_chords(KERNEL, "3")),
    "three up by tensors": lambda: made(moment_upper(KERNEL, 3)),
    "three down": lambda: made(moment_lower(KERNEL, 3)),
    "ball up": lambda: made(by_chords(HEAVY, "5/2")),
    "ball down": lambda: made(moment_lower(HEAVY, "3/4")),
    "square": lambda: made(moment_upper(NESTEROV, 2)),
    "volume": lambda: a_volume(None, "0.5"),
    "volume of a block": lambda: a_volume([2], "1.23"),
    "volume of pushes": lambda: pushed(
        "product_moment", proof={"form": "volume", "s": "2", "side": "lower", "rho": "0.23", "samples": None}
    ),
    "sample": a_sample,
    "cells up": lambda: pushed("product_moment", proof=plane("3", "1.209", "upper")),
    "cells down": lambda: pushed("product_moment", proof=plane("1/2", "0.879", "lower")),
    "radius": lambda: made(mean_square(KERNEL)),
    "radius of a batch": lambda: made(mean_square(BATCH)),
    "radius of a drawn batch": lambda: made(mean_square(DRAWN)),
    "half up of a batch": lambda: made(moment_upper(BATCH, "1/2")),
    "three up of a batch": lambda: made(by_chords(ROUGH, "3")),
    "three down of a batch": lambda: made(moment_lower(STRONG, 3)),
    "four up of a batch": lambda: made(moment_upper(GRAIN, 4)),
    "volume of a batch": lambda: bound(GRAIN, VolumeProof(F(1), F(1, 4))),
    "sample of a batch": lambda: bound(ROUGH, SampleProof(F(9), F(1), 2)),
    "sample of a batch without": lambda: bound(GRAIN, SampleProof(F(2), F(1, 30), 0)),
    "power mean up": lambda: power_mean("upper", "1/2", "0.9"),
    "power mean down": lambda: power_mean("lower", "3", "0.15"),
    "smaller batch": lambda: bound(BATCH, smaller_batch(1, "3/2")),
    "smaller batch alike": lambda: bound(BATCH, smaller_batch(2, "3/2", replacement=False)),
    "smaller batch drawn": lambda: bound(BATCH, smaller_batch(2, "1")),
    "mean": lambda: bound(STRONG, Workshop(STRONG).by_mean(F(3, 2))),
    "mean of features": lambda: bound(GROWING, Workshop(GROWING).by_mean(F(1))),
    "words up": lambda: words(2, "1/2", "upper"),
    "words down": lambda: words(3, "3", "lower"),
    "words drift": words_drift,
    "words rising": lambda: pushed(
        "product_lyapunov",
        proof={
            "form": "words",
            "side": "lower",
            "bound": "-1",
            "length": 2,
            "proof": {"form": "volume", "side": "lower", "bound": "-2", "samples": None},
        },
    ),
    "moment drift": moment_drift,
    "radius by the mean": lambda: radius_by_mean(),
    "falling of a batch": lambda: made(lyapunov_upper(ROUGH)),
    "growing of a batch": lambda: made(lyapunov_lower(STRONG)),
    "falling": lambda: made(lyapunov_upper(MATRICES)),
    "growing": lambda: made(lyapunov_lower(GROWING)),
    "growing block": lambda: made(lyapunov_lower(BLOCKS)),
    "cells falling": lambda: pushed("product_lyapunov", proof=plane(None, "-0.32", "upper")),
    "cells rising": lambda: pushed("product_lyapunov", proof=plane(None, "-0.35", "lower")),
    "exponent": lambda: made(product_exponent(FEATURES)),
    "exponent of a ball": lambda: made(product_exponent(HEAVY)),
    "spike": lambda: made(spike_bounds(FEATURES, 3)),
    "spike of a kernel": lambda: made(spike_bounds(MatrixWalk.from_gram(GRAM, eta="0.42"), 3)),
    "exponent of a batch": lambda: made(product_exponent(ROUGH)),
    "spike of a batch": lambda: made(spike_bounds(ROUGH, 3)),
    "spike of a batch without": lambda: made(spike_bounds(GRAIN, 2)),
    "spike by smaller batches": lambda: spike_by(BATCH, smaller_batch(1, "3/2")),
    "spike by tensors": lambda: tensors(FEATURES.with_eta("0.95")),
    "spike by tensors of a kernel": lambda: tensors(MatrixWalk.from_gram(GRAM, eta="0.38")),
    "spike in time": lambda: made(spike_bounds(FEATURES.with_eta("1.9"), 30, steps=4)),
    "spike of cells in time": lambda: cells_in_time(),
    "no spike": lambda: made(spike_bounds(MatrixWalk.from_features(ROWS, eta="0.8"), 3)),
    "no spike of a kernel": lambda: made(spike_bounds(MatrixWalk.from_gram(GRAM, eta="0.3"), 3)),
    "no spike of items": lambda: made(spike_bounds(LONE, 3)),
    "no spike of momentum": lambda: made(spike_bounds(TAME, 30)),
    "no spike by cells": no_spike_by_cells,
    "spike of pushes": lambda: made(spike_bounds(MATRICES, 3)),
    "spike by cells": plane_spike,
    "mean square": lambda: made(mean_square_threshold(FEATURES)),
    "mean square of a batch": lambda: made(mean_square_threshold(BATCH)),
    "map": lambda: a_map("1:1/2, x=3:1/2", ("0.72", "0.74"), ("0.88", "0.9"), "heavy_ball", 0),
    "map of two": lambda: a_map("1:1/2, x=3:1/2", ("0.62", "0.66"), ("0.64", "0.68"), "heavy_ball", 1),
    "map of nesterov": lambda: a_map("1:1/3, x=1.69:2/3", ("1.1", "1.2"), ("0.6", "0.7"), "nesterov", 1),
    "sums": lambda: by_sums("mean_square", batch_size=3),
    "sums of single samples": lambda: by_sums("mean_square", FEATURES),
    "sums of features": lambda: in_features(by_sums("mean_square", FEATURES, momentum="1/2")),
    "sums without": lambda: by_sums("mean_square", momentum="9/10", batch_size=2, replacement=False),
    "sums and the mean": lambda: by_sums("mean_square", momentum="1/9", batch_size=4),
    "sums stable": lambda: by_sums("product_stable", batch_size=2),
    "sums up": lambda: sums_moment("upper", "0.5"),
    "sums up of momentum": lambda: sums_moment("upper", "0.4", momentum="1/2"),
    "sums down": lambda: sums_moment("lower", "1.2", momentum="1/4"),
    "sums by the trace": by_trace,
    "sums axis": lambda: by_sums("product_axis", FEATURES),
    "sums spike": lambda: by_sums("product_spike", batch_size=3, factor=4),
    "sums spike in time": lambda: by_sums("product_spike", batch_size=3, factor=9, steps=3, eta="0.45"),
    "sums spike of momentum": lambda: by_sums("product_spike", batch_size=2, momentum="1/2", factor=3),
    "axis": axis_by_matrices,
    "axis by cells": axis_by_cells,
    "axis of a line": axis_of_a_line,
}

GOOD |= {
    name: (lambda found=make: made(found())) for name, make in polytopes(FEATURES, KERNEL, MATRICES).items()
}


@cache
def _good(name: str) -> str:
    return json.dumps(GOOD[name]())


def good(name: str) -> Json:
    return json.loads(_good(name))


def checked(document: Json) -> Verdict:
    """What the checker says of the first claim; good certificates are asked about in several files."""
    return _checked(json.dumps(document))


@lru_cache(maxsize=300)
def _checked(text: str) -> Verdict:
    return check_certificate(text.encode())[0]


# --- the truth, in floats ---------------------------------------------------------------------------------------


def model(product: Json, entry: Json, eta: float | None = None) -> tuple[Floats, Floats]:
    """The matrices of one step and their probabilities, from the certificate alone; batches are enumerated."""
    counts = product.get("count")
    p = np.array([float(F(v)) for v in product["p"]] if counts is None else counts, dtype=float)
    p = p / p.sum()
    if product["kind"] == "matrices":
        return np.array([[[float(F(v)) for v in row] for row in m] for m in product["matrices"]]), p
    rate = float(F(entry["eta"])) if eta is None else eta
    c = 1 - rate * float(F(entry.get("weight_decay", "0")))
    if product["kind"] in ("heavy_ball", "nesterov"):
        beta, xs = float(F(entry["beta"])), np.array([float(F(x)) for x in product["curvatures"]])
        z = c - rate * float(F(entry["lambda"])) * xs
        ball = product["kind"] == "heavy_ball"
        return np.array(
            [[[v + beta, -beta * c], [1, 0]] if ball else [[(1 + beta) * v, -beta * v], [1, 0]] for v in z]
        ), p
    g, beta = rows(product), float(F(entry.get("momentum", "0")))
    steps, weights = _batches(g, p, counts, c + beta, rate, entry.get("step"))
    return (with_momentum(steps, beta) if beta else steps), weights


def with_momentum(steps: Floats, beta: float) -> Floats:
    """The heavy ball in the state (e_t, e_(t-1))."""
    unit = np.eye(steps.shape[1])
    return np.array([np.block([[a, -beta * unit], [unit, 0 * unit]]) for a in steps])


def rows(product: Json) -> Floats:
    """Features, or vectors with this Gram matrix."""
    table = table_of(product)
    if product["kind"] == "features":
        return reduced(table) if np.linalg.matrix_rank(table) < table.shape[1] else table
    values, vectors = np.linalg.eigh(table)
    kept = values > 1e-9
    return vectors[:, kept] * np.sqrt(values[kept])


def table_of(product: Json) -> Floats:
    """The features or the Gram matrix."""
    unit = float(F(product.get("unit", "1")))
    return np.array([[float(F(v)) * unit for v in row] for row in product[product["kind"]]])


def reduced(g: Floats) -> Floats:
    """The same vectors in coordinates of their span."""
    _, values, directions = np.linalg.svd(g, full_matrices=False)
    return g @ directions[values > 1e-9 * values[0]].T


def _batches(g: Floats, p: Floats, counts: Any, c: float, rate: float, step: Json) -> tuple[Floats, Floats]:
    single = np.array([np.outer(v, v) for v in g])
    if step is None:
        return c * np.eye(g.shape[1]) - rate * single, p
    size = step["size"]
    if step["replacement"]:
        words = list(itertools.product(range(len(p)), repeat=size))
        weights = [float(np.prod(p[list(w)])) for w in words]
    else:
        deck = [i for i, n in enumerate(counts) for _ in range(n)]
        words = list(itertools.combinations(deck, size))
        weights = [1 / len(words)] * len(words)
    return np.array([c * np.eye(g.shape[1]) - rate * single[list(w)].mean(0) for w in words]), np.array(
        weights
    )


def growth(steps: tuple[Floats, Floats], s: float, directions: int = 512) -> float:
    """exp k(s) of numbers, of 2 x 2 matrices by the transfer operator on directions, of any size for s = 2."""
    matrices, p = steps
    if s == 2:
        operator = sum(w * np.kron(a, a) for w, a in zip(p, matrices, strict=True))
        return float(np.abs(np.linalg.eigvals(operator)).max())
    if matrices.shape[1] == 1:
        return float(p @ np.abs(matrices[:, 0, 0]) ** s)
    assert matrices.shape[1] == 2
    angles = np.arange(directions) * np.pi / directions
    images = np.einsum("mij,jk->mik", matrices, np.array([np.cos(angles), np.sin(angles)]))
    sizes = np.hypot(images[:, 0], images[:, 1]) ** s * p[:, None]
    where = np.mod(np.arctan2(images[:, 1], images[:, 0]), np.pi) * directions / np.pi
    left = np.floor(where).astype(int)
    share = where - left
    near, far = sizes * (1 - share), sizes * share
    left, right = left % directions, (left + 1) % directions
    f, factor = np.ones(directions), 0.0
    for _ in range(400):
        new = (near * f[left] + far * f[right]).sum(0)
        factor, before, f = new.max() / f.max(), f, new / new.max()
        if np.abs(f - before).max() < 1e-14:  # the rest of the 400 change nothing
            break
    return float(factor)


def drift(steps: tuple[Floats, Floats]) -> float:
    """lambda_1, by a small moment: k(s)/s falls to it. Of numbers exactly."""
    if steps[0].shape[1] == 1:
        return float(steps[1] @ np.log(np.maximum(np.abs(steps[0][:, 0, 0]), 1e-300)))
    return float(np.log(growth(steps, 1e-3)) / 1e-3)


def exponent(steps: tuple[Floats, Floats]) -> float:
    """theta, up to 40."""
    low, high = 0.01, 40.0
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (middle, high) if growth(steps, middle, 256) < 1 else (low, middle)
    return low


def jumps(
    steps: tuple[Floats, Floats],
    size: Callable[[Floats], Floats],
    level: float,
    time: int = 150,
    first: Callable[[Floats], Floats] | None = None,
) -> Iterator[float]:
    """P(sup |e_t| >= level |e_0|) from some starts, simulated up to a time; the start may be measured by `first`."""
    matrices, p = steps
    random = np.random.default_rng(5)
    starts = np.array([(1.0, 0.2), (-0.3, 1.0), (1.0, 1.0)])
    e = np.repeat(np.tile(starts, matrices.shape[1] // 2), 2000, axis=0)  # the same draws for each start
    reach = level * (size if first is None else first)(e)
    hit = np.zeros(len(e), dtype=bool)
    for _ in range(time):
        drawn = np.tile(random.choice(len(p), size=2000, p=p), len(starts))
        e = np.einsum("nij,nj->ni", matrices[drawn], e)
        hit |= size(e) >= reach
    yield from hit.reshape(len(starts), -1).mean(1).tolist()
