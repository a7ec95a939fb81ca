"""Chapter 1 of the audit: the network, its gradient, its update in a few sums."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from catalysis.audit.claims import AuditVerdict, Claim, Finding, documented

if TYPE_CHECKING:
    from catalysis.derivation import ReducedMap

CHAPTER = "network"


def _derived(batch: str, activation: str = "linear", half_loss: bool = True) -> ReducedMap:
    from catalysis.derivation import ShallowNetwork, derive

    return derive(ShallowNetwork(activation, half_loss=half_loss), batch)


def _same(derived: Mapping[str, Any], printed: Mapping[str, str], at_one: bool = False) -> bool:
    """Whether the derived polynomials are the printed ones, coefficient by coefficient; `at_one` puts x = 1."""
    import sympy

    from catalysis.derivation import letter

    names = ("mu", "lambda", "x", "eta", "n")
    symbols = {name: letter(name) for name in names}
    from catalysis.derivation.letters import ETA, WIDTH

    symbols |= {"eta": ETA, "n": WIDTH}
    for name, formula in printed.items():
        value = _polynomial(formula, symbols)
        difference = sympy.expand(derived[name] - value)
        if at_one:
            difference = sympy.expand(difference.subs(symbols["x"], 1))
        if difference != 0:
            return False
    return True


def _polynomial(formula: str, symbols: Mapping[str, Any]) -> Any:
    """A sum of products such as "mu - eta*lambda*mu": our own text, read without eval."""
    import sympy

    total = sympy.Integer(0)
    for term in formula.replace("- ", "+ -").split(" + "):
        sign, factors = (-1, term[1:]) if term.startswith("-") else (1, term)
        product = sympy.Integer(sign)
        for factor in factors.split("*"):
            base, _, power = factor.partition("^")
            value = symbols[base] if base in symbols else sympy.Integer(base)
            product *= value ** int(power or 1)
        total += product
    return total


MU_RIGHT = "mu - eta*lambda*x*mu + eta^2*x^2*mu^3*n^-1"
LAMBDA_RIGHT = "lambda + eta^2*mu^2*lambda*x^2*n^-1 - 4*eta*mu^2*x*n^-1"
MU_RECAP = "mu - eta*lambda*mu + eta*mu^3*n^-1"
LAMBDA_RECAP = "lambda + eta^2*mu^2*lambda*n^-1 - 4*eta*mu^2*n^-1"


def _one_neuron() -> tuple[float, float, float]:
    """mu after one step of the network with one neuron a = w = 1, eta = 1/2, s = 1: run, printed, corrected.

    All numbers are small dyadic fractions, so the doubles are exact.
    """
    from catalysis.simulation.network_step import step, sums

    moved = step([1.0], [[1.0]], [[1.0]], learning_rate=0.5)
    mu, curvature, eta, n = 1.0, 2.0, 0.5, 1.0
    printed = (1 - eta * curvature + eta * mu**2 / n) * mu
    corrected = (1 - eta * curvature + eta**2 * mu**2 / n) * mu
    return float(sums(moved.a, moved.w).mu), printed, corrected


def gd_update() -> Finding:
    """The recap's map of mu has eta mu^2/n where eta^2 mu^2/n belongs; its map of lambda is right."""
    from catalysis.certificate.derivation import claims_of

    derived = _derived("full")
    run, printed, corrected = _one_neuron()
    holds = (
        _same(derived.update, {"mu": MU_RIGHT, "lambda": LAMBDA_RIGHT})
        and _same(derived.update, {"lambda": LAMBDA_RECAP}, at_one=True)
        and not _same(derived.update, {"mu": MU_RECAP}, at_one=True)
        and run == corrected != printed
    )
    numbers = (
        ("one neuron a = w = 1, eta = 1/2, n = 1, s = 1: mu after one step of the network", f"{run:g}"),
        ("by the printed formula", f"{printed:g}"),
        ("by the corrected formula", f"{corrected:g}"),
    )
    return Finding(AuditVerdict.REFUTED, numbers, (documented(None, claims_of(derived)),), holds)


def sgd_update() -> Finding:
    """Both SGD maps, for every width: the derived polynomials are the printed ones."""
    from catalysis.certificate.derivation import claims_of

    derived = _derived("single")
    holds = _same(derived.update, {"mu": MU_RIGHT, "lambda": LAMBDA_RIGHT})
    return Finding(AuditVerdict.PROVED, (), (documented(None, claims_of(derived)),), holds)


def ntk_limit() -> Finding:
    """mu' = (1 - eta lambda x) mu, lambda' = lambda, for single samples and full batch."""
    from catalysis.certificate.derivation import claims_of

    maps = [_derived("full"), _derived("single")]
    printed = {"mu": "mu - eta*lambda*x*mu", "lambda": "lambda"}
    holds = all(_same(one.linearised.update, printed) for one in maps)
    claims = [claim for one in maps for claim in claims_of(one)]
    return Finding(AuditVerdict.PROVED, (), (documented(None, claims),), holds)


