"""Letters in which the learning rate and the width disappear.

Lemma R6 of docs/reduced_map.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import sympy

from catalysis.derivation.closing import Closing
from catalysis.derivation.errors import DerivationError
from catalysis.derivation.forms import readable
from catalysis.derivation.letters import ETA, WIDTH, letter

_NEW = {"mu": "kappa", "lambda": "L", "q": "Q", "C": "K", "z": "zeta"}

Powers = dict[str, tuple[sympy.Rational, sympy.Rational]]


@dataclass(frozen=True)
class Scaling:
    """Each family of letters (`mu`, `lambda`, ..., the labels' `z`) times `eta^i n^j`: the powers (i, j)."""

    powers: Powers

    @property
    def labels_scaled(self) -> bool:
        """Whether the labels had to be scaled too."""
        return "z" in self.powers

    def factor(self, symbol: sympy.Symbol) -> sympy.Expr:
        i, j = self.powers[_family(symbol)]
        return ETA**i * WIDTH**j

    def new(self, symbol: sympy.Symbol) -> sympy.Symbol:
        """The scaled letter, such as `kappa_plus` for `mu_plus`."""
        family = _family(symbol)
        return letter(_NEW[family] + symbol.name.removeprefix(family))

    def inverse(self, symbols: Iterable[sympy.Symbol]) -> dict[sympy.Symbol, sympy.Expr]:
        """Each old letter in the new ones."""
        return {s: self.new(s) / self.factor(s) for s in symbols}


def _family(symbol: sympy.Symbol) -> str:
    return str(symbol.name).split("_")[0]


def find_scaling(closing: Closing) -> Scaling:
    """The scales that free the step of eta and n, by solving the linear equations of their exponents.

    First with the labels as they are; only if that is impossible, the labels are scaled as well.
    Raises DerivationError if neither is possible.
    """
    state = {_family(letter(name)) for name in closing.moved}
    for families in (sorted(state), sorted({*state, "z"})):
        powers = _solve_powers(closing, families)
        if powers is not None:
            return Scaling(powers)
    raise DerivationError("no scale of the state frees the step of learning rate and width")


def _solve_powers(closing: Closing, families: list[str]) -> Powers | None:
    """Exponents with which every monomial of the step and of its drives carries no eta and no n."""
    steps = {letter(name): expression for name, expression in closing.moved.items()} | closing.drives
    monomials = {
        (_own_powers(term), _excess(term, symbol, families))
        for symbol, expression in steps.items()
        for term in sympy.Add.make_args(sympy.expand(expression))
    }
    unknowns = sympy.symbols(f"c0:{len(families)}")
    found = []
    for k in (0, 1):
        equations = [
            own[k] - sympy.Add(*[m * c for m, c in zip(excess, unknowns, strict=True)])
            for own, excess in monomials
        ]
        solutions = list(sympy.linsolve(equations, *unknowns))
        if not solutions or any(value.free_symbols for value in solutions[0]):
            return None
        found.append(solutions[0])
    return {family: (found[0][k], found[1][k]) for k, family in enumerate(families)}


def _own_powers(term: sympy.Expr) -> tuple[sympy.Rational, sympy.Rational]:
    """The powers of eta and n in one monomial."""
    powers = term.as_powers_dict()
    return powers.get(ETA, 0), powers.get(WIDTH, 0)


def _excess(term: sympy.Expr, symbol: sympy.Symbol, families: list[str]) -> tuple[int, ...]:
    """The power of each family in one monomial of the new value of `symbol`, less that of `symbol` itself."""
    powers = term.as_powers_dict()
    return tuple(
        sum(int(power) for base, power in powers.items() if base.is_Symbol and _family(base) == family)
        - int(_family(symbol) == family)
        for family in families
    )


@dataclass(frozen=True)
class Canonical:
    """The canonical form: the step in letters in which eta and n do not occur.

    variables: the new letters in the old ones, by name.
    update: their new values, by name.
    drives: the entries g of the common matrices in the new letters.
    labels: the scaled labels in the old letters, by name; empty without labels.
    """

    scaling: Scaling
    variables: dict[str, sympy.Expr]
    update: dict[str, sympy.Expr]
    drives: dict[sympy.Symbol, sympy.Expr]
    labels: dict[str, sympy.Expr]

    def __getitem__(self, name: str) -> sympy.Expr:
        return self.update[name]

    @property
    def width_free(self) -> bool:
        """Whether the width enters through the start alone. With labels it also enters through `zeta`."""
        return not self.labels


def canonical_form(closing: Closing) -> Canonical:
    """The step in the scaled letters. Raises DerivationError if eta or n is left over."""
    scaling = find_scaling(closing)
    state = [letter(name) for name in closing.moved]
    labels = [m for m in closing.moments.letters if scaling.labels_scaled and _family(m) == "z"]
    back = scaling.inverse([*state, *labels])
    drives = {g: sympy.factor_terms(sympy.expand(e.xreplace(back))) for g, e in closing.drives.items()}
    update = {}
    for symbol in state:
        scaled = sympy.expand(scaling.factor(symbol) * closing.moved[symbol.name].xreplace(back))
        update[scaling.new(symbol).name] = readable(scaling.new(symbol), scaled, drives)
    if any({ETA, WIDTH} & value.free_symbols for value in update.values()):
        raise DerivationError("learning rate or width remains in the canonical form")
    return Canonical(
        scaling,
        {scaling.new(s).name: scaling.factor(s) * s for s in state},
        update,
        drives,
        {scaling.new(s).name: scaling.factor(s) * s for s in labels},
    )
