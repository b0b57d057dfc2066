"""Bringing the help centre into the search: a new generation beside the live one, then a switch.

Killed at any point, the next sync starts cleanly and searches keep using the live generation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.domain import Collection
from app.knowledge import chunk, index, snapshot
from app.knowledge.build import Piece, Progress, build, complete, piece
from app.knowledge.documents import Document, Listing
from app.knowledge.embed import Embedder
from app.knowledge.index import KnowledgeDown, Vectors
from app.knowledge.text import readable
from app.ledger import knowledge
from app.ledger.knowledge import KnownArticle, NewArticle, NewPassage
from app.ledger.store import Ledger

Key = tuple[str, str]  # article id and locale
Clock = Callable[[], float]  # seconds since the epoch


class EmptyListing(RuntimeError):
    """The helpdesk lists no public article, where there were some before."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync found, in articles; ``passages`` and ``generation`` are those now live."""

    added: int
    changed: int
    removed: int
    unchanged: int
    passages: int
    generation: int


def sync_documents(  # noqa: PLR0917 (everything that has an effect is handed in)
    ledger: Ledger,
    helpdesk: str,
    listings: Iterable[Listing],
    embedder: Embedder,
    vectors: Vectors,
    lexical_dir: Path,
    clock: Clock,
    progress: Progress | None = None,
    *,
    allow_empty: bool = False,
) -> SyncReport:
    """Make exactly what is listed searchable.

    Of a whole listing, what it lacks is removed, so its errors pass through before
    anything is changed. Unchanged articles cost no embedding; without a change there is no new
    generation. ``progress`` is told a stage (``listing``, ``chunks``, ``sentences``,
    ``switching``), how much of it is done, and its size (0: not known).

    Raises ``EmptyListing`` (unless ``allow_empty``), ``KnowledgeDown``, and ``GenerationLost``
    where another sync of the same helpdesk began meanwhile.
    """
    told = progress or _nobody
    listed = _listed(helpdesk, listings, told)
    with ledger.read() as connection:
        live = knowledge.live_generation(connection, helpdesk)
        known = {
            (k.article_id, k.locale): k for k in knowledge.known_articles(connection, helpdesk)
        }
    if known and not listed and not allow_empty:
        raise EmptyListing(
            f"{helpdesk} lists no public article, but {len(known)} were known: nothing was "
            "removed. If they are really gone: understudy kb sync --allow-empty."
        )
    difference = _compare(known, listed)
    pieces = _pieces(listed)
    source = live.number if live and _comparable(helpdesk, live.number, vectors, embedder) else None
    if not difference.any and source is not None and complete(helpdesk, source, pieces, vectors):
        number = source
        with ledger.write() as connection:
            knowledge.refresh_articles(connection, helpdesk, difference.moved, clock())
    else:
        with ledger.write() as connection:
            number = knowledge.begin_generation(connection, helpdesk, clock())
        build(
            helpdesk, number, pieces,
            embedder=embedder, vectors=vectors, root=lexical_dir, source=source, progress=told,
        )  # fmt: skip
        told("switching", 0, 1)
        _switch(
            ledger, helpdesk, number,
            listed=listed, difference=difference, passages=len(pieces), now=clock(),
        )  # fmt: skip
        told("switching", 1, 1)
    _clear(ledger, helpdesk, vectors, lexical_dir, clock())
    return difference.report(len(pieces), number)


@dataclass(frozen=True, slots=True)
class _Difference:
    """The listing against the ledger.

    ``new`` are the keys whose versions the ledger lacks, ``retired`` rows of its articles, and
    ``moved`` rows whose address or age alone is different.
    """

    new: list[Key]
    retired: list[int]
    moved: dict[int, tuple[str, float | None]]
    added: int
    removed: int
    unchanged: int

    @property
    def any(self) -> bool:
        return bool(self.new or self.retired)

    def report(self, passages: int, generation: int) -> SyncReport:
        return SyncReport(
            added=self.added,
            changed=len(self.new) - self.added,
            removed=self.removed,
            unchanged=self.unchanged,
            passages=passages,
            generation=generation,
        )


