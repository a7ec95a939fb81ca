"""The random products of a certificate: read once, with weights, the diagonal of the kernel, and their words."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from operator import mul
from typing import Any

from proofs_check.core.budget import Work
from proofs_check.core.data import MOST_SCALE_BITS
from proofs_check.core.reading import Refused, extent, fields, index, items, number, positive, quoted
from proofs_check.core.rule import Setting
from proofs_check.core.wording import exact
from proofs_check.products.tables import Numbers, Table, as_numbers, read_numbers, read_table

VALUE_COST = 8
MOST_PRODUCTS = 1000
MOST_SAMPLES = 5000
MOST_SIZE = 500
SHOWN = 4
VECTORS = ("features", "gram")
MOMENTUM = ("heavy_ball", "nesterov")


@dataclass(frozen=True)
class Product:
    """`tables`: the features or the Gram matrix alone, or the matrices; none for `curvatures` of momentum."""

    kind: str
    name: str
    tables: tuple[Table, ...]
    curvatures: Numbers | None
    weights: Numbers
    counted: bool

    @property
    def rows(self) -> Table:
        """The features, or the Gram matrix."""
        return self.tables[0]

    @cached_property
    def diagonal(self) -> Numbers:
        """The K_ii."""
        table = self.rows
        if self.kind == "gram":
            return Numbers(tuple(row[i] for i, row in enumerate(table.rows)), table.den)
        return Numbers(tuple(sum(map(mul, row, row)) for row in table.rows), table.den**2)

    def kernel(self, i: int, j: int) -> int:
        """A positive multiple of K_ij, the same for all i and j."""
        rows = self.rows.rows
        return rows[i][j] if self.kind == "gram" else sum(map(mul, rows[i], rows[j]))

    def words(self, work: Work) -> str:
        """The product in one line, with a fingerprint of all its numbers."""
        size, first = (
            len(self.weights.top),
            [self.weights[i] for i in range(min(SHOWN, len(self.weights.top)))],
        )
        shown = ", ".join(map(exact, first)) + (", ..." if size > SHOWN else "")
        return f"{self._what()} {quoted(self.name)} (probabilities {shown}; sha256 {self.fingerprint(work)})"

    def _what(self) -> str:
        size = len(self.weights.top)
        plural = "s" if size > 1 else ""
        if self.kind == "features":
            return f"{size} sample{plural} of {len(self.rows.rows[0])} features"
        if self.kind == "gram":
            return f"the Gram matrix of {size} sample{plural}"
        if self.kind == "matrices":
            return f"{size} {'matrices' if size > 1 else 'matrix'} of {len(self.rows.rows)} rows"
        name = "heavy ball" if self.kind == "heavy_ball" else "Nesterov's momentum"
        return f"{name} on {size} curvature{plural}"

    def fingerprint(self, work: Work) -> str:
        """The sha256 of the kind, "p" or "count", and all numbers in lowest terms as hexadecimal "n/d", a line each."""
        lists = [(row, t.den) for t in self.tables for row in t.rows]
        lists += [(c.top, c.den) for c in (self.curvatures, self.weights) if c is not None]
        longest = max([t.bits for t in self.tables] + [self.weights.bits])
        work.spend_on_divisions(2 * sum(len(top) for top, _ in lists), longest)
        lines = [self.kind, "count" if self.counted else "p"]
        for top, den in lists:
            lines.append(
                " ".join(f"{q.numerator:x}/{q.denominator:x}" for q in (Fraction(v, den) for v in top))
            )
        return sha256("\n".join(lines).encode()).hexdigest()


def product_of(claim: dict[str, Any], setting: Setting) -> Product:
    """The product that the claim names by its index."""
    if setting.products is None:
        raise Refused("the certificate has no products")
    listed = items(setting.products, "products")
    k = index(claim.get("product"), "product")
    if not k < len(listed) <= MOST_PRODUCTS:
        raise Refused(f"product is not the index of one of at most {MOST_PRODUCTS} products")
    if ("product", k) not in setting.kept:
        setting.work.spend(VALUE_COST * extent(listed[k])[0])
        setting.kept["product", k] = read_product(listed[k], f"products[{k}]", setting.work)
    found: Product = setting.kept["product", k]
    return found


def read_product(value: Any, where: str, work: Work) -> Product:
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind in VECTORS:
        return _read_vectors(value, kind, where, work)
    if kind == "matrices":
        table = fields(value, where, ("kind", "name", "matrices", "p"))
        listed = items(table["matrices"], f"{where}.matrices")
        matrices = tuple(read_table(m, f"{where}.matrices", work) for m in listed)
        weights, counted = _read_weights(table, where, len(matrices), work)
        size = len(matrices[0].rows)
        if size > MOST_SIZE or any({len(m.rows), len(m.rows[0])} != {size} for m in matrices):
            raise Refused(f"{where} are not square matrices of one size up to {MOST_SIZE}")
        return Product(kind, _name(table, where), matrices, None, weights, counted)
    if kind in MOMENTUM:
        table = fields(value, where, ("kind", "name", "curvatures", "p"))
        count = len(items(table["curvatures"], f"{where}.curvatures"))
        weights, counted = _read_weights(table, where, count, work)
        curvatures = read_numbers(table["curvatures"], f"{where}.curvatures", count, work)
        if min(curvatures.top) < 0 or not any(curvatures.top):
            raise Refused(f"{where} has a negative curvature or none that is positive")
        return Product(kind, _name(table, where), (), curvatures, weights, counted)
    raise Refused(f"{where} has the unknown kind {quoted(kind)}")


def _read_vectors(value: dict[str, Any], kind: str, where: str, work: Work) -> Product:
    counted = "count" in value
    table = fields(value, where, ("kind", "name", kind, "count" if counted else "p"), ("unit",))
    rows = read_table(table[kind], f"{where}.{kind}", work)
    if "unit" in table:
        rows = _times(rows, positive(table["unit"], f"{where}.unit"), work)
    count = len(rows.rows)
    if len(rows.rows[0]) > (count if kind == "gram" else MOST_SIZE):
        raise Refused(f"{where} has too many columns")
    if kind == "gram" and (len(rows.rows[0]) != count or not rows.is_symmetric()):
        raise Refused(f"{where} is not a symmetric matrix")
    weights, counted = _read_weights(table, where, count, work)
    work.spend_on_rows(count * len(rows.rows[0]), rows.bits)
    found = Product(kind, _name(table, where), (rows,), None, weights, counted)
    if not any(found.diagonal.top):
        raise Refused(f"{where} has nothing but zeros")
    return found


def _times(rows: Table, unit: Fraction, work: Work) -> Table:
    """The entries are multiples of `unit`."""
    n, den = unit.numerator, unit.denominator * rows.den
    if den.bit_length() > MOST_SCALE_BITS:
        raise Refused("a unit is too small")
    work.spend_on_rows(len(rows.rows) * len(rows.rows[0]), max(rows.bits, n.bit_length()))
    return Table([[n * v for v in row] for row in rows.rows], den)


def _name(table: dict[str, Any], where: str) -> str:
    name = table["name"]
    if not isinstance(name, str) or not 1 <= len(name) <= 200:
        raise Refused(f"{where}.name is not a string of 1 to 200 characters")
    return name


def _read_weights(table: dict[str, Any], where: str, count: int, work: Work) -> tuple[Numbers, bool]:
    """`p` with the sum 1, or `count` (of features and Gram matrices)."""
    counted = "count" in table
    listed = items(table["count" if counted else "p"], f"{where}: weights")
    if not 1 <= len(listed) == count <= MOST_SAMPLES:
        raise Refused(f"{where} does not have a weight for each of 1 to {MOST_SAMPLES} samples")
    if counted:
        counts = tuple(index(v, f"{where}.count") for v in listed)
        weights = Numbers(counts, max(1, sum(counts)))
    else:
        weights = as_numbers([number(v, f"{where}.p") for v in listed], work, "probabilities")
    if min(weights.top) <= 0 or weights.total != 1:
        raise Refused(f"{where} has a weight that is not positive, or weights whose sum is not 1")
    return weights, counted
