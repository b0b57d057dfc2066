"""Between Zendesk's records and our words, without effects.

Facts: Zendesk's OpenAPI files, and answers recorded by the zenpy project.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.errors import Rejected, VendorBroken
from connectors.marks import mark_in_note, mark_note
from connectors.records import iso_time, utc
from connectors.types import (
    Account,
    Article,
    Attachment,
    Change,
    Message,
    Person,
    Priority,
    Role,
    Status,
    Ticket,
)
from connectors.writing import SETTABLE, raises
from connectors.zendesk import wire

MARK = "understudy"
PART = "understudy_part"
NOTE = "note"
REPLY = "reply"
LONGEST_BODY = 64 * 1024  # bytes; Zendesk cuts the rest off without a word

_ROLES = {"end-user": Role.CUSTOMER, "agent": Role.AGENT, "admin": Role.AGENT}
_AUTOMATIC = frozenset({"rule", "system"})  # triggers, automations, the helpdesk itself
# "archived" and "scrubbed" appear in events only, "deleted" in exports.
_STATUSES = {
    "archived": Status.CLOSED,
    "deleted": Status.GONE,
    "scrubbed": Status.GONE,
    **{status.value: status for status in Status},
}


def ticket_from_zendesk(
    answer: wire.TicketAnswer,
    comments: Sequence[wire.Comment],
    users: Mapping[str, wire.User],
    base_url: str,
) -> Ticket:
    """Turn a ticket, its comments and their authors into ours."""
    raw = answer.ticket
    status = _STATUSES.get(raw.status.casefold())
    if status is None:
        raise VendorBroken(f"Zendesk answered with a status we do not know: {raw.status[:40]}")
    known = {**wire.by_id(answer.users or ()), **users}
    requester = _person(raw.requester_id or "", known, Role.CUSTOMER)
    groups = {group.id: group.name for group in answer.groups or ()}
    organizations = {item.id: item for item in answer.organizations or ()}
    organization = organizations.get(raw.organization_id or "")
    return Ticket(
        id=raw.id,
        subject=raw.raw_subject or raw.subject or "",
        status=status,
        revision=raw.updated_at,
        requester=requester,
        messages=tuple(
            message_from_zendesk(comment, known, requester.id)
            for comment in sorted(comments, key=lambda item: utc(item.created_at))
        ),
        account=account(organization) if organization else None,
        priority=priority(raw.priority),
        tags=frozenset(raw.tags or ()),
        group=groups.get(raw.group_id or ""),
        assignee_id=raw.assignee_id,
        channel=_channel(raw.via),
        url=f"{base_url}/agent/tickets/{raw.id}",
        created_at=utc(raw.created_at) if raw.created_at else None,
        updated_at=stamp(raw.updated_at),
    )


def message_from_zendesk(
    comment: wire.Comment, users: Mapping[str, wire.User], requester_id: str
) -> Message:
    """Turn a comment into a message; whether it is ours is told by its mark, not by its author."""
    # An author that was deleted is in no list. Customers cannot write privately.
    unknown = Role.CUSTOMER if comment.public else Role.SYSTEM
    default = Role.CUSTOMER if comment.author_id == requester_id else unknown
    author = _person(comment.author_id, users, default)
    # plain_body is made for reading: `body` is Markdown or flattened HTML.
    text = comment.plain_body if comment.plain_body is not None else comment.body or ""
    automatic = (
        _channel(comment.via) in _AUTOMATIC
        or author.id.startswith("-")
        # Messaging and chat tickets open with the log's heading as a private comment.
        or (not comment.public and text.startswith("Conversation with "))
    )
    if automatic:
        author = Person(author.id, author.name, author.email, Role.SYSTEM, author.tags)
    return Message(
        id=comment.id,
        author=author,
        public=comment.public,
        text=text.strip(),
        html=comment.html_body or "",
        created_at=utc(comment.created_at),
        mark=_mark(comment, author, text),
        automatic=automatic,
        attachments=tuple(
            Attachment(file.file_name or "", file.content_type or "", file.size or 0)
            for file in comment.attachments or ()
        ),
    )


def person(user: wire.User, default: Role = Role.CUSTOMER) -> Person:
    """Turn a user into a person; roles that we do not know count as ``default``."""
    role = _ROLES.get((user.role or "").casefold(), default)
    return Person(
        user.id or "", user.name or "", user.email or "", role, frozenset(user.tags or ())
    )


def account(raw: wire.Organization) -> Account:
    """Turn an organization into an account; its plan is the organization field ``plan``, if any."""
    fields = {
        name: str(value)
        for name, value in (raw.organization_fields or {}).items()
        if value is not None and not isinstance(value, dict | list)
    }
    return Account(
        id=raw.id,
        name=raw.name or "",
        plan=fields.get("plan", ""),
        tags=frozenset(raw.tags or ()),
        fields=fields,
    )


def article_from_zendesk(raw: wire.Article, sections: Mapping[str, str]) -> Article:
    """Turn an article into ours; drafts and articles for a segment are not public.

    A translation has its article's id, so ours gets its language appended.
    """
    translated = raw.source_locale and raw.locale and raw.locale != raw.source_locale
    restricted = raw.draft or raw.user_segment_id is not None or bool(raw.user_segment_ids)
    moment = raw.edited_at or raw.updated_at
    return Article(
        id=f"{raw.id}-{raw.locale}" if translated else raw.id,
        title=raw.title or "",
        html=raw.body or "",
        url=raw.html_url or "",
        locale=(raw.locale or "").lower(),
        updated_at=utc(moment) if moment else None,
        public=not restricted,
        labels=raw.label_names or (),
        section=sections.get(raw.section_id or "", ""),
    )


def change_to_zendesk(
    ticket: Ticket, change: Change, key: str, group_id: str | None = None
) -> dict[str, Any]:
    """Build the one guarded update: comment, tags, priority, group and status together.

    ``change`` has a note or a reply, not both, since an update takes one comment.
    """
    body: dict[str, Any] = {
        "metadata": {MARK: key, PART: REPLY if change.reply is not None else NOTE},
        # Both are needed for a 409 when the ticket has moved on. The stamp stays the string that
        # Zendesk gave: zenpy sends datetimes as bare dates.
        "safe_update": True,
        "updated_stamp": ticket.revision,
    }
    if change.reply is not None or change.note is not None:
        body["comment"] = _comment(change, key)
    if change.tags - ticket.tags:
        # `tags` replaces the whole set; a tags call of its own would run every trigger again.
        body["tags"] = sorted(ticket.tags | change.tags)
    if raises(ticket.priority, change.priority):
        body["priority"] = str(change.priority)
    if group_id is not None:
        body["group_id"] = int(group_id)
    if change.status is not None and change.status is not ticket.status:
        if change.status not in SETTABLE:  # Zendesk itself answers 422
            raise Rejected(f"Zendesk does not let us set the status {change.status}")
        body["status"] = str(change.status)
    return body


def marked(metadata: Mapping[str, Any] | None) -> tuple[str | None, str | None]:
    """Read our key, and which part of a change it stands for, from a comment's or audit's metadata.

    ``custom`` is what an API caller with an agent's rights put there.
    """
    custom = (metadata or {}).get("custom")
    if not isinstance(custom, dict):
        return None, None
    key, part = custom.get(MARK), custom.get(PART)
    return (key if isinstance(key, str) else None), (part if isinstance(part, str) else None)


def priority(name: str | None) -> Priority | None:
    """Read a priority, which is lower-case in answers and upper-case in events."""
    value = (name or "").casefold()
    return Priority(value) if value in list(Priority) else None


def stamp(text: str) -> datetime:
    """Read ``updated_at``; raises ``VendorBroken``."""
    moment = iso_time(text)
    if moment is None:
        raise VendorBroken("Zendesk answered with nonsense: updated_at is no time")
    return moment


def _comment(change: Change, key: str) -> dict[str, Any]:
    # `public` is always sent: left out it means public, or whatever the first comment was.
    if change.reply is not None:
        comment = {"html_body": change.reply, "public": True}
    else:
        comment = {"html_body": mark_note(change.note or "", key), "public": False}
    if len(str(comment["html_body"]).encode()) > LONGEST_BODY:
        raise Rejected("the text is longer than the 64 KiB that a Zendesk comment holds")
    return comment


def _mark(comment: wire.Comment, author: Person, text: str) -> str | None:
    # Only staff can have marks: what a customer typed or sent is never taken for ours.
    if author.role is not Role.AGENT:
        return None
    key, _ = marked(comment.metadata)
    if key is None and not comment.public:
        return mark_in_note(text)
    return key


def _person(user_id: str, users: Mapping[str, wire.User], default: Role) -> Person:
    user = users.get(user_id)
    return person(user, default) if user else Person(user_id, role=default)


def _channel(via: wire.Via | None) -> str:
    return re.sub(r"\s+", "_", (via.channel or "") if via else "").lower()
