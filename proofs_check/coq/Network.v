(** One step of gradient descent on the two-layer linear network of n neurons, for every n.

    A network is the list of its neurons (a, w); its output on the input s is F(s) = n^(-1/2) sum a w s. The loss is
    f (F(s) - y)^2 / 2: f = 1 with the factor 1/2, f = 2 without. A step follows the mean loss of a batch, a list of
    weights and samples (s, y): one sample, a minibatch, or a whole law (full batch).
    Lemmas R1 to R4, R6, R7 and R9 of the documentation for one input. *)

From Coq Require Import Reals List Lra Lia.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions Law Power General Convexity Width.
Import ListNotations.
Open Scope R_scope.

Definition network := list (R * R).
Definition batch := list (R * (R * R)).

(** Sums over the neurons. *)
Fixpoint total_of {A : Type} (h : A -> R) (net : list A) : R :=
  match net with
  | [] => 0
  | v :: rest => h v + total_of h rest
  end.

(** The width n, and its square root. *)
Definition width (net : network) : R := INR (length net).
Definition root (net : network) : R := sqrt (width net).

Definition output (net : network) (s : R) : R := total_of (fun v => fst v * (snd v * s)) net / root net.

(** The mean loss of a batch. *)
Definition loss (f : R) (data : batch) (net : network) : R :=
  expect data (fun sy => f / 2 * (output net (fst sy) - snd sy) ^ 2).

(** E (F(s) - y) s: the residual of a batch against its input. *)
Definition pull (data : batch) (net : network) : R :=
  expect data (fun sy => (output net (fst sy) - snd sy) * fst sy).

(** The derivatives of the loss in the weights a and w of a neuron, proved below to be that. *)
Definition slope_a (f : R) (data : batch) (net : network) (v : R * R) : R := f * pull data net * snd v / root net.
Definition slope_w (f : R) (data : batch) (net : network) (v : R * R) : R := f * pull data net * fst v / root net.

(** One step of gradient descent with learning rate eta. *)
Definition sgd_step (eta f : R) (data : batch) (net : network) : network :=
  map (fun v => (fst v - eta * slope_a f data net v, snd v - eta * slope_w f data net v)) net.

(** The sums that close. *)
Definition mu (net : network) : R := total_of (fun v => fst v * snd v) net / root net.
Definition lambda (net : network) : R := total_of (fun v => fst v ^ 2 + snd v ^ 2) net / width net.
Definition imbalance (net : network) : R := total_of (fun v => fst v ^ 2 - snd v ^ 2) net / width net.

(** The data of a step: x = E s^2 and z = E s y. *)
Definition second_moment (data : batch) : R := expect data (fun sy => fst sy ^ 2).
Definition label_moment (data : batch) : R := expect data (fun sy => fst sy * snd sy).

(** * Sums *)

Lemma total_app {A} (h : A -> R) net1 net2 : total_of h (net1 ++ net2) = total_of h net1 + total_of h net2.
Proof. induction net1 as [|v net1 IH]; simpl; [|rewrite IH]; ring. Qed.

Lemma total_map {A B} (h : B -> R) (t : A -> B) net : total_of h (map t net) = total_of (fun v => h (t v)) net.
Proof. induction net as [|v net IH]; simpl; [|rewrite IH]; reflexivity. Qed.

Lemma total_ext {A} (h k : A -> R) net : (forall v, h v = k v) -> total_of h net = total_of k net.
Proof. intros H. induction net as [|v net IH]; simpl; [reflexivity | now rewrite H, IH]. Qed.

Lemma total_plus {A} (h k : A -> R) net : total_of (fun v => h v + k v) net = total_of h net + total_of k net.
Proof. induction net as [|v net IH]; simpl; [|rewrite IH]; ring. Qed.

Lemma total_scal {A} c (h : A -> R) net : total_of (fun v => c * h v) net = c * total_of h net.
Proof. induction net as [|v net IH]; simpl; [|rewrite IH]; ring. Qed.

Lemma total_nonneg {A} (h : A -> R) net : (forall v, 0 <= h v) -> 0 <= total_of h net.
Proof. intros H. induction net as [|v net IH]; simpl; [lra|]. specialize (H v). lra. Qed.

Lemma width_pos net : net <> [] -> 0 < width net.
Proof. intros H. apply lt_0_INR. destruct net; [contradiction | simpl; lia]. Qed.

