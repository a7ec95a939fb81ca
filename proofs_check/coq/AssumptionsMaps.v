(** On what the theorems about maps rest: coqc prints every axiom that any of them uses, those of the classical
    real numbers. *)

From Catalysis Require Import General Convexity Width Landing Repelling Network Volume MeanSquare Products
  ExamplesMaps Classes
  Activations Closed Reached Quiet Determinant Claims.

Definition map_theorems :=
  (@hit_over_words, @spikes_iff, @maximal_inequality_growing, @no_spike, @hit_image,
   @slope_a_is_derivative, @slope_w_is_derivative, @mu_step, @lambda_step, @imbalance_step, @mu_polynomial,
   @lambda_polynomial, @map_without_labels, @canonical_step, @canonical_without_labels, @networks_in_range,
   @range_is_networks, @lambda_change, @reach_network, @width_theorem_for_networks,
   @hit_ever_is_limit, @hit_ever_le, @hit_ever_ge, @amp_slope_is_derivative, @wt_slope_is_derivative,
     @output_closes,
   @pull_closes, @class_step_is_a_matrix, @mu_of_step, @q_of_step, @C_of_step, @canonical_kappa, @canonical_Q,
   @canonical_K, @class_mu, @class_lambda, @class_in_range, @linear_turn, @leaky_is_features, @leaky_amp_slope,
     @leaky_wt_slope,
   @signs_kept, @leaky_turn, @relu_decouples).

Definition width_theorems :=
  (@diagonal_form, @four_minus, @discriminant, @critical, @network_state_kept, @growth_bound, @loss_rises_iff,
   @every_path, @lazy_path, @width_moment_le_1, @kappa_supermartingale, @width_theorem, @width_theorem_below,
   @no_spike_when_lazy, @L_converges, @kappa_vanishes, @ends_below, @full_batch_ends_low, @log_factors_diverge,
   @landing_core, @repelled, @repelled_surely, @width_theorem_ever, @minkowski, @from_above, @W4_low_exponent,
   @W4_high_exponent, @W3, @W3_ever, @exponential_room, @W10).

Definition product_theorems :=
  (@det_step, @volume, @form_is_determinant, @det_product, @det_bound, @volume_moments, @V1_moments,
    @upper_moment, @lower_moment, @upper_chords, @lower_chords, @moments_over_words, @spikes_above,
   @spikes_growing, @spikes_below, @stable, @squares_semidefinite, @loewner_by_squares, @vector_step,
   @V2, @V3, @V4, @V5_upper, @V5_lower, @V5_spikes, @V9_upper, @V9_lower, @V11_upper, @V11_upper_growing,
   @V11_upper_chords, @V11_lower, @V11_upper_ever, @V11_lower_ever, @plane_spike,
   @power_mean_below, @power_mean_above, @product_spike_claim, @no_product_spike).

Definition theorems_on_maps := (map_theorems, width_theorems, product_theorems).

Print Assumptions theorems_on_maps.
