"""One running house for all journeys that leave it as they found it: starting one takes seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.stage import House, opened


@pytest.fixture(scope="session")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("house") / "stage", JOB_SECONDS="90") as house:
        yield house


@pytest.fixture
def house(shared_house: House) -> Iterator[House]:
    yield shared_house
    shared_house.control("DELETE", "/faults")
