"""What anybody can build in an afternoon, as strong as it comes: the systems to beat.

BM25 and cosine rank chunks of about 1,000 characters with the article's title in front of each; an
article is as good as its best chunk. The plain LangChain recipe cuts the page as it is. Examples
are poured into each index as one more chunk of their article.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from app.evaluation.data import EvalArticle, EvalExample
from app.evaluation.systems import (
    BM25,
    DENSE,
    HALVES,
    LANGCHAIN,
    RRF,
    Found,
    Progress,
    Ranking,
    System,
    top_score,
)
from app.knowledge.embed import Embedder
from app.knowledge.text import readable
from app.pipeline.language import language_of

Floats = NDArray[np.float32]

CHUNK_SIZE = 1000  # characters
CHUNK_OVERLAP = 150
# Cutting at sentences, too, made cosine stronger than LangChain's own separators do.
_SEPARATORS = ["\n\n", "\n", ". ", " ", ""]
# The textbook's: with bm25s' own k1 of 1.5 fewer articles were among the first five.
_K1, _B = 1.2, 0.75
# How deep a half's ranking goes; fusion takes all of it.
RANKED = 1000  # articles
LANGCHAIN_TOP_K = 50  # chunks: of long articles several may be found
_BATCH = 256  # texts between two reports of progress
_SAMPLE = 100  # articles that tell the language
# Code of a language -> its name, where there is both a stemmer and a list of stop words.
_LANGUAGES = {
    **{"da": "danish", "de": "german", "en": "english", "es": "spanish", "fr": "french"},
    **{"it": "italian", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ru": "russian"},
    **{"sv": "swedish", "tr": "turkish"},
}


def baselines(names: Iterable[str], embedder: Embedder, folder: Path) -> dict[str, System]:
    """Build the systems of these names; fusion is made of both its halves. ``folder`` is theirs."""
    wanted = set(names)
    if RRF in wanted:
        wanted |= set(HALVES)
    builders: dict[str, Callable[[], System]] = {
        BM25: Bm25,
        DENSE: lambda: Dense(embedder),
        LANGCHAIN: lambda: LangChainRecipe(embedder, folder / LANGCHAIN),
    }
    return {name: build() for name, build in builders.items() if name in wanted}


class Bm25:
    """BM25 on stems without stop words, in the language of most articles."""

    def __init__(self) -> None:
        self._chunks = _Chunks([])
        self._index: Any = None
        self._language = "english"

    def index(
        self, articles: Sequence[EvalArticle], examples: Sequence[EvalExample], progress: Progress
    ) -> None:
        """Count the words of all chunks."""
        self._language = _language_of(articles)
        self._chunks = _Chunks([*_chunks(articles), *_example_chunks(examples)])
        progress("words", 0, len(self._chunks.texts))
        tokens = self._tokens(self._chunks.texts)
        if any(tokens):
            self._index = _bm25s().BM25(k1=_K1, b=_B)
            self._index.index(tokens, show_progress=False)

    def search(self, text: str) -> Found:
        """Rank articles by their best chunk; those without a word of the question are left out."""
        known = self._index.vocab_dict if self._index else {}
        tokens = [token for token in self._tokens([text])[0] if token in known]
        if not tokens:  # bm25s fails on an empty question
            return Found((), None)
        return top_score(self._chunks.ranked(self._index.get_scores(tokens), above=0.0))

    def _tokens(self, texts: Sequence[str]) -> list[list[str]]:
        import Stemmer  # noqa: PLC0415 (only who evaluates needs it)

        tokens: list[list[str]] = _bm25s().tokenize(
            list(texts),
            stopwords=self._language,
            stemmer=Stemmer.Stemmer(self._language),
            return_ids=False,
            show_progress=False,
        )
        return tokens


class Dense:
    """Cosine between the question and each chunk."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._chunks = _Chunks([])
        self._vectors = np.zeros((0, 0), dtype=np.float32)

    def index(
        self, articles: Sequence[EvalArticle], examples: Sequence[EvalExample], progress: Progress
    ) -> None:
        """Embed all chunks."""
        self._chunks = _Chunks([*_chunks(articles), *_example_chunks(examples)])
        texts = self._chunks.texts
        parts = []
        for start in range(0, len(texts), _BATCH):
            progress("chunks", start, len(texts))
            parts.append(self._embedder.embed(texts[start : start + _BATCH]))
        self._vectors = np.concatenate(parts) if parts else self._embedder.embed([])

    def search(self, text: str) -> Found:
        """Rank articles by their best chunk."""
        return top_score(self._chunks.ranked(self._vectors @ self._embedder.embed([text])[0]))


