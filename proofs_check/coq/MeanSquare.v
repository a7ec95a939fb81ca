(** Products of random matrices: test functions |e|_Q^s, and the probabilities of spikes.

    The lemmas V2 to V5, V9 and V11 of the documentation need of |e|_Q^2 only that it is not negative. So they
    are first
    proved for any states, any maps [step i] and any function N >= 0 with |e| = sqrt N; matrices follow at the
    end. *)

From Coq Require Import Reals List Lra Lia.
From Catalysis Require Import Definitions Law Power General Bands Convexity Volume.
Import ListNotations.
Open Scope R_scope.

(** * Lines above and below powers *)

(** V3: w X + d lies above X^q, 0 < q <= 1. *)
Definition line_above (q w d : R) : Prop :=
  0 < w /\ (q < 1 /\ (1 - q) * apow (q / w) (q / (1 - q)) <= d \/ q = 1 /\ w = 1 /\ 0 <= d).

(** V4: w X - d lies below X^q, q >= 1. *)
Definition line_below (q w d : R) : Prop :=
  0 <= w /\ (1 < q /\ (q - 1) * apow (w / q) (q / (q - 1)) <= d \/ q = 1 /\ w = 1 /\ 0 <= d).

Lemma line_above_power q w d X : 0 < q -> line_above q w d -> 0 <= X -> apow X q <= w * X + d.
Proof.
  intros Hq [Hw [[H1 Hd]|(-> & -> & Hd)]] HX; [|rewrite apow_to_one by exact HX; lra].
  assert (B : 0 < q / w) by now apply Rdiv_lt_0_compat.
  set (c := apow (q / w) (/ (1 - q))). assert (Hc : 0 < c) by now apply apow_pos.
  pose proof (concave_tangent_at X c q HX Hc ltac:(lra)) as T.
  replace (apow c q) with (apow (q / w) (q / (1 - q))) in T by (unfold c; rewrite apow_apow; f_equal; field; lra).
  replace (q * apow c (q - 1)) with w in T; [lra|].
  unfold c. rewrite apow_apow. replace (/ (1 - q) * (q - 1)) with (- (1)) by (field; lra).
  rewrite apow_Rpower by exact B. rewrite Rpower_Ropp, Rpower_1 by exact B. field. lra.
Qed.

Lemma line_below_power q w d X : line_below q w d -> 0 <= X -> w * X - d <= apow X q.
Proof.
  intros [[Hw|<-] [[H1 Hd]|(-> & E & Hd)]] HX; try (rewrite apow_to_one by exact HX; nra).
  2: { pose proof (apow_nonneg X q) as P. replace (0 / q) with 0 in Hd by (field; lra).
    rewrite apow_zero in Hd. lra. }
  assert (B : 0 < w / q) by (apply Rdiv_lt_0_compat; lra).
  set (c := apow (w / q) (/ (q - 1))). assert (Hc : 0 < c) by now apply apow_pos.
  pose proof (convex_tangent_at X c q HX Hc ltac:(lra)) as T.
  replace (apow c q) with (apow (w / q) (q / (q - 1))) in T by (unfold c; rewrite apow_apow; f_equal; field; lra).
  replace (q * apow c (q - 1)) with w in T; [lra|].
  unfold c. rewrite apow_apow. replace (/ (q - 1) * (q - 1)) with 1 by (field; lra).
  rewrite apow_to_one by lra. field. lra.
Qed.

(** V9: a + b X lies above the convex (below the concave) power between l and u if it does at l and at u. *)
Lemma chord_above q l u a b X : 1 <= q -> 0 <= l <= X -> X <= u ->
  apow l q <= a + b * l -> apow u q <= a + b * u -> apow X q <= a + b * X.