Lemma root_pos net : net <> [] -> 0 < root net.
Proof. intros H. now apply sqrt_lt_R0, width_pos. Qed.

Lemma root_square net : net <> [] -> width net = root net ^ 2.
Proof. intros H. unfold root. rewrite pow2_sqrt; [reflexivity | now apply Rlt_le, width_pos]. Qed.

Lemma step_length eta f data net : length (sgd_step eta f data net) = length net.
Proof. apply map_length. Qed.

(** * The step is the gradient *)

(** The loss of one sample in one weight u, whose neuron adds c u s / r to the output; A is the sum of the
    others. *)
Lemma sample_derive f A c r s y u : r <> 0 ->
  is_derive (fun u => f / 2 * ((A + c * u * s) / r - y) ^ 2) u (f * (((A + c * u * s) / r - y) * s) * c / r).
Proof. intros H. auto_derive; [exact I | simpl; field; exact H]. Qed.

(** One neuron among the others, which stand before and behind it. *)
Lemma output_one net1 a w net2 s :
  output (net1 ++ (a, w) :: net2) s =
  (total_of (fun v => fst v * (snd v * s)) net1 + total_of (fun v => fst v * (snd v * s)) net2 + a * w * s)
    / sqrt (INR (length net1 + S (length net2))).
Proof. unfold output, root, width. rewrite total_app, app_length. simpl. unfold Rdiv. ring. Qed.

Lemma root_of_some (net1 net2 : network) : sqrt (INR (length net1 + S (length net2))) <> 0.
Proof. apply Rgt_not_eq, sqrt_lt_R0, lt_0_INR. lia. Qed.

Theorem slope_a_is_derivative f data (net1 : network) (a w : R) (net2 : network) :
  is_derive (fun a : R => loss f data (net1 ++ (a, w) :: net2)) a (slope_a f data (net1 ++ (a, w) :: net2) (a, w)).
Proof.
  set (net := fun a : R => net1 ++ (a, w) :: net2).
  change (is_derive (fun a : R => loss f data (net a)) a (slope_a f data (net a) (a, w))).
  assert (E : slope_a f data (net a) (a, w) =
    expect data (fun sy => f * ((output (net a) (fst sy) - snd sy) * fst sy) * w / root (net a))).
  { unfold slope_a, pull. simpl snd. unfold Rdiv.
    rewrite (expect_ext _ (fun sy => f * (_ * fst sy) * w * _)
      (fun sy => f * w * / root (net a) * ((output (net a) (fst sy) - snd sy) * fst sy))) by (intros; ring).
    rewrite expect_scal. ring. }
  rewrite E. unfold loss. apply (expect_derive data (fun sy a => f / 2 * (output (net a) (fst sy) - snd sy) ^ 2)).
  intros p [s y] _. simpl fst. simpl snd. unfold net. rewrite output_one.
  unfold root, width. rewrite app_length. simpl length.
  set (A := total_of _ net1 + total_of _ net2).
  apply (is_derive_ext (fun a : R => f / 2 * ((A + w * a * s) / sqrt (INR (length net1
    + S (length net2))) - y) ^ 2)).
  - intros t. rewrite output_one. fold A. now replace (w * t) with (t * w) by ring.
  - replace (a * w) with (w * a) by ring. apply sample_derive, root_of_some.
Qed.

Theorem slope_w_is_derivative f data (net1 : network) (a w : R) (net2 : network) :
  is_derive (fun w : R => loss f data (net1 ++ (a, w) :: net2)) w (slope_w f data (net1 ++ (a, w) :: net2) (a, w)).
Proof.
  set (net := fun w : R => net1 ++ (a, w) :: net2).
  change (is_derive (fun w : R => loss f data (net w)) w (slope_w f data (net w) (a, w))).
  assert (E : slope_w f data (net w) (a, w) =
    expect data (fun sy => f * ((output (net w) (fst sy) - snd sy) * fst sy) * a / root (net w))).
  { unfold slope_w, pull. simpl fst. unfold Rdiv.
    rewrite (expect_ext _ (fun sy => f * (_ * fst sy) * a * _)
      (fun sy => f * a * / root (net w) * ((output (net w) (fst sy) - snd sy) * fst sy))) by (intros; ring).
    rewrite expect_scal. ring. }
  rewrite E. unfold loss. apply (expect_derive data (fun sy w => f / 2 * (output (net w) (fst sy) - snd sy) ^ 2)).
  intros p [s y] _. simpl fst. simpl snd. unfold net. rewrite output_one.
  unfold root, width. rewrite app_length. simpl length.
  set (A := total_of _ net1 + total_of _ net2).
  apply (is_derive_ext (fun w : R => f / 2 * ((A + a * w * s) / sqrt (INR (length net1
    + S (length net2))) - y) ^ 2)).
  - intros t. rewrite output_one. fold A. reflexivity.
  - apply sample_derive, root_of_some.
