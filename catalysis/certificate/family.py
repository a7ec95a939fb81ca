"""The claim `family_sign` (docs/families.md)."""

from __future__ import annotations

from catalysis.certificate.document import Claim, claim
from catalysis.drift.family import SignBox


@claim.register
def _(result: SignBox) -> Claim:
    return {"kind": "family_sign", "curvature": result.family.to_json(), **result.cell()}
