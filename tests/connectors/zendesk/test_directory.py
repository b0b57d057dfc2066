"""What belongs to the whole account: looked up seldom, and done without where it is withheld."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import responses

from connectors import errors
from connectors.config import read_config
from connectors.errors import Misconfigured
from connectors.shared import PrivateStore
from connectors.types import Attachment, Ticket
from connectors.zendesk import Zendesk, ZendeskConfig
from connectors.zendesk.directory import KEPT
from tests.connectors.zendesk.reading import REGION
from tests.connectors.zendesk.support import (
    API,
    BASE,
    ENVIRON,
    LATER,
    Clock,
    config,
    fixture,
)

STATUSES = f"{API}/custom_statuses"
FIELDS = f"{API}/ticket_fields"


class World:
    """A Zendesk whose ticket has a status and a field of the team's own."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.mock = mock
        self.clock = Clock()
        self.store = PrivateStore(lambda: self.clock().timestamp())
        body = fixture("ticket")
        region = {"id": int(REGION), "value": "eu_west"}
        body["ticket"] |= {"custom_status_id": 35436, "custom_fields": [region]}
        mock.get(f"{API}/tickets/5158", json=body, headers={"Date": LATER})
        mock.get(f"{API}/tickets/5158/comments", json={**fixture("comments_last"), "comments": []})

    def read(self, **settings: str) -> Ticket:
        """Read the ticket as a process of its own would."""
        named = {f"ZENDESK_{name.upper()}": value for name, value in settings.items()}
        read = read_config(ZendeskConfig, "zendesk", {**ENVIRON, **named})
        connector = Zendesk(read, self.store, sleep=self.clock.sleep, now=self.clock)
        return connector.ticket("5158")

    def calls(self, address: str) -> int:
        return sum((call.request.url or "").startswith(address) for call in self.mock.calls)


@pytest.fixture
def world(mock: responses.RequestsMock) -> World:
    return World(mock)


def serve_statuses(mock: responses.RequestsMock, label: str, *, default: bool) -> None:
    status = {"id": 35436, "agent_label": label, "status_category": "open", "default": default}
    mock.get(STATUSES, json={"custom_statuses": [status]})


class TestStatuses:
    @pytest.mark.parametrize(
        ("label", "default", "name"),
        [
            ("Waiting for engineering", False, "Waiting for engineering"),
            ("Open", False, "Open"),
            ("Open", True, ""),
            ("On-hold", True, ""),
            ("In Arbeit", True, "In Arbeit"),
        ],
    )
    def test_a_status_has_the_teams_own_name(
        self, world: World, label: str, default: bool, name: str
    ) -> None:
        serve_statuses(world.mock, label, default=default)
        assert world.read().status_name == name

    @pytest.mark.parametrize("status", [401, 403, 404])
    def test_without_the_right_to_read_them_there_is_no_name(
        self, world: World, status: int
    ) -> None:
        world.mock.get(STATUSES, status=status, json={"error": "x"})
        assert world.read().status_name == ""
        world.read()
        assert world.calls(STATUSES) <= 2  # one of them with a new token

    @pytest.mark.parametrize("body", [{"custom_statuses": [{"id": None}]}, {}, {"x": 1}])
    def test_nonsense_about_them_stops_no_ticket(self, world: World, body: dict[str, Any]) -> None:
        world.mock.get(STATUSES, json=body)
        assert world.read().status_name == ""
        world.read()
        assert world.calls(STATUSES) == 1

    def test_they_are_read_once_for_all_processes_and_again_after_a_while(
        self, world: World
    ) -> None:
        serve_statuses(world.mock, "Waiting", default=False)
        for _ in range(3):
            assert world.read().status_name == "Waiting"
        assert world.calls(STATUSES) == 1
        world.clock.sleep(KEPT)
        world.read()
        assert world.calls(STATUSES) == 2

    def test_a_failure_is_not_kept(self, world: World) -> None:
        world.mock.get(STATUSES, status=429, headers={"Retry-After": "60"})
        with pytest.raises(errors.RateLimited):
            world.read()
        world.clock.sleep(60)
        world.mock.remove("GET", STATUSES)
        serve_statuses(world.mock, "Waiting", default=False)
        assert world.read().status_name == "Waiting"

    def test_what_another_version_left_is_read_anew(self, world: World) -> None:
        serve_statuses(world.mock, "Waiting", default=False)
        world.read()
        for name in list(world.store._kept):
            world.store.put(name, "[1]", 60)
        assert world.read().status_name == "Waiting"

    def test_a_ticket_without_one_costs_no_call(self, mock: responses.RequestsMock) -> None:
        mock.get(f"{API}/tickets/5158", json=fixture("ticket"), headers={"Date": LATER})
        body = {**fixture("comments_last"), "comments": []}
        mock.get(f"{API}/tickets/5158/comments", json=body)
        Zendesk(config(), sleep=Clock().sleep, now=Clock()).ticket("5158")
        assert not any("custom_statuses" in (call.request.url or "") for call in mock.calls)


