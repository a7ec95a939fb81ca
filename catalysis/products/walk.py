"""One step multiplies the state by a rational matrix, drawn independently: SGD on vector data, and momentum.

docs/products.md, "Setting". Single samples have `A_i = c I - eta a_i b_i^T`; momentum has general matrices.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import combinations_with_replacement, product
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from flint import fmpz_mat

from catalysis.data.dataset import check_name
from catalysis.data.walk import LinearWalk, as_walk
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import DataError, brief, exact, exact_text, positive, whole
from catalysis.products.kernel import VectorData, over_common_denominator, pivot_columns

Kind = Literal["features", "gram", "matrices", "heavy_ball", "nesterov"]
Matrix = tuple[tuple[Fraction, ...], ...]
Doubles = npt.NDArray[np.float64]

MAX_BATCHES = 20_000
"""How many batches `expanded` lists."""
MAX_LISTED = 400
"""How many batches or words a proof lists, and a reader of certificates."""
MAX_DIMENSION = 500
WIDEST = Fraction(10) ** 100
"""The largest number in a walk."""
MAX_MOMENTUM = 12
"""The largest rank of vector data with momentum."""
MAX_MOMENTUM_STEPS = 400
MAX_CURVATURES = 5000
"""Of momentum on scalar data."""


@dataclass(frozen=True)
class Ratio:
    """An integer matrix over one denominator > 0."""

    top: fmpz_mat
    den: int

    def minus(self, other: Ratio) -> fmpz_mat:
        """A positive multiple of self - other, as integers."""
        return self.top * other.den - other.top * self.den

    def times(self, factor: Fraction) -> Ratio:
        return Ratio(self.top * factor.numerator, self.den * factor.denominator)

    def times_rows(self, factors: Sequence[Fraction]) -> Ratio:
        """Each row times a number of its own."""
        found = _scaled_rows(self.top, factors)
        return Ratio(found.top, found.den * self.den)


@dataclass(frozen=True)
class RankOne:
    """Steps `A_i = c I - eta a_i b_i^T`: the rows `a_i`, `b_i`, distinct, with their probabilities.

    `counts` of items behind each step, where known. `place[i]` is the step of sample i. In residual coordinates
    `pivots` are J and `metric` is K_JJ, in features both are None.
    """

    left: Ratio
    right: Ratio
    p: tuple[Fraction, ...]
    counts: tuple[int, ...] | None
    place: tuple[int, ...]
    pivots: tuple[int, ...] | None
    metric: Ratio | None


@dataclass(frozen=True, repr=False)
class MatrixWalk:
    """A random product of matrices: made by one of the `from_` constructors, `heavy_ball` or `nesterov`.

    `data` for samples that are vectors, else `matrices` with probabilities `p`. `batch` samples a step, drawn with or
    without `replacement`. `settings` says what general matrices were made of.
    """

    name: str
    kind: Kind
    eta: Fraction = Fraction(1)
    weight_decay: Fraction = Fraction(0)
    data: VectorData | None = None
    matrices: tuple[Matrix, ...] = ()
    p: tuple[Fraction, ...] = ()
    batch: int = 1
    replacement: bool = True
    settings: tuple[tuple[str, Any], ...] = field(default=())

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.data is None:
            _check_matrices(self.matrices, self.p)
            return
        _check_scales(self.data, self.eta, self.weight_decay)
        if not self.replacement:
            if self.data.counts is None:
                raise DataError("replacement: expected counts with the data, to draw without replacement")
            whole(self.batch, "batch", least=1, most=sum(self.data.counts))

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: what has been worked out from them is worked out again."""
        return {key: getattr(self, key) for key in self.__dataclass_fields__}

    def __repr__(self) -> str:
        return (
            f"MatrixWalk({self.name!r}, {self.kind}, eta={exact_text(self.eta)}, dimension={self.dimension})"
        )

    @classmethod
    def from_data(
        cls,
        data: VectorData,
        *,
        eta: object,
        weight_decay: object = 0,
        batch: object = 1,
        replacement: bool = True,
    ) -> Self:
        """SGD on vector data.

        Parameters
        ----------
        data : VectorData
            The samples.
        eta : Number > 0
            The learning rate.
        weight_decay : Number >= 0
            Decoupled decay w.
        batch : int >= 1
            Samples a step.
        replacement : bool
            Without replacement the data need counts.

        Returns
        -------
        MatrixWalk
            The product of I - eta (sum over the batch) / batch.

        Raises
        ------
        InputError
            It names the argument.

        Examples
        --------
        >>> from catalysis import MatrixWalk, load_vectors
        >>> MatrixWalk.from_data(load_vectors("examples/iris.csv"), eta="0.1", batch=8).dimension
        4
        """
        decay = exact(weight_decay, "weight_decay")
        if decay < 0:
            raise DataError("weight_decay: expected a number >= 0")
        size = whole(batch, "batch", least=1, most=10**9)
        return cls(
            data.name, data.kind, positive(eta, "eta"), decay, data, batch=size, replacement=bool(replacement)
        )

    @classmethod
    def from_features(
        cls,
        features: object,
        *,
        eta: object,
        p: Iterable[object] | None = None,
        counts: Iterable[object] | None = None,
        name: str = "features",
        **options: Any,
    ) -> Self:
        """SGD on samples with features.

        Parameters
        ----------
        features : array of numbers, shape (m, d)
            A row a sample.
        eta : Number > 0
            The learning rate.
        p, counts : iterable
            Weights of the samples: one of the two, or neither.
        name : str
            Of the data.
        **options
            As for `from_data`.

        Returns
        -------
        MatrixWalk
            In the coordinates of the parameters.

        Raises
        ------
        InputError
            It names the argument.

        Examples
        --------
        >>> from catalysis import MatrixWalk
        >>> MatrixWalk.from_features([[1, 0], [1, 1]], eta="1.1")
        MatrixWalk('features', features, eta=1.1, dimension=2)
        """
        data = VectorData.from_features(features, p=p, counts=counts, name=name)
        return cls.from_data(data, eta=eta, **options)

    @classmethod
    def from_gram(
        cls,
        gram: object,
        *,
        eta: object,
        p: Iterable[object] | None = None,
        counts: Iterable[object] | None = None,
        name: str = "gram",
        **options: Any,
    ) -> Self:
        """SGD on samples known by their Gram matrix, in residual coordinates.

        Parameters
        ----------
        gram : array of numbers, shape (m, m)
            Symmetric and positive semidefinite.
        eta : Number > 0
            The learning rate.
        p, counts : iterable
            Weights of the samples: one of the two, or neither.
        name : str
            Of the data.
        **options
            As for `from_data`.

        Returns
        -------
        MatrixWalk
            A walk of the residuals.

        Raises
        ------
        InputError
            It names the argument.

        Examples
        --------
        >>> from catalysis import MatrixWalk
        >>> MatrixWalk.from_gram([[2, 1], [1, 2]], eta="0.9")
        MatrixWalk('gram', gram, eta=0.9, dimension=2)
        """
        data = VectorData.from_gram(gram, p=p, counts=counts, name=name)
        return cls.from_data(data, eta=eta, **options)

    @classmethod
    def from_matrices(cls, matrices: Iterable[Any], p: Iterable[object], *, name: str = "matrices") -> Self:
        """Any rational square matrices of one size, drawn independently.

        Parameters
        ----------
        matrices : iterable of tables of Number
            Each d x d.
        p : iterable of Number > 0
            Their probabilities, with sum 1.
        name : str
            Of the product.

        Returns
        -------
        MatrixWalk
            Of general matrices.

        Raises
        ------
        InputError
            It names the argument.

        Examples
        --------
        >>> from catalysis import MatrixWalk
        >>> MatrixWalk.from_matrices([[["1/2", 0], [0, "1/2"]], [[1, 1], [0, 1]]], ["1/2", "1/2"])
        MatrixWalk('matrices', matrices, eta=1, dimension=2)
        """
        tables = tuple(
            tuple(tuple(exact(v, f"matrices[{i}]") for v in row) for row in matrix)
            for i, matrix in enumerate(matrices)
        )
        return cls(name, "matrices", matrices=tables, p=tuple(exact(v, "p") for v in p))

    @classmethod
    def heavy_ball(cls, walk: object, curvature: object, beta: object, *, weight_decay: object = 0) -> Self:
        """SGD with heavy-ball momentum on scalar data at a frozen curvature.

        Parameters
        ----------
        walk : LinearWalk, or data (see as_dataset)
            The step and its learning rate.
        curvature : Number > 0
            lambda.
        beta : Number, 0 <= beta < 1
            The momentum.
        weight_decay : Number >= 0
            Decoupled decay.

        Returns
        -------
        MatrixWalk
            Of the state (mu_t, mu_(t-1)).

        Raises
        ------
        InputError
            It names the argument.

        Examples
        --------
        >>> from catalysis import MatrixWalk
        >>> MatrixWalk.heavy_ball("examples/talk-1.toml", "1.42", "0.9")
        MatrixWalk('talk-1', heavy_ball, eta=1, dimension=2)
        """
        return cls._momentum("heavy_ball", as_walk(walk), curvature, beta, weight_decay)

    @classmethod
    def nesterov(cls, walk: object, curvature: object, beta: object, *, weight_decay: object = 0) -> Self:
        """SGD with Nesterov's momentum on scalar data at a frozen curvature.

        Parameters
        ----------
        walk, curvature, beta, weight_decay
            As for `heavy_ball`.

        Returns
        -------
        MatrixWalk
            Of the state (mu_t, mu_(t-1)).

        Raises
        ------
        InputError
            It names the argument.

        Examples
        --------
        >>> from catalysis import MatrixWalk
        >>> MatrixWalk.nesterov("examples/talk-1.toml", "1.42", "0.9")
        MatrixWalk('talk-1', nesterov, eta=1, dimension=2)
        """
        return cls._momentum("nesterov", as_walk(walk), curvature, beta, weight_decay)

    @classmethod
    def _momentum(
        cls, kind: Kind, walk: LinearWalk, curvature: object, beta: object, weight_decay: object
    ) -> Self:
        level, b = positive(curvature, "curvature"), exact(beta, "beta")
        if not 0 <= b < 1:
            raise DataError("beta: expected a number in [0, 1)")
        decay = exact(weight_decay, "weight_decay")
        if decay < 0:
            raise DataError("weight_decay: expected a number >= 0")
        law, eta = walk.law, walk.dataset.learning_rate
        if len(law.x) > MAX_CURVATURES:
            raise DataError(
                f"walk: expected at most {MAX_CURVATURES} different curvatures a step, found {len(law.x)}"
            )
        make = _heavy_ball_step if kind == "heavy_ball" else _nesterov_step
        matrices = tuple(make(1 - eta * decay, eta * level * x, b) for x in law.x)
        settings = (("lambda", level), ("beta", b), ("curvatures", tuple(law.x)), ("walk", walk))
        name = walk.dataset.name
        return cls(name, kind, eta, decay, matrices=matrices, p=tuple(law.p), settings=settings)

    def with_momentum(self, beta: object) -> MatrixWalk:
        """SGD with heavy-ball momentum on this vector data: `[[A_i + beta I, -beta c I], [I, 0]]`.

        Parameters
        ----------
        beta : Number, 0 <= beta < 1
            The momentum.

        Returns
        -------
        MatrixWalk
            Of the state (e_t, e_(t-1)), its dimension twice that of the data; minibatches are enumerated.

        Raises
        ------
        InputError
            For other walks, and beyond the largest dimension that is taken.

        Examples
        --------
        >>> from catalysis import MatrixWalk
        >>> MatrixWalk.from_features([[1, 0], [1, 1]], eta="1.1").with_momentum("0.9").dimension
        4
        """
        b = exact(beta, "beta")
        if not 0 <= b < 1:
            raise DataError("beta: expected a number in [0, 1)")
        if self.data is None:
            raise DataError("walk: expected a walk on vector data")
        if self.dimension > MAX_MOMENTUM:
            raise DataError(
                f"momentum: expected data of rank at most {MAX_MOMENTUM}, found {self.dimension}"
                " (without momentum larger ranks are in reach)"
            )
        single = self.expanded()
        if single.size > MAX_MOMENTUM_STEPS:
            raise DataError(
                f"momentum: expected at most {MAX_MOMENTUM_STEPS} different samples or batches, found {single.size}"
            )
        matrices = tuple(_with_momentum(_as_fractions(step), b, self.keep) for step in single.steps)
        settings = (("beta", b), ("vectors", self))
        name = self.name
        return MatrixWalk(
            name,
            "matrices",
            self.eta,
            self.weight_decay,
            matrices=matrices,
            p=single.weights,
            settings=settings,
        )

    def with_eta(self, eta: object) -> Self:
        """The same vector data at another learning rate.

        Parameters
        ----------
        eta : Number > 0
            The learning rate.

        Returns
        -------
        MatrixWalk
            All else as here.

        Raises
        ------
        InputError
            For walks of general matrices, and unless eta > 0.

        Examples
        --------
        >>> from catalysis import MatrixWalk
        >>> MatrixWalk.from_features([[1, 0], [1, 1]], eta="1.1").with_eta("0.5")
        MatrixWalk('features', features, eta=0.5, dimension=2)
        """
        if self.data is None:
            raise InputError("eta: expected a walk on vector data")
        other = replace(self, eta=positive(eta, "eta"))
        other.__dict__["rank_one"] = self.rank_one  # it does not depend on eta
        return other

    @property
    def keep(self) -> Fraction:
        """c = 1 - eta w."""
        return 1 - self.eta * self.weight_decay

    @cached_property
    def rank_one(self) -> RankOne | None:
        """The structure of vector data, None for general matrices."""
        return None if self.data is None else _rank_one(self.data)

    @cached_property
    def weights(self) -> tuple[Fraction, ...]:
        """The probabilities of the distinct samples (or matrices)."""
        return self.p if self.rank_one is None else self.rank_one.p

    @property
    def size(self) -> int:
        return len(self.weights)

    @property
    def dimension(self) -> int:
        return len(self.matrices[0]) if self.rank_one is None else int(self.rank_one.left.top.ncols())

    @property
    def single(self) -> bool:
        """Whether a step is one sample (or one of the matrices)."""
        return self.batch == 1

    @property
    def sharing(self) -> Fraction:
        """kappa of V5: how much of a batch's second moment comes from one sample met with itself."""
        b = self.batch
        if self.replacement or b == 1:
            return Fraction(1, b)
        assert self.data is not None and self.data.counts is not None
        n = sum(self.data.counts)
        return Fraction(n - b, b * (n - 1)) if n > 1 else Fraction(1)

    @cached_property
    def steps(self) -> tuple[Ratio, ...]:
        """The matrices A_i of single steps, exactly."""
        r = self.rank_one
        if r is None:
            return tuple(Ratio(*over_common_denominator(m)) for m in self.matrices)
        ones = [Fraction(0)] * self.size
        return tuple(self.combined([*ones[:i], Fraction(1), *ones[i + 1 :]]) for i in range(self.size))

    @cached_property
    def coupled(self) -> npt.NDArray[np.bool_]:
        """Which coordinates lie in one block: the A_i never mix others."""
        linked = np.eye(self.dimension, dtype=bool)
        r = self.rank_one
        if r is None:
            for step in self.steps:
                linked |= np.array([[bool(v) for v in row] for row in step.top.tolist()])
        else:
            a, b = (
                np.array([[float(v != 0) for v in row] for row in x.top.tolist()]) for x in (r.left, r.right)
            )
            linked |= (a + b).T @ (a + b) > 0
        linked |= linked.T
        for _ in range(self.dimension.bit_length()):
            linked = (linked.astype(np.float64) @ linked) > 0
        return linked

    def combined(self, shares: Sequence[Fraction]) -> Ratio:
        """c I - eta sum shares_i a_i b_i^T."""
        r = self.rank_one
        assert r is not None
        middle = _scaled_rows(r.left.top, shares)
        den = r.left.den * r.right.den * middle.den
        step = Ratio(middle.top.transpose() * r.right.top, den).times(self.eta)
        one = identity(self.dimension)
        c = self.keep
        return Ratio(one * (c.numerator * step.den) - step.top * c.denominator, c.denominator * step.den)

    def pulled(self, v: Sequence[Fraction], q: fmpz_mat) -> Ratio:
        """T_v(Q) = sum v_i A_i^T Q A_i for single steps, exactly."""
        r = self.rank_one
        if r is None:
            return _pulled_general(self.steps, v, q)
        return _pulled(r, v, q, self.eta, self.keep, Fraction(1))

    def second_moment(self, q: fmpz_mat) -> Ratio:
        """T(Q) = E A^T Q A of a whole step, minibatches by the closed form (V5b), exactly."""
        r = self.rank_one
        if r is None:
            return self.pulled(self.weights, q)
        return _pulled(r, r.p, q, self.eta, self.keep, self.sharing)

    def listed(self) -> MatrixWalk | None:
        """As `expanded`, None beyond MAX_LISTED different batches: so many fit into a certificate."""
        if self.single:
            return self
        if self.batch_count > MAX_LISTED:
            return None
        return self.expanded()

    @property
    def batch_count(self) -> int:
        """How many different batches there may be at most."""
        return math.comb(self.size + self.batch - 1, self.batch)

    def expanded(self) -> MatrixWalk:
        """A walk of single steps with the same law: minibatches enumerated. Raises InputError beyond MAX_BATCHES."""
        if self.single:
            return self
        law = self._batches()
        matrices = tuple(_as_fractions(self.combined([Fraction(k, self.batch) for k in c])) for c in law)
        return MatrixWalk(self.name, "matrices", matrices=matrices, p=tuple(law.values()))

    def words(self, length: int) -> MatrixWalk:
        """The products of `length` single steps, the first step at the right (V18); minibatches are enumerated."""
        single = self.expanded()
        matrices, weights = [], []
        for word in product(range(single.size), repeat=length):
            found = single.steps[word[0]]
            for i in word[1:]:
                step = single.steps[i]
                found = Ratio(step.top * found.top, step.den * found.den)
            matrices.append(_as_fractions(found))
            weights.append(math.prod((single.weights[i] for i in word), start=Fraction(1)))
        return MatrixWalk(self.name, "matrices", matrices=tuple(matrices), p=tuple(weights))

    def with_batch(self, batch: int, *, replacement: bool) -> Self:
        """The same data and learning rate with other batches."""
        other = replace(self, batch=batch, replacement=replacement)
        other.__dict__["rank_one"] = self.rank_one
        return other

    def chance_alone(self, sample: int) -> Fraction:
        """The probability of a step that draws one sample of the data and no other."""
        assert self.data is not None
        if self.replacement or self.single:
            return self.data.p[sample] ** self.batch
        counts = self.data.counts
        assert counts is not None
        return Fraction(math.comb(counts[sample], self.batch), math.comb(sum(counts), self.batch))

    def _batches(self) -> dict[tuple[int, ...], Fraction]:
        m, b = self.size, self.batch
        if self.batch_count > MAX_BATCHES:
            raise InputError(
                f"batch: expected at most {MAX_BATCHES} different batches to list, found up to {self.batch_count}"
            )
        r = self.rank_one
        assert r is not None
        law: dict[tuple[int, ...], Fraction] = {}
        for chosen in combinations_with_replacement(range(m), b):
            times = Counter(chosen)
            drawn = tuple(times.get(i, 0) for i in range(m))
            chance = self._chance(r, drawn)
            if chance:
                law[drawn] = chance
        return law

    def _chance(self, r: RankOne, drawn: tuple[int, ...]) -> Fraction:
        if not self.replacement:
            assert r.counts is not None
            ways = math.prod(math.comb(n, k) for n, k in zip(r.counts, drawn, strict=True))
            return Fraction(ways, math.comb(sum(r.counts), self.batch))
        ways = math.factorial(self.batch) // math.prod(map(math.factorial, drawn))
        return ways * math.prod((p**k for p, k in zip(r.p, drawn, strict=True)), start=Fraction(1))

    def in_doubles(self) -> tuple[Doubles, Doubles]:
        """The matrices of single steps and their probabilities, rounded, for simulations; minibatches are enumerated.

        In coordinates in which the Euclidean norm is that of the parameters (of momentum: of the state). Raises
        InputError beyond MAX_BATCHES.
        """
        one = self.expanded()
        steps = np.array([_rounded(step) for step in one.steps])
        basis = self._basis
        if basis is not None:
            steps = np.linalg.solve(basis, steps @ basis)
        return steps, np.array([float(p) for p in one.weights])

    def inputs_in_doubles(self) -> tuple[Doubles, Doubles]:
        """The features g_i of the distinct samples in an orthonormal basis of their span, rounded, and the weights."""
        r = self.rank_one
        if r is None:
            raise DataError("walk: expected samples that are vectors, without momentum")
        left, basis = _rounded(r.left), self._basis
        g = left if basis is None else np.linalg.solve(basis, left.T).T
        return np.asarray(g, np.float64), np.array([float(p) for p in r.p])

    @property
    def _basis(self) -> Doubles | None:
        """L with K_JJ = L L^T: residual coordinates are u_J = L e in an orthonormal basis."""
        r = self.rank_one
        if r is None or r.metric is None:
            return None
        return np.asarray(np.linalg.cholesky(_rounded(r.metric)), np.float64)

    def heading(self) -> dict[str, Any]:
        """How the envelope of a result names this walk."""
        decay = {"weight_decay": exact_text(self.weight_decay)} if self.weight_decay else {}
        if self.data is not None:
            step: dict[str, Any] = {"kind": "single"}
            if self.batch > 1:
                step = {"kind": "minibatch", "size": self.batch, "replacement": self.replacement}
            return {**self.data.heading(), "eta": exact_text(self.eta), **decay, "step": step}
        known = dict(self.settings)
        if "vectors" in known:
            momentum = {"kind": "heavy_ball", "beta": exact_text(known["beta"])}
            return {**known["vectors"].heading(), "momentum": momentum}
        if "walk" not in known:
            return {"data": {"name": self.name, "matrices": len(self.matrices)}}
        momentum = {
            "kind": self.kind,
            "lambda": exact_text(known["lambda"]),
            "beta": exact_text(known["beta"]),
        }
        return {**known["walk"].heading(), **decay, "momentum": momentum}


