"""What several rooms of tests share: the folders, data, oracles, good certificates."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
