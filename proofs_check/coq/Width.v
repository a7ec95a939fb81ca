(** The reduced map at finite width: what holds on every path, and the theorem that spikes are polynomially rare.

    A state is a pair (kappa, L), kappa = eta mu / sqrt n and L = eta lambda; a sample is its curvature x >= 0.
    Lemmas R7, N1, N3, N8, W1 and W2 of the documentation; N2 and N12 are in Landing.v. *)

From Coq Require Import Reals List Lra Lia.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions Law Power General Convexity.
Import ListNotations.
Open Scope R_scope.

(** One step of the reduced map. *)
Definition reduced_step (x : R) (state : R * R) : R * R :=
  let (k, L) := state in ((1 - x * L + x ^ 2 * k ^ 2) * k, L - k ^ 2 * x * (4 - x * L)).

(** The size of a state is |kappa|. *)
Definition kappa_size (state : R * R) : R := Rabs (fst state).

(** The probability that |kappa| reaches c within T steps, drawing x independently from the law w. *)
Definition reach_kappa (w : list (R * R)) (c : R) (T : nat) (state : R * R) : R :=
  hit w reduced_step kappa_size c T state.

(** States that come from networks. *)
Definition network_state (state : R * R) : Prop := 2 * Rabs (fst state) <= snd state.

(** * Identities of one step *)

(** R7: alpha = (L + 2 kappa)/2 and beta = (L - 2 kappa)/2 are multiplied by squares. *)
Lemma diagonal_form x k L :
  let (k', L') := reduced_step x (k, L) in
  L' + 2 * k' = (L + 2 * k) * (1 - x * k) ^ 2 /\ L' - 2 * k' = (L - 2 * k) * (1 + x * k) ^ 2.
Proof. simpl. split; ring. Qed.

(** N1: what is kept. *)
Lemma four_minus x k L :
  let (k', L') := reduced_step x (k, L) in 4 - x * L' = (4 - x * L) * (1 + x ^ 2 * k ^ 2).
Proof. simpl. ring. Qed.

Lemma discriminant x k L :
  let (k', L') := reduced_step x (k, L) in
  L' ^ 2 - 4 * k' ^ 2 = (L ^ 2 - 4 * k ^ 2) * (1 - x ^ 2 * k ^ 2) ^ 2.
Proof. simpl. ring. Qed.

(** N8: at [x L = 4] L stays, and u = x kappa moves by u^3 - 3 u. *)
Lemma critical x k L : x * L = 4 ->
  let (k', L') := reduced_step x (k, L) in L' = L /\ x * k' = (x * k) ^ 3 - 3 * (x * k).
Proof. intros H. simpl. rewrite H. split; ring. Qed.

Lemma kappa_factor x k L : Rabs (fst (reduced_step x (k, L))) = Rabs (1 - x * L + x ^ 2 * k ^ 2) * Rabs k.
Proof. simpl. apply Rabs_mult. Qed.

(** * Every path *)

Lemma two_abs_le k L : 2 * Rabs k <= L <-> 0 <= L + 2 * k /\ 0 <= L - 2 * k.
Proof. unfold Rabs. destruct (Rcase_abs k); lra. Qed.

(** R7: 2 |kappa| <= L is kept by every step whatever, so it holds for ever. *)
Theorem network_state_kept x s : network_state s -> network_state (reduced_step x s).
Proof.
  destruct s as [k L]. unfold network_state. intros H. pose proof (diagonal_form x k L) as D.
  destruct (reduced_step x (k, L)) as [k' L']. destruct D as [D1 D2].
  simpl in *. apply two_abs_le in H. apply two_abs_le. rewrite D1, D2.
  split; apply Rmult_le_pos; try lra; apply pow2_ge_0.
Qed.

(** W1 (a): L never increases as long as x L <= 4. *)
Lemma L_never_increases x k L : 0 <= x -> x * L <= 4 -> snd (reduced_step x (k, L)) <= L.
Proof.
  intros Hx H. simpl. assert (0 <= k ^ 2 * x * (4 - x * L)); [|lra].
  apply Rmult_le_pos; [apply Rmult_le_pos; [apply pow2_ge_0 | exact Hx] | lra].
Qed.

Lemma L_falls x k L : 0 < x -> x * L < 4 -> k <> 0 -> snd (reduced_step x (k, L)) < L.
Proof.
  intros Hx H Hk. simpl. assert (0 < k ^ 2 * x * (4 - x * L)); [|lra].
  apply Rmult_lt_0_compat; [apply Rmult_lt_0_compat; [|exact Hx] | lra].
  rewrite <- Rsqr_pow2. now apply Rlt_0_sqr.
