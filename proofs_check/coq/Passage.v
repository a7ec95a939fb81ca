(** * The expected time of the first passage: lemma S13 of docs/theory.md.

    The time tau is the first t with |mu_t| >= K. Its expectation is the sum over t >= 0 of P(tau > t), which is
    1 - [reach ... t]. Wald's identity at the time min(tau, T) is an induction over T. *)

From Coq Require Import Reals List Lra Lia Classical.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions Law Power Drift Exponent Lundberg.
Import ListNotations.
Open Scope R_scope.

(** P(tau > 0) + ... + P(tau > T - 1), which is E min(tau, T). *)
Fixpoint mean_up_to (w : list (R * R)) (lam K : R) (T : nat) (mu : R) : R :=
  match T with O => 0 | S T' => mean_up_to w lam K T' mu + (1 - reach w lam K T' mu) end.

(** E tau, a number or infinity: the limit of E min(tau, T). *)
Definition passage_mean (w : list (R * R)) (lam K mu : R) : Rbar := Lim_seq (fun T => mean_up_to w lam K T mu).

Section Passage.
Variables (w : list (R * R)) (lam K : R).
Hypothesis law : is_law w.
Hypothesis off : no_pole w lam.
Hypothesis K_positive : 0 < K.
Let Hw : weights w := law_weights w law.

Notation reached := (reach w lam K).
Notation mean := (mean_up_to w lam K).
Notation walk := (hit w (linear_step lam) Rabs K).

Lemma reached_bounds T mu : 0 <= reached T mu <= 1.
Proof. apply (hit_bounds w (linear_step lam) Rabs K law). Qed.

Lemma reached_grows T mu : reached T mu <= reached (S T) mu.
Proof. apply (hit_increasing w (linear_step lam) Rabs K law). Qed.

Lemma mean_increases T mu : mean T mu <= mean (S T) mu.
Proof. simpl. pose proof (reached_bounds T mu). lra. Qed.

Lemma mean_done T mu : K <= Rabs mu -> mean T mu = 0.
Proof. intros H. induction T as [|T IH]; simpl; [easy|]. rewrite IH. unfold reach. rewrite hit_reached by easy. lra. Qed.

Lemma mean_step T mu : Rabs mu < K -> mean (S T) mu = 1 + expect w (fun x => mean T (linear_step lam x mu)).
Proof.
  intros H. induction T as [|T IH].
  - simpl. unfold reach. rewrite hit_start by easy. rewrite expect_zero. lra.
  - change (mean (S (S T)) mu) with (mean (S T) mu + (1 - reached (S T) mu)). rewrite IH.
    unfold reach at 1. rewrite hit_step by easy. simpl.
    rewrite expect_plus, expect_minus, (expect_const w 1 law). unfold reach. lra.
Qed.

(** The mean of ln |mu| at the time min(tau, T). *)
Fixpoint log_at (T : nat) (mu : R) : R :=
  if Rle_dec K (Rabs mu) then ln (Rabs mu)
  else match T with O => ln (Rabs mu) | S T' => expect w (fun x => log_at T' (linear_step lam x mu)) end.

Lemma log_at_reached T mu : K <= Rabs mu -> log_at T mu = ln (Rabs mu).
Proof. intros H. destruct T; simpl; now destruct (Rle_dec K (Rabs mu)). Qed.

Lemma log_at_start mu : log_at 0 mu = ln (Rabs mu).
Proof. simpl. now destruct (Rle_dec K (Rabs mu)). Qed.

Lemma log_at_step T mu : Rabs mu < K -> log_at (S T) mu = expect w (fun x => log_at T (linear_step lam x mu)).
Proof. intros H. simpl. destruct (Rle_dec K (Rabs mu)); [lra|easy]. Qed.

Lemma step_not_zero p x mu : In (p, x) w -> mu <> 0 -> linear_step lam x mu <> 0.
Proof. intros I H. unfold linear_step. apply Rmult_integral_contrapositive_currified; [now apply (off p)|easy]. Qed.

Lemma log_step p x mu : In (p, x) w -> mu <> 0 -> ln (Rabs (linear_step lam x mu)) = ln (factor lam x) + ln (Rabs mu).
Proof.
  intros I H. rewrite Rabs_linear_step. apply ln_mult; [|now apply Rabs_pos_lt].
  apply Rabs_pos_lt. now apply (off p).
Qed.

(** Wald's identity. *)
Theorem wald : forall T mu, mu <> 0 -> log_at T mu = ln (Rabs mu) + drift w lam * mean T mu.
Proof.
  induction T as [|T IH]; intros mu Hmu.
  - rewrite log_at_start. simpl. ring.
  - destruct (Rlt_le_dec (Rabs mu) K) as [H | H].
    + rewrite log_at_step, mean_step by easy.
      rewrite (expect_ext w _ (fun x => (ln (factor lam x) + ln (Rabs mu)) + drift w lam * mean T (linear_step lam x mu))).
      * rewrite expect_plus, expect_plus, expect_scal, (expect_const w _ law). unfold drift. ring.
      * intros p x I. rewrite IH by now apply (step_not_zero p). now rewrite (log_step p).
    + rewrite log_at_reached, mean_done by easy. ring.
Qed.

(** Not more than one factor R above K. *)
Lemma log_at_most R0 : 1 <= R0 -> (forall p x, In (p, x) w -> factor lam x <= R0) ->
  forall T mu, mu <> 0 -> Rabs mu <= K * R0 -> log_at T mu <= ln (K * R0).
Proof.
  intros H1 HR.
  assert (ends : forall mu, mu <> 0 -> Rabs mu <= K * R0 -> ln (Rabs mu) <= ln (K * R0)).
  { intros mu Hmu [L | ->]; [|lra]. apply Rlt_le, ln_increasing; [now apply Rabs_pos_lt|easy]. }
  induction T as [|T IH]; intros mu Hmu Hle.
  - rewrite log_at_start. now apply ends.
  - destruct (Rlt_le_dec (Rabs mu) K) as [H | H].
    + rewrite log_at_step by easy. rewrite <- (expect_const w (ln (K * R0)) law). apply expect_le; [exact Hw|].
      intros p x I. apply IH; [now apply (step_not_zero p)|]. rewrite Rabs_linear_step, Rmult_comm.
      apply Rmult_le_compat; [apply Rabs_pos|apply Rabs_pos|lra|now apply (HR p)].
    + rewrite log_at_reached by easy. now apply ends.
Qed.

Lemma log_at_least c : 0 <= c -> (forall p x, In (p, x) w -> - c <= ln (factor lam x)) ->
  forall T mu, mu <> 0 ->
  ln K * reached T mu + (ln (Rabs mu) - INR T * c) * (1 - reached T mu) <= log_at T mu.
Proof.
  intros Hc HC.
  assert (done : forall T mu, mu <> 0 -> K <= Rabs mu ->
    ln K * reached T mu + (ln (Rabs mu) - INR T * c) * (1 - reached T mu) <= log_at T mu).
  { intros T mu Hmu H. rewrite log_at_reached by easy. unfold reach. rewrite hit_reached by easy.
    assert (ln K <= ln (Rabs mu)) by (destruct H as [L | <-]; [apply Rlt_le, ln_increasing; easy|lra]). lra. }
  induction T as [|T IH]; intros mu Hmu; (destruct (Rlt_le_dec (Rabs mu) K) as [H | H]; [|now apply done]).
  - rewrite log_at_start. unfold reach. rewrite hit_start by easy. simpl. lra.
  - rewrite log_at_step by easy. unfold reach at 1 2. rewrite hit_step by easy. fold (reached T).
    apply Rle_trans with (expect w (fun x => ln K * reached T (linear_step lam x mu)
      + (ln (Rabs mu) - INR (S T) * c) * (1 - reached T (linear_step lam x mu)))).
    + rewrite expect_plus, !expect_scal, expect_minus, (expect_const w 1 law). unfold reach. lra.
    + apply expect_le; [exact Hw|]. intros p x I. eapply Rle_trans; [|apply (IH _ (step_not_zero p x mu I Hmu))].
      rewrite (log_step p) by easy. pose proof (HC p x I). pose proof (reached_bounds T (linear_step lam x mu)).
      rewrite S_INR. nra.
Qed.

Lemma some_bound : exists c, 0 <= c /\ forall p x, In (p, x) w -> - c <= ln (factor lam x).
Proof.
  clear. induction w as [|[p x] v (c & Hc & H)]; [exists 0; split; [lra|easy]|].
  exists (c + Rabs (ln (factor lam x))). pose proof (Rabs_pos (ln (factor lam x))) as P. split; [lra|].
  intros q y [E | I].
  - injection E as _ <-. pose proof (Rle_abs (- ln (factor lam x))) as A. rewrite Rabs_Ropp in A. lra.
  - specialize (H q y I). lra.
Qed.

(** The second half of the sum holds n terms that are at least the last one. *)
Lemma last_terms mu : forall n T, INR n * (1 - reached (T + n) mu) <= mean (T + n) mu - mean T mu.
Proof.
  intros n T. assert (le : forall k, (k <= n)%nat -> INR k * (1 - reached (T + n) mu) <= mean (T + k) mu - mean T mu).
  { assert (more : forall a b, (a <= b)%nat -> reached a mu <= reached b mu).
    { intros a b H. induction H as [|b H IH]; [lra|]. eapply Rle_trans; [exact IH|apply reached_grows]. }
    induction k as [|k IH]; intros Hk.
    - rewrite Nat.add_0_r. simpl. lra.
    - rewrite S_INR, Nat.add_succ_r. simpl. specialize (IH ltac:(lia)). pose proof (more (T + k)%nat (T + n)%nat ltac:(lia)). lra. }
  now apply le.
Qed.

(** G E min(tau, 2n) falls short of ln K by what the second half of the sum bounds. *)
Lemma mean_short mu : mu <> 0 -> Rabs mu < K -> exists b, 0 <= b /\ forall n, (1 <= n)%nat ->
  ln (K / Rabs mu) - b * (mean (n + n) mu - mean n mu) <= drift w lam * mean (n + n) mu.
Proof.
  intros Hmu H. destruct some_bound as (c & Hc & HC). pose proof (Rabs_pos_lt mu Hmu) as P.
  assert (L : ln (K / Rabs mu) = ln K - ln (Rabs mu)).
  { unfold Rdiv. rewrite ln_mult, ln_Rinv; [ring|easy|easy|now apply Rinv_0_lt_compat]. }
  assert (G : ln (Rabs mu) < ln K) by now apply ln_increasing.
  exists (ln K - ln (Rabs mu) + 2 * c). split; [lra|]. intros n Hn.
  pose proof (log_at_least c Hc HC (n + n) mu Hmu) as A. rewrite (wald (n + n) mu Hmu) in A.
  pose proof (last_terms mu n n) as B. set (a := 1 - reached (n + n) mu) in *. replace (reached (n + n) mu) with (1 - a) in A by (unfold a; ring).
  rewrite plus_INR in A. assert (1 <= INR n) by (apply (le_INR 1); lia).
  assert (0 <= a) by (unfold a; pose proof (reached_bounds (n + n) mu); lra).
  rewrite L. set (d := mean (n + n) mu - mean n mu) in *.
  assert (a <= d) by nra. assert (a * (ln K - ln (Rabs mu)) <= d * (ln K - ln (Rabs mu))) by (apply Rmult_le_compat_r; lra).
  assert (INR n * a * c <= d * c) by (apply Rmult_le_compat_r; lra). nra.
Qed.

Lemma mean_incr mu : forall n m, (n <= m)%nat -> mean n mu <= mean m mu.
Proof. intros n m H. induction H as [|m H IH]; [lra|]. eapply Rle_trans; [exact IH|apply mean_increases]. Qed.

(** If E tau is finite, G E tau is at least ln K. *)
Lemma mean_from_below mu E : mu <> 0 -> Rabs mu < K -> is_lim_seq (fun T => mean T mu) (Finite E) ->
  ln (K / Rabs mu) <= drift w lam * E.
Proof.
  intros Hmu H L. destruct (mean_short mu Hmu H) as (b & Hb & short).
  apply (is_lim_seq_le (fun n => ln (K / Rabs mu) - b * (mean (S n + S n) mu - mean (S n) mu))
    (fun n => drift w lam * mean (S n + S n) mu) (Finite (ln (K / Rabs mu))) (Finite (drift w lam * E))).
  - intros n. apply short. lia.
  - replace (ln (K / Rabs mu)) with (ln (K / Rabs mu) - b * (E - E)) at 1 by ring.
    apply is_lim_seq_minus'; [apply is_lim_seq_const|]. apply (is_lim_seq_scal_l _ b (Finite (E - E))).
    apply is_lim_seq_minus'.
    + apply (is_lim_seq_subseq _ _ (fun n => (S n + S n)%nat) ) with (2 := L).
      apply eventually_subseq. intros n. lia.
    + now apply (is_lim_seq_incr_1 (fun n => mean n mu)).
  - apply (is_lim_seq_scal_l _ (drift w lam) (Finite E)).
    apply (is_lim_seq_subseq _ _ (fun n => (S n + S n)%nat)) with (2 := L). apply eventually_subseq. intros n. lia.
Qed.

(** S13, G > 0: ln K <= G E tau <= ln K + ln R. *)
Theorem passage_wald R0 mu : 0 < drift w lam -> 1 <= R0 -> (forall p x, In (p, x) w -> factor lam x <= R0) ->
  mu <> 0 -> Rabs mu < K ->
  exists E, passage_mean w lam K mu = Finite E /\
    ln (K / Rabs mu) <= drift w lam * E <= ln (K / Rabs mu) + ln R0.
Proof.
  intros G H1 HR Hmu H. pose proof (Rabs_pos_lt mu Hmu) as P.
  set (top := (ln (K / Rabs mu) + ln R0) / drift w lam).
  assert (B : forall T, mean T mu <= top).
  { intros T. pose proof (log_at_most R0 H1 HR T mu Hmu ltac:(nra)) as A. rewrite (wald T mu Hmu) in A.
    apply Rmult_le_reg_l with (drift w lam); [exact G|]. unfold top. replace (drift w lam * (_ / drift w lam)) with
      (ln (K / Rabs mu) + ln R0) by (field; lra).
    unfold Rdiv. rewrite ln_mult, ln_Rinv by (try easy; now apply Rinv_0_lt_compat). rewrite ln_mult in A by lra. lra. }
  assert (F : ex_finite_lim_seq (fun T => mean T mu)).
  { apply ex_finite_lim_seq_incr with top; [intros T; apply mean_increases|exact B]. }
  destruct F as [E L]. exists E. split; [now apply is_lim_seq_unique|]. split; [now apply (mean_from_below mu)|].
  assert (E <= top).
  { apply (is_lim_seq_le (fun T => mean T mu) (fun _ => top) (Finite E) (Finite top) B L). apply is_lim_seq_const. }
  apply Rmult_le_compat_l with (r := drift w lam) in H0; [|lra].
  replace (drift w lam * top) with (ln (K / Rabs mu) + ln R0) in H0 by (unfold top; field; lra). exact H0.
Qed.

(** S13, G = 0: the expectation is infinite. *)
Theorem passage_critical mu : drift w lam = 0 -> mu <> 0 -> Rabs mu < K -> passage_mean w lam K mu = p_infty.
Proof.
  intros G Hmu H. unfold passage_mean.
  assert (L : ex_lim_seq (fun T => mean T mu)) by (apply ex_lim_seq_incr; intros T; apply mean_increases).
  apply Lim_seq_correct in L. destruct (Lim_seq (fun T => mean T mu)) as [E | |]; [|easy|].
  - exfalso. pose proof (mean_from_below mu E Hmu H L) as A. rewrite G, Rmult_0_l in A.
    assert (0 < ln (K / Rabs mu)); [|lra]. rewrite <- ln_1. apply ln_increasing; [lra|].
    pose proof (Rabs_pos_lt mu Hmu) as P. apply Rmult_lt_reg_r with (Rabs mu); [easy|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
  - exfalso. apply (is_lim_seq_le (fun _ => 0) _ 0 m_infty) in L; [easy| |apply is_lim_seq_const].
    intros T. apply (mean_incr mu 0 T). lia.
Qed.

End Passage.

(** With a positive chance never to arrive the expectation is infinite. *)
Theorem passage_never w lam K mu c : c < 1 -> (forall T, reach w lam K T mu <= c) -> passage_mean w lam K mu = p_infty.
Proof.
  intros Hc H. apply is_lim_seq_unique.
  apply is_lim_seq_le_p_loc with (fun T => INR T * (1 - c)).
  - exists 0%nat. intros T _. induction T as [|T IH]; [simpl; lra|]. rewrite S_INR. simpl. specialize (H T). lra.
  - replace p_infty with (Rbar_mult p_infty (1 - c)).
    + apply is_lim_seq_scal_r, is_lim_seq_INR.
    + simpl. destruct (Rle_dec 0 (1 - c)) as [Q | Q]; [|lra]. destruct (Rle_lt_or_eq_dec 0 (1 - c) Q) as [Q' | Q']; [easy|lra].
Qed.

(** ** With numbers *)

Lemma K_over mu K : mu <> 0 -> K * Rabs mu / Rabs mu = K.
Proof. intros H. field. now apply Rabs_no_R0. Qed.

Lemma start_below mu K : mu <> 0 -> 1 < K -> 0 < K * Rabs mu /\ Rabs mu < K * Rabs mu.
Proof. intros H HK. pose proof (Rabs_pos_lt mu H). nra. Qed.

Theorem wald_claim w lam R0 K lower upper : is_data w -> no_pole w lam -> 0 < drift w lam -> 1 <= R0 -> 1 < K ->
  List.Forall (fun e => factor lam (snd e) <= R0) w ->
  lower * drift w lam <= ln K -> ln K + ln R0 <= upper * drift w lam ->
  forall mu, mu <> 0 -> exists E, passage_mean w lam (K * Rabs mu) mu = Finite E /\ lower <= E <= upper.
Proof.
  intros D N G H1 HK F A B mu Hmu. rewrite List.Forall_forall in F. destruct (start_below mu K Hmu HK) as [P Q].
  destruct (passage_wald w lam (K * Rabs mu) (proj1 D) N P R0 mu G H1) as (E & M & C); [|easy|easy|].
  - intros p x I. exact (F _ I).
  - exists E. split; [easy|]. rewrite K_over in C by easy. split; apply Rmult_le_reg_l with (drift w lam); lra.
Qed.

Theorem critical_claim w lam K : is_data w -> is_zero w lam -> 1 < K ->
  forall mu, mu <> 0 -> passage_mean w lam (K * Rabs mu) mu = p_infty.
Proof.
  intros D [N G] HK mu Hmu. destruct (start_below mu K Hmu HK) as [P Q]. now apply passage_critical; try apply D.
Qed.

Theorem stable_passage_claim w lam K : is_data w -> 1 < K -> List.Forall (fun e => factor lam (snd e) <= 1) w ->
  forall mu, mu <> 0 -> passage_mean w lam (K * Rabs mu) mu = p_infty.
Proof.
  intros D HK F mu Hmu. rewrite List.Forall_forall in F. apply passage_never with 0; [lra|]. intros T.
  rewrite (spike_stable w lam (K * Rabs mu) T); [lra| |now apply start_below].
  intros p x I. exact (F _ I).
Qed.

Theorem falling_claim w lam K : is_data w -> 1 < K -> deflationary w lam ->
  forall mu, mu <> 0 -> passage_mean w lam (K * Rabs mu) mu = p_infty.
Proof.
  intros D HK F mu Hmu. destruct (exponent_exists w lam (proj1 D) F) as (t & Ht & _ & E & _).
  apply passage_never with (Rpower K (- t)).
  - unfold Rpower. rewrite <- exp_0. apply exp_increasing. assert (0 < ln K) by (rewrite <- ln_1; apply ln_increasing; lra). nra.
  - intros T. rewrite (reach_spike w lam K T mu Hmu). apply (spike_upper w lam (proj1 D) t K T); try lra.
Qed.
