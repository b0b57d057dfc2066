"""Intercom, for real."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.types import Change, Status
from tests.live.checks import CHECKS, NOTE, Live

pytestmark = pytest.mark.live
KIND = "intercom"


def it_is_known_what_a_note_does_to_a_closed_conversation(live: Live) -> None:
    live.write(Change(note=f"<p>{NOTE}</p>", status=Status.SOLVED))
    assert live.read().status is Status.SOLVED
    live.write(Change(note=f"<p>{NOTE} Again.</p>"))
    live.find(f"a note on a closed conversation leaves it {live.read().status}")


def it_is_known_what_a_reply_does_to_a_closed_conversation(live: Live) -> None:
    asked = live.read().messages[-1].id
    live.write(Change(note=f"<p>{NOTE}</p>", status=Status.SOLVED))
    live.write(Change(reply="<p>Open Settings.</p>", answers=asked))
    live.find(f"a reply to a closed conversation leaves it {live.read().status}")
    [reply] = [each for each in live.desk.said(live.ticket_id) if "Open Settings." in each.text]
    assert reply.public


OWN = (
    it_is_known_what_a_note_does_to_a_closed_conversation,
    it_is_known_what_a_reply_does_to_a_closed_conversation,
)


@pytest.mark.parametrize("check", [*CHECKS, *OWN])
def test_intercom(live: Live, check: Callable[[Live], None]) -> None:
    check(live)
