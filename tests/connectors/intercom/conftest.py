"""Fixtures of the Intercom tests: a workspace that is read, and a connector with a clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses

from connectors.intercom import Intercom
from tests.connectors.intercom.support import Clock, intercom


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connector(clock: Clock) -> Intercom:
    return intercom(clock)
