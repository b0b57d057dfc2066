"""Our changes as updates: always guarded, never public by accident, and never a placeholder."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Rejected
from connectors.marks import mark_note
from connectors.types import OWN_TAG, Change, Priority, Status
from connectors.writing import unkept
from connectors.zendesk import placeholders, updates, wire
from tests.connectors.zendesk.reading import BOT, TOM, message, ticket
from tests.connectors.zendesk.support import KEY, fixture

TAGS = st.frozensets(st.text("abc_", min_size=1, max_size=4), max_size=6)


class TestWriting:
    def body(self, change: Change, **ticket_changes: Any) -> dict[str, Any]:
        return updates.change_to_zendesk(ticket(**ticket_changes), change, KEY)

    @pytest.mark.parametrize(
        ("change", "public"), [(Change(note="x"), False), (Change(reply="x"), True)]
    )
    def test_who_may_read_a_comment_is_always_said(self, change: Change, public: bool) -> None:
        assert self.body(change)["comment"]["public"] is public

    def test_every_write_is_guarded_by_the_stamp_as_it_came(self) -> None:
        for change in [Change(note="x"), Change(tags=frozenset({"t"}))]:
            body = self.body(change)
            assert body["safe_update"] is True
            assert body["updated_stamp"] == "2026-11-20T10:12:07Z"

    def test_a_note_bears_the_key_visibly_and_in_metadata(self) -> None:
        body = self.body(Change(note="<p>Draft</p>"))
        assert body["comment"]["html_body"] == mark_note("<p>Draft</p>", KEY)
        assert body["metadata"] == {"understudy": KEY, "understudy_part": "note"}

    def test_a_reply_bears_the_key_invisibly_only(self) -> None:
        body = self.body(Change(reply="<p>Hi</p>"))
        assert body["comment"] == {"html_body": "<p>Hi</p>", "public": True}
        assert body["metadata"] == {"understudy": KEY, "understudy_part": "reply"}

    @given(TAGS, TAGS)
    def test_tags_are_added_and_none_is_ever_taken_away(
        self, present: frozenset[str], added: frozenset[str]
    ) -> None:
        before = replace(ticket(), tags=present)
        body = updates.change_to_zendesk(before, Change(note="x", tags=added), KEY)
        after = frozenset(body["tags"]) if "tags" in body else present
        assert after == present | added

    @pytest.mark.parametrize(
        ("present", "asked", "sent"),
        [
            (None, Priority.LOW, "low"),
            ("low", Priority.HIGH, "high"),
            ("high", Priority.HIGH, None),
            ("urgent", Priority.NORMAL, None),
            ("normal", None, None),
        ],
    )
    def test_priority_is_raised_and_never_lowered(
        self, present: str | None, asked: Priority | None, sent: str | None
    ) -> None:
        body = self.body(Change(note="x", priority=asked), priority=present)
        assert body.get("priority") == sent

    @pytest.mark.parametrize("status", [Status.CLOSED, Status.NEW, Status.GONE])
    def test_a_status_that_zendesk_would_not_take_is_refused_at_once(self, status: Status) -> None:
        with pytest.raises(Rejected, match="status"):
            self.body(Change(reply="x", status=status))

    def test_a_status_is_set_with_the_message(self) -> None:
        assert self.body(Change(reply="x", status=Status.PENDING))["status"] == "pending"
        assert "status" not in self.body(Change(reply="x", status=Status.OPEN))

    def test_a_text_that_zendesk_would_cut_is_refused(self) -> None:
        self.body(Change(reply="x" * updates.LONGEST_BODY))
        with pytest.raises(Rejected, match="64 KiB"):
            self.body(Change(reply="é" * (updates.LONGEST_BODY // 2 + 1)))

    def test_what_zendesk_silently_ignored_is_said(self) -> None:
        answered = wire.read(wire.Ticket, fixture("updated")["ticket"])
        asked = {"tags": ["export", "lost"], "priority": "urgent", "group_id": 361000000202}
        assert unkept("Zendesk", asked, answered) == [
            "Zendesk did not keep the tags lost",
            "Zendesk did not set priority to urgent",
        ]


class TestHandingOver:
    def body(self, change: Change, bot_id: str = BOT, **changes: Any) -> dict[str, Any]:
        return updates.change_to_zendesk(ticket(**changes), change, KEY, None, bot_id)

    def test_the_bot_lets_go_of_what_it_holds_itself(self) -> None:
        release = Change(note="x", release=True)
        assert self.body(release, assignee_id=int(BOT))["assignee_id"] is None

    @pytest.mark.parametrize(
        ("assignee", "bot_id", "release"),
        [(int(TOM), BOT, True), (None, BOT, True), (int(BOT), BOT, False), (int(BOT), "", True)],
    )
    def test_nobody_else_loses_a_ticket(
        self, assignee: int | None, bot_id: str, release: bool
    ) -> None:
        change = Change(note="x", release=release)
        assert "assignee_id" not in self.body(change, bot_id, assignee_id=assignee)

    @given(TAGS, TAGS, TAGS)
    def test_only_our_own_tags_are_taken_away(
        self, present: frozenset[str], ours: frozenset[str], added: frozenset[str]
    ) -> None:
        untag = frozenset(OWN_TAG + tag for tag in ours)
        before = replace(ticket(), tags=present | untag)
        change = Change(note="x", untag=untag, tags=added)
        body = updates.change_to_zendesk(before, change, KEY)
        after = frozenset(body.get("tags", before.tags))
        assert after == present | added

    def test_a_tag_of_ours_that_is_not_there_changes_nothing(self) -> None:
        assert "tags" not in self.body(Change(note="x", untag=frozenset({"understudy_send"})))


class TestPlaceholders:
    @pytest.mark.parametrize(
        "text",
        ["{{ticket.requester.email}}", "{{dc.footer}}", "{% if x %}", "{{{{x}}}}", "{{{%{{"],
    )
    def test_what_a_customer_wrote_never_becomes_a_placeholder(self, text: str) -> None:
        for change in (Change(note=text), Change(reply=text)):
            html = updates.change_to_zendesk(ticket(), change, KEY)["comment"]["html_body"]
            assert "{{" not in html
            assert "{%" not in html
            assert html.replace("\u2060", "").startswith(text)

    def test_single_braces_are_left_alone(self) -> None:
        assert placeholders.broken('{"a": {"b": 1}} {x}') == '{"a": {"b": 1}} {x}'

    @given(st.text(alphabet="{}%a \u2060", max_size=12))
    def test_what_we_wrote_reads_as_it_was(self, text: str) -> None:
        text = text.replace("\u2060", "")
        assert placeholders.whole(placeholders.broken(text)) == text
        found = message(plain_body=placeholders.broken(f"x{text}x"), metadata=None)
        assert found.text == f"x{text}x"


ALL = {
    "comment": {},
    "status": "open",
    "priority": "high",
    "group_id": 7,
    "assignee_id": None,
    "tags": ["a"],
    "metadata": {},
}


class TestRefusals:
    @pytest.mark.parametrize(
        ("refused", "dropped"),
        [
            ({"status": "Status: is invalid"}, ["status"]),
            ({"custom_status_id": "x"}, ["status"]),
            ({"group": "Gruppe: ist ungueltig"}, ["group_id"]),
            ({"assignee": "x", "priority": "y"}, ["priority", "assignee_id"]),
            ({"base": "Region: \u00e9 necess\u00e1rio para resolver um ticket"}, ["status"]),
            ({"base": "x", "group": "y"}, ["status", "group_id"]),
            ({"something_new": "x"}, list(updates.ROUTING)),
        ],
    )
    def test_exactly_what_was_refused_is_left_out(
        self, refused: dict[str, str], dropped: list[str]
    ) -> None:
        left, gone = updates.without_refused(ALL, refused)
        assert gone == dropped
        assert set(left) == set(ALL) - set(dropped)

    def test_a_message_and_its_guard_are_never_left_out(self) -> None:
        left, _ = updates.without_refused(ALL, {"comment": "x", "metadata": "y"}, everything=True)
        assert set(left) == {"comment", "metadata"}

    def test_where_no_status_was_asked_a_refusal_of_the_whole_costs_all_routing(self) -> None:
        asked = {"comment": {}, "group_id": 7, "tags": []}
        assert updates.without_refused(asked, {"base": "x"})[1] == ["group_id", "tags"]

    @pytest.mark.parametrize(
        ("update", "refused", "closed"),
        [
            ({}, {"status": "Status: closed prevents ticket update"}, True),
            ({"status": "open"}, {"status": "Status: closed prevents ticket update"}, True),
            ({}, {"status": "Status: geschlossen"}, True),
            ({"status": "open"}, {"status": "Status: geschlossen"}, False),
            ({}, {"group": "Group: is invalid"}, False),
        ],
    )
    def test_a_closed_ticket_is_told_from_a_status_that_is_not_taken(
        self, update: dict[str, str], refused: dict[str, str], closed: bool
    ) -> None:
        assert updates.is_closed(update, refused) is closed

    def test_what_an_answer_does_not_show_is_said(self) -> None:
        answered = wire.read(
            wire.Ticket,
            fixture("updated")["ticket"] | {"assignee_id": 7, "tags": ["a", "understudy_send"]},
        )
        asked = {"assignee_id": None, "tags": ["a"]}
        assert updates.not_kept(asked, answered) == [
            "Zendesk did not take the ticket from the bot",
            "Zendesk did not take away the tags understudy_send",
        ]
        assert updates.not_kept({}, answered) == []
