(** Spike probabilities of any random map system, beyond Law.v: what they are, and two more ways to bound them.

    A system has states [X], samples [I] drawn independently from a finite law and one map [step i] for each sample.
    [hit law step size level T x] is defined by recursion over the horizon. Here it is shown to be the weight of the
    words of [T] samples whose path reaches the level; and probabilities are carried from one system to another. *)

From Coq Require Import Reals List Lra.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions Law.
Import ListNotations.
Open Scope R_scope.

(** [i] is drawn: it is listed in the law. *)
Definition drawn {I : Type} (law : list (R * I)) (i : I) : Prop := exists p, In (p, i) law.

Lemma in_drawn {I : Type} (law : list (R * I)) p i : In (p, i) law -> drawn law i.
Proof. intros H. now exists p. Qed.

(** A mean of numbers >= 0 that is not positive: all of them are 0. *)
Lemma expect_null {I : Type} (law : list (R * I)) f p i :
  weights law -> (forall q j, In (q, j) law -> 0 <= f j) -> expect law f <= 0 -> In (p, i) law -> f i = 0.
Proof.
  intros W H M Hin. pose proof (expect_term law f p i W Hin H) as T. pose proof (W p i Hin) as P.
  pose proof (H p i Hin) as [F|F]; [|now rewrite F].
  pose proof (Rmult_lt_0_compat _ _ P F). lra.
Qed.

Section System.
Context {X I : Type}.
Variable law : list (R * I).
Variable step : I -> X -> X.
Variable size : X -> R.
Variable level : R.

(** Whether a path reaches the level: the path through the samples of a word. *)
Fixpoint spikes (word : list I) (x : X) : R :=
  if Rle_dec level (size x) then 1 else
  match word with
  | [] => 0
  | i :: rest => spikes rest (step i x)
  end.

(** The state after the samples of a word. *)
Fixpoint run (word : list I) (x : X) : X :=
  match word with
  | [] => x
  | i :: rest => run rest (step i x)
  end.

(** The mean over all words of [T] independent samples. *)
Fixpoint over_words (T : nat) (f : list I -> R) : R :=
  match T with
  | O => f []
  | S t => expect law (fun i => over_words t (fun word => f (i :: word)))
  end.

Lemma over_words_ext T : forall f g, (forall w, f w = g w) -> over_words T f = over_words T g.
Proof.
  induction T as [|T IH]; intros f g H; simpl; [apply H|].
  apply expect_ext. intros p i _. apply IH. intros w. apply H.
Qed.

Lemma over_words_const T c : is_law law -> over_words T (fun _ => c) = c.
Proof.
  intros H. induction T as [|T IH]; simpl; [reflexivity|].
  rewrite (expect_ext _ _ (fun _ => c)) by (intros; apply IH). now apply expect_const.
Qed.

(** The recursion is the probability it is called: the weight of all words of length [T] whose path spikes. *)
Theorem hit_over_words : is_law law -> forall T x, hit law step size level T x =
  over_words T (fun word => spikes word x).
Proof.
  intros H T. induction T as [|T IH]; intros x; simpl.
  - now destruct (Rle_dec level (size x)).
  - destruct (Rle_dec level (size x)) as [Y|N].
    + symmetry. transitivity (over_words (S T) (fun _ => 1)); [reflexivity | now apply over_words_const].
    + apply expect_ext. intros p i _. apply IH.
Qed.

(** A path spikes exactly if its size is at least [level] after one of its beginnings. *)
Theorem spikes_iff word : forall x,
  spikes word x = 1 <-> exists beginning rest, word = beginning ++ rest /\ level <= size (run beginning x).
Proof.
  induction word as [|i word IH]; intros x; simpl; destruct (Rle_dec level (size x)) as [Y|N].
  - split; [intros _; now exists [], [] | reflexivity].
  - split; [lra|]. intros (b & r & E & L). symmetry in E. apply app_eq_nil in E. destruct E as [-> ->].
    contradiction.
  - split; [intros _; now exists [], (i :: word) | reflexivity].
  - rewrite IH. split.
    + intros (b & r & -> & L). now exists (i :: b), r.
    + intros ([|j b] & r & E & L); [contradiction|]. simpl in E. injection E as <- ->. now exists b, r.
Qed.

Lemma spikes_01 word : forall x, spikes word x = 0 \/ spikes word x = 1.
Proof. induction word as [|i word IH]; intros x; simpl; destruct (Rle_dec level (size x)); auto. Qed.

(** ** A maximal inequality for functions that may grow

    [inside] is a set that no step leaves. *)

Variable inside : X -> Prop.
Hypothesis stays : forall i x, drawn law i -> inside x -> inside (step i x).
Hypothesis W : weights law.

(** If [V >= 0], [V >= C] where the size is at least [level], and [E V(step x) <= rho V(x)] before with [rho >= 1],
    then [C P(spike within T steps) <= rho^T V]. *)
Theorem maximal_inequality_growing (V : X -> R) (C rho : R) :
  1 <= rho ->
  (forall x, inside x -> 0 <= V x) ->
  (forall x, inside x -> level <= size x -> C <= V x) ->
  (forall x, inside x -> size x < level -> expect law (fun i => V (step i x)) <= rho * V x) ->
  forall T x, inside x -> C * hit law step size level T x <= rho ^ T * V x.
