"""Matrices of a product as terms of Coq: the law of a step, forms, and semidefinite matrices as sums of squares."""

from fractions import Fraction
from operator import mul

from proofs_check.export.coq import NotExpressible, comment, lemma, listed, real
from proofs_check.products.tables import Table
from proofs_check.products.walk import Walk

Matrix = list[list[Fraction]]
IMPORTS = (
    "Definitions",
    "Law",
    "Power",
    "General",
    "Convexity",
    "Volume",
    "MeanSquare",
    "Products",
    "Regions",
    "Numbers",
    "Claims",
)
MOST_ROWS, MOST_SAMPLES = 4, 12
ENTRY = Fraction(1, 20)
"""Seconds for an entry of a matrix identity, a sample each."""


def matrix(table: Table) -> Matrix:
    return [[Fraction(v, table.den) for v in row] for row in table.rows]


def coq_matrix(m: Matrix) -> str:
    return "(rows [" + "; ".join(f"[{'; '.join(map(real, row))}]" for row in m) + "])"


def coq_vector(v: list[Fraction]) -> str:
    return f"(entries [{'; '.join(map(real, v))}])"


def steps(walk: Walk) -> tuple[list[str], list[Matrix]]:
    """The matrix of each sample, as a term and in numbers."""
    if walk.size > MOST_ROWS or walk.count > MOST_SAMPLES:
        raise NotExpressible(
            f"products of {walk.count} samples in {walk.size} dimensions, more than {MOST_SAMPLES} or {MOST_ROWS}"
        )
    if walk.matrices:
        found = [matrix(m) for m in walk.matrices]
        return [coq_matrix(m) for m in found], found
    a, b = (matrix(t) for t in walk.ab)
    c, eta = walk.c, walk.eta
    numbers = [
        [[c * (i == j) - eta * u[i] * v[j] for j in range(walk.size)] for i in range(walk.size)]
        for u, v in zip(a, b, strict=True)
    ]
    words = [
        f"step_matrix {real(c)} {real(eta)} {coq_vector(u)} {coq_vector(v)}"
        for u, v in zip(a, b, strict=True)
    ]
    return words, numbers


def squares(m: Matrix) -> list[tuple[Fraction, list[Fraction]]]:
    """Positive c_k and vectors l_k with M = sum c_k l_k l_k^T, for a semidefinite M."""
    rest, found = [list(row) for row in m], []
    size = len(m)
    for k in range(size):
        pivot = rest[k][k]
        if pivot == 0:
            continue
        line = [rest[k][j] / pivot for j in range(size)]
        found.append((pivot, line))
        for i in range(size):
            for j in range(size):
                rest[i][j] -= pivot * line[i] * line[j]
    if any(map(any, rest)) or any(c < 0 for c, _ in found):
        raise NotExpressible("a matrix that is not a sum of squares by elimination")
    return found


def coq_squares(m: Matrix) -> str:
    return listed(f"({real(c)}, {coq_vector(line)})" for c, line in squares(m))


def congruent(a: Matrix, q: Matrix) -> Matrix:
    """A^T Q A."""
    columns = list(zip(*a, strict=True))
    images = [[sum(map(mul, row, column), Fraction(0)) for column in columns] for row in q]
    turned = list(zip(*images, strict=True))
    return [[sum(map(mul, column, image), Fraction(0)) for image in turned] for column in columns]


def combine(terms: list[tuple[Fraction, Matrix]]) -> Matrix:
    size = len(terms[0][1])
    return [[sum((f * m[i][j] for f, m in terms), Fraction(0)) for j in range(size)] for i in range(size)]


def law_of_steps(walk: Walk, words: list[str]) -> list[str]:
    """The law of the matrices."""
    entries = [f"({real(walk.p[i])}, {word})" for i, word in enumerate(words)]
    return [
        comment(
            f"The law of one step: pairs (probability, matrix of the step). {_coordinates(walk)}{_origin(walk)}"
        ),
        f"Definition law : list (R * matrix) :=\n  {listed(entries)}.",
        lemma(
            "is_a_law",
            "is_law law",
            "apply law_of_list; [unfold law; each_sample; lra | unfold law; cbn [expect]; lra].",
        ),
    ]


def _origin(walk: Walk) -> str:
    """What a list of matrices does not tell."""
    told = walk.chances is not None and walk.frame.kind != "state"
    return " That these are the minibatches or words of the samples is not part of this file." if told else ""


def _coordinates(walk: Walk) -> str:
    return {
        "features": "The state is the vector of the parameters.",
        "residuals": f"The state is the residuals of the samples {', '.join(map(str, walk.frame.pivots))}.",
        "state": "The state is that of the product.",
    }[walk.frame.kind]


def form_lemmas(name: str, q: Matrix) -> list[str]:
    """A quadratic form, and that it is semidefinite."""
    proof = f"apply (squares_list _ _ {coq_squares(q)}); [each_sample; lra | entries_of {name}]."
    return [
        f"Definition {name} : matrix := {coq_matrix(q)}.",
        lemma(f"{name}_semidefinite", f"semidefinite {len(q)} {name}", proof),
    ]


def seconds_of(walk: Walk) -> Fraction:
    return 3 + ENTRY * walk.count * walk.size**4


def identity(size: int) -> Matrix:
    return [[Fraction(i == j) for j in range(size)] for i in range(size)]
