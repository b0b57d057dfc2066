from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.text import Format, readable, searchable, tidy


def test_html_becomes_markdown_with_its_structure() -> None:
    body = """<h2>Export</h2><p>Only   admins&nbsp;can <b>export</b>.</p>
    <ol><li>Open <em>Settings → Data</em></li><li>Choose <code>Export_all</code></li></ol>"""
    assert readable(body) == (
        "## Export\n\nOnly admins can **export**.\n\n"
        "1. Open *Settings → Data*\n2. Choose `Export_all`"
    )


def test_images_become_their_alternative_text() -> None:
    assert readable('<p>Press <img src="x.png" alt="the gear"> now</p>') == "Press the gear now"
    assert readable('<p>Press <img src="x.png"> now</p>') == "Press now"


@pytest.mark.parametrize(
    ("body", "form"),
    [
        ('<p>Open it.</p><p><img src="x.png" alt="The field Late fee: 5 euros"></p>', "html"),
        ("Open it.\n\n![The field Late fee: 5 euros](x.png)", "markdown"),
    ],
)
def test_a_picture_that_stands_alone_is_called_one(body: str, form: Format) -> None:
    assert readable(body, form) == "Open it.\n\n(picture: The field Late fee: 5 euros)"
    assert readable('![the "gear"](x.png) now', "markdown") == 'the "gear" now'


@pytest.mark.parametrize(
    ("body", "form"),
    [
        ('<p>Press <img src="https://cdn.example/g.png" alt="the gear">, then wait.</p>', "html"),
        ('<p>Press <img alt="the gear" src="https://cdn.example/g.png" />, then wait.</p>', "html"),
        ('Press ![the gear](https://cdn.example/g.png "x"), then wait.', "markdown"),
    ],
)
def test_an_image_with_an_address_stays_a_link(body: str, form: Format) -> None:
    text = readable(body, form).replace(" ,", ",")
    assert text == "Press [the gear](https://cdn.example/g.png), then wait."


def test_a_linked_image_stays_one_link() -> None:
    image = '<img src="https://cdn.example/g.png" alt="Plans">'
    assert readable(f'<p>See <a href="https://a.example">{image}</a>') == (
        "See [Plans](https://a.example)"
    )
    body = "[![Plans](https://cdn.example/g.png)](https://a.example)"
    assert readable(body, "markdown") == "[Plans](https://a.example)"
    assert readable(f"<p>{image}</p>") == "(picture: [Plans](https://cdn.example/g.png))"


@pytest.mark.parametrize(
    "address",
    ["data:image/png;base64,AAAA", "https://cdn.example/g.png?expires=1&signature=2", "/g.png"],
)
def test_an_image_that_will_not_last_keeps_its_words_alone(address: str) -> None:
    """Intercom signs the addresses of images anew at each reading."""
    assert readable(f'<p>Press <img src="{address}" alt="Go"> now</p>') == "Press Go now"
    assert readable(f"Press ![Go]({address}) now", "markdown") == "Press Go now"


def test_an_image_text_cannot_bring_in_markup() -> None:
    body = '<img alt="<script>x</script>&quot;"><img alt="a \\1 b">'
    assert "script>x" in readable(body)
    assert "a \\1 b" in readable(body)


def test_tables_survive() -> None:
    body = "<table><tr><td>Plan</td><td>Price</td></tr><tr><td>Pro</td><td>5 €</td></tr></table>"
    assert readable(body) == "| Plan | Price |\n| --- | --- |\n| Pro | 5 € |"


@pytest.mark.parametrize(
    "body",
    [
        "<script>steal()</script>Hello",
        "<style>p{}</style>Hello",
        "<p onclick='steal()'>Hello</p>",
        "<iframe src='x'>steal()</iframe>Hello",
        "<!-- steal() -->Hello",
        "<a href='javascript:steal()'>Hello</a>",
    ],
)
def test_what_is_no_text_goes(body: str) -> None:
    assert readable(body) == "Hello"


def test_links_stay_only_where_they_work_elsewhere() -> None:
    body = '<a href="/hc/1">here</a> and <a href="https://acme.example/x">there</a>'
    assert readable(body) == "here and [there](https://acme.example/x)"


def test_plain_text_is_left_alone() -> None:
    assert readable("a < b\r\n\r\n\r\n\r\n# 1  <b>", "text") == "a < b\n\n# 1 <b>"


def test_whitespace_is_tidied_and_control_characters_go() -> None:
    assert tidy("\n\n a\tb \x00\n\n\n\u200bc \u2028d ") == " a b\n\nc\nd"


def test_thousands_of_nested_elements_still_give_the_words() -> None:
    assert readable("<div><b>" * 5000 + "deep &amp; dark") == "deep & dark"


def test_searchable_text_has_no_marks() -> None:
    assert searchable("## Export\n- Open **Data**, see [plans](https://a.example/b)") == (
        "Export\n Open Data , see plans"
    )


@given(st.text(alphabet=st.characters()), st.sampled_from(["html", "markdown", "text"]))
def test_garbage_never_raises(body: str, form: Format) -> None:
    readable(body, form).encode()


@given(st.lists(st.sampled_from(["<p>", "</div", "<img alt=", '"', "<table>", "&", "<li>", "x"])))
def test_broken_html_never_raises(parts: list[str]) -> None:
    readable("".join(parts)).encode()
