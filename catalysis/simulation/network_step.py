"""One gradient step of every neuron, in floating point: what the reduced maps are compared with.

Pure functions on arrays; nothing here is certified, and nothing here knows the reduced maps. The network is
`F(s) = n^(-1/2) sum_r a_r phi(w_r . s)`, `phi(u) = u` for `u > 0` and `slope * u` below: slope 1 is linear,
slope 0 is ReLU. Arrays may carry leading axes (replicas) that broadcast against each other. `step` and `sums` take
the namespace of their arrays as `xp`, one of the array API standard.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalysis.exact.errors import InputError

Array = NDArray[np.float64]


class NetworkStep(NamedTuple):
    """The weights after one step, and which neurons left their sign class in it.

    flipped: (..., n), true where a scalar weight w was 0 or did not keep its sign; all false if slope is 1.
    """

    a: Array
    w: Array
    flipped: NDArray[np.bool_]


class Sums(NamedTuple):
    """`mu = n^(-1/2) sum a w` and `lambda = n^-1 sum (a^2 + w^2)` over some of the neurons."""

    mu: Array
    curvature: Array


def output(a: ArrayLike, w: ArrayLike, s: ArrayLike, slope: float = 1.0) -> Array:
    """F at each sample. a: (..., n), w: (..., n, d), s: (..., b, d); returns (..., b)."""
    a, w, s = (np.asarray(v, dtype=np.float64) for v in (a, w, s))
    u = _preactivations(w, s, np)
    hidden = np.where(u > 0, u, slope * u)
    return np.asarray((hidden @ a[..., None])[..., 0] / np.sqrt(a.shape[-1]))


def step(
    a: ArrayLike,
    w: ArrayLike,
    s: ArrayLike,
    y: ArrayLike = 0.0,
    *,
    learning_rate: float,
    slope: float = 1.0,
    half_loss: bool = True,
    p: ArrayLike | None = None,
    xp: Any = np,
) -> NetworkStep:
    """One step of gradient descent on the mean loss of the samples s with labels y.

    a: (..., n). w: (..., n, d). s: (..., b, d). y: (..., b) or a number. p: (b,) weights of the samples, by default
    1/b each: a single sample has b = 1, full batch takes all samples with their probabilities. The loss of a
    sample is `(F - y)^2 / 2`, or `(F - y)^2` if half_loss is false. At u = 0 the derivative of phi is taken as slope.
    """
    a, w, s = (_doubles(v, xp) for v in (a, w, s))
    n, b = a.shape[-1], s.shape[-2]
    weights = _doubles(xp.full(b, 1.0 / b) if p is None else p, xp)
    u = _preactivations(w, s, xp)
    phi, derivative = xp.where(u > 0, u, slope * u), xp.where(u > 0, xp.asarray(1.0), slope)
    residual = (phi @ a[..., None])[..., 0] / math.sqrt(n) - y
    force = (1.0 if half_loss else 2.0) * learning_rate / math.sqrt(n) * weights * residual
    along_a = (force[..., None, :] @ phi)[..., 0, :]
    along_w = xp.moveaxis(force[..., None] * derivative, -1, -2) @ s
    moved_w = w - a[..., None] * along_w
    return NetworkStep(a - along_a, moved_w, _flipped(w, moved_w, slope, xp))


def gram(a: ArrayLike, w: ArrayLike) -> Array:
    """`n^-1 sum v v^t` with v = (a, w_1, ..., w_d). a: (..., n), w: (..., n, d); returns (..., d + 1, d + 1)."""
    a, w = np.asarray(a, dtype=np.float64), np.asarray(w, dtype=np.float64)
    v = np.concatenate([a[..., None], w], axis=-1)
    return np.asarray(np.swapaxes(v, -1, -2) @ v / a.shape[-1])


def sums(a: ArrayLike, w: ArrayLike, xp: Any = np) -> Sums:
    """mu and lambda of all neurons, for scalar inputs. a: (..., n), w: (..., n, 1)."""
    return _sums(a, w, xp.asarray(True), xp)


def class_sums(a: ArrayLike, w: ArrayLike) -> tuple[Sums, Sums]:
    """mu and lambda of the neurons with w > 0, and of those with w < 0, both with the whole n."""
    w = np.asarray(w, dtype=np.float64)
    return _sums(a, w, w[..., 0] > 0), _sums(a, w, w[..., 0] < 0)


def _sums(a: ArrayLike, w: ArrayLike, members: NDArray[np.bool_], xp: Any = np) -> Sums:
    a, flat = _doubles(a, xp), _doubles(w, xp)[..., 0]
    n = a.shape[-1]
    mu = xp.sum(xp.where(members, a * flat, 0.0), axis=-1) / math.sqrt(n)
    curvature = xp.sum(xp.where(members, a * a + flat * flat, 0.0), axis=-1) / n
    return Sums(xp.asarray(mu), xp.asarray(curvature))


def _doubles(values: ArrayLike, xp: Any) -> Array:
    """An array of `xp`, typed as the one of numpy that it behaves like."""
    return xp.asarray(values, dtype=xp.float64)  # type: ignore[no-any-return]


def _preactivations(w: Any, s: Any, xp: Any) -> Any:
    """`w_r . s_j` as (..., b, n)."""
    return s @ xp.moveaxis(w, -1, -2)


def _flipped(w: Any, moved: Any, slope: float, xp: Any) -> Any:
    """Where a scalar weight was 0 or did not keep its sign; the linear activation has no sign classes."""
    if slope == 1.0:
        return xp.zeros(np.broadcast_shapes(w.shape, moved.shape)[:-1]) != 0
    if w.shape[-1] != 1:
        raise InputError(f"sign classes need scalar inputs, not {w.shape[-1]}")
    return xp.sign(w[..., 0]) * xp.sign(moved[..., 0]) <= 0
