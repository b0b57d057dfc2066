"""One access token for all processes: fetched once, renewed once, and never told in a name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import responses
from requests import PreparedRequest

from connectors.shared import PrivateStore, Shared
from connectors.zendesk import Zendesk
from connectors.zendesk.auth import token_name
from tests.connectors.zendesk.support import API, BASE, NOW, Clock, fixture, zendesk

EXPORT = f"{API}/incremental/tickets/cursor"
TOKEN = f"{BASE}/oauth/tokens"
NAME = token_name(BASE, "understudy")


class Account:
    """A Zendesk that numbers its tokens and refuses those that were revoked."""

    def __init__(self, mock: responses.RequestsMock, lifetime: int | None = 3600) -> None:
        self.tokens = 0
        self.lifetime = lifetime
        self.revoked: set[str] = set()
        self.seen: list[str] = []
        mock.add_callback("POST", TOKEN, callback=self._issue)
        for address in (EXPORT, f"{API}/users/me", f"{API}/help_center/articles"):
            mock.add_callback("GET", address, callback=self._answer)

    def _issue(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        self.tokens += 1
        body = {"access_token": f"token-{self.tokens}", "expires_in": self.lifetime}
        return 201, {}, json.dumps(body)

    def _answer(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        token = str(request.headers["Authorization"]).removeprefix("Bearer ")
        self.seen.append(token)
        if token in self.revoked:
            return 401, {}, '{"error": "invalid_token"}'
        names = {"cursor": "export", "me": "me", "articles": "articles"}
        name = names[str(request.url).partition("?")[0].rpartition("/")[2]]
        return 200, {}, json.dumps({**fixture(name), "end_of_stream": True})


class Watched(PrivateStore):
    """A store that remembers for how long it was told to keep what."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, str, float]] = []

    def put(self, name: str, value: str, seconds: float) -> None:
        self.told.append((name, value, seconds))
        super().put(name, value, seconds)


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def account(mock: responses.RequestsMock) -> Account:
    return Account(mock)


def process(shared: Shared | None, clock: Clock | None = None) -> Zendesk:
    """Build a connector as a new process would."""
    clock = clock or Clock()
    return Zendesk(zendesk()._config, shared, sleep=clock.sleep, now=clock)


def read(connector: Zendesk) -> None:
    list(connector.changed(None))


def test_many_processes_use_one_token(account: Account) -> None:
    shared = PrivateStore()
    for _ in range(5):
        read(process(shared))
    assert account.seen == ["token-1"] * 5
    assert account.tokens == 1


def test_with_nothing_shared_each_logs_in_for_itself(account: Account) -> None:
    for _ in range(2):
        read(process(None))
    assert account.seen == ["token-1", "token-2"]


def test_a_token_refused_to_two_is_renewed_once(account: Account) -> None:
    shared = PrivateStore()
    first, second = process(shared), process(shared)
    read(first)
    read(second)
    account.revoked.add("token-1")
    read(first)
    read(second)
    assert account.seen[2:] == ["token-1", "token-2", "token-1", "token-2"]
    assert account.tokens == 2


def test_a_token_that_came_while_waiting_for_the_lock_is_used(account: Account) -> None:
    class Busy(PrivateStore):
        @contextmanager
        def lock(self, name: str, seconds: float) -> Iterator[None]:
            assert seconds <= 10
            self.put(name, json.dumps({"token": "of-another"}), 60)
            yield

    read(process(Busy()))
    assert account.seen == ["of-another"]
    assert account.tokens == 0


def test_a_token_is_fetched_anew_when_it_expires_whatever_the_store_still_holds(
    account: Account,
) -> None:
    shared, clock = PrivateStore(lambda: 0.0), Clock()
    read(process(shared, clock))
    clock.now += timedelta(seconds=3539)
    read(process(shared, clock))
    clock.now += timedelta(seconds=1)
    read(process(shared, clock))
    assert account.seen == ["token-1", "token-1", "token-2"]


@pytest.mark.parametrize(
    ("lifetime", "seconds", "until"),
    [
        (3600, 3540, (NOW + timedelta(seconds=3540)).isoformat().replace("+00:00", "Z")),
        (60, 30, (NOW + timedelta(seconds=30)).isoformat().replace("+00:00", "Z")),
        (None, 86_400, None),
    ],
    ids=["an hour", "shorter than the margin", "without an end"],
)
def test_the_store_is_told_for_how_long(
    mock: responses.RequestsMock, lifetime: int | None, seconds: float, until: str | None
) -> None:
    Account(mock, lifetime)
    shared = Watched()
    read(process(shared))
    [(name, value, told)] = shared.told
    assert (name, told) == (NAME, seconds)
    assert json.loads(value) == {"token": "token-1", "until": until}


@pytest.mark.parametrize("value", ["", "x", "{}", '{"token": ""}', '{"token": "t", "until": "?"}'])
def test_what_cannot_be_read_is_replaced(account: Account, value: str) -> None:
    shared = PrivateStore()
    shared.put(NAME, value, 60)
    read(process(shared))
    read(process(shared))
    assert account.seen == ["token-1", "token-1"]


def test_names_tell_accounts_and_clients_apart_and_nothing_secret(account: Account) -> None:
    shared = Watched()
    read(process(shared))
    [(name, value, _)] = shared.told
    assert "invented-client-secret" not in name + value
    assert "token-1" not in name
    names = {token_name(url, who) for url in (BASE, "https://b.example") for who in ("x", "y")}
    assert len(names) == 4


def test_a_probe_tries_the_settings_and_not_an_older_token(account: Account) -> None:
    shared = PrivateStore()
    read(process(shared))
    stored = shared.get(NAME)
    findings = {finding.check: finding for finding in process(shared).probe()}
    assert findings["zendesk user"].ok
    assert set(account.seen[1:]) == {"token-2"}
    assert shared.get(NAME) == stored