Qed.

(** * The sums close (R3, R4) *)

Lemma output_mu net s : output net s = mu net * s.
Proof.
  unfold output, mu. rewrite (total_ext _ (fun v => s * (fst v * snd v))) by (intros; ring).
  rewrite total_scal. unfold Rdiv. ring.
Qed.

(** R4: the samples of a step enter through x and z. *)
Lemma pull_moments data net : pull data net = second_moment data * mu net - label_moment data.
Proof.
  unfold pull, second_moment, label_moment.
  rewrite (expect_ext _ _ (fun sy => mu net * fst sy ^ 2 + -1 * (fst sy * snd sy))).
  - rewrite expect_plus, !expect_scal. ring.
  - intros p sy _. rewrite output_mu. ring.
Qed.

(** The number g of R2: every neuron is moved by the same matrix with rows (1, -g) and (-g, 1). *)
Definition turn (eta f : R) (data : batch) (net : network) : R :=
  f * eta / root net * (second_moment data * mu net - label_moment data).

Lemma step_is_a_matrix eta f data net :
  sgd_step eta f data net =
  let g := turn eta f data net in map (fun v => (fst v - g * snd v, snd v - g * fst v)) net.
Proof.
  unfold sgd_step. simpl. apply map_ext. intros [a w]. unfold slope_a, slope_w, turn. simpl.
  rewrite pull_moments. unfold Rdiv. f_equal; ring.
Qed.

(** R1 for one matrix: a quadratic sum moves by its coefficients, whatever the number of neurons. *)
Lemma total_products g net :
  total_of (fun v => fst v * snd v) (map (fun v => (fst v - g * snd v, snd v - g * fst v)) net) =
  (1 + g ^ 2) * total_of (fun v => fst v * snd v) net - g * total_of (fun v => fst v ^ 2 + snd v ^ 2) net.
Proof.
  induction net as [|[a w] net IH]; simpl in *; [ring|]. rewrite IH. ring.
Qed.

Lemma total_squares g net :
  total_of (fun v => fst v ^ 2 + snd v ^ 2) (map (fun v => (fst v - g * snd v, snd v - g * fst v)) net) =
  (1 + g ^ 2) * total_of (fun v => fst v ^ 2 + snd v ^ 2) net - 4 * g * total_of (fun v => fst v * snd v) net.
Proof.
  induction net as [|[a w] net IH]; simpl in *; [ring|]. rewrite IH. ring.
Qed.

Lemma total_differences g net :
  total_of (fun v => fst v ^ 2 - snd v ^ 2) (map (fun v => (fst v - g * snd v, snd v - g * fst v)) net) =
  (1 - g ^ 2) * total_of (fun v => fst v ^ 2 - snd v ^ 2) net.
Proof.
  induction net as [|[a w] net IH]; simpl in *; [ring|]. rewrite IH. ring.
Qed.

Section OneStep.
Variables eta f : R.
Variable data : batch.
Variable net : network.
Hypothesis some : net <> [].

Let n := width net.
Let next := sgd_step eta f data net.
Let x := second_moment data.
Let z := label_moment data.
Let g := turn eta f data net.

Lemma next_width : width next = n.
Proof. unfold width, n, next. now rewrite step_length. Qed.

Lemma next_root : root next = root net.
Proof. unfold root. now rewrite next_width. Qed.

Lemma total_products_of_mu : total_of (fun v => fst v * snd v) net = root net * mu net.
Proof. unfold mu. field. pose proof (root_pos net some). lra. Qed.

Lemma total_squares_of_lambda : total_of (fun v => fst v ^ 2 + snd v ^ 2) net = width net * lambda net.
Proof. unfold lambda. field. pose proof (width_pos net some). lra. Qed.

