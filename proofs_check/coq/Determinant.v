(** det (A B) = det A det B in every dimension, and V1 at every time: the moments of a product of random matrices
    are at
    least those of its volume.

    A function of the rows of a matrix that is linear in each row and vanishes where two neighbouring rows are
      equal is a
    multiple of the determinant. *)

From Coq Require Import Reals List Lra Lia Arith.
From Catalysis Require Import Definitions Law Power General Convexity Volume.
Import ListNotations.
Open Scope R_scope.

(** M with its row i replaced by u. *)
Definition setrow (M : nat -> nat -> R) (i : nat) (u : nat -> R) : nat -> nat -> R :=
  fun i' j => if (i' =? i)%nat then u j else M i' j.

Definition exchange (M : nat -> nat -> R) (a b : nat) : nat -> nat -> R := setrow (setrow M a (M b)) b (M a).

(** What the determinant shares with its multiples. *)
Record row_form (n : nat) (F : (nat -> nat -> R) -> R) : Prop := {
  form_ext : forall M N, (forall i j, (i < n)%nat -> (j < n)%nat -> M i j = N i j) -> F M = F N;
  form_linear : forall i s t u v M, (i < n)%nat ->
    F (setrow M i (fun j => s * u j + t * v j)) = s * F (setrow M i u) + t * F (setrow M i v);
  form_neighbours : forall i M, (S i < n)%nat -> (forall j, (j < n)%nat -> M i j = M (S i) j) -> F M = 0
}.

Ltac rows := unfold exchange, setrow; repeat match goal with
  |- context [(?a =? ?b)%nat] => destruct (Nat.eqb_spec a b); subst; try lia; try reflexivity end.

Section Form.
Variable n : nat.
Variable F : (nat -> nat -> R) -> R.
Hypothesis form : row_form n F.

Let ext := form_ext n F form.
Let linear := form_linear n F form.

Definition vanishes (a b : nat) : Prop := forall M, (forall j, (j < n)%nat -> M a j = M b j) -> F M = 0.

