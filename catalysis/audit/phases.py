"""Chapter 2 of the audit: thresholds and phases."""

from __future__ import annotations

from catalysis.audit.claims import AuditVerdict, Claim, Finding, documented, not_examined
from catalysis.audit.drift import FIRST, SECOND
from catalysis.enclosure import exact_text
from catalysis.law import Step
from catalysis.talk import first_example, one_sample, second_example
from catalysis.thresholds import thresholds
from catalysis.walk import LinearWalk

CHAPTER = "phases"


def two_thresholds() -> Finding:
    """lambda_crit and lambda_max for one sample, and for both examples with single samples and full batch."""
    numbers, documents, ratios = [], [], []
    for dataset in (one_sample(), first_example(), second_example()):
        found = [thresholds(LinearWalk(dataset, step)) for step in (Step(), Step.full_batch())]
        for one in found:
            name = f"{dataset.name}, {one.walk.step.describe()}"
            numbers.append((name, f"{exact_text(one.lambda_crit)} and {exact_text(one.lambda_max)}"))
            ratios.append(one.lambda_max == 2 * one.lambda_crit)
        documents.append(documented(dataset, found))
    return Finding(AuditVerdict.PROVED, tuple(numbers), tuple(documents), all(ratios))


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
        "Gradient descent is lazy below 2/lambda_0, shows a catapult between 2/lambda_0 and 4/lambda_0, and diverges "
        "above.",
        "Not yet.",
        AuditVerdict.NOT_EXAMINED,
        not_examined("rests on the certified phases of the map at finite width, which are not connected yet"),
    ),
)
