"""Random products of matrices as claims of a certificate: docs/certificate-products.md has every key.

Lists with an entry for every step of a walk are written with one for every sample (or matrix), so that whoever checks
them need not merge equal samples. Matrices stand in the coordinates that the claim names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import Any

from catalysis.certificate.document import Claim, NotCertifiable, claim, exact_number
from catalysis.exact.result import Enclosure
from catalysis.exponent.exponent import Regime
from catalysis.products.answer import ProductAnswer, largest_step
from catalysis.products.axis import (
    DeflationaryPiece,
    InflationaryPiece,
    LearningRateAxis,
    MeanSquareThreshold,
    RateBracket,
    RateProof,
)
from catalysis.products.bounds import LyapunovExponentBound, MeanSquare, MomentBound
from catalysis.products.cells import CellBound, Table
from catalysis.products.exponent import ProductExponent, StableProof
from catalysis.products.kernel import VectorData
from catalysis.products.polytope import FunctionalProof, HullProof
from catalysis.products.proofs import (
    ChordProof,
    Inverse,
    LyapunovBound,
    LyapunovProof,
    MeanProof,
    MeanSquareProof,
    MomentLyapunovProof,
    MomentProof,
    PowerMeanProof,
    QuadraticProof,
    SampleProof,
    Side,
    SmallerBatchProof,
    TensorProof,
    VolumeProof,
    WordsLyapunovProof,
    WordsProof,
    is_whole,
)
from catalysis.products.rates import RateCells
from catalysis.products.spikes import NormRange, PolytopeSpikeProof, SpikeBounds, SpikeProof, norms
from catalysis.products.walk import MAX_LISTED, MatrixWalk

_PROBABILITY_DIGITS = 12
_WITH_UNIT = 100


def product_json(walk: MatrixWalk) -> dict[str, Any]:
    """The entry of `products` at the top of a certificate."""
    if walk.data is not None:
        return data_json(walk.data)
    known = dict(walk.settings)
    p = numbers_json(walk.p)
    if "curvatures" in known:
        return {"kind": walk.kind, "name": walk.name, "curvatures": numbers_json(known["curvatures"]), "p": p}
    matrices = [[numbers_json(row) for row in matrix] for matrix in walk.matrices]
    return {"kind": "matrices", "name": walk.name, "matrices": matrices, "p": p}


def data_json(data: VectorData) -> dict[str, Any]:
    weights: dict[str, Any] = (
        {"p": numbers_json(data.p)} if data.counts is None else {"count": list(data.counts)}
    )
    return {"kind": data.kind, "name": data.name, **_rows_json(data), **weights}


def _rows_json(data: VectorData) -> dict[str, Any]:
    """The table; a large one as integers times a unit, which is much shorter."""
    top, den = data.integers
    if den == 1 or len(data.rows) < _WITH_UNIT:
        return {data.kind: [numbers_json(row) for row in data.rows]}
    rows = [[str(int(v)) for v in row] for row in top.tolist()]
    return {data.kind: rows, "unit": exact_number(Fraction(1, den))}


def _head(kind: str, walk: MatrixWalk) -> Claim:
    """What every claim on one walk begins with."""
    entry: Claim = {"kind": kind, "product": product_json(walk)}
    known = dict(walk.settings)
    if walk.data is not None or "curvatures" in known:
        entry["eta"] = exact_number(walk.eta)
        entry["weight_decay"] = exact_number(walk.weight_decay)
    if "curvatures" in known:
        entry |= {key: exact_number(known[key]) for key in ("lambda", "beta")}
    if walk.batch > 1:
        entry["step"] = _step(walk)
    return {**entry, "coordinates": _coordinates(walk)}


def _coordinates(walk: MatrixWalk) -> dict[str, Any]:
    r = walk.rank_one
    if r is None:
        return {"kind": "state"}
    return {"kind": "features"} if r.pivots is None else {"kind": "residuals", "pivots": list(r.pivots)}


def numbers_json(values: Sequence[Fraction]) -> list[str]:
    return [exact_number(v) for v in values]


def _for_samples(walk: MatrixWalk, values: Sequence[Any]) -> list[Any]:
    """An entry for every sample from one for every step."""
    r = walk.rank_one
    return list(values) if r is None or not walk.single else [values[k] for k in r.place]


def _listed(walk: MatrixWalk) -> MatrixWalk:
    """The single steps that the lists of a proof are of."""
    found = walk.listed()
    if found is None:
        raise NotCertifiable(f"batches: a certificate lists at most {MAX_LISTED} different ones")
    return found


def _matrix(q: Sequence[Sequence[int]]) -> list[list[str]]:
    return [[str(v) for v in row] for row in q]


def moment_json(walk: MatrixWalk, proof: MomentProof) -> dict[str, Any]:
    """A self-contained proof of k(s) <= log rho or >= log rho."""
    if not is_whole(proof):
        _listed(walk)
    head = {
        "form": proof.form,
        "s": exact_number(proof.s),
        "side": proof.side,
        "rho": exact_number(proof.rho),
    }
    if isinstance(proof, QuadraticProof):
        slopes = numbers_json(_for_samples(walk, proof.slopes)) if proof.slopes else []
        offsets = numbers_json(_for_samples(walk, proof.offsets)) if proof.offsets else []
        return {**head, "Q": _matrix(proof.q), "slopes": slopes, "offsets": offsets}
    if isinstance(proof, ChordProof):
        ranges = [numbers_json(pair) for pair in _for_samples(walk, proof.ranges)]
        chords = [numbers_json(pair) for pair in _for_samples(walk, proof.chords)]
        return {
            **head,
            "Q": _matrix(proof.q),
            "ranges": ranges,
            "chords": chords,
            "inverse": _inverse_json(proof.inverse),
        }
    if isinstance(proof, SampleProof):
        return {**head, "sample": proof.sample}
    if isinstance(proof, HullProof):
        bases: list[Any] = _for_samples(walk, [[list(b) for b in row] for row in proof.bases])
        return {**head, "vectors": _matrix(proof.vectors), "bases": bases, "multiples": []}
    if isinstance(proof, FunctionalProof):
        multiples = [[[[k, exact_number(c)] for k, c in entry] for entry in row] for row in proof.multiples]
        return {
            **head,
            "vectors": _matrix(proof.vectors),
            "bases": [list(b) for b in proof.bases],
            "multiples": _for_samples(walk, multiples),
        }
    if isinstance(proof, MeanProof):
        return {**head, "vector": numbers_json([Fraction(v) for v in proof.vector])}
    if isinstance(proof, VolumeProof):
        return {**head, "samples": None if proof.samples is None else list(proof.samples)}
    return {**head, **_inner_json(walk, proof)}


def _inner_json(
    walk: MatrixWalk, proof: TensorProof | PowerMeanProof | SmallerBatchProof | WordsProof
) -> dict[str, Any]:
    """A proof that rests on another one, perhaps for another walk."""
    if isinstance(proof, PowerMeanProof):
        return {"proof": moment_json(walk, proof.proof)}
    if isinstance(proof, WordsProof):
        return {"length": proof.length, "proof": moment_json(walk.words(proof.length), proof.proof)}
    if isinstance(proof, TensorProof):  # lists of a power are those of the walk itself
        return {"order": proof.order, "proof": moment_json(walk, proof.proof)}
    other = walk.with_batch(proof.batch, replacement=proof.replacement)
    step = None if proof.batch == 1 else _step(other)
    return {"step": step, "proof": moment_json(other, proof.proof)}


def _step(walk: MatrixWalk) -> dict[str, Any]:
    return {"kind": "minibatch", "size": walk.batch, "replacement": walk.replacement}


def _inverse_json(inverse: Inverse | None) -> list[list[str]] | None:
    if inverse is None:
        return None
    return [numbers_json([Fraction(v, inverse.den) for v in row]) for row in inverse.top]


def lyapunov_json(walk: MatrixWalk, proof: LyapunovBound) -> dict[str, Any]:
    """A self-contained proof of lambda_1 <= bound or >= bound."""
    head = {"form": proof.form, "side": proof.side, "bound": exact_number(proof.bound)}
    if isinstance(proof, MomentLyapunovProof):
        return {**head, "proof": moment_json(walk, proof.proof)}
    if isinstance(proof, WordsLyapunovProof):
        inner = lyapunov_json(walk.words(proof.length), proof.proof)
        return {**head, "length": proof.length, "proof": inner}
    _listed(walk)
    if isinstance(proof, LyapunovProof):
        return {**head, "Q": _matrix(proof.q), "c": numbers_json(_for_samples(walk, proof.c))}
    return {**head, "samples": None if proof.samples is None else list(proof.samples)}


def _stable_json(proof: StableProof) -> dict[str, Any]:
    if proof.q is None:
        return {"form": "items" if proof.form == "items" else "eigenvalues"}
    return {"form": "norm", "Q": _matrix(proof.q)}


@claim.register
def _(result: MomentBound) -> Claim:
    if result.proof is None:
        raise NotCertifiable(result.fields()["reason"])
    return {**_head("product_moment", result.walk), "proof": moment_json(result.walk, result.proof)}


@claim.register
def _(result: MeanSquare) -> Claim:
    if result.above is None or result.below is None:
        raise NotCertifiable("the mean square is not bounded from both sides")
    return {
        **_head("product_radius", result.walk),
        "lower": exact_number(result.below.rho),
        "upper": exact_number(result.above.rho),
        "below": moment_json(result.walk, result.below),
        "above": moment_json(result.walk, result.above),
    }


@claim.register
def _(result: LyapunovExponentBound) -> Claim:
    if result.proof is None:
        raise NotCertifiable(result.fields()["reason"])
    return {**_head("product_lyapunov", result.walk), "proof": lyapunov_json(result.walk, result.proof)}


@claim.register
def _(result: ProductExponent) -> Claim:
    walk, regime = result.walk, result.regime
    if regime is Regime.STABLE:
        assert result.stable is not None
        return {**_head("product_stable", walk), "proof": _stable_json(result.stable)}
    if regime is Regime.INFLATIONARY:
        assert result.volume is not None
        return {**_head("product_lyapunov", walk), "proof": lyapunov_json(walk, result.volume)}
    return {
        **_head("product_exponent", walk),
        "regime": None if regime is Regime.UNDECIDED else regime.value,
        "lower": exact_number(result.lower),
        "upper": "inf" if result.upper is None else exact_number(result.upper),
        **_exponent_proofs(result),
    }


def _exponent_proofs(result: ProductExponent) -> dict[str, Any]:
    walk = result.walk
    falling = result.lyapunov if result.lyapunov is not None and result.lyapunov.bound < 0 else None
    return {
        "lyapunov": None if falling is None else lyapunov_json(walk, falling),
        "below": None if result.from_below is None else moment_json(walk, result.from_below),
        "above": None if result.from_above is None else moment_json(walk, result.from_above),
    }


@claim.register
def _(result: SpikeBounds) -> Claim:
    walk = result.walk
    if result.stable and _all_trivial(result):
        assert result.exponent.stable is not None
        return {**_head("product_stable", walk), "proof": _stable_json(result.exponent.stable)}
    if not result.stable and result.above is None and result.below is None:
        raise NotCertifiable(result.fields()["reason"])
    above: dict[str, Any] | None = None
    if result.above is not None:
        above = _spike_json(walk, result.above)
    elif result.never is not None:
        above = {"stable": _stable_json(result.never.stable), "ranges": _ranges_json(result.never.ranges)}
    found = {
        **_head("product_spike", walk),
        "factor": exact_number(result.factor),
        "probability": {norm.name: outwards(_carried(result, norm.name)) for norm in norms(walk)},
        "lyapunov": None if result.below is None else _exponent_proofs(result.exponent)["lyapunov"],
        "above": above,
        "below": None if result.below is None else _spike_json(walk, result.below),
    }
    return found if result.steps is None else {**found, "steps": result.steps}


def _carried(result: SpikeBounds, norm: str) -> Enclosure:
    """The bounds in a norm that one claim proves: where no product grows, or by a moment."""
    bounds = result.bounds(norm)
    if result.above is None or result.never is None:
        return bounds
    return Enclosure(bounds.lower, result.above.bound(result.factor, norm, result.steps))


def _all_trivial(result: SpikeBounds) -> bool:
    return all(_carried(result, norm.name).upper == 1 for norm in norms(result.walk))


def _ranges_json(ranges: Sequence[NormRange]) -> list[dict[str, str]]:
    return [{"norm": r.name, "alpha": exact_number(r.alpha), "beta": exact_number(r.beta)} for r in ranges]


def _spike_json(walk: MatrixWalk, proof: SpikeProof) -> dict[str, Any]:
    step: dict[str, Any] = {}
    if proof.largest_step is not None:
        step = {"largest_step": exact_number(proof.largest_step), "inverse": _inverse_json(proof.inverse)}
    if isinstance(proof, PolytopeSpikeProof) and proof.reach is not None:
        step["steps"] = _for_samples(walk, [[list(b) for b in row] for row in proof.reach.bases])
    return {"moment": moment_json(walk, proof.moment), **step, "ranges": _ranges_json(proof.ranges)}


@claim.register
def _(result: MeanSquareThreshold) -> Claim:
    if result.below is None or result.above is None:
        raise NotCertifiable("the mean-square threshold is not bounded from both sides")
    head = _head("mean_square", result.walk)
    del head["eta"], head["weight_decay"]
    return {
        **head,
        "lower": exact_number(result.below.eta),
        "upper": exact_number(result.above.eta),
        "below": moment_json(result.walk, _unit_moment(result.below)),
        "above": moment_json(result.walk, _unit_moment(result.above)),
    }


@claim.register
def _(result: LearningRateAxis) -> Claim:
    walk = MatrixWalk.from_data(result.dataset, eta=result.stable_up_to)
    return {
        "kind": "product_axis",
        "product": product_json(walk),
        "coordinates": _coordinates(walk),
        "stable_up_to": exact_number(result.stable_up_to),
        "levels": [_level_json(walk, bracket) for bracket in result.levels],
        "falling": None if result.start is None else _rate_json(walk, result.start),
        "pieces": [_piece_json(walk, piece) for piece in result.pieces] + _formed_pieces(walk, result),
        "inflationary": [growing_json(piece) for piece in result.inflationary],
    }


def _formed_pieces(walk: MatrixWalk, result: LearningRateAxis) -> list[dict[str, Any]]:
    """From left to right; those in rank 1 are quadratic, those in rank 2 cells."""
    quadratic = [{"form": "quadratic", **_piece_json(walk, piece)} for piece in result.further]
    return quadratic + [_rate_cells_json(piece) for piece in result.cells]


def _rate_cells_json(piece: RateCells) -> dict[str, Any]:
    return {
        "form": "cells",
        "side": "upper" if piece.side > 0 else "lower",
        "from": exact_number(piece.start),
        "to": exact_number(piece.end),
        "bound": exact_number(piece.bound),
        **_table(piece.table),
    }


def _level_json(walk: MatrixWalk, bracket: RateBracket) -> dict[str, Any]:
    return {
        "exponent": exact_number(bracket.s),
        "below": None if bracket.below is None else _rate_json(walk, bracket.below),
        "above": None if bracket.above is None else _rate_json(walk, bracket.above),
    }


def _rate_json(walk: MatrixWalk, proof: RateProof | MeanSquareProof) -> dict[str, Any]:
    """An eta and a proof of k(s) <= log rho or >= log rho there; the mean square at rho = 1."""
    moment = proof.moment if isinstance(proof, RateProof) else _unit_moment(proof)
    return {"eta": exact_number(proof.eta), "proof": _any_moment(walk, moment)}


def _unit_moment(proof: MeanSquareProof) -> QuadraticProof:
    return QuadraticProof(Fraction(2), "upper" if proof.side == "lower" else "lower", Fraction(1), proof.q)


def _piece_json(walk: MatrixWalk, piece: DeflationaryPiece) -> dict[str, Any]:
    return {
        "from": exact_number(piece.start),
        "to": exact_number(piece.end),
        "bound": exact_number(piece.bound),
        "Q": _matrix(piece.q),
        "c": numbers_json(_for_samples(walk, piece.c)),
    }


def growing_json(piece: InflationaryPiece) -> dict[str, Any]:
    return {
        "from": exact_number(piece.start),
        "to": "inf" if piece.end is None else exact_number(piece.end),
        "samples": None if piece.samples is None else list(piece.samples),
    }


def answer_claims(answer: ProductAnswer) -> list[Claim]:
    """Everything that is proved of one random product, as claims."""
    return unlike(answer_parts(answer))


def unlike(parts: Mapping[str, Claim]) -> list[Claim]:
    """The claims, each once."""
    found: list[Claim] = []
    for entry in parts.values():
        if entry not in found:
            found.append(entry)
    return found


def answer_parts(answer: ProductAnswer) -> dict[str, Claim]:
    """The claims by what they carry: "theta", "lambda1 lower", "lambda1 upper", "second_moment", "probability".

    What is missing is not certified.
    """
    makers: dict[str, Callable[[], Claim]] = {
        "theta": lambda: _theta(answer),
        "lambda1 lower": lambda: _drift(answer, "lower"),
        "lambda1 upper": lambda: _drift(answer, "upper"),
        "second_moment": lambda: claim(answer.second),
        "probability": lambda: _probability(answer),
    }
    found: dict[str, Claim] = {}
    for name, make in makers.items():
        with suppress(NotCertifiable):
            found[name] = make()
    return found


def _theta(answer: ProductAnswer) -> Claim:
    """Stable, inflationary, or theta between two numbers: of matrix and cells whichever is sharper."""
    walk, exponent, plane, regime = answer.walk, answer.exponent, answer.plane, answer.regime
    if regime is Regime.STABLE:
        if exponent.stable is not None:
            return {**_head("product_stable", walk), "proof": _stable_json(exponent.stable)}
        assert plane is not None and plane.stable is not None
        return {**_head("product_stable", walk), "proof": {"form": "cells", **_table(plane.stable)}}
    if regime is Regime.INFLATIONARY:
        return _drift(answer, "lower")
    below, above = exponent.from_below, exponent.from_above
    falls, grows = (None, None) if plane is None else plane.moments
    lowers: list[MomentProof | CellBound] = [p for p in (below, falls) if p is not None]
    uppers: list[MomentProof | CellBound] = [p for p in (above, grows) if p is not None]
    low = max(lowers, key=_power, default=None)
    high = min(uppers, key=_power, default=None)
    sinking = _sinking(answer)
    if low is None and high is None and sinking is None:
        raise NotCertifiable("nothing is proved of theta")
    needed = regime is Regime.DEFLATIONARY and (low is None or _rho(low) >= 1)
    return {
        **_head("product_exponent", walk),
        "regime": regime.value if regime is Regime.DEFLATIONARY else None,
        "lower": "0" if low is None else exact_number(_power(low)),
        "upper": "inf" if high is None else exact_number(_power(high)),
        "lyapunov": _bound_json(walk, sinking) if needed and sinking is not None else None,
        "below": None if low is None else _any_moment(walk, low),
        "above": None if high is None else _any_moment(walk, high),
    }


def _sinking(answer: ProductAnswer) -> LyapunovBound | CellBound | None:
    """A proof of lambda_1 < 0, the short one first."""
    plane = answer.plane
    found = (answer.exponent.lyapunov, None if plane is None else plane.drift[1])
    return next((p for p in found if p is not None and p.bound < 0), None)


def _drift(answer: ProductAnswer, side: Side) -> Claim:
    """The better bound of lambda_1 on one side."""
    cells = (None, None) if answer.plane is None else answer.plane.drift
    proofs: list[LyapunovBound | CellBound | None]
    if side == "lower":
        proofs = [answer.exponent.volume, cells[0]]
        best = max((p for p in proofs if p is not None), key=lambda p: p.bound, default=None)
    else:
        proofs = [answer.exponent.lyapunov, cells[1]]
        best = min((p for p in proofs if p is not None), key=lambda p: p.bound, default=None)
    if best is None:
        raise NotCertifiable(f"lambda_1 has no {side} bound")
    return {**_head("product_lyapunov", answer.walk), "proof": _bound_json(answer.walk, best)}


def _probability(answer: ProductAnswer) -> Claim:
    """The bounds of a spike: by matrices as they stand, or by cells in the maximum norm."""
    if answer.factor is None or answer.regime is Regime.INFLATIONARY:
        raise NotCertifiable("it follows from the regime")
    walk = answer.walk
    if answer.norm != "maximum":
        if answer.spikes is None:
            raise NotCertifiable("nothing better than 0 and 1")
        return claim(answer.spikes)
    plane, bounds = answer.plane, answer.probability
    assert plane is not None and bounds is not None
    head = {**_head("product_spike", walk), "factor": exact_number(answer.factor)}
    if plane.stable is not None:
        return {
            **head,
            "probability": {"maximum": outwards(bounds)},
            "lyapunov": None,
            "above": {"stable": {"form": "cells", **_table(plane.stable)}, "ranges": []},
            "below": None,
        }
    falls, grows = plane.moments
    sinking = _sinking(answer)
    if falls is None and (grows is None or sinking is None):
        raise NotCertifiable("nothing better than 0 and 1")
    below = grows if sinking is not None else None
    step = exact_number(largest_step(_listed(walk)))
    return {
        **head,
        "probability": {"maximum": outwards(bounds)},
        "lyapunov": None if below is None or sinking is None else _bound_json(walk, sinking),
        "above": None if falls is None else {"moment": _cells(falls), "ranges": []},
        "below": None if below is None else {"moment": _cells(below), "ranges": [], "largest_step": step},
    }


def outwards(bounds: Enclosure) -> dict[str, str]:
    lower, upper = bounds.decimals(_PROBABILITY_DIGITS)
    return {
        "lower": exact_number(Fraction(lower)),
        "upper": exact_number(min(Fraction(1), Fraction(upper))),
    }


def _power(proof: MomentProof | CellBound) -> Fraction:
    if isinstance(proof, CellBound):
        assert proof.power is not None
        return proof.power
    return proof.s


def _rho(proof: MomentProof | CellBound) -> Fraction:
    return proof.bound if isinstance(proof, CellBound) else proof.rho


def _any_moment(walk: MatrixWalk, proof: MomentProof | CellBound) -> dict[str, Any]:
    return _cells(proof) if isinstance(proof, CellBound) else moment_json(walk, proof)


def _bound_json(walk: MatrixWalk, proof: LyapunovBound | CellBound) -> dict[str, Any]:
    return _cells(proof) if isinstance(proof, CellBound) else lyapunov_json(walk, proof)


def _cells(proof: CellBound) -> dict[str, Any]:
    """A moment proof or, without a power, a Lyapunov proof of the form "cells" (V8)."""
    side, bound = "upper" if proof.side > 0 else "lower", exact_number(proof.bound)
    if proof.power is None:
        return {"form": "cells", "side": side, "bound": bound, **_table(proof.table)}
    head = {"form": "cells", "s": exact_number(proof.power), "side": side, "rho": bound}
    return {**head, **_table(proof.table)}


def _table(table: Table) -> dict[str, list[str]]:
    return {"nodes": numbers_json(table.nodes), "values": numbers_json(table.values)}
