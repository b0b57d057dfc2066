"""A question in a language without articles: for a person, unless a configured model translates."""

from __future__ import annotations

import json

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from app import llm, worker
from app.domain import HandOff, Mode, SaveDraft
from app.ledger import runs
from app.ledger.runs import Run
from app.sweep import sync_knowledge
from connectors.articles import Article, Visibility
from connectors.types import Role
from tests.app.fakes import HELPDESK, TOM, Desk

GERMAN = "Guten Tag, wie kann ich bitte alle Projekte auf einmal exportieren?"
ENGLISH = "How can I export all projects?"
STEPS = (
    "Open **Settings** and choose **Export all projects**. The export of all projects arrives by "
    "mail within an hour."
)
ANSWER = (
    "Hi Maya,\n\nÖffnen Sie bitte **Settings** und wählen Sie dort **Export all projects**. Der "
    "Export aller Projekte kommt innerhalb einer Stunde per Mail."
)


class Interpreter(FakeListChatModel):
    """Translates as it is told to, and answers with what the passages say."""

    question: str = ENGLISH
    draft: str = ANSWER
    responses: list[str] = []  # noqa: RUF012 - pydantic copies it for each model

    def _call(self, messages: object, *args: object, **kwargs: object) -> str:
        asked = json.loads(messages[1].content)  # type: ignore[index]
        if "into" not in asked:
            first = asked["passages"][0]
            statement = {"text": STEPS, "passage_id": first["id"]}
            return json.dumps({"statements": [statement], "not_covered": []})
        said = self.question if asked["into"] == "English" else self.draft
        return json.dumps({"text": said})


def asked(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    model: FakeListChatModel | None,
    text: str = GERMAN,
) -> Run:
    if model is not None:
        monkeypatch.setattr(llm, "open_model", lambda setting, rank: model)
        desk.services.settings = desk.services.settings.model_copy(
            update={"llm_model": "fake:interpreter"}
        )
    ticket = desk.helpdesk.open(text, channel="chat")
    delivery = desk.announce(ticket)
    desk.clock.pass_by(60)
    worker.handle(desk.services, delivery)
    (run,) = runs.listed(desk.services.ledger, HELPDESK, ticket)
    return run


def test_without_a_model_it_goes_to_a_person(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    run = asked(desk, monkeypatch, None)
    assert isinstance(run.decision, HandOff)
    assert run.decision.handoff.reason.code == "language"


def test_a_guide_for_agents_does_not_make_its_language_one_that_is_answered(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = Article(
        id="kb-intern",
        title="Alle Projekte exportieren",
        html="<p>So exportieren wir einem Kunden alle Projekte auf einmal: im Lager fragen.</p>",
        locale="de",
        visibility=Visibility.INTERNAL,
    )
    desk.helpdesk.help_centre = (*desk.helpdesk.help_centre, guide)
    sync_knowledge(desk.services, HELPDESK)
    run = asked(desk, monkeypatch, None)
    assert isinstance(run.decision, HandOff)
    assert run.decision.handoff.reason.code == "language"
    assert "Lager" not in (run.change.note or "")


def test_with_a_model_it_is_answered_in_the_customers_language(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = asked(desk, monkeypatch, Interpreter())
    assert isinstance(run.decision, SaveDraft)
    assert run.decision.draft.text == ANSWER
    assert run.decision.draft.translated_from == "English"
    assert run.question == GERMAN
    note = run.change.note or ""
    assert "<strong>Translated</strong> from English, by a machine" in note
    assert "Öffnen Sie bitte <strong>Settings</strong>" in note


def test_a_translation_never_goes_out_by_itself(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.services.settings = desk.services.settings.model_copy(update={"answer_mode": Mode.SEND})
    assert isinstance(asked(desk, monkeypatch, Interpreter()).decision, SaveDraft)


@pytest.mark.parametrize(
    "model",
    [
        Interpreter(draft=ANSWER.replace("Export all projects", "Alle Projekte exportieren")),
        Interpreter(draft=ANSWER + " Siehe https://evil.example."),
        Interpreter(draft=ANSWER.replace("einer Stunde", "24 Stunden")),
        Interpreter(draft=""),
        Interpreter(draft=f"Hi Maya,\n\n{STEPS}"),  # not translated at all
        Interpreter(question=GERMAN),
        Interpreter(question=""),
    ],
    ids=["button", "link", "number", "empty", "english", "german", "nothing"],
)
def test_a_translation_that_is_not_true_is_not_used(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, model: FakeListChatModel
) -> None:
    run = asked(desk, monkeypatch, model)
    assert isinstance(run.decision, HandOff)
    assert run.decision.handoff.reason.code == "language"
    assert "evil.example" not in (run.change.note or "")


def test_what_a_rule_asks_of_a_person_is_understood_in_any_language(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Interpreter(question="I want my money back, please refund the last invoice!")
    run = asked(desk, monkeypatch, model)
    assert isinstance(run.decision, HandOff)
    assert run.decision.handoff.reason.code != "language"
    assert "language" in [reason.code for reason in run.reasons]


def test_a_question_in_the_articles_language_is_not_translated(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = asked(desk, monkeypatch, Interpreter(question="nonsense"), ENGLISH)
    assert isinstance(run.decision, SaveDraft)
    assert run.decision.draft.translated_from == ""


def test_a_few_words_are_in_the_language_of_what_was_written_before(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = desk.helpdesk.open(GERMAN)
    desk.helpdesk.say(ticket, TOM, "Das geht leider nur einzeln, Projekt für Projekt.")
    desk.clock.pass_by(60)
    author = desk.helpdesk.tickets[ticket].requester
    assert author.role is Role.CUSTOMER
    desk.helpdesk.say(ticket, author, "Und die Rechnungen?")
    worker.handle(desk.services, desk.announce(ticket))
    run = runs.listed(desk.services.ledger, HELPDESK, ticket)[0]
    assert isinstance(run.decision, HandOff)
    assert run.triage is not None
    assert run.triage.language == "de"
    assert [reason.code for reason in run.triage.escalate] == ["language"]
