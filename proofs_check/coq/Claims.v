(** * The last steps of the files written by `proofs-check --coq` about finite width and products. *)

From Coq Require Import Reals List Lra Lia.
From Coquelicot Require Import Coquelicot.
From Interval Require Import Tactic.
From Catalysis Require Import Definitions Law Power General Convexity Volume Width Landing MeanSquare Products.
Import ListNotations.
Open Scope R_scope.

(** ** Every path of the reduced map *)

(** The curvatures drawn are 0 or at least [least] > 0, at most [top], with [top L_0 < 4]. *)
Theorem path_claim (c : list (R * R)) (L0 least top : R) (x : nat -> R) (k0 : R) :
  0 < least -> top * L0 < 4 -> List.Forall (fun d => snd d = 0 \/ least <= snd d <= top) c ->
  (forall t, exists p, In (p, x t) c) -> 2 * Rabs k0 <= L0 ->
  (forall t, 2 * Rabs (fst (orbit x (k0, L0) t)) <= snd (orbit x (k0, L0) t) /\
     snd (orbit x (k0, L0) (S t)) <= snd (orbit x (k0, L0) t)) /\
  (exists limit : R, is_lim_seq (fun t => snd (orbit x (k0, L0) t)) limit /\ 0 <= limit <= L0) /\
  ((forall t, exists u, (t <= u)%nat /\ x u <> 0) -> is_lim_seq (fun t => fst (orbit x (k0, L0) t)) 0).
Proof.
  intros Hl Ht F D Hk. rewrite List.Forall_forall in F.
  assert (V : forall t, x t = 0 \/ least <= x t <= top) by (intros t; destruct (D t) as [p I]; exact (F _ I)).
  assert (H0 : 0 <= L0) by (pose proof (Rabs_pos k0); lra).
  assert (N : forall t, 0 <= x t) by (intros t; destruct (V t); lra).
  assert (W : forall t, x t * L0 <= 4) by (intros t; destruct (V t) as [E | E]; [rewrite E; lra | nra]).
  split; [|split].
  - intros t. pose proof (every_path x k0 L0 Hk N W t) as E. simpl in E. simpl. tauto.
  - exact (L_converges x k0 L0 Hk N W).
  - intros O. exact (kappa_vanishes x k0 L0 Hk N W least top Hl V Ht O).
Qed.

(** W2 with numbers. *)
Theorem width_claim (c : list (R * R)) (k0 L0 b level upper : R) : is_data c ->
  List.Forall (fun d => snd d * L0 <= 4) c -> 1 <= b -> moment c L0 b <= 1 -> 2 * Rabs k0 <= L0 -> 0 < level ->
  apow (Rabs k0 / level) b <= upper -> forall T, reach_kappa c level T (k0, L0) <= upper.
Proof.
  intros D F Hb M Hk Hl Hu T. eapply Rle_trans; [|exact Hu].
  apply (width_theorem c L0 b D); try easy. rewrite List.Forall_forall in F. intros p x I. exact (F _ I).
Qed.

(** ** Products *)

Definition rows (M : list (list R)) : matrix := fun i j => nth j (nth i M []) 0.
Definition entries (v : list R) : vector := fun i => nth i v 0.

(** One step, and the path. *)
Definition apply_matrix (d : nat) (A : matrix) (e : vector) : vector := image d A e.

(** E |A e|_Q^s <= rho |e|_Q^s for every e, A the matrix of one step; and the other way round. *)
Definition moment_below d (law : list (R * matrix)) (Q : matrix) (s rho : R) : Prop :=
  forall e, expect law (fun A => apow (norm (quad d Q) (apply_matrix d A e)) s) <= rho * apow (norm (quad d Q) e) s.

Definition moment_above d (law : list (R * matrix)) (Q : matrix) (s rho : R) : Prop :=
  forall e, rho * apow (norm (quad d Q) e) s <= expect law (fun A => apow (norm (quad d Q) (apply_matrix d A e)) s).

