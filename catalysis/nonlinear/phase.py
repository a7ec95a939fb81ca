"""The phase of one start of the full-batch map at finite width: lazy, catapult, divergent or critical.

docs/phases.md holds the lemmas N1 to N10. The answer for a start is proved by a few hundred steps in balls and
one inequality; nothing is assumed about steps that were not computed. Steps are counted from 1: step t leads from
the state t - 1 to the state t.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from catalysis.exact.balls import DEFAULT_MAX_BITS, Ball, ball, enclose, ladder, log_size, precision
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import Number, brief, exact, exact_text, positive, whole
from catalysis.exact.result import Enclosure, Progress, Result, Verdict
from catalysis.nonlinear.orbit import State, bracket_final, find_exact_hit, step_exactly
from catalysis.nonlinear.slow import slow_catapult

DEFAULT_DIGITS = 12
DEFAULT_MAX_STEPS = 5_000
MOST_DIGITS = 1000
MOST_STEPS = 200_000
"""What the checker of certificates follows at most."""

_SHOWN_DIGITS = 20


class PhaseName(enum.Enum):
    """What becomes of a start; see docs/phases.md."""

    LAZY = "lazy"
    CATAPULT = "catapult"
    DIVERGENT = "divergent"
    CRITICAL = "critical"


@dataclass(frozen=True, repr=False)
class Phase(Result):
    """The certified phase of the start (kappa0, L0) for full batches of mean curvature x.

    `phase` None: undecided, for the `reason` given. `final_L` encloses lim L_t and `peak_loss` the maximum of
    (kappa_t/kappa_0)^2; None in the divergent phase (both are infinite) and where they are not known. `shortfall`: the
    phase is proved, but `final_L` and `peak_loss` are wider than `digits` asks. `steps` is the witness: after so many
    steps one of the lemmas holds. `first_rise` is the first step in which the loss rises, at least 1. `exact_hit`: the
    step t with kappa_t = 0 exactly, False if there is provably none, None if that is not known or if kappa_0 = 0.
    `settled`: the path was followed to x L <= 2. `slow_bound`: the B of N14, which replaces following the path.

    Attributes
    ----------
    phase : PhaseName or None
        Lazy, catapult, divergent or critical.
    final_L, peak_loss : Enclosure or None
        Of lim L_t, and of the maximum of (kappa_t/kappa_0)^2.
    first_rise : int or None
        The first step in which the loss rises.
    reason, shortfall : str or None
        Why it is undecided, or has fewer digits than asked.
    """

    x: Fraction
    kappa0: Fraction
    L0: Fraction
    phase: PhaseName | None
    lemmas: tuple[str, ...] = ()
    final_L: Enclosure | None = None  # noqa: N815  L is the letter of the field
    peak_loss: Enclosure | None = None
    steps: int = 0
    first_rise: int | None = None
    exact_hit: int | bool | None = None
    settled: bool = False
    slow_bound: Fraction | None = None
    digits: int = DEFAULT_DIGITS
    note: str | None = None
    shortfall: str | None = None
    reason: str | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.phase is None else Verdict.PROVED

    @property
    def lazy_below(self) -> Fraction:
        """2/x: up to this L the loss falls at every step, at every width (N10)."""
        return 2 / self.x

    @property
    def divergent_above(self) -> Fraction:
        """4/x: above this L the curvature grows without bound, at every width (N10)."""
        return 4 / self.x

    @property
    def shown_digits(self) -> int:
        """Significant digits that show all that was asked for."""
        return max(_SHOWN_DIGITS, self.digits + 2)

    def fields(self) -> dict[str, Any]:
        diverges = self.phase is PhaseName.DIVERGENT

        def value(number: Enclosure | None) -> Any:
            return "inf" if diverges else None if number is None else number.to_json(self.shown_digits)

        return {
            "verdict": self.verdict.value,
            "x": exact_text(self.x),
            "kappa0": exact_text(self.kappa0),
            "L0": exact_text(self.L0),
            "digits": self.digits,
            "phase": None if self.phase is None else self.phase.value,
            "final_L": value(self.final_L),
            "peak_loss": value(self.peak_loss),
            "first_rise": self.first_rise,
            "exact_hit": self.exact_hit,
            "steps": self.steps,
            "lemmas": list(self.lemmas),
            "note": self.note,
            **({} if self.shortfall is None else {"shortfall": self.shortfall}),
            "reason": self.reason,
            "thresholds": {
                "lazy": exact_text(self.lazy_below),
                "divergent": exact_text(self.divergent_above),
            },
        }

    def __repr__(self) -> str:
        name = "undecided" if self.phase is None else self.phase.value
        return f"Phase({name}, final_L={self.final_L!r}, peak_loss={self.peak_loss!r})"


def phase(
    x: Number,
    kappa0: Number,
    L0: Number,
    *,
    digits: int = DEFAULT_DIGITS,
    max_bits: int = DEFAULT_MAX_BITS,
    max_steps: int = DEFAULT_MAX_STEPS,
    progress: Progress | None = None,
) -> Phase:
    """The phase of one start of full-batch gradient descent, with the final curvature and the peak of the loss.

    Certified: N2, N3, N4 below x L0 = 4, N6, N7 above, N8 at it; see `Phase`.

    Parameters
    ----------
    x : Number > 0
        The mean curvature E s^2 of the data.
    kappa0 : Number, |kappa0| <= L0/2
        eta mu_0/sqrt(n).
    L0 : Number > 0
        eta lambda_0.
    digits : int, 1 to 1000
        Decimals to which the final x L is wanted.
    max_bits : int >= 1
        The highest working precision.
    max_steps : int, 1 to 200000
        The most steps that are followed.
    progress : callable
        Called as `progress(done, total)`.

    Returns
    -------
    Phase
        `phase` is lazy, catapult, divergent or critical, None where undecided.

    Raises
    ------
    InputError
        It names the argument.

    Examples
    --------
    >>> from catalysis import phase
    >>> found = phase(1, "0.01", 3)
    >>> found.phase.value, found.final_L.decimals(8), found.peak_loss.decimals(8)
    ('catapult', ('0.22267832', '0.22267833'), ('7924.5011', '7924.5012'))
    """
    x, kappa0, L0 = positive(x, "x"), exact(kappa0, "kappa0"), positive(L0, "L0")
    if 2 * abs(kappa0) > L0:
        raise InputError(
            f"kappa0: expected |kappa0| <= L0/2 = {brief(L0 / 2)}, as for every network, found {brief(kappa0)}"
        )
    max_steps = whole(max_steps, "max_steps", least=1, most=MOST_STEPS)
    digits = whole(digits, "digits", least=1, most=MOST_DIGITS)
    max_bits = whole(max_bits, "max_bits", least=1)
    return replace(_phase(x, kappa0, L0, digits, max_bits, max_steps, progress), digits=digits)


def _phase(
    x: Fraction,
    kappa0: Fraction,
    L0: Fraction,
    digits: int,
    max_bits: int,
    max_steps: int,
    progress: Progress | None,
) -> Phase:
    l, v = x * L0, (x * kappa0) ** 2  # noqa: E741
    if kappa0 == 0 or l == 4:
        return _critical(x, kappa0, L0)
    hit = find_exact_hit(l, v)
    if hit is not None:
        return _frozen(x, kappa0, L0, *hit)
    follow = _Follower(x, kappa0, L0, digits, max_steps, progress)
    return follow.below_four(max_bits) if l < 4 else follow.above_four(max_bits)


def _critical(x: Fraction, kappa0: Fraction, L0: Fraction) -> Phase:
    """N8: nothing moves, or u = 2 cos t with t -> 3t."""
    final = Enclosure(L0, L0)
    if kappa0 == 0:
        return Phase(x, kappa0, L0, PhaseName.CRITICAL, ("N8",), final, note="kappa0 = 0: nothing moves")
    square = (x * kappa0) ** 2
    peak = Enclosure(Fraction(1), 4 / square)
    return Phase(x, kappa0, L0, PhaseName.CRITICAL, ("N8",), final, peak, note="x L0 = 4: L stays")


def _frozen(x: Fraction, kappa0: Fraction, L0: Fraction, steps: int, final: Fraction) -> Phase:
    """An exact hit of kappa = 0, found in fractions: the whole path is known."""
    l, v = x * L0, (x * kappa0) ** 2  # noqa: E741
    squares = [v]
    for _ in range(steps):
        l, v = step_exactly(l, v)  # noqa: E741
        squares.append(v)
    rise = next((t for t in range(1, steps + 1) if squares[t] > squares[t - 1]), None)
    name = PhaseName.LAZY if rise is None else PhaseName.CATAPULT
    if x * L0 > 4:
        name = PhaseName.CRITICAL
    peak = max(squares) / squares[0]
    end = final / x
    return Phase(
        x,
        kappa0,
        L0,
        name,
        ("N8",),
        Enclosure(end, end),
        Enclosure(peak, peak),
        steps,
        rise,
        steps,
        note=f"kappa_{steps} = 0 exactly: nothing moves from there on",
    )


@dataclass(frozen=True)
class _Follower:
    """Follows one start at rising precision until a lemma applies."""

    x: Fraction
    kappa0: Fraction
    L0: Fraction
    digits: int
    max_steps: int
    progress: Progress | None

    def start(self) -> State:
        return State.of(self.x * self.L0, (self.x * self.kappa0) ** 2)

    def below_four(self, max_bits: int) -> Phase:
        rising_now = self.x * self.L0 > 2 + (self.x * self.kappa0) ** 2
        expected = self.expected_steps()
        if rising_now and expected > self.max_steps:
            why = f"the rise takes about {expected:.3g} steps, more than {self.max_steps} (--max-steps)"
            return self.bare_catapult(why)
        found = None
        for bits in ladder(max_bits, 128):
            with precision(bits):
                found = self.try_below_four()
            if found is not None:
                return found
        why = f"{max_bits} bits and {self.max_steps} steps do not tell (--max-bits, --max-steps)"
        return self.bare_catapult(why) if rising_now else self.undecided(why)

    def expected_steps(self) -> float:
        """About how many steps |u| grows before l falls; for x L0 > 2 only."""
        l, v = self.x * self.L0, (self.x * self.kappa0) ** 2  # noqa: E741
        if not l > 2 + v:
            return 0.0
        rate = float(l - 2)
        growth = 2 * math.log1p(rate) if rate > 0 else 0.0
        return max(0.0, log_size(l - 2) - log_size(v)) / growth if growth > 0 else math.inf

    def bare_catapult(self, why: str) -> Phase:
        """The first step rises (N3), and N2 says the rest."""
        final = Enclosure(Fraction(0), self.L0)
        peak = Enclosure(Fraction(1), (self.L0 / (2 * self.kappa0)) ** 2)
        lemmas = ("N1", "N2", "N3")
        slow = slow_catapult(self.x * self.L0, (self.x * self.kappa0) ** 2)
        if slow is not None:
            end = Enclosure(slow.final.lower / self.x, slow.final.upper / self.x)
            return Phase(
                self.x,
                self.kappa0,
                self.L0,
                PhaseName.CATAPULT,
                ("N2", "N3", "N14"),
                end,
                slow.peak,
                first_rise=1,
                exact_hit=False,
                slow_bound=slow.bound,
                shortfall=f"bounded without following the path: {why}",
            )
        wide = f"final_L and peak_loss are wide: {why}"
        return Phase(
            self.x, self.kappa0, self.L0, PhaseName.CATAPULT, lemmas, final, peak, 0, 1, shortfall=wide
        )

    def undecided(self, why: str) -> Phase:
        return Phase(self.x, self.kappa0, self.L0, None, reason=why)

    def try_below_four(self) -> Phase | None:
        """Follow at the working precision; None asks for more of it."""
        state, rise, misses_zero, top = self.start(), None, True, self.start().v
        step = 0
        while not (state.is_quiet() and state.is_flat()):
            rises = state.rises()
            if rises is None or step >= self.max_steps:
                return None
            if rises and rise is None:
                rise = step + 1
            misses_zero = misses_zero and state.hits() is False
            state, step = state.step(), step + 1
            top = _larger(top, state.v)
            self.report(step)
        return self.settle(state, step, rise, misses_zero, top)

    def settle(self, state: State, step: int, rise: int | None, misses_zero: bool, top: Ball) -> Phase | None:
        """From l <= 2 on: go on until the final curvature is known well enough."""
        wanted = Fraction(1, 10**self.digits)
        pause = 1
        while True:
            bounds = bracket_final(state)
            if bounds[1] - bounds[0] <= wanted or step + pause > self.max_steps:
                break
            if enclose(state.l).width > wanted / 4:
                return None
            for _ in range(pause):
                misses_zero = misses_zero and state.hits() is False
                state, step = state.step(), step + 1
            self.report(step)
            pause = min(2 * pause, 256)
        first = (self.x * self.kappa0) ** 2
        peak = enclose(top / ball(first))
        if peak.width > peak.upper / 10**self.digits:
            return None
        peak = Enclosure(max(Fraction(1), peak.lower), max(Fraction(1), peak.upper))
        name = PhaseName.LAZY if rise is None else PhaseName.CATAPULT
        past = misses_zero and state.is_past_hits()
        lemmas = ("N1", "N2", "N3", "N4", *(("N5",) if past else ()))
        final = Enclosure(bounds[0] / self.x, bounds[1] / self.x)
        why = None
        if bounds[1] - bounds[0] > wanted:
            why = f"final_L is wide: {self.max_steps} steps do not settle it (--max-steps)"
        hit = False if past else None
        return Phase(
            self.x, self.kappa0, self.L0, name, lemmas, final, peak, step, rise, hit, True, shortfall=why
        )

    def above_four(self, max_bits: int) -> Phase:
        for bits in ladder(max_bits, 128):
            with precision(bits):
                found = self.try_above_four()
            if found is not None:
                return found
        return self.undecided(
            f"L grows for ever unless kappa_t = 0 exactly at some step (N6): {max_bits} bits and "
            f"{self.max_steps} steps do not exclude that (--max-bits, --max-steps)"
        )

    def try_above_four(self) -> Phase | None:
        state, rise = self.start(), None
        for step in range(self.max_steps + 1):
            if state.is_trapped():
                lemmas = ("N6", "N7")
                return Phase(
                    self.x,
                    self.kappa0,
                    self.L0,
                    PhaseName.DIVERGENT,
                    lemmas,
                    steps=step,
                    first_rise=step + 1 if rise is None else rise,
                    exact_hit=False,
                )
            f = 1 - state.l + state.v
            if state.hits() is not False:
                return None
            if rise is None and not abs(f) <= 1:
                if not abs(f) > 1:
                    return None
                rise = step + 1
            state = state.step()
            self.report(step)
        return None

    def report(self, step: int) -> None:
        if self.progress is not None and step % 1024 == 0:
            self.progress(step, self.max_steps)


def _larger(first: Ball, second: Ball) -> Ball:
    """A ball around the larger of two numbers."""
    if first >= second:
        return first
    return second if second >= first else first.union(second)
