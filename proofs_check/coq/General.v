(** Spike probabilities of a finite random map system, and what a super- or submartingale says of them.

    A system has states [X], samples [I] drawn independently from a finite law (a list of weights and samples)
    and one map [step i] for each sample. [hit law step size level T x] is the probability that the size of the state reaches a
    level within [T] steps from [x], by recursion over [T]; no measure theory is needed. Lundberg's bound for
    the linear walk, the width theorem and the bounds for products of matrices are instances. *)

From Coq Require Import Reals List Lra.
From Catalysis Require Import Definitions.
Import ListNotations.
Open Scope R_scope.

(** * Means under a finite law *)

Section Means.
Context {I : Type}.

(** Weights that are not negative. *)
Definition weights (law : list (R * I)) : Prop := forall p i, In (p, i) law -> 0 <= p.

(** Weights with the sum 1. *)
Definition total (law : list (R * I)) : Prop := expect law (fun _ => 1) = 1.

Lemma law_weights law : is_law law -> weights law.
Proof. intros [H _] p i Hi. apply Rlt_le. exact (H p i Hi). Qed.

Lemma law_total law : is_law law -> total law.
Proof. intros [_ H]. exact H. Qed.

(** [i] is drawn: it is listed with some weight. *)
Definition drawn (law : list (R * I)) (i : I) : Prop := exists p, In (p, i) law.

Lemma weights_tail p i law : weights ((p, i) :: law) -> weights law.
Proof. intros H q j Hj. apply (H q j). now right. Qed.

Lemma drawn_tail p i law j : drawn law j -> drawn ((p, i) :: law) j.
Proof. intros [q Hq]. exists q. now right. Qed.

Lemma drawn_head p i law : drawn ((p, i) :: law) i.
Proof. exists p. now left. Qed.

Lemma expect_le (law : list (R * I)) f g :
  weights law -> (forall i, drawn law i -> f i <= g i) -> expect law f <= expect law g.
Proof.
  induction law as [|[p i] law IH]; intros W H; simpl; [lra|].
  apply Rplus_le_compat.
  - apply Rmult_le_compat_l; [apply (W p i); now left | apply H, drawn_head].
  - apply IH; [now apply weights_tail in W | intros j Hj; now apply H, drawn_tail].
Qed.

Lemma expect_ext (law : list (R * I)) f g : (forall i, drawn law i -> f i = g i) -> expect law f = expect law g.
Proof.
  induction law as [|[p i] law IH]; intros H; simpl; [reflexivity|].
  rewrite (H i (drawn_head p i law)), IH; [reflexivity|].
  intros j Hj. now apply H, drawn_tail.
Qed.

Lemma expect_scal (law : list (R * I)) c f : expect law (fun i => c * f i) = c * expect law f.
Proof. induction law as [|[p i] law IH]; simpl; [|rewrite IH]; ring. Qed.

Lemma expect_plus (law : list (R * I)) f g : expect law (fun i => f i + g i) = expect law f + expect law g.
Proof. induction law as [|[p i] law IH]; simpl; [|rewrite IH]; ring. Qed.

Lemma expect_const (law : list (R * I)) c : total law -> expect law (fun _ => c) = c.
Proof.
  intros T. rewrite (expect_ext law _ (fun i => c * 1)) by (intros; ring).
  rewrite expect_scal. unfold total in T. rewrite T. ring.
Qed.

Lemma expect_nonneg (law : list (R * I)) f : weights law -> (forall i, drawn law i -> 0 <= f i) -> 0 <= expect law f.
Proof.
  intros W H. assert (Z : expect law (fun i => 0 * f i) = 0 * expect law f) by apply expect_scal.
  assert (expect law (fun i => 0 * f i) <= expect law f); [|lra].
  apply expect_le; [exact W | intros i Hi; specialize (H i Hi); lra].
Qed.

(** A mean of non-negative numbers that is not positive: every number with a positive weight is 0. *)
Lemma expect_zero (law : list (R * I)) f p i :
  weights law -> (forall i, drawn law i -> 0 <= f i) -> expect law f <= 0 ->
  In (p, i) law -> 0 < p -> f i = 0.
