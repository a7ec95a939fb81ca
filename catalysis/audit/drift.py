"""Chapter 3 of the audit: the drift G and the exponent theta."""

from __future__ import annotations

from fractions import Fraction

from catalysis.audit.claims import AuditVerdict, Claim, Finding, documented
from catalysis.data.dataset import Dataset
from catalysis.data.law import Step
from catalysis.data.talk import first_example, idle_half, second_example, three_changes
from catalysis.data.walk import LinearWalk
from catalysis.drift.regions import SignRegions, sign_regions
from catalysis.drift.thresholds import catapult_window
from catalysis.drift.value import DriftValue, log_drift
from catalysis.exact.result import Enclosure
from catalysis.exponent.band import exponent_band
from catalysis.exponent.exponent import CramerExponent, Regime, cramer_exponent

CHAPTER = "drift"
FIRST, SECOND = "1:1/2, 1.3:1/2", "1:0.83, x=2:0.17"
THREE, IDLE = "1:1/10, x=3:9/10", "0:1/2, 1:1/2"


def bracket(value: Enclosure | None, digits: int = 12) -> str:
    """Outward-rounded decimals, or -inf."""
    if value is None:
        return "-inf"
    lower, upper = value.decimals(digits)
    return lower if lower == upper else f"[{lower}, {upper}]"


def exponent_text(found: CramerExponent) -> str:
    """The regime and theta."""
    theta = {Regime.STABLE: "inf", Regime.INFLATIONARY: "0", Regime.CRITICAL: "0"}.get(found.regime)
    return (
        f"{found.regime.value}, theta {'in ' + bracket(found.enclosure) if theta is None else '= ' + theta}"
    )


def _zeros(regions: SignRegions) -> str:
    known = [zero.exact for zero in regions.zeros]
    places = [bracket(zero.enclosure()) for zero in regions.zeros]
    return ", ".join(
        place if exact is None else f"{exact} in {place}" for exact, place in zip(known, places, strict=True)
    )


def several_sign_changes() -> Finding:
    """One sign change in each printed example; three for another data set of two samples."""
    found = [sign_regions(LinearWalk(make())) for make in (first_example, second_example, three_changes)]
    counts = [len(regions.zeros) for regions in found]
    holds = all(regions.complete for regions in found) and counts == [1, 1, 3]
    window = catapult_window(found[2].walk)
    inside = [window.lambda_crit < zero.enclosure().lower for zero in found[2].zeros]
    inside += [zero.enclosure().upper < window.lambda_max for zero in found[2].zeros]
    numbers = tuple((f"zeros of G, {regions.walk.dataset.name}", _zeros(regions)) for regions in found)
    documents = tuple(documented(regions.walk.dataset, [regions]) for regions in found)
    return Finding(AuditVerdict.CORRECTED, numbers, documents, holds and all(inside))


def _both(dataset: Dataset, curvature: Fraction) -> tuple[DriftValue, DriftValue]:
    return (
        log_drift(LinearWalk(dataset), curvature),
        log_drift(LinearWalk(dataset, Step.full_batch()), curvature),
    )


def not_comparable() -> Finding:
    """A point with G < 0 < G_FB from the talk's own data, and one with G_FB < 0 < G."""
    places = ((first_example(), Fraction(154, 100)), (idle_half(), Fraction(3)))
    (low, high), (up, down) = (_both(*place) for place in places)
    values = [one.enclosure for one in (low, high, up, down)]
    assert all(value is not None for value in values)
    g, g_full, h, h_full = (value for value in values if value is not None)
    holds = g.upper < 0 < g_full.lower and h_full.upper < 0 < h.lower
    numbers = (
        ("talk-1 at lambda = 1.54: G", bracket(g)),
        ("talk-1 at lambda = 1.54: G_FB", bracket(g_full)),
        ("{(0, 1/2), (1, 1/2)} at lambda = 3: G", bracket(h)),
        ("{(0, 1/2), (1, 1/2)} at lambda = 3: G_FB", bracket(h_full)),
    )
    documents = (documented(places[0][0], [low, high]), documented(places[1][0], [up, down]))
    return Finding(AuditVerdict.PROVED, numbers, documents, holds)


def theta_unique() -> Finding:
    """The four regimes of E1 on the talk's first example, and one critical point."""
    walk = LinearWalk(first_example())
    regimes = (Regime.STABLE, Regime.DEFLATIONARY, Regime.INFLATIONARY)
    found = [cramer_exponent(walk, Fraction(text)) for text in ("1", "1.4", "2")]
    holds = tuple(one.regime for one in found) == regimes
    numbers = tuple((f"talk-1 at lambda = {float(one.curvature):g}", exponent_text(one)) for one in found)
    return Finding(AuditVerdict.CORRECTED, numbers, (documented(walk.dataset, found),), holds)


def deflationary_polynomial() -> Finding:
    """Below lambda_crit the drift is negative too, but no step enlarges |mu|: theta = inf, no spike at all."""
    walk = LinearWalk(first_example())
    at = Fraction(1, 2)
    value, exponent = log_drift(walk, at), cramer_exponent(walk, at)
    inside = cramer_exponent(walk, Fraction(3, 2))
    holds = (
        value.enclosure is not None
        and value.enclosure.upper < 0
        and exponent.regime is Regime.STABLE
        and inside.regime is Regime.DEFLATIONARY
    )
    numbers = (
        ("talk-1 at lambda = 0.5: G", bracket(value.enclosure)),
        ("talk-1 at lambda = 0.5", exponent_text(exponent)),
        ("talk-1 at lambda = 1.5", exponent_text(inside)),
    )
    document = documented(walk.dataset, [catapult_window(walk), value, exponent, inside])
    return Finding(AuditVerdict.CORRECTED, numbers, (document,), holds)


