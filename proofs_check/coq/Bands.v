(** * The exponent over intervals of lam: lemmas E3 and E4 of docs/theory.md. *)

From Coq Require Import Reals List Lra Classical.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions Law Power Drift Exponent.
Open Scope R_scope.

(** ** Convexity of mixtures *)

Lemma apow_convex a c t b : 0 <= a -> 0 <= c -> 0 <= t <= 1 -> 1 <= b ->
  apow (t * a + (1 - t) * c) b <= t * apow a b + (1 - t) * apow c b.
Proof.
  intros Ha Hc Ht Hb. pose proof (apow_nonneg a b). pose proof (apow_nonneg c b).
  assert (Hm : 0 <= t * a + (1 - t) * c) by nra.
  destruct Hm as [Hm | <-]; [|rewrite apow_zero; nra].
  set (m := t * a + (1 - t) * c) in *.
  pose proof (apow_base_tangent m a b Hm Ha Hb) as La.
  pose proof (apow_base_tangent m c b Hm Hc Hb) as Lc.
  apply Rmult_le_compat_l with (r := t) in La; [|lra].
  apply Rmult_le_compat_l with (r := 1 - t) in Lc; [|lra].
  replace (apow m b) with (t * (apow m b + b * apow m b / m * (a - m))
    + (1 - t) * (apow m b + b * apow m b / m * (c - m))) by (unfold m; field; fold m; lra).
  lra.
Qed.

Lemma apow_concave a c t b : 0 <= a -> 0 <= c -> 0 <= t <= 1 -> 0 < b <= 1 ->
  t * apow a b + (1 - t) * apow c b <= apow (t * a + (1 - t) * c) b.
Proof.
  intros Ha Hc Ht Hb.
  assert (Hm : 0 <= t * a + (1 - t) * c) by nra.
  destruct Hm as [Hm | Hm].
  - set (m := t * a + (1 - t) * c) in *.
    pose proof (apow_base_tangent_concave m a b Hm Ha ltac:(lra)) as La.
    pose proof (apow_base_tangent_concave m c b Hm Hc ltac:(lra)) as Lc.
    apply Rmult_le_compat_l with (r := t) in La; [|lra].
    apply Rmult_le_compat_l with (r := 1 - t) in Lc; [|lra].
    replace (apow m b) with (t * (apow m b + b * apow m b / m * (a - m))
      + (1 - t) * (apow m b + b * apow m b / m * (c - m))) by (unfold m; field; fold m; lra).
    lra.
  - rewrite <- Hm, apow_zero.
    assert (Hta : 0 <= t * a) by nra. assert (Htc : 0 <= (1 - t) * c) by nra.
    assert (E1 : t = 0 \/ a = 0) by (apply Rmult_integral; lra).
    assert (E2 : 1 - t = 0 \/ c = 0) by (apply Rmult_integral; lra).
    destruct E1 as [-> | ->], E2 as [E2 | ->]; rewrite ?E2, ?apow_zero; lra.
Qed.

(** A point of an interval is a mixture of its ends. *)
Lemma mixture u v lam : u < v -> u <= lam <= v ->
  exists t, 0 <= t <= 1 /\ lam = t * u + (1 - t) * v.
Proof.
  intros Huv Hlam. exists ((v - lam) / (v - u)). split.
  - assert (0 < / (v - u)) by (apply Rinv_0_lt_compat; lra).
    split.
    + apply Rmult_le_pos; lra.
    + apply Rmult_le_reg_r with (v - u); [lra|].
      unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
  - field. lra.
Qed.

(** ** Exponents b >= 1: rays *)

Section Rays.
Variable w : list (R * R).
Hypothesis law : is_law w.
Let Hw : weights w := law_weights w law.

Theorem moment_convex_in_lam u v t b : 0 <= t <= 1 -> 1 <= b ->
  moment w (t * u + (1 - t) * v) b <= t * moment w u b + (1 - t) * moment w v b.
