"""Pages cut into statements: a sentence, step or table row, with what it stands under.

Statements are what is compared: alone, and together with their headings, for "Up to 90 days." says
nothing without the question above it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.audit.quantities import Quantity, masked, quantities
from app.audit.records import Page, Quote
from app.knowledge.chunk import sentences
from app.knowledge.embed import unit
from app.knowledge.lexical import word_tokens
from app.knowledge.text import searchable

Array = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Array]  # unit vectors, one row each

_HEADING = re.compile(r"#{1,6}\s+(\S.*?)\s*#*$")
_RULE = re.compile(r"[\s|:*_-]+$")
_STEP = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*+•])\s+")
_NAMED = re.compile(r"\*\*([^*\n]{2,60}?)[.:]?\*\*")
_CODE = re.compile(r"(?=.*\d)(?=.*[a-z])[\w-]+", re.IGNORECASE)
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'“*_])")
_FEWEST_WORDS = 4
_ORDINALS = frozenset(
    {"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"}
)
_PORTION = 1024  # statements, or one larger page, that are compared with as many at once
_WORD = re.compile(r"\w[\w'\u2019-]*")
# Beside those that the search leaves out: words that a sentence needs whatever it speaks of.
_EMPTY_WORDS = frozenset(
    word_tokens(
        "some up down out after before within once then also just only most least more less than "
        "no not never cannot may might must should shall all any each every both one two other "
        "another please second minute hour day week month quarter year am pm about over under per"
    )
)


def telling(text: str) -> frozenset[str]:
    """The stems of the words that tell what a text speaks of."""
    found = word_tokens(text)
    return frozenset(stem for stem in found if stem not in _EMPTY_WORDS and not stem.isdigit())


@dataclass(frozen=True)
class Statement:
    """One thing that a page says; ``row`` is its place among all statements of the audit.

    ``text`` is plain; ``names`` are what it sets in bold: buttons, menus, fields.
    """

    row: int
    page: Page
    heading: str
    text: str
    table: bool = False
    names: tuple[str, ...] = ()

    @cached_property
    def masked(self) -> str:
        """Its text without its amounts."""
        return masked(self.text)

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of its own telling words, without amounts."""
        return telling(self.masked)

    @cached_property
    def under(self) -> frozenset[str]:
        """The stems of its heading, or else of its page's title."""
        return telling(self.heading or self.page.title)

    @cached_property
    def context(self) -> frozenset[str]:
        """The stems of what it stands under: title and heading."""
        return telling(f"{self.page.title} {self.heading}")

    @cached_property
    def amounts(self) -> tuple[Quantity, ...]:
        """Its quantities, in order."""
        return tuple(quantities(self.text))

    @cached_property
    def entities(self) -> frozenset[str]:
        """What it names, in lower case, apart from its amounts and what it sets in bold."""
        bold = {word.casefold() for name in self.names for word, _, _ in words_with_places(name)}
        return entities(self.text, [(each.start, each.end) for each in self.amounts]) - bold

    @cached_property
    def numbers(self) -> frozenset[str]:
        """What it names that begins with a digit, its amounts included."""
        return frozenset(word for word in entities(self.text) if word[0].isdigit())

    @cached_property
    def places(self) -> Mapping[str, tuple[int, int]]:
        """Where each of its words, in lower case, stands last."""
        return {word.casefold(): (a, b) for word, a, b in words_with_places(self.text)}

    def quoted(self, *marked: tuple[int, int]) -> Quote:
        """Quote it, with its heading where it has one."""
        after = " " if self.heading.endswith(("?", ".", ":", "!")) else ": "
        lead = self.heading + after if self.heading else ""
        shifted = tuple((start + len(lead), end + len(lead)) for start, end in sorted(marked))
        return quote_of(self.page, lead + self.text, shifted)


def quote_of(page: Page, text: str, marked: tuple[tuple[int, int], ...] = ()) -> Quote:
    """Quote a page."""
    return Quote(page.id, page.title, text, marked, page.url, page.edited_at)


