"""Read articles and tickets from JSON lines: the demo's company, or anybody's own data."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zlib import error as ZlibError  # noqa: N812 - a class, whatever its name

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

FOLDER = Path(__file__).with_name("company")
ARTICLES = FOLDER / "articles.jsonl"
TICKETS = FOLDER / "tickets.jsonl"
GAPS = FOLDER / "gaps.jsonl"


def _as_text(value: Any) -> Any:
    # Many exports write ids as numbers.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


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


Id = Annotated[str, Field(min_length=1), BeforeValidator(_as_text)]
Day = Annotated[date, BeforeValidator(_only_the_day)]
Url = Annotated[str, Field(pattern=r"^(https?://.*)?$")]


class DataError(ValueError):
    """A file of articles or tickets cannot be used; the message is one sentence with the line."""


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
    rows: list[Row] = []
    seen: dict[str, int] = {}
    for number, line in _lines(path):
        row = _row(f"{path}, line {number}", line, kind)
        if row.id in seen:
            raise DataError(
                f"{path}, line {number}: the id {row.id!r} was used on line {seen[row.id]} already."
            )
        seen[row.id] = number
        rows.append(row)
    return rows


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                text = _decoded(path, number, line)
                if text.strip():
                    yield number, text
    except (EOFError, ZlibError, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: is not a whole gzip file: {error}.") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error


def _decoded(path: Path, number: int, line: bytes) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}, line {number}: is not UTF-8 text.") from error


def _row(where: str, line: str, kind: type[Row]) -> Row:
    try:
        data = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{where}: is not JSON: {error}.") from error
    if not isinstance(data, dict):
        raise DataError(f"{where}: must be a JSON object, not {type(data).__name__}.")
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise DataError(f"{where}: {field}: {first['msg'].rstrip('.')}.") from error
