"""What a team wrote down: pages of the help centre and saved replies, and who may read them.

All records are frozen; times are aware datetimes in UTC, ids are strings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from connectors.types import Account, Person

Place = TypeVar("Place")  # a section, a folder, a collection


class Visibility(StrEnum):
    """Who may read an article. What a connector cannot tell for sure is never ``PUBLIC``."""

    PUBLIC = "public"  # anybody
    RESTRICTED = "restricted"  # those whom its ``Audience`` lets in
    INTERNAL = "internal"  # the team alone
    UNPUBLISHED = "unpublished"  # nobody yet, or no longer: a draft, an archived page


class ArticleKind(StrEnum):
    """What a page is."""

    ARTICLE = "article"
    CANNED = "canned"  # a reply that agents keep ready: a macro, a canned response


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a restricted article is for; whoever is not let in by it may not know of it.

    A person is let in who is named or whose account is named; or, where tags are named, who (or
    whose account) bears all of ``all_tags`` and, if there are any, one of ``any_tags``; or, with
    ``verified``, who has proved to be who they say. An empty audience lets nobody in.
    """

    person_ids: frozenset[str] = frozenset()
    account_ids: frozenset[str] = frozenset()
    all_tags: frozenset[str] = frozenset()
    any_tags: frozenset[str] = frozenset()
    verified: bool = False

    def lets_in(self, person: Person, account: Account | None = None) -> bool:
        """Tell whether somebody may read what is for this audience."""
        # Of some people and accounts no id is known: "" names nobody.
        if person.id and person.id in self.person_ids:
            return True
        if account and account.id and account.id in self.account_ids:
            return True
        # Helpdesks keep tags in lower case. Not casefold: "straße" and "strasse" are two tags.
        tags = {tag.lower() for tag in person.tags | (account.tags if account else frozenset())}
        every = {tag.lower() for tag in self.all_tags}
        some = {tag.lower() for tag in self.any_tags}
        if (every or some) and every <= tags and (not some or some & tags):
            return True
        return self.verified and person.verified

    def in_words(self) -> str:
        """Say for whom it is, as an agent reads it; an empty audience is ``nobody``."""
        parts = ["certain people"] if self.person_ids else []
        parts += ["certain accounts"] if self.account_ids else []
        tags = sorted(self.all_tags)
        some = sorted(self.any_tags)
        tags += ["one of " + ", ".join(some)] if len(some) > 1 else some
        parts += ["those tagged " + " and ".join(tags)] if tags else []
        parts += ["those who are signed in"] if self.verified else []
        return " or ".join(parts) or "nobody"


@dataclass(frozen=True, slots=True)
class Article:
    """A page of the help centre in one language, or a saved reply.

    ``sections`` is the way to it, outermost first: category, section, folder. ``audience`` counts
    only where ``visibility`` is ``RESTRICTED``. ``outdated`` says that the team itself marked it
    so. ``html`` may hold placeholders in a saved reply; the reader must know them for what they
    are (``{{ticket.id}}``).
    """

    id: str
    title: str
    html: str
    url: str = ""
    locale: str = ""
    updated_at: datetime | None = None
    visibility: Visibility = Visibility.PUBLIC
    audience: Audience | None = None
    labels: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    kind: ArticleKind = ArticleKind.ARTICLE
    outdated: bool = False

    @property
    def public(self) -> bool:
        """Whether anybody may read it."""
        return self.visibility is Visibility.PUBLIC


def line_up(
    place: str | None, places: Mapping[str, Place], parent: Callable[[Place], str | None]
) -> list[Place]:
    """List a place and all that it lies in, outermost first, by their ids.

    What is not among ``places`` is left out, with what it may lie in; a ring ends where it closes.
    """
    found: dict[str, Place] = {}
    while place is not None and place in places and place not in found:
        found[place] = places[place]
        place = parent(places[place])
    return list(reversed(found.values()))
