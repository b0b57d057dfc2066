"""What else a reading tells: files and pictures, fields, the page, and whom a reply reaches."""

from __future__ import annotations

import re
from typing import Any

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from connectors.freshdesk import Freshdesk, attachments, delivery, fields, wire
from connectors.types import Attachment, Person, Status, Ticket
from tests.connectors.freshdesk.support import API, BASE, NOW, Account, fixture, freshdesk

S3 = "https://s3.amazonaws.com/cdn.freshdesk.com/data/helpdesk/attachments/production/1/original"
INLINE = "https://attachment.freshdesk.com/inline/attachment?token=abc.def"


def file(name: str = "log.txt", kind: str = "text/plain", url: str = f"{S3}/log.txt") -> wire.File:
    raw = {"name": name, "content_type": kind, "size": 12, "attachment_url": url}
    return wire.read(wire.File, raw)


class TestAttachments:
    def test_a_file_has_name_type_size_and_address(self) -> None:
        [found] = attachments.attachments([file()], "")
        assert found == Attachment("log.txt", "text/plain", 12, "", f"{S3}/log.txt")
        assert "s3" not in repr(found)

    def test_a_picture_in_the_text_is_one_with_what_the_text_says_of_it(self) -> None:
        html = f'<p>See <img src="{INLINE}" alt=" The  error "> and <img id="cursor"></p>'
        [found] = attachments.attachments([], html)
        assert (found.name, found.content_type, found.alt, found.url) == (
            *("The error", "image/*", "The error", INLINE),
        )

    def test_a_file_that_the_text_shows_is_listed_once_and_gets_its_words(self) -> None:
        html = f'<img src="{S3}/screen.png" alt="Settings page"/>'
        [found] = attachments.attachments(
            [file("screen.png", "image/png", f"{S3}/screen.png")], html
        )
        assert (found.name, found.alt) == ("screen.png", "Settings page")

    @pytest.mark.parametrize(
        "src", ["https://tracker.example/p.gif", "cid:1", "data:image/png;base64,x", "//[", ""]
    )
    def test_pictures_that_lie_elsewhere_are_signatures_and_newsletters(self, src: str) -> None:
        assert attachments.attachments([], f'<img src="{src}" alt="x">') == ()

    def test_a_text_full_of_pictures_has_an_end(self) -> None:
        html = "".join(f'<img src="{INLINE}{number}">' for number in range(500))
        assert len(attachments.attachments([], html)) == attachments.MOST_PICTURES

    @given(st.text(alphabet='<img src="atlx/!>[ ', max_size=80))
    def test_whatever_a_text_is_it_can_be_read(self, html: str) -> None:
        attachments.attachments([], f"<img {html}")

    def test_an_address_that_is_signed_anew_changes_no_revision(
        self, account: Account, connector: Freshdesk
    ) -> None:
        first = connector.ticket("5158").revision
        account.ticket["attachments"][0]["attachment_url"] += "?signature=2"
        assert connector.ticket("5158").revision == first


class TestFileText:
    def read(self, mock: responses.RequestsMock, url: str, **headers: str) -> str:
        told = {"Content-Type": "text/plain", **headers}
        mock.get(url, body="Error 42", headers=told)
        return freshdesk().file_text(Attachment("log.txt", "text/plain", 8, url=url), 100)

    @pytest.mark.parametrize(
        "url",
        [
            f"{S3}/log.txt?X-Amz-Signature=abc",
            "https://cdn.freshdesk.com/data/helpdesk/attachments/production/1/original/log.txt",
            "https://s3-eu-central-1.amazonaws.com/euc-cdn.freshdesk.com/data/log.txt",
            "https://eucattachment.freshdesk.com/inline/attachment",
        ],
    )
    def test_a_file_is_read_where_freshdesk_keeps_it_and_without_our_key(
        self, mock: responses.RequestsMock, url: str
    ) -> None:
        assert self.read(mock, url) == "Error 42"
        [call] = mock.calls
        assert "Authorization" not in call.request.headers

    @pytest.mark.parametrize(
        "url",
        [
            "https://s3.amazonaws.com/somebodys-bucket/cdn.freshdesk.com/log.txt",
            "https://evil.example/log.txt",
            "http://cdn.freshdesk.com/log.txt",
            "https://freshdesk.com.evil.example/log.txt",
            "",
            "https://[",
        ],
    )
    def test_nothing_is_read_from_elsewhere(self, mock: responses.RequestsMock, url: str) -> None:
        anywhere = re.compile(".*")
        mock.get(anywhere, body="x", headers={"Content-Type": "text/plain"})
        attachment = Attachment("log.txt", "text/plain", 8, url=url)
        assert freshdesk().file_text(attachment, 100) == ""
        assert len(mock.calls) == 0

    def test_a_file_that_is_gone_is_none(self, mock: responses.RequestsMock) -> None:
        mock.get(f"{S3}/log.txt", status=403)
        attachment = Attachment("log.txt", "text/plain", 8, url=f"{S3}/log.txt")
        assert freshdesk().file_text(attachment, 100) == ""


