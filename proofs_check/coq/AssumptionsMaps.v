(** On what the theorems about maps rest: coqc prints it. Only the axioms of the classical real numbers may appear. *)

From Catalysis Require Import General Convexity Width Network Volume MeanSquare Products ExamplesMaps.

Print Assumptions hit_over_words.
Print Assumptions maximal_inequality_growing.
Print Assumptions submartingale_bound.
Print Assumptions slope_a_is_derivative.
Print Assumptions slope_w_is_derivative.
Print Assumptions mu_polynomial.
Print Assumptions lambda_polynomial.
Print Assumptions canonical_step.
Print Assumptions canonical_without_labels.
Print Assumptions networks_in_range.
Print Assumptions range_is_networks.
Print Assumptions every_path.
Print Assumptions kappa_vanishes.
Print Assumptions full_batch_ends_low.
Print Assumptions width_theorem.
Print Assumptions width_theorem_for_networks.
Print Assumptions volume.
Print Assumptions V3.
Print Assumptions V4.
Print Assumptions V11_upper.
Print Assumptions V9_upper.
Print Assumptions V9_lower.
Print Assumptions V5_upper.
Print Assumptions V5_lower.
Print Assumptions talk_spike.
Print Assumptions plane_spike.
