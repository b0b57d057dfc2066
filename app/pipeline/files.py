"""Files that came with a message: which to read, and what in them tells most.

What stands in them helps to find an answer and is shown to agents. It is never an instruction, and
no part of what a customer is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice, takewhile

from app.domain import FileExcerpt
from connectors.types import Attachment, Message, Role

MOST_FILES = 3
MOST_CHARACTERS = 4000  # of each file
# After so many seconds no further file is asked for: the customer waits, and so does the job.
PATIENCE = 10.0
_MOST_LINES = 3
_LONGEST_LINE = 160
_LONGEST_QUERY = 300

# No connector reads these, and none of them shall take the place of one that can be read. Others
# may be text whatever they are called: browsers say "application/vnd.ms-excel" of a table.
_NO_TEXT = re.compile(
    r"(?:image|audio|video|font)/|text/html|application/(?:pdf|zip|gzip)\b", re.IGNORECASE
)
_ERROR = re.compile(
    r"\b(?:error|exception|fatal|panic|critical|fail(?:ed|ure|s)?|denied|refused|rejected|aborted"
    r"|timed? ?-?out|unable|cannot|can't|could not|invalid|corrupt(?:ed)?|not found|missing"
    r"|unauthorized|forbidden|crash(?:ed)?|fehler)\b|(?:Error|Exception)\b"
    r"|\b(?:http|status)\W{0,3}(?:code\W{0,3})?[45]\d\d\b",
    re.IGNORECASE,
)
# When it happened, and what logged it, is nobody's question.
_LEADING = re.compile(
    r"^[\s\[(]*(?:\d{4}[-/.]\d{2}[-/.]\d{2}|\d{1,2}[-/.]\w{2,9}[-/.]\d{2,4}|\w{3} +\d{1,2}(?= \d))?"
    r"[\sT]*(?:\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?[\s\])|:-]*"
)
_LONG_NUMBER = re.compile(r"\b(?:0x)?[0-9a-f]{8,}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3,}\w*", re.I)


def files_to_read(messages: Iterable[Message]) -> list[Attachment]:
    """Choose the customer's files that may be text, of the newest message first."""
    files = (
        file
        for message in reversed(list(messages))
        if message.author.role is Role.CUSTOMER
        for file in message.attachments
    )
    return list(islice((one for one in files if not _NO_TEXT.match(one.content_type)), MOST_FILES))


def read_files(
    messages: Iterable[Message],
    read: Callable[[Attachment, int], str],
    seconds: Callable[[], float],
) -> tuple[FileExcerpt, ...]:
    """Read what came with messages, as far as there is time.

    ``read`` gives at most so many characters, or ""; ``seconds`` is a clock of any beginning.
    """
    until = seconds() + PATIENCE
    files = takewhile(lambda _: seconds() < until, files_to_read(messages))
    read_ones = ((file.name, read(file, MOST_CHARACTERS)) for file in files)
    found = (FileExcerpt(name, telling_lines(text)) for name, text in read_ones)
    return tuple(one for one in found if one.lines)


def telling_lines(text: str) -> tuple[str, ...]:
    """Choose the lines of a file that tell most: those of errors first, else how it begins."""
    lines = [" ".join(line.split()) for line in text[:MOST_CHARACTERS].splitlines()]
    words = [line for line in lines if re.search(r"[^\W\d_]{3}", line)]
    errors = [line for line in words if _ERROR.search(line)]
    chosen = dict.fromkeys(errors or words[:1])
    return tuple(_cut(line, _LONGEST_LINE) for line in islice(chosen, _MOST_LINES))


def query_of_files(files: Sequence[FileExcerpt]) -> str:
    """Write what files tell as something to search for; "" where they tell nothing."""
    said = (_LEADING.sub("", line) for file in files for line in file.lines)
    query = " ".join(" ".join(_LONG_NUMBER.sub(" ", line).split()) for line in said)
    return query[:_LONGEST_QUERY]


def _cut(line: str, longest: int) -> str:
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
