(** * Complete lists of sign regions, gap by gap: what the files written by `proofs-check --coq` state and use.

    [sign_regions w s a b zeros]: from a to b the drift has the listed zeros and no others, its sign (off the poles) is s
    before the first one, and after each zero it is the one that the way through zero says. *)

From Coq Require Import Reals List Lra.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions Law Drift.
Import ListNotations.
Open Scope R_scope.

Inductive sign := negative | positive.

Definition has_sign (s : sign) (y : R) : Prop :=
  match s with negative => y < 0 | positive => 0 < y end.

(** How the drift goes through a zero: upwards, downwards, or it touches zero from below. *)
Inductive way := up | down | touch.

Definition after (k : way) : sign := match k with up => positive | down => negative | touch => negative end.

(** Where a zero is. *)
Inductive place := Between (l r : R) | At (z : R).

Definition lies (z : R) (p : place) : Prop :=
  match p with Between l r => l < z < r | At q => z = q end.

Fixpoint sign_regions (w : list (R * R)) (s : sign) (a : R) (b : Rbar) (zeros : list (way * place)) : Prop :=
  match zeros with
  | [] => forall lam : R, a < lam -> Rbar_lt lam b -> no_pole w lam -> has_sign s (drift w lam)
  | (k, p) :: rest => exists z : R, lies z p /\ a < z /\ Rbar_lt z b /\ is_zero w z /\
      (forall lam : R, a < lam < z -> no_pole w lam -> has_sign s (drift w lam)) /\
      sign_regions w (after k) z b rest
  end.

(** So the list of zeros is complete. *)
Lemma not_zero w s lam : is_zero w lam -> (no_pole w lam -> has_sign s (drift w lam)) -> False.
Proof. intros [Hp Hz] H. specialize (H Hp). destruct s; simpl in H; lra. Qed.

Theorem complete w zeros : forall s a (b : Rbar), sign_regions w s a b zeros ->
  exists zs, Forall2 lies zs (map snd zeros) /\
    forall lam : R, (a < lam /\ Rbar_lt lam b /\ is_zero w lam) <-> In lam zs.
Proof.
  induction zeros as [|[k p] rest IH]; intros s a b H; simpl in H.
  - exists []. split; [constructor|]. intros lam. split; [|easy].
    intros (H1 & H2 & H3). now apply (not_zero w s lam H3), H.
  - destruct H as (z & Hp & Ha & Hb & Hz & Hs & Hrest).
    destruct (IH _ _ _ Hrest) as (zs & F & C). exists (z :: zs). split; [now constructor|].
    intros lam. split.
    + intros (H1 & H2 & H3). destruct (Rtotal_order lam z) as [L | [E | L]].
      * exfalso. now apply (not_zero w s lam H3), Hs.
      * now left.
      * right. now apply C.
    + intros [<- | I]; [easy|]. apply C in I. repeat split; try apply I. lra.
Qed.

(** ** Parts of an interval *)

Definition below_place (q : R) (p : place) : Prop := match p with Between l _ => q <= l | At z => q < z end.
Definition from_place (q : R) (p : place) : Prop := match p with Between l _ => q <= l | At z => q <= z end.
Definition above_place (q : R) (p : place) : Prop := match p with Between _ r => r <= q | At z => z < q end.
Definition up_to_place (q : R) (p : place) : Prop := match p with Between _ r => r <= q | At z => z <= q end.

Lemma rbar_le_lt (x y : R) (b : Rbar) : x <= y -> Rbar_lt y b -> Rbar_lt x b.
Proof. intros. now apply Rbar_le_lt_trans with (Finite y). Qed.

(** A later beginning. *)
Theorem begin w s (a q : R) (b : Rbar) zeros : sign_regions w s a b zeros -> a <= q -> Rbar_lt q b ->
  match zeros with [] => True | (_, p) :: _ => below_place q p end -> sign_regions w s q b zeros.
Proof.
  destruct zeros as [|[k p] rest]; simpl.
  - intros H Ha Hb _ lam H1. apply H. lra.
  - intros (z & Hp & Hz & Hb & Z & Hs & Hrest) Ha _ Hq. exists z. repeat split; try easy; try apply Z.
    + destruct p; simpl in Hp, Hq; lra.
    + intros lam Hl. apply Hs. lra.
Qed.

(** The same beyond the first zero. *)
Theorem begin_after w s (a q : R) (b : Rbar) k p zeros : sign_regions w s a b ((k, p) :: zeros) ->
  up_to_place q p -> Rbar_lt q b ->
  match zeros with [] => True | (_, p) :: _ => below_place q p end ->
  sign_regions w (after k) q b zeros.
