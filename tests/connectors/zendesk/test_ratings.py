"""What customers said about tickets: good or bad in the ticket, or answers to a survey."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from connectors import errors
from connectors.types import Rating
from connectors.zendesk import ratings, wire
from tests.connectors.zendesk.reading import TOM, ticket
from tests.connectors.zendesk.support import API, zendesk

LISTING = f"{API}/guide/survey_responses"


def survey(rating: Any = 5, steps: int = 5, **changes: Any) -> dict[str, Any]:
    options = [{"rating": step, "label": {"value": str(step)}} for step in range(1, steps + 1)]
    return {
        "id": "01J8ZABC",
        "survey_id": "01SURVEY",
        "survey_version": 3,
        "subjects": [{"type": "zen:ticket", "id": "5158", "zrn": "zen:ticket:5158"}],
        "answers": [
            {
                "type": "rating_scale",
                "rating": rating,
                "rating_category": "good",
                "question": {"sub_type": "customer_satisfaction", "options": options},
                "created_at": "2026-11-20T12:00:00Z",
                "updated_at": "2026-11-20T12:05:00Z",
            },
            {"type": "closed_ended", "selections": [{"option_id": "x"}], "question": {}},
            {"type": "open_ended", "value": " Quick! ", "question": {"sub_type": "comment"}},
            {"type": "skipped", "question": {}},
        ],
        **changes,
    }


def serve(mock: responses.RequestsMock, *surveys: dict[str, Any]) -> None:
    body = {"survey_responses": list(surveys), "meta": {"has_more": False, "after_cursor": None}}
    mock.get(LISTING, json=body)


def read(raw: dict[str, Any]) -> tuple[Rating, ...]:
    return ratings.of_surveys([wire.read(ratings.Survey, raw)], "5158", TOM)


class TestInTheTicket:
    @pytest.mark.parametrize(
        ("score", "expected"),
        [
            ("good", 1.0),
            ("bad", 0.0),
            ("GOOD", 1.0),
            ("good_with_comment", 1.0),
            ("bad_with_comment", 0.0),
        ],
    )
    def test_good_and_bad_are_one_and_nothing(self, score: str, expected: float) -> None:
        given = {"id": 1234, "score": score, "comment": " Great "}
        [rating] = ticket(satisfaction_rating=given, assignee_id=int(TOM)).ratings
        assert (rating.score, rating.comment, rating.agent_id) == (expected, "Great", TOM)

    @pytest.mark.parametrize(
        "given", [None, {}, {"score": None}, {"score": "offered"}, {"score": "unoffered"}]
    )
    def test_a_rating_that_was_not_given_is_none(self, given: Any) -> None:
        assert ticket(satisfaction_rating=given).ratings == ()

    def test_its_id_stays_until_the_customer_rates_again(self) -> None:
        def rated(score: str, comment: str = "") -> str:
            given = {"id": 1234, "score": score, "comment": comment}
            [rating] = ticket(satisfaction_rating=given).ratings
            return rating.id

        assert rated("good") == rated("good", "and thanks")
        assert rated("good") != rated("bad")


class TestSurveys:
    def test_a_survey_is_read_as_a_share_of_its_scale(self, mock: responses.RequestsMock) -> None:
        serve(mock, survey(rating=4))
        [rating] = zendesk().ratings(ticket(assignee_id=int(TOM)))
        assert rating.score == pytest.approx(0.75)
        assert (rating.comment, rating.agent_id) == ("Quick!", TOM)
        assert rating.rated_at is not None
        assert rating.rated_at.minute == 5
        asked = parse_qs(urlsplit(mock.calls[-1].request.url or "").query)
        assert asked["filter[subject_zrns]"] == ["zen:ticket:5158"]

    def test_a_filter_that_counts_for_nothing_costs_one_page_and_no_wrong_rating(
        self, mock: responses.RequestsMock
    ) -> None:
        others = [survey(id=str(n), subjects=[{"zrn": f"zen:ticket:{n}"}]) for n in range(100)]
        body = {"survey_responses": others, "meta": {"has_more": True, "after_cursor": "c"}}
        mock.get(LISTING, json=body)
        assert zendesk().ratings(ticket()) == ()
        assert mock.assert_call_count(mock.calls[-1].request.url or "", 1)

    def test_both_kinds_are_listed_together(self, mock: responses.RequestsMock) -> None:
        serve(mock, survey())
        there = ticket(satisfaction_rating={"id": 1, "score": "bad"})
        assert [one.score for one in zendesk().ratings(there)] == [0.0, 1.0]

    @pytest.mark.parametrize("status", [403, 404, 400, 422])
    def test_without_surveys_there_are_none(
        self, mock: responses.RequestsMock, status: int
    ) -> None:
        mock.get(LISTING, status=status, json={"error": "x"})
        assert zendesk().ratings(ticket()) == ()

    def test_a_failing_listing_is_an_error_and_not_no_rating(
        self, mock: responses.RequestsMock
    ) -> None:
        mock.get(LISTING, status=429, headers={"Retry-After": "60"})
        with pytest.raises(errors.RateLimited):
            zendesk().ratings(ticket())

    @pytest.mark.parametrize(
        ("changes", "mine"),
        [
            ({"subjects": [{"zrn": "zen:ticket:5159"}]}, False),
            ({"subjects": [{"type": "ticket", "id": 5158}]}, True),
            ({"subjects": [{"type": "zen:conversation", "id": "5158"}]}, False),
            ({"subjects": None, "subject_zrns": ["zen:ticket:5158"]}, True),
            ({"subjects": None, "subject_zrns": ["zen:ticket:51580"]}, False),
            ({"subjects": None}, False),  # whose it is, nobody knows
        ],
    )
    def test_another_tickets_survey_is_left_out(self, changes: dict[str, Any], mine: bool) -> None:
        assert bool(read(survey(**changes))) is mine

    @pytest.mark.parametrize(
        ("answer", "score"),
        [
            ({"rating": 1}, 0.0),
            ({"rating": 5}, 1.0),
            ({"rating": None, "rating_category": "good"}, 1.0),
            ({"rating": None, "rating_category": "neutral"}, 0.5),
            ({"rating": None, "rating_category": "BAD"}, 0.0),
            ({"rating": 3, "question": None}, 0.5),
            ({"rating": 99, "question": {"sub_type": None, "options": []}}, 1.0),
            ({"rating": None, "rating_category": None}, None),
            ({"question": {"sub_type": "effort"}}, None),
            ({"type": "closed_ended"}, None),
        ],
    )
    def test_every_kind_of_scale_is_understood(
        self, answer: dict[str, Any], score: float | None
    ) -> None:
        raw = survey()
        raw["answers"][0] |= answer
        assert [one.score for one in read(raw)] == ([] if score is None else [score])

    def test_a_survey_without_answers_is_no_rating(self) -> None:
        assert read(survey(answers=None)) == ()
        assert read(survey(answers=[])) == ()

    def test_its_id_stays_until_the_customer_rates_again(self) -> None:
        assert read(survey(rating=4))[0].id == read(survey(rating=4))[0].id
        assert read(survey(rating=4))[0].id != read(survey(rating=2))[0].id

    @given(st.floats(-10, 20), st.integers(0, 10))
    def test_a_score_is_always_between_nothing_and_one(self, rating: float, steps: int) -> None:
        assert all(0 <= one.score <= 1 for one in read(survey(rating=rating, steps=steps)))

    @pytest.mark.parametrize("value", [None, {"text": "Quick!"}, 7, ["x"]])
    def test_words_of_any_shape_break_nothing(self, value: Any) -> None:
        raw = survey()
        raw["answers"][2]["value"] = value
        [rating] = read(raw)
        assert rating.comment == ("Quick!" if isinstance(value, dict) else "")
