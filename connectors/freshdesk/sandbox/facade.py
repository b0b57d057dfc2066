"""The façade itself: access, budget and headers of the API, and how webhooks go out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random

from flask import Blueprint, Response, g, jsonify, make_response, redirect, request

from connectors.freshdesk.sandbox.budget import Budget, credits_of
from connectors.freshdesk.sandbox.errors import (
    no_address,
    not_acceptable,
    too_many_calls,
)
from connectors.freshdesk.sandbox.knowledge import Knowledge
from connectors.freshdesk.sandbox.reads import Reads
from connectors.freshdesk.sandbox.rules import announcements, request_headers, wait_before_next
from connectors.freshdesk.sandbox.settings import Settings, check_key
from connectors.freshdesk.sandbox.tickets import Tickets
from connectors.freshdesk.sandbox.writes import Writes
from connectors.sandbox.caller import ALL_METHODS
from connectors.sandbox.facade import Announcement, FacadeDefaults
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Attempt, Delivery, Happening
from connectors.sandbox.refusals import ApiError

_CONVERSATION = re.compile(r"/api/v2/conversations/\d+$")
_SORRY = "We're sorry, but something went wrong."


class FreshdeskFacade(FacadeDefaults):
    """Freshdesk's face."""

    ticket_path = re.compile(r"/api/v2/tickets/(\d+)\b")
    agent_path = "/a/tickets/<int:number>"

    def __init__(self, settings: Settings, chance: Random) -> None:
        self._settings = settings
        self._chance = chance
        self._budget = Budget(settings.limit, settings.enforced)

    def blueprint(self, desk: Helpdesk) -> Blueprint:
        """Freshdesk's API as far as a connector uses it."""
        blueprint = Blueprint("freshdesk", __name__)

        @blueprint.before_request
        def admit() -> None:
            if not request.path.startswith("/api/"):
                return  # the portal's pages are for everybody
            g.credits = credits_of(request.path, request.args.get("include", ""))
            self._budget.spend(g.credits, desk.now())  # invalid requests count, too
            check_key(request.headers.get("Authorization", ""), self._settings)
            if request.accept_mimetypes and not request.accept_mimetypes.accept_json:
                raise not_acceptable()

        @blueprint.errorhandler(ApiError)
        def refuse(error: ApiError) -> Response:
            return error.answer()

        @blueprint.after_request
        def add_headers(answer: Response) -> Response:
            answer.headers.update(self._budget.headers(g.get("credits", 1), desk.now()))
            if answer.status_code == 429:
                answer.headers["X-RateLimit-Remaining"] = "0"
            answer.headers["X-Freshdesk-API-Version"] = "latest=v2; requested=v2"
            return answer

        writes = Writes(desk, self._settings)
        Reads(desk, self._settings).register(blueprint)
        Knowledge(desk, self._settings).register(blueprint)
        Tickets(desk).register(blueprint, put=writes.update)
        writes.register(blueprint)
        # Where Freshdesk's portal shows an article; the sandbox has its own page for it.
        blueprint.add_url_rule("/support/solutions/articles/<int:number>", "portal", _portal)
        blueprint.add_url_rule("/api/v2/<path:_>", "unknown", _unknown, methods=ALL_METHODS)
        return blueprint

    def announce(self, happenings: Sequence[Happening], desk: Helpdesk) -> list[Announcement]:
        """The webhooks that the account's rules send of one edit."""
        return announcements(happenings, desk, self._settings, self._chance)

    def headers(self, delivery: Delivery, at: datetime) -> Mapping[str, str]:
        """An attempt's headers, the same every time; it draws on the account's budget."""
        self._budget.webhook(at)
        return request_headers(self._settings)

    def again(self, attempts: Sequence[Attempt], retry_after: float | None) -> float | None:
        """Freshdesk's rules for trying again."""
        return wait_before_next(attempts)

    def refusal(self, status: int, *, retry_after: int | None, plain: bool) -> Response:
        """A 429 or 5xx: JSON, or what a proxy before Freshdesk says in HTML."""
        if plain:
            answer = make_response(f"<html><body><h1>{status}</h1></body></html>\n", status)
        elif status == 429:
            answer = make_response(jsonify(too_many_calls(0).body), status)
        else:
            answer = make_response(jsonify(code="internal_error", message=_SORRY), status)
        if retry_after is not None:
            answer.headers["Retry-After"] = str(retry_after)
        return answer

    def write(self, method: str, path: str) -> bool:
        """Whether this call changes a ticket; the paths of notes change one and name none."""
        of_note = method in {"PUT", "DELETE"} and _CONVERSATION.match(path) is not None
        return of_note or super().write(method, path)


def _portal(number: int) -> Response:
    answer: Response = make_response(redirect(f"/hc/articles/{number}"))
    return answer


def _unknown(_: str) -> Response:
    raise no_address()
