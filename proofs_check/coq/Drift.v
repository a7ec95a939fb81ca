(** * The sign of the drift: lemmas D1 to D4 of docs/theory.md.

    All of it follows from one inequality, [drift_tangent]: in a gap between poles the drift
    lies below its tangents, because ln t <= t - 1 and every 1 - lam x keeps its sign there. *)

From Coq Require Import Reals Ranalysis5 List Lra.
From Coquelicot Require Import Coquelicot.
From Catalysis Require Import Definitions Law.
Import ListNotations.
Open Scope R_scope.

(** The open interval (a, b) holds no pole; b may be [p_infty]. *)
Definition gap (w : list (R * R)) (a : R) (b : Rbar) : Prop :=
  forall lam : R, a < lam -> Rbar_lt lam b -> no_pole w lam.

(** Not all rates are zero. *)
Definition moving (w : list (R * R)) : Prop := exists p x, In (p, x) w /\ x <> 0.

(** The derivative of the drift, off the poles. *)
Definition slope (w : list (R * R)) (lam : R) : R :=
  expect w (fun x => - x / (1 - lam * x)).

(** A zero of the drift (poles do not count: the drift is minus infinity there). *)
Definition is_zero (w : list (R * R)) (lam : R) : Prop := no_pole w lam /\ drift w lam = 0.

(** ** Derivatives *)

Lemma ln_factor_derive x lam : 1 - lam * x <> 0 ->
  is_derive (fun l => ln (factor l x)) lam (- x / (1 - lam * x)).
Proof.
  intros H. unfold factor.
  destruct (Rlt_le_dec 0 (1 - lam * x)) as [Hp | Hn].
  - auto_derive.
    + repeat split; try lra. now apply Rabs_pos_lt.
    + rewrite sign_eq_1 by lra. rewrite Rabs_pos_eq by lra. now field.
  - auto_derive.
    + repeat split; try lra. now apply Rabs_pos_lt.
    + rewrite sign_eq_m1 by lra. rewrite Rabs_left by lra. now field.
Qed.

Theorem drift_derive w lam : no_pole w lam -> is_derive (drift w) lam (slope w lam).
Proof.
  intros H. unfold drift, slope.
  apply (expect_derive w (fun x l => ln (factor l x))).
  intros p x Hin. apply ln_factor_derive. now apply (H p).
Qed.

(** The second derivative is negative (not used below, where tangents do the work). *)
Theorem slope_derive w lam : no_pole w lam ->
  is_derive (slope w) lam (- expect w (fun x => (x / (1 - lam * x)) ^ 2)).
Proof.
  intros H. unfold slope.
  replace (- expect w (fun x => (x / (1 - lam * x)) ^ 2))
    with (expect w (fun x => -1 * (x / (1 - lam * x)) ^ 2)) by (rewrite expect_scal; ring).
  apply (expect_derive w (fun x l => - x / (1 - l * x))).
  intros p x Hin. specialize (H p x Hin). auto_derive; [easy|]. now field.
Qed.

Lemma drift_continuous w lam : no_pole w lam -> continuity_pt (drift w) lam.
Proof.
  intros H. apply continuity_pt_filterlim.
  apply (ex_derive_continuous (drift w)). eexists. now apply drift_derive.
Qed.

(** ** Tangents and concavity *)

Lemma ln_lt_minus_one t : 0 < t -> t <> 1 -> ln t < t - 1.
Proof.
  intros Ht Hne.
  assert (ln t <> 0) by (intros E; apply Hne; rewrite <- (exp_ln t Ht), E; apply exp_0).
  pose proof (exp_ineq1 (ln t) H) as Hexp. rewrite exp_ln in Hexp by easy. lra.
Qed.

Lemma log_tangent A B : 0 < A * B -> A <> B ->
  ln (Rabs B) < ln (Rabs A) + (B - A) / A.
