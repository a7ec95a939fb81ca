(** * The sign of the drift over a box of data sets with two samples: lemmas F1 and F2 of docs/families.md.

    The samples are 1 (probability 1 - p) and s (probability p), so the rates are 1 and s^2. *)

From Coq Require Import Reals List Lra.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions.
Import ListNotations.
Open Scope R_scope.

(** The law of the rates. For p = 0 or p = 1 one of the two weights is 0. *)
Definition two (s p : R) : list (R * R) := [(1 - p, 1); (p, s ^ 2)].

(** No factor that has a weight vanishes. *)
Definition off_poles (s p z : R) : Prop := (0 < 1 - p -> 1 - z * 1 <> 0) /\ (0 < p -> 1 - z * s ^ 2 <> 0).

(** The drift at a pole is minus infinity, and counts as negative. *)
Definition at_pole (s p z : R) : Prop := (0 < 1 - p /\ 1 - z * 1 = 0) \/ (0 < p /\ 1 - z * s ^ 2 = 0).

Lemma at_pole_or_negative s p z : (off_poles s p z -> drift (two s p) z < 0) -> at_pole s p z \/ drift (two s p) z < 0.
Proof.
  intros H. unfold at_pole.
  destruct (Rlt_dec 0 (1 - p)) as [A | A]; destruct (Req_dec (1 - z * 1) 0) as [E | E];
    try (left; left; split; assumption);
  destruct (Rlt_dec 0 p) as [B | B]; destruct (Req_dec (1 - z * s ^ 2) 0) as [F | F];
    try (left; right; split; assumption);
  right; apply H; split; intros; (assumption || contradiction).
Qed.

(** The curvature that has the share c/2 - 1 of the window. *)
Definition share_point (c s : R) : R := c / Rmax 1 (s ^ 2).

(** (1 - p) ln a + p ln b < 0, where ln 0 = - infinity. *)
Definition below (a b p : R) : Prop := (0 < 1 - p -> a <> 0) -> (0 < p -> b <> 0) -> (1 - p) * ln a + p * ln b < 0.

Definition above (a b p : R) : Prop := (0 < 1 - p -> a <> 0) /\ (0 < p -> b <> 0) /\ 0 < (1 - p) * ln a + p * ln b.

Lemma ln_mono a b : 0 < a <= b -> ln a <= ln b.
Proof. intros [H [L | ->]]; [|lra]. apply Rlt_le. now apply ln_increasing. Qed.

