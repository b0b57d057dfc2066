"""Reading canned responses: the folders, then all that lies in each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from connectors.articles import Article
from connectors.errors import Forbidden, NotFound
from connectors.freshdesk import wire
from connectors.freshdesk.articles import canned_from_freshdesk
from connectors.records import path_number
from connectors.types import Page

FOLDERS = "canned_response_folders"


def canned(get_all: Callable[[str], list[Any]], shared: frozenset[str]) -> Iterator[Page[Article]]:
    """List the canned responses that our agent may see, a page for each folder.

    ``shared`` names, in lower case, the folders that customers are answered from. Freshdesk shows
    canned responses to administrators' keys only: to any other there are none, unless somebody
    relies on them by naming a folder.
    """
    try:
        folders = wire.read_all(wire.CannedFolder, get_all(FOLDERS))
    except Forbidden:
        if shared:
            raise
        return
    for folder in folders:
        if folder.responses_count == 0:
            continue
        path = f"{FOLDERS}/{path_number(folder.id, 'Freshdesk')}/responses"
        try:
            rows = wire.read_all(wire.CannedResponse, get_all(path))
        except NotFound:  # deleted since it was listed
            continue
        named = folder.name.strip().casefold() in shared
        items = (canned_from_freshdesk(raw, folder, shared=named) for raw in rows)
        yield Page(tuple(items), None)
