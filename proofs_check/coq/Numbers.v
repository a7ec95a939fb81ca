(** * The tactics of the files written by `proofs-check --coq`: numbers that [interval] encloses.

    Every call states its precision: so [interval] calculates with integers, not with the floats of the processor. *)

From Coq Require Import Reals List Lra Lia ZArith.
From Coquelicot Require Import Coquelicot.
From Interval Require Import Tactic.
From Catalysis Require Import Definitions Law Power Drift Exact Exponent Bands Regions.
Import ListNotations.
Open Scope R_scope.

(** An inequality between numbers, by enclosures of 60, 120, ... binary digits. *)
Ltac digits := first
  [ interval with (i_prec 60) | interval with (i_prec 120) | interval with (i_prec 240)
  | interval with (i_prec 480) | interval with (i_prec 960) ].

(** The same for points that lie exp (- t) beside a pole. *)
Ltac far_digits := first
  [ digits | interval with (i_prec 1920) | interval with (i_prec 3840) | interval with (i_prec 7680) ].

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
Ltac far_sign_of w := write_out w; powers; far_digits.

(** One goal for each sample. *)
Ltac each_sample := repeat (first [apply List.Forall_cons | apply List.Forall_nil]); cbn [fst snd].

(** |y| = r as y = r or - y = r, by the sign of y. *)
Ltac without_bars :=
  match goal with |- Rabs ?y = _ => first [rewrite (Rabs_pos_eq y) by lra | rewrite (Rabs_left y) by lra] end.

(** A factor |1 - lam x| as a product of powers of a base. *)
Ltac base_power :=
  cbv beta iota zeta delta [factor monomial fold_right combine fst snd];
  without_bars; simpl; first [lra | field].

(** |1 - lam x| <= r. *)
Ltac factor_at_most := unfold factor; apply Rabs_le; split; first [lra | nra | digits].

Lemma apow_whole r n : 0 <= r -> (0 < n)%nat -> apow r (INR n) = r ^ n.
Proof.
  intros Hr Hn. unfold apow. destruct (Rlt_dec 0 r) as [H | H]; [now apply Rpower_pow|].
  replace r with 0 by lra. now rewrite pow_i.
Qed.

(** A moment with a whole exponent n, exactly. *)
Ltac whole_power w n :=
  write_out w;
  repeat match goal with |- context [apow (Rabs ?y) ?s] =>
    replace (apow (Rabs y) s) with (Rabs y ^ n) by
      (rewrite <- apow_whole by (first [apply Rabs_pos | lia]); f_equal; simpl; lra);
    first [rewrite (Rabs_pos_eq y) by lra | rewrite (Rabs_left y) by lra] end;
  simpl; lra.

(** One of several intervals. *)
Ltac in_zone := first [lra | left; lra | right; in_zone].
