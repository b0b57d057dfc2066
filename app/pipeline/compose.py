"""From evidence to a draft: is it good enough, what does it say, how far can it be trusted.

Pure apart from calling the answerer that is handed in.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from app.domain import Band, Citation, Draft, Hit, Passage, Source
from app.pipeline.fit import of_the_page
from app.pipeline.retrieve import SIGNALS


@dataclass(frozen=True, slots=True)
class Statement:
    """A paragraph or a whole list in Markdown, and the passage that says it."""

    text: str
    passage_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the passages say to a question; ``not_covered`` is what they leave open."""

    statements: tuple[Statement, ...]
    not_covered: tuple[str, ...] = ()


Answerer = Callable[[str, Sequence[Passage]], Answer]


@dataclass(frozen=True, slots=True)
class Floors:
    """How good evidence must be, for cosines of all-MiniLM-L6-v2 (or a like model).

    ``article`` is the least support (``article_supports``). On the dev questions of workarena,
    covid_faq and mtrag_a .9 gives a draft that cites a right article for .91, .80, .81 (a plain
    cosine of .45: .92, .80, .74), is silent for .54, .25, .58 where that article is missing (.28,
    .16, .58) and for .88, .98, .87 of foreign questions (.88, .98, .75). .86 would cite .92, .80,
    .81 and be silent for .85, .98, .78 of the foreign ones; 1.0 would lose 3 to 5 right drafts
    of 100 more. ``nearness`` is the least cosine: in a collection about something else altogether
    somebody is always far ahead. ``beside``: an article this far below the best is not shown as
    well; wide, for a message with two questions has two right articles.

    ``example``: the least cosine of an earlier question, and ``example_margin`` its lead over those
    with another answer. A false answer here is one that an agent gave to a different question.
    Where only siblings of the question are stored, .72 and .03 let one of those speak for 6 to 24
    questions of 100 (CLINC150, covid_faq, BANKING77); .85 and .05 for fewer than two. The price:
    of questions whose answer is stored 19 to 35 in 100 pass, where 47 to 72 did; the others get a
    draft from the articles.
    """

    article: float = 0.9
    nearness: float = 0.35
    beside: float = 0.45
    example: float = 0.85
    example_margin: float = 0.05
    passages: int = 4  # more only distracts, and costs time on a small machine


FLOORS = Floors()

# What a lead of the score is worth in cosines (see ``_support``); the lead that is assumed where
# none can be measured: a cosine of .43 then passes.
SCORE_WEIGHT = 0.63
NO_LEAD = 0.75
FEW_ARTICLES = 8

# The support above which more makes no difference: right drafts reach it in one case of three.
_SURE = 1.4

# Which confidence is which word: see ``confidence`` for what goes in.
_WELL, _PARTLY = 0.65, 0.4
# Two agents' answers this alike (0..100) say the same thing.
_SAME_ANSWER = 80.0


def compose_draft(
    question: str,
    articles: Sequence[Hit],
    examples: Sequence[Hit],
    answer: Answerer,
    requester_name: str = "",
    *,
    page: str = "",
    floors: Floors = FLOORS,
) -> Draft | None:
    """Write a draft from the best evidence; ``None`` where no evidence is good enough.

    ``page`` is the address in the product that somebody wrote from, who asks one thing only.

    Hits come best first. A passage of an example holds the agent's answer as its text, who gave
    it where as its title, and the earlier question as its heading.
    """
    example = accepted_example(examples, floors)
    near = of_the_page(near_articles(articles, floors), page)
    evidence = ([example] if example else []) + near
    if not evidence:
        return None
    passages = {hit.passage.id: hit.passage for hit in evidence[: floors.passages]}
    found = answer(question, tuple(passages.values()))
    statements = [item for item in found.statements if item.passage_id in passages]
    if not statements:
        return None
    used = {item.passage_id: passages[item.passage_id] for item in statements}
    parts = _parts(
        question,
        found=found,
        used=used,
        articles=articles,
        examples=examples if example else (),
        floors=floors,
    )
    return Draft(
        text=f"{greeting(requester_name)}\n\n{_join(statements)}",
        citations=tuple(_citation(passage) for passage in used.values()),
        confidence=confidence(parts),
        parts=parts,
        not_covered=found.not_covered,
    )


