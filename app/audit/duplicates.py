"""Duplicates: a page that says what another says, in other words or as a shorter copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.audit.records import AuditFinding, Kind, Page
from app.audit.statements import Array, Corpus, Statement, opposed

CONTAINED = 0.7  # mean likeness of the shorter page's statements to their best match
ALIGNED = 0.6  # of the shorter page, by weight: statements that another one says, word by word
LIKE = 0.6  # cosine from which two statements may say the same
RARE_WORDS = 0.5  # of the shorter page's words, rare ones counting most, that the longer has too
WHOLE_PAGE = 20  # telling words from which a page is more than a note
SMALL = 10  # below, a page is thin and no copy
# A note repeats in short what a much longer page with the same words in its title says.
NOTE_LONGER, NOTE_WORDS, NOTE_TITLE = 3.0, 0.7, 0.7
SMALL_COPY = (0.7, 0.8, 0.9)  # titles, statements, and share of them, of a small page
# Titles this alike, and statements: other words are no objection, as long as a few rare ones are
# shared (an overview and its details share hardly any).
SAME_NAME = (0.85, 0.8, 0.2)
PAGES = 0.6  # likeness of two pages as wholes, to look at them at all
TITLES = 0.25  # below, a page repeats in passing what another is about
_QUOTED = 3


@dataclass(frozen=True, slots=True)
class Copy:
    """How far the page ``short`` is contained in ``long``; ``pairs`` are rows that say the same.

    ``contained`` goes by likeness alone; ``aligned`` is the share that also has the same words.
    """

    short: int
    long: int
    contained: float
    aligned: float
    pairs: tuple[tuple[int, int], ...]


def duplicates(corpus: Corpus, cited: Mapping[str, float]) -> list[AuditFinding]:
    """Find pages that say the same; ``cited`` counts the tickets a month that rest on a page."""
    found: dict[frozenset[int], Copy] = {}
    for copy in _copies(corpus):
        pages = frozenset((copy.short, copy.long))
        if pages not in found or copy.contained > found[pages].contained:
            found[pages] = copy
    return [_finding(corpus, copy, cited) for copy in found.values()]


def _copies(corpus: Corpus) -> Iterator[Copy]:
    words = [_words(corpus, number) for number in range(len(corpus.pages))]
    titles = corpus.titles @ corpus.titles.T
    untitled = [not page.title.strip() for page in corpus.pages]
    titles[untitled, :] = titles[:, untitled] = TITLES  # neither for nor against
    pages = corpus.page_vectors()
    for short, long in np.argwhere((titles >= TITLES) & (pages @ pages.T >= PAGES)).tolist():
        if short == long or len(words[short]) < SMALL:
            continue
        if corpus.pages[short].locale != corpus.pages[long].locale:
            continue
        rare = _squares(corpus, words[short] & words[long]) / _squares(corpus, words[short])
        same_name = bool(titles[short, long] >= SAME_NAME[0]) and rare >= SAME_NAME[2]
        if (rare < RARE_WORDS and not same_name) or _other_subject(corpus, short, long, words):
            continue
        copy = aligned(corpus, short, long)
        if len(words[short]) < WHOLE_PAGE:
            fits = rare >= NOTE_WORDS and _is_note(corpus, short, long, words)
            fits = fits or (
                titles[short, long] >= SMALL_COPY[0]
                and copy.contained >= SMALL_COPY[1]
                and copy.aligned >= SMALL_COPY[2]
            )
        else:
            fits = copy.aligned >= ALIGNED and len({there for _, there in copy.pairs}) > 1
            fits = fits or (same_name and copy.contained >= SAME_NAME[1])
        if fits and copy.contained >= CONTAINED:
            yield copy


def _is_note(corpus: Corpus, short: int, long: int, words: list[frozenset[str]]) -> bool:
    mine, theirs = corpus.title_words(short), corpus.title_words(long)
    known = corpus.weight(mine & (theirs | words[long]))
    return (
        len(words[long]) >= NOTE_LONGER * len(words[short])
        and bool(mine & theirs)
        and known >= NOTE_TITLE * corpus.weight(mine)
    )


def _squares(corpus: Corpus, stems: frozenset[str]) -> float:
    return sum(corpus.rarity(stem) ** 2 for stem in stems) or 0.1


def _words(corpus: Corpus, number: int) -> frozenset[str]:
    rows = corpus.of_page[number]
    return frozenset().union(*(corpus.statements[row].stems for row in rows))


def _other_subject(corpus: Corpus, short: int, long: int, words: list[frozenset[str]]) -> bool:
    """Tell whether each title names something that its text speaks of and the other page lacks.

    "Import contacts" and "Export contacts" share every other word. Where one title is the other
    and more, as "Remove a number" beside "Numbers", what it alone speaks of is enough.
    """
    title = [corpus.title_words(number) for number in (short, long)]
    if opposed(title[0] - title[1], title[1] - title[0]):
        return True
    here = (title[0] & words[short]) - title[1] - words[long]
    there = (title[1] & words[long]) - title[0] - words[short]
    return bool(here) and (bool(there) or title[1] < title[0])


def aligned(corpus: Corpus, short: int, long: int) -> Copy:
    """Hold the statements of one page against those of another."""
    here, there = corpus.of_page[short], corpus.of_page[long]
    likeness = np.maximum(
        corpus.alone[here] @ corpus.alone[there].T, corpus.framed[here] @ corpus.framed[there].T
    )
    sizes = np.array([len(corpus.statements[row].stems) or 0.1 for row in here])
    best = likeness.max(axis=1)
    same = _matched(corpus, here, there, likeness)
    weight = sum(corpus.weight(corpus.statements[row].stems) for _, row, _ in same)
    whole = sum(corpus.weight(corpus.statements[row].stems) for row in here) or 0.1
    pairs = tuple((row, other) for _, row, other in same)
    nearest = int(best.argmax())
    fallback = ((here[nearest], there[int(likeness[nearest].argmax())]),)
    contained = float(sizes @ best / sizes.sum())
    return Copy(short, long, contained, weight / whole, pairs or fallback)


def _matched(
    corpus: Corpus, here: Sequence[int], there: Sequence[int], likeness: Array
) -> list[tuple[float, int, int]]:
    """Pair statements that say the same, the likest first; each takes part once.

    One sentence of an overview does not stand for several of the page with the details.
    """
    near = np.argwhere(likeness >= LIKE)
    order = np.argsort(-likeness[near[:, 0], near[:, 1]], kind="stable")
    found: list[tuple[float, int, int]] = []
    used: tuple[set[int], set[int]] = set(), set()
    for i, j in near[order].tolist():
        if i in used[0] or j in used[1] or not _says_the_same(corpus, here[i], there[j]):
            continue
        used[0].add(i)
        used[1].add(j)
        found.append((float(likeness[i, j]), here[i], there[j]))
    return found


def _says_the_same(corpus: Corpus, row: int, other: int) -> bool:
    one, twin = corpus.statements[row], corpus.statements[other]
    here, there = one.stems, twin.stems
    if one.entities - twin.entities and twin.entities - one.entities:
        return False  # the ninth of something, and the tenth
    if opposed(here - there, there - here):
        return False  # how to encrypt, and how to decrypt
    shared, mine = corpus.weight(here & there), corpus.weight(here)
    least = min(mine, corpus.weight(there))
    return shared > 0 and shared >= 0.5 * least and shared >= 0.35 * mine


def _finding(corpus: Corpus, copy: Copy, cited: Mapping[str, float]) -> AuditFinding:
    short, long = corpus.pages[copy.short], corpus.pages[copy.long]
    keep, drop, why = _choose(short, long, cited, corpus, copy)
    quotes = []
    for here, there in copy.pairs[:_QUOTED]:
        pair: tuple[Statement, Statement] = corpus.statements[here], corpus.statements[there]
        ordered = pair if pair[0].page is drop else pair[::-1]
        quotes += [one.quoted() for one in ordered]
    return AuditFinding(
        kind=Kind.DUPLICATE,
        articles=(drop.id, keep.id),
        says=f"“{drop.title}” says what “{keep.title}” says.",
        evidence=tuple(quotes),
        advice=f"Keep “{keep.title}” ({why}). Move into it what only the other has, then archive "
        f"“{drop.title}” and let its address lead there.",
    )


def _choose(
    short: Page, long: Page, cited: Mapping[str, float], corpus: Corpus, copy: Copy
) -> tuple[Page, Page, str]:
    """Choose which to keep: newer, longer, more cited; two of the three decide."""
    sizes = {
        id(page): sum(len(corpus.statements[row].text) for row in corpus.of_page[number])
        for page, number in ((short, copy.short), (long, copy.long))
    }
    votes: dict[int, list[str]] = {id(short): [], id(long): []}
    for name, one, other in (
        ("newer", short.edited_at or 0.0, long.edited_at or 0.0),
        ("longer", sizes[id(short)], sizes[id(long)]),
        ("more often the answer", cited.get(short.id, 0.0), cited.get(long.id, 0.0)),
    ):
        if one != other:
            votes[id(short) if one > other else id(long)].append(name)
    keep, drop = (short, long) if len(votes[id(short)]) > len(votes[id(long)]) else (long, short)
    *most, last = votes[id(keep)] or ["as good as the other"]
    return keep, drop, f"{', '.join(most)} and {last}" if most else last
