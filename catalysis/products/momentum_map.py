"""SGD with momentum on scalar data: a map of regimes over boxes of the curvature and the momentum, each box proved.

The first coordinate is the share f of the curvature at which the largest sample alone becomes unstable
(`momentum_boxes`). A box is decided by one inequality for all its points at once: V5 for the mean square, V19 for the
sign of lambda_1.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from catalysis.data.linear_regime import RESTS_ON
from catalysis.data.walk import LinearWalk, as_walk
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import DataError, Number, exact, exact_text, whole
from catalysis.exact.result import Progress, Result, Verdict
from catalysis.products.momentum_boxes import Box, Method, Momentum
from catalysis.products.momentum_cells import BoxBound, Failure, prove_sign
from catalysis.products.momentum_forms import Form, Sampled

Regime = Literal["mean_square_stable", "deflationary", "inflationary", "open"]

REGIMES: tuple[Regime, ...] = ("mean_square_stable", "deflationary", "inflationary", "open")
DEPTH, MOST_DEPTH = 5, 9
MOST_SAMPLES = 50
_PIECES = 4  # cuts beyond the depth, for the mean square alone


@dataclass(frozen=True)
class DecidedBox:
    """A box with what is proved on all of it, and the witness.

    Certified: "mean_square_stable": k(2) < 0 by the matrix `form` = (q11, q12, q22) of V5, in the state
    (e_t, e_t - e_(t-1)); "deflationary" and "inflationary": lambda_1 <= r < 0 and lambda_1 >= r > 0, r = `sign.bound`,
    by a table of V19 on a box that holds this one; for every start.
    """

    box: Box
    regime: Regime
    form: Form | None = None
    sign: BoxBound | None = None

    @property
    def rate(self) -> Fraction | None:
        """The proved bound of lambda_1."""
        return None if self.sign is None else self.sign.bound

    def to_json(self) -> dict[str, Any]:
        rate = {} if self.rate is None else {"lambda1": exact_text(self.rate)}
        return {**self.box.to_json(), "regime": self.regime, **rate}


class Search:
    """Boxes are cut until they are decided, each side at most `depth` times."""

    def __init__(self, momentum: Momentum, whole_box: Box, depth: int, progress: Progress | None) -> None:
        self.momentum, self.whole, self.progress = momentum, whole_box, progress
        first, second = (depth if half else 0 for half in whole_box.halves)
        self.cuts, self.done = (first, second), 0

    def run(self) -> tuple[DecidedBox, ...]:
        return tuple(self._decide(self.whole, self.cuts, None))

    def _decide(self, box: Box, cuts: tuple[int, int], sign: BoxBound | None) -> list[DecidedBox]:
        """`sign` is a proof that lambda_1 < 0 there; it is cut on for the sake of the mean square alone."""
        sampled = Sampled(self.momentum, box)
        radii, side = sampled.radii, sampled.steeper
        if radii.max() < 1 and (pieces := _contracting(sampled, 0 if any(cuts) else _PIECES)):
            return self._found(cuts, *pieces)
        if sign is None and (radii.max() >= 1 or not any(cuts)):
            found = prove_sign(self.momentum, box)
            if isinstance(found, Failure):
                side = found.side
            elif found.side < 0:
                return self._found(cuts, DecidedBox(box, "inflationary", sign=found))
            else:
                sign = found
        if sign is not None and not (any(cuts) and radii.min() < 1):
            return self._found(cuts, DecidedBox(box, "deflationary", sign=sign))
        return self._parts(box, cuts, sign, side) if any(cuts) else self._found(cuts, DecidedBox(box, "open"))

    def _parts(self, box: Box, cuts: tuple[int, int], sign: BoxBound | None, side: int) -> list[DecidedBox]:
        side = side if cuts[side] else 1 - side
        left = (cuts[0] - (side == 0), cuts[1] - (side == 1))
        found = [one for half in box.cut(side) for one in self._decide(half, left, sign)]
        if sign is not None and all(one.sign is sign for one in found):
            return [DecidedBox(box, "deflationary", sign=sign)]
        return found

    def _found(self, cuts: tuple[int, int], *boxes: DecidedBox) -> list[DecidedBox]:
        self.done += 2 ** sum(cuts)
        if self.progress is not None:
            self.progress(self.done, 2 ** sum(self.cuts))
        return list(boxes)


def _contracting(sampled: Sampled, cuts: int) -> list[DecidedBox]:
    """The box, or up to 2^cuts pieces of it, stable in mean square; nothing where one of them is not proved."""
    form = sampled.prove()
    if form is not None:
        return [DecidedBox(sampled.box, "mean_square_stable", form=form)]
    found: list[DecidedBox] = []
    for half in sampled.box.cut(sampled.steeper) if cuts else ():
        part = _contracting(Sampled(sampled.momentum, half), cuts - 1)
        if not part:
            return []
        found += part
    return found


@dataclass(frozen=True, repr=False)
class MomentumMap(Result):
    """The regimes of SGD with momentum over a rectangle of (f, beta), in boxes that cover it.

    Certified on each box that is not open (`DecidedBox`): lambda_1 > 0, lambda_1 < 0, or k(2) <= 0 (which gives
    lambda_1 <= 0 and theta >= 2), for every start. V5 and V19.

    Attributes
    ----------
    boxes : tuple of DecidedBox
        What is proved, and what is open.
    areas : dict of Fraction
        The share of each regime.
    """

    walk: LinearWalk
    method: Method
    weight_decay: Fraction
    whole: Box
    depth: int
    boxes: tuple[DecidedBox, ...]

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.areas["open"] == 1 else Verdict.PROVED

    @property
    def areas(self) -> dict[Regime, Fraction]:
        """The share of the rectangle that each regime is proved on, and what stays open."""
        found: dict[Regime, Fraction] = dict.fromkeys(REGIMES, Fraction(0))
        for one in self.boxes:
            found[one.regime] += one.box.area(self.whole)
        return found

    @property
    def flat(self) -> bool:
        """Whether the rectangle is a segment or a point."""
        return not all(self.whole.halves)

    @property
    def effort(self) -> int:
        """About the work of re-proving it: regions times samples."""
        signs = {id(one.sign): one.sign.regions for one in self.boxes if one.sign is not None}
        return (sum(signs.values()) + len(self.boxes)) * self.walk.size

    def everywhere(self) -> Regime | None:
        """The regime that is proved on the whole rectangle, if it is one."""
        regimes = {one.regime for one in self.boxes}
        return regimes.pop() if len(regimes) == 1 and "open" not in regimes else None

    def fields(self) -> dict[str, Any]:
        areas = self.areas
        found: dict[str, Any] = {
            "verdict": self.verdict.value,
            "method": self.method,
            "weight_decay": exact_text(self.weight_decay),
            **self.whole.to_json(),
            "depth": self.depth,
            "areas": {regime: exact_text(share) for regime, share in areas.items()},
            "everywhere": self.everywhere(),
            "boxes": [one.to_json() for one in self.boxes],
            "lemmas": ["V5", "V19"],
            "starts": "every start",
            "rests_on": RESTS_ON,
        }
        if self.verdict is Verdict.UNDECIDED:
            found["reason"] = "no box was decided: ask for a greater depth"
        elif areas["open"]:
            found["shortfall"] = "some boxes stay open at this depth: a greater depth decides more of them"
        return found


def momentum_map(
    walk: object,
    *,
    fractions: tuple[Number, Number] = (Fraction(1, 20), Fraction(6, 5)),
    betas: tuple[Number, Number] = (0, Fraction(99, 100)),
    method: Method = "heavy_ball",
    weight_decay: Number = 0,
    depth: Number = DEPTH,
    progress: Progress | None = None,
) -> MomentumMap:
    """Certify the regimes of SGD with momentum over a rectangle of curvature and momentum.

    Certified box by box (V5, V19): see `MomentumMap`.

    Parameters
    ----------
    walk : LinearWalk, or data (see as_dataset)
        Scalar samples.
    fractions : pair of Number > 0
        Shares f of the curvature at which the largest sample alone becomes unstable.
    betas : pair of Number, 0 <= beta < 1
        The momentum; either pair may be one point twice.
    method : str
        "heavy_ball" or "nesterov".
    weight_decay : Number >= 0
        Decoupled decay w.
    depth : int, 0 to 9
        The rectangle is cut into at most 4^depth boxes.
    progress : callable
        Called as `progress(done, total)`.

    Returns
    -------
    MomentumMap
        `areas` is the share of the rectangle that each regime is proved on.

    Raises
    ------
    InputError
        It names the argument.

    Examples
    --------
    >>> from catalysis import momentum_map
    >>> found = momentum_map("examples/talk-1.toml", fractions=("0.2", "0.4"), betas=("0.2", "0.4"), depth=2)
    >>> {regime: str(area) for regime, area in found.areas.items() if area}
    {'mean_square_stable': '1'}
    """
    scalar, levels = as_walk(walk), whole(depth, "depth", least=0)
    if levels > MOST_DEPTH:
        raise InputError(
            f"depth: expected at most {MOST_DEPTH}, found {levels}: there may be 4^depth boxes, about 0.05 s each"
        )
    if method not in ("heavy_ball", "nesterov"):
        raise DataError("method: expected heavy_ball or nesterov")
    decay = exact(weight_decay, "weight_decay")
    if not 0 <= decay * scalar.dataset.learning_rate < 1:
        raise DataError("weight_decay: expected a number >= 0 with eta times it below 1")
    if scalar.size > MOST_SAMPLES:
        raise InputError(f"data: expected at most {MOST_SAMPLES} different curvatures, found {scalar.size}")
    all_of_it = Box(_ends(fractions, "fractions"), _ends(betas, "betas"))
    if all_of_it.fractions[0] <= 0:
        raise DataError("fractions: expected numbers > 0")
    if all_of_it.betas[0] < 0 or all_of_it.betas[1] >= 1:
        raise DataError("betas: expected numbers in [0, 1)")
    momentum = Momentum.of(scalar, method, decay)
    boxes = Search(momentum, all_of_it, levels, progress).run()
    return MomentumMap(scalar, method, decay, all_of_it, levels, boxes)


def _ends(pair: object, what: str) -> tuple[Fraction, Fraction]:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise DataError(f"{what}: expected two numbers, the lower one first")
    low, high = (exact(v, what) for v in pair)
    if low > high:
        raise DataError(f"{what}: expected two numbers, the lower one first")
    return low, high
