"""The one way a derivation is refused: a choice that is unknown or that does not close."""

from catalysis.exact.errors import InputError


class DerivationError(InputError):
    """The network or the batch is not one whose sums close; the one-line text lists what is known."""
