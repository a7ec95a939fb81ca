(** Curvature loss without a spike (W10): that L falls below L_1 while |kappa| stays at most eps is exponentially rare. *)

From Coq Require Import Reals List Lra Lia.
From Catalysis Require Import Definitions Law Power General Convexity Width Closed.
Import ListNotations.
Open Scope R_scope.

(** The inequality behind it. *)
Lemma exponential_room m y : 0 <= m < 1 -> 0 <= y <= 1 ->
  (1 + m * y) * exp ((1 - m) / (2 * (1 + m)) * y) <= 1 + y.
Proof.
  intros Hm Hy. set (s := (1 - m) / (2 * (1 + m))).
  assert (S : 2 * s * (1 + m) = 1 - m) by (unfold s; field; lra).
  assert (S0 : 0 <= s) by (apply Rmult_le_pos; [lra | apply Rlt_le, Rinv_0_lt_compat; lra]).
  pose proof (Rmult_le_pos s m S0 (proj1 Hm)) as SM. assert (S1 : 2 * s <= 1 - m) by lra.
  assert (SY : 0 <= s * y <= s).
  { split; [apply Rmult_le_pos; lra|]. pose proof (Rmult_le_compat_l s y 1 S0 (proj2 Hy)). lra. }
  (* exp (s y) <= 1/(1 - s y) *)
  assert (E : exp (s * y) * (1 - s * y) <= 1).
  { replace 1 with (exp (s * y) * exp (- (s * y))) at 2 by (rewrite <- exp_plus, Rplus_opp_r; apply exp_0).
    apply Rmult_le_compat_l; [apply Rlt_le, exp_pos|]. pose proof (exp_ineq1_le (- (s * y))). lra. }
  assert (P : 1 + m * y <= (1 + y) * (1 - s * y)).
  { assert (Q : 0 <= y * ((1 - m) - s * (1 + y))).
    { apply Rmult_le_pos; [lra|]. assert (s * (1 + y) <= s * 2) by (apply Rmult_le_compat_l; lra). lra. }
    lra. }
  pose proof (exp_pos (s * y)) as Ep.
  apply Rle_trans with ((1 + y) * (1 - s * y) * exp (s * y)); [apply Rmult_le_compat_r; lra|].
  replace ((1 + y) * (1 - s * y) * exp (s * y)) with ((1 + y) * (exp (s * y) * (1 - s * y))) by ring.
  pose proof (Rmult_le_compat_l (1 + y) _ _ ltac:(lra) E). lra.
Qed.

Section Quiet.
Variable w : list (R * R).
Variables L0 L1 eps D t : R.
Hypothesis data : is_data w.
Hypothesis window : forall p x, In (p, x) w -> x * L0 <= 4.
Hypothesis eps_pos : 0 < eps.
Hypothesis levels : L1 < L0.
Hypothesis D_pos : 0 < D.
Hypothesis speed : forall p x, In (p, x) w -> x * (4 - x * L1) * D <= L0 - L1.
Hypothesis t_range : 0 < t <= 2.

Let law : is_law w := proj1 data.
Let m := highest_moment w L0 L1 eps t.
Hypothesis at_t : m < 1.

(** The probability that L falls below L_1 within T steps, and |kappa| <= eps up to and at that time. *)
Fixpoint slips (T : nat) (state : R * R) : R :=
  if Rlt_dec eps (Rabs (fst state)) then 0
  else if Rlt_dec (snd state) L1 then 1
  else match T with
       | O => 0
       | S T => expect w (fun x => slips T (reduced_step x state))
       end.

Let s := (1 - m) / (2 * (1 + m)).
Let sigma := s * D / eps ^ 2.

(** 1 + (|kappa|/eps)^t, weighted with what L has lost. *)
Let V (state : R * R) : R := (1 + apow (Rabs (fst state) / eps) t) * exp (sigma * used L0 L1 (snd state)).

