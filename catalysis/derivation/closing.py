"""Why the sums close: one matrix moves every neuron of a class, so it moves their Gram matrix.

Lemmas R1 to R4 of docs/reduced_map.md. Nothing here knows what the result looks like: the matrix is read
off the gradient step of a generic neuron, and the sums move as `S' = T S T^t`.
"""

from dataclasses import dataclass
from functools import cached_property

import sympy

from catalysis.derivation.errors import DerivationError
from catalysis.derivation.letters import LABEL, OUTPUT, WIDTH, letter
from catalysis.derivation.network import Neuron, ShallowNetwork, contribution, generic_neurons, neuron_step


@dataclass(frozen=True)
class Block:
    """One sign class: its generic neuron, and its Gram matrix `S = n^-1 sum v v^t` in the state's letters.

    `hidden` is a letter of the Gram matrix that is no part of the state and has to drop out; None if
    every entry belongs to the state. `drive` holds the letters g_i for the entries of the common matrix.
    """

    neuron: Neuron
    mu: tuple[sympy.Symbol, ...]
    gram: sympy.Matrix
    drive: tuple[sympy.Symbol, ...]
    hidden: sympy.Symbol | None

    @property
    def side(self) -> str:
        return self.neuron.side

    def observe(self, gram: sympy.Matrix) -> dict[str, sympy.Expr]:
        """The state's entries of a Gram matrix: `mu = sqrt(n) S_aw`, and the trace or all the rest."""
        d = len(self.mu)
        state = {m.name: sympy.sqrt(WIDTH) * gram[0, i + 1] for i, m in enumerate(self.mu)}
        if self.hidden is not None:
            return state | {letter("lambda", self.side).name: gram[0, 0] + gram[1, 1]}
        pairs = [(i, j) for i in range(1, d + 1) for j in range(i, d + 1)]
        return state | {"q": gram[0, 0]} | {letter("C", i, j).name: gram[i, j] for i, j in pairs}


def block(neuron: Neuron) -> Block:
    """The letters of the sums of one class.

    Scalar inputs: mu and the trace lambda; the split of the trace stays hidden. R^d: the vector mu,
    `q = S_aa` and the matrix `C = S_ww`.
    """
    d, side = len(neuron.w), neuron.side
    if d == 1:
        mu = (letter("mu", side),)
        hidden = letter("p", side)
        first, rest = letter("lambda", side) - hidden, sympy.Matrix([[hidden]])
        drive = (letter("g", side),)
    else:
        hidden = None
        mu = tuple(letter("mu", i + 1) for i in range(d))
        first = letter("q")
        rest = sympy.Matrix(d, d, lambda i, j: letter("C", min(i, j) + 1, max(i, j) + 1))
        drive = tuple(letter("g", i + 1) for i in range(d))
    cross = sympy.Matrix(d, 1, list(mu)) / sympy.sqrt(WIDTH)
    gram = sympy.Matrix.vstack(
        sympy.Matrix.hstack(sympy.Matrix([[first]]), cross.T), sympy.Matrix.hstack(cross, rest)
    )
    return Block(neuron, mu, gram, drive, hidden)


def common_matrix(moved: tuple[sympy.Expr, ...], vector: tuple[sympy.Symbol, ...]) -> sympy.Matrix:
    """The matrix T with `moved = T vector`; it must not depend on the neuron itself.

    Raises DerivationError if the step is not linear in the neuron: then its sums do not close.
    """
    rows = []
    for entry in moved:
        polynomial = sympy.Poly(sympy.expand(entry), *vector)
        if not polynomial.is_zero and any(sum(powers) != 1 for powers in polynomial.monoms()):
            raise DerivationError("the step of a neuron is not linear in the neuron: its sums do not close")
        rows.append([polynomial.coeff_monomial(weight) for weight in vector])
    return sympy.Matrix(rows)


def summed_output(network: ShallowNetwork, blocks: tuple[Block, ...]) -> sympy.Expr:
    """The network's output in the sums: a neuron's part is bilinear, so its sum is linear in the Gram matrix."""
    total = sympy.Integer(0)
    for part in blocks:
        vector = part.neuron.vector
        summand = sympy.Poly(sympy.expand(contribution(network, part.neuron)), *vector)
        for powers, coefficient in summand.terms():
            if sum(powers) != 2:
                raise DerivationError(
                    "the output of a neuron is not quadratic in the neuron: it is no sum of the state"
                )
            first, second = (i for i, power in enumerate(powers) for _ in range(power))
            total += WIDTH * coefficient * part.gram[first, second]
    return sympy.expand(total)


