"""What a worker loads before it forks, so that no job loads it anew."""

from __future__ import annotations

from dataclasses import replace

from app.pipeline import language
from app.sweep import sync_knowledge
from app.worker_process import warm_up
from tests.app.fakes import EXPORT, HELPDESK, INVITE, Desk


def test_languages_are_told_apart_without_loading_anything_in_a_job(desk: Desk) -> None:
    # Helpdesks say in which language an article is: nothing is read out of its text then.
    desk.helpdesk.help_centre = (replace(EXPORT, locale="en-us"), replace(INVITE, locale="en-us"))
    sync_knowledge(desk.services, HELPDESK)
    language._model.cache_clear()
    warm_up(desk.services)
    assert language._model.cache_info().currsize == 1
    assert desk.helpdesk.writes == []
