"""The HTTP seam: what is made of an answer's body."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests import Response

from connectors import errors
from connectors.http import read_json, read_list


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