def statements_of(pages: Sequence[Page]) -> list[Statement]:
    """Cut pages into statements, in order."""
    found: list[Statement] = []
    for page in pages:
        for heading, line, is_row in _lines(page):
            found.append(
                Statement(
                    row=len(found),
                    page=page,
                    heading=heading,
                    text=_plain(line),
                    table=is_row,
                    names=tuple(_NAMED.findall(line)),
                )
            )
    return found


def _lines(page: Page) -> Iterator[tuple[str, str, bool]]:
    heading = ""
    for line in page.text.splitlines():
        if title := _HEADING.fullmatch(line.strip()):
            heading = _plain(title[1])
        elif line.strip().startswith("|"):
            if not _RULE.match(line):
                yield heading, line, True
        elif line.strip():
            for sentence in sentences(line):
                for text in _split(_without_title(sentence, page.title)):
                    yield heading, text, False


def _split(sentence: str) -> Iterator[str]:
    """Take apart what the search keeps together because one of the two is short."""
    begin = 0
    for end in _BETWEEN_SENTENCES.finditer(sentence):
        if len(sentence[begin : end.start()].split()) >= _FEWEST_WORDS:
            yield sentence[begin : end.start()]
            begin = end.end()
    if sentence[begin:].strip():
        yield sentence[begin:]


def _without_title(sentence: str, title: str) -> str:
    # Many pages begin with their own title, run into the first sentence.
    if title and sentence.startswith(title):
        return sentence[len(title) :]
    return sentence


def _plain(line: str) -> str:
    return re.sub(r"\s+([.,;:!?])", r"\1", " ".join(searchable(_STEP.sub("", line, 1)).split()))


# Stems that tell two things apart which share every other word.
_OPPOSITES = (
    {"import", "export"}, {"encrypt", "decrypt"}, {"enabl", "disabl"}, {"add", "remov"},
    {"upload", "download"}, {"send", "receiv"}, {"creat", "delet"}, {"lock", "unlock"},
    {"mount", "unmount"}, {"start", "stop"}, {"open", "close"}, {"buy", "sell"}, {"book", "cancel"},
    {"instal", "uninstal"}, {"join", "leav"}, {"login", "logout"},
)  # fmt: skip


def opposed(here: frozenset[str], there: frozenset[str]) -> bool:
    """Tell whether one set of stems has the opposite of one of the other: import and export."""
    return any({a, b} == pair for pair in _OPPOSITES for a in here for b in there)


