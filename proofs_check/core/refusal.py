"""The one way a proof ends badly: the claim is refused, with the reason."""


class Refused(Exception):
    """A certificate or a claim that is not proved; the text says why, in one line."""
