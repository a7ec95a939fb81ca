"""The checker under fire: `python -m benchmarks.fire mutants` or `enclosures`, from the root of the repository."""

import argparse
import sys
import time
from pathlib import Path

from benchmarks.fire.campaign import Tally, campaign, table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fire", description=__doc__)
    parser.add_argument("what", choices=("mutants", "enclosures"))
    parser.add_argument("--number", type=int, default=1_000_000, help="mutants or enclosures in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument(
        "--folder", type=Path, default=Path("fire"), help="counters, so that a run can be resumed"
    )
    options = parser.parse_args()
    if options.what == "enclosures":
        from benchmarks.fire.enclosures import report

        return report(options.seed, options.number, options.workers)
    return _mutants(options.seed, options.number, options.folder, options.workers)


def _mutants(seed: int, number: int, folder: Path, workers: int) -> int:
    sums: dict[str, Tally] = {}
    begun = time.monotonic()
    for done, of, now in campaign(seed, number, folder, workers):
        sums = now
        _bar(done, of, time.monotonic() - begun)
    print(file=sys.stderr)
    print("\n".join(table(sums)))
    cases = [f"{t.kind} {case}" for t in sums.values() for case in t.cases]
    reasons = [f"{t.kind}: {n} not judged, {why}" for t in sums.values() for why, n in t.reasons.items()]
    print(f"\nseed {seed}\n" + "\n".join(cases + reasons))
    return 1 if cases else 0


def _bar(done: int, of: int, seconds: float) -> None:
    part = done / of
    print(f"\r[{'#' * int(40 * part):40}] {part:6.1%}  {seconds:6.0f} s", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
