"""Changes of a certificate: one field or several, near and far, blind and with intent. All from a seeded generator."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from random import Random
from typing import Any

Json = Any
Path = tuple[Any, ...]
F = Fraction
LONGEST = 3900
NEAR = tuple(F(1, 10**k) for k in (2, 3, 4, 6, 9, 12, 15, 20, 30, 40))
WORDS = ("", "inf", "-inf", "nan", "0", "1", "-1", "lower", "upper", "1e3", "0x1", " 1", "1/0", "9" * 300)
INTEGERS = (0, 1, 2, 3, 100, 10**6, 10**17, 10**18, -1)


class Pool:
    """What other certificates have under each key: values for grafts."""

    def __init__(self, documents: list[Json]) -> None:
        self.values: dict[str, list[Json]] = {}
        self.documents = documents
        for document in documents:
            for key, value in _pairs(document):
                self.values.setdefault(key, []).append(value)

    def under(self, rng: Random, key: Any) -> Json:
        return rng.choice(self.values.get(key) or [None])


def _pairs(value: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield key, part
            yield from _pairs(part)
    elif isinstance(value, list) and len(value) < 50:
        for part in value:
            yield from _pairs(part)


def mutant(rng: Random, document: Json, pool: Pool) -> Json:
    """The certificate changed once, or up to four times; parts that stay are shared with it."""
    for _ in range(5):
        if (changed := _mutant(rng, document, pool)) != document:
            return changed
    return document


def _mutant(rng: Random, document: Json, pool: Pool) -> Json:
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        if not (isinstance(claims := document["claims"], list) and claims and isinstance(claims[0], dict)):
            break
        document = rng.choice(CHANGES)(rng, document, pool)
    return document


# --- places --------------------------------------------------------------------------------------------


def at(value: Json, path: Path) -> Json:
    for key in path:
        value = value[key]
    return value


def put(value: Json, path: Path, new: Json) -> Json:
    """The value with another part at the path; the original is not touched."""
    if not path:
        return new
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = put(value[path[0]], path[1:], new)
    return copied


def place(rng: Random, document: Json) -> Path:
    """A place, most often in the first claim, reached by going down from above so that tables do not drown fields."""
    start: Path = (
        ("claims", 0) if rng.random() < 0.85 else ("claims",) if rng.random() < 0.1 else _ground(document)
    )
    path, value = start, at(document, start)
    while isinstance(value, dict | list) and value and (len(path) == len(start) or rng.random() < 0.85):
        key = rng.choice(list(value)) if isinstance(value, dict) else rng.randrange(len(value))
        path, value = (*path, key), value[key]
    return path


def _ground(document: Json) -> Path:
    """Where data or products stand."""
    return next(((key,) for key in ("data", "products") if isinstance(document.get(key), dict | list)), ())


def numbers_in(value: Json, path: Path = ()) -> Iterator[Path]:
    """The places of all numbers, of long lists the first few."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from numbers_in(part, (*path, key))
    elif isinstance(value, list):
        for i, part in enumerate(value[:12]):
            yield from numbers_in(part, (*path, i))
    elif number(value) is not None:
        yield path


def number(value: Json) -> Fraction | None:
    """An exact number, if it is one."""
    if not isinstance(value, str) or not value or value[-1] not in "0123456789" or len(value) > LONGEST:
        return None
    try:
        return F(value)
    except (ValueError, ZeroDivisionError):
        return None


