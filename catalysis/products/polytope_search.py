"""In doubles: polytopes that come near the norm N with E N(A e)^s = rho N(e)^s. They are guesses; V7 proves them.

Inner polytopes (hulls of +-v_j, for upper bounds of k) and outer ones (max |f_j . e|, for lower bounds) with given
directions have a best choice of the lengths, at which all v_j (f_j) grow alike: a Perron vector, found by Newton's
method. Directions are added where the hull loses most.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from catalysis.products.operators import Floats

_STEPS = 12
_EVEN = 1e-7
_EVEN_ENOUGH = 1e-4
_CHUNK = 1 << 22
_SHARE = 0.4
_OUT = 1.001
_LOST = 0.5
_TINY = 1e-6
_POWERS = 2
_CANDIDATES = 4000
_TANGENTS = (0.4, 0.7, 0.9, 1.0, 1.15, 1.5)
_NEAREST = 8
_TOGETHER = 16


@dataclass(frozen=True)
class Steps:
    """The matrices, shape (m, d, d), and their probabilities."""

    matrices: Floats
    p: Floats

    @property
    def dimension(self) -> int:
        return int(self.matrices.shape[1])

    def images(self, points: Floats) -> Floats:
        """A_i x for all points x, shape (m, n, d)."""
        found: Floats = np.einsum("mij,nj->mni", self.matrices, points)
        return found

    def within(self, root: Floats) -> Steps:
        """The same in the coordinates root e."""
        return Steps(root @ self.matrices @ np.linalg.inv(root), self.p)


class Hull:
    """The convex hull of the points and their negatives, with its gauge."""

    def __init__(self, points: Floats) -> None:
        from scipy.spatial import ConvexHull

        found = ConvexHull(np.vstack([points, -points]), qhull_options="Qt Q12")
        self.points = points
        self.normals: Floats = found.equations[:, :-1] / -found.equations[:, -1:]
        self.simplices = found.simplices % len(points)
        self.signed: Floats = np.vstack([points, -points])[found.simplices]
        self.corners = np.unique(found.vertices % len(points))

    @cached_property
    def inverses(self) -> Floats:
        """For each facet the matrix that takes a point to its coefficients in the corners of the facet."""
        found: Floats = np.linalg.inv(np.swapaxes(self.points[self.simplices], 1, 2))
        return found

    def facets(self, points: Floats) -> tuple[Floats, np.ndarray]:
        """The gauge of each point and the facet behind which it lies."""
        size, place = np.empty(len(points)), np.empty(len(points), dtype=np.int64)
        chunk = max(1, _CHUNK // len(self.normals))
        for k in range(0, len(points), chunk):
            heights = points[k : k + chunk] @ self.normals.T
            place[k : k + chunk], size[k : k + chunk] = heights.argmax(1), heights.max(1)
        return size, place


@dataclass(frozen=True)
class Inner:
    """Points v_j with E N(A v_j)^s <= rho N(v_j)^s, N the gauge of their hull, and k'(s), nearly."""

    points: Floats
    rho: float
    slope: float


class _Growth:
    """E N(A v_j)^s of the points of a hull, and where the images lie."""

    def __init__(self, steps: Steps, s: float, hull: Hull) -> None:
        n = len(hull.points)
        self.hull = hull
        self.images = steps.images(hull.points).reshape(-1, steps.dimension)
        self.size, self.place = hull.facets(self.images)
        self.own = hull.facets(hull.points)[0]
        self.terms = steps.p[:, None] * self.size.reshape(-1, n) ** s
        self.total = self.terms.sum(0)
        self.ratio: Floats = self.total / self.own**s
        self.s = s

    @cached_property
    def shares(self) -> Floats:
        """The image as a mean of the corners of its facet."""
        found = np.abs(np.einsum("kij,kj->ki", self.hull.inverses[self.place], self.images))
        return np.asarray(found / np.maximum(found.sum(1, keepdims=True), 1e-300))

    @cached_property
    def newton(self) -> tuple[Floats, Floats]:
        """The change of the logarithms of N(v_j) that makes the ratios equal, and the stationary measure."""
        n, dimension = self.hull.points.shape
        rows = np.repeat(np.arange(len(self.images)) % n, dimension)
        columns = self.hull.simplices[self.place].reshape(-1)
        matrix = np.zeros((n, n))
        np.add.at(
            matrix, (rows, columns), ((self.terms / self.total).reshape(-1, 1) * self.shares).reshape(-1)
        )
        return newton_step(matrix, np.log(self.total) / self.s)

    @cached_property
    def flow(self) -> Floats:
        """How often, in the long run, each image is met."""
        return np.asarray(np.maximum(self.newton[1], 0) * self.terms / self.total).reshape(-1)

    @property
    def slope(self) -> float:
        logs = np.log(np.maximum(self.size.reshape(-1, len(self.own)) / self.own, 1e-300))
        return float(self.flow @ logs.reshape(-1))


