"""Which webhooks hear of an edit: those that subscribed, and those that a trigger calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from connectors.sandbox.facade import Announcement
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Happening, PageTurned, Person
from connectors.zendesk.sandbox.events import announcements, article_announcements, ulid
from connectors.zendesk.sandbox.kept import CONDITIONAL, Hook, Trigger
from connectors.zendesk.sandbox.shapes import is_comment

# What triggers are judged by here; another condition is refused when a trigger is made.
FIELDS = frozenset({"update_type", "comment_is_public", "role", "current_tags"})
_RUN_ON = {"created", "message", "changed"}  # a deletion, a merge, a redaction runs no trigger


def called(happenings: Sequence[Happening], desk: Helpdesk, chance: Random) -> list[Announcement]:
    """Write the webhooks of one edit.

    Until one is made through the API, all events go where the sandbox was told to send them.
    """
    told = announcements(happenings, desk, chance)
    hooks = desk.store.all(Hook)
    if not hooks:
        return told
    listening = [hook for hook in hooks if hook.status == "active"]
    subscribed = _subscribed(told, listening, chance)
    return [*subscribed, *_triggered(happenings, desk, listening, chance)]


def called_of_articles(
    turned: Sequence[PageTurned], desk: Helpdesk, chance: Random
) -> list[Announcement]:
    """Write the webhooks of changed articles; no trigger knows of them."""
    told = article_announcements(turned, desk, chance)
    hooks = [hook for hook in desk.store.all(Hook) if hook.status == "active"]
    return told if not desk.store.all(Hook) else _subscribed(told, hooks, chance)


def _subscribed(
    told: Sequence[Announcement], hooks: Sequence[Hook], chance: Random
) -> list[Announcement]:
    return [
        replace(each, url=hook.endpoint, invocation=ulid(chance))
        for hook in hooks
        for each in told
        if each.kind in hook.subscriptions
    ]


@dataclass(frozen=True, slots=True)
class Update:
    """One update of a ticket, as triggers see it."""

    created: bool
    actor: Person
    public: bool | None  # of the comment that came along, ``None`` without one
    tags: frozenset[str]


def _triggered(
    happenings: Sequence[Happening], desk: Helpdesk, hooks: Sequence[Hook], chance: Random
) -> Iterator[Announcement]:
    if not any(each.kind in _RUN_ON for each in happenings):
        return
    last = happenings[-1]
    comments = [each.message for each in happenings if each.message and is_comment(each.message)]
    update = Update(
        created=any(each.kind == "created" for each in happenings),
        actor=desk.people()[last.audit.author_id],
        public=comments[0].public if comments else None,
        tags=frozenset(last.ticket.tags),
    )
    for trigger in desk.store.all(Trigger):
        if not (trigger.active and runs(trigger.conditions, update)):
            continue
        for hook in hooks:
            for body in trigger.bodies_for(hook.ulid):
                number = last.ticket.id
                filled = body.replace("{{ticket.id}}", str(number))
                invocation = ulid(chance)
                yield Announcement(
                    invocation, invocation, CONDITIONAL, number, filled, hook.endpoint
                )


def runs(conditions: Mapping[str, Any], update: Update) -> bool:
    """Tell whether an update meets all of a trigger's conditions, and any of the others."""
    any_of = conditions.get("any") or []
    met = [_meets(each, update) for each in conditions.get("all") or []]
    return all(met) and (not any_of or any(_meets(each, update) for each in any_of))


def _meets(condition: Mapping[str, Any], update: Update) -> bool:
    value, operator = str(condition["value"]), condition["operator"]
    return _holds(condition["field"], value, update) == (operator in {"is", "includes"})


def _holds(field: str, value: str, update: Update) -> bool:
    if field == "update_type":
        return update.created == (value == "Create")
    if field == "comment_is_public":
        if value == "not_relevant":  # any comment will do
            return update.public is not None
        return update.public is (value == "true")
    if field == "current_tags":
        return bool(update.tags & set(value.split()))
    if value in {"agent", "end_user"}:
        return update.actor.staff == (value == "agent")
    return value == str(update.actor.id)
