"""A web process on a real ledger, with Zendesk's real signatures and no broker."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.web.support import Office


@pytest.fixture
def office(migrated: Path, tmp_path: Path) -> Iterator[Office]:
    shutil.copy(migrated, tmp_path / "ledger.db")
    made = Office(tmp_path)
    yield made
    made.services.let_go()