class TestFields:
    def ticket(self, custom: dict[str, Any]) -> wire.Ticket:
        return wire.read(wire.Ticket, fixture("ticket") | {"custom_fields": custom})

    def test_fields_are_shown_by_the_title_that_agents_see(
        self, account: Account, mock: responses.RequestsMock
    ) -> None:
        nested = [{"name": "cf_model", "label": "Model", "level": 2}]
        account.records["ticket_fields"].append(
            {"name": "cf_product", "label": "Our product", "nested_ticket_fields": nested}
        )
        account.ticket["custom_fields"] = {
            **{"cf_product": "Pump", "cf_model": "X2", "cf_other": "y"},
            **{"cf_empty": None, "cf_many": ["a", "b"]},
        }
        asked = "type, product, Model, cf_empty, cf_many, cf_gone"
        shown = freshdesk(FRESHDESK_TICKET_FIELDS=asked).ticket("5158").fields
        assert shown == {"Type": "Question", "Our product": "Pump", "Model": "X2", "Many": "a, b"}
        assert account.count("ticket_fields") == 1

    def test_without_such_a_setting_nothing_is_shown_and_nothing_asked(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.ticket["custom_fields"] = {"cf_product": "Pump"}
        assert connector.ticket("5158").fields == {}
        assert account.count("ticket_fields") == 0

    def test_where_labels_cannot_be_read_names_have_to_do(self, account: Account) -> None:
        account.trouble = lambda method, path: (403, {}, "") if path == "ticket_fields" else None
        account.ticket["custom_fields"] = {"cf_order_number": 42, "cf_paid": True}
        found = freshdesk(FRESHDESK_TICKET_FIELDS="cf_order_number,paid").ticket("5158").fields
        assert found == {"Order number": "42", "Paid": "yes"}

    def test_a_changed_field_is_a_changed_ticket(
        self, account: Account, connector: Freshdesk
    ) -> None:
        first = connector.ticket("5158").revision
        account.ticket["custom_fields"] = {"cf_region": "EU"}
        assert connector.ticket("5158").revision != first

    @pytest.mark.parametrize(
        ("value", "page"),
        [
            ("https://shop.example/settings?tab=2", "https://shop.example/settings?tab=2"),
            ("http://shop.example/", "http://shop.example/"),
            ("javascript:alert(1)", ""),
            ("ftp://shop.example/x", ""),
            ("https://", ""),
            ("https://[", ""),
            ("https://shop.example/a b", ""),
            ("https://shop.example/" + "x" * 3000, ""),
            ("settings", ""),
            (None, ""),
            (7, ""),
        ],
    )
    def test_the_page_is_an_address_or_none(self, value: Any, page: str) -> None:
        for name in ("cf_page", "page", "Page"):
            assert fields.page_url(self.ticket({"cf_page": value}), name) == page
        assert fields.page_url(self.ticket({"cf_page": value}), "") == ""

    def test_the_page_is_read_where_the_settings_say(self, account: Account) -> None:
        account.ticket["custom_fields"] = {"cf_page": "https://shop.example/"}
        found = freshdesk(FRESHDESK_PAGE_FIELD="cf_page").ticket("5158").page_url
        assert found == "https://shop.example/"
        assert freshdesk().ticket("5158").page_url == ""

    def test_a_custom_status_has_the_teams_name(
        self, account: Account, connector: Freshdesk
    ) -> None:
        account.ticket["status"] = 7
        found = connector.ticket("5158")
        assert (found.status, found.status_name) == (Status.HOLD, "Waiting on Third Party")


class TestDelivery:
    def doubt(self, channel: str, email: str = "maya@customer.example") -> str:
        who = Person("1", email=email)
        ticket = Ticket("1", "x", Status.OPEN, "r", who, (), channel=channel, created_at=NOW)
        return delivery.doubt(ticket)

    @pytest.mark.parametrize("source", [1, 2, 9, 10])
    def test_what_is_answered_by_mail_arrives(
        self, account: Account, connector: Freshdesk, source: int
    ) -> None:
        account.ticket["source"] = source
        assert connector.delivery_doubt(connector.ticket("5158")) == ""

    @pytest.mark.parametrize("source", [3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 99, None])
    def test_what_is_not_known_to_arrive_is_doubted_in_a_sentence(
        self, account: Account, connector: Freshdesk, source: int | None
    ) -> None:
        account.ticket["source"] = source
        told = connector.delivery_doubt(connector.ticket("5158"))
        assert told.startswith("The reply may not arrive: ")
        assert told.endswith(".")

    def test_a_customer_without_an_address_cannot_be_written_to(self) -> None:
        assert "no e-mail address" in self.doubt("email", email="")
        assert "a chat" in self.doubt("chat")
        assert "whatsapp" in self.doubt("whatsapp")


def test_the_api_is_called_at_the_accounts_own_address(
    account: Account, mock: responses.RequestsMock
) -> None:
    freshdesk().ticket("5158")
    assert API.startswith(BASE)
    assert all((call.request.url or "").startswith(API) for call in mock.calls)
