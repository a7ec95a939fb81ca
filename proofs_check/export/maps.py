"""`reduced_map` for one input and linear activation: the identities of Network.v, compared by `ring` and `field`."""

from fractions import Fraction
from typing import Any

from proofs_check.core.rule import Setting
from proofs_check.derivation.reduced_map import ReducedMap
from proofs_check.derivation.sparse import Polynomial
from proofs_check.export.coq import NotExpressible, Theory, real, theorem

NAMES = {"mu": "mu net", "lambda": "lambda net"}
SCALED = {"kappa": "kappa eta net", "L": "curvature eta net"}
LEFT_OUT = "the limit of infinite width, the diagonal form and the thresholds, which follow from the map"
IMPORTS = ("Definitions", "Law", "General", "Width", "Network")


def reduced_map(statement: ReducedMap, claim: dict[str, Any], setting: Setting) -> Theory:
    """R3, R4 and R6: mu, lambda after a step on any batch; kappa and L. For every width."""
    network = statement.network
    if network.inputs != 1 or network.activation != "linear":
        raise NotExpressible("networks of other activations or more inputs: the polynomials of their steps")
    f = "1" if network.half_loss else "2"
    opened = "let n := width net in let x := second_moment data in "
    labels = "let z := label_moment data in " if network.labels else ""
    zeta = "let zeta := eta * label_moment data / root net in " if network.labels else ""
    free = "" if network.labels else "label_moment data = 0 -> "
    head = f"forall eta (data : batch) (net : network), net <> [] -> {free}\n  "
    moved = f"(sgd_step eta {f} data net)"
    update = " /\\\n  ".join(
        f"{name} {moved} =\n    {_text(poly, NAMES)}" for name, poly in statement.update.items()
    )
    canonical = " /\\\n  ".join(
        f"{SCALED[name].replace(' net', '')} {moved} =\n    {_text(poly, SCALED)}"
        for name, poly in statement.canonical.items()
    )
    zero = "" if network.labels else " Z"
    forget = "" if network.labels else " rewrite ?Z."
    first = (
        f"intros eta data net H{zero} n x{' z' if network.labels else ''}. pose proof (width_pos net H) as P.\n"
        f"  split; [rewrite (mu_polynomial eta {f} data net H) | rewrite (lambda_polynomial eta {f} data net H)];\n"
        f"  fold n x{' z' if network.labels else ''};{forget[:-1] + ';' if forget else ''} field; "
        "change (width net) with n in P; lra."
    )
    second = (
        f"intros eta data net H{zero} x{' zeta' if network.labels else ''}. "
        f"pose proof (canonical_step eta {f} data net H) as C. cbv zeta in C. destruct C as [C1 C2].\n"
        f"  pose proof (root_pos net H) as P. rewrite C1, C2.{forget} unfold x{', zeta' if network.labels else ''}. "
        "split; field; lra."
    )
    both = f"({head}{opened}{labels}{update}) /\\\n  ({head}let x := second_moment data in {zeta}{canonical})"
    parts = (
        theorem("update", f"{head}{opened}{labels}\n  {update}", f"\n  {first}"),
        theorem("canonical", f"{head}let x := second_moment data in {zeta}\n  {canonical}", f"\n  {second}"),
        theorem("reduced_map", both, "split; [exact update | exact canonical]."),
    )
    return Theory(parts, "reduced_map", IMPORTS, Fraction(2), LEFT_OUT)


def _text(polynomial: Polynomial, names: dict[str, str]) -> str:
    """The polynomial in the letters of the statement; `epsilon` is n^(-1/2), in even powers."""
    terms = [_term(c, monomial, names) for monomial, c in sorted(polynomial.terms.items())]
    return " + ".join(terms) or "0"


def _term(c: Fraction, monomial: tuple[tuple[str, int], ...], names: dict[str, str]) -> str:
    factors = [real(c)]
    for letter, k in monomial:
        if letter == "epsilon":
            factors.append(f"/ n ^ {k // 2}")  # of linear networks with one input the powers are even
        else:
            name = names.get(letter, letter)
            term = f"({name})" if " " in name else name
            factors.append(f"* {term} ^ {k}" if k > 1 else f"* {term}")
    return " ".join(factors)
