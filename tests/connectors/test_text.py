"""The text of HTML: readable, and there for whatever anybody typed."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.text import is_html, text_of_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("One<br>Two", "One\nTwo"),
        ("<ul><li>a</li><li><p>b</p></li></ul>", "- a\n- b"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ("<p>3 &lt; 4 &amp; 5&nbsp;&gt; 4</p>", "3 < 4 & 5 > 4"),
        ("<style>p {}</style><p>Seen</p><script>x</script>", "Seen"),
        ("<p>Unfinished <![", "Unfinished <!["),
        ("<p>One <![x]> two</p>", "One two"),
        ("", ""),
    ],
)
def test_blocks_are_lines_and_items_have_marks(html: str, text: str) -> None:
    assert " ".join(text_of_html(html).split()) == " ".join(text.split())
    assert text_of_html(html).count("\n") == text.count("\n")


def test_with_links_an_address_stands_behind_its_label() -> None:
    html = '<p>See <a href="https://a.example/x">here</a> or <a href="javascript:x()">not</a>.</p>'
    assert text_of_html(html) == "See here or not."
    assert text_of_html(html, links=True) == "See here (https://a.example/x) or not."
    bare = '<a href="https://a.example/x">https://a.example/x</a>'
    assert text_of_html(bare, links=True) == "https://a.example/x"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("<p>One</p>", True),
        ("One<br>Two", True),
        ("One<br/>Two", True),
        ('<a href="x">y</a>', True),
        ("One", False),
        ("3 < 4 > 2", False),
        ("a <- b", False),
        ("<maya@example.com> wrote", False),
        ("x <pre", False),
        ("&amp;", False),
    ],
)
def test_html_is_told_from_text(text: str, verdict: bool) -> None:
    assert is_html(text) is verdict


@pytest.mark.parametrize(
    "html", ["x" + "<b> </b>" * 20_000 + "y", "<" * 40_000 + "<![", "<p" + " " * 80_000]
)
def test_what_is_typed_to_be_slow_is_read_at_once(html: str) -> None:
    before = process_time()
    text_of_html(html)
    is_html(html)
    assert process_time() - before < 1.5


@given(st.text(max_size=80) | st.text(alphabet="<>!-[]&;/a =\"'", max_size=40))
def test_anything_can_be_read(html: str) -> None:
    assert isinstance(text_of_html(html), str)
    assert isinstance(text_of_html(html, links=True), str)
    assert is_html(html) in (True, False)
