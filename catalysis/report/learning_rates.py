"""Advice for people: one line for each set of learning rates, with what happens there and why."""

from __future__ import annotations

from fractions import Fraction

from catalysis.choices.learning_rates import Advice, AdviceSet
from catalysis.choices.question import Outlook, Question
from catalysis.choices.rates_over import AdviceOverInterval, OutlookOver, SetOver
from catalysis.data.linear_regime import RESTS_ON
from catalysis.exact.result import Enclosure
from catalysis.report.frame import Frame
from catalysis.report.tables import both, short

_MOST_ROWS = 40


def advice_text(result: Advice) -> list[Frame]:
    """The question in words, the table, and what is left open."""
    head = _head(result.question, f"= {short(result.question.lambda0)}", result.event)
    rows = [_row(result, line) for line in result.sets[:_MOST_ROWS]]
    more = len(result.sets) - _MOST_ROWS
    notes = [f"  ... and {more} more (--json lists all)"] if more > 0 else []
    columns = ("eta from", "to", "regime", "what happens", "verdict")
    last = (_last_words(result), RESTS_ON)
    return [Frame.lines(*head), Frame.of("Learning rates", columns, rows, *notes, *last)]


def _head(question: Question, curvature: str, event: str) -> tuple[str, str, str]:
    return (
        f"Start: lambda_0 {curvature}, |mu_0| = {short(abs(question.mu0))}, "
        f"width n = {short(question.width)}. DATA's own learning rate is ignored.",
        f"A spike here means: {event}.",
        f"Accepted: probability at most {short(question.probability)}.",
    )


def advice_over_text(result: AdviceOverInterval) -> list[Frame]:
    """The same for a curvature that is known up to an interval."""
    low, high = map(short, result.ends)
    head = _head(result.question, f"anywhere in [{low}, {high}]", result.low.event)
    rows = [_row_over(result, line) for line in result.sets[:_MOST_ROWS]]
    more = len(result.sets) - _MOST_ROWS
    notes = [f"  ... and {more} more (--json lists all)"] if more > 0 else []
    if result.safe_below is not None:
        notes.append(
            f"Every eta below {both(result.safe_below)} is safe for every lambda_0 of the interval: proved, in "
            f"the linear "
            "regime of this data set, at the accepted probability."
        )
    if result.reason is not None:
        notes.append(f"Undecided: {result.reason}.")
    columns = ("eta above", "below", "regime", f"for every lambda_0 in [{low}, {high}]", "verdict")
    return [Frame.lines(*head), Frame.of("Learning rates", columns, rows, *notes, RESTS_ON)]


def _row_over(result: AdviceOverInterval, line: SetOver) -> tuple[str, str, str, str, str]:
    undecided, outside = line.outlook is OutlookOver.UNDECIDED, line.outlook is OutlookOver.OUTSIDE
    verdict = "undecided" if undecided else "no claim (T1)" if outside else "proved (A20)"
    verdict += "" if line.certified else " by this program, not in the certificate"
    word = line.outlook.value if line.outlook not in _MIXED else "depends"
    end = "inf" if line.end is None else short(line.end)
    return short(line.start), end, word, _happening_over(result, line.outlook), verdict


_MIXED = (OutlookOver.SAFER_BELOW, OutlookOver.SAFER_ABOVE)


def _happening_over(result: AdviceOverInterval, outlook: OutlookOver) -> str:
    p, (low, high) = short(result.question.probability), map(short, result.ends)
    return {
        OutlookOver.STABLE: "no step enlarges |mu|: no spike, probability 0",
        OutlookOver.RARE: f"spikes to the scale are rare: probability at most {p}",
        OutlookOver.LIKELY: f"spikes to the scale are likelier than accepted: probability above {p}",
        OutlookOver.INFLATIONARY: "log |mu| grows on average: a spike comes surely, probability 1",
        OutlookOver.SAFER_BELOW: f"at {low} the probability is at most {p}, at {high} above {p}",
        OutlookOver.SAFER_ABOVE: f"at {low} the probability is above {p}, at {high} at most {p}",
        OutlookOver.OUTSIDE: "beyond the catapult window for some lambda_0: curvature can grow",
        OutlookOver.UNDECIDED: "not decided for all of them",
    }[outlook]


def _row(result: Advice, line: AdviceSet) -> tuple[str, str, str, str, str]:
    proved = line.outlook not in (Outlook.UNDECIDED, Outlook.OUTSIDE)
    verdict = "proved" if proved else "undecided" if line.outlook is Outlook.UNDECIDED else "no claim"
    verdict += "" if line.certified else " by this program, not in the certificate"
    lemmas = f" ({', '.join(line.lemmas)})" if line.lemmas else ""
    end = "inf" if line.end is None else short(line.end)
    return short(line.start), end, line.outlook.value, _happening(result, line), verdict + lemmas


def _happening(result: Advice, line: AdviceSet) -> str:
    p = short(result.question.probability)
    if line.at_once:
        return "the start itself is at the scale: probability 1"
    return {
        Outlook.STABLE: "no step enlarges |mu|: no spike, probability 0",
        Outlook.RARE: f"spikes to the scale are rare: probability at most {p}",
        Outlook.LIKELY: f"spikes to the scale are likelier than accepted: probability above {p}",
        Outlook.INFLATIONARY: "log |mu| grows on average: a spike comes surely, probability 1",
        Outlook.OUTSIDE: "beyond the catapult window (eta lambda_0 x* > 4): curvature can grow",
        Outlook.UNDECIDED: "the bounds do not decide",
    }[line.outlook]


def _last_words(result: Advice) -> str:
    up_to = _rare_up_to(result)
    where = "Safe in the linear regime of this data set, at the accepted probability, proved:"
    words = f"{where} every eta up to {both(up_to)}." if up_to else ""
    slivers = [s for s in result.sets if s.outlook is Outlook.UNDECIDED]
    if not slivers:
        return f"{words} Every learning rate is decided.".strip()
    widest = max(s.relative_width or Fraction(0) for s in slivers)
    width = Enclosure(widest, widest).decimals(3)[1]
    asked = "within" if not result.wide else "WIDER than"
    return (
        f"{words} Undecided slivers: {len(slivers)}, the widest {width} of eta, {asked} --tolerance.".strip()
    )


def _rare_up_to(result: Advice) -> Fraction | None:
    """The end of the stable and rare sets that start at 0; None if the start itself is the event right after."""
    last: Fraction | None = None
    for line in result.sets:
        if line.outlook not in (Outlook.STABLE, Outlook.RARE):
            break
        last = line.end
    return last if last != result.question.start_rate else None
