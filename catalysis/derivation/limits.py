"""What the reduced map becomes at infinite width: a linear step, its factor, its drift.

Lemmas R8 and R10 of docs/reduced_map.md.
"""

from dataclasses import dataclass

import sympy

from catalysis.derivation.closing import Closing
from catalysis.derivation.forms import readable
from catalysis.derivation.letters import EPSILON, WIDTH, letter


@dataclass(frozen=True)
class Linearised:
    """The limit n -> infinity at fixed state.

    update: the new values, by name.
    kernel: the matrix Lambda with `mu' = mu - Lambda gamma`, where gamma is the limit of `sqrt(n) g`.
    forces: gamma, one entry for each mu.
    factor: the matrix that multiplies mu, the derivative of `mu'` in `mu`.
    """

    mu: tuple[sympy.Symbol, ...]
    update: dict[str, sympy.Expr]
    kernel: sympy.Matrix
    forces: sympy.Matrix
    factor: sympy.Matrix

    def __getitem__(self, name: str) -> sympy.Expr:
        return self.update[name]

    @property
    def uncoupled(self) -> bool:
        """Whether every mu is multiplied by a factor of its own."""
        return bool(self.factor.is_diagonal())


def linearise(closing: Closing) -> Linearised:
    """The limit of the step, with `n = epsilon^-2` and `epsilon = 0`."""
    drives = [g for part in closing.blocks for g in part.drive]
    mu = tuple(m for part in closing.blocks for m in part.mu)
    finite = {g: EPSILON * g for g in drives}
    limit = {
        name: sympy.expand(moved.xreplace(finite).subs(WIDTH, EPSILON**-2)).subs(EPSILON, 0)
        for name, moved in closing.moved.items()
    }
    forces = {g: sympy.factor_terms(sympy.sqrt(WIDTH) * closing.drives[g]) for g in drives}
    update = {name: readable(letter(name), value, forces) for name, value in limit.items()}
    kernel = sympy.Matrix([[-sympy.diff(limit[m.name], g) for g in drives] for m in mu])
    gamma = sympy.Matrix([forces[g] for g in drives])
    slope = gamma.jacobian(sympy.Matrix(mu)).applyfunc(sympy.expand)
    factor = sympy.eye(len(mu)) - (kernel * slope).applyfunc(sympy.expand)
    return Linearised(mu, update, kernel, gamma, factor)


def drift(linearised: Linearised, closing: Closing, batch: str) -> dict[str, sympy.Expr]:
    """The drift `E log|factor|` of each mu, by name (`G`, `G_plus`, ..., for full batch `G_FB`, ...).

    Empty where the factors are matrices: the drift is then a Lyapunov exponent without closed form.
    """
    if not linearised.uncoupled:
        return {}
    name = "G_FB" if batch == "full" else "G"
    return {
        letter(name, part.side).name: _mean_log(linearised.factor[k, k], closing.moments.letters, batch)
        for k, part in enumerate(closing.blocks)
    }


def _mean_log(factor: sympy.Expr, moments: tuple[sympy.Symbol, ...], batch: str) -> sympy.Expr:
    """The mean of log|factor| over the law of the moments: a sum over samples or batches, or one term."""
    log = sympy.log(sympy.Abs(factor))
    if batch == "full":
        return log
    i, count = sympy.symbols("i m" if batch == "single" else "i M", integer=True, positive=True)
    drawn = {x: sympy.IndexedBase(x)[i] for x in moments}
    return sympy.Sum(sympy.IndexedBase("p")[i] * log.xreplace(drawn), (i, 1, count))