Proof.
  intros Ht Hb. unfold moment. rewrite <- !expect_scal, <- expect_plus.
  apply expect_le; [exact Hw|]. intros p x _.
  apply Rle_trans with (apow (t * factor u x + (1 - t) * factor v x) b).
  - apply apow_le; [|lra]. split; [apply factor_nonneg|]. unfold factor.
    replace (1 - (t * u + (1 - t) * v) * x)
      with (t * (1 - u * x) + (1 - t) * (1 - v * x)) by ring.
    apply Rle_trans with (1 := Rabs_triang _ _).
    rewrite !Rabs_mult, (Rabs_pos_eq t), (Rabs_pos_eq (1 - t)) by lra. lra.
  - apply apow_convex; try easy; apply factor_nonneg.
Qed.

Lemma moment_at_lam_zero b : moment w 0 b = 1.
Proof.
  rewrite <- (expect_const w 1 law). apply expect_ext. intros p x _.
  unfold factor. rewrite Rmult_0_l, Rminus_0_r, Rabs_R1. apply apow_one.
Qed.

(** Lemma E3 (a): theta >= b at lam_0 holds for every smaller lam. *)
Theorem exponent_ray_below b lam0 lam : 1 <= b -> moment w lam0 b <= 1 -> 0 < lam <= lam0 ->
  moment w lam b <= 1 /\ Rbar_le b (theta w lam).
Proof.
  intros Hb HM Hlam.
  assert (H : moment w lam b <= 1).
  { destruct (mixture 0 lam0 lam ltac:(lra) ltac:(lra)) as (t & Ht & ->).
    apply Rle_trans with (1 := moment_convex_in_lam 0 lam0 t b Ht Hb).
    rewrite moment_at_lam_zero. nra. }
  split; [easy|]. apply exponent_ge; [lra|easy].
Qed.

(** Lemma E3 (b): theta < b at lam_0 holds for every larger lam. *)
Theorem exponent_ray_above b lam0 lam : 1 <= b -> 0 < lam0 -> 1 < moment w lam0 b ->
  lam0 <= lam -> 1 < moment w lam b /\ Rbar_lt (theta w lam) b.
Proof.
  intros Hb Hpos HM Hlam.
  assert (H : 1 < moment w lam b).
  { apply Rnot_le_lt. intros Hle.
    destruct (exponent_ray_below b lam lam0 Hb Hle ltac:(lra)). lra. }
  split; [easy|]. apply exponent_lt; [easy|lra|easy].
Qed.

(** ** Exponents b <= 1: cells between neighbouring poles *)

(** On a closed interval without a pole inside every 1 - lam x keeps its sign. *)
Lemma factor_affine (u v : R) p x : u < v -> gap w u v -> In (p, x) w ->
  (forall lam, u <= lam <= v -> factor lam x = 1 - lam * x) \/
  (forall lam, u <= lam <= v -> factor lam x = - (1 - lam * x)).
Proof.
  intros Huv Hg Hin.
  assert (between : (1 - u * x) * (1 - v * x) < 0 -> False).
  { intros H. assert (Hx : x <> 0) by (intros ->; lra).
    assert (Hb : (u - / x) * (v - / x) < 0).
    { replace ((u - / x) * (v - / x)) with ((1 - u * x) * (1 - v * x) * / (x * x)) by (field; easy).
      assert (0 < / (x * x)) by (apply Rinv_0_lt_compat; nra). nra. }
    apply (Hg (/ x)) with (p := p) (x := x); [nra|simpl; nra|easy|now field]. }
  destruct (Rle_lt_dec 0 (1 - u * x)) as [Hu | Hu], (Rle_lt_dec 0 (1 - v * x)) as [Hv | Hv].
  - left. intros lam Hlam. destruct (mixture u v lam Huv Hlam) as (t & Ht & ->).
    apply Rabs_pos_eq. nra.
  - destruct Hu as [Hu | Hu]; [exfalso; apply between; nra|].
    right. intros lam Hlam. destruct (mixture u v lam Huv Hlam) as (t & Ht & ->).
    unfold factor. rewrite Rabs_left1; nra.
  - destruct Hv as [Hv | Hv]; [exfalso; apply between; nra|].
    right. intros lam Hlam. destruct (mixture u v lam Huv Hlam) as (t & Ht & ->).
    unfold factor. rewrite Rabs_left1; nra.
  - right. intros lam Hlam. destruct (mixture u v lam Huv Hlam) as (t & Ht & ->).
    unfold factor. rewrite Rabs_left1; nra.
