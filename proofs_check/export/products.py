"""`product_stable`, `product_moment`, `product_spike`, `mean_square`: V2, V3, V5, V11 of Products.v, by squares."""

from fractions import Fraction
from operator import mul
from typing import Any

from proofs_check.core.rule import Setting
from proofs_check.export.coq import NotExpressible, Theory, comment, lemma, listed, real, theorem
from proofs_check.products import mean_square as mean_square_rule
from proofs_check.products import product_moment as moment_rule
from proofs_check.products import product_spike as spike_rule
from proofs_check.products import product_stable as stable_rule
from proofs_check.products.moments import prove_moment
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
    if not walk.single:
        raise NotExpressible("minibatches of vectors")
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


PROVED = "[lra | lra | exact lines | exact decreases]"


def law_of_steps(walk: Walk, words: list[str], extra: list[tuple[Fraction, Fraction]] | None) -> list[str]:
    """The law of the matrices, with slope and offset of each sample if the proof has them."""
    entries = []
    for i, word in enumerate(words):
        entry = word if extra is None else f"({word}, ({real(extra[i][0])}, {real(extra[i][1])}))"
        entries.append(f"({real(walk.p[i])}, {entry})")
    kind = "matrix" if extra is None else "(matrix * (R * R))"
    told = "pairs (probability, matrix of the step"
    told += ")" if extra is None else ", with the slope and the offset of V3)"
    return [
        comment(f"The law of one step: {told}. {_coordinates(walk)}"),
        f"Definition law : list (R * {kind}) :=\n  {listed(entries)}.",
        lemma(
            "is_a_law",
            "is_law law",
            "apply law_of_list; [unfold law; each_sample; lra | unfold law; cbn [expect]; lra].",
        ),
    ]


def _coordinates(walk: Walk) -> str:
    return {
        "features": "The state is the vector of the parameters.",
        "residuals": f"The state is the residuals of the samples {', '.join(map(str, walk.frame.pivots))}.",
        "state": "The state is that of the product.",
    }[walk.frame.kind]


def form(name: str, q: Matrix) -> list[str]:
    """A quadratic form, and that it is semidefinite."""
    proof = f"apply (squares_list _ _ {coq_squares(q)}); [each_sample; lra | entries_of {name}]."
    return [
        f"Definition {name} : matrix := {coq_matrix(q)}.",
        lemma(f"{name}_semidefinite", f"semidefinite {len(q)} {name}", proof),
    ]


def _quadratic(walk: Walk, value: Any, words_for: str) -> tuple[list[str], Matrix, Fraction, Fraction]:
    """The law, Q and the inequality of an upper moment proof of the form quadratic."""
    proof = prove_moment(value, "proof", walk)
    if proof.form != "quadratic" or not proof.upper or proof.q is None:
        raise NotExpressible(
            f"{words_for} by {proof.form}, {proof.side} side: of moment proofs V3 alone is written"
        )
    words, numbers = steps(walk)
    q = matrix(proof.q)
    extra = _slopes(walk, value, proof.s)
    spent = sum((walk.p[i] * d for i, (_, d) in enumerate(extra)), Fraction(0))
    mean = combine(
        [(walk.p[i] * w, congruent(a, q)) for i, (a, (w, _)) in enumerate(zip(numbers, extra, strict=True))]
    )
    gap = combine([(proof.rho - spent, q), (Fraction(-1), mean)])
    size = len(q)
    said = (
        f"loewner {size} (transfer {size} law fst Q (fun a => fst (snd a)))\n"
        f"    (fun i j => ({real(proof.rho)} - expect law (fun a => snd (snd a))) * Q i j)"
    )
    shown = f"apply (loewner_list _ _ _ {coq_squares(gap)}); [each_sample; lra | entries_of_both law Q]."
    above = (
        f"List.Forall (fun a => line_above ({real(proof.s)} / 2) (fst (snd (snd a))) (snd (snd (snd a)))) law"
    )
    parts = [
        *law_of_steps(walk, words, extra),
        *form("Q", q),
        lemma("lines", above, "unfold law; each_sample; is_line_above."),
        lemma("decreases", said, shown),
    ]
    return parts, q, proof.s, proof.rho


def _slopes(walk: Walk, value: dict[str, Any], s: Fraction) -> list[tuple[Fraction, Fraction]]:
    if s == 2:
        return [(Fraction(1), Fraction(0))] * walk.count
    return [(Fraction(w), Fraction(d)) for w, d in zip(value["slopes"], value["offsets"], strict=True)]


def moment(statement: moment_rule.ProductMoment, claim: dict[str, Any], setting: Setting) -> Theory:
    """V3, V5a: E|e_T|_Q^s <= rho^T |e_0|_Q^s."""
    walk = statement.walk
    parts, q, s, rho = _quadratic(walk, statement.witness, "a moment")
    size = len(q)
    said = (
        f"forall T e, over_words law T (fun word =>\n    apow (norm (quad {size} Q) "
        f"(run (fun a => apply_matrix {size} (fst a)) word e)) {real(s)})\n  <= {real(rho)} ^ T * "
        f"apow (norm (quad {size} Q) e) {real(s)}"
    )
    proof = f"apply (moment_claim {size} law Q {real(s)} {real(rho)} is_a_law Q_semidefinite); {PROVED}."
    left = "that Q is definite, so that all norms grow at most like this one; theta as a supremum"
    return Theory((*parts, theorem("moment", said, proof)), "moment", IMPORTS, _seconds(walk), left)