Proof.
  intros Hq Hl Hu A B. destruct (Req_dec l u) as [E|E]; [replace X with l by lra; exact A|].
  destruct (mixture l u X ltac:(lra) ltac:(lra)) as (t & T & EX).
  pose proof (apow_convex l u t q ltac:(lra) ltac:(lra) T Hq) as C. rewrite <- EX in C.
  apply (Rmult_le_compat_l t) in A; [|lra]. apply (Rmult_le_compat_l (1 - t)) in B; [|lra].
  rewrite EX at 2. lra.
Qed.

Lemma chord_below q l u a b X : 0 < q <= 1 -> 0 <= l <= X -> X <= u ->
  a + b * l <= apow l q -> a + b * u <= apow u q -> a + b * X <= apow X q.
Proof.
  intros Hq Hl Hu A B. destruct (Req_dec l u) as [E|E]; [replace X with l by lra; exact A|].
  destruct (mixture l u X ltac:(lra) ltac:(lra)) as (t & T & EX).
  pose proof (apow_concave l u t q ltac:(lra) ltac:(lra) T Hq) as C. rewrite <- EX in C.
  apply (Rmult_le_compat_l t) in A; [|lra]. apply (Rmult_le_compat_l (1 - t)) in B; [|lra].
  rewrite EX at 1. lra.
Qed.

(** * One step, and all times, for any states *)

Section Walk.
Context {X I : Type}.
Variable law : list (R * I).
Variable step : I -> X -> X.
Variable N : X -> R.
Variable inside : X -> Prop.
Hypothesis is_a_law : is_law law.
Hypothesis N_nonneg : forall e, inside e -> 0 <= N e.
Hypothesis stays : forall i e, drawn law i -> inside e -> inside (step i e).

(** |e|_Q. *)
Definition norm (e : X) : R := sqrt (N e).

(** The probability that |e_t| >= K |e_0| for a t <= T. *)
Definition reach_norm (K : R) (T : nat) (e : X) : R := hit law step norm (K * norm e) T e.

Let W : weights law := law_weights law is_a_law.

Lemma norm_power e s : inside e -> apow (norm e) s = apow (N e) (s / 2).
Proof. intros H. apply apow_sqrt. now apply N_nonneg. Qed.

Lemma ratio_nonneg i e : drawn law i -> inside e -> 0 < N e -> 0 <= N (step i e) / N e.
Proof.
  intros Hi He P. apply Rmult_le_pos; [apply N_nonneg; now apply stays | now apply Rlt_le, Rinv_0_lt_compat].
Qed.

Lemma ratio_power i e q : drawn law i -> inside e -> 0 < N e ->
  apow (N (step i e)) q = apow (N e) q * apow (N (step i e) / N e) q.
Proof.
  intros Hi He P. rewrite apow_div; [|apply N_nonneg; now apply stays | exact P].
  field. pose proof (apow_pos (N e) q P). lra.
Qed.

(** The mean of the lines, in units of N e. *)
Lemma mean_of_lines (w d : I -> R) e : 0 < N e ->
  expect law (fun i => w i * (N (step i e) / N e) + d i) = expect law (fun i => w i * N (step i e)) / N e
    + expect law d.
Proof.
  intros P. rewrite expect_plus. f_equal. unfold Rdiv. rewrite Rmult_comm, <- expect_scal.
  apply expect_ext. intros. ring.
Qed.

Lemma upper_from_lines (w d : I -> R) rho q e : inside e -> 0 < N e ->
  (forall i, drawn law i -> apow (N (step i e) / N e) q <= w i * (N (step i e) / N e) + d i) ->
  expect law (fun i => w i * N (step i e)) <= (rho - expect law d) * N e ->
  expect law (fun i => apow (N (step i e)) q) <= rho * apow (N e) q.
Proof.
  intros He P line H. rewrite (expect_ext _ _ (fun i => apow (N e) q * apow (N (step i e) / N e) q))
    by (intros p i Hi; apply in_drawn in Hi; now apply ratio_power).
  rewrite expect_scal, (Rmult_comm rho). apply Rmult_le_compat_l; [apply apow_nonneg|].
  eapply Rle_trans; [apply (expect_le _ _ _ W (fun p i Hi => line i (in_drawn law p i Hi)))|].
    rewrite mean_of_lines by exact P.
  apply (Rmult_le_compat_r (/ N e)) in H; [|now apply Rlt_le, Rinv_0_lt_compat].
  rewrite Rmult_assoc, Rinv_r in H by lra. unfold Rdiv. lra.
