"""One contract for the vector store, kept by Chroma and by the stand-in alike."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import numpy as np
import pytest

from app.knowledge.embed import unit
from app.knowledge.index import ChromaVectors, KnowledgeDown, Vectors, drop_stores
from tests.app.knowledge.conftest import Server
from tests.app.knowledge.fakes import MemoryVectors

POINTS = unit(np.array([[1, 0, 0], [0.9, 0.1, 0], [0, 1, 0], [-1, 0, 0]], dtype=np.float32))
IDS = ["a", "b", "c", "d"]


@pytest.fixture(params=["memory", pytest.param("chroma", marks=pytest.mark.journey)])
def store(request: pytest.FixtureRequest) -> Vectors:
    if request.param == "memory":
        return MemoryVectors()
    vectors = ChromaVectors(request.getfixturevalue("chroma").url)
    for name in vectors.collections():
        vectors.drop(name)
    return vectors


@pytest.fixture
def filled(store: Vectors) -> Vectors:
    store.create("desk-g1-chunks", "tiny")
    store.upsert("desk-g1-chunks", IDS, POINTS)
    return store


def test_the_nearest_come_first_with_their_cosines(filled: Vectors) -> None:
    found = filled.query("desk-g1-chunks", POINTS[0], 3)
    assert [one for one, _ in found] == ["a", "b", "c"]
    np.testing.assert_allclose([cosine for _, cosine in found], POINTS[:3] @ POINTS[0], atol=1e-5)


def test_asking_for_more_than_there_is_gives_all(filled: Vectors) -> None:
    assert len(filled.query("desk-g1-chunks", POINTS[0], 50)) == 4


def test_vectors_come_back_as_they_went_in(filled: Vectors) -> None:
    found = filled.fetch("desk-g1-chunks", ["d", "nobody", "a"])
    assert set(found) == {"a", "d"}
    np.testing.assert_allclose(found["d"], POINTS[3], atol=1e-6)
    assert found["d"].dtype == np.float32


def test_writing_again_replaces(filled: Vectors) -> None:
    filled.upsert("desk-g1-chunks", ["a"], POINTS[3:])
    assert filled.count("desk-g1-chunks") == 4
    np.testing.assert_allclose(filled.fetch("desk-g1-chunks", ["a"])["a"], POINTS[3], atol=1e-6)


def test_writing_nothing_is_allowed(filled: Vectors) -> None:
    filled.upsert("desk-g1-chunks", [], np.zeros((0, 3), dtype=np.float32))
    assert filled.fetch("desk-g1-chunks", []) == {}


def test_a_collection_knows_its_embedder_and_keeps_it(filled: Vectors) -> None:
    filled.create("desk-g1-chunks", "other")
    assert filled.embedder("desk-g1-chunks") == "tiny"
    assert filled.count("desk-g1-chunks") == 4


def test_what_does_not_exist_is_empty(store: Vectors) -> None:
    assert store.embedder("none-g1-chunks") is None
    assert store.query("none-g1-chunks", POINTS[0], 3) == []
    assert store.fetch("none-g1-chunks", ["a"]) == {}
    assert store.count("none-g1-chunks") == 0
    store.drop("none-g1-chunks")


def test_more_than_one_batch_arrives_whole(store: Vectors) -> None:
    store.create("desk-examples", "tiny")
    rng = np.random.default_rng(1)
    many = unit(rng.normal(size=(2500, 3)).astype(np.float32))
    ids = [f"n{number}" for number in range(2500)]
    store.upsert("desk-examples", ids, many)
    assert store.count("desk-examples") == 2500
    assert len(store.fetch("desk-examples", ids)) == 2500


def test_old_stores_go_and_others_stay(filled: Vectors) -> None:
    kept = [
        "desk-g2-sentences",
        "desk-examples",
        "desk-eu-g1-chunks",
        "desk-g1-g1-chunks",
        "desk-g2-internal-chunks",
    ]
    for name in (*kept, "desk-g1-sentences", "desk-g12-chunks", "desk-g1-internal-chunks"):
        filled.create(name, "tiny")
    drop_stores(filled, "desk", frozenset({2}))
    assert sorted(filled.collections()) == sorted(kept)


@pytest.mark.journey
def test_a_collection_made_anew_elsewhere_is_found_again(chroma: Server) -> None:
    ours, theirs = ChromaVectors(chroma.url), ChromaVectors(chroma.url)
    ours.create("desk-examples", "tiny")
    ours.upsert("desk-examples", IDS, POINTS)
    theirs.drop("desk-examples")
    assert ours.count("desk-examples") == 0
    with pytest.raises(KnowledgeDown, match="gone from Chroma"):
        ours.upsert("desk-examples", IDS, POINTS)
    theirs.create("desk-examples", "large")
    theirs.upsert("desk-examples", IDS[:2], POINTS[:2])
    assert ours.embedder("desk-examples") == "large"
    assert ours.count("desk-examples") == 2


@pytest.mark.journey
def test_a_child_of_a_fork_makes_its_own_connection(chroma: Server) -> None:
    vectors = ChromaVectors(chroma.url)
    vectors.create("fork-examples", "tiny")
    vectors.upsert("fork-examples", IDS, POINTS)
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        found = vectors.query("fork-examples", POINTS[0], 1)
        os._exit(0 if found[0][0] == "a" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert vectors.count("fork-examples") == 4


@pytest.mark.journey
def test_a_server_that_died_is_one_sentence(start_chroma: Callable[[], Server]) -> None:
    server = start_chroma()
    vectors = ChromaVectors(server.url)
    vectors.create("desk-examples", "tiny")
    server.process.kill()
    server.process.wait()
    for store in (vectors, ChromaVectors(server.url)):
        with pytest.raises(KnowledgeDown, match=r"^Chroma at 127\.0\.0\.1:\d+ does not answer"):
            store.query("desk-examples", POINTS[0], 1)


def test_an_address_does_not_give_its_password_away() -> None:
    with pytest.raises(KnowledgeDown) as caught:
        ChromaVectors("http://user:hush@127.0.0.1:9").collections()
    assert "hush" not in str(caught.value)