def balanced(steps: Steps, s: float, points: Floats) -> Inner:
    """The best lengths of the points, nearly; those inside the hull are dropped."""
    for _ in range(_STEPS):
        growth = _Growth(steps, s, Hull(points))
        corners = growth.ratio[growth.hull.corners]
        if corners.max() - corners.min() < _EVEN * corners.max():
            break
        points = points * np.exp(-np.clip(growth.newton[0], -0.5, 0.5))[:, None]
    points = points[Hull(points).corners]
    growth = _Growth(steps, s, Hull(points))
    return Inner(points, float(growth.ratio.max()), growth.slope)


def newton_step(matrix: Floats, logs: Floats) -> tuple[Floats, Floats]:
    """x with x - matrix x = logs - constant, for a stochastic matrix, and its stationary measure."""
    n = len(logs)
    whole = np.zeros((n + 1, n + 1))
    whole[:n, :n] = np.eye(n) - matrix
    whole[:n, n] = 1.0
    whole[n, :n] = 1.0 / n
    try:
        inverse = np.linalg.inv(whole)
    except np.linalg.LinAlgError:
        return logs - logs.mean(), np.full(n, 1.0 / n)
    found: Floats = (inverse @ np.append(logs, 0.0))[:n]
    return found, np.asarray(inverse[n, :n], dtype=np.float64)


def cube(dimension: int, half: int) -> Floats:
    """Directions up to sign, spread evenly: the lattice points on the surface of a cube, bent."""
    places = itertools.product(range(-half, half + 1), repeat=dimension)
    kept = [x for x in places if max(map(abs, x)) == half and x > tuple(-v for v in x)]
    bent = np.tan(np.pi / 4 * np.array(kept) / half)
    return np.asarray(bent / np.linalg.norm(bent, axis=1)[:, None], dtype=np.float64)


def refined(steps: Steps, s: float, inner: Inner) -> Floats:
    """The points, and new ones in the facets where the images lose most: far from the corners, and often met."""
    points, growth = inner.points, _Growth(steps, s, Hull(inner.points))
    hull, place, flow = growth.hull, growth.place, growth.flow
    root = np.linalg.inv(np.linalg.cholesky(points.T @ points / len(points)))
    corners = hull.signed @ root.T
    corners /= np.linalg.norm(corners, axis=2)[:, :, None]
    mean = np.einsum("ki,kij->kj", growth.shares, corners[place])
    spread = (growth.shares * ((corners[place] - mean[:, None]) ** 2).sum(2)).sum(1)
    met = np.bincount(place, flow, minlength=len(hull.normals))
    centre = np.zeros((len(hull.normals), steps.dimension))
    np.add.at(centre, place, flow[:, None] * growth.images / np.maximum(growth.size, 1e-300)[:, None])
    used = np.flatnonzero(met > 0)
    gain = np.bincount(place, flow * spread, minlength=len(hull.normals))[used]
    new = centre[used] / met[used, None]
    return np.vstack(
        [points, new[_apart(new @ root.T, np.asarray(gain, dtype=np.float64), len(points))] * _OUT]
    )


def _apart(points: Floats, gain: Floats, count: int) -> list[int]:
    """Those with the largest gain, not too near each other: about two for each five points of before."""
    directions = points / np.linalg.norm(points, axis=1)[:, None]
    near = 1 - 0.125 * (4 / count) ** (2 / (points.shape[1] - 1))
    chosen: list[int] = []
    for k in np.argsort(-gain)[:_CANDIDATES]:
        if gain[k] <= 0 or len(chosen) >= max(4, _SHARE * count):
            break
        if not chosen or np.abs(directions[chosen] @ directions[k]).max() < near:
            chosen.append(int(k))
    return chosen


