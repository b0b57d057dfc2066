"""What sources list, set against the ledger: which versions are to be searchable next.

Documents go into the ledger as they come, as versions that nobody finds yet. So memory stays
small, and a sync that was killed has lost nothing of what it read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.domain import Collection
from app.knowledge.documents import PLACE_MISSING, Document, Finding, Gone, Listing, SourceFailed
from app.knowledge.prepare import edited, known_id, prepare, same_facts, unprepared
from app.ledger import sources, versions
from app.ledger.sources import SourceState
from app.ledger.store import Ledger
from app.ledger.versions import Details, KnownArticle, NewArticle
from connectors.errors import HelpdeskError

Key = tuple[str, str]  # article id and locale
Clock = Callable[[], float]  # seconds since the epoch
Told = Callable[[str, int, int], None]

_TOGETHER = 25  # documents in one write
_CHARACTERS = 2_000_000  # or so much text


class EmptyListing(RuntimeError):
    """A source lists nothing, where there was something before."""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What a listing of one source found, in articles; ``error`` says why not all was read."""

    source: str
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    findings: int = 0
    error: Exception | None = None


@dataclass(slots=True)
class Listed:
    """What one listing came to.

    ``rows`` are the versions to be searchable, by key: old ones and new. ``details`` belong to
    rows that stay, ``gone`` are keys that go. ``waiting`` is what is yet to be stored, and
    ``withdrawn`` names pages that nobody can read any more, in what languages they are not listed.
    """

    listing: Listing
    begun_at: float
    rows: dict[Key, int] = field(default_factory=dict)
    new: dict[Key, str] = field(default_factory=dict)  # with their collections
    details: dict[int, Details] = field(default_factory=dict)
    gone: set[Key] = field(default_factory=set)
    waiting: dict[Key, NewArticle] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    items: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    error: Exception | None = None

    def report(self, known: Mapping[Key, KnownArticle]) -> SourceReport:
        """Count what was found against what was known."""
        added = sum(key not in known for key in self.new)
        return SourceReport(
            self.listing.source,
            added=added,
            changed=len(self.new) - added,
            removed=len(self.gone),
            unchanged=len(self.rows) - len(self.new),
            findings=len(self.findings),
            error=self.error,
        )

    def state(self, before: SourceState | None, now: float) -> SourceState:
        """Say how the source stands after this listing."""
        whole_at, told_at = (before.whole_at, before.told_at) if before else (None, None)
        if self.error is None:
            told_at = self.begun_at
            whole_at = self.begun_at if self.listing.whole else whole_at
        return SourceState(
            source=self.listing.source,
            how=self.listing.how,
            state=sources.OK if self.error is None else sources.FAILED,
            error="" if self.error is None else str(self.error) or type(self.error).__name__,
            checked_at=now,
            whole_at=whole_at,
            told_at=told_at,
        )


def read_listing(
    ledger: Ledger,
    helpdesk: str,
    listing: Listing,
    known: Mapping[Key, KnownArticle],
    *,
    clock: Clock,
    told: Told,
    allow_empty: bool = False,
) -> Listed:
    """Read a listing to its end, and store what is new.

    Where it breaks off, or a source that held something lists nothing at all, the source keeps
    what it had, and ``error`` says so.
    """
    result = Listed(listing, clock())
    ours = {key: one for key, one in known.items() if one.source == listing.source}
    try:
        _read(ledger, helpdesk, known, result, clock=clock, told=told)
        told_of = result.rows or any(each.keeps for each in result.findings)
        if listing.whole and ours and not told_of and not allow_empty:
            result.error = _empty(helpdesk, listing.source, len(ours))
    except (HelpdeskError, SourceFailed, OSError) as error:
        result.error = error
    if result.error is not None:
        broken = Listed(listing, result.begun_at, error=result.error)
        broken.rows = {key: one.row for key, one in ours.items()} if listing.whole else {}
        return broken
    lost = _keep(ours, result)
    # The rest is served and brought up to date, but nobody must take the source for whole.
    result.error = SourceFailed(f"{lost[0].item}: {lost[0].text}") if lost else None
    if listing.whole:
        result.gone = {key for key in ours if key not in result.rows}
    return result


