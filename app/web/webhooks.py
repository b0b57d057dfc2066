"""Webhooks: verify, parse, commit a row, try to enqueue, say 2xx. In this order, nothing else.

The committed row is what makes the 2xx honest. The queue may be down: the reaper enqueues later.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import cast

from flask import Blueprint, current_app, request
from redis.exceptions import RedisError

from app import queues
from app.ledger import deliveries
from app.ledger.deliveries import Announcement
from app.ledger.store import LedgerDown
from app.logs import bound, get_logger
from app.services import Services
from connectors import webhook_variable
from connectors.errors import BadPayload, BadSignature, Misconfigured
from connectors.types import Event, EventKind, WebhookRequest

webhooks = Blueprint("webhooks", __name__)
log = get_logger()

Answer = tuple[dict[str, object], int]


@webhooks.post("/webhooks/<helpdesk>")
def receive(helpdesk: str) -> Answer:
    """Take one webhook in."""
    services = cast("Services", current_app.extensions["understudy"])
    if helpdesk not in services.settings.helpdesks:
        return {"error": "No such helpdesk is configured here"}, 404
    now = services.clock()
    arrived = WebhookRequest(
        method=request.method,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(),
        received_at=datetime.fromtimestamp(now, UTC),
    )
    with bound(helpdesk=helpdesk):
        return _take_in(services, helpdesk, arrived, now)


@webhooks.route("/webhooks/<helpdesk>", methods=["HEAD"])
def greet(helpdesk: str) -> Answer:
    """Answer the look that some vendors take before they save the address."""
    services = cast("Services", current_app.extensions["understudy"])
    return {}, 200 if helpdesk in services.settings.helpdesks else 404


def _take_in(services: Services, helpdesk: str, arrived: WebhookRequest, now: float) -> Answer:
    try:
        connector = services.connector(helpdesk)
    except Misconfigured as error:
        # A file with a secret is gone since we started. 503: which status this vendor takes for
        # "send it again" is the connector's to say.
        log.error("webhook cannot be verified", faults=list(error.faults))
        return {"error": "The settings of this helpdesk cannot be read; send it again"}, 503
    try:
        connector.verify(arrived)
        announcements = [_announcement(event, arrived) for event in connector.parse(arrived)]
    except BadSignature as error:
        log.warning("webhook refused", reason=str(error), check=webhook_variable(helpdesk))
        return {"error": str(error)}, 401
    except BadPayload as error:
        if error.ticket_id is None:
            log.warning("webhook not understood", reason=str(error), size=len(arrived.body))
            return {"error": str(error)}, 400
        log.warning("webhook quarantined", reason=str(error), ticket=error.ticket_id)
        announcements = _quarantined(error.ticket_id, arrived, str(error))
    try:
        with services.hasty_ledger.write() as connection:
            new = deliveries.record(connection, helpdesk, announcements, now)
    except LedgerDown as error:
        log.error("webhook not kept, asking for it again", error=str(error))
        return {"error": "Cannot be kept at this moment; send it again"}, connector.retry_status()
    _enqueue(services, new)
    return {"kept": len(new)}, 200


def _announcement(event: Event, arrived: WebhookRequest) -> Announcement:
    return Announcement(event.delivery_key, event.ticket_id, event.kind, arrived.body)


def _quarantined(ticket_id: str, arrived: WebhookRequest, error: str) -> list[Announcement]:
    """Keep the body aside for an admin, once, and have the ticket looked at all the same.

    Each time: where an admin typed the body, as in Freshdesk, two replies may look alike.
    """
    digest = hashlib.sha256(arrived.body).hexdigest()
    aside = Announcement(
        delivery_key=f"quarantine:{digest}",
        ticket_id=ticket_id,
        kind=EventKind.CHANGED,
        body=arrived.body,
        quarantined=True,
        error=error,
    )
    at = arrived.received_at.timestamp()
    return [aside, Announcement(f"unread:{digest}:{at}", ticket_id, EventKind.CHANGED)]


def _enqueue(services: Services, new: list[tuple[str, EventKind]]) -> None:
    try:
        for delivery_id, kind in new:
            with bound(delivery=delivery_id):
                services.enqueue(
                    services.hasty_broker, queues.queue_of(kind), "handle_delivery", delivery_id
                )
                log.info("webhook kept", kind=kind.value)
    except RedisError as error:
        log.warning("queue is down, the reaper enqueues later", error=str(error))
