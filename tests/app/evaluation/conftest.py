"""A small help centre with questions, as files and as a set."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.evaluation.data import EvalArticle, EvalSet, load_set

TOPICS = {
    "export": ("Export all projects", "Open Settings, then Data. Choose Export workspace."),
    "invoice": ("Change the billing address", "Invoices carry the address of your company."),
    "password": ("Reset a password", "Choose Forgot password and follow the link in the mail."),
    "colour": ("Dark mode", "The appearance menu has a switch for a dark background."),
}
QUESTIONS = {
    "How do I export my projects?": ["export"],
    "Where do I change our billing address?": ["invoice"],
    "I forgot my password": ["password"],
    "Is there a dark background?": ["colour"],
    "Which wine goes with fish?": [],
}


@dataclass(frozen=True)
class Files:
    """Where the set lies."""

    articles: Path
    questions: Path
    examples: Path

    @property
    def arguments(self) -> list[str]:
        return ["--articles", str(self.articles), "--questions", str(self.questions)]


def articles(**topics: tuple[str, str]) -> list[EvalArticle]:
    return [
        EvalArticle(id=name, title=title, body=body)
        for name, (title, body) in (topics or TOPICS).items()
    ]


def write_set(folder: Path) -> Files:
    rows: dict[str, list[dict[str, object]]] = {
        "articles": [{"id": i, "title": t, "body": b} for i, (t, b) in TOPICS.items()],
        "questions": [
            {"id": f"q{place}", "text": text, "relevant": relevant}
            for place, (text, relevant) in enumerate(QUESTIONS.items())
        ],
        "examples": [{"text": "Which wine is it with fish?", "article_id": "colour"}],
    }
    paths = {name: folder / f"{name}.jsonl" for name in rows}
    for name, lines in rows.items():
        paths[name].write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return Files(**paths)


@pytest.fixture
def small(tmp_path: Path) -> EvalSet:
    files = write_set(tmp_path)
    return load_set(files.articles, files.questions)
