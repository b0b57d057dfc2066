"""The report as one page of HTML: nothing is loaded from elsewhere, everything is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape

from app.audit.records import AuditFinding, Kind, Quote
from app.audit.report import Report, harm_in_words, pieces

NAMES = {
    Kind.CONTRADICTION: "Contradiction",
    Kind.DUPLICATE: "Duplicate",
    Kind.OUTDATED: "Outdated",
    Kind.DEAD_LINK: "Dead link",
    Kind.GAP: "Missing",
    Kind.EMPTY: "Empty",
    Kind.THIN: "Thin",
    Kind.WALL: "Wall of text",
    Kind.TITLE: "Title",
    Kind.METADATA: "Metadata",
}
# Evidence of these stands side by side, in pairs.
_IN_PAIRS = frozenset({Kind.CONTRADICTION, Kind.DUPLICATE})
_LONGEST = 600  # characters of a quote

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2329; --soft: #5b6670; --line: #d9dee3; --paper: #fff;
  --card: #f6f8fa; --mark: #ffe08a; --mark-ink: #3b2c00; --accent: #0b5fa5; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaee; --soft: #9aa6b1; --line: #353d45;
  --paper: #14181c; --card: #1c2228; --mark: #6b5200; --mark-ink: #fff3cf; --accent: #7cbcf0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1.02rem; margin: 0; font-weight: 600; overflow-wrap: anywhere; }
p { margin: .4rem 0; }
.soft { color: var(--soft); }
nav { display: flex; flex-wrap: wrap; gap: .4rem; margin-top: 1rem; }
nav span { border: 1px solid var(--line); border-radius: 99px; padding: .1rem .7rem;
  font-size: .9rem; }
article { border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.1rem;
  margin: .8rem 0; background: var(--card); break-inside: avoid; }
header.line { display: flex; gap: .6rem; align-items: baseline; margin-bottom: .35rem;
  font-size: .88rem; }
.kind { font-weight: 600; color: var(--accent); }
.harm { margin-left: auto; color: var(--soft); white-space: nowrap; }
.harm.felt { color: var(--ink); font-weight: 600; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .6rem; margin: .6rem 0; }
@media (max-width: 40rem) { .pair { grid-template-columns: 1fr; } }
blockquote { margin: .5rem 0; padding: .5rem .8rem; border-left: 3px solid var(--line);
  background: var(--paper); border-radius: 0 6px 6px 0; overflow-wrap: anywhere;
  white-space: pre-line; }
.pair blockquote { margin: 0; }
cite { display: block; font-style: normal; font-size: .82rem; color: var(--soft); }
cite a { color: inherit; }
mark { background: var(--mark); color: var(--mark-ink); border-radius: 3px; padding: 0 .15em; }
.todo { margin-top: .7rem; }
.todo b { color: var(--accent); }
@media print { main { max-width: none; padding: 0; } body { font-size: 11pt; }
  article, blockquote { background: none; } }
"""


def page_of(report: Report) -> str:
    """Write the page."""
    return "".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Audit of {escape(report.helpdesk)}</title><style>{_STYLE}</style></head>",
            "<body><main>",
            *_head(report),
            *_body(report),
            "</main></body></html>\n",
        )
    )


def _head(report: Report) -> Iterator[str]:
    day = datetime.fromtimestamp(report.at, UTC).strftime("%d %B %Y").lstrip("0")
    yield f"<h1>Audit of {escape(report.helpdesk)}</h1>"
    yield f'<p class="soft">{day} · {report.pages} pages · {_tickets(report)}</p>'
    if report.findings:
        yield "<nav>"
        for kind, count in sorted(report.counts().items(), key=lambda pair: -pair[1]):
            yield f"<span>{NAMES[kind]} <b>{count}</b></span>"
        yield "</nav>"


def _tickets(report: Report) -> str:
    if not report.tickets:
        return "no tickets yet, so what each finding costs is not known"
    months = "month" if report.months < 1.5 else f"{report.months:.0f} months"
    return f"{report.tickets} tickets of the last {months}"


def _body(report: Report) -> Iterator[str]:
    if not report.findings:
        yield "<h2>Nothing found</h2><p>No rule of the audit found a fault.</p>"
    for title, group in _groups(report):
        if group:
            yield f"<h2>{title}</h2>"
            yield from map(_article, group)
    if report.asked_once:
        yield (
            f'<p class="soft">{report.asked_once} more questions without an answer were asked by '
            "one customer each; a topic is listed from the second one on.</p>"
        )


def _groups(report: Report) -> Iterator[tuple[str, Sequence[AuditFinding]]]:
    known = [one for one in report.findings if one.harm_per_month is not None]
    yield "Customers meet these every month", [one for one in known if one.harm_per_month]
    yield "No ticket met these lately", [one for one in known if not one.harm_per_month]
    yield "Findings", [one for one in report.findings if one.harm_per_month is None]


def _article(finding: AuditFinding) -> str:
    felt = " felt" if finding.harm_per_month else ""
    return "".join(
        (
            f'<article><header class="line"><span class="kind">{NAMES[finding.kind]}</span>',
            f'<span class="harm{felt}">{harm_in_words(finding.harm_per_month)}</span></header>',
            f"<h3>{escape(finding.says)}</h3>",
            *_evidence(finding),
            f'<p class="todo"><b>To do:</b> {escape(finding.advice)}</p></article>',
        )
    )


def _evidence(finding: AuditFinding) -> Iterator[str]:
    quotes = finding.evidence
    if finding.kind not in _IN_PAIRS:
        yield from map(_quote, quotes)
        return
    for one, other in zip(quotes[::2], quotes[1::2], strict=False):
        yield f'<div class="pair">{_quote(one)}{_quote(other)}</div>'


def _quote(quote: Quote) -> str:
    text = "".join(
        f"<mark>{escape(piece)}</mark>" if marked else escape(piece)
        for piece, marked in _shortened(quote)
    )
    return f"<blockquote>{text}<cite>{_source(quote)}</cite></blockquote>"


def _shortened(quote: Quote) -> Iterator[tuple[str, bool]]:
    left = _LONGEST
    for piece, marked in pieces(quote):
        if left > 0:
            yield (piece if len(piece) <= left else piece[:left] + " …"), marked
        left -= len(piece)


def _source(quote: Quote) -> str:
    title = escape(quote.title)
    if quote.url.startswith(("https://", "http://")):
        title = f'<a href="{escape(quote.url)}" rel="noreferrer">{title}</a>'
    if quote.edited_at is None:
        return title
    changed = datetime.fromtimestamp(quote.edited_at, UTC).strftime("%B %Y")
    return f"{title} · changed {changed}"