def _rounded(ratio: Ratio) -> Doubles:
    return np.array([[int(v) / ratio.den for v in row] for row in ratio.top.tolist()])


def _heavy_ball_step(keep: Fraction, rate: Fraction, beta: Fraction) -> Matrix:
    return ((keep + beta - rate, -beta * keep), (Fraction(1), Fraction(0)))


def _nesterov_step(keep: Fraction, rate: Fraction, beta: Fraction) -> Matrix:
    z = keep - rate
    return (((1 + beta) * z, -beta * z), (Fraction(1), Fraction(0)))


def _with_momentum(step: Matrix, beta: Fraction, keep: Fraction) -> Matrix:
    size = len(step)
    unit = [tuple(Fraction(int(i == j)) for j in range(size)) for i in range(size)]
    upper = [
        (*(v + beta * u for v, u in zip(row, ones, strict=True)), *(-beta * keep * u for u in ones))
        for row, ones in zip(step, unit, strict=True)
    ]
    return (*upper, *((*ones, *[Fraction(0)] * size) for ones in unit))


def _check_scales(data: VectorData, eta: Fraction, decay: Fraction) -> None:
    """The searches are in doubles, and take powers."""
    largest = max(data.diagonal)
    if not 1 / WIDEST <= largest <= WIDEST:
        raise DataError(
            f"{data.kind}: expected a largest K_ii between 1e-100 and 1e100, found {brief(largest)}: scale it"
        )
    for what, value in (("eta", eta * largest), ("weight_decay", eta * decay)):
        if value > WIDEST:
            raise DataError(
                f"{what}: expected eta max K_ii and eta weight_decay up to 1e100, found {brief(value)}"
            )


