"""Signals: what an agent did with a draft, told from the words that survive."""

from __future__ import annotations

import re

from rapidfuzz.distance import LCSseq

from app.domain import SignalKind

# A reply that keeps nearly all words and adds few is the draft; below the second share an agent
# has written something else. Chosen by reading edits; to be fitted once teams have given labels.
KEPT_SHARE = 0.9
EDITED_SHARE = 0.4

_GREETING = re.compile(
    r"\A\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|guten tag|hola|liebe[rs]?)"
    r"\b[^\n.?:]{0,40}?[,!.:\n]\s*",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"\n\s*(?:(?:best|kind|warm)(?: regards| wishes)?|regards|cheers|thanks|thank you|sincerely|"
    r"all the best|viele grüße|mit freundlichen grüßen|saludos)\b[^\n]{0,40}"
    r"(?:\n[^\n]{0,60}){0,4}\s*\Z",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")


def body_of(text: str) -> str:
    """Take greeting and sign-off from a reply: they belong to one customer and one agent."""
    without = _SIGN_OFF.sub("", _GREETING.sub("", text.strip(), count=1))
    return without.strip() or text.strip()


def judge_reply(draft: str, reply: str) -> tuple[SignalKind, float]:
    """Tell what became of a draft, with the share of its words that survive in order (0..1)."""
    ours, theirs = _words(body_of(draft)), _words(body_of(reply))
    if not ours or not theirs:
        return SignalKind.REWRITTEN, 0.0
    common = LCSseq.similarity(ours, theirs)
    kept = common / len(ours)
    if kept >= KEPT_SHARE and common / len(theirs) >= KEPT_SHARE:
        return SignalKind.KEPT, kept
    return (SignalKind.EDITED if kept >= EDITED_SHARE else SignalKind.REWRITTEN), kept


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
