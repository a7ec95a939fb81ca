(** * The Cramer exponent: lemmas E1 and E2 of docs/theory.md.

    The moment function lies above its tangents in s (each r^s = exp (s ln r) does), hence is
    convex, and M(0) = P(r > 0) <= 1.  So { s >= 0 : M(s) <= 1 } is an interval from 0. *)

From Coq Require Import Reals Ranalysis5 List Lra Classical.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions Law Power Drift.
Open Scope R_scope.

(** Some step increases |mu|: lam times the largest rate is above 2. *)
Definition unstable (w : list (R * R)) (lam : R) : Prop :=
  exists p x, In (p, x) w /\ 1 < factor lam x.

(** Some step increases |mu| and G(lam) < 0, a pole (where G is minus infinity) included. *)
Definition deflationary (w : list (R * R)) (lam : R) : Prop :=
  unstable w lam /\ (no_pole w lam -> drift w lam < 0).

(** The derivative of the moment function in s. *)
Definition moment_slope (w : list (R * R)) (lam s : R) : R :=
  expect w (fun x => apow (factor lam x) s * ln (factor lam x)).

Lemma factor_nonneg lam x : 0 <= factor lam x.
Proof. apply Rabs_pos. Qed.

Lemma factor_pos lam x : 1 - lam * x <> 0 -> 0 < factor lam x.
Proof. apply Rabs_pos_lt. Qed.

Lemma pole_or_not w lam : no_pole w lam \/ exists p x, In (p, x) w /\ 1 - lam * x = 0.
Proof.
  destruct (classic (no_pole w lam)) as [H | H]; [now left|right].
  apply not_all_ex_not in H. destruct H as [p H].
  apply not_all_ex_not in H. destruct H as [x H].
  apply imply_to_and in H. destruct H as [Hin H]. exists p, x. split; [easy|].
  now apply NNPP.
Qed.

Section Moment.
Variables (w : list (R * R)) (lam : R).
Hypothesis law : is_law w.
Let Hw : weights w := law_weights w law.

Notation M := (moment w lam).

Lemma moment_nonneg s : 0 <= M s.
Proof. apply expect_nonneg; [exact Hw|]. intros. apply apow_nonneg. Qed.

Lemma moment_zero_le : M 0 <= 1.
Proof.
  rewrite <- (expect_const w 1 law). apply expect_le; [exact Hw|].
  intros p x _. destruct (factor_nonneg lam x) as [H | <-].
  - rewrite apow_exp, Rmult_0_l, exp_0 by easy. lra.
  - rewrite apow_zero. lra.
Qed.

Lemma moment_zero_no_pole : no_pole w lam -> M 0 = 1.
Proof.
  intros H. rewrite <- (expect_const w 1 law). apply expect_ext.
  intros p x Hin. rewrite apow_exp, Rmult_0_l, exp_0; [easy|].
  apply factor_pos. now apply (H p).
Qed.

Lemma moment_slope_zero : no_pole w lam -> moment_slope w lam 0 = drift w lam.
Proof.
  intros H. apply expect_ext. intros p x Hin.
  rewrite apow_exp, Rmult_0_l, exp_0; [ring|]. apply factor_pos. now apply (H p).
Qed.

Lemma moment_derive s : is_derive M s (moment_slope w lam s).
Proof.
  apply (expect_derive w (fun x t => apow (factor lam x) t)).
  intros. apply apow_derive, factor_nonneg.
Qed.

Lemma moment_continuous s : continuous M s.
Proof. apply (ex_derive_continuous M). eexists. apply moment_derive. Qed.

(** ** Convexity in the exponent *)

Theorem moment_tangent s t : M s + moment_slope w lam s * (t - s) <= M t.
Proof.
  unfold moment, moment_slope. rewrite (Rmult_comm (expect _ _)), <- expect_scal, <- expect_plus.
  apply expect_le; [exact Hw|]. intros p x _.
  pose proof (apow_tangent (factor lam x) s t (factor_nonneg lam x)). lra.
Qed.

