"""`landing` and `width_spike`: the theorems N12 (every path) and W2 of Landing.v and Width.v."""

from fractions import Fraction
from typing import Any

from proofs_check.core.data import read_step
from proofs_check.core.rule import Setting
from proofs_check.export.coq import NotExpressible, Theory, comment, lemma, listed, real, theorem
from proofs_check.export.law import LINEAR, CoqLaw, coq_law, pair
from proofs_check.export.regions import A_LOGARITHM, BASE, opening, region_parts
from proofs_check.linear.points import NearPole
from proofs_check.linear.regions import Listing
from proofs_check.nonlinear import landing as landing_rule
from proofs_check.nonlinear import width_spike as width_rule
from proofs_check.nonlinear.width_upper import Theorem, Trivial

FINITE = ("Definitions", "Law", "Power", "General", "Width", "Landing", "Regions", "Numbers", "Claims")
ALMOST_SURELY = (
    "that almost surely the limit lies in the zone or some kappa is 0, by the law of large numbers"
)


def curvatures(law: CoqLaw, rate: Fraction, step: str) -> list[str]:
    """The law c of the curvature of a step: rates over learning rate."""
    entries = listed(pair(p, x / rate) for p, x in law.pairs)
    return [
        comment(f"The law of the curvature of one step{step}."),
        f"Definition c : list (R * R) := {entries}.",
    ]


def landing(statement: landing_rule.Statement, claim: dict[str, Any], setting: Setting) -> Theory:
    """What holds on every path, and that the zone holds every curvature with G <= 0."""
    assert setting.data is not None
    law, rate = coq_law(statement.case.law), setting.data.learning_rate
    listing, level = statement.listed, rate * statement.lambda0
    found = region_parts(listing, law)
    positive = [x / rate for _, x in law.pairs if x]
    values = f"{real(level)} {real(positive[0])} {real(positive[-1])}"
    proof = (
        f"intros x k0 D H. apply (path_claim c {values} x k0); "
        "[lra | lra | unfold c; each_sample; first [left; lra | right; lra] | exact D | exact H]."
    )
    parts = [
        *opening(law, claim, setting),
        *curvatures(law, rate, ""),
        *found.parts,
        *_zone(statement, listing),
        theorem("landing", _path_words(level), proof),
        theorem("landing_and_zone", _both(level, statement), "split; [exact landing | exact zone]."),
    ]
    imports = tuple(dict.fromkeys((*LINEAR, *FINITE)))
    return Theory(tuple(parts), "landing_and_zone", imports, BASE + found.seconds + 1, ALMOST_SURELY)


def _path_words(level: Fraction) -> str:
    """Every sequence of curvatures from c, every start of a network at the curvature L_0."""
    L0 = real(level)
    state = f"(orbit x (k0, {L0}) t)"
    return (
        f"forall (x : nat -> R) (k0 : R), (forall t, exists p, In (p, x t) c) -> 2 * Rabs k0 <= {L0} ->\n"
        f"  (forall t, 2 * Rabs (fst {state}) <= snd {state} /\\\n"
        f"     snd (orbit x (k0, {L0}) (S t)) <= snd {state}) /\\\n"
        f"  (exists limit : R, is_lim_seq (fun t => snd {state}) limit /\\ 0 <= limit <= {L0}) /\\\n"
        f"  ((forall t, exists u, (t <= u)%nat /\\ x u <> 0) -> is_lim_seq (fun t => fst {state}) 0)"
    )


def _zone_words(statement: landing_rule.Statement) -> str:
    pieces = " \\/ ".join(f"{real(low)} <= lam <= {real(high)}" for low, high in statement.zone)
    return f"forall lam, 0 < lam < {real(statement.lambda0)} -> no_pole w lam -> drift w lam <= 0 -> {pieces}"


def _both(level: Fraction, statement: landing_rule.Statement) -> str:
    return f"({_path_words(level)}) /\\\n  ({_zone_words(statement)})"


def _zone(statement: landing_rule.Statement, listing: Listing) -> list[str]:
    """Region by region: where G is positive there is nothing to show, elsewhere a piece holds the region."""
    inside = [listing.zeros[i] for i in (region.end for region in listing.regions) if isinstance(i, int)]
    if any(isinstance(zero.lower, NearPole) for zero in inside):
        raise NotExpressible("a landing zone with zeros beside a pole")
    names = range(1, len(inside) + 1)
    opened = "".join(f"destruct R as (z{i} & P{i} & A{i} & B{i} & Z{i} & S{i} & R). " for i in names)
    cases = ""
    for i in names:
        cases += (
            f"destruct (Rtotal_order lam z{i}) as [E{i} | [E{i} | E{i}]]; "
            f"[first [in_zone | exfalso; specialize (S{i} lam ltac:(lra) N); lra] | in_zone | ]. "
        )
    last = "first [in_zone | exfalso; specialize (R lam ltac:(lra) ltac:(lra) N); lra]."
    proof = f"intros lam H N G. pose proof regions as R. simpl in R.\n  {opened}\n  {cases}\n  {last}"
    return [lemma("zone", _zone_words(statement), f"\n  {proof}")]


def width_spike(statement: width_rule.Statement, claim: dict[str, Any], setting: Setting) -> Theory:
    """W2: the bound of a spike at every horizon, at the width that the start names."""
    assert setting.data is not None
    upper = statement.upper
    if not isinstance(upper, Theorem) or type(upper) is not Theorem:
        kind = (
            "a trivial bound" if isinstance(upper, Trivial) else f"the upper bound by {type(upper).__name__}"
        )
        raise NotExpressible(f"{kind}: of the bounds at finite width W2 alone is formal")
    start, rate = upper.start, setting.data.learning_rate
    law = coq_law(start.case.law)
    k0 = f"({real(rate)} * {claim_number(claim, 'mu0')} / sqrt {claim_number(claim, 'width')})"
    L0, b, level, bound = (real(q) for q in (start.L0, upper.exponent, upper.level, upper.value))
    number = "rewrite apow_exp by (apply Rdiv_lt_0_compat; [apply Rabs_pos_lt; apply Rgt_not_eq; digits | lra]); digits"
    if Fraction(claim["mu0"]) < 0:
        number = number.replace("Rgt_not_eq", "Rlt_not_eq")
    step = read_step(claim["step"])
    by_moment = "unfold moment, factor; cbv beta iota zeta delta [expect c]; powers; digits"
    parts = [
        *curvatures(law, rate, f" ({step.kind.replace('_', ' ')})"),
        lemma(
            "positive_weights_of_c",
            "positive_weights c",
            "unfold c; cbn [positive_weights]; repeat split; lra.",
        ),
        lemma(
            "data_c",
            "is_data c",
            "apply is_data_intro; [exact positive_weights_of_c | unfold c; cbn [ordered]; repeat split; lra "
            "| unfold c; cbn [expect]; lra].",
        ),
        lemma("moment_at_start", f"moment c {L0} {b} <= 1", f"{by_moment}."),
        theorem(
            "width_spike",
            f"forall T, reach_kappa c {level} T ({k0}, {L0}) <= {bound}",
            f"apply (width_claim c {k0} {L0} {b} {level} {bound} data_c); "
            f"[unfold c; each_sample; lra | lra | exact moment_at_start | digits | lra | {number}].",
        ),
    ]
    left = "the lower bound" if statement.lower.value > 0 else ""
    return Theory(tuple(parts), "width_spike", FINITE, BASE + 2 * A_LOGARITHM * law.size, left)


def claim_number(claim: dict[str, Any], key: str) -> str:
    """A field that the rule has read as an exact number."""
    return real(Fraction(claim[key]))
