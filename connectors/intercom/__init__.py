"""The Intercom connector: settings and wiring.

``webhook``, ``messages``, ``mapping`` and ``feed`` are pure, ``client`` reads, ``writer`` and
``routing`` write, ``probe`` looks at the set-up; ``README.md`` is the admin's.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Literal

from pydantic import SecretStr, field_validator

from connectors.base import able
from connectors.budget import Budget, Headers
from connectors.config import NO_SECRET, ConnectorConfig, is_loopback, read_config, several
from connectors.errors import BadSignature
from connectors.http import HelpdeskSession, RateBudget, utc_now
from connectors.intercom import probe, webhook, writer
from connectors.intercom.client import HOSTS, VENDOR, Bearer, Client
from connectors.setup import NOTHING_EXPECTED, Expected, Finding, Step
from connectors.shared import PrivateStore, Shared
from connectors.types import (
    Article,
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
    Feature.ATOMIC_WRITE: Capability(False, "the note, then tags and team, the reply last"),
    Feature.MARKED_REPLY: Capability(
        False, "known again by author and text; in doubt never sent again"
    ),
    Feature.PRIORITY: Capability(False, "a tag says it, like understudy_priority_high"),
    Feature.GROUPS: Capability(True, "teams, by name"),
    Feature.SIGNED_WEBHOOK: Capability(
        True, "HMAC-SHA1; without a time in it, so a repetition is known by its id"
    ),
    Feature.ARTICLES: Capability(
        True, "Help Center; drafts and restricted articles are never used"
    ),
    Feature.PAGE_URL: Capability(True, "the page that the Messenger was opened on"),
    Feature.WHOLE_HISTORY: Capability(
        False, "the first and the newest 500; a draft says that others are missing"
    ),
}
# The limits hold for ten seconds each (developers.intercom.com, rate limiting).
_LIMITS = Headers("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", window=10.0)


class IntercomConfig(ConnectorConfig):
    """One workspace's settings: ``INTERCOM_URL``, token, client secret, and who the bot writes as.

    ``client_secret`` may hold several, separated by commas, so that one can be changed.
    """

    access_token: SecretStr
    client_secret: SecretStr = NO_SECRET
    admin_id: str
    version: Literal["2.15", "2.16"] = "2.15"
    app_id: str = ""

    @field_validator("url")
    @classmethod
    def _region(cls, value: str) -> str:
        if value not in HOSTS and not is_loopback(value):
            raise ValueError(f"must be the address of your region: {', '.join(HOSTS)}")
        return value

    @field_validator("access_token")
    @classmethod
    def _sendable(cls, value: SecretStr) -> SecretStr:
        # It goes into a header, which takes neither spaces nor letters beyond ASCII.
        token = value.get_secret_value()
        if not token.isascii() or not token.isprintable() or " " in token:
            raise ValueError("is no access token: it has a space or a strange character in it")
        return value

    @field_validator("admin_id")
    @classmethod
    def _number(cls, value: str) -> str:
        if not (value.isascii() and value.isdigit()):
            raise ValueError(
                "must be a teammate's number, as at the end of its address in Settings"
            )
        return value

    @property
    def secrets(self) -> tuple[str, ...]:
        """The client secrets."""
        return several(self.client_secret)


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
        return self._client.changed(cursor)

    def articles(self, cursor: str | None) -> Iterator[Page[Article]]:
        """List the help centre, in every language, drafts too."""
        return self._client.articles(cursor)

    def apply(self, ticket: Ticket, change: Change, key: str, *, again: bool = False) -> Receipt:
        """Write a change, once for each key."""
        return writer.apply(self._client, self._config.admin_id, ticket, change, key, again=again)

    def written(self, ticket: Ticket, change: Change, key: str) -> bool:
        """Look for the note by its mark, and for the reply by author and text."""
        return writer.written(ticket, change, key, self._config.admin_id)

    def file_text(self, attachment: Attachment, limit: int) -> str:
        """Read a small file of text."""
        return ""

    def ratings(self, ticket: Ticket) -> tuple[Rating, ...]:
        """List what the customer said about a ticket."""
        return ticket.ratings

    def delivery_doubt(self, ticket: Ticket) -> str:
        """Say why a reply may not reach the customer."""
        return ""

    def history(self, since: datetime) -> Iterator[Page[PastTicket]]:
        """List what became of tickets."""
        yield Page((), None)

    def ping(self, now: datetime) -> WebhookRequest:
        """Make a delivery that announces nothing."""
        raise BadSignature("no webhook secret is set")

    def set_up(self, webhook_url: str, *, dry_run: bool = False) -> Iterator[Step]:
        """Create what can be created."""
        yield from ()

    def take_down(self, webhook_url: str, *, dry_run: bool = False) -> Iterator[Step]:
        """Remove what was created."""
        yield from ()

    def probe(self, expected: Expected = NOTHING_EXPECTED) -> list[Finding]:
        """Tell what the set-up lacks."""
        config, client = self._config, self._client
        return [
            probe.account(client, config.app_id, config.version),
            probe.teammate(client, config.admin_id),
            probe.help_centre(client),
            probe.search(client, self._now()),
            probe.tickets(client, self._now()),
            probe.client_secret(bool(config.secrets)),
        ]

    @cached_property
    def _client(self) -> Client:
        token = self._config.access_token.get_secret_value()
        # Workspaces share a host, not a budget.
        name = f"intercom:{hashlib.sha256(token.encode()).hexdigest()[:16]}"
        budget: RateBudget = Budget(self._shared, name, _LIMITS)
        session = HelpdeskSession(
            self.url,
            Bearer(token),
            vendor=VENDOR,
            sleep=self._sleep,
            now=self._now,
            budget=budget,
        )
        # Without it the app's own version would apply, which an admin can change at any time.
        session.headers["Intercom-Version"] = self._config.version
        app_id = self._config.app_id
        return Client(self.url, session, app_id=app_id, sleep=self._sleep, now=self._now)


def connect(account_key: str, environ: Mapping[str, str], shared: Shared | None = None) -> Intercom:
    """Build the connector of one workspace; raises ``Misconfigured``. Nothing is sent yet."""
    return Intercom(read_config(IntercomConfig, account_key, environ), shared)
