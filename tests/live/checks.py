"""What is tried on every account; each check takes a ticket that a customer has just opened."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from secrets import token_hex

import pytest

from connectors import connect, kind_of
from connectors.articles import Visibility
from connectors.base import Connector
from connectors.errors import Conflict
from connectors.setup import Done
from connectors.types import Attachment, Change, Feature, Role, Status, Ticket
from tests.live.desks import DESKS, LiveDesk

TEXT = "How do I export all my projects? This is a test of Understudy."
NOTE, THEIRS, OURS = "A draft of Understudy's live test.", "by_a_teammate", "understudy_live"
FEED_SECONDS = 240.0  # Zendesk withholds the last minute, and a search lags
WEBHOOKS = "https://understudy.example/webhooks/live"


@dataclass
class Live:
    """One ticket on a real account, and what was learned from it."""

    kind: str
    connector: Connector
    desk: LiveDesk
    ticket_id: str
    sleep: Callable[[float], None] = time.sleep
    findings: list[str] = field(default_factory=list)

    def find(self, told: str) -> None:
        """Note an answer to a question that the vendor's documents leave open."""
        self.findings.append(f"{self.kind}: {told}")

    def read(self) -> Ticket:
        """Read the ticket."""
        return self.connector.ticket(self.ticket_id)

    def write(self, change: Change, key: str = "", *, again: bool = False) -> str:
        """Write a change on a fresh reading; gives its key, and finds what was not as asked."""
        key = key or token_hex(8)
        receipt = self.connector.apply(self.read(), change, key, again=again)
        for told in (*receipt.fallbacks, *receipt.collisions):
            self.find(told)
        return key


def missing(environ: Mapping[str, str]) -> str:
    """Say what is missing to try a real account; "" where all is there."""
    if not environ.get("UNDERSTUDY_LIVE", "").strip():
        return "UNDERSTUDY_LIVE is not set (an account key, as in HELPDESKS)"
    if not environ.get("UNDERSTUDY_LIVE_CONFIRM", "").strip():
        return "UNDERSTUDY_LIVE_CONFIRM is not set (the account's host; Intercom's workspace id)"
    return ""


def account_keys(kind: str, environ: Mapping[str, str]) -> list[str]:
    """List the accounts of a kind that are to be tried."""
    named = environ.get("UNDERSTUDY_LIVE", "").replace(",", " ").split()
    return [key for key in named if kind_of(key) == kind]


def open_account(account_key: str, environ: Mapping[str, str]) -> tuple[Connector, LiveDesk]:
    """Log in; raises ``AssertionError`` where the account is not the one that was confirmed."""
    kind = kind_of(account_key)
    connector = connect(account_key, environ)
    desk = DESKS[kind](account_key, environ)
    require_confirmed(desk.identity(), environ)
    return connector, desk


def require_confirmed(identity: str, environ: Mapping[str, str]) -> None:
    """Refuse an account that nobody named; never a production account by mistake."""
    confirmed = environ.get("UNDERSTUDY_LIVE_CONFIRM", "").replace(",", " ").split()
    assert identity in confirmed, (
        f"This would write to {identity}. If that is a test account, set "
        f"UNDERSTUDY_LIVE_CONFIRM={identity}"
    )


def the_probe_logs_in(live: Live) -> None:
    first, *others = live.connector.probe()
    assert first.ok, first.message
    for each in others:
        if not each.ok:
            live.find(f"{each.check}: {each.message}")


def a_ticket_reads_as_its_customer_wrote_it(live: Live) -> None:
    ticket = live.read()
    # An account's own bots may have greeted the customer meanwhile.
    [message] = [each for each in ticket.messages if each.author.role is Role.CUSTOMER]
    assert TEXT in message.text
    assert message.public
    assert ticket.writable
    live.find(f"a new ticket has the channel {ticket.channel!r} and the status {ticket.status}")


def a_note_is_internal_and_written_once(live: Live) -> None:
    change = Change(
        note=f"<p>{NOTE}</p>", tags=frozenset({OURS}), answers=live.read().messages[-1].id
    )
    key = live.write(change)
    for again in (False, True):
        assert live.connector.written(live.read(), change, key)
        live.write(change, key, again=again)
    shown = [each.public for each in live.desk.said(live.ticket_id) if NOTE in each.text]
    assert shown == [False]
    assert OURS in live.desk.tags(live.ticket_id)


def tags_of_others_stay_and_only_ours_go(live: Live) -> None:
    live.desk.tag(live.ticket_id, THEIRS)
    live.write(Change(tags=frozenset({OURS})))
    assert {THEIRS, OURS} <= live.desk.tags(live.ticket_id)
    live.write(Change(untag=frozenset({OURS})))
    tags = live.desk.tags(live.ticket_id)
    assert THEIRS in tags
    assert OURS not in tags


