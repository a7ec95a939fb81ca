"""Chapter 5 of the audit: the map at finite width, and what spikes do to the curvature."""

from __future__ import annotations

from fractions import Fraction

from catalysis.audit.claims import AuditVerdict, Claim, Finding, documented
from catalysis.audit.drift import FIRST, THREE, bracket, exponent_text
from catalysis.data.talk import first_example, three_changes
from catalysis.data.walk import LinearWalk
from catalysis.drift.thresholds import catapult_window
from catalysis.exact.numbers import decimal_above, decimal_below, exact_text
from catalysis.exact.result import Enclosure
from catalysis.exponent.exponent import cramer_exponent

CHAPTER = "nonlinear"


def curvature_falls() -> Finding:
    """lambda' - lambda = -(eta mu^2/n) x (4 - eta lambda x) <= 0 below lambda_max, for every sample."""
    from catalysis.certificate.derivation import claims_of
    from catalysis.derivation import ShallowNetwork, derive

    derived = derive(ShallowNetwork("linear"), "single")
    limits = catapult_window(LinearWalk(first_example()))
    numbers = (("talk-1: the window ends at lambda_max", exact_text(limits.lambda_max)),)
    documents = (documented(None, claims_of(derived)), documented(first_example(), [limits]))
    holds = limits.lambda_max == 4 / Fraction(169, 100)
    return Finding(AuditVerdict.PROVED, numbers, documents, holds)


def collapse() -> Finding:
    """Landing zones from inflationary starts of the talk's first example and of the three-changes data set."""
    from catalysis.nonlinear.landing import landing

    places = ((first_example(), Fraction(2)), (three_changes(), Fraction(13, 10)))
    found = [landing(LinearWalk(dataset), at) for dataset, at in places]
    holds = all(one.zone is not None and one.starts_inflationary for one in found)
    numbers = tuple(
        (
            f"{one.walk.dataset.name} from lambda_0 = {float(one.lambda0):g}: ends in",
            " or ".join(bracket(Enclosure(*piece)) for piece in one.outward),
        )
        for one in found
    )
    documents = tuple(documented(dataset, [one]) for (dataset, _), one in zip(places, found, strict=True))
    return Finding(AuditVerdict.PROVED, numbers, documents, holds)


LEVELS = ("1/1000", "1/100")
WIDTH = 10**12


def upper_bound() -> Finding:
    """P(sup |kappa_t| >= c) from (|kappa_0|/c)^theta, and from below, for the talk's first example."""
    from catalysis.nonlinear.spike import width_spike

    walk, at = LinearWalk(first_example()), Fraction(7, 5)
    theta = cramer_exponent(walk, at)
    numbers = [("talk-1 at lambda = 1.4", exponent_text(theta))]
    holds = theta.enclosure is not None and theta.enclosure.lower >= 1
    results = []
    for level in LEVELS:
        found = width_spike(walk, at, Fraction(WIDTH), Fraction(1), Fraction(level), tolerance=Fraction(10))
        linear = "" if found.linear is None else f", linear regime {bracket(found.linear, 7)}"
        numbers.append((f"n = 10^12, mu_0 = 1, c = {level}: P", f"{bracket(found.enclosure, 7)}{linear}"))
        holds = holds and found.upper.method == "theorem" and found.lower.value > 0
        results.append(found)
    document = documented(walk.dataset, [theta, *results])
    return Finding(AuditVerdict.CORRECTED, tuple(numbers), (document,), holds)


def no_loss_without_spikes() -> Finding:
    """The two ways from lambda = 1.4 below 1.3 for the talk's first example, with a bound for each."""
    from catalysis.nonlinear.loss import curvature_reduction

    walk = LinearWalk(first_example())
    found = curvature_reduction(walk, Fraction("1.4"), Fraction(WIDTH), Fraction(1), Fraction("1.3"))
    spike, quiet = found.spike, found.quiet
    opening = "talk-1, n = 10^12, mu_0 = 1, from lambda = 1.4 below 1.3"
    numbers = (
        (
            f"{opening}: P, through |kappa| >= {exact_text(spike.level)}",
            f">= {decimal_below(spike.value, 6)}",
        ),
        (
            f"{opening}: P, with |kappa| <= {exact_text(quiet.level)} throughout",
            f"<= {decimal_above(quiet.value, 6)}",
        ),
    )
    document = documented(walk.dataset, [found])
    return Finding(AuditVerdict.CORRECTED, numbers, (document,), spike.value > quiet.value)


CLAIMS = (
    Claim(
        "spikes-lower-curvature",
        CHAPTER,
        "Inside the minibatch catapult window a spike forces the curvature down.",
        "For every width, every state and every sample, a step changes lambda by -(eta mu^2/n) x (4 - eta lambda x), "
        "which is negative below lambda_max unless mu = 0 or x = 0: the curvature never rises, and falls by an amount "
        "of order 1 where |mu| is of order sqrt(n/eta).",
        AuditVerdict.PROVED,
        curvature_falls,
        (f'catalysis thresholds --samples "{FIRST}"', "catalysis derive --batch single"),
    ),
    Claim(
        "collapse",
        CHAPTER,
        "For SGD as for gradient descent: instability, then a spike, then a collapse of the curvature.",
        "For every width and every start inside the window: almost surely, unless mu = 0 is hit exactly, the curvature "
        "ends in {G <= 0}, never rises, and a start in an inflationary region ends at or below that region's lower "
        "end (N12). The certified zones of two data sets.",
        AuditVerdict.PROVED,
        collapse,
        (
            f'catalysis landing --samples "{FIRST}" --lambda0 2',
            f'catalysis landing --samples "{THREE}" --lambda0 1.3',
            "catalysis figure landing",
        ),
    ),
    Claim(
        "upper-bound",
        CHAPTER,
        "At finite width, too, the probability of a spike to |kappa| >= c is at most (|kappa_0|/c)^theta.",
        "Corrected: for theta(lambda_0) >= 1 and lambda_0 <= lambda_max, at every width and every level (W2), kappa = "
        "eta mu/sqrt(n). For theta < 1 that proof fails, and a bound with other constants takes its place (W4). "
        "Certified at two levels for n = 10^12, with lower bounds of the same order (W3) around the linear regime's "
        "value.",
        AuditVerdict.CORRECTED,
        upper_bound,
        tuple(
            f'catalysis spike --samples "{FIRST}" --lambda 1.4 --width {WIDTH} --mu0 1 --kappa {level} --tolerance 10'
            for level in LEVELS
        ),
    ),
    Claim(
        "no-loss-without-spikes",
        CHAPTER,
        "A significant loss of curvature without a spike is exponentially unlikely: spikes are the dominant way out.",
        "Corrected: without a spike has to mean that |kappa| = eta |mu|/sqrt(n) never exceeds a small eps. A fall of "
        "lambda from lambda_0 below lambda_1 in that way has a probability of at most (1 + (|kappa_0|/eps)^t) "
        "exp(-s D/eps^2), D of the size of the fall (W10); one through a spike has a proved lower bound (W9). "
        "Certified together for n = 10^12; of falls with a largest |kappa| between the two levels nothing is proved.",
        AuditVerdict.CORRECTED,
        no_loss_without_spikes,
        (f'catalysis reduction --samples "{FIRST}" --lambda 1.4 --width {WIDTH} --mu0 1 --to 1.3',),
    ),
)
