(** * Complete lists of sign regions, gap by gap: what the files written by `proofs-check --coq` state and use.

    [sign_regions w s a b zeros]: from a to b the drift has the listed zeros and no others, its sign (off the poles) is s
    before the first one, and after each zero it is the one that the way through zero says. *)

From Coq Require Import Reals List Lra ZArith.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions Law Drift Exact Exponent Lundberg Certain Lattice.
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

(** The sign after the last zero. *)
Fixpoint last_sign (s : sign) (zeros : list (way * place)) : sign :=
  match zeros with [] => s | (k, _) :: rest => last_sign (after k) rest end.

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

(** The same beyond the first zeros. *)
Theorem begin_at w dropped : forall s a (q : R) (b : Rbar) zeros, sign_regions w s a b (dropped ++ zeros) ->
  a <= q -> Rbar_lt q b -> List.Forall (fun z => up_to_place q (snd z)) dropped ->
  match zeros with [] => True | (_, p) :: _ => below_place q p end ->
  sign_regions w (last_sign s dropped) q b zeros.
Proof.
  induction dropped as [|[k p] rest IH]; intros s a q b zeros H Ha Hb F Hn.
  - now apply (begin w s a).
  - simpl in H. destruct H as (z & Hp & _ & _ & _ & _ & Hrest). simpl.
    inversion F as [|? ? F1 F2]; subst. apply (IH (after k) z); try easy.
    destruct p; simpl in Hp, F1; lra.
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

(** A zero at a place of the gap, by the signs at two points or because it is known. *)
Definition has_zero (b : Rbar) (p : place) : Prop :=
  exists z : R, lies z p /\ a < z /\ Rbar_lt z b /\ is_zero w z.

Theorem zero_rises (b : Rbar) l r : gap w a b -> a < l -> l < r -> Rbar_lt r b -> drift w l < 0 -> 0 < drift w r ->
  has_zero b (Between l r).
Proof.
  intros Hg Ha Hl Hb G1 G2.
  destruct (zero_up w a b Hg l r) as (z & B & Z); try easy; try lra;
    try (apply inside_open; try easy; try lra; now apply rbar_le_lt with r; [lra|]).
  exists z. repeat split; try apply Z; try lra. now apply rbar_le_lt with r; [lra|].
Qed.

Theorem zero_falls (b : Rbar) l r : gap w a b -> a < l -> l < r -> Rbar_lt r b -> 0 < drift w l -> drift w r < 0 ->
  has_zero b (Between l r).
Proof.
  intros Hg Ha Hl Hb G1 G2.
  destruct (zero_down w a b Hg l r) as (z & B & Z); try easy; try lra;
    try (apply inside_open; try easy; try lra; now apply rbar_le_lt with r; [lra|]).
  exists z. repeat split; try apply Z; try lra. now apply rbar_le_lt with r; [lra|].
Qed.

Theorem zero_known (b : Rbar) z : a < z -> Rbar_lt z b -> is_zero w z -> has_zero b (At z).
Proof. intros. now exists z. Qed.

