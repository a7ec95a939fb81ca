"""Lemma V12: that a symmetric rational matrix is positive (semi)definite.

Hypotheses: M is symmetric. (a) Symmetric elimination meets no negative pivot, and the rest of the row of every pivot 0
is 0; or (c) for some R the matrix E = D M D - R R^T, D diagonal and invertible, has E_ii >= sum_(j != i) |E_ij|.
Conclusion: M >= 0; M > 0 if all pivots are positive, or if all these inequalities are strict.

R is a Cholesky factor in fixed point; whatever it is, the residual E is worked out exactly.
"""

from math import isqrt
from operator import mul

from proofs_check.core.budget import Work
from proofs_check.core.refusal import Refused
from proofs_check.products.tables import Rows, Table

EXACT_UP_TO = 6
PLACES = (64, 160, 512)


def require_definite(m: Table, work: Work, what: str) -> None:
    """Refuse unless M > 0 is proved."""
    if not _holds(m, work, strict=True):
        raise Refused(f"{what} is not proved positive definite")


def require_semidefinite(m: Table, work: Work, what: str) -> None:
    """Refuse unless M >= 0 is proved."""
    if not _holds(m, work, strict=False):
        raise Refused(f"{what} is not proved positive semidefinite")


def _holds(m: Table, work: Work, *, strict: bool) -> bool:
    size = len(m.rows)
    if any(m.rows[i][i] < strict for i in range(size)):
        return False
    if size > EXACT_UP_TO and all(m.rows[i][i] for i in range(size)):
        by_one = (by_discs(m.rows, m.bits, places, work) for places in PLACES)
        return any(by_one) or by_elimination(m.rows, m.bits, work, strict=strict)
    return by_elimination(m.rows, m.bits, work, strict=strict)


def by_elimination(m: Rows, bits: int, work: Work, *, strict: bool) -> bool:
    """V12a, without fractions: every pivot is a leading minor, divided out one step later (Bareiss)."""
    size, previous = len(m), 1
    work.spend(size**3 // 2 + size, size * bits)
    rows = [list(row) for row in m]
    for k in range(size):
        pivot, row = rows[k][k], rows[k]
        if pivot < strict or (pivot == 0 and any(row[k:])):
            return False
        if pivot == 0:
            continue
        for i in range(k + 1, size):
            factor, below = row[i], rows[i]
            for j in range(i, size):
                below[j] = (below[j] * pivot - factor * row[j]) // previous
        previous = pivot
    return True


def by_discs(m: Rows, bits: int, places: int, work: Work) -> bool:
    """V12c, strictly: D M D has a diagonal of about 4^T, R is a factor of it less a small multiple of I."""
    size = len(m)
    halves = [m[i][i].bit_length() // 2 for i in range(size)]
    t = max(places, *halves)
    work.spend_on_rows(size**3 // 3 + 8 * size**2, places)
    work.spend_on_rows(6 * size**2, bits + 2 * (t - min(halves)))
    scaled = [[m[i][j] << (2 * t - halves[i] - halves[j]) for j in range(i + 1)] for i in range(size)]
    cut = 2 * (t - places)
    root = _root([[v >> cut for v in row] for row in scaled], size << (places + 3))
    if root is None:
        return False
    slack = [0] * size
    for i in range(size):
        for j in range(i):
            gap = abs(scaled[i][j] - (sum(map(mul, root[i], root[j])) << cut))
            slack[i] -= gap
            slack[j] -= gap
        slack[i] += scaled[i][i] - (sum(map(mul, root[i], root[i])) << cut)
    return min(slack) > 0


def _root(m: list[list[int]], less: int) -> list[list[int]] | None:
    """The rows of a lower triangle R with R R^T near M - less I, None if there is none."""
    root: list[list[int]] = []
    for i, row in enumerate(m):
        found: list[int] = []
        for j in range(i):
            found.append((row[j] - sum(map(mul, found, root[j]))) // root[j][j])
        rest = row[i] - less - sum(map(mul, found, found))
        if rest <= 0:
            return None
        root.append([*found, isqrt(rest)])
    return root
