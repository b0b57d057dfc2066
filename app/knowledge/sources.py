"""The sources of one helpdesk's knowledge: its help centre and its agents' saved replies.

Nothing is asked for before a listing is read. How a helpdesk tells of changes is its connector's
to say: by webhook, by a listing of what changed, or not at all, so that all of it is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from app.knowledge.documents import (
    ARTICLES,
    CANNED,
    Document,
    Gone,
    Listing,
    documents_from_pages,
)
from connectors.articles import Article
from connectors.base import Connector
from connectors.types import Feature, Page

WEBHOOK, CHANGES, CRAWL = "webhook", "changes", "crawl"


def help_centre(connector: Connector) -> Listing:
    """List the help centre, all of it."""
    items = _documents(lambda: connector.articles(None))
    return Listing(ARTICLES, items, how=how_told(connector))


def changed_articles(connector: Connector, since: datetime) -> Listing:
    """List what changed in the help centre since then; needs ``tells_changes``."""
    items = _documents(lambda: connector.article_changes(since))
    return Listing(ARTICLES, items, whole=False, how=how_told(connector))


def saved_replies(connector: Connector) -> Listing:
    """List the replies that agents keep ready; needs ``Feature.CANNED``."""
    return Listing(CANNED, _prefixed(_documents(connector.canned)), how=CRAWL)


def tells_changes(connector: Connector) -> bool:
    """Tell whether changed articles can be listed without all the others."""
    return Feature.ARTICLE_CHANGES in connector.supports


def how_told(connector: Connector) -> str:
    """Say in a word how we learn of a changed article."""
    if Feature.ARTICLE_EVENTS in connector.supports:
        return WEBHOOK
    return CHANGES if tells_changes(connector) else CRAWL


def _documents(pages: Callable[[], Iterable[Page[Article]]]) -> Iterator[Document | Gone]:
    yield from documents_from_pages(pages())


def _prefixed(documents: Iterable[Document | Gone]) -> Iterator[Document | Gone]:
    """Keep the ids of saved replies apart from those of articles."""
    for document in documents:
        yield replace(document, id=f"{CANNED}:{document.id}")
