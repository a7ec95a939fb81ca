"""The learning-rate axis of a kernel for people: the numbers with their lemmas, and one paragraph in plain words."""

from __future__ import annotations

from fractions import Fraction

from catalysis.data.linear_regime import RESTS_ON
from catalysis.exact.effort import duration
from catalysis.exact.numbers import decimal_above, decimal_below
from catalysis.exact.result import Enclosure
from catalysis.products.axis import RegimePiece
from catalysis.products.kernel import VectorData
from catalysis.products.kernel_axis import KernelAdvice, KernelSpike, Optimizer
from catalysis.products.kernel_sums import Kernel
from catalysis.report.frame import Frame
from catalysis.report.products import NOT_CARRIED, vectors_line
from catalysis.report.tables import bracket, short

_DIGITS = 10
_LEFT_OUT = "theta = 10, 4, 1 and finer intervals of deflation"
_MEANINGS = {
    "stable": "no step enlarges the error: no spike, theta = inf",
    "deflationary": "the error dies out, but spikes of any height happen: 2 <= theta < inf",
    "deflationary or stable": "the mean square falls: theta >= 2, the error dies out almost surely",
    "inflationary": "the error grows almost surely, for almost every start: theta = 0",
    "undecided": "no regime is proved",
}


def kernel_line(kernel: Kernel) -> Frame:
    """The data in one line, with what was noted when it was read."""
    if isinstance(kernel, VectorData):
        return vectors_line(kernel)
    return Frame.lines(f"{kernel.name}: {len(kernel.p)} samples, Gram matrix", *kernel.origin.lines())


def advice_text(result: KernelAdvice, left_out: float | None = None) -> list[Frame]:
    """The axis; `left_out` are the seconds of the full axis where there is one."""
    rows = [*_stable_rows(result), *_mean_square_rows(result), *_inflationary_rows(result)]
    if result.spike is not None:
        rows.append(_spike_row(result, result.spike))
    title = f"Learning rates: {optimizer_words(result.optimizer)}"
    words = [plain_words(result)]
    if result.eta is not None:
        words.append(_at_rate(result))
    if left_out is not None:
        words.append(f"Left out: {_LEFT_OUT} (V8 to V16), {duration(left_out)}: --full.")
    if not isinstance(result.dataset, VectorData):
        words.append(
            "A certificate holds kernels of at most 500 samples: these numbers stand on this program alone."
        )
    return [
        kernel_line(result.dataset),
        Frame.of(title, ("", "eta", "verdict"), rows),
        Frame.of(
            "Regimes along eta",
            ("from", "to", "regime", "what happens", "verdict"),
            [_regime_row(result, piece) for piece in result.regimes],
        ),
        Frame.lines(*words, RESTS_ON),
    ]


def optimizer_words(optimizer: Optimizer) -> str:
    """How a step is taken."""
    drawn = "with" if optimizer.replacement else "without"
    batch = "single samples" if optimizer.single else f"batches of {optimizer.batch_size} {drawn} replacement"
    return f"{batch}, heavy-ball momentum {short(optimizer.momentum)}" if optimizer.momentum else batch


def _stable_rows(result: KernelAdvice) -> list[tuple[str, str, str]]:
    edge = result.stable_up_to
    if edge is None:
        return [("stable up to", "?", "with momentum V2 has no counterpart: undecided")]
    name = "stable up to, 2/max K_ii" if result.stable_exactly else "stable up to at least 2/max K_ii"
    return [(name, short(edge), "exact (V2)" if result.stable_exactly else "proved (V2)")]


def _mean_square_rows(result: KernelAdvice) -> list[tuple[str, str, str]]:
    (low, high), (first, last) = result.mean_square, result.lemmas
    top = result.sums.top
    return [
        ("mean square falls up to", _down(low), f"proved ({first})"),
        ("mean square does not fall from", _up(high), f"proved ({last})"),
        ("theta at most 1 beyond", _up(result.mean_grows.eta), "proved (V20c)"),
        (
            "(the top eigenvalue of the mean step)",
            bracket(Enclosure(top.lower, top.upper), _DIGITS),
            "proved (V20)",
        ),
    ]


