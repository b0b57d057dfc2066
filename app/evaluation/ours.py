"""The product itself as one of the systems: its own sync, its own search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.evaluation.data import EvalArticle, EvalExample, document_of
from app.evaluation.systems import Found, Progress
from app.knowledge.documents import ARTICLES, Listing
from app.knowledge.embed import Embedder
from app.knowledge.index import Vectors
from app.knowledge.prepare import known_id
from app.knowledge.search import KnowledgeBase
from app.knowledge.sync import sync_documents
from app.ledger.store import Ledger

HELPDESK = "evaluation"
ANSWERABLE = "answerable"  # the part of a hit that says how likely there is an answer
# Of an article come at most three passages: these are of ten articles at least.
_PASSAGES = 30


@dataclass(frozen=True, slots=True)
class Space:
    """Where an evaluation happens: stores that are thrown away, and the embedding model."""

    ledger: Ledger
    vectors: Vectors
    folder: Path
    embedder: Embedder
    clock: Callable[[], float]


class Understudy:
    """The product's retrieval, as tickets get it."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._knowledge = KnowledgeBase(
            space.ledger, space.vectors, self._lexical, space.embedder, space.clock
        )
        self._ids: dict[str, str] = {}  # the ledger's to the set's: an address as id is shortened

    @property
    def _lexical(self) -> Path:
        return self._space.folder / "lexical"

    def index(
        self, articles: Sequence[EvalArticle], examples: Sequence[EvalExample], progress: Progress
    ) -> None:
        """Sync articles, as a help centre's are; then teach it the examples."""
        space = self._space
        self._ids = {known_id(article.id): article.id for article in articles}
        listing = Listing(ARTICLES, map(document_of, articles))
        report = sync_documents(
            space.ledger,
            HELPDESK,
            [listing],
            space.embedder,
            space.vectors,
            self._lexical,
            space.clock,
            progress,
        )
        for error in report.errors:
            raise error
        rows = [
            (f"example-{n}", one.text, known_id(one.article_id)) for n, one in enumerate(examples)
        ]
        self._knowledge.index_pointers(HELPDESK, rows)
        self._knowledge.warm(HELPDESK)

    def search(self, text: str) -> Found:
        """Rank articles by the first passage of each; copies as well, as the others do."""
        hits = self._knowledge.search(HELPDESK, text, _PASSAGES, fold=False)
        best: dict[str, float] = {}
        for hit in hits:
            best.setdefault(self._ids[hit.passage.origin_id], hit.score)
        sure = hits[0].parts.get(ANSWERABLE, hits[0].score) if hits else None
        return Found(tuple(best.items()), sure)
