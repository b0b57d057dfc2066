"""A changed article is in answers soon after the helpdesk tells of it, however it tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app import queues, worker
from app.ledger import deliveries, sources
from app.ledger.deliveries import Announcement
from app.scheduler import duties
from app.sweep import sync_changes, sync_knowledge
from connectors.articles import Article, Visibility
from connectors.errors import Unreachable
from connectors.types import EventKind, Feature
from tests.app.fake_help_centre import EXPORT, INVITE
from tests.app.fakes import HELPDESK, Desk


@pytest.fixture
def told(desk: Desk) -> Desk:
    """A desk whose helpdesk lists changed articles apart."""
    desk.helpdesk.supports |= {Feature.ARTICLE_CHANGES}
    desk.helpdesk.tells_changes = True
    sync_knowledge(desk.services, HELPDESK)
    return desk


def edit(desk: Desk, article: Article, **changes: object) -> None:
    """Somebody edits an article, or writes one."""
    at = datetime.fromtimestamp(desk.clock(), UTC)
    edited = replace(article, updated_at=at, **changes)  # type: ignore[arg-type]
    others = tuple(one for one in desk.helpdesk.help_centre if one.id != article.id)
    desk.helpdesk.help_centre = (*others, edited)


def found(desk: Desk, question: str) -> list[str]:
    return [hit.passage.text for hit in desk.services.knowledge.search(HELPDESK, question)]


def announce(desk: Desk, key: str) -> str:
    """A webhook tells of some change in the help centre."""
    with desk.services.ledger.write() as connection:
        news = Announcement(delivery_key=key, ticket_id="", kind=EventKind.ARTICLE)
        ((delivery_id, kind),) = deliveries.record(connection, HELPDESK, [news], desk.clock())
    assert queues.queue_of(kind) == queues.UPKEEP
    return delivery_id


def test_a_changed_article_is_found_without_reading_the_others(told: Desk) -> None:
    told.clock.pass_by(600)
    edit(told, EXPORT, html="<p>Exports of all projects are made by the robot.</p>")
    told.helpdesk.articles = None  # type: ignore[method-assign, assignment]  # not listed whole
    report = sync_changes(told.services, HELPDESK)
    assert (report.changed, report.removed, report.unchanged) == (1, 0, 1)
    assert any("robot" in text for text in found(told, "export all projects"))
    assert found(told, "invite a teammate")


def test_what_is_withdrawn_leaves_the_search_at_once(told: Desk) -> None:
    told.clock.pass_by(600)
    edit(told, INVITE, visibility=Visibility.UNPUBLISHED)
    assert sync_changes(told.services, HELPDESK).removed == 1
    assert not any("Invite" in text for text in found(told, "invite a teammate"))


def test_a_withdrawn_translation_takes_no_other_language_with_it(told: Desk) -> None:
    told.clock.pass_by(600)
    edit(told, INVITE)
    german = replace(INVITE, locale="de", visibility=Visibility.UNPUBLISHED)
    told.helpdesk.help_centre += (
        replace(german, updated_at=datetime.fromtimestamp(told.clock(), UTC)),
    )
    assert sync_changes(told.services, HELPDESK).removed == 0
    assert found(told, "invite a teammate")


def test_what_changed_while_a_listing_ran_is_asked_for_again(told: Desk) -> None:
    told.clock.pass_by(600)
    asked: list[datetime] = []
    listed = told.helpdesk.article_changes

    def watched(since: datetime) -> object:
        asked.append(since)
        return listed(since)

    told.helpdesk.article_changes = watched  # type: ignore[method-assign, assignment]
    sync_changes(told.services, HELPDESK)
    told.clock.pass_by(30)
    sync_changes(told.services, HELPDESK)
    assert asked[1] - asked[0] == timedelta(seconds=600)
    assert asked[1] < datetime.fromtimestamp(told.clock() - 30, UTC)


def test_a_webhook_brings_a_changed_article_in_and_is_finished(told: Desk) -> None:
    told.clock.pass_by(600)
    edit(told, EXPORT, html="<p>Exports of all projects are made by the robot.</p>")
    first, second = announce(told, "a"), announce(told, "b")
    worker.handle(told.services, first)
    assert any("robot" in text for text in found(told, "export all projects"))
    assert told.waiting() == [], "one listing is enough for both"
    worker.handle(told.services, second)


def test_a_webhook_where_changes_are_not_listed_reads_all(desk: Desk) -> None:
    edit(desk, EXPORT, html="<p>Exports of all projects are made by the robot.</p>")
    worker.handle(desk.services, announce(desk, "a"))
    assert any("robot" in text for text in found(desk, "export all projects"))


def test_a_webhook_is_kept_while_the_help_centre_does_not_answer(told: Desk) -> None:
    def down(_: object) -> object:
        raise Unreachable("Zendesk cannot be reached")

    told.helpdesk.article_changes = down  # type: ignore[method-assign, assignment]
    delivery = announce(told, "a")
    worker.handle(told.services, delivery)
    told.clock.pass_by(60)
    assert told.waiting() == [delivery]
    with told.services.ledger.read() as connection:
        state = sources.states(connection, HELPDESK)["articles"]
    assert (state.state, state.error) == ("failed", "Zendesk cannot be reached")


def test_a_folder_that_is_missing_holds_no_announcement_up(desk: Desk) -> None:
    gone = {"kb_files": ("/nowhere/at/all",)}
    desk.services.settings = desk.services.settings.model_copy(update=gone)
    edit(desk, EXPORT, html="<p>Exports of all projects are made by the robot.</p>")
    worker.handle(desk.services, announce(desk, "a"))
    assert any("robot" in text for text in found(desk, "export all projects"))
    desk.clock.pass_by(60)
    assert desk.waiting() == []
    with desk.services.ledger.read() as connection:
        assert sources.states(connection, HELPDESK)["files"].state == "failed"


def test_changes_are_asked_for_where_they_are_listed_apart(desk: Desk) -> None:
    assert "sync_changes" not in {duty.function for duty in duties(desk.services)}
    desk.helpdesk.supports |= {Feature.ARTICLE_CHANGES}
    (duty,) = [duty for duty in duties(desk.services) if duty.function == "sync_changes"]
    assert (duty.queue, duty.seconds) == (queues.UPKEEP, 30.0)
    assert duty.due_at == desk.clock() + 30, "all is read at first"


@pytest.mark.parametrize(
    ("features", "how"),
    [
        ({Feature.ARTICLE_EVENTS, Feature.ARTICLE_CHANGES}, "webhook"),
        ({Feature.ARTICLE_CHANGES}, "changes"),
        (set(), "crawl"),
    ],
)
def test_how_changes_are_told_stands_in_the_ledger(
    desk: Desk, features: set[Feature], how: str
) -> None:
    desk.helpdesk.supports = frozenset(features)
    sync_knowledge(desk.services, HELPDESK)
    with desk.services.ledger.read() as connection:
        assert sources.states(connection, HELPDESK)["articles"].how == how


def test_a_page_whose_text_was_taken_out_leaves_the_search_at_once(told: Desk) -> None:
    told.clock.pass_by(600)
    edit(told, INVITE, title="", html="")
    assert sync_changes(told.services, HELPDESK).removed == 1
    assert not any("Invite" in text for text in found(told, "invite a teammate"))


def test_an_edit_that_was_taken_back_while_changes_were_listed_is_not_shown(told: Desk) -> None:
    told.clock.pass_by(600)
    edit(told, EXPORT, html="<p>Exports of all projects are made by the robot.</p>")
    secret = {"visibility": Visibility.RESTRICTED, "html": EXPORT.html}
    at = datetime.fromtimestamp(told.clock(), UTC)
    told.helpdesk.help_centre += (replace(EXPORT, updated_at=at, **secret),)  # type: ignore[arg-type]
    sync_changes(told.services, HELPDESK)
    assert not any("xport" in text for text in found(told, "export all projects"))
