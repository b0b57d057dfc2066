"""The inbox's list: what a row tells at a glance, the filters with their counts, the search."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.notes import NoteKind, waiting_note
from connectors.sandbox.records import Group, Message, Organization, Person, Ticket

FILTERS: Mapping[str, str] = {
    "all": "All",
    "needs": "Needs answer",
    "draft": "Draft ready",
    "handoff": "Handoff",
    "untouched": "Untouched",
    "solved": "Solved",
}
PAGE = 50  # rows at first, and more with each "Show more"
MOST = 10_000
SNIPPET = 110
_VIP = re.compile(r"(^|[_\W])vip($|[_\W])", re.IGNORECASE)
_WORD = re.compile(r'(?:(?P<key>[a-z]+):)?(?:"(?P<quoted>[^"]*)"|(?P<bare>\S+))', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Names:
    """Everybody and every team there is, read once for a page."""

    people: dict[int, Person]
    companies: Mapping[int, Organization]
    groups: Mapping[int, Group]
    me: Person  # the agent whom the page plays


def names_of(desk: Helpdesk) -> Names:
    """Read them."""
    return Names(
        people=desk.people(),
        companies={company.id: company for company in desk.store.all(Organization)},
        groups={group.id: group for group in desk.store.all(Group)},
        me=desk.agent,
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket in the list."""

    ticket: Ticket
    requester: Person
    company: Organization | None
    group: Group | None
    assignee: Person | None
    waiting: NoteKind | None  # what the bot left for an agent
    needs: bool  # a customer waits for a person's answer
    since: datetime | None  # since when
    last: Message  # the newest that the customer can read
    last_by: str
    news: int  # the newest message, where it is not by the agent on the page: what may be unread

    @property
    def vip(self) -> bool:
        """Whether a tag says that this customer is an important one."""
        tags = self.company.tags if self.company else ()
        return any(_VIP.search(tag) for tag in (*tags, *self.requester.tags))

    @property
    def shown_tags(self) -> list[str]:
        """The ticket's tags without the bot's own: those say what a row shows anyway."""
        return [tag for tag in self.ticket.tags if not tag.startswith("understudy_")]

    @property
    def snippet(self) -> str:
        """The beginning of the newest message, on one line."""
        text = " ".join(self.last.text.split())
        return text if len(text) <= SNIPPET else text[:SNIPPET] + " …"


def row_of(ticket: Ticket, names: Names) -> Row:
    """Gather what a row tells."""
    public = [each for each in ticket.messages if each.public] or list(ticket.messages)
    last, newest, since = public[-1], ticket.messages[-1], _since(ticket, names)
    requester = names.people[ticket.requester_id]
    company = ticket.organization_id or requester.organization_id or 0
    author = names.people[last.author_id]
    return Row(
        ticket=ticket,
        requester=requester,
        company=names.companies.get(company),
        group=names.groups.get(ticket.group_id or 0),
        assignee=names.people.get(ticket.assignee_id or 0),
        waiting=waiting_note(ticket, names.people),
        needs=since is not None and ticket.status in {"new", "open"} and not ticket.spam,
        since=since,
        last=last,
        last_by="You" if author == names.me else (author.name.split() or [author.email])[0],
        news=newest.id if newest.author_id != names.me.id else 0,
    )


def _since(ticket: Ticket, names: Names) -> datetime | None:
    """Tell since when the customer waits: the first message that nobody has replied to."""
    since = None
    for message in ticket.messages:
        if not message.public or message.kind != "message":
            continue
        if not names.people[message.author_id].staff:
            since = since or message.created_at
        elif not message.origin.automatic:
            since = None
    return since


def in_filter(row: Row, name: str) -> bool:
    """Whether a row belongs under a filter; a deleted ticket belongs under none."""
    status = row.ticket.status
    if status == "deleted":
        return False
    if name == "needs":
        return row.needs
    if name == "draft":
        return row.needs and row.waiting == "draft"
    if name == "handoff":
        return row.waiting == "handoff" and status not in {"solved", "closed"}
    if name == "untouched":
        return row.needs and row.waiting is None
    if name == "solved":
        return status in {"solved", "closed"}
    return True


