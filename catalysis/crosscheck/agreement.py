"""How far a simulated value may lie from a certified one before they are said to disagree.

Each tolerance is exceeded by chance with probability at most COMPARISON_ALARM, so that a table of at most
MOST_COMPARISONS comparisons gives a false alarm once in 10^5 seeds. The bounds are proved ones (Bernstein and
its empirical form by Maurer and Pontil 2009), which heavy tails of bounded weights cannot fool.
"""

from __future__ import annotations

import math

TABLE_ALARM = 1e-5
MOST_COMPARISONS = 200
COMPARISON_ALARM = TABLE_ALARM / MOST_COMPARISONS


def bernstein(variance: float, bound: float, n: int) -> float:
    """For the mean of n independent numbers of this variance, each at most `bound` from its mean."""
    log = math.log(2 / COMPARISON_ALARM)
    return math.sqrt(2 * variance * log / n) + 2 * bound * log / (3 * n)


def empirical_bernstein(variance: float, spread: float, n: int) -> float:
    """The same where the variance is that of the sample and all numbers lie in an interval of length `spread`."""
    log = math.log(4 / COMPARISON_ALARM)
    return math.sqrt(2 * variance * log / n) + 7 * spread * log / (3 * (n - 1))


def surely_seen(p: float, draws: int) -> bool:
    """Is an outcome of probability p missed by all draws with less than the alarm's probability?"""
    return draws * p > -math.log(COMPARISON_ALARM)


def draws_to_see(p: float) -> int:
    """So many draws see an outcome of probability p."""
    return math.ceil(-math.log(COMPARISON_ALARM) / p) + 1


def within_play(value: float, low: float, high: float, play: float) -> bool | None:
    """Does the value lie within `play` of [low, high], 0 < low <= high? None if the play is too wide to tell."""
    if not play < 0.25 * high:
        return None
    return low - play <= value <= high + play