class LangChainRecipe:
    """The recipe of LangChain's own tutorials: recursive splitter, Chroma, top-k."""

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self._embedder = embedder
        self._folder = folder
        self._store: Any = None

    def index(
        self, articles: Sequence[EvalArticle], examples: Sequence[EvalExample], progress: Progress
    ) -> None:
        """Split pages and add them to a store of this process, in the folder."""
        from chromadb.config import Settings  # noqa: PLC0415 (heavy)
        from langchain_chroma import Chroma  # noqa: PLC0415 (heavy)
        from langchain_core.documents import Document  # noqa: PLC0415

        pages = [
            Document(_titled(article.title, _text(article)), metadata={"id": article.id})
            for article in articles
        ]
        pieces = [piece for piece in _splitter(None).split_documents(pages) if piece.page_content]
        pieces += [Document(one.text, metadata={"id": one.article_id}) for one in examples]
        self._store = Chroma(
            collection_name=LANGCHAIN,
            embedding_function=_AsLangChain(self._embedder),
            persist_directory=str(self._folder),
            client_settings=Settings(anonymized_telemetry=False, is_persistent=True),
        )
        for start in range(0, len(pieces), _BATCH):
            progress("chunks", start, len(pieces))
            self._store.add_documents(pieces[start : start + _BATCH])

    def search(self, text: str) -> Found:
        """Take the nearest chunks; an article stands where its first one does."""
        best: dict[str, float] = {}
        for piece, distance in self._store.similarity_search_with_score(text, LANGCHAIN_TOP_K):
            # Squared Euclidean between unit vectors, as cosine.
            best.setdefault(piece.metadata["id"], 1.0 - distance / 2.0)
        return top_score(tuple(best.items()))


class _AsLangChain(Embeddings):
    """Our embedding model as LangChain calls one."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        rows: list[list[float]] = self._embedder.embed(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


class _Chunks:
    """Chunks, each of an article; articles are numbered as they come."""

    def __init__(self, chunks: Sequence[tuple[str, str]]) -> None:
        self.texts = [text for _, text in chunks]
        numbers: dict[str, int] = {}
        owners = [numbers.setdefault(article, len(numbers)) for article, _ in chunks]
        self._articles = list(numbers)
        self._owners = np.array(owners, dtype=np.int64)

    def ranked(self, scores: Floats, above: float = -np.inf) -> Ranking:
        """Rank articles by their best chunk, as far as it scores ``above`` something."""
        best = np.full(len(self._articles), -np.inf)
        np.maximum.at(best, self._owners, scores)
        # Stable: equal scores keep the collection's order on every machine.
        order = np.argsort(-best, kind="stable")[:RANKED]
        return tuple((self._articles[row], float(best[row])) for row in order if best[row] > above)


def _chunks(articles: Iterable[EvalArticle]) -> Iterator[tuple[str, str]]:
    splitter = _splitter(_SEPARATORS)
    for article in articles:
        for piece in splitter.split_text(_text(article)) or [""]:
            if text := _titled(article.title, piece):
                yield article.id, text


def _example_chunks(examples: Iterable[EvalExample]) -> Iterator[tuple[str, str]]:
    return ((example.article_id, example.text) for example in examples)


def _text(article: EvalArticle) -> str:
    return readable(article.body, article.format)


def _titled(title: str, text: str) -> str:
    # Many pages begin with their title. Saying it twice made fusion weaker.
    return text.strip() if text.lstrip().startswith(title) else f"{title}\n{text}".strip()


def _splitter(separators: list[str] | None) -> Any:
    # Its import costs a quarter of a second.
    from langchain_text_splitters import RecursiveCharacterTextSplitter  # noqa: PLC0415

    return RecursiveCharacterTextSplitter(
        separators, chunk_size=CHUNK_SIZE, chunk_overlap=CHUNK_OVERLAP
    )


def _language_of(articles: Sequence[EvalArticle]) -> str:
    """Name the language of most articles for a stemmer; English where none is sure or known."""
    sample = articles[:: max(1, len(articles) // _SAMPLE)]
    codes = Counter(language_of(f"{one.title}\n{_text(one)}") for one in sample)
    del codes[None]
    return next(
        (_LANGUAGES[code] for code, _ in codes.most_common() if code in _LANGUAGES), "english"
    )


def _bm25s() -> Any:
    import bm25s  # noqa: PLC0415 (heavy)

    # It sets its own logger to DEBUG and writes a line for every index.
    logging.getLogger("bm25s").setLevel(logging.WARNING)
    return bm25s
