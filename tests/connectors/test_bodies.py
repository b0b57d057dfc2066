"""Answers' bodies: what is read of them, and the words of a refusal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests import Response

from connectors import errors
from connectors.bodies import read_json, read_list, refused_fields, sentence


def _answer(body: bytes, status: int = 200) -> Response:
    response = Response()
    response.status_code = status
    response._content = body
    return response


def test_an_answer_that_is_no_object_is_nonsense_where_one_is_needed() -> None:
    with pytest.raises(errors.VendorBroken, match="JSON object"):
        read_json(_answer(b"[]", status=200), "Acme")


def test_an_answer_that_is_no_list_is_nonsense_where_one_is_needed() -> None:
    assert read_list(_answer(b"[1]"), "Acme") == [1]
    for body in (b"{}", b"", b"null", b"7"):
        with pytest.raises(errors.VendorBroken, match="JSON list"):
            read_list(_answer(body), "Acme")
    with pytest.raises(errors.VendorBroken, match="without JSON"):
        read_list(_answer(b"<html>"), "Acme")


@given(st.recursive(st.text(st.characters()), st.lists))
def test_whatever_is_read_can_be_kept(body: Any) -> None:
    """Half an emoji and NUL pass as JSON, and would break the database that keeps the ticket."""
    sent = json.dumps({"text": body, "half": "\ud83d cut", "nul": "a\0b", "whole": "ü😀"})
    read = read_json(_answer(sent.encode(), status=200), "Acme")
    assert "\0" not in json.dumps(read, ensure_ascii=False).encode().decode()
    assert read["half"].endswith(" cut")
    assert read["whole"] == "ü😀"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "RecordNotFound", "description": "Not found"}, "RecordNotFound Not found"),
        ({"error": {"title": "Forbidden", "message": "No access"}}, "Forbidden No access"),
        (
            {"errors": [{"code": "InvalidPaginationDepth", "title": "Deep", "detail": "10000"}]},
            "Deep InvalidPaginationDepth 10000",
        ),
        (
            {
                "error": "RecordInvalid",
                "description": "Record validation errors",
                "details": {"status": [{"description": "Status: closed prevents ticket update"}]},
            },
            "RecordInvalid Record validation errors status: Status: closed prevents ticket update",
        ),
        (
            {"error": "invalid_client", "error_description": "Client authentication failed"},
            "invalid_client Client authentication failed",
        ),
        ({"error": "TooManyValues", "max_count": 100}, "TooManyValues"),
        ({"description": "Validation failed", "errors": [{"field": "status", "message": "bad"}]},
         "Validation failed status bad"),
        (["not", "an", "object"], "not an object"),
        (None, ""),
        (42, ""),
    ],
)  # fmt: skip
def test_the_vendors_own_words_are_found_in_every_shape(body: Any, words: str) -> None:
    assert sentence(_answer(json.dumps(body).encode())) == words


def test_plain_text_and_proxy_pages_are_read_as_what_they_are() -> None:
    assert sentence(_answer(b"Number of allowed API requests exceeded")) == (
        "Number of allowed API requests exceeded"
    )
    assert sentence(_answer(b"<html><body>502 Bad Gateway</body></html>")) == ""
    assert sentence(_answer(b"\xff\xfe")) != ""
    assert len(sentence(_answer(b"x" * 5000))) <= 500


@given(st.binary(max_size=300))
def test_no_body_makes_the_reading_of_errors_fail(body: bytes) -> None:
    assert isinstance(sentence(_answer(body)), str)


def test_deeply_nested_answers_do_not_break_us() -> None:
    assert isinstance(sentence(_answer(b"[" * 100_000)), str)
    with pytest.raises(errors.VendorBroken):
        read_json(_answer(b"[" * 100_000, status=200), "Acme")


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        (
            {"details": {"status": [{"description": "Status: is invalid", "error": "x"}]}},
            {"status": "Status: is invalid"},
        ),
        (
            {"errors": [{"field": "priority", "message": "must be one of 1", "code": "bad"}]},
            {"priority": "must be one of 1"},
        ),
        ({"errors": [{"title": "No such page"}, "x"], "details": []}, {}),
        ([], {}),
    ],
)
def test_the_fields_that_a_refusal_blames_are_named(body: object, refused: dict[str, str]) -> None:
    assert refused_fields(_answer(json.dumps(body).encode())) == refused


def test_a_refusal_that_is_no_json_blames_no_field() -> None:
    assert refused_fields(_answer(b"<html>")) == {}
