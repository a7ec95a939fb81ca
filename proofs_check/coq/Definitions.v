(** * The definitions that a reader of the theorems has to believe.

    Data are a list of pairs (p, x): the probability p of a sample and its rate x,
    that is, learning rate times curvature.  All numbers are real numbers. *)

From Coq Require Import Reals List.
From Coquelicot Require Import Coquelicot.
Open Scope R_scope.

(** The mean of f over the law: the sum of p * f a over the pairs (p, a). *)
Fixpoint expect {A : Type} (w : list (R * A)) (f : A -> R) : R :=
  match w with
  | nil => 0
  | (p, a) :: rest => p * f a + expect rest f
  end.

(** A law: positive probabilities that add up to one. *)
Definition is_law {A : Type} (w : list (R * A)) : Prop :=
  (forall p a, In (p, a) w -> 0 < p) /\ expect w (fun _ => 1) = 1.

(** Data of a problem: a law on rates x >= 0. *)
Definition is_data (w : list (R * R)) : Prop :=
  is_law w /\ forall p x, In (p, x) w -> 0 <= x.

(** The factor by which one step multiplies |mu| at curvature lam. *)
Definition factor (lam x : R) : R := Rabs (1 - lam * x).

(** lam is not a pole: no factor vanishes there.  Coq's [ln 0] is 0 and not minus
    infinity, so the value of [drift] at a pole means nothing and no theorem uses it. *)
Definition no_pole (w : list (R * R)) (lam : R) : Prop :=
  forall p x, In (p, x) w -> 1 - lam * x <> 0.

(** The logarithmic drift G(lam) = sum p ln |1 - lam x|. *)
Definition drift (w : list (R * R)) (lam : R) : R :=
  expect w (fun x => ln (factor lam x)).

(** The power r^s of a number r >= 0, where 0^s = 0.  ([Rpower r s] is exp (s ln r).) *)
Definition apow (r s : R) : R := if Rlt_dec 0 r then Rpower r s else 0.

(** The moment function M(s) = sum p |1 - lam x|^s. *)
Definition moment (w : list (R * R)) (lam s : R) : R :=
  expect w (fun x => apow (factor lam x) s).

(** The Cramer exponent theta(lam) = sup { s >= 0 : M(s) <= 1 }, a real number or infinity. *)
Definition theta (w : list (R * R)) (lam : R) : Rbar :=
  Lub_Rbar (fun s => 0 <= s /\ moment w lam s <= 1).

(** A random walk: from the state s, draw a sample a from the law and go on to [step a s].
    [hit w step size level T s] is the probability that the walk started in s has
    size >= level at one of the times 0, 1, ..., T. *)
Fixpoint hit {A S : Type} (w : list (R * A)) (step : A -> S -> S) (size : S -> R)
    (level : R) (T : nat) (s : S) : R :=
  if Rle_dec level (size s) then 1
  else match T with
       | O => 0
       | Datatypes.S T' => expect w (fun a => hit w step size level T' (step a s))
       end.

(** One step of the linearised dynamics: mu becomes (1 - lam x) mu. *)
Definition linear_step (lam x mu : R) : R := (1 - lam * x) * mu.

(** [reach w lam K T mu] is the probability that max_{t <= T} |mu_t| >= K when mu_0 = mu.
    So P(max_{t <= T} |mu_t| >= K |mu_0|) is [reach w lam (K * Rabs mu) T mu]. *)
Definition reach (w : list (R * R)) (lam K : R) (T : nat) (mu : R) : R :=
  hit w (linear_step lam) Rabs K T mu.

(** A spike: the probability that |mu| grows by the factor K within T steps from mu_0 <> 0. *)
Definition spike (w : list (R * R)) (lam K : R) (T : nat) : R := reach w lam K T 1.

(** The probability that |mu_t| >= K at some time: the limit over the horizon. *)
Definition ever (w : list (R * R)) (lam K mu : R) : R :=
  real (Lim_seq (fun T => reach w lam K T mu)).
