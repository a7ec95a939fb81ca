"""The letters of the derivation: every symbol, its name in plain text and its name in LaTeX."""

from collections.abc import Iterable

import sympy

ETA = sympy.Symbol("eta", positive=True)
"""The learning rate."""

WIDTH = sympy.Symbol("n", positive=True)
"""The width: the number of neurons."""

EPSILON = sympy.Symbol("epsilon", positive=True)
"""`n^(-1/2)`: in this letter every update is a polynomial."""

OUTPUT = sympy.Symbol("F", real=True)
"""The output of the whole network on one sample."""

REST = sympy.Symbol("F_rest", real=True)
"""The output without the contribution of the generic neuron."""

LABEL = sympy.Symbol("y", real=True)
SLOPE = sympy.Symbol("slope", real=True)
KERNEL = sympy.Symbol("nu", positive=True)


def letter(name: str, *indices: int | str) -> sympy.Symbol:
    """A real symbol such as `mu`, `mu_plus`, `mu_3`, `C_12` (`C_1_12` once an index has two digits)."""
    parts = [str(index) for index in indices if index != ""]
    if not parts:
        return sympy.Symbol(name, real=True)
    joint = "" if all(len(part) == 1 for part in parts) else "_"
    return sympy.Symbol(f"{name}_{joint.join(parts)}", real=True)


_ENDINGS = {"plus": "+", "minus": "-", "crit": r"\mathrm{crit}", "max": r"\mathrm{max}", "FB": r"\mathrm{FB}"}


def _latex_name(name: str) -> str | None:
    """The LaTeX form of the names that sympy would print in words; None where its own form is right."""
    base, *endings = name.split("_")
    if not endings or any(ending not in _ENDINGS for ending in endings):
        return {"slope": "c", "F_rest": r"F_{\mathrm{rest}}"}.get(name)
    return f"{sympy.latex(sympy.Symbol(base))}_{{{','.join(_ENDINGS[ending] for ending in endings)}}}"


def to_latex(expression: sympy.Basic) -> str:
    """The expression in LaTeX, with `mu_plus` as `\\mu_{+}` and the slope as `c`."""
    names = {symbol: _latex_name(symbol.name) for symbol in expression.atoms(sympy.Symbol)}
    return str(sympy.latex(expression, symbol_names={s: name for s, name in names.items() if name}))


def aligned(equations: Iterable[tuple[str, str]]) -> str:
    """Equations `left = right`, given in LaTeX, one below the other."""
    body = " \\\\\n".join(f"{left} &= {right}" for left, right in equations)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"
