"""Good certificates made without the package, and the truth about any claim, both with mpmath.

Nothing here knows how the checker works: positions of zeros come from bisection with many digits, the law
from enumerating batches, and `is_true` decides a claim numerically, never looking at its witnesses.
"""

import copy
import itertools
import math
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import mpmath as mp

from kit.roots import sign_change
from kit.share import part

Json = Any

SINGLE = {"kind": "single"}
CLOSE = mp.mpf(10) ** -45


def certificate(data: Json, *claims: Json) -> Json:
    """A whole document."""
    document = {"format": "catalysis-certificate", "version": 1, "producer": "tests", "claims": list(claims)}
    return document | ({"data": data} if data is not None else {})


def data_set(*samples: tuple[str, Any], learning_rate: str = "1", name: str = "sample data") -> Json:
    """Samples (x, p) with p a string, or (x, count) with an integer."""
    rows = [{"x": x, "count" if isinstance(w, int) else "p": w} for x, w in samples]
    return {"name": name, "learning_rate": learning_rate, "samples": rows}


TALK = data_set(("1", "1/2"), ("1.69", "1/2"), name="talk")
THREE = data_set(("1", "1/10"), ("3", "9/10"))
TOUCH = data_set(("1", "1/3"), ("4", "2/3"))
# Poles 1, 6, 10, 15 and weights 2, 1, 1, 2: double zeros at 8 +- sqrt(19), where the product is 1 exactly.
IRRATIONAL = data_set(("2", 2), ("3", 1), ("5", 1), ("30", 2), learning_rate="1/30")
RARE = data_set(("1", "1/200"), ("3", "199/200"))
IDLE = data_set(("0", "1/4"), ("1", "1/4"), ("5/2", "1/2"), learning_rate="1/2")
COUNTS = data_set(("1", 2), ("2", 1), ("4", 2))

_ZEROS: dict[Any, list[tuple[str, Any]]] = {}


class Model:
    """A data set and a step, by brute force: rates with probabilities, G, M and the zeros of G."""

    def __init__(self, data: Json, step: Json) -> None:
        xs = [Fraction(row["x"]) for row in data["samples"]]
        weights = [Fraction(row.get("p", row.get("count"))) for row in data["samples"]]
        total = sum(weights)
        law: dict[Fraction, Fraction] = defaultdict(Fraction)
        self._check_size(step, len(xs), total)
        if step["kind"] == "single":
            for x, w in zip(xs, weights, strict=True):
                law[x] += w / total
        elif step["kind"] == "full_batch":
            law[sum((x * w for x, w in zip(xs, weights, strict=True)), Fraction(0)) / total] = Fraction(1)
        elif step["replacement"]:
            for batch in itertools.product(range(len(xs)), repeat=step["size"]):
                chance = math.prod((weights[i] / total for i in batch), start=Fraction(1))
                law[sum((xs[i] for i in batch), Fraction(0)) / step["size"]] += chance
        else:
            items = [x for x, w in zip(xs, weights, strict=True) for _ in range(int(w))]
            batches = list(itertools.combinations(items, step["size"]))
            for batch in batches:
                law[sum(batch, Fraction(0)) / step["size"]] += Fraction(1, len(batches))
        eta = Fraction(data["learning_rate"])
        self.idle = law.pop(Fraction(0), Fraction(0))
        self.rates = {eta * x: p for x, p in sorted(law.items())}
        self.poles = [1 / xi for xi in reversed(self.rates)]
        self.largest = max(self.rates)
        self._known: tuple[int, list[tuple[Any, Any]]] = (0, [])

    @staticmethod
    def _check_size(step: Json, samples: int, total: Fraction) -> None:
        """Enumeration must not take for ever."""
        size = step.get("size", 1)
        if size > 60 or (total > 60 and not step.get("replacement", True)):
            raise ValueError("too many batches to enumerate")
        if (samples**size if step.get("replacement", True) else math.comb(int(total), size)) > 50_000:
            raise ValueError("too many batches to enumerate")

    def drift(self, at: Any) -> Any:
        at = real(at)
        return mp.fsum(p * mp.log(abs(1 - at * xi)) for xi, p in self._reals())

    def slope(self, at: Any) -> Any:
        at = real(at)
        return -mp.fsum(p * xi / (1 - at * xi) for xi, p in self._reals())

    def _reals(self) -> list[tuple[Any, Any]]:
        """The rates and probabilities in the working precision."""
        if self._known[0] != mp.mp.prec:
            self._known = mp.mp.prec, [(real(xi), real(p)) for xi, p in self.rates.items()]
        return self._known[1]

    def moment(self, theta: Any, at: Fraction) -> Any:
        powers = ((p, abs(1 - at * xi)) for xi, p in self.rates.items())
        return real(self.idle) + mp.fsum(real(p) * real(r) ** real(theta) for p, r in powers if r)

    def exponent(self, at: Fraction) -> Any:
        """theta by bisection; inf and 0 by the regime (a |G| below CLOSE counts as 0)."""
        if at * self.largest <= 2:
            return mp.inf
        if at not in self.poles and self.drift(at) > -CLOSE:
            return mp.mpf(0)
        high = mp.mpf(1)
        while self.moment(high, at) < 1:
            high *= 2
        return sign_change(lambda theta: self.moment(theta, at) - 1, 0, high)

    def gaps(self, start: Fraction, end: Fraction | None) -> list[int]:
        """The gaps that meet (start, end)."""
        cuts = [Fraction(0), *self.poles, None]
        found = []
        for k, (low, high) in enumerate(itertools.pairwise(cuts)):
            assert low is not None
            if (end is None or low < end) and (high is None or start < high):
                found.append(k)
        return found

    def top(self, gap: int) -> Any:
        """The maximiser of G in an inner gap."""
        low, high = real(self.poles[gap - 1]), real(self.poles[gap])
        return sign_change(self.slope, low, high, rising=False)

    def zeros(self, gap: int) -> list[tuple[str, Any]]:
        """The zeros of G in a gap, each with its kind."""
        key = tuple(self.rates.items()), gap, mp.mp.prec
        if key not in _ZEROS:
            _ZEROS[key] = self._zeros(gap)
        return _ZEROS[key]

    def _zeros(self, gap: int) -> list[tuple[str, Any]]:
        if gap == 0:
            return []
        pole = real(self.poles[gap - 1])
        if gap == len(self.poles):
            far = 4 * pole
            while self.drift(far) < 0:
                far *= 2
            return [("up", self._cross(pole, far))]
        top = self.top(gap)
        value = self.drift(top)
        if abs(value) < CLOSE:
            return [("tangency", top)]
        if value < 0:
            return []
        return [("up", self._cross(pole, top)), ("down", self._cross(real(self.poles[gap]), top))]

    def _cross(self, negative: Any, positive: Any) -> Any:
        """The zero between a pole and a positive point, by the logarithm of the distance."""
        far = mp.log(abs(positive - negative))
        near, side, back = far - 1, mp.sign(positive - negative), 1
        while self.drift(negative + side * mp.exp(near)) > 0:
            near, back = near - back, 2 * back
        found = sign_change(lambda t: self.drift(negative + side * mp.exp(t)), near, far)
        return negative + side * mp.exp(found)


