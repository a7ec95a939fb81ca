(** * Lemma D1 in full: the limits of the drift and the number of zeros in each gap. *)

From Coq Require Import Reals Ranalysis5 List Lra Classical.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions Law Power Drift Exponent.
Import ListNotations.
Open Scope R_scope.

(** ** Limits *)

Lemma ln_factor_at_pole (pole x : R) : pole * x = 1 ->
  is_lim (fun lam => ln (factor lam x)) pole m_infty.
Proof.
  intros E. apply is_lim_spec. intros B.
  assert (Hx : x <> 0) by (intros ->; lra). pose proof (Rabs_pos_lt x Hx) as Hax.
  assert (Hd : 0 < exp B / Rabs x) by (apply Rdiv_lt_0_compat; [apply exp_pos|easy]).
  exists (mkposreal _ Hd). intros lam Hball Hne. simpl in *.
  assert (Hlt : Rabs (lam - pole) < exp B / Rabs x) by exact Hball.
  unfold factor. replace (1 - lam * x) with ((pole - lam) * x) by (rewrite <- E; ring).
  rewrite Rabs_mult, <- Rabs_Ropp, Ropp_minus_distr.
  rewrite <- (ln_exp B). apply ln_increasing.
  - apply Rmult_lt_0_compat; [|easy]. apply Rabs_pos_lt. lra.
  - apply Rmult_lt_compat_r with (r := Rabs x) in Hlt; [|easy].
    unfold Rdiv in Hlt. rewrite Rmult_assoc, Rinv_l in Hlt by lra. lra.
Qed.

Lemma ln_factor_limit (lam x : R) : 1 - lam * x <> 0 ->
  is_lim (fun l => ln (factor l x)) lam (ln (factor lam x)).
Proof.
  intros H. apply (is_lim_continuity (fun l => ln (factor l x))).
  apply continuity_pt_filterlim. apply (ex_derive_continuous (fun l => ln (factor l x))).
  eexists. now apply ln_factor_derive.
Qed.

(** Part of the law: a finite limit off its poles, minus infinity at them. *)
Lemma drift_limit (v : list (R * R)) (pole : R) : weights v ->
  (no_pole v pole -> is_lim (drift v) pole (drift v pole)) /\
  (~ no_pole v pole -> is_lim (drift v) pole m_infty).
Proof.
  induction v as [|[p x] v IH]; intros Hw.
  - split; [intros _|intros H; exfalso; apply H; easy]. apply (is_lim_const 0).
  - pose proof (weights_head _ _ _ Hw) as Hp. apply weights_tail in Hw.
    destruct (IH Hw) as [IHf IHi]. clear IH.
    assert (split_head : no_pole ((p, x) :: v) pole <-> 1 - pole * x <> 0 /\ no_pole v pole).
    { split.
      - intros H. split; [apply (H p x); now left|]. intros q y Hin. apply (H q y). now right.
      - intros [H1 H2] q y [E | Hin]; [now injection E as <- <-|now apply (H2 q)]. }
    unfold drift in *. simpl expect.
    split.
    + intros H. apply split_head in H. destruct H as [H1 H2].
      apply (is_lim_plus' (fun l => p * ln (factor l x))
        (fun l => expect v (fun y => ln (factor l y)))); [|now apply IHf].
      apply (is_lim_scal_l (fun l => ln (factor l x)) p pole (ln (factor pole x))).
      now apply ln_factor_limit.
    + intros H.
      assert (minus : is_lim (fun l => ln (factor l x)) pole m_infty ->
        is_lim (fun l => p * ln (factor l x)) pole m_infty).
      { intros L. replace m_infty with (Rbar_mult p m_infty).
        - now apply (is_lim_scal_l (fun l => ln (factor l x)) p pole m_infty).
        - simpl. destruct (Rle_dec 0 p) as [Hle | Hle]; [|lra].
          destruct (Rle_lt_or_eq_dec 0 p Hle); [easy|lra]. }
      destruct (Req_dec (1 - pole * x) 0) as [E | Hne].
      * assert (L := minus (ln_factor_at_pole pole x ltac:(lra))).
        destruct (classic (no_pole v pole)) as [Hv | Hv].
        -- apply (is_lim_plus _ _ pole m_infty (Finite _) m_infty L (IHf Hv)). easy.
        -- apply (is_lim_plus _ _ pole m_infty m_infty m_infty L (IHi Hv)). easy.
      * assert (Hv : ~ no_pole v pole) by (intros Hv; apply H, split_head; easy).
        assert (L : is_lim (fun l => p * ln (factor l x)) pole (p * ln (factor pole x))).
        { apply (is_lim_scal_l (fun l => ln (factor l x)) p pole (ln (factor pole x))).
          now apply ln_factor_limit. }
        apply (is_lim_plus _ _ pole (Finite _) m_infty m_infty L (IHi Hv)). easy.
