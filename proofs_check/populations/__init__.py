"""Populations: moments of |1 - z X| for a continuous law of X. Lemmas P1 and P3 of docs/laws.md."""
