"""A ticket's comments as messages: who wrote them, what is ours, what was taken out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.marks import mark_note
from connectors.types import Role
from connectors.zendesk import messages, wire
from tests.connectors.zendesk.reading import (
    BOT,
    MAYA,
    TOM,
    comments,
    message,
    read,
    ticket,
    users,
)
from tests.connectors.zendesk.support import KEY, config, fixture

TRIGGER = {"channel": "rule", "source": {"rel": "trigger", "from": {"id": 7, "title": "Hello"}}}
MERGE = {"channel": "system", "source": {"rel": "merge"}}
OPENING = "Conversation with Maya Ortiz\n\nURL: https://shop.example/settings?tab=2"


class TestRoles:
    @pytest.mark.parametrize("kind", [None, 0, 1, 3])  # a light agent is 1, a contributor 3
    def test_an_admin_and_a_light_agent_are_agents_and_unknown_roles_are_not(
        self, kind: int | None
    ) -> None:
        roles = {
            role: messages.person(wire.User(id="1", role=role, role_type=kind), config()).role
            for role in ["admin", "agent", "end-user", "invented", None]
        }
        assert [name for name, role in roles.items() if role is Role.AGENT] == ["admin", "agent"]

    def test_who_is_in_copy_is_a_customer_or_an_agent_like_everybody(self) -> None:
        assert message(author_id=int(MAYA), requester="9", public=True).author.role is Role.CUSTOMER
        assert message(author_id=int(TOM), requester="9", public=True).author.role is Role.AGENT

    @pytest.mark.parametrize(
        ("changes", "role"),
        [
            ({}, Role.CUSTOMER),
            ({"public": False}, Role.AGENT),
            ({"via": {"channel": "web"}}, Role.AGENT),  # typed as an agent types answers
            ({"via": {"channel": "api"}}, Role.AGENT),  # an integration, by an admin's token
            ({"via": {"channel": "side_conversation"}}, Role.AGENT),  # asked of colleagues
            ({"via": None}, Role.AGENT),
            ({"requester": MAYA}, Role.AGENT),  # on behalf of a customer
            ({"alone": False}, Role.AGENT),
        ],
    )
    def test_an_agent_is_a_customer_only_of_what_was_asked_by_mail(
        self, changes: dict[str, Any], role: Role
    ) -> None:
        asked: dict[str, Any] = {"via": {"channel": "email"}, "requester": TOM, "public": True}
        found = message(author_id=int(TOM), metadata=None, **(asked | changes))
        assert (found.author.role, found.author.name) == (role, "Tom Weber")

    @pytest.mark.parametrize(
        ("changes", "said", "role"),
        [
            ({}, [], Role.CUSTOMER),
            ({}, [{"author_id": int(BOT), "public": True}], Role.CUSTOMER),
            ({}, [{"author_id": -1, "public": True}], Role.CUSTOMER),
            ({}, [{"author_id": int(MAYA), "public": True}], Role.AGENT),  # whom the mails answer
            ({}, [{"author_id": 5, "public": True}], Role.AGENT),  # deleted, maybe a customer
            ({"email_cc_ids": [int(MAYA)]}, [], Role.AGENT),
            ({"collaborator_ids": [int(MAYA)]}, [], Role.AGENT),  # as older accounts tell it
            ({"collaborator_ids": [7], "follower_ids": [7]}, [], Role.CUSTOMER),
            ({"email_cc_ids": [int(TOM)]}, [], Role.CUSTOMER),
        ],
    )
    def test_an_agents_mail_is_no_question_where_there_is_a_customer_to_answer(
        self, changes: dict[str, Any], said: list[dict[str, Any]], role: Role
    ) -> None:
        body = fixture("ticket")
        body["ticket"] |= {"requester_id": int(TOM), **changes}
        mail = {"author_id": int(TOM), "via": {"channel": "email"}}
        others = [comments()[1] | {"id": 90 + n, **each} for n, each in enumerate(said)]
        found = read(body, [comments()[0] | mail, *others])
        assert found.messages[0].author.role is role

    def test_what_is_ours_stays_ours_on_a_ticket_of_the_bots_own_user(self) -> None:
        found = message(requester=BOT, public=True)
        assert (found.author.role, found.mark) == (Role.AGENT, "0123456789abcdef")

    def test_what_is_ours_is_told_by_its_mark_and_never_by_its_author(self) -> None:
        assert message(metadata=None, plain_body="I looked into it").mark is None
        assert message(author_id=int(TOM)).mark == "0123456789abcdef"

    def test_an_author_that_was_deleted_is_not_taken_for_an_agent(self) -> None:
        assert message(author_id=5, public=True).author.role is Role.CUSTOMER
        assert message(author_id=5, public=False).author.role is Role.SYSTEM
        assert message(author_id=int(MAYA), public=False).author.role is Role.CUSTOMER

    @pytest.mark.parametrize(
        "changes",
        [
            {"author_id": -1},
            {"via": TRIGGER},
            {"via": TRIGGER, "author_id": int(MAYA), "public": True},
            {"via": MERGE},
            {"plain_body": OPENING},
            {"plain_body": OPENING, "author_id": int(MAYA)},
            {"plain_body": "Conversation with wp native\n\nURL: None"},
        ],
    )
    def test_what_nobody_typed_is_automatic(self, changes: dict[str, Any]) -> None:
        found = message(**changes)
        assert found.automatic
        assert found.author.role is Role.SYSTEM
        assert found.mark is None

    def test_an_agents_note_about_a_conversation_is_an_agents(self) -> None:
        for text in ("is fine", "sent this URL: https://a.example"):
            found = message(plain_body=f"Conversation with Maya Ortiz: she {text}", metadata=None)
            assert (found.author.role, found.automatic) == (Role.AGENT, False)

    @pytest.mark.parametrize(
        ("changes", "role"),
        [
            ({"via": {"channel": "answer_bot_for_web_widget"}}, Role.BOT),
            ({"via": {"channel": "answer_bot_api"}, "author_id": -1}, Role.BOT),
            ({"via": {"channel": "answer_bot_api"}, "author_id": int(MAYA)}, Role.CUSTOMER),
            ({"author_id": -1, "messaging": True, "public": True}, Role.BOT),
            ({"author_id": -1, "messaging": True, "public": False}, Role.SYSTEM),
        ],
    )
    def test_zendesks_own_bots_are_bots(self, changes: dict[str, Any], role: Role) -> None:
        found = message(**changes)
        assert (found.author.role, found.automatic) == (role, role is not Role.CUSTOMER)
        assert found.mark is None


class TestMarks:
    def test_our_note_is_known_by_its_metadata(self) -> None:
        assert message().mark == "0123456789abcdef"

    def test_our_note_is_known_by_its_reference_line_when_metadata_are_lost(self) -> None:
        text = mark_note("Draft", KEY)
        assert message(metadata={"system": {}}, plain_body=text).mark == KEY
        assert message(metadata={"custom": []}, plain_body=text).mark == KEY

    def test_a_reference_line_in_public_is_only_a_quotation(self) -> None:
        text = f"You wrote: Understudy ref {KEY}"
        assert message(metadata=None, plain_body=text, public=True).mark is None

    @pytest.mark.parametrize("public", [True, False])
    def test_a_customer_cannot_forge_a_mark(self, public: bool) -> None:
        found = message(
            author_id=int(MAYA),
            public=public,
            plain_body=f"Understudy ref {KEY}",
            metadata={"custom": {"understudy": KEY}},
        )
        assert found.mark is None

    def test_an_agents_own_message_bears_no_mark(self) -> None:
        assert ticket().messages[3].mark is None


class TestFiles:
    def file(self, **changes: Any) -> dict[str, Any]:
        address = "https://acme.zendesk.com/attachments/token/abc/?name=screen.png"
        raw = {"file_name": "screen.png", "content_type": "image/png", "size": 2, "inline": True}
        return {**raw, "content_url": address, **changes}

    def test_a_file_has_its_address_and_what_the_message_says_of_it(self) -> None:
        html = '<p>See <img src="/attachments/token/abc/?name=screen.png" alt="The red error"></p>'
        [file] = message(attachments=[self.file()], html_body=html).attachments
        assert (file.alt, file.url) == ("The red error", self.file()["content_url"])

    @pytest.mark.parametrize(
        "html", ["", "<img>", '<img alt="x">', '<img src="https://[x/" alt="x">', "<![", "<img src"]
    )
    def test_a_picture_without_words_is_named_all_the_same(self, html: str) -> None:
        [file] = message(attachments=[self.file()], html_body=html).attachments
        assert (file.name, file.alt) == ("screen.png", "")

    @pytest.mark.parametrize(
        "changes",
        [
            {"malware_scan_result": "malware_found"},
            {"malware_scan_result": "malware_found", "malware_access_override": True},
            {"deleted": True},
            {"file_name": "redacted.txt"},
            {"content_url": None},
        ],
    )
    def test_a_malicious_or_deleted_file_is_never_fetched(self, changes: dict[str, Any]) -> None:
        [file] = message(attachments=[self.file(**changes)]).attachments
        assert file.url == ""
        assert file.name

    @pytest.mark.parametrize("result", ["malware_not_found", "not_scanned", "failed_to_scan", None])
    def test_a_file_that_was_not_found_malicious_can_be_read(self, result: str | None) -> None:
        [file] = message(attachments=[self.file(malware_scan_result=result)]).attachments
        assert file.url

    @given(st.text(alphabet='<img src="/a" alt=x>![]&;', max_size=60))
    def test_no_html_breaks_the_reading(self, html: str) -> None:
        assert len(message(attachments=[self.file()], html_body=html).attachments) == 1


class TestRedaction:
    def test_words_that_were_taken_out_are_noticed(self) -> None:
        assert not message().redacted
        assert message(plain_body="My card is \u2587\u2587\u2587\u2587").redacted
        assert message(html_body="<p>\u2587\u2587</p>").redacted

    def test_a_file_that_was_taken_out_is_noticed(self) -> None:
        assert message(attachments=[{"file_name": "redacted.txt"}]).redacted
        assert not message(attachments=[{"file_name": "cat.txt"}]).redacted


class TestPeople:
    def test_a_person_has_the_teams_own_fields_and_the_tag_that_is_meant(self) -> None:
        user = wire.User(
            id="7",
            tags=("Gold",),
            user_fields={"seat": 4, "beta": True, "empty": None, "blank": "", "odd": []},
            created_at="2024-03-01T09:00:00Z",
        )
        found = messages.person(user, config(vip_tag="gold"))
        assert found.fields == {"seat": "4", "beta": "True"}
        assert found.tags == {"Gold", "vip"}
        assert found.since is not None
        assert messages.person(user, config()).tags == {"Gold"}

    @pytest.mark.parametrize(("told", "verified"), [(True, True), (False, False), (None, False)])
    def test_who_has_proved_to_be_who_they_say_is_told_by_zendesk(
        self, told: bool | None, verified: bool
    ) -> None:
        assert messages.person(wire.User(id="7", verified=told), config()).verified is verified

    def test_users_of_the_fixtures_are_who_they_are(self) -> None:
        assert {user.name for user in users().values()} >= {"Tom Weber", "Maya Ortiz"}
        assert ticket().messages[0].author.since is not None