(** Where equal rows a and b give 0, exchanging them changes the sign. *)
Lemma exchange_sign a b M : a <> b -> (a < n)%nat -> (b < n)%nat -> vanishes a b -> F (exchange M a b) = - F M.
Proof.
  intros Hab Ha Hb V.
  set (X := fun u v => F (setrow (setrow M a u) b v)).
  assert (second : forall u v v', X u (fun j => 1 * v j + 1 * v' j) = X u v + X u v').
  { intros. unfold X. rewrite linear by exact Hb. ring. }
  assert (turn : forall u v, X u v = F (setrow (setrow M b v) a u)).
  { intros u v. apply ext. intros i j _ _. rows. }
  assert (first : forall u u' v, X (fun j => 1 * u j + 1 * u' j) v = X u v + X u' v).
  { intros u u' v. rewrite !turn. rewrite linear by exact Ha. ring. }
  assert (equal : forall u, X u u = 0).
  { intros u. apply V. intros j _. rows. }
  pose proof (equal (fun j => 1 * M a j + 1 * M b j)) as E. rewrite second, !first, !equal in E.
  replace (F M) with (X (M a) (M b)); [unfold exchange; fold (X (M b) (M a)); lra|].
  apply ext. intros i j _ _. rows.
Qed.

Lemma vanish_at_distance d : forall a, (S (a + d) < n)%nat -> vanishes a (S (a + d)).
Proof.
  induction d as [|d IH]; intros a H M E.
  - replace (a + 0)%nat with a in * by lia. now apply (form_neighbours n F form a).
  - set (c := S (a + d)). set (b := S (a + S d)) in *. assert (Hb : b = S c) by (unfold b, c; lia).
    assert (N : vanishes c b) by (intros M' E'; rewrite Hb in *; now apply (form_neighbours n F form c)).
    pose proof (exchange_sign c b M ltac:(lia) ltac:(lia) ltac:(lia) N) as sign.
    assert (Z : F (exchange M c b) = 0); [|lra].
    apply (IH a ltac:(lia)). fold c. intros j Hj. rewrite Hb in *.
    unfold exchange, setrow. rewrite Nat.eqb_refl.
    destruct (Nat.eqb_spec a (S c)); [unfold c in *; lia|]. destruct (Nat.eqb_spec a c); [unfold c in *; lia|].
    destruct (Nat.eqb_spec c (S c)); [lia|]. now apply E.
Qed.

Lemma vanish_any a b : a <> b -> (a < n)%nat -> (b < n)%nat -> vanishes a b.
Proof.
  intros H Ha Hb. destruct (Nat.lt_total a b) as [L|[L|L]]; [|contradiction|].
  - replace b with (S (a + (b - a - 1))) by lia. apply vanish_at_distance. lia.
  - intros M E. assert (V : vanishes b a) by (replace a with (S (b + (a - b - 1))) by lia;
    apply vanish_at_distance; lia).
    apply V. intros j Hj. symmetry. now apply E.
Qed.

Lemma add_row a b c M : a <> b -> (a < n)%nat -> (b < n)%nat -> F (setrow M a (fun j => M a j + c * M b j)) = F M.
Proof.
  intros H Ha Hb. rewrite (ext _ (setrow M a (fun j => 1 * M a j + c * M b j))) by (intros i j _ _;
    unfold setrow; destruct (i =? a)%nat; ring).
  rewrite linear by exact Ha. rewrite (ext (setrow M a (M a)) M) by (intros i j _ _; rows).
  rewrite (vanish_any a b H Ha Hb (setrow M a (M b))) by (intros j _; rows). ring.
Qed.

Lemma linear_sum i M m (c : nat -> R) (u : nat -> nat -> R) : (i < n)%nat ->
  F (setrow M i (fun k => sum m (fun j => c j * u j k))) = sum m (fun j => c j * F (setrow M i (u j))).
Proof.
  intros Hi. induction m as [|m IH]; simpl.
  - rewrite (ext _ (setrow M i (fun k => 0 * 0 + 0 * 0))) by (intros i' j _ _; unfold setrow;
    destruct (i' =? i)%nat; ring).
    rewrite (linear i 0 0 (fun _ => 0) (fun _ => 0)) by exact Hi. ring.
  - rewrite <- IH. rewrite (ext _ (setrow M i (fun k => 1 * sum m (fun j => c j * u j k) + c m * u m k)))
      by (intros i' j _ _; unfold setrow; destruct (i' =? i)%nat; ring).
    rewrite (linear i 1 (c m)) by exact Hi. ring.
Qed.

(** Below a row e_j the entries of column j may be cleared. *)
Definition cleared (j m : nat) (M : nat -> nat -> R) (i k : nat) : R :=
  if andb (andb (1 <=? i) (i <=? m))%nat (k =? j)%nat then 0 else M i k.

Lemma clear_column j M : (j < n)%nat -> (forall k, (k < n)%nat -> M O k = unit j k) ->
  forall m, (m < n)%nat -> F (cleared j m M) = F M.
Proof.
  intros Hj E m. induction m as [|m IH]; intros Hm.
  - apply ext. intros i k _ _. unfold cleared. destruct i; reflexivity.
  - rewrite <- IH by lia. rewrite <- (add_row (S m) 0 (- M (S m) j) (cleared j m M)) by lia.
    apply ext. intros i k Hi Hk. unfold setrow, cleared.
    destruct (Nat.eqb_spec i (S m)) as [->|N].
    + replace (1 <=? S m)%nat with true by reflexivity. rewrite Nat.leb_refl.
      replace (S m <=? m)%nat with false by (symmetry; apply Nat.leb_gt; lia). simpl. rewrite E by exact Hk.
        unfold unit.
      rewrite (Nat.eqb_sym j k). destruct (Nat.eqb_spec k j) as [->|]; simpl; ring.
    + replace (i <=? S m)%nat with (i <=? m)%nat; [reflexivity|].
      destruct (Nat.leb_spec i m); destruct (Nat.leb_spec i (S m)); reflexivity || lia.
Qed.

End Form.

(** v with a 0 put in as entry j. *)
Definition insert (j : nat) (v : nat -> R) (k : nat) : R :=
  if (k <? j)%nat then v k else if (k =? j)%nat then 0 else v (k - 1)%nat.

Lemma insert_skip j v k : insert j (fun l => v (skip j l)) k = if (k =? j)%nat then 0 else v k.
Proof.
  unfold insert, skip. destruct (Nat.ltb_spec k j); destruct (Nat.eqb_spec k j); try lia; try reflexivity.
  destruct (Nat.ltb_spec (k - 1) j); [lia|]. f_equal. lia.
Qed.

Lemma insert_unit j i k : insert j (unit i) k = unit (skip j i) k.
Proof.
  unfold insert, skip, unit.
  repeat match goal with
  | |- context [(?a <? ?b)%nat] => destruct (Nat.ltb_spec a b)
  | |- context [(?a =? ?b)%nat] => destruct (Nat.eqb_spec a b)
  end; try reflexivity; lia.
Qed.

(** The form on the rows below e_j. *)
Lemma below_form n F j : (j < S n)%nat -> row_form (S n) F ->
  row_form n (fun v => F (top (unit j) (fun i => insert j (v i)))).
Proof.
  intros Hj form. split.
  - intros M N E. apply (form_ext _ _ form). intros [|i] k Hi Hk; [reflexivity|]. simpl. unfold insert.
    destruct (Nat.ltb_spec k j); [apply E; lia|]. destruct (Nat.eqb_spec k j); [reflexivity | apply E; lia].
  - intros i s t u v M Hi.
    assert (K : forall w, F (top (unit j) (fun i' => insert j (setrow M i w i'))) =
      F (setrow (top (unit j) (fun i' => insert j (M i'))) (S i) (insert j w))).
    { intros w. apply (form_ext _ _ form). intros [|i'] k _ _; [reflexivity|]. unfold setrow. simpl.
      destruct (Nat.eqb_spec i' i); reflexivity. }
    rewrite !K. rewrite <- (form_linear _ _ form (S i) s t) by lia. apply (form_ext _ _ form). intros i' k _ _.
    unfold setrow. destruct (i' =? S i)%nat; [|reflexivity]. unfold insert. destruct (k <? j)%nat; [reflexivity|].
    destruct (k =? j)%nat; [ring | reflexivity].
  - intros i M Hi E. apply (form_neighbours _ _ form (S i)); [lia|]. intros k Hk. simpl. unfold insert.
    destruct (Nat.ltb_spec k j); [apply E; lia|]. destruct (Nat.eqb_spec k j); [reflexivity | apply E; lia].
Qed.

(** e_j on top of the other unit rows. *)
Lemma unit_on_top n F : row_form (S n) F -> forall j, (j < S n)%nat ->
  F (top (unit j) (fun i => unit (skip j i))) = (-1) ^ j * F unit.
Proof.
  intros form. induction j as [|j IH]; intros Hj.
  - simpl. rewrite Rmult_1_l. apply (form_ext _ _ form). intros [|i] k _ _; reflexivity.
  - set (P := top (unit j) (fun i => unit (skip j i))) in *.
    rewrite (form_ext _ _ form _ (exchange P 0 (S j))).
    + rewrite (exchange_sign (S n) F form 0 (S j) P) by (try lia; apply (vanish_any (S n) F form); lia).
      rewrite IH by lia. simpl. ring.
    + intros [|i] k _ _; unfold exchange, setrow, P; simpl.
      * unfold skip. now rewrite Nat.ltb_irrefl.
      * destruct (Nat.eqb_spec i j) as [->|N].
        -- unfold skip. now replace (j <? S j)%nat with true by (symmetry; apply Nat.ltb_lt; lia).
        -- f_equal. unfold skip. destruct (Nat.ltb_spec i j); destruct (Nat.ltb_spec i (S j)); reflexivity || lia.
Qed.

Theorem form_is_determinant n : forall F, row_form n F -> forall M, F M = det n M * F unit.
Proof.
  induction n as [|n IH]; intros F form M.
  - simpl. rewrite Rmult_1_l. apply (form_ext _ _ form). intros; lia.
  - rewrite (form_ext _ _ form M (setrow M 0 (fun k => sum (S n) (fun j => M O j * unit j k)))).
    + rewrite (linear_sum (S n) F form) by lia.
      change (det (S n) M) with (sum (S n) (fun j => (-1) ^ j * M O j * det n (fun i k => M (S i) (skip j k)))).
      rewrite <- sum_scal_r. apply sum_ext. intros j Hj.
      rewrite <- (clear_column (S n) F form j (setrow M 0 (unit j)) Hj (fun k _ => eq_refl) n ltac:(lia)).
      rewrite (form_ext _ _ form _ (top (unit j) (fun i => insert j (fun k => M (S i) (skip j k))))).
      * rewrite (IH _ (below_form n F j Hj form) (fun i k => M (S i) (skip j k))).
        rewrite (form_ext _ _ form (top (unit j) (fun i => insert j (unit i))) (top (unit j) (fun i => unit (skip
          j i)))).
        -- rewrite (unit_on_top n F form j Hj). ring.
        -- intros [|i] k _ _; [reflexivity | apply insert_unit].
      * intros [|i] k Hi Hk; [reflexivity|]. simpl top. rewrite (insert_skip j (M (S i))).
        unfold cleared, setrow. replace (S i <=? n)%nat with true by (symmetry; apply Nat.leb_le; lia). reflexivity.
    + intros i k _ Hk. unfold setrow. destruct (Nat.eqb_spec i 0) as [->|]; [|reflexivity].
      rewrite (sum_single (S n) _ k); [unfold unit; rewrite Nat.eqb_refl; ring | exact Hk|].
      intros j _ N. unfold unit. destruct (Nat.eqb_spec j k); [contradiction | ring].
Qed.

(** * The determinant is such a form *)

Lemma setrow_skip M i u j i' k : setrow M (S i) u (S i') (skip j k) =
  setrow (fun i k => M (S i) (skip j k)) i (fun k => u (skip j k)) i' k.
Proof. unfold setrow. simpl. destruct (i' =? i)%nat; reflexivity. Qed.

Lemma det_linear n : forall i s t u v M, (i < n)%nat ->
  det n (setrow M i (fun j => s * u j + t * v j)) = s * det n (setrow M i u) + t * det n (setrow M i v).
Proof.
  induction n as [|n IH]; intros i s t u v M Hi; [lia|].
  change (sum (S n) (fun j => (-1) ^ j * setrow M i (fun j => s * u j
    + t * v j) O j * det n (fun i' k => setrow M i (fun j => s * u j + t * v j) (S i') (skip j k)))
    = s * sum (S n) (fun j => (-1) ^ j * setrow M i u O j * det n (fun i' k => setrow M i u (S i') (skip j k)))
    + t * sum (S n) (fun j => (-1) ^ j * setrow M i v O j * det n (fun i' k => setrow M i v (S i') (skip j k)))).
  rewrite <- !sum_scal, <- sum_plus. apply sum_ext. intros j _. destruct i as [|i].
  - assert (K0 : forall w, setrow M 0 w O j = w j) by reflexivity.
    assert (K : forall w, det n (fun i' k => setrow M 0 w (S i') (skip j k)) =
      det n (fun i' k => M (S i') (skip j k))) by reflexivity.
    rewrite !K, !K0. ring.
  - assert (K0 : forall w, setrow M (S i) w O j = M O j) by reflexivity.
    assert (K : forall w, det n (fun i' k => setrow M (S i) w (S i') (skip j k))
      = det n (setrow (fun i k => M (S i) (skip j k)) i (fun k => w (skip j k)))).
    { intros w. apply det_ext. intros. apply setrow_skip. }
    rewrite !K, !K0. rewrite (IH i s t (fun k => u (skip j k)) (fun k => v (skip j k))) by lia. ring.
