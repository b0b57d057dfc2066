"""The help centre's records as they come off the wire: only the fields that we read."""

from __future__ import annotations

from datetime import datetime

from connectors.records import Record
from connectors.zendesk.wire import Paged


class Article(Record):
    """An article in one language; ``body`` may be null, and segments say who may read it."""

    id: str
    title: str | None = None
    body: str | None = None
    html_url: str | None = None
    locale: str | None = None
    source_locale: str | None = None
    draft: bool | None = None
    section_id: str | None = None
    label_names: tuple[str, ...] | None = None
    user_segment_id: str | None = None
    user_segment_ids: tuple[str, ...] | None = None
    outdated: bool = False
    outdated_locales: tuple[str, ...] | None = None
    updated_at: datetime | None = None
    edited_at: datetime | None = None

    @property
    def segments(self) -> tuple[str, ...] | None:
        """For whom it is; empty for everybody, ``None`` where Zendesk did not say.

        Everybody has null as the one segment, or an empty list of several (description).
        """
        if self.user_segment_ids or self.user_segment_id is not None:
            return self.user_segment_ids or (self.user_segment_id or "",)
        said = self.user_segment_ids is not None or "user_segment_id" in self.model_fields_set
        return () if said else None


class ArticlesPage(Paged):
    """A page of the help centre's articles."""

    articles: tuple[Article, ...]


class ChangedPage(Record):
    """A page of the articles that changed; of an empty one both times may be missing."""

    articles: tuple[Article, ...]
    next_page: str | None = None
    end_time: int | None = None


class Translation(Record):
    """An article's text in one language, as it is listed beside all others."""

    locale: str
    title: str | None = None
    body: str | None = None
    html_url: str | None = None
    draft: bool | None = None
    outdated: bool = False
    updated_at: datetime | None = None


class TranslationsPage(Paged):
    """A page of an article's translations."""

    translations: tuple[Translation, ...]


class Section(Record):
    """A section; one that lies in another names it, and the category that both lie in."""

    id: str
    name: str | None = None
    category_id: str | None = None
    parent_section_id: str | None = None


class Category(Record):
    """A category of sections."""

    id: str
    name: str | None = None


class SectionsPage(Paged):
    """A page of the sections, with the categories that they lie in."""

    sections: tuple[Section, ...]
    categories: tuple[Category, ...] | None = None


class Segment(Record):
    """A user segment: whoever is named, and whoever fits all that it asks for.

    What it does not ask for is an empty list; ``None`` is what Zendesk did not tell.
    """

    id: str
    user_type: str | None = None
    group_ids: tuple[str, ...] | None = None
    organization_ids: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    or_tags: tuple[str, ...] | None = None
    added_user_ids: tuple[str, ...] | None = None


class SegmentsPage(Paged):
    """A page of the user segments."""

    user_segments: tuple[Segment, ...]


class Locales(Record):
    """The help centre's languages."""

    locales: tuple[str, ...]
