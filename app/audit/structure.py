"""What is wrong with a page by itself: empty, thin, a wall of text, an empty title, no metadata.

Faults of form that many pages share are one finding: a habit is mended once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median

from app.audit.records import AuditFinding, Kind, Page, Quote
from app.audit.statements import Corpus, quote_of

THIN_WORDS = 8  # telling words at most
THIN_SHARE = 0.15  # of what the middle page of this help centre has
WALL = 1200  # characters without a heading, a list or a new paragraph: about 200 words
COMMON = 0.8  # of the pages have a piece of metadata, from which its absence is a fault
FEWEST_PAGES = 10  # from which a habit can be told
_TOGETHER = 5  # faults of one kind from which they are one finding
_QUOTED = 5

_SAYS_NOTHING = re.compile(
    r"\s*(?:untitled|no title|new (?:article|page)|title|test(?:ing)?|draft|todo|tbd"
    r"|misc(?:ellaneous)?|other|general|info(?:rmation)?|article|page|document|faqs?|help|notes?|stuff"
    r"|(?:copy|kopie) of .*|.* \(copy\)|.* - copy)\s*\d*\s*",
    re.IGNORECASE,
)
_LIST_OR_HEADING = re.compile(r"^\s*(?:#{1,6}\s|[-*+•]\s|\d{1,3}[.)]\s|\|)")


def structure(corpus: Corpus) -> list[AuditFinding]:
    """Find faults of form; saved replies are short by nature and have neither labels nor titles."""
    pages = [(n, page) for n, page in enumerate(corpus.pages) if page.source != "canned"]
    said = {n: sum(len(corpus.statements[r].stems) for r in corpus.of_page[n]) for n, _ in pages}
    empty = [page for n, page in pages if not corpus.of_page[n]]
    limit = min(THIN_WORDS, THIN_SHARE * median(said.values())) if said else 0.0
    thin = [page for n, page in pages if corpus.of_page[n] and said[n] <= limit]
    walls = [page for _, page in pages if len(longest_block(page.text)) >= WALL]
    untitled = [page for _, page in pages if _SAYS_NOTHING.fullmatch(page.title)]
    return [
        *_told(empty, Kind.EMPTY, "has no text", "Write it, or archive it.", _title_only),
        *_told(
            thin,
            Kind.THIN,
            "says next to nothing",
            "Say what a customer who comes here wants to know, or archive it.",
            _whole,
        ),
        *_told(
            walls,
            Kind.WALL,
            "has a long text without headings, lists or paragraphs",
            "Cut it up: a heading for each question, a numbered list for steps.",
            _block,
        ),
        *_told(
            untitled,
            Kind.TITLE,
            "has a title that says nothing",
            "Name it after the question that it answers.",
            _whole,
        ),
        *_same_titles([page for _, page in pages]),
        *_metadata([page for _, page in pages]),
    ]


def longest_block(text: str) -> str:
    """Find the longest piece without a heading, a list item or an empty line."""
    blocks = [""]
    for line in text.splitlines():
        if not line.strip() or _LIST_OR_HEADING.match(line):
            blocks.append("")
        else:
            blocks[-1] += line.strip() + " "
    return max(blocks, key=len).strip()


def _told(
    pages: Sequence[Page], kind: Kind, fault: str, advice: str, quoted: Callable[[Page], Quote]
) -> Iterator[AuditFinding]:
    if len(pages) >= _TOGETHER:
        verb = re.sub(r"^has\b", "have", re.sub(r"^says\b", "say", fault))
        yield AuditFinding(
            kind,
            tuple(page.id for page in pages),
            f"{len(pages)} pages each {verb}: for example “{pages[0].title}”.",
            tuple(map(quoted, pages[:_QUOTED])),
            advice,
        )
        return
    for page in pages:
        yield AuditFinding(kind, (page.id,), f"“{page.title}” {fault}.", (quoted(page),), advice)


def _title_only(page: Page) -> Quote:
    return quote_of(page, "(no text)")


def _whole(page: Page) -> Quote:
    return quote_of(page, " ".join(page.text.split())[:300])


def _block(page: Page) -> Quote:
    block = longest_block(page.text)
    return quote_of(page, f"{block[:300]} … ({len(block):,} characters in one piece)")


def _same_titles(pages: Sequence[Page]) -> Iterator[AuditFinding]:
    named: dict[tuple[str, str], list[Page]] = {}
    for page in pages:
        named.setdefault((page.title.strip().casefold(), page.locale), []).append(page)
    for same in named.values():
        if len(same) > 1 and same[0].title.strip():
            yield AuditFinding(
                Kind.TITLE,
                tuple(page.id for page in same),
                f"{len(same)} pages are called “{same[0].title}”.",
                tuple(map(_whole, same[:_QUOTED])),
                "Let each title say what sets its page apart, or make one page of them.",
            )


def _metadata(pages: Sequence[Page]) -> Iterator[AuditFinding]:
    """Find what most pages say of themselves and some do not."""
    if len(pages) < FEWEST_PAGES:
        return
    known = [_kinds(page) for page in pages]
    counted = Counter(kind for kinds in known for kind in kinds)
    for kind, count in counted.items():
        missing = [page for page, kinds in zip(pages, known, strict=True) if kind not in kinds]
        if missing and count >= COMMON * len(pages):
            yield AuditFinding(
                Kind.METADATA,
                tuple(page.id for page in missing),
                f"Without {kind}: {len(missing)} of {len(pages)} pages, such as "
                f"“{missing[0].title}”.",
                tuple(quote_of(page, page.title) for page in missing[:_QUOTED]),
                f"Add it: the others are found better because their {kind} is known.",
            )


def _kinds(page: Page) -> frozenset[str]:
    told: Mapping[str, object] = {
        "area": page.metadata.areas,
        "audience": page.metadata.audience,
        "plan": page.metadata.plans,
        "pages of the product": page.metadata.pages,
        "severity": page.metadata.severity,
        "resolution": page.metadata.resolution,
        "date of change": page.edited_at is not None,
    }
    keys = {label.partition(":")[0] for label in page.metadata.labels if ":" in label}
    found = frozenset(name for name, value in told.items() if value) | keys
    return found | ({"labels"} if page.metadata.labels else frozenset())