Theorem moment_tangent_strict s t : unstable w lam -> s <> t ->
  M s + moment_slope w lam s * (t - s) < M t.
Proof.
  intros (p & x & Hin & Hx) Hne.
  unfold moment, moment_slope. rewrite (Rmult_comm (expect _ _)), <- expect_scal, <- expect_plus.
  apply expect_lt; [exact Hw| |].
  - intros q y _. pose proof (apow_tangent (factor lam y) s t (factor_nonneg lam y)). lra.
  - exists p, x. split; [easy|].
    pose proof (apow_tangent_strict (factor lam x) s t ltac:(lra) ltac:(lra) Hne). lra.
Qed.

(** Convexity by three points. *)
Theorem moment_three_points r s t : r < s < t -> M s * (t - r) <= M r * (t - s) + M t * (s - r).
Proof.
  intros H. pose proof (moment_tangent s r) as Hr. pose proof (moment_tangent s t) as Ht.
  apply Rmult_le_compat_r with (r := t - s) in Hr; [|lra].
  apply Rmult_le_compat_r with (r := s - r) in Ht; [|lra]. lra.
Qed.

Theorem moment_three_points_strict r s t : unstable w lam -> r < s < t ->
  M s * (t - r) < M r * (t - s) + M t * (s - r).
Proof.
  intros Hu H.
  pose proof (moment_tangent_strict s r Hu ltac:(lra)) as Hr.
  pose proof (moment_tangent_strict s t Hu ltac:(lra)) as Ht.
  apply Rmult_lt_compat_r with (r := t - s) in Hr; [|lra].
  apply Rmult_lt_compat_r with (r := s - r) in Ht; [|lra]. lra.
Qed.

(** { s >= 0 : M(s) <= 1 } is an interval from 0. *)
Lemma moment_le_before s t : 0 <= s <= t -> M t <= 1 -> M s <= 1.
Proof.
  pose proof moment_zero_le as H0. intros [[Hs | <-] [Hst | ->]] Ht; try easy.
  pose proof (moment_three_points 0 s t (conj Hs Hst)). apply Rmult_le_reg_r with (t - 0); nra.
Qed.

(** Between 0 and a point where M <= 1 the moment is below 1. *)
Lemma moment_lt_before s t : unstable w lam -> 0 < s < t -> M t <= 1 -> M s < 1.
Proof.
  pose proof moment_zero_le as H0. intros Hu Hs Ht.
  pose proof (moment_three_points_strict 0 s t Hu Hs). apply Rmult_lt_reg_r with (t - 0); nra.
Qed.

(** After a point a >= 0 with M(a) < 1 and a later one with M = 1 the moment is above 1. *)
Lemma moment_gt_after a t s : 0 <= a < t -> t < s -> M a < 1 -> M t = 1 -> 1 < M s.
Proof.
  intros Ha Hs Ma Mt. pose proof (moment_three_points a t s (conj (proj2 Ha) Hs)) as H.
  rewrite Mt in H. apply Rmult_lt_reg_r with (t - a); nra.
Qed.

(** M is above 1 somewhere beyond every point, if some factor is above 1. *)
Lemma moment_unbounded s : unstable w lam -> exists t, s < t /\ 1 < M t.
Proof.
  intros (p & x & Hin & Hx). pose proof (Hw p x Hin) as Hp.
  assert (Hln : 0 < ln (factor lam x)) by (rewrite <- ln_1; apply ln_increasing; lra).
  assert (Hpl : 0 < p * ln (factor lam x)) by (now apply Rmult_lt_0_compat).
  exists (Rmax (s + 1) (/ (p * ln (factor lam x)))). set (t := Rmax _ _).
  assert (s + 1 <= t) by apply Rmax_l.
  assert (Ht : / (p * ln (factor lam x)) <= t) by apply Rmax_r.
  split; [lra|].
  apply Rlt_le_trans with (p * apow (factor lam x) t).
  - rewrite apow_exp by lra.
    assert (Hone : 1 <= p * (t * ln (factor lam x))).
    { replace 1 with (/ (p * ln (factor lam x)) * (p * ln (factor lam x))) by (field; lra).
      replace (p * (t * ln (factor lam x))) with (t * (p * ln (factor lam x))) by ring.
      apply Rmult_le_compat_r; lra. }
    assert (Hne : t * ln (factor lam x) <> 0) by (intros E; rewrite E in Hone; lra).
    pose proof (exp_ineq1 _ Hne) as Hexp.
    apply Rmult_lt_compat_l with (r := p) in Hexp; [|easy]. lra.
  - unfold moment. apply (expect_term w (fun x => apow (factor lam x) t)); [exact Hw|easy|].
    intros. apply apow_nonneg.
