"""What the control API takes: its bodies, and the one sentence that says what is wrong with one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from connectors.sandbox.faults import Fault, FaultKind, Gone
from connectors.sandbox.helpdesk import Problem
from connectors.sandbox.records import Attachment, MessageKind, TicketStatus
from connectors.sandbox.text import clean, html_of_text


class Ask(BaseModel):
    """Base of all bodies: a name that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Company(Ask):
    """The customer's organization."""

    name: str = Field(min_length=1)
    plan: str | None = None
    tags: list[str] | None = None
    customer_since: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")


class Somebody(Ask):
    """A person, found by e-mail address or made."""

    email: str = Field(min_length=3, pattern="@")
    name: str = ""
    organization: Company | None = None
    tags: list[str] | None = None
    verified: bool | None = None  # has proved to be who they say; new ones have


class File(Ask):
    """A file that comes with a message; its content only where it is a small text."""

    name: str = Field(min_length=1)
    content_type: str = "application/octet-stream"
    size: int = Field(default=0, ge=0)
    content: str = Field(default="", max_length=100_000)

    @property
    def record(self) -> Attachment:
        """The file as it is kept."""
        size = self.size or len(self.content.encode())
        return Attachment(self.name, self.content_type, size, self.content)


class Written(Ask):
    """Whatever has a text: plain or HTML, not both."""

    text: str | None = None
    html: str | None = None
    attachments: list[File] = []

    @property
    def body(self) -> str:
        """The text as clean HTML; "" where there is none."""
        return clean(self.html) if self.html is not None else html_of_text(self.text or "")


class NewTicket(Written):
    """A customer writes in."""

    subject: str = Field(min_length=1)
    requester: Somebody
    channel: str = Field(default="email", pattern="^[a-z_]+$")
    tags: list[str] = []
    automatic: bool = False  # no person typed it
    page_url: str = Field(default="", pattern="^(https?://.*)?$")

    @model_validator(mode="after")
    def _one_text(self) -> NewTicket:
        return _one_text(self)


class NewReply(Written):
    """Somebody writes on a ticket; without an author, the requester or the usual agent."""

    as_: Literal["customer", "agent"] = Field(alias="as")
    author: Somebody | None = None
    public: bool = True
    use_draft: bool = False  # the newest proposed reply, as it stands
    status: TicketStatus | None = None
    automatic: bool = False
    kind: MessageKind = "message"

    @model_validator(mode="after")
    def _sensible(self) -> NewReply:
        if self.kind == "feedback" and self.as_ != "customer":
            raise ValueError("only a customer answers a survey")
        if self.kind == "forward" and (self.as_ != "agent" or self.public):
            raise ValueError("a forward is an agent's, and not public")
        if self.as_ == "customer" and (self.use_draft or not self.public):
            raise ValueError("a customer writes in public and has no drafts")
        if self.use_draft:
            if self.text is not None or self.html is not None:
                raise ValueError("give use_draft or a text, not both")
            return self
        return _one_text(self)


class NewStatus(Ask):
    """A status to set."""

    status: TicketStatus


class NewRating(Ask):
    """The customer's answer to the survey."""

    score: float = Field(ge=0, le=1)
    comment: str = ""


class NewRedaction(Ask):
    """The message that is to say nothing any more."""

    message: int


class NewFields(Ask):
    """Fields of a team's own, by the names that the helpdesk knows them by."""

    fields: dict[str, Any]


class NewMerge(Ask):
    """The ticket in which the conversation goes on."""

    into: int
    public: bool = False  # whether the requesters read of it


class NewSpam(Ask):
    """Spam, or not after all."""

    spam: bool = True


class NewTags(Ask):
    """Tags to add and to take away."""

    add: list[str] = []
    remove: list[str] = []


class NewGroup(Ask):
    """A team of agents."""

    name: str = Field(min_length=1)


class NewFault(Ask):
    """A fault to come; see ``faults.Fault``."""

    kind: FaultKind | Literal["everything"]
    count: int | None = Field(default=None, ge=1)
    share: float | None = Field(default=None, ge=0, le=1)
    seed: int = 0
    method: str | None = None
    path: str | None = None
    ticket: int | None = None
    event: str | None = None
    status: int = Field(default=500, ge=500, le=599)
    retry_after: int | None = Field(default=1, ge=0)
    plain: bool = False
    seconds: float = Field(default=15.0, ge=0, le=86_400)
    drop_after: float | None = Field(default=None, ge=0)
    answer: Literal["drop", "error", "hold"] = "drop"
    same_second: bool = False
    text: str = ""
    add: tuple[str, ...] = ("agent_was_here",)
    remove: tuple[str, ...] = ()
    to: Gone = "closed"
    into: int | None = None

    @model_validator(mode="after")
    def _often_or_likely(self) -> NewFault:
        if self.count is not None and self.share is not None:
            raise ValueError("give count or share, not both")
        return self

    def faults(self, possible: Sequence[FaultKind]) -> list[Fault]:
        """The faults that are asked for; raises ``Problem`` where one is not possible."""
        kinds = possible if self.kind == "everything" else (self.kind,)
        if not set(kinds) <= set(possible):
            raise Problem(f"This helpdesk has no such fault: {self.kind}.")
        told = self.model_dump(exclude={"kind", "count"})
        count = None if self.share is not None else self.count or 1
        return [Fault(id=0, kind=kind, count=count, **told) for kind in kinds]


TextAsk = TypeVar("TextAsk", bound=Written)
AskModel = TypeVar("AskModel", bound=Ask)


def _one_text(ask: TextAsk) -> TextAsk:
    if (ask.text is None) == (ask.html is None):
        raise ValueError("give either text or html")
    if not (ask.text or ask.html or "").strip() and not ask.attachments:
        raise ValueError("the text is empty")
    return ask


def read(model: type[AskModel], body: Any) -> AskModel:
    """Read a body; raises ``Problem`` with one sentence."""
    if not isinstance(body, dict):
        raise Problem("The body must be a JSON object, sent as application/json.")
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise Problem(_sentence(error)) from None


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    what = first["msg"].removeprefix("Value error, ")
    return f"{where}: {what}." if where else f"{what[0].upper()}{what[1:]}."
