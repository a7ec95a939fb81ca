"""How the exponent depends on choices: the size of the batch, the order of the samples. Lemmas B and O."""
