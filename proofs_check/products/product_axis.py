"""The kind `product_axis`: regimes and exponents along the learning rate, single samples without decay.

Lemmas V1 (volume), V2 (stable up to 2/max K_ii), V5c, V13: intervals of learning rates from proofs at their ends; V8
and V16: intervals by one table of cells.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from proofs_check.core.reading import Refused, fields, items, number, positive
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import exact
from proofs_check.products.lyapunov import prove_lyapunov
from proofs_check.products.moments import Moment, prove_moment
from proofs_check.products.plane import Plane, read_table_of_cells
from proofs_check.products.powers import mean_log_above
from proofs_check.products.volume import read_component, span_words
from proofs_check.products.walk import Walk, read_walk
from proofs_check.products.words import bound

KEYS = ("stable_up_to", "levels", "falling", "pieces", "inflationary")


@dataclass(frozen=True)
class Rate:
    """A learning rate and a moment proof there."""

    eta: Fraction
    moment: Moment


@dataclass(frozen=True)
class Level:
    """theta >= exponent up to below.eta, theta <= exponent beyond above.eta; each may be missing."""

    exponent: Fraction
    below: Rate | None
    above: Rate | None


@dataclass(frozen=True)
class Growing:
    """lambda_1 > 0 on [start, end] (None: for ever), by the volume on the span of `samples` (None: all)."""

    start: Fraction
    end: Fraction | None
    samples: tuple[int, ...] | None


@dataclass(frozen=True)
class Signed:
    """lambda_1 < 0 (`falls`) or > 0 on [start, end], and the lemmas."""

    start: Fraction
    end: Fraction
    falls: bool
    used: tuple[str, ...]


@dataclass(frozen=True)
class ProductAxis:
    """What is proved along the learning rate; the parts are proved from the claim's witnesses when first asked for."""

    walk: Walk
    stable_up_to: Fraction
    witnesses: dict[str, Any]

    @cached_property
    def levels(self) -> list[Level]:
        return [
            _level(v, f"levels[{k}]", self.walk)
            for k, v in enumerate(items(self.witnesses["levels"], "levels"))
        ]

    @cached_property
    def falling(self) -> Rate | None:
        value = self.witnesses["falling"]
        return None if value is None else _falling(value, self.walk)

    @cached_property
    def pieces(self) -> tuple[list[Any], list[Any]]:
        """Those that continue each other, and from the first with a form on those that name theirs."""
        listed = items(self.witnesses["pieces"], "pieces")
        count = next((k for k, v in enumerate(listed) if isinstance(v, dict) and "form" in v), len(listed))
        return listed[:count], listed[count:]

    @cached_property
    def deflationary_to(self) -> Fraction:
        """The end of the learning rates beyond `stable_up_to` with lambda_1 < 0, by pieces without a form."""
        reach = self.stable_up_to if self.falling is None else max(self.stable_up_to, self.falling.eta)
        end: Fraction | None = None
        for k, value in enumerate(self.pieces[0]):
            start, stop = _piece(value, f"pieces[{k}]", self.walk)
            if (start > reach) if end is None else (start != end):
                raise Refused(f"pieces[{k}] does not continue what is before it")
            end = stop
        return reach if end is None else max(reach, end)

    @cached_property
    def signed(self) -> list[Signed]:
        """The pieces with a form, from left to right."""
        first = len(self.pieces[0])
        found: list[Signed] = []
        for k, value in enumerate(self.pieces[1], first):
            piece = _signed(value, f"pieces[{k}]", self.walk)
            if found and piece.start < found[-1].end:
                raise Refused(f"pieces[{k}] begins before the end of the one before it")
            found.append(piece)
        return found

    @property
    def merged(self) -> list[Signed]:
        """Those of one sign that meet as one; the first ones joined with (stable_up_to, deflationary_to]."""
        found = [Signed(self.stable_up_to, self.deflationary_to, True, ())]
        for piece in self.signed:
            last = found[-1]
            if piece.falls == last.falls and piece.start <= last.end:
                found[-1] = Signed(last.start, max(last.end, piece.end), last.falls, ())
            else:
                found.append(piece)
        return found

    @cached_property
    def inflationary(self) -> list[Growing]:
        listed = items(self.witnesses["inflationary"], "inflationary")
        return [_growing(v, f"inflationary[{k}]", self.walk) for k, v in enumerate(listed)]


