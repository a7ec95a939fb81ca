"""The step of a network's sums, derived from the definition of the network (docs/reduced_map.md, R1 to R9).

The loss of a generic neuron is differentiated formally, the matrix T that moves the neuron is read
off, and `T S T^t` is multiplied out, all in sparse polynomials over the rationals. The letter `epsilon` stands
for `n^(-1/2)`: what holds as an identity of polynomials holds for every width.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from proofs_check.core.reading import Refused
from proofs_check.derivation.sparse import (
    Monomial,
    Polynomial,
    coefficient,
    collect,
    constant,
    derivative,
    merge,
    substitute,
    variable,
)

Matrix = list[list[Polynomial]]


@dataclass(frozen=True)
class Network:
    """A network and one step: activation with its slope (None: a letter), inputs, batch, labels, loss."""

    activation: str
    inputs: int
    batch: str
    labels: bool
    half_loss: bool
    slope: Fraction | None

    @property
    def sides(self) -> tuple[str, ...]:
        """The sign classes, as endings of letters."""
        return ("",) if self.activation == "linear" else ("_plus", "_minus")

    @property
    def below(self) -> Polynomial:
        """The slope of the activation below zero."""
        return variable("slope") if self.slope is None else constant(self.slope)

    @property
    def uncoupled(self) -> bool:
        """Whether each class has a mu with a linear factor of its own."""
        return self.inputs == 1 and (self.activation == "linear" or self.slope == 0)

    @property
    def has_thresholds(self) -> bool:
        """Whether the step has the two thresholds of R9."""
        return self.uncoupled and not self.labels


@dataclass(frozen=True)
class Step:
    """All that is derived of one network, by the names of its letters.

    drives: the entries g of the common matrices. roots: of alpha and beta, for scalar inputs. thresholds: as
    multiples of `1/(eta x)`, for scalar inputs in classes of their own, without labels.
    """

    drives: dict[str, Polynomial]
    update: dict[str, Polynomial]
    linearised: dict[str, Polynomial]
    canonical: dict[str, Polynomial]
    roots: dict[str, Polynomial]
    thresholds: dict[str, Fraction]


def step_of(network: Network) -> Step:
    """The step of the network's sums and what follows from it. Raises `Refused` if it is not as the lemmas say."""
    update = update_of(network)
    linearised, canonical = linearised_of(update), canonical_of(update)
    roots = diagonal_roots_of(network, canonical) if network.inputs == 1 else {}
    thresholds = thresholds_of(network, update, linearised) if network.has_thresholds else {}
    return Step(drives_of(network), update, linearised, canonical, roots, thresholds)


@dataclass(frozen=True)
class NeuronClass:
    """One sign class: its weights, and `phi(w . s)` for w in that class, `s = s_plus + s_minus` by sign."""

    side: str
    weights: tuple[str, ...]
    activation: Polynomial

    @property
    def vector(self) -> tuple[str, ...]:
        return ("a", *self.weights)


def _classes(network: Network) -> tuple[NeuronClass, ...]:
    if network.activation == "linear":
        weights = tuple(f"w{i}" for i in range(1, network.inputs + 1))
        total = Polynomial()
        for weight, s in zip(weights, _inputs(network), strict=True):
            total = total + variable(weight) * variable(s)
        return (NeuronClass("", weights, total),)
    # phi(u) is u for u > 0 and slope u below: for w < 0 the product w s is positive on the negative part of s
    w, above, below = variable("w"), variable("s_plus"), variable("s_minus")
    return (
        NeuronClass("_plus", ("w",), w * above + network.below * w * below),
        NeuronClass("_minus", ("w",), network.below * w * above + w * below),
    )


def _inputs(network: Network) -> tuple[str, ...]:
    """The letters of one sample."""
    if network.activation != "linear":
        return ("s_plus", "s_minus")
    return tuple(f"s{i}" for i in range(1, network.inputs + 1))


def _mus(network: Network, neurons: NeuronClass) -> tuple[str, ...]:
    if network.inputs == 1:
        return (f"mu{neurons.side}",)
    return tuple(f"mu_{i}" for i in range(1, network.inputs + 1))


def _output(network: Network) -> Polynomial:
    """F in the sums: a neuron adds `epsilon a w_i c(s)`, and `epsilon sum_r a_r w_r,i = mu_i`."""
    total = Polynomial()
    for neurons in _classes(network):
        row = [coefficient(neurons.activation, w) for w in neurons.weights]
        _require_linear(neurons.activation, row, neurons.weights)
        for entry, mu in zip(row, _mus(network, neurons), strict=True):
            total = total + entry * variable(mu)
    return total


