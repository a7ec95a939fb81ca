"""The first line of a table of vectors names its columns: no sample is taken for a header."""

from pathlib import Path

import pytest

from catalysis import InputError
from catalysis.products.kernel import load_vectors


@pytest.mark.parametrize("text", ["1,0\n0,1\n1,1\n", "0,1,2\n1,0,0\n", "p,1/2\n1,3\n"])
def test_a_sample_is_not_lost_as_a_header(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match=r"a\.csv: line 1: .*add a line of names"):
        load_vectors(tmp_path / "a.csv")


def test_columns_have_different_names(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,a\n1,2\n")
    with pytest.raises(InputError, match=r"different names of columns, found .a. twice"):
        load_vectors(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("a,1\n1,2\n")
    assert load_vectors(tmp_path / "b.csv").rows == ((1, 2),)
