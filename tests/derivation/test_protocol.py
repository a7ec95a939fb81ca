"""A reduced map keeps the common protocol of results, and networks are read by one door."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from kit.protocol import keeps_the_protocol, refuses

from catalysis.derivation import ShallowNetwork, derive


@pytest.mark.parametrize(
    "network",
    [ShallowNetwork(), ShallowNetwork("leaky-relu", slope="1/10", labels=True), ShallowNetwork(inputs=2)],
    ids=lambda network: f"{network.activation}-{network.inputs}",
)
def test_a_reduced_map_keeps_the_protocol(network: ShallowNetwork) -> None:
    reduced = derive(network, "full")
    keeps_the_protocol(reduced)
    latex = reduced._repr_latex_()
    assert latex is not None and r"\mu" in latex


def test_numbers_of_a_network_may_be_given_in_any_form() -> None:
    forms = ("1/8", "0.125", 0.125, Fraction(1, 8), Decimal("0.125"), np.float64(0.125))
    assert {ShallowNetwork("leaky-relu", slope=form).exact_slope for form in forms} == {Fraction(1, 8)}
    assert ShallowNetwork("leaky-relu", slope=0.1).exact_slope == Fraction(0.1)
    assert len({ShallowNetwork(inputs=form) for form in (2, "2", np.int64(2), 2.0, Fraction(2))}) == 1
    refuses(lambda v: ShallowNetwork("leaky-relu", slope=v), "slope", ("x", [], float("nan"), True, object()))
    refuses(lambda v: ShallowNetwork(inputs=v), "inputs", (None, "x", [], 0, 1.5, True, object()))


def test_what_is_no_network_is_named() -> None:
    refuses(derive, "network", (None, 1, "linear", object()))
    refuses(lambda v: derive(ShallowNetwork(), v), "batch", (None, 1, "epoch", [], object()))
    refuses(lambda v: ShallowNetwork(v), "activation", (None, 1, "tanh", [], object()))
