"""Whatever is wrong with a file is told in a sentence, and keeps no other file back."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.files.readers import KINDS, read_file
from app.knowledge.files.records import LIMITS, Unreadable
from tests.app.knowledge.files.making import docx, listed, paragraph, pdf, write

SMALL = replace(LIMITS, text_bytes=1000, packed_bytes=20_000, unpacked_bytes=10_000, pages=3)
SCANNED = pdf([[], []])


def zip_of(names: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code", "words"),
    [
        ("encrypted.pdf", pdf([["Hi"]], password="x"), "encrypted", "save it without a password"),
        ("large.pdf", b"%PDF-1.7" + b" " * 20_000, "too-large", "that are read: split it"),
        ("pages.pdf", pdf([["Hi"]] * 4), "too-large", "4 pages, more than 3"),
        ("wordy.pdf", pdf([["Hello " * 200]]), "too-large", "of text: split it"),
        ("scanned.pdf", SCANNED, "no-text", "run it through ocr"),
        ("truncated.pdf", pdf([["Hi"]])[:200], "broken", "cannot be read as pdf"),
        ("empty.pdf", b"", "broken", "cannot be read as pdf"),
        ("other.pdf", b"GIF89a", "broken", "cannot be read as pdf"),
        ("locked.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 9, "encrypted", "without a password"),
        ("broken.docx", docx(paragraph("Hi"))[:300], "broken", "no word file"),
        ("other.docx", zip_of({"a.txt": "Hi"}), "broken", "cannot be read as word"),
        ("bad.docx", zip_of({"word/document.xml": "<a"}), "broken", "cannot be read as word"),
        ("bomb.docx", docx("", more={"word/b.xml": b" " * 20_000}), "too-large", "unpacks to"),
        ("empty.docx", docx(paragraph("")), "empty", "holds no text"),
        ("large.md", "x" * 1001, "too-large", "split it"),
        ("empty.md", "---\ntitle: Hi\n---\n", "empty", "holds no text"),
        ("empty.html", "<p><br><script>x()</script>", "empty", "holds no text"),
        ("empty.txt", " \n", "empty", "holds no text"),
        ("picture.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "no-text", "is no text"),
        ("zeros.md", b"\0" * 50, "no-text", "is no text"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_what_cannot_be_read_is_told_and_the_rest_is_served(
    tmp_path: Path, name: str, content: str | bytes, code: str, words: str
) -> None:
    write(tmp_path, {name: content, "zz.md": "# Fine\n\nText."})
    documents, findings = listed(tmp_path, limits=SMALL)
    assert [document.title for document in documents] == ["Fine"]
    assert [(finding.item, finding.code) for finding in findings] == [(str(tmp_path / name), code)]
    assert words in findings[0].text.lower()
    assert findings[0].text[0].isupper()


def test_a_pdf_of_50_mb_is_not_even_looked_at(tmp_path: Path) -> None:
    with (tmp_path / "a.pdf").open("wb") as file:
        file.truncate(LIMITS.packed_bytes + 1)
    with pytest.raises(Unreadable, match="is 50 MB, more than the 50 MB that are read"):
        read_file(tmp_path / "a.pdf", LIMITS)


def test_a_pdf_that_is_half_scanned_says_so_and_gives_the_rest(tmp_path: Path) -> None:
    write(tmp_path, {"a.pdf": pdf([["Hello"], [], []])})
    documents, findings = listed(tmp_path)
    assert [document.body for document in documents] == ["Hello"]
    assert findings[0].text == "Holds text on 1 of its 3 pages only: run it through OCR."


@pytest.mark.parametrize(
    "page",
    [
        "<p>Press <b>Save<p>then <i>wait</b></table></div><",
        "<div>" * 3000 + "Press Save then wait",
        "<!-- <p> --><p>Press Save then wait<!-- ",
        "<title>Save<p>Press Save then wait</title><p>wait",
    ],
)
def test_broken_html_gives_its_words(tmp_path: Path, page: str) -> None:
    documents, findings = listed(write(tmp_path, {"a.html": page}))
    assert findings == []
    assert "wait" in documents[0].body


def test_a_word_file_whose_entities_explode_is_broken(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    for before, name in zip("abcdef", "bcdefg", strict=True):
        bomb += f'<!ENTITY {name} "{f"&{before};" * 10}">'
    content = docx("", more={"word/document.xml": f"{bomb}]><x>&g;</x>".encode()})
    documents, findings = listed(write(tmp_path, {"a.docx": content}))
    assert (documents, findings[0].code) == ([], "broken")


@given(st.binary(max_size=300), st.sampled_from(sorted(KINDS)))
def test_no_bytes_ever_raise(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, end: str
) -> None:
    start = {".pdf": b"%PDF-1.4\n", ".docx": b"PK\x03\x04", ".md": b"---\n"}.get(end, b"")
    path = tmp_path_factory.getbasetemp() / f"any{end}"
    for content in (data, start + data):
        path.write_bytes(content)
        documents, findings = listed(path)
        assert len(documents) == 1 or findings
        for document in documents:
            (document.title + document.body).encode()


@given(st.data())
def test_no_damage_ever_raises(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whole files with some bytes changed get further than nonsense does."""
    end, whole = data.draw(
        st.sampled_from(
            [
                (".pdf", pdf([["Hello"]], title="A title")),
                (".docx", docx(paragraph("Hello"), title="A title")),
                (".md", b"---\ntitle: A\nlabels: [a, b]\n---\n# Hello\n\n<b>x</b> ![a](b)\n"),
                (".html", b"<html lang=en><meta charset=utf-8><title>A</title><p>Hello"),
            ]
        )
    )
    damaged = bytearray(whole)
    for place, byte in data.draw(
        st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=5)
    ):
        damaged[place] = byte
    path = tmp_path_factory.getbasetemp() / f"damaged{end}"
    path.write_bytes(damaged)
    listed(path)
