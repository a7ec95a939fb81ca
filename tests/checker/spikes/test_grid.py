"""The checker on claims `spike_grid`: good ones proved, and most of all bad ones refused."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath as mp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.good_certificates import TALK, Model, certificate, data_set, mutations
from kit.share import some_then_all
from kit.spike_oracle import Pairs, cramer, hitting, real

from catalysis.certificate.document import NotCertifiable, certificate_of
from catalysis.certificate.spikes import grid_claim
from catalysis.data.dataset import Dataset
from catalysis.data.law import Step
from catalysis.data.walk import LinearWalk
from catalysis.exponent.factors import StepFactors
from catalysis.spikes.grid import grid_bounds
from proofs_check.certificate import Verdict, check_certificate
from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused
from proofs_check.spikes.cells import Ladder, Table, packed, unpacked
from proofs_check.spikes.walk import Walk

F = Fraction
Json = Any
SINGLE = {"kind": "single"}


@pytest.fixture(autouse=True)
def many_digits() -> Iterator[None]:
    with mp.workdps(40):
        yield


def check(document: Json) -> list[Verdict]:
    return check_certificate(json.dumps(document).encode())


def accepted(document: Json) -> bool:
    return all(verdict.proved for verdict in check(document))


def refusal(document: Json) -> str:
    (verdict,) = check(document)
    assert not verdict.proved
    return verdict.statement


# --- good claims ---------------------------------------------------------------------------------------------


def made(
    dataset: Dataset, at: str, level: str, width: str, step: Step | None = None, *, squared: bool = False
) -> Json:
    """A document of the package."""
    walk = LinearWalk(dataset, step or Step())
    steps = StepFactors.of(walk, F(at))
    found = grid_bounds(steps.squared() if squared else steps, F(level), relative_width=F(width))
    entry = grid_claim(walk, F(at), F(level), found, squared=squared)
    return json.loads(json.dumps(certificate_of(dataset, [entry])))


def trivial(data: Json, at: str, level: str, per_step: int = 4, bits: int = 40) -> Json:
    """Made without the package: constant tables, which are the bounds of Lundberg with one step more."""
    pairs = pairs_of(data, SINGLE, F(at))
    theta, largest = cramer(pairs), max(r for r, _ in pairs)
    tilts = [F(int(mp.floor(theta * 10**12)), 10**12), F(int(mp.ceil(theta * 10**12)), 10**12)]
    least = int(mp.floor(real(largest) ** -real(tilts[1]) * 2**bits)) - 2**20
    above, below = (1 << bits) + (1 << 20), least
    tables = [
        {"tilt": str(tilt), "bits": bits, "values": [f"{value:0{bits // 4 + 1}x}" * (2 * per_step + 1)]}
        for tilt, value in zip(tilts, (above, below), strict=True)
    ]
    upper, lower = real(F(level)) ** -theta, real(F(level) * largest) ** -theta
    ends = [str(F(int(lower * 10**20 * 999), 10**23)), str(F(int(upper * 10**20 * 1001), 10**23))]
    entry = {
        "kind": "spike_grid",
        "step": SINGLE,
        "lambda": at,
        "factor": level,
        "lower": ends[0],
        "upper": ends[1],
    }
    return certificate(data, entry | {"cells_per_step": per_step, "above": tables[0], "below": tables[1]})


def pairs_of(data: Json, step: Json, at: Fraction) -> Pairs:
    model = Model(data, step)
    pairs = [(abs(1 - at * xi), p) for xi, p in model.rates.items()]
    return [*pairs, (F(1), model.idle)] if model.idle else pairs


def dataset(*xs: str, counts: Any = None) -> Dataset:
    return Dataset.from_arrays(x=list(xs), counts=counts, name="check")


FIVE = dataset("0.3", "0.9", "1.1", "2.3", "2.5")
GOOD: dict[str, Callable[[], Json]] = {
    "two": lambda: made(dataset("1", "1.69"), "1.42", "20", "1/3"),
    "three": lambda: made(dataset("0.4", "1.2", "2.5"), "1.1", "5", "1/3"),
    "at a pole": lambda: made(dataset("0.5", "1", "3", counts=[2, 1, 1]), "1", "6", "1/3"),
    "idle": lambda: made(dataset("0", "0.5", "3", counts=[1, 2, 1]), "1", "8", "1/3"),
    "squared": lambda: made(dataset("0.4", "1.2", "2.5"), "1.1", "10", "1/3", squared=True),
    "pairs": lambda: made(
        dataset("1", "2", "4", counts=[2, 1, 1]), "1", "3", "1/2", Step.minibatch(2, replacement=False)
    ),
    "trivial": lambda: trivial(TALK, "1.42", "30"),
    "trivial, three": lambda: trivial(data_set(("1/2", "1/2"), ("6/5", "1/4"), ("5/2", "1/4")), "1.1", "7"),
}


@cache
def good_document(name: str) -> str:
    with mp.workdps(60):
        return json.dumps(GOOD[name]())


def a_good(name: str) -> Json:
    return json.loads(good_document(name))


@cache
def truth(data: str, step: str, at: Fraction, square: Fraction) -> tuple[Any, Any]:
    """Bounds of P(sup |mu| >= sqrt(square))."""
    merged: dict[Fraction, Fraction] = {}
    for r, p in pairs_of(json.loads(data), json.loads(step), at):
        merged[r * r] = merged.get(r * r, F(0)) + p
    moving = sum(r not in (0, 1) for r in merged)
    return hitting(list(merged.items()), square, {1: 40, 2: 60, 3: 24}.get(moving, 10))


def is_true(document: Json) -> bool:
    for entry in document["claims"]:
        at = F(entry["lambda"])
        square = F(entry["factor_squared"]) if "factor_squared" in entry else F(entry["factor"]) ** 2
        bounds = truth(json.dumps(document["data"]), json.dumps(entry["step"]), at, square)
        if not real(F(entry["lower"])) <= bounds[1] or not bounds[0] <= real(F(entry["upper"])):
            return False
        theta = cramer(pairs_of(document["data"], entry["step"], at))
        if not real(F(entry["above"]["tilt"])) <= theta <= real(F(entry["below"]["tilt"])):
            return False
    return True


@pytest.mark.parametrize("name", GOOD)
def test_good_claims_are_proved_and_true(name: str) -> None:
    document = a_good(name)
    (verdict,) = check(document)
    assert verdict.proved, verdict.statement
    assert is_true(document)
    assert "P(sup |mu_t| >= K |mu_0|), K = " in verdict.statement
    assert verdict.statement.endswith("[E1, E2, SG1, SG2, SG3, SG5]")


def test_a_hundred_samples() -> None:
    xs = [str(F(n * n, 4000)) for n in range(20, 120)]
    document = made(dataset(*xs), "0.8", "1000", "1/20")
    (verdict,) = check(document)
    assert verdict.proved, verdict.statement


def test_long_tables_are_replaced_by_shorter_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    import catalysis.spikes.grid as grids

    steps = StepFactors.of(LinearWalk(FIVE), F("1"))
    fine = grid_bounds(steps, F(30), relative_width=F(1, 50))
    assert fine.carried is fine
    monkeypatch.setattr(grids, "CLAIM_CELLS", fine.cells // 4)
    fine = grid_bounds(steps, F(30), relative_width=F(1, 50))
    coarse = fine.carried
    assert coarse is not None and fine.cells > grids.CLAIM_CELLS >= coarse.cells
    assert coarse.cells <= fine.cells // 4 and coarse.upper - coarse.lower > fine.upper - fine.lower
    assert accepted(certificate_of(FIVE, [grid_claim(LinearWalk(FIVE), F(1), F(30), fine)]))
    nothing = grid_bounds(steps, F(30), relative_width=F(1, 50), max_work=1)
    with pytest.raises(NotCertifiable):
        grid_claim(LinearWalk(FIVE), F(1), F(30), nothing)


@settings(deadline=None, max_examples=15)
@given(
    st.lists(st.fractions(F(1, 10), 3, max_denominator=10), min_size=2, max_size=4, unique=True),
    st.fractions(F(1, 10), F(9, 10), max_denominator=10),
    st.fractions(F(7, 6), 20, max_denominator=6),
)
def test_random_claims_are_proved_and_true(xs: list[Fraction], share: Fraction, level: Fraction) -> None:
    at = 2 / max(xs) * (1 + share)
    walk = LinearWalk(dataset(*map(str, xs)))
    exponent = StepFactors.of(walk, at).exponent().enclosure
    if exponent is None or exponent.lower < F(1, 10):
        return
    document = made(walk.dataset, str(at), str(level), "1/2")
    (verdict,) = check(document)
    assert verdict.proved, verdict.statement
    assert is_true(document)


# --- one field at a time -------------------------------------------------------------------------------------

STILL_FINE = {"cells_per_step", "claims", "replacement", "size", "samples", "count", "values"}


@some_then_all
@pytest.mark.parametrize("name", GOOD)
def test_one_changed_field_is_refused_unless_the_claim_stays_true(name: str, every: int) -> None:
    document = a_good(name)
    refused = 0
    for path, changed in mutations(document, every):
        if not accepted(changed):
            refused += 1
            continue
        before, after = at_path(document, path), at_path(changed, path)
        if path in {("producer",), ("data", "name")}:
            assert isinstance(after, str)
            continue
        assert path[-1] in STILL_FINE or (isinstance(before, str) and isinstance(after, str)), path
        assert is_true(changed), (path, before, after)
    assert refused > 150 // every


def at_path(document: Json, path: tuple[Any, ...]) -> Json:
    for key in path:
        document = document[key]
    return document


def entry_of(document: Json) -> Json:
    return document["claims"][0]


def spoil(document: Json, key: str, cell: int, change: Callable[[int], int]) -> Json:
    """One cell of a table changed."""
    table = entry_of(document)[key]
    digits = table["bits"] // 4 + 1
    text = "".join(table["values"])
    count = len(text) // digits
    cell %= count
    old = int(text[cell * digits : (cell + 1) * digits], 16)
    table["values"] = [text[: cell * digits] + f"{change(old):0{digits}x}" + text[(cell + 1) * digits :]]
    return document


@pytest.mark.parametrize("name", ["two", "three", "at a pole", "idle", "squared", "pairs"])
@pytest.mark.parametrize("cell", [0, 1, 17, 40, 100, -2, -1])
def test_a_cell_that_claims_more_is_refused(name: str, cell: int) -> None:
    below = spoil(a_good(name), "below", cell, lambda old: old + old // 50)
    assert "table below" in refusal(below) or "beyond the table below" in refusal(below)
    above = spoil(a_good(name), "above", cell, lambda old: old - old // 50)
    assert "table above" in refusal(above) or "beyond the table above" in refusal(above)


def test_the_tables_cannot_be_exchanged() -> None:
    document = a_good("three")
    entry = entry_of(document)
    entry["above"], entry["below"] = entry["below"], entry["above"]
    refusal(document)
    document = a_good("three")
    entry = entry_of(document)
    entry["above"]["values"], entry["below"]["values"] = entry["below"]["values"], entry["above"]["values"]
    refusal(document)


def test_bounds_moved_by_less_than_their_width_are_refused() -> None:
    for name in GOOD:
        entry = entry_of(a_good(name))
        lower, upper = F(entry["lower"]), F(entry["upper"])
        for low, high in ((lower * F(101, 100), upper), (lower, upper * F(99, 100))):
            document = a_good(name)
            entry_of(document).update(lower=str(low), upper=str(high))
            assert "does not prove" in refusal(document)


REFUSALS: list[tuple[str, str, dict[str, Any], str]] = [
    ("level 1", "three", {"factor": "1"}, "not above 1"),
    ("another level", "three", {"factor": "4"}, "does not prove upper"),
    ("a higher level", "three", {"factor": "7"}, "does not prove lower"),
    ("stable", "three", {"lambda": "0.8"}, "does not exceed 2"),
    ("inflationary", "three", {"lambda": "1.9"}, "is above 1"),
    ("another curvature", "three", {"lambda": "1.11"}, "is above 1"),
    ("a lower curvature", "three", {"lambda": "1.09"}, "is below 1"),
    ("upside down", "three", {"lower": "0.9", "upper": "0.1"}, "not in order"),
    ("above one", "three", {"upper": "1.5"}, "not in order"),
    ("no cells", "three", {"cells_per_step": 0}, "out of range"),
    ("too many cells", "three", {"cells_per_step": 10**9}, "out of range"),
    ("more cells a step than in the table", "three", {"cells_per_step": 100_000}, "no table"),
    ("finer cells", "three", {"cells_per_step": 33}, "inequality"),
    ("coarser cells", "three", {"cells_per_step": 31}, ""),
    ("a tilt beyond the exponent", "three", {"above.tilt": "3"}, "above 1"),
    ("a tilt before the exponent", "three", {"below.tilt": "1/10"}, "below 1"),
    ("a tilt of 0", "three", {"above.tilt": "0"}, "not positive"),
    ("a huge tilt", "three", {"below.tilt": "1" + "0" * 300}, ""),
    ("too many bits", "three", {"above.bits": 121}, "out of range"),
    ("other bits", "three", {"above.bits": 12}, ""),
    ("no strings", "three", {"above.values": [1, 2, 3]}, "strings"),
    ("no list", "three", {"above.values": "abc"}, "list"),
    ("no table", "three", {"above.values": []}, "no table"),
    ("capitals", "three", {"above.values": ["ABCDEF" * 2000]}, ""),
    ("another key", "three", {"proof": {}}, "unknown key"),
    ("both levels", "three", {"factor_squared": "25"}, "unknown key"),
    ("another step", "three", {"step": {"kind": "full_batch"}}, "does not exceed 2"),
]


@pytest.mark.parametrize(("name", "edits", "reason"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS])
def test_refusals(name: str, edits: dict[str, Any], reason: str) -> None:
    document = a_good(name)
    for key, value in edits.items():
        holder = entry_of(document)
        *parents, last = key.split(".")
        for parent in parents:
            holder = holder[parent]
        holder[last] = value
    assert reason in refusal(document)


def test_zeros_and_signs_in_a_table_are_refused() -> None:
    for text in ("-0000", "+0000", "0x000", "     ", "00_00", "٠٠٠٠٠"):
        document = a_good("trivial")
        table = entry_of(document)["below"]
        digits = table["bits"] // 4 + 1
        table["values"][0] = text[:digits].ljust(digits, "0") + table["values"][0][digits:]
        assert "below.values holds" in refusal(document)
    document = spoil(a_good("three"), "below", 5, lambda old: 0)
    assert "holds a number that is 0" in refusal(document)


def test_hostile_sizes_end_with_the_budget() -> None:
    """Work is booked before it is done: a small budget stops every long table."""
    document = a_good("two")
    entry = entry_of(document)
    for key in ("above", "below"):
        entry[key] = copy.deepcopy(entry[key]) | {"bits": 20, "values": ["0fffff" * 600] * 400}
    entry["cells_per_step"] = 100_000
    (verdict,) = check_certificate(json.dumps(document).encode(), Work(1_200_000))
    assert "the budget" in verdict.statement and "spike_grid" in verdict.statement


@pytest.mark.parametrize("bits", [95, 96, 97, 120])
def test_tables_finer_than_the_powers_beyond_the_level(bits: int) -> None:
    """The values below cell 0 are worked out to 96 bits; a table may have more."""
    document = trivial(TALK, "1.42", "30")
    for table in (entry_of(document)["above"], entry_of(document)["below"]):
        digits = [text[at : at + 11] for text in table["values"] for at in range(0, len(text), 11)]
        finer = [f"{int(value, 16) << bits - 40:0{bits // 4 + 1}x}" for value in digits]
        table |= {"bits": bits, "values": ["".join(finer)]}
    assert check(document)[0].proved, check(document)[0].statement


@pytest.mark.parametrize("words", [1, 2, 3])
def test_packing_is_undone(words: int) -> None:
    numbers = [0, 1, (1 << 64 * words) - 1, 12345, 1 << (64 * words - 1)]
    assert unpacked(packed(numbers, words), len(numbers), words) == numbers
    assert packed(numbers, words) == sum(n << 64 * words * k for k, n in enumerate(numbers))


@pytest.mark.parametrize("side", [1, -1])
def test_the_sums_of_a_random_table_by_brute_force(side: int) -> None:
    """Each step looks at the worse of the two cells it may lead to, a whole one at its cell only."""
    stream = random.Random(side)
    factors, weights = (F(8), F(4), F(7, 5), F(9, 10), F(1, 100)), tuple(map(F, (1, 1, 2, 7, 9)))
    walk = Walk(factors, tuple(q / 40 for q in weights), F(50), 1)
    per_step, bits, count = 6, 30, 25
    ladder = Ladder(walk, per_step, Work(), 4096)
    values = [stream.randrange(1, 1 << bits) for _ in range(count)]
    table = Table(side, F(3, 4), bits, values, stream.randrange(1, 1 << bits), "here")
    line = {k: value for k, value in zip(range(-per_step - 1, 0), ladder._beyond(table), strict=True)}
    line |= dict(enumerate(values))
    units = mp.log(8) / per_step
    for j in range(1, per_step + 2):
        edge = mp.exp(-mp.mpf(3) / 4 * units * (j - 1 if side > 0 else j)) * 2**bits
        assert 0 <= side * (line[-j] - edge) <= 1
    chosen = [ladder._weight(i, table) for i in range(5)]
    for weight, r, q in zip(chosen, factors, walk.weights, strict=True):
        assert 0 <= side * (weight - real(q) * real(r) ** mp.mpf(0.75) * 2**48) <= 1
    worst = max if side > 0 else min
    found = ladder._sums([*ladder._beyond(table), *values, *[table.far] * (count + 1)], table, chosen)
    for k in range(count):
        total = 0
        for weight, r in zip(chosen, factors, strict=True):
            place = mp.log(real(r)) / units
            j = int(mp.floor(place + mp.mpf(10) ** -30))
            cells = [k - j] if abs(place - mp.nint(place)) < 1e-20 else [k - j - 1, k - j]
            total += weight * worst(line.get(cell, table.far) for cell in cells)
        assert found[k] == total


def test_an_unknown_start_cell_takes_the_worse_of_two() -> None:
    table = Table(1, F(1), 10, [5, 9, 2], 7, "here")
    assert [table.worst(0, 1), table.worst(1, 2), table.worst(2, 3), table.worst(8, 9)] == [9, 9, 7, 7]
    table = Table(-1, F(1), 10, [5, 9, 2], 7, "here")
    assert [table.worst(0, 1), table.worst(1, 2), table.worst(2, 3), table.worst(8, 9)] == [5, 2, 2, 7]


def test_a_way_known_to_many_cells_only_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking at the first and the last of them would miss what lies between."""
    monkeypatch.setattr(Ladder, "floor", lambda self, factor, root: (3, 5))
    walk = Walk((F(8), F(1, 2)), (F(1, 40), F(39, 40)), F(50), 1)
    with pytest.raises(Refused, match="not known to a cell"):
        Ladder(walk, 6, Work(), 4096).first_cells(F(8))
