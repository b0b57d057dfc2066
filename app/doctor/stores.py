"""The broker and the vector store: those that are configured, or those that ``up`` runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import requests
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from app import queues
from app.doctor.subject import Installation
from connectors.setup import Finding

OLDEST = (6, 2)  # RQ moves jobs by LMOVE, which came with it
PATIENCE = 3.0  # seconds
BROKER, VECTORS = "broker", "vector store"


def broker(subject: Installation) -> Iterator[Finding]:
    """Try the queue's broker."""
    url = subject.services.settings.redis_url
    if not url:
        yield _embedded(BROKER)
        return
    fault = broker_fault(url)
    if fault:
        yield Finding(BROKER, ok=False, message=fault, remedy=_remedy(subject))
        return
    connection = queues.connect_broker(url, PATIENCE)
    yield version(_info(connection, "server"))
    yield persistence(_info(connection, "persistence"))


def broker_fault(url: str) -> str:
    """Say in a sentence why a broker cannot be used; "" where it answers."""
    where = queues.place_of(url)
    try:
        queues.connect_broker(url, PATIENCE).ping()
    except (AuthenticationError, NoPermissionError):
        return f"The broker at {where} refuses the user or password in REDIS_URL."
    except ResponseError as error:
        return f"The broker at {where} refuses us: {error}."
    except (RedisError, ValueError, OSError):
        return f"The broker at {where} does not answer within {PATIENCE:.0f} s."
    return ""


def version(server: Mapping[str, Any]) -> Finding:
    """Judge what a broker tells of itself; Valkey gives the version of Redis that it is like."""
    told = str(server.get("redis_version", ""))
    found = re.match(r"(\d+)\.(\d+)", told)
    if not found:
        said = "The broker answers, and does not tell its version."
        return Finding(BROKER, ok=True, message=said)
    name = f"Valkey {server['valkey_version']}" if "valkey_version" in server else f"Redis {told}"
    if (int(found[1]), int(found[2])) < OLDEST:
        said = f"The broker is {name}, which lacks what the queue needs."
        remedy = "Use Redis 6.2 or later, or Valkey; or leave REDIS_URL empty."
        return Finding(BROKER, ok=False, message=said, remedy=remedy)
    return Finding(BROKER, ok=True, message=f"The broker answers: {name}.")


def persistence(told: Mapping[str, Any]) -> Finding:
    """Judge whether a broker keeps the queue over a restart."""
    check = "broker's memory"
    if not told:
        return Finding(check, ok=True, message="The broker does not tell whether it writes.")
    if int(told.get("aof_enabled", 0)):
        return Finding(check, ok=True, message="It writes every change down (append-only file).")
    return Finding(
        check,
        ok=True,
        message="It forgets the queue when it restarts (no append-only file).",
        remedy="Set appendonly yes; without it nothing is lost, but waiting tickets come later.",
    )


def vectors(subject: Installation) -> Iterator[Finding]:
    """Try the vector store."""
    url = subject.services.settings.chroma_url
    if not url:
        yield _embedded(VECTORS)
        return
    try:
        requests.get(f"{url}/api/v2/heartbeat", timeout=PATIENCE).raise_for_status()
        told = requests.get(f"{url}/api/v2/version", timeout=PATIENCE).json()
    except (requests.RequestException, ValueError):
        said = f"No Chroma answers at {queues.place_of(url)} within {PATIENCE:.0f} s."
        yield Finding(VECTORS, ok=False, message=said, remedy=_remedy(subject, "CHROMA_URL"))
        return
    yield Finding(VECTORS, ok=True, message=f"Chroma {told} answers.")


def _info(connection: Redis, section: str) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = connection.info(section)
    except RedisError:
        return {}  # a managed broker may keep it to itself
    return found


def _embedded(check: str) -> Finding:
    said = "Embedded: understudy up starts it. It does not run now, so nothing was tried."
    return Finding(check, ok=True, message=said)


def _remedy(subject: Installation, variable: str = "REDIS_URL") -> str:
    if subject.up:
        return f"See the logs in {subject.services.settings.data_dir / 'logs'}; up restarts it."
    return f"Start it, or mend {variable}; left empty, understudy up runs one of its own."
