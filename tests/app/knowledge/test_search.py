from __future__ import annotations

import shutil
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select, update

from app.domain import Example, Source
from app.knowledge import remember, snapshot
from app.knowledge.chunk import sentences
from app.knowledge.index import ChromaVectors
from app.knowledge.search import KnowledgeDown, KnowledgeStatus
from app.ledger import lessons
from app.ledger.tables import examples
from connectors.articles import Article
from tests.app.knowledge.conftest import Desk, Server
from tests.app.knowledge.fakes import MemoryVectors, TinyEmbedder

LONG = "".join(f"<p>Filler paragraph {number} about billing cycles.</p>" for number in range(60))
ARTICLES = (
    Article(
        "1",
        "Exporting data",
        "<h2>CSV</h2><p>Open Settings → Data. Choose Export workspace and wait for a mail.</p>",
        url="https://acme.example/1",
        updated_at=datetime(2026, 3, 1, tzinfo=UTC),
    ),
    Article("2", "Resetting a password", "<p>Press the link below the password field.</p>"),
    Article("3", "Billing", LONG + "<p>A refund takes five days to arrive on cards.</p>"),
    Article("4", "Themes", "<p>There is a dark theme and a light theme to choose.</p>"),
)
CREATED = datetime(2026, 2, 1, tzinfo=UTC)


def example(number: int, question: str, answer: str = "Do this.", desk: str = "zendesk") -> Example:
    return Example(
        id=f"e{number}",
        helpdesk=desk,
        ticket_id=str(4800 + number),
        question=question,
        answer=answer,
        agent="Tom",
        created_at=CREATED,
        times_kept=6,
    )


def keep(desk: Desk, one: Example, state: str = "candidate") -> None:
    with desk.ledger.write() as connection:
        connection.execute(
            insert(examples).values(
                id=one.id,
                helpdesk=one.helpdesk,
                ticket_id=one.ticket_id,
                message_id=f"m{one.id}",
                question=one.question,
                answer=one.answer,
                agent=one.agent,
                state=state,
                indexed=False,
                times_kept=one.times_kept,
                created_at=one.created_at.timestamp(),
            )
        )


@pytest.fixture
def filled(desk: Desk) -> Desk:
    desk.sync(ARTICLES)
    return desk


def test_a_hit_is_a_passage_that_can_be_quoted(filled: Desk) -> None:
    hit = filled.knowledge.search("zendesk", "How do I export my workspace?")[0]
    assert hit.passage.source is Source.ARTICLE
    assert (hit.passage.origin_id, hit.passage.title) == ("1", "Exporting data")
    assert (hit.passage.heading, hit.passage.url) == ("CSV", "https://acme.example/1")
    assert "Choose Export workspace" in hit.passage.text
    assert hit.passage.updated_at == datetime(2026, 3, 1, tzinfo=UTC)
    assert 0 < hit.similarity <= 1
    assert {"chunk", "sentence", "words", "grams"} <= set(hit.parts)


def test_hits_are_ordered_and_at_most_three_of_an_article(filled: Desk) -> None:
    hits = filled.knowledge.search("zendesk", "billing cycles filler", limit=6)
    owners = [hit.passage.origin_id for hit in hits]
    assert owners.count("3") == 3
    assert len(hits) <= 6
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_the_chunk_that_answers_is_chosen_within_its_article(filled: Desk) -> None:
    hit = filled.knowledge.search("zendesk", "when does my refund arrive")[0]
    assert "refund takes five days" in hit.passage.text


@pytest.mark.parametrize(
    "question", ["", " \n", "?!… --", "\ud800", "export " * 8000, "の" * 50000]
)
def test_any_question_works(filled: Desk, question: str) -> None:
    assert filled.knowledge.search("zendesk", question)
    assert filled.knowledge.search_examples("zendesk", question) == []


def test_languages_are_those_of_the_articles_and_follow_the_generation(filled: Desk) -> None:
    base = filled.knowledge
    assert base.languages(filled.name) == {"en"}
    german = Article("5", "Kurse", "<p>Öffnen Sie den Kurs und ändern Sie die Plätze.</p>")
    filled.sync((*ARTICLES, german))
    assert base.languages(filled.name) == {"en", "de"}
    filled.sync((Article("6", "Cours", "<p>Bonjour.</p>", locale="fr-ca"),))
    assert base.languages(filled.name) == {"fr"}


def test_a_help_centre_that_says_the_wrong_language_is_read(filled: Desk) -> None:
    text = "<p>Öffnen Sie den Kurs und ändern Sie die Plätze.</p>"
    filled.sync((Article("5", "Kurse", text, locale="en-us"),))
    assert filled.knowledge.languages(filled.name) == {"en", "de"}


