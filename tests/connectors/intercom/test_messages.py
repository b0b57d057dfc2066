"""Who wrote what, and who may read it."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.intercom.messages import is_operator
from connectors.types import Role
from tests.connectors.intercom.mapped import by, conversation, mapped, part
from tests.connectors.intercom.support import CONTACT, fixture


class TestMessages:
    def test_a_conversation_is_its_source_and_every_part_with_something_in_it(self) -> None:
        messages = conversation().messages
        assert [(m.id, m.author.role, m.public) for m in messages] == [
            ("source-3381820001", Role.CUSTOMER, True),
            ("9001", Role.BOT, True),  # Fin
            ("9002", Role.BOT, True),  # Operator, listed as a teammate
            ("9003", Role.CUSTOMER, True),
            ("9005", Role.AGENT, False),
            ("9006", Role.AGENT, False),
            ("9007", Role.AGENT, True),  # closed with a message
            ("9008", Role.CUSTOMER, True),  # opened by one
        ]

    def test_html_is_kept_and_read_as_text_with_its_links(self) -> None:
        message = conversation().messages[3]
        assert message.html.startswith("<p>No, I mean <b>all projects</b>")
        assert message.text == (
            "No, I mean all projects:\n\n- one file\n- see my list (https://nordlicht.example/list)"
        )

    @pytest.mark.parametrize("text", ["Plain, 3 < 4 & 5", "One\n\nTwo", "a <- b -> c"])
    def test_plain_text_stays_as_it_is(self, text: str) -> None:
        # Which of the two a body is differs by version and endpoint.
        message = part(body=text)
        assert message is not None
        assert (message.text, message.html) == (text, "")

    @pytest.mark.parametrize("kind", ["comment", "close", "open", "assignment", "quick_reply", "x"])
    def test_text_counts_whatever_the_type_of_its_part(self, kind: str) -> None:
        message = part(part_type=kind, author=by("admin"))
        assert message is not None
        assert message.public

    @pytest.mark.parametrize("kind", ["note", "note_and_reopen"])
    def test_a_note_is_for_the_team_only(self, kind: str) -> None:
        message = part(part_type=kind, author=by("admin"))
        assert message is not None
        assert not message.public

    @pytest.mark.parametrize("body", [None, "", "  \n"])
    def test_a_part_without_anything_in_it_is_no_message(self, body: str | None) -> None:
        assert part(body=body, attachments=[]) is None

    def test_a_file_alone_is_a_message(self) -> None:
        message = part(body=None)
        assert message is not None
        [file] = message.attachments
        assert (file.name, file.content_type, file.size) == ("projects.png", "image/png", 20480)

    def test_what_was_redacted_is_still_a_turn_but_says_nothing(self) -> None:
        # The description shows a sentence in its place; others have found null.
        for body in ("<p><i>This message was deleted</i></p>", None):
            message = part(redacted=True, body=body, author=by("admin"))
            assert message is not None
            assert message.redacted
            assert (message.text, message.html, message.attachments) == ("", "", ())

    def test_a_first_message_that_was_redacted_is_still_the_first(self) -> None:
        source = fixture("conversation")["source"] | {"redacted": True, "body": None}
        first, second, *_ = conversation(source=source).messages
        assert (first.redacted, first.text, second.redacted) == (True, "", False)

    def test_a_picture_in_the_text_is_a_file_with_what_is_said_of_it(self) -> None:
        url = "https://downloads.intercomcdn.com/i/o/abc/12/Bild%20eins.png?expires=1&signature=s"
        body = f'<p>See</p><div><img src="{url}" alt="the export dialog"><img src="data:x"></div>'
        message = part(body=body, attachments=[])
        assert message is not None
        [picture] = message.attachments
        assert (picture.name, picture.alt, picture.url) == (
            "Bild eins.png",
            "the export dialog",
            url,
        )
        assert "signature" not in repr(picture)
        listed = {"name": "Bild eins.png", "content_type": "image/png", "filesize": 9, "url": url}
        both = part(body=body, attachments=[listed | {"url": url.replace("=s", "=t")}])
        assert both is not None
        [file] = both.attachments
        assert (file.size, file.alt) == (9, "the export dialog")

    def test_what_an_app_wrote_in_a_teammates_name_is_that_teammates(self) -> None:
        message = part(author=by("admin"), app_package_code="slack")
        assert message is not None
        assert (message.author.role, message.automatic) == (Role.AGENT, False)

    @pytest.mark.parametrize(
        ("author", "role", "automatic"),
        [
            (by("user"), Role.CUSTOMER, False),
            (by("lead", name=None, email=""), Role.CUSTOMER, False),
            (by("admin"), Role.AGENT, False),
            (by("admin", email="operator+abc123de@intercom.io"), Role.BOT, True),
            (by("bot"), Role.BOT, True),
            (by("bot", from_ai_agent=True), Role.BOT, True),
            (by("admin", is_ai_answer=True), Role.BOT, True),
            (by("team"), Role.BOT, True),
            (by("workflow"), Role.BOT, True),  # from 2.17
            ({"type": "", "id": CONTACT}, Role.CUSTOMER, False),
            ({"type": ""}, Role.SYSTEM, True),
            (by("something new"), Role.SYSTEM, True),
            (None, Role.SYSTEM, True),
        ],
    )
    def test_people_and_automation_are_told_apart(
        self, author: object, role: Role, automatic: bool
    ) -> None:
        message = part(author=author)
        assert message is not None
        assert (message.author.role, message.automatic) == (role, automatic)

    @pytest.mark.parametrize(
        ("email", "verdict"),
        [
            ("operator+abc@intercom.io", True),
            ("Operator+@intercom.io", True),
            ("operator@intercom.io", False),
            ("tom+operator@intercom.io", False),
            ("operator+a@intercom.io.example", False),
            (None, False),
        ],
    )
    def test_operator_is_known_by_its_address(self, email: str | None, verdict: bool) -> None:
        assert is_operator(email) is verdict

    @pytest.mark.parametrize("began", ["campaigns_initiated", "operator_initiated", "automated"])
    def test_what_a_campaign_sent_in_a_teammates_name_is_no_agents_answer(self, began: str) -> None:
        raw = fixture("conversation")
        raw["source"] |= {"delivered_as": began, "author": by("admin")}
        first = mapped(raw).messages[0]
        assert (first.author.role, first.automatic) == (Role.BOT, True)
        raw["source"]["delivered_as"] = "admin_initiated"
        assert mapped(raw).messages[0].author.role is Role.AGENT

    def test_a_blank_author_who_began_is_a_customer(self) -> None:
        raw = fixture("conversation")
        raw["source"] |= {"type": "twitter", "author": {"type": "", "id": ""}}
        assert mapped(raw).messages[0].author.role is Role.CUSTOMER

    def test_messages_are_in_the_order_of_their_time(self) -> None:
        raw = fixture("conversation")
        raw["conversation_parts"]["conversation_parts"].reverse()
        times = [message.created_at for message in mapped(raw).messages]
        assert times == sorted(times)


class TestMarks:
    def test_our_own_note_bears_its_key(self) -> None:
        assert [m.mark for m in conversation().messages if m.mark] == ["00000000000000bb"]

    @pytest.mark.parametrize(
        "change",
        [
            {"part_type": "comment"},
            {"author": by("user")},
            {"author": by("bot")},
            {"author": by("admin", email="operator+abc123de@intercom.io")},
        ],
    )
    def test_a_mark_counts_in_teammates_notes_only(self, change: dict[str, Any]) -> None:
        said = {"part_type": "note", "author": by("admin"), "body": f"Understudy ref {'b' * 16}"}
        message = part(**(said | change))
        assert message is not None
        assert message.mark is None
        good = part(**said)
        assert good is not None
        assert good.mark == "b" * 16
