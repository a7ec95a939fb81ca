"""The network, its loss, and what one step of gradient descent does to a generic neuron."""

from dataclasses import dataclass
from fractions import Fraction

import sympy

from catalysis.derivation.errors import DerivationError
from catalysis.derivation.letters import ETA, LABEL, OUTPUT, REST, SLOPE, WIDTH, letter
from catalysis.exact.numbers import DataError, Number, exact, shown, whole

ACTIVATIONS = ("linear", "relu", "leaky-relu")
BATCHES = ("single", "mini", "full")

_LONGEST = 10**60


@dataclass(frozen=True)
class ShallowNetwork:
    """`F(Theta; s) = n^(-1/2) sum_r a_r phi(w_r . s)` with the loss `(F - y)^2 / 2` of one sample.

    Parameters
    ----------
    activation : str
        `linear`, `relu` or `leaky-relu`: `phi(u) = u` for `u > 0` and `slope * u` below.
    inputs : int >= 1
        The dimension d of a sample `s`; the piecewise linear activations close for d = 1 only.
    labels : bool
        Whether the labels `y` may be non-zero.
    half_loss : bool
        Whether the loss carries the factor 1/2.
    slope : Number, -1 to 1
        Of `leaky-relu` only; None keeps it as a letter.

    Raises
    ------
    DerivationError
        For anything else (an InputError, too).

    Examples
    --------
    >>> from catalysis import ShallowNetwork, derive
    >>> derive(ShallowNetwork("relu")).validity["plus"] is not None
    True
    """

    activation: str = "linear"
    inputs: int = 1
    labels: bool = False
    half_loss: bool = True
    slope: Number | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.activation, str) or self.activation not in ACTIVATIONS:
            raise DerivationError(
                f"unknown activation {shown(self.activation)}; known: {', '.join(ACTIVATIONS)}"
            )
        try:
            object.__setattr__(self, "inputs", whole(self.inputs, "inputs", least=1))
        except DataError as error:
            raise DerivationError(f"the input dimension must be an integer >= 1; {error}") from None
        if not (isinstance(self.labels, bool) and isinstance(self.half_loss, bool)):
            raise DerivationError("labels and half_loss must be true or false")
        if self.piecewise and self.inputs > 1:
            raise DerivationError(
                f"{self.activation} does not close for {self.inputs} inputs: each neuron has its own half-space; "
                "known: linear with any number of inputs, relu and leaky-relu with 1"
            )
        if self.slope is not None and self.activation != "leaky-relu":
            raise DerivationError(f"a slope belongs to leaky-relu, not to {self.activation}")
        if abs(self.exact_slope or Fraction(0)) > 1:
            raise DerivationError(f"the slope must lie in [-1, 1], not be {self.slope}")

    @property
    def piecewise(self) -> bool:
        """Whether neurons fall into two sign classes."""
        return self.activation != "linear"

    @property
    def exact_slope(self) -> Fraction | None:
        """The slope of `phi` below zero; None where it is a letter."""
        if self.activation != "leaky-relu":
            return Fraction(0) if self.activation == "relu" else Fraction(1)
        if self.slope is None:
            return None
        try:
            slope = exact(self.slope, "slope")
        except DataError as error:
            raise DerivationError(
                f"the slope must be an exact number such as '1/10' or '0.1'; {error}"
            ) from None
        if max(abs(slope.numerator), slope.denominator) > _LONGEST:
            raise DerivationError(
                "the slope must be an exact number such as '1/10' or '0.1', of at most 60 digits"
            )
        return slope

    def phi(self, u: sympy.Expr) -> sympy.Expr:
        """The activation; `|u|` is resolved by the sign of the neuron's weight."""
        exact = self.exact_slope
        slope = SLOPE if exact is None else sympy.Rational(exact.numerator, exact.denominator)
        return (1 + slope) / 2 * u + (1 - slope) / 2 * sympy.Abs(u)

    def loss(self, output: sympy.Expr) -> sympy.Expr:
        """The loss of one sample."""
        residual = output - LABEL if self.labels else output
        return residual**2 / 2 if self.half_loss else residual**2

    @property
    def loss_factor(self) -> sympy.Expr:
        """The second derivative of the loss in the output: 1 with the factor 1/2, 2 without."""
        return sympy.diff(self.loss(OUTPUT), OUTPUT, 2)

    @property
    def sample(self) -> tuple[sympy.Symbol, ...]:
        """The entries of a sample: `s`, or `s_1, ..., s_d`."""
        if self.inputs == 1:
            return (letter("s"),)
        return tuple(letter("s", i + 1) for i in range(self.inputs))


@dataclass(frozen=True)
class Neuron:
    """A generic neuron `(a, w_1, ..., w_d)`; `side` is its sign class: `""` (all), `plus` or `minus`."""

    side: str
    a: sympy.Symbol
    w: tuple[sympy.Symbol, ...]

    @property
    def vector(self) -> tuple[sympy.Symbol, ...]:
        return (self.a, *self.w)


def generic_neurons(network: ShallowNetwork) -> tuple[Neuron, ...]:
    """One generic neuron for each sign class; the sign of `w` is known to sympy."""
    if not network.piecewise:
        weights = (
            [letter("w")] if network.inputs == 1 else [letter("w", i + 1) for i in range(network.inputs)]
        )
        return (Neuron("", letter("a"), tuple(weights)),)
    positive = sympy.Symbol("w_plus", positive=True)
    negative = sympy.Symbol("w_minus", negative=True)
    return (
        Neuron("plus", letter("a", "plus"), (positive,)),
        Neuron("minus", letter("a", "minus"), (negative,)),
    )


def contribution(network: ShallowNetwork, neuron: Neuron) -> sympy.Expr:
    """What the neuron adds to the output: `n^(-1/2) a phi(w . s)`."""
    argument = sympy.Add(*[w * s for w, s in zip(neuron.w, network.sample, strict=True)])
    return neuron.a * network.phi(argument) / sympy.sqrt(WIDTH)


def neuron_step(network: ShallowNetwork, neuron: Neuron) -> tuple[sympy.Expr, ...]:
    """The neuron after one step on one sample: each weight minus eta times the derivative of the loss.

    The rest of the network enters through the output `F` alone.
    """
    own = contribution(network, neuron)
    loss = network.loss(own + REST)
    return tuple(
        (weight - ETA * sympy.diff(loss, weight)).xreplace({REST: OUTPUT - own}) for weight in neuron.vector
    )
