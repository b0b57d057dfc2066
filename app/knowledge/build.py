"""Building one generation: vectors into the index, lexical files and vectors onto this host.

Passages are read from the ledger as they are needed and written part by part, so that memory does
not grow with the collection. What an earlier generation holds is shared with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice

from app.domain import Collection
from app.knowledge import snapshot
from app.knowledge.embed import Embedder
from app.knowledge.filling import Filler, PartOnItsWay, Piece, Site, piece
from app.knowledge.index import KnowledgeDown
from app.knowledge.snapshot import Snapshot, Writer
from app.ledger import knowledge
from app.ledger.knowledge import PassageRow

Progress = Callable[[str, int, int], None]

_BATCH = 64  # passages between two reports of progress: some seconds of embedding
_ARTICLES = 20  # read from the ledger at once
# So many parts that are less than half full are left alone; one more, and all are made one.
_MOST_SMALL_PARTS = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a generation is to hold: rows of article versions by collection.

    ``facts`` gives the facts (JSON) of rows whose record in the ledger is not the latest.
    """

    rows: Mapping[Collection, Sequence[int]]
    facts: Mapping[int, str]


def build(
    site: Site, wanted: Wanted, embedder: Embedder, before: int | None, *, held: bool,
    progress: Progress,
) -> int:  # fmt: skip
    """Build a generation whole; tell how many passages it has.

    Vectors come from the files of the generation ``before``, from the store (where a sync that was
    killed left them), or from the embedder; each is written into the store before it is in a
    file. With ``held``, those of ``before`` are in the store already.
    """
    with _writing(site) as writer:
        return sum(
            _Building(site, collection, writer, _opened(site, before, collection, embedder.name))
            .run(wanted, Filler(site, collection, embedder, held=held), progress)
            for collection in Collection
        )  # fmt: skip


def restore(site: Site) -> bool:
    """Write a live generation's files on a host that lacks them, with vectors from the index.

    Gives false where another generation went live meanwhile. Raises ``KnowledgeDown`` where the
    index has lost vectors.
    """
    with site.ledger.read() as connection:
        rows = {each: knowledge.live_rows(connection, site.helpdesk, each) for each in Collection}
    if not _still_live(site):
        return False
    try:
        with _writing(site) as writer:
            for collection in Collection:
                building = _Building(site, collection, writer, None)
                building.run(Wanted(rows, {}), Filler(site, collection, None), lambda *_: None)
    except KnowledgeDown:
        if _still_live(site):
            raise
        return False  # its vectors were cleared up meanwhile
    return True


@contextmanager
def _writing(site: Site) -> Iterator[Writer]:
    try:
        with snapshot.writing(site.root, site.helpdesk, site.number) as writer:
            yield writer
    except OSError as error:  # a full disk, a folder that is not ours: trying later may help
        where = f"The search files of {site.helpdesk} cannot be made at {site.root}"
        raise KnowledgeDown(f"{where}: {error}.") from error


def _still_live(site: Site) -> bool:
    with site.ledger.read() as connection:
        live = knowledge.live_generation(connection, site.helpdesk)
    return live is not None and live.number == site.number


class _Building:
    """One collection of a generation on its way."""

    def __init__(
        self, site: Site, collection: Collection, writer: Writer, before: Snapshot | None
    ) -> None:
        self._site = site
        self._collection = collection
        self._writer = writer
        self._before = before
        self._ids: list[str] = []
        self._places: list[int] = []
        self._next_place = 0

    def run(self, wanted: Wanted, filler: Filler, progress: Progress) -> int:
        rows = wanted.rows.get(self._collection, ())
        with self._site.ledger.read() as connection:
            owner = dict(knowledge.passage_ids(connection, rows))
        embedder = filler.prepare() if owner else ""
        if filler.held:  # others go through the filler, into the store
            for kept in self._parts_to_keep(owner):
                self._take_over(kept, owner)
        taken = frozenset(self._ids)
        stage = "passages" if self._collection is Collection.PUBLIC else "internal passages"
        done, total = len(taken), len(owner)
        if total:
            progress(stage, done, total)
        left = sorted({row for one, row in owner.items() if one not in taken})
        pieces = (
            piece(one.id, one.title, one.heading, one.text)
            for one in self._read(left)
            if one.id not in taken
        )
        for first in pieces:
            part = PartOnItsWay()
            for batch in _batches(chain([first], islice(pieces, snapshot.EXACT_LIMIT - 1))):
                part.add(batch, *filler.fill(batch, self._before))
                done += len(batch)
                progress(stage, done, total)
            self._write(part)
        self._close(owner, wanted.facts, embedder)
        return total

    def _read(self, rows: Sequence[int]) -> Iterator[PassageRow]:
        for start in range(0, len(rows), _ARTICLES):
            with self._site.ledger.read() as connection:
                found = knowledge.passages_of(connection, rows[start : start + _ARTICLES])
            yield from found

    def _parts_to_keep(self, owner: Mapping[str, int]) -> list[int]:
        """Choose the parts that the next generation shares; in a small collection, none."""
        before = self._before
        if before is None:
            return []
        if len(before.ids) == len(owner) and before.rows.keys() == owner.keys():
            return list(range(len(before.parts)))  # facts alone are others
        if len(owner) <= snapshot.EXACT_LIMIT:
            return []
        good, small = [], []
        for part in range(len(before.parts)):
            live = sum(before.ids[row] in owner for row in before.part_rows(part))
            if 2 * live >= snapshot.EXACT_LIMIT:
                good.append(part)
            elif 2 * live >= before.part_size(part) > 0:
                small.append(part)
        return sorted(good + (small if len(small) < _MOST_SMALL_PARTS else []))

    def _take_over(self, part: int, owner: Mapping[str, int]) -> None:
        before = self._before
        assert before is not None  # noqa: S101 (there is no part without it)
        self._writer.take_over(self._collection, before.parts[part])
        start = self._next_place - int(before.starts[part])
        for row in before.part_rows(part):
            if before.ids[row] in owner:
                self._ids.append(before.ids[row])
                self._places.append(int(before.places[row]) + start)
        self._next_place += before.part_size(part)

    def _write(self, part: PartOnItsWay) -> None:
        before = self._before.lexical.index if self._before and self._ids else None
        self._writer.add(self._collection, part.whole(), before)
        self._ids += part.ids
        self._places += range(self._next_place, self._next_place + len(part.ids))
        self._next_place += len(part.ids)

    def _close(self, owner: Mapping[str, int], facts: Mapping[int, str], embedder: str) -> None:
        numbers: dict[int, int] = {}
        article_rows = [numbers.setdefault(owner[one], len(numbers)) for one in self._ids]
        with self._site.ledger.read() as connection:
            known = knowledge.names_and_facts(connection, list(numbers))
        self._writer.close(
            self._collection,
            snapshot.Contents(
                ids=self._ids,
                places=self._places,
                article_rows=article_rows,
                names=[known[row][0] for row in numbers],
                facts=[facts.get(row, known[row][1]) for row in numbers],
                embedder=embedder,
            ),
        )


def _opened(
    site: Site, before: int | None, collection: Collection, embedder: str
) -> Snapshot | None:
    if before is None:
        return None
    found = snapshot.open_snapshot(site.root, site.helpdesk, before, collection)
    return found if found and found.ids and found.embedder == embedder else None


def _batches(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    rest = iter(pieces)
    while batch := list(islice(rest, _BATCH)):
        yield batch
