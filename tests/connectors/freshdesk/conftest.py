"""Fixtures of the Freshdesk tests: an account that remembers, and a connector for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses

from connectors.freshdesk import Freshdesk
from tests.connectors.freshdesk.support import Account, Clock, freshdesk


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def account(mock: responses.RequestsMock) -> Account:
    return Account(mock)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connector(clock: Clock) -> Freshdesk:
    return freshdesk(clock)
