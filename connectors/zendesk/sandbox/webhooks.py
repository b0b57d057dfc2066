"""Zendesk's webhooks API: they are made, changed and removed; what was sent can be looked up."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from connectors.sandbox.edits import second, stamp
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Attempt, Delivery
from connectors.zendesk.sandbox.errors import forbidden, malformed, no_events, not_found
from connectors.zendesk.sandbox.events import WEBHOOK_ID, signed_headers, ulid
from connectors.zendesk.sandbox.kept import CONDITIONAL, Hook, Trigger
from connectors.zendesk.sandbox.paging import page_of
from connectors.zendesk.sandbox.routing import add_route
from connectors.zendesk.sandbox.shapes import Shape

_NEEDED = ("name", "endpoint", "http_method", "request_format", "status")
_KEPT = (*_NEEDED, "description")


class Webhooks:
    """The routes. Without ``events`` the account takes no subscriptions to them."""

    def __init__(self, desk: Helpdesk, first_secret: str, chance: Random, *, events: bool) -> None:
        self._desk, self._chance = desk, chance
        self._first_secret = first_secret
        self._events = events

    def register(self, blueprint: Blueprint) -> None:
        """Add the routes."""
        one = "/webhooks/<found>"
        add_route(blueprint, "/webhooks", self.all)
        add_route(blueprint, "/webhooks", self.create, "POST")
        add_route(blueprint, one, self.show)
        add_route(blueprint, one, self.replace, "PUT")
        add_route(blueprint, one, self.change, "PATCH")
        add_route(blueprint, one, self.remove, "DELETE")
        add_route(blueprint, f"{one}/signing_secret", self.secret)
        add_route(blueprint, f"{one}/signing_secret", self.reset_secret, "POST")
        add_route(blueprint, f"{one}/invocations", self.invocations)
        add_route(blueprint, f"{one}/invocations/<sent>/attempts", self.attempts)

    def all(self) -> Shape:
        """Answer ``/webhooks``."""
        wanted = request.args.get("filter[name_contains]", "").casefold()
        hooks = [each for each in self._desk.store.all(Hook) if wanted in each.name.casefold()]
        return page_of(hooks, "webhooks", _shape, next_on_last_page=False)

    def show(self, found: str) -> Shape:
        """Answer one webhook."""
        return {"webhook": _shape(self._hook(found))}

    def create(self) -> tuple[Shape, int]:
        """Answer ``POST /webhooks``."""
        given = _given()
        missing = [name for name in _NEEDED if not given.get(name)]
        if missing:
            raise malformed(f"{', '.join(missing)} can't be blank")
        with self._desk.store.transaction():
            first = not self._desk.store.all(Hook)
            now = second(self._desk.now())
            hook = Hook(
                id=self._desk.new_id(),
                ulid=ulid(self._chance),
                subscriptions=tuple(given.get("subscriptions") or ()),
                # The first is signed for as the settings of a sandbox say.
                secret=self._first_secret if first else self._new_secret(),
                created_by=self._desk.bot.id,
                created_at=now,
                updated_at=now,
                **{name: given.get(name) or "" for name in _KEPT},
            )
            self._check(hook)
            self._desk.store.put(hook)
        return {"webhook": _shape(hook)}, 201

    def replace(self, found: str) -> Response:
        """Answer ``PUT``: all of it is given anew."""
        if any(not _given().get(name) for name in _NEEDED):
            raise malformed("a webhook that is updated must be whole")
        return self.change(found)

    def change(self, found: str) -> Response:
        """Answer ``PATCH``; what calls a webhook can never be changed."""
        given = _given()
        with self._desk.store.transaction():
            old = self._hook(found)
            values: dict[str, Any] = {name: given[name] for name in _KEPT if name in given}
            if "subscriptions" in given:
                values["subscriptions"] = tuple(given["subscriptions"])
            new = replace(old, **values, updated_at=second(self._desk.now()))
            if new.conditional != old.conditional:
                raise malformed("The connection method of a webhook can't be changed")
            self._check(new)
            self._desk.store.put(new)
        return Response(status=204)

    def remove(self, found: str) -> Response:
        """Answer ``DELETE``; one that a trigger calls stays."""
        with self._desk.store.transaction():
            hook = self._hook(found)
            if any(each.bodies_for(hook.ulid) for each in self._desk.store.all(Trigger)):
                raise malformed("The webhook is connected to a trigger and can't be deleted")
            self._desk.store.remove(Hook, hook.id)
        return Response(status=204)

    def _check(self, hook: Hook) -> None:
        parts = urlsplit(hook.endpoint)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise malformed("endpoint is invalid")
        events = set(hook.subscriptions) - {CONDITIONAL}
        if any(not each.startswith("zen:event-type:") for each in events):
            raise malformed("subscriptions is invalid")
        if events and (hook.conditional or (hook.http_method, hook.request_format) != _FIXED):
            raise malformed("a subscription to events goes alone, by POST and as json")
        # Tickets are what an account may leave to triggers; of articles no trigger knows.
        if not self._events and any("ticket." in each for each in events):
            raise no_events()

    def _hook(self, found: str) -> Hook:
        for hook in self._desk.store.all(Hook):
            if hook.ulid == found:
                return hook
        raise not_found()

    # The secret

    def secret(self, found: str) -> Shape:
        """Answer what the deliveries are signed with."""
        if found == WEBHOOK_ID and not self._desk.store.all(Hook):
            return _secret(self._first_secret)
        return _secret(self._hook(found).secret)

    def reset_secret(self, found: str) -> tuple[Shape, int]:
        """Answer ``POST``: the old secret is worth nothing any more."""
        with self._desk.store.transaction():
            hook = replace(self._hook(found), secret=self._new_secret())
            self._desk.store.put(hook)
        return _secret(hook.secret), 201

    def _new_secret(self) -> str:
        return base64.b64encode(self._chance.randbytes(32)).decode()

    # What was sent

    def _sent(self, found: str) -> list[Delivery]:
        hook = self._hook(found)
        return [each for each in self._desk.store.all(Delivery) if hook.sends(each)]

    def invocations(self, found: str) -> Shape:
        """Answer what was sent, newest first."""
        return page_of(self._sent(found)[::-1], "invocations", _invocation, next_on_last_page=False)

    def attempts(self, found: str, sent: str) -> Shape:
        """Answer the attempts at one delivery, with what was sent and answered."""
        hook = self._hook(found)
        for delivery in self._sent(found):
            if delivery.invocation == sent:
                shown = [_attempt(delivery, each, hook) for each in delivery.attempts]
                return {"attempts": shown}
        raise not_found()


_FIXED = ("POST", "json")


def refuse_plain_agents() -> None:
    """Let nobody but admins see or touch webhooks and triggers."""
    resource = request.path.removeprefix("/api/v2/").partition("/")[0].removesuffix(".json")
    if resource in {"webhooks", "triggers"} or request.path.startswith("/api/v2/incremental/"):
        raise forbidden()


def _given() -> Mapping[str, Any]:
    body = request.get_json(silent=True)
    given = body.get("webhook") if isinstance(body, dict) else None
    if not isinstance(given, dict):
        raise malformed("A webhook object is required.")
    return given


def _secret(secret: str) -> Shape:
    return {"signing_secret": {"secret": secret, "algorithm": "SHA256"}}


def _shape(hook: Hook) -> Shape:
    return {
        "id": hook.ulid,
        "name": hook.name,
        "description": hook.description,
        "status": hook.status,
        "subscriptions": list(hook.subscriptions),
        "endpoint": hook.endpoint,
        "http_method": hook.http_method,
        "request_format": hook.request_format,
        "created_at": stamp(hook.created_at),
        "created_by": str(hook.created_by),
        "updated_at": stamp(hook.updated_at),
        "updated_by": str(hook.created_by),
    }


def _invocation(delivery: Delivery) -> Shape:
    last = delivery.attempts[-1] if delivery.attempts else None
    return {
        "id": delivery.invocation,
        "latest_completed_at": stamp(last.at) if last else None,
        "status_code": last.status if last else None,
        "status": _word(last) if last else "pending",
    }


def _word(attempt: Attempt) -> str:
    if attempt.status is None:
        return "timeout"
    return "success" if 200 <= attempt.status < 300 else "terminated"


def _attempt(delivery: Delivery, attempt: Attempt, hook: Hook) -> Shape:
    headers = signed_headers(delivery, attempt.at, hook.secret, hook.ulid)
    return {
        "id": f"{delivery.invocation}-{attempt.at.timestamp():.0f}",
        "invocation_id": delivery.invocation,
        "status": _word(attempt),
        "status_code": attempt.status,
        "completed_at": stamp(attempt.at),
        "request": {
            "headers": [{"key": key, "value": value} for key, value in headers.items()],
            "payload": delivery.body,
        },
        "response": {"headers": [], "payload": ""},
    }
