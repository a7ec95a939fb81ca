"""Products of matrices: V2 to V5, V9, V11, V17a, V18 of Products.v and Claims.v, semidefinite matrices by squares."""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from operator import mul
from typing import Any

from proofs_check.core.rule import Setting
from proofs_check.export.coq import NotExpressible, Theory, comment, lemma, listed, real, theorem
from proofs_check.products import mean_square as mean_square_rule
from proofs_check.products import product_exponent as exponent_rule
from proofs_check.products import product_lyapunov as lyapunov_rule
from proofs_check.products import product_moment as moment_rule
from proofs_check.products import product_radius as radius_rule
from proofs_check.products import product_spike as spike_rule
from proofs_check.products import product_stable as stable_rule
from proofs_check.products.listing import single_steps, word_walk
from proofs_check.products.moments import Moment, prove_moment
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
        comment(f"The law of one step: pairs (probability, matrix of the step). {_coordinates(walk)}{_origin(walk)}"),
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


@dataclass(frozen=True)
class Written:
    """The lemma `moment_NAME`: E|A e|_Q^s <= rho |e|_Q^s (upper) or >=, for one step of `walk`, and what leads to it."""

    name: str
    parts: list[str]
    walk: Walk
    q: Matrix
    s: Fraction
    rho: Fraction
    upper: bool
    length: int = 1

    @property
    def form(self) -> str:
        return f"Q_{self.name}"

    @property
    def said(self) -> str:
        """The inequality at every time, as a proposition without its quantifiers."""
        d, s, rho = len(self.q), real(self.s), real(self.rho)
        mean = (
            f"over_words law T (fun word =>\n    apow (norm (quad {d} {self.form}) (run (apply_matrix {d}) word e)) {s})"
        )
        bound = f"{rho} ^ T * apow (norm (quad {d} {self.form}) e) {s}"
        return f"{mean}\n  <= {bound}" if self.upper else f"{bound}\n  <= {mean}"

    @property
    def proof(self) -> str:
        side = "below" if self.upper else "above"
        use = f"{side}_at_every_time {len(self.q)} law {self.form} {real(self.s)} {real(self.rho)}"
        return f"apply ({use}); [exact is_a_law | lra | exact moment_{self.name}]"


def written(walk: Walk, value: Any, name: str) -> Written:
    """A moment proof as lemmas. All of a file are about the law of the same steps."""
    proof = prove_moment(value, "proof", walk)
    if proof.form == "words":
        inner = written(word_walk(walk, value["length"]), value["proof"], name)
        return replace(inner, length=value["length"] * inner.length)
    if proof.form == "power_mean":
        return _power_mean(proof, written(walk, value["proof"], name))
    write = {"quadratic": _quadratic, "chords": _chords}.get(proof.form)
    if write is None or proof.q is None:
        raise NotExpressible(f"a moment by {proof.form}, {proof.side} side: of moment proofs V3 to V5, V9, V17a, V18 are written")
    return write(single_steps(walk), proof, value, name)


def _power_mean(proof: Moment, inner: Written) -> Written:
    """V17a."""
    first, said = f"{inner.name}_{'larger' if proof.upper else 'smaller'}", "below" if proof.upper else "above"
    d, q, s, rho = len(inner.q), inner.form, real(proof.s), real(proof.rho)
    text = [part.replace(f"moment_{inner.name} ", f"moment_{first} ") for part in inner.parts]
    use = f"power_mean_{said} {d} law {q} {real(inner.s)} {real(inner.rho)} {s} {rho}"
    shown = f"apply ({use}); [exact is_a_law | lra | lra | exact moment_{first} | {_power(inner.rho)}]."
    made = lemma(f"moment_{inner.name}", f"moment_{said} {d} law {q} {s} {rho}", shown)
    return replace(inner, parts=[*text, made], s=proof.s, rho=proof.rho)


def _power(rho: Fraction) -> str:
    return "rewrite apow_at_zero by lra; lra" if rho == 0 else "rewrite apow_exp by lra; digits"


def _numbers(walk: Walk) -> list[Matrix]:
    return steps(walk)[1]