Proof.
  induction law as [|[q j] law IH]; intros W H M Hin Hp; [contradiction|].
  simpl in M.
  assert (A : 0 <= q * f j) by (apply Rmult_le_pos; [apply (W q j); now left | apply H, drawn_head]).
  assert (B : 0 <= expect law f).
  { apply expect_nonneg; [now apply weights_tail in W | intros k Hk; now apply H, drawn_tail]. }
  destruct Hin as [E|Hin].
  - injection E as -> ->. assert (Z : p * f i = 0) by lra.
    apply Rmult_integral in Z. destruct Z; [lra | assumption].
  - apply IH; try assumption; [now apply weights_tail in W | intros k Hk; now apply H, drawn_tail | lra].
Qed.

End Means.

(** * The spike probability *)

Section System.
Context {X I : Type}.
Variable law : list (R * I).
Variable step : I -> X -> X.
Variable size : X -> R.
Variable level : R.

(** The mean of [V] after [T] steps on the paths whose size has not reached [level]. *)
Fixpoint alive (V : X -> R) (T : nat) (x : X) : R :=
  if Rle_dec level (size x) then 0 else
  match T with
  | O => V x
  | S t => expect law (fun i => alive V t (step i x))
  end.

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
  apply expect_ext. intros i _. apply IH. intros w. apply H.
Qed.

Lemma over_words_const T c : total law -> over_words T (fun _ => c) = c.
Proof.
  intros H. induction T as [|T IH]; simpl; [reflexivity|].
  rewrite (expect_ext _ _ (fun _ => c)) by (intros; exact IH). now apply expect_const.
Qed.

(** The recursion is the probability it is called: the weight of all words of length [T] whose path spikes. *)
Theorem hit_over_words : total law -> forall T x, hit law step size level T x = over_words T (fun word => spikes word x).
Proof.
  intros H T. induction T as [|T IH]; intros x; simpl.
  - now destruct (Rle_dec level (size x)).
  - destruct (Rle_dec level (size x)) as [Y|N].
    + symmetry. transitivity (over_words (S T) (fun _ => 1)); [reflexivity | now apply over_words_const].
    + apply expect_ext. intros i _. apply IH.
Qed.

(** A path spikes exactly if its size is at least [level] after one of its beginnings. *)
Theorem spikes_iff word : forall x,
  spikes word x = 1 <-> exists beginning rest, word = beginning ++ rest /\ level <= size (run beginning x).
Proof.
  induction word as [|i word IH]; intros x; simpl; destruct (Rle_dec level (size x)) as [Y|N].
  - split; [intros _; now exists [], [] | reflexivity].
  - split; [lra|]. intros (b & r & E & L). symmetry in E. apply app_eq_nil in E. destruct E as [-> ->]. contradiction.
  - split; [intros _; now exists [], (i :: word) | reflexivity].
  - rewrite IH. split.
    + intros (b & r & -> & L). now exists (i :: b), r.
    + intros ([|j b] & r & E & L); [contradiction|]. simpl in E. injection E as <- ->. now exists b, r.
Qed.

Lemma spikes_01 word : forall x, spikes word x = 0 \/ spikes word x = 1.
Proof. induction word as [|i word IH]; intros x; simpl; destruct (Rle_dec level (size x)); auto. Qed.

Lemma hit_bounds : weights law -> total law -> forall T x, 0 <= hit law step size level T x <= 1.
Proof.
  intros W H T. induction T as [|T IH]; intros x; simpl; destruct (Rle_dec level (size x)); try lra.
  split.
  - apply expect_nonneg; [exact W | intros; apply IH].
  - rewrite <- (expect_const law 1 H). apply expect_le; [exact W | intros; apply IH].
Qed.

