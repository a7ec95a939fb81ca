(** * Means over a law, and the two inequalities for hitting probabilities.

    Everything here is for walks on any set of states, so that it serves the linear walk,
    the network and the products alike.  *)

From Coq Require Import Reals List Lra.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions.
Open Scope R_scope.

Section Means.
Context {A : Type}.
Implicit Types (w : list (R * A)) (f g : A -> R).

(** Weights that are at least not negative: what survives when a law loses its head. *)
Definition weights w := forall p a, In (p, a) w -> 0 < p.

Lemma weights_tail p a w : weights ((p, a) :: w) -> weights w.
Proof. intros H q b Hin. apply (H q b). now right. Qed.

Lemma weights_head p a w : weights ((p, a) :: w) -> 0 < p.
Proof. intros H. apply (H p a). now left. Qed.

Lemma law_weights w : is_law w -> weights w.
Proof. now intros [H _]. Qed.

Lemma expect_ext w f g : (forall p a, In (p, a) w -> f a = g a) -> expect w f = expect w g.
Proof.
  induction w as [|[p a] w IH]; intros H; simpl; [reflexivity|].
  rewrite (H p a) by now left. rewrite IH; [reflexivity|].
  intros q b Hin. apply (H q b). now right.
Qed.

Lemma expect_plus w f g : expect w (fun a => f a + g a) = expect w f + expect w g.
Proof. induction w as [|[p a] w IH]; simpl; [|rewrite IH]; ring. Qed.

Lemma expect_scal w c f : expect w (fun a => c * f a) = c * expect w f.
Proof. induction w as [|[p a] w IH]; simpl; [|rewrite IH]; ring. Qed.

Lemma expect_minus w f g : expect w (fun a => f a - g a) = expect w f - expect w g.
Proof. induction w as [|[p a] w IH]; simpl; [|rewrite IH]; ring. Qed.

Lemma expect_zero w : expect w (fun _ => 0) = 0.
Proof. induction w as [|[p a] w IH]; simpl; [|rewrite IH]; ring. Qed.

Lemma expect_const w c : is_law w -> expect w (fun _ => c) = c.
Proof.
  intros [_ H]. transitivity (c * expect w (fun _ => 1)).
  - rewrite <- expect_scal. apply expect_ext. intros. ring.
  - rewrite H. ring.
Qed.

Lemma expect_le w f g : weights w ->
  (forall p a, In (p, a) w -> f a <= g a) -> expect w f <= expect w g.
Proof.
  induction w as [|[p a] w IH]; intros Hw H; simpl; [lra|].
  pose proof (weights_head _ _ _ Hw).
  apply Rplus_le_compat.
  - apply Rmult_le_compat_l; [lra|]. apply (H p a). now left.
  - apply IH; [now apply weights_tail in Hw|]. intros q b Hin. apply (H q b). now right.
Qed.

Lemma expect_lt w f g : weights w ->
  (forall p a, In (p, a) w -> f a <= g a) ->
  (exists p a, In (p, a) w /\ f a < g a) -> expect w f < expect w g.
