"""Each kind of file gives its title and its text, as people would read it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.knowledge.documents import FILES, Document
from app.knowledge.files import listing
from app.knowledge.text import readable
from tests.app.knowledge.files.making import PICTURE, docx, listed, paragraph, pdf, write


def only(folder: Path, name: str, content: str | bytes) -> Document:
    documents, findings = listed(write(folder, {name: content}))
    assert findings == []
    assert len(documents) == 1
    return documents[0]


def text_of(document: Document) -> str:
    return readable(document.body, document.form)


def test_markdown_is_read_as_its_readers_see_it(tmp_path: Path) -> None:
    page = """# Export your data

Open **Settings → Data**, press **Export_all**. <!-- nobody sees this -->

1. Choose `CSV`
2. Enter <your name>, press ![the gear](https://cdn.example/g.png)

| Plan | Price |
|---|---|
| Pro | 5 € |

See [plans][p] and [more](../more.md).

[p]: https://acme.example/plans
"""
    document = only(tmp_path, "export.md", page)
    assert document.title == "Export your data"
    assert text_of(document) == (
        "Open **Settings → Data**, press **Export_all**.\n\n"
        "1. Choose `CSV`\n2. Enter <your name>, press [the gear](https://cdn.example/g.png)\n\n"
        "| Plan | Price |\n| --- | --- |\n| Pro | 5 € |\n\n"
        "See [plans](https://acme.example/plans) and more."
    )


def test_html_is_read_without_what_stands_around_the_page(tmp_path: Path) -> None:
    page = """<!doctype html><html lang="de-DE"><head><title>Export &amp; more</title>
    <link rel="canonical" href="https://acme.example/export"><style>p {}</style>
    <meta name="area" content="data"></head><body><nav>Home | Prices</nav><main>
    <p>Press <button>Export</button> <img src="https://cdn.example/g.png" alt="the gear">.</p>
    </main><footer>(c)</footer><script>steal()</script></body></html>"""
    document = only(tmp_path, "export.HTM", page)
    assert document.title == "Export & more"
    assert text_of(document) == "Press Export [the gear](https://cdn.example/g.png) ."
    assert (document.url, document.locale) == ("https://acme.example/export", "de-de")
    assert document.metadata.areas == ("data",)


def test_a_page_without_a_title_is_called_by_its_heading(tmp_path: Path) -> None:
    assert only(tmp_path, "a.html", "<h1>Export <i>it</i></h1><p>x<h1>No</h1>").title == "Export it"


def test_a_text_is_called_by_its_first_line(tmp_path: Path) -> None:
    document = only(tmp_path, "a.txt", "\nRefunds\n\nWe refund within 14 days.")
    assert document.title == "Refunds"
    assert document.form == "text"


@pytest.mark.parametrize(
    ("name", "title"),
    [("02-reset_password.txt", "Reset password"), ("billing/index.txt", "Billing")],
)
def test_a_file_without_a_title_is_called_by_its_name(
    tmp_path: Path, name: str, title: str
) -> None:
    assert only(tmp_path, name, "Open the page, then write to us.").title == title


def test_a_pdf_is_read_page_by_page(tmp_path: Path) -> None:
    wrapped = "tells how the filter of the machine is to be"
    pages = [
        ["Manual of the X1", f"Chapter {n} {wrapped}", "clea-", "ned again.", f"Page {n}"]
        for n in range(1, 6)
    ]
    document = only(tmp_path, "x1.pdf", pdf(pages, title="Caring for the X1"))
    assert document.title == "Caring for the X1"
    assert document.updated_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert document.body.startswith(
        "Chapter 1 tells how the filter of the machine is to be cleaned again.\n\nChapter"
    )
    assert "Manual" not in document.body
    assert "Page" not in document.body


@pytest.mark.parametrize("title", ["", "Microsoft Word - manual.doc", "untitled"])
def test_a_pdf_without_a_title_is_called_by_its_first_line(tmp_path: Path, title: str) -> None:
    assert only(tmp_path, "x.pdf", pdf([["Caring", "Clean it."]], title=title)).title == "Caring"


def test_a_pdf_that_anybody_may_open_is_read_though_it_is_encrypted(tmp_path: Path) -> None:
    """Many a PDF only forbids changes: its user password is empty."""
    assert only(tmp_path, "x.pdf", pdf([["Clean it."]], password="")).body == "Clean it."


def test_a_word_file_keeps_headings_bold_names_and_the_words_of_pictures(tmp_path: Path) -> None:
    body = paragraph("Exports", "Heading1") + paragraph("Press ", bold="Export all") + PICTURE
    document = only(tmp_path, "x.docx", docx(body))
    assert document.title == "Exports"
    assert text_of(document) == "# Exports\n\nPress **Export all**\n\n(picture: The gear)"
    assert document.updated_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_word_file_is_called_as_its_properties_say(tmp_path: Path) -> None:
    assert only(tmp_path, "x.docx", docx(paragraph("Hi"), title="All exports")).title == (
        "All exports"
    )


def test_a_file_is_as_old_as_it_was_written(tmp_path: Path) -> None:
    path = write(tmp_path, {"a.txt": "Hello"}) / "a.txt"
    os.utime(path, (1_000_000_000, 1_000_000_000))
    documents, _ = listed(tmp_path)
    assert documents[0].updated_at == datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)


def test_a_listing_of_files_is_whole() -> None:
    empty = listing([])
    assert (empty.source, empty.whole, empty.how, list(empty.items)) == (FILES, True, "files", [])


def test_an_article_of_200000_words_comes_whole(tmp_path: Path) -> None:
    document = only(tmp_path, "a.md", "# Long\n\n" + "Press the button. " * 66_700)
    assert len(document.body.split()) > 200_000
