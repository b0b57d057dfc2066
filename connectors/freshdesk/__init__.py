"""The Freshdesk connector: settings and wiring.

``webhook``, ``mapping``, ``articles``, ``customers``, ``fields``, ``attachments``, ``ratings``,
``delivery``, ``codes`` and ``feed`` are pure; ``client``, ``people``, ``history``, ``solutions``
and ``canned`` read; ``writer``, ``writing``, ``routing`` and ``afterwards`` write; ``setting_up``
and ``probe`` are for admins, and so is ``README.md``.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator
from requests.auth import HTTPBasicAuth

from connectors.articles import Article
from connectors.base import able
from connectors.budget import Budget, Headers
from connectors.config import NO_SECRET, ConnectorConfig, is_loopback, read_config, several
from connectors.errors import Unsupported
from connectors.freshdesk import delivery, probe, setting_up, webhook, writer
from connectors.freshdesk.client import Client
from connectors.freshdesk.writing import sent_reply
from connectors.http import HelpdeskSession, utc_now
from connectors.marks import bears
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

CAPABILITIES: Mapping[Feature, Capability] = {
    Feature.CONDITIONAL_WRITE: Capability(
        False, "read again before and after; what others did is told, a lost tag put back"
    ),
    Feature.ATOMIC_WRITE: Capability(False, "the note, then the routing, the reply last"),
    Feature.MARKED_REPLY: Capability(
        False, "known again by author and text; in doubt never sent again"
    ),
    Feature.PRIORITY: Capability(True, "raised, never lowered"),
    Feature.GROUPS: Capability(True, "groups, by name"),
    Feature.SIGNED_WEBHOOK: Capability(
        False, "a secret in a header or as password; only the ticket's id is believed"
    ),
    Feature.ARTICLES: Capability(
        True, "solutions in every language; folders for some only for those, as far as it is told"
    ),
    Feature.ARTICLE_EVENTS: Capability(False, "the solutions are read again and again"),
    Feature.ARTICLE_CHANGES: Capability(
        False,
        "all is read: a call for each category, each folder, and each further language of a folder",
    ),
    Feature.CANNED: Capability(
        True, "canned responses, with an admin's key; for agents, or from folders that you name"
    ),
    Feature.PAGE_URL: Capability(
        True, "by a ticket field that your form fills in; without one, the customer is asked"
    ),
    Feature.WHOLE_HISTORY: Capability(True, "all conversations"),
}
# For each minute and account, all keys together; no header tells when the minute began.
BUDGET = Headers(total="x-ratelimit-total", remaining="x-ratelimit-remaining", window=60.0)
_NAMED = re.compile(r"https://[a-z0-9][a-z0-9-]*\.freshdesk\.com")


class FreshdeskConfig(ConnectorConfig):
    """One account's settings: ``FRESHDESK_URL``, the bot's key, and the webhook's secret.

    ``webhook_secret`` may hold several, separated by commas, all valid at once.
    ``canned_folders`` names the folders of canned responses that customers are answered from.
    """

    api_key: SecretStr
    webhook_secret: SecretStr = NO_SECRET
    canned_folders: str = ""

    @field_validator("url")
    @classmethod
    def _own_host(cls, value: str) -> str:
        # Domains of a portal's own (CNAME) do not serve the API; and a host that is not
        # Freshdesk's must not get the key.
        if is_loopback(value):
            return value
        value = value.lower()
        if not _NAMED.fullmatch(value):
            raise ValueError("must be https://<name>.freshdesk.com, not a domain of your own")
        return value

    @property
    def secrets(self) -> tuple[str, ...]:
        """The webhook secrets."""
        return several(self.webhook_secret)

    @property
    def shared_folders(self) -> frozenset[str]:
        """The folders of canned responses that are answered from, in lower case."""
        names = (name.strip().casefold() for name in self.canned_folders.split(","))
        return frozenset(name for name in names if name)


class Freshdesk:
    """One Freshdesk account; keeps ``connectors.base.Connector``."""

    def __init__(
        self,
        config: FreshdeskConfig,
        shared: Shared | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = utc_now,
        invent: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        self._invent = invent
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
        """The account's base URL."""
        return self._config.url

    def verify(self, request: WebhookRequest) -> None:
        """Check the secret of a delivery."""
        webhook.verify(request, self._config.secrets)

    def parse(self, request: WebhookRequest) -> list[Event]:
        """Tell what a verified delivery announces."""
        return webhook.parse(request, self.url)

    def retry_status(self) -> int:
        """503: Freshdesk delivers again after anything but a 2xx."""
        return 503

    def ticket(self, ticket_id: str) -> Ticket:
        """Read a ticket with all its conversations."""
        return self._client.ticket(ticket_id)

    def changed(self, cursor: str | None) -> Iterator[Page[TicketRef]]:
        """List changed tickets by ``updated_since``."""
        return self._client.changed(cursor)

    def articles(self, cursor: str | None) -> Iterator[Page[Article]]:
        """List the solutions in every language, drafts and restricted folders too."""
        return self._client.articles(cursor)

    def article_changes(self, since: datetime) -> Iterator[Page[Article]]:
        """List articles that changed since then; raises ``Unsupported``."""
        raise Unsupported("Freshdesk does not list changed articles apart")

    def canned(self) -> Iterator[Page[Article]]:
        """List the canned responses: none, where the key is no admin's and no folder is named."""
        return self._client.canned(self._config.shared_folders)

    def apply(self, ticket: Ticket, change: Change, key: str, *, again: bool = False) -> Receipt:
        """Write a change, once for each key."""
        return writer.apply(self._client, ticket, change, key, again=again)

    def written(self, ticket: Ticket, change: Change, key: str) -> bool:
        """Look for the note's mark, and for the reply by author and text.

        The author is known from the reading: who has read no ticket knows of no reply.
        """
        bot_id = self._client.people.bot_id
        return bears(ticket, key) or sent_reply(ticket, change, bot_id) is not None

    def file_text(self, attachment: Attachment, limit: int) -> str:
        """Read a small file of text."""
        return self._client.file_text(attachment, limit)

    def ratings(self, ticket: Ticket) -> tuple[Rating, ...]:
        """List what the customer told surveys about a ticket."""
        return self._client.ratings(ticket.id)

    def delivery_doubt(self, ticket: Ticket) -> str:
        """Say why a reply may not reach the customer: what is not answered by e-mail."""
        return delivery.doubt(ticket)

    def history(self, since: datetime) -> Iterator[Page[PastTicket]]:
        """List what became of tickets, by their ``stats`` and the surveys."""
        return self._client.history(since)

    def ping(self, now: datetime) -> WebhookRequest:
        """Make a delivery with the first secret."""
        return webhook.ping(self._config.secrets, now)

    def set_up(self, webhook_url: str, *, dry_run: bool = False) -> Iterator[Step]:
        """Invent a secret where there is none, and say how to make the rules by hand."""
        plan = setting_up.Plan(webhook_url, self._config.secrets, self._invent, dry_run=dry_run)
        return setting_up.set_up(self._anew, plan)

    def take_down(self, webhook_url: str, *, dry_run: bool = False) -> Iterator[Step]:
        """Say which rules are to be deleted by hand."""
        return setting_up.take_down(self._anew, webhook_url)

    def probe(self, expected: Expected = NOTHING_EXPECTED) -> list[Finding]:
        """Tell what the set-up lacks."""
        config = self._config
        told = (config.secrets, expected, self._now())
        return probe.findings(self._anew, config, *told, shared=config.shared_folders)

    @property
    def _anew(self) -> Client:
        # What was kept before the settings changed would say that all is well.
        return self._log_in(PrivateStore())

    @cached_property
    def _client(self) -> Client:
        return self._log_in(self._shared)

    def _log_in(self, shared: Shared) -> Client:
        # The password may be anything.
        key = self._config.api_key.get_secret_value()
        # The budget is the account's; who the bot is, and what it may see, is the key's.
        name = f"freshdesk:{urlsplit(self.url).netloc}"
        account = f"{name}:{hashlib.sha256(key.encode()).hexdigest()[:16]}"
        session = HelpdeskSession(
            self.url,
            HTTPBasicAuth(key.encode(), b"X"),
            vendor="Freshdesk",
            sleep=self._sleep,
            now=self._now,
            budget=Budget(self._shared, name, BUDGET, self._config.headroom),
        )
        return Client(
            self._config, session, shared, account=account, now=self._now, sleep=self._sleep
        )


def connect(
    account_key: str, environ: Mapping[str, str], shared: Shared | None = None
) -> Freshdesk:
    """Build the connector of one account; raises ``Misconfigured``. Nothing is sent yet."""
    return Freshdesk(read_config(FreshdeskConfig, account_key, environ), shared)