def _check_matrices(matrices: Sequence[Matrix], p: Sequence[Fraction]) -> None:
    if not matrices or not matrices[0]:
        raise DataError("matrices: expected at least one square matrix")
    size = len(matrices[0])
    if size > MAX_DIMENSION or any(len(m) != size or any(len(row) != size for row in m) for m in matrices):
        raise DataError(f"matrices: expected square matrices of one size, at most {MAX_DIMENSION}")
    if len(p) != len(matrices) or min(p) <= 0 or sum(p) != 1:
        raise DataError("p: expected a positive probability for each matrix, and the sum 1")
    if max(abs(v) for m in matrices for row in m for v in row) > WIDEST:
        raise DataError(
            "matrices: expected entries up to 1e100; of momentum they grow with eta, lambda and weight decay"
        )


def _rank_one(data: VectorData) -> RankOne:
    """Connected features of full rank as they are; all else in residual coordinates on pivot columns of K.

    There the components of K are blocks of coordinates.
    """
    rows, den = data.integers
    if data.kind == "features" and int(rows.rank()) == rows.ncols() and len(data.components) == 1:
        return _merged(data, Ratio(rows, den), Ratio(rows, den), None, None)
    gram, gram_den = data.gram
    if int(gram.rank()) == gram.nrows():
        own = Ratio(gram, gram_den)
        return _merged(data, own, Ratio(identity(gram.nrows()), 1), tuple(range(gram.nrows())), own)
    pivots, echelon, echelon_den = pivot_columns(gram)
    table = gram.tolist()
    left = fmpz_mat([[row[j] for j in pivots] for row in table])
    metric = fmpz_mat([[table[i][j] for j in pivots] for i in pivots])
    right = Ratio(echelon.transpose(), echelon_den)
    return _merged(data, Ratio(left, gram_den), right, tuple(pivots), Ratio(metric, gram_den))


