(** The random part of N12: curvatures with G > 0 repel. Around each there is a box of (kappa, L) that SGD
    leaves, from every
    state with kappa not 0, within T steps with a probability that tends to 1 geometrically; no size of L is needed.

    A path with kappa -> 0 whose curvature lands where G > 0 would stay in such a box from some time on. *)

From Coq Require Import Reals List Lra Lia.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions Law Power Drift Exponent Lundberg General Convexity Width.
Import ListNotations.
Open Scope R_scope.

(** 1 outside of the box |L - lam| <= e, |kappa| <= e, and 0 inside. *)
Definition outside (lam e : R) (state : R * R) : R :=
  if Rle_dec (Rabs (snd state - lam)) e then if Rle_dec (Rabs (fst state)) e then 0 else 1 else 1.

(** The probability to be outside at one of the times 0, ..., T. *)
Definition leaves (w : list (R * R)) (lam e : R) (T : nat) (state : R * R) : R :=
  hit w reduced_step (outside lam e) 1 T state.

Lemma inside_box lam e s : outside lam e s < 1 -> Rabs (snd s - lam) <= e /\ Rabs (fst s) <= e.
Proof.
  unfold outside. destruct (Rle_dec (Rabs (snd s - lam)) e); [|lra].
  destruct (Rle_dec (Rabs (fst s)) e); [now split | lra].
Qed.

(** Powers with a negative exponent decrease. *)
Lemma apow_decreasing a b s : 0 < a <= b -> s <= 0 -> apow b s <= apow a s.
Proof.
  intros H Hs. replace s with (- - s) by ring. rewrite !(apow_opp _ (- s)) by lra.
  apply Rinv_le_contravar; [apply apow_pos; lra | apply apow_le; lra].
Qed.

(** * Factors near a curvature without pole *)

Lemma small_box (w : list (R * R)) lam eta : 0 < eta -> no_pole w lam ->
  exists e, 0 < e <= 1 /\ forall p x, In (p, x) w -> 0 <= x -> e * (x + x ^ 2) <= eta * factor lam x.
Proof.
  intros He. induction w as [|[q y] w IH]; intros Hnp.
  - exists 1. split; [lra | intros p x []].
  - destruct IH as (e & E & H); [intros p x Hin; apply (Hnp p x); now right|].
    assert (F : 0 < factor lam y) by (apply Rabs_pos_lt, (Hnp q y); now left).
    assert (P : 0 < eta * factor lam y / (Rabs y + y ^ 2 + 1)).
    { apply Rdiv_lt_0_compat; [now apply Rmult_lt_0_compat|]. pose proof (Rabs_pos y).
      pose proof (pow2_ge_0 y). lra. }
    exists (Rmin e (eta * factor lam y / (Rabs y + y ^ 2 + 1))). split.
    + split; [apply Rmin_pos; lra | eapply Rle_trans; [apply Rmin_l | lra]].
    + intros p x [E1|Hin] Hx.
      * injection E1 as <- <-. rewrite (Rabs_pos_eq y) in * by exact Hx. pose proof (pow2_ge_0 y).
        eapply Rle_trans; [apply Rmult_le_compat_r; [lra | apply Rmin_r]|].
        apply Rle_trans with (eta * factor lam y / (y + y ^ 2 + 1) * (y + y ^ 2 + 1)); [|right; field; lra].
        apply Rmult_le_compat_l; lra.
      * eapply Rle_trans; [apply Rmult_le_compat_r; [pose proof (pow2_ge_0 x); lra | apply Rmin_l]|].
        now apply (H p).
Qed.

Lemma factor_near lam e eta x k L : 0 <= x -> 0 < e <= 1 -> e * (x + x ^ 2) <= eta * factor lam x ->
  Rabs (L - lam) <= e -> Rabs k <= e -> (1 - eta) * factor lam x <= Rabs (1 - x * L + x ^ 2 * k ^ 2).
