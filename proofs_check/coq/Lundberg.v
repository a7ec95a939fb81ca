(** * Lundberg's bounds for the linear walk: lemmas S1 to S3, S8 of docs/spikes.md.

    No measure theory: every bound holds for each horizon T, by induction over the recursion
    of [reach], and for the limit over T. *)

From Coq Require Import Reals List Lra.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions Law Power Drift Exponent.
Open Scope R_scope.

Section Lundberg.
Variables (w : list (R * R)) (lam : R).
Hypothesis law : is_law w.
Let Hw : weights w := law_weights w law.

Notation M := (moment w lam).

(** One step multiplies the mean of (|mu| / B)^s by M(s). *)
Lemma mean_step B s mu : 0 < B ->
  expect w (fun x => apow (Rabs (linear_step lam x mu) / B) s) = M s * apow (Rabs mu / B) s.
Proof.
  intros HB. rewrite Rmult_comm. unfold moment. rewrite <- expect_scal. apply expect_ext.
  intros p x _. rewrite Rabs_linear_step, <- apow_mult.
  - f_equal. field. lra.
  - apply Rdiv_le_0_compat; [apply Rabs_pos|easy].
  - apply factor_nonneg.
Qed.

Lemma quotient_nonneg K mu : 0 < K -> 0 <= Rabs mu / K.
Proof. intros H. apply Rdiv_le_0_compat; [apply Rabs_pos|easy]. Qed.

Lemma quotient_ge_one K mu : 0 < K -> K <= Rabs mu -> 1 <= Rabs mu / K.
Proof.
  intros H Hle. apply Rmult_le_reg_r with K; [easy|].
  unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
Qed.

Lemma quotient_le_one K mu : 0 < K -> Rabs mu <= K -> Rabs mu / K <= 1.
Proof.
  intros H Hle. apply Rmult_le_reg_r with K; [easy|].
  unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
Qed.

(** ** The upper bound *)

Theorem lundberg_upper s K T mu : 0 < K -> 0 <= s -> M s <= 1 ->
  reach w lam K T mu <= apow (Rabs mu / K) s.
Proof.
  intros HK Hs HM. unfold reach.
  apply (hit_le_supermartingale w (linear_step lam) Rabs K law (fun _ => True)
    (fun nu => apow (Rabs nu / K) s)); try easy.
  - intros. apply apow_nonneg.
  - intros nu _ Hnu. apply apow_ge_one; [|easy]. now apply quotient_ge_one.
  - intros nu _ _. rewrite mean_step by easy.
    rewrite <- (Rmult_1_l (apow (Rabs nu / K) s)) at 2.
    apply Rmult_le_compat_r; [apply apow_nonneg|easy].
Qed.

(** ** Scaling: only the ratio of level and start matters *)

Lemma reach_scale c K T : c <> 0 -> forall mu,
  reach w lam (Rabs c * K) T (c * mu) = reach w lam K T mu.
Proof.
  intros Hc. pose proof (Rabs_pos_lt c Hc) as Hpos. unfold reach.
  induction T as [|T IH]; intros mu; simpl; rewrite Rabs_mult;
    destruct (Rle_dec (Rabs c * K) (Rabs c * Rabs mu)) as [H1 | H1],
             (Rle_dec K (Rabs mu)) as [H2 | H2]; try easy;
    try (apply Rmult_le_reg_l in H1; easy);
    try (exfalso; apply H1; apply Rmult_le_compat_l; lra).
  apply expect_ext. intros p x _. rewrite <- IH. f_equal. unfold linear_step. ring.
Qed.

(** P(max_{t <= T} |mu_t| >= K |mu_0|) does not depend on mu_0 <> 0. *)
Theorem reach_spike K T mu : mu <> 0 -> reach w lam (K * Rabs mu) T mu = spike w lam K T.
Proof.
  intros Hmu. unfold spike. rewrite <- (reach_scale mu K T Hmu 1).
  now rewrite Rmult_1_r, Rmult_comm.
Qed.

(** P(max_{t <= T} |mu_t| >= K |mu_0|) <= K^-s whenever M(s) <= 1. *)
Theorem spike_upper s K T : 0 < K -> 0 <= s -> M s <= 1 -> spike w lam K T <= Rpower K (- s).
Proof.
  intros HK Hs HM. apply Rle_trans with (1 := lundberg_upper s K T 1 HK Hs HM).
  rewrite Rabs_R1. unfold Rdiv. rewrite Rmult_1_l, apow_inv by easy.
  rewrite Rpower_Ropp. right. f_equal. unfold apow. destruct (Rlt_dec 0 K); easy.
