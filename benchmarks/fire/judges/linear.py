"""Claims about the drift and the exponent judged from their fields, with mpmath.

Laws, zeros and maximisers come from `kit.good_certificates.Model` (enumeration and bisection). An answer is True,
False, or None where the difference is below what the digits in use can tell.
"""

import itertools
import json
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import lru_cache
from typing import Any

import mpmath as mp
from kit.good_certificates import Model, real

F = Fraction
Json = Any
Answer = bool | None
MOST_DIGITS = 320


def every(answers: Iterable[Answer]) -> Answer:
    """True if all are; False if one is; None if one is not known."""
    found: Answer = True
    for answer in answers:
        if answer is False:
            return False
        found = None if answer is None else found
    return found


def below(a: Any, b: Any) -> Answer:
    """a < b, or None if they are too near for the digits in use."""
    if mp.isinf(a) or mp.isinf(b):
        return bool(a < b)
    slack = (1 + abs(a) + abs(b)) * mp.mpf(10) ** (15 - mp.mp.dps)
    return None if abs(a - b) <= slack else bool(a < b)


def exactly(q: Fraction, r: Fraction) -> bool:
    return q == r


@lru_cache(maxsize=400)
def _model(data: str, step: str) -> Model:
    return Model(json.loads(data), json.loads(step))


def model_of(data: Json, step: Json) -> Model:
    return _model(json.dumps(data), json.dumps(step))


def digits_for(document: Json) -> int:
    """So many digits tell what the numbers of this claim tell; refused (0) where that would take too long."""
    longest = max((len(text) for text in strings(document["claims"][0])), default=0)
    wanted = 70 if longest < 40 else longest + 60
    return wanted if wanted <= MOST_DIGITS else 0


def strings(value: Json) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


def judge(document: Json) -> Answer:
    claim = document["claims"][0]
    digits = digits_for(document)
    if not digits:
        return None
    model = model_of(document["data"], claim["step"])
    if len(model.poles) > 60:
        return None
    with mp.workdps(digits):
        return JUDGES[claim["kind"]](model, claim)


# --- points and drift ------------------------------------------------------------------------------------


def place(value: Json) -> tuple[Any, tuple[Fraction, int, Any] | None]:
    """A point as a number, and as (pole, side, t) if it is written so."""
    if isinstance(value, str):
        return real(F(value)), None
    side, t = (1 if value["side"] == "above" else -1), real(F(value["t"]))
    return real(F(value["pole"])) + side * mp.exp(-t), (F(value["pole"]), side, t)


def drift_at(model: Model, value: Json) -> Any:
    """G at a point, the factor of the point's own pole from its logarithmic distance."""
    where, near = place(value)
    total = mp.mpf(0)
    for xi, p in model.rates.items():
        if near is not None and F(1) / xi == near[0]:
            total += real(p) * (mp.log(real(xi)) - near[2])
        else:
            total += real(p) * mp.log(abs(1 - where * real(xi)))
    return total


def gap_of(model: Model, value: Json) -> int | None:
    """The gap of a point; None at a pole or where the digits do not tell."""
    _, near = place(value)
    if near is not None:
        if near[0] not in model.poles:
            return None
        k = model.poles.index(near[0])
        room = (
            real(model.poles[k + near[1]] - near[0]) * near[1]
            if 0 <= k + near[1] < len(model.poles)
            else mp.inf
        )
        room = real(near[0]) if k == 0 and near[1] < 0 else room
        return (k + 1 if near[1] > 0 else k) if -near[2] < mp.log(room) else None
    if F(value) in model.poles:
        return None
    return sum(pole < F(value) for pole in model.poles)


# --- one judge a kind ------------------------------------------------------------------------------------


def thresholds(model: Model, claim: Json) -> Answer:
    return exactly(F(claim["lambda_crit"]), 2 / model.largest) and exactly(
        F(claim["lambda_max"]), 4 / model.largest
    )


def drift(model: Model, claim: Json) -> Answer:
    if gap_of(model, claim["lambda"]) is None:
        return False
    value = drift_at(model, claim["lambda"])
    return every((below(real(F(claim["lower"])), value), below(value, real(F(claim["upper"])))))


def sign(model: Model, claim: Json) -> Answer:
    start, end = F(claim["from"]), F(claim["to"])
    if not 0 < start <= end:
        return False
    if claim["sign"] == "positive":
        if any(start <= pole <= end for pole in model.poles):
            return False
        inside = (start + (end - start) * F(k, 7) for k in range(8))
        return every(below(mp.mpf(0), model.drift(q)) for q in inside)
    return every(_negative(model, start, end, gap) for gap in range(len(model.poles) + 1))