Lemma below_less a b a' b' p : 0 <= p <= 1 -> 0 <= a' <= a -> 0 <= b' <= b -> below a b p -> below a' b' p.
Proof.
  intros Hp Ha Hb H A B.
  assert (P : (1 - p) * ln a' <= (1 - p) * ln a).
  { destruct (Rlt_le_dec 0 (1 - p)) as [W | W]; [|replace (1 - p) with 0 by lra; lra].
    apply Rmult_le_compat_l; [lra|]. apply ln_mono. specialize (A W). lra. }
  assert (Q : p * ln b' <= p * ln b).
  { destruct (Rlt_le_dec 0 p) as [W | W]; [|replace p with 0 by lra; lra].
    apply Rmult_le_compat_l; [lra|]. apply ln_mono. specialize (B W). lra. }
  enough ((1 - p) * ln a + p * ln b < 0) by lra. apply H; intros W.
  - specialize (A W). lra.
  - specialize (B W). lra.
Qed.

Lemma below_between a b p0 p1 p : 0 <= p0 <= p -> p <= p1 <= 1 -> below a b p0 -> below a b p1 -> below a b p.
Proof.
  intros H0 H1 B0 B1 A B.
  destruct (Req_dec p p0) as [-> | N0]; [now apply B0|]. destruct (Req_dec p p1) as [-> | N1]; [now apply B1|].
  assert (Ha : a <> 0) by (apply A; lra). assert (Hb : b <> 0) by (apply B; lra).
  specialize (B0 (fun _ => Ha) (fun _ => Hb)). specialize (B1 (fun _ => Ha) (fun _ => Hb)).
  set (x := ln a) in *. set (y := ln b) in *.
  assert (E : (p1 - p0) * ((1 - p) * x + p * y)
    = (p1 - p) * ((1 - p0) * x + p0 * y) + (p - p0) * ((1 - p1) * x + p1 * y)) by ring.
  nra.
Qed.

Lemma above_more a b a' b' p : 0 <= p <= 1 -> 0 <= a <= a' -> 0 <= b <= b' -> above a b p -> above a' b' p.
Proof.
  intros Hp Ha Hb (A & B & H). split; [|split].
  - intros W. specialize (A W). lra.
  - intros W. specialize (B W). lra.
  - assert (P : (1 - p) * ln a <= (1 - p) * ln a').
    { destruct (Rlt_le_dec 0 (1 - p)) as [W | W]; [|replace (1 - p) with 0 by lra; lra].
      apply Rmult_le_compat_l; [lra|]. apply ln_mono. specialize (A W). lra. }
    assert (Q : p * ln b <= p * ln b').
    { destruct (Rlt_le_dec 0 p) as [W | W]; [|replace p with 0 by lra; lra].
      apply Rmult_le_compat_l; [lra|]. apply ln_mono. specialize (B W). lra. }
    lra.
Qed.

Lemma above_between a b p0 p1 p : 0 <= p0 <= p -> p <= p1 <= 1 -> above a b p0 -> above a b p1 -> above a b p.
Proof.
  intros H0 H1 (A0 & B0 & G0) (A1 & B1 & G1). split; [|split].
  - intros W. apply A0. lra.
  - intros W. apply B1. lra.
  - set (x := ln a) in *. set (y := ln b) in *.
    destruct (Req_dec p p0) as [-> | N0]; [easy|].
    assert (E : (p1 - p0) * ((1 - p) * x + p * y)
      = (p1 - p) * ((1 - p0) * x + p0 * y) + (p - p0) * ((1 - p1) * x + p1 * y)) by ring.
    nra.
Qed.

(** |1 - z y| is convex in y, and monotone where it does not vanish. *)
Lemma factor_at_most_an_end z u v y : u <= y <= v ->
  Rabs (1 - z * y) <= Rabs (1 - z * u) \/ Rabs (1 - z * y) <= Rabs (1 - z * v).
Proof.
  intros H. pose proof (Rle_abs (1 - z * u)). pose proof (Rle_abs (1 - z * v)).
  pose proof (Rle_abs (- (1 - z * u))) as U. pose proof (Rle_abs (- (1 - z * v))) as V. rewrite Rabs_Ropp in U, V.
  destruct (Rle_dec 0 z) as [Z | Z], (Rle_dec 0 (1 - z * y)) as [Y | Y].
  - left. rewrite (Rabs_pos_eq _ Y). nra.
  - right. rewrite (Rabs_left (1 - z * y)) by lra. nra.
  - right. rewrite (Rabs_pos_eq _ Y). nra.
  - left. rewrite (Rabs_left (1 - z * y)) by lra. nra.
Qed.

Lemma factor_at_least_an_end z u v y : 0 <= z -> u <= y <= v -> z * v < 1 \/ 1 < z * u ->
  Rabs (1 - z * u) <= Rabs (1 - z * y) \/ Rabs (1 - z * v) <= Rabs (1 - z * y).
Proof. intros Hz H [P | P]; [right | left]; unfold Rabs; repeat destruct Rcase_abs; nra. Qed.

Lemma squares_in_order s0 s s1 : 0 <= s0 <= s -> s <= s1 -> s0 ^ 2 <= s ^ 2 <= s1 ^ 2.
Proof. intros. nra. Qed.

Lemma drift_two s p z : drift (two s p) z = (1 - p) * ln (Rabs (1 - z * 1)) + p * ln (Rabs (1 - z * s ^ 2)).
Proof. unfold drift, two, expect, factor. ring. Qed.

Lemma negative_of_below s p z : below (Rabs (1 - z * 1)) (Rabs (1 - z * s ^ 2)) p ->
  off_poles s p z -> drift (two s p) z < 0.
Proof.
  intros B [N1 N2]. rewrite drift_two. apply B; intros W.
  - apply Rabs_no_R0. now apply N1.
  - apply Rabs_no_R0. now apply N2.
Qed.

Lemma positive_of_above s p z : above (Rabs (1 - z * 1)) (Rabs (1 - z * s ^ 2)) p ->
  off_poles s p z /\ 0 < drift (two s p) z.
Proof.
  intros (A & B & H). rewrite drift_two. split; [split|exact H]; intros W E.
  - apply (A W). rewrite E. apply Rabs_R0.
  - apply (B W). rewrite E. apply Rabs_R0.
Qed.

Section Box.
Variables (s0 s1 p0 p1 : R).
Hypothesis in_order : 0 <= s0 <= s1 /\ 0 <= p0 <= p1 /\ p1 <= 1.

Definition box (s p : R) : Prop := s0 <= s <= s1 /\ p0 <= p <= p1.

(** The sign at the corners for a curvature that depends on s. *)
Definition corners (sign : R -> R -> R -> Prop) (z : R -> R) : Prop :=
  List.Forall (fun c => sign (Rabs (1 - z (fst c) * 1)) (Rabs (1 - z (fst c) * fst c ^ 2)) (snd c))
    [(s0, p0); (s0, p1); (s1, p0); (s1, p1)].

Lemma corners_list sign z : corners sign z ->
  (forall p, p = p0 \/ p = p1 -> sign (Rabs (1 - z s0 * 1)) (Rabs (1 - z s0 * s0 ^ 2)) p) /\
  (forall p, p = p0 \/ p = p1 -> sign (Rabs (1 - z s1 * 1)) (Rabs (1 - z s1 * s1 ^ 2)) p).
Proof.
  unfold corners. rewrite List.Forall_forall. intros C.
  split; intros p [-> | ->].
  - apply (C (s0, p0)); simpl; tauto.
  - apply (C (s0, p1)); simpl; tauto.
  - apply (C (s1, p0)); simpl; tauto.
  - apply (C (s1, p1)); simpl; tauto.
Qed.

(** Every factor is at most that of one end of the box. *)
Lemma below_by_an_end z s p : corners below z -> box s p ->
  (Rabs (1 - z s * 1) <= Rabs (1 - z s0 * 1) /\ Rabs (1 - z s * s ^ 2) <= Rabs (1 - z s0 * s0 ^ 2)) \/
  (Rabs (1 - z s * 1) <= Rabs (1 - z s1 * 1) /\ Rabs (1 - z s * s ^ 2) <= Rabs (1 - z s1 * s1 ^ 2)) ->
  off_poles s p (z s) -> drift (two s p) (z s) < 0.
Proof.
  intros C [Hs Hp] E N. destruct (corners_list _ _ C) as [C0 C1]. apply negative_of_below; [|exact N].
  destruct E as [[A B] | [A B]].
  - apply below_less with (Rabs (1 - z s0 * 1)) (Rabs (1 - z s0 * s0 ^ 2)); try (split; [apply Rabs_pos|easy]); try lra.
    apply below_between with p0 p1; try lra; apply C0; tauto.
  - apply below_less with (Rabs (1 - z s1 * 1)) (Rabs (1 - z s1 * s1 ^ 2)); try (split; [apply Rabs_pos|easy]); try lra.
    apply below_between with p0 p1; try lra; apply C1; tauto.
Qed.

Lemma above_by_an_end z s p : corners above z -> box s p ->
  (Rabs (1 - z s0 * 1) <= Rabs (1 - z s * 1) /\ Rabs (1 - z s0 * s0 ^ 2) <= Rabs (1 - z s * s ^ 2)) \/
  (Rabs (1 - z s1 * 1) <= Rabs (1 - z s * 1) /\ Rabs (1 - z s1 * s1 ^ 2) <= Rabs (1 - z s * s ^ 2)) ->
  off_poles s p (z s) /\ 0 < drift (two s p) (z s).
Proof.
  intros C [Hs Hp] E. destruct (corners_list _ _ C) as [C0 C1]. apply positive_of_above.
  destruct E as [[A B] | [A B]].
  - apply above_more with (Rabs (1 - z s0 * 1)) (Rabs (1 - z s0 * s0 ^ 2)); try (split; [apply Rabs_pos|easy]); try lra.
    apply above_between with p0 p1; try lra; apply C0; tauto.
  - apply above_more with (Rabs (1 - z s1 * 1)) (Rabs (1 - z s1 * s1 ^ 2)); try (split; [apply Rabs_pos|easy]); try lra.
    apply above_between with p0 p1; try lra; apply C1; tauto.
Qed.

(** Lemma F1 (a). *)
Theorem family_negative z : corners below (fun _ => z) ->
  forall s p, box s p -> off_poles s p z -> drift (two s p) z < 0.
Proof.
  intros C s p B. apply (below_by_an_end (fun _ => z) s p C B).
  destruct (factor_at_most_an_end z (s0 ^ 2) (s1 ^ 2) (s ^ 2)) as [H | H].
  - unfold box in B. apply squares_in_order; lra.
  - left. split; [lra|exact H].
  - right. split; [lra|exact H].
Qed.

(** Lemma F1 (b). *)
Theorem family_positive z : 0 <= z -> z * s1 ^ 2 < 1 \/ 1 < z * s0 ^ 2 -> corners above (fun _ => z) ->
  forall s p, box s p -> off_poles s p z /\ 0 < drift (two s p) z.
Proof.
  intros Hz P C s p B. apply (above_by_an_end (fun _ => z) s p C B).
  destruct (factor_at_least_an_end z (s0 ^ 2) (s1 ^ 2) (s ^ 2) Hz) as [H | H]; [|exact P| |].
  - unfold box in B. apply squares_in_order; lra.
  - left. split; [lra|exact H].
  - right. split; [lra|exact H].
Qed.

(** The curvature of a share is c below s = 1, and c / s^2 above. *)
Lemma share_low c s : 0 <= s <= 1 -> share_point c s = c.
Proof. intros H. unfold share_point. rewrite Rmax_left by nra. field. Qed.

Lemma share_high c s : 1 <= s -> share_point c s = c * / s ^ 2 /\ c * / s ^ 2 * s ^ 2 = c.
Proof.
  intros H. unfold share_point. rewrite Rmax_right by nra. split; [reflexivity|]. field. lra.
Qed.

Lemma inverse_squares s t : 1 <= s <= t -> 0 < / t ^ 2 <= / s ^ 2.
Proof.
  intros H. split; [apply Rinv_0_lt_compat; nra|]. apply Rinv_le_contravar; nra.
Qed.

(** Lemma F2 (a). *)
Theorem family_share_negative c : s1 <= 1 \/ 1 <= s0 -> corners below (share_point c) ->
  forall s p, box s p -> off_poles s p (share_point c s) -> drift (two s p) (share_point c s) < 0.
Proof.
  intros O C s p B. apply (below_by_an_end (share_point c) s p C B). unfold box in B. destruct O as [O | O].
  - rewrite !share_low by lra.
    destruct (factor_at_most_an_end c (s0 ^ 2) (s1 ^ 2) (s ^ 2)) as [H | H]; [apply squares_in_order; lra| |].
    + left. split; [lra|exact H].
    + right. split; [lra|exact H].
  - destruct (share_high c s ltac:(lra)) as [-> ->]. destruct (share_high c s0 ltac:(lra)) as [-> ->].
    destruct (share_high c s1 ltac:(lra)) as [-> ->]. rewrite !Rmult_1_r.
    destruct (factor_at_most_an_end c (/ s1 ^ 2) (/ s0 ^ 2) (/ s ^ 2)) as [H | H].
    + split; apply inverse_squares; lra.
    + right. split; [exact H|lra].
    + left. split; [exact H|lra].
Qed.

(** Lemma F2 (b): neither 1/c nor c lies between the squares. *)
Theorem family_share_positive c : 1 <= c ->
  (s1 <= 1 /\ (c * s1 ^ 2 < 1 \/ 1 < c * s0 ^ 2)) \/ (1 <= s0 /\ (s1 ^ 2 < c \/ c < s0 ^ 2)) \/
  (s0 <= 1 <= s1 /\ 1 < c * s0 ^ 2 /\ s1 ^ 2 < c) ->
  corners above (share_point c) ->
  forall s p, box s p -> off_poles s p (share_point c s) /\ 0 < drift (two s p) (share_point c s).
Proof.
  intros Hc O C s p B. apply (above_by_an_end (share_point c) s p C B). unfold box in B.
  destruct O as [[O P] | [[O P] | (O & P & Q)]].
  - rewrite !share_low by lra.
    destruct (factor_at_least_an_end c (s0 ^ 2) (s1 ^ 2) (s ^ 2)) as [H | H]; [lra|apply squares_in_order; lra|exact P| |].
    + left. split; [lra|exact H].
    + right. split; [lra|exact H].
  - destruct (share_high c s ltac:(lra)) as [-> ->]. destruct (share_high c s0 ltac:(lra)) as [-> ->].
    destruct (share_high c s1 ltac:(lra)) as [-> ->]. rewrite !Rmult_1_r.
    destruct (factor_at_least_an_end c (/ s1 ^ 2) (/ s0 ^ 2) (/ s ^ 2)) as [H | H]; [lra| | | |].
    + split; apply inverse_squares; lra.
    + destruct P as [P | P]; [right | left].
      * apply Rmult_lt_reg_r with (s1 ^ 2); [nra|]. rewrite Rmult_assoc, Rinv_l by nra. lra.
      * apply Rmult_lt_reg_r with (s0 ^ 2); [nra|]. rewrite Rmult_assoc, Rinv_l by nra. lra.
    + right. split; [exact H|lra].
    + left. split; [exact H|lra].
  - destruct (Rle_dec s 1) as [L | L].
    + left. rewrite !share_low by lra. split; [lra|].
      assert (s0 ^ 2 <= s ^ 2) by nra. rewrite !Rabs_left by nra. nra.
    + right. destruct (share_high c s ltac:(lra)) as [-> ->]. destruct (share_high c s1 ltac:(lra)) as [-> ->].
      split; [|lra]. rewrite !Rmult_1_r.
      assert (I : 0 < / s1 ^ 2 <= / s ^ 2) by (apply inverse_squares; lra).
      assert (one : 1 < c * / s1 ^ 2).
      { apply Rmult_lt_reg_r with (s1 ^ 2); [nra|]. rewrite Rmult_assoc, Rinv_l by nra. lra. }
      rewrite !Rabs_left by nra. nra.
Qed.

End Box.

(** ** For given numbers *)

Lemma below_pole_a a b p : a = 0 -> 0 < 1 - p -> below a b p.
Proof. intros E W N _. now destruct (N W). Qed.

Lemma below_pole_b a b p : b = 0 -> 0 < p -> below a b p.
Proof. intros E W _ N. now destruct (N W). Qed.

Lemma below_first a b p : p = 0 -> ln a < 0 -> below a b p.
Proof. intros -> H _ _. lra. Qed.

Lemma below_second a b p : p = 1 -> ln b < 0 -> below a b p.
Proof. intros -> H _ _. lra. Qed.

Lemma above_first a b p : p = 0 -> 0 < a -> 0 < ln a -> above a b p.
Proof. intros -> P H. split; [lra|]. split; lra. Qed.

Lemma above_second a b p : p = 1 -> 0 < b -> 0 < ln b -> above a b p.
Proof. intros -> P H. split; [lra|]. split; lra. Qed.

Lemma above_both a b p : 0 < a -> 0 < b -> 0 < (1 - p) * ln a + p * ln b -> above a b p.
Proof. intros A B H. repeat split; lra. Qed.