def carried(walk: Walk, name: str, kind: str, extra: list[str]) -> list[str]:
    """The law with the numbers of a proof, each matrix with its own."""
    entries = [f"({real(walk.p[i])}, ({word}, {extra[i]}))" for i, word in enumerate(steps(walk)[0])]
    return [
        f"Definition carried_{name} : list (R * {kind}) :=\n  {listed(entries)}.",
        lemma(f"same_{name}", f"relabel fst carried_{name} = law", "reflexivity."),
    ]


def _quadratic(walk: Walk, proof: Moment, value: Any, name: str) -> Written:
    """V3, V4, V5."""
    assert proof.q is not None
    numbers, q, form = _numbers(walk), matrix(proof.q), f"Q_{name}"
    extra = _slopes(walk, value, proof.s)
    spent = sum((walk.p[i] * d for i, (_, d) in enumerate(extra)), Fraction(0))
    mean = combine(
        [(walk.p[i] * w, congruent(a, q)) for i, (a, (w, _)) in enumerate(zip(numbers, extra, strict=True))]
    )
    sign, size, rho = 1 if proof.upper else -1, len(q), real(proof.rho)
    gap = combine([(sign * proof.rho - spent, q), (Fraction(-sign), mean)])
    law = f"carried_{name}"
    first = f"(transfer {size} {law} fst {form} (fun a => fst (snd a)))"
    second = f"(fun i j => ({rho} {'-' if proof.upper else '+'} expect {law} (fun a => snd (snd a))) * {form} i j)"
    both = (first, second) if proof.upper else (second, first)
    shown = f"apply (loewner_list _ _ _ {coq_squares(gap)}); [each_sample; lra | entries_of_both {law} {form}]."
    side = "above" if proof.upper else "below"
    lines = (
        f"List.Forall (fun a => line_{side} ({real(proof.s)} / 2) (fst (snd (snd a))) (snd (snd (snd a)))) {law}"
    )
    goals = f"[exact same_{name} | exact is_a_law | exact {form}_semidefinite | "
    goals += f"{'lra | ' * proof.upper}exact lines_{name} | exact compared_{name}]"
    said = "below" if proof.upper else "above"
    use = f"quadratic_{said} {size} {law} law {form} {real(proof.s)} {rho}"
    parts = [
        *carried(walk, name, "(matrix * (R * R))", [f"({real(w)}, {real(d)})" for w, d in extra]),
        *form_lemmas(form, q),
        lemma(f"lines_{name}", lines, f"unfold {law}; each_sample; is_line_{side}."),
        lemma(f"compared_{name}", f"loewner {size} {both[0]}\n    {both[1]}", shown),
        lemma(f"moment_{name}", f"moment_{said} {size} law {form} {real(proof.s)} {rho}", f"apply ({use}); {goals}."),
    ]
    return Written(name, parts, walk, q, proof.s, proof.rho, proof.upper)


def _slopes(walk: Walk, value: dict[str, Any], s: Fraction) -> list[tuple[Fraction, Fraction]]:
    if s == 2:
        return [(Fraction(1), Fraction(0))] * walk.count
    return [(Fraction(w), Fraction(d)) for w, d in zip(value["slopes"], value["offsets"], strict=True)]


