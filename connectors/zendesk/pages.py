"""Articles of the help centre in our words, without effects.

Facts: Zendesk's description of the Help Center API, and answers recorded by the zenpy project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.articles import Article, Visibility, line_up
from connectors.records import utc
from connectors.zendesk import guide_wire as wire
from connectors.zendesk.segments import Readers


@dataclass(frozen=True, slots=True)
class Shelves:
    """The help centre's sections and categories by id, with their names in one language."""

    sections: Mapping[str, wire.Section] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)

    def path(self, section_id: str | None) -> tuple[str, ...]:
        """Tell the way to a section: its category, sections, and its own name last."""
        line = line_up(section_id, self.sections, lambda each: each.parent_section_id)
        category = self.categories.get(line[0].category_id or "") if line else None
        return tuple(name for name in (category, *(each.name for each in line)) if name)


def article_from_zendesk(raw: wire.Article, shelves: Shelves, readers: Readers) -> Article:
    """Turn an article into ours; drafts are not published, whoever may read them later.

    A translation has its article's id, so ours gets its language appended.
    """
    visibility, audience = readers
    moment = raw.edited_at or raw.updated_at
    published = raw.draft is False
    locale = (raw.locale or "").lower()
    return Article(
        id=f"{raw.id}-{locale}" if _translated(raw) else raw.id,
        title=raw.title or "",
        html=raw.body or "",
        url=raw.html_url or "",
        locale=locale,
        updated_at=utc(moment) if moment else None,
        visibility=visibility if published else Visibility.UNPUBLISHED,
        audience=audience if published else None,
        labels=raw.label_names or (),
        sections=shelves.path(raw.section_id),
        outdated=_outdated(raw, locale),
    )


def in_language(raw: wire.Article, found: wire.Translation) -> wire.Article:
    """Give an article in another language, as a listing of that language has it."""
    told = {name: getattr(found, name) for name in ("locale", "title", "body", "html_url", "draft")}
    return raw.model_copy(
        update={
            **told,
            "outdated": found.outdated,
            "outdated_locales": (),
            "edited_at": found.updated_at,
        }
    )


def _translated(raw: wire.Article) -> bool:
    source, shown = raw.source_locale, raw.locale
    return bool(source and shown and source.lower() != shown.lower())


def _outdated(raw: wire.Article, locale: str) -> bool:
    # The flag of an article is "deprecated, always false": its list of languages tells.
    return raw.outdated or locale in {each.lower() for each in raw.outdated_locales or ()}
