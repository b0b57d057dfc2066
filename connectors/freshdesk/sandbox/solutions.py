"""The help centre as Freshdesk's solutions: one category, folders in folders, articles.

Who may read an article is its folder's matter: articles of one section that are for different
readers lie in different folders of that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zlib import crc32

from connectors.freshdesk.sandbox.conversations import flat_text
from connectors.freshdesk.sandbox.shapes import Shape
from connectors.sandbox.edits import stamp
from connectors.sandbox.records import Article, Translation

CATEGORY_ID = 8_447_346_621_307
_PORTAL_ID = 8_447_346_621_308
_FIRST_FOLDER = 8_447_300_000_000
_SEGMENT_ID = 8_447_346_621_309
_DRAFT, _PUBLISHED = 1, 2  # "(1 - draft, 2 - published)", API page, Solution Articles
# API page, Folder Visibility Properties; 5 are bots.
_EVERYBODY, _LOGGED_IN, _AGENTS, _COMPANIES, _CONTACT_SEGMENTS = 1, 2, 3, 4, 6
_USUAL = "General"
PRIMARY = "en"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder by its path; a folder keeps its id as long as it keeps its name and readers."""

    path: tuple[str, ...]
    visibility: int = _EVERYBODY
    company_ids: tuple[int, ...] = ()

    @property
    def id(self) -> int:
        """Its number."""
        named = "/".join(self.path)
        readers = "" if self.visibility == _EVERYBODY else f"|{self.visibility}{self.company_ids}"
        return _FIRST_FOLDER + crc32(f"{named}{readers}".encode())

    @property
    def parent(self) -> Folder | None:
        """The folder it lies in, ``None`` right below the category."""
        return Folder(self.path[:-1]) if len(self.path) > 1 else None

    @property
    def line(self) -> Iterator[Folder]:
        """All folders from the category down to this one."""
        yield from (Folder(self.path[:depth]) for depth in range(1, len(self.path)))
        yield self


def folder_of(article: Article) -> Folder:
    """The folder that an article lies in."""
    path = article.sections or (_USUAL,)
    if article.visibility == "internal":
        return Folder(path, _AGENTS)
    if article.visibility != "restricted":
        return Folder(path)
    audience = article.audience
    if audience is not None and audience.organization_ids:
        return Folder(path, _COMPANIES, tuple(sorted(audience.organization_ids)))
    if audience is not None and audience.verified:
        return Folder(path, _LOGGED_IN)
    return Folder(path, _CONTACT_SEGMENTS)  # the nearest to people and tags, of which none is told


@dataclass(slots=True)
class Counts:
    """How many articles and folders lie right in a folder."""

    articles: int = 0
    folders: int = 0


def counts_of(articles: Iterable[Article]) -> dict[Folder, Counts]:
    """All folders with what is in them, those that hold only folders too."""
    found: dict[Folder, Counts] = {}
    for article in articles:
        for folder in folder_of(article).line:
            if folder not in found:
                found[folder] = Counts()
                if folder.parent is not None:  # which comes before it in the line
                    found[folder.parent].folders += 1
        found[folder_of(article)].articles += 1
    return found


def category_shape(created: str) -> Shape:
    """The only category."""
    return {
        "id": CATEGORY_ID,
        "name": "Knowledge base",
        "description": None,
        "created_at": created,
        "updated_at": created,
        "visible_in_portals": [_PORTAL_ID],
        "icon": {},
    }


def folder_shape(folder: Folder, counts: Counts, created: str) -> Shape:
    """A folder."""
    readers: Shape = {}
    if folder.visibility == _COMPANIES:
        readers = {"company_ids": list(folder.company_ids)}
    if folder.visibility == _CONTACT_SEGMENTS:
        readers = {"contact_segment_ids": [_SEGMENT_ID]}
    return {
        "id": folder.id,
        "name": folder.path[-1],
        "description": None,
        "articles_count": counts.articles,
        "created_at": created,
        "updated_at": created,
        "icon_url": None,
        "parent_folder_id": folder.parent.id if folder.parent else None,
        "sub_folders_count": counts.folders,
        "hierarchy": hierarchy(folder),
        "visibility": folder.visibility,
        "category_id": CATEGORY_ID,
        **readers,
    }


def hierarchy(folder: Folder, language: str = PRIMARY) -> list[Shape]:
    """The way down to a folder."""
    steps = [("category", CATEGORY_ID, "Knowledge base")]
    steps += [("folder", each.id, each.path[-1]) for each in folder.line]
    return [
        {"level": level, "type": kind, "data": {"id": number, "name": name, "language": language}}
        for level, (kind, number, name) in enumerate(steps)
    ]


def article_shape(article: Article, agent_id: int, said: Translation | None = None) -> Shape:
    """An article, or what is ``said`` in another language; nothing in it tells its address."""
    folder = folder_of(article)
    published = article.published and (said is None or said.published)
    text = said or article
    return {
        "id": article.id,
        "type": 1,
        "status": _PUBLISHED if published else _DRAFT,
        "agent_id": agent_id,
        "created_at": stamp(article.created_at),
        "category_id": CATEGORY_ID,
        "folder_id": folder.id,
        "title": text.title,
        "updated_at": stamp(text.updated_at),
        "description": text.html,
        "description_text": flat_text(text.html),
        "seo_data": {"meta_title": "", "meta_description": ""},
        "tags": list(article.labels),
        "attachments": [],
        "cloud_files": [],
        "thumbs_up": 0,
        "thumbs_down": 0,
        "hits": 0,
        "suggested": 0,
        "feedback_count": 0,
        "hierarchy": hierarchy(folder, text.locale or PRIMARY),
    }
