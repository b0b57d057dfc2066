"""A 2xx means that a row is committed; a fault of a sender never becomes a fault of ours."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis
from structlog.testing import capture_logs

from app import queues
from app.ledger import deliveries
from app.web import LARGEST_BODY
from connectors import webhook_variable
from connectors.types import EventKind
from tests.app.web.support import ADDRESS, CREATED, Office

CHANGES: dict[str, Any] = {**CREATED, "type": "zen:event-type:ticket.tags_changed"}


def comment(*, staff: bool) -> dict[str, Any]:
    """A public comment."""
    author = {"id": "5", "is_staff": staff}
    return {
        **CREATED,
        "type": "zen:event-type:ticket.comment_added",
        "event": {"comment": {"is_public": True, "author": author}},
    }


def test_what_is_announced_is_kept_before_it_is_acknowledged(office: Office) -> None:
    answer = office.post(CREATED)
    assert (answer.status_code, answer.json) == (200, {"kept": 1})
    # Read by another connection: what was not committed would not be there.
    with closing(sqlite3.connect(office.services.settings.data_dir / "ledger.db")) as other:
        found = other.execute("select helpdesk, ticket_id, kind, state from deliveries").fetchall()
    assert found == [("zendesk", "4812", "created", "received")]


def test_the_body_is_kept_as_it_came(office: Office) -> None:
    body = b'{ "ticket_id":4812,\n "event": "created" }'
    office.post(body)
    (row,) = office.rows()
    assert row.body == body


def test_what_is_kept_is_due_at_once(office: Office) -> None:
    office.post(CREATED)
    (due,) = deliveries.unfinished(office.services.ledger, office.clock())
    assert (due.ticket_id, due.kind) == ("4812", EventKind.CREATED)


def test_the_same_delivery_twice_is_one_row_and_still_a_2xx(office: Office) -> None:
    assert office.post(CREATED).json == {"kept": 1}
    again = office.post(CREATED)
    assert (again.status_code, again.json) == (200, {"kept": 0})
    assert len(office.rows()) == 1


def test_two_events_on_one_ticket_are_two_rows(office: Office) -> None:
    office.post(CREATED)
    office.post({**CREATED, "id": "e2"})
    assert len(office.rows()) == 2


def unsigned(headers: dict[str, str]) -> None:
    del headers["X-Zendesk-Webhook-Signature"]


def without_time(headers: dict[str, str]) -> None:
    del headers["X-Zendesk-Webhook-Signature-Timestamp"]


def another_time(headers: dict[str, str]) -> None:
    headers["X-Zendesk-Webhook-Signature-Timestamp"] = "2026-01-01T00:00:00Z"


def another_account(headers: dict[str, str]) -> None:
    headers["X-Zendesk-Account-Id"] = "23"


def not_ascii(headers: dict[str, str]) -> None:
    headers["X-Zendesk-Webhook-Signature"] = "ä=="


@pytest.mark.parametrize(
    "spoil", [unsigned, without_time, another_time, another_account, not_ascii]
)
def test_what_zendesk_did_not_send_is_refused_and_not_kept(office: Office, spoil: Any) -> None:
    body = b'{"ticket_id": 4812}'
    headers = office.headers(body)
    spoil(headers)
    assert office.post(body, headers).status_code == 401
    assert office.rows() == []


def test_another_secret_or_a_changed_body_is_refused(office: Office) -> None:
    body = b'{"ticket_id": 4812}'
    assert office.post(body, office.headers(body, secret="another")).status_code == 401
    assert office.post(b'{"ticket_id": 4813}', office.headers(body)).status_code == 401
    assert office.rows() == []


def test_a_refusal_names_the_secret_to_compare_and_never_shows_it(office: Office) -> None:
    with capture_logs() as logs:
        office.post(CREATED, headers=office.headers(json.dumps(CREATED).encode(), "other"))
    (line,) = logs
    assert (line["event"], line["check"]) == ("webhook refused", "ZENDESK_WEBHOOK_SECRET")
    assert "other" not in str(line)


@pytest.mark.parametrize(
    ("account", "variable"),
    [
        ("zendesk-eu", "ZENDESK_EU_WEBHOOK_SECRET"),
        ("freshdesk", "FRESHDESK_WEBHOOK_SECRET"),
        ("intercom", "INTERCOM_CLIENT_SECRET"),
    ],
)
def test_each_account_has_its_own_variable_for_that(account: str, variable: str) -> None:
    assert webhook_variable(account) == variable


def test_settings_that_cannot_be_read_any_more_are_said_and_the_vendor_sends_again(
    office: Office,
) -> None:
    office.services.environ = {**office.services.environ, "ZENDESK_URL_FILE": "/nosuch/file"}
    with capture_logs() as logs:
        assert office.post(CREATED).status_code == 503
    assert logs[0]["faults"][0] == "ZENDESK_URL_FILE: cannot be read (No such file or directory)"


def test_an_old_delivery_is_refused(office: Office) -> None:
    body = b'{"ticket_id": 4812}'
    headers = office.headers(body)
    office.clock.pass_by(301)
    assert office.post(body, headers).status_code == 401
    assert office.rows() == []


def test_a_body_of_another_account_is_refused_though_we_hold_its_secret(office: Office) -> None:
    body = b'{"ticket_id": 4812, "account_id": "23"}'
    headers = office.headers(body)
    del headers["X-Zendesk-Account-Id"]
    assert office.post(body, headers).status_code == 401
    assert office.rows() == []


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"{}", b'{"ticket_id": true}', b"\xff"])
def test_what_names_no_ticket_is_the_senders_fault(office: Office, body: bytes) -> None:
    assert office.post(body).status_code == 400
    assert office.rows() == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"ticket_id": 4812, "event": ',
        b'{"type": "zen:event-type:ticket.created", "subject": "zen:ticket:4812", "detail": 1}',
        b'{"ticket_id": 4812, "event": {"no": "text"}}',
    ],
)
def test_a_broken_body_that_names_its_ticket_is_kept_aside_and_the_ticket_looked_at(
    office: Office, body: bytes
) -> None:
    assert office.post(body).status_code == 200
    aside, look = office.rows()
    assert (aside.state, aside.ticket_id, aside.body) == ("quarantined", "4812", body)
    assert aside.error.startswith("Zendesk webhook: ")
    (waiting,) = deliveries.unfinished(office.services.ledger, office.clock())
    assert (waiting.id, waiting.ticket_id) == (look.id, "4812")


def test_a_broken_body_that_comes_again_is_kept_once_and_its_ticket_looked_at_again(
    office: Office,
) -> None:
    body = b'{"ticket_id": 4812, '
    office.post(body)
    office.clock.pass_by(1)
    assert office.post(body).status_code == 200
    assert [row.state for row in office.rows()].count("quarantined") == 1
    assert len(deliveries.unfinished(office.services.ledger, office.clock())) == 2


@pytest.mark.parametrize(
    "kind", ["ticket.something_new", "user.created", "organization.tags_changed"]
)
def test_what_does_not_concern_us_is_thanked_for(office: Office, kind: str) -> None:
    answer = office.post({**CREATED, "type": f"zen:event-type:{kind}"})
    assert (answer.status_code, answer.json) == (200, {"kept": 0})
    assert office.rows() == []


def test_a_helpdesk_that_is_not_configured_is_not_found(office: Office) -> None:
    assert office.post(CREATED, address="/webhooks/freshdesk").status_code == 404
    assert office.client.head("/webhooks/freshdesk").status_code == 404


def test_the_address_can_be_looked_at_before_it_is_saved(office: Office) -> None:
    answer = office.client.head(ADDRESS)
    assert (answer.status_code, answer.data) == (200, b"")
    assert office.client.get(ADDRESS).status_code == 405
    assert office.rows() == []


@pytest.mark.parametrize(
    ("announced", "queue"),
    [
        (CREATED, "tickets"),
        (comment(staff=False), "tickets"),
        (comment(staff=True), "learning"),
        (CHANGES, "learning"),
    ],
)
def test_customers_do_not_wait_behind_what_only_teaches(
    office: Office, broker_url: str, announced: dict[str, Any], queue: str
) -> None:
    settings = office.services.settings.model_copy(update={"redis_url": broker_url})
    office.services.settings = settings
    office.post(announced)
    (row,) = office.rows()
    broker = Redis.from_url(broker_url)
    waiting = {name: queues.queue(name, broker).job_ids for name in queues.QUEUES}
    assert waiting == {name: [] for name in queues.QUEUES} | {queue: [f"handle_delivery-{row.id}"]}


def test_without_a_broker_the_row_is_kept_and_said_so_at_once(office: Office) -> None:
    started = time.monotonic()
    assert office.post(CREATED).status_code == 200
    assert time.monotonic() - started < 2 * queues.WEB_PATIENCE
    assert len(office.rows()) == 1


@pytest.fixture
def hung_broker() -> Iterator[str]:
    """A broker that takes calls and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}"


