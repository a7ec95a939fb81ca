(** * Exact zeros: lemmas D5 and D6 of docs/theory.md.

    With probabilities k / N the drift is the logarithm of a product of integer powers. *)

From Coq Require Import Reals Ranalysis5 List Lra ZArith.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions Law Power Drift.
Import ListNotations.
Open Scope R_scope.

(** The law that draws the sample of rate x with probability k / N. *)
Definition counted (N : R) (cs : list (nat * R)) : list (R * R) :=
  map (fun c => (INR (fst c) / N, snd c)) cs.

(** prod (1 - lam x)^k. *)
Definition product (cs : list (nat * R)) (lam : R) : R :=
  fold_right (fun c y => (1 - lam * snd c) ^ fst c * y) 1 cs.

Lemma no_pole_tail w a lam : no_pole (a :: w) lam -> no_pole w lam.
Proof. intros H p x Hin. apply (H p x). now right. Qed.

Lemma product_nonzero N cs lam : no_pole (counted N cs) lam -> product cs lam <> 0.
Proof.
  induction cs as [|[k x] cs IH]; intros H; simpl; [lra|].
  apply Rmult_integral_contrapositive_currified.
  - apply pow_nonzero. apply (H (INR k / N) x). now left.
  - apply IH. now apply no_pole_tail in H.
Qed.

Lemma ln_abs_pow a k : a <> 0 -> ln (Rabs (a ^ k)) = INR k * ln (Rabs a).
Proof.
  intros Ha. rewrite <- RPow_abs. rewrite <- (ln_pow (Rabs a)); [easy|]. now apply Rabs_pos_lt.
Qed.

Theorem drift_product N cs lam : N <> 0 -> no_pole (counted N cs) lam ->
  N * drift (counted N cs) lam = ln (Rabs (product cs lam)).
Proof.
  intros HN. unfold drift. induction cs as [|[k x] cs IH]; intros H; simpl.
  - rewrite Rabs_R1, ln_1. ring.
  - assert (Hx : 1 - lam * x <> 0) by (apply (H (INR k / N) x); now left).
    apply no_pole_tail in H. specialize (IH H).
    pose proof (product_nonzero N cs lam H).
    rewrite Rabs_mult, ln_mult, ln_abs_pow by (try apply Rabs_pos_lt; try apply pow_nonzero; easy).
    simpl in IH. rewrite Rmult_plus_distr_l, IH. unfold factor. field. easy.
Qed.

(** Lemma D5: G(lam) = 0 if and only if prod |1 - lam x|^k = 1. *)
Theorem exact_zero N cs lam : 0 < N -> no_pole (counted N cs) lam ->
  (is_zero (counted N cs) lam <-> Rabs (product cs lam) = 1).
Proof.
  intros HN Hnp. pose proof (drift_product N cs lam ltac:(lra) Hnp) as E.
  assert (Hpos : 0 < Rabs (product cs lam)) by (apply Rabs_pos_lt; now apply (product_nonzero N)).
  split.
  - intros [_ HG]. rewrite HG, Rmult_0_r in E.
    rewrite <- (exp_ln _ Hpos), <- E. apply exp_0.
  - intros H1. split; [easy|]. rewrite H1, ln_1 in E.
    apply Rmult_eq_reg_l with N; lra.
Qed.

(** ** Huge counts: a common base for the factors *)

(** prod b_j^(e_j) for a list of pairs (b, e). *)
Definition monomial (bs : list R) (es : list Z) : R :=
  fold_right (fun be y => powerRZ (fst be) (snd be) * y) 1 (combine bs es).

Lemma ln_powerRZ b e : 0 < b -> ln (powerRZ b e) = IZR e * ln b.
Proof. intros Hb. rewrite powerRZ_Rpower by easy. unfold Rpower. now rewrite ln_exp. Qed.

Lemma monomial_pos bs es : List.Forall (Rlt 0) bs -> 0 < monomial bs es.
Proof.
  intros H. revert es. induction H as [|b bs Hb _ IH]; intros [|e es]; try (cbn; lra).
  change (0 < powerRZ b e * monomial bs es).
  apply Rmult_lt_0_compat; [now apply powerRZ_lt|easy].
Qed.

(** Lemma D5: factors that are monomials in positive numbers b_j, whose exponents e_ij have mean
    zero for every j, make the drift vanish.  The data carry the exponents of their factor. *)
Theorem exact_zero_base (bs : list R) (lam : R) (v : list (R * (R * list Z))) :
  List.Forall (Rlt 0) bs ->
  (forall p x es, In (p, (x, es)) v -> factor lam x = monomial bs es) ->
  (forall j, expect v (fun d => IZR (nth j (snd d) 0%Z)) = 0) ->
  is_zero (map (fun d => (fst d, fst (snd d))) v) lam.
