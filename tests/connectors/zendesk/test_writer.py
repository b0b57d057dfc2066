"""Writing: guarded, once for each key, and never a note that a customer can read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import responses
from requests import PreparedRequest

from connectors import errors
from connectors.types import Change, Message, Person, Priority, Role, Status, Ticket
from connectors.zendesk import Zendesk
from tests.connectors.zendesk.support import (
    API,
    KEY,
    LATER,
    Clock,
    fixture,
    sent,
    serve_ticket,
    serve_token,
    zendesk,
)

PUT = f"{API}/tickets/5158.json"
AUDITS = f"{API}/tickets/5158/audits.json"
DRAFT = Change(
    note="<p>Draft</p>",
    tags=frozenset({"understudy_drafted"}),
    priority=Priority.HIGH,
    group="Billing",
)
BOTH = replace(DRAFT, reply="<p>Hi Maya</p>", status=Status.PENDING)
BOT = Person("361000000003", role=Role.AGENT)


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        serve_token(mock)
        mock.get(f"{API}/groups.json", json=fixture("groups"))
        yield mock


@pytest.fixture
def connector() -> Zendesk:
    return zendesk(Clock())


def ticket(**changes: Any) -> Ticket:
    before = Ticket(
        id="5158",
        subject="Export",
        status=Status.OPEN,
        revision="2026-11-20T10:12:07Z",
        requester=Person("361000000001"),
        messages=(),
        tags=frozenset({"export", "vip_customer"}),
        priority=Priority.NORMAL,
    )
    return replace(before, **changes)


def ours(number: int, *, public: bool = False) -> Message:
    at = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
    return Message(f"36100000100{number}", BOT, public, "Draft", at, mark=KEY)


def updated(number: int = 5, *, public: object = False, **changes: Any) -> dict[str, Any]:
    """The answer to a write whose comment has a number."""
    body: dict[str, Any] = fixture("updated")
    body["ticket"] |= changes
    body["audit"]["events"][0] |= {"id": 361000001000 + number, "public": public}
    return body


def serve_writes(mock: responses.RequestsMock) -> None:
    """Answer writes as asked: note 5 or reply 6."""

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        asked = json.loads(request.body or b"{}")["ticket"]
        public = asked["comment"]["public"]
        body = updated(6 if public else 5, public=public, status=asked.get("status", "open"))
        return 200, {"Content-Type": "application/json"}, json.dumps(body)

    mock.add_callback("PUT", PUT, callback=answer)


class TestOneUpdate:
    def test_a_draft_with_all_its_routing_is_one_guarded_update(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        mock.put(PUT, json=updated())
        receipt = connector.apply(ticket(), DRAFT, KEY)
        assert sent(mock, "PUT") == [
            {
                "ticket": {
                    "id": 5158,
                    "comment": {
                        "html_body": f"<p>Draft</p>\n<p><small>Understudy ref {KEY}</small></p>",
                        "public": False,
                    },
                    "tags": ["export", "understudy_drafted", "vip_customer"],
                    "priority": "high",
                    "group_id": 361000000202,
                    "metadata": {"understudy": KEY, "understudy_part": "note"},
                    "safe_update": True,
                    "updated_stamp": "2026-11-20T10:12:07Z",
                }
            }
        ]
        assert receipt.note_id == "361000001005"
        assert receipt.reply_id is None
        assert receipt.revision == "2026-11-20T10:20:00Z"
        assert not receipt.found
        assert receipt.fallbacks == ()

    def test_a_group_that_does_not_exist_is_said_and_the_note_is_written(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        mock.put(PUT, json=updated())
        receipt = connector.apply(ticket(), replace(DRAFT, group="Legal"), KEY)
        assert "group_id" not in sent(mock, "PUT")[0]["ticket"]
        assert receipt.note_id
        assert "'Legal'" in receipt.fallbacks[0]

    def test_what_zendesk_did_not_keep_is_said(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        mock.put(PUT, json=updated(tags=["export"], priority="normal"))
        receipt = connector.apply(ticket(), DRAFT, KEY)
        assert any("understudy_drafted" in line for line in receipt.fallbacks)
        assert any("priority" in line for line in receipt.fallbacks)

    def test_tags_alone_are_written_without_a_comment(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        mock.put(PUT, json=updated())
        change = Change(tags=frozenset({"understudy_drafted"}))
        receipt = connector.apply(ticket(), change, KEY)
        assert "comment" not in sent(mock, "PUT")[0]["ticket"]
        assert (receipt.note_id, receipt.reply_id) == (None, None)

    def test_an_empty_change_writes_nothing(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        assert connector.apply(ticket(), Change(), KEY).revision == ticket().revision
        assert sent(mock, "PUT") == []


class TestNotePrivacy:
    @pytest.mark.parametrize(
        ("public", "words"), [(True, "CAME OUT PUBLIC"), (None, "NOT CONFIRMED TO BE INTERNAL")]
    )
    def test_a_note_that_customers_may_read_is_shouted_about(
        self, mock: responses.RequestsMock, connector: Zendesk, public: bool | None, words: str
    ) -> None:
        mock.put(PUT, json=updated(public=public))
        with pytest.raises(errors.Rejected, match=words) as caught:
            connector.apply(ticket(), DRAFT, KEY)
        assert "361000001005" in str(caught.value)

    def test_a_reply_that_the_customer_did_not_get_is_not_called_sent(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        mock.put(PUT, json=updated(public=False))
        with pytest.raises(errors.Rejected, match="customer did not get it"):
            connector.apply(ticket(), Change(reply="<p>Hi</p>"), KEY)

    def test_a_200_without_the_comment_is_not_taken_for_success(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        body = updated()
        del body["audit"]["events"][0]
        mock.put(PUT, json=body)
        with pytest.raises(errors.VendorBroken, match="no comment"):
            connector.apply(ticket(), DRAFT, KEY)


class TestRefusals:
    def test_a_ticket_that_moved_on_is_a_conflict(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        mock.put(PUT, status=409, json={"error": "UpdateConflict", "description": "Collision"})
        with pytest.raises(errors.Conflict, match="Collision"):
            connector.apply(ticket(), DRAFT, KEY)

    def test_after_a_conflict_and_another_read_the_note_is_sent_whole(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        # zenpy would send the bare id if the object of the first attempt were used again.
        mock.put(PUT, status=409, json={"error": "DatabaseConflict"})
        mock.put(PUT, json=updated())
        with pytest.raises(errors.Conflict):
            connector.apply(ticket(), DRAFT, KEY)
        serve_ticket(mock)
        connector.ticket("5158")
        connector.apply(ticket(), DRAFT, KEY)
        first, second = sent(mock, "PUT")
        assert first == second
        assert "comment" in second["ticket"]

    @pytest.mark.parametrize("status", [Status.CLOSED, Status.GONE])
    def test_a_closed_ticket_is_not_even_tried(
        self, mock: responses.RequestsMock, connector: Zendesk, status: Status
    ) -> None:
        with pytest.raises(errors.Rejected, match="takes no more writing"):
            connector.apply(ticket(status=status), DRAFT, KEY)
        assert sent(mock, "PUT") == []

    def test_a_required_field_is_told_in_zendesks_words(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        details = {"base": [{"description": "Region: is required when solving a ticket"}]}
        body = {"error": "RecordInvalid", "description": "Invalid", "details": details}
        mock.put(PUT, status=422, json=body)
        with pytest.raises(errors.Rejected, match="Region: is required"):
            connector.apply(ticket(), DRAFT, KEY)

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            ({"body": requests.ReadTimeout()}, errors.Unreachable),
            ({"status": 503}, errors.VendorBroken),
            ({"status": 429, "headers": {"Retry-After": "1"}}, errors.RateLimited),
            ({"body": "<html>"}, errors.VendorBroken),
            ({"json": {"ticket": {}}}, errors.VendorBroken),
            ({"json": []}, errors.VendorBroken),
        ],
    )
    def test_an_ambiguous_write_is_left_to_the_caller_and_not_repeated(
        self,
        mock: responses.RequestsMock,
        connector: Zendesk,
        answer: dict[str, Any],
        error: type[errors.HelpdeskError],
    ) -> None:
        mock.put(PUT, **answer)
        with pytest.raises(error) as caught:
            connector.apply(ticket(), DRAFT, KEY)
        assert not caught.value.permanent
        assert len(sent(mock, "PUT")) == 1


class TestOnce:
    def test_what_bears_the_key_is_not_written_again(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        receipt = connector.apply(ticket(messages=(ours(5),)), DRAFT, KEY)
        assert (receipt.found, receipt.note_id) == (True, "361000001005")
        assert sent(mock, "PUT") == []

    def test_it_is_found_even_on_a_ticket_that_was_closed_since(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        closed = ticket(messages=(ours(5),), status=Status.CLOSED)
        assert connector.apply(closed, DRAFT, KEY).found

    def test_another_runs_note_does_not_count(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        mock.put(PUT, json=updated())
        other = replace(ours(4), mark="00000000000000bb")
        assert not connector.apply(ticket(messages=(other,)), DRAFT, KEY).found

    def test_again_looks_into_the_audits_too(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        mock.get(AUDITS, json=fixture("audits"))
        receipt = connector.apply(ticket(), DRAFT, KEY, again=True)
        assert (receipt.found, receipt.note_id) == (True, "361000001005")
        assert sent(mock, "PUT") == []

    def test_again_finds_an_update_that_had_no_comment(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        audits = fixture("audits")
        del audits["audits"][1]["events"][0]
        mock.get(AUDITS, json=audits)
        receipt = connector.apply(ticket(), Change(tags=frozenset({"t"})), KEY, again=True)
        assert receipt.found
        assert receipt.note_id is None

    def test_again_writes_where_nothing_is_found(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        audits = fixture("audits")
        audits["audits"][1]["metadata"]["custom"] = []
        mock.get(AUDITS, json=audits)
        mock.put(PUT, json=updated())
        assert not connector.apply(ticket(), DRAFT, KEY, again=True).found
        assert len(sent(mock, "PUT")) == 1

    def test_the_key_is_found_on_the_second_page_of_audits(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        audits = fixture("audits")
        following = f"{API}/tickets/5158/audits.json?page%5Bafter%5D=a2"
        first = {**audits, "audits": audits["audits"][:1]}
        first |= {"meta": {"has_more": True, "after_cursor": "a2"}, "links": {"next": following}}
        second = {**audits, "audits": audits["audits"][1:]}
        match = [responses.matchers.query_param_matcher({"page[size]": "100"}, strict_match=False)]
        mock.get(AUDITS, json=first, match=match)
        mock.get(following, json=second, match_querystring=None)
        assert connector.apply(ticket(), DRAFT, KEY, again=True).found


class TestNoteAndReply:
    def test_the_note_goes_first_and_the_reply_is_guarded_by_a_fresh_stamp(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        serve_writes(mock)
        serve_between(mock, [])
        receipt = connector.apply(ticket(), BOTH, KEY)
        note, reply = (body["ticket"] for body in sent(mock, "PUT"))
        assert note["comment"]["public"] is False
        assert note["tags"]
        assert "status" not in note
        assert reply["comment"] == {"html_body": "<p>Hi Maya</p>", "public": True}
        assert reply["status"] == "pending"
        assert reply["metadata"] == {"understudy": KEY, "understudy_part": "reply"}
        assert (note["updated_stamp"], reply["updated_stamp"]) == (
            "2026-11-20T10:12:07Z",
            "2026-11-20T10:20:00Z",
        )
        assert (receipt.note_id, receipt.reply_id) == ("361000001005", "361000001006")

    def test_a_customer_who_writes_in_between_is_not_talked_over(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        serve_writes(mock)
        serve_between(mock, [comment(7, 361000000001, public=True)])
        with pytest.raises(errors.Conflict, match="between"):
            connector.apply(ticket(), BOTH, KEY)
        assert len(sent(mock, "PUT")) == 1

    def test_a_trigger_that_our_note_set_off_does_not_stop_the_reply(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        serve_writes(mock)
        serve_between(mock, [comment(7, -1, public=True)])
        assert connector.apply(ticket(), BOTH, KEY).reply_id == "361000001006"

    def test_a_repetition_after_the_note_writes_only_the_reply(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        serve_writes(mock)
        mock.get(AUDITS, json=fixture("audits"))
        receipt = connector.apply(ticket(messages=(ours(5),)), BOTH, KEY)
        [reply] = sent(mock, "PUT")
        assert reply["ticket"]["comment"]["public"] is True
        assert (receipt.note_id, receipt.reply_id) == ("361000001005", "361000001006")
        assert not receipt.found

    def test_a_repetition_after_both_writes_nothing(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        there = ticket(messages=(ours(5), ours(6, public=True)))
        receipt = connector.apply(there, BOTH, KEY)
        assert receipt.found
        assert (receipt.note_id, receipt.reply_id) == ("361000001005", "361000001006")
        assert sent(mock, "PUT") == []

    def test_a_reply_that_an_agent_made_private_since_is_not_sent_a_second_time(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        audits = fixture("audits")
        reply = json.loads(json.dumps(audits["audits"][1]))
        reply["metadata"]["custom"]["understudy_part"] = "reply"
        reply["events"][0]["id"] = 361000001006
        audits["audits"].append(reply)
        mock.get(AUDITS, json=audits)
        there = ticket(messages=(ours(5), ours(6)))
        receipt = connector.apply(there, BOTH, KEY)
        assert receipt.found
        assert (receipt.note_id, receipt.reply_id) == ("361000001005", "361000001006")
        assert sent(mock, "PUT") == []


def comment(number: int, author: int, *, public: bool) -> dict[str, Any]:
    body: dict[str, Any] = fixture("comments_last")["comments"][1]
    return body | {"id": 361000001000 + number, "author_id": author, "public": public}


def serve_between(mock: responses.RequestsMock, more: list[dict[str, Any]]) -> None:
    """Serve the ticket as it stands between our note and our reply."""
    body = fixture("ticket")
    body["ticket"]["updated_at"] = "2026-11-20T10:20:00Z"
    note = fixture("comments_last")["comments"][0] | {"id": 361000001005}
    serve_ticket(mock, [(body, LATER)], comments=[note, *more])
    users = fixture("comments_first")["users"]
    mock.get(f"{API}/users/show_many", json={"users": users})
