"""Whether we may read what we work on, and what else is at work in the same account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import partial

from connectors.errors import AuthFailed, HelpdeskError, NotFound, Rejected
from connectors.probing import looked, named, reads
from connectors.records import Record
from connectors.setup import Finding
from connectors.zendesk import wire
from connectors.zendesk.messaging import channel_of, messaging_channel
from connectors.zendesk.probe_user import Look
from connectors.zendesk.ratings import LISTING as SURVEYS

_PAGE = 100
_AI_DAYS = timedelta(days=14)
_EXPORT = "incremental/tickets/cursor"


class _Newest(Record):
    tickets: tuple[wire.Ticket, ...]


class _Groups(Record):
    groups: tuple[wire.Group, ...]


class _Field(Record):
    id: str
    key: str | None = None
    title: str | None = None
    active: bool = True


class _TicketFields(Record):
    ticket_fields: tuple[_Field, ...]


class _OrganizationFields(Record):
    organization_fields: tuple[_Field, ...]


def content(look: Look) -> Iterator[Finding]:
    """Tell what can be read, what settings name and is not there, and who else answers."""
    tickets, finding = permissions(look)
    yield finding
    yield groups(look)
    yield from fields(look)
    yield change_feed(look)
    yield ratings(look)
    yield other_bots(look)
    yield messaging(tickets)


def permissions(look: Look) -> tuple[Sequence[wire.Ticket], Finding]:
    """Read one of each kind of record; gives the newest tickets, for who wants to look at them."""
    check = "zendesk permissions"
    tickets: list[wire.Ticket] = []
    failed: list[str] = []

    def newest() -> None:
        body = look.client.get("tickets", {"sort": "-updated_at", "page[size]": _PAGE})
        tickets.extend(wire.read(_Newest, body).tickets)

    def history() -> None:
        if tickets:  # ticket audits need the global scope "read"; tickets:read is refused
            look.client.get(f"tickets/{tickets[0].id}/audits", {"page[size]": 1})

    organizations = partial(look.client.get, "organizations", {"page[size]": 1})
    tries: dict[str, Callable[[], object]] = {
        "tickets": newest,
        "their history": history,
        "organizations": organizations,
    }
    for what, read in tries.items():
        try:
            read()
        except HelpdeskError as error:
            failed.append(f"{what} ({str(error).rstrip('.')})")
    untried = "Writing was not tried, so as to change nothing."
    if failed:
        message = f"Cannot be read: {', '.join(failed)}. {untried}"
        remedy = (
            "Make the bot's user an admin, or an agent who may see all tickets and customers; "
            "let the OAuth client ask for read."
        )
        return tickets, Finding(check, ok=False, message=message, remedy=remedy)
    message = f"Tickets, their history and organizations can be read. {untried}"
    return tickets, Finding(check, ok=True, message=message)


def groups(look: Look) -> Finding:
    """Tell whether the groups that rules name are there."""
    check = "zendesk groups"

    def compare() -> Finding:
        found: list[str] = []
        for body in look.client.pages("groups", {}):
            listed = wire.read(_Groups, body).groups
            found += [group.name for group in listed if not group.deleted]
        return named(check, "groups", found, look.expected.groups)

    remedy = "Let the bot's user see groups; until then a handoff stays in the group where it is."
    return looked(check, compare, remedy)


def fields(look: Look) -> Iterator[Finding]:
    """Tell whether the fields that settings name are there."""
    config = look.config
    wanted = {"ZENDESK_PAGE_FIELD": [config.page_field] if config.page_field else []}
    wanted["ZENDESK_TICKET_FIELDS"] = list(config.shown_fields)
    if any(wanted.values()):
        check = "zendesk ticket fields"
        where = "Admin Center > Objects and rules > Tickets > Fields has each field's ID."
        yield looked(check, partial(_ticket_fields, look, check, wanted, where), where)
    if config.plan_field:
        check = "zendesk organization field"
        where = "Admin Center > People > Configuration > Organization fields has each key."
        yield looked(check, partial(_plan_field, look, check, where), where)


def _ticket_fields(look: Look, check: str, wanted: dict[str, list[str]], where: str) -> Finding:
    there: dict[str, _Field] = {}
    for body in look.client.pages("ticket_fields", {}):
        there |= {each.id: each for each in wire.read(_TicketFields, body).ticket_fields}
    active = {number for number, field in there.items() if field.active}
    missing = [
        f"{variable} names {number}"
        for variable, numbers in wanted.items()
        for number in numbers
        if number not in active
    ]
    if missing:
        message = f"{', '.join(missing)}, and there is no such active ticket field."
        return Finding(check, ok=False, message=message, remedy=where)
    titles = [there[number].title or number for numbers in wanted.values() for number in numbers]
    return Finding(check, ok=True, message=f"These fields are read: {', '.join(titles)}.")


def _plan_field(look: Look, check: str, where: str) -> Finding:
    key = look.config.plan_field
    for body in look.client.pages("organization_fields", {}):
        listed = wire.read(_OrganizationFields, body).organization_fields
        if any(field.key == key and field.active for field in listed):
            return Finding(check, ok=True, message=f"The plan is read from the field {key}.")
    message = f"ZENDESK_PLAN_FIELD names {key}, and organizations have no such active field."
    return Finding(check, ok=False, message=message, remedy=where)


def change_feed(look: Look) -> Finding:
    """Tell whether the change feed can be read; Zendesk documents it for admins only."""
    start = int((look.now - timedelta(minutes=2)).timestamp())
    return reads(
        "zendesk change feed",
        lambda: look.client.get(_EXPORT, {"start_time": start, "per_page": 1}),
        "The incremental export can be read.",
        "Make the bot's user an admin, or give its role the right to export; until then a lost "
        "webhook is not noticed and nothing is learned from what agents send.",
    )


def ratings(look: Look) -> Finding:
    """Tell whether what customers say about answers can be read; we can do without."""
    check = "zendesk satisfaction"

    def read() -> Finding:
        # An account has ratings of the older kind or surveys, never both.
        try:
            look.client.get("satisfaction_ratings", {"page[size]": 1})
        except (AuthFailed, NotFound, Rejected):
            look.client.get(SURVEYS, {"page[size]": 1})
        return Finding(check, ok=True, message="Customers' ratings can be read.")

    remedy = (
        "If your plan has satisfaction surveys, turn them on (Admin Center > Objects and rules > "
        "Customer satisfaction) and let the bot's user read them: bad ratings hold answers back."
    )
    return looked(check, read, remedy, ok=True)


def other_bots(look: Look) -> Finding:
    """Tell whether Zendesk's own AI agents answer here, too; the export tells their tickets."""
    check = "zendesk other bots"

    def read() -> Finding:
        start = int((look.now - _AI_DAYS).timestamp())
        ask: wire.Params = {"start_time": start, "support_type_scope": "ai_agent", "per_page": 1}
        if not wire.read(_Newest, look.client.get(_EXPORT, ask)).tickets:
            message = "No AI agent of Zendesk's was seen in the last 14 days."
            return Finding(check, ok=True, message=message)
        message = "Zendesk's own AI agents answered tickets in the last 14 days."
        remedy = (
            "Decide who answers what: let the AI agents work in channels that Understudy is not "
            "told of, or turn them off (Admin Center > AI > AI agents)."
        )
        # Two that draft are a nuisance; two that answer the customer contradict each other.
        return Finding(check, ok=not look.expected.sends, message=message, remedy=remedy)

    return looked(check, read, "Only admins may read the export that tells.", ok=True)


def messaging(tickets: Iterable[wire.Ticket]) -> Finding:
    """Tell whether customers write by messaging, where delivery has to be seen first. Pure."""
    check = "zendesk messaging"
    channels = Counter(channel_of(ticket) for ticket in tickets)
    used = {name: count for name, count in channels.items() if messaging_channel(name)}
    if not used:
        return Finding(check, ok=True, message="The newest tickets came by no chat channel.")
    listed = ", ".join(f"{name}: {count}" for name, count in sorted(used.items()))
    message = f"Customers write by messaging ({listed}). There, replies stay drafts."
    remedy = (
        "Once you have seen a reply of the bot arrive in the chat, say so: understudy doctor "
        "--verify-delivery <ticket>."
    )
    return Finding(check, ok=True, message=message, remedy=remedy)
