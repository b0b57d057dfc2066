"""``understudy evaluate retrieval``: what it prints and writes, refuses and leaves alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.cli import evaluate
from app.evaluation.ours import Space
from app.ledger.store import Ledger
from tests.app.cli.conftest import Understudy
from tests.app.evaluation.conftest import QUESTIONS, Files, write_set
from tests.app.evaluation.test_report import FIGURES
from tests.app.knowledge.fakes import MemoryVectors, TinyEmbedder

SYSTEMS = ["understudy", "bm25", "dense", "rrf", "langchain"]
QUICK = ["--baseline", "rrf"]  # LangChain's store takes a second to load


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return write_set(tmp_path)


@pytest.fixture
def in_memory(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have it run without a model and a vector store's process."""

    @contextmanager
    def space(_: Path | None) -> Iterator[Space]:
        yield Space(ledger, MemoryVectors(), tmp_path / "space", TinyEmbedder(), time.time)

    monkeypatch.setattr(evaluate, "throw_away_space", space)


def evaluated(understudy: Understudy, files: Files, *args: str) -> dict[str, object]:
    result = understudy("evaluate", "retrieval", *files.arguments, "--json", *args)
    assert result.exit_code == 0, result.output
    last: dict[str, object] = json.loads(result.stdout.splitlines()[-1])
    return last


def systems_in(told: dict[str, object]) -> dict[str, dict[str, float | None]]:
    systems = told["systems"]
    assert isinstance(systems, dict)
    return systems


@pytest.mark.usefixtures("in_memory")
def test_the_last_line_is_the_promised_json(understudy: Understudy, files: Files) -> None:
    told = evaluated(understudy, files, *QUICK)
    assert (told["articles"], told["questions"]) == (4, 5)
    assert isinstance(told["index_seconds"], float)
    assert list(systems_in(told)) == SYSTEMS[:4]
    for figures in systems_in(told).values():
        assert set(figures) >= FIGURES
    ours = systems_in(told)["understudy"]
    assert ours["recall@1"] == ours["mrr@10"] == 1.0
    assert ours["answerability_auroc"] is not None


@pytest.mark.journey
def test_all_of_it_is_real_and_leaves_nothing_behind(
    understudy: Understudy, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model, the vector store's process and LangChain's recipe, as a person has them."""
    temporary, data = tmp_path / "temporary", tmp_path / "data"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    result = understudy(
        "evaluate", "retrieval", *files.arguments, "--json", DATA_DIR=str(data), HELPDESKS="none"
    )
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert list(told["systems"]) == SYSTEMS
    assert all(figures["recall@1"] == 1.0 for figures in told["systems"].values())
    assert [each.name for each in data.iterdir()] == ["cache"]
    assert list(temporary.iterdir()) == []


@pytest.mark.journey
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_who_stops_it_leaves_nothing_behind(
    files: Files, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    own = {"TMPDIR": str(temporary), "DATA_DIR": str(tmp_path), "UNDERSTUDY_ENV_FILE": os.devnull}
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "evaluate", "retrieval", *files.arguments],
        env={**os.environ, **own},
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while not list(temporary.glob("*/chroma/chroma.sqlite3")) and time.monotonic() < deadline:
        assert process.poll() is None, "it ended by itself"
        time.sleep(0.02)
    process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == code, said
    assert list(temporary.glob("understudy-*")) == []


@pytest.mark.usefixtures("in_memory")
def test_people_get_a_table(understudy: Understudy, files: Files) -> None:
    result = understudy("evaluate", "retrieval", *files.arguments, *QUICK)
    assert result.stdout.startswith("4 articles, 5 questions (1 unanswerable)\n")
    for name in ("Understudy", "BM25", "cosine", "rank fusion of both"):
        assert f"\n{name} " in result.stdout


@pytest.mark.usefixtures("in_memory")
def test_a_run_is_written_to_be_scored_by_anybody(
    understudy: Understudy, files: Files, tmp_path: Path
) -> None:
    run = tmp_path / "run.jsonl"
    evaluated(understudy, files, *QUICK, "--run", str(run))
    lines = [json.loads(line) for line in run.read_text().splitlines()]
    assert [line["id"] for line in lines] == [f"q{place}" for place in range(len(QUESTIONS))]
    for line, relevant in zip(lines, QUESTIONS.values(), strict=True):
        assert set(line) == {"id", "ranking", "answerability", "baselines"}
        assert list(line["baselines"]) == ["bm25", "dense", "rrf"]
        ids, scores = zip(*line["ranking"], strict=True)
        assert len(set(ids)) == len(ids) == 4
        assert list(scores) == sorted(scores, reverse=True)
        assert [*ids[:1]] == relevant or not relevant


@pytest.mark.usefixtures("in_memory")
def test_the_first_questions_alone_and_no_baseline(understudy: Understudy, files: Files) -> None:
    told = evaluated(understudy, files, "--limit", "2", "--baseline", "none")
    assert told["questions"] == 2
    assert list(systems_in(told)) == ["understudy"]


@pytest.mark.usefixtures("in_memory")
def test_what_is_odd_is_told_and_no_reason_to_stop(understudy: Understudy, files: Files) -> None:
    with files.questions.open("a") as file:
        file.write('{"id": "odd", "text": "How?", "relevant": ["nowhere"]}\n')
    result = understudy("evaluate", "retrieval", *files.arguments, *QUICK, "--json")
    assert result.exit_code == 0
    assert "Warning: " in result.stderr
    assert "'nowhere' on line 6" in result.stderr
    assert json.loads(result.stdout)["questions"] == 6


@pytest.mark.parametrize("option", ["--articles", "--questions", "--examples"])
def test_a_file_that_is_not_there_is_2(understudy: Understudy, files: Files, option: str) -> None:
    result = understudy("evaluate", "retrieval", *files.arguments, option, "none.jsonl")
    assert result.exit_code == 2
    assert "none.jsonl" in result.stderr
    assert understudy("evaluate", "retrieval").exit_code == 2


def test_a_file_that_cannot_be_used_is_1_with_its_line(
    understudy: Understudy, files: Files
) -> None:
    files.articles.write_text('{"id": "a", "title": "T", "body": "B"}\n{"title": "T"}\n')
    result = understudy("evaluate", "retrieval", *files.arguments)
    assert result.exit_code == 1
    assert result.stderr == f"Error: {files.articles}, line 2: id: Field required.\n"


def test_a_run_that_cannot_be_written_is_said_before_the_work(
    understudy: Understudy, files: Files, tmp_path: Path
) -> None:
    run = tmp_path / "nowhere" / "run.jsonl"
    result = understudy("evaluate", "retrieval", *files.arguments, "--run", str(run))
    assert result.exit_code == 2
    assert f"--run: there is no folder {run.parent}; make it first" in result.stderr
    assert ".env.example" not in result.stderr


def test_a_model_that_there_is_not_is_a_sentence(understudy: Understudy, files: Files) -> None:
    result = understudy("evaluate", "retrieval", *files.arguments, EMBEDDINGS="word2vec")
    assert result.exit_code == 1
    assert "EMBEDDINGS='word2vec' is neither 'minilm' nor" in result.stderr


def test_only_the_settings_that_count_are_looked_at(understudy: Understudy, files: Files) -> None:
    """A helpdesk that is not set up keeps nobody from measuring."""
    wrong = {"ZENDESK_URL": "", "WEB_PORT": "eighty", "EMBEDDINGS": "word2vec"}
    result = understudy("evaluate", "retrieval", *files.arguments, **wrong)
    assert "These settings are wrong" not in result.stderr
    assert result.exit_code == 1
