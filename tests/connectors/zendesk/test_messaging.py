"""Tickets of messaging channels: the whole conversation, in order, each message once."""

from __future__ import annotations

from typing import Any

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from connectors import errors
from connectors.types import Change, Role, Ticket
from connectors.zendesk import messaging, updates, wire
from connectors.zendesk.messaging import Entry
from tests.connectors.zendesk.reading import MAYA, TOM, comments, read, ticket
from tests.connectors.zendesk.support import API, LATER, Clock, fixture, zendesk

LOG = f"{API}/tickets/5158/conversation_log"
CHAT = {"via": {"channel": "native_messaging"}, "from_messaging_channel": True}


def entry(number: int = 1, **changes: Any) -> dict[str, Any]:
    """An entry of the log, as in ``ConversationLogResponseExample``; ten seconds apart."""
    return {
        "id": f"02JSED093DTX4RTDRRJXN2YKB{number}",
        "type": "Messaging::ConversationMessage",
        "reference": f"zen:sunco:conversation_message:6807603a38564290f5a086c{number}",
        "created_at": f"2026-11-20T09:57:{number}0Z",
        "received_at": "2026-11-20T09:57:00.861Z",
        "author": {
            "type": "user",
            "display_name": "Maya",
            "zen:sunco:user_id": "a21a91fd1234a",
            "zen:support:user_id": int(MAYA),
        },
        "content": {"type": "text", "text": f"Message {number}"},
        "metadata": {"custom": {}, "system": {}, "ticket_version": 0},
        "attachments": [],
        **changes,
    }


def author(kind: str, number: int | None = None) -> dict[str, Any]:
    return {"author": {"type": kind, "display_name": "Someone", "zen:support:user_id": number}}


def opened(*entries: dict[str, Any], said: list[dict[str, Any]] | None = None) -> Ticket:
    body = fixture("ticket")
    body["ticket"] |= CHAT
    log = [wire.read(Entry, one) for one in entries]
    return read(body, said or [], log=log)


class TestOrder:
    def test_the_conversation_stands_among_the_comments_in_order(self) -> None:
        later = entry(2, created_at="2026-11-20T11:00:00Z")
        found = opened(later, entry(1), said=comments())
        texts = [one.text for one in found.messages]
        assert (texts[0], texts[-1], len(texts)) == ("Message 1", "Message 2", 6)

    def test_authors_are_who_the_log_says(self) -> None:
        found = opened(
            entry(1),
            entry(2, **author("agent", int(TOM))),
            entry(3, **author("bot", -1)),
            entry(4, **author("business", None)),
            entry(5, **author("user", None)),
        )
        assert [(one.author.role, one.automatic, one.public) for one in found.messages] == [
            (Role.CUSTOMER, False, True),
            (Role.AGENT, False, True),
            (Role.BOT, True, True),
            (Role.SYSTEM, True, True),
            (Role.CUSTOMER, False, True),
        ]
        maya, tom, bot, _, unknown = (one.author for one in found.messages)
        assert (maya.id, maya.email) == (MAYA, "maya@meridian.example")
        assert (tom.id, tom.name) == (TOM, "Tom Weber")
        assert bot.name == "Someone"
        assert unknown.id == MAYA  # who has no user yet is who opened the conversation
        assert all(one.mark is None for one in found.messages)

    @pytest.mark.parametrize(
        ("content", "text"),
        [
            ({"type": "text", "text": " Hello "}, "Hello"),
            ({"type": "html", "body": "<p>One &amp; <b>two</b></p>"}, "One & two"),
            ({"type": "image", "mediaUrl": "https://x.example/a.png", "altText": "Red"}, "Red"),
            ({"type": "carousel", "title": "Our plans"}, "Our plans"),
            (
                {"type": "form", "fields": [{"label": "Order", "text": "77"}, {"label": "x"}, 7]},
                "Order: 77",
            ),
        ],
    )
    def test_every_kind_of_content_is_read(self, content: dict[str, Any], text: str) -> None:
        assert [one.text for one in opened(entry(content=content)).messages] == [text]

    def test_a_picture_without_words_is_a_file(self) -> None:
        content = {"mediaUrl": "https://x.example/up/a.png?sig=1", "mediaType": "image/png"}
        [message] = opened(entry(content=content)).messages
        [file] = message.attachments
        assert (message.text, file.name, file.content_type, file.url) == (
            "",
            "a.png",
            "image/png",
            "",
        )

    @pytest.mark.parametrize("content", [{}, {"type": "text", "text": None}, {"type": "form"}])
    def test_an_entry_that_says_nothing_is_passed_over(self, content: dict[str, Any]) -> None:
        assert opened(entry(content=content)).messages == ()

    def test_what_was_taken_out_of_a_chat_is_noticed(self) -> None:
        content = {"type": "text", "text": "My card is \u2587\u2587\u2587"}
        assert opened(entry(content=content)).messages[0].redacted