def _chords(walk: Walk, proof: Moment, value: Any, name: str) -> Written:
    """V9 with direct ranges, also where the certificate proves them by an inverse."""
    assert proof.q is not None
    numbers, q, form, law = _numbers(walk), matrix(proof.q), f"Q_{name}", f"carried_{name}"
    ranges = [(Fraction(low), Fraction(high)) for low, high in value["ranges"]]
    chords = [(Fraction(a), Fraction(b)) for a, b in value["chords"]]
    size, s, rho = len(q), real(proof.s), real(proof.rho)
    images = [congruent(a, q) for a in numbers]
    mean = combine(
        [(walk.p[i] * a, q) for i, (a, _) in enumerate(chords)]
        + [(walk.p[i] * b, images[i]) for i, (_, b) in enumerate(chords)]
    )
    sign = 1 if proof.upper else -1
    gap = combine([(sign * proof.rho, q), (Fraction(-sign), mean)])
    cases = "\n    | ".join(
        f"apply (in_range_intro {size} {form} _\n      {coq_squares(combine([(Fraction(1), image), (-low, q)]))}"
        f"\n      {coq_squares(combine([(high, q), (Fraction(-1), image)]))}); "
        f"[unfold low; cbn [fst snd]; lra | each_sample; lra | each_sample; lra | range_of {form} | range_of {form}]"
        for image, (low, high) in zip(images, ranges, strict=True)
    )
    first = f"(chord_transfer {size} {law} fst {form} base rise)"
    second = f"(fun i j => {rho} * {form} i j)"
    both = (first, second) if proof.upper else (second, first)
    lines = " /\\ ".join(
        (f"apow ({end} (snd c)) ({s} / 2) <= " if proof.upper else "")
        + f"base (snd c) + rise (snd c) * {end} (snd c)"
        + ("" if proof.upper else f" <= apow ({end} (snd c)) ({s} / 2)")
        for end in ("low", "high")
    )
    shown = f"apply (loewner_list _ _ _ {coq_squares(gap)}); [each_sample; lra | chord_entries_of {law} {form}]."
    said = "below" if proof.upper else "above"
    use = f"chords_{said} {size} {law} law {form} {s} {rho}"
    goals = f"[exact same_{name} | exact is_a_law | exact {form}_semidefinite | lra | exact ranges_{name} | "
    goals += f"exact lines_{name} | exact compared_{name}]"
    entries = [
        f"(({real(low)}, {real(high)}), ({real(a)}, {real(b)}))"
        for (low, high), (a, b) in zip(ranges, chords, strict=True)
    ]
    parts = [
        *carried(walk, name, "chorded", entries),
        *form_lemmas(form, q),
        lemma(f"ranges_{name}", f"List.Forall (fun c => in_range {size} {form} (snd c)) {law}",
              f"unfold {law}; each_sample;\n    [ {cases} ]."),
        lemma(f"lines_{name}", f"List.Forall (fun c => {lines}) {law}", f"unfold {law}; each_sample; each_end."),
        lemma(f"compared_{name}", f"loewner {size} {both[0]} {both[1]}", shown),
        lemma(f"moment_{name}", f"moment_{said} {size} law {form} {s} {rho}", f"apply ({use}); {goals}."),
    ]
    return Written(name, parts, walk, q, proof.s, proof.rho, proof.upper)


def _all(*found: Written) -> list[str]:
    """The law, once, and the lemmas of all moments, which are about the same steps."""
    laws = {tuple(law_of_steps(one.walk, steps(one.walk)[0])) for one in found}
    if len(laws) > 1:
        raise NotExpressible("two bounds that are about words of different lengths")
    return [*laws.pop(), *(part for one in found for part in one.parts)]


def _blocks(*found: Written) -> str:
    """What a bound for words leaves out."""
    long = max(one.length for one in found)
    return f"; the times between the multiples of {long}, one step here being {long}" if long > 1 else ""


def _theory(name: str, found: list[Written], left: str) -> Theory:
    """The inequalities of the moments at every time and for every start."""
    said = "forall T e,\n  " + " /\\\n  ".join(f"({one.said})" for one in found)
    proof = "intros T e. " + " ".join(f"split; [{one.proof}|]." for one in found[:-1]) + f" {found[-1].proof}."
    parts = (*_all(*found), theorem(name, said, proof))
    seconds = sum((_seconds(one.walk) for one in found), Fraction(0))
    return Theory(parts, name, IMPORTS, seconds, left + _blocks(*found))


def moment(statement: moment_rule.ProductMoment, claim: dict[str, Any], setting: Setting) -> Theory:
    """V3 to V5, V9: E|e_T|_Q^s against rho^T |e_0|_Q^s."""
    found = written(statement.walk, statement.witness, "moment")
    left = "that Q is definite, so that all norms grow at most like this one; theta as a supremum"
    if not found.upper:
        left = "that a Q that is not 0 is positive for some starts; theta as a supremum"
    return _theory("moment", [found], left)


def _seconds(walk: Walk) -> Fraction:
    return 3 + ENTRY * walk.count * walk.size**4


def radius(statement: radius_rule.ProductRadius, claim: dict[str, Any], setting: Setting) -> Theory:
    """V5a from both sides: the mean square grows like lower^T at least and upper^T at most."""
    found = [written(statement.walk, value, name) for value, name in zip(statement.witnesses, ("lower", "upper"), strict=True)]
    return _theory("radius", found, "the spectral radius itself, of which these are the bounds if Q is not 0 and definite")


