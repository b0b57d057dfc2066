"""Cutting articles up: chunks that follow their structure, and single sentences.

Two grains, because an answer is often one sentence inside a longer page: on such help centres
sentences beside chunks gained .10 to .16 recall@1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.knowledge import blocks

VERSION = 2  # count up when chunks come out differently: every article is then cut anew
CHUNK_SIZE = 1000  # characters
CHUNK_OVERLAP = 150
PATH_SEPARATOR = " > "  # between headings
SENTENCE_MIN = 25
SENTENCE_MAX = 400

_HEADING = re.compile(r"(#{1,6})\s+(\S.*?)\s*#*$")
_FENCE = re.compile(r"\s*(```|~~~)")
# A sentence ends at its punctuation (with closing quotes) before a space, in Chinese and Japanese
# without one; "e.g. this" and "a. Open" are no ends.
_END = re.compile(r"(?:(?<=[.!?…])|(?<=[.!?…][\"'”\u2019)\]*_]))\s+|(?<=[。\uff01\uff1f])")
_NO_END = re.compile(
    r"(?:^[a-z]|(?:^|[\s(\[])(?:e\.g|i\.e|etc|vs|approx|incl|no|nr|dr|mr|mrs|ms|st|fig))\.$",
    re.IGNORECASE,
)
_STEP = re.compile(r"(?:^|\s)\W{0,3}(\d{1,2})\.$")
_SPACE = re.compile(r"\s")
_SEPARATORS = ["\n\n", "\n", r"(?<=[.!?…])\s+|(?<=[。\uff01\uff1f])", r"\s+", ""]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an article: about 1,000 characters at most, under one heading.

    ``heading`` is the path of headings it stands under, as in ``Export > CSV``.
    """

    text: str
    heading: str = ""


def chunks(text: str) -> list[Chunk]:
    """Cut an article's text (as ``text.readable`` gives it) into chunks, in order.

    Steps stay whole, a table that is cut repeats its header, code stays in its fence. Neighbours in
    prose overlap by up to 150 characters. Nothing but whitespace and the headings' marks is lost: a
    heading without a body becomes a chunk of its own.
    """
    # Its import costs a quarter of a second, and only a sync needs it.
    from langchain_text_splitters import RecursiveCharacterTextSplitter  # noqa: PLC0415

    splitter = RecursiveCharacterTextSplitter(
        _SEPARATORS,
        keep_separator="end",
        is_separator_regex=True,
        chunk_size=CHUNK_SIZE,
        chunk_overlap=CHUNK_OVERLAP,
    )
    return [
        Chunk(piece, heading)
        for heading, body in _sections(text)
        for piece in blocks.cut(body, CHUNK_SIZE, splitter.split_text)
        if piece.strip()
    ]


def sentences(text: str) -> list[str]:
    """Cut text into sentences of at most 400 characters, in order.

    Pieces under 25 characters stay with their neighbour (a line break between them is kept, so
    that steps stay steps); only other whitespace is lost.
    """
    lines = [list(_split_line(line.strip())) for line in text.splitlines()]
    return [part for piece in _join_short(lines) for part in _cut(piece)]


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Walk the Markdown headings: the path of headings, and the text below the last of them."""
    path: list[tuple[int, str]] = []
    body: list[str] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= bool(_FENCE.match(line))
        found = None if fenced else _HEADING.fullmatch(line)
        if not found:
            body.append(line)
            continue
        if body or path:
            yield _section(path, body, next_level=len(found[1]))
        path = [entry for entry in path if entry[0] < len(found[1])]
        path.append((len(found[1]), found[2]))
        body = []
    yield _section(path, body, next_level=0)


def _section(path: list[tuple[int, str]], body: list[str], next_level: int) -> tuple[str, str]:
    text = "\n".join(body).strip("\n")
    # A heading straight above a deeper one lives on in that one's path.
    if not text.strip() and path and next_level <= path[-1][0]:
        text = path[-1][1]
    return PATH_SEPARATOR.join(title for _, title in path), text


def _split_line(line: str) -> Iterator[str]:
    start = step = 0
    for end in _END.finditer(line):
        piece = line[start : end.start()]
        number = _STEP.search(piece)
        if number and int(number[1]) == step + 1:  # "1. Open this 2. Choose that", not "is 75."
            step += 1
        elif piece.strip() and not _NO_END.search(piece):
            yield piece.strip()
            start = end.end()
    if line[start:].strip():
        yield line[start:].strip()


def _join_short(lines: list[list[str]]) -> list[str]:
    """Join a short piece to the next one (a label belongs to what follows), the last backwards."""
    joined: list[str] = []
    pending = gap = ""
    for line in lines:
        for place, piece in enumerate(line):
            gap = " " if place else "\n"
            pending = f"{pending}{gap}{piece}" if pending else piece
            if len(pending) >= SENTENCE_MIN:
                joined.append(pending)
                pending = ""
    if pending and joined:
        # What is pending may be several lines; ``gap`` before the last of them is near enough.
        joined[-1] += f"{gap}{pending}"
    elif pending:
        joined.append(pending)
    return joined


def _cut(piece: str) -> Iterator[str]:
    """Cut what is too long into parts of about equal length, at spaces where there are some."""
    while len(piece) > SENTENCE_MAX:
        aim = len(piece) // -(-len(piece) // SENTENCE_MAX)
        space = _SPACE.search(piece, aim, SENTENCE_MAX + 1)
        end = space.start() if space else SENTENCE_MAX
        yield piece[:end].strip()
        piece = piece[end:].strip()
    if piece:
        yield piece
