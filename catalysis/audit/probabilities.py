"""Chapter 4 of the audit: how likely spikes are."""

from __future__ import annotations

from fractions import Fraction

from catalysis.audit.claims import AuditVerdict, Claim, Finding, NotExamined, documented
from catalysis.audit.drift import FIRST, bracket, exponent_text
from catalysis.data.reading import parse_samples
from catalysis.data.talk import first_example
from catalysis.data.walk import LinearWalk
from catalysis.exponent.exponent import Regime, cramer_exponent

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


TOUCHING = "1:1/3, 2:2/3"
WIDTHS = (10**4, 10**8, 10**12)


def guaranteed() -> Finding:
    """P = 1 at an inflationary point of the talk's first example, and at a critical point."""
    from catalysis.spikes.probability import hitting_probability

    places = ((first_example(), Fraction(2)), (parse_samples(TOUCHING), Fraction(3, 4)))
    level = Fraction(10**6)
    found = [hitting_probability(LinearWalk(dataset), at, level) for dataset, at in places]
    holds = [one.regime for one in found] == [Regime.INFLATIONARY, Regime.CRITICAL] and all(
        one.enclosure is not None and one.enclosure.lower == one.enclosure.upper == 1 for one in found
    )
    numbers = tuple(
        (f"{name}: P(sup |mu_t| >= 10^6 |mu_0|)", "1" if one.enclosure is None else bracket(one.enclosure))
        for name, one in zip(
            ("talk-1 at lambda = 2", "{(1, 1/3), (2, 2/3)} at lambda = 3/4"), found, strict=True
        )
    )
    documents = tuple(documented(dataset, [one]) for (dataset, _), one in zip(places, found, strict=True))
    return Finding(AuditVerdict.PROVED, numbers, documents, holds)


def polynomial_law() -> Finding:
    """P and A at three widths, at a deflationary point of the talk's first example."""
    from catalysis.spikes.limits import width_law

    walk, at = LinearWalk(first_example()), Fraction(3, 2)
    theta = cramer_exponent(walk, at)
    laws = [width_law(walk, at, Fraction(width), Fraction(1), digits=4) for width in WIDTHS]
    numbers = [("talk-1 at lambda = 1.5", exponent_text(theta))]
    holds = theta.enclosure is not None
    largest = float(at * walk.rates[0] - 1)
    for width, law in zip(WIDTHS, laws, strict=True):
        found, constant = law.number, law.constant
        holds = holds and found is not None and constant is not None
        if found is None or constant is None or theta.enclosure is None:
            continue
        holds = (
            holds
            and constant.upper <= 1
            and float(constant.lower) >= largest ** -float(theta.enclosure.upper)
        )
        numbers.append(
            (f"n = 10^{len(str(width)) - 1}: P, A", f"{bracket(found, 7)}, {bracket(constant, 7)}")
        )
    results = [theta, *(law.probability for law in laws if law.probability is not None)]
    return Finding(AuditVerdict.PROVED, tuple(numbers), (documented(walk.dataset, results),), holds)


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
        "In the linear regime |mu| exceeds every level with probability exactly 1 where G > 0, and also where G = 0 "
        "and some factor exceeds 1 (S2).",
        AuditVerdict.PROVED,
        guaranteed,
        (
            f'catalysis spike --samples "{FIRST}" --lambda 2 --factor 1000000',
            f'catalysis spike --samples "{TOUCHING}" --lambda 3/4 --factor 1000000',
        ),
    ),
    Claim(
        "polynomial-law",
        CHAPTER,
        "In the linear regime, where G < 0, a spike at the scale sqrt(n/eta) has a probability of about "
        "(n/eta)^(-theta/2), up to logarithms.",
        "For every width, where theta is positive and finite, and without logarithms: P = A (n/eta)^(-theta/2) with A "
        "between (|mu_0|/(c R))^theta and (|mu_0|/c)^theta, R the largest factor (S3, S7); certified at three widths. "
        "Where all factors are powers of one number A oscillates for ever and has no limit (S6). For the map at "
        "finite width see `upper-bound`.",
        AuditVerdict.PROVED,
        polynomial_law,
        tuple(
            f'catalysis spike --samples "{FIRST}" --lambda 1.5 --width {width} --mu0 1 --digits 4'
            for width in WIDTHS
        ),
    ),
    Claim(
        "large-spike-bound",
        CHAPTER,
        "Given a moderate spike, a large one that lowers the curvature from lambda_0 to lambda has a probability of at "
        "least about (sqrt(n/eta)/|mu_0|)^(-theta) (lambda_0 - lambda)^alpha.",
        "Nothing: the talk states neither the constant nor alpha.",
        AuditVerdict.NOT_EXAMINED,
        NotExamined("an asymptotic statement whose constant and exponent alpha are not given in the talk"),
    ),
)
