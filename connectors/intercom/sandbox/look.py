"""How an answer is to look: its version of the API, and whether bodies are plain text."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from flask import has_request_context

from connectors.intercom.sandbox.people import FIN, Shape, author
from connectors.intercom.sandbox.tags import TagBook
from connectors.sandbox.caller import base_url
from connectors.sandbox.helpdesk import Helpdesk
from connectors.sandbox.records import Attachment, Message, Person
from connectors.sandbox.text import text_of_html

_LINK = re.compile(r'<a\b[^>]*\bhref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL | re.IGNORECASE)
_FILES = "https://downloads.sandbox.example"
_GONE = "<p><i>This message was deleted</i></p>"


def plain_text(html: str) -> str:
    """Write a body as ``display_as=plaintext`` does: a link is its label and its address."""
    return text_of_html(_LINK.sub(r"\2 (\1)", html))


@dataclass(frozen=True)  # without slots, for what is counted once
class Look:
    """The version (2.16 or later is ``modern``), the format of bodies, and who is who."""

    desk: Helpdesk
    modern: bool
    plain: bool
    people: dict[int, Person]
    tags: TagBook

    @cached_property
    def contacts_of(self) -> Counter[int | None]:
        """How many contacts each company has."""
        return Counter(person.organization_id for person in self.people.values())

    def body(self, html: str | None) -> str | None:
        """A body in the format that was asked for."""
        return plain_text(html) if self.plain and html is not None else html

    def author(self, number: int | None) -> Shape:
        """Who wrote something; nobody means Intercom's own automation."""
        who = FIN if number is None else author(self.people[number])
        return {**who, "from_ai_agent": False, "is_ai_answer": False}

    def assignee(self, number: int | None) -> int | None:
        """Somebody who is assigned: nobody is ``null`` in 2.15 and ``0`` since."""
        return number if number is not None or not self.modern else 0


def look_at(desk: Helpdesk, version: str, *, plain: bool = False) -> Look:
    """Make the look of one answer."""
    return Look(desk, version != "2.15", plain, desk.people(), TagBook(desk))


def files(attachments: tuple[Attachment, ...], owner: int) -> list[dict[str, Any]]:
    """The files of a message; outside of a call nobody knows where the sandbox is reached."""
    base = base_url() if has_request_context() else _FILES
    return [
        {
            "type": "upload",
            "name": file.name,
            "url": f"{base}/i/o/{owner}/{place}/{quote(file.name)}",
            "content_type": file.content_type,
            "filesize": file.size,
        }
        for place, file in enumerate(attachments)
    ]


def html_of(message: Message) -> str:
    """What a message says by now: of one that was taken back, only that."""
    return _GONE if message.redacted else message.html
