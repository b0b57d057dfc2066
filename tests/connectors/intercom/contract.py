"""What Intercom hands in to the contract suite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.config import read_config
from connectors.intercom import Intercom
from connectors.intercom.settings import IntercomConfig
from connectors.shared import Shared
from connectors.signing import hmac_sha1_hex
from tests.connectors.contract.glue import Glue
from tests.connectors.described import Call, Describes, described
from tests.connectors.sandbox.conftest import Clock

SECRET = "invented-client-secret"
VERSIONS = ("2.15", "2.16")


def connector(
    account_key: str, environ: Mapping[str, str], clock: Clock, shared: Shared
) -> Intercom:
    config = read_config(IntercomConfig, account_key, environ)
    return Intercom(config, shared, sleep=clock.sleep, now=clock)


def sign(body: bytes, headers: Mapping[str, str], clock: Clock) -> Mapping[str, str]:
    return {**headers, "x-hub-signature": f"sha1={hmac_sha1_hex(SECRET, body)}"}


@dataclass(frozen=True)
class Known:
    """The vendor's descriptions, less what is known better and depends on what happened so far.

    A call is held to the version that it asks for: a few ask for the newest, whatever is set.
    """

    by_version: Mapping[str, Describes]
    usual: str

    def faults(self, call: Call) -> Iterator[str]:
        if call.path.startswith("/i/o/"):  # a file, which lies on another host in life
            return
        sent = {name.lower(): value for name, value in call.headers.items()}
        base = self.by_version[sent.get("intercom-version", self.usual)]
        for fault in base.faults(call):
            if not any(known in fault for known in BETTER_KNOWN):
                yield fault


# Captured notifications have null in the statistics for what has not happened yet, and pages of
# articles are asked for as the links in answers show. The file's example of a contact's companies
# calls the list data, its schema companies.
BETTER_KNOWN = (
    "/companies answer 200 data: unknown key",
    "query page:",
    "query per_page:",
    "query starting_after:",
    *(
        f"{name}: None is not of type"
        for name in (
            *("first_admin_reply_at", "first_assignment_at", "first_close_at", "handling_time"),
            *("first_contact_reply_at", "last_admin_reply_at", "last_assignment_admin_reply_at"),
            *("last_assignment_at", "last_close_at", "last_closed_by_id", "last_contact_reply_at"),
            *("median_time_to_reply", "time_to_admin_reply", "time_to_assignment"),
            *("time_to_first_close", "time_to_last_close"),
        )
    ),
)


def descriptions(contracts: Path, version: str) -> Describes:
    folder = contracts / "intercom"
    both = {name: described(folder / f"api.intercom.io-{name}.yaml") for name in VERSIONS}
    return Known(both, version)


# Where the file says less than is known: place -> reason.
EXAMPLES = "the file's own examples and captured notifications have it; its schema does not"
POINTERS = "the type of a list, as in the file's own examples of contacts"
THREADS = (
    "GET /conversations/{conversation_id} answer 200 ",
    "POST /conversations/search answer 200 conversations.*.",
    "POST /conversations/{conversation_id}/parts answer 200 ",
    "POST /conversations/{conversation_id}/reply answer 200 ",
)
EXCEPTIONS = {
    **{
        f"GET /contacts/{{contact_id}} answer 200 {name}.type": POINTERS
        for name in ("companies", "notes", "social_profiles", "tags")
    },
    **{
        f"{place}{name}": EXAMPLES
        for place in THREADS
        for name in ("teammates.admins", "ticket", "topics")
    },
}

RULES = "of an article for some it is told that there is a rule, and never which"
MAIL = "a mail proves nothing; whom the Messenger signed in is tried in test_described_calls"

GLUE = Glue(
    kind="intercom",
    connector=connector,
    sign=sign,
    secret="CLIENT_SECRET",
    environ={
        "INTERCOM_URL": "https://api.intercom.io",
        "INTERCOM_ACCESS_TOKEN": "invented-access-token",
        "INTERCOM_CLIENT_SECRET": SECRET,
        "INTERCOM_ADMIN_ID": "7310001",
        "INTERCOM_APP_ID": "abc12def",
    },
    other={"ACCESS_TOKEN": "another-token", "CLIENT_SECRET": "another-client-secret"},
    descriptions=descriptions,
    versions={"2.15": {}, "2.16": {"INTERCOM_VERSION": "2.16"}},
    exceptions=EXCEPTIONS,
    cannot={
        "audience_accounts": RULES,
        "audience_people": RULES,
        "audience_tags": RULES,
        "audience_verified": MAIL,
        "verified": MAIL,
    },
)
