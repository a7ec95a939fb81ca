(** Where the curvature lands: the part of N12 (and N2) that is about every path.

    A path is a sequence of curvatures x 0, x 1, ... drawn in any way. *)

From Coq Require Import Reals List Lra Lia.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions Volume Width.
Open Scope R_scope.

Section EveryPath.
Variable x : nat -> R.
Variables k0 L0 : R.
Hypothesis start : network_state (k0, L0).
Hypothesis x_nonneg : forall t, 0 <= x t.
Hypothesis window : forall t, x t * L0 <= 4.

Let kappa t := fst (orbit x (k0, L0) t).
Let L t := snd (orbit x (k0, L0) t).

Let every t : 2 * Rabs (kappa t) <= L t /\ 0 <= L t <= L0 /\ L (S t) <= L t :=
  every_path x k0 L0 start x_nonneg window t.

(** The curvature has a limit, between 0 and L_0. *)
Theorem L_converges : exists limit : R, is_lim_seq L limit /\ 0 <= limit <= L0.
Proof.
  destruct (ex_finite_lim_seq_decr L 0) as [l Hl].
  - intros t. apply every.
  - intros t. apply every.
  - exists l. split; [exact Hl|]. split.
    + apply (is_lim_seq_le (fun _ => 0) L 0 l); [intros t; apply every | apply is_lim_seq_const | exact Hl].
    + apply (is_lim_seq_le L (fun _ => L0) l L0); [intros t; apply every | exact Hl | apply is_lim_seq_const].
Qed.

(** The curvatures are 0 or at least [least > 0], at most [top] with [top L_0 < 4], and infinitely many are not
    0. *)

Variables least top : R.
Hypothesis least_pos : 0 < least.
Hypothesis values : forall t, x t = 0 \/ least <= x t <= top.
Hypothesis strictly : top * L0 < 4.
Hypothesis often : forall t, exists u, (t <= u)%nat /\ x u <> 0.

Lemma loss_at_least t : x t <> 0 -> kappa t ^ 2 * (least * (4 - top * L0)) <= L t - L (S t).
Proof.
  intros H. destruct (values t) as [E|E]; [contradiction|]. unfold L, kappa.
    rewrite (L_loss x k0 L0), Rmult_assoc. fold (L t) (kappa t).
  pose proof (every t) as (_ & B & _).
  apply Rmult_le_compat_l; [apply pow2_ge_0|]. apply Rmult_le_compat; try lra.
  assert (x t * L t <= top * L0) by (apply Rmult_le_compat; lra). lra.
Qed.

Lemma idle_step t : x t = 0 -> kappa (S t) = kappa t.
Proof. intros H. unfold kappa. simpl. destruct (orbit x (k0, L0) t). simpl. rewrite H. ring. Qed.

(** Idle steps do not move kappa: it is that of a later step that is not idle. *)
Lemma next_drawn t : exists u, (t <= u)%nat /\ x u <> 0 /\ kappa u = kappa t.
Proof.
  assert (K : forall d t, x (d + t)%nat <> 0 -> exists u, (t <= u)%nat /\ x u <> 0 /\ kappa u = kappa t).
  { induction d as [|d IH]; intros v H; [now exists v|].
    destruct (Req_dec (x v) 0) as [Z|Z]; [|now exists v].
    destruct (IH (S v)) as (u & A & B & C); [now replace (d + S v)%nat with (S d + v)%nat by lia|].
    exists u. repeat split; [lia | exact B | now rewrite C, idle_step]. }
  destruct (often t) as (u & A & B). apply (K (u - t)%nat). now replace (u - t + t)%nat with u by lia.
Qed.

