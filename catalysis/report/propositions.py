"""Claims of a certificate as LaTeX propositions, each with its hypotheses, its lemmas and the certificate's digest.

Every statement is made of the numbers of the claim, rounded outwards: it says what `proofs_check` proves, or less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from catalysis import __version__
from catalysis.certificate.document import Claim, NotCertifiable, certificate_of, claim, digest_of
from catalysis.data.dataset import Dataset
from catalysis.exact.errors import InputError
from catalysis.report.claim_words import WORDS
from catalysis.report.latex import digest, equal, listed, name
from catalysis.report.said import Said

PREAMBLE = r"""% needs \usepackage{amsmath, amssymb, amsthm} and \newtheorem{proposition}{Proposition}"""
_MOST_LISTED = 12
_WALK = r"\mu_{t+1} = (1 - \lambda \eta x_t)\, \mu_t,\quad \mu_0 \neq 0"
_ROUNDED = r"Numbers marked ${\approx}$ are rational; the certificate states them exactly. "


def proposition(result: object) -> str:
    r"""A certified result as a LaTeX proposition with its proof; it needs amsmath, amssymb and amsthm.

    A result that a certificate states in several claims gives one proposition each. The digest in it is that of a
    certificate of the result alone: `certificate_of(result.walk.dataset, [claim(result)])`, written by
    `write_certificate`.

    Parameters
    ----------
    result : Result
        A decided result of a public function.

    Returns
    -------
    str
        A `proposition` and a `proof` environment; numbers rounded outwards.

    Raises
    ------
    InputError
        If the result is undecided, or of a kind for which no words are written.

    Examples
    --------
    >>> from catalysis import catapult_window, proposition
    >>> print(proposition(catapult_window("examples/talk-1.toml")).splitlines()[0])
    \begin{proposition}[Thresholds]
    """
    try:
        stated = _behind(result)
    except (NotCertifiable, TypeError) as reason:
        raise InputError(f"result: expected a decided one with a claim ({reason})") from reason
    if not stated:
        raise InputError("result: expected a decided one with a claim (nothing of it is decided)")
    document = certificate_of(_dataset(result), stated)
    sha256, alone = digest_of(document), len(stated) == 1
    parts = (
        _written(one, document, sha256, None if alone else i) for i, one in enumerate(document["claims"])
    )
    return "\n".join(parts)


def _behind(result: Any) -> list[Claim]:
    """The claims that state a result: its own, or those of its parts."""
    name = type(result).__name__
    if name == "ProductAnswer":
        from catalysis.certificate.products import answer_parts, unlike

        return list(unlike(answer_parts(result)))
    if name == "BatchComparison":
        from catalysis.certificate.choices import claims_of as claims_of_choices

        return claims_of_choices(result)
    if name == "AdviceOverInterval":
        return [claim(result.low), claim(result.high)]
    if name == "SpikeOverInterval":
        return [claim(result.band)]
    return [claim(result)]


def propositions(document: Mapping[str, Any], sha256: str) -> str:
    """All claims of a certificate for which there are words, ready for `\\input`."""
    known = [(i, one) for i, one in enumerate(document["claims"]) if one["kind"] in WORDS]
    heading = f"% catalysis {__version__}, certificate with SHA-256 {sha256}\n{PREAMBLE}\n"
    parts = (_written(one, document, sha256, i) for i, one in known)
    return heading + "\n" + "\n".join(parts)


def _dataset(result: object) -> Dataset | None:
    result = getattr(result, "low", result)  # of two answers, one for each end of an interval
    walk = getattr(result, "walk", None)
    found = getattr(result, "dataset", None) if walk is None else getattr(walk, "dataset", None)
    return found if isinstance(found, Dataset) else None


def _written(stated: Claim, document: Mapping[str, Any], sha256: str, number: int | None) -> str:
    kind = stated["kind"]
    if kind not in WORDS:
        raise InputError(
            f"result: no proposition is written for claims of the kind {kind}; proofs-check words them"
        )
    of_product = "product" in stated
    if of_product:
        stated = {**stated, "product": document["products"][stated["product"]]}
    said = WORDS[kind](stated)
    about_data = not of_product and ("step" in stated or said.of_data)
    premise = _Premise(document["data"], stated.get("step")).words(said) if about_data else said.premise
    text = f"{premise} {said.statement}"
    rounded = _ROUNDED if r"\approx" in text else ""
    which = "the claim" if number is None else f"claim~{number}"
    lemmas = f"Lemma{'s' if len(said.lemmas) > 1 else ''}~{listed(said.lemmas)}"
    return rf"""\begin{{proposition}}[{said.title}]
{text}
\end{{proposition}}
\begin{{proof}}[Proof with computer assistance]
{rounded}By {lemmas} of catalysis {__version__} this follows from finitely many inequalities between numbers. They are
stated as {which} in the certificate with SHA-256 {digest(sha256)}, which \texttt{{proofs{{-}}check}} proves again.
\end{{proof}}
"""


@dataclass(frozen=True)
class _Premise:
    """The hypotheses that data and step make."""

    data: Mapping[str, Any]
    step: Mapping[str, Any] | None

    def words(self, said: Said) -> str:
        eta = equal(Fraction(self.data["learning_rate"]))
        first = self._law().removeprefix("and ") if said.any_rate else f"$\\eta {eta}$, {self._law()}"
        first = f"{first[0].upper()}{first[1:]}." if said.any_rate else f"Let {first}."
        drawn = "" if said.own_draws else f" {self._drawn()}"
        dynamics = said.premise or f"For $\\lambda > 0$ let ${_WALK}$."
        return f"{first}{drawn} {dynamics}"

    def _law(self) -> str:
        samples = self.data["samples"]
        counted = "count" in samples[0]
        if len(samples) > _MOST_LISTED:
            values = f"one of the {len(samples)} values of the data set {self._name()}"
            return (
                f"and let the curvature of a sample be {values}, with its weight (the certificate lists them)"
            )
        x = listed(f"${_value(one['x'])}$" for one in samples)
        if len(samples) == 1:
            return f"and let the curvature of every sample be {x} (data set {self._name()})"
        weights = listed(f"${_value(_weight(one))}$" for one in samples)
        how = "numbers of items" if counted else "probabilities"
        return f"and let the curvature of a sample be {x} with the {how} {weights} (data set {self._name()})"

    def _name(self) -> str:
        return name(str(self.data["name"])) if self.data["name"] else "without a name"

    def _drawn(self) -> str:
        assert self.step is not None
        kind = self.step["kind"]
        if kind == "full_batch":
            return "For every $t$ let $x_t = x$ be its mean."
        if kind == "single":
            return "Let $x, x_0, x_1, \\dots$ be those of independent samples."
        how = "independent samples" if self.step["replacement"] else "samples drawn without replacement"
        return f"Let $x, x_0, x_1, \\dots$ be independent, each the mean over {self.step['size']} {how}."


def _weight(sample: Mapping[str, Any]) -> Any:
    return sample["count"] if "count" in sample else sample["p"]


def _value(value: object) -> str:
    text = equal(Fraction(str(value)))
    return text.removeprefix("= ")