Proof.
  induction w as [|[p a] w IH]; intros Hw H [q [b [Hin Hlt]]]; simpl; [easy|].
  pose proof (weights_head _ _ _ Hw) as Hp.
  assert (Hw' : weights w) by now apply weights_tail in Hw.
  assert (H' : forall p a, In (p, a) w -> f a <= g a).
  { intros q' b' Hin'. apply (H q' b'). now right. }
  destruct Hin as [E | Hin].
  - injection E as <- <-. apply Rplus_lt_le_compat.
    + now apply Rmult_lt_compat_l.
    + now apply expect_le.
  - apply Rplus_le_lt_compat.
    + apply Rmult_le_compat_l; [lra|]. apply (H p a). now left.
    + apply IH; eauto.
Qed.

Lemma expect_nonneg w f : weights w ->
  (forall p a, In (p, a) w -> 0 <= f a) -> 0 <= expect w f.
Proof. intros Hw H. rewrite <- (expect_zero w). now apply expect_le. Qed.

(** One term is at most the whole sum of terms that are not negative. *)
Lemma expect_term w f p a : weights w -> In (p, a) w ->
  (forall q b, In (q, b) w -> 0 <= f b) -> p * f a <= expect w f.
Proof.
  induction w as [|[q b] w IH]; intros Hw Hin H; simpl; [easy|].
  pose proof (weights_head _ _ _ Hw) as Hq.
  assert (Hw' : weights w) by now apply weights_tail in Hw.
  assert (H' : forall p a, In (p, a) w -> 0 <= f a).
  { intros q' b' Hin'. apply (H q' b'). now right. }
  destruct Hin as [E | Hin].
  - injection E as <- <-. pose proof (expect_nonneg w f Hw' H'). lra.
  - specialize (IH Hw' Hin H').
    assert (0 <= f b) by (apply (H q b); now left). nra.
Qed.

(** The derivative of a mean is the mean of the derivatives. *)
Lemma expect_derive w (f : A -> R -> R) (f' : A -> R) y :
  (forall p a, In (p, a) w -> is_derive (f a) y (f' a)) ->
  is_derive (fun z => expect w (fun a => f a z)) y (expect w f').
Proof.
  induction w as [|[p a] w IH]; intros H; simpl.
  - apply @is_derive_const.
  - apply @is_derive_plus.
    + apply is_derive_scal. apply (H p a). now left.
    + apply IH. intros q b Hin. apply (H q b). now right.
Qed.

End Means.

Section Walks.
Context {A S : Type}.
Variables (w : list (R * A)) (step : A -> S -> S) (size : S -> R) (level : R).
Hypothesis law : is_law w.

Notation hit := (hit w step size level).

Lemma hit_reached T s : level <= size s -> hit T s = 1.
Proof. intros H. destruct T; simpl; now destruct (Rle_dec level (size s)). Qed.

Lemma hit_start s : size s < level -> hit 0 s = 0.
Proof. intros H. simpl. destruct (Rle_dec level (size s)); [lra|reflexivity]. Qed.

Lemma hit_step T s : size s < level ->
  hit (Datatypes.S T) s = expect w (fun a => hit T (step a s)).
Proof. intros H. simpl. destruct (Rle_dec level (size s)); [lra|reflexivity]. Qed.

Lemma hit_bounds T : forall s, 0 <= hit T s <= 1.
Proof.
  induction T as [|T IH]; intros s;
    (destruct (Rle_lt_dec level (size s)) as [H | H]; [rewrite hit_reached by easy; lra|]).
  - rewrite hit_start by easy. lra.
  - rewrite hit_step by easy. split.
    + apply expect_nonneg; [now apply law_weights|]. intros. apply IH.
    + rewrite <- (expect_const w 1 law). apply expect_le; [now apply law_weights|].
      intros. apply IH.
Qed.

(** A longer horizon reaches more. *)
Lemma hit_increasing T : forall s, hit T s <= hit (Datatypes.S T) s.
Proof.
  induction T as [|T IH]; intros s;
    (destruct (Rle_lt_dec level (size s)) as [H | H];
      [rewrite !hit_reached by easy; lra|]).
  - rewrite hit_start by easy. apply hit_bounds.
  - rewrite !hit_step by easy. apply expect_le; [now apply law_weights|]. intros. apply IH.
Qed.

(** The maximal inequality.  [inv] is kept by every step from a state below the level; there
    [h] does not grow on average, and it is at least 1 where the level is reached. *)
Theorem hit_le_supermartingale (inv : S -> Prop) (h : S -> R) :
  (forall s, inv s -> 0 <= h s) ->
  (forall s, inv s -> level <= size s -> 1 <= h s) ->
  (forall s, inv s -> size s < level -> forall p a, In (p, a) w -> inv (step a s)) ->
  (forall s, inv s -> size s < level -> expect w (fun a => h (step a s)) <= h s) ->
  forall T s, inv s -> hit T s <= h s.
Proof.
  intros Hpos Hone Hinv Hmean T.
  induction T as [|T IH]; intros s Hs;
    (destruct (Rle_lt_dec level (size s)) as [H | H];
      [rewrite hit_reached by easy; now apply Hone|]).
  - rewrite hit_start by easy. now apply Hpos.
  - rewrite hit_step by easy. apply Rle_trans with (2 := Hmean s Hs H).
    apply expect_le; [now apply law_weights|].
    intros p a Hin. apply IH. now apply (Hinv s Hs H p).
Qed.

(** The mean of h (s_T) over the paths that have not reached the level by time T. *)
Fixpoint alive (h : S -> R) (T : nat) (s : S) : R :=
  if Rle_dec level (size s) then 0
  else match T with
       | O => h s
       | Datatypes.S T' => expect w (fun a => alive h T' (step a s))
       end.

Lemma alive_reached h T s : level <= size s -> alive h T s = 0.
Proof. intros H. destruct T; simpl; now destruct (Rle_dec level (size s)). Qed.

Lemma alive_start h s : size s < level -> alive h 0 s = h s.
Proof. intros H. simpl. destruct (Rle_dec level (size s)); [lra|reflexivity]. Qed.

Lemma alive_step h T s : size s < level ->
  alive h (Datatypes.S T) s = expect w (fun a => alive h T (step a s)).
Proof. intros H. simpl. destruct (Rle_dec level (size s)); [lra|reflexivity]. Qed.

(** The other direction: if [h] does not fall on average and is at most 1 where the level is
    first reached, then what has been reached and what is still alive carry h between them. *)
Theorem hit_ge_submartingale (inv : S -> Prop) (h : S -> R) :
  (forall s, inv s -> level <= size s -> h s <= 1) ->
  (forall s, inv s -> size s < level -> forall p a, In (p, a) w -> inv (step a s)) ->
  (forall s, inv s -> size s < level -> h s <= expect w (fun a => h (step a s))) ->
  forall T s, inv s -> h s <= hit T s + alive h T s.
Proof.
  intros Hone Hinv Hmean T.
  induction T as [|T IH]; intros s Hs;
    (destruct (Rle_lt_dec level (size s)) as [H | H];
      [rewrite hit_reached, alive_reached by easy; pose proof (Hone s Hs H); lra|]).
  - rewrite hit_start, alive_start by easy. lra.
  - rewrite hit_step, alive_step by easy. apply Rle_trans with (1 := Hmean s Hs H).
    rewrite <- expect_plus. apply expect_le; [now apply law_weights|].
    intros p a Hin. apply IH. now apply (Hinv s Hs H p).
Qed.

(** What is alive and is not counted with h counts with 1. *)
Lemma hit_plus_alive_one T : forall s, hit T s + alive (fun _ => 1) T s = 1.
Proof.
  induction T as [|T IH]; intros s;
    (destruct (Rle_lt_dec level (size s)) as [H | H];
      [rewrite hit_reached, alive_reached by easy; lra|]).
  - rewrite hit_start, alive_start by easy. lra.
  - rewrite hit_step, alive_step by easy. rewrite <- expect_plus.
    rewrite (expect_ext _ _ (fun _ => 1)) by (intros; apply IH). now apply expect_const.
Qed.

(** If the mean of g shrinks by the factor m in each step below the level, and h <= c g there,
    then what is alive is at most c m^T g. *)
Theorem alive_le_geometric (inv : S -> Prop) (h g : S -> R) (c m : R) :
  0 <= c -> 0 <= m ->
  (forall s, inv s -> 0 <= g s) ->
  (forall s, inv s -> size s < level -> h s <= c * g s) ->
  (forall s, inv s -> size s < level -> forall p a, In (p, a) w -> inv (step a s)) ->
  (forall s, inv s -> size s < level -> expect w (fun a => g (step a s)) <= m * g s) ->
  forall T s, inv s -> alive h T s <= c * m ^ T * g s.
Proof.
  intros Hc Hm Hg Hle Hinv Hmean T.
  induction T as [|T IH]; intros s Hs;
    (destruct (Rle_lt_dec level (size s)) as [H | H];
      [rewrite alive_reached by easy;
       apply Rmult_le_pos; [apply Rmult_le_pos; [easy|now apply pow_le]|now apply Hg]|]).
  - rewrite alive_start by easy. simpl. rewrite Rmult_1_r. now apply Hle.
  - rewrite alive_step by easy.
    apply Rle_trans with (expect w (fun a => c * m ^ T * g (step a s))).
    + apply expect_le; [now apply law_weights|]. intros p a Hin. apply IH.
      now apply (Hinv s Hs H p).
    + rewrite expect_scal.
      replace (c * m ^ Datatypes.S T * g s) with (c * m ^ T * (m * g s)) by (simpl; ring).
      apply Rmult_le_compat_l; [apply Rmult_le_pos; [easy|now apply pow_le]|].
      now apply Hmean.
Qed.

End Walks.

(** The largest factor of the law bounds what one step does. *)
Lemma Rabs_linear_step lam x mu : Rabs (linear_step lam x mu) = factor lam x * Rabs mu.
Proof. unfold linear_step, factor. apply Rabs_mult. Qed.
