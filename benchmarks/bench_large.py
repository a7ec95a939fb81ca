"""Large data sets: reading, commands, complete zero lists and their certificates, as the number of samples grows.

    python benchmarks/bench_large.py [--quick]

Seconds are of the processor. x = s^2 for normal s with six decimals; a list is that of all zeros on (0, inf). "Each by
itself": the same list with all factors at every place, as it would be without the expansions of D7; pandas (where it is
installed) reads doubles and not exact numbers.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from subprocess import run
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from catalysis.certificate.document import certificate_of, claim
from catalysis.data.reading import load_dataset
from catalysis.data.walk import LinearWalk
from catalysis.drift import regions
from catalysis.drift.interval import sign_on_interval
from catalysis.drift.regions import sign_regions
from proofs_check.certificate import check_certificate
from proofs_check.core.budget import Work

MOST = 10**12


def seconds(ask: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.process_time()
    answer = ask()
    return time.process_time() - begun, answer


def growth(sizes: list[int], times: list[float]) -> float:
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def table_of(folder: Path, size: int) -> Path:
    rng, path = random.Random(size), folder / f"normal-{size}.csv"
    path.write_text("s\n" + "".join(f"{rng.gauss(0, 1):.6f}\n" for _ in range(size)))
    return path


def reading(folder: Path, sizes: list[int]) -> None:
    times = []
    for size in sizes:
        path = table_of(folder, size)
        times.append(seconds(lambda path=path: load_dataset(path))[0])
        print(f"reading {size} rows: {times[-1]:.2f} s, {peer(path, times[-1])}")
    print(f"grows like m^{growth(sizes, times):.2f}")


def peer(path: Path, ours: float) -> str:
    try:
        from pandas import read_csv
    except ImportError:
        return "pandas is not installed"
    read_csv(path)
    theirs, _ = seconds(lambda: read_csv(path))
    return f"{ours / theirs:.0f} x pandas' doubles"


def one_by_one(walk: LinearWalk) -> float:
    """The list without fields."""
    kept = regions._FEWEST_RATES
    regions._FEWEST_RATES = walk.size + 1  # type: ignore[misc]
    try:
        return seconds(lambda: sign_regions(walk, max_work=MOST))[0]
    finally:
        regions._FEWEST_RATES = kept  # type: ignore[misc]


def lists(folder: Path, sizes: list[int], largest_peer: int) -> None:
    times, checks = [], []
    for size in sizes:
        walk = LinearWalk(load_dataset(table_of(folder, size)))
        walk.float_weights  # noqa: B018  the law is worked out beforehand
        took, found = seconds(lambda walk=walk: sign_regions(walk, max_work=MOST))
        times.append(took)
        raw = json.dumps(certificate_of(walk.dataset, [claim(found)])).encode()
        work = Work(10**9)
        checked, (verdict,) = seconds(lambda raw=raw, work=work: check_certificate(raw, work))
        checks.append(checked)
        other = f", each by itself {one_by_one(walk) / took:.1f} x" if size <= largest_peer else ""
        print(
            f"m = {walk.size}: {took:.2f} s, {len(found.zeros)} zeros, complete: {found.complete}{other}; "
            f"certificate {len(raw)} bytes, checked in {checked:.2f} s and "
            f"{(10**9 - work.left) / 1e6:.1f} million units, proved: {verdict.proved}"
        )
    print(f"lists grow like m^{growth(sizes, times):.2f}, checks like m^{growth(sizes, checks):.2f}")


def commands(folder: Path, sizes: list[int]) -> None:
    """Whole processes at lambda = 1.2 lambda_crit, and the sign of G on an interval over some 2500 gaps."""
    for size in sizes:
        path = table_of(folder, size)
        walk = LinearWalk(load_dataset(path))
        at = f"{float(2 / walk.largest_rate) * 1.2:.4f}"
        for words in (
            ("thresholds",),
            ("exponent", "--lambda", at),
            ("spike", "--lambda", at, "--factor", "1000"),
        ):
            before = getrusage(RUSAGE_CHILDREN)
            code = "import resource, sys; from catalysis.cli.main import main\ntry: main()\nexcept SystemExit: pass\n"
            code += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000, file=sys.stderr)"
            line = [sys.executable, "-c", code, words[0], str(path), *words[1:]]
            done = run(line, capture_output=True, text=True, check=True)
            after = getrusage(RUSAGE_CHILDREN)
            took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"{size}: {' '.join(words)}: {took:.2f} s, {done.stderr.split()[-1]} MB")
        if size <= 100_000:
            start, end = walk.poles[20], walk.poles[min(2540, walk.size - 2)]
            took, found = seconds(lambda w=walk, a=start, b=end: sign_on_interval(w, a, b, max_work=MOST))
            print(
                f"{size}: sign on an interval over {len(found.witnesses)} gaps: {took:.2f} s, sign {found.sign}"
            )


def main(quick: bool) -> None:
    with TemporaryDirectory() as folder:
        commands(Path(folder), [10**4] if quick else [10**5, 10**6])
        reading(Path(folder), [10**4, 10**5] if quick else [10**4, 10**5, 10**6])
        lists(Path(folder), [1000, 3000] if quick else [1000, 10_000, 100_000], 1000 if quick else 3000)


if __name__ == "__main__":
    main("--quick" in sys.argv)
