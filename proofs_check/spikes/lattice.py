"""S8: bounds of the probability of a spike where all factors are powers of one number, the span."""

from fractions import Fraction

from proofs_check.core.arithmetic import log_of, times
from proofs_check.core.budget import Work, decide
from proofs_check.core.reading import Refused
from proofs_check.linear.exponents import Range
from proofs_check.spikes.event import Event, within


def prove_lattice(event: Event, theta: Range, span: Fraction, bounds: Range) -> None:
    """S8: span = g > 1, every factor 0 or g^n_i with an integer n_i, h = max n_i, g^(n-1) < K <= g^n, and
    lo < theta < hi => g^(-(n+h-1) hi) <= the probability <= g^(-n lo), which have to lie inside the bounds."""
    work, walk = event.case.work, event.walk()
    powers = [power_of(factor, span, work) for factor in walk.factors]
    if None in powers:
        raise Refused("a factor is no power of proof.span")
    points, longest = points_to(event, span), max(n for n in powers if n is not None)
    size = max(span.numerator, points + longest).bit_length()

    def holds(prec: int) -> bool | None:
        work.spend_on_logs(4, prec, size)
        rise = log_of(span, prec)
        low, high = times(-theta[1] * (points + longest - 1), rise), times(-theta[0] * points, rise)
        return within(bounds, low, high, prec)

    if not decide(holds, event.case.most_bits, "the bounds of S8"):
        raise Refused("the bounds of S8 do not lie inside lower and upper")


def power_of(q: Fraction, span: Fraction, work: Work) -> int | None:
    """The integer n with q = span^n, for q > 0 and span > 1; None if there is none.

    In lowest terms (a/b)^n = a^n/b^n, and a > 1: so only the n with a^n = the larger part of q can be it.
    """
    large, small = sorted((q.numerator, q.denominator), reverse=True)
    most = large.bit_length() // (span.numerator.bit_length() - 1)
    work.spend_on_divisions(most + 2, large.bit_length())
    n, reached = 0, 1
    while reached < large:
        n, reached = n + 1, reached * span.numerator
    if reached != large or span.denominator**n != small:
        return None
    return n if q >= 1 else -n


def points_to(event: Event, span: Fraction) -> int:
    """The n with g^(n-1) < K <= g^n, where K^root = level > 1: a tie g^n = K is seen exactly."""
    work, level, root = event.case.work, event.level, event.root
    tie = power_of(level, span, work)
    if tie is not None:
        return -(-tie // root)
    size = max(level.numerator, span.numerator).bit_length()

    def whole(prec: int) -> int | None:
        work.spend_on_logs(3, prec, size)
        up, rise = log_of(level, prec), log_of(span, prec)
        if rise[0] <= 0:
            return None
        low, high = up[0] // (root * rise[1]), up[1] // (root * rise[0])
        return low + 1 if low == high else None  # log K/log g is no integer

    return decide(whole, event.case.most_bits, "the place of the level on the lattice")
