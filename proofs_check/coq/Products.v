(** Products of random d x d matrices: MeanSquare.v for vectors, quadratic forms and the Loewner order.

    A vector is a function of which the first d entries count, a matrix likewise. *)

From Coq Require Import Reals List Lra Lia.
From Catalysis Require Import Definitions Law Power General Convexity Volume MeanSquare.
Import ListNotations.
Open Scope R_scope.

Definition vector := nat -> R.
Definition matrix := nat -> nat -> R.

Section Forms.
Variable d : nat.

Definition dot (u v : vector) : R := sum d (fun i => u i * v i).

(** A e *)
Definition image (A : matrix) (e : vector) : vector := fun i => sum d (fun j => A i j * e j).

(** e^T Q e *)
Definition quad (Q : matrix) (e : vector) : R := sum d (fun i => sum d (fun j => e i * Q i j * e j)).

(** A^T Q A *)
Definition congruent (A Q : matrix) : matrix :=
  fun i j => sum d (fun k => sum d (fun l => A k i * Q k l * A l j)).

(** M <= N in the Loewner order. *)
Definition loewner (M N : matrix) : Prop := forall e, quad M e <= quad N e.

Definition semidefinite (Q : matrix) : Prop := forall e, 0 <= quad Q e.

Lemma quad_ext M N e : (forall i j, (i < d)%nat -> (j < d)%nat -> M i j = N i j) -> quad M e = quad N e.
Proof. intros H. apply sum_ext. intros i Hi. apply sum_ext. intros j Hj. now rewrite H. Qed.

Lemma quad_scal c M e : quad (fun i j => c * M i j) e = c * quad M e.
Proof.
  unfold quad. rewrite <- sum_scal. apply sum_ext. intros i _. rewrite <- sum_scal. apply sum_ext. intros. ring.
Qed.

Lemma quad_plus M N e : quad (fun i j => M i j + N i j) e = quad M e + quad N e.
Proof.
  unfold quad. rewrite <- sum_plus. apply sum_ext. intros i _. rewrite <- sum_plus. apply sum_ext. intros. ring.
Qed.

Lemma quad_zero e : quad (fun _ _ => 0) e = 0.
Proof. apply sum_zero. intros i _. apply sum_zero. intros. ring. Qed.

Lemma quad_expect {I} (law : list (R * I)) (F : I -> matrix) e :
  quad (fun i j => expect law (fun a => F a i j)) e = expect law (fun a => quad (F a) e).
Proof.
  induction law as [|[p a] law IH]; simpl; [apply quad_zero|].
  now rewrite (quad_plus (fun i j => p * F a i j)), quad_scal, IH.
Qed.

(** |A e|_Q^2 = e^T (A^T Q A) e. *)
Lemma quad_image A Q e : quad Q (image A e) = quad (congruent A Q) e.
Proof.
  unfold quad, image, congruent.
  transitivity (sum d (fun k => sum d (fun l => sum d (fun i => sum d (fun j => A k i * e i * Q k l * (A l j * e
    j)))))).
  - apply sum_ext. intros k _. apply sum_ext. intros l _. rewrite <- !sum_scal_r. apply sum_ext. intros i _.
    rewrite <- sum_scal. reflexivity.
  - rewrite (sum_ext d _ (fun k => sum d (fun i => sum d (fun l => sum d (fun j => A k i * e i * Q k l * (A l j *
    e j)))))).
    2: { intros k _. apply sum_exchange. }
    rewrite sum_exchange. apply sum_ext. intros i _.
    rewrite (sum_ext d _ (fun k => sum d (fun j => sum d (fun l => A k i * e i * Q k l * (A l j * e j))))).
    2: { intros k _. apply sum_exchange. }
    rewrite sum_exchange. apply sum_ext. intros j _.
    rewrite <- sum_scal, <- sum_scal_r. apply sum_ext. intros k _.
    rewrite <- sum_scal, <- sum_scal_r. apply sum_ext. intros l _. ring.
Qed.

(** A certificate of semidefiniteness: a sum of squares with coefficients that are not negative. *)
Fixpoint squares (witness : list (R * vector)) : matrix :=
  fun i j => match witness with
  | [] => 0
  | (c, l) :: rest => c * (l i * l j) + squares rest i j
  end.

