(** * The rate of change of the Cramer exponent: lemma E5 of docs/theory.md.

    Along the line s = t + c (l - lam) through the root, the moment has the derivative
    [moment_lam_slope + c moment_slope]; its sign says on which side of the line the exponent lies. *)

From Coq Require Import Reals List Lra.
From Coquelicot Require Import Coquelicot.
From Interval Require Import Tactic.
From Catalysis Require Import Definitions Law Power Drift Exponent Bands Regions Numbers.
Open Scope R_scope.

Lemma quotient_sign a h : h <> 0 -> a = a / h * h.
Proof. intros H. field. exact H. Qed.

Section Rate.
Variables (w : list (R * R)) (lam t : R).
Hypothesis law : is_law w.
Hypothesis off : no_pole w lam.

Lemma moment_line_derive c :
  is_derive (fun l => moment w l (t + c * (l - lam))) lam (moment_lam_slope w lam t + c * moment_slope w lam t).
Proof.
  unfold moment, moment_lam_slope, moment_slope. rewrite <- expect_scal, <- expect_plus.
  apply (expect_derive w (fun x l => apow (factor l x) (t + c * (l - lam)))).
  intros p x Hin. specialize (off p x Hin). pose proof (factor_pos lam x off) as Hf.
  assert (near : locally lam (fun l => 0 < factor l x)).
  { assert (Hc : continuous (fun l => factor l x) lam).
    { apply (continuous_comp (fun l => 1 - l * x) Rabs); [|apply continuous_Rabs].
      apply (ex_derive_continuous (fun l => 1 - l * x)). auto_derive. easy. }
    apply (Hc (fun r => 0 < r)). now apply open_gt. }
  apply is_derive_ext_loc with (fun l => exp ((t + c * (l - lam)) * ln (factor l x))).
  - apply filter_imp with (2 := near). intros l Hl. now rewrite apow_exp.
  - rewrite apow_exp by easy.
    replace (t * exp (t * ln (factor lam x)) * (- x / (1 - lam * x)) + c * (exp (t * ln (factor lam x)) * ln (factor lam x)))
      with (scal (c * ln (factor lam x) + (t + c * (lam - lam)) * (- x / (1 - lam * x)))
              (exp ((t + c * (lam - lam)) * ln (factor lam x)))).
    + apply (is_derive_comp exp (fun l => (t + c * (l - lam)) * ln (factor l x))); [apply is_derive_exp|].
      apply (is_derive_mult (fun l => t + c * (l - lam)) (fun l => ln (factor l x)) lam c (- x / (1 - lam * x))).
      * auto_derive; [easy|ring].
      * now apply ln_factor_derive.
      * intros; apply Rmult_comm.
    + replace (t + c * (lam - lam)) with t by ring. unfold scal; simpl; unfold mult; simpl. ring.
Qed.

Hypothesis root : moment w lam t = 1.

(** A positive derivative: above 1 on the right, below 1 on the left. *)
Lemma moment_line_sides c : 0 < moment_lam_slope w lam t + c * moment_slope w lam t ->
  exists delta, 0 < delta /\ forall h, 0 < h < delta ->
    1 < moment w (lam + h) (t + c * h) /\ moment w (lam - h) (t - c * h) < 1.
Proof.
  intros D. pose proof (proj1 (is_derive_Reals _ _ _) (moment_line_derive c) _ D) as [[delta Hd] H]. simpl in H.
  exists delta. split; [easy|]. intros h Hh.
  assert (one : moment w lam (t + c * (lam - lam)) = 1) by (rewrite <- root; f_equal; ring).
  set (d := moment_lam_slope w lam t + c * moment_slope w lam t) in *. split.
  - specialize (H h ltac:(lra) ltac:(rewrite Rabs_pos_eq; lra)). rewrite one in H.
    replace (lam + h - lam) with h in H by ring. apply Rabs_def2 in H.
    assert (P : 0 < (moment w (lam + h) (t + c * h) - 1) / h) by lra.
    pose proof (quotient_sign (moment w (lam + h) (t + c * h) - 1) h ltac:(lra)). nra.
  - specialize (H (- h) ltac:(lra) ltac:(rewrite Rabs_left; lra)). rewrite one in H.
    replace (lam + - h - lam) with (- h) in H by ring. apply Rabs_def2 in H.
    replace (lam + - h) with (lam - h) in H by ring. replace (t + c * - h) with (t - c * h) in H by ring.
    assert (P : 0 < (moment w (lam - h) (t - c * h) - 1) / - h) by lra.
    pose proof (quotient_sign (moment w (lam - h) (t - c * h) - 1) (- h) ltac:(lra)). nra.
