(** Classes.v for the activations at hand: linear with inputs in R^d, and leaky ReLU (ReLU for c = 0) with one
    input.

    Lemmas R2, R4, R5, R6 and N13 of the documentation. *)

From Coquelicot Require Import Coquelicot.
From Coq Require Import Reals List Lra Lia Bool Arith.
From Catalysis Require Import Definitions Law Volume Products Width Network Classes.
Import ListNotations.
Open Scope R_scope.

(** * Canonical letters, for every dimension and both classes (R6) *)

Section Canonical.
Variable d : nat.
Context {Sample : Type}.
Variable u : bool -> Sample -> vector.
Variables eta f : R.
Variable data : list (R * (Sample * R)).
Variable net : list neuron.
Hypothesis some : net <> [].

Let next := class_step d u eta f data net.

Definition kappa_of (net : list neuron) (k : bool) : vector := fun i => eta * mu_of net k i / rooted net.
Definition Q_of (net : list neuron) (k : bool) : R := eta * q_of net k.
Definition K_of (net : list neuron) (k : bool) : matrix := fun i j => eta * C_of net k i j.

(** g_k = f (sum_l X_kl kappa_l - zeta_k), zeta_k = eta z_k / sqrt n. *)
Definition canonical_turn (k : bool) : vector := fun i =>
  f * (sum d (fun j => moments_of u data k true i j * kappa_of net true j)
     + sum d (fun j => moments_of u data k false i j * kappa_of net false j)
     - eta * labels_of u data k i / rooted net).

Lemma canonical_turn_is_turn k i : turn_of d u eta f data net k i = canonical_turn k i.
Proof.
  unfold turn_of, canonical_turn. rewrite pull_closes. pose proof (rooted_pos net some).
  assert (E : forall l, sum d (fun j => moments_of u data k l i j * kappa_of net l j)
    = eta / rooted net * sum d (fun j => moments_of u data k l i j * mu_of net l j)).
  { intros l. rewrite <- sum_scal. apply sum_ext. intros j _. unfold kappa_of. field. lra. }
  rewrite !E. field. lra.
Qed.

Let dot_turn k : dot d (turn_of d u eta f data net k) (mu_of net k) * eta / rooted net =
  dot d (canonical_turn k) (kappa_of net k).
Proof.
  unfold Rdiv. rewrite Rmult_assoc. unfold dot. rewrite <- sum_scal_r. apply sum_ext. intros i _.
  rewrite canonical_turn_is_turn. unfold kappa_of, Rdiv. ring.
Qed.

Theorem canonical_kappa k i :
  kappa_of next k i = kappa_of net k i - (Q_of net k * canonical_turn k i
    + sum d (fun j => K_of net k i j * canonical_turn k j))
    + dot d (canonical_turn k) (kappa_of net k) * canonical_turn k i.
Proof.
  pose proof (rooted_pos net some) as P. unfold kappa_of at 1. unfold next.
    rewrite (rooted_next d u eta f data net), mu_of_step by exact some.
  rewrite <- dot_turn. rewrite canonical_turn_is_turn.
  replace (sum d (fun j => K_of net k i j * canonical_turn k j))
    with (eta * sum d (fun j => C_of net k i j * turn_of d u eta f data net k j)).
  - unfold kappa_of, Q_of. field. lra.
  - rewrite <- sum_scal. apply sum_ext. intros j _. rewrite canonical_turn_is_turn. unfold K_of. ring.
Qed.

Theorem canonical_Q k : Q_of next k = Q_of net k - 2 * dot d (canonical_turn k) (kappa_of net k)
  + quad d (K_of net k) (canonical_turn k).
Proof.
  pose proof (rooted_pos net some) as P. unfold Q_of at 1. unfold next. rewrite q_of_step by exact some.
  rewrite <- dot_turn. unfold K_of. rewrite quad_scal.
  replace (quad d (C_of net k) (canonical_turn k)) with (quad d (C_of net k) (turn_of d u eta f data net k)).
  - unfold Q_of. field. lra.
  - apply sum_ext. intros i _. apply sum_ext. intros j _. now rewrite !canonical_turn_is_turn.
Qed.