Proof.
  intros Hrho V0 VC Vstep T. induction T as [|T IH]; intros x Hx; simpl.
  - specialize (V0 x Hx). specialize (VC x Hx). destruct (Rle_dec level (size x)) as [Y|N];
    [specialize (VC Y)|]; lra.
  - assert (P : 1 <= rho ^ S T) by now apply pow_R1_Rle. simpl in P.
    pose proof (V0 x Hx) as V0x. destruct (Rle_dec level (size x)) as [Y|N].
    + specialize (VC x Hx Y). assert (1 * V x <= rho * rho ^ T * V x) by now apply Rmult_le_compat_r. lra.
    + rewrite <- expect_scal. eapply Rle_trans.
      * apply expect_le; [exact W|]. intros p i Hi. apply IH. apply stays; [now exists p | exact Hx].
      * rewrite expect_scal. assert (Q : 0 <= rho ^ T) by (apply pow_le; lra).
        replace (rho * rho ^ T * V x) with (rho ^ T * (rho * V x)) by ring.
        apply Rmult_le_compat_l; [exact Q|]. apply Vstep; [exact Hx | lra].
Qed.

(** If no step from below reaches the level, there is no spike at all. *)
Theorem no_spike :
  (forall i x, inside x -> size x < level -> drawn law i -> size (step i x) < level) ->
  forall T x, inside x -> size x < level -> hit law step size level T x = 0.
Proof.
  intros H T. induction T as [|T IH]; intros x Hx L; simpl; destruct (Rle_dec level (size x)); try lra.
  rewrite (expect_ext _ _ (fun _ => 0)); [apply expect_zero|].
  intros p i Hi. apply in_drawn in Hi. apply IH; [now apply stays | now apply H].
Qed.

End System.

(** * The limit over the horizon: the probability that the level is ever reached *)

Section Ever.
Context {X I : Type}.
Variable law : list (R * I).
Variable step : I -> X -> X.
Variable size : X -> R.
Variable level : R.
Hypothesis is_a_law : is_law law.

Definition hit_ever (x : X) : R := real (Lim_seq (fun T => hit law step size level T x)).

Theorem hit_ever_is_limit x : is_lim_seq (fun T => hit law step size level T x) (hit_ever x).
Proof.
  apply (Lim_seq_correct' (fun T => hit law step size level T x)). apply (ex_finite_lim_seq_incr _ 1).
  - intros T. now apply hit_increasing.
  - intros T. now apply hit_bounds.
Qed.

Theorem hit_ever_le x b : (forall T, hit law step size level T x <= b) -> hit_ever x <= b.
Proof.
  intros H. apply (is_lim_seq_le (fun T => hit law step size level T x) (fun _ => b) (hit_ever x) b).
  - exact H.
  - apply hit_ever_is_limit.
  - apply is_lim_seq_const.
Qed.

(** A lower bound with a remainder that shrinks geometrically holds without it in the limit. *)
Theorem hit_ever_ge x b c m : 0 <= m < 1 -> (forall T, b - m ^ T * c <= hit law step size level T x) -> b <=
  hit_ever x.
Proof.
  intros Hm H. apply (is_lim_seq_le (fun T => b - m ^ T * c) (fun T => hit law step size level T x) b (hit_ever x)).
  - exact H.
  - replace (Finite b) with (Finite (b - 0 * c)) by (f_equal; ring).
    apply is_lim_seq_minus'; [apply is_lim_seq_const|]. apply is_lim_seq_mult'; [|apply is_lim_seq_const].
    apply is_lim_seq_geom. rewrite Rabs_pos_eq; lra.
  - apply hit_ever_is_limit.
Qed.

End Ever.

(** * Two systems, one probability

    [phi] maps the states and [sigma] the samples of one system to those of another; the steps and the sizes agree.
    This carries bounds for the reduced map over to networks of every width. *)

Definition relabel {I J : Type} (sigma : I -> J) (law : list (R * I)) : list (R * J) :=
  map (fun pi => (fst pi, sigma (snd pi))) law.

Lemma expect_relabel {I J} (sigma : I -> J) law f : expect (relabel sigma law) f =
  expect law (fun i => f (sigma i)).
Proof. induction law as [|[p i] law IH]; simpl; [reflexivity | now rewrite IH]. Qed.

Theorem hit_image {X Y I J} (law : list (R * I)) (phi : X -> Y) (sigma : I -> J)
    (step : I -> X -> X) (size : X -> R) (step' : J -> Y -> Y) (size' : Y -> R) (level : R) (inside : X -> Prop) :
  (forall i x, drawn law i -> inside x -> inside (step i x)) ->
  (forall x, inside x -> size x = size' (phi x)) ->
  (forall i x, drawn law i -> inside x -> phi (step i x) = step' (sigma i) (phi x)) ->
  forall T x, inside x ->
  hit law step size level T x = hit (relabel sigma law) step' size' level T (phi x).
Proof.
  intros stays same commutes T. induction T as [|T IH]; intros x Hx; simpl; rewrite (same x Hx);
    destruct (Rle_dec level (size' (phi x))); try reflexivity.
  rewrite expect_relabel. apply expect_ext. intros p i Hi. apply in_drawn in Hi. rewrite <- commutes by assumption.
  apply IH. now apply stays.
Qed.
