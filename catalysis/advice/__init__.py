"""Which learning rates are safe: the certified answer to the inverse question. Lemmas A1 to A5 of docs/advice.md."""

from catalysis.advice.advise import Advice, AdviceSet, advise
from catalysis.advice.cells import AdviceCell
from catalysis.advice.question import Outlook, Question

__all__ = ["Advice", "AdviceCell", "AdviceSet", "Outlook", "Question", "advise"]