Lemma quad_square l e : quad (fun i j => l i * l j) e = dot l e ^ 2.
Proof.
  unfold quad, dot. rewrite (sum_ext _ _ (fun i => l i * e i * sum d (fun j => l j * e j))).
  - rewrite sum_scal_r. ring.
  - intros i _. rewrite <- sum_scal. apply sum_ext. intros. ring.
Qed.

Theorem squares_semidefinite M witness :
  (forall c l, In (c, l) witness -> 0 <= c) ->
  (forall i j, (i < d)%nat -> (j < d)%nat -> M i j = squares witness i j) -> semidefinite M.
Proof.
  intros H E e. rewrite (quad_ext M (squares witness)) by exact E. clear E.
  induction witness as [|[c l] witness IH]; [apply Req_le, eq_sym, quad_zero|].
  change (0 <= quad (fun i j => c * (l i * l j) + squares witness i j) e).
  rewrite (quad_plus (fun i j => c * (l i * l j))), (quad_scal c (fun i j => l i * l j)), quad_square.
  apply Rplus_le_le_0_compat.
  - apply Rmult_le_pos; [apply (H c l); now left | apply pow2_ge_0].
  - apply IH. intros c' l' Hin. apply (H c' l'). now right.
Qed.

Theorem loewner_by_squares M N witness :
  (forall c l, In (c, l) witness -> 0 <= c) ->
  (forall i j, (i < d)%nat -> (j < d)%nat -> N i j - M i j = squares witness i j) -> loewner M N.
Proof.
  intros H E e. pose proof (squares_semidefinite (fun i j => N i j + -1 * M i j) witness H) as S.
  assert (P : 0 <= quad (fun i j => N i j + -1 * M i j) e) by (apply S; intros i j Hi Hj; rewrite <- E by
    assumption; ring).
  rewrite (quad_plus N), quad_scal in P. lra.
Qed.

(** * The matrix of a vector sample *)

