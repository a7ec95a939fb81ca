(** * Lemma S2 of docs/spikes.md: if G >= 0 and some factor exceeds 1, every level is reached.

    For G > 0 this is [spike_inflationary].  For G = 0, ln |mu| is a martingale.  Freeze the
    walk below a small eps: then it leaves [eps, K) after finitely many steps, because the mean
    of |mu| grows there, and the martingale gives the chance to leave it upwards. *)

From Coq Require Import Reals List Lra.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions Law Power Drift Exponent Lundberg.
Open Scope R_scope.

(** The walk that stays where it is once |mu| < eps. *)
Definition frozen_step (lam eps x mu : R) : R :=
  if Rlt_dec (Rabs mu) eps then mu else linear_step lam x mu.

Section Certain.
Variables (w : list (R * R)) (lam : R).
Hypothesis law : is_law w.
Let Hw : weights w := law_weights w law.

Lemma frozen_below eps K T mu : eps <= K -> Rabs mu < eps ->
  hit w (frozen_step lam eps) Rabs K T mu = 0.
Proof.
  intros HK Hmu. induction T as [|T IH].
  - apply hit_start. lra.
  - rewrite hit_step by lra. rewrite (expect_ext _ _ (fun _ => 0)); [apply expect_zero|].
    intros p x _. unfold frozen_step at 2. destruct (Rlt_dec (Rabs mu) eps); [easy|lra].
Qed.

Lemma frozen_le eps K T : eps <= K -> forall mu,
  hit w (frozen_step lam eps) Rabs K T mu <= reach w lam K T mu.
Proof.
  intros HK. unfold reach. induction T as [|T IH]; intros mu;
    (destruct (Rle_lt_dec K (Rabs mu)) as [H | H]; [rewrite !hit_reached by easy; lra|]).
  - rewrite !hit_start by easy. lra.
  - destruct (Rlt_dec (Rabs mu) eps) as [Hf | Hf].
    + rewrite frozen_below by easy. now apply hit_bounds.
    + rewrite !hit_step by easy. apply expect_le; [exact Hw|]. intros p x _.
      unfold frozen_step at 2. destruct (Rlt_dec (Rabs mu) eps); [easy|]. apply IH.
Qed.

Lemma factors_bounded : exists R, 1 <= R /\ forall p x, In (p, x) w -> factor lam x <= R.
Proof.
  clear law Hw. induction w as [|[q y] v (R & HR & H)].
  - exists 1. split; [lra|easy].
  - exists (Rmax R (factor lam y)). split.
    + apply Rle_trans with (1 := HR). apply Rmax_l.
    + intros p x [E | Hin].
      * injection E as <- <-. apply Rmax_r.
      * apply Rle_trans with (1 := H p x Hin). apply Rmax_l.
Qed.

(** The mean of ln |mu| does not move when G = 0. *)
Lemma mean_log mu : no_pole w lam -> drift w lam = 0 -> mu <> 0 ->
  expect w (fun x => ln (Rabs (linear_step lam x mu))) = ln (Rabs mu).
Proof.
  intros Hnp HG Hmu.
  rewrite (expect_ext _ _ (fun x => ln (factor lam x) + ln (Rabs mu))).
  - rewrite expect_plus, expect_const by easy. unfold drift in HG. lra.
  - intros p x Hin. rewrite Rabs_linear_step. apply ln_mult.
    + apply factor_pos. now apply (Hnp p).
    + now apply Rabs_pos_lt.
Qed.

(** The mean of |mu| after one step. *)
Lemma mean_abs mu : no_pole w lam ->
  expect w (fun x => Rabs (linear_step lam x mu)) = moment w lam 1 * Rabs mu.
Proof.
  intros Hnp. unfold moment. rewrite Rmult_comm, <- expect_scal. apply expect_ext.
  intros p x Hin. rewrite Rabs_linear_step, apow_exp, Rmult_1_l, exp_ln.
  - ring.
  - apply factor_pos. now apply (Hnp p).
  - apply factor_pos. now apply (Hnp p).
Qed.

(** The chance to leave [eps, K) upwards. *)
Lemma leave_upwards R eps K mu : unstable w lam -> no_pole w lam -> drift w lam = 0 ->
  1 <= R -> (forall p x, In (p, x) w -> factor lam x <= R) ->
  0 < eps < K -> mu <> 0 -> Rabs mu < K ->
  (ln (Rabs mu) - ln eps) / (ln (K * R) - ln eps) <= ever w lam K mu.
