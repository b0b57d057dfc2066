"""The Zendesk connector: settings and wiring.

``webhook`` and ``mapping`` are pure, ``client`` reads, ``writer`` writes, ``setup`` creates what an
admin would, ``takedown`` removes it, ``probe`` looks at all of it; ``README.md`` is the admin's.
``guide`` reads the help centre, by ``pages`` and ``segments``, which are pure, as ``macros`` is.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator
from requests.auth import AuthBase

from connectors.articles import Article
from connectors.base import able
from connectors.config import NO_SECRET, ConnectorConfig, is_loopback, read_config, several
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
from connectors.zendesk import messaging, webhook, writer
from connectors.zendesk.auth import LIFETIME, SCOPE, ClientCredentials, api_token_auth
from connectors.zendesk.client import Client
from connectors.zendesk.limits import Limits
from connectors.zendesk.ping import ping
from connectors.zendesk.probe import probe
from connectors.zendesk.probe_user import Look
from connectors.zendesk.setup import Known, set_up
from connectors.zendesk.takedown import take_down

CAPABILITIES: Mapping[Feature, Capability] = {
    Feature.CONDITIONAL_WRITE: Capability(True, "by the stamp of the ticket's last change"),
    Feature.ATOMIC_WRITE: Capability(True, "one update"),
    Feature.MARKED_REPLY: Capability(True, "in the update's metadata"),
    Feature.PRIORITY: Capability(True, "raised, never lowered"),
    Feature.GROUPS: Capability(True, "groups, by name"),
    Feature.SIGNED_WEBHOOK: Capability(True, "HMAC-SHA256, refused when older than five minutes"),
    Feature.ARTICLES: Capability(True, "Guide; user segments say who may read what"),
    Feature.ARTICLE_EVENTS: Capability(True, "published and unpublished; edits are listed"),
    Feature.ARTICLE_CHANGES: Capability(True, "the help centre's incremental listing"),
    Feature.CANNED: Capability(True, "macros that write a comment"),
    Feature.PAGE_URL: Capability(True, "from a ticket field that you name, or a chat's first line"),
    Feature.WHOLE_HISTORY: Capability(True, "all comments, and a chat's messages"),
}


_FIELD_NUMBER = (
    "must be a ticket field's number, as Admin Center > Objects and rules > Tickets > Fields shows "
    "it (ID)"
)
_FIELD_KEY = re.compile(r"[\w-]{1,100}", re.ASCII)


class ZendeskConfig(ConnectorConfig):
    """One account's settings: ``ZENDESK_URL``, one way to log in, and the webhook's secret.

    ``webhook_secret`` may hold several, separated by commas: each webhook has its own.
    """

    client_id: str = ""
    client_secret: SecretStr = NO_SECRET
    email: str = ""
    api_token: SecretStr = NO_SECRET
    webhook_secret: SecretStr = NO_SECRET
    account_id: str = ""

    @field_validator("url")
    @classmethod
    def _named_host(cls, value: str) -> str:
        # zenpy joins a subdomain and a domain by a dot, so the host must have one.
        value = value.replace("://localhost", "://127.0.0.1", 1)
        if "." not in (urlsplit(value).hostname or ""):
            raise ValueError("must name a host with a dot, like acme.zendesk.com or 127.0.0.1")
        return value

    @field_validator("account_id")
    @classmethod
    def _number(cls, value: str) -> str:
        if value and not _is_number(value):
            raise ValueError("must be the account's number, as in the header X-Zendesk-Account-Id")
        return value

    @field_validator("page_field")
    @classmethod
    def _field_number(cls, value: str) -> str:
        if value and not _is_number(value):
            raise ValueError(_FIELD_NUMBER)
        return value

    @field_validator("ticket_fields")
    @classmethod
    def _field_numbers(cls, value: str) -> str:
        wrong = [name for name in value.split(",") if name.strip() and not _is_number(name.strip())]
        if wrong:
            raise ValueError(f"{wrong[0].strip()[:40]!r}: each {_FIELD_NUMBER}")
        return value

    @field_validator("plan_field")
    @classmethod
    def _field_key(cls, value: str) -> str:
        if value and not _FIELD_KEY.fullmatch(value):
            raise ValueError(
                "must be the key of an organization field, like plan, as Admin Center > People > "
                "Organization fields shows it"
            )
        return value

    @classmethod
    def faults_together(cls, values: Mapping[str, str]) -> Iterator[str]:
        """Demand one whole way to log in, and a secret that is one."""
        oauth = (values.get("client_id"), values.get("client_secret"))
        legacy = (values.get("email"), values.get("api_token"))
        if any(oauth) and any(legacy):
            yield "set CLIENT_ID and CLIENT_SECRET, or EMAIL and API_TOKEN, not both"
        elif not all(oauth) and not all(legacy):
            yield (
                "set both CLIENT_ID and CLIENT_SECRET (an OAuth client), "
                "or, while they last, both EMAIL and API_TOKEN"
            )
        public = webhook.TEST_SECRET in values.get("webhook_secret", "")
        if public and not is_loopback(values.get("url", "")):
            yield "WEBHOOK_SECRET is Zendesk's public test secret: anybody could sign with it"

    @property
    def legacy(self) -> bool:
        """Whether an API token is used."""
        return bool(self.email)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The webhook secrets."""
        return several(self.webhook_secret)


