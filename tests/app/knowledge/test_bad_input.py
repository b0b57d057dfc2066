"""Whatever a source gives: one clear finding, everything else served, nothing lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from app.knowledge.documents import (
    CANNED,
    FILES,
    Document,
    Finding,
    Gone,
    Listing,
    SourceFailed,
)
from app.knowledge.prepare import MOST_PASSAGES, prepare
from app.knowledge.sync import SyncReport, sync_documents
from app.knowledge.text import Format, readable
from app.ledger import sources
from connectors.errors import Unreachable
from tests.app.knowledge.conftest import Desk

GOOD = Document("1", "Exporting data", "<p>Open Settings and choose Export workspace.</p>")
OTHER = Document("2", "Resetting a password", "<p>Press the link below the field.</p>")


def sync(desk: Desk, *listings: Listing) -> SyncReport:
    return sync_documents(
        desk.ledger, desk.name, listings, desk.embedder, desk.vectors, desk.root, desk.clock
    )


def files(*items: Document | Gone | Finding, whole: bool = True) -> Listing:
    return Listing(FILES, items, whole=whole, how="files")


def breaking(*items: Document, error: Exception) -> Iterable[Document]:
    yield from items
    raise error


def found(desk: Desk) -> list[tuple[str, str]]:
    with desk.ledger.read() as connection:
        return [(each.item, each.code) for each in sources.findings(connection, desk.name)]


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Half a \ud83d pair", "<p>Half a \udc00 surrogate is no text.</p>"),
        ("A \x00 NUL", "<p>Zero \x00 bytes \x00 in it.</p>"),
        ("Broken", "<p>Never <b>closed <div><table><td>anything <<<>>> &nosuch; &#xD800;"),
        ("Deep", "<div>" * 3000 + "deep down" + "</div>" * 3000),
        ("Empty", ""),
    ],
)
def test_whatever_a_page_holds_it_and_the_others_are_served(
    desk: Desk, title: str, body: str
) -> None:
    report = sync(desk, files(GOOD, Document("9", title, body, url="https://x.example/\ud800\x00")))
    assert (report.added, report.errors) == (2, [])
    assert desk.found("export workspace")[0] == "1"
    assert "9" in desk.found(title)


def test_a_page_that_trips_us_keeps_what_it_was_and_no_other_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(desk, files(GOOD, OTHER))

    def tripping(body: str, form: Format = "html") -> str:
        if "robot" in body:
            raise RecursionError("too deep")
        return readable(body, form)

    monkeypatch.setattr("app.knowledge.prepare.readable", tripping)
    edited = Document("2", OTHER.title, "<p>Ask the concierge.</p>")
    assert sync(desk, files(Document("1", GOOD.title, "robot"), edited)).removed == 0
    assert found(desk) == [("1", "unprepared")]
    assert desk.found("export workspace")[0] == "1"
    assert desk.found("concierge")[0] == "2"


def test_a_page_without_a_word_is_a_finding_and_no_error(desk: Desk) -> None:
    report = sync(desk, files(GOOD, Document("9", " ", "<script>alert(1)</script>")))
    assert (report.added, found(desk)) == (1, [("9", "empty")])


def test_a_page_that_shows_pictures_alone_is_found_by_its_title_and_told(desk: Desk) -> None:
    sync(desk, files(GOOD, Document("9", "Where is the moon?", "<p><iframe src='x'></iframe></p>")))
    assert found(desk) == [("9", "title-only")]
    assert desk.found("where is the moon")[0] == "9"


def test_a_page_of_200000_words_is_found_by_its_beginning_and_told() -> None:
    text = " ".join(f"word{number}" for number in range(200_000))
    prepared = prepare("zendesk", FILES, Document("9", "Everything", text, form="text"))
    assert prepared.article is not None
    assert len(prepared.article.passages) == MOST_PASSAGES
    (finding,) = prepared.findings
    assert finding.code == "too-long"
    assert "200,000 words; the first 400 passages can be found" in finding.text


def test_an_id_that_the_ledger_has_no_room_for_stays_one(desk: Desk) -> None:
    long = [f"{'folder/' * 30}{number}.md" for number in range(2)]
    documents = [Document(one, f"Page {one[-4]}", "<p>Some text.</p>") for one in long]
    assert sync(desk, files(*documents)).added == 2
    assert sync(desk, files(*documents)).unchanged == 2
    assert sync(desk, files(Gone(long[0]), whole=False)).removed == 1


def test_a_source_that_stops_in_the_middle_keeps_what_it_had_and_others_go_on(desk: Desk) -> None:
    sync(desk, Listing(CANNED, [GOOD]), files(OTHER))
    stopped = breaking(error=Unreachable("The helpdesk cannot be reached"))
    edited = Document("2", OTHER.title, "<p>Ask the concierge.</p>")
    report = sync(desk, Listing(CANNED, stopped), files(edited))
    assert (report.changed, report.removed) == (1, 0)
    assert [str(error) for error in report.errors] == ["The helpdesk cannot be reached"]
    assert desk.found("export workspace")[0] == "1"
    assert desk.found("concierge")[0] == "2"
    with desk.ledger.read() as connection:
        states = sources.states(connection, desk.name)
    assert (states[CANNED].state, states[FILES].state) == ("failed", "ok")
    assert 0 < (states[CANNED].whole_at or 0) < states[CANNED].checked_at


@pytest.mark.parametrize("error", [SourceFailed("/kb is not there"), OSError("disk"), None])
def test_a_folder_that_vanished_takes_nothing_with_it(desk: Desk, error: Exception | None) -> None:
    sync(desk, files(GOOD, OTHER))
    gone = breaking(error=error) if error else iter([])
    report = sync(desk, Listing(FILES, gone, how="files"))
    assert (report.removed, len(report.errors)) == (0, 1)
    assert desk.found("export workspace")[0] == "1"
    assert sync(desk, files(GOOD)).removed == 1


def test_findings_go_with_what_they_were_about(desk: Desk) -> None:
    locked, broken = (Finding(f"{n}.pdf", "encrypted", "Is encrypted.") for n in ("a", "b"))
    sync(desk, files(GOOD, locked, broken))
    assert found(desk) == [("a.pdf", "encrypted"), ("b.pdf", "encrypted")]
    mended = Document("a.pdf", "Mended", "<p>Now it can be read.</p>")
    sync(desk, files(mended, whole=False))
    assert found(desk) == [("b.pdf", "encrypted")], "what was not looked at stays told"
    sync(desk, Listing(FILES, breaking(error=SourceFailed("gone"))))
    assert found(desk) == [("b.pdf", "encrypted")]
    sync(desk, files(GOOD))
    assert found(desk) == []


def test_no_more_than_a_few_documents_are_in_memory_at_once(desk: Desk) -> None:
    alive = []

    class Heavy(str):
        """A body that tells when it is let go."""

        __slots__ = ("__weakref__",)

    def many() -> Iterator[Document]:
        import weakref

        for number in range(200):
            body = Heavy(f"<p>The page number {number} says little.</p>")
            alive.append(weakref.ref(body))
            yield Document(str(number), f"Page {number}", body)
            del body
            assert sum(one() is not None for one in alive) < 40

    assert sync(desk, files(*[GOOD]), Listing(CANNED, many())).added == 200


def test_a_restricted_page_is_found_by_nobody_whom_it_is_not_for(desk: Desk) -> None:
    guarded = Document("9", "Margins", "<p>The margin is 80 percent.</p>", restricted=True)
    sync(desk, files(GOOD, guarded))
    assert "9" not in desk.found("what is the margin percent")