Qed.

(** Lemma D1: at a pole the drift tends to minus infinity. *)
Theorem drift_at_pole w (pole : R) : weights w -> ~ no_pole w pole ->
  is_lim (drift w) pole m_infty.
Proof. intros Hw. now apply drift_limit. Qed.

(** So it is below any bound close to a pole. *)
Lemma drift_near_pole w (pole B : R) : weights w -> ~ no_pole w pole ->
  exists d, 0 < d /\ forall lam, Rabs (lam - pole) < d -> lam <> pole -> drift w lam < B.
Proof.
  intros Hw Hp. pose proof (drift_at_pole w pole Hw Hp) as L. apply is_lim_spec in L.
  destruct (L B) as [d Hd]. exists d. split; [apply cond_pos|]. intros lam H Hne. now apply Hd.
Qed.

(** Far to the right the drift is positive. *)
Lemma drift_far w : is_data w -> moving w -> exists B, forall lam, B <= lam -> 0 < drift w lam.
Proof.
  intros Hd Hm. destruct (moving_of_data w Hd Hm) as (p & x & Hin & Hx).
  destruct Hd as [Hlaw Hnn]. pose proof (law_weights w Hlaw) as Hw.
  assert (bound : exists B, 0 < B /\ forall q y, In (q, y) w -> 0 < y -> 2 < B * y).
  { clear - Hnn. induction w as [|[q y] v IH].
    - exists 1. split; [lra|easy].
    - destruct IH as (B & HB & H); [intros a b Hab; apply (Hnn a b); now right|].
      destruct (Hnn q y (or_introl eq_refl)) as [Hy | Hy].
      + assert (0 < / y) by (now apply Rinv_0_lt_compat).
        exists (B + 3 * / y). split; [lra|]. intros a b [E | Hin] Hb.
        * injection E as <- <-. rewrite Rmult_plus_distr_r, Rmult_assoc, Rinv_l by lra. nra.
        * specialize (H a b Hin Hb). nra.
      + exists B. split; [easy|]. intros a b [E | Hin] Hb.
        * injection E as <- <-. lra.
        * now apply (H a). }
  destruct bound as (B & HB & H). exists B. intros lam Hlam.
  assert (term : forall q y, In (q, y) w -> 0 < y -> 0 < ln (factor lam y)).
  { intros q y Hq Hy. specialize (H q y Hq Hy). unfold factor.
    rewrite <- ln_1. apply ln_increasing; [lra|]. rewrite Rabs_left by nra. nra. }
  apply Rle_lt_trans with (expect w (fun _ => 0)); [rewrite expect_zero; lra|].
  apply expect_lt; [easy| |].
  - intros q y Hq. destruct (Hnn q y Hq) as [Hy | <-]; [left; now apply (term q)|].
    unfold factor. rewrite Rmult_0_r, Rminus_0_r, Rabs_R1, ln_1. lra.
  - exists p, x. split; [easy|]. now apply (term p).
