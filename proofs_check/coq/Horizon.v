(** * The probability of an event within T steps, computed exactly: lemma S9 of docs/theory.md.

    All factors have one denominator [d] and all weights one denominator [total]. Layer t of the walk is a list of
    pairs (mass, size) of integers: the mass in units of total^-t, the size in units of d^-t. Equal sizes are added
    up. Coq computes the sum; no probability is rounded. *)

From Coq Require Import Reals List Lra Lia ZArith.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions Law Lundberg.
Import ListNotations.
Open Scope R_scope.

Definition layer := list (Z * Z).

(** Two layers in decreasing order of sizes become one. *)
Fixpoint merge (u : layer) : layer -> layer :=
  match u with
  | [] => fun v => v
  | (m, n) :: u' => fix into (v : layer) : layer :=
      match v with
      | [] => u
      | (m', n') :: v' =>
          match Z.compare n n' with
          | Eq => ((m + m')%Z, n) :: merge u' v'
          | Gt => (m, n) :: merge u' v
          | Lt => (m', n') :: into v'
          end
      end
  end.

Definition scaled (move : Z * Z) (u : layer) : layer :=
  map (fun c => ((fst move * fst c)%Z, (snd move * snd c)%Z)) u.

(** One step: each move (weight, factor) of each state. *)
Definition spread (moves : list (Z * Z)) (u : layer) : layer :=
  fold_right (fun move rest => merge (scaled move u) rest) [] moves.

Definition mass (u : layer) : Z := fold_right (fun c rest => (fst c + rest)%Z) 0%Z u.

(** What has stopped within T steps, in units of total^-T; [L] is the level in the units of the layer. *)
Fixpoint follow (moves : list (Z * Z)) (d total : Z) (stop : Z -> Z -> bool) (T : nat) (L : Z) (u : layer) : Z :=
  let stopped := filter (fun c => stop L (snd c)) u in
  let alive := filter (fun c => negb (stop L (snd c))) u in
  (mass stopped * total ^ Z.of_nat T +
    match T with O => 0 | S T' => follow moves d total stop T' (L * d) (spread moves alive) end)%Z.

Definition weighed (u : layer) : list (R * Z) := map (fun c => (IZR (fst c), snd c)) u.

Lemma merge_expect f : forall u v, expect (weighed (merge u v)) f = expect (weighed u) f + expect (weighed v) f.
Proof.
  induction u as [|[m n] u IH]; intros v; [simpl; ring|].
  induction v as [|[m' n'] v IHv]; [simpl; ring|].
  change (merge ((m, n) :: u) ((m', n') :: v)) with
    (match Z.compare n n' with
     | Eq => ((m + m')%Z, n) :: merge u v
     | Gt => (m, n) :: merge u ((m', n') :: v)
     | Lt => (m', n') :: merge ((m, n) :: u) v
     end).
  destruct (Z.compare_spec n n') as [E | L | L]; cbn [weighed map expect fst snd] in *; fold (weighed) in *.
  - subst n'. fold (weighed (merge u v)). rewrite IH, plus_IZR. unfold weighed. ring.
  - fold (weighed (merge ((m, n) :: u) v)). rewrite IHv. unfold weighed. simpl. ring.
  - fold (weighed (merge u ((m', n') :: v))). rewrite IH. unfold weighed. simpl. ring.
Qed.

Lemma scaled_expect f move u :
  expect (weighed (scaled move u)) f = IZR (fst move) * expect (weighed u) (fun n => f (snd move * n)%Z).
Proof.
  induction u as [|[m n] u IH]; [simpl; ring|]. simpl. fold (weighed u) (scaled move u) in *.
  fold (weighed (scaled move u)). rewrite IH, mult_IZR. ring.
Qed.

Lemma spread_expect f moves u :
  expect (weighed (spread moves u)) f =
  expect (weighed u) (fun n => expect (map (fun m => (IZR (fst m), snd m)) moves) (fun k => f (k * n)%Z)).
Proof.
  induction moves as [|[p k] moves IH].
  - simpl. now rewrite expect_zero.
  - unfold spread in *. cbn [fold_right map expect]. rewrite merge_expect, scaled_expect, IH.
    rewrite <- expect_scal, <- expect_plus. reflexivity.
Qed.

Lemma mass_expect u : expect (weighed u) (fun _ => 1) = IZR (mass u).
Proof. induction u as [|[m n] u IH]; [reflexivity|]. simpl. fold (weighed u). rewrite IH, plus_IZR. ring. Qed.

Lemma parts_expect (test : Z -> bool) f u :
  expect (weighed u) f = expect (weighed (filter (fun c => test (snd c)) u)) f
    + expect (weighed (filter (fun c => negb (test (snd c))) u)) f.
Proof.
  induction u as [|[m n] u IH]; [simpl; ring|].
  cbn [filter fst snd]. destruct (test n); cbn [negb]; cbn [weighed map expect fst snd] in *;
    unfold weighed in *; rewrite IH; ring.
Qed.

Lemma weighed_in u p n : In (p, n) (weighed u) -> exists m, In (m, n) u /\ p = IZR m.
Proof.
  unfold weighed. rewrite in_map_iff. intros ([m n'] & E & I). simpl in E. injection E as <- <-. now exists m.
Qed.

Section Follow.
Variables (w : list (R * R)) (lam start : R) (size : R -> R) (level : R).
Variables (moves : list (Z * Z)) (d total : Z) (stop : Z -> Z -> bool).

(** The walk of the ratio |mu_t| / |mu_0|. *)
Definition ratio_step (x r : R) : R := factor lam x * r.

Hypothesis d_positive : (0 < d)%Z.
Hypothesis same : List.Forall2 (fun e m => IZR total * fst e = IZR (fst m) /\ IZR d * factor lam (snd e) = IZR (snd m)) w moves.
Hypothesis stops : forall L n D, 0 < D -> IZR L = start * D -> (stop L n = true <-> level <= size (IZR n / D)).

Lemma moves_expect f n D : 0 < D ->
  expect (map (fun m => (IZR (fst m), snd m)) moves) (fun k => f (IZR (k * n) / (D * IZR d))) =
  IZR total * expect w (fun x => f (ratio_step x (IZR n / D))).
Proof.
  intros HD. assert (Hd : 0 < IZR d) by now apply IZR_lt.
  induction same as [|[p x] [m k] w' moves' [P F] tail IH]; [simpl; ring|]. specialize (IH tail).
  cbn [map expect fst snd] in *. rewrite IH, <- P, Rmult_plus_distr_l, <- Rmult_assoc. f_equal. f_equal. f_equal.
  unfold ratio_step. rewrite mult_IZR, <- F. field. lra.
Qed.

Theorem follow_is_hit : forall T L D u, 0 < D -> IZR L = start * D ->
  IZR (follow moves d total stop T L u) =
  IZR (total ^ Z.of_nat T) * expect (weighed u) (fun n => hit w ratio_step size level T (IZR n / D)).
Proof.
  assert (Hd : 0 < IZR d) by now apply IZR_lt.
  induction T as [|T IH]; intros L D u HD HL.
  - cbn [follow]. rewrite plus_IZR, mult_IZR, Rplus_0_r, Rmult_comm. f_equal.
    rewrite (parts_expect (stop L)), <- mass_expect.
    rewrite (expect_ext _ (fun n => hit w ratio_step size level 0 (IZR n / D)) (fun _ => 1)).
    2:{ intros p n I. apply weighed_in in I. destruct I as (m & I & _). apply filter_In in I. destruct I as [_ I].
        apply hit_reached. now apply (stops L n D HD HL). }
    rewrite (expect_ext (weighed (filter (fun c => negb (stop L (snd c))) u)) _ (fun _ => 0)).
    + now rewrite expect_zero, Rplus_0_r.
    + intros p n I. apply weighed_in in I. destruct I as (m & I & _). apply filter_In in I. destruct I as [_ I].
      apply hit_start. apply Rnot_le_lt. intros E. apply (stops L n D HD HL) in E. simpl in I. now rewrite E in I.
  - cbn [follow]. rewrite plus_IZR, mult_IZR.
    rewrite (IH (L * d)%Z (D * IZR d)); [|nra|rewrite mult_IZR, HL; ring].
    rewrite spread_expect.
    rewrite (expect_ext _ _ (fun n => IZR total * expect w (fun x => hit w ratio_step size level T (ratio_step x (IZR n / D))))).
    2:{ intros p n _. apply (moves_expect (hit w ratio_step size level T)). exact HD. }
    rewrite expect_scal, Nat2Z.inj_succ, Z.pow_succ_r, (mult_IZR total) by lia.
    rewrite (parts_expect (stop L) (fun n => hit w ratio_step size level (S T) (IZR n / D))), <- mass_expect.
    rewrite (expect_ext (weighed (filter (fun c => stop L (snd c)) u)) (fun n => hit w ratio_step size level (S T) (IZR n / D)) (fun _ => 1)).
    2:{ intros p n I. apply weighed_in in I. destruct I as (m & I & _). apply filter_In in I. destruct I as [_ I].
        apply hit_reached. now apply (stops L n D HD HL). }
    rewrite (expect_ext (weighed (filter (fun c => negb (stop L (snd c))) u)) (fun n => hit w ratio_step size level (S T) (IZR n / D))
      (fun n => expect w (fun x => hit w ratio_step size level T (ratio_step x (IZR n / D))))).
    2:{ intros p n I. apply weighed_in in I. destruct I as (m & I & _). apply filter_In in I. destruct I as [_ I].
        apply hit_step. apply Rnot_le_lt. intros E. apply (stops L n D HD HL) in E. simpl in I. now rewrite E in I. }
    ring.
Qed.

End Follow.

(** A walk from mu and the walk of its ratio. *)
Lemma hit_ratio w lam (size size' : R -> R) (level level' mu : R) :
  (forall s, level <= size s <-> level' <= size' (Rabs s / Rabs mu)) ->
  forall T s, hit w (linear_step lam) size level T s = hit w (ratio_step lam) size' level' T (Rabs s / Rabs mu).
Proof.
  intros H. induction T as [|T IH]; intros s; specialize (H s); simpl;
    destruct (Rle_dec level (size s)), (Rle_dec level' (size' (Rabs s / Rabs mu))); try easy; try tauto.
  apply expect_ext. intros p x _. rewrite IH, Rabs_linear_step. unfold ratio_step. f_equal. unfold Rdiv. ring.
Qed.

Definition matches w lam d total : list (Z * Z) -> Prop :=
  List.Forall2 (fun e m => IZR total * fst e = IZR (fst m) /\ IZR d * factor lam (snd e) = IZR (snd m)) w.

(** The level K = top / bottom is reached. *)
Definition up_to (bottom L n : Z) : bool := Z.leb L (bottom * n).

(** The probability that |mu_t| >= K |mu_0| for some t <= T is this fraction. *)
Theorem reach_is_fraction w lam d total moves top bottom T mu : mu <> 0 ->
  (0 < d)%Z -> (0 < total)%Z -> (0 < bottom)%Z -> matches w lam d total moves ->
  reach w lam (IZR top / IZR bottom * Rabs mu) T mu =
  IZR (follow moves d total (up_to bottom) T top [(1, 1)%Z]) / IZR (total ^ Z.of_nat T).
Proof.
  intros Hmu Hd Ht Hb M. pose proof (Rabs_pos_lt mu Hmu) as P. assert (B : 0 < IZR bottom) by now apply IZR_lt.
  assert (N : 0 < IZR (total ^ Z.of_nat T)) by (apply IZR_lt; apply Z.pow_pos_nonneg; lia).
  unfold reach. rewrite (hit_ratio w lam Rabs (fun r => r) _ (IZR top / IZR bottom) mu).
  2:{ intros s. replace (Rabs s) with (Rabs s / Rabs mu * Rabs mu) at 1 by (field; lra). split; intros H.
      - now apply Rmult_le_reg_r in H.
      - apply Rmult_le_compat_r; lra. }
  rewrite (follow_is_hit w lam (IZR top) (fun r => r) (IZR top / IZR bottom) moves d total (up_to bottom) Hd M) with (D := 1).
  - cbn [weighed map expect fst snd]. replace (Rabs mu / Rabs mu) with (1 / 1) by (field; lra). field. lra.
  - intros L n D HD HL. unfold up_to. rewrite Z.leb_le. split; intros H.
    + apply Rmult_le_reg_r with (D * IZR bottom); [nra|]. replace (IZR top / IZR bottom * (D * IZR bottom)) with (IZR L) by (rewrite HL; field; lra).
      replace (IZR n / D * (D * IZR bottom)) with (IZR (bottom * n)) by (rewrite mult_IZR; field; lra). now apply IZR_le.
    + apply le_IZR. rewrite mult_IZR, HL. apply Rmult_le_compat_r with (r := D * IZR bottom) in H; [|nra].
      field_simplify in H; lra.
  - lra.
  - ring.
Qed.

(** The floor top / bottom is left. *)
Definition down_to (bottom L n : Z) : bool := Z.ltb (bottom * n) L.

(** 1 where |s| is below the floor. *)
Definition below_floor (floor s : R) : R := if Rlt_dec (Rabs s) floor then 1 else 0.

(** The probability that |mu_t| >= c |mu_0| for all t <= T. *)
Definition stays (w : list (R * R)) (lam c : R) (T : nat) (mu : R) : R :=
  1 - hit w (linear_step lam) (below_floor (c * Rabs mu)) 1 T mu.

Theorem stays_is_fraction w lam d total moves top bottom T mu : mu <> 0 ->
  (0 < d)%Z -> (0 < total)%Z -> (0 < bottom)%Z -> matches w lam d total moves ->
  stays w lam (IZR top / IZR bottom) T mu =
  1 - IZR (follow moves d total (down_to bottom) T top [(1, 1)%Z]) / IZR (total ^ Z.of_nat T).
Proof.
  intros Hmu Hd Ht Hb M. pose proof (Rabs_pos_lt mu Hmu) as P. assert (B : 0 < IZR bottom) by now apply IZR_lt.
  assert (N : 0 < IZR (total ^ Z.of_nat T)) by (apply IZR_lt; apply Z.pow_pos_nonneg; lia).
  unfold stays. f_equal.
  set (inside := fun r => if Rlt_dec r (IZR top / IZR bottom) then 1 else 0).
  rewrite (hit_ratio w lam _ inside 1 1 mu).
  2:{ intros s. unfold below_floor, inside.
      assert (E : Rabs s < IZR top / IZR bottom * Rabs mu <-> Rabs s / Rabs mu < IZR top / IZR bottom).
      { replace (Rabs s) with (Rabs s / Rabs mu * Rabs mu) at 1 by (field; lra). split; intros H.
        - now apply Rmult_lt_reg_r in H.
        - apply Rmult_lt_compat_r; lra. }
      destruct (Rlt_dec (Rabs s) _), (Rlt_dec (Rabs s / Rabs mu) _); try lra; tauto. }
  rewrite (follow_is_hit w lam (IZR top) inside 1 moves d total (down_to bottom) Hd M) with (D := 1).
  - cbn [weighed map expect fst snd]. replace (Rabs mu / Rabs mu) with (1 / 1) by (field; lra). field. lra.
  - intros L n D HD HL. unfold down_to, inside. rewrite Z.ltb_lt.
    assert (E : (bottom * n < L)%Z <-> IZR n / D < IZR top / IZR bottom).
    { split; intros H.
      - apply Rmult_lt_reg_r with (D * IZR bottom); [nra|].
        replace (IZR top / IZR bottom * (D * IZR bottom)) with (IZR L) by (rewrite HL; field; lra).
        replace (IZR n / D * (D * IZR bottom)) with (IZR (bottom * n)) by (rewrite mult_IZR; field; lra). now apply IZR_lt.
      - apply lt_IZR. rewrite mult_IZR, HL. apply Rmult_lt_compat_r with (r := D * IZR bottom) in H; [|nra].
        field_simplify in H; lra. }
    destruct (Rlt_dec (IZR n / D) (IZR top / IZR bottom)) as [H | H]; split; intros A; try lra; tauto.
  - lra.
  - ring.
Qed.

(** a / b <= v / n <= e / f, in integers. *)
Definition fraction_between (a b v n e f : Z) : bool :=
  (Z.ltb 0 b && Z.ltb 0 n && Z.ltb 0 f && Z.leb (a * n) (v * b) && Z.leb (v * f) (e * n))%bool.

Lemma fraction_between_correct a b v n e f : fraction_between a b v n e f = true ->
  IZR a / IZR b <= IZR v / IZR n <= IZR e / IZR f.
Proof.
  unfold fraction_between. rewrite !Bool.andb_true_iff, !Z.ltb_lt, !Z.leb_le. intros [[[[B N] F] H] H'].
  apply IZR_lt in B, N, F. apply IZR_le in H, H'. rewrite !mult_IZR in H, H'.
  assert (inv : forall x y, 0 < y -> x / y * y = x) by (intros; field; lra).
  split.
  - apply Rmult_le_reg_r with (IZR b * IZR n); [nra|]. replace (IZR a / IZR b * (IZR b * IZR n)) with (IZR a * IZR n) by (field; lra).
    replace (IZR v / IZR n * (IZR b * IZR n)) with (IZR v * IZR b) by (field; lra). exact H.
  - apply Rmult_le_reg_r with (IZR f * IZR n); [nra|]. replace (IZR v / IZR n * (IZR f * IZR n)) with (IZR v * IZR f) by (field; lra).
    replace (IZR e / IZR f * (IZR f * IZR n)) with (IZR e * IZR n) by (field; lra). exact H'.
Qed.

(** What Coq computes: the fraction lies between lower and upper. *)
Definition within_holds (d total : Z) (moves : list (Z * Z)) (T : nat) (top bottom a b e f : Z) : bool :=
  ((0 <? d) && (0 <? total) && (0 <? bottom) &&
   fraction_between a b (follow moves d total (up_to bottom) T top [(1, 1)]) (total ^ Z.of_nat T) e f)%Z%bool.

Definition stays_holds (d total : Z) (moves : list (Z * Z)) (T : nat) (top bottom a b e f : Z) : bool :=
  ((0 <? d) && (0 <? total) && (0 <? bottom) && let n := total ^ Z.of_nat T in
   fraction_between a b (n - follow moves d total (down_to bottom) T top [(1, 1)]) n e f)%Z%bool.

Theorem within_claim w lam d total moves T top bottom a b e f (K lower upper : R) :
  K = IZR top / IZR bottom -> lower = IZR a / IZR b -> upper = IZR e / IZR f -> matches w lam d total moves ->
  within_holds d total moves T top bottom a b e f = true ->
  forall mu, mu <> 0 -> lower <= reach w lam (K * Rabs mu) T mu <= upper.
Proof.
  intros -> -> -> M. unfold within_holds. rewrite !Bool.andb_true_iff, !Z.ltb_lt. intros [[[Hd Ht] Hb] C] mu Hmu.
  rewrite (reach_is_fraction w lam d total moves top bottom T mu) by easy. now apply fraction_between_correct.
Qed.

Theorem stays_claim w lam d total moves T top bottom a b e f (c lower upper : R) :
  c = IZR top / IZR bottom -> lower = IZR a / IZR b -> upper = IZR e / IZR f -> matches w lam d total moves ->
  stays_holds d total moves T top bottom a b e f = true ->
  forall mu, mu <> 0 -> lower <= stays w lam c T mu <= upper.
Proof.
  intros -> -> -> M. unfold stays_holds. rewrite !Bool.andb_true_iff, !Z.ltb_lt. intros [[[Hd Ht] Hb] C] mu Hmu.
  cbv zeta in C. rewrite (stays_is_fraction w lam d total moves top bottom T mu) by easy.
  apply fraction_between_correct in C. rewrite minus_IZR in C.
  assert (N : 0 < IZR (total ^ Z.of_nat T)) by (apply IZR_lt; apply Z.pow_pos_nonneg; lia).
  replace (1 - _) with ((IZR (total ^ Z.of_nat T) - IZR (follow moves d total (down_to bottom) T top [(1, 1)%Z])) / IZR (total ^ Z.of_nat T))
    by (field; lra).
  exact C.
Qed.

(** Weights and factors of a list, one by one. *)
Ltac each_move :=
  unfold matches; repeat (first [apply List.Forall2_nil | apply List.Forall2_cons]); cbn [fst snd]; split;
  unfold factor; try (first [rewrite Rabs_pos_eq by lra | rewrite Rabs_left by lra]); lra.
