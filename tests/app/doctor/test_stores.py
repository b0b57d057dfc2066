"""Stores: what answers is judged by what it says of itself, and no password is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import responses

from app.doctor import stores
from app.doctor.exam import State, state_of
from app.doctor.stores import broker_fault, persistence, version
from app.doctor.subject import Installation
from app.services import Services
from app.settings import Settings

PASSWORD = "invented-pass"


def installation(folder: Path, *, up: bool = False, **settings: Any) -> Installation:
    made = Settings(helpdesks=("zendesk",), data_dir=folder, **settings)
    return Installation(Services(made, {}), up=up)


@pytest.mark.parametrize(
    ("told", "ok", "said"),
    [
        ({"redis_version": "6.2.0"}, True, "Redis 6.2.0"),
        ({"redis_version": "10.0.1"}, True, "Redis 10.0.1"),
        ({"redis_version": "7.2.4", "valkey_version": "9.1.2"}, True, "Valkey 9.1.2"),
        ({"redis_version": "6.0.16"}, False, "Redis 6.0.16, which lacks"),
        ({"redis_version": "5.0"}, False, "lacks"),
        ({"redis_version": "new"}, True, "does not tell"),
        ({}, True, "does not tell"),
    ],
)
def test_a_broker_must_be_new_enough(told: dict[str, str], ok: bool, said: str) -> None:
    found = version(told)
    assert found.ok is ok
    assert said in found.message


@pytest.mark.parametrize(
    ("told", "state"),
    [({"aof_enabled": 1}, State.OK), ({"aof_enabled": 0}, State.NOTE), ({}, State.OK)],
)
def test_a_broker_that_forgets_is_worth_a_note(told: dict[str, int], state: State) -> None:
    assert state_of(persistence(told)) is state


def test_a_real_broker_is_asked(tmp_path: Path, broker_url: str) -> None:
    first, second = stores.broker(installation(tmp_path, redis_url=broker_url))
    assert (first.ok, "Valkey" in first.message) == (True, True)
    assert state_of(second) is State.NOTE, "this one writes nothing down"


def test_a_broker_that_does_not_answer_is_a_sentence(tmp_path: Path) -> None:
    url = f"redis://maya:{PASSWORD}@127.0.0.1:1/0"
    (found,) = stores.broker(installation(tmp_path, redis_url=url))
    assert not found.ok
    assert found.message == "The broker at 127.0.0.1:1 does not answer within 3 s."
    assert "REDIS_URL" in found.remedy
    assert PASSWORD not in str(found)


def test_a_refused_password_is_told_from_silence(broker_socket: str) -> None:
    said = broker_fault(f"unix://maya:{PASSWORD}@{broker_socket}")
    assert said == f"The broker at {broker_socket} refuses the user or password in REDIS_URL."


@pytest.mark.parametrize("look", [stores.broker, stores.vectors])
def test_embedded_stores_that_do_not_run_are_no_fault(look: Any, tmp_path: Path) -> None:
    (found,) = look(installation(tmp_path))
    assert state_of(found) is State.OK
    assert "understudy up starts it" in found.message


def test_a_vector_store_tells_its_version(tmp_path: Path) -> None:
    with responses.RequestsMock() as line:
        line.get("http://chroma.example:8000/api/v2/heartbeat", json={})
        line.get("http://chroma.example:8000/api/v2/version", json="1.0.0")
        subject = installation(tmp_path, chroma_url="http://chroma.example:8000")
        (found,) = stores.vectors(subject)
    assert (found.ok, found.message) == (True, "Chroma 1.0.0 answers.")


def test_what_is_no_vector_store_is_told_and_no_password_shown(tmp_path: Path) -> None:
    with responses.RequestsMock() as line:
        url = f"http://maya:{PASSWORD}@chroma.example:8000"
        line.get(f"{url}/api/v2/heartbeat", status=404)
        (found,) = stores.vectors(installation(tmp_path, chroma_url=url))
    assert not found.ok
    assert "No Chroma answers at chroma.example:8000" in found.message
    assert PASSWORD not in str(found)


def test_a_store_that_up_runs_is_looked_for_in_its_logs(tmp_path: Path) -> None:
    subject = installation(tmp_path, up=True, redis_url="unix:///nowhere/broker.sock")
    (found,) = stores.broker(subject)
    assert str(tmp_path / "logs") in found.remedy