def exponent(statement: exponent_rule.ProductExponent, claim: dict[str, Any], setting: Setting) -> Theory:
    """The moments that bound theta."""
    _, below, above = statement.witnesses
    named = [(value, name) for value, name in ((below, "lower"), (above, "upper")) if value is not None]
    if not named:
        raise NotExpressible("an exponent without a moment")
    left = "theta, which these moments bound (V0)"
    return _theory("exponent", [written(statement.walk, v, n) for v, n in named], left)


def lyapunov(statement: lyapunov_rule.ProductLyapunov, claim: dict[str, Any], setting: Setting) -> Theory:
    """An upper bound by a moment."""
    value = statement.witness
    if value["form"] != "moment":
        raise NotExpressible(f"lambda_1 by {value['form']}: the Lyapunov exponent is not defined in the library")
    left = "lambda_1, which is at most (log rho)/s"
    return _theory("lyapunov", [written(statement.walk, value["proof"], "moment")], left)


def mean_square(statement: mean_square_rule.MeanSquare, claim: dict[str, Any], setting: Setting) -> Theory:
    """V5: at the lower end the mean square does not grow; at the upper end it does not fall."""
    walk = statement.walk
    ends = (("", walk.at(statement.lower), statement.witnesses[0]), ("_above", walk.at(statement.upper), statement.witnesses[1]))
    made = []
    for name, at, value in ends:
        found = written(at, value, f"mean{name}")
        text = [*_all(found), theorem(f"mean_square{name}", f"forall T e,\n  {found.said}", f"intros T e. {found.proof}.")]
        made.append([_renamed(part, name) for part in text])
    left = "that between 0 and the lower end nothing grows either, and beyond the upper end it does (V5c)"
    parts = (*made[0], *made[1], "Definition both_ends := (mean_square, mean_square_above).")
    return Theory(parts, "both_ends", IMPORTS, 2 * _seconds(walk), left)


def _renamed(part: str, suffix: str) -> str:
    """The law of the other end has its own name."""
    return re.sub(r"\b(law|is_a_law)\b(?! of)", rf"\1{suffix}", part) if suffix else part


def spike(statement: spike_rule.ProductSpike, claim: dict[str, Any], setting: Setting) -> Theory:
    """V11a, V11d: the upper bound in the norm of the state or the parameters."""
    walk, witness, above = statement.walk, statement.witnesses[0], statement.above
    name = next((n for n in ("parameters", "state") if n in statement.probability), None)
    if witness is None or name is None or above is None or name not in above.ranges:
        raise NotExpressible(
            "a spike without an upper bound in the Euclidean norm of the state or the parameters"
        )
    if walk.frame.kind == "residuals":
        raise NotExpressible("norms in residual coordinates")
    if "stable" in witness:
        return _no_spike(statement, witness["stable"], name)
    found = written(walk, witness["moment"], "moment")
    if found.length > 1:
        raise NotExpressible("a spike by words")
    alpha, beta = above.ranges[name]
    upper, K, T, size = statement.probability[name][1], statement.factor, statement.steps, len(found.q)
    numbers = f"{real(found.s)} {real(found.rho)} {real(alpha)} {real(beta)} {real(K)}"
    growing = T is not None and found.rho > 1
    growth = f"({real(found.rho)} ^ {T})" if growing else "1"
    horizon = "(fun _ => True)" if T is None else f"(fun T => (T <= {T})%nat)"
    said = (
        f"forall T e, {'' if T is None else f'(T <= {T})%nat -> '}0 < quad {size} N e -> "
        f"reach_form {size} law (fun A => A) N {real(K)} T e <= {real(upper)}"
    )
    grows = "right; split; [lra | apply Rle_pow; [lra | exact Ht]]" if growing else "left; split; lra"
    proof = (
        f"\n  intros T e{'' if T is None else ' HT'}.\n  apply (product_spike_claim {size} law Q_moment N {numbers} {growth} {real(upper)} {horizon} is_a_law Q_moment_semidefinite N_semidefinite);\n"
        f"  [lra | exact moment_moment | lra | lra {_between(found.form, found.q, alpha, beta)}\n"
        f"  | lra | intros t Ht; {grows} | rewrite apow_exp by digits; digits | {'exact Logic.I' if T is None else 'exact HT'}]."
    )
    parts = (*_all(found), *form_lemmas("N", _one(size)), theorem("spike", said, proof))
    return Theory(parts, "spike", IMPORTS, _seconds(walk), _others(statement, name))