Qed.

Lemma det_neighbours n : forall i M, (S i < n)%nat -> (forall j, (j < n)%nat -> M i j = M (S i) j) -> det n M = 0.
Proof.
  induction n as [|n IH]; intros i M Hi E; [lia|]. destruct i as [|i].
  - destruct n as [|n]; [lia|].
    rewrite (det_ext _ M (top (M O) (top (M O) (fun i => M (S (S i)))))); [apply det_equal_rows|].
    intros [|[|i]] j _ Hj; [reflexivity | symmetry; now apply E | reflexivity].
  - change (sum (S n) (fun j => (-1) ^ j * M O j * det n (fun i k => M (S i) (skip j k))) = 0).
    apply sum_zero. intros j Hj. rewrite (IH i); [ring | lia|]. intros k Hk. apply E. now apply skip_lt.
Qed.

(** The product rule. *)
Theorem det_product n A B : det n (product n A B) = det n A * det n B.
Proof.
  assert (form : row_form n (fun A => det n (product n A B))).
  { split.
    - intros M N E. apply det_ext. intros i j Hi _. apply sum_ext. intros k Hk. now rewrite E.
    - intros i s t u v M Hi.
      assert (K : forall w, det n (product n (setrow M i w) B) =
        det n (setrow (product n M B) i (fun j => sum n (fun k => w k * B k j)))).
      { intros w. apply det_ext. intros i' j _ _. unfold product, setrow. destruct (i' =? i)%nat; reflexivity. }
      rewrite !K. rewrite <- det_linear by exact Hi. apply det_ext. intros i' j _ _. unfold setrow.
      destruct (i' =? i)%nat; [|reflexivity]. rewrite <- !sum_scal, <- sum_plus. apply sum_ext. intros. ring.
    - intros i M Hi E. apply (det_neighbours n i); [exact Hi|]. intros j _. apply sum_ext. intros k Hk.
      now rewrite E. }
  rewrite (form_is_determinant n _ form A). f_equal. apply det_ext. intros i j Hi Hj. unfold product.
  rewrite (sum_single n _ i); [unfold unit; rewrite Nat.eqb_refl; ring | exact Hi|].
  intros k _ N. unfold unit. destruct (Nat.eqb_spec i k); [congruence | ring].