Qed.

Lemma lower_from_lines (w d : I -> R) rho q e : inside e -> 0 < N e ->
  (forall i, drawn law i -> w i * (N (step i e) / N e) + d i <= apow (N (step i e) / N e) q) ->
  (rho - expect law d) * N e <= expect law (fun i => w i * N (step i e)) ->
  rho * apow (N e) q <= expect law (fun i => apow (N (step i e)) q).
Proof.
  intros He P line H. rewrite (expect_ext _ _ (fun i => apow (N e) q * apow (N (step i e) / N e) q))
    by (intros p i Hi; apply in_drawn in Hi; now apply ratio_power).
  rewrite expect_scal, (Rmult_comm rho). apply Rmult_le_compat_l; [apply apow_nonneg|].
  eapply Rle_trans; [|apply (expect_le _ _ _ W (fun p i Hi => line i (in_drawn law p i Hi)))].
    rewrite mean_of_lines by exact P.
  apply (Rmult_le_compat_r (/ N e)) in H; [|now apply Rlt_le, Rinv_0_lt_compat].
  rewrite Rmult_assoc, Rinv_r in H by lra. unfold Rdiv. lra.
Qed.

(** Where N e = 0 nothing is claimed from below, as 0^q = 0. *)
Lemma lower_at_zero rho q e : N e = 0 -> rho * apow (N e) q <= expect law (fun i => apow (N (step i e)) q).
Proof.
  intros E. rewrite E, apow_zero, Rmult_0_r. apply expect_nonneg; [exact W | intros; apply apow_nonneg].
Qed.

Section Upper.
Variables s rho : R.
Variables w d : I -> R.

(** V3: 0 < s <= 2. If sum p_i w_i |A_i e|^2 <= (rho - sum p_i d_i) |e|^2 then E |A e|^s <= rho |e|^s. *)
Theorem upper_moment e : 0 < s <= 2 -> inside e -> (forall i, drawn law i -> line_above (s / 2) (w i) (d i)) ->
  expect law (fun i => w i * N (step i e)) <= (rho - expect law d) * N e ->
  expect law (fun i => apow (norm (step i e)) s) <= rho * apow (norm e) s.
Proof.
  intros Hs He lines H. rewrite (norm_power e) by exact He.
  rewrite (expect_ext _ _ (fun i => apow (N (step i e)) (s / 2))) by (intros p i Hi; apply in_drawn in Hi;
    apply norm_power; now apply stays).
  destruct (N_nonneg e He) as [P|Z].
  - apply (upper_from_lines w d); try assumption. intros i Hi.
    apply line_above_power; [lra | now apply lines | now apply ratio_nonneg].
  - rewrite <- Z, Rmult_0_r in H. rewrite <- Z, apow_zero, Rmult_0_r.
    rewrite (expect_ext _ _ (fun _ => 0)); [rewrite expect_zero; lra|].
    intros p i Hi. replace (N (step i e)) with 0; [apply apow_zero|].
    pose proof (in_drawn law p i Hi) as D. destruct (lines i D) as [Hw _].
    assert (Zi : w i * N (step i e) = 0).
    { apply (expect_null law (fun i => w i * N (step i e)) p i); try assumption.
      intros r j Hj. apply in_drawn in Hj as Dj. apply Rmult_le_pos;
        [apply Rlt_le, (lines j Dj) | apply N_nonneg; now apply stays]. }
    apply Rmult_integral in Zi. destruct Zi; lra.
Qed.

End Upper.

