"""Certified numbers beside simulated ones, line by line, each with a verdict.

`crosscheck(dataset)`, for vectors and momentum `crosscheck_product(walk)`, certifies, simulates and compares;
docs/simulation.md says what each line holds against what, and how rarely chance alone makes a line disagree.
"""

from catalysis.crosscheck.products import crosscheck_product
from catalysis.crosscheck.table import CheckLine, CrossCheck
from catalysis.crosscheck.whole import crosscheck

__all__ = ["CheckLine", "CrossCheck", "crosscheck", "crosscheck_product"]
