"""What happened to a ticket as Intercom tells it: its first message apart, then part after part.

Intercom keeps no audits: a reply, a note, an assignment, a close or a changed attribute is a part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.intercom.sandbox.look import html_of
from connectors.sandbox.records import Audit, FieldChange, Message, Person, Ticket

TICKET_CHANNEL = "form"  # what comes in by a form is an Intercom ticket
STATES = {
    **dict.fromkeys(("new", "open", "pending"), "open"),
    "hold": "snoozed",
    **dict.fromkeys(("solved", "closed", "deleted"), "closed"),
}
CATEGORIES = {
    "new": "submitted",
    **dict.fromkeys(("open", "hold"), "in_progress"),
    "pending": "waiting_on_customer",
    **dict.fromkeys(("solved", "closed", "deleted"), "resolved"),
}
_STATE_PARTS = {"open": "open", "snoozed": "snoozed", "closed": "close"}
_EXPECTATION = "The team will reply as soon as they can."
HIDDEN = "_"  # fields whose name begins so are the façade's own


@dataclass(frozen=True, slots=True)
class Part:
    """One entry; ``author_id`` is ``None`` where Intercom's own automation wrote it."""

    id: int
    kind: str
    at: datetime
    author_id: int | None
    state: str
    audit: Audit
    html: str | None = None
    message: Message | None = None
    change: FieldChange | None = None
    tags: tuple[str, ...] = ()

    @property
    def via_api(self) -> bool:
        """Whether an app wrote it."""
        return self.author_id is not None and self.audit.origin.channel == "api"


def is_ticket(ticket: Ticket) -> bool:
    """Whether Intercom would call this a ticket and not a conversation."""
    return ticket.origin.channel == TICKET_CHANNEL


def hidden(ticket: Ticket) -> bool:
    """Whether the API no longer knows it: deleted, or thrown out as spam."""
    return ticket.status == "deleted" or ticket.spam


def parts_of(ticket: Ticket, people: Mapping[int, Person]) -> list[Part]:
    """Everything after the first message, oldest first."""
    said: dict[int, list[Message]] = {}
    for message in ticket.messages[1:]:
        said.setdefault(message.audit_id, []).append(message)
    found: list[Part] = []
    status = "new"
    for place, audit in enumerate(ticket.audits):
        moves = [change for change in audit.changes if change.field == "status"]
        after = moves[-1].value if moves else status
        if place == 0:
            found += _welcome(ticket, audit)
        staff = people[audit.author_id].staff
        edit = _Edit(is_ticket(ticket), audit, staff, said.get(audit.id, []), status, after)
        found += edit.parts()
        _hang_tags(found, audit, ticket)
        status = after
    return found


def _welcome(ticket: Ticket, audit: Audit) -> Iterator[Part]:
    """What the Messenger adds by itself to a new chat; ids are the audit's, which nobody else has.

    As recorded in January 2026: collected attributes without a body, a promise with one.
    """
    if ticket.origin.channel != "chat":
        return
    for place, (kind, html) in enumerate(
        (
            ("attribute_collected", None),
            ("channel_and_reply_time_expectation", f"<p>{_EXPECTATION}</p>"),
        )
    ):
        yield Part(audit.id * 10 + place, kind, audit.created_at, None, "open", audit, html)


def _hang_tags(parts: list[Part], audit: Audit, ticket: Ticket) -> None:
    """Hang new tags on the newest part: that is what an agent tags in the inbox."""
    for change in audit.changes:
        if change.field != "tags" or not parts:
            continue
        added = [name for name in change.value if name not in change.previous]
        kept = tuple(name for name in added if name in ticket.tags)
        parts[-1] = replace(parts[-1], tags=(*parts[-1].tags, *kept))


@dataclass(frozen=True, slots=True)
class _Edit:
    """One audit on its way to parts."""

    of_ticket: bool
    audit: Audit
    staff: bool
    messages: Sequence[Message]
    before: str
    after: str

    @property
    def moved(self) -> bool:
        return STATES[self.before] != STATES[self.after]

    @property
    def closes(self) -> bool:
        return self.moved and STATES[self.after] == "closed"

    def parts(self) -> Iterator[Part]:
        spoken = ""
        for message in self.messages:
            part = self._spoken(message)
            spoken = part.kind
            yield part
        for change in self.audit.changes:
            kind = self._kind_of(change, spoken)
            if kind:
                yield self._part(change.id, kind, change=change)

    def _part(
        self,
        number: int,
        kind: str,
        *,
        message: Message | None = None,
        change: FieldChange | None = None,
    ) -> Part:
        return Part(
            number,
            kind,
            message.created_at if message else self.audit.created_at,
            None if self.audit.origin.automatic and self.staff else self.audit.author_id,
            STATES[self.after],
            self.audit,
            html=html_of(message) if message and message.kind != "feedback" else None,
            message=message,
            change=change,
        )

    def _spoken(self, message: Message) -> Part:
        return self._part(message.id, self._kind_said(message), message=message)

    def _kind_said(self, message: Message) -> str:
        if "part" in self.audit.metadata:
            return str(self.audit.metadata["part"])
        if message.kind == "feedback":
            return "conversation_rating_changed"
        if not message.public:
            return "note"
        if self.of_ticket:
            return "comment"
        if self.closes:
            return "close"  # a teammate closing with a message writes one part
        reopened = self.moved and STATES[self.after] == "open"
        return "open" if reopened and not self.staff else "comment"

    def _kind_of(self, change: FieldChange, spoken: str) -> str | None:
        if change.field == "status":
            return self._kind_of_move(spoken)
        if change.field in {"assignee_id", "group_id"}:
            if spoken == "assignment":
                return None
            opened = self.moved and STATES[self.after] == "open" and not spoken
            return "assign_and_reopen" if opened else "assignment"
        if change.field == "priority":
            return "priority_changed"
        known = change.field in {"subject", "tags", "merged_into", "spam"}
        return None if known or change.field.startswith(HIDDEN) else self._attribute_part

    @property
    def _attribute_part(self) -> str:
        return f"conversation_attribute_updated_by_{'admin' if self.staff else 'user'}"

    def _kind_of_move(self, spoken: str) -> str | None:
        if self.of_ticket:
            return f"ticket_state_updated_by_{'admin' if self.staff else 'workflow'}"
        kind = _STATE_PARTS[STATES[self.after]]
        assigned = any(each.field in {"assignee_id", "group_id"} for each in self.audit.changes)
        if not self.moved or spoken == kind or (kind == "open" and assigned and not spoken):
            return None
        return kind
