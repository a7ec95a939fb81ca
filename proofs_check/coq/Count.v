(** * Lemma D1 (d): with m positive rates the drift has at most 2 m - 1 positive zeros.

    A zero is counted at the number of poles below it: none at 0, at most two at each number
    (they share a gap), at most one at m. *)

From Coq Require Import Reals List Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions Law Drift.
Import ListNotations.
Open Scope R_scope.

Section Filters.
Context {A : Type}.
Implicit Types (f g : A -> bool) (l : list A).

Lemma filter_le f g l : (forall x, f x = true -> g x = true) ->
  (length (filter f l) <= length (filter g l))%nat.
Proof.
  intros H. induction l as [|a l IH]; simpl; [lia|]. specialize (H a).
  destruct (f a), (g a); simpl; lia.
Qed.

Lemma filter_lt f g l x : (forall x, f x = true -> g x = true) -> In x l ->
  f x = false -> g x = true -> (length (filter f l) < length (filter g l))%nat.
Proof.
  intros H Hin Hf Hg. induction l as [|a l IH]; [easy|]. simpl.
  destruct Hin as [-> | Hin].
  - rewrite Hf, Hg. simpl. pose proof (filter_le f g l H). lia.
  - specialize (IH Hin). specialize (H a). destruct (f a), (g a); simpl; lia.
Qed.

Lemma filter_length_le f l : (length (filter f l) <= length l)%nat.
Proof. induction l as [|a l IH]; simpl; [lia|]. destruct (f a); simpl; lia. Qed.

Lemma filter_full f l : length (filter f l) = length l -> forall x, In x l -> f x = true.
Proof.
  induction l as [|a l IH]; [easy|]. simpl. pose proof (filter_length_le f l).
  destruct (f a) eqn:E; simpl; intros Hl x [<- | Hin]; try easy; try lia. apply IH; [lia|easy].
Qed.

Lemma filter_split (c : A -> nat) k l :
  length (filter (fun x => c x <=? S k)%nat l)
  = (length (filter (fun x => c x <=? k)%nat l) + length (filter (fun x => c x =? S k)%nat l))%nat.
Proof.
  induction l as [|a l IH]; [reflexivity|]. simpl filter.
  destruct (Nat.leb_spec (c a) (S k)), (Nat.leb_spec (c a) k), (Nat.eqb_spec (c a) (S k));
    simpl; lia.
Qed.

End Filters.

Section Count.
Variables (w : list (R * R)) (xs : list R).
Hypotheses (Hd : is_data w) (Hm : moving w).

(** [xs] lists the positive rates. *)
Hypothesis covers : forall p x, In (p, x) w -> 0 < x -> In x xs.

Definition above (z x : R) : bool := if Rlt_dec 1 (z * x) then true else false.

(** The number of poles below z. *)
Definition below (z : R) : nat := length (filter (above z) xs).

Definition positive_zero (z : R) : Prop := 0 < z /\ is_zero w z.

Lemma above_true z x : above z x = true <-> 1 < z * x.
Proof. unfold above. destruct (Rlt_dec 1 (z * x)); split; easy. Qed.

Lemma rate_sign p x : In (p, x) w -> 0 < x \/ x = 0.
Proof. intros Hin. destruct Hd as [_ H]. destruct (H p x Hin); [now left|right; lra]. Qed.

(** Zeros with equally many poles below share a gap. *)
Lemma same_number z t : positive_zero z -> positive_zero t -> z < t -> below z = below t ->
  same_side w z t.
Proof.
  intros (Hz & Nz & _) (Ht & Nt & _) Hlt E p x Hin.
  specialize (Nz p x Hin). specialize (Nt p x Hin).
  destruct (rate_sign p x Hin) as [Hx | ->]; [|lra].
  assert (z * x < t * x) by (apply Rmult_lt_compat_r; lra).
  destruct (Rlt_le_dec 1 (z * x)) as [H1 | H1]; [nra|].
  destruct (Rlt_le_dec 1 (t * x)) as [H2 | H2]; [exfalso|].
  - assert (below z < below t)%nat; [|lia].
    apply (filter_lt _ _ xs x).
    + intros y Hy. apply above_true in Hy. apply above_true. nra.
    + now apply (covers p).
    + unfold above. destruct (Rlt_dec 1 (z * x)); [lra|easy].
    + now apply above_true.
  - assert (0 < 1 - z * x) by lra. assert (0 < 1 - t * x) by lra. now apply Rmult_lt_0_compat.
Qed.

(** Some pole lies below each zero. *)
Lemma some_pole_below z : positive_zero z -> (1 <= below z)%nat.
Proof.
  intros (Hz & Nz & Gz). destruct (below z) as [|n] eqn:E; [exfalso|lia].
  assert (Hs : same_side w 0 z).
  { intros p x Hin. specialize (Nz p x Hin).
    destruct (rate_sign p x Hin) as [Hx | ->]; [|lra].
    assert (~ 1 < z * x); [|lra].
    intros H. apply above_true in H. unfold below in E. apply length_zero_iff_nil in E.
    assert (In x (filter (above z) xs)) by (apply filter_In; split; [now apply (covers p)|easy]).
    rewrite E in *. easy. }
  pose proof (drift_tangent w 0 z (law_weights w (proj1 Hd)) Hm Hs) as H.
  pose proof (slope_at_zero w Hd Hm). rewrite drift_at_zero, Gz in H.
  assert (0 < - slope w 0 * z) by (apply Rmult_lt_0_compat; lra). lra.
Qed.

(** At most one zero has all poles below. *)
Lemma last_gap_two z t : positive_zero z -> positive_zero t -> z < t ->
  below z = length xs -> False.
