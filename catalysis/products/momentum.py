"""Momentum on scalar data: the learning rate at which a sample by itself becomes unstable."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from catalysis.exact.numbers import DataError, exact_text
from catalysis.products.workshop import as_product


def own_threshold(walk: object) -> Fraction:
    """The least eta lambda x > 0 at which the matrix of one sample has an eigenvalue of modulus 1.

    Heavy ball (1 + beta)(1 + c), Nesterov c + 1/(1 + 2 beta), with c = 1 - eta w (by the Schur-Cohn
    conditions).

    Parameters
    ----------
    walk : MatrixWalk made by heavy_ball or nesterov
        The walk of momentum.

    Returns
    -------
    Fraction
        Exactly.

    Raises
    ------
    InputError
        For other walks, and where c < 0.

    Examples
    --------
    >>> from catalysis import MatrixWalk, own_threshold
    >>> str(own_threshold(MatrixWalk.heavy_ball("examples/talk-1.toml", "1.42", "0.9")))
    '19/5'
    """
    product = as_product(walk)
    if product.kind not in ("heavy_ball", "nesterov"):
        raise DataError("walk: expected momentum on scalar data")
    if product.keep < 0:
        raise DataError("weight_decay: expected at most 1/eta")
    beta = Fraction(dict(product.settings)["beta"])
    if product.kind == "heavy_ball":
        return Fraction((1 + beta) * (1 + product.keep))
    return product.keep + 1 / (1 + 2 * beta)


def largest_fraction(walk: object) -> Fraction:
    """The largest eta lambda x over its threshold `own_threshold`: below 1 every sample by itself is stable.

    Parameters
    ----------
    walk : MatrixWalk made by heavy_ball or nesterov
        The walk of momentum.

    Returns
    -------
    Fraction
        Exactly.

    Raises
    ------
    InputError
        For other walks.

    Examples
    --------
    >>> from catalysis import MatrixWalk, largest_fraction
    >>> str(largest_fraction(MatrixWalk.heavy_ball("examples/talk-1.toml", "1.42", "0.9")))
    '11999/19000'
    """
    product = as_product(walk)
    threshold = own_threshold(product)
    known = dict(product.settings)
    return product.eta * Fraction(known["lambda"]) * Fraction(max(known["curvatures"])) / threshold


def momentum_fields(walk: object) -> dict[str, Any]:
    """`largest_fraction` (exact) and whether every sample by itself is stable; nothing for other walks."""
    product = as_product(walk)
    if product.kind not in ("heavy_ball", "nesterov") or product.keep < 0:
        return {}
    fraction = largest_fraction(product)
    return {"largest_fraction": exact_text(fraction), "each_sample_stable": fraction < 1}