Proof.
  intros H Hne.
  assert (A <> 0) by (intros ->; lra). assert (B <> 0) by (intros ->; lra).
  assert (Hq : 0 < B / A).
  { replace (B / A) with (A * B * / (A * A)) by (field; easy).
    apply Rmult_lt_0_compat; [easy|]. apply Rinv_0_lt_compat. nra. }
  assert (B / A <> 1).
  { intros E. apply Hne. apply (f_equal (fun t => t * A)) in E. field_simplify in E; lra. }
  pose proof (ln_lt_minus_one (B / A) Hq H2) as Hln.
  replace (Rabs B) with (Rabs A * (B / A)).
  - rewrite ln_mult by (try apply Rabs_pos_lt; easy).
    replace ((B - A) / A) with (B / A - 1) by (field; easy). lra.
  - rewrite <- (Rabs_pos_eq (B / A)) by lra. rewrite <- Rabs_mult. f_equal. now field.
Qed.

(** Two points with no pole on either and none between them. *)
Definition same_side (w : list (R * R)) (u v : R) : Prop :=
  forall p x, In (p, x) w -> 0 < (1 - u * x) * (1 - v * x).

Lemma same_side_gap w a b u v : gap w a b ->
  a <= u -> Rbar_le u b -> no_pole w u -> a <= v -> Rbar_le v b -> no_pole w v ->
  same_side w u v.
Proof.
  intros Hg Hau Hub Hu Hav Hvb Hv p x Hin.
  specialize (Hu p x Hin). specialize (Hv p x Hin).
  apply Rnot_le_lt. intros Hle.
  assert (Hx : x <> 0) by (intros ->; lra).
  assert (Hbetween : (u - / x) * (v - / x) < 0).
  { assert (Hneg : (1 - u * x) * (1 - v * x) < 0) by nra.
    replace ((u - / x) * (v - / x)) with ((1 - u * x) * (1 - v * x) * / (x * x)) by (field; easy).
    assert (0 < / (x * x)) by (apply Rinv_0_lt_compat; nra). nra. }
  apply (Hg (/ x)) with (p := p) (x := x); [nra| |easy|now field].
  destruct b as [b | |]; simpl in *; try easy. nra.
Qed.

Lemma drift_tangent_strict w u v : weights w -> moving w -> same_side w u v -> u <> v ->
  drift w v < drift w u + slope w u * (v - u).
Proof.
  intros Hw (p & x & Hin & Hx) Hs Hne. unfold drift, slope.
  rewrite (Rmult_comm (expect _ _)), <- expect_scal, <- expect_plus.
  assert (term : forall y, 0 < (1 - u * y) * (1 - v * y) -> y <> 0 ->
    ln (factor v y) < ln (factor u y) + (v - u) * (- y / (1 - u * y))).
  { intros y Hy Hy0. unfold factor.
    assert (1 - u * y <> 0) by (intros E; rewrite E in Hy; lra).
    replace ((v - u) * (- y / (1 - u * y)))
      with (((1 - v * y) - (1 - u * y)) / (1 - u * y)) by (field; easy).
    apply log_tangent; [easy|]. intros E. apply Hne.
    apply Rmult_eq_reg_r with y; [lra|easy]. }
  apply expect_lt; [easy| |].
  - intros q y Hy. destruct (Req_dec y 0) as [-> | Hy0].
    + unfold factor. rewrite !Rmult_0_r. unfold Rdiv. rewrite Ropp_0. lra.
    + left. apply term; [now apply (Hs q)|easy].
  - exists p, x. split; [easy|]. apply term; [now apply (Hs p)|easy].
Qed.

Theorem drift_tangent w u v : weights w -> moving w -> same_side w u v ->
  drift w v <= drift w u + slope w u * (v - u).
Proof.
  intros Hw Hm Hs. destruct (Req_dec u v) as [<- | Hne].
  - right. ring.
  - left. now apply drift_tangent_strict.
Qed.

Section Gap.
Variables (w : list (R * R)) (a : R) (b : Rbar).
Hypotheses (Hw : weights w) (Hm : moving w) (Hg : gap w a b).

