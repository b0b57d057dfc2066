"""Contradictions: two statements about one thing that cannot both be true.

A pair counts only where each is the other's best match in its page, the words that tell what they
speak of are shared, and nothing but the value differs. What speaks of another plan, another
button's link or another month is another subject.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from app.audit.quantities import Quantity
from app.audit.records import AuditFinding, Kind, Page, Quote
from app.audit.statements import (
    Corpus,
    Statement,
    is_code,
    telling,
    words_with_places,
)

NEAR = 0.55  # cosine from which two statements may speak of one thing
ALIKE = 0.7  # from which they say nearly the same
REST = 0.8  # of both's other telling words, by weight, where only a name may differ
SHARED = 0.4  # of the telling words of the shorter one, by weight
SHARED_OF_ALL = 0.7  # of both's telling words, where all but a "not" should be the same
SAME_TITLE = 0.6  # from which two pages are about one thing
LEAST_WEIGHT = 4.0  # of the shared words: common ones alone are no subject
FACTOR = 30.0  # amounts further apart are of other things: a link's hours, an account's months

_POINTS_BACK = re.compile(
    r"(?:the|it|its|this|that|they|their|these|those|he|she|then|(?:after|before|for) (?:that|this)"
    r"|if (?:not|so|you do(?: not|n['\u2019]t)?))\b",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:not|never|cannot|no longer|nobody|none|without|neither|nor|unable|impossible"
    r"|don['\u2019]t|doesn['\u2019]t|can['\u2019]t|won['\u2019]t|isn['\u2019]t|aren['\u2019]t)\b",
    re.IGNORECASE,
)
_OPPOSITES = (
    ("enable", "disable"), ("enabled", "disabled"), ("allow", "forbid"), ("allowed", "forbidden"),
    ("before", "after"), ("include", "exclude"), ("included", "excluded"), ("always", "never"),
    ("required", "optional"), ("automatically", "manually"), ("minimum", "maximum"),
    ("free", "paid"), ("public", "private"), ("possible", "impossible"),
)  # fmt: skip
_CONDITIONS = re.compile(r"\b(?:if|unless|when|until|while|except|only|otherwise|but)\b", re.I)
_QUESTION_OR_EXAMPLE = re.compile(r"\?\s*$|\b(?:for example|e\.g\.|such as|say,)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Clash:
    """Two statements, and the places in each that differ."""

    one: Statement
    other: Statement
    marked: tuple[tuple[int, int], ...]
    marked_other: tuple[tuple[int, int], ...]


def contradictions(corpus: Corpus) -> list[AuditFinding]:
    """Find pairs of statements that contradict each other, one finding a pair of pages."""
    found: dict[frozenset[str], list[Clash]] = {}
    for clash in _clashes(corpus):
        pages = frozenset((clash.one.page.id, clash.other.page.id))
        found.setdefault(pages, []).append(clash)
    return [_finding(clashes) for clashes in found.values()]


def _clashes(corpus: Corpus) -> Iterator[Clash]:
    claims = [one for one in corpus.statements if _is_claim(one)]
    amounts = [one.row for one in claims if one.amounts]
    for one, other in _same_language(corpus.mutual_best(amounts, NEAR)):
        if clash := _of_amounts(corpus, one, other):
            yield clash
    for one, other in _same_language(corpus.mutual_best([one.row for one in claims], ALIKE)):
        clash = _of_opposites(corpus, one, other) or _of_names(corpus, one, other)
        if clash:
            yield clash


def _same_language(
    pairs: Iterable[tuple[Statement, Statement]],
) -> Iterator[tuple[Statement, Statement]]:
    return (pair for pair in pairs if pair[0].page.locale == pair[1].page.locale)


def _is_claim(one: Statement) -> bool:
    # A question asks, an example is one of many, and rows of a table differ by design.
    return not one.table and bool(one.stems) and not _QUESTION_OR_EXAMPLE.search(one.text)


def _of_amounts(corpus: Corpus, one: Statement, other: Statement) -> Clash | None:
    pairs = [(a, b) for a in one.amounts for b in other.amounts if a.unit == b.unit]
    if not pairs or any(a.same(b) for a, b in pairs) or not _same_subject(corpus, one, other):
        return None
    comparable = [(a, b) for a, b in pairs if _comparable(a, b)]
    if not comparable:
        return None
    first, second = comparable[0]
    return Clash(one, other, ((first.start, first.end),), ((second.start, second.end),))


def _comparable(one: Quantity, other: Quantity) -> bool:
    directions = {one.direction, other.direction} - {""}
    small, large = sorted((abs(one.value), abs(other.value)))
    return len(directions) <= 1 and one.per == other.per and 0 < large <= FACTOR * small


def _of_opposites(corpus: Corpus, one: Statement, other: Statement) -> Clash | None:
    if corpus.alone[one.row] @ corpus.alone[other.row] < ALIKE:
        return None
    if bool(_CONDITIONS.search(one.text)) != bool(_CONDITIONS.search(other.text)):
        return None  # a rule and its exception
    marked = _opposed(one, other) or _negated(one.text, other.text)
    if not marked or _overlap(corpus, one, other, union=True) < SHARED_OF_ALL:
        return None
    if not _same_subject(corpus, one, other):
        return None
    return Clash(one, other, marked[0], marked[1])


def _of_names(corpus: Corpus, one: Statement, other: Statement) -> Clash | None:
    """Find another button or name at the same place of the same sentence, on the same subject."""
    here, there = _named(one), _named(other)
    only_here, only_there = here - there, there - here
    if not only_here or not only_there or _for_others(one.page, other.page):
        return None
    if not one.page.title.strip() or one.numbers != other.numbers:
        return None
    if _points_back(one) != _points_back(other):
        return None
    numbers = corpus.number_of(one.page), corpus.number_of(other.page)
    if corpus.titles[numbers[0]] @ corpus.titles[numbers[1]] < SAME_TITLE:
        return None
    # What a title names is what the page is about, not what it says of it.
    words = _words_of(only_here), _words_of(only_there)
    if _in_title(one, words[0] - words[1]) or _in_title(other, words[1] - words[0]):
        return None
    rest = _without(one, only_here), _without(other, only_there)
    both = corpus.weight(rest[0] | rest[1])
    if corpus.weight(rest[0] & rest[1]) < max(REST * both, LEAST_WEIGHT):
        return None
    marks = tuple(
        _places(text, names) for text, names in ((one.text, only_here), (other.text, only_there))
    )
    return Clash(one, other, marks[0], marks[1])


def _words_of(names: frozenset[str]) -> frozenset[str]:
    return frozenset(word for name in names for word, _, _ in words_with_places(name))


def _in_title(one: Statement, words: frozenset[str]) -> bool:
    return bool(telling(" ".join(words)) & telling(one.page.title))


def _named(one: Statement) -> frozenset[str]:
    return frozenset(name.casefold() for name in one.names) | one.entities


def _without(one: Statement, names: frozenset[str]) -> frozenset[str]:
    gone = _words_of(names)
    kept = (word for word, _, _ in words_with_places(one.masked) if word.casefold() not in gone)
    return telling(" ".join(kept))


def _places(text: str, names: frozenset[str]) -> tuple[tuple[int, int], ...]:
    found = (text.casefold().find(name) for name in names)
    sizes = (len(name) for name in names)
    return tuple((at, at + size) for at, size in zip(found, sizes, strict=True) if at >= 0)


Marks = tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]


def _negated(one: str, other: str) -> Marks | None:
    here, there = _NOT.findall(one), _NOT.findall(other)
    if len(here) % 2 == len(there) % 2:
        return None
    return tuple(f.span() for f in _NOT.finditer(one)), tuple(
        f.span() for f in _NOT.finditer(other)
    )


def _opposed(one: Statement, other: Statement) -> Marks | None:
    here, there = one.places, other.places
    for pair in _OPPOSITES:
        for a, b in (pair, pair[::-1]):
            if a in here and b in there and b not in here and a not in there:
                return (here[a],), (there[b],)
    return None


def _same_subject(corpus: Corpus, one: Statement, other: Statement) -> bool:
    """Tell whether two near statements speak of the same thing, and not of two of a kind."""
    if _for_others(one.page, other.page) or not one.stems & other.stems:
        return False
    if _speaks_of_another(one, other) or _is_template(one, other):
        return False
    if (_points_back(one) or _points_back(other)) and not _share_topic(corpus, one, other):
        return False
    shared = _wide(one) & _wide(other)
    return _overlap(corpus, one, other) >= SHARED and corpus.weight(shared) >= LEAST_WEIGHT


def _points_back(one: Statement) -> bool:
    return bool(_POINTS_BACK.match(one.text))


def _share_topic(corpus: Corpus, one: Statement, other: Statement) -> bool:
    """Tell whether their pages tell of the same "link" where both say "The link works for ...".

    Either the titles are alike, or what both speak of stands in a title or heading.
    """
    titles = corpus.titles[[corpus.number_of(one.page), corpus.number_of(other.page)]]
    if float(titles[0] @ titles[1]) >= SAME_TITLE:
        return True
    return bool(one.stems & other.stems & (one.context | other.context))


def _wide(one: Statement) -> frozenset[str]:
    return one.stems | one.under


def _overlap(corpus: Corpus, one: Statement, other: Statement, *, union: bool = False) -> float:
    """Weigh the shared telling words against those of the shorter one, or of both together."""
    here, there = (one.stems, other.stems) if union else (_wide(one), _wide(other))
    whole = (
        corpus.weight(here | there)
        if union
        else min(corpus.weight(one.stems), corpus.weight(other.stems))
    )
    return corpus.weight(here & there) / whole if whole else 0.0


def _for_others(one: Page, other: Page) -> bool:
    """Tell whether two pages are for different readers or plans, as their metadata says."""
    return any(
        bool(here) and bool(there) and not set(here) & set(there)
        for here, there in (
            (one.metadata.audience, other.metadata.audience),
            (one.metadata.plans, other.metadata.plans),
        )
    )


def _speaks_of_another(one: Statement, other: Statement) -> bool:
    """Tell whether each side has a subject of its own: a plan, a room, what its title names."""
    names = _entities(one), _entities(other)
    topics = _topics(one, other), _topics(other, one)
    return bool((names[0] - names[1]) | topics[0]) and bool((names[1] - names[0]) | topics[1])


def _entities(one: Statement) -> frozenset[str]:
    """Find names: capitals inside a sentence, and codes with digits; the title's codes too."""
    titled = (word for word, _, _ in words_with_places(one.page.title))
    return one.entities | {word.casefold() for word in titled if is_code(word)}