(** e' = c e - eta (b . e) a: for a = b = g the gradient step of the loss (g . e)^2/2 with weight decay. *)
Lemma vector_step c eta a b e i : (i < d)%nat ->
  image (step_matrix c eta a b) e i = c * e i - eta * dot b e * a i.
Proof.
  intros Hi. unfold image, step_matrix, dot.
  rewrite (sum_ext _ _ (fun j => c * (unit i j * e j) + - eta * a i * (b j * e j))) by (intros; ring).
  rewrite sum_plus, !sum_scal, (sum_single _ _ i); [|exact Hi|].
  - unfold unit. rewrite Nat.eqb_refl. ring.
  - intros j _ N. unfold unit. destruct (Nat.eqb_spec i j); [congruence | ring].
Qed.

(** * The walk *)

Section Walk.
Context {I : Type}.
Variable law : list (R * I).
Variable A : I -> matrix.
Variable Q : matrix.
Hypothesis is_a_law : is_law law.
Hypothesis Q_semidefinite : semidefinite Q.

Let step (i : I) (e : vector) : vector := image (A i) e.

(** sum p_i w_i A_i^T Q A_i *)
Definition transfer (w : I -> R) : matrix := fun i j => expect law (fun a => w a * congruent (A a) Q i j).

(** |e|_Q, and the probability that max_{t <= T} |e_t|_Q >= K |e_0|_Q. *)
Definition form_norm (e : vector) : R := norm (quad Q) e.
Definition reach_form (K : R) (T : nat) (e : vector) : R := reach_norm law step (quad Q) K T e.

Lemma quad_transfer w e : quad (transfer w) e = expect law (fun a => w a * quad Q (step a e)).
Proof.
  unfold transfer. rewrite (quad_expect law (fun a i j => w a * congruent (A a) Q i j)).
  apply expect_ext. intros p a _. rewrite (quad_scal (w a)). unfold step. now rewrite quad_image.
Qed.

Let everything : forall (a : I) (e : vector), drawn law a -> True -> True := fun _ _ _ _ => Logic.I.
Let nonneg : forall e : vector, True -> 0 <= quad Q e := fun e _ => Q_semidefinite e.

Lemma transfer_bound w r e : loewner (transfer w) (fun i j => r * Q i j) ->
  expect law (fun a => w a * quad Q (step a e)) <= r * quad Q e.
Proof. intros H. rewrite <- quad_transfer, <- quad_scal. apply H. Qed.

Lemma transfer_bound_below w r e : loewner (fun i j => r * Q i j) (transfer w) ->
  r * quad Q e <= expect law (fun a => w a * quad Q (step a e)).
Proof. intros H. rewrite <- quad_transfer, <- quad_scal. apply H. Qed.

(** V3 in dimension d. *)
Theorem V3 s rho (w c : I -> R) : 0 < s <= 2 -> (forall a, drawn law a -> line_above (s / 2) (w a) (c a)) ->
  loewner (transfer w) (fun i j => (rho - expect law c) * Q i j) ->
  forall e, expect law (fun a => apow (form_norm (image (A a) e)) s) <= rho * apow (form_norm e) s.
Proof.
  intros Hs lines H e. apply (upper_moment law step (quad Q) (fun _ => True) is_a_law nonneg everything s rho w c);
    try assumption; try exact Logic.I. now apply transfer_bound.
Qed.

(** V3 with V11 (a): for rho <= 1, every start and every horizon, P(max |e_t|_Q >= K |e_0|_Q) <= K^-s. *)
Theorem V11_upper s rho (w c : I -> R) K T e : 0 < s <= 2 -> rho <= 1 ->
  (forall a, drawn law a -> line_above (s / 2) (w a) (c a)) ->
  loewner (transfer w) (fun i j => (rho - expect law c) * Q i j) ->
  0 < K -> 0 < quad Q e -> reach_form K T e <= apow (/ K) s.
Proof.
  intros Hs Hr lines H HK P.
  apply (spikes_above law step (quad Q) (fun _ => True) is_a_law everything s rho); try assumption;
    try exact Logic.I;
    [lra|]. intros y _. now apply (V3 s rho w c).
Qed.

(** ... and for all times together. *)
Theorem V11_upper_ever s rho (w c : I -> R) K e : 0 < s <= 2 -> rho <= 1 ->
  (forall a, drawn law a -> line_above (s / 2) (w a) (c a)) ->
  loewner (transfer w) (fun i j => (rho - expect law c) * Q i j) ->
  0 < K -> 0 < quad Q e -> hit_ever law step form_norm (K * form_norm e) e <= apow (/ K) s.
Proof. intros Hs Hr lines H HK P. apply hit_ever_le; [exact is_a_law|]. intros T.
  now apply (V11_upper s rho w c). Qed.

(** The same for rho >= 1, with rho^T. *)
Theorem V11_upper_growing s rho (w c : I -> R) K T e : 0 < s <= 2 -> 1 <= rho ->
  (forall a, drawn law a -> line_above (s / 2) (w a) (c a)) ->
  loewner (transfer w) (fun i j => (rho - expect law c) * Q i j) ->
  0 < K -> 0 < quad Q e -> reach_form K T e <= rho ^ T * apow (/ K) s.
Proof.
  intros Hs Hr lines H HK P.
  apply (spikes_growing law step (quad Q) (fun _ => True) is_a_law everything s rho); try assumption;
    try exact Logic.I;
    [lra|]. intros y _. now apply (V3 s rho w c).
Qed.

(** V4 in dimension d. *)
Theorem V4 s rho (w c : I -> R) : (forall a, drawn law a -> line_below (s / 2) (w a) (c a)) ->
  loewner (fun i j => (rho + expect law c) * Q i j) (transfer w) ->
  forall e, rho * apow (form_norm e) s <= expect law (fun a => apow (form_norm (image (A a) e)) s).
Proof.
  intros lines H e. apply (lower_moment law step (quad Q) (fun _ => True) is_a_law nonneg everything s rho w c);
    try assumption; try exact Logic.I. now apply transfer_bound_below.
Qed.

(** V11 (b) at a finite horizon: A_i^T Q A_i <= B^2 Q, E |A e|^s >= |e|^s, and E |A e|^t <= m |e|^t, t <= s, for
    dying out. *)
Theorem V11_lower s t m B K T e : 0 <= t <= s -> 0 <= m -> 1 <= B -> 1 <= K -> 0 < quad Q e ->
  (forall e, apow (form_norm e) s <= expect law (fun a => apow (form_norm (image (A a) e)) s)) ->
  (forall e, expect law (fun a => apow (form_norm (image (A a) e)) t) <= m * apow (form_norm e) t) ->
  (forall a, drawn law a -> loewner (congruent (A a) Q) (fun i j => B ^ 2 * Q i j)) ->
  apow (/ (K * B)) s - m ^ T * apow (/ (K * B)) t <= reach_form K T e.
Proof.
  intros Ht Hm HB HK P grows dies bound.
  apply (spikes_below law step (quad Q) (fun _ => True) is_a_law everything s t m B K T e); try assumption;
    try exact Logic.I.
  - intros y _. apply grows.
  - intros y _. apply dies.
  - intros a y Ha _. unfold norm, step. rewrite quad_image. rewrite <- (sqrt_pow2 B) at 1 by lra.
    rewrite <- sqrt_mult by (try apply pow2_ge_0; apply Q_semidefinite). apply sqrt_le_1_alt.
    rewrite <- (quad_scal (B ^ 2)). now apply bound.
Qed.

Theorem V11_lower_ever s t m B K e : 0 <= t <= s -> 0 <= m < 1 -> 1 <= B -> 1 <= K -> 0 < quad Q e ->
  (forall e, apow (form_norm e) s <= expect law (fun a => apow (form_norm (image (A a) e)) s)) ->
  (forall e, expect law (fun a => apow (form_norm (image (A a) e)) t) <= m * apow (form_norm e) t) ->
  (forall a, drawn law a -> loewner (congruent (A a) Q) (fun i j => B ^ 2 * Q i j)) ->
  apow (/ (K * B)) s <= hit_ever law step form_norm (K * form_norm e) e.
Proof.
  intros Ht Hm HB HK P grows dies bound. apply (hit_ever_ge law step form_norm _ is_a_law _ _ (apow (/ (K * B))
    t) m Hm).
  intros T. now apply (V11_lower s t m B K T e).
Qed.

(** V2: if A_i^T Q A_i <= Q for every sample, the norm never grows. *)
Theorem V2 K T e : (forall a, drawn law a -> loewner (congruent (A a) Q) Q) ->
  1 < K -> 0 < quad Q e -> reach_form K T e = 0.
Proof.
  intros H HK P. apply (stable law step (quad Q) (fun _ => True) everything); try assumption; try exact Logic.I.
  intros a y Ha _. unfold step. rewrite quad_image. now apply H.
Qed.

(** V5 (a): T(Q) <= rho Q gives E |e_T|_Q^2 <= rho^T |e_0|_Q^2 for every start, and >= likewise. *)
Theorem V5_upper rho T e : 0 <= rho -> loewner (transfer (fun _ => 1)) (fun i j => rho * Q i j) ->
  over_words law T (fun word => quad Q (run step word e)) <= rho ^ T * quad Q e.
Proof.
  intros Hr H. apply (mean_square law step (quad Q) (fun _ => True) is_a_law everything); try assumption;
    try exact Logic.I.
  intros y _. rewrite (expect_ext _ _ (fun a => 1 * quad Q (step a y))) by (intros; ring).
  now apply (transfer_bound (fun _ => 1)).
Qed.

Theorem V5_lower rho T e : 0 <= rho -> loewner (fun i j => rho * Q i j) (transfer (fun _ => 1)) ->
  rho ^ T * quad Q e <= over_words law T (fun word => quad Q (run step word e)).
Proof.
  intros Hr H. apply (mean_square_below law step (quad Q) (fun _ => True) is_a_law everything);
    try assumption; try exact Logic.I.
  intros y _. rewrite (expect_ext _ (fun a => quad Q (step a y)) (fun a => 1 * quad Q (step a y))) by (intros;
    ring).
  now apply (transfer_bound_below (fun _ => 1)).
Qed.

(** And spikes in the mean square: P(max_{t <= T} |e_t|_Q >= K |e_0|_Q) <= K^-2. *)
Theorem V5_spikes K T e : loewner (transfer (fun _ => 1)) Q -> 0 < K -> 0 < quad Q e -> reach_form K T e <= / K ^ 2.
Proof.
  intros H HK P. replace (/ K ^ 2) with (apow (/ K) 2).
  - apply (V11_upper 2 1 (fun _ => 1) (fun _ => 0)); try assumption; try lra.
    + intros a _. split; [lra|]. right. repeat split; lra.
    + intros y. eapply Rle_trans; [apply H|]. rewrite quad_scal.
      rewrite expect_zero. lra.
  - rewrite apow_inv by exact HK. f_equal. rewrite apow_Rpower by exact HK.
    replace 2 with (INR 2) by (simpl; ring). now rewrite Rpower_pow.
Qed.

(** V9 (a), V9 (b): chords, from l_i Q <= A_i^T Q A_i <= u_i Q. *)
Section Chords.
Variables l u a b : I -> R.
Hypothesis range_low : forall i, drawn law i -> 0 <= l i /\ loewner (fun r k => l i * Q r k) (congruent (A i) Q).
Hypothesis range_high : forall i, drawn law i -> loewner (congruent (A i) Q) (fun r k => u i * Q r k).

Definition chord_transfer : matrix := fun r k => expect law (fun i => a i * Q r k + b i * congruent (A i) Q r k).

Lemma quad_chords e : quad chord_transfer e = expect law (fun i => a i * quad Q e + b i * quad Q (step i e)).
Proof.
  unfold chord_transfer. rewrite (quad_expect law (fun i r k => a i * Q r k + b i * congruent (A i) Q r k)).
  apply expect_ext. intros p i _. rewrite (quad_plus (fun r k => a i * Q r k)), !quad_scal. unfold step.
    now rewrite quad_image.
Qed.

Lemma ranges i e : drawn law i -> 0 <= l i /\ l i * quad Q e <= quad Q (step i e) <= u i * quad Q e.
Proof.
  intros Hi. destruct (range_low i Hi) as [L R1]. pose proof (range_high i Hi) as R2. specialize (R1 e).
    specialize (R2 e).
  rewrite quad_scal in R1, R2. unfold step. rewrite quad_image. now repeat split.
Qed.

Theorem V9_upper s rho : 2 <= s ->
  (forall i, drawn law i -> apow (l i) (s / 2) <= a i + b i * l i /\ apow (u i) (s / 2) <= a i + b i * u i) ->
  loewner chord_transfer (fun r k => rho * Q r k) ->
  forall e, expect law (fun i => apow (form_norm (image (A i) e)) s) <= rho * apow (form_norm e) s.
Proof.
  intros Hs lines H e. apply (upper_chords law step (quad Q) (fun _ => True) is_a_law nonneg everything s rho l u
    a b);
    try assumption; try exact Logic.I.
  - intros i Hi. now apply ranges.
  - rewrite <- quad_chords, <- quad_scal. apply H.
Qed.

Theorem V9_lower s rho : 0 < s <= 2 ->
  (forall i, drawn law i -> a i + b i * l i <= apow (l i) (s / 2) /\ a i + b i * u i <= apow (u i) (s / 2)) ->
  loewner (fun r k => rho * Q r k) chord_transfer ->
  forall e, rho * apow (form_norm e) s <= expect law (fun i => apow (form_norm (image (A i) e)) s).
Proof.
  intros Hs lines H e. apply (lower_chords law step (quad Q) (fun _ => True) is_a_law nonneg everything s rho l u
    a b);
    try assumption; try exact Logic.I.
  - intros i Hi. now apply ranges.
  - rewrite <- quad_chords, <- quad_scal. apply H.
Qed.

(** V9 (a) with V11 (a): spikes for exponents s >= 2. *)
Theorem V11_upper_chords s K T e : 2 <= s ->
  (forall i, drawn law i -> apow (l i) (s / 2) <= a i + b i * l i /\ apow (u i) (s / 2) <= a i + b i * u i) ->
  loewner chord_transfer Q -> 0 < K -> 0 < quad Q e -> reach_form K T e <= apow (/ K) s.
Proof.
  intros Hs lines H HK P.
  apply (spikes_above law step (quad Q) (fun _ => True) is_a_law everything s 1); try assumption;
    try exact Logic.I; try lra.
  intros y _. apply V9_upper; try assumption. intros z. rewrite quad_scal, Rmult_1_l. apply H.
Qed.

End Chords.
End Walk.
End Forms.