Qed.

(** ** The lower bound *)

(** [inv] holds along the path until the level is reached, and where it is reached |mu| <= B. *)
Theorem lundberg_lower_within (inv : R -> Prop) B s t K T mu : 0 < K -> 0 < B ->
  0 <= s <= t -> 1 <= M t ->
  (forall nu, inv nu -> Rabs nu < K -> forall p x, In (p, x) w -> inv (linear_step lam x nu)) ->
  (forall nu, inv nu -> K <= Rabs nu -> Rabs nu <= B) -> inv mu ->
  apow (Rabs mu / B) t - apow (K / B) t * apow (Rabs mu / K) s * M s ^ T <= reach w lam K T mu.
Proof.
  intros HK HB Hst HM Hinv Hover Hmu. unfold reach.
  pose proof (hit_ge_submartingale w (linear_step lam) Rabs K law inv
    (fun nu => apow (Rabs nu / B) t)) as Hge.
  pose proof (alive_le_geometric w (linear_step lam) Rabs K law inv
    (fun nu => apow (Rabs nu / B) t) (fun nu => apow (Rabs nu / K) s)
    (apow (K / B) t) (M s)) as Hle.
  assert (L : apow (Rabs mu / B) t <= hit w (linear_step lam) Rabs K T mu
    + alive w (linear_step lam) Rabs K (fun nu => apow (Rabs nu / B) t) T mu).
  { apply Hge; try easy.
    - intros nu Hnu Hreach. apply apow_le_one; [|lra]. split; [now apply quotient_nonneg|].
      apply quotient_le_one; [easy|]. now apply Hover.
    - intros nu _ _. rewrite mean_step by easy.
      rewrite <- (Rmult_1_l (apow (Rabs nu / B) t)) at 1.
      apply Rmult_le_compat_r; [apply apow_nonneg|easy]. }
  assert (U : alive w (linear_step lam) Rabs K (fun nu => apow (Rabs nu / B) t) T mu
    <= apow (K / B) t * M s ^ T * apow (Rabs mu / K) s).
  { apply Hle; try easy.
    - apply apow_nonneg.
    - now apply moment_nonneg.
    - intros. apply apow_nonneg.
    - intros nu _ Hnu.
      replace (Rabs nu / B) with (K / B * (Rabs nu / K)) by (field; lra).
      rewrite apow_mult by (try apply quotient_nonneg; try apply Rdiv_le_0_compat; lra).
      apply Rmult_le_compat_l; [apply apow_nonneg|].
      apply apow_le_exponent; [|lra]. split; [now apply quotient_nonneg|].
      apply quotient_le_one; lra.
    - intros nu _ _. rewrite mean_step by easy. lra. }
  lra.
Qed.

(** With R at least every factor, a step overshoots the level by R at most. *)
Theorem lundberg_lower R s t K T mu : 0 < K -> 0 < R -> 0 <= s <= t -> 1 <= M t ->
  (forall p x, In (p, x) w -> factor lam x <= R) -> Rabs mu <= K * R ->
  apow (Rabs mu / (K * R)) t - apow (/ R) t * apow (Rabs mu / K) s * M s ^ T
    <= reach w lam K T mu.
Proof.
  intros HK HR Hst HM Hfactor Hmu.
  replace (/ R) with (K / (K * R)) by (field; lra).
  apply (lundberg_lower_within (fun nu => Rabs nu <= K * R)); try easy.
  - now apply Rmult_lt_0_compat.
  - intros nu _ Hnu p x Hin. rewrite Rabs_linear_step, Rmult_comm.
    apply Rmult_le_compat; [apply Rabs_pos|apply factor_nonneg|lra|now apply (Hfactor p)].
Qed.

(** ** The limit over the horizon *)

