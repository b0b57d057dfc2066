"""What the tests of setting up share: an account that takes what is written, and what was."""

from __future__ import annotations

import json
from typing import Any

import responses

from connectors.setup import Done, Step
from connectors.zendesk import setup_plan as plan
from tests.connectors.zendesk.account import HOOK, HOOK_ID, LAST, serve_account
from tests.connectors.zendesk.support import API, BASE, SECRET, Clock, fixture, zendesk

NEW_ID = "01J0000000000000000000NEW0"
SEND, BAD = plan.MACROS
TOKENS = f"{BASE}/oauth/tokens"


def macro(wanted: plan.Macro, number: int = 7, **changes: Any) -> dict[str, Any]:
    return {"id": number, **wanted.body(), **changes}


def listed(name: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {name: {name: list(items), **LAST}}


MACROS = listed("macros", macro(SEND), macro(BAD, 8))
NOTHING = {**listed("webhooks"), **listed("macros"), **listed("triggers")}


def serve(mock: responses.RequestsMock, changes: dict[str, Any]) -> None:
    """Serve an account that takes whatever is written, but for what a test registers before."""
    serve_account(mock, **changes)
    secret = {"signing_secret": {"secret": SECRET, "algorithm": "SHA256"}}
    mock.get(f"{API}/webhooks/{NEW_ID}/signing_secret", json=secret)
    mock.get(f"{API}/webhooks/{NEW_ID}/invocations", json={"invocations": [], **LAST})
    taken = {(each.method, each.url) for each in mock.registered()}
    if ("POST", f"{API}/webhooks") not in taken:
        mock.add_callback("POST", f"{API}/webhooks", callback=created)
    for path in ("macros", "triggers"):
        if ("POST", f"{API}/{path}") not in taken:
            mock.post(f"{API}/{path}", json={}, status=201)
    for number in (7, 8, 9):
        mock.put(f"{API}/macros/{number}", json={})
        mock.put(f"{API}/triggers/{number}", json={})
        mock.delete(f"{API}/macros/{number}", status=204)
        mock.delete(f"{API}/triggers/{number}", status=204)
    mock.delete(f"{API}/webhooks/{HOOK_ID}", status=204)


def created(request: Any) -> tuple[int, dict[str, str], str]:
    body = json.loads(request.body)["webhook"]
    return 201, {}, json.dumps({"webhook": {"id": NEW_ID, **body}})


def set_up(
    mock: responses.RequestsMock, changes: dict[str, Any], dry_run: bool = False, **environ: str
) -> dict[str, Step]:
    serve(mock, changes)
    steps = list(zendesk(Clock(), **environ).set_up(HOOK, dry_run=dry_run))
    return {step.what: step for step in steps}


def take_down(
    mock: responses.RequestsMock, changes: dict[str, Any], dry_run: bool = False
) -> dict[str, Step]:
    serve(mock, changes)
    return {step.what: step for step in zendesk(Clock()).take_down(HOOK, dry_run=dry_run)}


def done(steps: dict[str, Step]) -> dict[str, Done]:
    return {what: step.done for what, step in steps.items()}


def sent(mock: responses.RequestsMock) -> list[tuple[str, str, Any]]:
    """List what was written: method, path and body."""
    return [
        (
            str(call.request.method),
            str(call.request.url).removeprefix(f"{API}/"),
            json.loads(call.request.body or "null"),
        )
        for call in mock.calls
        if call.request.method != "GET" and call.request.url != TOKENS
    ]


def reading_only(request: Any) -> tuple[int, dict[str, str], str]:
    """A Zendesk whose client may ask for nothing but reading."""
    if json.loads(request.body)["scope"] != "read":
        error = {"error": "invalid_scope", "error_description": "The scope is invalid"}
        return 400, {}, json.dumps(error)
    return 201, {}, json.dumps(fixture("token"))


def refusing(subscriptions: tuple[str, ...] | None, status: int) -> Any:
    """A Zendesk that refuses these subscriptions; without any, all to events."""

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        asked = json.loads(request.body)["webhook"]["subscriptions"]
        if asked == list(subscriptions or ()) or (
            subscriptions is None and asked != ["conditional_ticket_events"]
        ):
            return status, {}, json.dumps({"error": "RecordInvalid"})
        return created(request)

    return answer
