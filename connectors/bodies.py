"""What an answer's body says: JSON that can be kept, or the vendor's own words about a refusal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from requests import Response

from connectors.errors import VendorBroken

LONGEST_SENTENCE = 500

# All that JSON can write half an emoji or NUL with: an escape, bytes that are no UTF-8, or UTF-16.
# Few answers have any, and to walk through one costs more than to read it.
_SUSPICIOUS = (b"\\u", b"\xed", b"\x00")
# Where errors of all vendors keep their words.
_TELLING = (
    "error",
    "error_description",
    "title",
    "code",
    "field",
    "description",
    "message",
    "detail",
    "errors",
)


def sentence(response: Response) -> str:
    """Find the vendor's own words in an error's body, whatever its shape; "" where it has none.

    Zendesk alone has five shapes and, on a 429, plain text.
    """
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        text = response.content[:2000].decode("utf-8", "replace")
        # A proxy's HTML page says nothing that the status has not said.
        words = "" if "<" in text else text
    else:
        words = " ".join(dict.fromkeys(_words(body)))
    return " ".join(words.split())[:LONGEST_SENTENCE]


def refused_fields(response: Response) -> dict[str, str]:
    """Find which fields an error's body blames, each with the vendor's words about it.

    Zendesk: ``{"details": {field: [{"description"}]}}``; Freshdesk: ``{"errors": [{"field"}]}``.
    """
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(body, dict):
        return {}
    details, errors = body.get("details"), body.get("errors")
    found = list(details.items()) if isinstance(details, dict) else []
    if isinstance(errors, list):
        named = (each for each in errors if isinstance(each, dict))
        found += [(each["field"], each) for each in named if isinstance(each.get("field"), str)]
    return {str(name)[:100]: _reason(fault) for name, fault in found[:20]}


def _reason(fault: Any) -> str:
    listed = fault if isinstance(fault, list) else [fault]
    said = (each for each in listed if isinstance(each, dict))
    words = (each.get("description") or each.get("message") for each in said)
    return " ".join(word for word in words if isinstance(word, str))[:LONGEST_SENTENCE]


def read_json(response: Response, vendor: str) -> dict[str, Any]:
    """Read an answer that must be a JSON object; raises ``VendorBroken``."""
    body = require_json(response, vendor)
    if not isinstance(body, dict):
        raise VendorBroken(f"{vendor} answered with something other than a JSON object")
    return body


def read_list(response: Response, vendor: str) -> list[Any]:
    """Read an answer that must be a JSON list; raises ``VendorBroken``."""
    body = require_json(response, vendor)
    if not isinstance(body, list):
        raise VendorBroken(f"{vendor} answered with something other than a JSON list")
    return body


def require_json(response: Response, vendor: str) -> Any:
    """Read an answer that must be JSON, whatever is in it; raises ``VendorBroken``.

    An empty one counts as an empty object: some writes are answered with a status alone.
    """
    if response.status_code == 204 or not response.content:
        return {}
    try:
        body = json.loads(response.content)
        suspicious = any(sign in response.content for sign in _SUSPICIOUS)
        return _storable(body) if suspicious else body
    except (ValueError, RecursionError):
        # A login page or a proxy's notice can come with status 200.
        raise VendorBroken(f"{vendor} answered {response.status_code} without JSON") from None


def _storable(value: Any) -> Any:
    """Replace what no database and no UTF-8 can hold: half an emoji, cut off by a client, and NUL.

    JSON writes both as escapes, so they pass as valid text until somebody wants to keep them.
    """
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value


def _words(body: Any, depth: int = 0) -> Iterator[str]:
    if depth > 5:
        return
    if isinstance(body, str):
        yield body
    elif isinstance(body, list):
        for item in body[:10]:
            yield from _words(item, depth + 1)
    elif isinstance(body, dict):
        for key in _TELLING:
            yield from _words(body.get(key), depth + 1)
        if isinstance(details := body.get("details"), dict):
            for name, faults in list(details.items())[:10]:
                yield f"{name}:"
                yield from _words(faults, depth + 1)
