from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import ModuleType

import pytest
from sqlalchemy import select, update

from app.domain import Collection
from app.knowledge import build, filling, index, snapshot
from app.knowledge.documents import ARTICLES, Listing, documents_from_pages
from app.knowledge.sync import EmptyListing, SyncReport, SyncRunning, sync_documents
from app.ledger import versions
from app.ledger.tables import articles, generations, passages, tickets
from app.ledger.versions import GenerationLost
from connectors.articles import Article, Audience, Visibility
from connectors.types import Page
from tests.app.knowledge.conftest import Desk
from tests.app.knowledge.fakes import MemoryVectors, TinyEmbedder

EXPORT = Article("1", "Exporting data", "<p>Open Settings and choose Export workspace.</p>")
PASSWORD = Article("2", "Resetting a password", "<p>Press the link below the password field.</p>")
INVOICE = Article("3", "Invoices", "<p>Invoices are sent by mail on the first of a month.</p>")
ALL = (EXPORT, PASSWORD, INVOICE)


INTERNAL, RESTRICTED = Visibility.INTERNAL, Visibility.RESTRICTED


class Killed(BaseException):
    """Stands for a process that is gone: nothing may catch and mend it."""


def _then(work: Callable[..., int], more: Callable[[], None]) -> Callable[..., int]:
    """The same work, and then something else happens."""

    def both(*arguments: object, **named: object) -> int:
        done = work(*arguments, **named)
        more()
        return done

    return both