def accepted_example(examples: Sequence[Hit], floors: Floors = FLOORS) -> Hit | None:
    """Pick the earlier answer that may speak first, if one is near and nothing contradicts it."""
    ranked = sorted(examples, key=lambda hit: -hit.similarity)
    if not ranked or ranked[0].similarity < floors.example:
        return None
    rivals = [hit for hit in ranked[1:] if not _same_answer(hit, ranked[0])]
    if rivals and ranked[0].similarity - rivals[0].similarity < floors.example_margin:
        return None
    return ranked[0]


def near_articles(articles: Sequence[Hit], floors: Floors = FLOORS) -> list[Hit]:
    """Keep the passages of the articles that are supported enough, in the order of the search.

    None, if the article that came first is not: one behind it, however near, is a chance find.
    """
    supports = article_supports(articles, floors)
    if not articles or supports[articles[0].passage.origin_id] < floors.article:
        return []
    least = max(floors.article, max(supports.values()) - floors.beside)
    return [hit for hit in articles if supports[hit.passage.origin_id] >= least]


def article_supports(articles: Sequence[Hit], floors: Floors = FLOORS) -> dict[str, float]:
    """Say of each article how sure it is that it answers, from its nearest and its best passage."""
    found: dict[str, list[Hit]] = {}
    for hit in articles:
        found.setdefault(hit.passage.origin_id, []).append(hit)
    return {name: _support(hits, floors) for name, hits in found.items()}


def _support(hits: Sequence[Hit], floors: Floors) -> float:
    """Add up how near an article is and how far its score stands out from the collection.

    The cosine alone takes what is like the question for an answer, most of all where the right
    article is missing; the score alone finds somebody ahead in every collection. Together they
    tell answerable questions from others better: AUROC .931 against .896 and .885, on average
    over own questions without their article, unanswerable ones and foreign ones of three public
    collections; each left out in turn gave weights of .56 to .67. The lead over the next article
    added nothing.
    """
    nearness = max(hit.similarity for hit in hits)
    if nearness < floors.nearness:
        return 0.0
    return nearness + SCORE_WEIGHT * max(map(_lead, hits))


def _lead(hit: Hit) -> float:
    # The best score of n articles grows with ln n even if nothing answers: over 8 to 469 articles
    # it is .55 to .6 of it for foreign questions, .8 to 1 for answered ones.
    over = hit.parts.get("z_over", 0.0)
    if over < FEW_ARTICLES:  # a deviation over so few is bounded by sqrt(n - 1), and says little
        return NO_LEAD
    return hit.score / math.log(over)


def greeting(requester_name: str) -> str:
    """Greet by first name where the name looks like a person's."""
    name = requester_name.strip()
    if "," in name:  # "Doe, Maya"
        name = name.split(",", 1)[1]
    words = [word for word in name.split() if not word.endswith(".")]
    first = words[0] if words and words[0].casefold() not in _NOBODY else ""
    if not re.fullmatch(r"[^\W\d_]{2,20}(?:[-'’][^\W\d_]{1,20})?", first):  # noqa: RUF001
        return "Hi,"
    return f"Hi {first.capitalize() if first.isupper() or first.islower() else first},"


def confidence(parts: Mapping[str, float]) -> float:
    """Say how likely an agent stands behind a draft, in 0..1, not calibrated.

    Articles count by support (.6), lead over the next article (.2) and agreement of the
    searches (.2), at most .9; an earlier answer by its similarity and by others that say the
    same. Either suffices (1 - (1-a)(1-e)), and what is left open takes up to half. It never
    falls when a part rises.
    """
    article = (0.6 * parts["evidence"] + 0.2 * parts["margin"] + 0.2 * parts["agreement"]) * 0.9
    example = min(0.95, parts["example"] + 0.1 * parts["support"])
    evidence = 1 - (1 - article) * (1 - example)
    return round(min(1.0, max(0.0, evidence * (0.5 + 0.5 * parts["coverage"]))), 4)