def _merged(
    data: VectorData, left: Ratio, right: Ratio, pivots: tuple[int, ...] | None, metric: Ratio | None
) -> RankOne:
    """Samples with the same a b^T as one: (a, b) and (-a, -b) are."""
    a, b = left.top.tolist(), right.top.tolist()
    place: dict[tuple[Any, ...], int] = {}
    first: list[int] = []
    p: list[Fraction] = []
    counts: list[int] = []
    steps: list[int] = []
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        ahead = next((v for v in y if v), 1)
        sign = 1 if ahead > 0 else -1
        key = (*(int(v) * sign for v in x), *(int(v) * sign for v in y))
        if key not in place:
            place[key] = len(first)
            first.append(i)
            p.append(Fraction(0))
            counts.append(0)
        steps.append(place[key])
        p[place[key]] += data.p[i]
        counts[place[key]] += 0 if data.counts is None else data.counts[i]
    return RankOne(
        Ratio(fmpz_mat([a[i] for i in first]), left.den),
        Ratio(fmpz_mat([b[i] for i in first]), right.den),
        tuple(p),
        None if data.counts is None else tuple(counts),
        tuple(steps),
        pivots,
        metric,
    )


def identity(size: int) -> fmpz_mat:
    """I."""
    return fmpz_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])