@dataclass(frozen=True)
class Moments:
    """The mean over the samples of one step: it is linear, so it acts on each monomial of the sample.

    `x` are means of products of two inputs, `z` of input and label. With sign classes an input is
    split as `s = s_plus + s_minus`, its positive and its negative part, whose product is 0.
    """

    network: ShallowNetwork

    @cached_property
    def inputs(self) -> tuple[sympy.Symbol, ...]:
        if self.network.piecewise:
            return (letter("s", "plus"), letter("s", "minus"))
        return self.network.sample

    def split(self, expression: sympy.Expr) -> sympy.Expr:
        """The expression with `s` and `|s|` written in the two parts."""
        if not self.network.piecewise:
            return expression
        (s,), (above, below) = self.network.sample, self.inputs
        return expression.xreplace({sympy.Abs(s): above - below}).xreplace({s: above + below})

    def x(self, i: int, j: int) -> sympy.Expr:
        """The mean of the product of inputs i and j."""
        if self.network.piecewise:
            return letter("x", ("plus", "minus")[i]) if i == j else sympy.Integer(0)
        if self.network.inputs == 1:
            return letter("x")
        return letter("x", min(i, j) + 1, max(i, j) + 1)

    def z(self, i: int) -> sympy.Expr:
        """The mean of input i times the label."""
        if self.network.piecewise:
            return letter("z", ("plus", "minus")[i])
        return letter("z") if self.network.inputs == 1 else letter("z", i + 1)

    @cached_property
    def letters(self) -> tuple[sympy.Symbol, ...]:
        """All the moments that a step needs, `x` before `z`."""
        k = range(len(self.inputs))
        second = [self.x(i, j) for i in k for j in k if i <= j]
        mixed = [self.z(i) for i in k] if self.network.labels else []
        return tuple(moment for moment in (*second, *mixed) if moment != 0)

    def mean(self, expression: sympy.Expr) -> sympy.Expr:
        """The mean over the samples. Raises DerivationError at a monomial that is none of the moments."""
        polynomial = sympy.Poly(sympy.expand(self.split(expression)), *self.inputs, LABEL)
        return sympy.Add(*[coefficient * self._moment(powers) for powers, coefficient in polynomial.terms()])

    def _moment(self, powers: tuple[int, ...]) -> sympy.Expr:
        *inputs, label = powers
        drawn = [i for i, power in enumerate(inputs) for _ in range(power)]
        if (len(drawn), label) == (0, 0):
            return sympy.Integer(1)
        if (len(drawn), label) == (2, 0):
            return self.x(*drawn)
        if (len(drawn), label) == (1, 1):
            return self.z(drawn[0])
        raise DerivationError("the step needs a moment of the sample that is neither s s nor s y")


def gram_step(matrix: sympy.Matrix, gram: sympy.Matrix) -> sympy.Matrix:
    """`T S T^t`, expanded: how the Gram matrix moves when T moves each of its vectors (lemma R1)."""
    return (matrix * gram * matrix.T).applyfunc(sympy.expand)


@dataclass(frozen=True)
class Closing:
    """The closing argument carried out for one network.

    sample_steps: a generic neuron of each class after a step on one sample, in the output F.
    output: F in the sums.
    drives: the letters g of the common matrices, each as a function of state and moments.
    matrices: for each class the common matrix of the step, in the letters g.
    """

    network: ShallowNetwork
    moments: Moments
    blocks: tuple[Block, ...]
    sample_steps: tuple[tuple[sympy.Expr, ...], ...]
    output: sympy.Expr
    drives: dict[sympy.Symbol, sympy.Expr]
    matrices: tuple[sympy.Matrix, ...]

    @cached_property
    def moved_grams(self) -> tuple[sympy.Matrix, ...]:
        """`T S T^t` for each class, in the letters g."""
        return tuple(gram_step(T, part.gram) for T, part in zip(self.matrices, self.blocks, strict=True))

    @cached_property
    def moved(self) -> dict[str, sympy.Expr]:
        """The state after the step, in the letters g. Raises DerivationError if it does not close."""
        state: dict[str, sympy.Expr] = {}
        for part, gram in zip(self.blocks, self.moved_grams, strict=True):
            state |= {name: sympy.expand(entry) for name, entry in part.observe(gram).items()}
            if any(part.hidden in entry.free_symbols for entry in state.values()):
                raise DerivationError(
                    "the state does not close: a part of the Gram matrix outside it remains"
                )
        return state


def close(network: ShallowNetwork) -> Closing:
    """Carry out the closing argument, from the gradient of a generic neuron to the common matrices."""
    moments = Moments(network)
    blocks = tuple(block(neuron) for neuron in generic_neurons(network))
    steps = tuple(neuron_step(network, part.neuron) for part in blocks)
    output = summed_output(network, blocks)
    drives: dict[sympy.Symbol, sympy.Expr] = {}
    matrices = []
    for part, step in zip(blocks, steps, strict=True):
        on_sample = common_matrix(step, part.neuron.vector)
        mean = on_sample.applyfunc(lambda entry: moments.mean(entry.xreplace({OUTPUT: output})))
        drives |= {g: sympy.factor_terms(-mean[0, i + 1]) for i, g in enumerate(part.drive)}
        matrices.append(_named(mean, part.drive))
    return Closing(network, moments, blocks, steps, output, drives, tuple(matrices))


def _named(matrix: sympy.Matrix, drive: tuple[sympy.Symbol, ...]) -> sympy.Matrix:
    """The same matrix with its off-diagonal entries written as letters, wherever they are equal."""
    names = {sympy.expand(-matrix[0, i + 1]): -g for i, g in enumerate(drive)}
    return matrix.applyfunc(lambda entry: names.get(sympy.expand(-entry), entry))