(** The points of the closed gap that are not poles. *)
Definition inside (lam : R) : Prop := a <= lam /\ Rbar_le lam b /\ no_pole w lam.

Lemma inside_open lam : a < lam -> Rbar_lt lam b -> inside lam.
Proof. repeat split; [lra|now apply Rbar_lt_le|now apply Hg]. Qed.

Lemma inside_same_side u v : inside u -> inside v -> same_side w u v.
Proof. intros (Hu1 & Hu2 & Hu3) (Hv1 & Hv2 & Hv3). now apply (same_side_gap w a b). Qed.

Lemma inside_between u v lam : inside u -> inside v -> u <= lam <= v -> inside lam.
Proof.
  intros Hu Hv [[Hl | <-] [Hr | ->]]; try easy.
  destruct Hu as (Hu & _), Hv as (_ & Hv & _). apply inside_open; [lra|].
  now apply Rbar_lt_le_trans with (Finite v).
Qed.

(** Strict concavity, by three points. *)
Lemma drift_three_points u v t : inside u -> inside t -> u < v < t ->
  drift w u * (t - v) + drift w t * (v - u) < drift w v * (t - u).
Proof.
  intros Hu Ht Hv.
  assert (Hi : inside v) by (apply (inside_between u t); [easy|easy|lra]).
  pose proof (drift_tangent_strict w v u Hw Hm (inside_same_side v u Hi Hu)) as Lu.
  pose proof (drift_tangent_strict w v t Hw Hm (inside_same_side v t Hi Ht)) as Lt.
  assert (drift w u < drift w v + slope w v * (u - v)) as Lu' by (apply Lu; lra).
  assert (drift w t < drift w v + slope w v * (t - v)) as Lt' by (apply Lt; lra).
  apply Rmult_lt_compat_r with (r := t - v) in Lu'; [|lra].
  apply Rmult_lt_compat_r with (r := v - u) in Lt'; [|lra].
  lra.
Qed.

(** Lemma D1 (b): between neighbouring poles the drift is strictly concave. *)
Theorem drift_strictly_concave u v t : inside u -> inside v -> u <> v -> 0 < t < 1 ->
  t * drift w u + (1 - t) * drift w v < drift w (t * u + (1 - t) * v).
Proof.
  assert (ordered : forall u v t, inside u -> inside v -> u < v -> 0 < t < 1 ->
    t * drift w u + (1 - t) * drift w v < drift w (t * u + (1 - t) * v)).
  { clear u v t. intros u v t Hu Hv Hlt Ht.
    assert (Hp : u < t * u + (1 - t) * v < v) by nra.
    pose proof (drift_three_points u _ v Hu Hv Hp) as H.
    replace (v - (t * u + (1 - t) * v)) with (t * (v - u)) in H by ring.
    replace (t * u + (1 - t) * v - u) with ((1 - t) * (v - u)) in H by ring.
    apply Rmult_lt_reg_r with (v - u); lra. }
  intros Hu Hv Hne Ht. destruct (Rtotal_order u v) as [Hlt | [E | Hgt]]; [|easy|].
  - now apply ordered.
  - pose proof (ordered v u (1 - t) Hv Hu Hgt) as H.
    replace (1 - (1 - t)) with t in H by ring.
    rewrite (Rplus_comm (t * u)), (Rplus_comm (t * drift w u)). apply H. lra.
Qed.

(** Lemma D4: the drift is positive between two points of a gap where it is. *)
Theorem positive_piece l r : inside l -> inside r -> 0 < drift w l -> 0 < drift w r ->
  forall lam, l <= lam <= r -> 0 < drift w lam.
Proof.
  intros Hl Hr Gl Gr lam [[H1 | <-] [H2 | ->]]; try easy.
  assert (H : l < lam < r) by lra. pose proof (drift_three_points l lam r Hl Hr H).
  apply Rmult_lt_reg_r with (r - l); nra.
Qed.

