"""The reduced map: what one step of gradient descent does to a few sums over all neurons."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy

from catalysis.derivation.canonical import Canonical, canonical_form
from catalysis.derivation.closing import Closing, close
from catalysis.derivation.compile import CompiledMap, GramStep, compile_arb, compile_gram_step, compile_numpy
from catalysis.derivation.diagonal import Diagonal, diagonal_form
from catalysis.derivation.errors import DerivationError
from catalysis.derivation.forms import readable
from catalysis.derivation.letters import ETA, SLOPE, WIDTH, aligned, letter, to_latex
from catalysis.derivation.limits import Linearised, drift, linearise
from catalysis.derivation.network import BATCHES, ShallowNetwork
from catalysis.derivation.thresholds import thresholds
from catalysis.exact.numbers import shown
from catalysis.exact.result import Result, Verdict

MAX_SHOWN_INPUTS = 10
"""Up to this input dimension the formulas are written out; beyond it, a step is compiled all the same."""

FORMS = ("update", "linearised", "canonical", "diagonal")


@dataclass(frozen=True, repr=False)
class ReducedMap(Result):
    """The derived step of the sums, with everything that follows from it; made by `derive`.

    Certified: the step is exact for every width, under `validity` (lemmas R1 to R5), and each form follows from
    it (R6 to R10).

    Every formula is a sympy expression, worked out when it is first asked for. State and data by name:
    scalar inputs have `mu`, `lambda` and the curvature `x` of the step (with sign classes `mu_plus`, ...),
    inputs in R^d have `mu_i`, `q`, `C_ij` and `x_ij`; labels add `z`.
    """

    closing: Closing
    batch: str

    @property
    def verdict(self) -> Verdict:
        return Verdict.PROVED

    def __repr__(self) -> str:
        return f"ReducedMap({self.network}, {self.batch!r}, proved)"

    def __str__(self) -> str:
        return super().__str__() if self.is_shown else repr(self)

    def _repr_html_(self) -> str:
        return super()._repr_html_() if self.is_shown else repr(self)

    def _repr_latex_(self) -> str | None:
        """The update, where it is written out."""
        return f"$${self.to_latex()}$$" if self.is_shown else None

    @property
    def network(self) -> ShallowNetwork:
        return self.closing.network

    @cached_property
    def state(self) -> dict[str, sympy.Expr]:
        """The letters of the state and their definition as sums over the neurons."""
        r = sympy.Symbol("r", integer=True, positive=True)
        found: dict[str, sympy.Expr] = {}
        for part in self.closing.blocks:
            last = letter("n", part.side) if part.side else WIDTH
            weights = [sympy.IndexedBase(letter(v.name))[r] for v in part.neuron.vector]
            size = len(weights)

            def entry(i: int, j: int, v: list[Any] = weights, last: sympy.Symbol = last) -> sympy.Expr:
                return sympy.Sum(v[i] * v[j], (r, 1, last)) / WIDTH

            found |= part.observe(sympy.Matrix(size, size, entry))
        return found

    @cached_property
    def data(self) -> dict[str, sympy.Expr]:
        """The letters of the data that enter one step and their definition in the samples of the step."""
        return _data_definitions(self.closing, self.batch)

    @cached_property
    def update(self) -> dict[str, sympy.Expr]:
        """The state after one step, by name, for every width n >= 1 (lemma R1)."""
        return {
            name: readable(letter(name), moved, self.closing.drives)
            for name, moved in self.closing.moved.items()
        }

    @cached_property
    def canonical(self) -> Canonical:
        """The step without learning rate and width (lemma R6)."""
        return canonical_form(self.closing)

    @cached_property
    def diagonal(self) -> Diagonal | None:
        """The step along the eigenvectors of the common matrix (lemma R7); None in R^d."""
        return diagonal_form(self.closing, self.canonical)

    @cached_property
    def linearised(self) -> Linearised:
        """The limit of infinite width at fixed state (lemma R8)."""
        return linearise(self.closing)

    @cached_property
    def drift(self) -> dict[str, sympy.Expr]:
        """G, or G_FB for full batch, of each mu (lemma R10); empty where the factors are matrices."""
        return drift(self.linearised, self.closing, self.batch)

    @cached_property
    def thresholds(self) -> dict[str, sympy.Expr]:
        """Where the linear factor leaves [-1, 1] and where the curvature stops falling (lemma R9).

        `lambda_crit`, `lambda_max` (one pair for each class), or where the classes or inputs are coupled
        `nu_crit`, `nu_max` for the eigenvalues nu of the tangent kernel; of a single sample it is given as `nu`.
        """
        found = thresholds(self.closing, self.linearised)
        if self.batch == "single" and not self.linearised.uncoupled:
            scale = self.network.loss_factor * ETA
            size = len(self.linearised.mu)
            found["nu"] = sympy.expand((size - self.linearised.factor.trace()) / scale)
        return found

    @cached_property
    def validity(self) -> dict[str, sympy.Basic]:
        """For each class a condition on each of its neurons under which the step is exact (lemma R5).

        `all: True` for the linear activation: nothing can go wrong.
        """
        if not self.network.piecewise:
            return {"all": sympy.true}
        conditions = {}
        for part, matrix in zip(self.closing.blocks, self.closing.matrices, strict=True):
            moved = sympy.Abs(matrix[1, 0].xreplace(self.closing.drives) * part.neuron.a)
            conditions[part.side] = moved < sympy.Abs(matrix[1, 1] * part.neuron.w[0])
        return conditions

    def _form(self, form: str) -> dict[str, sympy.Expr]:
        """The update of one of FORMS. Raises DerivationError if there is no such form."""
        match form:
            case "update":
                return self.update
            case "linearised":
                return self.linearised.update
            case "canonical":
                return self.canonical.update
            case "diagonal" if self.diagonal is not None:
                return self.diagonal.update
        known = FORMS if self.diagonal is not None else FORMS[:-1]
        raise DerivationError(f"unknown form {form!r} for these inputs; known: {', '.join(known)}")

    def _arguments(self, form: str) -> tuple[sympy.Symbol, ...]:
        """The letters that a compiled form takes: state, data, then eta, n and the slope as far as it needs them."""
        state = [letter(name) for name in self._form(form)]
        scaled = list(self.canonical.labels) if form in ("canonical", "diagonal") else []
        labels = {letter(new.replace("zeta", "z")): letter(new) for new in scaled}
        data = [labels.get(moment, moment) for moment in self.closing.moments.letters]
        rates = {"update": [ETA, WIDTH], "linearised": [ETA]}.get(form, [])
        needs_slope = self.network.exact_slope is None
        return (*state, *data, *rates, *([SLOPE] if needs_slope else []))

    def to_numpy(self, form: str = "update") -> CompiledMap:
        """One step over numpy arrays; its `arguments` name the values it takes, in order.

        form: `update`, `linearised`, `canonical` or `diagonal`.
        """
        return compile_numpy(self._arguments(form), self._form(form))

    def to_arb(self, form: str = "update") -> CompiledMap:
        """One step over Arb balls: each result encloses the exact value; arguments as in `to_numpy`."""
        return compile_arb(self._arguments(form), self._form(form))

    def to_numpy_gram(self) -> GramStep:
        """`step(S, x, eta, n, z=None)` on the whole Gram matrix, for any input dimension (lemma R1).

        Raises DerivationError for sign classes, which have two Gram matrices.
        """
        if self.network.piecewise:
            raise DerivationError("sign classes have two Gram matrices; known: to_numpy()")
        return compile_gram_step(self.closing)

    @property
    def is_shown(self) -> bool:
        """Whether the formulas are written out."""
        return self.network.inputs <= MAX_SHOWN_INPUTS

    def require_shown(self) -> None:
        """Raises DerivationError where the formulas are not written out."""
        if not self.is_shown:
            raise DerivationError(
                f"a derivation is written out for at most {MAX_SHOWN_INPUTS} inputs, not {self.network.inputs}; "
                "known beyond: to_numpy_gram()"
            )

    def to_latex(self) -> str:
        """The update as an `aligned` block of LaTeX equations."""
        return aligned((to_latex(letter(name)) + "'", to_latex(value)) for name, value in self.update.items())

    def fields(self, latex: bool = False) -> dict[str, Any]:
        """The map as a JSON object of strings (LaTeX strings if asked).

        Raises DerivationError beyond MAX_SHOWN_INPUTS inputs.
        """
        self.require_shown()

        def text(expressions: dict[str, sympy.Basic]) -> dict[str, str]:
            return {name: to_latex(value) if latex else str(value) for name, value in expressions.items()}

        canonical, diagonal = self.canonical, self.diagonal
        return {
            "verdict": self.verdict.value,
            "activation": self.network.activation,
            "inputs": self.network.inputs,
            "batch": self.batch,
            "labels": self.network.labels,
            "half_loss": self.network.half_loss,
            "state": text(self.state),
            "data": text(self.data),
            "drives": text({g.name: value for g, value in self.closing.drives.items()}),
            "update": text(self.update),
            "validity": text(self.validity),
            "canonical": text(canonical.update),
            "canonical_variables": text(canonical.variables | canonical.labels),
            "width_free": canonical.width_free,
            "diagonal": None if diagonal is None else text(diagonal.update),
            "diagonal_variables": None if diagonal is None else text(diagonal.variables),
            "linearised": text(self.linearised.update),
            "factor": to_latex(self.linearised.factor) if latex else str(self.linearised.factor.tolist()),
            "drift": text(self.drift) or None,
            "thresholds": text(self.thresholds),
        }


def _data_definitions(closing: Closing, batch: str) -> dict[str, sympy.Expr]:
    """Each moment as the mean over the step's samples: the one sample, b of them, or the whole law."""
    moments, network = closing.moments, closing.network
    i = sympy.Symbol("j" if batch == "mini" else "i", integer=True, positive=True)
    b, m = (sympy.Symbol(name, integer=True, positive=True) for name in "bm")

    def value(name: str) -> sympy.Expr:
        return letter(name) if batch == "single" else sympy.IndexedBase(letter(name))[i]

    if network.piecewise:
        inputs = [sympy.Max(value("s"), 0), sympy.Min(value("s"), 0)]
    else:
        inputs = [value(s.name) for s in network.sample]

    def mean(product: sympy.Expr) -> sympy.Expr:
        if batch == "single":
            return product
        if batch == "mini":
            return sympy.Sum(product, (i, 1, b)) / b
        return sympy.Sum(sympy.IndexedBase("p")[i] * product, (i, 1, m))

    k = range(len(inputs))
    second = {moments.x(p, q): inputs[p] * inputs[q] for p in k for q in k}
    mixed = {moments.z(p): inputs[p] * value("y") for p in k}
    return {moment.name: mean((second | mixed)[moment]) for moment in moments.letters}