Qed.

(** The states of networks with curvature at most [top]. *)
Definition below (top : R) (s : R * R) : Prop := network_state s /\ snd s <= top.

Lemma below_L_pos top s : below top s -> 0 <= snd s.
Proof. intros [H _]. unfold network_state in H. pose proof (Rabs_pos (fst s)). lra. Qed.

Lemma times_below x top s : 0 <= x -> x * top <= 4 -> below top s -> x * snd s <= 4.
Proof. intros Hx H [_ B]. apply Rle_trans with (x * top); [now apply Rmult_le_compat_l | exact H]. Qed.

Theorem below_kept top x s : 0 <= x -> x * top <= 4 -> below top s -> below top (reduced_step x s).
Proof.
  intros Hx H B. pose proof (times_below x top s Hx H B) as Hs. destruct B as [N B].
  split; [now apply network_state_kept|]. destruct s as [k L].
  eapply Rle_trans; [apply L_never_increases; [exact Hx | exact Hs] | exact B].
Qed.

(** N1: the factor is at most (1 - x L/2)^2, hence at most 1, as long as x L <= 4. *)
Lemma factor_le_square x k L : network_state (k, L) -> 1 - x * L + x ^ 2 * k ^ 2 <= (1 - x * L / 2) ^ 2.
Proof.
  unfold network_state. simpl. intros H. apply two_abs_le in H.
  assert (P : 0 <= (L + 2 * k) * (L - 2 * k)) by (apply Rmult_le_pos; lra).
  assert (Q : 0 <= x ^ 2 * ((L + 2 * k) * (L - 2 * k))) by (apply Rmult_le_pos; [apply pow2_ge_0 | exact P]).
  simpl in *. lra.
Qed.

Lemma square_le_one y : 0 <= y <= 4 -> (1 - y / 2) ^ 2 <= 1.
Proof.
  intros H. assert (0 <= y * (4 - y)) by (apply Rmult_le_pos; lra). simpl. lra.
Qed.

(** W1 (b): |kappa| grows at most by the factor max(1, x L - 1) in a step. *)
Theorem growth_bound x k L : network_state (k, L) -> 0 <= x -> x * L <= 4 ->
  Rabs (1 - x * L + x ^ 2 * k ^ 2) <= Rmax 1 (x * L - 1).
Proof.
  intros N Hx H. pose proof (factor_le_square x k L N) as F.
  assert (HL : 0 <= L) by (apply (below_L_pos L (k, L)); split; [exact N | simpl; lra]).
  assert (0 <= x * L) by now apply Rmult_le_pos.
  pose proof (square_le_one (x * L) (conj H0 H)) as S.
  assert (0 <= x ^ 2 * k ^ 2) by (apply Rmult_le_pos; apply pow2_ge_0).
  pose proof (Rmax_l 1 (x * L - 1)). pose proof (Rmax_r 1 (x * L - 1)).
  apply Rabs_le. lra.
Qed.

(** W1 (c), N3 (a): |kappa| does not increase in a step with x L <= 2. *)
Lemma kappa_never_increases x s : network_state s -> 0 <= x -> x * snd s <= 2 ->
  kappa_size (reduced_step x s) <= kappa_size s.
Proof.
  destruct s as [k L]. unfold kappa_size. simpl snd. intros N Hx H. rewrite kappa_factor. simpl fst.
  assert (B : Rabs (1 - x * L + x ^ 2 * k ^ 2) <= 1).
  { eapply Rle_trans; [apply growth_bound; try assumption; lra|]. apply Rmax_lub; lra. }
  apply (Rmult_le_compat_r (Rabs k)) in B; [lra | apply Rabs_pos].
Qed.

(** N3: below four the loss rises in a step exactly if x L > 2 + x^2 kappa^2. *)
Theorem loss_rises_iff x k L : network_state (k, L) -> 0 < x -> 0 < x * L < 4 -> k <> 0 ->
  (Rabs k < Rabs (fst (reduced_step x (k, L))) <-> 2 + x ^ 2 * k ^ 2 < x * L).
Proof.
  intros N Hx H Hk. rewrite kappa_factor. pose proof (factor_le_square x k L N) as F.
  assert (P : 0 < x * L * (4 - x * L)) by (apply Rmult_lt_0_compat; lra).
  assert (F1 : 1 - x * L + x ^ 2 * k ^ 2 < 1) by (simpl in *; lra).
  apply Rabs_pos_lt in Hk. set (f := 1 - x * L + x ^ 2 * k ^ 2) in *.
  assert (E : Rabs k < Rabs f * Rabs k <-> 1 < Rabs f).
  { split; intros A.
    - apply (Rmult_lt_reg_r (Rabs k)); lra.
    - apply (Rmult_lt_compat_r (Rabs k)) in A; lra. }
  rewrite E. unfold Rabs. destruct (Rcase_abs f); unfold f in *; lra.
