"""Preparing a document for the ledger: readable text, cut into passages, and its facts. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from app.as_json import from_json, to_json
from app.domain import Collection, Facts
from app.knowledge import chunk
from app.knowledge.documents import Document, Finding
from app.knowledge.text import encodable, readable
from app.ledger.versions import NewArticle, NewPassage

# About 60,000 words. A page of this size is a manual in one piece; what lies behind is told.
MOST_PASSAGES = 400
_MOST_CHARACTERS = 600_000  # what 400 passages can hold, with room; the rest is not even cut
_ID, _LOCALE, _HASH = 64, 16, 40  # characters that the ledger keeps


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document as the ledger keeps it; ``article`` is ``None`` where nothing can be read."""

    article: NewArticle | None
    findings: tuple[Finding, ...] = ()


def prepare(helpdesk: str, source: str, document: Document) -> Prepared:
    """Turn a document of a source into an article version, with what an admin should know of it."""
    document = _encodable(document)
    title = " ".join(readable(document.title, "text").split())
    text = readable(document.body, document.form)
    if not title and not text:
        return Prepared(None, (_finding(document, "empty", _EMPTY),))
    findings = []
    # An article that is all title can still be the one to point to.
    cut = chunk.chunks(text[:_MOST_CHARACTERS] or title)
    if len(cut) > MOST_PASSAGES or len(text) > _MOST_CHARACTERS:
        cut = cut[:MOST_PASSAGES]
        findings.append(_finding(document, "too-long", _too_long(text)))
    elif not text and document.body.strip():
        findings.append(_finding(document, "title-only", _TITLE_ONLY))
    internal = document.collection is Collection.INTERNAL
    # The cut is part of a version: passages of another cut are other passages. So is the
    # collection: what was ever internal shares no id with what is public.
    version = _hash(str(chunk.VERSION), title, text, *(["internal"] if internal else []))
    identity = known_id(document.id), document.locale[:_LOCALE]
    passages = tuple(
        NewPassage(_hash(helpdesk, *identity, version, str(place))[:_HASH], one.heading, one.text)
        for place, one in enumerate(cut)
    )
    article = NewArticle(
        *identity, version, title, text, document.url,
        _facts_of(document).edited_at, passages, source, document.collection.value,
        to_json(_facts_of(document)),
    )  # fmt: skip
    return Prepared(article, tuple(findings))


def _encodable(document: Document) -> Document:
    words: dict[str, Any] = {
        each.name: tuple(encodable(word) for word in value)
        for each in fields(document.metadata)
        if isinstance(value := getattr(document.metadata, each.name), tuple)
    }
    return replace(
        document,
        id=encodable(document.id),
        locale=encodable(document.locale),
        url=encodable(document.url),
        metadata=replace(document.metadata, **words),
    )


def same_facts(known: str, new: str) -> bool:
    """Tell whether two records of facts say the same; sets come in any order."""
    if known == new:
        return True
    try:
        return bool(from_json(Facts, known) == from_json(Facts, new))
    except ValueError:
        return False  # an older version wrote it


def edited(facts: str) -> datetime | None:
    """Tell when the team edited an article, by the ledger's record of its facts."""
    try:
        edited_at = from_json(Facts, facts).edited_at
    except ValueError:
        return None  # an older version wrote it
    return None if edited_at is None else datetime.fromtimestamp(edited_at, UTC)


def _facts_of(document: Document) -> Facts:
    return Facts(
        locale=document.locale,
        source=document.source,
        restricted=document.restricted,
        audience=document.audience,
        metadata=document.metadata,
        edited_at=document.updated_at.timestamp() if document.updated_at else None,
    )


_EMPTY = "Has neither a title nor a text that can be read, so it is left out. Write some, or draft."
_UNPREPARED = (
    "Cannot be prepared for the search, which is a fault of Understudy. Please report it: "
)
_TITLE_ONLY = (
    "Nothing of its body can be read (pictures, a video, broken HTML?), so it is found by its "
    "title alone. Say in words what it shows."
)


def unprepared(document: Document, error: Exception) -> Finding:
    """Say that a document could not be prepared, for a reason that nobody thought of.

    What it was before stays; but where it is not for everybody any more, customers see it no more.
    """
    for_all = document.collection is Collection.PUBLIC and not document.restricted
    text = f"{_UNPREPARED}{type(error).__name__}: {error}"[:500]
    finding = _finding(document, "unprepared", f"{text.rstrip('.')}.")
    return replace(finding, keeps=(document.id,), keeps_public=for_all)


def _too_long(text: str) -> str:
    return (
        f"Has about {len(text.split()):,} words; the first {MOST_PASSAGES} passages can be found, "
        "the rest cannot. Cut it into several articles."
    )


def _finding(document: Document, code: str, text: str) -> Finding:
    return Finding(document.item or document.id, code, text)


def known_id(identity: str) -> str:
    """Shorten an id that the ledger has no room for, such as a long path, so that it stays one."""
    if len(identity) <= _ID:
        return identity
    return f"{identity[: _ID - 17]}~{_hash(identity)[:16]}"


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
