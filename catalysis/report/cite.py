"""How to cite a certified number: version, date, digest, BibTeX."""

from __future__ import annotations

import datetime
import os
import re

from catalysis import __version__

PAPER = """@misc{GessHeydecker2026,
  author = {Gess, Benjamin and Heydecker, Daniel},
  title  = {Large spikes in {SGD}: a large-deviations view of catapults},
  year   = {2026},
  eprint = {2603.10079},
  archivePrefix = {arXiv}
}"""


def today() -> datetime.date:
    """The day of a report (UTC); SOURCE_DATE_EPOCH, where it is set, makes a report the same every day."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given.isascii() and given.isdigit() and len(given) < 12:
        return datetime.datetime.fromtimestamp(int(given), datetime.UTC).date()
    return datetime.datetime.now(datetime.UTC).date()


def bibtex(name: str, digest: str, day: datetime.date) -> str:
    """An entry for one certificate; what a name may hold beyond letters, digits and simple marks is left out."""
    plain = " ".join(re.sub(r"[^\w .,:;()+=/-]", "", name, flags=re.ASCII).replace("_", "-").split())
    key = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:40] or "data"
    return f"""@misc{{catalysis-{key}-{digest[:8]},
  author = {{{{The catalysis developers}}}},
  title  = {{Certified numbers for the data set {plain[:200] or "of the certificate"}}},
  year   = {{{day.year}}},
  note   = {{catalysis {__version__}, {day.isoformat()}, certificate with SHA-256 {digest}}}
}}"""