Theorem mu_step : mu next = (1 + g ^ 2) * mu net - sqrt n * g * lambda net.
Proof.
  unfold mu at 1. rewrite next_root. unfold next. rewrite step_is_a_matrix. cbv zeta.
  rewrite total_products, total_products_of_mu, total_squares_of_lambda, (root_square net some).
  unfold g, n. fold (root net). field. pose proof (root_pos net some). lra.
Qed.

Theorem lambda_step : lambda next = (1 + g ^ 2) * lambda net - 4 * g * mu net / sqrt n.
Proof.
  unfold lambda at 1. rewrite next_width. unfold next. rewrite step_is_a_matrix. cbv zeta.
  rewrite total_squares, total_products_of_mu, total_squares_of_lambda. unfold n. fold (root net).
  rewrite (root_square net some). unfold g. field. pose proof (root_pos net some). lra.
Qed.

(** S_aa - S_ww moves by itself. *)
Theorem imbalance_step : imbalance next = (1 - g ^ 2) * imbalance net.
Proof.
  unfold imbalance. rewrite next_width. unfold next. rewrite step_is_a_matrix. cbv zeta.
  rewrite total_differences. unfold n, g, Rdiv. ring.
Qed.

(** The same with g put in: polynomials in mu, lambda, x, z, eta and 1/sqrt n. *)
Theorem mu_polynomial :
  mu next = mu net - f * eta * lambda net * (x * mu net - z) + f ^ 2 * eta ^ 2 / n * mu net * (x * mu net - z) ^ 2.
Proof.
  rewrite mu_step. unfold g, turn. fold x z. unfold n. rewrite (root_square net some) at 2. fold (root net).
  field. pose proof (root_pos net some). lra.
Qed.

Theorem lambda_polynomial :
  lambda next = lambda net - 4 * f * eta / n * mu net * (x * mu net - z)
    + f ^ 2 * eta ^ 2 / n * lambda net * (x * mu net - z) ^ 2.
Proof.
  rewrite lambda_step. unfold g, turn. fold x z. unfold n. rewrite (root_square net some) at 2 3. fold (root net).
  field. pose proof (root_pos net some). lra.
Qed.

End OneStep.

(** Without labels and with the factor 1/2 of the loss: the map of the talk. *)
Theorem map_without_labels eta data net : net <> [] -> label_moment data = 0 ->
  let x := second_moment data in
  mu (sgd_step eta 1 data net) = (1 - eta * lambda net * x + eta ^ 2 * x ^ 2 * mu net ^ 2 / width net) * mu net /\
  lambda (sgd_step eta 1 data net) =
    lambda net + eta * mu net ^ 2 / width net * (eta * lambda net * x ^ 2 - 4 * x).
Proof.
  intros some Z x. rewrite mu_polynomial, lambda_polynomial by exact some. rewrite Z. fold x.
  pose proof (width_pos net some). split; field; lra.
Qed.

(** * The canonical form (R6) and the reduced map *)

Definition kappa (eta : R) (net : network) : R := eta * mu net / root net.
Definition curvature (eta : R) (net : network) : R := eta * lambda net.
Definition reduced (eta : R) (net : network) : R * R := (kappa eta net, curvature eta net).

Lemma single_moments s : second_moment [(1, (s, 0))] = s ^ 2 /\ label_moment [(1, (s, 0))] = 0.
Proof. unfold second_moment, label_moment. simpl. split; ring. Qed.

(** With labels: the width enters as zeta = eta z / sqrt n. *)
Theorem canonical_step eta f data net : net <> [] ->
  let k := kappa eta net in let L := curvature eta net in
  let g := f * (second_moment data * k - eta * label_moment data / root net) in
  kappa eta (sgd_step eta f data net) = (1 + g ^ 2) * k - g * L /\
  curvature eta (sgd_step eta f data net) = (1 + g ^ 2) * L - 4 * g * k.
Proof.
  intros some k L g. assert (G : turn eta f data net = g).
  { unfold turn, g, k, kappa. field. pose proof (root_pos net some). lra. }
  unfold kappa, curvature. rewrite (next_root eta f data net).
  rewrite mu_step, lambda_step, G by exact some. fold (root net). unfold k, L, kappa, curvature.
  split; field; pose proof (root_pos net some); lra.
Qed.

(** Without labels: kappa and L move by the reduced map of Width.v, and neither eta nor n is left in it. *)
Theorem canonical_without_labels eta data net : net <> [] -> label_moment data = 0 ->
  reduced eta (sgd_step eta 1 data net) = reduced_step (second_moment data) (reduced eta net).
