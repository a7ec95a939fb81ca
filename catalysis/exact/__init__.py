"""Exact numbers, balls and the one protocol of results: the ground floor, which knows nothing of the subject."""