def _common_matrix(network: Network, neurons: NeuronClass) -> Matrix:
    """The matrix that one step applies to every neuron of the class, in the sums and moments."""
    own = variable("epsilon") * variable("a") * neurons.activation
    residual = own + variable("rest") - (variable("y") if network.labels else Polynomial())
    loss = (residual * residual).scaled(Fraction(1, 2) if network.half_loss else Fraction(1))
    others = {"rest": _output(network) - own}
    rows = []
    for weight in neurons.vector:
        gradient = substitute(derivative(loss, weight), others)
        moved = variable(weight) - variable("eta") * gradient
        row = [coefficient(moved, v) for v in neurons.vector]
        _require_linear(moved, row, neurons.vector)
        rows.append([_mean(network, entry) for entry in row])
    return rows


def _require_linear(moved: Polynomial, row: list[Polynomial], vector: Sequence[str]) -> None:
    """`moved` is the row times the vector, and the row does not depend on the neuron."""
    total = Polynomial()
    for entry, v in zip(row, vector, strict=True):
        if entry.letters & {*vector, "rest"}:
            raise Refused("the step or the output of a neuron is not linear in the neuron")
        total = total + entry * variable(v)
    if total != moved:
        raise Refused("the step or the output of a neuron is not linear in the neuron")


def _mean(network: Network, entry: Polynomial) -> Polynomial:
    """The mean over the samples of the step: linear, so each product of sample letters becomes a moment."""
    inputs = _inputs(network)
    result: list[tuple[Monomial, Fraction]] = []
    for monomial, c in entry.terms.items():
        drawn = [letter for letter, power in monomial if letter in inputs for _ in range(power)]
        label = dict(monomial).get("y", 0)
        kept = tuple((letter, power) for letter, power in monomial if letter not in {*inputs, "y"})
        moment = _moment(network, drawn, label)
        if moment is not None:
            result.append((merge(kept, moment), c))
    return collect(result)


def _moment(network: Network, drawn: list[str], label: int) -> Monomial | None:
    """The moment that a product of sample letters becomes; None where the product is 0."""
    endings = sorted(letter[1:] for letter in drawn)
    if not drawn and label == 0:
        return ()
    if len(drawn) == 2 and label == 0:
        if network.activation != "linear":
            # one of the two parts of s is always 0
            return None if endings[0] != endings[1] else ((f"x{endings[0]}", 1),)
        return (("x" if network.inputs == 1 else f"x_{endings[0]}{endings[1]}", 1),)
    if len(drawn) == 1 and label == 1:
        ending = (
            endings[0] if network.activation != "linear" else "" if network.inputs == 1 else f"_{endings[0]}"
        )
        return ((f"z{ending}", 1),)
    raise Refused("the step needs a moment that is neither s s nor s y")


def _gram(network: Network, neurons: NeuronClass) -> Matrix:
    """The Gram matrix of the class in the letters of the state; `S_aw = epsilon mu`."""
    mus = [variable("epsilon") * variable(mu) for mu in _mus(network, neurons)]
    if network.inputs == 1:
        part = variable("p")
        return [[variable(f"lambda{neurons.side}") - part, mus[0]], [mus[0], part]]
    k = range(1, network.inputs + 1)
    return [[variable("q"), *mus]] + [
        [mus[i - 1], *[variable(f"C_{min(i, j)}{max(i, j)}") for j in k]] for i in k
    ]


def _product(left: Matrix, right: Matrix) -> Matrix:
    return [[_dot(row, column) for column in zip(*right, strict=True)] for row in left]


def _dot(row: Iterable[Polynomial], column: Iterable[Polynomial]) -> Polynomial:
    total = Polynomial()
    for p, q in zip(row, column, strict=True):
        total = total + p * q
    return total


def update_of(network: Network) -> dict[str, Polynomial]:
    """The state after one step, read off `T S T^t` (R1)."""
    state: dict[str, Polynomial] = {}
    for neurons in _classes(network):
        T = _common_matrix(network, neurons)
        transposed = [list(column) for column in zip(*T, strict=True)]
        moved = _product(_product(T, _gram(network, neurons)), transposed)
        for i, mu in enumerate(_mus(network, neurons), start=1):
            state[mu] = _divided(moved[0][i], "epsilon")
        if network.inputs == 1:
            state[f"lambda{neurons.side}"] = moved[0][0] + moved[1][1]
        else:
            k = range(1, network.inputs + 1)
            state |= {"q": moved[0][0]} | {f"C_{i}{j}": moved[i][j] for i in k for j in k if i <= j}
    if any("p" in value.letters for value in state.values()):
        raise Refused("the state does not close")
    return state


def drives_of(network: Network) -> dict[str, Polynomial]:
    """The entries g of the common matrices: each must be the identity less g in its first row and column (R2)."""
    found: dict[str, Polynomial] = {}
    for neurons in _classes(network):
        T = _common_matrix(network, neurons)
        g = [-entry for entry in T[0][1:]]
        for i, row in enumerate(T):
            for j, entry in enumerate(row):
                off = g[max(i, j) - 1] if min(i, j) == 0 < max(i, j) else Polynomial()
                if entry != constant(int(i == j)) - off:
                    raise Refused("the common matrix is not the identity less its first row and column")
        found |= {mu.replace("mu", "g"): entry for mu, entry in zip(_mus(network, neurons), g, strict=True)}
    return found


