"""The cells of advice: what each asserts of its learning rates, its proof, and its words.

A cell is read into the class of its proof, and its words belong to that class: they say what this class proves.
K(eta)^2 = A/eta is the level, R(eta) = eta xi* - 1, p the probability that is asked about.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from proofs_check.choices.advice_walk import CellWalk, extreme_walk
from proofs_check.choices.numbers import Bracket, bits
from proofs_check.core.arithmetic import log_of, times
from proofs_check.core.budget import decide
from proofs_check.core.law import Case
from proofs_check.core.reading import Refused
from proofs_check.core.wording import exact
from proofs_check.linear.drift import sign_of_drift
from proofs_check.linear.exponents import prove_lower, prove_upper
from proofs_check.linear.points import gap_of


@dataclass(frozen=True)
class Question:
    """The case at the data's own learning rate eta': only eta lambda_0 x occurs, so the learning rate eta at lambda_0
    is the curvature eta lambda_0/eta' of the case. `start_rate` is A = c^2 n/mu_0^2."""

    case: Case
    curvature_per_rate: Fraction
    start_rate: Fraction
    probability: Fraction

    @cached_property
    def stable_up_to(self) -> Fraction:
        """2/xi*."""
        return 2 / (self.curvature_per_rate * self.case.law.largest_rate)

    @cached_property
    def window_up_to(self) -> Fraction:
        """4/xi*."""
        return 2 * self.stable_up_to

    def growth(self, rate: Fraction) -> Fraction:
        """R."""
        return rate * self.curvature_per_rate * self.case.law.largest_rate - 1

    def curvatures(self, cut: Bracket) -> Bracket:
        return cut[0] * self.curvature_per_rate, cut[1] * self.curvature_per_rate


@dataclass(frozen=True)
class Cell(ABC):
    """The learning rates from `start` to `end`."""

    start: Fraction
    end: Fraction
    where: str

    @property
    def cut(self) -> Bracket:
        return self.start, self.end

    @property
    def leaves_out(self) -> tuple[bool, bool]:
        """Whether the assertion leaves out the start, and the end."""
        return False, False

    @abstractmethod
    def prove(self, question: Question) -> set[str]:
        """The lemmas that prove the words."""

    @abstractmethod
    def words(self, question: Question) -> str:
        """What holds for every learning rate of the cell."""


class Undecided(Cell):
    """Nothing is said."""

    def prove(self, question: Question) -> set[str]:
        return set()

    def words(self, question: Question) -> str:
        return "undecided"


class Outside(Cell):
    """A6, T1: beyond 4/xi* nothing is said of the probability. The end is not used."""

    def prove(self, question: Question) -> set[str]:
        if self.start != question.window_up_to:
            raise Refused(f"{self.where} is not the cell outside the window from 4/xi*")
        return {"A6", "T1"}

    def words(self, question: Question) -> str:
        return "outside the window"


class Stable(Cell):
    """A2: eta xi* <= 2 and eta < A  =>  no factor exceeds 1, the probability is 0."""

    @property
    def leaves_out(self) -> tuple[bool, bool]:
        return True, True

    def prove(self, question: Question) -> set[str]:
        if self.end != min(question.stable_up_to, question.start_rate):
            raise Refused(f"{self.where} is not the stable cell up to min(2/xi*, A)")
        return {"A2"}

    def words(self, question: Question) -> str:
        return "the probability is 0"


class AtOnce(Cell):
    """A1: eta >= A  =>  the start is the event, the probability is 1."""

    def prove(self, question: Question) -> set[str]:
        if self.start != question.start_rate:
            raise Refused(f"{self.where} does not start where the start is the event, and has no exponent")
        return {"A1"}

    def words(self, question: Question) -> str:
        return "it is 1"


class OneRate(Cell):
    """A4d: one positive rate, eta xi* > 2  =>  G > 0 and the probability is 1. Not at the start, where eta xi* = 2."""

    @property
    def leaves_out(self) -> tuple[bool, bool]:
        return True, False

    def prove(self, question: Question) -> set[str]:
        if len(question.case.law.weights) > 1:
            raise Refused(f"{self.where} starts at 2/xi* and there is more than one rate")
        return {"A4d"}

    def words(self, question: Question) -> str:
        return Inflationary.WORDS