def _level(value: Any, where: str, walk: Walk) -> Level:
    table = fields(value, where, ("exponent", "below", "above"))
    s = positive(table["exponent"], f"{where}.exponent")
    if s < 1:
        raise Refused(f"{where}.exponent is below 1")
    below, above = (
        None if table[key] is None else _rate(table[key], f"{where}.{key}", walk, side, s)
        for key, side in (("below", "upper"), ("above", "lower"))
    )
    if below is not None and below.moment.rho > 1:
        raise Refused(f"{where}.below: rho is above 1")
    if above is not None and not _grows(above.moment):
        raise Refused(f"{where}.above: rho is not above 1")
    return Level(s, below, above)


def _grows(moment: Moment) -> bool:
    """k(s) > 0 at all larger learning rates: by rho > 1, or for the mean square by rho >= 1 (V5c)."""
    return moment.rho > 1 or (moment.rho == 1 and moment.s == 2 and moment.form == "quadratic")


def _rate(value: Any, where: str, walk: Walk, side: str, s: Fraction | None) -> Rate:
    table = fields(value, where, ("eta", "proof"))
    eta = positive(table["eta"], f"{where}.eta")
    moment = prove_moment(table["proof"], where, walk.at(eta))
    if moment.side != side or (s is not None and moment.s != s):
        raise Refused(f"{where} is not the proof of its bound")
    return Rate(eta, moment)


def _falling(value: Any, walk: Walk) -> Rate:
    rate = _rate(value, "falling", walk, "upper", None)
    if rate.moment.s < 1 or rate.moment.rho >= 1:
        raise Refused("falling needs s >= 1 and rho < 1")
    return rate


def _piece(value: Any, where: str, walk: Walk) -> tuple[Fraction, Fraction]:
    """V13b; the ends of the piece."""
    table = fields(value, where, ("from", "to", "bound", "Q", "c"))
    start, end = positive(table["from"], f"{where}.from"), positive(table["to"], f"{where}.to")
    if start >= end:
        raise Refused(f"{where} ends before it begins")
    proof = {"form": "quadratic", "side": "upper", "bound": table["bound"], "Q": table["Q"], "c": table["c"]}
    for eta in (start, end):
        if prove_lyapunov(proof, where, walk.at(eta)).bound >= 0:
            raise Refused(f"{where}.bound is not negative")
    return start, end


def _signed(value: Any, where: str, walk: Walk) -> Signed:
    """V13b by `quadratic`, V16 by `cells`."""
    if not isinstance(value, dict) or value.get("form") not in ("quadratic", "cells"):
        raise Refused(f"{where} has neither the form quadratic nor cells")
    if value["form"] == "quadratic":
        start, end = _piece({k: v for k, v in value.items() if k != "form"}, where, walk)
        return Signed(start, end, True, ("V10", "V12", "V13"))
    table = fields(value, where, ("form", "side", "from", "to", "bound", "nodes", "values"))
    start, end = positive(table["from"], f"{where}.from"), positive(table["to"], f"{where}.to")
    if start >= end:
        raise Refused(f"{where} ends before it begins")
    if table["side"] not in ("upper", "lower"):
        raise Refused(f"{where}.side is neither upper nor lower")
    falls, limit = table["side"] == "upper", number(table["bound"], f"{where}.bound")
    walk.require_matrices(where)
    if limit >= 0 if falls else limit <= 0:
        raise Refused(f"{where}.bound has not the sign of its side")
    Plane(walk.at(start), read_table_of_cells(table, where, walk.work)).require_until(
        end, limit, table["side"]
    )
    return Signed(start, end, falls, ("V8", "V16"))


