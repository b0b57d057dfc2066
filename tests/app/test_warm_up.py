"""What a worker loads before it forks, so that no job loads it anew."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from app.domain import Collection
from app.knowledge import snapshot
from app.knowledge.search import KnowledgeBase
from app.knowledge.snapshot import Snapshot
from app.ledger.store import LedgerDown
from app.pipeline import language
from app.sweep import sync_knowledge
from app.worker_process import keep_warm, warm_up
from tests.app.fake_help_centre import EXPORT, INVITE
from tests.app.fakes import HELPDESK, Desk


def test_languages_are_told_apart_without_loading_anything_in_a_job(desk: Desk) -> None:
    # Nor where the help centre is read for the first time after the worker has started.
    language._model.cache_clear()
    warm_up(desk.services)
    assert language._model.cache_info().currsize == 1
    assert desk.helpdesk.writes == []


def test_no_job_opens_the_knowledge_anew_nor_after_it_changed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []
    opening = snapshot.open_snapshot

    def counted(root: Path, helpdesk: str, number: int, *more: Collection) -> Snapshot | None:
        opened.append(number)
        return opening(root, helpdesk, number, *more)

    monkeypatch.setattr(snapshot, "open_snapshot", counted)
    warm_up(desk.services)
    assert set(opened) == {1}
    edited = replace(EXPORT, html="<p>Exports of all projects are made by the robot.</p>")
    desk.helpdesk.help_centre = (edited, INVITE)
    sync_knowledge(desk.services, HELPDESK)
    opened.clear()
    for _ in range(2):
        keep_warm(desk.services)  # and then a job starts, with connections of its own
        hits = desk.services.knowledge.search(HELPDESK, "How do I export all projects?")
        assert "robot" in hits[0].passage.text
        desk.services.knowledge.search_internal(HELPDESK, "export")
        desk.services.let_go()
    assert opened == [2, 2]  # what is public, and what is internal


def test_a_worker_forks_whatever_the_ledger_does(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> NoReturn:
        raise LedgerDown("away")

    monkeypatch.setattr(KnowledgeBase, "warm", away)
    keep_warm(desk.services)


def test_knowledge_whose_files_lack_is_left_to_the_first_search(desk: Desk) -> None:
    # They may take minutes, in which a worker that forks would be taken for dead.
    shutil.rmtree(desk.services.settings.lexical_dir)
    keep_warm(desk.services)
    assert not desk.services.settings.lexical_dir.exists()