def _nobody(_stage: str, _done: int, _total: int) -> None:
    """Report progress to nobody."""


def _listed(helpdesk: str, listings: Iterable[Listing], told: Progress) -> dict[Key, NewArticle]:
    """Read the whole listing; an article that is listed twice counts as it was listed last."""
    listed: dict[Key, NewArticle] = {}
    told("listing", 0, 0)
    for listing in listings:
        for item in listing.items:
            if isinstance(item, Document) and _open_to_all(item):
                listed[item.id, item.locale] = _prepared(helpdesk, item)
                told("listing", len(listed), 0)
    return listed


def _open_to_all(document: Document) -> bool:
    return document.collection is Collection.PUBLIC and not document.restricted


def _prepared(helpdesk: str, article: Document) -> NewArticle:
    text = readable(article.body, article.form)
    title = " ".join(readable(article.title, "text").split())
    # The cut is part of a version: passages of another cut are other passages.
    version = _hash(str(chunk.VERSION), title, text)
    # An article that is all title can still be the one to point to.
    cut = chunk.chunks(text or title)
    passages = tuple(
        NewPassage(
            _hash(helpdesk, article.id, article.locale, version, str(place))[:40],
            one.heading,
            one.text,
        )
        for place, one in enumerate(cut)
    )
    edited = article.updated_at.timestamp() if article.updated_at else None
    return NewArticle(
        article.id, article.locale, version, title, text, article.url, edited, passages
    )


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _compare(known: Mapping[Key, KnownArticle], listed: Mapping[Key, NewArticle]) -> _Difference:
    same = {
        key: old
        for key, old in known.items()
        if key in listed and listed[key].content_hash == old.content_hash
    }
    gone = [old.row for key, old in known.items() if key not in same]
    return _Difference(
        new=[key for key in listed if key not in same],
        retired=gone,
        moved={
            old.row: (listed[key].url, listed[key].edited_at)
            for key, old in same.items()
            if (old.url, old.edited_at) != (listed[key].url, listed[key].edited_at)
        },
        added=sum(key not in known for key in listed),
        removed=sum(key not in listed for key in known),
        unchanged=len(same),
    )


def _pieces(listed: Mapping[Key, NewArticle]) -> list[Piece]:
    return [
        piece(one.id, article.article_id, article.title, one.heading, one.text)
        for article in listed.values()
        for one in article.passages
    ]


def _comparable(helpdesk: str, number: int, vectors: Vectors, embedder: Embedder) -> bool:
    """Tell whether a generation's vectors are there and come from the embedder in use."""
    names = (index.chunks_name(helpdesk, number), index.sentences_name(helpdesk, number))
    return all(vectors.embedder(name) == embedder.name for name in names)


def _switch(
    ledger: Ledger,
    helpdesk: str,
    number: int,
    *,
    listed: Mapping[Key, NewArticle],
    difference: _Difference,
    passages: int,
    now: float,
) -> None:
    with ledger.write() as connection:
        knowledge.go_live(
            connection,
            helpdesk,
            number,
            new=[listed[key] for key in difference.new],
            retired=difference.retired,
            counts=(len(listed), passages),
            now=now,
        )
        knowledge.refresh_articles(connection, helpdesk, difference.moved, now)


def _clear(ledger: Ledger, helpdesk: str, vectors: Vectors, lexical_dir: Path, now: float) -> None:
    with ledger.read() as connection:
        kept = knowledge.kept_generations(connection, helpdesk)
    snapshot.drop_generations(lexical_dir, helpdesk, kept, now)
    with suppress(KnowledgeDown):  # the switch stands; the next sync clears up
        index.drop_generations(vectors, helpdesk, kept)
