"""The inbox page: it shows what is there, lets nothing act, and writes what is typed."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from connectors.sandbox.text import clean, text_of_html
from tests.connectors.sandbox.conftest import World
from tests.connectors.sandbox.test_control import DRAFT, messages

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


class Acting(HTMLParser):
    """Collects whatever could run: scripts but our own, handlers, addresses that act."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "script" and told.get("src") != "/inbox-static/inbox.js":
            self.found.append(tag)
        if tag in {"iframe", "object", "embed", "style", "base"}:
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


def post(world: World, path: str, status: int = 303, **form: str) -> str:
    answer = world.client.post(path, data=form)
    assert answer.status_code == status
    return answer.text


def draft_ticket(world: World) -> int:
    number = world.open_ticket()
    world.put(number, {"comment": {"html_body": DRAFT, "public": False}})
    return number


def test_it_says_that_it_is_a_sandbox(world: World) -> None:
    assert "Sandbox helpdesk." in page(world, "/")


def test_what_acts_would_be_noticed() -> None:
    assert acting(f'{EVIL}<a href="javascript:x">') == ["script", "onerror", "javascript:x"]


def test_nothing_that_anybody_wrote_can_act(world: World) -> None:
    world.open_ticket(
        subject=EVIL,
        text=None,
        html=f'<p>hello</p>{EVIL}<a href="javascript:alert(3)">x</a>',
        requester={"name": EVIL, "email": "e@example.com", "organization": {"name": EVIL}},
        tags=[EVIL],
    )
    world.open_ticket(text=EVIL)
    world.put(1, {"comment": {"html_body": DRAFT + EVIL, "public": False}})
    articles = [{"id": 1, "title": EVIL, "body": EVIL, "section": EVIL}]
    number = world.control("PUT", "/articles", articles)["articles"]["1"]
    for path in (
        "/",
        "/tickets/1",
        "/tickets/1?draft=1",
        "/tickets/2",
        "/hc",
        f"/hc/articles/{number}",
    ):
        assert acting(page(world, path)) == []
    assert "&lt;script&gt;alert(1)" in page(world, "/tickets/2")
    policy = world.client.get("/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy


def test_notes_are_set_apart_and_what_waits_has_a_badge(world: World) -> None:
    draft_ticket(world)
    shown = page(world, "/tickets/1")
    assert "Internal note" in shown
    assert 'class="message internal is-draft"' in shown
    listed = page(world, "/")
    assert '<span class="chip note-draft">Draft</span>' in listed


def test_use_draft_fills_the_composer_without_script_too(world: World) -> None:
    draft_ticket(world)
    filled = re.search(r"<textarea[^>]*>(.*?)</textarea>", page(world, "/tickets/1?draft=1"), re.S)
    assert filled
    assert filled[1] == "Hi Maya,\n\n1. Open Data\n2. Export"
    empty = re.search(r"<textarea[^>]*>(.*?)</textarea>", page(world, "/tickets/1"), re.S)
    assert empty
    assert empty[1] == ""


def test_an_untouched_draft_goes_out_with_its_form_an_edited_one_as_text(world: World) -> None:
    draft_ticket(world)
    text = "Hi Maya,\r\n\r\n1. Open Data\r\n2. Export"
    post(world, "/tickets/1", kind="reply", text=text)
    assert "<ol>" in messages(world)[-1]["html"]
    post(world, "/tickets/1", kind="reply", text=text + " it")
    assert messages(world)[-1]["html"] == "<p>Hi Maya,</p><p>1. Open Data<br>2. Export it</p>"


@pytest.mark.parametrize(
    ("kind", "role", "public"),
    [("reply", "agent", True), ("note", "agent", False), ("customer", "customer", True)],
)
def test_what_is_typed_is_written(world: World, kind: str, role: str, public: bool) -> None:
    world.open_ticket()
    world.client.post("/tickets/1", data={"kind": kind, "text": "So <b>it</b> is", "status": ""})
    written = messages(world)[-1]
    assert (written["author"]["role"], written["public"]) == (role, public)
    assert written["text"] == "So <b>it</b> is"


def test_the_status_is_set_along(world: World) -> None:
    world.open_ticket()
    world.client.post("/tickets/1", data={"kind": "reply", "text": "Done", "status": "solved"})
    assert world.control("GET", "/tickets/1")["status"] == "solved"


def test_a_refused_form_keeps_what_was_typed(world: World) -> None:
    world.open_ticket()
    assert "Please write something first." in post(world, "/tickets/1", 400, kind="note", text=" ")
    world.control("POST", "/tickets/1/status", {"status": "closed"})
    post(world, "/tickets/1", 400, kind="reply", text="too late")
    shown = post(world, "/new", 400, name="N", email="nobody", subject="S", text="kept text")
    assert "kept text" in shown
    assert 'role="alert"' in shown


def test_a_customer_writes_in(world: World) -> None:
    company = {"organization": "Acme", "plan": "free", "channel": "web"}
    form = {"name": "Li", "email": "li@example.com", "subject": "Refund", "text": "Please"}
    answer = world.client.post("/new", data={**form, **company})
    assert answer.headers["Location"] == "/tickets/1"
    told = world.control("GET", "/tickets/1")
    assert told["requester"]["organization"]["plan"] == "free"
    assert (told["channel"], told["subject"]) == ("web", "Refund")


def test_tags_are_added_and_taken_away(world: World) -> None:
    world.open_ticket(tags=["old"])
    post(world, "/tickets/1/tags", add="understudy_send, New")
    post(world, "/tickets/1/tags", remove="old")
    assert world.control("GET", "/tickets/1")["tags"] == ["understudy_send", "new"]


def test_the_vendors_address_leads_to_the_page(world: World) -> None:
    world.open_ticket()
    answer = world.client.get("/agent/tickets/1")
    assert answer.headers["Location"] == "/tickets/1"


@pytest.mark.parametrize("path", ["/tickets/9", "/hc/articles/9"])
def test_what_is_not_there(world: World, path: str) -> None:
    assert "There is no" in page(world, path, 404)


def test_drafts_of_articles_are_not_public(world: World) -> None:
    articles = [{"id": 1, "title": "Secret", "body": "x", "draft": True}]
    number = world.control("PUT", "/articles", articles)["articles"]["1"]
    assert "Secret" not in page(world, "/hc")
    page(world, f"/hc/articles/{number}", 404)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p>\n<p>b<br>c</p>", "a\n\nb\nc"),
        ("<ol><li>x</li><li><p>y</p></li></ol>", "1. x\n2. y"),
        ("<ul><li>x<ul><li>z</li></ul></li></ul>", "- x\n\n- z"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
    ],
)
def test_text_of_html(html: str, text: str) -> None:
    assert text_of_html(html) == text


def test_clean_keeps_no_handlers_styles_or_classes() -> None:
    dirty = '<div class="a" style="x" onclick="y"><iframe src="z"></iframe>t</div>'
    assert clean(dirty) == "<div>t</div>"
