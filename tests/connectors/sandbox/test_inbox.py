"""The inbox page: it shows what is there, lets nothing act, and writes what is typed."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.connectors.sandbox.conftest import Clock, Maker, World
from tests.connectors.sandbox.test_control import DRAFT, messages

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"
TICKET = "/inbox/tickets/1"


class Acting(HTMLParser):
    """Collects whatever could run: scripts but our own, handlers, addresses that act."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "script" and told.get("src") != "/inbox-static/inbox.js":
            self.found.append(tag)
        if tag in {"iframe", "object", "embed", "style", "base"} or "style" in told:
            self.found.append(tag)
        self.found += [name for name in told if name.startswith("on")]
        self.found += [str(value) for value in told.values() if "script:" in (value or "")]


def acting(html: str) -> list[str]:
    parser = Acting()
    parser.feed(html)
    return parser.found


def page(world: World, path: str, status: int = 200) -> str:
    answer = world.client.get(path)
    assert answer.status_code == status
    return answer.text


def post(world: World, path: str, status: int = 303, /, **form: str) -> str:
    answer = world.client.post(path, data=form)
    assert answer.status_code == status
    return answer.text


def told(world: World, number: int = 1) -> dict[str, Any]:
    return world.told(number)


def draft_ticket(world: World) -> int:
    number = world.open_ticket()
    world.put(number, {"comment": {"html_body": DRAFT, "public": False}})
    return number


def typed_in(html: str) -> str:
    found = re.search(r"<textarea id=\"text\"[^>]*>(.*?)</textarea>", html, re.DOTALL)
    assert found
    return found[1]


# What is shown


def test_it_says_which_sandbox_it_is(world: World) -> None:
    shown = page(world, "/")
    assert "Zendesk sandbox" in shown
    assert "nothing leaves this machine" in shown


def test_what_acts_would_be_noticed() -> None:
    assert acting(f'{EVIL}<a href="javascript:x" style="y">') == [
        *("script", "onerror", "a", "javascript:x")
    ]