Theorem kappa_vanishes : is_lim_seq kappa 0.
Proof.
  assert (G : 0 < least * (4 - top * L0)) by (apply Rmult_lt_0_compat; lra).
  destruct L_converges as (l & Hl & _).
  pose proof (is_lim_seq_incr_1 L l) as [Hs _]. specialize (Hs Hl).
  pose proof (is_lim_seq_minus' _ _ _ _ Hl Hs) as D. rewrite Rminus_eq_0 in D.
  apply is_lim_seq_Reals. intros e He. apply is_lim_seq_Reals in D.
  assert (E : 0 < e ^ 2 * (least * (4 - top * L0))) by (apply Rmult_lt_0_compat; [now apply pow_lt | exact G]).
  destruct (D _ E) as [N HN]. exists N. intros t Ht.
  destruct (next_drawn t) as (u & A & B & <-). pose proof (loss_at_least u B) as P.
  specialize (HN u ltac:(lia)). unfold R_dist in *. rewrite Rminus_0_r in *.
  apply Rabs_lt_between in HN.
  assert (Q : kappa u ^ 2 < e ^ 2) by (apply (Rmult_lt_reg_r (least * (4 - top * L0))); lra).
  rewrite <- !Rsqr_pow2 in Q. apply Rsqr_lt_abs_0 in Q. now rewrite (Rabs_pos_eq e) in Q by lra.
Qed.

(** The curvature ends strictly below its start, unless kappa_0 = 0. *)
Theorem ends_below : k0 <> 0 -> forall limit : R, is_lim_seq L limit -> limit < L0.
Proof.
  intros Hk l Hl. destruct (next_drawn 0) as (u & _ & Hu & E).
  assert (F : L (S u) < L u).
  { pose proof (loss_at_least u Hu) as P. assert (0 < kappa u ^ 2 * (least * (4 - top * L0))); [|lra].
    apply Rmult_lt_0_compat; [|apply Rmult_lt_0_compat; lra].
    rewrite E. rewrite <- Rsqr_pow2. apply Rlt_0_sqr. exact Hk. }
  assert (M : l <= L (S u)).
  { apply (is_lim_seq_decr_compare L l Hl). intros t. apply every. }
  pose proof (every u) as (_ & B & _). lra.
Qed.

(** ** The core of N12

    Let no kappa be 0. Then the logarithms of the factors add up to minus infinity ... *)
Hypothesis no_hit : forall t, kappa t <> 0.

Let f t := 1 - x t * L t + x t ^ 2 * kappa t ^ 2.

Lemma factor_not_zero t : f t <> 0.
Proof.
  intros E. apply (no_hit (S t)). unfold kappa. simpl.
  change (fst (reduced_step (x t) (orbit x (k0, L0) t)) = 0). unfold f, kappa, L in E.
  destruct (orbit x (k0, L0) t) as [k l]. simpl in *. rewrite E. ring.
Qed.

Lemma log_kappa t : ln (Rabs (kappa t)) = ln (Rabs (kappa 0)) + sum t (fun r => ln (Rabs (f r))).
Proof.
  induction t as [|t IH]; simpl; [ring|].
  replace (kappa (S t)) with (f t * kappa t).
  - rewrite Rabs_mult, ln_mult, IH by (apply Rabs_pos_lt; try apply no_hit; apply factor_not_zero). ring.
  - unfold f, kappa, L. simpl. now destruct (orbit x (k0, L0) t).
Qed.

Theorem log_factors_diverge : is_lim_seq (fun t => sum t (fun r => ln (Rabs (f r)))) m_infty.
Proof.
  apply is_lim_seq_spec. intros M.
  pose proof kappa_vanishes as V. apply is_lim_seq_Reals in V.
  destruct (V _ (exp_pos (M + ln (Rabs (kappa 0))))) as [N HN]. exists N. intros t Ht.
  specialize (HN t Ht). unfold R_dist in HN. rewrite Rminus_0_r in HN.
  pose proof (Rabs_pos_lt _ (no_hit t)) as P. apply (ln_increasing _ _ P) in HN.
  rewrite ln_exp, log_kappa in HN. lra.
Qed.

(** ... and so do their lower bounds l, if the path stays from some time on where l(x) <= log |1 - x L + x^2
    kappa^2|:
    in a neighbourhood of a curvature with G > 0, l may be chosen
      with a positive mean, and then this has probability 0
    by the law of large numbers. That last step is not part of this file. *)
Theorem landing_core (l : R -> R) (N : nat) :
  (forall t, (N <= t)%nat -> l (x t) <= ln (Rabs (f t))) ->
  is_lim_seq (fun t => sum t (fun r => l (x r))) m_infty.
Proof.
  intros H.
  set (d := sum N (fun r => l (x r)) - sum N (fun r => ln (Rabs (f r)))).
  assert (B : forall t, sum (t + N) (fun r => l (x r)) <= sum (t + N) (fun r => ln (Rabs (f r))) + d).
  { induction t as [|t IH]; simpl; [unfold d; lra|]. specialize (H (t + N)%nat ltac:(lia)). lra. }
  apply (is_lim_seq_incr_n _ N).
  apply (is_lim_seq_le_m_loc (fun t => sum (t + N) (fun r => ln (Rabs (f r))) + d)).
  - exists O. intros t _. apply B.
  - replace m_infty with (Rbar_plus m_infty d) by reflexivity.
    apply (is_lim_seq_plus _ _ m_infty d); [|apply is_lim_seq_const|reflexivity].
    apply (is_lim_seq_incr_n (fun t => sum t (fun r => ln (Rabs (f r)))) N), log_factors_diverge.
Qed.

End EveryPath.

(** N2 for full batch (one curvature x > 0): the curvature ends at or below 2/x, unless kappa is 0 at some step. *)
Theorem full_batch_ends_low (x k0 L0 : R) :
  network_state (k0, L0) -> 0 < x -> x * L0 < 4 ->
  (forall t, fst (orbit (fun _ => x) (k0, L0) t) <> 0) ->
  forall limit : R, is_lim_seq (fun t => snd (orbit (fun _ => x) (k0, L0) t)) limit -> x * limit <= 2.
Proof.
  intros N Hx H Hk l Hl. set (s := orbit (fun _ => x) (k0, L0)) in *.
  destruct (Rle_dec (x * l) 2) as [|C]; [assumption|]. exfalso. apply Rnot_le_lt in C.
  assert (W : forall t : nat, x * L0 <= 4) by (intros; lra).
  assert (P : forall t : nat, 0 <= x) by (intros; lra).
  assert (above : forall t, l <= snd (s t)).
  { apply (is_lim_seq_decr_compare _ l Hl). intros t. exact (proj2 (proj2 (every_path _ k0 L0 N P W t))). }
  assert (small : exists M, forall t, (M <= t)%nat -> x ^ 2 * fst (s t) ^ 2 <= x * l - 2).
  { assert (V : is_lim_seq (fun t => fst (s t)) 0).
    { apply (kappa_vanishes (fun _ => x) k0 L0 N P W x x); try lra; [intros; lra|].
      intros t. exists t. split; [apply le_n | lra]. }
    apply is_lim_seq_Reals in V. assert (E : 0 < sqrt (x * l - 2) / x) by
      (apply Rdiv_lt_0_compat; [apply sqrt_lt_R0; lra | exact Hx]).
    destruct (V _ E) as [M HM]. exists M. intros t Ht. specialize (HM t Ht). unfold R_dist in HM.
    rewrite Rminus_0_r in HM. apply Rlt_le in HM. apply (Rmult_le_compat_l x) in HM; [|lra].
    replace (x * (sqrt (x * l - 2) / x)) with (sqrt (x * l - 2)) in HM by (field; lra).
    rewrite <- (pow2_sqrt (x * l - 2)) by lra. rewrite <- (pow2_abs (fst (s t))), <- Rpow_mult_distr.
    apply pow_incr. split; [apply Rmult_le_pos; [lra | apply Rabs_pos] | exact HM]. }
  destruct small as [M small].
  assert (grows : forall d, Rabs (fst (s M)) <= Rabs (fst (s (d + M)%nat))).
  { induction d as [|d IH]; [apply Rle_refl|]. eapply Rle_trans; [exact IH|].
    specialize (small (d + M)%nat ltac:(lia)). specialize (above (d + M)%nat).
    change (s (S d + M)%nat) with (reduced_step x (s (d + M)%nat)).
    destruct (s (d + M)%nat) as [k L]. rewrite kappa_factor. simpl fst in *. simpl snd in *.
    apply (Rmult_le_compat_l x) in above; [|lra].
    assert (F : 1 <= Rabs (1 - x * L + x ^ 2 * k ^ 2)) by (unfold Rabs; destruct (Rcase_abs _); lra).
    apply (Rmult_le_compat_r (Rabs k)) in F; [lra | apply Rabs_pos]. }
  pose proof (Rabs_pos_lt _ (Hk M)) as pos.
  assert (V : is_lim_seq (fun t => fst (s t)) 0).
  { apply (kappa_vanishes (fun _ => x) k0 L0 N P W x x); try lra; [intros; lra|].
    intros t. exists t. split; [apply le_n | lra]. }
  apply is_lim_seq_Reals in V. destruct (V _ pos) as [K HK]. specialize (HK (K + M)%nat ltac:(lia)).
  specialize (grows K). unfold R_dist in HK. rewrite Rminus_0_r in HK. fold (s M) in grows. lra.
Qed.