(** V4: s >= 2. If sum p_i w_i |A_i e|^2 >= (rho + sum p_i d_i) |e|^2 then E |A e|^s >= rho |e|^s. *)
Theorem lower_moment s rho (w d : I -> R) e : inside e ->
  (forall i, drawn law i -> line_below (s / 2) (w i) (d i)) ->
  (rho + expect law d) * N e <= expect law (fun i => w i * N (step i e)) ->
  rho * apow (norm e) s <= expect law (fun i => apow (norm (step i e)) s).
Proof.
  intros He lines H. rewrite (norm_power e) by exact He.
  rewrite (expect_ext _ (fun i => apow (norm (step i e)) s) (fun i => apow (N (step i e)) (s / 2))) by
    (intros p i Hi; apply in_drawn in Hi; apply norm_power; now apply stays).
  destruct (N_nonneg e He) as [P|Z]; [|now apply lower_at_zero].
  apply (lower_from_lines w (fun i => - d i)); try assumption.
  - intros i Hi. apply (line_below_power (s / 2) (w i) (d i)); [now apply lines | now apply ratio_nonneg].
  - rewrite (expect_ext _ (fun i => - d i) (fun i => -1 * d i)) by (intros; ring). rewrite expect_scal. lra.
Qed.

(** V9 (a): chords above, s >= 2, from the ranges l_i |e|^2 <= |A_i e|^2 <= u_i |e|^2. *)
Theorem upper_chords s rho (l u a b : I -> R) e : 2 <= s -> inside e ->
  (forall i, drawn law i -> 0 <= l i /\ l i * N e <= N (step i e) <= u i * N e) ->
  (forall i, drawn law i -> apow (l i) (s / 2) <= a i + b i * l i /\ apow (u i) (s / 2) <= a i + b i * u i) ->
  expect law (fun i => a i * N e + b i * N (step i e)) <= rho * N e ->
  expect law (fun i => apow (norm (step i e)) s) <= rho * apow (norm e) s.
