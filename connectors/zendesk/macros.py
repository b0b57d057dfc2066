"""Macros as replies that agents keep ready.

Facts: Zendesk's description of macros, and its reference of actions (developer.zendesk.com,
ticketing, reference guides, actions). Admins are listed the macros of all agents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from html import escape
from typing import Any

from connectors.articles import Article, ArticleKind, Visibility
from connectors.records import Record, utc
from connectors.types import Page
from connectors.zendesk.wire import Action, Paged, Pages, read

LISTING = "macros"
_HTML, _TEXT, _MODE = "comment_value_html", "comment_value", "comment_mode_is_public"
_BETWEEN = "::"  # parts of a title that Zendesk's menu shows below each other


class Macro(Record):
    """A macro; ``restriction`` says whose it is, null that it is everybody's."""

    id: str
    title: str = ""
    active: bool | None = None
    updated_at: datetime | None = None
    actions: tuple[Action, ...] = ()
    restriction: Mapping[str, Any] | None = None

    @property
    def is_everybodys(self) -> bool:
        """Whether Zendesk says that every agent may use it."""
        return "restriction" in self.model_fields_set and self.restriction is None


class MacrosPage(Paged):
    """A page of macros."""

    macros: tuple[Macro, ...]


def canned(pages: Pages) -> Iterator[Page[Article]]:
    """List the macros that write a comment."""
    for body in pages(LISTING, {"active": "true"}):
        macros = read(MacrosPage, body).macros
        read_out = (article_from_macro(each) for each in macros if each.active)
        yield Page(tuple(each for each in read_out if each is not None), None)


def article_from_macro(raw: Macro) -> Article | None:
    """Turn a macro into a saved reply; ``None`` where it writes nothing."""
    html = _comment(raw.actions)
    if not html:
        return None
    *sections, title = [part.strip() for part in raw.title.split(_BETWEEN)]
    everybodys = raw.is_everybodys and not _for_notes(raw.actions)
    return Article(
        id=raw.id,
        title=title or raw.title,
        html=html,
        updated_at=utc(raw.updated_at) if raw.updated_at else None,
        visibility=Visibility.PUBLIC if everybodys else Visibility.INTERNAL,
        sections=tuple(part for part in sections if part),
        kind=ArticleKind.CANNED,
    )


def _comment(actions: tuple[Action, ...]) -> str:
    """The comment as HTML: the rich one, or the plain one if there is no other."""
    rich = [_said(each.value) for each in actions if each.field == _HTML]
    plain = [_said(each.value) for each in actions if each.field == _TEXT]
    said = next((text for text in rich if text), "")
    return said or next((_html_of(text) for text in plain if text), "")


def _said(value: Any) -> str:
    """A comment's text; with the channel that it is for, the text comes last."""
    told = value[-1] if isinstance(value, list) and value else value
    return told.strip() if isinstance(told, str) else ""


def _html_of(text: str) -> str:
    return f"<p>{escape(text, quote=False)}</p>".replace("\r\n", "\n").replace("\n", "<br>")


def _for_notes(actions: tuple[Action, ...]) -> bool:
    """Tell whether the comment is a note; without a word, it goes where the agent is writing."""
    modes = [str(each.value).casefold() for each in actions if each.field == _MODE]
    return any(mode != "true" for mode in modes)