Proof.
  intros (z & Hp & Hz & Hb & Z & Hs & Hrest) Hq Hqb Hn. apply (begin w (after k) z); try easy.
  destruct p; simpl in Hp, Hq; lra.
Qed.

(** An earlier end. *)
Theorem finish w zeros : forall s a (q : R) (b : Rbar) dropped, sign_regions w s a b (zeros ++ dropped) ->
  Rbar_le q b -> List.Forall (fun z => above_place q (snd z)) zeros ->
  match dropped with [] => True | (_, p) :: _ => from_place q p end -> sign_regions w s a q zeros.
Proof.
  induction zeros as [|[k p] rest IH]; simpl; intros s a q b dropped H Hb F Hd.
  - intros lam H1 H2. destruct dropped as [|[k p] dropped]; simpl in H.
    + apply H; [easy|]. simpl in H2. destruct b; simpl in *; try easy; lra.
    + destruct H as (z & Hp & _ & _ & _ & Hs & _). intros N. apply Hs; [|easy]. destruct p; simpl in Hp, Hd, H2; lra.
  - inversion F as [|? ? F1 F2]; subst. destruct H as (z & Hp & Ha & _ & Z & Hs & Hrest).
    exists z. repeat split; try easy; try apply Z.
    + destruct p; simpl in *; lra.
    + now apply (IH (after k) z q b dropped).
Qed.

(** The sign after the last zero. *)
Fixpoint last_sign (s : sign) (zeros : list (way * place)) : sign :=
  match zeros with [] => s | (k, _) :: rest => last_sign (after k) rest end.

(** Neighbouring gaps: they meet at the pole of a sample. *)
Theorem glue w zeros1 : forall s a m (b : Rbar) zeros2 pr x,
  sign_regions w s a (Finite m) zeros1 -> sign_regions w negative m b zeros2 ->
  last_sign s zeros1 = negative -> a < m -> Rbar_lt m b -> In (pr, x) w -> m * x = 1 ->
  sign_regions w s a b (zeros1 ++ zeros2).