def real(q: Any) -> Any:
    """An mpmath number from a rational."""
    return mp.mpf(q.numerator) / q.denominator if isinstance(q, Fraction) else mp.mpf(q)


def decimal(x: Any, places: int) -> str:
    """x cut down to so many decimal places, exactly as text."""
    n = int(mp.floor(x * mp.mpf(10) ** places))
    return str(Fraction(n, 10**places))


def around(x: Any, places: int) -> tuple[str, str]:
    """Two rationals 3 * 10^-places apart with x strictly between them, even where x is a decimal."""
    low = Fraction(decimal(x, places))
    return str(low - Fraction(1, 10**places)), str(low + Fraction(2, 10**places))


# --- making claims -----------------------------------------------------------------------------------


def regions_claim(
    data: Json,
    step: Json = SINGLE,
    start: str = "0",
    end: str = "inf",
    places: int = 25,
    tangencies: Json = (),
) -> Json:
    """`sign_regions`; the tangencies, which need algebra, are given by the caller as they stand."""
    model = Model(data, step)
    last = None if end == "inf" else Fraction(end)
    zeros: list[Json] = []
    positions: list[tuple[str, Any]] = []
    negative = []
    spare = list(tangencies)
    for gap in model.gaps(Fraction(start), last):
        found = model.zeros(gap)
        positions += found
        for kind, at in found:
            zeros.append(spare.pop(0) if kind == "tangency" else _crossing(model, gap, kind, at, places))
        if not found and gap > 0:
            negative.append({"gap": gap, "at": decimal(model.top(gap), places)})
    claim = {"kind": "sign_regions", "step": step, "from": start, "to": end, "zeros": zeros}
    return claim | {"negative_gaps": negative, "regions": _regions(positions, start, end)}


def _crossing(model: Model, gap: int, kind: str, at: Any, places: int) -> Json:
    """A bracket in decimals, or in -log(distance) where a pole is nearer than 10^-10."""
    zero: Json = {"kind": "crossing", "direction": kind}
    for pole, side in ((gap - 1, "above"), (gap, "below")):
        if pole < len(model.poles) and abs(at - real(model.poles[pole])) < mp.mpf(10) ** -10:
            low, high = around(-mp.log(abs(at - real(model.poles[pole]))), 12)
            ends = [{"pole": str(model.poles[pole]), "side": side, "t": t} for t in (low, high)]
            first = 1 if side == "above" else 0
            return zero | {"lower": ends[first], "upper": ends[1 - first]}
    lower, upper = around(at, places)
    return zero | {"lower": lower, "upper": upper}


