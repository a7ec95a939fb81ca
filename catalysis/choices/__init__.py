"""What one can choose, and what it changes: learning rates, batch sizes, the order of samples.

Lemmas A of docs/advice.md, B and O of docs/comparisons.md.
"""
