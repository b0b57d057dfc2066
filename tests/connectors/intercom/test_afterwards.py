"""What customers said in surveys, and what became of conversations and tickets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses

from connectors import errors
from connectors.intercom import Intercom
from connectors.types import PastTicket, Rating
from tests.connectors.intercom.mapped import mapped
from tests.connectors.intercom.support import (
    BASE,
    CONVERSATION,
    STARTED,
    TICKET,
    Clock,
    fixture,
    intercom,
    sent,
)

RATED: dict[str, Any] = {
    "rating": 4,
    "remark": " Quick! ",
    "created_at": STARTED + 100,
    "updated_at": STARTED + 200,
    "contact": {"type": "contact", "id": "x"},
    "teammate": {"type": "admin", "id": 7002},
}
FINS: dict[str, Any] = {
    "source_type": "workflow",
    "resolution_state": "negative_feedback",
    "rating": 1,
    "rating_remark": "No use",
    "created_at": STARTED + 50,
    "updated_at": STARTED + 60,
}
SINCE = datetime.fromtimestamp(STARTED - 10, UTC)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(STARTED + seconds, UTC)


def rated(**changes: Any) -> tuple[Rating, ...]:
    return mapped(fixture("conversation") | {"conversation_rating": RATED | changes}).ratings


class TestRatings:
    def test_a_rating_is_told_with_its_remark_its_time_and_whom_it_is_about(self) -> None:
        [rating] = rated()
        assert (rating.score, rating.comment, rating.agent_id) == (0.75, "Quick!", "7002")
        # created_at is when it was asked for.
        assert rating.rated_at == at(200)

    @pytest.mark.parametrize(("number", "score"), [(1, 0.0), (2, 0.25), (3, 0.5), (5, 1.0)])
    def test_one_to_five_goes_from_nought_to_one(self, number: int, score: float) -> None:
        assert rated(rating=number)[0].score == score

    @pytest.mark.parametrize("number", [None, 0, 6, "4", True, 4.5])
    def test_what_is_no_rating_is_none(self, number: object) -> None:
        assert rated(rating=number) == ()

    def test_a_remark_that_follows_is_no_other_rating_and_another_number_is(self) -> None:
        [first], [with_remark] = rated(remark=""), rated(updated_at=STARTED + 900)
        [changed], [next_survey] = rated(rating=5), rated(created_at=STARTED + 5000)
        assert first.id == with_remark.id
        assert len({first.id, changed.id, next_survey.id}) == 3

    @pytest.mark.parametrize("teammate", [None, [], {"type": "workflow", "id": "3"}])
    def test_who_is_no_teammate_is_not_rated(self, teammate: object) -> None:
        assert rated(teammate=teammate)[0].agent_id is None

    def test_what_was_said_of_fin_is_about_nobody_on_the_team(self) -> None:
        both = {"conversation_rating": RATED, "ai_agent": FINS}
        ours, fins = mapped(fixture("conversation") | both).ratings
        assert (ours.agent_id, fins.agent_id) == ("7002", None)
        assert (fins.score, fins.comment, fins.rated_at) == (0.0, "No use", at(60))
        assert ours.id != fins.id

    def test_ratings_are_those_of_the_reading(self, connector: Intercom) -> None:
        ticket = mapped(fixture("conversation") | {"conversation_rating": RATED})
        assert connector.ratings(ticket) == ticket.ratings != ()


def page(kind: str, *items: dict[str, Any], after: str | None = None) -> dict[str, Any]:
    following = {"per_page": 150, "starting_after": after} if after else None
    return {"type": "list", kind: list(items), "pages": {"type": "pages", "next": following}}


def listed(connector: Intercom, since: datetime = SINCE) -> dict[str, PastTicket]:
    found = [one for each in connector.history(since) for one in each.items]
    assert len({one.id for one in found}) == len(found)
    return {one.id: one for one in found}


class TestHistory:
    def test_a_conversation_is_told_by_its_statistics(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        counted = {
            "first_admin_reply_at": STARTED + 60,
            "last_close_at": STARTED + 600,
            "count_reopens": 2,
        }
        raw = fixture("conversation") | {"statistics": counted, "conversation_rating": RATED}
        del raw["conversation_parts"]  # as a search answers
        mock.post(f"{BASE}/conversations/search", json=page("conversations", raw))
        mock.post(f"{BASE}/tickets/search", json=page("tickets"))
        past = listed(connector)[CONVERSATION]
        assert (past.created_at, past.replied_at, past.solved_at) == (at(0), at(60), at(600))
        assert (past.channel, past.reopens, past.ratings[0].score) == ("chat", 2, 0.75)
        _, _, asked = sent(mock)[0]
        [wanted] = asked["query"]["value"]
        assert wanted == {"field": "created_at", "operator": ">", "value": STARTED - 11}
        assert "sort" not in asked

    @pytest.mark.parametrize("counted", [None, {}, {"first_admin_reply_at": None}])
    def test_what_has_not_happened_is_not_told(
        self, mock: responses.RequestsMock, connector: Intercom, counted: object
    ) -> None:
        raw = fixture("conversation") | {"statistics": counted}
        mock.post(f"{BASE}/conversations/search", json=page("conversations", raw))
        mock.post(f"{BASE}/tickets/search", json=page("tickets"))
        past = listed(connector)[CONVERSATION]
        assert (past.replied_at, past.solved_at, past.reopens) == (None, None, 0)

    def test_a_ticket_is_told_by_its_parts(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        raw = fixture("ticket")
        base = raw["ticket_parts"]["ticket_parts"][0]
        admin = {"type": "admin", "id": "7002"}

        def part(seconds: int, **more: Any) -> dict[str, Any]:
            return dict(base | {"id": str(seconds), "created_at": STARTED + seconds} | more)

        raw["ticket_parts"]["ticket_parts"] = [
            part(10, part_type="note", body="<p>Look</p>", author=admin),
            part(20, part_type="comment", body="<p>Done</p>", author=admin),
            part(30, ticket_state="resolved", body=None),
            part(40, ticket_state="in_progress", body=None),
            part(50, ticket_state="resolved", body=None),
        ]
        mock.post(f"{BASE}/conversations/search", json=page("conversations"))
        mock.post(f"{BASE}/tickets/search", json=page("tickets", raw))
        past = listed(connector)[TICKET]
        assert (past.replied_at, past.solved_at, past.reopens) == (at(20), at(50), 1)

    def test_pages_are_followed_and_older_and_internal_ones_left_out(
        self, mock: responses.RequestsMock, connector: Intercom
    ) -> None:
        raw = fixture("conversation")
        old = raw | {"id": "1", "created_at": STARTED - 11}
        mock.post(f"{BASE}/conversations/search", json=page("conversations", old, after="a"))
        mock.post(f"{BASE}/conversations/search", json=page("conversations", raw))
        own = [fixture("ticket") | {"id": name, "category": name} for name in ("Tracker",)]
        same = fixture("ticket") | {"id": CONVERSATION}  # turned into one
        mock.post(f"{BASE}/tickets/search", json=page("tickets", *own, same))
        assert set(listed(connector)) == {CONVERSATION}

    def test_a_listing_without_end_ends(
        self,
        mock: responses.RequestsMock,
        connector: Intercom,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("connectors.intercom.searches.MOST_PAGES", 3)
        for number in range(5):
            answer = page("conversations", after=f"c{number}")
            mock.post(f"{BASE}/conversations/search", json=answer)
        mock.post(f"{BASE}/tickets/search", json=page("tickets"))
        assert listed(connector) == {}
        assert len(sent(mock)) == 4

    def test_a_workspace_without_tickets_has_a_history_all_the_same(
        self, mock: responses.RequestsMock
    ) -> None:
        refused = {"errors": [{"code": "forbidden", "message": "No access"}]}
        mock.post(f"{BASE}/conversations/search", json=page("conversations"))
        mock.post(f"{BASE}/tickets/search", status=403, json=refused)
        assert listed(intercom(Clock()), SINCE - timedelta(days=9)) == {}
        mock.replace("POST", f"{BASE}/conversations/search", status=403, json=refused)
        with pytest.raises(errors.AuthFailed):
            listed(intercom(Clock()))
