"""What a worker loads before it forks, so that no job loads it anew."""

from __future__ import annotations

from app.pipeline import language
from app.worker_process import warm_up
from tests.app.fakes import Desk


def test_languages_are_told_apart_without_loading_anything_in_a_job(desk: Desk) -> None:
    # Nor where the help centre is read for the first time after the worker has started.
    language._model.cache_clear()
    warm_up(desk.services)
    assert language._model.cache_info().currsize == 1
    assert desk.helpdesk.writes == []
