"""What every form of the claim `phase` has: its proof and its words, both from the same object."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from proofs_check.core.budget import Work
from proofs_check.core.reading import Refused, index
from proofs_check.nonlinear.phase_box import Box, Side, closed, read_bracket
from proofs_check.nonlinear.phase_orbit import Image

MOST_STEPS = 200_000
MOST_POINT_BITS = 1 << 14
MOST_BOX_BITS = 512


@dataclass(frozen=True)
class Asked:
    """The starts, the budget, and the length of the longest number of the claim."""

    box: Box
    work: Work
    longest: int


@dataclass(frozen=True)
class Form(ABC):
    """One form of the claim."""

    asked: Asked

    @abstractmethod
    def prove(self) -> set[str]:
        """The lemmas that prove the words."""

    @abstractmethod
    def words(self) -> str:
        """What holds for every start."""

    @property
    def leaves_out_hits(self) -> bool:
        return False


@dataclass(frozen=True)
class Bounds:
    """What may be said of a path that converges, besides its phase."""

    final: Side | None
    peak: Side | None
    no_hit: bool

    @classmethod
    def read(cls, claim: dict[str, Any]) -> "Bounds":
        final, peak = (
            read_bracket(claim[key], key) if key in claim else None for key in ("final_L", "peak_loss")
        )
        return cls(final, peak, "no_hit" in claim)

    def words(self) -> list[str]:
        found = []
        if self.final is not None:
            found.append(f"the limit of L lies in {closed(self.final)}")
        if self.peak is not None:
            found.append(f"the greatest (kappa_t/kappa_0)^2 lies in {closed(self.peak)}")
        return found + (["no kappa_t is 0"] if self.no_hit else [])


def read_steps(claim: dict[str, Any]) -> int:
    steps = index(claim["steps"], "steps")
    if steps > MOST_STEPS:
        raise Refused(f"steps is above {MOST_STEPS}")
    return steps


def settle(asked: Asked, holds: Callable[[int], tuple[bool, Image]], what: str) -> None:
    """Ask at rising precision; stop where the image is narrow, and more bits would change nothing."""
    bits = 64 + 4 * min(asked.longest, 2000)
    most = max(MOST_POINT_BITS if asked.box.is_single else MOST_BOX_BITS, 2 * bits)
    while bits <= most:
        proved, image = holds(bits)
        if proved:
            return
        if bits >= 512 and image.width() < 1 << (image.prec // 4):
            break
        bits *= 2
    raise Refused(f"{what} is not proved")