def _divided(polynomial: Polynomial, letter: str) -> Polynomial:
    """The polynomial over a letter, which must divide every term."""
    if any(letter not in dict(monomial) for monomial in polynomial.terms):
        raise Refused(f"{letter} does not divide the polynomial")
    return collect((merge(monomial, ((letter, -1),)), c) for monomial, c in polynomial.terms.items())


def linearised_of(update: Mapping[str, Polynomial]) -> dict[str, Polynomial]:
    """The update at `epsilon = 0`: infinite width at fixed state (R8)."""
    return {name: substitute(value, {"epsilon": Polynomial()}) for name, value in update.items()}


_SCALED = {"mu": "kappa", "lambda": "L", "q": "Q", "C": "K", "z": "zeta"}


def _scale(letter: str) -> tuple[str, dict[str, int]]:
    """The canonical letter and the powers of eta and epsilon in `new = eta^i epsilon^j old`."""
    family, _, index = letter.partition("_")
    if family not in _SCALED:
        return letter, {}
    new = _SCALED[family] + (f"_{index}" if index else "")
    return new, {"eta": 1, "epsilon": 1} if family in ("mu", "z") else {"eta": 1}


def canonical_of(update: Mapping[str, Polynomial]) -> dict[str, Polynomial]:
    """The update in the scaled letters; eta and epsilon must cancel in every term (R6)."""
    result = {}
    for name, value in update.items():
        new, own = _scale(name)
        result[new] = collect((_rescaled(monomial, own), c) for monomial, c in value.terms.items())
    return result


def _rescaled(monomial: Monomial, own: Mapping[str, int]) -> Monomial:
    scaled: Monomial = tuple(own.items())
    for letter, power in monomial:
        new, powers = _scale(letter)
        scaled = merge(scaled, ((new, power), *((base, -k * power) for base, k in powers.items())))
    if any(letter in ("eta", "epsilon") for letter, _ in scaled):
        raise Refused("learning rate or width remains in the canonical form")
    return scaled


def diagonal_roots_of(network: Network, canonical: Mapping[str, Polynomial]) -> dict[str, Polynomial]:
    """Roots with `alpha' = alpha root^2`, `alpha = (L + 2 kappa)/2`, and the same for beta (R7)."""
    letters: dict[str, Polynomial] = {}
    for side in network.sides:
        alpha, beta = variable(f"alpha{side}"), variable(f"beta{side}")
        letters[f"L{side}"] = alpha + beta
        letters[f"kappa{side}"] = (alpha - beta).scaled(Fraction(1, 2))
    roots = {}
    for neurons in _classes(network):
        T = _canonical_matrix(_common_matrix(network, neurons))
        side = neurons.side
        for name, sign in ((f"alpha{side}", 1), (f"beta{side}", -1)):
            root = substitute(T[0][0] + T[0][1].scaled(Fraction(sign)), letters)
            moved = (canonical[f"L{side}"] + canonical[f"kappa{side}"].scaled(Fraction(2 * sign))).scaled(
                Fraction(1, 2)
            )
            if substitute(moved, letters) != variable(name) * root * root:
                raise Refused("the step is not diagonal in alpha and beta")
            roots[name] = root
    return roots


def _canonical_matrix(matrix: Matrix) -> Matrix:
    return [
        [collect((_rescaled(monomial, {}), c) for monomial, c in entry.terms.items()) for entry in row]
        for row in matrix
    ]


def thresholds_of(
    network: Network, update: Mapping[str, Polynomial], linearised: Mapping[str, Polynomial]
) -> dict[str, Fraction]:
    """`lambda_crit` and `lambda_max` of each class, as multiples of `1/(eta x)` (R9).

    The limit must be `mu' = mu (1 - u eta lambda x)` and the step of lambda
    `n^-1 eta mu^2 x (v eta lambda x - t)`, with u, v, t > 0: then they are 2/u and t/v.
    """
    found: dict[str, Fraction] = {}
    for side in network.sides:
        mu, curvature, x = variable(f"mu{side}"), variable(f"lambda{side}"), variable(f"x{side}")
        product = variable("eta") * curvature * x
        squared = variable("eta") * variable("epsilon") * variable("epsilon") * mu * mu * x
        decay = mu - linearised[f"mu{side}"]
        step = update[f"lambda{side}"] - curvature
        u, v, t = (
            _single(decay, mu * product),
            _single(step, squared * product),
            -_single(step, squared),
        )
        shapes = (
            decay == (mu * product).scaled(u),
            step == (squared * product).scaled(v) - squared.scaled(t),
        )
        if not all(shapes) or min(u, v, t) <= 0:
            raise Refused("the thresholds are not those of one curvature")
        found |= {f"lambda_crit{side}": 2 / u, f"lambda_max{side}": t / v}
    return found


def _single(polynomial: Polynomial, monomial: Polynomial) -> Fraction:
    """The coefficient of a polynomial at the one monomial of another."""
    (at,) = monomial.terms
    return polynomial.terms.get(at, Fraction(0))
