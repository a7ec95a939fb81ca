"""`spike`: S1 to S3 and S8 of Lundberg.v, Certain.v and Lattice.v; of walks over counts (S4) the bounds of S3."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from proofs_check.core.arithmetic import Interval, log_of, log_precision, power
from proofs_check.core.budget import Work
from proofs_check.core.rule import Setting
from proofs_check.core.wording import rounded
from proofs_check.export.coq import Theory, real, theorem
from proofs_check.export.exponents import moment_lemmas, unstable_lemma
from proofs_check.export.gaps import exact_zero
from proofs_check.export.law import LINEAR, CoqLaw, coq_law
from proofs_check.export.regions import A_LOGARITHM, BASE, NO_POLE, SIGN, opening
from proofs_check.spikes.lattice import points_to, power_of
from proofs_check.spikes.spike import Spike

FACTORS = "unfold w; each_sample; factor_at_most"
DIGITS = 6
WEAKER = (
    "the bounds of the claim, which rest on a walk over counts (S4); "
    "the theorem is weaker, it states the wider bounds of S3, which need the exponent alone"
)
NUMBER = "first [lra | unfold Rpower; digits]"


def spike(statement: Spike, claim: dict[str, Any], setting: Setting) -> Theory:
    """The probability that |mu| ever grows by K, from every start mu."""
    law, left_out = coq_law(statement.event.case.law), ""
    if statement.method == "counts":
        statement, left_out = replace(statement, method="lundberg", bounds=_wider(statement)), WEAKER
    level = real(statement.event.level)
    K = f"(sqrt {level})" if statement.event.root == 2 else level
    parts, proof = _WAYS[statement.method](statement, law, K)
    lower, upper = map(real, statement.bounds)
    value = f"ever w {real(statement.event.q)} ({K} * Rabs mu) mu"
    said = f"forall mu, mu <> 0 -> {lower} <= {value} <= {upper}"
    all_parts = (*opening(law, claim, setting), *parts, theorem("spike", said, proof))
    return Theory(all_parts, "spike", LINEAR, BASE + 3 * A_LOGARITHM * law.size, left_out)


def _wider(statement: Spike) -> tuple[Fraction, Fraction]:
    """Numbers below (K R)^-hi and above K^-lo, lo < theta < hi: those of S3, which Coq proves."""
    assert statement.theta is not None and statement.replay is not None
    event, (lo, hi), prec = statement.event, statement.theta, statement.replay.bits
    log_prec, largest = log_precision(hi, prec), event.largest_factor()
    size = max(q.numerator for q in (largest, event.level)).bit_length()
    event.case.work.spend_on_logs(8, log_prec, size)
    level, factor = log_of(event.level, log_prec), log_of(largest, log_prec)
    K: Interval = level[0] // event.root, -(-level[1] // event.root)
    least = power((K[0] + factor[0], K[1] + factor[1]), log_prec, -hi, prec)[0]
    most = power(K, log_prec, -lo, prec)[1]
    assert most is not None  # below 1
    return _short(least, prec, up=False), _short(most, prec, up=True)


def _short(value: int, prec: int, *, up: bool) -> Fraction:
    return Fraction(rounded(Fraction(value, 1 << prec), DIGITS, up))


Written = tuple[list[str], str]


def _stable(statement: Spike, law: CoqLaw, K: str) -> Written:
    q = real(statement.event.q)
    return [], f"intros mu H. rewrite (never_claim w {q} {K} data); [lra | {NUMBER} | {FACTORS} | exact H]."


def _certain(statement: Spike, law: CoqLaw, K: str) -> Written:
    q = real(statement.event.q)
    parts, known = [unstable_lemma(law, q)], f"{NO_POLE} | apply Rlt_le; {SIGN}"
    if statement.base is not None:
        parts.append(exact_zero("known", law, statement.event.q, statement.base))
        known = "exact (proj1 known) | rewrite (proj2 known); lra"
    proof = f"intros mu H. rewrite (certain_claim w {q} {K} data); [lra | {NUMBER} | exact grows | {known} | exact H]."
    return parts, proof


def _lundberg(statement: Spike, law: CoqLaw, K: str) -> Written:
    assert statement.theta is not None
    q, (lo, hi) = real(statement.event.q), map(real, statement.theta)
    largest, (lower, upper) = real(statement.event.largest_factor()), map(real, statement.bounds)
    proof = (
        f"apply (lundberg_claim w {q} {largest} {K} {lo} {hi} {lower} {upper} data); "
        f"[{NUMBER} | lra | lra | exact moment_below | exact moment_above | {FACTORS} | "
        f"{_from_below(statement)} | {NUMBER}]."
    )
    return moment_lemmas(law, q, *statement.theta), proof


def _from_below(statement: Spike) -> str:
    """lower <= a power."""
    return "apply Rlt_le, exp_pos" if statement.bounds[0] == 0 else NUMBER


def _lattice(statement: Spike, law: CoqLaw, K: str) -> Written:
    assert statement.theta is not None and statement.span is not None
    event, span = statement.event, statement.span
    q, (lo, hi), (lower, upper) = real(event.q), map(real, statement.theta), map(real, statement.bounds)
    powers = [_power(abs(1 - event.q * x), span) for _, x in law.pairs]
    longest, points = max(n for n in powers if n is not None), points_to(event, span)
    cases = "\n    | ".join(_factor(n) for n in powers)
    proof = (
        f"\n  apply (lattice_claim w {q} {real(span)} {K} {lo} {hi} {lower} {upper} {longest} {points} data);\n"
        f"  [lra | lra | lra | lia | lia | simpl; {NUMBER_PAIR} | exact moment_below | exact moment_above\n"
        f"  | unfold w; each_sample; unfold factor; [{cases}]\n"
        f"  | {_from_below(statement) if statement.bounds[0] == 0 else POWERS} | {POWERS}]."
    )
    return moment_lemmas(law, q, *statement.theta), proof


NUMBER_PAIR = "split; first [lra | digits]"
POWERS = "unfold Rpower; simpl; first [lra | digits]"


def _power(r: Fraction, span: Fraction) -> int | None:
    return power_of(r, span, Work()) if r else None


def _factor(n: int | None) -> str:
    if n is None:
        return "left; without_bars; lra"
    return f"right; exists ({n})%Z; split; [without_bars; simpl; first [lra | field] | lia]"


_WAYS: dict[str, Callable[[Spike, CoqLaw, str], Written]] = {
    "stable": _stable,
    "certain": _certain,
    "lundberg": _lundberg,
    "lattice": _lattice,
}
