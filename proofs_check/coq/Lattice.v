(** * Lemma S8 of docs/spikes.md: factors that are powers of one number g > 1, or zero. *)

From Coq Require Import Reals List Lra Lia ZArith.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions Law Power Drift Exponent Lundberg.
Open Scope R_scope.

Lemma powerRZ_le_compat g j k : 1 < g -> (j <= k)%Z -> powerRZ g j <= powerRZ g k.
Proof.
  intros Hg H. replace k with (j + (k - j))%Z by lia. rewrite powerRZ_add by lra.
  rewrite <- (Rmult_1_r (powerRZ g j)) at 1. apply Rmult_le_compat_l.
  - left. apply powerRZ_lt. lra.
  - destruct (k - j)%Z as [|q|q] eqn:E; simpl; [lra| |lia].
    apply pow_R1_Rle. lra.
Qed.

Lemma powerRZ_lt_inv g j k : 1 < g -> powerRZ g j < powerRZ g k -> (j < k)%Z.
Proof.
  intros Hg H. apply Z.nle_gt. intros Hle.
  pose proof (powerRZ_le_compat g k j Hg Hle). lra.
Qed.

Section Lattice.
Variables (w : list (R * R)) (lam g : R) (h n : Z).
Hypotheses (law : is_law w) (Hg : 1 < g).

(** Every factor is 0 or a power g^k with k <= h. *)
Hypothesis lattice : forall p x, In (p, x) w ->
  factor lam x = 0 \/ exists k, factor lam x = powerRZ g k /\ (k <= h)%Z.

Let inv (nu : R) : Prop :=
  nu = 0 \/ exists k, Rabs nu = powerRZ g k /\ (k <= n + h - 1)%Z.

Lemma lattice_kept nu : inv nu -> Rabs nu < powerRZ g n ->
  forall p x, In (p, x) w -> inv (linear_step lam x nu).
Proof.
  intros [-> | (k & Ek & _)] Hlt p x Hin.
  - left. unfold linear_step. ring.
  - destruct (lattice p x Hin) as [E0 | (j & Ej & Hj)].
    + left. unfold factor in E0. unfold linear_step.
      destruct (Req_dec (1 - lam * x) 0) as [-> | Hne]; [ring|].
      pose proof (Rabs_pos_lt _ Hne). lra.
    + right. exists (j + k)%Z. rewrite Rabs_linear_step, Ej, Ek, powerRZ_add by lra.
      split; [easy|]. rewrite Ek in Hlt. apply powerRZ_lt_inv in Hlt; [lia|easy].
Qed.

(** At a power g^n of g with g^k, k < n, as the start; lo and hi enclose the exponent. *)
Theorem lattice_lower s t k mu : 0 <= s <= t -> moment w lam s < 1 <= moment w lam t ->
  Rabs mu = powerRZ g k -> (k <= n + h - 1)%Z ->
  apow (Rabs mu / powerRZ g (n + h - 1)) t <= ever w lam (powerRZ g n) mu.
Proof.
  intros Hst HM Hmu Hk. assert (pos : forall j, 0 < powerRZ g j) by (intros; apply powerRZ_lt; lra).
  apply (ever_lower_within w lam law inv (powerRZ g (n + h - 1)) s t); try easy.
  - apply lattice_kept.
  - intros nu [-> | (j & Ej & Hj)] _.
    + rewrite Rabs_R0. left. apply pos.
    + rewrite Ej. now apply powerRZ_le_compat.
  - right. now exists k.
Qed.

(** From |mu_0| = 1: g^(-(n + h - 1) t) <= P <= g^(-n s) at the level g^n, for s <= theta <= t. *)
Theorem lattice_bounds s t : 0 <= s <= t -> moment w lam s < 1 <= moment w lam t ->
  (0 <= n + h - 1)%Z ->
  Rpower (powerRZ g (n + h - 1)) (- t) <= ever w lam (powerRZ g n) 1
    <= Rpower (powerRZ g n) (- s).
Proof.
  intros Hst HM Hk. assert (pos : forall j, 0 < powerRZ g j) by (intros; apply powerRZ_lt; lra).
  rewrite <- !Rpower_apow_inv by apply pos. rewrite <- Rabs_R1 at 1 4. split.
  - apply (lattice_lower s t 0); try easy. rewrite Rabs_R1. reflexivity.
  - apply (ever_upper w lam law); [apply pos|lra|lra].
Qed.

(** Gambler's ruin: if one step climbs by g at most, the probability is g^(-n theta) exactly. *)
Theorem lattice_exact t : h = 1%Z -> (0 <= n)%Z -> deflationary w lam -> theta w lam = Finite t ->
  ever w lam (powerRZ g n) 1 = Rpower (powerRZ g n) (- t).
Proof.
  intros Eh Hn Hd Et.
  destruct (exponent_exists w lam law Hd) as (t' & Ht & Et' & Mt & Hbefore & _).
  rewrite Et in Et'. injection Et' as <-.
  assert (pos : forall j, 0 < powerRZ g j) by (intros; apply powerRZ_lt; lra).
  apply Rle_antisym.
  - rewrite <- Rpower_apow_inv by apply pos. rewrite <- Rabs_R1 at 2.
    apply (ever_upper w lam law); [apply pos|lra|lra].
  - destruct (lattice_bounds (t / 2) t) as [L _]; try lra; try lia.
    + split; [apply Hbefore|]; lra.
    + replace (n + h - 1)%Z with n in L by lia. exact L.
Qed.

(** A level K between two powers of g is the upper power: the walk has no state in between. *)
Theorem lattice_level K k mu : powerRZ g (n - 1) < K <= powerRZ g n ->
  Rabs mu = powerRZ g k -> forall T, reach w lam K T mu = reach w lam (powerRZ g n) T mu.
Proof.
  intros HK Hmu T. unfold reach.
  assert (same : forall nu, nu = 0 \/ (exists j, Rabs nu = powerRZ g j) ->
    K <= Rabs nu -> powerRZ g n <= Rabs nu).
  { intros nu [-> | (j & Ej)] H.
    - rewrite Rabs_R0 in H. assert (0 < powerRZ g (n - 1)) by (apply powerRZ_lt; lra). lra.
    - rewrite Ej in *. apply powerRZ_le_compat; [easy|].
      assert (n - 1 < j)%Z by (apply (powerRZ_lt_inv g); [easy|lra]). lia. }
  assert (Hstart : mu = 0 \/ exists j, Rabs mu = powerRZ g j) by (right; now exists k).
  clear Hmu k. revert mu Hstart. induction T as [|T IH]; intros mu Hmu; simpl;
    destruct (Rle_dec K (Rabs mu)) as [H1 | H1],
             (Rle_dec (powerRZ g n) (Rabs mu)) as [H2 | H2]; try easy;
    try (exfalso; apply H2; now apply same); try (exfalso; apply H1; lra).
  apply expect_ext. intros p x Hin. apply IH. destruct Hmu as [-> | (j & Ej)].
  - left. unfold linear_step. ring.
  - destruct (lattice p x Hin) as [E0 | (i & Ei & _)].
    + left. unfold factor in E0. unfold linear_step.
      destruct (Req_dec (1 - lam * x) 0) as [-> | Hne]; [ring|].
      pose proof (Rabs_pos_lt _ Hne). lra.
    + right. exists (i + j)%Z. rewrite Rabs_linear_step, Ei, Ej, powerRZ_add by lra. easy.
Qed.

End Lattice.
