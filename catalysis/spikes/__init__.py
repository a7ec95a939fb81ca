"""How likely is a spike? P(sup |mu_t| >= K |mu_0|) in the linear regime, between two proved bounds.

`lundberg` the bounds from the Cramer exponent alone, `lattice` where all factors are powers of one number; `counts` the
walk over counts for few samples (a `plan` first, then in one of two `arithmetics`), `grid` for many (on `cells`,
found and proved in `grid_solve`); `steps_back` from the level on a fine grid and tables of straight `pieces`
(`pieces_search`, `pieces_bounds`) for more digits; `probability` puts them together, `carried` says what of it fits
into a certificate; `limits` the constant and the law in the width. Lemmas S1 to S8 of docs/spikes.md, SG1 to SG9 of
docs/spikes_grid.md.
"""