Theorem nonnegative_piece l r : inside l -> inside r -> 0 <= drift w l -> 0 <= drift w r ->
  forall lam, l <= lam <= r -> 0 <= drift w lam.
Proof.
  intros Hl Hr Gl Gr lam [[H1 | <-] [H2 | ->]]; try easy.
  assert (H : l < lam < r) by lra. pose proof (drift_three_points l lam r Hl Hr H).
  left. apply Rmult_lt_reg_r with (r - l); nra.
Qed.

(** Lemma D3: a tangent that is negative at both ends of a piece proves the piece negative. *)
Theorem negative_piece c l r : inside c ->
  drift w c + slope w c * (l - c) < 0 -> drift w c + slope w c * (r - c) < 0 ->
  forall lam, inside lam -> l <= lam <= r -> drift w lam < 0.
Proof.
  intros Hc Hl Hr lam Hi Hlam.
  apply Rle_lt_trans with (1 := drift_tangent w c lam Hw Hm (inside_same_side c lam Hc Hi)).
  destruct (Rle_lt_dec 0 (slope w c)); nra.
Qed.

(** Left of a negative value that a positive one follows, the drift is negative. *)
Theorem negative_left l u : inside u -> l < u -> drift w l < 0 < drift w u ->
  forall lam, inside lam -> lam <= l -> drift w lam < 0.
Proof.
  intros Hu Hlu [Gl Gu] lam Hi [Hlt | ->]; [|easy].
  assert (H : lam < l < u) by lra. pose proof (drift_three_points lam l u Hi Hu H) as H3.
  apply Rnot_le_lt. intros Hle. nra.
Qed.

(** Right of a negative value that follows a positive one, the drift is negative. *)
Theorem negative_right u r : inside u -> u < r -> drift w r < 0 < drift w u ->
  forall lam, inside lam -> r <= lam -> drift w lam < 0.
Proof.
  intros Hu Hur [Gr Gu] lam Hi [Hlt | <-]; [|easy].
  assert (H : u < r < lam) by lra. pose proof (drift_three_points u r lam Hu Hi H) as H3.
  apply Rnot_le_lt. intros Hle. nra.
Qed.

(** ** Zeros in one gap *)

Lemma zero_up l r : inside l -> inside r -> l < r -> drift w l < 0 < drift w r ->
  exists z, l < z < r /\ is_zero w z.
Proof.
  intros Hl Hr Hlt [Gl Gr].
  destruct (IVT_interv (drift w) l r) as [z [[Hz1 Hz2] Hz]]; try easy.
  { intros c Hc. apply drift_continuous. now apply (inside_between l r c Hl Hr). }
  exists z. split.
  - split; [destruct Hz1 as [|E]|destruct Hz2 as [|E]]; try easy; subst; lra.
  - split; [|easy]. apply (inside_between l r z Hl Hr). lra.
Qed.

Lemma zero_down l r : inside l -> inside r -> l < r -> drift w r < 0 < drift w l ->
  exists z, l < z < r /\ is_zero w z.
Proof.
  intros Hl Hr Hlt [Gr Gl].
  destruct (IVT_interv (fun y => - drift w y) l r) as [z [[Hz1 Hz2] Hz]]; try lra.
  { intros c Hc. apply continuity_pt_opp, drift_continuous.
    now apply (inside_between l r c Hl Hr). }
  assert (drift w z = 0) by lra.
  exists z. split.
  - split; [destruct Hz1 as [|E]|destruct Hz2 as [|E]]; try easy; subst; lra.
  - split; [|easy]. apply (inside_between l r z Hl Hr). lra.
Qed.

(** Lemma D1 (b): at most two zeros in a gap. *)
Theorem at_most_two_zeros y z t : y < z < t ->
  inside y -> inside z -> inside t ->
  drift w y = 0 -> drift w z = 0 -> drift w t = 0 -> False.
Proof.
  intros H Hy Hz Ht Ey Ez Et. pose proof (drift_three_points y z t Hy Ht H). nra.
