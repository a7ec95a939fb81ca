"""`spike_within` and `first_passage`: S9 of Horizon.v, where Coq counts the walk itself, and S13 of Passage.v."""

from fractions import Fraction
from math import comb, lcm
from typing import Any

from proofs_check.core.law import Case
from proofs_check.core.rule import Setting
from proofs_check.export.coq import NotExpressible, Theory, lemma, listed, real, theorem
from proofs_check.export.exponents import unstable_lemma
from proofs_check.export.gaps import exact_zero
from proofs_check.export.law import LINEAR, CoqLaw, coq_law
from proofs_check.export.regions import A_LOGARITHM, BASE, NO_POLE, SIGN, opening
from proofs_check.export.spikes import FACTORS, NUMBER
from proofs_check.spikes.horizon import Within
from proofs_check.spikes.passage import Passage

MOST_SECONDS = 120
A_BIT = Fraction(1, 10**7)
"""Seconds for a move of a state, each bit of its mass and size."""


def within(statement: Within, claim: dict[str, Any], setting: Setting) -> Theory:
    """The probability within T steps as a fraction of integers."""
    law, q, T = coq_law(statement.case.law), statement.q, statement.horizon
    moves, d, total = _moves(law, q, statement.case)
    seconds = _seconds(moves, d, total, T)
    if seconds > MOST_SECONDS:
        raise NotExpressible(f"a walk of {T} steps: more steps or states than Coq is asked to count")
    (lower, upper), level = statement.bounds, statement.level
    kind = "stays" if statement.stays else "within"
    value = (
        f"stays w {real(q)} {real(level)} {T} mu"
        if statement.stays
        else (f"reach w {real(q)} ({real(level)} * Rabs mu) {T} mu")
    )
    said = f"forall mu, mu <> 0 -> {real(lower)} <= {value} <= {real(upper)}"
    numbers = " ".join(f"({n})" for r in (level, lower, upper) for n in (r.numerator, r.denominator))
    found = f"({kind}_holds {d} {total} integers {T} {numbers})%Z"
    ends = f"{real(q)} {d} {total} integers {T} {numbers} {real(level)} {real(lower)} {real(upper)}"
    proof = f"apply ({kind}_claim w {ends}); [lra | lra | lra | exact same_moves | exact counted]."
    parts = (
        *opening(law, claim, setting),
        f"Definition integers : list (Z * Z) := {listed(f'({p}, {n})' for p, n in moves)}%Z.",
        lemma("same_moves", f"matches w {real(q)} {d} {total} integers", "unfold w, integers; each_move."),
        lemma("counted", f"{found} = true", "vm_cast_no_check (eq_refl true)."),
        theorem("within", said, proof),
    )
    return Theory(parts, "within", (*LINEAR, "Horizon"), BASE + 3 + seconds)


def _moves(law: CoqLaw, q: Fraction, case: Case) -> tuple[list[tuple[int, int]], int, int]:
    """Weight and factor of each rate as integers, over the denominators `total` and d."""
    factors = [abs(1 - q * x) for _, x in law.pairs]
    d = lcm(*(r.denominator for r in factors))
    total = lcm(*(p.denominator for p, _ in law.pairs))
    moves = [(int(p * total), int(r * d)) for (p, _), r in zip(law.pairs, factors, strict=True)]
    return moves, d, total


def _seconds(moves: list[tuple[int, int]], d: int, total: int, T: int) -> Fraction:
    """After t steps there are at most so many products of the factors other than 0."""
    kinds = len({n for _, n in moves if n})
    if T > 2000 or comb(T + kinds, kinds) > 10**6:
        return Fraction(10**6)
    states = sum(comb(t + kinds - 1, kinds - 1) for t in range(T)) if kinds else T
    bits = T * max(d, total, *(n for _, n in moves)).bit_length()
    return A_BIT * states * len(moves) * bits


def passage(statement: Passage, claim: dict[str, Any], setting: Setting) -> Theory:
    """S13 by Wald's identity, and where the expectation is infinite."""
    law = coq_law(statement.case.law)
    if statement.row is not None:
        raise NotExpressible(
            "a mean overshoot from the masses on a row (S10): Wald's two bounds alone are written"
        )
    parts, proof = _infinite(statement, law) if statement.bounds is None else _wald(statement, law)
    mean = f"passage_mean w {real(statement.q)} ({real(statement.level)} * Rabs mu) mu"
    if statement.bounds is None:
        value = f"{mean} = p_infty"
    else:
        lower, upper = map(real, statement.bounds)
        value = f"exists E, {mean} = Finite E /\\ {lower} <= E <= {upper}"
    all_parts = (
        *opening(law, claim, setting),
        *parts,
        theorem("passage", f"forall mu, mu <> 0 -> {value}", proof),
    )
    return Theory(all_parts, "passage", (*LINEAR, "Passage"), BASE + 3 * A_LOGARITHM * law.size)


def _wald(statement: Passage, law: CoqLaw) -> tuple[list[str], str]:
    assert statement.bounds is not None
    q, K = real(statement.q), real(statement.level)
    R = real(statement.q * law.pairs[-1][1] - 1)
    lower, upper = map(real, statement.bounds)
    by_bounds = " | ".join("write_out w; digits" for _ in range(2))
    proof = (
        f"apply (wald_claim w {q} {R} {K} {lower} {upper} data); "
        f"[{NO_POLE} | {SIGN} | lra | {NUMBER} | {FACTORS} | {by_bounds}]."
    )
    return [], proof


def _infinite(statement: Passage, law: CoqLaw) -> tuple[list[str], str]:
    q, K = real(statement.q), real(statement.level)
    if statement.method == "critical":
        known = exact_zero("known", law, statement.q, statement.base)
        return [known], f"apply (critical_claim w {q} {K} data known); {NUMBER}."
    if not statement.case.law.stretches(statement.q):
        return [], f"apply (stable_passage_claim w {q} {K} data); [{NUMBER} | {FACTORS}]."
    pole = statement.case.law.pole_number(statement.q) is not None
    falls = f"intros N; exfalso; {_pole(statement, law)}" if pole else f"intros _; {SIGN}"
    proof = f"apply (falling_claim w {q} {K} data); [{NUMBER} | split; [exact grows | {falls}]]."
    return [unstable_lemma(law, q)], proof


def _pole(statement: Passage, law: CoqLaw) -> str:
    """A contradiction from N, that there is no pole."""
    place = next(i for i, (_, x) in enumerate(law.pairs) if statement.q * x == 1)
    p, x = map(real, law.pairs[place])
    return f"apply (N {p} {x}); [apply (nth_error_In w {place}); reflexivity | lra]"