Qed.

(** The same downwards. *)
Lemma moment_line_sides_down c : moment_lam_slope w lam t + c * moment_slope w lam t < 0 ->
  exists delta, 0 < delta /\ forall h, 0 < h < delta ->
    moment w (lam + h) (t + c * h) < 1 /\ 1 < moment w (lam - h) (t - c * h).
Proof.
  intros D. pose proof (proj1 (is_derive_Reals _ _ _) (moment_line_derive c) (- _) (Ropp_0_gt_lt_contravar _ D))
    as [[delta Hd] H]. simpl in H.
  exists delta. split; [easy|]. intros h Hh.
  assert (one : moment w lam (t + c * (lam - lam)) = 1) by (rewrite <- root; f_equal; ring).
  set (d := moment_lam_slope w lam t + c * moment_slope w lam t) in *. split.
  - specialize (H h ltac:(lra) ltac:(rewrite Rabs_pos_eq; lra)). rewrite one in H.
    replace (lam + h - lam) with h in H by ring. apply Rabs_def2 in H.
    assert (P : (moment w (lam + h) (t + c * h) - 1) / h < 0) by lra.
    pose proof (quotient_sign (moment w (lam + h) (t + c * h) - 1) h ltac:(lra)). nra.
  - specialize (H (- h) ltac:(lra) ltac:(rewrite Rabs_left; lra)). rewrite one in H.
    replace (lam + - h - lam) with (- h) in H by ring. apply Rabs_def2 in H.
    replace (lam + - h) with (lam - h) in H by ring. replace (t + c * - h) with (t - c * h) in H by ring.
    assert (P : (moment w (lam - h) (t - c * h) - 1) / - h < 0) by lra.
    pose proof (quotient_sign (moment w (lam - h) (t - c * h) - 1) (- h) ltac:(lra)). nra.
Qed.

Hypothesis positive : 0 < t.
Hypothesis rises : 0 < moment_slope w lam t.

Let rate := - moment_lam_slope w lam t / moment_slope w lam t.

Lemma rbar_between (x : Rbar) a b : Rbar_lt (Finite a) x -> Rbar_lt x (Finite b) -> exists u, x = Finite u /\ a < u < b.
Proof. intros A B. destruct x as [x | |]; simpl in *; try easy. now exists x. Qed.

(** Near lam the exponent is a number that lies between the lines of slope rate - e and rate + e. *)
Lemma exponent_between e : 0 < e -> exists delta, 0 < delta /\ forall h, 0 < h < delta ->
  (exists u, theta w (lam + h) = Finite u /\ t + (rate - e) * h < u < t + (rate + e) * h) /\
  (exists u, theta w (lam - h) = Finite u /\ t - (rate + e) * h < u < t - (rate - e) * h).
Proof.
  intros He.
  assert (up : 0 < moment_lam_slope w lam t + (rate + e) * moment_slope w lam t).
  { unfold rate. replace (_ + _) with (e * moment_slope w lam t) by (field; lra). nra. }
  assert (down : moment_lam_slope w lam t + (rate - e) * moment_slope w lam t < 0).
  { unfold rate. replace (_ + _) with (- (e * moment_slope w lam t)) by (field; lra). nra. }
  destruct (moment_line_sides _ up) as (d1 & P1 & H1). destruct (moment_line_sides_down _ down) as (d2 & P2 & H2).
  set (m := Rabs rate + e + 1). assert (Hm : 0 < m) by (unfold m; pose proof (Rabs_pos rate); lra).
  exists (Rmin (Rmin d1 d2) (t / m)). split.
  { apply Rmin_glb_lt; [now apply Rmin_glb_lt | now apply Rdiv_lt_0_compat]. }
  intros h [Hh Hl]. pose proof (Rmin_l (Rmin d1 d2) (t / m)). pose proof (Rmin_r (Rmin d1 d2) (t / m)).
  pose proof (Rmin_l d1 d2). pose proof (Rmin_r d1 d2).
  destruct (H1 h ltac:(lra)) as [A1 B1]. destruct (H2 h ltac:(lra)) as [A2 B2].
  assert (small : h * m < t).
  { apply Rmult_lt_reg_r with (/ m); [now apply Rinv_0_lt_compat|]. rewrite Rmult_assoc, Rinv_r by lra. unfold Rdiv in *. lra. }
  assert (- Rabs rate <= rate <= Rabs rate) by (split; [pose proof (Rle_abs (- rate)); rewrite Rabs_Ropp in *; lra | apply Rle_abs]).
  assert (0 < t + (rate - e) * h) by (unfold m in *; nra).
  assert (0 < t - (rate + e) * h) by (unfold m in *; nra).
  split; apply rbar_between.
  - apply exponent_gt; [lra|exact A2].
  - apply (exponent_lt w (lam + h) law); [nra|exact A1].
  - apply exponent_gt; [lra|exact B1].
  - apply (exponent_lt w (lam - h) law); [nra|exact B2].
