"""Articles and saved replies of the sandbox, as the control API writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.library import Library, NewArticle, NewReply
from connectors.sandbox.records import PageTurned
from connectors.sandbox.sections import Section, sections_of
from connectors.sandbox.store import Store
from tests.connectors.sandbox.conftest import Clock, World

PAGE = {"id": "a", "title": "A", "body": "x", "section": "Billing / Invoices"}


@pytest.fixture
def turned() -> list[PageTurned]:
    return []


@pytest.fixture
def library(tmp_path: Path, turned: list[PageTurned]) -> Library:
    made = Helpdesk(Store(tmp_path / "s.sqlite3"), Clock()).library
    made.reader = turned.extend
    return made


def article(title: str = "A", **more: Any) -> NewArticle:
    return NewArticle("a", title, "<p>x</p>", **more)


def hidden(**more: Any) -> NewArticle:
    return article(visibility="unpublished", **more)


@pytest.mark.parametrize(
    ("steps", "kinds"),
    [
        ([article()], ["published"]),
        ([hidden()], ["changed"]),
        ([article(), article("B")], ["published", "changed"]),
        ([article(), article()], ["published"]),
        ([article(), hidden()], ["published", "unpublished"]),
        ([hidden(), article()], ["changed", "published"]),
        ([article(), article(visibility="internal")], ["published", "changed"]),
    ],
)
def test_what_becomes_of_an_article_is_announced(
    library: Library, turned: list[PageTurned], steps: list[NewArticle], kinds: list[str]
) -> None:
    for each in steps:
        library.write(each)
    assert [each.kind for each in turned] == kinds


def test_a_deleted_article_is_announced_as_it_was(
    library: Library, turned: list[PageTurned]
) -> None:
    kept = library.write(article())
    library.remove(kept)
    assert turned[-1] == PageTurned("deleted", kept)
    assert library.articles() == []


def test_an_import_is_announced_to_nobody(library: Library, turned: list[PageTurned]) -> None:
    library.replace_articles([article()])
    library.replace_articles([])
    assert turned == []


def test_an_article_that_is_written_again_keeps_its_number_and_an_unchanged_one_its_stamp(
    library: Library,
) -> None:
    first = library.write(article())
    assert library.write(article()) == first
    assert library.write(article("B")).id == first.id


def test_a_saved_reply_keeps_its_number(library: Library) -> None:
    first = library.keep(NewReply("r", "R", "<p>x</p>"))
    second = library.keep(NewReply("r", "R", "<p>y</p>", public=False))
    assert (second.id, second.public) == (first.id, False)
    assert library.replace_replies([]) == {}
    assert library.replies() == []


def test_sections_lie_in_each_other_and_are_known_by_their_way() -> None:
    found = sections_of([("A", "B"), ("A", "C"), ("D",)])
    assert [each.path for each in found] == [("A",), ("A", "B"), ("A", "C"), ("D",)]
    assert Section(("A", "B")).parent == Section(("A",))
    assert Section(("A",)).parent is None
    assert len({each.id for each in found}) == 4


# Through the control API


def test_an_article_is_written_changed_and_deleted(world: World) -> None:
    made = world.control("POST", "/articles", PAGE, status=201)
    assert (made["section"], made["visibility"]) == ("Billing / Invoices", "public")
    world.clock.sleep(60)
    changed = world.control("PATCH", "/articles/a", {"visibility": "internal"})
    assert (changed["title"], changed["visibility"]) == ("A", "internal")
    assert changed["updated_at"] > made["updated_at"]
    world.control("DELETE", "/articles/a")
    assert world.control("GET", "/articles") == {"articles": []}


def test_an_audience_names_people_and_accounts_that_are_there_or_made(world: World) -> None:
    number = world.open_ticket()
    requester = world.get(f"/tickets/{number}")["ticket"]
    audience = {"people": ["maya@example.com"], "accounts": ["Nordlicht"], "any_tags": ["beta"]}
    made = world.control(
        "POST", "/articles", {**PAGE, "visibility": "restricted", "audience": audience}, status=201
    )
    assert made["audience"]["person_ids"] == [requester["requester_id"]]
    assert made["audience"]["organization_ids"] == [requester["organization_id"]]
    assert made["audience"]["any_tags"] == ["beta"]
    cleared = world.control("PATCH", "/articles/a", {"audience": None})
    assert cleared["audience"] is None


def test_a_translation_has_a_stamp_of_its_own(world: World) -> None:
    german = {"title": "Ausfuhr", "body": "y"}
    world.control("POST", "/articles", {**PAGE, "translations": {"de": german}}, status=201)
    world.clock.sleep(60)
    world.control("PATCH", "/articles/a", {"title": "A2"})
    (kept,) = world.sandbox.desk.library.articles()
    assert (
        kept.updated_at > kept.translations[0].updated_at == datetime(2026, 11, 21, 8, tzinfo=UTC)
    )


def test_pages_for_some_are_not_in_the_help_centre_that_everybody_sees(world: World) -> None:
    for visibility in ("restricted", "internal", "unpublished"):
        page = {**PAGE, "id": visibility, "title": f"Only {visibility}", "visibility": visibility}
        number = world.control("POST", "/articles", page, status=201)["number"]
        assert f"Only {visibility}" not in world.client.get("/hc").text
        assert world.client.get(f"/hc/articles/{number}").status_code == 404


def test_saved_replies_are_written_changed_and_deleted(world: World) -> None:
    reply = {"id": "r", "name": "Refund", "body": "Hi", "folder": "Money", "group": "Billing"}
    made = world.control("POST", "/replies", reply, status=201)
    assert (made["group"], made["public"]) == ("Billing", True)
    changed = world.control("PATCH", "/replies/r", {"group": None, "public": False})
    assert (changed["name"], changed["group"], changed["public"]) == ("Refund", None, False)
    world.control("DELETE", "/replies/r")
    assert world.control("PUT", "/replies", [reply])["replies"].keys() == {"r"}
    assert len(world.control("GET", "/replies")["replies"]) == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "sentence"),
    [
        ("PATCH", "/articles/x", {}, "There is no article x."),
        ("DELETE", "/articles/x", None, "There is no article x."),
        ("PATCH", "/replies/x", {}, "There is no saved reply x."),
        ("DELETE", "/replies/x", None, "There is no saved reply x."),
        ("PUT", "/replies", {}, "The body must be a list of replies."),
        ("POST", "/articles", {**PAGE, "visibility": "secret"}, "visibility: "),
        ("POST", "/articles", {"id": "a"}, "title: "),
        ("POST", "/articles", {**PAGE, "draft": True}, "draft: "),
    ],
)
def test_mistakes_get_one_clear_sentence(
    world: World, method: str, path: str, body: Any, sentence: str
) -> None:
    answer = world.client.open(f"/sandbox{path}", method=method, json=body)
    assert answer.status_code == 400
    assert answer.get_json()["error"].startswith(sentence)
