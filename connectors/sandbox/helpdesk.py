"""The helpdesk's state and the only ways to change it; it knows no vendor."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors.sandbox.edits import Edit, Edited, NewMessage, evolve, second
from connectors.sandbox.library import Library
from connectors.sandbox.records import (
    Attachment,
    Audit,
    Group,
    Happening,
    Message,
    MessageKind,
    Organization,
    Origin,
    Person,
    PersonRole,
    Ticket,
)
from connectors.sandbox.store import Store
from connectors.sandbox.text import text_of_html

FIRST_ID = 8_447_346_621_310  # like a vendor's: beyond 32 bits, so that nobody counts on less
GROUPS = ("Support", "Billing", "Technical")
AGENTS = (("Tom Berger", "tom@sandbox.example"), ("Ada Okafor", "ada@sandbox.example"))
BOT = ("Understudy", "understudy@sandbox.example")

Listener = Callable[[Sequence[Happening]], None]
Guard = Callable[[Ticket], None]


class Problem(ValueError):
    """What was asked for makes no sense here; the message is one sentence."""


class Helpdesk:
    """Tickets and people; every change is announced to the listener. Articles: ``library``."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self.store = store
        self.now = now
        self.library = Library(store, now, self.new_id)
        self.listener: Listener = lambda _: None
        with store.transaction():
            if not store.all(Person):
                self._seed()

    def _seed(self) -> None:
        self.person("bot", *BOT)
        for name, email in AGENTS:
            self.person("agent", name, email)
        for name in GROUPS:
            self.store.put(Group(self.new_id(), name, second(self.now())))

    def new_id(self) -> int:
        """Hand out the next number for anything but a ticket."""
        return self.store.next("id", FIRST_ID)

    # People

    @property
    def bot(self) -> Person:
        """The agent user that the bot's credentials act as."""
        return self._first("bot")

    @property
    def agent(self) -> Person:
        """The agent who acts where nobody says which."""
        return self._first("agent")

    def _first(self, role: PersonRole) -> Person:
        return next(person for person in self.store.all(Person) if person.role == role)

    def people(self) -> dict[int, Person]:
        """All people by their ids."""
        return {person.id: person for person in self.store.all(Person)}

    def person(
        self,
        role: PersonRole,
        name: str,
        email: str,
        organization_id: int | None = None,
        *,
        tags: Sequence[str] | None = None,
        verified: bool | None = None,
    ) -> Person:
        """Find somebody by e-mail address, or welcome somebody new; what else is given is set."""
        with self.store.transaction():
            known = {each.email.casefold(): each for each in self.store.all(Person)}
            found = known.get(email.casefold())
            if found is not None and found.staff != (role != "customer"):
                raise Problem(f"{found.email} is already known as the {found.role}.")
            person = found or Person(self.new_id(), name or email, email, role, second(self.now()))
            person = replace(
                person,
                organization_id=organization_id or person.organization_id,
                tags=person.tags if tags is None else tuple(tags),
                verified=person.verified if verified is None else verified,
            )
            if person != found:
                self.store.put(person)
            return person

    def organization(
        self,
        name: str,
        plan: str | None = None,
        tags: Sequence[str] | None = None,
        customer_since: str | None = None,
    ) -> Organization:
        """Find a company by name or add it; what is given of it is set."""
        with self.store.transaction():
            known = {each.name.casefold(): each for each in self.store.all(Organization)}
            found = known.get(name.casefold()) or Organization(
                self.new_id(), name, second(self.now())
            )
            found = replace(
                found,
                plan=found.plan if plan is None else plan,
                tags=found.tags if tags is None else tuple(tags),
                customer_since=found.customer_since if customer_since is None else customer_since,
            )
            self.store.put(found)
            return found

    def group(self, name: str) -> Group:
        """Find a team by name, or add it."""
        with self.store.transaction():
            for group in self.store.all(Group):
                if group.name.casefold() == name.casefold():
                    return group
            group = Group(self.new_id(), name, second(self.now()))
            self.store.put(group)
            return group

    # Tickets

    def ticket(self, number: int) -> Ticket | None:
        """Read a ticket, deleted ones too."""
        return self.store.get(Ticket, number)

    def tickets(self) -> list[Ticket]:
        """All tickets, oldest first."""
        return self.store.all(Ticket)

    def open_ticket(
        self,
        subject: str,
        requester: Person,
        html: str,
        origin: Origin,
        *,
        tags: Sequence[str] = (),
        page_url: str = "",
        attachments: Sequence[Attachment] = (),
    ) -> Ticket:
        """A customer writes in."""
        at = second(self.now())
        with self.store.transaction():
            audit = Audit(self.new_id(), requester.id, at, origin)
            message = Message(
                id=self.new_id(),
                audit_id=audit.id,
                author_id=requester.id,
                public=True,
                html=html,
                text=text_of_html(html),
                created_at=at,
                origin=origin,
                attachments=tuple(attachments),
            )
            audit = replace(audit, message_id=message.id)
            ticket = Ticket(
                id=self.store.next("ticket"),
                subject=subject,
                status="new",
                requester_id=requester.id,
                created_at=at,
                updated_at=at,
                sequence=self.store.next("sequence"),
                tags=tuple(dict.fromkeys(tags)),
                organization_id=requester.organization_id,
                origin=origin,
                page_url=page_url,
                messages=(message,),
                audits=(audit,),
            )
            self.store.put(ticket)
            self.listener([Happening("created", ticket, audit, message=message)])
            return ticket

    def edit(
        self,
        number: int,
        edit: Edit,
        *,
        actor: Person,
        origin: Origin,
        guard: Guard | None = None,
        at: datetime | None = None,
    ) -> Edited:
        """Change a ticket; ``guard`` sees it as it is at that moment and may refuse by raising."""
        with self.store.transaction():
            ticket = self.ticket(number)
            if ticket is None:
                raise Problem(f"There is no ticket {number}.")
            if guard is not None:
                guard(ticket)
            edited = evolve(
                ticket, edit, actor=actor, origin=origin, at=at or self.now(), new_id=self.new_id
            )
            if edited.happenings:
                sequence = self.store.next("sequence")
                edited = replace(edited, ticket=replace(edited.ticket, sequence=sequence))
                self.store.put(edited.ticket)
                self.listener(edited.happenings)
            return edited

    def retag(
        self,
        number: int,
        *,
        add: Sequence[str] = (),
        remove: Collection[str] = (),
        actor: Person,
        origin: Origin,
        guard: Guard | None = None,
        at: datetime | None = None,
    ) -> Edited:
        """Add tags and take some away; those that somebody else sets meanwhile stay."""
        with self.store.transaction():
            ticket = self.ticket(number)
            kept = [tag for tag in ticket.tags if tag not in remove] if ticket else []
            edit = Edit(fields={"tags": (*kept, *add)})
            return self.edit(number, edit, actor=actor, origin=origin, guard=guard, at=at)

    def say(
        self,
        number: int,
        author: Person,
        html: str,
        *,
        public: bool = True,
        origin: Origin | None = None,
        fields: Mapping[str, Any] | None = None,
        kind: MessageKind = "message",
        attachments: Sequence[Attachment] = (),
        at: datetime | None = None,
    ) -> Edited:
        """A person writes on a ticket, and sets some of its fields along."""
        message = NewMessage(author.id, public, html, text_of_html(html), kind, tuple(attachments))
        return self.edit(
            number,
            Edit(message, fields or {}),
            actor=author,
            origin=origin or Origin(client="Sandbox inbox"),
            guard=writable,
            at=at,
        )


def writable(ticket: Ticket) -> None:
    """Let nobody write on what is over; raises ``Problem``."""
    if ended(ticket):
        raise Problem(f"Ticket {ticket.id} is {ended(ticket)} and takes no more messages.")


def ended(ticket: Ticket) -> str:
    """How a ticket came to its end, "" where it can still be worked on."""
    if ticket.spam:
        return "spam"
    return ticket.status if ticket.status in {"closed", "deleted"} else ""
