"""Our changes as updates of a Zendesk ticket, and what becomes of a refused one. Pure.

An update is a dict of the keys that ``PUT /tickets/{id}`` takes; whatever is in it takes effect
together, or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.errors import Rejected
from connectors.marks import mark_note
from connectors.types import OWN_TAG, Change, Ticket
from connectors.writing import SETTABLE, raises, unkept
from connectors.zendesk import wire
from connectors.zendesk.messages import MARK, NOTE, PART, REPLY
from connectors.zendesk.messaging import stamp_of
from connectors.zendesk.placeholders import broken

LONGEST_BODY = 64 * 1024  # bytes; Zendesk cuts the rest off without a word
# What decides who works on a ticket, and when: without it a message says the same.
ROUTING = ("status", "priority", "group_id", "assignee_id", "tags")
# A refusal may name a field otherwise than an update does.
_NAMES = {
    "custom_status": "status",
    "custom_status_id": "status",
    "group": "group_id",
    "assignee": "assignee_id",
    "current_tags": "tags",
}
_BASE = "base"  # a refusal of the whole: a field that is required where a ticket is solved
_WORDS = {"group_id": "group", "assignee_id": "assignee"}


def change_to_zendesk(
    ticket: Ticket, change: Change, key: str, group_id: str | None = None, bot_id: str = ""
) -> dict[str, Any]:
    """Build the one guarded update: comment, tags, priority, group, assignee and status together.

    ``change`` has a note or a reply, not both, since an update takes one comment. ``bot_id`` is
    the user that we act as: where it is the ticket's assignee, it can be released.
    """
    body: dict[str, Any] = {
        "metadata": {MARK: key, PART: REPLY if change.reply is not None else NOTE},
        # Both are needed for a 409 when the ticket has moved on. The stamp stays the string that
        # Zendesk gave: zenpy sends datetimes as bare dates.
        "safe_update": True,
        "updated_stamp": stamp_of(ticket.revision),
    }
    if change.reply is not None or change.note is not None:
        body["comment"] = _comment(change, key)
    tags = (ticket.tags - change.untag) | change.tags
    if tags != ticket.tags:
        # `tags` replaces the whole set; a tags call of its own would run every trigger again.
        body["tags"] = sorted(tags)
    if raises(ticket.priority, change.priority):
        body["priority"] = str(change.priority)
    if group_id is not None:
        body["group_id"] = int(group_id)
    if change.release and bot_id and ticket.assignee_id == bot_id:
        body["assignee_id"] = None
    if change.status is not None and change.status is not ticket.status:
        if change.status not in SETTABLE:  # Zendesk itself answers 422
            raise Rejected(f"Zendesk does not let us set the status {change.status}")
        body["status"] = str(change.status)
    return body


def says_something(update: Mapping[str, Any]) -> bool:
    """Tell whether an update has a comment, or only routes the ticket."""
    return "comment" in update


def without_refused(
    update: Mapping[str, Any], refused: Mapping[str, str], *, everything: bool = False
) -> tuple[dict[str, Any], list[str]]:
    """Take out of an update what a refusal blames: what is left, and the names of what is not.

    By the names of fields alone: the words of a refusal are in the account's language. A refusal
    of the whole is about the status, where one was asked: solving demands fields to be filled in.
    Where nothing can be told from it, and where ``everything`` is to go, all routing goes.
    """
    blamed = {_NAMES.get(name, name) for name in refused}
    if _BASE in blamed and "status" in update:
        blamed.add("status")
    dropped = [name for name in ROUTING if name in update and name in blamed]
    if everything or not dropped:
        dropped = [name for name in ROUTING if name in update]
    return {name: value for name, value in update.items() if name not in dropped}, dropped


def is_closed(update: Mapping[str, Any], refused: Mapping[str, str]) -> bool:
    """Tell whether a refusal is about the ticket's own status, which no update changes any more."""
    about_status = any(_NAMES.get(name, name) == "status" for name in refused)
    told = any("closed prevents ticket update" in reason for reason in refused.values())
    return told or (about_status and "status" not in update)


def told_of_refusal(dropped: list[str], refused: Mapping[str, str], why: str) -> str:
    """Say in a sentence what the helpdesk would not take."""
    names = " and ".join(_WORDS.get(name, name) for name in dropped)
    reason = " ".join(dict.fromkeys(filter(None, refused.values()))) or why
    return f"Zendesk would not set {names}, which stays as it was: {reason}"


def not_kept(update: Mapping[str, Any], answer: wire.Ticket) -> list[str]:
    """Say what an answered ticket does not show of what was asked."""
    told = unkept("Zendesk", update, answer)
    if "assignee_id" in update and answer.assignee_id is not None:
        told.append("Zendesk did not take the ticket from the bot")
    ours = sorted(set(answer.tags or ()) - set(update.get("tags", answer.tags or ())))
    if ours := [tag for tag in ours if tag.startswith(OWN_TAG)]:
        told.append(f"Zendesk did not take away the tags {', '.join(ours)}")
    return told


def _comment(change: Change, key: str) -> dict[str, Any]:
    # `public` is always sent: left out it means public, or whatever the first comment was.
    if change.reply is not None:
        comment = {"html_body": broken(change.reply), "public": True}
    else:
        html = mark_note(broken(change.note or ""), key)
        comment = {"html_body": html, "public": False}
    if len(str(comment["html_body"]).encode()) > LONGEST_BODY:
        raise Rejected("the text is longer than the 64 KiB that a Zendesk comment holds")
    return comment
