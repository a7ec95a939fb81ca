(** * The power r^s of r >= 0 with 0^s = 0. *)

From Coq Require Import Reals Lra.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions.
Open Scope R_scope.

Lemma apow_exp r s : 0 < r -> apow r s = exp (s * ln r).
Proof. intros H. unfold apow. destruct (Rlt_dec 0 r); [reflexivity|easy]. Qed.

Lemma apow_zero s : apow 0 s = 0.
Proof. unfold apow. destruct (Rlt_dec 0 0); [lra|reflexivity]. Qed.

Lemma apow_pos r s : 0 < r -> 0 < apow r s.
Proof. intros H. rewrite apow_exp by easy. apply exp_pos. Qed.

Lemma apow_nonneg r s : 0 <= apow r s.
Proof. unfold apow. destruct (Rlt_dec 0 r); [left; apply exp_pos|lra]. Qed.

Lemma apow_one s : apow 1 s = 1.
Proof. rewrite apow_exp by lra. now rewrite ln_1, Rmult_0_r, exp_0. Qed.

Lemma apow_mult a b s : 0 <= a -> 0 <= b -> apow (a * b) s = apow a s * apow b s.
Proof.
  intros [Ha | <-] [Hb | <-]; rewrite ?Rmult_0_l, ?Rmult_0_r, ?apow_zero; try ring.
  rewrite !apow_exp by (try apply Rmult_lt_0_compat; easy).
  rewrite ln_mult, <- exp_plus by easy. f_equal. ring.
Qed.

Lemma apow_plus r s t : 0 < r -> apow r (s + t) = apow r s * apow r t.
Proof. intros H. rewrite !apow_exp, <- exp_plus by easy. f_equal. ring. Qed.

Lemma apow_inv r s : 0 < r -> apow (/ r) s = / apow r s.
Proof.
  intros H. rewrite !apow_exp by (try apply Rinv_0_lt_compat; easy).
  rewrite ln_Rinv, <- exp_Ropp by easy. f_equal. ring.
Qed.

Lemma apow_opp r s : 0 < r -> apow r (- s) = / apow r s.
Proof. intros H. rewrite !apow_exp, <- exp_Ropp by easy. f_equal. ring. Qed.

Lemma exp_le x y : x <= y -> exp x <= exp y.
Proof. intros [H | ->]; [left; now apply exp_increasing|lra]. Qed.

Lemma ln_le x y : 0 < x -> x <= y -> ln x <= ln y.
Proof. intros Hx [H | ->]; [left; now apply ln_increasing|lra]. Qed.

(** Larger base, exponent at least 0. *)
Lemma apow_le a b s : 0 <= a <= b -> 0 <= s -> apow a s <= apow b s.
Proof.
  intros [[Ha | <-] Hab] Hs; [|rewrite apow_zero; apply apow_nonneg].
  rewrite !apow_exp by lra. apply exp_le, Rmult_le_compat_l; [easy|]. now apply ln_le.
Qed.

Lemma apow_ge_one r s : 1 <= r -> 0 <= s -> 1 <= apow r s.
Proof. intros Hr Hs. rewrite <- (apow_one s). apply apow_le; lra. Qed.

Lemma apow_le_one r s : 0 <= r <= 1 -> 0 <= s -> apow r s <= 1.
Proof. intros Hr Hs. rewrite <- (apow_one s). apply apow_le; lra. Qed.

(** Larger exponent, base at most 1. *)
Lemma apow_le_exponent r s t : 0 <= r <= 1 -> s <= t -> apow r t <= apow r s.
Proof.
  intros [[Hr | <-] H1] Hst; [|rewrite !apow_zero; lra].
  rewrite !apow_exp by lra. apply exp_le.
  pose proof (ln_le r 1 Hr H1). rewrite ln_1 in H. nra.
Qed.

(** The exponential lies above its tangents. *)
Lemma exp_tangent_strict x y : x <> y -> exp x + exp x * (y - x) < exp y.
Proof.
  intros Hne. pose proof (exp_ineq1 (y - x) ltac:(lra)) as H.
  replace y with (x + (y - x)) at 2 by ring. rewrite exp_plus.
  apply Rmult_lt_compat_l with (r := exp x) in H; [lra|apply exp_pos].
Qed.

Lemma exp_tangent x y : exp x + exp x * (y - x) <= exp y.
Proof.
  destruct (Req_dec x y) as [-> | Hne]; [right; ring|left; now apply exp_tangent_strict].
Qed.

(** As a function of the exponent, a power lies above its tangents. *)
Lemma apow_tangent r s t : 0 <= r ->
  apow r s + apow r s * ln r * (t - s) <= apow r t.
Proof.
  intros [Hr | <-]; [|rewrite !apow_zero; lra].
  rewrite !apow_exp by easy. pose proof (exp_tangent (s * ln r) (t * ln r)). lra.
Qed.

Lemma apow_tangent_strict r s t : 0 < r -> r <> 1 -> s <> t ->
  apow r s + apow r s * ln r * (t - s) < apow r t.
Proof.
  intros Hr H1 Hst. rewrite !apow_exp by easy.
  assert (ln r <> 0) by (intros E; apply H1; rewrite <- (exp_ln r Hr), E; apply exp_0).
  assert (s * ln r <> t * ln r) as Hne by (intros E; apply Hst; now apply Rmult_eq_reg_r in E).
  pose proof (exp_tangent_strict _ _ Hne). lra.