Theorem canonical_K k i j :
  K_of next k i j = K_of net k i j - (canonical_turn k i * kappa_of net k j + kappa_of net k i * canonical_turn k j)
    + Q_of net k * (canonical_turn k i * canonical_turn k j).
Proof.
  pose proof (rooted_pos net some) as P. unfold K_of at 1. unfold next. rewrite C_of_step by exact some.
  rewrite !canonical_turn_is_turn. unfold K_of, kappa_of, Q_of. field. lra.
Qed.

End Canonical.

(** * One input: mu and lambda of each class (R3) *)

Section OneInput.
Context {Sample : Type}.
Variable u : bool -> Sample -> vector.
Variables eta f : R.
Variable data : list (R * (Sample * R)).
Variable net : list neuron.
Hypothesis some : net <> [].

Definition lambda_of (net : list neuron) (k : bool) : R := q_of net k + C_of net k O O.

Let next := class_step 1 u eta f data net.
Let g k := turn_of 1 u eta f data net k O.
Let r := rooted net.

Theorem class_mu k : mu_of next k O = (1 + g k ^ 2) * mu_of net k O - r * g k * lambda_of net k.
Proof. unfold next. rewrite mu_of_step by exact some. unfold dot, lambda_of, g, r. simpl. ring. Qed.

Theorem class_lambda k : lambda_of next k = (1 + g k ^ 2) * lambda_of net k - 4 * g k * mu_of net k O / r.
Proof.
  unfold lambda_of at 1. unfold next. rewrite q_of_step, C_of_step by exact some.
  unfold dot, quad, lambda_of, g, r. simpl. unfold Rdiv. ring.
Qed.

End OneInput.

(** R7 for a class: 2 |kappa| <= L. *)
Theorem class_in_range eta net k : net <> [] -> 0 <= eta ->
  2 * Rabs (kappa_of eta net k O) <= eta * lambda_of net k.
Proof.
  intros some He. pose proof (rooted_pos net some) as P. apply two_abs_le.
  assert (E : forall b, eta * lambda_of net k + b * (2 * kappa_of eta net k O) =
    eta / rooted net ^ 2 * (total_of (fun v => in_class k v * amp v ^ 2) net + total_of (fun v =>
      in_class k v * (wt v O * wt v O)) net + 2 * b * total_of (fun v => in_class k v * (amp v * wt v O)) net)).
  { intros b. unfold lambda_of, kappa_of, q_of, C_of, mu_of. field. lra. }
  assert (S : forall b, b * b = 1 -> 0 <= eta * lambda_of net k + b * (2 * kappa_of eta net k O)).
  { intros b Hb. rewrite E. apply Rmult_le_pos.
    - apply Rmult_le_pos; [exact He | apply Rlt_le, Rinv_0_lt_compat; now apply pow_lt].
    - rewrite <- total_scal, <- !total_plus. apply total_nonneg. intros v.
      replace (in_class k v * amp v ^ 2 + in_class k v * (wt v O * wt v O)
        + 2 * b * (in_class k v * (amp v * wt v O)))
        with (in_class k v * ((amp v + b * wt v O) ^ 2 + (1 - b * b) * wt v O ^ 2)) by ring.
      rewrite Hb. apply Rmult_le_pos; [unfold in_class; destruct (Bool.eqb (side v) k); lra|].
      pose proof (pow2_ge_0 (amp v + b * wt v O)). lra. }
  pose proof (S 1 ltac:(ring)). pose proof (S (-1) ltac:(ring)). lra.
Qed.

(** * The linear activation, inputs in R^d: every neuron is of class true, and u(s) = s *)

Definition linear_features (k : bool) (s : vector) : vector := s.

Theorem linear_output d net s : Forall (fun v => side v = true) net ->
  features_output d linear_features net s = total_of (fun v => amp v * dot d (wt v) s) net / rooted net.
Proof. reflexivity. Qed.

Lemma linear_other net i : Forall (fun v => side v = true) net -> mu_of net false i = 0.
Proof.
  intros H. unfold mu_of. replace (total_of _ net) with 0; [unfold Rdiv; ring|].
  induction H as [|v net S F IH]; simpl; [reflexivity|]. rewrite <- IH. unfold in_class. rewrite S. simpl. ring.
Qed.