class TestFields:
    def test_fields_have_the_titles_and_choices_that_agents_see(self, world: World) -> None:
        serve_statuses(world.mock, "Open", default=True)
        options = [{"id": 1, "name": "Europe (West)", "value": "eu_west"}]
        region = {"id": int(REGION), "type": "tagger", "title": "Region"}
        listed = [{**region, "custom_field_options": options}, {"id": 7, "title": "Subject"}]
        world.mock.get(FIELDS, json={"ticket_fields": listed, "meta": {"has_more": False}})
        for _ in range(2):
            assert world.read(ticket_fields=REGION).fields == {"Region": "Europe (West)"}
        assert world.calls(FIELDS) == 1

    def test_none_are_read_where_none_are_shown(self, world: World) -> None:
        serve_statuses(world.mock, "Open", default=True)
        assert world.read().fields == {}
        assert world.calls(FIELDS) == 0

    def test_without_the_right_to_read_them_numbers_stand_for_titles(self, world: World) -> None:
        serve_statuses(world.mock, "Open", default=True)
        world.mock.get(FIELDS, status=403, json={"error": "x"})
        assert world.read(ticket_fields=REGION).fields == {f"Field {REGION}": "eu_west"}


class TestSettings:
    @pytest.mark.parametrize(
        ("settings", "told"),
        [
            ({"page_field": "page_url"}, "PAGE_FIELD: must be a ticket field's number"),
            ({"page_field": "12,13"}, "PAGE_FIELD: must be a ticket field's number"),
            ({"ticket_fields": "12, region"}, "TICKET_FIELDS: 'region': each must be a ticket"),
            ({"plan_field": "the plan"}, "PLAN_FIELD: must be the key of an organization field"),
            ({"plan_field": "organization_fields.plan"}, "PLAN_FIELD: must be the key"),
            ({"headroom": "2"}, "HEADROOM: "),
        ],
    )
    def test_a_wrong_setting_is_told_in_a_sentence(
        self, settings: dict[str, str], told: str
    ) -> None:
        with pytest.raises(Misconfigured) as caught:
            config(**settings)
        [fault] = caught.value.faults
        assert fault.startswith(f"ZENDESK_{told}")

    def test_right_ones_are_taken(self) -> None:
        read = config(page_field="12", ticket_fields="12, 13,", plan_field="the_plan")
        assert (read.page_field, read.shown_fields) == ("12", ("12", "13"))


class TestFiles:
    def test_a_file_is_read_at_home_with_our_credentials_and_elsewhere_without(
        self, mock: responses.RequestsMock
    ) -> None:
        mine = f"{BASE}/attachments/token/abc/?name=error.log"
        kept = "https://p18.zdusercontent.com/attachment/1/error.log?token=signed"
        mock.get(mine, status=302, headers={"Location": kept})
        mock.get(kept, body="Error 42")
        file = Attachment("error.log", "text/plain", 8, url=mine)
        assert Zendesk(config()).file_text(file, 100) == "Error 42"
        sent = {
            urlsplit(call.request.url or "").netloc: call.request.headers.get("Authorization")
            for call in mock.calls
        }
        assert sent["acme.zendesk.com"] == "Bearer " + fixture("token")["access_token"]
        assert sent["p18.zdusercontent.com"] is None
