"""The caller's mistake: what every public function raises for bad input."""

from __future__ import annotations


class InputError(ValueError):
    """An argument that cannot be used. The text is one line: the field, what was expected, what was found."""