def non_monotone() -> Finding:
    """theta falls to 0, is positive again at the pole 1, and is 0 beyond: all below 1, as E3 demands."""
    walk = LinearWalk(three_changes())
    places = [Fraction(text) for text in ("0.7", "0.71", "0.9", "1", "1.1")]
    found = [cramer_exponent(walk, place) for place in places]
    theta = [one.enclosure for one in found]
    middle, regimes = theta[3], [one.regime for one in found]
    first, second = theta[0], theta[1]
    holds = (
        first is not None
        and second is not None
        and middle is not None
        and first.lower > second.upper > 0
        and 0 < middle.lower <= middle.upper < 1
        and regimes[2] is regimes[4] is Regime.INFLATIONARY
    )
    band = exponent_band(walk, Fraction(67, 100), Fraction(69, 100), tolerance=Fraction(1, 2))
    falls = all(cell.lower is not None and cell.lower >= 1 for cell in band.cells)
    numbers = tuple(
        (f"three-changes at lambda = {float(one.curvature):g}", exponent_text(one)) for one in found
    )
    document = documented(walk.dataset, [*found, band])
    return Finding(AuditVerdict.PROVED, numbers, (document,), holds and falls)


def figure_three() -> Finding:
    """A certified band around theta over the window of the data set that stands in for (1.26)."""
    walk = LinearWalk(first_example())
    limits = catapult_window(walk)
    band = exponent_band(walk, limits.lambda_crit, limits.lambda_max, tolerance=Fraction(1, 10))
    point = cramer_exponent(walk, Fraction(3, 2))
    numbers = (
        ("cells of the band over the window of talk-1", str(len(band.cells))),
        ("talk-1 at lambda = 1.5", exponent_text(point)),
    )
    reason = "The talk does not print the data set (1.26); its first example stands in for it in our figure."
    return Finding(
        AuditVerdict.NOT_EXAMINED, numbers, (documented(walk.dataset, [band, point]),), True, reason
    )


CLAIMS = (
    Claim(
        "several-sign-changes",
        CHAPTER,
        "Even for two samples G can change its sign several times, as the two printed examples show.",
        "The complete lists of zeros. As printed (eta = 1) each example has exactly one sign change on (0, inf). "
        "Corrected: {(1, 1/10), (sqrt 3, 9/10)} has three, all inside its window, and two samples never have more.",
        AuditVerdict.CORRECTED,
        several_sign_changes,
        (
            *(f'catalysis regions --samples "{data}"' for data in (FIRST, SECOND, THREE)),
            "catalysis figure drift",
        ),
    ),
    Claim(
        "g-not-comparable",
        CHAPTER,
        "G and the full batch's G_FB are not comparable.",
        "Certified points of both orders: full batch unstable while SGD contracts (the talk's first example, between "
        "2/E x and its zero), and SGD inflationary while full batch is stable.",
        AuditVerdict.PROVED,
        not_comparable,
        (f'catalysis regions --samples "{FIRST}"', f'catalysis regions --samples "{IDLE}" --full-batch'),
    ),
    Claim(
        "theta-unique",
        CHAPTER,
        "theta(lambda) is the unique positive root of sum p_i |1 - eta lambda s_i^2|^theta = 1.",
        "Corrected: exactly one positive root exists if eta lambda x* > 2 and G < 0. If eta lambda x* < 2 the sum "
        "stays below 1 and there is no root (theta = inf as a supremum); if eta lambda x* > 2 and G >= 0 it exceeds 1 "
        "for every theta > 0 and there is none either (theta = 0).",
        AuditVerdict.CORRECTED,
        theta_unique,
        tuple(f'catalysis exponent --samples "{FIRST}" --lambda {at}' for at in ("1", "1.4", "2")),
    ),
    Claim(
        "deflationary-polynomial",
        CHAPTER,
        "Where G < 0 spikes are rare, but only polynomially rare.",
        "Corrected: this needs eta lambda x* > 2. Below lambda_crit G < 0 as well, but no factor exceeds 1, and in the "
        "linear regime no spike ever happens.",
        AuditVerdict.CORRECTED,
        deflationary_polynomial,
        tuple(f'catalysis exponent --samples "{FIRST}" --lambda {at}' for at in ("0.5", "1.5")),
    ),
    Claim(
        "non-monotone",
        CHAPTER,
        "A larger curvature can make spikes more or less likely.",
        "Certified values of theta that fall to 0, rise at the pole 1 and fall to 0 again. It happens only where "
        "theta < 1: as long as theta >= 1 it never rises with lambda (E3), and no inflationary point lies below.",
        AuditVerdict.PROVED,
        non_monotone,
        (
            *(f'catalysis exponent --samples "{THREE}" --lambda {at}' for at in ("0.7", "0.9", "1", "1.1")),
            "catalysis figure exponent",
        ),
    ),
    Claim(
        "figure-three",
        CHAPTER,
        "The plot of theta(lambda) and n^(-theta/2) at n = 10^12 for the data set (1.26).",
        "A certified band of theta over the window of the talk's first example.",
        AuditVerdict.NOT_EXAMINED,
        figure_three,
        ("catalysis figure exponent",),
    ),
)
