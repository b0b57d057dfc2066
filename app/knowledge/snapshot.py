"""One generation on this host: its lexical indexes and its vectors, for each collection.

A folder per helpdesk and generation, written beside and renamed into place, memory-mapped by
every worker. It is derived from the ledger and Chroma, and made again from them where it lacks.
A collection consists of parts that are never changed; the next generation takes over those that
are still good, by hard links, so that one changed article costs no more than itself.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from app.as_json import from_json
from app.domain import Collection, Facts
from app.knowledge import lexical

Array = NDArray[np.float32]
Rows = NDArray[np.int64]

# Up to here every chunk and sentence is compared, and a collection is one part; above, Chroma's
# index proposes candidates, and a part is no larger than this.
EXACT_LIMIT = 5000  # chunks
# Count up when files, or the tokens in them, come out differently: all are then made anew.
VERSION = 1
_FOLDER = re.compile(r"g(\d+)")
_MANIFEST = "manifest.json"
_STALE_SECONDS = 86_400  # an unfinished folder of this age belongs to a process that died
_TRIES = 5  # to put a folder into the place of another, beside processes that do the same
_ARRAYS = ("chunks", "sentences", "owners")


@dataclass(frozen=True, slots=True)
class Part:
    """Chunks that are written together.

    ``texts`` are the chunks as the lexical index reads them; ``owners`` gives each row of
    ``sentences`` the number of its chunk within the part, in order.
    """

    ids: Sequence[str]
    texts: Sequence[str]
    chunks: Array
    sentences: Array
    owners: Sequence[int]


@dataclass(frozen=True, slots=True)
class Contents:
    """What a collection holds beside its parts' vectors.

    ``ids`` are the chunks that are searchable, ``places`` where each stands when all parts are
    laid end to end, ``article_rows`` the number of its article. ``names`` (ids) and ``facts``
    (JSON) have one entry an article, which is one page in one language.
    """

    ids: Sequence[str]
    places: Sequence[int]
    article_rows: Sequence[int]
    names: Sequence[str]
    facts: Sequence[str]
    embedder: str


class Snapshot:
    """One collection of an opened generation; rows of all arrays follow ``ids``.

    ``facts[article_rows[row]]`` are the facts of a row's article. ``chunks`` and ``sentences``
    are unit vectors (n x d), ``owners`` the row of each sentence; ``None`` (and empty) in a large
    collection, where ``chunk_vectors`` and ``sentence_vectors`` give some of them. What is not in
    ``rows`` may not be shown, whatever the vector store finds.
    """

    def __init__(self, folder: Path, number: int) -> None:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if manifest["version"] != VERSION:
            raise ValueError("written by another version")
        self.number = number
        self.ids: list[str] = manifest["ids"]
        self.embedder: str = manifest["embedder"]
        self.facts: list[Facts] = [_facts(text) for text in manifest["facts"]]
        self.rows = {passage: row for row, passage in enumerate(self.ids)}
        self.article_rows: Rows = np.load(folder / "articles.npy")
        self.places: Rows = np.load(folder / "places.npy")
        names = manifest["names"]
        self.articles: list[str] = [names[row] for row in self.article_rows]
        self.parts = [folder / name for name in manifest["parts"]]
        self._arrays = [tuple(_mapped(part / f"{n}.npy") for n in _ARRAYS) for part in self.parts]
        sizes = [len(chunks) for chunks, _, _ in self._arrays]
        self.starts: Rows = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        whole = bool(len(self.ids) == self.starts[-1])
        self.lexical = Lexical(lexical.LexicalIndex(*self.parts), None if whole else self.places)
        self.chunks: Array | None = None
        self.sentences: Array | None = None
        self.owners: Rows = np.zeros(0, dtype=np.int64)
        if whole and len(self.parts) == 1:
            self.chunks, self.sentences, owners = self._arrays[0]
            self.owners = np.asarray(owners, dtype=np.int64)

    def chunk_vectors(self, rows: Sequence[int] | Rows) -> Array:
        """Give the vectors of some chunks, in the order asked for."""
        found = [self._arrays[part][0][place] for part, place in map(self._place, rows)]
        return np.array(found, dtype=np.float32)

    def sentence_vectors(self, row: int) -> Array:
        """Give the vectors of one chunk's sentences, in the order of the text."""
        part, place = self._place(row)
        _, sentences, owners = self._arrays[part]
        first, last = np.searchsorted(owners, [place, place + 1])
        return np.asarray(sentences[first:last])

    def part_rows(self, part: int) -> range:
        """Name the rows that come from a part: they are neighbours."""
        first, last = np.searchsorted(self.places, self.starts[part : part + 2])
        return range(int(first), int(last))

    def part_size(self, part: int) -> int:
        """Count the chunks of a part, those that are no longer searchable among them."""
        return int(self.starts[part + 1] - self.starts[part])

    def _place(self, row: int) -> tuple[int, int]:
        place = int(self.places[row])
        part = int(np.searchsorted(self.starts, place, side="right")) - 1
        return part, place - int(self.starts[part])


