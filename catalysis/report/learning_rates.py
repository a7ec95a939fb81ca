"""Advice for people: one line for each set of learning rates, with what happens there and why."""

from __future__ import annotations

from fractions import Fraction

from catalysis.choices.learning_rates import Advice, AdviceSet
from catalysis.choices.question import Outlook
from catalysis.data.linear_regime import RESTS_ON
from catalysis.exact.result import Enclosure
from catalysis.report.frame import Frame
from catalysis.report.tables import both, short

_MOST_ROWS = 40


def advice_text(result: Advice) -> list[Frame]:
    """The question in words, the table, and what is left open."""
    question = result.question
    head = (
        f"Start: lambda_0 = {short(question.lambda0)}, |mu_0| = {short(abs(question.mu0))}, "
        f"width n = {short(question.width)}. DATA's own learning rate is ignored.",
        f"A spike here means: {result.event}.",
        f"Accepted: probability at most {short(question.probability)}.",
    )
    rows = [_row(result, line) for line in result.sets[:_MOST_ROWS]]
    more = len(result.sets) - _MOST_ROWS
    notes = [f"  ... and {more} more (--json lists all)"] if more > 0 else []
    columns = ("eta from", "to", "regime", "what happens", "verdict")
    last = (_last_words(result), RESTS_ON)
    return [Frame.lines(*head), Frame.of("Learning rates", columns, rows, *notes, *last)]


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
        Outlook.INFLATIONARY: "|mu| grows on average: a spike comes surely, probability 1",
        Outlook.OUTSIDE: "beyond the catapult window (eta lambda_0 x* > 4): curvature can grow",
        Outlook.UNDECIDED: "the bounds do not decide",
    }[line.outlook]


def _last_words(result: Advice) -> str:
    up_to = _rare_up_to(result)
    where = "Safe in the linear regime of this kernel, at the accepted probability, proved:"
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