Qed.

Theorem moment_concave_in_lam (u v : R) t b : u < v -> gap w u v -> 0 <= t <= 1 -> 0 < b <= 1 ->
  t * moment w u b + (1 - t) * moment w v b <= moment w (t * u + (1 - t) * v) b.
Proof.
  intros Huv Hg Ht Hb. unfold moment. rewrite <- !expect_scal, <- expect_plus.
  apply expect_le; [exact Hw|]. intros p x Hin.
  replace (factor (t * u + (1 - t) * v) x) with (t * factor u x + (1 - t) * factor v x).
  - apply apow_concave; try easy; apply factor_nonneg.
  - assert (u <= t * u + (1 - t) * v <= v) by (split; nra).
    destruct (factor_affine u v p x Huv Hg Hin) as [H' | H']; rewrite (H' u), (H' v), H' by (split; lra); ring.
Qed.

(** Lemma E4 (a): M(b) > 1 at both ends of a cell gives theta < b on all of it. *)
Theorem exponent_cell_below (u v : R) b lam : u < v -> gap w u v -> 0 < b <= 1 ->
  1 < moment w u b -> 1 < moment w v b -> u <= lam <= v ->
  1 < moment w lam b /\ Rbar_lt (theta w lam) b.
Proof.
  intros Huv Hg Hb Hu Hv Hlam.
  assert (H : 1 < moment w lam b).
  { destruct (mixture u v lam Huv Hlam) as (t & Ht & ->).
    apply Rlt_le_trans with (2 := moment_concave_in_lam u v t b Huv Hg Ht Hb).
    assert (Hmin : 1 < Rmin (moment w u b) (moment w v b)) by now apply Rmin_glb_lt.
    pose proof (Rmin_l (moment w u b) (moment w v b)).
    pose proof (Rmin_r (moment w u b) (moment w v b)).
    set (m := Rmin _ _) in *. apply Rlt_le_trans with (t * m + (1 - t) * m); [lra|].
    apply Rplus_le_compat; apply Rmult_le_compat_l; lra. }
  split; [easy|]. apply exponent_lt; [easy|lra|easy].
Qed.

(** The derivative of M(b; lam) in lam, off the poles. *)
Definition moment_lam_slope (lam b : R) : R :=
  expect w (fun x => b * apow (factor lam x) b * (- x / (1 - lam * x))).

Theorem moment_lam_derive lam b : no_pole w lam ->
  is_derive (fun l => moment w l b) lam (moment_lam_slope lam b).
Proof.
  intros Hnp. unfold moment, moment_lam_slope.
  apply (expect_derive w (fun x l => apow (factor l x) b)).
  intros p x Hin. specialize (Hnp p x Hin). pose proof (factor_pos lam x Hnp) as Hf.
  assert (near : locally lam (fun l => 0 < factor l x)).
  { assert (Hc : continuous (fun l => factor l x) lam).
    { apply (continuous_comp (fun l => 1 - l * x) Rabs); [|apply continuous_Rabs].
      apply (ex_derive_continuous (fun l => 1 - l * x)). auto_derive. easy. }
    apply (Hc (fun r => 0 < r)). now apply open_gt. }
  apply is_derive_ext_loc with (fun l => exp (b * ln (factor l x))).
  - apply filter_imp with (2 := near). intros l Hl. now rewrite apow_exp.
  - rewrite apow_exp by easy.
    replace (b * exp (b * ln (factor lam x)) * (- x / (1 - lam * x)))
      with (scal (b * (- x / (1 - lam * x))) (exp (b * ln (factor lam x))))
      by (unfold scal; simpl; unfold mult; simpl; ring).
    apply (is_derive_comp exp (fun l => b * ln (factor l x))); [apply is_derive_exp|].
    apply is_derive_scal. now apply ln_factor_derive.
