"""The talk, claim by claim: each certified, refuted as printed, corrected, measured, or not examined.

    report = audit()                 # all claims
    report = audit(["gd-update"])    # some

The list of claims with the verdict recorded for each is docs/audit.md.
"""

from __future__ import annotations

from catalysis.audit.claims import AuditVerdict, Claim, Finding
from catalysis.audit.run import AuditReport, Examined, audit, catalogue

__all__ = ["AuditReport", "AuditVerdict", "Claim", "Examined", "Finding", "audit", "catalogue"]