(** In the proofs each matrix carries numbers; the law without them is [relabel fst]. *)
Lemma moment_below_of {I} d (carried : list (R * (matrix * I))) law Q s rho : relabel fst carried = law ->
  (forall e, expect carried (fun a => apow (norm (quad d Q) (image d (fst a) e)) s) <= rho * apow (norm (quad d Q) e) s) ->
  moment_below d law Q s rho.
Proof. intros <- H e. rewrite expect_relabel. apply H. Qed.

Lemma moment_above_of {I} d (carried : list (R * (matrix * I))) law Q s rho : relabel fst carried = law ->
  (forall e, rho * apow (norm (quad d Q) e) s <= expect carried (fun a => apow (norm (quad d Q) (image d (fst a) e)) s)) ->
  moment_above d law Q s rho.
Proof. intros <- H e. rewrite expect_relabel. apply H. Qed.

Lemma carried_law {I} (carried : list (R * (matrix * I))) law : relabel fst carried = law -> is_law law -> is_law carried.
Proof.
  intros <- [W E]. split.
  - intros p a I0. apply (W p (fst a)). unfold relabel. apply in_map_iff. now exists (p, a).
  - rewrite expect_relabel in E. exact E.
Qed.

(** V3: each matrix carries slope and offset of a line above the power. *)
Theorem quadratic_below d (carried : list (R * (matrix * (R * R)))) law (Q : matrix) (s rho : R) :
  relabel fst carried = law -> is_law law -> semidefinite d Q -> 0 < s <= 2 ->
  List.Forall (fun a => line_above (s / 2) (fst (snd (snd a))) (snd (snd (snd a)))) carried ->
  loewner d (transfer d carried fst Q (fun a => fst (snd a))) (fun i j => (rho - expect carried (fun a => snd (snd a))) * Q i j) ->
  moment_below d law Q s rho.
Proof.
  intros E L P Hs F H. rewrite List.Forall_forall in F. apply (moment_below_of d carried law Q s rho E).
  apply (V3 d carried fst Q (carried_law carried law E L) P s rho (fun a => fst (snd a)) (fun a => snd (snd a))); try easy.
  intros a [p I]. exact (F _ I).
Qed.

(** V4: lines below. *)
Theorem quadratic_above d (carried : list (R * (matrix * (R * R)))) law (Q : matrix) (s rho : R) :
  relabel fst carried = law -> is_law law -> semidefinite d Q ->
  List.Forall (fun a => line_below (s / 2) (fst (snd (snd a))) (snd (snd (snd a)))) carried ->
  loewner d (fun i j => (rho + expect carried (fun a => snd (snd a))) * Q i j) (transfer d carried fst Q (fun a => fst (snd a))) ->
  moment_above d law Q s rho.
Proof.
  intros E L P F H. rewrite List.Forall_forall in F. apply (moment_above_of d carried law Q s rho E).
  apply (V4 d carried fst Q (carried_law carried law E L) P s rho (fun a => fst (snd a)) (fun a => snd (snd a))); try easy.
  intros a [p I]. exact (F _ I).
Qed.

(** V9: each matrix carries (l, u), l Q <= A^T Q A <= u Q, and the chord (a, b) over [l, u]. *)
Definition chorded : Type := matrix * ((R * R) * (R * R)).
Definition low (c : chorded) : R := fst (fst (snd c)).
Definition high (c : chorded) : R := snd (fst (snd c)).
Definition base (c : chorded) : R := fst (snd (snd c)).
Definition rise (c : chorded) : R := snd (snd (snd c)).

Definition in_range d (Q : matrix) (c : chorded) : Prop :=
  0 <= low c /\ loewner d (fun i j => low c * Q i j) (congruent d (fst c) Q) /\
  loewner d (congruent d (fst c) Q) (fun i j => high c * Q i j).

