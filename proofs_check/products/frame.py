"""The coordinates in which the matrices of a product stand: a_i, b_i with A_i = c I - eta a_i b_i^T.

Features: a_i = b_i = g_i, if they span R^d. Residuals: J are pivots with K_JJ > 0 and K = K_.J R, R = K_JJ^-1 K_J.;
then K = R^T K_JJ R >= 0 has rank |J|, and a_i = K_Ji, b_i = column i of R.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused, fields, index, items, quoted
from proofs_check.products.definite import require_definite
from proofs_check.products.product import VECTORS, Product
from proofs_check.products.tables import Rows, Table, product, reduced, unit

PRIME = (1 << 61) - 1


@dataclass(frozen=True)
class Frame:
    """`pivots` J and K_JJ in residual coordinates; a, b only for features and Gram matrices.

    `kernel`: none at all, for closed forms in the entries of K. Of a Gram matrix it is not proved there that K >= 0.
    """

    kind: str
    product: Product
    size: int
    a: Table | None = None
    b: Table | None = None
    pivots: tuple[int, ...] = ()
    inner: Table | None = None

    def rank(self, samples: Iterable[int], work: Work) -> int:
        """The rank of the part of K on samples that are orthogonal to all others."""
        chosen = set(samples)
        if self.kind == "residuals":
            return len(chosen.intersection(self.pivots))
        # modulo the prime, too, the ranks of both parts add up to at least that of all, which is full: both are exact
        rows = self.product.rows.rows
        return rank_at_least([rows[i] for i in sorted(chosen)], self.size, work)


def read_frame(value: Any, found: Product, work: Work) -> Frame:
    """The `coordinates` of a claim."""
    kind = value.get("kind") if isinstance(value, dict) else None
    vectors = found.kind in VECTORS
    if kind == "state" and not vectors:
        fields(value, "coordinates", ("kind",))
        return Frame("state", found, len(found.rows.rows) if found.tables else 2)
    if kind == "features" and found.kind == "features":
        fields(value, "coordinates", ("kind",))
        size = len(found.rows.rows[0])
        if rank_at_least(found.rows.rows, size, work) < size:
            raise Refused("the features are not proved to span their space")
        return Frame("features", found, size, found.rows, found.rows)
    if kind == "kernel" and vectors:
        fields(value, "coordinates", ("kind",))
        return Frame("kernel", found, 0)
    if kind == "residuals" and vectors:
        table = fields(value, "coordinates", ("kind", "pivots"))
        pivots = [index(j, "coordinates.pivots") for j in items(table["pivots"], "coordinates.pivots")]
        count = len(found.weights.top)
        if not pivots or pivots != sorted(set(pivots)) or pivots[-1] >= count:
            raise Refused("coordinates.pivots is not an increasing list of sample indices")
        return _residuals(found, pivots, work)
    raise Refused(f"coordinates has the kind {quoted(kind)}, not one of this product")


def _residuals(found: Product, pivots: list[int], work: Work) -> Frame:
    rows = found.rows
    chosen = Table([rows.rows[j] for j in pivots], rows.den)
    a = chosen.columns if found.kind == "gram" else product(rows, chosen, work)
    inner = Table([a.rows[j] for j in pivots], a.den)
    require_definite(inner, work, "K_JJ")
    places = {j: k for k, j in enumerate(pivots)}
    rest = [i for i in range(len(rows.rows)) if i not in places]
    if not rest:
        return Frame("residuals", found, len(pivots), a, unit(len(pivots)), tuple(pivots), inner)
    solved = _solved(inner.rows, [a.rows[i] for i in rest], a.bits, work)
    # features: g_i = sum R_ji g_j for all others; Gram: K_i. = sum R_ji K_j.
    image = product(solved, chosen.columns, work)
    work.spend_on_rows(2 * len(rest) * len(chosen.rows[0]), max(image.bits, rows.bits))
    for row, i in zip(image.rows, rest, strict=True):
        if any(x * rows.den != y * image.den for x, y in zip(row, rows.rows[i], strict=True)):
            raise Refused("the pivots do not determine the other samples")
    others = dict(zip(rest, solved.rows, strict=True))
    b = [
        others[i] if i in others else [solved.den * (k == places[i]) for k in range(len(pivots))]
        for i in range(len(rows.rows))
    ]
    return Frame("residuals", found, len(pivots), a, Table(b, solved.den), tuple(pivots), inner)


def _solved(m: Rows, right: Rows, bits: int, work: Work) -> Table:
    """The rows x with M x = y for each y of `right`; M > 0, so that no pivot is 0 (Bareiss, both ways)."""
    size, width = len(m), len(m) + len(right)
    work.spend(2 * size * size * width, (size + 1) * bits)
    rows = [[*m[i], *(y[i] for y in right)] for i in range(size)]
    previous = 1
    for k in range(size):
        pivot, row = rows[k][k], rows[k]
        for i in range(size):
            if i != k:
                factor = rows[i][k]
                rows[i] = [(x * pivot - factor * y) // previous for x, y in zip(rows[i], row, strict=True)]
        previous = pivot
    columns = [[rows[i][size + k] for i in range(size)] for k in range(len(right))]
    return reduced(Table(columns, previous), work)


def rank_at_least(rows: Rows, most: int, work: Work) -> int:
    """A lower bound of the rank, up to `most`: the rank modulo a prime."""
    basis: list[tuple[int, list[int]]] = []
    for row in rows:
        if len(basis) == most:
            break
        work.spend_on_rows((len(basis) + 3) * len(row), 128)
        rest = [v % PRIME for v in row]
        for place, other in basis:
            factor = rest[place]
            if factor:
                rest = [(x - factor * y) % PRIME for x, y in zip(rest, other, strict=True)]
        place = next((k for k, v in enumerate(rest) if v), -1)
        if place >= 0:
            inverse = pow(rest[place], -1, PRIME)
            basis.append((place, [v * inverse % PRIME for v in rest]))
    return len(basis)


def component_of(found: Product, first: int, work: Work) -> list[int]:
    """The component of `first` in the graph K_ij != 0, in order."""
    waiting, inside = [first], {first}
    width = len(found.rows.rows[0]) if found.kind == "features" else 1
    outside = [i for i in range(len(found.weights.top)) if i != first]
    while waiting:
        i = waiting.pop()
        work.spend_on_rows(len(outside) * (width + 4), found.rows.bits)
        near = [j for j in outside if found.kernel(i, j)]
        inside.update(near)
        waiting.extend(near)
        outside = [j for j in outside if j not in inside]
    return sorted(inside)
