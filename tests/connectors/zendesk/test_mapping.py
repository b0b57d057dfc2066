"""Between Zendesk's records and our words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Rejected, VendorBroken
from connectors.marks import mark_note
from connectors.types import Change, Message, Priority, Role, Status, Ticket
from connectors.writing import unkept
from connectors.zendesk import mapping, wire
from tests.connectors.zendesk.support import BASE, KEY, fixture

MAYA, TOM, BOT = "361000000001", "361000000002", "361000000003"
TAGS = st.frozensets(st.text("abc_", min_size=1, max_size=4), max_size=6)


def ticket(**changes: Any) -> Ticket:
    body = fixture("ticket")
    body["ticket"] |= changes
    comments = fixture("comments_first")["comments"] + fixture("comments_last")["comments"]
    return mapping.ticket_from_zendesk(
        wire.read(wire.TicketAnswer, body),
        [wire.read(wire.Comment, comment) for comment in comments],
        users(),
        BASE,
    )


def users() -> dict[str, wire.User]:
    raw = fixture("comments_first")["users"] + fixture("comments_last")["users"]
    return wire.by_id(wire.read(wire.User, user) for user in raw)


def message(**changes: Any) -> Message:
    """Map the bot's note, changed."""
    comment = fixture("comments_last")["comments"][0] | changes
    return mapping.message_from_zendesk(wire.read(wire.Comment, comment), users(), MAYA)


class TestReading:
    def test_a_ticket_has_what_an_agent_sees(self) -> None:
        read = ticket()
        assert (read.id, read.subject, read.status) == ("5158", "Export all projects", Status.OPEN)
        assert read.priority is Priority.NORMAL
        assert read.tags == {"export", "vip_customer"}
        assert read.group == "Support"
        assert read.channel == "email"
        assert read.assignee_id is None
        assert read.url == "https://acme.zendesk.com/agent/tickets/5158"
        assert read.created_at == datetime(2026, 11, 20, 9, 58, tzinfo=UTC)

    def test_the_revision_is_the_stamp_exactly_as_zendesk_wrote_it(self) -> None:
        assert ticket(updated_at="2026-11-20T10:12:07Z").revision == "2026-11-20T10:12:07Z"

    def test_the_requester_and_the_organization_come_along(self) -> None:
        read = ticket()
        assert read.requester.id == MAYA
        assert read.requester.email == "maya@meridian.example"
        assert read.requester.tags == {"beta_tester"}
        assert read.account is not None
        assert (read.account.name, read.account.plan) == ("Meridian", "enterprise")
        assert read.account.vip
        assert read.account.fields == {"plan": "enterprise", "seats": "40"}

    def test_roles_follow_the_author_and_automation_is_told_apart(self) -> None:
        roles = [(m.author.role, m.public, m.automatic) for m in ticket().messages]
        assert roles == [
            (Role.CUSTOMER, True, False),
            (Role.SYSTEM, True, True),
            (Role.AGENT, False, False),
            (Role.AGENT, True, False),
        ]

    def test_messages_are_oldest_first_whatever_order_they_come_in(self) -> None:
        comments = fixture("comments_first")["comments"] + fixture("comments_last")["comments"]
        read = mapping.ticket_from_zendesk(
            wire.read(wire.TicketAnswer, fixture("ticket")),
            [wire.read(wire.Comment, comment) for comment in reversed(comments)],
            users(),
            BASE,
        )
        assert [m.id[-1] for m in read.messages] == ["1", "2", "3", "4"]

    def test_the_text_is_the_plain_body_and_files_are_named(self) -> None:
        first = ticket().messages[0]
        assert first.text == "How do I export all projects at once?"
        assert first.html.startswith('<div class="zd-comment"')
        assert [(f.name, f.content_type, f.size) for f in first.attachments] == [
            ("screen.png", "image/png", 20481)
        ]

    def test_an_admin_and_a_light_agent_are_agents_and_unknown_roles_are_not(self) -> None:
        roles = {
            role: mapping.person(wire.User(id="1", role=role)).role
            for role in ["admin", "agent", "end-user", "invented", None]
        }
        assert [name for name, role in roles.items() if role is Role.AGENT] == ["admin", "agent"]

    def test_an_author_that_was_deleted_is_not_taken_for_an_agent(self) -> None:
        assert message(author_id=5, public=True).author.role is Role.CUSTOMER
        assert message(author_id=5, public=False).author.role is Role.SYSTEM
        assert message(author_id=int(MAYA), public=False).author.role is Role.CUSTOMER

    @pytest.mark.parametrize(
        "changes",
        [
            {"author_id": -1},
            {"via": {"channel": "rule"}},
            {"via": {"channel": "system"}},
            {"plain_body": "Conversation with Maya Ortiz\n\nURL: https://acme.example"},
        ],
    )
    def test_what_nobody_typed_is_automatic(self, changes: dict[str, Any]) -> None:
        read = message(**changes)
        assert read.automatic
        assert read.author.role is Role.SYSTEM
        assert read.mark is None

    @pytest.mark.parametrize(
        ("name", "status"),
        [
            ("new", Status.NEW),
            ("SOLVED", Status.SOLVED),
            ("closed", Status.CLOSED),
            ("deleted", Status.GONE),
            ("ARCHIVED", Status.CLOSED),
        ],
    )
    def test_a_status_is_read_whatever_its_case(self, name: str, status: Status) -> None:
        assert ticket(status=name).status is status

    def test_a_status_that_does_not_exist_is_nonsense(self) -> None:
        with pytest.raises(VendorBroken, match="status"):
            ticket(status="zapped")

    @pytest.mark.parametrize("name", [None, "", "HIGH", "critical"])
    def test_a_priority_may_be_missing_or_in_capitals(self, name: str | None) -> None:
        expected = Priority.HIGH if name == "HIGH" else None
        assert ticket(priority=name).priority is expected

    def test_a_ticket_without_group_organization_or_tags_is_read(self) -> None:
        read = ticket(group_id=None, organization_id=None, tags=None, via=None, subject=None)
        assert (read.group, read.account, read.tags, read.channel) == (None, None, frozenset(), "")


