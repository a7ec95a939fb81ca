"""What several rooms of tests share: the folders, data, oracles, good certificates."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
VECTORS = ("iris.csv", "plane.csv", "steep-kernel.csv")
"""Examples whose samples are vectors."""

LOGS = ("loss-log.csv",)
"""Logged loss curves."""

SCALAR_EXAMPLES = sorted(path for path in EXAMPLES.glob("*.[tc]*") if path.name not in (*VECTORS, *LOGS))