def integers_over(values: Sequence[Fraction]) -> tuple[list[int], int]:
    """Numerators over one denominator."""
    den = math.lcm(*(v.denominator for v in values))
    return [v.numerator * (den // v.denominator) for v in values], den


def _scaled_rows(rows: fmpz_mat, factors: Sequence[Fraction]) -> Ratio:
    numbers, den = integers_over(factors)
    return Ratio(fmpz_mat([[v * n for v in row] for n, row in zip(numbers, rows.tolist(), strict=True)]), den)


def _pulled(
    r: RankOne, v: Sequence[Fraction], q: fmpz_mat, eta: Fraction, keep: Fraction, sharing: Fraction
) -> Ratio:
    """c^2 V Q - eta c (B^T Q + Q B) + eta^2 (kappa F(Q) + (1 - kappa) B^T Q B), for weights v; V5b."""
    a, b = r.left.top, r.right.top
    numbers, den = integers_over(v)
    mixed = fmpz_mat([[x * n for x in row] for n, row in zip(numbers, a.tolist(), strict=True)])
    drift = mixed.transpose() * b  # B over den_B = den * left.den * right.den
    den_b = den * r.left.den * r.right.den
    half = q * drift
    squares = [
        n * sum(x * y for x, y in zip(row, image, strict=True))
        for n, row, image in zip(numbers, a.tolist(), (a * q).tolist(), strict=True)
    ]
    own = fmpz_mat([[x * n for x in row] for n, row in zip(squares, b.tolist(), strict=True)])
    terms = [
        (q, keep**2 * Fraction(sum(numbers), den)),
        (half + half.transpose(), -eta * keep / den_b),
        (own.transpose() * b, eta**2 * sharing / (den_b * r.left.den * r.right.den)),
    ]
    if sharing != 1:
        terms.append((drift.transpose() * half, eta**2 * (1 - sharing) / Fraction(den_b) ** 2))
    return _sum(terms)


def _pulled_general(steps: Sequence[Ratio], v: Sequence[Fraction], q: fmpz_mat) -> Ratio:
    return _sum([(s.top.transpose() * q * s.top, w / s.den**2) for s, w in zip(steps, v, strict=True) if w])


def _sum(terms: Sequence[tuple[fmpz_mat, Fraction]]) -> Ratio:
    numbers, den = integers_over([factor for _, factor in terms])
    total = terms[0][0] * numbers[0]
    for (matrix, _), n in zip(terms[1:], numbers[1:], strict=True):
        total = total + matrix * n
    return Ratio(total, den)


def _as_fractions(ratio: Ratio) -> Matrix:
    return tuple(tuple(Fraction(int(v), ratio.den) for v in row) for row in ratio.top.tolist())
