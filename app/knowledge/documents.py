"""Documents: pages of knowledge as a source gives them, whatever the source is.

A source is the help centre, the agents' saved replies, or a folder of files. What could not be
read is a finding: told in ``kb status``, and no reason to leave out the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from app.domain import Collection, Metadata, Source
from app.knowledge.metadata import metadata_of
from app.knowledge.text import Format
from connectors.articles import Article, ArticleKind, Audience, Visibility
from connectors.types import Page

ARTICLES = "articles"
CANNED = "canned"
FILES = "files"

PLACE_MISSING = "missing"  # of a finding: a whole place of a source is not there


class SourceFailed(RuntimeError):
    """A source cannot be read, or stopped half-way; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about one page of a source that an admin should know; a page that was left out.

    ``item`` names the page: an article's id, a file's path. ``code`` is stable, ``text`` a
    sentence that says what is wrong and what to do.

    A whole listing that cannot tell what became of some pages names them: by their ids in
    ``keeps``, by how their ids begin in ``keeps_below``. Their last versions stay then; those for
    agents alone only, without ``keeps_public``.
    """

    item: str
    code: str
    text: str
    keeps: tuple[str, ...] = ()
    keeps_below: tuple[str, ...] = ()
    keeps_public: bool = True


@dataclass(frozen=True, slots=True)
class Gone:
    """A page, in all its languages, that may not be found any more."""

    id: str


@dataclass(frozen=True, slots=True)
class Document:
    """A page of knowledge. ``body`` is untrusted; ``id`` and ``locale`` together are unique.

    ``item`` is how findings name it, where not by its id.
    With ``restricted``, only whom ``audience`` lets in may see it; without an audience, nobody.
    """

    id: str
    title: str
    body: str
    form: Format = "html"
    url: str = ""
    locale: str = ""
    updated_at: datetime | None = None
    source: Source = Source.ARTICLE
    collection: Collection = Collection.PUBLIC
    restricted: bool = False
    audience: Audience | None = None
    metadata: Metadata = field(default_factory=Metadata)
    item: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source has, page by page as it comes.

    ``items`` are read once, and may raise ``HelpdeskError`` or ``SourceFailed`` half-way: what the
    source had before is then kept as it was. ``whole`` says that what is not listed is gone;
    without it these are changes alone, and what may not be found any more comes as ``Gone``.
    ``how`` says in a word how the source tells of changes: ``webhook``, ``changes``, ``crawl`` or
    ``files``.
    """

    source: str
    items: Iterable[Document | Gone | Finding]
    whole: bool = True
    how: str = "crawl"


def documents_from_pages(pages: Iterable[Page[Article]]) -> Iterator[Document | Gone]:
    """Turn a connector's listing into documents; what is not published comes as ``Gone``."""
    for page in pages:
        for article in page.items:
            yield document_from_article(article)


def document_from_article(article: Article) -> Document | Gone:
    """Turn a page of the help centre, or a saved reply, into a document."""
    if article.visibility is Visibility.UNPUBLISHED:
        return Gone(article.id)
    canned = article.kind is ArticleKind.CANNED
    internal = article.visibility is Visibility.INTERNAL
    return Document(
        id=article.id,
        title=article.title,
        body=article.html,
        url=article.url,
        locale=article.locale,
        updated_at=article.updated_at,
        source=Source.CANNED if canned else Source.ARTICLE,
        collection=Collection.INTERNAL if internal else Collection.PUBLIC,
        restricted=article.visibility is Visibility.RESTRICTED,
        audience=article.audience,
        metadata=metadata_of(article),
    )
