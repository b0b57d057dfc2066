"""PDF, by pypdf: the text that is in it. Runs in a child process, as a PDF can be a trap."""

from __future__ import annotations

import io
import re
from datetime import datetime

from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError

from app.knowledge.files.lines import text_of_pages, title_line
from app.knowledge.files.records import MB, Fault, Limits, Reading, Unreadable

# What programs write for want of a title.
_NO_TITLE = re.compile(r"(?i)(microsoft |untitled|.*\.(docx?|indd|pdf|odt|tex|qxd|pptx?)$)")


def read_pdf(data: bytes, limits: Limits) -> Reading:
    """Read a PDF page by page; raises ``Unreadable`` and, for broken ones, anything else."""
    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        _unlock(reader)
    count = len(reader.pages)
    if count > limits.pages:
        raise Unreadable("too-large", f"has {count} pages, more than {limits.pages}: split it")
    pages = []
    size = 0
    for page in reader.pages:
        pages.append(page.extract_text())
        size += len(pages[-1])
        if size > limits.text_bytes:
            raise Unreadable(
                "too-large", f"holds more than {limits.text_bytes // MB} MB of text: split it"
            )
    empty = sum(not any(map(str.isalnum, page)) for page in pages)
    if empty == len(pages):
        raise Unreadable("no-text", "holds no text, only pictures: run it through OCR")
    text = text_of_pages(pages)
    title, updated_at = _described(reader)
    return Reading(
        text=text,
        form="text",
        title=title or title_line(text),
        updated_at=updated_at,
        faults=_scanned(empty, len(pages)),
    )


def _unlock(reader: PdfReader) -> None:
    """Open what anybody may read: many a PDF only forbids changes, and its password is empty."""
    try:
        opened = bool(reader.decrypt(""))
    except (DependencyError, FileNotDecryptedError, NotImplementedError):
        opened = False
    if not opened:
        raise Unreadable("encrypted", "is encrypted: save it without a password")


def _described(reader: PdfReader) -> tuple[str, datetime | None]:
    try:
        said = reader.metadata
        title = " ".join(str((said and said.title) or "").split())
        updated_at = said.modification_date if said else None
    except Exception:  # whatever is wrong with its description, its text is there
        return "", None
    return "" if _NO_TITLE.match(title) else title, updated_at


def _scanned(empty: int, pages: int) -> tuple[Fault, ...]:
    if empty * 2 < pages:
        return ()
    told = f"holds text on {pages - empty} of its {pages} pages only: run it through OCR"
    return (Fault(code="pages-without-text", text=told),)
