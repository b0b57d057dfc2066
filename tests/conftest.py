"""Shared fixtures: a ledger in a folder that is thrown away, and the shared reference folder."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of vendor descriptions and public data sets that lies beside the project."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared beside the project: vendor descriptions and data sets are needed")
    return SHARED
