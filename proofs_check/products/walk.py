"""The matrices A_i of a claim, and what they make of a quadratic form: A_i^T Q A_i, and sums of these.

A_i = c I - eta a_i b_i^T (features, Gram matrices), so A_i^T Q A_i = c^2 Q - eta c (Q a_i b_i^T + b_i a_i^T Q)
+ eta^2 (a_i^T Q a_i) b_i b_i^T; or A_i itself (matrices, momentum).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate
from typing import Any

from proofs_check.core.budget import Work
from proofs_check.core.data import Step, read_step
from proofs_check.core.reading import Refused, fields, number, positive
from proofs_check.core.rule import Setting
from proofs_check.core.wording import describe_step, exact
from proofs_check.products.frame import Frame, read_frame
from proofs_check.products.product import MOMENTUM, VECTORS, Product, product_of
from proofs_check.products.tables import Numbers, Table, combination, diagonal, product, unit, weighted

ONE = Fraction(1)
_NEEDED = "the proof needs features or a Gram matrix, and single samples"


@dataclass(frozen=True)
class Walk:
    """One learning rate of a product, in the coordinates of a claim.

    `matrices` of state coordinates, or of steps that are listed (batches, words): then with their `chances`.
    """

    frame: Frame
    work: Work
    eta: Fraction
    weight_decay: Fraction
    step: Step
    settings: tuple[tuple[str, Fraction], ...]
    matrices: tuple[Table, ...]
    chances: Numbers | None = None
    beta: Fraction = Fraction(0)

    @property
    def product(self) -> Product:
        return self.frame.product

    @property
    def p(self) -> Numbers:
        return self.product.weights if self.chances is None else self.chances

    @property
    def count(self) -> int:
        return len(self.p.top)

    @property
    def size(self) -> int:
        return self.frame.size

    @property
    def single(self) -> bool:
        return self.step.kind == "single"

    @property
    def c(self) -> Fraction:
        return 1 - self.eta * self.weight_decay

    @property
    def ab(self) -> tuple[Table, Table]:
        """The a_i and b_i of the samples; vectors alone have them."""
        assert self.frame.a is not None and self.frame.b is not None
        return self.frame.a, self.frame.b

    @property
    def kappa(self) -> Fraction:
        """V5b."""
        b, n = self.step.size, sum(self.p.top)
        return Fraction(1, b) if self.step.replacement else Fraction(n - b, b * (n - 1))

    def factor(self, i: int) -> Fraction:
        """c - eta K_ii."""
        return self.c - self.eta * self.product.diagonal[i]

    def require_vectors(self) -> None:
        if self.frame.a is None or self.matrices:
            raise Refused(_NEEDED)

    def require_matrices(self, where: str) -> None:
        """The A_i themselves; momentum on vectors has none here, nor have the coordinates `kernel`."""
        if self.beta or self.frame.kind == "kernel":
            raise Refused(
                f"{where}: with momentum, or in the coordinates kernel, only closed forms prove anything"
            )

    def require_single(self) -> None:
        if not self.single:
            raise Refused("a minibatch has no place here")

    @property
    def samples(self) -> "Walk":
        """The walk of single samples of the same vectors."""
        return replace(self, step=Step("single"))

    def at(self, eta: Fraction) -> "Walk":
        """Another learning rate of features or a Gram matrix."""
        return replace(self, eta=eta)

    def image(self, i: int, q: Table) -> Table:
        """A_i^T Q A_i for one sample."""
        if self.matrices:
            return self._congruent(self.matrices[i], q)
        first, second = self.ab
        one = Numbers((1,), 1)
        a, b = Table([first.rows[i]], first.den), Table([second.rows[i]], second.den)
        return self._image(q, one, a, b)

    def _congruent(self, a: Table, q: Table) -> Table:
        """A^T Q A."""
        return product(product(a.columns, q, self.work), a.columns, self.work)

    def batch_images(self, q: Table) -> Iterator[Table]:
        """A_B^T Q A_B for every batch without replacement: each sample at most as often as it is counted."""
        a, b = self.ab
        for times in choices(self.p.top, self.step.size):
            self.work.spend(4 * self.count + self.count**2 // 50)
            s = weighted(Numbers(times, self.step.size), a, b, self.work)
            yield self._congruent(combination([(self.c, unit(self.size)), (-self.eta, s)], self.work), q)

    def mean(self, v: Numbers, q: Table) -> Table:
        """sum v_i A_i^T Q A_i."""
        if self.matrices:
            return combination([(v[i], self.image(i, q)) for i in range(self.count)], self.work)
        return self._image(q, v, *self.ab)

    def _image(self, q: Table, v: Numbers, a: Table, b: Table) -> Table:
        half, f = self._parts(q, v, a, b)
        return self._combined(q, v.total, half, [(ONE, f)])

    def _parts(self, q: Table, v: Numbers, a: Table, b: Table) -> tuple[Table, Table]:
        """sum v_i Q a_i b_i^T and F = sum v_i (a_i^T Q a_i) b_i b_i^T."""
        images = product(a, q, self.work)
        squares = v.times(diagonal(images, a, self.work), self.work)
        return weighted(v, images, b, self.work), weighted(squares, b, b, self.work)

    def _combined(self, q: Table, total: Fraction, half: Table, f: list[tuple[Fraction, Table]]) -> Table:
        """c^2 total Q - eta c (half + half^T) + eta^2 F, F a sum of multiples."""
        c, eta = self.c, self.eta
        terms = [(c * c * total, q), (-eta * c, half), (-eta * c, half.columns)]
        return combination([*terms, *((eta * eta * share, m) for share, m in f)], self.work)

    def step_mean(self, q: Table) -> Table:
        """T(Q) = E A^T Q A of a whole step, a minibatch too (V5b)."""
        if self.single:
            return self.mean(self.p, q)
        a, b = self.ab
        half, f = self._parts(q, self.p, a, b)
        both = product(weighted(self.p, a, b, self.work).columns, half.columns, self.work)
        return self._combined(q, ONE, half, [(self.kappa, f), (1 - self.kappa, both)])

    def opening(self, *, rate: bool = True) -> str:
        """The words that open a sentence."""
        told = [self.product.words(self.work)]
        if self.frame.kind == "kernel" and self.product.kind == "gram":
            told[0] += ", taken as positive semidefinite without proof"
        if self.frame.kind in ("residuals", "kernel"):
            told.append("errors in the span of the samples")
        if self.beta:
            told.append(f"heavy-ball momentum {exact(self.beta)}")
        if rate and self.product.kind != "matrices":
            told.append(f"learning rate {exact(self.eta)}")
        told += [f"{name} {exact(value)}" for name, value in self.settings]
        if self.weight_decay:
            told.append(f"weight decay {exact(self.weight_decay)}")
        step = "" if self.product.kind == "matrices" else f" and {describe_step(self.step)}"
        return f"For {', '.join(told)}{step}: "


def choices(most: tuple[int, ...], total: int) -> Iterator[tuple[int, ...]]:
    """All (n_0, n_1, ...) with 0 <= n_i <= most_i and the sum `total`, the largest first."""
    room = list(accumulate(reversed(most), initial=0))[::-1]
    if total > room[0]:
        return
    times, start, left = [0] * len(most), 0, total
    while True:
        for k in range(start, len(most)):
            times[k] = min(most[k], left)
            left -= times[k]
        yield tuple(times)
        k, left = len(most) - 1, 1
        while k >= 0 and (
            times[k] == 0 or left > room[k + 1]
        ):  # the last that can give one to those behind it
            left += times[k]
            k -= 1
        if k < 0:
            return
        times[k] -= 1
        start = k + 1


def read_walk(
    claim: dict[str, Any], setting: Setting, keys: tuple[str, ...], *, rate: bool = True, heavy: bool = False
) -> Walk:
    """What a claim begins with; `keys` are its further ones. Without `rate`: eta is 1 for now, and no decay.

    `heavy`: a claim on features or a Gram matrix may have heavy-ball momentum (V20).
    """
    found = product_of(claim, setting)
    head, momentum = ["kind", "product", "coordinates"], found.kind in MOMENTUM
    if found.kind not in VECTORS and not rate:
        raise Refused("the claim needs features or a Gram matrix")
    if rate and found.kind != "matrices":
        head += ["eta", "weight_decay", *(("lambda", "beta") if momentum else ())]
    vectors = found.kind in VECTORS
    optional = ("step", "momentum") if heavy else ("step",)
    fields(claim, "the claim", (*head, *keys), optional if vectors else ())
    eta = positive(claim["eta"], "eta") if "eta" in head else ONE
    decay = number(claim["weight_decay"], "weight_decay") if "weight_decay" in head else Fraction(0)
    if decay < 0:
        raise Refused("weight_decay is negative")
    step = read_batch(claim["step"], found) if "step" in claim else Step("single")
    frame = _frame(claim, setting, found)
    walk = Walk(frame, setting.work, eta, decay, step, (), found.tables if found.kind == "matrices" else ())
    if "momentum" in claim:
        walk = replace(walk, beta=positive(claim["momentum"], "momentum"))
        if walk.beta >= 1:
            raise Refused("momentum is not below 1")
    return _with_momentum(walk, claim) if momentum else walk


def read_batch(value: Any, found: Product) -> Step:
    """A minibatch of at least 2 samples."""
    step = read_step(value)
    if step.kind != "minibatch" or step.size < 2:
        raise Refused("step is not a minibatch of at least 2 samples")
    total = sum(found.weights.top)
    if not step.replacement and not (found.counted and total >= 2 and step.size <= total):
        raise Refused("batches without replacement need counts, and a size up to their sum")
    return step


def _frame(claim: dict[str, Any], setting: Setting, found: Product) -> Frame:
    """Worked out once for each product and choice of pivots."""
    key = "frame", claim["product"], json.dumps(claim["coordinates"], sort_keys=True)
    if key not in setting.kept:
        setting.kept[key] = read_frame(claim["coordinates"], found, setting.work)
    kept: Frame = setting.kept[key]
    return kept


def _with_momentum(walk: Walk, claim: dict[str, Any]) -> Walk:
    """The 2 x 2 matrices of the heavy ball or of Nesterov's momentum, state (e_t, e_(t-1))."""
    strength, beta = positive(claim["lambda"], "lambda"), number(claim["beta"], "beta")
    if not 0 <= beta < 1:
        raise Refused("beta is not in [0, 1)")
    xs = walk.product.curvatures
    assert xs is not None
    walk.work.spend_on_divisions(8 * walk.count, xs.bits + 4000)
    matrices = []
    for i in range(walk.count):
        z = walk.c - walk.eta * strength * xs[i]
        row = (z + beta, -beta * walk.c) if walk.product.kind == "heavy_ball" else ((1 + beta) * z, -beta * z)
        matrices.append(combination([(row[0], _CORNER), (row[1], _BESIDE), (ONE, _BELOW)], walk.work))
    told = ("lambda", strength), ("momentum", beta)
    return replace(walk, settings=told, matrices=tuple(matrices))


_CORNER, _BESIDE, _BELOW = (
    Table([[1, 0], [0, 0]]),
    Table([[0, 1], [0, 0]]),
    Table([[0, 0], [1, 0]]),
)


def difference(m: Table, factor: Fraction, q: Table, work: Work) -> Table:
    """M - factor Q."""
    return combination([(ONE, m), (-factor, q)], work)


def negative(m: Table) -> Table:
    return Table([[-v for v in row] for row in m.rows], m.den)
