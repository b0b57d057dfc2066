"""One helpdesk account: its own probe, what our processes met, its knowledge, its channels."""

from __future__ import annotations

from collections.abc import Iterator

from app import refusals
from app.doctor.exam import span
from app.doctor.running import MISSED, registered
from app.doctor.subject import Installation
from app.domain import Mode, Policy
from app.knowledge import index, snapshot
from app.ledger import knowledge, leases, sources, verified
from app.ledger.sources import SourceState
from app.services import Services
from connectors.config import in_words_of
from connectors.errors import HelpdeskError, NotFound
from connectors.setup import Expected, Finding

# Readings of tickets that a look at channels may cost; small plans have few calls a minute.
NEWEST = 5


def probe(subject: Installation, helpdesk: str) -> Iterator[Finding]:
    """Let the connector try the account."""
    services = subject.services
    remembered = refusals.refusal(services.shared, helpdesk)
    if remembered is not None and remembered.until:
        age = span(services.clock() - remembered.since)
        yield Finding(
            "credentials in use",
            ok=False,
            message=f"Our processes have been refused for {age}: {remembered.sentence}.",
            remedy=refusals.remedy(helpdesk),
        )
    try:
        found = services.connector(helpdesk).probe(expected(services, helpdesk))
    except HelpdeskError as error:
        yield Finding("account", ok=False, message=str(error))
        return
    yield from (of_account(finding, helpdesk) for finding in found)


def expected(services: Services, helpdesk: str) -> Expected:
    """Say what we rely on at an account."""
    settings = services.settings
    url = f"{settings.public_url}/webhooks/{helpdesk}" if settings.public_url else ""
    sends = settings.answer_mode is Mode.SEND
    return Expected(webhook_url=url, groups=groups_of(services.policy), sends=sends)


def groups_of(policy: Policy) -> frozenset[str]:
    """Name the groups that rules hand tickets over to."""
    return frozenset(rule.group for rule in policy.rules if rule.group)


def of_account(finding: Finding, helpdesk: str) -> Finding:
    """Write a connector's finding for one of several accounts.

    It stands under the account's name already, so the kind's is left out.
    """
    kind = helpdesk.partition("-")[0]
    return Finding(
        finding.check.removeprefix(f"{kind} "),
        ok=finding.ok,
        message=in_words_of(helpdesk, finding.message),
        remedy=in_words_of(helpdesk, finding.remedy),
    )


def searchable(subject: Installation, helpdesk: str) -> Iterator[Finding]:
    """Tell what can be searched, and whether all halves of it are there."""
    check = "knowledge"
    services = subject.services
    live, told, states = None, 0.0, list[SourceState]()
    if subject.has_record:
        with services.ledger.read() as connection:
            live = knowledge.live_generation(connection, helpdesk)
            states = list(sources.states(connection, helpdesk).values())
            # What was heard of last of all tells how old an answer may be.
            told = min((each.told_at or 0.0 for each in states), default=0.0)
    if live is None:
        said = "Nothing was read from the help centre yet, so nothing is answered from it."
        remedy = f"Run understudy kb sync --helpdesk {helpdesk}; understudy up does it too."
        yield Finding(check, ok=True, message=said, remedy=remedy)
        return
    age = services.clock() - (told or live.live_at)
    said = f"{live.articles} articles, {live.passages} passages; read {span(age)} ago."
    here = snapshot.open_snapshot(services.settings.lexical_dir, helpdesk, live.number)
    if here is None:
        said += " This machine has no copy of the index yet; the first search makes it."
    stale = age > MISSED * services.settings.kb_sync_seconds and registered(subject) is not None
    remedy = "See the log of the worker of the queue upkeep: the help centre is not read any more."
    yield Finding(check, ok=not stale, message=said, remedy=remedy if stale else "")
    for each in states:
        if each.state == sources.FAILED:
            said = f"{each.source} cannot be read: {each.error} What was known of it still answers."
            remedy = f"Mend it, then run understudy kb sync --helpdesk {helpdesk}."
            yield Finding(f"knowledge from {each.source}", ok=False, message=said, remedy=remedy)
    if services.settings.chroma_url:
        yield from _vectors(services, helpdesk, live.store)


def _vectors(services: Services, helpdesk: str, store: int) -> Iterator[Finding]:
    check = "knowledge in Chroma"
    vectors, name = services.vectors, index.chunks_name(helpdesk, store)
    embedder = vectors.embedder(name)
    remedy = f"Run understudy kb sync --helpdesk {helpdesk}."
    if embedder is None or vectors.embedder(index.sentences_name(helpdesk, store)) is None:
        said = "The vector store lacks the index that searches use."
        yield Finding(check, ok=False, message=said, remedy=remedy)
    elif embedder != services.settings.embeddings:
        said = f"The index was made with {embedder}, and EMBEDDINGS is something else now."
        yield Finding(check, ok=False, message=said, remedy=remedy)
    else:
        yield Finding(check, ok=True, message="The vector store holds the index that is in use.")


def channels(subject: Installation, helpdesk: str) -> Iterator[Finding]:
    """Tell on which channels replies are known to arrive, and on which it is doubted.

    Looks at the tickets that were read last, a handful.
    """
    if not subject.has_record:
        return
    services = subject.services
    proved = verified.verified_channels_of(services.ledger, helpdesk)
    if proved:
        told = ", ".join(f"{each.channel or 'unnamed'} (#{each.ticket_id})" for each in proved)
        yield Finding("delivery", ok=True, message=f"Replies were seen to arrive by: {told}.")
    known = {each.channel for each in proved}
    for channel, (ticket_id, doubt) in _doubted(services, helpdesk).items():
        if channel[: verified.LONGEST_CHANNEL] not in known:
            yield doubted(channel, ticket_id, doubt, helpdesk, services.settings.answer_mode)


def doubted(channel: str, ticket_id: str, doubt: str, helpdesk: str, mode: Mode) -> Finding:
    """Judge a channel on which replies may not arrive: it matters where the bot sends them."""
    said = f"By {channel or 'an unnamed channel'} (#{ticket_id}) it is not proved: {doubt}"
    remedy = (
        "The bot leaves drafts there. To prove it, open a ticket by that channel as a customer, "
        f"then: understudy doctor --helpdesk {helpdesk} --verify-delivery TICKET"
    )
    sends = mode is Mode.SEND
    return Finding("delivery", ok=True, message=said, remedy=remedy if sends else "")


def _doubted(services: Services, helpdesk: str) -> dict[str, tuple[str, str]]:
    connector = services.connector(helpdesk)
    found: dict[str, tuple[str, str]] = {}
    for ticket_id in leases.last_seen(services.ledger, helpdesk, NEWEST):
        try:
            ticket = connector.ticket(ticket_id)
        except NotFound:
            continue
        except HelpdeskError:
            break  # the probe tells what is wrong there
        doubt = connector.delivery_doubt(ticket)
        if doubt:
            found.setdefault(ticket.channel, (ticket_id, doubt))
    return found
