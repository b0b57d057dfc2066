"""Agents' saved replies as Freshdesk's canned responses, in folders.

No answer tells whom a response is for. So the team keeps what is not for all agents to send, or no
more than a note, in a folder beside: ``Billing`` and ``Billing (team)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

from connectors.freshdesk.sandbox.conversations import flat_text
from connectors.freshdesk.sandbox.shapes import Shape
from connectors.sandbox.edits import stamp
from connectors.sandbox.records import Reply

USUAL = "General"
_FIRST = 8_447_400_000_000


def folder_of(reply: Reply) -> str:
    """The name of the folder that a reply lies in."""
    name = reply.folder or USUAL
    return name if reply.public and reply.group_id is None else f"{name} (team)"


def number_of(folder: str) -> int:
    """A folder's number; it keeps it as long as it keeps its name."""
    return _FIRST + crc32(folder.encode())


def folder_shape(folder: str, replies: Sequence[Reply], created: str) -> Shape:
    """A folder as the list of folders has it (API page, Canned Responses)."""
    return {
        "id": number_of(folder),
        "name": folder,
        "personal": False,
        "responses_count": len(replies),
        "created_at": created,
        "updated_at": created,
    }


def response_shape(reply: Reply) -> Shape:
    """A response as a folder's details have it (API page, Canned Responses)."""
    return {
        "id": reply.id,
        "title": reply.name,
        "folder_id": number_of(folder_of(reply)),
        "content": flat_text(reply.html),
        "content_html": f'<div dir="ltr">{reply.html}</div>',
        "attachments": [],
        "created_at": stamp(reply.created_at),
        "updated_at": stamp(reply.updated_at),
    }