def band_of(value: float) -> Band:
    """Put a confidence that is not calibrated into words."""
    if value >= _WELL:
        return Band.WELL
    return Band.PARTLY if value >= _PARTLY else Band.THIN


def _parts(
    question: str,
    *,
    found: Answer,
    used: Mapping[str, Passage],
    articles: Sequence[Hit],
    examples: Sequence[Hit],
    floors: Floors,
) -> dict[str, float]:
    cited = [hit for hit in articles if hit.passage.id in used]
    quoted = [hit for hit in examples if hit.passage.id in used]
    best = max(cited, key=lambda hit: hit.similarity, default=None)
    supports = article_supports(articles, floors)
    rivals = [hit for hit in articles if best and hit.passage.origin_id != best.passage.origin_id]
    rival = max((hit.similarity for hit in rivals), default=0.0)
    like = [hit for hit in examples if quoted and hit is not quoted[0]]
    agreeing = [hit for hit in like if _same_answer(hit, quoted[0])]
    asked = max(question.count("?"), len(found.not_covered) + 1)
    return {
        "evidence": _ramp(supports[best.passage.origin_id], floors.article, _SURE) if best else 0.0,
        "margin": _ramp(best.similarity - rival, 0.0, 0.15) if best else 0.0,
        "agreement": _agreement(best, articles) if best else 0.0,
        # At the gate an earlier answer is worth .5: nearly, but not surely, the same question.
        "example": 0.5 + 0.4 * _ramp(quoted[0].similarity, floors.example, 0.95) if quoted else 0.0,
        "support": _ramp(len(agreeing), 0, 3),
        "coverage": 1 - len(found.not_covered) / asked,
    }


def _agreement(best: Hit, articles: Sequence[Hit]) -> float:
    """Share of the searches (dense, lexical ...) that put this passage's article first."""
    names = [name for name in SIGNALS if all(name in hit.parts for hit in articles)]
    if not names:
        return 0.5
    first = [max(articles, key=lambda hit: hit.parts[name]) for name in names]
    return sum(hit.passage.origin_id == best.passage.origin_id for hit in first) / len(names)


def _ramp(value: float, low: float, high: float) -> float:
    return round(min(1.0, max(0.0, (value - low) / (high - low))), 4)


def _same_answer(one: Hit, other: Hit) -> bool:
    return fuzz.token_set_ratio(one.passage.text, other.passage.text) >= _SAME_ANSWER


# What helpdesks and forms call people whose name they do not know.
_NOBODY = frozenset(
    {"visitor", "guest", "customer", "user", "client", "unknown", "anonymous", "support", "info"}
    | {"team", "admin", "sales", "office", "mr", "mrs", "ms", "dr", "the", "lead", "no", "test"}
)
_LIST_LINE = re.compile(r"^(?:\d{1,2}\.|-|\*)\s")


def _join(statements: Sequence[Statement]) -> str:
    text = ""
    for item in statements:
        line = item.text.strip()
        # A model may give a list item by item: keep it one list.
        last = text.rsplit("\n", 1)[-1]
        tight = bool(_LIST_LINE.match(line) and _LIST_LINE.match(last))
        text += ("\n" if tight else "\n\n") + line if text else line
    return text


def _citation(passage: Passage) -> Citation:
    kind = passage.source if passage.source is Source.EXAMPLE else Source.ARTICLE
    return Citation(
        passage_id=passage.id,
        source=kind,
        origin_id=passage.origin_id,
        title=passage.title,
        url=passage.url,
        updated_at=passage.updated_at,
        only_for=passage.only_for,
    )
