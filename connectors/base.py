"""The contract between Understudy and a helpdesk: the protocol every connector keeps.

A connector is a folder ``connectors/<kind>/``; ``connectors.KINDS`` lists them. What is promised
here holds for every kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol

from connectors.articles import Article
from connectors.setup import NOTHING_EXPECTED, Expected, Finding, Step
from connectors.types import (
    Attachment,
    Capability,
    Change,
    Event,
    Feature,
    Page,
    PastTicket,
    Rating,
    Receipt,
    Ticket,
    TicketRef,
    WebhookRequest,
)


class Connector(Protocol):
    """One helpdesk account that can be read, written and listened to.

    Not thread-safe and not to be carried over a fork: build one for each process.
    """

    @property
    def supports(self) -> frozenset[Feature]:
        """What this helpdesk's API can do; ``CAPABILITIES`` of the kind's module says how."""

    @property
    def url(self) -> str:
        """The account's base URL."""

    def verify(self, request: WebhookRequest) -> None:
        """Check that the helpdesk sent this request; raises ``BadSignature``. Pure."""

    def parse(self, request: WebhookRequest) -> list[Event]:
        """Tell what a verified request announces; unknown kinds give ``[]``. Pure.

        Raises ``BadPayload``, with the ticket's id if it can still be recovered, and
        ``BadSignature`` where the body belongs to another account.
        """

    def retry_status(self) -> int:
        """The HTTP status that makes this vendor deliver again when we cannot store. Pure."""

    def ticket(self, ticket_id: str) -> Ticket:
        """Read a ticket with all its messages; raises ``NotFound`` and the transient errors.

        The revision handed out is fit to guard a write (``CONDITIONAL_WRITE``).
        """

    def changed(self, cursor: str | None) -> Iterator[Page[TicketRef]]:
        """List tickets changed since the cursor (``None``: from now on), oldest change first."""

    def articles(self, cursor: str | None) -> Iterator[Page[Article]]:
        """List the help centre; with ``None`` all of it, so that what is not listed is gone.

        A page's cursor leads to the page after it; the last page's is ``None``. There is nothing
        to save between two listings.
        """

    def article_changes(self, since: datetime) -> Iterator[Page[Article]]:
        """List articles that changed since then, in every language (``ARTICLE_CHANGES``).

        One that is no longer public comes as what it is now; one that was deleted may be missing,
        so that ``articles`` has to be listed from time to time all the same. A page's cursor is
        not to be saved: each call begins anew. Raises ``Unsupported`` without the feature.
        """

    def canned(self) -> Iterator[Page[Article]]:
        """List the replies that agents keep ready (``CANNED``), all of them.

        Those of single agents or groups are ``INTERNAL``, as is what is meant for notes. Raises
        ``Unsupported`` without the feature.
        """

    def apply(self, ticket: Ticket, change: Change, key: str, *, again: bool = False) -> Receipt:
        """Write a change so that it happens once for each key.

        ``ticket`` is a fresh reading; where it already bears the key, nothing is written and the
        receipt says ``found``. ``again`` says that an earlier attempt may have taken effect, and
        makes the connector look wherever its mark could be; a reply that can bear none, and of
        which it cannot be told whether it went out, is never sent again (``Rejected``). An
        internal note is never public, and where there is a reply, it is written last.
        Raises ``Conflict`` where the ticket moved on, ``Rejected`` where it takes no such change,
        or where somebody wrote in public since what a reply answers.
        """

    def written(self, ticket: Ticket, change: Change, key: str) -> bool:
        """Tell whether a reading shows something that this key has written. Pure.

        By its mark; where a reply can bear none (``MARKED_REPLY``), also by author and text.
        """

    def file_text(self, attachment: Attachment, limit: int) -> str:
        """Read a small file of text, at most ``limit`` characters; "" for any other file.

        Our credentials go to no other host than the account's, and nothing is read from a host
        that is not the vendor's. Never raises: a file that cannot be had is as good as none.
        """

    def ratings(self, ticket: Ticket) -> tuple[Rating, ...]:
        """List what the customer said about a ticket, of every kind that the vendor has."""

    def delivery_doubt(self, ticket: Ticket) -> str:
        """Say in a sentence why a reply of ours may not reach this ticket's customer. Pure.

        "" where nothing speaks against it. What raises no error is doubted all the same, where
        the vendor is known to store such replies without sending them.
        """

    def history(self, since: datetime) -> Iterator[Page[PastTicket]]:
        """List what became of the tickets that were created since then, for figures.

        A page's cursor is not to be saved: each call begins anew.
        """

    def ping(self, now: datetime) -> WebhookRequest:
        """Make a delivery, as the helpdesk would sign it, that announces nothing. Pure.

        Raises ``BadSignature`` where there is no secret to sign with.
        """

    def probe(self, expected: Expected = NOTHING_EXPECTED) -> list[Finding]:
        """Try all that we rely on and tell what the set-up lacks. Changes nothing.

        Where the credentials are refused, nothing else is tried.
        """

    def set_up(self, webhook_url: str, *, dry_run: bool = False) -> Iterator[Step]:
        """Create what the helpdesk lets an app create; say how to do the rest by hand.

        Idempotent: what is there already is kept, or mended. What fails is a step that says so.
        """

    def take_down(self, webhook_url: str, *, dry_run: bool = False) -> Iterator[Step]:
        """Remove what ``set_up`` created, and nothing that people made."""


def able(capabilities: Mapping[Feature, Capability]) -> frozenset[Feature]:
    """List the features that a kind's table of capabilities says it has."""
    return frozenset(feature for feature, found in capabilities.items() if found.able)
