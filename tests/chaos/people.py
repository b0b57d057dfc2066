"""Customers and agents: what they ask, and what they do to a ticket at any moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

from connectors.sandbox.edits import Edit
from connectors.sandbox.facade import Facade
from connectors.sandbox.helpdesk import Helpdesk, Problem, ended
from connectors.sandbox.library import NewArticle
from connectors.sandbox.merging import merge
from connectors.sandbox.notes import newest_draft
from connectors.sandbox.records import Group, Origin, Person, Ticket
from connectors.sandbox.text import html_of, html_of_text
from tests.chaos.chances import Chances
from tests.chaos.kernel import Kernel
from tests.journeys.stage import ARTICLES

CUSTOMERS = 240  # few enough that each has several tickets
CHANNELS = ("email", "email", "web", "chat")
# What the articles answer: surely, so that it may be sent, or less so; what a person must do; and
# what nobody knows.
QUESTIONS = (
    "How do I export all projects in one go? Is there an Export workspace in Settings?",
    "How do I invite a teammate? Do I open Team and press Invite?",
    "How do I reset my password? Where is Forgot password on the login page?",
    "How do I export all my projects?",
    "How can I invite a teammate?",
    "Where do I find the export of all my projects?",
    "I want my money back for last month, please refund me.",
    "Can I talk to a human, please?",
    "You charged me twice this month!",
    "Which colour has the moon of your logo on a Tuesday in spring?",
)
AUTOMATIC = "I am out of the office until Monday and will answer your mail then."
SAYS = (
    "Open Settings and choose Export workspace; the file comes by mail.",
    "I have looked into this for you: it is solved now.",
    "Please try once more, we have restarted it.",
)
TAGS = ("urgent-case", "vip-case", "beta", "waiting-for-dev", "north")
# What somebody does to a ticket, and how often compared with the rest.
DEEDS = {
    "reply": 4,
    "reply_and_solve": 2,
    "use_draft": 2,
    "note": 4,
    "tag": 6,
    "untag": 2,
    "solve": 2,
    "reassign": 4,
    "write_again": 4,
    "merge": 1,
    "close": 0.3,
    "spam": 0.2,
    "delete": 0.2,
}
_ORIGIN = Origin("web", "Soak")


class People:
    """Everybody but the bot."""

    def __init__(
        self, desk: Helpdesk, facade: Facade, kernel: Kernel, chances: Chances, done: Counter[str]
    ) -> None:
        self._desk, self._facade, self._kernel, self._chances = desk, facade, kernel, chances
        self.done = done
        self._said: Counter[int] = Counter()
        self.to_come = 0  # deeds that are still due
        self._customers: list[Person] = []
        self._agents: list[Person] = []

    def furnish(self) -> None:
        """Fill the help centre, and get to know everybody."""
        self._desk.library.replace_articles(
            [NewArticle(a.id, a.title, html_of(a.body, a.format), url=a.url) for a in ARTICLES]
        )
        with self._desk.store.transaction():
            self._agents = [
                self._desk.person("agent", name, f"{name.lower()}@sandbox.example")
                for name in ("Tom", "Ada")
            ]
            companies = [self._desk.organization(f"Studio {n}", "business") for n in range(20)]
            self._customers = [
                self._desk.person(
                    "customer", f"Maya {n}", f"maya{n}@customers.example", companies[n % 20].id
                )
                for n in range(CUSTOMERS)
            ]

    def question(self, number: int) -> str:
        """Word a question about a ticket, with a name in it by which its run can be found."""
        self._said[number] += 1
        name = f"q{number}x{self._said[number]}"
        words = self._chances.draw("question", name).choice(QUESTIONS)
        return f"{words} (my note {name})"

    def write_in(self, number: int) -> None:
        """A customer opens the ticket that will have this number, and fate takes its course."""
        rng = self._chances.draw("ticket", number)
        automatic = rng.random() < 0.02
        channel = "email" if automatic else rng.choice(CHANNELS)
        text = AUTOMATIC if automatic else self.question(number)
        ticket = self._desk.open_ticket(
            "Automatic reply" if automatic else "A question",
            rng.choice(self._customers),
            html_of_text(text),
            Origin(channel, "Soak", automatic),
            tags=("mobile",) if rng.random() < 0.5 else (),
        )
        assert ticket.id == number, "somebody else opened a ticket in between"
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            deed = rng.choices(tuple(DEEDS), tuple(DEEDS.values()))[0]
            self.to_come += 1
            self._kernel.plan(_moment(rng), self._deed(number, deed, rng))

    def _deed(self, number: int, deed: str, rng: Random) -> Callable[[], None]:
        def act() -> None:
            self.to_come -= 1
            ticket = self._desk.ticket(number)
            if ticket is None or ended(ticket):
                return
            try:
                getattr(self, f"_{deed}")(ticket, rng)
            except Problem:
                return  # somebody ended it a moment ago
            self.done[deed] += 1

        return act

    def _edit(self, ticket: Ticket, rng: Random, **fields: object) -> None:
        actor = rng.choice(self._agents)
        self._desk.edit(ticket.id, Edit(fields=fields), actor=actor, origin=_ORIGIN)

    def _reply(self, ticket: Ticket, rng: Random, status: str = "") -> None:
        self._desk.say(
            ticket.id,
            rng.choice(self._agents),
            html_of_text(rng.choice(SAYS)),
            origin=_ORIGIN,
            fields={"status": status} if status else {},
        )

    def _reply_and_solve(self, ticket: Ticket, rng: Random) -> None:
        self._reply(ticket, rng, "solved")

    def _use_draft(self, ticket: Ticket, rng: Random) -> None:
        draft = newest_draft(ticket, self._desk.people())
        html = draft.html if draft else html_of_text(SAYS[0])
        self._desk.say(ticket.id, rng.choice(self._agents), html, origin=_ORIGIN)

    def _note(self, ticket: Ticket, rng: Random) -> None:
        author = rng.choice(self._agents)
        html = html_of_text("Has called us about this before.")
        self._desk.say(ticket.id, author, html, public=False, origin=_ORIGIN)

    def _tag(self, ticket: Ticket, rng: Random) -> None:
        self._retag(ticket, rng, add=(rng.choice(TAGS),))

    def _untag(self, ticket: Ticket, rng: Random) -> None:
        theirs = [tag for tag in ticket.tags if not tag.startswith("understudy_")]
        self._retag(ticket, rng, remove=theirs[:1])

    def _retag(
        self,
        ticket: Ticket,
        rng: Random,
        add: tuple[str, ...] = (),
        remove: Sequence[str] = (),
    ) -> None:
        actor = rng.choice(self._agents)
        self._desk.retag(ticket.id, add=add, remove=remove, actor=actor, origin=_ORIGIN)

    def _solve(self, ticket: Ticket, rng: Random) -> None:
        self._edit(ticket, rng, status="solved")

    def _reassign(self, ticket: Ticket, rng: Random) -> None:
        fields: dict[str, object] = {
            "assignee_id": rng.choice(self._agents).id,
            "group_id": rng.choice(self._desk.store.all(Group)).id,
            "priority": rng.choice(("low", "normal", "high")),
        }
        name = rng.choice(sorted(fields))
        self._edit(ticket, rng, **{name: fields[name]})

    def _write_again(self, ticket: Ticket, rng: Random) -> None:
        customer = self._desk.people()[ticket.requester_id]
        html = html_of_text(self.question(ticket.id))
        origin = Origin(ticket.origin.channel, "Soak")
        self._desk.say(ticket.id, customer, html, origin=origin)

    def _merge(self, ticket: Ticket, rng: Random) -> None:
        others = [
            each
            for each in self._desk.tickets()
            if each.requester_id == ticket.requester_id and each.id != ticket.id
            if not ended(each)
        ]
        if not others:
            raise Problem("This customer has no other ticket.")
        merge(
            self._desk,
            ticket.id,
            rng.choice(others).id,
            actor=rng.choice(self._agents),
            origin=_ORIGIN,
            tags=self._facade.merge_tags,
        )

    def _close(self, ticket: Ticket, rng: Random) -> None:
        self._edit(ticket, rng, status="closed")

    def _spam(self, ticket: Ticket, rng: Random) -> None:
        self._edit(ticket, rng, spam=True)

    def _delete(self, ticket: Ticket, rng: Random) -> None:
        self._edit(ticket, rng, status="deleted")


def _moment(rng: Random) -> float:
    """Draw when: often while the bot is about to write, else minutes or hours later."""
    near, far = rng.uniform(0.0, 8.0), rng.choice((120.0, 3600.0))
    return near if rng.random() < 0.5 else rng.uniform(0.0, far)
