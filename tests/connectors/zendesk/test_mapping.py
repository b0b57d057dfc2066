"""Tickets of Zendesk in our words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.errors import VendorBroken
from connectors.types import Priority, Role, Status
from connectors.zendesk.directory import Field
from tests.connectors.zendesk.reading import MAYA, REGION, SEATS, comments, read, ticket
from tests.connectors.zendesk.support import config, fixture


class TestReading:
    def test_a_ticket_has_what_an_agent_sees(self) -> None:
        found = ticket()
        assert (found.id, found.subject, found.status) == (
            "5158",
            "Export all projects",
            Status.OPEN,
        )
        assert found.priority is Priority.NORMAL
        assert found.tags == {"export", "vip_customer"}
        assert found.group == "Support"
        assert found.channel == "email"
        assert found.assignee_id is None
        assert found.url == "https://acme.zendesk.com/agent/tickets/5158"
        assert found.created_at == datetime(2026, 11, 20, 9, 58, tzinfo=UTC)

    def test_the_revision_is_the_stamp_exactly_as_zendesk_wrote_it(self) -> None:
        assert ticket(updated_at="2026-11-20T10:12:07Z").revision == "2026-11-20T10:12:07Z"

    def test_the_requester_and_the_organization_come_along(self) -> None:
        found = ticket()
        assert found.requester.id == MAYA
        assert found.requester.email == "maya@meridian.example"
        assert found.requester.tags == {"beta_tester"}
        assert found.account is not None
        assert (found.account.name, found.account.plan) == ("Meridian", "enterprise")
        assert found.account.vip
        assert found.account.fields == {"plan": "enterprise", "seats": "40"}

    def test_roles_follow_the_author_and_automation_is_told_apart(self) -> None:
        roles = [(m.author.role, m.public, m.automatic) for m in ticket().messages]
        assert roles == [
            (Role.CUSTOMER, True, False),
            (Role.SYSTEM, True, True),
            (Role.AGENT, False, False),
            (Role.AGENT, True, False),
        ]

    def test_messages_are_oldest_first_whatever_order_they_come_in(self) -> None:
        found = read(said=list(reversed(comments())))
        assert [m.id[-1] for m in found.messages] == ["1", "2", "3", "4"]

    def test_the_text_is_the_plain_body_and_files_are_named(self) -> None:
        first = ticket().messages[0]
        assert first.text == "How do I export all projects at once?"
        assert first.html.startswith('<div class="zd-comment"')
        assert [(f.name, f.content_type, f.size) for f in first.attachments] == [
            ("screen.png", "image/png", 20481)
        ]

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

    @pytest.mark.parametrize(
        ("status", "tags", "expected"),
        [
            ("closed", ["closed_by_merge"], Status.GONE),
            ("closed", ["merged"], Status.CLOSED),
            ("open", ["closed_by_merge"], Status.OPEN),  # a follow-up inherits the tags
            ("scrubbed", [], Status.GONE),
            ("deleted", [], Status.GONE),
        ],
    )
    def test_a_ticket_that_goes_on_in_another_is_gone(
        self, status: str, tags: list[str], expected: Status
    ) -> None:
        found = ticket(status=status, tags=tags)
        assert found.status is expected
        # Gone without having been deleted: what was learned from it stays.
        assert found.merged is (tags == ["closed_by_merge"] and status == "closed")

    def test_a_status_of_the_teams_own_is_named_and_its_category_is_the_status(self) -> None:
        body = fixture("ticket")
        body["ticket"] |= {"status": "pending", "custom_status_id": 35436}
        found = read(body, statuses={"35436": "Waiting for engineering"})
        assert (found.status, found.status_name) == (Status.PENDING, "Waiting for engineering")
        assert read(body).status_name == ""

    def test_a_ticket_without_group_organization_or_tags_is_read(self) -> None:
        found = ticket(group_id=None, organization_id=None, tags=None, via=None, subject=None)
        assert (found.group, found.account, found.tags, found.channel) == (
            None,
            None,
            frozenset(),
            "",
        )


class TestSettings:
    def test_the_plan_is_the_field_that_the_team_names(self) -> None:
        found = ticket(config(plan_field="seats")).account
        assert found is not None
        assert found.plan == "40"

    @pytest.mark.parametrize(("tag", "vip"), [("vip", True), ("BETA_tester", True), ("x", True)])
    def test_vip_is_who_bears_the_teams_tag(self, tag: str, vip: bool) -> None:
        # The fixtures' organization bears "vip" itself; its requester "beta_tester".
        found = ticket(config(vip_tag=tag))
        assert found.vip is vip
        assert ("vip" in found.requester.tags) is (tag == "BETA_tester")

    def test_people_and_organizations_say_since_when_they_are_known(self) -> None:
        found = ticket()
        assert found.account is not None
        assert found.account.since == found.requester.since == datetime(2024, 3, 1, 9, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("kept", "since"),
        [
            ("2019-04-01T00:00:00+00:00", datetime(2019, 4, 1, tzinfo=UTC)),
            ("long ago", datetime(2024, 3, 1, 9, tzinfo=UTC)),
        ],
    )
    def test_the_day_that_a_team_keeps_itself_goes_before_zendesks(
        self, kept: str, since: datetime
    ) -> None:
        body = fixture("ticket")
        body["organizations"][0]["organization_fields"]["customer_since"] = kept
        account = read(body).account
        assert account is not None
        assert account.since == since

    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            ("eu_west", "Europe (West)"),
            ("unknown", "unknown"),
            (["eu_west", "us"], "Europe (West), us"),
            (True, "yes"),
            (False, "no"),
            (4, "4"),
            (None, None),
            ("", None),
            ([], None),
        ],
    )
    def test_fields_are_shown_as_agents_see_them(self, value: object, shown: str | None) -> None:
        body = fixture("ticket")
        body["ticket"]["custom_fields"] = [{"id": int(REGION), "value": value}]
        fields = {REGION: Field(title="Region", options={"eu_west": "Europe (West)"})}
        settings = config(ticket_fields=f" {REGION}, {SEATS} ,")
        found = read(body, settings=settings, fields=fields).fields
        assert found == ({"Region": shown} if shown else {})

    def test_a_field_without_a_title_is_named_by_its_number(self) -> None:
        body = fixture("ticket")
        body["ticket"]["custom_fields"] = [{"id": int(SEATS), "value": "40"}]
        found = read(body, settings=config(ticket_fields=SEATS)).fields
        assert found == {f"Field {SEATS}": "40"}

    def test_no_field_is_shown_that_was_not_asked_for(self) -> None:
        assert ticket(custom_fields=[{"id": int(REGION), "value": "secret"}]).fields == {}


class TestPageUrl:
    def found(self, value: object, opening: str = "", **settings: str) -> str:
        body = fixture("ticket")
        body["ticket"]["custom_fields"] = [{"id": int(REGION), "value": value}]
        said = comments()
        if opening:
            said[0] |= {"public": False, "plain_body": opening}
        return read(body, said, config(**settings)).page_url

    @pytest.mark.parametrize("url", ["https://shop.example/a?b=1#c", "http://shop.example"])
    def test_the_page_is_the_field_that_the_team_names(self, url: str) -> None:
        assert self.found(url, page_field=REGION) == url
        assert self.found(url) == ""

    @pytest.mark.parametrize(
        "value",
        [
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://shop.example/",
            "//shop.example/",
            "/settings",
            "https://",
            "https://shop.example/ and more",
            'https://shop.example/"><script>',
            "https://shop.example/" + "a" * 2000,
            "https://[shop/",
            7,
            None,
            ["https://shop.example/"],
        ],
    )
    def test_only_the_address_of_a_page_is_taken_for_one(self, value: object) -> None:
        assert self.found(value, page_field=REGION) == ""

    def test_a_conversations_opening_tells_the_page(self) -> None:
        opening = "Conversation with Maya Ortiz\n\nURL: https://shop.example/settings?tab=2"
        assert self.found(None, opening) == "https://shop.example/settings?tab=2"
        assert self.found("https://a.example/", opening, page_field=REGION) == "https://a.example/"

    @pytest.mark.parametrize("url", ["None", "", "javascript:alert(1)"])
    def test_an_opening_without_a_page_tells_none(self, url: str) -> None:
        assert self.found(None, f"Conversation with wp native\n\nURL: {url}") == ""

    def test_what_a_customer_types_is_no_opening(self) -> None:
        said = comments()
        said[0]["plain_body"] = "Conversation with me\n\nURL: https://evil.example/"
        assert read(said=said).page_url == ""


class TestNonsense:
    @pytest.mark.parametrize(
        ("field", "value"),
        [("public", None), ("public", "yes"), ("id", None), ("created_at", "yesterday")],
    )
    def test_a_comment_that_makes_no_sense_is_the_vendors_fault(
        self, field: str, value: object
    ) -> None:
        with pytest.raises(VendorBroken, match=field):
            read(said=[comments()[2] | {field: value}])

    def test_the_error_does_not_repeat_what_customers_wrote(self) -> None:
        with pytest.raises(VendorBroken) as caught:
            read(said=[comments()[2] | {"public": "a secret of the customer"}])
        assert "secret" not in str(caught.value)

    def test_a_stamp_that_is_no_time_is_the_vendors_fault(self) -> None:
        with pytest.raises(VendorBroken, match="updated_at"):
            ticket(updated_at="soon")