Theorem chords_below d (carried : list (R * chorded)) law (Q : matrix) (s rho : R) :
  relabel fst carried = law -> is_law law -> semidefinite d Q -> 2 <= s ->
  List.Forall (fun c => in_range d Q (snd c)) carried ->
  List.Forall (fun c => apow (low (snd c)) (s / 2) <= base (snd c) + rise (snd c) * low (snd c) /\
    apow (high (snd c)) (s / 2) <= base (snd c) + rise (snd c) * high (snd c)) carried ->
  loewner d (chord_transfer d carried fst Q base rise) (fun i j => rho * Q i j) ->
  moment_below d law Q s rho.
Proof.
  intros E L P Hs R0 F H. rewrite List.Forall_forall in R0, F. apply (moment_below_of d carried law Q s rho E).
  apply (V9_upper d carried fst Q (carried_law carried law E L) P low high base rise); try easy.
  - intros a [p I]. destruct (R0 _ I) as (A & B & _). now split.
  - intros a [p I]. destruct (R0 _ I) as (_ & _ & B). exact B.
  - intros a [p I]. exact (F _ I).
Qed.

Theorem chords_above d (carried : list (R * chorded)) law (Q : matrix) (s rho : R) :
  relabel fst carried = law -> is_law law -> semidefinite d Q -> 0 < s <= 2 ->
  List.Forall (fun c => in_range d Q (snd c)) carried ->
  List.Forall (fun c => base (snd c) + rise (snd c) * low (snd c) <= apow (low (snd c)) (s / 2) /\
    base (snd c) + rise (snd c) * high (snd c) <= apow (high (snd c)) (s / 2)) carried ->
  loewner d (fun i j => rho * Q i j) (chord_transfer d carried fst Q base rise) ->
  moment_above d law Q s rho.
Proof.
  intros E L P Hs R0 F H. rewrite List.Forall_forall in R0, F. apply (moment_above_of d carried law Q s rho E).
  apply (V9_lower d carried fst Q (carried_law carried law E L) P low high base rise); try easy.
  - intros a [p I]. destruct (R0 _ I) as (A & B & _). now split.
  - intros a [p I]. destruct (R0 _ I) as (_ & _ & B). exact B.
  - intros a [p I]. exact (F _ I).
Qed.

(** The smallest range of a chord may be a single number, and [low] may be 0. *)
Lemma in_range_intro d Q (c : chorded) below above : 0 <= low c ->
  List.Forall (fun c => 0 <= fst c) below -> List.Forall (fun c => 0 <= fst c) above ->
  (forall i j, (i < d)%nat -> (j < d)%nat -> congruent d (fst c) Q i j - low c * Q i j = squares below i j) ->
  (forall i j, (i < d)%nat -> (j < d)%nat -> high c * Q i j - congruent d (fst c) Q i j = squares above i j) ->
  in_range d Q c.
Proof.
  intros H F G A B. rewrite List.Forall_forall in F, G. split; [exact H|]. split.
  - apply (loewner_by_squares d _ _ below); [intros c0 l I; exact (F _ I) | exact A].
  - apply (loewner_by_squares d _ _ above); [intros c0 l I; exact (G _ I) | exact B].
Qed.

(** E |e_T|_Q^s <= rho^T |e_0|_Q^s for every T and every start, as a sum over all words of T steps. *)
Theorem below_at_every_time d law Q s rho : is_law law -> 0 <= rho -> moment_below d law Q s rho ->
  forall T e, over_words law T (fun word => apow (norm (quad d Q) (run (apply_matrix d) word e)) s)
    <= rho ^ T * apow (norm (quad d Q) e) s.
Proof.
  intros L Hr H. induction T as [|T IH]; intros e; simpl; [lra|].
  eapply Rle_trans; [apply expect_le; [now apply law_weights | intros p A _; apply IH]|].
  rewrite expect_scal. replace (rho * rho ^ T * apow (norm (quad d Q) e) s) with (rho ^ T * (rho * apow (norm (quad d Q) e) s)) by ring.
  apply Rmult_le_compat_l; [now apply pow_le | apply H].
Qed.

Theorem above_at_every_time d law Q s rho : is_law law -> 0 <= rho -> moment_above d law Q s rho ->
  forall T e, rho ^ T * apow (norm (quad d Q) e) s
    <= over_words law T (fun word => apow (norm (quad d Q) (run (apply_matrix d) word e)) s).
