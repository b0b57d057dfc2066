"""Outdated pages: what they say was true once.

Each rule needs something that can be shown: a year that is over, the team's own mark, a name that
newer pages no longer use, somebody's word that a thing was withdrawn, drafts that agents correct.
Age alone is no fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np

from app.audit.records import Asked, AuditFinding, Kind, Page, Quote
from app.audit.statements import (
    Corpus,
    Statement,
    is_code,
    opposed,
    quote_of,
    telling,
    words_with_places,
)
from app.pipeline.words import sentences

_DAY = 86_400.0
MUCH_OLDER = 180 * _DAY  # between a page and the one that replaced its names
SAME_THING = 0.5  # likeness of two titles, one with the old name
CORRECTED = 0.5  # of the drafts that rest on a page, from which it is at fault
LEAST_CORRECTED = 3
OLD = 365 * _DAY

_YEAR = re.compile(r"(?<![\w.,/-])((?:19|20)\d\d)(?![\w/-]|[.,]\d)")
_ABOUT = re.compile(
    r"(?:^|\b(?:in|for|of|from|until|since|year|by)\s+|[(\[:\u2013\u2014|-]\s*)"
    r"(?:\d{4}\s*[-\u2013/]\s*)?\d{4}$",
    re.IGNORECASE,
)
# Texts about a moment that was still to come when they were written.
_STILL_TO_COME = re.compile(
    r"\b(?:valid (?:until|till|through)|planned for|coming in|offer ends(?: in| on)?|expected in"
    r"|will (?:be|become|start|end|launch|come|follow)\b[^.]{0,40}?\b(?:in|on|from|by|until))\s+"
    r"(?:(?:the )?(?:end of|summer|winter|spring|autumn|fall|early|late|mid|q[1-4])\s+)?"
    r"(?:\d{1,2}(?:st|nd|rd|th)?\s+)?(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
    r"\s+)?(?:\d{1,2}(?:st|nd|rd|th)?,?\s+)?((?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_WITHDRAWN = re.compile(
    r"\b(?:(?:was|were|is|are|has been|have been|been) (?:withdrawn|discontinued|retired|phased out"
    r"|taken off the market|switched off for good|sunset)|no longer (?:sold|available|supported"
    r"|offered|made)|end of (?:life|sale))\b",
    re.IGNORECASE,
)
_RENAMED = re.compile(
    r"(?:\b(?:formerly|previously) (?:known as|called|named)|\bused to be called|\brenamed from"
    r"|\bthe (?:former|old) name(?: is| was|:)|\(formerly:?)\s+[“\"'*]*"
    r"([A-Z][\w-]+(?: [A-Z][\w-]+){0,3})"
)
# The name that was withdrawn stands close before the verb: "the R1 in that article was ...".
_NAME_BEFORE = re.compile(
    r"((?:[A-Z][\w-]*|\w*\d\w*)(?: (?:[A-Z][\w-]*|\w*\d\w*))*)[^,.;:()]{0,25}$"
)


def outdated(corpus: Corpus, asked: Sequence[Asked], now: float) -> list[AuditFinding]:
    """Find outdated pages; of several things that speak against one, the surest is told."""
    found: dict[tuple[str, ...], AuditFinding] = {}
    rules = (
        _marked(corpus.pages),
        _withdrawn(corpus, asked),
        _old_names(corpus),
        _renamed(corpus),
        _years(corpus, now),
        _corrected(corpus.pages, asked, now),
    )
    for rule in rules:
        for finding in rule:
            found.setdefault(finding.articles[:1], finding)
    return list(found.values())


def _marked(pages: Sequence[Page]) -> Iterator[AuditFinding]:
    for page in pages:
        if page.metadata.outdated:
            yield AuditFinding(
                Kind.OUTDATED,
                (page.id,),
                f"“{page.title}” is marked as outdated by your team, and can still be found.",
                (quote_of(page, _beginning(page)),),
                "Bring it up to date and take the mark off, or archive it.",
            )


def _years(corpus: Corpus, now: float) -> Iterator[AuditFinding]:
    this_year = datetime.fromtimestamp(now, UTC).year
    for number, page in enumerate(corpus.pages):
        year = _last_year(page.title)
        if year is not None and int(year[1]) < this_year:
            yield AuditFinding(
                Kind.OUTDATED,
                (page.id,),
                f"“{page.title}” is about {year[1]}, and that is over.",
                (quote_of(page, page.title, (year.span(1),)), quote_of(page, _beginning(page))),
                "If it no longer holds, archive it; else say in it until when it holds.",
            )
            continue
        for row in corpus.of_page[number]:
            one = corpus.statements[row]
            over = _STILL_TO_COME.search(one.text)
            if over and int(over[1]) < this_year:
                yield AuditFinding(
                    Kind.OUTDATED,
                    (page.id,),
                    f"“{page.title}” speaks of {over[1]} as still to come.",
                    (one.quoted(over.span()),),
                    "Say what holds now.",
                )
                break


def _last_year(title: str) -> re.Match[str] | None:
    """Find the last year that a title is about; as in "prices of 2023", not a part of a name."""
    years = sorted(_YEAR.finditer(title), key=lambda found: int(found[1]))
    return years[-1] if years and _ABOUT.search(title[: years[-1].end()]) else None


def _old_names(corpus: Corpus) -> Iterator[AuditFinding]:
    """Find pages whose thing newer pages on the same subject call by another name.

    The old name, a word of the page's title that it also sets in bold, is used by no newer page;
    the new one, likewise from title and bold, not by the old page.
    """
    titles = corpus.titles @ corpus.titles.T
    for old_number, old in enumerate(corpus.pages):
        for number in np.argsort(-titles[old_number], kind="stable")[:5].tolist():
            new = corpus.pages[number]
            if titles[old_number, number] < SAME_THING or not _is_older(old, new):
                continue
            names = _replaced(corpus, old_number, number)
            if names is None:
                continue
            was, now_called = names
            yield AuditFinding(
                Kind.OUTDATED,
                (old.id, new.id),
                f"“{old.title}” says “{was}”; newer pages on the same say “{now_called}”.",
                (
                    _with_word(corpus, old_number, was),
                    _with_word(corpus, number, now_called),
                ),
                f"If “{now_called}” took its place, archive “{old.title}” and let its address lead "
                f"to “{new.title}”; else use one name in both.",
            )
            break


def _is_older(old: Page, new: Page) -> bool:
    if old.edited_at is None or new.edited_at is None or old.locale != new.locale:
        return False
    return new.edited_at - old.edited_at >= MUCH_OLDER


def _replaced(corpus: Corpus, old: int, new: int) -> tuple[str, str] | None:
    was = _own_names(corpus, old) - _spoken(corpus, new)
    now_called = _own_names(corpus, new) - _spoken(corpus, old)
    shared = corpus.title_words(old) & corpus.title_words(new)
    if not was or not now_called or not shared:
        return None
    if opposed(was, now_called):
        return None
    kept = [stem for stem in was if not _used_later(corpus, stem, shared, old)]
    if not kept:
        return None
    return _phrase(corpus, old, kept[0], shared), _phrase(corpus, new, min(now_called), shared)


def _own_names(corpus: Corpus, number: int) -> frozenset[str]:
    """The words of a title that its page also sets in bold, as names of the product's parts."""
    bold = (name for row in corpus.of_page[number] for name in corpus.statements[row].names)
    return corpus.title_words(number) & telling(" ".join(bold))


