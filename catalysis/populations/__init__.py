"""Samples drawn fresh from a law: moments, drift, Cramer exponent and tail index of a population. Lemmas P."""
