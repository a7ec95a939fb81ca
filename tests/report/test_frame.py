"""Frames: one content for the terminal, pages, LaTeX and plain text; nothing in a cell is read as markup."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalysis.cli.output import rendered
from catalysis.report.frame import Frame, greek, plain, to_html, to_latex

CELLS = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=12).map(
    str.strip
)
TABLES = st.integers(1, 4).flatmap(
    lambda n: st.tuples(
        st.lists(CELLS, min_size=n, max_size=n), st.lists(st.lists(CELLS, min_size=n, max_size=n), max_size=4)
    )
)
EVIL = (
    "[bold red]x[/]",
    "<script>",
    "a & b",
    r"\textbf{x}",
    "$x_1$",
    ":warning:",
    "[link=http://a]b[/link]",
    "50 %",
)


def test_a_row_has_a_cell_for_each_column() -> None:
    with pytest.raises(ValueError, match="one cell"):
        Frame.of("t", ("a", "b"), [("1",)])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TABLES)
def test_every_form_shows_every_cell(table: tuple[list[str], list[list[str]]]) -> None:
    columns, rows = table
    frame = Frame.of("A title", columns, rows, "a note")
    cells = [cell for row in rows for cell in row]
    text, page = plain(frame), to_html(frame)
    assert all(cell in text for cell in cells) and "a note" in text
    found = [html.unescape(cell) for cell in re.findall(r"<td>(.*?)</td>", page)]
    assert found == cells
    screen = rendered([frame])
    assert all(" ".join(cell.split()) in " ".join(screen.split()) for cell in cells) and "A title" in screen


def test_nothing_is_read_as_markup() -> None:
    frame = Frame.of(EVIL[0], EVIL, [EVIL], *EVIL)
    screen = rendered([frame])
    assert all(screen.count(text) >= 3 for text in EVIL)
    page = to_html(frame)
    assert "<script>" not in page and page.count("&lt;script&gt;") == 3
    latex = to_latex(frame)
    assert r"\textbf{" not in latex and r"\$x\_1\$" in latex and r"50 \%" in latex
    assert latex.count(r"\\") == 2  # the head and one row


def test_columns_without_names_have_no_head() -> None:
    frame = Frame.of("", ("", ""), [("a", "b")])
    assert not frame.headed and "<th>" not in to_html(frame)
    assert plain(frame) == "  a    b"
    assert rendered([frame]).split() == ["a", "b"]


def test_lines_alone() -> None:
    frame = Frame.lines("first", "second [x]")
    assert rendered([frame, frame]) == "first\nsecond [x]\n\nfirst\nsecond [x]\n"
    assert plain(frame) == "first\nsecond [x]"


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("lambda", "λ"),
        ("lambda_crit", "λ_crit"),
        ("d theta/d lambda", "d θ/d λ"),
        ("beta, theta2", "beta, θ2"),
        ("mute", "mute"),
    ],
)
def test_letters(text: str, letters: str) -> None:
    assert greek(text) == letters


def test_nothing_is_lost_where_the_screen_is_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells are folded, a single row too wide stands upright; every word is there, every line fits."""
    monkeypatch.setenv("COLUMNS", "60")
    words = (
        "2000000/2550409",
        "4000000/2550409",
        "outside window",
        "what happens here is told at length",
        "proved",
    )
    for rows in ([words], [words, words], [words] * 5):
        text = rendered(
            [Frame.of("A title that is longer than the table", tuple("abcde"), rows, "note " * 20)]
        )
        assert max(map(len, text.splitlines())) <= 60
        told = "told at length" if len(rows) > 1 else "what happens"
        for word in (*words[:2], "outside", *told.split(), "proved"):
            assert text.count(word) >= len(rows), (word, text)
    assert "\n  b    4000000/2550409\n" in rendered([Frame.of("t", tuple("abcde"), [words])])
