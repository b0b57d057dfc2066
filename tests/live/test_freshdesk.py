"""Freshdesk, for real."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from connectors.types import Change
from tests.live.checks import CHECKS, Live
from tests.live.desks import FreshdeskDesk

pytestmark = pytest.mark.live
KIND = "freshdesk"


def an_update_of_tags_replaces_them_all(live: Live) -> None:
    desk = cast("FreshdeskDesk", live.desk)
    desk.set_tags(live.ticket_id, ["first"])
    desk.set_tags(live.ticket_id, ["second"])
    tags = desk.tags(live.ticket_id)
    live.find(
        f"tags that are put {'replace' if 'first' not in tags else 'are added to'} the others"
    )
    assert tags == {"second"}, (
        "the connector reads, joins and writes: it need not, if they are added"
    )


def it_is_known_what_a_reply_does_to_the_status(live: Live) -> None:
    before = live.read()
    live.write(Change(reply="<p>Open Settings.</p>", answers=before.messages[-1].id))
    live.find(f"a reply by the API leaves a ticket {live.read().status} that was {before.status}")
    [reply] = [each for each in live.desk.said(live.ticket_id) if "Open Settings." in each.text]
    assert reply.public


OWN = (an_update_of_tags_replaces_them_all, it_is_known_what_a_reply_does_to_the_status)


@pytest.mark.parametrize("check", [*CHECKS, *OWN])
def test_freshdesk(live: Live, check: Callable[[Live], None]) -> None:
    check(live)
