"""Measure a large help centre: ``python -m tests.benchmarks.large_collection --passages 100000``

Invented articles are synced the product's own way, into a real Chroma server (one is started,
unless ``--chroma`` names one), searched, changed, and searched again. The last line is JSON with
``--json``. MiniLM embeds 90 sentences a second on one core, so that 100,000 passages would take
hours: by default a stand-in of the same dimension makes the vectors of what is indexed, which says
nothing of quality and all of time and memory. Questions are embedded by MiniLM in any case.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from app.knowledge.documents import ARTICLES, Document, Listing
from app.knowledge.embed import Array, Embedder, load_embedder, unit
from app.knowledge.index import ChromaVectors
from app.knowledge.search import KnowledgeBase
from app.knowledge.sync import SyncReport, sync_documents
from app.ledger.store import Ledger, sqlite_url
from app.ledger.tables import metadata
from app.processes import free_port

HELPDESK = "large"
SECTIONS = 5  # of an article; each is one passage
DIMENSION = 384
_VOCABULARY = 20_000  # invented words beside those of the frames
_FRAMES = (
    "Open the {a} page and choose {b} to see every {c} of your {d}.",
    "If the {a} does not show a {b}, check that the {c} is switched on for your {d}.",
    "Administrators can change the {a} of a {b} under Settings, {c}, {d}.",
    "The {a} is sent to the {b} within an hour after the {c} was confirmed by the {d}.",
    "You cannot delete a {a} while a {b} is attached to the {c}; remove the {d} first.",
    "To move a {a} to another {b}, press {c} and confirm with the code from your {d}.",
    "A {a} costs nothing on the {b} plan, and is limited to ten {c} for each {d}.",
)


class StandIn:
    """Vectors without a model: a sum of one random direction for each word."""

    name = "stand-in"
    dimension = DIMENSION

    def __init__(self) -> None:
        self._table = np.random.default_rng(7).standard_normal((4096, DIMENSION), dtype=np.float32)
        self.embedded = 0

    def embed(self, texts: Sequence[str]) -> Array:
        """Embed texts as unit vectors, one row each."""
        self.embedded += len(texts)
        rows = [
            self._table[[_number(word) % len(self._table) for word in text.split()] or [0]].sum(0)
            for text in texts
        ]
        return unit(np.stack(rows)) if rows else np.zeros((0, DIMENSION), dtype=np.float32)


class Questions:
    """MiniLM for questions, under the name of what the index was made with."""

    dimension = DIMENSION

    def __init__(self, name: str, model: Embedder) -> None:
        self.name = name
        self._model = model

    def embed(self, texts: Sequence[str]) -> Array:
        """Embed texts as unit vectors, one row each."""
        return self._model.embed(texts)


@dataclass
class Memory:
    """The most memory that this process held, in MB, by stage."""

    peaks: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure one stage."""
        _forget_peak()
        yield
        self.note(name)

    def note(self, name: str) -> None:
        """Keep the peak so far under a name."""
        self.peaks[name] = _peak()


def main() -> None:
    """Index, search, change, search."""
    options = _options()
    with _folder(options.keep) as folder, _chroma(options, folder) as url:
        result = _measured(options, Path(folder), url)
    if options.json:
        print(json.dumps(result))


def _measured(options: argparse.Namespace, folder: Path, url: str) -> dict[str, Any]:
    model = load_embedder("minilm", options.cache)
    model.embed(["warm"])
    embedder: Any = model if options.embedder == "minilm" else StandIn()
    if options.embedder != "minilm":
        print("Vectors of what is indexed come from a stand-in for MiniLM, questions' from MiniLM.")
    ledger = Ledger(sqlite_url(folder / "ledger.db"))
    metadata.create_all(ledger.engine)
    house = _House(ledger, ChromaVectors(url), folder / "lexical", embedder, options.passages)
    result: dict[str, Any] = {"passages": options.passages, "embedder": options.embedder}
    memory = Memory({"before": _peak()})

    def told(stage: str, done: int, total: int) -> None:
        for mark in (20_000, 50_000):
            if stage == "passages" and done >= mark and f"indexing, {mark}" not in memory.peaks:
                memory.note(f"indexing, {mark}")
        house.say(stage, done, total)

    if not options.search_only:
        with memory.stage("indexing"):
            seconds, report = house.sync(Listing(ARTICLES, house.documents()), told)
        result |= {"index_s": round(seconds, 1), "indexed": report.passages}
        with memory.stage("syncing again, unchanged"):
            seconds, report = house.sync(Listing(ARTICLES, house.documents()))
        result |= {"unchanged_s": round(seconds, 1), "generation": report.generation}
    knowledge = KnowledgeBase(
        ledger, house.vectors, house.root, Questions(embedder.name, model), time.time
    )
    with memory.stage("searching"):
        result |= _searched(knowledge, house, options.queries)
    with memory.stage("one article changed"):
        result |= _changed(house)
    result |= {"peak_mb": memory.peaks}
    for name, value in result.items():
        print(f"{name:>12}: {value}")
    return result