def a_ticket_is_handed_over_open_and_nobodys(live: Live) -> None:
    live.write(Change(note=f"<p>{NOTE}</p>", status=Status.OPEN, release=True))
    ticket = live.read()
    assert ticket.status in (Status.NEW, Status.OPEN)
    live.find(f"after a note of ours the assignee is {ticket.assignee_id or 'nobody'}")


def a_reading_that_is_old_is_refused(live: Live) -> None:
    ticket = live.read()
    live.desk.tag(live.ticket_id, THEIRS)
    change = Change(note=f"<p>{NOTE}</p>")
    if Feature.CONDITIONAL_WRITE not in live.connector.supports:
        live.find("writes are on no condition, as expected")
        return
    with pytest.raises(Conflict) as caught:
        live.connector.apply(ticket, change, token_hex(8))
    live.find(f"a stale write is refused: {caught.value}")
    assert not any(NOTE in each.text for each in live.desk.said(live.ticket_id))


def the_change_feed_tells_of_it(live: Live) -> None:
    *_, page = live.connector.changed(None)
    cursor = page.cursor
    live.desk.tag(live.ticket_id, THEIRS)
    waited = 0.0
    while waited <= FEED_SECONDS:
        for page in live.connector.changed(cursor):
            cursor = page.cursor
            if live.ticket_id in {ref.id for ref in page.items}:
                live.find(f"the change feed told of a change after {waited:.0f} s")
                return
        live.sleep(10)
        waited += 10
    raise AssertionError(f"the change feed did not tell within {FEED_SECONDS:.0f} s")


def articles_are_listed(live: Live) -> None:
    found = [item for page in live.connector.articles(None) for item in page.items]
    kinds = Counter(str(each.visibility) for each in found)
    nobodys = sum(each.visibility is Visibility.RESTRICTED and not each.audience for each in found)
    languages = sorted({each.locale for each in found})
    live.find(f"articles: {dict(kinds)}, {nobodys} restricted to nobody knows whom, {languages}")
    assert all(each.id and each.title for each in found)
    assert len({(each.id, each.locale) for each in found}) == len(found)


def changed_articles_are_as_they_are_listed(live: Live) -> None:
    listed = {each.id: each for page in live.connector.articles(None) for each in page.items}
    newest = max((each.updated_at for each in listed.values() if each.updated_at), default=None)
    if Feature.ARTICLE_CHANGES not in live.connector.supports or newest is None:
        live.find("changed articles are not listed apart, or there are none")
        return
    since = newest - timedelta(days=1)
    changed = [item for page in live.connector.article_changes(since) for item in page.items]
    kinds = Counter(str(each.visibility) for each in changed)
    live.find(f"changed in the day before the newest article: {dict(kinds)}")
    assert any(each.updated_at == newest for each in changed)
    assert all(each == listed[each.id] for each in changed if each.id in listed)


def saved_replies_are_listed(live: Live) -> None:
    if Feature.CANNED not in live.connector.supports:
        return
    found = [item for page in live.connector.canned() for item in page.items]
    live.find(f"{len(found)} saved replies, {sum(each.public for each in found)} for everybody")
    assert all(each.id and each.html for each in found)


def a_dry_run_of_the_set_up_changes_nothing(live: Live) -> None:
    steps = list(live.connector.set_up(WEBHOOKS, dry_run=True))
    assert steps
    assert {step.done for step in steps}.isdisjoint({Done.CREATED, Done.CHANGED, Done.REMOVED})
    again = list(live.connector.set_up(WEBHOOKS, dry_run=True))
    assert [(step.what, step.done) for step in again] == [(step.what, step.done) for step in steps]


def files_of_strangers_are_not_read(live: Live) -> None:
    file = Attachment("log.txt", "text/plain", url="https://files.example.com/log.txt")
    assert live.connector.file_text(file, 100) == ""


CHECKS: tuple[Callable[[Live], None], ...] = (
    the_probe_logs_in,
    a_ticket_reads_as_its_customer_wrote_it,
    a_note_is_internal_and_written_once,
    tags_of_others_stay_and_only_ours_go,
    a_ticket_is_handed_over_open_and_nobodys,
    a_reading_that_is_old_is_refused,
    the_change_feed_tells_of_it,
    articles_are_listed,
    changed_articles_are_as_they_are_listed,
    saved_replies_are_listed,
    a_dry_run_of_the_set_up_changes_nothing,
    files_of_strangers_are_not_read,
)