Qed.

(** At a zero that is the maximum the drift has no other zero. *)
Theorem double_zero z t : inside z -> is_zero w z -> slope w z = 0 ->
  inside t -> t <> z -> drift w t < 0.
Proof.
  intros Hz [_ Ez] Es Ht Hne.
  pose proof (drift_tangent_strict w z t Hw Hm (inside_same_side z t Hz Ht)) as H.
  rewrite Ez, Es in H. assert (z <> t) by auto. specialize (H H0). lra.
Qed.

End Gap.

(** ** The first and the last gap *)

Lemma moving_of_data w : is_data w -> moving w -> exists p x, In (p, x) w /\ 0 < x.
Proof.
  intros [_ Hx] (p & x & Hin & Hne). exists p, x. split; [easy|].
  specialize (Hx p x Hin). lra.
Qed.

Lemma drift_at_zero w : drift w 0 = 0.
Proof.
  unfold drift. rewrite (expect_ext _ _ (fun _ => 0)); [apply expect_zero|].
  intros. unfold factor. rewrite Rmult_0_l, Rminus_0_r, Rabs_R1. apply ln_1.
Qed.

Lemma slope_at_zero w : is_data w -> moving w -> slope w 0 < 0.
Proof.
  intros Hd Hm. pose proof (moving_of_data w Hd Hm) as (p & x & Hin & Hx).
  destruct Hd as [Hlaw Hnn]. unfold slope.
  apply Rlt_le_trans with (expect w (fun _ : R => 0)); [|rewrite expect_zero; lra].
  apply expect_lt; [now apply law_weights| |].
  - intros q y Hy. specialize (Hnn q y Hy). replace (- y / (1 - 0 * y)) with (- y) by field. lra.
  - exists p, x. split; [easy|]. replace (- x / (1 - 0 * x)) with (- x) by field. lra.
Qed.

Lemma no_pole_zero w : no_pole w 0.
Proof. intros p x _. lra. Qed.

(** Lemma D1 (a): before the first pole the drift is negative ... *)
Theorem drift_first_gap w (b : Rbar) lam : is_data w -> moving w -> gap w 0 b ->
  0 < lam -> Rbar_lt lam b -> drift w lam < 0.
Proof.
  intros Hd Hm Hg Hpos Hlt.
  assert (Hs : same_side w 0 lam).
  { apply (same_side_gap w 0 b); try lra; try easy.
    - apply Rbar_le_trans with (Finite lam); [simpl; lra|now apply Rbar_lt_le].
    - apply no_pole_zero.
    - now apply Rbar_lt_le.
    - now apply Hg. }
  pose proof (drift_tangent w 0 lam (law_weights w (proj1 Hd)) Hm Hs) as H.
  pose proof (slope_at_zero w Hd Hm). rewrite drift_at_zero in H.
  assert (0 < - slope w 0 * lam) by (apply Rmult_lt_0_compat; lra). lra.
Qed.

(** ... and strictly decreasing. *)
Theorem drift_first_gap_decreasing w (b : Rbar) u v : is_data w -> moving w -> gap w 0 b ->
  0 <= u < v -> Rbar_lt v b -> drift w v < drift w u.
Proof.
  intros Hd Hm Hg [[Hu | <-] Huv] Hvb; pose proof (drift_first_gap w b v Hd Hm Hg) as Gv.
  - assert (Hv : inside w 0 b v) by (apply inside_open; [easy|lra|easy]).
    assert (Hz : inside w 0 b 0).
    { repeat split; [lra| |apply no_pole_zero].
      apply Rbar_le_trans with (Finite v); [simpl; lra|now apply Rbar_lt_le]. }
    pose proof (drift_three_points w 0 b (law_weights w (proj1 Hd)) Hm Hg 0 u v Hz Hv
      (conj Hu Huv)) as H.
    rewrite drift_at_zero in H. specialize (Gv ltac:(lra) Hvb).
    apply Rnot_le_lt. intros Hle.
    assert (drift w u * v <= drift w v * v) by (apply Rmult_le_compat_r; lra).
    assert (0 < - drift w v * (v - u)) by (apply Rmult_lt_0_compat; lra). lra.
  - rewrite drift_at_zero. now apply Gv.