def _spoken(corpus: Corpus, number: int) -> frozenset[str]:
    rows = corpus.of_page[number]
    said = frozenset[str]().union(*(corpus.statements[row].stems for row in rows))
    return said | corpus.title_words(number)


def _used_later(corpus: Corpus, stem: str, beside: frozenset[str], old: int) -> bool:
    """Tell whether a newer page still puts the old name beside the shared word ("gift card")."""
    before = corpus.pages[old].edited_at or 0.0
    return any(
        stem in one.stems and beside & one.stems
        for one in corpus.statements
        if (one.page.edited_at or 0.0) > before
    )


def _phrase(corpus: Corpus, number: int, stem: str, beside: frozenset[str]) -> str:
    words = [word for word, _, _ in words_with_places(corpus.pages[number].title)]
    wanted = [word for word in words if telling(word) & ({stem} | beside)]
    return " ".join(wanted).lower()


def _with_word(corpus: Corpus, number: int, phrase: str) -> Quote:
    last = telling(phrase.rsplit(maxsplit=1)[-1])
    for row in corpus.of_page[number]:
        one = corpus.statements[row]
        places = [(a, b) for word, a, b in words_with_places(one.text) if telling(word) & last]
        if places:
            return one.quoted(*places)
    return quote_of(corpus.pages[number], corpus.pages[number].title)


