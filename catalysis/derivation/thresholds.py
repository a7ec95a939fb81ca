"""Where the linear factor leaves [-1, 1], and where the curvature stops falling.

Lemma R9 of docs/reduced_map.md.
"""

import sympy

from catalysis.derivation.closing import Closing
from catalysis.derivation.letters import ETA, KERNEL, WIDTH, letter
from catalysis.derivation.limits import Linearised


def thresholds(closing: Closing, linearised: Linearised) -> dict[str, sympy.Expr]:
    """The thresholds by name, each the solution of an equation between derived objects.

    Where every mu has its own factor: `lambda_crit` (factor = -1) and `lambda_max` (the step of lambda
    vanishes), one pair for each class. Otherwise, for eigenvectors mu of the tangent kernel with eigenvalue
    nu: `nu_crit` and, without labels, `nu_max`.
    """
    if linearised.uncoupled:
        return _curvature_thresholds(closing, linearised)
    return _kernel_thresholds(closing, linearised)


def _curvature_thresholds(closing: Closing, linearised: Linearised) -> dict[str, sympy.Expr]:
    found = {}
    for k, part in enumerate(closing.blocks):
        curvature = letter("lambda", part.side)
        fall = sympy.factor((closing.moved[curvature.name] - curvature).xreplace(closing.drives))
        found[letter("lambda_crit", part.side).name] = _zero(linearised.factor[k, k] + 1, curvature)
        found[letter("lambda_max", part.side).name] = _zero(fall, curvature)
    return found


def _kernel_thresholds(closing: Closing, linearised: Linearised) -> dict[str, sympy.Expr]:
    """The same along an eigenvector: `Lambda X mu = nu mu`, with X from `gamma = c eta (X mu - z)`.

    The eigenvector equation is solved for the diagonal of the kernel Lambda and put into the factor and
    into the step of the trace of all Gram matrices; `X mu` stays a vector of letters h.
    """
    scale = closing.network.loss_factor * ETA
    h = [letter("h", i + 1) for i in range(len(linearised.mu))]
    on_eigenvector = _diagonal_of_kernel(linearised, h)
    gamma = scale * sympy.Matrix(h)
    moved = sympy.Matrix(linearised.mu) - linearised.kernel * gamma
    factors = {
        sympy.cancel(v.xreplace(on_eigenvector) / m) for v, m in zip(moved, linearised.mu, strict=True)
    }
    (factor,) = factors
    found = {"nu_crit": _zero(factor + 1, KERNEL)}
    if not closing.network.labels:
        drives = [g for part in closing.blocks for g in part.drive]
        at = {g: value / sympy.sqrt(WIDTH) for g, value in zip(drives, gamma, strict=True)}
        fall = _trace_step(closing).xreplace(at).xreplace(on_eigenvector)
        found["nu_max"] = _zero(sympy.factor(fall), KERNEL)
    return found


def _diagonal_of_kernel(linearised: Linearised, h: list[sympy.Symbol]) -> dict[sympy.Symbol, sympy.Expr]:
    """One letter of each diagonal entry of the kernel, from the eigenvector equation `Lambda h = nu mu`."""
    solved = {}
    for i, mu in enumerate(linearised.mu):
        equation = (linearised.kernel[i, :] * sympy.Matrix(h))[0, 0] - KERNEL * mu
        own = max(linearised.kernel[i, i].free_symbols, key=lambda s: (s.name != "q", s.name))
        solved[own] = _zero(equation, own)
    return solved


def _trace_step(closing: Closing) -> sympy.Expr:
    """By how much the step changes the trace of all Gram matrices, in the letters g."""
    return sympy.Add(
        *[
            sympy.expand(moved.trace() - part.gram.trace())
            for moved, part in zip(closing.moved_grams, closing.blocks, strict=True)
        ]
    )


def _zero(expression: sympy.Expr, unknown: sympy.Symbol) -> sympy.Expr:
    """The one zero of an expression that is linear in the unknown, up to factors without it."""
    (solution,) = sympy.solve(expression, unknown)
    return solution
