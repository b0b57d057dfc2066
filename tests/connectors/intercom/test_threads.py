"""From a conversation or a ticket to our words: with whom, about what, where it stands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.intercom import mapping, wire
from connectors.intercom.people import People
from connectors.types import Priority, Role, Status
from tests.connectors.intercom.mapped import conversation, mapped, people
from tests.connectors.intercom.support import CONTACT, CONVERSATION, STARTED, TICKET, fixture


class TestThread:
    def test_a_conversation_is_a_ticket(self) -> None:
        ticket = mapped(fixture("conversation"), people())
        assert ticket.id == CONVERSATION
        assert ticket.subject == "Exporting projects"
        assert ticket.status is Status.OPEN
        assert ticket.tags == {"export"}
        assert ticket.group == "Support"
        assert ticket.assignee_id is None
        assert ticket.channel == "chat"
        assert ticket.page_url == "https://app.nordlicht.example/projects?tab=1"
        assert ticket.created_at == datetime.fromtimestamp(STARTED, UTC)
        assert ticket.updated_at == datetime.fromtimestamp(STARTED + 600, UTC)
        assert not ticket.history_cut

    def test_the_requester_is_the_contact_with_tags_and_company(self) -> None:
        ticket = mapped(fixture("conversation"), people())
        assert (ticket.requester.id, ticket.requester.name) == (CONTACT, "Maya Lindqvist")
        assert ticket.requester.tags == {"beta tester"}
        account = ticket.account
        assert account is not None
        assert (account.name, account.plan, account.vip) == ("Nordlicht", "Business", True)
        assert account.fields == {
            "monthly_spend": "900",
            "size": "40",
            "industry": "Design",
            "tier": "gold",
            "seats": "12",
            "trial": "false",
        }
        assert account.since == datetime(2023, 4, 1, tzinfo=UTC)

    def test_the_company_of_the_conversation_goes_before_those_of_the_contact(self) -> None:
        own = {"type": "company", "id": "c2", "name": "Other", "plan": {}}
        ticket = mapped(fixture("conversation") | {"company": own}, people())
        assert ticket.account is not None
        assert (ticket.account.name, ticket.account.plan) == ("Other", "")

    def test_of_several_companies_the_very_important_one_speaks(self) -> None:
        plain, vip = wire.Company(id="1", name="Plain"), people().companies[0]
        ticket = mapped(fixture("conversation"), People(companies=(plain, vip)))
        assert ticket.account is not None
        assert ticket.account.name == "Nordlicht"

    def test_a_lead_without_name_and_address_is_somebody_all_the_same(self) -> None:
        raw = fixture("conversation")
        raw["source"]["author"] = {"type": "lead", "id": CONTACT, "name": None, "email": ""}
        ticket = mapped(raw)
        assert (ticket.requester.id, ticket.requester.name, ticket.requester.email) == (
            CONTACT,
            "",
            "",
        )
        assert ticket.messages[0].author.role is Role.CUSTOMER

    def test_in_a_group_the_one_who_began_is_the_requester(self) -> None:
        raw = fixture("conversation")
        raw["contacts"]["contacts"].insert(0, {"type": "contact", "id": "other"})
        assert mapped(raw).requester.id == CONTACT

    @pytest.mark.parametrize("nobody", [None, 0, "0", ""])
    def test_nobody_is_assigned_however_that_is_said(self, nobody: object) -> None:
        ticket = conversation(admin_assignee_id=nobody, team_assignee_id=nobody)
        assert (ticket.assignee_id, ticket.group) == (None, None)

    @pytest.mark.parametrize("id_", [5002, "5002"])
    def test_ids_are_numbers_or_text(self, id_: object) -> None:
        ticket = conversation(id=int(CONVERSATION), team_assignee_id=id_, admin_assignee_id=7002)
        assert (ticket.id, ticket.group, ticket.assignee_id) == (CONVERSATION, "Billing", "7002")

    @pytest.mark.parametrize(
        ("said", "priority"),
        [
            ("not_priority", None),
            ("priority", Priority.HIGH),
            ("none", None),
            ("low", Priority.LOW),
            ("medium", Priority.NORMAL),
            ("high", Priority.HIGH),
            ("urgent", Priority.URGENT),
            ("whatever comes", None),
            (None, None),
        ],
    )
    def test_priorities_of_both_versions_are_understood(
        self, said: str | None, priority: Priority | None
    ) -> None:
        assert conversation(priority=said).priority is priority

    @pytest.mark.parametrize(
        ("state", "status"),
        [("open", Status.OPEN), ("snoozed", Status.HOLD), ("closed", Status.SOLVED)],
    )
    def test_where_it_stands(self, state: str, status: Status) -> None:
        ticket = conversation(state=state)
        assert ticket.status is status
        assert ticket.writable

    def test_a_state_that_we_do_not_know_can_be_written_to(self) -> None:
        assert conversation(state="parked", open=True).status is Status.OPEN
        assert conversation(state=None, open=False).status is Status.SOLVED

    @pytest.mark.parametrize(
        ("kind", "channel"),
        [
            ("conversation", "chat"),
            ("email", "email"),
            ("instagram", "messaging"),
            ("whatsapp", "whatsapp"),
            ("sms", "sms"),
            ("push", "push"),
            (None, ""),
        ],
    )
    def test_the_channel_is_what_it_came_in_by(self, kind: str | None, channel: str) -> None:
        raw = fixture("conversation")
        raw["source"]["type"] = kind
        assert mapped(raw).channel == channel

    def test_from_2_16_the_channel_is_the_one_that_it_goes_on_in(self) -> None:
        assert conversation(channel={"initial": "messenger", "current": "email"}).channel == "email"
        assert conversation(channel={"initial": "email", "current": "messenger"}).channel == "chat"

    @pytest.mark.parametrize(
        ("subject", "title", "shown"),
        [
            ("<p>Export &amp; import</p>", "A title", "Export & import"),
            ("", "A title", "A title"),
            ("", "", ""),
            (None, None, ""),
        ],
    )
    def test_a_subject_is_plain_text(
        self, subject: str | None, title: str | None, shown: str
    ) -> None:
        raw = fixture("conversation") | {"title": title}
        raw["source"]["subject"] = subject
        assert mapped(raw).subject == shown

    @pytest.mark.parametrize("url", ["", None, "javascript:alert(1)"])
    def test_the_page_is_also_told_by_the_first_reply_and_is_a_web_address(
        self, url: str | None
    ) -> None:
        raw = fixture("conversation")
        raw["source"]["url"] = url
        assert mapped(raw).page_url == raw["first_contact_reply"]["url"]
        raw["first_contact_reply"] = None
        assert mapped(raw).page_url == ""

    def test_what_is_missing_of_a_long_thread_is_said(self) -> None:
        raw = fixture("conversation")
        parts = raw["conversation_parts"]
        parts["total_count"] = len(parts["conversation_parts"]) + 1
        assert mapped(raw).history_cut
        many = [parts["conversation_parts"][2] | {"id": str(n)} for n in range(500)]
        ticket = conversation(conversation_parts={"conversation_parts": many, "total_count": 500})
        assert ticket.history_cut
        assert ticket.messages[0].text == "How do I export my projects?"


class TestRevision:
    @pytest.mark.parametrize(
        "change",
        [
            {"updated_at": STARTED + 601},
            {"state": "closed"},
            {"tags": {"tags": [{"id": "9", "name": "new"}]}},
            {"team_assignee_id": 5002},
            {"admin_assignee_id": 7002},
            {"priority": "priority"},
            {"title": "Another"},
            {"snoozed_until": STARTED + 9000},
        ],
    )
    def test_whatever_changes_shows_in_it(self, change: dict[str, Any]) -> None:
        assert conversation(**change).revision != conversation().revision

    def test_a_new_or_a_redacted_part_shows_in_it(self) -> None:
        raw = fixture("conversation")
        before = mapped(raw).revision
        raw["conversation_parts"]["conversation_parts"][-1]["redacted"] = True
        redacted = mapped(raw).revision
        raw["conversation_parts"]["conversation_parts"].pop()
        assert len({before, redacted, mapped(raw).revision}) == 3

    def test_what_nobody_changed_is_the_same(self) -> None:
        raw = fixture("conversation")
        raw["conversation_parts"]["conversation_parts"][2]["attachments"][0]["url"] = "signed-anew"
        assert mapped(raw, people()).revision == conversation().revision

    def test_it_tells_where_a_thread_is_written(self) -> None:
        assert mapping.path_of(conversation()) == "conversations"
        assert mapping.path_of(mapped(fixture("ticket"))) == "tickets"
        assert not mapped(fixture("ticket")).tags_shown
        assert conversation().tags_shown


class TestTickets:
    def test_a_ticket_begins_with_what_its_form_says(self) -> None:
        ticket = mapped(fixture("ticket"), people())
        assert (ticket.id, ticket.subject) == (TICKET, "Refund for May")
        assert [(m.id, m.author.role) for m in ticket.messages] == [
            ("description", Role.CUSTOMER),
            ("9102", Role.AGENT),
            ("9103", Role.CUSTOMER),
        ]
        assert ticket.messages[0].text == "I was charged twice in May."
        assert (ticket.assignee_id, ticket.group) == (None, None)
        assert ticket.channel == "chat"

    @pytest.mark.parametrize(
        ("change", "status"),
        [
            ({"ticket_state": {"category": "submitted"}}, Status.NEW),
            ({"ticket_state": {"category": "in_progress"}}, Status.OPEN),
            ({"ticket_state": {"category": "waiting_on_customer"}}, Status.PENDING),
            ({"ticket_state": {"category": "resolved"}}, Status.SOLVED),
            ({"ticket_state": "resolved"}, Status.SOLVED),  # as before 2.12
            ({"ticket_state": {"category": "of the team's own"}}, Status.OPEN),
            ({"ticket_state": None}, Status.OPEN),
            ({"open": False}, Status.SOLVED),
            ({"snoozed_until": STARTED + 5}, Status.HOLD),
        ],
    )
    def test_where_a_ticket_stands(self, change: dict[str, Any], status: Status) -> None:
        assert mapped(fixture("ticket") | change).status is status

    def test_a_conversation_that_was_turned_into_one_keeps_its_first_message(self) -> None:
        attributes = {"_default_title_": "Title", "_default_description_": "Summed up by a bot"}
        raw = fixture("conversation") | {"ticket": {"ticket_attributes": attributes}}
        assert mapped(raw).messages[0].text == "How do I export my projects?"
        raw["source"]["body"] = ""
        raw["title"] = ""
        ticket = mapped(raw)
        assert (ticket.subject, ticket.messages[0].text) == ("Title", "Summed up by a bot")
