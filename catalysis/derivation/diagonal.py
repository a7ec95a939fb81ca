"""Letters in which the step is a multiplication: the eigenvectors of the common matrix.

Lemma R7 of docs/reduced_map.md.
"""

from dataclasses import dataclass

import sympy

from catalysis.derivation.canonical import Canonical, Scaling
from catalysis.derivation.closing import Block, Closing
from catalysis.derivation.errors import DerivationError
from catalysis.derivation.letters import letter


@dataclass(frozen=True)
class Diagonal:
    """The step in the letters alpha and beta of each class.

    variables: the new letters in those of the canonical form, by name.
    roots: the eigenvalue that multiplies the letter twice, in the new letters, by name.
    update: the new values, `letter * root^2`, by name.
    """

    variables: dict[str, sympy.Expr]
    roots: dict[str, sympy.Expr]

    @property
    def update(self) -> dict[str, sympy.Expr]:
        return {name: letter(name) * root**2 for name, root in self.roots.items()}

    def __getitem__(self, name: str) -> sympy.Expr:
        return self.update[name]


@dataclass(frozen=True)
class _Entry:
    """One diagonal entry of the scaled Gram matrix in the eigenbasis, with its eigenvalue."""

    name: str
    value: sympy.Expr
    eigenvalue: sympy.Expr


def diagonal_form(closing: Closing, canonical: Canonical) -> Diagonal | None:
    """The diagonal form for scalar inputs; None in R^d, where the eigenvectors turn with the sample."""
    if closing.network.inputs > 1:
        return None
    entries = [
        _diagonal_entries(part, matrix, canonical.scaling)
        for part, matrix in zip(closing.blocks, closing.matrices, strict=True)
    ]
    back = {k: v for pair in entries for k, v in _solve_back(pair).items()}
    flat = [entry for pair in entries for entry in pair]
    return Diagonal(
        {entry.name: sympy.together(entry.value) for entry in flat},
        {
            entry.name: sympy.factor_terms(entry.eigenvalue.xreplace(canonical.drives).xreplace(back))
            for entry in flat
        },
    )


def _diagonal_entries(part: Block, matrix: sympy.Matrix, scaling: Scaling) -> list[_Entry]:
    """The entries of the scaled Gram matrix along the eigenvectors; alpha is the one that grows with mu."""
    mu, curvature = part.mu[0], letter("lambda", part.side)
    factor = scaling.factor(curvature)
    gram = (factor * part.gram).xreplace(scaling.inverse([mu, curvature]))
    found = []
    for eigenvalue, _, (vector,) in matrix.eigenvects():
        unit = vector.normalized()
        value = sympy.expand((unit.T * gram * unit)[0, 0])
        if unit.free_symbols or part.hidden in value.free_symbols:
            raise DerivationError("the eigenvectors of the common matrix do not diagonalise the state")
        found.append((value, eigenvalue))
    found.sort(key=lambda pair: -pair[0].coeff(scaling.new(mu)))
    names = (letter("alpha", part.side).name, letter("beta", part.side).name)
    return [_Entry(name, *pair) for name, pair in zip(names, found, strict=True)]


def _solve_back(pair: list[_Entry]) -> dict[sympy.Symbol, sympy.Expr]:
    """The canonical letters in the diagonal ones."""
    unknowns = sorted({s for entry in pair for s in entry.value.free_symbols}, key=str)
    equations = [entry.value - letter(entry.name) for entry in pair]
    (solution,) = sympy.linsolve(equations, *unknowns)
    return dict(zip(unknowns, solution, strict=True))
