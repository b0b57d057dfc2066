"""Webhooks about articles: they name no ticket, and tell that the help centre is to be read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.errors import BadSignature
from connectors.types import EventKind
from tests.connectors.zendesk.support import delivery, zendesk


@pytest.mark.parametrize("kind", ["published", "unpublished", "archived", "invented_tomorrow"])
def test_what_may_change_an_article_is_announced_without_a_ticket(kind: str) -> None:
    [event] = zendesk().parse(delivery(article_event(kind)))
    assert (event.kind, event.ticket_id) == (EventKind.ARTICLE, "")
    assert event.delivery_key == "event:01GX4P86AC7T0AFF86QGAHTEFR"
    assert event.occurred_at == datetime(2023, 4, 3, 23, 11, 49, 571545, tzinfo=UTC)


def test_an_articles_event_of_another_account_is_refused() -> None:
    with pytest.raises(BadSignature):
        zendesk(ZENDESK_ACCOUNT_ID="1").parse(delivery(article_event("published")))


def test_a_trigger_cannot_pass_for_an_article() -> None:
    [event] = zendesk().parse(delivery({"ticket_id": "5158", "event": "article"}))
    assert (event.kind, event.ticket_id) == (EventKind.CHANGED, "5158")


def article_event(kind: str) -> dict[str, Any]:
    """As on Zendesk's page of article events."""
    return {
        "account_id": 22129848,
        "detail": {"brand_id": "224348602", "id": "7005414006398"},
        "event": {
            "author_id": "225859532",
            "category_id": "7005437869694",
            "locale": "en-us",
            "section_id": "7005437870078",
            "title": "Dolor est quo ratione.",
        },
        "id": "01GX4P86AC7T0AFF86QGAHTEFR",
        "subject": "zen:article:7005414006398",
        "time": "2023-04-03T23:11:49.571545199Z",
        "type": f"zen:event-type:article.{kind}",
        "zendesk_event_version": "2022-11-06",
    }
