"""The log-drift G(lambda): its value, its zeros and sign regions, with proof. Lemmas T, D and F."""
