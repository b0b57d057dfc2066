"""Writing: guarded, once for each key, and never a note that a customer can read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import requests
import responses

from connectors import errors
from connectors.types import Change, Status
from connectors.zendesk import Zendesk
from tests.connectors.zendesk.support import API, KEY, fixture, sent, serve_ticket
from tests.connectors.zendesk.writing import AUDITS, DRAFT, PUT, ours, ticket, updated


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

    def test_an_update_relies_on_nothing_that_only_other_calls_have(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        # Idempotency keys are for new tickets, additional_tags for many tickets at once; an author
        # would make it another one's, and a description is ignored with a 200.
        mock.put(PUT, json=updated())
        connector.apply(ticket(), DRAFT, KEY)
        [call] = [call for call in mock.calls if call.request.method == "PUT"]
        assert "Idempotency-Key" not in call.request.headers
        [body] = sent(mock, "PUT")
        assert not {"additional_tags", "remove_tags", "description"} & set(body["ticket"])
        assert "author_id" not in body["ticket"]["comment"]

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
        said = str(caught.value)
        assert "361000001005" in said
        assert "make" in said
        assert "an internal note" in said
        assert "stop the bot" in said

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

    def test_a_refusal_that_blames_no_field_is_told_in_zendesks_words(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        body = {"error": "RecordInvalid", "description": "Too many comments"}
        mock.put(PUT, status=422, json=body)
        with pytest.raises(errors.Rejected, match="Too many comments"):
            connector.apply(ticket(), DRAFT, KEY)
        assert len(sent(mock, "PUT")) == 1

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

    @pytest.mark.parametrize("page", [{}, {"next_page": None, "count": 2}, {"meta": None}])
    def test_audits_that_come_in_one_piece_are_read_as_one(
        self, mock: responses.RequestsMock, connector: Zendesk, page: dict[str, Any]
    ) -> None:
        # Those of an archived ticket are not paged.
        mock.get(AUDITS, json={"audits": fixture("audits")["audits"], **page})
        assert connector.apply(ticket(), DRAFT, KEY, again=True).found

    def test_what_audits_tell_of_redactions_and_surveys_breaks_nothing(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        # How such events are spelt is told nowhere.
        audits = fixture("audits")
        audits["audits"][0]["events"] = [
            {"id": 1, "type": "CommentRedactionEvent", "comment_id": 7},
            {"id": "01J8Z", "type": "SurveyResponseSubmitted", "survey_response_id": "01J8Z"},
            {"type": "invented_tomorrow", "public": None},
        ]
        mock.get(AUDITS, json=audits)
        assert connector.apply(ticket(), DRAFT, KEY, again=True).found