def derive(network: ShallowNetwork, batch: str = "single") -> ReducedMap:
    """Derive the reduced map of a network for one kind of step, symbolically, from its definition.

    Certified: the step is exact for every width, with a certificate of equality (R1 to R5).

    Parameters
    ----------
    network : ShallowNetwork
        Activation, input dimension, labels and loss.
    batch : str
        `single` (one sample), `mini` (the mean loss of a batch) or `full` (the mean loss of the law).

    Returns
    -------
    ReducedMap
        The step of the sums over neurons, and what follows from it.

    Raises
    ------
    InputError
        For what is no ShallowNetwork.
    DerivationError
        For another `batch`, or if the sums do not close (an InputError, too).

    Examples
    --------
    >>> from catalysis import ShallowNetwork, derive
    >>> reduced = derive(ShallowNetwork())
    >>> reduced.update["lambda"]
    eta*mu**2*x*(eta*lambda*x - 4)/n + lambda
    >>> reduced.thresholds["lambda_crit"]
    2/(eta*x)
    """
    if not isinstance(network, ShallowNetwork):
        raise DerivationError(f"network: expected a ShallowNetwork, found {shown(network)}")
    if not isinstance(batch, str) or batch not in BATCHES:
        raise DerivationError(f"unknown batch {shown(batch)}; known: {', '.join(BATCHES)}")
    return ReducedMap(close(network), batch)
