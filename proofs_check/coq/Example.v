(** * How the theorems are used: rates 1 and 1.69 with probability 1/2 each.

    The unknown numbers (signs of drift and moment at rational points) come from the tactic
    [interval]; everything else is an application of a theorem of the library. *)

From Coq Require Import Reals List Lra.
From Coquelicot Require Import Coquelicot.
From Interval Require Import Tactic.
From Catalysis Require Import Definitions Law Power Drift Exact Exponent Bands
  Lundberg.
Import ListNotations.
Open Scope R_scope.

Definition w : list (R * R) := [(1 / 2, 1); (1 / 2, 169 / 100)].

(** One goal for each sample of the data. *)
Ltac each_sample :=
  let p := fresh "p" in let x := fresh "x" in let Hin := fresh "Hin" in
  intros p x Hin; simpl in Hin;
  repeat (destruct Hin as [Hin | Hin]; [injection Hin as <- <- | ]);
  [ .. | contradiction ].

(** The sign of the drift or of the moment at a rational point.  A stated precision makes
    [interval] calculate with integers; without it, it trusts the processor's floats. *)
Ltac digits := interval with (i_prec 60).
Ltac sign := unfold drift, slope, moment, factor; simpl; rewrite ?apow_exp by digits; digits.

Lemma data : is_data w.
Proof. split; [split; [each_sample; lra|simpl; lra]|each_sample; lra]. Qed.

Lemma moves : moving w.
Proof. exists (1 / 2), 1. split; [now left|lra]. Qed.

(** The complete list of zeros. *)
Theorem zeros : exists z, 15917159 / 10000000 < z < 15917160 / 10000000 /\
  forall lam, 0 < lam -> (is_zero w lam <-> lam = z).
Proof.
  assert (B : brackets w 0 p_infty ([] ++ [] ++ [(15917159 / 10000000, 15917160 / 10000000)])).
  { apply (brackets_glue w 0 (100 / 169)) with (p := 1 / 2) (x := 169 / 100);
      [| |lra|easy|simpl; tauto|lra].
    - apply brackets_first; [exact data|exact moves|]. apply gap_intro. each_sample; lra.
    - apply (brackets_glue w (100 / 169) 1) with (p := 1 / 2) (x := 1);
        [| |lra|easy|simpl; tauto|lra].
      + apply (brackets_tangent w (100 / 169) data moves 1 (134 / 169)).
        * apply gap_intro. each_sample; lra.
        * lra.
        * each_sample; lra.
        * sign.
        * sign.
      + apply brackets_last; [exact data|exact moves| |lra|split; sign].
        apply gap_intro_last. each_sample; lra. }
  destruct B as (zs & F & H). simpl in F. inversion F as [|z br zs' brs' Hz Hnil]; subst.
  inversion Hnil; subst. exists z. split; [exact Hz|].
  intros lam Hlam. split.
  - intros Hzero. destruct (proj1 (H lam)) as [E | []]; [|easy]. split; [easy|]. now split.
  - intros ->. destruct (proj2 (H z)) as (_ & _ & Hzero); [now left|easy].
Qed.

(** The exponent at lam = 1.42. *)
Theorem exponent : exists t, theta w (142 / 100) = Finite t /\
  1699452 / 1000000 < t < 1699453 / 1000000.
Proof.
  destruct (exponent_bracket w (142 / 100) (proj1 data) (1699452 / 1000000) (1699453 / 1000000))
    as (t & Et & Ht & _); [lra|split; sign|]. now exists t.
Qed.

(** The probability that |mu| ever grows tenfold. *)
Theorem spike : Rpower 14 (- (17 / 10)) <= ever w (142 / 100) 10 1 <= Rpower 10 (- (169 / 100)).
Proof.
  replace 14 with (10 * (14 / 10)) by lra.
  apply (spike_bounds w (142 / 100) (proj1 data)); try lra.
  - split; [sign|left; sign].
  - each_sample; unfold factor; digits.
Qed.

(** A tangency: with rates 1 and 4, drawn with probability 1/3 and 2/3, the drift touches zero
    at 3/4 and is negative on the rest of its gap. *)
Definition touching : list (R * R) := [(1 / 3, 1); (2 / 3, 4)].

Lemma touching_data : is_data touching.
Proof. split; [split; [each_sample; lra|simpl; lra]|each_sample; lra]. Qed.

Theorem touches : is_zero touching (3 / 4) /\
  forall lam, 1 / 4 < lam < 1 -> lam <> 3 / 4 -> drift touching lam < 0.
Proof.
  assert (Hg : gap touching (1 / 4) 1) by (apply gap_intro; each_sample; lra).
  assert (Hz : is_zero touching (3 / 4)).
  { replace touching with (counted 3 [(1%nat, 1); (2%nat, 4)]).
    - apply exact_zero; [lra|each_sample; lra|].
      unfold product. simpl. rewrite Rabs_pos_eq; lra.
    - unfold counted, touching. simpl. repeat f_equal; lra. }
  split; [exact Hz|]. intros lam Hlam Hne.
  apply (double_zero touching (1 / 4) 1 (law_weights _ (proj1 touching_data))) with (z := 3 / 4);
    try easy.
  - exists (1 / 3), 1. split; [now left|lra].
  - apply inside_open; simpl; [easy|lra|lra].
  - unfold slope. simpl. lra.
  - apply inside_open; simpl; [easy|lra|lra].
Qed.
