(** Closed form for the probability of a spike at finite width, from below (W3), at every horizon.

    While |kappa| < c and L_1 <= L <= L_0 the factor of the sample x is at least [lowest x]. The proof follows,
    beside the path,
    the product xi of the lowest factors and the number n of steps:
    V = M^-n (xi/(c r))^h (1 - Z) is a submartingale, where Z counts what L has lost and what it may still lose. *)

From Coq Require Import Reals List Lra Lia.
From Catalysis Require Import Definitions Law Power General Convexity Width Closed.
Import ListNotations.
Open Scope R_scope.

Lemma apow_plus_two r h : 0 <= r -> apow r (h + 2) = apow r h * r ^ 2.
Proof.
  intros [H|<-]; [|rewrite !apow_zero; ring]. rewrite apow_plus by exact H. f_equal.
  replace 2 with (INR 2) at 1 by (simpl; ring). rewrite apow_Rpower by exact H. now apply Rpower_pow.
Qed.

Lemma relabel_same {I : Type} (law : list (R * I)) : relabel (fun i => i) law = law.
Proof. induction law as [|[p i] law IH]; simpl; [reflexivity | now rewrite IH]. Qed.

(** The least absolute value on an interval. *)
Definition least_abs (a b : R) : R := if Rle_dec a 0 then if Rle_dec 0 b then 0 else Rmin (Rabs a) (Rabs b) else
  Rmin (Rabs a) (Rabs b).

Lemma least_abs_le a y b : a <= y <= b -> 0 <= least_abs a b <= Rabs y.
Proof.
  intros H. pose proof (Rabs_pos y). unfold least_abs.
  pose proof (Rmin_l (Rabs a) (Rabs b)). pose proof (Rmin_r (Rabs a) (Rabs b)).
  pose proof (Rmin_glb _ _ 0 (Rabs_pos a) (Rabs_pos b)).
  destruct (Rle_dec a 0) as [A|A]; [destruct (Rle_dec 0 b) as [B|B]; [lra|]|].
  - rewrite (Rabs_left b) in * by lra. rewrite (Rabs_left y) by lra. lra.
  - rewrite (Rabs_pos_eq a) in * by lra. rewrite (Rabs_pos_eq y) by lra. lra.
Qed.

(** Its value where the interval lies on one side of 0. *)
Lemma least_abs_negative a b : a <= b -> b < 0 -> least_abs a b = - b.
Proof.
  intros H B. unfold least_abs. rewrite (Rabs_left a), (Rabs_left b), Rmin_right by lra.
  destruct (Rle_dec a 0); [destruct (Rle_dec 0 b)|]; lra.
Qed.

Lemma least_abs_positive a b : 0 < a -> a <= b -> least_abs a b = a.
Proof.
  intros A H. unfold least_abs. rewrite (Rabs_pos_eq a), (Rabs_pos_eq b), Rmin_left by lra.
  destruct (Rle_dec a 0); [lra | reflexivity].
Qed.

Local Arguments reduced_step : simpl never.

Section Reached.
Variable w : list (R * R).
Variables L0 L1 c D h r g : R.
Hypothesis data : is_data w.
Hypothesis window : forall p x, In (p, x) w -> x * L0 <= 4.
Hypothesis c_pos : 0 < c.
Hypothesis levels : L1 < L0.
Hypothesis D_pos : 0 < D.
Hypothesis speed : forall p x, In (p, x) w -> x * (4 - x * L1) * D <= L0 - L1.

Let law : is_law w := proj1 data.

Definition lowest (x : R) : R := least_abs (1 - x * L0) (1 - x * L1 + x ^ 2 * c ^ 2).

(** The moment M^- of the walk of the lowest factors. *)
Definition lowest_moment (b : R) : R := expect w (fun x => apow (lowest x) b).

Hypothesis h_pos : 0 < h.
Hypothesis r_ge_1 : 1 <= r.
Hypothesis r_highest : forall p x, In (p, x) w -> highest L0 L1 c x <= r.
Hypothesis grows : 1 < lowest_moment h.
Hypothesis g_pos : 0 < g.
Hypothesis g_growth : (1 + g) * lowest_moment h <= lowest_moment (h + 2).

Let M := lowest_moment h.
Let top := c * r.

Lemma top_pos : 0 < top.
Proof. apply Rmult_lt_0_compat; lra. Qed.

