(** The determinant of one step on a vector sample, in every dimension: det (c I + a b^T) = c^(d-1) (c + a . b).

    Determinants are defined by expansion along the first row. With a = -eta g, b = g, c = 1 this is
    det (I - eta g g^T) = 1 - eta |g|^2, the volume that lemma V1 of the documentation counts. *)

From Coq Require Import Reals List Lra Lia Arith.
Open Scope R_scope.

(** * Sums over 0, ..., n - 1 *)

Fixpoint sum (n : nat) (f : nat -> R) : R :=
  match n with
  | O => 0
  | S m => sum m f + f m
  end.

Lemma sum_ext n : forall f g, (forall i, (i < n)%nat -> f i = g i) -> sum n f = sum n g.
Proof.
  induction n as [|n IH]; intros f g H; simpl; [reflexivity|].
  rewrite (H n), (IH f g); [reflexivity | intros i Hi; apply H; lia | lia].
Qed.

Lemma sum_plus n f g : sum n (fun i => f i + g i) = sum n f + sum n g.
Proof. induction n as [|n IH]; simpl; [|rewrite IH]; ring. Qed.

Lemma sum_scal n c f : sum n (fun i => c * f i) = c * sum n f.
Proof. induction n as [|n IH]; simpl; [|rewrite IH]; ring. Qed.

Lemma sum_scal_r n c f : sum n (fun i => f i * c) = sum n f * c.
Proof. induction n as [|n IH]; simpl; [|rewrite IH]; ring. Qed.

Lemma sum_zero n f : (forall i, (i < n)%nat -> f i = 0) -> sum n f = 0.
Proof.
  intros H. rewrite (sum_ext n f (fun _ => 0)) by exact H. clear H.
  induction n as [|n IH]; simpl; [|rewrite IH]; ring.
Qed.

Lemma sum_head n f : sum (S n) f = f O + sum n (fun i => f (S i)).
Proof. induction n as [|n IH]; [simpl; ring|]. change (sum (S (S n)) f) with (sum (S n) f + f (S n)).
  rewrite IH. simpl. ring. Qed.

(** A sum of which one term is not 0. *)
Lemma sum_single n f j : (j < n)%nat -> (forall i, (i < n)%nat -> i <> j -> f i = 0) -> sum n f = f j.
Proof.
  induction n as [|n IH]; intros Hj H; [lia|]. simpl. destruct (Nat.eq_dec j n) as [->|N].
  - rewrite sum_zero; [ring | intros i Hi; apply H; lia].
  - rewrite IH, (H n); [ring | lia | lia | lia | intros i Hi Ni; apply H; lia].
Qed.

Lemma sum_exchange n m : forall f,
  sum n (fun i => sum m (fun j => f i j)) = sum m (fun j => sum n (fun i => f i j)).
Proof.
  induction n as [|n IH]; intros f; simpl.
  - now rewrite sum_zero.
  - rewrite IH, sum_plus. reflexivity.
Qed.

(** A double sum whose terms cancel in pairs. *)
Lemma sum_cancels (F : nat -> nat -> R) : (forall j k, (j <= k)%nat -> F j k = - F (S k) j) ->
  forall n, sum (S n) (fun j => sum n (F j)) = 0.
Proof.
  intros H n. induction n as [|n IH]; [simpl; ring|].
  change (sum (S (S n)) (fun j => sum (S n) (F j)))
    with (sum (S n) (fun j => sum n (F j) + F j n) + sum (S n) (F (S n))).
  rewrite sum_plus, IH. rewrite (sum_ext (S n) (fun j => F j n) (fun j => -1 * F (S n) j)).
  - rewrite sum_scal. ring.
  - intros j Hj. rewrite H by lia. ring.
Qed.

(** * Determinants *)

(** The k-th of the columns that remain when column j is left out. *)
Definition skip (j k : nat) : nat := if (k <? j)%nat then k else S k.

Fixpoint det (n : nat) (M : nat -> nat -> R) : R :=
  match n with
  | O => 1
  | S m => sum (S m) (fun j => (-1) ^ j * M O j * det m (fun i k => M (S i) (skip j k)))
  end.

