"""HTML and plain text: what a reader sees, and what is never let through."""

from __future__ import annotations

import pytest

from connectors.sandbox.text import clean, text_of_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p>\n<p>b<br>c</p>", "a\n\nb\nc"),
        ("<ol><li>x</li><li><p>y</p></li></ol>", "1. x\n2. y"),
        ("<ul><li>x<ul><li>z</li></ul></li></ul>", "- x\n\n- z"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
    ],
)
def test_text_of_html(html: str, text: str) -> None:
    assert text_of_html(html) == text


def test_clean_keeps_no_handlers_styles_or_classes() -> None:
    dirty = '<div class="a" style="x" onclick="y"><iframe src="z"></iframe>t</div>'
    assert clean(dirty) == "<div>t</div>"
