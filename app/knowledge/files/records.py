"""What readers give and what they may use."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from app.knowledge.text import Format

MB = 1 << 20
# Codes of what is no fault of the file: it was taken away, or its disk or share does not answer.
GONE = "gone"
UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may hold and cost; what is beyond becomes a finding.

    ``text_bytes`` holds for Markdown, HTML and text as they lie there, and for the text of any
    file; ``packed_bytes`` for PDF and Word, ``unpacked_bytes`` for what is packed into a Word file.
    One file may take ``seconds`` of computing, ``patience`` by the clock (a busy machine is no
    fault of the file) and ``memory_bytes``. ``files`` are those of one place.
    """

    text_bytes: int = 5 * MB
    packed_bytes: int = 50 * MB
    unpacked_bytes: int = 100 * MB
    pages: int = 3000
    files: int = 200_000
    seconds: int = 30
    patience: float = 120.0
    memory_bytes: int = 1024 * MB


LIMITS = Limits()


class Fault(BaseModel):
    """What is wrong with a file: a stable code, and how to go on after "the file ..."."""

    model_config = ConfigDict(frozen=True)

    code: str
    text: str


class Reading(BaseModel):
    """What was read from one file.

    ``fields`` are what front matter or ``<meta>`` say, by their names in ``fields.NAMES``.
    ``title`` is the one that the text itself bears, "" without one. With ``guarded`` it could not
    be told who may read it.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    form: Format
    title: str = ""
    fields: dict[str, tuple[str, ...]] = {}
    updated_at: datetime | None = None
    faults: tuple[Fault, ...] = ()
    guarded: bool = False


# Reads one file, or raises ``Unreadable``; what opens it may hold a process or a database.
Read = Callable[[Path], Reading]
Opener = Callable[[Limits], AbstractContextManager[Read]]


class Unreadable(Exception):
    """A file gives no text; ``fault`` says why and what to do."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.fault = Fault(code=code, text=text)


class Answer(BaseModel):
    """What a child process answers: a reading, or why there is none."""

    model_config = ConfigDict(frozen=True)

    reading: Reading | None = None
    fault: Fault | None = None


def in_utc(moment: datetime | float | None) -> datetime | None:
    """Turn a moment into UTC (one of nobody's zone is taken as that); nothing for nonsense."""
    try:
        if isinstance(moment, datetime):
            aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return aware.astimezone(UTC)
        return None if moment is None else datetime.fromtimestamp(moment, UTC)
    except (OverflowError, ValueError, OSError):
        return None
