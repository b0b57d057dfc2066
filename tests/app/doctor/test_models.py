"""The models are opened and asked for real; what fails is a sentence without the key in it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from app import llm
from app.doctor import models
from app.doctor.exam import State, state_of
from app.doctor.models import model_fault
from app.doctor.subject import Installation
from app.services import Services
from app.settings import Settings
from connectors.setup import Finding

ANSWER = {"statements": [{"text": "Choose it.", "passage_id": "p1"}], "not_covered": []}
SILENT = {"statements": [], "not_covered": ["all of it"]}


def installation(folder: Path, **settings: str) -> Installation:
    return Installation(Services(Settings(data_dir=folder, **settings), {}), up=False)  # type: ignore[arg-type]


def asked(
    monkeypatch: pytest.MonkeyPatch, folder: Path, answer: object, model: str = "own:model"
) -> Finding:
    chat: BaseChatModel = FakeListChatModel(responses=[json.dumps(answer)])
    monkeypatch.setattr(llm, "open_model", lambda *_: chat)
    (found,) = models.language_model(installation(folder, llm_model=model))
    return found


@pytest.mark.parametrize(
    ("answer", "state"),
    [(ANSWER, State.OK), (SILENT, State.NOTE), ("no JSON object at all", State.MEND)],
)
def test_a_model_is_asked_a_small_question(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: object, state: State
) -> None:
    assert state_of(asked(monkeypatch, tmp_path, answer)) is state


def test_a_model_that_does_not_answer_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(models, "PATIENCE", 0.05)
    monkeypatch.setattr(llm, "open_model", lambda *_: time.sleep(0.5))
    (found,) = models.language_model(installation(tmp_path, llm_model="own:model"))
    assert (found.ok, found.message) == (False, "own:model: No answer within 0 s.")


def test_without_a_model_answers_are_quoted(tmp_path: Path) -> None:
    (found,) = models.language_model(installation(tmp_path))
    assert state_of(found) is State.OK
    assert "quoted from your articles" in found.message


@pytest.mark.parametrize("setting", ["nosuchmodel", "nosuchprovider:model"])
def test_a_model_that_cannot_be_opened_is_told_before_anything_starts(
    tmp_path: Path, setting: str
) -> None:
    services = installation(tmp_path, llm_model=setting).services
    assert model_fault(services).startswith(f"LLM_MODEL={setting} names no model")


def test_embeddings_that_cannot_be_opened_are_told_too(tmp_path: Path) -> None:
    assert model_fault(installation(tmp_path, embeddings="nosuchmodel").services)
    (found,) = models.embeddings(installation(tmp_path, embeddings="nosuchmodel"))
    assert not found.ok
    assert "EMBEDDINGS" in found.remedy


def test_good_models_have_no_fault(tmp_path: Path) -> None:
    assert model_fault(installation(tmp_path).services) == ""
