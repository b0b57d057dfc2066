"""Channels on which replies may not arrive: drafts only, until a reply was seen to arrive."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import worker
from app.domain import Mode, Outcome
from app.how_far import held_by_channel
from app.ledger import runs, verified
from app.ledger.runs import Run
from tests.app.fakes import HELPDESK, Desk

QUESTION = "How do I export all projects?"
VAGUE = "It does not work. Please help."
DOUBT = "Messages of this channel are stored and not sent."


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk.at(tmp_path, mode=Mode.SEND)
    made.helpdesk.doubts = {"whatsapp": DOUBT}
    return made


def only_run(desk: Desk) -> Run:
    (run,) = runs.listed(desk.services.ledger)
    return run


@pytest.mark.parametrize(
    ("mode", "doubt", "left"),
    [
        (Mode.SEND, "", Mode.SEND),
        (Mode.SEND, DOUBT, Mode.DRAFT),
        (Mode.DRAFT, DOUBT, Mode.DRAFT),
        (Mode.SHADOW, DOUBT, Mode.SHADOW),
    ],
)
def test_doubt_keeps_replies_back(mode: Mode, doubt: str, left: Mode) -> None:
    allowed, reasons = held_by_channel(mode, doubt)
    assert allowed is left
    assert [reason.code for reason in reasons] == (["channel"] if left is not mode else [])


def look_at(desk: Desk, text: str, channel: str) -> str:
    ticket = desk.helpdesk.open(text, channel=channel)
    worker.handle(desk.services, desk.announce(ticket))
    desk.clock.pass_by(60)  # the quiet period of chats
    for run_id in runs.unfinished(desk.services.ledger, desk.clock()):
        worker.work(desk.services, run_id)
    return ticket


@pytest.mark.parametrize(
    ("text", "outcome"), [(QUESTION, Outcome.DRAFT), (VAGUE, Outcome.CLARIFIED)]
)
def test_what_would_be_sent_becomes_a_note_where_it_may_not_arrive(
    desk: Desk, text: str, outcome: Outcome
) -> None:
    ticket = look_at(desk, text, "whatsapp")
    run = only_run(desk)
    assert run.outcome is outcome
    assert [message.public for message in desk.helpdesk.tickets[ticket].messages] == [True, False]
    assert [reason.text for reason in run.reasons if reason.code == "channel"] == [
        f"not sent: {DOUBT}"
    ]


@pytest.mark.parametrize("text", [QUESTION, VAGUE])
def test_it_is_sent_once_a_reply_was_seen_to_arrive(desk: Desk, text: str) -> None:
    verified.keep(desk.services.ledger, HELPDESK, "whatsapp", "12", desk.clock())
    ticket = look_at(desk, text, "whatsapp")
    assert desk.helpdesk.tickets[ticket].messages[-1].public
    assert "channel" not in [reason.code for reason in only_run(desk).reasons]


def test_what_is_proved_of_one_channel_or_account_holds_for_no_other(desk: Desk) -> None:
    verified.keep(desk.services.ledger, HELPDESK, "sms", "12", desk.clock())
    verified.keep(desk.services.ledger, "zendesk-eu", "whatsapp", "12", desk.clock())
    look_at(desk, QUESTION, "whatsapp")
    assert only_run(desk).outcome is Outcome.DRAFT


def test_other_channels_are_not_held_up(desk: Desk) -> None:
    look_at(desk, QUESTION, "email")
    assert only_run(desk).outcome is Outcome.REPLY