class Lexical:
    """The lexical scores of what is searchable; parts may hold more."""

    def __init__(self, index: lexical.LexicalIndex, places: Rows | None) -> None:
        self.index = index
        self._places = places

    @property
    def languages(self) -> lexical.Codes:
        """The language of each row's text as a code, "" where it is unclear."""
        found = self.index.languages
        return found if self._places is None else found[self._places]

    def scores(self, question: str, language: str = "") -> tuple[Array, Array]:
        """Score every row by words and by 4-grams, as a question of a language."""
        words, grams = self.index.scores(question, language)
        if self._places is None:
            return words, grams
        return words[self._places], grams[self._places]


class Writer:
    """Writes a generation's folder; it counts once ``writing`` has put it into place."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: dict[Collection, list[str]] = {each: [] for each in Collection}

    def add(self, collection: Collection, part: Part, before: lexical.LexicalIndex | None) -> None:
        """Write a further part; its lexical measures follow those of what was there before."""
        folder = self._next(collection)
        lexical.build(folder, part.texts, before)
        np.save(folder / "chunks.npy", part.chunks)
        np.save(folder / "sentences.npy", part.sentences)
        np.save(folder / "owners.npy", np.array(part.owners, dtype=np.int32))

    def take_over(self, collection: Collection, part: Path) -> None:
        """Share a part of an earlier generation."""
        shutil.copytree(part, self._next(collection), copy_function=_link, dirs_exist_ok=True)

    def close(self, collection: Collection, contents: Contents) -> None:
        """Write what a collection holds beside its parts."""
        folder = self._folder / collection.value
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "places.npy", np.array(contents.places, dtype=np.int64))
        np.save(folder / "articles.npy", np.array(contents.article_rows, dtype=np.int64))
        manifest = {
            "version": VERSION,
            "ids": list(contents.ids),
            "names": list(contents.names),
            "facts": list(contents.facts),
            "embedder": contents.embedder,
            "parts": self._parts[collection],
        }
        (folder / _MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")

    def _next(self, collection: Collection) -> Path:
        name = f"p{len(self._parts[collection])}"
        self._parts[collection].append(name)
        folder = self._folder / collection.value / name
        folder.mkdir(parents=True)
        return folder


def path(root: Path, helpdesk: str, number: int) -> Path:
    """Name the folder of a generation."""
    return root / helpdesk / f"g{number}"


def open_snapshot(
    root: Path, helpdesk: str, number: int, collection: Collection = Collection.PUBLIC
) -> Snapshot | None:
    """Open a generation that is on this host; ``None`` where it is missing or damaged."""
    folder = path(root, helpdesk, number) / collection.value
    try:
        return Snapshot(folder, number)
    except (OSError, ValueError, KeyError, EOFError):
        return None


@contextmanager
def writing(root: Path, helpdesk: str, number: int) -> Iterator[Writer]:
    """Write a generation's folder in one step; one that is there already is replaced."""
    folder = path(root, helpdesk, number)
    temporary = folder.with_name(f".{folder.name}.{uuid4().hex}")
    temporary.mkdir(parents=True)
    try:
        yield Writer(temporary)
        _replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def drop_generations(root: Path, helpdesk: str, kept: frozenset[int], now: float) -> None:
    """Delete the folders of all of a helpdesk's generations but those kept."""
    home = root / helpdesk
    if not home.is_dir():
        return
    for folder in home.iterdir():
        found = _FOLDER.fullmatch(folder.name)
        if _is_stale(folder, now) or (found and int(found[1]) not in kept):
            # A worker that has it mapped keeps reading: the files live until it lets go.
            shutil.rmtree(folder, ignore_errors=True)


def _is_stale(folder: Path, now: float) -> bool:
    if not folder.name.startswith("."):
        return False
    try:
        return folder.stat().st_mtime < now - _STALE_SECONDS
    except FileNotFoundError:  # its process has just put it into place
        return False


def number_by_first_sight(names: Sequence[Any]) -> Rows:
    """Number names 0, 1, 2 ... in the order in which they first appear."""
    numbers: dict[Any, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


def _replace(temporary: Path, folder: Path) -> None:
    for _ in range(_TRIES):
        try:
            temporary.rename(folder)
        except OSError:  # there is one: damaged, or another process was faster with the same
            aside = folder.with_name(f".{folder.name}.{uuid4().hex}")
            with suppress(FileNotFoundError):  # or does just this
                folder.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)
        else:
            return
    temporary.rename(folder)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)


def _mapped(file: Path) -> Any:
    # A plain array: slices of the class for mapped ones are dear.
    return np.asarray(np.load(file, mmap_mode="r"))


# Most articles of a help centre share their facts, and reading them is the dearest of opening.
@lru_cache(maxsize=4096)
def _facts(text: str) -> Facts:
    found: Facts = from_json(Facts, text)
    return found
