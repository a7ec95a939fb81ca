"""What an audited claim is, and what examining it finds."""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from catalysis.certificate.document import certificate_of, claim
from catalysis.data.dataset import Dataset

Document = dict[str, Any]


class AuditVerdict(enum.Enum):
    """What the audit says of a claim. NOT_ESTABLISHED is never recorded: it means that a proof failed."""

    PROVED = "proved"
    REFUTED = "refuted as printed"
    CORRECTED = "holds with correction"
    MEASURED = "measured"
    NOT_EXAMINED = "not examined"
    NOT_ESTABLISHED = "not established"

    @property
    def needs_proof(self) -> bool:
        """Whether this verdict stands only if the independent checker has proved its certificates."""
        return self in (AuditVerdict.PROVED, AuditVerdict.REFUTED, AuditVerdict.CORRECTED)


@dataclass(frozen=True)
class Finding:
    """What was found now.

    `numbers`: the key numbers by name, as text, certified ones as brackets. `certificates`: documents whose every
    claim the checker has to prove before a proved, refuted or corrected verdict stands. `holds`: whether the
    conditions that tie those claims to the verdict are met. `reason`: why, where nothing was examined.
    """

    verdict: AuditVerdict
    numbers: tuple[tuple[str, str], ...] = ()
    certificates: tuple[Document, ...] = ()
    holds: bool = True
    reason: str = ""


@dataclass(frozen=True)
class Claim:
    """A claim of the talk.

    `id`: stable. `claim`: what is claimed, in our words. `checked`: what was checked, and for a claim that is off
    in print, the corrected statement. `recorded`: the verdict on record. `commands`: how to see the evidence.
    """

    id: str
    chapter: str
    claim: str
    checked: str
    recorded: AuditVerdict
    examine: Callable[[], Finding]
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotExamined:
    """An examination that says why there is none."""

    reason: str

    def __call__(self) -> Finding:
        return Finding(AuditVerdict.NOT_EXAMINED, reason=self.reason)


def documented(dataset: Dataset | None, results: Iterable[object]) -> Document:
    """A certificate of results, or of claims that are already written out."""
    claims = [one if isinstance(one, dict) else claim(one) for one in results]
    return certificate_of(dataset, claims)


def encoded(document: Document) -> bytes:
    """The bytes that the checker reads."""
    return json.dumps(document).encode()
