"""Runs the examinations; a verdict that needs a proof stands only if the independent checker gives it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from catalysis.audit.claims import AuditVerdict, Claim, Document, Finding, encoded
from catalysis.certificate.files import write_whole
from catalysis.exact.errors import InputError
from catalysis.exact.numbers import shown
from catalysis.exact.result import Progress, Result, Verdict
from proofs_check.certificate import check_certificate

CHAPTERS = ("network", "phases", "drift", "probabilities", "nonlinear", "statistics")


def catalogue() -> tuple[Claim, ...]:
    """All claims, in the order of the talk's chapters."""
    return tuple(
        claim for chapter in CHAPTERS for claim in import_module(f"catalysis.audit.{chapter}").CLAIMS
    )


@dataclass(frozen=True)
class Examined:
    """A claim with the verdict found now; `statements` are the checker's own words for what it proved."""

    claim: Claim
    finding: Finding
    verdict: AuditVerdict
    statements: tuple[str, ...]
    refusals: tuple[str, ...]
    seconds: float

    @property
    def as_recorded(self) -> bool:
        return self.verdict is self.claim.recorded

    def to_json(self) -> dict[str, Any]:
        evidence: dict[str, Any] = {
            "checked": self.claim.checked,
            "numbers": dict(self.finding.numbers),
            "statements": list(self.statements),
            "commands": list(self.claim.commands),
        }
        if self.refusals:
            evidence["refusals"] = list(self.refusals)
        if self.finding.reason:
            evidence["reason"] = self.finding.reason
        return {
            "id": self.claim.id,
            "chapter": self.claim.chapter,
            "claim": self.claim.claim,
            "verdict": self.verdict.value,
            "recorded": self.claim.recorded.value,
            "evidence": evidence,
        }


@dataclass(frozen=True, repr=False)
class AuditReport(Result):
    """The examined claims. In its JSON document `verdict` compares with the record: "as recorded" or "differs"."""

    examined: tuple[Examined, ...]

    @property
    def differing(self) -> tuple[Examined, ...]:
        return tuple(one for one in self.examined if not one.as_recorded)

    @property
    def verdict(self) -> Verdict:
        """How well the record is established: proved, if each verdict is as recorded and rests on a proof."""
        found = {one.verdict for one in self.examined}
        if self.differing or not found or AuditVerdict.NOT_EXAMINED in found:
            return Verdict.UNDECIDED
        return Verdict.MEASURED if AuditVerdict.MEASURED in found else Verdict.PROVED

    def fields(self) -> dict[str, Any]:
        return {
            "verdict": "differs" if self.differing else "as recorded",
            "claims": [one.to_json() for one in self.examined],
            "differing": [one.claim.id for one in self.differing],
        }

    def write(self, folder: Path) -> list[Path]:
        """One certificate file for each document, ID.json or ID-1.json, ID-2.json, ..., and audit.json."""
        written = []
        for one in self.examined:
            documents = one.finding.certificates
            for number, document in enumerate(documents, 1):
                name = one.claim.id + (f"-{number}" if len(documents) > 1 else "")
                written.append(folder / f"{name}.json")
                write_whole(written[-1], json.dumps(document, indent=1) + "\n")
        written.append(folder / "audit.json")
        write_whole(written[-1], json.dumps(self.to_json(), indent=1) + "\n")
        return written


def chosen(ids: str | Iterable[str]) -> tuple[Claim, ...]:
    """The claims of these ids (all if there are none), in the order of the catalogue. Raises InputError."""
    if not isinstance(ids, Iterable):
        raise InputError(f"ids: expected ids of claims, found {shown(ids)}")
    wanted, claims = [ids] if isinstance(ids, str) else list(ids), catalogue()
    known = [claim.id for claim in claims]
    for name in wanted:
        if not isinstance(name, str) or name not in known:
            raise InputError(f"ids: expected ids among {', '.join(known)}, found {shown(name)}")
    return tuple(claim for claim in claims if not wanted or claim.id in wanted)


def audit(ids: str | Iterable[str] = (), *, progress: Progress | None = None) -> AuditReport:
    """Examine the claim of this id, or of these, all if none is given. Raises InputError for an unknown id.

    What is certified: a verdict "proved", "refuted as printed" or "holds with correction" is given only if the
    checker has proved every claim of its certificates, of which there is at least one.
    """
    claims = chosen(ids)
    examined = []
    for done, claim in enumerate(claims):
        examined.append(examine(claim))
        if progress is not None:
            progress(done + 1, len(claims))
    return AuditReport(tuple(examined))


def examine(claim: Claim) -> Examined:
    """Examine one claim and have its certificates checked."""
    started = time.perf_counter()
    finding = claim.examine()
    verdicts = [verdict for document in finding.certificates for verdict in _checked(document)]
    statements = tuple(verdict.statement for verdict in verdicts if verdict.proved)
    refusals = tuple(verdict.statement for verdict in verdicts if not verdict.proved)
    found = finding.verdict
    unproved = found.needs_proof and (refusals or not statements)
    if unproved or not finding.holds:
        found = AuditVerdict.NOT_ESTABLISHED
    return Examined(claim, finding, found, statements, refusals, time.perf_counter() - started)


def _checked(document: Document) -> list[Any]:
    return list(check_certificate(encoded(document)))
