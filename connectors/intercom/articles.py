"""Articles, internal articles and macros as our articles, and who may read them. Pure.

Source: Intercom's OpenAPI file for 2.16, which alone tells who may read an article.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from connectors.articles import Article, ArticleKind, Audience, Visibility, line_up
from connectors.intercom import answers

EVERYBODY = "everyone"
# Users are people whom the team's own product knows; a visitor or lead has proved nothing.
_USERS = "all_users"
_PUBLISHED = "published"
_EVERY_TEAMMATE = "everyone"  # who may see a macro
# `{{user.name | fallback: 'there'}}` comes as <attribute key="user.name" default="there"/>.
_PLACEHOLDER = re.compile(
    r"""<attribute\b[^<>]*?\bkey=(["'])(.*?)\1[^<>]*>(?:\s*</attribute>)?""", re.IGNORECASE
)

Sections = Mapping[str, tuple[str, ...]]  # collection -> the way to it, outermost first


def articles_of(raw: answers.Article, sections: Sections) -> Iterator[Article]:
    """Turn an article into ours, one for each language.

    The article itself is in its default language; another language gets its name appended to
    the id. Each has its own state, and all the same audience.
    """
    main = (raw.default_locale or "").lower()
    yield _article(raw, raw, main, sections)
    for locale, content in (raw.translated_content or {}).items():
        if not isinstance(content, dict) or locale.lower() == main:
            continue
        try:
            translation = answers.Translation.model_validate(content)
        except ValidationError:
            continue
        # Without a default language named, the one that says the same is the article itself.
        if main or (translation.title, translation.body) != (raw.title, raw.body):
            yield _article(raw, translation, locale.lower(), sections)


def internal_from_intercom(raw: answers.InternalArticle) -> Article:
    """Turn an internal article into ours; their ids may be those of other articles, too."""
    return Article(
        id=f"internal-{raw.id}",
        title=raw.title or "",
        html=raw.body or "",
        locale=(raw.locale or "").lower(),
        updated_at=raw.updated_at,
        visibility=Visibility.INTERNAL,
    )


def canned_from_intercom(raw: answers.Macro) -> Article:
    """Turn a macro into a saved reply; one for some teams only is the team's own matter."""
    everybody = raw.visible_to == _EVERY_TEAMMATE
    return Article(
        id=raw.id or "",
        title=raw.name or "",
        html=_PLACEHOLDER.sub(r"{{\2}}", raw.body or ""),
        updated_at=raw.updated_at,
        visibility=Visibility.PUBLIC if everybody else Visibility.INTERNAL,
        kind=ArticleKind.CANNED,
    )


def ways_to(collections: Mapping[str, answers.Collection]) -> dict[str, tuple[str, ...]]:
    """Find the way to each collection, outermost first."""
    return {
        number: tuple(
            each.name
            for each in line_up(number, collections, lambda each: each.parent_id)
            if each.name
        )
        for number in collections
    }


def _article(
    raw: answers.Article, said: answers.Translation, locale: str, sections: Sections
) -> Article:
    visibility, audience = _readers(raw.help_center_audience)
    if said.state != _PUBLISHED:
        visibility, audience = Visibility.UNPUBLISHED, None
    ways = [sections[parent] for parent in raw.parents if parent in sections]
    return Article(
        id=raw.id if said is raw else f"{raw.id}-{locale}",
        title=said.title or "",
        html=said.body or "",
        url=said.url or "",
        locale=locale,
        updated_at=said.updated_at,
        visibility=visibility,
        audience=audience,
        labels=tuple(sorted(raw.tags.names)) if raw.tags else (),
        # In several collections it stands in the one that says most.
        sections=max(ways, key=len, default=()),
    )


def _readers(told: str | None) -> tuple[Visibility, Audience | None]:
    """Tell who may read a published article.

    Nobody, where it is not told or a rule of the team's own: no call says whom such a rule lets in.
    """
    if told == EVERYBODY:
        return Visibility.PUBLIC, None
    return Visibility.RESTRICTED, Audience(verified=True) if told == _USERS else None