Qed.

Theorem moment_tangent_in_lam (u v c : R) b lam : u < v -> gap w u v -> u <= c <= v ->
  no_pole w c -> 0 < b <= 1 -> u <= lam <= v ->
  moment w lam b <= moment w c b + moment_lam_slope c b * (lam - c).
Proof.
  intros Huv Hg Hc Hnp Hb Hlam. unfold moment, moment_lam_slope.
  rewrite (Rmult_comm (expect _ _)), <- expect_scal, <- expect_plus.
  apply expect_le; [exact Hw|]. intros p x Hin.
  specialize (Hnp p x Hin). pose proof (factor_pos c x Hnp) as Hf.
  apply Rle_trans with (1 := apow_base_tangent_concave (factor c x) (factor lam x) b Hf
    (factor_nonneg lam x) ltac:(lra)).
  right. f_equal.
  destruct (factor_affine u v p x Huv Hg Hin) as [H | H]; rewrite !H in * by easy; field; easy.
Qed.

(** Lemma E4 (b): a tangent that is at most 1 at both ends of a cell gives theta >= b on it. *)
Theorem exponent_cell_above (u v c : R) b lam : u < v -> gap w u v -> u <= c <= v ->
  no_pole w c -> 0 < b <= 1 ->
  moment w c b + moment_lam_slope c b * (u - c) <= 1 ->
  moment w c b + moment_lam_slope c b * (v - c) <= 1 -> u <= lam <= v ->
  moment w lam b <= 1 /\ Rbar_le b (theta w lam).
Proof.
  intros Huv Hg Hc Hnp Hb Hu Hv Hlam.
  assert (H : moment w lam b <= 1).
  { apply Rle_trans with (1 := moment_tangent_in_lam u v c b lam Huv Hg Hc Hnp Hb Hlam).
    destruct (Rle_lt_dec 0 (moment_lam_slope c b)); nra. }
  split; [easy|]. apply exponent_ge; [lra|easy].
Qed.

(** G > 0 needs a factor above 1. *)
Lemma unstable_of_drift lam : no_pole w lam -> 0 < drift w lam -> unstable w lam.
Proof.
  intros Hnp HG. apply NNPP. intros Hn.
  assert (drift w lam <= 0); [|lra].
  rewrite <- (expect_zero w). apply expect_le; [exact Hw|]. intros p x Hin.
  rewrite <- ln_1. apply ln_le; [apply factor_pos; now apply (Hnp p)|].
  apply Rnot_lt_le. intros Hlt. apply Hn. now exists p, x.
Qed.

Theorem exponent_zero lam : no_pole w lam -> 0 < drift w lam -> theta w lam = 0.
Proof.
  intros Hnp HG. apply exponent_inflationary; try easy; try lra. now apply unstable_of_drift.
Qed.

(** Lemma E4 (c): G > 0 at both ends of a piece of a gap gives theta = 0 on it. *)
Theorem exponent_cell_zero a (b : Rbar) u v lam : moving w -> gap w a b ->
  inside w a b u -> inside w a b v -> 0 < drift w u -> 0 < drift w v -> u <= lam <= v ->
  theta w lam = 0.
Proof.
  intros Hm Hg Hu Hv Gu Gv Hlam. apply exponent_zero.
  - now apply (inside_between w a b Hg u v lam).
  - now apply (positive_piece w a b Hw Hm Hg u v).
Qed.

End Rays.
