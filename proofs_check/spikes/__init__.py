"""The rules of spike probabilities in the linear regime: S and SG."""
