"""From a network's definition to its reduced map: derived, printed, proved and compiled.

    net = ShallowNetwork(activation="linear", inputs=1, labels=False)
    reduced = derive(net, batch="single")
    reduced.update["mu"]

The lemmas R1, R2, ... are those of docs/reduced_map.md. Importing this package imports sympy.
"""

from catalysis.derivation.canonical import Canonical, Scaling
from catalysis.derivation.closing import Block, Closing, Moments
from catalysis.derivation.compile import CompiledMap
from catalysis.derivation.diagonal import Diagonal
from catalysis.derivation.errors import DerivationError
from catalysis.derivation.letters import letter, to_latex
from catalysis.derivation.limits import Linearised
from catalysis.derivation.network import ACTIVATIONS, BATCHES, Neuron, ShallowNetwork
from catalysis.derivation.reduced import FORMS, MAX_SHOWN_INPUTS, ReducedMap, derive

__all__ = [
    "ACTIVATIONS",
    "BATCHES",
    "FORMS",
    "MAX_SHOWN_INPUTS",
    "Block",
    "Canonical",
    "Closing",
    "CompiledMap",
    "DerivationError",
    "Diagonal",
    "Linearised",
    "Moments",
    "Neuron",
    "ReducedMap",
    "Scaling",
    "ShallowNetwork",
    "derive",
    "letter",
    "to_latex",
]