Qed.

Lemma apow_derive r s : 0 <= r -> is_derive (apow r) s (apow r s * ln r).
Proof.
  intros [Hr | <-].
  - apply is_derive_ext with (fun t => exp (t * ln r)).
    + intros t. now rewrite apow_exp.
    + rewrite apow_exp by easy. auto_derive; [easy|ring].
  - apply is_derive_ext with (fun _ => 0).
    + intros t. now rewrite apow_zero.
    + rewrite apow_zero, Rmult_0_l. apply @is_derive_const.
Qed.

(** Bernoulli: t^b >= 1 + b (t - 1) for b >= 1, the other way round for 0 <= b <= 1. *)
Lemma ln_tangent c y : 0 < c -> 0 < y -> ln y <= ln c + (y - c) / c.
Proof.
  intros Hc Hy.
  pose proof (exp_tangent 0 (ln (y / c))) as H.
  rewrite exp_0, exp_ln in H by (now apply Rdiv_lt_0_compat).
  unfold Rdiv in H at 1. rewrite ln_mult, ln_Rinv in H by (try apply Rinv_0_lt_compat; easy).
  replace ((y - c) / c) with (y / c - 1) by (field; lra). lra.
Qed.

Lemma bernoulli t b : 0 <= t -> 1 <= b -> 1 + b * (t - 1) <= apow t b.
Proof.
  intros [Ht | <-] Hb; [|rewrite apow_zero; lra].
  destruct (Rle_lt_dec (1 + b * (t - 1)) 0) as [Hn | Hp].
  - apply Rle_trans with (1 := Hn). apply apow_nonneg.
  - rewrite apow_exp by easy. rewrite <- (exp_ln (1 + b * (t - 1))) by easy. apply exp_le.
    (* ln (1 + b (t - 1)) and ln 1 lie below the tangent at t *)
    pose proof (ln_tangent t (1 + b * (t - 1)) Ht Hp) as H1.
    pose proof (ln_tangent t 1 Ht Rlt_0_1) as H2. rewrite ln_1 in H2.
    assert (E : (1 + b * (t - 1) - t) / t = - ((b - 1) * ((1 - t) / t))) by (field; lra).
    rewrite E in H1. apply Rmult_le_compat_l with (r := b - 1) in H2; lra.
Qed.

Lemma bernoulli_concave t b : 0 <= t -> 0 <= b <= 1 -> apow t b <= 1 + b * (t - 1).
Proof.
  intros [Ht | <-] Hb; [|rewrite apow_zero; lra].
  assert (Hp : 0 < 1 + b * (t - 1) \/ (b = 1)) by (destruct (Req_dec b 1); [now right|left; nra]).
  destruct Hp as [Hp | ->].
  - rewrite apow_exp by easy. rewrite <- (exp_ln (1 + b * (t - 1))) by easy. apply exp_le.
    pose proof (ln_tangent (1 + b * (t - 1)) t Hp Ht) as H1.
    pose proof (ln_tangent (1 + b * (t - 1)) 1 Hp Rlt_0_1) as H2. rewrite ln_1 in H2.
    apply Rmult_le_compat_l with (r := b) in H1; [|lra].
    apply Rmult_le_compat_l with (r := 1 - b) in H2; [|lra].
    assert (E : b * ((t - (1 + b * (t - 1))) / (1 + b * (t - 1)))
      + (1 - b) * ((1 - (1 + b * (t - 1))) / (1 + b * (t - 1))) = 0) by (field; lra).
    lra.
  - rewrite apow_exp, Rmult_1_l, exp_ln by easy. lra.
Qed.

(** As a function of the base y >= 0, y^b lies above its tangents for b >= 1 ... *)
Lemma apow_base_tangent c y b : 0 < c -> 0 <= y -> 1 <= b ->
  apow c b + b * apow c b / c * (y - c) <= apow y b.
Proof.
  intros Hc Hy Hb.
  assert (Hq : 0 <= y / c) by (apply Rdiv_le_0_compat; easy).
  pose proof (bernoulli (y / c) b Hq Hb) as H.
  replace y with (c * (y / c)) at 2 by (field; lra).
  rewrite apow_mult by lra.
  apply Rmult_le_compat_l with (r := apow c b) in H; [|apply apow_nonneg].
  replace (apow c b + b * apow c b / c * (y - c))
    with (apow c b * (1 + b * (y / c - 1))) by (field; lra). easy.
Qed.

(** ... and below them for 0 <= b <= 1. *)
Lemma apow_base_tangent_concave c y b : 0 < c -> 0 <= y -> 0 <= b <= 1 ->
  apow y b <= apow c b + b * apow c b / c * (y - c).
Proof.
  intros Hc Hy Hb.
  assert (Hq : 0 <= y / c) by (apply Rdiv_le_0_compat; easy).
  pose proof (bernoulli_concave (y / c) b Hq Hb) as H.
  replace y with (c * (y / c)) at 1 by (field; lra).
  rewrite apow_mult by lra.
  apply Rmult_le_compat_l with (r := apow c b) in H; [|apply apow_nonneg].
  replace (apow c b + b * apow c b / c * (y - c))
    with (apow c b * (1 + b * (y / c - 1))) by (field; lra). easy.
Qed.