class TestMarks:
    def test_our_note_is_known_by_its_metadata(self) -> None:
        assert message().mark == "0123456789abcdef"

    def test_our_note_is_known_by_its_reference_line_when_metadata_are_lost(self) -> None:
        text = mark_note("Draft", KEY)
        assert message(metadata={"system": {}}, plain_body=text).mark == KEY
        assert message(metadata={"custom": []}, plain_body=text).mark == KEY

    def test_a_reference_line_in_public_is_only_a_quotation(self) -> None:
        text = f"You wrote: Understudy ref {KEY}"
        assert message(metadata=None, plain_body=text, public=True).mark is None

    @pytest.mark.parametrize("public", [True, False])
    def test_a_customer_cannot_forge_a_mark(self, public: bool) -> None:
        read = message(
            author_id=int(MAYA),
            public=public,
            plain_body=f"Understudy ref {KEY}",
            metadata={"custom": {"understudy": KEY}},
        )
        assert read.mark is None

    def test_an_agents_own_message_bears_no_mark(self) -> None:
        assert ticket().messages[3].mark is None


class TestArticles:
    def test_drafts_and_restricted_articles_are_kept_but_not_public(self) -> None:
        page = wire.read(wire.ArticlesPage, fixture("articles"))
        read = [mapping.article_from_zendesk(a, {"361000000601": "Data"}) for a in page.articles]
        assert [(a.title, a.public) for a in read] == [
            ("Exporting your data", True),
            ("Refund rules for agents", False),
            ("Coming soon", False),
        ]
        assert read[0].section == "Data"
        assert read[0].labels == ("export",)
        assert read[0].locale == "en-us"

    def test_a_body_may_be_null(self) -> None:
        page = wire.read(wire.ArticlesPage, fixture("articles"))
        assert mapping.article_from_zendesk(page.articles[2], {}).html == ""

    @pytest.mark.parametrize(("segments", "public"), [([], True), ([7], False), (None, True)])
    def test_several_segments_restrict_too(self, segments: list[int] | None, public: bool) -> None:
        raw = fixture("articles")["articles"][0] | {"user_segment_ids": segments}
        assert mapping.article_from_zendesk(wire.read(wire.Article, raw), {}).public is public

    def test_a_translation_is_an_article_of_its_own(self) -> None:
        raw = fixture("articles")["articles"][0]
        there = mapping.article_from_zendesk(wire.read(wire.Article, raw | {"locale": "de"}), {})
        here = mapping.article_from_zendesk(wire.read(wire.Article, raw), {})
        assert there.id == f"{here.id}-de"


class TestWriting:
    def body(self, change: Change, **ticket_changes: Any) -> dict[str, Any]:
        return mapping.change_to_zendesk(ticket(**ticket_changes), change, KEY)

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
        body = mapping.change_to_zendesk(before, Change(note="x", tags=added), KEY)
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
        self.body(Change(reply="x" * mapping.LONGEST_BODY))
        with pytest.raises(Rejected, match="64 KiB"):
            self.body(Change(reply="é" * (mapping.LONGEST_BODY // 2 + 1)))

    def test_what_zendesk_silently_ignored_is_said(self) -> None:
        answered = wire.read(wire.Ticket, fixture("updated")["ticket"])
        asked = {"tags": ["export", "lost"], "priority": "urgent", "group_id": 361000000202}
        assert unkept("Zendesk", asked, answered) == [
            "Zendesk did not keep the tags lost",
            "Zendesk did not set priority to urgent",
        ]


class TestNonsense:
    @pytest.mark.parametrize(
        ("field", "value"),
        [("public", None), ("public", "yes"), ("id", None), ("created_at", "yesterday")],
    )
    def test_a_comment_that_makes_no_sense_is_the_vendors_fault(
        self, field: str, value: object
    ) -> None:
        with pytest.raises(VendorBroken, match=field):
            message(**{field: value})

    def test_the_error_does_not_repeat_what_customers_wrote(self) -> None:
        with pytest.raises(VendorBroken) as caught:
            message(public="a secret of the customer")
        assert "secret" not in str(caught.value)

    def test_a_stamp_that_is_no_time_is_the_vendors_fault(self) -> None:
        with pytest.raises(VendorBroken, match="updated_at"):
            ticket(updated_at="soon")