Qed.

(** Beyond the last pole every factor with x > 0 is lam x - 1 > 0. *)
Lemma last_gap_factor w a lam : is_data w -> gap w a p_infty -> a < lam ->
  forall p x, In (p, x) w -> 0 < x -> 1 < lam * x.
Proof.
  intros [_ Hnn] Hg Hlam p x Hin Hx. apply Rnot_le_lt. intros Hle.
  assert (lam <= / x).
  { apply Rmult_le_reg_r with x; [easy|]. rewrite Rinv_l; lra. }
  apply (Hg (/ x)) with (p := p) (x := x); [lra|easy|easy|field; lra].
Qed.

Lemma drift_increasing w u v : is_data w -> moving w ->
  (forall p x, In (p, x) w -> 0 < x -> 1 < u * x) -> u < v -> drift w u < drift w v.
Proof.
  intros Hd Hm Hu Huv. pose proof (moving_of_data w Hd Hm) as (p & x & Hin & Hx).
  assert (term : forall q y, In (q, y) w -> 0 < y -> ln (factor u y) < ln (factor v y)).
  { intros q y Hq Hy. specialize (Hu q y Hq Hy).
    unfold factor. rewrite !Rabs_left by nra. apply ln_increasing; nra. }
  destruct Hd as [Hlaw Hnn]. apply expect_lt; [now apply law_weights| |].
  - intros q y Hq. destruct (Hnn q y Hq) as [Hy | <-].
    + left. now apply (term q).
    + unfold factor. rewrite !Rmult_0_r. lra.
  - exists p, x. split; [easy|]. now apply (term p).
Qed.

(** Lemma D1 (c): beyond the last pole the drift is strictly increasing. *)
Theorem drift_last_gap_increasing w a u v : is_data w -> moving w -> gap w a p_infty ->
  a < u < v -> drift w u < drift w v.
Proof.
  intros Hd Hm Hg Huv. apply drift_increasing; try easy.
  intros p x Hin Hx. now apply (last_gap_factor w a u Hd Hg ltac:(lra) p).
Qed.

(** ** Complete lists of zeros *)

(** The zeros in (a, b) are z_1, ..., z_k, one in each of the brackets, and no others. *)
Definition brackets (w : list (R * R)) (a : R) (b : Rbar) (bs : list (R * R)) : Prop :=
  exists zs, Forall2 (fun z br => fst br < z < snd br) zs bs /\
    forall lam : R, (a < lam /\ Rbar_lt lam b /\ is_zero w lam) <-> In lam zs.

(** Two neighbouring intervals that meet where the drift has no zero: at a pole, mostly. *)
Theorem brackets_join w a m b bs1 bs2 : brackets w a (Finite m) bs1 -> brackets w m b bs2 ->
  a < m -> Rbar_lt m b -> ~ is_zero w m -> brackets w a b (bs1 ++ bs2).
Proof.
  intros (z1 & F1 & H1) (z2 & F2 & H2) Ham Hmb Hne.
  exists (z1 ++ z2). split; [now apply Forall2_app|].
  intros lam. rewrite in_app_iff, <- H1, <- H2. split.
  - intros (Ha & Hb & Hz). destruct (Rtotal_order lam m) as [Hlt | [-> | Hgt]]; [|easy|].
    + left. now split.
    + right. now split.
  - intros [(Ha & Hb & Hz) | (Ha & Hb & Hz)].
    + split; [easy|]. split; [|easy]. now apply Rbar_lt_trans with (Finite m).
    + split; [simpl in *; lra|]. now split.
Qed.

