"""How many ways lead to each sum of a minibatch, its size limited before the work begins."""

from collections import defaultdict
from math import comb, gcd

from proofs_check.core.budget import Work
from proofs_check.core.data import MOST_TOTAL_BITS
from proofs_check.core.reading import Refused

MOST_ATOMS = 100_000
MOST_WEIGHT_BITS = 1 << 16
_TOO_MANY = 1 << 64

Ways = dict[int, int]
"""From a sum to the (weighted) number of ways that lead to it."""


def sums_of_draws(weights: Ways, draws: int, replacement: bool, work: Work) -> Ways:
    """The ways to each sum of `draws` values u, drawn with weight weights[u] each time, or without
    replacement from weights[u] items of each value. Refuses what would grow beyond the limits, unbegun.

    There are at most comb(n + draws - 1, draws) sums, and they lie on a lattice; no number of ways
    exceeds sum(weights)^draws.
    """
    n, total = len(weights), sum(weights.values())
    bits = draws * (total.bit_length() if total > 1 else 0) + 1
    fewer = min(n - 1, draws)
    compositions = comb(n + draws - 1, fewer) if fewer < 64 else _TOO_MANY  # comb(m, k) >= 2^k for 2k <= m
    lowest = min(weights)
    work.spend_on_divisions(2 * n, max(weights).bit_length())
    spacing = gcd(*(u - lowest for u in weights)) or 1
    offsets = {(u - lowest) // spacing: k for u, k in weights.items()}
    rows = sorted(offsets.items())
    span = _extreme_sum(rows[::-1], draws, replacement)
    atoms = min(compositions, span - _extreme_sum(rows, draws, replacement) + 1)
    if atoms > MOST_ATOMS or bits > MOST_WEIGHT_BITS or atoms * bits > MOST_TOTAL_BITS:
        raise Refused(f"the minibatch has up to {atoms} sums, weights of {bits} bits, which is too large")
    if compositions <= MOST_ATOMS:
        work.spend(4 * compositions, bits)
        return _value_by_value(weights, draws, replacement)
    packed = _packed(offsets, draws, replacement, span, bits, work)
    return {draws * lowest + spacing * u: k for u, k in packed.items()}


def _value_by_value(weights: Ways, draws: int, replacement: bool) -> Ways:
    """j copies of u among the d draws still open: comb(d, j) weight^j ways with replacement,

    comb(count, j) without. Walks over all compositions, merging those with the same sum so far.
    """
    done: Ways = defaultdict(int)
    states: dict[tuple[int, int], int] = {(draws, 0): 1}  # (draws open, sum so far) -> ways
    for position, (u, k) in enumerate(weights.items(), start=1):
        after: dict[tuple[int, int], int] = defaultdict(int)
        for (left, so_far), ways in states.items():
            most = left if replacement else min(left, k)
            least = left if position == len(weights) else 0
            for j in range(least, most + 1):
                new = ways * (comb(left, j) * k**j if replacement else comb(k, j))
                if j == left:
                    done[so_far + j * u] += new
                else:
                    after[left - j, so_far + j * u] += new
        states = after
    return dict(done)


def _packed(offsets: Ways, draws: int, replacement: bool, span: int, bits: int, work: Work) -> Ways:
    """The same for sums on a lattice, as one long integer with `width` bits for each sum 0, 1, ..., span."""
    width = -(-bits // 8) * 8
    size = width * (span + 1)
    if size * (1 if replacement else draws + 1) > 2 * MOST_TOTAL_BITS:
        raise Refused("the law of this minibatch takes too many intermediate sums")
    if replacement:
        work.spend(4, size)
        ways = sum(k << width * u for u, k in offsets.items()) ** draws
    else:
        work.spend(len(offsets) * draws * (draws + 1) * (1 + size // bits), bits)
        rows = [1] + [0] * draws  # rows[d]: the ways to draw d items of the values so far
        for u, k in offsets.items():
            for d in range(draws, 0, -1):
                rows[d] += sum(comb(k, j) * rows[d - j] << width * u * j for j in range(1, min(k, d) + 1))
        ways = rows[draws]
    work.spend(2 * span)
    raw, step = ways.to_bytes(size // 8, "little"), width // 8
    found = {u: int.from_bytes(raw[u * step : (u + 1) * step], "little") for u in range(span + 1)}
    return {u: k for u, k in found.items() if k}


def _extreme_sum(ordered: list[tuple[int, int]], draws: int, replacement: bool) -> int:
    """The sum of `draws` values taken in this order, each as often as possible."""
    result = 0
    for u, k in ordered:
        taken = draws if replacement else min(draws, k)
        result, draws = result + taken * u, draws - taken
    return result
