"""What an agent's request to send comes to: a table of who wrote when, and what was made before."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import (
    Clarify,
    Decision,
    HandOff,
    Reason,
    RunKey,
    RunState,
    SaveDraft,
    Send,
    Skip,
    Trigger,
)
from app.pipeline.asked import (
    STOOD_BEFORE,
    Earlier,
    Request,
    leaving_solved,
    new_request,
    reason_to_drop,
    render_request,
    request_to_send,
)
from app.pipeline.render import SEND_TAG
from connectors.types import Feature, Status, Ticket
from tests.app.pipeline.decisions import HANDOFF
from tests.app.pipeline.samples import NOW, make_draft
from tests.app.pipeline.test_turns import ours
from tests.app.pipeline.test_turns import ticket as ticket_of

# Messages as in test_turns: c customer, a agent, o ours; in capitals: internal. An id is a place.
DRAFT = SaveDraft(make_draft())
NOW_ASKED = 1_000.0
ASK = Clarify("What did you see?")
HANDED = HandOff(HANDOFF)
SILENT = Skip((Reason("no_evidence", ""),), silent=True)


def made(
    message: str,
    decision: Decision | None = DRAFT,
    note: str | None = "1",
    state: RunState = RunState.APPLIED,
    at: float = 0.0,
) -> Earlier:
    return Earlier(RunKey("h", "1", message), state, decision, note, changed_at=at)


def asked(
    about: str, state: RunState, *codes: str, unsure: bool = False, decision: Decision | None = None
) -> Earlier:
    key = RunKey("h", "1", about, Trigger.SEND)
    reasons = tuple(Reason(code, "") for code in codes)
    return Earlier(key, state, decision, unsure=unsure, reasons=reasons)


def tagged(row: str, status: Status = Status.OPEN) -> Ticket:
    return replace(ticket_of(row, status), tags=frozenset({SEND_TAG}))


@pytest.mark.parametrize(
    ("row", "earlier", "about", "said"),
    [
        ("cO", [made("0")], "1", "send"),
        ("cO", [made("0", ASK)], "1", "clarify"),
        ("ccO", [made("1", note="2")], "2", "send"),
        ("cOA", [made("0")], "1", "send"),  # an agent's note is no answer
        ("cOb", [made("0")], "1", "send"),  # nor is a machine's word
        ("cOc", [made("0")], "2", "superseded"),
        ("cOcO", [made("2", note="3"), made("0")], "3", "send"),
        ("cOcO", [made("2", note="3", state=RunState.PLANNED), made("0")], "2", "superseded"),
        ("cOa", [made("0")], "2", "answered_meanwhile"),
        ("cOo", [made("0")], "2", "sent"),
        ("c", [], "0", "no_draft"),
        ("cO", [made("0", HANDED)], "0", "handed_over"),
        ("c", [made("0", SILENT, None)], "0", "no_draft"),
        ("cO", [made("0", None)], "0", "no_draft"),  # redacted since
        ("cO", [made("0", state=RunState.FAILED)], "0", "no_draft"),
        ("cO", [replace(made("0"), reasons=(STOOD_BEFORE,))], "1-not-sent", STOOD_BEFORE.code),
        ("cO", [asked("0", RunState.FAILED), made("0")], "1-not-sent", STOOD_BEFORE.code),
        ("cO", [asked("0", RunState.APPLIED), made("0")], "1", "send"),
        ("cO", [asked("1", RunState.FAILED), made("0")], "1-not-sent", "refused"),
        ("cO", [asked("1", RunState.FAILED, unsure=True), made("0")], "1-not-sent", "unsure"),
        ("cO", [asked("1", RunState.SKIPPED, "closed"), made("0")], "1-not-sent", "refused"),
        (
            "cO",
            [asked("1", RunState.SKIPPED, "taken_back"), made("0")],
            "1-not-sent",
            "taken_back_once",
        ),
        ("cO", [asked("1", RunState.APPLIED), made("0")], "1-not-sent", "sent"),
        ("cO", [asked("1", RunState.APPLYING), made("0")], "1", "send"),  # the same run
    ],
)
def test_what_a_request_comes_to(row: str, earlier: list[Earlier], about: str, said: str) -> None:
    request = request_to_send(tagged(row), earlier, ours, NOW_ASKED)
    assert request is not None
    decision = request.decision
    found = decision.reasons[0].code if isinstance(decision, Skip) else decision.kind
    assert (request.about, found) == (about, said)
    assert request.answers == (None if isinstance(decision, Skip) else str(row.rindex("c")))


@pytest.mark.parametrize(
    ("earlier", "about", "said"),
    [
        # Written at 995, asked at 1000: the page may still show the draft before it.
        ([made("2", note="3", at=995.0), made("0", at=1.0)], "3-not-sent", "unread"),
        ([made("2", note="3", at=990.0), made("0", at=1.0)], "3", "send"),
        ([made("2", note="3", at=995.0)], "3", "send"),  # it can mean no other
        ([made("2", note="3", at=995.0), made("0", HANDED, at=1.0)], "3", "send"),
        ([made("2", note="3", at=995.0), made("0", SILENT, None, at=1.0)], "3", "send"),
    ],
)
def test_a_draft_that_has_just_taken_anothers_place_is_to_be_read_first(
    earlier: list[Earlier], about: str, said: str
) -> None:
    request = request_to_send(tagged("cOcO"), earlier, ours, NOW_ASKED)
    assert request is not None
    decision = request.decision
    found = decision.reasons[0].code if isinstance(decision, Skip) else decision.kind
    assert (request.about, found) == (about, said)


@pytest.mark.parametrize(
    ("row", "status"),
    [("cO", Status.CLOSED), ("cO", Status.GONE), ("", Status.OPEN), ("A", Status.OPEN)],
)
def test_where_nothing_can_be_written_nothing_is_made_of_it(row: str, status: Status) -> None:
    assert request_to_send(tagged(row, status), [made("0")], ours, NOW_ASKED) is None


@pytest.mark.parametrize(
    ("last", "waits"),
    [
        (None, False),
        (asked("1", RunState.APPLIED), False),
        (asked("1", RunState.SKIPPED, "superseded"), True),
        (asked("1", RunState.SKIPPED, "answered_meanwhile"), True),
        (asked("1", RunState.SKIPPED, "taken_back"), False),
        (asked("1", RunState.SKIPPED, "closed"), False),
        (asked("1", RunState.SKIPPED), False),
        (asked("1", RunState.FAILED), True),
        (asked("2", RunState.FAILED, decision=SILENT), False),  # a note that could not be written
    ],
)
def test_without_the_tag_only_a_word_that_is_owed_is_said(
    last: Earlier | None, waits: bool
) -> None:
    earlier = [*([last] if last else []), made("0")]
    assert (new_request(ticket_of("cOa"), earlier, ours, NOW_ASKED) is not None) is waits
    assert new_request(tagged("cOa"), earlier, ours, NOW_ASKED) is not None


def test_without_the_tag_nothing_is_sent() -> None:
    earlier = [asked("9", RunState.SKIPPED, "newer_draft"), made("0")]
    assert new_request(ticket_of("cO"), earlier, ours, NOW_ASKED) is None


@pytest.mark.parametrize(
    ("row", "tag", "begun", "code"),
    [
        ("cO", True, False, None),
        ("cO", True, True, None),
        ("cO", False, False, "taken_back"),
        ("cO", False, True, None),  # we may have taken it off ourselves
        ("cOc", True, True, "superseded"),
        ("cOa", False, True, "answered_meanwhile"),
    ],
)
def test_when_a_request_is_dropped(row: str, tag: bool, begun: bool, code: str | None) -> None:
    ticket = tagged(row) if tag else ticket_of(row)
    request = request_to_send(ticket, [made("0")], ours, NOW_ASKED)
    key = RunKey("h", "1", "1", Trigger.SEND)
    reason = reason_to_drop(key, request, ticket, begun=begun)
    assert (reason.code if reason else None) == code


def test_a_closed_ticket_drops_it() -> None:
    key = RunKey("h", "1", "1", Trigger.SEND)
    reason = reason_to_drop(key, None, tagged("cO", Status.CLOSED), begun=True)
    assert reason is not None
    assert reason.code == "closed"


def test_a_reply_is_what_was_offered_with_nothing_of_the_note() -> None:
    request = Request("1", "0", Send(make_draft("Hi Maya,\n\n**Open** it.")))
    change = render_request(request, tagged("cO"), frozenset(Feature), NOW)
    assert change.reply == "<p>Hi Maya,</p>\n<p><strong>Open</strong> it.</p>"
    assert change.note is None
    assert change.tags == {"understudy_reply"}
    assert change.untag == {SEND_TAG}
    assert (change.status, change.answers, change.release) == (Status.PENDING, "0", False)


def test_a_ticket_that_a_person_solved_stays_solved() -> None:
    request = Request("1", "0", Send(make_draft()))
    change = render_request(request, tagged("cO"), frozenset(Feature), NOW)
    assert leaving_solved(change, tagged("cO", Status.SOLVED)).status is None
    assert leaving_solved(change, tagged("cO")) == change


def test_what_was_sent_already_needs_no_note_only_the_tag_goes() -> None:
    request = request_to_send(tagged("cOo"), [made("0")], ours, NOW_ASKED)
    assert request is not None
    change = render_request(request, tagged("cOo"), frozenset(Feature), NOW)
    assert (change.note, change.reply) == (None, None)
    assert change.untag == {SEND_TAG}


ROWS = st.text(alphabet="cCaAoObs", max_size=8)


@given(ROWS, st.sets(st.integers(0, 7)))
def test_only_an_unanswered_message_with_its_own_draft_is_ever_sent(
    row: str, drafts: set[int]
) -> None:
    earlier = [made(str(place), note=f"n{place}") for place in sorted(drafts, reverse=True)]
    request = request_to_send(tagged(row), earlier, ours, NOW_ASKED)
    if request is None or isinstance(request.decision, Skip):
        return
    place = int(request.answers or "")
    assert row[place] == "c"
    assert place in drafts
    assert request.about == f"n{place}"
    assert not set(row[place + 1 :]) & set("cao")
