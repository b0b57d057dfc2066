"""The order in which everything is tried."""

from __future__ import annotations

from collections.abc import Iterator

from app.doctor import files, ledger, models, reach, running, stores
from app.doctor import helpdesk as account
from app.doctor.exam import HERE, Exam
from app.doctor.subject import Installation
from connectors.setup import Finding


def exams(subject: Installation, only: str | None = None) -> Iterator[Exam]:
    """List what there is to try: what all share first, then each helpdesk, or only that one."""
    if only is None:
        yield Exam(HERE, "settings", lambda: _settings(subject))
        yield Exam(HERE, "ledger", lambda: ledger.findings(subject))
        yield Exam(HERE, stores.BROKER, lambda: stores.broker(subject))
        yield Exam(HERE, stores.VECTORS, lambda: stores.vectors(subject))
        yield Exam(HERE, running.WORKERS, lambda: running.workers(subject))
        yield Exam(HERE, models.EMBEDDINGS, lambda: models.embeddings(subject))
        yield Exam(HERE, models.LLM, lambda: models.language_model(subject))
        yield Exam(HERE, files.CHECK, lambda: files.findings(subject))
    for key in [only] if only else subject.services.settings.helpdesks:
        yield from _of_helpdesk(subject, key)


def _settings(subject: Installation) -> Iterator[Finding]:
    settings = subject.services.settings
    said = f"Nothing is wrong with them; ANSWER_MODE is {settings.answer_mode.value}."
    yield Finding("settings", ok=True, message=said)


def _of_helpdesk(subject: Installation, key: str) -> Iterator[Exam]:
    yield Exam(key, "account", lambda: account.probe(subject, key))
    yield Exam(key, reach.CHECK, lambda: reach.findings(subject, key))
    yield Exam(key, "knowledge", lambda: account.searchable(subject, key))
    yield Exam(key, "work", lambda: running.work(subject, key))
    yield Exam(key, "delivery", lambda: account.channels(subject, key))
