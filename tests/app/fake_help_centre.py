"""A help centre in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.articles import Article
from connectors.errors import Unsupported
from connectors.types import Page

EXPORT = Article(
    id="kb-1",
    title="Export all projects",
    html="<p>Open <strong>Settings</strong> and choose <strong>Export all projects</strong>. "
    "The export of all projects arrives by mail within an hour.</p>",
    url="https://help.example/export",
)
INVITE = Article(
    id="kb-2",
    title="Invite a teammate",
    html="<p>How to invite a teammate: open <strong>Team</strong> and press "
    "<strong>Invite</strong>.</p>",
    url="https://help.example/invite",
)


@dataclass(kw_only=True)
class FakeHelpCentre:
    """Its articles and saved replies; what changed is told only where ``tells_changes``."""

    help_centre: tuple[Article, ...] = (EXPORT, INVITE)
    saved_replies: tuple[Article, ...] | None = None
    tells_changes: bool = False

    def articles(self, cursor: str | None) -> Iterator[Page[Article]]:
        yield Page(self.help_centre, None)

    def article_changes(self, since: datetime) -> Iterator[Page[Article]]:
        if not self.tells_changes:
            raise Unsupported("Changed articles are not listed apart")
        beginning = datetime.min.replace(tzinfo=UTC)
        new = [each for each in self.help_centre if (each.updated_at or beginning) >= since]
        yield Page(tuple(new), None)

    def canned(self) -> Iterator[Page[Article]]:
        if self.saved_replies is None:
            raise Unsupported("Saved replies are not read")
        yield Page(self.saved_replies, None)