(** R4, linear: g = (f eta / sqrt n) (x mu - z) with x = E s s^T and z = E y s. *)
Theorem linear_turn d eta f data net i : Forall (fun v => side v = true) net ->
  turn_of d linear_features eta f data net true i =
  f * eta / rooted net * (sum d (fun j => expect data (fun sy => fst sy i * fst sy j) * mu_of net true j)
    - expect data (fun sy => snd sy * fst sy i)).
Proof.
  intros H. unfold turn_of. rewrite pull_closes.
  rewrite (sum_zero d (fun j => moments_of linear_features data true false i j * mu_of net false j)).
  - unfold moments_of, labels_of, linear_features. ring.
  - intros j _. rewrite linear_other by exact H. ring.
Qed.

(** * Leaky ReLU, one input *)

Section Leaky.
Variable c : R.

Definition phi (t : R) : R := if Rlt_dec 0 t then t else c * t.

Definition positive_part (s : R) : R := if Rlt_dec 0 s then s else 0.
Definition negative_part (s : R) : R := if Rlt_dec 0 s then 0 else s.

(** u_plus = s_+ + c s_-, u_minus = c s_+ + s_- *)
Definition leaky_features (k : bool) (s : R) : vector := fun _ =>
  if k then positive_part s + c * negative_part s else c * positive_part s + negative_part s.

(** The class of a neuron is the sign of its weight. *)
Definition signed (v : neuron) : Prop := 0 < wt v O /\ side v = true \/ wt v O < 0 /\ side v = false.

Definition leaky_output (net : list neuron) (s : R) : R :=
  total_of (fun v => amp v * phi (wt v O * s)) net / rooted net.

Definition leaky_loss (f : R) (data : list (R * (R * R))) (net : list neuron) : R :=
  expect data (fun sy => f / 2 * (leaky_output net (fst sy) - snd sy) ^ 2).

Lemma phi_pos w s : 0 < w -> phi (w * s) = w * (positive_part s + c * negative_part s).
Proof.
  intros Hw. unfold phi, positive_part, negative_part. destruct (Rlt_dec 0 s) as [H|H].
  - destruct (Rlt_dec 0 (w * s)) as [A|A]; [ring|]. exfalso. apply A. now apply Rmult_lt_0_compat.
  - destruct (Rlt_dec 0 (w * s)) as [A|A]; [|ring]. exfalso. apply H. apply (Rmult_lt_reg_l w); lra.
Qed.

Lemma phi_neg w s : w < 0 -> phi (w * s) = w * (c * positive_part s + negative_part s).
Proof.
  intros Hw. unfold phi, positive_part, negative_part.
  destruct (Rlt_dec 0 s) as [H|H]; destruct (Rlt_dec 0 (w * s)) as [A|A].
  - exfalso. assert (0 < (- w) * s) by (apply Rmult_lt_0_compat; lra). lra.
  - ring.
  - ring.
  - assert (Z : 0 <= (- w) * (- s)) by (apply Rmult_le_pos; lra). replace (w * s) with 0 by lra.
    assert (S0 : w * s = 0) by lra. apply Rmult_integral in S0. destruct S0 as [S0|S0]; [lra|]. rewrite S0. ring.
Qed.

Lemma phi_signed v s : signed v -> phi (wt v O * s) = dot 1 (wt v) (leaky_features (side v) s).
Proof.
  unfold dot, leaky_features. simpl. intros [[H ->]|[H ->]]; [rewrite phi_pos by
    exact H | rewrite phi_neg by exact H]; ring.
Qed.

(** R2: where the classes are the signs, the network has the output of Classes.v. *)
Theorem leaky_is_features net s : Forall signed net -> leaky_output net s = features_output 1 leaky_features net s.
Proof.
  intros H. unfold leaky_output, features_output. f_equal.
  induction H as [|v net S F IH]; simpl total_of; [reflexivity|]. now rewrite IH, phi_signed.
Qed.

Lemma leaky_loss_is_features f data net : Forall signed net -> leaky_loss f data net =
  features_loss 1 leaky_features f data net.
Proof. intros H. apply expect_ext. intros. now rewrite leaky_is_features. Qed.