def _regions(positions: list[tuple[str, Any]], start: str, end: str) -> list[Json]:
    """The regions that zeros of these kinds at these places cut out of (start, end)."""
    sign, cut, regions = "negative", start, []
    last = mp.inf if end == "inf" else real(Fraction(end))
    left: Json = cut
    for i, (kind, at) in enumerate(positions):
        after = "positive" if kind == "up" else "negative"
        if at > real(Fraction(start)) + CLOSE and at < last - CLOSE:
            regions.append({"sign": sign, "from": left, "to": {"zero": i}})
            left = {"zero": i}
        if at < last - CLOSE:
            sign = after
    return [*regions, {"sign": sign, "from": left, "to": end}]


def exponent_claim(data: Json, at: str, places: int = 20, step: Json = SINGLE) -> Json:
    """`exponent` at a stable, deflationary or inflationary point."""
    model = Model(data, step)
    q = Fraction(at)
    claim = {"kind": "exponent", "step": step, "lambda": at}
    if q * model.largest <= 2:
        return claim | {"regime": "stable", "exponent": "inf"}
    theta = model.exponent(q)
    if theta == 0:
        return claim | {"regime": "inflationary", "exponent": "0"}
    lower, upper = around(theta, places)
    return claim | {"regime": "deflationary", "exponent": {"lower": lower, "upper": upper}}


def rate_claim(data: Json, at: str, places: int = 30) -> Json:
    """`exponent_rate`, with an enclosure of the derivative a million times wider than that of theta."""
    claim = exponent_claim(data, at, places)
    rate = mp.diff(lambda q: _exponent_near(data, q), real(Fraction(at)))
    low = Fraction(decimal(rate, places - 6))
    wide = Fraction(1, 10 ** (places - 6))
    claim = {key: claim[key] for key in ("step", "lambda", "exponent")}
    return claim | {"kind": "exponent_rate", "rate": {"lower": str(low - wide), "upper": str(low + 2 * wide)}}


def _exponent_near(data: Json, at: Any) -> Any:
    man, exp = at.man_exp
    return Model(data, SINGLE).exponent(Fraction(int(man)) * Fraction(2) ** int(exp))


# --- the truth ---------------------------------------------------------------------------------------


def is_true(document: Json) -> bool:
    """Whether every claim (not of kind reduced_map) is true, seen numerically with a tolerance of CLOSE."""
    return all(_is_true(document["data"], claim) for claim in document["claims"])


def _is_true(data: Json, claim: Json) -> bool:
    model = Model(data, claim["step"])
    kind = claim["kind"]
    if kind == "thresholds":
        pairs = (("lambda_crit", 2), ("lambda_max", 4))
        return all(Fraction(claim[key]) == factor / model.largest for key, factor in pairs)
    if kind == "drift":
        value = model.drift(_position(claim["lambda"]))
        return bool(real(Fraction(claim["lower"])) - CLOSE < value < real(Fraction(claim["upper"])) + CLOSE)
    if kind == "sign":
        return _sign_is_true(model, claim)
    if kind == "sign_regions":
        return _regions_are_true(model, claim)
    if kind == "exponent_band":
        return all(_cell_is_true(model, cell) for cell in claim["cells"])
    q = Fraction(claim["lambda"])
    theta = model.exponent(q)
    if kind == "exponent":
        critical = q * model.largest > 2 and q not in model.poles and abs(model.drift(q)) < CLOSE
        if (claim["regime"] == "critical") != critical:
            return False
        given = claim["exponent"]
        return _lies_in(theta, given) if isinstance(given, dict) else bool(theta == mp.mpf(given))
    lower, upper = (real(Fraction(claim["exponent"][end])) for end in ("lower", "upper"))
    bracketed = bool(lower - CLOSE < theta < upper + CLOSE)
    return bracketed and _lies_in(_rate(model, theta, q), claim["rate"], mp.mpf(10) ** -20)


def _rate(model: Model, theta: Any, q: Fraction) -> Any:
    """-M_lambda/M_theta by central differences."""
    d = Fraction(1, 10**15)
    by_curvature = model.moment(theta, q + d) - model.moment(theta, q - d)
    return -by_curvature / (model.moment(theta + real(d), q) - model.moment(theta - real(d), q))


def _lies_in(x: Any, given: Json, slack: Any = CLOSE) -> bool:
    return bool(real(Fraction(given["lower"])) - slack < x < real(Fraction(given["upper"])) + slack)


def _position(value: Json) -> Any:
    if isinstance(value, str):
        return real(Fraction(value))
    offset = mp.exp(-real(Fraction(value["t"])))
    return real(Fraction(value["pole"])) + (offset if value["side"] == "above" else -offset)


