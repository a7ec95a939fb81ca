"""The derivation told step by step, every formula taken from the derived objects."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from catalysis.derivation.letters import LABEL, OUTPUT, aligned, letter, to_latex
from catalysis.derivation.network import contribution
from catalysis.derivation.reduced import ReducedMap

_BATCH = {
    "single": "One step draws one sample.",
    "mini": "One step takes the mean loss of b samples; the mean is linear, so it acts on the matrix.",
    "full": "One step takes the mean loss over the whole law; the mean is linear, so it acts on the matrix.",
}


@dataclass(frozen=True)
class Step:
    """One step of the derivation: a heading, one or two sentences, the formulas in LaTeX."""

    heading: str
    text: str
    latex: str


def derivation_steps(reduced: ReducedMap) -> list[Step]:
    """The steps of a derivation, from the network to the thresholds, as text and LaTeX.

    Parameters
    ----------
    reduced : ReducedMap
        A map that `derive` found.

    Returns
    -------
    list of Step
        Each with `heading`, `text` and `latex`.

    Raises
    ------
    DerivationError
        For more inputs than can be written out.

    Examples
    --------
    >>> from catalysis import ShallowNetwork, derivation_steps, derive
    >>> [step.heading for step in derivation_steps(derive(ShallowNetwork()))][:2]
    ['The network and its loss', 'One gradient step of a generic neuron']
    """
    reduced.require_shown()
    return [
        _network(reduced),
        _gradient(reduced),
        _common_matrix(reduced),
        _sums(reduced),
        _gram(reduced),
        _update(reduced),
        _validity(reduced),
        _canonical(reduced),
        *([] if reduced.diagonal is None else [_diagonal(reduced)]),
        _linearised(reduced),
        *([_drift(reduced)] if reduced.drift else []),
        _thresholds(reduced),
    ]


def _primed(expressions: dict[str, sympy.Expr]) -> str:
    return aligned((to_latex(letter(name)) + "'", to_latex(value)) for name, value in expressions.items())


def _named(expressions: dict[str, sympy.Expr]) -> str:
    return aligned((to_latex(letter(name)), to_latex(value)) for name, value in expressions.items())


def _network(reduced: ReducedMap) -> Step:
    network = reduced.network
    parts = [contribution(network, part.neuron) for part in reduced.closing.blocks]
    classes = (
        "A neuron is linear as long as its weight keeps its sign: one generic neuron for each sign."
        if network.piecewise
        else "All neurons are alike."
    )
    total = " + ".join(r"\textstyle\sum_r " + to_latex(part) for part in parts)
    return Step(
        "The network and its loss",
        f"The output is the sum of the contributions of n neurons. {classes}",
        aligned([(to_latex(OUTPUT), total), (r"\ell", to_latex(network.loss(OUTPUT)))]),
    )


def _gradient(reduced: ReducedMap) -> Step:
    lines = [
        (to_latex(weight) + "'", to_latex(value))
        for part, moved in zip(reduced.closing.blocks, reduced.closing.sample_steps, strict=True)
        for weight, value in zip(part.neuron.vector, moved, strict=True)
    ]
    return Step(
        "One gradient step of a generic neuron",
        "Each weight loses eta times the derivative of the loss; the other neurons enter through the output F.",
        aligned(lines),
    )


def _common_matrix(reduced: ReducedMap) -> Step:
    lines = []
    for part, matrix in zip(reduced.closing.blocks, reduced.closing.matrices, strict=True):
        vector = sympy.Matrix(part.neuron.vector)
        lines.append((to_latex(vector) + "'", f"{to_latex(matrix)} {to_latex(vector)}"))
    return Step(
        "One matrix for all neurons",
        "The step is linear in the neuron, with a matrix T that is the same for every neuron of the class.",
        aligned(lines),
    )


def _sums(reduced: ReducedMap) -> Step:
    closing = reduced.closing
    named = {g.name: value for g, value in closing.drives.items()}
    residual = "" if not reduced.network.labels else f" The label {LABEL} enters through z."
    return Step(
        "The matrix in the sums",
        f"The output is linear in the Gram matrix, so T depends on the sums only. {_BATCH[reduced.batch]}{residual}",
        aligned(
            [
                *((to_latex(letter(k)), to_latex(v)) for k, v in reduced.state.items()),
                (to_latex(OUTPUT), to_latex(closing.output)),
                *((to_latex(letter(k)), to_latex(v)) for k, v in reduced.data.items()),
                *((to_latex(letter(k)), to_latex(v)) for k, v in named.items()),
            ]
        ),
    )


def _gram(reduced: ReducedMap) -> Step:
    hidden = [part.hidden for part in reduced.closing.blocks if part.hidden is not None]
    why = (
        " T has equal diagonal entries and is symmetric, so the split of the trace, "
        f"{', '.join(h.name for h in hidden)} = S_ww, drops out of the sums that are kept."
        if hidden
        else ""
    )
    return Step(
        "The Gram matrix moves as T S T^t",
        f"If T moves every vector of a sum of v v^t, it moves the sum to T S T^t, for every width n.{why}",
        _primed(reduced.closing.moved),
    )


def _update(reduced: ReducedMap) -> Step:
    return Step("The reduced map", "The same with the entries g of T put in.", reduced.to_latex())


def _validity(reduced: ReducedMap) -> Step:
    text = (
        "Each neuron of the class has to keep its sign; these conditions, for every neuron, are enough."
        if reduced.network.piecewise
        else "No condition: the map is exact for every width and every start."
    )
    latex = aligned((rf"\text{{{name}}}", to_latex(value)) for name, value in reduced.validity.items())
    return Step("Where it holds", text, latex)


def _canonical(reduced: ReducedMap) -> Step:
    canonical = reduced.canonical
    text = (
        "These scales free the step of eta and n: the width enters through the start alone."
        if canonical.width_free
        else "No scale of the state alone frees the step of eta and n. With labels scaled as shown one does: "
        "the labels bring the width back, through zeta."
    )
    return Step(
        "The canonical form",
        text,
        _named(canonical.variables | canonical.labels) + "\n" + _primed(canonical.update),
    )


def _diagonal(reduced: ReducedMap) -> Step:
    assert reduced.diagonal is not None
    return Step(
        "The diagonal form",
        "The eigenvectors of T are the same at every step; along them the Gram matrix is multiplied by squares.",
        _named(reduced.diagonal.variables) + "\n" + _primed(reduced.diagonal.update),
    )


def _linearised(reduced: ReducedMap) -> Step:
    return Step(
        "Infinite width",
        "As n grows at fixed state the curvature stands still and mu is multiplied by the factor below.",
        _primed(reduced.linearised.update) + "\n" + to_latex(reduced.linearised.factor),
    )


def _drift(reduced: ReducedMap) -> Step:
    return Step("The drift", "The mean of the logarithm of the factor.", _named(reduced.drift))


def _thresholds(reduced: ReducedMap) -> Step:
    text = (
        "The factor reaches -1 at the first, the step of the curvature changes its sign at the second."
        if reduced.linearised.uncoupled
        else "For an eigenvector mu of the tangent kernel with eigenvalue nu: the factor reaches -1 at nu_crit, "
        "and without labels the step of the total curvature changes its sign at nu_max."
    )
    return Step("The thresholds", text, _named(reduced.thresholds))
