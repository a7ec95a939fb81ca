"""Random exact data sets for the tests of the certified core, and the checker as one call."""

from __future__ import annotations

import json
from fractions import Fraction

from hypothesis import strategies as st

from catalysis.certificate.document import certificate_of, claim
from catalysis.data.dataset import Dataset, Sample
from catalysis.data.walk import LinearWalk
from proofs_check.certificate import Verdict, check_certificate


def walk_of(*rows: tuple[object, object], eta: object = 1) -> LinearWalk:
    """A walk from pairs (x, weight); the weights are scaled to sum to 1."""
    weights = [Fraction(str(w)) for _, w in rows]
    samples = [
        Sample(None, Fraction(str(x)), w / sum(weights)) for (x, _), w in zip(rows, weights, strict=True)
    ]
    return LinearWalk(Dataset("test", Fraction(str(eta)), tuple(samples)))


@st.composite
def walks(draw: st.DrawFn, largest: int = 30, extreme: bool = True) -> LinearWalk:
    """2 to ``largest`` samples: clustered poles, idle atoms, rare samples, huge and tiny learning rates."""
    size = draw(st.one_of(st.integers(2, 5), st.integers(2, largest)))
    plain = st.fractions(Fraction(1, 50), 50, max_denominator=1000)
    xs = [draw(plain)]
    gaps = st.sampled_from([3, 12, 12, 30] if extreme else [2, 3])
    while len(xs) < size:
        if draw(st.booleans()):
            xs.append(draw(plain))
        else:
            xs.append(draw(st.sampled_from(xs)) + Fraction(draw(st.integers(1, 9)), 10 ** draw(gaps)))
    weight = draw(
        st.sampled_from(
            [st.just(1), st.integers(1, 20), st.integers(1, 10**4), st.sampled_from([1, 2, 10**6])]
            if extreme
            else [st.just(1), st.integers(1, 20)]
        )
    )
    rows: list[tuple[object, object]] = [(x, draw(weight)) for x in sorted(set(xs))]
    if draw(st.integers(0, 3)) == 0:
        rows.insert(0, (0, draw(st.integers(1, 20))))
    eta = draw(
        st.sampled_from(["1", "1", "7/3", "1e-30", "1e30", "1e-300", "1e-2"] if extreme else ["1", "3/7"])
    )
    return walk_of(*rows, eta=eta)


def verdicts(*results: object) -> list[Verdict]:
    """What the independent checker says of the certificate of these results."""
    dataset = results[0].walk.dataset  # type: ignore[attr-defined]
    return check_certificate(json.dumps(certificate_of(dataset, [claim(r) for r in results])).encode())


def refused(*results: object) -> list[str]:
    """The statements that the checker did not prove."""
    return [verdict.statement for verdict in verdicts(*results) if not verdict.proved]
