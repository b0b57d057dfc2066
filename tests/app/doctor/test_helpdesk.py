"""One account: what its connector finds is told under its own name, and what we know beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from unittest.mock import Mock

import pytest

from app import refusals
from app.doctor import helpdesk
from app.doctor.exam import State, state_of
from app.doctor.helpdesk import NEWEST, of_account
from app.doctor.running import MISSED
from app.doctor.subject import Installation
from app.domain import EscalationRule, Mode, Policy
from app.ledger import verified
from app.sweep import sync_knowledge
from connectors.errors import AuthFailed, Unreachable
from connectors.setup import NOTHING_EXPECTED, Expected, Finding
from tests.app.fakes import HELPDESK, Desk, DeskServices, FakeHelpdesk

QUESTION = "How do I export all projects?"
DOUBT = "WhatsApp lets no business write after a day."


@dataclass
class Probed(FakeHelpdesk):
    """A helpdesk that keeps what it was asked to look for."""

    finds: list[Finding] = field(default_factory=list)
    asked: list[Expected] = field(default_factory=list)
    fails: Exception | None = None

    def probe(self, expected: Expected = NOTHING_EXPECTED) -> list[Finding]:
        self.asked.append(expected)
        if self.fails:
            raise self.fails
        return self.finds


@pytest.fixture
def probed(desk: Desk) -> Probed:
    found = Probed(desk.clock)
    desk.helpdesk = desk.services.helpdesk = found
    # Without a broker what is shared is shared with nobody else, and is there all the same.
    desk.services.settings = desk.services.settings.model_copy(update={"redis_url": ""})
    return found


def installation(services: DeskServices, **settings: Any) -> Installation:
    services.settings = services.settings.model_copy(update=settings)
    return Installation(services, up=True)


def test_a_finding_is_told_in_the_words_of_its_own_account() -> None:
    found = of_account(
        Finding("zendesk user", ok=False, message="ZENDESK_URL", remedy="ZENDESK_URL"), "zendesk-eu"
    )
    assert found == Finding("user", ok=False, message="ZENDESK_EU_URL", remedy="ZENDESK_EU_URL")


def test_the_connector_hears_what_this_installation_relies_on(desk: Desk, probed: Probed) -> None:
    rules = (
        EscalationRule("billing", "Billing.", group="Billing"),
        EscalationRule("anger", "Anger."),
    )
    desk.services.__dict__["policy"] = Policy(rules=rules)
    subject = installation(
        desk.services, public_url="https://bot.example.com", answer_mode=Mode.SEND
    )
    assert list(helpdesk.probe(subject, HELPDESK)) == []
    assert probed.asked == [
        Expected(
            webhook_url=f"https://bot.example.com/webhooks/{HELPDESK}",
            groups=frozenset({"Billing"}),
            sends=True,
        )
    ]


def test_without_an_address_and_in_drafts_less_is_relied_on(desk: Desk, probed: Probed) -> None:
    list(helpdesk.probe(installation(desk.services), HELPDESK))
    assert (probed.asked[0].webhook_url, probed.asked[0].sends) == ("", False)


def test_a_helpdesk_that_cannot_be_reached_is_a_finding(desk: Desk, probed: Probed) -> None:
    probed.fails = Unreachable("Zendesk did not answer in time")
    (found,) = helpdesk.probe(installation(desk.services), HELPDESK)
    assert (found.ok, found.message) == (False, "Zendesk did not answer in time")


def test_what_running_processes_were_refused_is_told_though_the_probe_is_well(
    desk: Desk, probed: Probed
) -> None:
    probed.finds = [Finding("zendesk user", ok=True, message="The bot writes as Tom.")]
    error = AuthFailed("Zendesk answered 401: no")
    refusals.note_refused(desk.services, HELPDESK, "12", error)
    desk.clock.pass_by(180)
    refused, user = helpdesk.probe(installation(desk.services), HELPDESK)
    assert (refused.ok, user.ok) == (False, True)
    assert "refused for 3 minutes: Zendesk answered 401: no." in refused.message
    assert "start Understudy again" in refused.remedy


# Knowledge


def test_what_can_be_searched_is_counted(desk: Desk) -> None:
    subject = installation(desk.services, chroma_url="http://127.0.0.1:1")
    desk.clock.pass_by(7200)
    known, vectors = helpdesk.searchable(subject, HELPDESK)
    assert known.message.startswith("2 articles, ")
    assert known.message.endswith("; read 2 hours ago.")
    assert state_of(known) is State.OK
    assert state_of(vectors) is State.MEND, "made with another model than EMBEDDINGS names"
    assert "EMBEDDINGS is something else now" in vectors.message


def test_a_help_centre_that_is_not_read_any_more_is_noticed_where_somebody_should(
    desk: Desk, broker_url: str
) -> None:
    subject = installation(desk.services, redis_url=broker_url)
    desk.clock.pass_by(MISSED * subject.services.settings.kb_sync_seconds + 1)
    (found,) = helpdesk.searchable(subject, HELPDESK)
    assert state_of(found) is State.MEND
    (found,) = helpdesk.searchable(Installation(desk.services, up=False), HELPDESK)
    assert state_of(found) is State.OK, "nothing runs"
    sync_knowledge(desk.services, HELPDESK)
    (found,) = helpdesk.searchable(subject, HELPDESK)
    assert found.message.endswith("; read 0 seconds ago."), "though nothing was new"


def test_an_index_that_belongs_to_the_model_is_well(desk: Desk) -> None:
    name = desk.services.embedder.name
    subject = installation(desk.services, chroma_url="http://127.0.0.1:1", embeddings=name)
    _, vectors = helpdesk.searchable(subject, HELPDESK)
    assert state_of(vectors) is State.OK


def test_an_index_that_the_store_has_lost_is_to_be_made_again(desk: Desk) -> None:
    desk.services.vectors.named.clear()
    subject = installation(desk.services, chroma_url="http://127.0.0.1:1")
    _, vectors = helpdesk.searchable(subject, HELPDESK)
    assert state_of(vectors) is State.MEND
    assert f"understudy kb sync --helpdesk {HELPDESK}" in vectors.remedy


def test_a_help_centre_that_was_never_read_is_worth_a_note(desk: Desk) -> None:
    (found,) = helpdesk.searchable(installation(desk.services), "zendesk-eu")
    assert state_of(found) is State.NOTE
    assert "understudy kb sync --helpdesk zendesk-eu" in found.remedy


def test_a_source_that_cannot_be_read_is_named_and_what_was_known_answers(desk: Desk) -> None:
    desk.helpdesk.articles = Mock(side_effect=Unreachable("Zendesk cannot be reached."))  # type: ignore[method-assign]
    sync_knowledge(desk.services, HELPDESK)
    known, failed = helpdesk.searchable(installation(desk.services), HELPDESK)
    assert known.ok
    assert (failed.check, failed.ok) == ("knowledge from articles", False)
    assert "Zendesk cannot be reached. What was known of it still answers." in failed.message
    assert "understudy kb sync --helpdesk zendesk" in failed.remedy


# Channels


def seen(desk: Desk, channel: str) -> str:
    """A ticket came in by a channel, and was read."""
    from app import worker

    ticket_id = desk.helpdesk.open(QUESTION, channel=channel)
    worker.handle(desk.services, desk.announce(ticket_id))
    desk.clock.pass_by(60)
    return ticket_id


@pytest.mark.parametrize(("mode", "state"), [(Mode.DRAFT, State.OK), (Mode.SEND, State.NOTE)])
def test_a_doubted_channel_that_was_seen_is_told(desk: Desk, mode: Mode, state: State) -> None:
    desk.helpdesk.doubts = {"whatsapp": DOUBT}
    seen(desk, "email")
    ticket_id = seen(desk, "whatsapp")
    (found,) = helpdesk.channels(installation(desk.services, answer_mode=mode), HELPDESK)
    assert state_of(found) is state
    assert found.message == f"By whatsapp (#{ticket_id}) it is not proved: {DOUBT}"
    if mode is Mode.SEND:
        assert f"understudy doctor --helpdesk {HELPDESK} --verify-delivery TICKET" in found.remedy


def test_a_channel_that_was_proved_is_told_as_such(desk: Desk) -> None:
    desk.helpdesk.doubts = {"whatsapp": DOUBT}
    seen(desk, "whatsapp")
    verified.keep(desk.services.ledger, HELPDESK, "whatsapp", "12", desk.clock())
    (found,) = helpdesk.channels(installation(desk.services), HELPDESK)
    assert (found.ok, found.message) == (True, "Replies were seen to arrive by: whatsapp (#12).")


def test_a_handful_of_tickets_is_read_for_it(desk: Desk) -> None:
    for _ in range(NEWEST + 3):
        seen(desk, "email")
    before = desk.helpdesk.reads
    assert list(helpdesk.channels(installation(desk.services), HELPDESK)) == []
    assert desk.helpdesk.reads - before == NEWEST


def test_tickets_that_are_gone_are_passed_over(desk: Desk) -> None:
    desk.helpdesk.doubts = {"whatsapp": DOUBT}
    seen(desk, "whatsapp")
    del desk.helpdesk.tickets[seen(desk, "email")]
    assert len(list(helpdesk.channels(installation(desk.services), HELPDESK))) == 1
