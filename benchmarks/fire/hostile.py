"""Good certificates blown up to just below 1 MB: what each costs the checker in seconds, memory and units.

Every file is checked in a process of its own. The promise is 10 s and 512 MB with the budget of a file.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from benchmarks.fire.mutate import at, numbers_in, put
from benchmarks.fire.seeds import seeds, seeds_of
from proofs_check.certificate import check_certificate
from proofs_check.core.budget import BUDGET, Work

Json = Any
SIZE = 999_000
LONG = 3900


def longer(value: str, digits: int, k: int = 1) -> str:
    """Nearly the same number with so many digits; other digits for other k."""
    q = Fraction(value)
    tens = 10 ** (digits // 2)
    low = q.numerator * tens // q.denominator
    return f"{low}/{tens + 2 * k + 1}" if low else f"{k}/{tens + 1}"


def long_numbers(document: Json, digits: int = LONG) -> Json:
    """All numbers of the claim long and with different denominators."""
    for k, path in enumerate(list(numbers_in(document["claims"]))[: SIZE // digits]):
        document = put(document, ("claims", *path), longer(at(document["claims"], path), digits, k))
    return document


def long_ground(document: Json, digits: int = LONG) -> Json:
    """All numbers of data and products long, the weights but for the last one kept."""
    for key in ("data", "products"):
        for k, path in enumerate(list(numbers_in(document.get(key)))):
            if "p" not in path and "count" not in path:
                document = put(document, (key, *path), longer(at(document[key], path), digits, k))
    return document


def many_claims(document: Json) -> Json:
    """The claim as often as it goes."""
    size = len(json.dumps(document["claims"][0])) + 2
    room = SIZE - len(json.dumps(document))
    return put(document, ("claims",), document["claims"] * max(1, room // size))


def long_lists(document: Json) -> Json:
    """Every list of the claim repeated, the file full."""
    places = list(_lists(document["claims"][0]))
    if not places:
        return document
    share = (SIZE - len(json.dumps(document))) // len(places)
    claim = document["claims"][0]
    for path in sorted(places, key=len, reverse=True):
        value = at(claim, path)
        claim = put(claim, path, value * max(1, share // (len(json.dumps(value)) + 2)))
    return put(document, ("claims", 0), claim)


def _lists(value: Json, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The outermost lists."""
    if isinstance(value, list) and value:
        yield path
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _lists(part, (*path, key))


def large_counts(document: Json) -> Json:
    """All integers of the claim 10^5, one size beyond what is of use."""
    return put(document, ("claims",), _large(document["claims"]))


def _large(value: Json) -> Json:
    if isinstance(value, dict):
        return {k: v if k == "product" else _large(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_large(v) for v in value]
    return 100_000 if isinstance(value, int) and not isinstance(value, bool) and value > 1 else value


def much_data(document: Json) -> Json:
    """Data of thousands of samples under the claim."""
    if "data" not in document:
        return document
    first = document["data"]["samples"][-1]["x"]
    rows = [{"x": str(Fraction(first) + Fraction(i, 1000)), "count": i % 7 + 1} for i in range(14_000)]
    return put(document, ("data", "samples"), rows)


WAYS: dict[str, Callable[[Json], Json]] = {
    "long numbers": long_numbers,
    "long ground": long_ground,
    "numbers of 300 digits": lambda d: many_claims(long_ground(long_numbers(d, 300), 300)),
    "many claims": many_claims,
    "long claims": lambda d: many_claims(long_numbers(d)),
    "claims on long ground": lambda d: many_claims(long_ground(d)),
    "long lists": long_lists,
    "long lists of 300 digits": lambda d: long_lists(long_numbers(d, 300)),
    "large counts": large_counts,
    "many large counts": lambda d: many_claims(large_counts(d)),
    "much data": much_data,
    "claims on much data": lambda d: many_claims(much_data(d)),
}


WORST = (
    ("product: axis", "many claims"),
    ("product: cells down", "many large counts"),
    ("product: radius", "claims on long ground"),
    ("product: stable cells", "many claims"),
    ("product: map of nesterov", "many claims"),
    ("linear: irrational tangencies", "claims on much data"),
    ("linear: band below 1", "claims on much data"),
    ("linear: rate", "claims on much data"),
    ("spike: counts, four", "claims on much data"),
    ("grid: two", "claims on much data"),
    ("horizon: cells without chance", "claims on much data"),
    ("horizon: passages of powers", "many claims"),
    ("map: leaky-relu-1-1/3", "claims on long ground"),
    ("choices: advice by walks", "many claims"),
    ("choices: counterexample", "claims on much data"),
    ("choices: easy phase", "claims on much data"),
    ("loss: two samples", "many claims"),
)
"""The dearest files (certificate, way) of the whole ladder, one for each kind that takes seconds."""


def worst(name: str, way: str) -> bytes:
    """One of them."""
    ((seed, *_),) = seeds_of(lambda found: found == name).values()
    return json.dumps(WAYS[way](seed.document)).encode()


@dataclass(frozen=True)
class Cost:
    name: str
    size: int
    seconds: float
    megabytes: int
    units: int
    status: int


def files() -> Iterator[tuple[str, bytes]]:
    """Each way of each kind: the certificates that cost most and that have most in them."""
    for kind, of_kind in seeds().items():
        picks = (
            max(of_kind, key=lambda s: s.budget),
            max(of_kind, key=lambda s: len(json.dumps(s.document["claims"]))),
        )
        for pick in picks if picks[0] is not picks[1] else picks[:1]:
            for way, change in WAYS.items():
                raw = json.dumps(change(pick.document)).encode()
                if len(raw) < 1_000_000:
                    yield f"{kind}, {pick.name}: {way}", raw


def cost(name: str, raw: bytes, limit: int = 30, budget: int = BUDGET) -> Cost:
    """In a child of its own, stopped after `limit` seconds of processor time (status 1)."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        begun, work = time.process_time(), Work(budget)
        check_certificate(raw, work)
        os.write(writer, f"{time.process_time() - begun} {budget - work.left}".encode())
        os._exit(0)
    os.close(writer)
    said = os.read(reader, 100).decode().split() or [str(limit), "0"]
    os.close(reader)
    _, status, usage = os.wait4(child, 0)
    return Cost(name, len(raw), float(said[0]), usage.ru_maxrss // 1024, int(said[1]), status)


def main() -> int:
    """A line for each file that takes a second or more, the slowest last."""
    found = []
    for name, raw in files():
        found.append(one := cost(name, raw))
        if one.seconds > 1 or one.status:
            print(one, flush=True)
    worst = sorted(found, key=lambda c: c.seconds)[-10:]
    print(f"\n{len(found)} files; the slowest:", *worst, sep="\n")
    print("the largest:", *sorted(found, key=lambda c: c.megabytes)[-3:], sep="\n")
    return any(c.seconds > 10 or c.status or c.megabytes > 512 for c in found)


if __name__ == "__main__":
    raise SystemExit(main())