Proof.
  intros some Z. destruct (canonical_step eta 1 data net some) as [K C].
  unfold reduced. rewrite K, C, Z. unfold reduced_step. f_equal; unfold Rdiv; ring.
Qed.

(** * Every network is in the range of R7, and every pair in that range is a network *)

Lemma square_sums eta net : net <> [] ->
  curvature eta net + 2 * kappa eta net = eta / width net * total_of (fun v => (fst v + snd v) ^ 2) net /\
  curvature eta net - 2 * kappa eta net = eta / width net * total_of (fun v => (fst v - snd v) ^ 2) net.
Proof.
  intros some. unfold curvature, kappa, lambda, mu. pose proof (root_pos net some).
  rewrite (total_ext (fun v => (fst v + snd v) ^ 2) (fun v => (fst v ^ 2 + snd v ^ 2)
    + 2 * (fst v * snd v))) by (intros; ring).
  rewrite (total_ext (fun v => (fst v - snd v) ^ 2) (fun v => (fst v ^ 2 + snd v ^ 2)
    + -2 * (fst v * snd v))) by (intros; ring).
  rewrite !total_plus, !total_scal, (root_square net some). split; field; lra.
Qed.

Theorem networks_in_range eta net : net <> [] -> 0 <= eta -> network_state (reduced eta net).
Proof.
  intros some He. destruct (square_sums eta net some) as [P M]. pose proof (width_pos net some).
  unfold network_state, reduced. simpl. apply two_abs_le. rewrite P, M.
  split; (apply Rmult_le_pos; [apply Rmult_le_pos; [exact He | now apply Rlt_le, Rinv_0_lt_compat] |]);
    apply total_nonneg; intros; apply pow2_ge_0.
Qed.

Lemma total_repeat {A} (h : A -> R) v n : total_of h (repeat v n) = INR n * h v.
Proof. induction n as [|n IH]; [simpl; ring|]. rewrite S_INR. simpl. rewrite IH. ring. Qed.

(** R7, converse: every pair with 2 |kappa| <= L belongs to a network of every width n >= 1. *)
Theorem range_is_networks eta k L n : 0 < eta -> 2 * Rabs k <= L -> (0 < n)%nat ->
  exists net, length net = n /\ reduced eta net = (k, L).
Proof.
  intros He H Hn. apply two_abs_le in H. destruct H as [A B].
  set (u := sqrt ((L + 2 * k) / eta)). set (v := sqrt ((L - 2 * k) / eta)).
  assert (U : u ^ 2 = (L + 2 * k) / eta).
  { apply pow2_sqrt. apply Rmult_le_pos; [exact A | now apply Rlt_le, Rinv_0_lt_compat]. }
  assert (V : v ^ 2 = (L - 2 * k) / eta).
  { apply pow2_sqrt. apply Rmult_le_pos; [exact B | now apply Rlt_le, Rinv_0_lt_compat]. }
  exists (repeat ((u + v) / 2, (u - v) / 2) n). split; [apply repeat_length|].
  assert (N : 0 < INR n) by now apply lt_0_INR.
  assert (Q : sqrt (INR n) * sqrt (INR n) = INR n) by (apply sqrt_def; lra).
  assert (P : 0 < sqrt (INR n)) by now apply sqrt_lt_R0.
  unfold reduced, kappa, curvature, mu, lambda, root, width. rewrite repeat_length, !total_repeat. simpl fst.
    simpl snd.
  f_equal.
  - replace (eta * (INR n * ((u + v) / 2 * ((u - v) / 2)) / sqrt (INR n)) / sqrt (INR n))
      with (eta * (u ^ 2 - v ^ 2) / 4 * (INR n / (sqrt (INR n) * sqrt (INR n)))) by (field; lra).
    rewrite Q, U, V. field. lra.
  - replace (eta * (INR n * (((u + v) / 2) ^ 2 + ((u - v) / 2) ^ 2) / INR n)) with (eta * (u ^ 2
    + v ^ 2) / 2) by (field; lra).
    rewrite U, V. field. lra.
Qed.

(** * Thresholds at finite width (R9) *)

