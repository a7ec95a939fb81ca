(** One step of gradient descent on networks with inputs in R^d, and on ReLU and leaky ReLU networks with one input.

    A neuron is (a, w, k): w a vector of which the first d entries count, k its class. The output is
    F(s) = n^(-1/2) sum a (w . u_k(s)) with a feature vector u_k(s) of the sample for each of two classes.
    The linear activation has one class and u(s) = s; the piecewise linear ones, d = 1, have the classes w > 0
    and w < 0.
    Lemmas R1 to R6 of the documentation. *)

From Coq Require Import Reals List Lra Lia Bool Arith.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions Law Volume Products Network.
Import ListNotations.
Open Scope R_scope.

Record neuron := Neuron { amp : R; wt : vector; side : bool }.

Definition in_class (k : bool) (v : neuron) : R := if Bool.eqb (side v) k then 1 else 0.

(** A vector with its i-th entry replaced. *)
Definition with_entry (w : vector) (i : nat) (t : R) : vector := fun j => if (j =? i)%nat then t else w j.

Lemma total_sum {A} d (h : nat -> A -> R) net :
  total_of (fun v => sum d (fun j => h j v)) net = sum d (fun j => total_of (h j) net).
Proof.
  induction net as [|v net IH]; simpl; [now rewrite sum_zero|]. now rewrite IH, sum_plus.
Qed.

Lemma dot_scal d c u v : dot d (fun i => c * u i) v = c * dot d u v.
Proof. unfold dot. rewrite <- sum_scal. apply sum_ext. intros. ring. Qed.

Lemma dot_with_entry d w i t u : (i < d)%nat -> dot d (with_entry w i t) u = dot d w u + (t - w i) * u i.
Proof.
  intros Hi. unfold dot.
  rewrite (sum_ext d _ (fun j => w j * u j + (if (j =? i)%nat then (t - w i) * u i else 0))).
  - rewrite sum_plus. f_equal. rewrite (sum_single d _ i); [now rewrite Nat.eqb_refl | exact Hi|].
    intros j _ N. destruct (Nat.eqb_spec j i); [contradiction | reflexivity].
  - intros j _. unfold with_entry. destruct (Nat.eqb_spec j i) as [->|]; ring.
Qed.

Section Classes.
Variable d : nat.
Context {Sample : Type}.
Variable u : bool -> Sample -> vector.

Definition rooted (net : list neuron) : R := sqrt (INR (length net)).

Definition features_output (net : list neuron) (s : Sample) : R :=
  total_of (fun v => amp v * dot d (wt v) (u (side v) s)) net / rooted net.

Definition features_loss (f : R) (data : list (R * (Sample * R))) (net : list neuron) : R :=
  expect data (fun sy => f / 2 * (features_output net (fst sy) - snd sy) ^ 2).

(** E (F(s) - y) u_k(s) *)
Definition class_pull (data : list (R * (Sample * R))) (net : list neuron) (k : bool) : vector :=
  fun i => expect data (fun sy => (features_output net (fst sy) - snd sy) * u k (fst sy) i).

Definition amp_slope f data net (v : neuron) : R := f / rooted net * dot d (class_pull data net (side v)) (wt v).
Definition wt_slope f data net (v : neuron) : vector := fun i =>
  f / rooted net * amp v * class_pull data net (side v) i.

Definition class_step (eta f : R) data (net : list neuron) : list neuron :=
  map (fun v => Neuron (amp v - eta * amp_slope f data net v) (fun i => wt v i
    - eta * wt_slope f data net v i) (side v)) net.

(** * The slopes are the partial derivatives of the loss *)

Lemma features_output_one net1 v net2 s :
  features_output (net1 ++ v :: net2) s =
  (total_of (fun v => amp v * dot d (wt v) (u (side v) s)) net1
    + total_of (fun v => amp v * dot d (wt v) (u (side v) s)) net2
    + amp v * dot d (wt v) (u (side v) s)) / sqrt (INR (length net1 + S (length net2))).
Proof. unfold features_output, rooted. rewrite total_app, app_length. simpl. unfold Rdiv. ring. Qed.

(** The loss of one sample in one number t, on which the sum of the output depends as A + B t. *)
Lemma affine_derive f A B r y t : r <> 0 ->
  is_derive (fun t => f / 2 * ((A + B * t) / r - y) ^ 2) t (f / r * (((A + B * t) / r - y) * B)).
Proof. intros H. auto_derive; [exact I | simpl; field; exact H]. Qed.