Proof.
  intros Hu Hnp HG HR Hfactor Heps Hmu Hstart.
  assert (HM : 1 < moment w lam 1).
  { apply exponent_inflationary; try easy; lra. }
  assert (HMR : moment w lam 1 <= R).
  { rewrite <- (expect_const w R law). apply expect_le; [exact Hw|].
    intros p x Hin. rewrite apow_exp, Rmult_1_l, exp_ln; [now apply (Hfactor p)| |];
      apply factor_pos; now apply (Hnp p). }
  assert (HKR : K <= K * R) by nra.
  set (D := ln (K * R) - ln eps).
  assert (HD : 0 < D) by (pose proof (ln_increasing eps (K * R) ltac:(lra) ltac:(lra)); unfold D; lra).
  set (C := K * R + 1). set (m := 1 - (moment w lam 1 - 1) * eps / C).
  assert (HC : 0 < C) by (unfold C; lra).
  set (h := fun nu => (ln (Rabs nu) - ln eps) / D).
  set (g := fun nu => if Rlt_dec (Rabs nu) eps then 0 else C - Rabs nu).
  set (inv := fun nu => nu <> 0 /\ Rabs nu <= K * R).
  assert (Hm : 0 <= m < 1).
  { assert (Hd : (moment w lam 1 - 1) * eps / C * C = (moment w lam 1 - 1) * eps) by (field; lra).
    assert (Hpos : 0 < (moment w lam 1 - 1) * eps / C).
    { apply Rdiv_lt_0_compat; [apply Rmult_lt_0_compat; lra|easy]. }
    assert (Hsmall : (moment w lam 1 - 1) * eps <= 1 * C).
    { unfold C. assert ((moment w lam 1 - 1) * eps <= R * K); [apply Rmult_le_compat; lra|lra]. }
    rewrite <- Hd in Hsmall. apply Rmult_le_reg_r in Hsmall; [|easy]. unfold m. lra. }
  assert (Hinv : forall nu, inv nu -> Rabs nu < K -> forall p x, In (p, x) w ->
    inv (frozen_step lam eps x nu)).
  { intros nu [Hnu Hle] Hlt p x Hin. unfold frozen_step.
    destruct (Rlt_dec (Rabs nu) eps); [easy|]. split.
    - apply Rmult_integral_contrapositive_currified; [now apply (Hnp p)|easy].
    - rewrite Rabs_linear_step, Rmult_comm.
      apply Rmult_le_compat; [apply Rabs_pos|apply factor_nonneg|lra|now apply (Hfactor p)]. }
  assert (Hle1 : forall nu, inv nu -> h nu <= 1).
  { intros nu [Hnu Hle]. unfold h. apply Rmult_le_reg_r with D; [easy|].
    unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra.
    pose proof (ln_le (Rabs nu) (K * R) (Rabs_pos_lt nu Hnu) Hle). unfold D. lra. }
  assert (Hstep : forall nu, inv nu -> Rabs nu < K ->
    expect w (fun x => h (frozen_step lam eps x nu)) = h nu).
  { intros nu [Hnu _] _. unfold frozen_step. destruct (Rlt_dec (Rabs nu) eps).
    - now apply expect_const.
    - unfold h. rewrite (expect_ext _ _ (fun x => / D * (ln (Rabs (linear_step lam x nu))
        - ln eps))) by (intros; unfold Rdiv; ring).
      rewrite expect_scal, expect_minus, mean_log, expect_const by easy. unfold Rdiv. ring. }
  assert (Hgstep : forall nu, inv nu -> Rabs nu < K ->
    expect w (fun x => g (frozen_step lam eps x nu)) <= m * g nu).
  { intros nu [Hnu Hle] Hlt. unfold frozen_step. destruct (Rlt_dec (Rabs nu) eps) as [Hf | Hf].
    - right. unfold g. destruct (Rlt_dec (Rabs nu) eps); [|easy].
      rewrite expect_const by easy. ring.
    - apply Rle_trans with (expect w (fun x => C - Rabs (linear_step lam x nu))).
      + apply expect_le; [exact Hw|]. intros p x Hin.
        destruct (Hinv nu (conj Hnu Hle) Hlt p x Hin) as [_ Hb]. unfold frozen_step in Hb.
        destruct (Rlt_dec (Rabs nu) eps); [easy|]. unfold g, C in *.
        destruct (Rlt_dec (Rabs (linear_step lam x nu)) eps); lra.
      + rewrite expect_minus, expect_const, mean_abs by easy.
        unfold g. destruct (Rlt_dec (Rabs nu) eps); [easy|].
        assert (Hq : 0 <= (moment w lam 1 - 1) * eps / C).
        { apply Rdiv_le_0_compat; [apply Rmult_le_pos; lra|easy]. }
        assert (E : (moment w lam 1 - 1) * eps / C * C = (moment w lam 1 - 1) * eps)
          by (field; lra).
        assert ((moment w lam 1 - 1) * eps <= (moment w lam 1 - 1) * Rabs nu)
          by (apply Rmult_le_compat_l; lra).
        pose proof (Rabs_pos nu).
        assert ((moment w lam 1 - 1) * eps / C * (C - Rabs nu)
          <= (moment w lam 1 - 1) * eps / C * C) by (apply Rmult_le_compat_l; lra).
        unfold m. lra. }
  apply (ever_ge w lam law K mu _ (g mu) m Hm). intros T.
  apply Rle_trans with (2 := frozen_le eps K T ltac:(lra) mu).
  assert (Hmu' : inv mu) by (split; [easy|lra]).
  assert (Ge : h mu <= hit w (frozen_step lam eps) Rabs K T mu
    + alive w (frozen_step lam eps) Rabs K h T mu).
  { apply (hit_ge_submartingale w (frozen_step lam eps) Rabs K law inv h); try easy.
    - intros nu Hnu _. now apply Hle1.
    - intros nu Hnu Hlt. rewrite Hstep by easy. lra. }
  assert (Le : alive w (frozen_step lam eps) Rabs K h T mu <= 1 * m ^ T * g mu).
  { apply (alive_le_geometric w (frozen_step lam eps) Rabs K law inv h g 1 m); try easy; try lra.
    - intros nu [_ Hle]. unfold g, C. destruct (Rlt_dec (Rabs nu) eps); lra.
    - intros nu Hnu Hlt. rewrite Rmult_1_l. unfold g.
      destruct (Rlt_dec (Rabs nu) eps) as [Hf | Hf].
      + unfold h. destruct Hnu as [Hnu _].
        pose proof (ln_increasing _ _ (Rabs_pos_lt nu Hnu) Hf).
        assert (0 < / D) by (now apply Rinv_0_lt_compat). unfold Rdiv. nra.
      + apply Rle_trans with (1 := Hle1 nu Hnu). unfold C. lra. }
  unfold h in Ge at 1. lra.
Qed.

Theorem spike_certain K mu : unstable w lam -> no_pole w lam -> 0 <= drift w lam ->
  0 < K -> mu <> 0 -> ever w lam K mu = 1.
Proof.
  intros Hu Hnp [HG | HG] HK Hmu; [now apply spike_inflationary|].
  destruct (Rle_lt_dec K (Rabs mu)) as [Hr | Hstart]; [now apply ever_reached|].
  destruct factors_bounded as (R & HR & Hfactor).
  apply Rle_antisym; [now apply ever_bounds|]. apply Rnot_lt_le. intros Hlt.
  set (P := ever w lam K mu) in *.
  assert (HP : 0 <= P) by now apply ever_bounds.
  assert (HKR : K <= K * R) by nra.
  (* eps = exp (- L) with L so large that the chance exceeds P *)
  set (L := Rmax (1 - ln K) ((Rabs (ln (K * R)) + Rabs (ln (Rabs mu)) + 1) / (1 - P))).
  assert (L1 : 1 - ln K <= L) by apply Rmax_l.
  assert (L2 : (Rabs (ln (K * R)) + Rabs (ln (Rabs mu)) + 1) / (1 - P) <= L) by apply Rmax_r.
  apply Rmult_le_compat_r with (r := 1 - P) in L2; [|lra].
  unfold Rdiv in L2. rewrite Rmult_assoc, Rinv_l, Rmult_1_r in L2 by lra.
  assert (Heps : 0 < exp (- L) < K).
  { split; [apply exp_pos|]. rewrite <- (exp_ln K) by easy. apply exp_increasing. lra. }
  pose proof (leave_upwards R (exp (- L)) K mu Hu Hnp (eq_sym HG) HR Hfactor Heps Hmu Hstart) as H.
  rewrite ln_exp in H. fold P in H.
  assert (HD : 0 < ln (K * R) + L) by (pose proof (ln_le K (K * R) HK HKR); lra).
  apply Rmult_le_compat_r with (r := ln (K * R) - - L) in H; [|lra].
  unfold Rdiv in H. rewrite Rmult_assoc, Rinv_l, Rmult_1_r in H by lra.
  pose proof (Rle_abs (ln (K * R))). pose proof (Rabs_pos (ln (K * R))).
  pose proof (Rle_abs (- ln (Rabs mu))) as Hm. rewrite Rabs_Ropp in Hm.
  assert (P * ln (K * R) <= Rabs (ln (K * R))).
  { apply Rle_trans with (P * Rabs (ln (K * R))); [now apply Rmult_le_compat_l|]. nra. }
  lra.
Qed.

End Certain.
