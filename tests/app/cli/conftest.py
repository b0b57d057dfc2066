"""A terminal: commands that run here, and leave this process as they found it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from app.cli import main

Understudy = Callable[..., Result]
ZENDESK = {
    "HELPDESKS": "zendesk",
    "ZENDESK_URL": "http://127.0.0.1:1",
    "ZENDESK_CLIENT_ID": "understudy",
    "ZENDESK_CLIENT_SECRET": "invented-client-secret",
}


@pytest.fixture
def understudy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Understudy]:
    """Call it like a program; settings are given by name, and none come from elsewhere."""
    monkeypatch.setenv("UNDERSTUDY_ENV_FILE", "")  # commands set it for their children
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    structured = structlog.get_config()

    def call(*args: str, answer: str | None = None, **environ: str | None) -> Result:
        own = {"DATA_DIR": str(tmp_path), **ZENDESK, **environ}
        argv = ["--env-file", os.devnull, *args]
        return CliRunner().invoke(main, argv, prog_name="understudy", env=own, input=answer)

    yield call
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**structured)
