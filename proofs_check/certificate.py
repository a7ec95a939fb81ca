"""A certificate as a whole: every claim proved or not, each in the checker's own words."""

from dataclasses import dataclass
from typing import Any

from proofs_check.core.budget import Work
from proofs_check.core.data import read_data
from proofs_check.core.reading import Refused, extent, fields, items, parse, quoted
from proofs_check.core.rule import Setting
from proofs_check.rules import RULES

FORMAT = "catalysis-certificate"
VERSION = 1
MOST_CLAIMS = 100_000

CLAIM_COST, VALUE_COST = 60, 8
"""Units booked for every claim, and for every value in it: reading and wording it."""


@dataclass(frozen=True)
class Verdict:
    """A statement, and whether it is proved. If not, the statement says which claim failed and why."""

    statement: str
    proved: bool


def check_certificate(raw: bytes, work: Work | None = None) -> list[Verdict]:
    """One verdict for each claim of the certificate in `raw`; a single bad one if it is no certificate."""
    work = work or Work()
    try:
        work.spend(len(raw) // 4)
        document = parse(raw)
    except Refused as refusal:
        return [Verdict(f"no valid certificate: {refusal}", False)]
    return check_document(document, work)


def check_document(document: Any, work: Work) -> list[Verdict]:
    """The same of a JSON value that `parse` could have returned; reading the file is not booked."""
    try:
        table, setting = _read(document, work)
    except Refused as refusal:
        return [Verdict(f"no valid certificate: {refusal}", False)]
    return [_check_claim(i, claim, setting) for i, claim in enumerate(table["claims"])]


def _read(document: Any, work: Work) -> tuple[dict[str, Any], Setting]:
    """The top level and the data set; the products are read when a claim names them."""
    table = fields(document, "the file", ("format", "version", "producer", "claims"), ("data", "products"))
    if table["format"] != FORMAT:
        raise Refused(f"the format is {quoted(table['format'])}, not {FORMAT}")
    if type(table["version"]) is not int or table["version"] != VERSION:
        raise Refused(f"the version is not {VERSION}")
    if not isinstance(table["producer"], str) or len(table["producer"]) > 200:
        raise Refused("producer is not a string of at most 200 characters")
    if not 1 <= len(items(table["claims"], "claims")) <= MOST_CLAIMS:
        raise Refused(f"claims does not have 1 to {MOST_CLAIMS} entries")
    data = read_data(table["data"], work) if "data" in table else None
    return table, Setting(data, work, table.get("products"))


def _check_claim(i: int, claim: Any, setting: Setting) -> Verdict:
    kind = claim.get("kind") if isinstance(claim, dict) else None
    where = f"claim {i} ({quoted(kind)})"
    rule = RULES.get(kind) if isinstance(kind, str) else None
    if rule is None:
        return Verdict(f"{where}: unknown kind", False)
    try:
        setting.work.spend(CLAIM_COST + VALUE_COST * extent(claim)[0])
        return Verdict(rule.check(claim, setting), True)
    except Refused as refusal:
        return Verdict(f"{where}: {refusal}", False)
    except Exception as error:  # a fault of the checker must end as "not proved", whatever it is
        return Verdict(f"{where}: the checker failed with {type(error).__name__}", False)
