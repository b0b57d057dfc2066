"""The contract between Understudy and a helpdesk: the protocol every connector keeps.

A connector is a folder ``connectors/<kind>/``; ``connectors.KINDS`` lists them. What is promised
here holds for every kind.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from errno import EINVAL
from html import unescape
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, field_validator

from connectors.errors import Misconfigured
from connectors.types import (
    Article,
    Capability,
    Change,
    Event,
    Feature,
    Finding,
    Message,
    Page,
    Receipt,
    Ticket,
    TicketRef,
    WebhookRequest,
)

NO_SECRET = SecretStr("")
# RQ job ids allow letters, digits, "_" and "-"; Chroma names 3 to 63 of them: hence this grammar.
ACCOUNT_KEY = re.compile(r"[a-z][a-z0-9]{1,19}(-[a-z0-9]{1,12}){0,2}")


# A run's key as it stands in the reference line of a note.
_MARK_LINE = re.compile(r"Understudy ref ([0-9a-f]{16})\b")
_TAG = re.compile(r"<[^<>]*>")


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

    def probe(self) -> list[Finding]:
        """Try the credentials and tell what the set-up lacks. Changes nothing."""


class Shared(Protocol):
    """A small store that all processes of one installation share: access tokens, and such.

    It may forget anything at any time, and never raises: who finds nothing in it does without.
    """

    def get(self, name: str) -> str | None:
        """Give what lies under a name, unless it has expired."""

    def put(self, name: str, value: str, seconds: float) -> None:
        """Keep a value for so long."""

    def drop(self, name: str, value: str) -> None:
        """Forget a name if it still holds this value, and not what somebody put there since."""

    def lock(self, name: str, seconds: float) -> AbstractContextManager[None]:
        """Keep other processes out; who has waited for so long goes on without the lock.

        What it guards is done twice rarely, not never, and must bear that.
        """


class PrivateStore:
    """A ``Shared`` of one process: what a connector uses that was given none."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[str | None, float]] = {}
        self._locks: dict[str, threading.Lock] = {}

    def get(self, name: str) -> str | None:
        """Give what lies under a name, unless it has expired."""
        value, until = self._kept.get(name, (None, 0.0))
        return value if self._clock() < until else None

    def put(self, name: str, value: str, seconds: float) -> None:
        """Keep a value for so long."""
        self._kept[name] = (value, self._clock() + seconds)

    def drop(self, name: str, value: str) -> None:
        """Forget a name if it still holds this value."""
        if self.get(name) == value:
            self._kept.pop(name, None)

    @contextmanager
    def lock(self, name: str, seconds: float) -> Iterator[None]:
        """Keep other threads out for at most so long."""
        lock = self._locks.setdefault(name, threading.Lock())
        held = lock.acquire(timeout=seconds)
        try:
            yield
        finally:
            if held:
                lock.release()


def able(capabilities: Mapping[Feature, Capability]) -> frozenset[Feature]:
    """List the features that a kind's table of capabilities says it has."""
    return frozenset(feature for feature, found in capabilities.items() if found.able)


def mark_note(html: str, key: str) -> str:
    """Append the reference line by which we recognise our own internal note."""
    return f"{html}\n<p><small>Understudy ref {key}</small></p>"


def bears(ticket: Ticket, key: str) -> bool:
    """Tell whether any message of a ticket bears a key's mark."""
    return any(message.mark == key for message in ticket.messages)


def unmarked_reply(ticket: Ticket, change: Change, author_id: str) -> Message | None:
    """Find the public reply of a change that can bear no mark: by author, text and place.

    It stands after the message that the change answers, so that the same words sent at another
    time are not taken for it. White space and markup do not count: helpdesks rewrite both.
    """
    if change.reply is None:
        return None
    wanted = _words_of(change.reply)
    for message in reversed(ticket.messages):
        if message.id == change.answers:
            return None
        written = message.public and message.author.id == author_id
        if written and wanted in (_words_of(message.html), _words_of(message.text)):
            return message
    return None


