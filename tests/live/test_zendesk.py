"""Zendesk, for real."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from tests.live.checks import CHECKS, NOTE, Live
from tests.live.desks import ZendeskDesk

pytestmark = pytest.mark.live
KIND = "zendesk"


def it_is_known_who_the_credentials_act_as(live: Live) -> None:
    me = cast("ZendeskDesk", live.desk).call("GET", "/api/v2/users/me")["user"]
    assert me["id"]
    live.find(f"the credentials act as the {me['role']} {me['name']}")


def it_is_known_what_a_conflict_says(live: Live) -> None:
    desk = cast("ZendeskDesk", live.desk)
    path = f"/api/v2/tickets/{live.ticket_id}"
    stale = {"safe_update": True, "updated_stamp": "2020-01-01T00:00:00Z"}
    comment = {"comment": {"html_body": f"<p>{NOTE}</p>", "public": False}}
    answer = desk.call("PUT", path, {"ticket": {**comment, **stale}}, may=(409,))
    assert getattr(answer, "status_code", 200) == 409
    live.find(f"a stale safe_update is answered 409 with {answer.text[:200]}")


def tags_that_are_put_are_added_at_their_own_address(live: Live) -> None:
    for tag in ("first", "second"):
        live.desk.tag(live.ticket_id, tag)
    assert {"first", "second"} <= live.desk.tags(live.ticket_id)


OWN = (
    it_is_known_who_the_credentials_act_as,
    it_is_known_what_a_conflict_says,
    tags_that_are_put_are_added_at_their_own_address,
)


@pytest.mark.parametrize("check", [*CHECKS, *OWN])
def test_zendesk(live: Live, check: Callable[[Live], None]) -> None:
    check(live)