(** The row u on top of the rows of M. *)
Definition top (u : nat -> R) (M : nat -> nat -> R) (i j : nat) : R :=
  match i with
  | O => u j
  | S i => M i j
  end.

Lemma skip_lt n j k : (k < n)%nat -> (skip j k < S n)%nat.
Proof. intros H. unfold skip. destruct (k <? j)%nat; lia. Qed.

Lemma skip_skip j k l : (j <= k)%nat -> skip j (skip k l) = skip (S k) (skip j l).
Proof.
  intros H. unfold skip.
  repeat match goal with |- context [(?a <? ?b)%nat] => destruct (Nat.ltb_spec a b) end; lia.
Qed.

Lemma det_ext n : forall M N, (forall i j, (i < n)%nat -> (j < n)%nat -> M i j = N i j) -> det n M = det n N.
Proof.
  induction n as [|n IH]; intros M N H; [reflexivity|]. apply sum_ext. intros j Hj.
  rewrite (H O j) by lia. f_equal. apply IH. intros i k Hi Hk. apply H; [lia | now apply skip_lt].
Qed.

(** Expansion along the first row. *)
Lemma det_top n u M :
  det (S n) (top u M) = sum (S n) (fun j => (-1) ^ j * u j * det n (fun i k => M i (skip j k))).
Proof. reflexivity. Qed.

Lemma det_top_linear n s t u v M :
  det (S n) (top (fun j => s * u j + t * v j) M) = s * det (S n) (top u M) + t * det (S n) (top v M).
Proof.
  rewrite !det_top, <- !sum_scal, <- sum_plus. apply sum_ext. intros. ring.
Qed.

Lemma det_second_linear n s t r u v M :
  det (S (S n)) (top r (top (fun j => s * u j + t * v j) M)) =
  s * det (S (S n)) (top r (top u M)) + t * det (S (S n)) (top r (top v M)).
Proof.
  rewrite !(det_top (S n)), <- !sum_scal, <- sum_plus. apply sum_ext. intros j _.
  assert (E : forall u, det (S n) (fun i k => top u M i (skip j k)) =
                        det (S n) (top (fun k => u (skip j k)) (fun i k => M i (skip j k)))).
  { intros w. apply det_ext. intros [|i] k _ _; reflexivity. }
  rewrite !E, det_top_linear. ring.
Qed.

(** Two equal rows at the top. *)
Lemma det_equal_rows n u M : det (S (S n)) (top u (top u M)) = 0.
Proof.
  rewrite det_top.
  rewrite (sum_ext _ _ (fun j => sum (S n) (fun k =>
    (-1) ^ j * u j * ((-1) ^ k * u (skip j k) * det n (fun i l => M i (skip j (skip k l))))))).
  - apply sum_cancels. intros j k H. replace (skip j k) with (S k) by (unfold skip;
    destruct (Nat.ltb_spec k j); lia).
    replace (skip (S k) j) with j by (unfold skip; destruct (Nat.ltb_spec j (S k)); lia).
    rewrite (det_ext n (fun i l => M i (skip (S k) (skip j l))) (fun i l => M i (skip j (skip k l)))).
    + simpl. ring.
    + intros i l _ _. now rewrite <- (skip_skip j k l).
  - intros j _. rewrite sum_scal. f_equal.
Qed.

(** So exchanging them changes the sign. *)
Lemma det_exchange n u v M : det (S (S n)) (top u (top v M)) = - det (S (S n)) (top v (top u M)).
Proof.
  pose proof (det_equal_rows n (fun j => 1 * u j + 1 * v j) M) as E.
  rewrite det_top_linear, !det_second_linear, !det_equal_rows in E. lra.
Qed.

(** The unit vector e_i. *)
Definition unit (i j : nat) : R := if (i =? j)%nat then 1 else 0.

Lemma det_unit n i M : (i < S n)%nat -> det (S n) (top (unit i) M) = (-1) ^ i * det n (fun r k => M r (skip i k)).
Proof.
  intros H. rewrite det_top, (sum_single _ _ i); [unfold unit; rewrite Nat.eqb_refl; ring | exact H|].
  intros j _ N. unfold unit. destruct (Nat.eqb_spec i j); [congruence | ring].