def test_a_broker_that_hangs_does_not_keep_the_helpdesk_waiting(
    migrated: Path, tmp_path: Path, hung_broker: str
) -> None:
    shutil.copy(migrated, tmp_path / "ledger.db")
    office = Office(tmp_path, redis_url=hung_broker)
    started = time.monotonic()
    assert office.post(CREATED).status_code == 200
    assert time.monotonic() - started < 1.0
    assert len(office.rows()) == 1


def without_tables(path: Path) -> None:
    path.unlink()


def not_a_database(path: Path) -> None:
    path.write_bytes(b"something else entirely " * 400)


def not_a_file(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("spoil", [without_tables, not_a_database, not_a_file])
def test_what_cannot_be_kept_is_asked_for_again(office: Office, spoil: Any) -> None:
    spoil(office.services.settings.data_dir / "ledger.db")
    answer = office.post(CREATED)
    # Zendesk delivers again after a 409, and not after a 500.
    assert answer.status_code == 409
    assert answer.json == {"error": "Cannot be kept at this moment; send it again"}


def test_a_row_lost_while_the_ledger_was_down_comes_with_the_next_attempt(office: Office) -> None:
    path = office.services.settings.data_dir / "ledger.db"
    aside = path.rename(path.with_suffix(".aside"))
    assert office.post(CREATED).status_code == 409
    office.services.hasty_ledger.close()
    aside.rename(path)
    assert office.post(CREATED).json == {"kept": 1}


def test_a_body_that_no_webhook_has_is_refused(office: Office) -> None:
    assert office.post(b" " * (LARGEST_BODY + 1)).status_code == 413
    assert office.post(b" " * LARGEST_BODY).status_code == 400
    assert office.rows() == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
FIELDS = ("id", "type", "ticket_id", "account_id", "subject", "time", "detail", "event")
EVENTS = st.dictionaries(st.sampled_from(FIELDS), JSON | st.sampled_from(list(CREATED.values())))
NAMES = st.sampled_from(
    [
        "X-Zendesk-Account-Id",
        "X-Zendesk-Webhook-Signature",
        "X-Zendesk-Webhook-Signature-Timestamp",
        "X-Zendesk-Webhook-Invocation-Id",
        "Content-Type",
        "Content-Encoding",
    ]
)
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30)


@pytest.fixture(scope="module")
def open_office(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("open-office")
    shutil.copy(migrated, folder / "ledger.db")
    office = Office(folder)
    yield office
    office.services.let_go()


@given(
    body=st.binary(max_size=60) | EVENTS,
    spoiled=st.dictionaries(NAMES, PRINTABLE, max_size=2),
    signed=st.booleans(),
)
def test_nothing_that_is_sent_becomes_a_fault_of_ours(
    open_office: Office, body: bytes | dict[str, Any], spoiled: dict[str, str], signed: bool
) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {**(open_office.headers(raw) if signed else {}), **spoiled}
    answer = open_office.post(raw, headers)
    assert answer.status_code in {200, 400, 401}
    if not signed and "X-Zendesk-Webhook-Signature" not in spoiled:
        assert answer.status_code == 401
