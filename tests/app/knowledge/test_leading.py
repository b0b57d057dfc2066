"""What leads a search beside the question: who asks, past questions, how drafts fared."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from app.as_json import to_json
from app.domain import (
    ANYBODY,
    Asker,
    Citation,
    Draft,
    Example,
    SaveDraft,
    Source,
)
from app.knowledge import snapshot
from app.knowledge.catalogue import Catalogue
from app.ledger import pointers
from app.ledger.tables import examples, runs, signals
from app.pipeline.queries import Query, query
from connectors.articles import Article, Audience, Visibility
from connectors.types import Person
from tests.app.knowledge.conftest import Desk

EXPORT = Article("1", "Export", "<p>Open Data and press Export workspace.</p>")
THEMES = Article("2", "Themes", "<p>There is a dark theme and a light theme.</p>")
REFUND = Article("3", "Refunds", "<p>A refund takes five days on cards.</p>")
STAFF = Article(
    "4", "Refunds for staff", "<p>A refund of staff takes one day on cards.</p>",
    visibility=Visibility.RESTRICTED, audience=Audience(any_tags=frozenset({"staff"})),
)  # fmt: skip
GERMAN = Article(
    "5", "Erstattung", "<p>Eine Erstattung auf Karten (refund cards) dauert fünf Tage, "
    "nachdem wir sie angestoßen haben.</p>", locale="de",
)  # fmt: skip
ALL = (EXPORT, THEMES, REFUND, STAFF, GERMAN)
REFUNDS = "how long does a refund on cards take"


def found(desk: Desk, question: str | list[Query], asker: Asker = ANYBODY) -> list[str]:
    return [hit.passage.origin_id for hit in desk.knowledge.search(desk.name, question, 8, asker)]


@pytest.fixture(params=["exact", "cascade"])
def filled(request: pytest.FixtureRequest, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    if request.param == "cascade":
        monkeypatch.setattr(snapshot, "EXACT_LIMIT", 1)
    desk.sync(ALL)
    return desk


def test_a_restricted_article_is_found_for_its_audience_alone(filled: Desk) -> None:
    assert "4" not in found(filled, REFUNDS)
    assert "4" not in found(filled, REFUNDS, Asker(Person("7")))
    assert "4" in found(filled, REFUNDS, Asker(Person("7", tags=frozenset({"staff"}))))


def test_only_articles_of_the_askers_language_are_found(filled: Desk) -> None:
    assert {"3", "5"} <= set(found(filled, REFUNDS))
    assert "5" not in found(filled, REFUNDS, Asker(language="en"))
    assert found(filled, REFUNDS, Asker(language="de"))[0] == "5"


def test_an_article_in_the_wrong_locale_is_known_by_its_text(desk: Desk) -> None:
    text = "<p>The refund takes five days to arrive on your card after we have started it.</p>"
    desk.sync((Article("1", "Refunds", text, locale="de"), GERMAN))
    assert "1" in found(desk, REFUNDS, Asker(language="en"))


def test_several_questions_are_searched_for_at_once(filled: Desk) -> None:
    both = [query("refund on cards"), query("dark theme")]
    assert set(found(filled, both)[:2]) == {"3", "2"}
    mixed = Query((("dark theme", 0.7), ("dark theme export workspace data", 0.3)))
    assert found(filled, [mixed])[0] == "2"


def test_nothing_asked_finds_nothing(filled: Desk) -> None:
    assert found(filled, []) == []


def test_every_hit_tells_whether_there_is_an_answer(filled: Desk) -> None:
    for hit in filled.knowledge.search(filled.name, REFUNDS):
        assert 0 <= hit.parts["answerable"] <= 1


def test_a_past_question_leads_to_its_article(filled: Desk) -> None:
    slang = "my dough is not back"
    assert found(filled, "my dough is not back yet")[0] != "3"
    filled.knowledge.index_pointers(filled.name, [("p1", slang, "3"), ("p2", "paint it", "2")])
    filled.knowledge.index_pointers(filled.name, [("p1", slang, "3")])
    assert found(filled, "my dough is not back yet")[0] == "3"
    assert filled.knowledge.search_examples(filled.name, slang) == []  # it holds no answer
    assert filled.vectors.count("zendesk-examples") == 2


def test_a_past_question_of_an_article_that_is_gone_leads_nowhere(filled: Desk) -> None:
    filled.knowledge.index_pointers(filled.name, [("p1", REFUNDS, "999")])
    assert found(filled, REFUNDS)[0] == "3"


def test_a_past_question_that_is_retired_leads_nowhere(filled: Desk) -> None:
    filled.knowledge.index_pointers(filled.name, [("p1", "my dough is not back", "3")])
    with filled.ledger.write() as connection:
        connection.execute(examples.update().values(state="retired"))
    assert found(filled, "my dough is not back yet")[0] != "3"
    filled.knowledge.index_pointers(filled.name, [("p1", "my dough is not back", "3")])
    assert found(filled, "my dough is not back yet")[0] != "3"


def test_a_restricted_article_stays_hidden_whoever_points_to_it(filled: Desk) -> None:
    filled.knowledge.index_pointers(filled.name, [("p1", REFUNDS, "4")])
    assert "4" not in found(filled, REFUNDS)


def test_an_example_with_an_article_is_both_answer_and_lead(filled: Desk) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    one = Example("e1", filled.name, "1", "my dough?", "Wait.", "Tom", at, article_id="3")
    with filled.ledger.write() as connection:
        pointers.keep(connection, filled.name, [pointers.Pointed("e1", one.question, "3")], 0)
        connection.execute(examples.update().values(answer=one.answer))
    filled.knowledge.index_example(one)
    assert found(filled, "my dough?")[0] == "3"
    (hit,) = filled.knowledge.search_examples(filled.name, "my dough?")
    assert hit.passage.text == "Wait."


def remember_verdict(desk: Desk, number: int, passage: str, kind: str) -> None:
    citation = Citation(passage, Source.ARTICLE, "1", "Export")
    decision = SaveDraft(Draft("Hi", (citation,), 0.5), ())
    with desk.ledger.write() as connection:
        connection.execute(
            insert(runs).values(
                id=f"r{number}", helpdesk=desk.name, ticket_id=str(number), message_id="m",
                trigger="event", state="applied", due_at=0, attempts=0, created_at=0,
                updated_at=0, question="", decision=to_json(decision), evidence="[]",
                reasons="[]", unsure=False, bugs=0,
            )
        )  # fmt: skip
        connection.execute(
            insert(signals).values(
                run_id=f"r{number}", message_id="m", kind=kind, agent="Tom", kept_share=1.0,
                created_at=float(number),
            )
        )  # fmt: skip


def test_how_drafts_fared_moves_a_passage_a_little(filled: Desk) -> None:
    before = filled.knowledge.search(filled.name, "export workspace")[0]
    for number in range(6):
        remember_verdict(filled, number, before.passage.id, "rewritten" if number == 5 else "kept")
    with filled.ledger.read() as connection:
        assert pointers.records(connection, filled.name) == {before.passage.id: (5, 1)}
    after = filled.knowledge.search(filled.name, "export workspace")[0]
    assert 0 < after.score - before.score <= 0.3


def test_a_catalogue_judges_each_kind_of_article_once(filled: Desk) -> None:
    opened = snapshot.open_snapshot(filled.root, filled.name, 1)
    assert opened is not None
    catalogue = Catalogue(opened)
    assert sorted(catalogue.numbers) == ["1", "2", "3", "4", "5"]
    assert catalogue.shown_to(Asker()).sum() == 4
    assert (catalogue.lift_for(Asker()) == 0).all()


def test_labels_move_an_article_for_who_asks(desk: Desk) -> None:
    twins = [
        Article(str(n), "Refunds", f"<p>A refund on cards takes {n} days.</p>", labels=labels)
        for n, labels in ((8, ("area:billing",)), (9, ()))
    ]
    desk.sync((*twins, THEMES, EXPORT))
    plain = {h.passage.origin_id: h.score for h in desk.knowledge.search(desk.name, REFUNDS)}
    asker = Asker(words=frozenset({"billing"}))
    moved = {
        h.passage.origin_id: h.score for h in desk.knowledge.search(desk.name, REFUNDS, 8, asker)
    }
    assert moved["8"] - plain["8"] == pytest.approx(0.15)
    assert moved["9"] == pytest.approx(plain["9"])
