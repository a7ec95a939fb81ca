(** * The tactics of the files written by `proofs-check --coq`: numbers that [interval] encloses.

    Every call states its precision: so [interval] calculates with integers, not with the floats of the processor. *)

From Coq Require Import Reals List Lra ZArith.
From Coquelicot Require Import Coquelicot.
From Interval Require Import Tactic.
From Catalysis Require Import Definitions Law Power Drift Exponent Bands Regions.
Import ListNotations.
Open Scope R_scope.

(** An inequality between numbers, by enclosures of 60, 120, ... binary digits. *)
Ltac digits := first
  [ interval with (i_prec 60) | interval with (i_prec 120) | interval with (i_prec 240)
  | interval with (i_prec 480) | interval with (i_prec 960) | interval with (i_prec 1920)
  | interval with (i_prec 3840) | interval with (i_prec 7680) ].

(** A rational inequality or equality. *)
Ltac exactly := first [lra | field; lra | digits].

Lemma apow_zero r s : r = 0 -> apow r s = 0.
Proof. intros ->. unfold apow. destruct (Rlt_dec 0 0); [lra|easy]. Qed.

Lemma Rabs_zero y : y = 0 -> Rabs y = 0.
Proof. intros ->. apply Rabs_R0. Qed.

(** r^s as exp (s ln r), or 0 if r is 0. *)
Ltac powers := repeat match goal with |- context [apow ?r ?s] =>
  first [ rewrite (apow_zero r s) by (apply Rabs_zero; lra)
        | rewrite (apow_exp r s) by (first [apply Rabs_pos_lt; lra | digits]) ] end.

(** The sums over the law w written out. *)
Ltac write_out w := cbv beta iota zeta delta [drift slope moment moment_lam_slope factor expect fst snd w].

(** A sign of drift, slope or moment. *)
Ltac sign_of w := write_out w; powers; digits.

(** One goal for each sample. *)
Ltac each_sample := repeat (first [apply List.Forall_cons | apply List.Forall_nil]); cbn [fst snd].