Definition before (p p' : place) : Prop :=
  match p, p' with
  | Between _ r, Between l _ => r <= l
  | Between _ r, At z => r <= z
  | At z, Between l _ => z <= l
  | At y, At z => y < z
  end.

(** Lemma D2, a gap between two poles. *)
Theorem region_two (b : Rbar) p1 p2 : gap w a b -> has_zero b p1 -> has_zero b p2 -> before p1 p2 ->
  sign_regions w negative a b [(up, p1); (down, p2)].
Proof.
  intros Hg (z1 & P1 & A1 & B1 & Z1) (z2 & P2 & A2 & B2 & Z2) H. apply (two_zeros b z1 z2); try easy.
  destruct p1, p2; simpl in *; lra.
Qed.

(** Lemma D2, the last gap. *)
Theorem region_last p : gap w a p_infty -> has_zero p_infty p -> sign_regions w negative a p_infty [(up, p)].
Proof.
  intros Hg (z & P & Ha & _ & N & Z). exists z. repeat split; try easy.
  - intros lam Hlam _. simpl. rewrite <- Z. now apply (drift_last_gap_increasing w a).
  - intros lam Hlam _ _. simpl. rewrite <- Z. now apply (drift_last_gap_increasing w a).
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

(** Lemma D5 with lists in place of quantifiers. *)
Theorem zero_by_base (bs : list R) (lam : R) (v : list (R * (R * list Z))) w :
  List.Forall (Rlt 0) bs ->
  List.Forall (fun d => factor lam (fst (snd d)) = monomial bs (snd (snd d))) v ->
  (forall j, expect v (fun d => IZR (nth j (snd d) 0%Z)) = 0) ->
  map (fun d => (fst d, fst (snd d))) v = w -> is_zero w lam.
Proof.
  intros Hb Hf He <-. apply (exact_zero_base bs); try easy.
  intros p x es I. rewrite List.Forall_forall in Hf. exact (Hf _ I).
Qed.

(** A law written in two ways. *)
Lemma law_cons (p q x y : R) v w : p = q -> x = y -> v = w -> (p, x) :: v = (q, y) :: w.
Proof. now intros -> -> ->. Qed.

(** ** The claims about the exponent and about spikes, from two moments *)

Theorem exponent_claim w lam lo hi : is_data w -> 0 < lo < hi -> moment w lam lo < 1 -> 1 < moment w lam hi ->
  deflationary w lam /\ exists t, theta w lam = Finite t /\ lo < t < hi.
Proof.
  intros Hd H Hl Hh. split; [split|].
  - apply (unstable_of_moment w lam (proj1 Hd) hi); lra.
  - now apply (drift_negative_of_moment w lam (proj1 Hd) lo).
  - destruct (exponent_bracket w lam (proj1 Hd) lo hi) as (t & Et & Ht & _); [lra|easy|]. now exists t.
Qed.

(** K may be given by K^2. *)
Theorem lundberg_claim w lam R K lo hi lower upper : is_data w -> 1 < K -> 0 <= lo -> lo <= hi ->
  moment w lam lo < 1 -> 1 < moment w lam hi -> List.Forall (fun d => factor lam (snd d) <= R) w ->
  lower <= Rpower (K * R) (- hi) -> Rpower K (- lo) <= upper ->
  forall mu, mu <> 0 -> lower <= ever w lam (K * Rabs mu) mu <= upper.
Proof.
  intros Hd HK Hlo Hhi Ml Mh F Hl Hu mu Hmu. rewrite (ever_spike w lam K mu Hmu).
  pose proof (spike_bounds w lam (proj1 Hd) R lo hi K HK (conj Hlo Hhi)) as B.
  rewrite List.Forall_forall in F. destruct B as [B1 B2]; [lra|intros p x I; exact (F _ I)|lra].
Qed.

Theorem never_claim w lam K : is_data w -> 1 < K -> List.Forall (fun d => factor lam (snd d) <= 1) w ->
  forall mu, mu <> 0 -> ever w lam (K * Rabs mu) mu = 0.
Proof.
  intros Hd HK F mu Hmu. rewrite List.Forall_forall in F.
  assert (S : forall T, reach w lam (K * Rabs mu) T mu <= 0).
  { intros T. rewrite (spike_stable w lam (K * Rabs mu) T); [lra|intros p x I; exact (F _ I)|].
    pose proof (Rabs_pos_lt mu Hmu). nra. }
  apply Rle_antisym; [|apply (ever_bounds w lam (proj1 Hd))].
  now apply (ever_le w lam (proj1 Hd)).
Qed.

Theorem certain_claim w lam K : is_data w -> 0 < K -> unstable w lam -> no_pole w lam -> 0 <= drift w lam ->
  forall mu, mu <> 0 -> ever w lam (K * Rabs mu) mu = 1.
Proof.
  intros Hd HK Hu Hp HG mu Hmu. apply (spike_certain w lam (proj1 Hd)); try easy.
  pose proof (Rabs_pos_lt mu Hmu). nra.
Qed.

(** A level between two powers of g. *)
Theorem lattice_claim w lam (g K lo hi lower upper : R) (h n : Z) : is_data w -> 1 < g -> 0 <= lo -> lo <= hi ->
  (0 <= n)%Z -> (0 <= n + h - 1)%Z -> powerRZ g (n - 1) < K <= powerRZ g n ->
  moment w lam lo < 1 -> 1 < moment w lam hi ->
  List.Forall (fun d => factor lam (snd d) = 0 \/ exists k, factor lam (snd d) = powerRZ g k /\ (k <= h)%Z) w ->
  lower <= Rpower (powerRZ g (n + h - 1)) (- hi) -> Rpower (powerRZ g n) (- lo) <= upper ->
  forall mu, mu <> 0 -> lower <= ever w lam (K * Rabs mu) mu <= upper.
Proof.
  intros Hd Hg Hlo Hhi Hn Hh HK Ml Mh F Hl Hu mu Hmu. rewrite (ever_spike w lam K mu Hmu).
  rewrite List.Forall_forall in F.
  assert (L : forall p x, In (p, x) w -> factor lam x = 0 \/ exists k, factor lam x = powerRZ g k /\ (k <= h)%Z)
    by (intros p x I; exact (F _ I)).
  pose proof (lattice_bounds w lam g h n (proj1 Hd) Hg L lo hi (conj Hlo Hhi)) as B.
  destruct B as [B1 B2]; [lra|easy|].
  replace (ever w lam K 1) with (ever w lam (powerRZ g n) 1); [lra|].
  unfold ever. f_equal. apply Lim_seq_ext. intros T. symmetry.
  apply (lattice_level w lam g h n Hg L K 0%Z 1 HK). rewrite Rabs_R1. now simpl.
Qed.

(** ** Small steps *)

Lemma each_factor (w : list (R * R)) lam : List.Forall (fun d => factor lam (snd d) <= 1) w ->
  forall p x, In (p, x) w -> factor lam x <= 1.
Proof. intros F p x I. rewrite List.Forall_forall in F. exact (F (p, x) I). Qed.

Lemma part_of_gap w (a u v : R) (b : Rbar) : gap w a b -> a <= u -> Rbar_le v b -> gap w u (Finite v).
Proof.
  intros Hg Ha Hb lam H1 H2. apply Hg; [lra|]. now apply Rbar_lt_le_trans with (Finite v).
Qed.

Lemma exponent_nonneg w lam : is_law w -> Rbar_le 0 (theta w lam).
Proof. intros L. apply (exponent_ge w lam); [lra|]. now apply moment_zero_le. Qed.
