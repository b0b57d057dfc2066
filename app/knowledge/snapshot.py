"""One generation on this host: its lexical index and, where it is small, all of its vectors.

A folder per helpdesk and generation, written beside and renamed into place, memory-mapped by
every worker. It is derived from the ledger and Chroma, and made again from them where it lacks.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from app.knowledge import lexical

Array = NDArray[np.float32]
Rows = NDArray[np.int64]

# Up to here every chunk and sentence is compared; above, Chroma's index proposes candidates.
EXACT_LIMIT = 5000  # chunks
_FOLDER = re.compile(r"g(\d+)")
_MANIFEST = "manifest.json"
_STALE_SECONDS = 86_400  # an unfinished folder of this age belongs to a process that died


@dataclass(frozen=True, slots=True)
class Contents:
    """What a generation holds, chunk by chunk.

    ``texts`` are the chunks as the lexical index reads them; ``owners`` gives each row of
    ``sentences`` the number of its chunk. Both vector arrays are ``None`` above the exact limit.
    """

    ids: Sequence[str]
    articles: Sequence[str]
    texts: Sequence[str]
    embedder: str
    chunks: Array | None = None
    sentences: Array | None = None
    owners: Sequence[int] = ()


class Snapshot:
    """An opened generation; rows of all arrays follow ``ids``.

    ``chunks`` and ``sentences`` are unit vectors (n x d), ``None`` in a large collection.
    """

    def __init__(self, folder: Path, number: int) -> None:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        self.number = number
        self.ids: list[str] = manifest["ids"]
        self.articles: list[str] = manifest["articles"]
        self.embedder: str = manifest["embedder"]
        self.rows = {passage: row for row, passage in enumerate(self.ids)}
        self.lexical = lexical.LexicalIndex(folder)
        self.chunks = _mapped(folder / "chunks.npy")
        self.sentences = _mapped(folder / "sentences.npy")
        self.owners: Rows = np.asarray(manifest["owners"], dtype=np.int64)
        self.article_rows = number_by_first_sight(self.articles)

    def sentence_vectors(self, row: int) -> Array | None:
        """Give the vectors of one chunk's sentences, in the order of the text."""
        if self.sentences is None:
            return None
        first, last = np.searchsorted(self.owners, [row, row + 1])
        return np.asarray(self.sentences[first:last])


def path(root: Path, helpdesk: str, number: int) -> Path:
    """Name the folder of a generation."""
    return root / helpdesk / f"g{number}"


def open_snapshot(root: Path, helpdesk: str, number: int) -> Snapshot | None:
    """Open a generation that is on this host; ``None`` where it is missing or damaged."""
    folder = path(root, helpdesk, number)
    try:
        return Snapshot(folder, number)
    except (OSError, ValueError, KeyError):
        return None


def write(root: Path, helpdesk: str, number: int, contents: Contents) -> None:
    """Write a generation's folder in one step; one that is there already is replaced."""
    folder = path(root, helpdesk, number)
    temporary = folder.with_name(f".{folder.name}.{uuid4().hex}")
    temporary.mkdir(parents=True)
    try:
        lexical.build(temporary, contents.texts)
        for name, array in (("chunks", contents.chunks), ("sentences", contents.sentences)):
            if array is not None:
                np.save(temporary / f"{name}.npy", array)
        manifest = {
            "ids": list(contents.ids),
            "articles": list(contents.articles),
            "embedder": contents.embedder,
            "owners": [int(owner) for owner in contents.owners],
        }
        (temporary / _MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
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
        stale = folder.name.startswith(".") and folder.stat().st_mtime < now - _STALE_SECONDS
        if stale or (found and int(found[1]) not in kept):
            # A worker that has it mapped keeps reading: the files live until it lets go.
            shutil.rmtree(folder, ignore_errors=True)


def number_by_first_sight(names: Sequence[str]) -> Rows:
    """Number names 0, 1, 2 ... in the order in which they first appear."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


def _replace(temporary: Path, folder: Path) -> None:
    try:
        temporary.rename(folder)
    except OSError:  # there is one: damaged, or another process was faster with the same content
        aside = folder.with_name(f".{folder.name}.{uuid4().hex}")
        folder.rename(aside)
        temporary.rename(folder)
        shutil.rmtree(aside, ignore_errors=True)


def _mapped(file: Path) -> Any:
    return np.load(file, mmap_mode="r") if file.is_file() else None
