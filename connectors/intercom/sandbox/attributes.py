"""Attributes of contacts and conversations: what a set-up looks for and makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, g, request

from connectors.intercom.sandbox.access import Settings
from connectors.intercom.sandbox.bodies import AttributeUpdate, NewAttribute, json_body, read
from connectors.intercom.sandbox.errors import ApiError, bad_version, not_found
from connectors.intercom.sandbox.people import Shape, unix
from connectors.sandbox.edits import second
from connectors.sandbox.helpdesk import Helpdesk

_FIRST = 12_878
_MODELS = ("contact", "company", "conversation")
_STANDARD = (("contact", "email"), ("contact", "name"), ("company", "name"), ("company", "plan"))


@dataclass(frozen=True, slots=True)
class IntercomAttribute:
    """An attribute that somebody made through the API."""

    id: int
    model: str
    name: str
    data_type: str
    description: str
    messenger_writable: bool
    created_at: datetime
    archived: bool = False


class Attributes:
    """Attributes that are known by the settings, and those that were made."""

    def __init__(self, desk: Helpdesk, settings: Settings) -> None:
        self._desk, self._settings = desk, settings

    def register(self, blueprint: Blueprint) -> None:
        """Add the routes."""
        for method, path, view in (
            ("GET", "/data_attributes", self.all),
            ("POST", "/data_attributes", self.make),
            ("PUT", "/data_attributes/<int:number>", self.update),
            ("GET", "/conversations/attributes", self.of_conversations),
        ):
            blueprint.add_url_rule(path, f"{method} {path[1:]}", view, methods=[method])

    def all(self) -> Shape:
        """Answer ``GET /data_attributes``; from 2.16 without those of conversations."""
        model = request.args.get("model")
        known = _MODELS if g.version == "2.15" else _MODELS[:2]
        if model is not None and model not in known:
            text = f"model must be one of {', '.join(known)}"
            raise ApiError(422, "parameter_invalid", text, "model")
        archived = request.args.get("include_archived") == "true"
        found = [
            shape
            for shape in self._shapes()
            if model in (None, shape["model"]) and (archived or not shape.get("archived"))
        ]
        return {"type": "list", "data": [each for each in found if each["model"] in known]}

    def of_conversations(self) -> Shape:
        """Answer ``GET /conversations/attributes``, which only 2.16 has."""
        if g.version == "2.15":
            raise bad_version()
        at = unix(self._desk.bot.created_at)
        found = [
            {
                "type": "conversation_attribute",
                "id": place + 1,
                "name": name,
                "description": "",
                "data_type": "string",
                "required": False,
                "visible_to_team_ids": [],
                "archived": False,
                "created_at": at,
                "updated_at": at,
                "multiline": False,
            }
            for place, name in enumerate(self._settings.attributes)
        ]
        return {"type": "list", "data": found}

    def _shapes(self) -> Iterator[Shape]:
        for model, name in _STANDARD:
            yield {**_head(model, name, "string", f"The {name} of a {model}"), "custom": False}
        for name in self._settings.attributes:
            yield {**_head("conversation", name, "string", ""), "custom": True}
        for made in self._made():
            yield attribute_shape(made)

    def _made(self) -> list[IntercomAttribute]:
        return self._desk.store.all(IntercomAttribute)

    def make(self) -> Shape:
        """Answer ``POST /data_attributes``; a name is given once for each model."""
        wanted = read(NewAttribute, json_body())
        with self._desk.store.transaction():
            if any((one.model, one.name) == (wanted.model, wanted.name) for one in self._made()):
                text = f"You already have '{wanted.name}' in your data attributes"
                raise ApiError(400, "parameter_invalid", text)
            made = IntercomAttribute(
                self._desk.store.next("intercom attribute", _FIRST),
                wanted.model,
                wanted.name,
                wanted.data_type,
                wanted.description,
                wanted.messenger_writable,
                second(self._desk.now()),
            )
            self._desk.store.put(made)
        return attribute_shape(made)

    def update(self, number: int) -> Shape:
        """Answer ``PUT /data_attributes/{id}``: archives, or takes out of the archive."""
        wanted = read(AttributeUpdate, json_body())
        with self._desk.store.transaction():
            found = self._desk.store.get(IntercomAttribute, number)
            if found is None:
                raise not_found("field_not_found", "We couldn't find that data attribute to update")
            if wanted.archived is not None:
                found = replace(found, archived=wanted.archived)
            self._desk.store.put(found)
        return attribute_shape(found)


def _head(model: str, name: str, data_type: str, description: str) -> Shape:
    return {
        "type": "data_attribute",
        "model": model,
        "name": name,
        "full_name": name,
        "label": name,
        "description": description,
        "data_type": data_type,
        "api_writable": True,
        "messenger_writable": False,
        "ui_writable": True,
    }


def attribute_shape(made: IntercomAttribute) -> Shape:
    """An attribute that somebody made."""
    return {
        **_head(made.model, made.name, made.data_type, made.description),
        "id": made.id,
        "messenger_writable": made.messenger_writable,
        "custom": True,
        "archived": made.archived,
        "created_at": unix(made.created_at),
        "updated_at": unix(made.created_at),
    }
