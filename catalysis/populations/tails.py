"""The stationary law of SGD with noise: whether there is one, and how heavy its tail is (Lemmas P7 to P9).

e' = F e + Q: labels that cannot be fitted, or label noise, add Q to the linearised step. P(|e| > t) falls like
t^-theta with the theta of the walk without noise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal, TypeAlias

from catalysis.data.population import Part, PopulationLaw, as_law, is_law
from catalysis.data.walk import LinearWalk, as_walk
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, brief, exact_text, positive, whole
from catalysis.exact.result import Enclosure, Result, Source, Verdict
from catalysis.exponent.exponent import cramer_exponent
from catalysis.exponent.solve import DEFAULT_DIGITS, Regime
from catalysis.populations.answer import MAX_LAW_DIGITS, LawAnswer, bounds_json, law_answer
from catalysis.products.answer import ProductAnswer, product_answer
from catalysis.products.walk import MatrixWalk
from catalysis.spikes.lattice import lattice_of

Status = Literal["proved", "assumed", "fails", "not proved"]
Answer = LawAnswer | ProductAnswer | Any
Theta: TypeAlias = Enclosure | Fraction | float | None


@dataclass(frozen=True)
class Hypothesis:
    """One hypothesis of the theorem of Kesten and Goldie, and whether it is proved here or assumed of the noise."""

    text: str
    status: Status

    def to_json(self) -> dict[str, str]:
        return {"hypothesis": self.text, "status": self.status}


_FIXED = Hypothesis("the noise does not degenerate: no point is fixed by every step", "assumed")


@dataclass(frozen=True, repr=False)
class TailAnswer(Result):
    """What is proved of the stationary law of SGD with noise.

    Certified: there is one (P7) or there is none; E |e|^s is finite for s < theta and infinite for s > theta, as far
    as the noise has moments (P8); `power_law`: P(|e| > t) t^theta converges to a positive number (P9, Kesten and
    Goldie). Each holds under the `hypotheses` named, P8 under the first two. theta is the exponent of P(|e| > t), not
    of a density.

    Attributes
    ----------
    stationary, power_law : bool or None
        Whether there is one law; whether its tail is a power.
    tail : tuple or None
        Bounds of the tail index.
    hypotheses : tuple of Hypothesis
        What is assumed, and what is proved.
    """

    of: Source
    eta: Fraction
    curvature: Fraction
    digits: int
    regime: Regime
    stationary: bool | None
    index: tuple[Fraction | None, Fraction | None]
    power_law: bool | None
    hypotheses: tuple[Hypothesis, ...]
    noise: PopulationLaw | None
    open_because: str | None = None

    @property
    def source(self) -> Source:
        return self.of

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.stationary is None else Verdict.PROVED

    @property
    def reason(self) -> str | None:
        return self.open_because if self.stationary is None else None

    @property
    def noise_limit(self) -> Fraction | None:
        """Noise has finite moments below this alone; None: all of them, or not said."""
        return None if self.noise is None else moments_of_noise(self.noise)

    @property
    def tail(self) -> tuple[Fraction | None, Fraction | None] | None:
        """Bounds of the tail index: theta, or what the noise has if that is proved to be less."""
        if not self.stationary:
            return None
        limit = self.noise_limit
        if limit is None:
            return self.index
        low, high = self.index
        return (
            limit if low is None else min(low, limit),
            limit if high is None else min(high, limit),
        )

    @property
    def number(self) -> Enclosure | float | None:
        if self.tail is None:
            return None
        low, high = self.tail
        if low is None:
            return float("inf")
        return None if high is None else Enclosure(low, high)

    @property
    def formula(self) -> str:
        return r"\theta"

    def fields(self) -> dict[str, Any]:
        index = self._index_json()
        return {
            "verdict": self.verdict.value,
            "eta": exact_text(self.eta),
            "lambda": exact_text(self.curvature),
            "digits": self.digits,
            "regime": None if self.regime is Regime.UNDECIDED else self.regime.value,
            "stationary": self.stationary,
            "tail_index": index,
            "finite_moments_below": index,
            "power_law": self.power_law,
            "noise": None if self.noise is None else self.noise.text.removeprefix("s ~ "),
            "hypotheses": [one.to_json() for one in self.hypotheses],
            **({} if self.reason is None else {"reason": self.reason}),
        }

    def _index_json(self) -> Any:
        if self.tail is None:
            return None
        if self.tail[0] is None:
            return "inf"
        return bounds_json(*self.tail, self.digits + 2)


def tail_answer(
    source: object,
    eta: Number | None = None,
    *,
    curvature: Number = 1,
    dimension: int = 1,
    batch_size: int = 1,
    noise: object = None,
    digits: int = DEFAULT_DIGITS,
) -> TailAnswer:
    """Certify whether SGD with noise has a stationary law, and its tail index.

    Certified (P7 to P9), under the `hypotheses` named: see `TailAnswer`.

    Parameters
    ----------
    source : LinearWalk, MatrixWalk, data, file name, or the text of a law
        The step; a law needs `eta`.
    eta : Number > 0
        The learning rate, by default what the source has.
    curvature : Number > 0
        lambda.
    dimension, batch_size
        As for `law_answer`, of a law.
    noise : str
        The law of the noise, such as "student(3)"; without it the noise is assumed to have all moments.
    digits : int, 1 to 200
        Significant digits that are wanted.

    Returns
    -------
    TailAnswer
        `stationary`, and the `tail` index of P(|e| > t), not of a density.

    Raises
    ------
    InputError
        As `law_answer`, `cramer_exponent` and `product_answer` do.

    Examples
    --------
    >>> from catalysis import tail_answer
    >>> answer = tail_answer("normal(0, 1)", "0.5")
    >>> answer.stationary, answer.power_law, answer.number.decimals(10)
    (True, True, ('2.903966228', '2.903966229'))
    """
    at = positive(curvature, "curvature")
    places = whole(digits, "digits", least=1, most=MAX_LAW_DIGITS)
    rate = None if eta is None else positive(eta, "eta")
    law = None if noise is None else as_law(noise)
    if isinstance(source, MatrixWalk):
        return _of_product(source if rate is None else source.with_eta(rate), law, places)
    if isinstance(source, PopulationLaw) or (isinstance(source, str) and is_law(source)):
        if rate is None:
            raise InputError("eta: expected a number > 0, found nothing")
        found = law_answer(
            source, rate, curvature=at, dimension=dimension, batch_size=batch_size, digits=places
        )
        return _of_law(found, law)
    walk = as_walk(source, "source")
    if rate is not None:
        walk = replace(walk, dataset=walk.dataset.with_learning_rate(rate))
    return _of_walk(walk, at, law, places)


def _of_walk(walk: LinearWalk, curvature: Fraction, noise: PopulationLaw | None, digits: int) -> TailAnswer:
    found = cramer_exponent(walk, curvature, digits=digits)
    sizes = [abs(1 - curvature * rate) for rate in walk.rates] + ([Fraction(1)] if walk.idle else [])
    stationary = _stationary(found.regime, sizes)
    free = _free(sizes)
    bracket = (None, None) if found.enclosure is None else (found.enclosure.lower, found.enclosure.upper)
    return TailAnswer(
        walk,
        walk.dataset.learning_rate,
        curvature,
        digits,
        found.regime,
        stationary,
        bracket,
        _sharp(stationary, found.regime, free, bracket, noise),
        _hypotheses(noise, found.number, stationary, free),
        noise,
        found.reason,
    )


def _of_law(found: LawAnswer, noise: PopulationLaw | None) -> TailAnswer:
    sizes = found.population.sizes(found.eta * found.curvature)
    free = sizes is None or _free(sizes)
    theta = found.theta
    bracket = (None, None) if theta is None else (theta.lower, theta.upper)
    stationary = _stationary(found.regime, sizes)
    return TailAnswer(
        found.source,
        found.eta,
        found.curvature,
        found.digits,
        found.regime,
        stationary,
        bracket,
        _sharp(stationary, found.regime, free, bracket, noise),
        _hypotheses(noise, found.number, stationary, free),
        noise,
        found.reason,
    )


def _stationary(regime: Regime, sizes: list[Fraction] | None) -> bool | None:
    """P7 in one dimension; of the stable walks an isometry alone, |F| = 1 always, has no stationary law."""
    if regime is Regime.UNDECIDED:
        return None
    return _falls(regime) and not (sizes is not None and all(size == 1 for size in sizes))


def _free(sizes: list[Fraction]) -> bool:
    """Whether the logarithms of finitely many factors, but for 0, lie on no lattice: decided exactly."""
    moving = sorted({size for size in sizes if size not in (0, 1)})
    return len(moving) > 1 and lattice_of(moving) is None


def _hypotheses(
    noise: PopulationLaw | None, theta: Theta, stationary: bool | None, free: bool
) -> tuple[Hypothesis, ...]:
    """What P7 to P9 ask in one dimension, as far as the answer needs it."""
    if stationary is False:
        return (_FIXED,)
    lattice = Hypothesis("the logarithms of the factors lie on no lattice", "proved" if free else "fails")
    return (*_of_noise(noise, theta), *(() if theta == float("inf") else (lattice,)))


def _of_product(walk: MatrixWalk, noise: PopulationLaw | None, digits: int) -> TailAnswer:
    found = product_answer(walk)
    connected, regular = _product_hypotheses(walk)
    stationary = {Regime.INFLATIONARY: False, Regime.DEFLATIONARY: True}.get(found.regime)
    _, most = found.lambda1
    if found.regime is Regime.STABLE:
        stationary = True if most is not None and most < 0 else None
    open_because = None
    if stationary is False and not connected:
        stationary, open_because = (
            None,
            "whether the samples fall into blocks is not settled: lambda_1 > 0 is proved",
        )
    elif stationary is None:
        open_because = _open_sign(found.lambda1)
    sure = found.regime is Regime.DEFLATIONARY and found.theta[1] is None
    low, high = found.theta if found.regime is Regime.DEFLATIONARY else (None, None)
    if not connected:
        high = None  # the noise may miss the block that decides theta
    return TailAnswer(
        walk,
        walk.eta,
        Fraction(1),
        digits,
        found.regime,
        stationary,
        (low, high),
        None if sure else _sharp(stationary, found.regime, connected and regular, (low, high), noise),
        (
            *_of_noise(noise, found.number),
            Hypothesis(
                "single samples whose Gram graph is connected", "proved" if connected else "not proved"
            ),
            Hypothesis("no eta K_ii equals 1 or 2, some exceeds 2", "proved" if regular else "not proved"),
        ),
        noise,
        open_because,
    )


def _open_sign(lambda1: tuple[Fraction | None, Fraction | None]) -> str:
    low, high = ("?" if end is None else brief(end) for end in lambda1)
    return f"the sign of lambda_1 is not proved (it lies in [{low}, {high}])"


def _product_hypotheses(walk: MatrixWalk) -> tuple[bool, bool]:
    """Whether irreducibility and regularity are proved (P9): single samples of vector data, without momentum."""
    data = walk.data
    if data is None or not walk.single or walk.rank_one is None or walk.keep != 1:
        return False, False
    rates = [walk.eta * k for k in data.diagonal if k]
    connected = len(data.components) == 1 and data.rank() >= 2
    return connected, all(rate not in (1, 2) for rate in rates) and max(rates) > 2


def _of_noise(noise: PopulationLaw | None, theta: Theta) -> list[Hypothesis]:
    """What is asked of the noise; of a law that was named, whether its moments reach beyond theta."""
    status: Status = "assumed"
    if noise is not None:
        limit = moments_of_noise(noise)
        most = theta.upper if isinstance(theta, Enclosure) else theta
        status = "proved" if limit is None or (most is not None and limit > most) else "fails"
    reach = (
        "the noise has all moments" if theta == float("inf") else "the noise has a finite moment above theta"
    )
    return [_FIXED, Hypothesis(reach, status)]


def _falls(regime: Regime) -> bool:
    return regime in (Regime.STABLE, Regime.DEFLATIONARY)


def _sharp(
    stationary: bool | None,
    regime: Regime,
    hypotheses_hold: bool,
    bracket: tuple[Fraction | None, Fraction | None],
    noise: PopulationLaw | None,
) -> bool | None:
    """Whether P(|e| > t) ~ C t^-theta: None where it is not decided."""
    if not stationary or regime is not Regime.DEFLATIONARY or bracket[1] is None:
        return False if stationary and regime is Regime.STABLE else None
    limit = None if noise is None else moments_of_noise(noise)
    if limit is not None and not limit > bracket[1]:
        return None
    return True if hypotheses_hold else None


def moments_of_noise(noise: PopulationLaw) -> Fraction | None:
    """E |eps|^s is finite below this; None: for every s."""
    limits = [_limit(part) for part in noise.parts]
    known = [limit for limit in limits if limit is not None]
    return min(known, default=None)


def _limit(part: Part) -> Fraction | None:
    return part.parameters[0] if part.kind == "student" and part.between is None else None


def words(found: TailAnswer) -> list[str]:
    """The answer in sentences."""
    if found.stationary is None:
        return [f"Undecided: {found.reason}."]
    if not found.stationary:
        kept = ["|F| = 1 in every step: nothing dies out."] if found.regime is Regime.STABLE else []
        return [
            "There is no stationary law (P7): with any noise that does not degenerate the error has none.",
            *kept,
        ]
    lines = ["There is one stationary law, and every start converges to it (P7)."]
    if found.tail is not None and found.tail[0] is not None:
        lines.append(
            "E |e|^s is finite for s below the tail index and infinite above it (P8). "
            "The index is the exponent of P(|e| > t), not of a density."
        )
        low = found.tail[0]
        lines.append(
            {
                True: "P(|e| > t) t^theta converges to a positive number (P9).",
                None: "Whether P(|e| > t) t^theta converges is not proved: a hypothesis fails or is not proved.",
                False: "",
            }[found.power_law]
        )
        if found.noise_limit is not None and found.noise_limit == low:
            lines.append(f"The noise itself has no moment above {brief(low)}.")
    elif found.regime is Regime.STABLE:
        lines.append("No step enlarges the error: e has every moment that the noise has (P8).")
    return [line for line in lines if line]
