"""Solutions and canned responses as our articles, and who may read them. Pure.

Source: Freshdesk's API page, chapters Solutions and Canned Responses; recorded answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.articles import Article, ArticleKind, Audience, Visibility
from connectors.freshdesk import codes, wire

# Whom nobody can name: bots, segments, and what a later Freshdesk may add.
_UNNAMED = (Visibility.RESTRICTED, None)


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder: the way to it, outermost first, and who may look into it.

    ``visibility`` and ``audience`` are those of the folder and all that it lies in, together.
    """

    id: str
    sections: tuple[str, ...]
    visibility: Visibility = Visibility.PUBLIC
    audience: Audience | None = None
    empty: bool = False  # holds no articles itself

    def within(self, folder: wire.Folder) -> Shelf:
        """Take a folder that lies in this one: it is at least as restricted."""
        own = _readers(folder)
        visibility, audience = _both((self.visibility, self.audience), own)
        sections = (*self.sections, folder.name) if folder.name else self.sections
        return Shelf(folder.id, sections, visibility, audience, folder.articles_count == 0)

    @property
    def hidden(self) -> Shelf:
        """The same, but of nobody is it known who may look into it."""
        return Shelf(self.id, self.sections, *_UNNAMED, self.empty)


def article_from_freshdesk(
    raw: wire.Article, shelf: Shelf, base_url: str, language: str = ""
) -> Article:
    """Turn an article into ours, or its translation into ``language``.

    A translation has its article's id there, and its own status; ours gets its language appended.
    """
    published = raw.status == codes.PUBLISHED
    portal = f"{base_url}/{language}" if language else base_url
    return Article(
        id=f"{raw.id}-{language.lower()}" if language else raw.id,
        title=raw.title,
        html=raw.description,
        url=f"{portal}/support/solutions/articles/{raw.id}",
        locale=language.lower() or _language(raw.hierarchy),
        updated_at=raw.updated_at,
        visibility=shelf.visibility if published else Visibility.UNPUBLISHED,
        audience=shelf.audience if published else None,
        labels=tuple(dict.fromkeys((*raw.tags, *_keywords(raw.seo_data)))),
        sections=shelf.sections,
    )


def canned_from_freshdesk(
    raw: wire.CannedResponse, folder: wire.CannedFolder, *, shared: bool
) -> Article:
    """Turn a canned response into ours; ``shared``: the team answers customers from its folder.

    Who may use one is set with it, and no listing tells: all agents, one, or some groups. So it
    is the team's own matter, unless an admin has named its folder, or Freshdesk says for itself.
    """
    open_to_all = shared if raw.visibility is None else raw.visibility == codes.ALL_AGENTS
    anybody = open_to_all and folder.personal is False
    return Article(
        id=raw.id,
        title=raw.title,
        html=raw.content_html,
        updated_at=raw.updated_at,
        visibility=Visibility.PUBLIC if anybody else Visibility.INTERNAL,
        sections=(folder.name,) if folder.name else (),
        kind=ArticleKind.CANNED,
    )


def _readers(folder: wire.Folder) -> tuple[Visibility, Audience | None]:
    """Tell who may look into a folder, by itself."""
    match folder.visibility:
        case codes.EVERYBODY:
            return Visibility.PUBLIC, None
        case codes.LOGGED_IN:
            return Visibility.RESTRICTED, Audience(verified=True)
        case codes.AGENTS:
            return Visibility.INTERNAL, None
        case codes.COMPANIES if folder.company_ids:
            return Visibility.RESTRICTED, Audience(account_ids=frozenset(folder.company_ids))
    return _UNNAMED


def _both(
    outer: tuple[Visibility, Audience | None], inner: tuple[Visibility, Audience | None]
) -> tuple[Visibility, Audience | None]:
    """Tell who is let in by two folders, one inside the other."""
    if Visibility.INTERNAL in (outer[0], inner[0]):
        return Visibility.INTERNAL, None
    if outer[0] is Visibility.PUBLIC:
        return inner
    if inner[0] is Visibility.PUBLIC:
        return outer
    if outer[1] is None or inner[1] is None:
        return _UNNAMED
    # Whom a company's folder lets in has logged in: that one is the narrower of the two.
    named = [each.account_ids for each in (outer[1], inner[1]) if each.account_ids]
    if not named:
        return outer
    both = frozenset.intersection(*named)
    return (Visibility.RESTRICTED, Audience(account_ids=both)) if both else _UNNAMED


def _keywords(seo_data: Mapping[str, Any]) -> tuple[str, ...]:
    """Read the keywords for search engines: a list, or a text with commas between."""
    told = seo_data.get("meta_keywords")
    words = told.split(",") if isinstance(told, str) else told
    found = words if isinstance(words, list) else []
    return tuple(word.strip() for word in found if isinstance(word, str) and word.strip())


def _language(hierarchy: Sequence[Any]) -> str:
    for level in hierarchy:
        data = level.get("data")
        language = data.get("language") if isinstance(data, dict) else None
        if isinstance(language, str):
            return language.lower()
    return ""
