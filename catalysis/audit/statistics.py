"""Chapter 6 of the audit: batch sizes, experiments, and what was only measured."""

from __future__ import annotations

from fractions import Fraction

from catalysis.audit.claims import AuditVerdict, Claim, Finding, NotExamined, documented
from catalysis.audit.drift import FIRST, exponent_text
from catalysis.data.dataset import Dataset
from catalysis.data.law import Step, curvature_law
from catalysis.data.talk import first_example

CHAPTER = "statistics"

SEED = 20260


def small_batches() -> Finding:
    """B2 where theta_1 >= 1, and a data set for which a larger batch has the smaller exponent."""
    from catalysis.certificate.choices import claims_of
    from catalysis.choices.batch_sizes import compare_batches
    from catalysis.exact.result import Verdict

    dataset = first_example()
    usual, other = (compare_batches(dataset, Fraction(at)) for at in ("1.4", "1.55"))
    holds = (
        usual.lines[0].bound_for_larger is not None
        and all(relation.verdict is Verdict.PROVED for relation in usual.relations)
        and other.relations[0].verdict is Verdict.REFUTED
    )
    numbers = tuple(
        (f"talk-1 at lambda = {at}, {line.step.describe()}", exponent_text(line.exponent))
        for at, found in (("1.4", usual), ("1.55", other))
        for line in found.lines
    )
    single, pair = (_violations(dataset, Fraction("1.55"), size) for size in (1, 2))
    numbers += (
        ("talk-1 at lambda = 1.55: P(eta lambda x_batch > 2), batches of 1 and 2", f"{single}, {pair}"),
    )
    holds = holds and single < pair
    document = documented(dataset, [*claims_of(usual, other), *(line.exponent for line in other.lines)])
    return Finding(AuditVerdict.CORRECTED, numbers, (document,), holds)


def _violations(dataset: Dataset, curvature: Fraction, size: int) -> Fraction:
    """How often a batch has eta lambda x_batch > 2, exactly."""
    law = curvature_law(dataset, Step.minibatch(size))
    bound = 2 / (dataset.learning_rate * curvature)
    return sum((p for x, p in zip(law.x, law.p, strict=True) if x > bound), Fraction(0))


def repeated_spikes() -> Finding:
    """The mean number of spikes of a path for four batch sizes, with standard errors."""
    import numpy as np

    from catalysis.crosscheck.catapults import Catapults
    from catalysis.figures.spikes import BATCHES, CURVATURE, rare_large_sample
    from catalysis.simulation import StepLaw

    dataset = rare_large_sample()
    steps = [(f"batches of {b}", Step.minibatch(b)) for b in BATCHES] + [("full batch", Step.full_batch())]
    laws = tuple((name, StepLaw.of(curvature_law(dataset, step))) for name, step in steps)
    largest = float(max(sample.x for sample in dataset.samples))
    check = Catapults(CURVATURE, laws, largest, 1.0, np.random.SeedSequence(SEED))
    lines = check.run().lines
    numbers = tuple(
        (line.name, f"{_short(line.simulated)}, standard error {_short(line.standard_error)}")
        for line in lines
    )
    means = [line.simulated for line in lines]
    holds = isinstance(means[0], float) and isinstance(means[-1], float) and means[0] > 5 * means[-1]
    return Finding(AuditVerdict.MEASURED, numbers, (), holds)


def _short(value: float | str | None) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


CLAIMS = (
    Claim(
        "small-batches",
        CHAPTER,
        "Smaller batches give more catapults (Zhu, Liu, Radhakrishnan, Belkin).",
        "Corrected: as long as theta_b >= 1 (a stable b included) every larger batch has an exponent at least as large "
        "(B2), so the claim is a theorem there. Below 1 it can fail: in the talk's first example at lambda = 1.55 "
        "single samples contract while batches of two, and full batch, are inflationary (B4). Nor is eta < "
        "2/(lambda x_batch) violated more often there: by one in two single samples, but by three in four pairs.",
        AuditVerdict.CORRECTED,
        small_batches,
        (
            f'catalysis batches --samples "{FIRST}" --lambda 1.4',
            f'catalysis batches --samples "{FIRST}" --lambda 1.55',
        ),
    ),
    Claim(
        "repeated-spikes",
        CHAPTER,
        "SGD shows spikes, again and again, where full batch gradient descent shows none or a single catapult.",
        "Simulated mean number of spikes in 500 steps of the reduced map, for a data set with one rare large sample: "
        "more than one a path for single samples, none seen for batches of 8 and for full batch.",
        AuditVerdict.MEASURED,
        repeated_spikes,
        ("catalysis figure spikes",),
    ),
    Claim(
        "other-experiments",
        CHAPTER,
        "The same was seen in fully connected networks, CNNs, WideResNets and ViTs.",
        "Nothing: other people's experiments on other networks.",
        AuditVerdict.NOT_EXAMINED,
        NotExamined("experiments of others on networks for which no reduced map is known"),
    ),
    Claim(
        "generalisation",
        CHAPTER,
        "Large learning rates and catapults lead to better solutions (implicit bias, feature learning).",
        "Nothing: the reduced maps say nothing about unseen data.",
        AuditVerdict.NOT_EXAMINED,
        NotExamined("a statement about the population loss, which no training dynamics alone decides"),
    ),
)