def _seconds(walk: Walk) -> Fraction:
    return 3 + ENTRY * walk.count * walk.size**4


def mean_square(statement: mean_square_rule.MeanSquare, claim: dict[str, Any], setting: Setting) -> Theory:
    """V5: at the lower end the mean square does not grow."""
    walk = statement.walk.at(statement.lower)
    parts, q, *_ = _quadratic(walk, statement.witnesses[0], "a mean square")
    size = len(q)
    said = (
        f"forall T e, over_words law T (fun word =>\n    apow (norm (quad {size} Q) "
        f"(run (fun a => apply_matrix {size} (fst a)) word e)) 2)\n  <= 1 ^ T * apow (norm (quad {size} Q) e) 2"
    )
    proof = f"apply (moment_claim {size} law Q 2 1 is_a_law Q_semidefinite); {PROVED}."
    left = "the upper end, and that between 0 and the lower end nothing grows either (V5c)"
    return Theory((*parts, theorem("mean_square", said, proof)), "mean_square", IMPORTS, _seconds(walk), left)


def spike(statement: spike_rule.ProductSpike, claim: dict[str, Any], setting: Setting) -> Theory:
    """V11a: the upper bound in the norm of the state or the parameters."""
    walk, witness = statement.walk, statement.witnesses[0]
    name = next((n for n in ("parameters", "state") if n in statement.probability), None)
    if statement.steps is not None or (isinstance(witness, dict) and "stable" in witness):
        raise NotExpressible("a spike up to a time, or where no product grows")
    if witness is None or name is None or statement.above is None or name not in statement.above.ranges:
        raise NotExpressible(
            "a spike without an upper bound in the Euclidean norm of the state or the parameters"
        )
    if walk.frame.kind == "residuals":
        raise NotExpressible("norms in residual coordinates")
    parts, q, s, rho = _quadratic(walk, witness["moment"], "a spike")
    alpha, beta = statement.above.ranges[name]
    upper, K = statement.probability[name][1], statement.factor
    size = len(q)
    one = [[Fraction(i == j) for j in range(size)] for i in range(size)]
    low = combine([(Fraction(1), q), (-alpha, one)])
    high = combine([(beta, one), (Fraction(-1), q)])
    numbers = f"{real(s)} {real(rho)} {real(alpha)} {real(beta)} {real(K)} {real(upper)}"
    said = f"forall T e, 0 < quad {size} N e -> reach_form {size} law fst N {real(K)} T e <= {real(upper)}"
    proof = (
        f"\n  apply (product_spike_claim {size} law Q N {numbers} is_a_law Q_semidefinite N_semidefinite);\n"
        "  [lra | lra | exact lines | exact decreases | lra | lra\n"
        f"  | apply (loewner_list _ _ _ {coq_squares(low)}); [each_sample; lra | entries_of_both Q N]\n"
        f"  | apply (loewner_list _ _ _ {coq_squares(high)}); [each_sample; lra | entries_of_both Q N]\n"
        "  | lra | rewrite apow_exp by digits; digits]."
    )
    left = "the lower bound" if any(lower > 0 for lower, _ in statement.probability.values()) else ""
    others = [n for n in statement.probability if n != name]
    left += (", " if left and others else "") + ("other norms" if others else "")
    all_parts = (*parts, *form("N", one), theorem("spike", said, proof))
    return Theory(all_parts, "spike", IMPORTS, _seconds(walk), left)


def stable(statement: stable_rule.ProductStable, claim: dict[str, Any], setting: Setting) -> Theory:
    """V2: no product increases the norm."""
    walk, witness = statement.walk, statement.witness
    if witness["form"] not in ("eigenvalues", "norm"):
        raise NotExpressible(f"stability by {witness['form']}: eigenvalues and norms alone are written")
    words, numbers = steps(walk)
    if witness["form"] == "eigenvalues" and walk.frame.kind == "residuals":
        raise NotExpressible("norms in residual coordinates")
    size = walk.size
    q = (
        [[Fraction(v) for v in row] for row in witness["Q"]]
        if witness["form"] == "norm"
        else [[Fraction(i == j) for j in range(size)] for i in range(size)]
    )
    gaps = [combine([(Fraction(1), q), (Fraction(-1), congruent(a, q))]) for a in numbers]
    cases = "\n    | ".join(
        f"apply (loewner_list _ _ _ {coq_squares(gap)}); [each_sample; lra | entries_of Q]" for gap in gaps
    )
    said = (
        "forall T e word, List.Forall (drawn law) word -> length word = T ->\n"
        f"  quad {size} Q (run (apply_matrix {size}) word e) <= quad {size} Q e"
    )
    proof = (
        f"\n  apply (stable_claim {size} law Q is_a_law Q_semidefinite). unfold law; each_sample;\n    "
        f"[ {cases} ]."
    )
    parts = (*law_of_steps(walk, words, None), *form("Q", q), theorem("stable", said, proof))
    left = "that Q is definite" if witness["form"] == "norm" else ""
    return Theory(parts, "stable", IMPORTS, _seconds(walk), left)