Lemma root_nonzero (net1 net2 : list neuron) : sqrt (INR (length net1 + S (length net2))) <> 0.
Proof. apply Rgt_not_eq, sqrt_lt_R0, lt_0_INR. lia. Qed.

Theorem amp_slope_is_derivative f data net1 a w k net2 :
  is_derive (fun a : R => features_loss f data (net1 ++ Neuron a w k :: net2)) a
    (amp_slope f data (net1 ++ Neuron a w k :: net2) (Neuron a w k)).
Proof.
  set (net := fun a : R => net1 ++ Neuron a w k :: net2).
  change (is_derive (fun a : R => features_loss f data (net a)) a (amp_slope f data (net a) (Neuron a w k))).
  assert (E : amp_slope f data (net a) (Neuron a w k) =
    expect data (fun sy => f / rooted (net a) * ((features_output (net a) (fst sy)
      - snd sy) * dot d w (u k (fst sy))))).
  { unfold amp_slope, class_pull, dot. simpl. rewrite expect_scal. f_equal.
    induction data as [|[p [s y]] data IH]; simpl.
    - apply sum_zero. intros. ring.
    - rewrite <- IH, <- !sum_scal, <- sum_plus. apply sum_ext. intros. ring. }
  rewrite E. unfold features_loss.
  apply (expect_derive data (fun sy a => f / 2 * (features_output (net a) (fst sy) - snd sy) ^ 2)).
  intros p [s y] _. simpl fst. simpl snd. unfold net. rewrite features_output_one.
  unfold rooted. rewrite app_length. simpl length. simpl amp. simpl wt. simpl side.
  set (A := total_of _ net1 + total_of _ net2). set (B := dot d w (u k s)).
  apply (is_derive_ext (fun a : R => f / 2 * ((A + B * a) / sqrt (INR (length net1 + S (length net2))) - y) ^ 2)).
  - intros t. rewrite features_output_one. simpl amp. simpl wt. simpl side. fold A B. now rewrite (Rmult_comm t B).
  - rewrite (Rmult_comm a B). apply affine_derive, root_nonzero.
Qed.

Theorem wt_slope_is_derivative f data net1 a w k net2 i : (i < d)%nat ->
  is_derive (fun t : R => features_loss f data (net1 ++ Neuron a (with_entry w i t) k :: net2)) (w i)
    (wt_slope f data (net1 ++ Neuron a w k :: net2) (Neuron a w k) i).
Proof.
  intros Hi. set (net := fun t : R => net1 ++ Neuron a (with_entry w i t) k :: net2).
  assert (same : forall s, features_output (net1 ++ Neuron a w k :: net2) s = features_output (net (w i)) s).
  { intros s. unfold net. rewrite !features_output_one. simpl amp. simpl wt. simpl side.
    rewrite dot_with_entry by exact Hi. do 3 f_equal. ring. }
  assert (E : wt_slope f data (net1 ++ Neuron a w k :: net2) (Neuron a w k) i =
    expect data (fun sy => f / rooted (net (w i)) * ((features_output (net (w i)) (fst sy)
      - snd sy) * (a * u k (fst sy) i)))).
  { unfold wt_slope, class_pull. simpl amp. simpl side. symmetry.
    rewrite (expect_ext data _ (fun sy => (f / rooted (net (w i)) * a) * ((features_output (net1 ++ Neuron a w k
      :: net2) (fst sy) - snd sy) * u k (fst sy) i))).
    - rewrite expect_scal. unfold rooted, net. rewrite !app_length. reflexivity.
    - intros p sy _. rewrite same. ring. }
  rewrite E. unfold features_loss.
  apply (expect_derive data (fun sy t => f / 2 * (features_output (net t) (fst sy) - snd sy) ^ 2)).
  intros p [s y] _. simpl fst. simpl snd. unfold net. rewrite features_output_one.
  unfold rooted. rewrite app_length. simpl length. simpl amp. simpl wt. simpl side.
    rewrite dot_with_entry by exact Hi.
  set (A0 := total_of _ net1 + total_of _ net2). set (D := dot d w (u k s)). set (U := u k s i).
  replace (A0 + a * (D + (w i - w i) * U)) with (A0 + a * (D - w i * U) + a * U * w i) by ring.
  apply (is_derive_ext (fun t : R => f / 2 * ((A0 + a * (D - w i * U) + a * U * t) / sqrt (INR (length net1
    + S (length net2))) - y) ^ 2)).
  - intros t. rewrite features_output_one. simpl amp. simpl wt. simpl side. rewrite dot_with_entry by exact Hi.
    fold A0 D U. do 4 f_equal. ring.
  - apply affine_derive, root_nonzero.
