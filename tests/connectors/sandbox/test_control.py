"""The control API: what a demo or a test does with it, and what it refuses in one sentence."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.sandbox.conftest import World

DRAFT = (
    '<p><strong>Draft reply</strong> · well supported</p><div class="understudy-draft">'
    "<p>Hi Maya,</p><ol><li>Open <b>Data</b></li><li>Export</li></ol></div>"
    "<hr><p><strong>From</strong> an article</p>"
)
WHO = {"email": "maya@example.com"}


def messages(world: World, number: int = 1) -> list[dict[str, Any]]:
    return list(world.control("GET", f"/tickets/{number}")["messages"])


def test_health(world: World) -> None:
    assert world.control("GET", "/health")["helpdesk"] == "zendesk"


def test_a_ticket_is_told_whole(world: World) -> None:
    number = world.open_ticket(tags=["a"], channel="chat")
    note = {"html_body": DRAFT, "public": False}
    world.put(number, {"comment": note, "metadata": {"understudy": "k"}, "priority": "high"})
    told = world.control("GET", f"/tickets/{number}")
    assert told["requester"]["organization"] == {
        "name": "Nordlicht",
        "plan": "business",
        "tags": ["vip"],
        "customer_since": "2023-04-01",
    }
    assert (told["channel"], told["priority"], told["waiting"]) == ("chat", "high", "draft")
    customer, bot = told["messages"]
    assert customer["text"] == "Hello,\n\nhow do I export?"
    assert (bot["note"], bot["metadata"]) == ("draft", {"understudy": "k"})
    assert told["draft"]["text"] == "Hi Maya,\n\n1. Open Data\n2. Export"
    assert told["audits"][-1]["changes"] == [
        {"field": "priority", "previous": None, "value": "high"}
    ]
    assert [each["id"] for each in world.control("GET", "/tickets")["tickets"]] == [number]


def test_an_agent_uses_the_draft_as_it_stands(world: World) -> None:
    number = world.open_ticket()
    world.put(number, {"comment": {"html_body": DRAFT, "public": False}})
    say = {"as": "agent", "use_draft": True, "status": "solved"}
    world.control("POST", f"/tickets/{number}/messages", say, status=201)
    sent = messages(world)[-1]
    assert sent["public"] is True
    assert sent["author"]["name"] == "Tom Berger"
    assert "<li>Open <b>Data</b></li>" in sent["html"]
    assert "From" not in sent["text"]
    told = world.control("GET", f"/tickets/{number}")
    assert (told["status"], told["waiting"]) == ("solved", None)


def test_other_authors_and_notes(world: World) -> None:
    world.open_ticket()
    ada = {"as": "agent", "author": {"email": "ada@sandbox.example"}, "public": False, "text": "x"}
    world.control("POST", "/tickets/1/messages", ada, status=201)
    new = {"as": "agent", "author": {"email": "new@sandbox.example", "name": "Neo"}, "text": "y"}
    world.control("POST", "/tickets/1/messages", new, status=201)
    told = [(each["author"]["name"], each["public"]) for each in messages(world)[1:]]
    assert told == [("Ada Okafor", False), ("Neo", True)]


def test_automatic_messages_come_from_a_rule(world: World) -> None:
    number = world.open_ticket(automatic=True)
    comment = world.get(f"/tickets/{number}/comments")["comments"][0]
    assert comment["via"]["channel"] == "rule"


def test_status_and_tags(world: World) -> None:
    world.open_ticket(tags=["a", "b"])
    told = world.control("POST", "/tickets/1/tags", {"add": ["c"], "remove": ["a"]})
    assert told["tags"] == ["b", "c"]
    assert world.control("POST", "/tickets/1/status", {"status": "hold"})["status"] == "hold"


def test_a_merged_ticket_ends_and_both_say_so(world: World) -> None:
    one, two = world.open_ticket(), world.open_ticket(subject="Same again")
    note = {"as": "agent", "public": False, "text": "our secret"}
    world.control("POST", f"/tickets/{two}/messages", note, status=201)
    line = world.control("POST", f"/tickets/{two}/merge", {"into": one})
    assert (line["status"], line["merged_into"]) == ("closed", one)
    closed, kept = messages(world, two)[-1], messages(world, one)[-1]
    assert closed["text"] == (
        'This request was closed and merged into request #1 "How do I export?".'
    )
    assert kept["text"] == (
        'Request #2 "Same again" was closed and merged into this request. '
        "Last comment in request #2:\n\nHello,\n\nhow do I export?"
    )
    assert (closed["public"], kept["public"]) == (False, False)
    assert world.control("GET", f"/tickets/{one}")["status"] == "new"


@pytest.mark.parametrize(
    ("number", "into", "sentence"),
    [
        (1, 1, "A ticket cannot be merged into itself."),
        (1, 9, "There is no ticket 9."),
        (9, 1, "There is no ticket 9."),
        (1, 2, "Ticket 2 is closed and takes no more messages."),
        (3, 1, "Ticket 3 is spam and takes no more messages."),
    ],
)
def test_what_cannot_be_merged(world: World, number: int, into: int, sentence: str) -> None:
    for _ in range(3):
        world.open_ticket()
    world.control("POST", "/tickets/2/status", {"status": "closed"})
    world.control("POST", "/tickets/3/spam", {})
    path = f"/tickets/{number}/merge"
    assert world.control("POST", path, {"into": into}, status=400)["error"] == sentence


def test_an_answer_to_a_survey_reopens_nothing(world: World) -> None:
    world.open_ticket()
    world.control("POST", "/tickets/1/status", {"status": "solved"})
    say = {"as": "customer", "kind": "feedback", "text": "Good"}
    world.control("POST", "/tickets/1/messages", say, status=201)
    assert world.control("GET", "/tickets/1")["status"] == "solved"


def test_articles_keep_their_ids_and_stamps(world: World) -> None:
    articles: list[dict[str, Any]] = [
        {"id": "a", "title": "A", "body": "**x**", "format": "markdown", "section": "S"},
        {"id": 7, "title": "B", "body": "one\n\ntwo", "format": "text", "labels": ["l"]},
    ]
    first = world.control("PUT", "/articles", articles)["articles"]
    world.clock.sleep(60)
    articles[1]["title"] = "B2"
    second = world.control("PUT", "/articles", articles)["articles"]
    assert first == second
    assert set(first) == {"a", "7"}
    told = {each["title"]: each for each in world.get("/help_center/articles")["articles"]}
    assert told["A"]["updated_at"] == "2026-11-21T08:00:00Z"
    assert told["B2"]["updated_at"] == "2026-11-21T08:01:00Z"
    assert told["A"]["body"] == "<p><strong>x</strong></p>\n"
    assert told["B2"]["body"] == "<p>one</p><p>two</p>"
    page = world.client.get(told["A"]["html_url"])
    assert "<strong>x</strong>" in page.text
    third = world.control("PUT", "/articles", articles[:1])["articles"]
    assert third == {"a": first["a"]}
    assert world.client.get(told["B2"]["html_url"]).status_code == 404


def test_an_article_can_be_an_old_one(world: World) -> None:
    article = {"id": "a", "title": "A", "body": "x", "updated": "2024-03-01"}
    for _ in range(2):
        world.control("PUT", "/articles", [article])
        (told,) = world.get("/help_center/articles")["articles"]
        assert told["updated_at"] == "2024-03-01T00:00:00Z"


@pytest.mark.parametrize(
    ("method", "path", "body", "sentence"),
    [
        ("POST", "/tickets", None, "The body must be a JSON object, sent as application/json."),
        ("POST", "/tickets", {"subject": "x", "text": "y"}, "requester: Field required."),
        ("POST", "/tickets", {"subject": "x", "requester": WHO}, "Give either text or html."),
        (
            "POST",
            "/tickets",
            {"subject": "x", "requester": WHO, "text": "x", "colour": 1},
            "colour: Extra inputs are not permitted.",
        ),
        ("POST", "/tickets/9/messages", {"as": "agent", "text": "x"}, "There is no ticket 9."),
        (
            "POST",
            "/tickets/1/messages",
            {"as": "agent", "use_draft": True},
            "Ticket 1 has no draft to use.",
        ),
        (
            "POST",
            "/tickets/1/messages",
            {"as": "customer", "text": "x", "public": False},
            "A customer writes in public and has no drafts.",
        ),
        (
            "POST",
            "/tickets/1/messages",
            {"as": "agent", "author": WHO, "text": "x"},
            "maya@example.com is already known as the customer.",
        ),
        ("PUT", "/articles", {"a": 1}, "The body must be a list of articles."),
        (
            "PUT",
            "/articles",
            [{"id": 1, "title": "x", "body": ""}, {"id": "1", "title": "y", "body": ""}],
            "Two articles have the same id.",
        ),
        ("POST", "/faults", {"kind": "late_effect", "count": 0}, None),
        ("POST", "/tickets/1/status", {"status": "done"}, None),
        ("GET", "/tickets/9", None, "There is no ticket 9."),
    ],
)
def test_mistakes_get_one_clear_sentence(
    world: World, method: str, path: str, body: Any, sentence: str | None
) -> None:
    world.open_ticket()
    told = world.control(method, path, body, status=400)
    assert list(told) == ["error"]
    assert told["error"].endswith(".")
    assert sentence in (None, told["error"])


def test_a_closed_ticket_takes_no_messages(world: World) -> None:
    world.open_ticket()
    world.control("POST", "/tickets/1/status", {"status": "closed"})
    say = {"as": "customer", "text": "x"}
    told = world.control("POST", "/tickets/1/messages", say, status=400)
    assert told["error"] == "Ticket 1 is closed and takes no more messages."


def test_pages_of_other_sites_cannot_reach_in(world: World) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert world.client.delete("/sandbox/faults", headers=foreign).status_code == 403
    for origin in ("https://evil.example", "null"):  # as browsers have it that tell no site
        answer = world.client.post("/inbox/new", headers={"Origin": origin})
        assert answer.status_code == 403
    own = world.client.delete("/sandbox/faults", headers={"Origin": "http://localhost"})
    assert own.status_code == 200
    rebound = world.client.get("/sandbox/tickets", headers={"Host": "evil.example"})
    assert rebound.status_code == 400