Let m_bounds : 0 <= m < 1 := conj (m_nonneg w L0 L1 eps data t) at_t.

Lemma sigma_nonneg : 0 <= sigma.
Proof.
  assert (0 <= s) by (apply Rmult_le_pos; [lra | apply Rlt_le, Rinv_0_lt_compat; lra]).
  apply Rmult_le_pos; [apply Rmult_le_pos; lra | apply Rlt_le, Rinv_0_lt_compat; now apply pow_lt].
Qed.

Lemma V_nonneg state : 0 <= V state.
Proof. pose proof (apow_nonneg (Rabs (fst state) / eps) t). apply Rmult_le_pos; [lra | apply Rlt_le, exp_pos]. Qed.

Lemma V_step k L : below L0 (k, L) -> Rabs k <= eps -> L1 <= L -> expect w (fun x => V (reduced_step x (k, L))) <= V (k, L).
Proof.
  intros B Hk Hl. assert (HL : L1 <= L <= L0) by (split; [exact Hl | exact (proj2 B)]).
  pose proof (apow_pos eps t eps_pos) as Et. pose proof sigma_nonneg as S0.
  set (y := apow (Rabs k / eps) t).
  assert (quotient : forall r, 0 <= r -> apow (r / eps) t = / apow eps t * apow r t).
  { intros r Hr. rewrite apow_div by assumption. unfold Rdiv. ring. }
  assert (Y : 0 <= y <= 1).
  { split; [apply apow_nonneg|]. apply apow_le_one; [|lra]. assert (0 < / eps) by now apply Rinv_0_lt_compat.
    unfold Rdiv. split; [apply Rmult_le_pos; [apply Rabs_pos | lra]|].
    rewrite <- (Rinv_r eps) by lra. apply Rmult_le_compat_r; lra. }
  assert (Q : k ^ 2 / eps ^ 2 <= y).
  { replace (k ^ 2 / eps ^ 2) with (apow (Rabs k / eps) 2).
    - apply apow_le_exponent; [|lra]. assert (0 < / eps) by now apply Rinv_0_lt_compat.
      unfold Rdiv. split; [apply Rmult_le_pos; [apply Rabs_pos | lra]|].
      rewrite <- (Rinv_r eps) by lra. apply Rmult_le_compat_r; lra.
    - rewrite apow_div by (try apply Rabs_pos; exact eps_pos). rewrite <- (pow2_abs k).
      assert (two : forall r, 0 <= r -> apow r 2 = r ^ 2).
      { intros r [Hr|<-]; [|rewrite apow_zero; ring]. replace 2 with (INR 2) by (simpl; ring).
        rewrite apow_Rpower by exact Hr. now apply Rpower_pow. }
      rewrite !two by (try apply Rabs_pos; lra). reflexivity. }
  assert (mean : expect w (fun x => 1 + apow (Rabs (fst (reduced_step x (k, L))) / eps) t) <= 1 + m * y).
  { rewrite expect_plus, expect_const by exact law. apply Rplus_le_compat_l.
    rewrite (expect_ext _ _ (fun x => / apow eps t * apow (kappa_size (reduced_step x (k, L))) t)).
    - rewrite expect_scal. unfold y. rewrite quotient by apply Rabs_pos.
      pose proof (kappa_moment w L0 L1 eps data t k L ltac:(lra) Hk HL) as K. fold m in K.
      apply (Rmult_le_compat_l (/ apow eps t)) in K; [lra | now apply Rlt_le, Rinv_0_lt_compat].
    - intros p x _. apply quotient, Rabs_pos. }
  apply Rle_trans with (expect w (fun x => exp (sigma * (used L0 L1 L + k ^ 2 / D))
    * (1 + apow (Rabs (fst (reduced_step x (k, L))) / eps) t))).
  - apply expect_le; [exact (proj1 law)|]. intros p x Hin. unfold V. rewrite Rmult_comm.
    apply Rmult_le_compat_r; [pose proof (apow_nonneg (Rabs (fst (reduced_step x (k, L))) / eps) t); lra|].
    apply exp_le, Rmult_le_compat_l; [exact S0|]. now apply (used_step w L0 L1 D data levels D_pos speed p).
  - rewrite expect_scal. rewrite Rmult_plus_distr_l, exp_plus. unfold V. simpl fst. simpl snd. fold y.
    assert (G : exp (sigma * (k ^ 2 / D)) <= exp (s * y)).
    { apply exp_le. replace (sigma * (k ^ 2 / D)) with (s * (k ^ 2 / eps ^ 2)) by (unfold sigma; field; lra).
      apply Rmult_le_compat_l; [|exact Q]. apply Rmult_le_pos; [lra | apply Rlt_le, Rinv_0_lt_compat; lra]. }
    pose proof (exponential_room m y m_bounds Y) as room. fold s in room.
    pose proof (exp_pos (sigma * used L0 L1 L)) as Eu. pose proof (exp_pos (sigma * (k ^ 2 / D))) as Ek.
    set (E := expect w _) in *.
    assert (E0 : 0 <= 1 + m * y) by (pose proof (Rmult_le_pos m y); lra).
    assert (step : exp (sigma * (k ^ 2 / D)) * E <= 1 + y).
    { apply Rle_trans with (exp (s * y) * (1 + m * y)); [|lra].
      apply Rle_trans with (exp (sigma * (k ^ 2 / D)) * (1 + m * y)); [apply Rmult_le_compat_l; lra|].
      now apply Rmult_le_compat_r. }
    apply (Rmult_le_compat_l (exp (sigma * used L0 L1 L))) in step; lra.