Qed.

(** A determinant is at most d! times the d-th power of the largest entry. *)
Lemma sum_abs n f b : (forall i, (i < n)%nat -> Rabs (f i) <= b) -> Rabs (sum n f) <= INR n * b.
Proof.
  induction n as [|n IH]; intros H; [simpl; rewrite Rabs_R0; lra|]. rewrite S_INR. simpl sum.
  eapply Rle_trans; [apply Rabs_triang|]. pose proof (H n ltac:(lia)).
  pose proof (IH ltac:(intros; apply H; lia)). lra.
Qed.

Theorem det_bound n : forall M b, (forall i j, (i < n)%nat -> (j < n)%nat -> Rabs (M i j) <= b) ->
  Rabs (det n M) <= INR (fact n) * b ^ n.
Proof.
  induction n as [|n IH]; intros M b H; [simpl; rewrite Rabs_R1; lra|].
  change (det (S n) M) with (sum (S n) (fun j => (-1) ^ j * M O j * det n (fun i k => M (S i) (skip j k)))).
  replace (INR (fact (S n)) * b ^ S n) with (INR (S n) * (b * (INR (fact n) * b ^ n)))
    by (change (fact (S n)) with (S n * fact n)%nat; rewrite mult_INR; simpl pow; ring).
  apply sum_abs. intros j Hj. rewrite !Rabs_mult, pow_1_abs, Rmult_1_l.
  apply Rmult_le_compat; try apply Rabs_pos; [apply H; lia|]. apply IH. intros i k Hi Hk. apply H;
    [lia | now apply skip_lt].