(** The number of steps, xi, and the state. *)
Definition tracked : Type := nat * (R * (R * R)).
Definition tracked_step (x : R) (y : tracked) : tracked :=
  (S (fst y), (lowest x * fst (snd y), reduced_step x (snd (snd y)))).
Definition tracked_size (y : tracked) : R := kappa_size (snd (snd y)).

(** Used up, and the largest kappa^2 to come. *)
Definition Z (s : R * R) : R := used L0 L1 (snd s) + (top ^ 2 - fst s ^ 2) / (g * D).

Definition live (n : nat) (xi : R) (s : R * R) : R := (/ M) ^ n * (apow (xi / top) h * (1 - Z s)).

Definition V (y : tracked) : R := if Rlt_dec (snd (snd (snd y))) L1 then 0 else live (fst y) (fst (snd y)) (snd
  (snd y)).

(** What is kept: as long as L >= L_1, 0 <= xi <= |kappa| <= c r. *)
Definition kept (y : tracked) : Prop :=
  below L0 (snd (snd y)) /\ 0 <= fst (snd y) /\
  (L1 <= snd (snd (snd y)) -> fst (snd y) <= Rabs (fst (snd (snd y))) <= top).

Lemma lowest_nonneg x : 0 <= lowest x.
Proof.
  unfold lowest, least_abs. pose proof (Rmin_glb _ _ 0 (Rabs_pos (1 - x * L0)) (Rabs_pos (1 - x * L1
    + x ^ 2 * c ^ 2))).
  destruct (Rle_dec (1 - x * L0) 0); [destruct (Rle_dec 0 (1 - x * L1 + x ^ 2 * c ^ 2))|]; lra.
Qed.

Lemma factor_lowest p x k L : In (p, x) w -> Rabs k <= c -> L1 <= L <= L0 -> lowest x <=
  Rabs (1 - x * L + x ^ 2 * k ^ 2) <= r.
Proof.
  intros Hin Hk HL. pose proof (proj2 data p x Hin) as Hx. split.
  - apply least_abs_le. now apply factor_range.
  - eapply Rle_trans; [now apply (factor_highest L0 L1 c) | exact (r_highest p x Hin)].
Qed.