Lemma signed_one net1 v net2 : Forall signed net1 -> Forall signed net2 -> signed v ->
  Forall signed (net1 ++ v :: net2).
Proof. intros A B C. apply Forall_app. split; [exact A | now constructor]. Qed.

(** The slopes of Classes.v are the derivatives of the loss of the network itself, for every w_r that is not 0. *)
Theorem leaky_amp_slope f data net1 a w k net2 : Forall signed net1 -> Forall signed net2 ->
  signed (Neuron a w k) ->
  is_derive (fun a : R => leaky_loss f data (net1 ++ Neuron a w k :: net2)) a
    (amp_slope 1 leaky_features f data (net1 ++ Neuron a w k :: net2) (Neuron a w k)).
Proof.
  intros A B S. apply (is_derive_ext (fun a : R => features_loss 1 leaky_features f data (net1 ++ Neuron a w k ::
    net2))).
  - intros t. symmetry. apply leaky_loss_is_features. now apply signed_one.
  - apply amp_slope_is_derivative.
Qed.

Theorem leaky_wt_slope f data net1 a w k net2 : Forall signed net1 -> Forall signed net2 -> signed (Neuron a w k) ->
  is_derive (fun t : R => leaky_loss f data (net1 ++ Neuron a (with_entry w 0 t) k :: net2)) (w O)
    (wt_slope 1 leaky_features f data (net1 ++ Neuron a w k :: net2) (Neuron a w k) O).
Proof.
  intros A B S.
  apply (is_derive_ext_loc (fun t : R => features_loss 1 leaky_features f data (net1 ++ Neuron a (with_entry w 0
    t) k :: net2))).
  - assert (L : locally (w O) (fun t : R => signed (Neuron a (with_entry w 0 t) k))).
    { unfold signed in *. simpl in *. destruct S as [[H ->]|[H ->]].
      - apply (filter_imp (fun t : R => 0 < t)); [intros t Ht; left; now split | now apply (open_gt 0)].
      - apply (filter_imp (fun t : R => t < 0)); [intros t Ht; right; now split | now apply (open_lt 0)]. }
    apply (filter_imp _ _ (fun t St => eq_sym (leaky_loss_is_features f data _ (signed_one _ _ _ A B St))) L).
  - apply wt_slope_is_derivative. lia.
Qed.

(** R5: a neuron keeps its sign if |g_k a| < |w|. *)
Theorem signs_kept eta f data net : Forall signed net ->
  Forall (fun v => Rabs (turn_of 1 leaky_features eta f data net (side v) O * amp v) < Rabs (wt v O)) net ->
  Forall signed (class_step 1 leaky_features eta f data net).
Proof.
  intros S K. unfold class_step. set (net0 := net) at 2 3. change net0 with net in *.
  apply Forall_map. rewrite Forall_forall in *. intros v Hv. specialize (S v Hv). specialize (K v Hv).
  unfold signed in *. simpl.
  assert (E : eta * wt_slope 1 leaky_features f data net v O =
    turn_of 1 leaky_features eta f data net (side v) O * amp v).
  { unfold wt_slope, turn_of, Rdiv. ring. }
  rewrite E. apply Rabs_def2 in K. destruct S as [[H side_v]|[H side_v]]; rewrite side_v in *.
  - rewrite (Rabs_pos_eq (wt v O)) in K by lra. destruct K. left. split; [lra | reflexivity].
  - rewrite (Rabs_left (wt v O)) in K by exact H. destruct K. right. split; [lra | reflexivity].
Qed.

(** ** R4: the data of a step *)

Section Data.
Variable data : list (R * (R * R)).

Definition x_plus : R := expect data (fun sy => positive_part (fst sy) ^ 2).
Definition x_minus : R := expect data (fun sy => negative_part (fst sy) ^ 2).
Definition z_plus : R := expect data (fun sy => snd sy * positive_part (fst sy)).
Definition z_minus : R := expect data (fun sy => snd sy * negative_part (fst sy)).

Lemma parts_disjoint s : positive_part s * negative_part s = 0.
Proof. unfold positive_part, negative_part. destruct (Rlt_dec 0 s); ring. Qed.

