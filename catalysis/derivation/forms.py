"""Readable forms of the derived expressions, by cheap and exact rewriting only."""

from collections.abc import Mapping

import sympy

from catalysis.derivation.letters import WIDTH


def readable(
    symbol: sympy.Symbol, moved: sympy.Expr, drives: Mapping[sympy.Symbol, sympy.Expr]
) -> sympy.Expr:
    """The new value of `symbol`, given as `moved` in the letters g: `symbol * factor` or `symbol + step`.

    Where the drives are sums or meet each other they are put in as they are: multiplied out, the
    polynomials of R^3 have hundreds of terms.
    """
    present = [g for g in drives if g in moved.free_symbols]
    if len(present) > 1:
        return moved.xreplace(dict(drives))
    if any(sympy.expand(drives[g]).is_Add for g in present):
        return symbol + _factored_step(moved - symbol, present[0], drives)
    plain = sympy.expand(moved.xreplace(dict(drives)))
    quotient = sympy.expand(plain / symbol)
    if all(term.as_powers_dict().get(symbol, 0) >= 0 for term in sympy.Add.make_args(quotient)):
        return symbol * quotient
    return symbol + sympy.factor(plain - symbol)


def _factored_step(
    step: sympy.Expr, g: sympy.Symbol, drives: Mapping[sympy.Symbol, sympy.Expr]
) -> sympy.Expr:
    """The step factored while its drive is still one letter, cleared of `sqrt(n)` where it has one."""
    clear = sympy.sqrt(WIDTH) if WIDTH in step.free_symbols else sympy.Integer(1)
    factored = sympy.factor(sympy.expand(step.xreplace({g: g / clear})))
    return factored.xreplace({g: sympy.factor_terms(clear * drives[g])})
