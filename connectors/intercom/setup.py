"""Setting up a workspace, and taking that down again: what ``setup_plan`` says, done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from connectors.errors import HelpdeskError
from connectors.intercom import answers, wire
from connectors.intercom import setup_plan as plan
from connectors.intercom.client import NEWEST, Client
from connectors.setup import Done, Step

MOST_MACROS = 10  # pages of 150
_MODELS = ("contact", "company", "conversation")


def set_up(client: Client, webhook_url: str, *, dry_run: bool) -> Iterator[Step]:
    """Make the agents' tags and the attribute of the page; say how to do the rest by hand."""
    yield _guarded("access token", partial(_token, client))
    for name in plan.TAGS:
        yield _guarded(f"tag {name}", partial(_make_tag, client, name, dry_run))
    named = client.config.page_field
    if named:
        yield _guarded(f"attribute {named}", partial(_make_attribute, client, named, dry_run))
    there = _macros(client)
    for macro in plan.MACROS:
        found = there is not None and macro.name.casefold() in there
        kept = Step(f"macro {macro.name}", Done.KEPT, "It is there.")
        yield kept if found else macro.step(client.app)
    yield plan.permissions(client.app, named)
    yield plan.webhook(client.app, webhook_url)


def take_down(client: Client, webhook_url: str, *, dry_run: bool) -> Iterator[Step]:
    """Delete tags that nothing bears, archive our attribute, say what is left to people."""
    for name in plan.TAGS:
        yield _guarded(f"tag {name}", partial(_remove_tag, client, name, dry_run))
    named = client.config.page_field
    if named:
        yield _guarded(f"attribute {named}", partial(_archive, client, named, dry_run))
    there = _macros(client)
    for macro in plan.MACROS:
        # Where nobody can tell whether it is there, somebody has to look.
        gone = there is not None and macro.name.casefold() not in there
        yield Step(f"macro {macro.name}", Done.ABSENT) if gone else macro.removal(client.app)
    yield plan.no_more_webhook(client.app, webhook_url)


def attributes(client: Client, *models: str, archived: bool = False) -> list[answers.Attribute]:
    """List the attributes of contacts, companies or conversations."""
    found: list[answers.Attribute] = []
    more: dict[str, str | int] = {"include_archived": "true"} if archived else {}
    for model in models:
        if model == "conversation":  # a listing of their own, from 2.16
            body = client.get("conversations/attributes", more, version=NEWEST)
        else:
            body = client.get("data_attributes", {"model": model, **more})
        found += wire.read(answers.Attributes, body).data or ()
    return found


def _guarded(what: str, act: Callable[[], tuple[Done, str]]) -> Step:
    try:
        return Step(what, *act())
    except HelpdeskError as error:
        return Step(what, Done.FAILED, str(error))


def _token(client: Client) -> tuple[Done, str]:
    try:
        me = wire.read(answers.Admin, client.get("me"))
    except HelpdeskError as error:
        return Done.FAILED, f"{str(error).rstrip('.')}. {plan.remedy_of(error)}"
    return Done.KEPT, f"It is one of the workspace {(me.app and me.app.name) or '?'}."


def _make_tag(client: Client, name: str, dry_run: bool) -> tuple[Done, str]:
    if client.known_tag(name) is not None:
        return Done.KEPT, "It is there."
    if dry_run:
        return Done.WOULD_CREATE, "It would be made; agents put it on conversations."
    client.tag_id(name)
    return Done.CREATED, "It is made; agents put it on conversations."


def _remove_tag(client: Client, name: str, dry_run: bool) -> tuple[Done, str]:
    tag_id = client.known_tag(name)
    if tag_id is None:
        return Done.ABSENT, ""
    used = _uses(client, tag_id)
    if used:
        # Intercom takes a deleted tag off everything, and with it what reports count by.
        borne = "1 conversation bears it" if used == 1 else f"{used} conversations bear it"
        return Done.KEPT, (
            f"{borne}, and what is deleted is taken off for good: so it stays. Delete it in "
            "Settings > Tags if your reports do without it."
        )
    if dry_run:
        return Done.WOULD_REMOVE, "No conversation bears it."
    client.delete(f"tags/{tag_id}")
    client.forget_tag(name)
    return Done.REMOVED, "No conversation bore it."


def _uses(client: Client, tag_id: str) -> int:
    query = {"field": "tag_ids", "operator": "=", "value": tag_id}
    asked = {"query": query, "pagination": {"per_page": 1}}
    page = wire.read(answers.Found, client.post("conversations/search", asked))
    return page.total_count or len(page.conversations or ())


def _make_attribute(client: Client, name: str, dry_run: bool) -> tuple[Done, str]:
    found = _named(attributes(client, *_MODELS, archived=True), name)
    if any(not one.archived for one in found):
        return Done.KEPT, "It is there."
    ours = [one for one in found if one.description == plan.ABOUT and one.id]
    if dry_run and ours:
        return Done.WOULD_CHANGE, "It is archived, and would be in use again."
    if dry_run:
        return Done.WOULD_CREATE, "It would be made, for contacts; the Messenger may fill it in."
    if ours:
        client.put(f"data_attributes/{ours[0].id}", {"archived": False})
        return Done.CHANGED, "It was archived, and is in use again."
    wanted: dict[str, Any] = {
        "name": name,
        "model": "contact",  # the only one that the Messenger fills in
        "data_type": "string",
        "description": plan.ABOUT,
        "messenger_writable": True,
    }
    client.post("data_attributes", wanted)
    return Done.CREATED, "It is made, for contacts; the guide says how the Messenger fills it in."


def _archive(client: Client, name: str, dry_run: bool) -> tuple[Done, str]:
    found = _named(attributes(client, "contact"), name)
    ours = [one for one in found if one.description == plan.ABOUT and one.id]
    if not found:
        return Done.ABSENT, ""
    if not ours:
        return Done.KEPT, "People made it, so it stays."
    if dry_run:
        return Done.WOULD_REMOVE, "It would be archived: Intercom deletes no attribute."
    client.put(f"data_attributes/{ours[0].id}", {"archived": True})
    return Done.REMOVED, "It is archived: Intercom deletes no attribute."


def _named(found: list[answers.Attribute], name: str) -> list[answers.Attribute]:
    return [one for one in found if name.strip().casefold() in one.names]


def _macros(client: Client) -> frozenset[str] | None:
    """List what macros are called, in lower case; ``None`` where they cannot be read."""
    names: set[str] = set()
    params: dict[str, str | int] = {"per_page": 150}
    try:
        for _ in range(MOST_MACROS):
            page = wire.read(answers.Macros, client.get("macros", params, version=NEWEST))
            names |= {(macro.name or "").strip().casefold() for macro in page.data or ()}
            after = page.pages.starting_after if page.pages else None
            if after is None or after == params.get("starting_after"):
                break
            params["starting_after"] = after
    except HelpdeskError:  # not our right, or a version that is not open to this app
        return None
    return frozenset(names)
