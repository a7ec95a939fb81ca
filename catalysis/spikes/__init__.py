"""How likely is a spike? P(sup |mu_t| >= K |mu_0|) in the linear regime, between two proved bounds.

`lundberg` the bounds from the Cramer exponent alone; `counts` the walk
over counts for few samples, `grid` for many; `probability` puts them together; `limits` the constant and
the law in the width. Lemmas S1 to S8 of docs/spikes.md.
"""
