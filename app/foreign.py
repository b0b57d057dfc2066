"""A question in a language without articles, where a configured model translates.

The question is put into the articles' language, answered and checked there, and only the finished
draft is put into the customer's. Whatever goes wrong on the way, the ticket goes to a person, as
it does without a model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app import llm
from app.domain import Band, Draft, Reason, Triage
from app.logs import get_logger
from app.pipeline.compose import band_of
from app.pipeline.guard import dropped, lost_in_translation
from app.pipeline.language import language_of, main_of, name_of
from app.pipeline.triage import FOREIGN, triage_translated
from app.services import Services
from connectors.types import Message, Ticket

log = get_logger()


@dataclass(frozen=True, slots=True)
class Translated:
    """A question in the articles' ``language``, and what it is to us now that we understand it."""

    question: str
    language: str
    triage: Triage


def read_foreign(
    services: Services, helpdesk: str, ticket: Ticket, message: Message, triage: Triage
) -> Translated | None:
    """Translate a question, if its language is all that speaks against an answer."""
    foreign = [reason.code for reason in triage.escalate] == [FOREIGN]
    if not foreign or not services.settings.llm_model:
        return None
    main = main_of(services.knowledge.languages(helpdesk))
    text = _translated(services, triage.question, main)
    if not text:
        return None
    again = triage_translated(triage, text, ticket, message, services.policy)
    return Translated(text, main, again)


def write_foreign(
    services: Services,
    triage: Triage,
    draft: Draft | None,
    warnings: tuple[Reason, ...],
    found: Translated,
) -> tuple[Triage, Draft | None]:
    """Put a draft into the customer's language, and say how the message is to be seen now.

    Where there is no draft worth it, or its translation is not true to it, all is as it was before
    anything was translated; the draft in the articles' language is for an agent to see.
    """
    if found.triage.escalate:
        return found.triage, draft
    if draft is None or dropped(warnings) or band_of(draft.confidence) is Band.THIN:
        return triage, draft
    text = _translated(services, draft.text, triage.language)
    lost = lost_in_translation(draft.text, text)
    if lost:
        log.warning("translation not used", changed=lost)
        return triage, draft
    return found.triage, replace(draft, text=text, translated_from=name_of(found.language))


def _translated(services: Services, text: str, language: str) -> str:
    """Translate, and check that it is that language now; "" where it is not, or nobody answers."""
    try:
        said = llm.translate(services.model, text, name_of(language))
    except llm.ModelFailed as error:
        log.warning("not translated", error=str(error))
        return ""
    return said if language_of(said) in (None, language) else ""
