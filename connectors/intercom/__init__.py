"""The Intercom connector: settings and wiring.

``webhook``, ``messages``, ``people``, ``ratings``, ``mapping``, ``articles``, ``past``, ``feed``,
``delivery`` and ``setup_plan`` are pure; ``client``, ``searches`` and ``help_centre`` read;
``writer``, ``routing`` and ``status`` write; ``probe``, ``recent`` and ``setup`` are about the
set-up; ``README.md`` is the admin's.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cached_property

from connectors.articles import Article
from connectors.base import able
from connectors.budget import Budget, Headers
from connectors.config import read_config
from connectors.files import Files
from connectors.http import HelpdeskSession, RateBudget, utc_now
from connectors.intercom import help_centre, probe, searches, setup, webhook, writer
from connectors.intercom.client import VENDOR, Bearer, Client
from connectors.intercom.delivery import delivery_doubt
from connectors.intercom.settings import IntercomConfig
from connectors.setup import NOTHING_EXPECTED, Expected, Finding, Step
from connectors.shared import PrivateStore, Shared
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

# Intercom has no secret for webhooks alone: the app's own signs them.
SIGNED_WITH = "CLIENT_SECRET"

CAPABILITIES: Mapping[Feature, Capability] = {
    Feature.CONDITIONAL_WRITE: Capability(
        False, "read again before a reply; what somebody wrote meanwhile is reported"
    ),
    Feature.ATOMIC_WRITE: Capability(
        False, "the note, then tags and team, the reply last; tickets do not tell their tags"
    ),
    Feature.MARKED_REPLY: Capability(
        False, "known again by author and text; in doubt never sent again"
    ),
    Feature.PRIORITY: Capability(False, "a tag says it, like understudy_priority_high"),
    Feature.GROUPS: Capability(True, "teams, by name"),
    Feature.SIGNED_WEBHOOK: Capability(
        True, "HMAC-SHA1; without a time in it, so a repetition is known by its id"
    ),
    Feature.ARTICLES: Capability(
        True, "Help Center in every language, those for users for these alone; internal articles"
    ),
    Feature.ARTICLE_EVENTS: Capability(False, "no topic is about articles; changes are listed"),
    Feature.ARTICLE_CHANGES: Capability(
        True,
        "the newest first; deletions, and a translation changed alone, when all is read",
    ),
    Feature.CANNED: Capability(True, "macros; those for some teams are for agents"),
    Feature.PAGE_URL: Capability(
        True, "the page that the Messenger was opened on; for the rest an attribute of yours"
    ),
    Feature.WHOLE_HISTORY: Capability(
        False, "the first and the newest 500; a draft says that others are missing"
    ),
}
# Where files lie, as Intercom's own pages name the hosts for a content security policy.
FILE_HOSTS = (
    "*.intercomcdn.com",
    "*.intercomcdn.eu",
    "intercom-attachments-[1-9].com",
    "*.intercom-attachments-[1-9].com",
    "*.intercom-attachments.eu",
    "*.au.intercom-attachments.com",
)
# The limits hold for ten seconds each (developers.intercom.com, rate limiting).
_LIMITS = Headers("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", window=10.0)


class Intercom:
    """One Intercom workspace; keeps ``connectors.base.Connector``."""

    def __init__(
        self,
        config: IntercomConfig,
        shared: Shared | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._config = config
        self._shared = PrivateStore() if shared is None else shared
        self._sleep = sleep
        self._now = now

    @property
    def supports(self) -> frozenset[Feature]:
        """What ``CAPABILITIES`` says."""
        return able(CAPABILITIES)

    @property
    def url(self) -> str:
        """The region's API host."""
        return self._config.url

    def verify(self, request: WebhookRequest) -> None:
        """Check the signature of a delivery."""
        webhook.verify(request, self._config.secrets)

    def parse(self, request: WebhookRequest) -> list[Event]:
        """Tell what a verified delivery announces, if it is of this workspace."""
        return webhook.parse(request, self._config.app_id)

    def retry_status(self) -> int:
        """503: Intercom tries once more after a minute.

        A 410 would end the subscription, a 429 hold back all of its notifications.
        """
        return 503

    def ticket(self, ticket_id: str) -> Ticket:
        """Read a conversation, or a ticket of Intercom's, with the messages that it gives."""
        return self._client.ticket(ticket_id)

    def changed(self, cursor: str | None) -> Iterator[Page[TicketRef]]:
        """List changed conversations and customers' tickets by search."""
        return searches.changed(self._client, cursor)

    def articles(self, cursor: str | None) -> Iterator[Page[Article]]:
        """List the help centre in every language, drafts too, and internal articles."""
        return help_centre.articles(self._client, cursor)

    def article_changes(self, since: datetime) -> Iterator[Page[Article]]:
        """List articles that changed since then, newest change first."""
        return help_centre.article_changes(self._client, since)

    def canned(self) -> Iterator[Page[Article]]:
        """List the macros that hold a reply."""
        return help_centre.canned(self._client)

    def apply(self, ticket: Ticket, change: Change, key: str, *, again: bool = False) -> Receipt:
        """Write a change, once for each key."""
        return writer.apply(self._client, self._config.admin_id, ticket, change, key, again=again)

    def written(self, ticket: Ticket, change: Change, key: str) -> bool:
        """Look for the note by its mark, and for the reply by author and text."""
        return writer.written(ticket, change, key, self._config.admin_id)

    def file_text(self, attachment: Attachment, limit: int) -> str:
        """Read a small file of text, without our token: its address is signed."""
        return self._files.text(attachment, limit)

    def ratings(self, ticket: Ticket) -> tuple[Rating, ...]:
        """List the latest rating of the team's work and of Fin's, as the reading told them."""
        return ticket.ratings

    def delivery_doubt(self, ticket: Ticket) -> str:
        """Doubt everything but the Messenger: Intercom stores some replies without sending them."""
        return delivery_doubt(ticket)

    def history(self, since: datetime) -> Iterator[Page[PastTicket]]:
        """List what became of conversations and customers' tickets, by two searches."""
        return searches.history(self._client, since)

    def ping(self, now: datetime) -> WebhookRequest:
        """Make Intercom's own ping, signed with the first client secret."""
        return webhook.ping(now, self._config.app_id, self._config.secrets)

    def set_up(self, webhook_url: str, *, dry_run: bool = False) -> Iterator[Step]:
        """Make the agents' tags and the page's attribute; say how to do the rest by hand."""
        return setup.set_up(self._client, webhook_url, dry_run=dry_run)

    def take_down(self, webhook_url: str, *, dry_run: bool = False) -> Iterator[Step]:
        """Delete tags that nothing bears, archive our attribute, say what is left to people."""
        return setup.take_down(self._client, webhook_url, dry_run=dry_run)

    def probe(self, expected: Expected = NOTHING_EXPECTED) -> list[Finding]:
        """Tell what the set-up lacks."""
        return list(probe.findings(self._client, self._config, expected))

    @cached_property
    def _session(self) -> HelpdeskSession:
        budget: RateBudget = Budget(self._shared, self._name, _LIMITS, self._config.headroom)
        session = HelpdeskSession(
            self.url,
            Bearer(self._config.access_token.get_secret_value()),
            vendor=VENDOR,
            sleep=self._sleep,
            now=self._now,
            budget=budget,
        )
        # Without it the app's own version would apply, which an admin can change at any time.
        session.headers["Intercom-Version"] = self._config.version
        return session

    @cached_property
    def _client(self) -> Client:
        return Client(
            self._session,
            self._config,
            app_id=self._config.app_id,
            sleep=self._sleep,
            now=self._now,
        )

    @cached_property
    def _files(self) -> Files:
        return Files(self.url, self._session, FILE_HOSTS)

    @property
    def _name(self) -> str:
        # Workspaces share a host, not a budget.
        token = self._config.access_token.get_secret_value()
        return f"intercom:{hashlib.sha256(token.encode()).hexdigest()[:16]}"


def connect(account_key: str, environ: Mapping[str, str], shared: Shared | None = None) -> Intercom:
    """Build the connector of one workspace; raises ``Misconfigured``. Nothing is sent yet."""
    return Intercom(read_config(IntercomConfig, account_key, environ), shared)
