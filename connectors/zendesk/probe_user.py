"""Who we are in a Zendesk account: our credentials, our user, our scopes, our share of calls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.config import ConnectorConfig
from connectors.errors import HelpdeskError
from connectors.probing import clock, looked, secret_set
from connectors.records import Record, iso_time
from connectors.setup import Expected, Finding
from connectors.zendesk import admin, wire
from connectors.zendesk.admin import Me, Met
from connectors.zendesk.client import Client

# role_type (OpenAPI, Users): such users write internal notes only.
_NOTES_ONLY = {1: "a light agent", 3: "a contributor"}
_LIMITS = ("x-rate-limit", "ratelimit-limit", "rate-limit")
# Two readings of three or four calls, a write, and a reading of what the agent then sends.
_CALLS_PER_TICKET = 12
_UPDATES_PER_MINUTE = 100  # of one account, whatever its plan: support.zendesk.com 8638126078234
_RECENT = timedelta(days=30)
_SIGNED_IN = timedelta(days=7)
_COMMENTS = 100  # the newest of a ticket
_COMMENTED = 3  # tickets that are looked at for comments which a person typed
_USER = "zendesk user"
_TOKEN_END = "2027-04-30"  # noqa: S105 - a date


@dataclass(frozen=True, slots=True)
class Look:
    """What to look at, and with what."""

    client: Client
    config: ConnectorConfig
    legacy: bool
    secrets: Sequence[str]
    expected: Expected
    now: datetime


class _Token(Record):
    scopes: tuple[str, ...] = ()


class _TokenAnswer(Record):
    token: _Token


class _Found(Record):
    id: str
    requester_id: str | None = None


class _Search(Record):
    results: tuple[_Found, ...]


def refused(error: HelpdeskError) -> Finding:
    """Say that we are not let in at all."""
    remedy = (
        "Check ZENDESK_URL and the credentials. An OAuth client needs its identifier, its secret, "
        "and read and tickets:write among its allowed scopes."
    )
    return Finding(_USER, ok=False, message=f"{str(error).rstrip('.')}.", remedy=remedy)


def user(look: Look, met: Met) -> Iterator[Finding]:
    """Tell who we are, what that user and our token may do, how much of it, and since when."""
    yield bot_user(met.user)
    yield own_user(look, met.user)
    if not look.legacy:
        yield scopes(look)
    yield rate(met.headers, look.config.headroom)
    yield clock("zendesk clock", "Zendesk", look.client.skew)


def credentials(legacy: bool) -> Finding:
    """Tell how we log in, and until when that works."""
    check = "zendesk credentials"
    if not legacy:
        return Finding(check, ok=True, message="An OAuth client is set to log in with.")
    return Finding(
        check,
        ok=True,
        message=f"Logs in with an API token; Zendesk stops all of them on {_TOKEN_END}, and no "
        "new one can be created since 2026-10-27.",
        remedy="Create an OAuth client (step 2 of the README) and set ZENDESK_CLIENT_ID and "
        "ZENDESK_CLIENT_SECRET in place of ZENDESK_EMAIL and ZENDESK_API_TOKEN.",
    )


def webhook_secret(present: bool) -> Finding:
    """Tell whether webhooks can be verified at all."""
    return secret_set(
        "zendesk webhook secret",
        "webhook secret",
        present,
        "Run understudy setup zendesk --save, or copy it from Admin Center > Apps and integrations "
        "> Webhooks > your webhook > Reveal secret into ZENDESK_WEBHOOK_SECRET.",
    )


def bot_user(me: Me) -> Finding:
    """Tell from whom the notes will come, and whether that user may do all the work. Pure."""
    told = f"The bot writes as {me.name or me.id} ({me.role})."
    wrong, remedy = "", ""
    kind = _NOTES_ONLY.get(me.role_type or 0, "")
    if me.role not in ("agent", "admin"):
        remedy = "Create the OAuth client as an agent or admin, best as one only for the bot."
    elif me.suspended:
        wrong, remedy = "That user is suspended.", "Unsuspend it in Admin Center > People > Team."
    elif kind or me.only_private_comments:
        wrong = f"That is {kind or 'an agent who writes internal notes only'}."
        remedy = "Give it a full agent's role, or admin: replies in public need it."
    elif me.restricted_agent:
        wrong = "It does not see all tickets."
        remedy = "Let it access all tickets: Admin Center > People > Team members > its role."
    message = f"{told} {wrong}".strip()
    return Finding(_USER, ok=not remedy, message=message, remedy=remedy)


def own_user(look: Look, me: Me) -> Finding:
    """Tell whether a person seems to work under the bot's user, too.

    Sure is only what shows in a comment: what was typed into the agents' interface came through
    ``web``, what we write through ``api``. That somebody signed in lately may be an admin at work
    on the OAuth client; with an API token, the token's own calls count as signing in.
    """
    check = "zendesk bot's own user"
    remedy = (
        "Make an agent only for the bot and create the OAuth client as that agent, so that "
        "everybody sees who wrote what."
    )

    def typed() -> Finding:
        ticket_id = _typed_on(look, me)
        if ticket_id:
            message = f"A person works under the bot's user, too: see ticket {ticket_id}."
            return Finding(check, ok=False, message=message, remedy=remedy)
        last = iso_time(me.last_login_at)
        if not look.legacy and last is not None and look.now - last < _SIGNED_IN:
            message = f"Somebody signed in as the bot's user on {last:%Y-%m-%d}."
            return Finding(check, ok=True, message=message, remedy=f"If that is usual: {remedy}")
        return Finding(check, ok=True, message="Nobody else was seen to work under it.")

    unseen = "Look yourself whether a person works under that user."
    return looked(check, typed, unseen, ok=True)


def _typed_on(look: Look, me: Me) -> str:
    """Find a ticket on which a person wrote as the bot's user lately; "" where there is none."""
    since = look.now - _RECENT
    query = f"type:ticket commenter:{me.id} updated>{since:%Y-%m-%d}"
    ask: wire.Params = {"query": query, "sort_by": "updated_at", "sort_order": "desc"}
    found = wire.read(_Search, look.client.get("search", ask)).results
    others = [ticket for ticket in found if ticket.requester_id != me.id]
    for ticket in others[:_COMMENTED]:
        newest: wire.Params = {"sort": "-created_at", "page[size]": _COMMENTS}
        body = look.client.get(f"tickets/{admin.path_id(ticket.id)}/comments", newest)
        for said in wire.read(wire.CommentsPage, body).comments:
            by_hand = said.via is not None and said.via.channel == "web"
            if said.author_id == me.id and by_hand and said.created_at >= since:
                return ticket.id
    return ""


