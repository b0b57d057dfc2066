"""The models: each is opened as a worker opens it, and asked something for real."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from app.doctor.exam import TookTooLong, within
from app.doctor.subject import Installation
from app.domain import Passage, Source
from app.services import Services
from connectors.setup import Finding

SENTENCE = "How do I reset my password?"
PASSAGE = Passage(
    id="p1",
    source=Source.ARTICLE,
    origin_id="1",
    title="Reset your password",
    text="To reset your password, choose Forgot password on the login page.",
)
# A model of one's own may have to be loaded first.
PATIENCE = 60.0
EMBEDDINGS, LLM = "EMBEDDINGS", "LLM_MODEL"


def embeddings(subject: Installation) -> Iterator[Finding]:
    """Embed a sentence."""
    services = subject.services
    name = services.settings.embeddings

    def embed() -> Finding:
        (vector,) = services.embedder.embed([SENTENCE])
        if not np.isfinite(vector).all() or not vector.any():
            said = f"{name} gives an empty vector for a sentence."
            return Finding(EMBEDDINGS, ok=False, message=said, remedy="Choose another model.")
        said = f"{name} embeds a sentence ({len(vector)} numbers)."
        return Finding(EMBEDDINGS, ok=True, message=said)

    yield _tried(EMBEDDINGS, name, embed)


def language_model(subject: Installation) -> Iterator[Finding]:
    """Ask the model that words the answers one small question."""
    services = subject.services
    name = services.settings.llm_model
    if not name:
        said = "None is set: answers are quoted from your articles."
        yield Finding(LLM, ok=True, message=said)
        return
    yield _tried(LLM, name, lambda: _asked(services))


def model_fault(services: Services) -> str:
    """Say why the models of the settings cannot be opened, without asking them anything.

    "" where they can. The built-in model of embeddings is not opened: it is large, and there.
    """
    from app.knowledge.embed import BUILT_IN, EmbedderUnavailable  # noqa: PLC0415 (heavy)

    if services.settings.embeddings not in ("", BUILT_IN):
        try:
            _ = services.embedder
        except EmbedderUnavailable as error:
            return str(error)
    if services.settings.llm_model:
        from app.llm import ModelFailed, open_model  # noqa: PLC0415 (heavy)

        try:
            open_model(services.settings.llm_model, lambda _question, texts: [0.0] * len(texts))
        except ModelFailed as error:
            return str(error)
    return ""


def _asked(services: Services) -> Finding:
    from app.llm import answer, open_model  # noqa: PLC0415 (heavy)

    name = services.settings.llm_model
    model = open_model(name, lambda _question, texts: [0.0] * len(texts))
    found = answer(model, SENTENCE, [PASSAGE])
    if found.statements:
        return Finding(LLM, ok=True, message=f"{name} answers a small question.")
    return Finding(
        LLM,
        ok=True,
        message=f"{name} answers, but does not find an answer in a passage that holds it.",
        remedy="Choose a larger model: this one will leave most questions unanswered.",
    )


def _tried(variable: str, name: str, call: Callable[[], Finding]) -> Finding:
    remedy = f"Check {variable}, the provider's key in the environment, and its service."
    try:
        return within(PATIENCE, call)
    except TookTooLong as error:
        said = f"{name}: {error}."
    except Exception as error:  # each provider raises classes of its own
        ours = type(error).__module__.startswith("app.")
        said = str(error) if ours else f"{name} could not be used ({type(error).__name__})."
    return Finding(variable, ok=False, message=said, remedy=remedy)
