"""Freshdesk's webhooks, without effects: is it from our rules, and which ticket is it about?

A webhook is an action of an automation rule, and its body is whatever the admin typed there; ours
is ``{"ticket_id": "{{ticket.id}}", "event": "created"}``. Nothing is signed: a secret travels in a
header. So the body is a hint only, of which the ticket's id is taken and nothing else believed.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from connectors.errors import BadPayload, BadSignature
from connectors.payload import recovered
from connectors.signing import is_secret
from connectors.types import Event, EventKind, WebhookRequest

SECRET_HEADER = "x-understudy-secret"  # noqa: S105 - a header's name
WRAPPER = "freshdesk_webhook"
PING_KEY, PING = "understudy", "ping"
MOST_FIELDS = 200
LONGEST_RAW = 2000  # characters of one value that are kept with the event

_WORDS = {kind.value: kind for kind in EventKind}
# {{triggered_event}} is pseudo-JSON without quotes, as rendered for Zulip's integration; it tells
# only the first of several changes. A public note may be anybody's.
_TRIGGERED = (
    (re.compile(r"ticket_action\s*:\s*created"), EventKind.CREATED),
    (re.compile(r"note_type\s*:\s*private"), EventKind.NOTED),
)
_ID = re.compile(r"#?([1-9][0-9]{0,18})", re.ASCII)
# Where a ticket's id stands, in a body that cannot be read otherwise. What a customer typed may be
# in such a body: so every gap has an end, lest a long one be gone over again and again.
_RECOVER = re.compile(
    r"""ticket[_-]?id["']?\s{0,9}(?:[:=]|%3A|%3D|=>|(?:\s[^<>]{0,99})?>)\s{0,9}"""
    r"""(?:%22|["'])?\#?([1-9][0-9]{0,18})(?![0-9])"""
    r"""|/(?:helpdesk|a)/tickets/([1-9][0-9]{0,18})(?![0-9])""",
    re.IGNORECASE,
)
_ELEMENT = re.compile(
    r"<(ticket[_-]id|ticket[_-]url|triggered[_-]event|event)\b[^<>]*>"
    r"\s*(?:<!\[CDATA\[)?([^<>\]]*)",
    re.IGNORECASE,
)


def verify(request: WebhookRequest, secrets: Sequence[str]) -> None:
    """Check the secret in our header, or as the password of basic auth; raises ``BadSignature``."""
    given = [request.headers.get(SECRET_HEADER, ""), _password(request)]
    if not any(given):
        raise BadSignature(f"the request bears no secret (header {SECRET_HEADER} or basic auth)")
    # Both are compared, so that the time taken tells nothing.
    if not any([is_secret(each, secrets) for each in given]):  # noqa: C419
        raise BadSignature("the secret is not ours")


def ping(secrets: Sequence[str], now: datetime) -> WebhookRequest:
    """Make a delivery that is ours and names no ticket; raises ``BadSignature`` without a secret.

    Freshdesk sends nothing of the kind: its rules run on tickets.
    """
    if not secrets:
        raise BadSignature("no webhook secret is set, so nothing can be sent as Freshdesk would")
    headers = {SECRET_HEADER: secrets[0], "content-type": "application/json"}
    return WebhookRequest("POST", headers, json.dumps({PING_KEY: PING}).encode(), now)


def parse(request: WebhookRequest, base_url: str) -> list[Event]:
    """Tell what a verified delivery announces.

    Raises ``BadPayload``, with the ticket's id where the text still shows one, and
    ``BadSignature`` where the body speaks of another account.

    There is no delivery id, and the bodies of two replies are the same: so the key holds the time
    of arrival. A delivery that comes twice costs one more look at the ticket, and a second reply
    is never taken for the first.
    """
    text = request.body.decode("utf-8", "replace")
    body = next(_readings(text), None)
    if body is None:
        raise _unreadable(text, "the body cannot be read")
    _same_account(body, base_url)
    ticket_id = _ticket_id(body)
    if ticket_id is None and body.get(PING_KEY) == PING:
        return []
    if ticket_id is None:
        raise _unreadable(text, "no ticket is named")
    kind = _kind(body)
    return [
        Event(
            kind=kind,
            ticket_id=ticket_id,
            delivery_key=f"{ticket_id}:{kind}:{request.received_at.isoformat()}",
            raw=_short(body),
        )
    ]


