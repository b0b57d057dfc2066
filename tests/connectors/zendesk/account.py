"""A whole Zendesk account as an admin's eyes see it: what a probe and a set-up find there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import responses

from connectors.setup import Expected, Finding
from connectors.zendesk import setup_plan as plan
from tests.connectors.zendesk.support import (
    API,
    LATER,
    SECRET,
    Clock,
    fixture,
    serve_token,
    zendesk,
)

HOOK = "https://bot.example.com/webhooks/zendesk"
EXPECTED = Expected(HOOK, groups=frozenset({"Billing"}))
HOOK_ID = "01HAN96XNH1J7DY8D7RZ22QMT9"
LEGACY = {
    "ZENDESK_CLIENT_ID": "",
    "ZENDESK_CLIENT_SECRET": "",
    "ZENDESK_EMAIL": "bot@acme.example",
    "ZENDESK_API_TOKEN": "invented-token",
}
LAST = {"meta": {"has_more": False, "after_cursor": None}}
REFUSED = {"error": {"title": "Forbidden", "message": "You do not have access to this page."}}
LIMITS = {"X-Rate-Limit": "400", "X-Rate-Limit-Remaining": "399", "Date": LATER}


def webhook(**changes: Any) -> dict[str, Any]:
    """Our webhook, as set-up creates it."""
    body = plan.webhook_body(HOOK, plan.EVENTS)
    return {"id": HOOK_ID, **body, "created_at": "2026-11-01T09:00:00Z", **changes}


def conditional(**changes: Any) -> dict[str, Any]:
    """Our webhook in an account that takes no subscriptions to events."""
    return webhook(subscriptions=["conditional_ticket_events"], **changes)


def invocation(status_code: int | None, status: str = "", minute: int = 0) -> dict[str, Any]:
    """A delivery that Zendesk remembers."""
    return {
        "id": f"01HANA2B5D5W9XSJS3NE5SQ{minute:03d}",
        "latest_completed_at": f"2026-11-20T09:{minute:02d}:00Z",
        "status_code": status_code,
        "status": status or ("success" if status_code == 200 else "terminated"),
    }


def ticket(**changes: Any) -> dict[str, Any]:
    """A ticket of a listing."""
    return {**fixture("ticket")["ticket"], **changes}


def export(*tickets: dict[str, Any]) -> dict[str, Any]:
    """A page of the incremental export."""
    return {"tickets": list(tickets), "after_cursor": "c", "end_of_stream": True}


ANSWERS: dict[str, Any] = {
    "users/me": fixture("me"),
    "oauth/tokens/current": {"token": {"id": 1, "scopes": ["read", "tickets:write"]}},
    "search": {"results": [], "count": 0},
    "tickets": {"tickets": [ticket()], **LAST},
    "tickets/5158/audits": {"audits": [], **LAST},
    "organizations": {"organizations": [], **LAST},
    "groups": {"groups": fixture("groups")["groups"], **LAST},
    "incremental/tickets/cursor": export(),
    "satisfaction_ratings": {"satisfaction_ratings": [], **LAST},
    "help_center/locales": {"locales": ["en-us"], "default_locale": "en-us"},
    "help_center/en-us/articles": {"articles": fixture("articles")["articles"], **LAST},
    "help_center/user_segments": {"user_segments": [], **LAST},
    "webhooks": {"webhooks": [webhook()], **LAST},
    f"webhooks/{HOOK_ID}/signing_secret": {
        "signing_secret": {"secret": SECRET, "algorithm": "SHA256"}
    },
    f"webhooks/{HOOK_ID}/invocations": {"invocations": [invocation(200)], **LAST},
    "macros": {"macros": [], **LAST},
    "triggers": {"triggers": [], **LAST},
}


def serve_account(mock: responses.RequestsMock, **changes: Any) -> None:
    """Serve an account in which all is well, but for what is given: path to answer or status."""
    serve_token(mock)
    for path, answer in {**ANSWERS, **changes}.items():
        if isinstance(answer, int):
            mock.get(f"{API}/{path}", status=answer, json=REFUSED)
        else:
            mock.get(f"{API}/{path}", json=answer, headers=LIMITS)


def found(
    mock: responses.RequestsMock,
    changes: dict[str, Any] | None = None,
    expected: Expected = EXPECTED,
    environ: Mapping[str, str] | None = None,
) -> dict[str, Finding]:
    """Probe an account in which all is well, but for what is given."""
    serve_account(mock, **(changes or {}))
    findings = zendesk(Clock(), **(environ or {})).probe(expected)
    told = {finding.check: finding for finding in findings}
    assert len(told) == len(findings)
    assert all(finding.ok or finding.remedy for finding in findings)
    return told


def wrong(findings: dict[str, Finding]) -> list[str]:
    return [check for check, finding in findings.items() if not finding.ok]
