"""What is written beside messages: tags, team and status. All of it may be written twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import HelpdeskError
from connectors.intercom import mapping, wire
from connectors.intercom.client import VENDOR, Client
from connectors.types import Change, Status, Ticket


@dataclass
class Attempt:
    """One call of ``apply``: what it writes, and what it found and wrote so far."""

    client: Client
    admin_id: str
    ticket: Ticket  # as it was read last
    change: Change
    key: str
    note_id: str | None = None
    reply_id: str | None = None
    wrote: bool = False
    revision: str = ""
    fallbacks: list[str] = field(default_factory=list)
    collisions: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        """Where the ticket is written."""
        return f"{mapping.path_of(self.ticket)}/{self.ticket.id}"

    @property
    def complete(self) -> bool:
        """Whether every message of the change is there."""
        return (self.change.note is None or self.note_id is not None) and (
            self.change.reply is None or self.reply_id is not None
        )


def route(attempt: Attempt) -> None:
    """Add the tags and assign the team; a refusal is told, what may pass is raised."""
    change, ticket = attempt.change, attempt.ticket
    there = {name.casefold() for name in ticket.tags}
    for name in sorted(change.tags):
        if name.casefold() not in there:
            with _told(attempt, f"{VENDOR} did not take the tag {name}"):
                _tag(attempt, name)
    if change.priority is not None:
        attempt.fallbacks.append(f"{VENDOR} lets no app set a priority; it stays as it is")
    if change.group and (change.group.casefold() != (ticket.group or "").casefold()):
        with _told(attempt, f"{VENDOR} did not assign the team {change.group!r}"):
            _assign(attempt, change.group)


def _tag(attempt: Attempt, name: str) -> None:
    client = attempt.client
    try:
        tag_id = client.tag_id(name)
        answer = client.post(f"{attempt.path}/tags", {"id": tag_id, "admin_id": attempt.admin_id})
    except HelpdeskError as error:
        # Permanent: the tag may have been deleted since its id was learned.
        if error.permanent:
            client.forget_tag(name)
        raise
    attempt.wrote = True
    wire.read(wire.Tag, answer)


def _assign(attempt: Attempt, group: str) -> None:
    team_id = attempt.client.team_id(group)
    if team_id is None:
        attempt.fallbacks.append(f"{VENDOR} has no team called {group!r}; the team stays as it is")
        return
    answer = _manage(
        attempt,
        {"message_type": "assignment", "type": "team", "assignee_id": team_id},
        {"assignee_id": team_id},
    )
    if answer.team_assignee_id != team_id:
        attempt.fallbacks.append(f"{VENDOR} did not assign the team {group!r}")


def set_status(attempt: Attempt) -> None:
    """Close what is to be solved; after the messages, for those may reopen it.

    By now all messages are out, so what fails is told and not raised: another attempt would find
    them and stop there.
    """
    wanted = attempt.change.status
    if wanted is None or wanted is attempt.ticket.status:
        return
    if wanted is Status.PENDING:
        # To snooze it would hide it from the team, to close it would count it as done.
        attempt.fallbacks.append(
            f"{VENDOR} has no status pending: the ticket stays open, and is shown as waiting for "
            "the customer since it was answered"
        )
        return
    if wanted is not Status.SOLVED:
        attempt.fallbacks.append(f"{VENDOR} has no status {wanted} that we could set")
        return
    try:
        answer = _manage(attempt, {"message_type": "close", "type": "admin"}, {"open": False})
    except HelpdeskError as error:
        attempt.fallbacks.append(f"the status is not solved: {error}")
        return
    if mapping.status_of(answer) is not Status.SOLVED:
        attempt.fallbacks.append(f"{VENDOR} did not set the status to solved")


def _manage(
    attempt: Attempt, of_conversation: dict[str, Any], of_ticket: dict[str, Any]
) -> wire.Thread:
    client = attempt.client
    if mapping.path_of(attempt.ticket) == "tickets":
        body = client.put(attempt.path, {**of_ticket, "admin_id": int(attempt.admin_id)})
    else:
        body = client.post(
            f"{attempt.path}/parts", {**of_conversation, "admin_id": attempt.admin_id}
        )
    attempt.wrote = True
    return wire.read(wire.Thread, body)


@contextmanager
def _told(attempt: Attempt, what: str) -> Iterator[None]:
    """Let a refusal pass, and say so: a note without its tag is better than none."""
    try:
        yield
    except HelpdeskError as error:
        if not error.permanent:
            raise
        attempt.fallbacks.append(f"{what}: {error}")