Qed.

(** * Rank one *)

(** Below the row b, multiples of b may be taken off the other rows. *)
Lemma det_below_b n : forall c a b,
  det (S n) (top b (fun i k => c * unit (S i) k + a i * b k)) = b O * c ^ n.
Proof.
  induction n as [|n IH]; intros c a b; [simpl; ring|].
  set (rest := fun i k => c * unit (S (S i)) k + a (S i) * b k).
  rewrite (det_ext _ _ (top b (top (fun k => c * unit 1 k + a O * b k) rest))) by (intros [|[|i]] k _ _;
    reflexivity).
  rewrite det_second_linear, det_equal_rows, det_exchange, det_unit by lia.
  rewrite (det_ext _ _ (top (fun k => b (skip 1 k)) (fun i k => c * unit (S i) k + a (S i) * b (skip 1 k)))).
  - rewrite (IH c (fun i => a (S i)) (fun k => b (skip 1 k))). change (skip 1 0) with O. simpl. ring.
  - intros [|i] k _ _; [reflexivity|]. unfold rest. simpl top. do 2 f_equal. now destruct k.
Qed.

(** c I + a b^T. *)
Definition rank_one (c : R) (a b : nat -> R) (i j : nat) : R := c * unit i j + a i * b j.

Lemma rank_one_head n c a b :
  det (S n) (rank_one c a b) = c * det n (rank_one c (fun i => a (S i)) (fun i => b (S i))) + a O * b O * c ^ n.
Proof.
  rewrite (det_ext _ _ (top (fun k => c * unit 0 k + a O * b k) (fun i k => c * unit (S i) k + a (S i) * b k)))
    by (intros [|i] k _ _; reflexivity).
  rewrite det_top_linear, det_unit by lia. rewrite (det_below_b n c (fun i => a (S i)) b). simpl.
  rewrite (det_ext n _ (rank_one c (fun i => a (S i)) (fun i => b (S i)))); [ring | reflexivity].
Qed.

Theorem det_rank_one d : forall c a b, det (S d) (rank_one c a b) = c ^ d * (c + sum (S d) (fun i => a i * b i)).
Proof.
  induction d as [|d IH]; intros c a b; rewrite rank_one_head.
  - simpl. ring.
  - rewrite IH, (sum_head (S d)). simpl pow. ring.
Qed.

(** The matrix of a step, c I - eta a b^T: c = 1 without weight decay. *)
Definition step_matrix (c eta : R) (a b : nat -> R) (i j : nat) : R := c * unit i j - eta * (a i * b j).

Theorem det_step d c eta a b :
  det (S d) (step_matrix c eta a b) = c ^ d * (c - eta * sum (S d) (fun i => a i * b i)).
Proof.
  rewrite (det_ext _ _ (rank_one c (fun i => - eta * a i) b)) by (intros; unfold step_matrix, rank_one; ring).
  rewrite det_rank_one. rewrite (sum_ext _ (fun i => - eta * a i * b i) (fun i => - eta * (a i * b i))) by
    (intros; ring).
  rewrite sum_scal. ring.
Qed.

(** V1: det (I - eta g g^T) = 1 - eta |g|^2, in every dimension d >= 1 (and det = 1 for d = 0). *)
Theorem volume d eta g : det d (step_matrix 1 eta g g) = 1 - eta * sum d (fun i => g i ^ 2).
Proof.
  destruct d as [|d]; [simpl; ring|]. rewrite det_step, pow1, Rmult_1_l.
  now rewrite (sum_ext _ (fun i => g i * g i) (fun i => g i ^ 2)) by (intros; ring).
Qed.

(** * Products of matrices; and what the definition says in dimension 2 *)

Definition product (n : nat) (A B : nat -> nat -> R) (i j : nat) : R := sum n (fun k => A i k * B k j).

Lemma det_2 M : det 2 M = M 0%nat 0%nat * M 1%nat 1%nat - M 0%nat 1%nat * M 1%nat 0%nat.
Proof. unfold det, skip. simpl. ring. Qed.
