"""Word files, by mammoth: HTML with headings, lists, tables and bold names of buttons."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as Xml
from zipfile import BadZipFile, ZipFile, ZipInfo

import mammoth  # type: ignore[import-untyped, unused-ignore]

from app.knowledge.files.records import MB, Limits, Reading, Unreadable

_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # an OLE file: .doc, or a .docx with a password
_PROLOGUE = 4096  # bytes; expat stops what hides behind more
_CORE = "docProps/core.xml"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_MODIFIED = "{http://purl.org/dc/terms/}modified"
_HEADING = re.compile(r"<h[1-6]>(.*?)</h[1-6]>", re.DOTALL)
_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"


def read_docx(data: bytes, limits: Limits) -> Reading:
    """Read a Word file; raises ``Unreadable`` and, for broken ones, anything else."""
    if data.startswith(_OLD_OFFICE):
        raise Unreadable(
            "encrypted",
            "is encrypted, or an old Word file: save it as .docx without a password",
        )
    try:
        archive = ZipFile(io.BytesIO(data))
    except BadZipFile:
        raise Unreadable("broken", "is no Word file, or a damaged one: save it anew") from None
    with archive:
        # zipfile reads no more of an entry than its header says, so that these sizes hold.
        unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > limits.unpacked_bytes:
            raise Unreadable(
                "too-large", f"unpacks to {unpacked // MB} MB: split it, or leave pictures out"
            )
        if any(_has_entities(archive, entry) for entry in archive.infolist()):
            raise Unreadable("broken", "is no Word file, or one that was tampered with")
        title, updated_at = _described(archive)
    converted = mammoth.convert_to_html(
        io.BytesIO(data),
        convert_image=mammoth.images.img_element(_no_picture),
        include_embedded_style_map=False,
        style_map=_STYLES,
    )
    text = str(converted.value)
    return Reading(
        text=text, form="html", title=title or _first_heading(text), updated_at=updated_at
    )


def _has_entities(archive: ZipFile, entry: ZipInfo) -> bool:
    """Tell what no Word file has: own entities, which could unfold without end."""
    if not entry.filename.endswith((".xml", ".rels")):
        return False
    with archive.open(entry) as part:
        return b"<!DOCTYPE" in part.read(_PROLOGUE)


def _no_picture(_image: Any) -> dict[str, str]:
    """Keep a picture's words alone: it has no address."""
    return {}


def _first_heading(text: str) -> str:
    found = _HEADING.search(text)
    return " ".join(re.sub(r"<[^>]*>", "", found[1]).split()) if found else ""


def _described(archive: ZipFile) -> tuple[str, datetime | None]:
    try:
        core = Xml.fromstring(archive.read(_CORE))  # noqa: S314 (entities were looked for)
        title = " ".join((core.findtext(_TITLE) or "").split())
        modified = core.findtext(_MODIFIED)
        updated_at = datetime.fromisoformat(modified).astimezone(UTC) if modified else None
    except Exception:  # whatever is wrong with its description, its text is there
        return "", None
    return title, updated_at
