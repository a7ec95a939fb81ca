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

(** E |e_T|_Q^s <= rho^T |e_0|_Q^s for every T and every start. The samples carry slope and offset of V3. *)
Theorem moment_claim d (law : list (R * (matrix * (R * R)))) (Q : matrix) (s rho : R) :
  is_law law -> semidefinite d Q -> 0 < s <= 2 -> 0 <= rho ->
  List.Forall (fun a => line_above (s / 2) (fst (snd (snd a))) (snd (snd (snd a)))) law ->
  loewner d (transfer d law fst Q (fun a => fst (snd a))) (fun i j => (rho - expect law (fun a => snd (snd a))) * Q i j) ->
  forall T e, over_words law T (fun word => apow (norm (quad d Q) (run (fun a => apply_matrix d (fst a)) word e)) s)
    <= rho ^ T * apow (norm (quad d Q) e) s.
Proof.
  intros L P Hs Hr F H T e. rewrite List.Forall_forall in F.
  apply (moments_over_words law (fun a => apply_matrix d (fst a)) (quad d Q) (fun _ => True) L); try easy; try lra.
  intros f _. apply (V3 d law fst Q L P s rho (fun a => fst (snd a)) (fun a => snd (snd a))); try easy.
  intros a [p I]. exact (F _ I).
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

(** V11 (a) in another norm N, alpha N <= Q <= beta N. *)
Theorem product_spike_claim d (law : list (R * (matrix * (R * R)))) (Q N : matrix) (s rho alpha beta K upper : R) :
  is_law law -> semidefinite d Q -> semidefinite d N -> 0 < s <= 2 -> rho <= 1 ->
  List.Forall (fun a => line_above (s / 2) (fst (snd (snd a))) (snd (snd (snd a)))) law ->
  loewner d (transfer d law fst Q (fun a => fst (snd a))) (fun i j => (rho - expect law (fun a => snd (snd a))) * Q i j) ->
  0 < alpha -> 0 < beta -> loewner d (fun i j => alpha * N i j) Q -> loewner d Q (fun i j => beta * N i j) ->
  0 < K -> apow (/ (K * sqrt (alpha / beta))) s <= upper ->
  forall T e, 0 < quad d N e -> reach_form d law fst N K T e <= upper.
Proof.
  intros L PQ PN Hs Hr F H Ha Hb LA LB HK Hu T e He. rewrite List.Forall_forall in F.
  assert (A : forall f, alpha * quad d N f <= quad d Q f) by (intros f; rewrite <- quad_scal; apply LA).
  assert (B : forall f, quad d Q f <= beta * quad d N f) by (intros f; rewrite <- quad_scal; apply LB).
  assert (HQ : 0 < quad d Q e) by (specialize (A e); nra).
  assert (HS : 0 < sqrt (alpha / beta)) by (apply sqrt_lt_R0; now apply Rdiv_lt_0_compat).
  eapply Rle_trans; [|exact Hu].
  eapply Rle_trans; [|apply (V11_upper d law fst Q L PQ s rho (fun a => fst (snd a)) (fun a => snd (snd a))
    (K * sqrt (alpha / beta)) T e); try easy].
  - apply (hit_mono law _ _ _ _ _ L). intros f Hf. unfold norm in *.
    apply Rle_trans with (sqrt alpha * sqrt (quad d N f)).
    + rewrite <- (sqrt_mult alpha) by (try lra; apply PN).
      apply Rle_trans with (K * sqrt (alpha * quad d N e)).
      * rewrite Rmult_assoc, <- sqrt_mult by (try apply PQ; apply Rlt_le; now apply Rdiv_lt_0_compat).
        apply Rmult_le_compat_l; [lra|]. apply sqrt_le_1_alt. specialize (B e).
        apply Rle_trans with (alpha / beta * (beta * quad d N e)).
        -- apply Rmult_le_compat_l; [apply Rlt_le; now apply Rdiv_lt_0_compat|easy].
        -- right. field. lra.
      * rewrite sqrt_mult by (try lra; apply PN). rewrite sqrt_mult by (try lra; apply PN).
        pose proof (sqrt_lt_R0 alpha Ha). nra.
    + rewrite <- sqrt_mult by (try lra; apply PN). apply sqrt_le_1_alt, A.
  - intros a [p I]. exact (F _ I).
  - now apply Rmult_lt_0_compat.
Qed.

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
Ltac entries_of Q := unfold Q; unfold_matrices; by_entries.
Ltac entries_of_both P Q := unfold P, Q; unfold_matrices; by_entries.

(** X^(s/2) lies below the line. *)
Ltac is_line_above :=
  unfold line_above; split; [lra |
    first [right; repeat split; lra
          | left; split; [lra | rewrite apow_Rpower by lra; unfold Rpower; interval with (i_prec 120)]]].