(** lambda falls below 4/(eta x) and rises above, for every width. *)
Theorem lambda_change eta data net : net <> [] -> label_moment data = 0 ->
  let x := second_moment data in
  lambda (sgd_step eta 1 data net) - lambda net = eta * mu net ^ 2 * x / width net * (eta * lambda net * x - 4).
Proof.
  intros some Z x. destruct (map_without_labels eta data net some Z) as [_ E]. rewrite E. fold x.
  pose proof (width_pos net some). field. lra.
Qed.

(** * The width theorem said of networks *)

(** One step of SGD on the sample s, label 0, loss F^2/2. *)
Definition sgd_sample (eta : R) (s : R) (net : network) : network := sgd_step eta 1 [(1, (s, 0))] net.

(** The law of the curvatures x = s^2. *)
Definition curvatures (samples : list (R * R)) : list (R * R) := relabel (fun s => s ^ 2) samples.

(** The probability that |kappa| of SGD on the network reaches c within T steps is that of the reduced map. *)
Theorem reach_network eta samples net c T : net <> [] ->
  hit samples (sgd_sample eta) (fun net => Rabs (kappa eta net)) c T net =
  reach_kappa (curvatures samples) c T (reduced eta net).
Proof.
  intros some. apply (hit_image samples (reduced eta) (fun s => s ^ 2) (sgd_sample eta)
    (fun net => Rabs (kappa eta net)) reduced_step kappa_size c (fun net => net <> [])); try assumption.
  - intros s v _ Hv E. apply Hv. apply length_zero_iff_nil. apply (f_equal (@length _)) in E.
    unfold sgd_sample in E. now rewrite step_length in E.
  - reflexivity.
  - intros s v _ Hv. destruct (single_moments s) as [X Z]. unfold sgd_sample.
    rewrite canonical_without_labels by assumption. now rewrite X.
Qed.

Lemma is_data_curvatures samples : is_law samples -> is_data (curvatures samples).
Proof.
  intros [P T]. split; [split|].
  - intros p x H. apply in_map_iff in H. destruct H as ([q s] & E & H). injection E as <- _. exact (P q s H).
  - unfold curvatures. now rewrite expect_relabel.
  - intros p x H. apply in_map_iff in H. destruct H as ([q s] & E & H). injection E as _ <-. apply pow2_ge_0.
Qed.

(** W2 for SGD on a network of any width: eta lambda_0 s^2 <= 4 for every sample s, b >= 1 and M(b) <= 1 at the
    start. *)
Theorem width_theorem_for_networks eta samples net b c T :
  net <> [] -> 0 < eta -> is_law samples -> 1 <= b -> 0 < c ->
  (forall p s, In (p, s) samples -> s ^ 2 * (eta * lambda net) <= 4) ->
  moment (curvatures samples) (eta * lambda net) b <= 1 ->
  hit samples (sgd_sample eta) (fun net => Rabs (kappa eta net)) c T net <= apow (Rabs (kappa eta net) / c) b.
Proof.
  intros some He law Hb Hc window M. rewrite reach_network by exact some.
  apply (width_theorem (curvatures samples) (eta * lambda net) b); try assumption.
  - now apply is_data_curvatures.
  - intros p x H. apply in_map_iff in H. destruct H as ([q s] & E & H). injection E as _ <-. exact (window q s H).
  - apply (networks_in_range eta net some). lra.
Qed.

(** In the units of the talk: |mu| reaches c sqrt(n)/eta, of the order sqrt(n/eta) for c of the order sqrt(eta). *)
Lemma kappa_level eta net c : net <> [] -> 0 < eta ->
  (c <= Rabs (kappa eta net) <-> c * root net / eta <= Rabs (mu net)).
Proof.
  intros some He. pose proof (root_pos net some) as P. unfold kappa.
  assert (E : Rabs (eta * mu net / root net) = eta / root net * Rabs (mu net)).
  { replace (eta * mu net / root net) with (eta / root net * mu net) by (unfold Rdiv; ring).
    rewrite Rabs_mult, (Rabs_pos_eq (eta / root net)); [reflexivity|]. now apply Rlt_le, Rdiv_lt_0_compat. }
  rewrite E. assert (Q : 0 < eta / root net) by now apply Rdiv_lt_0_compat.
  replace c with (eta / root net * (c * root net / eta)) at 1 by (field; lra).
  split; intros H; [now apply Rmult_le_reg_l in H | apply Rmult_le_compat_l; lra].
Qed.
