"""Searches, lists and the help centre: what is asked for, what is refused, and their pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.sandbox.intercom import BOT, IntercomMaker, IntercomWorld, makers


@pytest.fixture
def make(tmp_path: Path) -> Iterator[IntercomMaker]:
    yield from makers(tmp_path)


@pytest.fixture
def world(make: IntercomMaker) -> IntercomWorld:
    return make()


def search(world: IntercomWorld, query: Any, **paging: Any) -> dict[str, Any]:
    body = {"query": query, "pagination": paging} if paging else {"query": query}
    return world.post("/conversations/search", body)


def one(field: str, operator: str, value: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


def ids(answer: dict[str, Any]) -> list[str]:
    return [each["id"] for each in answer["conversations"]]


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IntercomWorld]:
    """Three conversations a minute apart, the first of them touched again at the end.

    One for all tests, which only read it.
    """
    made = makers(tmp_path_factory.mktemp("busy"))
    world = next(made)()
    for subject in ("export", "invoice", "login"):
        world.open_ticket(subject=subject, channel="chat", tags=[subject])
        world.clock.sleep(60)
    world.say(1, "agent", "Done.", status="solved")
    world.open_ticket(channel="form")
    yield world
    next(made, None)


def test_what_changed_since_comes_newest_first_and_without_parts(busy: IntercomWorld) -> None:
    start = busy.get("/conversations/2")["updated_at"]
    answer = search(busy, one("updated_at", ">", start))
    assert ids(answer) == ["1", "3", "2"]  # ">" includes the moment itself
    assert answer["total_count"] == 3
    assert "conversation_parts" not in answer["conversations"][0]
    assert ids(search(busy, one("updated_at", ">", str(start + 1)))) == ["1", "3"]


def test_pages_follow_the_cursor_until_there_is_none(busy: IntercomWorld) -> None:
    seen, after = [], None
    for turn in range(1, 4):
        paging = {"per_page": 1, **({"starting_after": after} if after else {})}
        answer = search(busy, one("updated_at", ">", 0), **paging)
        pages = answer["pages"]
        assert (pages["page"], pages["total_pages"]) == (turn, 3)
        seen += ids(answer)
        after = pages.get("next", {}).get("starting_after")
    assert (seen, after) == (["1", "3", "2"], None)
    listed = busy.get("/conversations", per_page=2)
    rest = busy.get("/conversations", starting_after=listed["pages"]["next"]["starting_after"])
    assert ids(listed) + ids(rest) == seen


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (one("state", "=", "closed"), ["1"]),
        (one("state", "!=", "closed"), ["3", "2"]),
        (one("open", "=", False), ["1"]),
        (one("id", "IN", ["2", "3"]), ["3", "2"]),
        (one("id", "NIN", ["2", "3"]), ["1"]),
        (one("source.author.email", "$", "@example.com"), ["1", "3", "2"]),
        (one("source.author.name", "~", "AY"), ["1", "3", "2"]),
        (one("source.author.name", "!~", "AY"), []),
        (one("source.author.name", "^", "ma"), ["1", "3", "2"]),
        (one("source.body", "=", "export?</p>"), ["1", "3", "2"]),
        (one("statistics.count_assignments", ">", 1), ["1"]),
        (one("statistics.last_close_at", "<", 2_000_000_000), ["1"]),
        (one("admin_assignee_id", "=", None), ["3", "2"]),
        ({"operator": "AND", "value": [one("open", "=", True), one("id", "=", "3")]}, ["3"]),
        ({"operator": "OR", "value": [one("id", "=", "1"), one("id", "=", "3")]}, ["1", "3"]),
    ],
)
def test_filters(busy: IntercomWorld, query: Any, found: list[str]) -> None:
    assert ids(search(busy, query)) == found


def test_a_tag_is_searched_by_its_id(busy: IntercomWorld) -> None:
    assert ids(search(busy, one("tag_ids", "=", busy.tag_id("login")))) == ["3"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (one("updated_at", ">", "foobar"), "value"),
        (one("updated_at", "~", 1), "operator"),
        (one("updated_at", ">=", 1), "operator"),
        (one("state", ">", "open"), "operator"),
        (one("open", "=", "true"), "value"),
        (one("id", "IN", "1"), "value"),
        (one("shoe_size", "=", "1"), "field"),
        ({"operator": "AND", "value": []}, "value"),
        ({"operator": "OR", "value": [one("id", "=", "1")] * 16}, "value"),
    ],
)
def test_filters_that_are_refused(busy: IntercomWorld, query: Any, field: str) -> None:
    refused = busy.flaw("POST", "/conversations/search", {"query": query})
    assert refused == (400, "parameter_invalid", field)


def test_groups_may_be_nested_two_levels_deep(busy: IntercomWorld) -> None:
    inner = {"operator": "OR", "value": [one("id", "=", "1"), one("id", "=", "2")]}
    outer = {"operator": "AND", "value": [inner, one("open", "=", True)]}
    assert ids(search(busy, outer)) == ["2"]
    refused = busy.flaw("POST", "/conversations/search", {"query": {**outer, "value": [outer]}})
    assert refused == (400, "parameter_invalid", "query")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "parameter_not_found", "query"),
        ({"query": {"operator": "="}}, "parameter_not_found", "field"),
        ({"query": one("id", "=", "1"), "pagination": {"per_page": 151}}, None, "per_page"),
        ({"query": one("id", "=", "1"), "pagination": {"starting_after": "x"}}, None, None),
    ],
)
def test_searches_that_cannot_be_read(
    busy: IntercomWorld, body: Any, code: str | None, field: str | None
) -> None:
    wanted = (400, code or "parameter_invalid", field or "starting_after")
    assert busy.flaw("POST", "/conversations/search", body) == wanted


def test_tickets_are_found_with_their_parts_and_never_among_conversations(
    world: IntercomWorld,
) -> None:
    world.open_ticket()
    number = world.open_ticket(channel="form")
    said = {"message_type": "note", "type": "admin", "admin_id": BOT, "body": "Draft"}
    world.post(f"/tickets/{number}/reply", said)
    found = world.post("/tickets/search", {"query": one("title", "~", "EXPORT")})
    (ticket,) = found["tickets"]
    assert (ticket["id"], ticket["ticket_parts"]["total_count"]) == ("2", 1)
    assert world.get("/conversations")["total_count"] == 1


def articles(world: IntercomWorld, count: int) -> list[str]:
    told = [{"id": n, "title": f"A{n}", "body": "<p>x</p>", "section": "S"} for n in range(count)]
    return [str(n) for n in world.control("PUT", "/articles", told)["articles"].values()]


def test_articles_come_25_at_a_time_the_newest_change_first(world: IntercomWorld) -> None:
    articles(world, 26)
    world.clock.sleep(60)
    told = [
        {"id": n, "title": f"A{n}", "body": "<p>y</p>" if n == 9 else "<p>x</p>"} for n in range(26)
    ]
    world.control("PUT", "/articles", [{**each, "section": "S"} for each in told])
    first = world.get("/articles")
    assert (first["total_count"], len(first["data"])) == (26, 25)
    assert first["data"][0]["title"] == "A9"
    after = first["pages"]["next"]
    assert after == {"per_page": 25, "starting_after": "2"}
    second = world.get("/articles", page=2)
    assert world.get("/articles", **after) == second
    assert (len(second["data"]), "next" in second["pages"]) == (1, False)
    assert world.flaw("GET", "/articles?page=0")[2] == "page"


def test_the_next_page_of_articles_can_be_a_link(make: IntercomMaker) -> None:
    world = make(SANDBOX_PAGE_LINKS="1")
    articles(world, 3)
    link = world.get("/articles", per_page=2)["pages"]["next"]
    assert link == "http://localhost/articles?page=2&per_page=2"
    assert len(world.get(link)["data"]) == 1


@pytest.mark.parametrize("version", ["2.15", "2.16"])
def test_an_article(make: IntercomMaker, version: str) -> None:
    world = make(version)
    told = {"id": "a", "title": "Export", "body": "<p>x</p>", "labels": ["data"], "section": "S"}
    draft = {"id": "d", "title": "Soon", "body": "y", "visibility": "unpublished"}
    numbers = world.control("PUT", "/articles", [told, draft])["articles"]
    found = world.get(f"/articles/{numbers['a']}")
    assert (found["state"], found["body"]) == ("published", "<p>x</p>")
    assert found["url"] == f"http://localhost/hc/articles/{numbers['a']}"
    assert [tag["name"] for tag in found["tags"]["tags"]] == ["data"]
    assert len(found["parent_ids"]) == 1
    assert ("body_markdown" in found, "parent_id" in found) == (version > "2.15", version < "2.16")
    hidden = world.get(f"/articles/{numbers['d']}")
    assert (hidden["state"], hidden["url"], hidden["parent_ids"]) == ("draft", None, [])


def test_sections_are_collections_that_articles_lie_in(world: IntercomWorld) -> None:
    told = [{"id": n, "title": "T", "body": "x", "section": f"Section {n % 2}"} for n in range(3)]
    numbers = world.control("PUT", "/articles", told)["articles"]
    found = world.get("/help_center/collections")
    assert [each["name"] for each in found["data"]] == ["Section 0", "Section 1"]
    parents = [world.get(f"/articles/{numbers[n]}")["parent_ids"] for n in ("0", "1", "2")]
    assert parents == [[int(found["data"][n]["id"])] for n in (0, 1, 0)]
    second = found["data"][1]
    assert world.get(f"/help_center/collections/{second['id']}") == second
    assert world.flaw("GET", "/help_center/collections/5") == (404, "not_found", None)
    assert world.get("/help_center/collections", per_page=1)["pages"]["next"] == {
        "per_page": 1,
        "starting_after": "2",
    }


def test_collections_lie_in_each_other(world: IntercomWorld) -> None:
    page = {"id": "a", "title": "T", "body": "x", "section": "Billing / Invoices"}
    world.control("PUT", "/articles", [page])
    outer, inner = world.get("/help_center/collections")["data"]
    assert (outer["name"], outer["parent_id"]) == ("Billing", None)
    assert (inner["name"], inner["parent_id"]) == ("Invoices", outer["id"])


def test_who_may_read_an_article_is_told_from_2_16(make: IntercomMaker) -> None:
    world = make("2.16")
    page = {"title": "T", "body": "x", "visibility": "restricted"}
    articles = [
        {**page, "id": "o", "visibility": "public"},
        {**page, "id": "u", "audience": {"verified": True}},
        {**page, "id": "r", "audience": {"verified": True, "accounts": ["Fern & Co"]}},
        {**page, "id": "n"},
        {**page, "id": "i", "visibility": "internal"},
    ]
    numbers = world.control("PUT", "/articles", articles)["articles"]
    told = {each["id"]: each["help_center_audience"] for each in world.get("/articles")["data"]}
    assert told == {
        str(numbers["o"]): "everyone",
        str(numbers["u"]): "all_users",
        str(numbers["r"]): "restricted",
        str(numbers["n"]): "restricted",
    }
    (internal,) = world.get("/internal_articles")["data"]
    assert internal["id"] == str(numbers["i"])
    assert world.flaw("GET", f"/articles/{numbers['i']}")[0] == 404
    world.version = "2.15"
    assert "help_center_audience" not in world.get("/articles")["data"][0]


def test_an_article_in_several_languages_tells_each(world: IntercomWorld) -> None:
    said = {"de": {"title": "Titel", "body": "<p>y</p>", "published": False}}
    page = {"id": "a", "title": "Title", "body": "<p>x</p>", "translations": said}
    world.control("PUT", "/articles", [page])
    (told,) = world.get("/articles")["data"]
    content = told["translated_content"]
    assert (told["default_locale"], told["title"]) == ("en", "Title")
    assert (content["en"]["title"], content["en"]["state"]) == ("Title", "published")
    assert (content["de"]["title"], content["de"]["state"]) == ("Titel", "draft")


def test_macros_are_the_desks_saved_replies_with_placeholders_as_xml(make: IntercomMaker) -> None:
    world = make("2.16")
    replies = [
        {"id": "a", "name": "All", "body": "<p>Hi {{ user.name }}</p>"},
        {"id": "g", "name": "Group", "body": "<p>x</p>", "group": "Billing"},
        {"id": "n", "name": "Note", "body": "<p>x</p>", "public": False},
    ]
    world.control("PUT", "/replies", replies)
    told = {each["name"]: each for each in world.get("/macros")["data"]}
    assert told["All"]["body"] == '<p>Hi <attribute key="user.name"/></p>'
    assert told["All"]["body_text"] == "Hi {{ user.name }}"
    assert {name: each["visible_to"] for name, each in told.items()} == {
        "All": "everyone",
        "Group": "specific_teams",
        "Note": "specific_teams",
    }
    assert world.get(f"/macros/{told['All']['id']}") == told["All"]
    assert world.flaw("GET", "/macros/5")[0] == 404


def test_many_macros_come_in_pages_and_of_thirty_at_once_without_their_texts(
    make: IntercomMaker,
) -> None:
    world = make("2.16")
    replies = [{"id": str(n), "name": f"R{n}", "body": "<p>x</p>"} for n in range(40)]
    world.control("PUT", "/replies", replies)
    assert {each["body"] for each in world.get("/macros")["data"]} == {None}
    first = world.get("/macros", per_page=25)
    assert {each["body"] for each in first["data"]} == {"<p>x</p>"}
    after = first["pages"]["next"]["starting_after"]
    rest = world.get("/macros", per_page=25, starting_after=after)
    assert (len(rest["data"]), rest["pages"]["next"]) == (15, None)
    names = {each["name"] for each in (*first["data"], *rest["data"])}
    assert len(names) == 40
