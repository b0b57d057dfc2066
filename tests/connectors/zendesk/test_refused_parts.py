"""What Zendesk refuses for its routing is written without that: the message must land."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import responses

from connectors import errors
from connectors.types import Change, Status
from connectors.zendesk import Zendesk
from tests.connectors.zendesk.reading import BOT, TOM
from tests.connectors.zendesk.support import API, KEY, fixture, sent
from tests.connectors.zendesk.writing import DRAFT, PUT, ticket, updated

HANDOFF = replace(DRAFT, status=Status.PENDING, release=True)


def refusal(field: str, words: str, **more: Any) -> dict[str, Any]:
    details = {field: [{"description": words, "error": None, **more}]}
    return {"error": "RecordInvalid", "description": "Record validation errors", "details": details}


def refuse(mock: responses.RequestsMock, *bodies: dict[str, Any]) -> None:
    for body in bodies:
        mock.put(PUT, status=422, json=body)


def kept(mock: responses.RequestsMock) -> list[set[str]]:
    """Which routing each update asked for."""
    routing = {"status", "priority", "group_id", "tags", "assignee_id"}
    return [routing & set(body["ticket"]) for body in sent(mock, "PUT")]


def test_a_field_that_is_required_to_solve_costs_the_status_only(
    mock: responses.RequestsMock, connector: Zendesk
) -> None:
    words = "Region: is required when solving a ticket"
    refuse(mock, refusal("base", words, ticket_field_id=7, ticket_field_type="FieldTagger"))
    mock.put(PUT, json=updated())
    receipt = connector.apply(ticket(), replace(DRAFT, status=Status.SOLVED), KEY)
    assert kept(mock) == [
        {"status", "priority", "group_id", "tags"},
        {"priority", "group_id", "tags"},
    ]
    assert receipt.note_id == "361000001005"
    [told] = receipt.fallbacks
    assert "status" in told
    assert words in told


def test_the_second_attempt_is_guarded_and_marked_like_the_first(
    mock: responses.RequestsMock, connector: Zendesk
) -> None:
    refuse(mock, refusal("group", "Group: is invalid"))
    mock.put(PUT, json=updated())
    connector.apply(ticket(), DRAFT, KEY)
    first, second = (body["ticket"] for body in sent(mock, "PUT"))
    for name in ("comment", "metadata", "safe_update", "updated_stamp", "id"):
        assert first[name] == second[name]
    assert "group_id" not in second


def test_what_is_refused_twice_is_written_without_any_routing(
    mock: responses.RequestsMock, connector: Zendesk
) -> None:
    refuse(mock, refusal("group", "Group: is invalid"), refusal("priority", "Priority: no"))
    mock.put(PUT, json=updated())
    receipt = connector.apply(ticket(), DRAFT, KEY)
    assert kept(mock)[-1] == set()
    assert receipt.note_id
    assert [line.split(",")[0] for line in receipt.fallbacks] == [
        "Zendesk would not set group",
        "Zendesk would not set priority and tags",
    ]


def test_what_is_refused_thrice_is_refused(
    mock: responses.RequestsMock, connector: Zendesk
) -> None:
    refuse(mock, *[refusal("base", "No")] * 3)
    with pytest.raises(errors.Rejected, match="No"):
        connector.apply(ticket(), DRAFT, KEY)
    assert len(sent(mock, "PUT")) == 2  # nothing was left to leave out


def test_routing_alone_is_not_tried_again(mock: responses.RequestsMock, connector: Zendesk) -> None:
    refuse(mock, refusal("status", "Status: is invalid"))
    with pytest.raises(errors.Rejected):
        connector.apply(ticket(), Change(status=Status.SOLVED), KEY)
    assert len(sent(mock, "PUT")) == 1


@pytest.mark.parametrize("words", ["Status: closed prevents ticket update", "Geschlossen"])
def test_a_ticket_that_was_closed_meanwhile_takes_nothing(
    mock: responses.RequestsMock, connector: Zendesk, words: str
) -> None:
    refuse(mock, refusal("status", words))
    with pytest.raises(errors.Rejected, match=words):
        connector.apply(ticket(), DRAFT, KEY)
    assert len(sent(mock, "PUT")) == 1


def test_a_ticket_that_moved_on_between_the_attempts_is_a_conflict(
    mock: responses.RequestsMock, connector: Zendesk
) -> None:
    refuse(mock, refusal("group", "Group: is invalid"))
    mock.put(PUT, status=409, json={"error": "DatabaseConflict"})
    with pytest.raises(errors.Conflict):
        connector.apply(ticket(), DRAFT, KEY)


@pytest.mark.parametrize("error", ["UpdateConflict", "DatabaseConflict", "anything"])
def test_a_409_is_a_conflict_whatever_it_is_called(
    mock: responses.RequestsMock, connector: Zendesk, error: str
) -> None:
    mock.put(PUT, status=409, json={"error": error})
    with pytest.raises(errors.Conflict):
        connector.apply(ticket(), DRAFT, KEY)


class TestRelease:
    def served(self, mock: responses.RequestsMock, user_id: int | None) -> None:
        me = fixture("me")
        me["user"]["id"] = user_id
        mock.get(f"{API}/users/me", json=me)
        mock.put(PUT, json=updated())

    def test_the_bots_own_ticket_is_released_in_the_same_update(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        self.served(mock, int(BOT))
        connector.apply(ticket(assignee_id=BOT), HANDOFF, KEY)
        [body] = sent(mock, "PUT")
        assert body["ticket"]["assignee_id"] is None
        assert body["ticket"]["comment"]

    @pytest.mark.parametrize("user_id", [int(TOM), None])
    def test_another_ones_is_not(
        self, mock: responses.RequestsMock, connector: Zendesk, user_id: int | None
    ) -> None:
        self.served(mock, user_id)
        connector.apply(ticket(assignee_id=BOT), HANDOFF, KEY)
        assert "assignee_id" not in sent(mock, "PUT")[0]["ticket"]

    def test_who_we_are_is_asked_once_and_only_where_it_matters(
        self, mock: responses.RequestsMock, connector: Zendesk
    ) -> None:
        self.served(mock, int(TOM))
        connector.apply(ticket(assignee_id=None), HANDOFF, KEY)
        connector.apply(ticket(assignee_id=BOT), DRAFT, KEY)
        assert not any("/users/me" in (call.request.url or "") for call in mock.calls)
        for _ in range(2):
            connector.apply(ticket(assignee_id=BOT), HANDOFF, KEY)
        assert sum("/users/me" in (call.request.url or "") for call in mock.calls) == 1
