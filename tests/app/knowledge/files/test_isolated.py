"""Files are read in a child process: whatever one does to it, the next one is read."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.knowledge.documents import Document, Finding, SourceFailed
from app.knowledge.files import listing
from app.knowledge.files.isolated import Isolated
from app.knowledge.files.records import LIMITS
from tests.app.knowledge.files.making import docx, paragraph, pdf, write

pytestmark = pytest.mark.journey

ENDLESS = "[" * 1_000_000  # the Markdown parser computes at this for ten seconds


def test_a_file_that_takes_too_long_is_left_out_and_the_rest_is_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a.md": "# Ä one\n\nText.",
            "b.md": ENDLESS,
            "c.pdf": pdf([["Three"]]),
            "d.docx": docx(paragraph("Text"), title="Four"),
            "e.pdf": pdf([["Five"]], password="x"),
            os.fsdecode(b"f\xe9.html"): "<title>Six</title><p>Text",
        },
    )
    items = list(listing([str(tmp_path)], limits=replace(LIMITS, seconds=1)).items)
    titles = [item.title for item in items if isinstance(item, Document)]
    assert titles == ["Ä one", "Three", "Four", "Six"]
    findings = [item for item in items if isinstance(item, Finding)]
    assert [(Path(each.item).name, each.code) for each in findings] == [
        ("b.md", "too-costly"),
        ("e.pdf", "encrypted"),
    ]


def test_a_child_that_says_nothing_is_not_waited_for_without_end(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": ENDLESS})
    found = listing([str(tmp_path)], limits=replace(LIMITS, patience=0.3))
    assert [getattr(item, "code", "") for item in found.items] == ["too-costly"]


@pytest.mark.parametrize("program", ["/bin/false", "/nowhere/python"])
def test_a_child_that_cannot_start_fails_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    """Else every file would be at fault, and taken for deleted."""
    write(tmp_path, {"a.md": "Text"})
    monkeypatch.setattr(sys, "executable", program)
    with pytest.raises(SourceFailed, match="no process can be had that reads files"):
        list(listing([str(tmp_path)]).items)


def test_the_child_knows_none_of_our_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENDESK_CLIENT_SECRET", "hush")
    write(tmp_path, {"a.md": "Text"})
    with Isolated(LIMITS) as read:
        assert "Text" in read(tmp_path / "a.md").text
        child = read._child
        assert child is not None
        environ = Path(f"/proc/{child.pid}/environ")
        if environ.exists():  # Linux tells what a process was started with
            assert b"PYTHONPATH" in environ.read_bytes()
            assert b"hush" not in environ.read_bytes()
    assert child.returncode is not None
