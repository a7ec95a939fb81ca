"""The kind `sign_regions`."""

from dataclasses import dataclass
from typing import Any

from proofs_check.core.law import Law
from proofs_check.core.reading import Refused, fields, number
from proofs_check.core.rule import Rule, Setting
from proofs_check.core.wording import exact
from proofs_check.linear.points import between
from proofs_check.linear.regions import Listing, prove_listing, read_listing
from proofs_check.linear.zeros import Listed


@dataclass(frozen=True)
class SignRegions:
    """The complete list of zeros and sign regions of G on an interval."""

    opening: str
    listing: Listing

    @property
    def inside(self) -> list[Listed]:
        """The zeros that cut the regions."""
        ends = [region.end for region in self.listing.regions]
        return [self.listing.zeros[i] for i in ends if isinstance(i, int)]


def read(claim: dict[str, Any], setting: Setting) -> SignRegions:
    fields(claim, "the claim", ("kind", "step", "from", "to", "zeros", "negative_gaps", "regions"))
    case, opening = setting.case(claim)
    start = number(claim["from"], "from")
    end = None if claim["to"] == "inf" else number(claim["to"], "to")
    if start < 0 or (end is not None and end <= start):
        raise Refused("from is negative or not below to")
    return SignRegions(opening, read_listing(claim, case, start, end))


def prove(statement: SignRegions) -> set[str]:
    """`prove_listing`: D1, D2, D3 and, where used, D5, D6."""
    return prove_listing(statement.listing).used


def say(statement: SignRegions) -> str:
    """Every zero strictly inside with its bracket, then the sign between them."""
    listing, zeros = statement.listing, statement.inside
    ends = exact(listing.start), "inf" if listing.end is None else exact(listing.end)
    count = f"{len(zeros)} zero{'' if len(zeros) == 1 else 's'}"
    found = "".join(f"; z{n} {_zero_words(listing.case.law, zero)}" for n, zero in enumerate(zeros, start=1))
    names = [ends[0], *(f"z{n}" for n in range(1, len(zeros) + 1)), ends[1]]
    pieces = [
        f"G {'>' if region.sign == 'positive' else '<'} 0 on ({names[i]}, {names[i + 1]})"
        for i, region in enumerate(listing.regions)
    ]
    return (
        f"{statement.opening}on ({ends[0]}, {ends[1]}) the drift G has exactly {count}{found}; "
        f"{', '.join(pieces)} (-inf at poles)"
    )


def _zero_words(law: Law, zero: Listed) -> str:
    kind = "touches zero from below" if zero.kind == "tangency" else f"goes {zero.kind} through zero"
    if zero.exact is not None:
        return f"= {exact(zero.exact)} exactly, where G {kind}"
    return f"{between(zero.lower, zero.upper, law)}, where G {kind}"


SIGN_REGIONS = Rule(read, prove, say)
