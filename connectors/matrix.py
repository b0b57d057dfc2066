"""``python -m connectors.matrix``: what each helpdesk can do, as a table for the README.

Each kind's module says it in ``CAPABILITIES``; this only lays it out, so that the table and what
the code goes by (``Connector.supports``) cannot differ.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

from connectors import KINDS
from connectors.types import Capability, Feature

BEGIN = "<!-- capabilities: python -m connectors.matrix --write README.md -->"
END = "<!-- end of capabilities -->"

# What a reader of the README calls each feature.
TITLES: Mapping[Feature, str] = {
    Feature.CONDITIONAL_WRITE: "a write is refused when somebody was faster",
    Feature.ATOMIC_WRITE: "note, tags, priority and group in one write",
    Feature.MARKED_REPLY: "our own public replies bear a mark",
    Feature.PRIORITY: "priority",
    Feature.GROUPS: "hand over to a group",
    Feature.SIGNED_WEBHOOK: "webhooks are signed",
    Feature.ARTICLES: "help centre as knowledge",
    Feature.ARTICLE_EVENTS: "webhooks tell of changed articles",
    Feature.ARTICLE_CHANGES: "changed articles are listed apart",
    Feature.CANNED: "agents' saved replies as knowledge",
    Feature.PAGE_URL: "the page that the customer wrote from",
    Feature.WHOLE_HISTORY: "all messages of a long ticket",
}


class NoPlace(ValueError):
    """A file has no place for the table; the message says what is missing."""


def capabilities(kind: str) -> Mapping[Feature, Capability]:
    """Read a kind's table."""
    found: Mapping[Feature, Capability] = import_module(KINDS[kind]).CAPABILITIES
    return found


def table() -> str:
    """Lay the table out: a row for each feature, a column for each kind."""
    kinds = list(KINDS)
    rows = [["", *(kind.capitalize() for kind in kinds)], ["---"] * (len(kinds) + 1)]
    columns = [capabilities(kind) for kind in kinds]
    for feature, title in TITLES.items():
        rows.append([title, *(_cell(column[feature]) for column in columns)])
    return "\n".join(
        "|" + "|".join(f" {cell} " if cell else " " for cell in row) + "|" for row in rows
    )


def placed(text: str) -> str:
    """Put the table between its two marks in a text; raises ``NoPlace``."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoPlace(f"There must be a line {BEGIN!r} and below it a line {END!r}.")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, or write it into a file; 2 where the file has no place for it."""
    parser = argparse.ArgumentParser(
        prog="python -m connectors.matrix",
        description="What each helpdesk can do, as a Markdown table.",
        epilog="Example: python -m connectors.matrix --write README.md",
    )
    parser.add_argument("--write", type=Path, help="replace the table in this file")
    asked = parser.parse_args(arguments)
    if asked.write is None:
        sys.stdout.write(table() + "\n")
        return 0
    try:
        asked.write.write_text(placed(asked.write.read_text("utf-8")), encoding="utf-8")
    except (NoPlace, OSError) as error:
        sys.stderr.write(f"{asked.write}: {error}\n")
        return 2
    return 0


def _cell(found: Capability) -> str:
    word = "yes" if found.able else "no"
    return f"{word}: {found.how}" if found.how else word


if __name__ == "__main__":
    sys.exit(main())
