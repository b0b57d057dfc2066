"""What is read of a ticket's end: what customers told a survey, and figures of past tickets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import errors
from connectors.freshdesk import Freshdesk, client, feed, ratings, wire
from connectors.freshdesk import history as history_module
from connectors.types import PastTicket, Rating
from tests.connectors.freshdesk.support import (
    NOW,
    TOM,
    Account,
    fixture,
    freshdesk,
    json_answer,
)

REFUSED = json_answer({"code": "access_denied", "message": "You are not authorized"}, 403)
RATED = "tickets/5158/satisfaction_ratings"
ALL_RATED = "surveys/satisfaction_ratings"
THREE = {"12": ("default_question", [-103, 100, 103])}
FIVE = {"12": ("default_question", [-103, -102, 100, 102, 103])}
SINCE = NOW - timedelta(days=2)


def rated(given: Any = 103, **changes: Any) -> dict[str, Any]:
    usual = {"id": 67000499229, "survey_id": 12, "agent_id": TOM, "ticket_id": 5158}
    stamps = {"created_at": "2026-11-20T10:15:00Z", "updated_at": "2026-11-20T10:15:00Z"}
    answers = {"ratings": {"default_question": given, "question_3": -103}}
    return {**usual, **stamps, "feedback": "Fine", **answers, **changes}


def read(raw: dict[str, Any], scales: ratings.Scales | None = None) -> Rating | None:
    return ratings.rating_from_freshdesk(wire.read(wire.Rating, raw), scales or {})


class TestRating:
    @pytest.mark.parametrize(
        ("given", "scales", "score"),
        [
            (103, {}, 1.0),
            (100, {}, 0.5),
            (-103, {}, 0.0),
            (102, {}, 5 / 6),
            (-101, {}, 1 / 3),
            (103, THREE, 1.0),
            (100, THREE, 0.5),
            (102, FIVE, 0.75),
            (-102, FIVE, 0.25),
            (101, THREE, 4 / 6),  # not offered, as the survey is now: the usual seven steps
            (103, {"12": ("default_question", [])}, 1.0),
            (103, {"13": ("other", [103, 100])}, 1.0),
        ],
    )
    def test_a_number_becomes_a_share_of_the_scale_that_was_offered(
        self, given: int, scales: ratings.Scales, score: float
    ) -> None:
        found = read(rated(given), scales)
        assert found is not None
        assert found.score == pytest.approx(score)

    @pytest.mark.parametrize(
        "answers",
        [
            {"default_question": 100, "question_1": 103},
            {"question_1": 103, "default_question": 100},
            [{"default_question": 100}, {"question_1": 103}],
            [
                {"question_id": "question_1", "rating": 103},
                {"question_id": "default_question", "rating": 100},
            ],
            [{"id": "default_question", "value": 100}],
            [{"rating": 100}],
            {"question_9": 100},
        ],
    )
    def test_ratings_are_an_object_or_an_array_and_the_default_question_counts(
        self, answers: Any
    ) -> None:
        found = read(rated(ratings=answers))
        assert found is not None
        assert found.score == 0.5

    def test_where_the_survey_says_which_question_counts_that_one_does(self) -> None:
        surveys = [{"id": 12, "questions": [{"id": "q1"}, {"id": "q2", "default": True}]}]
        scales = ratings.scales_of(wire.read_all(wire.Survey, surveys))
        found = read(rated(ratings={"q1": 103, "q2": -103}), scales)
        assert found is not None
        assert found.score == 0.0

    @pytest.mark.parametrize("answers", [None, {}, [], "x", {"default_question": 7}, [[103]], [1]])
    def test_what_is_no_known_number_is_no_rating(self, answers: Any) -> None:
        assert read(rated(ratings=answers)) is None

    def test_who_was_rated_when_and_with_which_words(self) -> None:
        assert read(rated(feedback=None)) == Rating(
            "67000499229:103", 1.0, "", datetime(2026, 11, 20, 10, 15, tzinfo=UTC), str(TOM)
        )

    def test_a_changed_answer_is_another_rating_and_the_same_one_is_not(self) -> None:
        first, same, other = read(rated()), read(rated()), read(rated(-103))
        assert first is not None
        assert same is not None
        assert other is not None
        assert first.id == same.id != other.id


class TestRatings:
    def test_a_tickets_ratings_are_read_on_their_surveys_scale(
        self, account: Account, connector: Freshdesk
    ) -> None:
        question = {"id": "default_question", "default": True, "accepted_ratings": [103, -103, 102]}
        account.records |= {RATED: [rated(102)], "surveys": [{"id": 12, "questions": [question]}]}
        [rating] = connector.ratings(connector.ticket("5158"))
        assert (rating.score, rating.comment) == (0.5, "Fine")
        connector.ratings(connector.ticket("5158"))
        assert account.count("surveys") == 1

    @pytest.mark.parametrize("answer", [REFUSED, (404, {}, "")])
    def test_without_surveys_there_are_no_ratings(
        self, account: Account, connector: Freshdesk, answer: Any
    ) -> None:
        ticket = connector.ticket("5158")
        account.trouble = lambda method, path: answer if path == RATED else None
        assert connector.ratings(ticket) == ()

    @pytest.mark.parametrize("answer", [REFUSED, (404, {}, "")])
    def test_surveys_that_cannot_be_read_leave_the_usual_scale(
        self, account: Account, connector: Freshdesk, answer: Any
    ) -> None:
        account.records[RATED] = [rated(100)]
        account.trouble = lambda method, path: answer if path == "surveys" else None
        [rating] = connector.ratings(connector.ticket("5158"))
        assert rating.score == 0.5

    def test_an_error_that_passes_is_one(self, account: Account, connector: Freshdesk) -> None:
        ticket = connector.ticket("5158")
        account.trouble = lambda method, path: (500, {}, "") if path == RATED else None
        with pytest.raises(errors.VendorBroken):
            connector.ratings(ticket)

    def test_a_reading_tells_no_ratings(self, account: Account, connector: Freshdesk) -> None:
        account.records[RATED] = [rated()]
        assert connector.ticket("5158").ratings == ()
        assert account.count(RATED) == 0


def line(number: int, created: datetime, **stats: Any) -> dict[str, Any]:
    at = created.strftime("%Y-%m-%dT%H:%M:%SZ")
    usual = {"first_responded_at": None, "reopened_at": None, "resolved_at": None}
    fields = {"id": number, "source": 1, "created_at": at, "updated_at": at}
    return {**fixture("ticket"), **fields, "stats": {**usual, **stats}}


def history(account: Account, connector: Freshdesk) -> list[PastTicket]:
    return [one for page in connector.history(SINCE) for one in page.items]


class TestHistory:
    def test_figures_and_ratings_of_tickets_created_since_then(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.records |= {
            "tickets": [
                line(1, SINCE - timedelta(days=9)),  # older, and changed since
                line(
                    5158,
                    SINCE + timedelta(hours=1),
                    first_responded_at="2026-11-19T09:00:00Z",
                    resolved_at="2026-11-19T10:00:00Z",
                    reopened_at="2026-11-19T11:00:00Z",
                ),
                line(3, SINCE + timedelta(hours=2), closed_at="2026-11-19T12:00:00Z"),
                line(4, SINCE + timedelta(hours=3)),
            ],
            ALL_RATED: [
                rated(),
                rated(-103, id=2, ticket_id=3),
                rated(id=3, ticket_id=4, ratings={}),
            ],
        }
        first, second, third = history(account, connector)
        assert (first.id, first.channel, first.reopens) == ("5158", "email", 1)
        assert first.replied_at == datetime(2026, 11, 19, 9, tzinfo=UTC)
        assert first.solved_at == datetime(2026, 11, 19, 10, tzinfo=UTC)
        assert [rating.score for rating in first.ratings] == [1.0]
        assert second.solved_at == datetime(2026, 11, 19, 12, tzinfo=UTC)
        assert [rating.score for rating in second.ratings] == [0.0]
        assert (third.replied_at, third.solved_at, third.reopens, third.ratings) == (
            *(None, None, 0, ()),
        )

    @pytest.mark.parametrize("answer", [REFUSED, (404, {}, "")])
    def test_without_surveys_there_are_figures_all_the_same(
        self, account: Account, connector: Freshdesk, answer: Any
    ) -> None:
        account.records["tickets"] = [line(1, NOW)]
        account.trouble = lambda method, path: answer if path == ALL_RATED else None
        assert [one.id for one in history(account, connector)] == ["1"]

    def test_no_ticket_comes_twice_and_a_history_without_end_is_not_taken_for_whole(
        self, account: Account, connector: Freshdesk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # A listing that ignores what it is asked, and says that there is more.
        monkeypatch.setattr(history_module, "MOST_LISTED", 7)
        status, headers, body = json_answer([line(1, NOW)])
        account.trouble = lambda method, path: (
            (status, {**headers, "Link": '<x>; rel="next"'}, body) if path == "tickets" else None
        )
        account.records[ALL_RATED] = []
        found: list[PastTicket] = []
        with pytest.raises(errors.VendorBroken, match="no end"):
            found.extend(one for page in connector.history(SINCE) for one in page.items)
        assert [one.id for one in found] == ["1"]
        assert account.count("tickets") == 7

    def test_a_long_history_is_read_further_than_one_sweep_goes(
        self, account: Account, connector: Freshdesk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feed, "MOST_PAGES", 1)
        monkeypatch.setattr(client, "PER_PAGE", 1)
        pages = iter([[line(n, SINCE + timedelta(hours=n))] for n in (1, 2, 3)])
        account.records[ALL_RATED] = []
        account.trouble = lambda method, path: (
            json_answer(next(pages, [])) if path == "tickets" else None
        )
        assert [one.id for one in history(account, connector)] == ["1", "2", "3"]

    def test_ratings_without_end_are_read_to_the_last_page_there_is(
        self, account: Account, connector: Freshdesk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client, "MOST_PAGES", 3)
        monkeypatch.setattr(history_module, "MOST_PAGES", 3)
        account.records["tickets"] = [line(5158, NOW)]
        numbers = iter(range(1, 99))

        def endless(method: str, path: str) -> Any:
            if path != ALL_RATED:
                return None
            status, headers, body = json_answer([rated(id=next(numbers))])
            return status, {**headers, "Link": '<x>; rel="next"'}, body

        account.trouble = endless
        [one] = history(account, connector)
        assert len(one.ratings) == 3

    def test_no_text_is_asked_for(self, account: Account) -> None:
        account.records |= {"tickets": [], ALL_RATED: []}
        assert history(account, freshdesk()) == []
        assert {path for _, path, _ in account.calls} == {"tickets", ALL_RATED}