class TestOnce:
    def test_the_comments_in_the_log_are_not_told_twice(self) -> None:
        said = comments()
        again = [
            entry(1, type="Comment", reference=f"zen:ticket_event:{one['id']}") for one in said
        ]
        other = entry(2, type="Comment", reference="zen:ticket_event:9")
        assert len(opened(*again, other, said=said).messages) == len(said)

    def test_an_answer_that_is_in_both_is_told_once_and_keeps_its_mark(self) -> None:
        reply = comments()[2] | {"public": True, "plain_body": "Open  Settings.\n\n- Plan"}
        content = {"type": "text", "text": "Open **Settings**.\n* Plan"}
        at = {"created_at": "2026-11-20T10:11:00Z"}
        same = entry(1, **author("agent", int(TOM)), content=content, **at)
        earlier = entry(2, **author("agent", int(TOM)), content=content)
        found = opened(same, earlier, said=[reply | at])
        assert [one.mark for one in found.messages] == [None, "0123456789abcdef"]

    def test_a_note_that_says_the_same_hides_nothing(self) -> None:
        note = comments()[2] | {"plain_body": "Message 1", "created_at": "2026-11-20T09:57:10Z"}
        assert len(opened(entry(1), said=[note]).messages) == 2

    def test_the_same_words_from_the_other_side_are_two_messages(self) -> None:
        reply = comments()[2] | {"public": True, "plain_body": "OK", "metadata": None}
        at = {"created_at": "2026-11-20T10:11:00Z"}
        customers = entry(1, content={"type": "text", "text": "OK"}, **at)
        assert len(opened(customers, said=[reply | at]).messages) == 2

    def test_two_signs_without_words_are_two_messages(self) -> None:
        reply = comments()[0] | {"plain_body": "\N{THUMBS UP SIGN}"}
        at = {"created_at": "2026-11-20T10:11:00Z"}
        other = entry(1, content={"type": "text", "text": "\N{THUMBS DOWN SIGN}"}, **at)
        assert len(opened(other, said=[reply | at]).messages) == 2

    @pytest.mark.parametrize(
        ("lines", "kept"),
        [
            ("(09:57:10) Maya: Message 1\n(09:57:20) Bot: Message 2", False),
            (
                "Chat started on 2026-11-20\n\n(9:57 AM) Maya: Message 1\n(9:57 AM) A: Message 2",
                False,
            ),
            ("(09:57:20) *** Tom joined ***\n(09:57:20) Tom: Message 2", False),  # only the end
            ("(09:57:10) Maya: Message 1\n(09:57:20) Maya: Message 2, and my number", True),
            ("(09:57:10) Maya: Message 1\n(09:57:20) Maya: Message", True),
            ("(09:57:10) Maya: Message 1", True),
            (f"{'My own words. ' * 9}\n(09:57:10) M: Message 1\n(09:57:20) B: Message 2", True),
        ],
    )
    def test_a_posted_transcript_that_says_nothing_new_is_left_out(
        self, lines: str, kept: bool
    ) -> None:
        posted = comments()[0] | {"plain_body": lines}
        # The conversation went on after it was posted.
        found = opened(entry(1), entry(2), entry(3), said=[posted])
        assert (len(found.messages) == 4) is kept
        assert len(opened(said=[posted]).messages) == 1  # the only one there is

    @given(st.lists(st.text(alphabet="ab (:1", max_size=6), max_size=5))
    def test_no_message_of_the_log_is_lost_or_doubled(self, texts: list[str]) -> None:
        entries = [
            entry(place, content={"type": "text", "text": text})
            for place, text in enumerate(texts, start=1)
        ]
        found = opened(*entries)
        assert [one.text for one in found.messages] == [t.strip() for t in texts if t]


