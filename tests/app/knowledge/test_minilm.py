from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from math import erf
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.knowledge.minilm import _GRAPH_FILE, MiniLM, _batches, model_folder
from app.knowledge.minilm_graph import read_safetensors

WORDS = "embeddings.word_embeddings.weight"  # half of the model, of which a text needs few rows
TEXTS = [
    "How do I export all my projects?",
    "You can download every project as a CSV file.",
    "The weather in Lisbon is mild.",
    "",
    "Ünïcödé → 日本語 \ud800 🙂",
    "long " * 60,
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def both(cache: Path) -> tuple[MiniLM, ...]:
    """Two models, built at once over a graph that a crash has cut off."""
    (cache / _GRAPH_FILE).write_bytes(b"\x08\x09 half a graph")
    with ThreadPoolExecutor(2) as pool:
        return tuple(pool.map(MiniLM, [cache] * 2))


@pytest.fixture(scope="module")
def model(both: tuple[MiniLM, ...]) -> MiniLM:
    return both[0]


def test_it_equals_the_architecture_computed_by_hand(model: MiniLM) -> None:
    stored = read_safetensors(model_folder() / "model.safetensors")
    weights = {
        name: value if name == WORDS else value.astype(float) for name, value in stored.items()
    }
    expected = np.stack([forward(weights, ids) for ids in model.tokenize(TEXTS)])
    got = model.embed(TEXTS)
    assert got.dtype == np.float32
    assert np.min(np.sum(expected * got, axis=1)) > 0.99999
    np.testing.assert_allclose(np.linalg.norm(got, axis=1), 1.0, atol=1e-5)


def test_it_finds_the_sentence_that_answers(model: MiniLM) -> None:
    question, answer, other = model.embed(TEXTS[:3])
    assert question @ answer > 0.5
    assert question @ other < 0.1
    known = model.embed(["That is a happy person", "That is a very happy person", "A sunny day"])
    assert known[0] @ known[1] == pytest.approx(0.943, abs=0.002)


def test_padding_and_company_change_nothing(model: MiniLM) -> None:
    together = model.embed(TEXTS)
    alone = np.concatenate([model.embed([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_nothing_gives_nothing(model: MiniLM) -> None:
    assert model.embed([]).shape == (0, 384)


def test_text_beyond_256_tokens_is_not_read(model: MiniLM) -> None:
    assert len(model.tokenize(["word " * 9000])[0]) == 256


def test_batches_hold_everything_once_and_little_padding() -> None:
    lengths = [5, 256, 7, 256, 6] * 20
    batches = list(_batches(lengths))
    assert sorted(row for batch in batches for row in batch) == list(range(100))
    assert all(len(batch) * max(lengths[row] for row in batch) <= 4096 for batch in batches)


def test_two_may_build_at_once_and_repair_a_damaged_graph(
    both: tuple[MiniLM, ...], cache: Path
) -> None:
    first, second = both
    np.testing.assert_array_equal(first.embed(TEXTS[:1]), second.embed(TEXTS[:1]))
    assert [path.name for path in cache.iterdir()] == [_GRAPH_FILE]


def test_a_cached_graph_is_used_again(cache: Path, model: MiniLM) -> None:
    written = (cache / _GRAPH_FILE).stat().st_mtime_ns
    np.testing.assert_array_equal(MiniLM(cache).embed(TEXTS[:1]), model.embed(TEXTS[:1]))
    assert (cache / _GRAPH_FILE).stat().st_mtime_ns == written


def forward(weights: dict[str, Any], ids: list[int]) -> Any:
    """BERT as its paper has it, for one text, in float64 and without any batching."""

    def dense(name: str, value: Any) -> Any:
        return value @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(name: str, value: Any) -> Any:
        centred = value - value.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
        return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def heads(value: Any) -> Any:
        return value.reshape(len(ids), 12, 32).transpose(1, 0, 2)

    words = weights[WORDS][ids].astype(float)
    places = weights["embeddings.position_embeddings.weight"][: len(ids)]
    types = weights["embeddings.token_type_embeddings.weight"][0]
    state = norm("embeddings.LayerNorm", words + places + types)
    for number in range(6):
        layer = f"encoder.layer.{number}"
        query, key, value = (
            heads(dense(f"{layer}.attention.self.{name}", state))
            for name in ("query", "key", "value")
        )
        scores = np.exp(query @ key.transpose(0, 2, 1) / np.sqrt(32))
        mixed = scores / scores.sum(axis=-1, keepdims=True) @ value
        mixed = mixed.transpose(1, 0, 2).reshape(len(ids), 384)
        mixed = dense(f"{layer}.attention.output.dense", mixed)
        state = norm(f"{layer}.attention.output.LayerNorm", mixed + state)
        inner = dense(f"{layer}.intermediate.dense", state)
        inner = inner * 0.5 * (1 + np.vectorize(erf)(inner / np.sqrt(2)))
        state = norm(f"{layer}.output.LayerNorm", dense(f"{layer}.output.dense", inner) + state)
    pooled = state.mean(axis=0)
    return pooled / np.linalg.norm(pooled)
