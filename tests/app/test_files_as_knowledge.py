"""Folders of files come into answers by the same sync as the help centre."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.ledger import sources
from app.sweep import sync_knowledge
from tests.app.fakes import HELPDESK, Desk

pytestmark = pytest.mark.journey  # a process reads the files

QUESTION = "How do I descale the coffee machine?"
LIMITS = "Refund limits of the coffee machine"


@pytest.fixture
def shelf(desk: Desk, tmp_path: Path) -> Path:
    """Two folders beside the help centre, one for agents alone."""
    for name, text in (
        ("kb/machine/descale.md", "# Descale\n\nTo descale the coffee machine, press **Clean**."),
        ("kb/broken.pdf", "no PDF"),
        ("agents/limits.txt", f"{LIMITS}\n\nUp to 50 euros without asking."),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    desk.services.settings = desk.services.settings.model_copy(
        update={"kb_files": (f"{tmp_path}/kb",), "kb_internal_files": (f"{tmp_path}/agents",)}
    )
    return tmp_path


def found(desk: Desk, question: str) -> set[str]:
    return {hit.passage.origin_id for hit in desk.services.knowledge.search(HELPDESK, question)}


def test_files_are_found_and_those_for_agents_by_agents_alone(desk: Desk, shelf: Path) -> None:
    sync_knowledge(desk.services, HELPDESK)
    hits = desk.services.knowledge.search(HELPDESK, QUESTION)
    assert hits[0].passage.origin_id == "file:kb/machine/descale.md"
    assert "press **Clean**" in hits[0].passage.text
    assert hits[0].passage.metadata.areas == ("machine",)
    assert "file:agents/limits.txt" not in found(desk, LIMITS)
    internal = desk.services.knowledge.search_internal(HELPDESK, LIMITS)
    assert [hit.passage.origin_id for hit in internal] == ["file:agents/limits.txt"]
    assert (desk.services.settings.cache_dir / "files.db").is_file()  # spares the next sync
    with desk.services.ledger.read() as connection:
        kept = sources.findings(connection, HELPDESK)
    assert [(each.item, each.code) for each in kept] == [(str(shelf / "kb/broken.pdf"), "broken")]


def test_a_folder_that_vanishes_takes_nothing_with_it(desk: Desk, shelf: Path) -> None:
    sync_knowledge(desk.services, HELPDESK)
    (shelf / "kb").rename(shelf / "elsewhere")
    sync_knowledge(desk.services, HELPDESK)
    assert "file:kb/machine/descale.md" in found(desk, QUESTION)
    (shelf / "agents").rename(shelf / "nowhere")
    report = sync_knowledge(desk.services, HELPDESK)
    assert ["is not there" in str(error) for error in report.errors] == [True]
    assert "file:kb/machine/descale.md" in found(desk, QUESTION)


def test_a_deleted_file_leaves_the_search(desk: Desk, shelf: Path) -> None:
    sync_knowledge(desk.services, HELPDESK)
    (shelf / "kb/machine/descale.md").unlink()
    sync_knowledge(desk.services, HELPDESK)
    assert "file:kb/machine/descale.md" not in found(desk, QUESTION)
