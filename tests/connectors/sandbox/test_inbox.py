"""The inbox page: it shows what is there, and lets nothing act."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from connectors import KINDS
from connectors.sandbox.text import clean
from tests.connectors.sandbox.conftest import AnyMaker, Clock, Maker, World
from tests.connectors.sandbox.test_control import DRAFT

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


def draft_ticket(world: World) -> int:
    number = world.open_ticket()
    world.put(number, {"comment": {"html_body": DRAFT, "public": False}})
    return number


def typed_in(html: str) -> str:
    found = re.search(r"<textarea id=\"text\"[^>]*>(.*?)</textarea>", html, re.DOTALL)
    assert found
    return found[1]


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


def test_an_article_that_was_rewritten_is_sent_again(world: World) -> None:
    article = {"id": 1, "title": "Export", "body": "Old", "section": "Data"}
    number = world.control("PUT", "/articles", [article])["articles"]["1"]
    path = f"/hc/articles/{number}"
    version = {"If-None-Match": world.client.get(path).headers["ETag"]}
    assert world.client.get(path, headers=version).status_code == 304
    world.control("PUT", "/articles", [article | {"body": "New"}])
    assert "New" in world.client.get(path, headers=version).text


def test_how_long_ago_something_was_is_said_in_short(make_world: Maker) -> None:
    clock = Clock()
    world = make_world(clock=clock)
    world.open_ticket()
    for seconds, shown in ((10, "&lt;1 min"), (120, "2 min"), (7200, "2 h"), (3 * 86_400, "3 d")):
        clock.sleep(seconds)
        assert f'waits <time datetime="2026-11-21T08:00:00+00:00" data-ago>{shown}<' in page(
            world, "/"
        )


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_helpdesk_has_the_page_and_leads_to_it_from_its_own_address(
    make_sandbox: AnyMaker, kind: str
) -> None:
    world = make_sandbox(kind)
    world.open_ticket()
    world.sandbox.desk.say(1, world.sandbox.desk.bot, clean(DRAFT, classes=True), public=False)
    urls = world.sandbox.app.url_map.bind("127.0.0.1")
    address = urls.build("inbox.GET vendor_address", {"number": 1})
    assert world.client.get(address).headers["Location"] == TICKET
    # No address of the vendor's API may hide one of the page's.
    for path in ("/", TICKET, "/inbox/new", "/hc"):
        answer = world.client.get(path)
        assert f"{kind.capitalize()} sandbox" in answer.text
    assert typed_in(world.client.get(f"{TICKET}?draft=1").text).startswith("Hi Maya,")
    answer = world.client.post(TICKET, data={"kind": "reply", "text": "So it is"})
    assert answer.status_code == 303
    assert world.told(1)["messages"][-1]["text"] == "So it is"


@pytest.mark.parametrize("path", ["/inbox/tickets/9", "/hc/articles/9"])
def test_what_is_not_there(world: World, path: str) -> None:
    assert "There is no" in page(world, path, 404)


def test_nothing_is_done_to_a_ticket_that_is_not_there(world: World) -> None:
    for deed in ("", "/customer", "/tags", "/fields"):
        assert "There is no ticket 9" in post(world, f"/inbox/tickets/9{deed}", 404, text="x")


def test_drafts_of_articles_are_not_public(world: World) -> None:
    articles = [{"id": 1, "title": "Secret", "body": "x", "visibility": "unpublished"}]
    number = world.control("PUT", "/articles", articles)["articles"]["1"]
    assert "Secret" not in page(world, "/hc")
    page(world, f"/hc/articles/{number}", 404)
