"""What recent conversations tell of a set-up: who else writes, and over which channels.

A few are read, as they would be to answer them; so it shows, too, what may not be read of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from connectors.errors import HelpdeskError, NotFound
from connectors.intercom import answers, feed, mapping, wire
from connectors.intercom.client import Client
from connectors.intercom.delivery import delivery_doubt
from connectors.intercom.messages import message_from_part
from connectors.intercom.people import People
from connectors.setup import Expected, Finding
from connectors.types import Role

DAYS = 30
SAMPLE = 50  # conversations, as a search tells them
READ = 5  # of those that the bot's teammate took part in
_EXPECTS = "channel_and_reply_time_expectation"  # what the Messenger says by itself


def findings(client: Client, admin_id: str, expected: Expected) -> Iterator[Finding]:
    """Tell what a sample of the last weeks' conversations shows."""
    try:
        sample = _sample(client)
        ours = _read(client, _sample(client, {"field": "teammate_ids", "value": admin_id}))
        some = _read(client, sample)
    except HelpdeskError as error:
        remedy = "Let the app read conversations (Developer Hub > your app > Authentication)."
        check = "intercom recent conversations"
        yield Finding(check, ok=False, message=str(error), remedy=remedy)
        return
    yield from _people(client, sample)
    yield _shared(ours, admin_id)
    yield _bots(sample, [*ours, *some])
    yield _channels(client, sample, expected)


def _sample(client: Client, also: dict[str, Any] | None = None) -> list[wire.Thread]:
    start = int((client.now() - timedelta(days=DAYS)).timestamp())
    asked = feed.query("updated_at", start, None, READ if also else SAMPLE)
    if also:
        asked["query"]["value"].append({"operator": "=", **also})
    page = wire.read(answers.Threads, client.post("conversations/search", asked))
    return list(page.conversations or ())


def _read(client: Client, sample: Sequence[wire.Thread]) -> list[wire.Thread]:
    found = []
    for one in sample[:READ]:
        try:
            found.append(client.thread(one.id))
        except NotFound:  # deleted meanwhile
            continue
    return found


def _people(client: Client, sample: Sequence[wire.Thread]) -> Iterator[Finding]:
    """Tell whether contacts and companies can be read."""
    contact_id = next((one.contact_id for one in sample if one.contact_id), None)
    for what, path in (("contacts", ""), ("companies", "/companies")):
        check = f"intercom {what}"
        if contact_id is None:
            message = "Not tried: there is no conversation of the last weeks to try it with."
            yield Finding(check, ok=True, message=message)
            continue
        message = f"The {what} of conversations can be read."
        try:
            client.get(f"contacts/{contact_id}{path}")
        except NotFound:  # deleted, or merged into another: it was not refused
            pass
        except HelpdeskError as error:
            remedy = (
                "Let the app read one user and one company, and read and list users and companies "
                "(Developer Hub > your app > Authentication); until then the bot knows no more of "
                "customers than their conversation tells."
            )
            yield Finding(check, ok=False, message=str(error), remedy=remedy)
            continue
        yield Finding(check, ok=True, message=message)


def _shared(threads: Sequence[wire.Thread], admin_id: str) -> Finding:
    """Tell whether a person writes as the teammate, too: by parts that no app wrote."""
    check = "intercom teammate of its own"
    own = [each for thread in threads for each in _written_as(thread, admin_id)]
    by_hand = [part for part, marked in own if not marked and part.app_package_code is None]
    if not by_hand:
        return Finding(check, ok=True, message="Nobody else writes as the bot's teammate.")
    message = f"A person seems to write as the bot's teammate, too ({len(by_hand)} times lately)."
    remedy = (
        "Give the bot a teammate of its own: as it is, your team cannot see who wrote, and what "
        "that person sends without a note of the bot's is hard to tell from the bot's replies."
    )
    # Nobody says what the field holds where an app wrote. Only where it marks our own notes does
    # it tell the others from them.
    sure = any(part.app_package_code for part, marked in own if marked)
    return Finding(check, ok=not sure, message=message, remedy=remedy)


def _written_as(thread: wire.Thread, admin_id: str) -> Iterator[tuple[wire.Part, bool]]:
    """List what a teammate wrote, each with whether it bears a mark of the bot's."""
    for part in thread.parts:
        message = message_from_part(part, thread.contact_ids)
        if message is None or message.redacted or message.author.role is not Role.AGENT:
            continue
        if message.author.id == admin_id:
            yield part, message.mark is not None


def _bots(sample: Sequence[wire.Thread], threads: Sequence[wire.Thread]) -> Finding:
    """Tell whether Fin or another bot answers the same customers."""
    check = "intercom other bots"
    fin = sum(bool(one.ai_agent_participated) for one in sample)
    others = {
        part.author.name or part.author.type or "a bot"
        for thread in threads
        for part in thread.parts
        if part.author is not None and _answers(part, thread)
    }
    if not fin and not others:
        return Finding(check, ok=True, message="No other bot answers.")
    said = [f"Fin took part in {fin} of {len(sample)} recent conversations"] if fin else []
    said += [f"{name} wrote in some" for name in sorted(others)]
    remedy = (
        "Decide who answers what: leave to Fin the conversations that it resolves, and let its "
        "workflow hand the others to the team whose inbox the bot works in."
    )
    return Finding(check, ok=True, message="; ".join(said) + ".", remedy=remedy)


def _answers(part: wire.Part, thread: wire.Thread) -> bool:
    message = message_from_part(part, thread.contact_ids)
    robot = message is not None and message.public and message.author.role is Role.BOT
    return robot and part.part_type != _EXPECTS


def _channels(client: Client, sample: Sequence[wire.Thread], expected: Expected) -> Finding:
    """Tell over which channels somebody has to see once that replies arrive."""
    check = "intercom channels"
    teams: dict[str, str] = {}
    tickets = [mapping.ticket_from_intercom(one, People(), teams, client.config) for one in sample]
    doubted = Counter(one.channel or "unnamed" for one in tickets if delivery_doubt(one))
    if not doubted:
        return Finding(check, ok=True, message="Replies reach customers in the Messenger.")
    listed = ", ".join(f"{name} ({count})" for name, count in doubted.most_common())
    message = f"Whether replies arrive has to be seen once for: {listed}."
    when = "Before anything goes out unread" if expected.sends else "Before you let it send"
    remedy = f"{when}, write in over each from an address of your own and look for the answer."
    return Finding(check, ok=True, message=message, remedy=remedy)