def _take_over(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lease of a sync runs out, since its process sleeps, and another one comes."""
    monkeypatch.undo()
    with desk.ledger.write() as connection:
        connection.execute(update(tickets).values(lease_until=0.0))
    desk.sync((EXPORT, INVOICE))


def states(desk: Desk) -> dict[int, str]:
    with desk.ledger.read() as connection:
        rows = connection.execute(select(generations.c.number, generations.c.state)).all()
    return {row.number: row.state for row in rows}


def test_the_first_sync_makes_all_searchable(desk: Desk) -> None:
    assert desk.sync(ALL) == SyncReport(
        added=3, changed=0, removed=0, unchanged=0, passages=3, generation=1
    )
    assert desk.found("reset my password")[0] == "2"
    assert desk.found("invoices by mail")[0] == "3"


def test_nothing_changed_costs_nothing(desk: Desk) -> None:
    desk.sync(ALL)
    desk.embedder.seen.clear()
    report = desk.sync(ALL)
    assert (report.unchanged, report.generation, report.passages) == (3, 1, 3)
    assert desk.embedder.seen == []
    assert states(desk) == {1: "live"}


def test_only_what_changed_is_embedded(desk: Desk) -> None:
    desk.sync(ALL)
    desk.embedder.seen.clear()
    edited = Article("2", PASSWORD.title, "<p>Ask an administrator for a brandnew one.</p>")
    report = desk.sync((EXPORT, edited, Article("4", "Themes", "<p>Dark or light themes.</p>")))
    assert report == SyncReport(
        added=1, changed=1, removed=1, unchanged=1, passages=3, generation=2
    )
    assert not any("Settings" in text for text in desk.embedder.seen)
    assert desk.found("brandnew administrator")[0] == "2"
    assert "3" not in desk.found("invoices by mail")


def test_only_public_articles_are_known(desk: Desk) -> None:
    secret = Article(
        "9", "Internal", "<p>The margin is 80 percent.</p>", visibility=Visibility.UNPUBLISHED
    )
    assert desk.sync((*ALL, secret)).added == 3
    hidden = Article("1", EXPORT.title, EXPORT.html, visibility=Visibility.UNPUBLISHED)
    assert desk.sync((hidden, PASSWORD, INVOICE)).removed == 1
    assert "1" not in desk.found("export workspace")


def test_what_is_internal_lives_apart_and_is_never_found_in_public(desk: Desk) -> None:
    secret = Article("9", "Margins", "<p>The margin is 80 percent.</p>", visibility=INTERNAL)
    desk.sync((*ALL, secret))
    assert "9" not in desk.found("what is the margin percent")
    inside = desk.knowledge.search_internal(desk.name, "margin")
    assert [hit.passage.origin_id for hit in inside] == ["9"]
    assert desk.vectors.count(index.chunks_name(desk.name, 1)) == 3
    assert desk.vectors.count(index.chunks_name(desk.name, 1, Collection.INTERNAL)) == 1


def test_what_becomes_internal_leaves_the_public_search_with_the_switch(desk: Desk) -> None:
    desk.sync(ALL)
    hidden = Article("1", EXPORT.title, EXPORT.html, visibility=INTERNAL)
    assert desk.sync((hidden, PASSWORD, INVOICE)).changed == 1
    assert "1" not in desk.found("export workspace")
    inside = desk.knowledge.search_internal(desk.name, "export")
    assert [hit.passage.origin_id for hit in inside] == ["1"]


def test_a_new_audience_costs_no_embedding_and_reaches_the_search(desk: Desk) -> None:
    desk.sync(ALL)
    desk.embedder.seen.clear()
    audience = Audience(any_tags=frozenset({"gold", "silver", "bronze"}))
    guarded = Article("1", EXPORT.title, EXPORT.html, visibility=RESTRICTED, audience=audience)
    report = desk.sync((guarded, PASSWORD, INVOICE))
    assert (report.unchanged, report.generation) == (3, 2)
    assert desk.embedder.seen == []
    opened = snapshot.open_snapshot(desk.root, desk.name, 2)
    assert opened is not None
    facts = {
        name: opened.facts[row]
        for name, row in zip(opened.articles, opened.article_rows, strict=True)
    }
    assert (facts["1"].restricted, facts["1"].audience) == (True, audience)
    assert not facts["2"].restricted
    assert desk.sync((guarded, PASSWORD, INVOICE)).generation == 2
    assert "1" not in [hit.passage.origin_id for hit in desk.knowledge.search("zendesk", "export")]


def test_a_listing_that_breaks_off_removes_nothing(desk: Desk) -> None:
    desk.sync(ALL)

    def pages() -> Iterator[Page[Article]]:
        yield Page((EXPORT,), "next")
        raise ConnectionError("page 2 of 3")

    report = sync_documents(
        desk.ledger,
        desk.name,
        [Listing(ARTICLES, documents_from_pages(pages()))],
        desk.embedder,
        desk.vectors,
        desk.root,
        desk.clock,
    )
    assert [str(error) for error in report.errors] == ["page 2 of 3"]
    assert states(desk) == {1: "live"}
    assert desk.found("invoices by mail")[0] == "3"


def test_an_empty_listing_keeps_what_is_there(desk: Desk) -> None:
    desk.sync(ALL)
    (error,) = desk.sync(()).errors
    assert isinstance(error, EmptyListing)
    assert "lists no articles any more, but 3 were known" in str(error)
    assert desk.found("invoices by mail")[0] == "3"
    assert desk.sync((), allow_empty=True).removed == 3
    assert desk.found("invoices by mail") == []


def test_an_empty_help_centre_is_no_error_at_first(desk: Desk) -> None:
    assert desk.sync(()).passages == 0
    assert desk.found("anything") == []
    assert desk.sync(ALL).added == 3


@pytest.mark.parametrize(
    ("module", "step"), [(filling, "_named"), (snapshot, "_replace"), (versions, "go_live")]
)
def test_a_sync_killed_on_its_way_leaves_the_live_one(
    desk: Desk, module: ModuleType, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.sync(ALL)

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(module, step, die)
        with pytest.raises(Killed):
            desk.sync((EXPORT,))
    assert states(desk) == {1: "live", 2: "building"}
    assert desk.found("invoices by mail")[0] == "3"
    report = desk.sync((EXPORT, PASSWORD))
    assert (report.removed, report.generation) == (1, 3)
    assert states(desk) == {1: "retired", 2: "retired", 3: "live"}
    assert {index.chunks_name(desk.name, 1)} <= set(desk.vectors.collections())
    assert not any("-g2-" in name for name in desk.vectors.collections())
    assert not snapshot.path(desk.root, desk.name, 2).exists()


def test_a_switch_killed_inside_rolls_back_whole(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.sync(ALL)

    def die(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(versions, "note_details", die)
    with pytest.raises(Killed):
        desk.sync((EXPORT,))
    assert states(desk) == {1: "live", 2: "building"}
    assert desk.found("invoices by mail")[0] == "3"


def test_a_sync_given_up_for_dead_changes_nothing_when_it_wakes_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.sync(ALL)
    monkeypatch.setattr(build, "build", _then(build.build, lambda: _take_over(desk, monkeypatch)))
    with pytest.raises(GenerationLost, match="took over"):
        desk.sync((EXPORT,))
    assert states(desk) == {1: "retired", 2: "retired", 3: "live"}
    assert desk.found("invoices by mail")[0] == "3"


def test_two_syncs_of_a_helpdesk_never_run_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.sync(ALL)
    tried: list[str] = []

    def second() -> None:
        monkeypatch.undo()
        with pytest.raises(SyncRunning, match="by another process") as caught:
            desk.sync(ALL)
        tried.append(str(caught.value))

    monkeypatch.setattr(build, "build", _then(build.build, second))
    assert desk.sync((EXPORT,)).removed == 2
    assert len(tried) == 1


def test_the_newest_retired_generation_stays_for_readers_in_flight(desk: Desk) -> None:
    for number in range(1, 5):
        desk.sync(ALL[:number] if number < 4 else ALL[1:])
    assert desk.vectors.count(index.chunks_name(desk.name, 1)) == 3
    assert sorted(path.name for path in (desk.root / desk.name).iterdir()) == ["g3", "g4"]


def test_an_edit_taken_back_finds_its_old_version(desk: Desk) -> None:
    desk.sync(ALL)
    before = [hit.passage.id for hit in desk.knowledge.search(desk.name, "invoices")]
    edited = Article("3", INVOICE.title, "<p>Invoices are no longer sent.</p>")
    desk.sync((EXPORT, PASSWORD, edited))
    assert desk.sync(ALL).changed == 1
    assert [hit.passage.id for hit in desk.knowledge.search(desk.name, "invoices")] == before
    with desk.ledger.read() as connection:
        assert len(connection.execute(select(passages.c.id)).all()) == 4


def test_a_new_address_alone_costs_no_embedding_and_reaches_the_search(desk: Desk) -> None:
    desk.sync(ALL)
    desk.embedder.seen.clear()
    at = datetime(2026, 3, 1, tzinfo=UTC)
    moved = Article("3", INVOICE.title, INVOICE.html, url="https://acme.example/3", updated_at=at)
    assert desk.sync((EXPORT, PASSWORD, moved)).generation == 2
    assert desk.embedder.seen == []
    passage = desk.knowledge.search(desk.name, "invoices by mail")[0].passage
    assert (passage.url, passage.updated_at) == (moved.url, at)


def test_lost_vectors_are_made_again(desk: Desk) -> None:
    desk.sync(ALL)
    desk.vectors = MemoryVectors()
    assert desk.sync(ALL).generation == 2
    assert desk.vectors.count("zendesk-g2-chunks") == 3


def test_another_embedder_means_a_new_generation(desk: Desk) -> None:
    desk.sync(ALL)
    desk.embedder = TinyEmbedder("other", 32)
    report = desk.sync(ALL)
    assert (report.unchanged, report.generation) == (3, 2)
    assert desk.found("invoices by mail")[0] == "3"


def test_progress_is_told(desk: Desk) -> None:
    desk.sync(ALL)
    names = list(dict.fromkeys(stage for stage, _, _ in desk.stages))
    assert names == ["listing articles", "passages", "switching"]
    assert ("passages", 3, 3) in desk.stages


def test_two_languages_of_one_article_are_two(desk: Desk) -> None:
    german = Article("1", "Daten exportieren", "<p>Exportieren in Einstellungen.</p>", locale="de")
    assert desk.sync((*ALL, german)).added == 4


def test_an_article_listed_twice_counts_once(desk: Desk) -> None:
    assert desk.sync((EXPORT, EXPORT)).added == 1


def test_an_article_without_a_body_is_found_by_its_title(desk: Desk) -> None:
    desk.sync((*ALL, Article("5", "Where is the status page?", "")))
    assert desk.found("status page")[0] == "5"


def test_helpdesks_do_not_see_each_other(desk: Desk) -> None:
    desk.sync(ALL)
    other = Desk(desk.ledger, desk.root, desk.vectors, name="zendesk-eu")
    other.sync((EXPORT,))
    assert set(other.found("invoices by mail password")) == {"1"}
    with desk.ledger.read() as connection:
        rows = connection.execute(select(articles.c.helpdesk)).scalars().all()
    assert sorted(rows) == ["zendesk", "zendesk", "zendesk", "zendesk-eu"]