def unbiased_gradient() -> Finding:
    """With the factor 1/2 in the empirical loss; without it E g_t is half the gradient."""
    from catalysis.certificate.derivation import claims_of

    half, plain = _derived("full"), _derived("full", half_loss=False)
    single = _derived("single")
    import sympy

    drives = [list(one.closing.drives.values()) for one in (half, plain, single)]
    holds = all(
        sympy.expand(2 * a - b) == 0 and sympy.expand(a - c) == 0 for a, b, c in zip(*drives, strict=True)
    )
    mean, with_half, without = _mean_gradient()
    holds = holds and mean == with_half and 2 * mean == without
    numbers = (
        ("a = w = 1, n = 1, s = 1 or 2 equally likely: mean of dl_i/da", f"{mean:g}"),
        ("dL/da with L = mean (F - y)^2 / 2", f"{with_half:g}"),
        ("dL/da with L = mean (F - y)^2, as first written", f"{without:g}"),
    )
    claims = [claim for one in (half, plain, single) for claim in claims_of(one)]
    return Finding(AuditVerdict.CORRECTED, numbers, (documented(None, claims),), holds)


def _mean_gradient() -> tuple[float, float, float]:
    """dl/da averaged over the two samples, and dL/da of both losses; exact in doubles."""
    from catalysis.simulation.network_step import step

    def gradient(inputs: list[list[float]], half_loss: bool = True) -> float:
        moved = step([1.0], [[1.0]], inputs, learning_rate=1.0, half_loss=half_loss)
        return 1.0 - float(moved.a[0])

    mean = (gradient([[1.0]]) + gradient([[2.0]])) / 2
    both = [[1.0], [2.0]]
    return mean, gradient(both), gradient(both, half_loss=False)


def relu_extension() -> Finding:
    """Each sign class of a ReLU network moves by the linear map of its own samples, while no weight flips."""
    from catalysis.certificate.derivation import claims_of

    derived = _derived("single", "relu")
    claims = claims_of(derived)
    conditions = tuple((f"valid while, class {side}", str(c)) for side, c in derived.validity.items())
    holds = derived.linearised.uncoupled and set(derived.validity) == {"plus", "minus"}
    return Finding(AuditVerdict.CORRECTED, conditions, (documented(None, claims),), holds)


CLAIMS = (
    Claim(
        "gd-update",
        CHAPTER,
        "Recap: gradient descent on one sample s = 1 moves mu by the factor 1 - eta lambda + eta mu^2/n, and lambda "
        "by (eta mu^2/n)(eta lambda - 4).",
        "The map derived from the network, an identity of polynomials for every width. The step of lambda is right. "
        "In that of mu the last term is eta^2 mu^2/n: corrected, mu' = (1 - eta lambda + eta^2 mu^2/n) mu. At "
        "eta = 1 both agree.",
        AuditVerdict.REFUTED,
        gd_update,
        ("catalysis derive --batch full",),
    ),
    Claim(
        "sgd-update",
        CHAPTER,
        "One step of SGD on the sample s_i multiplies mu by 1 - eta lambda s_i^2 + eta^2 s_i^4 mu^2/n and adds "
        "(mu^2 eta/n)(eta lambda s_i^4 - 4 s_i^2) to lambda.",
        "The same identity for single samples: the printed formulas are exact at every width, for every state.",
        AuditVerdict.PROVED,
        sgd_update,
        ("catalysis derive --batch single",),
    ),
    Claim(
        "ntk-limit",
        CHAPTER,
        "At infinite width mu is multiplied by 1 - eta lambda s^2 (by 1 - eta lambda E s^2 for full batch) and "
        "lambda stays.",
        "The limit of the derived step as n grows at fixed mu and lambda.",
        AuditVerdict.PROVED,
        ntk_limit,
        ("catalysis derive --batch full",),
    ),
    Claim(
        "unbiased-gradient",
        CHAPTER,
        "The single-sample gradient g_t is an unbiased estimate of the gradient of the empirical loss L.",
        "The talk first writes L = mean (F - y)^2 and the single losses with a factor 1/2: then E g_t is half the "
        "gradient of L. With L = mean (F - y)^2 / 2, as in its later line, the claim holds, and the maps use that.",
        AuditVerdict.CORRECTED,
        unbiased_gradient,
        ("catalysis derive --batch full --no-half-loss", "catalysis derive --batch full"),
    ),
    Claim(
        "relu-extension",
        CHAPTER,
        "The results extend to the ReLU activation.",
        "For scalar inputs and one step without a weight that is 0 or changes its sign: the neurons with w > 0 and "
        "those with w < 0 move apart from each other, each class by the linear map with the samples of its own sign. "
        "Corrected: the condition is needed, and how often it fails along a path was not certified.",
        AuditVerdict.CORRECTED,
        relu_extension,
        ("catalysis derive --activation relu",),
    ),
)