Qed.

(** ** Paths *)

(** The state after t steps with the curvatures x 0, x 1, ... *)
Fixpoint orbit (x : nat -> R) (s : R * R) (t : nat) : R * R :=
  match t with
  | O => s
  | S t => reduced_step (x t) (orbit x s t)
  end.

Section EveryPath.
Variable x : nat -> R.
Variables k0 L0 : R.
Hypothesis start : network_state (k0, L0).
Hypothesis x_nonneg : forall t, 0 <= x t.
Hypothesis window : forall t, x t * L0 <= 4.

Let kappa t := fst (orbit x (k0, L0) t).
Let L t := snd (orbit x (k0, L0) t).

Lemma orbit_below t : below L0 (orbit x (k0, L0) t).
Proof.
  induction t as [|t IH]; [split; [exact start | simpl; lra]|].
  simpl. now apply below_kept.
Qed.

(** For x* L_0 <= 4, on every path and for ever: 2 |kappa| <= L, x L <= 4 and L never increases. *)
Theorem every_path t : 2 * Rabs (kappa t) <= L t /\ 0 <= L t <= L0 /\ L (S t) <= L t.
Proof.
  pose proof (orbit_below t) as B. split; [exact (proj1 B)|]. split.
  - split; [exact (below_L_pos L0 _ B) | exact (proj2 B)].
  - unfold L. simpl. pose proof (times_below (x t) L0 _ (x_nonneg t) (window t) B).
    destruct (orbit x (k0, L0) t) as [k l]. now apply L_never_increases.
Qed.

(** For x* L_0 <= 2 |kappa| never increases either: no spike at any level. *)
Theorem lazy_path t : (forall t, x t * L0 <= 2) -> Rabs (kappa (S t)) <= Rabs (kappa t).
Proof.
  intros H. pose proof (orbit_below t) as B. unfold kappa. simpl.
  apply kappa_never_increases; [exact (proj1 B) | apply x_nonneg|].
  apply Rle_trans with (x t * L0); [|apply H]. apply Rmult_le_compat_l; [apply x_nonneg | exact (proj2 B)].
Qed.

(** What L loses in a step. *)
Lemma L_loss t : L t - L (S t) = kappa t ^ 2 * x t * (4 - x t * L t).
Proof. unfold kappa, L. simpl. destruct (orbit x (k0, L0) t) as [k l]. simpl. ring. Qed.

End EveryPath.

(** * The theorem (W2) *)

(** The mean growth M(b; L, q) of |kappa|^b at the curvature L and q = kappa^2; at q = 0 it is the moment
    function. *)
Definition width_moment (w : list (R * R)) (b L q : R) : R :=
  expect w (fun x => apow (Rabs (1 - x * L + x ^ 2 * q)) b).

Lemma width_moment_zero w b L : width_moment w b L 0 = moment w L b.
Proof.
  unfold width_moment, moment. apply expect_ext. intros p x _. unfold factor.
  do 2 f_equal. ring.
Qed.

(** On a segment a mean of powers b >= 1 is at most 1 if it is at both ends: it is convex. *)
Lemma convex_between (w : list (R * R)) (u v : R -> R) (t b : R) :
  weights w -> 0 <= t <= 1 -> 1 <= b ->
  expect w (fun x => apow (Rabs (u x)) b) <= 1 ->
  expect w (fun x => apow (Rabs (v x)) b) <= 1 ->
  expect w (fun x => apow (Rabs (t * u x + (1 - t) * v x)) b) <= 1.
Proof.
  intros W Ht Hb U V. eapply Rle_trans.
  - apply expect_le; [exact W|]. intros p x _. now apply abs_power_convex.
  - rewrite expect_plus, !expect_scal.
    apply (Rmult_le_compat_l t) in U; [|lra]. apply (Rmult_le_compat_l (1 - t)) in V; lra.
Qed.

(** A mean of powers of factors within [-1, 1] is at most 1. *)
Lemma tame_mean (w : list (R * R)) (u : R -> R) (b : R) :
  is_law w -> 0 <= b -> (forall x, drawn w x -> Rabs (u x) <= 1) -> expect w (fun x => apow (Rabs (u x)) b) <= 1.
Proof.
  intros [W T] Hb H. rewrite <- T. apply expect_le; [exact W|].
  intros p x Hx. apply apow_le_one; [split; [apply Rabs_pos | apply H; now exists p] | exact Hb].
