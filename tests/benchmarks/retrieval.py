"""Measure our search against BM25, dense and reciprocal rank fusion on a set of questions.

``python -m tests.benchmarks.retrieval --set ../shared/data/retrieval/workarena --split dev``

A set is a folder with ``articles.jsonl.gz`` and ``questions.<split>.jsonl.gz``. The search is the
real one, with the vector store in memory unless ``--chroma`` names a server. The last line is JSON.
"""

from __future__ import annotations

import argparse
import gzip
import html
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.knowledge.documents import ARTICLES, Listing, documents_from_pages
from app.knowledge.embed import load_embedder
from app.knowledge.index import ChromaVectors, Vectors, drop_generations
from app.knowledge.search import KnowledgeBase
from app.knowledge.sync import sync_documents
from app.ledger.store import Ledger, sqlite_url
from app.ledger.tables import metadata
from app.pipeline.retrieve import Floats, Signals, best_by_group
from connectors.articles import Article
from connectors.types import Page
from tests.app.knowledge.fakes import MemoryVectors

HELPDESK = "benchmark"
DEPTH = 10
RRF_K = 60
Ranking = list[str]


def main() -> None:
    """Build the index of a set, ask its questions, print the table."""
    options = _options()
    questions = list(read(options.set / f"questions.{options.split}.jsonl.gz"))
    with_answer = [q for q in questions if q["relevant"]]
    answerable = with_answer[: options.limit]
    with tempfile.TemporaryDirectory() as folder:
        knowledge, index_seconds = _index(options, Path(folder))
        systems = _systems(knowledge)
        scores = {name: [] for name in systems}  # type: dict[str, list[int | None]]
        latencies = []
        for question in answerable:
            started = time.perf_counter()
            systems["ours"](question["text"])
            latencies.append((time.perf_counter() - started) * 1000)
            for name, system in systems.items():
                scores[name].append(first_hit(system(question["text"]), question["relevant"]))
        passages = knowledge.status(HELPDESK).passages
        if options.chroma:
            drop_generations(ChromaVectors(options.chroma), HELPDESK, frozenset())
    result = {
        "set": options.set.name,
        "split": options.split,
        "questions": len(answerable),
        "without_answer": len(questions) - len(with_answer),
        "passages": passages,
        "index_seconds": round(index_seconds, 1),
        "ms_p50": round(float(np.percentile(latencies, 50)), 1),
        "ms_p99": round(float(np.percentile(latencies, 99)), 1),
        "systems": {name: measures(ranks) for name, ranks in scores.items()},
    }
    _table(result)
    print(json.dumps(result))


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Read gzipped JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def first_hit(ranking: Ranking, relevant: Sequence[str]) -> int | None:
    """Tell the rank (from 1) of the first relevant article, ``None`` beyond the first ten."""
    places = [place for place, one in enumerate(ranking[:DEPTH], 1) if one in relevant]
    return places[0] if places else None


def measures(ranks: Sequence[int | None]) -> dict[str, float]:
    """Turn first relevant ranks into recall@1, recall@5 and MRR@10."""
    count = max(1, len(ranks))
    return {
        "recall@1": round(sum(r is not None and r <= 1 for r in ranks) / count, 4),
        "recall@5": round(sum(r is not None and r <= 5 for r in ranks) / count, 4),
        "mrr@10": round(sum(1 / r for r in ranks if r) / count, 4),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--set", type=Path, required=True)
    parser.add_argument("--split", choices=("dev", "test"), default="dev")
    parser.add_argument("--embeddings", default="minilm")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "understudy")
    parser.add_argument("--chroma", default="", help="URL of a server; in memory without")
    parser.add_argument("--limit", type=int, default=None, help="of questions")
    return parser.parse_args()


def _index(options: argparse.Namespace, folder: Path) -> tuple[KnowledgeBase, float]:
    ledger = Ledger(sqlite_url(folder / "ledger.db"))
    metadata.create_all(ledger.engine)
    embedder = load_embedder(options.embeddings, options.cache)
    vectors: Vectors = ChromaVectors(options.chroma) if options.chroma else MemoryVectors()
    pages = [Page(tuple(map(article_of, read(options.set / "articles.jsonl.gz"))), None)]
    started = time.perf_counter()
    listing = Listing(ARTICLES, documents_from_pages(pages))
    sync_documents(ledger, HELPDESK, [listing], embedder, vectors, folder, time.time, _progress)
    seconds = time.perf_counter() - started
    return KnowledgeBase(ledger, vectors, folder, embedder, time.time), seconds


def _progress(stage: str, done: int, total: int) -> None:
    print(f"\r{stage} {done}/{total}   ", end="", file=sys.stderr, flush=True)


def article_of(row: dict[str, Any]) -> Article:
    body = row["body"]
    if row["format"] == "text":
        body = "<br>".join(html.escape(line) for line in body.splitlines())
    return Article(id=row["id"], title=row["title"], html=body)


def _systems(knowledge: KnowledgeBase) -> dict[str, Callable[[str], Ranking]]:
    def ours(question: str) -> Ranking:
        hits = knowledge.search(HELPDESK, question, limit=2 * DEPTH)
        return list(dict.fromkeys(hit.passage.origin_id for hit in hits))

    def single(signal: Callable[[Signals], Floats]) -> Callable[[str], Ranking]:
        return lambda question: _ranking(*_raw(knowledge, question), signal)

    def fused(question: str) -> Ranking:
        articles, signals = _raw(knowledge, question)
        lists = [_ranking(articles, signals, one) for one in (_words, _chunk)]
        total: dict[str, float] = {}
        for ranking in lists:
            for place, one in enumerate(ranking, 1):
                total[one] = total.get(one, 0.0) + 1 / (RRF_K + place)
        return sorted(total, key=lambda one: -total[one])

    return {"ours": ours, "bm25": single(_words), "dense": single(_chunk), "rrf": fused}


def _raw(knowledge: KnowledgeBase, question: str) -> tuple[list[str], Signals]:
    found = knowledge.signals(HELPDESK, question)
    assert found is not None
    return found


def _words(signals: Signals) -> Floats:
    return signals.words


def _chunk(signals: Signals) -> Floats:
    return signals.chunk


def _ranking(articles: list[str], signals: Signals, signal: Callable[[Signals], Floats]) -> Ranking:
    names = list(dict.fromkeys(articles))
    best = best_by_group(signal(signals), signals.article)
    return [names[place] for place in np.argsort(-best, kind="stable")]


def _table(result: dict[str, Any]) -> None:
    print(file=sys.stderr)
    for name, row in result["systems"].items():
        print(f"{name:6}", "  ".join(f"{key} {value:.3f}" for key, value in row.items()))
    print(f"{result['passages']} passages indexed in {result['index_seconds']} s;",
          f"a search takes {result['ms_p50']} ms (p50), {result['ms_p99']} ms (p99)")  # fmt: skip


if __name__ == "__main__":
    main()
