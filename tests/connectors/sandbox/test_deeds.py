"""What is written from the inbox's forms, and what they refuse without losing a word."""

from __future__ import annotations

import pytest

from connectors.sandbox import deeds
from tests.connectors.sandbox.conftest import World
from tests.connectors.sandbox.test_control import DRAFT, messages
from tests.connectors.sandbox.test_inbox import TICKET, draft_ticket, page, post, typed_in


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


def test_the_customers_words_never_come_back_as_the_agents(world: World) -> None:
    world.open_ticket(channel="chat")
    desk, text = world.sandbox.desk, "x" * 10
    desk.say(1, desk.agent, "<p>Bye</p>", fields={"status": "closed"})
    assert text not in post(world, f"{TICKET}/customer", 400, text=text)


def test_the_status_is_set_along(world: World) -> None:
    world.open_ticket()
    post(world, TICKET, kind="reply", text="Done", status="solved")
    assert world.told(1)["status"] == "solved"


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
    assert world.told(1)["status"] != "solved"
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
    late = post(world, TICKET, 400, kind="reply", text="too <late>")
    assert "takes no more messages" in late
    assert '<div class="body typed">too &lt;late&gt;</div>' in late
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
    line = world.told(number)
    assert (line["priority"], line["group"], line["status"]) == ("urgent", "Billing", "pending")
    assert line["assignee"]["name"] == "Ada Okafor"
    assert len(world.deliver()) >= 4
    post(world, f"{TICKET}/fields", priority="", group_id="", assignee_id="")
    line = world.told(number)
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
    assert world.told(1)["tags"] == ["understudy_send", "new"]


def test_tags_that_somebody_sets_meanwhile_stay(world: World) -> None:
    world.open_ticket(tags=["old"])
    desk = world.sandbox.desk
    read = desk.ticket(1)
    assert read is not None
    world.put(1, {"tags": ["old", "understudy_draft"]})
    deeds.set_tags(desk, read, {"add": "mine"}, "")
    deeds.set_tags(desk, read, {"remove": "old"}, "")
    assert world.told(1)["tags"] == ["understudy_draft", "mine"]


NEW = {"name": "Li", "email": "li@example.com", "subject": "Refund", "text": "Please"}
MORE = {
    **{"organization": "Acme", "plan": "free", "customer_since": "2024-02-29", "vip": "1"},
    **{"channel": "web", "page_url": "https://app.example.com/x", "attachment": "a.csv"},
}


def test_a_customer_writes_in(world: World) -> None:
    answer = world.client.post("/inbox/new", data={**NEW, **MORE})
    assert answer.headers["Location"] == TICKET
    line = world.told(1)
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
        ({"email": "li"}, "e-mail address"),
        ({"channel": "pigeon"}, "This form is not one of the inbox"),
        ({"customer_since": "yesterday"}, "2023-04-01"),
        ({"page_url": "javascript:alert(1)"}, "whole address"),
    ],
)
def test_a_new_ticket_is_refused_in_one_sentence(
    world: World, form: dict[str, str], problem: str
) -> None:
    assert problem in post(world, "/inbox/new", 400, **{**NEW, **MORE, **form})
    assert world.control("GET", "/tickets")["tickets"] == []
