"""Tell how an article fits who asks: whether they may read it, and what moves it up or down. Pure.

Only ``may_read`` hides anything. ``boost`` is small beside what a search finds by the words of the
question: it decides between articles that are about equally near, and never against a clear one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from urllib.parse import urlsplit

from app.domain import Asker, Facts, Hit, Source

_WORD = re.compile(r"[^\W_]+")
_LONGEST_PATTERN = 200


@dataclass(frozen=True, slots=True)
class Weights:
    """What moves an article, in standard deviations of a search's score.

    How old an article is counts for nothing: a page that nobody had to change in years is as often
    the truest as the stalest, and what the team knows to be stale it can mark. Nor does its
    language: a search leaves out what is in another one (``app.knowledge.catalogue``), and what is
    true of nearly all articles would only make all of them seem to fit better, or worse.
    """

    # The strongest hint there is: the customer stood on the page that the article is about. The
    # more of its address a pattern spells out, the more it says (``page_fit``).
    page: float = 0.4
    # An area holds many articles: it helps between two of them only by leaving out the others.
    area: float = 0.15
    # "Only on Studio" is good to know for somebody on Studio; most articles name no plan at all.
    plan: float = 0.05
    # What the customer's plan does not have is seldom the answer, but may be (an upgrade).
    other_plan: float = -0.2
    # The same thing explained for admins and for their clients: two articles with the same words.
    audience: float = 0.15
    # The team itself says that it is no longer true; it stays, for nothing else may say it at all.
    outdated: float = -0.4
    # Written to be pasted after an agent has looked; an article says the same with its reasons.
    canned: float = -0.1
    most: float = 0.6  # in either direction, so that all hints together stay hints


WEIGHTS = Weights()


def may_read(facts: Facts, asker: Asker) -> bool:
    """Tell whether somebody may be shown an article; a restricted one is for its audience alone.

    Where nobody is known to ask, or no audience is told, nobody is let in.
    """
    if not facts.restricted:
        return True
    if facts.audience is None or asker.person is None:
        return False
    return facts.audience.lets_in(asker.person, asker.account)


def boost(facts: Facts, asker: Asker, weights: Weights = WEIGHTS) -> float:
    """Say how far an article moves up (or down) for who asks, within ``weights.most``."""
    about = facts.metadata
    total = weights.page * page_fit(about.pages, asker.page)
    if about.areas and any(_words(area) <= _hints(asker.words, asker.page) for area in about.areas):
        total += weights.area
    if about.plans and asker.plan:
        total += weights.plan if _is_among(asker.plan, about.plans) else weights.other_plan
    if about.audience and _belongs_to(asker, about.audience):
        total += weights.audience
    total += weights.outdated if about.outdated else 0.0
    total += weights.canned if facts.source is Source.CANNED else 0.0
    return max(-weights.most, min(weights.most, total))


def page_fit(patterns: tuple[str, ...], page: str) -> float:
    """Say in 0..1 how well an address matches the best of the patterns; 0 where none matches.

    ``*`` stands for anything, slashes too. A pattern with a host (``https://app.x.com/a*``) is
    held against host and path, any other against the path alone; ``#/a`` counts as a path.
    """
    if not patterns or not page:
        return 0.0
    host, path = _place(page)
    fits = [0.0]
    for pattern in patterns:
        bare = _bare_pattern(pattern)
        address = host + path if "://" in pattern else path
        if bare.strip("*/") and _compiled(bare).match(address):
            told = len(bare.replace("*", ""))
            fits.append(0.5 + 0.5 * min(1.0, told / len(address)))
    return max(fits)


def of_the_page(hits: Sequence[Hit], page: str) -> list[Hit]:
    """Where the best hit belongs to the page that somebody is on, keep those that do, too.

    What comes close behind it answers nearly the same question about another part of the product.
    """
    on_it = [hit for hit in hits if page_fit(hit.passage.metadata.pages, page)]
    return on_it if on_it and on_it[0] is hits[0] else list(hits)


@lru_cache(maxsize=256)
def _place(page: str) -> tuple[str, str]:
    """Read host and path of an address, in lower case and without a slash at the end."""
    try:
        parts = urlsplit(page.strip().lower())
    except ValueError:  # "http://[" is no address; customers paste such things into fields
        return "", "/"
    path = parts.fragment.lstrip("!") if parts.fragment.startswith(("/", "!/")) else parts.path
    return parts.netloc, path.split("?")[0].rstrip("/") or "/"


@lru_cache(maxsize=4096)
def _bare_pattern(pattern: str) -> str:
    bare = pattern.strip().lower()[:_LONGEST_PATTERN].split("://")[-1]
    return re.sub(r"\*+", "*", bare).rstrip("/") or "/"


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    # In an address only the star is a wildcard; ``translate`` takes time in proportion at worst.
    return re.compile(translate(pattern.replace("[", "[[]").replace("?", "[?]")))


@lru_cache(maxsize=256)
def _hints(told: frozenset[str], page: str) -> frozenset[str]:
    """Gather the words that may name a product area: what is told, and the parts of the path."""
    return frozenset().union(_words(_place(page)[1]), *(_words(each) for each in told))


@lru_cache(maxsize=8192)
def _words(text: str) -> frozenset[str]:
    """Cut a name into words that compare: ``Booking_Pages`` and ``booking-page`` are the same."""
    words = _WORD.findall(text.casefold()) or [text.casefold()]
    return frozenset(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words)


def _is_among(name: str, names: tuple[str, ...]) -> bool:
    # "Studio (yearly)" is Studio.
    return any(_words(each) <= _words(name) for each in names)


def _belongs_to(asker: Asker, audience: tuple[str, ...]) -> bool:
    """Tell whether an article was written for people like the asker: their tags or their plan."""
    known = set(asker.person.tags if asker.person else ())
    known |= set(asker.person.fields.values() if asker.person else ())
    known |= asker.account.tags if asker.account else set()
    known |= {asker.plan} if asker.plan else set()
    return any(_words(each) == _words(one) for each in audience for one in known)
