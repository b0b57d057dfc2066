"""Whether we may read what the team wrote down: its help centre, who may read it, its macros."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from connectors.errors import NotFound
from connectors.probing import looked, reads
from connectors.setup import Finding
from connectors.zendesk import guide_wire, wire
from connectors.zendesk.guide import SEGMENTS
from connectors.zendesk.macros import LISTING as MACROS
from connectors.zendesk.probe_user import Look

_PAGE = 100
_FIRST: wire.Params = {"page[size]": 1}
_LOCALES = 3  # languages of which articles are counted


def knowledge(look: Look) -> Iterator[Finding]:
    """Tell what of the team's knowledge can be read."""
    yield help_centre(look)
    yield reads(
        "zendesk user segments",
        partial(look.client.get, SEGMENTS, _FIRST),
        "Whom restricted articles are for can be read.",
        "If answers are to use articles that are for some customers only, make the bot's user an "
        "admin of the help centre (Knowledge). Until then nobody gets to see those.",
        ok=True,
    )
    yield reads(
        "zendesk macros",
        partial(look.client.get, MACROS, _FIRST),
        "Macros that write a comment are read as knowledge.",
        "Let the bot's user see macros if answers are to use what they say.",
        ok=True,
    )


def help_centre(look: Look) -> Finding:
    """Tell whether articles can be read, and how many of them anybody may read."""
    check = "zendesk help centre"

    def count() -> Finding:
        try:
            locales = list(
                wire.read(guide_wire.Locales, look.client.get("help_center/locales")).locales
            )
        except NotFound:
            locales = []
        told = [_counted(look, locale) for locale in locales[:_LOCALES] or [""]]
        more = f", and {len(locales) - _LOCALES} languages more" if len(locales) > _LOCALES else ""
        message = f"The help centre has {', '.join(words for _, words in told)}{more}."
        remedy = "" if any(number for number, _ in told) else "Publish articles for everybody."
        return Finding(check, ok=True, message=message, remedy=remedy)

    return looked(
        check,
        count,
        "Activate the help centre (Knowledge), or let the bot's user view it; until then answers "
        "come from other sources only.",
    )


def _counted(look: Look, locale: str) -> tuple[int, str]:
    """Count the public articles of a language: to one page of them, since admins see drafts too."""
    path = f"help_center/{locale.lower()}/articles" if locale else "help_center/articles"
    page = wire.read(guide_wire.ArticlesPage, look.client.get(path, {"page[size]": _PAGE}))
    public = sum(_is_public(article) for article in page.articles)
    least = "at least " if page.meta.has_more else ""
    words = f"{least}{public} public articles"
    return public, f"{words} in {locale}" if locale else words


def _is_public(article: guide_wire.Article) -> bool:
    return article.draft is False and article.segments == ()
