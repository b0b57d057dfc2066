"""Bringing knowledge into the search: a new generation beside the live one, then a switch.

Killed at any point, the next sync goes on with what is there, and searches keep using the live
generation. Only the switch makes anything new searchable, and it makes all of it so at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.domain import Collection
from app.knowledge import build, chunk, index, snapshot
from app.knowledge.build import Progress, Wanted
from app.knowledge.documents import Listing
from app.knowledge.embed import Embedder
from app.knowledge.filling import Site
from app.knowledge.index import KnowledgeDown, Vectors
from app.knowledge.listed import EmptyListing, Key, Listed, SourceReport, read_listing, unlisted
from app.ledger import knowledge, leases, sources, versions
from app.ledger.knowledge import Generation
from app.ledger.store import Ledger
from app.ledger.versions import Details, KnownArticle

__all__ = ["EmptyListing", "SyncReport", "SyncRunning", "sync_documents"]

Clock = Callable[[], float]  # seconds since the epoch

LONGEST = 6 * 3600.0  # seconds that a sync may take: the embedding of 100,000 passages takes hours
_LEASE = "#knowledge"  # no ticket has such an id


class SyncRunning(RuntimeError):
    """Another sync of the same helpdesk is running."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync found, in articles; ``passages`` and ``generation`` are those now live."""

    added: int
    changed: int
    removed: int
    unchanged: int
    passages: int
    generation: int
    sources: tuple[SourceReport, ...] = field(default=(), compare=False)

    @property
    def figures(self) -> dict[str, int]:
        """The counts alone."""
        names = ("added", "changed", "removed", "unchanged", "passages", "generation")
        return {name: getattr(self, name) for name in names}

    @property
    def news(self) -> bool:
        """Whether anything is searchable now that was not, or no longer is."""
        return bool(self.added or self.changed or self.removed)

    @property
    def errors(self) -> list[Exception]:
        """Why sources broke off; those keep what they had."""
        return [one.error for one in self.sources if one.error is not None]


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
    rebuild: bool = False,
    forget: frozenset[str] = frozenset(),
) -> SyncReport:
    """Make exactly what is listed searchable.

    Of a whole listing, what it lacks is removed; one that breaks off changes nothing of its
    source, and its error is in the report. Sources that are not listed stay, but for those to
    ``forget``. Unchanged articles cost no embedding; without a change there is no new generation.
    ``rebuild`` embeds everything anew, beside what is searched. ``progress`` is told a stage
    (``listing ...``, ``passages``, ``internal passages``, ``switching``), how much of it is done,
    and its size (0: not known).

    Raises ``SyncRunning`` where another sync of the helpdesk runs, ``KnowledgeDown``, and
    ``GenerationLost`` where one took over since this one was given up for dead.
    """
    with _alone(ledger, helpdesk, clock):
        sync = _Sync(
            ledger, helpdesk, embedder, vectors, lexical_dir,
            clock=clock, told=progress or _nobody,
        )  # fmt: skip
        results = sync.read(listings, allow_empty=allow_empty)
        plan = _Plan.of(sync.known, results, forget)
        report = sync.finish(plan, rebuild=rebuild)
        sync.clear()
        return report


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be searchable: rows of versions by key, and what becomes of the old ones."""

    known: Mapping[Key, KnownArticle]
    results: list[Listed]
    forget: frozenset[str]
    rows: dict[Key, int]
    details: dict[int, Details]
    collections: dict[Key, str]

    @classmethod
    def of(
        cls, known: Mapping[Key, KnownArticle], results: list[Listed], forget: frozenset[str]
    ) -> _Plan:
        rows = unlisted(known, results, forget)
        details: dict[int, Details] = {}
        collections = {key: one.collection for key, one in known.items()}
        for one in results:
            for key in one.gone:
                rows.pop(key, None)
            rows |= one.rows
            details |= one.details
            collections |= one.new
        return cls(known, results, forget, rows, details, collections)

    @property
    def whole(self) -> bool:
        """Whether any source was read from end to end."""
        return any(one.listing.whole for one in self.results)

    @property
    def new(self) -> list[int]:
        """Versions that become searchable."""
        return [
            row for key, row in self.rows.items()
            if key not in self.known or self.known[key].row != row
        ]  # fmt: skip

    @property
    def retired(self) -> list[int]:
        """Versions that cease to be."""
        return [one.row for key, one in self.known.items() if self.rows.get(key) != one.row]

    def wanted(self) -> Wanted:
        """Sort the rows by collection, in the order of the ledger."""
        rows: dict[Collection, list[int]] = {each: [] for each in Collection}
        for key, row in self.rows.items():
            rows[Collection(self.collections[key])].append(row)
        facts = {row: details.facts for row, details in self.details.items()}
        return Wanted({each: sorted(found) for each, found in rows.items()}, facts)

    def report(self, passages: int, generation: int) -> SyncReport:
        removed = sum(key not in self.rows for key in self.known)
        added = sum(key not in self.known for key in self.rows)
        changed = len(self.new) - added
        return SyncReport(
            added=added,
            changed=changed,
            removed=removed,
            unchanged=len(self.rows) - len(self.new),
            passages=passages,
            generation=generation,
            sources=tuple(one.report(self.known) for one in self.results),
        )


class _Sync:
    """One sync on its way."""

    def __init__(
        self,
        ledger: Ledger,
        helpdesk: str,
        embedder: Embedder,
        vectors: Vectors,
        root: Path,
        *,
        clock: Clock,
        told: Progress,
    ) -> None:
        self._ledger = ledger
        self._helpdesk = helpdesk
        self._embedder = embedder
        self._vectors = vectors
        self._root = root
        self._clock = clock
        self._told = told
        with ledger.read() as connection:
            self._live = knowledge.live_generation(connection, helpdesk)
            found = versions.known_articles(connection, helpdesk)
        self.known = {(one.article_id, one.locale): one for one in found}

    def read(self, listings: Iterable[Listing], *, allow_empty: bool) -> list[Listed]:
        return [
            read_listing(
                self._ledger, self._helpdesk, one, self.known, clock=self._clock,
                told=self._told, allow_empty=allow_empty,
            )
            for one in listings
        ]  # fmt: skip

    def finish(self, plan: _Plan, *, rebuild: bool) -> SyncReport:
        live, new, retired = self._live, plan.new, plan.retired
        changed = bool(new or retired or plan.details)
        if live and not changed and not plan.whole:
            return self._unchanged(plan, live)
        held = live is not None and not rebuild and self._holds(live.store)
        if live and held and not changed:
            return self._unchanged(plan, live)
        store = live.store if live and held else self._store_to_fill(live)
        with self._ledger.write() as connection:
            now = self._clock()
            number = versions.begin_generation(connection, self._helpdesk, now, store)
        site = Site(
            self._helpdesk, number, store if store is not None else number, self._root,
            self._ledger, self._vectors,
        )  # fmt: skip
        before = live.number if live and not rebuild else None
        passages = build.build(
            site, plan.wanted(), self._embedder, before, held=held, progress=self._told
        )
        self._told("switching", 0, 1)
        self._switch(plan, number, passages, new, retired)
        self._told("switching", 1, 1)
        return plan.report(passages, number)

    def _unchanged(self, plan: _Plan, live: Generation) -> SyncReport:
        with self._ledger.write() as connection:
            self._note(connection, plan)
        return plan.report(live.passages, live.number)

    def clear(self) -> None:
        """Delete what no kept generation needs; what fails is left to the next sync."""
        with self._ledger.read() as connection:
            kept = knowledge.kept_generations(connection, self._helpdesk)
        snapshot.drop_generations(self._root, self._helpdesk, frozenset(kept), self._clock())
        with suppress(KnowledgeDown):
            index.drop_stores(self._vectors, self._helpdesk, frozenset(kept.values()))
            self._let_go(frozenset(kept.values()))

    def _store_to_fill(self, live: Generation | None) -> int | None:
        """Name the store that a killed sync was filling with this embedder; ``None``: a new one."""
        with self._ledger.read() as connection:
            found = versions.unfinished_store(connection, self._helpdesk)
        if found is None or (live and live.store == found):
            return None
        names = _names(self._helpdesk, found)
        filled = {self._vectors.embedder(name) for name in names} - {None}
        return found if filled <= {self._embedder.name} else None

    def _holds(self, store: int) -> bool:
        """Tell whether a store has what the ledger says, from the embedder in use."""
        if not store:
            return False  # an older version built it
        for collection in Collection:
            with self._ledger.read() as connection:
                expected = versions.indexed_passages(connection, self._helpdesk, collection.value)
            chunks, sentences = _names(self._helpdesk, store, collection)
            for name in (chunks, sentences):
                if self._vectors.embedder(name) not in (
                    (self._embedder.name,) if expected else (self._embedder.name, None)
                ):
                    return False
            if self._vectors.count(chunks) < expected:
                return False
        return True

    def _switch(
        self, plan: _Plan, number: int, passages: int, new: list[int], retired: list[int]
    ) -> None:
        with self._ledger.write() as connection:
            versions.go_live(
                connection, self._helpdesk, number,
                new=new, retired=retired, passages=passages, now=self._clock(),
            )  # fmt: skip
            self._note(connection, plan)

    def _note(self, connection: Any, plan: _Plan) -> None:
        """Write down, with the switch, what was seen and what was found."""
        now = self._clock()
        versions.note_details(connection, plan.details)
        before = sources.states(connection, self._helpdesk)
        for source in plan.forget:
            sources.forget(connection, self._helpdesk, source)
        for one in plan.results:
            source = one.listing.source
            sources.save(connection, self._helpdesk, one.state(before.get(source), now))
            if one.error is None or one.findings:  # what broke off keeps those it had
                found = [(each.item, each.code, each.text) for each in one.findings]
                items = None if one.listing.whole else one.items
                sources.replace_findings(
                    connection, self._helpdesk, source, found, now=now, items=items
                )

    def _let_go(self, stores: frozenset[int]) -> None:
        with self._ledger.read() as connection:
            found = versions.dispensable(connection, self._helpdesk)
        rows = list(found)
        for start in range(0, len(rows), 20):
            part = rows[start : start + 20]
            with self._ledger.read() as connection:
                passages = knowledge.passages_of(connection, part)
            for store in stores:
                for collection in Collection:
                    gone = [p for p in passages if found[p.article_row] == collection.value]
                    chunks, sentences = _names(self._helpdesk, store, collection)
                    self._vectors.delete(chunks, [one.id for one in gone])
                    self._vectors.delete(sentences, list(_sentence_ids(gone)))
            with self._ledger.write() as connection:
                versions.let_go(connection, part)


def _sentence_ids(passages: Iterable[knowledge.PassageRow]) -> Iterator[str]:
    for one in passages:
        for place in range(len(chunk.sentences(one.text))):
            yield index.sentence_id(one.id, place)


def _names(
    helpdesk: str, store: int, collection: Collection = Collection.PUBLIC
) -> tuple[str, str]:
    return (
        index.chunks_name(helpdesk, store, collection),
        index.sentences_name(helpdesk, store, collection),
    )


@contextmanager
def _alone(ledger: Ledger, helpdesk: str, clock: Clock) -> Iterator[None]:
    try:
        with leases.lease(ledger, helpdesk, _LEASE, LONGEST, clock):
            yield
    except leases.Busy as error:
        raise SyncRunning(
            f"The knowledge of {helpdesk} is being synced by another process; wait for it."
        ) from error


def _nobody(_stage: str, _done: int, _total: int) -> None:
    """Report progress to nobody."""