Qed.

(** * V1 at every time *)

Section V1.
Variable d : nat.
Context {I : Type}.
Variable law : list (R * I).
Variable A : I -> nat -> nat -> R.
Hypothesis is_a_law : is_law law.

Let step (i : I) (P : nat -> nat -> R) := product d (A i) P.

(** E |det Pi_T|^q = (sum p |det A_i|^q)^T. *)
Theorem volume_moments q T : forall P,
  over_words law T (fun word => apow (Rabs (det d (run step word P))) q) =
  expect law (fun i => apow (Rabs (det d (A i))) q) ^ T * apow (Rabs (det d P)) q.
Proof.
  induction T as [|T IH]; intros P; simpl; [ring|].
  rewrite (expect_ext _ _ (fun i => (expect law (fun i => apow (Rabs (det d (A i))) q) ^ T * apow (Rabs (det d
    P)) q) * apow (Rabs (det d (A i))) q)).
  - rewrite expect_scal. ring.
  - intros p i _. rewrite IH. unfold step. rewrite det_product, Rabs_mult, apow_mult by apply Rabs_pos. ring.
Qed.

Lemma over_words_le T : forall f g, (forall word, f word <= g word) -> over_words law T f <= over_words law T g.
Proof.
  induction T as [|T IH]; intros f g H; simpl; [apply H|]. apply expect_le; [exact (proj1 is_a_law)|].
  intros p i _. apply IH. intros. apply H.
