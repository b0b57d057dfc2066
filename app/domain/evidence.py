"""Evidence: what the team wrote down and what agents answered, as it was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from connectors.articles import Audience
from connectors.types import Account, Person


class Source(StrEnum):
    """Where a passage comes from."""

    ARTICLE = "article"  # the help centre, or a file of the team
    CANNED = "canned"  # a reply that agents keep ready
    EXAMPLE = "example"  # an answer that an agent gave


class Collection(StrEnum):
    """Which index a passage lives in; what must be kept apart is, by index and not by filter."""

    PUBLIC = "public"  # may be quoted to a customer whom its audience lets in
    INTERNAL = "internal"  # for agents alone: never in a draft, a reply or a clarifying question


class Resolution(StrEnum):
    """What it takes to solve what an article is about."""

    SELF_SERVICE = "self-service"  # the customer can do it alone
    NEEDS_ACTION = "needs-action"  # somebody of the team has to do something
    ESCALATION = "escalation"  # another team, or a specialist


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an article is about and for whom, as its labels, folders or front matter say.

    Words are in lower case. ``pages`` are patterns of addresses of the product, like
    ``/invoices*``. ``audience`` and ``plans`` say for whom it was written; they move it up or
    down, and hide nothing: that is ``Audience``'s.
    """

    areas: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    severity: str = ""
    resolution: Resolution | None = None
    labels: tuple[str, ...] = ()  # all others
    outdated: bool = False  # the team itself says so


@dataclass(frozen=True, slots=True)
class Facts:
    """What a search must know of an article beside its text.

    With ``restricted``, only whom ``audience`` lets in may see it; without an audience, nobody.
    """

    locale: str = ""
    source: Source = Source.ARTICLE
    restricted: bool = False
    audience: Audience | None = None
    metadata: Metadata = Metadata()
    edited_at: float | None = None  # seconds since the epoch

    @property
    def only_for(self) -> str:
        """Say in a few words for whom alone it is; "" where it is for everybody."""
        if not self.restricted:
            return ""
        return self.audience.in_words() if self.audience else "nobody"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks and from where: what decides which articles may be seen, and moves some up.

    ``language`` is a code like ``de``, "" where it is not known. ``page`` is the address in the
    product that they wrote from; ``words`` are other hints at the product area (tags and fields of
    the ticket), in lower case.
    """

    person: Person | None = None
    account: Account | None = None
    page: str = ""
    plan: str = ""
    language: str = ""
    words: frozenset[str] = frozenset()


ANYBODY = Asker()


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an article, or a learned example, that can be quoted.

    ``origin_id`` is the article's or example's id. ``only_for`` says for whom alone it is, ""
    where anybody may read it.
    """

    id: str
    source: Source
    origin_id: str
    title: str
    text: str
    url: str = ""
    updated_at: datetime | None = None
    heading: str = ""
    locale: str = ""
    metadata: Metadata = Metadata()
    only_for: str = ""


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where agents find something that is for them alone: its name and address, never its text."""

    title: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, with the parts of its score.

    ``score`` orders hits and is comparable within one search only; ``similarity`` is the best
    cosine between the question and the passage (its chunk or any of its sentences), in -1..1.
    """

    passage: Passage
    score: float
    similarity: float
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Example:
    """A customer's question with the answer that an agent stood behind.

    ``article_id`` names the article that answers it, "" where it is no single one. With it, the
    answer may be missing: the question alone then points to the article. ``cites`` names the
    articles that the draft before the agent rested on: of these the answer may say anything.
    """

    id: str
    helpdesk: str
    ticket_id: str
    question: str
    answer: str
    agent: str
    created_at: datetime
    times_kept: int = 0
    article_id: str = ""
    cites: tuple[str, ...] = ()
