"""Read articles and tickets from JSON lines: the demo's company, or anybody's own data."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from app.json_lines import Id, each_once, read_rows

FOLDER = Path(__file__).with_name("company")
ARTICLES = FOLDER / "articles.jsonl"
TICKETS = FOLDER / "tickets.jsonl"
GAPS = FOLDER / "gaps.jsonl"


def _only_scripts(value: Any) -> Any:
    # Public question sets hold a plain text here, which is no agent's reply.
    return None if isinstance(value, str) else value


def _only_the_day(value: Any) -> Any:
    # Exports write the time of day as well.
    return value[:10] if isinstance(value, str) else value


def _not_blank(value: str, told: ValidationInfo) -> str:
    if not value.strip() and not told.data.get("attachments"):
        raise PydanticCustomError("blank", "Must not be empty")
    return value


Day = Annotated[date, BeforeValidator(_only_the_day)]
Url = Annotated[str, Field(pattern=r"^(https?://.*)?$")]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DemoFlaw(_Record):
    """What is wrong with an article on purpose, so that an audit can be held to it.

    ``outdated``: no longer true, ``other`` says what is, if an article does. ``contradicts`` and
    ``duplicate`` name the ``other`` article. ``thin`` answers nothing, ``empty`` has no text.
    """

    kind: Literal["outdated", "contradicts", "duplicate", "thin", "empty"]
    other: Id | None = None
    note: str = ""


class DemoArticle(BaseModel):
    """An article of a help centre; fields that we do not know are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Id
    title: str
    body: str
    format: Literal["text", "markdown", "html"] = "text"
    url: str = ""
    section: str = ""
    labels: tuple[str, ...] = ()
    updated: Day | None = None
    visibility: Literal["public", "internal"] = "public"  # internal: a guide for agents alone
    flaws: tuple[DemoFlaw, ...] = ()


class DemoGap(_Record):
    """A topic that customers ask about and no article answers, with the tickets that do."""

    id: Id
    topic: str
    tickets: Annotated[tuple[Id, ...], Field(min_length=1)]


class DemoOrganization(_Record):
    """The requester's company."""

    name: str
    plan: str = ""
    tags: tuple[str, ...] = ()
    customer_since: Day | None = None


class DemoRequester(_Record):
    """Who writes."""

    name: str = ""
    email: str = ""
    organization: DemoOrganization | None = None


class DemoAttachment(_Record):
    """A file that comes with a ticket, without its content."""

    name: Annotated[str, Field(min_length=1)]
    content_type: str = "application/octet-stream"


class DemoExpectation(_Record):
    """What should become of a ticket, as a good support lead would say.

    ``falls_short`` says in a sentence why the product is known not to reach it yet.
    """

    outcome: Literal["draft", "handoff", "clarified", "skipped", "silent"]
    reason: str = ""
    article: tuple[Id, ...] = ()
    every: bool = False  # a draft must cite each of these articles, not only one
    learned_from: Id | None = None  # the ticket whose answer must have taught it
    says: str = ""  # what the draft must contain
    says_not: str = ""
    note_says: str = ""  # what the note must contain, and nothing that a customer may be sent
    falls_short: str = ""


class DemoAnswer(_Record):
    """What the agent does: ``kept`` sends the draft as it stands and has no text of its own."""

    agent: str
    uses: Literal["kept", "edited", "rewritten", "none"]
    text: str = ""


class DemoTicket(BaseModel):
    """A ticket; fields that we do not know are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Id
    attachments: tuple[DemoAttachment, ...] = ()  # before the text, which may be empty with them
    text: Annotated[str, AfterValidator(_not_blank)]
    then: tuple[str, ...] = ()  # further lines that the customer writes right after
    subject: str = ""
    requester: DemoRequester = DemoRequester()
    channel: Literal["email", "web", "chat"] = "email"
    page: Url = ""  # where the customer was
    wave: Literal[1, 2] = 1
    kinds: tuple[str, ...] = ()  # what the ticket is an instance of
    expect: DemoExpectation | None = None
    answer: Annotated[DemoAnswer | None, BeforeValidator(_only_scripts)] = None
    relevant: tuple[Id, ...] = ()


Row = TypeVar("Row", DemoArticle, DemoTicket, DemoGap)


def load_articles(path: Path = ARTICLES) -> list[DemoArticle]:
    """Read articles, one JSON object a line; raises ``DataError``."""
    return _load(path, DemoArticle)


def load_tickets(path: Path = TICKETS) -> list[DemoTicket]:
    """Read tickets, one JSON object a line; raises ``DataError``."""
    return _load(path, DemoTicket)


def load_gaps(path: Path = GAPS) -> list[DemoGap]:
    """Read which topics are missing, one JSON object a line; raises ``DataError``."""
    return _load(path, DemoGap)


def _load(path: Path, kind: type[Row]) -> list[Row]:
    return [row for _, row in each_once(path, read_rows(path, kind))]