Proof.
  intros Hs He range lines H. rewrite (norm_power e) by exact He.
  rewrite (expect_ext _ _ (fun i => apow (N (step i e)) (s / 2))) by (intros p i Hi; apply in_drawn in Hi;
    apply norm_power; now apply stays).
  destruct (N_nonneg e He) as [P|Z].
  - apply (upper_from_lines b a); try assumption.
    + intros i Hi. rewrite Rplus_comm. destruct (range i Hi) as (L & R1 & R2). destruct (lines i Hi) as [A B].
      apply (chord_above (s / 2) (l i) (u i)); try assumption; try lra.
      * split; [exact L|]. apply (Rmult_le_reg_r (N e)); [exact P|]. unfold Rdiv.
        rewrite Rmult_assoc, Rinv_l; lra.
      * apply (Rmult_le_reg_r (N e)); [exact P|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
    + rewrite expect_plus in H. rewrite (expect_ext _ (fun i => a i * N e) (fun i => N e * a i)) in H by
      (intros; ring).
      rewrite expect_scal in H. lra.
  - rewrite <- Z, apow_zero, Rmult_0_r. rewrite (expect_ext _ _ (fun _ => 0)); [rewrite expect_zero; lra|].
    intros p i Hi. apply in_drawn in Hi. destruct (range i Hi) as (L & R1 & R2). rewrite <- Z, Rmult_0_r in *.
    replace (N (step i e)) with 0 by lra. apply apow_zero.
Qed.

(** V9 (b): chords below, 0 < s <= 2. *)
Theorem lower_chords s rho (l u a b : I -> R) e : 0 < s <= 2 -> inside e ->
  (forall i, drawn law i -> 0 <= l i /\ l i * N e <= N (step i e) <= u i * N e) ->
  (forall i, drawn law i -> a i + b i * l i <= apow (l i) (s / 2) /\ a i + b i * u i <= apow (u i) (s / 2)) ->
  rho * N e <= expect law (fun i => a i * N e + b i * N (step i e)) ->
  rho * apow (norm e) s <= expect law (fun i => apow (norm (step i e)) s).
Proof.
  intros Hs He range lines H. rewrite (norm_power e) by exact He.
  rewrite (expect_ext _ (fun i => apow (norm (step i e)) s) (fun i => apow (N (step i e)) (s / 2))) by
    (intros p i Hi; apply in_drawn in Hi; apply norm_power; now apply stays).
  destruct (N_nonneg e He) as [P|Z]; [|now apply lower_at_zero].
  apply (lower_from_lines b a); try assumption.
  - intros i Hi. rewrite Rplus_comm. destruct (range i Hi) as (L & R1 & R2). destruct (lines i Hi) as [A B].
    apply (chord_below (s / 2) (l i) (u i)); try assumption; try lra.
    + split; [exact L|]. apply (Rmult_le_reg_r (N e)); [exact P|]. unfold Rdiv.
      rewrite Rmult_assoc, Rinv_l; lra.
    + apply (Rmult_le_reg_r (N e)); [exact P|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
  - rewrite expect_plus in H. rewrite (expect_ext _ (fun i => a i * N e) (fun i => N e * a i)) in H by
    (intros; ring).
    rewrite expect_scal in H. lra.
Qed.

(** ** All times *)

Lemma quotient_nonneg c e : 0 < c -> 0 <= norm e / c.
Proof. intros Hc. apply Rmult_le_pos; [apply sqrt_pos | now apply Rlt_le, Rinv_0_lt_compat]. Qed.

Lemma quotient_above c e : 0 < c -> c <= norm e -> 1 <= norm e / c.
Proof. intros Hc H. apply (Rmult_le_reg_r c); [exact Hc|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra. Qed.

Lemma quotient_power c e s : 0 < c -> apow (norm e / c) s = apow (norm e) s / apow c s.
Proof. intros Hc. apply apow_div; [apply sqrt_pos | exact Hc]. Qed.

Lemma mean_of_quotients c e s : 0 < c ->
  expect law (fun i => apow (norm (step i e) / c) s) = expect law (fun i => apow (norm (step i e)) s) / apow c s.
Proof.
  intros Hc. unfold Rdiv at 2. rewrite Rmult_comm, <- expect_scal. apply expect_ext. intros p i _.
  rewrite quotient_power by exact Hc. unfold Rdiv. ring.
Qed.

Section Times.
Variables s rho : R.
Hypothesis s_pos : 0 < s.
Hypothesis moment_below : forall e, inside e -> expect law (fun i => apow (norm (step i e)) s) <=
  rho * apow (norm e) s.

(** E |e_T|^s <= rho^T |e_0|^s, as a sum over all words of T samples. *)
Theorem moments_over_words T : 0 <= rho -> forall e, inside e ->
  over_words law T (fun word => apow (norm (run step word e)) s) <= rho ^ T * apow (norm e) s.
Proof.
  intros Hr. induction T as [|T IH]; intros e He; simpl; [lra|].
  eapply Rle_trans; [apply expect_le; [exact W | intros p i Hi; apply in_drawn in Hi; apply IH; now apply stays]|].
  rewrite expect_scal. replace (rho * rho ^ T * apow (norm e) s) with (rho ^ T * (rho * apow (norm e) s)) by ring.
  apply Rmult_le_compat_l; [now apply pow_le | now apply moment_below].
Qed.

(** V11 (a), rho >= 1: P(max_{t <= T} |e_t| >= K |e_0|) <= rho^T K^-s. *)
Theorem spikes_growing K T e : 1 <= rho -> 0 < K -> inside e -> 0 < N e ->
  reach_norm K T e <= rho ^ T * apow (/ K) s.
Proof.
  intros Hr HK He P. assert (L : 0 < norm e) by now apply sqrt_lt_R0.
  pose proof (Rmult_lt_0_compat _ _ HK L) as level_pos. pose proof (apow_pos (K * norm e) s level_pos) as C.
  apply (Rmult_le_reg_l (apow (K * norm e) s)); [exact C|].
  replace (apow (K * norm e) s * (rho ^ T * apow (/ K) s)) with (rho ^ T * apow (norm e) s).
  - apply (maximal_inequality_growing law step norm (K * norm e) inside stays W (fun e => apow (norm e) s));
    try assumption.
    + intros y _. apply apow_nonneg.
    + intros y _ H. apply apow_le; lra.
    + intros y Hy _. now apply moment_below.
  - rewrite apow_mult, apow_inv by lra. field. pose proof (apow_pos K s HK). lra.
Qed.

(** V11 (a), rho <= 1: P(max_{t <= T} |e_t| >= K |e_0|) <= K^-s for every horizon T. *)
Theorem spikes_above K T e : rho <= 1 -> 0 < K -> inside e -> 0 < N e -> reach_norm K T e <= apow (/ K) s.
Proof.
  intros Hr HK He P. assert (L : 0 < norm e) by now apply sqrt_lt_R0.
  pose proof (Rmult_lt_0_compat _ _ HK L) as level_pos.
  replace (/ K) with (norm e / (K * norm e)) by (field; lra).
  apply (hit_le_supermartingale law step norm (K * norm e) is_a_law inside (fun y => apow (norm y / (K * norm e))
    s)).
  - intros y _. apply apow_nonneg.
  - intros y _ H. apply apow_ge_one; [now apply quotient_above | lra].
  - intros y Hy _ p i Hi. apply stays; [now exists p | exact Hy].
  - intros y Hy _. rewrite mean_of_quotients, quotient_power by exact level_pos.
    apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat; now apply apow_pos|].
    eapply Rle_trans; [now apply moment_below|].
    rewrite <- (Rmult_1_l (apow (norm y) s)) at 2. apply Rmult_le_compat_r; [apply apow_nonneg | exact Hr].
  - exact He.
Qed.

End Times.

(** V11 (b) at a finite horizon. Let |A_i e| <= B |e| with B >= 1 and E |A e|^s >= |e|^s; that the walk dies out
    is put as
    E |A e|^t <= m |e|^t for a t <= s. Then P(max_{n <= T} |e_n| >= K |e_0|) >= (K B)^-s minus what is alive, at
      most m^T. *)
Theorem spikes_below s t m B K T e : 0 <= t <= s -> 0 <= m -> 1 <= B -> 1 <= K -> inside e -> 0 < N e ->
  (forall e, inside e -> apow (norm e) s <= expect law (fun i => apow (norm (step i e)) s)) ->
  (forall e, inside e -> expect law (fun i => apow (norm (step i e)) t) <= m * apow (norm e) t) ->
  (forall i e, drawn law i -> inside e -> norm (step i e) <= B * norm e) ->
  apow (/ (K * B)) s - m ^ T * apow (/ (K * B)) t <= reach_norm K T e.
Proof.
  intros Ht Hm HB HK He P grows dies step_bound. assert (L : 0 < norm e) by now apply sqrt_lt_R0.
  assert (KB : 1 <= K * B) by (rewrite <- (Rmult_1_l 1); apply Rmult_le_compat; lra).
  set (top := K * B * norm e). assert (top_pos : 0 < top) by (apply Rmult_lt_0_compat; lra).
  set (inv := fun y => inside y /\ norm y <= top).
  assert (kept : forall y, inv y -> norm y < K * norm e -> forall p i, In (p, i) law -> inv (step i y)).
  { intros y [Hy _] Hl p i Hi. apply in_drawn in Hi. split; [now apply stays|].
    eapply Rle_trans; [now apply step_bound|]. unfold top. replace (K * B * norm e) with (B * (K * norm e)) by ring.
    apply Rmult_le_compat_l; lra. }
  assert (start : inv e).
  { split; [exact He|]. unfold top. rewrite <- (Rmult_1_l (norm e)) at 1. apply Rmult_le_compat_r; lra. }
  assert (within : forall y, inv y -> 0 <= norm y / top <= 1).
  { intros y [_ Hy]. split; [now apply quotient_nonneg|]. apply (Rmult_le_reg_r top); [exact top_pos|].
    unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra. }
  replace (/ (K * B)) with (norm e / top) by (unfold top; field; lra).
  pose proof (hit_ge_submartingale law step norm (K * norm e) is_a_law inv (fun y => apow (norm y / top) s)) as low.
  pose proof (alive_le_geometric law step norm (K * norm e) is_a_law inv (fun y => apow (norm y / top) s)
    (fun y => apow (norm y / top) t) 1 m) as left.
  specialize (low ltac:(intros y Hy _; apply apow_le_one; [now apply within | lra]) kept).
  assert (A : forall y, inv y -> norm y < K * norm e ->
    apow (norm y / top) s <= expect law (fun i => apow (norm (step i y) / top) s)).
  { intros y [Hy _] _. rewrite mean_of_quotients, quotient_power by exact top_pos.
    apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat; now apply apow_pos | now apply grows]. }
  specialize (low A T e start).
  specialize (left ltac:(lra) Hm ltac:(intros; apply apow_nonneg)
    ltac:(intros y Hy _; rewrite Rmult_1_l; apply apow_le_exponent; [now apply within | lra]) kept).
  assert (D : forall y, inv y -> norm y < K * norm e ->
    expect law (fun i => apow (norm (step i y) / top) t) <= m * apow (norm y / top) t).
  { intros y [Hy _] _. rewrite mean_of_quotients, quotient_power by exact top_pos. unfold Rdiv.
    rewrite <- Rmult_assoc.
    apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat; now apply apow_pos | now apply dies]. }
  specialize (left D T e start). unfold reach_norm. lra.