def _read(
    ledger: Ledger,
    helpdesk: str,
    known: Mapping[Key, KnownArticle],
    result: Listed,
    *,
    clock: Clock,
    told: Told,
) -> None:
    listing, waiting = result.listing, result.waiting
    told(f"listing {listing.source}", 0, 0)
    for item in listing.items:
        if isinstance(item, Finding):
            result.findings.append(item)
            result.items.add(item.item)
            continue
        if isinstance(item, Gone):
            result.items.add(item.id)
            result.withdrawn.add(known_id(item.id))
            continue
        result.items.add(item.item or item.id)
        _note(helpdesk, item, known, result)
        characters = sum(len(one.text) for one in waiting.values())
        if len(waiting) >= _TOGETHER or characters > _CHARACTERS:
            _store(ledger, helpdesk, result, clock())
        told(f"listing {listing.source}", len(result.rows) + len(waiting), 0)
    _store(ledger, helpdesk, result, clock())
    # A page may be published in one language and a draft in another: what is listed counts.
    result.gone = {key for key in known if key[0] in result.withdrawn and key not in result.rows}


def _keep(ours: Mapping[Key, KnownArticle], result: Listed) -> list[Finding]:
    """Keep the last versions of the pages that findings speak for, and say so in them.

    Gives the findings that speak of whole places which are not there, or hold nothing any more.
    """
    lost: list[int] = []
    keys: dict[str, list[Key]] = {}
    for key in ours:
        keys.setdefault(key[0], []).append(key)
    for place, told in enumerate(result.findings):
        ids = {known_id(each) for each in told.keeps}
        if told.keeps_below:
            ids |= {each for each in keys if each.startswith(told.keeps_below)}
        pages = {key: ours[key] for each in ids for key in keys.get(each, ())}
        kept = {
            key: one for key, one in pages.items()
            if key not in result.rows
            and (told.keeps_public or one.collection == Collection.INTERNAL.value)
        }  # fmt: skip
        result.rows |= {key: one.row for key, one in kept.items()}
        result.gone |= {key for key in pages if key not in result.rows}
        if kept:
            text = f"{told.text} {_stays(told, list(kept.values()))}"
            result.findings[place] = replace(told, text=text)
        if told.code == PLACE_MISSING or (told.keeps_below and kept):
            lost.append(place)
    return [result.findings[place] for place in lost]


def _stays(told: Finding, kept: Sequence[KnownArticle]) -> str:
    if told.keeps_below:
        pages = "1 page stays" if len(kept) == 1 else f"{len(kept)} pages stay"
        return f"Its {pages} in use."
    edited_at = edited(kept[0].facts)
    when = f"The version of {edited_at:%Y-%m-%d}" if edited_at else "Its last version"
    return f"{when} stays in use."


def _note(
    helpdesk: str, document: Document, known: Mapping[Key, KnownArticle], result: Listed
) -> None:
    """Set a document against what is known. Listed twice, the last counts."""
    try:
        prepared = prepare(helpdesk, result.listing.source, document)
    except Exception as error:  # one page must not keep all others out
        result.findings.append(unprepared(document, error))
        return
    result.findings += prepared.findings
    article = prepared.article
    if article is None:  # what stood there was taken out
        result.withdrawn.add(known_id(document.id))
        return
    key = (article.article_id, article.locale)
    old = known.get(key)
    if old is None or (old.content_hash, old.collection) != (
        article.content_hash,
        article.collection,
    ):
        result.waiting[key] = article
        return
    result.new.pop(key, None)
    result.waiting.pop(key, None)
    result.rows[key] = old.row
    result.details.pop(old.row, None)
    same = same_facts(old.facts, article.facts)
    if not same or (old.url, old.source) != (article.url, article.source):
        result.details[old.row] = Details(
            article.url, article.edited_at, article.facts, article.source
        )


def _store(ledger: Ledger, helpdesk: str, result: Listed, now: float) -> None:
    if not result.waiting:
        return
    with ledger.write() as connection:
        for key, article in result.waiting.items():
            result.rows[key] = versions.stage(connection, helpdesk, article, now)
            result.new[key] = article.collection
    result.waiting.clear()


def _empty(helpdesk: str, source: str, known: int) -> EmptyListing:
    return EmptyListing(
        f"{helpdesk} lists no {source} any more, but {known} were known: nothing was removed. "
        "If they are really gone: understudy kb sync --allow-empty."
    )


def unlisted(
    known: Mapping[Key, KnownArticle], results: Iterable[Listed], forget: frozenset[str]
) -> dict[Key, int]:
    """Name the versions that stay though nobody listed them: those of other sources."""
    whole = {one.listing.source for one in results if one.listing.whole}
    return {
        key: one.row for key, one in known.items()
        if one.source not in whole and one.source not in forget
    }  # fmt: skip
