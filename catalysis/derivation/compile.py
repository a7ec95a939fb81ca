"""The derived expressions as functions: over numpy arrays, and over Arb balls.

Both are made from the same sympy expressions; there is no second copy of a formula.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy
from flint import arb
from numpy.typing import NDArray

from catalysis.derivation.closing import Closing
from catalysis.derivation.letters import ETA, WIDTH
from catalysis.exact.balls import ball
from catalysis.exact.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CompiledMap:
    """One step as a function: `step(*values)` takes `arguments` in their order and returns `results` as a tuple."""

    arguments: tuple[str, ...]
    results: tuple[str, ...]
    function: Callable[..., tuple[Any, ...]]

    def __call__(self, *values: Any) -> tuple[Any, ...]:
        if len(values) != len(self.arguments):
            raise TypeError(f"expected {len(self.arguments)} values: {', '.join(self.arguments)}")
        return self.function(*values)


def compile_numpy(arguments: Sequence[sympy.Symbol], results: dict[str, sympy.Expr]) -> CompiledMap:
    """The expressions over numpy: values are floats or arrays that broadcast against each other."""
    function = sympy.lambdify(tuple(arguments), tuple(results.values()), modules="numpy", cse=True)
    return CompiledMap(tuple(a.name for a in arguments), tuple(results), function)


def compile_arb(arguments: Sequence[sympy.Symbol], results: dict[str, sympy.Expr]) -> CompiledMap:
    """The expressions over Arb, at the precision of the context at the time of the call.

    Values are balls, integers or fractions; floats are refused, since their exact value is rarely meant.
    Each result is a ball that holds the exact value for all values in the given balls.
    """
    places = {symbol: k for k, symbol in enumerate(arguments)}
    evaluators = [_ball_evaluator(expression, places) for expression in results.values()]

    def function(*values: Any) -> tuple[arb, ...]:
        balls = [_ball(value) for value in values]
        return tuple(evaluate(balls) for evaluate in evaluators)

    return CompiledMap(tuple(a.name for a in arguments), tuple(results), function)


def _ball(value: Any) -> arb:
    if isinstance(value, Fraction):
        return ball(value)
    if isinstance(value, float):
        raise TypeError(f"expected a ball, an integer or a fraction, not the float {value!r}")
    return arb(value)


_Evaluator = Callable[[list[arb]], arb]


def _ball_evaluator(expression: sympy.Expr, places: dict[sympy.Symbol, int]) -> _Evaluator:
    """A closure for one node of the expression tree: symbols, rationals, sums, products, powers."""
    if expression.is_Symbol:
        place = places[expression]
        return lambda values: values[place]
    if expression.is_Rational:
        exact = Fraction(int(expression.p), int(expression.q))
        return lambda values: ball(exact)
    parts = [_ball_evaluator(part, places) for part in expression.args]
    if expression.is_Add:
        return lambda values: sum((part(values) for part in parts[1:]), parts[0](values))
    if expression.is_Mul:
        return lambda values: _product([part(values) for part in parts])
    if expression.is_Pow and (2 * expression.exp).is_Integer:
        base, twice = parts[0], int(2 * expression.exp)
        if twice % 2 == 0:
            return lambda values: base(values) ** (twice // 2)
        return lambda values: base(values).sqrt() ** twice
    raise NotImplementedError(f"no ball arithmetic for {expression.func.__name__}")


def _product(factors: list[arb]) -> arb:
    result = factors[0]
    for factor in factors[1:]:
        result = result * factor
    return result


GramStep = Callable[..., Array]


def compile_gram_step(closing: Closing) -> GramStep:
    """`step(S, x, eta, n, z=None)`: the Gram matrix of (a, w_1, ..., w_d) after one step, for any d.

    S: (..., d + 1, d + 1). x: (..., d, d), the mean of `s s^t`. z: (..., d), the mean of `s y`, with labels only.
    T is filled in from the derived matrix and `T S T^t` is formed in floating point. Linear activation only.
    """
    (part,), (matrix,), network = closing.blocks, closing.matrices, closing.network
    d = network.inputs
    upper = [(i, j) for i in range(d) for j in range(i, d)]
    drives = [closing.drives[g] for g in part.drive]
    letters = (*part.mu, *closing.moments.letters, ETA, WIDTH)
    drive = sympy.lambdify(letters, drives, modules="numpy")
    entries = sympy.lambdify(part.drive, list(matrix), modules="numpy")

    def step(S: Array, x: Array, eta: float, n: float, z: Array | None = None) -> Array:
        if (z is None) is network.labels:
            raise InputError("z belongs to a network with labels, and only to one")
        mu = [np.sqrt(n) * S[..., 0, i + 1] for i in range(d)]
        moments = [x[..., i, j] for i, j in upper]
        labels = [] if z is None else [z[..., i] for i in range(d)]
        g = drive(*mu, *moments, *labels, eta, n)
        flat = np.stack(np.broadcast_arrays(*entries(*g)), axis=-1)
        T = flat.reshape(*flat.shape[:-1], d + 1, d + 1)
        return np.asarray(T @ S @ np.swapaxes(T, -1, -2), dtype=np.float64)

    return step