Qed.

(** ** The last gap *)

(** Lemma D1 (c): beyond the last pole there is exactly one zero. *)
Theorem last_gap_one_zero w (pole : R) : is_data w -> moving w -> ~ no_pole w pole ->
  gap w pole p_infty -> exists! z, pole < z /\ is_zero w z.
Proof.
  intros Hd Hm Hpole Hg. pose proof (law_weights w (proj1 Hd)) as Hw.
  destruct (drift_near_pole w pole 0 Hw Hpole) as (d & Hdpos & Hneg).
  destruct (drift_far w Hd Hm) as (B & HB).
  set (l := pole + d / 2). set (r := Rmax B (pole + d)).
  assert (Gl : drift w l < 0).
  { apply Hneg; unfold l; [|lra].
    replace (pole + d / 2 - pole) with (d / 2) by ring. rewrite Rabs_pos_eq; lra. }
  assert (Gr : 0 < drift w r) by (apply HB, Rmax_l).
  assert (Hr : pole + d <= r) by apply Rmax_r.
  destruct (brackets_last w pole Hd Hm l r Hg) as (zs & HF & Hz); unfold l in *; try lra.
  inversion HF as [|z br zs' brs' Hbr Hnil]; subst. inversion Hnil; subst.
  exists z. split.
  - destruct (proj2 (Hz z)) as (H1 & _ & H2); [now left|]. easy.
  - intros y [Hy1 Hy2].
    destruct (proj1 (Hz y)) as [E | []]; [|easy].
    split; [easy|]. now split.
Qed.

(** ** A gap between two poles *)

Section Between.
Variables (w : list (R * R)) (a b : R).
Hypotheses (Hw : weights w) (Hm : moving w) (Hab : a < b) (Hg : gap w a b)
  (Ha : ~ no_pole w a) (Hb : ~ no_pole w b).

Let in_gap lam (H : a < lam < b) : inside w a b lam.
Proof. now apply inside_open. Qed.

(** The maximum, and two points on its sides below it. *)
Lemma gap_maximum B : exists l c r, a < l < c /\ c < r < b /\
  drift w l < B /\ drift w r < B /\
  forall lam, a < lam < b -> drift w lam <= drift w c.
