"""Measure drafts: ``python -m tests.benchmarks.answering --set ../workarena --split dev``

The path is the product's own, in process: gather evidence, write with the extractive model, check,
decide. Asked are the set's questions; what has no answer there: its questions without a relevant
article, those of ``--foreign`` sets, and ``orphans``, its questions asked of that half of its
articles which lacks the relevant ones. The last line is JSON.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.language_models.chat_models import BaseChatModel
from rapidfuzz import fuzz

from app import llm
from app.domain import Band, Decision, Draft, Mode, Policy, SaveDraft, Triage
from app.evaluation.data import EvalArticle, document_of
from app.json_lines import read_rows
from app.knowledge.documents import ARTICLES, Document, Listing
from app.knowledge.embed import Embedder, load_embedder
from app.knowledge.search import KnowledgeBase
from app.knowledge.sync import sync_documents
from app.ledger.store import Ledger, sqlite_url
from app.ledger.tables import metadata
from app.look import Stopwatch, gather, write
from app.pipeline.compose import band_of
from app.pipeline.decide import decide
from connectors.types import Person, Status, Ticket
from tests.app.knowledge.fakes import MemoryVectors

WHOLE, HALVES = "whole", ("half-0", "half-1")
CONTAINED = 85.0  # of 100: sets quote their answers with other spaces and without marks
SHORT_ANSWER = 3  # characters; a shorter one ("22") is in a draft by chance
Question = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of one question."""

    question: Question
    decision: Decision
    milliseconds: float

    @property
    def draft(self) -> Draft | None:
        """The draft that an agent would see."""
        return self.decision.draft if isinstance(self.decision, SaveDraft) else None

    @property
    def cited(self) -> list[str]:
        """The articles that the draft cites, in order."""
        return [citation.origin_id for citation in self.draft.citations] if self.draft else []


class Desk:
    """A set's articles, whole and in two halves, ready to be asked."""

    def __init__(self, articles: Sequence[Document], embedder: Embedder, folder: Path) -> None:
        ledger = Ledger(sqlite_url(folder / "ledger.db"))
        metadata.create_all(ledger.engine)
        vectors = MemoryVectors()
        self._half = {one.id: number % 2 for number, one in enumerate(articles)}
        parts = {WHOLE: articles, HALVES[0]: articles[::2], HALVES[1]: articles[1::2]}
        for name, part in parts.items():
            listing = Listing(ARTICLES, part)
            sync_documents(ledger, name, [listing], embedder, vectors, folder, time.time, _progress)
        self.knowledge = KnowledgeBase(ledger, vectors, folder, embedder, time.time)
        self.model: BaseChatModel = llm.open_model("", self.knowledge.rank_sentences)

    def ask(self, question: Question, helpdesk: str = WHOLE) -> Asked:
        """Ask one question as a ticket's only message."""
        watch = Stopwatch()
        with watch.step("all"):
            text = question["text"]
            found = gather(self.knowledge, helpdesk, text, watch)
            draft, warnings = write(self.model, text, *found)
            decision = decide(Triage(text), draft, warnings, Mode.DRAFT, _TICKET, Policy(), 0)
        return Asked(question, decision, watch.milliseconds["all"])

    def ask_orphan(self, question: Question) -> Asked | None:
        """Ask the half that lacks the answer; ``None`` where both halves hold one."""
        sides = {self._half[one] for one in question["relevant"]}
        return self.ask(question, HALVES[1 - sides.pop()]) if len(sides) == 1 else None


_TICKET = Ticket("1", "", Status.OPEN, "1", Person("1"), ())