Qed.

Section WidthTheorem.
Variable w : list (R * R).
Variables L0 b : R.
Hypothesis data : is_data w.
Hypothesis window : forall p x, In (p, x) w -> x * L0 <= 4.
Hypothesis b_ge_1 : 1 <= b.
Hypothesis at_start : moment w L0 b <= 1.

Lemma drawn_ok x : drawn w x -> 0 <= x /\ x * L0 <= 4.
Proof. intros [p H]. split; [exact (proj2 data p x H) | exact (window p x H)]. Qed.

Let law : is_law w := proj1 data.
Let positive_weights : weights w := law_weights w law.

(** On the edge q = L^2/4 the factors are squares (1 - x L/2)^2 <= 1. *)
Lemma edge_mean (m : R) : 0 <= 2 * m <= L0 ->
  expect w (fun x => apow (Rabs ((1 - x * m) ^ 2)) b) <= 1.
Proof.
  intros Hm. apply tame_mean; [exact law | lra|]. intros x Hx. destruct (drawn_ok x Hx) as [X1 X2].
  rewrite Rabs_pos_eq by apply pow2_ge_0. replace (x * m) with ((x * (2 * m)) / 2) by field.
  apply square_le_one. split; [apply Rmult_le_pos; lra|].
  apply Rle_trans with (x * L0); [apply Rmult_le_compat_l; lra | exact X2].
Qed.

(** At L = L_0: q lies between 0, where M is the moment function, and L_0^2/4. *)
Lemma width_moment_at_start k : 2 * Rabs k <= L0 -> width_moment w b L0 (k ^ 2) <= 1.
Proof.
  intros Hk. pose proof (Rabs_pos k) as Pk. destruct (Req_dec L0 0) as [Z|Z].
  { replace (k ^ 2) with 0; [now rewrite width_moment_zero|].
    rewrite <- pow2_abs. replace (Rabs k) with 0 by lra. ring. }
  set (t := 1 - k ^ 2 / (L0 / 2) ^ 2).
  assert (P : 0 < (L0 / 2) ^ 2) by (apply pow_lt; lra).
  assert (Q : k ^ 2 <= (L0 / 2) ^ 2) by (rewrite <- pow2_abs; apply pow_incr; lra).
  assert (T : 0 <= t <= 1).
  { assert (0 <= k ^ 2 / (L0 / 2) ^ 2 <= 1); [|unfold t; lra]. split.
    - apply Rmult_le_pos; [apply pow2_ge_0 | now apply Rlt_le, Rinv_0_lt_compat].
    - apply (Rmult_le_reg_r ((L0 / 2) ^ 2)); [exact P|]. replace (k ^ 2 / (L0 / 2) ^ 2 * (L0 / 2) ^ 2)
      with (k ^ 2); [lra|].
      field. lra. }
  unfold width_moment. rewrite (expect_ext _ _ (fun x => apow (Rabs (t * (1 - L0 * x)
    + (1 - t) * (1 - x * (L0 / 2)) ^ 2)) b)).
  - apply convex_between; [exact positive_weights | exact T | exact b_ge_1 | | apply edge_mean; lra].
    rewrite <- (expect_ext w (fun x => apow (factor L0 x) b)); [exact at_start | reflexivity].
  - intros p x _. do 2 f_equal. unfold t. field. exact Z.
Qed.

(** W2: M(b; L, kappa^2) <= 1 wherever 2 |kappa| <= L <= L_0. *)
Theorem width_moment_le_1 k L : 2 * Rabs k <= L <= L0 -> width_moment w b L (k ^ 2) <= 1.
Proof.
  intros [H1 H2]. pose proof (Rabs_pos k) as Pk.
  destruct (Req_dec L0 (2 * Rabs k)) as [E|E].
  { replace L with L0 by lra. apply width_moment_at_start. lra. }
  set (t := (L - 2 * Rabs k) / (L0 - 2 * Rabs k)).
  assert (T : 0 <= t <= 1).
  { unfold t. split.
    - apply Rmult_le_pos; [lra | apply Rlt_le, Rinv_0_lt_compat; lra].
    - apply (Rmult_le_reg_r (L0 - 2 * Rabs k)); [lra|].
      replace ((L - 2 * Rabs k) / (L0 - 2 * Rabs k) * (L0 - 2 * Rabs k)) with (L - 2 * Rabs k) by (field;
        lra). lra. }
  unfold width_moment.
  rewrite (expect_ext _ _ (fun x => apow (Rabs (t * (1 - x * L0 + x ^ 2 * k ^ 2)
    + (1 - t) * (1 - x * Rabs k) ^ 2)) b)).
  - apply convex_between; [exact positive_weights | exact T | exact b_ge_1 | | apply edge_mean; lra].
    apply width_moment_at_start. lra.
  - intros p x _. do 2 f_equal. rewrite <- (pow2_abs k). unfold t. field. lra.
