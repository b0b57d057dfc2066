"""What labels and sections say of an article."""

from __future__ import annotations

import pytest

from app.demo.company import load_articles
from app.domain import Metadata, Resolution
from app.knowledge.metadata import metadata_of, metadata_of_labels
from connectors.articles import Article


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["area:invoices", "area:payments"], Metadata(areas=("invoices", "payments"))),
        (["Area: Invoices ", "AREA=invoices"], Metadata(areas=("invoices",))),
        (["audience:admin", "audience:End  User"], Metadata(audience=("admin", "end user"))),
        (["plan:Studio"], Metadata(plans=("studio",))),
        (["page:/invoices*", "page:settings"], Metadata(pages=("/invoices*", "/settings"))),
        (["page:https://app.example/a*"], Metadata(pages=("https://app.example/a*",))),
        (["severity:high", "severity:low"], Metadata(severity="high")),
        (["resolution:self service"], Metadata(resolution=Resolution.SELF_SERVICE)),
        (["resolution=needs_action"], Metadata(resolution=Resolution.NEEDS_ACTION)),
        (["resolution:magic"], Metadata(labels=("resolution:magic",))),
        (["billing", "Q&A: 2024", "area:", ""], Metadata(labels=("billing", "q&a: 2024", "area:"))),
        (["outdated"], Metadata(outdated=True)),
        ([], Metadata()),
    ],
)
def test_labels(labels: list[str], expected: Metadata) -> None:
    assert metadata_of_labels(labels) == expected


def test_sections_name_the_area_where_no_label_does() -> None:
    sections = ("Help", "Your  Subscription")
    assert metadata_of_labels([], sections).areas == ("help", "your subscription")
    assert metadata_of_labels(["area:billing"], sections).areas == ("billing",)


def test_what_the_helpdesk_calls_outdated_is() -> None:
    article = Article("1", "Prices", "<p>9</p>", labels=("plan:pro",), outdated=True)
    assert metadata_of(article) == Metadata(plans=("pro",), outdated=True)


def test_the_demo_company_labels_are_all_understood() -> None:
    read = [metadata_of_labels(article.labels) for article in load_articles()]
    assert all(each.areas and each.audience and not each.labels for each in read)
    assert sum(bool(each.pages) for each in read) > 30
