"""The table of docs/certificate.md from rule to lemma to test: every kind has a row, every test in it exists."""

import re

import pytest
from kit import ROOT

from proofs_check.rules import RULES

ROWS = dict(
    re.findall(
        r"^\| `(\w+)` \| [^|]+ \|(.*)\|$", (ROOT / "docs" / "certificate.md").read_text(), re.MULTILINE
    )
)
TESTS = "".join(path.read_text() for path in sorted((ROOT / "tests" / "checker").rglob("test_*.py")))


@pytest.mark.parametrize("kind", RULES)
def test_every_kind_has_a_row_with_tests(kind: str) -> None:
    assert "`test_" in ROWS[kind]


@pytest.mark.parametrize("kind", ROWS)
def test_every_test_of_a_row_exists(kind: str) -> None:
    for name, case in re.findall(r"`(test_\w+)(?:\[([^\]]*)\])?`", ROWS[kind]):
        assert f"def {name}(" in TESTS, name
        assert not case or f'"{case}"' in TESTS, case
