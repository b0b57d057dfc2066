"""What the control API takes about articles and saved replies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from pydantic import Field

from connectors.sandbox.asks import Ask
from connectors.sandbox.records import ArticleVisibility
from connectors.sandbox.text import Format, html_of

_BETWEEN = " / "  # sections that lie in each other


class AudienceAsk(Ask):
    """Whom a restricted article is for: people by address, accounts by name."""

    people: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    all_tags: tuple[str, ...] = ()
    any_tags: tuple[str, ...] = ()
    verified: bool = False


class TranslationAsk(Ask):
    """An article in another language."""

    title: str = Field(min_length=1)
    body: str
    published: bool = True
    outdated: bool = False


class ArticleEdit(Ask):
    """What is to change of an article; what is not named stays."""

    title: str = Field(default="", min_length=1)
    body: str = ""
    format: Format = "html"
    url: str = Field(default="", pattern="^(https?://.*)?$")
    labels: tuple[str, ...] = ()
    section: str = ""  # outermost first, with " / " between them
    visibility: ArticleVisibility = "public"
    audience: AudienceAsk | None = None
    outdated: bool = False
    locale: str = Field(default="", pattern=r"^([a-z]{2,3}(-[a-z0-9]{2,8})*)?$")
    translations: Mapping[str, TranslationAsk] = Field(default_factory=dict)
    updated: date | None = None  # when somebody last edited it; without it, now

    @property
    def told(self) -> dict[str, Any]:
        """What was named, as a new article has it; the audience is left to who knows people."""
        every: Mapping[str, Any] = {
            "title": self.title,
            "body": html_of(self.body, self.format),
            "url": self.url,
            "labels": self.labels,
            "section": self.path,
            "visibility": self.visibility,
            "outdated": self.outdated,
            "locale": self.locale,
            "updated": self.updated_at,
        }
        renamed = {"body": "html", "section": "sections", "updated": "updated_at"}
        named = self.model_fields_set
        return {renamed.get(name, name): value for name, value in every.items() if name in named}

    @property
    def path(self) -> tuple[str, ...]:
        """The way to it."""
        return tuple(part.strip() for part in self.section.split(_BETWEEN) if part.strip())

    @property
    def updated_at(self) -> datetime | None:
        """The day as a moment."""
        if self.updated is None:
            return None
        return datetime.combine(self.updated, time(), tzinfo=UTC)


class ArticleAsk(ArticleEdit):
    """An article of the help centre."""

    id: str | int
    title: str = Field(min_length=1)
    body: str


class ReplyEdit(Ask):
    """What is to change of a saved reply; what is not named stays."""

    name: str = Field(default="", min_length=1)
    body: str = ""
    format: Format = "html"
    folder: str = ""
    public: bool = True
    group: str | None = None  # whose alone it is; without one, everybody's

    @property
    def told(self) -> dict[str, Any]:
        """What was named, as a new reply has it; the group is left to who knows groups."""
        every: Mapping[str, Any] = {
            "name": self.name,
            "body": html_of(self.body, self.format),
            "folder": self.folder,
            "public": self.public,
        }
        named = self.model_fields_set
        return {
            "html" if name == "body" else name: value
            for name, value in every.items()
            if name in named
        }


class ReplyAsk(ReplyEdit):
    """A reply that agents keep ready."""

    id: str | int
    name: str = Field(min_length=1)
    body: str
