"""Puts the sandbox together: state, façade, faults, webhooks, control API and inbox in one app."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from flask import Flask, abort, request

from connectors import KINDS
from connectors.sandbox.control import Control
from connectors.sandbox.couriers import Couriers, Post, poster
from connectors.sandbox.facade import Facade
from connectors.sandbox.faults import Faults
from connectors.sandbox.gate import CallLog, Gate
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.inbox import Inbox
from connectors.sandbox.store import Store

LARGEST_BODY = 8 * 1024 * 1024


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


def facade_of(kind: str, environ: Mapping[str, str]) -> Facade:
    """Build a kind's façade from the folder that the registry names."""
    facade: Facade = import_module(f"{KINDS[kind]}.sandbox").facade(environ)
    return facade


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A whole sandbox; nothing is sent before ``couriers.start()``."""

    app: Flask
    desk: Helpdesk
    faults: Faults
    couriers: Couriers
    store: Store

    def close(self) -> None:
        """Stop sending and close the file."""
        self.couriers.stop()
        self.store.close()


def build(
    kind: str,
    facade: Facade,
    data: Path,
    webhook_url: str,
    *,
    now: Callable[[], datetime] = utc_now,
    sleep: Callable[[float], None] = time.sleep,
    send: Post | None = None,
    pace: float = 1.0,
    faults: Faults | None = None,
) -> Sandbox:
    """Build a sandbox that keeps its state in the folder ``data``."""
    store = Store(data / f"{kind}.sqlite3")
    desk, faults, calls = Helpdesk(store, now), faults or Faults(), CallLog()
    send = send or poster(facade.attempt_seconds)
    couriers = Couriers(desk, facade, faults, webhook_url, send=send, pace=pace)
    app = Flask("connectors.sandbox", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    # Without passwords: so no page of another site may reach it, not by a name that it rebinds.
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost"]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.before_request(_own_pages_only)
    api = facade.blueprint(desk)
    Gate(desk, facade, faults, calls, sleep).guard(app, api.name)
    app.register_blueprint(api)
    control = Control(kind, desk, facade, faults=faults, couriers=couriers, calls=calls)
    app.register_blueprint(control.blueprint())
    app.register_blueprint(Inbox(kind, desk, facade.agent_path).blueprint())
    return Sandbox(app, desk, faults, couriers, store)


def _own_pages_only() -> None:
    if request.method not in {"GET", "HEAD"}:
        site = request.headers.get("Sec-Fetch-Site", "none")
        # Browsers that say no site say the origin, and programs say neither.
        origin = request.headers.get("Origin", request.host_url.rstrip("/"))
        if site not in {"same-origin", "none"} or origin != request.host_url.rstrip("/"):
            abort(403)
