"""Real networks against what is certified of their kernels: python examples/networks/run.py [--full] [--device cuda].

Needs the extra `networks` (PyTorch and scikit-learn). Each case is one file in the output folder; a case that is there
already is not run again. docs/networks.md reads the table.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from cases import NEAR, Case, full, reduced
from experiment import SPIKE, table

from catalysis.torch import empirical_kernel

COLUMNS = ("network", "batch, momentum", "eta max K_ii", "certified at the start", "what the network did",
           "eta max K_ii at the end", "apart from the linear walk", "agrees")  # fmt: skip
WORDS = {True: "yes", False: "**no**", None: "-"}


def main() -> None:
    """All cases, then the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true", help="widths 2^11 to 2^16, three seeds")
    options.add_argument("--device", default="cpu", help="any that torch sees")
    options.add_argument("--steps", type=int, help="2000, with --full 8000")
    options.add_argument("--only", default="", help="cases whose name contains this")
    options.add_argument(
        "--kernel", type=Path, help="write the kernel of the first case to this file, and end"
    )
    options.add_argument("-o", "--output", type=Path, default=Path("networks-results"))
    asked = options.parse_args()
    if asked.kernel:
        save_kernel(reduced()[0], asked.device, asked.kernel)
        return
    cases = [case for case in (full() if asked.full else reduced()) if asked.only in case.name]
    steps = asked.steps or (8000 if asked.full else 2000)
    asked.output.mkdir(parents=True, exist_ok=True)
    documents = [once(case, steps, asked.device, asked.output / f"{case.name}.json") for case in cases]
    (asked.output / "table.md").write_text("\n".join(markdown(documents)) + "\n", encoding="utf-8")
    print("\n".join(markdown(documents)))


def save_kernel(case: Case, device: str, file: Path) -> None:
    """A kernel file: examples/digits-kernel.npz is the first case's."""
    model, X, _ = case.start(device)
    name = f"two-layer {case.network} network on {case.samples} digit images"
    empirical_kernel(model, X, name=name, width=case.width, step=0).save(file)


def once(case: Case, steps: int, device: str, file: Path) -> dict[str, Any]:
    """One case, from its file where it has been run with these settings."""
    if file.exists():
        known: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if (known["case"], known["steps"]) == (case.fields(), steps):
            return known
    started = time.process_time()
    found = table(case, steps, device)
    found |= {"torch": torch.__version__, "device": device, "cpu_seconds": time.process_time() - started}
    part = file.with_suffix(".part")
    part.write_text(json.dumps(found, indent=1), encoding="utf-8")
    part.replace(file)
    print(f"{case.name}: {found['cpu_seconds']:.0f} s", flush=True)
    return found


def markdown(documents: list[dict[str, Any]]) -> list[str]:
    """The table, and the counts below it: for starts near interpolation, and for those further away."""
    head = [f"| {' | '.join(COLUMNS)} |", f"|{' --- |' * len(COLUMNS)}"]
    rows = [row(document, line) for document in documents for line in document["lines"]]
    near = [document for document in documents if document["case"]["disturbed"] == NEAR]
    far = [document for document in documents if document["case"]["disturbed"] != NEAR]
    counts = ["Disturbed by 1e-6:", "", *summary(near), "", "Disturbed by more:", "", *summary(far)]
    return [*head, *rows, "", *counts]


def row(document: dict[str, Any], line: dict[str, Any]) -> str:
    """One learning rate."""
    case = document["case"]
    start = "" if case["disturbed"] == NEAR else f", disturbed by {case['disturbed']:g}"
    cells = (
        f"{case['network']} {case['width']}{start}",
        f"{case['batch']}, {case['momentum']}",
        f"{line['load']:.3f}",
        line["certified"],
        line["seen"],
        "-" if line["load_end"] is None else f"{line['load_end']:.3f}",
        f"{line['apart']:.1e}",
        WORDS[line["agree"]],
    )
    return f"| {' | '.join(cells)} |"


def summary(documents: list[dict[str, Any]]) -> list[str]:
    """How often each regime agrees."""
    lines = [line for document in documents for line in document["lines"]]
    found = []
    for regime in dict.fromkeys(line["certified"] for line in lines):
        count = Counter(line["agree"] for line in lines if line["certified"] == regime)
        found.append(f"* {regime}: {count[True]} agree, {count[False]} do not, {count[None]} not judged")
    for name, low, high in (("below", 0.0, 4.0), ("beyond", 4.0, 1e9)):
        spikes = [
            line
            for line in lines
            if low < line["load"] <= high and (line["diverged"] or line["rise"] >= SPIKE)
        ]
        count = Counter(line["recovered"] for line in spikes)
        words = f"{count[True]} recovered, {count[False]} diverged, {count[None]} still high at the last step"
        found.append(f"* spikes {name} eta max K_ii = 4: {words}")
    return found


if __name__ == "__main__":
    main()