(** ** Maximal inequalities

    [inside] is a set that no step leaves; on it [V] is a super- or submartingale as long as the level is not reached. *)

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
  - specialize (V0 x Hx). specialize (VC x Hx). destruct (Rle_dec level (size x)) as [Y|N]; [specialize (VC Y)|]; lra.
  - assert (P : 1 <= rho ^ S T) by now apply pow_R1_Rle. simpl in P.
    pose proof (V0 x Hx) as V0x. destruct (Rle_dec level (size x)) as [Y|N].
    + specialize (VC x Hx Y). assert (1 * V x <= rho * rho ^ T * V x) by now apply Rmult_le_compat_r. lra.
    + rewrite <- expect_scal. eapply Rle_trans.
      * apply expect_le; [exact W|]. intros i Hi. apply IH. now apply stays.
      * rewrite expect_scal. assert (Q : 0 <= rho ^ T) by (apply pow_le; lra).
        replace (rho * rho ^ T * V x) with (rho ^ T * (rho * V x)) by ring.
        apply Rmult_le_compat_l; [exact Q|]. apply Vstep; [exact Hx | lra].
Qed.

(** Ville's maximal inequality for a non-negative supermartingale, for every horizon. *)
Theorem maximal_inequality (V : X -> R) (C : R) :
  (forall x, inside x -> 0 <= V x) ->
  (forall x, inside x -> level <= size x -> C <= V x) ->
  (forall x, inside x -> size x < level -> expect law (fun i => V (step i x)) <= V x) ->
  forall T x, inside x -> C * hit law step size level T x <= V x.
Proof.
  intros V0 VC Vstep T x Hx.
  replace (V x) with (1 ^ T * V x) by (rewrite pow1; ring).
  apply maximal_inequality_growing; try assumption; [lra|].
  intros y Hy L. rewrite Rmult_1_l. now apply Vstep.
Qed.

(** From below: a submartingale that is at most [C] when the level is reached. *)
Theorem submartingale_bound (V : X -> R) (C : R) :
  (forall i x, inside x -> size x < level -> drawn law i -> level <= size (step i x) -> V (step i x) <= C) ->
  (forall x, inside x -> size x < level -> V x <= expect law (fun i => V (step i x))) ->
  forall T x, inside x -> size x < level -> V x <= C * hit law step size level T x + alive V T x.
Proof.
  intros VC Vstep.
  assert (K : forall T x, inside x -> (level <= size x -> V x <= C) -> V x <= C * hit law step size level T x + alive V T x).
  { intros T. induction T as [|T IH]; intros x Hx HC; simpl; destruct (Rle_dec level (size x)) as [Y|N];
      try (specialize (HC Y)); try lra.
    rewrite <- expect_scal, <- expect_plus. eapply Rle_trans; [apply Vstep; [exact Hx | lra]|].
    apply expect_le; [exact W|]. intros i Hi. apply IH; [now apply stays|].
    intros Y. apply (VC i x); try assumption. lra. }
  intros T x Hx L. apply K; [exact Hx | lra].
Qed.

(** If no step from below reaches the level, there is no spike at all. *)
Theorem no_spike :
  (forall i x, inside x -> size x < level -> drawn law i -> size (step i x) < level) ->
  forall T x, inside x -> size x < level -> hit law step size level T x = 0.
Proof.
  intros H T. induction T as [|T IH]; intros x Hx L; simpl; destruct (Rle_dec level (size x)); try lra.
  rewrite (expect_ext _ _ (fun i => 0 * 0)); [rewrite expect_scal; ring|].
  intros i Hi. rewrite IH; [ring | now apply stays | now apply H].
Qed.

End System.

(** * Two systems, one probability

    [phi] maps the states and [sigma] the samples of one system to those of another; the steps and the sizes agree.
    This carries bounds for the reduced map over to networks of every width. *)

Definition relabel {I J : Type} (sigma : I -> J) (law : list (R * I)) : list (R * J) :=
  map (fun pi => (fst pi, sigma (snd pi))) law.

Lemma expect_relabel {I J} (sigma : I -> J) law f : expect (relabel sigma law) f = expect law (fun i => f (sigma i)).
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
  rewrite expect_relabel. apply expect_ext. intros i Hi. rewrite <- commutes by assumption.
  apply IH. now apply stays.
Qed.