Qed.

(** With any bound N of the entries, from Pi_0 = I: (sum p |det A_i|^(s/d))^T <= (d!)^(s/d) E N(Pi_T)^s.
    So k(s) >= log sum p |det A_i|^(s/d), and an inflationary volume makes the moments grow. *)
Theorem V1_moments (N : (nat -> nat -> R) -> R) s T : (0 < d)%nat -> 0 < s ->
  (forall M i j, (i < d)%nat -> (j < d)%nat -> Rabs (M i j) <= N M) ->
  expect law (fun i => apow (Rabs (det d (A i))) (s / INR d)) ^ T
    <= over_words law T (fun word => apow (INR (fact d)) (s / INR d) * apow (N (run step word unit)) s).
Proof.
  intros Hd Hs HN. assert (D : 0 < INR d) by now apply lt_0_INR.
  assert (Q : 0 <= s / INR d) by (apply Rmult_le_pos; [lra | now apply Rlt_le, Rinv_0_lt_compat]).
  assert (one : det d unit = 1).
  { rewrite (det_ext d unit (rank_one 1 (fun _ => 0) (fun _ => 0))) by (intros; unfold rank_one; ring).
    destruct d as [|d']; [reflexivity|]. rewrite det_rank_one, pow1. rewrite (sum_zero (S d')) by (intros;
      ring). ring. }
  pose proof (volume_moments (s / INR d) T unit) as V. rewrite one, Rabs_R1, apow_one, Rmult_1_r in V. rewrite <- V.
  apply over_words_le. intros word. set (P := run step word unit).
  assert (N0 : 0 <= N P) by (eapply Rle_trans; [apply Rabs_pos | apply (HN P O O); exact Hd]).
  apply Rle_trans with (apow (INR (fact d) * N P ^ d) (s / INR d)).
  - apply apow_le; [|exact Q]. split; [apply Rabs_pos|]. apply det_bound. intros. now apply HN.
  - rewrite apow_mult by (try apply pos_INR; now apply pow_le). right. f_equal.
    destruct N0 as [N0|N0].
    + rewrite <- (Rpower_pow d _ N0), <- apow_Rpower by exact N0. rewrite apow_apow. f_equal. field. lra.
    + rewrite <- N0, pow_ne_zero by lia. now rewrite !apow_zero.
Qed.

End V1.