def test_nothing_that_anybody_wrote_can_act(world: World) -> None:
    world.open_ticket(
        subject=EVIL,
        text=None,
        html=f'<p>hello</p>{EVIL}<a href="javascript:alert(3)">x</a>',
        requester={"name": EVIL, "email": "e@example.com", "organization": {"name": EVIL}},
        tags=[EVIL],
        attachments=[{"name": EVIL}],
    )
    world.open_ticket(text=EVIL)
    world.put(1, {"comment": {"html_body": DRAFT + EVIL, "public": False}})
    post(world, TICKET, kind="reply", html=f"<p>see</p>{EVIL}", text="see")
    articles = [{"id": 1, "title": EVIL, "body": EVIL, "section": EVIL}]
    number = world.control("PUT", "/articles", articles)["articles"]["1"]
    for path in (
        *("/", "/?q=%3Cscript%3E", TICKET, f"{TICKET}?draft=1", "/inbox/tickets/2"),
        *("/inbox/new", "/hc", f"/hc/articles/{number}"),
    ):
        assert acting(page(world, path)) == []
    assert "&lt;script&gt;alert(1)" in page(world, "/inbox/tickets/2")
    policy = world.client.get("/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_notes_are_set_apart_and_what_waits_has_a_badge(world: World) -> None:
    draft_ticket(world)
    shown = page(world, TICKET)
    assert "Internal note" in shown
    assert 'class="message internal is-draft"' in shown
    assert 'class="chip note-draft"' in page(world, "/")


def test_who_the_customer_is_stands_beside_the_conversation(world: World) -> None:
    world.open_ticket(subject="An older one")
    file = {"name": "invoice.pdf", "size": 2048}
    where = "https://app.example.com/billing"
    world.open_ticket(page_url=where, attachments=[file], channel="chat")
    shown = page(world, "/inbox/tickets/2")
    for fact in (
        *("maya<wbr>@example.com", "Nordlicht", "business", "2023-04-01", "VIP", "chat", where),
        *("invoice.pdf", "2.0 kB", "#1 An older one"),
    ):
        assert fact in shown
    other = {"email": "li@example.com"}
    world.open_ticket(requester=other)
    assert "An older one" not in page(world, "/inbox/tickets/3").partition("<main")[2]


def test_what_the_bot_did_is_told_between_the_messages(world: World) -> None:
    world.open_ticket(tags=["old"])
    group = world.control("POST", "/groups", {"name": "Billing"})["id"]
    world.put(1, {"priority": "high", "group_id": group, "tags": ["new"]})
    shown = page(world, TICKET)
    assert "priority → high" in shown
    assert "group → Billing" in shown
    assert "+ new, - old" in shown


def test_a_page_that_has_not_changed_is_not_sent_again(world: World) -> None:
    number = world.open_ticket()
    for path in ("/", TICKET, "/?filter=needs"):
        version = world.client.get(path).headers["ETag"]
        again = world.client.get(path, headers={"If-None-Match": version})
        assert (again.status_code, again.text) == (304, "")
        world.say(number, "customer", "And one more thing")
        again = world.client.get(path, headers={"If-None-Match": version})
        assert again.status_code == 200
        assert again.headers["ETag"] != version


def test_how_long_ago_something_was_is_said_in_short(make_world: Maker) -> None:
    clock = Clock()
    world = make_world(clock=clock)
    world.open_ticket()
    for seconds, shown in ((10, "&lt;1 min"), (120, "2 min"), (7200, "2 h"), (3 * 86_400, "3 d")):
        clock.sleep(seconds)
        assert f'waits <time datetime="2026-11-21T08:00:00+00:00" data-ago>{shown}<' in page(
            world, "/"
        )


def test_the_vendors_address_leads_to_the_page(world: World) -> None:
    world.open_ticket()
    answer = world.client.get("/agent/tickets/1")
    assert answer.headers["Location"] == TICKET


@pytest.mark.parametrize("path", ["/inbox/tickets/9", "/hc/articles/9"])
def test_what_is_not_there(world: World, path: str) -> None:
    assert "There is no" in page(world, path, 404)


def test_nothing_is_done_to_a_ticket_that_is_not_there(world: World) -> None:
    for deed in ("", "/customer", "/tags", "/fields"):
        assert "There is no ticket 9" in post(world, f"/inbox/tickets/9{deed}", 404, text="x")


def test_drafts_of_articles_are_not_public(world: World) -> None:
    articles = [{"id": 1, "title": "Secret", "body": "x", "draft": True}]
    number = world.control("PUT", "/articles", articles)["articles"]["1"]
    assert "Secret" not in page(world, "/hc")
    page(world, f"/hc/articles/{number}", 404)


# What is written


def test_use_draft_fills_the_composer_without_script_too(world: World) -> None:
    draft_ticket(world)
    assert typed_in(page(world, f"{TICKET}?draft=1")) == "Hi Maya,\n\n1. Open Data\n2. Export"
    assert typed_in(page(world, TICKET)) == ""


def test_an_untouched_draft_goes_out_with_its_form_an_edited_one_as_text(world: World) -> None:
    draft_ticket(world)
    text = "Hi Maya,\r\n\r\n1. Open Data\r\n2. Export"
    post(world, TICKET, kind="reply", text=text)
    assert "<ol>" in messages(world)[-1]["html"]
    post(world, TICKET, kind="reply", text=text + " it")
    assert messages(world)[-1]["html"] == "<p>Hi Maya,</p><p>1. Open Data<br>2. Export it</p>"


def test_the_rich_composer_keeps_an_edited_drafts_form_and_nothing_else(world: World) -> None:
    draft_ticket(world)
    html = '<p style="x">Hi Maya!</p><ol onclick="y"><li class="z">Open <b>Data</b></li></ol>'
    post(world, TICKET, kind="reply", html=html, text="Hi Maya!\nOpen Data")
    written = "<p>Hi Maya!</p><ol><li>Open <b>Data</b></li></ol>"
    assert messages(world)[-1]["html"] == written


@pytest.mark.parametrize(
    ("kind", "role", "public"), [("reply", "agent", True), ("note", "agent", False)]
)
def test_what_is_typed_is_written(world: World, kind: str, role: str, public: bool) -> None:
    world.open_ticket()
    post(world, TICKET, kind=kind, text="So <b>it</b> is", status="")
    written = messages(world)[-1]
    assert (written["author"]["role"], written["public"]) == (role, public)
    assert written["text"] == "So <b>it</b> is"


def test_a_person_plays_the_customer(world: World) -> None:
    world.open_ticket(channel="chat")
    form = {"text": "It is <still> so", "attachment": "shot.png, log.txt"}
    post(world, f"{TICKET}/customer", **form)
    written = messages(world)[-1]
    assert (written["author"]["role"], written["channel"]) == ("customer", "chat")
    assert written["text"] == "It is <still> so"
    files = [(file["name"], file["content_type"]) for file in written["attachments"]]
    assert files == [("shot.png", "image/png"), ("log.txt", "text/plain")]
    assert "Please write something first." in post(world, f"{TICKET}/customer", 400, text=" ")


def test_the_status_is_set_along(world: World) -> None:
    world.open_ticket()
    post(world, TICKET, kind="reply", text="Done", status="solved")
    assert told(world)["status"] == "solved"


@pytest.mark.parametrize("who", ["customer", "agent"])
def test_nothing_is_sent_past_what_somebody_wrote_meanwhile(world: World, who: str) -> None:
    world.open_ticket()
    seen = str(messages(world)[-1]["id"])
    author = {"email": "zoe@example.com", "name": "Zoe"}
    world.say(1, who, "Wait, I found it", author=author)
    shown = post(world, TICKET, 409, kind="reply", text="my <answer>", seen=seen, status="solved")
    assert "Zoe wrote meanwhile" in shown
    assert "Wait, I found it" in shown
    assert typed_in(shown) == "my &lt;answer&gt;"
    assert told(world)["status"] != "solved"
    seen = str(messages(world)[-1]["id"])
    post(world, TICKET, kind="reply", text="my answer", seen=seen)
    assert messages(world)[-1]["text"] == "my answer"


def test_a_note_by_the_bot_interrupts_nobody(world: World) -> None:
    world.open_ticket()
    seen = str(messages(world)[-1]["id"])
    world.put(1, {"comment": {"html_body": DRAFT, "public": False}})
    post(world, TICKET, kind="reply", text="my answer", seen=seen)


def test_a_refused_form_keeps_what_was_typed(world: World) -> None:
    world.open_ticket()
    assert "Please write something first." in post(world, TICKET, 400, kind="note", text=" ")
    kept = post(world, TICKET, 400, kind="reply", text="kept text", status="lost")
    assert typed_in(kept) == "kept text"
    world.control("POST", "/tickets/1/status", {"status": "closed"})
    assert "takes no more messages" in post(world, TICKET, 400, kind="reply", text="too late")
    shown = post(world, "/inbox/new", 400, name="N", email="no", subject="S", text="kept text")
    assert "kept text" in shown
    assert 'role="alert"' in shown


def test_fields_are_set_in_place_and_announced(world: World) -> None:
    number = world.open_ticket()
    world.deliver()
    desk = world.sandbox.desk
    billing, ada = desk.group("Billing"), desk.person("agent", "", "ada@sandbox.example")
    for name, value in (
        *(("priority", "urgent"), ("group_id", str(billing.id))),
        *(("assignee_id", str(ada.id)), ("status", "pending")),
    ):
        post(world, f"{TICKET}/fields", **{name: value})
    line = told(world, number)
    assert (line["priority"], line["group"], line["status"]) == ("urgent", "Billing", "pending")
    assert line["assignee"]["name"] == "Ada Okafor"
    assert len(world.deliver()) >= 4
    post(world, f"{TICKET}/fields", priority="", group_id="", assignee_id="")
    line = told(world, number)
    assert (line["priority"], line["group"], line["assignee"]) == (None, None, None)
    assert line["status"] == "pending"


@pytest.mark.parametrize(
    "form", [{"status": ""}, {"status": "deleted"}, {"priority": "x"}, {"group_id": "1"}]
)
def test_a_field_takes_only_what_it_offers(world: World, form: dict[str, str]) -> None:
    world.open_ticket()
    assert "This form is not one of the inbox" in post(world, f"{TICKET}/fields", 400, **form)


def test_tags_are_added_and_taken_away(world: World) -> None:
    world.open_ticket(tags=["old"])
    post(world, f"{TICKET}/tags", add="understudy_send, New")
    post(world, f"{TICKET}/tags", remove="old")
    assert told(world)["tags"] == ["understudy_send", "new"]


NEW = {"name": "Li", "email": "li@example.com", "subject": "Refund", "text": "Please"}
MORE = {
    **{"organization": "Acme", "plan": "free", "customer_since": "2024-02-29", "vip": "1"},
    **{"channel": "web", "page_url": "https://app.example.com/x", "attachment": "a.csv"},
}


def test_a_customer_writes_in(world: World) -> None:
    answer = world.client.post("/inbox/new", data={**NEW, **MORE})
    assert answer.headers["Location"] == TICKET
    line = told(world)
    assert line["requester"]["organization"] == {
        **{"name": "Acme", "plan": "free", "tags": ["vip"], "customer_since": "2024-02-29"}
    }
    assert (line["channel"], line["subject"]) == ("web", "Refund")
    assert line["page_url"] == "https://app.example.com/x"
    assert [file["name"] for file in messages(world)[0]["attachments"]] == ["a.csv"]


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"subject": ""}, "subject and a message"),
        ({"channel": "pigeon"}, "e-mail address"),
        ({"customer_since": "yesterday"}, "2023-04-01"),
        ({"page_url": "javascript:alert(1)"}, "whole address"),
    ],
)
def test_a_new_ticket_is_refused_in_one_sentence(
    world: World, form: dict[str, str], problem: str
) -> None:
    assert problem in post(world, "/inbox/new", 400, **{**NEW, **MORE, **form})
    assert world.control("GET", "/tickets")["tickets"] == []
