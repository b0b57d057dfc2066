"""One reader for each kind of file, by the ending of its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.knowledge.files.docx import read_docx
from app.knowledge.files.fields import GUARDS
from app.knowledge.files.html import read_html
from app.knowledge.files.markdown import read_markdown
from app.knowledge.files.pdf import read_pdf
from app.knowledge.files.plain import read_text
from app.knowledge.files.records import GONE, MB, UNREACHABLE, Limits, Reading, Unreadable, in_utc

_LONGEST_TITLE = 300  # characters
_HEAD = 500_000  # bytes; what a file says of itself stands in fewer
_GUARDS = "|".join(sorted(GUARDS)).replace("_", "[_ -]")
_SAYS_WHO = re.compile(
    rf"""^\s*["']?({_GUARDS})["']?\s*:|\bname\s*=\s*["']?({_GUARDS})\b""",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: how people call it, and how it is read from its bytes."""

    name: str
    read: Callable[[bytes, Limits], Reading]
    packed: bool = False  # bigger than the text that it holds
    has_fields: bool = False  # and may say by them who may read it


_MARKDOWN = Kind("Markdown", lambda data, _: read_markdown(data), has_fields=True)
_HTML = Kind("HTML", lambda data, _: read_html(data), has_fields=True)
KINDS: Mapping[str, Kind] = {
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".html": _HTML,
    ".htm": _HTML,
    ".txt": Kind("text", lambda data, _: read_text(data)),
    ".pdf": Kind("PDF", read_pdf, packed=True),
    ".docx": Kind("Word", read_docx, packed=True),
}


def read_file(path: Path, limits: Limits) -> Reading:
    """Read one file of a known kind. Raises ``Unreadable`` for whatever is wrong with it."""
    kind = KINDS[path.suffix.lower()]
    try:
        data, written_at = _contents(path, kind, limits)
    except OSError as error:
        raise Unreadable(*_refused(error)) from None
    try:
        reading = kind.read(data, limits)
    except Unreadable:
        raise
    except MemoryError:
        raise Unreadable("too-costly", "needs too much memory to read: split it") from None
    except Exception as error:  # libraries meet broken files with any of their own errors
        what = " ".join(str(error).split())[:100] or type(error).__name__
        raise Unreadable(
            "broken", f"cannot be read as {kind.name} ({what}): save it anew"
        ) from None
    return _finished(reading, limits, written_at)


def says_who_may_read(path: Path) -> bool:
    """Tell whether a file that cannot be read seems to say who may read it."""
    if not KINDS[path.suffix.lower()].has_fields:
        return False
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return bool(_SAYS_WHO.search(head.replace(b"\0", b"").decode("latin-1")))  # UTF-16, too


def _contents(path: Path, kind: Kind, limits: Limits) -> tuple[bytes, float]:
    most = limits.packed_bytes if kind.packed else limits.text_bytes
    state = path.stat()
    if state.st_size > most:
        raise Unreadable(
            "too-large",
            f"is {state.st_size // MB} MB, more than the {most // MB} MB that are read: split it",
        )
    with path.open("rb") as file:
        return file.read(most), state.st_mtime  # no more, if it grows meanwhile


def _refused(error: OSError) -> tuple[str, str]:
    if isinstance(error, FileNotFoundError):
        return GONE, "is gone"
    if isinstance(error, PermissionError):
        return "no-permission", "may not be read by the user of this process: let it be"
    return UNREACHABLE, f"cannot be read now ({error.strerror or error})"


def _finished(reading: Reading, limits: Limits, written_at: float) -> Reading:
    # Half a surrogate pair, as PDFs may hold, has no UTF-8 form.
    text = reading.text.encode("utf-8", "replace").decode()
    # Markdown and Word files come as HTML, whose tags are no text of theirs.
    if len(text) > 2 * limits.text_bytes:
        raise Unreadable(
            "too-large", f"holds more than {limits.text_bytes // MB} MB of text: split it"
        )
    if not re.search(r"\w", re.sub(r"<[^<>]*>", "", text) if reading.form == "html" else text):
        raise Unreadable("empty", "holds no text")
    title = reading.title.encode("utf-8", "replace").decode()
    changes = {
        "text": text,
        "title": title[:_LONGEST_TITLE],
        "updated_at": in_utc(reading.updated_at) or in_utc(written_at),
    }
    return reading.model_copy(update=changes)
