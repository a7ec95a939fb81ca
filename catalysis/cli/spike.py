"""The command that says how likely a spike is: linear regime, scale sqrt(n/eta), or the map at finite width."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalysis.cli.options import (
    DEFAULT_MAX_BITS,
    Digits,
    Lambda,
    MaxBits,
    Mu0,
    WalkOptions,
    Width,
    command,
    number,
    positive,
    required,
    span,
)
from catalysis.cli.output import ClaimOptions, Folder, stage
from catalysis.exact.errors import InputError

if TYPE_CHECKING:
    from catalysis.data.walk import LinearWalk
    from catalysis.spikes.limits import WidthLaw
    from catalysis.spikes.probability import HittingProbability


@dataclass(frozen=True)
class EventOptions:
    """Which spike: a factor, a level at a width, or |kappa| in the map at a width."""

    factor: Annotated[
        str | None, typer.Option("--factor", help="The level K > 1, in multiples of |mu_0|.")
    ] = None
    width: Width = None
    mu0: Mu0 = None
    scale: Annotated[
        str | None, typer.Option("--scale", help="With --width: the level c sqrt(n/eta); default c = 1.")
    ] = None
    kappa: Annotated[
        str | None,
        typer.Option("--kappa", help="With --width: the level of |kappa| in the map at finite width."),
    ] = None

    steps: Annotated[
        int | None,
        typer.Option("--steps", min=0, max=10**9, help="With --factor: within so many steps, in any regime."),
    ] = None
    floor: Annotated[
        str | None,
        typer.Option("--floor", help="With --steps: that |mu| stays at least this, at most 1, times |mu_0|."),
    ] = None

    def within(self) -> tuple[Fraction | None, Fraction | None, int] | None:
        """The factor or the floor, and the steps, of a question with --steps. Raises InputError."""
        if self.steps is None:
            if self.floor is not None:
                raise InputError("--floor: expected only together with --steps")
            return None
        factor, floor = positive(self.factor, "--factor"), positive(self.floor, "--floor")
        if (factor is None) == (floor is None):
            raise InputError("--steps: expected together with either --factor or --floor")
        if any(value is not None for value in (self.width, self.mu0, self.scale, self.kappa)):
            raise InputError("--steps: expected without --width, --mu0, --scale and --kappa")
        if factor is not None and factor <= 1:
            raise InputError(f"--factor: expected a number > 1, found {self.factor}")
        if floor is not None and floor > 1:
            raise InputError(f"--floor: expected a number in (0, 1], found {self.floor}")
        return factor, floor, self.steps

    def event(self) -> Event:
        """The exact numbers, of one of the three kinds. Raises InputError."""
        found = Event(
            positive(self.factor, "--factor"),
            positive(self.width, "--width"),
            number(self.mu0, "--mu0"),
            positive(self.scale, "--scale"),
            positive(self.kappa, "--kappa"),
        )
        if (found.factor is None) == (found.width is None) or (found.width is None) != (found.mu0 is None):
            raise InputError("--factor, --width: expected either --factor, or --width together with --mu0")
        if (found.scale or found.kappa) and found.width is None:
            raise InputError("--scale, --kappa: expected only together with --width and --mu0")
        if found.scale and found.kappa:
            raise InputError("--scale, --kappa: expected at most one of them")
        if found.factor is not None and found.factor <= 1:
            raise InputError(f"--factor: expected a number > 1, found {self.factor}")
        if found.width is not None and found.width < 1:
            raise InputError(f"--width: expected a number >= 1, found {self.width}")
        if found.mu0 == 0:
            raise InputError("--mu0: expected a number other than 0, found 0")
        return found


@dataclass(frozen=True)
class Event:
    """A spike in exact numbers."""

    factor: Fraction | None
    width: Fraction | None
    mu0: Fraction | None
    scale: Fraction | None
    kappa: Fraction | None


@dataclass(frozen=True)
class EffortOptions:
    """How sharp, and at what cost."""

    tolerance: Annotated[
        str | None, typer.Option("--tolerance", help="With --kappa: relative width wanted of the bounds.")
    ] = None
    digits: Digits = None
    max_work: Annotated[
        int | None,
        typer.Option("--max-work", min=1, help="Updates of states allowed (estimated beforehand)."),
    ] = None
    max_bits: MaxBits = DEFAULT_MAX_BITS


@command("spike", "--lambda")
def spike_command(
    source: WalkOptions,
    event: EventOptions,
    effort: EffortOptions,
    out: ClaimOptions,
    curvature: Lambda = None,
) -> None:
    """P(sup |mu_t| >= K |mu_0|): the probability of a spike, between proved bounds.

    --factor K: linear regime; with --steps T: within T steps. --floor F --steps T: how long a spike lasts.
    --width N --mu0 M [--scale c]: the level c sqrt(n/eta), linear regime.
    --width N --mu0 M --kappa C: the map at finite width.
    --lambda A..B --factor K: bounds that hold for every curvature of the interval.
    """
    if ".." in str(curvature):
        _interval(source, span(str(curvature), "--lambda"), event, effort, out)
        return
    at, within = required(curvature, "--lambda"), event.within()
    if within is not None:
        if effort.tolerance is not None:
            raise InputError("--tolerance: expected only together with --kappa")
        _within(source.walk(), at, *within, effort, out)
        return
    asked = event.event()
    close = positive(effort.tolerance, "--tolerance")
    if close is not None and asked.kappa is None:
        raise InputError("--tolerance: expected only together with --kappa")
    walk = source.walk()
    folder = out.folder()
    if asked.kappa is None:
        _linear(walk, at, asked, effort, out, folder)
    else:
        _finite_width(walk, at, asked, close, out, folder)


def _interval(
    source: WalkOptions,
    ends: tuple[Fraction, Fraction],
    event: EventOptions,
    effort: EffortOptions,
    out: ClaimOptions,
) -> None:
    """A curvature that is known up to an interval: the linear regime alone."""
    if event.within() is not None:
        raise InputError("--lambda: expected one number with --steps, a range A..B only with --factor alone")
    asked = event.event()
    if asked.factor is None:
        raise InputError("--lambda: expected one number with --width, a range A..B only with --factor")
    if not 0 < ends[0] < ends[1]:
        raise InputError("--lambda: expected a range A..B with 0 < A < B")
    if effort.digits is not None or effort.tolerance is not None:
        raise InputError("--digits, --tolerance: expected only with one number for --lambda")
    walk = source.walk()
    folder = out.folder()
    from catalysis.report.spikes import interval_text
    from catalysis.report.tables import beyond_window, data_line
    from catalysis.spikes.interval import spike_over

    with out.progress() as update:
        result = spike_over(
            walk, *ends, asked.factor, max_work=effort.max_work, progress=stage(update, "cells")
        )
    if folder is not None:
        folder.notes.append(
            "The certificate carries the band of theta; the bounds on P follow from it by S20."
        )
    words = out.carried(folder, walk, [result.band], "exponent")
    frames = [*data_line(walk), *beyond_window(walk, ends[1]), *interval_text(result)]
    out.finish("SpikeOverInterval", walk, result.fields(), frames, folder, words)


def _within(
    walk: LinearWalk,
    at: Fraction,
    factor: Fraction | None,
    floor: Fraction | None,
    steps: int,
    effort: EffortOptions,
    out: ClaimOptions,
) -> None:
    from catalysis.report.horizon import within_text
    from catalysis.report.tables import data_line
    from catalysis.spikes.horizon import DEFAULT_DIGITS, DEFAULT_MAX_WORK, spike_length, spike_within
    from catalysis.spikes.passage import first_passage

    folder = out.folder()
    digits, work = effort.digits or DEFAULT_DIGITS, effort.max_work or DEFAULT_MAX_WORK
    with out.progress() as update:
        told = stage(update, "steps")
        if factor is None:
            assert floor is not None
            result = spike_length(walk, at, floor, steps, digits=digits, max_work=work, progress=told)
        else:
            result = spike_within(walk, at, factor, steps, digits=digits, max_work=work, progress=told)
    passage = None
    if factor is not None:
        passage = first_passage(walk, at, factor, digits=digits, max_bits=effort.max_bits)
    words = out.carried(folder, walk, [result] if passage is None else [result, passage])
    if folder is not None and folder.certificate is not None and result.uncertified is not None:
        folder.notes.append(f"no certificate of the probability: {result.uncertified}")
    fields = {**result.fields(), "first_passage": None if passage is None else passage.fields()}
    out.finish("SpikeWithin", walk, fields, [*data_line(walk), *within_text(result, passage)], folder, words)


def _linear(
    walk: LinearWalk,
    at: Fraction,
    event: Event,
    effort: EffortOptions,
    out: ClaimOptions,
    folder: Folder | None,
) -> None:
    from catalysis.report.spikes import at_once_text, spike_text
    from catalysis.report.tables import beyond_window, data_line
    from catalysis.spikes.limits import spike_constant

    with out.progress() as update:
        result, law = _probability(walk, at, event, effort, stage(update, "walk over counts"))
    if result is None:
        assert law is not None
        fields = {**law.fields(), "constant": None, "lattice": None}
        if folder is not None:
            folder.notes.append("no certificate: the start is at the level, nothing is to be re-proved")
        out.finish(
            "WidthLaw", walk, fields, [*data_line(walk), *beyond_window(walk, at), *at_once_text(law)], folder
        )
        return
    constant = spike_constant(result)
    parts = constant.fields()
    fields = {
        **(result if law is None else law).fields(),
        **{key: parts[key] for key in ("constant", "lattice")},
    }
    words = out.carried(folder, walk, [result], "spike")
    if folder is not None:
        fields |= _certified(result)
    name = "HittingProbability" if law is None else "WidthLaw"
    frames = [*data_line(walk), *beyond_window(walk, at), *spike_text(result, constant, law)]
    out.finish(name, walk, fields, frames, folder, words)


def _probability(
    walk: LinearWalk, at: Fraction, event: Event, effort: EffortOptions, progress: Any
) -> tuple[HittingProbability | None, WidthLaw | None]:
    from catalysis.spikes.counts import DEFAULT_MAX_WORK
    from catalysis.spikes.limits import width_law
    from catalysis.spikes.probability import hitting_probability

    work = effort.max_work or DEFAULT_MAX_WORK
    if event.factor is not None:
        return hitting_probability(
            walk,
            at,
            event.factor,
            digits=effort.digits,
            max_work=work,
            max_bits=effort.max_bits,
            progress=progress,
        ), None
    assert event.width is not None and event.mu0 is not None
    law = width_law(
        walk,
        at,
        event.width,
        event.mu0,
        scale=event.scale or Fraction(1),
        digits=effort.digits,
        max_work=work,
        progress=progress,
    )
    return law.probability, law


def _certified(result: HittingProbability) -> dict[str, Any]:
    """The bounds of the certificate, where it is coarser than what was found."""
    if result.carried is None or result.enclosure is None:
        return {}
    bounds = result.enclosure.to_json(result.bounds.digits + 4)
    return {"certified": bounds, "certificate_is_coarser": result.finer is not None}


def _finite_width(
    walk: LinearWalk,
    at: Fraction,
    event: Event,
    tolerance: Fraction | None,
    out: ClaimOptions,
    folder: Folder | None,
) -> None:
    from catalysis.nonlinear.spike import width_spike
    from catalysis.report.tables import beyond_window, data_line
    from catalysis.report.width import spike_table

    assert event.width is not None and event.mu0 is not None and event.kappa is not None
    with out.progress() as update:
        result = width_spike(
            walk,
            at,
            event.width,
            event.mu0,
            event.kappa,
            tolerance=tolerance,
            progress=stage(update, "cells"),
        )
    words = out.carried(folder, walk, [result])
    frames = [*data_line(walk), *beyond_window(walk, at), *spike_table(result)]
    out.finish("WidthSpike", walk, result.fields(), frames, folder, words)