def matches(row: Row, query: str) -> bool:
    """Whether a row has all words of a search.

    ``tag:vip``, ``priority:``, ``group:``, ``channel:``, ``status:`` and ``from:`` look at one
    thing and take its beginning; everything else is found anywhere in the ticket.
    """
    text = None
    for word in _WORD.finditer(query.casefold()):
        value = word["quoted"] if word["quoted"] is not None else word["bare"]
        found = _facets(row).get(word["key"] or "")
        if found is not None:
            if not any(each.casefold().startswith(value) for each in found):
                return False
            continue
        text = _text(row) if text is None else text
        if (f"{word['key']}:{value}" if word["key"] else value) not in text:
            return False
    return True


def _facets(row: Row) -> dict[str, tuple[str, ...]]:
    ticket = row.ticket
    return {
        "tag": (*ticket.tags, *(row.company.tags if row.company else ())),
        "priority": (ticket.priority or "",),
        "group": (row.group.name if row.group else "",),
        "channel": (ticket.origin.channel,),
        "status": (ticket.status,),
        "from": (row.requester.name, row.requester.email, row.company.name if row.company else ""),
    }


def _text(row: Row) -> str:
    ticket = row.ticket
    said = (message.text for message in ticket.messages)
    facets = (each for found in _facets(row).values() for each in found)
    return "\n".join((f"#{ticket.id}", ticket.subject, *facets, *said)).casefold()


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the list a page shows: its address says so."""

    filter: str = "all"
    query: str = ""
    show: int = PAGE

    def address(self, path: str, **other: str | int) -> str:
        """Write an address that keeps, or changes, what is shown."""
        wanted = {"filter": self.filter, "q": self.query, "show": self.show, **other}
        usual = {"filter": "all", "q": "", "show": PAGE}
        asked = {name: value for name, value in wanted.items() if value != usual.get(name)}
        return f"{path}?{urlencode(asked)}" if asked else path


def asked_for(args: Mapping[str, str]) -> Asked:
    """Read it from an address, whatever somebody may have written there."""
    name, show = args.get("filter", "all"), args.get("show", "")
    return Asked(
        filter=name if name in FILTERS else "all",
        query=" ".join(args.get("q", "")[:200].split()),
        show=min(max(int(show), PAGE), MOST) if show.isdecimal() and len(show) < 9 else PAGE,
    )


@dataclass(frozen=True, slots=True)
class Listing:
    """The list as a page shows it: newest first."""

    asked: Asked
    rows: Sequence[Row]  # those shown
    total: int  # how many there are under this filter
    counts: Mapping[str, int]  # of what the search finds, by filter
    tally: Mapping[str, int]  # of all tickets, whatever the search
    words: Sequence[str]  # what the search box proposes


def listing_of(rows: Sequence[Row], asked: Asked) -> Listing:
    """Filter, search, count and cut."""
    found = [row for row in rows if matches(row, asked.query)] if asked.query else rows
    kept = [row for row in found if in_filter(row, asked.filter)]
    kept.sort(key=lambda row: (row.last.created_at, row.last.id), reverse=True)
    return Listing(
        asked=asked,
        rows=kept[: asked.show],
        total=len(kept),
        counts=_tally(found),
        tally=_tally(rows),
        words=_words(rows),
    )


def _tally(rows: Sequence[Row]) -> dict[str, int]:
    return {name: sum(1 for row in rows if in_filter(row, name)) for name in FILTERS}


def _words(rows: Iterable[Row]) -> list[str]:
    found: dict[str, None] = {}
    for row in rows:
        for key in ("tag", "priority", "group", "channel"):
            for value in _facets(row)[key]:
                quoted = f'"{value}"' if " " in value else value
                found |= {f"{key}:{quoted}": None} if value else {}
    return sorted(found)