def main() -> None:
    """Index a set, ask everything, print the table."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        embedder = load_embedder(options.embeddings, options.cache)
        rows = read_rows(options.set / "articles.jsonl.gz", EvalArticle)
        articles = [document_of(row) for _, row in rows]
        desk = Desk(articles, embedder, Path(folder))
        foreign = [
            question
            for other in options.foreign
            for question in list(_questions(other, options.split))[: options.limit]
        ]
        own = list(_questions(options.set, options.split))
        result = measure(desk, own[: options.limit], foreign)
    result = {"set": options.set.name, "split": options.split} | result
    if not options.json:
        print(file=sys.stderr)
        for name, value in result.items():
            print(f"{name:34}", value)
    print(json.dumps(result))


def measure(desk: Desk, own: Sequence[Question], foreign: Sequence[Question]) -> dict[str, Any]:
    """Ask everything and count what came of it."""
    answerable = [desk.ask(question) for question in own if question["relevant"]]
    unanswerable = [desk.ask(question) for question in own if not question["relevant"]]
    orphans = [desk.ask_orphan(question) for question in own if question["relevant"]]
    strangers = [desk.ask(question) for question in foreign]
    drafted = [one for one in answerable if one.draft]
    right = [one for one in drafted if set(one.cited) & set(one.question["relevant"])]
    first = [one for one in drafted if one.cited[0] in one.question["relevant"]]
    well = [one for one in answerable if _is_well(one)]
    with_text = [
        one for one in answerable if len(str(one.question.get("answer", ""))) >= SHORT_ANSWER
    ]
    none = [*unanswerable, *(one for one in orphans if one), *strangers]
    return {
        "questions": len(answerable),
        "drafted": _share(len(drafted), len(answerable)),
        "cites_relevant": _share(len(right), len(answerable)),
        "cites_relevant_first": _share(len(first), len(answerable)),
        "well_supported": _share(len(well), len(answerable)),
        "well_supported_and_right": _share(len([one for one in well if one in right]), len(well)),
        "contains_answer": _share(
            len([one for one in with_text if _contains(one)]), len(with_text)
        ),
        "confidence_auroc": _auroc(
            [one.draft.confidence for one in right if one.draft],
            [one.draft.confidence for one in [*none, *drafted] if one.draft and one not in right],
        ),
        **_silence("unanswerable", unanswerable),
        **_silence("orphans", [one for one in orphans if one]),
        **_silence("foreign", strangers),
        "ms_p50": round(float(np.median([one.milliseconds for one in answerable])), 1),
    }


def _silence(name: str, asked: Sequence[Asked]) -> dict[str, Any]:
    drafted = [one for one in asked if one.draft]
    return {
        name: len(asked),
        f"{name}_silent": _share(len(asked) - len(drafted), len(asked)),
        f"{name}_well_supported": _share(
            len([one for one in drafted if _is_well(one)]), len(asked)
        ),
    }


def _is_well(one: Asked) -> bool:
    return one.draft is not None and band_of(one.draft.confidence) is Band.WELL


def _answer(one: Asked) -> str:
    return str(one.question.get("answer", "")).casefold()


def _contains(one: Asked) -> bool:
    answer = _answer(one)
    text = one.draft.text.casefold() if one.draft else ""
    # A long answer is a span of its article that a draft may shorten: either within the other.
    return answer in text or fuzz.partial_ratio(answer, text.partition("\n\n")[2]) >= CONTAINED


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _auroc(right: Sequence[float], wrong: Sequence[float]) -> float | None:
    """Chance that a right draft has a higher confidence than a wrong one."""
    if not right or not wrong:
        return None
    high, low = np.array(right)[:, None], np.array(wrong)[None, :]
    return round(float((high > low).mean() + (high == low).mean() / 2), 4)


def _questions(folder: Path, split: str) -> Iterable[Question]:
    wanted = folder / f"questions.{split}.jsonl.gz"
    chosen = wanted if wanted.exists() else folder / "questions.test.jsonl.gz"
    with gzip.open(chosen, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _progress(stage: str, done: int, total: int) -> None:
    print(f"\r{stage} {done}/{total}   ", end="", file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--set", type=Path, required=True)
    parser.add_argument("--split", choices=("dev", "test"), default="dev")
    parser.add_argument("--foreign", type=Path, action="append", default=[], help="another set")
    parser.add_argument("--embeddings", default="minilm")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "understudy")
    parser.add_argument("--limit", type=int, default=None, help="of questions, of each set")
    parser.add_argument("--json", action="store_true", help="the last line only")
    return parser.parse_args()


if __name__ == "__main__":
    main()
