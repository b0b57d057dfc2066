"""From Freshdesk's records to our words: who wrote what, for whom, and what is never believed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.articles import Visibility
from connectors.config import ConnectorConfig
from connectors.errors import VendorBroken
from connectors.freshdesk import codes, customers, mapping, wire
from connectors.freshdesk.articles import Shelf, article_from_freshdesk, canned_from_freshdesk
from connectors.freshdesk.mapping import People
from connectors.marks import mark_note
from connectors.types import Message, Person, Priority, Role, Status, Ticket
from tests.connectors.freshdesk.support import BASE, BOT, KEY, MAYA, TOM, conversation, fixture

PEOPLE = People(
    Person(str(MAYA), "Maya Lindqvist"),
    bot_id=str(BOT),
    agents={str(TOM): Person(str(TOM), "Tom Weber", role=Role.AGENT)},
)
STRANGER = 67000000077


def ticket(conversations: list[dict[str, Any]] | None = None, **changes: object) -> Ticket:
    raw = wire.read(wire.Ticket, fixture("ticket") | changes)
    listed = fixture("conversations") if conversations is None else conversations
    said = wire.read_all(wire.Conversation, listed)
    names = codes.status_names(wire.read_all(wire.TeamField, fixture("ticket_fields")))
    return mapping.ticket_from_freshdesk(raw, said, PEOPLE, base_url=BASE, statuses=names)


def message(user: int | None = TOM, text: str = "Hello", **changes: object) -> Message:
    raw = conversation(1, TOM, text, "10:00:00", user_id=user, **changes)
    return mapping.message_from_freshdesk(wire.read(wire.Conversation, raw), PEOPLE)


class TestMessages:
    def test_the_description_comes_first_and_the_rest_by_time(self) -> None:
        found = ticket()
        assert [item.id[-4:] for item in found.messages] == ["tion", "1001", "1002", "1003", "1004"]
        first = found.messages[0]
        assert (first.author.role, first.public) == (Role.CUSTOMER, True)
        assert first.text == "How do I export?\n\nThanks,\nMaya"
        assert [file.name for file in first.attachments] == ["screen.png"]
        assert first.attachments[0].size == 44115

    def test_lines_are_kept_where_freshdesks_own_text_has_blanks(self) -> None:
        html = "<div>Hi,<br><br>see:<ul><li>one</li></ul></div>"
        assert message(body=html, body_text="Hi,  see: one").text == "Hi,\n\nsee:\n\n- one"

    def test_without_html_the_text_is_taken(self) -> None:
        assert message(body=None, body_text=" plain ").text == "plain"

    @pytest.mark.parametrize(
        ("changes", "role", "public", "automatic"),
        [
            ({"user": MAYA, "incoming": True}, Role.CUSTOMER, True, False),
            ({"user": STRANGER, "incoming": True}, Role.CUSTOMER, True, False),
            ({"user": TOM}, Role.AGENT, True, False),
            ({"user": STRANGER}, Role.AGENT, True, False),  # an agent who left
            ({"user": TOM, "private": True, "source": 2}, Role.AGENT, False, False),
            ({"user": BOT, "private": True, "source": 2}, Role.AGENT, False, False),
            # A connector set `incoming` on a note that it wrote as an agent.
            ({"user": TOM, "incoming": True, "source": 2}, Role.AGENT, True, False),
            ({"user": BOT, "incoming": True, "source": 2}, Role.AGENT, True, False),
            # Survey feedback, as recorded: incoming, source 6, category 7.
            ({"user": MAYA, "incoming": True, "source": 6}, Role.SYSTEM, True, True),
            ({"user": TOM, "automation_id": 7}, Role.SYSTEM, True, True),
            ({"user": TOM, "auto_response": True}, Role.SYSTEM, True, True),
            ({"user": MAYA, "incoming": True, "auto_response": True}, Role.SYSTEM, True, True),
            # A forward to an outsider, and the outsider's answer to it.
            ({"user": TOM, "source": 8}, Role.AGENT, False, False),
            ({"user": STRANGER, "incoming": True, "private": True}, Role.SYSTEM, False, True),
            # A customer cannot write privately.
            ({"user": MAYA, "incoming": True, "private": True}, Role.SYSTEM, False, True),
            ({"user": MAYA, "private": True, "source": 2}, Role.SYSTEM, False, True),
            ({"user": MAYA}, Role.CUSTOMER, True, False),
            ({"user": None}, Role.SYSTEM, True, True),
            ({"user": MAYA, "incoming": True, "private": None}, Role.CUSTOMER, True, False),
            ({"user": TOM, "private": None}, Role.AGENT, False, False),
        ],
    )
    def test_who_wrote_and_who_may_read(
        self, changes: dict[str, Any], role: Role, public: bool, automatic: bool
    ) -> None:
        found = message(**changes)
        assert (found.author.role, found.public, found.automatic) == (role, public, automatic)

    def test_an_agent_who_is_the_requester_answers_as_an_agent(self) -> None:
        raw = conversation(1, TOM, "Done", "10:00:00")
        people = People(Person(str(TOM)), agents=PEOPLE.agents)
        found = mapping.message_from_freshdesk(wire.read(wire.Conversation, raw), people)
        assert found.author.role is Role.AGENT

    def test_an_outbound_mail_begins_with_an_agents_words(self) -> None:
        first = ticket(source=10).messages[0]
        assert (first.author.role, first.author.name) == (Role.AGENT, "Tom Weber")
        assert ticket(source=10, responder_id=None).messages[0].author.role is Role.AGENT

    def test_a_web_chat_that_repeats_its_description_shows_it_once(self) -> None:
        copy = conversation(1, MAYA, "How do I export? <br>Thanks, Maya", "09:58:01", incoming=True)
        other = conversation(2, MAYA, "Are you there?", "09:59:00", incoming=True)
        found = ticket([copy, other], source=15)
        assert [item.id for item in found.messages] == ["description", str(other["id"])]

    def test_a_web_chat_that_began_with_a_file_alone_shows_the_file_once(self) -> None:
        file = {"name": "IMG_2291.jpg", "content_type": "image/jpeg", "size": 1}
        copy = conversation(1, MAYA, "", "09:58:01", incoming=True, attachments=[file])
        another = conversation(2, MAYA, "", "09:59:00", incoming=True, attachments=[])
        found = ticket(
            [copy, another], source=15, description="", description_text="", attachments=[file]
        )
        assert [item.id for item in found.messages] == ["description", str(another["id"])]
        assert [item.name for item in found.messages[0].attachments] == ["IMG_2291.jpg"]

    def test_a_web_chat_that_an_agent_began_is_not_taken_for_a_question(self) -> None:
        copy = conversation(1, TOM, "How do I export? Thanks, Maya", "09:58:01")
        assert ticket([copy], source=15).messages[0].author.role is Role.AGENT

    def test_elsewhere_the_same_words_again_are_another_message(self) -> None:
        again = conversation(1, MAYA, "How do I export? Thanks, Maya", "10:58:01", incoming=True)
        assert len(ticket([again]).messages) == 2


class TestMark:
    def marked(self, **changes: object) -> str | None:
        note = {"private": True, "source": 2, "body": mark_note("<p>Draft</p>", KEY)}
        return message(**{**note, "user": BOT, **changes}).mark  # type: ignore[arg-type]

    def test_our_note_is_known_by_its_mark_whosever_key_wrote_it(self) -> None:
        assert self.marked() == KEY
        assert self.marked(user=TOM) == KEY

    @pytest.mark.parametrize(
        "changes",
        [
            {"private": False},
            {"user": MAYA, "incoming": True, "private": False},
            {"user": MAYA, "incoming": True},
            {"user": STRANGER, "incoming": True},
            {"user": TOM, "incoming": True},
            {"source": 8},  # a forward quotes the ticket's notes
            {"auto_response": True},
        ],
    )
    def test_a_mark_where_others_can_write_is_nothing(self, changes: dict[str, object]) -> None:
        assert self.marked(**changes) is None


class TestTicket:
    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"status": 2}, Status.OPEN),
            ({"status": 3}, Status.PENDING),
            ({"status": 4}, Status.SOLVED),
            ({"status": 5}, Status.CLOSED),
            ({"status": 6}, Status.PENDING),
            ({"status": 7}, Status.HOLD),
            ({"status": 8}, Status.OPEN),
            ({"status": 99}, Status.OPEN),
            ({"status": None}, Status.OPEN),
            ({"spam": True}, Status.GONE),
            ({"deleted": True}, Status.GONE),
            ({"spam": None, "deleted": None}, Status.OPEN),
        ],
    )
    def test_statuses(self, changes: dict[str, object], status: Status) -> None:
        assert ticket(**changes).status is status  # type: ignore[arg-type]

    def test_without_names_the_usual_two_are_what_they_are_everywhere_and_others_open(self) -> None:
        found = [codes.status_of(code, {}) for code in (6, 7, 8)]
        assert found == [Status.PENDING, Status.HOLD, Status.OPEN]

    @pytest.mark.parametrize(
        ("name", "status"),
        [
            ("Waiting on Customer", Status.PENDING),
            ("Waiting on Third Party", Status.HOLD),
            ("Awaiting approval", Status.PENDING),
            ("On hold", Status.HOLD),
            ("Escalated to lab", Status.OPEN),
            ("Nicht zugeordnet", Status.OPEN),
        ],
    )
    def test_a_custom_status_is_what_its_name_says(self, name: str, status: Status) -> None:
        assert codes.status_of(6, {6: name}) is status

    def test_a_custom_status_keeps_the_teams_own_name(self) -> None:
        assert (ticket(status=8).status_name, ticket(status=99).status_name) == (
            "Escalated to lab",
            "",
        )

    def test_channels_and_priorities_have_words(self) -> None:
        sources = (1, 2, 7, 9, 10, 13, 15, 99, None)
        assert [ticket(source=source).channel for source in sources] == [
            *("email", "portal", "chat", "web", "email", "whatsapp", "chat", "", "")
        ]
        codes = (1, 2, 3, 4, 9, None)
        assert [ticket(priority=code).priority for code in codes] == [*Priority, None, None]

    def test_ids_beyond_32_bits_stay_whole(self) -> None:
        raw = conversation(1, TOM, "x", "10:00:00", id=67105086049)
        assert ticket([raw]).messages[-1].id == "67105086049"

    def test_due_times_that_are_null_for_a_while_change_no_revision(self) -> None:
        assert ticket(due_by="2026-11-21T10:00:00Z").revision == ticket(due_by=None).revision

    @pytest.mark.parametrize(
        "changes",
        [
            {"updated_at": "2026-11-20T10:12:08Z"},
            {"tags": ["export"]},
            {"status": 3},
            {"priority": 4},
            {"group_id": None},
            {"responder_id": None},
            {"subject": "Other"},
            {"conversations": fixture("conversations")[:2]},
            {"conversations": [*fixture("conversations"), conversation(9, TOM, "x", "10:12:07")]},
            {
                "conversations": [
                    fixture("conversations")[0] | {"updated_at": "2026-11-20T11:00:00Z"}
                ]
            },
        ],
    )
    def test_whatever_somebody_changes_gives_another_revision(
        self, changes: dict[str, Any]
    ) -> None:
        assert ticket(**changes).revision != ticket().revision

    def test_a_revision_fits_into_the_ledger(self) -> None:
        assert len(ticket().revision) <= 120


class TestStatusNames:
    def test_choices_come_as_an_object_or_as_a_list(self) -> None:
        listed = [{"id": 6, "label": "Waiting on Customer"}, {"value": 7, "label": "On hold"}, "x"]
        fields = wire.read_all(wire.TeamField, [{"name": "status", "choices": listed}])
        assert codes.status_names(fields) == {6: "Waiting on Customer", 7: "On hold"}

    @pytest.mark.parametrize("choices", [None, [], {}, "x", {"x": ["y"]}, {"6": []}, {"6": None}])
    def test_what_cannot_be_read_is_left_out(self, choices: object) -> None:
        fields = wire.read_all(wire.TeamField, [{"name": "status", "choices": choices}])
        assert codes.status_names(fields) == {}

    def test_hold_is_a_custom_status_or_none(self) -> None:
        assert codes.code_of(Status.HOLD, {6: "Waiting on Customer", 9: "On hold"}) == 9
        assert codes.code_of(Status.HOLD, {}) is None
        assert codes.code_of(Status.PENDING, {6: "Waiting on Customer"}) == 3


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def spoilt(name: str) -> st.SearchStrategy[dict[str, Any]]:
    record = fixture(name)
    record = record[0] if isinstance(record, list) else record
    keys = st.sampled_from([key for key in record if key != "id"])
    return st.dictionaries(keys, ODD, max_size=6).map(lambda changes: record | changes)


@given(spoilt("ticket"), st.lists(spoilt("conversations"), max_size=3))
def test_any_ticket_can_be_read(raw: dict[str, Any], said: list[dict[str, Any]]) -> None:
    conversations = wire.read_all(wire.Conversation, said)
    found = mapping.ticket_from_freshdesk(
        wire.read(wire.Ticket, raw), conversations, PEOPLE, base_url=BASE
    )
    assert 1 <= len(found.messages) <= len(said) + 1
    assert len(found.revision) <= 120


@given(spoilt("company"), spoilt("contact"), spoilt("articles"), spoilt("ticket_fields"))
def test_any_company_contact_article_and_field_can_be_read(
    company: dict[str, Any], contact: dict[str, Any], article: dict[str, Any], field: dict[str, Any]
) -> None:
    config = ConnectorConfig(url=BASE, plan_field="plan")
    customers.account_from_freshdesk(wire.read(wire.Company, company), config)
    who = wire.read(wire.Contact, contact)
    customers.person_from_freshdesk(who, wire.Requester(), "1", config)
    article_from_freshdesk(wire.read(wire.Article, article), Shelf("1", ()), BASE)
    codes.status_names([wire.read(wire.TeamField, field)])


@given(spoilt("folders"), spoilt("canned_folders"), spoilt("canned_responses"))
def test_any_folder_and_canned_response_can_be_read_and_only_a_named_one_is_public(
    folder: dict[str, Any], shelf: dict[str, Any], reply: dict[str, Any]
) -> None:
    within = Shelf("1", ()).within(wire.read(wire.Folder, folder))
    assert (within.visibility is Visibility.PUBLIC) == (folder["visibility"] in (1, "1"))
    held = wire.read(wire.CannedFolder, shelf)
    read = wire.read(wire.CannedResponse, reply)
    assert not canned_from_freshdesk(read, held, shared=False).public or "visibility" in reply


@pytest.mark.parametrize("body", [None, [], 7, {}, {"id": None}, {"id": ""}])
def test_a_record_without_an_id_is_nonsense(body: object) -> None:
    with pytest.raises(VendorBroken, match="nonsense"):
        wire.read(wire.Ticket, body)
