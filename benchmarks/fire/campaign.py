"""Batches of mutants checked and judged; every number of a batch follows from seed, kind and batch alone."""

import json
import resource
import signal
import time
from collections import Counter, OrderedDict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.fire import judges
from benchmarks.fire.mutate import Pool, mutant
from benchmarks.fire.seeds import Seed, seeds
from proofs_check.certificate import Verdict, check_certificate, check_document
from proofs_check.core.budget import BUDGET, Work

Json = Any
BATCH = 250
LATE, JUDGING = 10, 2
"""Seconds of processor time that no mutant may take, and that a judgement gets."""

MEMORY = 3 << 30
"""Bytes that a check or a judgement gets."""

WHOLE = 40
"""One of so many mutants is checked from its bytes, one of 2000 with the whole budget of a file."""

WEIGHTS = {
    **dict.fromkeys(("thresholds", "order_counterexample", "drift"), 130),
    **dict.fromkeys(("mean_square", "product_radius", "product_exponent", "family_sign"), 90),
    **dict.fromkeys(("sign", "exponent"), 50),
    **dict.fromkeys(("order_bound", "exponent_rate", "exponent_band", "easy_phase"), 20),
    **dict.fromkeys(
        ("batch_order", "sign_regions", "zero_count", "phase", "product_moment", "product_axis"), 8
    ),
    **dict.fromkeys(("spike", "landing", "reduced_map", "batch_bound", "spike_grid", "product_stable"), 5),
    **dict.fromkeys(("spike_within", "first_passage", "advice_within"), 5),
    **dict.fromkeys(
        ("advice", "width_spike", "curvature_loss", "product_lyapunov", "product_spike", "momentum_map"), 2
    ),
    **dict.fromkeys(("law_exponent", "law_drift", "isotropic_exponent", "arch_exponent"), 4),
}
"""How many of every 1042 mutants a kind gets: few where checking or judging is dear."""


class Late(BaseException):
    """Time is up. No `Exception`, so that the checker does not take it for a fault of its own."""


@dataclass
class Tally:
    """What became of the mutants of a batch, or of many."""

    kind: str
    mutants: int = 0
    unchanged: int = 0
    accepted: int = 0
    true: int = 0
    false: int = 0
    unjudged: int = 0
    sentences: int = 0
    failed: int = 0
    late: int = 0
    checking: float = 0.0
    judging: float = 0.0
    slowest: float = 0.0
    memory: int = 0
    cases: list[Json] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Sums; of times and memory for one mutant, the largest."""
        for name in (
            "mutants",
            "unchanged",
            "accepted",
            "true",
            "false",
            "unjudged",
            "sentences",
            "failed",
            "late",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.checking, self.judging = self.checking + other.checking, self.judging + other.judging
        self.slowest, self.memory = max(self.slowest, other.slowest), max(self.memory, other.memory)
        self.cases += other.cases
        self.reasons = dict(Counter(self.reasons) + Counter(other.reasons))


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises `Late` after so much processor time, `MemoryError` beyond `MEMORY`."""

    def stop(*_: Any) -> None:
        raise Late

    kept = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    before, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, most))
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, kept)


@cache
def pool() -> Pool:
    return Pool([seed.document for of_kind in seeds().values() for seed in of_kind])


def the_mutant(seed: int, kind: str, number: int) -> tuple[Seed, Json, Random]:
    """Mutant `number` of a kind, the certificate it was made of, and the generator after it."""
    rng = Random(f"{seed}:{kind}:{number}")
    source = rng.choice(seeds()[kind])
    return source, mutant(rng, source.document, pool()), rng


_known: OrderedDict[int, judges.Answer] = OrderedDict()


def judged(document: Json, statement: str, tally: Tally) -> tuple[judges.Answer, str]:
    """The judgement; a sentence on the same ground is judged once."""
    name = hash(judges.key(document, statement))
    if name in _known and _known[name] is not False:
        return _known[name], "as before"
    tally.sentences += 1
    try:
        with at_most(JUDGING):
            answer, why = judges.judge(document, statement)
    except Late:
        answer, why = None, "the judge took too long"
    except MemoryError:
        answer, why = None, "the judge took too much memory"
    _known[name] = answer
    while len(_known) > 200_000:
        _known.popitem(last=False)
    return answer, why


def batch(seed: int, kind: str, start: int, size: int = BATCH) -> Tally:
    """Mutants start, start + 1, ..., start + size - 1 of a kind."""
    tally = Tally(kind)
    for number in range(start, start + size):
        source, document, rng = the_mutant(seed, kind, number)
        tally.mutants += 1
        _check_one(source, document, rng, number, tally)
    tally.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return tally


def _check_one(source: Seed, document: Json, rng: Random, number: int, tally: Tally) -> None:
    begun = time.process_time()
    try:
        with at_most(LATE):
            verdicts = _verdicts(source, document, rng)
    except Late:
        tally.late += 1
        tally.cases.append({"number": number, "from": source.name, "what": "late"})
        return
    finally:
        spent = time.process_time() - begun
        tally.checking, tally.slowest = tally.checking + spent, max(tally.slowest, spent)
    begun = time.process_time()
    claims = document["claims"] if isinstance(document.get("claims"), list) else []
    for verdict in verdicts:
        if "the checker failed with" in verdict.statement:
            tally.failed += 1
            tally.cases.append({"number": number, "from": source.name, "what": verdict.statement[:300]})
    if document == source.document:
        tally.unchanged += 1
    elif any(verdict.proved for verdict in verdicts):
        _judge_one(source, document, claims, verdicts, number, tally)
    tally.judging += time.process_time() - begun