@lru_cache(maxsize=4000)
def _top(model: Model, gap: int, digits: int) -> Any:
    return model.top(gap)


def _negative(model: Model, start: Fraction, end: Fraction, gap: int) -> Answer:
    """G < 0 on the part of [start, end] that lies in a gap."""
    cuts = [F(0), *model.poles]
    low = max(start, cuts[gap])
    high = min(end, cuts[gap + 1]) if gap < len(model.poles) else end
    if low > high or (low == high and low in model.poles):
        return True
    if gap == 0:
        return True  # every factor lies in (0, 1)
    if gap == len(model.poles):
        return below(model.drift(high), mp.mpf(0)) if high not in model.poles else True
    top = _top(model, gap, mp.mp.dps)
    top = min(max(top, real(low)), real(high))
    if low == high:
        top = real(low)
    return below(model.drift(top), mp.mpf(0))


def sign_regions(model: Model, claim: Json) -> Answer:
    start, end = F(claim["from"]), None if claim["to"] == "inf" else F(claim["to"])
    if len(model.poles) > 12:
        return None
    true: list[tuple[int, str, Any]] = []
    for gap in model.gaps(start, end):
        kinds = model.zeros(gap)
        if kinds and 0 < gap < len(model.poles):
            height = abs(model.drift(model.top(gap)))
            if mp.mpf(10) ** (15 - mp.mp.dps) < height < mp.mpf(10) ** -40:
                return None
        true += [(gap, kind, at) for kind, at in kinds]
    if len(true) != len(claim["zeros"]):
        return False
    zeros = [every(_zero(model, zero, *found)) for zero, found in zip(claim["zeros"], true, strict=True)]
    return every((*zeros, _regions(model, claim, true, start, end)))


def zero_count(model: Model, claim: Json) -> Answer:
    """The number of zeros strictly inside, and the sign of G in each gap between two poles."""
    start, end = F(claim["from"]), None if claim["to"] == "inf" else F(claim["to"])
    if len(model.poles) > 12:
        return None
    gaps = model.gaps(start, end)
    found = {gap: model.zeros(gap) for gap in gaps}
    places = [at for zeros in found.values() for _, at in zeros]
    after = [below(real(start), at) for at in places]
    before = [True if end is None else below(at, real(end)) for at in places]
    if None in after or None in before:
        return None
    signs = [token[0] for line in claim["witnesses"] for token in line.split()]
    inner = [gap for gap in gaps if 0 < gap < len(model.poles)]
    if sum(bool(a and b) for a, b in zip(after, before, strict=True)) != claim["zeros"]:
        return False
    return signs == ["+" if len(found[gap]) == 2 else "-" for gap in inner]


def _zero(model: Model, zero: Json, gap: int, kind: str, at: Any) -> Iterable[Answer]:
    yield kind == zero.get("direction", zero["kind"])
    low, high = zero["lower"], zero["upper"]
    yield gap_of(model, low) == gap_of(model, high) == gap
    if kind == "tangency":
        yield below(place(low)[0], at)
        yield below(at, place(high)[0])
        return
    for point, wanted in ((low, "down"), (high, "up")):
        value = drift_at(model, point)
        yield below(mp.mpf(0), value) if kind == wanted else below(value, mp.mpf(0))
    if isinstance(low, str):
        yield F(low) < F(high)
        if kind == "up":  # the last sign change of a bracket could be the wrong one only beyond the maximum
            yield below(place(low)[0], at)
    if "exact" in zero:
        yield abs(model.drift(F(zero["exact"]))) < mp.mpf(10) ** (20 - mp.mp.dps)
        yield F(low) < F(zero["exact"]) < F(high)


def _regions(model: Model, claim: Json, true: list[Any], start: Fraction, end: Fraction | None) -> Answer:
    last = mp.inf if end is None else real(end)
    spots = [_exact(zero, found[2]) for zero, found in zip(claim["zeros"], true, strict=True)]
    after = [_before(real(start), start, *spot) for spot in spots]
    before = [_before(*spot, last, end) if end is not None else True for spot in spots]
    if None in after or None in before:
        return None
    inside = [i for i in range(len(spots)) if after[i] and before[i]]
    signs = ["negative"]
    for i, (_, kind, _) in enumerate(true):
        now = "positive" if kind == "up" else "negative"
        if i in inside:
            signs.append(now)
        elif not after[i]:
            signs[-1] = now
    if not _starts_positive(true, after):
        signs[0] = "negative"
    cuts = [claim["from"], *({"zero": i} for i in inside), claim["to"]]
    wanted = [(s, a, b) for s, (a, b) in zip(signs, itertools.pairwise(cuts), strict=True)]
    given = [(r["sign"], r["from"], r["to"]) for r in claim["regions"]]
    return len(wanted) == len(given) and all(
        w[0] == g[0] and _same(w[1], g[1]) and _same(w[2], g[2]) for w, g in zip(wanted, given, strict=True)
    )