(** The usual case: the meeting point is the pole of a sample. *)
Theorem brackets_glue w a m b bs1 bs2 p x : brackets w a (Finite m) bs1 ->
  brackets w m b bs2 -> a < m -> Rbar_lt m b -> In (p, x) w -> m * x = 1 ->
  brackets w a b (bs1 ++ bs2).
Proof.
  intros H1 H2 Ham Hmb Hin E. apply (brackets_join w a m); try easy.
  intros [Hz _]. specialize (Hz p x Hin). lra.
Qed.

Section Brackets.
Variables (w : list (R * R)) (a : R).
Hypotheses (Hd : is_data w) (Hm : moving w).
Let Hw : weights w := law_weights w (proj1 Hd).

(** Negative everywhere: no zero. *)
Lemma brackets_none (b : Rbar) :
  (forall lam : R, a < lam -> Rbar_lt lam b -> no_pole w lam -> drift w lam < 0) ->
  brackets w a b [].
Proof.
  intros Hneg. exists []. split; [constructor|]. intros lam. split; [|easy].
  intros (H1 & H2 & H3 & H4). specialize (Hneg lam H1 H2 H3). lra.
Qed.

(** Lemma D3 on a whole gap: one tangent, negative at both ends. *)
Theorem brackets_tangent (b c : R) : gap w a b -> a <= c <= b -> no_pole w c ->
  drift w c + slope w c * (a - c) < 0 -> drift w c + slope w c * (b - c) < 0 ->
  brackets w a b [].
Proof.
  intros Hg Hc Hp Hl Hr. apply brackets_none. intros lam H1 H2 H3. simpl in H2.
  apply (negative_piece w a b Hw Hm Hg c a b); try easy; try lra.
  split; [lra|]. split; [simpl; lra|easy].
Qed.

(** Lemma D2, gap k < m: four signs give exactly two zeros. *)
Theorem brackets_two (b : Rbar) l1 r1 l2 r2 : gap w a b ->
  a < l1 < r1 -> r1 <= l2 < r2 -> Rbar_lt r2 b ->
  drift w l1 < 0 < drift w r1 -> drift w r2 < 0 < drift w l2 ->
  brackets w a b [(l1, r1); (l2, r2)].
