"""Products of matrices: moments at every time, spikes (V11), stability (V2), of Products.v and Claims.v."""

import re
from fractions import Fraction
from typing import Any

from proofs_check.core.rule import Setting
from proofs_check.export.coq import NotExpressible, Theory, real, theorem
from proofs_check.export.matrices import (
    IMPORTS,
    Matrix,
    combine,
    congruent,
    coq_squares,
    form_lemmas,
    identity,
    law_of_steps,
    seconds_of,
    steps,
)
from proofs_check.export.moments import all_parts, theory, written
from proofs_check.products import mean_square as mean_square_rule
from proofs_check.products import product_exponent as exponent_rule
from proofs_check.products import product_lyapunov as lyapunov_rule
from proofs_check.products import product_moment as moment_rule
from proofs_check.products import product_radius as radius_rule
from proofs_check.products import product_spike as spike_rule
from proofs_check.products import product_stable as stable_rule
from proofs_check.products.listing import single_steps
from proofs_check.products.walk import Walk


def moment(statement: moment_rule.ProductMoment, claim: dict[str, Any], setting: Setting) -> Theory:
    """V3 to V5, V9: E|e_T|_Q^s against rho^T |e_0|_Q^s."""
    found = written(statement.walk, statement.witness, "moment")
    left = "that Q is definite, so that all norms grow at most like this one; theta as a supremum"
    if not found.upper:
        left = "that a Q that is not 0 is positive for some starts; theta as a supremum"
    return theory("moment", [found], left)


def radius(statement: radius_rule.ProductRadius, claim: dict[str, Any], setting: Setting) -> Theory:
    """V5a from both sides: the mean square grows like lower^T at least and upper^T at most."""
    found = [
        written(statement.walk, value, name)
        for value, name in zip(statement.witnesses, ("lower", "upper"), strict=True)
    ]
    return theory(
        "radius",
        found,
        "the spectral radius itself, of which these are the bounds if Q is not 0 and definite",
    )


def exponent(statement: exponent_rule.ProductExponent, claim: dict[str, Any], setting: Setting) -> Theory:
    """The moments that bound theta."""
    _, below, above = statement.witnesses
    named = [(value, name) for value, name in ((below, "lower"), (above, "upper")) if value is not None]
    if not named:
        raise NotExpressible("an exponent without a moment")
    left = "theta, which these moments bound (V0) if Q is definite and lambda_1 < 0"
    left += "; that lambda_1 < 0, and that the error dies out almost surely"
    return theory("exponent", [written(statement.walk, v, n) for v, n in named], left)


def lyapunov(statement: lyapunov_rule.ProductLyapunov, claim: dict[str, Any], setting: Setting) -> Theory:
    """An upper bound by a moment."""
    value = statement.witness
    if value["form"] != "moment":
        raise NotExpressible(
            f"lambda_1 by {value['form']}: the Lyapunov exponent is not defined in the library"
        )
    found = written(statement.walk, value["proof"], "moment")
    size = "s" if found.length == 1 else f"({found.length} s)"
    left = f"lambda_1, which is at most (log rho)/{size} if Q is definite; the number of the claim, and what follows"
    return theory("lyapunov", [found], left)


def mean_square(statement: mean_square_rule.MeanSquare, claim: dict[str, Any], setting: Setting) -> Theory:
    """V5: at the lower end the mean square does not grow; at the upper end it does not fall."""
    walk = statement.walk
    ends = (
        ("", walk.at(statement.lower), statement.witnesses[0]),
        ("_above", walk.at(statement.upper), statement.witnesses[1]),
    )
    made = []
    for name, at, value in ends:
        found = written(at, value, f"mean{name}")
        text = [
            *all_parts(found),
            theorem(f"mean_square{name}", f"forall T e,\n  {found.said}", f"intros T e. {found.proof}."),
        ]
        made.append([_renamed(part, name) for part in text])
    left = (
        "other norms than that of Q: that Q is definite (lower end), not 0 (upper end); that between 0 and the lower "
        "end nothing grows either, and beyond the upper end it does (V5c)"
    )
    parts = (*made[0], *made[1], "Definition both_ends := (mean_square, mean_square_above).")
    return Theory(parts, "both_ends", IMPORTS, 2 * seconds_of(walk), left)