@dataclass(frozen=True)
class Combination:
    """A functional f_j with E N(A e)^s >= ratio |f_j . e|^s for all e; `place[k]`: matrix and index, `share[k]`: of
    the k-th multiple of a functional; the least e, and how the ratio depends on the lengths of the others."""

    ratio: float
    place: tuple[tuple[int, int], ...]
    share: tuple[float, ...]
    least: Floats
    weights: Floats


@dataclass(frozen=True)
class Outer:
    """Functionals f_j, N(e) = max |f_j . e|, and for each a combination; `rho` is the least of their ratios."""

    functionals: Floats
    rows: tuple[Combination, ...]

    @property
    def rho(self) -> float:
        return min(row.ratio for row in self.rows)


def outer(steps: Steps, s: float, inner: Inner, rounds: int = 10, before: Outer | None = None) -> Outer:
    """Functionals that support the inner hull near its corners, made even by rounds of linear programs."""
    if before is None:
        functionals, points = _supports(steps, s, inner)
    else:
        functionals, points = before.functionals, _stacked([row.least for row in before.rows])
    found = None
    for k in range(rounds):
        rows = tuple(
            combinations(
                [_Program(steps, s, functionals, j, points[j], _NEAREST) for j in range(len(functionals))]
            )
        )
        if found is None or min(r.ratio for r in rows) > found.rho:
            found = Outer(functionals, rows)
        ratios = np.array([row.ratio for row in rows])
        ratios = np.maximum(ratios, _LOST * np.median(ratios))
        if ratios.max() - ratios.min() < _EVEN_ENOUGH * ratios.max():
            break
        logs = np.log(ratios / np.median(ratios)) / s
        if k >= _POWERS:
            logs, _ = newton_step(np.array([row.weights for row in rows]), logs)
        functionals = functionals * np.exp(np.clip(logs, -0.2, 0.2))[:, None]
        points = points + np.array([row.least for row in rows])
        points /= (points * functionals).sum(1)[:, None]
        kept = Hull(functionals).corners
        functionals, points = functionals[kept], points[kept]
    assert found is not None
    return found


def _stacked(rows: Sequence[Floats]) -> Floats:
    return np.array(rows, dtype=np.float64)


def _supports(steps: Steps, s: float, inner: Inner) -> tuple[Floats, Floats]:
    """The gradients, at the points, of the norm that one step makes of the gauge, so long that they touch the hull."""
    growth = _Growth(steps, s, Hull(inner.points))
    n = len(inner.points)
    slopes = growth.terms / np.maximum(growth.size.reshape(-1, n), 1e-300)
    normals = growth.hull.normals[growth.place].reshape(len(steps.p), n, -1)
    found = np.einsum("mn,mnj,mjk->nk", slopes, normals, steps.matrices)
    found /= np.abs(found @ inner.points.T).max(1)[:, None]
    kept = Hull(found).corners
    return found[kept], inner.points[kept]


def tangents(s: float, size: Floats) -> tuple[Floats, Floats]:
    """Slopes w and offsets d of some tangents w x - d of x^s near `size`: by slopes for s < 2, else by places."""
    if s == 1:
        return np.ones((len(size), 1)), np.zeros((len(size), 1))
    near = np.array(_TANGENTS) ** (1 if s < 2 else s - 1)
    slopes = s * np.outer(np.maximum(size, 1e-9) ** (s - 1), near)
    return slopes, (s - 1) * (slopes / s) ** (s / (s - 1))