Proof.
  intros Hbs Hfactor Hmean. split.
  - intros p x Hin. apply in_map_iff in Hin. destruct Hin as ([q [y es]] & E & Hin).
    injection E as <- <-. specialize (Hfactor q y es Hin).
    pose proof (monomial_pos bs es Hbs). unfold factor in Hfactor.
    intros E. rewrite E, Rabs_R0 in Hfactor. lra.
  - assert (E1 : drift (map (fun d => (fst d, fst (snd d))) v) lam
      = expect v (fun d => ln (monomial bs (snd d)))).
    { clear Hmean. unfold drift. induction v as [|[p [x es]] v IH]; [reflexivity|].
      simpl. rewrite IH, (Hfactor p x es) by (try (now left); intros q y fs Hin;
        apply (Hfactor q y fs); now right). reflexivity. }
    rewrite E1. clear E1 Hfactor.
    (* one base number at a time *)
    assert (claim : forall shift, expect v (fun d => ln (monomial bs (skipn shift (snd d)))) = 0).
    { induction Hbs as [|b bs Hb Hbs IH]; intros shift.
      - rewrite (expect_ext _ _ (fun _ => 0)); [apply expect_zero|].
        intros. unfold monomial. simpl. apply ln_1.
      - rewrite (expect_ext _ _ (fun d => ln b * IZR (nth shift (snd d) 0%Z)
          + ln (monomial bs (skipn (S shift) (snd d))))).
        + rewrite expect_plus, expect_scal, Hmean, IH. ring.
        + intros p [x es] _. simpl snd.
          assert (Hskip : skipn shift es = [] /\ nth shift es 0%Z = 0%Z /\ skipn (S shift) es = []
            \/ skipn shift es = nth shift es 0%Z :: skipn (S shift) es).
          { clear. revert es. induction shift as [|n IH]; intros [|e es]; simpl; auto.
            apply IH. }
          destruct Hskip as [(E & E0 & E') | E].
          * rewrite E, E0, E'. unfold monomial. rewrite !combine_nil. simpl. rewrite ln_1. ring.
          * rewrite E. change (ln (powerRZ b (nth shift es 0%Z) * monomial bs (skipn (S shift) es))
              = ln b * IZR (nth shift es 0%Z) + ln (monomial bs (skipn (S shift) es))).
            rewrite ln_mult, ln_powerRZ by (try apply powerRZ_lt; try apply monomial_pos; easy).
            ring. }
    exact (claim 0%nat).
Qed.

(** ** Tangencies *)

(** Lemma D6: [q] changes sign between l and r, and wherever it vanishes there, so do the slope
    and the drift.  Then the gap holds exactly one zero, in (l, r). *)
Theorem tangency w a (b : Rbar) l r (q : R -> R) : is_data w -> moving w -> gap w a b ->
  a < l < r -> Rbar_lt r b -> continuity q -> q l * q r < 0 ->
  (forall lam, l < lam < r -> q lam = 0 -> slope w lam = 0 /\ drift w lam = 0) ->
  brackets w a b [(l, r)].
Proof.
  intros Hd Hm Hg Hlr Hrb Hq Hsign Hzero.
  destruct (IVT_cor q l r Hq ltac:(lra) ltac:(lra)) as (z & Hz & Ez).
  assert (Hl : q l <> 0) by (intros E; rewrite E in Hsign; lra).
  assert (Hr : q r <> 0) by (intros E; rewrite E in Hsign; lra).
  assert (Hin : l < z < r).
  { destruct Hz as [[H1 | <-] [H2 | ->]]; try easy; lra. }
  destruct (Hzero z Hin Ez) as [Hs HG].
  assert (Hzb : Rbar_lt z b).
  { apply Rbar_lt_trans with (Finite r); [simpl; lra|easy]. }
  apply (brackets_double w a Hd Hm b l r z Hg); try easy; try lra.
  split; [apply Hg; [lra|easy]|easy].
Qed.

(** The slope vanishes where Q = sum k x prod_{others} (1 - lam x) does: N G' prod = - Q, said
    with the derivative of the product. *)
Theorem product_derive N cs lam : N <> 0 -> no_pole (counted N cs) lam ->
  is_derive (product cs) lam (N * slope (counted N cs) lam * product cs lam).
Proof.
  intros HN. unfold slope. induction cs as [|[k x] cs IH]; intros H.
  - simpl. rewrite Rmult_0_r, Rmult_0_l. apply (is_derive_const 1).
  - assert (Hx : 1 - lam * x <> 0) by (apply (H (INR k / N) x); now left).
    apply no_pole_tail in H. specialize (IH H). simpl.
    set (D := N * expect (counted N cs) (fun y => - y / (1 - lam * y)) * product cs lam) in IH.
    assert (Hk : is_derive (fun l => (1 - l * x) ^ k) lam (INR k * (- x) * (1 - lam * x) ^ pred k)).
    { auto_derive; [easy|]. unfold Rminus. ring. }
    pose proof (is_derive_mult (fun l => (1 - l * x) ^ k) (product cs) lam _ _ Hk IH Rmult_comm) as L.
    unfold product in L at 1. simpl in L.
    replace (N * (INR k / N * (- x / (1 - lam * x))
        + expect (counted N cs) (fun y => - y / (1 - lam * y)))
        * ((1 - lam * x) ^ k * product cs lam))
      with (plus (mult (INR k * - x * (1 - lam * x) ^ pred k) (product cs lam))
        (mult ((1 - lam * x) ^ k) D)).
    { exact L. }
    unfold plus, mult, D; simpl. unfold mult; simpl.
    destruct k as [|k]; [simpl; field; easy|]. simpl pred. simpl pow. field. easy.
Qed.

(** Off the poles the derivative of the product vanishes exactly where the slope does. *)
Corollary slope_zero N cs lam d : N <> 0 -> no_pole (counted N cs) lam ->
  is_derive (product cs) lam d -> d = 0 -> slope (counted N cs) lam = 0.
Proof.
  intros HN Hnp Hd E. pose proof (product_derive N cs lam HN Hnp) as H.
  apply is_derive_unique in H. apply is_derive_unique in Hd. rewrite Hd, E in H.
  symmetry in H. apply Rmult_integral in H. destruct H as [H | H].
  - apply Rmult_integral in H. now destruct H.
  - exfalso. now apply (product_nonzero N cs lam Hnp).
Qed.