class Inflationary(Cell):
    """A4c: the start beyond 2/xi*, one gap, G > 0 at both ends  =>  G > 0 between and the probability is 1."""

    WORDS = "it is 1 and G > 0"

    def prove(self, question: Question) -> set[str]:
        case, cut = question.case, question.curvatures(self.cut)
        if gap_of(case, cut[0], f"{self.where}.from") != gap_of(case, cut[1], f"{self.where}.to"):
            raise Refused(f"{self.where} does not lie in one gap")
        if not all(sign_of_drift(case, end) > 0 for end in cut):
            raise Refused(f"G is not positive at both ends of {self.where}")
        return {"A4c", "D4"}

    def words(self, question: Question) -> str:
        return self.WORDS


class _Rare(Cell, ABC):
    def words(self, question: Question) -> str:
        return f"it is at most {exact(question.probability)}"

    def level(self, question: Question) -> Fraction:
        """K^2 at the end, where it is least."""
        if self.end >= question.start_rate:
            raise Refused(f"{self.where} reaches up to A, where the start is the event")
        return question.start_rate / self.end


class _Likely(Cell, ABC):
    def words(self, question: Question) -> str:
        return f"it is more than {exact(question.probability)}"

    def level(self, question: Question) -> Fraction:
        """K^2 at the start, where it is largest."""
        if self.start >= question.start_rate:
            raise Refused(f"{self.where} starts at A or beyond, where the start is the event")
        return question.start_rate / self.start


@dataclass(frozen=True)
class RareByExponent(_Rare):
    """A4a: end < A, theta >= b on the cell, K(end)^-b <= p  =>  the probability is at most p."""

    exponent: Fraction
    at: Fraction | None

    def prove(self, question: Question) -> set[str]:
        if not _reaches(question, self.exponent, self.level(question), Fraction(1)):
            raise Refused(f"the level to the power -exponent exceeds the probability in {self.where}")
        at = None if self.at is None else self.at * question.curvature_per_rate
        cut = question.curvatures(self.cut)
        return {"A4a"} | prove_lower(question.case, cut, self.exponent, at, self.where)


@dataclass(frozen=True)
class LikelyByExponent(_Likely):
    """A4b: start xi* > 2, start < A, theta <= b on the cell, (K(start) R(end))^-b > p  =>  it is above p."""

    exponent: Fraction

    def prove(self, question: Question) -> set[str]:
        if _reaches(question, self.exponent, self.level(question), question.growth(self.end)):
            raise Refused(
                f"the level and the overshoot to the power -exponent do not exceed the probability in {self.where}"
            )
        return {"A4b"} | prove_upper(question.case, question.curvatures(self.cut), self.exponent, self.where)


WALK_LEMMAS = frozenset({"A5", "E1", "E2", "S3", "S4"})


@dataclass(frozen=True)
class RareByWalk(_Rare):
    """A5: the walk of the largest factors reaches K(end) with probability at most p  =>  so do all of the cell."""

    replay: CellWalk

    def prove(self, question: Question) -> set[str]:
        walk = extreme_walk(question.case, question.curvatures(self.cut), self.level(question), largest=True)
        self.replay.check(question.case, walk, (Fraction(0), question.probability))
        return set(WALK_LEMMAS)


@dataclass(frozen=True)
class LikelyByWalk(_Likely):
    """A5: the walk of the smallest factors reaches K(start) with probability above p  =>  so do all of the cell.

    Above, not at least: what is proved is a rational lower bound of log P, and log p is irrational.
    """

    replay: CellWalk

    def prove(self, question: Question) -> set[str]:
        walk = extreme_walk(question.case, question.curvatures(self.cut), self.level(question), largest=False)
        self.replay.check(question.case, walk, (question.probability, Fraction(1)))
        return set(WALK_LEMMAS)


def _reaches(question: Question, b: Fraction, square: Fraction, factor: Fraction) -> bool:
    """Whether b (log square + 2 log factor) >= 2 log_of(1/p). Equality is not decided."""
    work, p = question.case.work, question.probability

    def holds(prec: int) -> bool | None:
        work.spend_on_logs(3, prec + bits(square, factor, p, b))
        level, over = log_of(square, prec), log_of(factor, prec)
        lo, hi = times(b, (level[0] + 2 * over[0], level[1] + 2 * over[1]))
        rarity = log_of(1 / p, prec)
        return True if lo >= 2 * rarity[1] else False if hi < 2 * rarity[0] else None

    return decide(holds, question.case.most_bits, "a power of the level against the probability")