def _sign_is_true(model: Model, claim: Json) -> bool:
    start, end = Fraction(claim["from"]), Fraction(claim["to"])
    inside = [at for gap in model.gaps(Fraction(0), None) for _, at in model.zeros(gap)]
    if any(real(start) + CLOSE < at < real(end) - CLOSE for at in inside):
        return False
    if claim["sign"] == "positive":
        clear = not any(start <= pole <= end for pole in model.poles)
        return clear and all(model.drift(q) > -CLOSE for q in (start, end))
    return all(q in model.poles or model.drift(q) < CLOSE for q in (start, end, (start + end) / 2))


def _regions_are_true(model: Model, claim: Json) -> bool:
    end = None if claim["to"] == "inf" else Fraction(claim["to"])
    found = [zero for gap in model.gaps(Fraction(claim["from"]), end) for zero in model.zeros(gap)]
    if len(found) != len(claim["zeros"]):
        return False
    for (kind, at), zero in zip(found, claim["zeros"], strict=True):
        if kind != zero.get("direction", zero["kind"]):
            return False
        if not _position(zero["lower"]) - CLOSE < at < _position(zero["upper"]) + CLOSE:
            return False
        if "exact" in zero and abs(_position(zero["exact"]) - at) > CLOSE:
            return False
    wanted = _regions(found, claim["from"], claim["to"])
    return len(wanted) == len(claim["regions"]) and all(
        given["sign"] == true["sign"] and _same_cut(given[side], true[side])
        for given, true in zip(claim["regions"], wanted, strict=True)
        for side in ("from", "to")
    )


def _same_cut(a: Json, b: Json) -> bool:
    if isinstance(a, dict) or isinstance(b, dict) or "inf" in (a, b):
        return bool(a == b)
    return Fraction(a) == Fraction(b)


def _cell_is_true(model: Model, cell: Json) -> bool:
    """The bounds at the ends of the cell, at its poles and once inside."""
    start, end = Fraction(cell["from"]), Fraction(cell["to"])
    lower, upper = (mp.inf if cell[key] == "inf" else real(Fraction(cell[key])) for key in ("lower", "upper"))
    points = [start, (start + 2 * end) / 3, end, *(pole for pole in model.poles if start <= pole <= end)]
    return all(lower - CLOSE <= model.exponent(q) <= upper + CLOSE for q in points)


# --- one field at a time -----------------------------------------------------------------------------


def mutations(document: Json, every: int = 1) -> Iterator[tuple[tuple[Any, ...], Json]]:
    """One of `every` documents with one place changed: the path of the place, and the new document."""
    for path, other in part(_changes(document), every):
        yield path, _replaced(document, path, other)


def _changes(document: Json) -> Iterator[tuple[tuple[Any, ...], Json]]:
    for path, value in _places(document):
        for other in _others(value):
            if other != value or type(other) is not type(value):
                yield path, other


def _places(value: Json, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Json]]:
    yield path, value
    if isinstance(value, dict):
        for key in value:
            yield from _places(value[key], (*path, key))
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from _places(item, (*path, i))


def _others(value: Json) -> Iterator[Json]:
    yield None
    if isinstance(value, dict):
        yield []
        yield from ({key: value[key] for key in value if key != gone} for gone in value)
        yield value | {"extra": "1"}
    elif isinstance(value, list):
        yield {}
        yield [*value, *value[:1]]
        for i in range(len(value)):
            yield value[:i] + value[i + 1 :]
            yield [*value[: i + 1], *value[i:]]
        for i in range(len(value) - 1):
            yield [*value[:i], value[i + 1], value[i], *value[i + 2 :]]
    elif isinstance(value, bool):
        yield not value
        yield int(value)
    elif isinstance(value, int):
        yield from (value + 1, value - 1, -value, str(value), 10**18, True, 1.5)
    elif isinstance(value, str):
        yield from _other_texts(value)


def _other_texts(value: str) -> Iterator[Json]:
    yield from (
        "",
        "other",
        "inf",
        "nan",
        1,
        0.5,
        [value],
        "1e3",
        value + " ",
        "+" + value,
        "above",
        "negative",
    )
    try:
        q = Fraction(value)
    except ValueError:
        return
    tiny, small = Fraction(1, 10**40), Fraction(1, 1000)
    for new in (q + tiny, q - tiny, q + small, q - small, q + 1, -q, 2 * q, q / 2, Fraction(0)):
        yield str(new)
    yield from (f"{value}/0", f"{q.numerator}.0/{q.denominator}", "9" * 4001)


def _replaced(document: Json, path: tuple[Any, ...], other: Json) -> Json:
    if not path:
        return other
    changed = copy.deepcopy(document)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = other
    return changed
