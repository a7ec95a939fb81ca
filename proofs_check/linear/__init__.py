"""The rules of the drift and the exponent: T, D, E and F."""