def _renamed(part: str, suffix: str) -> str:
    """The law of the other end has its own name."""
    return re.sub(r"\b(law|is_a_law)\b(?! of)", rf"\1{suffix}", part) if suffix else part


def spike(statement: spike_rule.ProductSpike, claim: dict[str, Any], setting: Setting) -> Theory:
    """V11a, V11d: the upper bound in the norm of the state or the parameters."""
    walk, witness, above = statement.walk, statement.witnesses[0], statement.above
    told = ("parameters", "state")
    name = next((n for n in told if n in statement.probability and statement.probability[n][1] < 1), None)
    if witness is None or name is None or above is None or name not in above.ranges:
        raise NotExpressible(
            "a spike without an upper bound in the Euclidean norm of the state or the parameters"
        )
    if walk.frame.kind == "residuals":
        raise NotExpressible("norms in residual coordinates")
    if "stable" in witness:
        return _no_spike(statement, witness["stable"], name)
    found = written(walk, witness["moment"], "moment")
    alpha, beta = above.ranges[name]
    upper, K, T, size = statement.probability[name][1], statement.factor, statement.steps, len(found.q)
    growing, timed = T is not None and found.rho > 1, T is not None
    within = f"(T <= {T})%nat -> " if timed else ""
    said = (
        f"forall T e, {within}0 < quad {size} N e ->\n  "
        f"reach_form {size} law (fun A => A) N {real(K)} T e <= {real(upper)}"
    )
    numbers = " ".join(map(real, (found.s, found.rho, alpha, beta, K)))
    growth = f"({real(found.rho)} ^ {T})" if growing else "1"
    horizon = f"(fun T => (T <= {T})%nat)" if timed else "(fun _ => True)"
    grows = "right; split; [lra | apply Rle_pow; [lra | exact Ht]]" if growing else "left; split; lra"
    use = f"product_spike_claim {size} law Q_moment N {numbers} {growth} {real(upper)}\n    {horizon}"
    proof = (
        f"\n  intros T e{' HT' if timed else ''}.\n"
        f"  apply ({use} is_a_law Q_moment_semidefinite N_semidefinite);\n"
        f"  [lra | exact moment_moment | lra | lra {_between(found.form, found.q, alpha, beta)}\n"
        f"  | lra | intros t Ht; {grows} | rewrite apow_exp by digits; digits "
        f"| {'exact HT' if timed else 'exact Logic.I'}]."
    )
    parts = (*all_parts(found), *form_lemmas("N", identity(size)), theorem("spike", said, proof))
    return Theory(parts, "spike", IMPORTS, seconds_of(walk), _others(statement, name))


def _between(form: str, q: Matrix, alpha: Fraction, beta: Fraction) -> str:
    """Two goals: alpha N <= Q <= beta N."""
    one = identity(len(q))
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
        f"\n  apply (no_product_spike {size} law Q N {real(alpha)} {real(beta)} {K} is_a_law Q_semidefinite\n"
        "    N_semidefinite);\n"
        f"  [unfold law; each_sample;\n    [ {cases} ]\n  | lra | lra {_between('Q', q, alpha, beta)}\n  | lra | lra]."
    )
    found = (*parts, *form_lemmas("N", identity(size)), theorem("spike", said, proof))
    return Theory(found, "spike", IMPORTS, seconds_of(statement.walk), _others(statement, name))


def _stable_parts(walk: Walk, witness: Any) -> tuple[Matrix, list[str], str]:
    """Q, the lemmas of the law and of Q, and a goal for each step: it does not increase |e|_Q."""
    if witness["form"] not in ("eigenvalues", "norm"):
        raise NotExpressible(f"stability by {witness['form']}: eigenvalues and norms alone are written")
    listed_walk = single_steps(walk)
    words, numbers = steps(listed_walk)
    if witness["form"] == "eigenvalues" and walk.frame.kind == "residuals":
        raise NotExpressible("norms in residual coordinates")
    norm = witness["form"] == "norm"
    q = [[Fraction(v) for v in row] for row in witness["Q"]] if norm else identity(walk.size)
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
    definite = "that Q is definite; " if statement.witness["form"] == "norm" else ""
    left = f"{definite}theta as a supremum"
    found = (*parts, theorem("stable", said, proof))
    return Theory(found, "stable", IMPORTS, seconds_of(statement.walk), left)