Qed.

(** * The sums close *)

Definition mu_of (net : list neuron) (k : bool) : vector :=
  fun i => total_of (fun v => in_class k v * (amp v * wt v i)) net / rooted net.
Definition q_of (net : list neuron) (k : bool) : R :=
  total_of (fun v => in_class k v * amp v ^ 2) net / rooted net ^ 2.
Definition C_of (net : list neuron) (k : bool) : matrix :=
  fun i j => total_of (fun v => in_class k v * (wt v i * wt v j)) net / rooted net ^ 2.

(** R2: F(s) = sum_k mu_k . u_k(s). *)
Theorem output_closes net s : features_output net s = dot d (mu_of net true) (u true s)
  + dot d (mu_of net false) (u false s).
Proof.
  assert (E : forall k, dot d (mu_of net k) (u k s) = total_of (fun v => in_class k v * (amp v * dot d (wt v) (u
    k s))) net / rooted net).
  { intros k. unfold dot, mu_of, Rdiv.
    rewrite (total_ext _ (fun v => sum d (fun i => in_class k v * (amp v * wt v i) * u k s i))).
    - rewrite total_sum, <- sum_scal_r. apply sum_ext. intros i _.
      rewrite (total_ext (fun v => in_class k v * (amp v * wt v i) * u k s i) (fun v => u k s i * (in_class k v *
        (amp v * wt v i)))) by (intros; ring).
      rewrite total_scal. ring.
    - intros v. rewrite <- !sum_scal. apply sum_ext. intros. ring. }
  rewrite !E. unfold features_output. unfold Rdiv. rewrite <- Rmult_plus_distr_r, <- total_plus. f_equal.
  apply total_ext. intros v. unfold in_class. destruct (side v); simpl; ring.
Qed.

(** R4: with X_kl = E u_k u_l^T and z_k = E y u_k. *)
Definition moments_of (data : list (R * (Sample * R))) (k l : bool) : matrix :=
  fun i j => expect data (fun sy => u k (fst sy) i * u l (fst sy) j).
Definition labels_of (data : list (R * (Sample * R))) (k : bool) : vector :=
  fun i => expect data (fun sy => snd sy * u k (fst sy) i).

Lemma expect_dot (data : list (R * (Sample * R))) (c : R -> R) (m : vector) k l i :
  expect data (fun sy => dot d m (u l (fst sy)) * u k (fst sy) i) = sum d (fun j => moments_of data k l i j * m j).
Proof.
  unfold dot, moments_of. induction data as [|[p [s y]] data IH]; simpl; [now rewrite sum_zero by (intros; ring)|].
  rewrite IH, <- sum_scal_r, <- sum_scal, <- sum_plus. apply sum_ext. intros. ring.
Qed.

Theorem pull_closes data net k i :
  class_pull data net k i = sum d (fun j => moments_of data k true i j * mu_of net true j)
    + sum d (fun j => moments_of data k false i j * mu_of net false j) - labels_of data k i.
Proof.
  unfold class_pull. rewrite <- !(expect_dot data (fun x => x)). unfold labels_of.
    rewrite <- expect_plus, <- expect_minus.
  apply expect_ext. intros p sy _. rewrite output_closes. ring.
Qed.

(** g_k of R2: every neuron of class k is moved by the matrix with rows (1, -g_k^T) and (-g_k, I). *)
Definition turn_of (eta f : R) data net (k : bool) : vector :=
  fun i => f * eta / rooted net * class_pull data net k i.

Definition moved (g : bool -> vector) (v : neuron) : neuron :=
  Neuron (amp v - dot d (g (side v)) (wt v)) (fun i => wt v i - g (side v) i * amp v) (side v).

