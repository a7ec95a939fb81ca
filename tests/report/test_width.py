"""Printed is certified: at finite width the headline is what a certificate carries, finer bounds are marked."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from kit import EXAMPLES

import catalysis
from catalysis.nonlinear.bounds import LowerBound, UpperBound
from catalysis.nonlinear.spike import NOT_CARRIED
from catalysis.nonlinear.words import Tail, Words
from catalysis.report.width import by, spike_table


def test_the_headline_is_what_the_certificate_carries() -> None:
    plain = catalysis.width_spike(str(EXAMPLES / "talk-1.toml"), "1.42", 1, "0.05", "0.1", tolerance=4)
    low, high = Fraction("0.001"), Fraction("0.009")
    found = replace(
        plain,
        lower=LowerBound(Fraction("0.0001"), "closed form"),
        upper=UpperBound(Fraction("0.01"), "theorem"),
        finer_lower=LowerBound(low, "closed form"),
        finer_upper=UpperBound(high, "theorem"),
    )
    (frame,) = spike_table(found)
    head = {row[0]: row[1:] for row in frame.rows}
    assert [row[0] for row in frame.rows][:4] == ["at least", "at most", "finer, at least", "finer, at most"]
    assert (head["at least"][0], head["at most"][0]) == ("0.0001", "0.01")
    assert (head["finer, at least"][0], head["finer, at most"][0]) == ("0.001", "0.009")
    assert all(head[row][1].startswith(NOT_CARRIED) is row.startswith("finer") for row in head)
    assert "at most / at least = 100" in frame.notes[0]
    assert (
        found.fields()["probability"] == found.fields()["certified"] == {"lower": "0.0001", "upper": "0.01"}
    )
    (frame,) = spike_table(replace(found, finer_lower=found.lower, finer_upper=found.upper))
    assert not any(row[0].startswith("finer") for row in frame.rows)


def test_the_lemmas_named_are_those_that_the_bound_rests_on() -> None:
    """As proofs-check lists them: what no box holds is bounded by a power of k/c, from above only."""
    for tail, lemmas in (
        (Tail(), "W14"),
        (Tail(Fraction(3, 2)), "W2, W14, W15"),
        (Tail(Fraction(1, 2), (Fraction(1), Fraction(2))), "W14, W15"),
    ):
        words = Words(("0 0",), 1, Fraction(0), Fraction(1), tail)
        assert by(UpperBound(Fraction(1), "words", words=words)).endswith(f"({lemmas})")
        assert by(LowerBound(Fraction(0), "words", words=words)).endswith("(W14)")
