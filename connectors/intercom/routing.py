"""What is written beside messages: tags and who has it. All of it may be written twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.errors import HelpdeskError, NotFound
from connectors.intercom import mapping, wire
from connectors.intercom.client import VENDOR, Client
from connectors.types import Change, Status, Ticket

NOBODY = "0"


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
    stands: Status | None = None  # where it stands by now, as answers to our writes told
    revision: str = ""
    fallbacks: list[str] = field(default_factory=list)
    collisions: list[str] = field(default_factory=list)

    @property
    def of_ticket(self) -> bool:
        """Whether it is written by the Tickets API."""
        return mapping.path_of(self.ticket) == "tickets"

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
    """Set tags, take our own away, assign; a refusal is told, what may pass is raised."""
    change, ticket = attempt.change, attempt.ticket
    # A ticket does not tell its tags: there each is put on, which changes nothing where it is.
    there = {name.casefold() for name in ticket.tags}
    for name in sorted(change.tags):
        if name.casefold() not in there:
            with _told(attempt, f"{VENDOR} did not take the tag {name}"):
                _tag(attempt, name)
    for name in sorted(change.untag):
        # Nobody can tell what a ticket is tagged with: there it is taken away in any case.
        if attempt.of_ticket or name.casefold() in there:
            with _told(attempt, f"{VENDOR} did not take the tag {name} away"):
                _untag(attempt, name)
    if change.priority is not None:
        attempt.fallbacks.append(f"{VENDOR} lets no app set a priority; it stays as it is")
    _assign(attempt)


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


def _untag(attempt: Attempt, name: str) -> None:
    client = attempt.client
    tag_id = client.known_tag(name)
    if tag_id is None:
        return
    # A tag that is not there is answered with 200 since 2026 (a change to the vendor's published
    # description, number 360), and with 404 before.
    with suppress(NotFound):
        client.delete(f"{attempt.path}/tags/{tag_id}", {"admin_id": attempt.admin_id})
        attempt.wrote = True


def _assign(attempt: Attempt) -> None:
    change, ticket = attempt.change, attempt.ticket
    group = change.group
    if change.release and ticket.assignee_id == attempt.admin_id:
        with _told(attempt, f"{VENDOR} did not take the ticket from the bot"):
            _release(attempt)
            if attempt.of_ticket and ticket.group:
                # A ticket has one assignee to unassign, be it a teammate or a team.
                ticket, group = replace(ticket, group=None), group or ticket.group
    if group and (group.strip().casefold() != (ticket.group or "").casefold()):
        with _told(attempt, f"{VENDOR} did not assign the team {group!r}"):
            _assign_team(attempt, group)


def _release(attempt: Attempt) -> None:
    answer = manage(
        attempt,
        {"message_type": "assignment", "type": "admin", "assignee_id": NOBODY},
        {"assignee_id": NOBODY},
    )
    if answer.admin_assignee_id == attempt.admin_id:
        attempt.fallbacks.append(f"{VENDOR} did not take the ticket from the bot")


def _assign_team(attempt: Attempt, group: str) -> None:
    team_id = attempt.client.team_id(group)
    if team_id is None:
        attempt.fallbacks.append(f"{VENDOR} has no team called {group!r}; the team stays as it is")
        return
    answer = manage(
        attempt,
        {"message_type": "assignment", "type": "team", "assignee_id": team_id},
        {"assignee_id": team_id},
    )
    if answer.team_assignee_id != team_id:
        attempt.fallbacks.append(f"{VENDOR} did not assign the team {group!r}")


def manage(
    attempt: Attempt, of_conversation: dict[str, Any], of_ticket: dict[str, Any]
) -> wire.Thread:
    """Do what has a call of its own for conversations, and is an update of a ticket."""
    client = attempt.client
    if attempt.of_ticket:
        body = client.put(attempt.path, {**of_ticket, "admin_id": int(attempt.admin_id)})
    else:
        body = client.post(
            f"{attempt.path}/parts", {**of_conversation, "admin_id": attempt.admin_id}
        )
    attempt.wrote = True
    answer = wire.read(wire.Thread, body)
    attempt.stands = mapping.status_of(answer)
    return answer


@contextmanager
def _told(attempt: Attempt, what: str) -> Iterator[None]:
    """Let a refusal pass, and say so: a note without its tag is better than none."""
    try:
        yield
    except HelpdeskError as error:
        if not error.permanent:
            raise
        attempt.fallbacks.append(f"{what}: {error}")
