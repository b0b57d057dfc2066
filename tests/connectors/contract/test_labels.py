"""Labels of articles arrive as they were written: what they say decides which article is found."""

from __future__ import annotations

from connectors.base import Connector
from tests.connectors.contract.bench import Bench, pages

LABELS = ["area:booking-page", "page:/classes/*/attendance", "page:/b/*", "plan:atelier"]


def test_labels_arrive_as_they_were_written(bench: Bench, connector: Connector) -> None:
    article = {"id": "a", "title": "Attendance", "body": "<p>x</p>", "section": "At the door"}
    bare = {**article, "id": "b", "title": "Bare"}
    bench.control("PUT", "/articles", [{**article, "labels": LABELS}, bare])
    listed = {each.title: each for page in pages(connector.articles(None)) for each in page.items}
    assert {label.lower() for label in listed["Attendance"].labels} == set(LABELS)
    assert listed["Bare"].labels == ()
    assert "At the door" in listed["Attendance"].sections
