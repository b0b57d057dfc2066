"""What Zendesk hands in to the contract suite."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connectors.config import read_config
from connectors.shared import Shared
from connectors.signing import hmac_sha256_base64
from connectors.zendesk import Zendesk, ZendeskConfig
from tests.connectors.contract.glue import Glue
from tests.connectors.described import Describes, Several, described
from tests.connectors.sandbox.conftest import Clock
from tests.connectors.zendesk.support import ENVIRON, SECRET


def connector(
    account_key: str, environ: Mapping[str, str], clock: Clock, shared: Shared
) -> Zendesk:
    config = read_config(ZendeskConfig, account_key, environ)
    return Zendesk(config, shared, sleep=clock.sleep, now=clock)


def sign(body: bytes, headers: Mapping[str, str], clock: Clock) -> Mapping[str, str]:
    stamp = clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        **headers,
        "x-zendesk-webhook-signature-timestamp": stamp,
        "x-zendesk-webhook-signature": hmac_sha256_base64(SECRET, stamp.encode() + body),
    }


def descriptions(contracts: Path, version: str) -> Describes:
    files = ("support-oas-2026-08-02.yaml", "help_center-oas-2026-08-02.yaml")
    ours = Path(__file__).parent / "fixtures"
    beside = [described(ours / f"{name}.openapi.yaml") for name in ("beside", "guide")]
    return Several(*beside, *(described(contracts / "zendesk" / name) for name in files))


# Where the files say less than is known: place -> reason.
LISTS = (
    "lists are cut by page[size]; Zendesk's page on pagination says so for all, with meta, links"
)
ASIDE = "side-loads stand beside what was asked for; Zendesk's page on side-loading names them"
EVENTS = "the file describes events of changes here; a Comment is one as in TicketAuditObject"
TIMED = "pages cut by time; readers of it follow next_page and end_time, as airbyte and dust-tt do"
NAME = "recorded answers have it, equal to the title"
TICKET = "/api/v2/tickets/{ticket_id}"
CHANGES = "/api/v2/help_center/incremental/articles"
ARTICLES = "/api/v2/help_center/{locale}/articles"
EXCEPTIONS = {
    "POST /oauth/tokens request": "the file has an example of the body and no schema for it",
    f"GET {TICKET}/comments answer 200 meta": LISTS,
    f"GET {TICKET}/comments answer 200 links": LISTS,
    f"GET {TICKET}/audits answer 200 meta": LISTS,
    f"GET {TICKET}/audits answer 200 links": LISTS,
    "GET /api/v2/groups answer 200 meta": LISTS,
    "GET /api/v2/groups answer 200 links": LISTS,
    **{
        f"GET /api/v2/{listed} answer 200 {key}": LISTS
        for listed in ("tickets", "organizations", "satisfaction_ratings", "macros", "triggers")
        for key in ("meta", "links")
    },
    **{
        f"GET /api/v2/help_center/{listed} {place}": LISTS
        for listed in ("articles/{article_id}/translations", "{locale}/sections", "user_segments")
        for place in ("query page[size]", "answer 200 meta", "answer 200 links")
    },
    **{
        f"GET /api/v2/help_center/{{locale}}/sections {place}": ASIDE
        for place in ("query include", "answer 200 categories")
    },
    **{f"GET {CHANGES} answer 200 {key}": TIMED for key in ("count", "end_time", "next_page")},
    f"GET {CHANGES} answer 200 articles.*.name": NAME,
    f"GET {ARTICLES} query page[size]": LISTS,
    f"GET {ARTICLES} query page[after]": LISTS,
    f"GET {ARTICLES} answer 200 meta": LISTS,
    f"GET {ARTICLES} answer 200 links": LISTS,
    f"GET {ARTICLES} answer 200 articles.*.name": NAME,
    f"GET {TICKET}/comments answer 200 users": ASIDE,
    f"GET {TICKET} answer 200 users": ASIDE,
    f"GET {TICKET} answer 200 groups": ASIDE,
    f"GET {TICKET} answer 200 organizations": ASIDE,
    f"GET {TICKET}/comments query sort": "goes with page[size]; the file has the older sort_order",
    "GET /api/v2/incremental/tickets/cursor query per_page": "Zendesk's page on exports names it",
    "GET /api/v2/incremental/tickets/cursor answer 200 tickets.*.status": "deleted tickets stay in "
    "the export, as users report",
    f"PUT {TICKET} answer 200 audit.events.*.value": "tags are a list, as in TicketAuditObject",
    **{
        f"PUT {TICKET} answer 200 audit.events.*.{key}": EVENTS
        for key in ("attachments", "audit_id", "author_id", "html_body", "plain_body")
    },
    f"PUT {TICKET} answer 200 audit.events.*.public": EVENTS,
    f"PUT {TICKET} answer 200 audit.events.*.previous_value": EVENTS,
}

GLUE = Glue(
    kind="zendesk",
    connector=connector,
    sign=sign,
    secret="WEBHOOK_SECRET",
    crowd=1040,
    environ={**ENVIRON, "ZENDESK_ACCOUNT_ID": "22129848"},
    other={"CLIENT_SECRET": "another-secret", "WEBHOOK_SECRET": "another-webhook-secret"},
    descriptions=descriptions,
    exceptions=EXCEPTIONS,
    cannot={
        "in_pieces": "note and routing are one update: where the note is there, so was the rest"
    },
)