Qed.

Lemma inside_kept x s : drawn w x -> below L0 s -> below L0 (reduced_step x s).
Proof. intros Hx. destruct (drawn_ok x Hx). now apply below_kept. Qed.

(** W2: |kappa|^b is a supermartingale. *)
Theorem kappa_supermartingale s : below L0 s ->
  expect w (fun x => apow (kappa_size (reduced_step x s)) b) <= apow (kappa_size s) b.
Proof.
  destruct s as [k L]. intros [N B]. unfold kappa_size.
  rewrite (expect_ext _ _ (fun x => apow (Rabs k) b * apow (Rabs (1 - x * L + x ^ 2 * k ^ 2)) b)).
  - rewrite expect_scal. rewrite <- (Rmult_1_r (apow (Rabs (fst (k, L))) b)).
    apply Rmult_le_compat_l; [apply apow_nonneg | apply (width_moment_le_1 k L); split; assumption].
  - intros p x _. rewrite kappa_factor, apow_mult by apply Rabs_pos. ring.
Qed.

(** W2, with start at or below the curvature L_0 at which the moment is known. *)
Theorem width_theorem_below (k L c : R) (T : nat) : 2 * Rabs k <= L <= L0 -> 0 < c ->
  reach_kappa w c T (k, L) <= apow (Rabs k / c) b.
Proof.
  intros H Hc. pose proof (apow_pos c b Hc) as P.
  apply (hit_le_supermartingale w reduced_step kappa_size c law (below L0) (fun s => apow (kappa_size s / c) b)).
  - intros s _. apply apow_nonneg.
  - intros s _ Hs. apply apow_ge_one; [|lra]. apply (Rmult_le_reg_r c); [exact Hc|]. unfold Rdiv.
    rewrite Rmult_assoc, Rinv_l; lra.
  - intros s Hs _ p x Hx. apply inside_kept; [now exists p | exact Hs].
  - intros s Hs _. unfold kappa_size at 2. rewrite apow_div by (try apply Rabs_pos; exact Hc).
    rewrite (expect_ext _ _ (fun x => / apow c b * apow (kappa_size (reduced_step x s)) b)).
    + rewrite expect_scal, Rmult_comm. apply Rmult_le_compat_r; [now apply Rlt_le, Rinv_0_lt_compat|].
      now apply kappa_supermartingale.
    + intros p x _. unfold kappa_size. rewrite apow_div by (try apply Rabs_pos; exact Hc). unfold Rdiv. ring.
  - split; [exact (proj1 H) | exact (proj2 H)].
Qed.

(** The theorem. The width enters through kappa_0 alone: the bound holds at every width. *)
Theorem width_theorem (k0 c : R) (T : nat) : 2 * Rabs k0 <= L0 -> 0 < c ->
  reach_kappa w c T (k0, L0) <= apow (Rabs k0 / c) b.
Proof. intros H Hc. apply width_theorem_below; [lra | exact Hc]. Qed.

(** The same for all times together. *)
Theorem width_theorem_ever (k0 c : R) : 2 * Rabs k0 <= L0 -> 0 < c ->
  hit_ever w reduced_step kappa_size c (k0, L0) <= apow (Rabs k0 / c) b.
Proof. intros H Hc. apply hit_ever_le; [exact law|]. intros T. now apply width_theorem. Qed.

(** W1 (c): for x* L_0 <= 2 the probability of a spike is 0. *)
Theorem no_spike_when_lazy (k0 c : R) (T : nat) :
  (forall p x, In (p, x) w -> x * L0 <= 2) -> 2 * Rabs k0 <= L0 -> Rabs k0 < c ->
  reach_kappa w c T (k0, L0) = 0.
Proof.
  intros lazy H Hc. apply (no_spike w reduced_step kappa_size c (below L0) inside_kept); [|split;
    [exact H | simpl; lra] | exact Hc].
  intros x s [N B] Hs Hx. destruct (drawn_ok x Hx) as [X _]. destruct Hx as [p Hx].
  eapply Rle_lt_trans; [|exact Hs]. apply kappa_never_increases; [exact N | exact X|].
  apply Rle_trans with (x * L0); [apply Rmult_le_compat_l; assumption | exact (lazy p x Hx)].
Qed.

End WidthTheorem.