def _topics(one: Statement, other: Statement) -> frozenset[str]:
    """Find what one side says that its own title names, and that the other's page lacks."""
    return (one.stems & one.context) - other.stems - other.context


def _is_template(one: Statement, other: Statement) -> bool:
    """Tell whether one sentence is the other with another subject filled in."""
    here = [word.casefold() for word, _, _ in words_with_places(one.masked)]
    there = [word.casefold() for word, _, _ in words_with_places(other.masked)]
    codes = {word: chr(number) for number, word in enumerate(dict.fromkeys(here + there), 0xE000)}
    ours, theirs = ("".join(codes[word] for word in words) for words in (here, there))
    if Indel.normalized_similarity(ours, theirs) < 0.6:
        return False
    own, others = one.stems - other.stems, other.stems - one.stems
    return bool(own) and bool(others)


def _finding(clashes: Sequence[Clash]) -> AuditFinding:
    first = clashes[0]
    older, newer = sorted((first.one, first.other), key=lambda one: one.page.edited_at or 0.0)
    quotes = []
    for clash in clashes[:3]:
        pair = [clash.one.quoted(*clash.marked), clash.other.quoted(*clash.marked_other)]
        quotes += pair if clash.one.page.id == newer.page.id else pair[::-1]
    values = [_marked(quote) for quote in quotes[:2]]
    dated = older.page.edited_at and newer.page.edited_at
    trust = f"“{newer.page.title}” was changed last and may be the true one. " if dated else ""
    return AuditFinding(
        kind=Kind.CONTRADICTION,
        articles=(older.page.id, newer.page.id),
        says=f"“{newer.page.title}” says {values[0]}, “{older.page.title}” says {values[1]}.",
        evidence=tuple(quotes),
        advice=f"Ask who knows which is right. {trust}Correct the other, or let it link there.",
    )


def _marked(quote: Quote) -> str:
    """Name what differs: the marked words, or else that there are none."""
    words = ", ".join(quote.text[start:end] for start, end in quote.marked)
    return f"“{words}”" if words else "the opposite"