class TestRevision:
    def test_a_chats_next_message_changes_it_though_the_stamp_stays(self) -> None:
        first, second = opened(entry(1)), opened(entry(1), entry(2))
        assert first.revision != second.revision
        assert opened(entry(2), entry(1)).revision == second.revision
        assert opened().revision == "2026-11-20T10:12:07Z"

    def test_the_stamp_alone_guards_a_write(self) -> None:
        there = opened(entry(1))
        body = updates.change_to_zendesk(there, Change(reply="x"), "0" * 16)
        assert body["updated_stamp"] == "2026-11-20T10:12:07Z"


class TestReadingIt:
    def served(self, mock: responses.RequestsMock, **answer: Any) -> Ticket:
        body = fixture("ticket")
        body["ticket"] |= CHAT
        mock.get(f"{API}/tickets/5158", json=body, headers={"Date": LATER})
        mock.get(f"{API}/tickets/5158/comments", json=fixture("comments_last"))
        users = fixture("comments_first")["users"]
        mock.get(f"{API}/users/show_many", json={"users": users})
        mock.get(LOG, **answer)
        return zendesk(Clock()).ticket("5158")

    def test_a_chats_log_is_read_to_its_end(self, mock: responses.RequestsMock) -> None:
        first = {"events": [entry(1)], "meta": {"has_more": True, "after_cursor": "c"}}
        last = {"events": [entry(2)], "meta": {"has_more": False}, "links": {"next": LOG}}
        query = responses.matchers.query_param_matcher({"page[after]": "c"}, strict_match=False)
        mock.get(LOG, json=last, match=[query])
        found = self.served(mock, json=first)
        assert [one.text for one in found.messages][:2] == ["Message 1", "Message 2"]
        assert not found.history_cut

    @pytest.mark.parametrize("status", [403, 404])
    def test_a_log_that_we_may_not_read_is_a_cut_history(
        self, mock: responses.RequestsMock, status: int
    ) -> None:
        found = self.served(mock, status=status, json={"error": "x"})
        assert found.history_cut
        assert len(found.messages) == 2

    def test_a_log_that_fails_is_an_error_and_not_half_a_conversation(
        self, mock: responses.RequestsMock
    ) -> None:
        with pytest.raises(errors.VendorBroken):
            self.served(mock, status=500)

    def test_the_log_of_a_mail_is_not_asked_for(self, mock: responses.RequestsMock) -> None:
        mock.get(f"{API}/tickets/5158", json=fixture("ticket"), headers={"Date": LATER})
        mock.get(f"{API}/tickets/5158/comments", json=fixture("comments_last"))
        mock.get(f"{API}/users/show_many", json={"users": []})
        assert not zendesk(Clock()).ticket("5158").history_cut
        assert not any("conversation_log" in (call.request.url or "") for call in mock.calls)


class TestDoubt:
    @pytest.mark.parametrize(
        "channel",
        [
            *("native_messaging", "chat", "whatsapp", "facebook", "instagram_dm", "sms", "line"),
            *("sunshine_conversations_api", "answer_bot_for_web_widget", "twitter", "telegram"),
        ],
    )
    def test_in_a_chat_it_is_doubted_that_a_reply_arrives(self, channel: str) -> None:
        told = zendesk().delivery_doubt(ticket(via={"channel": channel}))
        assert channel in told
        assert "not verified" in told

    @pytest.mark.parametrize("channel", ["email", "web", "api", "mobile", "help_center", None])
    def test_in_a_mail_it_is_not(self, channel: str | None) -> None:
        assert zendesk().delivery_doubt(ticket(via={"channel": channel})) == ""

    def test_what_zendesk_calls_messaging_is_doubted_whatever_its_channel(self) -> None:
        found = ticket(via={"channel": "web"}, from_messaging_channel=True)
        assert found.channel == "native_messaging"
        assert zendesk().delivery_doubt(found)

    def test_old_tickets_have_a_number_for_a_channel(self) -> None:
        assert not messaging.messaging_channel(ticket(via={"channel": 30}).channel)
