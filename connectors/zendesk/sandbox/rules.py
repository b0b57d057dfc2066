"""Zendesk's triggers and macros: made, changed and removed. Triggers call webhooks, for real."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request
from pydantic import BaseModel, ValidationError

from connectors.sandbox.caller import base_url
from connectors.sandbox.edits import second, stamp
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Reply
from connectors.zendesk.sandbox.calling import FIELDS
from connectors.zendesk.sandbox.errors import invalid, malformed, not_found
from connectors.zendesk.sandbox.kept import CALLS, Hook, Macro, Rule, Trigger
from connectors.zendesk.sandbox.paging import page_of
from connectors.zendesk.sandbox.routing import add_route
from connectors.zendesk.sandbox.shapes import Shape


class _Rule(BaseModel):
    """What may be set; whatever else is sent is ignored."""

    title: str | None = None
    active: bool | None = None
    description: str | None = None
    actions: list[dict[str, Any]] | None = None
    conditions: dict[str, list[dict[str, Any]] | None] | None = None
    restriction: dict[str, Any] | None = None


class Rules:
    """The routes of one of both; ``created`` is the status of a creation, as described."""

    def __init__(self, desk: Helpdesk, name: str, kind: type[Rule], created: int) -> None:
        self._desk, self._name, self._kind, self._created = desk, name, kind, created

    def register(self, blueprint: Blueprint) -> None:
        """Add the routes."""
        one = f"/{self._name}s/<int:number>"
        add_route(blueprint, f"/{self._name}s", self.all)
        add_route(blueprint, f"/{self._name}s", self.create, "POST")
        add_route(blueprint, one, self.show)
        add_route(blueprint, one, self.update, "PUT")
        add_route(blueprint, one, self.remove, "DELETE")

    def all(self) -> Shape:
        """Answer the list; agents' saved replies are macros, too."""
        found: list[Rule] = list(self._desk.store.all(self._kind))
        if self._kind is Macro:
            found += [macro_of(each) for each in self._desk.library.replies()]
        if "active" in request.args:
            found = [each for each in found if each.active == (request.args["active"] == "true")]
        return page_of(found, f"{self._name}s", self._shape)

    def show(self, number: int) -> Shape:
        """Answer one of them."""
        return {self._name: self._shape(self._rule(number))}

    def create(self) -> tuple[Shape, int]:
        """Answer ``POST``."""
        given = self._given()
        if not given.get("title") or not given.get("actions"):
            raise invalid("base", "Title and actions cannot be blank")
        with self._desk.store.transaction():
            now = second(self._desk.now())
            rule = self._kind(self._desk.new_id(), created_at=now, updated_at=now, **given)
            self._check(rule)
            self._desk.store.put(rule)
        return {self._name: self._shape(rule)}, self._created

    def update(self, number: int) -> Shape:
        """Answer ``PUT``. A trigger's conditions and actions are given together or both lost."""
        given = self._given()
        if self._kind is Trigger and {"actions", "conditions"} & given.keys():
            given = {"actions": (), "conditions": {}, **given}
        with self._desk.store.transaction():
            rule = replace(self._rule(number), **given, updated_at=second(self._desk.now()))
            self._check(rule)
            self._desk.store.put(rule)
        return {self._name: self._shape(rule)}

    def remove(self, number: int) -> Response:
        """Answer ``DELETE``."""
        with self._desk.store.transaction():
            self._desk.store.remove(self._kind, self._rule(number).id)
        return Response(status=204)

    def _given(self) -> dict[str, Any]:
        body = request.get_json(silent=True)
        wanted = body.get(self._name) if isinstance(body, dict) else None
        try:
            read = _Rule.model_validate(wanted)
        except ValidationError:
            raise malformed(f"A {self._name} object is required.") from None
        given = {name: getattr(read, name) for name in read.model_fields_set}
        if "actions" in given:
            given["actions"] = tuple(given["actions"] or ())
        return given

    def _check(self, rule: Rule) -> None:
        conditions = [
            each for name in ("all", "any") for each in (rule.conditions or {}).get(name) or ()
        ]
        for each in conditions:
            if each.get("field") not in FIELDS:
                raise invalid("conditions", f"{each.get('field')} is not played by the sandbox")
        for action in rule.actions:
            if action.get("field") == CALLS:
                self._check_call(action)

    def _check_call(self, action: Mapping[str, Any]) -> None:
        value = action.get("value")
        hooks = {each.ulid: each for each in self._desk.store.all(Hook)}
        if not isinstance(value, list) or len(value) != 2 or value[0] not in hooks:
            raise invalid("actions", "Webhook is invalid")
        if not hooks[value[0]].conditional:
            raise invalid("actions", "Webhook is subscribed to events")

    def _rule(self, number: int) -> Rule:
        found = self._desk.store.get(self._kind, number)
        if found is None:
            raise not_found()
        return found

    def _shape(self, rule: Rule) -> Shape:
        shape: Shape = {
            "url": f"{base_url()}/api/v2/{self._name}s/{rule.id}.json",
            "id": rule.id,
            "title": rule.title,
            "raw_title": rule.title,
            "active": rule.active,
            "default": False,
            "position": 0,
            "description": rule.description,
            "actions": [dict(each) for each in rule.actions],
            "created_at": stamp(rule.created_at),
            "updated_at": stamp(rule.updated_at),
        }
        if self._kind is Macro:
            return {**shape, "restriction": rule.restriction}
        conditions = {name: (rule.conditions or {}).get(name) or [] for name in ("all", "any")}
        return {**shape, "conditions": conditions}


def macro_of(reply: Reply) -> Macro:
    """A saved reply as a macro; its folder is the first part of its title."""
    whose = {"type": "Group", "id": reply.group_id, "ids": [reply.group_id]}
    mode = [] if reply.public else [{"field": "comment_mode_is_public", "value": "false"}]
    return Macro(
        reply.id,
        f"{reply.folder}::{reply.name}" if reply.folder else reply.name,
        ({"field": "comment_value_html", "value": reply.html}, *mode),
        reply.created_at,
        reply.updated_at,
        restriction=whose if reply.group_id else None,
    )
