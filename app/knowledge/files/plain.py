"""Plain text."""

from __future__ import annotations

from app.knowledge.files.encodings import text_of
from app.knowledge.files.lines import title_line
from app.knowledge.files.records import Reading


def read_text(data: bytes) -> Reading:
    """Read a text file; a short first line is its title."""
    text, faults = text_of(data)
    return Reading(text=text, form="text", title=title_line(text), faults=faults)
