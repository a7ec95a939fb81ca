(** More of the powers [r^s] of numbers [r >= 0]: lines above and below them in the form of V3 and V4, and
    convexity. *)

From Coq Require Import Reals Lra.
From Catalysis Require Import Definitions Power Bands.
Open Scope R_scope.

Lemma apow_Rpower r s : 0 < r -> apow r s = Rpower r s.
Proof. intros H. unfold apow. destruct (Rlt_dec 0 r); [reflexivity | contradiction]. Qed.

Lemma apow_to_one r : 0 <= r -> apow r 1 = r.
Proof.
  intros [H|<-]; [rewrite apow_Rpower by exact H; now apply Rpower_1 | apply apow_zero].
Qed.

Lemma apow_apow a s t : apow (apow a s) t = apow a (s * t).
Proof.
  destruct (Rlt_dec 0 a) as [H|H].
  - rewrite (apow_Rpower a), (apow_Rpower a) by exact H. rewrite apow_Rpower by apply exp_pos. apply Rpower_mult.
  - unfold apow at 2 3. destruct (Rlt_dec 0 a); [contradiction | apply apow_zero].
Qed.

Lemma apow_div a b s : 0 <= a -> 0 < b -> apow (a / b) s = apow a s / apow b s.
Proof.
  intros Ha Hb. unfold Rdiv. rewrite apow_mult, apow_inv; try assumption; [reflexivity|].
  now apply Rlt_le, Rinv_0_lt_compat.
Qed.

Lemma apow_sqrt a s : 0 <= a -> apow (sqrt a) s = apow a (s / 2).
Proof.
  intros [H|<-]; [|now rewrite sqrt_0, !apow_zero].
  rewrite !apow_Rpower by (try apply sqrt_lt_R0; assumption). rewrite <- (Rpower_sqrt a H), Rpower_mult.
  f_equal. field.
Qed.

(** * Tangents at [c], in the two forms in which lemmas V3 and V4 use them *)

Lemma tangent_at c X q : 0 < c ->
  apow c q + q * apow c q / c * (X - c) = q * apow c (q - 1) * X + (1 - q) * apow c q.
Proof.
  intros Hc. replace (apow c q) with (apow c (q - 1) * c); [field; lra|].
  rewrite <- (apow_to_one c) at 2 by lra. rewrite <- apow_plus by exact Hc. f_equal. ring.
Qed.

Lemma concave_tangent_at X c q : 0 <= X -> 0 < c -> 0 < q <= 1 ->
  apow X q <= q * apow c (q - 1) * X + (1 - q) * apow c q.
Proof. intros HX Hc Hq. rewrite <- tangent_at by exact Hc. apply apow_base_tangent_concave; lra. Qed.

Lemma convex_tangent_at X c q : 0 <= X -> 0 < c -> 1 <= q ->
  q * apow c (q - 1) * X + (1 - q) * apow c q <= apow X q.
Proof. intros HX Hc Hq. rewrite <- tangent_at by exact Hc. apply apow_base_tangent; lra. Qed.

(** * Convexity of [|a|^q], [q >= 1] *)

Lemma abs_power_convex a b t q : 0 <= t <= 1 -> 1 <= q ->
  apow (Rabs (t * a + (1 - t) * b)) q <= t * apow (Rabs a) q + (1 - t) * apow (Rabs b) q.
Proof.
  intros Ht Hq. eapply Rle_trans; [|apply apow_convex; try assumption; apply Rabs_pos].
  apply apow_le; [|lra]. split; [apply Rabs_pos|].
  eapply Rle_trans; [apply Rabs_triang|]. rewrite !Rabs_mult, (Rabs_pos_eq t), (Rabs_pos_eq (1 - t)) by lra. lra.
Qed.

