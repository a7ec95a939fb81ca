(** Closed forms for the probability of a spike at finite width, for every exponent: W4, from above. W3 is in
    Reached.v.

    While |kappa| <= c and L_1 <= L <= L_0 the factor of the sample x is at most [highest x]. *)

From Coq Require Import Reals List Lra Lia.
From Catalysis Require Import Definitions Law Power General Convexity Width.
Import ListNotations.
Open Scope R_scope.

(** * Minkowski's inequality with a constant: |C + X|_p <= C + |X|_p *)

Lemma apow_null r s : 0 <= r -> apow r s = 0 -> r = 0.
Proof. intros [H|H] E; [pose proof (apow_pos r s H); lra | now symmetry]. Qed.

Lemma minkowski {I : Type} (law : list (R * I)) (X : I -> R) (C p : R) :
  is_law law -> 0 <= C -> (forall i, drawn law i -> 0 <= X i) -> 1 <= p ->
  expect law (fun i => apow (C + X i) p) <= apow (C + apow (expect law (fun i => apow (X i) p)) (/ p)) p.
Proof.
  intros Hl HC HX Hp. set (E := expect law (fun i => apow (X i) p)).
  assert (E0 : 0 <= E) by (apply expect_nonneg; [exact (proj1 Hl) | intros; apply apow_nonneg]).
  destruct E0 as [E0|E0].
  - set (N := apow E (/ p)). assert (N0 : 0 < N) by now apply apow_pos.
    assert (NE : apow N p = E) by (unfold N; rewrite apow_apow, Rinv_l, apow_to_one; lra).
    set (t := C / (C + N)). assert (S : 0 < C + N) by lra.
    assert (T : 0 <= t <= 1).
    { unfold t, Rdiv. pose proof (Rinv_0_lt_compat _ S). split; [apply Rmult_le_pos; lra|].
      rewrite <- (Rinv_r (C + N)) by lra. apply Rmult_le_compat_r; lra. }
    apply Rle_trans with (expect law (fun i => apow (C + N) p * t + apow (C + N) p * (1 - t) / E * apow (X i) p)).
    + apply expect_le; [exact (proj1 Hl)|]. intros q i Hi. apply in_drawn in Hi. specialize (HX i Hi).
      replace (C + X i) with ((C + N) * (t * 1 + (1 - t) * (X i / N))) by (unfold t; field; lra).
      assert (Q : 0 <= X i / N) by (apply Rmult_le_pos; [exact HX | now apply Rlt_le, Rinv_0_lt_compat]).
      rewrite apow_mult; [|lra|apply Rplus_le_le_0_compat; apply Rmult_le_pos; lra].
      pose proof (Bands.apow_convex 1 (X i / N) t p ltac:(lra) Q T Hp) as V.
      rewrite apow_one, apow_div, NE in V by assumption.
      apply (Rmult_le_compat_l (apow (C + N) p)) in V; [|apply apow_nonneg].
      eapply Rle_trans; [exact V|]. right. field. lra.
    + rewrite expect_plus, expect_const, expect_scal by exact Hl. fold E. right. field. lra.
  - rewrite <- E0, apow_zero, Rplus_0_r. right. rewrite <- (expect_const law (apow C p) Hl).
    apply expect_ext. intros q i Hi. replace (X i) with 0; [now rewrite Rplus_0_r|].
    symmetry. apply (apow_null _ p); [apply HX; now exists q|].
    apply (expect_null law (fun i => apow (X i) p) q i); [exact (proj1 Hl) | intros;
      apply apow_nonneg | fold E; lra | exact Hi].
Qed.

(** * The setting *)

Section ClosedForms.
Variable w : list (R * R).
Variables L0 L1 c D : R.
Hypothesis data : is_data w.
Hypothesis window : forall p x, In (p, x) w -> x * L0 <= 4.
Hypothesis c_pos : 0 < c.
Hypothesis levels : L1 < L0.
Hypothesis D_pos : 0 < D.
(** L falls in a step by at most kappa^2 (L_0 - L_1)/D. *)
Hypothesis speed : forall p x, In (p, x) w -> x * (4 - x * L1) * D <= L0 - L1.

Let law : is_law w := proj1 data.

Definition highest (x : R) : R := Rmax (Rabs (1 - x * L0)) (Rabs (1 - x * L1 + x ^ 2 * c ^ 2)).

(** The moment M^+ of the walk of the highest factors. *)
Definition highest_moment (b : R) : R := expect w (fun x => apow (highest x) b).

Lemma abs_between a y b : a <= y <= b -> Rabs y <= Rmax (Rabs a) (Rabs b).
Proof.
  intros H. apply Rabs_le. pose proof (Rmax_l (Rabs a) (Rabs b)). pose proof (Rmax_r (Rabs a) (Rabs b)).
  pose proof (Rle_abs (- a)) as A. rewrite Rabs_Ropp in A. pose proof (Rle_abs b). lra.
Qed.

Lemma factor_range x k L : 0 <= x -> Rabs k <= c -> L1 <= L <= L0 ->
  1 - x * L0 <= 1 - x * L + x ^ 2 * k ^ 2 <= 1 - x * L1 + x ^ 2 * c ^ 2.
Proof.
  intros Hx Hk HL.
  assert (K : k ^ 2 <= c ^ 2) by (rewrite <- pow2_abs; apply pow_incr; split; [apply Rabs_pos | exact Hk]).
  pose proof (pow2_ge_0 x) as X. pose proof (pow2_ge_0 k) as K0.
  pose proof (Rmult_le_compat_l x L1 L Hx ltac:(lra)). pose proof (Rmult_le_compat_l x L L0 Hx ltac:(lra)).
  pose proof (Rmult_le_compat_l _ _ _ X K). pose proof (Rmult_le_pos _ _ X K0). lra.
Qed.

Lemma factor_highest x k L : 0 <= x -> Rabs k <= c -> L1 <= L <= L0 -> Rabs (1 - x * L + x ^ 2 * k ^ 2) <=
  highest x.
Proof. intros Hx Hk HL. now apply abs_between, factor_range. Qed.

Lemma loss_speed p x k L : In (p, x) w -> L1 <= L -> (L - snd (reduced_step x (k, L))) * D <= k ^ 2 * (L0 - L1).
Proof.
  intros Hin HL. pose proof (proj2 data p x Hin) as Hx.
  replace ((L - snd (reduced_step x (k, L))) * D) with (k ^ 2 * (x * (4 - x * L) * D)) by (simpl; ring).
  apply Rmult_le_compat_l; [apply pow2_ge_0|]. eapply Rle_trans; [|exact (speed p x Hin)].
  apply Rmult_le_compat_r; [lra|]. apply Rmult_le_compat_l; [exact Hx|].
  pose proof (Rmult_le_compat_l x L1 L Hx HL). lra.
Qed.

(** The share of the way from L_0 to L_1 that is used up. *)
Definition used (L : R) : R := (L0 - L) / (L0 - L1).

Lemma used_nonneg L : L <= L0 -> 0 <= used L.
Proof. intros H. apply Rmult_le_pos; [lra | apply Rlt_le, Rinv_0_lt_compat; lra]. Qed.

Lemma used_up L : L < L1 -> 1 <= used L.
Proof. intros H. apply (Rmult_le_reg_r (L0 - L1)); [lra|]. unfold used, Rdiv. rewrite Rmult_assoc, Rinv_l; lra. Qed.

Lemma used_step p x k L : In (p, x) w -> L1 <= L -> used (snd (reduced_step x (k, L))) <= used L + k ^ 2 / D.
Proof.
  intros Hin HL. pose proof (loss_speed p x k L Hin HL) as S. set (L' := snd _) in *.
  assert (E : used L' = used L + (L - L') * D / ((L0 - L1) * D)) by (unfold used; field; lra).
  rewrite E. apply Rplus_le_compat_l. apply (Rmult_le_reg_r ((L0 - L1) * D)); [apply Rmult_lt_0_compat; lra|].
  replace ((L - L') * D / ((L0 - L1) * D) * ((L0 - L1) * D)) with ((L - L') * D) by (field; lra).
  replace (k ^ 2 / D * ((L0 - L1) * D)) with (k ^ 2 * (L0 - L1)) by (field; lra). exact S.
Qed.

Lemma kappa_moment b k L : 0 <= b -> Rabs k <= c -> L1 <= L <= L0 ->
  expect w (fun x => apow (kappa_size (reduced_step x (k, L))) b) <= highest_moment b * apow (Rabs k) b.
Proof.
  intros Hb Hk HL. unfold highest_moment. rewrite Rmult_comm, <- expect_scal. apply expect_le; [exact (proj1 law)|].
  intros p x Hin. unfold kappa_size. rewrite kappa_factor, apow_mult by apply Rabs_pos. rewrite Rmult_comm.
  apply Rmult_le_compat_l; [apply apow_nonneg|]. apply apow_le; [|exact Hb]. split; [apply Rabs_pos|].
  apply factor_highest; try assumption. exact (proj2 data p x Hin).
Qed.

(** A function that is at least 1 at the level c and where L has fallen below L_1, and a supermartingale before. *)
Theorem from_above (H : R * R -> R) :
  (forall s, below L0 s -> 0 <= H s) ->
  (forall s, below L0 s -> c <= kappa_size s -> 1 <= H s) ->
  (forall s, below L0 s -> snd s < L1 -> 1 <= H s) ->
  (forall s, below L0 s -> L1 <= snd s -> kappa_size s < c -> expect w (fun x => H (reduced_step x s)) <= H s) ->
  forall T s, below L0 s -> reach_kappa w c T s <= Rmin 1 (H s).
Proof.
  intros H0 Hc H1 Hs T s B.
  assert (inside : forall x s, drawn w x -> below L0 s -> below L0 (reduced_step x s)).
  { intros x y [p Hx] By. apply below_kept; [exact (proj2 data p x Hx) | exact (window p x Hx) | exact By]. }
  apply (hit_le_supermartingale w reduced_step kappa_size c law (below L0) (fun s => Rmin 1 (H s))); try assumption.
  - intros y By. apply Rmin_glb; [lra | now apply H0].
  - intros y By Hy. rewrite Rmin_left; [lra | now apply Hc].
  - intros y By _ p x Hx. apply inside; [now exists p | exact By].
  - intros y By Hy.
    assert (capped : expect w (fun x => Rmin 1 (H (reduced_step x y))) <= 1).
    { apply Rle_trans with (expect w (fun _ => 1)); [|right; now apply expect_const].
      apply expect_le; [exact (proj1 law)|]. intros. apply Rmin_l. }
    apply Rmin_glb.
    + exact capped.
    + destruct (Rlt_le_dec (snd y) L1) as [low|high].
      * eapply Rle_trans; [exact capped | now apply H1].
      * eapply Rle_trans; [|now apply Hs]. apply expect_le; [exact (proj1 law)|]. intros. apply Rmin_r.
Qed.

Section W4.
Variables b t : R.
Hypothesis b_pos : 0 < b.
Hypothesis at_b : highest_moment b <= 1.
Hypothesis t_pos : 0 < t.
Hypothesis at_t : highest_moment t < 1.

Let m := highest_moment t.

Lemma m_nonneg : 0 <= m.
Proof. apply expect_nonneg; [exact (proj1 law) | intros; apply apow_nonneg]. Qed.

Lemma lundberg_part k L : Rabs k <= c -> L1 <= L <= L0 ->
  expect w (fun x => apow (kappa_size (reduced_step x (k, L)) / c) b) <= apow (Rabs k / c) b.
Proof.
  intros Hk HL. pose proof (apow_pos c b c_pos) as P. rewrite apow_div by (try apply Rabs_pos; exact c_pos).
  rewrite (expect_ext _ _ (fun x => / apow c b * apow (kappa_size (reduced_step x (k, L))) b)).
  - rewrite expect_scal, Rmult_comm. apply Rmult_le_compat_r; [now apply Rlt_le, Rinv_0_lt_compat|].
    eapply Rle_trans; [apply kappa_moment; try assumption; lra|].
    rewrite <- (Rmult_1_l (apow (Rabs k) b)) at 2. apply Rmult_le_compat_r; [apply apow_nonneg | exact at_b].
  - intros p x _. rewrite apow_div by (try apply Rabs_pos; exact c_pos). unfold Rdiv. ring.
Qed.

Lemma lundberg_at_level s : c <= kappa_size s -> 1 <= apow (kappa_size s / c) b.
Proof.
  intros H. apply apow_ge_one; [|lra]. apply (Rmult_le_reg_r c); [exact c_pos|]. unfold Rdiv.
    rewrite Rmult_assoc, Rinv_l; lra.
Qed.

(** W4, t <= 2. *)
Theorem W4_low_exponent T k0 : t <= 2 -> 2 * Rabs k0 <= L0 ->
  reach_kappa w c T (k0, L0) <= apow (Rabs k0 / c) b + apow c (2 - t) * apow (Rabs k0) t / (D * (1 - m)).
Proof.
  intros Ht2 start. pose proof m_nonneg as M0. pose proof (apow_pos c (2 - t) c_pos) as C2.
  assert (Dm : 0 < D * (1 - m)) by (apply Rmult_lt_0_compat; unfold m in *; lra).
  set (a := apow c (2 - t) / (D * (1 - m))).
  assert (A : 0 < a) by now apply Rdiv_lt_0_compat.
  set (H := fun s : R * R => apow (kappa_size s / c) b + (used (snd s) + a * apow (kappa_size s) t)).
  assert (rest : forall s, below L0 s -> 0 <= used (snd s) + a * apow (kappa_size s) t).
  { intros s [_ B]. apply Rplus_le_le_0_compat; [now apply used_nonneg | apply Rmult_le_pos;
    [lra | apply apow_nonneg]]. }
  eapply Rle_trans; [apply (from_above H)|].
  - intros s B. apply Rplus_le_le_0_compat; [apply apow_nonneg | now apply rest].
  - intros s B Hc. pose proof (rest s B). pose proof (lundberg_at_level s Hc). unfold H. lra.
  - intros s B Hl. pose proof (used_up _ Hl). pose proof (apow_nonneg (kappa_size s / c) b).
    pose proof (Rmult_le_pos a _ (Rlt_le _ _ A) (apow_nonneg (kappa_size s) t)). unfold H. lra.
  - intros [k L] [N B] Hl Hk. simpl in B, Hl. unfold kappa_size in Hk. simpl in Hk.
    assert (HL : L1 <= L <= L0) by lra. unfold H. rewrite expect_plus.
    apply Rplus_le_compat; [apply lundberg_part; lra|].
    apply Rle_trans with (expect w (fun x => used L + k ^ 2 / D + a * apow (kappa_size (reduced_step x (k, L))) t)).
    { apply expect_le; [exact (proj1 law)|]. intros p x Hin. apply Rplus_le_compat_r. now apply (used_step p). }
    rewrite expect_plus, expect_const, expect_scal by exact law.
    pose proof (kappa_moment t k L ltac:(lra) ltac:(lra) HL) as K. fold m in K.
    apply (Rmult_le_compat_l a) in K; [|lra].
    assert (Q : k ^ 2 <= apow c (2 - t) * apow (Rabs k) t).
    { rewrite <- pow2_abs. destruct (Rabs_pos k) as [P|P].
      - replace (Rabs k ^ 2) with (apow (Rabs k) (2 - t) * apow (Rabs k) t).
        + apply Rmult_le_compat_r; [apply apow_nonneg | apply apow_le; lra].
        + rewrite <- apow_plus by exact P. replace (2 - t + t) with (INR 2) by (simpl; ring).
          rewrite apow_Rpower by exact P. now apply Rpower_pow.
      - rewrite <- P. rewrite pow_ne_zero by lia. apply Rmult_le_pos; [lra | apply apow_nonneg]. }
    simpl snd. change (kappa_size (k, L)) with (Rabs k).
    assert (E : k ^ 2 / D <= a * (1 - m) * apow (Rabs k) t).
    { replace (a * (1 - m) * apow (Rabs k) t) with (apow c (2 - t) * apow (Rabs k) t / D) by (unfold a; field;
      unfold m in *; lra).
      apply Rmult_le_compat_r; [now apply Rlt_le, Rinv_0_lt_compat | exact Q]. }
    lra.
  - split; [exact start | simpl; lra].
  - eapply Rle_trans; [apply Rmin_r|]. unfold H, used, kappa_size. simpl. right. unfold a. field.
    unfold m in *. lra.
Qed.

(** W4, t >= 2. *)
Theorem W4_high_exponent T k0 : 2 <= t -> 2 * Rabs k0 <= L0 ->
  reach_kappa w c T (k0, L0) <= apow (Rabs k0 / c) b + apow (k0 ^ 2 / (D * (1 - apow m (2 / t)))) (t / 2).
Proof.
  intros Ht2 start. pose proof m_nonneg as M0. set (r := apow m (2 / t)).
  assert (R1 : 0 <= r < 1).
  { split; [apply apow_nonneg|]. unfold r. destruct M0 as [P|P]; [|rewrite <- P, apow_zero; lra].
    rewrite apow_exp by exact P. rewrite <- exp_0. apply exp_increasing.
    assert (I : 0 < 2 / t) by (apply Rdiv_lt_0_compat; lra).
    pose proof (ln_increasing m 1 P ltac:(exact at_t)) as Ln. rewrite ln_1 in Ln.
    apply Ropp_lt_cancel. rewrite Ropp_0, Ropp_mult_distr_r. apply Rmult_lt_0_compat; lra. }
  set (a := / (D * (1 - r))).
  assert (A : 0 < a) by (apply Rinv_0_lt_compat, Rmult_lt_0_compat; lra).
  assert (p1 : 1 <= t / 2) by lra.
  set (H := fun s : R * R => apow (kappa_size s / c) b + apow (used (snd s) + a * fst s ^ 2) (t / 2)).
  assert (Apos : forall k, 0 <= a * k ^ 2) by (intros; apply Rmult_le_pos; [lra | apply pow2_ge_0]).
  eapply Rle_trans; [apply (from_above H)|].
  - intros s B. apply Rplus_le_le_0_compat; apply apow_nonneg.
  - intros s B Hc. pose proof (lundberg_at_level s Hc). unfold H.
    pose proof (apow_nonneg (used (snd s) + a * fst s ^ 2) (t / 2)). lra.
  - intros s B Hl. pose proof (used_up _ Hl) as U. pose proof (apow_nonneg (kappa_size s / c) b).
    pose proof (Apos (fst s)). pose proof (apow_ge_one (used (snd s)
      + a * fst s ^ 2) (t / 2) ltac:(lra) ltac:(lra)). unfold H. lra.
  - intros [k L] [N B] Hl Hk. simpl in B, Hl. unfold kappa_size in Hk. simpl in Hk.
    assert (HL : L1 <= L <= L0) by lra. unfold H. rewrite expect_plus.
    apply Rplus_le_compat; [apply lundberg_part; lra|].
    set (C := used L + k ^ 2 / D).
    assert (C0 : 0 <= C).
    { apply Rplus_le_le_0_compat; [now apply used_nonneg|]. apply Rmult_le_pos;
      [apply pow2_ge_0 | now apply Rlt_le, Rinv_0_lt_compat]. }
    apply Rle_trans with (expect w (fun x => apow (C + a * fst (reduced_step x (k, L)) ^ 2) (t / 2))).
    { apply expect_le; [exact (proj1 law)|]. intros p x Hin. apply apow_le; [|lra].
      assert (In' : below L0 (reduced_step x (k, L))).
      { apply below_kept; [exact (proj2 data p x Hin) | exact (window p x Hin) | split; [exact N | exact B]]. }
      split; [apply Rplus_le_le_0_compat; [apply used_nonneg, In' | apply Apos]|].
      apply Rplus_le_compat_r. now apply (used_step p). }
    eapply Rle_trans; [apply minkowski; [exact law | exact C0 | intros; apply Apos | exact p1]|].
    simpl snd. simpl fst. apply apow_le; [|lra].
    assert (power : forall y, apow (a * y ^ 2) (t / 2) = apow a (t / 2) * apow (Rabs y) t).
    { intros y. rewrite apow_mult by (try apply pow2_ge_0; lra). f_equal. rewrite <- pow2_abs.
      replace (Rabs y ^ 2) with (apow (Rabs y) 2).
      - rewrite apow_apow. f_equal. field.
      - destruct (Rabs_pos y) as [P|P].
        + replace 2 with (INR 2) at 1 by (simpl; ring). rewrite apow_Rpower by exact P. now apply Rpower_pow.
        + rewrite <- P, apow_zero. simpl. ring. }
    assert (Em : expect w (fun x => apow (a * fst (reduced_step x (k, L)) ^ 2) (t / 2)) <=
      m * apow (a * k ^ 2) (t / 2)).
    { rewrite (expect_ext _ _ (fun x => apow a (t / 2) * apow (kappa_size (reduced_step x (k, L))) t)) by
      (intros; apply power).
      rewrite expect_scal, power. pose proof (kappa_moment t k L ltac:(lra) ltac:(lra) HL) as K. fold m in K.
      apply (Rmult_le_compat_l (apow a (t / 2))) in K; [lra | apply apow_nonneg]. }
    assert (root : apow (expect w (fun x => apow (a * fst (reduced_step x (k, L)) ^ 2) (t / 2))) (/ (t / 2)) <= r
      * (a * k ^ 2)).
    { assert (I : 0 < / (t / 2)) by (apply Rinv_0_lt_compat; lra).
      eapply Rle_trans; [apply apow_le; [split; [apply expect_nonneg; [exact (proj1 law) | intros;
        apply apow_nonneg] | exact Em] | lra]|].
      rewrite apow_mult by (try apply apow_nonneg; exact M0). rewrite apow_apow.
      replace (t / 2 * / (t / 2)) with 1 by (field; lra). rewrite apow_to_one by apply Apos.
      replace (/ (t / 2)) with (2 / t) by (field; lra). fold r. lra. }
    assert (E : C + r * (a * k ^ 2) = used L + a * k ^ 2) by (unfold C, a; field; lra).
    split; [apply Rplus_le_le_0_compat; [exact C0 | apply apow_nonneg] | lra].
  - split; [exact start | simpl; lra].
  - eapply Rle_trans; [apply Rmin_r|]. unfold H, used, kappa_size. simpl fst. simpl snd. right. do 2 f_equal.
    unfold a. field. lra.
Qed.

End W4.
End ClosedForms.
