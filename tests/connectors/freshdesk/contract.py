"""What Freshdesk hands in to the contract suite."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connectors.config import read_config
from connectors.freshdesk import Freshdesk, FreshdeskConfig
from connectors.shared import Shared
from tests.connectors.contract.glue import Glue
from tests.connectors.described import Describes
from tests.connectors.freshdesk.shapes import Shapes
from tests.connectors.sandbox.conftest import Clock

SECRET = "invented-webhook-secret"


def connector(
    account_key: str, environ: Mapping[str, str], clock: Clock, shared: Shared
) -> Freshdesk:
    config = read_config(FreshdeskConfig, account_key, environ)
    return Freshdesk(config, shared, sleep=clock.sleep, now=clock)


def sign(body: bytes, headers: Mapping[str, str], clock: Clock) -> Mapping[str, str]:
    return {**headers, "x-understudy-secret": SECRET}


def descriptions(contracts: Path, version: str) -> Describes:
    return Shapes(contracts / "freshdesk")


QUIET = (
    "not every Freshdesk offers tags and notes as what a rule runs on, so the sandbox's rule for "
    "what agents set is optional; the sweep finds it"
)
OWN = "rules are told to leave out what the bot does, lest it answers itself"

CHAT = "the API page's chapter on structured bodies, for web chats and tickets from them"
WHO = "a client's transcript of the API page shows it in this answer alone"
EXCEPTIONS = {
    "GET /tickets/[id] answer 200 structured_description": CHAT,
    "GET /tickets/[id]/conversations answer 200 structured_body": CHAT,
    "POST /tickets/[id]/reply answer 201 structured_body": CHAT,
    "POST /tickets/[id]/notes answer 201 notified_to": WHO,
    "POST /tickets/[id]/reply answer 201 replied_to": WHO,
}

GLUE = Glue(
    kind="freshdesk",
    connector=connector,
    sign=sign,
    secret="WEBHOOK_SECRET",
    environ={
        "FRESHDESK_URL": "https://acme.freshdesk.com",
        "FRESHDESK_API_KEY": "invented-api-key",
        "FRESHDESK_WEBHOOK_SECRET": SECRET,
    },
    other={"API_KEY": "another-key", "WEBHOOK_SECRET": "another-webhook-secret"},
    descriptions=descriptions,
    exceptions=EXCEPTIONS,
    cannot={
        "audience_people": "a folder is for companies or for segments, and of a segment it is only "
        "told that there is one",
        "audience_tags": "a folder is for companies or for segments, and of a segment it is only "
        "told that there is one",
        "delivery_key": "Freshdesk numbers no deliveries and tells no time; a second look is cheap",
        "redaction": "nothing in a reading tells that words were taken out; they are gone from it",
        "signed_body": "Freshdesk signs nothing: a secret travels in a header, the body is a hint",
        "tags_at_once": "an update replaces all tags, on no condition: one that is set between our "
        "last look and it is lost, and nothing tells",
    },
    quiet={
        "agent noted": QUIET,
        "own note": OWN,
        "own reply": OWN,
        "tags changed": QUIET,
        "closed": QUIET,
        "deleted": QUIET,
    },
)