Proof.
  intros Hx He H HL Hk.
  assert (K : k ^ 2 <= e).
  { rewrite <- pow2_abs. apply Rle_trans with (e ^ 2); [apply pow_incr; split; [apply Rabs_pos | exact Hk]|].
    simpl. rewrite Rmult_1_r. rewrite <- (Rmult_1_r e) at 3. apply Rmult_le_compat_l; lra. }
  replace (1 - x * L + x ^ 2 * k ^ 2) with ((1 - lam * x) - (x * (L - lam) - x ^ 2 * k ^ 2)) by ring.
  eapply Rle_trans; [|apply Rabs_triang_inv]. unfold factor in *.
  assert (B : Rabs (x * (L - lam) - x ^ 2 * k ^ 2) <= x * e + x ^ 2 * e).
  { unfold Rminus at 1. eapply Rle_trans; [apply Rabs_triang|].
    rewrite Rabs_Ropp, !Rabs_mult, (Rabs_pos_eq x), !(Rabs_pos_eq (_ ^ 2)) by (try apply pow2_ge_0; exact Hx).
    apply Rplus_le_compat; apply Rmult_le_compat_l; try assumption. apply pow2_ge_0. }
  lra.
Qed.

(** * The exponent *)

(** Room for a constant: some c < 1 has c^s M < 1. *)
Lemma room s M : s < 0 -> 0 <= M < 1 -> exists c, 0 < c < 1 /\ apow c s * M < 1.
Proof.
  intros Hs HM. set (b := (1 + M) / 2). exists (apow b (/ - s)).
  assert (B : 0 < b < 1) by (unfold b; lra). pose proof (apow_pos b (/ - s) (proj1 B)) as P. split; [split;
    [exact P|]|].
  - rewrite apow_exp by lra. rewrite <- exp_0. apply exp_increasing.
    assert (I : 0 < / - s) by (apply Rinv_0_lt_compat; lra).
      pose proof (ln_increasing b 1 (proj1 B) (proj2 B)) as Ln. rewrite ln_1 in Ln.
    apply Ropp_lt_cancel. rewrite Ropp_0, Ropp_mult_distr_r. apply Rmult_lt_0_compat; lra.
  - rewrite apow_apow. replace (/ - s * s) with (- (1)) by (field; lra). rewrite apow_opp, apow_to_one by lra.
    apply (Rmult_lt_reg_l b); [lra|]. rewrite <- Rmult_assoc, Rinv_r by lra. unfold b. lra.
Qed.

(** * The theorem *)

Section Box.
Variable w : list (R * R).
Variables lam e c s : R.
Hypothesis data : is_data w.
Hypothesis pole_free : no_pole w lam.
Hypothesis e_pos : 0 < e.
Hypothesis c_pos : 0 < c.
Hypothesis s_neg : s < 0.
Hypothesis near : forall p x k L, In (p, x) w -> Rabs (L - lam) <= e -> Rabs k <= e ->
  c * factor lam x <= Rabs (1 - x * L + x ^ 2 * k ^ 2).

Let law : is_law w := proj1 data.

Lemma lower_factor_pos p x : In (p, x) w -> 0 < c * factor lam x.
Proof. intros H. apply Rmult_lt_0_compat; [exact c_pos|]. apply Rabs_pos_lt. now apply (pole_free p). Qed.

Lemma not_left T k L : k <> 0 ->
  1 - leaves w lam e T (k, L) <= (apow c s * moment w lam s) ^ T * apow (Rabs k / e) s.