def test_a_language_is_known_however_many_articles_there_are_in_others(filled: Desk) -> None:
    many = [Article(str(n), "Classes", f"<p>Class {n}.</p>", locale="en") for n in range(10, 260)]
    filled.sync((*many, Article("900", "Cours", "<p>Bonjour.</p>", locale="fr")))
    assert filled.knowledge.languages(filled.name) == {"en", "fr"}


def test_without_a_sync_there_is_nothing_and_no_error(desk: Desk) -> None:
    assert desk.knowledge.search("zendesk", "anything") == []
    assert desk.knowledge.search_examples("zendesk", "anything") == []
    assert desk.knowledge.status("zendesk") == KnowledgeStatus()
    desk.knowledge.warm("zendesk")


def test_status_tells_what_is_live(filled: Desk) -> None:
    status = filled.knowledge.status("zendesk")
    assert (status.generation, status.articles) == (1, 4)
    assert status.passages == filled.vectors.count("zendesk-g1-chunks")
    assert 0 < filled.now - (status.live_at or 0) < 5


def test_a_switch_is_seen_by_a_search_base_that_was_open(filled: Desk) -> None:
    knowledge = filled.knowledge
    assert knowledge.search("zendesk", "dark theme")[0].passage.origin_id == "4"
    filled.sync((*ARTICLES[:3], Article("5", "Colours", "<p>A dark theme is all there is.</p>")))
    assert knowledge.search("zendesk", "dark theme")[0].passage.origin_id == "5"


