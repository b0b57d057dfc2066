"""Whether what the team wrote down can be read: solutions, their languages, canned responses."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.freshdesk import canned, codes, solutions, wire
from connectors.freshdesk.client import Client
from connectors.probing import looked
from connectors.setup import Finding

MOST_FOLDERS = 40  # that are counted


def findings(client: Client, shared: frozenset[str]) -> Iterator[Finding]:
    """Try each; ``shared`` names the folders of canned responses that are answered from."""
    yield help_centre(client)
    yield languages(client)
    yield canned_responses(client, shared)


def help_centre(client: Client) -> Finding:
    """Tell whether articles can be read, and about how many of them everybody may see."""
    check = "freshdesk solutions"

    def count() -> Finding:
        counted, more = _open_articles(client)
        said = f"{'at least ' * more}{counted} articles in folders open to everybody"
        remedy = "Customers are answered from published articles that they may look at."
        message = f"The solutions can be read: {said}."
        return Finding(check, ok=True, message=message, remedy=remedy * (not counted))

    return looked(
        check,
        count,
        "Give the bot's agent a role that may view solutions; until then answers come from other "
        "sources only.",
    )


def languages(client: Client) -> Finding:
    """Tell in which languages the articles are read."""
    check = "freshdesk languages"

    def name() -> Finding:
        told = wire.read(wire.HelpdeskSettings, client.get(solutions.SETTINGS))
        every = [told.primary_language or "the first language", *solutions.languages_of(told)]
        return Finding(check, ok=True, message=f"Articles are read in: {', '.join(every)}.")

    remedy = "Articles are read in the first language only; the settings name the others."
    return looked(check, name, remedy, ok=True)


def canned_responses(client: Client, shared: frozenset[str]) -> Finding:
    """Tell whether canned responses can be read, and which of them customers are answered from."""
    check = "freshdesk canned responses"

    def look() -> Finding:
        folders = wire.read_all(wire.CannedFolder, client.get_all(canned.FOLDERS))
        there = {each.name.strip().casefold() for each in folders if each.personal is False}
        missing = sorted(shared - there)
        if missing:
            message = f"FRESHDESK_CANNED_FOLDERS names {missing[0]!r}, which is no shared folder."
            remedy = "Write the folders' names as Freshdesk shows them, with commas between."
            return Finding(check, ok=False, message=message, remedy=remedy)
        message = f"Canned responses can be read; {len(shared)} folders are answered from."
        remedy = (
            "No list tells which are for some groups only, so all are for agents' eyes. Name the "
            "folders that customers may be answered from in FRESHDESK_CANNED_FOLDERS."
        )
        return Finding(check, ok=True, message=message, remedy=remedy * (not shared))

    remedy = (
        "Freshdesk shows canned responses to administrators' keys only. Without them, answers come "
        "from articles; all else works."
    )
    return looked(check, look, remedy, ok=not shared)


def _open_articles(client: Client) -> tuple[int, bool]:
    """Count by folders, drafts among them: to read every article takes a call for each folder."""
    counted, seen, more = 0, 0, False
    for category in wire.read_all(wire.Category, client.get_all("solutions/categories")):
        if seen >= MOST_FOLDERS:
            return counted, True
        path = f"solutions/categories/{category.id}/folders"
        found = wire.read_all(wire.Folder, client.get_all(path))
        seen += max(len(found), 1)
        counted += sum(f.articles_count or 0 for f in found if f.visibility == codes.EVERYBODY)
        more = more or any(f.sub_folders_count for f in found)
    return counted, more
