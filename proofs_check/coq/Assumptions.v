(** * What the theorems rest on.

    Coq prints here every axiom that any of the theorems below uses.  They are the axioms of
    the real numbers of Coq's standard library and classical logic; docs/coq.md explains them. *)

From Catalysis Require Import Definitions Law Power Drift Gaps Count Exact Exponent Bands Lundberg
  Certain Lattice Rate Family Horizon Passage.

Definition drift_theorems :=
  (@drift_derive, @slope_derive, @drift_tangent, @drift_strictly_concave, @drift_at_pole,
   @drift_first_gap, @drift_first_gap_decreasing, @drift_last_gap_increasing,
   @at_most_two_zeros, @gap_zeros, @last_gap_one_zero, @at_most_zeros,
   @brackets_first, @brackets_two, @brackets_last, @brackets_tangent, @brackets_double,
   @brackets_glue, @negative_piece, @negative_left, @negative_right, @negative_last,
   @positive_last, @positive_piece, @nonnegative_piece, @exact_zero, @exact_zero_base,
   @tangency, @product_derive).

Definition exponent_theorems :=
  (@moment_tangent, @moment_three_points, @exponent_exists, @exponent_unique,
   @exponent_bracket, @exponent_ge, @exponent_gt, @exponent_lt, @exponent_stable,
   @exponent_inflationary, @exponent_regimes, @exponent_ray_below, @exponent_ray_above,
   @exponent_cell_below, @exponent_cell_above, @exponent_cell_zero, @exponent_derive,
   @family_negative, @family_positive, @family_share_negative, @family_share_positive).

Definition spike_theorems :=
  (@hit_le_supermartingale, @hit_ge_submartingale, @alive_le_geometric,
   @lundberg_upper, @lundberg_lower, @lundberg_lower_within, @spike_upper, @reach_spike,
   @ever_upper, @ever_lower, @ever_step, @spike_bounds, @spike_deflationary, @spike_stable,
   @spike_inflationary, @spike_certain, @lattice_bounds, @lattice_exact, @lattice_level,
   @reach_is_fraction, @stays_is_fraction, @wald, @passage_wald, @passage_critical, @passage_never).

Definition main_theorems := (drift_theorems, exponent_theorems, spike_theorems).

Print Assumptions main_theorems.
