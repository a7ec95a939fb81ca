(** Powers [r^s] of numbers [r >= 0] with [0^s = 0]: tangents of concave and convex powers. *)

From Coq Require Import Reals Lra.
From Catalysis Require Import Definitions.
Open Scope R_scope.

Lemma apow_pos r s : 0 < r -> apow r s = Rpower r s.
Proof. intros H. unfold apow. destruct (Rlt_dec 0 r); [reflexivity | contradiction]. Qed.

Lemma apow_zero s : apow 0 s = 0.
Proof. unfold apow. destruct (Rlt_dec 0 0); [lra | reflexivity]. Qed.

Lemma apow_nonneg r s : 0 <= apow r s.
Proof. unfold apow. destruct (Rlt_dec 0 r); [|lra]. unfold Rpower. apply Rlt_le, exp_pos. Qed.

Lemma apow_gt0 r s : 0 < r -> 0 < apow r s.
Proof. intros H. rewrite apow_pos by exact H. unfold Rpower. apply exp_pos. Qed.

Lemma apow_one_base s : apow 1 s = 1.
Proof. rewrite apow_pos by lra. unfold Rpower. rewrite ln_1, Rmult_0_r. apply exp_0. Qed.

Lemma apow_one r : 0 <= r -> apow r 1 = r.
Proof.
  intros [H|<-]; [rewrite apow_pos by exact H; now apply Rpower_1 | apply apow_zero].
Qed.

Lemma apow_le a b s : 0 <= s -> 0 <= a <= b -> apow a s <= apow b s.
Proof.
  intros Hs [[Ha|<-] Hb].
  - rewrite !apow_pos by lra. apply Rle_Rpower_l; lra.
  - rewrite apow_zero. apply apow_nonneg.
Qed.

Lemma apow_mult a b s : 0 <= a -> 0 <= b -> apow (a * b) s = apow a s * apow b s.
Proof.
  intros [Ha|<-] [Hb|<-]; rewrite ?Rmult_0_l, ?Rmult_0_r, ?apow_zero, ?Rmult_0_l, ?Rmult_0_r; try reflexivity.
  rewrite !apow_pos by (try apply Rmult_lt_0_compat; assumption). unfold Rpower.
  rewrite ln_mult by assumption. rewrite <- exp_plus. f_equal. ring.
Qed.

Lemma apow_apow a s t : apow (apow a s) t = apow a (s * t).
Proof.
  destruct (Rlt_dec 0 a) as [H|H].
  - rewrite (apow_pos a), (apow_pos a) by exact H. rewrite apow_pos by apply exp_pos. apply Rpower_mult.
  - unfold apow at 2 3. destruct (Rlt_dec 0 a); [contradiction | apply apow_zero].
Qed.

Lemma apow_inv a s : 0 < a -> apow (/ a) s = / apow a s.
Proof.
  intros H. assert (I : 0 < / a) by now apply Rinv_0_lt_compat.
  pose proof (apow_gt0 a s H) as P. apply Rmult_eq_reg_l with (apow a s); [|lra].
  rewrite <- apow_mult by lra. rewrite !Rinv_r by lra. apply apow_one_base.
Qed.

Lemma apow_div a b s : 0 <= a -> 0 < b -> apow (a / b) s = apow a s / apow b s.
Proof.
  intros Ha Hb. unfold Rdiv. rewrite apow_mult, apow_inv; try assumption; [reflexivity|].
  now apply Rlt_le, Rinv_0_lt_compat.
Qed.

Lemma apow_sqrt a s : 0 <= a -> apow (sqrt a) s = apow a (s / 2).
Proof.
  intros [H|<-]; [|now rewrite sqrt_0, !apow_zero].
  rewrite !apow_pos by (try apply sqrt_lt_R0; assumption). rewrite <- (Rpower_sqrt a H), Rpower_mult.
  f_equal. field.
Qed.

(** * Tangents at 1 *)

Lemma ln_le_minus_1 z : 0 < z -> ln z <= z - 1.
Proof. intros H. pose proof (exp_ineq1_le (ln z)) as E. rewrite exp_ln in E by exact H. lra. Qed.

(** A concave power lies below its tangent; weighted means of [ln X] and [ln 1] prove it. *)
Lemma concave_tangent X q : 0 <= X -> 0 < q <= 1 -> apow X q <= 1 + q * (X - 1).
Proof.
  intros [HX|<-] [Hq H1]; [|rewrite apow_zero; lra].
  assert (HY : 0 < 1 + q * (X - 1)) by (pose proof (Rmult_lt_0_compat q X Hq HX); lra).
  set (Y := 1 + q * (X - 1)) in *.
  assert (A : ln X - ln Y <= X / Y - 1).
  { replace (ln X - ln Y) with (ln (X / Y)); [apply ln_le_minus_1; now apply Rdiv_lt_0_compat|].
    unfold Rdiv. rewrite ln_mult, ln_Rinv; [ring | exact HY | exact HX | now apply Rinv_0_lt_compat]. }
  assert (B : - ln Y <= / Y - 1).
  { rewrite <- ln_Rinv by assumption. apply ln_le_minus_1. now apply Rinv_0_lt_compat. }
  assert (C : q * ln X <= ln Y).
  { assert (E : q * (X / Y - 1) + (1 - q) * (/ Y - 1) = 0) by (unfold Y; field; fold Y; lra).
    assert (q * (ln X - ln Y) <= q * (X / Y - 1)) by (apply Rmult_le_compat_l; lra).
    assert ((1 - q) * - ln Y <= (1 - q) * (/ Y - 1)) by (apply Rmult_le_compat_l; lra). lra. }
  rewrite apow_pos by exact HX. rewrite <- (exp_ln Y HY). unfold Rpower.
  destruct C as [C|C]; [apply Rlt_le, exp_increasing, C | rewrite C; apply Rle_refl].
