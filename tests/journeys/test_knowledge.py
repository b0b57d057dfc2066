"""Knowledge for real: a sync that is killed again and again, a rebuild, and an article's edit.

Real processes of ``understudy kb``, a real Chroma server, a sandbox's help centre.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.domain import Collection
from app.knowledge.index import chunks_name
from app.knowledge.search import KnowledgeBase
from app.knowledge.sources import help_centre
from app.knowledge.sync import sync_documents
from app.ledger import knowledge
from app.ledger.store import Ledger, sqlite_url
from app.ledger.tables import metadata, tickets
from app.services import Services
from tests.app.knowledge.fakes import MemoryVectors
from tests.journeys.stage import HELPDESK, QUESTION, House, kill, opened, until

pytestmark = pytest.mark.journey

KILLS = 3
MORE = 30  # articles that the killed syncs bring in
OLD, NEW = "The file arrives by mail within an hour", "The file waits in the download centre"
TOPICS = ("harbour", "lantern", "meadow", "compass", "thimble", "orchard", "saddle", "beacon")


def topic(number: int) -> str:
    return f"{TOPICS[number % len(TOPICS)]} {number}"


def page(title: str, text: str) -> dict[str, str]:
    return {"title": title, "body": text, "format": "text"}


def grow(house: House) -> None:
    """The help centre gets many more articles, and one is edited."""
    for number in range(MORE):
        text = (
            f"To rename the {topic(number)} of a project, open its page and press the pencil. "
            f"Everybody who follows the {topic(number)} is told of its new name by mail. "
            f"The old name of the {topic(number)} finds it for another thirty days."
        )
        title = f"Rename the {topic(number)}"
        house.control("POST", "/articles", {"id": f"more-{number}", **page(title, text)})
    articles = house.control("GET", "/articles")["articles"]
    export = next(one for one in articles if one["title"] == "Export all your projects")
    text = f"You can export all projects in one go. Open Settings. {NEW}."
    house.control("PATCH", f"/articles/{export['id']}", page(export["title"], text))


@dataclass
class Searches:
    """Somebody who asks the same thing over and over, with connections of their own."""

    services: Services
    found: list[str] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)

    @contextmanager
    def going(self) -> Iterator[Searches]:
        over = threading.Event()
        thread = threading.Thread(target=self._ask, args=(over,))
        thread.start()
        try:
            yield self
        finally:
            over.set()
            thread.join()

    def _ask(self, over: threading.Event) -> None:
        try:
            while not over.wait(0.05):
                hits = self.services.knowledge.search(HELPDESK, QUESTION)
                said = " ".join(hit.passage.text for hit in hits)
                self.found.append({(True, False): "old", (False, True): "new"}.get(
                    (OLD in said, NEW in said), f"neither or both: {said}"
                ))  # fmt: skip
        except BaseException as error:
            self.faults.append(error)


def understudy(house: House, *arguments: str) -> subprocess.Popen[str]:
    """Start a command as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", *arguments],
        env={**os.environ, **house.services.environ, "UNDERSTUDY_ENV_FILE": os.devnull},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def is_syncing(house: House) -> bool:
    now = time.time()
    with house.services.ledger.read() as connection:
        query = select(tickets.c.ticket_id).where(
            tickets.c.ticket_id == "#knowledge", tickets.c.lease_until > now
        )
        return connection.execute(query).first() is not None


def end_lease(house: House) -> None:
    """Let the lease of a killed sync end now: it would in 15 seconds."""
    with house.services.ledger.write() as connection:
        connection.execute(
            update(tickets).where(tickets.c.ticket_id == "#knowledge").values(lease_until=0.0)
        )


def live_passages(ledger: Ledger) -> set[str]:
    with ledger.read() as connection:
        rows = knowledge.live_rows(connection, HELPDESK, Collection.PUBLIC)
        return {one for one, _ in knowledge.passage_ids(connection, rows)}


def another_reader(house: House) -> Services:
    return Services(house.services.settings, house.services.environ)