def _starts_positive(true: list[Any], after: list[Answer]) -> bool:
    passed = [kind for (_, kind, _), ahead in zip(true, after, strict=True) if not ahead]
    return bool(passed) and passed[-1] == "up"


def _exact(zero: Json, at: Any) -> tuple[Any, Fraction | None]:
    if "exact" in zero:
        return at, F(zero["exact"])
    if "polynomial" in zero and len(zero["polynomial"]) == 2:
        return at, -F(zero["polynomial"][0]) / F(zero["polynomial"][1])
    return at, None


def _before(a: Any, exact_a: Fraction | None, b: Any, exact_b: Fraction | None) -> Answer:
    return exact_a < exact_b if exact_a is not None and exact_b is not None else below(a, b)


def _same(a: Json, b: Json) -> bool:
    if isinstance(a, dict) or isinstance(b, dict) or "inf" in (a, b):
        return bool(a == b)
    return F(a) == F(b)


@lru_cache(maxsize=20_000)
def _theta(model: Model, q: Fraction, digits: int) -> Any:
    return model.exponent(q)


def theta_at(model: Model, q: Fraction) -> Any:
    return _theta(model, q, mp.mp.dps)


def regime(model: Model, q: Fraction) -> str | None:
    if q * model.largest <= 2:
        return "stable"
    if q in model.poles:
        return "deflationary"
    value = model.drift(q)
    if abs(value) < mp.mpf(10) ** (20 - mp.mp.dps):
        return "critical"
    return "deflationary" if value < 0 else "inflationary"


def exponent(model: Model, claim: Json) -> Answer:
    q = F(claim["lambda"])
    if q <= 0 or regime(model, q) != claim["regime"]:
        return False
    if claim["regime"] == "deflationary":
        theta = theta_at(model, q)
        ends = claim["exponent"]
        return every((below(real(F(ends["lower"])), theta), below(theta, real(F(ends["upper"])))))
    return bool(claim["exponent"] == ("inf" if claim["regime"] == "stable" else "0"))


def exponent_band(model: Model, claim: Json) -> Answer:
    return every(_cell(model, cell) for cell in claim["cells"])


def _cell(model: Model, cell: Json) -> Answer:
    start, end = F(cell["from"]), F(cell["to"])
    low, high = (None if cell[key] == "inf" else F(cell[key]) for key in ("lower", "upper"))
    poles = [pole for pole in model.poles if start <= pole <= end]
    return every(
        _between(low, theta_at(model, q), high)
        for q in (start, (start + end) / 2, (start + 3 * end) / 4, end, *poles)
    )


def _between(low: Fraction | None, theta: Any, high: Fraction | None) -> Answer:
    answers: list[Answer] = [True]
    if low != 0:
        answers.append(mp.isinf(theta) if low is None else below(real(low), theta))
    if high is not None:
        answers.append(True if high == theta == 0 else below(theta, real(high)))
    return every(answers)


def exponent_rate(model: Model, claim: Json) -> Answer:
    q = F(claim["lambda"])
    if regime(model, q) != "deflationary":
        return False
    theta, ends, rate = theta_at(model, q), claim["exponent"], claim["rate"]
    steps = [(real(p), real(1 - q * xi), real(xi)) for xi, p in model.rates.items() if q * xi != 1]
    by_lambda = mp.fsum(-p * theta * abs(f) ** (theta - 1) * xi * mp.sign(f) for p, f, xi in steps)
    by_theta = mp.fsum(p * abs(f) ** theta * mp.log(abs(f)) for p, f, _ in steps)
    return every(
        (
            below(real(F(ends["lower"])), theta),
            below(theta, real(F(ends["upper"]))),
            below(real(F(rate["lower"])), -by_lambda / by_theta),
            below(-by_lambda / by_theta, real(F(rate["upper"]))),
            q not in model.poles or theta > 1,
        )
    )


JUDGES: dict[str, Callable[[Model, Json], Answer]] = {
    judge.__name__: judge
    for judge in (
        thresholds,
        drift,
        sign,
        sign_regions,
        zero_count,
        exponent,
        exponent_band,
        exponent_rate,
    )
}