Qed.

(** A convex power lies above its tangent (Bernoulli's inequality). *)
Lemma convex_tangent X q : 0 <= X -> 1 <= q -> 1 + q * (X - 1) <= apow X q.
Proof.
  intros HX Hq. assert (I : 0 < / q <= 1).
  { split; [apply Rinv_0_lt_compat; lra | rewrite <- Rinv_1; apply Rinv_le_contravar; lra]. }
  pose proof (concave_tangent (apow X q) (/ q) (apow_nonneg X q) I) as T.
  rewrite apow_apow, Rinv_r, apow_one in T by lra.
  apply (Rmult_le_compat_l q) in T; [|lra].
  replace (q * (1 + / q * (apow X q - 1))) with (q + apow X q - 1) in T by (field; lra). lra.
Qed.

(** * Tangents at [c], in the two forms in which lemmas V3 and V4 use them *)

Lemma tangent_at (c X q : R) : 0 < c ->
  apow c q * (1 + q * (X / c - 1)) = q * apow c (q - 1) * X + (1 - q) * apow c q.
Proof.
  intros Hc. rewrite !apow_pos by exact Hc. replace (Rpower c q) with (Rpower c (q - 1) * c).
  - field. lra.
  - rewrite <- (Rpower_1 c Hc) at 2. rewrite <- Rpower_plus. f_equal. ring.
Qed.

Lemma concave_tangent_at X c q : 0 <= X -> 0 < c -> 0 < q <= 1 ->
  apow X q <= q * apow c (q - 1) * X + (1 - q) * apow c q.
Proof.
  intros HX Hc Hq. rewrite <- tangent_at by exact Hc.
  replace (apow X q) with (apow c q * apow (X / c) q).
  - apply Rmult_le_compat_l; [apply apow_nonneg|]. apply concave_tangent; [|exact Hq].
    apply Rmult_le_pos; [exact HX | now apply Rlt_le, Rinv_0_lt_compat].
  - rewrite apow_div by assumption. field. pose proof (apow_gt0 c q Hc). lra.
Qed.

Lemma convex_tangent_at X c q : 0 <= X -> 0 < c -> 1 <= q ->
  q * apow c (q - 1) * X + (1 - q) * apow c q <= apow X q.
Proof.
  intros HX Hc Hq. rewrite <- tangent_at by exact Hc.
  replace (apow X q) with (apow c q * apow (X / c) q).
  - apply Rmult_le_compat_l; [apply apow_nonneg|]. apply convex_tangent; [|exact Hq].
    apply Rmult_le_pos; [exact HX | now apply Rlt_le, Rinv_0_lt_compat].
  - rewrite apow_div by assumption. field. pose proof (apow_gt0 c q Hc). lra.
Qed.

(** * Convexity of [|a|^q], [q >= 1] *)

Lemma apow_convex a b t q : 0 <= a -> 0 <= b -> 0 <= t <= 1 -> 1 <= q ->
  apow (t * a + (1 - t) * b) q <= t * apow a q + (1 - t) * apow b q.
Proof.
  intros Ha Hb Ht Hq. set (m := t * a + (1 - t) * b).
  assert (Hm : 0 <= m) by (apply Rplus_le_le_0_compat; apply Rmult_le_pos; lra).
  destruct Hm as [Hm|E].
  - pose proof (convex_tangent_at a m q Ha Hm Hq) as A.
    pose proof (convex_tangent_at b m q Hb Hm Hq) as B.
    pose proof (convex_tangent_at m m q (Rlt_le _ _ Hm) Hm Hq).
    apply (Rmult_le_compat_l t) in A; [|lra]. apply (Rmult_le_compat_l (1 - t)) in B; [|lra].
    pose proof (tangent_at m m q Hm) as E. replace (m / m) with 1 in E by (field; lra).
    replace (apow m q) with (q * apow m (q - 1) * (t * a + (1 - t) * b) + (1 - q) * apow m q) by (fold m; lra).
    lra.
  - rewrite <- E, apow_zero. apply Rplus_le_le_0_compat; apply Rmult_le_pos; try lra; apply apow_nonneg.
Qed.

Lemma abs_power_convex a b t q : 0 <= t <= 1 -> 1 <= q ->
  apow (Rabs (t * a + (1 - t) * b)) q <= t * apow (Rabs a) q + (1 - t) * apow (Rabs b) q.
Proof.
  intros Ht Hq. eapply Rle_trans; [|apply apow_convex; try assumption; apply Rabs_pos].
  apply apow_le; [lra|]. split; [apply Rabs_pos|].
  eapply Rle_trans; [apply Rabs_triang|]. rewrite !Rabs_mult, (Rabs_pos_eq t), (Rabs_pos_eq (1 - t)) by lra. lra.
Qed.

Lemma apow_le_one r q : 0 <= q -> 0 <= r <= 1 -> apow r q <= 1.
Proof. intros Hq Hr. rewrite <- (apow_one_base q). apply apow_le; lra. Qed.
