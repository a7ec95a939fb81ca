"""The product of two rows of non-negative integers, as one product of two long decimal numbers.

The decimal module multiplies by number-theoretic transforms, exactly; plain integers take far longer at this size.
"""

import decimal

_EXACT = decimal.Context(
    prec=decimal.MAX_PREC, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, traps=[decimal.Inexact]
)


class Row:
    """Non-negative integers, each with room for the digits of a sum of products."""

    def __init__(self, numbers: list[int], digits: int) -> None:
        self.count, self.digits = len(numbers), digits
        self.value = decimal.Decimal("".join([f"{number:0{digits}d}" for number in reversed(numbers)]))

    def times(self, other: "Row") -> list[int]:
        """sum over i of self_i other_(k - i), for all k; no sum may have more than `digits` digits."""
        digits, count = self.digits, self.count + other.count - 1
        text = f"{_EXACT.multiply(self.value, other.value):f}".zfill(digits * count)
        text = text[len(text) - digits * count :]
        return [int(text[at : at + digits]) for at in range(len(text) - digits, -1, -digits)]