Proof.
  intros L Hr H. induction T as [|T IH]; intros e; simpl; [lra|].
  eapply Rle_trans; [|apply expect_le; [now apply law_weights | intros p A _; apply IH]].
  rewrite expect_scal. replace (rho * rho ^ T * apow (norm (quad d Q) e) s) with (rho ^ T * (rho * apow (norm (quad d Q) e) s)) by ring.
  apply Rmult_le_compat_l; [now apply pow_le | apply H].
Qed.

(** V17 (a): power means, s <= t or s >= t. *)
Lemma mean_of_power {I} (law : list (R * I)) (Y : I -> R) q : is_law law -> 0 < q <= 1 -> (forall a, 0 <= Y a) ->
  expect law (fun a => apow (Y a) q) <= apow (expect law Y) q.
Proof.
  intros L Hq P. assert (W := law_weights law L).
  destruct (expect_nonneg law Y W ltac:(intros; apply P)) as [H | Z].
  - set (c := expect law Y) in *.
    apply Rle_trans with (expect law (fun a => apow c q + q * apow c q / c * (Y a - c))).
    + apply expect_le; [exact W|]. intros p a _. apply apow_base_tangent_concave; [exact H|apply P|lra].
    + rewrite expect_plus, expect_scal, expect_minus, !(expect_const law _ L). fold c. right. ring.
  - rewrite <- Z, apow_zero. rewrite <- (expect_zero law). apply expect_le; [exact W|]. intros p a I0.
    pose proof (expect_term law Y p a W I0 ltac:(intros; apply P)) as T. rewrite <- Z in T.
    pose proof (W p a I0) as Hp. simpl in Hp. replace (Y a) with 0; [rewrite apow_zero; lra|]. pose proof (P a). nra.
Qed.

Theorem power_mean_below d law Q t rho s rho' : is_law law -> 0 < s <= t -> 0 <= rho -> moment_below d law Q t rho ->
  apow rho (s / t) <= rho' -> moment_below d law Q s rho'.