def scopes(look: Look) -> Finding:
    """Tell what our token may do; Zendesk hands out tokens that may do nothing, too."""
    check = "zendesk scopes"

    def read() -> Finding:
        body = look.client.get("oauth/tokens/current")
        granted = set(wire.read(_TokenAnswer, body).token.scopes)
        lacking = [
            needed
            for needed, whole in (("read", "read"), ("tickets:write", "write"))
            if not granted & {needed, whole}
        ]
        told = ", ".join(sorted(granted)) or "nothing"
        if lacking:
            message = f"The token may only: {told}. Missing: {', '.join(lacking)}."
            remedy = (
                "Add them to the allowed scopes of the OAuth client (Admin Center > Apps and "
                "integrations > APIs > OAuth clients > the client)."
            )
            return Finding(check, ok=False, message=message, remedy=remedy)
        return Finding(check, ok=True, message=f"The token may: {told}.")

    remedy = "Nothing to do if all else is well: some accounts do not tell what a token may do."
    return looked(check, read, remedy, ok=True)


def rate(headers: Mapping[str, str], headroom: float) -> Finding:
    """Tell how many calls the plan allows, and how many tickets that is. Pure."""
    check = "zendesk rate limit"
    lower = {name.lower(): value for name, value in headers.items()}
    told = next((lower[name] for name in _LIMITS if name in lower), "")
    if not re.fullmatch(r"[1-9]\d{0,8}", told, re.ASCII):
        return Finding(check, ok=True, message="Zendesk does not tell its rate limit.")
    tickets = min(int(int(told) * (1 - headroom) / _CALLS_PER_TICKET), _UPDATES_PER_MINUTE)
    message = (
        f"The account has {told} API calls a minute, shared with all other tools. With "
        f"{headroom:.0%} of them left to those, that is about {max(tickets, 1)} tickets a minute."
    )
    return Finding(check, ok=True, message=message)