class _Program:
    """The linear program for f_j: multiples of functionals that are large near the images of the point `near`."""

    def __init__(self, steps: Steps, s: float, functionals: Floats, j: int, near: Floats, most: int) -> None:
        self.steps, self.s, self.functionals, self.j, self.near, self.most = (
            steps,
            s,
            functionals,
            j,
            near,
            most,
        )
        m, d = len(steps.p), steps.dimension
        heights = steps.matrices @ (near / (functionals[j] @ near)) @ functionals.T
        self.nearest = np.argsort(-np.abs(heights), axis=1)[:, :most]
        k = self.nearest.shape[1]
        self.signs = np.sign(np.take_along_axis(heights, self.nearest, 1))
        self.signs[self.signs == 0] = 1.0
        slopes, offsets = tangents(s, np.abs(heights).max(1))
        t = slopes.shape[1]
        pulled = np.einsum(
            "i,ik,ikr,irc->ikc", steps.p, self.signs, functionals[self.nearest], steps.matrices
        )
        self.cost = np.concatenate([[-1.0], np.zeros(m * k), (steps.p[:, None] * offsets).reshape(-1)])
        self.equal = np.hstack([-functionals[j][:, None], pulled.reshape(-1, d).T, np.zeros((d, m * t))])
        self.small = np.zeros((2 * m, 1 + m * (k + t)))
        for i in range(m):
            last = slice(1 + m * k + i * t, 1 + m * k + (i + 1) * t)
            self.small[i, 1 + i * k : 1 + (i + 1) * k] = 1.0
            self.small[i, last] = -slopes[i]
            self.small[m + i, last] = 1.0
        self.bound = np.concatenate([np.zeros(m), np.ones(m)])

    def combination(self, x: Floats, marginals: Floats) -> Combination:
        """What a solution says; with more functionals once again where it says nothing."""
        functionals, near, j = self.functionals, self.near, self.j
        n, m, k = len(functionals), *self.nearest.shape
        a = float(x[0])
        if a <= _TINY:
            if self.most < n:
                return combinations([_Program(self.steps, self.s, functionals, j, near, 8 * self.most)])[0]
            return Combination(0.0, (), (), near, np.full(n, 1 / n))
        shares = x[1 : 1 + m * k].reshape(m, k) * self.signs
        least = -marginals / (functionals[j] @ -marginals) if functionals[j] @ marginals else near
        at = np.einsum("ikr,ir->ik", functionals[self.nearest], self.steps.matrices @ least)
        weights = np.zeros(n)
        np.add.at(weights, self.nearest, np.abs(self.steps.p[:, None] * shares * at))
        rows, columns = np.nonzero(shares)
        return Combination(
            a - float(self.steps.p @ self._spent(np.abs(shares).sum(1))),
            tuple((int(i), int(self.nearest[i, q])) for i, q in zip(rows, columns, strict=True)),
            tuple(float(v) for v in shares[rows, columns]),
            least,
            weights / max(weights.sum(), 1e-300),
        )

    def _spent(self, slopes: Floats) -> Floats:
        s = self.s
        found = (s - 1) * (slopes / s) ** (s / (s - 1)) if s > 1 else np.zeros(len(slopes))
        return np.asarray(found, dtype=np.float64)


def combinations(programs: Sequence[_Program]) -> list[Combination]:
    """All of them, many in one call: the calls cost more than the programs."""
    from scipy.optimize import linprog
    from scipy.sparse import block_diag

    found: list[Combination] = []
    for start in range(0, len(programs), _TOGETHER):
        some = programs[start : start + _TOGETHER]
        cost, bound = (
            np.concatenate(parts) for parts in zip(*((p.cost, p.bound) for p in some), strict=True)
        )
        small, equal = (block_diag([getattr(p, key) for p in some], "csc") for key in ("small", "equal"))
        free = [
            (None, None) if first else (0, None)
            for p in some
            for first in [True] + [False] * (len(p.cost) - 1)
        ]
        solved = linprog(cost, small, bound, equal, np.zeros(equal.shape[0]), free)
        if solved.status != 0 and len(some) > 1:
            for program in some:
                found += combinations([program])
            continue
        ends = np.cumsum([len(p.cost) for p in some])[:-1]
        if solved.status != 0:
            x, marginals = np.zeros(len(cost)), np.zeros(equal.shape[0])
        else:
            x, marginals = solved.x, np.asarray(solved.eqlin.marginals)
        parts = zip(some, np.split(x, ends), np.split(marginals, len(some)), strict=True)
        found += [program.combination(values, duals) for program, values, duals in parts]
    return found