def _growing(value: Any, where: str, walk: Walk) -> Growing:
    """V13c."""
    table = fields(value, where, ("from", "to", "samples"))
    start = positive(table["from"], f"{where}.from")
    end = None if table["to"] == "inf" else positive(table["to"], f"{where}.to")
    samples = read_component(walk, table["samples"], where)
    inside = range(walk.count) if samples is None else samples
    rates = [k for k in (walk.product.diagonal[i] for i in inside) if k > 0]
    if any(start * k <= 1 and (end is None or end * k >= 1) for k in rates):
        raise Refused(f"{where}: a pole 1/K_ii lies on the interval")
    if end is not None and end < start:
        raise Refused(f"{where} ends before it begins")
    for eta in {start, start if end is None else end}:
        there = walk.at(eta)
        members = set(inside)
        bases = [abs(there.factor(i)) if i in members else Fraction(1) for i in range(walk.count)]
        if not mean_log_above(bases, walk.p, Fraction(0), walk.work, strict=True):
            raise Refused(f"{where}: G is not proved positive at its ends")
    return Growing(start, end, samples)


def read(claim: dict[str, Any], setting: Setting) -> ProductAxis:
    walk = read_walk(claim, setting, KEYS, rate=False)
    walk.require_single()
    stable = positive(claim["stable_up_to"], "stable_up_to")
    return ProductAxis(walk, stable, {key: claim[key] for key in KEYS[1:]})


def prove(statement: ProductAxis) -> tuple[str, ...]:
    """Every part; 2/max K_ii exactly."""
    diagonal = statement.walk.product.diagonal
    if statement.stable_up_to * max(diagonal.top) != 2 * diagonal.den:
        raise Refused("stable_up_to is not 2/max K_ii")
    rates = [r for level in statement.levels for r in (level.below, level.above) if r is not None]
    if statement.falling is not None:
        rates.append(statement.falling)
    used = {"V2", *(name for rate in rates for name in rate.moment.used)}
    if rates or statement.pieces[0]:
        used.add("V13")
    if statement.deflationary_to > statement.stable_up_to and statement.pieces[0]:
        used.update(("V10", "V12"))
    used.update(name for piece in statement.signed for name in piece.used)
    if statement.inflationary:
        used.update(("V1", "V13"))
    return tuple(used)


def say(statement: ProductAxis) -> str:
    stable = exact(statement.stable_up_to)
    told = [f"stable for 0 < eta <= {stable} and not beyond"]
    for level in statement.levels:
        s = exact(level.exponent)
        if level.below is not None:
            told.append(f"theta >= {s} for eta <= {bound(level.below.eta, up=False)}")
        if level.above is not None:
            told.append(f"theta <= {s} for eta > {bound(level.above.eta, up=True)}")
    first, *others = statement.merged
    if first.end > first.start:
        told.append(f"deflationary for {stable} < eta <= {bound(first.end, up=False)}")
    told += [
        _signed_words(piece, statement.stable_up_to) for piece in others if piece.end > statement.stable_up_to
    ]
    told += [_growing_words(piece) for piece in statement.inflationary]
    return f"{statement.walk.opening(rate=False)}{'; '.join(told)}"


def _signed_words(piece: Signed, stable: Fraction) -> str:
    """Up to `stable_up_to` every learning rate is stable, and no more is said there."""
    name = "deflationary" if piece.falls else "inflationary"
    low = f"{exact(stable)} <" if piece.start <= stable else f"{bound(piece.start, up=True)} <="
    return f"{name} for {low} eta <= {bound(piece.end, up=False)}{'' if piece.falls else ', for every start'}"


def _growing_words(piece: Growing) -> str:
    low = bound(piece.start, up=True)
    end = "" if piece.end is None else f" <= {bound(piece.end, up=False)}"
    return f"inflationary for {low} <= eta{end}{span_words(piece.samples)}"


RULE = Rule(read, prove, say)
