"""The audit as a whole: every kind of finding, weighed by the tickets that meet it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.audit.contradictions import contradictions
from app.audit.duplicates import duplicates
from app.audit.gaps import asked_once, gaps
from app.audit.links import Check, dead_links
from app.audit.outdated import outdated
from app.audit.records import Asked, AuditFinding, Kind, Page, Quote
from app.audit.statements import Corpus, Embed
from app.audit.structure import structure

WINDOW = 90 * 86_400.0  # seconds of tickets that are looked at
MONTH = 30 * 86_400.0
VERSION = 1  # of the JSON; counts up when a field changes its meaning

# Where tickets do not tell which is worse: what is false before what is missing or untidy.
_GRAVITY = (
    *(Kind.CONTRADICTION, Kind.OUTDATED, Kind.GAP, Kind.DEAD_LINK, Kind.EMPTY, Kind.DUPLICATE),
    *(Kind.THIN, Kind.WALL, Kind.TITLE, Kind.METADATA),
)


@dataclass(frozen=True, slots=True)
class Report:
    """What an audit found, worst first.

    ``months`` is how much time the ``tickets`` come from; without tickets no harm is known.
    ``asked_once`` counts open questions that only one customer asked so far.
    """

    helpdesk: str
    at: float
    pages: int
    tickets: int
    months: float
    findings: tuple[AuditFinding, ...]
    asked_once: int = 0

    def counts(self) -> Mapping[Kind, int]:
        """Count the findings of each kind."""
        return Counter(finding.kind for finding in self.findings)


def audit(
    helpdesk: str,
    pages: Sequence[Page],
    asked: Sequence[Asked],
    embed: Embed,
    *,
    now: float,
    months: float,
    check: Check | None = None,
) -> Report:
    """Look at everything. ``months`` is the time that ``asked`` covers, at least one."""
    corpus = Corpus(pages, embed)
    monthly = _Monthly(asked, months)
    open_topics = gaps(corpus, asked, embed)
    found = [
        *(monthly.weighed(one) for one in contradictions(corpus)),
        *(monthly.weighed(one) for one in duplicates(corpus, monthly.by_page)),
        *(monthly.weighed(one, first=True) for one in outdated(corpus, asked, now)),
        *(monthly.weighed(one) for one in dead_links(pages, check)),
        *(monthly.weighed(one) for one in structure(corpus)),
        *(replace(one, harm_per_month=len(tickets) / months) for one, tickets in open_topics),
    ]
    return Report(
        helpdesk=helpdesk,
        at=now,
        pages=len(pages),
        tickets=len({ticket.ticket_id for ticket in asked}),
        months=months,
        findings=tuple(sorted(found, key=_worst_first)),
        asked_once=asked_once(asked, (tickets for _, tickets in open_topics)),
    )


class _Monthly:
    """How many tickets a month rest on each page."""

    def __init__(self, asked: Sequence[Asked], months: float) -> None:
        self._months = months
        self._known = bool(asked)
        self._tickets: dict[str, set[str]] = {}
        for ticket in asked:
            # What a draft cites, or else the best that was found.
            for page_id in ticket.rests_on or filter(None, (ticket.nearest,)):
                self._tickets.setdefault(page_id, set()).add(ticket.ticket_id)
        self.by_page = {page: len(them) / months for page, them in self._tickets.items()}

    def weighed(self, finding: AuditFinding, *, first: bool = False) -> AuditFinding:
        """Add the harm: the tickets that rest on any of its pages, or on the ``first`` alone."""
        if not self._known:
            return finding
        pages = finding.articles[:1] if first else finding.articles
        tickets = set[str]().union(*(self._tickets.get(page, set()) for page in pages))
        return replace(finding, harm_per_month=len(tickets) / self._months)


def _worst_first(finding: AuditFinding) -> tuple[float, int, tuple[str, ...]]:
    return -(finding.harm_per_month or 0.0), _GRAVITY.index(finding.kind), finding.articles


def as_dict(report: Report) -> dict[str, Any]:
    """Give a report in the shape that ``--json`` prints; times are seconds since the epoch."""
    return {
        "version": VERSION,
        "helpdesk": report.helpdesk,
        "at": report.at,
        "pages": report.pages,
        "tickets": report.tickets,
        "months": round(report.months, 2),
        "asked_once": report.asked_once,
        "counts": {kind.value: count for kind, count in report.counts().items()},
        "findings": [_finding(finding) for finding in report.findings],
    }


def _finding(finding: AuditFinding) -> dict[str, Any]:
    harm = finding.harm_per_month
    return {
        "kind": finding.kind.value,
        "articles": list(finding.articles),
        "says": finding.says,
        "harm_per_month": None if harm is None else round(harm, 2),
        "advice": finding.advice,
        "evidence": [_quote(quote) for quote in finding.evidence],
    }


def _quote(quote: Quote) -> dict[str, Any]:
    return {
        "article": quote.page_id or None,
        "title": quote.title,
        "text": quote.text,
        "marked": [list(place) for place in quote.marked],
        "url": quote.url,
        "edited_at": quote.edited_at,
    }


def harm_in_words(harm: float | None) -> str:
    """Say how many tickets a month a finding meets."""
    if harm is None:
        return "harm not known yet"
    if harm == 0:
        return "no ticket met it lately"
    number = f"{harm:.0f}" if harm >= 1 else "less than 1"
    return f"{number} ticket{'s' * (number != '1' and harm >= 1)} a month"


def pieces(quote: Quote) -> Iterable[tuple[str, bool]]:
    """Cut a quote into pieces, each with whether it is marked."""
    at = 0
    for start, end in sorted(quote.marked):
        if start >= at:
            yield quote.text[at:start], False
            yield quote.text[start:end], True
            at = end
    yield quote.text[at:], False