def _one(size: int) -> Matrix:
    return [[Fraction(i == j) for j in range(size)] for i in range(size)]


def _between(form: str, q: Matrix, alpha: Fraction, beta: Fraction) -> str:
    """Two goals: alpha N <= Q <= beta N."""
    one = _one(len(q))
    low, high = combine([(Fraction(1), q), (-alpha, one)]), combine([(beta, one), (Fraction(-1), q)])
    return "\n  ".join(
        f"| apply (loewner_list _ _ _ {coq_squares(gap)}); [each_sample; lra | entries_of_both {form} N]"
        for gap in (low, high)
    )


def _others(statement: spike_rule.ProductSpike, name: str) -> str:
    left = ["the lower bound"] if any(lower > 0 for lower, _ in statement.probability.values()) else []
    return ", ".join(left + ["other norms"] * (len(statement.probability) > 1))


def _no_spike(statement: spike_rule.ProductSpike, value: Any, name: str) -> Theory:
    """V11d."""
    assert statement.above is not None
    q, parts, cases = _stable_parts(statement.walk, value)
    (alpha, beta), K, size = statement.above.ranges[name], real(statement.factor), len(q)
    said = f"forall T e, 0 < quad {size} N e -> reach_form {size} law (fun A => A) N {K} T e = 0"
    proof = (
        f"\n  apply (no_product_spike {size} law Q N {real(alpha)} {real(beta)} {K} is_a_law Q_semidefinite N_semidefinite);\n"
        f"  [unfold law; each_sample;\n    [ {cases} ]\n  | lra | lra {_between('Q', q, alpha, beta)}\n  | lra | lra]."
    )
    found = (*parts, *form_lemmas("N", _one(size)), theorem("spike", said, proof))
    return Theory(found, "spike", IMPORTS, _seconds(statement.walk), _others(statement, name))


def _stable_parts(walk: Walk, witness: Any) -> tuple[Matrix, list[str], str]:
    """Q, the lemmas of the law and of Q, and a goal for each step: it does not increase |e|_Q."""
    if witness["form"] not in ("eigenvalues", "norm"):
        raise NotExpressible(f"stability by {witness['form']}: eigenvalues and norms alone are written")
    if witness["form"] == "eigenvalues" and walk.frame.kind == "residuals":
        raise NotExpressible("norms in residual coordinates")
    listed_walk = single_steps(walk)
    words, numbers = steps(listed_walk)
    norm = witness["form"] == "norm"
    q = [[Fraction(v) for v in row] for row in witness["Q"]] if norm else _one(walk.size)
    gaps = [combine([(Fraction(1), q), (Fraction(-1), congruent(a, q))]) for a in numbers]
    cases = "\n    | ".join(
        f"apply (loewner_list _ _ _ {coq_squares(gap)}); [each_sample; lra | entries_of Q]" for gap in gaps
    )
    return q, [*law_of_steps(listed_walk, words), *form_lemmas("Q", q)], cases


def stable(statement: stable_rule.ProductStable, claim: dict[str, Any], setting: Setting) -> Theory:
    """V2: no product increases the norm."""
    q, parts, cases = _stable_parts(statement.walk, statement.witness)
    size = len(q)
    said = (
        "forall T e word, List.Forall (drawn law) word -> length word = T ->\n"
        f"  quad {size} Q (run (apply_matrix {size}) word e) <= quad {size} Q e"
    )
    proof = (
        f"\n  apply (stable_claim {size} law Q is_a_law Q_semidefinite). unfold law; each_sample;\n    "
        f"[ {cases} ]."
    )
    left = "that Q is definite" if statement.witness["form"] == "norm" else ""
    found = (*parts, theorem("stable", said, proof))
    return Theory(found, "stable", IMPORTS, _seconds(statement.walk), left)