Proof.
  intros Hk. set (m := apow c s * moment w lam s).
  assert (m_nonneg : 0 <= m) by (apply Rmult_le_pos; [apply apow_nonneg | now apply moment_nonneg]).
  pose proof (hit_plus_alive_one w reduced_step (outside lam e) 1 law T (k, L)) as one.
  assert (A : alive w reduced_step (outside lam e) 1 (fun _ => 1) T (k, L) <= 1 * m ^ T * apow (Rabs k / e) s).
  { apply (alive_le_geometric w reduced_step (outside lam e) 1 law (fun s => fst s <> 0) (fun _ => 1)
      (fun y => apow (Rabs (fst y) / e) s) 1 m); try exact Hk; try lra.
    - intros. apply apow_nonneg.
    - intros [k' L'] Hk' Hb. apply inside_box in Hb. simpl in *. rewrite Rmult_1_l, <- (apow_one s).
      apply apow_decreasing; [|lra]. split; [apply Rdiv_lt_0_compat; [now apply Rabs_pos_lt | exact e_pos]|].
      apply (Rmult_le_reg_r e); [exact e_pos|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
    - intros [k' L'] Hk' Hb p x Hin. apply inside_box in Hb. simpl in *. destruct Hb as [B1 B2].
      pose proof (near p x k' L' Hin B1 B2) as N. pose proof (lower_factor_pos p x Hin).
      apply Rmult_integral_contrapositive_currified; [|exact Hk'].
      intros E. simpl in N. rewrite E, Rabs_R0 in N. lra.
    - intros [k' L'] Hk' Hb. apply inside_box in Hb. simpl in Hk', Hb. destruct Hb as [B1 B2].
      pose proof (Rabs_pos_lt k' Hk') as Pk.
      assert (Q : 0 < Rabs k' / e) by (apply Rdiv_lt_0_compat; assumption).
      apply Rle_trans with (expect w (fun x => apow c s * apow (Rabs k' / e) s * apow (factor lam x) s)).
      + apply expect_le; [exact (proj1 law)|]. intros p x Hin. rewrite kappa_factor.
        pose proof (near p x k' L' Hin B1 B2) as N. pose proof (lower_factor_pos p x Hin) as F.
        assert (CQ : 0 < c * (Rabs k' / e)) by (apply Rmult_lt_0_compat; assumption).
        rewrite <- (apow_mult c) by lra. rewrite <- apow_mult by (try apply Rabs_pos; lra).
        apply apow_decreasing; [|lra].
        replace (c * (Rabs k' / e) * factor lam x) with (c * factor lam x * (Rabs k' / e)) by ring.
        replace (Rabs (1 - x * L' + x ^ 2 * k' ^ 2) * Rabs k' / e)
          with (Rabs (1 - x * L' + x ^ 2 * k' ^ 2) * (Rabs k' / e)) by (unfold Rdiv; ring).
        split; [now apply Rmult_lt_0_compat | apply Rmult_le_compat_r; lra].
      + rewrite expect_scal. unfold m, moment. simpl fst. right. ring. }
  unfold leaves. lra.
Qed.

End Box.

(** Where G > 0, the box around the curvature is left: the chance to stay for T steps is at most m^T
    (e/|kappa|)^s. *)
Theorem repelled w lam : is_data w -> no_pole w lam -> 0 < drift w lam ->
  exists e s m, 0 < e /\ 0 < s /\ 0 <= m < 1 /\
  forall T k L, k <> 0 -> 1 - m ^ T * apow (e / Rabs k) s <= leaves w lam e T (k, L).
Proof.
  intros data Hnp HG. destruct (negative_moment w lam (proj1 data) Hnp HG) as (s & Hs & HM).
  assert (M0 : 0 <= moment w lam s) by (apply moment_nonneg; exact (proj1 data)).
  destruct (room s _ Hs (conj M0 HM)) as (c & Hc & Hroom).
  destruct (small_box w lam (1 - c) ltac:(lra) Hnp) as (e & He & H).
  exists e, (- s), (apow c s * moment w lam s). repeat split; try lra.
  - apply Rmult_le_pos; [apply apow_nonneg | exact M0].
  - intros T k L Hk. pose proof (Rabs_pos_lt k Hk) as Pk.
    replace (apow (e / Rabs k) (- s)) with (apow (Rabs k / e) s).
    + enough (1 - leaves w lam e T (k, L) <= (apow c s * moment w lam s) ^ T * apow (Rabs k / e) s) by lra.
      apply not_left; try assumption; try lra.
      intros p x k' L' Hin B1 B2. replace c with (1 - (1 - c)) by ring.
      pose proof (proj2 data p x Hin) as Hx. apply (factor_near lam e); try assumption. now apply (H p).
    + rewrite apow_opp by (apply Rdiv_lt_0_compat; lra). rewrite <- apow_inv by (apply Rdiv_lt_0_compat; lra).
      f_equal. field. lra.
Qed.

(** So the box is left at some time with probability 1. *)
Theorem repelled_surely w lam : is_data w -> no_pole w lam -> 0 < drift w lam ->
  exists e, 0 < e /\ forall k L, k <> 0 -> hit_ever w reduced_step (outside lam e) 1 (k, L) = 1.
Proof.
  intros data Hnp HG. destruct (repelled w lam data Hnp HG) as (e & s & m & He & Hs & Hm & H).
  exists e. split; [exact He|]. intros k L Hk. apply Rle_antisym.
  - apply hit_ever_le; [exact (proj1 data)|]. intros T.
    exact (proj2 (hit_bounds w reduced_step (outside lam e) 1 (proj1 data) T (k, L))).
  - apply (hit_ever_ge w reduced_step (outside lam e) 1 (proj1 data) (k, L) 1 (apow (e / Rabs k) s) m Hm).
    intros T. exact (H T k L Hk).
Qed.