Proof.
  induction zeros1 as [|[k p] rest IH]; simpl; intros s a m b zeros2 pr x H1 H2 Hl Hm Hb Hi Hx.
  - subst s.
    assert (before : forall lam : R, a < lam -> no_pole w lam ->
      (m < lam -> drift w lam < 0) -> drift w lam < 0).
    { intros lam Ha Hp Hr. destruct (Rtotal_order lam m) as [L | [E | L]].
      - now apply H1.
      - exfalso. apply (Hp pr x Hi). subst. lra.
      - now apply Hr. }
    destruct zeros2 as [|[k p] rest2]; simpl in *.
    + intros lam Ha Hb' Hp. apply before; try easy. intros. now apply H2.
    + destruct H2 as (z & Hp & Ha & Hb' & Z & Hs & Hrest). exists z.
      repeat split; try easy; try apply Z; [lra|]. intros lam Hlam Hn. apply before; try easy.
      intros. apply Hs; [lra|easy].
  - destruct H1 as (z & Hp & Ha & Hb' & Z & Hs & Hrest). simpl in Hb'. exists z.
    repeat split; try easy; try apply Z.
    + destruct b; simpl in *; try easy; lra.
    + now apply (IH (after k) z m b zeros2 pr x).
Qed.

(** ** One gap *)

Section Gap.
Variables (w : list (R * R)) (a : R).
Hypotheses (Hd : is_data w) (Hm : moving w).
Let Hw : weights w := law_weights w (proj1 Hd).

Theorem region_tangent (b c : R) : gap w a b -> a <= c <= b -> no_pole w c ->
  drift w c + slope w c * (a - c) < 0 -> drift w c + slope w c * (b - c) < 0 ->
  sign_regions w negative a b [].
Proof.
  intros Hg Hc Hp Hl Hr lam H1 H2 H3. simpl in H2.
  apply (negative_piece w a b Hw Hm Hg c a b); try easy; try lra.
  split; [lra|]. split; [simpl; lra|easy].
Qed.

Lemma two_zeros (b : Rbar) z1 z2 p1 p2 : gap w a b -> a < z1 < z2 -> Rbar_lt z2 b ->
  is_zero w z1 -> is_zero w z2 -> lies z1 p1 -> lies z2 p2 ->
  sign_regions w negative a b [(up, p1); (down, p2)].
Proof.
  intros Hg H H2 Z1 Z2 P1 P2.
  assert (open : forall lam : R, a < lam -> Rbar_lt lam b -> inside w a b lam) by (intros; now apply inside_open).
  assert (I1 : inside w a b z1) by (apply open; [lra|now apply rbar_le_lt with z2; [lra|]]).
  assert (I2 : inside w a b z2) by (apply open; [lra|easy]).
  destruct Z1 as [N1 E1], Z2 as [N2 E2].
  exists z1. repeat split; try easy; try apply I1; [now apply rbar_le_lt with z2; [lra|]| |].
  - intros lam Hlam _. simpl.
    assert (I : inside w a b lam) by (apply open; [lra|now apply rbar_le_lt with z2; [lra|]]).
    pose proof (drift_three_points w a b Hw Hm Hg lam z1 z2 I I2) as G. rewrite E1, E2 in G.
    specialize (G ltac:(lra)). nra.
  - exists z2. repeat split; try easy; try lra.
    + intros lam Hlam _. simpl.
      assert (I : inside w a b lam) by (apply open; [lra|now apply rbar_le_lt with z2; [lra|]]).
      pose proof (drift_three_points w a b Hw Hm Hg z1 lam z2 I1 I2) as G. rewrite E1, E2 in G.
      specialize (G ltac:(lra)). nra.
    + intros lam H3 H4 _. simpl. assert (I : inside w a b lam) by (apply open; [lra|easy]).
      pose proof (drift_three_points w a b Hw Hm Hg z1 z2 lam I1 I) as G. rewrite E1, E2 in G.
      specialize (G ltac:(lra)). nra.
Qed.

(** Lemma D2, a gap between two poles. *)
Theorem region_two (b : Rbar) l1 r1 l2 r2 : gap w a b ->
  a < l1 < r1 -> r1 <= l2 < r2 -> Rbar_lt r2 b ->
  drift w l1 < 0 < drift w r1 -> drift w r2 < 0 < drift w l2 ->
  sign_regions w negative a b [(up, Between l1 r1); (down, Between l2 r2)].
Proof.
  intros Hg H1 H2 H3 G1 G2.
  assert (inner : forall lam, a < lam -> lam <= r2 -> inside w a b lam).
  { intros lam Hl Hr. apply inside_open; [easy|easy|]. now apply rbar_le_lt with r2. }
  destruct (zero_up w a b Hg l1 r1) as (z1 & B1 & Z1); try apply inner; try lra; try easy.
  destruct (zero_down w a b Hg l2 r2) as (z2 & B2 & Z2); try apply inner; try lra; try easy.
  apply (two_zeros b z1 z2); try easy; try lra. now apply rbar_le_lt with r2; [lra|].
Qed.

Lemma one_zero z p : gap w a p_infty -> a < z -> is_zero w z -> lies z p ->
  sign_regions w negative a p_infty [(up, p)].
Proof.
  intros Hg Ha [N Z] P. exists z. repeat split; try easy.
  - intros lam Hlam _. simpl. rewrite <- Z. now apply (drift_last_gap_increasing w a).
  - intros lam Hlam _ _. simpl. rewrite <- Z. now apply (drift_last_gap_increasing w a).
Qed.

(** Lemma D2, the last gap. *)
Theorem region_last l r : gap w a p_infty -> a < l < r -> drift w l < 0 < drift w r ->
  sign_regions w negative a p_infty [(up, Between l r)].
Proof.
  intros Hg H G.
  destruct (zero_up w a p_infty Hg l r) as (z & B & Z); try apply inside_open; try easy; try lra.
  apply (one_zero z); try easy. lra.
Qed.

(** A tangency: slope and drift vanish. *)
Theorem region_touch (b : Rbar) z p : gap w a b -> a < z -> Rbar_lt z b -> is_zero w z -> slope w z = 0 ->
  lies z p -> sign_regions w negative a b [(touch, p)].
Proof.
  intros Hg Ha Hb Z S P.
  assert (open : forall lam : R, a < lam -> Rbar_lt lam b -> inside w a b lam) by (intros; now apply inside_open).
  assert (N : forall lam : R, a < lam -> Rbar_lt lam b -> lam <> z -> drift w lam < 0).
  { intros lam H1 H2 Hne. apply (double_zero w a b Hw Hm Hg) with (z := z); try easy; now apply open. }
  exists z. repeat split; try easy; try apply Z.
  - intros lam Hlam _. apply N; try lra. now apply rbar_le_lt with z; [lra|].
  - intros lam H1 H2 _. simpl. apply N; try easy; lra.
Qed.

(** Lemma D6: a polynomial that changes sign and where it vanishes, slope and drift do. *)
Theorem region_tangency (b : Rbar) l r (q : R -> R) : gap w a b -> a < l < r -> Rbar_lt r b ->
  continuity q -> q l * q r < 0 ->
  (forall lam, l < lam < r -> q lam = 0 -> slope w lam = 0 /\ drift w lam = 0) ->
  sign_regions w negative a b [(touch, Between l r)].
Proof.
  intros Hg H Hb C S Z.
  assert (exists z, l < z < r /\ q z = 0) as (z & Hz & E).
  { assert (N : q l <> 0 /\ q r <> 0) by (split; intros E; rewrite E in S; lra).
    destruct (IVT_cor q l r C) as (z & [Hl Hr] & E); [lra|lra|]. exists z. split; [|easy].
    split; [destruct Hl as [ | <- ]|destruct Hr as [ | -> ]]; tauto. }
  destruct (Z z Hz E) as [S0 D0].
  assert (Rbar_lt z b) by (now apply rbar_le_lt with r; [lra|]).
  apply (region_touch b z); try easy; try lra. split; [|easy]. apply Hg; [lra|easy].
Qed.

End Gap.

(** Lemma D1 (a): the first gap. *)
Theorem region_first w (b : Rbar) : is_data w -> moving w -> gap w 0 b -> sign_regions w negative 0 b [].
Proof. intros Hd Hm Hg lam H1 H2 _. simpl. now apply (drift_first_gap w b). Qed.

(** ** Negative pieces *)

Definition negative_on (w : list (R * R)) (l r : R) : Prop :=
  forall lam, l <= lam <= r -> no_pole w lam -> drift w lam < 0.

Lemma negative_join w l m r : negative_on w l m -> negative_on w m r -> negative_on w l r.
Proof. intros H1 H2 lam H. destruct (Rle_lt_dec lam m); [apply H1|apply H2]; lra. Qed.

Lemma negative_tangent w (a b c l r : R) : is_data w -> moving w -> gap w a b -> a <= l -> l <= c <= r -> r <= b ->
  no_pole w c -> drift w c + slope w c * (l - c) < 0 -> drift w c + slope w c * (r - c) < 0 -> negative_on w l r.
Proof.
  intros Hd Hm Hg Ha Hc Hb Hp H1 H2 lam Hl Hn.
  apply (negative_piece w a b (law_weights w (proj1 Hd)) Hm Hg c l r); try easy;
    (split; [lra|]; split; [simpl; lra|easy]).
Qed.

Lemma negative_first w (b l r : R) : is_data w -> moving w -> gap w 0 (Finite b) -> 0 < l -> r <= b ->
  (exists p x, In (p, x) w /\ b * x = 1) -> negative_on w l r.
Proof.
  intros Hd Hm Hg Hl Hr (p & x & Hi & Hx) lam H Hn.
  destruct (Req_dec lam b) as [E | N]; [exfalso; apply (Hn p x Hi); rewrite E; lra|].
  apply (drift_first_gap w b); try easy; [lra|simpl; lra].
Qed.

Lemma negative_end w (a l r : R) : is_data w -> moving w -> gap w a p_infty -> a <= l ->
  (exists p x, In (p, x) w /\ a * x = 1) -> drift w r < 0 -> negative_on w l r.
Proof.
  intros Hd Hm Hg Ha (p & x & Hi & Hx) H lam Hl Hn.
  destruct (Req_dec lam a) as [E | N]; [exfalso; apply (Hn p x Hi); rewrite E; lra|].
  apply (negative_last w a Hd Hm r Hg H). lra.
Qed.

(** ** Gaps of a law in the order of its rates *)

(** Rates in increasing order, none negative. *)
Fixpoint ordered (w : list (R * R)) : Prop :=
  match w with
  | [] => True
  | (_, x) :: rest => 0 <= x /\ match rest with [] => True | (_, y) :: _ => x < y end /\ ordered rest
  end.

Lemma ordered_above w : forall p x, ordered ((p, x) :: w) -> forall q y, In (q, y) w -> x < y.
Proof.
  induction w as [|[q y] w IH]; intros p x H r z I; [easy|].
  destruct H as (H0 & Hxy & Hrest). destruct I as [E | I]; [injection E as <- <-; easy|].
  pose proof (IH q y Hrest r z I). lra.
Qed.

Lemma ordered_tail u v : ordered (u ++ v) -> ordered v.
Proof. induction u as [|[p x] u IH]; simpl; [easy|]. intros H. apply IH, H. Qed.

Lemma ordered_below u : forall p x v, ordered (u ++ (p, x) :: v) -> forall q y, In (q, y) u -> 0 <= y < x.
Proof.
  induction u as [|[q y] u IH]; intros p x v H r z I; [easy|].
  destruct I as [E | I].
  - injection E as <- <-. split; [apply H|]. apply (ordered_above _ _ _ H p x). apply in_or_app. right. now left.
  - apply (IH p x v (proj2 (proj2 H)) r z I).
Qed.

Lemma side a x : 0 < x -> 1 <= a * x -> forall y, x <= y -> 1 - a * y <= 0.
Proof. intros. assert (0 < a) by nra. nra. Qed.

(** Between the poles b = 1/x < 1/x' of two neighbouring rates; here a = 1/y, b = 1/x with x < y. *)
Theorem ordered_gap w u v (a b p x q y : R) : ordered w -> w = u ++ (p, x) :: (q, y) :: v ->
  a * y = 1 -> b * x = 1 -> gap w a b.
Proof.
  intros Ho E Ha Hb. apply gap_intro. intros r z I. rewrite E in I, Ho.
  assert (Hx : 0 <= x) by (apply (ordered_tail u) in Ho; apply Ho).
  assert (Px : 0 < x) by (destruct Hx as [ | <- ]; lra).
  assert (Hxy : x < y) by (apply (ordered_tail u) in Ho; apply Ho).
  assert (A : 0 < a) by nra. assert (B : 0 < b) by nra.
  apply in_app_or in I. destruct I as [I | [I | [I | I]]].
  - left. pose proof (ordered_below u p x _ Ho r z I). split; nra.
  - injection I as <- <-. left. split; nra.
  - injection I as <- <-. right. split; nra.
  - right. pose proof (ordered_tail u _ Ho) as T.
    pose proof (ordered_above v q y (proj2 (proj2 T)) r z I). split; nra.
Qed.

(** Before the first pole, that of the largest rate. *)
Theorem ordered_first w u (b p x : R) : ordered w -> w = u ++ [(p, x)] -> b * x = 1 -> gap w 0 (Finite b).
Proof.
  intros Ho E Hb. apply gap_intro. intros r z I. left. rewrite E in I, Ho.
  assert (Hx : 0 <= x) by (apply (ordered_tail u) in Ho; apply Ho).
  assert (Px : 0 < x) by (destruct Hx as [ | <- ]; lra). assert (B : 0 < b) by nra.
  apply in_app_or in I. destruct I as [I | [I | []]].
  - pose proof (ordered_below u p x _ Ho r z I). split; nra.
  - injection I as <- <-. split; lra.
Qed.

(** Beyond the last pole, that of the smallest positive rate. *)
Theorem ordered_last w u v (a p x : R) : ordered w -> w = u ++ (p, x) :: v -> a * x = 1 ->
  (forall q y, In (q, y) u -> y = 0) -> gap w a p_infty.
Proof.
  intros Ho E Ha Hu. apply gap_intro_last. intros r z I. rewrite E in I, Ho.
  assert (Hx : 0 <= x) by (apply (ordered_tail u) in Ho; apply Ho).
  assert (Px : 0 < x) by (destruct Hx as [ | <- ]; lra). assert (A : 0 < a) by nra.
  apply in_app_or in I. destruct I as [I | [I | I]].
  - left. now apply (Hu r).
  - injection I as <- <-. right. split; lra.
  - right. pose proof (ordered_above v p x (ordered_tail u _ Ho) r z I). split; nra.
Qed.

(** The law of a file: positive weights of sum 1, rates in order, not all zero. *)
Fixpoint positive_weights (w : list (R * R)) : Prop :=
  match w with [] => True | (p, _) :: rest => 0 < p /\ positive_weights rest end.

Theorem is_data_intro w : positive_weights w -> ordered w -> expect w (fun _ => 1) = 1 -> is_data w.
Proof.
  intros P O S. split; [split; [|easy]|]; clear S; induction w as [|[p x] w IH]; try easy.
  - intros q y [E | I]; [injection E as <- <-; apply P|]. now apply (IH (proj2 P) (proj2 (proj2 O)) q y).
  - intros q y [E | I]; [injection E as <- <-; apply O|]. now apply (IH (proj2 P) (proj2 (proj2 O)) q y).
Qed.

Theorem no_pole_intro w lam : List.Forall (fun d => 1 - lam * snd d <> 0) w -> no_pole w lam.
Proof. intros F p x I. rewrite List.Forall_forall in F. exact (F (p, x) I). Qed.
