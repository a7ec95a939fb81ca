"""Random products of matrices for people: the learning-rate axis of vector data, and one product answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from fractions import Fraction
from itertools import pairwise

from catalysis.data.linear_regime import RESTS_ON
from catalysis.exact.numbers import decimal_above, decimal_below
from catalysis.exact.result import Enclosure
from catalysis.exponent.exponent import Regime
from catalysis.products.answer import ProductAnswer
from catalysis.products.axis import LearningRateAxis, RateBracket, RateProof, RegimePiece
from catalysis.products.bounds import lemma_of
from catalysis.products.cells import CellBound
from catalysis.products.kernel import VectorData
from catalysis.products.momentum import largest_fraction, own_threshold
from catalysis.products.momentum_map import REGIMES, MomentumMap
from catalysis.products.momentum_map import Regime as MapRegime
from catalysis.products.proofs import MeanSquareProof
from catalysis.products.walk import MatrixWalk
from catalysis.report.frame import Frame
from catalysis.report.tables import bracket, short

_DIGITS = 10
EASY = 85_000
"""Regions times samples of a map that the checker re-proves with its usual budget."""
_SLIVER = Fraction(1, 10_000)
_MEANINGS = {
    "stable": "no step enlarges the error: no spike, theta = inf",
    "deflationary": "the error dies out, but spikes of any height happen: 0 < theta < inf",
    "inflationary": "the error grows almost surely, for almost every start: theta = 0",
    "undecided": "neither is proved",
}
_LEMMAS = {
    "stable": "proved, exact (V2)",
    "deflationary": "proved ({}V10, V13)",
    "inflationary": "proved (V1, {}V13)",
    "undecided": "undecided",
}
_NORMS = {
    "parameters": "the Euclidean norm of the parameters",
    "residuals": "the Euclidean norm of the residuals",
    "state": "the Euclidean norm of the state",
    "maximum": "the maximum norm of the state",
}
NOT_CARRIED = "proved by this program, not in the certificate"


def vectors_line(data: VectorData) -> Frame:
    """The data in one line, with what was noted when it was read."""
    columns = f"{len(data.rows[0])} features" if data.kind == "features" else "Gram matrix"
    rank = data.rank()
    spans = data.kind == "features" and rank == len(data.rows[0])
    span = "" if spans else "; errors in the span of the samples (the rest is never seen)"
    return Frame.lines(
        f"{data.name}: {len(data.rows)} samples, {columns}, rank {rank}{span}",
        *(f"note: {note}" for note in data.notes),
        *(() if data.origin is None else data.origin.lines()),
    )


def rests_on(step: str = "one sample") -> str:
    """How a step is taken, and the sentence on what every number here rests on."""
    return f"Linear regime, SGD with {step} a step. {RESTS_ON}"


def axis_text(axis: LearningRateAxis) -> list[Frame]:
    """The thresholds, the regimes along the learning rate, and where theta falls to some values."""
    frames = [vectors_line(axis.dataset), _thresholds(axis), _regimes(axis)]
    levels = [_level_row(line) for line in axis.levels]
    frames.append(Frame.of("Where theta falls", ("theta", "learning rate eta", "verdict"), levels))
    shortfall = axis.fields().get("shortfall")
    words = [f"Shortfall: {shortfall}."] if shortfall else []
    if axis.cells:
        words.append("Rank 2: cells (V8, V16) hold for every start; --width says how much stays undecided.")
    return [*frames, Frame.lines(_plain_words(axis), *words, rests_on())]


def _plain_words(axis: LearningRateAxis) -> str:
    """One paragraph."""
    found = (
        f"In the linear regime of this kernel, with single samples: up to eta = {_down(axis.stable_up_to)} no step "
        f"ever enlarges the error; up to {_down(axis.mean_square.lower)} the mean square does not grow; up to "
        f"{_down(axis.deflationary_up_to)} the error dies out almost surely."
    )
    last = axis.inflationary_from
    grows = (
        "" if last is None else f" From {_up(last)} on the error grows almost surely, for almost every start."
    )
    return found + grows


_PROVED: dict[MapRegime, tuple[str, str, str]] = {
    "mean_square_stable": ("stable in mean square", "k(2) < 0, so theta >= 2", "proved (V5)"),
    "deflationary": ("deflationary or stable", "lambda_1 < 0", "proved (V19)"),
    "inflationary": ("inflationary", "lambda_1 > 0, so theta = 0", "proved (V19)"),
    "open": ("open", "neither is proved", "undecided"),
}


def map_text(found: MomentumMap) -> list[Frame]:
    """The shares of the rectangle, and what the coordinates mean."""
    areas = found.areas
    counts = Counter(one.regime for one in found.boxes)
    rows = [(*_PROVED[k][:2], f"{float(areas[k]):.2%}", str(counts[k]), _PROVED[k][2]) for k in REGIMES]
    name = {"heavy_ball": "heavy ball", "nesterov": "Nesterov"}[found.method]
    (a, b), (c, d) = found.whole.fractions, found.whole.betas
    title = f"{name}: fractions {short(a)} to {short(b)}, momentum {short(c)} to {short(d)}"
    threshold = {"heavy_ball": "(1 + c)(1 + beta)", "nesterov": "c + 1/(1 + 2 beta)"}[found.method]
    lines = [
        f"Fraction 1 is where the largest sample alone becomes unstable: eta lambda x* = {threshold}, "
        "c = 1 - eta times the weight decay.",
    ]
    if (regime := found.everywhere()) is not None:
        lines.append(f"All of it is {_PROVED[regime][0]}: {_PROVED[regime][1]}, for every start.")
    if shortfall := found.fields().get("shortfall"):
        lines.append(f"Shortfall: {shortfall}.")
    if found.effort > EASY:
        lines.append(f"Re-proving it takes proofs-check --budget {130 * found.effort}.")
    columns = ("regime", "proved for every start", "share", "boxes", "verdict")
    return [Frame.of(title, columns, rows), Frame.lines(*lines, rests_on("momentum and one sample"))]


def _thresholds(axis: LearningRateAxis) -> Frame:
    last = axis.inflationary_from
    rows = [
        ("stable up to, 2/max K_ii", short(axis.stable_up_to), "exact (V2)"),
        ("mean square falls up to, eta_ms", _rates(axis.mean_square, axis.digits + 2), "proved (V5)"),
        ("deflationary up to at least", _down(axis.deflationary_up_to), _lemmas(axis, "deflationary")),
        ("inflationary from at most", "?" if last is None else _up(last), _lemmas(axis, "inflationary")),
    ]
    return Frame.of("Learning rates", ("", "eta", "verdict"), rows)


def _lemmas(axis: LearningRateAxis, regime: str) -> str:
    return _LEMMAS[regime].format("V8, " if axis.cells else "")


def _regimes(axis: LearningRateAxis) -> Frame:
    pieces, slivers = _folded(axis.regimes)
    notes = []
    if slivers:
        widest = max(_relative_width(piece) for piece in slivers)
        notes.append(
            f"Undecided slivers where G < 0 beside some 1/K_ii: {len(slivers)}, the widest {_up(widest, 2)} of eta;"
            " --json lists them."
        )
    rows = [(*_regime_row(piece, besides=bool(slivers)), _lemmas(axis, piece.regime)) for piece in pieces]
    return Frame.of("Regimes along eta", ("from", "to", "regime", "what happens", "verdict"), rows, *notes)


def _folded(pieces: tuple[RegimePiece, ...]) -> tuple[list[RegimePiece], list[RegimePiece]]:
    """The pieces, inflationary ones with only a sliver between them as one; and those slivers."""
    found, slivers = [pieces[0]], []
    for before, piece in pairwise(pieces):
        if (
            piece.regime == "undecided"
            and before.regime == "inflationary"
            and _relative_width(piece) < _SLIVER
        ):
            slivers.append(piece)
        elif slivers and slivers[-1] is before:
            found[-1] = RegimePiece(piece.regime, found[-1].start, piece.end)
        else:
            found.append(piece)
    return found, slivers


def _relative_width(piece: RegimePiece) -> Fraction:
    return Fraction(1) if piece.end is None else (piece.end - piece.start) / piece.end


def _regime_row(piece: RegimePiece, *, besides: bool) -> tuple[str, str, str, str]:
    end = "inf" if piece.end is None else short(piece.end)
    meaning = _MEANINGS[piece.regime]
    if besides and piece.regime == "inflationary":
        meaning += " (outside the slivers below)"
    return short(piece.start), end, piece.regime, meaning


def _level_row(line: RateBracket) -> tuple[str, str, str]:
    lemmas = {_lemma(proof) for proof in (line.below, line.above) if proof is not None}
    if line.below is None or line.below.eta < line.stable:
        lemmas.add("V2")
    return short(line.s), _rates(line, _DIGITS), f"proved ({', '.join(sorted({'V13', *lemmas}))})"


def _lemma(proof: RateProof | MeanSquareProof) -> str:
    if not isinstance(proof, RateProof):
        return "V5"
    return "V8" if isinstance(proof.moment, CellBound) else lemma_of(proof.moment)


def _rates(line: RateBracket, digits: int) -> str:
    if line.upper is None:
        return f"at least {decimal_below(line.lower, digits)}"
    return bracket(Enclosure(line.lower, line.upper), digits)


def _down(value: Fraction) -> str:
    return decimal_below(value, _DIGITS)


def _up(value: Fraction, digits: int = _DIGITS) -> str:
    return decimal_above(value, digits)


def answer_text(answer: ProductAnswer, carried: Collection[str]) -> list[Frame]:
    """One product: regime, lambda_1, theta, k(2), the probability; each with its lemma.

    `carried` names what a certificate holds (`answer_parts`).
    """
    rows = [
        _regime(answer, carried),
        _drift(answer, carried),
        _theta(answer, carried),
        _second(answer, carried),
    ]
    if answer.factor is not None:
        rows.append(_probability(answer, carried))
    notes = [*_alone(answer), *_reasons(answer), rests_on(_step_words(answer.walk))]
    title = f"{answer.walk.name}, eta = {short(answer.walk.eta)}{_settings(answer.walk)}"
    return [Frame.of(title, ("", "value", "verdict"), rows, *notes)]


def _proved(lemmas: str, *, carried: bool) -> str:
    return f"proved ({lemmas})" if carried else f"{NOT_CARRIED} ({lemmas})"


def _regime(answer: ProductAnswer, carried: Collection[str]) -> tuple[str, str, str]:
    regime = answer.regime
    if regime is Regime.UNDECIDED:
        return "regime", "?", "undecided"
    words = {
        Regime.STABLE: "stable: products stay bounded",
        Regime.DEFLATIONARY: "deflationary: the error dies out almost surely, after spikes of any height",
        Regime.INFLATIONARY: f"inflationary: the error grows almost surely ({answer.starts})",
    }[regime]
    if regime is Regime.DEFLATIONARY and answer.theta[1] is None:
        words = "deflationary or stable: the error dies out almost surely"
    lemmas = "V0" if regime is Regime.DEFLATIONARY else ", ".join(answer.lemmas["exponent"])
    return "regime", words, _proved(lemmas, carried="theta" in carried)


def _drift(answer: ProductAnswer, carried: Collection[str]) -> tuple[str, str, str]:
    lower, upper = answer.lambda1
    sides = {
        side for side, value in (("lambda1 lower", lower), ("lambda1 upper", upper)) if value is not None
    }
    return _row("exponent lambda_1", lower, upper, answer.lemmas["lambda1"], carried=sides <= set(carried))


def _theta(answer: ProductAnswer, carried: Collection[str]) -> tuple[str, str, str]:
    held = "theta" in carried
    if answer.regime in (Regime.STABLE, Regime.INFLATIONARY):
        value = "inf" if answer.regime is Regime.STABLE else "0"
        return "exponent theta", value, _proved(", ".join(answer.lemmas["exponent"]), carried=held)
    lower, upper = answer.theta
    return _row("exponent theta", lower or None, upper, answer.lemmas["exponent"], carried=held)


def _row(
    name: str, lower: Fraction | None, upper: Fraction | None, lemmas: list[str], *, carried: bool
) -> tuple[str, str, str]:
    """A bracket, or the one side that is known."""
    if lower is not None and upper is not None:
        value = bracket(Enclosure(lower, upper), _DIGITS)
    elif lower is not None:
        value = f">= {_down(lower)}"
    elif upper is not None:
        value = f"<= {_up(upper)}"
    else:
        return name, "?", "undecided"
    return name, value, _proved(", ".join(dict.fromkeys(lemmas)), carried=carried)


def _second(answer: ProductAnswer, carried: Collection[str]) -> tuple[str, str, str]:
    value = answer.second.number
    if value is None:
        return "k(2), mean square", "?", "undecided"
    return "k(2), mean square", bracket(value, _DIGITS), _proved("V5", carried="second_moment" in carried)


def _probability(answer: ProductAnswer, carried: Collection[str]) -> tuple[str, str, str]:
    assert answer.factor is not None
    name, value = f"P(sup |e_t| >= {short(answer.factor)} |e_0|)", answer.probability
    if value is None or (value.lower == 0 and value.upper == 1):
        return name, "between 0 and 1", "nothing is proved"
    by_regime = answer.regime in (Regime.STABLE, Regime.INFLATIONARY)
    held = ("theta" if by_regime else "probability") in carried
    lemmas = ", ".join(answer.lemmas["exponent"]) if by_regime else "V11"
    return name, bracket(value, _DIGITS), _proved(lemmas, carried=held)


def _reasons(answer: ProductAnswer) -> list[str]:
    notes = []
    reason = answer.fields().get("reason")
    if reason:
        notes.append(f"Undecided: {reason}.")
    if answer.factor is not None:
        notes.append(f"The probability is meant in {_NORMS[answer.norm]}, for {answer.starts}.")
    stable = answer.exponent.stable
    if stable is not None and stable.q is not None:
        notes.append("No step enlarges the norm of the matrix Q that the certificate holds (V2).")
    return notes


def _alone(answer: ProductAnswer) -> list[str]:
    """How far each sample by itself is from unstable."""
    walk = answer.walk
    if walk.kind not in ("heavy_ball", "nesterov") or walk.keep < 0:
        return []
    threshold, fraction = own_threshold(walk), largest_fraction(walk)
    words = (
        f"A sample by itself is stable while eta lambda x < {short(threshold)}; "
        f"the largest is at {short(fraction, 6)} of that."
    )
    if fraction >= 1:
        return [f"{words} So a sample by itself is unstable."]
    if answer.regime is Regime.INFLATIONARY:
        return [f"{words} No sample alone is unstable, their random product is."]
    return [f"{words} No sample alone is unstable."]


def _step_words(walk: MatrixWalk) -> str:
    known = dict(walk.settings)
    source = known.get("vectors", walk)
    words = "one sample"
    if "walk" in known:
        words = str(known["walk"].step.describe())
    elif source.batch > 1:
        words = f"a minibatch of {source.batch} {'with' if source.replacement else 'without'} replacement in"
    if "beta" in known:
        kind = "Nesterov's momentum" if walk.kind == "nesterov" else "heavy-ball momentum"
        words = f"{kind} {short(known['beta'])} and {words}"
    if walk.weight_decay:
        words = f"decoupled weight decay {short(walk.weight_decay)} (towards the solution), {words}"
    return words.removesuffix(" in")


def _settings(walk: MatrixWalk) -> str:
    known = dict(walk.settings)
    words = "".join(f", {key} = {short(known[key])}" for key in ("lambda", "beta") if key in known)
    return f"{words}, dimension {walk.dimension}"