Proof.
  intros (Hz & _ & Gz) (_ & _ & Gt) Hlt E.
  assert (drift w z < drift w t); [|lra].
  apply drift_increasing; try easy. intros p x Hin Hx. apply above_true.
  apply (filter_full (above z) xs E). now apply (covers p).
Qed.

(** At most two zeros have the same poles below. *)
Lemma one_gap_three y z t : positive_zero y -> positive_zero z -> positive_zero t -> y < z < t ->
  below y = below z -> below z = below t -> False.
Proof.
  intros Hy Hz Ht Hord E1 E2.
  assert (S1 := same_number y z Hy Hz (proj1 Hord) E1).
  assert (S2 := same_number z t Hz Ht (proj2 Hord) E2).
  destruct Hy as (_ & _ & Gy), Hz as (_ & _ & Gz), Ht as (_ & _ & Gt).
  assert (Hw := law_weights w (proj1 Hd)).
  assert (S1' : same_side w z y) by (intros p x Hin; rewrite Rmult_comm; now apply (S1 p)).
  pose proof (drift_tangent_strict w z y Hw Hm S1' ltac:(lra)) as L.
  pose proof (drift_tangent_strict w z t Hw Hm S2 ltac:(lra)) as R.
  rewrite Gy, Gz in L. rewrite Gz, Gt in R.
  destruct (Rle_lt_dec 0 (slope w z)); nra.
Qed.

Lemma fibre_two k l : NoDup l -> (forall z, In z l -> positive_zero z /\ below z = k) ->
  (length l <= 2)%nat.
Proof.
  destruct l as [|a [|b [|c l]]]; simpl; intros Hn H; try lia. exfalso.
  inversion Hn as [|? ? Ha Hn']; subst. inversion Hn' as [|? ? Hb Hn'']; subst.
  destruct (H a) as [Pa Ea]; [auto|]. destruct (H b) as [Pb Eb]; [auto|].
  destruct (H c) as [Pc Ec]; [auto|].
  assert (a <> b) by (intros ->; apply Ha; now left).
  assert (a <> c) by (intros ->; apply Ha; right; now left).
  assert (b <> c) by (intros ->; apply Hb; now left).
  destruct (Rtotal_order a b) as [? | [? | ?]], (Rtotal_order b c) as [? | [? | ?]],
    (Rtotal_order a c) as [? | [? | ?]]; try easy; try lra.
  - apply (one_gap_three a b c); try easy; lia.
  - apply (one_gap_three a c b); try easy; lia.
  - apply (one_gap_three c a b); try easy; lia.
  - apply (one_gap_three b a c); try easy; lia.
  - apply (one_gap_three b c a); try easy; lia.
  - apply (one_gap_three c b a); try easy; lia.
Qed.

Lemma fibre_one l : NoDup l -> (forall z, In z l -> positive_zero z /\ below z = length xs) ->
  (length l <= 1)%nat.
Proof.
  destruct l as [|a [|b l]]; simpl; intros Hn H; try lia. exfalso.
  inversion Hn as [|? ? Ha Hn']; subst.
  destruct (H a) as [Pa Ea]; [auto|]. destruct (H b) as [Pb Eb]; [auto|].
  assert (a <> b) by (intros ->; apply Ha; now left).
  destruct (Rtotal_order a b) as [L | [E | L]]; [|easy|].
  - now apply (last_gap_two a b).
  - now apply (last_gap_two b a).
Qed.

(** Lemma D1 (d). *)
Theorem at_most_zeros zs : NoDup zs -> (forall z, In z zs -> 0 < z /\ is_zero w z) ->
  (length zs <= 2 * length xs - 1)%nat.
Proof.
  intros Hn Hz.
  assert (few : forall k, (length (filter (fun z => below z <=? k) zs) <= 2 * k)%nat).
  { induction k as [|k IH].
    - replace (filter (fun z => below z <=? 0)%nat zs) with (@nil R); [simpl; lia|].
      symmetry. clear Hn. induction zs as [|a l IH]; [reflexivity|]. simpl.
      pose proof (some_pole_below a (Hz a (or_introl eq_refl))).
      destruct (Nat.leb_spec (below a) 0); [lia|]. apply IH. intros z Hin. apply Hz. now right.
    - rewrite filter_split.
      assert (length (filter (fun z => below z =? S k) zs) <= 2)%nat; [|lia].
      apply (fibre_two (S k)); [now apply NoDup_filter|].
      intros z Hin. apply filter_In in Hin. destruct Hin as [Hin E].
      apply Nat.eqb_eq in E. split; [now apply Hz|easy]. }
  destruct (length xs) as [|m] eqn:Em.
  - destruct (moving_of_data w Hd Hm) as (p & x & Hin & Hx).
    pose proof (covers p x Hin Hx) as Hc. apply length_zero_iff_nil in Em. now rewrite Em in Hc.
  - assert (all : filter (fun z => below z <=? S m)%nat zs = zs).
    { clear - Em. induction zs as [|a l IH]; [reflexivity|]. simpl.
      pose proof (filter_length_le (above a) xs). fold (below a) in *.
      destruct (Nat.leb_spec (below a) (S m)); [now rewrite IH|lia]. }
    rewrite <- all, filter_split. specialize (few m).
    assert (length (filter (fun z => below z =? S m) zs) <= 1)%nat; [|lia].
    apply fibre_one; [now apply NoDup_filter|].
    intros z Hin. apply filter_In in Hin. destruct Hin as [Hin E].
    apply Nat.eqb_eq in E. split; [now apply Hz|lia].
Qed.

End Count.