Proof.
  intros L H Hr M Hp e.
  assert (q : 0 < s / t <= 1).
  { split; [apply Rdiv_lt_0_compat; lra|]. apply Rmult_le_reg_r with t; [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra. }
  assert (E : forall x, apow x s = apow (apow x t) (s / t)).
  { intros x. rewrite apow_apow. f_equal. field. lra. }
  rewrite (expect_ext _ _ (fun A => apow (apow (norm (quad d Q) (apply_matrix d A e)) t) (s / t))) by (intros; apply E).
  eapply Rle_trans; [apply (mean_of_power law _ (s / t) L q); intros; apply apow_nonneg|].
  apply Rle_trans with (apow (rho * apow (norm (quad d Q) e) t) (s / t)).
  - apply apow_le; [|lra]. split; [apply expect_nonneg; [now apply law_weights|intros; apply apow_nonneg]|apply M].
  - rewrite apow_mult by (try easy; apply apow_nonneg). rewrite <- E. apply Rmult_le_compat_r; [apply apow_nonneg|exact Hp].
Qed.

Lemma power_of_mean {I} (law : list (R * I)) (Y : I -> R) q : is_law law -> 1 <= q -> (forall a, 0 <= Y a) ->
  apow (expect law Y) q <= expect law (fun a => apow (Y a) q).
Proof.
  intros L Hq P. assert (W := law_weights law L).
  destruct (expect_nonneg law Y W ltac:(intros; apply P)) as [H | Z].
  - set (c := expect law Y) in *.
    apply Rle_trans with (expect law (fun a => apow c q + q * apow c q / c * (Y a - c))).
    + rewrite expect_plus, expect_scal, expect_minus, !(expect_const law _ L). fold c. right. ring.
    + apply expect_le; [exact W|]. intros p a _. apply apow_base_tangent; [exact H|apply P|lra].
  - rewrite <- Z, apow_zero. apply expect_nonneg; [exact W|]. intros. apply apow_nonneg.
Qed.

Theorem power_mean_above d law Q t rho s rho' : is_law law -> 0 < t <= s -> 0 <= rho -> moment_above d law Q t rho ->
  rho' <= apow rho (s / t) -> moment_above d law Q s rho'.
Proof.
  intros L H Hr M Hp e.
  assert (q : 1 <= s / t).
  { apply Rmult_le_reg_r with t; [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra. }
  assert (E : forall x, apow x s = apow (apow x t) (s / t)).
  { intros x. rewrite apow_apow. f_equal. field. lra. }
  rewrite (expect_ext law (fun A => apow (norm (quad d Q) (apply_matrix d A e)) s)
    (fun A => apow (apow (norm (quad d Q) (apply_matrix d A e)) t) (s / t))) by (intros; apply E).
  eapply Rle_trans; [|apply (power_of_mean law _ (s / t) L q); intros; apply apow_nonneg].
  apply Rle_trans with (apow (rho * apow (norm (quad d Q) e) t) (s / t)).
  - rewrite apow_mult by (try easy; apply apow_nonneg). rewrite <- E. apply Rmult_le_compat_r; [apply apow_nonneg|exact Hp].
  - apply apow_le; [|lra]. split; [|apply M]. apply Rmult_le_pos; [easy|apply apow_nonneg].
Qed.

(** A larger set is hit more often. *)
Lemma hit_mono {A S : Type} (law : list (R * A)) (step : A -> S -> S) (size1 size2 : S -> R) (k1 k2 : R) :
  is_law law -> (forall s, k1 <= size1 s -> k2 <= size2 s) ->
  forall T s, hit law step size1 k1 T s <= hit law step size2 k2 T s.
Proof.
  intros L H. induction T as [|T IH]; intros s; simpl.
  - destruct (Rle_dec k1 (size1 s)) as [E | E], (Rle_dec k2 (size2 s)) as [E' | E']; try lra.
    exfalso. exact (E' (H s E)).
  - destruct (Rle_dec k1 (size1 s)) as [E | E], (Rle_dec k2 (size2 s)) as [E' | E']; try lra.
    + exfalso. exact (E' (H s E)).
    + rewrite <- (expect_const law 1 L). apply expect_le; [now apply law_weights|].
      intros p a _. apply (hit_bounds law step size1 k1 L T).
    + apply expect_le; [now apply law_weights|]. intros p a _. apply IH.
Qed.

(** The same event in another norm N, alpha N <= Q <= beta N. *)
Lemma other_norm d (law : list (R * matrix)) (Q N : matrix) (alpha beta K : R) :
  is_law law -> semidefinite d Q -> semidefinite d N -> 0 < alpha -> 0 < beta ->
  loewner d (fun i j => alpha * N i j) Q -> loewner d Q (fun i j => beta * N i j) -> 0 < K ->
  forall T e, reach_form d law (fun A => A) N K T e <= reach_form d law (fun A => A) Q (K * sqrt (alpha / beta)) T e.
Proof.
  intros L PQ PN Ha Hb LA LB HK T e.
  assert (A : forall f, alpha * quad d N f <= quad d Q f) by (intros f; rewrite <- quad_scal; apply LA).
  assert (B : forall f, quad d Q f <= beta * quad d N f) by (intros f; rewrite <- quad_scal; apply LB).
  apply (hit_mono law _ _ _ _ _ L). intros f Hf. unfold norm in *.
  apply Rle_trans with (sqrt alpha * sqrt (quad d N f)).
  - rewrite <- (sqrt_mult alpha) by (try lra; apply PN).
    apply Rle_trans with (K * sqrt (alpha * quad d N e)).
    + rewrite Rmult_assoc, <- sqrt_mult by (try apply PQ; apply Rlt_le; now apply Rdiv_lt_0_compat).
      apply Rmult_le_compat_l; [lra|]. apply sqrt_le_1_alt. specialize (B e).
      apply Rle_trans with (alpha / beta * (beta * quad d N e)).
      * apply Rmult_le_compat_l; [apply Rlt_le; now apply Rdiv_lt_0_compat|easy].
      * right. field. lra.
    + rewrite sqrt_mult by (try lra; apply PN). rewrite sqrt_mult by (try lra; apply PN).
      pose proof (sqrt_lt_R0 alpha Ha). nra.
  - rewrite <- sqrt_mult by (try lra; apply PN). apply sqrt_le_1_alt, A.
Qed.

(** V11 (a). [growth] is 1 if rho <= 1, else at least rho^T for the horizons of the claim. *)
Theorem product_spike_claim d (law : list (R * matrix)) (Q N : matrix) (s rho alpha beta K growth upper : R)
    (horizon : nat -> Prop) :
  is_law law -> semidefinite d Q -> semidefinite d N -> 0 < s -> moment_below d law Q s rho ->
  0 < alpha -> 0 < beta -> loewner d (fun i j => alpha * N i j) Q -> loewner d Q (fun i j => beta * N i j) ->
  0 < K -> (forall T, horizon T -> rho <= 1 /\ growth = 1 \/ 1 <= rho /\ rho ^ T <= growth) ->
  growth * apow (/ (K * sqrt (alpha / beta))) s <= upper ->
  forall T e, horizon T -> 0 < quad d N e -> reach_form d law (fun A => A) N K T e <= upper.
Proof.
  intros L PQ PN Hs M Ha Hb LA LB HK G Hu T e HT He.
  assert (HQ : 0 < quad d Q e) by (specialize (LA e); rewrite quad_scal in LA; nra).
  assert (HS : 0 < K * sqrt (alpha / beta)) by (apply Rmult_lt_0_compat; [easy|apply sqrt_lt_R0; now apply Rdiv_lt_0_compat]).
  eapply Rle_trans; [|exact Hu]. eapply Rle_trans; [now apply (other_norm d law Q N alpha beta K)|].
  pose proof (apow_nonneg (/ (K * sqrt (alpha / beta))) s) as P0.
  destruct (G T HT) as [[Hr ->] | [Hr Hg]].
  - rewrite Rmult_1_l.
    apply (spikes_above law (fun A => image d A) (quad d Q) (fun _ => True) L (fun _ _ _ _ => Logic.I) s rho);
      try easy; intros f _; apply M.
  - eapply Rle_trans; [|apply Rmult_le_compat_r; [exact P0|exact Hg]].
    apply (spikes_growing law (fun A => image d A) (quad d Q) (fun _ => True) L (fun _ _ _ _ => Logic.I) s rho);
      try easy; intros f _; apply M.
Qed.

(** V11 (d): no step increases |e|_Q, and K is beyond the constant. *)
Theorem no_product_spike d (law : list (R * matrix)) (Q N : matrix) (alpha beta K : R) :
  is_law law -> semidefinite d Q -> semidefinite d N ->
  List.Forall (fun a => loewner d (congruent d (snd a) Q) Q) law ->
  0 < alpha -> 0 < beta -> loewner d (fun i j => alpha * N i j) Q -> loewner d Q (fun i j => beta * N i j) ->
  0 < K -> beta < alpha * K ^ 2 ->
  forall T e, 0 < quad d N e -> reach_form d law (fun A => A) N K T e = 0.
Proof.
  intros L PQ PN F Ha Hb LA LB HK C T e He. rewrite List.Forall_forall in F.
  assert (HQ : 0 < quad d Q e) by (specialize (LA e); rewrite quad_scal in LA; nra).
  assert (one : 1 < K * sqrt (alpha / beta)).
  { rewrite <- (sqrt_pow2 K) at 1 by lra. rewrite <- sqrt_mult by (try nra; apply Rlt_le; now apply Rdiv_lt_0_compat).
    rewrite <- sqrt_1 at 1. apply sqrt_lt_1_alt. split; [lra|].
    apply Rmult_lt_reg_r with beta; [easy|]. replace (K ^ 2 * (alpha / beta) * beta) with (alpha * K ^ 2) by (field; lra). lra. }
  apply Rle_antisym; [|apply (hit_bounds law _ _ _ L)].
  eapply Rle_trans; [now apply (other_norm d law Q N alpha beta K)|]. right.
  apply (V2 d law (fun A => A) Q); [|exact one|exact HQ]. intros A [p I]. exact (F _ I).
Qed.

Lemma apow_at_zero r s : r = 0 -> apow r s = 0.
Proof. intros ->. apply apow_zero. Qed.

Lemma law_of_list {A} (law : list (R * A)) : List.Forall (fun d => 0 < fst d) law -> expect law (fun _ => 1) = 1 -> is_law law.
Proof. intros F S. split; [|exact S]. rewrite List.Forall_forall in F. intros p a I. exact (F _ I). Qed.

Lemma squares_list d M witness : List.Forall (fun c => 0 <= fst c) witness ->
  (forall i j, (i < d)%nat -> (j < d)%nat -> M i j = squares witness i j) -> semidefinite d M.
Proof. intros F. apply squares_semidefinite. rewrite List.Forall_forall in F. intros c l I. exact (F _ I). Qed.

Lemma loewner_list d M N witness : List.Forall (fun c => 0 <= fst c) witness ->
  (forall i j, (i < d)%nat -> (j < d)%nat -> N i j - M i j = squares witness i j) -> loewner d M N.
Proof. intros F. apply loewner_by_squares. rewrite List.Forall_forall in F. intros c l I. exact (F _ I). Qed.

Theorem stable_claim d (law : list (R * matrix)) (Q : matrix) : is_law law -> semidefinite d Q ->
  List.Forall (fun a => loewner d (congruent d (snd a) Q) Q) law ->
  forall T e word, List.Forall (drawn law) word -> length word = T ->
  quad d Q (run (apply_matrix d) word e) <= quad d Q e.
Proof.
  intros L P F T e word D _. rewrite List.Forall_forall in F. revert e. induction D as [|A word [p I] D IH]; intros e; simpl; [lra|].
  eapply Rle_trans; [apply IH|]. unfold apply_matrix. rewrite quad_image. exact (F _ I e).
Qed.

(** ** Tactics for matrices of at most four rows *)

(** Entries are compared one by one; the definitions of the file are unfolded. *)
Ltac by_entries :=
  intros i j Hi Hj;
  do 4 (destruct i as [|i]; [do 4 (destruct j as [|j]; [cbn; first [lra | field] | ]); exfalso; lia | ]);
  exfalso; lia.

Ltac unfold_matrices := unfold transfer, congruent, step_matrix, unit, rows, entries.
Ltac range_of Q := unfold Q, low, high, congruent, step_matrix, unit, rows, entries; by_entries.
Ltac chord_entries_of law Q :=
  unfold law, Q, chord_transfer, base, rise, congruent, step_matrix, unit, rows, entries; by_entries.
Ltac entries_of Q := unfold Q; unfold_matrices; by_entries.
Ltac entries_of_both P Q := unfold P, Q; unfold_matrices; by_entries.

(** X^(s/2) lies below the line, or above it. *)
Ltac is_line_above :=
  unfold line_above; split; [lra |
    first [right; repeat split; lra
          | left; split; [lra | rewrite apow_Rpower by lra; unfold Rpower; interval with (i_prec 120)]]].
Ltac is_line_below :=
  unfold line_below; split; [lra |
    first [right; repeat split; lra
          | left; split; [lra | first [rewrite apow_Rpower by lra; unfold Rpower; interval with (i_prec 120)
                                      | rewrite apow_at_zero by lra; lra]]]].

(** The chord against the power at an end of the range. *)
Ltac at_end := first [rewrite apow_at_zero by lra; lra | rewrite apow_Rpower by lra; unfold Rpower; interval with (i_prec 120)
  | rewrite apow_to_one by lra; lra ].
Ltac each_end := unfold low, high, base, rise; cbn [fst snd]; split; at_end.
