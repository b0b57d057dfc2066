"""Health: ``/healthz`` says that the process lives, ``/readyz`` names what is down."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import requests
from flask import Blueprint, current_app
from sqlalchemy import text

from app import queues
from app.services import Services

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> dict[str, object]:
    """Say that this process answers."""
    return {"status": "ok"}


@health.get("/readyz")
def ready() -> tuple[dict[str, object], int]:
    """Try everything that answering a ticket needs, and name what is down."""
    services = cast("Services", current_app.extensions["understudy"])
    checks: dict[str, Callable[[Services], None]] = {
        "ledger": _ledger,
        "queue": _queue,
        "workers": _workers,
        "vectors": _vectors,
    }
    down: dict[str, str] = {}
    for name, check in checks.items():
        try:
            check(services)
        except Exception as error:  # a probe reports whatever went wrong
            down[name] = str(error).splitlines()[0] if str(error) else type(error).__name__
    return {"status": "down" if down else "ok", "down": down}, 503 if down else 200


def _ledger(services: Services) -> None:
    with services.ledger.read() as connection:
        connection.execute(text("select 1 from runs limit 1"))


def _queue(services: Services) -> None:
    services.hasty_broker.ping()


def _workers(services: Services) -> None:
    broker = services.hasty_broker
    missing = [name for name in queues.QUEUES if not queues.has_worker(broker, name)]
    if missing:
        raise RuntimeError(f"no worker on {', '.join(missing)}")


def _vectors(services: Services) -> None:
    url = f"{services.settings.chroma_url}/api/v2/heartbeat"
    requests.get(url, timeout=1).raise_for_status()
