"""Who somebody is, in the words that this team uses for it; and what a team's own fields tell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.intercom import wire
from connectors.intercom.people import People
from connectors.types import Status, Ticket
from tests.connectors.intercom.mapped import mapped, people
from tests.connectors.intercom.support import CONTACT, fixture

PAGE = "https://app.nordlicht.example/billing"


def known(**contact: Any) -> People:
    base = people()
    return People(wire.Contact(**(fixture("contact") | contact)), base.tags, base.companies)


def thread(**changes: Any) -> dict[str, Any]:
    return dict(fixture("conversation") | changes)


class TestAccount:
    @pytest.mark.parametrize(
        ("plan_field", "contact", "plan"),
        [
            ("", {}, "Business"),  # Intercom's own
            ("Tier", {}, "gold"),  # an attribute of the company, in any case
            ("seat", {}, "editor"),  # of the contact, where the company has none
            ("nothing", {}, "Business"),
        ],
    )
    def test_the_plan_is_what_the_team_says_it_is(
        self, plan_field: str, contact: dict[str, Any], plan: str
    ) -> None:
        account = mapped(thread(), known(**contact), plan_field=plan_field).account
        assert account is not None
        assert account.plan == plan

    @pytest.mark.parametrize(
        ("vip_tag", "company", "requester"), [("vip", True, False), ("Beta Tester", True, True)]
    )
    def test_a_very_important_one_is_told_by_the_teams_own_tag(
        self, vip_tag: str, company: bool, requester: bool
    ) -> None:
        ticket = mapped(thread(), known(), vip_tag=vip_tag)
        assert ticket.account is not None
        # A company that bears the tag vip itself is one, whatever else is called so.
        assert (ticket.account.vip, "vip" in ticket.requester.tags) == (company, requester)
        assert ticket.vip

    def test_since_when_somebody_is_a_customer(self) -> None:
        ticket = mapped(thread(), known(signed_up_at=1700000000))
        assert ticket.requester.since == datetime.fromtimestamp(1700000000, UTC)
        unsigned = mapped(thread(), known())
        assert unsigned.requester.since == datetime.fromtimestamp(1786169000, UTC)
        own = {"id": "1", "name": "New", "remote_created_at": None, "created_at": 1700000001}
        account = mapped(thread(company=own)).account
        assert account is not None
        assert account.since == datetime.fromtimestamp(1700000001, UTC)

    def test_a_contacts_attributes_are_told_as_text(self) -> None:
        given = {"seat": "editor", "seats": 3, "trial": False, "apps": ["ios", "web"], "x": None}
        ticket = mapped(thread(), known(custom_attributes=given))
        assert ticket.requester.fields == {
            "seat": "editor",
            "seats": "3",
            "trial": "false",
            "apps": "ios, web",
        }

    def test_who_was_merged_into_another_is_that_other_one(self) -> None:
        raw = thread()
        raw["source"]["author"] |= {"id": "6901f0aa11bb22cc33dd0000", "type": "lead"}
        ticket = mapped(raw)
        assert ticket.requester.id == CONTACT
        assert ticket.messages[0].author.role == "customer"


class TestFields:
    def test_fields_that_are_asked_for_are_shown_by_their_own_names(self) -> None:
        raw = thread(custom_attributes={"Urgency": "much", "Team": None, "Secret": "x"})
        ticket = mapped(raw, ticket_fields="urgency, team, missing")
        assert ticket.fields == {"Urgency": "much"}

    def test_a_tickets_fields_are_its_forms(self) -> None:
        raw = fixture("ticket")
        raw["ticket_attributes"]["Platforms"] = ["iOS", "Web"]
        assert mapped(raw, ticket_fields="Platforms").fields == {"Platforms": "iOS, Web"}
        turned = thread(ticket={"ticket_attributes": {"Severity": 2}})
        assert mapped(turned, ticket_fields="Severity").fields == {"Severity": "2"}

    def test_without_being_asked_for_nothing_is_shown(self) -> None:
        assert mapped(thread(custom_attributes={"Urgency": "much"})).fields == {}


class TestPage:
    @pytest.mark.parametrize(
        ("where", "page"),
        [
            ({"custom_attributes": {"Page": PAGE}}, PAGE),
            ({"custom_attributes": {"Page": "javascript:alert(1)"}}, ""),
            ({"custom_attributes": {"Page": "settings"}}, ""),
            ({"ticket": {"ticket_attributes": {"page": PAGE}}}, PAGE),
            ({}, ""),
        ],
    )
    def test_where_intercom_knows_no_page_an_attribute_may_tell_it(
        self, where: dict[str, Any], page: str
    ) -> None:
        raw = thread(first_contact_reply=None, **where)
        raw["source"]["url"] = ""
        assert mapped(raw, page_field="page").page_url == page
        assert mapped(raw).page_url == ""

    def test_the_messenger_fills_in_attributes_of_contacts(self) -> None:
        raw = thread(first_contact_reply=None)
        raw["source"]["url"] = None
        ticket = mapped(raw, known(custom_attributes={"page": PAGE}), page_field="page")
        assert ticket.page_url == PAGE

    def test_what_intercom_knows_goes_before_the_attribute(self) -> None:
        ticket = mapped(thread(custom_attributes={"page": PAGE}), page_field="page")
        assert ticket.page_url == "https://app.nordlicht.example/projects?tab=1"


class TestState:
    def test_a_teams_own_name_for_a_state_is_told(self) -> None:
        raw = fixture("ticket")
        raw["ticket_state"] |= {"internal_label": "With Dev Team"}
        ticket = mapped(raw)
        assert (ticket.status, ticket.status_name) == (Status.OPEN, "With Dev Team")
        turned = thread(ticket={"ticket_state": {"internal_label": "With Dev Team"}})
        assert mapped(turned).status_name == "With Dev Team"

    @pytest.mark.parametrize(
        "raw", [fixture("conversation"), fixture("ticket") | {"ticket_state": "in_progress"}]
    )
    def test_where_there_is_none_nothing_is_told(self, raw: dict[str, Any]) -> None:
        assert mapped(raw).status_name == ""


class TestRevision:
    @staticmethod
    def signed(signature: str) -> Ticket:
        raw = thread()
        url = f"https://downloads.intercomcdn.com/i/o/1/a.png?expires=1&signature={signature}"
        part = raw["conversation_parts"]["conversation_parts"][3]
        part["body"] = f'<p>See <img src="{url}"> <a href="{url}">it</a></p>'
        part["attachments"] = [{"name": "a.png", "url": url, "filesize": 1}]
        return mapped(raw)

    def test_addresses_that_are_signed_anew_are_no_change(self) -> None:
        # Else nothing with a picture in it would ever be written to.
        assert self.signed("a").revision == self.signed("b").revision

    def test_another_file_is_one(self) -> None:
        raw = thread()
        raw["conversation_parts"]["conversation_parts"][3]["body"] = "<p>See</p>"
        assert self.signed("a").revision != mapped(raw).revision