Definition same (v v' : neuron) : Prop := amp v = amp v' /\ (forall i, wt v i = wt v' i) /\ side v = side v'.

Theorem class_step_is_a_matrix eta f data net :
  Forall2 same (class_step eta f data net) (map (moved (turn_of eta f data net)) net).
Proof.
  unfold class_step. set (net0 := net) at 1 2 4. clearbody net0.
  induction net as [|v net IH]; simpl; constructor; [|exact IH].
  unfold same, moved, turn_of, amp_slope, wt_slope. simpl. repeat split.
  - rewrite (dot_scal d (f * eta / rooted net0) (class_pull data net0 (side v))). unfold Rdiv. ring.
  - intros i. unfold Rdiv. ring.
Qed.

Lemma total_same (h : neuron -> R) net net' : (forall v v', same v v' -> h v = h v') ->
  Forall2 same net net' -> total_of h net = total_of h net'.
Proof. intros H F. induction F as [|v v' l l' S F IH]; simpl; [reflexivity | now rewrite (H v v' S), IH]. Qed.

Lemma rooted_pos (net : list neuron) : net <> [] -> 0 < rooted net.
Proof. intros H. apply sqrt_lt_R0, lt_0_INR. destruct net; [contradiction | simpl; lia]. Qed.

Section OneStep.
Variables eta f : R.
Variable data : list (R * (Sample * R)).
Variable net : list neuron.
Hypothesis some : net <> [].

Let next := class_step eta f data net.
Let g := turn_of eta f data net.
Let r := rooted net.
Let r_pos : 0 < r := rooted_pos net some.

Lemma rooted_next : rooted next = r.
Proof. unfold rooted, next, class_step. now rewrite map_length. Qed.

Lemma total_next (h : neuron -> R) : (forall v v', same v v' -> h v = h v') -> total_of h next =
  total_of (fun v => h (moved g v)) net.
Proof.
  intros H. rewrite (total_same h next (map (moved g) net) H (class_step_is_a_matrix eta f data net)).
    apply total_map.
Qed.

(** Sums over a class of what one neuron contributes. *)
Lemma class_dot k v : in_class k v * dot d (g (side v)) (wt v) = sum d (fun j => g k j * (in_class k v * wt v j)).
Proof.
  unfold in_class. destruct (Bool.eqb_spec (side v) k) as [->|].
  - rewrite Rmult_1_l. apply sum_ext. intros. ring.
  - rewrite sum_zero; [ring | intros; ring].
Qed.

Lemma class_entry k v i : in_class k v * g (side v) i = g k i * in_class k v.
Proof. unfold in_class. destruct (Bool.eqb_spec (side v) k) as [->|]; ring. Qed.

Lemma in_class_moved k v : in_class k (moved g v) = in_class k v.
Proof. reflexivity. Qed.

Lemma total_amp_dot k : total_of (fun v => amp v * sum d (fun j => g k j * (in_class k v * wt v j))) net =
  r * dot d (g k) (mu_of net k).
Proof.
  rewrite (total_ext _ (fun v => sum d (fun j => g k j * (in_class k v * (amp v * wt v j))))).
  - rewrite total_sum. unfold dot. rewrite <- sum_scal. apply sum_ext. intros j _. rewrite total_scal.
    unfold mu_of. fold r. field. pose proof r_pos. lra.
  - intros v. rewrite <- sum_scal. apply sum_ext. intros. ring.
Qed.

Lemma total_wt_dot k i : total_of (fun v => wt v i * sum d (fun j => g k j * (in_class k v * wt v j))) net =
  r ^ 2 * sum d (fun j => C_of net k i j * g k j).
Proof.
  rewrite (total_ext _ (fun v => sum d (fun j => g k j * (in_class k v * (wt v i * wt v j))))).
  - rewrite total_sum, <- sum_scal. apply sum_ext. intros j _. rewrite total_scal.
    unfold C_of. fold r. field. pose proof r_pos. lra.
  - intros v. rewrite <- sum_scal. apply sum_ext. intros. ring.
Qed.

Lemma total_amp2 k : total_of (fun v => in_class k v * amp v ^ 2) net = r ^ 2 * q_of net k.
Proof. unfold q_of. fold r. field. pose proof r_pos. lra. Qed.

Lemma total_amp_wt k i : total_of (fun v => in_class k v * (amp v * wt v i)) net = r * mu_of net k i.
Proof. unfold mu_of. fold r. field. pose proof r_pos. lra. Qed.

Lemma total_wt_wt k i j : total_of (fun v => in_class k v * (wt v i * wt v j)) net = r ^ 2 * C_of net k i j.
Proof. unfold C_of. fold r. field. pose proof r_pos. lra. Qed.

(** R3: mu' = mu - sqrt n (q I + C) g + (g . mu) g *)
Theorem mu_of_step k i :
  mu_of next k i = mu_of net k i - r * (q_of net k * g k i + sum d (fun j => C_of net k i j * g k j))
    + dot d (g k) (mu_of net k) * g k i.
Proof.
  unfold mu_of at 1. rewrite rooted_next, total_next.
  2: { intros v v' (A & W & S). unfold in_class. now rewrite A, W, S. }
  rewrite (total_ext _ (fun v => in_class k v * (amp v * wt v i)
    + (- g k i * (in_class k v * amp v ^ 2)
    + (-1 * (wt v i * sum d (fun j => g k j * (in_class k v * wt v j)))
    + g k i * (amp v * sum d (fun j => g k j * (in_class k v * wt v j))))))).
  - rewrite !total_plus, !total_scal, total_amp_wt, total_amp2, total_wt_dot, total_amp_dot. field.
    pose proof r_pos. lra.
  - intros v. rewrite in_class_moved. simpl. rewrite <- class_dot.
    transitivity (in_class k v * (amp v * wt v i) - (in_class k v * g (side v) i) * amp v ^ 2
      - wt v i * (in_class k v * dot d (g (side v)) (wt v))
        + (in_class k v * g (side v) i) * amp v * dot d (g (side v)) (wt v)); [ring|].
    rewrite class_entry. ring.
Qed.

(** R3: q' = q - 2 g . mu / sqrt n + g^T C g *)
Theorem q_of_step k :
  q_of next k = q_of net k - 2 * dot d (g k) (mu_of net k) / r + quad d (C_of net k) (g k).
Proof.
  assert (Q : quad d (C_of net k) (g k) = total_of (fun v => in_class k v * dot d (g (side v)) (wt v) ^ 2) net /
    r ^ 2).
  { rewrite (total_ext _ (fun v => sum d (fun i => g k i * (wt v i * sum d (fun j => g k j * (in_class k v * wt v
    j)))))).
    - rewrite total_sum. unfold quad.
      assert (T : forall i, total_of (fun v => g k i * (wt v i * sum d (fun j => g k j * (in_class k v * wt v
        j)))) net
        = r ^ 2 * (g k i * sum d (fun j => C_of net k i j * g k j))) by (intros i;
          rewrite total_scal, total_wt_dot; ring).
      rewrite (sum_ext d (fun j => total_of _ net) _ (fun i _ => T i)), sum_scal.
      replace (r ^ 2 * sum d (fun i => g k i * sum d (fun j => C_of net k i j * g k j)) / r ^ 2)
        with (sum d (fun i => g k i * sum d (fun j => C_of net k i j * g k j))) by (field; lra).
      apply sum_ext. intros i _. rewrite <- sum_scal. apply sum_ext. intros. ring.
    - intros v. rewrite <- class_dot.
      rewrite (sum_ext d _ (fun i => g k i * (in_class k v * wt v i) * dot d (g (side v)) (wt v))) by (intros;
        ring).
      rewrite sum_scal_r, <- class_dot. ring. }
  rewrite Q. unfold q_of at 1. rewrite rooted_next, total_next.
  2: { intros v v' (A & W & S). unfold in_class. now rewrite A, S. }
  rewrite (total_ext _ (fun v => in_class k v * amp v ^ 2
    + (-2 * (amp v * sum d (fun j => g k j * (in_class k v * wt v j)))
      + in_class k v * dot d (g (side v)) (wt v) ^ 2))).
  - rewrite !total_plus, total_scal, total_amp2, total_amp_dot. field. pose proof r_pos. lra.
  - intros v. rewrite in_class_moved. simpl. rewrite <- class_dot. ring.
Qed.

(** R3: C' = C - (g mu^T + mu g^T) / sqrt n + q g g^T *)
Theorem C_of_step k i j :
  C_of next k i j = C_of net k i j - (g k i * mu_of net k j + mu_of net k i * g k j) / r
    + q_of net k * (g k i * g k j).
Proof.
  unfold C_of at 1. rewrite rooted_next, total_next.
  2: { intros v v' (A & W & S). unfold in_class. now rewrite !W, S. }
  rewrite (total_ext _ (fun v => in_class k v * (wt v i * wt v j) + (- g k i * (in_class k v * (amp v * wt v j))
    + (- g k j * (in_class k v * (amp v * wt v i)) + g k i * g k j * (in_class k v * amp v ^ 2))))).
  - rewrite !total_plus, !total_scal, total_wt_wt, !total_amp_wt, total_amp2. field. pose proof r_pos. lra.
  - intros v. rewrite in_class_moved. simpl.
    unfold in_class. destruct (Bool.eqb_spec (side v) k) as [->|]; ring.
Qed.

End OneStep.
End Classes.
