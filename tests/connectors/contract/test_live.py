"""The live tests themselves, tried on the façades: their calls are those that vendors describe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, jsonify, make_response, request

from connectors.sandbox.edits import Edit
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Origin, Person
from connectors.sandbox.text import html_of_text
from tests.connectors.contract.bench import Bench, later
from tests.connectors.contract.conftest import Benches
from tests.live.checks import (
    CHECKS,
    NOTE,
    TEXT,
    Live,
    a_note_is_internal_and_written_once,
    a_ticket_reads_as_its_customer_wrote_it,
    account_keys,
    articles_are_listed,
    missing,
    require_confirmed,
)
from tests.live.desks import DESKS

# Calls that only live tests make: place -> why the description does not know it.
NOT_DESCRIBED = {
    "POST /tickets request": "of Freshdesk's page there is a list of addresses and what is written",
    "POST /conversations request from.id": "a UUID of 24 characters at most: there is none",
    "PUT /api/v2/tickets/{ticket_id}/tags request": "Zendesk's page shows the body, its file none",
}

Check = Callable[[Live], None]


def own_checks(kind: str) -> tuple[Check, ...]:
    found: tuple[Check, ...] = import_module(f"tests.live.test_{kind}").OWN
    return found


class Intake:
    """What façades leave out: a ticket made by an app for a customer, and its deletion."""

    def __init__(self, desk: Helpdesk) -> None:
        self._desk = desk
        self._contacts: dict[str, Person] = {}

    def put_before(self, app: Flask) -> None:
        app.before_request(self._take)

    def _take(self) -> Response | None:
        path = request.path
        body = request.get_json(silent=True) or {}
        match request.method, path.rpartition("/")[2]:
            case "POST", "tickets" if "ticket" in body:
                asked = body["ticket"]
                text = asked["comment"]["body"]
                number = self._open(asked["subject"], text, asked["requester"])
                return made({"ticket": {"id": number}})
            case "POST", "tickets" if "description" in body:
                text = body["description"].removeprefix("<p>").removesuffix("</p>")
                return made({"id": self._open(body["subject"], text, body)})
            case "POST", "contacts":
                return self._contact(body)
            case "POST", "search" if path == "/contacts/search":
                return make_response(jsonify(data=[{"id": contact_id(body["query"]["value"])}]))
            case "POST", "conversations":
                person = self._contacts[body["from"]["id"]]
                ticket = self._desk.open_ticket(
                    "", person, html_of_text(body["body"]), Origin("chat", "Live")
                )
                return make_response(jsonify(conversation_id=str(ticket.id)))
            case "DELETE", last if last.isdecimal() and "tag" not in path:
                edit = Edit(fields={"status": "deleted"})
                self._desk.edit(int(last), edit, actor=self._desk.agent, origin=Origin())
                return make_response("", 204)
        return None

    def _open(self, subject: str, text: str, who: dict[str, Any]) -> int:
        person = self._desk.person("customer", who["name"], who["email"])
        return self._desk.open_ticket(subject, person, html_of_text(text), Origin("web")).id

    def _contact(self, body: dict[str, Any]) -> Response:
        number = contact_id(body["email"])
        known = number in self._contacts
        self._contacts[number] = self._desk.person("customer", body["name"], body["email"])
        return make_response(jsonify(id=number), 409 if known else 200)


def contact_id(email: str) -> str:
    return sha256(email.encode()).hexdigest()[:24]


def made(body: dict[str, Any]) -> Response:
    return make_response(jsonify(body), 201)


@pytest.fixture
def account(fresh: Benches) -> Bench:
    made = fresh()
    Intake(made.sandbox.desk).put_before(made.sandbox.app)
    return made


@contextmanager
def opened(account: Bench) -> Iterator[Live]:
    """A ticket that a customer has just opened, deleted afterwards as the live tests do it."""
    kind = account.glue.kind
    desk = DESKS[kind](account.account_key, account.environ)
    ticket_id = desk.open(TEXT)
    later(account, seconds=5)

    def wait(seconds: float) -> None:
        later(account, seconds=seconds)

    yield Live(kind, account.connector(), desk, ticket_id, wait)
    desk.delete(ticket_id)
    ended = account.sandbox.desk.ticket(int(ticket_id))
    assert ended is not None
    assert ended.status == "deleted"


@pytest.fixture
def live(account: Bench) -> Iterator[Live]:
    with opened(account) as found:
        yield found


def test_each_live_check_passes_on_the_facade(account: Bench, kind: str) -> None:
    for check in (*CHECKS, *own_checks(kind)):
        with opened(account) as found:
            check(found)


@pytest.mark.reference
def test_live_tests_ask_for_what_the_vendor_describes(
    account: Bench, kind: str, shared: Path
) -> None:
    glue = account.glue
    with opened(account) as found:
        for check in own_checks(kind):
            check(found)
        found.desk.said(found.ticket_id)
        found.desk.tag(found.ticket_id, "by_a_teammate")
    described = glue.descriptions(shared / "contracts", next(iter(glue.versions)))
    told = [fault for each in account.line.exchanges for fault in described.faults(each)]
    # What was answered to the calls that façades leave out is ours.
    asked = [each for each in told if " answer " not in each.partition(": ")[0]]
    known = (*glue.exceptions, *NOT_DESCRIBED)
    unknown = [each for each in asked if not each.startswith(known)]
    assert unknown == []


def test_what_an_account_answers_is_told(live: Live) -> None:
    for check in (a_ticket_reads_as_its_customer_wrote_it, articles_are_listed):
        check(live)
    assert len(live.findings) == 2
    assert all(finding.startswith(f"{live.kind}: ") for finding in live.findings)


def test_a_check_can_fail(live: Live, account: Bench) -> None:
    account.say(int(live.ticket_id), "agent", NOTE, public=True)
    with pytest.raises(AssertionError):
        a_note_is_internal_and_written_once(live)


def test_only_an_account_that_was_named_is_written_to(live: Live) -> None:
    with pytest.raises(AssertionError, match="UNDERSTUDY_LIVE_CONFIRM="):
        require_confirmed(live.desk.identity(), {"UNDERSTUDY_LIVE_CONFIRM": "acme.example"})
    require_confirmed(live.desk.identity(), {"UNDERSTUDY_LIVE_CONFIRM": live.desk.identity()})


def test_what_is_missing_is_said() -> None:
    assert "UNDERSTUDY_LIVE is not set" in missing({})
    assert "UNDERSTUDY_LIVE_CONFIRM" in missing({"UNDERSTUDY_LIVE": "zendesk"})
    both = {"UNDERSTUDY_LIVE": "zendesk-test", "UNDERSTUDY_LIVE_CONFIRM": "acme.example"}
    assert missing(both) == ""
    assert account_keys("zendesk", both) == ["zendesk-test"]
    assert account_keys("intercom", both) == []