def _words_of(html: str) -> str:
    return " ".join(re.findall(r"\w+", unescape(_TAG.sub(" ", html)))).casefold()


def mark_in_note(text: str) -> str | None:
    """Find the key in the text or HTML of an internal note written by staff.

    Never call it on what a customer wrote: anybody can type a reference line.
    """
    found = _MARK_LINE.findall(text)
    return found[-1] if found else None


class ConnectorConfig(BaseModel):
    """What every connector is configured by; each kind adds its own variables."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str

    @classmethod
    def faults_together(cls, values: Mapping[str, str]) -> Iterable[str]:
        """Find what is wrong with several variables together; ``values`` are as they were given.

        Not a pydantic validator of the whole: that one is silent while any single field is wrong.
        """
        return ()

    @field_validator("url")
    @classmethod
    def _https_or_loopback(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(value)):
            raise ValueError("must start with https:// (plain http only on loopback)")
        if not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("must be an address without a path: nothing after the host's name")
        return value.rstrip("/")


Config = TypeVar("Config", bound=ConnectorConfig)


def several(secrets: SecretStr) -> tuple[str, ...]:
    """Split secrets that are all valid at once, so that one can be replaced."""
    return tuple(secrets.get_secret_value().replace(",", " ").split())


def is_loopback(url: str) -> bool:
    """Tell whether a URL's host is this machine and nothing else."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def variable_prefix(account_key: str) -> str:
    """Name the prefix of an account's variables: ``zendesk-eu`` has ``ZENDESK_EU_``."""
    return account_key.upper().replace("-", "_") + "_"


def read_config(model: type[Config], account_key: str, environ: Mapping[str, str]) -> Config:
    """Read one account's settings from the environment; ``NAME_FILE`` names a file that holds it.

    Raises ``Misconfigured`` with all faults at once, each naming its variable; never a value.
    """
    prefix = variable_prefix(account_key)
    values, faults = read_variables(model.model_fields, environ, prefix)
    config = None
    try:
        config = model(**values)
    except ValidationError as error:
        faults += [_fault(prefix, item["loc"], item["msg"]) for item in error.errors()]
    faults += [_fault(prefix, (), fault) for fault in model.faults_together(values)]
    if faults or config is None:
        raise Misconfigured(faults)
    return config


def read_variables(
    fields: Iterable[str], environ: Mapping[str, str], prefix: str = ""
) -> tuple[dict[str, str], list[str]]:
    """Read the variable of each field; returns what is set, and a fault for each bad file."""
    values: dict[str, str] = {}
    faults: list[str] = []
    for field in fields:
        variable = prefix + field.upper()
        try:
            value = read_variable(variable, environ)
        except OSError as error:
            faults.append(f"{variable}_FILE: cannot be read ({error.strerror})")
            continue
        if value:
            values[field] = value
    return values, faults


def read_variable(name: str, environ: Mapping[str, str]) -> str:
    """Read ``NAME``, or the file that ``NAME_FILE`` points to; "" where neither is set.

    Raises ``OSError`` where there is no such file of text, with the reason in ``strerror``.
    """
    path = environ.get(f"{name}_FILE", "")
    if not path:
        return environ.get(name, "").strip()
    try:
        return Path(path).expanduser().read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise OSError(EINVAL, "not UTF-8 text") from None
    except (ValueError, RuntimeError) as error:  # a NUL in the path; ~ of an unknown user
        raise OSError(EINVAL, str(error)) from None


def _fault(prefix: str, location: tuple[int | str, ...], message: str) -> str:
    message = message.removeprefix("Value error, ")
    name = prefix + "_".join(str(part).upper() for part in location) if location else prefix + "*"
    if message == "Field required":
        message = "is missing"
    return f"{name}: {message}"
