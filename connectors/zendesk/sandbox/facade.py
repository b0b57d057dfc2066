"""The façade itself: routes, auth and headers of the API, and the wire format of webhooks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from flask import Blueprint, Response, g, jsonify, make_response, request

from connectors.sandbox.caller import ALL_METHODS
from connectors.sandbox.facade import Announcement, FacadeDefaults
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.metering import LastMinute
from connectors.sandbox.records import Attempt, Delivery, Happening, PageTurned
from connectors.sandbox.refusals import ApiError
from connectors.zendesk.sandbox.access import Credentials, check, grant
from connectors.zendesk.sandbox.calling import called, called_of_articles
from connectors.zendesk.sandbox.errors import (
    TOO_MANY,
    conflict,
    malformed,
    no_endpoint,
    too_many_calls,
)
from connectors.zendesk.sandbox.events import (
    WEBHOOK_ID,
    signed_headers,
    wait_before_next,
)
from connectors.zendesk.sandbox.guide import Guide
from connectors.zendesk.sandbox.kept import Hook, Macro, Trigger
from connectors.zendesk.sandbox.looks import Looks
from connectors.zendesk.sandbox.reads import Reads
from connectors.zendesk.sandbox.routing import take_endings
from connectors.zendesk.sandbox.rules import Rules
from connectors.zendesk.sandbox.ticketing import Ticketing
from connectors.zendesk.sandbox.webhooks import Webhooks, refuse_plain_agents
from connectors.zendesk.sandbox.writes import Writes

# More than any plan has: a sandbox is not to slow anybody down. A limit that is set is kept.
_PER_MINUTE = 10_000


@dataclass(frozen=True, slots=True)
class Account:
    """What the account lets one do: subscribe to ``events``; its user may be a ``plain_agent``.

    Its user may read user ``segments``. With ``surveys`` customers rate tickets by answering
    those, else by the older good or bad. ``limit`` is how many calls a minute are let through;
    ``None`` lets all of them.
    """

    events: bool = True
    plain_agent: bool = False
    surveys: bool = False
    segments: bool = True
    limit: int | None = None


USUAL = Account()


class ZendeskFacade(FacadeDefaults):
    """Zendesk's face; ``withheld`` is how long the export hides fresh changes (there: 60 s)."""

    ticket_path = re.compile(r"/api/v2/tickets/(\d+)\b")
    agent_path = "/agent/tickets/<int:number>"
    attempt_seconds = 12.0  # support.zendesk.com 4408836101146
    merge_tags = ("closed_by_merge",)

    def __init__(
        self,
        credentials: Credentials,
        chance: Random,
        withheld: timedelta = timedelta(0),
        account: Account = USUAL,
    ) -> None:
        self._credentials = credentials
        self._account = account
        self._chance = chance
        self._withheld = withheld
        self._calls = LastMinute()
        self._desk: Helpdesk | None = None

    def blueprint(self, desk: Helpdesk) -> Blueprint:
        """Zendesk's API as far as a connector uses it."""
        self._desk = desk
        blueprint = Blueprint("zendesk", __name__)

        @blueprint.before_request
        def authenticate() -> None:
            given = request.headers.get("Authorization", "")
            anonymous = not given and request.path.startswith("/api/v2/users/me")
            if request.path.startswith("/api/") and not anonymous:
                check(
                    given,
                    method=request.method,
                    path=request.path,
                    credentials=self._credentials,
                    now=desk.now(),
                )
                if self._account.plain_agent:
                    refuse_plain_agents()
                limit, now = self._account.limit, desk.now()
                if limit is not None and self._calls.spent(now) >= limit:
                    raise too_many_calls(60 - now.second)

        @blueprint.errorhandler(ApiError)
        def refuse(error: ApiError) -> Response:
            return error.answer()

        @blueprint.after_request
        def add_headers(answer: Response) -> Response:
            answer.headers.update(self._limits(desk.now(), answer.status_code))
            return answer

        blueprint.add_url_rule(
            "/oauth/tokens", "tokens", lambda: self._tokens(desk), methods=["POST"]
        )
        take_endings(blueprint)
        Reads(desk, self._withheld, surveys=self._account.surveys).register(blueprint)
        Guide(desk, segments=self._account.segments).register(blueprint)
        Writes(desk).register(blueprint)
        Ticketing(desk, surveys=self._account.surveys).register(blueprint)
        Looks(desk, self._credentials).register(blueprint)
        secret = self._credentials.webhook_secret
        Webhooks(desk, secret, self._chance, events=self._account.events).register(blueprint)
        Rules(desk, "trigger", Trigger, created=201).register(blueprint)
        Rules(desk, "macro", Macro, created=200).register(blueprint)
        blueprint.add_url_rule("/api/v2/<path:_>", "unknown", _unknown, methods=ALL_METHODS)
        return blueprint

    def _tokens(self, desk: Helpdesk) -> tuple[Any, int]:
        wanted = request.get_json(silent=True)
        if not isinstance(wanted, dict):
            raise malformed("The request's body must be a JSON object.")
        granted = grant(wanted, self._credentials, desk.now())
        return granted.body, granted.status

    def _limits(self, now: datetime, status: int) -> dict[str, str]:
        self._calls.spend(1, now)
        # A ticket that had too many updates is no reason to stop: the account has calls left.
        narrow = "ticket_updates" in g
        limit = self._account.limit or _PER_MINUTE
        left = 0 if status == 429 and not narrow else max(limit - self._calls.spent(now), 0)
        headers = {
            "X-Rate-Limit": str(limit),
            "X-Rate-Limit-Remaining": str(left),
            "ratelimit-limit": str(limit),
            "ratelimit-remaining": str(left),
            "ratelimit-reset": str(60 - now.second),
        }
        if narrow:
            headers["zendesk-ratelimit-per-ticket-updates"] = g.ticket_updates
        return headers

    def announce(self, happenings: Sequence[Happening], desk: Helpdesk) -> list[Announcement]:
        """The webhooks of one edit."""
        return called(happenings, desk, self._chance)

    def announce_pages(self, turned: Sequence[PageTurned], desk: Helpdesk) -> list[Announcement]:
        """The webhooks of changed articles."""
        return called_of_articles(turned, desk, self._chance)

    def headers(self, delivery: Delivery, at: datetime) -> Mapping[str, str]:
        """An attempt's headers, signed with the attempt's time."""
        secret, webhook_id = self._credentials.webhook_secret, WEBHOOK_ID
        if delivery.url and self._desk is not None:
            for hook in self._desk.store.all(Hook):
                if hook.sends(delivery):
                    secret, webhook_id = hook.secret, hook.ulid
        return signed_headers(delivery, at, secret, webhook_id)

    def again(self, attempts: Sequence[Attempt], retry_after: float | None) -> float | None:
        """Zendesk's rules for trying again."""
        return wait_before_next(attempts, retry_after)

    def refusal(self, status: int, *, retry_after: int | None, plain: bool) -> Response:
        """A 429 or 5xx; a 429's body may be plain text."""
        limited = status == 429
        if plain:
            answer = make_response(TOO_MANY if limited else "Internal server error", status)
            answer.content_type = "text/plain; charset=utf-8"
        else:
            body = too_many_calls(0).body if limited else {"error": "InternalError"}
            answer = make_response(jsonify(body), status)
        if retry_after is not None:
            answer.headers["Retry-After"] = str(retry_after)
        return answer

    def conflict(self) -> Response:
        """What a stale stamp is answered with; Zendesk sends it unprovoked too."""
        return conflict().answer()


def _unknown(_: str) -> Response:
    raise no_endpoint()