def test_a_reader_between_pointer_and_files_keeps_its_generation(
    filled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The switch happens right after the pointer is read: both halves are still generation 1."""
    knowledge = filled.knowledge
    opened: list[snapshot.Snapshot | None] = []
    real = snapshot.open_snapshot

    def switched(*arguments: object) -> snapshot.Snapshot | None:
        patch.undo()
        filled.sync(ARTICLES[:2])
        opened.append(real(*arguments))  # type: ignore[arg-type]
        return opened[-1]

    with monkeypatch.context() as patch:
        patch.setattr(snapshot, "open_snapshot", switched)
        hits = knowledge.search("zendesk", "dark theme")
    assert opened[0] is not None
    assert opened[0].number == 1
    assert hits[0].passage.origin_id == "4"
    assert knowledge.search("zendesk", "dark theme")[0].passage.origin_id != "4"


def test_a_host_without_files_makes_them_from_ledger_and_index(filled: Desk) -> None:
    before = filled.knowledge.search("zendesk", "refund on cards")
    shutil.rmtree(filled.root)
    filled.embedder.seen.clear()
    assert filled.knowledge.search("zendesk", "refund on cards") == before
    assert filled.embedder.seen == ["refund on cards"]


def test_damaged_files_are_made_anew(filled: Desk) -> None:
    (snapshot.path(filled.root, "zendesk", 1) / "manifest.json").write_text("{")
    assert filled.found("dark theme")[0] == "4"


def test_files_of_another_version_are_made_anew(
    filled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "VERSION", snapshot.VERSION + 1)
    assert snapshot.open_snapshot(filled.root, "zendesk", 1) is None
    filled.embedder.seen.clear()
    assert filled.found("dark theme")[0] == "4"
    assert filled.embedder.seen == ["dark theme"]


def test_lost_files_and_lost_vectors_say_what_to_do(filled: Desk) -> None:
    shutil.rmtree(filled.root)
    filled.vectors = MemoryVectors()
    with pytest.raises(KnowledgeDown, match="understudy kb sync"):
        filled.knowledge.search("zendesk", "dark theme")


def test_vectors_of_another_embedder_are_not_compared(filled: Desk) -> None:
    filled.embedder = TinyEmbedder("other")
    with pytest.raises(KnowledgeDown, match="indexed with tiny, but EMBEDDINGS is other"):
        filled.knowledge.search("zendesk", "dark theme")


def test_a_large_collection_is_searched_by_a_cascade(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "EXACT_LIMIT", 3)
    desk.sync(ARTICLES)
    assert not (snapshot.path(desk.root, "zendesk", 1) / "chunks.npy").exists()
    assert desk.found("How do I export my workspace?")[0] == "1"
    hit = desk.knowledge.search("zendesk", "when does my refund arrive")[0]
    assert "refund takes five days" in hit.passage.text
    assert hit.parts["sentence"] > hit.parts["chunk"]
    for question in ("", "?!", "zzz"):
        assert desk.knowledge.search("zendesk", question)
    shutil.rmtree(desk.root)
    assert desk.found("How do I export my workspace?")[0] == "1"


def test_examples_are_found_by_their_question(desk: Desk) -> None:
    for one in (example(1, "How can I export?", "Go to Data."), example(2, "Change my theme")):
        keep(desk, one)
        desk.knowledge.index_example(one)
    hits = desk.knowledge.search_examples("zendesk", "export how")
    assert [hit.passage.origin_id for hit in hits] == ["e1", "e2"]
    assert hits[0].passage.source is Source.EXAMPLE
    assert (hits[0].passage.title, hits[0].passage.text) == (
        "Answer by Tom on #4801",
        "Go to Data.",
    )
    assert hits[0].similarity == hits[0].score == pytest.approx(1.0, abs=1e-5)
    assert hits[0].parts["times_kept"] == 6
    assert len(desk.knowledge.search_examples("zendesk", "export", limit=1)) == 1


def test_indexing_again_changes_nothing_and_the_ledger_knows(desk: Desk) -> None:
    one = example(1, "How can I export?")
    keep(desk, one)
    assert lessons.not_indexed(desk.ledger, "zendesk") == [one]
    for _ in range(2):
        desk.knowledge.index_example(one)
    assert lessons.not_indexed(desk.ledger, "zendesk") == []
    assert desk.vectors.count("zendesk-examples") == 1


def test_retired_examples_are_not_found(desk: Desk) -> None:
    for number in range(4):
        keep(desk, example(number, f"export number {number}"))
        desk.knowledge.index_example(example(number, f"export number {number}"))
    with desk.ledger.write() as connection:
        connection.execute(update(examples).where(examples.c.id != "e3").values(state="retired"))
    hits = desk.knowledge.search_examples("zendesk", "export number 0", limit=1)
    assert [hit.passage.origin_id for hit in hits] == ["e3"]


def test_another_embedder_starts_the_examples_anew(desk: Desk) -> None:
    for number in (1, 2):
        keep(desk, example(number, "How can I export?"))
        desk.knowledge.index_example(example(number, "How can I export?"))
    desk.embedder = TinyEmbedder("other", 32)
    assert desk.knowledge.search_examples("zendesk", "export") == []
    desk.knowledge.index_example(example(2, "How can I export?"))
    assert len(desk.knowledge.search_examples("zendesk", "export")) == 1
    with desk.ledger.read() as connection:
        indexed = connection.execute(select(examples.c.id).where(examples.c.indexed)).scalars()
        assert list(indexed) == ["e2"]


def test_sentences_are_ranked_by_cosine(desk: Desk) -> None:
    texts = ["Choose **Export** there.", "", "Themes are dark."]
    ranked = desk.knowledge.rank_sentences("export", texts)
    assert ranked[0] == pytest.approx(1.0, abs=0.3)
    assert ranked[0] > max(ranked[1:])
    assert desk.knowledge.rank_sentences("export", []) == []


def test_sentences_of_what_was_found_are_not_embedded_again(filled: Desk) -> None:
    knowledge = filled.knowledge
    question = "How do I export my workspace?"
    knowledge.prepare([question])
    filled.embedder.seen.clear()
    hit = knowledge.search("zendesk", question)[0]
    ranked = knowledge.rank_sentences(question, sentences(hit.passage.text))
    assert filled.embedder.seen == []
    assert max(ranked) == pytest.approx(hit.parts["sentence"], abs=1e-5)


def test_the_memory_of_vectors_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remember, "MOST", 3)
    knowledge = desk.knowledge
    texts = [f"sentence {number}" for number in range(10)]
    assert len(knowledge.rank_sentences("sentence", texts)) == 10
    assert len(knowledge._embedder) == 3


@pytest.mark.journey
def test_all_of_it_over_a_real_chroma(desk: Desk, chroma: Server) -> None:
    desk.vectors = ChromaVectors(chroma.url)
    desk.name = "journey"
    desk.sync(ARTICLES)
    assert desk.found("when does my refund arrive")[0] == "3"
    assert desk.sync(ARTICLES[:3]).generation == 2
    shutil.rmtree(desk.root)
    assert desk.found("when does my refund arrive")[0] == "3"
    keep(desk, example(1, "How can I export?", desk="journey"))
    desk.knowledge.index_example(example(1, "How can I export?", desk="journey"))
    assert desk.knowledge.search_examples("journey", "export how")[0].passage.text == "Do this."


def test_examples_that_the_index_lost_are_indexed_again(desk: Desk) -> None:
    for number in (1, 2):
        keep(desk, example(number, "How can I export?"))
        desk.knowledge.index_example(example(number, "How can I export?"))
    desk.knowledge.check_examples("zendesk")
    assert lessons.not_indexed(desk.ledger, "zendesk") == []
    desk.vectors.delete("zendesk-examples", ["e1"])
    desk.knowledge.check_examples("zendesk")
    assert len(lessons.not_indexed(desk.ledger, "zendesk")) == 2
    for one in lessons.not_indexed(desk.ledger, "zendesk"):
        desk.knowledge.index_example(one)
    desk.vectors.drop("zendesk-examples")  # the store came back empty
    desk.knowledge.index_example(example(1, "How can I export?"))
    assert [one.id for one in lessons.not_indexed(desk.ledger, "zendesk")] == ["e2"]