class Zendesk:
    """One Zendesk account; keeps ``connectors.base.Connector``."""

    def __init__(
        self,
        config: ZendeskConfig,
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
        """The account's base URL."""
        return self._config.url

    def verify(self, request: WebhookRequest) -> None:
        """Check signature, age and account of a delivery."""
        webhook.verify(request, self._config.secrets, self._config.account_id or None)

    def parse(self, request: WebhookRequest) -> list[Event]:
        """Tell what a verified delivery announces."""
        return webhook.parse(request, self._config.account_id or None)

    def retry_status(self) -> int:
        """409: Zendesk delivers again up to three times; after a plain 500 it does not."""
        return 409

    def ticket(self, ticket_id: str) -> Ticket:
        """Read a ticket with all its comments."""
        return self._client.ticket(ticket_id)

    def changed(self, cursor: str | None) -> Iterator[Page[TicketRef]]:
        """List changed tickets by the incremental export."""
        return self._client.changed(cursor)

    def articles(self, cursor: str | None) -> Iterator[Page[Article]]:
        """List the help centre, in every language, drafts and restricted articles too."""
        return self._client.articles(cursor)

    def article_changes(self, since: datetime) -> Iterator[Page[Article]]:
        """List articles that changed since then, by the help centre's incremental listing."""
        return self._client.article_changes(since)

    def canned(self) -> Iterator[Page[Article]]:
        """List the macros that write a comment."""
        return self._client.canned()

    def apply(self, ticket: Ticket, change: Change, key: str, *, again: bool = False) -> Receipt:
        """Write a change, once for each key."""
        return writer.apply(self._client, ticket, change, key, again=again)

    def written(self, ticket: Ticket, change: Change, key: str) -> bool:
        """Look for the mark: notes and replies both bear one."""
        return bears(ticket, key)

    def file_text(self, attachment: Attachment, limit: int) -> str:
        """Read a small file of text."""
        return self._client.files.text(attachment, limit)

    def ratings(self, ticket: Ticket) -> tuple[Rating, ...]:
        """List what the customer said: in the ticket itself, and in answers to surveys."""
        return (*ticket.ratings, *self._client.ratings(ticket))

    def delivery_doubt(self, ticket: Ticket) -> str:
        """Say why a reply may not reach the customer, by the channel that the ticket came in."""
        return messaging.delivery_doubt(ticket.channel)

    def history(self, since: datetime) -> Iterator[Page[PastTicket]]:
        """List what became of tickets, by the incremental export and Zendesk's own figures."""
        return self._client.history(since)

    def ping(self, now: datetime) -> WebhookRequest:
        """Make a delivery of an event that is none, signed with the first secret."""
        return ping(now, self._config.secrets, self._config.account_id)

    def set_up(self, webhook_url: str, *, dry_run: bool = False) -> Iterator[Step]:
        """Create the webhook and macros, with a token that is for this alone."""
        known = Known(self._config.secrets, self._config.account_id)
        return set_up(self._apart, webhook_url, known, dry_run=dry_run)

    def take_down(self, webhook_url: str, *, dry_run: bool = False) -> Iterator[Step]:
        """Remove webhook, triggers and macros of ours."""
        return take_down(self._apart, webhook_url, dry_run=dry_run)

    def probe(self, expected: Expected = NOTHING_EXPECTED) -> list[Finding]:
        """Tell what the set-up lacks."""
        # A token that was got before the settings changed would say that all is well.
        client, config = self._log_in(PrivateStore()), self._config
        return probe(Look(client, config, config.legacy, config.secrets, expected, self._now()))

    @cached_property
    def _client(self) -> Client:
        return self._log_in(self._shared)

    def _apart(self, scope: str, lifetime: int) -> Client:
        """Log in with a token that no other process gets to see."""
        return self._log_in(PrivateStore(), scope, lifetime)

    def _log_in(self, shared: Shared, scope: str = SCOPE, lifetime: int = LIFETIME) -> Client:
        config = self._config
        oauth = ClientCredentials(
            config.client_id,
            config.client_secret.get_secret_value(),
            shared,
            self._now,
            scope=scope,
            lifetime=lifetime,
        )
        auth: AuthBase = oauth
        if config.legacy:
            auth = api_token_auth(config.email, config.api_token.get_secret_value())
        session = HelpdeskSession(
            self.url,
            auth,
            vendor="Zendesk",
            sleep=self._sleep,
            now=self._now,
            # Counted by account, whoever logs in how: so it lies in the store of all processes.
            budget=Limits(self._shared, urlsplit(self.url).netloc, config.headroom),
        )
        oauth.bind(session, self.url)
        login = config.client_id or config.email
        return Client(config, session, shared, login, sleep=self._sleep, now=self._now)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def connect(account_key: str, environ: Mapping[str, str], shared: Shared | None = None) -> Zendesk:
    """Build the connector of one account; raises ``Misconfigured``. Nothing is sent yet."""
    return Zendesk(read_config(ZendeskConfig, account_key, environ), shared)