def _withdrawn(corpus: Corpus, asked: Sequence[Asked]) -> Iterator[AuditFinding]:
    """Find pages about what another page, or an agent who did not use them, says was withdrawn."""
    written = [
        (thing, one.page, one.quoted(*_spans(_WITHDRAWN, one.text)))
        for one in corpus.statements
        for thing in _things_withdrawn(one.text)
    ]
    met: dict[str, list[Asked]] = {}
    for ticket in asked:
        for page_id in {*ticket.rests_on, ticket.nearest}:
            met.setdefault(page_id, []).append(ticket)
    for page in corpus.pages:
        title = _spaced(page.title)
        for thing, source, told in written:
            newer = (source.edited_at or 0.0) >= (page.edited_at or 0.0)
            if source.id != page.id and newer and _spaced(thing) in title:
                yield _gone(corpus, page, thing, told)
                break
        for thing, told in _told_by_agents(met.get(page.id, [])):
            if _spaced(thing) in title:
                yield _gone(corpus, page, thing, told)
                break


def _told_by_agents(asked: Sequence[Asked]) -> Iterator[tuple[str, Quote]]:
    for ticket in asked:
        for sentence in sentences(ticket.reply):
            for thing in _things_withdrawn(sentence):
                marked = _spans(_WITHDRAWN, sentence)
                yield thing, Quote("", f"An agent on #{ticket.ticket_id}", sentence, marked)


def _things_withdrawn(text: str) -> Iterator[str]:
    for match in _WITHDRAWN.finditer(text):
        name = _NAME_BEFORE.search(text[: match.start()])
        if name and (len(name[1].split()) > 1 or is_code(name[1]) or name.start() > 0):
            yield name[1].removeprefix("The ")


def _spaced(text: str) -> str:
    return f" {' '.join(word.casefold() for word, _, _ in words_with_places(text))} "


def _gone(corpus: Corpus, page: Page, thing: str, told: Quote) -> AuditFinding:
    rows = corpus.of_page[corpus.number_of(page)]
    used = next((corpus.statements[r] for r in rows if thing in corpus.statements[r].text), None)
    if used is None:
        quote = quote_of(page, page.title)
    else:
        at = used.text.find(thing)
        quote = used.quoted((at, at + len(thing)))
    return AuditFinding(
        Kind.OUTDATED,
        tuple(filter(None, (page.id, told.page_id))),
        f"“{page.title}” explains “{thing}”, which was withdrawn.",
        (quote, told),
        "Say what came after it, or archive the page.",
    )


def _renamed(corpus: Corpus) -> Iterator[AuditFinding]:
    """Find pages that use a name of which another says that it is the former one."""
    for said in corpus.statements:
        for match in _RENAMED.finditer(said.text):
            name = match[1]
            for one in corpus.statements:
                at = one.text.find(name)
                if at < 0 or not _is_named(one, name):
                    continue
                if one.page.id != said.page.id and not _RENAMED.search(one.text):
                    yield AuditFinding(
                        Kind.OUTDATED,
                        (one.page.id, said.page.id),
                        f"“{one.page.title}” uses the former name “{name}”.",
                        (one.quoted((at, at + len(name))), said.quoted(match.span(1))),
                        "Use the new name.",
                    )
                    break


def _is_named(one: Statement, name: str) -> bool:
    """Tell whether a page speaks of a name as of a thing: in its title, or set in bold."""
    return _spaced(name) in _spaced(f"{one.page.title} | {' | '.join(one.names)}")


def _corrected(pages: Sequence[Page], asked: Sequence[Asked], now: float) -> Iterator[AuditFinding]:
    """Find old pages whose drafts agents put right again and again."""
    by_page: dict[str, list[Asked]] = {}
    for ticket in asked:
        for page_id in ticket.rests_on:
            by_page.setdefault(page_id, []).append(ticket)
    for page in pages:
        drafts = by_page.get(page.id, [])
        wrong = [ticket for ticket in drafts if ticket.corrected]
        age = now - page.edited_at if page.edited_at is not None else 0.0
        if age < OLD or len(wrong) < max(LEAST_CORRECTED, CORRECTED * len(drafts)):
            continue
        yield AuditFinding(
            Kind.OUTDATED,
            (page.id,),
            f"Agents replaced {len(wrong)} of {len(drafts)} drafts that rest on “{page.title}”, "
            f"which was last changed {int(age / _DAY / 30.4)} months ago.",
            (
                quote_of(page, _beginning(page)),
                *(Quote("", f"#{one.ticket_id}", one.reply or one.question) for one in wrong[:3]),
            ),
            "Read what the agents sent instead, and put that into the page.",
        )


def _beginning(page: Page) -> str:
    return " ".join(page.text.split())[:200]


def _spans(pattern: re.Pattern[str], text: str) -> tuple[tuple[int, int], ...]:
    return tuple(match.span() for match in pattern.finditer(text))
