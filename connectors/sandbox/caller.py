"""The request at hand, as every vendor's façade reads it."""

from __future__ import annotations

from flask import request

from connectors.sandbox.records import Origin

ALL_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_LONGEST = 18  # digits: whatever has so many fits into the store's 64 bits


def base_url() -> str:
    """The address under which the caller reached us."""
    return request.host_url.rstrip("/")


def api_origin() -> Origin:
    """Where a write through the API comes from: whoever the caller says to be."""
    return Origin("api", request.headers.get("User-Agent", ""))


def whole_number(text: str) -> int | None:
    """Read plain digits as a number; ``None`` for anything else, and for what nobody counts to."""
    return int(text) if text.isdecimal() and len(text) <= _LONGEST else None
