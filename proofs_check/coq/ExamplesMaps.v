(** The theorems about maps put to work on numbers: their hypotheses can be met, and this is how. *)

From Coq Require Import Reals List Lra Lia.
From Interval Require Import Tactic.
From Catalysis Require Import Definitions Law Power General Convexity Width Network Volume MeanSquare Products
  Closed Reached.
Import ListNotations.
Open Scope R_scope.

(** The data x = 1 and x = 1.69 with p = 1/2 and the curvature L_0 = 1.42; theta is 1.69945. *)
Definition talk : list (R * R) := [(1/2, 1); (1/2, 169/100)].

Lemma talk_is_data : is_data talk.
Proof.
  split; [split|].
  - intros p x [E|[E|[]]]; injection E as <- <-; lra.
  - simpl. lra.
  - intros p x [E|[E|[]]]; injection E as <- <-; lra.
Qed.

Lemma talk_moment : moment talk (142/100) (169/100) <= 1.
Proof.
  unfold moment, factor. simpl. rewrite !apow_Rpower by (apply Rabs_pos_lt; lra). interval.
Qed.

(** kappa_0 = 10^-6 reaches 1/10 with probability at most (10^-5)^1.69 < 4 10^-9, at every width and horizon. *)
Theorem talk_spike T : reach_kappa talk (1/10) T (1/1000000, 142/100) <= 4 / 10 ^ 9.
Proof.
  eapply Rle_trans; [apply (width_theorem talk (142/100) (169/100))|].
  - exact talk_is_data.
  - intros p x [E|[E|[]]]; injection E as <- <-; lra.
  - lra.
  - exact talk_moment.
  - rewrite Rabs_pos_eq; lra.
  - lra.
  - rewrite Rabs_pos_eq, apow_Rpower by lra. unfold Rpower. interval.
Qed.

(** The other side, from W3 with h = 2 and L_1 = 1.4: it ever reaches 1/100 with probability at least 4.9 10^-9. *)
Lemma talk_lowest x : x = 1 \/ x = 169/100 -> lowest (142/100) (7/5) (1/100) x =
  - (1 - x * (7/5) + x ^ 2 * (1/100) ^ 2).
Proof. intros [->| ->]; unfold lowest; apply least_abs_negative; lra. Qed.

Theorem talk_spike_below : 49 / 10 ^ 10 <= hit_ever talk reduced_step kappa_size (1/100) (1/1000000, 142/100).
Proof.
  eapply Rle_trans; [|apply (W3_ever talk (142/100) (7/5) (1/100) (72/10000) 2 (7/5) (73/100))].
  - rewrite Rabs_pos_eq, apow_Rpower by lra. unfold Rpower. interval.
  - exact talk_is_data.
  - intros p x [E|[E|[]]]; injection E as <- <-; lra.
  - lra.
  - lra.
  - lra.
  - intros p x [E|[E|[]]]; injection E as <- <-; lra.
  - lra.
  - lra.
  - intros p x [E|[E|[]]]; injection E as <- <-; unfold highest; apply Rmax_lub; apply Rabs_le; lra.
  - unfold lowest_moment. simpl expect. rewrite !talk_lowest, !apow_Rpower by (auto; lra). unfold Rpower. interval.
  - lra.
  - unfold lowest_moment. simpl expect. rewrite !talk_lowest, !apow_Rpower by (auto; lra). unfold Rpower. interval.
  - rewrite Rabs_pos_eq; lra.
  - rewrite Rabs_pos_eq; lra.
Qed.

(** Samples (1, 0) and (1, 1) in the plane with p = 1/2 and eta = 1/2: T(Q) <= Q with Q = I. *)
Definition rows (M : list (list R)) : matrix := fun i j => nth j (nth i M []) 0.
Definition entries (v : list R) : vector := fun i => nth i v 0.

Definition plane : list (R * vector) := [(1/2, entries [1; 0]); (1/2, entries [1; 1])].
Definition plane_step (g : vector) : matrix := step_matrix 1 (1/2) g g.
Definition plane_form : matrix := rows [[1; 0]; [0; 1]].

Lemma plane_is_law : is_law plane.
Proof. split; [|simpl; lra]. intros p g [E|[E|[]]]; injection E as <- _; lra. Qed.

(** Entries are compared one by one. *)
Ltac by_entries :=
  intros i j Hi Hj; destruct i as [|[|i]]; destruct j as [|[|j]]; try lia;
  unfold transfer, plane, congruent, plane_step, step_matrix, unit, plane_form, rows, entries; simpl; field.

Lemma plane_semidefinite : semidefinite 2 plane_form.
Proof.
  apply (squares_semidefinite 2 _ [(1, entries [1; 0]); (1, entries [0; 1])]).
  - intros c l [E|[E|[]]]; injection E as <- _; lra.
  - by_entries.
Qed.

Theorem plane_spike K T e : 0 < K -> 0 < quad 2 plane_form e ->
  reach_form 2 plane plane_step plane_form K T e <= / K ^ 2.
Proof.
  apply V5_spikes; [exact plane_is_law | exact plane_semidefinite|].
  apply (loewner_by_squares 2 _ _ [(5/8, entries [1; 2/5]); (3/20, entries [0; 1])]).
  - intros c l [E|[E|[]]]; injection E as <- _; lra.
  - by_entries.
Qed.