Qed.

(** Lemma E5. Near lam the exponent is a number, and it is differentiable. *)
Theorem exponent_derive : theta w lam = Finite t ->
  locally lam (fun l => is_finite (theta w l)) /\ is_derive (fun l => real (theta w l)) lam rate.
Proof.
  intros E. split.
  - destruct (exponent_between 1 Rlt_0_1) as (d & P & H).
    assert (F : forall l : R, Rabs (l - lam) < d -> is_finite (theta w l)).
    { intros l Hl. apply Rabs_def2 in Hl. destruct (Rtotal_order l lam) as [L | [L | L]].
      - destruct (H (lam - l) ltac:(lra)) as [_ (u & U & _)]. replace (lam - (lam - l)) with l in U by ring. now rewrite U.
      - now rewrite L, E.
      - destruct (H (l - lam) ltac:(lra)) as [(u & U & _) _]. replace (lam + (l - lam)) with l in U by ring. now rewrite U. }
    exists (mkposreal d P). intros l Hl. exact (F l Hl).
  - apply is_derive_Reals. intros e He.
    destruct (exponent_between (e / 2) ltac:(lra)) as (d & P & H). exists (mkposreal d P). intros h Hne Hh. simpl in Hh.
    apply Rabs_def2 in Hh. rewrite E. simpl (real (Finite t)).
    destruct (Rlt_le_dec 0 h) as [Hp | Hn].
    + destruct (H h ltac:(lra)) as [(u & -> & U) _]. simpl.
      replace ((u - t) / h - rate) with ((u - t - rate * h) / h) by (field; lra).
      pose proof (quotient_sign (u - t - rate * h) h Hne). apply Rabs_def1; nra.
    + destruct (H (- h) ltac:(lra)) as [_ (u & U0 & U)]. replace (lam - - h) with (lam + h) in U0 by ring. rewrite U0. simpl.
      replace ((u - t) / h - rate) with ((rate * h - u + t) / - h) by (field; lra).
      pose proof (quotient_sign (rate * h - u + t) (- h) ltac:(lra)). apply Rabs_def1; nra.
Qed.

End Rate.

(** With numbers. *)
Theorem exponent_rate_claim w lam lo hi least most : is_data w -> 0 < lo < hi ->
  moment w lam lo < 1 -> 1 < moment w lam hi -> no_pole w lam ->
  (forall t, lo <= t <= hi -> least <= - moment_lam_slope w lam t / moment_slope w lam t <= most) ->
  deflationary w lam /\ exists t d, theta w lam = Finite t /\ lo < t < hi /\
    locally lam (fun l => is_finite (theta w l)) /\
    is_derive (fun l => real (theta w l)) lam d /\ least <= d <= most.
Proof.
  intros D H A B N S. assert (L : is_law w) by apply D.
  split.
  { split; [|intros _]; [apply (unstable_of_moment w lam L hi); lra | apply (drift_negative_of_moment w lam L lo); lra || easy]. }
  destruct (exponent_bracket w lam L lo hi ltac:(lra) (conj A B)) as (t & E & Ht & R).
  exists t, (- moment_lam_slope w lam t / moment_slope w lam t).
  assert (P : 0 < moment_slope w lam t).
  { pose proof (moment_tangent w lam L t lo) as T. rewrite R in T. nra. }
  split; [exact E|]. split; [exact Ht|].
  destruct (exponent_derive w lam t L N R ltac:(lra) P E) as [F G].
  split; [exact F|]. split; [exact G|]. apply S. lra.
Qed.

(** The quotient of the two slopes for all t of the bracket. *)
Ltac rate_between w t :=
  cbv beta iota zeta delta [moment_slope moment_lam_slope factor expect w]; powers; split;
  first
    [ interval with (i_prec 60, i_taylor t) | interval with (i_prec 120, i_taylor t)
    | interval with (i_prec 240, i_taylor t) | interval with (i_prec 480, i_taylor t) ].
