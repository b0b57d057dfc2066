"""Freshdesk's reading API: tickets, conversations, people, the help centre."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connectors.sandbox.conftest import AGENT
from tests.connectors.sandbox.freshdesk import (
    KEY,
    FreshdeskMaker,
    FreshdeskWorld,
    basic,
    makers,
    still_account,
)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[FreshdeskMaker]:
    yield from makers(tmp_path)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreshdeskWorld]:
    yield from still_account(tmp_path_factory.mktemp("freshdesk"))


@pytest.fixture
def world(make: FreshdeskMaker) -> FreshdeskWorld:
    return make()


# Tickets


def test_the_first_message_is_the_description_and_no_conversation(world: FreshdeskWorld) -> None:
    number = world.open_ticket(page_url="https://example.com/pricing")
    world.say(number, "agent", "Like this.")
    shown = world.get(f"/tickets/{number}", include="conversations,requester,company")
    assert shown["description_text"] == "Hello,\n\nhow do I export?"
    assert [each["body_text"] for each in shown["conversations"]] == ["Like this."]
    assert shown["requester"]["email"] == "maya@example.com"
    assert shown["company"]["name"] == "Nordlicht"
    assert shown["custom_fields"]["cf_page_url"] == "https://example.com/pricing"
    assert "deleted" not in shown
    assert shown["requester_id"] > 2**32


def test_a_web_chat_repeats_the_description(world: FreshdeskWorld) -> None:
    number = world.open_ticket(channel="chat")
    shown = world.get(f"/tickets/{number}")
    (repeated,) = world.get(f"/tickets/{number}/conversations")
    assert shown["source"] == 15
    assert repeated["incoming"] is True
    pieces = repeated["structured_body"]["body_contents"]
    assert pieces[0]["data"]["content"] == shown["description_text"]


@pytest.mark.parametrize(
    ("status", "code"),
    [("open", 2), ("pending", 3), ("solved", 4), ("closed", 5), ("hold", 7)],
)
def test_statuses_are_codes_that_the_ticket_fields_name(
    world: FreshdeskWorld, status: str, code: int
) -> None:
    number = world.open_ticket()
    assert world.get(f"/tickets/{number}")["status"] == 2
    world.control("POST", f"/tickets/{number}/status", {"status": status})
    assert world.get(f"/tickets/{number}")["status"] == code
    (field,) = world.get("/ticket_fields", type="default_status")
    assert len(field["choices"][str(code)]) == 2


def test_a_deleted_ticket_is_still_shown_but_listed_in_its_own_view_only(
    world: FreshdeskWorld,
) -> None:
    number = world.open_ticket()
    world.control("POST", f"/tickets/{number}/status", {"status": "deleted"})
    assert world.get(f"/tickets/{number}")["deleted"] is True
    assert world.get("/tickets") == []
    assert [each["id"] for each in world.get("/tickets", filter="deleted")] == [number]


def test_spam_is_listed_in_its_own_view_only(world: FreshdeskWorld) -> None:
    number = world.open_ticket()
    desk = world.sandbox.desk
    world.control("POST", f"/tickets/{number}/spam", {"spam": True})
    assert desk.ticket(number) is not None
    assert world.get(f"/tickets/{number}")["spam"] is True
    assert world.get("/tickets", updated_since="2026-01-01") == []
    assert [each["id"] for each in world.get("/tickets", filter="spam")] == [number]


def test_ten_conversations_are_embedded_and_the_rest_comes_page_by_page(
    world: FreshdeskWorld,
) -> None:
    number = world.open_ticket()
    said = [world.say(number, "customer", f"line {count}") for count in range(12)]
    shown = world.get(f"/tickets/{number}", include="conversations")
    assert [each["id"] for each in shown["conversations"]] == said[:10]
    path = f"/tickets/{number}/conversations"
    first = world.call("GET", path, per_page=7)
    assert [each["id"] for each in first.get_json()] == said[:7]
    url = first.headers["Link"].removeprefix("<").removesuffix('>; rel="next"')
    rest = world.client.get(url, headers={"Authorization": basic(KEY), **AGENT})
    assert [each["id"] for each in rest.get_json()] == said[7:]
    assert "Link" not in rest.headers


@pytest.mark.parametrize(
    ("query", "flaw"),
    [
        ({"per_page": "101"}, {"per_page": "invalid_value"}),
        ({"per_page": "0"}, {"per_page": "datatype_mismatch"}),
        ({"page": "two"}, {"page": "datatype_mismatch"}),
        ({"page": "301"}, {"page": "invalid_value"}),
        ({"order_by": "priority"}, {"order_by": "invalid_value"}),
        ({"order_type": "up"}, {"order_type": "invalid_value"}),
        ({"updated_since": "yesterday"}, {"updated_since": "invalid_value"}),
        ({"filter": "all_tickets"}, {"filter": "invalid_value"}),
        ({"include": "conversations"}, {"include": "invalid_value"}),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(
    still: FreshdeskWorld, query: dict[str, str], flaw: dict[str, str]
) -> None:
    assert still.flaws("GET", "/tickets", **query) == flaw


def test_the_list_is_newest_first_and_without_texts(world: FreshdeskWorld) -> None:
    numbers = []
    for _ in range(3):
        numbers.append(world.open_ticket())
        world.clock.sleep(1)
    shown = world.get("/tickets")
    assert [each["id"] for each in shown] == numbers[::-1]
    assert not {"description", "attachments", "stats", "requester"} & set(shown[0])
    told = world.get("/tickets", include="description,requester,stats")[0]
    assert {"description", "description_text", "stats", "requester"} < set(told)


def test_old_tickets_are_listed_only_by_when_they_changed(world: FreshdeskWorld) -> None:
    old = world.open_ticket()
    world.clock.sleep(31 * 86_400)
    young = world.open_ticket()
    assert [each["id"] for each in world.get("/tickets")] == [young]
    since = world.get(f"/tickets/{old}")["updated_at"]
    found = world.get("/tickets", updated_since=since, order_by="updated_at", order_type="asc")
    assert [each["id"] for each in found] == [old, young]  # the bound itself is in it
    assert world.get("/tickets", updated_since="2027-01-01T00:00:00+01:00") == []


def test_the_list_can_be_narrowed_to_a_customer(world: FreshdeskWorld) -> None:
    number = world.open_ticket()
    world.open_ticket(requester={"email": "ben@example.com"})
    who = world.get(f"/tickets/{number}")
    for name in ("requester_id", "company_id"):
        assert [each["id"] for each in world.get("/tickets", **{name: who[name]})] == [number]
    assert [each["id"] for each in world.get("/tickets", email="maya@example.com")] == [number]
    assert len(world.get("/tickets", filter="new_and_my_open")) == 2
    assert world.get("/tickets", filter="watching") == []


def test_when_things_happened(world: FreshdeskWorld) -> None:
    number = world.open_ticket()
    world.clock.sleep(60)
    world.say(number, "agent", "Like this.", status="pending")
    world.clock.sleep(60)
    world.say(number, "customer", "Thanks!")
    world.clock.sleep(60)
    world.control("POST", f"/tickets/{number}/status", {"status": "solved"})
    stats = world.get(f"/tickets/{number}", include="stats")["stats"]
    assert stats == {
        "agent_responded_at": "2026-11-21T08:01:00Z",
        "requester_responded_at": "2026-11-21T08:02:00Z",
        "first_responded_at": "2026-11-21T08:01:00Z",
        "status_updated_at": "2026-11-21T08:03:00Z",
        "reopened_at": None,
        "resolved_at": "2026-11-21T08:03:00Z",
        "closed_at": None,
        "pending_since": None,
    }
    world.clock.sleep(60)
    world.say(number, "customer", "It is back.")
    again = world.get(f"/tickets/{number}", include="stats")["stats"]
    assert (again["reopened_at"], again["resolved_at"]) == ("2026-11-21T08:04:00Z", None)


def test_who_wrote_shows_in_several_fields(world: FreshdeskWorld) -> None:
    number = world.open_ticket()
    world.say(number, "customer", "more")
    world.say(number, "agent", "a reply")
    world.say(number, "agent", "a note", public=False)
    world.say(number, "agent", "please look", public=False, kind="forward")
    world.say(number, "agent", "closing soon", automatic=True)
    world.say(number, "customer", "I am away", automatic=True)
    world.say(number, "customer", "-103 no help", kind="feedback")
    shown = world.get(f"/tickets/{number}/conversations")
    told = [(e["incoming"], e["private"], e["source"], e["category"]) for e in shown]
    assert told == [
        (True, False, 0, 1),
        (False, False, 0, 3),
        (False, True, 2, 2),
        (False, True, 8, 2),
        (False, False, 0, 3),
        (True, False, 0, 1),
        (True, False, 6, 7),
    ]
    assert [bool(each["automation_id"]) for each in shown] == [*[False] * 4, True, False, False]
    assert [each["auto_response"] for each in shown] == [*[False] * 5, True, False]


def test_ratings_are_numbers_in_an_object(world: FreshdeskWorld) -> None:
    number = world.open_ticket()
    world.say(number, "customer", "-103 no help", kind="feedback")
    world.clock.sleep(5)
    world.say(number, "customer", "great", kind="feedback")
    bad, good = world.get("/surveys/satisfaction_ratings")
    assert (bad["ratings"]["default_question"], bad["feedback"]) == (-103, "no help")
    assert (good["ratings"]["default_question"], good["feedback"]) == (103, "great")
    assert world.get(f"/tickets/{number}/satisfaction_ratings") == [bad, good]
    since = {"created_since": good["created_at"]}
    assert world.get("/surveys/satisfaction_ratings", **since) == [good]
    assert world.get("/surveys/satisfaction_ratings", user_id=5) == []


def test_files_are_named_with_their_size(world: FreshdeskWorld) -> None:
    file = {"name": "bill.pdf", "content_type": "application/pdf", "size": 12}
    number = world.open_ticket(attachments=[file])
    world.say(number, "customer", "again", attachments=[file])
    (first,) = world.get(f"/tickets/{number}")["attachments"]
    (second,) = world.get(f"/tickets/{number}/conversations")[0]["attachments"]
    assert (first["name"], first["file_size"]) == ("bill.pdf", 12)
    assert (second["content_type"], second["size"]) == ("application/pdf", 12)


# People


def test_people_and_teams(world: FreshdeskWorld) -> None:
    number = world.open_ticket()
    me = world.get("/agents/me")
    assert world.get(f"/agents/{me['id']}") == me
    assert world.get("/agents", email="TOM@sandbox.example")[0]["contact"]["name"] == "Tom Berger"
    assert [each["name"] for each in world.get("/groups")] == ["Support", "Billing", "Technical"]
    ticket = world.get(f"/tickets/{number}")
    assert world.get(f"/contacts/{ticket['requester_id']}")["tags"] == ["vip"]
    company = world.get(f"/companies/{ticket['company_id']}")
    assert company["account_tier"] == "business"
    assert company["custom_fields"] == {"customer_since": "2023-04-01", "tags": "vip"}
    assert world.call("GET", f"/contacts/{me['id']}").status_code == 404
    assert world.call("GET", f"/agents/{ticket['requester_id']}").status_code == 404


# Help centre


def test_the_help_centre_is_crawled_folder_by_folder(world: FreshdeskWorld) -> None:
    page = {"title": "T", "body": "<p>x</p>"}
    sections = ["", "Billing", "Billing / Invoices", "Internal notes"]
    articles = [{"id": str(place), "section": each, **page} for place, each in enumerate(sections)]
    articles[3]["visibility"] = "internal"
    numbers = world.control(
        "PUT", "/articles", [*articles, {"id": "d", "visibility": "unpublished", **page}]
    )
    (category,) = world.get("/solutions/categories")
    folders = world.get(f"/solutions/categories/{category['id']}/folders")
    told = {each["name"]: each for each in folders}
    assert {name: each["visibility"] for name, each in told.items()} == {
        "Billing": 1,
        "General": 1,
        "Internal notes": 3,
    }
    billing = told["Billing"]
    assert (billing["articles_count"], billing["sub_folders_count"]) == (1, 1)
    (invoices,) = world.get(f"/solutions/folders/{billing['id']}/subfolders")
    assert invoices["parent_folder_id"] == billing["id"]
    assert [each["data"]["name"] for each in invoices["hierarchy"]] == [
        *("Knowledge base", "Billing", "Invoices")
    ]
    (article,) = world.get(f"/solutions/folders/{invoices['id']}/articles")
    assert article["id"] == numbers["articles"]["2"]
    assert world.get(f"/solutions/articles/{article['id']}") == article
    general = world.get(f"/solutions/folders/{told['General']['id']}/articles")
    assert sorted(each["status"] for each in general) == [1, 2]


def test_the_portals_address_of_an_article_leads_to_its_page(world: FreshdeskWorld) -> None:
    page = {"id": "a", "title": "Exporting", "body": "<p>x</p>"}
    number = world.control("PUT", "/articles", [page])["articles"]["a"]
    address = f"/support/solutions/articles/{number}"
    answer = world.client.get(address, follow_redirects=True)
    assert (answer.status_code, "Exporting" in answer.text) == (200, True)


def test_articles_for_different_readers_lie_in_different_folders(world: FreshdeskWorld) -> None:
    page = {"title": "T", "body": "<p>x</p>", "section": "Prices"}
    for number, (visibility, audience) in enumerate(
        (
            ("public", None),
            ("restricted", {"accounts": ["Fern & Co"]}),
            ("restricted", {"verified": True}),
            ("restricted", {"all_tags": ["beta"]}),
            ("restricted", None),
            ("internal", None),
        )
    ):
        told = {"id": f"p{number}", "visibility": visibility, "audience": audience}
        world.control("POST", "/articles", {**page, **told}, 201)
    (category,) = world.get("/solutions/categories")
    folders = world.get(f"/solutions/categories/{category['id']}/folders")
    counted = sorted((each["visibility"], each["articles_count"]) for each in folders)
    assert counted == [(1, 1), (2, 1), (3, 1), (4, 1), (6, 2)]
    (company,) = (each["company_ids"] for each in folders if each["visibility"] == 4)
    assert world.get(f"/companies/{company[0]}")["name"] == "Fern & Co"


def test_translations_are_listed_by_language(world: FreshdeskWorld) -> None:
    page = {"id": "a", "title": "T", "body": "<p>x</p>"}
    said = {"de": {"title": "Titel", "body": "<p>y</p>", "published": False}}
    number = world.control("POST", "/articles", {**page, "translations": said}, 201)["number"]
    assert world.get("/settings/helpdesk")["portal_languages"] == ["de"]
    (category,) = world.get("/solutions/categories")
    (folder,) = world.get(f"/solutions/categories/{category['id']}/folders")
    (told,) = world.get(f"/solutions/folders/{folder['id']}/articles/de")
    assert (told["id"], told["title"], told["status"]) == (number, "Titel", 1)
    assert {each["data"]["language"] for each in told["hierarchy"]} == {"de"}
    assert world.call("GET", f"/solutions/folders/{folder['id']}/articles/fr").status_code == 404


def test_canned_responses_lie_in_their_folders(world: FreshdeskWorld) -> None:
    every = {"id": "r", "name": "Refund", "body": "<p>Hi {{ticket.id}}</p>", "folder": "Billing"}
    some = {**every, "id": "s", "name": "For us", "group": "Billing"}
    world.control("PUT", "/replies", [every, some])
    folders = {each["name"]: each for each in world.get("/canned_response_folders")}
    assert {name: each["responses_count"] for name, each in folders.items()} == {
        "General": 0,
        "Billing": 1,
        "Billing (team)": 1,
    }
    path = f"/canned_response_folders/{folders['Billing']['id']}/responses"
    (told,) = world.get(path)
    assert (told["title"], told["content"].strip()) == ("Refund", "Hi {{ticket.id}}")
