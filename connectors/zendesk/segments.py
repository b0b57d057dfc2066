"""Who may read an article, by its user segments, without effects.

Facts: Zendesk's description of user segments. A segment asks for all that it names together, while
an ``Audience`` lets in whoever fits any of it; so where both cannot say the same, ours is the
narrower one. Of several segments of one article (Enterprise), any lets somebody in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from connectors.articles import Audience, Visibility
from connectors.zendesk.guide_wire import Segment

_STAFF, _SIGNED_IN = "staff", "signed_in_users"

Readers = tuple[Visibility, Audience | None]


@dataclass(frozen=True, slots=True)
class _Tags:
    """Tags to bear: all of the first, and one of the second if there are any."""

    every: frozenset[str]
    some: frozenset[str]

    @property
    def alternatives(self) -> frozenset[str]:
        """The same as tags of which one is enough; empty where that cannot be said."""
        if not self.every:
            return self.some
        return self.every if len(self.every) == 1 and not self.some else frozenset()


def readers(ids: Iterable[str] | None, segments: Mapping[str, Segment], invented: str) -> Readers:
    """Tell who may read an article that is for these segments.

    ``ids`` is ``None`` where Zendesk did not say, ``segments`` are those that we could read.
    ``invented`` is a tag that people may bear in our records and not at Zendesk, "" for none.
    """
    if ids is None:
        return Visibility.RESTRICTED, None
    wanted = list(ids)
    if not wanted:
        return Visibility.PUBLIC, None
    known = [segments[number] for number in wanted if number in segments]
    if known and all(each.user_type == _STAFF for each in known):
        return Visibility.INTERNAL, None
    found = [each for each in known if each.user_type == _SIGNED_IN]
    audience = _together([_audience(each) for each in found], _tags_of(found, invented))
    return Visibility.RESTRICTED, audience if audience != Audience() else None


def _audience(segment: Segment) -> Audience:
    """Whom a segment lets in, but for tags."""
    people = frozenset(segment.added_user_ids or ())
    tagged = bool(segment.tags or segment.or_tags)
    if not _customers_fit(segment):
        return Audience(person_ids=people)
    if segment.organization_ids:
        # Who must be in an organization and bear a tag as well cannot be said of an audience.
        accounts = frozenset() if tagged else frozenset(segment.organization_ids)
        return Audience(person_ids=people, account_ids=accounts)
    # One that only names people is taken to be for them alone, though it reads like everybody.
    return Audience(person_ids=people, verified=not tagged and not people)


def _customers_fit(segment: Segment) -> bool:
    """Tell whether anybody but those who are named can be in it, for all that we know.

    Groups are of agents: no customer is in one. And what Zendesk did not tell may have been asked
    for, too.
    """
    asked = (segment.group_ids, segment.organization_ids, segment.tags, segment.or_tags)
    return not segment.group_ids and None not in asked


def _tags_of(segments: Iterable[Segment], invented: str) -> list[_Tags]:
    found = []
    for each in segments:
        tags = _Tags(frozenset(each.tags or ()), frozenset(each.or_tags or ()))
        alone = not each.organization_ids and _customers_fit(each)
        borne = {tag.casefold() for tag in tags.every | tags.some}
        if alone and borne and invented.casefold() not in borne:
            found.append(tags)
    return found


def _together(audiences: Sequence[Audience], tags: Sequence[_Tags]) -> Audience:
    every, some = (tags[0].every, tags[0].some) if tags else (frozenset(), frozenset())
    # Of several, an audience can say those alone of which one tag is enough; else it is the first.
    if len(tags) > 1 and all(each.alternatives for each in tags):
        every, some = frozenset(), frozenset().union(*(each.alternatives for each in tags))
    return Audience(
        person_ids=frozenset().union(*(each.person_ids for each in audiences)),
        account_ids=frozenset().union(*(each.account_ids for each in audiences)),
        all_tags=every,
        any_tags=some,
        verified=any(each.verified for each in audiences),
    )
