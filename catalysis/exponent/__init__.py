"""The Cramer exponent theta(lambda): at a point, its rate, and a band over an interval. Lemmas E."""
