"""What the tests of reading share: the fixtures' ticket and comments, changed, in our words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.types import Message, Ticket
from connectors.zendesk import ZendeskConfig, mapping, messages, wire
from connectors.zendesk.directory import Field
from connectors.zendesk.messages import Cast
from connectors.zendesk.messaging import Entry
from tests.connectors.zendesk.support import BASE, config, fixture

MAYA, TOM, BOT = "361000000001", "361000000002", "361000000003"
REGION, SEATS = "361000000401", "361000000402"


def comments() -> list[dict[str, Any]]:
    """The fixtures' four comments: Maya asks, a trigger, the bot's note, Tom answers."""
    first: list[dict[str, Any]] = fixture("comments_first")["comments"]
    return first + list(fixture("comments_last")["comments"])


def users() -> dict[str, wire.User]:
    raw = fixture("comments_first")["users"] + fixture("comments_last")["users"]
    return wire.by_id(wire.read(wire.User, user) for user in raw)


def read(
    answer: Mapping[str, Any] | None = None,
    said: Sequence[Mapping[str, Any]] | None = None,
    settings: ZendeskConfig | None = None,
    *,
    log: Sequence[Entry] | None = (),
    statuses: Mapping[str, str] | None = None,
    fields: Mapping[str, Field] | None = None,
) -> Ticket:
    """Map an answer and its comments; those of the fixtures where none are given."""
    around = mapping.Around(
        base_url=BASE,
        config=settings or config(),
        users=users(),
        statuses=statuses or {},
        fields=fields or {},
        log=log,
    )
    listed = comments() if said is None else said
    return mapping.ticket_from_zendesk(
        wire.read(wire.TicketAnswer, answer or fixture("ticket")),
        [wire.read(wire.Comment, comment) for comment in listed],
        around,
    )


def ticket(settings: ZendeskConfig | None = None, **changes: Any) -> Ticket:
    """Map the fixtures' ticket, changed."""
    body = fixture("ticket")
    body["ticket"] |= changes
    return read(body, settings=settings)


def message(
    *, requester: str = MAYA, messaging: bool = False, alone: bool = True, **changes: Any
) -> Message:
    """Map the bot's note, changed."""
    comment = fixture("comments_last")["comments"][0] | changes
    cast = Cast(config(), users(), requester, messaging, alone)
    return messages.message_from_zendesk(wire.read(wire.Comment, comment), cast)
