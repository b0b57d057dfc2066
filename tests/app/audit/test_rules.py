"""What the audit makes of a help centre with faults and with what only looks so.

With the built-in model: thresholds mean nothing without it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from app.audit.records import Asked, Kind
from app.audit.report import Report, audit
from app.domain import Outcome, SignalKind
from app.knowledge.embed import Embedder, load_embedder
from tests.app.audit.help_centre import CONTRADICTIONS, DUPLICATES, OUTDATED, pages
from tests.benchmarks.audit_defects import company_report, score

pytestmark = pytest.mark.journey

NOW = 1_795_000_000.0


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    return load_embedder("minilm", tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def found(model: Embedder) -> Report:
    return audit("desk", pages(), [], model.embed, now=NOW, months=1.0)


def pairs(report: Report, kind: Kind) -> set[frozenset[str]]:
    return {frozenset(one.articles) for one in report.findings if one.kind is kind}


def test_contradictions_are_found_and_what_speaks_of_another_thing_is_none(found: Report) -> None:
    assert pairs(found, Kind.CONTRADICTION) == CONTRADICTIONS


def test_the_differing_parts_are_marked_side_by_side(found: Report) -> None:
    wanted = frozenset(("trash", "projects"))
    (finding,) = [one for one in found.findings if frozenset(one.articles) == wanted]
    marked = [quote.text[slice(*quote.marked[0])] for quote in finding.evidence]
    assert marked == ["30 days", "60 days"]


def test_duplicates_are_found_and_opposites_are_none(found: Report) -> None:
    assert pairs(found, Kind.DUPLICATE) == DUPLICATES
    (short,) = [one for one in found.findings if one.articles[0] == "time-short"]
    assert "Keep “Track time on tasks” (newer and longer)" in short.advice


def test_outdated_pages_are_found_and_old_ones_alone_are_not(found: Report) -> None:
    assert {one.articles[0] for one in found.findings if one.kind is Kind.OUTDATED} == OUTDATED


def test_a_page_whose_drafts_agents_replace_is_outdated(model: Embedder) -> None:
    rewritten = frozenset({SignalKind.REWRITTEN})
    tickets = [
        Asked(
            str(number), NOW, "How do I restore it?", Outcome.DRAFT, ("projects",),
            signals=rewritten if number < 4 else frozenset(), reply="It is done elsewhere now.",
        )
        for number in range(6)
    ]  # fmt: skip
    report = audit("desk", pages(), tickets, model.embed, now=NOW, months=1.0)
    told = [one for one in report.findings if one.articles[:1] == ("projects",)]
    outdated = [one for one in told if one.kind is Kind.OUTDATED]
    assert [one.harm_per_month for one in outdated] == [6.0]
    assert "replaced 4 of 6 drafts" in outdated[0].says


def test_the_demo_companys_defects_are_found(model: Embedder, tmp_path: Path) -> None:
    """As measured; ``python -m tests.benchmarks.audit_defects`` prints the table."""
    report, stage = company_report(model, tmp_path)
    counted = score(report, stage.opened)
    assert len(counted.found) >= 17, counted.missed
    assert len(counted.false_alarms) == 0, counted.false_alarms
    assert all(one.harm_per_month is not None for one in report.findings)
