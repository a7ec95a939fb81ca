"""Moment proofs as lemmas: V3 to V5, V9, V17a, V18 of Products.v and Claims.v."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from proofs_check.export.coq import NotExpressible, Theory, lemma, listed, real, theorem
from proofs_check.export.matrices import (
    IMPORTS,
    Matrix,
    combine,
    congruent,
    coq_squares,
    form_lemmas,
    law_of_steps,
    matrix,
    seconds_of,
    steps,
)
from proofs_check.products.listing import single_steps, word_walk
from proofs_check.products.moments import Moment, prove_moment
from proofs_check.products.walk import Walk


@dataclass(frozen=True)
class Written:
    """The lemma `moment_NAME`, E|A e|_Q^s <= rho |e|_Q^s (upper) or >= for one step, and what leads to it."""

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
        size = f"norm (quad {d} {self.form}) (run (apply_matrix {d}) word e)"
        mean = f"over_words law T (fun word =>\n    apow ({size}) {s})"
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
        raise NotExpressible(
            f"a moment by {proof.form}, {proof.side} side: of moment proofs V3 to V5, V9, V17a, V18 are written"
        )
    return write(single_steps(walk), proof, value, name)


def _power_mean(proof: Moment, inner: Written) -> Written:
    """V17a."""
    if inner.length > 1:
        raise NotExpressible(
            "a power mean over words: its number is that of a step, the theorem's that of a word"
        )
    if f"moment_{inner.name}_" in "".join(inner.parts):
        raise NotExpressible("a power mean of a power mean")
    first, said = (
        f"{inner.name}_{'larger' if proof.upper else 'smaller'}",
        "below" if proof.upper else "above",
    )
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
    second = (
        f"(fun i j => ({rho} {'-' if proof.upper else '+'} expect {law} (fun a => snd (snd a))) * {form} i j)"
    )
    both = (first, second) if proof.upper else (second, first)
    shown = (
        f"apply (loewner_list _ _ _ {coq_squares(gap)}); [each_sample; lra | entries_of_both {law} {form}]."
    )
    side = "above" if proof.upper else "below"
    lines = f"List.Forall (fun a => line_{side} ({real(proof.s)} / 2) (fst (snd (snd a))) (snd (snd (snd a)))) {law}"
    goals = f"[exact same_{name} | exact is_a_law | exact {form}_semidefinite | "
    goals += f"{'lra | ' * proof.upper}exact lines_{name} | exact compared_{name}]"
    said = "below" if proof.upper else "above"
    use = f"quadratic_{said} {size} {law} law {form} {real(proof.s)} {rho}"
    parts = [
        *carried(walk, name, "(matrix * (R * R))", [f"({real(w)}, {real(d)})" for w, d in extra]),
        *form_lemmas(form, q),
        lemma(f"lines_{name}", lines, f"unfold {law}; each_sample; is_line_{side}."),
        lemma(f"compared_{name}", f"loewner {size} {both[0]}\n    {both[1]}", shown),
        lemma(
            f"moment_{name}",
            f"moment_{said} {size} law {form} {real(proof.s)} {rho}",
            f"apply ({use}); {goals}.",
        ),
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
    shown = (
        f"apply (loewner_list _ _ _ {coq_squares(gap)}); [each_sample; lra | chord_entries_of {law} {form}]."
    )
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
        lemma(
            f"ranges_{name}",
            f"List.Forall (fun c => in_range {size} {form} (snd c)) {law}",
            f"unfold {law}; each_sample;\n    [ {cases} ].",
        ),
        lemma(
            f"lines_{name}", f"List.Forall (fun c => {lines}) {law}", f"unfold {law}; each_sample; each_end."
        ),
        lemma(f"compared_{name}", f"loewner {size} {both[0]} {both[1]}", shown),
        lemma(f"moment_{name}", f"moment_{said} {size} law {form} {s} {rho}", f"apply ({use}); {goals}."),
    ]
    return Written(name, parts, walk, q, proof.s, proof.rho, proof.upper)


def all_parts(*found: Written) -> list[str]:
    """The law, once, and the lemmas of all moments, which are about the same steps."""
    laws = {tuple(law_of_steps(one.walk, steps(one.walk)[0])) for one in found}
    if len(laws) > 1:
        raise NotExpressible("two bounds that are about words of different lengths")
    return [*laws.pop(), *(part for one in found for part in one.parts)]


def _blocks(*found: Written) -> str:
    """What a bound for words leaves out."""
    long = max(one.length for one in found)
    if long == 1:
        return ""
    return f"; the times between the multiples of {long}, one step here being {long}, and rho that of {long}"


def theory(name: str, found: list[Written], left: str) -> Theory:
    """The inequalities of the moments at every time and for every start."""
    said = "forall T e,\n  " + " /\\\n  ".join(f"({one.said})" for one in found)
    proof = (
        "intros T e. " + " ".join(f"split; [{one.proof}|]." for one in found[:-1]) + f" {found[-1].proof}."
    )
    parts = (*all_parts(*found), theorem(name, said, proof))
    seconds = sum((seconds_of(one.walk) for one in found), Fraction(0))
    return Theory(parts, name, IMPORTS, seconds, left + _blocks(*found))
