"""The steps of a walk listed as matrices: all distinct batches, and words of several steps. Lemmas V17, V18.

Samples with the same a_i b_i^T (both vectors the same, or both negated) count as one, in the order of their first.
"""

from dataclasses import replace
from fractions import Fraction
from itertools import product as words_of
from math import comb, factorial, prod

from proofs_check.core.budget import Work
from proofs_check.core.data import Step
from proofs_check.core.reading import Refused
from proofs_check.products.tables import Numbers, Rows, Table, combination, product, unit, weighted
from proofs_check.products.walk import Walk, choices

MOST_LISTED = 400


def single_steps(walk: Walk) -> Walk:
    """The walk itself, or one of single steps with the same law: its distinct batches as matrices."""
    return walk if walk.single else _batches(walk)


def step_matrix(walk: Walk, i: int) -> Table:
    """A_i itself."""
    if walk.matrices:
        return walk.matrices[i]
    first, second = walk.ab
    a, b = Table([first.rows[i]], first.den), Table([second.rows[i]], second.den)
    outer = weighted(Numbers((1,), 1), a, b, walk.work)
    return combination([(walk.c, unit(walk.size)), (-walk.eta, outer)], walk.work)


def word_walk(walk: Walk, length: int) -> Walk:
    """The walk of the products of `length` single steps, the first step at the right: V18."""
    steps, chances = _distinct(walk) if walk.single and not walk.matrices else _as_they_are(walk)
    if not 2 <= length <= MOST_LISTED or len(steps) ** length > MOST_LISTED:
        raise Refused(f"words of {length} steps are more than {MOST_LISTED}, or not longer than 1")
    walk.work.spend(length * len(steps) ** length, length * chances.bits)
    tops = tuple(prod(word) for word in words_of(chances.top, repeat=length))
    matrices = [_product_of(word, walk.work) for word in words_of(steps, repeat=length)]
    return _listed(walk, matrices, Numbers(tops, chances.den**length))


def _product_of(word: tuple[Table, ...], work: Work) -> Table:
    found = word[0]
    for step in word[1:]:
        found = product(step, found.columns, work)
    return found


def _as_they_are(walk: Walk) -> tuple[list[Table], Numbers]:
    listed = single_steps(walk)
    return list(listed.matrices), listed.p


def _distinct(walk: Walk) -> tuple[list[Table], Numbers]:
    groups = _groups(walk)
    if len(groups) > MOST_LISTED:
        raise Refused(f"more than {MOST_LISTED} different samples")
    tops = tuple(sum(walk.p.top[i] for i in group) for group in groups)
    return [step_matrix(walk, group[0]) for group in groups], Numbers(tops, walk.p.den)


def _batches(walk: Walk) -> Walk:
    """A_B = c I - (eta/b) sum_(i in B) a_i b_i^T, the batches in the order of their sorted index lists."""
    groups, size, work = _groups(walk), walk.step.size, walk.work
    weights = [sum(walk.p.top[i] for i in group) for group in groups]
    if len(groups) > MOST_LISTED:
        raise Refused(f"more than {MOST_LISTED} different batches")
    most = tuple(size if walk.step.replacement else w for w in weights)
    bits = size * (walk.p.bits + size.bit_length())
    first, second = (Table([t.rows[group[0]] for group in groups], t.den) for t in walk.ab)
    matrices: list[Table] = []
    tops: list[int] = []
    for times in choices(most, size):
        if len(tops) == MOST_LISTED:
            raise Refused(f"more than {MOST_LISTED} different batches")
        work.spend(8 * len(groups), bits)
        tops.append(_chance(times, weights, replacement=walk.step.replacement))
        mean = weighted(Numbers(times, size), first, second, work)
        matrices.append(combination([(walk.c, unit(walk.size)), (-walk.eta, mean)], work))
    den = walk.p.den**size if walk.step.replacement else comb(walk.p.den, size)
    return _listed(walk, matrices, Numbers(tuple(tops), den))


def _chance(times: tuple[int, ...], weights: list[int], *, replacement: bool) -> int:
    """How likely a batch is, times the common denominator."""
    if not replacement:
        return prod(comb(w, n) for w, n in zip(weights, times, strict=True))
    ways: int = factorial(sum(times)) // prod(factorial(n) for n in times)
    for w, n in zip(weights, times, strict=True):
        ways *= w**n
    return ways


def _listed(walk: Walk, matrices: list[Table], chances: Numbers) -> Walk:
    return replace(walk, matrices=tuple(matrices), chances=chances, step=Step("single"))


def _groups(walk: Walk) -> list[list[int]]:
    """The indices of the samples, those with the same a b^T together."""
    a, b = (t.rows for t in walk.ab)
    walk.work.spend_on_rows(2 * len(a) * (len(a[0]) + len(b[0])), max(t.bits for t in walk.ab))
    found: dict[tuple[int, ...], list[int]] = {}
    for i in range(len(a)):
        found.setdefault(_key(a, b, i), []).append(i)
    return list(found.values())


def _key(a: Rows, b: Rows, i: int) -> tuple[int, ...]:
    sign = 1 if next((v for v in b[i] if v), 1) > 0 else -1
    return tuple(sign * v for row in (a[i], b[i]) for v in row)


def chance_alone(walk: Walk, i: int) -> Fraction:
    """The probability of a step that draws sample i and no other."""
    top, den, size = walk.product.weights.top[i], walk.product.weights.den, walk.step.size
    if walk.single or walk.step.replacement:
        walk.work.spend(4, size * den.bit_length())
        return Fraction(top**size, den**size)
    walk.work.spend(4 * size, size * den.bit_length())
    return Fraction(comb(top, size), comb(den, size))