def _inflationary_rows(result: KernelAdvice) -> list[tuple[str, str, str]]:
    if not result.inflationary:
        return []
    last = result.inflationary[-1]
    return [("inflationary from at most", _up(last.start), "proved (V1, V13)")] if last.end is None else []


def _spike_row(result: KernelAdvice, spike: KernelSpike) -> tuple[str, str, str]:
    value = "at most 1" if spike.upper == 1 else f"<= {_up(spike.upper)}"
    event = spike.event.replace("K", short(spike.factor))
    verdict = "nothing is proved" if spike.upper == 1 else "proved (V20d, V11)"
    return (
        f"P({event})",
        f"{value} at eta {'<=' if spike.below_too else '='} {_down(spike.bound.eta)}",
        verdict,
    )


def _regime_row(result: KernelAdvice, piece: RegimePiece) -> tuple[str, str, str, str, str]:
    end = "inf" if piece.end is None else short(piece.end, _DIGITS)
    verdict = {
        "stable": "exact (V2)" if result.stable_exactly else "proved (V2)",
        "inflationary": "proved (V1, V13)" + _component(result, piece),
        "undecided": "undecided",
    }.get(piece.regime, f"proved ({result.lemmas[0]})")
    return short(piece.start, _DIGITS), end, piece.regime, _MEANINGS[piece.regime], verdict


def _component(result: KernelAdvice, piece: RegimePiece) -> str:
    """Volumes of a component stand in no certificate of this kind."""
    alone = any(p.samples is not None and p.start <= piece.start for p in result.inflationary)
    return f", {NOT_CARRIED}" if alone else ""


def plain_words(result: KernelAdvice) -> str:
    """One paragraph."""
    low, high = result.mean_square
    edge = result.stable_up_to
    stable = (
        "with momentum no learning rate is proved at which no step ever enlarges the error;"
        if edge is None
        else f"up to eta = {_down(edge)} no step ever enlarges the error;"
    )
    found = [
        f"In the linear regime of this kernel, with {optimizer_words(result.optimizer)}: {stable}",
        f"below {_down(low)} the mean square of the error falls and the error dies out almost surely (theta is at "
        f"least 2: P(spike of factor K) falls at least like K^-2);",
        f"from {_up(high)} on the mean square does not fall, and beyond {_up(result.mean_grows.eta)} not even the mean "
        "(theta is at most 1).",
    ]
    grows = result.inflationary[-1] if result.inflationary else None
    if grows is not None and grows.end is None:
        found.append(f"From {_up(grows.start)} on the error grows almost surely, for almost every start.")
    if result.spike is not None and result.spike.upper < 1:
        found.append(_spike_words(result, result.spike))
    return " ".join(found)


def _spike_words(result: KernelAdvice, spike: KernelSpike) -> str:
    when = "ever" if spike.steps is None else f"within {spike.steps} steps"
    where = f"{'Up to' if spike.below_too else 'At'} eta = {short(spike.bound.eta, _DIGITS)}"
    k, chance = short(spike.factor), f"{_up(spike.upper)}"
    if result.optimizer.momentum:
        most = f"{_up(result.sums.top.upper)} |e_0|^2/2"
        reached = f"the mean loss {when} reaches {k}^2 times {most} (no start has a larger one than {most})"
        return f"{where}, from an empty momentum buffer, {reached} with a probability of at most {chance}."
    return f"{where} the error {when} reaches {k} times its start with a probability of at most {chance}."


def _at_rate(result: KernelAdvice) -> str:
    assert result.eta is not None and result.regime is not None
    found = f"eta = {short(result.eta)}: {result.regime}: {_MEANINGS[result.regime]}"
    if result.regime == "undecided" and result.eta >= result.mean_square[1]:
        beyond = result.eta > result.mean_grows.eta
        found += f"; proved: the mean square does not fall{', theta is at most 1' if beyond else ''}"
    return f"{found}."


def _down(value: Fraction) -> str:
    return decimal_below(value, _DIGITS)


def _up(value: Fraction) -> str:
    return decimal_above(value, _DIGITS)