def _readings(text: str) -> Iterator[Mapping[str, Any]]:
    """Read the body in every way that rules can write it; the content type tells nothing.

    JSON was seen to be sent as ``application/x-www-form-urlencoded``, as it stands or encoded.
    """
    for candidate in (text, unquote_plus(text)):
        found = _json(candidate)
        if found is not None:
            yield found
    if "<" in text.lstrip()[:1]:
        # Entities other than the predefined ones are left alone: nothing is expanded or fetched.
        elements = {
            name.lower().replace("-", "_"): unescape(value)
            for name, value in reversed(_ELEMENT.findall(text))
        }
        if elements:
            yield elements
        return
    if re.match(r"\s*[\[{]", text):
        return  # JSON, and broken
    yield from _form(text)


def _json(text: str) -> Mapping[str, Any] | None:
    try:
        # strict=False: a line break in a placeholder's text is let pass.
        body = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    return _unwrapped(body) if isinstance(body, dict) else None


def _unwrapped(body: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = body.get(WRAPPER)
    if isinstance(inner, str):
        inner = _json(inner)
    return inner if isinstance(inner, dict) else body


def _form(text: str) -> Iterator[Mapping[str, Any]]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return
    for _, value in pairs:
        whole = _json(value) if value.lstrip().startswith("{") else None
        if whole is not None and _ticket_id(whole):
            yield whole
    # freshdesk_webhook[ticket_id]=11
    named = {re.sub(r"^\w+\[(\w+)\]$", r"\1", name): value for name, value in reversed(pairs)}
    if "ticket_id" in named:
        yield named


def _ticket_id(body: Mapping[str, Any]) -> str | None:
    value = body.get("ticket_id")
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    if isinstance(value, int) and abs(value) >= 10**18:
        return None
    found = _ID.fullmatch(str(value).strip())
    return found[1] if found else None


def _kind(body: Mapping[str, Any]) -> EventKind:
    said = [str(body[name]) for name in ("event", "triggered_event") if _word(body.get(name))]
    for word in said:
        if (kind := _WORDS.get(word.strip().casefold())) is not None:
            return kind
    for word in said:
        for pattern, kind in _TRIGGERED:
            if pattern.search(word):
                return kind
    # What we do not know was still put there on purpose: have a look.
    return EventKind.CHANGED


def _word(value: Any) -> bool:
    return isinstance(value, str) and len(value) < LONGEST_RAW


def _same_account(body: Mapping[str, Any], base_url: str) -> None:
    address = body.get("ticket_url")
    if not isinstance(address, str):
        return
    try:
        host = (urlsplit(address.strip()).hostname or "").lower()
    except ValueError:
        return
    # A portal may have a domain of its own, so only another account's own name is a proof.
    if host.endswith(".freshdesk.com") and host != (urlsplit(base_url).hostname or "").lower():
        raise BadSignature("the webhook belongs to another Freshdesk account")


def _password(request: WebhookRequest) -> str:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
    return pair.partition(":")[2]


def _unreadable(text: str, why: str) -> BadPayload:
    return BadPayload(f"Freshdesk webhook: {why}", ticket_id=recovered(_RECOVER, text))


def _short(body: Mapping[str, Any]) -> dict[str, str]:
    return {
        str(name)[:100]: value[:LONGEST_RAW] if isinstance(value, str) else str(value)[:20]
        for name, value in list(body.items())[:MOST_FIELDS]
        if isinstance(value, str | bool) or (isinstance(value, int) and abs(value) < 10**18)
    }