def _verdicts(source: Seed, document: Json, rng: Random) -> list[Verdict]:
    """From the parsed document with a small budget; now and then from bytes, or with the whole budget."""
    if rng.randrange(2000) == 0:
        return check_document(document, Work(BUDGET))
    if rng.randrange(WHOLE) == 0:
        raw = json.dumps(document).encode()
        return check_certificate(raw, Work(source.budget + len(raw)))
    return check_document(document, Work(source.budget))


def _judge_one(
    source: Seed, document: Json, claims: list[Json], verdicts: list[Verdict], number: int, tally: Tally
) -> None:
    """An accepted mutant is false if one proved claim is, and not judged if one is not."""
    tally.accepted += 1
    answers: list[judges.Answer] = []
    for claim, verdict in zip(claims, verdicts, strict=True):
        if verdict.proved:
            answer, why = judged(document | {"claims": [claim]}, verdict.statement, tally)
            answers.append(answer)
            if answer is None:
                tally.reasons[why[:80]] = tally.reasons.get(why[:80], 0) + 1
            elif not answer:
                said = {"said": verdict.statement[:1500], "why": why, "claim": json.dumps(claim)[:3000]}
                tally.cases.append({"number": number, "from": source.name, "what": "false", **said})
    if False in answers:
        tally.false += 1
    elif None in answers:
        tally.unjudged += 1
    else:
        tally.true += 1


# --- all of it -------------------------------------------------------------------------------------------


def plan(total: int, weights: dict[str, int], size: int = BATCH) -> list[tuple[str, int]]:
    """The batches, kinds taking turns, so that an interrupted campaign has met all of them."""
    whole = sum(weights.values())
    counts = {kind: max(1, round(total * w / whole / size)) for kind, w in weights.items()}
    turns = [(j / n, kind, j * size) for kind, n in counts.items() for j in range(n)]
    return [(kind, start) for _, kind, start in sorted(turns)]


def done_before(folder: Path, seed: int) -> dict[tuple[str, int], Tally]:
    """The batches that this folder has of this seed."""
    found = {}
    if (record := folder / "batches.jsonl").exists():
        for line in record.read_text().splitlines():
            row = json.loads(line)
            if row["seed"] == seed and row["size"] == BATCH:
                found[row["tally"]["kind"], row["start"]] = Tally(**row["tally"])
    return found


def campaign(
    seed: int, total: int, folder: Path, workers: int
) -> Iterator[tuple[int, int, dict[str, Tally]]]:
    """Runs what is missing; yields (batches done, batches in all, sums by kind) after every batch."""
    folder.mkdir(parents=True, exist_ok=True)
    batches, before = plan(total, WEIGHTS), done_before(folder, seed)
    sums = {kind: Tally(kind) for kind in WEIGHTS}
    for kind, start in batches:
        if (kind, start) in before:
            sums[kind].add(before[kind, start])
    missing = [item for item in batches if item not in before]
    done = len(batches) - len(missing)
    yield done, len(batches), sums
    with (folder / "batches.jsonl").open("a") as record:
        for start, tally in _run(seed, missing, workers):
            row = {"seed": seed, "start": start, "size": BATCH, "tally": asdict(tally)}
            record.write(json.dumps(row) + "\n")
            record.flush()
            sums[tally.kind].add(tally)
            done += 1
            yield done, len(batches), sums


def _run(seed: int, missing: list[tuple[str, int]], workers: int) -> Iterator[tuple[int, Tally]]:
    if workers == 1:
        for kind, start in missing:
            yield start, batch(seed, kind, start)
        return
    with ProcessPoolExecutor(workers) as executor:
        waiting = {executor.submit(batch, seed, kind, start): start for kind, start in missing}
        for finished in as_completed(waiting):
            yield waiting[finished], finished.result()


HEAD = (
    "kind", "mutants", "accepted", "sentences", "true", "false", "not judged", "errors", "late", "slowest s", "CPU s"
)  # fmt: skip


def table(sums: dict[str, Tally]) -> list[str]:
    """A Markdown table, a line a kind and one for all."""
    everything = Tally("all")
    for tally in sums.values():
        everything.add(tally)
    rows = [HEAD, tuple("---" if i == 0 else "---:" for i in range(len(HEAD)))]
    for t in (*sorted(sums.values(), key=lambda t: t.kind), everything):
        name = f"`{t.kind}`" if t.kind != "all" else "all"
        numbers = (t.mutants, t.accepted, t.sentences, t.true, t.false, t.unjudged, t.failed, t.late)
        rows.append(
            (name, *(f"{n:,}" for n in numbers), f"{t.slowest:.2f}", f"{t.checking + t.judging:,.0f}")
        )
    return ["| " + " | ".join(row) + " |" for row in rows]