@dataclass
class _House:
    ledger: Ledger
    vectors: ChromaVectors
    root: Path
    embedder: Any
    passages: int
    said: str = ""

    def documents(self) -> Iterator[Document]:
        """All articles, made as they are asked for."""
        for number in range(self.passages // SECTIONS):
            yield document(number)

    def sync(self, listing: Listing, told: Any = None) -> tuple[float, SyncReport]:
        """Sync a listing; tell the seconds that it took."""
        begun = time.perf_counter()
        report = sync_documents(
            self.ledger, HELPDESK, [listing], self.embedder, self.vectors, self.root, time.time,
            told or self.say,
        )  # fmt: skip
        return time.perf_counter() - begun, report

    def say(self, stage: str, done: int, total: int) -> None:
        """Tell on standard error how far it is, now and then."""
        share = f"{stage} {done // 5000 * 5000:,} of {total:,}"
        if share != self.said:
            self.said = share
            print(f"\r{share:<60}", end="", file=sys.stderr, flush=True)


def _searched(knowledge: KnowledgeBase, house: _House, queries: int) -> dict[str, Any]:
    chance = random.Random(3)
    knowledge.warm(HELPDESK)
    questions = []
    for _ in range(queries + 20):
        text = document(chance.randrange(house.passages // SECTIONS)).body
        sentence = chance.choice([line for line in text.split("\n") if line.endswith(".")])
        words = sentence.rstrip(".").split()
        start = chance.randrange(max(1, len(words) - 8))
        questions.append("How do I " + " ".join(words[start : start + 8]).lower() + "?")
    for question in questions[:20]:  # files are read from the disk once
        knowledge.search(HELPDESK, question)
    taken = []
    for question in questions[20:]:
        begun = time.perf_counter()
        hits = knowledge.search(HELPDESK, question)
        taken.append((time.perf_counter() - begun) * 1000)
        assert hits, question
    middle, late = np.percentile(taken, [50, 99])
    return {"queries": queries, "p50_ms": round(middle, 1), "p99_ms": round(late, 1)}


def _changed(house: _House) -> dict[str, Any]:
    # The stand-in's vectors mean nothing to a question of MiniLM's.
    knowledge = KnowledgeBase(house.ledger, house.vectors, house.root, house.embedder, time.time)
    knowledge.warm(HELPDESK)
    number = house.passages // SECTIONS // 2
    news = "The zyzzyva export is found under Tools and takes a minute."
    edited = document(number, news)
    begun = time.perf_counter()
    house.sync(Listing(ARTICLES, [edited], whole=False, how="changes"))
    synced = time.perf_counter() - begun
    found = [hit.passage.text for hit in knowledge.search(HELPDESK, news)]
    assert any("zyzzyva" in text for text in found), "the changed article is not found"
    return {
        "changed_sync_s": round(synced, 1),
        "changed_found_s": round(time.perf_counter() - begun, 1),
    }


def document(number: int, more: str = "") -> Document:
    """An invented article; the same number gives the same one."""
    chance = random.Random(number)
    words = [_word(chance.randrange(_VOCABULARY)) for _ in range(12)]
    lines = []
    for section in range(SECTIONS):
        lines += ["", f"## {words[section].capitalize()} and {words[section + 1]}", ""]
        for _ in range(5):
            frame = chance.choice(_FRAMES)
            a, b, c, d = chance.sample(words, 4)
            lines.append(frame.format(a=a, b=b, c=c, d=d))
    return Document(
        id=f"a{number}",
        title=f"How {words[0]} works with {words[1]} ({number})",
        body="\n".join([*lines[1:], more]),
        form="markdown",
        locale="en",
    )


def _word(number: int) -> str:
    """An invented word that can be spoken."""
    result = ""
    while number or not result:
        number, first = divmod(number, 14)
        number, second = divmod(number, 5)
        result += "bdfgklmnprstvz"[first] + "aeiou"[second]
    return result + ("n" if len(result) > 2 else "ron")


def _number(word: str) -> int:
    return int.from_bytes(blake2b(word.encode(), digest_size=4).digest(), "big")


def _peak() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    return 0


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


@contextmanager
def _folder(kept: str | None) -> Iterator[str]:
    if kept is None:
        with tempfile.TemporaryDirectory() as folder:
            yield folder
        return
    Path(kept).mkdir(parents=True, exist_ok=True)
    yield kept


@contextmanager
def _chroma(options: argparse.Namespace, folder: str) -> Iterator[str]:
    if options.chroma:
        yield options.chroma
        return
    port = free_port()
    command = [str(Path(sys.executable).parent / "chroma"), "run", "--path", f"{folder}/chroma"]
    child = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        vectors = ChromaVectors(f"http://127.0.0.1:{port}")
        for _ in range(300):
            try:
                vectors.collections()
                break
            except Exception:
                assert child.poll() is None, "chroma run ended at once"
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        child.wait(timeout=30)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure a large help centre.")
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--embedder", choices=("stand-in", "minilm"), default="stand-in")
    parser.add_argument("--chroma", default="", help="address of a Chroma server")
    parser.add_argument("--keep", help="folder that keeps what was indexed, for another run")
    parser.add_argument("--cache", type=Path, default=Path(".data/cache"))
    parser.add_argument("--search-only", action="store_true", help="what --keep has is not synced")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    return parser.parse_args()


if __name__ == "__main__":
    main()