Proof.
  intros Hg H1 H2 H3 G1 G2.
  assert (inner : forall lam, a < lam -> lam <= r2 -> inside w a b lam).
  { intros lam Hl Hr. apply inside_open; [easy|easy|].
    now apply Rbar_le_lt_trans with (Finite r2). }
  assert (open : forall lam : R, a < lam -> Rbar_lt lam b -> inside w a b lam).
  { intros. now apply inside_open. }
  destruct (zero_up w a b Hg l1 r1) as (z1 & B1 & Z1); try apply inner; try lra; try easy.
  destruct (zero_down w a b Hg l2 r2) as (z2 & B2 & Z2); try apply inner; try lra; try easy.
  exists [z1; z2]. split; [now repeat constructor|].
  assert (I1 : inside w a b z1) by (apply inner; lra).
  assert (I2 : inside w a b z2) by (apply inner; lra).
  intros lam. split.
  - intros (Ha & Hb & Hz). pose proof (open lam Ha Hb) as I.
    destruct (Rtotal_order lam z1) as [L | [E | L]]; [exfalso|now left|].
    + apply (at_most_two_zeros w a b Hw Hm Hg lam z1 z2); try easy; try lra;
        first [apply Hz | apply Z1 | apply Z2].
    + destruct (Rtotal_order lam z2) as [L' | [E' | L']]; [exfalso|right; now left|exfalso].
      * apply (at_most_two_zeros w a b Hw Hm Hg z1 lam z2); try easy; try lra;
          first [apply Hz | apply Z1 | apply Z2].
      * apply (at_most_two_zeros w a b Hw Hm Hg z1 z2 lam); try easy; try lra;
          first [apply Hz | apply Z1 | apply Z2].
  - intros [<- | [<- | []]]; repeat split; try apply Z1; try apply Z2; try lra.
    + apply Rbar_lt_trans with (Finite r2); [simpl; lra|easy].
    + apply Rbar_lt_trans with (Finite r2); [simpl; lra|easy].
Qed.

(** Lemma D2, last gap: two signs give exactly one zero. *)
Theorem brackets_last l r : gap w a p_infty -> a < l < r ->
  drift w l < 0 < drift w r -> brackets w a p_infty [(l, r)].
Proof.
  intros Hg H G.
  destruct (zero_up w a p_infty Hg l r) as (z & B & Z);
    try apply inside_open; try easy; try lra.
  exists [z]. split; [now repeat constructor|]. intros lam. split.
  - intros (Ha & _ & Hz). left.
    destruct (Rtotal_order lam z) as [L | [E | L]]; [exfalso|easy|exfalso].
    + assert (drift w lam < drift w z) as Hlt
        by (apply (drift_last_gap_increasing w a); try easy; lra).
      destruct Hz, Z. lra.
    + assert (drift w z < drift w lam) as Hlt
        by (apply (drift_last_gap_increasing w a); try easy; lra).
      destruct Hz, Z. lra.
  - intros [<- | []]. repeat split; try apply Z. lra.
Qed.

(** A tangency: a zero where the slope vanishes is the only one of its gap (Lemma D6 finds it). *)
Theorem brackets_double (b : Rbar) l r z : gap w a b -> a < z -> Rbar_lt z b -> l < z < r ->
  is_zero w z -> slope w z = 0 -> brackets w a b [(l, r)].
Proof.
  intros Hg Ha Hb Hlr Hz Hs. exists [z]. split; [now repeat constructor|].
  intros lam. split.
  - intros (Ha' & Hb' & Hz'). left. destruct (Req_dec z lam) as [E | Hne]; [easy|exfalso].
    assert (drift w lam < 0).
    { apply (double_zero w a b Hw Hm Hg z); try easy; try now apply inside_open. auto. }
    destruct Hz'. lra.
  - intros [<- | []]. split; [easy|]. now split.
Qed.

(** Beyond the last pole one sign decides a ray. *)
Theorem negative_last r : gap w a p_infty -> drift w r < 0 ->
  forall lam, a < lam <= r -> drift w lam < 0.
Proof.
  intros Hg Gr lam [Ha [Hlt | ->]]; [|easy].
  apply Rlt_trans with (2 := Gr). now apply (drift_last_gap_increasing w a).
Qed.

Theorem positive_last l : gap w a p_infty -> a < l -> 0 < drift w l ->
  forall lam, l <= lam -> 0 < drift w lam.
Proof.
  intros Hg Hl Gl lam [Hlt | <-]; [|easy].
  apply Rlt_trans with (1 := Gl). now apply (drift_last_gap_increasing w a).
Qed.

End Brackets.

(** Lemma D1 (a): the first gap. *)
Theorem brackets_first w (b : Rbar) : is_data w -> moving w -> gap w 0 b ->
  brackets w 0 b [].
Proof.
  intros Hd Hm Hg. apply brackets_none. intros lam H1 H2 _. now apply (drift_first_gap w b).
Qed.

(** ** How to see that an interval is a gap: signs at its two ends *)

Theorem gap_intro w (a b : R) :
  (forall p x, In (p, x) w ->
    (0 <= 1 - a * x /\ 0 <= 1 - b * x) \/ (1 - a * x <= 0 /\ 1 - b * x <= 0)) ->
  gap w a b.
Proof.
  intros H lam Ha Hb p x Hin E. simpl in Hb. specialize (H p x Hin).
  assert (x <> 0) by (intros ->; lra). assert (0 < x \/ x < 0) as [Hx | Hx] by lra; nra.
Qed.

Theorem gap_intro_last w (a : R) :
  (forall p x, In (p, x) w -> x = 0 \/ (0 < x /\ 1 <= a * x)) -> gap w a p_infty.
Proof.
  intros H lam Ha _ p x Hin E. destruct (H p x Hin) as [-> | [Hx Hax]]; [lra|nra].
Qed.
