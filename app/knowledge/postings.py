"""BM25 over one part of a collection or several: written in bounded memory, read from mapped files.

A part is written once and never changed, so that generations share it. What a word is worth
depends on all parts together and is worked out when they are read; what a text is worth for a word
stands in the files. The formula is Lucene's.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LENGTH_PENALTY = 0.75  # b
# With fewer texts than this, a part takes the mean length of texts from the parts before it.
_TYPICAL = 500
_SIZES = "sizes.json"


def write(
    folder: Path, texts: Iterable[Sequence[str]], k1: float, average: float | None = None
) -> None:
    """Write a part from its texts' tokens; ``average`` is the mean length of texts so far."""
    terms, counts, lengths, hashes = _counted(texts)
    total = int(lengths.sum())
    if average is None or len(lengths) >= _TYPICAL:
        average = total / max(1, len(lengths))
    # Terms in the order of their hashes, so that a reader finds one by bisection.
    ranks = np.argsort(hashes, kind="stable")
    place = np.empty(len(ranks), dtype=np.int32)
    place[ranks] = np.arange(len(ranks), dtype=np.int32)
    placed = place[terms] if len(terms) else np.zeros(0, dtype=np.int32)
    order = np.argsort(placed, kind="stable")
    owners = np.repeat(np.arange(len(lengths), dtype=np.uint32), counts[0])
    often = counts[1].astype(np.float32)
    stretch = k1 * (1 - LENGTH_PENALTY + LENGTH_PENALTY * lengths / max(average, 1e-9))
    worth = (often / (stretch.astype(np.float32)[owners] + often))[order]
    folder.mkdir(parents=True)
    np.save(folder / "terms.npy", hashes[ranks])
    starts = np.zeros(len(hashes) + 1, dtype=np.int64)
    np.cumsum(np.bincount(placed, minlength=len(hashes)), out=starts[1:])
    np.save(folder / "starts.npy", starts)
    np.save(folder / "texts.npy", owners[order])
    np.save(folder / "worth.npy", worth)
    (folder / _SIZES).write_text(json.dumps({"texts": len(lengths), "average": average}))


class Postings:
    """Parts that are read as one collection, in the order given."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._parts = [_Part(folder) for folder in folders]
        self.size = sum(part.size for part in self._parts)

    @property
    def average(self) -> float | None:
        """The mean length of texts, in tokens; ``None`` without a text."""
        if not self.size:
            return None
        return sum(part.average * part.size for part in self._parts) / self.size

    def scores(self, tokens: Sequence[str]) -> Floats:
        """Score every text, in the order of the parts; what matches nothing gets 0."""
        often = Counter(tokens)
        wanted = np.array([_hash(token) for token in often], dtype=np.uint64)
        ranges = [part.ranges(wanted) for part in self._parts]
        having = sum((ends - starts for starts, ends in ranges), np.zeros(len(often)))
        rarity = np.log1p(np.maximum(0.0, self.size - having + 0.5) / (having + 0.5))
        weights = (rarity * np.array(list(often.values()))).astype(np.float32)
        found = [
            part.scores(starts, ends, weights)
            for part, (starts, ends) in zip(self._parts, ranges, strict=True)
        ]
        return np.concatenate([np.zeros(0, dtype=np.float32), *found])


class _Part:
    """One part's files, mapped."""

    def __init__(self, folder: Path) -> None:
        sizes = json.loads((folder / _SIZES).read_text(encoding="utf-8"))
        self.size = int(sizes["texts"])
        self.average = float(sizes["average"])
        self._terms, self._starts, self._texts, self._worth = (
            # Plain arrays: slices of the class for mapped ones are dear.
            np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))
            for name in ("terms", "starts", "texts", "worth")
        )

    def ranges(self, wanted: NDArray[np.uint64]) -> tuple[Any, Any]:
        """Tell where the postings of terms begin and end; nowhere for a term without any."""
        if not len(self._terms):
            nowhere = np.zeros(len(wanted), dtype=np.int64)
            return nowhere, nowhere
        found = np.minimum(np.searchsorted(self._terms, wanted), len(self._terms) - 1)
        known = self._terms[found] == wanted
        return self._starts[found] * known, self._starts[found + 1] * known

    def scores(self, starts: Any, ends: Any, weights: Floats) -> Floats:
        """Add up, for each text, what the terms whose postings these are say of it."""
        places = [
            (start, end, weight)
            for start, end, weight in zip(starts.tolist(), ends.tolist(), weights, strict=True)
            if end > start
        ]
        if not places:
            return np.zeros(self.size, dtype=np.float32)
        texts = np.concatenate([self._texts[start:end] for start, end, _ in places])
        worth = np.concatenate([self._worth[start:end] * weight for start, end, weight in places])
        # One pass over all: adding term by term took twice as long.
        return np.bincount(texts, worth, self.size).astype(np.float32)


def _counted(
    texts: Iterable[Sequence[str]],
) -> tuple[NDArray[np.int32], tuple[Any, Any], NDArray[np.int64], NDArray[np.uint64]]:
    """Count terms text by text.

    Gives the terms' numbers text after text, how many there are of each text and how often each
    occurs, the texts' lengths, and the terms' hashes by number.
    """
    numbers: dict[str, int] = {}
    terms, often, distinct, lengths = array("i"), array("I"), array("i"), array("q")
    for tokens in texts:
        found = Counter(tokens)
        terms.extend(numbers.setdefault(token, len(numbers)) for token in found)
        often.extend(found.values())
        distinct.append(len(found))
        lengths.append(len(tokens))
    hashes = np.array([_hash(token) for token in numbers], dtype=np.uint64)
    return (
        np.frombuffer(terms, dtype=np.int32) if terms else np.zeros(0, dtype=np.int32),
        (np.array(distinct, dtype=np.int64), np.array(often, dtype=np.uint32)),
        np.array(lengths, dtype=np.int64),
        hashes,
    )


def _hash(token: str) -> int:
    # 64 bits: among a million terms, two share a hash once in thirty million collections.
    return int.from_bytes(blake2b(token.encode("utf-8", "replace"), digest_size=8).digest(), "big")
