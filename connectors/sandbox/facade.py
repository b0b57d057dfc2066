"""What a vendor's folder adds to the sandbox: its API's routes and its webhooks' wire format.

``connectors.<kind>.sandbox`` has two functions: ``facade(environ) -> Facade`` and
``sandbox_environ(account_key, base_url, environ) -> dict[str, str]``, the variables that point
that kind's connector at a sandbox. A façade keeps nothing that must outlive the process, only
counts of calls: it translates between its vendor's requests and ``Helpdesk``, and between a
``Happening`` and the vendor's webhook. What
not every vendor has, a façade inherits from ``FacadeDefaults``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flask import Blueprint, Response

from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Attempt, Delivery, Happening, PageTurned


@dataclass(frozen=True, slots=True)
class Announcement:
    """A webhook to send.

    ``event`` is what the body calls it, ``invocation`` what all attempts share, ``kind`` the
    vendor's word for what happened. ``url`` is where it goes, "" for where all do: an address that
    was named through the vendor's API goes before the one that the sandbox was started with.
    """

    event: str
    invocation: str
    kind: str
    ticket_id: int  # 0 where it is about none
    body: str
    url: str = ""


class Facade(Protocol):
    """One vendor's face on the helpdesk."""

    @property
    def agent_path(self) -> str:
        """Where the vendor shows a ticket to an agent, like ``/agent/tickets/<int:number>``."""

    def blueprint(self, desk: Helpdesk) -> Blueprint:
        """The vendor's API. Faults are put before it and calls are logged outside it."""

    @property
    def attempt_seconds(self) -> float:
        """How long the vendor waits for the answer to a webhook."""

    @property
    def merge_tags(self) -> tuple[str, ...]:
        """Tags that the vendor puts on a ticket that was merged into another."""

    def greeting(self) -> Announcement | None:
        """What the vendor sends first to a webhook's address, before anything has happened."""

    def announce(self, happenings: Sequence[Happening], desk: Helpdesk) -> list[Announcement]:
        """The webhooks that the vendor sends of one edit."""

    def announce_pages(self, turned: Sequence[PageTurned], desk: Helpdesk) -> list[Announcement]:
        """The webhooks that the vendor sends of changed articles."""

    def headers(self, delivery: Delivery, at: datetime) -> Mapping[str, str]:
        """The headers of one attempt at this moment, the signature among them."""

    def again(self, attempts: Sequence[Attempt], retry_after: float | None) -> float | None:
        """Seconds until the vendor's next attempt, ``None`` where it gives up."""

    def refusal(self, status: int, *, retry_after: int | None, plain: bool) -> Response:
        """A 429 or 5xx in the vendor's words, or as ``plain`` text."""

    def conflict(self) -> Response | None:
        """The vendor's own 409 to a write that met another one; ``None`` where it has no such."""

    def ticket_of(self, path: str) -> int | None:
        """The ticket that an API path is about."""

    def write(self, method: str, path: str) -> bool:
        """Whether this call changes a ticket."""


class FacadeDefaults:
    """What a façade has nothing of its own to say about.

    It gives ``ticket_path``, whose first group is the number of the ticket that a path is about.
    """

    ticket_path: re.Pattern[str]
    attempt_seconds: float = 30.0  # where the vendor publishes none
    merge_tags: tuple[str, ...] = ()

    def greeting(self) -> Announcement | None:
        """Nothing is sent before something has happened."""
        return None

    def announce_pages(self, turned: Sequence[PageTurned], desk: Helpdesk) -> list[Announcement]:
        """Nobody is told of articles."""
        return []

    def conflict(self) -> Response | None:
        """Writes never meet each other."""
        return None

    def ticket_of(self, path: str) -> int | None:
        """The ticket in a path; it may be none that there is."""
        found = self.ticket_path.match(path)
        return int(found[1]) if found else None

    def write(self, method: str, path: str) -> bool:
        """Whether this call changes a ticket: one that is about a ticket and does not only read."""
        return method in {"PUT", "POST", "DELETE"} and self.ticket_of(path) is not None
