"""Split a customer's message into the questions it asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.extractive.units import sentences

_SMALL_TALK = re.compile(
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|thanks?|thank you|cheers|regards)"
    r"\b[^.?!]{0,30}[,.!]?|(?:can|could) (?:you|anyone|someone) (?:please )?help(?: me)?\s*\?"
    r"|(?:what|how) (?:should|can|do) i do(?: now)?\s*\?|how are you[^?]{0,20}\?|any ideas?\s*\?"
    r"|is (?:that|this|it) possible\s*\?",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(r"\b(?:it|that|this|they|them|these|those|one)\b", re.IGNORECASE)
# Characters; the vector of a longer message is about nothing in particular. A shorter one is
# blurred too where most of it is not the question, but a hint ("name both colours") helps.
_STORY = 160
_OWN_CONTEXT = 12  # words
# Who writes in a hurry begins the next sentence small: "in excel?? need there emails".
_AFTER_QUESTION = re.compile(r"(?<=\?)\s+")

# "Where do I stop it, and until when can we use it?" Only before a word that can only ask.
_SECOND = re.compile(
    r",?\s+and\s+(?=(?:(?:until|since|by|from|for|to)\s+)?(?:how|when|where|what|who|which|why)\b)",
    re.IGNORECASE,
)
_JOINED = re.compile(r"\A(?:and|also|oh and)\b[\s,]+(?=\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, and the texts to search its answer by."""

    text: str
    queries: tuple[str, ...]


def questions_of(message: str) -> list[Asked]:
    """Split a message into its questions; one without any is one question."""
    pieces = [piece for piece in _pieces(message) if not _SMALL_TALK.fullmatch(piece)]
    asked = [number for number, piece in enumerate(pieces) if piece.rstrip("\"')").endswith("?")]
    whole = " ".join(pieces)[:1000] or message.strip()[:1000]
    if not asked:
        return [Asked(whole, (whole,))]
    if len(asked) == 1:
        alone = _with_context(pieces, asked[0])
        story = len(whole) > _STORY or len(whole) > 2 * len(alone)
        return [Asked(pieces[asked[0]], (whole, alone) if story else (whole,))]
    return [Asked(pieces[number], (_with_context(pieces, number),)) for number in asked]


def _pieces(message: str) -> Iterator[str]:
    for line in message.splitlines():
        for sentence in sentences(line):
            for piece in _AFTER_QUESTION.split(sentence):
                yield from _halves(piece)


def _halves(piece: str) -> Iterator[str]:
    """Take two questions in one sentence apart: else the second would silently go unanswered."""
    if not piece.rstrip("\"')").endswith("?"):
        yield piece
        return
    *first, last = _SECOND.split(_JOINED.sub("", piece))
    yield from (f"{part.rstrip(' ,')}?" for part in first)
    yield last


def _with_context(pieces: list[str], number: int) -> str:
    # "Does it cost anything?" says nothing without the sentence before it. In a longer question
    # what "it" means mostly stands in the question itself.
    words = len(pieces[number].split())
    back = words < 3 or (words < _OWN_CONTEXT and _POINTS_BACK.search(pieces[number]))
    return " ".join(pieces[max(0, number - 1) : number + 1]) if back else pieces[number]
