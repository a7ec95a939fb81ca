"""Chapter 2 of the audit: thresholds and phases."""

from __future__ import annotations

from fractions import Fraction

from catalysis.audit.claims import AuditVerdict, Claim, Finding, documented
from catalysis.audit.drift import FIRST, SECOND, bracket
from catalysis.data.law import Step
from catalysis.data.talk import first_example, one_sample, second_example
from catalysis.data.walk import LinearWalk
from catalysis.drift.thresholds import catapult_window
from catalysis.exact.numbers import exact_text

CHAPTER = "phases"


def two_thresholds() -> Finding:
    """lambda_crit and lambda_max for one sample, and for both examples with single samples and full batch."""
    numbers, documents, ratios = [], [], []
    for dataset in (one_sample(), first_example(), second_example()):
        found = [catapult_window(LinearWalk(dataset, step)) for step in (Step(), Step.full_batch())]
        for one in found:
            name = f"{dataset.name}, {one.walk.step.describe()}"
            numbers.append((name, f"{exact_text(one.lambda_crit)} and {exact_text(one.lambda_max)}"))
            ratios.append(one.lambda_max == 2 * one.lambda_crit)
        documents.append(documented(dataset, found))
    return Finding(AuditVerdict.PROVED, tuple(numbers), tuple(documents), all(ratios))


LEVELS = ("1.5", "2.5", "3.5", "4.5")


def three_phases() -> Finding:
    """Four single starts, and boxes of starts around them."""
    from catalysis.nonlinear.phase import PhaseName, phase
    from catalysis.nonlinear.phase_map import phase_map

    one = Fraction(1)
    found = [phase(one, one / 100, Fraction(level)) for level in LEVELS]
    expected = [PhaseName.LAZY, PhaseName.CATAPULT, PhaseName.CATAPULT, PhaseName.DIVERGENT]
    boxes = phase_map(one, (one / 100, one / 2), (one, 5 * one), depth=5)
    holds = [each.phase for each in found] == expected and all(
        each.final_L is not None and each.final_L.upper <= 2 for each in found[:3]
    )
    numbers = []
    for each in found:
        final = "inf" if each.final_L is None else bracket(each.final_L)
        name = "undecided" if each.phase is None else each.phase.value
        numbers.append((f"x = 1, kappa_0 = 1/100, L_0 = {float(each.L0):g}", f"{name}, final L {final}"))
    total = (one / 2 - one / 100) * 4
    share = f"{float(1 - boxes.undecided_area / total):.2%} in {len(boxes.proved)} boxes"
    numbers.append(("of the starts kappa_0 in [1/100, 1/2], L_0 in [1, 5], settled", share))
    documents = (documented(None, [*found, *boxes.proved]),)
    return Finding(AuditVerdict.PROVED, tuple(numbers), documents, holds)


CLAIMS = (
    Claim(
        "thresholds",
        CHAPTER,
        "The learning rates eta_crit = 2/lambda_0 and eta_max = 4/lambda_0 (with s = 1) are thresholds; a minibatch "
        "has its own, 2/(eta s*^2) and 4/(eta s*^2).",
        "Beyond lambda_crit = 2/(eta x*) a step enlarges |mu| in the linear regime, up to it none does; up to "
        "lambda_max = 4/(eta x*) no step of the map at any width enlarges lambda, beyond it one does.",
        AuditVerdict.PROVED,
        two_thresholds,
        tuple(f'catalysis thresholds --samples "{data}"' for data in ("1:1", FIRST, SECOND)),
    ),
    Claim(
        "phases",
        CHAPTER,
        "Gradient descent is lazy below 2/lambda_0, can show a catapult between 2/lambda_0 and 4/lambda_0 (the loss "
        "rises, then converges; the curvature collapses), and diverges above.",
        "The map at finite width, for every width (N10): up to eta lambda_0 x = 2 the loss falls at every step; below "
        "4 the path converges, to a curvature of at most 2/(eta x); above 4 curvature and loss are unbounded. All "
        "outside the null set of starts that hit mu = 0 exactly. Single starts and boxes of starts are certified.",
        AuditVerdict.PROVED,
        three_phases,
        (
            *(f"catalysis phase --x 1 --kappa0 1/100 --L0 {level}" for level in LEVELS),
            "catalysis phase --x 1 --kappa0 1/100..1/2 --L0 1..5 --depth 5",
        ),
    ),
)
