"""The law of a step in Coq: a list of pairs (probability, rate), and that it is one."""

from dataclasses import dataclass
from fractions import Fraction

from proofs_check.core.data import Data, Step
from proofs_check.core.law import Law
from proofs_check.export.coq import NotExpressible, comment, lemma, listed, real

LINEAR = (
    "Definitions",
    "Law",
    "Power",
    "Drift",
    "Exact",
    "Exponent",
    "Bands",
    "Lundberg",
    "Certain",
    "Regions",
    "Numbers",
)
MOST_ATOMS = 400


@dataclass(frozen=True)
class CoqLaw:
    """The pairs in the order of the list w; `idle`: 1 if the first one is the rate 0."""

    pairs: tuple[tuple[Fraction, Fraction], ...]
    idle: int

    @property
    def size(self) -> int:
        return len(self.pairs)

    @property
    def moving(self) -> int:
        """How many rates are positive."""
        return self.size - self.idle

    def pole(self, k: int) -> Fraction:
        """The upper end of gap k, 0 <= k < m."""
        return 1 / self.pairs[self.size - 1 - k][1]


def pair(p: Fraction, x: Fraction) -> str:
    return f"({real(p)}, {real(x)})"


def coq_law(law: Law) -> CoqLaw:
    """The law as a list. Refused beyond MOST_ATOMS."""
    if len(law.weights) > MOST_ATOMS:
        raise NotExpressible(
            f"the law of a step has {len(law.weights)} rates, more than {MOST_ATOMS}, which would take Coq hours"
        )
    idle = [(Fraction(law.idle, law.total), Fraction(0))] if law.idle else []
    rates = [
        (Fraction(k, law.total), Fraction(u, law.scale))
        for u, k in zip(law.numerators, law.weights, strict=True)
    ]
    return CoqLaw((*idle, *rates), len(idle))


def law_parts(law: CoqLaw, data: Data, step: Step) -> list[str]:
    """The data, the law w, and that w is a law of rates in order, not all 0."""
    w = f"Definition w : list (R * R) := {listed(pair(*entry) for entry in law.pairs)}."
    last = law.size - 1
    x = real(law.pairs[last][1])
    return [
        *_data_parts(data, step),
        comment("The law of one step: pairs (probability, rate), a rate is learning rate times curvature."),
        w,
        *_origin(data, step),
        lemma("rates_in_order", "ordered w", "unfold w; cbn [ordered]; repeat split; lra."),
        lemma(
            "data",
            "is_data w",
            "apply is_data_intro; [unfold w; cbn [positive_weights]; repeat split; lra | exact rates_in_order "
            "| unfold w; cbn [expect]; lra].",
        ),
        lemma(
            "moves",
            "moving w",
            f"exists {real(law.pairs[last][0])}, {x}. "
            f"split; [apply (nth_error_In w {last}); reflexivity | lra].",
        ),
    ]


def _data_parts(data: Data, step: Step) -> list[str]:
    if step.kind == "minibatch" or (step.kind == "single" and data.learning_rate == 1):
        return []
    samples = (
        pair(Fraction(k, data.total), Fraction(u, data.scale))
        for u, k in zip(data.numerators, data.weights, strict=True)
    )
    return [
        comment("The data: pairs (probability, curvature), and the learning rate."),
        f"Definition samples : list (R * R) := {listed(samples)}.",
        f"Definition eta : R := {real(data.learning_rate)}.",
    ]


def _origin(data: Data, step: Step) -> list[str]:
    """How w comes from the data, as a lemma where it is one."""
    if step.kind == "minibatch":
        how = "with" if step.replacement else "without"
        text = f"That {step.size} samples drawn {how} replacement have a mean of this law is not part of this file."
        return [comment(text)]
    if step.kind == "full_batch":
        proof = "unfold w, samples, eta; cbn [expect]. apply law_cons; [lra | lra | reflexivity]."
        return [lemma("origin", "w = [(1, eta * expect samples (fun x => x))]", proof)]
    if data.learning_rate == 1:
        return []
    proof = "unfold w, samples, eta; cbn [map fst snd]. repeat (apply law_cons; [lra | lra | ]). reflexivity."
    return [lemma("origin", "w = map (fun d => (fst d, eta * snd d)) samples", proof)]
