"""Fixtures of the Zendesk tests: a Zendesk that hands out tokens and groups, and a connector."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses

from connectors.zendesk import Zendesk
from tests.connectors.zendesk.support import API, Clock, fixture, serve_token, zendesk


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        serve_token(mock)
        mock.get(f"{API}/groups.json", json=fixture("groups"))
        yield mock


@pytest.fixture
def connector() -> Zendesk:
    return zendesk(Clock())