Qed.

Lemma slips_le T : forall state, below L0 state -> exp sigma * slips T state <= V state.
Proof.
  pose proof sigma_nonneg as S0.
  induction T as [|T IH]; intros [k L] B; simpl slips;
    (destruct (Rlt_dec eps (Rabs k)) as [out|inside]; [rewrite Rmult_0_r; apply V_nonneg|]);
    destruct (Rlt_dec L L1) as [low|high]; try (rewrite Rmult_0_r; apply V_nonneg).
  1, 2: (unfold V; simpl fst; simpl snd; pose proof (used_up L0 L1 levels L low) as U;
    pose proof (apow_nonneg (Rabs k / eps) t); pose proof (exp_pos sigma);
    assert (exp sigma <= exp (sigma * used L0 L1 L))
      by (apply exp_le; pose proof (Rmult_le_compat_l sigma _ _ S0 U); lra);
    apply Rle_trans with (1 * exp (sigma * used L0 L1 L)); [lra | apply Rmult_le_compat_r; lra]).
  rewrite <- expect_scal. eapply Rle_trans; [|apply V_step; [exact B | lra | lra]].
  apply expect_le; [exact (proj1 law)|]. intros p x Hin. apply IH.
  apply below_kept; [exact (proj2 data p x Hin) | exact (window p x Hin) | exact B].
Qed.

(** W10, for every horizon. *)
Theorem W10 T k0 : 2 * Rabs k0 <= L0 ->
  slips T (k0, L0) <= (1 + apow (Rabs k0 / eps) t) * exp (- (s * D / eps ^ 2)).
Proof.
  intros start. pose proof (slips_le T (k0, L0) (conj start (Rle_refl L0))) as H. pose proof (exp_pos sigma) as P.
  unfold V in H. simpl fst in H. simpl snd in H. replace (used L0 L1 L0) with 0 in H by (unfold used; field; lra).
  rewrite Rmult_0_r, exp_0, Rmult_1_r in H. fold sigma. rewrite exp_Ropp.
  apply (Rmult_le_reg_l (exp sigma)); [exact P|]. eapply Rle_trans; [exact H|]. right. field. lra.
Qed.

End Quiet.
