"""Health: ``/healthz`` says that the process lives, ``/readyz`` names what is down."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import requests
from flask import Blueprint, current_app
from redis.exceptions import RedisError
from sqlalchemy import text

from app import queues, refusals
from app.ledger.store import LedgerDown
from app.services import Services

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> dict[str, object]:
    """Say that this process answers."""
    return {"status": "ok"}


@health.get("/readyz")
def ready() -> tuple[dict[str, object], int]:
    """Try everything that answering a ticket needs, and name what is down, in sentences.

    A helpdesk that refuses our credentials is named too, and is no reason to take this process
    away from the others: then the answer is 200 and ``degraded``.
    """
    services = cast("Services", current_app.extensions["understudy"])
    checks: dict[str, Callable[[Services], str]] = {
        "ledger": _ledger,
        "queue": _queue,
        "workers": _workers,
        "vectors": _vectors,
    }
    said = {name: check(services) for name, check in checks.items()}
    down = {name: sentence for name, sentence in said.items() if sentence}
    refused = {} if "queue" in down else _refused(services)
    status = "down" if down else "degraded" if refused else "ok"
    return {"status": status, "down": down, "refused": refused}, 503 if down else 200


def _ledger(services: Services) -> str:
    try:
        with services.hasty_ledger.read() as connection:
            connection.execute(text("select 1 from runs limit 1"))
    except LedgerDown as error:
        return f"{error}."
    return ""


def _queue(services: Services) -> str:
    try:
        services.hasty_broker.ping()
    except (RedisError, ValueError):
        where = queues.place_of(services.settings.redis_url)
        return f"The broker does not answer at {where}."
    return ""


def _workers(services: Services) -> str:
    broker = services.hasty_broker
    try:
        idle = [name for name in queues.QUEUES if not queues.has_worker(broker, name)]
        alone = not queues.has_scheduler(broker)
    except (RedisError, ValueError):
        return "Workers are looked for in the broker, which does not answer."
    missing = [f"No worker serves the queue {name}." for name in idle]
    return " ".join([*missing, *(["No scheduler runs."] if alone else [])])


def _vectors(services: Services) -> str:
    url = services.settings.chroma_url
    try:
        requests.get(f"{url}/api/v2/heartbeat", timeout=1).raise_for_status()
    except requests.RequestException:
        return f"The vector store does not answer at {queues.place_of(url)}."
    return ""


def _refused(services: Services) -> dict[str, str]:
    found = {
        helpdesk: refusals.refusal(services.shared, helpdesk)
        for helpdesk in services.settings.helpdesks
    }
    return {
        helpdesk: f"Our credentials are refused: {each.sentence}. {refusals.remedy(helpdesk)}"
        for helpdesk, each in found.items()
        if each is not None and each.until
    }
