"""The façade itself: routes, access and headers of the API, and the wire format of webhooks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from math import ceil
from random import Random
from uuid import UUID

from flask import Blueprint, Response, abort, g, jsonify, make_response, request

from connectors.http import utc_now
from connectors.intercom.sandbox import files
from connectors.intercom.sandbox.access import (
    Settings,
    Slices,
    check_token,
    limit_headers,
    version_of,
)
from connectors.intercom.sandbox.attributes import Attributes
from connectors.intercom.sandbox.errors import (
    ApiError,
    conflict,
    error_list,
    not_found,
    rate_limited,
)
from connectors.intercom.sandbox.events import (
    announcements,
    ends_subscription,
    ping,
    signed_headers,
    wait_before_next,
)
from connectors.intercom.sandbox.knowledge import Knowledge
from connectors.intercom.sandbox.people import APP_ID
from connectors.intercom.sandbox.reads import Reads
from connectors.intercom.sandbox.ticket_writes import TicketWrites
from connectors.intercom.sandbox.writes import Writes
from connectors.sandbox.caller import ALL_METHODS
from connectors.sandbox.facade import Announcement, FacadeDefaults
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Attempt, Delivery, Happening

NAME = "intercom"
_TROUBLE = "<html><body><h1>We're sorry, but something went wrong.</h1></body></html>\n"


class IntercomFacade(FacadeDefaults):
    """Intercom's face; its subscription lasts until a receiver answers 410."""

    ticket_path = re.compile(r"/(?:conversations|tickets)/(\d+)\b")
    agent_path = f"/a/inbox/{APP_ID}/inbox/shared/all/conversation/<int:number>"
    attempt_seconds = 5.0  # developers.intercom.com, webhook-models

    def __init__(self, settings: Settings, chance: Random) -> None:
        self._settings, self._chance = settings, chance
        self._slices = Slices(settings.rate_limit)
        self._subscribed = True
        self._now: Callable[[], datetime] = utc_now

    def blueprint(self, desk: Helpdesk) -> Blueprint:
        """Intercom's API as far as a connector uses it."""
        self._now = desk.now
        blueprint = Blueprint(NAME, __name__)

        @blueprint.before_request
        def enter() -> None:
            if request.endpoint == f"{NAME}.file":  # a signed address, on another host in life
                return
            check_token(request.headers.get("Authorization", ""), self._settings)
            g.known = True
            self._slices.count(desk.now())
            g.version = version_of(request.headers.get("Intercom-Version"), self._settings)

        @blueprint.errorhandler(ApiError)
        def refuse(error: ApiError) -> Response:
            return make_response(jsonify(self._errors(error)), error.status)

        @blueprint.after_request
        def add_headers(answer: Response) -> Response:
            if g.get("known"):
                answer.headers.update(self._slices.headers(desk.now()))
            if "version" in g:
                answer.headers["Intercom-Version"] = g.version
            return answer

        for half in (
            Reads(desk, self._settings),
            Knowledge(desk, self._settings),
            Attributes(desk, self._settings),
            Writes(desk, self._settings),
            TicketWrites(desk, self._settings),
        ):
            half.register(blueprint)
        blueprint.add_url_rule(
            files.PATH, "file", lambda owner, place, name: files.file_of(desk, owner, place)
        )
        blueprint.add_url_rule("/<path:_>", "unknown", _unknown, methods=ALL_METHODS)
        blueprint.record_once(  # before the gate
            lambda state: state.app.before_request_funcs.setdefault(None, []).insert(0, _not_ours)
        )
        return blueprint

    def _errors(self, error: ApiError) -> Mapping[str, object]:
        request_id = str(UUID(int=self._chance.getrandbits(128), version=4))
        return error_list(request_id, error.error)

    def greeting(self) -> Announcement:
        """A ``ping``, as is sent to an address that was just saved."""
        return ping(self._now(), self._chance)

    def announce(self, happenings: Sequence[Happening], desk: Helpdesk) -> list[Announcement]:
        """The notifications of one edit, while anybody is subscribed."""
        if not self._subscribed:
            return []
        return announcements(happenings, desk, self._settings, self._chance)

    def headers(self, delivery: Delivery, at: datetime) -> Mapping[str, str]:
        """An attempt's headers; the moment is not part of them."""
        return signed_headers(delivery, self._settings.client_secret)

    def again(self, attempts: Sequence[Attempt], retry_after: float | None) -> float | None:
        """Intercom's rules for trying again; what the receiver asks for is not heard."""
        if ends_subscription(attempts):
            self._subscribed = False
        return wait_before_next(attempts)

    def refusal(self, status: int, *, retry_after: int | None, plain: bool) -> Response:
        """A 429 or 5xx; a 429 tells only when its slice ends, and never ``Retry-After``."""
        trouble = ApiError(status, "server_error", "Something went wrong")
        error = rate_limited() if status == 429 else trouble
        answer = make_response(_TROUBLE if plain else jsonify(self._errors(error)), status)
        if plain:
            answer.content_type = "text/html; charset=utf-8"
        if status == 429:
            now = ceil(self._now().timestamp())
            resets = None if retry_after is None else now + retry_after
            answer.headers.update(limit_headers(self._slices.limit, 0, resets))
        return answer

    def conflict(self) -> Response:
        """A 409, which no guard provokes: nobody says what Intercom has it for."""
        error = conflict()
        return make_response(jsonify(self._errors(error)), error.status)


def _unknown(_: str) -> Response:
    raise not_found()


def _not_ours() -> None:
    """Send away a browser that asks for no page and no API: that meets no fault, and is no call.

    Intercom's API has no path of its own before its resources, so ours ends where others begin.
    """
    if request.endpoint == f"{NAME}.unknown" and "Authorization" not in request.headers:
        request.url_rule = None
        abort(404)