Proof.
  set (mid := (a + b) / 2). set (B' := Rmin B (drift w mid)).
  destruct (drift_near_pole w a B' Hw Ha) as (da & Hda & La).
  destruct (drift_near_pole w b B' Hw Hb) as (db & Hdb & Lb).
  assert (HB : B' <= B) by apply Rmin_l. assert (Hmid' : B' <= drift w mid) by apply Rmin_r.
  set (e := Rmin (Rmin da db) (b - a) / 4).
  pose proof (Rmin_l (Rmin da db) (b - a)). pose proof (Rmin_r (Rmin da db) (b - a)).
  pose proof (Rmin_l da db). pose proof (Rmin_r da db).
  assert (He : 0 < Rmin (Rmin da db) (b - a)) by (repeat apply Rmin_glb_lt; lra).
  assert (low : forall lam, a < lam <= a + e -> drift w lam < B').
  { intros lam Hlam. apply La; [|lra]. rewrite Rabs_pos_eq; unfold e in *; lra. }
  assert (high : forall lam, b - e <= lam < b -> drift w lam < B').
  { intros lam Hlam. apply Lb; [|lra]. rewrite Rabs_left; unfold e in *; lra. }
  destruct (continuity_ab_maj (drift w) (a + e) (b - e)) as (c & Hmax & Hc).
  { unfold e; lra. }
  { intros y Hy. apply drift_continuous, in_gap. unfold e in *; lra. }
  assert (Hmid : drift w mid <= drift w c) by (apply Hmax; unfold e, mid in *; lra).
  assert (a + e <> c).
  { intros E. pose proof (low (a + e) ltac:(unfold e; lra)). rewrite E in *. lra. }
  assert (b - e <> c).
  { intros E. pose proof (high (b - e) ltac:(unfold e; lra)). rewrite E in *. lra. }
  exists (a + e), c, (b - e). split; [unfold e in *; lra|]. split; [unfold e in *; lra|].
  split; [apply Rlt_le_trans with (2 := HB); apply low; unfold e; lra|].
  split; [apply Rlt_le_trans with (2 := HB); apply high; unfold e; lra|].
  intros lam Hlam.
  destruct (Rle_lt_dec lam (a + e)) as [Hlow | Hlow].
  - pose proof (low lam ltac:(lra)). lra.
  - destruct (Rle_lt_dec (b - e) lam) as [Hhigh | Hhigh].
    + pose proof (high lam ltac:(lra)). lra.
    + apply Hmax. lra.
Qed.

(** Lemma D1 (b): no zero, one (where the drift is not positive near by), or exactly two. *)
Theorem gap_zeros :
  (forall lam, a < lam < b -> drift w lam < 0) \/
  (exists z, a < z < b /\ drift w z = 0 /\
    forall lam, a < lam < b -> lam <> z -> drift w lam < 0) \/
  (exists z1 z2, a < z1 < z2 /\ z2 < b /\ drift w z1 = 0 /\ drift w z2 = 0 /\
    (forall lam, z1 < lam < z2 -> 0 < drift w lam) /\
    (forall lam, a < lam < z1 -> drift w lam < 0) /\
    (forall lam, z2 < lam < b -> drift w lam < 0)).
Proof.
  destruct (gap_maximum 0) as (l & c & r & Hl & Hr & Gl & Gr & Hmax).
  assert (Ic : inside w a b c) by (apply in_gap; lra).
  destruct (Rtotal_order (drift w c) 0) as [Gc | [Gc | Gc]].
  - left. intros lam Hlam. specialize (Hmax lam Hlam). lra.
  - right. left. exists c. split; [lra|]. split; [easy|].
    intros lam Hlam Hne. apply Rnot_le_lt. intros Hle.
    (* two maxima: between them the drift would be larger *)
    pose proof (drift_strictly_concave w a b Hw Hm Hg lam c (/ 2) (in_gap lam Hlam) Ic Hne
      ltac:(lra)) as H.
    assert (Hbetween : a < / 2 * lam + (1 - / 2) * c < b) by lra.
    specialize (Hmax _ Hbetween). lra.
  - right. right.
    destruct (zero_up w a b Hg l c) as (z1 & B1 & Z1); try (apply in_gap; lra); try lra.
    destruct (zero_down w a b Hg c r) as (z2 & B2 & Z2); try (apply in_gap; lra); try lra.
    destruct Z1 as [_ Z1], Z2 as [_ Z2].
    assert (I1 : inside w a b z1) by (apply in_gap; lra).
    assert (I2 : inside w a b z2) by (apply in_gap; lra).
    exists z1, z2. split; [lra|]. split; [lra|]. split; [easy|]. split; [easy|].
    split; [|split]; intros lam Hlam.
    + pose proof (drift_three_points w a b Hw Hm Hg z1 lam z2 I1 I2 Hlam) as H.
      rewrite Z1, Z2 in H. apply Rmult_lt_reg_r with (z2 - z1); lra.
    + assert (Hord : lam < z1 < c) by lra.
      pose proof (drift_three_points w a b Hw Hm Hg lam z1 c (in_gap lam ltac:(lra)) Ic Hord) as H.
      rewrite Z1 in H. apply Rnot_le_lt. intros Hle. nra.
    + assert (Hord : c < z2 < lam) by lra.
      pose proof (drift_three_points w a b Hw Hm Hg c z2 lam Ic (in_gap lam ltac:(lra)) Hord) as H.
      rewrite Z2 in H. apply Rnot_le_lt. intros Hle. nra.
Qed.

End Between.