Qed.

(** V2: if no step increases N, the norm never grows and no level K > 1 is ever reached. *)
Theorem stable K T e : (forall i e, drawn law i -> inside e -> N (step i e) <= N e) ->
  1 < K -> inside e -> 0 < N e -> reach_norm K T e = 0.
Proof.
  intros H HK He P. assert (L : 0 < norm e) by now apply sqrt_lt_R0.
  apply (no_spike law step norm (K * norm e) inside stays).
  - intros i y Hy Hl Hi. eapply Rle_lt_trans; [apply sqrt_le_1_alt, H; assumption | exact Hl].
  - exact He.
  - rewrite <- (Rmult_1_l (norm e)) at 1. now apply Rmult_lt_compat_r.
Qed.

(** V5 (a): the mean square, s = 2. *)
Theorem mean_square rho T e : 0 <= rho -> inside e ->
  (forall e, inside e -> expect law (fun i => N (step i e)) <= rho * N e) ->
  over_words law T (fun word => N (run step word e)) <= rho ^ T * N e.
Proof.
  intros Hr He H. revert e He. induction T as [|T IH]; intros e He; simpl; [lra|].
  eapply Rle_trans; [apply expect_le; [exact W | intros p i Hi; apply in_drawn in Hi; apply IH; now apply stays]|].
  rewrite expect_scal. replace (rho * rho ^ T * N e) with (rho ^ T * (rho * N e)) by ring.
  apply Rmult_le_compat_l; [now apply pow_le | now apply H].
Qed.

Theorem mean_square_below rho T e : 0 <= rho -> inside e ->
  (forall e, inside e -> rho * N e <= expect law (fun i => N (step i e))) ->
  rho ^ T * N e <= over_words law T (fun word => N (run step word e)).
Proof.
  intros Hr He H. revert e He. induction T as [|T IH]; intros e He; simpl; [lra|].
  eapply Rle_trans; [|apply expect_le; [exact W | intros p i Hi; apply in_drawn in Hi; apply IH; now apply stays]].
  rewrite expect_scal. replace (rho * rho ^ T * N e) with (rho ^ T * (rho * N e)) by ring.
  apply Rmult_le_compat_l; [now apply pow_le | now apply H].
Qed.

End Walk.
