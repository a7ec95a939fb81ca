"""Numbers in words: exact where short, else rounded outwards and marked, so that every word is proved."""

from fractions import Fraction
from hashlib import sha256

from proofs_check.core.data import Data, Step
from proofs_check.core.reading import quoted

SHORT_BITS = 130
"""Numerators and denominators up to this size (40 digits) are written out."""

MOST_DIGITS = 40
SAMPLES_SHOWN = 4


def rounded(q: Fraction, digits: int, up: bool) -> str:
    """q in decimal with `digits` significant digits, rounded up or down."""
    if q == 0:
        return "0"
    power = _decimal_exponent(q)
    unit = Fraction(10) ** (power - digits + 1)
    count = -(-q // unit) if up else q // unit
    power += len(str(abs(count))) - digits  # 99.9 may have become 100
    sign, text = "-" if count < 0 else "", str(abs(count)).rstrip("0")
    if 0 <= power < MOST_DIGITS:
        whole, rest = text[: power + 1].ljust(power + 1, "0"), text[power + 1 :]
    elif -5 <= power < 0:
        whole, rest = "0", "0" * (-power - 1) + text
    else:
        mantissa = text[0] + ("." + text[1:] if text[1:] else "")
        return f"{sign}{mantissa}e{power}"
    return sign + whole + ("." + rest if rest else "")


def exact(q: Fraction) -> str:
    """q as a decimal or as "n/d"; a long one by its first digits and a fingerprint that leaves no doubt."""
    if _is_short(q):
        tens = next((k for k in range(MOST_DIGITS) if 10**k % q.denominator == 0), None)
        return str(q) if tens is None else _with_point(q.numerator * 10**tens // q.denominator, tens)
    digest = sha256(f"{q.numerator:x}/{q.denominator:x}".encode()).hexdigest()[:16]
    return f"{rounded(q, 20, q < 0)}... (the rational number with fingerprint {digest})"


def bracket(lower: Fraction, upper: Fraction, shape: str = "()") -> str:
    """ "(lower, upper)" with long ends rounded outwards; "[]" as shape for a closed interval."""
    low, high = ends(lower, upper)
    return f"{shape[0]}{low}, {high}{shape[1]}{mark(lower, upper)}"


def ends(lower: Fraction, upper: Fraction) -> tuple[str, str]:
    """The ends of a bracket, with enough digits to see its width, long ones rounded outwards."""
    digits = _digits(lower, upper)
    low = exact(lower) if _is_plain(lower) else rounded(lower, digits, False)
    high = exact(upper) if _is_plain(upper) else rounded(upper, digits, True)
    return low, high


def mark(lower: Fraction, upper: Fraction) -> str:
    """What follows a bracket of which `ends` has rounded an end, with the width if that cannot be seen."""
    if _is_plain(lower) and _is_plain(upper):
        return ""
    if _digits(lower, upper) < MOST_DIGITS:
        return " [rounded outwards]"
    return f" [rounded outwards from a width of at most {rounded(upper - lower, 2, True)}]"


def describe_data(data: Data) -> str:
    """The data set in one line: its name quoted and cut, the first samples, the fingerprint of all."""
    shown = []
    for u, k in list(zip(data.numerators, data.weights, strict=True))[:SAMPLES_SHOWN]:
        weight = f"count {k}" if data.counted else f"p = {exact(Fraction(k, data.total))}"
        shown.append(f"x = {exact(Fraction(u, data.scale))}, {weight}")
    more = "; ..." if len(data.weights) > SAMPLES_SHOWN else ""
    number = f"{len(data.weights)} sample{'s' if len(data.weights) > 1 else ''}"
    return (
        f"data {quoted(data.name)} ({number}: {'; '.join(shown)}{more}; "
        f"learning rate {exact(data.learning_rate)}; sha256 {data.fingerprint()})"
    )


def describe_step(step: Step) -> str:
    """How a step draws its curvature."""
    if step.kind == "minibatch":
        return f"minibatches of {step.size} {'with' if step.replacement else 'without'} replacement"
    return "one sample a step" if step.kind == "single" else "full batch"


def _with_point(n: int, places: int) -> str:
    """n / 10^places as a decimal."""
    digits = str(abs(n)).rjust(places + 1, "0")
    return ("-" if n < 0 else "") + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def _is_short(q: Fraction) -> bool:
    return max(abs(q.numerator), q.denominator).bit_length() <= SHORT_BITS


def _digits(lower: Fraction, upper: Fraction) -> int:
    """So many significant digits show both ends and their difference, up to MOST_DIGITS."""
    if lower == upper:
        return MOST_DIGITS
    size = max(_decimal_exponent(q) for q in (lower, upper) if q != 0)
    return max(6, min(MOST_DIGITS, size - _decimal_exponent(upper - lower) + 3))


def _is_plain(q: Fraction) -> bool:
    """Whether a bracket shows q exactly: not if it is long, or a ratio of long numbers."""
    return _is_short(q) and ("/" not in exact(q) or q.denominator < 10**6)


def _decimal_exponent(q: Fraction) -> int:
    """The e with 10^e <= |q| < 10^(e+1), q not zero."""
    e = (abs(q.numerator).bit_length() - q.denominator.bit_length()) * 30103 // 100000
    while abs(q) >= Fraction(10) ** (e + 1):
        e += 1
    while abs(q) < Fraction(10) ** e:
        e -= 1
    return e
