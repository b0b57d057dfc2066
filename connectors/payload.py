"""What the webhooks of all helpdesks have in common: reading a body that anybody may have typed."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

_PLAIN = re.compile(r"[A-Za-z0-9_.:-]{1,100}")


class Unreadable(ValueError):
    """A body is no JSON object; the message says so."""


def read_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; raises ``Unreadable``."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("the body is not JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("the body is not a JSON object")
    return found


def recovered(pattern: re.Pattern[str], text: str) -> str | None:
    """Find the ticket's id in a body that cannot be read otherwise: the first group that fits."""
    found = pattern.search(text)
    return next((group for group in found.groups() if group), None) if found else None


def plain(key: str) -> str:
    """Make a delivery's id fit for job ids and columns: no odd characters, no endless length."""
    return key if _PLAIN.fullmatch(key) else hashed(key.encode("utf-8", "backslashreplace"))


def hashed(data: bytes) -> str:
    """Sum data up in 32 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()[:32]