@pytest.fixture(scope="module")
def quiet_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Stores and a sandbox alone: nothing syncs but what the test starts."""
    with opened(tmp_path_factory.mktemp("knowledge") / "stage", doors=False) as house:
        yield house


def test_a_sync_killed_again_and_again_ends_like_a_clean_one(
    quiet_house: House, tmp_path: Path
) -> None:
    house, chance = quiet_house, random.Random(11)
    grow(house)
    killed = 0
    with Searches(another_reader(house)).going() as searches:
        for _ in range(KILLS):
            sync = understudy(house, "kb", "sync")
            until(lambda: is_syncing(house) or sync.poll() is not None, 60, "a sync begins")  # noqa: B023 (called at once)
            time.sleep(chance.uniform(0.0, 1.5))
            killed += sync.poll() is None
            kill(sync.pid)
            sync.communicate()
            end_lease(house)
        sync = understudy(house, "kb", "sync")
        said, _ = sync.communicate(timeout=120)
        assert sync.returncode == 0, said
        # A search that began before the switch may still end.
        seen = len(searches.found)
        until(lambda: len(searches.found) > seen + 2, 30, "searches after the switch")
    assert searches.faults == []
    assert killed, "each sync was quicker than its killer"
    assert set(searches.found) == {"old", "new"}
    assert searches.found == sorted(searches.found, reverse=True), "what was new stays new"
    _equals_a_clean_one(house, tmp_path)


def _equals_a_clean_one(house: House, folder: Path) -> None:
    services = another_reader(house)
    ledger = Ledger(sqlite_url(folder / "clean.db"))
    metadata.create_all(ledger.engine)
    vectors = MemoryVectors()
    listing = help_centre(services.connector(HELPDESK))
    work = (ledger, HELPDESK, [listing], services.embedder, vectors, folder, time.time)
    sync_documents(*work)
    assert live_passages(services.ledger) == live_passages(ledger)
    clean = KnowledgeBase(ledger, vectors, folder, services.embedder, time.time)
    for question in (QUESTION, *(f"rename the {topic(number)}" for number in range(0, MORE, 5))):
        found, wanted = (
            [hit.passage.id for hit in each.search(HELPDESK, question, 3)]
            for each in (services.knowledge, clean)
        )
        assert found == wanted, question
    with services.ledger.read() as connection:
        live = knowledge.live_generation(connection, HELPDESK)
    assert live is not None
    # What was taken over from generation to generation lies there once.
    assert services.vectors.count(chunks_name(HELPDESK, live.store)) <= MORE + 3 + 2


def test_a_rebuild_stops_no_search(quiet_house: House) -> None:
    with Searches(another_reader(quiet_house)).going() as searches:
        until(lambda: len(searches.found) > 3, 30, "searches before")
        rebuild = understudy(quiet_house, "kb", "rebuild")
        said, _ = rebuild.communicate(timeout=120)
        assert rebuild.returncode == 0, said
        seen = len(searches.found)
        until(lambda: len(searches.found) > seen + 2, 30, "searches after")
    assert searches.faults == []
    assert set(searches.found) <= {"old", "new"}
    assert len(set(searches.found)) == 1


def test_a_new_article_is_in_answers_within_a_minute(house: House) -> None:
    text = "The quokka mode is turned on under Settings, Animals. It needs no plan."
    body = {"id": "quokka", **page("Turn on quokka mode", text)}
    number = house.control("POST", "/articles", body)["id"]
    try:
        ask = "How do I turn on quokka mode?"
        services = another_reader(house)

        def known() -> bool:
            house.supervisor.tend()
            hits = services.knowledge.search(HELPDESK, ask, 3)
            return any("Settings, Animals" in hit.passage.text for hit in hits)

        until(known, 60, "the new article is found")
        ticket = house.write_in(ask)
        house.settle(ticket)
        assert any("Animals" in note for note in house.notes(ticket))
    finally:
        house.control("DELETE", f"/articles/{number}")
