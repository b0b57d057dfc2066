"""Choose what to quote: whole procedures, a list's lead-in with the options asked for, sentences.

Pure: similarities come from the ``SentenceRanker`` that is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.extractive.blocks import Block, blocks_of, render_units
from app.extractive.questions import Asked, questions_of
from app.extractive.units import Kind, Unit, cut

SentenceRanker = Callable[[str, list[str]], list[float]]


@dataclass(frozen=True, slots=True)
class Weights:
    """Chosen by reading drafts for public manuals and by what answers questions there.

    With all-MiniLM-L6-v2 the best sentence of the right article is above .53 for 98 questions of
    100; part of a longer message is worth less, hence a ``floor`` below that. With these, two
    public manuals give drafts of about 300 characters that hold the answer in 9 cases of 10.
    """

    floor: float = 0.4  # below it no sentence answers the question
    vouched: float = 0.35  # the same in the first passage: the search vouches for it
    keep: float = 0.8  # a neighbour is quoted too from this share of the best on
    second: float = 0.75  # the steps may stand in another chunk of the article
    option: float = 0.75  # and another option of the same list
    first: float = 0.04  # the search saw more than a sentence does: trust its order a little
    steps: float = 0.03  # "how do I ..." rather wants a procedure than a remark about it
    heading: float = 0.9  # what a heading's similarity is worth to the text below it
    whole: int = 420  # a short passage is quoted whole: cutting it only loses context
    short: int = 170  # less than this is one sentence: the next one goes along
    length: int = 900
    total: int = 1500  # of all quotes; the first is never cut, half a procedure is no answer
    questions: int = 3


WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage as the answerer sees it."""

    id: str
    title: str
    text: str
    heading: str = ""
    earlier_answer: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a passage, in Markdown."""

    text: str
    passage_id: str


def choose(
    question: str,
    passages: Sequence[Candidate],
    ranker: SentenceRanker,
    weights: Weights = WEIGHTS,
) -> tuple[list[Quote], list[str]]:
    """Quote what answers each question of a message; the second part is what nothing answers."""
    pages = [_Page(passage, cut(passage.text, passage.title), weights) for passage in passages]
    open_questions: list[str] = []
    answered: list[_Page] = []
    asked_for = questions_of(question)
    for asked in asked_for[: weights.questions]:
        found = _best_pages(asked, pages, ranker, weights)
        if not found:
            open_questions.append(asked.text)
        answered += [page for page in found if page not in answered]
    quotes = [Quote(page.quote(), page.passage.id) for page in answered]
    open_questions += [asked.text for asked in asked_for[weights.questions :]]
    return _within(quotes, weights), open_questions


_HOW_TO = re.compile(
    r"\bhow (?:do|can|could|should|would|to)\b|\bwhere (?:do|can) i\b|\bis there a way\b",
    re.IGNORECASE,
)
# Marks and addresses would only blur a sentence's vector.
_MARKUP = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)|[*`|]+")


class _Page:
    """One passage, its units, and which of them are to be quoted."""

    def __init__(self, passage: Candidate, units: list[Unit], weights: Weights) -> None:
        self.passage = passage
        self.units = units
        self.blocks = blocks_of(units)
        self.chosen: set[int] = set()
        self.steps = 0.0
        self._weights = weights

    def texts(self) -> list[str]:
        own = [_MARKUP.sub(r"\1", unit.text) for unit in self.units]
        # A title or an earlier question often says what its answer does not repeat.
        return [*own, self.passage.heading or self.passage.title]

    def best(self, scores: Sequence[float]) -> float:
        if self.passage.earlier_answer:
            return max(scores, default=0.0)
        body = [self._score(block, scores) for block in self.blocks]
        above = scores[-1] * self._weights.heading if self.passage.heading else 0.0
        return max([*body, above]) if body else 0.0

    def choose(self, scores: Sequence[float]) -> None:
        whole = self.passage.earlier_answer or len(self.passage.text) <= self._weights.whole
        if whole:
            self.chosen = set(range(len(self.units)))
            return
        values = [self._score(block, scores) for block in self.blocks]
        start = max(range(len(values)), key=values.__getitem__)
        for number in self._span(start, values):
            block = self.blocks[number]
            self.chosen |= block.quoted(scores, self._weights.option)

    def completed_by(self, other: _Page) -> bool:
        """Tell whether another part of the article gives the steps that this one lacks."""
        same = self.passage.title == other.passage.title and not self.passage.earlier_answer
        return (
            same and not self._has_steps(self.chosen) and other._has_steps(range(len(other.units)))
        )

    def _has_steps(self, numbers: Iterable[int]) -> bool:
        return any(self.units[number].kind is Kind.STEP for number in numbers)

    def quote(self) -> str:
        if self.passage.earlier_answer:
            return answer_body(self.passage.text)
        return render_units(self.units, self.chosen)

    def _score(self, block: Block, scores: Sequence[float]) -> float:
        own = max(scores[unit] for unit in block.members)
        above = 0.0 if block.heading is None else scores[block.heading] * self._weights.heading
        return max(own, above) + (self.steps if block.kind is Kind.STEP else 0.0)

    def _span(self, start: int, values: Sequence[float]) -> list[int]:
        """Grow from the best block to both sides while the neighbours are about as good."""
        span = [start]
        least = max(self._weights.floor, values[start] * self._weights.keep)
        size = self.blocks[start].size(self.units)
        for step in (1, -1):
            number = start + step
            while 0 <= number < len(values):
                size += self.blocks[number].size(self.units)
                wanted = values[number] >= least or self._needed(number, step, span)
                if size > self._weights.length or not wanted:
                    break
                span.append(number)
                number += step
        return sorted(span)

    def _needed(self, number: int, step: int, span: Sequence[int]) -> bool:
        """Tell whether what is chosen would be incomplete without this neighbour."""
        if step == -1:
            return self.blocks[number + 1].leans(self.units)
        block = self.blocks[number]
        size = sum(self.blocks[chosen].size(self.units) for chosen in span)
        # "You can export your data." wants the steps that follow; one short sentence often only
        # repeats the question, and the next one answers it.
        done = any(self.blocks[chosen].kind in (Kind.STEP, Kind.ITEM) for chosen in span)
        same = block.heading == self.blocks[number - 1].heading
        return same and not done and (block.kind is Kind.STEP or size < self._weights.short)


def _best_pages(
    asked: Asked, pages: Sequence[_Page], ranker: SentenceRanker, weights: Weights
) -> list[_Page]:
    """Choose the passage that answers a question best, and one that completes it."""
    texts = [text for page in pages for text in page.texts()]
    searched = [ranker(query, texts) for query in asked.queries]
    scores = [max(several) for several in zip(*searched, strict=True)]
    found: list[tuple[float, _Page, list[float]]] = []
    position = 0
    for number, page in enumerate(pages):
        page.steps = weights.steps if _HOW_TO.search(asked.text) else 0.0
        own = scores[position : position + len(page.texts())]
        position += len(own)
        best = page.best(own)
        if page.units and best >= (weights.floor if number else weights.vouched):
            # An earlier answer passed a gate of its own: it speaks first.
            bonus = 1.0 if page.passage.earlier_answer else -weights.first * number
            found.append((best + bonus, page, own))
    found.sort(key=lambda item: -item[0])
    for _, page, own in found[:1]:
        page.choose(own)
    chosen = [page for _, page, _ in found[:1]]
    for score, page, own in found[1:]:
        if score >= weights.second * found[0][0] and chosen[0].completed_by(page):
            page.choose(own)
            return [*chosen, page]
    return chosen


def _within(quotes: Sequence[Quote], weights: Weights) -> list[Quote]:
    kept: list[Quote] = []
    room = weights.total
    for quote in quotes:
        # Chunks overlap: what was just said is not said again.
        if any(quote.text in other.text for other in kept) or (kept and len(quote.text) > room):
            continue
        kept.append(quote)
        room -= len(quote.text)
    return kept


_GREETING = re.compile(
    r"^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))(?:[ ,]+[^\n,.!?]{1,40})?"
    r"\s*(?:[,.!]+|\n|$)\s*",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"^(?:many )?(?:thanks|thank you)(?: (?:so|very) much)?(?: for [^.!\n]{1,60})?[.!,]+\s*", re.I
)
_SIGN_OFF = re.compile(
    r"(?:^|\n)[ \t]*(?:(?:best|kind|warm|many)(?: (?:regards|wishes|thanks))?|regards|cheers|"
    r"sincerely|thanks|thank you|yours(?: \w+)?)[,.!]*[ \t]*(?:\n[^\n]{0,60}){0,4}\s*$",
    re.IGNORECASE,
)


def answer_body(text: str) -> str:
    """Take the greeting and the sign-off, which named another customer, off an agent's answer."""
    body = _SIGN_OFF.sub("", _POLITE.sub("", _GREETING.sub("", text.strip()))).strip()
    if not body:
        return ""
    return body[0].upper() + body[1:]


__all__ = ["WEIGHTS", "Candidate", "Kind", "Quote", "SentenceRanker", "Weights", "choose"]