Qed.

(** M = 1 somewhere between M < 1 and M > 1. *)
Lemma moment_root a b : a < b -> M a < 1 < M b -> exists t, a < t < b /\ M t = 1.
Proof.
  intros Hab [Ha Hb].
  destruct (IVT_interv (fun s => M s - 1) a b) as [t [[Ht1 Ht2] Ht]]; try lra.
  { intros c _. apply continuity_pt_minus; [|apply continuity_pt_const; now intros y z].
    apply continuity_pt_filterlim, moment_continuous. }
  assert (M t = 1) as E by lra. exists t. split; [|easy].
  split; [destruct Ht1 as [|E1]|destruct Ht2 as [|E1]]; try easy; subst; lra.
Qed.

(** A strict inequality for M at a point holds close by. *)
Lemma moment_near s (P : R -> Prop) : open P -> P (M s) ->
  exists d, 0 < d /\ forall t, Rabs (t - s) < d -> P (M t).
Proof.
  intros HP Hs.
  destruct (moment_continuous s P (HP (M s) Hs)) as [d Hd].
  exists d. split; [apply cond_pos|]. intros t Ht. now apply Hd.
Qed.

(** G < 0, or a pole: the moment falls below 1 at once. *)
Lemma moment_below_one : (no_pole w lam -> drift w lam < 0) -> exists s, 0 < s /\ M s < 1.
Proof.
  intros Hneg. destruct (pole_or_not w lam) as [Hnp | (p & x & Hin & Hx)].
  - pose proof (moment_derive 0) as Hd. rewrite moment_slope_zero in Hd by easy.
    specialize (Hneg Hnp). apply is_derive_Reals in Hd.
    destruct (Hd (- drift w lam) ltac:(lra)) as [d Hd'].
    pose proof (cond_pos d) as Hdpos.
    exists (d / 2). split; [lra|].
    specialize (Hd' (d / 2) ltac:(lra)). rewrite Rabs_pos_eq in Hd' by lra.
    specialize (Hd' ltac:(lra)). apply Rabs_def2 in Hd'. destruct Hd' as [Hup _].
    rewrite Rplus_0_l, moment_zero_no_pole in Hup by easy.
    assert (Hq : (M (d / 2) - 1) / (d / 2) < 0) by lra.
    apply Rmult_lt_compat_r with (r := d / 2) in Hq; [|lra].
    unfold Rdiv at 1 in Hq. rewrite Rmult_assoc, Rinv_l in Hq by lra. lra.
  - assert (H0 : M 0 < 1).
    { rewrite <- (expect_const w 1 law). apply expect_lt; [exact Hw| |].
      - intros q y _. destruct (factor_nonneg lam y) as [H | <-].
        + rewrite apow_exp, Rmult_0_l, exp_0 by easy. lra.
        + rewrite apow_zero. lra.
      - exists p, x. split; [easy|]. unfold factor. rewrite Hx, Rabs_R0, apow_zero. lra. }
    destruct (moment_near 0 (fun m => m < 1) (open_lt 1) H0) as (d & Hd & Hnear).
    exists (d / 2). split; [lra|]. apply Hnear. rewrite Rminus_0_r, Rabs_pos_eq; lra.
Qed.

(** ** The exponent *)

Lemma theta_is_root a t : 0 <= a < t -> M a < 1 -> M t = 1 -> theta w lam = Finite t.
Proof.
  intros Ha Ma Mt. apply is_lub_Rbar_unique. split.
  - intros s [Hs HMs]. simpl. apply Rnot_lt_le. intros Hlt.
    pose proof (moment_gt_after a t s Ha Hlt Ma Mt). lra.
  - intros b Hb. apply Hb. lra.
Qed.

(** Lemma E1, deflationary: there is exactly one root theta > 0; M < 1 before, M > 1 after. *)
Theorem exponent_exists : deflationary w lam ->
  exists t, 0 < t /\ theta w lam = Finite t /\ M t = 1 /\
    (forall s, 0 < s < t -> M s < 1) /\ (forall s, t < s -> 1 < M s).
Proof.
  intros [Hu Hneg]. destruct (moment_below_one Hneg) as (a & Ha & Ma).
  destruct (moment_unbounded a Hu) as (b & Hb & Mb).
  destruct (moment_root a b Hb (conj Ma Mb)) as (t & Ht & Mt).
  exists t. split; [lra|]. split; [apply (theta_is_root a t); lra|].
  split; [easy|]. split.
  - intros s Hs. apply (moment_lt_before s t Hu Hs). lra.
  - intros s Hs. apply (moment_gt_after a t s); lra.
Qed.

(** The same root, said without [theta]. *)
Corollary exponent_unique : deflationary w lam -> exists! t, 0 < t /\ M t = 1.
Proof.
  intros Hd. destruct (exponent_exists Hd) as (t & Ht & _ & Mt & Hbefore & Hafter).
  exists t. split; [easy|]. intros s [Hs Ms].
  destruct (Rtotal_order s t) as [L | [E | L]]; [|easy|].
  - specialize (Hbefore s (conj Hs L)). lra.
  - specialize (Hafter s L). lra.
Qed.

(** Lemma E2: two signs bracket the exponent, whatever else is known. *)
Theorem exponent_bracket a b : 0 <= a < b -> M a < 1 < M b ->
  exists t, theta w lam = Finite t /\ a < t < b /\ M t = 1.
Proof.
  intros Hab Hm. destruct (moment_root a b (proj2 Hab) Hm) as (t & Ht & Mt).
  exists t. split; [apply (theta_is_root a t); lra|]. easy.
Qed.

Theorem exponent_ge a : 0 <= a -> M a <= 1 -> Rbar_le a (theta w lam).
Proof. intros Ha Hm. apply (proj1 (Lub_Rbar_correct _)). now split. Qed.

Theorem exponent_gt a : 0 <= a -> M a < 1 -> Rbar_lt a (theta w lam).
Proof.
  intros Ha Hm. destruct (moment_near a (fun m => m < 1) (open_lt 1) Hm) as (d & Hd & Hnear).
  apply Rbar_lt_le_trans with (Finite (a + d / 2)); [simpl; lra|].
  apply exponent_ge; [lra|]. left. apply Hnear.
  replace (a + d / 2 - a) with (d / 2) by ring. rewrite Rabs_pos_eq; lra.
Qed.

Theorem exponent_lt b : 0 < b -> 1 < M b -> Rbar_lt (theta w lam) b.
Proof.
  intros Hb Hm. destruct (moment_near b (fun m => 1 < m) (open_gt 1) Hm) as (d & Hd & Hnear).
  assert (Hmin : 0 < Rmin d b) by now apply Rmin_glb_lt.
  pose proof (Rmin_l d b). pose proof (Rmin_r d b). set (e := Rmin d b / 2).
  apply Rbar_le_lt_trans with (Finite (b - e)); [|unfold e; simpl; lra].
  apply (proj2 (Lub_Rbar_correct _)). intros s [Hs HMs]. simpl.
  apply Rnot_lt_le. intros Hlt.
  assert (HM : M (b - e) <= 1) by (apply (moment_le_before _ s); unfold e in *; lra).
  assert (1 < M (b - e)); [|lra]. apply Hnear.
  replace (b - e - b) with (- e) by ring. rewrite Rabs_Ropp, Rabs_pos_eq; unfold e; lra.
Qed.

(** Lemma E1, stable: no factor exceeds 1, the exponent is infinite. *)
Theorem exponent_stable : (forall p x, In (p, x) w -> factor lam x <= 1) ->
  theta w lam = p_infty.
Proof.
  intros H.
  assert (Hall : forall s, 0 <= s -> M s <= 1).
  { intros s Hs. rewrite <- (expect_const w 1 law). apply expect_le; [exact Hw|].
    intros p x Hin. apply apow_le_one; [|easy]. split; [apply factor_nonneg|now apply (H p)]. }
  apply is_lub_Rbar_unique. split.
  - intros s _. easy.
  - intros b Hb. destruct b as [b | |]; [|easy|].
    + exfalso. assert (Hle : Rbar_le (Rabs b + 1) b).
      { apply Hb. pose proof (Rabs_pos b). split; [lra|apply Hall; lra]. }
      simpl in Hle. pose proof (Rle_abs b). lra.
    + exfalso. apply (Hb 0). split; [lra|apply Hall; lra].
Qed.

(** Lemma E1, inflationary and critical: some factor exceeds 1 and G >= 0, theta = 0. *)
Theorem exponent_inflationary : unstable w lam -> no_pole w lam -> 0 <= drift w lam ->
  theta w lam = 0 /\ forall s, 0 < s -> 1 < M s.
Proof.
  intros Hu Hnp HG.
  assert (Habove : forall s, 0 < s -> 1 < M s).
  { intros s Hs. pose proof (moment_tangent_strict 0 s Hu ltac:(lra)) as H.
    rewrite moment_zero_no_pole, moment_slope_zero in H by easy. nra. }
  split; [|easy]. apply is_lub_Rbar_unique. split.
  - intros s [Hs HMs]. simpl. apply Rnot_lt_le. intros Hlt. specialize (Habove s Hlt). lra.
  - intros b Hb. apply Hb. split; [lra|apply moment_zero_le].
Qed.

(** Lemma E1: one of the three holds (G = 0 counts with G > 0 here). *)
Theorem exponent_regimes :
  ((forall p x, In (p, x) w -> factor lam x <= 1) /\ theta w lam = p_infty) \/
  (unstable w lam /\ no_pole w lam /\ 0 <= drift w lam /\ theta w lam = 0) \/
  (deflationary w lam /\ exists t, 0 < t /\ theta w lam = Finite t).
Proof.
  destruct (classic (unstable w lam)) as [Hu | Hn].
  - right. destruct (classic (no_pole w lam -> drift w lam < 0)) as [Hneg | Hpos].
    + right. split; [easy|]. destruct (exponent_exists (conj Hu Hneg)) as (t & Ht & Et & _).
      now exists t.
    + left. apply imply_to_and in Hpos. destruct Hpos as [Hnp HG]. apply Rnot_lt_le in HG.
      repeat split; try easy. now apply exponent_inflationary.
  - left.
    assert (Hle : forall p x, In (p, x) w -> factor lam x <= 1).
    { intros p x Hin. apply Rnot_lt_le. intros Hlt. apply Hn. now exists p, x. }
    split; [easy|]. now apply exponent_stable.
Qed.

(** M(a) < 1 proves G < 0, and M(b) > 1 that some factor exceeds 1. *)
Theorem drift_negative_of_moment a : 0 < a -> M a < 1 -> no_pole w lam -> drift w lam < 0.
Proof.
  intros Ha Hm Hnp. pose proof (moment_tangent 0 a) as H.
  rewrite moment_zero_no_pole, moment_slope_zero in H by easy.
  apply Rnot_le_lt. intros Hle. nra.
Qed.

Theorem unstable_of_moment b : 0 <= b -> 1 < M b -> unstable w lam.
Proof.
  intros Hb Hm. apply NNPP. intros Hn.
  assert (M b <= 1); [|lra].
  rewrite <- (expect_const w 1 law). apply expect_le; [exact Hw|].
  intros p x Hin. apply apow_le_one; [|easy]. split; [apply factor_nonneg|].
  apply Rnot_lt_le. intros Hlt. apply Hn. now exists p, x.
Qed.

End Moment.
