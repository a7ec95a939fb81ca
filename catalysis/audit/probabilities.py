"""Chapter 4 of the audit: how likely spikes are."""

from __future__ import annotations

from fractions import Fraction

from catalysis.audit.claims import AuditVerdict, Claim, Finding, documented, not_examined
from catalysis.audit.drift import FIRST, exponent_text
from catalysis.exponent import Regime, cramer_exponent
from catalysis.talk import first_example
from catalysis.walk import LinearWalk

CHAPTER = "probabilities"


def theorem_five_eta() -> Finding:
    """theta with and without eta in it, at eta = 1/2: a number near 1.9 against 0."""
    half = first_example().with_learning_rate(Fraction(1, 2))
    at = Fraction(28, 10)
    with_eta = cramer_exponent(LinearWalk(half), at)
    without = cramer_exponent(LinearWalk(first_example()), at)
    theta = with_eta.enclosure
    holds = theta is not None and theta.lower > 1 and without.regime is Regime.INFLATIONARY
    numbers = (
        ("talk-1 with eta = 1/2 at lambda = 2.8 (inside its window), eta put back", exponent_text(with_eta)),
        ("the same, as printed", exponent_text(without)),
    )
    documents = (documented(half, [with_eta]), documented(first_example(), [without]))
    return Finding(AuditVerdict.REFUTED, numbers, documents, holds)


CLAIMS = (
    Claim(
        "theorem-five-eta",
        CHAPTER,
        "The large-spike theorem uses theta(lambda_0) = sup{theta : sum p_i |1 - lambda_0 s_i^2|^theta <= 1}.",
        "The learning rate is missing; corrected, the factors are |1 - eta lambda_0 s_i^2|. At eta = 1 both agree; "
        "at eta = 1/2 the printed exponent is 0 at a curvature whose exponent is about 1.9.",
        AuditVerdict.REFUTED,
        theorem_five_eta,
        (
            f'catalysis exponent --samples "{FIRST}" --eta 1/2 --lambda 2.8',
            f'catalysis exponent --samples "{FIRST}" --eta 1 --lambda 2.8',
        ),
    ),
    Claim(
        "spikes-guaranteed",
        CHAPTER,
        "Where G > 0 spikes are typical, even guaranteed.",
        "Not yet.",
        AuditVerdict.NOT_EXAMINED,
        not_examined("rests on the certified spike probabilities, which are not connected yet"),
    ),
    Claim(
        "polynomial-law",
        CHAPTER,
        "A spike at the scale sqrt(n/eta) has a probability of about (n/eta)^(-theta/2), up to logarithms.",
        "Not yet.",
        AuditVerdict.NOT_EXAMINED,
        not_examined("rests on the certified spike probabilities, which are not connected yet"),
    ),
    Claim(
        "large-spike-bound",
        CHAPTER,
        "Given a moderate spike, a large one that lowers the curvature from lambda_0 to lambda has a probability of at "
        "least about (sqrt(n/eta)/|mu_0|)^(-theta) (lambda_0 - lambda)^alpha.",
        "Nothing: the talk states neither the constant nor alpha.",
        AuditVerdict.NOT_EXAMINED,
        not_examined("an asymptotic statement whose constant and exponent alpha are not given in the talk"),
    ),
)