(** A mean of a s_+^2 + b s_-^2 + 2 e s_+ s_-. *)
Lemma part_moment (h : R -> R) a b e :
  (forall s, h s = a * positive_part s ^ 2 + b * negative_part s ^ 2 + e * (positive_part s * negative_part s)) ->
  expect data (fun sy => h (fst sy)) = a * x_plus + b * x_minus.
Proof.
  intros H. unfold x_plus, x_minus. rewrite <- !expect_scal, <- expect_plus. apply expect_ext.
  intros p sy _. rewrite H, parts_disjoint. ring.
Qed.

Theorem leaky_turn eta f net :
  let m k := mu_of net k O in
  turn_of 1 leaky_features eta f data net true O = f * eta / rooted net *
    (x_plus * (m true + c * m false) + c * x_minus * (c * m true + m false) - z_plus - c * z_minus) /\
  turn_of 1 leaky_features eta f data net false O = f * eta / rooted net *
    (c * x_plus * (m true + c * m false) + x_minus * (c * m true + m false) - c * z_plus - z_minus).
Proof.
  intros m.
  assert (TT : moments_of leaky_features data true true O O = 1 * x_plus + c ^ 2 * x_minus)
    by (apply (part_moment (fun s => leaky_features true s O * leaky_features true s O) _ _ (2 * c)); intros;
      unfold leaky_features; ring).
  assert (TF : moments_of leaky_features data true false O O = c * x_plus + c * x_minus)
    by (apply (part_moment (fun s => leaky_features true s O * leaky_features false s O) _ _ (1 + c ^ 2));
      intros; unfold leaky_features; ring).
  assert (FT : moments_of leaky_features data false true O O = c * x_plus + c * x_minus)
    by (apply (part_moment (fun s => leaky_features false s O * leaky_features true s O) _ _ (1 + c ^ 2));
      intros; unfold leaky_features; ring).
  assert (FF : moments_of leaky_features data false false O O = c ^ 2 * x_plus + 1 * x_minus)
    by (apply (part_moment (fun s => leaky_features false s O * leaky_features false s O) _ _ (2 * c));
      intros; unfold leaky_features; ring).
  assert (ZT : labels_of leaky_features data true O = z_plus + c * z_minus).
  { unfold labels_of, z_plus, z_minus, leaky_features. rewrite <- expect_scal, <- expect_plus.
    apply expect_ext. intros. ring. }
  assert (ZF : labels_of leaky_features data false O = c * z_plus + z_minus).
  { unfold labels_of, z_plus, z_minus, leaky_features. rewrite <- expect_scal, <- expect_plus.
    apply expect_ext. intros. ring. }
  unfold turn_of. rewrite !pull_closes. simpl sum. rewrite TT, TF, FT, FF, ZT, ZF. fold (m true) (m false).
  split; ring.
Qed.

End Data.
End Leaky.

(** * ReLU without labels: each class moves by the reduced map (N13) *)

Theorem relu_decouples eta (data : list (R * (R * R))) net (k : bool) : net <> [] ->
  (forall p sy, In (p, sy) data -> snd sy = 0) ->
  let x := if k then x_plus data else x_minus data in
  let state := fun net => (kappa_of eta net k O, eta * lambda_of net k) in
  state (class_step 1 (leaky_features 0) eta 1 data net) = reduced_step x (state net).
Proof.
  intros some nolabel x state. pose proof (rooted_pos net some) as P.
  assert (G : turn_of 1 (leaky_features 0) eta 1 data net k O = x * kappa_of eta net k O).
  { destruct (leaky_turn 0 data eta 1 net) as [GT GF].
    assert (Z : z_plus data = 0 /\ z_minus data = 0).
    { unfold z_plus, z_minus. split; rewrite (expect_ext _ _ (fun _ => 0)); try apply expect_zero;
        intros p sy H; rewrite (nolabel p sy H); ring. }
    destruct Z as [Z1 Z2]. unfold x, kappa_of. destruct k; [rewrite GT | rewrite GF]; rewrite Z1, Z2; field; lra. }
  unfold state. unfold kappa_of at 1. rewrite (rooted_next 1 (leaky_features 0) eta 1 data net).
  rewrite class_mu, class_lambda, G by exact some. unfold reduced_step, kappa_of. f_equal; field; lra.
Qed.
