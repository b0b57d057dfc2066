"""Hold the audit to the demo company's planted defects, or print what it finds in another set.

``python -m tests.benchmarks.audit_defects [--json]`` plays the company's customers and agents in
process (real pipeline, real model, helpdesk in memory), audits what the ledger then holds, and
counts: planted, found, missed, false alarms. Labels are read only to count afterwards.

``python -m tests.benchmarks.audit_defects --set ../shared/data/retrieval/workarena`` prints what
is found in articles without tickets, to be read by a person.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.audit.records import AuditFinding, Kind
from app.audit.report import Report, as_dict, pieces
from app.audit.take import take
from app.demo.company import (
    DemoArticle,
    DemoGap,
    DemoTicket,
    load_articles,
    load_gaps,
    load_tickets,
)
from app.knowledge.embed import Embedder, load_embedder
from app.logs import set_up_logs
from tests.app.fakes import HELPDESK
from tests.benchmarks.audit_stage import DAY_OF_PLAY, Stage, article_of

# Which finding answers to which planted flaw.
FITTING = {
    "contradicts": {Kind.CONTRADICTION},
    "duplicate": {Kind.DUPLICATE},
    "outdated": {Kind.OUTDATED},
    "thin": {Kind.THIN},
    "empty": {Kind.EMPTY},
}


@dataclass(frozen=True, slots=True)
class Score:
    """What became of the planted defects; ``taught`` are gaps that the company's lessons name.

    Its tickets say of each lesson that no article holds the fact, so they are gaps, too.
    """

    found: tuple[str, ...]
    missed: tuple[str, ...]
    taught: tuple[str, ...]
    false_alarms: tuple[str, ...]


def company_report(embedder: Embedder, folder: Path) -> tuple[Report, Stage]:
    """Play the company and audit it."""
    stage = Stage.open_at(folder, list(map(article_of, load_articles())), embedder, DAY_OF_PLAY)
    stage.play(load_tickets())
    return take(stage.desk.services, HELPDESK, lambda *_: None), stage


def score(report: Report, opened: dict[str, str]) -> Score:
    """Count; ``opened`` maps the company's ticket ids to the helpdesk's."""
    articles, gaps, tickets = load_articles(), load_gaps(), load_tickets()
    flaws = [f"{a.id} {flaw.kind}" for a in articles for flaw in a.flaws]
    planted = [*flaws, *(gap.id for gap in gaps)]
    found: set[str] = set()
    taught: list[str] = []
    false: list[str] = []
    for finding in report.findings:
        hits = _flaws_in(finding, articles) | _gaps_in(finding, gaps, opened)
        found |= hits
        if not hits:
            lesson = _lesson_in(finding, tickets, opened)
            where = taught if lesson else false
            where.append(f"{finding.kind.value}: {finding.says}")
    missed = tuple(one for one in planted if one not in found)
    kept = tuple(one for one in planted if one in found)
    return Score(kept, missed, tuple(taught), tuple(false))


def _flaws_in(finding: AuditFinding, articles: Iterable[DemoArticle]) -> set[str]:
    hits = set()
    for article in articles:
        for flaw in article.flaws:
            named = article.id in finding.articles
            if flaw.other and flaw.kind != "outdated":
                named = {article.id, flaw.other} <= set(finding.articles)
            if named and finding.kind in FITTING[flaw.kind]:
                hits.add(f"{article.id} {flaw.kind}")
    return hits


def _asked_in(finding: AuditFinding, opened: dict[str, str]) -> set[str]:
    ours = {f"#{number}": name for name, number in opened.items()}
    return {ours[quote.title] for quote in finding.evidence if quote.title in ours}


def _gaps_in(finding: AuditFinding, gaps: Iterable[DemoGap], opened: dict[str, str]) -> set[str]:
    if finding.kind is not Kind.GAP:
        return set()
    asked = _asked_in(finding, opened)
    return {gap.id for gap in gaps if set(gap.tickets) & asked}


def _lesson_in(
    finding: AuditFinding, tickets: Iterable[DemoTicket], opened: dict[str, str]
) -> bool:
    if finding.kind is not Kind.GAP:
        return False
    asked = _asked_in(finding, opened)
    pairs = [{t.id, t.expect.learned_from} for t in tickets if t.expect and t.expect.learned_from]
    return any(pair <= asked for pair in pairs)


def set_report(folder: Path, embedder: Embedder, scratch: Path) -> Report:
    """Audit a folder with ``articles.jsonl.gz``, without tickets."""
    articles = list(map(article_of, load_articles(folder / "articles.jsonl.gz")))
    stage = Stage.open_at(scratch, articles, embedder, datetime.now(UTC))
    return take(stage.desk.services, HELPDESK, _progress)


def main() -> None:
    """Print the table, or the findings of a set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--set", type=Path, help="a folder with articles.jsonl.gz")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "understudy")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--html", type=Path, help="write the audit's page into this file")
    options = parser.parse_args()
    set_up_logs("error", "auto")
    embedder = load_embedder("minilm", options.cache)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        if options.set:
            report = set_report(options.set, embedder, Path(folder))
            result, lines = as_dict(report), list(_listing(report.findings))
        else:
            report, stage = company_report(embedder, Path(folder))
            counted = score(report, stage.opened)
            result, lines = _counted(counted), list(_table(counted))
    if options.html:
        from app.audit.page import page_of

        options.html.write_text(page_of(report), encoding="utf-8")
    result["seconds"] = round(time.perf_counter() - started, 1)
    print(json.dumps(result) if options.json else "\n".join(lines))


def _counted(counted: Score) -> dict[str, object]:
    return {
        "planted": len(counted.found) + len(counted.missed),
        "found": list(counted.found),
        "missed": list(counted.missed),
        "taught": list(counted.taught),
        "false_alarms": list(counted.false_alarms),
    }


def _table(counted: Score) -> Iterable[str]:
    kinds = [*FITTING, "gap"]
    yield f"{'kind':<14}{'planted':>8}{'found':>8}{'missed':>8}"
    for kind in kinds:
        found, missed = (
            sum(_kind(one) == kind for one in names) for names in (counted.found, counted.missed)
        )
        yield f"{kind:<14}{found + missed:>8}{found:>8}{missed:>8}"
    total = len(counted.found), len(counted.missed)
    yield f"{'all':<14}{sum(total):>8}{total[0]:>8}{total[1]:>8}"
    yield f"\nmissed: {', '.join(counted.missed) or 'none'}"
    yield f"gaps beside the planted ones, which the lessons name: {len(counted.taught)}"
    yield from (f"  {one}" for one in counted.taught)
    yield f"false alarms: {len(counted.false_alarms)}"
    yield from (f"  {one}" for one in counted.false_alarms)


def _kind(planted: str) -> str:
    return planted.partition(" ")[2] or "gap"


def _listing(findings: Sequence[AuditFinding]) -> Iterable[str]:
    for number, finding in enumerate(findings, 1):
        yield f"{number}. {finding.kind.value} {', '.join(finding.articles[:4])}: {finding.says}"
        for quote in finding.evidence[:4]:
            text = "".join(f"[{piece}]" if marked else piece for piece, marked in pieces(quote))
            yield f"     {quote.title[:50]} | {' '.join(text.split())[:240]}"


def _progress(stage: str, done: int, total: int) -> None:
    print(f"\r{stage} {done}/{total}   ", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