Lemma kept_step y : kept y -> tracked_size y < c -> forall p x, In (p, x) w -> kept (tracked_step x y).
Proof.
  destruct y as [n [xi [k L]]]. unfold kept, tracked_size, tracked_step. simpl fst. simpl snd.
  intros (B & X & K) Hk p x Hin. pose proof (proj2 data p x Hin) as Hx. unfold kappa_size in Hk. simpl in Hk.
  assert (B' : below L0 (reduced_step x (k, L))) by (apply below_kept;
    [exact Hx | exact (window p x Hin) | exact B]).
  split; [exact B'|]. split; [apply Rmult_le_pos; [apply lowest_nonneg | exact X]|].
  intros H'. destruct B as [N B]. simpl in B.
  assert (HL : L1 <= L <= L0).
  { split; [|exact B]. eapply Rle_trans; [exact H'|]. apply L_never_increases; [exact Hx|].
    apply (times_below x L0 (k, L)); [exact Hx | exact (window p x Hin) | split; assumption]. }
  specialize (K (proj1 HL)). destruct (factor_lowest p x k L Hin ltac:(lra) HL) as [F1 F2].
  change (lowest x * xi <= Rabs (fst (reduced_step x (k, L))) <= top). rewrite kappa_factor. split.
  - apply Rmult_le_compat; try lra. apply lowest_nonneg.
  - unfold top. rewrite (Rmult_comm c). apply Rmult_le_compat; try lra; apply Rabs_pos.
Qed.

Lemma Z_nonneg s : snd s <= L0 -> Rabs (fst s) <= top -> used L0 L1 (snd s) <= Z s.
Proof.
  intros HL Hk. unfold Z. assert (0 <= (top ^ 2 - fst s ^ 2) / (g * D)); [|lra].
  apply Rmult_le_pos; [|apply Rlt_le, Rinv_0_lt_compat, Rmult_lt_0_compat; assumption].
  assert (fst s ^ 2 <= top ^ 2); [|lra]. rewrite <- pow2_abs. apply pow_incr. split; [apply Rabs_pos | exact Hk].
Qed.

Lemma discount_bounds n : 0 <= (/ M) ^ n <= 1.
Proof.
  assert (I : 0 < / M < 1).
  { split; [apply Rinv_0_lt_compat; unfold M; lra|]. rewrite <- Rinv_1. apply Rinv_lt_contravar; unfold M; lra. }
  split; [apply pow_le; lra|]. rewrite <- (pow1 n). apply pow_incr. lra.
Qed.

Lemma xi_power xi k : 0 <= xi <= Rabs k -> Rabs k <= top -> 0 <= apow (xi / top) h <= 1.
Proof.
  intros H Hk. split; [apply apow_nonneg|]. pose proof top_pos. apply apow_le_one; [|lra].
  assert (I : 0 < / top) by now apply Rinv_0_lt_compat. unfold Rdiv. split; [apply Rmult_le_pos; lra|].
  rewrite <- (Rinv_r top) by lra. apply Rmult_le_compat_r; lra.
Qed.

Lemma V_low y : snd (snd (snd y)) < L1 -> V y = 0.
Proof. intros H. unfold V. destruct (Rlt_dec (snd (snd (snd y))) L1); [reflexivity | contradiction]. Qed.

(** V is at most M^-n. *)
Lemma V_le y : kept y -> V y <= (/ M) ^ fst y.
Proof.
  destruct y as [n [xi s]]. unfold kept, V. simpl fst. simpl snd. intros (B & X & K).
  pose proof (discount_bounds n) as Dn. destruct (Rlt_dec (snd s) L1) as [low|high]; [lra|].
  specialize (K ltac:(lra)). pose proof (xi_power xi (fst s) ltac:(lra) ltac:(lra)) as P.
  pose proof (Z_nonneg s (proj2 B) ltac:(lra)). pose proof (used_nonneg L0 L1 levels (snd s) (proj2 B)).
  unfold live. rewrite <- (Rmult_1_r ((/ M) ^ n)) at 2. apply Rmult_le_compat_l; [lra|].
  rewrite <- (Rmult_1_r 1). apply Rle_trans with (apow (xi / top) h * 1); [apply Rmult_le_compat_l; lra | lra].
Qed.

(** After a step V is at least the live term, which is not positive once L has fallen below L_1. *)
Lemma V_ge y : below L0 (snd (snd y)) -> Rabs (fst (snd (snd y))) <= top ->
  live (fst y) (fst (snd y)) (snd (snd y)) <= V y.
Proof.
  destruct y as [n [xi s]]. unfold V. simpl fst. simpl snd. intros B Hk.
  destruct (Rlt_dec (snd s) L1) as [low|high]; [|lra]. pose proof (discount_bounds n) as Dn.
  pose proof (Z_nonneg s (proj2 B) Hk). pose proof (used_up L0 L1 levels (snd s) low).
  unfold live. pose proof (apow_nonneg (xi / top) h).
  assert (P : 0 <= (/ M) ^ n * apow (xi / top) h) by (apply Rmult_le_pos; lra).
  assert (0 <= (/ M) ^ n * apow (xi / top) h * (Z s - 1)); [apply Rmult_le_pos; lra | lra].
Qed.

Lemma Z_step p x k L : In (p, x) w -> Rabs k <= c -> L1 <= L <= L0 ->
  Z (reduced_step x (k, L)) <= used L0 L1 L + k ^ 2 / D + (top ^ 2 - lowest x ^ 2 * k ^ 2) / (g * D).
Proof.
  intros Hin Hk HL. unfold Z. apply Rplus_le_compat; [now apply (used_step w L0 L1 D data levels D_pos speed p)|].
  apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat, Rmult_lt_0_compat; assumption|].
  destruct (factor_lowest p x k L Hin Hk HL) as [F _].
  assert (lowest x ^ 2 * k ^ 2 <= fst (reduced_step x (k, L)) ^ 2); [|lra].
  rewrite <- (pow2_abs (fst _)), kappa_factor, <- (pow2_abs k), Rpow_mult_distr, (pow2_abs k).
  apply Rmult_le_compat_r; [apply pow2_ge_0|]. apply pow_incr. split; [apply lowest_nonneg | exact F].
Qed.

(** The tilted mean: sum p r^h (1 - Z') >= M (1 - Z). *)
Lemma tilted_mean k L : Rabs k <= c -> L1 <= L <= L0 ->
  M * (1 - Z (k, L)) <= expect w (fun x => apow (lowest x) h * (1 - Z (reduced_step x (k, L)))).
Proof.
  intros Hk HL. pose proof (Rmult_lt_0_compat _ _ g_pos D_pos) as gD.
  set (A := 1 - used L0 L1 L - k ^ 2 / D - top ^ 2 / (g * D)). set (B := k ^ 2 / (g * D)).
  apply Rle_trans with (expect w (fun x => A * apow (lowest x) h + B * apow (lowest x) (h + 2))).
  - rewrite expect_plus, !expect_scal. change (expect w (fun x => apow (lowest x) h)) with M.
    change (expect w (fun x => apow (lowest x) (h + 2))) with (lowest_moment (h + 2)).
    assert (B0 : 0 <= B) by (apply Rmult_le_pos; [apply pow2_ge_0 | now apply Rlt_le, Rinv_0_lt_compat]).
    pose proof (Rmult_le_compat_l B _ _ B0 g_growth) as G. fold M in G.
    assert (E : M * (1 - Z (k, L)) = A * M + B * ((1 + g) * M)) by (unfold A, B, Z; simpl fst; simpl snd;
      field; lra).
    lra.
  - apply expect_le; [exact (proj1 law)|]. intros p x Hin. pose proof (Z_step p x k L Hin Hk HL) as S.
    rewrite apow_plus_two by apply lowest_nonneg.
    replace (A * apow (lowest x) h + B * (apow (lowest x) h * lowest x ^ 2))
      with (apow (lowest x) h * (1 - (used L0 L1 L + k ^ 2 / D + (top ^ 2 - lowest x ^ 2 * k ^ 2) / (g * D))))
      by (unfold A, B; field; lra).
    apply Rmult_le_compat_l; [apply apow_nonneg | lra].
Qed.

Lemma V_submartingale y : kept y -> tracked_size y < c -> V y <= expect w (fun x => V (tracked_step x y)).
Proof.
  intros Hy Hk. pose proof (kept_step y Hy Hk) as next. destruct y as [n [xi [k L]]].
  unfold tracked_size, kappa_size in Hk. simpl in Hk. destruct Hy as (B & X & K). simpl in B, X, K.
  unfold V at 1. simpl fst. simpl snd. destruct (Rlt_dec L L1) as [low|high].
  - rewrite (expect_ext _ _ (fun _ => 0)); [rewrite expect_zero; lra|]. intros p x Hin.
    assert (F : snd (reduced_step x (k, L)) < L1).
    { eapply Rle_lt_trans; [apply L_never_increases|exact low]; [exact (proj2 data p x Hin)|].
      apply (times_below x L0 (k, L)); [exact (proj2 data p x Hin) | exact (window p x Hin) | exact B]. }
    apply V_low. exact F.
  - assert (HL : L1 <= L <= L0) by (split; [lra | exact (proj2 B)]). specialize (K (proj1 HL)).
    apply Rle_trans with (expect w (fun x => live (S n) (lowest x * xi) (reduced_step x (k, L)))).
    + pose proof top_pos as TP. unfold live.
      rewrite (expect_ext _ _ (fun x => (/ M) ^ S n * apow (xi / top) h * (apow (lowest x) h * (1
        - Z (reduced_step x (k, L)))))).
      * rewrite expect_scal. pose proof (tilted_mean k L ltac:(lra) HL) as T.
        pose proof (discount_bounds (S n)) as Dn. pose proof (apow_nonneg (xi / top) h) as P.
        assert (Q : 0 <= (/ M) ^ S n * apow (xi / top) h) by (apply Rmult_le_pos; lra).
        apply (Rmult_le_compat_l _ _ _ Q) in T. eapply Rle_trans; [|exact T]. right. simpl. field. unfold M. lra.
      * intros p x _. replace (lowest x * xi / top) with (lowest x * (xi / top)) by (unfold Rdiv; ring).
        rewrite apow_mult; [ring | apply lowest_nonneg|]. apply Rmult_le_pos;
          [exact X | now apply Rlt_le, Rinv_0_lt_compat].
    + apply expect_le; [exact (proj1 law)|]. intros p x Hin.
      apply (V_ge (tracked_step x (n, (xi, (k, L))))); [exact (proj1 (next p x Hin))|].
      unfold tracked_step. simpl fst. simpl snd. destruct (factor_lowest p x k L Hin ltac:(lra) HL) as [F1 F2].
      change (Rabs (fst (reduced_step x (k, L))) <= top).
      rewrite kappa_factor. unfold top. rewrite (Rmult_comm c). apply Rmult_le_compat; try lra; apply Rabs_pos.
Qed.

(** W3 with V = 1: P(max_{t <= T} |kappa_t| >= c) >= (1 - e) (|kappa_0|/(c r))^h - M^-T, e = (c r)^2/(D g). *)
Theorem W3 T k0 : 2 * Rabs k0 <= L0 -> Rabs k0 < c ->
  (1 - (c * r) ^ 2 / (D * g)) * apow (Rabs k0 / (c * r)) h - (/ lowest_moment h) ^ T <= reach_kappa w c T (k0, L0).
Proof.
  intros start Hk. pose proof top_pos as TP. set (y := (O, (Rabs k0, (k0, L0))) : tracked).
  assert (Rc : c <= top) by (unfold top; rewrite <- (Rmult_1_r c) at 1; apply Rmult_le_compat_l; lra).
  assert (K : kept y).
  { unfold kept, y. simpl. split; [split; [exact start | simpl; lra]|]. split; [apply Rabs_pos | intros _; lra]. }
  pose proof (hit_ge_submartingale w tracked_step tracked_size c law kept V) as low.
  specialize (low ltac:(intros z Hz _; eapply Rle_trans;
    [now apply V_le | apply discount_bounds]) kept_step V_submartingale T y K).
  pose proof (alive_le_geometric w tracked_step tracked_size c law kept V (fun z => (/ M) ^ fst z) 1 (/ M)) as left.
  assert (IM : 0 <= / M) by (apply Rlt_le, Rinv_0_lt_compat; unfold M; lra).
  specialize (left ltac:(lra) IM ltac:(intros; apply discount_bounds) ltac:(intros z Hz _; rewrite Rmult_1_l;
    now apply V_le) kept_step).
  specialize (left ltac:(intros z _ _; simpl; rewrite (expect_const w _ law); lra) T y K).
  assert (image : hit w tracked_step tracked_size c T y = reach_kappa w c T (k0, L0)).
  { rewrite <- (relabel_same w) at 2. unfold reach_kappa.
    apply (hit_image w (fun z : tracked => snd (snd z)) (fun x => x) tracked_step tracked_size reduced_step
      kappa_size c (fun _ => True));
      try reflexivity; exact (fun _ _ _ _ => Logic.I) || exact Logic.I. }
  rewrite image in low.
  assert (V0 : (1 - (c * r) ^ 2 / (D * g)) * apow (Rabs k0 / (c * r)) h <= V y).
  { unfold V, y. simpl fst. simpl snd. destruct (Rlt_dec L0 L1); [lra|]. unfold live. rewrite pow_O, Rmult_1_l.
    fold top. rewrite (Rmult_comm (apow _ _)). apply Rmult_le_compat_r; [apply apow_nonneg|].
    unfold Z. simpl fst. simpl snd. pose proof (Rmult_lt_0_compat _ _ g_pos D_pos) as gD.
    assert (Q : 0 <= k0 ^ 2 / (g * D)) by (apply Rmult_le_pos;
      [apply pow2_ge_0 | now apply Rlt_le, Rinv_0_lt_compat]).
    replace (used L0 L1 L0) with 0 by (unfold used; field; lra).
    replace ((top ^ 2 - k0 ^ 2) / (g * D)) with (top ^ 2 / (D * g) - k0 ^ 2 / (g * D)) by (field; lra). lra. }
  change ((fun z : tracked => (/ M) ^ fst z) y) with 1 in left. fold M. lra.
Qed.

(** W3 for all times together. *)
Theorem W3_ever k0 : 2 * Rabs k0 <= L0 -> Rabs k0 < c ->
  (1 - (c * r) ^ 2 / (D * g)) * apow (Rabs k0 / (c * r)) h <= hit_ever w reduced_step kappa_size c (k0, L0).
Proof.
  intros start Hk. apply (hit_ever_ge w reduced_step kappa_size c law _ _ 1 (/ M)).
  - split; [apply Rlt_le, Rinv_0_lt_compat; unfold M; lra|]. rewrite <- Rinv_1. apply Rinv_lt_contravar;
    unfold M; lra.
  - intros T. rewrite Rmult_1_r. now apply W3.
Qed.

End Reached.