def text(q: Fraction) -> str:
    """q as the format writes it, cut if it became too long."""
    if max(abs(q.numerator), q.denominator).bit_length() > 6000:
        return "0"
    tens = next((k for k in (0, 1, 2, 3, 6, 12, 20) if 10**k % q.denominator == 0), None)
    if not tens:
        return str(q)
    digits = str(abs(q.numerator) * 10**tens // q.denominator).rjust(tens + 1, "0")
    return ("-" if q < 0 else "") + f"{digits[:-tens]}.{digits[-tens:]}"


# --- one place -----------------------------------------------------------------------------------------


def one_place(rng: Random, document: Json, pool: Pool) -> Json:
    path = place(rng, document)
    if not path:
        return document
    value = at(document, path)
    if rng.random() < 0.1:
        return put(document, path, pool.under(rng, path[-1]))
    if isinstance(value, dict):
        return put(document, path, _table(rng, value, pool))
    if isinstance(value, list):
        return put(document, path, _list(rng, value))
    if isinstance(value, bool) or value is None:
        return put(document, path, rng.choice((True, False, None, 0, 1, "1")))
    if isinstance(value, int):
        near = (value + 1, value - 1, value + 1, value - 1, 2 * value, value // 2)
        return put(document, path, rng.choice((*near, *near, *INTEGERS, True, str(value))))
    q = number(value)
    if q is None or rng.random() < 0.04:
        return put(document, path, rng.choice((pool.under(rng, path[-1]), rng.choice(WORDS), None, 1)))
    return put(document, path, text(nudged(rng, q)) if rng.random() < 0.9 else rewritten(rng, value, q))


def nudged(rng: Random, q: Fraction) -> Fraction:
    """A number near q or far from it."""
    eps = rng.choice(NEAR) * rng.choice((1, -1, 2, -3))
    match rng.randrange(9):
        case 0 | 1:
            return q + eps
        case 2 | 3:
            return q * (1 + eps)
        case 4:
            return q * F(rng.randrange(1, 3000), 1000)
        case 5:
            unit = F(1, q.denominator * rng.choice((1, 1, 10, 7)))
            return q + rng.choice((1, -1)) * unit
        case 6:
            return rng.choice((-q, 2 * q, q / 2, q + 1, q - 1, 1 - q, 4 - q, 1 / q if q else q, q * q))
        case 7:
            scale = 10 ** rng.randrange(1, 12)
            return F(q * scale // 1 + rng.choice((0, 0, 1)), scale)
        case _:
            return rng.choice((F(0), F(1), F(2), F(1, 2), F(10**30), F(1, 10**30), F(-1), F(4), F(10**300)))


def rewritten(rng: Random, value: str, q: Fraction) -> Json:
    """The same number in other digits, or digits that are nearly it."""
    k = rng.randrange(2, 99)
    last = value[:-1] + str((int(value[-1]) + rng.choice((1, 9))) % 10)
    return rng.choice(
        (f"{q.numerator * k}/{q.denominator * k}", last, last, value + "0", "-" + value, "+" + value)
    )


def _table(rng: Random, value: dict[str, Json], pool: Pool) -> Json:
    """An object with a key gone, added, or with values exchanged, made equal or moved to another key."""
    keys = list(value)
    if not keys:
        return None
    a, b = rng.choice(keys), rng.choice(keys)
    match rng.randrange(8):
        case 0:
            return {key: part for key, part in value.items() if key != a}
        case 1:
            extra = rng.choice(list(pool.values))
            return value | {extra: pool.under(rng, extra)}
        case 2:
            return rng.choice(([], None, "x", {}, [value]))
        case 3 | 4:
            return value | {a: value[b], b: value[a]}
        case 5:
            return value | {a: value[b]}
        case 6:
            return {rng.choice(list(pool.values)) if key == a else key: part for key, part in value.items()}
        case _:
            return value | {a: pool.under(rng, a)}


def _list(rng: Random, value: list[Json]) -> Json:
    """A list shortened, repeated, reordered."""
    i, j = (rng.randrange(len(value)) for _ in "ij") if value else (0, 0)
    changed: list[Callable[[], Json]] = [
        lambda: value[:i] + value[i + 1 :],
        lambda: value[: i + 1] + value[i:],
        lambda: value[::-1],
        lambda: value[i:] + value[:i],
        lambda: value[:i],
        lambda: value[i:],
        lambda: value + value,
        lambda: put(put(value, (i,), value[j]), (j,), value[i]) if value else [0],
        lambda: put(value, (i,), value[j]) if value else [None],
        list,
        lambda: None,
        lambda: [text(q + F(1, 10**9)) if (q := number(v)) is not None else v for v in value],
    ]
    return rng.choice(changed)()


# --- with intent ---------------------------------------------------------------------------------------


def squeezed(rng: Random, document: Json, pool: Pool) -> Json:
    """Of two numbers in one object (the ends of a bracket, say) one is moved by a part of their distance."""
    pairs = [path for path in _objects(document["claims"]) if len(_sides(at(document["claims"], path))) > 1]
    if not pairs:
        return document
    path = ("claims", *rng.choice(pairs))
    table = at(document, path)
    a, b = rng.sample(_sides(table), 2)
    low, high = F(table[a]), F(table[b])
    part = rng.choice(
        (F(1, 10**6), F(1, 100), F(1, 10), F(1, 3), F(1, 2), F(9, 10), F(1), F(101, 100), F(-1, 10))
    )
    return put(document, (*path, a), text(low + (high - low) * part))


def _objects(value: Json, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict):
        yield path
        for key, part in value.items():
            yield from _objects(part, (*path, key))
    elif isinstance(value, list):
        for i, part in enumerate(value[:8]):
            yield from _objects(part, (*path, i))


def _sides(value: Json) -> list[str]:
    return [k for k, v in value.items() if number(v) is not None] if isinstance(value, dict) else []


def shifted(rng: Random, document: Json, pool: Pool) -> Json:
    """Several numbers of the claim moved the same way: both ends of a bracket, or everything."""
    claims = document["claims"]
    places = list(numbers_in(claims))
    if not places:
        return document
    eps = rng.choice(NEAR) * rng.choice((1, -1, 2, -3))
    by = rng.choice(
        (lambda q: q + eps, lambda q: q * (1 + eps), lambda q: 1 + q, lambda q: -q, lambda q: 2 * q)
    )
    chosen = rng.choice((places, rng.sample(places, min(len(places), 2))))
    for path in chosen:
        claims = put(claims, path, text(by(F(at(claims, path)))))
    return put(document, ("claims",), claims)


def other_ground(rng: Random, document: Json, pool: Pool) -> Json:
    """Data or products of another certificate under the claim, or the data's learning rate or samples scaled."""
    data = document.get("data")
    key = "data" if data is not None else "products"
    if key not in document or rng.random() < 0.3:
        return document | {key: pool.under(rng, key)} if key in document else document
    eps = rng.choice((F(2), F(1, 2), 1 + rng.choice(NEAR), 1 - rng.choice(NEAR)))
    places = list(numbers_in(document[key]))
    path = (key, *rng.choice(places)) if places else None
    return put(document, path, text(F(at(document, path)) * eps)) if path else document


def across(rng: Random, document: Json, pool: Pool) -> Json:
    """lambda (or another place on its axis) put at a pole or a threshold of the data, or close to one side."""
    data = document.get("data")
    try:
        rates = [F(row["x"]) * F(data["learning_rate"]) for row in data["samples"]]
        special = [c / r for r in rates if r > 0 for c in (1, 2, 4)]
    except (TypeError, KeyError, ValueError, ZeroDivisionError):
        return one_place(rng, document, pool)
    where = [p for p in numbers_in(document["claims"]) if p[-1] in ("lambda", "from", "to", "at", "lambda0")]
    if not where or not special:
        return document
    q = rng.choice(special) * (1 + rng.choice((0, 0, 1, -1)) * rng.choice(NEAR))
    return put(document, ("claims", *rng.choice(where)), text(q))


def relabelled(rng: Random, document: Json, pool: Pool) -> Json:
    """A whole claim, or its proof, of another certificate on this ground."""
    other = rng.choice(pool.documents)["claims"][0]
    claims = document["claims"]
    if rng.random() < 0.5:
        return put(
            document, ("claims", 0), other | {"kind": rng.choice((other["kind"], claims[0].get("kind")))}
        )
    shared = [key for key in claims[0] if key in other]
    return put(document, ("claims", 0, (key := rng.choice(shared))), other[key]) if shared else document


CHANGES: tuple[Callable[[Random, Json, Pool], Json], ...] = (
    *[one_place] * 10,
    *[squeezed] * 5,
    *[shifted] * 2,
    other_ground,
    across,
    relabelled,
)