class Corpus:
    """All statements with their vectors, and how rare each word is."""

    def __init__(self, pages: Sequence[Page], embed: Embed) -> None:
        self.pages = pages
        self.statements = statements_of(pages)
        texts = [one.masked for one in self.statements]
        framed = [f"{one.heading or one.page.title}: {one.masked}" for one in self.statements]
        distinct = list(dict.fromkeys([*texts, *framed, *(page.title for page in pages)]))
        vectors = dict(zip(distinct, embed(distinct), strict=True))
        width = next(iter(vectors.values())).shape if vectors else (0,)
        empty: Array = np.zeros((0, *width), np.float32)
        self.alone: Array = np.stack([vectors[t] for t in texts]) if texts else empty
        self.framed: Array = np.stack([vectors[t] for t in framed]) if framed else empty
        self.titles: Array = np.stack([vectors[p.title] for p in pages]) if pages else empty
        # Pages without a title have none in common.
        self.titles[[not page.title.strip() for page in pages]] = 0.0
        self._numbers = {(page.id, page.locale): place for place, page in enumerate(pages)}
        self.of_page: Mapping[int, list[int]] = {place: [] for place in range(len(pages))}
        for one in self.statements:
            self.of_page[self.number_of(one.page)].append(one.row)
        seen = Counter(
            stem
            for page_rows in self.of_page.values()
            for stem in {s for row in page_rows for s in self.statements[row].stems}
        )
        self._rarity = {stem: math.log((len(pages) + 1) / count) for stem, count in seen.items()}

    def number_of(self, page: Page) -> int:
        """Tell a page's place in ``pages``."""
        return self._numbers[page.id, page.locale]

    def title_words(self, number: int) -> frozenset[str]:
        """The telling stems of a page's title."""
        return telling(self.pages[number].title)

    def rarity(self, stem: str) -> float:
        """Tell how telling a stem is: 0 where each page has it."""
        return self._rarity.get(stem, math.log(len(self.pages) + 1))

    def weight(self, stems: frozenset[str]) -> float:
        """Add up how telling stems are."""
        return sum(map(self.rarity, stems))

    def page_vectors(self) -> Array:
        """Give each page the mean of its statements' vectors, at length 1; zeros where empty."""
        sums: Array = np.zeros_like(self.titles)
        for number, rows in self.of_page.items():
            sums[number] = self.alone[rows].sum(axis=0)
        return unit(sums)

    def mutual_best(
        self, rows: Sequence[int], least: float
    ) -> Iterator[tuple[Statement, Statement]]:
        """Pair statements of different pages that are each other's nearest in the other's page.

        Near is the better of alone and under their headings, and at least ``least``. Pairs of the
        same text, which many pages of one template have, are left out. ``rows`` ascend. Works in
        portions of whole pages: all pairs of a large help centre do not fit into memory.
        """
        pages = np.array([self.number_of(self.statements[row].page) for row in rows])
        seen: dict[str, int] = {}
        texts = np.array([seen.setdefault(self.statements[row].text, len(seen)) for row in rows])
        alone, framed = self.alone[rows], self.framed[rows]
        portions = list(_portions(pages))
        for place, here in enumerate(portions):
            found: list[tuple[int, int]] = []
            for there in portions[place:]:
                if pages[here][0] == pages[there][-1]:
                    continue  # one large page beside itself
                near = np.maximum(alone[here] @ alone[there].T, framed[here] @ framed[there].T)
                i, j = _mutual(near, least, pages[here], pages[there])
                i, j = i + here.start, j + there.start
                fit = (pages[i] < pages[j]) & (texts[i] != texts[j])
                found += zip(i[fit].tolist(), j[fit].tolist(), strict=True)
            for one, other in sorted(found):
                yield self.statements[rows[one]], self.statements[rows[other]]


def _portions(pages: NDArray[np.int64]) -> Iterator[slice]:
    """Cut the statements of pages, one number each, between pages."""
    begin = 0
    for end in np.flatnonzero(np.diff(pages, append=-1)).tolist():
        if end + 1 - begin >= _PORTION or end + 1 == len(pages):
            yield slice(begin, end + 1)
            begin = end + 1


def _mutual(
    near: Array, least: float, here: NDArray[np.int64], there: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the places where both are the other's nearest in its page; pages number each side."""
    i, j = np.nonzero(near >= least)
    values = near[i, j]
    fit = np.ones(len(values), dtype=bool)
    for one, page in ((i, there[j]), (j, here[i])):
        _, group = np.unique(one * (1 + page.max(initial=0)) + page, return_inverse=True)
        best = np.full(len(values), -1.0, dtype=np.float32)
        np.maximum.at(best, group, values)
        fit &= values >= best[group]
    return i[fit], j[fit]


def words_with_places(text: str) -> list[tuple[str, int, int]]:
    """List the words of a text with where they stand."""
    return [(found[0], found.start(), found.end()) for found in _WORD.finditer(text)]


def entities(text: str, apart_from: Sequence[tuple[int, int]] = ()) -> frozenset[str]:
    """Find what tells one of a kind from another, in lower case.

    That is capitals inside a sentence, codes like R1 or A-561, years and other bare numbers, and
    "first", "second".
    """
    found = set()
    for word, start, _ in words_with_places(text):
        begins = start == 0 or text[:start].rstrip("\"'“” ")[-1:] in (*".!?:", "")
        if any(a <= start < b for a, b in apart_from):
            continue
        capital = word[0].isupper() and len(word) > 1 and not begins
        if capital or word[0].isdigit() or is_code(word) or word.casefold() in _ORDINALS:
            found.add(word.casefold())
    return frozenset(found)


def is_code(word: str) -> bool:
    """Tell whether a word is a code: letters and digits together."""
    return bool(_CODE.fullmatch(word))
