"""The helpdesk's state and the only ways to change it; it knows no vendor."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from connectors.sandbox.edits import Edit, Edited, NewMessage, evolve, second
from connectors.sandbox.records import (
    Article,
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


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article to be put into the help centre; its HTML is clean already."""

    given: str
    title: str
    html: str
    section: str = ""
    labels: tuple[str, ...] = ()
    draft: bool = False
    url: str = ""
    updated_at: datetime | None = None


class Helpdesk:
    """Tickets, people and articles; every change is announced to the listener."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self.store = store
        self.now = now
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
        self, role: PersonRole, name: str, email: str, organization_id: int | None = None
    ) -> Person:
        """Find somebody by e-mail address, or welcome somebody new."""
        with self.store.transaction():
            for person in self.store.all(Person):
                if person.email.casefold() == email.casefold():
                    return self._moved(person, role, organization_id)
            person = Person(
                self.new_id(), name or email, email, role, second(self.now()), organization_id
            )
            self.store.put(person)
            return person

    def _moved(self, person: Person, role: PersonRole, organization_id: int | None) -> Person:
        if person.staff != (role != "customer"):
            raise Problem(f"{person.email} is already known as the {person.role}.")
        if organization_id is not None and person.organization_id != organization_id:
            person = replace(person, organization_id=organization_id)
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

    # Help centre

    def articles(self) -> list[Article]:
        """All articles, by id."""
        return self.store.all(Article)

    def replace_articles(self, wanted: Sequence[NewArticle]) -> dict[str, int]:
        """Make these the whole help centre; tells under which id each is now found."""
        with self.store.transaction():
            old = {article.given: article for article in self.articles()}
            kept = [self._article(new, old.get(new.given)) for new in wanted]
            numbers = {article.given: article.id for article in kept}
            for given, article in old.items():
                if given not in numbers:
                    self.store.remove(Article, article.id)
            self.store.next("sequence")  # a change, too: pages that show articles are old now
            return numbers

    def _article(self, new: NewArticle, old: Article | None) -> Article:
        at = second(self.now())
        article = Article(
            id=old.id if old else self.new_id(),
            given=new.given,
            title=new.title,
            html=new.html,
            created_at=old.created_at if old else at,
            updated_at=old.updated_at if old else at,
            section=new.section,
            section_id=self._section(new.section),
            labels=new.labels,
            draft=new.draft,
            url=new.url,
        )
        if new.updated_at is not None:
            article = replace(article, updated_at=new.updated_at)
        elif article != old:
            article = replace(article, updated_at=at)
        if article != old:
            self.store.put(article)
        return article

    def _section(self, name: str) -> int:
        for article in self.articles():
            if article.section == name:
                return article.section_id
        return self.new_id()


def writable(ticket: Ticket) -> None:
    """Let nobody write on what is over; raises ``Problem``."""
    if ended(ticket):
        raise Problem(f"Ticket {ticket.id} is {ended(ticket)} and takes no more messages.")


def ended(ticket: Ticket) -> str:
    """How a ticket came to its end, "" where it can still be worked on."""
    if ticket.spam:
        return "spam"
    return ticket.status if ticket.status in {"closed", "deleted"} else ""