Lemma reach_limit K mu : is_lim_seq (fun T => reach w lam K T mu) (ever w lam K mu).
Proof.
  apply (Lim_seq_correct' (fun T => reach w lam K T mu)).
  apply (ex_finite_lim_seq_incr _ 1).
  - intros T. now apply hit_increasing.
  - intros T. now apply hit_bounds.
Qed.

Lemma ever_bounds K mu : 0 <= ever w lam K mu <= 1.
Proof.
  split.
  - apply (is_lim_seq_le (fun _ => 0) (fun T => reach w lam K T mu) 0 (ever w lam K mu)).
    + intros T. now apply hit_bounds.
    + apply is_lim_seq_const.
    + apply reach_limit.
  - apply (is_lim_seq_le (fun T => reach w lam K T mu) (fun _ => 1) (ever w lam K mu) 1).
    + intros T. now apply hit_bounds.
    + apply reach_limit.
    + apply is_lim_seq_const.
Qed.

(** Each horizon is a lower bound. *)
Theorem reach_le_ever K T mu : reach w lam K T mu <= ever w lam K mu.
Proof.
  apply (is_lim_seq_incr_compare (fun T => reach w lam K T mu)).
  - apply reach_limit.
  - intros n. now apply hit_increasing.
Qed.

Lemma ever_le K mu b : (forall T, reach w lam K T mu <= b) -> ever w lam K mu <= b.
Proof.
  intros H.
  apply (is_lim_seq_le (fun T => reach w lam K T mu) (fun _ => b) (ever w lam K mu) b).
  - easy.
  - apply reach_limit.
  - apply is_lim_seq_const.
Qed.

(** A lower bound with a remainder that shrinks like m^T holds without it in the limit. *)
Lemma ever_ge K mu b c m : 0 <= m < 1 -> (forall T, b - c * m ^ T <= reach w lam K T mu) ->
  b <= ever w lam K mu.
Proof.
  intros Hm H.
  apply (is_lim_seq_le (fun T => b - c * m ^ T) (fun T => reach w lam K T mu) b
    (ever w lam K mu)).
  - easy.
  - replace (Finite b) with (Finite (b - c * 0)) by (f_equal; ring).
    apply is_lim_seq_minus'; [apply is_lim_seq_const|].
    apply is_lim_seq_mult'; [apply is_lim_seq_const|].
    apply is_lim_seq_geom. rewrite Rabs_pos_eq; lra.
  - apply reach_limit.
Qed.

(** ** The recursion of the limit: what a walk over finitely many states needs *)

Lemma expect_limit (f : R -> nat -> R) (l : R -> R) : (forall x, is_lim_seq (f x) (l x)) ->
  forall v : list (R * R),
  is_lim_seq (fun T => expect v (fun x => f x T)) (expect v l).
Proof.
  intros H. induction v as [|[p x] v IH]; simpl.
  - apply is_lim_seq_const.
  - apply is_lim_seq_plus'; [|easy]. apply is_lim_seq_mult'; [apply is_lim_seq_const|apply H].
Qed.

Theorem ever_reached K mu : K <= Rabs mu -> ever w lam K mu = 1.
Proof.
  intros H. apply Rle_antisym; [apply ever_bounds|].
  rewrite <- (hit_reached w (linear_step lam) Rabs K 0 mu H).
  apply (reach_le_ever K 0 mu).
Qed.

(** Below the level the probability is the mean of the probabilities one step later. *)
Theorem ever_step K mu : Rabs mu < K ->
  ever w lam K mu = expect w (fun x => ever w lam K (linear_step lam x mu)).
Proof.
  intros H.
  assert (L : is_lim_seq (fun T => reach w lam K (S T) mu) (ever w lam K mu)).
  { apply (proj1 (is_lim_seq_incr_1 (fun T => reach w lam K T mu) _)). apply reach_limit. }
  apply is_lim_seq_ext with (v := fun T => expect w (fun x => reach w lam K T (linear_step lam x mu)))
    in L; [|intros T; now apply hit_step].
  pose proof (expect_limit (fun x T => reach w lam K T (linear_step lam x mu))
    (fun x => ever w lam K (linear_step lam x mu)) (fun x => reach_limit _ _) w) as L'.
  apply is_lim_seq_unique in L. apply is_lim_seq_unique in L'.
  rewrite L in L'. now injection L'.
Qed.

(** Only the ratio of level and start matters, and no sign does. *)
Theorem ever_scale c K mu : c <> 0 -> ever w lam (Rabs c * K) (c * mu) = ever w lam K mu.
Proof.
  intros Hc. unfold ever. f_equal. apply Lim_seq_ext. intros T. now apply reach_scale.
Qed.

Theorem ever_abs K mu : ever w lam K mu = ever w lam K (Rabs mu).
Proof.
  unfold Rabs at 1. destruct (Rcase_abs mu) as [H | H]; [|easy].
  rewrite <- (ever_scale (-1) K mu) by lra.
  replace (Rabs (-1) * K) with K by (rewrite Rabs_left by lra; ring).
  f_equal. ring.
Qed.

(** P(|mu_t| >= K |mu_0| at some time) does not depend on mu_0 <> 0. *)
Theorem ever_spike K mu : mu <> 0 -> ever w lam (K * Rabs mu) mu = ever w lam K 1.
Proof.
  intros Hmu. rewrite <- (ever_scale mu K 1 Hmu). now rewrite Rmult_1_r, Rmult_comm.
Qed.

Theorem ever_zero K : 0 < K -> ever w lam K 0 = 0.
Proof.
  intros HK. apply Rle_antisym; [|apply ever_bounds]. apply ever_le. intros T. right.
  unfold reach. induction T as [|T IH].
  - apply hit_start. now rewrite Rabs_R0.
  - rewrite hit_step by now rewrite Rabs_R0.
    rewrite (expect_ext _ _ (fun _ => 0)); [apply expect_zero|].
    intros p x _. unfold linear_step. now rewrite Rmult_0_r.
Qed.

(** ** The bounds in the limit *)

Theorem ever_upper s K mu : 0 < K -> 0 <= s -> M s <= 1 ->
  ever w lam K mu <= apow (Rabs mu / K) s.
Proof. intros. apply ever_le. intros T. now apply lundberg_upper. Qed.

Theorem ever_lower_within (inv : R -> Prop) B s t K mu : 0 < K -> 0 < B ->
  0 <= s <= t -> M s < 1 <= M t ->
  (forall nu, inv nu -> Rabs nu < K -> forall p x, In (p, x) w -> inv (linear_step lam x nu)) ->
  (forall nu, inv nu -> K <= Rabs nu -> Rabs nu <= B) -> inv mu ->
  apow (Rabs mu / B) t <= ever w lam K mu.
Proof.
  intros HK HB Hst [Ms Mt] Hinv Hover Hmu.
  apply (ever_ge K mu _ (apow (K / B) t * apow (Rabs mu / K) s) (M s)).
  - split; [now apply moment_nonneg|easy].
  - intros T. now apply (lundberg_lower_within inv).
Qed.

Theorem ever_lower R s t K mu : 0 < K -> 0 < R -> 0 <= s <= t -> M s < 1 <= M t ->
  (forall p x, In (p, x) w -> factor lam x <= R) -> Rabs mu <= K * R ->
  apow (Rabs mu / (K * R)) t <= ever w lam K mu.
Proof.
  intros HK HR Hst [Ms Mt] Hfactor Hmu.
  apply (ever_ge K mu _ (apow (/ R) t * apow (Rabs mu / K) s) (M s)).
  - split; [now apply moment_nonneg|easy].
  - intros T. now apply lundberg_lower.
Qed.

(** ** The statements in the terms of docs/spikes.md *)

Lemma Rpower_apow_inv K s : 0 < K -> apow (1 / K) s = Rpower K (- s).
Proof.
  intros HK. unfold Rdiv. rewrite Rmult_1_l, apow_inv, Rpower_Ropp by easy.
  f_equal. unfold apow. now destruct (Rlt_dec 0 K).
Qed.

(** Lemma S3 with two exponents: for lo <= theta <= hi. *)
Theorem spike_bounds R lo hi K : 1 < K -> 0 <= lo <= hi -> M lo < 1 <= M hi ->
  (forall p x, In (p, x) w -> factor lam x <= R) ->
  Rpower (K * R) (- hi) <= ever w lam K 1 <= Rpower K (- lo).
Proof.
  intros HK Hlo HM Hfactor.
  assert (HR : 1 < R).
  { destruct (Rlt_dec 1 R) as [H | H]; [easy|exfalso].
    assert (HM1 : M hi <= M lo); [|lra].
    apply expect_le; [exact Hw|]. intros p x Hin. specialize (Hfactor p x Hin).
    apply apow_le_exponent; [|lra]. pose proof (factor_nonneg lam x). lra. }
  assert (HKR : 0 < K * R) by (apply Rmult_lt_0_compat; lra).
  split.
  - rewrite <- Rpower_apow_inv by easy. rewrite <- Rabs_R1 at 1.
    apply (ever_lower R lo hi); try easy; try lra. rewrite Rabs_R1. nra.
  - rewrite <- Rpower_apow_inv by lra. rewrite <- Rabs_R1 at 2.
    apply ever_upper; lra.
Qed.

(** Lemma S3: (K R)^-theta <= P <= K^-theta. *)
Theorem spike_deflationary R K : deflationary w lam -> 1 < K ->
  (forall p x, In (p, x) w -> factor lam x <= R) ->
  exists t, theta w lam = Finite t /\ 0 < t /\
    Rpower (K * R) (- t) <= ever w lam K 1 <= Rpower K (- t).
Proof.
  intros Hd HK Hfactor.
  destruct (exponent_exists w lam law Hd) as (t & Ht & Et & Mt & Hbefore & _).
  exists t. repeat split; try easy.
  - apply (spike_bounds R (t / 2) t K HK); try easy; try lra.
    split; [apply Hbefore|]; lra.
  - rewrite <- Rpower_apow_inv by lra. rewrite <- Rabs_R1 at 2. apply ever_upper; lra.
Qed.

(** Lemma S1: if no factor exceeds 1, a level above the start is never reached. *)
Theorem spike_stable K T : (forall p x, In (p, x) w -> factor lam x <= 1) ->
  forall mu, Rabs mu < K -> reach w lam K T mu = 0.
Proof.
  intros Hfactor. unfold reach. induction T as [|T IH]; intros mu Hmu.
  - now apply hit_start.
  - rewrite hit_step by easy. rewrite (expect_ext _ _ (fun _ => 0)); [apply expect_zero|].
    intros p x Hin. apply IH. rewrite Rabs_linear_step.
    specialize (Hfactor p x Hin). pose proof (factor_nonneg lam x). pose proof (Rabs_pos mu). nra.
Qed.

(** Lemma S2 for G > 0: a negative exponent s with M(s) < 1 bounds what has not spiked yet. *)
Lemma not_reached s K T mu : no_pole w lam -> s < 0 -> 0 < K -> mu <> 0 ->
  1 - apow (Rabs mu / K) s * M s ^ T <= reach w lam K T mu.
Proof.
  intros Hnp Hs HK Hmu. unfold reach.
  pose proof (hit_plus_alive_one w (linear_step lam) Rabs K law T mu) as H1.
  pose proof (alive_le_geometric w (linear_step lam) Rabs K law (fun nu => nu <> 0)
    (fun _ => 1) (fun nu => apow (Rabs nu / K) s) 1 (M s)) as Hle.
  assert (U : alive w (linear_step lam) Rabs K (fun _ => 1) T mu
    <= 1 * M s ^ T * apow (Rabs mu / K) s).
  { apply Hle; try easy; try lra.
    - now apply moment_nonneg.
    - intros. apply apow_nonneg.
    - intros nu Hnu Hlt. rewrite Rmult_1_l.
      assert (Hq : 0 < Rabs nu / K <= 1).
      { split; [apply Rdiv_lt_0_compat; [now apply Rabs_pos_lt|easy]|].
        apply quotient_le_one; lra. }
      rewrite <- (apow_one s). replace s with (- - s) by ring.
      rewrite !(apow_opp _ (- s)) by lra.
      apply Rinv_le_contravar; [now apply apow_pos|]. apply apow_le; lra.
    - intros nu Hnu _ p x Hin. apply Rmult_integral_contrapositive_currified; [|easy].
      now apply (Hnp p).
    - intros nu _ _. rewrite mean_step by easy. lra. }
  lra.
Qed.

(** Where G > 0 a moment with a negative exponent is below 1. *)
Lemma negative_moment : no_pole w lam -> 0 < drift w lam -> exists s, s < 0 /\ M s < 1.
Proof.
  intros Hnp HG.
  pose proof (moment_derive w lam 0) as Hd. rewrite moment_slope_zero in Hd by easy.
  apply is_derive_Reals in Hd. destruct (Hd (drift w lam) HG) as [d Hd'].
  pose proof (cond_pos d) as Hdpos. exists (- (d / 2)). split; [lra|].
  specialize (Hd' (- (d / 2)) ltac:(lra)).
  rewrite Rabs_Ropp, Rabs_pos_eq in Hd' by lra. specialize (Hd' ltac:(lra)).
  apply Rabs_def2 in Hd'. destruct Hd' as [_ Hlow].
  rewrite Rplus_0_l, moment_zero_no_pole in Hlow by easy.
  assert (Hq : 0 < (M (- (d / 2)) - 1) / - (d / 2)) by lra.
  apply Rmult_lt_compat_r with (r := d / 2) in Hq; [|lra].
  replace ((M (- (d / 2)) - 1) / - (d / 2) * (d / 2)) with (1 - M (- (d / 2))) in Hq
  by (field; lra). lra.
Qed.

Theorem spike_inflationary K mu : no_pole w lam -> 0 < drift w lam -> 0 < K -> mu <> 0 ->
  ever w lam K mu = 1.
Proof.
  intros Hnp HG HK Hmu.
  destruct (negative_moment Hnp HG) as (s & Hs & HM). apply Rle_antisym; [apply ever_bounds|].
  apply (ever_ge K mu 1 (apow (Rabs mu / K) s) (M s)).
  - split; [now apply moment_nonneg|easy].
  - intros T. now apply not_reached.
Qed.

End Lundberg.
