"""Who writes in: plan, importance, how long they have been customers, and the team's own fields."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.config import ConnectorConfig
from connectors.freshdesk import customers, wire
from connectors.types import Account
from tests.connectors.freshdesk.support import BASE, MAYA, fixture


def config(**settings: Any) -> ConnectorConfig:
    return ConnectorConfig(url=BASE, **settings)


class TestAccount:
    def account(self, **changes: object) -> Account:
        raw = wire.read(wire.Company, fixture("company") | changes)
        return customers.account_from_freshdesk(raw, config())

    def test_the_tier_is_the_plan_and_custom_fields_become_text(self) -> None:
        found = self.account()
        assert (found.name, found.plan) == ("Nordlicht", "Premium")
        assert found.fields["seats"] == "120"
        assert "empty" not in found.fields

    def test_tags_and_vip_come_from_custom_fields(self) -> None:
        found = self.account()
        assert found.tags == {"nordics", "beta", "vip"}
        assert found.vip

    @pytest.mark.parametrize(
        ("changes", "vip"),
        [
            ({"custom_fields": {}}, False),
            ({"custom_fields": {"vip": False}}, False),
            ({"custom_fields": {"cf_vip": "Yes"}}, True),
            ({"custom_fields": {}, "account_tier": "VIP"}, True),
            ({"custom_fields": None, "account_tier": None}, False),
        ],
    )
    def test_who_is_very_important(self, changes: dict[str, object], vip: bool) -> None:
        assert self.account(**changes).vip is vip

    def test_a_contacts_tags_are_the_requesters(self) -> None:
        contact = wire.read(wire.Contact, fixture("contact"))
        person = customers.person_from_freshdesk(contact, wire.Requester(), str(MAYA), config())
        assert person.tags == {"VIP", "vip"}

    def test_a_contact_that_cannot_be_read_leaves_what_the_ticket_tells(self) -> None:
        requester = wire.read(wire.Requester, fixture("ticket")["requester"])
        person = customers.person_from_freshdesk(wire.Contact(), requester, str(MAYA), config())
        assert (person.name, person.email) == ("Maya Lindqvist", "maya@customer.example")

    @pytest.mark.parametrize(("told", "proved"), [(True, True), (False, False), (None, False)])
    def test_only_a_contact_whom_freshdesk_verified_has_proved_who_they_are(
        self, told: bool | None, proved: bool
    ) -> None:
        contact = wire.read(wire.Contact, fixture("contact") | {"active": told})
        person = customers.person_from_freshdesk(contact, wire.Requester(), str(MAYA), config())
        assert person.verified is proved

    def test_a_tag_that_the_settings_name_makes_a_contact_important(self) -> None:
        contact = wire.read(wire.Contact, fixture("contact") | {"tags": ["Gold"]})
        for tag, vip in (("gold", True), ("vip", False)):
            who = customers.person_from_freshdesk(
                contact, wire.Requester(), str(MAYA), config(vip_tag=tag)
            )
            assert ("vip" in who.tags) is vip

    def test_a_tag_that_the_settings_name_makes_a_company_important(self) -> None:
        raw = wire.read(wire.Company, fixture("company") | {"custom_fields": {"tags": "a, Gold"}})
        assert customers.account_from_freshdesk(raw, config(vip_tag="gold")).vip
        assert not customers.account_from_freshdesk(raw, config()).vip

    @pytest.mark.parametrize("name", ["cf_plan", "plan", "Plan", " CF_PLAN "])
    def test_the_plan_is_in_the_field_that_the_settings_name(self, name: str) -> None:
        raw = wire.read(wire.Company, fixture("company") | {"custom_fields": {"cf_plan": "Gold"}})
        assert customers.account_from_freshdesk(raw, config(plan_field=name)).plan == "Gold"

    def test_where_that_field_is_empty_the_tier_is_the_plan(self) -> None:
        raw = wire.read(wire.Company, fixture("company") | {"custom_fields": {"cf_plan": None}})
        assert customers.account_from_freshdesk(raw, config(plan_field="cf_plan")).plan == "Premium"

    def test_a_customer_is_one_since_the_date_that_the_team_keeps_or_since_it_was_made(
        self,
    ) -> None:
        kept = self.account(custom_fields={"customer_since": "2023-04-01"})
        assert kept.since == datetime(2023, 4, 1, tzinfo=UTC)
        assert self.account().since == datetime(2026, 1, 1, 9, tzinfo=UTC)
        odd = self.account(custom_fields={"customer_since": "long"}, created_at=None)
        assert odd.since is None

    def test_a_date_of_renewal_is_a_field_like_any_other(self) -> None:
        found = self.account(renewal_date="2027-01-01T00:00:00Z")
        assert found.fields["renewal_date"] == "2027-01-01T00:00:00Z"

    def test_a_contacts_own_fields_and_age_are_known(self) -> None:
        raw = fixture("contact") | {"custom_fields": {"cf_role": "Admin", "beta": True, "x": None}}
        contact = wire.read(wire.Contact, raw)
        who = customers.person_from_freshdesk(contact, wire.Requester(), str(MAYA), config())
        assert who.fields == {"role": "Admin", "beta": "yes"}
        assert who.since == datetime(2026, 1, 1, 9, tzinfo=UTC)
